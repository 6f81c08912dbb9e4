//! `openim-logs journal`: the whole journal, exactly as journalctl reads it, by our own engine.
//!
//! ```text
//! openim-logs journal -u openim-api -b -p err --since "20 min ago" -o json
//! ```
//!
//! One way through: arguments → [`plan`] (what was typed, in journalctl's terms) → [`select`] (what of it only the
//! journal can tell: which units a pattern means, which boot `-1` is) → [`show`] → exit code. Only [`plan`] looks
//! at environment, clock and terminal. Errors have journalctl's words and its exit code, 1.

pub mod args;
mod boot;
mod delegate;
mod header;
mod list;
mod parallel;
mod pattern;
mod plan;
mod run;
mod select;
mod show;
mod words;

use std::io;
use std::path::PathBuf;

pub use run::main;

use crate::journal::JournalError;
use crate::journal::error::reason;
use crate::journal::terms::TermError;

/// Why journalctl, and so we, cannot do it. The words are journalctl's.
#[derive(Debug, thiserror::Error)]
enum JournalctlError {
    #[error("Failed to parse timestamp: {0}")]
    Time(String),
    #[error("Unknown output format '{0}'.")]
    Format(String),
    #[error("Unknown log level {0}")]
    Level(String),
    #[error("Failed to parse log level range {0}")]
    Levels(String),
    #[error("Bad --facility= argument \"{0}\".")]
    Facility(String),
    #[error("Extraneous arguments starting with '{0}'")]
    Extraneous(String),
    #[error("Failed to parse lines '{0}'")]
    Lines(String),
    #[error("Failed to parse boot descriptor '{0}'")]
    Boot(String),
    #[error("Bad --case-sensitive= argument \"{0}\": Invalid argument")]
    Case(String),
    #[error("Bad pattern \"{pattern}\": {reason}")]
    Pattern { pattern: String, reason: String },
    #[error(transparent)]
    Term(#[from] TermError),
    #[error("Failed to add filter for units: No data available")]
    NoUnit,
    #[error("Failed to add filter for units: Invalid argument")]
    EmptyUnit,
    #[error("Data from the specified boot ({0}) is not available: No such boot ID in journal")]
    NoBoot(String),
    #[error("Failed to parse invocation descriptor: {0}")]
    Run(String),
    #[error("No journal entry found for the invocation ({0}).")]
    NoRun(String),
    #[error("No invocation ID for {0} found.")]
    NoRuns(String),
    #[error("Failed to seek to cursor: Invalid argument")]
    Cursor,
    #[error("Failed to get data: Invalid argument")]
    Data,
    #[error("Failed to query unique data objects: Invalid argument")]
    FieldName,
    #[error("{0}")]
    Conflict(&'static str),
    #[error("Failed to open {}: {}", place.display(), reason)]
    Directory { place: PathBuf, reason: &'static str },
    #[error("Failed to open files: {0}")]
    Files(&'static str),
    #[error("No journal files were opened due to insufficient permissions.")]
    Permission,
    #[error("Failed to read cursor file {}: {}", path.display(), reason(source))]
    CursorFile { path: PathBuf, source: io::Error },
    #[error("Failed to write new cursor to {}: {}", path.display(), reason(source))]
    WriteCursorFile { path: PathBuf, source: io::Error },
    #[error("Failed to execute journalctl, which does {what}: {source}")]
    Delegate { what: &'static str, source: io::Error },
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A reader that went away is no failure.
    #[error("Failed to write: {0}")]
    Output(#[from] io::Error),
}

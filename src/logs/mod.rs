//! `openim-logs`: what the logs of OpenIM say, from the journal, OpenIM's own files or standard input.
//!
//! One way through: arguments → [`plan`] → a [`source`] of lines → [`whole`] records → [`filter`] → [`render`] → exit
//! code.
//!
//! ```text
//! openim-logs api rpc-user -f --since "20 min ago" -L warn
//! docker logs -f openim-server | openim-logs - --op 1739333260516
//! ```
//!
//! Only [`plan`] looks at environment and configuration, and at the clock, but for what follows several sources: it waits
//! a moment for the copy of a record that was written just now. Only [`render`] writes records.

pub mod args;
mod around;
mod column;
mod counter;
mod doctor;
mod dropped;
mod durations;
mod end;
mod filter;
mod named_instances;
mod named_units;
mod numbers;
mod place;
mod plan;
mod progress;
mod reading;
mod record;
mod render;
mod run;
mod runs;
mod show;
mod sink;
mod source;
mod tail;
mod unseen;
mod verb;
mod whole;

use std::io;
use std::path::PathBuf;

pub use run::main;

use crate::exit::Exit;
use crate::journal::JournalError;
use crate::journal::terms::TermError;
use crate::openim::config::ConfigError;
use crate::time::TimeError;

/// Why the question could not be answered.
#[derive(Debug, thiserror::Error)]
enum LogsError {
    /// `--since` or `--until` is no time.
    #[error("--{option}: {source}")]
    Time {
        /// `since` or `until`.
        option: &'static str,
        source: TimeError,
    },
    /// The bounds exclude each other.
    #[error("--since= must be before --until=.")]
    Bounds,
    /// An expression or a comparison cannot be used.
    #[error("--{option}: {reason}")]
    Pattern { option: &'static str, reason: String },
    /// The zone of `--tz` is not known.
    #[error("--tz: {0:?} is no zone: UTC, a name such as Asia/Shanghai, or as TZ has it: CST-8")]
    Zone(String),
    /// A template has a hole that cannot be filled.
    #[error("--template: {0}")]
    Template(String),
    /// Words for the journal that it cannot be asked.
    #[error(transparent)]
    Term(#[from] TermError),
    /// Options that do not go together.
    #[error("{0}")]
    Usage(String),
    /// A file of the configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// OpenIM's log directory is not known.
    #[error(
        "where are OpenIM's log files? no log.yml in {0}\n\
         name OpenIM's directory with --root DIR, or the one of log.yml with --config DIR"
    )]
    NoRoot(String),
    /// The log directory cannot be read.
    #[error("read {path}: {source}{hint}", path = path.display())]
    Directory { path: PathBuf, source: io::Error, hint: String },
    /// The log directory has no log file.
    #[error("no {family}* in {path}{hint}", family = "openim-service-log.", path = path.display())]
    NoFiles { path: PathBuf, hint: String },
    /// No service that runs has a file as its standard output.
    #[error(
        "no running service has a file as its standard output, as far as you may see:\n\
         try --source files, or --source journal"
    )]
    NoOutputs,
    /// A log file, or one with a cursor, cannot be read.
    #[error("read {path}: {source}", path = path.display())]
    File { path: PathBuf, source: io::Error },
    /// Standard input cannot be read.
    #[error("read standard input: {0}")]
    Stdin(io::Error),
    /// Standard input is something else than OpenIM's lines.
    #[error("standard input is {what}, not lines of a log:\n{instead}")]
    Foreign { what: &'static str, instead: &'static str },
    /// No unit fits, in the words of journalctl.
    #[error("Failed to add filter for units: No data available:\nno unit in the journal fits {0}")]
    NoUnit(String),
    /// The boot that was asked for is not there, in the words of journalctl.
    #[error("Data from the specified boot ({0}) is not available: No such boot ID in journal")]
    NoBoot(String),
    /// The run that was asked for is not there, in the words of journalctl.
    #[error("No journal entry found for the invocation ({0}).")]
    NoRun(String),
    /// No unit has a run, in the words of journalctl.
    #[error("No invocation ID for {0} found.")]
    NoRuns(String),
    /// The journal cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The file of the cursor cannot be written.
    #[error("write {path}: {source}", path = path.display())]
    CursorFile { path: PathBuf, source: io::Error },
    /// The output cannot be written; a reader that went away is no failure.
    #[error("write the output: {0}")]
    Output(io::Error),
}

impl LogsError {
    const fn exit(&self) -> Exit {
        match self {
            Self::Time { .. }
            | Self::Bounds
            | Self::Pattern { .. }
            | Self::Zone(_)
            | Self::Template(_)
            | Self::Term(_)
            | Self::Usage(_)
            | Self::Foreign { .. } => Exit::Usage,
            // As where a filter finds nothing, and as journalctl has it.
            Self::NoUnit(_) | Self::NoBoot(_) | Self::NoRun(_) | Self::NoRuns(_) => Exit::Unhealthy,
            Self::Config(ConfigError::Read { .. })
            | Self::NoRoot(_)
            | Self::Directory { .. }
            | Self::NoFiles { .. }
            | Self::NoOutputs
            | Self::File { .. }
            | Self::CursorFile { .. }
            | Self::Stdin(_)
            | Self::Journal(_)
            | Self::Output(_) => Exit::CannotTell,
            Self::Config(ConfigError::Yaml { .. } | ConfigError::Type { .. }) => Exit::Config,
        }
    }
}

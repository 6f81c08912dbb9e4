//! The systemd journal, read entry by entry. Above this module engines differ in two things: only ours
//! reads in [`Parts`], and only with ours journalctl's face looks whether each file that was named is a journal.
//!
//! ```text
//! _SYSTEMD_UNIT=openim-api.service
//! _PID=512
//! PRIORITY=6
//! MESSAGE=2026-11-23 19:55:00.291<TAB>...
//! ```
//!
//! A [`Query`] says which entries, from where and in which direction; a [`Reader`] lends one [`Entry`] after the
//! other, whose fields are decoded when they are asked for. What an entry means for OpenIM is not decided here.

pub mod boot;
pub(crate) mod cursor_file;
mod device;
mod engine;
mod entry;
pub(crate) mod error;
pub(crate) mod facility;
pub(crate) mod field_name;
pub(crate) mod file_patterns;
mod in_order;
pub(crate) mod integer;
pub mod invocation;
#[cfg(feature = "libsystemd")]
mod libsystemd;
mod native;
pub mod output;
mod place;
pub(crate) mod priority;
mod query;
mod reader;
mod shell_pattern;
pub(crate) mod span;
pub(crate) mod terms;
pub(crate) mod unit;

use std::path::PathBuf;

pub use engine::Engine;
pub use entry::{Cursor, Entry, Field, Id128, OwnedEntry, Stamp, ValueKey};
pub use error::JournalError;
pub use in_order::{Put, in_order, threads};
pub use native::{Counts, Heading, PartReader, Parts};
pub use place::{Found, Host, Namespace, Owner, Place};
pub use query::{Clause, Group, MOST_CLOCK_STEP, Match, Order, Query, Start};
pub use reader::{Opened, Reader, Step};

/// Opens the journal with an engine, or with none where the build has none.
///
/// # Errors
/// The build has no engine, there are no files, or none of them may be read.
pub fn open(engine: Option<Engine>, place: &Place) -> Result<Opened, JournalError> {
    let Some(engine) = engine.filter(|engine| Engine::BUILT_IN.contains(engine)) else {
        return Err(JournalError::NoEngine);
    };
    let found = place::find(place)?;
    Ok(Opened { reader: start(engine, place, &found.files)?, hidden: found.hidden })
}

fn start(engine: Engine, place: &Place, files: &[PathBuf]) -> Result<Box<dyn Reader>, JournalError> {
    match engine {
        Engine::Native => Ok(Box::new(native::Native::open(place, files)?)),
        Engine::Libsystemd => start_libsystemd(place),
    }
}

/// The files of a place; there may be none.
///
/// # Errors
/// A file or directory that was asked for cannot be opened, or none of the files may be read.
pub fn files(place: &Place) -> Result<Found, JournalError> {
    let found = place::look(place)?;
    match found.hidden {
        Some(path) if found.files.is_empty() => Err(JournalError::Permission { path }),
        hidden => Ok(Found { hidden, ..found }),
    }
}

#[cfg(feature = "libsystemd")]
fn start_libsystemd(place: &Place) -> Result<Box<dyn Reader>, JournalError> {
    Ok(Box::new(libsystemd::Libsystemd::open(place)?))
}

#[cfg(not(feature = "libsystemd"))]
fn start_libsystemd(_: &Place) -> Result<Box<dyn Reader>, JournalError> {
    Err(JournalError::NoEngine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_the_engine_the_message_says_what_works_instead() {
        let text = open(None, &Place::host()).unwrap_err().to_string();
        assert!(text.contains("--engine native") && text.contains("--features libsystemd"), "{text}");
    }
}

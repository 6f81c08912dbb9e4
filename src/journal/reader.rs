//! What every engine offers.

use std::fmt;
use std::path::PathBuf;

use super::entry::Entry;
use super::error::JournalError;
use super::native::Parts;
use super::query::Query;

/// What a step of a reader gave.
#[derive(Clone, Copy, Debug)]
pub enum Step<'r> {
    /// The next entry.
    Entry(Entry<'r>),
    /// Nothing new yet; the reader follows and has waited a moment.
    Idle,
    /// There are no more.
    End,
}

/// Reads entries of one [`Place`](super::Place), one query after the other.
pub trait Reader {
    /// Begins a query.
    ///
    /// # Errors
    /// The engine cannot take the matches or find the start.
    fn restart(&mut self, query: &Query) -> Result<(), JournalError>;

    /// Lends the next entry of the query.
    ///
    /// # Errors
    /// The journal cannot be read further. An entry that is damaged is left out and is no error.
    fn next(&mut self) -> Result<Step<'_>, JournalError>;

    /// The query in parts that several threads can read at once; `None` where it has to be read from end to end.
    fn parts(&self, query: &Query) -> Option<Parts> {
        let _ = query;
        None
    }

    /// Whether it is known that one sequence numbers all entries, so that they can be in one order only.
    fn has_one_sequence(&self) -> bool {
        false
    }

    /// The entry that was lent last.
    fn entry(&self) -> Entry<'_>;

    /// The values that a field has anywhere in the journal, each once: file after file, the newest first.
    ///
    /// # Errors
    /// The journal cannot be read.
    fn unique(&mut self, field: &str) -> Result<Vec<Vec<u8>>, JournalError>;

    /// The names of all fields in the journal, each once.
    ///
    /// # Errors
    /// The journal cannot be read.
    fn field_names(&mut self) -> Result<Vec<Vec<u8>>, JournalError>;

    /// What went otherwise than asked since this was called last, a sentence each: a file that is left out, a
    /// watch that the kernel refused.
    fn take_remarks(&mut self) -> Vec<String> {
        Vec::new()
    }
}

/// A journal that is open, and what of it cannot be seen.
pub struct Opened {
    /// Reads it.
    pub reader: Box<dyn Reader>,
    /// A file that exists but may not be read: other users' and the system's messages are missing.
    pub hidden: Option<PathBuf>,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").field("hidden", &self.hidden).finish_non_exhaustive()
    }
}

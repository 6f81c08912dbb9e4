//! The systemd journal, read entry by entry. Which engine reads it is known in this module and nowhere above.
//!
//! ```text
//! _SYSTEMD_UNIT=openim-api.service
//! _PID=512
//! PRIORITY=6
//! MESSAGE=2026-11-23 19:55:00.291<TAB>...
//! ```
//!
//! A [`Query`] says which entries, from where and in which direction; a [`Reader`] lends one [`Entry`] after the
//! other out of one buffer. What an entry means for OpenIM is not decided here.

#[cfg(feature = "libsystemd")]
mod libsystemd;

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::time::Timestamp;

/// What reads the journal's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// systemd's own library; in builds with the feature `libsystemd`.
    Libsystemd,
}

impl Engine {
    /// Every engine, also those that this build is without: the command line is the same in every build.
    pub const ALL: &'static [Self] = &[Self::Libsystemd];

    /// The engines of this build, the preferred one first.
    pub const BUILT_IN: &'static [Self] = &[
        #[cfg(feature = "libsystemd")]
        Self::Libsystemd,
    ];

    /// Its word on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Libsystemd => "libsystemd",
        }
    }
}

/// Where the journal's files are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Where journald of this host keeps them.
    Host,
    /// Those in a directory.
    Directory(PathBuf),
    /// These.
    Files(Vec<PathBuf>),
}

/// A field and the value that it must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// The field's name: `_SYSTEMD_UNIT`.
    pub field: String,
    /// The whole value, byte for byte.
    pub value: Vec<u8>,
}

impl Match {
    /// A match of a field with a value.
    #[must_use]
    pub fn new(field: &str, value: impl AsRef<[u8]>) -> Self {
        Self { field: field.to_owned(), value: value.as_ref().to_vec() }
    }
}

/// Which way through the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The oldest entry first.
    OldestFirst,
    /// The newest entry first.
    NewestFirst,
}

/// Where reading begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// At the first entry in the query's order.
    Edge,
    /// At the last N entries. Oldest first only.
    Tail(u64),
    /// At the entry with that cursor.
    At(Cursor),
    /// Behind the entry with that cursor.
    After(Cursor),
}

/// The place of an entry in the journal, as `__CURSOR` gives it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cursor(String);

impl Cursor {
    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The id of a boot: sixteen bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BootId(pub [u8; 16]);

impl fmt::Display for BootId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Which entries, from where, in which direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// In a group, matches of one field are alternatives and different fields must all match; an entry that
    /// fits one of the groups is read. No group at all: every entry.
    pub groups: Vec<Vec<Match>>,
    /// Only entries of that boot.
    pub boot: Option<BootId>,
    /// Only entries of that time and later.
    pub since: Option<Timestamp>,
    /// Only entries of that time and earlier.
    pub until: Option<Timestamp>,
    /// Where reading begins.
    pub start: Start,
    /// The direction.
    pub order: Order,
    /// Wait for further entries at the end. Oldest first only.
    pub follow: bool,
}

impl Query {
    /// Every entry, the oldest first.
    #[must_use]
    pub const fn everything() -> Self {
        Self {
            groups: Vec::new(),
            boot: None,
            since: None,
            until: None,
            start: Start::Edge,
            order: Order::OldestFirst,
            follow: false,
        }
    }
}

/// One entry. The buffers are used again for the next.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    realtime: Timestamp,
    monotonic: u64,
    boot: BootId,
    cursor: Cursor,
    /// `NAME=value` after `NAME=value`, without anything between.
    arena: Vec<u8>,
    spans: Vec<Span>,
}

/// Where a field stands in the arena.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: usize,
    /// Where the `=` is.
    equals: usize,
    end: usize,
}

impl Entry {
    /// When journald received it.
    #[must_use]
    pub const fn realtime(&self) -> Timestamp {
        self.realtime
    }

    /// The same on the clock that counts from the boot, in microseconds.
    #[must_use]
    pub const fn monotonic_micros(&self) -> u64 {
        self.monotonic
    }

    /// The boot that it belongs to.
    #[must_use]
    pub const fn boot(&self) -> BootId {
        self.boot
    }

    /// Its place in the journal.
    #[must_use]
    pub const fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// Names and values in stored order; a name may come again.
    pub fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.spans
            .iter()
            .map(|span| (&self.arena[span.start..span.equals], &self.arena[span.equals + 1..span.end]))
    }

    /// The first value of a field.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&[u8]> {
        self.fields().find(|&(field, _)| field == name.as_bytes()).map(|(_, value)| value)
    }

    /// The first value of a field, where it is UTF-8.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.field(name).and_then(|value| std::str::from_utf8(value).ok())
    }

    /// The same entry with another value in the first field of that name.
    #[must_use]
    pub fn with_field(&self, name: &str, value: &[u8]) -> Self {
        let mut entry = self.clone();
        entry.arena.clear();
        entry.spans.clear();
        let mut replaced = false;
        for (field, old) in self.fields() {
            let is_it = field == name.as_bytes() && !replaced;
            replaced |= is_it;
            entry.push(&[field, b"=", if is_it { value } else { old }].concat());
        }
        entry
    }

    #[cfg(any(test, feature = "libsystemd"))]
    fn clear(&mut self) {
        self.arena.clear();
        self.spans.clear();
        self.cursor.0.clear();
    }

    /// Adds `NAME=value`; what has no `=` is no field.
    fn push(&mut self, data: &[u8]) {
        let Some(equals) = memchr::memchr(b'=', data) else { return };
        let start = self.arena.len();
        self.arena.extend_from_slice(data);
        self.spans.push(Span { start, equals: start + equals, end: self.arena.len() });
    }

    /// An entry with these fields, for tests of what is above.
    #[cfg(test)]
    pub(crate) fn of(realtime: Timestamp, fields: &[(&str, &[u8])]) -> Self {
        let mut entry = Self { realtime, ..Self::default() };
        entry.clear();
        for (name, value) in fields {
            entry.push(&[name.as_bytes(), b"=", value].concat());
        }
        entry
    }
}

/// What a step of a reader gave.
#[derive(Clone, Copy, Debug)]
pub enum Step<'r> {
    /// The next entry.
    Entry(&'r Entry),
    /// Nothing new yet; the reader follows and has waited a moment.
    Idle,
    /// There are no more.
    End,
}

/// Reads entries of one [`Place`], one query after the other.
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

    /// The entry that was lent last.
    fn entry(&self) -> &Entry;

    /// The values that a field has anywhere in the journal, each once, in no order.
    ///
    /// # Errors
    /// The journal cannot be read.
    fn unique(&mut self, field: &str) -> Result<Vec<Vec<u8>>, JournalError>;
}

/// Why the journal cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The build has no engine.
    #[error(
        "this build cannot read the journal: use --source files for OpenIM's log files,\n\
         or build it with: cargo build --release --features libsystemd"
    )]
    NoEngine,
    /// There are no files.
    #[error("no journal files in {places}{hint}")]
    Missing {
        /// Where was looked.
        places: String,
        /// What to do.
        hint: &'static str,
    },
    /// There are files, but none may be opened.
    #[error("no permission to read {path}:\nrun as root or join the group systemd-journal", path = path.display())]
    Permission {
        /// One of them.
        path: PathBuf,
    },
    /// A file that was asked for cannot be opened.
    #[error("open {path}: {source}", path = path.display())]
    Open {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The engine failed.
    #[error("read the journal: {doing}: {source}")]
    Read {
        /// What it was doing.
        doing: &'static str,
        /// What it said.
        source: io::Error,
    },
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

/// Opens the journal with an engine, or with none where the build has none.
///
/// # Errors
/// The build has no engine, there are no files, or none of them may be read.
pub fn open(engine: Option<Engine>, place: &Place) -> Result<Opened, JournalError> {
    let Some(engine) = engine.filter(|engine| Engine::BUILT_IN.contains(engine)) else {
        return Err(JournalError::NoEngine);
    };
    let hidden = look_at(place)?;
    Ok(Opened { reader: start(engine, place)?, hidden })
}

#[cfg(feature = "libsystemd")]
fn start(engine: Engine, place: &Place) -> Result<Box<dyn Reader>, JournalError> {
    match engine {
        Engine::Libsystemd => Ok(Box::new(libsystemd::Libsystemd::open(place)?)),
    }
}

#[cfg(not(feature = "libsystemd"))]
fn start(engine: Engine, _: &Place) -> Result<Box<dyn Reader>, JournalError> {
    match engine {
        Engine::Libsystemd => Err(JournalError::NoEngine),
    }
}

/// Finds out what libraries keep silent about: that there is nothing, or nothing that may be read.
fn look_at(place: &Place) -> Result<Option<PathBuf>, JournalError> {
    let directories = match place {
        Place::Host => vec![PathBuf::from("/run/log/journal"), PathBuf::from("/var/log/journal")],
        Place::Directory(directory) => {
            fs::read_dir(directory)
                .map_err(|source| JournalError::Open { path: directory.clone(), source })?;
            vec![directory.clone()]
        }
        Place::Files(files) => {
            for path in files {
                File::open(path).map_err(|source| JournalError::Open { path: path.clone(), source })?;
            }
            return Ok(None);
        }
    };
    let mut readable = 0_usize;
    let mut hidden = None;
    for directory in &directories {
        look_into(directory, 1, &mut readable, &mut hidden);
    }
    match (readable, hidden) {
        (0, Some(path)) => Err(JournalError::Permission { path }),
        (0, None) => {
            let names: Vec<_> = directories.iter().map(|directory| directory.display().to_string()).collect();
            let hint = match place {
                Place::Host => ":\nis journald running here? --source files reads OpenIM's log files",
                Place::Directory(_) | Place::Files(_) => "",
            };
            Err(JournalError::Missing { places: names.join(" or "), hint })
        }
        (_, hidden) => Ok(hidden),
    }
}

fn look_into(directory: &Path, depth: u8, readable: &mut usize, hidden: &mut Option<PathBuf>) {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) => {
            if error.kind() == io::ErrorKind::PermissionDenied {
                hidden.get_or_insert_with(|| directory.to_owned());
            }
            return;
        }
    };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        if path.extension().is_some_and(|extension| extension == "journal" || extension == "journal~") {
            match File::open(&path) {
                Ok(_) => *readable += 1,
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                    hidden.get_or_insert(path);
                }
                Err(_) => {}
            }
        } else if depth > 0 && path.is_dir() {
            look_into(&path, depth - 1, readable, hidden);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_keeps_order_duplicates_and_bytes() {
        let entry = Entry::of(
            Timestamp::from_micros(1),
            &[("A", b"1"), ("MESSAGE", b"x=\xff\n"), ("A", b""), ("B", b"=")],
        );
        let fields: Vec<_> = entry.fields().collect();
        assert_eq!(fields[1], (&b"MESSAGE"[..], &b"x=\xff\n"[..]));
        assert_eq!(fields[2], (&b"A"[..], &b""[..]));
        assert_eq!(entry.field("A"), Some(&b"1"[..]));
        assert_eq!(entry.field("B"), Some(&b"="[..]));
        assert_eq!(entry.text("MESSAGE"), None);
        assert_eq!(entry.field("MESS"), None);
    }

    #[test]
    fn a_field_is_replaced_once_and_in_its_place() {
        let entry =
            Entry::of(Timestamp::from_micros(1), &[("A", b"1"), ("M", b"x"), ("M", b"y"), ("B", b"2")]);
        let entry = entry.with_field("M", b"longer");
        let fields: Vec<_> = entry.fields().map(|(_, value)| value).collect();
        assert_eq!(fields, [&b"1"[..], b"longer", b"y", b"2"]);
    }

    #[test]
    fn what_has_no_equals_sign_is_no_field() {
        let mut entry = Entry::default();
        entry.push(b"BROKEN");
        assert_eq!(entry.fields().count(), 0);
    }

    #[test]
    fn an_empty_directory_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let error = look_at(&Place::Directory(directory.path().to_owned())).unwrap_err();
        assert_eq!(error.to_string(), format!("no journal files in {}", directory.path().display()));
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = look_at(&Place::Files(vec!["/nowhere/x.journal".into()])).unwrap_err();
        assert_eq!(error.to_string(), "open /nowhere/x.journal: No such file or directory (os error 2)");
    }

    #[test]
    fn a_build_without_an_engine_says_what_works_instead() {
        let text = open(None, &Place::Host).unwrap_err().to_string();
        assert!(text.contains("--source files") && text.contains("--features libsystemd"), "{text}");
    }
}

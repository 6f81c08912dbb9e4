//! The journal through systemd's own library, `libsystemd.so.0`.
//!
//! sd-journal keeps one position for reading; [`Libsystemd::restart`] sets it and [`Reader::next`] moves it. A
//! followed journal is looked at again after 50 ms at the latest: journald tells the library of new
//! entries only every 250 ms, while their count stands in the mapped file at once.

use std::collections::BTreeSet;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::time::Duration;

use systemd::journal::{Journal, OpenDirectoryOptions, OpenFilesOptions, OpenOptions};

use super::entry::{Cursor, Entry, OwnedEntry};
use super::error::JournalError;
use super::place::{Host, Owner, Place};
use super::query::{Order, Query, Start};
use super::reader::{Reader, Step};
use crate::time::Timestamp;

/// How long a follower sleeps between two looks, unless the library wakes it.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// A journal open through libsystemd.
pub(super) struct Libsystemd {
    journal: Journal,
    query: Query,
    entry: OwnedEntry,
    /// The library stands on an entry that is still to be given.
    pending: bool,
    ended: bool,
}

impl Libsystemd {
    pub(super) fn open(place: &Place) -> Result<Self, JournalError> {
        let open = |doing| move |error: systemd::Error| failed(doing, error);
        let mut journal = match place {
            Place::Host(host) if *host == Host::default() => {
                OpenOptions::default().local_only(true).open().map_err(open("open it"))?
            }
            Place::Host(_) => {
                let what = "namespaces, other machines, owners and roots";
                return Err(JournalError::Unsupported { engine: "libsystemd", what });
            }
            Place::Directory { path, owner } => OpenDirectoryOptions::default()
                .system(matches!(owner, Owner::System | Owner::SystemAndCurrentUser))
                .current_user(matches!(owner, Owner::CurrentUser | Owner::SystemAndCurrentUser))
                .open_directory(path.as_os_str().as_bytes())
                .map_err(open("open the directory"))?,
            Place::Files(files) => {
                // The library looks for the directory of a bare name and finds none.
                let files: io::Result<Vec<PathBuf>> = files.iter().map(std::path::absolute).collect();
                let files = files.map_err(|source| JournalError::Read { doing: "name the files", source })?;
                OpenFilesOptions::default()
                    .open_files(files.iter().map(|file| file.as_os_str().as_bytes()))
                    .map_err(open("open the files"))?
            }
        };
        journal.set_data_threshold(0).map_err(open("lift the limit of 64 KiB a field"))?;
        let (query, entry) = (Query::everything(), OwnedEntry::default());
        Ok(Self { journal, query, entry, pending: false, ended: false })
    }

    fn add_matches(&mut self) -> systemd::Result<()> {
        self.journal.match_flush()?;
        for clause in &self.query.clauses {
            self.journal.match_and()?;
            for group in &clause.groups {
                self.journal.match_or()?;
                for one in group {
                    self.journal.match_add(&one.field, one.value.as_slice())?;
                }
            }
        }
        self.journal.match_and()?;
        for boot in &self.query.boots {
            self.journal.match_add("_BOOT_ID", boot.to_string())?;
        }
        Ok(())
    }

    /// Sets the position; `pending` where that already is an entry to give.
    fn seek(&mut self) -> systemd::Result<()> {
        self.pending = false;
        match (&self.query.start, self.query.order) {
            (Start::Edge, Order::OldestFirst) => self.seek_oldest(),
            (Start::Edge | Start::Tail(_), Order::NewestFirst) => self.seek_newest(),
            (&Start::Tail(count), Order::OldestFirst) => self.seek_tail(count),
            (Start::Time(time), _) => self.journal.seek_realtime_usec(time.micros()),
            (Start::At(cursor) | Start::After(cursor), order) => {
                let cursor = cursor.to_string();
                self.journal.seek_cursor(&cursor)?;
                let moved = match order {
                    Order::OldestFirst => self.journal.next()? > 0,
                    Order::NewestFirst => self.journal.previous()? > 0,
                };
                let behind = matches!(self.query.start, Start::After(_));
                // A cursor whose entry is gone leads to the next one, which is behind it already.
                self.pending = moved && !(behind && self.journal.test_cursor(&cursor)?);
                Ok(())
            }
        }
    }

    fn seek_oldest(&mut self) -> systemd::Result<()> {
        match self.query.since {
            Some(since) => self.journal.seek_realtime_usec(since.micros()),
            None => self.journal.seek_head(),
        }
    }

    fn seek_newest(&mut self) -> systemd::Result<()> {
        match self.query.until {
            Some(until) => self.journal.seek_realtime_usec(until.micros()),
            None => self.journal.seek_tail(),
        }
    }

    fn seek_tail(&mut self, count: u64) -> systemd::Result<()> {
        self.seek_newest()?;
        if self.journal.previous_skip(count.max(1))? == 0 {
            // Nothing is there yet, so whatever comes is new.
            return self.journal.seek_head();
        }
        if let Some(since) = self.query.since
            && self.journal.timestamp_usec()? < since.micros()
        {
            return self.journal.seek_realtime_usec(since.micros());
        }
        self.pending = count > 0;
        Ok(())
    }

    /// Moves to the next entry of the query; `false` at the end.
    fn advance(&mut self) -> systemd::Result<bool> {
        if std::mem::take(&mut self.pending) {
            return Ok(true);
        }
        Ok(match self.query.order {
            Order::OldestFirst => self.journal.next()? > 0,
            Order::NewestFirst => self.journal.previous()? > 0,
        })
    }

    /// Whether the entry with that time lies beyond the query's far end.
    fn is_beyond(&self, time: Timestamp) -> bool {
        match self.query.order {
            Order::OldestFirst => self.query.until.is_some_and(|until| time > until),
            Order::NewestFirst => self.query.since.is_some_and(|since| time < since),
        }
    }

    fn load(&mut self) -> systemd::Result<()> {
        let stamp = &mut self.entry.stamp;
        // Sequence and hash are told in no other way by the library that this crate speaks to.
        let cursor = Cursor::parse(&self.journal.cursor()?).unwrap_or_default();
        (stamp.seqnum_id, stamp.seqnum) = cursor.seqnum.unwrap_or_default();
        (stamp.boot, stamp.monotonic) = cursor.monotonic.unwrap_or_default();
        stamp.xor_hash = cursor.xor_hash.unwrap_or_default();
        self.entry.fields.clear();
        self.journal.restart_data();
        while let Some(field) = self.journal.enumerate_data()? {
            self.entry.fields.push_stored(field.data());
        }
        Ok(())
    }
}

impl Reader for Libsystemd {
    fn restart(&mut self, query: &Query) -> Result<(), JournalError> {
        self.query = query.clone();
        self.ended = false;
        self.add_matches().map_err(|error| failed("add the matches", error))?;
        self.seek().map_err(|error| failed("find the start", error))
    }

    fn next(&mut self) -> Result<Step<'_>, JournalError> {
        while !self.ended {
            match self.advance() {
                Ok(true) => {}
                Ok(false) if self.query.follow => {
                    self.journal
                        .wait(Some(LOOK_AGAIN))
                        .map_err(|error| failed("wait for new entries", error))?;
                    // What has come meanwhile is given at once.
                    match self.advance() {
                        Ok(true) => {}
                        Ok(false) => return Ok(Step::Idle),
                        Err(error) if is_damage(&error) => continue,
                        Err(error) => return Err(failed("move on", error)),
                    }
                }
                Ok(false) => break,
                Err(error) if is_damage(&error) => continue,
                Err(error) => return Err(failed("move on", error)),
            }
            let Ok(micros) = self.journal.timestamp_usec() else { continue };
            self.entry.stamp.realtime = Timestamp::from_micros(micros);
            if self.is_beyond(self.entry.stamp.realtime) {
                break;
            }
            match self.load() {
                Ok(()) => return Ok(Step::Entry(self.entry.lend())),
                Err(error) if is_damage(&error) => {}
                Err(error) => return Err(failed("read an entry", error)),
            }
        }
        self.ended = true;
        Ok(Step::End)
    }

    fn entry(&self) -> Entry<'_> {
        self.entry.lend()
    }

    fn unique(&mut self, field: &str) -> Result<Vec<Vec<u8>>, JournalError> {
        let doing = "list the values of a field";
        self.journal.query_unique(field).map_err(|error| failed(doing, error))?;
        let mut values = Vec::new();
        while let Some(found) = self.journal.enumerate_unique().map_err(|error| failed(doing, error))? {
            values.extend(found.value().map(<[u8]>::to_vec));
        }
        Ok(values)
    }

    /// The library has a list of them, which this crate does not ask for: every entry is read.
    fn field_names(&mut self) -> Result<Vec<Vec<u8>>, JournalError> {
        let mut names = BTreeSet::new();
        self.restart(&Query::everything())?;
        while let Step::Entry(entry) = self.next()? {
            for field in entry.fields() {
                if !names.contains(field.name) {
                    names.insert(field.name.to_vec());
                }
            }
        }
        Ok(names.into_iter().collect())
    }
}

fn failed(doing: &'static str, error: systemd::Error) -> JournalError {
    JournalError::Read { doing, source: error.into() }
}

/// An entry or object that is broken, half written, or was just removed with its file: left out, no failure.
fn is_damage(error: &systemd::Error) -> bool {
    const EIO: i32 = 5;
    const ENODATA: i32 = 61;
    const EBADMSG: i32 = 74;
    const EADDRNOTAVAIL: i32 = 99;
    matches!(error.raw_os_error(), Some(EIO | ENODATA | EBADMSG | EADDRNOTAVAIL))
}

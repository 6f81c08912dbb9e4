//! Our own reading of journal files, without libsystemd.
//!
//! ```text
//! bytes → object → list, values → file → select → cursor → chain → the reader → parts
//! ```
//!
//! From left to right: copies of parts of a file; checked objects; lists of entries and decoded values; one file; a
//! query's matches in it; a walk through it; files that follow each other; all of them together in journald's order;
//! the same divided, so that several threads read at once.
//!
//! Nothing of a file is believed before it is checked, and damage costs no more than what is damaged: an offset that
//! leads nowhere, a chain that leads back, a value that does not unpack is passed over.

mod account;
mod bytes;
mod chain;
mod compress;
mod cursor;
mod file;
mod follow;
mod given;
mod hash;
mod header;
mod heading;
mod list;
mod met;
mod object;
mod order;
mod parts;
mod refused;
mod room;
mod select;
mod values;

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::rc::Rc;

use account::Account;
use chain::{Chain, Link};
use cursor::Limits;
use file::{Handle, JournalFile};
use follow::Watch;
use given::Given;
pub use heading::{Counts, Heading};
use met::Met;
pub use parts::{PartReader, Parts};
use refused::Refused;
use room::Room;
pub(super) use values::Current;

use super::entry::{Cursor, Entry, Stamp};
use super::error::JournalError;
use super::place::{self, Place};
use super::query::{Order, Query, Start};
use super::reader::{Reader, Step};

/// What all windows together may take.
const MEMORY: usize = 24 << 20;

/// So many rotations may come between listing files and opening them.
const ROTATIONS: usize = 8;

/// A journal as one thread reads it.
#[derive(Debug)]
pub(super) struct Native {
    place: Place,
    files: Vec<Rc<JournalFile>>,
    query: Query,
    chains: Vec<Chain>,
    given: Given,
    /// Passed over where it is the first entry.
    skip: Option<Cursor>,
    /// The chain whose head is lent.
    lent: Option<usize>,
    stamp: Stamp,
    current: Current,
    watch: Option<Watch>,
    account: Option<Account>,
    refused: Refused,
    remarks: Vec<String>,
}

impl Native {
    /// Opens the files of a place. One that is no journal is left out and remarked, unless there is no other.
    pub(super) fn open(place: &Place, paths: &[PathBuf]) -> Result<Self, JournalError> {
        raise_file_limit(paths.len());
        let mut journal = Self::empty(place);
        let refused = journal.add(paths);
        journal.catch_up(paths, 0);
        match refused {
            Some(error) if journal.files.is_empty() => Err(error),
            _ => Ok(journal),
        }
    }

    fn empty(place: &Place) -> Self {
        Self {
            place: place.clone(),
            files: Vec::new(),
            query: Query::everything(),
            chains: Vec::new(),
            given: Given::default(),
            skip: None,
            lent: None,
            stamp: Stamp::default(),
            current: Current::default(),
            watch: None,
            account: None,
            refused: Refused::default(),
            remarks: Vec::new(),
        }
    }

    /// Opens files that are not open yet, and returns why the last of those that cannot be read cannot.
    fn add(&mut self, paths: &[PathBuf]) -> Option<JournalError> {
        let mut refused = None;
        for path in paths {
            match open_file(path, &self.files) {
                Ok(Some(file)) => {
                    self.refused.forget(path);
                    self.remarks.extend(file.damage().map(|damage| format!("journal file {damage}")));
                    self.files.push(Rc::new(file));
                }
                Ok(None) => {}
                Err(error) => {
                    if self.refused.note(path, self.query.follow) {
                        self.remarks.push(format!("journal file {error}, ignoring file"));
                    }
                    refused = Some(error);
                }
            }
        }
        refused
    }

    /// journald may have rotated since the files were listed. First what was renamed before it could be opened, then
    /// those that were opened just now, from `opened` on: what they got last, before newer files were begun, is there
    /// then. No walk has begun in those.
    fn catch_up(&mut self, paths: &[PathBuf], opened: usize) {
        let mut known: HashSet<PathBuf> = paths.iter().cloned().collect();
        for _ in 0..ROTATIONS {
            let Ok(mut found) = place::look(&self.place) else { break };
            found.files.retain(|path| known.insert(path.clone()));
            if found.files.is_empty() {
                break;
            }
            self.add(&found.files);
        }
        for file in self.files[opened..].iter().filter(|file| !file.header().is_archived) {
            file.refresh();
        }
    }

    /// Begins at the heads of these files.
    fn begin(&mut self, links: Vec<Link>) {
        self.lent = None;
        self.given = Given::default();
        self.chains = chain::chains(links, &self.query);
        let window = MEMORY / (bytes::WINDOWS * self.chains.len().max(1));
        self.chains.iter().for_each(|chain| chain.limit(window.min(bytes::LARGEST)));
        for chain in &mut self.chains {
            chain.settle(&self.query);
            self.remarks.extend(chain.take_remarks());
        }
    }

    fn links(&self) -> Vec<Link> {
        let link = |file: &Rc<JournalFile>| Link::new(Rc::clone(file), Limits::default());
        self.files.iter().map(link).collect()
    }

    /// The chain whose head comes next.
    fn next_chain(&self) -> Option<usize> {
        let mut best: Option<(usize, &Stamp)> = None;
        for (index, chain) in self.chains.iter().enumerate() {
            let Some(head) = chain.head() else { continue };
            if best.is_none_or(|(_, stamp)| compare(self.query.order, &head.stamp, stamp) == Ordering::Less) {
                best = Some((index, &head.stamp));
            }
        }
        best.map(|(index, _)| index)
    }

    /// The chain whose head comes next and was not given already.
    fn next_new_chain(&mut self) -> Option<usize> {
        loop {
            let index = self.next_chain()?;
            if !self.was_given(index) {
                return Some(index);
            }
            self.pass(index);
        }
    }

    /// Whether another file had a copy of a chain's head.
    fn was_given(&mut self, index: usize) -> bool {
        let Some(chain) = self.chains.get(index) else { return false };
        let (Some(head), Some(file)) = (chain.head(), chain.file()) else { return false };
        if self.given.is_new(&head.stamp, self.query.order) {
            return false;
        }
        let (chains, own) = (&self.chains, file.handle.identity);
        self.given.has_copy(&head.stamp, &self.files, |file, offset| {
            file != own && chains.iter().any(|chain| chain.has_passed(file, offset))
        })
    }

    /// Moves past an entry in every file that has it.
    fn pass(&mut self, index: usize) {
        let Some(stamp) = self.chains.get(index).and_then(Chain::head).map(|head| head.stamp) else { return };
        self.given.note(&stamp, self.query.order);
        for chain in &mut self.chains {
            if chain.head().is_some_and(|head| order::compare(&head.stamp, &stamp) == Ordering::Equal) {
                chain.advance(&self.query);
                self.remarks.extend(chain.take_remarks());
            }
        }
    }

    /// Walks back over the last entries; what is left from there on is where reading begins.
    fn links_of_tail(&mut self, count: u64) -> Vec<Link> {
        let forward = self.query.clone();
        self.query =
            Query { order: Order::NewestFirst, follow: false, start: Start::Edge, ..forward.clone() };
        self.begin(self.links());
        for _ in 0..count {
            let Some(index) = self.next_new_chain() else { break };
            self.pass(index);
        }
        self.query = forward;
        let mut offsets: HashMap<_, u64> = HashMap::new();
        for chain in &self.chains {
            offsets.extend(chain.begin_forward().map(|(file, offset)| (file.handle.identity, offset)));
        }
        let limited = |mut link: Link| match offsets.get(&link.file.handle.identity) {
            Some(&u64::MAX) => None,
            Some(&offset) => {
                link.limits.offset = offset;
                Some(link)
            }
            None => Some(link),
        };
        self.links().into_iter().filter_map(limited).collect()
    }

    /// Stands on the next entry, if there is one, and takes it up.
    fn advance(&mut self) -> bool {
        loop {
            if let Some(index) = self.lent.take() {
                self.pass(index);
            }
            let Some(index) = self.next_new_chain() else { return false };
            self.lent = Some(index);
            let chain = &self.chains[index];
            let (Some(head), Some(file)) = (chain.head(), chain.file()) else { return false };
            self.stamp = head.stamp;
            if self.skip.take().is_some_and(|cursor| cursor.is_of(&head.stamp)) {
                continue;
            }
            self.current.load(file, head);
            return true;
        }
    }

    const fn lend(&self) -> Entry<'_> {
        Entry::native(&self.stamp, &self.current)
    }

    /// Waits a moment, and looks for entries and files that were added.
    fn wait(&mut self) {
        // Files may have come since reading began, of which nobody has told yet.
        let is_first = self.watch.is_none();
        let place = &self.place;
        let watch = self.watch.get_or_insert_with(|| Watch::begin(place));
        let mut is_due = watch.wait(self.refused.has_new()) || is_first;
        self.remarks.extend(watch.take_remark());
        for _ in 0..ROTATIONS {
            // First new files, then those that are open: what was written before a file was rotated is there then.
            if is_due {
                self.look_for_files();
            }
            for chain in &mut self.chains {
                chain.refresh(&self.query, is_due);
                self.remarks.extend(chain.take_remarks());
            }
            // A file that has come since then may have what was written before what was found just now.
            is_due = self.watch.as_mut().is_some_and(Watch::has_heard);
            if !is_due {
                break;
            }
        }
        self.chains.retain(|chain| !chain.is_over());
        self.given.forget_files();
    }

    fn look_for_files(&mut self) {
        let Ok(found) = place::look(&self.place) else { return };
        let before = self.files.len();
        self.add(&found.files);
        self.catch_up(&found.files, before);
        // Where files are left out, so are their numbers.
        if self.place.is_everyones() && found.hidden.is_none() {
            self.look_for_gaps(before);
        }
        let limits =
            Limits { after: (self.stamp != Stamp::default()).then_some(self.stamp), ..Limits::default() };
        for file in &self.files[before..] {
            let link = Link::new(Rc::clone(file), limits);
            for mut chain in chain::chains(vec![link], &self.query) {
                chain.settle(&self.query);
                self.remarks.extend(chain.take_remarks());
                self.chains.push(chain);
            }
        }
        self.files.retain(|file| !file.is_gone());
    }

    /// Says what was removed before it was read. The first files were there at the last look.
    fn look_for_gaps(&mut self, before: usize) {
        let files = &self.files;
        let account = self.account.get_or_insert_with(|| Account::begin(&files[..before]));
        let missing = account.missing(files);
        if missing > 0 {
            self.remarks.push(format!("{missing} entries were removed before they were read"));
        }
    }
}

/// Which comes first in a direction.
fn compare(order: Order, a: &Stamp, b: &Stamp) -> Ordering {
    match order {
        Order::OldestFirst => order::compare(a, b),
        Order::NewestFirst => order::compare(b, a),
    }
}

/// Opens a file that is not among those that are open.
fn open_file(path: &std::path::Path, open: &[Rc<JournalFile>]) -> Result<Option<JournalFile>, JournalError> {
    let handle = match Handle::open(path) {
        // It was removed since its name was read.
        Err(JournalError::Open { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            return Ok(None);
        }
        handle => handle?,
    };
    if open.iter().any(|file| file.handle.identity == handle.identity) {
        return Ok(None);
    }
    let refused =
        |reason: header::Refusal| JournalError::Refused { path: path.to_owned(), reason: reason.to_string() };
    JournalFile::open(handle).map(Some).map_err(refused)
}

/// Every file stays open, so that it can be read to its end when it is renamed or removed.
fn raise_file_limit(files: usize) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    const OTHERS: u64 = 256;
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < files as u64 + OTHERS) {
        // Where it may not be raised, the files that do not open are remarked.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    }
}

impl Reader for Native {
    fn restart(&mut self, query: &Query) -> Result<(), JournalError> {
        self.query = query.clone();
        self.account = None;
        self.skip = match query.start {
            Start::After(cursor) => Some(cursor),
            Start::Edge | Start::Tail(_) | Start::Time(_) | Start::At(_) => None,
        };
        let links = match query.start {
            Start::Tail(count) if query.order == Order::OldestFirst => self.links_of_tail(count),
            Start::Edge | Start::Tail(_) | Start::Time(_) | Start::At(_) | Start::After(_) => self.links(),
        };
        self.begin(links);
        Ok(())
    }

    fn next(&mut self) -> Result<Step<'_>, JournalError> {
        if self.advance() {
            return Ok(Step::Entry(self.entry()));
        }
        if !self.query.follow {
            return Ok(Step::End);
        }
        self.wait();
        // What has come meanwhile is given at once.
        Ok(if self.advance() { Step::Entry(self.entry()) } else { Step::Idle })
    }

    fn entry(&self) -> Entry<'_> {
        self.lend()
    }

    fn parts(&self, query: &Query) -> Option<Parts> {
        Parts::of(self, query)
    }

    fn has_one_sequence(&self) -> bool {
        given::is_one_sequence(&self.files)
    }

    fn unique(&mut self, field: &str) -> Result<Vec<Vec<u8>>, JournalError> {
        let (mut values, mut room) = (Met::default(), Room::new());
        for file in &self.files {
            room.begin(file.size());
            if !file.values_of(field.as_bytes(), &mut room, |value| values.take(value)) {
                let path = file.handle.path.display();
                self.remarks.push(format!(
                    "journal file {path} has more values of {field} than there is room for, leaving some out"
                ));
            }
        }
        Ok(values.into_vec())
    }

    fn field_names(&mut self) -> Result<Vec<Vec<u8>>, JournalError> {
        let mut names = Met::default();
        self.files.iter().for_each(|file| file.names(|name| names.take(name)));
        Ok(names.into_vec())
    }

    fn take_remarks(&mut self) -> Vec<String> {
        std::mem::take(&mut self.remarks)
    }
}

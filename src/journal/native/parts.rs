//! A query's journal in parts that several threads read at once.
//!
//! journald numbers the entries of a machine in one sequence, whatever file they go to. So the sequence is cut where
//! about so many bytes of a file lie between two cuts: what has a number of one part comes before all of the next.
//! Where files are of several sequences, only looking at every entry tells which comes first, and there are no parts.

use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Native;
use super::chain::Link;
use super::cursor::{Limits, Lost, is_outside, range_of_times};
use super::file::{Handle, JournalFile};
use super::given::is_one_sequence;
use super::select::Wanted;
use crate::journal::entry::Entry;
use crate::journal::place::Place;
use crate::journal::query::{Order, Query, Start};

/// How much of a file makes a part: little enough that what is made of a few of them can wait in memory.
const PIECE: u64 = 2 << 20;
/// The same where only some of the entries are wanted, which have to be looked up in every part.
const PIECE_OF_SOME: u64 = 16 << 20;

/// The parts of a query's journal, in the query's order.
#[derive(Debug)]
pub struct Parts {
    place: Place,
    query: Query,
    files: Vec<Share>,
    /// The first number of each part, and the last.
    seqnums: Vec<(u64, u64)>,
}

/// What a file has for the query.
#[derive(Debug)]
struct Share {
    handle: Handle,
    /// The numbers of the first and the last entry.
    seqnums: (u64, u64),
    /// Where these two are in the list of all entries, the end being behind the last.
    items: (u64, u64),
    /// Whether it was said that the file has been removed: each thread finds that out, in each part.
    is_missed: AtomicBool,
}

impl Parts {
    /// Divides the journal; `None` where that cannot be done, or is not worth it.
    pub(super) fn of(journal: &Native, query: &Query) -> Option<Self> {
        if !matches!(query.start, Start::Edge | Start::Time(_))
            || query.follow
            || !is_one_sequence(&journal.files)
        {
            return None;
        }
        let mut files = Vec::new();
        for file in &journal.files {
            files.extend(Share::of(file, query)?);
        }
        let everything = query.clauses.is_empty() && query.boots.is_empty();
        let mut seqnums = cut(&files, if everything { PIECE } else { PIECE_OF_SOME });
        if query.order == Order::NewestFirst {
            seqnums.reverse();
        }
        let place = journal.place.clone();
        (seqnums.len() > 1).then(|| Self { place, query: query.clone(), files, seqnums })
    }

    /// How many there are.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.seqnums.len()
    }

    /// A reader for one thread.
    #[must_use]
    pub fn reader(&self) -> PartReader<'_> {
        let files = self.files.iter().map(|_| None).collect();
        PartReader { parts: self, files, journal: Native::empty(&self.place) }
    }
}

/// The ranges of numbers between all cuts. The outermost reach as far as numbers do.
fn cut(files: &[Share], piece: u64) -> Vec<(u64, u64)> {
    let mut cuts: Vec<u64> = files.iter().flat_map(|file| file.cuts(piece)).collect();
    cuts.sort_unstable();
    cuts.dedup();
    if let Some(first) = cuts.first_mut() {
        *first = 0;
    }
    let ends = cuts.iter().skip(1).map(|next| next - 1).chain([u64::MAX]);
    cuts.iter().copied().zip(ends).collect()
}

impl Share {
    /// `None` where the file is damaged, so that its numbers are not to be relied on; inside where it has nothing.
    #[expect(clippy::option_option, reason = "nothing is another thing than damage")]
    fn of(file: &JournalFile, query: &Query) -> Option<Option<Self>> {
        if is_outside(file, query, Limits::default()) {
            return Some(None);
        }
        let entries = file.entries();
        // What is not listed only the values' lists may still have, and they have no parts.
        if entries.len() < file.header().entries {
            return None;
        }
        let mut wanted = match query.start {
            Start::Time(_) => Wanted::of(query, file),
            Start::Edge | Start::Tail(_) | Start::At(_) | Start::After(_) => Wanted::Every,
        };
        let items = range_of_times(file, &entries, query, &mut wanted);
        if items.0 >= items.1 {
            return Some(None);
        }
        let number = |item| Some(file.entry(entries.get(file.bytes(), item)?)?.stamp.seqnum);
        let seqnums = (number(items.0)?, number(items.1 - 1)?);
        file.release();
        let share =
            || Self { handle: file.handle.clone(), seqnums, items, is_missed: AtomicBool::new(false) };
        (seqnums.0 <= seqnums.1).then(|| Some(share()))
    }

    /// The first numbers of its parts.
    fn cuts(&self, piece: u64) -> impl Iterator<Item = u64> + use<> {
        let (first, last) = self.seqnums;
        let entries = self.items.1 - self.items.0;
        // A part of one entry is none.
        let count = self.handle.size().div_ceil(piece).clamp(1, entries.max(1));
        let width = ((last - first) / count).saturating_add(1);
        (0..count).map(move |number| first.saturating_add(number.saturating_mul(width)))
    }

    const fn has(&self, (low, high): (u64, u64)) -> bool {
        self.seqnums.0 <= high && low <= self.seqnums.1
    }

    /// Opens it for a thread; `None` where journald has taken the content away.
    fn open(&self, query: &Query) -> Option<Opened> {
        let file = Rc::new(JournalFile::open(self.handle.clone()).ok()?);
        Some(Opened { wanted: Wanted::of(query, &file), file })
    }

    /// What is lost with the file, told once. How much of it others have read by now nobody knows.
    fn miss(&self) -> Option<String> {
        let lost = Lost::AtMost(self.items.1 - self.items.0);
        (!self.is_missed.swap(true, Ordering::Relaxed)).then(|| lost.sentence(&self.handle.path))
    }
}

/// Reads one part after the other.
#[derive(Debug)]
pub struct PartReader<'p> {
    parts: &'p Parts,
    /// As this thread has opened them, in the order of the parts' files.
    files: Vec<Option<Opened>>,
    journal: Native,
}

/// A file, and what the query's matches admit of it, which is the same in all parts.
#[derive(Debug)]
struct Opened {
    file: Rc<JournalFile>,
    wanted: Wanted,
}

impl PartReader<'_> {
    /// Goes to a part.
    pub fn begin(&mut self, part: usize) {
        let Some(&seqnums) = self.parts.seqnums.get(part) else { return };
        let mut links = Vec::new();
        for (share, opened) in self.parts.files.iter().zip(&mut self.files) {
            if !share.has(seqnums) {
                *opened = None;
                continue;
            }
            if opened.as_ref().is_none_or(|opened| opened.file.is_gone()) {
                *opened = share.open(&self.parts.query);
                self.journal.remarks.extend(if opened.is_none() { share.miss() } else { None });
            }
            let limits = Limits { seqnums: Some(seqnums), items: Some(share.items), ..Limits::default() };
            links.extend(opened.iter().map(|Opened { file, wanted }| Link {
                wanted: Some(wanted.clone()),
                ..Link::new(Rc::clone(file), limits)
            }));
        }
        self.journal.query = self.parts.query.clone();
        self.journal.begin(links);
    }

    /// Lends the next entry of the part.
    pub fn lend_next(&mut self) -> Option<Entry<'_>> {
        self.journal.advance().then(|| self.journal.lend())
    }

    /// What went wrong since this was called last.
    pub fn take_remarks(&mut self) -> Vec<String> {
        std::mem::take(&mut self.journal.remarks)
    }
}

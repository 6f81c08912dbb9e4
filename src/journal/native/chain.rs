//! Files that follow each other, as rotation leaves them: none but the first has to be looked at.
//!
//! Files of one sequence whose numbers do not overlap make a chain. A journal of three hundred files that was
//! rotated is one chain, one with users' journals beside it two or three; their heads are all that is compared.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use super::cursor::{Limits, Walk};
use super::file::{Change, Identity, JournalFile};
use super::object::Entry;
use super::select::Wanted;
use crate::journal::query::{Order, Query};

/// A file with what bounds its reading.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) file: Rc<JournalFile>,
    pub(super) limits: Limits,
    /// What the query's matches admit of it, where that was looked up already.
    pub(super) wanted: Option<Wanted>,
}

impl Link {
    pub(super) const fn new(file: Rc<JournalFile>, limits: Limits) -> Self {
        Self { file, limits, wanted: None }
    }
}

/// Files that are read one after the other.
#[derive(Debug)]
pub(super) struct Chain {
    waiting: VecDeque<Link>,
    walk: Option<Walk>,
    /// Files that were read to their end, and where their first entries were.
    done: HashMap<Identity, u64>,
    order: Order,
    /// Whether the last look found more.
    has_grown: bool,
    is_gone: bool,
    remarks: Vec<String>,
}

/// Divides files into chains. Of entries that are equal the one of the file that was found first is given, so the
/// chains keep that order.
pub(super) fn chains(links: Vec<Link>, query: &Query) -> Vec<Chain> {
    let mut links: Vec<(usize, Link)> = links.into_iter().enumerate().collect();
    links.sort_by_key(|(_, link)| {
        let header = link.file.header();
        (header.seqnum_id, header.head_seqnum, header.tail_seqnum)
    });
    let mut rows: Vec<(usize, VecDeque<Link>)> = Vec::new();
    for (found, link) in links {
        let row = rows.iter_mut().find(|(_, row)| row.back().is_some_and(|last| precedes(last, &link)));
        match row {
            Some((first, row)) => {
                *first = found.min(*first);
                row.push_back(link);
            }
            None => rows.push((found, VecDeque::from([link]))),
        }
    }
    rows.sort_by_key(|&(first, _)| first);
    rows.into_iter().map(|(_, row)| Chain::new(row, query.order)).collect()
}

/// Whether all numbers of the first file are below those of the second, and none will be added.
fn precedes(first: &Link, second: &Link) -> bool {
    let (first, second) = (first.file.header(), second.file.header());
    first.is_archived && first.seqnum_id == second.seqnum_id && first.tail_seqnum < second.head_seqnum
}

impl Chain {
    fn new(mut row: VecDeque<Link>, order: Order) -> Self {
        if order == Order::NewestFirst {
            row.make_contiguous().reverse();
        }
        let (done, remarks) = Default::default();
        Self { waiting: row, walk: None, done, order, has_grown: false, is_gone: false, remarks }
    }

    /// Lets the windows of its files grow to that many bytes.
    pub(super) fn limit(&self, window: usize) {
        self.waiting.iter().for_each(|link| link.file.bytes().limit(window));
    }

    /// Opens files until one has an entry.
    pub(super) fn settle(&mut self, query: &Query) {
        loop {
            if let Some(walk) = &mut self.walk {
                self.remarks.extend(remark(walk));
                if walk.head().is_some() || self.waiting.is_empty() {
                    return;
                }
                walk.file.release();
                self.done.extend(walk.begin_offset().map(|begin| (walk.file.handle.identity, begin)));
            }
            let Some(link) = self.waiting.pop_front() else { return };
            self.walk = Some(Walk::begin(&link.file, query, link.limits, link.wanted));
        }
    }

    pub(super) fn head(&self) -> Option<&Entry> {
        self.walk.as_ref().and_then(Walk::head)
    }

    pub(super) fn file(&self) -> Option<&Rc<JournalFile>> {
        self.walk.as_ref().map(|walk| &walk.file)
    }

    pub(super) fn advance(&mut self, query: &Query) {
        if let Some(walk) = &mut self.walk {
            walk.advance();
        }
        self.settle(query);
    }

    /// Whether an entry of a file is one that was passed.
    pub(super) fn has_passed(&self, file: Identity, offset: u64) -> bool {
        let (begin, head) = match &self.walk {
            Some(walk) if walk.file.handle.identity == file => (walk.begin_offset(), walk.head()),
            Some(_) | None => (self.done.get(&file).copied(), None),
        };
        let is_left = |from: u64, to: u64| match self.order {
            Order::OldestFirst => from < to,
            Order::NewestFirst => from > to,
        };
        begin.is_some_and(|begin| !is_left(offset, begin))
            && head.is_none_or(|head| is_left(offset, head.offset))
    }

    /// Where reading forward begins in each file, when the chain was read from the newest on so far. `u64::MAX` for
    /// files that were not reached.
    pub(super) fn begin_forward(&self) -> impl Iterator<Item = (&Rc<JournalFile>, u64)> {
        let begin = |walk: &Walk| walk.head().map_or(0, |entry| entry.offset + 1);
        let reached = self.walk.as_ref().map(|walk| (&walk.file, begin(walk)));
        reached.into_iter().chain(self.waiting.iter().map(|link| (&link.file, u64::MAX)))
    }

    /// Looks for entries that were added. Oldest first only.
    ///
    /// journald counts an entry before the lists of its values have it. So the lists are read once more when the count
    /// has grown, and when it `is_due`, although the count is the same.
    pub(super) fn refresh(&mut self, query: &Query, is_due: bool) {
        let Some(walk) = &mut self.walk else { return };
        match walk.file.refresh() {
            Change::Grown => {
                self.has_grown = true;
                walk.resume(query);
            }
            Change::None if walk.head().is_none() && (is_due || self.has_grown) => {
                self.has_grown = false;
                walk.resume(query);
            }
            Change::None => {}
            Change::Gone => self.is_gone = true,
        }
        self.remarks.extend(remark(walk));
    }

    /// Whether nothing can come of it any more.
    pub(super) fn is_over(&self) -> bool {
        let is_finished =
            |walk: &Walk| walk.head().is_none() && (self.is_gone || walk.file.header().is_archived);
        self.waiting.is_empty() && self.walk.as_ref().is_none_or(is_finished)
    }

    /// What went wrong since this was called last.
    pub(super) fn take_remarks(&mut self) -> Vec<String> {
        std::mem::take(&mut self.remarks)
    }
}

/// What was lost of a file; told once.
fn remark(walk: &mut Walk) -> Option<String> {
    walk.take_lost().map(|lost| lost.sentence(&walk.file.handle.path))
}

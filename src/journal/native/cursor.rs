//! A walk through one file: a query's entries between two places, in one direction.

use std::cmp::Ordering;
use std::path::Path;
use std::rc::Rc;

use super::file::JournalFile;
use super::list::{List, Side};
use super::object::Entry;
use super::order::compare;
use super::select::{Selection, Wanted};
use crate::journal::entry::{Cursor, Id128, Stamp};
use crate::journal::query::{MOST_CLOCK_STEP, Order, Query, Start};
use crate::time::Timestamp;

/// What besides the query bounds the walk.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Limits {
    /// Only entries with numbers from the first up to the second.
    pub(super) seqnums: Option<(u64, u64)>,
    /// What the query's times leave of the list of all entries, where that is known already.
    pub(super) items: Option<(u64, u64)>,
    /// Only entries at or behind that offset.
    pub(super) offset: u64,
    /// Only entries that come behind this one in the order of the journal.
    pub(super) after: Option<Stamp>,
}

impl Limits {
    /// Whether the walk may go to the end of the file.
    const fn is_open(&self) -> bool {
        self.seqnums.is_none() && self.items.is_none()
    }
}

/// A walk, and the entry that it stands on.
#[derive(Debug)]
pub(super) struct Walk {
    pub(super) file: Rc<JournalFile>,
    way: Way,
    order: Order,
    since: Timestamp,
    until: Timestamp,
    limits: Limits,
    head: Option<Entry>,
    /// Where its first entry is.
    begin: Option<u64>,
    /// What was still to come when the file's content was taken away.
    lost: Option<Lost>,
    /// The numbers that are still to come, both included.
    left: (u64, u64),
    /// Whether every entry is wanted.
    wants_every: bool,
}

/// Entries that were removed before they were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    Exactly(u64),
    /// Which of them were wanted the file cannot tell any more.
    AtMost(u64),
}

impl Lost {
    /// What is said of it.
    pub(super) fn sentence(self, path: &Path) -> String {
        let missing = match self {
            Self::Exactly(count) => count.to_string(),
            Self::AtMost(count) => format!("up to {count}"),
        };
        let path = path.display();
        format!("{path} was removed while it was read: {missing} of its entries are missing")
    }
}

#[derive(Debug)]
enum Way {
    /// Every entry: numbers of the list of all, from the first up to but not with the second.
    Every {
        entries: List,
        from: u64,
        to: u64,
    },
    /// Those of a selection, between two offsets, both included.
    Chosen {
        selection: Selection,
        from: u64,
        to: u64,
    },
    Nothing,
}

impl Walk {
    /// A walk that stands on its first entry. What the query's matches admit may have been looked up before.
    pub(super) fn begin(
        file: &Rc<JournalFile>,
        query: &Query,
        limits: Limits,
        wanted: Option<Wanted>,
    ) -> Self {
        let mut walk = Self {
            file: Rc::clone(file),
            way: way(file, query, limits, wanted),
            order: query.order,
            since: query.since.unwrap_or_default(),
            until: query.until.unwrap_or(Timestamp::from_micros(u64::MAX)),
            limits,
            head: None,
            begin: None,
            lost: None,
            left: numbers(file, query, limits),
            wants_every: query.clauses.is_empty() && query.boots.is_empty(),
        };
        walk.advance();
        walk
    }

    /// The entry that it stands on; `None` at the end.
    pub(super) const fn head(&self) -> Option<&Entry> {
        self.head.as_ref()
    }

    /// Where its first entry is; `None` where there was none.
    pub(super) const fn begin_offset(&self) -> Option<u64> {
        self.begin
    }

    /// Moves to the next entry. What is damaged is passed over.
    pub(super) fn advance(&mut self) {
        self.head = None;
        // So many could not be read since the file was seen whole, and so many make a reason to look again: a file may
        // say that it has millions of entries where there are none.
        let (mut failed, mut reason) = (0_u64, 1);
        while self.head.is_none() {
            let Some(offset) = self.next_offset() else {
                self.end(failed);
                break;
            };
            let entry = offset.and_then(|offset| self.file.entry(offset));
            failed += u64::from(entry.is_none());
            if failed >= reason {
                if self.file.is_gone() {
                    self.lose(failed);
                }
                (failed, reason) = (0, reason * 2);
            }
            self.head = entry.filter(|entry| self.admits(&entry.stamp));
        }
        if let Some(entry) = &self.head {
            self.begin.get_or_insert(entry.offset);
            self.limits.offset = entry.offset + 1;
            match self.order {
                Order::OldestFirst => self.left.0 = entry.stamp.seqnum.saturating_add(1),
                Order::NewestFirst => self.left.1 = entry.stamp.seqnum.saturating_sub(1),
            }
        }
    }

    fn admits(&self, stamp: &Stamp) -> bool {
        let is_behind = |after: &Stamp| compare(stamp, after) == Ordering::Greater;
        self.since <= stamp.realtime
            && stamp.realtime <= self.until
            && self.limits.after.as_ref().is_none_or(is_behind)
    }

    /// Nothing more is found, which it would not be either where the content was taken away; so many entries could not
    /// be read since the file was seen whole.
    fn end(&mut self, failed: u64) {
        let is_told = matches!(self.way, Way::Every { .. }) && failed == 0;
        if !is_told && self.left.0 <= self.left.1 && self.file.is_gone() {
            self.lose(failed);
        }
    }

    /// Gives up; so many entries could not be read since the file was seen whole.
    fn lose(&mut self, failed: u64) {
        let most = self.left.1.saturating_sub(self.left.0).saturating_add(1);
        self.lost = Some(match &self.way {
            Way::Every { from, to, .. } => Lost::Exactly(to - from + failed),
            // The list of all was gone before it was read.
            Way::Nothing if self.wants_every => Lost::Exactly(self.file.header().entries.min(most)),
            Way::Chosen { .. } | Way::Nothing => Lost::AtMost(most),
        });
        (self.way, self.left) = (Way::Nothing, NONE_LEFT);
    }

    /// What was lost with the content of the file; told once.
    pub(super) const fn take_lost(&mut self) -> Option<Lost> {
        self.lost.take()
    }

    /// Goes on behind the last entry, or behind the one that it stands on, for the file has grown. Oldest first only.
    pub(super) fn resume(&mut self, query: &Query) {
        self.file.bytes().forget();
        let header = self.file.header();
        self.left = (self.left.0.max(header.head_seqnum), header.tail_seqnum);
        self.way = way(&self.file, query, self.limits, None);
        if self.head.is_none() {
            self.advance();
        }
    }

    /// The next place to look at; inside `None` where a list is damaged.
    #[expect(clippy::option_option, reason = "a damaged item is not the end of the list")]
    fn next_offset(&mut self) -> Option<Option<u64>> {
        let bytes = self.file.bytes();
        match (&mut self.way, self.order) {
            (Way::Nothing, _) => None,
            (Way::Every { from, to, .. }, _) if *from >= *to => None,
            (Way::Every { entries, from, .. }, Order::OldestFirst) => {
                *from += 1;
                Some(entries.get(bytes, *from - 1))
            }
            (Way::Every { entries, to, .. }, Order::NewestFirst) => {
                *to -= 1;
                Some(entries.get(bytes, *to))
            }
            (Way::Chosen { selection, from, to }, Order::OldestFirst) => {
                let found = selection.at_or_after(bytes, *from).filter(|found| found <= to)?;
                *from = found + 1;
                Some(Some(found))
            }
            (Way::Chosen { selection, from, to }, Order::NewestFirst) => {
                let found = selection.at_or_before(bytes, *to).filter(|found| found >= from)?;
                *to = found.saturating_sub(1);
                Some(Some(found))
            }
        }
    }
}

fn way(file: &JournalFile, query: &Query, limits: Limits, wanted: Option<Wanted>) -> Way {
    if is_outside(file, query, limits) {
        return Way::Nothing;
    }
    let mut wanted = wanted.unwrap_or_else(|| Wanted::of(query, file));
    if matches!(wanted, Wanted::Nothing) {
        return Way::Nothing;
    }
    let entries = file.entries();
    let (from, to) = range(file, &entries, query, limits, &mut wanted);
    // What is not in a damaged list of all entries may still be in those of the values.
    let is_open = limits.is_open() && to == entries.len();
    match wanted {
        Wanted::Nothing => Way::Nothing,
        Wanted::Some(selection) if from < to || (from == 0 && is_open) => {
            let entry =
                |index| entries.get(file.bytes(), index).filter(|&offset| file.entry(offset).is_some());
            let first = if from == 0 { None } else { (from..to).find_map(entry) };
            let last = || (from..to).rev().find_map(entry);
            let to = if is_open { end_of_open(file, last) } else { last().unwrap_or(END) };
            Way::Chosen { selection, from: first.unwrap_or(0).max(limits.offset), to }
        }
        Wanted::Every if from < to => Way::Every { entries, from, to },
        Wanted::Some(_) | Wanted::Every => Way::Nothing,
    }
}

/// No number.
const NONE_LEFT: (u64, u64) = (1, 0);

/// The numbers of the entries that a walk may come to.
fn numbers(file: &JournalFile, query: &Query, limits: Limits) -> (u64, u64) {
    let header = file.header();
    if header.entries == 0 || is_outside(file, query, limits) {
        return NONE_LEFT;
    }
    let (low, high) = limits.seqnums.unwrap_or((0, u64::MAX));
    (header.head_seqnum.max(low), header.tail_seqnum.min(high))
}

/// An offset that no entry has.
const END: u64 = u64::MAX - 1;

/// Up to where a walk goes that nothing bounds: the end, or where the file was written to when its head was read. The
/// lists of values are read one after the other while journald goes on: what came later one may have already and
/// another, with what came before that, not yet. All but the last entry up to here is in all of its lists.
fn end_of_open(file: &JournalFile, last: impl FnOnce() -> Option<u64>) -> u64 {
    let header = file.header();
    if header.is_archived {
        return END;
    }
    match last() {
        // A list that is damaged has no last entry either, but the head counts some.
        None if header.entries > 0 => END,
        last => last.unwrap_or(0).max(header.last_object).min(END),
    }
}

/// Whether the head of a file that is complete already tells that nothing in it is wanted.
pub(super) fn is_outside(file: &JournalFile, query: &Query, limits: Limits) -> bool {
    let header = file.header();
    let (first, last) = (header.head_realtime.micros(), header.tail_realtime.micros());
    let is_before = |since: Timestamp| last.saturating_add(MOST_CLOCK_STEP) < since.micros();
    let is_after = |until: Timestamp| first > until.micros().saturating_add(MOST_CLOCK_STEP);
    let is_apart = |(low, high)| header.tail_seqnum < low || header.head_seqnum > high;
    let (begin, end) = match (&query.start, query.order) {
        (&Start::Time(time), Order::OldestFirst) => (Some(time), query.until),
        (&Start::Time(time), Order::NewestFirst) => (query.since, Some(time)),
        (Start::Edge | Start::Tail(_) | Start::At(_) | Start::After(_), _) => (query.since, query.until),
    };
    header.is_archived
        && (begin.is_some_and(is_before) || end.is_some_and(is_after) || limits.seqnums.is_some_and(is_apart))
}

/// The numbers, in the list of all entries, that the query's bounds and start leave.
fn range(
    file: &JournalFile,
    entries: &List,
    query: &Query,
    limits: Limits,
    wanted: &mut Wanted,
) -> (u64, u64) {
    let (mut from, mut to) = limits.items.unwrap_or_else(|| range_of_times(file, entries, query, wanted));
    if let Some((low, high)) = limits.seqnums {
        from = from.max(first_numbered(file, entries, low));
        to = to.min(first_numbered(file, entries, high.saturating_add(1)));
    }
    if limits.offset > 0 {
        from = from.max(entries.partition(file.bytes(), (0, entries.len()), |offset| offset < limits.offset));
    }
    match (&query.start, query.order) {
        (Start::Edge | Start::Tail(_) | Start::Time(_), _) => {}
        (Start::At(cursor) | Start::After(cursor), Order::OldestFirst) => {
            from = from.max(locate(file, entries, cursor, query.order, wanted));
        }
        (Start::At(cursor) | Start::After(cursor), Order::NewestFirst) => {
            to = to.min(locate(file, entries, cursor, query.order, wanted));
        }
    }
    (from, to)
}

/// Where entries of that number and higher ones begin in the list of all. Without gaps the number tells the place.
fn first_numbered(file: &JournalFile, entries: &List, number: u64) -> u64 {
    let near = number.saturating_sub(file.header().head_seqnum);
    entries.partition_near(file.bytes(), near, |offset| {
        file.entry(offset).is_some_and(|entry| entry.stamp.seqnum < number)
    })
}

/// The numbers, in the list of all entries, that the query's times leave.
pub(super) fn range_of_times(
    file: &JournalFile,
    entries: &List,
    query: &Query,
    wanted: &mut Wanted,
) -> (u64, u64) {
    let from =
        query.since.map_or(0, |since| file.partition_by_time(entries, Side::Behind, |time| time < since));
    let is_in = |until| file.partition_by_time(entries, Side::Before, |time| time <= until);
    let to = query.until.map_or(entries.len(), is_in);
    let Start::Time(time) = query.start else { return (from, to) };
    match (locate_time(file, entries, time, query.order, wanted), query.order) {
        (None, _) => (0, 0),
        (Some(place), Order::OldestFirst) => (from.max(place), to),
        (Some(place), Order::NewestFirst) => (from, to.min(place)),
    }
}

/// Where a time divides the list of all entries, the entry that reading begins with being on the side that is read;
/// `None` where there is no such entry. It is one of those that are wanted: a list of some bisects otherwise than that
/// of all, where the clock was put back.
fn locate_time(
    file: &JournalFile,
    entries: &List,
    time: Timestamp,
    order: Order,
    wanted: &mut Wanted,
) -> Option<u64> {
    let offset = wanted.seek(file, entries, time, order)?;
    Some(number_of(file, entries, offset, order))
}

/// Where an entry divides the list of all entries, so that it is on the side that is read.
fn number_of(file: &JournalFile, entries: &List, offset: u64, order: Order) -> u64 {
    let is_left = |there: u64| match order {
        Order::OldestFirst => there < offset,
        Order::NewestFirst => there <= offset,
    };
    entries.partition(file.bytes(), (0, entries.len()), is_left)
}

/// Where a cursor divides the list of all entries: by its number, else by its boot's clock, else by its time; the
/// cursor's own entry is on the side that is read.
fn locate(file: &JournalFile, entries: &List, cursor: &Cursor, order: Order, wanted: &mut Wanted) -> u64 {
    let is_before = |value: u64, goal: u64| value < goal || (order == Order::NewestFirst && value == goal);
    if let Some((id, number)) = cursor.seqnum
        && id == file.header().seqnum_id
    {
        return entries.partition(file.bytes(), (0, entries.len()), |offset| {
            file.entry(offset).is_some_and(|entry| is_before(entry.stamp.seqnum, number))
        });
    }
    if let Some((boot, micros)) = cursor.monotonic
        && let Some(place) = locate_in_boot(file, entries, boot, order, |value| is_before(value, micros))
    {
        return place;
    }
    let (first, end) = match order {
        Order::OldestFirst => (0, entries.len()),
        Order::NewestFirst => (entries.len(), 0),
    };
    // A cursor that leads nowhere in this file leaves all of it.
    cursor.realtime.map_or(first, |time| locate_time(file, entries, time, order, wanted).unwrap_or(end))
}

/// The clock that counts from the boot grows inside one boot only, whose entries may stand between those of others.
/// `None` where the file has nothing of that boot on the side that is read.
fn locate_in_boot(
    file: &JournalFile,
    entries: &List,
    boot: Id128,
    order: Order,
    is_before: impl Fn(u64) -> bool,
) -> Option<u64> {
    let of_boot = file.entries_with(&file.find(format!("_BOOT_ID={boot}").as_bytes())?);
    let monotonic = |offset| file.entry(offset).map(|entry| entry.stamp.monotonic);
    let place = of_boot
        .partition(file.bytes(), (0, of_boot.len()), |offset| monotonic(offset).is_some_and(&is_before));
    let first = match order {
        Order::OldestFirst => place,
        Order::NewestFirst => place.checked_sub(1)?,
    };
    Some(number_of(file, entries, of_boot.get(file.bytes(), first)?, order))
}

//! A list of entries: all of a file, or those with one value. Its items are offsets that only grow.
//!
//! ```text
//! first entry (of a value only) → array of 4 → array of 8 → array of 16 → …
//! ```
//!
//! The chain of arrays is walked once; then every item is one read away, and a place in the list is found by
//! bisection. Each array was written after the one before it, so a chain that leads back is damaged and cut there.
//!
//! One wrong item can lead a bisection astray, so that all entries on one side of it are lost. Whatever is read is
//! therefore compared with what stands beside it; where an item is out of order the [`Place`] of a value reads its
//! whole list and puts it in order.

use std::cell::{Cell, RefCell};

use super::bytes::Bytes;
use super::header::{Layout, u32_at, u64_at};
use super::object::{EntryArray, Kind, Space};

/// A side of the place where a list is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Before,
    Behind,
}

/// So many items are read at once: a query reads many lists in turns, each of which goes on where it was.
const AT_ONCE: u64 = 256;
/// A list that is out of order is put in order up to that length: what a file says of itself may be any number.
const MOST_TO_MEND: u64 = 4 << 20;

#[derive(Clone, Debug)]
pub(super) struct List {
    /// The first item of a value's list, which stands in the value itself.
    first: Option<u64>,
    arrays: Vec<Array>,
    length: u64,
    layout: Layout,
    /// Items that were read last.
    recent: RefCell<Recent>,
    is_first_checked: Cell<bool>,
    /// Whether an item was met that is out of order.
    is_broken: Cell<bool>,
}

/// Some items of an array.
#[derive(Clone, Debug, Default)]
struct Recent {
    /// Which of the list's items the first of them is.
    begin: u64,
    items: Vec<u64>,
    stored: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
struct Array {
    /// Where its first item is in the file.
    items: u64,
    /// Which of the list's items that is.
    begin: u64,
}

impl Recent {
    fn get(&self, index: u64) -> Option<u64> {
        self.items.get(usize::try_from(index.checked_sub(self.begin)?).ok()?).copied()
    }
}

impl List {
    /// Walks a chain until it has `length` items or ends.
    pub(super) fn load(bytes: &Bytes, space: &Space, first: Option<u64>, array: u64, length: u64) -> Self {
        let mut list = Self {
            first,
            arrays: Vec::new(),
            length: u64::from(first.is_some()),
            layout: space.layout,
            recent: RefCell::default(),
            is_first_checked: Cell::new(false),
            is_broken: Cell::new(false),
        };
        // A file may say any number; an entry takes room.
        let smallest = Kind::Entry.head(space.layout) as u64;
        let length = length.min(space.end.saturating_sub(space.start) / smallest + 1);
        let (mut offset, mut before) = (array, 0);
        while list.length < length && offset > before {
            let Some(array) = EntryArray::read(bytes, space, offset) else { break };
            list.arrays.push(Array { items: array.items, begin: list.length });
            list.length += array.capacity;
            (before, offset) = (offset, array.next);
        }
        list.length = list.length.min(length);
        list
    }

    pub(super) const fn len(&self) -> u64 {
        self.length
    }

    /// The item of that number. One that was never written, as after a crash the count of a list may be ahead of it,
    /// is none.
    pub(super) fn get(&self, bytes: &Bytes, index: u64) -> Option<u64> {
        if index >= self.length {
            return None;
        }
        if let Some(first) = self.first.filter(|_| index == 0) {
            self.check_first(bytes, first);
            return Some(first).filter(|&item| item > 0);
        }
        let mut recent = self.recent.borrow_mut();
        if recent.get(index).is_none() {
            self.load_recent(bytes, index, &mut recent)?;
        }
        recent.get(index).filter(|&item| item > 0)
    }

    /// Reads the block of items that one of them is in, with those beside it.
    fn load_recent(&self, bytes: &Bytes, index: u64, recent: &mut Recent) -> Option<()> {
        // Most reading is near the end of the last and longest array.
        let at = self.arrays.iter().rposition(|array| array.begin <= index)?;
        let array = self.arrays[at];
        let end = self.arrays.get(at + 1).map_or(self.length, |next| next.begin.min(self.length));
        let aligned = index - (index - array.begin) % AT_ONCE;
        let begin = aligned.saturating_sub(1).max(array.begin);
        let count = (aligned + AT_ONCE + 1).min(end) - begin;
        recent.begin = begin;
        self.read(bytes, array.items + (begin - array.begin) * self.layout.array_item(), count, recent)?;
        // Most blocks end in the middle of an array.
        let before =
            begin.checked_sub(1).filter(|_| begin == array.begin).and_then(|last| self.read_one(bytes, last));
        let behind = Some(end).filter(|_| begin + count == end).and_then(|next| self.read_one(bytes, next));
        self.check(before.as_slice(), &recent.items);
        self.check(&recent.items, behind.as_slice());
        Some(())
    }

    fn read(&self, bytes: &Bytes, offset: u64, count: u64, into: &mut Recent) -> Option<()> {
        into.items.clear();
        bytes.read(offset, usize::try_from(count * self.layout.array_item()).ok()?, &mut into.stored);
        let Recent { items, stored, .. } = into;
        match self.layout {
            Layout::Regular => items.extend(stored.chunks_exact(8).map(|item| u64_at(item, 0))),
            Layout::Compact => items.extend(stored.chunks_exact(4).map(|item| u64::from(u32_at(item, 0)))),
        }
        Some(())
    }

    /// An item by itself.
    fn read_one(&self, bytes: &Bytes, index: u64) -> Option<u64> {
        if index == 0 && self.first.is_some() {
            return self.first;
        }
        let array = self.arrays.iter().rfind(|array| array.begin <= index && index < self.length)?;
        let mut one = Recent::default();
        self.read(bytes, array.items + (index - array.begin) * self.layout.array_item(), 1, &mut one)?;
        one.items.first().copied()
    }

    /// The first item of a value's list stands by itself.
    fn check_first(&self, bytes: &Bytes, first: u64) {
        if !self.is_first_checked.replace(true) {
            self.check(&[first], self.read_one(bytes, 1).as_slice());
        }
    }

    /// Whether the items go on as they should: each is larger than the one before it, and behind one that was never
    /// written none was.
    fn check(&self, items: &[u64], rest: &[u64]) {
        let all = items.iter().chain(rest);
        if !all.is_sorted_by(|&&item, &&next| next == 0 || (0 < item && item < next)) {
            self.is_broken.set(true);
        }
    }

    /// All items in order, where something is wrong with that.
    fn mend(&self, bytes: &Bytes) -> Option<Vec<u64>> {
        if !self.is_broken.get() || self.length > MOST_TO_MEND {
            return None;
        }
        let mut items: Vec<u64> = (0..self.length).filter_map(|index| self.get(bytes, index)).collect();
        items.sort_unstable();
        items.dedup();
        Some(items)
    }

    /// The number of the first item in `from..to` that is not `before`, as in a bisection.
    pub(super) fn partition(
        &self,
        bytes: &Bytes,
        (mut from, mut to): (u64, u64),
        before: impl Fn(u64) -> bool,
    ) -> u64 {
        while from < to {
            let middle = from.midpoint(to);
            // An item that cannot be read stands for one that is too far on.
            if self.get(bytes, middle).is_some_and(&before) {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        from
    }

    /// The same in the whole list, array by array: the first whose last item is not `before` is bisected. Where the
    /// items are not in the order that is asked about, as times are not where a clock was put back, this decides
    /// which place is found, and systemd's library goes this way.
    pub(super) fn partition_by_arrays(&self, bytes: &Bytes, before: impl Fn(u64) -> bool) -> u64 {
        let ends =
            self.arrays.iter().map(|array| array.begin).filter(|&begin| begin > 0).chain([self.length]);
        let mut begin = 0;
        for end in ends.map(|end| end.min(self.length)) {
            let Some(last) = end.checked_sub(1).filter(|&last| last >= begin) else { continue };
            if !self.get(bytes, last).is_some_and(&before) {
                return self.partition(bytes, (begin, last), before);
            }
            begin = end;
        }
        self.length
    }

    /// The same in the whole list, for an item that is likely to be near that number: in growing steps from there,
    /// then by bisection.
    pub(super) fn partition_near(&self, bytes: &Bytes, near: u64, before: impl Fn(u64) -> bool) -> u64 {
        let is_before = |index| self.get(bytes, index).is_some_and(&before);
        let near = near.min(self.length);
        let (mut from, mut to, mut step) = (near, near, 1);
        if is_before(from) {
            while to < self.length && is_before(to) {
                from = to + 1;
                to = self.length.min(to + step);
                step *= 2;
            }
        } else {
            while from > 0 && !is_before(from - 1) {
                to = from - 1;
                from = from.saturating_sub(step);
                step *= 2;
            }
        }
        self.partition(bytes, (from, to), before)
    }
}

/// A place in a list that is moved to offsets; the next is looked for near the last.
#[derive(Clone, Debug)]
pub(super) struct Place {
    list: List,
    /// The same in order, where it is not.
    mended: Option<Vec<u64>>,
    at: u64,
    after: Option<Answer>,
    before: Option<Answer>,
}

/// What was found for an offset. It also holds for every offset between the two.
#[derive(Clone, Copy, Debug)]
struct Answer {
    asked: u64,
    found: Option<u64>,
}

impl Place {
    pub(super) const fn new(list: List) -> Self {
        Self { list, mended: None, at: 0, after: None, before: None }
    }

    pub(super) const fn list(&self) -> &List {
        &self.list
    }

    pub(super) const fn len(&self) -> u64 {
        self.list.len()
    }

    /// The first item at or behind an offset.
    pub(super) fn at_or_after(&mut self, bytes: &Bytes, offset: u64) -> Option<u64> {
        if let Some(Answer { asked, found }) = self.after
            && asked <= offset
            && found.is_none_or(|found| offset <= found)
        {
            return found;
        }
        self.at = self.find(bytes, offset);
        let found = self.get(bytes, self.at).filter(|&found| found >= offset);
        self.after = Some(Answer { asked: offset, found });
        found
    }

    /// The last item at or before an offset.
    pub(super) fn at_or_before(&mut self, bytes: &Bytes, offset: u64) -> Option<u64> {
        if let Some(Answer { asked, found }) = self.before
            && offset <= asked
            && found.is_none_or(|found| found <= offset)
        {
            return found;
        }
        self.at = self.find(bytes, offset.saturating_add(1));
        let last = self.at.checked_sub(1).and_then(|last| self.get(bytes, last));
        let found = last.filter(|&found| found <= offset);
        self.before = Some(Answer { asked: offset, found });
        found
    }

    fn get(&self, bytes: &Bytes, index: u64) -> Option<u64> {
        match &self.mended {
            Some(items) => items.get(usize::try_from(index).ok()?).copied(),
            None => self.list.get(bytes, index),
        }
    }

    /// The number of the first item that is not below the offset, looked for from where the last look-up ended.
    fn find(&mut self, bytes: &Bytes, offset: u64) -> u64 {
        if self.mended.is_none() {
            let found = self.list.partition_near(bytes, self.at, |item| item < offset);
            self.mended = self.list.mend(bytes);
            if self.mended.is_none() {
                return found;
            }
        }
        self.mended.as_deref().unwrap_or_default().partition_point(|&item| item < offset) as u64
    }
}

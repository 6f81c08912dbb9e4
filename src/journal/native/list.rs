//! A list of entries: all of a file, or those with one value. Its items are offsets that only grow.
//!
//! ```text
//! first entry (of a value only) → array of 4 → array of 8 → array of 16 → …
//! ```
//!
//! The chain of arrays is walked once; then every item is one read away, and a place in the list is found by
//! bisection. Each array was written after the one before it, so a chain that leads back is damaged and cut there.

use super::bytes::Bytes;
use super::header::Layout;
use super::object::{EntryArray, Space};

#[derive(Clone, Debug)]
pub(super) struct List {
    /// The first item of a value's list, which stands in the value itself.
    first: Option<u64>,
    arrays: Vec<Array>,
    length: u64,
    layout: Layout,
}

#[derive(Clone, Copy, Debug)]
struct Array {
    /// Where its first item is in the file.
    items: u64,
    /// Which of the list's items that is.
    begin: u64,
}

impl List {
    /// Walks a chain until it has `length` items or ends.
    pub(super) fn load(bytes: &Bytes, space: &Space, first: Option<u64>, array: u64, length: u64) -> Self {
        let mut list =
            Self { first, arrays: Vec::new(), length: u64::from(first.is_some()), layout: space.layout };
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

    /// The item of that number.
    pub(super) fn get(&self, bytes: &Bytes, index: u64) -> Option<u64> {
        if index >= self.length {
            return None;
        }
        if index == 0 && self.first.is_some() {
            return self.first;
        }
        let array = self.array_of(index)?;
        let offset = array.items + (index - array.begin) * self.layout.array_item();
        match self.layout {
            Layout::Regular => bytes.u64(offset),
            Layout::Compact => bytes.array(offset).map(|item| u64::from(u32::from_le_bytes(item))),
        }
    }

    /// Most reading is near the end of the last and longest array.
    fn array_of(&self, index: u64) -> Option<&Array> {
        self.arrays.iter().rev().find(|array| array.begin <= index)
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
}

/// A place in a list that is moved to offsets; the next is looked for near the last.
#[derive(Clone, Debug)]
pub(super) struct Place {
    list: List,
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
        Self { list, at: 0, after: None, before: None }
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
        let found = self.list.get(bytes, self.at).filter(|&found| found >= offset);
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
        let last = self.at.checked_sub(1).and_then(|last| self.list.get(bytes, last));
        let found = last.filter(|&found| found <= offset);
        self.before = Some(Answer { asked: offset, found });
        found
    }

    /// The number of the first item that is not below the offset: in growing steps from where the last look-up
    /// ended, then by bisection.
    fn find(&self, bytes: &Bytes, offset: u64) -> u64 {
        let below = |item: u64| item < offset;
        let is_below = |index| self.list.get(bytes, index).is_some_and(below);
        let length = self.list.len();
        let (mut from, mut to, mut step) = (self.at.min(length), self.at.min(length), 1);
        if is_below(from) {
            while to < length && is_below(to) {
                from = to + 1;
                to = length.min(to + step);
                step *= 2;
            }
        } else {
            while from > 0 && !is_below(from - 1) {
                to = from - 1;
                from = from.saturating_sub(step);
                step *= 2;
            }
        }
        self.list.partition(bytes, (from, to), below)
    }
}

//! Values that entries share, decoded once and kept; and the fields of the entry that is lent.
//!
//! An entry is a list of offsets of values. Of twenty-three fields all but two or three are shared with thousands of
//! other entries, and a value says of itself how many have it. Shared ones are kept here under dense keys; those of
//! this entry alone, its message above all, are read and unpacked when somebody asks for them.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use super::file::JournalFile;
use super::object::{Data, Entry};
use super::room::LONGEST;
use crate::journal::entry::{Field, ValueKey};

/// Longer values are not kept, however many entries share them.
const LONGEST_KEPT: usize = 8 * 1024;
/// Larger buffers are not used again.
const LARGEST_SPARE: usize = 1 << 20;
/// When so many bytes are kept, all are given up and those still in use come back.
const MOST: usize = 8 << 20;
/// In a table of keys: the value is one of the field that most questions are about.
const IS_MESSAGE: u32 = 1 << 31;
const MESSAGE: &[u8] = b"MESSAGE";
/// More items than journald lets an entry have; what has more is damaged.
const MOST_ITEMS: u64 = 4096;

/// Values that are kept.
#[derive(Debug, Default)]
pub(super) struct Values {
    arena: Vec<u8>,
    slots: Vec<Slot>,
    /// The key of the first slot. Keys are never given twice.
    base: u32,
    /// Changes when all are given up, so that what files remember of them is void.
    epoch: u32,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    start: usize,
    equals: usize,
    end: usize,
}

/// Where the values of a file's offsets are kept: an open table of offset and key, and before it what each place of
/// an entry had last, for half of the places have the same value in every entry.
#[derive(Debug, Default)]
pub(super) struct Known {
    recent: Vec<(Spot, u32)>,
    table: Vec<(Spot, u32)>,
    count: usize,
    epoch: u32,
}

/// An offset in eighths, which all of them are multiples of, so that the table fits a processor's cache. Zero is none,
/// and what lies beyond 32 GiB is not kept.
type Spot = u32;

fn spot(offset: u64) -> Option<Spot> {
    Spot::try_from(offset >> 3).ok().filter(|&spot| spot > 0 && offset.is_multiple_of(8))
}

impl Known {
    fn start(&self, spot: Spot) -> usize {
        // The multiplication spreads them over the upper bits.
        let spread = u64::from(spot).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        usize::try_from(spread).unwrap_or_default() & (self.table.len() - 1)
    }

    /// The key of the value that stands there, and at that place of an entry.
    fn get_at(&mut self, place: usize, offset: u64) -> Option<u32> {
        let spot = spot(offset)?;
        if let Some(&(recent, key)) = self.recent.get(place)
            && recent == spot
        {
            return Some(key);
        }
        let key = self.get(spot)?;
        if self.recent.len() <= place {
            self.recent.resize(place + 1, (0, 0));
        }
        self.recent[place] = (spot, key);
        Some(key)
    }

    fn get(&self, spot: Spot) -> Option<u32> {
        if self.table.is_empty() {
            return None;
        }
        let mut at = self.start(spot);
        loop {
            match self.table[at] {
                (0, _) => return None,
                (there, key) if there == spot => return Some(key),
                _ => at = (at + 1) & (self.table.len() - 1),
            }
        }
    }

    fn insert(&mut self, offset: u64, key: u32) {
        let Some(spot) = spot(offset) else { return };
        if self.count * 2 >= self.table.len() {
            let larger = vec![(0, 0); (self.table.len() * 2).max(256)];
            let old = std::mem::replace(&mut self.table, larger);
            old.into_iter().filter(|&(spot, _)| spot > 0).for_each(|(spot, key)| self.put(spot, key));
        }
        self.put(spot, key);
        self.count += 1;
    }

    fn put(&mut self, spot: Spot, key: u32) {
        let mut at = self.start(spot);
        while self.table[at].0 != 0 {
            at = (at + 1) & (self.table.len() - 1);
        }
        self.table[at] = (spot, key);
    }

    fn start_epoch(&mut self, epoch: u32) {
        if self.epoch != epoch {
            *self = Self { epoch, ..Self::default() };
        }
    }
}

impl Values {
    fn keep(&mut self, data: &[u8]) -> Option<u32> {
        let key = self.base.checked_add(u32::try_from(self.slots.len()).ok()?)?;
        if key & IS_MESSAGE != 0 {
            return None;
        }
        let equals = Field::parse(data, None)?.name.len();
        let start = self.arena.len();
        self.arena.extend_from_slice(data);
        self.slots.push(Slot { start, equals: start + equals, end: self.arena.len() });
        Some(key)
    }

    fn field(&self, key: u32) -> Option<Field<'_>> {
        let slot = self.slots.get(usize::try_from(key.checked_sub(self.base)?).ok()?)?;
        let (name, value) = (&self.arena[slot.start..slot.equals], &self.arena[slot.equals + 1..slot.end]);
        Some(Field { name, value, key: Some(ValueKey(key)) })
    }

    fn give_up_too_many(&mut self) {
        if self.arena.len() > MOST {
            self.base = self.base.saturating_add(u32::try_from(self.slots.len()).unwrap_or(u32::MAX));
            self.epoch = self.epoch.wrapping_add(1);
            self.arena.clear();
            self.slots.clear();
        }
    }
}

/// An item of the entry that is lent.
#[derive(Clone, Copy, Debug)]
enum Item {
    Kept(u32),
    /// The number of one of its own values.
    Own(usize),
}

/// A value that is read when it is asked for.
#[derive(Debug)]
struct Own {
    data: Data,
    /// Empty where it is damaged.
    bytes: OnceCell<Vec<u8>>,
}

/// The fields of the entry that is lent.
#[derive(Debug, Default)]
pub(in crate::journal) struct Current {
    file: Option<Rc<JournalFile>>,
    values: Values,
    items: Vec<Item>,
    own: Vec<Own>,
    /// Buffers to be used again.
    spare: RefCell<Vec<Vec<u8>>>,
    /// How many bytes its own values may still have. An entry may name one packed value of a few bytes many times.
    room: Cell<usize>,
    offsets: Vec<u64>,
    /// Whether one of the kept values is a message; usually each entry has its own.
    keeps_message: bool,
}

impl Current {
    /// Takes up another entry. Items that are damaged are left out.
    pub(super) fn load(&mut self, file: &Rc<JournalFile>, entry: &Entry) {
        self.values.give_up_too_many();
        self.items.clear();
        let spare = self.spare.get_mut();
        let buffers = self.own.drain(..).filter_map(|own| own.bytes.into_inner());
        spare.extend(buffers.filter(|buffer| buffer.capacity() <= LARGEST_SPARE));
        self.room.set(room_in(file));
        if !self.file.as_ref().is_some_and(|there| Rc::ptr_eq(there, file)) {
            self.file = Some(Rc::clone(file));
        }
        file.offsets(entry, MOST_ITEMS, &mut self.offsets);
        let mut known = file.known.borrow_mut();
        known.start_epoch(self.values.epoch);
        let mut keys = 0;
        for (place, &offset) in self.offsets.iter().enumerate() {
            let item = match known.get_at(place, offset) {
                Some(key) => Some(Item::Kept(key)),
                None => meet(&mut self.values, &mut self.own, &mut known, file, offset),
            };
            match item {
                Some(Item::Kept(key)) => {
                    keys |= key;
                    self.items.push(Item::Kept(key & !IS_MESSAGE));
                }
                Some(own @ Item::Own(_)) => self.items.push(own),
                None => {}
            }
        }
        self.keeps_message = keys & IS_MESSAGE != 0;
    }

    /// The field of a number; inside `None` where that one is damaged.
    #[expect(clippy::option_option, reason = "a damaged field is not the last one")]
    pub(in crate::journal) fn get(&self, index: usize) -> Option<Option<Field<'_>>> {
        Some(match *self.items.get(index)? {
            Item::Kept(key) => self.values.field(key),
            Item::Own(number) => {
                let own = &self.own[number];
                Field::parse(own.bytes.get_or_init(|| self.read(&own.data)), None)
            }
        })
    }

    /// The first value of a field. Of values that are stored as they are only the name is looked at.
    pub(in crate::journal) fn find(&self, name: &[u8]) -> Option<&[u8]> {
        if name == MESSAGE && !self.keeps_message {
            return self.find_own(name);
        }
        (0..self.items.len()).filter(|&index| self.may_be(index, name)).find_map(|index| {
            let field = self.get(index)??;
            (field.name == name).then_some(field.value)
        })
    }

    /// The fields that have one of these names, and perhaps others.
    pub(in crate::journal) fn find_each<'s>(&'s self, names: &[&[u8]], take: &mut dyn FnMut(Field<'s>)) {
        for (index, item) in self.items.iter().enumerate() {
            let is_wanted = match *item {
                Item::Kept(_) => true,
                Item::Own(number) => names.iter().any(|name| self.may_be_of(&self.own[number], name)),
            };
            if is_wanted && let Some(Some(field)) = self.get(index) {
                take(field);
            }
        }
    }

    /// The same among the values that only this entry has.
    fn find_own(&self, name: &[u8]) -> Option<&[u8]> {
        self.own.iter().filter(|own| self.may_be_of(own, name)).find_map(|own| {
            let field = Field::parse(own.bytes.get_or_init(|| self.read(&own.data)), None)?;
            (field.name == name).then_some(field.value)
        })
    }

    fn may_be(&self, index: usize, name: &[u8]) -> bool {
        let Some(&Item::Own(number)) = self.items.get(index) else { return true };
        self.may_be_of(&self.own[number], name)
    }

    fn may_be_of(&self, own: &Own, name: &[u8]) -> bool {
        own.bytes.get().is_some() || self.file.as_ref().is_none_or(|file| file.may_have_name(&own.data, name))
    }

    fn read(&self, data: &Data) -> Vec<u8> {
        let mut bytes = self.spare.borrow_mut().pop().unwrap_or_default();
        bytes.clear();
        let room = self.room.get();
        if self.file.as_ref().is_none_or(|file| file.payload(data, room, &mut bytes).is_err()) {
            bytes.clear();
        }
        self.room.set(room - bytes.len());
        bytes
    }
}

/// How much an entry's own values may be together: all that the file has, or one that is packed.
fn room_in(file: &JournalFile) -> usize {
    usize::try_from(file.size()).unwrap_or(usize::MAX).max(LONGEST)
}

/// Looks at a value that is not kept: it is one to be kept, or this entry's own.
fn meet(
    values: &mut Values,
    own: &mut Vec<Own>,
    known: &mut Known,
    file: &JournalFile,
    offset: u64,
) -> Option<Item> {
    let data = file.data(offset)?;
    let may_be_kept = data.entries > 1 && data.length <= LONGEST_KEPT && spot(offset).is_some();
    let mut bytes = Vec::new();
    if may_be_kept && file.payload(&data, LONGEST_KEPT, &mut bytes).is_ok() {
        let mut key = values.keep(&bytes)?;
        if bytes.strip_prefix(MESSAGE).is_some_and(|rest| rest.starts_with(b"=")) {
            key |= IS_MESSAGE;
        }
        known.insert(offset, key);
        return Some(Item::Kept(key));
    }
    own.push(Own { data, bytes: OnceCell::new() });
    Some(Item::Own(own.len() - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_offset_that_was_put_in_is_found_and_no_other() {
        let mut known = Known::default();
        let offsets = || (1..5000_u64).map(|number| number * 184);
        offsets().zip(0..).for_each(|(offset, key)| known.insert(offset, key));
        for place in 0..3 {
            assert!(offsets().zip(0..).all(|(offset, key)| known.get_at(place, offset) == Some(key)));
            assert!(offsets().all(|offset| known.get_at(place, offset + 8).is_none()));
        }
        known.insert(1 << 40, 7);
        assert_eq!(known.get_at(0, 1 << 40), None);
    }

    #[test]
    fn keys_are_not_given_again_after_all_values_were_given_up() {
        let mut values = Values::default();
        let first = values.keep(b"A=1").unwrap();
        values.arena.resize(MOST + 1, 0);
        values.give_up_too_many();
        let second = values.keep(b"A=2").unwrap();
        assert!(second > first && values.field(first).is_none());
        assert_eq!(values.field(second).map(|field| field.value), Some(&b"2"[..]));
    }
}

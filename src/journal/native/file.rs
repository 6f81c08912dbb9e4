//! One journal file: values by their bytes, lists of entries, entries by their offset.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::bytes::Bytes;
use super::compress::{Unpacker, Unread};
use super::header::Layout;
use super::header::{Header, Refusal, Table, u32_at, u64_at};
use super::list::{List, Side};
use super::object::{Data, Entry, Field, Space};
use super::room::Room;
use super::values::Known;
use crate::journal::entry::Id128;
use crate::journal::error::JournalError;
use crate::journal::{field_name, place};
use crate::time::Timestamp;

/// A file that is open, whatever it is called now. Shared between threads, each of which reads it for itself.
#[derive(Clone, Debug)]
pub(super) struct Handle {
    pub(super) path: PathBuf,
    file: Arc<File>,
    pub(super) identity: Identity,
}

/// Device and inode: a file that journald has renamed is still the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Identity(u64, u64);

impl Handle {
    pub(super) fn open(path: &Path) -> Result<Self, JournalError> {
        let failed = |source| JournalError::Open { path: path.to_owned(), source };
        let file = place::open_file(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        let identity = Identity(metadata.dev(), metadata.ino());
        Ok(Self { path: path.to_owned(), file: Arc::new(file), identity })
    }

    /// How long the file is now.
    pub(super) fn size(&self) -> u64 {
        self.file.metadata().map_or(0, |metadata| metadata.len())
    }
}

/// A journal file as one thread reads it.
#[derive(Debug)]
pub(super) struct JournalFile {
    pub(super) handle: Handle,
    bytes: Bytes,
    header: Cell<Header>,
    space: Cell<Space>,
    unpacker: RefCell<Unpacker>,
    pub(super) known: RefCell<Known>,
}

impl JournalFile {
    /// Reads the head of a file.
    pub(super) fn open(handle: Handle) -> Result<Self, Refusal> {
        let bytes = Bytes::new(Arc::clone(&handle.file));
        let header = Header::read(&bytes)?;
        let space = Cell::new(space(&header, &bytes));
        let (unpacker, known) = Default::default();
        Ok(Self { handle, bytes, header: Cell::new(header), space, unpacker, known })
    }

    pub(super) fn header(&self) -> Header {
        self.header.get()
    }

    /// Looks whether entries were added, and whether the file is still what it was.
    pub(super) fn refresh(&self) -> Change {
        let before = self.header.get();
        match Header::read(&self.bytes) {
            Ok(header) if header.entries == before.entries && header.is_archived == before.is_archived => {
                Change::None
            }
            Ok(header) => {
                self.header.set(header);
                self.space.set(space(&header, &self.bytes));
                Change::Grown
            }
            Err(_) => Change::Gone,
        }
    }

    /// What its head tells of damage by which entries are missing.
    pub(super) fn damage(&self) -> Option<String> {
        // It may grow, or be cut to what it holds, between the two looks.
        self.look_for_damage().and_then(|_| {
            self.refresh();
            self.look_for_damage()
        })
    }

    fn look_for_damage(&self) -> Option<String> {
        let (header, size) = (self.header.get(), self.bytes.size());
        let whole = header.length.saturating_add(header.arena);
        let path = self.handle.path.display();
        if size < whole {
            return Some(format!("{path} is cut off after {size} of {whole} bytes, reading what is left"));
        }
        let is_listed = List::load(&self.bytes, &self.space.get(), None, header.entry_array, 1).len() > 0;
        let count = header.entries;
        (count > 0 && !is_listed)
            .then(|| format!("{path} has lost the list of its {count} entries: only filters still find them"))
    }

    /// Gives memory back: nothing more is read from it for now.
    pub(super) fn release(&self) {
        self.bytes.release();
        *self.known.borrow_mut() = Known::default();
    }

    /// All entries.
    pub(super) fn entries(&self) -> List {
        let header = self.header.get();
        List::load(&self.bytes, &self.space.get(), None, header.entry_array, header.entries)
    }

    /// The entries with a value.
    pub(super) fn entries_with(&self, data: &Data) -> List {
        let first = Some(data.first_entry).filter(|_| data.entries > 0);
        List::load(&self.bytes, &self.space.get(), first, data.entry_array, data.entries)
    }

    /// Whether journald has taken the content away, as it does with a file that it removes.
    pub(super) fn is_gone(&self) -> bool {
        Header::read(&self.bytes).is_err()
    }

    /// The sequence, the first number and the last: as they are now, or where the content was taken away, as they were
    /// read last.
    pub(super) fn numbers(&self) -> Option<(Id128, u64, u64)> {
        let header = Header::read(&self.bytes).unwrap_or_else(|_| self.header());
        (header.entries > 0).then_some((header.seqnum_id, header.head_seqnum, header.tail_seqnum))
    }

    /// Where a list is divided by the times of its entries, as a bisection finds it. `damaged` says on which side an
    /// entry that cannot be read is: where the rest must not be cut off.
    pub(super) fn partition_by_time(
        &self,
        list: &List,
        damaged: Side,
        before: impl Fn(Timestamp) -> bool,
    ) -> u64 {
        let is_before = |offset| match self.entry(offset) {
            Some(entry) => before(entry.stamp.realtime),
            None => damaged == Side::Before,
        };
        list.partition_by_arrays(&self.bytes, is_before)
    }

    /// How long it was when its head was read.
    pub(super) fn size(&self) -> u64 {
        self.space.get().end
    }

    /// What lists are read from.
    pub(super) const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    pub(super) fn entry(&self, offset: u64) -> Option<Entry> {
        Entry::read(&self.bytes, &self.space.get(), self.header.get().seqnum_id, offset)
    }

    pub(super) fn data(&self, offset: u64) -> Option<Data> {
        Data::read(&self.bytes, &self.space.get(), offset)
    }

    /// The offsets of an entry's values, but not more than `most`.
    pub(super) fn offsets(&self, entry: &Entry, most: u64, into: &mut Vec<u64>) {
        into.clear();
        let layout = self.space.get().layout;
        let width = layout.entry_item();
        let Ok(length) = usize::try_from(entry.count.min(most) * width) else { return };
        let read = |items: &[u8]| match layout {
            Layout::Regular => into.extend(items.chunks_exact(16).map(|item| u64_at(item, 0))),
            Layout::Compact => into.extend(items.chunks_exact(4).map(|item| u64::from(u32_at(item, 0)))),
        };
        let _ = self.bytes.with(entry.items, length, read);
    }

    /// `NAME=value` of a value, unpacked, if it is no longer than `most`.
    pub(super) fn payload(&self, data: &Data, most: usize, into: &mut Vec<u8>) -> Result<(), Unread> {
        if data.codec.is_none() && data.length > most {
            return Err(Unread::TooLong);
        }
        let read = self.bytes.with(data.payload, data.length, |stored| match data.codec {
            None => {
                into.extend_from_slice(stored);
                Ok(())
            }
            Some(codec) => self.unpacker.borrow_mut().unpack(codec, stored, most, into),
        });
        read.unwrap_or(Err(Unread::Damaged))
    }

    /// `false` where it is clear without unpacking that a value is of another field.
    pub(super) fn may_have_name(&self, data: &Data, name: &[u8]) -> bool {
        data.codec.is_some()
            || (data.length > name.len()
                && self.bytes.with(data.payload, name.len(), |stored| stored == name).unwrap_or(false))
    }

    /// The value with these bytes, `NAME=value`.
    pub(super) fn find(&self, payload: &[u8]) -> Option<Data> {
        let header = self.header.get();
        let hash = header.hash.of(payload);
        let mut stored = Vec::new();
        let mut is_it = |data: &Data| {
            stored.clear();
            data.hash == hash && self.payload(data, payload.len(), &mut stored).is_ok() && stored == payload
        };
        self.chain(header.data, hash, |offset| {
            let data = self.data(offset)?;
            Some((data.next_in_bucket, is_it(&data).then_some(data)))
        })
    }

    /// Every value of a field for which there is room; `false` where some are left out.
    pub(super) fn values_of(&self, name: &[u8], room: &mut Room, mut take: impl FnMut(&[u8])) -> bool {
        let Some(field) = self.find_field(name) else { return true };
        let (mut stored, mut has_all) = (Vec::new(), true);
        let (mut offset, mut before) = (field.newest_data, u64::MAX);
        // The newest stands first, so each is before the last one; anything else is damage.
        while offset > 0 && offset < before {
            let Some(data) = self.data(offset) else { break };
            stored.clear();
            // One that reaches into the next is damaged, and many that do could be of any length together.
            if data.payload + data.length as u64 <= before {
                let read = self.payload(&data, room.left(), &mut stored);
                // What was unpacked in vain counts too: it took as long.
                room.take(stored.len());
                has_all &= read != Err(Unread::TooLong);
                if read.is_ok()
                    && let Some(value) = stored.strip_prefix(name).and_then(|rest| rest.strip_prefix(b"="))
                {
                    take(value);
                }
            }
            (before, offset) = (offset, data.next_of_field);
        }
        has_all
    }

    fn find_field(&self, name: &[u8]) -> Option<Field> {
        let header = self.header.get();
        let hash = header.hash.of(name);
        self.chain(header.fields, hash, |offset| {
            let field = Field::read(&self.bytes, &self.space.get(), offset)?;
            let is_it = field.hash == hash
                && field.length == name.len()
                && self.bytes.with(field.name, field.length, |there| there == name)?;
            Some((field.next_in_bucket, is_it.then_some(field)))
        })
    }

    /// The names of all fields, bucket after bucket of their table. They are short, so that all of them take about as much
    /// memory as the file is long.
    pub(super) fn names(&self, mut take: impl FnMut(&[u8])) {
        let table = self.header.get().fields;
        let room = self.size().saturating_sub(table.offset) / Table::BUCKET;
        for bucket in 0..table.buckets.min(room) {
            let _: Option<()> = self.chain_of_bucket(table, bucket, |offset| {
                let field = Field::read(&self.bytes, &self.space.get(), offset)?;
                // What is of another bucket is met there: damage could lead through all of them from each.
                if field.hash.checked_rem(table.buckets)? != bucket {
                    return None;
                }
                if field.length <= field_name::LONGEST {
                    let _ = self.bytes.with(field.name, field.length, |name| {
                        if field_name::is_stored(name) {
                            take(name);
                        }
                    });
                }
                Some((field.next_in_bucket, None))
            });
        }
    }

    /// Follows the chain of a hash's bucket.
    fn chain<T>(
        &self,
        table: Table,
        hash: u64,
        visit: impl FnMut(u64) -> Option<(u64, Option<T>)>,
    ) -> Option<T> {
        self.chain_of_bucket(table, hash.checked_rem(table.buckets)?, visit)
    }

    /// Follows the chain of a bucket. What is added to it comes later in the file, so a chain that leads back is
    /// damaged and ends there.
    fn chain_of_bucket<T>(
        &self,
        table: Table,
        bucket: u64,
        mut visit: impl FnMut(u64) -> Option<(u64, Option<T>)>,
    ) -> Option<T> {
        let mut offset = self.bytes.u64(table.offset.checked_add(bucket * Table::BUCKET)?)?;
        let mut before = 0;
        while offset > before {
            let (next, found) = visit(offset)?;
            if found.is_some() {
                return found;
            }
            (before, offset) = (offset, next);
        }
        None
    }
}

fn space(header: &Header, bytes: &Bytes) -> Space {
    Space { layout: header.layout, start: header.length, end: bytes.size() }
}

/// What [`JournalFile::refresh`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    None,
    Grown,
    /// Its content was taken away.
    Gone,
}

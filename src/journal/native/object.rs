//! The objects that a file is made of, each checked before anything of it is believed.
//!
//! ```text
//! type u8 | flags u8 | … | size u64 | what the type says
//! DATA         hash, next in its bucket, next of its field, first entry, entry array, entries, [compact: 8], payload
//! FIELD        hash, next in its bucket, newest DATA, name
//! ENTRY        seqnum, realtime, monotonic, boot id, xor hash, [DATA offset, [regular: hash]]…
//! ENTRY_ARRAY  next array, [ENTRY offset]…
//! ```
//!
//! Source: systemd.io, `JOURNAL_FILE_FORMAT`.

use super::bytes::Bytes;
use super::compress::Codec;
use super::header::{Layout, id_at, u64_at};
use super::room::LONGEST;
use crate::journal::entry::{Id128, Stamp};
use crate::time::Timestamp;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Data,
    Field,
    Entry,
    EntryArray,
}

impl Kind {
    const fn code(self) -> u8 {
        match self {
            Self::Data => 1,
            Self::Field => 2,
            Self::Entry => 3,
            Self::EntryArray => 6,
        }
    }

    /// The length of what comes before the payload, the name or the items.
    pub(super) const fn head(self, layout: Layout) -> usize {
        match (self, layout) {
            (Self::Data, Layout::Regular) => 64,
            (Self::Data, Layout::Compact) => 72,
            (Self::Field, _) => 40,
            (Self::Entry, _) => 64,
            (Self::EntryArray, _) => 24,
        }
    }
}

impl Layout {
    /// The length of an item of an entry.
    pub(super) const fn entry_item(self) -> u64 {
        match self {
            Self::Regular => 16,
            Self::Compact => 4,
        }
    }

    /// The length of an item of an entry array.
    pub(super) const fn array_item(self) -> u64 {
        match self {
            Self::Regular => 8,
            Self::Compact => 4,
        }
    }
}

/// Where the objects of a file can be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Space {
    pub(super) layout: Layout,
    /// The end of the header.
    pub(super) start: u64,
    /// The end of the file.
    pub(super) end: u64,
}

/// An object's head, checked: all of it lies in the file.
struct Head<const N: usize> {
    bytes: [u8; N],
    size: u64,
}

impl Space {
    /// Whether an object could begin there.
    pub(super) const fn admits(&self, offset: u64) -> bool {
        offset.is_multiple_of(8) && offset >= self.start && offset < self.end
    }

    fn head<const N: usize>(&self, bytes: &Bytes, kind: Kind, offset: u64) -> Option<Head<N>> {
        self.admits(offset).then(|| self.check(kind, offset, bytes.array(offset)?)).flatten()
    }

    fn check<const N: usize>(&self, kind: Kind, offset: u64, head: [u8; N]) -> Option<Head<N>> {
        let size = u64_at(&head, 8);
        let is_whole =
            size >= kind.head(self.layout) as u64 && size <= LONGEST as u64 && size <= self.end - offset;
        (head[0] == kind.code() && is_whole).then_some(Head { bytes: head, size })
    }
}

/// A DATA object: a field with its value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Data {
    pub(super) hash: u64,
    pub(super) next_in_bucket: u64,
    pub(super) next_of_field: u64,
    pub(super) first_entry: u64,
    pub(super) entry_array: u64,
    pub(super) entries: u64,
    /// Where `NAME=value` is, how long, and how it is packed.
    pub(super) payload: u64,
    pub(super) length: usize,
    pub(super) codec: Option<Codec>,
}

impl Data {
    pub(super) fn read(bytes: &Bytes, space: &Space, offset: u64) -> Option<Self> {
        let Head { bytes: head, size } = space.head::<64>(bytes, Kind::Data, offset)?;
        let before = Kind::Data.head(space.layout);
        Some(Self {
            hash: u64_at(&head, 16),
            next_in_bucket: u64_at(&head, 24),
            next_of_field: u64_at(&head, 32),
            first_entry: u64_at(&head, 40),
            entry_array: u64_at(&head, 48),
            entries: u64_at(&head, 56),
            payload: offset + before as u64,
            length: usize::try_from(size).ok()? - before,
            codec: Codec::of_flags(head[1])?,
        })
    }
}

/// A FIELD object: a name, and its values from the newest to the oldest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) hash: u64,
    pub(super) next_in_bucket: u64,
    pub(super) newest_data: u64,
    pub(super) name: u64,
    pub(super) length: usize,
}

impl Field {
    pub(super) fn read(bytes: &Bytes, space: &Space, offset: u64) -> Option<Self> {
        let Head { bytes: head, size } = space.head::<40>(bytes, Kind::Field, offset)?;
        Some(Self {
            hash: u64_at(&head, 16),
            next_in_bucket: u64_at(&head, 24),
            newest_data: u64_at(&head, 32),
            name: offset + 40,
            length: usize::try_from(size).ok()? - 40,
        })
    }
}

/// An ENTRY object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) offset: u64,
    pub(super) stamp: Stamp,
    /// Where the offsets of its values are, and how many.
    pub(super) items: u64,
    pub(super) count: u64,
}

impl Entry {
    pub(super) fn read(bytes: &Bytes, space: &Space, seqnum_id: Id128, offset: u64) -> Option<Self> {
        let Head { bytes: head, size } = space.head::<64>(bytes, Kind::Entry, offset)?;
        let stamp = Stamp {
            seqnum: u64_at(&head, 16),
            realtime: Timestamp::from_micros(u64_at(&head, 24)),
            monotonic: u64_at(&head, 32),
            boot: id_at(&head, 40),
            xor_hash: u64_at(&head, 56),
            seqnum_id,
        };
        let count = (size - 64) / space.layout.entry_item();
        (count > 0).then_some(Self { offset, stamp, items: offset + 64, count })
    }
}

/// An `ENTRY_ARRAY` object: a part of a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct EntryArray {
    pub(super) next: u64,
    pub(super) items: u64,
    /// How many it has room for.
    pub(super) capacity: u64,
}

impl EntryArray {
    pub(super) fn read(bytes: &Bytes, space: &Space, offset: u64) -> Option<Self> {
        // The arrays of a list lie far from each other, and a window for each would take the place of those in use.
        if !space.admits(offset) {
            return None;
        }
        let Head { bytes: head, size } = space.check::<24>(Kind::EntryArray, offset, bytes.fresh(offset)?)?;
        Some(Self {
            next: u64_at(&head, 16),
            items: offset + 24,
            capacity: (size - 24) / space.layout.array_item(),
        })
    }
}

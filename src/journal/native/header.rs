//! The head of a journal file: what it may contain and where everything begins.
//!
//! ```text
//! LPKSHHRH | flags | state | file, machine, boot and sequence id | sizes | hash tables | counts | first and last entry
//! ```
//!
//! Source: systemd.io, `JOURNAL_FILE_FORMAT`. What newer versions added at the end is not needed for reading.

use super::bytes::Bytes;
use super::hash::Hash;
use crate::journal::entry::Id128;
use crate::time::Timestamp;

const SIGNATURE: &[u8; 8] = b"LPKSHHRH";
/// The length of the first version's header; all later ones begin with it.
const LENGTH: usize = 208;

/// Features without which a file cannot be read.
mod incompatible {
    pub(super) const KEYED_HASH: u32 = 1 << 2;
    pub(super) const COMPACT: u32 = 1 << 4;
    /// Compressed values of the three kinds, keyed hashes, the compact form.
    pub(super) const KNOWN: u32 = 0b1_1111;
}

const ARCHIVED: u8 = 2;

/// Why a file is no journal that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("is truncated")]
    Truncated,
    #[error("is no journal file")]
    Foreign,
    #[error("uses a feature that is not known here (flags {0:#x}): try --engine libsystemd")]
    Unsupported(u32),
}

/// How wide the numbers of entries and entry arrays are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// Eight bytes.
    Regular,
    /// Four bytes, since systemd 252; such a file is at most 4 GiB long.
    Compact,
}

/// A hash table: where its first bucket is, and how many there are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table {
    pub(super) offset: u64,
    pub(super) buckets: u64,
}

impl Table {
    /// The length of a bucket: its first object and its last.
    pub(super) const BUCKET: u64 = 16;
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub(super) layout: Layout,
    pub(super) hash: Hash,
    /// Nothing is written to it any more.
    pub(super) is_archived: bool,
    pub(super) seqnum_id: Id128,
    pub(super) length: u64,
    /// How long all is that comes behind the head.
    pub(super) arena: u64,
    pub(super) data: Table,
    pub(super) fields: Table,
    /// Where the object begins that was written last.
    pub(super) last_object: u64,
    pub(super) entries: u64,
    pub(super) entry_array: u64,
    pub(super) head_seqnum: u64,
    pub(super) tail_seqnum: u64,
    pub(super) head_realtime: Timestamp,
    pub(super) tail_realtime: Timestamp,
}

impl Header {
    /// Reads the head as it stands in the file now.
    pub(super) fn read(bytes: &Bytes) -> Result<Self, Refusal> {
        parse(&bytes.fresh(0).ok_or(Refusal::Truncated)?)
    }
}

/// Whether these are the first bytes of a journal that can be read.
pub(super) fn check(bytes: &[u8]) -> Result<(), Refusal> {
    if bytes.len() < LENGTH {
        return Err(Refusal::Truncated);
    }
    if !bytes.starts_with(SIGNATURE) {
        return Err(Refusal::Foreign);
    }
    let incompatible = incompatible_flags(bytes);
    if incompatible & !incompatible::KNOWN == 0 { Ok(()) } else { Err(Refusal::Unsupported(incompatible)) }
}

fn incompatible_flags(bytes: &[u8]) -> u32 {
    u32_at(bytes, 12)
}

fn parse(bytes: &[u8; LENGTH]) -> Result<Header, Refusal> {
    check(bytes)?;
    let incompatible = incompatible_flags(bytes);
    let has = |flag| incompatible & flag != 0;
    let table =
        |offset, size| Table { offset: u64_at(bytes, offset), buckets: u64_at(bytes, size) / Table::BUCKET };
    Ok(Header {
        layout: if has(incompatible::COMPACT) { Layout::Compact } else { Layout::Regular },
        hash: if has(incompatible::KEYED_HASH) { Hash::Keyed(id_at(bytes, 24)) } else { Hash::Jenkins },
        is_archived: bytes[16] == ARCHIVED,
        seqnum_id: id_at(bytes, 72),
        length: u64_at(bytes, 88),
        arena: u64_at(bytes, 96),
        data: table(104, 112),
        fields: table(120, 128),
        last_object: u64_at(bytes, 136),
        entries: u64_at(bytes, 152),
        tail_seqnum: u64_at(bytes, 160),
        head_seqnum: u64_at(bytes, 168),
        entry_array: u64_at(bytes, 176),
        head_realtime: Timestamp::from_micros(u64_at(bytes, 184)),
        tail_realtime: Timestamp::from_micros(u64_at(bytes, 192)),
    })
}

/// The number at an offset; zero where the bytes end before it.
pub(super) fn u64_at(bytes: &[u8], offset: usize) -> u64 {
    bytes.get(offset..).and_then(<[u8]>::first_chunk).map_or(0, |number| u64::from_le_bytes(*number))
}

/// The number at an offset; zero where the bytes end before it.
pub(super) fn u32_at(bytes: &[u8], offset: usize) -> u32 {
    bytes.get(offset..).and_then(<[u8]>::first_chunk).map_or(0, |number| u32::from_le_bytes(*number))
}

/// The id at an offset; zero where the bytes end before it.
pub(super) fn id_at(bytes: &[u8], offset: usize) -> Id128 {
    bytes.get(offset..).and_then(<[u8]>::first_chunk).map_or(Id128::default(), |id| Id128(*id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(flags: u32) -> [u8; LENGTH] {
        let mut bytes = [0; LENGTH];
        bytes[..8].copy_from_slice(SIGNATURE);
        bytes[12..16].copy_from_slice(&flags.to_le_bytes());
        bytes
    }

    #[test]
    fn a_feature_that_is_not_known_is_refused_with_its_number() {
        assert_eq!(parse(&header(1 << 5)).unwrap_err(), Refusal::Unsupported(32));
        assert_eq!(parse(&[0; LENGTH]).unwrap_err(), Refusal::Foreign);
    }

    #[test]
    fn the_flags_decide_layout_and_hash() {
        let new = parse(&header(0b1_0100)).unwrap();
        assert!(new.layout == Layout::Compact && matches!(new.hash, Hash::Keyed(_)));
        let old = parse(&header(0b1011)).unwrap();
        assert!(old.layout == Layout::Regular && matches!(old.hash, Hash::Jenkins));
    }
}

//! How much memory values may take: each, and all of a field together, which are kept until the last is read.
//!
//! Values that are stored as they are stand beside each other, so that they are no longer than their file. What is
//! packed becomes longer: text a few times, but a damaged or hostile file can unpack to any amount.

/// The longest object that is read, and the longest value that is unpacked. journald itself takes fields of up to
/// 768 MiB; what is longer than this is left out, for a broken length, or a few packed bytes, could otherwise ask for any
/// amount of memory.
pub(super) const LONGEST: usize = 256 << 20;
/// Text that is packed is seldom shorter than this part of what it was.
const DENSEST: usize = 8;
/// What all files together may take beyond that: a small file may have a large value that packs well.
const RESERVE: usize = 64 << 20;

/// The room that is left.
#[derive(Debug)]
pub(super) struct Room {
    /// For the file that is read.
    own: usize,
    /// For any file.
    reserve: usize,
}

impl Room {
    pub(super) const fn new() -> Self {
        Self { own: 0, reserve: RESERVE }
    }

    /// Begins a file of this size.
    pub(super) fn begin(&mut self, size: u64) {
        self.own = usize::try_from(size).unwrap_or(usize::MAX).saturating_mul(DENSEST);
    }

    pub(super) const fn left(&self) -> usize {
        self.own.saturating_add(self.reserve)
    }

    pub(super) const fn take(&mut self, bytes: usize) {
        let beyond = bytes.saturating_sub(self.own);
        self.own = self.own.saturating_sub(bytes);
        self.reserve = self.reserve.saturating_sub(beyond);
    }
}

#[cfg(test)]
mod tests {
    use super::super::hash::Hash;
    use super::super::{Native, Place};
    use super::*;
    use crate::journal::reader::Reader as _;

    /// The length of a file's head, and of a value's before its payload.
    const HEAD: usize = 208;
    const HEAD_OF_DATA: usize = 64;
    const PACKED_WITH_ZSTD: u8 = 4;

    fn object(kind: u8, flags: u8, length: usize, numbers: &[u64], rest: &[u8]) -> Vec<u8> {
        let mut object = vec![kind, flags, 0, 0, 0, 0, 0, 0];
        object.extend_from_slice(&(length as u64).to_le_bytes());
        object.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        object.extend_from_slice(rest);
        object.resize(object.len().next_multiple_of(8), 0);
        object
    }

    /// A journal without entries whose field `A` has these values, each being flags, payload and the length that it
    /// claims to have: all that there is behind it, where that is `None`.
    fn journal(values: &[(u8, &[u8], Option<usize>)]) -> Vec<u8> {
        let (bucket, field) = (HEAD, HEAD + 16);
        let first = field + object(2, 0, 0, &[0; 3], b"A").len();
        let size_of = |payload: &[u8]| (HEAD_OF_DATA + payload.len()).next_multiple_of(8);
        let end = first + values.iter().map(|(_, payload, _)| size_of(payload)).sum::<usize>();
        let (mut data, mut older, mut offset) = (Vec::new(), 0, first);
        for (flags, payload, claimed) in values {
            let length = claimed.map_or(end - offset, |length| HEAD_OF_DATA + length);
            data.extend(object(1, *flags, length, &[0, 0, older, 0, 0, 0], payload));
            older = offset as u64;
            offset += size_of(payload);
        }
        let mut bytes = vec![0; HEAD];
        bytes[..8].copy_from_slice(b"LPKSHHRH");
        let table = [(88, HEAD), (96, end - HEAD), (120, bucket), (128, 16)];
        for (at, number) in table {
            bytes[at..at + 8].copy_from_slice(&(number as u64).to_le_bytes());
        }
        bytes.extend([field as u64; 2].into_iter().flat_map(u64::to_le_bytes));
        bytes.extend(object(2, 0, 41, &[Hash::Jenkins.of(b"A"), 0, older], b"A"));
        [bytes, data].concat()
    }

    /// The values of the field `A` in files, and what is remarked.
    fn values(files: &[(&str, Vec<u8>)]) -> (Vec<Vec<u8>>, Vec<String>) {
        let directory = tempfile::tempdir().unwrap();
        let write = |(name, bytes): &(&str, Vec<u8>)| {
            let path = directory.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        let paths: Vec<_> = files.iter().map(write).collect();
        let mut journal = Native::open(&Place::Files(paths.clone()), &paths).unwrap();
        (journal.unique("A").unwrap(), journal.take_remarks())
    }

    fn pack(value: &[u8]) -> Vec<u8> {
        zstd::bulk::compress(value, 3).unwrap()
    }

    /// A value that is nothing but its length, which `difference` changes a little.
    fn large(length: usize, difference: usize) -> Vec<u8> {
        [b"A=", &*vec![b'x'; length + difference]].concat()
    }

    #[test]
    fn values_that_each_claim_the_rest_of_the_file_are_no_more_than_the_file() {
        let honest: Vec<String> = (0..4_000).map(|number| format!("A={number:06}")).collect();
        let all: Vec<_> = honest.iter().map(|value| (0, value.as_bytes(), Some(value.len()))).collect();
        let (found, remarks) = values(&[("honest", journal(&all))]);
        assert_eq!((found.len(), remarks), (4_000, Vec::new()));
        let all: Vec<_> = honest.iter().map(|value| (0, value.as_bytes(), None)).collect();
        let hostile = journal(&all);
        let size = hostile.len();
        let (found, _) = values(&[("hostile", hostile)]);
        let collected: usize = found.iter().map(Vec::len).sum();
        assert!(collected <= size, "{collected} of {size}");
    }

    #[test]
    fn packed_values_end_where_there_is_no_room_and_the_file_is_named() {
        let packed: Vec<_> = (0..40).map(|number| pack(&large(8 << 20, number))).collect();
        let all: Vec<_> =
            packed.iter().map(|value| (PACKED_WITH_ZSTD, value.as_slice(), Some(value.len()))).collect();
        let hostile = journal(&all);
        let most = RESERVE + hostile.len() * DENSEST;
        let small = journal(&[(0, b"A=small", Some(7))]);
        let (found, remarks) = values(&[("hostile", hostile), ("other", small)]);
        let collected: usize = found.iter().map(Vec::len).sum();
        assert!(collected > most / 2 && collected <= most, "{collected} of {most}");
        assert!(found.contains(&b"small".to_vec()), "another file has room of its own");
        assert!(remarks.len() == 1 && remarks[0].contains("/hostile has more values of A"), "{remarks:?}");
    }

    #[test]
    fn what_packs_well_has_room_in_a_small_file() {
        let value = large(RESERVE / 2, 0);
        let packed = pack(&value);
        let (found, remarks) =
            values(&[("one", journal(&[(PACKED_WITH_ZSTD, &packed, Some(packed.len()))]))]);
        assert_eq!((found[0].len(), remarks), (value.len() - 2, Vec::new()));
    }

    #[test]
    fn every_file_has_room_of_its_own_and_what_one_takes_of_the_reserve_is_gone_for_all() {
        let mut room = Room::new();
        room.begin(100);
        assert_eq!(room.left(), 100 * DENSEST + RESERVE);
        room.take(100 * DENSEST + 7);
        assert_eq!(room.left(), RESERVE - 7);
        room.begin(100);
        room.take(1);
        assert_eq!(room.left(), 100 * DENSEST - 1 + RESERVE - 7);
        room.take(usize::MAX);
        assert_eq!(room.left(), 0);
    }
}

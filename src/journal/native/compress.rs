//! Values that are stored packed, each one by itself; a file may mix all three ways.

use std::io::Read as _;

use lzma_rust2::XzReader;

use super::room::LONGEST;

/// How a value is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codec {
    Xz,
    Lz4,
    Zstd,
}

impl Codec {
    /// What an object's flags say: `None` for what cannot be, `Some(None)` for stored as it is.
    #[expect(clippy::option_option, reason = "a flag that is not known is another thing than none")]
    pub(super) const fn of_flags(flags: u8) -> Option<Option<Self>> {
        match flags & 0b111 {
            0 => Some(None),
            1 => Some(Some(Self::Xz)),
            2 => Some(Some(Self::Lz4)),
            4 => Some(Some(Self::Zstd)),
            _ => None,
        }
    }
}

/// Why a value is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    Damaged,
    /// It is longer than there is room for.
    TooLong,
}

/// Unpacks values; zstd's tables are made once and used again.
#[derive(Default)]
pub(super) struct Unpacker {
    zstd: Option<zstd::bulk::Decompressor<'static>>,
}

impl std::fmt::Debug for Unpacker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Unpacker")
    }
}

impl Unpacker {
    /// Unpacks into a buffer whose content is replaced, with what was made of it where it is not read to its end.
    pub(super) fn unpack(
        &mut self,
        codec: Codec,
        packed: &[u8],
        most: usize,
        into: &mut Vec<u8>,
    ) -> Result<(), Unread> {
        let most = most.min(LONGEST);
        into.clear();
        match codec {
            Codec::Xz => read_limited(XzReader::new(packed, false), most, into),
            Codec::Lz4 => unpack_lz4(packed, most, into),
            Codec::Zstd => self.unpack_zstd(packed, most, into),
        }
    }

    fn unpack_zstd(&mut self, packed: &[u8], most: usize, into: &mut Vec<u8>) -> Result<(), Unread> {
        let size = zstd::zstd_safe::get_frame_content_size(packed).ok().flatten();
        let Some(size) = size else {
            // A frame that does not say how long it is.
            return read_limited(zstd_reader(packed)?, most, into);
        };
        let size = usize::try_from(size).ok().filter(|&size| size <= most).ok_or(Unread::TooLong)?;
        if self.zstd.is_none() {
            self.zstd = zstd::bulk::Decompressor::new().ok();
        }
        into.reserve(size);
        let whole = self.zstd.as_mut().map(|zstd| zstd.decompress_to_buffer(packed, into));
        if matches!(whole, Some(Ok(written)) if written == size) {
            return Ok(());
        }
        // A frame whose end is damaged, or with other bytes behind it, still has what it says it has.
        into.clear();
        let read = zstd_reader(packed)?.take(size as u64).read_to_end(into);
        if read.is_ok_and(|read| read == size) { Ok(()) } else { Err(Unread::Damaged) }
    }
}

fn zstd_reader(packed: &[u8]) -> Result<impl std::io::Read, Unread> {
    zstd::stream::read::Decoder::with_buffer(packed).map_err(|_| Unread::Damaged)
}

fn read_limited(reader: impl std::io::Read, most: usize, into: &mut Vec<u8>) -> Result<(), Unread> {
    let read = reader.take(most as u64 + 1).read_to_end(into).map_err(|_| Unread::Damaged)?;
    if read <= most { Ok(()) } else { Err(Unread::TooLong) }
}

/// Eight bytes of length, then one block.
fn unpack_lz4(packed: &[u8], most: usize, into: &mut Vec<u8>) -> Result<(), Unread> {
    /// A byte of a block stands for at most this many.
    const DENSEST: usize = 255;
    let (size, block) = packed.split_first_chunk().ok_or(Unread::Damaged)?;
    let most_of_block = block.len().saturating_mul(DENSEST);
    let size = usize::try_from(u64::from_le_bytes(*size)).ok().filter(|&size| size <= most_of_block);
    let size = size.ok_or(Unread::Damaged)?;
    if size > most {
        return Err(Unread::TooLong);
    }
    into.resize(size, 0);
    let written = lz4_flex::block::decompress_into(block, into);
    if written.is_ok_and(|written| written == size) { Ok(()) } else { Err(Unread::Damaged) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] =
        b"MESSAGE=the same again and again, the same again and again, the same again and again";

    fn unpack(codec: Codec, packed: &[u8]) -> Option<Vec<u8>> {
        let mut into = b"from before".to_vec();
        Unpacker::default().unpack(codec, packed, LONGEST, &mut into).ok().map(|()| into)
    }

    fn lz4(size: u64) -> Vec<u8> {
        [&size.to_le_bytes()[..], &lz4_flex::block::compress(TEXT)].concat()
    }

    #[test]
    fn what_was_packed_comes_back() {
        let zstd = zstd::bulk::compress(TEXT, 3).unwrap();
        assert_eq!(unpack(Codec::Zstd, &zstd).as_deref(), Some(TEXT));
        assert_eq!(unpack(Codec::Lz4, &lz4(TEXT.len() as u64)).as_deref(), Some(TEXT));
    }

    #[test]
    fn what_stands_behind_a_frame_does_not_matter() {
        let zstd = zstd::bulk::compress(TEXT, 3).unwrap();
        let packed = [&zstd[..], b"the next object"].concat();
        assert_eq!(unpack(Codec::Zstd, &packed).as_deref(), Some(TEXT));
    }

    #[test]
    fn a_frame_that_only_lacks_its_end_is_whole_otherwise() {
        let mut zstd = zstd::bulk::compress(TEXT, 3).unwrap();
        // The lowest bit of a block's head says that no other follows; here the head stands behind a frame's of six.
        zstd[6] ^= 1;
        assert_eq!(unpack(Codec::Zstd, &zstd).as_deref(), Some(TEXT));
    }

    #[test]
    fn a_frame_without_a_length_is_unpacked_too() {
        let zstd = zstd::stream::encode_all(TEXT, 3).unwrap();
        assert_eq!(unpack(Codec::Zstd, &zstd).as_deref(), Some(TEXT));
    }

    #[test]
    fn a_length_that_cannot_be_is_refused_before_memory_is_asked_for() {
        for size in [u64::MAX, 1 << 40, 1 << 20, 1] {
            assert_eq!(unpack(Codec::Lz4, &lz4(size)), None, "{size}");
        }
    }

    #[test]
    fn a_value_that_becomes_longer_than_there_is_room_for_is_too_long() {
        let zstd = zstd::bulk::compress(TEXT, 3).unwrap();
        let stream = zstd::stream::encode_all(TEXT, 3).unwrap();
        let packed = [(Codec::Zstd, zstd), (Codec::Zstd, stream), (Codec::Lz4, lz4(TEXT.len() as u64))];
        for (codec, packed) in packed {
            let unpack = |most| Unpacker::default().unpack(codec, &packed, most, &mut Vec::new());
            assert_eq!(
                (unpack(TEXT.len()), unpack(TEXT.len() - 1)),
                (Ok(()), Err(Unread::TooLong)),
                "{codec:?}"
            );
        }
    }

    #[test]
    fn damage_is_no_value() {
        for codec in [Codec::Zstd, Codec::Lz4, Codec::Xz] {
            for packed in [&b""[..], b"x", &[0xff; 40], &[0; 40][..8]] {
                assert!(unpack(codec, packed).is_none_or(|value| value.is_empty()), "{codec:?} {packed:?}");
            }
        }
    }

    #[test]
    fn an_object_has_one_codec_or_none() {
        assert_eq!(Codec::of_flags(0), Some(None));
        assert_eq!(Codec::of_flags(4), Some(Some(Codec::Zstd)));
        assert_eq!(Codec::of_flags(5), None);
    }
}

//! The hashes that lead to values and fields.
//!
//! Files since systemd 246 have a key of their own and use SipHash-2-4; older ones use Bob Jenkins' lookup3, which
//! he gave into the public domain. Source: systemd.io, `JOURNAL_FILE_FORMAT`; burtleburtle.net/bob/c/lookup3.c.

use siphasher::sip::SipHasher24;

use crate::journal::entry::Id128;

/// How a file hashes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Hash {
    /// With the file's id as the key.
    Keyed(Id128),
    /// Without a key.
    Jenkins,
}

impl Hash {
    pub(super) fn of(self, data: &[u8]) -> u64 {
        match self {
            Self::Keyed(id) => SipHasher24::new_with_key(&id.0).hash(data),
            Self::Jenkins => jenkins(data),
        }
    }
}

/// lookup3's `hashlittle2` with both seeds zero, its first result in the upper half.
fn jenkins(data: &[u8]) -> u64 {
    let length = u32::try_from(data.len() & 0xffff_ffff).unwrap_or_default();
    let mut state = [0xdead_beef_u32.wrapping_add(length); 3];
    let mut rest = data;
    while rest.len() > 12 {
        let (block, after) = rest.split_at(12);
        add(&mut state, block);
        mix(&mut state);
        rest = after;
    }
    if !rest.is_empty() {
        add(&mut state, rest);
        finish(&mut state);
    }
    u64::from(state[2]) << 32 | u64::from(state[1])
}

/// Adds up to twelve bytes, those that are missing being zero.
fn add(state: &mut [u32; 3], block: &[u8]) {
    for (word, bytes) in state.iter_mut().zip(block.chunks(4)) {
        let mut whole = [0; 4];
        whole[..bytes.len()].copy_from_slice(bytes);
        *word = word.wrapping_add(u32::from_le_bytes(whole));
    }
}

fn mix([a, b, c]: &mut [u32; 3]) {
    *a = a.wrapping_sub(*c) ^ c.rotate_left(4);
    *c = c.wrapping_add(*b);
    *b = b.wrapping_sub(*a) ^ a.rotate_left(6);
    *a = a.wrapping_add(*c);
    *c = c.wrapping_sub(*b) ^ b.rotate_left(8);
    *b = b.wrapping_add(*a);
    *a = a.wrapping_sub(*c) ^ c.rotate_left(16);
    *c = c.wrapping_add(*b);
    *b = b.wrapping_sub(*a) ^ a.rotate_left(19);
    *a = a.wrapping_add(*c);
    *c = c.wrapping_sub(*b) ^ b.rotate_left(4);
    *b = b.wrapping_add(*a);
}

fn finish([a, b, c]: &mut [u32; 3]) {
    *c = (*c ^ *b).wrapping_sub(b.rotate_left(14));
    *a = (*a ^ *c).wrapping_sub(c.rotate_left(11));
    *b = (*b ^ *a).wrapping_sub(a.rotate_left(25));
    *c = (*c ^ *b).wrapping_sub(b.rotate_left(16));
    *a = (*a ^ *c).wrapping_sub(c.rotate_left(4));
    *b = (*b ^ *a).wrapping_sub(a.rotate_left(14));
    *c = (*c ^ *b).wrapping_sub(b.rotate_left(24));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the `driver5` of lookup3.c.
    #[test]
    fn the_published_results_of_lookup3_come_out() {
        assert_eq!(jenkins(b""), 0xdead_beef_dead_beef);
        assert_eq!(jenkins(b"Four score and seven years ago"), 0x1777_0551_ce72_26e6);
    }

    /// From the paper on `SipHash`: key and message count up from zero.
    #[test]
    fn the_published_result_of_siphash_comes_out() {
        let count: Vec<u8> = (0..16).collect();
        let key = Id128(count.clone().try_into().unwrap());
        assert_eq!(Hash::Keyed(key).of(&count[..15]), 0xa129_ca61_49be_45e5);
    }
}

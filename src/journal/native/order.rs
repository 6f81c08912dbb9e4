//! Which of two entries comes first.
//!
//! Numbers of one sequence decide; else the clock of one boot; else the time; else the hash of the fields. This is
//! no order that could be sorted by: of three entries each may be before the next and the last before the first.
//! So only the heads of files are compared, two at a time, and never more than what comes next is asked for.
//! Source: systemd 252, the parts of a cursor in `sd_journal_get_cursor(3)` and their rank.

use std::cmp::Ordering;

use crate::journal::entry::Stamp;

/// Equal where it is the same entry, which may stand in several files, also under numbers of another sequence: so it
/// does when journald moves its first entries of a boot to the disk.
pub(super) fn compare(a: &Stamp, b: &Stamp) -> Ordering {
    let by_seqnum = || if a.seqnum_id == b.seqnum_id { a.seqnum.cmp(&b.seqnum) } else { Ordering::Equal };
    let by_monotonic = || if a.boot == b.boot { a.monotonic.cmp(&b.monotonic) } else { Ordering::Equal };
    by_seqnum()
        .then_with(by_monotonic)
        .then_with(|| a.realtime.cmp(&b.realtime))
        .then_with(|| a.xor_hash.cmp(&b.xor_hash))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::entry::Id128;
    use crate::time::Timestamp;

    fn stamp(seqnum_id: u8, seqnum: u64, boot: u8, monotonic: u64, realtime: u64) -> Stamp {
        Stamp {
            realtime: Timestamp::from_micros(realtime),
            monotonic,
            boot: Id128([boot; 16]),
            seqnum,
            seqnum_id: Id128([seqnum_id; 16]),
            xor_hash: 0,
        }
    }

    #[test]
    fn the_number_then_the_boot_then_the_time_decides() {
        assert_eq!(compare(&stamp(1, 1, 1, 9, 9), &stamp(1, 2, 1, 1, 1)), Ordering::Less);
        assert_eq!(compare(&stamp(1, 9, 1, 1, 9), &stamp(2, 1, 1, 2, 1)), Ordering::Less);
        assert_eq!(compare(&stamp(1, 9, 1, 9, 1), &stamp(2, 1, 2, 1, 2)), Ordering::Less);
    }

    #[test]
    fn only_what_agrees_in_all_but_the_sequence_is_the_same() {
        let one = stamp(1, 1, 1, 1, 1);
        assert_eq!(compare(&one, &stamp(2, 9, 1, 1, 1)), Ordering::Equal);
        assert_eq!(compare(&one, &stamp(1, 2, 1, 1, 1)), Ordering::Less);
        assert_eq!(compare(&one, &Stamp { xor_hash: 1, ..one }), Ordering::Less);
    }
}

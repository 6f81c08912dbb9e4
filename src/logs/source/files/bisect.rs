//! Where in a file a time begins, without reading what is before it.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;

use super::line::{first_record, line_at};
use crate::logs::record::parse_zap_time;
use crate::openim::zap;
use crate::time::{Timestamp, Zone};

/// How much is read at once: enough that a record begins in it, unless that is a dump.
const PROBE: u64 = 64 * 1024;

/// A byte at which a record begins, with none before it that is of the time or later. Where no time can be read, more
/// is left to be read than need be, never less.
pub(super) fn find_time(file: &File, time: Timestamp, zone: Zone) -> io::Result<u64> {
    let (mut low, mut high) = (0, file.metadata()?.len());
    while high.saturating_sub(low) > PROBE {
        let middle = low + (high - low) / 2;
        match next_time(file, middle..high, zone)? {
            Some((at, earlier)) if earlier < time => low = at,
            Some(_) | None => high = middle,
        }
    }
    Ok(low)
}

/// The first record that begins in a range, and its time.
fn next_time(file: &File, range: Range<u64>, zone: Zone) -> io::Result<Option<(u64, Timestamp)>> {
    let mut block = vec![0; usize::try_from(PROBE).unwrap_or_default()];
    let mut at = range.start;
    while at < range.end {
        let read = file.read_at(&mut block, at)?;
        if let Some((within, time)) = first_time(&block[..read], zone) {
            return Ok(Some((at + within, time)));
        }
        at += PROBE;
    }
    Ok(None)
}

/// The first record that begins in a block, and its time.
fn first_time(block: &[u8], zone: Zone) -> Option<(u64, Timestamp)> {
    let at = first_record(block)?;
    let line = line_at(block, at)?;
    // The first of two lines begins with the time as well.
    let text = zap::parse(line).map_or(line, |zap| zap.time);
    Some((at as u64, parse_zap_time(text, zone)?))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::time::parse_time;

    fn time(text: &str) -> Timestamp {
        parse_time(text, Timestamp::default(), Zone::Utc).unwrap()
    }

    /// A record each second for a bit more than five hours, with a dump in the middle that is longer than a probe.
    fn log() -> (File, Vec<u8>) {
        let mut text = Vec::new();
        for second in 0..20_000 {
            let (h, m, s) = (second / 3600, second / 60 % 60, second % 60);
            writeln!(
                text,
                "2026-11-23 {h:02}:{m:02}:{s:02}.000\tINFO\t[PID:7]     \topenim-api               \t[v3.8.3]             \t[a.go:43]\tx\t{{}}"
            )
            .unwrap();
            if second == 10_000 {
                text.extend(b"goroutine 1 [running]:\n".repeat(8000));
            }
        }
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&text).unwrap();
        (file, text)
    }

    #[test]
    fn a_time_is_found_with_little_left_before_it() {
        let (file, text) = log();
        for wanted in ["2026-11-23 00:00:00", "2026-11-23 01:00:00", "2026-11-23 05:33:19"] {
            let at = usize::try_from(find_time(&file, time(wanted), Zone::Utc).unwrap()).unwrap();
            let begins = memchr::memmem::find(&text, wanted.as_bytes()).unwrap();
            assert!(at <= begins && begins - at < 200_000, "{wanted}: {at} {begins}");
            assert!(text[at..].starts_with(b"2026-11-23 "), "a record begins there");
        }
    }

    #[test]
    fn a_dump_longer_than_a_probe_hides_nothing() {
        let (file, text) = log();
        let wanted = "2026-11-23 02:46:41";
        let at = usize::try_from(find_time(&file, time(wanted), Zone::Utc).unwrap()).unwrap();
        assert!(at <= memchr::memmem::find(&text, wanted.as_bytes()).unwrap());
    }

    #[test]
    fn a_time_after_the_end_leaves_the_end_and_a_file_without_times_all() {
        let (file, text) = log();
        let after = find_time(&file, time("2027-01-01 00:00:00"), Zone::Utc).unwrap();
        assert!(text.len() as u64 - after < 2 * PROBE);
        let mut blank = tempfile::tempfile().unwrap();
        blank.write_all(&b"no time at all\n".repeat(100_000)).unwrap();
        assert_eq!(find_time(&blank, time("2026-11-23"), Zone::Utc).unwrap(), 0);
    }
}

//! The text behind the last record of a file, as a crash leaves it. Nothing in it tells a time, and the record before it
//! may be days old; but it is what was written last, and the file system knows when that was.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;

use memchr::{memchr, memrchr};

use crate::openim::zap;

/// How much is read at first.
const BLOCK: u64 = 64 * 1024;
/// No dump is longer; of what is, the end alone counts.
const MOST: u64 = 2 * 1024 * 1024;

/// The bytes of the text that ends the file now; none where it ends with a record.
pub(super) fn find_tail(file: &File) -> io::Result<Range<u64>> {
    let end = file.metadata()?.len();
    let mut length = BLOCK.min(end);
    loop {
        let begin = end - length;
        let mut block = vec![0; usize::try_from(length).unwrap_or_default()];
        file.read_exact_at(&mut block, begin)?;
        if let Some(within) = tail_within(&block) {
            return Ok(begin + within as u64..end);
        }
        if begin == 0 || length >= MOST {
            return Ok(begin..end);
        }
        length = (length * 2).min(end);
    }
}

/// Where the line after the last record begins, of those that begin in a block.
fn tail_within(block: &[u8]) -> Option<usize> {
    let mut end = block.len();
    while end > 0 {
        let text = block[..end].strip_suffix(b"\n").unwrap_or(&block[..end]);
        let begin = memrchr(b'\n', text).map_or(0, |at| at + 1);
        let line = &text[begin..];
        if zap::is_split_head(line) {
            // The record goes on in the next line.
            return Some(memchr(b'\n', &block[end..]).map_or(block.len(), |at| end + at + 1));
        }
        if zap::parse(line).is_some() {
            return Some(end);
        }
        end = begin;
    }
    None
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    const RECORD: &str = "2026-11-23 10:00:00.000\tINFO\t[PID:7]     \topenim-api               \t[v3.8.3]             \t[a.go:43]\tx\t{}\n";

    fn tail(text: &str) -> Range<u64> {
        let mut file = tempfile::tempfile().expect("a temporary file");
        file.write_all(text.as_bytes()).expect("write it");
        find_tail(&file).expect("read it")
    }

    #[test]
    fn the_text_behind_the_last_record_is_the_tail_however_long_it_is() {
        let dump = "goroutine 1 [running]:\n".repeat(20_000);
        let (record, end) = (RECORD.len() as u64, (2 * RECORD.len() + dump.len()) as u64);
        assert_eq!(tail(&format!("{RECORD}{RECORD}{dump}")), 2 * record..end);
        assert_eq!(tail(&format!("{dump}{RECORD}")), end - record..end - record);
        assert_eq!(tail("no record\n"), 0..10);
        assert_eq!(tail(""), 0..0);
    }

    #[test]
    fn the_second_line_of_a_record_is_no_tail() {
        let split = "2025-02-12 12:07:44.282\t\x1b[33mWARN\x1b[0m\t\x1b[33m[PID:97010]    \x1b[0m\t\x1b[33mopenim-msggateway        \x1b[0m\t[v3.8.3\n]                     \t[mw/a.go:74]                 \tx                        \t{}\n";
        let length = split.len() as u64;
        assert_eq!(tail(split), length..length);
        assert_eq!(tail(&format!("{split}panic: x\n")), length..length + 9);
    }
}

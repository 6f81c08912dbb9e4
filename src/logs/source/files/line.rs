//! Lines in a piece of text: where they end, and which begin a record.

use memchr::memchr;

use crate::openim::zap;

/// So many bytes a line has at most, its end included. What is longer, such as the zeros in a file that was cut while
/// somebody wrote to it, is cut there and goes on as the next line.
pub(super) const LONGEST: usize = 64 * 1024 * 1024;

/// How much of a text belongs to the line of which so many bytes are there already, line end included; `None` where
/// more must be read to tell.
pub(in crate::logs) fn rest_of_line(text: &[u8], there: usize) -> Option<usize> {
    let room = LONGEST.saturating_sub(there);
    let fitting = &text[..room.min(text.len())];
    let end = memchr(b'\n', fitting).map(|end| end + 1);
    end.or_else(|| (fitting.len() == room).then_some(room))
}

/// Where the first record of the logger begins whose line begins in this block. The block may begin in the middle
/// of a line, so that one does not count.
pub(super) fn first_record(block: &[u8]) -> Option<usize> {
    let mut at = memchr(b'\n', block)? + 1;
    loop {
        let line = line_at(block, at)?;
        if zap::is_split_head(line) || zap::parse(line).is_some() {
            return Some(at);
        }
        at += line.len() + 1;
    }
}

/// The line that begins there, without its end.
pub(super) fn line_at(block: &[u8], at: usize) -> Option<&[u8]> {
    let rest = block.get(at..)?;
    Some(memchr(b'\n', rest).map_or(rest, |end| &rest[..end]))
}

/// A line without LF or CR LF.
pub(in crate::logs) fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &[u8] = b"2025-02-12 12:07:44.282\t\x1b[33mWARN\x1b[0m\t\x1b[33m[PID:97010]    \x1b[0m\t\x1b[33mopenim-msggateway        \x1b[0m\t[v3.8.3\n";
    const TAIL: &[u8] = b"]                     \t[mw/rpc_client_interceptor.go:74]                 \trpc client response failed                        \t{\"operationID\": \"op-80\"}\n";

    #[test]
    fn a_block_begins_at_a_record_and_not_at_the_second_line_of_one() {
        let block = [b"...}\n", TAIL, b"\tframe.go:1\n", HEAD, TAIL].concat();
        assert_eq!(first_record(&block), Some(5 + TAIL.len() + 12));
        assert_eq!(first_record(b"...}\nframe\nframe\n"), None);
        assert_eq!(first_record(HEAD), None);
    }

    #[test]
    fn a_line_ends_with_its_end_or_where_it_is_too_long() {
        assert_eq!(rest_of_line(b"ab\ncd", 0), Some(3));
        assert_eq!(rest_of_line(b"abcd", 0), None);
        assert_eq!(rest_of_line(b"", LONGEST - 1), None);
        assert_eq!(rest_of_line(b"abcd\n", LONGEST - 5), Some(5));
        assert_eq!(rest_of_line(b"abcde\n", LONGEST - 5), Some(5));
        assert_eq!(rest_of_line(b"abc\nde\n", LONGEST - 5), Some(4));
    }
}

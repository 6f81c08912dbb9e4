//! What of a value can be printed, and what journalctl does to a text before it prints it.
//!
//! Learned by giving journalctl 252 one message after the other and looking at what came out.

/// How a value that cannot be printed is named: `6B`, `4.8K`; one digit behind the point, cut and not rounded.
pub(super) fn push_byte_count(out: &mut Vec<u8>, count: u64) {
    const UNITS: [(&str, u32); 4] = [("T", 40), ("G", 30), ("M", 20), ("K", 10)];
    let Some((unit, shift)) = UNITS.into_iter().find(|&(_, shift)| count >> shift > 0) else {
        push_number(out, count);
        out.push(b'B');
        return;
    };
    push_number(out, count >> shift);
    // As journalctl counts: what is left over in tenths.
    let tenths = ((count & ((1 << shift) - 1)) * 10) >> shift;
    out.push(b'.');
    push_number(out, tenths);
    out.extend_from_slice(unit.as_bytes());
}

/// A number in digits.
pub(super) fn push_number(out: &mut Vec<u8>, number: u64) {
    push_padded(out, number, 1, b'0');
}

/// A number in digits, filled up on the left to a width.
pub(super) fn push_padded(out: &mut Vec<u8>, mut number: u64, width: usize, fill: u8) {
    let mut digits = [fill; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at.min(digits.len().saturating_sub(width))..]);
}

/// A number in hexadecimal digits, without leading zeros.
pub(super) fn push_hex(out: &mut Vec<u8>, number: u64) {
    let digits = hex_digits(number.to_be_bytes());
    let zeros = (number | 1).leading_zeros() as usize / 4;
    out.extend_from_slice(&digits.as_flattened()[zeros..]);
}

/// Sixteen bytes as 32 hexadecimal digits.
pub(super) fn push_id(out: &mut Vec<u8>, id: &[u8; 16]) {
    out.extend_from_slice(hex_digits(*id).as_flattened());
}

fn hex_digits<const N: usize>(bytes: [u8; N]) -> [[u8; 2]; N] {
    bytes.map(|byte| [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]])
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Whether a line feed counts as printable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineFeed {
    Printable,
    Unprintable,
}

/// Whether a value is UTF-8 without control characters (but TAB) and without what is no character at all.
pub(super) fn is_printable(value: &[u8], line_feed: LineFeed) -> bool {
    let mut rest = value;
    // Nearly all values are ASCII, which needs no decoding.
    while let Some(at) = find_first(rest, |byte| !is_plain(byte, line_feed)) {
        rest = &rest[at..];
        if rest[0].is_ascii() {
            return false;
        }
        let end = rest.iter().position(u8::is_ascii).unwrap_or(rest.len());
        let Ok(text) = std::str::from_utf8(&rest[..end]) else { return false };
        if text.chars().any(is_no_character) {
            return false;
        }
        rest = &rest[end..];
    }
    true
}

#[expect(clippy::needless_bitwise_bool, reason = "without branches it is done for many bytes at once")]
const fn is_plain(byte: u8, line_feed: LineFeed) -> bool {
    let is_line_feed = (byte == b'\n') & matches!(line_feed, LineFeed::Printable);
    (byte == b'\t') | is_line_feed | ((byte >= b' ') & (byte < 0x7f))
}

/// Where the first byte of a kind is. Blocks without one are passed over as a whole.
pub(super) fn find_first(text: &[u8], is_it: impl Fn(u8) -> bool) -> Option<usize> {
    const BLOCK: usize = 32;
    let has = |block: &[u8; BLOCK]| block.iter().fold(false, |found, &byte| found | is_it(byte));
    let (blocks, _) = text.as_chunks::<BLOCK>();
    let clean = blocks.iter().take_while(|block| !has(block)).count() * BLOCK;
    text[clean..].iter().position(|&byte| is_it(byte)).map(|at| clean + at)
}

/// The second block of control characters, and the code points that Unicode leaves to nobody.
const fn is_no_character(c: char) -> bool {
    matches!(c, '\u{80}'..='\u{9f}' | '\u{fdd0}'..='\u{fdef}') || c as u32 & 0xfffe == 0xfffe
}

/// Puts a message into the form that is shown: a TAB becomes eight spaces, colours and window titles go, and so
/// do carriage returns before the end of a line. Lends the message itself where nothing is to be done.
pub(super) fn tidy<'m>(message: &'m [u8], buffer: &'m mut Vec<u8>) -> &'m [u8] {
    let Some(first) = memchr::memchr3(b'\t', b'\r', 0x1b, message) else { return message };
    buffer.clear();
    buffer.extend_from_slice(&message[..first]);
    let mut rest = &message[first..];
    while let Some(&byte) = rest.first() {
        let taken = match byte {
            b'\t' => {
                buffer.extend_from_slice(b"        ");
                1
            }
            b'\r' if ends_line(rest) => 1,
            0x1b => sequence(rest).unwrap_or_else(|| keep_escape(buffer, rest)),
            _ => keep(buffer, rest),
        };
        rest = &rest[taken..];
    }
    buffer
}

/// Copies the first byte and all that follow up to the next that may be changed.
fn keep(buffer: &mut Vec<u8>, rest: &[u8]) -> usize {
    let length = 1 + memchr::memchr3(b'\t', b'\r', 0x1b, &rest[1..]).unwrap_or(rest.len() - 1);
    buffer.extend_from_slice(&rest[..length]);
    length
}

/// Copies an ESC that begins no sequence, and the byte behind it, whatever that is.
fn keep_escape(buffer: &mut Vec<u8>, rest: &[u8]) -> usize {
    let length = rest.len().min(if matches!(rest.get(1), Some(b'[' | b']')) { 1 } else { 2 });
    buffer.extend_from_slice(&rest[..length]);
    length
}

/// Whether nothing but carriage returns stands before the end of the line.
fn ends_line(rest: &[u8]) -> bool {
    rest.iter().find(|&&byte| byte != b'\r').is_none_or(|&byte| byte == b'\n')
}

/// The length of the escape sequence at the start: `ESC [ digits m`, or `ESC ] text BEL`.
fn sequence(rest: &[u8]) -> Option<usize> {
    let body = rest.get(2..)?;
    let (end, inside): (u8, fn(u8) -> bool) = match rest[1] {
        b'[' => (b'm', |byte| byte.is_ascii_digit() || byte == b';'),
        b']' => (0x07, |byte| (b' '..0x7f).contains(&byte)),
        _ => return None,
    };
    let length = body.iter().position(|&byte| !inside(byte))?;
    (body[length] == end).then_some(length + 3)
}

/// Up to the first NUL: the rest of such a value is not printed where it is printed at all.
pub(super) fn until_nul(value: &[u8]) -> &[u8] {
    &value[..memchr::memchr(0, value).unwrap_or(value.len())]
}

/// The lines of a text. A line feed at its end begins no further one, and a text without anything is one line.
pub(super) fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let mut begin = 0;
    // Most texts are one long line, which memchr passes over many bytes at a time.
    memchr::memchr_iter(b'\n', text).chain([text.len()]).map(move |end| {
        let line = &text[begin..end];
        begin = end + 1;
        line
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tidied(message: &[u8]) -> String {
        String::from_utf8_lossy(tidy(message, &mut Vec::new())).into_owned()
    }

    fn counted(count: u64) -> String {
        let mut out = Vec::new();
        push_byte_count(&mut out, count);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn sizes_are_cut_to_one_digit_behind_the_point() {
        let shown = [6, 1023, 1024, 4915, 70_001, 1 << 20, 5 << 30].map(counted);
        assert_eq!(shown, ["6B", "1023B", "1.0K", "4.7K", "68.3K", "1.0M", "5.0G"]);
    }

    #[test]
    fn numbers_are_filled_up_and_never_cut() {
        let mut out = Vec::new();
        push_padded(&mut out, 7, 5, b' ');
        push_padded(&mut out, 1_234_567, 6, b'0');
        push_number(&mut out, 0);
        push_hex(&mut out, 0xf_4240);
        push_hex(&mut out, 0);
        assert_eq!(String::from_utf8(out).unwrap(), "    712345670f42400");
    }

    #[test]
    fn a_tab_is_eight_spaces_and_a_carriage_return_goes_where_the_line_ends() {
        assert_eq!(tidied(b"a\tb"), "a        b");
        assert_eq!(tidied(b"a\r\r\nb\r"), "a\nb");
        assert_eq!(tidied(b"a\rb"), "a\rb");
    }

    #[test]
    fn colours_and_titles_go_and_what_only_looks_like_them_stays() {
        assert_eq!(tidied(b"\x1b[1;31mred\x1b[m\x1b]0;title\x07!"), "red!");
        for kept in
            ["\x1b[1;2K", "\x1b", "\x1b[", "\x1b[31", "\x1b]8;;u\x1b\\", "\x1b]a\nb\x07", "\x1b]\u{e9}\x07"]
        {
            assert_eq!(tidied(kept.as_bytes()), kept);
        }
        assert_eq!(tidied(b"\x1b[\x1b[m"), "\x1b[");
        assert_eq!(tidied(b"\x1b\x1b[m\x1b\t"), "\x1b\x1b[m\x1b\t");
    }

    #[test]
    fn control_characters_and_what_is_no_character_cannot_be_printed() {
        let shows = |value: &[u8]| is_printable(value, LineFeed::Printable);
        assert!(shows("a\tb\n日本 \u{feff}\u{200b}\u{ad}".as_bytes()) && shows(b""));
        for value in [
            &b"\x00"[..],
            b"\x7f",
            b"\x1b",
            b"\r",
            b"\xff",
            b"\xed\xa0\x80",
            "\u{85}".as_bytes(),
            "a\u{fffe}".as_bytes(),
            "\u{fdd0}b".as_bytes(),
            "\u{10ffff}".as_bytes(),
        ] {
            assert!(!shows(value), "{value:?}");
        }
        assert!(!is_printable(b"a\nb", LineFeed::Unprintable));
    }

    #[test]
    fn the_first_byte_of_a_kind_is_found_wherever_it_is() {
        for length in 0..100 {
            let mut text = vec![b'a'; length];
            assert_eq!(find_first(&text, |byte| byte == b'x'), None);
            for at in (0..length).rev() {
                text[at] = b'x';
                assert_eq!(find_first(&text, |byte| byte == b'x'), Some(at));
            }
        }
    }

    #[test]
    fn a_line_feed_at_the_end_begins_no_line() {
        let count = |text: &[u8]| lines(text).count();
        assert_eq!((count(b""), count(b"\n"), count(b"a\nb\n"), count(b"\n\na")), (1, 1, 2, 3));
    }
}

//! Text as a person searches it: without the codes that colour it.
//!
//! OpenIM colours three columns of every console line, in files and pipes too, so a search for
//! `WARN openim-push` or a JSON consumer needs the text without. Every CSI sequence goes
//! (`␛[33m`), every OSC one (titles, links), and an ESC that begins neither goes alone, so that
//! what comes out has no ESC at all and stripping it again changes nothing.

use std::borrow::Cow;

use memchr::memchr;

const ESC: u8 = 0x1b;

/// The text without terminal codes; borrowed when there is none.
#[must_use]
pub fn strip_colour(text: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = memchr(ESC, text) else { return Cow::Borrowed(text) };
    let mut plain = Vec::with_capacity(text.len());
    let (before, mut rest) = text.split_at(first);
    plain.extend_from_slice(before);
    while !rest.is_empty() {
        rest = rest.get(code_length(rest)..).unwrap_or_default();
        let next = memchr(ESC, rest).unwrap_or(rest.len());
        let (before, after) = rest.split_at(next);
        plain.extend_from_slice(before);
        rest = after;
    }
    Cow::Owned(plain)
}

/// Text that a terminal can be trusted with, on one line but for line feeds.
#[must_use]
pub fn clean(text: &str) -> String {
    let text = text.trim_end();
    // Nearly every text is, and is copied at once.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    text.chars()
        .map(|c| match c {
            '\t' => ' ',
            '\n' => '\n',
            c if c.is_control() => '\u{fffd}',
            c => c,
        })
        .collect()
}

/// The text from behind the codes that it begins with.
#[must_use]
pub(super) fn skip_colour(mut text: &[u8]) -> &[u8] {
    while text.first() == Some(&ESC) {
        text = text.get(code_length(text)..).unwrap_or_default();
    }
    text
}

/// How long the code is that begins `text` with an ESC.
fn code_length(text: &[u8]) -> usize {
    let known = match text.get(1) {
        Some(b'[') => control_sequence_length(text),
        Some(b']') => system_command_length(text),
        // `␛(B`, which `tput sgr0` writes.
        Some(0x20..=0x2f) if text.get(2).is_some_and(|byte| (0x30..=0x7e).contains(byte)) => Some(3),
        _ => None,
    };
    known.unwrap_or(1)
}

/// `␛[`, parameters, intermediates, final byte; or what there is of it when the text ends inside.
fn control_sequence_length(text: &[u8]) -> Option<usize> {
    let end = text.iter().skip(2).position(|byte| !(0x20..=0x3f).contains(byte));
    match end {
        Some(end) => matches!(text.get(end + 2), Some(0x40..=0x7e)).then_some(end + 3),
        None => Some(text.len()),
    }
}

/// `␛]`, text, and BEL or `␛\`; not across a control character.
fn system_command_length(text: &[u8]) -> Option<usize> {
    let end = 2 + text.iter().skip(2).position(u8::is_ascii_control)?;
    match text.get(end..)? {
        [0x07, ..] => Some(end + 1),
        [ESC, b'\\', ..] => Some(end + 2),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stripped(text: &str) -> String {
        String::from_utf8(strip_colour(text.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn colours_titles_and_links_go() {
        assert_eq!(stripped("\x1b[33mWARN\x1b[0m\tx"), "WARN\tx");
        assert_eq!(stripped("\x1b[1;38;5;196mred\x1b[m"), "red");
        assert_eq!(stripped("\x1b]0;title\x07text"), "text");
        assert_eq!(stripped("\x1b]8;;http://a\x1b\\link\x1b]8;;\x1b\\"), "link");
        assert_eq!(stripped("\x1b[2Jtext\x1b(B"), "text");
    }

    #[test]
    fn text_behind_an_unfinished_code_stays() {
        assert_eq!(stripped("\x1b]0;never ends\nnext"), "]0;never ends\nnext");
        assert_eq!(stripped("\x1bword"), "word");
        assert_eq!(stripped("cut here\x1b[3"), "cut here");
        assert_eq!(stripped("\x1b\x1b[31m[31m"), "[31m");
        assert_eq!(stripped("\x1b[31\u{e4}"), "[31\u{e4}");
    }

    #[test]
    fn text_without_codes_is_borrowed() {
        assert!(matches!(strip_colour(b"[33mWARN"), Cow::Borrowed(_)));
    }

    #[test]
    fn codes_before_a_text_are_skipped() {
        assert_eq!(skip_colour(b"\x1b[0m\x1b[31m2026 \x1b[0m"), b"2026 \x1b[0m");
    }

    proptest! {
        #[test]
        fn stripping_twice_changes_nothing(text in prop::collection::vec(
            prop_oneof![Just(ESC), Just(b'['), Just(b']'), Just(b'm'), Just(7u8), Just(b'\\'), any::<u8>()], 0..80))
        {
            let once = strip_colour(&text).into_owned();
            prop_assert!(!once.contains(&ESC));
            let twice = strip_colour(&once);
            prop_assert_eq!(twice.as_ref(), once.as_slice());
        }
    }
}

//! Lines of text no wider than the terminal.

use std::borrow::Cow;
use std::ops::Range;

/// Breaks a text at spaces into lines of at most so many columns; what has no space is broken where it must be. Says
/// where in the text each line stands; nothing but spaces is left out.
pub(in crate::logs) fn fold(text: &str, first: usize, others: usize) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let mut begin = 0;
    loop {
        let rest = &text[begin..];
        let columns = if lines.is_empty() { first } else { others }.max(2);
        let end = fitting(rest, columns);
        if end == rest.len() {
            lines.push(begin..text.len());
            return lines;
        }
        // A word that is whole in the next line is put there, one that is longer than a line is broken here.
        let space = if rest[end..].starts_with(' ') { Some(end) } else { rest[..end].rfind(' ') };
        let word = |space: usize| rest[space..].trim_start_matches(' ').split(' ').next().unwrap_or_default();
        let cut = space.filter(|&space| space == end || width(word(space)) <= others.max(2)).unwrap_or(end);
        lines.push(begin..begin + rest[..cut].trim_end_matches(' ').len());
        begin = text.len() - rest[cut..].trim_start_matches(' ').len();
    }
}

/// How many columns a text takes on a terminal.
pub(in crate::logs) fn width(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

/// A text cut to so many columns, with a sign where something is missing.
pub(in crate::logs) fn cut(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return text.into();
    }
    let end = fitting(text, columns.saturating_sub(1));
    format!("{}…", text[..end].trim_end()).into()
}

/// A number with its thousands apart: `1,493`.
pub(in crate::logs) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let parts: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|part| std::str::from_utf8(part).unwrap_or_default())
        .collect();
    parts.join(",")
}

/// How many bytes of the text fit.
fn fitting(text: &str, columns: usize) -> usize {
    let mut taken = 0;
    for (at, c) in text.char_indices() {
        taken += columns_of(c);
        if taken > columns {
            return at;
        }
    }
    text.len()
}

/// East Asian letters and pictures take two columns.
const fn columns_of(c: char) -> usize {
    match c {
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str, first: usize, others: usize) -> Vec<&str> {
        fold(text, first, others).into_iter().map(|line| &text[line]).collect()
    }

    #[test]
    fn words_stay_whole_where_they_can() {
        assert_eq!(folded("one two three", 8, 8), ["one two", "three"]);
        assert_eq!(folded("one two", 7, 7), ["one two"]);
        assert_eq!(folded("four two3", 7, 7), ["four", "two3"]);
        assert_eq!(folded("one fourteen", 8, 8), ["one", "fourteen"]);
        assert_eq!(folded("one fifteen15", 8, 8), ["one fift", "een15"]);
        assert_eq!(folded("abcdefghij", 4, 3), ["abcd", "efg", "hij"]);
        assert_eq!(folded("", 4, 3), [""]);
        assert_eq!(folded("äöü äöü", 3, 3), ["äöü", "äöü"]);
    }

    #[test]
    fn what_is_cut_says_so_and_thousands_stand_apart() {
        assert_eq!(cut("one two", 7), "one two");
        assert_eq!(cut("one two", 6), "one t…");
        assert_eq!(cut("one two", 5), "one…");
        assert_eq!([0, 999, 1493, 1_000_000].map(grouped), ["0", "999", "1,493", "1,000,000"]);
    }

    #[test]
    fn east_asian_letters_take_two_columns() {
        assert_eq!(folded("消息发送失败", 4, 4), ["消息", "发送", "失败"]);
        assert_eq!(width("消息 ok"), 7);
    }

    #[test]
    fn nothing_is_lost_and_nothing_is_wider() {
        let text =
            "Error: 500 dial tcp 127.0.0.1:16379: connect: connection refused FetchBatch2 failed ünïcödé";
        for columns in 2..100 {
            let lines = folded(text, columns, columns);
            assert!(lines.iter().all(|line| width(line) <= columns), "{columns}: {lines:?}");
            let letters = |text: &str| text.replace(' ', "");
            assert_eq!(letters(&lines.concat()), letters(text));
        }
    }
}

//! What of a message fits behind its head, where lines are cut to the width of the terminal (`--no-full`).
//!
//! ```text
//! Nov 14 22:13:20 host api[1]: the beginning of a lin…end
//! Nov 14 22:13:20 host api[1]: the third line loses its…
//! ```
//!
//! Where the locale has no `…`, three dots stand for it; beside letters of UTF-8 it stands all the same.
//!
//! Learned by giving journalctl 252 messages of every length under `COLUMNS` of every size.

use std::ops::RangeInclusive;

use super::text::lines;

/// Stands where more would follow, and where nothing fits.
pub(super) const DOTS: &[u8] = b"...";
/// So many lines of a message are shown.
const LINES: usize = 3;
/// No line begins behind so many bytes.
const BYTES: usize = 300;

/// The columns between a head and the end of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// As many as it takes.
    Enough,
    Columns(usize, Sign),
}

/// What stands in a line of plain letters where something was taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Ellipsis,
    Dots,
}

impl Sign {
    const fn text(self) -> &'static str {
        match self {
            Self::Ellipsis => "\u{2026}",
            Self::Dots => "...",
        }
    }

    const fn width(self) -> usize {
        match self {
            Self::Ellipsis => 1,
            Self::Dots => DOTS.len(),
        }
    }
}

/// What is shown of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fit<'m> {
    Whole(&'m [u8]),
    /// With a sign for what was taken out, or for what would follow.
    Cut(Vec<u8>),
    /// Only dots, and they begin the line.
    Nothing,
}

/// A line of a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'m> {
    /// Where in the message it begins.
    pub(super) begin: usize,
    pub(super) text: &'m [u8],
    /// What comes behind it is not shown.
    is_last: bool,
}

impl Room {
    /// Behind a head of that width.
    pub(super) fn behind(head: usize, columns: Option<usize>, sign: Sign) -> Self {
        columns.map_or(Self::Enough, |columns| Self::Columns(columns.saturating_sub(head), sign))
    }

    /// The lines that are shown.
    pub(super) fn lines(self, message: &[u8]) -> impl Iterator<Item = Line<'_>> {
        let is_cut = self != Self::Enough;
        let mut begin = 0;
        let all = lines(message).enumerate().map(move |(number, text)| {
            let end = begin + text.len() + 1;
            let is_last = is_cut && (number + 1 == LINES || end >= BYTES);
            Line { begin: std::mem::replace(&mut begin, end), text, is_last }
        });
        let mut is_over = false;
        all.take_while(move |line| !std::mem::replace(&mut is_over, line.is_last))
    }

    /// A line that leaves a column free is shown whole.
    pub(super) fn fit(self, Line { text, is_last, .. }: Line<'_>) -> Fit<'_> {
        match self {
            Self::Columns(columns, sign) if text.len() + 1 >= columns => cut(text, columns, is_last, sign),
            Self::Columns(columns, _) if is_last && text.len() + DOTS.len() < columns => {
                Fit::Cut([text, DOTS].concat())
            }
            Self::Enough | Self::Columns(..) => Fit::Whole(text),
        }
    }
}

/// The last line loses its end, any other what stands before its last tenth.
fn cut(text: &[u8], columns: usize, is_last: bool, sign: Sign) -> Fit<'_> {
    if columns < DOTS.len() {
        return Fit::Nothing;
    }
    let sign = if text.is_ascii() { sign } else { Sign::Ellipsis };
    let shortened = shorten(text, columns, if is_last { Share::WHOLE } else { Share::MOST }, sign);
    // One that fits after all counts as cut: it is painted in one colour.
    Fit::Cut(shortened.map_or_else(|| text.to_vec(), String::into_bytes))
}

/// How much of the room is for the beginning of a text, in hundredths.
#[derive(Clone, Copy, Debug)]
struct Share(usize);

impl Share {
    const WHOLE: Self = Self(100);
    const MOST: Self = Self(90);

    /// Rounded for plain letters, and cut for any other text.
    const fn of(self, columns: usize, is_plain: bool) -> usize {
        (columns * self.0 + if is_plain { 50 } else { 0 }) / 100
    }
}

/// Takes characters out so that the rest fits, with a sign in their place; `None` where all of them fit.
fn shorten(text: &[u8], columns: usize, share: Share, sign: Sign) -> Option<String> {
    let text = String::from_utf8_lossy(text);
    if text.chars().map(width).sum::<usize>() <= columns {
        return None;
    }
    let mut used = 0;
    let mut fits = |c: char, limit: usize| {
        let goes_in = used + width(c) <= limit;
        used += if goes_in { width(c) } else { 0 };
        goes_in
    };
    let for_beginning = share.of(columns - sign.width(), text.is_ascii());
    let beginning: usize = text.chars().take_while(|&c| fits(c, for_beginning)).map(char::len_utf8).sum();
    let end: usize = text.chars().rev().take_while(|&c| fits(c, columns)).map(char::len_utf8).sum();
    let (beginning, end) = (&text[..beginning], &text[text.len() - end..]);
    let (beginning, end) = make_room(beginning, end, sign);
    Some(format!("{beginning}{}{end}", sign.text()))
}

/// The first characters of the end make room for the sign; where there is no end, the beginning's last one does.
fn make_room<'t>(beginning: &'t str, end: &'t str, sign: Sign) -> (&'t str, &'t str) {
    if !end.is_empty() {
        return (beginning, end.char_indices().nth(sign.width()).map_or("", |(at, _)| &end[at..]));
    }
    let mut shorter = beginning.chars();
    shorter.next_back();
    (shorter.as_str(), end)
}

/// How many columns journalctl counts for a character. A terminal gives two to younger ones too, emoji among them;
/// [`WIDE`] is not for what is shown otherwise.
fn width(c: char) -> usize {
    if WIDE.iter().any(|range| range.contains(&c)) { 2 } else { 1 }
}

/// What takes two columns, as journalctl 252 knows it: what was East Asian and wide, or a whole plane for such
/// characters, before there were emoji. Learned by giving it every character of the basic plane and those beyond.
const WIDE: [RangeInclusive<char>; 36] = [
    '\u{1100}'..='\u{115f}',
    '\u{2329}'..='\u{232a}',
    '\u{2e80}'..='\u{2e99}',
    '\u{2e9b}'..='\u{2ef3}',
    '\u{2f00}'..='\u{2fd5}',
    '\u{2ff0}'..='\u{2ffb}',
    '\u{3000}'..='\u{303e}',
    '\u{3041}'..='\u{3096}',
    '\u{3099}'..='\u{30ff}',
    '\u{3105}'..='\u{312d}',
    '\u{3131}'..='\u{318e}',
    '\u{3190}'..='\u{31ba}',
    '\u{31c0}'..='\u{31e3}',
    '\u{31f0}'..='\u{321e}',
    '\u{3220}'..='\u{3247}',
    '\u{3250}'..='\u{32fe}',
    '\u{3300}'..='\u{4dbf}',
    '\u{4e00}'..='\u{a48c}',
    '\u{a490}'..='\u{a4c6}',
    '\u{a960}'..='\u{a97c}',
    '\u{ac00}'..='\u{d7a3}',
    '\u{f900}'..='\u{faff}',
    '\u{fe10}'..='\u{fe19}',
    '\u{fe30}'..='\u{fe52}',
    '\u{fe54}'..='\u{fe66}',
    '\u{fe68}'..='\u{fe6b}',
    '\u{ff01}'..='\u{ff60}',
    '\u{ffe0}'..='\u{ffe6}',
    '\u{1b000}'..='\u{1b001}',
    '\u{1f200}'..='\u{1f202}',
    '\u{1f210}'..='\u{1f23a}',
    '\u{1f240}'..='\u{1f248}',
    '\u{1f250}'..='\u{1f251}',
    '\u{1f300}'..='\u{1f567}',
    '\u{20000}'..='\u{2fffd}',
    '\u{30000}'..='\u{3fffd}',
];

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(message: &str, room: Room) -> Vec<String> {
        let text = |line| match room.fit(line) {
            Fit::Whole(text) => text.to_vec(),
            Fit::Cut(text) => text,
            Fit::Nothing => DOTS.to_vec(),
        };
        room.lines(message.as_bytes()).map(|line| String::from_utf8(text(line)).unwrap()).collect()
    }

    #[test]
    fn without_a_limit_every_line_is_shown_as_it_is() {
        let message = format!("{}\nb\nc\nd", "a".repeat(400));
        assert_eq!(shown(&message, Room::behind(29, None, Sign::Ellipsis)).join("\n"), message);
    }

    #[test]
    fn a_line_loses_its_middle_and_the_last_one_its_end() {
        let line = "0123456789abcdefghijklmnopqrstuvwxyz";
        let room = Room::behind(60, Some(80), Sign::Ellipsis);
        let message = [line; 4].join("\n");
        assert_eq!(
            shown(&message, room),
            ["0123456789abcdefg\u{2026}yz", "0123456789abcdefg\u{2026}yz", "0123456789abcdefghi\u{2026}"]
        );
        assert_eq!(shown("a\nb\nc\nd", room), ["a", "b", "c..."]);
    }

    #[test]
    fn three_dots_stand_for_the_sign_where_the_locale_has_none() {
        let room = Room::behind(60, Some(80), Sign::Dots);
        let plain = "0123456789abcdefghijklmnopqrstuvwxyz";
        assert_eq!(shown(plain, room), ["0123456789abcde...yz"]);
        assert_eq!(shown(&format!("\u{e9}{plain}"), room), ["\u{e9}0123456789abcdef\u{2026}yz"]);
        assert_eq!(shown("abcd", Room::behind(77, Some(80), Sign::Dots)), ["..."]);
    }

    #[test]
    fn a_wide_character_gives_way_to_the_sign_where_nothing_of_the_end_is_left() {
        let room = Room::behind(70, Some(77), Sign::Ellipsis);
        let message = vec!["\u{4e2d}".repeat(10); 3].join("\n");
        assert_eq!(shown(&message, room), ["\u{4e2d}\u{4e2d}\u{2026}"; 3]);
    }

    #[test]
    fn an_emoji_is_counted_as_one_column() {
        let room = Room::behind(70, Some(77), Sign::Ellipsis);
        let message = "\u{1f600}".repeat(10);
        assert_eq!(shown(&message, room), [format!("{0}\u{2026}{1}", "\u{1f600}".repeat(5), "\u{1f600}")]);
    }

    #[test]
    fn a_line_that_just_fits_counts_as_cut() {
        let room = Room::behind(37, Some(40), Sign::Ellipsis);
        let fits: Vec<_> = room.lines(b"]\n]]").map(|line| room.fit(line)).collect();
        assert_eq!(fits, [Fit::Whole(b"]"), Fit::Cut(b"]]".to_vec())]);
    }

    #[test]
    fn nothing_begins_behind_three_hundred_bytes() {
        let message = format!("{}\nb", "a".repeat(299));
        assert_eq!(shown(&message, Room::behind(0, Some(400), Sign::Ellipsis)).len(), 1);
        assert_eq!(shown(&message[1..], Room::behind(0, Some(400), Sign::Ellipsis)).len(), 2);
    }

    #[test]
    fn where_the_dots_do_not_fit_an_empty_line_still_may() {
        assert_eq!(shown("a\n\nb", Room::behind(38, Some(40), Sign::Ellipsis)), ["...", "", "..."]);
        assert_eq!(shown("a\n\nb", Room::behind(39, Some(40), Sign::Ellipsis)), ["...", "...", "..."]);
    }
}

//! The colours of journalctl: by priority, and for what a pattern matched.

use std::ops::Range;

/// Ends every colour.
pub(super) const OFF: &[u8] = b"\x1b[0m";
/// A line that divides two boots, and MESSAGE in `verbose`.
pub(super) const BOLD: &[u8] = b"\x1b[0;1;39m";
const RED: &[u8] = b"\x1b[0;1;31m";
const YELLOW: &[u8] = b"\x1b[0;1;38;5;185m";
const YELLOW_OF_16: &[u8] = b"\x1b[0;1;33m";
const GREY: &[u8] = b"\x1b[0;38;5;245m";
const GREY_OF_16: &[u8] = b"\x1b[0;90m";
const BLUE: &[u8] = b"\x1b[0;34m";
const PLAIN: &[u8] = b"";
/// The head of a table.
pub(super) const UNDERLINE: &[u8] = b"\x1b[0;4m";
/// Names and texts in JSON, its numbers, and its null.
pub(super) const JSON_TEXT: &[u8] = b"\x1b[0;32m";
pub(super) const JSON_NUMBER: &[u8] = b"\x1b[0;1;34m";
pub(super) const JSON_NULL: &[u8] = BOLD;

/// How many colours a terminal has; a shade that it lacks is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Palette {
    /// 16 of them.
    Small,
    /// 256 of them.
    Large,
}

impl Palette {
    const fn yellow(self) -> &'static [u8] {
        match self {
            Self::Small => YELLOW_OF_16,
            Self::Large => YELLOW,
        }
    }

    const fn grey(self) -> &'static [u8] {
        match self {
            Self::Small => GREY_OF_16,
            Self::Large => GREY,
        }
    }
}

/// How a message is painted: its own colour, and the one of what matched in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Paint {
    on: &'static [u8],
    highlight: &'static [u8],
}

impl Paint {
    /// By priority; audit messages have a colour of their own. `None` where nothing is coloured.
    pub(super) fn of(palette: Palette, priority: u8, is_audit: bool) -> Option<Self> {
        let (on, highlight) = match priority {
            0..=3 => (RED, BOLD),
            4 => (palette.yellow(), BOLD),
            5 => (BOLD, RED),
            7 => (palette.grey(), RED),
            _ if is_audit => (BLUE, PLAIN),
            _ => return None,
        };
        // What matched in an audit message is shown as its priority has it.
        Some(Self { on: if is_audit { BLUE } else { on }, highlight })
    }

    /// Writes a text, the part that matched in its own colour; of an empty part there is the colour all the same.
    pub(super) fn push(self, out: &mut Vec<u8>, text: &[u8], part: Range<usize>) {
        let start = part.start.min(text.len());
        let end = part.end.clamp(start, text.len());
        for piece in [self.on, &text[..start], self.highlight, &text[start..end], self.on, &text[end..], OFF]
        {
            out.extend_from_slice(piece);
        }
    }

    /// Writes a line of a text. Behind a part that reaches to the end of the line, the line's own colour does not
    /// come again.
    pub(super) fn push_line(self, out: &mut Vec<u8>, line: &[u8], part: Option<Range<usize>>) {
        let Some(part) = part else {
            return [self.on, line, OFF].into_iter().for_each(|piece| out.extend_from_slice(piece));
        };
        let start = part.start.min(line.len());
        let end = part.end.clamp(start, line.len());
        let again = if end < line.len() { self.on } else { PLAIN };
        for piece in [self.on, &line[..start], self.highlight, &line[start..end], again, &line[end..], OFF] {
            out.extend_from_slice(piece);
        }
    }
}

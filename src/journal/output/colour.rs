//! The colours of journalctl: by priority, and for what a pattern matched.

use std::ops::Range;

/// Ends every colour.
pub(super) const OFF: &[u8] = b"\x1b[0m";
/// A line that divides two boots, and MESSAGE in `verbose`.
pub(super) const BOLD: &[u8] = b"\x1b[0;1;39m";
const RED: &[u8] = b"\x1b[0;1;31m";
const YELLOW: &[u8] = b"\x1b[0;1;38;5;185m";
const GREY: &[u8] = b"\x1b[0;38;5;245m";
const BLUE: &[u8] = b"\x1b[0;34m";
/// Names and texts in JSON, its numbers, and its null.
pub(super) const JSON_TEXT: &[u8] = b"\x1b[0;32m";
pub(super) const JSON_NUMBER: &[u8] = b"\x1b[0;1;34m";
pub(super) const JSON_NULL: &[u8] = BOLD;

/// How a message is painted: its own colour, and the one of what matched in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Paint {
    on: &'static [u8],
    highlight: &'static [u8],
}

impl Paint {
    /// By priority; audit messages have a colour of their own. `None` where nothing is coloured.
    pub(super) fn of(priority: u8, is_audit: bool) -> Option<Self> {
        let (on, highlight) = match priority {
            0..=3 => (RED, BOLD),
            4 => (YELLOW, BOLD),
            5 => (BOLD, RED),
            7 => (GREY, RED),
            _ if is_audit => (BLUE, BLUE),
            _ => return None,
        };
        Some(Self { on, highlight })
    }

    /// Writes a text. The part that matched has its own colour, also where it is empty.
    pub(super) fn push(self, out: &mut Vec<u8>, text: &[u8], highlight: Option<Range<usize>>, tail: Tail) {
        out.extend_from_slice(self.on);
        let Some(part) = highlight.filter(|part| part.start <= part.end && part.end <= text.len()) else {
            out.extend_from_slice(text);
            out.extend_from_slice(OFF);
            return;
        };
        out.extend_from_slice(&text[..part.start]);
        out.extend_from_slice(self.highlight);
        out.extend_from_slice(&text[part.clone()]);
        if tail == Tail::Always || part.end < text.len() {
            out.extend_from_slice(self.on);
        }
        out.extend_from_slice(&text[part.end..]);
        out.extend_from_slice(OFF);
    }
}

/// Whether the colour is switched on again behind the part that matched, where nothing follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tail {
    Always,
    WhereText,
}

//! What an expression consists of, once it is read.

use super::set::Set;

/// Pieces one behind the other.
pub(super) type Sequence = Vec<Piece>;

#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) atom: Atom,
    pub(super) times: Option<Times>,
}

#[derive(Clone, Debug)]
pub(super) enum Atom {
    /// A byte that is one of these.
    Byte(Set),
    /// `\R`: the end of a line in any form, of which a form of two bytes is never halved.
    Newline,
    Look(Look),
    Group(Vec<Sequence>),
}

/// What holds at a place, and takes no byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    TextBegins,
    TextEnds,
    /// Also before the last byte, where that ends a line.
    LastLineEnds,
    /// Of any line, but not behind the last byte.
    LineBegins,
    LineEnds,
    WordBegins,
    WordEnds,
    WordBounds,
    NoWordBounds,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    pub(super) least: u32,
    pub(super) most: Option<u32>,
    pub(super) lazy: bool,
}

impl Piece {
    pub(super) fn least(&self) -> u32 {
        self.times.map_or(1, |times| times.least)
    }

    /// Whether it may be there more than once.
    pub(super) fn is_repeated(&self) -> bool {
        self.times.is_some_and(|times| times.most.is_none_or(|most| most > 1))
    }

    pub(super) fn is_variable(&self) -> bool {
        self.times.is_some_and(|times| times.most != Some(times.least))
    }
}

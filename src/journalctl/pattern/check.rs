//! What the crate cannot say in every place where PCRE can. Where the difference could tell, the expression is refused.
//!
//! - The end before the last end of a line takes that byte here, so nothing may follow that could take it.
//! - A line of `(?m)` begins here behind the last end of a line too, so something must follow that takes a byte.
//! - The two bytes of `\R` could be halved here, so nothing may follow that could take the second one.
//! - PCRE gives nothing back of a repetition whose bytes it holds for other ones than those that follow. For some
//!   it does so although they share a byte, as `\S` and `\h` share `\xa0`.
//! - PCRE looks into a group that is there no times for where a match could begin.

use super::Reason;
use super::set::{self, Set};
use super::tree::{Atom, Look, Piece, Sequence};

/// What follows a piece: the rest of its sequence, its group once more, and what follows that.
#[derive(Clone, Copy)]
struct Behind<'t> {
    rest: &'t [Piece],
    again: &'t [Sequence],
    outer: Option<&'t Behind<'t>>,
}

/// Says what of an expression cannot be said exactly.
pub(super) fn check(all: &[Sequence]) -> Result<(), Reason> {
    check_each(all, &[], None)
}

fn check_each(all: &[Sequence], again: &[Sequence], outer: Option<&Behind<'_>>) -> Result<(), Reason> {
    for sequence in all {
        let mut rest: &[Piece] = sequence;
        while let Some((piece, behind)) = rest.split_first() {
            rest = behind;
            check_piece(piece, &Behind { rest, again, outer })?;
        }
    }
    Ok(())
}

fn check_piece(piece: &Piece, behind: &Behind<'_>) -> Result<(), Reason> {
    match &piece.atom {
        Atom::Group(_) if piece.times.is_some_and(|times| times.most == Some(0)) => {
            Err("a group that is there no times, {0}, is not supported".into())
        }
        Atom::Group(inner) => check_each(inner, if piece.is_repeated() { inner } else { &[] }, Some(behind)),
        Atom::Byte(set) if piece.is_variable() && behind.may_be(&|next| is_mistaken(*set, next)) => Err(
            "a repetition of bytes of which what follows has some, as in \\S*\\h or .*\\R, is not supported"
                .into(),
        ),
        Atom::Newline if !can_be_said(piece) || behind.may_be(&takes_newline) => Err(AFTER_NEWLINE.into()),
        Atom::Newline if piece.is_variable() && behind.may_be(&shares_newline) => Err(AFTER_NEWLINE.into()),
        Atom::Look(Look::LastLineEnds) if behind.may_be(&takes_newline) => {
            Err("$ or \\Z before what could be the end of a line is not supported".into())
        }
        Atom::Look(Look::LineBegins) if behind.least() == 0 => {
            Err("^ of (?m) before what could be empty is not supported".into())
        }
        Atom::Byte(_) | Atom::Newline | Atom::Look(_) => Ok(()),
    }
}

const AFTER_NEWLINE: &str = "\\R before what could be the end of a line is not supported";

/// Several ends of lines are the same however they are divided, but not a number of them.
fn can_be_said(newline: &Piece) -> bool {
    newline.times.is_none_or(|times| times.least <= 1 && times.most.is_none_or(|most| most <= 1))
}

/// Takes the end of a line, or looks for it.
fn takes_newline(atom: &Atom) -> bool {
    match atom {
        Atom::Byte(set) => set.contains(b'\n'),
        Atom::Newline | Atom::Look(_) => true,
        Atom::Group(_) => false,
    }
}

fn shares_newline(atom: &Atom) -> bool {
    match atom {
        Atom::Byte(set) => set.shares(Set::newlines()),
        Atom::Newline | Atom::Look(_) | Atom::Group(_) => false,
    }
}

/// Whether PCRE holds a set and what follows it for strangers, which they are not.
fn is_mistaken(set: Set, next: &Atom) -> bool {
    let is = |set: Set, letter: u8| set::of_letter(letter) == Some(set);
    let is_blank = |set: Set| is(set, b'h') || is(set, b'v');
    match next {
        Atom::Byte(next) => (is(set, b'S') && is_blank(*next)) || (is_blank(set) && is(*next, b'S')),
        Atom::Newline => set.shares(Set::newlines()),
        Atom::Look(_) | Atom::Group(_) => false,
    }
}

impl Behind<'_> {
    /// Whether what comes next may be such a thing. A byte that is surely there and another one ends the search.
    fn may_be(&self, wanted: &dyn Fn(&Atom) -> bool) -> bool {
        let next = search(self.rest, wanted);
        next.found
            || (next.may_be_empty
                && (self.again.iter().any(|sequence| search(sequence, wanted).found)
                    || self.outer.is_some_and(|outer| outer.may_be(wanted))))
    }

    /// So many bytes follow at least.
    fn least(&self) -> u32 {
        least_of_all(self.rest).saturating_add(self.outer.map_or(0, Behind::least))
    }
}

/// What a search at the beginning of a sequence came to.
struct Next {
    found: bool,
    may_be_empty: bool,
}

fn search(sequence: &[Piece], wanted: &dyn Fn(&Atom) -> bool) -> Next {
    for piece in sequence {
        let found = match &piece.atom {
            Atom::Group(all) => all.iter().any(|sequence| search(sequence, wanted).found),
            atom @ (Atom::Byte(_) | Atom::Newline | Atom::Look(_)) => wanted(atom),
        };
        if found || least_of(piece) > 0 {
            return Next { found, may_be_empty: false };
        }
    }
    Next { found: false, may_be_empty: true }
}

fn least_of_all(sequence: &[Piece]) -> u32 {
    sequence.iter().map(least_of).fold(0, u32::saturating_add)
}

fn least_of(piece: &Piece) -> u32 {
    let once = match &piece.atom {
        Atom::Byte(_) | Atom::Newline => 1,
        Atom::Look(_) => 0,
        Atom::Group(all) => all.iter().map(|sequence| least_of_all(sequence)).min().unwrap_or_default(),
    };
    once.saturating_mul(piece.least())
}

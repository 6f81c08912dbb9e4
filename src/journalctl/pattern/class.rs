//! `[…]`.

use super::Reason;
use super::escape::{Escaped, Place};
use super::flags::Flags;
use super::parse::Parser;
use super::set::{self, Set};
use super::tree::{Atom, Look};

const UNCLOSED: &str = "a class without its end, ]";

/// A part of a class.
enum Item {
    Byte(u8),
    Set(Set),
}

impl Parser<'_> {
    /// Reads what follows an opening bracket.
    pub(super) fn class(&mut self) -> Result<Atom, Reason> {
        if self.take_if(b"[:<:]]") {
            return Ok(Atom::Look(Look::WordBegins));
        }
        if self.take_if(b"[:>:]]") {
            return Ok(Atom::Look(Look::WordEnds));
        }
        if named_length(self.ahead()).is_some() {
            return Err("[: :], [. .] and [= =] stand only in a class".into());
        }
        self.skip_in_class();
        let is_not = !self.quoting && self.take_if(b"^");
        self.skip_in_class();
        let mut set = Set::default();
        let mut is_first = true;
        loop {
            self.skip_in_class();
            if !self.quoting && !is_first && self.take_if(b"]") {
                return Ok(Atom::Byte(set.negated_if(is_not)));
            }
            is_first = false;
            set = set.union(match self.item()? {
                Item::Set(more) => {
                    self.reject_hyphen()?;
                    more
                }
                Item::Byte(first) => self.range_from(first)?,
            });
        }
    }

    /// A byte, or the range that it begins.
    fn range_from(&mut self, first: u8) -> Result<Set, Reason> {
        let caseless = self.flags.has(Flags::CASELESS);
        self.skip_in_class();
        if self.quoting || !self.is_at(b"-") {
            return Ok(Set::of(first, caseless));
        }
        self.take();
        self.skip_in_class();
        if !self.quoting && self.is_at(b"]") {
            return Ok(Set::of(first, caseless).union(Set::of(b'-', false)));
        }
        match self.item()? {
            Item::Byte(last) if first <= last => Ok(Set::range(first, last, caseless)),
            Item::Byte(_) => Err("a range of a class is out of order".into()),
            Item::Set(_) => Err("a range of a class ends in no character".into()),
        }
    }

    /// What looks like a range from a set is none.
    fn reject_hyphen(&self) -> Result<(), Reason> {
        match self.ahead() {
            [b'-', next, ..] if *next != b']' => Err("a range of a class begins with no character".into()),
            _ => Ok(()),
        }
    }

    fn item(&mut self) -> Result<Item, Reason> {
        if let ([b'[', inner @ ..], false) = (self.ahead(), self.quoting)
            && let Some(length) = named_length(inner)
        {
            return self.named_set(length + 1).map(Item::Set);
        }
        match self.take() {
            Some(b'\\') if !self.quoting => Ok(match self.escaped(Place::Class)? {
                Escaped::Byte(byte) => Item::Byte(byte),
                Escaped::Atom(Atom::Byte(set)) => Item::Set(set),
                Escaped::Atom(Atom::Newline | Atom::Look(_) | Atom::Group(_)) => return Err(UNCLOSED.into()),
            }),
            Some(byte) => Ok(Item::Byte(byte)),
            None => Err(UNCLOSED.into()),
        }
    }

    fn named_set(&mut self, length: usize) -> Result<Set, Reason> {
        let text = self.take_some(length, |_| true);
        let name = text.strip_prefix(b"[:").and_then(|text| text.strip_suffix(b":]"));
        let Some(name) = name else { return Err("[. .] and [= =] are not supported".into()) };
        let (is_not, plain) = name.strip_prefix(b"^").map_or((false, name), |plain| (true, plain));
        set::of_name(plain, self.flags.has(Flags::CASELESS)).map(|set| set.negated_if(is_not)).ok_or_else(
            || format!("[:{}:] is not known", String::from_utf8_lossy(name).escape_debug()).into(),
        )
    }

    /// What counts for nothing in a class.
    fn skip_in_class(&mut self) {
        loop {
            let is_space = self.flags.has(Flags::SPACED_CLASS)
                && !self.quoting
                && matches!(self.ahead(), [b' ' | b'\t', ..]);
            if is_space {
                self.take();
            } else if !self.skip_quotes() {
                return;
            }
        }
    }
}

/// The length of `:name:]`. A closing bracket before, or another beginning, makes it none.
fn named_length(text: &[u8]) -> Option<usize> {
    let (&sign, mut rest) = text.split_first()?;
    if !matches!(sign, b':' | b'.' | b'=') {
        return None;
    }
    loop {
        rest = match rest {
            [b'\\', b'\\' | b']', rest @ ..] => rest,
            [first, b']', rest @ ..] if *first == sign => return Some(text.len() - rest.len()),
            [b'[', next, ..] if *next == sign => return None,
            [b']', ..] | [] => return None,
            [_, rest @ ..] => rest,
        }
    }
}

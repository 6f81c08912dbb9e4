//! What is behind a backslash.

use super::Reason;
use super::parse::{Parser, quantifier};
use super::set::{self, Set};
use super::tree::{Atom, Look};

/// Where a backslash stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Open,
    Class,
}

/// What it makes of what follows.
#[derive(Clone, Debug)]
pub(super) enum Escaped {
    Byte(u8),
    Atom(Atom),
}

impl Parser<'_> {
    /// Reads what follows a backslash.
    pub(super) fn escaped(&mut self, place: Place) -> Result<Escaped, Reason> {
        let Some(letter) = self.take() else { return Err("\\ at the end of the pattern".into()) };
        if let Some(set) = set::of_letter(letter) {
            return Ok(Escaped::Atom(Atom::Byte(set)));
        }
        match letter {
            b'a' => Ok(Escaped::Byte(0x07)),
            b'e' => Ok(Escaped::Byte(0x1b)),
            b'f' => Ok(Escaped::Byte(0x0c)),
            b'n' => Ok(Escaped::Byte(b'\n')),
            b'r' => Ok(Escaped::Byte(b'\r')),
            b't' => Ok(Escaped::Byte(b'\t')),
            b'c' => self.control().map(Escaped::Byte),
            b'x' => self.hexadecimal().map(Escaped::Byte),
            b'o' => self.braced_number(b'o', 8).map(Escaped::Byte),
            b'p' | b'P' => self.property(letter).map(|set| Escaped::Atom(Atom::Byte(set))),
            b'0'..=b'9' => self.digits(letter, place).map(Escaped::Byte),
            _ if !letter.is_ascii_alphanumeric() => Ok(Escaped::Byte(letter)),
            _ => match place {
                Place::Open => self.open_letter(letter).map(Escaped::Atom),
                Place::Class if letter == b'b' => Ok(Escaped::Byte(0x08)),
                Place::Class => Err(format!("\\{} is not supported in a class", char::from(letter)).into()),
            },
        }
    }

    /// Letters that mean something outside of classes only.
    fn open_letter(&mut self, letter: u8) -> Result<Atom, Reason> {
        Ok(match letter {
            // A search begins at the beginning of the text.
            b'A' | b'G' => Atom::Look(Look::TextBegins),
            b'z' => Atom::Look(Look::TextEnds),
            b'Z' => Atom::Look(Look::LastLineEnds),
            b'b' => Atom::Look(Look::WordBounds),
            b'B' => Atom::Look(Look::NoWordBounds),
            b'R' => Atom::Newline,
            b'C' => Atom::Byte(Set::all_that(|_| true)),
            b'N' if self.is_at(b"{") && quantifier(self.ahead())?.is_none() => {
                return Err("\\N{} is not supported".into());
            }
            b'N' => Atom::Byte(Set::no_newline()),
            b'K' => return Err("\\K is not supported".into()),
            b'X' => return Err("\\X is not supported".into()),
            b'g' | b'k' => {
                return Err(format!("the reference \\{} is not supported", char::from(letter)).into());
            }
            _ => return Err(format!("\\{} is not known", char::from(letter)).into()),
        })
    }

    /// `\cA`: the character of the control key and a letter.
    fn control(&mut self) -> Result<u8, Reason> {
        match self.take() {
            Some(letter @ b' '..=b'~') => Ok(letter.to_ascii_uppercase() ^ 0x40),
            _ => Err("\\c without a printable character of ASCII".into()),
        }
    }

    /// `\x` and up to two digits, or any in braces.
    fn hexadecimal(&mut self) -> Result<u8, Reason> {
        if self.is_at(b"{") {
            return self.braced_number(b'x', 16);
        }
        Ok(self.number(2, 16).unwrap_or_default())
    }

    fn braced_number(&mut self, letter: u8, base: u32) -> Result<u8, Reason> {
        let bad = |why: &str| Reason::from(format!("\\{}{{}} {why}", char::from(letter)));
        if !self.take_if(b"{") {
            return Err(bad("without its opening brace"));
        }
        let digits = self.take_while(|byte| char::from(byte).is_digit(base));
        if digits.is_empty() || !self.take_if(b"}") {
            return Err(bad("takes digits only"));
        }
        let number = digits.iter().try_fold(0, |number, &digit| push_digit(number, digit, base));
        number.ok_or_else(|| bad("of more than a byte"))
    }

    /// Digits are the octal number of a byte, where they are no reference to a group.
    fn digits(&mut self, first: u8, place: Place) -> Result<u8, Reason> {
        let rest: Vec<u8> = self.ahead().iter().copied().take_while(u8::is_ascii_digit).collect();
        let is_reference = match (place, first) {
            (Place::Class, _) | (Place::Open, b'0') => false,
            (Place::Open, b'8' | b'9') => true,
            (Place::Open, _) => {
                let group = rest.iter().fold(u32::from(first - b'0'), |number, digit| {
                    number.saturating_mul(10).saturating_add(u32::from(digit - b'0'))
                });
                group < 10 || group <= self.groups
            }
        };
        if is_reference {
            return Err("back references are not supported".into());
        }
        if matches!(first, b'8' | b'9') {
            return Ok(first);
        }
        let more = self.take_some(2, |byte| matches!(byte, b'0'..=b'7'));
        let number = more.iter().try_fold(first - b'0', |number, &digit| push_digit(number, digit, 8));
        number.ok_or_else(|| "an octal number of more than a byte".into())
    }

    fn number(&mut self, length: usize, base: u32) -> Option<u8> {
        let digits = self.take_some(length, |byte| char::from(byte).is_digit(base));
        digits.iter().try_fold(0, |number, &digit| push_digit(number, digit, base))
    }

    /// `\pL`, `\p{Lu}`, `\P{^ Lu }`.
    fn property(&mut self, letter: u8) -> Result<Set, Reason> {
        let name = if self.take_if(b"{") {
            let name = self.take_while(|byte| byte != b'}');
            if !self.take_if(b"}") {
                return Err(format!("\\{} without its end", char::from(letter)).into());
            }
            name
        } else {
            self.take_some(1, |_| true)
        };
        let name = String::from_utf8_lossy(name);
        let plain: String = name
            .chars()
            .filter(|c| !matches!(c, ' ' | '\t' | '-' | '_'))
            .map(|c| c.to_ascii_lowercase())
            .collect();
        let (is_not, plain) = plain.strip_prefix('^').map_or((false, plain.as_str()), |rest| (true, rest));
        set::of_property(plain).map(|set| set.negated_if(is_not != (letter == b'P'))).ok_or_else(|| {
            let (letter, name) = (char::from(letter), name.escape_debug());
            format!("\\{letter}{{{name}}} is not supported: of the properties only general categories are")
                .into()
        })
    }
}

fn push_digit(number: u8, digit: u8, base: u32) -> Option<u8> {
    let digit = char::from(digit).to_digit(base)?;
    u8::try_from(u32::from(number) * base + digit).ok()
}

//! Sets of bytes. journalctl's expressions know no letters beyond ASCII: whatever stands for one of several is a set
//! of these, and is given to the crate as one.

use regex::Regex;

/// Some of the 256 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Set {
    low: u128,
    high: u128,
}

impl Set {
    pub(super) fn all_that(holds: impl Fn(u8) -> bool) -> Self {
        let mut set = Self::default();
        for byte in (0..=u8::MAX).filter(|&byte| holds(byte)) {
            set.add(byte);
        }
        set
    }

    /// One byte, or where case does not count both of its cases.
    pub(super) fn of(byte: u8, caseless: bool) -> Self {
        Self::range(byte, byte, caseless)
    }

    pub(super) fn range(first: u8, last: u8, caseless: bool) -> Self {
        let is_in = |byte: u8| (first..=last).contains(&byte);
        Self::all_that(|byte| {
            is_in(byte)
                || (caseless && (is_in(byte.to_ascii_lowercase()) || is_in(byte.to_ascii_uppercase())))
        })
    }

    /// What a dot stands for, where it does not stand for the end of a line.
    pub(super) fn no_newline() -> Self {
        Self::of(b'\n', false).negated()
    }

    /// What `\v` stands for, and `\R` beside the two bytes.
    pub(super) fn newlines() -> Self {
        Self::all_that(|byte| matches!(byte, b'\n'..=b'\r' | 0x85))
    }

    fn add(&mut self, byte: u8) {
        let bit = 1 << (byte & 0x7f);
        if byte.is_ascii() { self.low |= bit } else { self.high |= bit }
    }

    pub(super) const fn contains(self, byte: u8) -> bool {
        let half = if byte.is_ascii() { self.low } else { self.high };
        half & (1 << (byte & 0x7f)) != 0
    }

    pub(super) const fn shares(self, other: Self) -> bool {
        self.low & other.low != 0 || self.high & other.high != 0
    }

    pub(super) const fn union(self, other: Self) -> Self {
        Self { low: self.low | other.low, high: self.high | other.high }
    }

    pub(super) const fn negated(self) -> Self {
        Self { low: !self.low, high: !self.high }
    }

    pub(super) const fn negated_if(self, negated: bool) -> Self {
        if negated { self.negated() } else { self }
    }

    /// The first and the last byte of each run.
    pub(super) fn runs(self) -> Vec<(u8, u8)> {
        let mut runs: Vec<(u8, u8)> = Vec::new();
        for byte in (0..=u8::MAX).filter(|&byte| self.contains(byte)) {
            match runs.last_mut() {
                Some((_, last)) if last.checked_add(1) == Some(byte) => *last = byte,
                _ => runs.push((byte, byte)),
            }
        }
        runs
    }
}

/// The set that a letter behind a backslash stands for.
pub(super) fn of_letter(letter: u8) -> Option<Set> {
    let set = match letter.to_ascii_lowercase() {
        b'd' => Set::all_that(|byte| byte.is_ascii_digit()),
        b'h' => Set::all_that(|byte| matches!(byte, b'\t' | b' ' | 0xa0)),
        b's' => Set::all_that(is_space),
        b'v' => Set::newlines(),
        b'w' => Set::all_that(is_word),
        _ => return None,
    };
    Some(set.negated_if(letter.is_ascii_uppercase()))
}

/// The set of a name between `[:` and `:]`. Where case does not count, neither does it in the name.
pub(super) fn of_name(name: &[u8], caseless: bool) -> Option<Set> {
    Some(match name {
        b"alpha" => Set::all_that(|byte| byte.is_ascii_alphabetic()),
        b"lower" | b"upper" if caseless => Set::all_that(|byte| byte.is_ascii_alphabetic()),
        b"lower" => Set::all_that(|byte| byte.is_ascii_lowercase()),
        b"upper" => Set::all_that(|byte| byte.is_ascii_uppercase()),
        b"alnum" => Set::all_that(|byte| byte.is_ascii_alphanumeric()),
        b"ascii" => Set::all_that(|byte| byte.is_ascii()),
        b"blank" => Set::all_that(|byte| matches!(byte, b'\t' | b' ')),
        b"cntrl" => Set::all_that(|byte| byte.is_ascii_control()),
        b"digit" => Set::all_that(|byte| byte.is_ascii_digit()),
        b"graph" => Set::all_that(|byte| byte.is_ascii_graphic()),
        b"print" => Set::all_that(|byte| byte == b' ' || byte.is_ascii_graphic()),
        b"punct" => Set::all_that(|byte| byte.is_ascii_punctuation()),
        b"space" => Set::all_that(is_space),
        b"word" => Set::all_that(is_word),
        b"xdigit" => Set::all_that(|byte| byte.is_ascii_hexdigit()),
        _ => return None,
    })
}

/// The general categories of Unicode; `any` is everything, `l&` what has a case.
const CATEGORIES: &str = "any c cc cf cn co cs l l& ll lm lo lt lu m mc me mn n nd nl no p pc pd pe pf pi po ps s sc sk sm so z zl zp zs";

/// The bytes of a property, each read as the character of that number. Scripts are not among those.
pub(super) fn of_property(name: &str) -> Option<Set> {
    if !CATEGORIES.split(' ').any(|one| one == name) {
        return None;
    }
    let name = if name == "l&" { "LC" } else { name };
    let property = Regex::new(&format!(r"\A\p{{{name}}}\z")).ok()?;
    Some(Set::all_that(|byte| property.is_match(char::from(byte).encode_utf8(&mut [0; 4]))))
}

/// The vertical tab is one too, which Rust does not count.
const fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ')
}

pub(super) const fn is_word(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric()
}

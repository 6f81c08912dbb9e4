//! Reads an expression as PCRE does: byte by byte.

use std::collections::HashSet;

use super::Reason;
use super::escape::{Escaped, Place};
use super::flags::Flags;
use super::set::Set;
use super::tree::{Atom, Look, Piece, Sequence, Times};

const NOTHING_TO_REPEAT: &str = "quantifier does not follow a repeatable item";
/// What a quantifier can say at most.
const MOST_TIMES: u32 = 65_535;
/// Groups in groups.
pub(super) const DEPTH: u32 = 250;
/// The bytes of a group's name.
const NAME_LENGTH: usize = 32;
const UNCLOSED: &str = "missing closing parenthesis";

/// An expression, and how far it is read.
#[derive(Debug)]
pub(super) struct Parser<'t> {
    rest: &'t [u8],
    /// Whether everything is a letter, up to `\E`.
    pub(super) quoting: bool,
    pub(super) flags: Flags,
    /// Groups with a number, so far.
    pub(super) groups: u32,
    names: HashSet<&'t [u8]>,
    /// Whether this is in `(?|…)`, where groups share a number.
    shares_numbers: bool,
    depth: u32,
}

/// Reads the whole.
pub(super) fn parse(text: &str, caseless: bool) -> Result<Vec<Sequence>, Reason> {
    let mut parser = Parser {
        rest: text.as_bytes(),
        quoting: false,
        flags: if caseless { Flags::CASELESS } else { Flags::default() },
        groups: 0,
        names: HashSet::new(),
        shares_numbers: false,
        depth: 0,
    };
    let all = parser.alternatives(false)?;
    if parser.rest.is_empty() { Ok(all) } else { Err("unmatched closing parenthesis".into()) }
}

/// What an opening parenthesis begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opening {
    Group,
    /// The numbers of each alternative begin anew.
    SharedNumbers,
    /// For the rest of the group that is open.
    Switches(Flags),
    SwitchesOfGroup(Flags),
}

impl<'t> Parser<'t> {
    pub(super) const fn ahead(&self) -> &'t [u8] {
        self.rest
    }

    pub(super) fn is_at(&self, text: &[u8]) -> bool {
        self.rest.starts_with(text)
    }

    pub(super) fn take(&mut self) -> Option<u8> {
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    pub(super) fn take_if(&mut self, text: &[u8]) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    pub(super) fn take_some(&mut self, most: usize, is_wanted: impl Fn(u8) -> bool) -> &'t [u8] {
        let length = self.rest.iter().take(most).take_while(|&&byte| is_wanted(byte)).count();
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    pub(super) fn take_while(&mut self, is_wanted: impl Fn(u8) -> bool) -> &'t [u8] {
        self.take_some(usize::MAX, is_wanted)
    }

    /// Up to the closing parenthesis or the end.
    fn alternatives(&mut self, share_numbers: bool) -> Result<Vec<Sequence>, Reason> {
        let (first_group, mut most_groups) = (self.groups, self.groups);
        let mut done = Vec::new();
        loop {
            done.push(self.sequence()?);
            most_groups = most_groups.max(self.groups);
            if !self.take_if(b"|") {
                self.groups = most_groups;
                return Ok(done);
            }
            if share_numbers {
                self.groups = first_group;
            }
        }
    }

    fn sequence(&mut self) -> Result<Sequence, Reason> {
        let mut pieces = Vec::new();
        loop {
            self.skip()?;
            if self.rest.is_empty() || (!self.quoting && matches!(self.rest, [b'|' | b')', ..])) {
                return Ok(pieces);
            }
            let Some(atom) = self.atom()? else { continue };
            let times = if matches!(atom, Atom::Look(_)) { None } else { self.times()? };
            pieces.push(Piece { atom, times });
        }
    }

    /// `None` where only a switch was turned.
    fn atom(&mut self) -> Result<Option<Atom>, Reason> {
        if !self.quoting && quantifier(self.rest)?.is_some() {
            return Err(NOTHING_TO_REPEAT.into());
        }
        let Some(byte) = self.take() else { return Ok(None) };
        let multi_line = self.flags.has(Flags::MULTI_LINE);
        Ok(Some(match byte {
            _ if self.quoting => self.letter(byte),
            b'(' => return self.group(),
            b'[' => self.class()?,
            b'\\' => match self.escaped(Place::Open)? {
                Escaped::Byte(byte) => self.letter(byte),
                Escaped::Atom(atom) => atom,
            },
            b'.' if self.flags.has(Flags::DOT_ALL) => Atom::Byte(Set::all_that(|_| true)),
            b'.' => Atom::Byte(Set::no_newline()),
            b'^' => Atom::Look(if multi_line { Look::LineBegins } else { Look::TextBegins }),
            b'$' => Atom::Look(if multi_line { Look::LineEnds } else { Look::LastLineEnds }),
            _ => self.letter(byte),
        }))
    }

    fn letter(&self, byte: u8) -> Atom {
        Atom::Byte(Set::of(byte, self.flags.has(Flags::CASELESS)))
    }

    /// How often what was read may be there.
    fn times(&mut self) -> Result<Option<Times>, Reason> {
        self.skip()?;
        if self.quoting {
            return Ok(None);
        }
        let Some(Quantifier { length, least, most }) = quantifier(self.rest)? else { return Ok(None) };
        self.take_some(length, |_| true);
        self.skip()?;
        if !self.quoting && self.take_if(b"+") {
            return Err("possessive repetition is not supported".into());
        }
        let is_turned = !self.quoting && self.take_if(b"?");
        Ok(Some(Times { least, most, lazy: is_turned != self.flags.has(Flags::LAZY) }))
    }

    /// What is behind an opening parenthesis.
    fn group(&mut self) -> Result<Option<Atom>, Reason> {
        let opening = self.opening()?;
        let before = (self.flags, self.shares_numbers);
        match opening {
            Opening::Switches(flags) => {
                self.flags = flags;
                return Ok(None);
            }
            Opening::SwitchesOfGroup(flags) => self.flags = flags,
            Opening::Group => {}
            Opening::SharedNumbers => self.shares_numbers = true,
        }
        if self.depth == DEPTH {
            return Err("parentheses are too deeply nested".into());
        }
        self.depth += 1;
        let inner = self.alternatives(opening == Opening::SharedNumbers)?;
        self.depth -= 1;
        (self.flags, self.shares_numbers) = before;
        if self.take_if(b")") { Ok(Some(Atom::Group(inner))) } else { Err(UNCLOSED.into()) }
    }

    fn opening(&mut self) -> Result<Opening, Reason> {
        if self.take_if(b"*") {
            let name = self.take_while(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            return Err(format!("(*{}) is not supported", String::from_utf8_lossy(name)).into());
        }
        if !self.take_if(b"?") {
            self.groups += u32::from(!self.flags.has(Flags::UNNUMBERED));
            return Ok(Opening::Group);
        }
        if self.take_if(b":") {
            return Ok(Opening::Group);
        }
        if self.take_if(b"|") {
            return Ok(Opening::SharedNumbers);
        }
        match self.rest {
            [b'>', ..] => Err("atomic groups are not supported".into()),
            [b'=' | b'!' | b'*', ..] | [b'<', b'=' | b'!' | b'*', ..] => {
                Err("looking ahead or behind is not supported".into())
            }
            [b'R' | b'0'..=b'9' | b'+' | b'&', ..] | [b'-', b'0'..=b'9', ..] | [b'P', b'>', ..] => {
                Err("recursion is not supported".into())
            }
            [b'P', b'=', ..] => Err("back references are not supported".into()),
            [b'(', ..] => Err("conditions are not supported".into()),
            [b'C', ..] => Err("(?C) is not supported".into()),
            [b'<' | b'\'', ..] | [b'P', b'<', ..] => self.name().map(|()| Opening::Group),
            _ => self.switches(),
        }
    }

    /// The name of a group: nothing refers to it.
    fn name(&mut self) -> Result<(), Reason> {
        self.take_if(b"P");
        let end: &[u8] = if self.take() == Some(b'<') { b">" } else { b"'" };
        let name = self.take_while(super::set::is_word);
        let is_name =
            !name.is_empty() && name.len() <= NAME_LENGTH && !name.iter().take(1).any(u8::is_ascii_digit);
        if !is_name || !self.take_if(end) {
            return Err("the name of a group is wrong".into());
        }
        if self.shares_numbers {
            return Err("names of groups in (?| ) are not supported".into());
        }
        if !self.names.insert(name) && !self.flags.has(Flags::SAME_NAMES) {
            return Err("two groups have the same name".into());
        }
        self.groups += 1;
        Ok(())
    }

    /// `(?i)`, `(?i-m:…)`, `(?^i)`.
    fn switches(&mut self) -> Result<Opening, Reason> {
        let begins_anew = self.take_if(b"^");
        let on = self.letters_of_switches();
        let off =
            if !begins_anew && self.take_if(b"-") { self.letters_of_switches() } else { Flags::default() };
        let flags = if begins_anew { self.flags.without(Flags::PUT_OUT) } else { self.flags };
        // One x takes back what two have said.
        let turned = if on.has(Flags::SPACED) { flags.without(Flags::SPACED_CLASS) } else { flags };
        let off = if off.has(Flags::SPACED) { off.with(Flags::SPACED_CLASS) } else { off };
        let flags = turned.with(on).without(off);
        match self.take() {
            Some(b')') => Ok(Opening::Switches(flags)),
            Some(b':') => Ok(Opening::SwitchesOfGroup(flags)),
            Some(letter) => Err(format!("(?{} is not known", char::from(letter).escape_debug()).into()),
            None => Err(UNCLOSED.into()),
        }
    }

    fn letters_of_switches(&mut self) -> Flags {
        let mut flags = Flags::default();
        while let Some(flag) = self.rest.first().and_then(|&letter| Flags::of(letter)) {
            self.take();
            flags = flags.with(flag);
            if flag == Flags::SPACED && self.take_if(b"x") {
                flags = flags.with(Flags::SPACED_CLASS);
            }
        }
        flags
    }

    /// Goes over what counts for nothing between the parts of an expression.
    fn skip(&mut self) -> Result<(), Reason> {
        loop {
            if self.skip_quotes() {
                continue;
            }
            if self.quoting {
                return Ok(());
            }
            if self.take_if(b"(?#") {
                self.take_while(|byte| byte != b')');
                if !self.take_if(b")") {
                    return Err("a remark without its end".into());
                }
            } else if !self.flags.has(Flags::SPACED) || !self.skip_space() {
                return Ok(());
            }
        }
    }

    /// Goes over space and a remark up to the end of the line.
    fn skip_space(&mut self) -> bool {
        let before = self.rest.len();
        self.take_while(|byte| matches!(byte, b'\t'..=b'\r' | b' ' | 0x85));
        if self.is_at(b"#") {
            self.take_while(|byte| byte != b'\n');
        }
        self.rest.len() < before
    }

    /// Goes over `\Q` or `\E`.
    pub(super) fn skip_quotes(&mut self) -> bool {
        if self.take_if(br"\E") {
            self.quoting = false;
            return true;
        }
        let begins = !self.quoting && self.take_if(br"\Q");
        self.quoting |= begins;
        begins
    }
}

/// How often something may be there, as it is written.
pub(super) struct Quantifier {
    length: usize,
    least: u32,
    most: Option<u32>,
}

/// The one that stands first. A brace that begins something else is a letter.
pub(super) fn quantifier(text: &[u8]) -> Result<Option<Quantifier>, Reason> {
    let of_letter = |least, most| Ok(Some(Quantifier { length: 1, least, most }));
    match text {
        [b'*', ..] => of_letter(0, None),
        [b'+', ..] => of_letter(1, None),
        [b'?', ..] => of_letter(0, Some(1)),
        [b'{', inner @ ..] => quantifier_in_braces(inner),
        _ => Ok(None),
    }
}

/// `{2}`, `{2,}` and `{2,3}`.
fn quantifier_in_braces(text: &[u8]) -> Result<Option<Quantifier>, Reason> {
    let Some(end) = text.iter().position(|&byte| byte == b'}') else { return Ok(None) };
    let (inner, _) = text.split_at(end);
    let (least, most) = match inner.iter().position(|&byte| byte == b',') {
        Some(comma) => (inner.get(..comma), inner.get(comma + 1..)),
        None => (Some(inner), None),
    };
    let is_number = |text: &[u8]| text.iter().all(u8::is_ascii_digit);
    let Some(least) = least.filter(|least| !least.is_empty() && is_number(least)) else { return Ok(None) };
    if !most.is_none_or(is_number) {
        return Ok(None);
    }
    let least = times(least)?;
    let most = match most {
        None => Some(least),
        Some([]) => None,
        Some(most) => Some(times(most)?),
    };
    if most.is_some_and(|most| most < least) {
        return Err("numbers out of order in {} quantifier".into());
    }
    Ok(Some(Quantifier { length: end + 2, least, most }))
}

fn times(digits: &[u8]) -> Result<u32, Reason> {
    let number = digits.iter().fold(0_u32, |number, digit| {
        number.saturating_mul(10).saturating_add(u32::from(digit.saturating_sub(b'0')))
    });
    if number > MOST_TIMES { Err("number too big in {} quantifier".into()) } else { Ok(number) }
}

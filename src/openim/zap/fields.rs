//! The keys and values of a record, read where they stand.
//!
//! zap writes them itself, so they need no full JSON reader: strings are skipped to their closing
//! quote, objects and arrays to their closing bracket. The console form has `": "` and `", "`
//! between them, the JSON form no spaces. Keys occur twice (`operationID` in main's HTTP lines),
//! and both are given.

use std::borrow::Cow;

use memchr::{memchr, memchr2, memmem};

/// The keys and values of a record, in the order in which they were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fields<'a> {
    /// From behind the opening brace (or the head's last comma) to the end of the line.
    text: &'a [u8],
    /// The text ends before the object does.
    cut: bool,
}

impl<'a> Fields<'a> {
    /// A record without keys.
    pub(super) const EMPTY: Self = Self { text: b"}", cut: false };

    /// The rest of an object, from behind its opening brace or a comma.
    pub(super) fn parse_rest(text: &'a [u8]) -> Self {
        Self { text, cut: end_of_object(text) != End::Whole }
    }

    /// An object that begins `text` and goes to its end, or is cut there.
    pub(super) fn parse_object(text: &'a [u8]) -> Option<Self> {
        let text = text.strip_prefix(b"{")?;
        match end_of_object(text) {
            End::Whole => Some(Self { text, cut: false }),
            End::Cut => Some(Self { text, cut: true }),
            End::Broken => None,
        }
    }

    /// Every key with its value, duplicates too, up to where the line was cut.
    #[must_use]
    pub const fn iter(&self) -> Iter<'a> {
        Iter { rest: self.text }
    }

    /// The first value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<RawValue<'a>> {
        // Most keys that are asked for are not there, and bytes are searched sooner than read.
        memmem::find(self.text, key.as_bytes())?;
        self.iter().find(|(found, _)| found.raw() == key.as_bytes()).map(|(_, value)| value)
    }

    /// Whether there is no key at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// The JSON text of the keys and values as it was written, without the outer braces.
    #[must_use]
    pub fn raw(&self) -> &'a [u8] {
        let whole = if self.cut { None } else { self.text.trim_ascii_end().strip_suffix(b"}") };
        whole.unwrap_or(self.text)
    }

    pub(super) const fn is_cut(&self) -> bool {
        self.cut
    }
}

impl<'a> IntoIterator for Fields<'a> {
    type Item = (Key<'a>, RawValue<'a>);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a> IntoIterator for &Fields<'a> {
    type Item = (Key<'a>, RawValue<'a>);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The iterator of [`Fields::iter`].
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Iter<'a> {
    type Item = (Key<'a>, RawValue<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let Entry { key, value, rest } = next_entry(self.rest)?;
        self.rest = rest;
        Some((key, value))
    }
}

/// A key, as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key<'a>(&'a [u8]);

impl<'a> Key<'a> {
    /// The bytes between the quotes.
    #[must_use]
    pub const fn raw(self) -> &'a [u8] {
        self.0
    }

    /// The key with its escapes resolved.
    #[must_use]
    pub fn text(self) -> Cow<'a, str> {
        unescape(self.0)
    }
}

impl PartialEq<str> for Key<'_> {
    fn eq(&self, other: &str) -> bool {
        self.0 == other.as_bytes()
    }
}

/// A value, as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RawValue<'a>(&'a [u8]);

impl<'a> RawValue<'a> {
    /// The JSON text of the value: with quotes when it is a string.
    #[must_use]
    pub const fn raw(self) -> &'a [u8] {
        self.0
    }

    /// The bytes between the quotes of a string, escapes as written; `None` for other values.
    #[must_use]
    pub fn string(self) -> Option<&'a [u8]> {
        self.0.strip_prefix(b"\"")?.strip_suffix(b"\"")
    }

    /// A string's text with its escapes resolved, any other value's JSON text; what is not UTF-8
    /// is replaced by U+FFFD.
    #[must_use]
    pub fn text(self) -> Cow<'a, str> {
        self.string().map_or_else(|| String::from_utf8_lossy(self.0), unescape)
    }
}

/// One key, its value, and the text behind both.
pub(super) struct Entry<'a> {
    pub(super) key: Key<'a>,
    pub(super) value: RawValue<'a>,
    pub(super) rest: &'a [u8],
}

/// Reads a key and its value. `None` at the end of the object and where the text breaks off; the
/// rest then stays where it was, and [`end_of`] tells which.
pub(super) fn next_entry(text: &[u8]) -> Option<Entry<'_>> {
    let text = skip_spaces(text);
    let key_length = string_length(text)?;
    let (key, rest) = text.split_at_checked(key_length)?;
    let rest = skip_spaces(skip_spaces(rest).strip_prefix(b":")?);
    let (value, rest) = rest.split_at_checked(value_length(rest)?)?;
    let rest = skip_spaces(rest);
    // The closing brace stays: it is what says that nothing was cut.
    let rest = match rest.first() {
        Some(b',') => rest.get(1..)?,
        Some(b'}') => rest,
        // A number or a word at the very end may go on in the piece that is missing; after a
        // string or a bracket nothing of the value can be missing.
        None if matches!(value.last(), Some(b'"' | b'}' | b']')) => rest,
        _ => return None,
    };
    let key = key.get(1..key_length - 1)?;
    Some(Entry { key: Key(key), value: RawValue(value), rest })
}

/// How the text of an object ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// With its closing brace.
    Whole,
    /// Before it.
    Cut,
    /// With something that is no JSON.
    Broken,
}

/// Reads to the end of the object whose inside begins `text`.
fn end_of_object(mut text: &[u8]) -> End {
    while let Some(Entry { rest, .. }) = next_entry(text) {
        text = rest;
    }
    end_of(text)
}

/// Judges what [`next_entry`] could not read.
fn end_of(rest: &[u8]) -> End {
    let rest = skip_spaces(rest);
    match rest.first() {
        Some(b'}') if skip_spaces(rest.get(1..).unwrap_or_default()).is_empty() => End::Whole,
        None => End::Cut,
        Some(b'"') if is_cut_entry(rest) => End::Cut,
        Some(_) => End::Broken,
    }
}

/// Whether text that begins with a quote is the beginning of a key and value.
fn is_cut_entry(text: &[u8]) -> bool {
    let Some(length) = string_length(text) else { return true };
    let rest = skip_spaces(text.get(length..).unwrap_or_default());
    let Some(rest) = rest.strip_prefix(b":") else { return rest.is_empty() };
    let rest = skip_spaces(rest);
    // A value that has no end, or a number that the text ends with.
    value_length(rest).is_none_or(|length| length == rest.len())
}

/// The length of the string that begins `text`, quotes included; `None` without a closing quote.
fn string_length(text: &[u8]) -> Option<usize> {
    if text.first() != Some(&b'"') {
        return None;
    }
    let mut at = 1;
    loop {
        at += memchr2(b'"', b'\\', text.get(at..)?)?;
        if text.get(at) == Some(&b'"') {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// The length of the value that begins `text`; `None` when it has no end or is no value.
fn value_length(text: &[u8]) -> Option<usize> {
    match text.first()? {
        b'"' => string_length(text),
        b'{' | b'[' => nested_length(text),
        _ => {
            let length =
                text.iter().position(|byte| matches!(byte, b',' | b'}' | b' ')).unwrap_or(text.len());
            (length > 0).then_some(length)
        }
    }
}

/// The length of the object or array that begins `text`. Brackets are counted, not matched: zap
/// wrote them.
fn nested_length(text: &[u8]) -> Option<usize> {
    let mut depth = 0usize;
    let mut at = 0;
    loop {
        match text.get(at)? {
            b'"' => {
                at += string_length(text.get(at..)?)?;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return Some(at);
        }
    }
}

fn skip_spaces(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|&byte| byte != b' ').unwrap_or(text.len());
    text.get(start..).unwrap_or_default()
}

/// The text that the inside of a JSON string stands for. An escape that JSON does not know stays
/// as it is; half a surrogate pair becomes U+FFFD.
pub(super) fn unescape(inner: &[u8]) -> Cow<'_, str> {
    if memchr(b'\\', inner).is_none() {
        return String::from_utf8_lossy(inner);
    }
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = memchr(b'\\', rest) {
        let (plain, escaped) = rest.split_at(at);
        bytes.extend_from_slice(plain);
        let (character, length) = escape(escaped);
        match character {
            Some(character) => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            None => bytes.extend_from_slice(escaped.get(..length).unwrap_or(escaped)),
        }
        rest = escaped.get(length..).unwrap_or_default();
    }
    bytes.extend_from_slice(rest);
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

/// The character that the escape at the beginning of `text` stands for, if it is one, and how
/// many bytes were looked at.
fn escape(text: &[u8]) -> (Option<char>, usize) {
    let Some(kind) = text.get(1) else { return (None, 1) };
    let simple = match kind {
        b'"' | b'\\' | b'/' => char::from(*kind),
        b'n' => '\n',
        b't' => '\t',
        b'r' => '\r',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'u' => return unicode_escape(text),
        _ => return (None, 1),
    };
    (Some(simple), 2)
}

fn unicode_escape(text: &[u8]) -> (Option<char>, usize) {
    let Some(first) = hex4(text) else { return (None, 1) };
    if let Some(character) = char::from_u32(first) {
        return (Some(character), 6);
    }
    let second = text.get(6..).filter(|_| first < 0xdc00).and_then(hex4);
    match second {
        Some(low @ 0xdc00..=0xdfff) => {
            let code = 0x1_0000 + ((first - 0xd800) << 10) + (low - 0xdc00);
            (Some(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)), 12)
        }
        _ => (Some(char::REPLACEMENT_CHARACTER), 6),
    }
}

/// The number in `\u12ab` at the beginning of `text`.
fn hex4(text: &[u8]) -> Option<u32> {
    let digits = text.strip_prefix(b"\\u")?.get(..4)?;
    digits.iter().try_fold(0, |number, &byte| Some(number * 16 + char::from(byte).to_digit(16)?))
}

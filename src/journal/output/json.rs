//! The four forms of JSON: all values are texts; what cannot be printed is an array of its bytes; what has 4096
//! bytes and more is null unless everything is asked for; a field that comes several times is an array.
//!
//! The order of the names is of no meaning (journalctl's own changes from run to run): here it is that of the file.

use std::collections::HashMap;

use super::bytes::push_bytes;
use super::colour::{JSON_NULL, JSON_NUMBER, JSON_TEXT, OFF};
use super::fragment::Fragments;
use super::text::{LineFeed, find_first, is_printable, push_id, push_number};
use super::{Entry, Field, Options, push_cursor};

/// With the name and the `=`; values that are as long are null.
pub(crate) const TOO_LONG: usize = 4096;

/// What stands around an object and between its members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// One object a line.
    Line,
    /// One member a line.
    Pretty,
    /// `data: {…}` and an empty line.
    Event,
    /// A record separator, the object, a line feed: a text sequence of RFC 7464.
    Sequence,
}

impl Layout {
    /// What stands before and behind each object.
    pub(crate) const fn around(self) -> (&'static [u8], &'static [u8]) {
        match self {
            Self::Line | Self::Pretty => (b"", b"\n"),
            Self::Event => (b"data: ", b"\n\n"),
            Self::Sequence => (b"\x1e", b"\n"),
        }
    }
}

#[derive(Debug)]
pub(super) struct Json {
    style: Style,
    options: Options,
    fragments: Fragments,
    names: Names,
}

/// How a value is written.
#[derive(Clone, Copy, Debug)]
struct Style {
    layout: Layout,
    colour: bool,
    all: bool,
}

impl Json {
    pub(super) fn new(options: Options, layout: Layout) -> Self {
        let style = Style { layout, colour: options.colour.is_some(), all: options.all };
        Self { style, options, fragments: Fragments::default(), names: Names::default() }
    }

    pub(super) fn print(&mut self, entry: Entry<'_>, out: &mut Vec<u8>) {
        let (before, behind) = self.style.layout.around();
        out.extend_from_slice(before);
        out.push(b'{');
        self.push_stamp(entry, out);
        self.push_fields(entry, out);
        if self.style.layout == Layout::Pretty {
            out.push(b'\n');
        }
        out.push(b'}');
        out.extend_from_slice(behind);
    }

    /// What the entry is stamped with is there always.
    fn push_stamp(&self, entry: Entry<'_>, out: &mut Vec<u8>) {
        let style = self.style;
        let mut divider: &[u8] = b"";
        let mut member = |name: &[u8], push: &dyn Fn(&mut Vec<u8>)| {
            out.extend_from_slice(std::mem::replace(&mut divider, b","));
            style.push_name(out, name);
            style.push_text(out, push);
        };
        member(b"__CURSOR", &|out| push_cursor(out, entry));
        member(b"__REALTIME_TIMESTAMP", &|out| push_number(out, entry.realtime().micros()));
        member(b"__MONOTONIC_TIMESTAMP", &|out| push_number(out, entry.monotonic_micros()));
        member(b"_BOOT_ID", &|out| push_id(out, &entry.boot().0));
    }

    fn push_fields(&mut self, entry: Entry<'_>, out: &mut Vec<u8>) {
        let start = out.len();
        self.names.begin();
        let (style, options) = (self.style, &self.options);
        for field in entry.fields() {
            if self.names.is_repeated(field) {
                out.truncate(start);
                return push_grouped(style, options, entry, out);
            }
            self.fragments.push(out, field, |out, field| {
                if is_member(options, field.name) {
                    out.push(b',');
                    style.push_name(out, field.name);
                    style.push_value(out, field, 1);
                }
            });
        }
    }
}

/// The boot stands among the stamps already.
fn is_member(options: &Options, name: &[u8]) -> bool {
    name != b"_BOOT_ID" && options.shows(name)
}

/// Writes the fields of an entry of which at least one comes several times.
fn push_grouped(style: Style, options: &Options, entry: Entry<'_>, out: &mut Vec<u8>) {
    let fields: Vec<Field<'_>> = entry.fields().filter(|field| is_member(options, field.name)).collect();
    for (index, first) in fields.iter().enumerate() {
        let same = |field: &&Field<'_>| field.name == first.name;
        if fields[..index].iter().any(|field| same(&field)) {
            continue;
        }
        out.push(b',');
        style.push_name(out, first.name);
        let values: Vec<_> = fields[index..].iter().filter(same).collect();
        match values.as_slice() {
            [only] => style.push_value(out, **only, 1),
            several => style.push_array(out, several, 1, |out, field| style.push_value(out, **field, 2)),
        }
    }
}

impl Style {
    fn push_name(self, out: &mut Vec<u8>, name: &[u8]) {
        if self.layout == Layout::Pretty {
            push_line(out, 1);
        }
        self.push_text(out, |out| out.extend_from_slice(name));
        out.extend_from_slice(if self.layout == Layout::Pretty { b" : " } else { b":" });
    }

    fn push_text(self, out: &mut Vec<u8>, push: impl Fn(&mut Vec<u8>)) {
        out.push(b'"');
        self.coloured(out, JSON_TEXT, push);
        out.push(b'"');
    }

    fn push_value(self, out: &mut Vec<u8>, field: Field<'_>, depth: usize) {
        if !self.all && field.name.len() + 1 + field.value.len() >= TOO_LONG {
            self.coloured(out, JSON_NULL, |out| out.extend_from_slice(b"null"));
        } else if is_printable(field.value, LineFeed::Printable) {
            self.push_text(out, |out| push_escaped(out, field.value));
        } else if self.layout != Layout::Pretty && !self.colour {
            push_bytes(out, field.value);
        } else {
            self.push_array(out, field.value, depth, |out, &byte| {
                self.coloured(out, JSON_NUMBER, |out| push_number(out, byte.into()));
            });
        }
    }

    fn push_array<T>(self, out: &mut Vec<u8>, items: &[T], depth: usize, push: impl Fn(&mut Vec<u8>, &T)) {
        out.push(b'[');
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            if self.layout == Layout::Pretty {
                push_line(out, depth + 1);
            }
            push(out, item);
        }
        if self.layout == Layout::Pretty {
            push_line(out, depth);
        }
        out.push(b']');
    }

    fn coloured(self, out: &mut Vec<u8>, colour: &[u8], push: impl Fn(&mut Vec<u8>)) {
        if !self.colour {
            return push(out);
        }
        out.extend_from_slice(colour);
        push(out);
        out.extend_from_slice(OFF);
    }
}

/// Begins a line.
fn push_line(out: &mut Vec<u8>, depth: usize) {
    out.push(b'\n');
    out.resize(out.len() + depth, b'\t');
}

#[expect(clippy::needless_bitwise_bool, reason = "without branches it is done for many bytes at once")]
const fn is_special(byte: u8) -> bool {
    (byte == b'"') | (byte == b'\\') | (byte == b'\n') | (byte == b'\t')
}

/// A printable text; of what must be escaped it can have only these four.
fn push_escaped(out: &mut Vec<u8>, text: &[u8]) {
    let mut rest = text;
    while let Some(at) = find_first(rest, is_special) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(match rest[at] {
            b'\n' => b"\\n",
            b'\t' => b"\\t",
            b'"' => b"\\\"",
            _ => b"\\\\",
        });
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
}

/// Finds names that an entry has twice, without comparing each with each.
#[derive(Debug, Default)]
struct Names {
    /// The number of each name that was met.
    numbers: HashMap<Box<[u8]>, u32>,
    /// The number of each shared value's name; indexed by key.
    of_keys: Vec<Option<u32>>,
    /// The entry that had the name last; indexed by number.
    last: Vec<u64>,
    entry: u64,
}

/// Beyond so many keys the name is looked up each time.
const KEYS: usize = 1 << 20;

impl Names {
    fn begin(&mut self) {
        self.entry += 1;
    }

    /// Whether this entry had that name before.
    fn is_repeated(&mut self, field: Field<'_>) -> bool {
        let number = self.number(field);
        std::mem::replace(&mut self.last[number as usize], self.entry) == self.entry
    }

    fn number(&mut self, field: Field<'_>) -> u32 {
        let Some(key) = field.key.map(|key| key.0 as usize).filter(|&key| key < KEYS) else {
            return self.look_up(field.name);
        };
        if let Some(&Some(number)) = self.of_keys.get(key) {
            return number;
        }
        let number = self.look_up(field.name);
        if self.of_keys.len() <= key {
            self.of_keys.resize(key + 1, None);
        }
        self.of_keys[key] = Some(number);
        number
    }

    fn look_up(&mut self, name: &[u8]) -> u32 {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        let number = u32::try_from(self.last.len()).unwrap_or(u32::MAX);
        self.numbers.insert(name.into(), number);
        self.last.push(0);
        number
    }
}

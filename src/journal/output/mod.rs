//! The forms in which journalctl prints entries: an entry in, bytes out. Nothing here reads or writes anything
//! else, so the same code serves `openim-logs journal` and OpenIM's own face, on one thread or on several.
//!
//! ```text
//! Nov 14 22:13:20 box openim-api[512]: started                                                  short
//! {"__CURSOR":"s=…","MESSAGE":"started","_PID":"512",…}                                         json
//! ```
//!
//! A value that many entries share is rendered once: [`Field::key`](super::Field) says which those are. What is
//! printed was learned from journalctl 252, and `tests/journal_equality/` compares the two byte for byte.

mod bytes;
mod cat;
mod colour;
mod export;
mod fragment;
pub(crate) mod json;
mod room;
mod short;
pub(crate) mod spans;
mod stamp;
mod text;
mod verbose;

use std::ops::Range;

pub use colour::Palette;
pub use stamp::{Form, Stamps};

use super::{Entry, Field, Id128, integer};
use crate::time::{Timestamp, Zone};

/// How entries are printed; the words are those of `journalctl --output`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// As syslog has it.
    Short,
    /// With the year and the zone, as `--since` takes it.
    ShortFull,
    /// With an ISO 8601 time.
    ShortIso,
    /// The same with microseconds.
    ShortIsoPrecise,
    /// With microseconds.
    ShortPrecise,
    /// With the time since the boot.
    ShortMonotonic,
    /// The same, and the time since the line before.
    ShortDelta,
    /// With seconds since 1970.
    ShortUnix,
    /// Every field, one a line.
    Verbose,
    /// The journal export format.
    Export,
    /// One object a line.
    Json,
    /// One object in many lines.
    JsonPretty,
    /// As server-sent events.
    JsonSse,
    /// As a JSON text sequence.
    JsonSeq,
    /// The message alone.
    Cat,
    /// With the unit instead of the identifier.
    WithUnit,
}

impl Format {
    /// All of them, in the order in which `-o help` lists them.
    pub const ALL: [Self; 16] = [
        Self::Short,
        Self::ShortFull,
        Self::ShortIso,
        Self::ShortIsoPrecise,
        Self::ShortPrecise,
        Self::ShortMonotonic,
        Self::ShortDelta,
        Self::ShortUnix,
        Self::Verbose,
        Self::Export,
        Self::Json,
        Self::JsonPretty,
        Self::JsonSse,
        Self::JsonSeq,
        Self::Cat,
        Self::WithUnit,
    ];

    /// Its word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Short => "short",
            Self::ShortFull => "short-full",
            Self::ShortIso => "short-iso",
            Self::ShortIsoPrecise => "short-iso-precise",
            Self::ShortPrecise => "short-precise",
            Self::ShortMonotonic => "short-monotonic",
            Self::ShortDelta => "short-delta",
            Self::ShortUnix => "short-unix",
            Self::Verbose => "verbose",
            Self::Export => "export",
            Self::Json => "json",
            Self::JsonPretty => "json-pretty",
            Self::JsonSse => "json-sse",
            Self::JsonSeq => "json-seq",
            Self::Cat => "cat",
            Self::WithUnit => "with-unit",
        }
    }

    /// The format of that word.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// Whether only entries are printed, without remarks between them: another program reads it.
    #[must_use]
    pub const fn is_for_programs(self) -> bool {
        match self {
            Self::Export | Self::Json | Self::JsonPretty | Self::JsonSse | Self::JsonSeq | Self::Cat => true,
            Self::Short
            | Self::ShortFull
            | Self::ShortIso
            | Self::ShortIsoPrecise
            | Self::ShortPrecise
            | Self::ShortMonotonic
            | Self::ShortDelta
            | Self::ShortUnix
            | Self::Verbose
            | Self::WithUnit => false,
        }
    }
}

/// What bears on every format.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Options {
    /// The format.
    pub format: Format,
    /// The zone of the times.
    pub zone: Zone,
    /// Show fields whole and as they are: unprintable ones and long ones too.
    pub all: bool,
    /// Cut lines to that many columns.
    pub cut_to: Option<usize>,
    /// Whether the locale has the letters of UTF-8, as `…`.
    pub utf8: bool,
    /// Show the host's name.
    pub hostname: bool,
    /// Use these colours.
    pub colour: Option<Palette>,
    /// Show the first line of each message only, in the family of `short`.
    pub first_line_only: bool,
    /// Only these fields, in the formats that show fields.
    pub fields: Option<Vec<Vec<u8>>>,
}

/// The fields of `--output-fields`: names with commas between. None at all means all of them.
pub(crate) fn field_list(lists: &[String]) -> Option<Vec<Vec<u8>>> {
    let names = lists.iter().flat_map(|list| list.split(','));
    let names: Vec<Vec<u8>> = names.filter(|name| !name.is_empty()).map(Into::into).collect();
    (!names.is_empty()).then_some(names)
}

/// Whether a field is one of those that are shown.
pub(crate) fn is_shown(fields: Option<&[Vec<u8>]>, name: &[u8]) -> bool {
    fields.is_none_or(|fields| fields.iter().any(|field| field == name))
}

impl Options {
    fn shows(&self, name: &[u8]) -> bool {
        is_shown(self.fields.as_deref(), name)
    }
}

/// Prints entries in one format, one after the other.
#[derive(Debug)]
pub struct Printer {
    printing: Printing,
}

#[derive(Debug)]
enum Printing {
    Short(Box<short::Short>),
    Verbose(Box<verbose::Verbose>),
    Export(Box<export::Export>),
    Json(Box<json::Json>),
    Cat(Box<cat::Cat>),
}

impl Printer {
    /// A printer with these options.
    #[must_use]
    pub fn new(options: Options) -> Self {
        use Format as F;
        let printing = match options.format {
            F::Short | F::ShortFull | F::ShortIso | F::ShortIsoPrecise | F::ShortPrecise => short(options),
            F::ShortMonotonic | F::ShortDelta | F::ShortUnix | F::WithUnit => short(options),
            F::Verbose => Printing::Verbose(Box::new(verbose::Verbose::new(options))),
            F::Export => Printing::Export(Box::new(export::Export::new(options))),
            F::Json => json(options, json::Layout::Line),
            F::JsonPretty => json(options, json::Layout::Pretty),
            F::JsonSse => json(options, json::Layout::Event),
            F::JsonSeq => json(options, json::Layout::Sequence),
            F::Cat => Printing::Cat(Box::new(cat::Cat::new(options))),
        };
        Self { printing }
    }

    /// Appends an entry to `out`. `matched` is the part of the message that a pattern found, for the colours.
    /// Some formats show nothing of an entry without a message.
    pub fn print(&mut self, entry: Entry<'_>, matched: Option<Range<usize>>, out: &mut Vec<u8>) {
        match &mut self.printing {
            Printing::Short(short) => short.print(entry, matched, out),
            Printing::Verbose(verbose) => verbose.print(entry, out),
            Printing::Export(export) => export.print(entry, out),
            Printing::Json(json) => json.print(entry, out),
            Printing::Cat(cat) => cat.print(entry, matched, out),
        }
    }
}

fn short(options: Options) -> Printing {
    Printing::Short(Box::new(short::Short::new(options)))
}

fn json(options: Options, layout: json::Layout) -> Printing {
    Printing::Json(Box::new(json::Json::new(options, layout)))
}

/// The line that stands between the entries of two boots.
pub fn print_boot(boot: Id128, colour: bool, out: &mut Vec<u8>) {
    if colour {
        out.extend_from_slice(colour::BOLD);
    }
    out.extend_from_slice(b"-- Boot ");
    text::push_id(out, &boot.0);
    out.extend_from_slice(b" --");
    if colour {
        out.extend_from_slice(colour::OFF);
    }
    out.push(b'\n');
}

/// A part of an object in JSON.
#[derive(Clone, Copy, Debug)]
pub enum JsonPart<'p> {
    /// A text of plain letters.
    Text(&'p str),
    /// A number in digits.
    Number(&'p str),
}

/// Writes a part of an object, in its colour where there are colours.
#[must_use]
pub fn json_part(part: JsonPart<'_>, colour: bool) -> String {
    let (quote, code, text) = match part {
        JsonPart::Text(text) => ("\"", colour::JSON_TEXT, text),
        JsonPart::Number(digits) => ("", colour::JSON_NUMBER, digits),
    };
    if !colour {
        return format!("{quote}{text}{quote}");
    }
    let (on, off) = (String::from_utf8_lossy(code), String::from_utf8_lossy(colour::OFF));
    format!("{quote}{on}{text}{off}{quote}")
}

/// A cell in the head of a table, which is underlined where there are colours.
pub fn push_head(out: &mut Vec<u8>, cell: &str, colour: bool) {
    if !colour {
        return out.extend_from_slice(cell.as_bytes());
    }
    for part in [colour::OFF, colour::UNDERLINE, cell.as_bytes(), colour::OFF] {
        out.extend_from_slice(part);
    }
}

/// A size in bytes as systemd writes it: `6B`, `16.0M`.
#[must_use]
pub fn size(bytes: u64) -> String {
    let mut out = Vec::new();
    text::push_byte_count(&mut out, bytes);
    String::from_utf8_lossy(&out).into_owned()
}

/// `__CURSOR` of an entry.
fn push_cursor(out: &mut Vec<u8>, entry: Entry<'_>) {
    let stamp = entry.stamp();
    out.extend_from_slice(b"s=");
    text::push_id(out, &stamp.seqnum_id.0);
    out.extend_from_slice(b";i=");
    text::push_hex(out, stamp.seqnum);
    out.extend_from_slice(b";b=");
    text::push_id(out, &stamp.boot.0);
    for (letter, number) in [(b'm', stamp.monotonic), (b't', stamp.realtime.micros()), (b'x', stamp.xor_hash)]
    {
        out.extend_from_slice(&[b';', letter, b'=']);
        text::push_hex(out, number);
    }
}

/// systemd takes no greater number for a time: that one is in the year 3111.
const TIMES: u64 = 1 << 55;

/// The time to show: when the message was sent, where journald was told, else when it was received.
fn shown_time(entry: Entry<'_>, source: Option<&[u8]>) -> Timestamp {
    source
        .and_then(source_micros)
        .filter(|&micros| micros > 0)
        .map_or(entry.realtime(), Timestamp::from_micros)
}

/// When something happened by a clock of its source, where the value can be such a time.
fn source_micros(value: &[u8]) -> Option<u64> {
    let number = integer::parse_long(std::str::from_utf8(text::until_nul(value)).ok()?)?;
    u64::try_from(number).ok().filter(|&micros| micros < TIMES)
}

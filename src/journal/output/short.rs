//! The family of `short`: time, host, identifier, process, message, as syslog writes them.
//!
//! A part that cannot be printed or is longer than 299 bytes is left out; a message that cannot be printed is named
//! by its size; the lines of a message stand under each other. An entry without a message is not shown.

use std::ops::Range;

use super::colour::Paint;
use super::room::{DOTS, Fit, Line, Room, Sign};
use super::stamp::{Form, Stamps};
use super::text::{LineFeed, is_printable, push_byte_count, push_padded, tidy, until_nul};
use super::{Entry, Field, Format, Id128, Options, shown_time, source_micros};
use crate::time::Timestamp;

/// A part of the head that is as long is left out.
const TOO_LONG: usize = 300;
/// The priority of an entry that has none: information.
const USUAL_PRIORITY: u8 = 6;
const MICROS: u64 = 1_000_000;

#[derive(Debug)]
pub(super) struct Short {
    options: Options,
    clock: Clock,
    known: KnownParts,
    tidied: Vec<u8>,
}

/// How the time is shown.
#[derive(Debug)]
enum Clock {
    Calendar(Stamps),
    Unix,
    Monotonic,
    /// With what was shown last.
    Delta(Option<Shown>),
}

#[derive(Clone, Copy, Debug)]
struct Shown {
    boot: Id128,
    monotonic: u64,
    realtime: Timestamp,
}

/// The fields that the line is made of; of a field that comes several times, the last.
#[derive(Debug, Default)]
struct Parts<'e> {
    message: Option<&'e [u8]>,
    hostname: Option<&'e [u8]>,
    identifier: Option<&'e [u8]>,
    comm: Option<&'e [u8]>,
    pid: Option<&'e [u8]>,
    syslog_pid: Option<&'e [u8]>,
    realtime: Option<&'e [u8]>,
    monotonic: Option<&'e [u8]>,
    priority: Option<&'e [u8]>,
    transport: Option<&'e [u8]>,
    unit: Option<&'e [u8]>,
    user_unit: Option<&'e [u8]>,
}

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Message,
    Hostname,
    Identifier,
    Comm,
    Pid,
    SyslogPid,
    Realtime,
    Monotonic,
    Priority,
    Transport,
    Unit,
    UserUnit,
}

impl Part {
    fn named(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"MESSAGE" => Self::Message,
            b"_HOSTNAME" => Self::Hostname,
            b"SYSLOG_IDENTIFIER" => Self::Identifier,
            b"_COMM" => Self::Comm,
            b"_PID" => Self::Pid,
            b"SYSLOG_PID" => Self::SyslogPid,
            b"_SOURCE_REALTIME_TIMESTAMP" => Self::Realtime,
            b"_SOURCE_MONOTONIC_TIMESTAMP" => Self::Monotonic,
            b"PRIORITY" => Self::Priority,
            b"_TRANSPORT" => Self::Transport,
            b"_SYSTEMD_UNIT" => Self::Unit,
            b"_SYSTEMD_USER_UNIT" => Self::UserUnit,
            _ => return None,
        })
    }
}

impl<'e> Parts<'e> {
    fn of(entry: Entry<'e>, known: &mut KnownParts) -> Self {
        let mut parts = Self::default();
        for field in entry.fields() {
            if let Some(part) = known.part(field) {
                *parts.place(part) = Some(field.value);
            }
        }
        parts
    }

    const fn place(&mut self, part: Part) -> &mut Option<&'e [u8]> {
        match part {
            Part::Message => &mut self.message,
            Part::Hostname => &mut self.hostname,
            Part::Identifier => &mut self.identifier,
            Part::Comm => &mut self.comm,
            Part::Pid => &mut self.pid,
            Part::SyslogPid => &mut self.syslog_pid,
            Part::Realtime => &mut self.realtime,
            Part::Monotonic => &mut self.monotonic,
            Part::Priority => &mut self.priority,
            Part::Transport => &mut self.transport,
            Part::Unit => &mut self.unit,
            Part::UserUnit => &mut self.user_unit,
        }
    }
}

/// Which part a value is that entries share, so that its name is looked at once.
#[derive(Debug, Default)]
#[expect(clippy::option_option, reason = "no part is another thing than a value that was not looked at")]
struct KnownParts {
    /// Indexed by key; inside `None` for one that is no part.
    of_keys: Vec<Option<Option<Part>>>,
}

/// Beyond so many keys the name is looked at each time.
const KEYS: usize = 1 << 20;

impl KnownParts {
    fn part(&mut self, field: Field<'_>) -> Option<Part> {
        let Some(key) = field.key.map(|key| key.0 as usize).filter(|&key| key < KEYS) else {
            return Part::named(field.name);
        };
        if let Some(&Some(part)) = self.of_keys.get(key) {
            return part;
        }
        if self.of_keys.len() <= key {
            self.of_keys.resize(key + 1, None);
        }
        *self.of_keys[key].insert(Part::named(field.name))
    }
}

/// The priority that a field gives.
pub(super) fn priority(value: Option<&[u8]>) -> u8 {
    match value {
        Some(&[digit @ b'0'..=b'7']) => digit - b'0',
        _ => USUAL_PRIORITY,
    }
}

impl Short {
    pub(super) fn new(options: Options) -> Self {
        let clock = Clock::of(&options);
        Self { options, clock, known: KnownParts::default(), tidied: Vec::new() }
    }

    pub(super) fn print(&mut self, entry: Entry<'_>, matched: Option<Range<usize>>, out: &mut Vec<u8>) {
        let parts = Parts::of(entry, &mut self.known);
        let Some(stored) = parts.message else { return self.clock.pass(entry, &parts) };
        let start = out.len();
        self.clock.push(out, entry, &parts);
        let width = out.len() - start + push_head(&self.options, &parts, out);
        let message = if self.options.all { stored } else { tidy(stored, &mut self.tidied) };
        if !self.options.all && !is_printable(message, LineFeed::Printable) {
            out.push(b'[');
            push_byte_count(out, message.len() as u64);
            out.extend_from_slice(b" blob data]\n");
            return;
        }
        let paint = paint(&self.options, &parts);
        let message = if self.options.first_line_only { first_line(message) } else { message };
        let highlight = match matched {
            Some(part) if paint.is_some() && !self.options.all => behind_tabs(&part, stored),
            matched => matched.unwrap_or(0..0),
        };
        let sign = if self.options.utf8 { Sign::Ellipsis } else { Sign::Dots };
        let room = Room::behind(width, self.options.cut_to, sign);
        Body { room, width, paint, highlight }.push(out, message);
    }
}

fn first_line(message: &[u8]) -> &[u8] {
    &message[..memchr::memchr(b'\n', message).unwrap_or(message.len())]
}

fn paint(options: &Options, parts: &Parts<'_>) -> Option<Paint> {
    let is_audit = parts.transport == Some(b"audit");
    options.colour.and_then(|palette| Paint::of(palette, priority(parts.priority), is_audit))
}

impl Clock {
    const fn of(options: &Options) -> Self {
        let form = match options.format {
            Format::ShortMonotonic => return Self::Monotonic,
            Format::ShortDelta => return Self::Delta(None),
            Format::ShortUnix => return Self::Unix,
            Format::ShortFull | Format::WithUnit => Form::Full,
            Format::ShortIso => Form::Iso,
            Format::ShortIsoPrecise => Form::IsoPrecise,
            Format::ShortPrecise => Form::SyslogPrecise,
            Format::Short
            | Format::Verbose
            | Format::Export
            | Format::Json
            | Format::JsonPretty
            | Format::JsonSse
            | Format::JsonSeq
            | Format::Cat => Form::Syslog,
        };
        Self::Calendar(Stamps::new(form, options.zone))
    }

    fn push(&mut self, out: &mut Vec<u8>, entry: Entry<'_>, parts: &Parts<'_>) {
        let shown = Shown::of(entry, parts);
        match self {
            Self::Calendar(stamps) => stamps.push(out, shown.realtime),
            Self::Unix => push_seconds(out, shown.realtime.micros(), 10),
            Self::Monotonic => {
                out.push(b'[');
                push_seconds(out, shown.monotonic, 5);
                out.push(b']');
            }
            Self::Delta(before) => {
                out.push(b'[');
                push_seconds(out, shown.monotonic, 5);
                push_delta(out, before.replace(shown), shown);
                out.push(b']');
            }
        }
    }

    /// Takes note of an entry that is not shown: the time since the last is counted from it all the same.
    fn pass(&mut self, entry: Entry<'_>, parts: &Parts<'_>) {
        match self {
            Self::Delta(before) => *before = Some(Shown::of(entry, parts)),
            Self::Calendar(_) | Self::Unix | Self::Monotonic => {}
        }
    }
}

impl Shown {
    fn of(entry: Entry<'_>, parts: &Parts<'_>) -> Self {
        Self {
            boot: entry.boot(),
            monotonic: parts.monotonic.and_then(source_micros).unwrap_or(entry.monotonic_micros()),
            realtime: shown_time(entry, parts.realtime),
        }
    }
}

fn push_seconds(out: &mut Vec<u8>, micros: u64, width: usize) {
    push_padded(out, micros / MICROS, width, b' ');
    out.push(b'.');
    push_padded(out, micros % MICROS, 6, b'0');
}

/// The time since the line before. Between two boots only the calendar counts, which a `*` says.
fn push_delta(out: &mut Vec<u8>, before: Option<Shown>, now: Shown) {
    let Some(before) = before else { return out.extend_from_slice(&[b' '; 16]) };
    let same_boot = before.boot == now.boot;
    let micros = if same_boot {
        now.monotonic.saturating_sub(before.monotonic)
    } else {
        now.realtime.micros().saturating_sub(before.realtime.micros())
    };
    out.extend_from_slice(b" <");
    push_seconds(out, micros, 5);
    out.extend_from_slice(if same_boot { b" >" } else { b"*>" });
}

/// Host, identifier or unit, and process. Returns the width that journalctl gives it, which is not what it takes
/// where there is no identifier, or a user's unit.
fn push_head(options: &Options, parts: &Parts<'_>, out: &mut Vec<u8>) -> usize {
    let part = |value: Option<&'_ [u8]>| -> bool { value.is_some_and(|value| is_part(options, value)) };
    let mut width = 0;
    if let Some(hostname) = parts.hostname.filter(|_| options.hostname && part(parts.hostname)) {
        width += push_part(out, b" ", hostname);
    }
    let with_unit = options.format == Format::WithUnit && (part(parts.unit) || part(parts.user_unit));
    if with_unit {
        width += push_units(out, parts);
    } else if let Some(name) = [parts.identifier, parts.comm].into_iter().find(|&name| part(name)).flatten() {
        width += push_part(out, b" ", name);
    } else {
        out.extend_from_slice(b" unknown");
    }
    if let Some(pid) = [parts.pid, parts.syslog_pid].into_iter().find(|&pid| part(pid)).flatten() {
        width += push_part(out, b"[", pid) + b"]".len();
        out.push(b']');
    }
    out.extend_from_slice(b": ");
    width + b": ".len()
}

fn is_part(options: &Options, value: &[u8]) -> bool {
    options.all || (value.len() < TOO_LONG && is_printable(value, LineFeed::Printable))
}

fn push_part(out: &mut Vec<u8>, before: &[u8], value: &[u8]) -> usize {
    out.extend_from_slice(before);
    out.extend_from_slice(until_nul(value));
    before.len() + value.len()
}

/// A user's unit counts as if it were as long as the system's.
fn push_units(out: &mut Vec<u8>, parts: &Parts<'_>) -> usize {
    let mut width = 0;
    if let Some(unit) = parts.unit {
        width += push_part(out, b" ", unit);
    }
    if let Some(user_unit) = parts.user_unit {
        push_part(out, if parts.unit.is_some() { b"/" } else { b" " }, user_unit);
        width += parts.unit.map_or(0, <[u8]>::len) + b" ".len();
    }
    width
}

/// How a message is put behind its head.
struct Body {
    room: Room,
    /// Of the head; further lines are put under the first.
    width: usize,
    paint: Option<Paint>,
    /// What of the message is painted otherwise.
    highlight: Range<usize>,
}

/// Where a match is once every TAB has become eight spaces. Of colours that were taken out journalctl takes no
/// account.
fn behind_tabs(part: &Range<usize>, stored: &[u8]) -> Range<usize> {
    let moved = |at: usize| at + 7 * memchr::memchr_iter(b'\t', &stored[..at.min(stored.len())]).count();
    moved(part.start)..moved(part.end)
}

impl Body {
    fn push(&self, out: &mut Vec<u8>, message: &[u8]) {
        if message.is_empty() {
            return out.push(b'\n');
        }
        for line in self.room.lines(message) {
            match self.room.fit(line) {
                Fit::Whole(text) => self.push_line(out, line, until_nul(text), self.highlight_in(line)),
                // What is cut is painted in one colour.
                Fit::Cut(text) => self.push_line(out, line, &text, None),
                Fit::Nothing => out.extend_from_slice(DOTS),
            }
            out.push(b'\n');
        }
    }

    fn push_line(&self, out: &mut Vec<u8>, line: Line<'_>, text: &[u8], highlight: Option<Range<usize>>) {
        if line.begin > 0 {
            out.resize(out.len() + self.width, b' ');
        }
        match self.paint {
            Some(paint) => paint.push_line(out, text, highlight),
            None => out.extend_from_slice(text),
        }
    }

    /// What of a line is painted otherwise. journalctl looks for the line by the place in the message, and takes
    /// that place from the beginning of the line.
    fn highlight_in(&self, line: Line<'_>) -> Option<Range<usize>> {
        let Range { start, end } = self.highlight;
        let is_here = (line.begin..line.begin + line.text.len()).contains(&start);
        (is_here && start < line.text.len()).then_some(start..end)
    }
}

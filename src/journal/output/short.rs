//! The family of `short`: time, host, identifier, process, message, as syslog writes them.
//!
//! A part that cannot be printed or is longer than 299 bytes is left out; a message that cannot be printed is named
//! by its size; the lines of a message stand under each other. An entry without a message is not shown.

use std::ops::Range;

use super::colour::{Paint, Tail};
use super::stamp::{Form, Stamps};
use super::text::{LineFeed, is_printable, lines, push_byte_count, push_padded, tidy, until_nul};
use super::{Entry, Format, Id128, Options, number, shown_time};
use crate::time::Timestamp;

/// A part of the head that is as long is left out, and so is what stands behind as much of a cut message.
const TOO_LONG: usize = 300;
/// Lines of a message that are shown where lines are cut.
const CUT_LINES: usize = 3;
/// The priority of an entry that has none: information.
const USUAL_PRIORITY: u8 = 6;
const MICROS: u64 = 1_000_000;

#[derive(Debug)]
pub(super) struct Short {
    options: Options,
    clock: Clock,
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

impl<'e> Parts<'e> {
    fn of(entry: Entry<'e>) -> Self {
        let mut parts = Self::default();
        for field in entry.fields() {
            if let Some(part) = parts.named(field.name) {
                *part = Some(field.value);
            }
        }
        parts
    }

    fn named(&mut self, name: &[u8]) -> Option<&mut Option<&'e [u8]>> {
        Some(match name {
            b"MESSAGE" => &mut self.message,
            b"_HOSTNAME" => &mut self.hostname,
            b"SYSLOG_IDENTIFIER" => &mut self.identifier,
            b"_COMM" => &mut self.comm,
            b"_PID" => &mut self.pid,
            b"SYSLOG_PID" => &mut self.syslog_pid,
            b"_SOURCE_REALTIME_TIMESTAMP" => &mut self.realtime,
            b"_SOURCE_MONOTONIC_TIMESTAMP" => &mut self.monotonic,
            b"PRIORITY" => &mut self.priority,
            b"_TRANSPORT" => &mut self.transport,
            b"_SYSTEMD_UNIT" => &mut self.unit,
            b"_SYSTEMD_USER_UNIT" => &mut self.user_unit,
            _ => return None,
        })
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
        Self { options, clock, tidied: Vec::new() }
    }

    pub(super) fn print(&mut self, entry: Entry<'_>, matched: Option<Range<usize>>, out: &mut Vec<u8>) {
        let parts = Parts::of(entry);
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
        // Where the text is not the one that was searched, the place of the match is not known.
        let matched = matched.filter(|_| message.len() == stored.len());
        let paint = paint(&self.options, &parts);
        let message = if self.options.first_line_only { first_line(message) } else { message };
        Body { cut_to: self.options.cut_to, width, paint, matched }.push(out, message);
    }
}

fn first_line(message: &[u8]) -> &[u8] {
    message.split(|&byte| byte == b'\n').next().unwrap_or_default()
}

fn paint(options: &Options, parts: &Parts<'_>) -> Option<Paint> {
    let is_audit = parts.transport == Some(b"audit");
    options.colour.then(|| Paint::of(priority(parts.priority), is_audit)).flatten()
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
            monotonic: parts.monotonic.and_then(number).unwrap_or(entry.monotonic_micros()),
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
    cut_to: Option<usize>,
    /// Of the head; further lines are put under the first.
    width: usize,
    paint: Option<Paint>,
    matched: Option<Range<usize>>,
}

impl Body {
    fn push(&self, out: &mut Vec<u8>, message: &[u8]) {
        if message.is_empty() {
            return out.push(b'\n');
        }
        let mut end = 0;
        for (number, line) in lines(message).enumerate() {
            let is_room = self.cut_to.is_none_or(|columns| columns >= self.width + DOTS.len());
            if number > 0 && is_room {
                out.resize(out.len() + self.width, b' ');
            }
            end += line.len() + 1;
            let is_last = number + 1 == CUT_LINES || end >= TOO_LONG;
            match self.cut_to {
                None => self.paint_line(out, number, until_nul(line)),
                Some(columns) => self.push_cut(out, number, line, columns, is_last),
            }
            out.push(b'\n');
            if self.cut_to.is_some() && is_last {
                return;
            }
        }
    }

    fn paint_line(&self, out: &mut Vec<u8>, number: usize, line: &[u8]) {
        match self.paint {
            Some(_) if line.is_empty() => {}
            Some(paint) if number == 0 => {
                paint.push(out, line, Some(self.matched.clone().unwrap_or(0..0)), Tail::WhereText);
            }
            Some(paint) => paint.push(out, line, None, Tail::WhereText),
            None => out.extend_from_slice(line),
        }
    }

    /// A line that is longer than its columns loses its middle; the last one that is shown, its end.
    fn push_cut(&self, out: &mut Vec<u8>, number: usize, line: &[u8], columns: usize, is_last: bool) {
        let room = columns.saturating_sub(self.width);
        if room < DOTS.len() {
            out.extend_from_slice(DOTS);
        } else if line.len() <= room {
            self.paint_line(out, number, line);
            if is_last && line.len() + DOTS.len() < room {
                out.extend_from_slice(DOTS);
            }
        } else {
            let cut = ellipsize(line, room, if is_last { 100 } else { 90 });
            self.paint_line(out, number, cut.as_bytes());
        }
    }
}

const DOTS: &[u8] = b"...";

/// Takes characters out so that the text fits; so many percent of the room are for its beginning.
fn ellipsize(text: &[u8], room: usize, percent: usize) -> String {
    let text = String::from_utf8_lossy(text);
    if text.chars().map(columns).sum::<usize>() <= room {
        return text.into_owned();
    }
    let mut used = 0;
    let mut fits = |c: char, limit: usize| {
        let goes_in = used + columns(c) <= limit;
        used += if goes_in { columns(c) } else { 0 };
        goes_in
    };
    // Of plain letters journalctl counts half a column more.
    let half = if text.is_ascii() { 50 } else { 0 };
    let for_beginning = (room.saturating_sub(1) * percent + half) / 100;
    let beginning: usize = text.chars().take_while(|&c| fits(c, for_beginning)).map(char::len_utf8).sum();
    let end: usize = text.chars().rev().take_while(|&c| fits(c, room)).map(char::len_utf8).sum();
    // The first character of the end makes room for the sign.
    let end = &text[text.len() - end..];
    let end = end.char_indices().nth(1).map_or("", |(at, _)| &end[at..]);
    format!("{}\u{2026}{end}", &text[..beginning])
}

/// How many columns of a terminal a character takes.
const fn columns(c: char) -> usize {
    let is_wide = matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff01}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}' | '\u{1f300}'..='\u{1f64f}' | '\u{1f900}'..='\u{1f9ff}' | '\u{20000}'..='\u{3fffd}');
    if is_wide { 2 } else { 1 }
}

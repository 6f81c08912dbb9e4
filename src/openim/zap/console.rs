//! The console form: columns between TABs.
//!
//! | column | v3.0 to v3.6 | v3.7 to v3.8.1 | v3.8.2 and later |
//! | --- | --- | --- | --- |
//! | time | 23 bytes | same | same |
//! | level, coloured | `WARN` | same | same |
//! | process, coloured | `[PID:155855]` | padded to 15 | same |
//! | module, coloured | as it is | padded or cut to 25 | same |
//! | version | not there | `[version:3.8.0]`, 17 | `[v3.8.3-patch.16]`, 30 |
//! | caller | as it is | padded or cut to 50 | same |
//! | message | as it is | padded to 50 (start-up lines: not) | same |
//! | keys and values | absent when there are none | same | same |

use memchr::{memchr, memrchr};

use super::{Fields, Form, ZapLine, is_time, parse_pid, without_line_end, without_trailing_spaces};
use crate::openim::level::Level;

/// The caller column is cut to this many bytes, and then has no closing bracket.
const CALLER_WIDTH: usize = 50;

/// What every generation begins with, and no other program's lines do.
struct Head<'a> {
    time: &'a [u8],
    level: Level,
    pid: u32,
    module: &'a [u8],
    /// All after the module and its TAB.
    rest: &'a [u8],
}

pub(super) fn parse(line: &[u8]) -> Option<ZapLine<'_>> {
    let Head { time, level, pid, module, rest } = parse_head(line)?;
    let Places { version, caller, rest } = parse_places(rest)?;
    let (message, fields) = rest.map_or((&[][..], Fields::EMPTY), parse_message);
    Some(ZapLine {
        time,
        level,
        pid: Some(pid),
        module,
        version,
        caller,
        message,
        fields,
        form: Form::Console,
        cut: rest.is_none() || fields.is_cut(),
    })
}

pub(super) fn level(line: &[u8]) -> Option<Level> {
    let (time, rest) = column(line)?;
    let (level, _) = column(rest)?;
    Level::from_zap(uncoloured(level)).filter(|_| is_time(time))
}

/// The level of a record, of which keys and values are not read: they decide nothing.
pub(super) fn record_level(line: &[u8]) -> Option<Level> {
    let Head { level, rest, .. } = parse_head(line)?;
    parse_places(rest).map(|_| level)
}

fn parse_head(line: &[u8]) -> Option<Head<'_>> {
    let (time, rest) = column(line)?;
    if !is_time(time) {
        return None;
    }
    let (level, rest) = column(rest)?;
    let level = Level::from_zap(uncoloured(level))?;
    let (pid, rest) = column(rest)?;
    let pid = without_trailing_spaces(uncoloured(pid));
    let pid = parse_pid(pid.strip_prefix(b"[PID:")?.strip_suffix(b"]")?)?;
    let (module, rest) = column(rest)?;
    let module = without_trailing_spaces(uncoloured(module));
    // The logger puts no bracket around a module, and each column after it has one.
    (!module.is_empty() && rest.first() == Some(&b'[')).then_some(Head { time, level, pid, module, rest })
}

/// The two columns in brackets.
struct Places<'a> {
    version: Option<&'a [u8]>,
    caller: Option<&'a [u8]>,
    /// Message, keys and values; `None` when the line ends before.
    rest: Option<&'a [u8]>,
}

/// Reads version and caller, or the caller alone where there is no version column: what names a
/// line of Go code is a caller, in which place so ever.
fn parse_places(text: &[u8]) -> Option<Places<'_>> {
    let (first, after) = last_column(text);
    if is_whole_caller(first) {
        return Some(Places { version: None, caller: bracketed(first), rest: after });
    }
    let version = Some(parse_version(first)?);
    let Some(after) = after else {
        return Some(Places { version, caller: None, rest: None });
    };
    let (second, rest) = last_column(after);
    if !is_caller(second, rest.is_none()) {
        return None;
    }
    Some(Places { version, caller: bracketed(second), rest })
}

/// The version in its brackets; the closing one may have been cut off, and v3.8.3 to
/// v3.8.3-patch.5 have a LF before it.
fn parse_version(column: &[u8]) -> Option<&[u8]> {
    let version = bracketed(column)?;
    let version = version.strip_prefix(b"version:").unwrap_or(version);
    Some(version.trim_ascii())
}

/// What stands between `[` and `]`, or the end where the column was cut.
fn bracketed(column: &[u8]) -> Option<&[u8]> {
    let inner = without_trailing_spaces(column).strip_prefix(b"[")?;
    Some(inner.strip_suffix(b"]").unwrap_or(inner))
}

/// `[startrpc/start.go:213]`, padded or not.
fn is_whole_caller(column: &[u8]) -> bool {
    let Some(inner) =
        without_trailing_spaces(column).strip_prefix(b"[").and_then(|inner| inner.strip_suffix(b"]"))
    else {
        return false;
    };
    let Some(colon) = memrchr(b':', inner) else { return false };
    let (file, line) = inner.split_at(colon);
    file.ends_with(b".go") && line.len() > 1 && line.iter().skip(1).all(u8::is_ascii_digit)
}

/// A caller, cut to its width or by the end of the line.
fn is_caller(column: &[u8], is_last: bool) -> bool {
    column.first() == Some(&b'[')
        && (is_last || column.len() >= CALLER_WIDTH || without_trailing_spaces(column).ends_with(b"]"))
}

/// Divides message from keys and values. A TAB may stand in the message, but never in the JSON
/// object, so the last one divides, if an object follows it.
fn parse_message(text: &[u8]) -> (&[u8], Fields<'_>) {
    if let Some(fields) = Fields::parse_object(text) {
        // A message without text has no column at all.
        return (b"", fields);
    }
    let Some(tab) = memrchr(b'\t', text) else {
        return (without_trailing_spaces(text), Fields::EMPTY);
    };
    let (message, object) = text.split_at(tab);
    match object.get(1..).and_then(Fields::parse_object) {
        Some(fields) => (without_trailing_spaces(message), fields),
        None => (without_trailing_spaces(text), Fields::EMPTY),
    }
}

/// Whether a line is the first of the two that v3.8.3 to v3.8.3-patch.5 (chat v1.8.4 to
/// v1.8.4-patch.2) make of each record: their version ends in a LF, so it ends in that column.
///
/// ```text
/// 2025-02-12 12:07:44.282⇥␛[33mWARN␛[0m⇥␛[33m[PID:97010]    ␛[0m⇥␛[33mopenim-msggateway        ␛[0m⇥[v3.8.3
/// ]                     ⇥[mw/rpc_client_interceptor.go:74]                 ⇥rpc client response failed   ...
/// ```
#[must_use]
pub fn is_split_head(line: &[u8]) -> bool {
    parse_head(without_line_end(line))
        .is_some_and(|head| memchr(b'\t', head.rest).is_none() && memchr(b']', head.rest).is_none())
}

/// Whether a line is the second of the two; [`parse`](super::parse) reads head, LF and tail as one text.
///
/// Both come from one write, so in a file the tail follows its head at once, and in the journal it
/// is the next entry of the same stream.
#[must_use]
pub fn is_split_tail(line: &[u8]) -> bool {
    let Some((closing, rest)) = column(line) else { return false };
    without_trailing_spaces(closing) == b"]" && rest.first() == Some(&b'[')
}

/// What stands before the next TAB, and what after it.
fn column(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let tab = memchr(b'\t', text)?;
    Some((text.get(..tab)?, text.get(tab + 1..)?))
}

/// A column that may be the last one of the line; a TAB that ends a line divides nothing.
fn last_column(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    column(text).map_or((text, None), |(first, rest)| (first, (!rest.is_empty()).then_some(rest)))
}

/// A column without the one colour before it and the reset after it.
fn uncoloured(column: &[u8]) -> &[u8] {
    let Some(inner) = column.strip_prefix(b"\x1b[") else { return column };
    let Some(end) = inner.iter().position(|byte| !byte.is_ascii_digit() && *byte != b';') else {
        return column;
    };
    let Some(text) = inner.get(end..).and_then(|text| text.strip_prefix(b"m")) else { return column };
    text.strip_suffix(b"\x1b[0m").unwrap_or(text)
}

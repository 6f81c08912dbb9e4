//! The JSON form: one object whose head has a fixed order.
//!
//! `level`, `time`, `logger`, `caller`, `msg`, `PID`, `version`, then the keys of the record.
//! Other programs write JSON lines too; etcd's client, which OpenIM embeds, begins with a
//! lower-case level and the key `ts`.

use memchr::memchr;

use super::fields::{Entry, next_entry};
use super::{Fields, Form, RawValue, ZapLine, is_time, parse_pid, without_trailing_spaces};
use crate::openim::level::Level;

pub(super) fn level(line: &[u8]) -> Option<Level> {
    let rest = line.strip_prefix(br#"{"level":""#)?;
    Level::from_zap(rest.get(..memchr(b'"', rest)?)?)
}

pub(super) fn parse(line: &[u8]) -> Option<ZapLine<'_>> {
    let level = level(line)?;
    let mut head = Reader { rest: line.strip_prefix(b"{")? };
    head.string("level")?;
    let time = head.string("time").filter(|time| is_time(time))?;
    let module = head.string("logger").filter(|module| !module.is_empty())?;
    let caller = head.string("caller");
    let message = head.string("msg").unwrap_or_default();
    let pid = head.pid();
    let version = head.string("version");
    let fields = Fields::parse_rest(head.rest);
    Some(ZapLine {
        time,
        level,
        pid,
        module,
        version: version.map(without_line_feed).filter(|version| !version.is_empty()),
        caller,
        message: without_trailing_spaces(message),
        fields,
        form: Form::Json,
        cut: fields.is_cut(),
    })
}

/// Takes the keys of the head one after the other.
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// The next value if it belongs to this key.
    fn take(&mut self, key: &str) -> Option<RawValue<'a>> {
        let Entry { key: found, value, rest } = next_entry(self.rest)?;
        if found.raw() != key.as_bytes() {
            return None;
        }
        self.rest = rest;
        Some(value)
    }

    /// The inside of the next value if it belongs to this key and is a string.
    fn string(&mut self, key: &str) -> Option<&'a [u8]> {
        let before = self.rest;
        let inner = self.take(key).and_then(RawValue::string);
        if inner.is_none() {
            self.rest = before;
        }
        inner
    }

    /// The next value if it is a process id.
    fn pid(&mut self) -> Option<u32> {
        let before = self.rest;
        let pid = self.take("PID").and_then(|pid| parse_pid(pid.raw()));
        if pid.is_none() {
            self.rest = before;
        }
        pid
    }
}

/// v3.8.3 to v3.8.3-patch.5 have a line feed at the end of their version, here escaped.
fn without_line_feed(version: &[u8]) -> &[u8] {
    version.strip_suffix(br"\n").unwrap_or(version)
}

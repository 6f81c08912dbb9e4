//! The lines that OpenIM's logger writes, taken apart without copying a byte.
//!
//! The logger is zap behind openimsdk/tools, in one of two forms. The console form has columns
//! between TABs, three of them coloured even in files and pipes:
//!
//! ```text
//! 2026-07-02 08:40:07.464⇥␛[33mWARN␛[0m⇥␛[33m[PID:1555]     ␛[0m⇥␛[33mopenim-msggateway        ␛[0m⇥[v3.8.3-patch.16]             ⇥[msggateway/http_error.go:23]                     ⇥ws connection error                               ⇥{"connID": "383fdb61"}
//! ```
//!
//! The JSON form (`isJson: true`) begins with a head of fixed order:
//!
//! ```text
//! {"level":"WARN","time":"2026-07-02 08:53:00.020","logger":"openim-push","caller":"kafka/consumer_group.go:61","msg":"consume err       ","PID":165,"version":"v3.8.3-patch.16","groupID":"push"}
//! ```
//!
//! [`parse`] reads every generation from v3.0 to main, with or without colours, and takes nothing
//! for a record that another program wrote: what else OpenIM's processes print is the business of
//! [`super::line`]. It needs the TABs: `journalctl -o short` replaces each by eight spaces, and
//! such text is not read. A zone is not in the line either; [`ZapLine::time`] is local time.
//!
//! Source: openimsdk/tools `log/zap.go` and `log/encoder.go`, open-im-server v3.0 to v3.8.3-patch.16
//! and main; zap `zapcore/console_encoder.go`.

mod console;
mod fields;
mod json;

use std::borrow::Cow;

pub use console::{is_split_head, is_split_tail};
pub use fields::{Fields, Iter, Key, RawValue};

use super::level::Level;

/// The form a record was written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// Columns between TABs.
    Console,
    /// One JSON object (`isJson: true`).
    Json,
}

/// One record of OpenIM's logger, borrowed from its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZapLine<'a> {
    /// Local time without a zone, always 23 bytes: `2026-07-02 08:37:22.123`.
    pub time: &'a [u8],
    /// The level.
    pub level: Level,
    /// The process; JSON lines of v3.0 to v3.6 may be without.
    pub pid: Option<u32>,
    /// The process name, `openim-rpc-user`; the console form cuts it to 25 bytes.
    pub module: &'a [u8],
    /// The version, `v3.8.3-patch.16`, without brackets, padding and the `version:` of v3.7 to
    /// v3.8.1; `None` in v3.0 to v3.6. The console form cuts the column to 30 (v3.7: 17) bytes.
    pub version: Option<&'a [u8]>,
    /// Where in the code, `startrpc/start.go:213`; the console form cuts the column to 50 bytes.
    pub caller: Option<&'a [u8]>,
    /// The message without the spaces that pad it. In the JSON form its escapes are as written;
    /// [`ZapLine::message_text`] resolves them.
    pub message: &'a [u8],
    /// Keys and values that follow.
    pub fields: Fields<'a>,
    /// The form it was written in.
    pub form: Form,
    /// The line ends before its record does: journald (48 KB) and Docker (16 KB) cut long lines in
    /// pieces, a full disk anywhere. What is whole has been read. A console record that was cut
    /// inside its message cannot be told from a short one.
    pub cut: bool,
}

/// Reads one record; `None` when OpenIM's logger did not write this line.
///
/// A line end (LF, CR LF) may be there. The two physical lines that v3.8.3 to v3.8.3-patch.5 make
/// of a record are read when they are given as one text with the LF between; see
/// [`is_split_head`]. The first of them alone is a record that is cut.
#[must_use]
pub fn parse(line: &[u8]) -> Option<ZapLine<'_>> {
    let line = without_line_end(line);
    if line.first() == Some(&b'{') { json::parse(line) } else { console::parse(line) }
}

/// The level of the record that [`parse`] gives, and `None` where it gives none; at half the cost or less.
#[must_use]
pub fn record_level(line: &[u8]) -> Option<Level> {
    let line = without_line_end(line);
    if line.first() == Some(&b'{') {
        json::parse(line).map(|record| record.level)
    } else {
        console::record_level(line)
    }
}

/// A first look: the level that [`parse`] would give, if it gives a record.
///
/// It looks at the first two columns only, at a tenth of the cost, so that a search for errors need
/// not take every line apart. `None` is final; a level is not, for other programs may begin a line so.
#[must_use]
pub fn peek_level(line: &[u8]) -> Option<Level> {
    if line.first() == Some(&b'{') { json::level(line) } else { console::level(line) }
}

impl<'a> ZapLine<'a> {
    /// The message with its escapes resolved; text that is not UTF-8 is replaced by U+FFFD.
    #[must_use]
    pub fn message_text(&self) -> Cow<'a, str> {
        match self.form {
            Form::Console => String::from_utf8_lossy(self.message),
            Form::Json => fields::unescape(self.message),
        }
    }

    /// The request's id, the same in all services that worked on it.
    #[must_use]
    pub fn operation_id(&self) -> Option<RawValue<'a>> {
        self.fields.get("operationID")
    }

    /// The user on whose behalf.
    #[must_use]
    pub fn op_user_id(&self) -> Option<RawValue<'a>> {
        self.fields.get("opUserID")
    }

    /// The WebSocket connection.
    #[must_use]
    pub fn conn_id(&self) -> Option<RawValue<'a>> {
        self.fields.get("connID")
    }

    /// The client's platform, as text: `Android`, `Web`.
    #[must_use]
    pub fn platform(&self) -> Option<RawValue<'a>> {
        self.fields.get("platform")
    }

    /// What made it begin, for work that no request asked for.
    #[must_use]
    pub fn trigger_id(&self) -> Option<RawValue<'a>> {
        self.fields.get("triggerID")
    }

    /// The client's address.
    #[must_use]
    pub fn remote_addr(&self) -> Option<RawValue<'a>> {
        self.fields.get("remoteAddr")
    }

    /// The error, with the stack behind it where there is one.
    #[must_use]
    pub fn error(&self) -> Option<RawValue<'a>> {
        self.fields.get("error")
    }
}

/// Whether `text` is a moment as the logger writes it: `2026-07-02 08:37:22.123`.
fn is_time(text: &[u8]) -> bool {
    const SHAPE: &[u8; 23] = b"dddd-dd-dd dd:dd:dd.ddd";
    text.len() == SHAPE.len()
        && text.iter().zip(SHAPE).all(
            |(byte, shape)| {
                if *shape == b'd' { byte.is_ascii_digit() } else { byte == shape }
            },
        )
}

/// Decimal digits, nothing else, that fit a process id.
fn parse_pid(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || digits.len() > 10 {
        return None;
    }
    digits.iter().try_fold(0u32, |pid, &byte| {
        let digit = byte.is_ascii_digit().then(|| u32::from(byte - b'0'))?;
        pid.checked_mul(10)?.checked_add(digit)
    })
}

fn without_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn without_trailing_spaces(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|&byte| byte != b' ').map_or(0, |last| last + 1);
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod laws;

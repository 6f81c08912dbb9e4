//! The form of syslog, as journalctl prints it.
//!
//! ```text
//! Nov 23 19:55:00 openimbox openim-api[512]: 2026-11-23 19:55:00.291        DEBUG        [PID:512] ...
//! ```
//!
//! Host, identifier and process come from the journal; for a line of a file, this host, the logger's column and its
//! process stand there. A TAB is eight spaces, lines of one message are put under each other, and what is no
//! printable text is named by its size. Of a dump what happened and where is shown, as in the form for people. The
//! colour is that of the level in the line.
//! Source: systemd 252, `output_short`.

use std::borrow::Cow;
use std::io::{self, Write};

use super::dump::Folded;
use super::{Heading, Render, paint, style_of};
use crate::logs::plan::Look;
use crate::logs::record::Record;
use crate::time::Timestamp;

/// A part of the head that is longer is left out.
const LONGEST_PART: usize = 300;

pub(super) struct Short<'l> {
    look: &'l Look,
}

impl<'l> Short<'l> {
    pub(super) const fn new(look: &'l Look) -> Self {
        Self { look }
    }

    fn head(&self, record: &Record<'_>) -> String {
        let is_shown = |text: &&str| self.look.all || is_part(text);
        let field = |name| record.entry.and_then(|entry| entry.text(name)).filter(is_shown);
        // When it was sent is nearer than when it was received, where journald was told.
        let sent = field("_SOURCE_REALTIME_TIMESTAMP").and_then(|text| text.parse().ok());
        let time = self.look.zone.civil(sent.map_or(record.time, Timestamp::from_micros)).0;
        let host = record.entry.map_or(Some(self.look.host.as_str()), |_| field("_HOSTNAME"));
        let host = host.filter(|_| self.look.hostname);
        let identifier = match record.entry {
            Some(_) => field("SYSLOG_IDENTIFIER").or_else(|| field("_COMM")).map(Cow::Borrowed),
            None => record.identifier(),
        };
        let pid = match record.entry {
            Some(_) => field("_PID").or_else(|| field("SYSLOG_PID")).map(Cow::Borrowed),
            None => record.pid.map(|pid| Cow::Owned(pid.to_string())),
        };
        let mut head = time.format("%b %d %H:%M:%S").to_string();
        for part in host.into_iter().chain([identifier.as_deref().unwrap_or("unknown")]) {
            head.push(' ');
            head.push_str(part);
        }
        if let Some(pid) = pid {
            head.push('[');
            head.push_str(&pid);
            head.push(']');
        }
        head.push_str(": ");
        head
    }
}

impl Render for Short<'_> {
    fn heading(&self, record: &Record<'_>) -> Option<Heading> {
        record.entry.filter(|_| !self.look.quiet).map(|entry| Heading::Boot(entry.boot()))
    }

    fn render(&self, record: &Record<'_>, out: &mut dyn Write) -> io::Result<()> {
        let head = self.head(record);
        out.write_all(head.as_bytes())?;
        let style = style_of(record.level);
        let text = if self.look.all {
            String::from_utf8_lossy(record.raw).into_owned()
        } else {
            let folded = Folded::of(record, self.look).map(|dump| dump.to_string());
            folded.unwrap_or_else(|| shown(&record.text()))
        };
        for (number, line) in text.split('\n').enumerate() {
            if number > 0 {
                write!(out, "\n{:width$}", "", width = head.chars().count())?;
            }
            paint(out, self.look.colour, style, line)?;
        }
        out.write_all(b"\n")
    }
}

fn is_part(text: &str) -> bool {
    text.len() < LONGEST_PART && !text.chars().any(char::is_control)
}

/// The text as it is shown, or its size.
fn shown(text: &[u8]) -> String {
    match std::str::from_utf8(text) {
        Ok(text) if !text.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r')) => {
            text.replace("\r\n", "\n").trim_end_matches('\r').replace('\t', "        ")
        }
        _ => format!("[{} blob data]", bytes(text.len())),
    }
}

/// `6B`, `4.8K`: one digit behind the point, cut and not rounded.
fn bytes(count: usize) -> String {
    if count < 1024 { format!("{count}B") } else { format!("{}.{}K", count / 1024, count % 1024 * 10 / 1024) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tab_is_eight_spaces_and_what_is_not_printable_is_named_by_its_size() {
        assert_eq!(shown(b"a\tb\r\nc\r"), "a        b\nc");
        assert_eq!(shown(b"a\x00\x01"), "[3B blob data]");
        assert_eq!(shown(&[0xff; 4915]), "[4.7K blob data]");
    }
}

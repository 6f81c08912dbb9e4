//! Records from standard input, line by line as they come: `docker logs -f openim-server | openim-logs -`.
//!
//! What docker and docker compose put before a line is taken off and, where it is a time, used:
//!
//! ```text
//! openim-server  | 2026-11-23T19:55:00.291123456Z 2026-11-23 19:55:00.291<TAB>...
//! ```
//!
//! The input has no end that could be read first, so the last lines are known only when it ends.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Stdin};

use super::files::without_end;
use super::{Keep, Source, Step};
use crate::logs::LogsError;
use crate::logs::plan::Plan;
use crate::logs::record::{Context, Record};
use crate::openim::zap;
use crate::time::{Timestamp, Zone, parse_time};

/// Reads standard input.
pub(in crate::logs) struct StdinSource {
    input: BufReader<Stdin>,
    zone: Zone,
    /// A record's bytes, with what docker put before them.
    line: Vec<u8>,
    /// A line that was read to see whether it belongs to the one before.
    ahead: Vec<u8>,
    context: Context,
    /// The last records and what they took over, once the end is known.
    tail: Option<VecDeque<(Vec<u8>, Context)>>,
}

impl StdinSource {
    pub(in crate::logs) fn new(plan: &Plan) -> Self {
        Self {
            input: BufReader::with_capacity(64 * 1024, std::io::stdin()),
            zone: plan.input_zone,
            line: Vec::new(),
            ahead: Vec::new(),
            context: Context { time: plan.now, ..Context::default() },
            tail: None,
        }
    }

    /// Puts the next record's bytes into `line`; `false` at the end.
    fn load(&mut self) -> Result<bool, LogsError> {
        self.line.clear();
        if self.ahead.is_empty() {
            self.read_line(false)?;
        } else {
            std::mem::swap(&mut self.line, &mut self.ahead);
        }
        if zap::is_split_head(without_prefix(&self.line).1) {
            self.read_line(true)?;
            let tail = without_prefix(&self.ahead).1;
            if zap::is_split_tail(tail) {
                self.line.extend_from_slice(tail);
                self.ahead.clear();
            }
        }
        Ok(!self.line.is_empty())
    }

    fn read_line(&mut self, ahead: bool) -> Result<(), LogsError> {
        let line = if ahead { &mut self.ahead } else { &mut self.line };
        self.input.read_until(b'\n', line).map_err(LogsError::Stdin)?;
        Ok(())
    }

    /// The record in `line`; what follows it takes its context over.
    fn record(&mut self) -> Record<'_> {
        let (stamp, text) = without_prefix(&self.line);
        let mut record = Record::of_line(without_end(text), self.context, self.zone);
        if let Some(time) = stamp.and_then(|stamp| parse_time(stamp, Timestamp::default(), Zone::Utc).ok()) {
            record.time = time;
        }
        self.context = record.context();
        record
    }
}

impl Source for StdinSource {
    fn next(&mut self) -> Result<Step<'_>, LogsError> {
        let there = match &mut self.tail {
            None => self.load()?,
            Some(tail) => match tail.pop_front() {
                Some((line, context)) => {
                    (self.line, self.context) = (line, context);
                    true
                }
                None => false,
            },
        };
        Ok(if there { Step::Record(self.record()) } else { Step::End })
    }

    fn seek_tail(&mut self, count: u64, keep: Keep<'_>) -> Result<(), LogsError> {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let mut tail = VecDeque::new();
        while self.load()? {
            let before = self.context;
            if keep(&self.record()) {
                tail.push_back((std::mem::take(&mut self.line), before));
                if tail.len() > count {
                    tail.pop_front();
                }
            }
        }
        self.tail = Some(tail);
        Ok(())
    }
}

/// Takes off what docker compose and `docker logs -t` put before a line; the time is given as text.
fn without_prefix(line: &[u8]) -> (Option<&str>, &[u8]) {
    let line = match memchr::memmem::find(line, b" | ") {
        // compose: the container's name, padded; nothing else has a bar that early.
        Some(bar) if bar < 40 && is_container_name(&line[..bar]) => &line[bar + 3..],
        _ => line,
    };
    let Some(space) = memchr::memchr(b' ', line).filter(|space| (20..=35).contains(space)) else {
        return (None, line);
    };
    let stamp = &line[..space];
    let is_stamp = stamp.get(10) == Some(&b'T')
        && stamp[0].is_ascii_digit()
        && (stamp.ends_with(b"Z") || stamp.get(stamp.len() - 3) == Some(&b':'));
    match std::str::from_utf8(stamp) {
        Ok(stamp) if is_stamp => (Some(stamp), &line[space + 1..]),
        _ => (None, line),
    }
}

fn is_container_name(text: &[u8]) -> bool {
    let name = text.trim_ascii_end();
    !name.is_empty()
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_docker_puts_before_a_line_is_taken_off() {
        assert_eq!(without_prefix(b"plain text\n"), (None, &b"plain text\n"[..]));
        assert_eq!(without_prefix(b"openim-server  | text | more\n"), (None, &b"text | more\n"[..]));
        let stamped = b"2026-11-23T19:55:00.291123456Z text\n";
        assert_eq!(without_prefix(stamped), (Some("2026-11-23T19:55:00.291123456Z"), &b"text\n"[..]));
        let offset = b"2026-11-23T19:55:00.291123456+08:00 text";
        assert_eq!(without_prefix(offset), (Some("2026-11-23T19:55:00.291123456+08:00"), &b"text"[..]));
        let both = b"openim-server-1  | 2026-11-23T19:55:00Z text";
        assert_eq!(without_prefix(both), (Some("2026-11-23T19:55:00Z"), &b"text"[..]));
    }

    #[test]
    fn a_bar_in_a_message_is_no_prefix() {
        let line = b"2026-11-23 19:55:00.291\tWARN | x";
        assert_eq!(without_prefix(line), (None, &line[..]));
        let line = b"error: a thing | another";
        assert_eq!(without_prefix(line), (None, &line[..]));
    }
}

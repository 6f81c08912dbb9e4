//! Records from standard input, line by line as they come: `docker logs -f openim-server | openim-logs -`.
//!
//! What docker, docker compose and kubectl put before a line is taken off and, where it is a time, used:
//!
//! ```text
//! openim-server  | 2026-11-23T19:55:00.291123456Z 2026-11-23 19:55:00.291<TAB>...
//! [pod/openim-api-5d9/api] 2026-11-23T19:55:00.291123456Z 2026-11-23 19:55:00.291<TAB>...
//! ```
//!
//! There is no way back, so the last lines are known only when the input ends. Lines before the first with a time, as
//! `mage` prints them in a container, are held until that one tells when it was.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{BufRead as _, BufReader, Stdin};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::files::{rest_of_line, without_end};
use super::foreign;
use super::{Advance, Lines, Place, Stream, Way};
use crate::logs::LogsError;
use crate::logs::plan::Plan;
use crate::logs::record::{Context, Record};
use crate::time::{Timestamp, Zone, parse_time};

/// How long a line is waited for, in nanoseconds, before what is incomplete may be given.
const MOMENT: i64 = 50_000_000;

/// So many bytes are held while no line has a time.
const MOST_HELD: usize = 64 * 1024;

/// Reads standard input.
pub(in crate::logs) struct StdinLines {
    input: BufReader<Stdin>,
    zone: Zone,
    /// The line, with what docker or kubectl put before it.
    line: Vec<u8>,
    /// The line has been given.
    is_whole: bool,
    /// The first lines, until one has a time; `None` once they are being given.
    waiting: Option<Vec<Vec<u8>>>,
    held: VecDeque<Vec<u8>>,
    context: Context,
}

impl StdinLines {
    pub(in crate::logs) fn new(plan: &Plan) -> Self {
        Self {
            input: BufReader::with_capacity(64 * 1024, std::io::stdin()),
            zone: plan.input_zone,
            line: Vec::new(),
            is_whole: false,
            waiting: Some(Vec::new()),
            held: VecDeque::new(),
            context: Context { time: plan.now, ..Context::default() },
        }
    }
}

/// Whether there is something to read, or the end, within a moment.
fn is_readable(input: &Stdin) -> bool {
    let mut watched = [PollFd::new(input, PollFlags::IN)];
    let timeout = Timespec { tv_sec: 0, tv_nsec: MOMENT };
    // Where it cannot be asked, reading tells.
    poll(&mut watched, Some(&timeout)).map_or(true, |ready| ready > 0)
}

impl StdinLines {
    /// Holds the first lines until one has a time, there is nothing more for now, or they are too many.
    fn hold(&mut self, mut lines: Vec<Vec<u8>>) -> Result<Advance, LogsError> {
        loop {
            let advance = self.read_line()?;
            let is_line = matches!(advance, Advance::Line);
            let tells_nothing = lines.iter().all(|line| foreign::tells_no_form(line));
            // What is incomplete, or nothing at all, is waited for.
            if matches!(advance, Advance::Idle) && (tells_nothing || !self.line.is_empty()) {
                self.waiting = Some(lines);
                return Ok(Advance::Idle);
            }
            if is_line {
                if tells_nothing {
                    foreign::refuse(&self.line)?;
                }
                let time = self.own_time();
                lines.push(std::mem::take(&mut self.line));
                self.context.time = time.unwrap_or(self.context.time);
                if time.is_none() && lines.iter().map(Vec::len).sum::<usize>() < MOST_HELD {
                    continue;
                }
            }
            self.held = lines.into();
            return self.advance();
        }
    }

    /// When the line was written, where it says so.
    fn own_time(&self) -> Option<Timestamp> {
        let Prefixed { stamp, text, .. } = divide(&self.line);
        let record = Record::of_line(without_end(text), self.context, self.zone);
        stamp.and_then(read_stamp).or(record.zap().map(|_| record.time))
    }

    /// Reads a line on.
    fn read_line(&mut self) -> Result<Advance, LogsError> {
        if std::mem::take(&mut self.is_whole) {
            self.line.clear();
        }
        while !self.is_whole {
            if self.input.buffer().is_empty() && !is_readable(self.input.get_ref()) {
                return Ok(Advance::Idle);
            }
            let buffer = self.input.fill_buf().map_err(LogsError::Stdin)?;
            let rest = rest_of_line(buffer, self.line.len());
            // The end of the input ends its last line.
            self.is_whole = rest.is_some() || buffer.is_empty();
            let taken = rest.unwrap_or(buffer.len());
            self.line.extend_from_slice(&buffer[..taken]);
            self.input.consume(taken);
        }
        Ok(if self.line.is_empty() { Advance::End } else { Advance::Line })
    }
}

impl Lines for StdinLines {
    fn advance(&mut self) -> Result<Advance, LogsError> {
        if let Some(lines) = self.waiting.take() {
            return self.hold(lines);
        }
        let Some(line) = self.held.pop_front() else { return self.read_line() };
        (self.line, self.is_whole) = (line, true);
        Ok(Advance::Line)
    }

    fn raw(&self) -> &[u8] {
        without_end(divide(&self.line).text)
    }

    fn record(&mut self) -> Record<'_> {
        let Prefixed { stamp, text, .. } = divide(&self.line);
        let mut record = Record::of_line(without_end(text), self.context, self.zone);
        record.time = stamp.and_then(read_stamp).unwrap_or(record.time);
        self.context = record.context();
        record
    }

    /// Compose and kubectl name the container in each line.
    fn stream(&self) -> Stream {
        let mut hasher = DefaultHasher::new();
        divide(&self.line).container.hash(&mut hasher);
        Stream { id: Some(hasher.finish()), goes_on: false }
    }

    fn place(&self) -> Place {
        Place::Nowhere
    }

    fn turn(&mut self, _: Way) -> Result<bool, LogsError> {
        Ok(false)
    }
}

/// A line and what docker or kubectl put before it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Prefixed<'l> {
    container: Option<&'l [u8]>,
    stamp: Option<&'l str>,
    text: &'l [u8],
}

fn read_stamp(stamp: &str) -> Option<Timestamp> {
    parse_time(stamp, Timestamp::default(), Zone::Utc).ok()
}

/// Takes off what docker compose, `docker logs -t` and `kubectl logs --prefix --timestamps` put before a line.
fn divide(line: &[u8]) -> Prefixed<'_> {
    let (container, line) = divide_container(line);
    let plain = Prefixed { container, stamp: None, text: line };
    let Some(space) = memchr::memchr(b' ', line).filter(|space| (20..=35).contains(space)) else {
        return plain;
    };
    let stamp = &line[..space];
    let is_stamp = stamp.get(10) == Some(&b'T')
        && stamp[0].is_ascii_digit()
        && (stamp.ends_with(b"Z") || stamp.get(stamp.len() - 3) == Some(&b':'));
    match std::str::from_utf8(stamp) {
        Ok(stamp) if is_stamp => Prefixed { stamp: Some(stamp), text: &line[space + 1..], ..plain },
        _ => plain,
    }
}

/// The name of the container that stands before a line, and the line.
fn divide_container(line: &[u8]) -> (Option<&[u8]>, &[u8]) {
    const POD: &[u8] = b"[pod/";
    const POD_END: &[u8] = b"] ";
    const BAR: &[u8] = b" | ";
    if let Some(name) = line.strip_prefix(POD) {
        return match memchr::memmem::find(name, POD_END) {
            Some(end) => (Some(&name[..end]), &name[end + POD_END.len()..]),
            None => (None, line),
        };
    }
    match memchr::memmem::find(line, BAR) {
        // compose: the container's name, padded; nothing else has a bar that early.
        Some(bar) if bar < 40 && is_container_name(&line[..bar]) => {
            (Some(&line[..bar]), &line[bar + BAR.len()..])
        }
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

    fn without_prefix(line: &[u8]) -> (Option<&str>, &[u8]) {
        let divided = divide(line);
        (divided.stamp, divided.text)
    }

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
    fn what_kubectl_puts_before_a_line_is_taken_off() {
        let line = b"[pod/openim-api-5d9/api] 2026-11-23T19:55:00Z a] b | c";
        let expected = Prefixed {
            container: Some(b"openim-api-5d9/api"),
            stamp: Some("2026-11-23T19:55:00Z"),
            text: b"a] b | c",
        };
        assert_eq!(divide(line), expected);
        assert_eq!(without_prefix(b"[pod/x/y] text\n"), (None, &b"text\n"[..]));
        for line in ["[pod/x", "[GIN] 2026/11/23 - 19:55:00"] {
            assert_eq!(without_prefix(line.as_bytes()), (None, line.as_bytes()));
        }
    }

    #[test]
    fn a_bar_in_a_message_is_no_prefix() {
        let line = b"2026-11-23 19:55:00.291\tWARN | x";
        assert_eq!(without_prefix(line), (None, &line[..]));
        let line = b"error: a thing | another";
        assert_eq!(without_prefix(line), (None, &line[..]));
    }
}

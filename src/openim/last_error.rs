//! The last error of a service, as its logger or its start wrote it: found in its lines from the last one back, without
//! its stack.
//!
//! ```text
//! 2026-11-23 19:53:04.401⇥ERROR⇥[PID:7971]⇥openim-push⇥…⇥consume err⇥{"error": "kafka: client has run out of …"}
//! openim-rpc-third exit -1: check bucket exists error: Get "http://…": dial tcp … refused
//! ```
//!
//! A start error stands there twice (`Error: X`, `NAME exit -1: X`); the second names the service, so it is the one
//! that is read. Left out: what a crash dump says, which `openim-logs panics` shows.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use super::dependency::Dependency;
use super::error::first_sentence;
use super::level::Level;
use super::redact::redact;
use super::service::Service;
use super::zap::{self, ZapLine};

/// The operationID of this package's own questions. What a service says of them is an answer, no trouble of its own.
pub const OWN_OPERATION: &str = "openim-check";

/// So much of the end of a file is looked at: some thousand lines.
const TAIL: u64 = 1024 * 1024;

/// A sentence is quoted up to here.
const LONGEST: usize = 200;

/// An error that a service has written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastError {
    /// "consume err: kafka: client has run out of available brokers", without secrets and stack.
    pub text: String,
    /// The time as it stands in the line, where it has one.
    pub time: Option<String>,
}

/// Whose error is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Writer<'a> {
    /// The service.
    pub service: Service,
    /// Its process; `None` where it has ended.
    pub pid: Option<u32>,
    /// The processes of other instances of the service: what they write is not its word.
    pub others: &'a [u32],
    /// What is older is of an earlier run. In the form of the lines, for these are compared as text.
    pub since: Option<&'a str>,
    /// The server that it lacks: warnings that tell of that count, too.
    pub lacks: Option<Dependency>,
}

impl Writer<'_> {
    /// Whether a record is of its process and of its run.
    fn wrote(&self, record: &ZapLine) -> bool {
        let name = self.service.binary().as_bytes();
        let is_of_service = !record.module.is_empty() && name.starts_with(record.module);
        let is_of_process = match self.pid {
            Some(_) => record.pid == self.pid,
            None => !record.pid.is_some_and(|pid| self.others.contains(&pid)),
        };
        let is_of_run = self.since.is_none_or(|since| record.time >= since.as_bytes());
        is_of_service && is_of_process && is_of_run
    }
}

/// The last error of a writer at the end of these files, the first file that has one.
#[must_use]
pub fn read_last_error(files: &[PathBuf], writer: Writer) -> Option<LastError> {
    files.iter().find_map(|file| find_last(&read_tail(file).ok()?, writer))
}

/// Lines of a writer, from the last one back.
#[derive(Debug)]
pub struct Backwards<'a> {
    writer: Writer<'a>,
    /// What stands behind a start error of several lines: `* cannot parse 'remainLogLevel' as int: …`.
    reason: Option<String>,
}

impl<'a> Backwards<'a> {
    /// Before the last line.
    #[must_use]
    pub const fn new(writer: Writer<'a>) -> Self {
        Self { writer, reason: None }
    }

    /// What the next line says of an error of the writer.
    pub fn error_in(&mut self, line: &[u8]) -> Option<LastError> {
        if let Some(reason) = line.strip_prefix(b"* ") {
            self.reason = Some(first_sentence(&String::from_utf8_lossy(reason)).into_owned());
            return None;
        }
        of_logger(line, self.writer).or_else(|| of_start(line, self.writer, self.reason.as_deref()))
    }
}

/// The last lines of a file; the first of them may be a part of one.
fn read_tail(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut tail = Vec::new();
    file.take(TAIL).read_to_end(&mut tail)?;
    Ok(tail)
}

fn find_last(tail: &[u8], writer: Writer) -> Option<LastError> {
    let mut lines = Backwards::new(writer);
    tail.rsplit(|byte| *byte == b'\n').find_map(|line| lines.error_in(line))
}

/// A record of the logger that is an error of this writer.
fn of_logger(line: &[u8], writer: Writer) -> Option<LastError> {
    let least = if writer.lacks.is_some() { Level::Warn } else { Level::Error };
    if zap::peek_level(line)? < least {
        return None;
    }
    let record = zap::parse(line)?;
    let is_error =
        record.level >= Level::Error || writer.lacks.is_some_and(|server| is_lack(&record, server));
    let is_answer = record.operation_id().is_some_and(|id| id.text() == OWN_OPERATION);
    if !is_error || is_answer || !writer.wrote(&record) {
        return None;
    }
    let message = record.message_text().trim().to_owned();
    let text = match record.error() {
        Some(error) => format!("{message}: {}", first_sentence(&error.text())),
        None => message,
    };
    Some(LastError { text: shown(&text), time: Some(String::from_utf8_lossy(record.time).into_owned()) })
}

/// What tells of a lost connection in an error.
const LOST: [&str; 3] = ["dial tcp", "i/o timeout", "server selection"];

/// Whether a warning tells that a server is missed: the release line says so of Kafka, and of failed calls, which fail
/// for other reasons, too.
fn is_lack(record: &ZapLine, server: Dependency) -> bool {
    if record.level != Level::Warn {
        return false;
    }
    let tells_of_connection =
        || record.error().is_some_and(|error| LOST.iter().any(|words| error.text().contains(words)));
    match record.message_text().trim() {
        "consume err" => server == Dependency::Kafka,
        "rpc client response failed" => tells_of_connection(),
        _ => false,
    }
}

/// What a start ended with: `openim-api exit -1: Error: listen tcp …`. It is the word of a process that has ended.
/// `1 error(s) decoding:` has its reason in a line of its own.
fn of_start(line: &[u8], writer: Writer, reason: Option<&str>) -> Option<LastError> {
    let text = std::str::from_utf8(line).ok()?;
    let rest = text.strip_prefix(writer.service.binary())?.strip_prefix(" exit -1: ")?;
    writer.pid.is_none().then(|| {
        let sentence = first_sentence(rest);
        let reason = reason.filter(|_| sentence.ends_with("decoding:")).unwrap_or_default();
        LastError { text: shown(&format!("{sentence} {reason}")), time: None }
    })
}

/// Without secrets, in one line, not too long.
fn shown(text: &str) -> String {
    let masked = redact(text.as_bytes());
    let one_line = String::from_utf8_lossy(&masked).split_whitespace().collect::<Vec<_>>().join(" ");
    match one_line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &one_line[..end]),
        None => one_line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: &str = concat!(
        "2026-11-23 19:53:04.401\t\x1b[31mERROR\x1b[0m\t\x1b[31m[PID:100]      \x1b[0m\t\x1b[31mopenim-rpc-user          \x1b[0m\t[v3.8.3-patch.16]             \t[user/user.go:85]                                 \tredis                                             \t{\"error\": \"Error: 500 dial tcp: refused dial tcp: refused | -> x.Y() /a.go:1\"}\n",
        "2026-11-23 19:53:05.000\t\x1b[31mERROR\x1b[0m\t\x1b[31m[PID:200]      \x1b[0m\t\x1b[31mopenim-rpc-user          \x1b[0m\t[v3.8.3-patch.16]             \t[user/user.go:85]                                 \tlater, of another\t{}\n",
        "2026-11-23 19:53:06.000\t\x1b[34mINFO\x1b[0m\t\x1b[34m[PID:100]      \x1b[0m\t\x1b[34mopenim-rpc-user          \x1b[0m\t[v3.8.3-patch.16]             \t[user/user.go:85]                                 \tfine\t{}\n",
        "2026-11-23 19:53:07.000\t\x1b[31mERROR\x1b[0m\t\x1b[31m[PID:100]      \x1b[0m\t\x1b[31mopenim-rpc-user          \x1b[0m\t[v3.8.3-patch.16]             \t[user/user.go:85]                                 \trefused the wrong secret\t{\"operationID\": \"openim-check\"}\n",
        "Error: check bucket exists error: password=openIM123 wrong\n",
        "openim-rpc-third exit -1: check bucket exists error: password=openIM123 wrong | -> third.Start() /b.go:2\n",
    );

    fn last(service: Service, pid: Option<u32>) -> Option<String> {
        Some(
            find_last(LINES.as_bytes(), Writer { service, pid, others: &[], since: None, lacks: None })?.text,
        )
    }

    #[test]
    fn what_another_instance_or_an_earlier_run_wrote_is_not_quoted() {
        let last = |others: &[u32], since| {
            let writer = Writer { service: Service::RpcUser, pid: None, others, since, lacks: None };
            Some(find_last(LINES.as_bytes(), writer)?.text)
        };
        assert_eq!(last(&[], None).as_deref(), Some("later, of another"));
        assert_eq!(last(&[200], None).as_deref(), Some("redis: 500 dial tcp: refused"));
        assert_eq!(last(&[200], Some("2026-11-23 19:53:04.402")), None);
        assert_eq!(last(&[], Some("2026-11-23 19:53:05.000")).as_deref(), Some("later, of another"));
    }

    #[test]
    fn the_last_error_of_the_process_is_quoted_without_its_stack_and_no_answer_to_a_check() {
        assert_eq!(last(Service::RpcUser, Some(100)).as_deref(), Some("redis: 500 dial tcp: refused"));
        assert_eq!(last(Service::RpcUser, None).as_deref(), Some("later, of another"));
        assert_eq!(last(Service::Api, None), None);
    }

    #[test]
    fn a_warning_that_a_server_is_missed_is_quoted_where_it_is() {
        let line = |level: &str, message: &str, error: &str| {
            format!(
                "2026-11-23 19:53:04.401\t\x1b[33m{level}\x1b[0m\t\x1b[33m[PID:100]      \x1b[0m\t\x1b[33mopenim-push              \x1b[0m\t[v3.8.3-patch.16]             \t[a/b.go:1]\t{message}\t{{\"error\": \"{error}\"}}\n"
            )
        };
        let said = |line: &str, lacks| {
            let writer = Writer { service: Service::Push, pid: Some(100), others: &[], since: None, lacks };
            Some(find_last(line.as_bytes(), writer)?.text)
        };
        let consume = line("WARN", "consume err", "kafka: client has run out of available brokers");
        let quoted = "consume err: kafka: client has run out of available brokers";
        assert_eq!(said(&consume, Some(Dependency::Kafka)).as_deref(), Some(quoted));
        assert_eq!(said(&consume, Some(Dependency::Redis)), None);
        assert_eq!(said(&consume, None), None);
        let call = |error| said(&line("WARN", "rpc client response failed", error), Some(Dependency::Redis));
        assert!(call("Error: 500 dial tcp 127.0.0.1:16379: connect: connection refused").is_some());
        assert_eq!(call("Error: 1004 RecordNotFoundError"), None, "that is of the request");
        assert!(said(&line("ERROR", "x", "y"), Some(Dependency::Redis)).is_some());
    }

    #[test]
    fn a_start_error_of_several_lines_is_quoted_with_its_reason() {
        let lines = "Error: Error: 1 error(s) decoding:\n\n\
            * cannot parse 'remainLogLevel' as int: invalid syntax failed to unmarshal config | -> config.LoadConfig() /a.go:24\n\
            openim-rpc-auth exit -1: Error: 1 error(s) decoding:\n\n\
            * cannot parse 'remainLogLevel' as int: invalid syntax failed to unmarshal config | -> config.LoadConfig() /a.go:24\n";
        let writer = Writer { service: Service::RpcAuth, pid: None, others: &[], since: None, lacks: None };
        let said = find_last(lines.as_bytes(), writer).unwrap().text;
        let reason = "cannot parse 'remainLogLevel' as int: invalid syntax failed to unmarshal config";
        assert_eq!(said, format!("1 error(s) decoding: {reason}"));
    }

    #[test]
    fn a_start_error_is_that_of_a_process_that_has_ended_and_tells_no_secret() {
        let said = last(Service::RpcThird, None).unwrap();
        assert!(said.starts_with("check bucket exists error: password="), "{said}");
        assert!(!said.contains("openIM123") && !said.contains("->"), "{said}");
        assert_eq!(last(Service::RpcThird, Some(7)), None);
    }
}

//! `trace OPERATION_ID`: one request through all services, what took the time, where it failed.
//!
//! ```text
//! send11-59   27 records, 4 services, 5.26 s, failed in msgtransfer
//!       0 ms  api          auth.Auth/parseToken                          3 ms  ok
//!       3     api          msg.msg/SendMsg                              11 ms  ok
//!       5       rpc-msg    WARN  ConversationLocalCache GetConversation return: ...
//!             ... 2.73 s in Kafka (toRedis) ...
//!    2747     msgtransfer  msg arrived channel
//! >  5262     msgtransfer  ERROR malloc seq retrying still failed
//! ```
//!
//! A call is one row, where it was made; what the called service says meanwhile stands under it, further in. Besides
//! calls there are warnings and errors, and the first word of each service that nobody called. Times are those in the
//! lines. That a pause was spent in Kafka is concluded from who spoke next.
//!
//! The first error is marked, or what went wrong first within its call: often only the caller calls it an error. Where
//! there is none it is the first failure that nobody coped with, for the release line tells of failed calls in warnings.
//! A call that failed within one that went well was coped with: each first message of a conversation looks in vain for
//! that conversation.

mod order;

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::io::{self, Write};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Answer, LEAST_ROOM, counted, stamp, write_level};
use crate::logs::plan::Look;
use crate::logs::record::{Record, parse_zap_time};
use crate::logs::render::fold::{cut, width};
use crate::openim::call::{Phase, Side, parse_call, short_method};
use crate::openim::duration::show_duration;
use crate::openim::error::first_sentence;
use crate::openim::level::Level;
use crate::openim::service::Service;
use crate::openim::text::clean;
use crate::time::{Timestamp, Zone};

/// A follower takes the request for over when nothing was heard of it for so long. A message that waited in Kafka or
/// for a lock has been seen to be silent for almost half of it.
const QUIET: Duration = Duration::from_secs(6);
/// A pause that is worth a row, in microseconds.
const PAUSE: u64 = 300_000;
/// More records of one request are counted and not kept.
const MOST_RECORDS: usize = 100_000;

pub(super) struct Trace {
    operation: String,
    follow: bool,
    zone: Zone,
    records: Vec<Seen>,
    left_out: u64,
    heard: Instant,
}

/// What is kept of a record.
#[derive(Debug)]
struct Seen {
    time: Timestamp,
    service: String,
    kind: Option<Service>,
    pid: Option<u32>,
    level: Level,
    message: String,
    error: String,
    call: Option<(Side, Phase, String)>,
}

/// A row of the timeline.
#[derive(Debug)]
struct Row {
    offset: u64,
    depth: usize,
    service: String,
    kind: Option<Service>,
    level: Level,
    what: What,
    /// When it was over, on the clock of the offsets.
    end: u64,
    /// The row of the call that was being answered meanwhile.
    within: Option<usize>,
}

#[derive(Debug)]
enum What {
    Call { method: String, outcome: Outcome },
    Said { message: String, error: String, is_failure: bool },
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Ok(u64),
    Failed(u64),
    NoAnswer,
}

impl Outcome {
    const fn word(self) -> &'static str {
        match self {
            Self::Ok(_) => "ok",
            Self::Failed(_) => "failed",
            Self::NoAnswer => "no answer",
        }
    }

    const fn duration(self) -> Option<u64> {
        match self {
            Self::Ok(duration) | Self::Failed(duration) => Some(duration),
            Self::NoAnswer => None,
        }
    }
}

impl Trace {
    pub(super) fn new(operation: &str, follow: bool, zone: Zone) -> Self {
        Self {
            operation: operation.to_owned(),
            follow,
            zone,
            records: Vec::new(),
            left_out: 0,
            heard: Instant::now(),
        }
    }

    fn services(&self) -> BTreeSet<&str> {
        self.records.iter().map(|seen| seen.service.split('#').next().unwrap_or_default()).collect()
    }

    fn begin(&self) -> Option<Timestamp> {
        self.records.iter().map(|seen| seen.time).min()
    }

    fn duration(&self) -> u64 {
        let end = self.records.iter().map(|seen| seen.time).max();
        self.begin().zip(end).map_or(0, |(begin, end)| end.micros() - begin.micros())
    }

    fn rows(&self) -> Vec<Row> {
        Timeline::of(&order::ordered(&self.records))
    }

    /// Where it went wrong, if it did.
    fn failed_in(rows: &[Row]) -> Option<&Row> {
        let error = rows.iter().position(Row::is_error);
        let may_be_why = |row: &&Row| row.is_error() || (row.is_failure() && !row.is_coped_with(rows));
        let is_of_it = |row: &&Row| error.is_none_or(|error| row.is_within(error, rows));
        // What fails within a call ends with it, by the same millisecond of the clock.
        let first = rows.iter().filter(may_be_why).filter(is_of_it);
        let first = first.min_by_key(|row| (row.end, Reverse(row.depth)));
        first.or_else(|| rows.get(error?))
    }
}

impl Row {
    fn is_error(&self) -> bool {
        match &self.what {
            What::Call { outcome, .. } => matches!(outcome, Outcome::Failed(_)) && self.level >= Level::Error,
            What::Said { .. } => self.level >= Level::Error,
        }
    }

    fn is_failure(&self) -> bool {
        match &self.what {
            What::Call { outcome, .. } => matches!(outcome, Outcome::Failed(_)),
            What::Said { is_failure, .. } => *is_failure,
        }
    }

    /// The calls within which this happened, the innermost first.
    fn around<'r>(&self, rows: &'r [Self]) -> impl Iterator<Item = usize> + use<'r> {
        std::iter::successors(self.within, |&row| rows.get(row)?.within)
    }

    fn is_within(&self, call: usize, rows: &[Self]) -> bool {
        self.around(rows).any(|row| row == call)
    }

    /// Whether a call within which this happened went well all the same.
    fn is_coped_with(&self, rows: &[Self]) -> bool {
        let mut around = self.around(rows).filter_map(|row| rows.get(row));
        around.any(|row| matches!(row.what, What::Call { outcome: Outcome::Ok(_), .. }))
    }
}

/// Makes rows of records.
struct Timeline<'s> {
    start: u64,
    rows: Vec<Row>,
    /// Calls that are under way: the row, who made it, and whether somebody has taken it.
    open: Vec<Open<'s>>,
    /// The calls that each process answers, in the order in which it took them; what it says belongs to the last.
    answering: HashMap<Option<u32>, Vec<Answering<'s>>>,
    spoken: BTreeSet<&'s str>,
}

struct Open<'s> {
    row: usize,
    pid: Option<u32>,
    side: Side,
    method: &'s str,
    taken: bool,
    /// Whoever was called has said that it failed.
    told: bool,
}

/// A call that a process answers.
#[derive(Clone, Copy)]
struct Answering<'s> {
    method: &'s str,
    /// How far in its words stand.
    depth: usize,
    /// The row of the call. The API answers over HTTP that all went well also where it did not.
    row: Option<usize>,
    /// Both sides of the call were seen; the row is the caller's.
    is_callers: bool,
}

impl<'s> Timeline<'s> {
    fn of(records: &[&'s Seen]) -> Vec<Row> {
        let start = records.first().map_or(0, |seen| seen.time.micros());
        let mut timeline = Self {
            start,
            rows: Vec::new(),
            open: Vec::new(),
            answering: HashMap::new(),
            spoken: BTreeSet::new(),
        };
        for seen in records {
            timeline.take(seen);
        }
        timeline.rows
    }

    fn take(&mut self, seen: &'s Seen) {
        let first = self.spoken.insert(&seen.service);
        match &seen.call {
            Some((side, Phase::Request, method)) => self.begin(seen, *side, method),
            Some((side, phase, method)) => self.end(seen, *side, *phase, method),
            None if seen.level >= Level::Warn || first => self.say(seen),
            None => {}
        }
    }

    fn begin(&mut self, seen: &'s Seen, side: Side, method: &'s str) {
        if side == Side::Server {
            let caller = self
                .open
                .iter_mut()
                .rfind(|open| open.side == Side::Client && open.method == method && !open.taken);
            if let Some(open) = caller {
                open.taken = true;
                let row = open.row;
                self.answer(seen, method, row, Some(row), true);
                return;
            }
        }
        let what = What::Call { method: method.to_owned(), outcome: Outcome::NoAnswer };
        self.push(seen, what, self.answering_now(seen));
        let (row, pid) = (self.rows.len() - 1, seen.pid);
        self.open.push(Open { row, pid, side, method, taken: false, told: false });
        if side != Side::Client {
            self.answer(seen, method, row, (side == Side::Server).then_some(row), false);
        }
    }

    fn answer(&mut self, seen: &Seen, method: &'s str, call: usize, row: Option<usize>, is_callers: bool) {
        let depth = self.rows[call].depth + 1;
        let answering = Answering { method, depth, row, is_callers };
        self.answering.entry(seen.pid).or_default().push(answering);
    }

    /// The call that a process has answered: of equal ones that which it took first.
    fn answered(&mut self, pid: Option<u32>, method: &str) -> Option<Answering<'s>> {
        let calls = self.answering.get_mut(&pid)?;
        let at = calls.iter().position(|call| call.method == method)?;
        Some(calls.remove(at))
    }

    fn end(&mut self, seen: &'s Seen, side: Side, phase: Phase, method: &'s str) {
        let answered = if side == Side::Client { None } else { self.answered(seen.pid, method) };
        if let Some(call) = answered.filter(|call| call.is_callers) {
            if phase == Phase::Failed {
                self.tell_caller(call.row);
                self.say_within(seen, Some(call));
            }
            return;
        }
        let of_it = |open: &Open<'_>| open.pid == seen.pid && open.side == side && open.method == method;
        let Some(at) = self.open.iter().position(of_it) else { return self.say(seen) };
        let open = self.open.remove(at);
        let end = seen.time.micros() - self.start;
        let row = &mut self.rows[open.row];
        let duration = end.saturating_sub(row.offset);
        let outcome = if phase == Phase::Failed { Outcome::Failed(duration) } else { Outcome::Ok(duration) };
        row.what = What::Call { method: method.to_owned(), outcome };
        row.level = row.level.max(seen.level);
        row.end = end;
        // What the called service has said of it is not said again, unless it is graver here.
        let is_news = !open.told || seen.level >= Level::Error;
        if phase == Phase::Failed && !seen.error.is_empty() && is_news {
            self.say(seen);
        }
    }

    fn tell_caller(&mut self, row: Option<usize>) {
        if let Some(open) = self.open.iter_mut().find(|open| Some(open.row) == row) {
            open.told = true;
        }
    }

    fn say(&mut self, seen: &'s Seen) {
        self.say_within(seen, self.answering_now(seen));
    }

    /// Says it as of the call that was being answered.
    fn say_within(&mut self, seen: &'s Seen, answering: Option<Answering<'s>>) {
        let is_failure = matches!(seen.call, Some((_, Phase::Failed, _)));
        let (message, error) = (seen.message.clone(), seen.error.clone());
        self.push(seen, What::Said { message, error, is_failure }, answering);
    }

    fn answering_now(&self, seen: &Seen) -> Option<Answering<'s>> {
        self.answering.get(&seen.pid)?.last().copied()
    }

    fn push(&mut self, seen: &Seen, what: What, answering: Option<Answering<'s>>) {
        let offset = seen.time.micros() - self.start;
        self.rows.push(Row {
            offset,
            depth: answering.map_or(0, |answering| answering.depth),
            within: answering.and_then(|answering| answering.row),
            service: seen.service.clone(),
            kind: seen.kind,
            level: seen.level,
            what,
            end: offset,
        });
    }
}

impl Answer for Trace {
    fn take(&mut self, record: &Record<'_>, found: bool) {
        if !found {
            return;
        }
        self.heard = Instant::now();
        if self.records.len() >= MOST_RECORDS {
            self.left_out += 1;
            return;
        }
        let Some(zap) = record.zap() else { return };
        let call = parse_call(zap);
        self.records.push(Seen {
            time: parse_zap_time(zap.time, self.zone).unwrap_or(record.time),
            service: record.instance_name().into_owned(),
            kind: record.service,
            pid: record.pid,
            level: record.level,
            message: clean(&record.message()),
            error: record.error().map(|error| clean(&first_sentence(&error))).unwrap_or_default(),
            call: call.map(|call| (call.side, call.phase, clean(short_method(&call.method)))),
        });
    }

    fn is_complete(&self) -> bool {
        self.follow && !self.records.is_empty() && self.heard.elapsed() > QUIET
    }

    fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    fn text(&self, look: &Look, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.rows();
        let failed = Self::failed_in(&rows);
        let well = if self.follow { "no error so far" } else { "no error" };
        let verdict = failed.map_or(well.to_owned(), |row| format!("failed in {}", row.service));
        let headline = format!(
            "{}   {}, {}, {}, {verdict}",
            clean(&self.operation),
            counted(self.records.len(), "record"),
            counted(self.services().len(), "service"),
            show_duration(self.duration()),
        );
        writeln!(out, "{}", cut(&headline, look.columns))?;
        let first_error = failed.map(std::ptr::from_ref);
        let mut over = 0;
        let mut before: Option<Service> = None;
        for (number, row) in rows.iter().enumerate() {
            if number > 0 && row.offset.saturating_sub(over) > PAUSE {
                let spent = where_spent(before, row.kind);
                let pause = format!("... {} {spent} ...", show_duration(row.offset - over));
                let indent = look.columns.saturating_sub(width(&pause)).min(12);
                writeln!(out, "{:indent$}{pause}", "")?;
            }
            let is_first_error = first_error == Some(std::ptr::from_ref(row));
            write_row(row, number == 0, is_first_error, look, out)?;
            over = over.max(row.end);
            before = row.kind;
        }
        if self.left_out > 0 {
            writeln!(out, "{:12}{} further records are not shown", "", self.left_out)?;
        }
        Ok(())
    }

    fn json(&self, zone: Zone) -> Value {
        let rows = self.rows();
        let timeline = rows.iter().map(|row| {
            let (method, outcome, message, error) = match &row.what {
                What::Call { method, outcome } => (Some(method), Some(*outcome), None, None),
                What::Said { message, error, .. } => (None, None, Some(message), Some(error)),
            };
            json!({
                "offset_us": row.offset,
                "depth": row.depth,
                "service": row.service,
                "level": row.level.name(),
                "method": method,
                "outcome": outcome.map(Outcome::word),
                "duration_us": outcome.and_then(Outcome::duration),
                "message": message,
                "error": error.filter(|error| !error.is_empty()),
            })
        });
        json!({
            "operationID": self.operation,
            "records": self.records.len(),
            "services": self.services(),
            "begin": self.begin().map(|begin| stamp(begin, zone)),
            "duration_us": self.duration(),
            "failed_in": Self::failed_in(&rows).map(|row| &row.service),
            "rows": timeline.collect::<Vec<_>>(),
        })
    }
}

/// Messages go through Kafka to these services.
fn where_spent(before: Option<Service>, next: Option<Service>) -> &'static str {
    match next {
        Some(Service::MsgTransfer) if before != next => "in Kafka (toRedis)",
        Some(Service::Push) if before != next => "in Kafka (toPush)",
        _ => "without a word",
    }
}

fn write_row(row: &Row, unit: bool, mark: bool, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    let millis = row.offset / 1000;
    let (mark, unit) = (if mark { ">" } else { " " }, if unit { "ms" } else { "" });
    write!(out, "{mark}{millis:>6} {unit:2}  ")?;
    let service = format!("{:indent$}{}", "", row.service, indent = (2 * row.depth).min(8));
    let mut used = 12 + width(&service).max(13) + 1;
    let is_below = look.columns < used + LEAST_ROOM;
    if is_below {
        used = 12;
        write!(out, "{}", service.trim_end())?;
    } else {
        write!(out, "{service:13} ")?;
    }
    let room = look.columns.saturating_sub(used);
    match &row.what {
        What::Call { method, outcome } => {
            let duration = outcome.duration().map(show_duration).unwrap_or_default();
            if is_below {
                writeln!(out, "  {duration}  {}", outcome.word())?;
                return writeln!(out, "{:used$}{}", "", cut(method, room));
            }
            let tail = format!("{duration:>9}  {}", outcome.word());
            let space = room.saturating_sub(20).min(36);
            let method = cut(method, space);
            writeln!(out, "{method}{:pad$}{tail}", "", pad = space.saturating_sub(width(&method)))
        }
        What::Said { message, error, .. } => {
            if is_below {
                write!(out, "\n{:used$}", "")?;
            }
            let text = if error.is_empty() { message.clone() } else { format!("{message}: {error}") };
            if row.level < Level::Warn {
                return writeln!(out, "{}", cut(&text, room));
            }
            let room = room.saturating_sub(6);
            write_level(row.level, look, out)?;
            if row.level < Level::Error || width(&text) <= room || error.is_empty() {
                return writeln!(out, " {}", cut(&text, room));
            }
            // What an error says is worth a line of its own.
            writeln!(out, " {}\n{:used$}{}", cut(message, room), "", cut(error, room + 6))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::record::Context;

    /// Milliseconds, service, process, level, message and keys.
    type Line = (u64, &'static str, u32, &'static str, &'static str, &'static str);

    fn rows(lines: &[Line]) -> Vec<Row> {
        let mut trace = Trace::new("op", false, Zone::Utc);
        for (millis, service, pid, level, message, keys) in lines {
            let line = format!(
                r#"{{"level":"{level}","time":"2026-07-02 08:54:10.{millis:03}","logger":"openim-{service}","caller":"a/b.go:1","msg":"{message}","PID":{pid},"version":"v","operationID":"op"{keys}}}"#
            );
            trace.take(&Record::new(line.as_bytes(), Context::default()), true);
        }
        trace.rows()
    }

    fn trace(lines: &[Line]) -> Vec<String> {
        let shown = |row: Row| match row.what {
            What::Call { method, outcome } => {
                format!("{} {} {method} {outcome:?}", row.offset / 1000, row.depth)
            }
            What::Said { message, .. } => format!("{} {} {message}", row.offset / 1000, row.depth),
        };
        rows(lines).into_iter().map(shown).collect()
    }

    fn failed_in(lines: &[Line]) -> Option<String> {
        Trace::failed_in(&rows(lines)).map(|row| format!("{} {}", row.service, row.offset / 1000))
    }

    const A: &str = r#","method":"/openim.a.a/x""#;
    const B: &str = r#","method":"/openim.b.b/y""#;
    const A_FAILED: &str = r#","method":"/openim.a.a/x","error":"Error: 1004 none""#;
    const B_FAILED: &str = r#","method":"/openim.b.b/y","error":"Error: 14 gone""#;

    #[test]
    fn a_call_is_one_row_and_what_it_causes_stands_under_it() {
        let rows = trace(&[
            (0, "api", 1, "INFO", "rpc client request", A),
            (1, "rpc-msg", 2, "INFO", "rpc server request", A),
            (2, "rpc-msg", 2, "INFO", "rpc client request", B),
            (3, "rpc-user", 3, "INFO", "rpc server request", B),
            (4, "rpc-user", 3, "WARN", "hm", ""),
            (5, "rpc-user", 3, "INFO", "rpc server response success", B),
            (6, "rpc-msg", 2, "INFO", "rpc client response success", B),
            (7, "rpc-msg", 2, "DEBUG", "never shown", ""),
            (8, "rpc-msg", 2, "INFO", "rpc server response success", A),
            (9, "api", 1, "INFO", "rpc client response success", A),
        ]);
        let expected = ["0 0 a.a/x Ok(9000)", "2 1 b.b/y Ok(4000)", "4 2 hm"];
        assert_eq!(rows, expected);
    }

    #[test]
    fn equal_calls_that_a_service_answers_at_once_are_a_row_each() {
        let rows = trace(&[
            (0, "rpc-friend", 1, "INFO", "rpc client request", A),
            (0, "rpc-friend", 1, "INFO", "rpc client request", A),
            (0, "rpc-friend", 1, "INFO", "rpc client request", A),
            (1, "rpc-msg", 2, "INFO", "rpc server request", A),
            (2, "rpc-msg", 2, "INFO", "rpc server request", A),
            (3, "rpc-msg", 2, "INFO", "rpc server request", A),
            (5, "rpc-msg", 2, "INFO", "rpc server response success", A),
            (6, "rpc-msg", 2, "WARN", "hm", ""),
            (7, "rpc-msg", 2, "WARN", "rpc server response failed", A_FAILED),
            (8, "rpc-msg", 2, "INFO", "rpc server response success", A),
            (9, "rpc-friend", 1, "INFO", "rpc client response success", A),
            (9, "rpc-friend", 1, "WARN", "rpc client response failed", A_FAILED),
            (9, "rpc-friend", 1, "INFO", "rpc client response success", A),
            (9, "rpc-msg", 2, "WARN", "on its own", ""),
        ]);
        let expected = [
            "0 0 a.a/x Ok(9000)",
            "0 0 a.a/x Failed(9000)",
            "0 0 a.a/x Ok(9000)",
            "6 1 hm",
            "7 1 rpc server response failed",
            "9 0 on its own",
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn what_a_service_says_after_a_call_within_it_stands_under_its_own_call() {
        let rows = trace(&[
            (0, "api", 1, "INFO", "rpc client request", A),
            (1, "rpc-msg", 2, "INFO", "rpc server request", A),
            (2, "rpc-msg", 2, "INFO", "rpc client request", B),
            (3, "rpc-msg", 2, "INFO", "rpc server request", B),
            (4, "rpc-msg", 2, "INFO", "rpc server response success", B),
            (5, "rpc-msg", 2, "INFO", "rpc client response success", B),
            (6, "rpc-msg", 2, "WARN", "hm", ""),
            (7, "rpc-msg", 2, "INFO", "rpc server response success", A),
            (8, "api", 1, "INFO", "rpc client response success", A),
        ]);
        assert_eq!(rows, ["0 0 a.a/x Ok(8000)", "2 1 b.b/y Ok(3000)", "6 1 hm"]);
    }

    #[test]
    fn a_call_without_an_answer_and_one_that_fails_say_so() {
        let lines = [
            (0, "api", 1, "INFO", "rpc client request", A),
            (1, "api", 1, "INFO", "rpc client request", B),
            (5, "api", 1, "WARN", "rpc client response failed", B_FAILED),
        ];
        let expected = ["0 0 a.a/x NoAnswer", "1 0 b.b/y Failed(4000)", "5 0 rpc client response failed"];
        assert_eq!(trace(&lines), expected);
        assert_eq!(failed_in(&lines).as_deref(), Some("api 1"));
    }

    #[test]
    fn without_an_error_the_first_to_tell_of_the_failure_is_where_it_failed() {
        let lines = [
            (0, "api", 1, "INFO", "rpc client request", A),
            (1, "rpc-msg", 2, "INFO", "rpc server request", A),
            (2, "rpc-msg", 2, "INFO", "rpc client request", B),
            (3, "rpc-user", 3, "INFO", "rpc server request", B),
            (4, "rpc-user", 3, "WARN", "rpc server response failed", B_FAILED),
            (5, "rpc-msg", 2, "WARN", "rpc client response failed", B_FAILED),
            (6, "rpc-msg", 2, "WARN", "rpc server response failed", A_FAILED),
            (7, "api", 1, "WARN", "rpc client response failed", A_FAILED),
        ];
        assert_eq!(failed_in(&lines).as_deref(), Some("rpc-user 4"));
        let failed = "rpc server response failed";
        let expected = [
            "0 0 a.a/x Failed(7000)".to_owned(),
            "2 1 b.b/y Failed(3000)".to_owned(),
            format!("4 2 {failed}"),
            format!("6 1 {failed}"),
        ];
        assert_eq!(trace(&lines), expected, "what the callee has said the caller does not repeat");
    }

    #[test]
    fn a_failure_within_a_call_that_went_well_is_none_of_the_request() {
        let lines = [
            (0, "api", 1, "INFO", "rpc client request", A),
            (1, "rpc-msg", 2, "INFO", "rpc server request", A),
            (2, "rpc-msg", 2, "INFO", "rpc client request", B),
            (3, "rpc-msg", 2, "WARN", "rpc client response failed", B_FAILED),
            (4, "rpc-msg", 2, "INFO", "rpc server response success", A),
            (5, "api", 1, "INFO", "rpc client response success", A),
        ];
        assert_eq!(failed_in(&lines), None);
        assert_eq!(
            failed_in(&lines[..4]).as_deref(),
            Some("rpc-msg 2"),
            "as long as that is not known, it is"
        );
    }
}

//! `panics`: what ended a process and what nearly did, each once.
//!
//! ```text
//! 19:55:32  rpc-group     recovered  index out of range [0] with length 0, 2 times
//!                                    at internal/rpc/group/group.go:1900
//! 19:55:34  rpc-friend    FATAL      SIGSEGV: segmentation violation, exit 2, back at
//!                                    19:55:39
//! 19:56:24  rpc-third     exit 255   check bucket exists error: ..., 5 times until 19:56:39
//! ```
//!
//! Four things are found: dumps of the Go runtime, panics that the logger tells of as recovered, processes that systemd
//! saw killed, and those that ended with an error of their own. Equal ones of a service are one row, but for crashes.
//! What a process says as it ends and systemd's word of it are one end; without the latter its status is not known.

use std::collections::HashMap;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::{Answer, BELOW, LEAST_ROOM, clock, stamp};
use crate::logs::end::{End, is_recovered, last_words};
use crate::logs::plan::Look;
use crate::logs::record::Record;
use crate::logs::render::fold::{cut, fold, width};
use crate::openim::dump::Dump;
use crate::openim::error::{first_sentence, own_place};
use crate::openim::line::{Kind, Line};
use crate::openim::text::clean;
use crate::time::{Timestamp, Zone};

/// So many rows are kept.
const MOST_ROWS: usize = 10_000;
/// What the process says and systemd say of one end lie within this, in microseconds.
const SOON: u64 = 10_000_000;
/// What systemd says stands before what the process said only where both were said at once: later it is of the next.
const AT_ONCE: u64 = 100_000;

#[derive(Default)]
pub(super) struct Panics {
    rows: Vec<Row>,
    /// The last reason that each service gave for its end, and when.
    reasons: HashMap<String, (Timestamp, String)>,
    left_out: u64,
}

#[derive(Debug)]
struct Row {
    first: Timestamp,
    last: Timestamp,
    /// The last but one.
    before: Timestamp,
    service: String,
    how: How,
    reason: String,
    places: Vec<String>,
    times: u64,
    /// Of the last only one side has told, the process or systemd.
    is_half: bool,
    /// The process, where the end of one is meant.
    pid: Option<u32>,
    /// When the service was heard of again.
    back: Option<Timestamp>,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
enum How {
    /// The request failed, the process lived on.
    Recovered,
    /// The runtime printed its stacks and left with status 2.
    Crashed,
    /// A signal that leaves no word.
    Killed,
    /// It said why itself.
    GaveUp,
    /// With a status of its own.
    Exited(u8),
}

impl How {
    fn word(&self) -> String {
        match self {
            Self::Recovered => "recovered".to_owned(),
            Self::Crashed | Self::Killed => "FATAL".to_owned(),
            // As it calls it itself.
            Self::GaveUp => "exit -1".to_owned(),
            Self::Exited(status) => format!("exit {status}"),
        }
    }

    const fn is_end(&self) -> bool {
        !matches!(self, Self::Recovered)
    }
}

impl Panics {
    /// Adds a row, or counts it with an equal one. Each crash is a row of its own.
    fn add(&mut self, record: &Record<'_>, how: How, reason: String, places: Vec<String>) {
        self.add_half(record, how, reason, places, false);
    }

    /// The same where the other half may follow.
    fn add_half(
        &mut self,
        record: &Record<'_>,
        how: How,
        reason: String,
        places: Vec<String>,
        is_half: bool,
    ) {
        let service = record.instance_name().into_owned();
        let same = |row: &&mut Row| {
            row.service == service && row.how == how && row.reason == reason && row.places == places
        };
        let counted = match how {
            How::Recovered | How::GaveUp | How::Exited(_) => true,
            How::Crashed | How::Killed => false,
        };
        if let Some(row) = self.rows.iter_mut().rfind(same).filter(|_| counted) {
            (row.times, row.before, row.last, row.back) = (row.times + 1, row.last, record.time, None);
            row.is_half = is_half;
            return;
        }
        if self.rows.len() >= MOST_ROWS {
            self.left_out += 1;
            return;
        }
        let Record { time, pid, .. } = *record;
        self.rows.push(Row {
            first: time,
            last: time,
            before: time,
            service,
            how,
            reason,
            places,
            times: 1,
            is_half,
            pid,
            back: None,
        });
    }

    /// A dump, or a panic that the logger tells of.
    fn take_panic(&mut self, record: &Record<'_>) -> bool {
        if let Some(dump) = Dump::parse(record.raw) {
            let how = match (dump.is_fatal(), matches!(dump.kind, Kind::HttpPanicServing | Kind::GinRecovery))
            {
                (true, _) => How::Crashed,
                (false, true) => How::Recovered,
                // Without its beginning it is only known that there was one.
                (false, false) => return false,
            };
            self.add(record, how, clean(&dump.reason()), dump.own_places());
            return true;
        }
        if !is_recovered(record) {
            return false;
        }
        let error = record.error().unwrap_or_default();
        let reason = clean(&first_sentence(&error)).trim_start_matches("runtime error: ").to_owned();
        let places = own_place(&error).map(clean).into_iter().collect();
        self.add(record, How::Recovered, reason, places);
        true
    }

    /// What systemd says of the end of a process.
    fn take_end(&mut self, record: &Record<'_>, end: End<'_>) {
        let service = record.instance_name().into_owned();
        let crashed = self.rows.iter().any(|row| {
            row.how == How::Crashed
                && may_be_one(&row.service, &service)
                && is_within(SOON, row.last, record.time)
        });
        match end {
            End::Killed(signal) => {
                self.add(record, How::Killed, format!("killed by SIG{signal}"), Vec::new());
            }
            // With GOTRACEBACK=crash the runtime prints its stacks and then has the core dumped.
            End::Dumped(_) | End::Exited(_) if crashed => {}
            End::Dumped(signal) => {
                self.add(record, How::Killed, format!("killed by SIG{signal}, core dumped"), Vec::new());
            }
            End::Exited(status) => {
                let said = self.take_back(record, |row| row.how == How::GaveUp, SOON);
                let is_half = said.is_none();
                let reason = said.map(|(_, reason)| reason).or_else(|| self.take_reason(record, &service));
                self.add_half(record, How::Exited(status), reason.unwrap_or_default(), Vec::new(), is_half);
            }
        }
    }

    /// What a process says as it ends, with its name.
    fn take_exit(&mut self, record: &Record<'_>) {
        self.reasons.remove(record.instance_name().as_ref());
        let reason = last_words(record);
        let is_of_it = |row: &Row| row.reason.is_empty() || row.reason == reason;
        let is_seen = |row: &Row| matches!(row.how, How::Exited(_)) && is_of_it(row);
        let seen = self.take_back(record, is_seen, AT_ONCE);
        let is_half = seen.is_none();
        self.add_half(record, seen.map_or(How::GaveUp, |(how, _)| how), reason, Vec::new(), is_half);
    }

    /// Takes back the half of an end that was counted, of which the record is the other half; returns how it was, and why.
    fn take_back(
        &mut self,
        record: &Record<'_>,
        is_its: impl Fn(&Row) -> bool,
        within: u64,
    ) -> Option<(How, String)> {
        let service = record.instance_name();
        let at = self.rows.iter().rposition(|row| {
            row.is_half
                && is_its(row)
                && may_be_one(&row.service, &service)
                && is_within(within, row.last, record.time)
        })?;
        let row = self.rows.get_mut(at)?;
        if row.times > 1 {
            (row.times, row.last) = (row.times - 1, row.before);
            return Some((row.how.clone(), row.reason.clone()));
        }
        let row = self.rows.remove(at);
        Some((row.how, row.reason))
    }

    /// Why a service did not start, if it has just said so.
    fn take_reason(&mut self, record: &Record<'_>, service: &str) -> Option<String> {
        let name = self.reasons.keys().find(|name| may_be_one(name, service))?.clone();
        let (said, reason) = self.reasons.remove(&name)?;
        is_within(SOON, said, record.time).then_some(reason)
    }

    /// A word of a service that had ended: it is back.
    fn take_return(&mut self, record: &Record<'_>) {
        let is_same = |row: &Row| {
            if row.service == record.instance_name() {
                return record.instance.is_some() || is_alone(record) || record.begins();
            }
            row.service == record.program() && record.begins()
        };
        let is_back = |row: &&mut Row| {
            row.how.is_end()
                && row.back.is_none()
                && is_same(row)
                && record.pid != row.pid
                && record.time > row.last
        };
        if record.zap().is_some() && self.rows.iter().any(|row| row.back.is_none()) {
            self.rows.iter_mut().filter(is_back).for_each(|row| row.back = Some(record.time));
        }
    }
}

fn is_within(micros: u64, earlier: Timestamp, later: Timestamp) -> bool {
    later.micros().saturating_sub(earlier.micros()) < micros
}

/// Whether two names may be of one process: that of a unit for all instances has no number.
fn may_be_one(one: &str, other: &str) -> bool {
    let service = |name: &str| name.split_once('#').map(|(service, _)| service.to_owned());
    one == other
        || service(one).is_some_and(|one| one == other)
        || service(other).is_some_and(|other| other == one)
}

/// Whether it is of a service that runs once: any other process of it is the next one, not another instance.
fn is_alone(record: &Record<'_>) -> bool {
    record.service.is_none_or(|service| !service.runs_several())
}

impl Answer for Panics {
    fn take(&mut self, record: &Record<'_>, found: bool) {
        self.take_return(record);
        if !found || self.take_panic(record) {
            return;
        }
        let Line::Other(kind) = record.line else { return };
        match kind {
            Kind::StartError => {
                let said = (record.time, last_words(record));
                self.reasons.insert(record.instance_name().into_owned(), said);
            }
            Kind::ExitLine => self.take_exit(record),
            Kind::Other => {
                if let Some(end) = End::parse(&record.message()) {
                    self.take_end(record, end);
                }
            }
            Kind::Terminated
            | Kind::GoPanic
            | Kind::GoSignal
            | Kind::Goroutine
            | Kind::Frame
            | Kind::HttpPanicServing
            | Kind::GinRecovery
            | Kind::GoRedis
            | Kind::HttpAcceptError
            | Kind::NetHttp
            | Kind::Mage
            | Kind::CheckTool
            | Kind::EtcdClientJson(_)
            | Kind::Cgroup
            | Kind::Blank => {}
        }
    }

    fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn text(&self, look: &Look, out: &mut dyn Write) -> io::Result<()> {
        for row in &self.rows {
            let head = format!("{}  {:13} {:9}  ", clock(row.first, look), row.service, row.how.word());
            let mut text = row.reason.clone();
            if row.how == How::Crashed {
                text.push_str(", exit 2");
            }
            let (first, last) = (clock(row.first, look), clock(row.last, look));
            if row.times > 1 {
                let until = if first == last { String::new() } else { format!(" until {last}") };
                text = format!("{text}, {} times{until}", row.times);
            }
            if let Some(back) = row.back {
                text = format!("{text}, back at {}", clock(back, look));
            }
            let used = width(&head);
            let is_below = look.columns < used + LEAST_ROOM;
            if is_below {
                writeln!(out, "{}", cut(head.trim_end(), look.columns))?;
            }
            let (mut head, used) = if is_below { ("", BELOW) } else { (head.as_str(), used) };
            let room = look.columns.saturating_sub(used);
            let place = row.places.first().map(|place| format!("at {place}"));
            for text in [Some(text), place].iter().flatten() {
                for line in fold(text, room, room) {
                    writeln!(out, "{head:used$}{}", &text[line])?;
                    head = "";
                }
            }
        }
        if self.left_out > 0 {
            writeln!(out, "and {} more", self.left_out)?;
        }
        Ok(())
    }

    fn json(&self, zone: Zone) -> Value {
        let rows = self.rows.iter().map(|row| {
            json!({
                "first": stamp(row.first, zone),
                "last": stamp(row.last, zone),
                "service": row.service,
                "how": row.how.word(),
                "reason": row.reason,
                "places": row.places,
                "times": row.times,
                "back": row.back.map(|back| stamp(back, zone)),
            })
        });
        json!({ "panics": rows.collect::<Vec<_>>() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::record::Context;
    use crate::openim::service::Service;

    /// Each row of an answer to lines of rpc-user: milliseconds and text.
    fn rows(lines: &[(u64, &str)]) -> Vec<String> {
        let mut panics = Panics::default();
        for (millis, text) in lines {
            let time = Timestamp::from_micros(1_000_000_000 + millis * 1000);
            let context = Context { time, service: Some(Service::RpcUser), ..Context::default() };
            panics.take(&Record::new(text.as_bytes(), context), true);
        }
        let row = |row: &Row| format!("{} {} {} {}x", row.service, row.how.word(), row.reason, row.times);
        panics.rows.iter().map(row).collect()
    }

    const START: &str = "Error: Error: WRONGPASS | -> x.go:1";
    const SAID: &str = "openim-rpc-user exit -1: Error: WRONGPASS | -> x.go:1";
    const SEEN: &str = "openim-rpc-user.service: Main process exited, code=exited, status=255/EXCEPTION";

    #[test]
    fn what_a_process_says_of_its_end_is_a_row_where_systemd_says_nothing() {
        assert_eq!(rows(&[(0, START), (0, SAID)]), ["rpc-user exit -1 WRONGPASS 1x"]);
        let loop_of_three = [(0, START), (0, SAID), (3000, START), (3000, SAID), (6000, SAID)];
        assert_eq!(rows(&loop_of_three), ["rpc-user exit -1 WRONGPASS 3x"]);
    }

    #[test]
    fn one_end_of_which_both_tell_is_one_row() {
        let status = ["rpc-user exit 255 WRONGPASS 1x"];
        assert_eq!(rows(&[(0, START), (0, SAID), (2, SEEN)]), status);
        assert_eq!(rows(&[(0, START), (2, SEEN), (3, SAID)]), status, "systemd was first");
        assert_eq!(rows(&[(0, START), (2, SEEN)]), status, "the last line is lost");
        let twice = [(0, START), (0, SAID), (2, SEEN), (1000, START), (1000, SAID), (1002, SEEN)];
        assert_eq!(rows(&twice), ["rpc-user exit 255 WRONGPASS 2x"]);
        // Of a stream in which nothing has a time.
        assert_eq!(rows(&twice.map(|(_, line)| (0, line))), ["rpc-user exit 255 WRONGPASS 2x"]);
    }

    #[test]
    fn a_reason_is_not_taken_for_that_of_another_end() {
        let later = [(0, SAID), (0, SAID), (1, SEEN), (60_000, SEEN)];
        let expected =
            ["rpc-user exit -1 WRONGPASS 1x", "rpc-user exit 255 WRONGPASS 1x", "rpc-user exit 255  1x"];
        assert_eq!(rows(&later), expected);
        assert_eq!(rows(&[(0, START), (60_000, SEEN)]), ["rpc-user exit 255  1x"]);
        let silent_first = [(0, SEEN), (1000, SAID), (1001, SEEN)];
        assert_eq!(rows(&silent_first), ["rpc-user exit 255  1x", "rpc-user exit 255 WRONGPASS 1x"]);
    }

    #[test]
    fn a_name_without_a_number_may_be_of_any_instance_and_two_numbers_are_two() {
        assert!(
            may_be_one("push#3", "push#3") && may_be_one("push#3", "push") && may_be_one("push", "push#3")
        );
        assert!(!may_be_one("push#3", "push#2") && !may_be_one("push#3", "api"));
    }
}

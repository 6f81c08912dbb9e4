//! `top` and `errors`: which messages come most.
//!
//! ```text
//!     1  FATAL  rpc-friend          SIGSEGV: segmentation violation        19:55:34
//!   472  WARN   msgtransfer push    no connection to 127.0.0.1:19094       19:56:43
//!
//!   115  ERROR  msgtransfer         storage.seq.Malloc          19:55:10 - 19:57:19
//!   472  WARN   push msgtransfer    consume err                 19:56:42 - 19:56:53
//! ```
//!
//! Before them stands what has happened, a line each, the gravest first: processes that ended, panics, registrations that
//! were lost, servers that were away. Then come the messages at ERROR and graver, those at WARN, and the others, the most
//! frequent first. What says no more than stands above already is left out.
//!
//! Messages are the same when they are so without numbers and ids; calls also when the method is the same. Under each
//! stands the error of its last record, where there was one, and the times where there is no room for them above.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::Hash;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::incident::Incident;
use super::{Answer, BELOW, LEAST_ROOM, SHOWS_ALL, Tally, clock, stamp, write_level};
use crate::logs::plan::{Extent, Look};
use crate::logs::record::Record;
use crate::logs::render::fold::{cut, grouped, width};
use crate::openim::call::{parse_call, short_method};
use crate::openim::error::first_sentence;
use crate::openim::level::Level;
use crate::openim::mask::mask;
use crate::openim::text::clean;
use crate::time::{Timestamp, Zone};

/// Further kinds of messages are counted together.
const MOST_GROUPS: usize = 20_000;
/// The column of services, and what stands before it: number and level.
const SERVICES: usize = 19;
const BEFORE: usize = 16;
/// Message and times, where there is more room than that.
const MESSAGE: usize = 70;
/// So many kinds of what has happened are shown.
const MOST_INCIDENTS: usize = 20;
/// Ten lines are seen at once, with the day above. Where more has happened, panics share a row whatever their reasons.
const FEW_INCIDENTS: usize = 9;
/// A service that does not start says why twice: behind this, and in the next line behind its name and that. Both are
/// as they are counted.
const START_ERROR: &str = "Error: ";
const EXIT: &str = " exit #: ";

#[derive(Clone, Debug)]
pub(in crate::logs) struct Top {
    limit: Extent,
    incidents: HashMap<Incident, Group>,
    groups: HashMap<Kind, Group>,
    /// Records of kinds that there was no room for.
    others: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Kind {
    level: Level,
    message: String,
}

#[derive(Clone, Debug)]
struct Group {
    count: u64,
    /// The gravest.
    level: Level,
    /// Whether it is among the incidents, and that says it all.
    told: bool,
    services: BTreeSet<String>,
    first: Timestamp,
    last: Timestamp,
    /// The error of the last record that has one, and when that was written.
    sample: String,
    sampled: Timestamp,
}

impl Group {
    fn begun_by(record: &Record<'_>) -> Self {
        Self {
            count: 0,
            level: record.level,
            told: false,
            services: BTreeSet::new(),
            first: record.time,
            last: record.time,
            sample: String::new(),
            sampled: Timestamp::default(),
        }
    }

    fn add(&mut self, record: &Record<'_>, sentence: Option<&str>) {
        self.count += 1;
        self.level = self.level.max(record.level);
        self.first = self.first.min(record.time);
        self.last = self.last.max(record.time);
        let program = record.program();
        if !self.services.contains(program.as_ref()) {
            self.services.insert(program.into_owned());
        }
        if record.time < self.sampled {
            return;
        }
        let error = || record.error().map(|error| clean(&first_sentence(&error)));
        if let Some(sample) = sentence.map(str::to_owned).or_else(error) {
            self.sample = sample;
            self.sampled = record.time;
        }
    }

    fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.level = self.level.max(other.level);
        self.told |= other.told;
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.services.extend(other.services);
        if other.sampled >= self.sampled && !other.sample.is_empty() {
            (self.sample, self.sampled) = (other.sample, other.sampled);
        }
    }
}

impl Top {
    pub(super) fn new(limit: Extent) -> Self {
        Self { limit, incidents: HashMap::new(), groups: HashMap::new(), others: 0 }
    }

    /// Counts a record that was found.
    pub(super) fn count(&mut self, record: &Record<'_>) {
        let mut told = false;
        if let Some((incident, sentence)) = Incident::of(record) {
            told = incident.is_all();
            if has_room_for(&self.incidents, &incident) {
                let group = self.incidents.entry(incident).or_insert_with(|| Group::begun_by(record));
                group.add(record, Some(&sentence));
            }
        }
        let kind = kind_of(record);
        if has_room_for(&self.groups, &kind) {
            let group = self.groups.entry(kind).or_insert_with(|| Group::begun_by(record));
            group.add(record, None);
            group.told |= told;
        } else {
            self.others += 1;
        }
    }

    /// What has happened, the gravest first, then what came most; then by name, so that the order is always the same.
    fn happened(&self) -> Vec<(&Incident, &Group)> {
        let mut told: HashMap<&str, u64> = HashMap::new();
        for (incident, group) in &self.incidents {
            if let Some(program) = incident.teller() {
                *told.entry(program).or_default() += group.count;
            }
        }
        // systemd tells of each end. Where processes told of as many themselves, it adds nothing.
        let adds = |incident: &Incident, group: &Group| {
            let told = |program| told.get(program).copied().unwrap_or_default();
            incident.told_by_systemd().is_none_or(|program| group.count > told(program))
        };
        let mut rows: Vec<_> =
            self.incidents.iter().filter(|(incident, group)| adds(incident, group)).collect();
        rows.sort_by_key(|(incident, group)| (incident.kind, Reverse(group.count), *incident));
        rows
    }

    /// The same with how grave it is and what is said of it.
    fn happened_in_short(&self) -> Vec<Happened<'_>> {
        let happened = self.happened();
        let is_much = happened.len() > FEW_INCIDENTS;
        let rows = happened.chunk_by(|(one, _), (next, _)| is_much && one.is_panic() && next.is_panic());
        rows.filter_map(in_one_row).collect()
    }

    /// What services said as they ended: the same stands as an error of its own in the line before.
    fn said_at_exit(&self) -> HashSet<&str> {
        let told = self.groups.iter().filter(|(_, group)| group.told);
        told.filter_map(|(kind, _)| kind.message.split_once(EXIT)).map(|(_, said)| said).collect()
    }

    /// The messages that are wanted, the graver first, of equally grave ones the most frequent; and those that are left
    /// out of them.
    fn sorted(&self, is_wanted: impl Fn(&Kind, &Group) -> bool) -> (Vec<Row<'_>>, Vec<Row<'_>>) {
        let mut rows: Vec<_> = self.groups.iter().filter(|(kind, group)| is_wanted(kind, group)).collect();
        rows.sort_by_key(|(kind, group)| {
            let grave = (kind.level >= Level::Error, kind.level == Level::Warn);
            (Reverse(grave), Reverse(group.count), Reverse(kind.level), &kind.message)
        });
        let shown = self.limit.rows().min(rows.len());
        let left_out = rows.split_off(shown);
        (rows, left_out)
    }

    /// What has happened, a line each.
    fn incidents(&self, look: &Look, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.happened_in_short();
        for (level, text, group) in rows.iter().take(MOST_INCIDENTS) {
            let room = begin_row(group, *level, look, out)?;
            let (first, span) = (clock(group.first, look), group.times(look));
            let column = room.min(MESSAGE.max(width(text) + 2 + span.len()));
            // Where there is no room for both, when it began says more than when it was over.
            let times = if width(text) + 2 + span.len() <= column { &span } else { &first };
            let text = cut(text, column.saturating_sub(times.len() + 2)).into_owned();
            writeln!(out, "{text}{times:>pad$}", pad = column.saturating_sub(width(&text)))?;
        }
        if rows.len() > MOST_INCIDENTS {
            writeln!(out, "{:>7}  further kinds of them (panics has all)", rows.len() - MOST_INCIDENTS)?;
        }
        Ok(())
    }
}

impl Group {
    /// When it was, and until when.
    fn times(&self, look: &Look) -> String {
        if self.count == 1 {
            clock(self.first, look)
        } else {
            format!("{} - {}", clock(self.first, look), clock(self.last, look))
        }
    }
}

/// A kind of messages and what is known of them.
type Row<'t> = (&'t Kind, &'t Group);

/// How grave, what, and of whom and when.
type Happened<'t> = (Level, String, Cow<'t, Group>);

/// What stands in one row; of several there that they are.
fn in_one_row<'t>(row: &[(&'t Incident, &'t Group)]) -> Option<Happened<'t>> {
    let (&(incident, group), rest) = row.split_first()?;
    if rest.is_empty() {
        return Some((group.level, incident.text(&group.sample), Cow::Borrowed(group)));
    }
    let mut all = group.clone();
    for (_, group) in rest {
        all.merge((*group).clone());
    }
    let text = incident.text(&format!("{} kinds (panics)", row.len()));
    Some((all.level, text, Cow::Owned(all)))
}

/// How many records they are.
fn count_of(rows: &[Row<'_>]) -> u64 {
    rows.iter().map(|(_, group)| group.count).sum()
}

fn has_room_for<K: Eq + Hash>(groups: &HashMap<K, Group>, kind: &K) -> bool {
    groups.len() < MOST_GROUPS || groups.contains_key(kind)
}

/// Writes how often, how grave and whose; returns how much room there is behind, or below where that is more.
fn begin_row(group: &Group, level: Level, look: &Look, out: &mut dyn Write) -> io::Result<usize> {
    write!(out, "{:>7}  ", grouped(group.count))?;
    write_level(level, look, out)?;
    let services: Vec<&str> = group.services.iter().map(String::as_str).collect();
    let services = match services.as_slice() {
        many if many.len() > 3 => format!("{} services", many.len()),
        few => few.join(" "),
    };
    let services = cut(&services, SERVICES);
    if is_narrow(look) {
        write!(out, "  {services}\n{:BELOW$}", "")?;
        return Ok(look.columns.saturating_sub(BELOW));
    }
    write!(out, "  {services}{:pad$} ", "", pad = SERVICES - width(&services))?;
    Ok(look.columns.saturating_sub(BEFORE + SERVICES + 1))
}

/// Whether there is hardly any room behind what a row begins with.
const fn is_narrow(look: &Look) -> bool {
    look.columns < BEFORE + SERVICES + 1 + LEAST_ROOM
}

/// Adds groups to those that there are; returns how many records there was no room for.
fn merge_groups<K: Clone + Eq + Hash + Ord>(groups: &mut HashMap<K, Group>, other: HashMap<K, Group>) -> u64 {
    let mut left_out = 0;
    let mut added: Vec<_> = other.into_iter().collect();
    // For which of them there is room does not depend on how they were hashed.
    added.sort_by(|(one, _), (other, _)| one.cmp(other));
    for (kind, group) in added {
        if !has_room_for(groups, &kind) {
            left_out += group.count;
        } else if let Some(known) = groups.get_mut(&kind) {
            known.merge(group);
        } else {
            groups.insert(kind, group);
        }
    }
    left_out
}

/// The message as it is counted.
fn kind_of(record: &Record<'_>) -> Kind {
    let call = record.zap().and_then(parse_call);
    let message = match &call {
        Some(call) => format!("{}  {}", record.message(), short_method(&call.method)),
        None => mask(record.message().lines().next().unwrap_or_default()),
    };
    Kind { level: record.level, message: clean(&message) }
}

impl Answer for Top {
    fn take(&mut self, record: &Record<'_>, found: bool) {
        if found {
            self.count(record);
        }
    }

    fn tally(&self) -> Option<Tally> {
        Some(Tally::Top(Self::new(self.limit)))
    }

    fn merge(&mut self, other: Tally) {
        let Tally::Top(other) = other else { return };
        self.others += other.others + merge_groups(&mut self.groups, other.groups);
        // Its records are counted as messages all the same.
        merge_groups(&mut self.incidents, other.incidents);
    }

    fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    fn text(&self, look: &Look, out: &mut dyn Write) -> io::Result<()> {
        self.incidents(look, out)?;
        let said_at_exit = self.said_at_exit();
        let is_told = |kind: &Kind, group: &Group| {
            group.told
                || kind.message.strip_prefix(START_ERROR).is_some_and(|said| said_at_exit.contains(said))
        };
        let (rows, left_out) = self.sorted(|kind, group| !is_told(kind, group));
        if !self.incidents.is_empty() && !rows.is_empty() {
            writeln!(out)?;
        }
        for (kind, group) in rows {
            let room = begin_row(group, kind.level, look, out)?;
            let times = group.times(look);
            // On a wide terminal the eye is not sent across all of it.
            let column = room.min(MESSAGE.max(width(&kind.message) + 2 + times.len()));
            let free = column.saturating_sub(width(&kind.message));
            let beside = free >= times.len() + 2;
            if beside {
                writeln!(out, "{}{times:>free$}", kind.message)?;
            } else {
                writeln!(out, "{}", cut(&kind.message, room))?;
            }
            let below = if beside { group.sample.clone() } else { format!("{times}  {}", group.sample) };
            if !below.trim_end().is_empty() {
                let before = if is_narrow(look) { BELOW } else { BEFORE };
                let below = cut(below.trim_end(), look.columns.saturating_sub(before)).into_owned();
                writeln!(out, "{:before$}{below}", "")?;
            }
        }
        if !left_out.is_empty() {
            let (count, kinds) = (grouped(count_of(&left_out)), grouped(left_out.len() as u64));
            let text = format!("{count:>7}  further messages, of {kinds} kinds ({SHOWS_ALL})");
            writeln!(out, "{}", cut(&text, look.columns))?;
        }
        if self.others > 0 {
            writeln!(out, "{:>7}  further messages, of too many kinds to keep apart", grouped(self.others))?;
        }
        Ok(())
    }

    fn json(&self, zone: Zone) -> Value {
        let happened = self.happened().into_iter().map(|(incident, group)| {
            json!({
                "count": group.count,
                "level": group.level.name(),
                "what": incident.text(&group.sample),
                "services": group.services,
                "first": stamp(group.first, zone),
                "last": stamp(group.last, zone),
                "error": (!group.sample.is_empty()).then_some(&group.sample),
            })
        });
        let happened: Vec<_> = happened.collect();
        let (rows, left_out) = self.sorted(|_, _| true);
        let rows = rows.into_iter().map(|(kind, group)| {
            json!({
                "count": group.count,
                "level": kind.level.name(),
                "message": kind.message,
                "services": group.services,
                "first": stamp(group.first, zone),
                "last": stamp(group.last, zone),
                "error": (!group.sample.is_empty()).then_some(&group.sample),
            })
        });
        json!({
            "incidents": happened,
            "messages": rows.collect::<Vec<_>>(),
            "others": self.others + count_of(&left_out),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::record::Context;
    use crate::openim::service::Service;

    fn count(top: &mut Top, second: u64, message: &str, error: &str) {
        let line = format!(
            r#"{{"level":"WARN","time":"2026-07-02 08:54:10.000","logger":"openim-push","caller":"a/b.go:1","msg":"{message}","PID":1,"version":"v","error":"{error}"}}"#
        );
        let time = Timestamp::from_micros(second * 1_000_000);
        top.count(&Record::new(line.as_bytes(), Context { time, ..Context::default() }));
    }

    /// The lines of its text.
    fn shown(top: &Top) -> Vec<String> {
        let mut out = Vec::new();
        top.text(&crate::logs::render::tests::look(), &mut out).unwrap();
        String::from_utf8(out).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn the_sample_is_the_last_error_whoever_is_added_first() {
        let part = |second: u64| {
            let error = format!("error {second}");
            let mut top = Top::new(Extent::All);
            count(&mut top, second, "consume 12", &error);
            count(&mut top, second, "other", "");
            top
        };
        for [one, other] in [[1, 2], [2, 1]] {
            let mut whole = part(one);
            whole.merge(Tally::Top(part(other)));
            let (rows, _) = whole.sorted(|_, _| true);
            assert_eq!((rows[0].0.message.as_str(), rows[0].1.count), ("consume #", 2));
            assert_eq!(rows[0].1.sample, "error 2");
            let span = (rows[0].1.first.micros(), rows[0].1.last.micros());
            assert_eq!(span, (1_000_000, 2_000_000));
        }
    }

    #[test]
    fn what_has_happened_comes_first_then_errors_then_warnings_then_the_rest() {
        let line = |level: &str, message: &str, error: &str| {
            format!(
                r#"{{"level":"{level}","time":"2026-07-02 08:54:10.000","logger":"openim-push","caller":"a/b.go:1","msg":"{message}","PID":1,"version":"v","error":"{error}"}}"#
            )
        };
        let mut top = Top::new(Extent::All);
        let mut add = |times: u64, text: String| {
            for second in 0..times {
                let time = Timestamp::from_micros(second * 1_000_000);
                top.count(&Record::new(text.as_bytes(), Context { time, ..Context::default() }));
            }
        };
        add(9, line("INFO", "usual", ""));
        add(5, line("WARN", "consume err", "dial tcp 127.0.0.1:9092: connect: connection refused"));
        add(2, line("ERROR", "rpc server panic", "runtime error: index out of range"));
        add(1, line("ERROR", "rare", ""));
        let expected = [
            "      2  ERROR  push                recovered panic: index out of ran…  00:00:00",
            "      5  WARN   push                no connection to 127.0.0.1:9092     00:00:00",
            "",
            "      1  ERROR  push                rare                                00:00:00",
            "      5  WARN   push                consume err              00:00:00 - 00:00:04",
            "                dial tcp 127.0.0.1:9092: connect: connection refused",
            "      9  INFO   push                usual                    00:00:00 - 00:00:08",
        ];
        assert_eq!(shown(&top), expected);
    }

    #[test]
    fn each_reason_of_a_panic_is_a_row_of_its_services_until_they_are_too_many() {
        let mut top = Top::new(Extent::All);
        let panic = |top: &mut Top, service: &str, reason: &str| {
            let line = format!(
                r#"{{"level":"ERROR","time":"2026-07-02 08:54:10.000","logger":"openim-{service}","caller":"a/b.go:1","msg":"rpc server panic","PID":1,"version":"v","error":"Error: 500 panic error runtime error: {reason} | -> x.go:1"}}"#
            );
            top.count(&Record::new(line.as_bytes(), Context::default()));
        };
        panic(&mut top, "rpc-group", "index out of range [0] with length 0");
        panic(&mut top, "rpc-group", "index out of range [3] with length 2");
        panic(&mut top, "rpc-msg", "makeslice");
        let expected = [
            "      2  ERROR  rpc-group           recovered panic: index out of ran…  00:00:00",
            "      1  ERROR  rpc-msg             recovered panic: makeslice          00:00:00",
        ];
        assert_eq!(shown(&top), expected);
        for service in &Service::ALL[..FEW_INCIDENTS] {
            let text = format!("{} exit -1: boom", service.binary());
            let context = Context { service: Some(*service), ..Context::default() };
            top.count(&Record::new(text.as_bytes(), context));
        }
        let all = shown(&top);
        assert_eq!(all.len(), FEW_INCIDENTS + 1);
        let last = "      3  ERROR  rpc-group rpc-msg   recovered panic: 2 kinds (panics)   00:00:00";
        assert_eq!(all.last().map(String::as_str), Some(last));
    }

    #[test]
    fn why_a_service_did_not_start_is_told_once() {
        let mut top = Top::new(Extent::All);
        let why = "Error: dial tcp 127.0.0.1:16379: connect: connection refused | -> x.go:1";
        for (service, text) in [
            (None, format!("Error: {why}")),
            (Some(Service::RpcUser), format!("openim-rpc-user exit -1: {why}")),
            (Some(Service::Api), "Error: unknown flag: --port".to_owned()),
        ] {
            let context = Context { service, ..Context::default() };
            top.count(&Record::new(text.as_bytes(), context));
        }
        let expected = [
            "      1  ERROR  rpc-user            exit: dial tcp 127.0.0.1:16379: c…  00:00:00",
            "",
            "      1  ERROR  api                 Error: unknown flag: --port         00:00:00",
        ];
        assert_eq!(shown(&top), expected);
    }

    #[test]
    fn what_systemd_says_of_an_end_is_told_where_the_process_was_silent() {
        let mut top = Top::new(Extent::All);
        for (service, text) in [
            (Service::RpcUser, "openim-rpc-user exit -1: WRONGPASS"),
            (
                Service::RpcUser,
                "openim-rpc-user.service: Main process exited, code=exited, status=255/EXCEPTION",
            ),
            (Service::Push, "openim-push.service: Main process exited, code=dumped, status=6/ABRT"),
            (Service::Api, "openim-api.service: Main process exited, code=exited, status=1/FAILURE"),
            (Service::RpcMsg, "openim-rpc-msg exit -1: WRONGPASS"),
            (Service::RpcMsg, "openim-rpc-msg.service: Main process exited, code=exited, status=1/FAILURE"),
            (Service::RpcMsg, "openim-rpc-msg.service: Main process exited, code=exited, status=1/FAILURE"),
        ] {
            let context = Context { service: Some(service), ..Context::default() };
            top.count(&Record::new(text.as_bytes(), context));
        }
        let expected = [
            "      1  ERROR  rpc-msg             exit: WRONGPASS                     00:00:00",
            "      1  ERROR  rpc-user            exit: WRONGPASS                     00:00:00",
            "      2  ERROR  rpc-msg             exit 1                   00:00:00 - 00:00:00",
            "      1  ERROR  api                 exit 1                              00:00:00",
            "      1  FATAL  push                killed by SIGABRT, core dumped      00:00:00",
        ];
        assert_eq!(shown(&top), expected);
    }

    #[test]
    fn kinds_without_room_are_counted_together_also_when_parts_are_added() {
        let mut all = Top::new(Extent::All);
        for number in 0..MOST_GROUPS {
            let kind = Kind { level: Level::Info, message: format!("kind {number}") };
            let line = Record::new(b"text", Context::default());
            all.groups.insert(kind, Group::begun_by(&line));
        }
        let mut part = Top::new(Extent::All);
        count(&mut part, 1, "one too many", "");
        count(&mut part, 2, "one too many", "");
        all.merge(Tally::Top(part));
        assert_eq!((all.groups.len(), all.others), (MOST_GROUPS, 2));
    }
}

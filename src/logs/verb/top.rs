//! `top` and `errors`: which messages come most.
//!
//! ```text
//!   472  WARN   push msgtransfer    consume err                 19:56:42 - 19:56:53
//!   115  ERROR  msgtransfer         storage.seq.Malloc          19:55:10 - 19:57:19
//! ```
//!
//! Messages are the same when they are so without numbers and ids; calls also when the method is the same. Under each
//! stands the error of its last record, where there was one, and the times where there is no room for them above.

use std::collections::{BTreeSet, HashMap};
use std::io::{self, Write};

use serde_json::{Value, json};

use super::{Answer, Tally, clock, stamp, write_level};
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

#[derive(Clone, Debug)]
pub(in crate::logs) struct Top {
    limit: Extent,
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
            services: BTreeSet::new(),
            first: record.time,
            last: record.time,
            sample: String::new(),
            sampled: Timestamp::default(),
        }
    }

    fn add(&mut self, record: &Record<'_>) {
        self.count += 1;
        self.first = self.first.min(record.time);
        self.last = self.last.max(record.time);
        let program = record.program();
        if !self.services.contains(program.as_ref()) {
            self.services.insert(program.into_owned());
        }
        if let Some(error) = record.error().filter(|_| record.time >= self.sampled) {
            self.sample = clean(&first_sentence(&error));
            self.sampled = record.time;
        }
    }

    fn merge(&mut self, other: Self) {
        self.count += other.count;
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
        Self { limit, groups: HashMap::new(), others: 0 }
    }

    /// Counts a record that was found.
    pub(super) fn count(&mut self, record: &Record<'_>) {
        let kind = kind_of(record);
        if self.has_room_for(&kind) {
            self.groups.entry(kind).or_insert_with(|| Group::begun_by(record)).add(record);
        } else {
            self.others += 1;
        }
    }

    fn has_room_for(&self, kind: &Kind) -> bool {
        self.groups.len() < MOST_GROUPS || self.groups.contains_key(kind)
    }

    /// The groups, the largest first; of equal ones the graver, then by name, so that the order is always the same.
    fn sorted(&self) -> Vec<(&Kind, &Group)> {
        let mut rows: Vec<_> = self.groups.iter().collect();
        rows.sort_by(|(a, x), (b, y)| {
            (y.count, b.level).cmp(&(x.count, a.level)).then_with(|| a.message.cmp(&b.message))
        });
        if let Extent::Last(count) = self.limit {
            rows.truncate(usize::try_from(count).unwrap_or(usize::MAX));
        }
        rows
    }
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
        self.others += other.others;
        let mut groups: Vec<_> = other.groups.into_iter().collect();
        // For which of them there is room does not depend on how they were hashed.
        groups.sort_by(|(one, _), (other, _)| one.cmp(other));
        for (kind, group) in groups {
            if !self.has_room_for(&kind) {
                self.others += group.count;
            } else if let Some(known) = self.groups.get_mut(&kind) {
                known.merge(group);
            } else {
                self.groups.insert(kind, group);
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    fn text(&self, look: &Look, out: &mut dyn Write) -> io::Result<()> {
        for (kind, group) in self.sorted() {
            write!(out, "{:>7}  ", grouped(group.count))?;
            write_level(kind.level, look, out)?;
            let services: Vec<&str> = group.services.iter().map(String::as_str).collect();
            let services = match services.as_slice() {
                many if many.len() > 3 => format!("{} services", many.len()),
                few => few.join(" "),
            };
            let times = if group.count == 1 {
                clock(group.first, look)
            } else {
                format!("{} - {}", clock(group.first, look), clock(group.last, look))
            };
            let room = look.columns.saturating_sub(BEFORE + SERVICES + 1);
            // On a wide terminal the eye is not sent across all of it.
            let column = room.min(MESSAGE.max(width(&kind.message) + 2 + times.len()));
            let services = cut(&services, SERVICES);
            write!(out, "  {services}{:pad$} ", "", pad = SERVICES - width(&services))?;
            let free = column.saturating_sub(width(&kind.message));
            let beside = free >= times.len() + 2;
            if beside {
                writeln!(out, "{}{times:>free$}", kind.message)?;
            } else {
                writeln!(out, "{}", cut(&kind.message, room))?;
            }
            let below = if beside { group.sample.clone() } else { format!("{times}  {}", group.sample) };
            if !below.trim_end().is_empty() {
                let below = cut(below.trim_end(), look.columns.saturating_sub(BEFORE)).into_owned();
                writeln!(out, "{:BEFORE$}{below}", "")?;
            }
        }
        if self.others > 0 {
            writeln!(out, "{:>7}  further messages, of too many kinds to keep apart", grouped(self.others))?;
        }
        Ok(())
    }

    fn json(&self, zone: Zone) -> Value {
        let rows = self.sorted().into_iter().map(|(kind, group)| {
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
        json!({ "messages": rows.collect::<Vec<_>>(), "others": self.others })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::record::Context;

    fn count(top: &mut Top, second: u64, message: &str, error: &str) {
        let line = format!(
            r#"{{"level":"WARN","time":"2026-07-02 08:54:10.000","logger":"openim-push","caller":"a/b.go:1","msg":"{message}","PID":1,"version":"v","error":"{error}"}}"#
        );
        let time = Timestamp::from_micros(second * 1_000_000);
        top.count(&Record::new(line.as_bytes(), Context { time, ..Context::default() }));
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
            let rows = whole.sorted();
            assert_eq!((rows[0].0.message.as_str(), rows[0].1.count), ("consume #", 2));
            assert_eq!(rows[0].1.sample, "error 2");
            let span = (rows[0].1.first.micros(), rows[0].1.last.micros());
            assert_eq!(span, (1_000_000, 2_000_000));
        }
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

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

use super::{Answer, clock, stamp, write_level};
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

pub(super) struct Top {
    limit: Extent,
    groups: HashMap<Kind, Group>,
    /// Records of kinds that there was no room for.
    others: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Kind {
    level: Level,
    message: String,
}

#[derive(Debug)]
struct Group {
    count: u64,
    services: BTreeSet<String>,
    first: Timestamp,
    last: Timestamp,
    sample: String,
}

impl Top {
    pub(super) fn new(limit: Extent) -> Self {
        Self { limit, groups: HashMap::new(), others: 0 }
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
        if !found {
            return;
        }
        let kind = kind_of(record);
        if self.groups.len() >= MOST_GROUPS && !self.groups.contains_key(&kind) {
            self.others += 1;
            return;
        }
        let group = self.groups.entry(kind).or_insert_with(|| Group {
            count: 0,
            services: BTreeSet::new(),
            first: record.time,
            last: record.time,
            sample: String::new(),
        });
        group.count += 1;
        group.first = group.first.min(record.time);
        group.last = group.last.max(record.time);
        group.services.insert(record.program().into_owned());
        if let Some(error) = record.error() {
            group.sample = clean(&first_sentence(&error));
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

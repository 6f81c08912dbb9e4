//! `gaps`: what the journal has lost. Files do not count their lines, so that of them nobody knows.
//!
//! ```text
//! 12:00:03  journald dropped 3,120 lines of openim-api.service: more than its rate limit
//! 12:04:10  journal  84 entries are missing before this one (numbers 1,204 to 1,287)
//! 11:58:40  the journal begins here: what was before is rotated away
//! ```
//!
//! Journald says how many lines it did not take; numbers of entries that nobody has are those of files that are gone
//! or damaged. Source: systemd 252, `journald-rate-limit.c`, `MESSAGE_ID` a596d6fe7bfa4994828e72309e95d61e.

use std::collections::HashMap;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::{Answer, clock, stamp};
use crate::journal::{Id128, Place};
use crate::logs::dropped::Dropped;
use crate::logs::plan::{JournalPlan, Look, Plan};
use crate::logs::record::Record;
use crate::logs::render::fold::{cut, grouped};
use crate::logs::source::journal::{Overview, hidden_file};
use crate::logs::{LogsError, source};
use crate::openim::text::clean;
use crate::time::{Timestamp, Zone};

/// So many rows are kept.
const MOST_ROWS: usize = 10_000;

#[derive(Default)]
pub(super) struct Gaps {
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    time: Timestamp,
    lost: Lost,
}

#[derive(Debug)]
enum Lost {
    /// Journald took no more of a unit's lines for a while.
    Dropped { unit: String, count: u64 },
    /// Entries that no file has.
    Missing { from: u64, to: u64 },
    /// The log begins later than was asked for.
    Begins { number: u64 },
}

impl Lost {
    const fn word(&self) -> &'static str {
        match self {
            Self::Dropped { .. } => "dropped",
            Self::Missing { .. } => "missing",
            Self::Begins { .. } => "begins",
        }
    }

    fn sentence(&self) -> String {
        match self {
            Self::Dropped { unit, count } => {
                format!("journald dropped {} lines of {unit}: more than its rate limit", grouped(*count))
            }
            Self::Missing { from, to } => format!(
                "{} entries are missing before this one (numbers {} to {})",
                grouped(to - from + 1),
                grouped(*from),
                grouped(*to)
            ),
            // Of another sequence there may have been something, of which no file tells.
            Self::Begins { number: 1 } => {
                "the journal begins here with number 1: nothing before it is known".to_owned()
            }
            Self::Begins { .. } => "the journal begins here: what was before is rotated away".to_owned(),
        }
    }

    const fn count(&self) -> Option<u64> {
        match self {
            Self::Dropped { count, .. } => Some(*count),
            Self::Missing { from, to } => Some(*to - *from + 1),
            Self::Begins { .. } => None,
        }
    }
}

impl Gaps {
    /// Looks at the numbers of all entries of the journal, whoever wrote them and in whichever boot: only together they
    /// have no gaps. Told are those before an entry of the boot that was asked for.
    pub(super) fn of_journal(plan: &Plan) -> Result<Self, LogsError> {
        let mut gaps = Self::default();
        let Some(journal) = plan.journal() else { return Ok(gaps) };
        let mut numbers: HashMap<Id128, u64> = HashMap::new();
        // Journald counts on through its files: of one of them alone, or without those of users, no number tells.
        let sees_all = !matches!(journal.place, Place::Files(_)) && hidden_file(journal).is_none();
        let mut begin = None;
        source::journal::survey(journal, plan, &mut |stamp, is_asked| {
            let before = numbers.insert(stamp.seqnum_id, stamp.seqnum);
            if !is_asked {
                return;
            }
            begin.get_or_insert((stamp.realtime, stamp.seqnum));
            if let Some(before) = before.filter(|before| sees_all && before + 1 < stamp.seqnum) {
                let lost = Lost::Missing { from: before + 1, to: stamp.seqnum - 1 };
                gaps.push(stamp.realtime, lost);
            }
        })?;
        if let Some(((begin, number), since)) = begin.zip(plan.criteria.since)
            && !source::journal::reaches_back(journal, just_before(begin).max(since))?
        {
            gaps.push(begin, Lost::Begins { number });
        }
        gaps.add_dropped_of_containers(journal, plan)?;
        Ok(gaps)
    }

    /// All containers share docker's rate limit, and journald's words about it do not name OpenIM.
    fn add_dropped_of_containers(&mut self, journal: &JournalPlan, plan: &Plan) -> Result<(), LogsError> {
        let Overview { of_containers, dropped, .. } = Overview::read(journal, plan)?;
        for dropped in dropped.iter().filter(|dropped| Some(&dropped.unit) == of_containers.as_ref()) {
            self.push_dropped(dropped);
        }
        Ok(())
    }

    fn push_dropped(&mut self, dropped: &Dropped) {
        self.push(dropped.time, Lost::Dropped { unit: clean(&dropped.unit), count: dropped.count });
    }

    fn push(&mut self, time: Timestamp, lost: Lost) {
        if self.rows.len() < MOST_ROWS {
            self.rows.push(Row { time, lost });
        }
    }
}

/// Between the time that was asked for and the first entry of a boot there may be other boots.
fn just_before(begin: Timestamp) -> Timestamp {
    Timestamp::from_micros(begin.micros().saturating_sub(1))
}

impl Answer for Gaps {
    fn take(&mut self, record: &Record<'_>, _: bool) {
        if record.zap().is_some() {
            return;
        }
        if let Some(dropped) = Dropped::parse(record.time, &record.message()) {
            self.push_dropped(&dropped);
        }
    }

    fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn text(&self, look: &Look, out: &mut dyn Write) -> io::Result<()> {
        let mut rows: Vec<_> = self.rows.iter().collect();
        rows.sort_by_key(|row| row.time);
        for row in rows {
            let line = format!("{}  {}", clock(row.time, look), row.lost.sentence());
            writeln!(out, "{}", cut(&line, look.columns))?;
        }
        Ok(())
    }

    fn json(&self, zone: Zone) -> Value {
        let rows = self.rows.iter().map(|row| {
            let unit = match &row.lost {
                Lost::Dropped { unit, .. } => Some(unit),
                Lost::Missing { .. } | Lost::Begins { .. } => None,
            };
            json!({
                "time": stamp(row.time, zone),
                "kind": row.lost.word(),
                "count": row.lost.count(),
                "unit": unit,
                "message": row.lost.sentence(),
            })
        });
        json!({ "gaps": rows.collect::<Vec<_>>() })
    }
}

//! Questions whose answer is not the lines themselves: one file each, all of one shape. An answer takes one record
//! after the other and is shown when all have been read.

mod costs;
mod gaps;
mod incident;
mod panics;
mod slow;
mod stats;
mod top;
mod trace;

use std::io::{self, Write};

use serde_json::Value;

use self::stats::Stats;
use self::top::Top;
use super::LogsError;
use super::plan::{Look, Plan, Question};
use super::record::Record;
use super::render::fold::grouped;
use crate::openim::level::Level;
use crate::time::{Timestamp, Zone};

/// What is being found out.
pub(super) trait Answer {
    /// Takes a record of the services and the time that were asked for, and whether the filters admit it.
    fn take(&mut self, record: &Record<'_>, found: bool);

    /// The same question, not answered yet, for threads that count beside; `None` where records have to come in order.
    fn tally(&self) -> Option<Tally> {
        None
    }

    /// Adds what was counted beside.
    fn merge(&mut self, _: Tally) {}

    /// Whether it is complete although more may come.
    fn is_complete(&self) -> bool {
        false
    }

    /// Whether nothing was found.
    fn is_empty(&self) -> bool;

    /// For people; no line is wider than the look allows.
    fn text(&self, look: &Look, out: &mut dyn Write) -> io::Result<()>;

    /// For programs.
    fn json(&self, zone: Zone) -> Value;
}

/// An answer that comes of counting, whatever the order of the records.
#[derive(Clone, Debug)]
pub(super) enum Tally {
    Stats(Stats),
    Top(Top),
}

impl Tally {
    /// Counts a record that was found.
    pub(super) fn take(&mut self, record: &Record<'_>) {
        match self {
            Self::Stats(stats) => stats.count(record),
            Self::Top(top) => top.count(record),
        }
    }

    /// Whether it shows anything of a record's text, so that secrets in it have to be masked first.
    pub(super) const fn quotes(&self) -> bool {
        match self {
            Self::Stats(stats) => stats.quotes(),
            Self::Top(_) => true,
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        match self {
            Self::Stats(stats) => stats.merge(other),
            Self::Top(top) => top.merge(other),
        }
    }
}

/// When the first and the last of some records were written.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Span(Option<(Timestamp, Timestamp)>);

impl Span {
    pub(super) fn add(&mut self, time: Timestamp) {
        self.merge(Self(Some((time, time))));
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.0 = match (self.0, other.0) {
            (Some((first, last)), Some((other_first, other_last))) => {
                Some((first.min(other_first), last.max(other_last)))
            }
            (one, other) => one.or(other),
        };
    }
}

/// Less room than that behind what begins a row is none: what it says stands below, so far in.
const LEAST_ROOM: usize = 24;
const BELOW: usize = 10;
/// What is said where rows are left out.
const SHOWS_ALL: &str = "-n all shows them";

/// Begins the answer to a question.
pub(super) fn of(question: &Question, plan: &Plan) -> Result<Box<dyn Answer>, LogsError> {
    Ok(match question {
        Question::Trace { operation, follow } => {
            Box::new(trace::Trace::new(operation, *follow, plan.input_zone))
        }
        Question::Stats { by } => Box::new(Stats::new(by.clone())),
        Question::Top { limit } => Box::new(Top::new(*limit)),
        Question::Panics => Box::new(panics::Panics::default()),
        Question::Slow { limit } => Box::new(slow::Slow::new(*limit)),
        Question::Gaps => Box::new(gaps::Gaps::of_journal(plan)?),
    })
}

/// Shows an answer for people. Where all was on one day, that is said once.
pub(super) fn show(answer: &dyn Answer, look: &Look, span: Span, out: &mut dyn Write) -> io::Result<()> {
    let day = |time| look.zone.civil(time).0.date();
    match span.0.map(|(first, last)| (day(first), day(last))) {
        Some((first, last)) if first == last && first != look.today => {
            writeln!(out, "-- {first} --")?;
            answer.text(&Look { today: first, ..look.clone() }, out)
        }
        Some(_) | None => answer.text(look, out),
    }
}

/// `19:55:32`, with the day where it is another than today.
fn clock(time: Timestamp, look: &Look) -> String {
    let civil = look.zone.civil(time).0;
    let form = if civil.date() == look.today { "%H:%M:%S" } else { "%m-%d %H:%M:%S" };
    civil.format(form).to_string()
}

/// `1 service`, `4 services`.
fn counted(count: usize, one: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{} {one}{ending}", grouped(count as u64))
}

/// The time for programs.
fn stamp(time: Timestamp, zone: Zone) -> Value {
    super::render::rfc3339(time, zone).into()
}

/// Writes the name of a level in its colour, padded.
fn write_level(level: Level, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    super::render::paint(out, look.colour, super::render::style_of(level), level.name())?;
    write!(out, "{:pad$}", "", pad = 5_usize.saturating_sub(level.name().len()))
}

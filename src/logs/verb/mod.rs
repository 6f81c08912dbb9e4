//! Questions whose answer is not the lines themselves: one file each, all of one shape. An answer takes one record
//! after the other and is shown when all have been read.

mod gaps;
mod panics;
mod slow;
mod stats;
mod top;
mod trace;

use std::collections::BTreeSet;
use std::io::{self, Write};

use chrono::NaiveDate;
use serde_json::Value;

use super::LogsError;
use super::plan::{Look, Plan, Question};
use super::record::Record;
use crate::openim::level::Level;
use crate::time::{Timestamp, Zone};

/// What is being found out.
pub(super) trait Answer {
    /// Takes a record of the services and the time that were asked for, and whether the filters admit it.
    fn take(&mut self, record: &Record<'_>, found: bool);

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

/// Begins the answer to a question.
pub(super) fn of(question: &Question, plan: &Plan) -> Result<Box<dyn Answer>, LogsError> {
    Ok(match question {
        Question::Trace { operation, follow } => {
            Box::new(trace::Trace::new(operation, *follow, plan.input_zone))
        }
        Question::Stats { by } => Box::new(stats::Stats::new(by.clone())),
        Question::Top { limit } => Box::new(top::Top::new(*limit)),
        Question::Panics => Box::new(panics::Panics::default()),
        Question::Slow { limit } => Box::new(slow::Slow::new(*limit)),
        Question::Gaps => Box::new(gaps::Gaps::of_journal(plan)?),
    })
}

/// Shows an answer for people. Where all was on one day, that is said once.
pub(super) fn show(
    answer: &dyn Answer,
    look: &Look,
    days: &BTreeSet<NaiveDate>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut days = days.iter();
    match (days.next(), days.next()) {
        (Some(day), None) if *day != look.today => {
            writeln!(out, "-- {day} --")?;
            answer.text(&Look { today: *day, ..look.clone() }, out)
        }
        (_, _) => answer.text(look, out),
    }
}

/// `19:55:32`, with the day where it is another than today.
fn clock(time: Timestamp, look: &Look) -> String {
    let civil = look.zone.civil(time).0;
    let form = if civil.date() == look.today { "%H:%M:%S" } else { "%m-%d %H:%M:%S" };
    civil.format(form).to_string()
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

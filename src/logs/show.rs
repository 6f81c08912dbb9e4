//! The records that are asked for, onto the output.

use std::io::Write;
use std::ops::ControlFlow;

use super::LogsError;
use super::place::Keeper;
use super::plan::{Extent, Plan};
use super::progress::Progress;
use super::reading::{Event, Reading};
use super::record::Record;
use super::sink::Sink;
use crate::journal::Order;

/// Shows the records and returns how many were found.
pub(super) fn show(
    reading: &mut Reading<'_>,
    progress: Progress,
    out: &mut dyn Write,
) -> Result<u64, LogsError> {
    let mut screen = Screen::new(reading.plan, progress, out);
    screen.seek_tail(reading)?;
    if screen.limit > 0 {
        reading.read(&mut |event| {
            match event {
                Event::Record(record, found) => screen.record(record, found)?,
                Event::Idle => screen.idle()?,
            }
            Ok(screen.flow())
        })?;
    }
    screen.end()
}

/// What is shown, and how far that is.
struct Screen<'p> {
    plan: &'p Plan,
    progress: Progress,
    sink: Sink<'p>,
    place: Keeper<'p>,
    /// After so many the rest is not even read.
    limit: u64,
    /// Something was found behind the last one that is wanted: who goes on from the place is to come to it.
    is_left: bool,
}

impl<'p> Screen<'p> {
    fn new(plan: &'p Plan, progress: Progress, out: &'p mut dyn Write) -> Self {
        let limit = match (plan.extent, plan.order) {
            (Extent::Last(count), Order::NewestFirst) | (Extent::First(count), _) => count,
            (Extent::Last(_) | Extent::All, _) => u64::MAX,
        };
        let (sink, place) = (Sink::new(plan, out), Keeper::new(&plan.place));
        Self { plan, progress, sink, place, limit, is_left: false }
    }

    /// Where the last records are wanted, oldest first, reading begins near the end.
    fn seek_tail(&mut self, reading: &mut Reading<'_>) -> Result<(), LogsError> {
        let (Extent::Last(count), Order::OldestFirst) = (self.plan.extent, self.plan.order) else {
            return Ok(());
        };
        // How long a call took is told by a line before it, which may be anywhere.
        if !self.plan.needs_durations() {
            reading.seek_tail(count, &self.progress)?;
        }
        // The last of each of several sources are more than the last of all, and what surrounds records is more.
        if self.plan.looks_around() || self.plan.sources.len() > 1 {
            self.sink.keep_last(count);
        }
        Ok(())
    }

    fn record(&mut self, record: &Record<'_>, found: bool) -> Result<(), LogsError> {
        self.progress.count(record.raw.len(), || record.time);
        let is_wanted = self.sink.found < self.limit;
        let is_shown = self.sink.take(record, found && is_wanted).map_err(LogsError::Output)?;
        self.is_left |= found && !is_shown;
        if is_wanted || (is_shown && !self.is_left) {
            self.place.pass(record);
        }
        if self.plan.follow && self.sink.writes_at_once() { self.place.save_if_behind() } else { Ok(()) }
    }

    /// All that is there has been shown, and more may come.
    fn idle(&mut self) -> Result<(), LogsError> {
        if self.plan.follow {
            self.sink.release().map_err(LogsError::Output)?;
        }
        self.place.save()
    }

    /// Behind the last one that is wanted, what comes after it may be shown, too.
    fn flow(&self) -> ControlFlow<()> {
        if self.sink.found < self.limit || self.sink.owes() {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    }

    /// Shows what was kept and what comes behind the records; returns how many were found.
    fn end(mut self) -> Result<u64, LogsError> {
        let end = self.sink.release();
        let end = end.and_then(|()| self.place.show(self.sink.out)).and_then(|()| self.sink.out.flush());
        end.map_err(LogsError::Output)?;
        self.place.save()?;
        Ok(self.sink.found)
    }
}

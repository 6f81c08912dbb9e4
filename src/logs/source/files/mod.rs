//! Records from files: those that OpenIM's logger writes itself, and those that hold the services' standard output.
//!
//! ```text
//! _output/logs/openim-service-log.2026-11-22
//! _output/logs/openim-service-log.2026-11-23        all services append to one file a day (or an hour)
//! /var/log/openim/api.log.1, api.log                what nohup, supervisord or logrotate keep of one service
//! ```
//!
//! Forward, the files are read one after the other in pieces; backward (for the last lines, and for the newest
//! first) from the end in blocks that begin at a record. Times in the lines are this host's own.
//!
//! Where a time is asked for, the reading begins near it and ends soon after it.

mod backward;
mod bisect;
mod forward;
mod line;
mod series;
mod tail;

use std::fs::File;
use std::ops::Range;
use std::time::{Duration, Instant};

use backward::Backward;
use bisect::find_time;
use forward::{Forward, Moved};
pub(in crate::logs) use line::{rest_of_line, without_end};
pub(in crate::logs) use series::has_log_files;
use series::{LogFile, Series};
use tail::find_tail;

use super::{Advance, Lines, Place, Stream, Way, is_backward};
use crate::logs::LogsError;
use crate::logs::numbers::Numbers;
use crate::logs::plan::{FilesPlan, OutputPlan, Plan};
use crate::logs::record::{Context, Record};
use crate::time::{Timestamp, Zone};

/// Records of several processes in one file are in order but for that many microseconds.
const DISORDER: u64 = 10_000_000;
/// How long a follower sleeps between two looks at the file.
const LOOK_AGAIN: Duration = Duration::from_millis(25);
/// How often a follower looks for the next day's file.
const LOOK_FOR_FILES: Duration = Duration::from_millis(500);

/// Reads OpenIM's log files.
#[derive(Debug)]
pub(in crate::logs) struct FileLines {
    series: Series,
    zone: Zone,
    numbers: Numbers,
    follow: bool,
    /// Nobody else waits for something new.
    is_alone: bool,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    /// Those to read, oldest first.
    files: Vec<LogFile>,
    position: Position,
    /// The line, in the buffer of the position.
    line: Range<usize>,
    /// What the line takes over from the one before it.
    context: Context,
    /// What the next line takes over.
    next_context: Context,
    /// What the first line of all takes over.
    first_context: Context,
    /// The text that ends one of the files, and which that is.
    tail: Option<(usize, Range<u64>)>,
    /// The line that was read is later than all that is asked for.
    is_past: bool,
    looked: Instant,
}

#[derive(Debug)]
enum Position {
    Forward(Forward),
    Backward(Backward),
}

impl Position {
    /// A line in the buffer, without its end.
    fn text(&self, line: &Range<usize>) -> &[u8] {
        let buffer = match self {
            Self::Forward(forward) => &forward.buffer,
            Self::Backward(backward) => &backward.block,
        };
        without_end(buffer.get(line.clone()).unwrap_or_default())
    }
}

impl FileLines {
    /// Opens the files of OpenIM's logger.
    pub(in crate::logs) fn open(plan: &FilesPlan, whole: &Plan) -> Result<Self, LogsError> {
        let series = Series::Dated { directory: plan.directory.clone(), zone: whole.input_zone };
        let files = series.list().map_err(|error| LogsError::Directory {
            path: plan.directory.clone(),
            source: error,
            hint: plan.named_by(),
        })?;
        if files.is_empty() && !whole.follow {
            return Err(LogsError::NoFiles { path: plan.directory.clone(), hint: plan.named_by() });
        }
        Self::of_series(series, files, whole)
    }

    /// Opens the file that holds the standard output of a service, and what was rotated away of it.
    pub(in crate::logs) fn open_output(plan: &OutputPlan, whole: &Plan) -> Result<Self, LogsError> {
        let series = Series::Numbered { path: plan.path.clone(), known: plan.context };
        let failed = |source| LogsError::File { path: plan.path.clone(), source };
        let files = series.list().map_err(failed)?;
        Self::of_series(series, files, whole)
    }

    fn of_series(series: Series, files: Vec<LogFile>, whole: &Plan) -> Result<Self, LogsError> {
        let mut source = Self {
            series,
            zone: whole.input_zone,
            numbers: whole.numbers.clone(),
            follow: whole.follow,
            is_alone: whole.sources.len() == 1,
            since: whole.criteria.since,
            until: whole.criteria.until,
            files,
            position: Position::Forward(Forward::default()),
            line: 0..0,
            context: Context::default(),
            next_context: Context::default(),
            first_context: Context::default(),
            tail: None,
            is_past: false,
            looked: Instant::now(),
        };
        source.drop_files_out_of_range();
        let none = Context { time: whole.now, ..Context::default() };
        source.first_context = source.files.first().map_or(none, |file| file.first);
        source.turn(if is_backward(whole) { Way::Backward } else { Way::Forward })?;
        Ok(source)
    }

    /// Whether each of the files can be opened.
    pub(in crate::logs) fn check(&self) -> Result<(), LogsError> {
        self.files.iter().try_for_each(|file| {
            let failed = |source| LogsError::File { path: file.path.clone(), source };
            File::open(&file.path).map(drop).map_err(failed)
        })
    }

    /// Leaves out files that end before `since` or begin after `until`. A file ends where the next begins; a day
    /// of grace stands for processes that rotate late and for the zone of the names.
    fn drop_files_out_of_range(&mut self) {
        let day = 24 * 3600 * 1_000_000;
        let begins = |file: &LogFile| file.begin().map(Timestamp::micros);
        if let Some(since) = self.since {
            let first = self
                .files
                .iter()
                .rposition(|file| begins(file).is_some_and(|begin| begin + day <= since.micros()));
            self.files.drain(..first.unwrap_or(0));
            self.files.retain(|file| !file.ends_before(since));
        }
        if let Some(until) = self.until {
            self.files.retain(|file| begins(file).is_none_or(|begin| begin <= until.micros() + day));
        }
    }

    /// The way forward from the first record that can be asked for.
    fn seek_since(&self) -> Result<Forward, LogsError> {
        let Some((since, file)) = self.since.zip(self.files.first()) else { return Ok(Forward::default()) };
        let margin = Timestamp::from_micros(since.micros().saturating_sub(DISORDER));
        let offset = File::open(&file.path)
            .and_then(|open| find_time(&open, margin, self.zone))
            .map_err(|source| LogsError::File { path: file.path.clone(), source })?;
        Ok(Forward::at(0, offset))
    }

    /// When the line was written, if it is of the text that ends a file of standard output.
    fn time_of_tail(&mut self) -> Option<Timestamp> {
        let Series::Numbered { .. } = self.series else { return None };
        let Place::Byte { file, offset, .. } = self.place() else { return None };
        let log = self.files.get(file)?;
        if self.tail.as_ref().is_none_or(|(of, _)| *of != file) {
            // Whoever reads the file tells of what cannot be read.
            let found = File::open(&log.path).and_then(|open| find_tail(&open)).unwrap_or_default();
            self.tail = Some((file, found));
        }
        self.tail.as_ref().is_some_and(|(_, tail)| tail.contains(&offset)).then_some(log.modified())
    }

    /// Finds files that have been begun since the last look.
    fn find_new_files(&mut self) {
        if self.looked.elapsed() < LOOK_FOR_FILES {
            return;
        }
        self.looked = Instant::now();
        let new = self.series.after(self.files.last());
        self.files.extend(new);
    }
}

impl Lines for FileLines {
    fn advance(&mut self) -> Result<Advance, LogsError> {
        let moved = match &mut self.position {
            Position::Forward(_) if self.is_past => Moved::End,
            Position::Forward(forward) => forward.advance(&self.files, self.follow)?,
            Position::Backward(backward) => match backward.step_back(&self.files, self.zone)? {
                Some((range, context)) => {
                    self.next_context = context;
                    Moved::Line(range)
                }
                None => Moved::End,
            },
        };
        match moved {
            Moved::Line(range) => {
                (self.line, self.context) = (range, self.next_context);
                Ok(Advance::Line)
            }
            Moved::Waiting => {
                if self.is_alone {
                    std::thread::sleep(LOOK_AGAIN);
                }
                self.find_new_files();
                Ok(Advance::Idle)
            }
            Moved::End => Ok(Advance::End),
        }
    }

    fn raw(&self) -> &[u8] {
        self.position.text(&self.line)
    }

    fn record(&mut self) -> Record<'_> {
        let tail = self.time_of_tail();
        let record = Record::of_line(self.position.text(&self.line), self.context, self.zone);
        let time = tail.filter(|_| record.zap().is_none()).unwrap_or(record.time);
        let record =
            Record { time, instance: record.instance.or_else(|| self.numbers.of(&record)), ..record };
        self.next_context = record.context();
        let asked = self.until.filter(|_| !self.follow);
        self.is_past = asked.is_some_and(|until| record.time.micros() > until.micros() + DISORDER);
        record
    }

    fn stream(&self) -> Stream {
        // All services write whole records into one file.
        Stream { id: Some(0), goes_on: false }
    }

    fn place(&self) -> Place {
        let (file, begin) = match &self.position {
            Position::Forward(forward) => (forward.file, forward.offset - forward.buffer.len() as u64),
            Position::Backward(backward) => (backward.file, backward.offset),
        };
        Place::Byte { file, offset: begin + self.line.start as u64, context: self.context }
    }

    fn turn(&mut self, way: Way) -> Result<bool, LogsError> {
        self.next_context = self.first_context;
        self.is_past = false;
        self.position = match way {
            Way::Backward => Position::Backward(Backward::at_the_end(self.files.len())),
            Way::At(Place::Byte { file, offset, context }) => {
                self.next_context = context;
                Position::Forward(Forward::at(file, offset))
            }
            Way::After(place @ Place::Byte { .. }) => {
                self.turn(Way::At(place))?;
                self.advance()?;
                self.record();
                return Ok(true);
            }
            Way::Forward
            | Way::At(Place::Entry(_) | Place::Nowhere)
            | Way::After(Place::Entry(_) | Place::Nowhere) => Position::Forward(self.seek_since()?),
        };
        Ok(true)
    }
}

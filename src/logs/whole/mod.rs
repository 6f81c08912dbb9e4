//! Records made whole: lines that belong together become one record, whatever source they come from.
//!
//! A record of v3.8.3 in two lines, a line that journald (48 KB) or Docker (16 KB) has cut in pieces, a dump of the
//! Go runtime in a thousand entries: each is one record here. Lines are put together within their stream, which is
//! one process or one container, so that what others write in between does not mix with them.
//!
//! Most lines stand alone and pass without a copy. While something is incomplete, it and what comes after it wait in a
//! queue, so that the order stays. It waits until its last line, or until a stream has been silent for a moment, or
//! until the queue is full.

mod held;
mod part;
mod queue;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

pub(in crate::logs) use held::Held;
use part::Part;
pub(in crate::logs) use queue::{Queue, Seen, is_alone};

use super::LogsError;
use super::filter::Filter;
use super::plan::Around;
use super::progress::Progress;
use super::source::{Advance, Lines, Place, Source, Step, Way};
use super::tail::Tail;

/// A group ends where its stream has been silent for so long by the lines' own times, in microseconds.
pub(in crate::logs) const SILENCE: u64 = 500_000;
/// And so long by the clock, where a source follows.
const WAIT: Duration = Duration::from_millis(200);

/// Gives records made of a source's lines.
pub(in crate::logs) struct Whole<'f, L> {
    lines: L,
    /// Lines that stand alone and that this refuses for what they are by themselves are not even looked at.
    refusing: Option<Refusing<'f>>,
    queue: Queue,
    /// The record that was given last, unless it was lent by the source.
    given: Option<Held>,
    /// When a line was taken last.
    touched: Instant,
}

/// What leaves lines out, and tells that they have been read.
#[derive(Debug)]
struct Refusing<'f> {
    filter: &'f Filter,
    progress: Progress,
}

impl<'f, L: Lines> Whole<'f, L> {
    pub(in crate::logs) fn new(lines: L, backward: bool) -> Self {
        Self { lines, refusing: None, queue: Queue::new(backward), given: None, touched: Instant::now() }
    }

    /// The same without records that the filter refuses, as far as one line tells.
    pub(in crate::logs) fn without_refused(self, filter: Option<&'f Filter>, progress: &Progress) -> Self {
        Self { refusing: filter.map(|filter| Refusing { filter, progress: progress.clone() }), ..self }
    }

    /// Takes the source's line into the queue.
    fn take(&mut self) {
        self.touched = Instant::now();
        let (place, stream) = (self.lines.place(), self.lines.stream());
        let record = self.lines.record();
        let seen = Seen { raw: record.raw, time: record.time, place, stream };
        self.queue.take(seen, || Held::of(&record, place));
    }

    /// Turns to another way through the source and forgets what waited.
    fn turn(&mut self, way: Way) -> Result<bool, LogsError> {
        if !self.lines.turn(way)? {
            return Ok(false);
        }
        self.queue = Queue::new(self.queue.backward);
        self.given = None;
        Ok(true)
    }

    /// Where the record that was given last begins.
    fn place(&self) -> Place {
        self.given.as_ref().map_or_else(|| self.lines.place(), |held| held.place)
    }

    /// Finds the last records by reading to the end and keeping so many: there is no way back. With what surrounds
    /// them nothing is gained by it.
    fn keep_last(&mut self, tail: Tail<'_>) -> Result<(), LogsError> {
        if tail.around != Around::default() {
            return Ok(());
        }
        let count = usize::try_from(tail.count).unwrap_or(usize::MAX);
        let mut last = VecDeque::new();
        loop {
            match self.next()? {
                Step::Record(record) if tail.finds(&record) => {
                    last.push_back(Held::of(&record, Place::Nowhere));
                    if last.len() > count {
                        last.pop_front();
                    }
                }
                Step::Record(_) | Step::Idle => {}
                Step::End => break,
            }
        }
        self.queue = Queue::of_ready(last);
        Ok(())
    }
}

impl<L: Lines> Source for Whole<'_, L> {
    fn next(&mut self) -> Result<Step<'_>, LogsError> {
        loop {
            self.given = self.queue.pop();
            match &self.given {
                // journald takes no such line, and elsewhere it says no more.
                Some(held) if held.is_blank_line() => continue,
                Some(_) => break,
                None => {}
            }
            match self.lines.advance()? {
                Advance::Line => {
                    let raw = self.lines.raw();
                    let alone = self.queue.is_empty() && stands_alone(raw);
                    if alone
                        && let Some(Refusing { filter, progress }) = &mut self.refusing
                        && filter.refuses(raw)
                    {
                        progress.count(raw.len(), || self.lines.record().time);
                        continue;
                    }
                    if alone {
                        return Ok(Step::Record(self.lines.record()));
                    }
                    self.take();
                }
                Advance::Records(queue) => self.queue.append(queue),
                Advance::Idle => {
                    if self.touched.elapsed() > WAIT && self.queue.is_open() {
                        self.queue.end_all();
                    } else {
                        return Ok(Step::Idle);
                    }
                }
                Advance::End if self.queue.is_empty() => return Ok(Step::End),
                Advance::End => self.queue.end_all(),
            }
        }
        Ok(self.given.as_ref().map_or(Step::End, |held| Step::Record(held.lend())))
    }

    fn take_remarks(&mut self) -> Vec<String> {
        self.lines.take_remarks()
    }

    fn seek_tail(&mut self, tail: Tail<'_>) -> Result<(), LogsError> {
        if !self.turn(Way::Backward)? {
            return self.keep_last(tail);
        }
        let newest = matches!(self.lines.advance()?, Advance::Line).then(|| self.lines.place());
        self.turn(Way::Backward)?;
        self.queue.backward = true;
        let mut oldest_wanted = None;
        let mut walk = tail.walk();
        while !walk.is_over() {
            let Step::Record(record) = self.next()? else { break };
            if walk.wants(&record) {
                oldest_wanted = Some(self.place());
            }
        }
        self.queue.backward = false;
        let way = match (oldest_wanted, newest) {
            (Some(oldest), _) => Way::At(oldest),
            // Nothing is wanted: only what comes is shown.
            (None, Some(newest)) => Way::After(newest),
            (None, None) => Way::Forward,
        };
        self.turn(way).map(|_| ())
    }
}

/// Whether a line belongs to no other as far as its first bytes and its last tell, unless one before it is incomplete.
pub(in crate::logs) fn stands_alone(raw: &[u8]) -> bool {
    !Part::may_matter(raw) && !may_be_cut(raw)
}

/// A line that journald or Docker may have cut: as long as the shorter of their limits, or a record without its end.
fn may_be_cut(raw: &[u8]) -> bool {
    raw.len() >= 16_000 || raw.last() != Some(&b'}')
}

#[cfg(test)]
mod tests;

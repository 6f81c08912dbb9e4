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

use std::collections::VecDeque;
use std::time::{Duration, Instant};

pub(in crate::logs) use held::Held;
use part::{Part, Run, Shape, Verdict};

use super::LogsError;
use super::filter::Filter;
use super::plan::Around;
use super::progress::Progress;
use super::source::{Advance, Lines, Place, Source, Step, Way};
use super::tail::Tail;
use crate::journal::Order;

/// A group ends where its stream has been silent for so long by the lines' own times, in microseconds.
pub(in crate::logs) const SILENCE: u64 = 500_000;
/// And so long by the clock, where a source follows.
const WAIT: Duration = Duration::from_millis(200);
/// More bytes do not wait.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// Gives records made of a source's lines.
pub(in crate::logs) struct Whole<'f, L> {
    lines: L,
    /// Lines that stand alone and that this refuses for what they are by themselves are not even looked at.
    refusing: Option<Refusing<'f>>,
    /// The newest come first.
    backward: bool,
    /// What waits, in order; the first is given when it is complete.
    queue: VecDeque<Slot>,
    /// How many slots have left the queue.
    gone: usize,
    bytes: usize,
    groups: Vec<Group>,
    /// Complete records that are to be given before all others.
    ready: VecDeque<Held>,
    /// The record that was given last, unless it was lent by the source.
    given: Option<Held>,
    /// When a line was taken last.
    touched: Instant,
}

/// A place in the queue: one line, or a group of lines.
#[derive(Debug)]
struct Slot {
    /// In the order of reading.
    lines: Vec<(Held, Part)>,
    complete: bool,
}

/// What leaves lines out, and tells that they have been read.
#[derive(Debug)]
struct Refusing<'f> {
    filter: &'f Filter,
    progress: Progress,
}

/// A group that is not complete.
#[derive(Debug)]
struct Group {
    stream: u64,
    /// Counted from the first slot that ever was.
    slot: usize,
    state: State,
    /// The time of its last line, in microseconds.
    last: u64,
}

#[derive(Debug)]
enum State {
    Forward(Shape),
    Backward(Run),
}

impl State {
    fn judge(&mut self, part: Part) -> Verdict {
        match self {
            Self::Forward(shape) => shape.judge(part),
            Self::Backward(run) => run.judge(part),
        }
    }
}

impl<'f, L: Lines> Whole<'f, L> {
    pub(in crate::logs) fn new(lines: L, backward: bool) -> Self {
        Self {
            lines,
            refusing: None,
            backward,
            queue: VecDeque::new(),
            gone: 0,
            bytes: 0,
            groups: Vec::new(),
            ready: VecDeque::new(),
            given: None,
            touched: Instant::now(),
        }
    }

    /// The same without records that the filter refuses, as far as one line tells.
    pub(in crate::logs) fn without_refused(self, filter: Option<&'f Filter>, progress: &Progress) -> Self {
        Self { refusing: filter.map(|filter| Refusing { filter, progress: progress.clone() }), ..self }
    }

    /// Takes the source's line into the queue.
    fn take(&mut self) {
        let goes_on = self.lines.goes_on();
        let part = Part::of(self.lines.raw(), goes_on);
        let place = self.lines.place();
        let stream = self.lines.stream();
        let held = Held::of(&self.lines.record(), place);
        self.touched = Instant::now();
        self.bytes += held.size();
        let time = held.time().micros();
        self.end_groups(|group| group.last.abs_diff(time) > SILENCE);
        match stream {
            Some(stream) => self.file(stream, held, part),
            None => self.push(held, part, true),
        }
        while self.bytes > MOST_BYTES && !self.groups.is_empty() {
            let oldest = self.groups.iter().map(|group| group.slot).min();
            self.end_groups(|group| Some(group.slot) == oldest);
            self.unload();
        }
    }

    /// Puts a line into the group of its stream, or behind all others.
    fn file(&mut self, stream: u64, held: Held, part: Part) {
        let open = self.groups.iter().position(|group| group.stream == stream);
        let verdict = open.map(|index| self.groups[index].state.judge(part));
        match (open, verdict) {
            (Some(index), Some(Verdict::Joins | Verdict::Completes)) => {
                self.join(index, held, part);
                if verdict == Some(Verdict::Completes) {
                    self.end_groups(|group| group.stream == stream);
                }
            }
            (_, Some(Verdict::Passes)) => self.push(held, part, true),
            (_, _) => {
                self.end_groups(|group| group.stream == stream);
                let state = if self.backward {
                    Run::ended_by(part).map(State::Backward)
                } else {
                    Shape::begun_by(part).map(State::Forward)
                };
                let last = held.time().micros();
                let slot = self.gone + self.queue.len();
                self.push(held, part, state.is_none());
                self.groups.extend(state.map(|state| Group { stream, slot, state, last }));
            }
        }
    }

    /// Puts a line into a group. A group stands where its oldest line does, which read backward is its last.
    fn join(&mut self, index: usize, held: Held, part: Part) {
        let group = &mut self.groups[index];
        group.last = held.time().micros();
        let slot = &mut self.queue[group.slot - self.gone];
        if !self.backward {
            return slot.lines.push((held, part));
        }
        let mut lines = std::mem::take(&mut slot.lines);
        slot.complete = true;
        lines.push((held, part));
        group.slot = self.gone + self.queue.len();
        self.queue.push_back(Slot { lines, complete: false });
    }

    fn push(&mut self, held: Held, part: Part, complete: bool) {
        self.queue.push_back(Slot { lines: vec![(held, part)], complete });
    }

    /// Says of groups that they are complete.
    fn end_groups(&mut self, is_ended: impl Fn(&Group) -> bool) {
        let (queue, gone) = (&mut self.queue, self.gone);
        self.groups.retain(|group| {
            let ended = is_ended(group);
            if ended {
                queue[group.slot - gone].complete = true;
            }
            !ended
        });
    }

    /// Takes what is complete from the front of the queue.
    fn unload(&mut self) {
        while self.queue.front().is_some_and(|slot| slot.complete) {
            let Some(slot) = self.queue.pop_front() else { return };
            self.gone += 1;
            self.bytes -= slot.lines.iter().map(|(held, _)| held.size()).sum::<usize>();
            self.ready.extend(if self.backward { records_of_run(slot.lines) } else { record_of(slot.lines) });
        }
    }

    /// Turns to another way through the source and forgets what waited.
    fn turn(&mut self, way: Way) -> Result<bool, LogsError> {
        if !self.lines.turn(way)? {
            return Ok(false);
        }
        self.queue.clear();
        self.groups.clear();
        self.ready.clear();
        (self.gone, self.bytes, self.given) = (0, 0, None);
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
        self.ready = last;
        Ok(())
    }
}

impl<L: Lines> Source for Whole<'_, L> {
    fn next(&mut self) -> Result<Step<'_>, LogsError> {
        loop {
            self.unload();
            self.given = self.ready.pop_front();
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
                Advance::Idle => {
                    if self.touched.elapsed() > WAIT && !self.groups.is_empty() {
                        self.end_groups(|_| true);
                    } else {
                        return Ok(Step::Idle);
                    }
                }
                Advance::End if self.queue.is_empty() => return Ok(Step::End),
                Advance::End => self.end_groups(|_| true),
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
        let newest = (self.lines.advance()? == Advance::Line).then(|| self.lines.place());
        self.turn(Way::Backward)?;
        self.backward = true;
        let mut oldest_wanted = None;
        let mut walk = tail.walk();
        while !walk.is_over() {
            let Step::Record(record) = self.next()? else { break };
            if walk.wants(&record) {
                oldest_wanted = Some(self.place());
            }
        }
        self.backward = false;
        let way = match (oldest_wanted, newest) {
            (Some(oldest), _) => Way::At(oldest),
            // Nothing is wanted: only what comes is shown.
            (None, Some(newest)) => Way::After(newest),
            (None, None) => Way::Forward,
        };
        self.turn(way).map(|_| ())
    }
}

/// Whether lines that are read after it may belong to a line. Read backward it is the last line of a record that comes
/// first, and that may be any.
pub(in crate::logs) fn may_have_others(raw: &[u8], is_cut: bool, order: Order) -> bool {
    match order {
        Order::OldestFirst => Shape::begun_by(Part::of(raw, is_cut)).is_some(),
        Order::NewestFirst => true,
    }
}

/// Whether a line belongs to no other, unless one before it is incomplete.
pub(in crate::logs) fn stands_alone(raw: &[u8]) -> bool {
    !Part::may_matter(raw) && !may_be_cut(raw)
}

/// A line that journald or Docker may have cut: as long as the shorter of their limits, or a record without its end.
fn may_be_cut(raw: &[u8]) -> bool {
    raw.len() >= 16_000 || raw.last() != Some(&b'}')
}

/// The record that lines are together.
fn record_of(lines: Vec<(Held, Part)>) -> Vec<Held> {
    let shape = lines.first().and_then(|(_, part)| Shape::begun_by(*part));
    let separator = shape.map_or(&b"\n"[..], Shape::separator);
    Held::join(lines.into_iter().map(|(held, _)| held).collect(), separator).into_iter().collect()
}

/// The records in lines that were collected backward, the newest first.
fn records_of_run(mut lines: Vec<(Held, Part)>) -> Vec<Held> {
    if lines.len() <= 1 {
        return lines.into_iter().map(|(held, _)| held).collect();
    }
    lines.reverse();
    let mut records: Vec<Vec<(Held, Part)>> = Vec::new();
    let mut shape: Option<Shape> = None;
    for (held, part) in lines {
        let verdict = shape.as_mut().map_or(Verdict::Ends, |shape| shape.judge(part));
        match (verdict, records.last_mut()) {
            (Verdict::Joins | Verdict::Completes, Some(record)) => record.push((held, part)),
            (_, _) => records.push(vec![(held, part)]),
        }
        match verdict {
            Verdict::Joins => {}
            Verdict::Completes => shape = None,
            Verdict::Ends | Verdict::Passes => shape = Shape::begun_by(part),
        }
    }
    records.into_iter().rev().flat_map(record_of).collect()
}

#[cfg(test)]
mod tests;

//! Lines that wait: those of records that are not complete, and what comes after them.

use std::collections::VecDeque;

use super::held::Held;
use super::part::{Part, Run, Shape, Verdict};
use super::{SILENCE, stands_alone};
use crate::logs::source::{Place, Stream};
use crate::openim::line::classify;
use crate::time::Timestamp;

/// More bytes do not wait.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// A line, as far as it matters to what is around it.
#[derive(Clone, Copy, Debug)]
pub(in crate::logs) struct Seen<'l> {
    pub(in crate::logs) raw: &'l [u8],
    pub(in crate::logs) time: Timestamp,
    pub(in crate::logs) place: Place,
    pub(in crate::logs) stream: Stream,
}

/// What waits, in order; the first is given when it is complete.
#[derive(Debug, Default)]
pub(in crate::logs) struct Queue {
    /// The newest come first.
    pub(super) backward: bool,
    slots: VecDeque<Slot>,
    /// How many slots have left the queue.
    gone: usize,
    bytes: usize,
    groups: Vec<Group>,
    /// Complete records that are to be given before all others.
    ready: VecDeque<Held>,
}

/// A place in the queue: one line, or a group of lines.
#[derive(Debug)]
struct Slot {
    /// In the order of reading.
    lines: Vec<(Held, Part)>,
    complete: bool,
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

#[derive(Clone, Debug)]
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

impl Queue {
    /// Without anything in it.
    pub(in crate::logs) fn new(backward: bool) -> Self {
        Self { backward, ..Self::default() }
    }

    /// With these records, complete.
    pub(in crate::logs) fn of_ready(ready: VecDeque<Held>) -> Self {
        Self { ready, ..Self::default() }
    }

    /// The same behind these records, complete.
    pub(in crate::logs) fn behind(self, mut ready: VecDeque<Held>) -> Self {
        ready.extend(self.ready);
        Self { ready, ..self }
    }

    /// Whether no line waits.
    pub(in crate::logs) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Whether a line changes nothing in what waits, and nothing waits for others with it, so that it need not be taken.
    pub(in crate::logs) fn lets_pass(&self, raw: &[u8], stream: Stream) -> bool {
        let part = part_of(raw, stream);
        match self.groups.iter().find(|group| Some(group.stream) == stream.id) {
            Some(open) => open.state.clone().judge(part) == Verdict::Passes,
            None => self.begin(part).is_none(),
        }
    }

    /// What a line may be the beginning of, in the order of reading.
    fn begin(&self, part: Part) -> Option<State> {
        if self.backward {
            Run::ended_by(part).map(State::Backward)
        } else {
            Shape::begun_by(part).map(State::Forward)
        }
    }

    /// Goes on with a queue of what comes after all that is in this one.
    pub(super) fn append(&mut self, next: Self) {
        self.end_all();
        self.unload();
        let ready = std::mem::take(&mut self.ready);
        *self = Self { backward: self.backward, ..next.behind(ready) };
    }

    /// Whether a record waits for more of its lines.
    pub(super) const fn is_open(&self) -> bool {
        !self.groups.is_empty()
    }

    /// Takes a line; `hold` makes the record of one that no other has begun.
    pub(in crate::logs) fn take(&mut self, seen: Seen<'_>, hold: impl FnOnce() -> Held) {
        self.end_silent(seen.time);
        let part = part_of(seen.raw, seen.stream);
        match seen.stream.id {
            Some(stream) => self.file(stream, seen, part, hold),
            None => self.push(hold(), part, true),
        }
        while self.bytes > MOST_BYTES && !self.groups.is_empty() {
            let oldest = self.groups.iter().map(|group| group.slot).min();
            self.end_groups(|group| Some(group.slot) == oldest);
            self.unload();
        }
    }

    /// Nothing of a stream comes any more that has been silent until this time.
    pub(in crate::logs) fn end_silent(&mut self, time: Timestamp) {
        self.end_groups(|group| group.last.abs_diff(time.micros()) > SILENCE);
    }

    /// Gives the next record that is complete.
    pub(in crate::logs) fn pop(&mut self) -> Option<Held> {
        self.unload();
        self.ready.pop_front()
    }

    /// No line comes that belongs to those that wait.
    pub(super) fn end_all(&mut self) {
        self.end_groups(|_| true);
    }

    /// Puts a line into the group of its stream, or behind all others.
    fn file(&mut self, stream: u64, seen: Seen<'_>, part: Part, hold: impl FnOnce() -> Held) {
        let open = self.groups.iter().position(|group| group.stream == stream);
        let verdict = open.map(|index| self.groups[index].state.judge(part));
        match (open, verdict) {
            (Some(index), Some(Verdict::Joins | Verdict::Completes)) => {
                let piece = if self.backward { hold() } else { Held::piece(seen) };
                self.join(index, piece, part);
                if verdict == Some(Verdict::Completes) {
                    self.end_groups(|group| group.stream == stream);
                }
            }
            (_, Some(Verdict::Passes)) => self.push(hold(), part, true),
            (_, _) => {
                self.end_groups(|group| group.stream == stream);
                let state = self.begin(part);
                let slot = self.gone + self.slots.len();
                self.push(hold(), part, state.is_none());
                let last = seen.time.micros();
                self.groups.extend(state.map(|state| Group { stream, slot, state, last }));
            }
        }
    }

    /// Puts a line into a group. A group stands where its oldest line does, which read backward is its last.
    fn join(&mut self, index: usize, held: Held, part: Part) {
        let group = &mut self.groups[index];
        group.last = held.time().micros();
        self.bytes += held.size();
        let slot = &mut self.slots[group.slot - self.gone];
        if !self.backward {
            return slot.lines.push((held, part));
        }
        let mut lines = std::mem::take(&mut slot.lines);
        slot.complete = true;
        lines.push((held, part));
        group.slot = self.gone + self.slots.len();
        self.slots.push_back(Slot { lines, complete: false });
    }

    fn push(&mut self, held: Held, part: Part, complete: bool) {
        self.bytes += held.size();
        self.slots.push_back(Slot { lines: vec![(held, part)], complete });
    }

    /// Says of groups that they are complete.
    fn end_groups(&mut self, is_ended: impl Fn(&Group) -> bool) {
        let (slots, gone) = (&mut self.slots, self.gone);
        self.groups.retain(|group| {
            let ended = is_ended(group);
            if ended {
                slots[group.slot - gone].complete = true;
            }
            !ended
        });
    }

    /// Takes what is complete from the front.
    fn unload(&mut self) {
        while self.slots.front().is_some_and(|slot| slot.complete) {
            let Some(slot) = self.slots.pop_front() else { return };
            self.gone += 1;
            self.bytes -= slot.lines.iter().map(|(held, _)| held.size()).sum::<usize>();
            self.ready.extend(if self.backward { records_of_run(slot.lines) } else { record_of(slot.lines) });
        }
    }
}

fn part_of(raw: &[u8], stream: Stream) -> Part {
    Part::of(raw, &classify(raw), stream.goes_on)
}

/// Whether a line is a record of its own, whatever waits of its stream.
pub(in crate::logs) fn is_alone(raw: &[u8], stream: Stream) -> bool {
    stands_alone(raw) && part_of(raw, stream) == Part::Alone
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

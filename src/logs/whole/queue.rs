//! Lines that wait: those of records that are not complete, and what comes after them.

use std::collections::VecDeque;

use super::SILENCE;
use super::held::Held;
use super::part::{Part, Run, Shape, Verdict};
use crate::logs::record::Record;
use crate::logs::source::Place;

/// More bytes do not wait.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// A line with what is known of it beside its record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) part: Part,
    pub(super) place: Place,
    pub(super) stream: Option<u64>,
}

/// What waits, in order; the first is given when it is complete.
#[derive(Debug, Default)]
pub(super) struct Queue {
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

impl Queue {
    /// Without anything in it.
    pub(super) fn new(backward: bool) -> Self {
        Self { backward, ..Self::default() }
    }

    /// With these records, complete.
    pub(super) fn of_ready(ready: VecDeque<Held>) -> Self {
        Self { ready, ..Self::default() }
    }

    /// Whether no line waits.
    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Whether a record waits for more of its lines.
    pub(super) const fn is_open(&self) -> bool {
        !self.groups.is_empty()
    }

    /// Takes a line.
    pub(super) fn take(&mut self, record: &Record<'_>, seen: Seen) {
        let time = record.time.micros();
        self.end_groups(|group| group.last.abs_diff(time) > SILENCE);
        match seen.stream {
            Some(stream) => self.file(stream, record, seen),
            None => self.push(record, seen, true),
        }
        while self.bytes > MOST_BYTES && !self.groups.is_empty() {
            let oldest = self.groups.iter().map(|group| group.slot).min();
            self.end_groups(|group| Some(group.slot) == oldest);
            self.unload();
        }
    }

    /// Gives the next record that is complete.
    pub(super) fn pop(&mut self) -> Option<Held> {
        self.unload();
        self.ready.pop_front()
    }

    /// No line comes that belongs to those that wait.
    pub(super) fn end_all(&mut self) {
        self.end_groups(|_| true);
    }

    /// Puts a line into the group of its stream, or behind all others.
    fn file(&mut self, stream: u64, record: &Record<'_>, seen: Seen) {
        let open = self.groups.iter().position(|group| group.stream == stream);
        let verdict = open.map(|index| self.groups[index].state.judge(seen.part));
        match (open, verdict) {
            (Some(index), Some(Verdict::Joins | Verdict::Completes)) => {
                self.join(index, record, seen);
                if verdict == Some(Verdict::Completes) {
                    self.end_groups(|group| group.stream == stream);
                }
            }
            (_, Some(Verdict::Passes)) => self.push(record, seen, true),
            (_, _) => {
                self.end_groups(|group| group.stream == stream);
                let state = if self.backward {
                    Run::ended_by(seen.part).map(State::Backward)
                } else {
                    Shape::begun_by(seen.part).map(State::Forward)
                };
                let last = record.time.micros();
                let slot = self.gone + self.slots.len();
                self.push(record, seen, state.is_none());
                self.groups.extend(state.map(|state| Group { stream, slot, state, last }));
            }
        }
    }

    /// Puts a line into a group. A group stands where its oldest line does, which read backward is its last.
    fn join(&mut self, index: usize, record: &Record<'_>, seen: Seen) {
        let group = &mut self.groups[index];
        group.last = record.time.micros();
        let slot = &mut self.slots[group.slot - self.gone];
        if !self.backward {
            let held = Held::piece_of(record, seen.place);
            self.bytes += held.size();
            return slot.lines.push((held, seen.part));
        }
        let mut lines = std::mem::take(&mut slot.lines);
        slot.complete = true;
        let held = Held::of(record, seen.place);
        self.bytes += held.size();
        lines.push((held, seen.part));
        group.slot = self.gone + self.slots.len();
        self.slots.push_back(Slot { lines, complete: false });
    }

    fn push(&mut self, record: &Record<'_>, seen: Seen, complete: bool) {
        let held = Held::of(record, seen.place);
        self.bytes += held.size();
        self.slots.push_back(Slot { lines: vec![(held, seen.part)], complete });
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

//! Records of the journal that matter, made by several threads ahead of who reads them.
//!
//! Each thread reads a part of the journal, puts its lines together and leaves out records that nobody asks for. Where
//! the question is one of counting, it counts them itself. What is left comes in the journal's order. Two kinds of lines
//! are handed over as they are: those at the beginning of a part that may belong to a record of the part before, and
//! those at its end that wait for others.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{Builder, JoinHandle};

use super::journal::stream_of;
use super::{Advance, Beside, Place, Stream};
use crate::journal::{Entry, Order, OwnedEntry, PartReader, Parts, Put, in_order, threads};
use crate::logs::filter::Criteria;
use crate::logs::record::Record;
use crate::logs::whole::{Held, Queue, SILENCE, Seen, is_alone, stands_alone};
use crate::time::Timestamp;

/// So many lines or records are handed over at once.
const AT_ONCE: usize = 64;
/// And so many bytes of them.
const BYTES_AT_ONCE: usize = 256 * 1024;
/// So many times that may wait for who reads them.
const WAITING: usize = 4;

/// What is handed over at once.
#[derive(Debug)]
enum Chunk {
    /// What may belong to a record of the part before.
    Lines(Vec<Line>),
    /// What does not.
    Records(Queue),
    /// What went otherwise than asked.
    Remarks(Vec<String>),
}

/// A line, and its stream. The threads tell that sooner, for they look where the entry is stored.
#[derive(Debug, Default)]
pub(super) struct Line {
    entry: OwnedEntry,
    stream: Stream,
}

impl Line {
    pub(super) const fn entry(&self) -> Entry<'_> {
        self.entry.lend()
    }

    pub(super) const fn stream(&self) -> Stream {
        self.stream
    }
}

/// Gives what the threads hand over.
#[derive(Debug)]
pub(super) struct Ahead {
    chunks: Receiver<Chunk>,
    /// Who sees to the threads, until all of them have ended.
    overseer: Option<JoinHandle<()>>,
    lines: std::vec::IntoIter<Line>,
    line: Line,
    remarks: Vec<String>,
}

impl Ahead {
    /// Sets the threads to work; `None` where the system grants none. They end when nobody reads on.
    pub(super) fn start(parts: Parts, order: Order, criteria: Criteria, beside: Beside) -> Option<Self> {
        let (sender, chunks) = sync_channel(WAITING);
        let oversee = move || {
            let start = || {
                let sieve = Sieve { criteria: criteria.clone(), beside: beside.clone() };
                (parts.reader(), sieve)
            };
            let work = |(reader, sieve): &mut (PartReader<'_>, Sieve), part: usize, put: Put<'_, Chunk>| {
                reader.begin(part);
                Picker::new(order, sieve, put).pick(reader);
                sieve.hand_in();
                let remarks = reader.take_remarks();
                if !remarks.is_empty() {
                    put(Chunk::Remarks(remarks), 0);
                }
            };
            let _ = in_order(parts.count(), threads(), start, work, |chunk| match sender.send(chunk) {
                Ok(()) => ControlFlow::Continue(()),
                // Nobody takes it any more, which is no failure.
                Err(_) => ControlFlow::Break(()),
            });
        };
        let overseer = Some(Builder::new().spawn(oversee).ok()?);
        let (lines, line, remarks) = (Vec::new().into_iter(), Line::default(), Vec::new());
        Some(Self { chunks, overseer, lines, line, remarks })
    }

    /// Moves to what comes next.
    pub(super) fn advance(&mut self) -> Advance {
        loop {
            if let Some(line) = self.lines.next() {
                self.line = line;
                return Advance::Line;
            }
            match self.chunks.recv() {
                Ok(Chunk::Lines(lines)) => self.lines = lines.into_iter(),
                Ok(Chunk::Records(queue)) => return Advance::Records(queue),
                Ok(Chunk::Remarks(remarks)) => self.remarks.extend(remarks),
                Err(_) => return self.end(),
            }
        }
    }

    /// Nothing more comes. Where that is because a thread has panicked, what is there is not all: so does this one.
    fn end(&mut self) -> Advance {
        match self.overseer.take().map(JoinHandle::join) {
            Some(Err(panic)) => resume_unwind(panic),
            Some(Ok(())) | None => Advance::End,
        }
    }

    pub(super) const fn line(&self) -> &Line {
        &self.line
    }

    /// What the threads remarked on since this was called last.
    pub(super) fn take_remarks(&mut self) -> Vec<String> {
        std::mem::take(&mut self.remarks)
    }
}

/// Tells what has to be handed over from what is left out or counted at once.
struct Sieve {
    criteria: Criteria,
    beside: Beside,
}

impl Sieve {
    /// The record of a line that stands alone, where it has to be handed over.
    fn keep_line<'e>(&mut self, entry: Entry<'e>, raw: &[u8]) -> Option<Record<'e>> {
        if self.criteria.filter.refuses(raw) {
            self.beside.progress.count(raw.len(), || entry.realtime());
            return None;
        }
        let record = Record::of_entry(entry);
        self.keeps(&record).then_some(record)
    }

    /// Whether a record has to be handed over.
    fn keeps(&mut self, record: &Record<'_>) -> bool {
        let is_kept = match &mut self.beside.counter {
            Some(counter) => {
                counter.count(record);
                false
            }
            None => self.criteria.find(record),
        };
        if !is_kept {
            self.beside.progress.count(record.raw.len(), || record.time);
        }
        is_kept
    }

    /// Says what was counted.
    fn hand_in(&mut self) {
        if let Some(counter) = &mut self.beside.counter {
            counter.hand_in();
        }
    }
}

/// The beginning of a part, where lines may belong to a record of the part before.
#[derive(Debug)]
struct Edge {
    order: Order,
    /// When the last line came that may; at first it may have been just before.
    last: Option<Timestamp>,
    /// The streams whose last line was a record of its own. Nothing of theirs can be incomplete but a dump, and that
    /// lets such lines pass.
    settled: Vec<u64>,
    is_over: bool,
}

impl Edge {
    const fn new(order: Order) -> Self {
        Self { order, last: None, settled: Vec::new(), is_over: false }
    }

    /// Whether a line of that time is still of it. A clock that was set the other way ends nothing.
    fn reaches(&mut self, time: Timestamp) -> bool {
        let last = *self.last.get_or_insert(time);
        let (before, after) = match self.order {
            Order::OldestFirst => (last, time),
            Order::NewestFirst => (time, last),
        };
        self.is_over = self.is_over || after.micros().saturating_sub(before.micros()) > SILENCE;
        !self.is_over
    }

    /// Takes note of a line, and says whether nothing of the part before depends on it.
    fn pass(&mut self, stream: Option<u64>, is_alone: bool, time: Timestamp) -> bool {
        let Some(stream) = stream else { return is_alone };
        let settled = self.settled.iter().position(|one| *one == stream);
        match (is_alone, settled) {
            (true, Some(_)) => return true,
            (true, None) => self.settled.push(stream),
            (false, settled) => {
                self.last = self.last.map(|last| match self.order {
                    Order::OldestFirst => last.max(time),
                    Order::NewestFirst => last.min(time),
                });
                if let Some(at) = settled {
                    self.settled.swap_remove(at);
                }
            }
        }
        false
    }
}

/// Looks at all lines of a part.
struct Picker<'s> {
    sieve: &'s mut Sieve,
    put: Put<'s, Chunk>,
    edge: Edge,
    lines: Vec<Line>,
    /// What is being put together.
    queue: Queue,
    /// What is to be handed over, and how many bytes that is.
    kept: VecDeque<Held>,
    bytes: usize,
}

impl<'s> Picker<'s> {
    fn new(order: Order, sieve: &'s mut Sieve, put: Put<'s, Chunk>) -> Self {
        let queue = Queue::new(order == Order::NewestFirst);
        let (lines, kept) = (Vec::new(), VecDeque::new());
        Self { sieve, put, edge: Edge::new(order), lines, queue, kept, bytes: 0 }
    }

    /// Takes all lines of the part that the reader has gone to.
    fn pick(mut self, reader: &mut PartReader<'_>) {
        while let Some(entry) = reader.lend_next() {
            let raw = entry.field("MESSAGE").unwrap_or_default();
            let is_taken = if self.edge.reaches(entry.realtime()) {
                self.take_early(entry, raw)
            } else {
                self.hand_over_lines() && self.take(entry, raw)
            };
            if !is_taken {
                return;
            }
        }
        if self.hand_over_lines() && self.edge.is_over {
            (self.put)(Chunk::Records(self.queue.behind(self.kept)), self.bytes);
        }
    }

    /// Takes a line that may belong to one before the part.
    fn take_early(&mut self, entry: Entry<'_>, raw: &[u8]) -> bool {
        let stream = stream_of(entry);
        let is_free = self.edge.pass(stream.id, is_alone(raw, stream), entry.realtime());
        if is_free && self.sieve.keep_line(entry, raw).is_none() {
            return true;
        }
        self.bytes += raw.len();
        self.lines.push(Line { entry: entry.to_owned(), stream });
        !self.is_much(self.lines.len()) || self.hand_over_lines()
    }

    /// Takes a line that belongs to the part.
    fn take(&mut self, entry: Entry<'_>, raw: &[u8]) -> bool {
        self.queue.end_silent(entry.realtime());
        let (time, place) = (entry.realtime(), Place::Entry(entry.cursor()));
        let may_be_alone = stands_alone(raw);
        if may_be_alone && self.queue.is_empty() {
            if let Some(record) = self.sieve.keep_line(entry, raw) {
                self.keep(Held::of(&record, place));
            }
        } else {
            let stream = stream_of(entry);
            let is_free = may_be_alone && self.queue.lets_pass(raw, stream);
            if !is_free || self.sieve.keep_line(entry, raw).is_some() {
                let seen = Seen { raw, time, place, stream };
                self.queue.take(seen, || Held::of(&Record::of_entry(entry), place));
            }
        }
        while let Some(held) = self.queue.pop() {
            if self.sieve.keeps(&held.lend()) {
                self.keep(held);
            }
        }
        !self.is_much(self.kept.len()) || self.hand_over_kept()
    }

    fn keep(&mut self, held: Held) {
        self.bytes += held.size();
        self.kept.push_back(held);
    }

    const fn is_much(&self, count: usize) -> bool {
        count >= AT_ONCE || self.bytes >= BYTES_AT_ONCE
    }

    fn hand_over_lines(&mut self) -> bool {
        if self.lines.is_empty() {
            return true;
        }
        (self.put)(Chunk::Lines(std::mem::take(&mut self.lines)), std::mem::take(&mut self.bytes))
    }

    fn hand_over_kept(&mut self) -> bool {
        let ready = Queue::of_ready(std::mem::take(&mut self.kept));
        (self.put)(Chunk::Records(ready), std::mem::take(&mut self.bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(micros: u64) -> Timestamp {
        Timestamp::from_micros(1_000_000 + micros)
    }

    #[test]
    fn at_the_beginning_of_a_part_only_the_first_line_of_a_stream_may_end_what_is_before() {
        let mut edge = Edge::new(Order::OldestFirst);
        let mut is_free = |stream, is_alone| edge.reaches(at(0)) && edge.pass(stream, is_alone, at(0));
        // It may be the last piece of a line that was cut.
        assert!(!is_free(Some(1), true) && !is_free(Some(2), true));
        assert!(is_free(Some(1), true) && is_free(None, true));
        // A line of a dump, say: what comes next may belong to it.
        assert!(!is_free(Some(1), false) && !is_free(None, false));
        assert!(!is_free(Some(1), true));
        assert!(is_free(Some(1), true) && is_free(Some(2), true));
    }

    #[test]
    fn the_beginning_lasts_until_nothing_that_may_belong_to_what_is_before_has_come_for_a_while() {
        let mut edge = Edge::new(Order::OldestFirst);
        assert!(edge.reaches(at(0)) && edge.reaches(at(SILENCE)));
        edge.pass(Some(1), false, at(SILENCE));
        assert!(edge.reaches(at(2 * SILENCE)));
        edge.pass(Some(1), true, at(2 * SILENCE));
        assert!(!edge.reaches(at(2 * SILENCE + 1)));
        // Once it is over it stays so, whatever the clock does.
        assert!(!edge.reaches(at(SILENCE)));
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_end_the_beginning() {
        for (order, first, later) in [(Order::OldestFirst, 900_000, 0), (Order::NewestFirst, 0, 900_000)] {
            let mut edge = Edge::new(order);
            assert!(edge.reaches(at(first)) && edge.reaches(at(later)));
            edge.pass(Some(1), false, at(later));
            assert!(edge.reaches(at(later)) && edge.reaches(at(first)));
        }
    }
}

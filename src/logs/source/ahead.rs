//! Lines of the journal that matter, found by several threads ahead of who reads them.
//!
//! Most lines stand alone. Threads leave out those that the filter refuses for their bytes alone, each in its part of
//! the journal; what they keep comes in the journal's order. Where the question is one of counting, they count those
//! that stand alone themselves. While lines may still belong to one that began before them nothing is left out: a line
//! in between says that they do not.

use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, sync_channel};

use super::Beside;
use super::journal::{is_cut, stream_of};
use crate::journal::{Entry, Order, OwnedEntry, PartReader, Parts, in_order, threads};
use crate::logs::filter::Filter;
use crate::logs::record::Record;
use crate::logs::whole::{SILENCE, may_have_others, stands_alone};

/// So many lines are handed over at once.
const AT_ONCE: usize = 64;
/// So many times that may wait for who reads them.
const WAITING: usize = 4;

/// Hands lines over; `false` where nobody takes them any more.
type Put<'p> = &'p mut dyn FnMut(Vec<Line>) -> bool;

/// A line, and what is asked of each to put it together with others. The threads have the sooner answer, for they
/// look where the entry is stored.
#[derive(Debug, Default)]
pub(super) struct Line {
    entry: OwnedEntry,
    stream: Option<u64>,
    is_cut: bool,
}

impl Line {
    fn of(entry: Entry<'_>) -> Self {
        Self { entry: entry.to_owned(), stream: stream_of(entry), is_cut: is_cut(entry) }
    }

    pub(super) const fn entry(&self) -> Entry<'_> {
        self.entry.lend()
    }

    /// Which stream it is of.
    pub(super) const fn stream(&self) -> Option<u64> {
        self.stream
    }

    /// Whether it was cut and goes on in the next of its stream.
    pub(super) const fn is_cut(&self) -> bool {
        self.is_cut
    }
}

/// Lends one line after the other.
#[derive(Debug)]
pub(super) struct Ahead {
    chunks: Receiver<Vec<Line>>,
    chunk: std::vec::IntoIter<Line>,
    line: Line,
}

impl Ahead {
    /// Sets the threads to work. They end when nobody reads on.
    pub(super) fn start(parts: Parts, order: Order, filter: Filter, beside: Beside) -> Self {
        let (sender, chunks) = sync_channel(WAITING);
        std::thread::spawn(move || {
            let start =
                || Picker { reader: parts.reader(), order, filter: filter.clone(), beside: beside.clone() };
            let work = |picker: &mut Picker<'_>, part: usize, put: Put<'_>| picker.pick(part, put);
            let _ = in_order(parts.count(), threads(), start, work, |chunk| match sender.send(chunk) {
                Ok(()) => ControlFlow::Continue(()),
                // Nobody takes it any more, which is no failure.
                Err(_) => ControlFlow::Break(()),
            });
        });
        Self { chunks, chunk: Vec::new().into_iter(), line: Line::default() }
    }

    /// Moves to the next line; `false` at the end.
    pub(super) fn advance(&mut self) -> bool {
        loop {
            if let Some(line) = self.chunk.next() {
                self.line = line;
                return true;
            }
            let Ok(chunk) = self.chunks.recv() else { return false };
            self.chunk = chunk.into_iter();
        }
    }

    pub(super) const fn line(&self) -> &Line {
        &self.line
    }
}

/// Looks at all lines of a part.
struct Picker<'p> {
    reader: PartReader<'p>,
    order: Order,
    filter: Filter,
    beside: Beside,
}

impl Picker<'_> {
    /// Copies the lines of a part that matter.
    fn pick(&mut self, part: usize, put: Put<'_>) {
        let Self { reader, order, filter, beside } = self;
        reader.begin(part);
        let mut picked = Vec::new();
        // When the last line came that others may belong to. At the beginning that may be one of the part before.
        let mut open = None;
        while let Some(entry) = reader.lend_next() {
            let raw = entry.field("MESSAGE").unwrap_or_default();
            let time = entry.realtime().micros();
            let is_alone = stands_alone(raw);
            let may_belong = time.abs_diff(*open.get_or_insert(time)) <= SILENCE;
            if !is_alone && (may_belong || may_have_others(raw, is_cut(entry), *order)) {
                open = Some(time);
            }
            if is_alone && !may_belong && take_aside(entry, raw, filter, beside) {
                continue;
            }
            picked.push(Line::of(entry));
            if picked.len() == AT_ONCE && !put(std::mem::take(&mut picked)) {
                return;
            }
        }
        if let Some(counter) = &mut beside.counter {
            counter.hand_in();
        }
        put(picked);
    }
}

/// Takes a line that stands alone: it is refused or counted. `false` where it has to be handed over.
fn take_aside(entry: Entry<'_>, raw: &[u8], filter: &Filter, beside: &mut Beside) -> bool {
    let is_refused = filter.refuses(raw);
    if !is_refused {
        let Some(counter) = &mut beside.counter else { return false };
        counter.count(&Record::of_entry(entry));
    }
    beside.progress.count(raw.len(), || entry.realtime());
    true
}

//! A record that has outlived its source's step.

use super::queue::Seen;
use crate::journal::{Cursor, OwnedEntry};
use crate::logs::record::{Context, Record};
use crate::logs::source::Place;
use crate::openim::dump::Dump;

/// An owned record.
#[derive(Debug)]
pub(in crate::logs) struct Held {
    raw: Vec<u8>,
    context: Context,
    entry: Option<OwnedEntry>,
    end: Option<Cursor>,
    /// Where its first line begins.
    pub(in crate::logs) place: Place,
}

impl Held {
    pub(in crate::logs) fn of(record: &Record<'_>, place: Place) -> Self {
        Self {
            raw: record.raw.to_vec(),
            context: Context { priority: Some(record.priority), ..record.context() },
            entry: record.entry.map(|entry| entry.to_owned()),
            end: record.end(),
            place,
        }
    }

    /// A line that belongs to one before it, whose the context is: of a dump's thousand lines nothing else is wanted.
    pub(super) fn piece(Seen { raw, time, place, stream: _ }: Seen<'_>) -> Self {
        let end = match place {
            Place::Entry(cursor) => Some(cursor),
            Place::Byte { .. } | Place::Nowhere => None,
        };
        Self { raw: raw.to_vec(), context: Context { time, ..Context::default() }, entry: None, end, place }
    }

    /// The record that these lines are together; what is known around it is that of the first.
    pub(in crate::logs) fn join(lines: Vec<Self>, separator: &[u8]) -> Option<Self> {
        let several = lines.len() > 1;
        let raws: Vec<&[u8]> = lines.iter().map(|line| line.raw.as_slice()).collect();
        let raw = raws.join(separator);
        let end = lines.last()?.end;
        let mut first = lines.into_iter().next()?;
        first.end = end;
        if several {
            first.entry = first.entry.map(|entry| entry.with_field("MESSAGE", &raw));
            first.raw = raw;
            first.learn_from_dump();
        }
        Some(first)
    }

    /// Where all services share one stream, the frames of a dump tell whose it is; the line before it does not.
    fn learn_from_dump(&mut self) {
        if self.entry.is_some() && self.context.service.is_some() {
            return;
        }
        let Some(service) = Dump::parse(&self.raw).and_then(|dump| dump.service()) else { return };
        if self.context.service != Some(service) {
            (self.context.instance, self.context.pid) = (None, None);
        }
        self.context.service = Some(service);
    }

    pub(in crate::logs) fn lend(&self) -> Record<'_> {
        let entry = self.entry.as_ref().map(OwnedEntry::lend);
        Record { entry, end: self.end, ..Record::new(&self.raw, self.context) }
    }

    /// A line of a file or a stream with nothing on it.
    pub(super) fn is_blank_line(&self) -> bool {
        self.entry.is_none() && self.raw.trim_ascii().is_empty()
    }

    pub(in crate::logs) fn size(&self) -> usize {
        self.raw.len()
    }

    pub(in crate::logs) const fn time(&self) -> crate::time::Timestamp {
        self.context.time
    }
}

//! Records out of the source as far as they are in scope, and what is to be said on the way.

use std::cell::RefCell;
use std::io::Write;
use std::ops::ControlFlow;

use super::LogsError;
use super::durations::Durations;
use super::plan::Plan;
use super::progress::Progress;
use super::record::Record;
use super::source::{self, Beside, Source, Step};
use super::tail::Tail;
use crate::stdout;

/// Where what is no record goes, unless it is not wanted.
pub(super) struct Remarks<'o> {
    out: &'o mut dyn Write,
    is_quiet: bool,
}

impl<'o> Remarks<'o> {
    pub(super) fn new(out: &'o mut dyn Write, is_quiet: bool) -> Self {
        Self { out, is_quiet }
    }

    pub(super) fn say_all(&mut self, texts: impl IntoIterator<Item: AsRef<str>>) {
        for text in texts.into_iter().filter(|_| !self.is_quiet) {
            // A remark that cannot be written is none.
            let _ = writeln!(self.out, "openim-logs: {}", text.as_ref());
        }
    }
}

/// What reading gives.
pub(super) enum Event<'r> {
    /// A record in scope, and whether it is found.
    Record(&'r Record<'r>, bool),
    /// All that is there has been read, and more may come.
    Idle,
}

/// Takes what reading gives, and says whether more is wanted.
pub(super) type Take<'t> = &'t mut dyn FnMut(Event<'_>) -> Result<ControlFlow<()>, LogsError>;

/// Reads what the plan asks for.
pub(super) struct Reading<'r> {
    pub(super) plan: &'r Plan,
    source: Box<dyn Source + 'r>,
    durations: Option<Durations>,
    pub(super) remarks: Remarks<'r>,
    is_gone: &'r dyn Fn() -> bool,
}

impl<'r> Reading<'r> {
    /// Opens the source. Once nobody reads the output any more, `is_gone` says so.
    pub(super) fn open(
        plan: &'r Plan,
        beside: &Beside,
        remarks: Remarks<'r>,
        is_gone: &'r dyn Fn() -> bool,
    ) -> Result<Self, LogsError> {
        let source = source::open(plan, beside)?;
        let durations = plan.needs_durations().then(Durations::default);
        let mut opened = Self { plan, source, durations, remarks, is_gone };
        opened.say_remarks();
        Ok(opened)
    }

    /// Says what the source has remarked since this was called last.
    pub(super) fn say_remarks(&mut self) {
        self.remarks.say_all(self.source.take_remarks());
    }

    /// Gives every record in scope to `take`, until that says stop.
    pub(super) fn read(&mut self, take: Take<'_>) -> Result<(), LogsError> {
        loop {
            let taken = match self.source.next()? {
                Step::Record(mut record) => {
                    if let Some(durations) = &mut self.durations {
                        record.cost = durations.observe(&record);
                    }
                    if !self.plan.criteria.is_in_scope(&record) {
                        continue;
                    }
                    let found = self.plan.criteria.filter.admits(&record);
                    Some(take(Event::Record(&record, found))?)
                }
                Step::Idle => None,
                Step::End => return Ok(()),
            };
            let flow = match taken {
                Some(flow) => flow,
                None => self.pause(take)?,
            };
            if flow.is_break() {
                return Ok(());
            }
        }
    }

    /// All that is there has been read.
    fn pause(&mut self, take: Take<'_>) -> Result<ControlFlow<()>, LogsError> {
        self.say_remarks();
        if (self.is_gone)() {
            return Err(LogsError::Output(stdout::unread()));
        }
        take(Event::Idle)
    }

    /// Goes to where the last records that are found begin, with what surrounds them.
    pub(super) fn seek_tail(&mut self, count: u64, progress: &Progress) -> Result<(), LogsError> {
        let progress = RefCell::new(progress.clone());
        let criteria = &self.plan.criteria;
        self.source.seek_tail(Tail {
            count,
            around: self.plan.context,
            is_in_scope: &|record| {
                progress.borrow_mut().count(record.raw.len(), || record.time);
                criteria.is_in_scope(record)
            },
            is_found: &|record| criteria.filter.admits(record),
        })
    }
}

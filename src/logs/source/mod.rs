//! Where records come from. Each source lends one record after the other and knows its own way back from the end.

pub(super) mod files;
pub(super) mod journal;
pub(super) mod stdin;

use super::LogsError;
use super::plan::{Plan, SourcePlan};
use super::record::Record;
use crate::journal::Order;

/// What a step of a source gave.
#[derive(Debug)]
pub(super) enum Step<'s> {
    Record(Record<'s>),
    /// Nothing new yet; the source follows and has waited a moment.
    Idle,
    End,
}

/// Whether a record is shown.
pub(super) type Keep<'k> = &'k dyn Fn(&Record<'_>) -> bool;

/// Lends records, the oldest first or the newest first as it was opened.
pub(super) trait Source {
    /// Lends the next record.
    fn next(&mut self) -> Result<Step<'_>, LogsError>;

    /// Moves to where the last `count` records begin that are kept; before the first `next`, oldest first only.
    fn seek_tail(&mut self, count: u64, keep: Keep<'_>) -> Result<(), LogsError>;
}

/// Opens what the plan names.
pub(super) fn open(plan: &Plan) -> Result<Box<dyn Source>, LogsError> {
    Ok(match &plan.source {
        SourcePlan::Journal(journal) => Box::new(journal::JournalSource::open(journal, plan)?),
        SourcePlan::Files(files) => Box::new(files::FilesSource::open(files, plan)?),
        SourcePlan::Stdin => Box::new(stdin::StdinSource::new(plan)),
    })
}

/// Whether the newest record comes first.
pub(super) fn is_backward(plan: &Plan) -> bool {
    plan.order == Order::NewestFirst
}

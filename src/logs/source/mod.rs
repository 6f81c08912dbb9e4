//! Where records come from. Each source lends one record after the other and knows its own way back from the end.

mod ahead;
pub(super) mod files;
mod foreign;
pub(super) mod journal;
mod merged;
pub(super) mod stdin;

use super::LogsError;
use super::counter::Counter;
use super::plan::{Plan, SourcePlan};
use super::progress::Progress;
use super::record::{Context, Record};
use super::tail::Tail;
use super::whole::{Queue, Whole};
use crate::journal::{Cursor, Order};

/// What a step of a source gave.
#[expect(clippy::large_enum_variant, reason = "a box would be an allocation for each record")]
#[derive(Debug)]
pub(super) enum Step<'s> {
    Record(Record<'s>),
    /// Nothing new yet; the source follows and has waited a moment.
    Idle,
    End,
}

/// Lends whole records, the oldest first or the newest first as it was opened.
pub(super) trait Source {
    /// Lends the next record.
    fn next(&mut self) -> Result<Step<'_>, LogsError>;

    /// Moves to where the tail begins, if the source can go back; before the first `next`, oldest first only.
    fn seek_tail(&mut self, tail: Tail<'_>) -> Result<(), LogsError>;

    /// What went otherwise than asked since this was called last, a sentence each.
    fn take_remarks(&mut self) -> Vec<String>;
}

/// What a step to the next line gave.
#[derive(Debug)]
pub(super) enum Advance {
    /// A line.
    Line,
    /// Records that have been put together already, and lines that wait for others. All that came before is complete.
    Records(Queue),
    /// Nothing new yet; the source follows and has waited a moment.
    Idle,
    End,
}

/// Where a line begins.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// An entry of the journal.
    Entry(Cursor),
    /// A byte of one of the log files, with what the line takes over from the one before it.
    Byte { file: usize, offset: u64, context: Context },
    /// The source cannot go back to it.
    Nowhere,
}

/// Which stream a line is of: lines of one stream are in order, and only they can belong together.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stream {
    pub(super) id: Option<u64>,
    /// Whether the line is a piece of a longer one that goes on in the next.
    pub(super) goes_on: bool,
}

/// A way through a source.
#[derive(Clone, Copy, Debug)]
pub(super) enum Way {
    /// From the end to the beginning.
    Backward,
    /// From the beginning on, as the source was opened.
    Forward,
    /// From a line on.
    At(Place),
    /// From behind a line on.
    After(Place),
}

/// Gives one line after the other, as they are stored. What belongs together is not decided here.
pub(super) trait Lines {
    /// Moves to the next line.
    fn advance(&mut self) -> Result<Advance, LogsError>;

    /// The line's bytes.
    fn raw(&self) -> &[u8];

    /// What the line is by itself. Asked once for each line, as the next may take over something of it.
    fn record(&mut self) -> Record<'_>;

    /// Which stream it is of.
    fn stream(&self) -> Stream;

    /// Where it begins.
    fn place(&self) -> Place;

    /// Goes another way from now on; `false` where the source knows only one.
    fn turn(&mut self, way: Way) -> Result<bool, LogsError>;

    /// What went otherwise than asked since this was called last, a sentence each.
    fn take_remarks(&mut self) -> Vec<String> {
        Vec::new()
    }
}

/// What threads have with them that read ahead.
#[derive(Clone, Debug)]
pub(super) struct Beside {
    pub(super) progress: Progress,
    /// What takes the records that need not be lent, where that is known.
    pub(super) counter: Option<Counter>,
}

/// Opens what the plan names. Where there is a counter, records that nothing else depends on go to it alone.
pub(super) fn open<'p>(plan: &'p Plan, beside: &Beside) -> Result<Box<dyn Source + 'p>, LogsError> {
    let open = |source| open_one(source, plan, beside);
    match plan.sources.as_slice() {
        [only] => open(only),
        several => {
            let sources = several.iter().map(open).collect::<Result<_, _>>()?;
            Ok(Box::new(merged::Merged::new(sources, is_backward(plan))))
        }
    }
}

fn open_one<'p>(
    source: &SourcePlan,
    plan: &'p Plan,
    beside: &Beside,
) -> Result<Box<dyn Source + 'p>, LogsError> {
    let backward = is_backward(plan);
    Ok(match source {
        SourcePlan::Journal(journal) => {
            // A record of the journal has nothing of the one before it, so those that nobody asks for may be left out.
            let criteria = plan.shows_only_what_is_found().then_some(&plan.criteria);
            let lines = journal::JournalLines::open(journal, plan, criteria, beside)?;
            let filter = criteria.map(|criteria| &criteria.filter).filter(|filter| filter.judges_bytes());
            Box::new(Whole::new(lines, backward).without_refused(filter, &beside.progress))
        }
        SourcePlan::Files(files) => Box::new(Whole::new(files::FileLines::open(files, plan)?, backward)),
        SourcePlan::Output(output) => {
            Box::new(Whole::new(files::FileLines::open_output(output, plan)?, backward))
        }
        SourcePlan::Stdin => Box::new(Whole::new(stdin::StdinLines::new(plan), false)),
    })
}

/// Opens a source as a question would, and all its files: what keeps it from being read is the error.
pub(super) fn check(source: &SourcePlan, plan: &Plan) -> Result<(), LogsError> {
    let beside = Beside { progress: Progress::of(plan), counter: None };
    match source {
        SourcePlan::Journal(journal) => {
            journal::JournalLines::open(journal, plan, None, &beside)?;
        }
        SourcePlan::Files(files) => files::FileLines::open(files, plan)?.check()?,
        SourcePlan::Output(output) => files::FileLines::open_output(output, plan)?.check()?,
        SourcePlan::Stdin => {}
    }
    Ok(())
}

/// Whether the newest record comes first.
pub(super) fn is_backward(plan: &Plan) -> bool {
    plan.order == Order::NewestFirst
}

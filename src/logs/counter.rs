//! Answers to which records may come in any order: every thread that reads counts for itself, and hands in what it has.

use std::sync::{Arc, Mutex, PoisonError};

use super::filter::Criteria;
use super::plan::Plan;
use super::record::Record;
use super::verb::{Answer, Span, Tally};

/// Counts in one thread. A copy is for another one.
#[derive(Clone, Debug)]
pub(super) struct Counter {
    criteria: Criteria,
    redact: bool,
    nothing: Tally,
    /// What was counted here since it was handed in last.
    own: Counted,
    all: Arc<Mutex<Counted>>,
}

/// What was counted, and when that was written.
#[derive(Clone, Debug)]
pub(super) struct Counted {
    pub(super) tally: Tally,
    pub(super) span: Span,
}

impl Counter {
    /// `None` where the answer depends on the order of the records, or a record on those before it.
    pub(super) fn of(plan: &Plan, answer: &dyn Answer) -> Option<Self> {
        let nothing = answer.tally().filter(|_| plan.shows_only_what_is_found())?;
        let own = Counted { tally: nothing.clone(), span: Span::default() };
        Some(Self {
            criteria: plan.criteria.clone(),
            redact: plan.look.redact && nothing.quotes(),
            nothing,
            all: Arc::new(Mutex::new(own.clone())),
            own,
        })
    }

    /// Counts a record, if it is in scope and found.
    pub(super) fn count(&mut self, record: &Record<'_>) {
        if self.criteria.find(record) {
            self.own.span.add(record.time);
            record.show(self.redact, |record| self.own.tally.take(record));
        }
    }

    /// Adds what was counted here to the whole.
    pub(super) fn hand_in(&mut self) {
        let tally = std::mem::replace(&mut self.own.tally, self.nothing.clone());
        let span = std::mem::take(&mut self.own.span);
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.tally.merge(tally);
        all.span.merge(span);
    }

    /// The whole, when all have handed in.
    pub(super) fn whole(self) -> Counted {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

//! Where shown records go: to the output at once, or into memory until it is known which are the last. Headings are
//! said of what is written, and not of what is kept.

use std::collections::VecDeque;
use std::io::{self, Write};

use super::around::Surrounding;
use super::plan::Plan;
use super::record::Record;
use super::render::{self, Headings, Render, Shown};

/// Shows records.
pub(super) struct Sink<'p> {
    plan: &'p Plan,
    form: Box<dyn Render + 'p>,
    headings: Headings,
    surrounding: Surrounding,
    pub(super) out: &'p mut dyn Write,
    /// What is shown is to be seen at once.
    at_once: bool,
    /// The last so many found records, and what is shown before each, until it is known that they are the last.
    last: Option<Last>,
    /// How many records have been found and are shown.
    pub(super) found: u64,
}

#[derive(Debug)]
struct Last {
    count: u64,
    shown: VecDeque<(Vec<Shown>, bool)>,
    found: u64,
}

impl<'p> Sink<'p> {
    pub(super) fn new(plan: &'p Plan, out: &'p mut dyn Write) -> Self {
        let form = render::of(&plan.look);
        Self {
            plan,
            headings: Headings::beginning_under(form.first_heading()),
            form,
            surrounding: Surrounding::new(plan.context),
            out,
            at_once: plan.follow || plan.reads_stdin(),
            last: None,
            found: 0,
        }
    }

    /// From now until [`Sink::release`], only the last records are to be shown.
    pub(super) fn keep_last(&mut self, count: u64) {
        self.last = Some(Last { count, shown: VecDeque::new(), found: 0 });
    }

    /// Takes a record.
    pub(super) fn take(&mut self, record: &Record<'_>, found: bool) -> io::Result<()> {
        let around = self.surrounding.is_wanted();
        if !found && !around {
            return Ok(());
        }
        if self.last.is_none() && !around {
            self.headings.pass(self.form.heading(record), self.out)?;
            render::render(self.form.as_ref(), &self.plan.look, record, self.out)?;
        } else {
            let mut due = Vec::new();
            let shown = Shown::of(self.form.as_ref(), &self.plan.look, record)?;
            self.surrounding.take(&record.instance_name(), found, shown, &mut due);
            if let Some(last) = &mut self.last {
                last.push(due, found);
                return Ok(());
            }
            self.write(&due)?;
        }
        self.found += u64::from(found);
        if self.at_once { self.out.flush() } else { Ok(()) }
    }

    /// What was kept are the last records: they are shown, and all that come.
    pub(super) fn release(&mut self) -> io::Result<()> {
        let Some(last) = self.last.take() else { return Ok(()) };
        self.found += last.found;
        let shown: Vec<Shown> = last.shown.into_iter().flat_map(|(shown, _)| shown).collect();
        // What was left out before the first is not missed.
        let begin = usize::from(shown.first().is_some_and(|first| first.is_gap));
        self.write(&shown[begin..])?;
        self.out.flush()
    }

    fn write(&mut self, shown: &[Shown]) -> io::Result<()> {
        shown.iter().try_for_each(|one| {
            self.headings.pass(one.heading, self.out)?;
            self.out.write_all(&one.text)
        })
    }
}

impl Last {
    fn push(&mut self, shown: Vec<Shown>, found: bool) {
        self.found += u64::from(found);
        self.shown.push_back((shown, found));
        while self.found > self.count {
            let Some((_, found)) = self.shown.pop_front() else { return };
            self.found -= u64::from(found);
        }
        // What was shown after one that is gone goes with it.
        while self.shown.front().is_some_and(|&(_, found)| !found) {
            self.shown.pop_front();
        }
    }
}

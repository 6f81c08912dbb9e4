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
    /// How many records are shown before each that is found.
    before: usize,
    due: VecDeque<Due>,
    found: u64,
}

/// What is shown because of one record: it alone, or with those before it.
#[derive(Debug)]
struct Due {
    service: String,
    shown: Vec<Shown>,
    found: bool,
}

impl<'p> Sink<'p> {
    pub(super) fn new(plan: &'p Plan, out: &'p mut dyn Write) -> Self {
        let form = render::of(&plan.look);
        Self {
            plan,
            headings: Headings::beginning_under(form.first_heading()),
            form,
            surrounding: Surrounding::new(plan.context, !plan.look.form.is_for_programs()),
            out,
            at_once: plan.follow || plan.reads_stdin(),
            last: None,
            found: 0,
        }
    }

    /// From now until [`Sink::release`], only the last records are to be shown.
    pub(super) fn keep_last(&mut self, count: u64) {
        self.last = Some(Last::new(count, self.plan.context.before));
    }

    /// Whether records that come are shown because of one before them.
    pub(super) fn owes(&self) -> bool {
        self.surrounding.owes()
    }

    /// Takes a record, and says whether it is shown now, or may be as one of the last.
    pub(super) fn take(&mut self, record: &Record<'_>, found: bool) -> io::Result<bool> {
        let around = self.surrounding.is_wanted();
        if !found && !around {
            return Ok(false);
        }
        let mut is_shown = true;
        if self.last.is_none() && !around {
            self.headings.pass(self.form.heading(record), self.out)?;
            render::render(self.form.as_ref(), &self.plan.look, record, self.out)?;
        } else {
            let mut due = Vec::new();
            let shown = Shown::of(self.form.as_ref(), &self.plan.look, record)?;
            let service = record.instance_name();
            self.surrounding.take(&service, found, shown, &mut due);
            is_shown = !due.is_empty();
            if let Some(last) = &mut self.last {
                if is_shown {
                    last.push(Due { service: service.into_owned(), shown: due, found });
                }
                return Ok(is_shown);
            }
            self.write(&due)?;
        }
        self.found += u64::from(found);
        if self.at_once {
            self.out.flush()?;
        }
        Ok(is_shown)
    }

    /// What was kept are the last records: they are shown, and all that come.
    pub(super) fn release(&mut self) -> io::Result<()> {
        let Some(last) = self.last.take() else { return Ok(()) };
        self.found += last.found;
        let shown: Vec<Shown> = last.due.into_iter().flat_map(|due| due.shown).collect();
        // What was left out before the first is not missed.
        let begin = usize::from(shown.first().is_some_and(|first| first.is_gap));
        self.write(&shown[begin..])?;
        self.out.flush()
    }

    /// Whether what was taken is written, as far as it is shown.
    pub(super) const fn writes_at_once(&self) -> bool {
        self.at_once && self.last.is_none()
    }

    fn write(&mut self, shown: &[Shown]) -> io::Result<()> {
        shown.iter().try_for_each(|one| {
            self.headings.pass(one.heading, self.out)?;
            self.out.write_all(&one.text)
        })
    }
}

impl Last {
    fn new(count: u64, before: usize) -> Self {
        Self { count, before, due: VecDeque::new(), found: 0 }
    }

    fn push(&mut self, due: Due) {
        self.found += u64::from(due.found);
        self.due.push_back(due);
        while self.found > self.count {
            let Some(gone) = self.due.pop_front() else { return };
            self.found -= u64::from(gone.found);
        }
        if self.due.front().is_some_and(|due| !due.found) {
            self.drop_surrounding();
        }
    }

    /// What was shown after one that is gone goes with it, but for what is due before the next, too.
    fn drop_surrounding(&mut self) {
        let Some(next) = self.due.iter().position(|due| due.found) else { return self.due.clear() };
        let first = &self.due[next];
        let is_before = first.shown.iter().filter(|shown| !shown.is_gap).count() - 1;
        let (service, missing) = (first.service.clone(), self.before.saturating_sub(is_before));
        let mut stay: Vec<Due> = self.due.drain(..next).filter(|due| due.service == service).collect();
        stay.drain(..stay.len().saturating_sub(missing));
        if let Some(first) = self.due.front_mut() {
            first.shown.splice(..0, stay.into_iter().flat_map(|due| due.shown));
        }
    }
}

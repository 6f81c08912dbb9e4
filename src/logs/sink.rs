//! Where shown records go: to the output at once, or into memory until it is known which are the last. Headings are
//! said of what is written, and not of what is kept.

use std::collections::VecDeque;
use std::io::{self, Write};

use super::around::Surrounding;
use super::plan::{Around, Plan};
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
    around: Around,
    /// From the first of the last found records on, what is shown.
    due: VecDeque<Due>,
    found: u64,
    /// What was before that: found or not, it is shown only where it surrounds one of the last.
    before: Surrounding,
}

/// A record as it is shown, or a gap.
#[derive(Debug)]
struct Due {
    service: String,
    shown: Shown,
    found: bool,
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
        self.last = Some(Last::new(count, self.plan.context));
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
                last.extend(&service, due, found);
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
        self.write(&last.into_shown())?;
        self.out.flush()
    }

    /// Whether what was taken is written, as far as it is shown.
    pub(super) const fn writes_at_once(&self) -> bool {
        self.at_once && self.last.is_none()
    }

    fn write(&mut self, shown: &[Shown]) -> io::Result<()> {
        let marks_gaps = !self.plan.look.form.is_for_programs();
        shown.iter().filter(|one| marks_gaps || !one.is_gap).try_for_each(|one| {
            self.headings.pass(one.heading, self.out)?;
            self.out.write_all(&one.text)
        })
    }
}

impl Last {
    fn new(count: u64, around: Around) -> Self {
        Self { count, around, due: VecDeque::new(), found: 0, before: Surrounding::new(around) }
    }

    /// Takes what is shown because of one record, which is the last of it.
    fn extend(&mut self, service: &str, shown: Vec<Shown>, found: bool) {
        let last = shown.len().saturating_sub(1);
        for (index, shown) in shown.into_iter().enumerate() {
            let found = found && index == last;
            self.found += u64::from(found);
            self.due.push_back(Due { service: service.to_owned(), shown, found });
        }
        while self.found > self.count || self.due.front().is_some_and(|due| !due.found) {
            let Some(gone) = self.due.pop_front() else { return };
            self.found -= u64::from(gone.found);
            self.before.take(&gone.service, false, gone.shown, &mut Vec::new());
        }
    }

    /// What is shown of the last found records and around them.
    fn into_shown(mut self) -> Vec<Shown> {
        if self.around == Around::default() {
            return self.due.into_iter().map(|due| due.shown).collect();
        }
        let mut shown = Vec::new();
        for Due { service, shown: one, found } in self.due {
            self.before.take(&service, found, one, &mut shown);
        }
        shown
    }
}

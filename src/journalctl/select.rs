//! What of the selection only the journal can tell: which boot is meant, and which units a pattern fits.

use super::JournalctlError;
use super::invocation::{self, RunWanted};
use super::list::{Row, Span};
use super::matches;
use super::plan::{Extent, Selection};
use crate::journal::boot::{self, BootWanted};
use crate::journal::unit::{self, Manager};
use crate::journal::{Clause, Id128, Match, Query, Reader};

/// What every entry must be.
#[derive(Debug, Default)]
pub(super) struct Selected {
    pub(super) clauses: Vec<Clause>,
    pub(super) boots: Vec<Id128>,
}

impl Selection {
    /// Asks the journal.
    pub(super) fn resolve(&self, reader: &mut dyn Reader) -> Result<Selected, JournalctlError> {
        let boots = self.boot(reader)?.into_iter().collect();
        let mut clauses = Vec::new();
        clauses.extend(self.kernel.then(|| one_of("_TRANSPORT", ["kernel"])));
        clauses.extend(self.units(reader)?);
        clauses.extend(alternatives("SYSLOG_IDENTIFIER", &self.identifiers));
        clauses.extend(alternatives("PRIORITY", &self.priorities));
        clauses.extend(alternatives("SYSLOG_FACILITY", &self.facilities));
        let terms = matches::parse(&self.words)?;
        clauses.extend((!terms.is_empty()).then(|| Clause::any(terms)));
        Ok(Selected { clauses, boots })
    }

    fn boot(&self, reader: &mut dyn Reader) -> Result<Option<Id128>, JournalctlError> {
        let Some(wanted) = self.boot.filter(|wanted| *wanted != BootWanted::All) else { return Ok(None) };
        let found = boot::find(reader, wanted, self.running_boot)?;
        found.map(Some).ok_or_else(|| JournalctlError::NoBoot(wanted.to_string()))
    }

    /// Units of the system or of the user: either will do.
    fn units(&self, reader: &mut dyn Reader) -> Result<Option<Clause>, JournalctlError> {
        if let Some(wanted) = self.run {
            return self.runs(reader, wanted).map(Some);
        }
        if self.units.is_empty() && self.user_units.is_empty() {
            return Ok(None);
        }
        if self.units.iter().chain(&self.user_units).any(String::is_empty) {
            return Err(JournalctlError::EmptyUnit);
        }
        let mut groups = Vec::new();
        for (manager, names) in self.managers() {
            groups.extend(
                unit::clause(reader, manager, names)?.map(|clause| clause.groups).unwrap_or_default(),
            );
        }
        if groups.is_empty() { Err(JournalctlError::NoUnit) } else { Ok(Some(Clause::any(groups))) }
    }

    const fn managers(&self) -> [(Manager, &Vec<String>); 2] {
        [(Manager::System, &self.units), (Manager::User(self.uid), &self.user_units)]
    }

    /// The full names of all units that are meant.
    fn resolve_units(&self, reader: &mut dyn Reader) -> Result<Vec<(Manager, String)>, JournalctlError> {
        let mut units = Vec::new();
        for (manager, names) in self.managers() {
            units.extend(unit::resolve(reader, manager, names)?.into_iter().map(|unit| (manager, unit)));
        }
        Ok(units)
    }

    /// The runs of the units that are meant, unit by unit, with their numbers: 0 is the newest, or else 1 the oldest.
    pub(super) fn list_runs(
        &self,
        reader: &mut dyn Reader,
        limit: Option<Extent>,
        newest_first: bool,
    ) -> Result<Vec<Row>, JournalctlError> {
        let units = self.resolve_units(reader)?;
        let Some((_, first)) = units.first() else { return Err(JournalctlError::NoUnit) };
        let mut rows = Vec::new();
        for (manager, unit) in &units {
            let name = (units.len() > 1).then_some(unit);
            rows.extend(numbered(invocation::list(reader, *manager, unit)?, limit, newest_first, name));
        }
        if rows.is_empty() { Err(JournalctlError::NoRuns(first.clone())) } else { Ok(rows) }
    }

    /// One run of each unit. A unit that has not run that often has nothing to show.
    fn runs(&self, reader: &mut dyn Reader, wanted: RunWanted) -> Result<Clause, JournalctlError> {
        let runs = match wanted {
            RunWanted::Of(id) => vec![id],
            RunWanted::Nth(number) => self.find_runs(reader, number)?,
        };
        let clause = invocation::clause(&runs);
        let query = Query { clauses: vec![clause.clone()], ..Query::everything() };
        if runs.is_empty() || boot::first(reader, &query)?.is_none() {
            return Err(JournalctlError::NoRun(wanted.to_string()));
        }
        Ok(clause)
    }

    fn find_runs(&self, reader: &mut dyn Reader, number: i64) -> Result<Vec<Id128>, JournalctlError> {
        let mut runs = Vec::new();
        for (manager, unit) in self.resolve_units(reader)? {
            runs.extend(invocation::find(reader, manager, &unit, number)?);
        }
        Ok(runs)
    }
}

fn numbered(
    mut runs: Vec<Span>,
    limit: Option<Extent>,
    newest_first: bool,
    unit: Option<&String>,
) -> Vec<Row> {
    if let Some(limit) = limit {
        limit.cut(&mut runs);
    }
    let count = i64::try_from(runs.len()).unwrap_or(i64::MAX);
    let first = if matches!(limit, Some(Extent::First(_))) { 1 } else { 1 - count };
    let rows = (first..).zip(runs).map(|(number, span)| Row { number, span, unit: unit.cloned() });
    let mut rows: Vec<_> = rows.collect();
    if newest_first {
        rows.reverse();
    }
    rows
}

fn one_of<V: ToString>(field: &str, values: impl IntoIterator<Item = V>) -> Clause {
    Clause::all(values.into_iter().map(|value| Match::new(field, value.to_string())).collect())
}

fn alternatives<V: ToString>(field: &str, values: &[V]) -> Option<Clause> {
    (!values.is_empty()).then(|| one_of(field, values.iter().map(ToString::to_string)))
}

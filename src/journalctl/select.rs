//! What of the selection only the journal can tell: which boot is meant, and which units a pattern fits.

use super::JournalctlError;
use super::plan::Selection;
use crate::journal::boot::{self, BootWanted};
use crate::journal::invocation::{self, RunWanted};
use crate::journal::span::{Extent, Row};
use crate::journal::{Clause, Id128, Reader, facility, terms, unit};

/// What every entry must be.
#[derive(Debug, Default)]
pub(super) struct Selected {
    pub(super) clauses: Vec<Clause>,
    pub(super) boots: Vec<Id128>,
}

impl Selection {
    /// Asks the journal, and says what is taken otherwise than it was typed.
    pub(super) fn resolve(
        &self,
        reader: &mut dyn Reader,
        say: &dyn Fn(Vec<String>),
    ) -> Result<Selected, JournalctlError> {
        let boots = self.boot(reader)?.into_iter().collect();
        let mut clauses = Vec::new();
        clauses.extend(self.kernel.then(Clause::of_kernel));
        self.check_units(say)?;
        clauses.extend(self.units(reader)?);
        clauses.extend(Clause::one_of("SYSLOG_IDENTIFIER", &self.identifiers));
        clauses.extend(Clause::one_of("PRIORITY", &self.priorities));
        clauses.extend(Clause::one_of(facility::FIELD, &self.facilities));
        clauses.extend(terms::clause(&self.words, self.running_boot)?);
        Ok(Selected { clauses, boots })
    }

    fn boot(&self, reader: &mut dyn Reader) -> Result<Option<Id128>, JournalctlError> {
        let Some(wanted) = self.boot.filter(|wanted| *wanted != BootWanted::All) else { return Ok(None) };
        let running = self.running_boot.filter(|_| self.is_of_host);
        let found = boot::find(reader, wanted, running)?;
        found.map(Some).ok_or_else(|| JournalctlError::NoBoot(wanted.to_string()))
    }

    fn check_units(&self, say: &dyn Fn(Vec<String>)) -> Result<(), JournalctlError> {
        for name in self.units.iter() {
            if name.is_empty() {
                return Err(JournalctlError::EmptyUnit);
            }
            if let Some(escaped) = unit::escaped(name) {
                let remark = format!("invalid unit name \"{name}\" escaped as \"{escaped}\"");
                say(vec![remark + " (maybe you should use systemd-escape?)"]);
            }
        }
        Ok(())
    }

    /// Units of the system or of the user: either will do.
    fn units(&self, reader: &mut dyn Reader) -> Result<Option<Clause>, JournalctlError> {
        if let Some(wanted) = self.run {
            return self.runs(reader, wanted).map(Some);
        }
        if self.units.is_empty() {
            return Ok(None);
        }
        let groups = self.units.groups(reader)?;
        if groups.is_empty() { Err(JournalctlError::NoUnit) } else { Ok(Some(Clause::any(groups))) }
    }

    /// The runs of the units that are meant, unit by unit, with their numbers: 0 is the newest, or else 1 the oldest.
    /// journalctl 257 looks at the boot that is named, and at nothing else of the selection.
    pub(super) fn list_runs(
        &self,
        reader: &mut dyn Reader,
        limit: Option<Extent>,
        newest_first: bool,
        say: &dyn Fn(Vec<String>),
    ) -> Result<Vec<Row>, JournalctlError> {
        self.check_units(say)?;
        let units = self.units.resolve(reader)?;
        let Some((_, first)) = units.first() else { return Err(JournalctlError::NoUnit) };
        let labels_of =
            |unit: &str| if units.len() > 1 { vec![("unit", unit.to_owned())] } else { Vec::new() };
        let boot = self.boot(reader)?;
        let rows = invocation::list(reader, &units, boot, limit, newest_first, labels_of)?;
        if rows.is_empty() { Err(JournalctlError::NoRuns(first.clone())) } else { Ok(rows) }
    }

    /// One run of each unit.
    fn runs(&self, reader: &mut dyn Reader, wanted: RunWanted) -> Result<Clause, JournalctlError> {
        let units = self.units.resolve(reader)?;
        let boot = self.boot(reader)?;
        let found = invocation::find(reader, &units, boot, wanted)?;
        found.ok_or_else(|| JournalctlError::NoRun(wanted.to_string()))
    }
}

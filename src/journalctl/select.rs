//! What of the selection only the journal can tell: which boot is meant, and which units a pattern fits.

use super::JournalctlError;
use super::boot::{self, BootWanted};
use super::invocation::{self, RunWanted};
use super::matches;
use super::plan::Selection;
use super::unit::{self, Manager};
use crate::journal::{Clause, Id128, Match, Reader};

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
        match (self.boot, self.running_boot) {
            (None | Some(BootWanted::All), _) => Ok(None),
            // The boot that runs may have no entries yet.
            (Some(BootWanted::Nth(0)), Some(running)) => Ok(Some(running)),
            (Some(wanted), _) => match boot::find(reader, wanted)? {
                Some(id) => Ok(Some(id)),
                None => Err(JournalctlError::NoBoot(match wanted {
                    BootWanted::Of(id, _) => id.to_string(),
                    BootWanted::Nth(number) => format!("{number:+}"),
                    BootWanted::All => "all".to_owned(),
                })),
            },
        }
    }

    /// Units of the system or of the user: either will do.
    fn units(&self, reader: &mut dyn Reader) -> Result<Option<Clause>, JournalctlError> {
        if let Some(wanted) = self.run {
            return self.runs(reader, wanted).map(Some);
        }
        if self.units.is_empty() && self.user_units.is_empty() {
            return Ok(None);
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

    /// One run of each unit. A unit that has not run that often has nothing to show.
    fn runs(&self, reader: &mut dyn Reader, wanted: RunWanted) -> Result<Clause, JournalctlError> {
        let number = match wanted {
            RunWanted::Of(id) => return Ok(invocation::clause(&[id])),
            RunWanted::Nth(number) => number,
        };
        let mut runs = Vec::new();
        for (manager, names) in self.managers() {
            for unit in unit::resolve(reader, manager, names)? {
                runs.extend(invocation::find(reader, manager, &unit, number)?);
            }
        }
        if runs.is_empty() { Err(JournalctlError::NoRun(number)) } else { Ok(invocation::clause(&runs)) }
    }
}

fn one_of<V: ToString>(field: &str, values: impl IntoIterator<Item = V>) -> Clause {
    Clause::all(values.into_iter().map(|value| Match::new(field, value.to_string())).collect())
}

fn alternatives<V: ToString>(field: &str, values: &[V]) -> Option<Clause> {
    (!values.is_empty()).then(|| one_of(field, values.iter().map(ToString::to_string)))
}

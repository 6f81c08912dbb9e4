//! Runs of OpenIM's units: systemd gives an id to each start of one.

use super::{Known, find_boot, is_of, no_unit};
use crate::journal::invocation::{self, RunWanted};
use crate::journal::span::{Extent, Label, Row};
use crate::journal::unit::Manager;
use crate::journal::{Clause, Reader};
use crate::logs::LogsError;
use crate::logs::plan::JournalPlan;
use crate::logs::record::service_of_unit;
use crate::openim::service::Service;

/// The clause of one run of each unit, in the boot that is meant.
pub(super) fn resolve(
    plan: &JournalPlan,
    selection: &[(Service, Option<u32>)],
    run: RunWanted,
    reader: &mut dyn Reader,
) -> Result<Clause, LogsError> {
    let units = units_that_run(plan, selection, reader)?;
    let boot = find_boot(plan, reader)?;
    let found = invocation::find(reader, &units, boot, run)?;
    found.ok_or_else(|| LogsError::NoRun(run.to_string()))
}

/// The runs of the units that are meant, in the boot that is, unit by unit, each under what it is called.
pub(in crate::logs) fn list(
    plan: &JournalPlan,
    selection: &[(Service, Option<u32>)],
    reader: &mut dyn Reader,
    limit: Option<Extent>,
    newest_first: bool,
    labels_of: impl Fn(&str) -> Vec<Label>,
) -> Result<Vec<Row>, LogsError> {
    let units = units_that_run(plan, selection, reader)?;
    let boot = find_boot(plan, reader)?;
    Ok(invocation::list(reader, &units, boot, limit, newest_first, labels_of)?)
}

/// The units that were named, or those of the services, in the order of these. A service that has none of its own runs
/// in one with others.
fn units_that_run(
    plan: &JournalPlan,
    selection: &[(Service, Option<u32>)],
    reader: &mut dyn Reader,
) -> Result<Vec<(Manager, String)>, LogsError> {
    if !plan.units.is_empty() {
        let units = plan.units.resolve(reader)?;
        return if units.is_empty() { Err(no_unit(plan)) } else { Ok(units) };
    }
    let known = Known::read(reader)?.units;
    let everything = selection.is_empty();
    let is_meant = |unit: &&String| is_of(unit, selection, everything);
    let mut units: Vec<String> = known.iter().filter(is_meant).cloned().collect();
    if units.is_empty() {
        units = known.into_iter().filter(|unit| service_of_unit(unit).is_none()).collect();
    }
    units.sort_by_key(|unit| service_of_unit(unit).map_or((true, None), |of| (false, Some(of))));
    Ok(units.into_iter().map(|unit| (Manager::System, unit)).collect())
}

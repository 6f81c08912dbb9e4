//! Runs of units (`--invocation`, since journalctl 257): systemd gives an id to each start of a unit and notes it
//! with every line of its processes. journalctl takes one unit at a time, here each of several has a run of its own.

use super::boot::first;
use super::unit::Manager;
use crate::journal::{Clause, Id128, JournalError, Match, Order, Query, Reader, Start, Step};

/// The run that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RunWanted {
    Of(Id128),
    /// 0 is the newest, -1 the one before it; from 1 on the oldest first.
    Nth(i64),
}

impl RunWanted {
    /// Reads `ID`, `0`, `-1`, `+2`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        Id128::parse(text).map(Self::Of).or_else(|| text.parse().ok().map(Self::Nth))
    }
}

/// Finds a run of a unit by its number.
pub(super) fn find(
    reader: &mut dyn Reader,
    manager: Manager,
    unit: &str,
    number: i64,
) -> Result<Option<Id128>, JournalError> {
    let (order, back, steps) = match number {
        1.. => (Order::OldestFirst, Order::NewestFirst, number - 1),
        _ => (Order::NewestFirst, Order::OldestFirst, number.saturating_neg()),
    };
    let of_unit = Clause::all(vec![Match::new(manager.own_field(), unit)]);
    let mut query = Query { clauses: vec![of_unit], order, ..Query::everything() };
    let mut run = next(reader, &query, None)?;
    for _ in 0..steps {
        let Some(id) = run else { break };
        // The other end of the run; what comes behind it is of the next.
        let of_run = Clause::all(vec![Match::new("_SYSTEMD_INVOCATION_ID", id.to_string())]);
        let end = first(reader, &Query { clauses: vec![of_run], order: back, ..Query::everything() })?;
        query.start = end.map_or(Start::Edge, |end| Start::After(end.into()));
        run = next(reader, &query, Some(id))?;
    }
    Ok(run)
}

/// The run of the first entry that has one other than that.
fn next(
    reader: &mut dyn Reader,
    query: &Query,
    before: Option<Id128>,
) -> Result<Option<Id128>, JournalError> {
    reader.restart(query)?;
    while let Step::Entry(entry) = reader.next()? {
        let id = entry.text("_SYSTEMD_INVOCATION_ID").and_then(Id128::parse);
        if id.is_some() && id != before {
            return Ok(id);
        }
    }
    Ok(None)
}

/// What the processes of these runs wrote, and what their manager and others wrote about them.
pub(super) fn clause(runs: &[Id128]) -> Clause {
    let groups = runs.iter().flat_map(|id| {
        let is = |field| Match::new(field, id.to_string());
        [
            vec![is("_SYSTEMD_INVOCATION_ID")],
            vec![is("INVOCATION_ID"), Match::new("_PID", "1")],
            vec![is("OBJECT_SYSTEMD_INVOCATION_ID"), Match::new("_UID", "0")],
            vec![is("USER_INVOCATION_ID")],
        ]
    });
    Clause::any(groups.collect())
}

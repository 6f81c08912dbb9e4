//! Runs of units (`--invocation`, since journalctl 257): systemd gives an id to each start of a unit and notes it
//! with every line of its processes. journalctl takes one unit at a time, here each of several has a run of its own.

use std::fmt;

use super::boot::first;
use super::span::{Extent, Label, Row, Span, numbered};
use super::unit::Manager;
use super::{Clause, Entry, Id128, JournalError, Match, Order, Query, Reader, Start, Step, integer};

/// Where the run stands of whoever writes, of whom it is written about, and of the unit that a manager tells about.
const OWN: &str = "_SYSTEMD_INVOCATION_ID";
const OBJECT: &str = "OBJECT_SYSTEMD_INVOCATION_ID";
const OF_UNIT: &str = "INVOCATION_ID";
const OF_USER_UNIT: &str = "USER_INVOCATION_ID";

/// The run that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunWanted {
    /// The one with that id.
    Of(Id128),
    /// 0 is the newest, -1 the one before it; from 1 on the oldest first.
    Nth(i64),
}

impl RunWanted {
    /// Reads `ID`, `0`, `-1`, `+2`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Id128::parse(text)
            .map(Self::Of)
            .or_else(|| integer::parse(text).map(|number| Self::Nth(number.into())))
    }
}

impl fmt::Display for RunWanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Of(id) => write!(f, "{id}+0"),
            Self::Nth(number) => write!(f, "{number:+}"),
        }
    }
}

/// The clause of one run of each of these units; an id says without them which run is meant. Where a boot is named, runs
/// are counted in it. A unit that has not run that often has nothing to show. `None` where there is no such run at all.
pub(crate) fn find(
    reader: &mut dyn Reader,
    units: &[(Manager, String)],
    boot: Option<Id128>,
    wanted: RunWanted,
) -> Result<Option<Clause>, JournalError> {
    let mut runs = Vec::new();
    match wanted {
        RunWanted::Of(id) => runs.push(id),
        RunWanted::Nth(number) => {
            for (manager, unit) in units {
                runs.extend(find_one(reader, *manager, unit, boot, number)?);
            }
        }
    }
    let clause = clause(&runs);
    let query = Query { clauses: vec![clause.clone()], ..Query::everything() };
    let is_there = !runs.is_empty() && first(reader, &query)?.is_some();
    Ok(is_there.then_some(clause))
}

/// The runs of these units, unit by unit, each under what it is called; where a boot is named, those in it.
pub(crate) fn list(
    reader: &mut dyn Reader,
    units: &[(Manager, String)],
    boot: Option<Id128>,
    limit: Option<Extent>,
    newest_first: bool,
    labels_of: impl Fn(&str) -> Vec<Label>,
) -> Result<Vec<Row>, JournalError> {
    let mut rows = Vec::new();
    for (manager, unit) in units {
        let runs = list_one(reader, *manager, unit, boot)?;
        rows.extend(numbered(runs, limit, newest_first, &labels_of(unit)));
    }
    Ok(rows)
}

/// Finds a run of a unit by its number.
fn find_one(
    reader: &mut dyn Reader,
    manager: Manager,
    unit: &str,
    boot: Option<Id128>,
    number: i64,
) -> Result<Option<Id128>, JournalError> {
    let (order, steps) = match number {
        1.. => (Order::OldestFirst, number - 1),
        _ => (Order::NewestFirst, number.saturating_neg()),
    };
    let mut runs = Runs::of(reader, manager, unit, boot, order);
    for _ in 0..steps {
        if runs.next()?.is_none() {
            return Ok(None);
        }
    }
    Ok(runs.next()?.map(|run| run.id))
}

/// All runs of a unit, or those in a boot, the oldest first.
fn list_one(
    reader: &mut dyn Reader,
    manager: Manager,
    unit: &str,
    boot: Option<Id128>,
) -> Result<Vec<Span>, JournalError> {
    let mut runs = Runs::of(reader, manager, unit, boot, Order::OldestFirst);
    let mut found = Vec::new();
    while let Some(run) = runs.next()? {
        found.push(run);
    }
    Ok(found)
}

/// The runs of a unit, one behind the other.
struct Runs<'r> {
    reader: &'r mut dyn Reader,
    /// What is about the unit behind the run that was found last.
    query: Query,
    last: Option<Id128>,
}

impl<'r> Runs<'r> {
    fn of(
        reader: &'r mut dyn Reader,
        manager: Manager,
        unit: &str,
        boot: Option<Id128>,
        order: Order,
    ) -> Self {
        let (clauses, boots) = (vec![Clause::any(manager.groups(unit))], boot.into_iter().collect());
        Self { reader, query: Query { clauses, boots, order, ..Query::everything() }, last: None }
    }

    fn next(&mut self) -> Result<Option<Span>, JournalError> {
        let Some(id) = self.next_id()? else { return Ok(None) };
        let mut end =
            |order| first(self.reader, &Query { clauses: vec![clause(&[id])], order, ..Query::everything() });
        let (Some(first), Some(last)) = (end(Order::OldestFirst)?, end(Order::NewestFirst)?) else {
            return Ok(None);
        };
        let far = match self.query.order {
            Order::OldestFirst => last,
            Order::NewestFirst => first,
        };
        (self.query.start, self.last) = (Start::After(far.into()), Some(id));
        Ok(Some(Span { id, first, last }))
    }

    /// The run of the next entry that is of another one.
    fn next_id(&mut self) -> Result<Option<Id128>, JournalError> {
        self.reader.restart(&self.query)?;
        while let Step::Entry(entry) = self.reader.next()? {
            let id = run_of(entry);
            if id.is_some() && id != self.last {
                return Ok(id);
            }
        }
        Ok(None)
    }
}

/// The run that an entry is of, or else the one that it is about.
fn run_of(entry: Entry<'_>) -> Option<Id128> {
    [OWN, OBJECT, OF_UNIT, OF_USER_UNIT]
        .into_iter()
        .find_map(|field| entry.text(field).and_then(Id128::parse))
}

/// What the processes of these runs wrote, and what their manager and others wrote about them.
fn clause(runs: &[Id128]) -> Clause {
    let groups = runs.iter().flat_map(|id| {
        let is = |field| Match::new(field, id.to_string());
        [
            vec![is(OWN)],
            vec![is(OF_UNIT), Match::new("_PID", "1")],
            vec![is(OBJECT), Match::new("_UID", "0")],
            vec![is(OF_USER_UNIT)],
        ]
    });
    Clause::any(groups.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_meant_by_id_or_by_number() {
        let id = "8dc4df31cf7c4c1c8a6b10fc7b9b44b0";
        for (text, wanted) in [
            (id, RunWanted::Of(Id128::parse(id).unwrap())),
            ("0", RunWanted::Nth(0)),
            ("-1", RunWanted::Nth(-1)),
            ("+2", RunWanted::Nth(2)),
        ] {
            assert_eq!(RunWanted::parse(text), Some(wanted), "{text}");
        }
        assert_eq!((RunWanted::parse(""), RunWanted::parse("all")), (None, None));
    }
}

//! Which entries, from where, in which direction.

use super::entry::{Cursor, Id128};
use crate::time::Timestamp;

/// A field and the value that it must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// The field's name: `_SYSTEMD_UNIT`.
    pub field: String,
    /// The whole value, byte for byte.
    pub value: Vec<u8>,
}

impl Match {
    /// A match of a field with a value.
    #[must_use]
    pub fn new(field: &str, value: impl AsRef<[u8]>) -> Self {
        Self { field: field.to_owned(), value: value.as_ref().to_vec() }
    }
}

/// Matches of one field are alternatives, different fields must all match. An empty group admits nothing.
pub type Group = Vec<Match>;

/// One of these groups must match; what stands around a `+` of journalctl, or the ways of belonging to a unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clause {
    /// The alternatives.
    pub groups: Vec<Group>,
}

impl Clause {
    /// The clause of these alternatives.
    #[must_use]
    pub const fn any(groups: Vec<Group>) -> Self {
        Self { groups }
    }

    /// The clause of one group: all of these matches, except that those of one field are alternatives.
    #[must_use]
    pub fn all(matches: Group) -> Self {
        Self { groups: vec![matches] }
    }

    /// The clause of a field that has one of these values; where there are none, it does not matter.
    pub(crate) fn one_of<V: ToString>(field: &str, values: &[V]) -> Option<Self> {
        let matches: Group = values.iter().map(|value| Match::new(field, value.to_string())).collect();
        (!matches.is_empty()).then(|| Self::all(matches))
    }

    /// The clause of the kernel's messages.
    pub(crate) fn of_kernel() -> Self {
        Self::all(vec![Match::new("_TRANSPORT", "kernel")])
    }
}

/// Which way through the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The oldest entry first.
    OldestFirst,
    /// The newest entry first.
    NewestFirst,
}

/// Where reading begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// At the first entry in the query's order.
    Edge,
    /// At the last N entries of the query. Oldest first only.
    Tail(u64),
    /// At the first entry, in the query's order, that is of that time or beyond, as a bisection of each file's entries
    /// finds it. Where the clock was put back, entries of the other side may follow.
    Time(Timestamp),
    /// At the entry with that cursor, or the next one in the query's order where it is gone.
    At(Cursor),
    /// Behind the entry with that cursor.
    After(Cursor),
}

/// Which entries, from where, in which direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Every clause must match. None at all: every entry.
    pub clauses: Vec<Clause>,
    /// Only entries of one of these boots; of any where none is named.
    pub boots: Vec<Id128>,
    /// Only entries of that time and later.
    pub since: Option<Timestamp>,
    /// Only entries of that time and earlier.
    pub until: Option<Timestamp>,
    /// Where reading begins.
    pub start: Start,
    /// The direction.
    pub order: Order,
    /// Wait for further entries at the end. Oldest first only.
    pub follow: bool,
}

/// How far a clock is taken to be set at most, in microseconds. So far beyond the times of a query files are still
/// looked at.
pub const MOST_CLOCK_STEP: u64 = 24 * 60 * 60 * 1_000_000;

impl Query {
    /// Every entry, the oldest first.
    #[must_use]
    pub const fn everything() -> Self {
        Self {
            clauses: Vec::new(),
            boots: Vec::new(),
            since: None,
            until: None,
            start: Start::Edge,
            order: Order::OldestFirst,
            follow: false,
        }
    }
}

//! What has a first entry and a last one: a boot, or a run of a unit.

use super::{Id128, Stamp};

/// What has an id, a first entry and a last one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) id: Id128,
    pub(crate) first: Stamp,
    pub(crate) last: Stamp,
}

/// A span in a list.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) number: i64,
    pub(crate) span: Span,
    /// Whose it is, and what that is called. All rows of a list have the same names.
    pub(crate) labels: Vec<Label>,
}

/// What something is called, and what it is: `unit`, `openim-api.service`.
pub(crate) type Label = (&'static str, String);

/// So many of a list, from one of its ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    First(u64),
    Last(u64),
}

impl Extent {
    /// How many, from whichever end.
    pub(crate) const fn count(self) -> u64 {
        match self {
            Self::First(count) | Self::Last(count) => count,
        }
    }

    /// Leaves so many of a list.
    fn cut<T>(self, list: &mut Vec<T>) {
        let length = |count| usize::try_from(count).unwrap_or(usize::MAX);
        match self {
            Self::First(count) => list.truncate(length(count)),
            Self::Last(count) => drop(list.drain(..list.len().saturating_sub(length(count)))),
        }
    }
}

/// Gives spans, the oldest first, their numbers: 0 is the newest; counted from the first ones, 1 the oldest.
pub(crate) fn numbered(
    mut spans: Vec<Span>,
    limit: Option<Extent>,
    newest_first: bool,
    labels: &[Label],
) -> Vec<Row> {
    if let Some(limit) = limit {
        limit.cut(&mut spans);
    }
    let count = i64::try_from(spans.len()).unwrap_or(i64::MAX);
    let first = if matches!(limit, Some(Extent::First(_))) { 1 } else { 1 - count };
    let rows = (first..).zip(spans).map(|(number, span)| Row { number, span, labels: labels.to_vec() });
    let mut rows: Vec<_> = rows.collect();
    if newest_first {
        rows.reverse();
    }
    rows
}

//! A query's matches as lists of one file, joined without looking at a single entry.
//!
//! Each value has the list of its entries. Alternatives are the union of their lists; what must hold together is
//! their intersection, found by moving each list to where the others already are.

use super::bytes::Bytes;
use super::file::JournalFile;
use super::list::Place;
use crate::journal::query::{Clause, Match, Query};

/// The entries of a file that a query's matches admit.
#[derive(Clone, Debug)]
pub(super) enum Selection {
    List(Place),
    Both(Vec<Selection>),
    Either(Vec<Selection>),
}

/// What a query asks of one file.
#[derive(Clone, Debug)]
pub(super) enum Wanted {
    /// Its matches admit every entry.
    Every,
    /// None of its entries can match.
    Nothing,
    Some(Selection),
}

impl Wanted {
    /// Looks the query's values up, each once.
    pub(super) fn of(query: &Query, file: &JournalFile) -> Self {
        if query.clauses.is_empty() && query.boots.is_empty() {
            return Self::Every;
        }
        let boots = (!query.boots.is_empty()).then(|| {
            let boots = query.boots.iter().map(|boot| Match::new("_BOOT_ID", boot.to_string()));
            any(boots.filter_map(|boot| list(file, &boot)))
        });
        let clauses = query.clauses.iter().map(|clause| clause_of(file, clause));
        all(boots.into_iter().chain(clauses)).map_or(Self::Nothing, Self::Some)
    }
}

fn clause_of(file: &JournalFile, clause: &Clause) -> Option<Selection> {
    any(clause.groups.iter().filter_map(|group| group_of(file, group)))
}

/// Matches of one field are alternatives.
fn group_of(file: &JournalFile, group: &[Match]) -> Option<Selection> {
    let is_first = |index: usize| !group[..index].iter().any(|one| one.field == group[index].field);
    all((0..group.len()).filter(|&index| is_first(index)).map(|index| {
        let same = group[index..].iter().filter(|one| one.field == group[index].field);
        any(same.filter_map(|one| list(file, one)))
    }))
}

fn list(file: &JournalFile, one: &Match) -> Option<Selection> {
    let payload = [one.field.as_bytes(), b"=", &one.value].concat();
    let list = file.entries_with(&file.find(&payload)?);
    (list.len() > 0).then(|| Selection::List(Place::new(list)))
}

fn any(parts: impl Iterator<Item = Selection>) -> Option<Selection> {
    let mut parts: Vec<_> = parts.collect();
    if parts.len() > 1 { Some(Selection::Either(parts)) } else { parts.pop() }
}

fn all(parts: impl Iterator<Item = Option<Selection>>) -> Option<Selection> {
    let mut parts: Vec<_> = parts.collect::<Option<_>>()?;
    // The rarest leads, and the others are asked only where it is.
    parts.sort_by_key(Selection::most);
    if parts.len() > 1 { Some(Selection::Both(parts)) } else { parts.pop() }
}

impl Selection {
    /// No more entries than this.
    fn most(&self) -> u64 {
        match self {
            Self::List(place) => place.len(),
            Self::Both(parts) => parts.iter().map(Self::most).min().unwrap_or_default(),
            Self::Either(parts) => parts.iter().map(Self::most).fold(0, u64::saturating_add),
        }
    }

    /// The first entry at or behind an offset.
    pub(super) fn at_or_after(&mut self, bytes: &Bytes, offset: u64) -> Option<u64> {
        match self {
            Self::List(place) => place.at_or_after(bytes, offset),
            Self::Both(parts) => agree(parts, offset, |part, offset| part.at_or_after(bytes, offset)),
            Self::Either(parts) => parts.iter_mut().filter_map(|part| part.at_or_after(bytes, offset)).min(),
        }
    }

    /// The last entry at or before an offset.
    pub(super) fn at_or_before(&mut self, bytes: &Bytes, offset: u64) -> Option<u64> {
        match self {
            Self::List(place) => place.at_or_before(bytes, offset),
            Self::Both(parts) => agree(parts, offset, |part, offset| part.at_or_before(bytes, offset)),
            Self::Either(parts) => parts.iter_mut().filter_map(|part| part.at_or_before(bytes, offset)).max(),
        }
    }
}

/// Moves every part on until all stand on the same entry. Each move leads further, so this ends.
fn agree(
    parts: &mut [Selection],
    offset: u64,
    mut seek: impl FnMut(&mut Selection, u64) -> Option<u64>,
) -> Option<u64> {
    let mut goal = offset;
    loop {
        let before = goal;
        for part in &mut *parts {
            goal = seek(part, goal)?;
        }
        if goal == before && !parts.is_empty() {
            return Some(goal);
        }
    }
}

//! A query's matches as lists of one file, joined without looking at a single entry.
//!
//! Each value has the list of its entries. Alternatives are the union of their lists; what must hold together is
//! their intersection, found by moving each list to where the others already are.

use super::bytes::Bytes;
use super::file::JournalFile;
use super::list::{List, Place, Side};
use crate::journal::query::{Clause, Match, Order, Query};
use crate::time::Timestamp;

/// The entries of a file that a query's matches admit.
#[derive(Clone, Debug)]
pub(super) enum Selection {
    List(Place),
    Both(Vec<Selection>),
    Either(Union),
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

impl Wanted {
    /// Where a walk begins that begins at a time: the offset of an entry.
    pub(super) fn seek(
        &mut self,
        file: &JournalFile,
        entries: &List,
        time: Timestamp,
        order: Order,
    ) -> Option<u64> {
        match self {
            Self::Every => seek(file, entries, time, order),
            Self::Nothing => None,
            Self::Some(selection) => selection.seek(file, time, order),
        }
    }
}

/// The first entry of a list, in an order, that is of a time or beyond.
fn seek(file: &JournalFile, list: &List, time: Timestamp, order: Order) -> Option<u64> {
    let number = match order {
        Order::OldestFirst => file.partition_by_time(list, Side::Behind, |entry| entry < time),
        Order::NewestFirst => {
            file.partition_by_time(list, Side::Before, |entry| entry <= time).checked_sub(1)?
        }
    };
    list.get(file.bytes(), number)
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
    if parts.len() > 1 { Some(Selection::Either(Union::of(parts))) } else { parts.pop() }
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
            Self::Either(union) => union.parts.iter().map(Self::most).fold(0, u64::saturating_add),
        }
    }

    /// Where a walk begins that begins at a time. Each list has a place of its own; alternatives begin at the first, and
    /// what must hold together where all are past theirs.
    fn seek(&mut self, file: &JournalFile, time: Timestamp, order: Order) -> Option<u64> {
        let of_each = |parts: &mut [Self]| -> Vec<Option<u64>> {
            parts.iter_mut().map(|part| part.seek(file, time, order)).collect()
        };
        let sooner = |places: Vec<u64>| match order {
            Order::OldestFirst => places.into_iter().min(),
            Order::NewestFirst => places.into_iter().max(),
        };
        match self {
            Self::List(place) => seek(file, place.list(), time, order),
            Self::Either(union) => sooner(of_each(&mut union.parts).into_iter().flatten().collect()),
            Self::Both(parts) => {
                let places: Vec<u64> = of_each(parts).into_iter().collect::<Option<_>>()?;
                match order {
                    Order::OldestFirst => self.at_or_after(file.bytes(), places.into_iter().max()?),
                    Order::NewestFirst => self.at_or_before(file.bytes(), places.into_iter().min()?),
                }
            }
        }
    }

    /// The first entry at or behind an offset.
    pub(super) fn at_or_after(&mut self, bytes: &Bytes, offset: u64) -> Option<u64> {
        match self {
            Self::List(place) => place.at_or_after(bytes, offset),
            Self::Both(parts) => agree(parts, offset, |part, offset| part.at_or_after(bytes, offset)),
            Self::Either(union) => union.at_or_after(bytes, offset),
        }
    }

    /// The last entry at or before an offset.
    pub(super) fn at_or_before(&mut self, bytes: &Bytes, offset: u64) -> Option<u64> {
        match self {
            Self::List(place) => place.at_or_before(bytes, offset),
            Self::Both(parts) => agree(parts, offset, |part, offset| part.at_or_before(bytes, offset)),
            Self::Either(union) => {
                union.parts.iter_mut().filter_map(|part| part.at_or_before(bytes, offset)).max()
            }
        }
    }
}

/// Alternatives. A service of OpenIM is four dozen of them, units, identifiers and programs, and to ask all for every
/// entry takes longer than the entry. So forward they are asked for a stretch of the file at once.
#[derive(Clone, Debug)]
pub(super) struct Union {
    parts: Vec<Selection>,
    /// The entries of the stretch, each once, in order.
    found: Vec<u64>,
    /// Where the stretch begins, and where the next one does.
    begin: u64,
    end: u64,
    /// Which of them was given last.
    at: usize,
}

/// How much of a file is a stretch: about a thousand entries.
const STRETCH: u64 = 1 << 20;

impl Union {
    const fn of(parts: Vec<Selection>) -> Self {
        Self { parts, found: Vec::new(), begin: 0, end: 0, at: 0 }
    }

    fn at_or_after(&mut self, bytes: &Bytes, offset: u64) -> Option<u64> {
        if !(self.begin..self.end).contains(&offset) || self.found.last().is_none_or(|&last| last < offset) {
            let first = self.parts.iter_mut().filter_map(|part| part.at_or_after(bytes, offset)).min()?;
            self.fill(bytes, offset, first);
        }
        self.find(offset)
    }

    /// Gathers the entries from the first one on; before it, from `begin` on, there are none.
    fn fill(&mut self, bytes: &Bytes, begin: u64, first: u64) {
        (self.begin, self.end, self.at) = (begin, first.saturating_add(STRETCH), 0);
        self.found.clear();
        for part in &mut self.parts {
            let mut from = first;
            while let Some(found) = part.at_or_after(bytes, from).filter(|&found| found < self.end) {
                self.found.push(found);
                from = found + 1;
            }
        }
        self.found.sort_unstable();
        self.found.dedup();
    }

    /// Reading goes on by one, mostly.
    fn find(&mut self, offset: u64) -> Option<u64> {
        let is_before = |at: usize| self.found.get(at).is_some_and(|&found| found < offset);
        if is_before(self.at) {
            self.at += 1;
        }
        if is_before(self.at) || self.at.checked_sub(1).is_some_and(|before| !is_before(before)) {
            self.at = self.found.partition_point(|&found| found < offset);
        }
        self.found.get(self.at).copied()
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

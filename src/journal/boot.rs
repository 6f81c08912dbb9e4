//! Boots: which one is meant.

use std::fmt;

use super::span::Span;
use super::{Id128, JournalError, Order, Query, Reader, Stamp, Start, Step, integer};

/// How many digits an id has.
const ID_LENGTH: usize = 32;

/// The boot that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BootWanted {
    /// Any.
    All,
    /// That many behind (or before) the one with the id.
    Of(Id128, i64),
    /// From 1 on the oldest first; 0 is the newest, -1 the one before it.
    Nth(i64),
}

impl BootWanted {
    /// Reads `all`, `ID`, `ID+1`, `ID-1`, `0`, `-1`, `+2`. The id of nothing but zeros is that of no boot, so that there
    /// is only the number.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == "all" {
            return Some(Self::All);
        }
        let number = |text| integer::parse(text).map(i64::from);
        let of_id = |(id, rest)| Some((Id128::parse(id)?, rest));
        let steps_from =
            |id, steps| if id == Id128::default() { Self::Nth(steps) } else { Self::Of(id, steps) };
        match text.split_at_checked(ID_LENGTH).and_then(of_id) {
            Some((id, "")) => Some(steps_from(id, 0)),
            Some((id, rest)) if rest.starts_with(['+', '-']) => {
                number(rest).map(|steps| steps_from(id, steps))
            }
            Some(_) => None,
            None => number(text).map(Self::Nth),
        }
    }
}

impl fmt::Display for BootWanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Of(id, _) => write!(f, "{id}"),
            Self::Nth(number) => write!(f, "{number:+}"),
        }
    }
}

/// Finds the boot that is wanted. `None` where there is no such boot. The one that runs may have no entries yet.
pub(crate) fn find(
    reader: &mut dyn Reader,
    wanted: BootWanted,
    running: Option<Id128>,
) -> Result<Option<Id128>, JournalError> {
    match wanted {
        BootWanted::All => Ok(None),
        BootWanted::Nth(0) if running.is_some() => Ok(running),
        BootWanted::Of(id, 0) => {
            Ok(first(reader, &query(Order::OldestFirst, Start::Edge, Some(id)))?.map(|stamp| stamp.boot))
        }
        BootWanted::Nth(number @ 1..) => boot_at(reader, Order::OldestFirst, None, number - 1),
        // Where entries can be in one order only, the list is the same from both ends.
        BootWanted::Nth(number) if reader.has_one_sequence() => {
            boot_at(reader, Order::NewestFirst, None, number)
        }
        BootWanted::Nth(number) => {
            let boots = list(reader)?;
            Ok(nth(&boots, boots.len().checked_sub(1), number))
        }
        BootWanted::Of(id, steps) => {
            let boots = list(reader)?;
            match boots.iter().position(|boot| boot.id == id) {
                Some(at) => Ok(nth(&boots, Some(at), steps)),
                None => boot_at(reader, order_of(steps), Some(id), steps),
            }
        }
    }
}

/// Which way so many steps lead.
const fn order_of(steps: i64) -> Order {
    if steps < 0 { Order::NewestFirst } else { Order::OldestFirst }
}

/// The boot so many steps from one in a list.
fn nth(boots: &[Span], from: Option<usize>, steps: i64) -> Option<Id128> {
    let at = from?.checked_add_signed(isize::try_from(steps).ok()?)?;
    boots.get(at).map(|boot| boot.id)
}

/// The boot that runs on this host.
pub(crate) fn running() -> Option<Id128> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Id128::parse(&id.trim().replace('-', ""))
}

/// The boot so many steps in an order from one of them, or from the first.
fn boot_at(
    reader: &mut dyn Reader,
    order: Order,
    from: Option<Id128>,
    steps: i64,
) -> Result<Option<Id128>, JournalError> {
    let steps = usize::try_from(steps.unsigned_abs()).unwrap_or(usize::MAX);
    let boots = list_up_to(reader, order, from, steps.saturating_add(1))?;
    Ok(boots.get(steps).map(|boot| boot.id))
}

/// All boots, the oldest first. Which boot a number means is told by this list alone.
pub(crate) fn list(reader: &mut dyn Reader) -> Result<Vec<Span>, JournalError> {
    list_up_to(reader, Order::OldestFirst, None, usize::MAX)
}

/// So many boots in an order, from one of them on or from the first: each where it is met first, behind the far end of
/// the one before it.
fn list_up_to(
    reader: &mut dyn Reader,
    order: Order,
    from: Option<Id128>,
    most: usize,
) -> Result<Vec<Span>, JournalError> {
    let back = match order {
        Order::OldestFirst => Order::NewestFirst,
        Order::NewestFirst => Order::OldestFirst,
    };
    let mut boots: Vec<Span> = Vec::new();
    let mut at = first(reader, &query(order, Start::Edge, from))?;
    while let Some(near) = at {
        let far = first(reader, &query(back, Start::Edge, Some(near.boot)))?.unwrap_or(near);
        boots.push(match order {
            Order::OldestFirst => Span { id: near.boot, first: near, last: far },
            Order::NewestFirst => Span { id: near.boot, first: far, last: near },
        });
        if boots.len() >= most {
            break;
        }
        at = first_behind(reader, order, far, &boots)?;
    }
    Ok(boots)
}

/// The first entry behind another one that is of none of these boots: entries of several may alternate.
fn first_behind(
    reader: &mut dyn Reader,
    order: Order,
    last: Stamp,
    boots: &[Span],
) -> Result<Option<Stamp>, JournalError> {
    reader.restart(&query(order, Start::After(last.into()), None))?;
    while let Step::Entry(entry) = reader.next()? {
        let stamp = *entry.stamp();
        if boots.iter().all(|boot| boot.id != stamp.boot) {
            return Ok(Some(stamp));
        }
    }
    Ok(None)
}

pub(crate) fn query(order: Order, start: Start, boot: Option<Id128>) -> Query {
    Query { order, start, boots: boot.into_iter().collect(), ..Query::everything() }
}

/// The first entry of a query.
pub(crate) fn first(reader: &mut dyn Reader, query: &Query) -> Result<Option<Stamp>, JournalError> {
    reader.restart(query)?;
    Ok(match reader.next()? {
        Step::Entry(entry) => Some(*entry.stamp()),
        Step::Idle | Step::End => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boot_is_meant_by_id_by_number_or_by_both() {
        let id = "8dc4df31cf7c4c1c8a6b10fc7b9b44b0";
        let dashed = "8dc4df31-cf7c-4c1c-8a6b-10fc7b9b44b0";
        let parsed = Id128::parse(id).unwrap();
        for (text, wanted) in [
            ("all", BootWanted::All),
            ("0", BootWanted::Nth(0)),
            ("-0", BootWanted::Nth(0)),
            ("-1", BootWanted::Nth(-1)),
            ("+2", BootWanted::Nth(2)),
            (id, BootWanted::Of(parsed, 0)),
            ("010", BootWanted::Nth(8)),
            ("-0x1", BootWanted::Nth(-1)),
            (&format!("{id}-1"), BootWanted::Of(parsed, -1)),
            (&format!("{id}+0x2"), BootWanted::Of(parsed, 2)),
            (&"0".repeat(ID_LENGTH), BootWanted::Nth(0)),
            (&format!("{}-1", "0".repeat(ID_LENGTH)), BootWanted::Nth(-1)),
        ] {
            assert_eq!(BootWanted::parse(text), Some(wanted), "{text}");
        }
        let with = |end: &str| format!("{id}{end}");
        for text in ["", "x", "--1", "8dc4", "A=1", "08", dashed, &with("x"), &with("1"), &with("-")] {
            assert_eq!(BootWanted::parse(text), None, "{text}");
        }
    }
}

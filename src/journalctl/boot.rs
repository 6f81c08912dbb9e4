//! Boots: which there are, and how they are listed.

use crate::journal::boot::{first, first_behind, query};
use crate::journal::span::{Row, Span, numbered as number};
use crate::journal::{JournalError, Order, Reader, Start};

/// All boots with their numbers: 0 is the newest.
pub(super) fn numbered(reader: &mut dyn Reader, newest_first: bool) -> Result<Vec<Row>, JournalError> {
    Ok(number(list(reader)?, None, newest_first, &[]))
}

/// All boots, the oldest first.
fn list(reader: &mut dyn Reader) -> Result<Vec<Span>, JournalError> {
    let mut boots: Vec<Span> = Vec::new();
    let mut at = first(reader, &query(Order::OldestFirst, Start::Edge, None))?;
    while let Some(head) = at {
        // Entries of two boots may alternate; a boot is listed where it is met first.
        let last = first(reader, &query(Order::NewestFirst, Start::Edge, Some(head.boot)))?.unwrap_or(head);
        if boots.iter().any(|boot| boot.id == head.boot) {
            break;
        }
        boots.push(Span { id: head.boot, first: head, last });
        at = first_behind(reader, Order::OldestFirst, last)?;
    }
    Ok(boots)
}

//! Boots: which there are, and how they are listed.

use crate::journal::boot::list;
use crate::journal::span::{Row, numbered as number};
use crate::journal::{JournalError, Reader};

/// All boots with their numbers: 0 is the newest.
pub(super) fn numbered(reader: &mut dyn Reader, newest_first: bool) -> Result<Vec<Row>, JournalError> {
    Ok(number(list(reader)?, None, newest_first, &[]))
}

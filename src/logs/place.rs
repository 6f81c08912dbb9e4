//! The place of the last entry that was shown, for who goes on from there another time.

use std::io::{self, Write};

use super::LogsError;
use super::plan::PlacePlan;
use super::record::Record;
use crate::journal::{Cursor, cursor_file};

/// Keeps the place, and notes it where it is wanted.
pub(super) struct Keeper<'p> {
    plan: &'p PlacePlan,
    last: Option<Cursor>,
    saved: Option<Cursor>,
}

impl<'p> Keeper<'p> {
    pub(super) const fn new(plan: &'p PlacePlan) -> Self {
        Self { plan, last: None, saved: None }
    }

    /// A record has been read.
    pub(super) fn pass(&mut self, record: &Record<'_>) {
        if self.plan.is_wanted() {
            self.last = record.end().or(self.last);
        }
    }

    /// Writes the file, where there is one and the place is another than it was. Where nothing was read, the file stays.
    pub(super) fn save(&mut self) -> Result<(), LogsError> {
        let (Some(path), Some(last)) = (&self.plan.file, self.last) else { return Ok(()) };
        if self.saved != Some(last) {
            cursor_file::write(path, last)
                .map_err(|source| LogsError::CursorFile { path: path.clone(), source })?;
            self.saved = Some(last);
        }
        Ok(())
    }

    /// What comes behind the records.
    pub(super) fn show(&self, out: &mut dyn Write) -> io::Result<()> {
        match self.last.filter(|_| self.plan.is_shown) {
            Some(last) => writeln!(out, "-- cursor: {last}"),
            None => Ok(()),
        }
    }
}

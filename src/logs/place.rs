//! The place of the last entry that was shown, for who goes on from there another time.

use std::io::{self, Write};
use std::path::Path;

use super::LogsError;
use super::plan::PlacePlan;
use super::record::Record;
use crate::journal::Cursor;
use crate::journal::cursor_file::Kept;

/// Keeps the place, and notes it where it is wanted.
pub(super) struct Keeper<'p> {
    plan: &'p PlacePlan,
    last: Option<Cursor>,
    kept: Kept,
}

impl<'p> Keeper<'p> {
    pub(super) fn new(plan: &'p PlacePlan) -> Self {
        Self { plan, last: None, kept: Kept::new() }
    }

    /// A record has been read.
    pub(super) fn pass(&mut self, record: &Record<'_>) {
        if self.plan.is_wanted() {
            self.last = record.end().or(self.last);
        }
    }

    /// Writes the file, where there is one and the place is another than it was. Where nothing was read, the file stays.
    pub(super) fn save(&mut self) -> Result<(), LogsError> {
        self.save_by(Kept::save)
    }

    /// The same between records of which one follows the other at once.
    pub(super) fn save_if_behind(&mut self) -> Result<(), LogsError> {
        self.save_by(Kept::save_if_behind)
    }

    fn save_by(
        &mut self,
        save: impl Fn(&mut Kept, &Path, Cursor) -> io::Result<()>,
    ) -> Result<(), LogsError> {
        let (Some(path), Some(last)) = (&self.plan.file, self.last) else { return Ok(()) };
        save(&mut self.kept, path, last)
            .map_err(|source| LogsError::CursorFile { path: path.clone(), source })
    }

    /// What comes behind the records.
    pub(super) fn show(&self, out: &mut dyn Write) -> io::Result<()> {
        match self.last.filter(|_| self.plan.is_shown) {
            Some(last) => writeln!(out, "-- cursor: {last}"),
            None => Ok(()),
        }
    }
}

//! Reading back from the end, in blocks that begin at a record.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::ops::Range;

use memchr::memchr;

use super::line::{LONGEST, first_record, rest_of_line, without_end};
use super::series::LogFile;
use crate::logs::LogsError;
use crate::logs::record::{Context, Record};
use crate::time::Zone;

/// How much is read at once, backward; more where no record begins in it.
const BLOCK: u64 = 256 * 1024;
/// A block that begins in the middle of something longer than this begins at the next line instead.
const MOST: u64 = LONGEST as u64;

/// A position that moves backward.
#[derive(Debug)]
pub(super) struct Backward {
    /// Which of the files; the one before it is next.
    pub(super) file: usize,
    open: Option<File>,
    /// Where in the file the block begins.
    pub(super) offset: u64,
    pub(super) block: Vec<u8>,
    /// The block's lines that have not been given, and what each takes over.
    lines: Vec<(Range<usize>, Context)>,
}

impl Backward {
    /// Reads back from the end of the last file.
    pub(super) const fn at_the_end(files: usize) -> Self {
        Self { file: files, open: None, offset: 0, block: Vec::new(), lines: Vec::new() }
    }

    /// The line before the last one given.
    pub(super) fn step_back(
        &mut self,
        files: &[LogFile],
        zone: Zone,
    ) -> Result<Option<(Range<usize>, Context)>, LogsError> {
        loop {
            if let Some(line) = self.lines.pop() {
                return Ok(Some(line));
            }
            if self.offset == 0 {
                let Some(before) = self.file.checked_sub(1) else { return Ok(None) };
                let path = &files[before].path;
                let failed = |source| LogsError::File { path: path.clone(), source };
                let file = File::open(path).map_err(failed)?;
                self.offset = file.metadata().map_err(failed)?.len();
                self.file = before;
                self.open = Some(file);
                continue;
            }
            self.load(&files[self.file], zone)?;
        }
    }

    /// Loads the block that ends where the last one began.
    fn load(&mut self, from: &LogFile, zone: Zone) -> Result<(), LogsError> {
        let Some(file) = &mut self.open else { return Ok(()) };
        let end = self.offset;
        let mut length = BLOCK.min(end);
        let first = loop {
            let start = end - length;
            let mut read = || -> io::Result<()> {
                file.seek(SeekFrom::Start(start))?;
                self.block.clear();
                file.by_ref().take(length).read_to_end(&mut self.block)?;
                Ok(())
            };
            read().map_err(|source| LogsError::File { path: from.path.clone(), source })?;
            if start == 0 {
                break 0;
            }
            if let Some(first) = first_record(&self.block) {
                break first;
            }
            if length >= MOST {
                break memchr(b'\n', &self.block).map_or(0, |at| at + 1) % self.block.len().max(1);
            }
            length = (length * 2).min(end);
        };
        self.offset = end - length;
        self.block.drain(..first);
        self.offset += first as u64;
        self.lines.clear();
        let (mut at, mut context) = (0, from.first);
        while at < self.block.len() {
            let rest = &self.block[at..];
            let length = rest_of_line(rest, 0).unwrap_or(rest.len());
            let range = at..at + length;
            self.lines.push((range.clone(), context));
            context = Record::of_line(without_end(&self.block[range]), context, zone).context();
            at += length;
        }
        Ok(())
    }
}

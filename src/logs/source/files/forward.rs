//! Reading on through the files, piece by piece.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::Path;

use memchr::memchr;

use super::line::rest_of_line;
use super::series::LogFile;
use crate::logs::LogsError;

/// How much is read at once, forward.
const PIECE: usize = 256 * 1024;
/// What a step forward gave.
pub(super) enum Moved {
    /// A line, as a range of the buffer.
    Line(Range<usize>),
    /// The end for now.
    Waiting,
    End,
}

/// A position that moves forward.
#[derive(Debug, Default)]
pub(super) struct Forward {
    /// Which of the files.
    pub(super) file: usize,
    open: Option<File>,
    /// Where in the file the buffer ends.
    pub(super) offset: u64,
    pub(super) buffer: Vec<u8>,
    /// How much of the buffer has been given.
    given: usize,
}

impl Forward {
    /// Reads on from a byte of one of the files.
    pub(super) fn at(file: usize, offset: u64) -> Self {
        Self { file, offset, ..Self::default() }
    }

    /// Moves to the next line.
    pub(super) fn advance(&mut self, files: &[LogFile], follow: bool) -> Result<Moved, LogsError> {
        loop {
            let Some(file) = files.get(self.file) else {
                return Ok(if follow { Moved::Waiting } else { Moved::End });
            };
            let is_last = self.file + 1 == files.len();
            let rest = &self.buffer[self.given..];
            if let Some(length) = rest_of_line(rest, 0) {
                return Ok(Moved::Line(self.give(length)));
            }
            if self.read(&file.path)? > 0 {
                continue;
            }
            // The end of the file. A line without its end may still grow, where that is waited for.
            if follow && is_last {
                return Ok(Moved::Waiting);
            }
            let rest = self.buffer.len() - self.given;
            if rest > 0 {
                let line = memchr(b'\n', &self.buffer[self.given..]).map_or(rest, |at| at + 1);
                return Ok(Moved::Line(self.give(line)));
            }
            *self = Self::at(self.file + 1, 0);
        }
    }

    fn give(&mut self, length: usize) -> Range<usize> {
        let range = self.given..self.given + length;
        self.given = range.end;
        range
    }

    /// Reads on and returns how much was read. A file that has become shorter is read again from its beginning.
    fn read(&mut self, path: &Path) -> Result<usize, LogsError> {
        let failed = |source| LogsError::File { path: path.to_owned(), source };
        self.buffer.drain(..self.given);
        self.given = 0;
        let file = if let Some(file) = &mut self.open {
            file
        } else {
            let mut file = File::open(path).map_err(failed)?;
            file.seek(SeekFrom::Start(self.offset)).map_err(failed)?;
            self.open.insert(file)
        };
        let length = self.buffer.len();
        self.buffer.resize(length + PIECE, 0);
        let read = file.read(&mut self.buffer[length..]).map_err(failed)?;
        self.buffer.truncate(length + read);
        self.offset += read as u64;
        if read == 0 && file.metadata().map_err(failed)?.len() < self.offset {
            file.seek(SeekFrom::Start(0)).map_err(failed)?;
            self.offset = 0;
            self.buffer.clear();
        }
        Ok(read)
    }
}

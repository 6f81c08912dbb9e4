//! Reading on through the files, piece by piece.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::Path;

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
    /// How much of what has not been given is known to have no line end.
    searched: usize,
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
            if let Some(length) = self.line_length() {
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
                return Ok(Moved::Line(self.give(rest)));
            }
            *self = Self::at(self.file + 1, 0);
        }
    }

    /// The length of the line that is to be given next; `None` where more must be read to tell.
    fn line_length(&mut self) -> Option<usize> {
        let searched = self.searched;
        let length = rest_of_line(&self.buffer[self.given + searched..], searched);
        self.searched = self.buffer.len() - self.given;
        length.map(|rest| searched + rest)
    }

    fn give(&mut self, length: usize) -> Range<usize> {
        let range = self.given..self.given + length;
        self.given = range.end;
        self.searched = 0;
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
            self.searched = 0;
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::super::line::LONGEST;
    use super::super::series::Series;
    use super::*;
    use crate::logs::record::Context;

    /// The lengths of all lines until there is none for now.
    fn lengths(forward: &mut Forward, files: &[LogFile]) -> Vec<usize> {
        let mut lengths = Vec::new();
        while let Moved::Line(range) = forward.advance(files, true).unwrap() {
            lengths.push(range.len());
        }
        lengths
    }

    fn log(text: &[u8]) -> (tempfile::NamedTempFile, Vec<LogFile>) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text).unwrap();
        let series = Series::Numbered { path: file.path().to_owned(), known: Context::default() };
        let files = series.list().unwrap();
        (file, files)
    }

    #[test]
    fn what_is_longer_than_any_line_goes_on_in_the_next_and_nothing_is_lost() {
        let (mut file, files) = log(b"first\n");
        // Zeros, as a file has them that was cut while somebody wrote to it.
        file.as_file().set_len((6 + LONGEST + 9) as u64).unwrap();
        file.seek(SeekFrom::End(0)).unwrap();
        file.write_all(b"\nlast\n").unwrap();
        assert_eq!(lengths(&mut Forward::default(), &files), [6, LONGEST, 10, 5]);
    }

    #[test]
    fn of_a_line_that_grows_only_what_is_new_is_searched() {
        let (mut file, files) = log(b"first\n");
        file.write_all(&vec![b'x'; 2 * PIECE]).unwrap();
        let mut forward = Forward::default();
        assert_eq!((lengths(&mut forward, &files), forward.searched), (vec![6], 2 * PIECE));
        file.write_all(b"y\nlast\nz").unwrap();
        assert_eq!((lengths(&mut forward, &files), forward.searched), (vec![2 * PIECE + 2, 5], 1));
    }
}

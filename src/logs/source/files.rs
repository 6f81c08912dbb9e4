//! Records from the files that OpenIM's logger writes itself.
//!
//! ```text
//! _output/logs/openim-service-log.2026-11-22
//! _output/logs/openim-service-log.2026-11-23        all services append to one file a day (or an hour)
//! ```
//!
//! Forward, the files are read one after the other in pieces; backward (for the last lines, and for the newest
//! first) from the end in blocks that begin at a record. Times in the lines are this host's own.
//!
//! Source: openimsdk/tools `log/zap.go`; the names since v3.7 of 2024, and the older ones beside them.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use memchr::memchr;

use super::{Advance, Lines, Place, Way, is_backward};
use crate::logs::LogsError;
use crate::logs::plan::{FilesPlan, Plan};
use crate::logs::record::{Context, Record};
use crate::openim::zap;
use crate::time::{Timestamp, Zone, parse_time};

/// What the names of log files begin with, before the date.
const FAMILIES: [&str; 6] = [
    "openim-service-log.",
    "openim-server.",
    "openim-all.",
    "openim-crontask.",
    "OpenIM.log.all.",
    "OpenIM.CronTask.log.all.",
];

/// How much is read at once, forward.
const PIECE: usize = 256 * 1024;
/// How much is read at once, backward; more where no record begins in it.
const BLOCK: u64 = 256 * 1024;
/// A block that begins in the middle of something longer than this begins at the next line instead.
const MOST: u64 = 64 * 1024 * 1024;
/// How long a follower sleeps between two looks at the file.
const LOOK_AGAIN: Duration = Duration::from_millis(25);
/// How often a follower looks for the next day's file.
const LOOK_FOR_FILES: Duration = Duration::from_millis(500);

/// Reads OpenIM's log files.
#[derive(Debug)]
pub(in crate::logs) struct FileLines {
    directory: PathBuf,
    zone: Zone,
    follow: bool,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    /// Those to read, oldest first.
    files: Vec<LogFile>,
    position: Position,
    /// The line, in the buffer of the position.
    line: Range<usize>,
    /// What the line takes over from the one before it.
    context: Context,
    /// What the next line takes over.
    next_context: Context,
    /// What the first line of all takes over.
    first_context: Context,
    looked: Instant,
}

/// A log file and the time that its name says it begins at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct LogFile {
    /// `2026-11-23` or `2026-11-23_07`: sorts by time.
    stamp: String,
    path: PathBuf,
}

impl LogFile {
    /// When it begins by its name: the time of lines before its first record.
    fn begin(&self, zone: Zone) -> Timestamp {
        begin_of(&self.stamp, zone).unwrap_or_default()
    }
}

#[derive(Debug)]
enum Position {
    Forward(Forward),
    Backward(Backward),
}

impl Position {
    /// A line in the buffer, without its end.
    fn text(&self, line: &Range<usize>) -> &[u8] {
        let buffer = match self {
            Self::Forward(forward) => &forward.buffer,
            Self::Backward(backward) => &backward.block,
        };
        without_end(buffer.get(line.clone()).unwrap_or_default())
    }
}

impl FileLines {
    pub(in crate::logs) fn open(plan: &FilesPlan, whole: &Plan) -> Result<Self, LogsError> {
        let directory = plan.directory.clone();
        let mut source = Self {
            zone: whole.input_zone,
            follow: whole.follow,
            since: whole.criteria.since,
            until: whole.criteria.until,
            files: Vec::new(),
            position: Position::Forward(Forward::default()),
            line: 0..0,
            context: Context::default(),
            next_context: Context::default(),
            first_context: Context::default(),
            looked: Instant::now(),
            directory,
        };
        source.files = source.list().map_err(|error| LogsError::Directory {
            path: plan.directory.clone(),
            source: error,
            hint: plan.named_by(),
        })?;
        if source.files.is_empty() && !source.follow {
            return Err(LogsError::NoFiles { path: plan.directory.clone(), hint: plan.named_by() });
        }
        source.drop_files_out_of_range();
        let begin = source.files.first().map_or(whole.now, |file| file.begin(source.zone));
        source.first_context = Context { time: begin, ..Context::default() };
        source.turn(if is_backward(whole) { Way::Backward } else { Way::Forward })?;
        Ok(source)
    }

    fn list(&self) -> io::Result<Vec<LogFile>> {
        let mut files: Vec<LogFile> = fs::read_dir(&self.directory)?
            .filter_map(|entry| {
                let path = entry.ok()?.path();
                let stamp = stamp_of(path.file_name()?.to_str()?)?.to_owned();
                path.is_file().then_some(LogFile { stamp, path })
            })
            .collect();
        files.sort_unstable();
        Ok(files)
    }

    /// Leaves out files that end before `since` or begin after `until`. A file ends where the next begins; a day
    /// of grace stands for processes that rotate late and for the zone of the names.
    fn drop_files_out_of_range(&mut self) {
        let day = 24 * 3600 * 1_000_000;
        let begins = |file: &LogFile| begin_of(&file.stamp, self.zone).map(Timestamp::micros);
        if let Some(since) = self.since {
            let first = self
                .files
                .iter()
                .rposition(|file| begins(file).is_some_and(|begin| begin + day <= since.micros()));
            self.files.drain(..first.unwrap_or(0));
        }
        if let Some(until) = self.until {
            self.files.retain(|file| begins(file).is_none_or(|begin| begin <= until.micros() + day));
        }
    }

    /// Finds files that have been begun since the last look.
    fn find_new_files(&mut self) {
        if self.looked.elapsed() < LOOK_FOR_FILES {
            return;
        }
        self.looked = Instant::now();
        let last = self.files.last().map(|file| file.stamp.clone()).unwrap_or_default();
        if let Ok(files) = self.list() {
            self.files.extend(files.into_iter().filter(|file| file.stamp > last));
        }
    }
}

impl Lines for FileLines {
    fn advance(&mut self) -> Result<Advance, LogsError> {
        let moved = match &mut self.position {
            Position::Forward(forward) => forward.advance(&self.files, self.follow)?,
            Position::Backward(backward) => match backward.step_back(&self.files, self.zone)? {
                Some((range, context)) => {
                    self.next_context = context;
                    Moved::Line(range)
                }
                None => Moved::End,
            },
        };
        match moved {
            Moved::Line(range) => {
                (self.line, self.context) = (range, self.next_context);
                Ok(Advance::Line)
            }
            Moved::Waiting => {
                std::thread::sleep(LOOK_AGAIN);
                self.find_new_files();
                Ok(Advance::Idle)
            }
            Moved::End => Ok(Advance::End),
        }
    }

    fn raw(&self) -> &[u8] {
        self.position.text(&self.line)
    }

    fn record(&mut self) -> Record<'_> {
        let record = Record::of_line(self.position.text(&self.line), self.context, self.zone);
        self.next_context = record.context();
        record
    }

    fn stream(&self) -> Option<u64> {
        // All services write whole records into one file.
        Some(0)
    }

    fn goes_on(&self) -> bool {
        false
    }

    fn place(&self) -> Place {
        let (file, begin) = match &self.position {
            Position::Forward(forward) => (forward.file, forward.offset - forward.buffer.len() as u64),
            Position::Backward(backward) => (backward.file, backward.offset),
        };
        Place::Byte { file, offset: begin + self.line.start as u64, context: self.context }
    }

    fn turn(&mut self, way: Way) -> Result<bool, LogsError> {
        self.next_context = self.first_context;
        self.position = match way {
            Way::Backward => Position::Backward(Backward::at_the_end(self.files.len())),
            Way::At(Place::Byte { file, offset, context }) => {
                self.next_context = context;
                Position::Forward(Forward { file, offset, ..Forward::default() })
            }
            Way::After(place @ Place::Byte { .. }) => {
                self.turn(Way::At(place))?;
                self.advance()?;
                self.record();
                return Ok(true);
            }
            Way::Forward
            | Way::At(Place::Entry(_) | Place::Nowhere)
            | Way::After(Place::Entry(_) | Place::Nowhere) => Position::Forward(Forward::default()),
        };
        Ok(true)
    }
}

/// What a step forward gave.
enum Moved {
    /// A line, as a range of the buffer.
    Line(Range<usize>),
    /// The end for now.
    Waiting,
    End,
}

/// A position that moves forward.
#[derive(Debug, Default)]
struct Forward {
    /// Which of the files.
    file: usize,
    open: Option<File>,
    /// Where in the file the buffer ends.
    offset: u64,
    buffer: Vec<u8>,
    /// How much of the buffer has been given.
    given: usize,
}

impl Forward {
    fn advance(&mut self, files: &[LogFile], follow: bool) -> Result<Moved, LogsError> {
        loop {
            let Some(file) = files.get(self.file) else {
                return Ok(if follow { Moved::Waiting } else { Moved::End });
            };
            let is_last = self.file + 1 == files.len();
            let rest = &self.buffer[self.given..];
            if let Some(length) = line_length(rest) {
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
            *self = Self { file: self.file + 1, ..Self::default() };
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

/// A position that moves backward.
#[derive(Debug)]
struct Backward {
    /// Which of the files; the one before it is next.
    file: usize,
    open: Option<File>,
    /// Where in the file the block begins.
    offset: u64,
    block: Vec<u8>,
    /// The block's lines that have not been given, and what each takes over.
    lines: Vec<(Range<usize>, Context)>,
}

impl Backward {
    const fn at_the_end(files: usize) -> Self {
        Self { file: files, open: None, offset: 0, block: Vec::new(), lines: Vec::new() }
    }

    /// The line before the last one given.
    fn step_back(
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
        let (mut at, mut context) = (0, Context { time: from.begin(zone), ..Context::default() });
        while at < self.block.len() {
            let rest = &self.block[at..];
            let length = line_length(rest).unwrap_or(rest.len());
            let range = at..at + length;
            self.lines.push((range.clone(), context));
            context = Record::of_line(without_end(&self.block[range]), context, zone).context();
            at += length;
        }
        Ok(())
    }
}

/// The length of the line that begins a text, line end included; `None` where more must be read to tell.
fn line_length(text: &[u8]) -> Option<usize> {
    memchr(b'\n', text).map(|end| end + 1)
}

/// Where the first record of the logger begins whose line begins in this block. The block may begin in the middle
/// of a line, so that one does not count.
fn first_record(block: &[u8]) -> Option<usize> {
    let mut at = memchr(b'\n', block)? + 1;
    loop {
        let rest = block.get(at..)?;
        let line = memchr(b'\n', rest).map_or(rest, |end| &rest[..end]);
        if zap::is_split_head(line) || zap::parse(line).is_some() {
            return Some(at);
        }
        at += line.len() + 1;
    }
}

/// A line without LF or CR LF.
pub(in crate::logs) fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The date and hour in the name of a log file.
fn stamp_of(name: &str) -> Option<&str> {
    let stamp = FAMILIES.iter().find_map(|family| name.strip_prefix(family))?;
    let shape = if stamp.len() > 10 { "dddd-dd-dd_dd" } else { "dddd-dd-dd" };
    let fits = stamp.len() == shape.len()
        && stamp.bytes().zip(shape.bytes()).all(|(byte, shape)| match shape {
            b'd' => byte.is_ascii_digit(),
            _ => byte == shape,
        });
    fits.then_some(stamp)
}

fn begin_of(stamp: &str, zone: Zone) -> Option<Timestamp> {
    let text = match stamp.split_once('_') {
        Some((day, hour)) => format!("{day} {hour}:00"),
        None => stamp.to_owned(),
    };
    parse_time(&text, Timestamp::default(), zone).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &[u8] = b"2025-02-12 12:07:44.282\t\x1b[33mWARN\x1b[0m\t\x1b[33m[PID:97010]    \x1b[0m\t\x1b[33mopenim-msggateway        \x1b[0m\t[v3.8.3\n";
    const TAIL: &[u8] = b"]                     \t[mw/rpc_client_interceptor.go:74]                 \trpc client response failed                        \t{\"operationID\": \"op-80\"}\n";

    #[test]
    fn the_names_of_log_files_are_known_and_others_are_not() {
        assert_eq!(stamp_of("openim-service-log.2026-11-23"), Some("2026-11-23"));
        assert_eq!(stamp_of("openim-service-log.2026-11-23_07"), Some("2026-11-23_07"));
        assert_eq!(stamp_of("OpenIM.log.all.2024-02-02"), Some("2024-02-02"));
        assert_eq!(stamp_of("openim-service-log.2026-11-23.gz"), None);
        assert_eq!(stamp_of("openim-service-log"), None);
        assert_eq!(stamp_of("openim_20261123.log"), None);
    }

    #[test]
    fn a_block_begins_at_a_record_and_not_at_the_second_line_of_one() {
        let block = [b"...}\n", TAIL, b"\tframe.go:1\n", HEAD, TAIL].concat();
        assert_eq!(first_record(&block), Some(5 + TAIL.len() + 12));
        assert_eq!(first_record(b"...}\nframe\nframe\n"), None);
        assert_eq!(first_record(HEAD), None);
    }
}

//! How far long work is, on a terminal: `⠙ 1,234,000 records, 812.40 MiB, until 12:03:04`.

use std::io::{self, IsTerminal as _, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, HumanCount};

use super::plan::{Plan, Task};
use crate::spinner::Spinner;
use crate::time::{Timestamp, Zone};

/// What is done by then needs none, and what was written lately tells by itself.
const LONG: Duration = Duration::from_millis(500);
/// What is shown is looked after once in so many records.
const EACH: u64 = 4096;

/// Standard error shows what has been read, unless that is no terminal. Each thread that reads has a copy, and all show
/// the same line.
#[derive(Clone, Debug)]
pub(super) struct Progress {
    shown: Arc<Mutex<Shown>>,
    /// What was read here and is not in the line yet.
    records: u64,
    bytes: u64,
}

#[derive(Debug)]
struct Shown {
    spinner: Option<Spinner>,
    zone: Zone,
    /// Since when nothing else was written.
    since: Instant,
    /// Nothing is shown any more, or at all.
    is_over: bool,
    records: u64,
    bytes: u64,
}

impl Progress {
    pub(super) fn of(plan: &Plan) -> Self {
        // Where records go somewhere else than to the terminal, what reads them may write there.
        let has_terminal = plan.task != Task::Show || plan.on_terminal;
        let shown = Shown {
            spinner: None,
            zone: plan.look.zone,
            since: Instant::now(),
            is_over: plan.quiet || plan.follow || !has_terminal || !io::stderr().is_terminal(),
            records: 0,
            bytes: 0,
        };
        Self { shown: Arc::new(Mutex::new(shown)), records: 0, bytes: 0 }
    }

    /// Takes note of a record of so many bytes.
    pub(super) fn count(&mut self, bytes: usize, time: impl FnOnce() -> Timestamp) {
        self.records += 1;
        self.bytes += bytes as u64;
        if self.records == EACH {
            self.shown().add(self.records, self.bytes, time());
            (self.records, self.bytes) = (0, 0);
        }
    }

    /// Whether a line may stand on the terminal, now or later.
    pub(super) fn goes_on(&self) -> bool {
        !self.shown().is_over
    }

    /// Takes the line away, before anything else is written. It comes again where nothing is written for a while.
    pub(super) fn step_aside(&self) {
        let mut shown = self.shown();
        shown.spinner = None;
        shown.since = Instant::now();
    }

    /// Takes the line away for good.
    pub(super) fn end(&self) {
        let mut shown = self.shown();
        shown.spinner = None;
        shown.is_over = true;
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shown {
    fn add(&mut self, records: u64, bytes: u64, time: Timestamp) {
        self.records += records;
        self.bytes += bytes;
        if !self.is_over && self.since.elapsed() > LONG {
            let words = self.words(time);
            self.spinner.get_or_insert_with(|| Spinner::start(false)).show(words);
        }
    }

    fn words(&self, time: Timestamp) -> String {
        let (records, bytes) = (HumanCount(self.records), HumanBytes(self.bytes));
        format!("{records} records, {bytes}, until {}", self.zone.civil(time).0.format("%Y-%m-%d %H:%M:%S"))
    }
}

/// Writes line by line to a terminal on which a line of progress may stand; it is gone before.
pub(super) struct BesideProgress<'o> {
    out: &'o mut dyn Write,
    progress: Progress,
    /// What the first line starts. It has the terminal from then on.
    has_pager: bool,
    is_over: bool,
}

impl<'o> BesideProgress<'o> {
    pub(super) fn new(out: &'o mut dyn Write, progress: Progress, has_pager: bool) -> Self {
        Self { out, progress, has_pager, is_over: false }
    }
}

impl Write for BesideProgress<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_over {
            return self.out.write(bytes);
        }
        self.progress.step_aside();
        let written = self.out.write(bytes)?;
        if bytes[..written].ends_with(b"\n") {
            if self.has_pager {
                self.progress.end();
                self.is_over = true;
            }
            self.out.flush()?;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_terminal() -> Progress {
        let shown = Shown {
            spinner: None,
            zone: Zone::Utc,
            since: Instant::now(),
            is_over: false,
            records: 0,
            bytes: 0,
        };
        Progress { shown: Arc::new(Mutex::new(shown)), records: 0, bytes: 0 }
    }

    fn read_much(progress: &mut Progress) -> bool {
        (0..EACH).for_each(|_| progress.count(1, Timestamp::default));
        progress.shown().spinner.is_some()
    }

    /// As if nothing had been written for long.
    fn let_time_pass(progress: &Progress) {
        let mut shown = progress.shown();
        shown.since = shown.since.checked_sub(2 * LONG).unwrap();
    }

    #[test]
    fn it_is_shown_while_nothing_is_written_for_long() {
        let mut progress = on_terminal();
        let mut beside = progress.clone();
        let mut out = Vec::new();
        let mut written = BesideProgress::new(&mut out, progress.clone(), false);
        assert!(!read_much(&mut progress), "it has only begun");
        let_time_pass(&progress);
        assert!(read_much(&mut beside), "whichever thread reads");
        written.write_all(b"found\n").unwrap();
        assert!(progress.shown().spinner.is_none(), "before a line is written it is gone");
        assert!(!read_much(&mut progress));
        let_time_pass(&progress);
        assert!(read_much(&mut progress));
        progress.end();
        let_time_pass(&progress);
        assert!(!read_much(&mut beside), "threads that go on show nothing");
        assert_eq!(out, b"found\n");
    }

    #[test]
    fn who_has_a_pager_sees_none_behind_the_first_line() {
        let mut progress = on_terminal();
        let mut out = Vec::new();
        BesideProgress::new(&mut out, progress.clone(), true).write_all(b"found\n").unwrap();
        let_time_pass(&progress);
        assert!(!read_much(&mut progress));
    }
}

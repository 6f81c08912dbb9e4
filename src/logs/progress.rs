//! How far long work is, on a terminal: `⠙ 1,234,000 records, 812.40 MiB, until 12:03:04`.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, HumanCount};

use super::plan::{Plan, Task};
use crate::spinner::Spinner;
use crate::time::{Timestamp, Zone};

/// What is done by then needs none.
const LONG: Duration = Duration::from_millis(500);
/// What is shown is looked after once in so many records.
const EACH: u64 = 4096;

/// Standard error shows what has been read, unless that is no terminal. Each thread that reads has a copy, and all show
/// the same line.
#[derive(Clone)]
pub(super) struct Progress {
    shown: Arc<Mutex<Shown>>,
    /// What was read here and is not in the line yet.
    records: u64,
    bytes: u64,
}

struct Shown {
    spinner: Option<Spinner>,
    quiet: bool,
    zone: Zone,
    started: Instant,
    records: u64,
    bytes: u64,
}

impl Progress {
    pub(super) fn of(plan: &Plan) -> Self {
        let shown = Shown {
            spinner: None,
            // Where the records themselves are shown, they tell.
            quiet: plan.quiet || plan.follow || matches!(plan.task, Task::Show),
            zone: plan.look.zone,
            started: Instant::now(),
            records: 0,
            bytes: 0,
        };
        Self { shown: Arc::new(Mutex::new(shown)), records: 0, bytes: 0 }
    }

    /// Takes note of a record of so many bytes.
    pub(super) fn count(&mut self, bytes: usize, time: Timestamp) {
        self.records += 1;
        self.bytes += bytes as u64;
        if self.records == EACH {
            let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
            shown.add(std::mem::take(&mut self.records), std::mem::take(&mut self.bytes), time);
        }
    }

    /// Takes the line away, before anything else is written.
    pub(super) fn end(&self) {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).spinner = None;
    }
}

impl Shown {
    fn add(&mut self, records: u64, bytes: u64, time: Timestamp) {
        self.records += records;
        self.bytes += bytes;
        if self.started.elapsed() > LONG {
            let words = self.words(time);
            self.spinner.get_or_insert_with(|| Spinner::start(self.quiet)).show(words);
        }
    }

    fn words(&self, time: Timestamp) -> String {
        let (records, bytes) = (HumanCount(self.records), HumanBytes(self.bytes));
        format!("{records} records, {bytes}, until {}", self.zone.civil(time).0.format("%Y-%m-%d %H:%M:%S"))
    }
}

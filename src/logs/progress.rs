//! How far long work is, on a terminal: `⠙ 1,234,000 records, 812.40 MiB, until 12:03:04`.

use std::time::{Duration, Instant};

use indicatif::{HumanBytes, HumanCount};

use super::plan::Plan;
use super::record::Record;
use crate::spinner::Spinner;
use crate::time::{Timestamp, Zone};

/// What is done by then needs none.
const LONG: Duration = Duration::from_millis(500);
/// The clock is looked at once in so many records.
const EACH: u64 = 4096;

/// Standard error shows what has been read, unless that is no terminal.
pub(super) struct Progress {
    spinner: Spinner,
    zone: Zone,
    started: Instant,
    records: u64,
    bytes: u64,
}

impl Progress {
    pub(super) fn of(plan: &Plan) -> Self {
        Self {
            spinner: Spinner::start(plan.quiet || plan.follow),
            zone: plan.look.zone,
            started: Instant::now(),
            records: 0,
            bytes: 0,
        }
    }

    pub(super) fn count(&mut self, record: &Record<'_>) {
        self.records += 1;
        self.bytes += record.raw.len() as u64;
        if self.records.is_multiple_of(EACH) && self.started.elapsed() > LONG {
            self.spinner.show(self.words(record.time));
        }
    }

    fn words(&self, time: Timestamp) -> String {
        let (records, bytes) = (HumanCount(self.records), HumanBytes(self.bytes));
        format!("{records} records, {bytes}, until {}", self.zone.civil(time).0.format("%Y-%m-%d %H:%M:%S"))
    }
}

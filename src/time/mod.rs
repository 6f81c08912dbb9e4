//! Points in time as people type them: the grammar of `journalctl --since`, and what docker and kubectl take.
//!
//! ```text
//! 2012-10-30 18:17:16      yesterday      20 min ago      -1h30m      @1351620000.5
//! 18:17 Asia/Shanghai      20m            2012-10-30T18:17:16+08:00   1700000000
//! ```
//!
//! `typed` tries the forms in their order, with `span` for what is counted from now and `calendar` for dates and times
//! of day; a [`Zone`] is the way to a calendar and back. Formatting for output is the renderers' business.

mod calendar;
mod posix;
mod rules;
mod span;
#[cfg(test)]
mod tests;
mod typed;
mod zone;

use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Utc};

pub use rules::Rules;
pub use span::parse_span;
pub use typed::{TimeError, parse_time};
pub use zone::Zone;

/// The last time that systemd writes out: a day before the year 10,000, whatever the zone.
pub(crate) const LATEST: Timestamp = Timestamp(253_402_214_399_000_000);

/// A point in time: microseconds since 1970-01-01 00:00:00 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The point that many microseconds after the epoch.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// Microseconds since the epoch.
    #[must_use]
    pub const fn micros(self) -> u64 {
        self.0
    }

    /// Reads the clock of this host.
    #[must_use]
    pub fn read_clock() -> Self {
        Self::of(SystemTime::now()).unwrap_or_default()
    }

    /// A time of the standard library; `None` before the epoch.
    #[must_use]
    pub fn of(time: SystemTime) -> Option<Self> {
        let since = time.duration_since(UNIX_EPOCH).ok()?;
        u64::try_from(since.as_micros()).ok().map(Self)
    }

    /// As a date and time in UTC; beyond the calendar (year 262,000) the epoch.
    #[must_use]
    pub fn utc(self) -> DateTime<Utc> {
        i64::try_from(self.0).ok().and_then(DateTime::from_timestamp_micros).unwrap_or_default()
    }
}

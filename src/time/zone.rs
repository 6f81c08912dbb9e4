//! The zone that times are read and shown in.

use std::path::Path;

use chrono::{Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use super::rules::Rules;
use super::{Timestamp, posix};

/// Where this host's zone is noted.
const OF_THE_HOST: &str = "/etc/localtime";

/// The zone that a time without one is read in, and that times are shown in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// Universal time.
    Utc,
    /// Any other: `Asia/Shanghai`, `EST5EDT,M3.2.0,M11.1.0`, that of this host.
    Ruled(Rules),
}

impl Zone {
    /// The zone of this host: the variable `TZ`, as the C library reads it, or `/etc/localtime`.
    #[must_use]
    pub fn read_host(tz: Option<&str>) -> Self {
        let text = tz.map_or(OF_THE_HOST, |tz| tz.strip_prefix(':').unwrap_or(tz));
        let rules = if text.starts_with('/') {
            Rules::of_file(Path::new(text))
        } else {
            Rules::named(text).or_else(|| posix::read(text)).or_else(|| posix::universal_called(text))
        };
        rules.map_or(Self::Utc, Self::of)
    }

    /// The zone that a program written in Go keeps under that variable `TZ`: it takes names alone.
    #[must_use]
    pub fn of_go_program(tz: Option<&str>) -> Self {
        let is_name = |tz: &&str| !tz.trim_start_matches(':').starts_with('/');
        match tz.filter(is_name) {
            Some(tz) => Self::named(tz.strip_prefix(':').unwrap_or(tz)).unwrap_or(Self::Utc),
            None => Self::read_host(tz),
        }
    }

    /// The zone of that name, or that POSIX describes so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Rules::named(text).or_else(|| posix::read(text)).map(Self::of)
    }

    /// The zone of that name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Rules::named(name).map(Self::of)
    }

    fn of(rules: Rules) -> Self {
        if rules.are_universal() { Self::Utc } else { Self::Ruled(rules) }
    }

    /// The calendar's reading of a point in time in this zone, and how far the zone is ahead of UTC in seconds.
    #[must_use]
    pub fn civil(self, time: Timestamp) -> (NaiveDateTime, i32) {
        let utc = time.utc();
        let ahead = match self {
            Self::Utc => 0,
            Self::Ruled(rules) => rules.at(utc.timestamp()).0,
        };
        (utc.naive_utc() + TimeDelta::seconds(ahead.into()), ahead)
    }

    /// What the zone is called at that point in time: `CST`; its offset where it has no name: `-03`, `+0545`.
    #[must_use]
    pub fn abbreviation(self, time: Timestamp) -> &'static str {
        match self {
            Self::Utc => "UTC",
            Self::Ruled(rules) => rules.at(time.utc().timestamp()).1,
        }
    }

    /// The point in time at which this zone's calendar shows that, if it is not before the epoch. Of two times the one
    /// is taken that `mktime` finds, and so journalctl: the second east of Greenwich, the first west of it. What a
    /// clock never shows is read as if it had not been put forward.
    #[must_use]
    pub fn instant(self, civil: NaiveDateTime) -> Option<Timestamp> {
        let ahead = match self {
            Self::Utc => 0,
            Self::Ruled(rules) => rules.ahead_when_showing(civil.and_utc().timestamp())?,
        };
        let utc = civil.checked_sub_signed(TimeDelta::seconds(ahead.into()))?.and_utc();
        u64::try_from(utc.timestamp_micros()).ok().map(Timestamp)
    }

    /// How far ahead of UTC, in seconds, the zone is while its clocks show this abbreviation (`CST`).
    pub(super) fn ahead_while(self, abbreviation: &str, now: Timestamp) -> Option<i32> {
        let Self::Ruled(rules) = self else { return None };
        let year = now.utc().year();
        [1, 7].into_iter().find_map(|month| {
            let begins = NaiveDate::from_ymd_opt(year, month, 1)?.and_time(NaiveTime::MIN);
            let (ahead, name) = rules.at(begins.and_utc().timestamp());
            (name == abbreviation).then_some(ahead)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_always_called_utc_is_universal_time_whatever_its_name() {
        for name in ["UTC", "Etc/UTC", "Zulu", "universal", "UTC0"] {
            assert_eq!(Zone::parse(name), Some(Zone::Utc), "{name}");
        }
        assert_ne!(Zone::parse("Etc/GMT"), Some(Zone::Utc));
        assert_eq!(Zone::read_host(Some("")), Zone::Utc);
    }

    #[test]
    fn the_variable_names_a_zone_a_rule_or_a_file() {
        let time = Timestamp::from_micros(1_782_864_000_000_000);
        for (tz, name) in [
            ("Asia/Shanghai", "CST"),
            (":Asia/Shanghai", "CST"),
            ("/usr/share/zoneinfo/Asia/Shanghai", "CST"),
            ("<+08>-8", "+08"),
            ("Foo/Bar", "Foo"),
            ("/no/such/file", "UTC"),
        ] {
            assert_eq!(Zone::read_host(Some(tz)).abbreviation(time), name, "{tz}");
        }
    }
}

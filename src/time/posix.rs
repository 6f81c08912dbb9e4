//! Zones as POSIX spells them in `TZ`, with the rule of daylight saving written out: `CST-8`, `<+08>-8`,
//! `EST5EDT,M3.2.0,M11.1.0`. The sign is POSIX's own: east of Greenwich is minus.
//!
//! tz-rs reads the rules. By itself it takes no hours beyond a day (`M3.4.4/26`, as Jerusalem has it), but in the
//! last line of a zone's file it does; so a text is given to it as a file that says nothing else.

use chrono::offset::LocalResult;
use chrono::{FixedOffset, NaiveDate, NaiveDateTime, TimeDelta};
use tz::timezone::TransitionRule;
use tz::{LocalTimeType, TimeZone, TimeZoneRef};

/// What is taken where daylight saving has a name and no rule, which POSIX leaves open: that of the United States, as
/// the C library has it where there is no file `posixrules`.
const USUAL_RULE: &str = ",M3.2.0,M11.1.0";

/// A zone that is one rule for all times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PosixZone(TransitionRule);

impl PosixZone {
    /// The zone that a text describes.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.bytes().any(|byte| byte.is_ascii_whitespace() || byte == 0) {
            return None; // tz-rs cuts blanks off.
        }
        let zone = read_rule(text).or_else(|| read_rule(&format!("{text}{USUAL_RULE}"))).map(Self)?;
        zone.types().iter().all(|kind| kind.time_zone_designation().len() >= 3).then_some(zone)
    }

    /// What the C library makes of a text that describes none: universal time, called after the letters it begins with.
    pub(super) fn called(text: &str) -> Option<Self> {
        let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
        let zone = LocalTimeType::new(0, false, Some(text.get(..letters)?.as_bytes())).ok()?;
        (letters >= 3).then_some(Self(TransitionRule::Fixed(zone)))
    }

    /// Seconds ahead of UTC at that point in time, in seconds of the epoch, and what the zone is called then.
    pub(super) fn at(self, seconds: i64) -> (i32, String) {
        let (types, rule) = (self.types(), Some(self.0));
        let found = TimeZoneRef::new(&[], &types, &[], &rule)
            .and_then(|zone| zone.find_local_time_type(seconds).copied())
            .unwrap_or(types[0]); // Beyond the calendar.
        (found.ut_offset(), found.time_zone_designation().to_owned())
    }

    /// How far the zone is ahead of UTC while it is called that.
    pub(super) fn ahead_while(self, name: &str) -> Option<i32> {
        let named = self.types().into_iter().find(|kind| kind.time_zone_designation() == name);
        named.map(|kind| kind.ut_offset())
    }

    /// Standard time and daylight saving; twice the same where there is none.
    fn types(self) -> [LocalTimeType; 2] {
        match self.0 {
            TransitionRule::Fixed(only) => [only, only],
            TransitionRule::Alternate(both) => [*both.std(), *both.dst()],
        }
    }

    fn offset_at(self, utc: NaiveDateTime) -> FixedOffset {
        let ahead = self.at(utc.and_utc().timestamp()).0;
        FixedOffset::east_opt(ahead).unwrap_or_else(|| chrono::Offset::fix(&chrono::Utc))
    }
}

/// So that the calendar is searched as it is in zones with a name.
impl chrono::TimeZone for PosixZone {
    type Offset = PosixOffset;

    fn from_offset(offset: &PosixOffset) -> Self {
        offset.zone
    }

    fn offset_from_utc_datetime(&self, utc: &NaiveDateTime) -> PosixOffset {
        PosixOffset { zone: *self, fixed: self.offset_at(*utc) }
    }

    fn offset_from_utc_date(&self, utc: &NaiveDate) -> PosixOffset {
        self.offset_from_utc_datetime(&utc.and_time(chrono::NaiveTime::MIN))
    }

    fn offset_from_local_datetime(&self, local: &NaiveDateTime) -> LocalResult<PosixOffset> {
        let [standard, saving] = self.types().map(|kind| {
            let utc = local.checked_sub_signed(TimeDelta::seconds(kind.ut_offset().into()))?;
            let offset = self.offset_from_utc_datetime(&utc);
            (offset.fixed.local_minus_utc() == kind.ut_offset()).then_some(offset)
        });
        match (standard, saving) {
            (Some(one), Some(other)) if one != other => {
                // The one that is farther ahead shows it first.
                let first_is_one = one.fixed.local_minus_utc() > other.fixed.local_minus_utc();
                let (first, second) = if first_is_one { (one, other) } else { (other, one) };
                LocalResult::Ambiguous(first, second)
            }
            (Some(one), _) | (None, Some(one)) => LocalResult::Single(one),
            (None, None) => LocalResult::None,
        }
    }

    fn offset_from_local_date(&self, local: &NaiveDate) -> LocalResult<PosixOffset> {
        self.offset_from_local_datetime(&local.and_time(chrono::NaiveTime::MIN))
    }
}

/// An offset that a zone has at some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PosixOffset {
    zone: PosixZone,
    fixed: FixedOffset,
}

impl chrono::Offset for PosixOffset {
    fn fix(&self) -> FixedOffset {
        self.fixed
    }
}

/// The rule in the last line of a zone's file (RFC 9636) of version 3 that has one type of time and no transition.
fn read_rule(text: &str) -> Option<TransitionRule> {
    let header = |version: u8| {
        let counts = [0_u32, 0, 0, 0, 1, 4].map(u32::to_be_bytes).concat();
        [b"TZif".as_slice(), &[version], &[0; 15], &counts].concat()
    };
    let body = b"\0\0\0\0\0\0UTC\0";
    let file = [&header(b'3'), body.as_slice(), &header(b'3'), body, b"\n", text.as_bytes(), b"\n"].concat();
    *TimeZone::from_tz_data(&file).ok()?.as_ref().extra_rule()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-01-01 and 2026-07-01, 00:00 UTC.
    const WINTER_AND_SUMMER: [i64; 2] = [1_767_225_600, 1_782_864_000];

    #[test]
    fn a_zone_has_the_offsets_and_names_that_its_text_gives() {
        for (text, winter, summer) in [
            ("CST-8", (8 * 3600, "CST"), (8 * 3600, "CST")),
            ("<+0530>-5:30", (19_800, "+0530"), (19_800, "+0530")),
            ("EST5EDT,M3.2.0,M11.1.0", (-5 * 3600, "EST"), (-4 * 3600, "EDT")),
            ("CET-1CEST", (3600, "CET"), (7200, "CEST")),
            ("IST-2IDT,M3.4.4/26,M10.5.0", (7200, "IST"), (10_800, "IDT")),
            ("AEST-10AEDT,M10.1.0,M4.1.0/3", (39_600, "AEDT"), (36_000, "AEST")),
        ] {
            let zone = PosixZone::parse(text).unwrap();
            let expected = [winter, summer].map(|(ahead, name)| (ahead, name.to_owned()));
            assert_eq!(WINTER_AND_SUMMER.map(|seconds| zone.at(seconds)), expected, "{text}");
        }
    }

    #[test]
    fn what_describes_no_zone_is_universal_time_under_the_name_it_begins_with() {
        assert_eq!(PosixZone::called("Foo/Bar").unwrap().at(0), (0, "Foo".to_owned()));
        assert_eq!(PosixZone::called("Fo"), None);
    }

    #[test]
    fn what_is_no_zone_is_none() {
        for text in
            ["", "CST", "AB3", "CST-8,", "CST-8 ", " CST-8", "EST5EDT,M3.2.0", "EST5EDT,M13.2.0,M11.1.0"]
        {
            assert_eq!(PosixZone::parse(text), None, "{text:?}");
        }
    }
}

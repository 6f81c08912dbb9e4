//! Zones as POSIX spells them in `TZ`, with the rule of daylight saving written out: `CST-8`, `<+08>-8`,
//! `EST5EDT,M3.2.0,M11.1.0`. The sign is POSIX's own: east of Greenwich is minus.
//!
//! tz-rs reads the rules. By itself it takes no hours beyond a day (`M3.4.4/26`, as Jerusalem has it), but in the
//! last line of a zone's file it does; so a text is given to it as a file that says nothing else.

use tz::timezone::TransitionRule;
use tz::{LocalTimeType, TimeZone};

use super::rules::Rules;

/// What is taken where daylight saving has a name and no rule, which POSIX leaves open: that of the United States, as
/// the C library has it where there is no file `posixrules`.
const USUAL_RULE: &str = ",M3.2.0,M11.1.0";

/// The zone that a text describes.
pub(super) fn read(text: &str) -> Option<Rules> {
    if text.bytes().any(|byte| byte.is_ascii_whitespace() || byte == 0) {
        return None; // tz-rs cuts blanks off.
    }
    Rules::keep(text, || read_rule(text).or_else(|| read_rule(&format!("{text}{USUAL_RULE}"))))
}

/// What the C library makes of a text that describes none: universal time, called after the letters it begins with.
pub(super) fn universal_called(text: &str) -> Option<Rules> {
    let letters = text.get(..text.bytes().take_while(u8::is_ascii_alphabetic).count())?;
    read(&format!("{letters}0"))
}

/// The rule in the last line of a zone's file (RFC 9636) of version 3 that has one type of time and no transition.
fn read_rule(text: &str) -> Option<TimeZone> {
    let header = |version: u8| {
        let counts = [0_u32, 0, 0, 0, 1, 4].map(u32::to_be_bytes).concat();
        [b"TZif".as_slice(), &[version], &[0; 15], &counts].concat()
    };
    let body = b"\0\0\0\0\0\0UTC\0";
    let file = [&header(b'3'), body.as_slice(), &header(b'3'), body, b"\n", text.as_bytes(), b"\n"].concat();
    let rule = *TimeZone::from_tz_data(&file).ok()?.as_ref().extra_rule();
    let types = match rule? {
        TransitionRule::Fixed(only) => vec![only],
        TransitionRule::Alternate(both) => vec![*both.std(), *both.dst()],
    };
    let is_named = |kind: &LocalTimeType| kind.time_zone_designation().len() >= 3;
    types.iter().all(is_named).then(|| TimeZone::new(Vec::new(), types, Vec::new(), rule).ok())?
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
            let zone = read(text).unwrap();
            assert_eq!(WINTER_AND_SUMMER.map(|seconds| zone.at(seconds)), [winter, summer], "{text}");
        }
    }

    #[test]
    fn what_describes_no_zone_is_universal_time_under_the_name_it_begins_with() {
        assert_eq!(universal_called("Foo/Bar").unwrap().at(0), (0, "Foo"));
        assert_eq!(universal_called("Fo"), None);
    }

    #[test]
    fn what_is_no_zone_is_none() {
        for text in
            ["", "CST", "AB3", "CST-8,", "CST-8 ", " CST-8", "EST5EDT,M3.2.0", "EST5EDT,M13.2.0,M11.1.0"]
        {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}

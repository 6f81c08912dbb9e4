//! What a value is compared with, and as what: as a number, a span of time, a level, a version, a name,
//! else as text.
//!
//! What was typed decides, and the key where that leaves no doubt. Numbers are equal only where both are small enough
//! to be exact: ids of nineteen digits that differ in the last one are different ids.

use std::cmp::Ordering;

use super::key::Name;
use crate::logs::column::Column;
use crate::openim::duration::{missing_unit, parse_duration};
use crate::openim::level::Level;
use crate::openim::version::Version;
use crate::time::parse_span;

/// The key that names what a client runs on, as `IOS` or `MiniWeb`, in letters that nobody has to remember.
pub(in crate::logs) const PLATFORM: &str = "platform";
/// From here on not every whole number has a float of its own.
const EXACT_BELOW: f64 = 9_007_199_254_740_992.0;

/// One value to be compared with.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    text: String,
    measure: Measure,
}

/// As what it is compared.
#[derive(Clone, Debug)]
enum Measure {
    Text,
    /// Text whose case does not count.
    Name,
    Number,
    /// In microseconds.
    Span(f64),
    Level(Level),
    Version(Version),
}

impl Measure {
    fn of(name: &Name, text: &str) -> Self {
        let measure = match name {
            Name::Column(Column::Level) => Level::from_name(text.as_bytes()).map(Self::Level),
            Name::Column(Column::Version) => Version::parse(text).map(Self::Version),
            name if name.is_operation() => None,
            Name::Column(_) | Name::Key(_) if number(text).is_some() => Some(Self::Number),
            Name::Column(_) | Name::Key(_) => {
                parse_duration(text).or_else(|| systemd_span(text)).map(Self::Span)
            }
        };
        measure.unwrap_or_else(|| Self::of_text(name))
    }

    fn of_text(name: &Name) -> Self {
        match name {
            Name::Key(key) if key == PLATFORM => Self::Name,
            Name::Key(_) | Name::Column(_) => Self::Text,
        }
    }
}

impl Wanted {
    /// What this key shall be; what to write where nothing ever is.
    pub(super) fn new(name: &Name, text: &str) -> Result<Self, String> {
        match missing_unit(text) {
            Some(advice) if *name == Name::Column(Column::Cost) => {
                Err(format!("{name} is a time, and {advice}"))
            }
            Some(_) | None => Ok(Self { text: text.to_owned(), measure: Measure::of(name, text) }),
        }
    }

    /// This very text, as far as case counts for that key.
    pub(super) fn exactly(name: &Name, text: &str) -> Self {
        Self { text: text.to_owned(), measure: Measure::of_text(name) }
    }

    /// What this key shall be more or less than; what to write where nothing ever is.
    pub(super) fn in_order(name: &Name, text: &str) -> Result<Self, String> {
        let wanted = Self::new(name, text)?;
        match (name, &wanted.measure) {
            (_, Measure::Text | Measure::Name) if text.is_empty() => {
                Err(format!("{name}: the value is missing"))
            }
            (Name::Column(Column::Level), Measure::Text) => {
                Err(format!("{text:?} is no level: debug, info, warn, error, panic or fatal"))
            }
            (Name::Column(Column::Version), Measure::Text) => {
                Err(format!("{text:?} is no version: write v3.8.3, or v3.8.3-patch.16"))
            }
            (Name::Column(Column::Cost), Measure::Text) => {
                Err(format!("{text:?} is no time: write 500ms or 2s"))
            }
            (
                _,
                Measure::Text
                | Measure::Name
                | Measure::Number
                | Measure::Span(_)
                | Measure::Level(_)
                | Measure::Version(_),
            ) => Ok(wanted),
        }
    }

    /// Whether a value is this one.
    pub(super) fn equals(&self, value: &str) -> bool {
        let may_be = match &self.measure {
            Measure::Text => false,
            Measure::Number => is_exact(&self.text) && is_exact(value),
            Measure::Name | Measure::Span(_) | Measure::Level(_) | Measure::Version(_) => true,
        };
        self.text == value || (may_be && self.order(value) == Some(Ordering::Equal))
    }

    /// How a value lies to this one; `None` where both are not of one kind.
    pub(super) fn order(&self, value: &str) -> Option<Ordering> {
        match &self.measure {
            Measure::Text => Some(value.as_bytes().cmp(self.text.as_bytes())),
            Measure::Name => Some(small(value).cmp(small(&self.text))),
            Measure::Number => order_of_numbers(value, &self.text),
            // Before v3.8.3 spans were written as a number of seconds.
            Measure::Span(span) => parse_duration(value)
                .or_else(|| number(value).map(|seconds| seconds * 1e6))?
                .partial_cmp(span),
            Measure::Level(level) => Some(Level::from_name(value.as_bytes())?.cmp(level)),
            Measure::Version(version) => Some(Version::parse(value)?.cmp(version)),
        }
    }
}

/// The bytes of a text in small letters.
fn small(text: &str) -> impl Iterator<Item = u8> {
    text.bytes().map(|byte| byte.to_ascii_lowercase())
}

/// Whole numbers of any length are compared as such.
fn order_of_numbers(one: &str, other: &str) -> Option<Ordering> {
    match (one.parse::<i128>(), other.parse::<i128>()) {
        (Ok(one), Ok(other)) => Some(one.cmp(&other)),
        (Ok(_) | Err(_), Ok(_) | Err(_)) => number(one)?.partial_cmp(&number(other)?),
    }
}

fn is_exact(text: &str) -> bool {
    number(text).is_some_and(|number| number.abs() < EXACT_BELOW)
}

/// `inf` and `nan` are words.
fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// `2 min`, as the other options take it.
fn systemd_span(text: &str) -> Option<f64> {
    parse_span(text).map(|micros| micros as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_ids_are_equal_only_where_their_text_is() {
        let id = |text| Wanted::new(&Name::parse("userID"), text).unwrap();
        assert!(id("1876041458067178496").equals("1876041458067178496"));
        assert!(!id("1876041458067178496").equals("1876041458067178497"));
        assert!(!id("1876041458067178496.0").equals("1876041458067178496"));
        assert!(id("200.0").equals("200") && id("9007199254740991").equals("09007199254740991"));
        let exactly = |text| Wanted::exactly(&Name::parse("userID"), text);
        assert!(!exactly("007").equals("7") && exactly("007").equals("007"));
    }

    #[test]
    fn of_a_platform_case_does_not_count_and_of_other_text_it_does() {
        let platform = Name::parse("platform");
        for wanted in [Wanted::new(&platform, "ios").unwrap(), Wanted::exactly(&platform, "ios")] {
            assert!(wanted.equals("IOS") && wanted.equals("ios") && !wanted.equals("IOS2"));
            assert_eq!(wanted.order("Android"), Some(Ordering::Less));
        }
        assert!(
            !Wanted::new(&Name::parse("msg"), "ios").unwrap().equals("IOS")
                && !Wanted::exactly(&Name::parse("connID"), "a").equals("A")
        );
    }

    #[test]
    fn long_numbers_are_put_in_order_to_the_last_digit() {
        let order =
            |value| Wanted::new(&Name::parse("sendTime"), "1795472898000000001").unwrap().order(value);
        assert_eq!(order("1795472898000000000"), Some(Ordering::Less));
        assert_eq!(order("1795472898000000001"), Some(Ordering::Equal));
        assert_eq!(order("1e30"), Some(Ordering::Greater));
        assert_eq!(order("nan"), None);
        assert_eq!(order("soon"), None);
    }

    #[test]
    fn levels_and_versions_have_an_order_of_their_own_and_other_text_that_of_its_bytes() {
        let order = |name, wanted, value| Wanted::new(&Name::parse(name), wanted).unwrap().order(value);
        assert_eq!(order("level", "warn", "ERROR"), Some(Ordering::Greater));
        assert_eq!(order("level", "warn", "INFO"), Some(Ordering::Less));
        assert_eq!(order("version", "3.8", "v3.10.1"), Some(Ordering::Greater));
        assert_eq!(order("version", "v3.8.3", "v3.8.3-patch.16"), Some(Ordering::Greater));
        assert_eq!(order("version", "v3.8.3", "main"), None);
        assert_eq!(order("conn", "b", "a9"), Some(Ordering::Less));
        assert!(Wanted::new(&Name::parse("level"), "warning").unwrap().equals("WARN"));
    }

    #[test]
    fn what_nothing_is_more_or_less_than_is_refused_with_what_to_write() {
        let new = |name, text| Wanted::new(&Name::parse(name), text);
        let in_order = |name, text| Wanted::in_order(&Name::parse(name), text);
        let reason = |name, text| in_order(name, text).unwrap_err();
        assert_eq!(reason("cost", "3"), "cost is a time, and 3 has no unit: write 3ms or 3s");
        assert_eq!(new("cost", "3").unwrap_err(), reason("cost", "3"));
        assert_eq!(reason("cost", "long"), "\"long\" is no time: write 500ms or 2s");
        assert!(reason("level", "loud").contains("warn"));
        assert!(reason("version", "main").contains("v3.8.3"));
        assert_eq!(reason("x", ""), "x: the value is missing");
        assert!(in_order("cost", "3ms").is_ok() && in_order("n", "3").is_ok());
        assert!(new("cost", "3ms").is_ok() && new("n", "3").is_ok());
    }
}

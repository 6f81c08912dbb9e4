//! Spans of time as Go prints them: `1.234567ms`, `350µs`, `1m2.5s`.
//!
//! Source: Go `time/format.go` (`Duration.String`, `ParseDuration`); OpenIM writes them since v3.8.3, and seconds as
//! a bare number before.

/// The units of Go and how many nanoseconds each has; where one begins another, the longer comes first.
const UNITS: [(&str, f64); 8] =
    [("ns", 1.0), ("us", 1e3), ("µs", 1e3), ("μs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9)];

/// The span in microseconds; `None` for text that has no unit or is no span.
#[must_use]
pub fn parse_duration(text: &str) -> Option<f64> {
    let mut rest = text.strip_prefix('-').unwrap_or(text);
    let mut nanos = 0.0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').filter(|&digits| digits > 0)?;
        let (number, unit) = rest.split_at(digits);
        let (name, factor) = UNITS.iter().find(|(name, _)| unit.starts_with(name))?;
        nanos += number.parse::<f64>().ok()? * factor;
        rest = unit.get(name.len()..)?;
    }
    Some(if text.starts_with('-') { -nanos / 1e3 } else { nanos / 1e3 })
}

/// What to write instead of a bare number, which may be of any unit; `None` where the text is none.
#[must_use]
pub fn missing_unit(text: &str) -> Option<String> {
    let number = text.trim();
    let is_number = number.parse().is_ok_and(f64::is_finite);
    is_number.then(|| format!("{number} has no unit: write {number}ms or {number}s"))
}

/// A span for people, in two or three digits: `3 ms`, `2.7 s`, `5 min`.
#[must_use]
pub fn show_duration(micros: u64) -> String {
    let millis = micros as f64 / 1e3;
    if micros < 1000 {
        format!("{micros} us")
    } else if millis < 999.5 {
        format!("{millis:.0} ms")
    } else if millis < 9_995.0 {
        format!("{:.2} s", millis / 1e3)
    } else if millis < 120_000.0 {
        format!("{:.1} s", millis / 1e3)
    } else if millis < 7_200_000.0 {
        format!("{:.0} min", millis / 60e3)
    } else {
        format!("{:.0} h", millis / 3600e3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_go_writes_them() {
        for (text, micros) in [
            ("1.234567ms", Some(1234.567)),
            ("350µs", Some(350.0)),
            ("350us", Some(350.0)),
            ("1m2.5s", Some(62_500_000.0)),
            ("1h0m0s", Some(3_600_000_000.0)),
            ("0s", Some(0.0)),
            ("15ns", Some(0.015)),
            ("-2ms", Some(-2000.0)),
            ("5", None),
            ("", None),
            ("ms", None),
            ("1.5x", None),
            ("1.5.5s", None),
        ] {
            assert_eq!(parse_duration(text), micros, "{text}");
        }
    }

    #[test]
    fn a_bare_number_has_no_unit_and_nothing_else_lacks_one() {
        assert_eq!(missing_unit(" 1.5 ").as_deref(), Some("1.5 has no unit: write 1.5ms or 1.5s"));
        for text in ["500ms", "2 min", "", "soon", "inf"] {
            assert_eq!(missing_unit(text), None, "{text}");
        }
    }

    #[test]
    fn spans_are_shown_in_few_digits() {
        let shown =
            [350, 3214, 999_000, 2_733_000, 17_250_000, 300_000_000, 36_000_000_000].map(show_duration);
        assert_eq!(shown, ["350 us", "3 ms", "999 ms", "2.73 s", "17.2 s", "5 min", "10 h"]);
    }
}

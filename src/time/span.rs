//! Spans of time: `1h 30min`.
//!
//! Source: systemd 262, `src/basic/time-util.c` (`parse_sec`).

/// Microseconds in a second.
pub(super) const SECOND: u64 = 1_000_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
/// 30.44 days, as systemd counts a month.
const MONTH: u64 = 2_629_800 * SECOND;
/// 365.25 days, as systemd counts a year.
const YEAR: u64 = 31_557_600 * SECOND;

/// `1h 30min`, `1.5h`, `90`: in microseconds. Without a unit seconds are meant. Digits stand behind a point.
///
/// Returns `None` where the text is no span of time or is too long for the count.
#[must_use]
pub fn parse_span(text: &str) -> Option<u64> {
    let mut rest = text.trim_start();
    let mut total = 0_u64;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let whole_len = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (whole, after) = rest.split_at(whole_len);
        let (fraction, after) = match after.strip_prefix('.') {
            Some(after) => {
                let (digits, after) = after.split_at(after.bytes().take_while(u8::is_ascii_digit).count());
                (Some(digits), after)
            }
            None => (None, after),
        };
        if fraction.unwrap_or(whole).is_empty() {
            return None;
        }
        let spaced = after.trim_start();
        let (unit, next) = split_unit(spaced);
        if next.len() == after.len() && !next.is_empty() {
            return None; // "5.5.5": nothing tells the numbers apart.
        }
        let whole = if whole.is_empty() { 0 } else { whole.parse::<u64>().ok()? };
        let whole = (whole < u64::MAX / unit).then(|| whole * unit)?;
        total = total.checked_add(whole)?;
        let mut part = unit;
        for digit in fraction.unwrap_or_default().bytes() {
            part /= 10;
            total = total.checked_add(u64::from(digit - b'0') * part)?;
        }
        rest = next.trim_start();
    }
    Some(total)
}

/// The unit that the text begins with, in microseconds, and what follows it.
fn split_unit(text: &str) -> (u64, &str) {
    const UNITS: [(&str, u64); 30] = [
        ("seconds", SECOND),
        ("second", SECOND),
        ("sec", SECOND),
        ("s", SECOND),
        ("minutes", MINUTE),
        ("minute", MINUTE),
        ("min", MINUTE),
        ("months", MONTH),
        ("month", MONTH),
        ("M", MONTH),
        ("msec", 1000),
        ("ms", 1000),
        ("m", MINUTE),
        ("hours", HOUR),
        ("hour", HOUR),
        ("hr", HOUR),
        ("h", HOUR),
        ("days", DAY),
        ("day", DAY),
        ("d", DAY),
        ("weeks", 7 * DAY),
        ("week", 7 * DAY),
        ("w", 7 * DAY),
        ("years", YEAR),
        ("year", YEAR),
        ("y", YEAR),
        ("usec", 1),
        ("us", 1),
        ("μs", 1),
        ("µs", 1),
    ];
    UNITS
        .iter()
        .find_map(|&(name, micros)| Some((micros, text.strip_prefix(name)?)))
        .unwrap_or((SECOND, text))
}

//! Points in time as people type them: the grammar of `journalctl --since`, and what docker and kubectl take.
//!
//! ```text
//! 2012-10-30 18:17:16      yesterday      20 min ago      -1h30m      @1351620000.5
//! 18:17 Asia/Shanghai      20m            2012-10-30T18:17:16+08:00   1700000000
//! ```
//!
//! Tried in this order: a zone at the end (`Z`, `+08:00`, `UTC`, the local zone's own abbreviation, a zone's
//! name), then the words and spans, then a date, a time of day, or both. `m` is minutes, `M` is months.
//! Beyond journalctl's grammar a bare span means "ago" (journalctl refuses it, so nothing changes its meaning),
//! and a bare number of nine digits or more is seconds since the epoch, as docker takes it.
//! Formatting for output is the renderers' business; here is only the way to a zone's calendar and back ([`Zone`]).
//!
//! Source: systemd 262, `src/basic/time-util.c` (`parse_timestamp`, `parse_sec`).

mod posix;
mod rules;
mod zone;

use std::fmt;
use std::str::FromStr as _;
use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

pub use rules::Rules;
pub use zone::Zone;

/// Microseconds in a second.
const SECOND: u64 = 1_000_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
/// 30.44 days, as systemd counts a month.
const MONTH: u64 = 2_629_800 * SECOND;
/// 365.25 days, as systemd counts a year.
const YEAR: u64 = 31_557_600 * SECOND;

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

/// Why a text is no point in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimeError {
    /// The text is in none of the forms.
    Form {
        /// The text.
        text: String,
        /// The same with dashes, where that would have been a date.
        dashed: Option<String>,
    },
    /// The day of the week is not the date's.
    Weekday {
        /// The text.
        text: String,
        /// The day of the week that the date falls on.
        right: chrono::Weekday,
    },
}

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form { text, dashed } => {
                write!(f, "{text:?} is no time; write ")?;
                if let Some(dashed) = dashed {
                    write!(f, "{dashed}, or ")?;
                }
                write!(
                    f,
                    "one of\n18:17, yesterday, \"20 min ago\", 20m, \"2012-10-30 18:17\", 2012-10-30T18:17:16+08:00"
                )
            }
            Self::Weekday { text, right } => write!(f, "{text:?}: that day is a {right}"),
        }
    }
}

impl std::error::Error for TimeError {}

/// Reads a point in time as a person typed it.
///
/// # Errors
/// The text is in none of the accepted forms, or names the wrong day of the week.
pub fn parse_time(text: &str, now: Timestamp, zone: Zone) -> Result<Timestamp, TimeError> {
    match parse_any(text, now, zone) {
        Ok(Some(time)) => Ok(time),
        Ok(None) => {
            let dashed = text.replace(['/', '.'], "-");
            let helps = dashed != text && matches!(parse_any(&dashed, now, zone), Ok(Some(_)));
            Err(TimeError::Form { text: text.to_owned(), dashed: helps.then_some(dashed) })
        }
        Err(right) => Err(TimeError::Weekday { text: text.to_owned(), right }),
    }
}

/// `Ok(None)`: in none of the forms. `Err`: the right day of the week.
type Parsed = Result<Option<Timestamp>, chrono::Weekday>;

fn parse_any(text: &str, now: Timestamp, zone: Zone) -> Parsed {
    if let Some(rest) = text.strip_suffix(['Z', 'z'])
        && rest.ends_with(|c: char| c.is_ascii_digit())
    {
        return parse_calendar(rest, now, Frame::Fixed(0));
    }
    if let Some((rest, ahead)) = split_welded_offset(text) {
        return parse_calendar(rest, now, Frame::Fixed(ahead));
    }
    if let Some((rest, word)) = text.rsplit_once(' ')
        && !rest.is_empty()
    {
        let frame = if word == "UTC" {
            Some(Frame::Fixed(0))
        } else if let Some(ahead) = zone.ahead_while(word, now).or_else(|| parse_offset(word)) {
            Some(Frame::Fixed(ahead))
        } else {
            word.starts_with(char::is_alphabetic).then(|| Zone::named(word).map(Frame::Zone)).flatten()
        };
        if let Some(frame) = frame {
            return parse_calendar(rest, now, frame);
        }
    }
    if let Some(time) = parse_relative(text, now) {
        return Ok(Some(time));
    }
    parse_calendar(text, now, Frame::Zone(zone))
}

/// What a calendar reading is relative to.
#[derive(Clone, Copy)]
enum Frame {
    Zone(Zone),
    /// That many seconds ahead of UTC.
    Fixed(i32),
}

impl Frame {
    fn civil(self, time: Timestamp) -> NaiveDateTime {
        match self {
            Self::Zone(zone) => zone.civil(time).0,
            Self::Fixed(ahead) => time.utc().naive_utc() + TimeDelta::seconds(ahead.into()),
        }
    }

    fn instant(self, civil: NaiveDateTime) -> Option<Timestamp> {
        match self {
            Self::Zone(zone) => zone.instant(civil),
            Self::Fixed(ahead) => {
                Zone::Utc.instant(civil.checked_sub_signed(TimeDelta::seconds(ahead.into()))?)
            }
        }
    }
}

/// `10:00+08:00`; the last six bytes, with something other than a space before them.
fn split_welded_offset(text: &str) -> Option<(&str, i32)> {
    let (rest, offset) = text.split_at_checked(text.len().checked_sub(6)?)?;
    (rest.ends_with(|c: char| c.is_ascii_digit()) && offset.as_bytes()[3] == b':')
        .then(|| parse_offset(offset))
        .flatten()
        .map(|ahead| (rest, ahead))
}

/// `+08:00`, `+0800` or `+08`, in seconds.
fn parse_offset(text: &str) -> Option<i32> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => return None,
    };
    let (hours, minutes) = match digits.len() {
        2 => (digits, "00"),
        4 => digits.split_at_checked(2)?,
        5 => digits.split_once(':').filter(|(hours, _)| hours.len() == 2)?,
        _ => return None,
    };
    if !hours.bytes().chain(minutes.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = (i32::from_str(hours).ok()?, i32::from_str(minutes).ok()?);
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// `now`, `@SECONDS`, and everything counted from now that has a date.
fn parse_relative(text: &str, now: Timestamp) -> Option<Timestamp> {
    let before = |span: u64| now.0.checked_sub(span).map(Timestamp);
    let after = |span: u64| now.0.checked_add(span).map(Timestamp).filter(|&time| time <= LATEST);
    if text == "now" {
        return Some(now);
    }
    if let Some(seconds) = text.strip_prefix('@') {
        return parse_span(seconds).map(Timestamp);
    }
    if let Some(span) = text.strip_prefix('+') {
        return parse_span(span).and_then(after);
    }
    if let Some(span) = text.strip_prefix('-') {
        return parse_span(span).and_then(before);
    }
    if let Some(span) = text.strip_suffix(" ago") {
        return parse_span(span).and_then(before);
    }
    if let Some(span) = text.strip_suffix(" left") {
        return parse_span(span).and_then(after);
    }
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        // Seconds since the epoch, as docker takes them; a short number could be anything.
        let whole = text.split('.').next().unwrap_or_default();
        return if whole.len() >= 9 { parse_span(text).map(Timestamp) } else { None };
    }
    // Words such as "5 minutes": only with a unit, or it could as well be a year.
    if text.ends_with(|c: char| c.is_ascii_digit()) { None } else { parse_span(text).and_then(before) }
}

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

/// `today`, or a date, a time of day, or both, with or without the day of the week.
fn parse_calendar(text: &str, now: Timestamp, frame: Frame) -> Parsed {
    let today = frame.civil(now).date();
    let day = match text {
        "today" => Some(today),
        "yesterday" => today.pred_opt(),
        "tomorrow" => today.succ_opt(),
        _ => None,
    };
    if let Some(day) = day {
        return Ok(frame.instant(day.and_time(NaiveTime::MIN)));
    }
    let (weekday, text) = split_weekday(text);
    let Some((civil, micros)) = FORMS.iter().find_map(|form| form.parse(text, today)) else {
        return Ok(None);
    };
    if let Some(weekday) = weekday
        && weekday != civil.weekday()
    {
        return Err(civil.weekday());
    }
    Ok(frame.instant(civil).map(|time| Timestamp(time.0 + micros)))
}

fn split_weekday(text: &str) -> (Option<chrono::Weekday>, &str) {
    text.split_once(' ')
        .filter(|(word, _)| word.len() == 3 || word.len() >= 6)
        .and_then(|(word, rest)| Some((Some(word.parse().ok()?), rest)))
        .unwrap_or((None, text))
}

/// One of the forms of a date and a time of day.
struct Form {
    date: DateForm,
    /// What stands between date and time of day: nothing where only one of them is there.
    between: &'static str,
    time: TimeForm,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum DateForm {
    /// Today.
    None,
    /// `12-10-30`
    TwoDigitYear,
    /// `2012-10-30`
    Year,
    /// `Oct 30`, of this year.
    Month,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum TimeForm {
    /// Midnight.
    None,
    /// `18:17`
    Minutes,
    /// `18:17:16` or `18:17:16.5`
    Seconds,
}

const fn form(date: DateForm, between: &'static str, time: TimeForm) -> Form {
    Form { date, between, time }
}

/// In systemd's order: the first that fits the whole text decides.
const FORMS: [Form; 13] = [
    form(DateForm::TwoDigitYear, " ", TimeForm::Seconds),
    form(DateForm::Year, " ", TimeForm::Seconds),
    form(DateForm::Year, "T", TimeForm::Seconds),
    form(DateForm::Month, " ", TimeForm::Seconds),
    form(DateForm::TwoDigitYear, " ", TimeForm::Minutes),
    form(DateForm::Year, " ", TimeForm::Minutes),
    form(DateForm::Year, "T", TimeForm::Minutes),
    form(DateForm::TwoDigitYear, "", TimeForm::None),
    form(DateForm::Year, "", TimeForm::None),
    form(DateForm::None, "", TimeForm::Seconds),
    form(DateForm::None, "", TimeForm::Minutes),
    // RFC 3339 lets the T be a small one.
    form(DateForm::Year, "t", TimeForm::Seconds),
    form(DateForm::Year, "t", TimeForm::Minutes),
];

impl Form {
    /// The calendar's reading and the microseconds of a fraction.
    fn parse(&self, text: &str, today: NaiveDate) -> Option<(NaiveDateTime, u64)> {
        let mut text = text;
        let (year, month, day) = match self.date {
            DateForm::None => (today.year(), today.month(), today.day()),
            DateForm::TwoDigitYear => {
                let year = take_number(&mut text, 2, 99)?;
                take(&mut text, "-")?;
                let (month, day) = take_month_and_day(&mut text)?;
                (i32::try_from(if year < 69 { 2000 + year } else { 1900 + year }).ok()?, month, day)
            }
            DateForm::Year => {
                let year = take_number(&mut text, 4, 9999)?;
                take(&mut text, "-")?;
                let (month, day) = take_month_and_day(&mut text)?;
                (i32::try_from(year).ok()?, month, day)
            }
            DateForm::Month => {
                let month = take_month_name(&mut text)?;
                let day = take_number(&mut text, 2, 31).filter(|&day| day > 0)?;
                (today.year(), month, day)
            }
        };
        if self.between != " " {
            take(&mut text, self.between)?;
        }
        let (mut hour, mut minute, mut second, mut micros) = (0, 0, 0, 0);
        if self.time != TimeForm::None {
            hour = take_number(&mut text, 2, 23)?;
            take(&mut text, ":")?;
            minute = take_number(&mut text, 2, 59)?;
        }
        if self.time == TimeForm::Seconds {
            take(&mut text, ":")?;
            second = take_number(&mut text, 2, 61)?;
            if let Some(fraction) = text.strip_prefix('.') {
                micros = parse_fraction(fraction)?;
                text = "";
            }
        }
        if !text.is_empty() {
            return None;
        }
        // As mktime does: February 30 is March 1 or 2, and second 60 is the next minute's first.
        let midnight = NaiveDate::from_ymd_opt(year, month, 1)?.and_time(NaiveTime::MIN);
        let seconds = i64::from(day - 1) * 86_400 + i64::from(hour * 3600 + minute * 60 + second);
        Some((midnight.checked_add_signed(TimeDelta::seconds(seconds))?, micros))
    }
}

fn take<'t>(text: &mut &'t str, expected: &str) -> Option<&'t str> {
    let rest = text.strip_prefix(expected)?;
    *text = rest;
    Some(rest)
}

/// Up to that many digits, spaces before them allowed, as `strptime` reads a number.
fn take_number(text: &mut &str, digits: usize, most: u32) -> Option<u32> {
    let trimmed = text.trim_start();
    let len = trimmed.bytes().take(digits).take_while(u8::is_ascii_digit).count();
    let (number, rest) = trimmed.split_at(len);
    let number = number.parse().ok().filter(|&number| number <= most)?;
    *text = rest;
    Some(number)
}

fn take_month_and_day(text: &mut &str) -> Option<(u32, u32)> {
    let month = take_number(text, 2, 12)?;
    take(text, "-")?;
    let day = take_number(text, 2, 31)?;
    (month > 0 && day > 0).then_some((month, day))
}

fn take_month_name(text: &mut &str) -> Option<u32> {
    let trimmed = text.trim_start();
    let len = trimmed.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (name, rest) = trimmed.split_at(len);
    let month: chrono::Month = name.parse().ok()?;
    *text = rest;
    Some(month.number_from_month())
}

/// One to six digits count; further ones round.
fn parse_fraction(digits: &str) -> Option<u64> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut micros = 0;
    for place in 0..6 {
        micros = micros * 10 + digits.as_bytes().get(place).map_or(0, |digit| u64::from(digit - b'0'));
    }
    Some(micros + u64::from(digits.as_bytes().get(6).is_some_and(|&digit| digit >= b'5')))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Mon 2026-11-23 22:28:18.25 UTC.
    const NOW: Timestamp = Timestamp(1_795_472_898_250_000);

    fn zone(name: &str) -> Zone {
        Zone::parse(name).unwrap()
    }

    fn utc(text: &str) -> Timestamp {
        let civil = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").unwrap();
        Timestamp(u64::try_from(civil.and_utc().timestamp_micros()).unwrap())
    }

    #[track_caller]
    fn same(rows: &[(&str, &str)]) {
        for (text, expected) in rows {
            assert_eq!(parse_time(text, NOW, Zone::Utc), Ok(utc(expected)), "{text}");
        }
    }

    #[test]
    fn the_words_stand_for_the_day_they_name() {
        same(&[
            ("now", "2026-11-23 22:28:18.25"),
            ("today", "2026-11-23 00:00:00"),
            ("yesterday", "2026-11-22 00:00:00"),
            ("tomorrow", "2026-11-24 00:00:00"),
            ("tomorrow UTC", "2026-11-24 00:00:00"),
            ("today Asia/Tokyo", "2026-11-23 15:00:00"),
        ]);
        assert_eq!(parse_time("today", NOW, zone("Asia/Shanghai")), Ok(utc("2026-11-23 16:00:00")));
    }

    #[test]
    fn spans_count_from_now_and_m_is_minutes_while_a_large_one_is_months() {
        same(&[
            ("-5s", "2026-11-23 22:28:13.25"),
            ("- 1h", "2026-11-23 21:28:18.25"),
            ("+3h30min", "2026-11-24 01:58:18.25"),
            ("20 min ago", "2026-11-23 22:08:18.25"),
            ("20m ago", "2026-11-23 22:08:18.25"),
            ("1h 30min ago", "2026-11-23 20:58:18.25"),
            ("1.5h ago", "2026-11-23 20:58:18.25"),
            ("5 ago", "2026-11-23 22:28:13.25"),
            ("1 h 30 ago", "2026-11-23 21:27:48.25"),
            ("2h left", "2026-11-24 00:28:18.25"),
            ("250ms ago", "2026-11-23 22:28:18"),
            ("250000 µs ago", "2026-11-23 22:28:18"),
            ("-1w", "2026-11-16 22:28:18.25"),
            ("-1d1h1m1s1ms1us", "2026-11-22 21:27:17.248999"),
            ("-1M", "2026-10-24 11:58:18.25"),
            ("-1 year", "2025-11-23 16:28:18.25"),
        ]);
    }

    #[test]
    fn a_bare_span_is_ago_as_docker_and_kubectl_mean_it() {
        same(&[
            ("20m", "2026-11-23 22:08:18.25"),
            ("20 minutes", "2026-11-23 22:08:18.25"),
            ("1h30m", "2026-11-23 20:58:18.25"),
            ("1.5h", "2026-11-23 20:58:18.25"),
        ]);
    }

    #[test]
    fn seconds_of_the_epoch_have_an_at_sign_or_nine_digits() {
        same(&[
            ("@1395716396", "2014-03-25 02:59:56"),
            ("@1395716396.5", "2014-03-25 02:59:56.5"),
            ("1700000000", "2023-11-14 22:13:20"),
            ("1700000000.25", "2023-11-14 22:13:20.25"),
        ]);
    }

    #[test]
    fn dates_and_times_of_day_may_leave_parts_out() {
        same(&[
            ("2012-11-23 11:12:13", "2012-11-23 11:12:13"),
            ("12-11-23 11:12:13", "2012-11-23 11:12:13"),
            ("2012-11-23 11:12:13.5", "2012-11-23 11:12:13.5"),
            ("2012-11-23 11:12:13.1234567", "2012-11-23 11:12:13.123457"),
            ("2012-11-23 11:12", "2012-11-23 11:12:00"),
            ("2012-11-23", "2012-11-23 00:00:00"),
            ("12-11-23", "2012-11-23 00:00:00"),
            ("68-01-01", "2068-01-01 00:00:00"),
            ("11:12:13.5", "2026-11-23 11:12:13.5"),
            ("11:12", "2026-11-23 11:12:00"),
            ("9:5", "2026-11-23 09:05:00"),
            ("2012-1-3", "2012-01-03 00:00:00"),
            ("2012-11-23  11:12", "2012-11-23 11:12:00"),
            ("Nov 3 11:12:13", "2026-11-03 11:12:13"),
            ("2012-02-30", "2012-03-01 00:00:00"),
            ("23:59:60", "2026-11-24 00:00:00"),
            ("Fri 2012-11-23 23:02:15", "2012-11-23 23:02:15"),
            ("friday 12-11-23 11:12", "2012-11-23 11:12:00"),
        ]);
    }

    #[test]
    fn a_zone_may_stand_behind() {
        same(&[
            ("2012-11-23 11:12:13 UTC", "2012-11-23 11:12:13"),
            ("2012-11-23T11:12:13Z", "2012-11-23 11:12:13"),
            ("2012-11-23t11:12:13z", "2012-11-23 11:12:13"),
            ("2012-11-23T11:12:13.123456789Z", "2012-11-23 11:12:13.123457"),
            ("2012-11-23T11:12Z", "2012-11-23 11:12:00"),
            ("2012-11-23T11:12:13+08:00", "2012-11-23 03:12:13"),
            ("2012-11-23 11:12:13 +0800", "2012-11-23 03:12:13"),
            ("2012-11-23 11:12:13 -05", "2012-11-23 16:12:13"),
            ("10:00 Asia/Shanghai", "2026-11-24 02:00:00"),
        ]);
        assert_eq!(parse_time("11:12", NOW, zone("Asia/Shanghai")), Ok(utc("2026-11-24 03:12:00")));
        assert_eq!(
            parse_time("2012-11-23 11:12 CST", NOW, zone("Asia/Shanghai")),
            Ok(utc("2012-11-23 03:12:00"))
        );
        assert_eq!(
            parse_time("2012-07-01 10:00 EST", NOW, zone("America/New_York")),
            Ok(utc("2012-07-01 15:00:00"))
        );
        assert_eq!(
            parse_time("2012-07-01 10:00", NOW, zone("America/New_York")),
            Ok(utc("2012-07-01 14:00:00"))
        );
    }

    #[test]
    fn an_hour_that_the_clock_leaves_out_or_shows_twice_still_has_a_meaning() {
        assert_eq!(
            parse_time("2026-03-08 02:30", NOW, zone("America/New_York")),
            Ok(utc("2026-03-08 07:30:00"))
        );
        assert_eq!(
            parse_time("2026-11-01 01:30", NOW, zone("America/New_York")),
            Ok(utc("2026-11-01 05:30:00"))
        );
    }

    #[test]
    fn what_journalctl_refuses_is_refused_unless_it_has_one_meaning() {
        for text in [
            "",
            " now",
            "NOW",
            "Today",
            "today 10:00",
            "last week",
            "-20min ago",
            "Tuesday 10:00",
            "Mon today",
            "ago",
            "+",
            "-",
            "@",
            "@-1",
            "20",
            "2012",
            "24:00",
            "2012-11-23 11:12:13.",
            "@1.",
            "1.h ago",
            "-57y",
            "1000y",
            "+7974y",
            "now UTC",
            "5 minutes ago UTC",
            "@1.5 UTC",
            "1969-12-31",
            "1,5h ago",
            "1hago",
            "--1h",
            "5.5.5s",
            "10:00 Nowhere/City",
            "2012-13-01",
            "2012-00-10",
            "99999999999999999999s",
            "\u{e9}\u{e9}\u{e9}\u{e9}",
        ] {
            assert!(parse_time(text, NOW, Zone::Utc).is_err(), "{text:?} was taken");
        }
    }

    #[test]
    fn the_error_says_what_is_accepted_in_two_lines() {
        let text = parse_time("2012/10/30", NOW, Zone::Utc).unwrap_err().to_string();
        assert!(
            text.starts_with("\"2012/10/30\" is no time; write 2012-10-30, or one of\n18:17, "),
            "{text}"
        );
        assert!(text.contains("20 min ago") && text.contains("2012-10-30T18:17:16+08:00"), "{text}");
        assert_eq!(text.lines().count(), 2);
        let text = parse_time("Thu 2012-11-23", NOW, Zone::Utc).unwrap_err().to_string();
        assert_eq!(text, "\"Thu 2012-11-23\": that day is a Fri");
    }

    const TEXTS: &[&str] = &[
        "2012-11-23 11:12:13",
        "12-10-30 9:5",
        "today",
        "yesterday",
        "tomorrow UTC",
        "11:12",
        "9:5",
        "@1395716396",
        "@1395716396.5",
        "@5min",
        "Fri 2012-11-23 23:02:15",
        "Thu 2012-11-23 23:02:15",
        "friday 12-11-23 11:12",
        "2012-11-23 11:12:13.1234567",
        "2012-11-23 11:12:13.1234564",
        "today 10:00",
        "Nov 23 11:12:13",
        "November 3 11:12:13",
        "Nov 23 11:12",
        "2012-02-30",
        "2012-02-31 23:59:61",
        "24:00",
        "23:59:60",
        "",
        "NOW",
        "now UTC",
        "2012-11-23 11:12:13.",
        "2012-11-23 UTC",
        "2012-11-23  11:12",
        " 11:12",
        "11:12 ",
        "2 012-11-23",
        "Tuesday 10:00",
        "Mon today",
        "1970-01-01",
        "1969-12-31",
        "68-01-01",
        "69-01-01",
        "2012-1-3",
        "20 12-1-3",
        "12 - 1-3",
        "@",
        "@-1",
        "@1.5 UTC",
        "@1.5.5",
        "11:12:13.5",
        "last week",
        "2012/10/30",
        "-20min ago",
        "1hago",
        "2012-11-23",
        "2012-11-23 11:12",
        "12-11-23",
        "12-11-23 11:12:13",
        "00:00",
        "0:0",
        "1:2:3",
        "23:59",
        "23:59:59",
        "23:59:59.999999",
        "12:60",
        "12:30:61",
        "11:12:",
        ":12",
        "11::12",
        "11 12",
        "Mon 2012-11-26",
        "MON 2012-11-26",
        "monday 2012-11-26 00:00",
        "sun 2012-11-25 1:2",
        "Saturday 2012-11-24 11:12:13",
        "Sat2012-11-24",
        "Foo 2012-11-23",
        "Jan 1 00:00:00",
        "Feb 28 11:12:13",
        "dec 31 1:2:3",
        "DEC 31 23:59:59",
        "Oct 5 11:12:13.25",
        "Foo 5 11:12:13",
        "Nov 0 11:12:13",
        "Nov 32 11:12:13",
        "2012-00-10",
        "2012-13-10",
        "2012-10-00",
        "2012-10-32",
        "2000-02-29",
        "2100-02-29",
        "2024-02-29 23:59:59.5",
        "2038-01-19 03:14:08",
        "1970-01-02",
        "1970-01-01 00:00:01 UTC",
        "00-01-01",
        "99-12-31",
        "today UTC",
        "yesterday UTC",
        "2012-11-23 11:12:13 UTC",
        "2012-11-23 UTC UTC",
        "UTC",
        "@0",
        "@1",
        "@1.000001",
        "@2147483648",
        "@1h",
        "@ 1",
        "@1.",
        "@1.s",
        "@.",
        "@.5",
        "@18446744073708",
        "@18446744073709",
        "@99999999999999999999",
    ];

    /// Those that count from each program's own now.
    const SPANS: &[&str] = &[
        "now",
        "+1h",
        "+ 30min",
        "+1.5h",
        "-1us",
        "-3msec",
        "-1month",
        "-2months",
        "-1year 2weeks",
        "-1 minutes 2 hours",
        "1h 30min ago",
        "3 days ago",
        "90 sec left",
        "1w left",
        "-5s",
        "-1M",
        "-1y",
        "- 1h",
        "-.5h",
        "-0",
        "-5.5.5s",
        "-5.5s.5",
        "--1h",
        "-1 h 30",
        "-1h 30min",
        "-",
        "+1h ",
        "11min ago",
        "1.5h ago",
        "1,5h ago",
        "2h left",
        "5 left",
        "ago",
        " ago",
        "5µs ago",
        "1m1M ago",
        "-1w2d3h4m5s6ms7us",
        "-3 weeks",
        "-1.25days",
        "-2 hr",
        "-7sec",
        "-7 seconds",
        "-1e3",
        "-0x10",
        "-1.",
        "5.min ago",
        "-56y",
        "-57y",
        "1000y ago",
        "+7970y",
        "+7975y",
        "+584000y",
    ];

    /// Where the clock jumps, and beside it: an hour that is left out, and one that comes twice, in either hemisphere,
    /// and by half an hour only.
    const EDGES: &[&str] = &[
        "2026-03-29 01:59:59",
        "2026-03-29 02:00:00",
        "2026-03-29 02:30",
        "2026-03-29 03:00:00",
        "2026-10-25 01:59:59",
        "2026-10-25 02:00:00",
        "2026-10-25 02:30:00.5",
        "2026-10-25 03:00",
        "2026-03-08 01:59:59",
        "2026-03-08 02:30",
        "2026-03-08 03:00",
        "2026-11-01 01:00",
        "2026-11-01 01:30:00.25",
        "2026-11-01 02:00:00",
        "2026-10-04 01:59",
        "2026-10-04 02:00",
        "2026-10-04 02:15",
        "2026-10-04 02:30",
        "2026-04-05 01:30",
        "2026-04-05 01:45",
        "2026-04-05 02:00",
        "2026-06-01 12:00 UTC",
        "2026-01-01",
        "2026-07-01",
        "2026-07-01 12:00 CEST",
        "2026-07-01 12:00 EDT",
        "2026-07-01 12:00 CST",
        "2026-03-29 02:59:59.999999",
        "2026-10-25 01:30",
        "2026-03-08 02:59:59",
        "2026-11-01 00:59:59",
        "2026-04-05 01:29:59",
        "2025-03-30 02:15",
        "2025-10-26 02:45",
        "2027-03-14 02:30",
        "1991-09-15 00:30",
        "1986-05-04 00:30",
        "1986-09-14 00:30",
    ];

    const ZONES: &[&str] = &[
        "UTC",
        "Asia/Shanghai",
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        ":Asia/Shanghai",
        "CST-8",
        "<+0530>-5:30",
        "EST5EDT,M3.2.0,M11.1.0",
        "CET-1CEST,M3.5.0,M10.5.0/3",
        "IST-2IDT,M3.4.4/26,M10.5.0",
        "AEST-10AEDT,M10.1.0,M4.1.0/3",
        "EST5EDT4,J60/2,300/2",
        "/usr/share/zoneinfo/Asia/Tokyo",
        "Foo/Bar",
    ];

    /// The forms that systemd 252 knows, put to systemd itself in many zones, in every spelling of one.
    #[test]
    fn systemd_reads_them_the_same_way() {
        let Some(version) = systemd_version() else {
            assert!(std::env::var_os("CI").is_none(), "systemd-analyze is not installed");
            eprintln!("did not run: systemd-analyze is not installed");
            return;
        };
        let mut compared = BTreeSet::new();
        let mut differ = Vec::new();
        for zone in ZONES {
            for text in TEXTS.iter().chain(SPANS).chain(EDGES) {
                let before = Timestamp::read_clock();
                let theirs = ask_systemd(text, zone);
                let ours = parse_time(text, before, Zone::read_host(Some(zone))).ok().map(Timestamp::micros);
                let slack = if SPANS.contains(text) { 5 * SECOND } else { 0 };
                let agree = match (theirs, ours) {
                    (Some(theirs), Some(ours)) => theirs.abs_diff(ours) <= slack,
                    (theirs, ours) => theirs.is_some() == ours.is_some(),
                };
                if !agree {
                    differ.push(format!("{zone} {text:?}: systemd {version} {theirs:?}, here {ours:?}"));
                }
                compared.insert((zone, (*text).to_owned()));
            }
            // systemd-analyze 252 refuses the names of zones that journalctl takes, so the zone is its own there.
            let has_none = |text: &&&str| text.ends_with(|last: char| last.is_ascii_digit() || last == 'y');
            let as_name = if Zone::named(zone).is_some() { EDGES } else { &[] };
            let words = if as_name.is_empty() { &[] } else { ["today", "yesterday", "tomorrow"].as_slice() };
            for text in as_name.iter().chain(words).filter(has_none) {
                let theirs = ask_systemd(text, zone);
                let named = format!("{text} {zone}");
                let ours = parse_time(&named, Timestamp::read_clock(), Zone::Utc).ok().map(Timestamp::micros);
                if ours != theirs {
                    differ.push(format!("{named:?}: systemd {version} {theirs:?}, here {ours:?}"));
                }
                compared.insert((zone, named));
            }
        }
        let of_one_zone = |zone: &str| compared.iter().filter(|(asked, _)| **asked == zone).count();
        for zone in ZONES {
            assert!(of_one_zone(zone) >= 150, "{zone}: only {} texts", of_one_zone(zone));
        }
        let count = compared.len();
        eprintln!("{count} texts compared with systemd {version}, in {} zones", ZONES.len());
        assert!(differ.is_empty(), "{} of {count}:\n{}", differ.len(), differ.join("\n"));
    }

    fn systemd_version() -> Option<String> {
        let output = std::process::Command::new("systemd-analyze").arg("--version").output().ok()?;
        String::from_utf8(output.stdout).ok()?.split_whitespace().nth(1).map(str::to_owned)
    }

    fn ask_systemd(text: &str, zone: &str) -> Option<u64> {
        let output = std::process::Command::new("systemd-analyze")
            .args(["timestamp", "--", text])
            .env("TZ", zone)
            .env("LC_ALL", "C")
            .output()
            .unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        let seconds = stdout.lines().find_map(|line| line.trim().strip_prefix("UNIX seconds: @"))?;
        let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
        Some(whole.parse::<u64>().unwrap() * SECOND + format!("{fraction:0<6}").parse::<u64>().unwrap())
    }
}

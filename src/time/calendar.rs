//! Dates and times of day, as systemd reads them.

use chrono::{Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use super::typed::Parsed;
use super::{Timestamp, Zone};

/// What a calendar reading is relative to.
#[derive(Clone, Copy)]
pub(super) enum Frame {
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

/// `today`, or a date, a time of day, or both, with or without the day of the week.
pub(super) fn parse_calendar(text: &str, now: Timestamp, frame: Frame) -> Parsed {
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

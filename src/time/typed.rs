//! A point in time as a person typed it.
//!
//! Tried in this order: a zone at the end (`Z`, `+08:00`, `UTC`, the local zone's own abbreviation, a zone's
//! name), then the words and spans, then a date, a time of day, or both. `m` is minutes, `M` is months.
//! Beyond journalctl's grammar a bare span means "ago" (journalctl refuses it, so nothing changes its meaning),
//! and a bare number of nine digits or more is seconds since the epoch, as docker takes it.
//!
//! Source: systemd 262, `src/basic/time-util.c` (`parse_timestamp`).

use std::fmt;
use std::str::FromStr as _;

use super::calendar::{Frame, parse_calendar};
use super::{LATEST, Timestamp, Zone, parse_span};

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
pub(super) type Parsed = Result<Option<Timestamp>, chrono::Weekday>;

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

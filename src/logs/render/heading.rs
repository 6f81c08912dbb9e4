//! What lines stand under, said once above the first of them: the day, or the boot.
//!
//! ```text
//! -- 2026-11-23 --
//! -- Boot 8dc4df31cf7c4c1c8a6b10fc7b9b44b0 --
//! ```
//!
//! Only what is written has a heading: a record that was kept for a while and then dropped takes none with it.

use std::fmt;
use std::io::{self, Write};

use chrono::NaiveDate;

use crate::journal::Id128;

/// What lines stand under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::logs) enum Heading {
    Day(NaiveDate),
    Boot(Id128),
}

impl fmt::Display for Heading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => write!(f, "-- {day} --"),
            Self::Boot(boot) => write!(f, "-- Boot {boot} --"),
        }
    }
}

/// Says a heading when it is another than that of the line before.
#[derive(Clone, Copy, Debug)]
pub(in crate::logs) struct Headings {
    current: Option<Heading>,
}

impl Headings {
    /// What the first lines stand under goes without saying; `None` where whatever it is does.
    pub(in crate::logs) const fn beginning_under(current: Option<Heading>) -> Self {
        Self { current }
    }

    /// Writes the heading of the line that comes next, if it has one that has not been said.
    pub(in crate::logs) fn pass(&mut self, next: Option<Heading>, out: &mut dyn Write) -> io::Result<()> {
        let Some(next) = next else { return Ok(()) };
        match self.current.replace(next) {
            Some(before) if before != next => writeln!(out, "{next}"),
            Some(_) | None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(begin: Option<Heading>, lines: &[Option<Heading>]) -> Vec<String> {
        let mut headings = Headings::beginning_under(begin);
        let said = |line: &Option<Heading>| {
            let mut out = Vec::new();
            headings.pass(*line, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        lines.iter().map(said).collect()
    }

    #[test]
    fn a_day_is_said_once_and_today_not_at_all() {
        let day = |day| Some(Heading::Day(NaiveDate::from_ymd_opt(2026, 11, day).unwrap()));
        let lines = [day(22), day(22), None, day(23), day(22)];
        assert_eq!(
            said(day(23), &lines),
            ["-- 2026-11-22 --\n", "", "", "-- 2026-11-23 --\n", "-- 2026-11-22 --\n"]
        );
        assert_eq!(said(day(23), &[day(23)]), [""]);
    }

    #[test]
    fn the_first_boot_goes_without_saying() {
        let boot = |byte| Some(Heading::Boot(Id128([byte; 16])));
        assert_eq!(
            said(None, &[boot(1), boot(1), boot(2)]),
            ["", "", "-- Boot 02020202020202020202020202020202 --\n"]
        );
    }
}

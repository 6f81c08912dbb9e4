//! Points in time as journalctl writes them. Entries of one second differ in their fraction only, so the rest is
//! written once a second.

use chrono::{Datelike as _, Timelike as _};

use super::text::push_padded;
use crate::time::{Timestamp, Zone};

const MICROS: u64 = 1_000_000;

/// A form of calendar time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `Nov 14 22:13:20`
    Syslog,
    /// `Nov 14 22:13:20.000007`
    SyslogPrecise,
    /// `2023-11-14T22:13:20+0000`
    Iso,
    /// `2023-11-14T22:13:20.000007+0000`
    IsoPrecise,
    /// `Tue 2023-11-14 22:13:20 UTC`
    Full,
    /// `Tue 2023-11-14 22:13:20.000007 UTC`
    FullPrecise,
}

/// Writes points in time in one form and zone.
#[derive(Debug)]
pub struct Stamps {
    form: Form,
    zone: Zone,
    second: Option<u64>,
    /// Before the fraction.
    before: Vec<u8>,
    /// Behind the fraction.
    behind: Vec<u8>,
}

impl Stamps {
    /// Of that form and zone.
    #[must_use]
    pub const fn new(form: Form, zone: Zone) -> Self {
        Self { form, zone, second: None, before: Vec::new(), behind: Vec::new() }
    }

    /// Writes one.
    pub fn push(&mut self, out: &mut Vec<u8>, time: Timestamp) {
        let second = time.micros() / MICROS;
        if self.second != Some(second) {
            self.write_second(Timestamp::from_micros(second * MICROS));
            self.second = Some(second);
        }
        out.extend_from_slice(&self.before);
        match self.form {
            Form::Syslog | Form::Iso | Form::Full => {}
            Form::SyslogPrecise | Form::IsoPrecise | Form::FullPrecise => {
                out.push(b'.');
                push_padded(out, time.micros() % MICROS, 6, b'0');
            }
        }
        out.extend_from_slice(&self.behind);
    }

    /// A time, alone.
    #[must_use]
    pub fn show(&mut self, time: Timestamp) -> String {
        let mut out = Vec::new();
        self.push(&mut out, time);
        String::from_utf8_lossy(&out).into_owned()
    }

    fn write_second(&mut self, time: Timestamp) {
        let (civil, ahead) = self.zone.civil(time);
        let date = civil.format(match self.form {
            Form::Syslog | Form::SyslogPrecise => "%b %d ",
            Form::Iso | Form::IsoPrecise => "%Y-%m-%dT",
            Form::Full | Form::FullPrecise => "%a %Y-%m-%d ",
        });
        self.before.clear();
        // chrono writes into a String only, and this happens once a second.
        self.before.extend_from_slice(date.to_string().as_bytes());
        for (number, mark) in [(civil.hour(), b':'), (civil.minute(), b':'), (civil.second(), b' ')] {
            push_padded(&mut self.before, number.into(), 2, b'0');
            self.before.push(mark);
        }
        self.before.pop();
        debug_assert!(civil.year() > 0, "times are behind the epoch");
        self.behind = match self.form {
            Form::Syslog | Form::SyslogPrecise => Vec::new(),
            Form::Iso | Form::IsoPrecise => offset(ahead).into_bytes(),
            Form::Full | Form::FullPrecise => format!(" {}", self.zone.abbreviation(time)).into_bytes(),
        };
    }
}

/// `+0530`
fn offset(ahead: i32) -> String {
    let sign = if ahead < 0 { '-' } else { '+' };
    let minutes = ahead.abs() / 60;
    format!("{sign}{:02}{:02}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(form: Form, zone: &str, micros: u64) -> String {
        let mut out = Vec::new();
        Stamps::new(form, Zone::parse(zone).unwrap()).push(&mut out, Timestamp::from_micros(micros));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn each_form_is_that_of_journalctl() {
        let time = 1_700_000_000_000_007;
        for (form, text) in [
            (Form::Syslog, "Nov 15 06:13:20"),
            (Form::SyslogPrecise, "Nov 15 06:13:20.000007"),
            (Form::Iso, "2023-11-15T06:13:20+0800"),
            (Form::IsoPrecise, "2023-11-15T06:13:20.000007+0800"),
            (Form::Full, "Wed 2023-11-15 06:13:20 CST"),
            (Form::FullPrecise, "Wed 2023-11-15 06:13:20.000007 CST"),
        ] {
            assert_eq!(shown(form, "Asia/Shanghai", time), text);
        }
        assert_eq!(shown(Form::Full, "UTC", time), "Tue 2023-11-14 22:13:20 UTC");
        assert_eq!(shown(Form::Full, "America/Sao_Paulo", time), "Tue 2023-11-14 19:13:20 -03");
        assert_eq!(shown(Form::Iso, "America/St_Johns", time), "2023-11-14T18:43:20-0330");
    }

    #[test]
    fn one_second_after_the_other_is_written_anew() {
        let mut stamps = Stamps::new(Form::SyslogPrecise, Zone::Utc);
        let mut out = Vec::new();
        for micros in [999_999, 1_000_000, 1_000_001] {
            stamps.push(&mut out, Timestamp::from_micros(micros));
            out.push(b'\n');
        }
        let text = "Jan 01 00:00:00.999999\nJan 01 00:00:01.000000\nJan 01 00:00:01.000001\n";
        assert_eq!(String::from_utf8(out).unwrap(), text);
    }
}

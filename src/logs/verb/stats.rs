//! `stats`: how many lines of which level each service wrote, and when.
//!
//! ```text
//! 8,149 lines of 12 services, 19:54:59 - 19:57:24, 56 a second
//!
//!                   DEBUG     INFO     WARN    ERROR    FATAL  version
//! api                 142    1,004        5        3        0  v3.8.3-patch.16
//! ...
//! 19:54:50      812  ████████████▌
//! ```
//!
//! A dump is one record. What of the histogram is red are warnings and errors.

use std::collections::BTreeMap;
use std::io::{self, Write};

use anstyle::AnsiColor;
use serde_json::{Map, Value, json};

use super::{Answer, Span, Tally, clock, counted, stamp};
use crate::logs::column::Column;
use crate::logs::filter::Name;
use crate::logs::plan::Look;
use crate::logs::record::Record;
use crate::logs::render::fold::{cut, grouped, width};
use crate::logs::render::paint;
use crate::openim::level::Level;
use crate::openim::text::clean;
use crate::time::{Timestamp, Zone};

/// So many different values are told apart; further ones are counted together.
const MOST_ROWS: usize = 10_000;
/// So many rows of other keys than services are shown.
const SHOWN_ROWS: usize = 40;
/// The histogram has at most so many bars.
const MOST_BARS: usize = 20;
/// Beyond so many slices of time, two become one.
const MOST_SLICES: usize = 8192;
/// How long a bar may stand for, in seconds.
const STEPS: [u64; 16] = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 21_600, 86_400];
/// A name has room for so much at least.
const NAME: usize = 8;
/// What has no value.
const NONE: &str = "-";

#[derive(Clone, Debug)]
pub(in crate::logs) struct Stats {
    by: Option<Name>,
    rows: BTreeMap<String, Row>,
    total: Row,
    span: Span,
    slices: Slices,
}

#[derive(Clone, Debug, Default)]
struct Row {
    levels: [u64; Level::ALL.len()],
    versions: BTreeMap<String, u64>,
    /// It is one of OpenIM's services, and not mage, systemd or a tool beside them.
    is_service: bool,
}

impl Row {
    fn count(&self) -> u64 {
        self.levels.iter().sum()
    }

    fn add(&mut self, record: &Record<'_>) {
        self.levels[record.level as usize] += 1;
        self.is_service |= record.service.is_some();
        let Some(version) = record.zap().and_then(|zap| zap.version) else { return };
        // Nearly always it is known, as it stands there.
        match std::str::from_utf8(version).ok().and_then(|version| self.versions.get_mut(version)) {
            Some(count) => *count += 1,
            None => *self.versions.entry(clean(&String::from_utf8_lossy(version))).or_default() += 1,
        }
    }

    fn merge(&mut self, other: Self) {
        self.levels.iter_mut().zip(other.levels).for_each(|(sum, count)| *sum += count);
        self.is_service |= other.is_service;
        for (version, count) in other.versions {
            *self.versions.entry(version).or_default() += count;
        }
    }

    /// The versions, the most frequent first.
    fn versions(&self) -> String {
        let mut versions: Vec<_> = self.versions.iter().collect();
        versions.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), *name));
        versions.into_iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(" ")
    }
}

/// Counts by time.
#[derive(Clone, Debug)]
struct Slices {
    /// How long one is, in seconds.
    width: u64,
    /// All records, and those from warnings up.
    counts: BTreeMap<u64, (u64, u64)>,
}

impl Slices {
    fn add(&mut self, time: Timestamp, level: Level) {
        let count = self.counts.entry(time.micros() / 1_000_000 / self.width).or_default();
        count.0 += 1;
        count.1 += u64::from(level >= Level::Warn);
        if self.counts.len() > MOST_SLICES {
            self.widen();
        }
    }

    fn widen(&mut self) {
        self.counts = self.merged(2);
        self.width *= 2;
    }

    /// Both have been widened by twos, so that one width is a multiple of the other.
    fn merge(&mut self, mut other: Self) {
        while self.width < other.width {
            self.widen();
        }
        while other.width < self.width {
            other.widen();
        }
        for (slice, (all, grave)) in other.counts {
            let sum = self.counts.entry(slice).or_default();
            (sum.0, sum.1) = (sum.0 + all, sum.1 + grave);
        }
        while self.counts.len() > MOST_SLICES {
            self.widen();
        }
    }

    /// Several become one.
    fn merged(&self, several: u64) -> BTreeMap<u64, (u64, u64)> {
        let mut merged: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
        for (&slice, count) in &self.counts {
            let sum = merged.entry(slice / several).or_default();
            (sum.0, sum.1) = (sum.0 + count.0, sum.1 + count.1);
        }
        merged
    }

    /// Bars of an even length of time, those of nothing too: begin in seconds, all, warnings and up.
    fn bars(&self) -> Vec<(u64, u64, u64)> {
        let (Some((&first, _)), Some((&last, _))) =
            (self.counts.first_key_value(), self.counts.last_key_value())
        else {
            return Vec::new();
        };
        let span = (last - first + 1) * self.width;
        let fits = |step: &&u64| span.div_ceil(**step) < MOST_BARS as u64 && **step >= self.width;
        let step = STEPS.iter().find(fits).copied().unwrap_or_else(|| span.div_ceil(MOST_BARS as u64 - 1));
        let several = step.div_ceil(self.width);
        let (step, merged) = (several * self.width, self.merged(several));
        let count = |bar: u64| merged.get(&bar).copied().unwrap_or_default();
        (first / several..=last / several).map(|bar| (bar * step, count(bar).0, count(bar).1)).collect()
    }
}

impl Stats {
    pub(super) fn new(by: Option<Name>) -> Self {
        Self {
            by,
            rows: BTreeMap::new(),
            total: Row::default(),
            span: Span::default(),
            slices: Slices { width: 1, counts: BTreeMap::new() },
        }
    }

    /// Of services only names, levels and versions are shown.
    pub(super) const fn quotes(&self) -> bool {
        self.by.is_some()
    }

    /// Counts a record that was found.
    pub(super) fn count(&mut self, record: &Record<'_>) {
        self.total.add(record);
        match &self.by {
            None => {
                let program = record.program();
                self.row(if program.is_empty() { NONE } else { &program }).add(record);
            }
            Some(by) => {
                let first_line = |value: &str| clean(value.lines().next().unwrap_or_default());
                let values = by.single_values_of(record);
                let mut names: Vec<String> = values.iter().map(|value| first_line(value)).collect();
                // A value that stands there twice is that of one record.
                names.sort_unstable();
                names.dedup();
                if names.iter().all(String::is_empty) {
                    names = vec![NONE.to_owned()];
                }
                for name in &names {
                    self.row(name).add(record);
                }
            }
        }
        self.span.add(record.time);
        self.slices.add(record.time, record.level);
    }

    /// The row of a value, while there is room.
    fn row(&mut self, name: &str) -> &mut Row {
        let has_room = self.rows.len() < MOST_ROWS || self.rows.contains_key(name);
        self.rows.entry(if has_room { name } else { "others" }.to_owned()).or_default()
    }

    /// Services by name, then other programs; of other keys the most frequent values first.
    fn sorted(&self) -> Vec<(&str, &Row)> {
        let mut rows: Vec<_> = self.rows.iter().map(|(name, row)| (name.as_str(), row)).collect();
        if self.by.is_some() {
            rows.sort_by_key(|(name, row)| (std::cmp::Reverse(row.count()), *name));
            rows.truncate(SHOWN_ROWS);
        } else {
            rows.sort_by_key(|(name, row)| (!row.is_service, *name));
        }
        rows
    }

    fn headline(&self, look: &Look) -> String {
        let Span(span) = self.span;
        let (first, last) = span.unwrap_or_default();
        let of = match &self.by {
            Some(by) => format!("{} of {by}", counted(self.rows.len(), "value")),
            None => self.writers(),
        };
        let count = self.total.count();
        let records = counted(usize::try_from(count).unwrap_or(usize::MAX), "record");
        let head = format!("{records} of {of}, {} - {}", clock(first, look), clock(last, look));
        match rate(count, last.micros().saturating_sub(first.micros())) {
            Some(rate) => format!("{head}, {rate}"),
            None => head,
        }
    }

    /// How many services wrote, and how many other programs.
    fn writers(&self) -> String {
        let services = self.rows.values().filter(|row| row.is_service).count();
        match self.rows.len() - services {
            0 => counted(services, "service"),
            others => format!("{} and {}", counted(services, "service"), counted(others, "other")),
        }
    }

    fn table(&self, look: &Look, out: &mut dyn Write) -> io::Result<()> {
        // A level that nobody wrote is not shown.
        let levels: Vec<Level> =
            Level::ALL.into_iter().filter(|level| self.total.levels[*level as usize] > 0).collect();
        let number = self.number_width(levels.len(), look);
        let numbers = levels.len() * number;
        let name = look
            .columns
            .saturating_sub(numbers + 2 + 16)
            .clamp(NAME, if self.by.is_some() { 60 } else { 16 });
        let names: Vec<String> = levels.iter().map(|level| format!("{:>number$}", level.name())).collect();
        writeln!(out, "{}", cut(&format!("{:name$}{}  version", "", names.concat()), look.columns))?;
        for (label, row) in self.sorted().into_iter().chain([("all", &self.total)]) {
            let label = cut(label, name);
            let pad = name - width(&label);
            let counts: Vec<String> = levels
                .iter()
                .map(|level| format!("{:>number$}", grouped(row.levels[*level as usize])))
                .collect();
            let line = format!("{label}{:pad$}{}  {}", "", counts.concat(), row.versions());
            writeln!(out, "{}", cut(line.trim_end(), look.columns))?;
        }
        Ok(())
    }

    /// How wide a column of numbers is: where that is more than the terminal has, as wide as they need.
    fn number_width(&self, columns: usize, look: &Look) -> usize {
        const USUAL: usize = 9;
        if NAME + columns * USUAL <= look.columns {
            return USUAL;
        }
        let longest = self.total.levels.iter().map(|&count| width(&grouped(count))).max().unwrap_or(0);
        let names = Level::ALL.into_iter().map(|level| level.name().len()).max().unwrap_or(0);
        longest.max(names) + 1
    }

    fn histogram(&self, look: &Look, out: &mut dyn Write) -> io::Result<()> {
        let bars = self.slices.bars();
        let most = bars.iter().map(|bar| bar.1).max().unwrap_or(0).max(1);
        let labels: Vec<String> =
            bars.iter().map(|bar| clock(Timestamp::from_micros(bar.0 * 1_000_000), look)).collect();
        let label = labels.iter().map(String::len).max().unwrap_or(0);
        let room = look.columns.saturating_sub(label + 12) as u64;
        for ((_, all, grave), name) in bars.iter().zip(&labels) {
            let length = |count: u64| usize::try_from((count * room).div_ceil(most)).unwrap_or(0);
            let (red, whole) = (length(*grave), length(*all));
            write!(out, "{name:label$} {:>9}{}", grouped(*all), if *all > 0 { "  " } else { "" })?;
            paint(out, look.colour, AnsiColor::Red.on_default(), &"█".repeat(red))?;
            writeln!(out, "{}", "▒".repeat(whole.saturating_sub(red)))?;
        }
        let legend = format!("{:label$} {:>9}  █ warnings and graver  ▒ others", "", "");
        let legend = if width(&legend) <= look.columns { legend.as_str() } else { legend.trim_start() };
        writeln!(out, "{}", cut(legend, look.columns))
    }
}

/// `56 a second`, `1.5 a minute`: how many came, of the units of time the shortest in which one did. Where all came at
/// once there is none.
fn rate(count: u64, micros: u64) -> Option<String> {
    const UNITS: [(u64, &str); 4] = [(1, "a second"), (60, "a minute"), (3600, "an hour"), (86_400, "a day")];
    if micros == 0 {
        return None;
    }
    // Of less than a second it is not known how it would go on.
    let micros = u128::from(micros.max(1_000_000));
    let hundredths = |unit: u64| (u128::from(count) * u128::from(unit) * 100_000_000 + micros / 2) / micros;
    let rates = UNITS.map(|(seconds, unit)| (hundredths(seconds), unit));
    let (hundredths, unit) = rates.into_iter().find(|(rate, _)| *rate >= 100).unwrap_or(rates[3]);
    let tenths = (hundredths + 5) / 10;
    let number = match (tenths, hundredths) {
        (100.., _) => grouped(u64::try_from((hundredths + 50) / 100).unwrap_or(u64::MAX)),
        (10.., _) if tenths % 10 == 0 => (tenths / 10).to_string(),
        (10.., _) => format!("{}.{}", tenths / 10, tenths % 10),
        (_, 1..) => format!("0.{hundredths:02}"),
        (_, 0) => "less than 0.01".to_owned(),
    };
    Some(format!("{number} {unit}"))
}

impl Answer for Stats {
    fn take(&mut self, record: &Record<'_>, found: bool) {
        if found {
            self.count(record);
        }
    }

    fn tally(&self) -> Option<Tally> {
        Some(Tally::Stats(Self::new(self.by.clone())))
    }

    fn merge(&mut self, other: Tally) {
        let Tally::Stats(other) = other else { return };
        self.total.merge(other.total);
        for (name, row) in other.rows {
            self.row(&name).merge(row);
        }
        self.span.merge(other.span);
        self.slices.merge(other.slices);
    }

    fn is_empty(&self) -> bool {
        self.span.0.is_none()
    }

    fn text(&self, look: &Look, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}\n", cut(&self.headline(look), look.columns))?;
        self.table(look, out)?;
        writeln!(out)?;
        self.histogram(look, out)
    }

    fn json(&self, zone: Zone) -> Value {
        let levels = |row: &Row| -> Map<String, Value> {
            Level::ALL
                .into_iter()
                .map(|level| (level.name().to_owned(), row.levels[level as usize].into()))
                .collect()
        };
        let rows = self.rows.iter().map(|(name, row)| {
            let mut object = json!({
                "name": name, "count": row.count(), "levels": levels(row), "versions": row.versions,
            });
            if self.by.is_none() {
                object["is_service"] = row.is_service.into();
            }
            object
        });
        let bars = self.slices.bars().into_iter().map(|(begin, all, grave)| {
            let begin = stamp(Timestamp::from_micros(begin * 1_000_000), zone);
            json!({ "time": begin, "count": all, "warnings_and_graver": grave })
        });
        json!({
            "count": self.total.count(),
            "first": self.span.0.map(|(first, _)| stamp(first, zone)),
            "last": self.span.0.map(|(_, last)| stamp(last, zone)),
            "by": self.by.as_ref().unwrap_or(&Name::Column(Column::Service)).to_string(),
            "levels": levels(&self.total),
            "rows": rows.collect::<Vec<_>>(),
            "histogram": bars.collect::<Vec<_>>(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::record::Context;
    use crate::logs::render::tests::look;

    #[test]
    fn nothing_is_wider_than_the_terminal_and_every_level_has_its_column() {
        let levels = ["DEBUG", "INFO", "WARN", "ERROR"];
        let mut stats = Stats::new(None);
        for (number, level) in (0..2000).zip(levels.iter().cycle()) {
            let line = format!(
                r#"{{"level":"{level}","time":"2026-07-02 08:54:10.000","logger":"openim-rpc-conversation","caller":"a/b.go:1","msg":"m","PID":1,"version":"v3.8.3-patch.16"}}"#
            );
            let time = Timestamp::from_micros(number * 1_000_000);
            stats.take(&Record::new(line.as_bytes(), Context { time, ..Context::default() }), true);
        }
        for columns in [36, 40, 50, 59, 80, 200] {
            let look = Look { columns, ..look() };
            let mut out = Vec::new();
            stats.text(&look, &mut out).unwrap();
            let text = String::from_utf8(out).unwrap();
            assert!(text.lines().all(|line| width(line) <= columns), "{columns}:\n{text}");
            assert!(levels.iter().all(|level| text.contains(level)), "{columns}:\n{text}");
            assert!(text.contains("█ warnings and graver"), "{columns}:\n{text}");
        }
    }

    #[test]
    fn what_several_have_counted_is_what_one_has() {
        let lines: Vec<(u64, String)> = (0..300)
            .map(|number| {
                let level = ["INFO", "WARN", "ERROR"][usize::try_from(number % 3).unwrap()];
                let line = format!(
                    r#"{{"level":"{level}","time":"2026-07-02 08:54:10.000","logger":"openim-push","caller":"a/b.go:1","msg":"m","PID":1,"version":"v3.8.{}","method":"m{}"}}"#,
                    number % 2,
                    number % 5
                );
                // One part has a slice for each second, the other has widened its own.
                (number * if number < 150 { 1_000_000 } else { 100_000_000 }, line)
            })
            .collect();
        let count = |stats: &mut Stats, lines: &[(u64, String)]| {
            for (time, line) in lines {
                let time = Timestamp::from_micros(*time);
                stats.count(&Record::new(line.as_bytes(), Context { time, ..Context::default() }));
            }
        };
        for by in [None, Some(Name::parse("method"))] {
            let (mut one, mut first, mut second) =
                (Stats::new(by.clone()), Stats::new(by.clone()), Stats::new(by));
            second.slices.width = 4;
            count(&mut one, &lines);
            count(&mut first, &lines[..150]);
            count(&mut second, &lines[150..]);
            let mut whole = second.tally().unwrap();
            whole.merge(Tally::Stats(second));
            whole.merge(Tally::Stats(first));
            let Tally::Stats(mut whole) = whole else { panic!("it was of stats") };
            one.slices.widen();
            one.slices.widen();
            assert_eq!(whole.slices.bars(), one.slices.bars());
            whole.slices = one.slices.clone();
            assert_eq!(whole.json(crate::time::Zone::Utc), one.json(crate::time::Zone::Utc));
        }
    }

    #[test]
    fn a_record_without_any_value_is_counted_once_and_an_empty_one_beside_another_is_a_value() {
        let mut stats = Stats::new(Some(Name::parse("k")));
        for keys in [r#","k":"","k":"""#, r#","k":"","k":"x""#, ""] {
            let line = format!(
                r#"{{"level":"INFO","time":"2026-07-02 08:54:10.000","logger":"openim-push","caller":"a/b.go:1","msg":"m","PID":1,"version":"v"{keys}}}"#
            );
            stats.count(&Record::new(line.as_bytes(), Context::default()));
        }
        let rows: Vec<_> = stats.rows.iter().map(|(name, row)| (name.as_str(), row.count())).collect();
        assert_eq!(rows, [("", 1), (NONE, 2), ("x", 1)]);
    }

    #[test]
    fn the_rate_is_of_the_shortest_time_in_which_one_came() {
        const SECOND: u64 = 1_000_000;
        for (count, micros, shown) in [
            (8149, 145 * SECOND, Some("56 a second")),
            (192, 128 * SECOND, Some("1.5 a second")),
            (3, SECOND / 2, Some("3 a second")),
            (123_456, 100 * SECOND, Some("1,235 a second")),
            (997, 100 * SECOND, Some("10 a second")),
            (60, 60 * SECOND, Some("1 a second")),
            (6, 142 * SECOND, Some("2.5 a minute")),
            (59, 60 * SECOND, Some("59 a minute")),
            (5, 4 * 3600 * SECOND, Some("1.3 an hour")),
            (2, 86_400 * SECOND, Some("2 a day")),
            (2, 365 * 86_400 * SECOND, Some("0.01 a day")),
            (2, 3650 * 86_400 * SECOND, Some("less than 0.01 a day")),
            (1, 0, None),
            (7, 0, None),
        ] {
            assert_eq!(rate(count, micros).as_deref(), shown, "{count} in {micros}");
        }
    }

    #[test]
    fn one_of_something_is_not_several() {
        let line = r#"{"level":"INFO","time":"2026-07-02 08:54:10.000","logger":"openim-push","caller":"a/b.go:1","msg":"m","PID":1,"version":"v"}"#;
        for (by, of) in [(None, "1 service"), (Some(Name::parse("msg")), "1 value of msg")] {
            let mut stats = Stats::new(by);
            stats.count(&Record::new(line.as_bytes(), Context::default()));
            assert_eq!(stats.headline(&look()), format!("1 record of {of}, 00:00:00 - 00:00:00"));
        }
    }

    #[test]
    fn bars_are_of_even_length_and_few() {
        let mut slices = Slices { width: 1, counts: BTreeMap::new() };
        for second in [100, 101, 130, 219] {
            slices.add(Timestamp::from_micros(second * 1_000_000), Level::Info);
        }
        let bars = slices.bars();
        assert_eq!((bars[0], bars.len()), ((100, 2, 0), 12));
        assert_eq!(bars.last(), Some(&(210, 1, 0)));
        assert_eq!(bars.iter().map(|bar| bar.1).sum::<u64>(), 4);
    }

    #[test]
    fn a_long_time_takes_no_more_room_and_loses_nothing() {
        let mut slices = Slices { width: 1, counts: BTreeMap::new() };
        let count = 3 * MOST_SLICES as u64;
        for second in 0..count {
            slices.add(Timestamp::from_micros(second * 60_000_000), Level::Error);
        }
        assert!(slices.counts.len() <= MOST_SLICES);
        let bars = slices.bars();
        assert!(bars.len() <= MOST_BARS);
        assert_eq!(
            bars.iter().map(|bar| (bar.1, bar.2)).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1)),
            (count, count)
        );
    }
}

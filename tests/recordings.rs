//! The story: whatever a real OpenIM wrote is read for what it is.
//!
//! `OPENIM_RECORDINGS` names a directory with journals of a real deployment (`*.export.zst`) and
//! the log files that the same services wrote at the same time (`*.openim-service-log.*.zst`).
//! Each line is read twice: by the library, and by the regular expressions below, which were
//! written from the format and not from the parser. Both must agree on every line, and the totals
//! must be those that were counted when the recordings were made. Without the variable the tests
//! say that they did not run.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

#[allow(dead_code, reason = "the helpers are shared with benchmarks")]
#[path = "support/export.rs"]
mod export;
#[path = "support/missing.rs"]
mod missing;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use missing::recordings;
use openim_ops::openim::level::Level;
use openim_ops::openim::line::{Kind, Line, classify};
use openim_ops::openim::redact::redact;
use openim_ops::openim::text::strip_colour;
use openim_ops::openim::zap::{self, Form, ZapLine};
use regex::bytes::{Captures, Regex};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

/// The files with wanted names, in order; there must be some.
fn files(directory: &Path, is_wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let mut paths: Vec<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| is_wanted(&name(path)))
        .collect();
    assert!(!paths.is_empty(), "no recordings in {}", directory.display());
    paths.sort();
    paths
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn messages(path: &Path) -> Vec<Vec<u8>> {
    let entries = export::read_entries(path).unwrap();
    entries.iter().map(|entry| entry.get("MESSAGE").unwrap_or_default().to_vec()).collect()
}

fn lines(path: &Path) -> Vec<Vec<u8>> {
    let text = export::read_compressed(path).unwrap();
    text.strip_suffix(b"\n").unwrap().split(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect()
}

/// The other reading: what a person would write down who has the format before him.
struct Reading {
    console: Regex,
    json: Regex,
}

/// What both readings must agree on.
#[derive(Debug, PartialEq)]
struct Columns {
    time: String,
    level: String,
    pid: u32,
    module: String,
    version: String,
    caller: String,
    message: String,
    fields: Vec<(String, Value)>,
}

impl Reading {
    fn new() -> Self {
        let stamp = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}";
        let colour = r"\x1b\[3[1347]m";
        let console = format!(
            r#"(?s-u)^(?<time>{stamp})\t{colour}(?<level>DEBUG|INFO|WARN|ERROR)\x1b\[0m\t{colour}\[PID:(?<pid>\d+)\] *\x1b\[0m\t{colour}(?<module>[\w-]+) *\x1b\[0m\t\[(?<version>[\w.-]+)\] *\t\[(?<caller>[^\]\t]+)\]? *\t(?<message>.*?) *(?:\t\{{(?<fields>".*)\}})?$"#
        );
        let json = format!(
            r#"(?s-u)^\{{"level":"(?<level>DEBUG|INFO|WARN|ERROR)","time":"(?<time>{stamp})","logger":"(?<module>[\w-]+)","caller":"(?<caller>[^"]+)","msg":"(?<message>[^"\\]*?) *","PID":(?<pid>\d+),"version":"(?<version>[\w.-]+)"(?:,(?<fields>".*))?\}}$"#
        );
        Self { console: Regex::new(&console).unwrap(), json: Regex::new(&json).unwrap() }
    }

    fn read(&self, line: &[u8]) -> Option<Columns> {
        let found = self.console.captures(line).or_else(|| self.json.captures(line))?;
        let group = |name: &str| text(found.name(name).unwrap().as_bytes());
        Some(Columns {
            time: group("time"),
            level: group("level"),
            pid: group("pid").parse().unwrap(),
            module: group("module"),
            version: group("version"),
            caller: group("caller"),
            message: group("message"),
            fields: fields(&found),
        })
    }
}

fn fields(found: &Captures<'_>) -> Vec<(String, Value)> {
    let Some(fields) = found.name("fields") else { return Vec::new() };
    let object = [b"{", fields.as_bytes(), b"}"].concat();
    serde_json::from_slice::<Pairs>(&object).unwrap().0
}

/// An object whose keys may occur twice.
struct Pairs(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The library's reading in the same words.
fn columns(record: &ZapLine<'_>) -> Columns {
    let value = |raw: &[u8]| serde_json::from_slice(raw).unwrap();
    Columns {
        time: text(record.time),
        level: record.level.to_string(),
        pid: record.pid.unwrap(),
        module: text(record.module),
        version: text(record.version.unwrap()),
        caller: text(record.caller.unwrap()),
        message: record.message_text().into_owned(),
        fields: record
            .fields
            .iter()
            .map(|(key, found)| (key.text().into_owned(), value(found.raw())))
            .collect(),
    }
}

/// What a recording holds: entries, then records per level, then kinds of other text.
fn count(lines: &[Vec<u8>]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::from([("entries".to_owned(), lines.len())]);
    for line in lines {
        let what = match classify(line) {
            Line::Zap(record) if record.cut => "cut".to_owned(),
            Line::Zap(record) => record.level.to_string(),
            Line::Other(kind) => format!("{kind:?}"),
        };
        *counts.entry(what).or_default() += 1;
    }
    counts
}

/// The totals of a recording, as they were counted when it was made.
type Totals = (&'static str, &'static [(&'static str, usize)]);

const JOURNALS: [Totals; 4] = [
    ("docker-journald.export.zst", DOCKER),
    ("patch16-one-unit.export.zst", ONE_UNIT),
    ("patch16-units-console.export.zst", UNITS_CONSOLE),
    ("patch16-units-json.export.zst", UNITS_JSON),
];
const DOCKER: &[(&str, usize)] = &[
    ("entries", 416),
    ("DEBUG", 108),
    ("INFO", 278),
    ("WARN", 11),
    ("ERROR", 11),
    ("cut", 1),
    ("StartError", 1),
    ("ExitLine", 1),
    ("Other", 5),
];
const ONE_UNIT: &[(&str, usize)] = &[
    ("entries", 5852),
    ("DEBUG", 1156),
    ("INFO", 1764),
    ("WARN", 232),
    ("ERROR", 94),
    ("GoSignal", 1),
    ("Goroutine", 137),
    ("Frame", 2382),
    ("Terminated", 9),
    ("Mage", 62),
    ("CheckTool", 10),
    ("Other", 5),
];
const UNITS_CONSOLE: &[(&str, usize)] = &[
    ("entries", 11_748),
    ("DEBUG", 2108),
    ("INFO", 4613),
    ("WARN", 1018),
    ("ERROR", 177),
    ("StartError", 6),
    ("ExitLine", 6),
    ("GoSignal", 2),
    ("Goroutine", 215),
    ("Frame", 3384),
    ("GoRedis", 29),
    ("Terminated", 9),
    ("Other", 181),
];
const UNITS_JSON: &[(&str, usize)] = &[
    ("entries", 4843),
    ("DEBUG", 834),
    ("INFO", 1670),
    ("WARN", 686),
    ("ERROR", 51),
    ("GoSignal", 1),
    ("Goroutine", 93),
    ("Frame", 1382),
    ("Terminated", 9),
    ("Other", 117),
];

const FILES: [Totals; 2] = [
    (
        "patch16-units-console.openim-service-log.2026-11-23.zst",
        &[("entries", 7878), ("DEBUG", 2108), ("INFO", 4575), ("WARN", 1018), ("ERROR", 177)],
    ),
    (
        "patch16-units-json.openim-service-log.2026-11-23.zst",
        &[("entries", 3213), ("DEBUG", 834), ("INFO", 1642), ("WARN", 686), ("ERROR", 51)],
    ),
];

fn is_journal(path: &Path) -> bool {
    name(path).ends_with(".export.zst")
}

/// Every line of every journal and log file, with the file's name.
fn all_lines(directory: &Path) -> Vec<(String, Vec<Vec<u8>>)> {
    let paths = files(directory, |name| name.contains(".zst"));
    let lines = |path: &PathBuf| if is_journal(path) { messages(path) } else { lines(path) };
    paths.iter().map(|path| (name(path), lines(path))).collect()
}

#[test]
fn every_recording_holds_what_was_counted_when_it_was_made() {
    let Some(directory) = recordings() else { return };
    for (file, totals) in JOURNALS {
        let totals: BTreeMap<_, _> = totals.iter().map(|&(what, count)| (what.to_owned(), count)).collect();
        assert_eq!(count(&messages(&directory.join(file))), totals, "{file}");
    }
    for (file, totals) in FILES {
        let totals: BTreeMap<_, _> = totals.iter().map(|&(what, count)| (what.to_owned(), count)).collect();
        assert_eq!(count(&lines(&directory.join(file))), totals, "{file}");
    }
}

/// Docker cuts lines after this many bytes, journald after three times as many.
const SHORTEST_PIECE: usize = 16 * 1024;

#[test]
fn both_readings_agree_on_every_line() {
    let Some(directory) = recordings() else { return };
    let reading = Reading::new();
    for (file, lines) in all_lines(&directory) {
        for line in lines {
            let read = zap::parse(&line);
            assert_eq!(zap::peek_level(&line), read.map(|record| record.level), "{file}: {}", text(&line));
            if read.is_some_and(|record| record.cut) {
                assert!(line.len() >= SHORTEST_PIECE, "{file}: {}", text(&line));
            } else {
                assert_eq!(read.as_ref().map(columns), reading.read(&line), "{file}: {}", text(&line));
            }
        }
    }
}

#[test]
fn a_level_is_the_colour_it_was_written_in() {
    let Some(directory) = recordings() else { return };
    for (file, lines) in all_lines(&directory) {
        for line in lines {
            let Some(record) = zap::parse(&line).filter(|record| record.form == Form::Console) else {
                continue;
            };
            let colour = match record.level {
                Level::Debug => "\x1b[37m",
                Level::Info => "\x1b[34m",
                Level::Warn => "\x1b[33m",
                Level::Error | Level::Panic | Level::Fatal => "\x1b[31m",
            };
            assert!(line[24..].starts_with(colour.as_bytes()), "{file}: {}", text(&line));
            let plain = strip_colour(&line);
            assert_eq!(zap::parse(&plain), Some(record), "{file}: {}", text(&plain));
        }
    }
}

#[test]
fn a_journal_holds_the_lines_of_the_file_and_the_start_up_lines_besides() {
    let Some(directory) = recordings() else { return };
    for (form, start_ups) in [("console", 38), ("json", 28)] {
        let journal = messages(&directory.join(format!("patch16-units-{form}.export.zst")));
        let file = lines(&directory.join(format!("patch16-units-{form}.openim-service-log.2026-11-23.zst")));
        let mut balance = BTreeMap::<&[u8], i64>::new();
        for line in journal.iter().filter(|line| zap::parse(line).is_some()) {
            *balance.entry(line).or_default() += 1;
        }
        for line in &file {
            *balance.entry(line).or_default() -= 1;
        }
        // The logger's `CInfo` goes to standard output only, before the log file is known.
        let only_in_journal: Vec<_> = balance.iter().filter(|&(_, &count)| count != 0).collect();
        for (line, count) in &only_in_journal {
            assert!(**count == 1 && text(line).contains(" is initializing"), "{count} of {}", text(line));
        }
        assert_eq!(only_in_journal.len(), start_ups, "{form}");
    }
}

#[test]
fn no_line_of_a_service_is_left_without_a_kind() {
    let Some(directory) = recordings() else { return };
    for path in files(&directory, |name| name.starts_with("patch16-units-") && name.ends_with(".export.zst"))
    {
        for entry in export::read_entries(&path).unwrap() {
            let identifier = text(entry.get("SYSLOG_IDENTIFIER").unwrap_or_default());
            let line = classify(entry.get("MESSAGE").unwrap());
            assert_eq!(
                line == Line::Other(Kind::Other),
                !identifier.starts_with("openim-"),
                "{identifier}: {}",
                text(entry.get("MESSAGE").unwrap())
            );
        }
    }
}

#[test]
fn no_token_and_no_secret_is_left_in_masked_lines() {
    let Some(directory) = recordings() else { return };
    let secrets = Regex::new(
        r#"eyJ[\w-]+\.[\w-]+\.|openIM123|badtoken|(?i:secret|password|token)\\*": ?\\*"[^*"\\]|(?:secret|token):\\"[^*\\]"#,
    )
    .unwrap();
    let mut masked = 0;
    for (file, lines) in all_lines(&directory) {
        for line in lines {
            let safe = redact(&line);
            assert!(!secrets.is_match(&safe), "{file}: {}", text(&safe));
            masked += usize::from(safe != line);
            assert_eq!(redact(&safe), safe, "{file}");
            if let Some(record) = zap::parse(&line) {
                let safe = zap::parse(&safe).unwrap();
                assert_eq!(
                    (safe.level, safe.message, safe.cut),
                    (record.level, record.message, record.cut),
                    "{file}"
                );
                assert_eq!(safe.fields.iter().count(), record.fields.iter().count(), "{file}");
            }
        }
    }
    assert!(masked > 1000, "only {masked} lines held a secret");
}

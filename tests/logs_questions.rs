//! The story: an operator asks what happened, and the answers are those that another reading of the same log gives.
//!
//! The log is that of a real deployment (`OPENIM_RECORDINGS`), once as standard input, once as OpenIM's own file, and
//! in builds with an engine once as a journal. The other reading is a few regular expressions over its lines.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on should say where"
)]

#[cfg(feature = "libsystemd")]
#[path = "support/export.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod export;
#[cfg(feature = "libsystemd")]
#[path = "support/journals.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod journals;
#[path = "support/missing.rs"]
mod missing;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use missing::recordings;
use regex::bytes::Regex;
use serde_json::Value;
use support::{openim_logs, run, unpack};

const LOG: &str = "patch16-units-console.openim-service-log.2026-11-23.zst";

/// A real log, where each of the ways of reading finds it.
struct Log {
    directory: tempfile::TempDir,
    text: Vec<u8>,
}

impl Log {
    fn new(recordings: &Path) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let text = unpack(&recordings.join(LOG));
        let logs = directory.path().join("_output/logs");
        std::fs::create_dir_all(&logs).unwrap();
        std::fs::create_dir_all(directory.path().join("config")).unwrap();
        std::fs::write(directory.path().join("config/log.yml"), "isStdout: true\n").unwrap();
        std::fs::write(logs.join("openim-service-log.2026-11-23"), &text).unwrap();
        Self { directory, text }
    }

    /// The answer from standard input, and the same from the file.
    fn ask(&self, words: &[&str]) -> String {
        let (piped, _, _) = run(openim_logs().args(words).arg("-").write_stdin(self.text.clone()));
        let (from_file, _, _) =
            run(openim_logs().args(words).args(["--source", "files", "--root"]).arg(self.directory.path()));
        assert_eq!(piped, from_file, "{words:?}");
        piped
    }

    fn ask_json(&self, words: &[&str]) -> Value {
        serde_json::from_str(&self.ask(&[words, &["-o", "json"]].concat())).unwrap()
    }

    /// The other reading: time in milliseconds of the day, level, process, service, message, keys.
    fn lines(&self) -> Vec<Line> {
        let shape = Regex::new(
            r"(?s-u)^\S+ (\d\d):(\d\d):(\d\d)\.(\d{3})\t\x1b\[\d+m(\w+)\x1b\[0m\t\x1b\[\d+m\[PID:(\d+)\] *\x1b\[0m\t\x1b\[\d+m(?:openim-)?([\w-]+) *\x1b\[0m\t[^\t]*\t[^\t]*\t(.*?) *(?:\t(\{.*\}))?$",
        )
        .unwrap();
        let read = |line: &[u8]| {
            let found = shape.captures(line).unwrap();
            let group = |index| String::from_utf8_lossy(found.get(index).map_or(b"{}", |one| one.as_bytes()));
            let number = |index| group(index).parse::<u64>().unwrap();
            Line {
                millis: ((number(1) * 60 + number(2)) * 60 + number(3)) * 1000 + number(4),
                level: group(5).into_owned(),
                pid: number(6),
                service: group(7).into_owned(),
                message: group(8).into_owned(),
                keys: serde_json::from_str(&group(9)).unwrap(),
            }
        };
        self.text.trim_ascii_end().split(|&byte| byte == b'\n').map(read).collect()
    }
}

struct Line {
    millis: u64,
    level: String,
    pid: u64,
    service: String,
    message: String,
    keys: Value,
}

impl Line {
    fn key(&self, name: &str) -> &str {
        self.keys[name].as_str().unwrap_or_default()
    }

    fn is_of(&self, operation: &str) -> bool {
        self.key("operationID").split('$').any(|id| id == operation)
    }
}

fn log() -> Option<Log> {
    recordings().map(|directory| Log::new(&directory))
}

#[test]
fn stats_are_those_of_another_reading() {
    let Some(log) = log() else { return };
    let mut expected: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    for line in log.lines() {
        *expected.entry(line.service).or_default().entry(line.level).or_default() += 1;
    }
    let stats = log.ask_json(&["stats"]);
    let mut found: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    for row in stats["rows"].as_array().unwrap() {
        let levels = row["levels"].as_object().unwrap();
        let levels = levels.iter().map(|(name, count)| (name.clone(), count.as_u64().unwrap()));
        found.insert(row["name"].as_str().unwrap().to_owned(), levels.filter(|level| level.1 > 0).collect());
    }
    assert_eq!(found, expected);
    let bars = stats["histogram"].as_array().unwrap();
    let sum: u64 = bars.iter().map(|bar| bar["count"].as_u64().unwrap()).sum();
    assert_eq!(sum, stats["count"].as_u64().unwrap());
}

#[test]
fn a_trace_names_every_service_that_a_message_passed() {
    let Some(log) = log() else { return };
    let lines = log.lines();
    for operation in ["send11-59", "send11-1", "send11-28", "bad-53"] {
        let own = lines.iter().filter(|line| line.is_of(operation));
        let services: BTreeSet<&str> = own.clone().map(|line| line.service.as_str()).collect();
        let first_error = own.clone().find(|line| line.level == "ERROR").map(|line| line.service.as_str());
        let trace = log.ask_json(&["trace", operation]);
        assert_eq!(trace["records"], own.clone().count(), "{operation}");
        let named: BTreeSet<&str> =
            trace["services"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        assert_eq!(named, services, "{operation}");
        assert_eq!(trace["failed_in"].as_str(), first_error, "{operation}");
        let times = || own.clone().map(|line| line.millis);
        let duration = (times().max().unwrap() - times().min().unwrap()) * 1000;
        assert_eq!(trace["duration_us"], duration, "{operation}");
    }
}

/// What the release line says of failed calls are warnings. `send11-0` was sent, although its conversation was new;
/// that msgtransfer failed with it later is left out here.
#[test]
fn a_request_that_failed_in_warnings_alone_has_failed_and_one_that_coped_has_not() {
    let Some(log) = log() else { return };
    for (operation, services, failed_in) in [
        ("97784a3626ff494e", &[][..], Some("rpc-auth")),
        ("bad-3", &[], Some("rpc-user")),
        // Its caller says in the same millisecond that it has failed.
        ("bad-32", &[], Some("rpc-friend")),
        ("fe6e94ff0f964cd4", &[], Some("rpc-auth")),
        ("send11-0", &["api", "rpc-msg", "rpc-conversation"], None),
    ] {
        let is_asked = |line: &Line| services.is_empty() || services.contains(&line.service.as_str());
        let own = log.lines().into_iter().filter(|line| line.is_of(operation) && is_asked(line));
        let own: Vec<Line> = own.collect();
        assert!(own.iter().all(|line| line.level != "ERROR"), "{operation}");
        assert!(own.iter().any(|line| line.message == "rpc client response failed"), "{operation}");
        let words = [&["trace", operation][..], services].concat();
        assert_eq!(log.ask_json(&words)["failed_in"].as_str(), failed_in, "{operation}");
        let text = log.ask(&words);
        let verdict = failed_in.map_or("no error".to_owned(), |service| format!("failed in {service}"));
        assert!(text.lines().any(|line| line.ends_with(&verdict)), "{text}");
        let marked = text.lines().filter(|line| line.starts_with('>')).count();
        assert_eq!(marked, failed_in.iter().count(), "{text}");
    }
}

#[test]
fn where_only_the_caller_calls_it_an_error_the_request_has_failed_where_it_was_answered() {
    let Some(log) = log() else { return };
    let is_of_it = |line: &Line| line.is_of("b7d90789921445c2");
    let failed = log.lines().into_iter().filter(|line| is_of_it(line) && line.message.ends_with("failed"));
    let failed: Vec<_> = failed.map(|line| (line.service, line.level)).collect();
    let said =
        [("rpc-group", "WARN"), ("api", "ERROR")].map(|(service, level)| (service.into(), level.into()));
    assert_eq!(failed, said);
    assert_eq!(log.ask_json(&["trace", "b7d90789921445c2"])["failed_in"], "rpc-group");
}

/// A call on both its sides counts once: as long as its answer took, or as its caller waited if that was much longer.
#[test]
fn the_slowest_calls_are_those_whose_lines_lie_farthest_apart() {
    let Some(log) = log() else { return };
    let (served, waited) = (costs_of(&log, "server"), costs_of(&log, "client"));
    let call = |served: Option<u64>, waited: Option<u64>| match (served, waited) {
        (Some(served), Some(waited)) if waited < served + served.clamp(10_000, 1_000_000) => served,
        (_, Some(waited)) => waited,
        (served, None) => served.unwrap(),
    };
    let mut costs = Vec::new();
    for key in served.keys().chain(waited.keys()).collect::<BTreeSet<_>>() {
        let of = |side: &Costs, nth: usize| side.get(key).and_then(|costs| costs.get(nth)).copied();
        let count =
            [&served, &waited].map(|side| side.get(key).map_or(0, Vec::len)).into_iter().max().unwrap();
        costs.extend((0..count).map(|nth| call(of(&served, nth), of(&waited, nth))));
    }
    costs.sort_unstable_by(|a, b| b.cmp(a));
    let slow = log.ask_json(&["slow", "-n", "10"]);
    let found: Vec<u64> =
        slow["calls"].as_array().unwrap().iter().map(|call| call["duration_us"].as_u64().unwrap()).collect();
    assert_eq!(found, costs[..10]);
    let all = log.ask_json(&["slow", "-n", "all"]);
    let methods = all["methods"].as_array().unwrap().iter();
    assert_eq!(methods.map(|method| method["calls"].as_u64().unwrap()).sum::<u64>(), costs.len() as u64);
    let over = served.values().flatten().filter(|&&cost| cost >= 500_000).count();
    let count = log.ask(&["--slow", "500ms", "-g", "rpc server", "--count"]);
    assert_eq!(count.trim(), over.to_string());
}

/// How long the calls of an operation and a method took, in microseconds, in the order in which they ended.
type Costs = BTreeMap<(String, String), Vec<u64>>;

fn costs_of(log: &Log, side: &str) -> Costs {
    let mut open: BTreeMap<(u64, String, String), Vec<u64>> = BTreeMap::new();
    let mut costs = Costs::new();
    for line in log.lines() {
        let Some(what) = line.message.strip_prefix(&format!("rpc {side} ")) else { continue };
        let call = (line.key("operationID").to_owned(), line.key("method").to_owned());
        let key = (line.pid, call.0.clone(), call.1.clone());
        if what == "request" {
            open.entry(key).or_default().push(line.millis);
        } else if let Some(begin) = open.get_mut(&key).filter(|open| !open.is_empty()) {
            costs.entry(call).or_default().push((line.millis - begin.remove(0)) * 1000);
        }
    }
    costs
}

#[test]
fn the_most_frequent_errors_are_counted_as_another_reading_counts_them() {
    let Some(log) = log() else { return };
    let mut expected: BTreeMap<String, u64> = BTreeMap::new();
    let lines = log.lines();
    for line in lines.iter().filter(|line| line.level == "ERROR" && line.key("method").is_empty()) {
        *expected.entry(line.message.clone()).or_default() += 1;
    }
    let errors = log.ask_json(&["errors", "-n", "all"]);
    let rows = errors["messages"].as_array().unwrap();
    for (message, count) in expected {
        let row = rows.iter().find(|row| row["message"] == message.as_str());
        assert_eq!(row.map(|row| row["count"].as_u64()), Some(Some(count)), "{message}");
    }
    let all = lines.iter().filter(|line| line.level == "ERROR").count() as u64;
    assert_eq!(rows.iter().map(|row| row["count"].as_u64().unwrap()).sum::<u64>(), all);
}

#[test]
fn filters_on_keys_find_what_another_reading_finds() {
    let Some(log) = log() else { return };
    let lines = log.lines();
    let count = |words: &[&str]| log.ask(&[words, &["--count"]].concat()).trim().parse::<usize>().unwrap();
    let expect = |is_wanted: &dyn Fn(&Line) -> bool| lines.iter().filter(|line| is_wanted(line)).count();
    assert_eq!(count(&["--op-user", "imAdmin"]), expect(&|line| line.key("opUserID") == "imAdmin"));
    assert_eq!(count(&["--platform", "Admin"]), expect(&|line| line.key("platform") == "Admin"));
    assert_eq!(count(&["--where", "len>=4"]), expect(&|line| line.keys["len"].as_u64() >= Some(4)));
    assert_eq!(
        count(&["--where", "method~SendMsg", "--where", "target!~nothing"]),
        expect(&|line| line.key("method").contains("SendMsg"))
    );
    let refused = |line: &Line| line.key("error").contains("refused");
    assert_eq!(count(&["--where", "error~refused"]), expect(&refused));
    assert_eq!(count(&["--msg", "^consume err$"]), expect(&|line| line.message == "consume err"));
    assert_eq!(count(&["--code", "1004"]), expect(&|line| line.key("error").starts_with("Error: 1004 ")));
    assert_eq!(count(&["-L", "warn..warn", "msgtransfer"]), {
        expect(&|line| line.level == "WARN" && line.service == "msgtransfer")
    });
    assert!(expect(&refused) > 5);
}

#[test]
fn no_answer_is_wider_than_eighty_columns() {
    let Some(log) = log() else { return };
    for words in [
        &["trace", "send11-59"][..],
        &["stats"],
        &["stats", "--by", "msg"],
        &["top", "-n", "all"],
        &["errors", "-n", "all"],
        &["panics"],
        &["slow", "-n", "all"],
    ] {
        let answer = log.ask(words);
        assert!(answer.lines().count() > 3, "{words:?}: {answer}");
        for line in answer.lines() {
            assert!(line.chars().count() <= 80, "{words:?}: {line}");
        }
    }
}

#[test]
fn secrets_are_in_no_answer() {
    let Some(log) = log() else { return };
    for words in [&["top", "-n", "all"][..], &["stats", "--by", "req"], &["stats", "--by", "token"]] {
        let answer = log.ask(words);
        assert!(!answer.contains("openIM123") && !answer.contains("eyJ"), "{words:?}");
    }
}

/// The same log as a journal: what systemd says, dumps and start errors besides.
#[cfg(feature = "libsystemd")]
mod journal {
    use std::path::PathBuf;

    use super::*;

    fn journal(name: &str) -> Option<(tempfile::TempDir, PathBuf)> {
        Some(made_of(&unpack(&recordings()?.join(format!("{name}.export.zst")))))
    }

    fn made_of(export: &[u8]) -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("x.journal");
        journals::make(&file, export, journals::LAYOUTS[0]);
        (directory, file)
    }

    fn ask(file: &Path, words: &[&str]) -> String {
        run(openim_logs().args(words).arg("--file").arg(file)).0
    }

    /// Each level of each service, as often as it was written.
    type Counts = BTreeMap<String, BTreeMap<String, u64>>;

    /// Another reading, of both of the logger's forms: two expressions over the stored text.
    fn counts_of<'m>(messages: impl Iterator<Item = &'m [u8]>) -> Counts {
        let console = r"(?-u)^\S+ \S+\t\x1b\[\d+m([A-Z]+)\x1b\[0m\t\x1b\[\d+m\[PID:\d+\] *\x1b\[0m\t\x1b\[\d+m(?:openim-)?([\w-]+) *\x1b";
        let json = r#"(?-u)^\{"level":"([A-Z]+)","time":"[^"]*","logger":"(?:openim-)?([\w-]+)""#;
        let shapes = [console, json].map(|shape| Regex::new(shape).unwrap());
        let mut counts = Counts::new();
        for found in messages.filter_map(|text| shapes.iter().find_map(|shape| shape.captures(text))) {
            let group = |index: usize| String::from_utf8(found[index].to_vec()).unwrap();
            *counts.entry(group(2)).or_default().entry(group(1)).or_default() += 1;
        }
        counts
    }

    fn counts_in(stats: &str) -> Counts {
        let stats: Value = serde_json::from_str(stats).unwrap();
        let levels = |row: &Value| -> BTreeMap<String, u64> {
            let levels = row["levels"].as_object().unwrap().iter();
            levels
                .map(|(name, count)| (name.clone(), count.as_u64().unwrap()))
                .filter(|one| one.1 > 0)
                .collect()
        };
        let rows = stats["rows"].as_array().unwrap().iter();
        rows.map(|row| (row["name"].as_str().unwrap().to_owned(), levels(row))).collect()
    }

    /// The lines of the logger alone: only they have a caller.
    const STATS: [&str; 5] = ["stats", "--caller", "*", "-o", "json"];

    #[test]
    fn a_journal_has_of_each_service_and_level_what_another_reading_of_its_entries_has() {
        let Some(recordings) = recordings() else { return };
        for (name, services) in
            [("patch16-units-console", 12), ("patch16-units-json", 12), ("patch16-one-unit", 12)]
        {
            let (_directory, file) = journal(name).unwrap();
            let entries = export::read_entries(&recordings.join(format!("{name}.export.zst"))).unwrap();
            let expected = counts_of(entries.iter().filter_map(|entry| entry.get("MESSAGE")));
            assert_eq!(expected.len(), services, "{name}");
            assert_eq!(counts_in(&ask(&file, &STATS)), expected, "{name}");
        }
    }

    /// The recording again and again, each time later by so much.
    fn repeated(recording: &[export::Entry], rounds: u64) -> Vec<u8> {
        const ROUND: u64 = 200_000_000;
        let text = |entry: &export::Entry, name| {
            String::from_utf8(entry.get(name).expect("every entry has it").to_vec()).unwrap()
        };
        let repeat = |round: u64, entry: &export::Entry| {
            let micros = |name| text(entry, name).parse::<u64>().unwrap() + round * ROUND;
            let is_stamp = |name: &[u8]| name.starts_with(b"__") || name == b"_BOOT_ID";
            let fields = entry.fields().filter(|(name, _)| !is_stamp(name));
            let fields: Vec<_> =
                fields.map(|(name, value)| (std::str::from_utf8(name).unwrap(), value.to_vec())).collect();
            let (realtime, monotonic) = (micros("__REALTIME_TIMESTAMP"), micros("__MONOTONIC_TIMESTAMP"));
            journals::entry(realtime, monotonic, &text(entry, "_BOOT_ID"), &fields)
        };
        (0..rounds).flat_map(|round| recording.iter().flat_map(move |entry| repeat(round, entry))).collect()
    }

    /// Systemd's library reads in one thread; a journal as long as this is read by several.
    #[test]
    fn several_threads_find_what_one_does() {
        let Some(recordings) = recordings() else { return };
        let entries = export::read_entries(&recordings.join("patch16-units-console.export.zst")).unwrap();
        let (_directory, file) = made_of(&repeated(&entries, 100_000_u64.div_ceil(entries.len() as u64)));
        assert!(file.metadata().unwrap().len() > 32 << 20, "too short for several parts");
        // Counted alone, counted of what the filter leaves, and filtered alone.
        for words in [&["stats", "--by", "method"], &["errors", "-n", "all"][..], &["trace", "send11-59"]] {
            let of = |engine| {
                let answer = ask(&file, &[words, &["--engine", engine, "-o", "json"]].concat());
                serde_json::from_str::<Value>(&answer).unwrap()
            };
            assert_eq!(of("native"), of("libsystemd"), "{words:?}");
        }
    }

    #[test]
    fn the_last_that_are_found_stand_with_what_surrounds_them_as_in_the_whole() {
        const FOUND: &str = "rpc server response";
        let Some((_directory, file)) = journal("patch16-units-console") else { return };
        let process = Regex::new(r"\[PID:\d+\]").unwrap();
        let ask = |words: &str| {
            ask(&file, &format!("-o cat {words}").split(' ').chain(["-g", FOUND]).collect::<Vec<_>>())
        };
        for around in ["-B 3", "-A 2", "-C 4"] {
            let whole = ask(around);
            for count in [1, 7, 40] {
                let last = ask(&format!("-n {count} {around}"));
                // Others that are found may be among what surrounds them.
                assert!(last.matches(FOUND).count() >= count, "-n {count} {around}");
                // Of each process the lines are those of the whole, with what comes after others in between.
                let of = |text: &str, process: &str| -> Vec<String> {
                    text.lines().filter(|line| line.contains(process)).map(str::to_owned).collect()
                };
                let processes = process.find_iter(last.as_bytes()).map(|found| found.as_bytes());
                for process in processes.collect::<BTreeSet<_>>() {
                    let process = std::str::from_utf8(process).unwrap();
                    let all = of(&whole, process);
                    let mut rest = all.iter();
                    let is_part = of(&last, process).iter().all(|line| rest.any(|there| there == line));
                    assert!(is_part, "-n {count} {around}, {process}\n{last}");
                }
                assert!(!last.starts_with("--\n"), "-n {count} {around}\n{last}");
                assert!(last.lines().count() > count, "-n {count} {around}");
            }
        }
    }

    /// The lines of one service with their numbers, of which those that match stand among so many others, as grep and
    /// tail would show them.
    fn surrounded(
        lines: &[&str],
        found: impl Fn(&str) -> bool,
        count: usize,
        around: (usize, usize),
    ) -> Vec<String> {
        let hits: Vec<usize> = (0..lines.len()).filter(|&at| found(lines[at])).collect();
        let last = &hits[hits.len().saturating_sub(count)..];
        let is_near = |at: usize| last.iter().any(|&hit| at + around.0 >= hit && at <= hit + around.1);
        let shown: Vec<usize> = (0..lines.len()).filter(|&at| is_near(at)).collect();
        let mut text = Vec::new();
        for (index, &at) in shown.iter().enumerate() {
            if index > 0 && shown[index - 1] + 1 < at {
                text.push("--".to_owned());
            }
            text.push(lines[at].to_owned());
        }
        text
    }

    #[test]
    fn of_one_service_the_last_that_are_found_and_their_surroundings_are_those_of_another_reading() {
        let Some((_directory, file)) = journal("patch16-units-console") else { return };
        let ask = |words: &str| {
            let fixed = ["msgtransfer#3", "--template", "{pid}|{level}|{caller}|{op}|{msg:3}"];
            ask(&file, &fixed.into_iter().chain(words.split_whitespace()).collect::<Vec<_>>())
        };
        let whole = ask("");
        let lines: Vec<&str> = whole.lines().collect();
        let is_error = |line: &str| line.contains("|ERROR|");
        for count in [1, 2, 7, 40] {
            for (before, after) in [(4, 0), (0, 3), (10, 10), (1, 2)] {
                let words = format!("-L error..error -n {count} -B {before} -A {after}");
                let shown = ask(&words);
                let expected = surrounded(&lines, is_error, count, (before, after));
                assert_eq!(shown.lines().collect::<Vec<_>>(), expected, "{words}");
            }
        }
    }

    #[test]
    fn every_name_that_is_counted_can_be_asked_for() {
        let Some((_directory, file)) = journal("patch16-one-unit") else { return };
        let rows = |words: &[&str]| -> BTreeMap<String, u64> {
            let stats: Value = serde_json::from_str(&ask(&file, words)).unwrap();
            let rows = stats["rows"].as_array().unwrap().iter();
            rows.map(|row| (row["name"].as_str().unwrap().to_owned(), row["count"].as_u64().unwrap()))
                .collect()
        };
        let services = rows(&["stats", "-o", "json"]);
        assert!(services.contains_key("mage") && services.contains_key("check-component"), "{services:?}");
        assert_eq!(rows(&["stats", "--by", "service", "-o", "json"]), services);
        let mut parsed: BTreeMap<String, u64> = BTreeMap::new();
        for line in ask(&file, &["-o", "openim-json"]).lines() {
            let record: Value = serde_json::from_str(line).unwrap();
            *parsed.entry(record["service"].as_str().unwrap_or("-").to_owned()).or_default() += 1;
        }
        assert_eq!(parsed, services);
        for (name, count) in services {
            let asked = ask(&file, &["--where", &format!("service={name}"), "--count"]);
            assert_eq!(asked.trim_end(), count.to_string(), "{name}");
        }
    }

    #[test]
    fn a_column_is_what_every_line_has_and_not_a_key_of_that_name() {
        let Some((_directory, file)) = journal("patch16-units-console") else { return };
        let count = |words: &[&str]| ask(&file, &[words, &["--count"]].concat());
        for (comparison, option) in [
            ("service=rpc-auth", &["rpc-auth"][..]),
            ("msg=handle storage msg", &["--msg", "^handle storage msg$"]),
            ("op=send11-27", &["--op", "send11-27"]),
            ("operationID=send11-27", &["--op", "send11-27"]),
        ] {
            let found = count(&["--where", comparison]);
            assert_eq!(found, count(option), "{comparison}");
            assert!(found.trim_end() > "0", "{comparison}");
        }
        let stats = ask(&file, &["stats", "--by", "op", "-o", "json"]);
        let stats: Value = serde_json::from_str(&stats).unwrap();
        let row = stats["rows"].as_array().unwrap().iter().find(|row| row["name"] == "send11-27").unwrap();
        assert_eq!(row["count"].to_string(), count(&["--op", "send11-27"]).trim_end());
    }

    #[test]
    fn the_file_of_a_deployment_in_json_has_what_another_reading_of_it_has() {
        let Some(recordings) = recordings() else { return };
        let text = unpack(&recordings.join("patch16-units-json.openim-service-log.2026-11-23.zst"));
        let expected = counts_of(text.split(|&byte| byte == b'\n'));
        let (piped, _, _) = run(openim_logs().args(STATS).arg("-").write_stdin(text.clone()));
        assert_eq!(counts_in(&piped), expected);
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(directory.path().join("config")).unwrap();
        std::fs::create_dir_all(directory.path().join("_output/logs")).unwrap();
        std::fs::write(directory.path().join("config/log.yml"), "isStdout: true\n").unwrap();
        std::fs::write(directory.path().join("_output/logs/openim-service-log.2026-11-23"), text).unwrap();
        let from_file =
            openim_logs().args(STATS).args(["--source", "files", "--root"]).arg(directory.path()).output();
        assert_eq!(counts_in(std::str::from_utf8(&from_file.unwrap().stdout).unwrap()), expected);
    }

    /// What was done in those minutes (`patch16-units-console.events.txt`) is in two answers of ten rows each.
    #[test]
    fn the_most_frequent_messages_and_the_crashes_tell_what_happened() {
        let Some((_directory, file)) = journal("patch16-units-console") else { return };
        let top: Value = serde_json::from_str(&ask(&file, &["top", "-L", "warn", "-o", "json"])).unwrap();
        let messages = top["messages"].as_array().unwrap();
        assert_eq!(messages.len(), 10);
        let rows: Vec<&Value> = top["incidents"].as_array().unwrap().iter().chain(messages).collect();
        let says = |text: &str, from: &str, until: &str| {
            let row = rows.iter().find(|row| row.to_string().contains(text));
            let row = row.unwrap_or_else(|| panic!("{text} is missing: {top:#}"));
            let time = |name: &str| row[name].as_str().unwrap()[11..19].to_owned();
            assert!(time("first").as_str() >= from && time("last").as_str() <= until, "{row:#}");
        };
        // Kafka was away from 19:56:41 to 19:56:51, Redis from 19:55:21 to 19:55:24; the database refuses all the time.
        says("kafka: client has run out of available brokers", "19:56:41", "19:56:59");
        says("discarding bad PubSub connection", "19:55:21", "19:55:25");
        says("storage.seq.Malloc", "19:55:06", "19:57:21");
        let crashes = ask(&file, &["panics"]);
        for word in
            ["SIGKILL", "group.go:1900", "SIGSEGV", "SIGQUIT", "check bucket exists error", "WRONGPASS"]
        {
            assert!(crashes.contains(word), "{word} is missing\n{crashes}");
        }
    }

    /// Two services did not start, one of them five times, and two left dumps of a thousand lines and more.
    #[test]
    fn what_was_said_twice_is_told_once_and_a_dump_takes_a_few_lines() {
        let Some((_directory, file)) = journal("patch16-units-console") else { return };
        let top = ask(&file, &["top", "-n", "all"]);
        for why in ["check bucket exists", "WRONGPASS"] {
            assert_eq!(top.matches(why).count(), 1, "{why}\n{top}");
        }
        let records: usize = ask(&file, &["-L", "error", "--count"]).trim().parse().unwrap();
        for form in ["short", "short-iso"] {
            let lines =
                |words: &[&str]| ask(&file, &[&["-L", "error", "-o", form], words].concat()).lines().count();
            assert!(lines(&[]) < records + 20, "{form}: {} of {records} records", lines(&[]));
            assert!(lines(&["--unfold"]) > 3000 && lines(&["-a"]) > 3000, "{form}");
        }
    }

    /// What `events.txt` says was done and what left a trace is in the first ten lines that a terminal shows.
    #[test]
    fn the_first_ten_lines_of_top_tell_what_happened() {
        for (name, happened) in [
            (
                "patch16-units-console",
                vec![
                    // redis stopped
                    "msggateway push rp… redis: connections lost",
                    // kill -9 msgtransfer@3
                    "FATAL msgtransfer killed by SIGKILL 19:55:27",
                    // malformed requests that make two services panic and recover
                    "ERROR rpc-group rpc-msg recovered panic:",
                    "FATAL rpc-friend SIGSEGV: segmentation violation 19:55:34",
                    "FATAL push SIGQUIT: quit 19:55:37",
                    // SIGSTOP rpc-auth, and SIGCONT
                    "rpc-auth lost its registration 19:56:20",
                    // minio stopped, rpc-third restarted: crash loop
                    "ERROR rpc-third exit: check bucket exists",
                    // kafka stopped
                    "msgtransfer push no connection to 127.0.0.1:19094",
                    // rpc-user restarted with wrong redis password
                    "ERROR rpc-user exit: WRONGPASS",
                ],
            ),
            (
                "patch16-one-unit",
                vec![
                    "FATAL rpc-group SIGSEGV: segmentation violation 19:59:14",
                    // The others go on calling where it was.
                    "api rpc-msg no connection to 10.77.0.2:33685 19:59:1",
                ],
            ),
        ] {
            let Some((_directory, file)) = journal(name) else { return };
            let top = ask(&file, &["top"]);
            let ten: Vec<String> = top
                .lines()
                .take(10)
                .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
                .collect();
            for event in happened {
                assert!(
                    ten.iter().any(|line| line.contains(event)),
                    "{event} is missing:\n{}",
                    ten.join("\n")
                );
            }
            // What is no incident comes behind: errors, then warnings, then the rest.
            let known = ["ERROR", "WARN", "INFO", "DEBUG"];
            let rank = |line: &str| {
                let level = line.get(9..14)?.trim();
                known.iter().position(|name| *name == level).map(|rank| rank.min(2))
            };
            let ranks: Vec<usize> =
                top.lines().skip_while(|line| !line.is_empty()).filter_map(rank).collect();
            assert_eq!(ranks.len(), 10, "{top}");
            assert!(ranks.is_sorted() && ranks[0] == 0, "{top}");
        }
    }

    /// systemd calls it a warning.
    #[test]
    fn a_process_that_was_killed_is_an_error_whoever_asks_for_errors() {
        let Some((_directory, file)) = journal("patch16-units-console") else { return };
        for words in [&["errors"][..], &["top", "-L", "fatal"], &["panics", "msgtransfer", "-L", "fatal"]] {
            let answer = ask(&file, words);
            assert!(answer.contains("killed by SIGKILL"), "{words:?}: {answer}");
        }
    }

    #[test]
    fn mage_and_other_programs_are_counted_as_such() {
        let Some((_directory, file)) = journal("patch16-one-unit") else { return };
        let stats = ask(&file, &["stats"]);
        assert!(stats.contains(" of 12 services and 5 others, "), "{stats}");
        let json: Value = serde_json::from_str(&ask(&file, &["stats", "-o", "json"])).unwrap();
        let others: Vec<&str> = json["rows"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|row| row["is_service"] == false)
            .map(|row| row["name"].as_str().unwrap())
            .collect();
        assert_eq!(others, ["check-component", "check-free-memo", "mage", "seq", "systemd"]);
    }

    #[test]
    fn each_crash_of_the_other_recordings_is_there_once() {
        for (name, expected) in [
            ("patch16-one-unit", vec!["19:59:14 rpc-group FATAL SIGSEGV: segmentation violation"]),
            (
                "patch16-units-json",
                vec![
                    "20:12:29 rpc-msg recovered makeslice: cap out of range",
                    "20:12:30 rpc-friend FATAL SIGSEGV: segmentation violation",
                ],
            ),
        ] {
            let Some((_directory, file)) = journal(name) else { return };
            let panics: Value = serde_json::from_str(&ask(&file, &["panics", "-o", "json"])).unwrap();
            let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
            let rows = panics["panics"].as_array().unwrap().iter().map(|row| {
                assert_eq!(row["times"], 1, "{row}");
                let words = ["service", "how", "reason"].map(|name| text(row, name)).join(" ");
                format!("{} {words}", &text(row, "first")[11..19])
            });
            assert_eq!(rows.collect::<Vec<_>>(), expected, "{name}");
        }
    }

    #[test]
    fn every_crash_of_the_recording_is_there_once() {
        let Some((_directory, file)) = journal("patch16-units-console") else { return };
        let panics: Value = serde_json::from_str(&ask(&file, &["panics", "-o", "json"])).unwrap();
        let rows = panics["panics"].as_array().unwrap();
        let ended: Vec<_> = rows
            .iter()
            .filter(|row| row["how"] != "recovered")
            .map(|row| {
                let text = |name: &str| row[name].as_str().unwrap().to_owned();
                (
                    text("first")[11..19].to_owned(),
                    text("service"),
                    text("how"),
                    row["times"].as_u64().unwrap(),
                )
            })
            .collect();
        let one = |time: &str, service: &str, how: &str, times| {
            (time.to_owned(), service.to_owned(), how.to_owned(), times)
        };
        assert_eq!(
            ended,
            [
                one("19:55:27", "msgtransfer#3", "FATAL", 1),
                one("19:55:34", "rpc-friend", "FATAL", 1),
                one("19:55:37", "push#5", "FATAL", 1),
                one("19:56:24", "rpc-third", "exit 255", 5),
                one("19:57:04", "rpc-user", "exit 255", 1),
            ]
        );
        let recovered: u64 = rows
            .iter()
            .filter(|row| row["how"] == "recovered")
            .map(|row| row["times"].as_u64().unwrap())
            .sum();
        let lines = ask(&file, &["--msg", "^rpc server panic$", "--count"]);
        assert_eq!(recovered.to_string(), lines.trim());
        assert!(rows.iter().all(|row| row["how"] == "recovered" || row["back"].is_string()));
    }

    /// The same lines as docker has them of one container: whose a line is, only the line itself tells. Of an end without
    /// a word systemd alone has told, and the status of the others.
    #[test]
    fn one_container_of_all_services_has_each_crash_once_and_of_its_service() {
        let Some((_directory, units)) = journal("patch16-units-console") else { return };
        let recordings = recordings().unwrap();
        let entries = export::read_entries(&recordings.join("patch16-units-console.export.zst")).unwrap();
        let (_directory, container) = made_of(&of_one_container(&entries));
        let crashes = |file: &Path| -> Vec<[String; 4]> {
            let panics: Value = serde_json::from_str(&ask(file, &["panics", "-o", "json"])).unwrap();
            let rows = panics["panics"].as_array().unwrap().iter();
            let service =
                |row: &Value| row["service"].as_str().unwrap().split('#').next().unwrap().to_owned();
            rows.map(|row| {
                let [how, reason, times] = ["how", "reason", "times"].map(|name| row[name].to_string());
                [service(row), how, reason, times]
            })
            .collect()
        };
        let mut expected = crashes(&units);
        expected.retain(|[_, _, reason, _]| !reason.contains("SIGKILL"));
        for [_, how, _, _] in &mut expected {
            *how = how.replace("exit 255", "exit -1");
        }
        assert_eq!(expected.len(), 8, "{expected:?}");
        assert_eq!(crashes(&container), expected);
    }

    /// What this program recommends where journalctl's form is not understood: the text alone, in which systemd's words
    /// stand between those of the services.
    #[test]
    fn the_text_of_a_journal_has_each_end_of_the_process_of_which_systemd_tells() {
        let Some((_directory, units)) = journal("patch16-units-console") else { return };
        let directory = units.parent().unwrap();
        let text = std::process::Command::new("journalctl")
            .arg("-D")
            .arg(directory)
            .args(["-u", "openim-*", "-o", "cat", "-a", "-q"])
            .output()
            .unwrap()
            .stdout;
        let ends = |panics: &str| -> Vec<[String; 4]> {
            let panics: Value = serde_json::from_str(panics).unwrap();
            let rows = panics["panics"].as_array().unwrap().iter();
            rows.map(|row| ["service", "how", "reason", "times"].map(|name| row[name].to_string())).collect()
        };
        let (piped, _, _) = run(openim_logs().args(["panics", "-o", "json", "-"]).write_stdin(text.clone()));
        assert_eq!(ends(&piped), ends(&ask(&units, &["panics", "-o", "json"])));
        let (killed, _, _) =
            run(openim_logs().args(["-", "-g", "status=9", "-o", "openim-json"]).write_stdin(text));
        let killed: Value = serde_json::from_str(&killed).unwrap();
        assert_eq!((&killed["service"], &killed["instance"]), (&"msgtransfer".into(), &3.into()));
    }

    /// What the services wrote, with the fields that docker's driver gives it.
    fn of_one_container(entries: &[export::Entry]) -> Vec<u8> {
        let of_services = entries.iter().filter(|entry| {
            entry.get("_SYSTEMD_UNIT").is_some_and(|unit| unit.starts_with(b"openim-"))
                && entry.get("_PID") != Some(b"1")
        });
        let number = |entry: &export::Entry, name: &str| {
            std::str::from_utf8(entry.get(name).unwrap()).unwrap().parse().unwrap()
        };
        let text = |text: &str| text.as_bytes().to_vec();
        let entry = |entry: &export::Entry| {
            let boot = std::str::from_utf8(entry.get("_BOOT_ID").unwrap()).unwrap();
            let [realtime, monotonic] =
                ["__REALTIME_TIMESTAMP", "__MONOTONIC_TIMESTAMP"].map(|name| number(entry, name));
            let fields = [
                ("MESSAGE", entry.get("MESSAGE").unwrap_or_default().to_vec()),
                ("CONTAINER_NAME", text("openim-server")),
                ("CONTAINER_ID_FULL", text(&"5f".repeat(32))),
                ("_COMM", text("dockerd")),
                ("_PID", text("812")),
                ("_SYSTEMD_UNIT", text("docker.service")),
            ];
            journals::entry(realtime, monotonic, boot, &fields)
        };
        of_services.flat_map(entry).collect()
    }

    #[test]
    fn a_dump_is_one_record_whichever_way_it_is_read() {
        // The first is one line: systemd's word about a process that was killed.
        for (name, lines) in
            [("patch16-units-console", vec![1, 1493, 2108]), ("patch16-one-unit", vec![2520])]
        {
            let Some((_directory, file)) = journal(name) else { return };
            let counts = |words: &[&str]| -> Vec<usize> {
                let answer = ask(&file, &[words, &["-L", "fatal", "-o", "openim-json"]].concat());
                let record = |line: &str| serde_json::from_str::<Value>(line).unwrap();
                answer.lines().map(|line| record(line)["msg"].as_str().unwrap().lines().count()).collect()
            };
            assert_eq!(counts(&[]), lines, "{name}");
            let reverse: Vec<_> = lines.iter().rev().copied().collect();
            assert_eq!(counts(&["-r"]), reverse, "{name}");
            assert_eq!(counts(&["-n", "1"]), lines[lines.len() - 1..], "{name}");
        }
    }

    #[test]
    fn what_docker_has_cut_is_whole_again() {
        let Some((_directory, file)) = journal("docker-journald") else { return };
        for words in [&[][..], &["-r"]] {
            let answer = ask(&file, &[words, &["-o", "openim-json", "--where", "caller~."]].concat());
            let longest = answer.lines().max_by_key(|line| line.len()).unwrap();
            let record: Value = serde_json::from_str(longest).unwrap();
            assert_eq!(record["msg"], "black local cache init", "{words:?}");
            assert!(longest.len() > 40_000, "{words:?}");
        }
    }

    #[test]
    fn the_journal_and_the_file_answer_alike() {
        let Some((_directory, file)) = journal("patch16-units-console") else { return };
        let log = log().unwrap();
        let number = regex::Regex::new(r"#\d").unwrap();
        // Of a batch, lines of one millisecond may stand in another order, and so the rows.
        for (operation, is_batch) in [("send11-59", false), ("send11-28", true)] {
            let mut from_journal: Value =
                serde_json::from_str(&ask(&file, &["trace", operation, "-o", "json"])).unwrap();
            let mut from_file = log.ask_json(&["trace", operation]);
            // Only the journal knows which of the eight it was.
            for trace in [&mut from_journal, &mut from_file] {
                let text = trace.to_string();
                let plain = number.replace_all(&text, "").into_owned();
                *trace = serde_json::from_str(&plain).unwrap();
                if is_batch {
                    trace["rows"] = Value::Null;
                }
            }
            assert_eq!(from_journal, from_file, "{operation}");
        }
    }
}

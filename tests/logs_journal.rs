//! `openim-logs` on journals, beside `journalctl` and beside a reading of the export format.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on should say where")]

#[path = "support/missing.rs"]
mod missing;
#[path = "support/program.rs"]
mod program;
mod support;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use missing::recordings;
use openim_ops::openim::line::{Kind, Line, classify};
use serde_json::Value;
use support::{Running, openim_logs, openim_logs_std, run, split_zap, unpack, zap};

const REMOTE: &str = "/lib/systemd/systemd-journal-remote";

/// Makes a journal of text in the export format; a note where the tool for it is missing.
fn journal(directory: &Path, export: &[u8]) -> Option<PathBuf> {
    if !Path::new(REMOTE).exists() {
        missing::did_not_run(&format!("{REMOTE} is not installed (scripts/install-test-deps)"));
        return None;
    }
    let (file, text) = (directory.join("x.journal"), directory.join("x.export"));
    std::fs::write(&text, export).unwrap();
    let output = Command::new(REMOTE).arg("-o").arg(&file).arg(&text).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(file)
}

const BOOT: &str = "8dc4df31cf7c4c1c8a6b10fc7b9b44b0";

/// One entry in the export format.
fn entry(second: u64, fields: &[(&str, &str)]) -> Vec<u8> {
    entry_of_boot(BOOT, second, fields)
}

fn entry_of_boot(boot: &str, second: u64, fields: &[(&str, &str)]) -> Vec<u8> {
    let micros = second * 1_000_000;
    let mut text = format!(
        "__REALTIME_TIMESTAMP={micros}\n__MONOTONIC_TIMESTAMP={micros}\n_BOOT_ID={boot}\n_HOSTNAME=openimbox\n"
    )
    .into_bytes();
    for (name, value) in fields {
        let value = value.trim_end_matches('\n');
        text.extend(format!("{name}\n").bytes());
        text.extend((value.len() as u64).to_le_bytes());
        text.extend(value.bytes());
        text.push(b'\n');
    }
    text.push(b'\n');
    text
}

/// 2023-11-14 22:13:20 UTC.
const BEGIN: u64 = 1_700_000_000;

fn line(level: &str, service: &str, message: &str) -> String {
    zap("2023-11-14 22:13:20.000", level, service, message, r#"{"operationID": "op-1", "token": "abc123"}"#)
}

/// Every way in which OpenIM's lines get into a journal, and some that are none of its business.
fn ways() -> Vec<u8> {
    let unit = |unit: &'static str| ("_SYSTEMD_UNIT", unit);
    let priority = ("PRIORITY", "6");
    [
        entry(
            BEGIN,
            &[unit("openim-api.service"), priority, ("MESSAGE", &line("ERROR", "openim-api", "unit"))],
        ),
        entry(
            BEGIN + 1,
            &[unit("openim-push@3.service"), priority, ("MESSAGE", &line("WARN", "openim-push", "template"))],
        ),
        entry(
            BEGIN + 2,
            &[
                unit("openim-server.service"),
                ("SYSLOG_IDENTIFIER", "sh"),
                ("_COMM", "openim-rpc-conv"),
                priority,
                ("_CMDLINE", "/o/openim-rpc-conversation -i 0 -c /o/config/"),
                ("MESSAGE", "panic: by program"),
            ],
        ),
        entry(
            BEGIN + 3,
            &[
                ("CONTAINER_NAME", "openim-server"),
                ("PRIORITY", "3"),
                ("MESSAGE", &line("INFO", "openim-api", "container")),
            ],
        ),
        entry(BEGIN + 4, &[("SYSLOG_IDENTIFIER", "openim-push"), priority, ("MESSAGE", "identifier")]),
        entry(
            BEGIN + 5,
            &[
                unit("init.scope"),
                ("_PID", "1"),
                ("UNIT", "openim-push@3.service"),
                ("PRIORITY", "4"),
                ("MESSAGE", "openim-push@3.service: Failed with result 'exit-code'."),
            ],
        ),
        entry(
            BEGIN + 6,
            &[
                unit("etcd.service"),
                ("_COMM", "etcd"),
                ("PRIORITY", "3"),
                ("MESSAGE", "not of OpenIM: openim-api"),
            ],
        ),
        entry(
            BEGIN + 7,
            &[("_PID", "77"), ("UNIT", "openim-push@3.service"), ("PRIORITY", "3"), ("MESSAGE", "forged")],
        ),
    ]
    .concat()
}

fn values(file: &Path, args: &[&str]) -> Vec<Value> {
    let (out, err, _) = run(openim_logs().arg("--file").arg(file).args(["-o", "openim-json"]).args(args));
    assert_eq!(err, "");
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn messages(file: &Path, args: &[&str]) -> Vec<String> {
    values(file, args).iter().map(|value| value["msg"].as_str().unwrap().to_owned()).collect()
}

const FAILED: &str = "openim-push@3.service: Failed with result 'exit-code'.";

#[test]
fn every_way_into_the_journal_leads_to_the_service() {
    let directory = tempfile::tempdir().unwrap();
    let Some(file) = journal(directory.path(), &ways()) else { return };
    let all = ["unit", "template", "panic: by program", "container", "identifier", FAILED];
    assert_eq!(messages(&file, &[]), all);
    assert_eq!(messages(&file, &["api"]), ["unit", "container"]);
    assert_eq!(messages(&file, &["push"]), ["template", "identifier", FAILED]);
    assert_eq!(messages(&file, &["push#3"]), ["template", FAILED]);
    assert_eq!(messages(&file, &["conversation#0"]), ["panic: by program"]);
    assert_eq!(messages(&file, &["-u", "etcd"]), ["not of OpenIM: openim-api"]);
    assert_eq!(messages(&file, &["_SYSTEMD_UNIT=etcd.service"]), ["not of OpenIM: openim-api"]);
    assert_eq!(messages(&file, &["api", "PRIORITY=6"]), ["unit"]);
    let (people, _, _) = run(openim_logs().arg("--file").arg(&file).args(["-o", "openim", "-u", "etcd"]));
    assert!(people.contains("22:13:26.000 ERROR etcd          not of OpenIM"), "{people}");
    let template = &values(&file, &["push"])[0];
    assert_eq!((&template["instance"], &template["level"]), (&3.into(), &"WARN".into()));
}

#[test]
fn units_are_found_by_a_pattern_and_one_that_is_not_there_is_told_apart() {
    let directory = tempfile::tempdir().unwrap();
    let Some(file) = journal(directory.path(), &ways()) else { return };
    assert_eq!(messages(&file, &["-u", "openim-push@*"]), ["template", FAILED]);
    assert_eq!(messages(&file, &["-u", "openim-x*", "-u", "openim-[a-b]*"]), ["unit"]);
    let ask = |unit: &str| run(openim_logs().arg("--file").arg(&file).args(["-u", unit]));
    let said = "openim-logs: Failed to add filter for units: No data available:\n\
                no unit in the journal fits openim-x*\n";
    assert_eq!(ask("openim-x*"), (String::new(), said.to_owned(), 1));
    let (out, err, code) = ask("openim-apu");
    assert_eq!((out.as_str(), code), ("", 0));
    let said = "openim-logs: nothing from openim-apu.service in the journal;\n\
                that journal has no unit openim-apu.service;\nthere is openim-api.service";
    // What is known of this machine may follow.
    let rest = err.strip_prefix(said).unwrap_or_else(|| panic!("{err}"));
    assert!(rest == "\n" || rest.starts_with(";\n"), "{err}");
    let (_, err, _) = run(openim_logs().arg("--file").arg(&file).args(["-u", "openim-api", "-U", "@1"]));
    assert!(!err.contains("has no unit"), "{err}");
}

#[test]
fn an_instance_that_never_was_is_told_apart_from_one_that_is_silent() {
    let directory = tempfile::tempdir().unwrap();
    let Some(file) = journal(directory.path(), &ways()) else { return };
    let ask = |words: &[&str]| run(openim_logs().arg("--file").arg(&file).args(words));
    let (out, err, code) = ask(&["push#9"]);
    assert_eq!((out.as_str(), code), ("", 1), "{err}");
    let said = "openim-logs: nothing from push#9 in the journal;\n\
                there is no instance push#9, neither running nor in the logs;\nthere is push#3";
    assert!(err.starts_with(said), "{err}");
    let (_, err, code) = ask(&["conversation#4"]);
    assert!(code == 1 && err.contains("\nthere is rpc-conversation#0"), "{err}");
    // That one exists, and one of a service of which no number is known may.
    for words in [["push#3", "-U", "@1"], ["msgtransfer#9", "-U", "@1"]] {
        let (out, err, code) = ask(&words);
        assert_eq!((out.as_str(), code), ("", 0), "{err}");
        assert!(!err.contains("no instance"), "{err}");
    }
}

/// Docker's driver for containers of one service each; a web server besides, and what journald dropped.
fn containers() -> Vec<u8> {
    let of = |second: u64, name: &str, image: &str, message: &str| {
        let fields = [
            ("_SYSTEMD_UNIT", "docker.service"),
            ("_COMM", "dockerd"),
            ("CONTAINER_NAME", name),
            ("IMAGE_NAME", image),
            ("PRIORITY", "6"),
            ("MESSAGE", message),
        ];
        entry(BEGIN + second, &fields)
    };
    let dropped = |second: u64, unit: &str| {
        let fields = [
            ("_SYSTEMD_UNIT", "systemd-journald.service"),
            ("MESSAGE_ID", "a596d6fe7bfa4994828e72309e95d61e"),
            ("MESSAGE", &format!("Suppressed 7 messages from {unit}")),
        ];
        entry(BEGIN + second, &fields)
    };
    [
        of(0, "im-openim-api-1", "local/api", "panic: by name"),
        of(1, "dreamy_wing", "openim/openim-push:v3.8.3", &line("WARN", "openim-push", "by image")),
        of(2, "openim-web-front", "nginx", "GET / 200"),
        dropped(3, "docker.service"),
        dropped(4, "cron.service"),
    ]
    .concat()
}

#[test]
fn a_container_of_its_own_leads_to_the_service() {
    let directory = tempfile::tempdir().unwrap();
    let Some(file) = journal(directory.path(), &containers()) else { return };
    assert_eq!(messages(&file, &[]), ["panic: by name", "by image"]);
    assert_eq!(messages(&file, &["api"]), ["panic: by name"]);
    assert_eq!(messages(&file, &["push"]), ["by image"]);
    assert_eq!(values(&file, &["api"])[0]["service"], "api");
}

#[test]
fn lines_that_docker_lost_are_openims_where_its_containers_log_through_docker() {
    let directory = tempfile::tempdir().unwrap();
    let Some(file) = journal(directory.path(), &containers()) else { return };
    let gaps = |args: &[&str]| -> Vec<(String, u64)> {
        let (out, _, _) = run(openim_logs().args(["gaps", "-o", "json", "--file"]).arg(&file).args(args));
        let gaps: Value = serde_json::from_str(&out).unwrap();
        let row = |row: &Value| (row["unit"].as_str().unwrap().to_owned(), row["count"].as_u64().unwrap());
        gaps["gaps"].as_array().unwrap().iter().map(row).collect()
    };
    let docker = [("docker.service".to_owned(), 7)];
    assert_eq!(gaps(&[]), docker);
    assert_eq!(gaps(&["api"]), docker);
    assert_eq!(gaps(&["-U", "@1700000002"]), []);
    assert_eq!(gaps(&["rpc-user"]), [], "no container of it");
    assert_eq!(gaps(&["-u", "docker"]), []);
}

/// What journald says of lines that it did not take of a unit.
fn dropped(boot: &str, second: u64, unit: &str, count: u64) -> Vec<u8> {
    let fields = [
        ("_SYSTEMD_UNIT", "systemd-journald.service"),
        ("MESSAGE_ID", "a596d6fe7bfa4994828e72309e95d61e"),
        ("OBJECT_SYSTEMD_UNIT", unit),
        ("_UID", "0"),
        ("MESSAGE", &format!("Suppressed {count} messages from {unit}")),
    ];
    entry_of_boot(boot, BEGIN + second, &fields)
}

/// The boot before.
const BEFORE: &str = "11111111111111111111111111111111";

#[test]
fn what_was_dropped_in_another_boot_is_not_told_of_the_one_that_is_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let of_container = |boot: &str, second| {
        let fields = [("_SYSTEMD_UNIT", "docker.service"), ("CONTAINER_NAME", "openim-server")];
        entry_of_boot(boot, BEGIN + second, &[&fields[..], &[("MESSAGE", "x")]].concat())
    };
    let export = [
        of_container(BEFORE, 0),
        dropped(BEFORE, 1, "docker.service", 7),
        dropped(BEFORE, 2, "openim-api.service", 5),
        of_container(BOOT, 3),
        dropped(BOOT, 4, "docker.service", 20),
        dropped(BOOT, 5, "openim-api.service", 1),
    ]
    .concat();
    let Some(file) = journal(directory.path(), &export) else { return };
    let ask = |verb: &str, boot: &str| {
        let (out, err, code) = run(openim_logs().args([verb, "-o", "json", boot, "--file"]).arg(&file));
        assert_eq!(code, 0, "{err}");
        serde_json::from_str::<Value>(&out).unwrap()
    };
    for (boot, counts) in [("-b1", vec![5, 7]), ("-b0", vec![1, 20]), ("--boot=all", vec![1, 5, 7, 20])] {
        let gaps = ask("gaps", boot);
        let count = |row: &Value| row["count"].as_u64().unwrap();
        let mut found: Vec<u64> = gaps["gaps"].as_array().unwrap().iter().map(count).collect();
        found.sort_unstable();
        assert_eq!(found, counts, "{boot}");
        let doctor = ask("doctor", boot).to_string();
        for count in [5, 7] {
            let of = ["docker.service", "openim-api.service"][usize::from(count == 5)];
            let said = format!("dropped {count} lines of {of}:");
            assert_eq!(doctor.contains(&said), boot == "-b1", "{boot}: {doctor}");
        }
    }
    for verb in ["gaps", "doctor"] {
        let (_, err, code) = run(openim_logs().args([verb, "-b-7", "--file"]).arg(&file));
        assert!(err.contains("Data from the specified boot (-7) is not available") && code == 1, "{err}");
    }
}

#[test]
fn what_was_dropped_of_a_service_that_nobody_asked_for_is_no_reason() {
    let directory = tempfile::tempdir().unwrap();
    let text = line("INFO", "openim-rpc-user", "x");
    let of_user = [("_SYSTEMD_UNIT", "openim-rpc-user.service"), ("MESSAGE", text.as_str())];
    let export = [entry(BEGIN, &of_user), dropped(BOOT, 1, "openim-api.service", 3120)].concat();
    let Some(file) = journal(directory.path(), &export) else { return };
    let reasons =
        |words: &[&str]| run(openim_logs().args(words).args(["-L", "fatal", "--file"]).arg(&file)).1;
    let alone = "openim-logs: nothing from rpc in the journal that the filter admits\n";
    assert_eq!(reasons(&["rpc"]), alone);
    for words in [&["api"][..], &["-u", "openim-api"], &[]] {
        assert!(reasons(words).contains("\njournald dropped 3,120 lines of openim-api.service"), "{words:?}");
    }
}

#[test]
fn a_container_is_said_not_to_tell_its_instances_apart() {
    let directory = tempfile::tempdir().unwrap();
    let Some(file) = journal(directory.path(), &containers()) else { return };
    let (out, err, _) = run(openim_logs().arg("push#1").arg("--file").arg(&file));
    let said = "openim-logs: nothing from push#1 in the journal;\n\
                no unit and no command line in the journal has a number of push";
    assert!(out.is_empty() && err.starts_with(said), "{err}");
}

#[test]
fn what_files_have_lost_nobody_knows_and_what_is_lost_has_nothing_to_filter() {
    let deployment = support::Deployment::new();
    deployment.write("2023-11-14", &[line("ERROR", "openim-api", "x")]);
    let refused = |command: &mut assert_cmd::Command, said: &str| {
        let (out, err, code) = run(command);
        assert_eq!((out.as_str(), err, code), ("", format!("openim-logs: {said}\n"), 64));
    };
    let no_journal = "Gaps are told only by entries of the journal: --source journal";
    refused(openim_logs().args(["gaps", "-"]).write_stdin(line("ERROR", "openim-api", "x")), no_journal);
    refused(deployment.logs().arg("gaps"), no_journal);
    let filters = "gaps tells of what is lost, which has no text to filter: \
                   leave out -L, -p, -g, --op and the like";
    for filter in ["-L=warn", "-p=4", "-gx", "--op=op-1", "--where=a=b", "--slow=1s", "--code=7"] {
        refused(openim_logs().args(["gaps", "-D", "/nowhere", filter]), filters);
    }
}

/// Gives the entries of a journal other numbers, by the times that they have.
fn renumber(file: &Path, numbers: &[(u64, u64)]) {
    let mut bytes = std::fs::read(file).unwrap();
    for (old, (second, new)) in (1_u64..).zip(numbers) {
        let stamp = [old, (BEGIN + second) * 1_000_000].map(u64::to_le_bytes).concat();
        let at = memchr::memmem::find(&bytes, &stamp).unwrap();
        bytes[at..at + 8].copy_from_slice(&new.to_le_bytes());
    }
    std::fs::write(file, bytes).unwrap();
}

#[test]
fn entries_that_are_missing_are_told_of_the_boot_that_is_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let at = |boot: &str, second| entry_of_boot(boot, BEGIN + second, &[("MESSAGE", "x")]);
    let export = [at(BEFORE, 0), at(BEFORE, 1), at(BOOT, 2), at(BEFORE, 3), at(BOOT, 4)].concat();
    let Some(file) = journal(directory.path(), &export) else { return };
    let gaps = |words: &[&str]| -> Vec<Value> {
        let (out, _, _) =
            run(openim_logs().args(["gaps", "-o", "json", "-D"]).arg(directory.path()).args(words));
        let gaps: Value = serde_json::from_str(&out).unwrap();
        gaps["gaps"].as_array().unwrap().iter().map(|row| row["count"].clone()).collect()
    };
    // Boots that take turns in one sequence have lost nothing.
    let [before, this] = [BEFORE, BOOT].map(|boot| format!("--boot={boot}"));
    assert!(gaps(&[]).is_empty() && gaps(&[&before]).is_empty() && gaps(&[&this]).is_empty());
    // The log does not begin with a boot before which there was another.
    let since = ["-S", "2023-11-14 22:00:00"];
    assert_eq!(gaps(&[&since[..], &[&before]].concat()), [Value::Null]);
    assert!(gaps(&[&since[..], &[&this]].concat()).is_empty());
    renumber(&file, &[(0, 1), (1, 12), (2, 13), (3, 14), (4, 35)]);
    assert_eq!(gaps(&[]), [10, 20]);
    assert_eq!((gaps(&[&before]), gaps(&[&this])), (vec![10.into()], vec![20.into()]));
}

#[test]
fn a_process_whose_core_was_dumped_has_crashed() {
    let directory = tempfile::tempdir().unwrap();
    let text = "openim-push@3.service: Main process exited, code=dumped, status=6/ABRT";
    let export = entry(BEGIN, &[("_PID", "1"), ("UNIT", "openim-push@3.service"), ("MESSAGE", text)]);
    let Some(file) = journal(directory.path(), &export) else { return };
    let (out, _, _) = run(openim_logs().args(["panics", "--file"]).arg(&file));
    assert!(out.ends_with("22:13:20  push#3        FATAL      killed by SIGABRT, core dumped\n"), "{out}");
}

#[test]
fn levels_are_true_where_journalctl_finds_none() {
    let directory = tempfile::tempdir().unwrap();
    let Some(file) = journal(directory.path(), &ways()) else { return };
    assert_eq!(messages(&file, &["-L", "error"]), ["unit", "panic: by program"]);
    assert_eq!(messages(&file, &["-p", "warning"]), ["unit", "template", "panic: by program", FAILED]);
    assert_eq!(messages(&file, &["-L", "error", "-n", "1"]), ["panic: by program"]);
    assert_eq!(messages(&file, &["-r", "-n", "2", "push"]), [FAILED, "identifier"]);
    let theirs = Command::new("journalctl")
        .args(["-p", "err", "-q", "-o", "cat", "-u", "openim-api.service", "--file"])
        .arg(&file)
        .output()
        .unwrap();
    assert_eq!(theirs.stdout, b"");
}

#[test]
fn a_record_in_two_entries_is_one() {
    let directory = tempfile::tempdir().unwrap();
    let mut export = Vec::new();
    for n in 0..4 {
        let text = split_zap(
            "2025-02-12 12:00:00.000",
            "WARN",
            "openim-push",
            &format!("m{n}"),
            r#"{"operationID": "o"}"#,
        );
        for half in text.lines() {
            let fields = [
                ("_SYSTEMD_UNIT", "openim-push@1.service"),
                ("_PID", "9"),
                ("PRIORITY", "6"),
                ("MESSAGE", half),
            ];
            export.extend(entry(BEGIN + n, &fields));
        }
        export.extend(entry(BEGIN + n, &[("_SYSTEMD_UNIT", "openim-api.service"), ("MESSAGE", "between")]));
    }
    let Some(file) = journal(directory.path(), &export) else { return };
    let all = ["m0", "between", "m1", "between", "m2", "between", "m3", "between"];
    assert_eq!(messages(&file, &[]), all);
    assert_eq!(messages(&file, &["-r", "push"]), ["m3", "m2", "m1", "m0"]);
    assert_eq!(messages(&file, &["-n", "3"]), all[5..]);
    assert_eq!(messages(&file, &["-n", "2", "-L", "warn", "--op", "o"]), ["m2", "m3"]);
}

#[test]
fn times_tails_and_forms() {
    let directory = tempfile::tempdir().unwrap();
    let Some(file) = journal(directory.path(), &ways()) else { return };
    assert_eq!(messages(&file, &["-S", "@1700000004"]), ["identifier", FAILED]);
    assert_eq!(messages(&file, &["-U", "@1700000001"]), ["unit", "template"]);
    assert_eq!(
        messages(&file, &["-S", "@1700000001", "-U", "@1700000003", "-r"]),
        ["container", "panic: by program", "template"]
    );
    assert_eq!(messages(&file, &["-n", "2", "-U", "@1700000001"]), ["unit", "template"]);
    assert_eq!(messages(&file, &["-n", "2", "-S", "@1700000005"]), [FAILED]);
    let logs = |args: &[&str]| run(openim_logs().arg("--file").arg(&file).args(args)).0;
    let short = logs(&["-n", "1"]);
    assert_eq!(short, format!("Nov 14 22:13:25 openimbox unknown[1]: {FAILED}\n"));
    let json: Value = serde_json::from_str(&logs(&["-o", "json", "-n", "1", "api"])).unwrap();
    assert!(
        json["MESSAGE"].as_str().unwrap().starts_with("2023-11-14 22:13:20.000\tINFO\t[PID:512]"),
        "{json}"
    );
    assert!(json["MESSAGE"].as_str().unwrap().ends_with("\"token\": \"***\"}"), "{json}");
    assert_eq!(json["CONTAINER_NAME"], "openim-server");
    assert!(json["__CURSOR"].as_str().unwrap().contains(";b=8dc4df31cf7c4c1c8a6b10fc7b9b44b0;"), "{json}");
    let cat = logs(&["-o", "cat", "-n", "1", "api"]);
    assert_eq!(cat, line("INFO", "openim-api", "container"));
}

#[test]
fn a_log_that_was_quiet_has_lost_nothing_and_one_that_begins_later_has() {
    let directory = tempfile::tempdir().unwrap();
    let unit = ("_SYSTEMD_UNIT", "openim-api.service");
    let at = |second| entry(BEGIN + second, &[("MESSAGE", &line("INFO", "openim-api", "x")), unit]);
    let Some(file) = journal(directory.path(), &[at(0), at(1000)].concat()) else { return };
    let gaps = |since: &str| {
        run(openim_logs().args(["gaps", "--utc", "--since", since, "--file"]).arg(&file).env("TZ", "UTC"))
    };
    let nothing = "openim-logs: nothing is known to be lost of OpenIM in the journal in that time\n";
    assert_eq!(gaps("2023-11-14 22:20:00"), (String::new(), nothing.to_owned(), 0));
    assert!(gaps("2023-11-14 22:00:00").0.contains("the journal begins here"));
    let (text, _, _) = gaps("2023-11-14 22:00:00");
    assert!(text.ends_with("begins here with number 1: nothing before it is known\n"), "{text}");
    renumber(&file, &[(0, 7), (1000, 8)]);
    let (text, _, _) = gaps("2023-11-14 22:00:00");
    assert!(text.ends_with("the journal begins here: what was before is rotated away\n"), "{text}");
}

/// Of four instances in one container three go on writing; only the first word of a process tells that it is back.
#[test]
fn an_instance_is_back_when_it_starts_and_not_when_another_one_writes() {
    let directory = tempfile::tempdir().unwrap();
    let container = [("CONTAINER_NAME", "openim-server"), ("CONTAINER_ID_FULL", "8dc4df31cf7c")];
    let at = |second, text: &str| entry(BEGIN + second, &[&[("MESSAGE", text)], &container[..]].concat());
    let of = |pid: u32, message: &str| {
        line("INFO", "openim-msgtransfer", message).replace("[PID:512]", &format!("[PID:{pid}]"))
    };
    let dump = [
        "panic: boom",
        "",
        "goroutine 1 [running]:",
        "main.main()",
        "\t/openim-server/pkg/common/cmd/msg_transfer.go:61 +0x1d",
    ];
    let dump = dump.into_iter().flat_map(|text| at(10, text));
    let before = at(1, &of(1, "before"));
    let after =
        [at(20, &of(2, "another one")), at(30, &of(3, "MSG-TRANSFER server is initializing"))].concat();
    let text: Vec<u8> = before.into_iter().chain(dump).chain(after).collect();
    let Some(file) = journal(directory.path(), &text) else { return };
    let (out, _, _) = run(openim_logs().args(["panics", "--utc", "-o", "json", "--file"]).arg(&file));
    let panics: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(panics["panics"][0]["back"], "2023-11-14T22:13:50.000000Z", "{out}");
}

#[test]
fn a_directory_of_journals_is_read_whole() {
    let directory = tempfile::tempdir().unwrap();
    let Some(_) = journal(directory.path(), &ways()) else { return };
    let (out, _, _) =
        run(openim_logs().arg("-D").arg(directory.path()).args(["-o", "cat", "push#3", "-p", "4"]));
    assert!(out.ends_with(&format!("{FAILED}\n")), "{out}");
    let (_, err, code) = run(openim_logs().args(["-D", "/nowhere"]));
    assert_eq!(
        (err.as_str(), code),
        ("openim-logs: open /nowhere: No such file or directory (os error 2)\n", 75)
    );
}

#[test]
fn nothing_is_explained_by_the_configuration_that_keeps_it_away() {
    let directory = tempfile::tempdir().unwrap();
    let Some(file) = journal(directory.path(), &ways()) else { return };
    let deployment = support::Deployment::new();
    let (out, err, code) =
        run(openim_logs().arg("--file").arg(&file).arg("--root").arg(deployment.root()).arg("user"));
    assert_eq!((out.as_str(), code), ("", 0));
    assert!(err.starts_with("openim-logs: nothing from rpc-user in the journal;\n"), "{err}");
    assert!(err.contains("config/log.yml:3 has isStdout: false, so it writes to "), "{err}");
    assert!(err.contains("_output/logs:\ntry --source files, or set IMENV_LOG_ISSTDOUT"), "{err}");
}

#[test]
fn a_copied_journal_is_not_explained_by_a_deployment_of_this_host() {
    let directory = tempfile::tempdir().unwrap();
    let Some(file) = journal(directory.path(), &ways()) else { return };
    let deployment = support::Deployment::new();
    let config = deployment.root().join("config");
    std::fs::write(config.join("log.yml"), "isStdout: false\nremainLogLevel: 3\n").unwrap();
    let here = || {
        let mut command = openim_logs();
        command.env("OPENIM_ROOT", deployment.root());
        command
    };
    let (out, _, _) = run(here().args(["doctor", "--file"]).arg(&file));
    assert!(out.starts_with("nothing is known to keep the lines of "), "{out}");
    let (_, err, _) = run(here().arg("user").arg("--file").arg(&file));
    assert!(err.starts_with("openim-logs: nothing from rpc-user") && !err.contains("log.yml"), "{err}");
    let (out, _, _) = run(here().args(["doctor", "--config"]).arg(&config).arg("--file").arg(&file));
    assert!(out.contains("isStdout: false") && out.contains("remainLogLevel: 3"), "{out}");
}

#[test]
fn doctor_says_what_keeps_the_question_itself_from_being_answered() {
    let directory = tempfile::tempdir().unwrap();
    let Some(file) = journal(directory.path(), &ways()) else { return };
    let [text, empty] = ["text", "empty"].map(|name| directory.path().join(name));
    std::fs::write(&text, "no journal\n").unwrap();
    std::fs::create_dir(&empty).unwrap();
    let deployment = support::Deployment::new();
    let path = |path: &Path| path.display().to_string();
    let root = path(deployment.root());
    for words in [
        ["-D", &path(&empty)].as_slice(),
        &["-D", &path(&directory.path().join("nosuch"))],
        &["--file", &path(&text)],
        &["--file", &path(&empty)],
        &["--file", &path(&file), "-u", "openim-x*"],
        &["--file", &path(&file), "-u", "openim-apu"],
        &["--file", &path(&file), "push#99"],
        &["--source", "files", "--root", &root],
    ] {
        if words.contains(&"--root") {
            std::fs::remove_dir_all(deployment.root().join("_output/logs")).unwrap();
        }
        let (_, said, _) = run(openim_logs().args(words));
        let (out, err, code) = run(openim_logs().arg("doctor").args(words));
        assert_eq!((err.as_str(), code), ("", 0), "{words:?}");
        let mut lines = out.lines();
        assert!(lines.next().is_some_and(|line| said.contains(line)), "{words:?}: {said}{out}");
        assert!(lines.next().is_some_and(|line| line.starts_with("  ")), "{words:?}: {out}");
        let (json, _, _) = run(openim_logs().args(["doctor", "-o", "json"]).args(words));
        let json: Value = serde_json::from_str(&json).unwrap();
        let id = if words.iter().any(|word| ["openim-apu", "push#99"].contains(word)) {
            "unknown-name"
        } else {
            "unreadable"
        };
        assert_eq!(json["reasons"][0]["id"], id, "{words:?}");
    }
}

/// Whoever may read everything, as somebody who may not.
fn as_nobody(directory: &Path, words: &[&str]) -> std::process::Output {
    // The program may be where only its owner looks.
    let program = directory.join("openim-logs");
    if !program.exists() {
        program::put(env!("CARGO_BIN_EXE_openim-logs"), &program);
    }
    let mut command = if rustix::process::getuid().is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&program);
        command
    } else {
        Command::new(&program)
    };
    command.args(words).current_dir("/").output().unwrap()
}

#[test]
fn a_file_that_may_not_be_read_is_told_wherever_it_is() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let set = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    set(directory.path(), 0o755);
    let place = directory.path().join("journals");
    std::fs::create_dir(&place).unwrap();
    let Some(file) = journal(directory.path(), &ways()) else { return };
    let [hidden, seen] = ["a.journal", "b.journal"].map(|name| place.join(name));
    std::fs::rename(file, &seen).unwrap();
    std::fs::copy(&seen, &hidden).unwrap();
    set(&hidden, 0o000);
    set(&seen, 0o644);
    let deployment = support::Deployment::new();
    set(deployment.root(), 0o755);
    deployment.write("2023-11-14", &[line("INFO", "openim-api", "x")]);
    set(&deployment.log("2023-11-14"), 0o000);
    let ask = |words: &[&str]| {
        let output = as_nobody(directory.path(), words);
        [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap())
    };
    let place = place.to_str().unwrap();
    let said = format!("you may not read {}", hidden.display());
    let told = format!("openim-logs: {said}:\nrun as root or join the group systemd-journal\n");
    for words in [["-D", place, "--count"].as_slice(), &["trace", "op-1", "-D", place]] {
        let [out, err] = ask(words);
        assert!(!out.is_empty() && err == told, "{words:?}: {err}");
    }
    let [out, err] = ask(&["trace", "op-none", "-D", place]);
    assert_eq!(out, "");
    assert!(err.starts_with(&told) && err.matches("you may not read").count() == 1, "{err}");
    assert_eq!(ask(&["-D", place, "--count", "-q"])[1], "");
    assert!(ask(&["--list-invocations", "-D", place])[1].starts_with(&told));
    let fix = "\n  run as root or join the group systemd-journal\n";
    assert_eq!(ask(&["doctor", "-D", place])[0], format!("{said}{fix}"));
    std::fs::remove_file(&seen).unwrap();
    assert_eq!(ask(&["doctor", "-D", place])[0], format!("{said}{fix}"));
    let root = deployment.root().to_str().unwrap();
    let log = deployment.log("2023-11-14").display().to_string();
    let [out, _] = ask(&["doctor", "--source", "files", "--root", root]);
    assert!(out.starts_with(&format!("read {log}: Permission denied (os error 13)\n  run as root")), "{out}");
}

/// A deployment whose logger wrote one line a second to its file, and a journal with systemd's words in between.
fn two_sources(directory: &Path) -> Option<(support::Deployment, PathBuf)> {
    // 2025-03-04 10:00:00 UTC.
    const TEN: u64 = 1_741_082_400;
    let deployment = support::Deployment::new();
    let at = |second: u64| format!("2025-03-04 10:00:{second:02}.000");
    let lines: Vec<String> =
        (0..6).map(|n| zap(&at(2 * n), "INFO", "openim-rpc-user", &format!("line {n}"), "")).collect();
    deployment.write("2025-03-04", &lines);
    let words: Vec<u8> = [(1, "Started openim-rpc-user.service."), (5, "openim-rpc-user.service: Failed.")]
        .into_iter()
        .flat_map(|(second, text)| {
            let fields = [("_PID", "1"), ("UNIT", "openim-rpc-user.service"), ("MESSAGE", text)];
            entry(TEN + second, &fields)
        })
        .collect();
    Some((deployment, journal(directory, &words)?))
}

#[test]
fn two_sources_are_one_stream_by_time() {
    let directory = tempfile::tempdir().unwrap();
    let Some((deployment, file)) = two_sources(directory.path()) else { return };
    let shown = |args: &[&str]| -> Vec<String> {
        let mut command = openim_logs();
        command.args(["--source", "journal,files", "--template", "{msg}", "--root"]).arg(deployment.root());
        let (out, err, code) = run(command.arg("--file").arg(&file).args(args).arg("user"));
        assert_eq!((err.as_str(), code), ("", 0), "{args:?}");
        out.lines().map(str::to_owned).collect()
    };
    let all = [
        "line 0",
        "Started openim-rpc-user.service.",
        "line 1",
        "line 2",
        "openim-rpc-user.service: Failed.",
        "line 3",
        "line 4",
        "line 5",
    ];
    assert_eq!(shown(&[]), all);
    assert_eq!(shown(&["-n", "4"]), all[4..]);
    let mut newest_first = all;
    newest_first.reverse();
    assert_eq!(shown(&["-r"]), newest_first);
    assert_eq!(shown(&["-r", "-n", "5"]), newest_first[..5]);
}

#[test]
fn the_last_of_two_sources_stand_under_their_day() {
    let directory = tempfile::tempdir().unwrap();
    let Some((deployment, file)) = two_sources(directory.path()) else { return };
    let mut command = openim_logs();
    command.args(["--source", "journal,files", "-o", "openim", "-n", "4", "--root"]).arg(deployment.root());
    let (out, _, _) = run(command.arg("--file").arg(&file));
    assert!(out.starts_with("-- 2025-03-04 --\n10:00:05.000 "), "{out}");
    assert_eq!(out.matches("-- 2025").count(), 1, "{out}");
}

#[test]
fn a_boot_is_said_above_the_first_line_of_it_that_is_shown() {
    const NEXT: &str = "11111111111111111111111111111111";
    let directory = tempfile::tempdir().unwrap();
    let lines = [(BOOT, "ERROR", "e1"), (NEXT, "INFO", "a"), (NEXT, "INFO", "b"), (NEXT, "ERROR", "e2")];
    let export: Vec<u8> = (0..)
        .zip(lines)
        .flat_map(|(second, (boot, level, message))| {
            let text = line(level, "openim-api", message);
            entry_of_boot(
                boot,
                BEGIN + second,
                &[("_SYSTEMD_UNIT", "openim-api.service"), ("MESSAGE", &text)],
            )
        })
        .collect();
    let Some(file) = journal(directory.path(), &export) else { return };
    let args = ["-o", "short", "-L", "error", "-B", "1"];
    let (out, _, _) = run(openim_logs().arg("--file").arg(&file).args(args));
    let starts: Vec<String> = out.lines().map(|line| line.chars().take(15).collect()).collect();
    let expected =
        ["Nov 14 22:13:20", "--", "-- Boot 1111111", "Nov 14 22:13:22", "Nov 14 22:13:23"].map(str::to_owned);
    assert_eq!(starts, expected, "{out}");
}

#[test]
fn the_loggers_files_are_read_too_where_it_writes_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let Some((deployment, _)) = two_sources(directory.path()) else { return };
    let user = |args: &[&str]| run(openim_logs().arg("--root").arg(deployment.root()).args(args).arg("user"));
    let (out, err, code) = user(&[]);
    assert_eq!((out.lines().count(), code), (6, 0), "{err}");
    let log = deployment.root().join("config/log.yml");
    let expected = format!("openim-logs: {}:3 has isStdout: false;\nreading ", log.display());
    assert!(
        err.starts_with(&expected) && err.ends_with("_output/logs too (--source journal to insist)\n"),
        "{err}"
    );
    assert_eq!(user(&["-q"]).1, "");
    assert_eq!(user(&["--source", "journal"]).0, "");
}

#[test]
fn follow_shows_a_line_well_under_a_second_after_it_was_written() {
    let directory = tempfile::tempdir().unwrap();
    let Some(file) = journal(directory.path(), &ways()) else { return };
    let mut writer = Command::new(REMOTE)
        .arg("-o")
        .arg(&file)
        .arg("-")
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = writer.stdin.take().unwrap();
    let mut command = openim_logs_std();
    command.args(["-f", "-o", "cat", "-n", "1", "push", "--file"]).arg(&file);
    let running = Running::start(command);
    assert_eq!(running.line(), FAILED);
    let mut worst = Duration::ZERO;
    for n in 0..5 {
        let text = format!("written {n}");
        let fields =
            [("_SYSTEMD_UNIT", "openim-push@3.service"), ("PRIORITY", "6"), ("MESSAGE", text.as_str())];
        let other = [("_SYSTEMD_UNIT", "openim-api.service"), ("MESSAGE", "another service")];
        let begin = Instant::now();
        stdin.write_all(&[entry(BEGIN + 10 + n, &other), entry(BEGIN + 10 + n, &fields)].concat()).unwrap();
        stdin.flush().unwrap();
        assert_eq!(running.line(), text);
        worst = worst.max(begin.elapsed());
    }
    drop(stdin);
    writer.wait().unwrap();
    eprintln!("written to shown, the worst of five: {worst:?}");
    assert!(worst < Duration::from_secs(1), "{worst:?}");
}

/// The fields of an entry that decide.
type Fields = BTreeMap<String, Vec<u8>>;

/// Reads the export format: `NAME=value`, or `NAME`, eight bytes of length, and the value.
fn parse_export(mut bytes: &[u8]) -> Vec<Fields> {
    let mut entries = Vec::new();
    let mut fields = Fields::new();
    while !bytes.is_empty() {
        let end = bytes.iter().position(|&byte| byte == b'\n').unwrap_or(bytes.len());
        let (line, rest) = (&bytes[..end], &bytes[(end + 1).min(bytes.len())..]);
        bytes = rest;
        if line.is_empty() {
            if !fields.is_empty() {
                entries.push(std::mem::take(&mut fields));
            }
        } else if let Some(equals) = line.iter().position(|&byte| byte == b'=') {
            fields.insert(String::from_utf8(line[..equals].to_vec()).unwrap(), line[equals + 1..].to_vec());
        } else {
            let length = usize::try_from(u64::from_le_bytes(rest[..8].try_into().unwrap())).unwrap();
            fields.insert(String::from_utf8(line.to_vec()).unwrap(), rest[8..8 + length].to_vec());
            bytes = &rest[8 + length + 1..];
        }
    }
    entries.extend((!fields.is_empty()).then_some(fields));
    entries
}

/// Level and module by an expression over the message, for what the logger wrote.
fn zap_of(message: &[u8]) -> Option<(String, String)> {
    let expression = regex::bytes::Regex::new(
        r#"(?-u)^(?:[-\d]{10} [:\d]{8}\.\d{3}\t\x1b\[\d+m([A-Z]+)\x1b\[0m\t\S+ *\S*\t\x1b\[\d+mopenim-([a-z-]+)|\{"level":"([A-Z]+)","time":"[^"]+","logger":"openim-([a-z-]+)")"#,
    )
    .unwrap();
    let found = expression.captures(message)?;
    let group =
        |a, b| String::from_utf8(found.get(a).or_else(|| found.get(b)).unwrap().as_bytes().to_vec()).unwrap();
    Some((group(2, 4), group(1, 3)))
}

#[test]
fn a_real_journal_has_the_lines_and_levels_that_another_reading_finds() {
    let Some(recordings) = recordings() else { return };
    for name in ["patch16-units-console", "patch16-units-json", "patch16-one-unit", "docker-journald"] {
        let directory = tempfile::tempdir().unwrap();
        let export = unpack(&recordings.join(format!("{name}.export.zst")));
        let Some(file) = journal(directory.path(), &export) else { return };
        let entries = parse_export(&export);
        let mut expected: BTreeMap<(String, String), u64> = BTreeMap::new();
        for zap in entries.iter().filter_map(|fields| zap_of(fields.get("MESSAGE")?)) {
            *expected.entry(zap).or_default() += 1;
        }
        let mut counted: BTreeMap<(String, String), u64> = BTreeMap::new();
        for value in values(&file, &[]) {
            if value["caller"].is_string() {
                let word = |name: &str| value[name].as_str().unwrap().to_owned();
                *counted.entry((word("service"), word("level"))).or_default() += 1;
            }
        }
        eprintln!("{name}: {} entries, {} of the logger", entries.len(), expected.values().sum::<u64>());
        assert!(expected.len() > 3, "{name}: {expected:?}");
        assert_eq!(counted, expected, "{name}");
        let errors: u64 =
            expected.iter().filter(|((_, level), _)| level == "ERROR").map(|(_, count)| count).sum();
        let mut found = values(&file, &["-L", "error..error"]);
        found.retain(|value| value["caller"].is_string());
        assert_eq!(found.len() as u64, errors, "{name}");
    }
}

/// Each service of a deployment with a unit for each: the same entries as journalctl, in the same order.
/// The logger of a real deployment wrote each record twice, but for its first words: to the journal and to its file.
#[test]
fn a_real_journal_and_the_file_beside_it_are_one_stream_in_which_nothing_comes_twice() {
    let Some(recordings) = recordings() else { return };
    for name in ["patch16-units-console", "patch16-units-json"] {
        let directory = tempfile::tempdir().unwrap();
        let export = unpack(&recordings.join(format!("{name}.export.zst")));
        let Some(file) = journal(directory.path(), &export) else { return };
        let deployment = support::Deployment::new();
        let log = unpack(&recordings.join(format!("{name}.openim-service-log.2026-11-23.zst")));
        std::fs::write(deployment.log("2026-11-23"), &log).unwrap();
        let texts = |source: &str, args: &[&str]| -> Vec<String> {
            let mut command = openim_logs();
            command.args(["--source", source, "-o", "cat", "--file"]).arg(&file);
            let (out, err, code) = run(command.arg("--root").arg(deployment.root()).args(args));
            assert_eq!((err.as_str(), code), ("", 0));
            let mut lines: Vec<String> = out.lines().map(str::to_owned).collect();
            lines.sort_unstable();
            lines
        };
        let alone = texts("journal", &[]);
        assert!(alone.len() > 1000 && log.len() > 1_000_000, "{name}");
        for args in [&[][..], &["-r"], &["-n", "100000"]] {
            assert_eq!(texts("journal,files", args), alone, "{name} {args:?}");
        }
        // What only journald noted is there, whichever copy comes first.
        let parsed = |source: &str, args: &[&str]| {
            let mut command = openim_logs();
            command.args(["--source", source, "-o", "openim-json", "--file"]).arg(&file);
            run(command.arg("--root").arg(deployment.root()).args(args)).0
        };
        for args in
            [&["msgtransfer#2"][..], &["-L", "error", "-r"], &["-L", "error", "-n", "3"], &["-L", "error"]]
        {
            let alone = parsed("journal", args);
            assert!(alone.contains("\"instance\":"), "{name} {args:?}");
            assert_eq!(parsed("journal,files", args), alone, "{name} {args:?}");
        }
        assert_eq!(texts("journal,files", &["-n", "300"]).len(), texts("journal", &["-n", "300"]).len());
    }
}

#[test]
fn journalctl_agrees_on_which_entries_there_are() {
    let Some(recordings) = recordings() else { return };
    let directory = tempfile::tempdir().unwrap();
    let export = unpack(&recordings.join("patch16-units-console.export.zst"));
    let Some(file) = journal(directory.path(), &export) else { return };
    let theirs = |args: &[&str]| -> Vec<String> {
        let output =
            Command::new("journalctl").args(["-q", "-o", "export", "--file"]).arg(&file).args(args).output();
        parse_export(&output.unwrap().stdout)
            .into_iter()
            // The lines of a dump are one record.
            .filter(|fields| {
                !matches!(classify(&fields["MESSAGE"]), Line::Other(Kind::Goroutine | Kind::Frame))
            })
            .map(|mut fields| String::from_utf8(fields.remove("__CURSOR").unwrap()).unwrap())
            .collect()
    };
    let ours = |args: &[&str]| -> Vec<String> {
        let (out, _, _) = run(openim_logs().arg("--file").arg(&file).args(["-o", "json"]).args(args));
        let cursor = |line: &str| {
            serde_json::from_str::<Value>(line).unwrap()["__CURSOR"].as_str().unwrap().to_owned()
        };
        out.lines().map(cursor).collect()
    };
    for (service, unit) in [
        ("api", "openim-api.service"),
        ("friend", "openim-rpc-friend.service"),
        ("third", "openim-rpc-third.service"),
        ("crontask", "openim-crontask.service"),
        ("push", "openim-push@*.service"),
        ("push#5", "openim-push@5.service"),
        ("msgtransfer#3", "openim-msgtransfer@3.service"),
        ("all", "openim-*.service"),
    ] {
        let entries = theirs(&["-u", unit]);
        assert!(!entries.is_empty());
        assert_eq!(ours(&[service]), entries, "{service}");
        let last = &entries[entries.len().saturating_sub(7)..];
        assert_eq!(ours(&[service, "-n", "7"]), last, "{service}");
        let mut reverse = entries.clone();
        reverse.reverse();
        assert_eq!(ours(&[service, "-r"]), reverse, "{service}");
    }
    let unit = "openim-push@5.service";
    let bounds = ["-S", "2026-11-23 19:55:30", "-U", "2026-11-23 19:56:00"];
    assert_eq!(
        ours(&[&["-u", unit, "--utc"][..], &bounds].concat()),
        theirs(&[&["-u", unit][..], &bounds].concat())
    );
}

/// What a query reads, without anything above the reader.
#[test]
fn a_query_bounds_ends_and_turns_the_reading_itself() {
    use openim_ops::journal::{Clause, Engine, Id128, Match, Order, Place, Query, Start, Step, open};
    use openim_ops::time::Timestamp;

    let directory = tempfile::tempdir().unwrap();
    let Some(file) = journal(directory.path(), &ways()) else { return };
    let mut reader = open(Engine::BUILT_IN.first().copied(), &Place::Files(vec![file])).unwrap().reader;
    let mut seconds = |query: Query| -> Vec<u64> {
        reader.restart(&query).unwrap();
        let mut seconds = Vec::new();
        while let Step::Entry(entry) = reader.next().unwrap() {
            seconds.push(entry.realtime().micros() / 1_000_000 - BEGIN);
        }
        seconds
    };
    let at = |second: u64| Some(Timestamp::from_micros((BEGIN + second) * 1_000_000));
    let all = Query::everything();
    assert_eq!(seconds(all.clone()), [0, 1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(seconds(Query { since: at(2), until: at(4), ..all.clone() }), [2, 3, 4]);
    let newest = Query { order: Order::NewestFirst, ..all.clone() };
    assert_eq!(seconds(Query { since: at(2), until: at(4), ..newest }), [4, 3, 2]);
    assert_eq!(seconds(Query { start: Start::Tail(2), ..all.clone() }), [6, 7]);
    assert_eq!(seconds(Query { start: Start::Tail(99), ..all.clone() }), [0, 1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(seconds(Query { start: Start::Tail(2), until: at(4), ..all.clone() }), [3, 4]);
    assert_eq!(seconds(Query { start: Start::Tail(9), since: at(6), ..all.clone() }), [6, 7]);
    assert_eq!(seconds(Query { start: Start::Tail(0), ..all.clone() }), [0; 0]);
    let priority = |value: &str| vec![Match::new("PRIORITY", value)];
    let groups = vec![priority("4"), [priority("3"), vec![Match::new("_PID", "77")]].concat()];
    let clauses = vec![Clause::any(groups)];
    assert_eq!(seconds(Query { clauses: clauses.clone(), ..all.clone() }), [5, 7]);
    let other = Query { clauses: clauses.clone(), boots: vec![Id128([1; 16])], ..all.clone() };
    assert_eq!(seconds(other.clone()), [0; 0]);
    let boot =
        [0x8d, 0xc4, 0xdf, 0x31, 0xcf, 0x7c, 0x4c, 0x1c, 0x8a, 0x6b, 0x10, 0xfc, 0x7b, 0x9b, 0x44, 0xb0];
    assert_eq!(seconds(Query { boots: vec![Id128(boot)], ..other }), [5, 7]);
}

/// What answers questions, on a narrow terminal, a usual one and a wide one. An operation's id stands whole: half of one
/// finds nothing.
#[test]
fn no_answer_is_wider_than_the_terminal() {
    let Some(recordings) = recordings() else { return };
    let directory = tempfile::tempdir().unwrap();
    let export = unpack(&recordings.join("patch16-units-console.export.zst"));
    let Some(file) = journal(directory.path(), &export) else { return };
    for columns in [40, 80, 200] {
        for words in [
            "trace send11-59",
            "trace bad-login",
            "panics",
            "slow -n all",
            "top -n all",
            "errors -n all",
            "stats",
            "stats --by msg",
            "stats --by level",
            "gaps",
        ] {
            let mut command = openim_logs();
            command.args(words.split(' ')).arg("--file").arg(&file).env("COLUMNS", columns.to_string());
            let (out, err, _) = run(&mut command);
            assert!(words == "gaps" || out.lines().count() > 5, "{words}: {out}{err}");
            let is_wider = |line: &&str| line.chars().count() > columns && line.trim_start().contains(' ');
            let wider: Vec<_> = out.lines().filter(is_wider).collect();
            assert!(wider.is_empty(), "{columns} columns, {words}:\n{}", wider.join("\n"));
        }
    }
}

/// Text is not squeezed into what is left of a narrow line.
#[test]
fn a_narrow_terminal_has_what_happened_below_who_it_happened_to() {
    let Some(recordings) = recordings() else { return };
    let directory = tempfile::tempdir().unwrap();
    let export = unpack(&recordings.join("patch16-units-console.export.zst"));
    let Some(file) = journal(directory.path(), &export) else { return };
    let narrow = |words: &str| {
        run(openim_logs().args(words.split(' ')).arg("--file").arg(&file).env("COLUMNS", "40")).0
    };
    let panics = narrow("panics");
    assert!(
        panics.contains("\n19:55:32  rpc-group     recovered\n          index out of range [0] with\n"),
        "{panics}"
    );
    assert!(panics.contains("\n          at internal/rpc/group/group.go\n          :1900\n"), "{panics}");
    let slow = narrow("slow -n 1");
    assert!(
        slow.contains(
            "rpc-user        2.43 s\n          user.user/setUserOnlineStatus\n          p_9834_4\n"
        ),
        "{slow}"
    );
    assert!(
        slow.contains("\nuser.user/setUserOnlineStatus\n   12      0     8 ms   2.43 s   2.43 s\n"),
        "{slow}"
    );
    let trace = narrow("trace send11-59");
    assert!(trace.contains("      3     api  11 ms  ok\n            msg.msg/SendMsg\n"), "{trace}");
    let top = narrow("top -n all");
    assert!(top.contains("  WARN   msgtransfer push\n          consume err"), "{top}");
}

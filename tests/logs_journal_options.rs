//! What journalctl can be asked about a journal, asked on OpenIM's face: the same letters, and where the question is the
//! same, the same bytes as behind `openim-logs journal` (which is compared with journalctl itself elsewhere).

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should say where")]

#[path = "support/journals.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod journals;
#[path = "support/missing.rs"]
mod missing;
mod support;

use std::path::{Path, PathBuf};

use serde_json::Value;
use support::{openim_logs, run};

const BOOTS: [&str; 2] = ["1f0ab4a2c9d84f4c8bb1e3a5d7c60911", "8dc4df31cf7c4c1c8a6b10fc7b9b44b0"];
/// 2023-11-14 22:13:20 UTC.
const BEGIN: u64 = 1_700_000_000_000_000;
const SECOND: u64 = 1_000_000;

/// Two boots: in each the kernel, and two programs that write as one unit and are told apart by their identifiers.
fn journal(directory: &Path) -> Option<PathBuf> {
    if !journals::can_be_made() {
        return None;
    }
    let mut text = Vec::new();
    for (number, boot) in (0..).zip(BOOTS) {
        for n in 0..4_u64 {
            let message = format!("boot {number} line {n}");
            let identifier = if n % 2 == 0 { "openim-api" } else { "helper" };
            let of_unit = [
                ("_SYSTEMD_UNIT", "openim-api.service"),
                ("SYSLOG_IDENTIFIER", identifier),
                ("_PID", "512"),
                ("PRIORITY", "6"),
                ("MESSAGE", message.as_str()),
            ];
            let of_kernel = [
                ("_TRANSPORT", "kernel"),
                ("SYSLOG_IDENTIFIER", "kernel"),
                ("PRIORITY", "5"),
                ("MESSAGE", message.as_str()),
            ];
            for (half, fields) in [&of_unit[..], &of_kernel[..]].into_iter().enumerate() {
                let mut fields: Vec<(&str, Vec<u8>)> =
                    fields.iter().map(|&(name, value)| (name, value.as_bytes().to_vec())).collect();
                fields.push(("_HOSTNAME", b"openimbox".to_vec()));
                let monotonic = (2 * n + half as u64) * SECOND;
                let at = BEGIN + number * 3600 * SECOND + monotonic;
                text.extend(journals::entry(at, monotonic, boot, &fields));
            }
        }
    }
    let file = directory.join("x.journal");
    journals::make(&file, &text, journals::LAYOUTS[0]);
    Some(file)
}

/// Fewer columns than a line has, for where lines are cut.
const NARROW: &str = "50";

/// Both faces' answers to the same words.
fn both(file: &Path, words: &str) -> [(String, String, i32); 2] {
    let ask = |face: &[&str]| {
        run(openim_logs()
            .env("COLUMNS", NARROW)
            .args(face)
            .arg("--file")
            .arg(file)
            .args(words.split(' ').filter(|word| !word.is_empty())))
    };
    [ask(&[]), ask(&["journal"])]
}

#[test]
fn every_letter_that_reads_means_what_it_means_for_journalctl() {
    let directory = tempfile::tempdir().unwrap();
    let Some(file) = journal(directory.path()) else { return };
    let of_id = format!("-b {}", BOOTS[0]);
    for words in [
        "",
        "-b",
        "-b 0",
        "-b -1",
        "-b-1",
        "-b 1",
        "-b 2",
        "-b all",
        "--boot=-1",
        "--this-boot",
        &of_id,
        &format!("{of_id}+1"),
        "-r",
        "-r -b -1",
        "-n 3",
        "-n +3",
        "-n +3 -b",
        "-n",
        "-n all",
        "-r -n 2",
        "-e -b all",
        "-e -n 2 -b all",
        "-W",
        "-a",
        "-t openim-api",
        "-t openim-api -t helper -n 3",
        "-T helper",
        "-T helper -T nobody -r",
        "-T helper -n +1",
        "-q",
        "--utc",
        "-o short-full",
        "-o short-iso",
        "-o short-iso-precise",
        "-o short-precise",
        "-o short-monotonic",
        "-o short-delta",
        "-o short-unix",
        "-o with-unit",
        "-o with-unit -W",
        "-o verbose",
        "-o verbose -n 1 -a",
        "-o export",
        "-o export -r -n 2",
        "-o cat",
        "--no-full",
        "--no-full -o short-iso",
        "--no-full --full",
        "--full --no-full",
        "--no-full -a",
        "-l -n 1",
        "--truncate-newline",
        "-o verbose --output-fields=MESSAGE,_PID",
        "-o verbose --no-full",
        "-o export --output-fields=_PID --output-fields PRIORITY",
        "-o cat --output-fields PRIORITY,MESSAGE,NONE",
        "-o short-iso --output-fields=_PID",
        "--show-cursor",
        "-n 1 --show-cursor",
        "-r -n 2 --show-cursor",
        "-b -1 --show-cursor -o short-iso",
    ] {
        let [ours, journals] = both(&file, &format!("-u openim-api {words}"));
        assert_eq!(ours, journals, "{words}");
        assert!(!ours.0.is_empty(), "{words}");
    }
}

/// What can be named instead of OpenIM: a unit of the user, a program, a device, and something that nobody names.
fn others(directory: &Path) -> Option<PathBuf> {
    if !journals::can_be_made() {
        return None;
    }
    let (own, uid) = (std::env::current_exe().unwrap(), rustix::process::getuid().as_raw().to_string());
    let own = own.canonicalize().unwrap();
    let running = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    let running = running.trim().replace('-', "");
    let entries: [&[(&str, &str)]; 7] = [
        &[("MESSAGE", "of the user"), ("_SYSTEMD_USER_UNIT", "app.service"), ("_UID", &uid)],
        &[("MESSAGE", "of a program"), ("_EXE", own.to_str().unwrap()), ("SYSLOG_FACILITY", "3")],
        &[("MESSAGE", "of a device"), ("_KERNEL_DEVICE", "c1:3"), ("SYSLOG_FACILITY", "0")],
        &[("MESSAGE", "of openim"), ("_SYSTEMD_UNIT", "openim-api.service"), ("SYSLOG_FACILITY", "3")],
        &[("MESSAGE", "of nobody"), ("_PID", "7")],
        &[("MESSAGE", "to a user"), ("_SYSTEMD_UNIT", "openim-api.service"), ("SYSLOG_FACILITY", "1")],
        &[("MESSAGE", "of a device that another boot numbered so"), ("_KERNEL_DEVICE", "c1:3")],
    ];
    // The last one is of a boot that does not run any more.
    let last = entries.len() as u64 - 1;
    let entries = (0..).zip(entries).flat_map(|(number, fields)| {
        let fields: Vec<_> = fields.iter().map(|&(name, value)| (name, value.as_bytes().to_vec())).collect();
        let boot = if number == last { BOOTS[0] } else { &running };
        journals::entry(BEGIN + number * SECOND, number * SECOND, boot, &fields)
    });
    let file = directory.join("x.journal");
    journals::make(&file, &entries.collect::<Vec<_>>(), journals::LAYOUTS[0]);
    Some(file)
}

#[test]
fn whatever_journalctl_can_be_told_to_select_is_selected_instead_of_openim() {
    let directory = tempfile::tempdir().unwrap();
    let Some(file) = others(directory.path()) else { return };
    let own = std::env::current_exe().unwrap().display().to_string();
    for (words, found) in [
        ("--user-unit app", "of the user"),
        ("--user -u app", "of the user"),
        ("--user-unit app -u openim-api", "of the user, of openim, to a user"),
        ("--user-unit a*", "of the user"),
        ("-u openim-api --facility daemon", "of openim"),
        ("-u openim-api --facility kern,3", "of openim"),
        (own.as_str(), "of a program"),
        ("/dev/null", "of a device"),
        ("/dev/null --facility=kern", "of a device"),
        (&format!("{own} + /dev/null + _PID=7"), "of a program, of a device, of nobody"),
        ("_PID=7 SYSLOG_FACILITY=3 + SYSLOG_FACILITY=0", "of a device"),
        ("-m _PID=7", "of nobody"),
    ] {
        let [ours, journals] = both(&file, &format!("{words} -o cat"));
        assert_eq!(ours, journals, "{words}");
        assert_eq!(ours.0.lines().collect::<Vec<_>>().join(", "), found, "{words}");
    }
    assert_eq!(
        both(&file, "--facility daemon -o cat")[0].0,
        "of openim\n",
        "a facility selects among OpenIM's"
    );
    let [ours, journals] = both(&file, "--facility help");
    assert_eq!(ours, journals);
    let pattern = directory.path().join("{x,y}.journal");
    let (out, _, _) = run(openim_logs().arg("-i").arg(pattern).args(["-o", "cat"]));
    assert_eq!(out, "of openim\nto a user\n");
}

const RUNS: [&str; 3] = [
    "5b0d1a7e9c3f4d2880aa31c6f4e29b17",
    "d17c0be3a5f64e90b2487a6c91e3f05d",
    "0ace4aba31ff403faba37e3f345694b5",
];

/// Two runs of the API and one of a push, of whose start systemd tells as well.
fn started(directory: &Path) -> Option<PathBuf> {
    if !journals::can_be_made() {
        return None;
    }
    let lines = [
        ("openim-api.service", RUNS[0], "first"),
        ("openim-api.service", RUNS[0], "first again"),
        ("openim-push@10.service", RUNS[2], "push"),
        ("openim-api.service", RUNS[1], "second"),
        ("etcd.service", RUNS[2], "of another"),
    ];
    let entries = (0..).zip(lines).flat_map(|(number, (unit, run, message))| {
        let fields = [("_SYSTEMD_UNIT", unit), ("_SYSTEMD_INVOCATION_ID", run), ("MESSAGE", message)];
        let fields = fields.map(|(name, value)| (name, value.as_bytes().to_vec()));
        journals::entry(BEGIN + number * SECOND, number * SECOND, BOOTS[0], &fields)
    });
    let file = directory.join("x.journal");
    journals::make(&file, &entries.collect::<Vec<_>>(), journals::LAYOUTS[0]);
    Some(file)
}

#[test]
fn a_run_of_each_service_is_found_by_its_number_or_id() {
    let directory = tempfile::tempdir().unwrap();
    let Some(file) = started(directory.path()) else { return };
    for words in ["--invocation=0", "--invocation -1", "--invocation 1", &format!("--invocation={}", RUNS[1])]
    {
        let [ours, journals] = both(&file, &format!("-u openim-api {words} -o cat"));
        assert_eq!(ours, journals, "{words}");
        assert!(!ours.0.is_empty(), "{words}");
    }
    let shown =
        |words: &str| both(&file, &format!("{words} -o cat"))[0].0.lines().collect::<Vec<_>>().join(", ");
    assert_eq!(shown("--invocation=-1"), "first, first again");
    assert_eq!(shown("--invocation 0 api push"), "push, second");
    assert_eq!(shown("--invocation 1 push#10"), "push");
    let (_, err, code) = both(&file, "--invocation=-7 api")[0].clone();
    assert_eq!((err.as_str(), code), ("openim-logs: No journal entry found for the invocation (-7).\n", 1));
}

#[test]
fn the_runs_of_several_services_are_listed_with_what_they_are_of() {
    let directory = tempfile::tempdir().unwrap();
    let Some(file) = started(directory.path()) else { return };
    for words in ["", "-r", "-n 1", "-n +1"] {
        let [ours, journals] = both(&file, &format!("--list-invocations -u openim-api -o json {words}"));
        let mut rows: Vec<Value> = serde_json::from_str(&ours.0).unwrap();
        for row in &mut rows {
            let labels = row.as_object_mut().unwrap();
            assert_eq!(labels.remove("service"), Some("api".into()));
            assert_eq!(labels.remove("unit"), Some("openim-api.service".into()));
        }
        assert_eq!(rows, serde_json::from_str::<Vec<Value>>(&journals.0).unwrap(), "{words}");
    }
    let [(table, err, code), _] = both(&file, "--list-invocations");
    let cells: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    let shown: Vec<_> = cells[1..].iter().map(|row| (row[0], row[1], row[10], row[11])).collect();
    let expected = [
        ("-1", RUNS[0], "api", "openim-api.service"),
        ("0", RUNS[1], "api", "openim-api.service"),
        ("0", RUNS[2], "push#10", "openim-push@10.service"),
    ];
    assert_eq!((shown, err.as_str(), code), (expected.to_vec(), "", 0), "{table}");
    assert!(
        table.starts_with("IDX INVOCATION ID ") && table.lines().next().unwrap().ends_with(" UNIT"),
        "{table}"
    );
    let (_, err, code) = both(&file, "--list-invocations rpc-user")[0].clone();
    assert_eq!((err.as_str(), code), ("openim-logs: No invocation ID for rpc-user found.\n", 1));
}

/// journalctl passes over what it does not look at in a list of runs.
#[test]
fn what_runs_are_not_listed_by_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let Some(file) = started(directory.path()) else { return };
    let refused = "openim-logs: --list-invocations lists whole runs of units: name services, -u or -b,\n\
                   and leave out times, cursors, filters and other fields\n";
    for words in [
        "-S 2030-01-01",
        "-U 2030-01-01",
        "-L fatal",
        "-p err",
        "-g x",
        "--op op-1",
        "--where a=b",
        "-T helper",
        "-t helper",
        "-k",
        "_PID=1",
        "--facility kern",
        "--invocation 0",
        "-c t=1",
        "--after-cursor t=1",
        "--show-cursor",
    ] {
        let [ours, _] = both(&file, &format!("--list-invocations {words}"));
        assert_eq!(ours, (String::new(), refused.to_owned(), 64), "{words}");
    }
}

#[test]
fn the_runs_of_a_boot_are_listed_alone_and_counted_in_it() {
    if !journals::can_be_made() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let entries = (0..).zip(BOOTS.into_iter().zip(RUNS)).flat_map(|(number, (boot, run))| {
        let (unit, message) = (("_SYSTEMD_UNIT", "openim-api.service"), format!("x{number}"));
        let fields = [unit, ("_SYSTEMD_INVOCATION_ID", run), ("MESSAGE", message.as_str())];
        let fields = fields.map(|(name, value)| (name, value.as_bytes().to_vec()));
        journals::entry(BEGIN + number * SECOND, number * SECOND, boot, &fields)
    });
    let file = directory.path().join("x.journal");
    journals::make(&file, &entries.collect::<Vec<_>>(), journals::LAYOUTS[0]);
    for (boot, listed) in
        [("", &RUNS[..2]), ("-b all", &RUNS[..2]), ("-b -1", &RUNS[..1]), ("-b", &RUNS[1..2])]
    {
        for (answer, _, code) in both(&file, &format!("--list-invocations -u openim-api -o json {boot}")) {
            let rows: Vec<Value> = serde_json::from_str(&answer).unwrap();
            let ids: Vec<_> = rows.iter().map(|row| row["invocation_id"].as_str().unwrap()).collect();
            assert_eq!((ids.as_slice(), code), (listed, 0), "{boot}");
        }
    }
    for (words, shown) in [("--invocation=0 -b -1", "x0\n"), ("--invocation=1 -b", "x1\n")] {
        for (answer, err, _) in both(&file, &format!("-u openim-api -o cat {words}")) {
            assert_eq!((answer.as_str(), err.as_str()), (shown, ""), "{words}");
        }
    }
    for (_, err, code) in both(&file, "--list-invocations -u openim-api -b -7") {
        assert!(err.contains("Data from the specified boot (-7) is not available") && code == 1, "{err}");
    }
}

#[test]
fn the_kernel_is_asked_instead_of_openim() {
    let directory = tempfile::tempdir().unwrap();
    let Some(file) = journal(directory.path()) else { return };
    for words in ["-k", "-k -b -1", "--dmesg -n 1", "-k -b all -r", "-t kernel -b"] {
        let [ours, journals] = both(&file, words);
        assert_eq!(ours, journals, "{words}");
        assert!(ours.0.contains(" kernel: boot "), "{words}: {}", ours.0);
    }
}

#[test]
fn the_forms_for_programs_hold_the_same_objects() {
    let directory = tempfile::tempdir().unwrap();
    let Some(file) = journal(directory.path()) else { return };
    let objects = |text: &str, form: &str| -> Vec<Value> {
        let text = text.replace("\ndata: ", "\n").replace('\x1e', "");
        let text = text.strip_prefix("data: ").unwrap_or(&text).to_owned();
        assert!(form != "json" || text.lines().count() == 8, "{text}");
        serde_json::Deserializer::from_str(&text).into_iter().map(Result::unwrap).collect()
    };
    for (form, fields) in [
        ("json", ""),
        ("json-pretty", ""),
        ("json-sse", ""),
        ("json-seq", ""),
        ("json", " --output-fields=MESSAGE,_PID"),
        ("json-pretty", " --output-fields=MESSAGE"),
    ] {
        let [ours, journals] = both(&file, &format!("-u openim-api -o {form}{fields}"));
        assert_eq!(objects(&ours.0, form), objects(&journals.0, form), "{form}");
        let layout = |text: &str| text.replace(|c: char| !"{}\n\t\x1e".contains(c), "");
        assert_eq!(layout(&ours.0), layout(&journals.0), "{form}");
    }
}

#[test]
fn a_cursor_leads_on_and_a_file_keeps_it() {
    let directory = tempfile::tempdir().unwrap();
    let Some(file) = journal(directory.path()) else { return };
    let ask = |words: &[&str]| {
        let (out, err, code) =
            run(openim_logs().arg("--file").arg(&file).args(["-u", "openim-api", "-o", "cat"]).args(words));
        assert_eq!((err.as_str(), code), ("", 0), "{words:?}");
        out
    };
    let third = ask(&["-n", "+3", "--show-cursor"]);
    let cursor = third.lines().last().unwrap().strip_prefix("-- cursor: ").unwrap().to_owned();
    assert_eq!(ask(&["-c", &cursor, "-n", "2"]), "boot 0 line 2\nboot 0 line 3\n");
    assert_eq!(ask(&["--after-cursor", &cursor, "-n", "2"]), "boot 0 line 3\nboot 1 line 0\n");
    assert_eq!(ask(&["--after-cursor", &cursor, "-r"]), "boot 0 line 1\nboot 0 line 0\n");

    let kept = directory.path().join("cursor");
    let kept = kept.to_str().unwrap();
    assert_eq!(ask(&["--cursor-file", kept, "-n", "+7"]).lines().count(), 7);
    assert_eq!(ask(&["--cursor-file", kept]), "boot 1 line 3\n");
    let before = std::fs::read_to_string(kept).unwrap();
    let again = run(openim_logs().arg("--file").arg(&file).args(["-u", "openim-api", "--cursor-file", kept]));
    let said = "openim-logs: nothing from openim-api.service in the journal beyond that cursor\n";
    assert_eq!(again, (String::new(), said.to_owned(), 0));
    assert_eq!(std::fs::read_to_string(kept).unwrap(), before);
}

/// Lines of the logger, a second apart: who wrote each, its level, and what it says.
fn logged(directory: &Path, lines: &[(&str, &str, &str)]) -> Option<PathBuf> {
    if !journals::can_be_made() {
        return None;
    }
    let entries = (0..).zip(lines).flat_map(|(number, (service, level, message))| {
        let unit = format!("openim-{service}.service");
        let line = support::zap("2023-11-14 22:13:20.000", level, &format!("openim-{service}"), message, "");
        let fields = [("_SYSTEMD_UNIT", unit.as_str()), ("MESSAGE", line.trim_end_matches('\n'))];
        let fields = fields.map(|(name, value)| (name, value.as_bytes().to_vec()));
        journals::entry(BEGIN + number * SECOND, number * SECOND, BOOTS[0], &fields)
    });
    let file = directory.join("x.journal");
    journals::make(&file, &entries.collect::<Vec<_>>(), journals::LAYOUTS[0]);
    Some(file)
}

/// What is said of a journal when it is asked again and again from where the last answer ended, until there is nothing.
fn step_by_step(file: &Path, words: &[&str]) -> Vec<String> {
    let directory = tempfile::tempdir().unwrap();
    let kept = directory.path().join("cursor");
    let ask = || {
        let mut command = openim_logs();
        command.args(["--template", "{msg}", "--file"]).arg(file).arg("--cursor-file").arg(&kept);
        run(command.args(words)).0.lines().collect::<Vec<_>>().join(" ")
    };
    (0..10).map(|_| ask()).take_while(|answer| !answer.is_empty()).collect()
}

#[test]
fn what_comes_after_the_first_that_are_found_takes_nothing_from_who_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let one = [
        ("api", "INFO", "one"),
        ("api", "WARN", "two"),
        ("api", "ERROR", "three"),
        ("api", "INFO", "four"),
        ("api", "INFO", "between"),
        ("api", "ERROR", "five"),
    ];
    let Some(file) = logged(directory.path(), &one) else { return };
    let words = ["-L", "error", "-n", "+1"];
    assert_eq!(step_by_step(&file, &words), ["three", "five"]);
    assert_eq!(step_by_step(&file, &[&words[..], &["-A", "1"]].concat()), ["three four", "five"]);
    assert_eq!(step_by_step(&file, &[&words[..], &["-C", "1"]].concat()), ["two three four", "between five"]);
    // What another service wrote in between is found by the next, and not passed with what surrounds the first.
    let two = [("api", "ERROR", "first"), ("push", "ERROR", "second"), ("api", "INFO", "after first")];
    let directory = tempfile::tempdir().unwrap();
    let Some(file) = logged(directory.path(), &two) else { return };
    assert_eq!(step_by_step(&file, &[&words[..], &["-A", "1"]].concat()), ["first after first", "second"]);
}

#[test]
fn where_something_is_left_out_is_told_to_people_and_not_to_programs() {
    let directory = tempfile::tempdir().unwrap();
    let lines = ["ERROR", "INFO", "INFO", "INFO", "ERROR"].map(|level| ("api", level, "m"));
    let Some(file) = logged(directory.path(), &lines) else { return };
    let shown = |words: &[&str]| {
        let mut command = openim_logs();
        let command = command.args(["-L", "error", "-A", "1", "--file"]).arg(&file).args(words);
        command.output().unwrap().stdout
    };
    let tells = |out: &[u8]| out.split(|&byte| byte == b'\n').any(|line| line == b"--");
    for form in ["short", "short-iso", "with-unit", "verbose", "openim"] {
        assert!(tells(&shown(&["-o", form])), "{form}");
    }
    assert!(tells(&shown(&["--template", "{msg}"])));
    for form in ["json", "json-pretty", "json-sse", "json-seq", "openim-json", "export", "cat"] {
        let out = shown(&["-o", form]);
        assert!(!tells(&out) && !out.is_empty(), "{form}: {}", String::from_utf8_lossy(&out));
    }
}

#[test]
fn what_was_counted_is_counted_once_by_who_goes_on_from_there() {
    let directory = tempfile::tempdir().unwrap();
    let lines = [("api", "ERROR", "one"), ("api", "INFO", "two"), ("push", "ERROR", "three")];
    let Some(file) = logged(directory.path(), &lines) else { return };
    let kept = directory.path().join("cursor");
    let count = |words: &[&str]| {
        let mut command = openim_logs();
        command.args(["--count", "-L", "error", "--file"]).arg(&file).args(words);
        run(command.arg("--cursor-file").arg(&kept))
    };
    assert_eq!(count(&["-U", "@1700000001"]), ("1\n".to_owned(), String::new(), 0));
    let (out, _, _) = count(&["--show-cursor"]);
    let cursor = std::fs::read_to_string(&kept).unwrap();
    assert_eq!(out, format!("1\n-- cursor: {cursor}"));
    let (out, err, code) = count(&[]);
    assert_eq!((out.as_str(), code), ("0\n", 1), "{err}");
    assert!(err.contains(" beyond that cursor that the filter admits"), "{err}");
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), cursor);
}

#[test]
fn behind_a_dump_of_many_entries_the_cursor_is_behind_all_of_them() {
    if !journals::can_be_made() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let lines = ["panic: boom", "goroutine 1 [running]:", "main.main()", "\t/x/main.go:1 +0x1", "back again"];
    let entries = (0..).zip(lines).flat_map(|(number, line)| {
        let fields = [("_SYSTEMD_UNIT", "openim-push@1.service"), ("_PID", "9"), ("MESSAGE", line)];
        let fields = fields.map(|(name, value)| (name, value.as_bytes().to_vec()));
        // The process that is back has written a second later.
        let monotonic = if line == "back again" { SECOND } else { number };
        journals::entry(BEGIN + monotonic, monotonic, BOOTS[0], &fields)
    });
    let (file, kept) = (directory.path().join("x.journal"), directory.path().join("cursor"));
    journals::make(&file, &entries.collect::<Vec<_>>(), journals::LAYOUTS[0]);
    let ask = || {
        let mut command = openim_logs();
        command.args(["-o", "cat", "-n", "+1", "--file"]).arg(&file).arg("--cursor-file").arg(&kept);
        run(&mut command).0
    };
    assert_eq!(ask(), lines[..4].join("\n") + "\n");
    assert_eq!(ask(), "back again\n");
}

#[test]
fn what_does_not_go_together_or_is_not_there_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let Some(file) = journal(directory.path()) else { return };
    for (words, said, expected) in [
        ("-n +2 -r", "--lines=+N is unsupported when --reverse or --follow is specified.", 64),
        ("-f -r", "Please specify either --reverse= or --follow=, not both.", 64),
        ("-c t=1 -S today", "Please specify only one of --since=, --cursor=, and --after-cursor=.", 64),
        ("-c x=1", "Failed to seek to cursor: Invalid argument", 64),
        ("-b -7", "Data from the specified boot (-7) is not available: No such boot ID in journal", 1),
        ("A=1 +", "\"+\" can only be used between terms", 64),
        ("/nowhere", "Couldn't canonicalize path: No such file or directory", 64),
        ("-m -b", "Using --boot or --list-boots with --merge is not supported.", 64),
        ("--facility loud", "a facility of syslog", 64),
        ("-x -n 1", "explanations (-x) are left out", 0),
        ("--header", "as journalctl has it: openim-logs journal --file", 64),
        ("-L error --header", "as journalctl has it, who knows no -L error: openim-logs journal --file", 64),
    ] {
        let (_, err, code) =
            run(openim_logs().arg("--file").arg(&file).args(["-u", "openim-api"]).args(words.split(' ')));
        assert_eq!(code, expected, "{words}: {err}");
        assert!(err.contains(said), "{words}: {err}");
    }
}

#[test]
fn lines_of_files_have_the_forms_of_entries_and_no_cursor() {
    let line = support::zap("2023-11-14 22:13:20.000", "WARN", "openim-push", "m", "");
    let ask = |words: &[&str]| run(openim_logs().arg("-").args(words).write_stdin(line.clone()));
    let (out, _, code) = ask(&["-o", "short-iso", "-W"]);
    assert!(out.starts_with("2023-11-14T22:13:20+0000 openim-push[512]: 2023-11-14 22:13:20.000"), "{out}");
    assert_eq!(code, 0);
    assert_eq!(ask(&["-T", "openim-push", "--count"]).0, "0\n");
    assert_eq!(ask(&["-o", "cat", "--output-fields=PRIORITY,_PID,NONE"]).0, "4\n512\n");
    let object: Value = serde_json::from_str(&ask(&["-o", "json", "--output-fields=_PID"]).0).unwrap();
    assert_eq!(object, serde_json::json!({"__REALTIME_TIMESTAMP": "1700000000000000", "_PID": "512"}));
    let cut = ask(&["--no-full"]).0;
    assert!(cut.trim_end_matches('\n').chars().count() == 80 && cut.contains('…'), "{cut}");
    let (_, err, code) = ask(&["--show-cursor"]);
    assert_eq!(
        (err.as_str(), code),
        ("openim-logs: Cursors are of entries of the journal: --source journal\n", 64)
    );
}

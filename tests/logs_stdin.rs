//! `openim-logs` on standard input: `docker logs -f openim-server | openim-logs -`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on should say where")]

mod support;

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use serde_json::Value;
use support::{Running, openim_logs, openim_logs_std, run, split_zap, wait_until, zap};

const TIME: &str = "2026-11-23 10:00:00.000";

fn input() -> String {
    [
        "Cgroup CPU monitoring not available: no cgroup\n".to_owned(),
        zap(TIME, "INFO", "openim-api", "one", r#"{"operationID": "op-1", "token": "abc123"}"#),
        split_zap(TIME, "WARN", "openim-push", "two", r#"{"operationID": "op-2"}"#),
        zap(TIME, "ERROR", "openim-rpc-user", "three", r#"{"operationID": "op-1"}"#),
    ]
    .concat()
}

fn messages(args: &[&str]) -> Vec<String> {
    let (out, err, _) = run(openim_logs().args(["-", "-o", "openim-json"]).args(args).write_stdin(input()));
    assert_eq!(err, "");
    out.lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["msg"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn filters_work_as_on_files() {
    assert_eq!(messages(&[]).len(), 4);
    assert_eq!(messages(&["-L", "warn"]), ["two", "three"]);
    assert_eq!(messages(&["--op", "op-1"]), ["one", "three"]);
    assert_eq!(messages(&["api"]), ["one"]);
    assert_eq!(messages(&["-n", "1", "-L", "info..warn"]), ["two"]);
    assert_eq!(messages(&["-n", "1"]), ["three"]);
    assert_eq!(messages(&["-g", r"error\s+\[pid"]), ["three"]);
}

#[test]
fn an_alias_may_have_options_and_what_is_typed_behind_it_counts() {
    assert_eq!(messages(&["-L", "info", "-L", "error"]), ["three"]);
    let (out, err, code) = run(openim_logs()
        .args(["-", "-o", "openim", "-L", "warn", "-n", "5", "-o", "cat", "-n", "1"])
        .write_stdin(input()));
    assert_eq!((input().ends_with(&out), out.lines().count(), err.as_str(), code), (true, 1, "", 0));
    assert_eq!(messages(&["--op", "op-1", "--op", "op-2"]), ["one", "two", "three"]);
}

#[test]
fn the_last_that_is_found_stands_with_what_surrounds_it() {
    let lines = ["before", "hit", "between", "hit", "after", "more"];
    let input: String = lines.iter().map(|text| zap(TIME, "INFO", "openim-api", text, "")).collect();
    // One that is found before the last is context of it like any other line.
    for (before, expected) in [("1", "between hit after"), ("2", "hit between hit after")] {
        let words = ["-", "-o", "openim-json", "-n", "1", "-g", "hit", "-A", "1", "-B", before];
        let (out, _, code) = run(openim_logs().args(words).write_stdin(input.clone()));
        let message =
            |line: &str| serde_json::from_str::<Value>(line).unwrap()["msg"].as_str().unwrap().to_owned();
        let shown: Vec<String> = out.lines().map(message).collect();
        assert_eq!((shown.join(" "), code), (expected.to_owned(), 0));
    }
}

#[test]
fn of_each_service_stands_what_surrounds_those_of_the_last_that_are_its_own() {
    let shown = |around: &[&str], lines: &[&str]| {
        let line = |text: &&str| {
            let service = if text.starts_with('a') { "openim-api" } else { "openim-push" };
            zap(TIME, "INFO", service, text, "")
        };
        let input: String = lines.iter().map(line).collect();
        let words = ["-", "--template", "{msg}", "-g", "hit"];
        let (out, _, _) = run(openim_logs().args(words).args(around).write_stdin(input));
        out.lines().collect::<Vec<_>>().join(" ")
    };
    let lines = ["a-hit1", "p1", "p-hit2", "p3", "a4", "a-hit5", "p6", "p-hit7", "a8"];
    assert_eq!(shown(&["-n", "2", "-B", "2"], &lines), "a-hit1 a4 a-hit5 -- p3 p6 p-hit7");
    assert_eq!(shown(&["-n", "2", "-A", "1"], &lines), "a-hit5 -- p-hit7 a8");
    assert_eq!(shown(&["-n", "3", "-B", "1"], &lines), "p1 p-hit2 -- a4 a-hit5 -- p6 p-hit7");
}

#[test]
fn how_many_lines_stand_around_one_is_a_number() {
    for (option, name) in [("-A", "--after"), ("-B", "--before"), ("-C", "--context")] {
        let (_, err, code) = run(openim_logs().args(["-", option, "x"]));
        let said = format!("error: invalid value 'x' for '{name} <N>': a number of lines, such as 3\n");
        assert!(err.starts_with(&said) && code == 64, "{err}");
    }
}

#[test]
fn which_instance_wrote_a_line_is_said_not_to_stand_there() {
    let (out, err, _) = run(openim_logs().args(["-", "push#5"]).write_stdin(input()));
    let said = "openim-logs: nothing from push#5 in standard input;\n\
                lines of standard input name processes, not instances\n";
    assert_eq!((out.as_str(), err.as_str()), ("", said));
}

#[test]
fn the_first_that_is_found_stands_with_what_comes_after_it() {
    let lines = ["before", "hit", "after", "more", "hit", "last"];
    let input: String = lines.iter().map(|text| zap(TIME, "INFO", "openim-api", text, "")).collect();
    let words = ["-", "--template", "{msg}", "-n", "+1", "-g", "hit", "-A", "1"];
    let (out, _, code) = run(openim_logs().args(words).write_stdin(input));
    assert_eq!((out.as_str(), code), ("hit\nafter\n", 0));
}

#[test]
fn behind_what_comes_after_the_first_nothing_is_waited_for() {
    let mut command = support::openim_logs_std();
    command.args(["-", "-L", "error", "-n", "+1", "-A", "1"]).stdin(Stdio::piped());
    let mut running = Running::start(command);
    let mut stdin = running.stdin();
    for (level, message) in [("ERROR", "hit"), ("INFO", "after"), ("INFO", "more")] {
        stdin.write_all(zap(TIME, level, "openim-api", message, "").as_bytes()).unwrap();
    }
    assert_eq!(running.exit_code(), 0);
    assert!(running.line().contains("hit") && running.line().contains("after"));
}

#[test]
fn secrets_are_masked_on_the_way() {
    let (out, _, _) = run(openim_logs().arg("-").write_stdin(input()));
    assert!(out.contains("\"token\": \"***\"") && !out.contains("abc123"), "{out}");
    let (out, _, _) = run(openim_logs().args(["-", "-o", "cat"]).write_stdin(input()));
    assert_eq!(out, input());
}

#[test]
fn a_source_named_in_words_is_the_same() {
    let (out, _, code) = run(openim_logs().args(["--source", "-", "-o", "cat"]).write_stdin(input()));
    assert_eq!((out, code), (input(), 0));
}

#[test]
fn what_docker_puts_before_a_line_is_taken_off_and_its_time_counts() {
    let line = zap("2026-11-23 18:00:00.000", "WARN", "openim-push", "m", "");
    let input = format!("openim-server  | 2026-11-23T10:00:00.123456789Z {line}");
    let (out, _, _) = run(openim_logs().args(["-", "-o", "openim-json"]).write_stdin(input.clone()));
    let value: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&value["time"], &value["service"]), (&"2026-11-23T10:00:00.123457Z".into(), &"push".into()));
    let bounded = |since: &str| run(openim_logs().args(["-", "-S", since]).write_stdin(input.clone())).0;
    assert_eq!(bounded("2026-11-23 10:00:01"), "");
    assert_ne!(bounded("2026-11-23 10:00:00"), "");
}

#[test]
fn what_kubectl_puts_before_a_line_is_taken_off_and_its_containers_are_told_apart() {
    let [one, two] = ["[pod/openim-api-5d9/api] ", "[pod/openim-push-7c4/push] "];
    let split = split_zap(TIME, "WARN", "openim-push", "two", "");
    let (head, rest) = split.split_once('\n').unwrap();
    let error = zap(TIME, "ERROR", "openim-api", "one", "");
    let input = format!("{two}{head}\n{one}{error}{two}{rest}");
    let ask = |words: &[&str]| run(openim_logs().arg("-").args(words).write_stdin(input.clone())).0;
    assert_eq!(ask(&["-L", "error", "--template", "{service} {msg}"]), "api one\n");
    assert_eq!(ask(&["push", "--template", "{version} {msg}"]), "v3.8.3 two\n");
}

#[test]
fn a_line_is_shown_before_the_next_one_comes() {
    let mut command = support::openim_logs_std();
    command.args(["-", "-L", "error", "-o", "openim"]).stdin(Stdio::piped());
    let mut running = Running::start(command);
    let mut stdin = running.stdin();
    for message in ["first", "second"] {
        stdin.write_all(zap(TIME, "ERROR", "openim-api", message, "").as_bytes()).unwrap();
        let mut line = running.line();
        while !line.contains("ERROR") {
            line = running.line();
        }
        assert!(line.contains(message), "{line}");
    }
    drop(stdin);
    assert_eq!(running.exit_code(), 0);
}

#[test]
fn a_program_of_chat_has_its_own_name() {
    let line = zap(TIME, "INFO", "chat-api", "m", "");
    let (out, _, _) = run(openim_logs().args(["-", "-o", "openim-json"]).write_stdin(line.clone()));
    assert!(out.contains("\"service\":\"chat-api\""), "{out}");
    let (out, _, _) = run(openim_logs().args(["-", "-o", "openim"]).write_stdin(line));
    assert!(out.contains("INFO  chat-api      m\n"), "{out}");
}

#[test]
fn of_the_slowest_calls_all_count_and_no_more_than_the_share_that_is_named_take_longer() {
    let call = |cost: &str| {
        let keys = format!(r#"{{"method": "POST", "requestURI": "/user/get", "cost": "{cost}"}}"#);
        zap(TIME, "INFO", "openim-api", "http request processed", &keys)
    };
    let half_and_most = |input: String| {
        let (out, _, _) = run(openim_logs().args(["slow", "-", "-o", "json"]).write_stdin(input));
        let method = &serde_json::from_str::<Value>(&out).unwrap()["methods"][0];
        ["calls", "p50_us", "p95_us"].map(|name| method[name].as_u64().unwrap())
    };
    let ten: String = (1..=9).map(|millis| call(&format!("{millis}ms"))).chain([call("1s")]).collect();
    assert_eq!(half_and_most(ten), [10, 5_000, 1_000_000]);
    let late = call("1ms").repeat(10_000) + &call("1s").repeat(10_000);
    assert_eq!(half_and_most(late), [20_000, 1_000, 1_000_000]);
}

#[test]
fn nothing_found_by_a_filter_is_exit_code_one() {
    let (out, err, code) = run(openim_logs().args(["-", "-L", "fatal"]).write_stdin(input()));
    let said = "openim-logs: nothing from OpenIM in standard input that the filter admits\n";
    assert_eq!((out.as_str(), err.as_str(), code), ("", said, 1));
    let (_, err, code) = run(openim_logs().arg("-").write_stdin(""));
    assert_eq!((err.as_str(), code), ("openim-logs: nothing from OpenIM in standard input\n", 0));
}

#[test]
fn bytes_that_are_no_text_do_no_harm() {
    let input: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    for form in ["short", "cat", "json", "openim", "openim-json"] {
        let output = openim_logs().args(["-", "-o", form]).write_stdin(input.clone()).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{form}");
        if form.ends_with("json") {
            for line in output.stdout.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
                serde_json::from_slice::<Value>(line).unwrap();
            }
        }
    }
}

#[test]
fn what_is_longer_than_any_line_goes_on_in_the_next() {
    let mut command = support::openim_logs_std();
    command.args(["-", "--count"]).stdin(Stdio::piped());
    let mut running = Running::start(command);
    let mut stdin = running.stdin();
    stdin.write_all(zap(TIME, "ERROR", "openim-api", "m", "").as_bytes()).unwrap();
    for _ in 0..=(64 << 20) / 4096 {
        stdin.write_all(&[0; 4096]).unwrap();
    }
    drop(stdin);
    assert_eq!(running.line(), "3");
    assert_eq!(running.exit_code(), 0);
}

/// `mage` prints before the services do, without a time.
#[test]
fn lines_before_the_first_time_are_of_that_time() {
    let (out, _, _) = run(openim_logs().args(["-", "--tz", "UTC", "-o", "openim-json"]).write_stdin(input()));
    let times: Vec<String> = out
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["time"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(times.len(), 4);
    assert!(times.iter().all(|time| time.starts_with("2026-11-23T10:00:00")), "{times:?}");
    // What never has a time is given, too.
    let (out, _, _) = run(openim_logs().args(["-", "--count"]).write_stdin("one\ntwo\n"));
    assert_eq!(out, "2\n");
}

#[test]
fn other_formats_are_refused_with_what_to_do_instead() {
    for (input, what) in [
        (&b"{\"MESSAGE\":\"x\",\"__REALTIME_TIMESTAMP\":\"1\"}\n"[..], "journalctl -o cat"),
        (b"data: {\"__REALTIME_TIMESTAMP\":\"1\"}\n\n", "journalctl -o cat"),
        (b"\x1e{\"__REALTIME_TIMESTAMP\":\"1\"}\n", "journalctl -o cat"),
        (b"{\n\t\"__CURSOR\" : \"s=5f;i=1\",\n\t\"MESSAGE\" : \"x\"\n}\n", "journalctl -o cat"),
        (b"__CURSOR=s=1\nMESSAGE=x\n\n", "journalctl -o cat"),
        (b"Nov 23 10:00:00 box openim-api[512]: 2026-11-23 10:00:00.000        INFO\n", "journalctl -o cat"),
        (b"-- Boot 1f --\nNov 23 10:00:00 box systemd[1]: Started x.service.\n", "journalctl -o cat"),
        (b"LPKSHHRH\0\0", "--file FILE"),
        (b"\x28\xb5\x2f\xfd\x04", "zstd -dc"),
        (b"\x1f\x8b\x08", "gzip -dc"),
    ] {
        let (out, err, code) = run(openim_logs().args(["stats", "-"]).write_stdin(input));
        assert_eq!((out.as_str(), code), ("", 64), "{err}");
        assert!(err.contains("standard input is") && err.contains(what), "{err}");
    }
    // A service's own JSON is a log.
    let line = r#"{"level":"info","time":"2026-11-23 10:00:00.000","caller":"a.go:1","msg":"x"}"#;
    let (_, err, code) = run(openim_logs().args(["stats", "-"]).write_stdin(format!("{line}\n")));
    assert_eq!(code, 0, "{err}");
}

#[test]
fn who_ends_says_so_by_name_whoever_spoke_before() {
    let text = format!(
        "{}openim-rpc-user exit -1: Error: dial tcp: connection refused\n",
        zap(TIME, "INFO", "openim-msggateway", "one", "{}")
    );
    let (out, err, _) = run(openim_logs().args(["-", "rpc-user", "-o", "cat"]).write_stdin(text));
    assert!(out.starts_with("openim-rpc-user exit -1"), "{out}{err}");
}

/// As gin writes it in release mode, with the request: two empty lines, then red until the end.
const RECOVERY: &str = "\n\n\x1b[31m2026/11/23 10:00:01 [Recovery] 2026/11/23 - 10:00:01 panic recovered:\nPOST /user/get HTTP/1.1\r\nHost: x:10002\r\nToken: eyJabc\r\n\r\n\nruntime error: invalid memory address or nil pointer dereference\n/usr/local/go/src/runtime/panic.go:261 (0x4567)\n\tpanicmem: panic(memoryError)\n/openim-server/internal/api/user.go:77 (0xdead)\n\t(*UserApi).Get: x := y.z\n\x1b[0m\n";

#[test]
fn a_recovery_of_gin_is_one_record_with_its_reason() {
    let input = zap(TIME, "INFO", "openim-api", "before", "")
        + RECOVERY
        + &zap(TIME, "INFO", "openim-api", "after", "");
    let ask = |words: &[&str]| run(openim_logs().arg("-").args(words).write_stdin(input.clone())).0;
    let shown = ask(&["-o", "openim"]);
    let expected = "\
-- 2026-11-23 --
10:00:00.000 INFO  api           before
10:00:00.000 ERROR api           panic recovered: runtime error: invalid memory
             address or nil pointer dereference
             at internal/api/user.go:77
             11 lines of request and stack folded (--unfold)
10:00:00.000 INFO  api           after
";
    assert_eq!(shown, expected);
    assert_eq!(ask(&["--count"]), "3\n");
    assert!(ask(&["top"]).contains("recovered panic: invalid memory"), "{}", ask(&["top"]));
}

/// A terminal and what it was sent.
struct Terminal {
    line: File,
    sent: Arc<Mutex<Vec<u8>>>,
}

impl Terminal {
    fn open() -> Self {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&terminal).and_then(|()| unlockpt(&terminal)).unwrap();
        let name = ptsname(&terminal, Vec::new()).unwrap();
        let line = File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
        let sent = Arc::new(Mutex::new(Vec::new()));
        let (mut terminal, all) = (File::from(terminal), Arc::clone(&sent));
        std::thread::spawn(move || {
            let mut some = [0; 4096];
            while let Ok(count @ 1..) = terminal.read(&mut some) {
                all.lock().unwrap().extend_from_slice(&some[..count]);
            }
        });
        Self { line, sent }
    }

    fn line(&self) -> Stdio {
        self.line.try_clone().unwrap().into()
    }

    fn sent(&self) -> String {
        String::from_utf8_lossy(&self.sent.lock().unwrap()).into_owned()
    }
}

/// Has one line of `op-9` sought behind as many others as it takes for `goes_on` to be over.
fn seek_op_9(words: &[&str], (out, err): (Stdio, Stdio), mut goes_on: impl FnMut() -> bool) {
    let mut command = openim_logs_std();
    command
        .env("TERM", "xterm")
        .args(["-", "--op", "op-9"])
        .args(words)
        .stdin(Stdio::piped())
        .stdout(out)
        .stderr(err);
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let line = |operation: &str| {
        zap(TIME, "INFO", "openim-api", "x", &format!(r#"{{"operationID": "{operation}"}}"#))
    };
    let others = line("op-1").repeat(5000);
    wait_until("it has read enough", || {
        input.write_all(others.as_bytes()).unwrap();
        (!goes_on()).then_some(())
    });
    input.write_all(line("op-9").as_bytes()).unwrap();
    drop(input);
    assert!(child.wait().unwrap().success());
}

#[test]
fn while_nothing_is_found_a_terminal_shows_how_far_it_is_and_no_trace_of_it_stays() {
    let terminal = Terminal::open();
    let goes_on = || !terminal.sent().contains(" records, ");
    seek_op_9(&["--no-pager"], (terminal.line(), terminal.line()), goes_on);
    let sent =
        wait_until("the line arrives", || Some(terminal.sent()).filter(|sent| sent.contains("op=op-9")));
    let (before, found) = sent.rsplit_once("\r\u{1b}[2K").unwrap();
    assert!(before.contains(" records, ") && before.contains(", until 2026-11-23 10:00:00"), "{sent:?}");
    assert!(!found.contains(" records, ") && found.contains("api"), "{sent:?}");
}

#[test]
fn who_is_quiet_or_has_no_terminal_sees_nothing_of_how_far_it_is() {
    let enough = || {
        let begin = std::time::Instant::now();
        // By then a terminal shows it.
        move || begin.elapsed() < std::time::Duration::from_millis(800)
    };
    let terminal = Terminal::open();
    seek_op_9(&["--no-pager", "-q"], (terminal.line(), terminal.line()), enough());
    // What reads the lines may write to the same terminal.
    seek_op_9(&[], (Stdio::null(), terminal.line()), enough());
    let errors = tempfile::NamedTempFile::new().unwrap();
    seek_op_9(&["--no-pager"], (terminal.line(), errors.reopen().unwrap().into()), enough());
    let sent = wait_until("both lines arrive", || {
        Some(terminal.sent()).filter(|sent| sent.matches("op=op-9").count() == 2)
    });
    assert!(!sent.contains("records"), "{sent:?}");
    assert_eq!(std::fs::read_to_string(errors.path()).unwrap(), "");
}

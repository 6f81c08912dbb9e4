//! `openim-logs` on OpenIM's own log files.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on should say where")]

#[path = "support/missing.rs"]
mod missing;
mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use missing::recordings;
use serde_json::Value;
use support::{Deployment, Running, openim_logs, run, split_zap, unpack, zap};

const DAY: &str = "2025-03-04";

fn at(time: &str) -> String {
    format!("{DAY} {time}")
}

/// Four services, four levels, one request through three of them.
fn deployment() -> Deployment {
    let deployment = Deployment::new();
    let keys = r#"{"operationID": "op-7", "opUserID": "imAdmin", "req": "secret:\"openIM123\""}"#;
    deployment.write(
        DAY,
        &[
            zap(&at("10:00:00.000"), "INFO", "openim-api", "api up", ""),
            zap(&at("10:00:01.000"), "INFO", "openim-api", "rpc client request", keys),
            zap(&at("10:00:01.001"), "WARN", "openim-rpc-user", "rpc server response failed", keys),
            zap(
                &at("10:00:02.000"),
                "ERROR",
                "openim-rpc-msg",
                "rpc server panic",
                r#"{"operationID": "op-70"}"#,
            ),
            "panic: runtime error: index out of range\n".to_owned(),
            zap(
                &at("10:00:03.000"),
                "DEBUG",
                "openim-push",
                "消息 <pushed>",
                r#"{"operationID": "op-7", "x": {"y": [1]}}"#,
            ),
        ],
    );
    deployment
}

fn messages(deployment: &Deployment, args: &[&str]) -> Vec<String> {
    let (out, _, _) = run(deployment.logs().args(["-o", "openim-json"]).args(args));
    out.lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["msg"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn levels_are_those_in_the_lines() {
    let all = deployment();
    assert_eq!(
        messages(&all, &["-L", "error"]),
        ["rpc server panic", "panic: runtime error: index out of range"]
    );
    assert_eq!(messages(&all, &["-L", "warn..error"]), ["rpc server response failed", "rpc server panic"]);
    assert_eq!(messages(&all, &["-p", "err"]), messages(&all, &["-L", "error"]));
    assert_eq!(messages(&all, &["-p", "debug..debug"]), ["消息 <pushed>"]);
    assert_eq!(messages(&all, &[]).len(), 6);
}

#[test]
fn services_are_those_in_the_lines_and_what_follows_a_record_is_its_own() {
    let all = deployment();
    assert_eq!(messages(&all, &["api"]), ["api up", "rpc client request"]);
    assert_eq!(messages(&all, &["msg", "push"]).len(), 3);
    assert_eq!(messages(&all, &["rpc"]).len(), 3);
}

#[test]
fn an_operation_is_matched_as_a_whole() {
    let all = deployment();
    assert_eq!(messages(&all, &["--op", "op-7"]).len(), 3);
    assert_eq!(messages(&all, &["--op", "op-70"]), ["rpc server panic"]);
    let (out, err, code) = run(all.logs().args(["--op", "op-"]));
    assert_eq!((out.as_str(), code), ("", 1));
    assert!(err.ends_with(" that the filter admits\n"), "{err}");
}

#[test]
fn a_record_that_is_only_looked_at_takes_no_heading_with_it() {
    let all = deployment();
    let (out, _, _) = run(all.logs().args(["-o", "openim", "push", "user", "-L", "warn", "-B", "1"]));
    assert!(out.starts_with("-- 2025-03-04 --\n10:00:01.001 WARN  rpc-user "), "{out}");
    let services = ["-L", "debug..debug", "-B", "1", "push", "api"];
    let (out, _, _) = run(all.logs().args(["-o", "openim"]).args(services));
    assert!(out.starts_with("-- 2025-03-04 --\n10:00:03.000 DEBUG push "), "{out}");
}

#[test]
fn an_id_is_its_text_and_what_can_be_more_or_less_than_nothing_is_refused() {
    let deployment = Deployment::new();
    let of = |id: &str| {
        let keys = format!("{{\"opUserID\": \"{id}\"}}");
        zap(&at("10:00:00.000"), "WARN", "openim-api", id, &keys)
    };
    deployment.write(DAY, &[of("1876041458067178496"), of("1876041458067178497"), of("7")]);
    let long = "1876041458067178496";
    assert_eq!(messages(&deployment, &["--op-user", long]), [long]);
    assert!(messages(&deployment, &["--op-user", "007"]).is_empty());
    assert_eq!(messages(&deployment, &["--where", &format!("opUserID={long}")]), [long]);
    assert_eq!(messages(&deployment, &["--where", "opUserID>=1876041458067178497"]).len(), 1);
    assert_eq!(messages(&deployment, &["--where", "level>=warn"]).len(), 3);
    assert_eq!(messages(&deployment, &["--where", "version>=v3.8.3"]).len(), 3);
    let (_, err, code) = run(deployment.logs().args(["--where", "cost>3"]));
    let said = "openim-logs: --where: cost is a time, and 3 has no unit: write 3ms or 3s\n";
    assert_eq!((err.as_str(), code), (said, 64));
}

#[test]
fn a_time_without_a_unit_is_refused_wherever_it_is_typed() {
    let all = deployment();
    for (comparison, number) in [("cost=600", "600"), ("kv.cost!=2s,0.5", "0.5")] {
        let (_, err, code) = run(all.logs().args(["--where", comparison]));
        let said = format!(
            "openim-logs: --where: cost is a time, and {number} has no unit: write {number}ms or {number}s\n"
        );
        assert_eq!((err, code), (said, 64), "{comparison}");
    }
    let (_, err, code) = run(all.logs().args(["--slow", "500"]));
    let said = "error: invalid value '500' for '--slow <TIME>': 500 has no unit: write 500ms or 500s\n";
    assert!(err.starts_with(said) && code == 64, "{err}");
    assert_eq!(run(all.logs().args(["--slow", "500 ms"])).2, 1);
}

#[test]
fn the_request_of_a_trace_is_behind_the_verb_wherever_that_stands() {
    let all = deployment();
    let trace = |words: &[&str]| run(all.logs().args(words));
    let (out, err, code) = trace(&["trace", "op-7", "api"]);
    assert!(out.contains("op-7   1 record") && err.is_empty() && code == 0, "{out}{err}");
    assert_eq!(trace(&["api", "trace", "op-7"]).0, out);
    assert_eq!(trace(&["api", "-q", "trace", "--utc", "op-7"]).0, out);
}

#[test]
fn a_trace_is_of_one_request() {
    let (out, err, code) = run(deployment().logs().args(["trace", "op-7", "--op", "op-70"]));
    let said = "openim-logs: --op stands instead of trace's OPERATION_ID: name only one of them\n";
    assert_eq!((out.as_str(), err.as_str(), code), ("", said, 64));
}

#[test]
fn one_record_of_one_service_is_said_to_be_one() {
    let all = deployment();
    let trace = |words: &[&str]| run(all.logs().arg("trace").args(words)).0;
    assert!(trace(&["op-7", "api"]).contains("op-7   1 record, 1 service, "), "{}", trace(&["op-7", "api"]));
    assert!(trace(&["op-7"]).contains("op-7   3 records, 3 services, "), "{}", trace(&["op-7"]));
}

#[test]
fn a_platform_is_found_in_any_case() {
    let deployment = Deployment::new();
    let of = |platform: &str| {
        let keys = format!("{{\"platform\": \"{platform}\"}}");
        zap(&at("10:00:00.000"), "INFO", "openim-api", platform, &keys)
    };
    deployment.write(DAY, &[of("IOS"), of("Android"), of("IPad")]);
    assert_eq!(messages(&deployment, &["--platform", "ios,ANDROID"]), ["IOS", "Android"]);
    assert_eq!(messages(&deployment, &["--where", "platform=ipad"]), ["IPad"]);
    assert_eq!(messages(&deployment, &["--where", "platform!=ipad"]), ["IOS", "Android"]);
}

#[test]
fn a_code_that_is_no_number_is_refused_with_what_one_is() {
    let (_, err, code) = run(deployment().logs().args(["--code", "foo"]));
    let said = "error: invalid value 'foo' for '--code <CODE>': a number: OpenIM's errCode, such as 1004";
    assert!(err.starts_with(said) && code == 64, "{err}");
}

#[test]
fn grep_sees_no_colours() {
    let all = deployment();
    assert_eq!(
        messages(&all, &["-g", r"warn\s+\[pid:512\]\s+openim-rpc-user"]),
        ["rpc server response failed"]
    );
    assert!(messages(&all, &["-g", r"\[33m"]).is_empty());
    assert!(messages(&all, &["-g", "warn", "--case-sensitive"]).is_empty());
    let (_, err, code) = run(all.logs().args(["-g", "a(b"]));
    assert_eq!((err.as_str(), code), ("openim-logs: --grep: \"a(b\": unclosed group\n", 64));
}

#[test]
fn json_messages_are_text_whatever_their_length() {
    let deployment = Deployment::new();
    let long = format!("{{\"x\": \"{}\"}}", "y".repeat(6000));
    deployment.write(DAY, &[zap(&at("10:00:00.000"), "ERROR", "openim-api", "long", &long)]);
    let (out, _, _) = run(deployment.logs().args(["-o", "json"]));
    let value: Value = serde_json::from_str(&out).unwrap();
    let message = value["MESSAGE"].as_str().unwrap();
    assert!(message.len() > 6000 && !message.contains('\x1b'), "{message}");
    assert_eq!(value["__REALTIME_TIMESTAMP"], "1741082400000000");
    assert_eq!(
        (&value["SYSLOG_IDENTIFIER"], &value["_PID"], &value["PRIORITY"]),
        (&"openim-api".into(), &"512".into(), &"3".into())
    );
}

#[test]
fn parsed_json_has_the_same_members_in_every_line() {
    let (out, _, _) = run(deployment().logs().args(["-o", "openim-json"]));
    for line in out.lines() {
        let value: Value = serde_json::from_str(line).unwrap();
        let names: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "time",
                "service",
                "instance",
                "level",
                "operationID",
                "opUserID",
                "caller",
                "version",
                "msg",
                "fields"
            ]
        );
    }
    let last: Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
    assert_eq!(last["time"], "2025-03-04T10:00:03.000000Z");
    assert_eq!((&last["service"], &last["caller"]), (&"push".into(), &"api/router.go:42".into()));
    assert_eq!(last["fields"], serde_json::json!({"x": {"y": [1]}}));
}

#[test]
fn secrets_are_masked_in_every_form_but_cat_unless_they_are_asked_for() {
    let all = deployment();
    for form in ["short", "json", "openim", "openim-json"] {
        let (out, _, _) = run(all.logs().args(["-o", form]));
        assert!(!out.contains("openIM123"), "{form}: {out}");
        let (out, _, _) = run(all.logs().args(["-o", form, "--no-redact"]));
        assert!(out.contains("openIM123"), "{form}: {out}");
    }
    let (out, _, _) = run(all.logs().args(["-o", "cat"]));
    assert_eq!(out, std::fs::read_to_string(all.log(DAY)).unwrap());
}

#[test]
fn the_last_lines_are_shown_in_order_and_filters_count_what_is_shown() {
    let all = deployment();
    assert_eq!(messages(&all, &["-n", "2"]), ["panic: runtime error: index out of range", "消息 <pushed>"]);
    assert_eq!(messages(&all, &["-n", "1", "api"]), ["rpc client request"]);
    assert_eq!(messages(&all, &["-n", "2", "-L", "info..info"]), ["api up", "rpc client request"]);
    let none = run(all.logs().args(["-n", "0"]));
    assert_eq!(none, (String::new(), String::new(), 0), "nothing was asked for");
    assert_eq!(messages(&all, &["-n"]).len(), 6);
    assert_eq!(messages(&all, &["-n", "all"]).len(), 6);
}

#[test]
fn the_newest_first_is_the_same_in_reverse() {
    let all = deployment();
    let mut forward = messages(&all, &[]);
    forward.reverse();
    assert_eq!(messages(&all, &["-r"]), forward);
    assert_eq!(messages(&all, &["-r", "-n", "1"]), ["消息 <pushed>"]);
}

#[test]
fn times_bound_what_is_shown_across_files() {
    let deployment = Deployment::new();
    for (day, hour) in [("2026-11-21", "09"), ("2026-11-22", "09"), ("2026-11-23", "09")] {
        let line = zap(&format!("{day} {hour}:00:00.500"), "INFO", "openim-api", day, "");
        deployment.write(day, &[line]);
    }
    deployment.append("2026-11-23.gz", "no log file");
    assert_eq!(messages(&deployment, &[]), ["2026-11-21", "2026-11-22", "2026-11-23"]);
    let bounded = |args: &[&str]| messages(&deployment, args);
    assert_eq!(bounded(&["-S", "2026-11-22 09:00:00.5"]), ["2026-11-22", "2026-11-23"]);
    assert_eq!(bounded(&["-S", "2026-11-22 09:00:00.501"]), ["2026-11-23"]);
    assert_eq!(bounded(&["-U", "2026-11-22 09:00:00.5"]), ["2026-11-21", "2026-11-22"]);
    assert_eq!(bounded(&["-S", "2026-11-22", "-U", "2026-11-23"]), ["2026-11-22"]);
    assert_eq!(bounded(&["-n", "2"]), ["2026-11-22", "2026-11-23"]);
    assert_eq!(bounded(&["-r"]), ["2026-11-23", "2026-11-22", "2026-11-21"]);
}

#[test]
fn the_times_in_the_lines_are_those_of_this_host() {
    let all = deployment();
    let (out, _, _) = run(all.logs().env("TZ", "Asia/Shanghai").args(["-o", "openim-json", "-n", "1"]));
    assert!(out.starts_with("{\"time\":\"2025-03-04T10:00:03.000000+08:00\""), "{out}");
    let (out, _, _) =
        run(all.logs().env("TZ", "Asia/Shanghai").args(["-o", "openim-json", "-n", "1", "--utc"]));
    assert!(out.starts_with("{\"time\":\"2025-03-04T02:00:03.000000Z\""), "{out}");
}

#[test]
fn the_zone_of_the_times_may_be_spelt_as_posix_does() {
    let all = deployment();
    let time = |tz: &str, options: &[&str]| {
        let (out, err, _) =
            run(all.logs().env("TZ", tz).args(["-o", "openim-json", "-n", "1"]).args(options));
        out.split('"').nth(3).map_or(err, str::to_owned)
    };
    assert_eq!(time("CST-8", &[]), "2025-03-04T10:00:03.000000+08:00");
    assert_eq!(time("EST5EDT,M3.2.0,M11.1.0", &[]), "2025-03-04T10:00:03.000000-05:00");
    assert_eq!(time("EST5EDT,M3.1.0,M11.1.0", &[]), "2025-03-04T10:00:03.000000-04:00");
    assert_eq!(time("CST-8", &["--utc"]), "2025-03-04T02:00:03.000000Z");
    assert_eq!(time("UTC", &["--tz", "CST-8"]), "2025-03-04T02:00:03.000000Z");
    assert_eq!(time("UTC", &["--tz", "EST5EDT,M3.1.0,M11.1.0"]), "2025-03-04T14:00:03.000000Z");
    let (_, err, code) = run(all.logs().args(["--tz", "CST"]));
    assert!(code == 64 && err.contains("\"CST\" is no zone"), "{err}");
}

#[test]
fn records_on_two_lines_are_one() {
    let deployment = Deployment::new();
    let lines: Vec<String> = (0..4000)
        .map(|n| {
            split_zap(
                &at("10:00:00.000"),
                "WARN",
                "openim-push",
                &format!("m{n}"),
                r#"{"operationID": "op"}"#,
            )
        })
        .collect();
    deployment.write(DAY, &lines);
    assert_eq!(messages(&deployment, &["-L", "warn", "--op", "op"]).len(), 4000);
    assert_eq!(messages(&deployment, &["-n", "2"]), ["m3998", "m3999"]);
    let backward = messages(&deployment, &["-r"]);
    assert_eq!((backward.len(), backward[0].as_str(), backward[3999].as_str()), (4000, "m3999", "m0"));
}

#[test]
fn short_looks_as_journalctl_has_it() {
    let all = deployment();
    let (out, _, _) = run(all.logs().args(["-n", "1"]));
    assert!(out.starts_with("Mar 04 10:00:03 "), "{out}");
    let (_, text) = out.split_once(": ").unwrap();
    assert!(text.starts_with("2025-03-04 10:00:03.000        DEBUG        [PID:512]"), "{out}");
    assert!(out.contains(" openim-push[512]: "), "{out}");
}

#[test]
fn the_form_for_people_fits_eighty_columns() {
    let (out, _, _) = run(deployment().logs().args(["-o", "openim"]));
    assert!(out.starts_with("-- 2025-03-04 --\n10:00:00.000 INFO  api           api up\n"), "{out}");
    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
    let (out, _, _) = run(deployment().logs().args(["-o", "openim", "-L", "warn..warn"]));
    let expected = "10:00:01.001 WARN  rpc-user      rpc server response failed\n             \
                    op=op-7 user=imAdmin req=secret:\"***\"\n             at api/router.go:42\n";
    assert_eq!(out.split_once('\n').unwrap().1, expected);
}

#[test]
fn an_unknown_service_names_the_nearest() {
    let (out, err, code) = run(openim_logs().arg("msgtransfr"));
    assert_eq!((out.as_str(), code), ("", 64));
    assert!(err.contains("'msgtransfer'"), "{err}");
}

#[test]
fn a_wrong_time_says_what_is_accepted() {
    let (_, err, code) = run(deployment().logs().args(["--since", "2012/10/30"]));
    assert_eq!(code, 64);
    assert!(err.contains("write 2012-10-30") && err.contains("20 min ago"), "{err}");
    let (_, err, code) = run(deployment().logs().args(["-S", "today", "-U", "yesterday"]));
    assert_eq!((err.as_str(), code), ("openim-logs: --since= must be before --until=.\n", 64));
}

#[test]
fn nothing_found_is_explained_unless_quiet_is_asked_for() {
    let (out, err, code) = run(deployment().logs().arg("crontask"));
    assert_eq!((out.as_str(), code), ("", 0));
    assert!(err.starts_with("openim-logs: nothing from crontask in /"), "{err}");
    let (_, err, code) = run(deployment().logs().args(["crontask", "-q"]));
    assert_eq!((err.as_str(), code), ("", 0));
    let (_, err, code) = run(deployment().logs().args(["crontask", "-L", "error"]));
    assert!(err.ends_with(" that the filter admits\n") && code == 1, "{err}");
    let (_, err, code) = run(deployment().logs().args(["crontask", "-L", "error", "-q"]));
    assert_eq!((err.as_str(), code), ("", 1));
}

#[test]
fn a_directory_that_is_not_there_is_named_with_its_origin() {
    let deployment = deployment();
    std::fs::remove_dir_all(deployment.root().join("_output")).unwrap();
    let (_, err, code) = run(&mut deployment.logs());
    assert_eq!(code, 75);
    assert!(
        err.contains("_output/logs: No such file") && err.contains("log.yml:1 has storageLocation"),
        "{err}"
    );
    std::fs::create_dir_all(deployment.root().join("_output/logs")).unwrap();
    let (_, err, code) = run(&mut deployment.logs());
    assert_eq!(code, 75);
    assert!(err.contains("no openim-service-log.* in"), "{err}");
}

#[test]
fn broken_configuration_names_file_and_line() {
    let deployment = deployment();
    std::fs::write(deployment.root().join("config/log.yml"), "a: 1\nisStdout: maybe\n").unwrap();
    let (_, err, code) = run(&mut deployment.logs());
    assert_eq!(code, 78);
    assert!(err.contains("config/log.yml:2: isStdout wants true or false"), "{err}");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let deployment = Deployment::new();
    let lines: Vec<String> =
        (0..20_000).map(|_| zap(&at("10:00:00.000"), "INFO", "openim-api", "again", "")).collect();
    deployment.write(DAY, &lines);
    let mut command = support::openim_logs_std();
    command.args(["--source", "files", "--root"]).arg(deployment.root());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap()), (Some(0), String::new()));
}

/// The command line is the same in every build, so the word is known, and what is missing is named.
#[cfg(not(feature = "libsystemd"))]
#[test]
fn a_build_without_libsystemd_says_so_and_what_works_instead() {
    let asked = ["--engine", "libsystemd", "--directory", "/"];
    let (out, err, code) = run(openim_logs().args(asked));
    assert_eq!((out.as_str(), code), ("", 75));
    assert!(err.contains("--engine native") && err.contains("--features libsystemd"), "{err}");
}

fn follow(deployment: &Deployment, args: &[&str]) -> Running {
    let mut command = support::openim_logs_std();
    command.args(["--source", "files", "-o", "cat", "-f", "--root"]).arg(deployment.root()).args(args);
    Running::start(command)
}

#[test]
fn follow_shows_the_last_lines_and_then_what_is_appended() {
    let all = deployment();
    let running = follow(&all, &["-n", "1"]);
    assert!(running.line().contains("<pushed>"));
    let line = zap(&at("10:00:04.000"), "INFO", "openim-api", "appended", "");
    let (begin, end) = line.split_at(60);
    all.append(DAY, begin);
    assert!(running.stays_silent(), "a line is shown whole");
    all.append(DAY, end);
    assert_eq!(format!("{}\n", running.line()), line);
    assert!(running.stays_silent());
    all.append(DAY, &line);
    assert_eq!(format!("{}\n", running.line()), line);
}

#[test]
fn follow_ends_when_its_reader_has_gone_though_nothing_is_written() {
    let all = deployment();
    let mut command = support::openim_logs_std();
    // No line at all, so that no write can fail.
    command.args(["--source", "files", "-f", "-n", "0", "--root"]).arg(all.root());
    assert_eq!(Running::unread(command).exit_code(), 0);
}

#[test]
fn lines_before_the_first_record_are_of_the_files_day() {
    let deployment = Deployment::new();
    let lines = ["panic: early\n".to_owned(), zap(&at("10:00:00.000"), "INFO", "openim-api", "m", "")];
    deployment.write(DAY, &lines);
    for args in [&[][..], &["-r"], &["-n", "5"]] {
        let (out, _, _) = run(deployment.logs().args(["-o", "openim-json", "-g", "early"]).args(args));
        assert!(out.starts_with("{\"time\":\"2025-03-04T00:00:00.000000Z\""), "{args:?}: {out}");
    }
}

#[test]
fn follow_goes_on_in_the_next_days_file() {
    let all = deployment();
    let running = follow(&all, &["-n", "1"]);
    assert!(running.line().contains("<pushed>"));
    all.append(DAY, &zap(&at("23:59:59.999"), "INFO", "openim-api", "late", ""));
    assert!(running.line().contains("late"));
    all.append("2025-03-05", &zap("2025-03-05 00:00:00.000", "INFO", "openim-api", "early", ""));
    assert!(running.line().contains("early"));
}

#[test]
fn follow_goes_on_in_a_file_that_has_taken_the_place_of_todays() {
    let all = deployment();
    let running = follow(&all, &["-n", "1"]);
    assert!(running.line().contains("<pushed>"));
    let line = |message: &str| zap(&at("10:01:00.000"), "INFO", "openim-api", message, "");
    let old = all.root().join("old");
    std::fs::rename(all.log(DAY), &old).unwrap();
    std::fs::write(all.log(DAY), line("in its place")).unwrap();
    std::fs::write(&old, std::fs::read_to_string(&old).unwrap() + &line("left in the old one")).unwrap();
    assert!(running.line().contains("left in the old one"));
    assert!(running.line().contains("in its place"));
    std::fs::remove_file(all.log(DAY)).unwrap();
    assert!(running.stays_silent());
    all.append(DAY, &line("and once more"));
    assert!(running.line().contains("and once more"));
    all.append("2025-03-05", &zap("2025-03-05 00:00:00.000", "INFO", "openim-api", "the next day", ""));
    assert!(running.line().contains("the next day"));
}

/// Twelve kinds of errors, the first of them twice, and as many methods with a call each.
fn twelve() -> Deployment {
    let deployment = Deployment::new();
    let mut lines = vec![zap(&at("09:00:00.000"), "ERROR", "openim-api", "kind a", "")];
    for (second, kind) in ('a'..='l').enumerate() {
        lines.push(zap(&at("09:00:00.000"), "ERROR", "openim-api", &format!("kind {kind}"), ""));
        let keys = format!(r#"{{"operationID": "op-{kind}", "method": "/{kind}/{kind}"}}"#);
        let rpc = |millis: u64, what: &str| {
            zap(&at(&format!("10:00:{second:02}.{millis}")), "INFO", "openim-api", what, &keys)
        };
        lines.extend([rpc(100, "rpc client request"), rpc(700, "rpc client response success")]);
    }
    deployment.write(DAY, &lines);
    deployment
}

#[test]
fn rows_that_are_left_out_are_counted() {
    let deployment = twelve();
    let ask = |words: &[&str]| run(deployment.logs().args(words)).0;
    let json = |words: &[&str]| -> Value { serde_json::from_str(&ask(words)).unwrap() };
    let errors = ask(&["errors"]);
    assert!(errors.ends_with("\n      2  further messages, of 2 kinds (-n all shows them)\n"), "{errors}");
    assert!(
        ask(&["errors", "-n", "1"])
            .ends_with("\n     11  further messages, of 11 kinds (-n all shows them)\n")
    );
    assert!(!ask(&["errors", "-n", "12"]).contains("further"));
    assert!(!ask(&["errors", "-n", "all"]).contains("further"));
    assert_eq!(json(&["errors", "-o", "json"])["others"], 2);
    assert_eq!(json(&["errors", "-o", "json", "-n", "all"])["others"], 0);
    let slow = ask(&["slow"]);
    assert!(slow.ends_with("\n       2  further calls, 2 further methods (-n all shows them)\n"), "{slow}");
    assert!(!ask(&["slow", "-n", "12"]).contains("further"));
    let slow = json(&["slow", "-o", "json", "-n", "5"]);
    assert_eq!((&slow["others"]["calls"], &slow["others"]["methods"]), (&7.into(), &7.into()));
}

#[test]
fn a_duration_that_is_asked_for_is_shown_where_the_line_has_none() {
    let deployment = twelve();
    let cost = zap(
        &at("11:00:00.000"),
        "INFO",
        "openim-api",
        "http request processed",
        r#"{"requestURI": "/x", "cost": "900ms"}"#,
    );
    deployment.append(DAY, &cost);
    let ask = |words: &[&str]| run(deployment.logs().args(words)).0;
    let shown = ask(&["--slow", "500ms", "-o", "openim", "-n", "2"]);
    assert!(shown.contains("op=op-l cost=600ms") && shown.matches("cost=").count() == 2, "{shown}");
    assert!(shown.contains("cost=900ms"), "{shown}");
    let shown = ask(&["--where", "cost>=500ms", "-o", "openim-json", "-n", "2"]);
    let costs: Vec<Value> = shown
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["fields"]["cost"].clone())
        .collect();
    assert_eq!(costs, ["600ms", "900ms"]);
    assert_eq!(shown.matches("cost").count(), 2, "{shown}");
    let plain = ask(&["-o", "openim", "-n", "2"]);
    assert!(!plain.contains("cost=600ms"), "{plain}");
}

/// A process that runs as a service of the deployment, with that file as its standard output.
struct Service(std::process::Child);

impl Service {
    fn start(deployment: &Deployment, name: &str, output: &Path) -> Self {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(output).unwrap();
        let mut command = Self::command(deployment, name, "/bin/sleep");
        Self(command.arg("600").stdout(file).stderr(Stdio::null()).spawn().unwrap())
    }

    /// The program under the service's name, with these words and no end of its input.
    fn run(deployment: &Deployment, name: &str, program: &str, words: &[&str]) -> Self {
        let mut command = Self::command(deployment, name, program);
        let command = command.args(words).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().unwrap())
    }

    fn command(deployment: &Deployment, name: &str, program: &str) -> Command {
        let directory = deployment.root().canonicalize().unwrap().join("_output/bin/platforms/linux/amd64");
        std::fs::create_dir_all(&directory).unwrap();
        let path = directory.join(name);
        // Copied by a process of its own: another test's child would inherit a descriptor of ours and keep it busy.
        assert!(Command::new("cp").arg(program).arg(&path).status().unwrap().success());
        Command::new(path)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill().and_then(|()| self.0.wait());
    }
}

#[test]
fn the_standard_output_of_a_running_service_is_read_with_what_was_rotated_away() {
    let deployment = Deployment::new();
    let path = |name: &str| deployment.root().join(name);
    let line = |time, message| zap(&at(time), "INFO", "openim-api", message, "");
    std::fs::write(path("api.log.1"), line("09:00:00.000", "before the rotation")).unwrap();
    let early = "[GIN-debug] a line of no record\n".to_owned();
    std::fs::write(path("api.log"), early + &line("10:00:00.000", "after it")).unwrap();
    let (_, err, code) = run(openim_logs().args(["--source", "stdout", "--root"]).arg(deployment.root()));
    assert_eq!(code, 75);
    assert!(err.contains("no running service has a file as its standard output"), "{err}");
    let _service = Service::start(&deployment, "openim-api", &path("api.log"));
    let shown = |args: &[&str]| -> Vec<String> {
        let mut command = openim_logs();
        command
            .args(["--source", "stdout", "--template", "{service} {msg}", "--root"])
            .arg(deployment.root());
        let (out, err, code) = run(command.args(args));
        assert_eq!((err.as_str(), code), ("", 0), "{args:?}");
        out.lines().map(str::to_owned).collect()
    };
    let all = ["api before the rotation", "api [GIN-debug] a line of no record", "api after it"];
    assert_eq!(shown(&[]), all);
    assert_eq!(shown(&["-n", "1"]), all[2..]);
    assert_eq!(shown(&["-r", "-n", "2"]), [all[2], all[1]]);
    assert_eq!(shown(&["push", "-q"]), [""; 0]);

    let mut command = support::openim_logs_std();
    command
        .args(["--source", "stdout", "--template", "{msg}", "-f", "-n", "1", "--root"])
        .arg(deployment.root());
    let following = Running::start(command);
    assert_eq!(following.line(), "after it");
    std::fs::rename(path("api.log.1"), path("api.log.2")).unwrap();
    std::fs::rename(path("api.log"), path("api.log.1")).unwrap();
    std::fs::write(path("api.log"), "in the new file\n").unwrap();
    assert_eq!(following.line(), "in the new file");
}

#[test]
fn what_an_instance_that_is_gone_has_left_is_read_beside_what_others_of_its_service_write() {
    let deployment = Deployment::new();
    let path = |number: u32| deployment.root().join(format!("openim-msgtransfer_{number}.log"));
    let line = |message| zap(&at("10:00:00.000"), "INFO", "openim-msgtransfer", message, "");
    std::fs::write(path(0), line("it runs")).unwrap();
    std::fs::write(path(1), line("it is gone")).unwrap();
    let _service = Service::start(&deployment, "openim-msgtransfer", &path(0));
    let mut command = openim_logs();
    command
        .args(["msgtransfer", "--source", "stdout", "--template", "{msg}", "--root"])
        .arg(deployment.root());
    assert_eq!(run(&mut command), ("it runs\nit is gone\n".to_owned(), String::new(), 0));
}

#[test]
fn an_instance_is_told_from_others_in_the_common_file_by_its_process() {
    let deployment = Deployment::new();
    // A shell with the words of an instance behind its own.
    let third = Service::run(&deployment, "openim-msgtransfer", "/bin/sh", &["-c", "read line", "-i", "3"]);
    let now = chrono::Utc::now() + chrono::TimeDelta::seconds(5);
    let line = |pid: u32, message: &str| {
        let time = now.format("%F %T%.3f").to_string();
        zap(&time, "INFO", "openim-msgtransfer", message, "").replace("[PID:512]", &format!("[PID:{pid}]"))
    };
    let day = now.format("%F").to_string();
    deployment.write(&day, &[line(third.0.id(), "of the third"), line(1, "of another")]);
    assert_eq!(messages(&deployment, &["msgtransfer"]), ["of the third", "of another"]);
    assert_eq!(messages(&deployment, &["msgtransfer#3"]), ["of the third"]);
    let (_, err, _) = run(deployment.logs().arg("msgtransfer#2"));
    assert!(err.contains("files name processes, not instances"), "{err}");
}

/// The default keeps the logger away from standard output, so that a crash stands behind words of the start.
#[test]
fn a_crash_at_the_end_of_a_file_is_of_the_time_when_the_file_was_written() {
    let deployment = Deployment::new();
    let path = deployment.root().join("openim-push.log");
    let start = zap("2025-02-01 10:00:00.000", "INFO", "openim-push", "PUSH server is initializing", "");
    let crash = "panic: assignment to entry in nil map\n\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:7 +0x1d\n";
    std::fs::write(&path, start + crash).unwrap();
    let _service = Service::start(&deployment, "openim-push", &path);
    let now = std::time::SystemTime::now();
    std::fs::File::open(&path).unwrap().set_modified(now - std::time::Duration::from_mins(1)).unwrap();
    let panics = |words: &[&str]| {
        let mut command = openim_logs();
        command.args(["panics", "--source", "stdout", "-q", "--root"]).arg(deployment.root());
        run(command.args(words)).0
    };
    assert!(panics(&["--since", "5 min ago"]).contains("assignment to entry in nil map"));
    assert_eq!(panics(&["--since", "30 s ago"]), "");
}

#[test]
fn follow_filters_what_comes() {
    let all = deployment();
    all.append(DAY, &zap(&at("10:00:03.500"), "ERROR", "openim-push", "before", ""));
    let running = follow(&all, &["-L", "error", "push"]);
    assert!(running.line().contains("before"));
    all.append(DAY, &zap(&at("10:00:04.000"), "ERROR", "openim-api", "other", ""));
    all.append(DAY, &zap(&at("10:00:04.000"), "INFO", "openim-push", "quiet", ""));
    all.append(DAY, &zap(&at("10:00:04.000"), "ERROR", "openim-push", "wanted", ""));
    assert!(running.line().contains("wanted"));
}

/// The file of a real deployment, counted here and by an expression over its bytes.
#[test]
fn a_real_file_has_the_levels_that_another_reading_finds() {
    let Some(directory) = recordings() else { return };
    for name in ["patch16-units-console", "patch16-units-json"] {
        let bytes = unpack(&directory.join(format!("{name}.openim-service-log.2026-11-23.zst")));
        let deployment = Deployment::new();
        std::fs::write(deployment.log(DAY), &bytes).unwrap();
        let console =
            r"^[-\d]{10} [:\d]{8}\.\d{3}\t\x1b\[\d+m([A-Z]+)\x1b\[0m\t\S+ *\S*\t\x1b\[\d+mopenim-([a-z-]+)";
        let json = r#"^\{"level":"([A-Z]+)","time":"[^"]+","logger":"openim-([a-z-]+)""#;
        let expression = regex::bytes::Regex::new(&format!("(?m-u){console}|{json}")).unwrap();
        let mut expected: BTreeMap<(String, String), u64> = BTreeMap::new();
        for found in expression.captures_iter(&bytes) {
            let group = |a, b| {
                let group = found.get(a).or_else(|| found.get(b)).unwrap();
                String::from_utf8(group.as_bytes().to_vec()).unwrap()
            };
            *expected.entry((group(1, 3), group(2, 4))).or_default() += 1;
        }
        assert!(expected.values().sum::<u64>() > 1000, "{expected:?}");
        for args in [&[][..], &["-r"], &["-n", "100000"]] {
            let (out, _, _) = run(deployment.logs().args(["-o", "openim-json"]).args(args));
            let mut counted: BTreeMap<(String, String), u64> = BTreeMap::new();
            for line in out.lines() {
                let value: Value = serde_json::from_str(line).unwrap();
                let word = |name: &str| value[name].as_str().unwrap().to_owned();
                *counted.entry((word("level"), word("service"))).or_default() += 1;
            }
            assert_eq!(counted, expected, "{name} {args:?}");
        }
        let errors: u64 =
            expected.iter().filter(|((level, _), _)| level == "ERROR").map(|(_, count)| count).sum();
        let (out, _, _) = run(deployment.logs().args(["-o", "cat", "-L", "error"]));
        assert_eq!(out.lines().count() as u64, errors);
    }
}

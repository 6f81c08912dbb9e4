//! What each reader of `openim-check` gets: every format, read by an independent reader of that format, and every
//! profile, on a deployment that comes to each verdict.
#![expect(clippy::expect_used, reason = "a test that cannot go on should say so by dying")]

mod check;
#[path = "support/missing.rs"]
mod missing;

use std::process::{Command, Stdio};
use std::time::Instant;

use check::{PATIENCE, small, started};
use openim_ops::openim::service::Service;
use openim_sandbox::{Fault, Sandbox};
use rustix::process::Signal;
use serde_json::Value;

struct Printed {
    code: Option<i32>,
    out: String,
    err: String,
}

fn check(sandbox: &Sandbox, arguments: &[&str]) -> Printed {
    let output = Command::new(env!("CARGO_BIN_EXE_openim-check"))
        .arg("--root")
        .arg(sandbox.root())
        .args(arguments)
        .env_clear()
        .output()
        .expect("start openim-check");
    Printed {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).expect("output is text"),
        err: String::from_utf8(output.stderr).expect("output is text"),
    }
}

/// Reports in JSON until the verdict is as wanted; a fault takes a moment to show.
#[track_caller]
fn report_until(sandbox: &Sandbox, arguments: &[&str], verdict: &str) -> Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let printed = check(sandbox, &[arguments, &["-o", "json"]].concat());
        let report: Value = serde_json::from_str(&printed.out).expect("the report is JSON");
        if report["verdict"] == verdict {
            return report;
        }
        assert!(Instant::now() < deadline, "never {verdict}: {}", printed.out);
    }
}

#[track_caller]
fn fits_the_schema(report: &Value) {
    let schema: Value = serde_json::from_str(include_str!("../checks/openim-check-1.schema.json"))
        .expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is a schema");
    let errors: Vec<String> =
        validator.iter_errors(report).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{report:#}");
}

fn verdicts_of_checks(report: &Value) -> Vec<&str> {
    fn collect<'v>(value: &'v Value, into: &mut Vec<&'v str>) {
        if let Some(verdict) =
            value["verdict"].as_str().filter(|_| value["id"].is_string() && value["kind"].is_string())
        {
            into.push(verdict);
        }
        match value {
            Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
            Value::Object(members) => members.values().for_each(|member| collect(member, into)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut verdicts = Vec::new();
    collect(report, &mut verdicts);
    verdicts
}

#[test]
fn a_report_of_every_verdict_fits_the_json_schema() {
    let mut sandbox =
        small().fault(Service::RpcUser, 0, Fault::Unregistered).start().expect("start the sandbox");
    fits_the_schema(&report_until(&sandbox, &["all"], "starting"));
    sandbox.mend(Service::RpcUser, 0).expect("mend");
    sandbox.wait_ready(PATIENCE).expect("the sandbox comes up");
    fits_the_schema(&report_until(&sandbox, &["all"], "pass"));
    sandbox.break_with(Service::Push, 0, Fault::Ghost(1)).expect("break");
    fits_the_schema(&report_until(&sandbox, &["all"], "warn"));
    sandbox.signal(Service::Api, 0, Signal::STOP).expect("stop");
    let failed = report_until(&sandbox, &["all"], "fail");
    assert!(verdicts_of_checks(&failed).contains(&"skipped"), "a stopped API is not asked: {failed:#}");
    fits_the_schema(&failed);
    sandbox.stop_etcd();
    fits_the_schema(&report_until(&sandbox, &["rpc", "--only", "registry"], "unknown"));
}

#[test]
fn the_report_verb_fits_the_json_schema_too() {
    let sandbox = started(small());
    let state = sandbox.root().join("state.json");
    for _ in 0..2 {
        let printed = check(&sandbox, &["report", "-o", "json", "--state", &state.display().to_string()]);
        fits_the_schema(&serde_json::from_str(&printed.out).expect("the report is JSON"));
    }
}

#[test]
fn junit_is_xml_with_a_suite_for_each_service_and_true_counts() {
    let sandbox = started(small());
    sandbox.signal(Service::Api, 0, Signal::STOP).expect("stop");
    let report = report_until(&sandbox, &["all"], "fail");
    let printed = check(&sandbox, &["all", "-o", "junit"]);
    assert_eq!(printed.code, Some(1));
    let document = roxmltree::Document::parse(&printed.out).expect("it is XML");
    let count = |tag: &str| document.descendants().filter(|node| node.has_tag_name(tag)).count();
    let told = |name: &str| {
        document.root_element().attribute(name).and_then(|text| text.parse::<usize>().ok()).expect("a number")
    };
    let verdicts = verdicts_of_checks(&report);
    let of = |wanted: &str| verdicts.iter().filter(|verdict| **verdict == wanted).count();
    assert_eq!((told("tests"), count("testcase")), (verdicts.len(), verdicts.len()));
    assert_eq!((told("failures"), count("failure")), (of("fail"), of("fail")));
    assert_eq!((told("skipped"), count("skipped")), (of("skipped"), of("skipped")));
    assert_eq!(count("testsuite"), 14, "twelve services, etcd and the machine");
    let failure = document.descendants().find(|node| node.has_tag_name("failure")).expect("one failed");
    let message = failure.attribute("message").expect("it says why");
    assert!(message.ends_with(" is stopped by SIGSTOP"), "{message}");
}

#[test]
fn tap_is_read_by_perls_own_harness() {
    let sandbox = started(small());
    sandbox.signal(Service::Api, 0, Signal::STOP).expect("stop");
    let printed = check(&sandbox, &["all", "-o", "tap"]);
    assert!(printed.out.starts_with("TAP version 13\n1.."), "{}", printed.out);
    assert!(
        printed.out.contains("not ok 1 - openim-api\\#0/process\n  ---\n  message: \"api (pid "),
        "{}",
        printed.out
    );
    let Some(summary) = prove(&printed.out) else { return };
    assert!(summary.contains("Failed test:  1\n"), "{summary}");
    assert!(!summary.contains("Parse errors"), "{summary}");
    let healthy = prove(&check(&sandbox, &["push", "-o", "tap"]).out).expect("it ran a moment ago");
    assert!(healthy.contains("Result: PASS"), "{healthy}");
}

/// What `prove` makes of a TAP stream; `None`, and a note, where there is no Perl.
fn prove(stream: &str) -> Option<String> {
    let mut file = tempfile::Builder::new().suffix(".tap").tempfile().expect("make a file");
    std::io::Write::write_all(&mut file, stream.as_bytes()).expect("write the file");
    let prove = Command::new("prove").arg(file.path()).stdin(Stdio::null()).output();
    let Ok(output) = prove else {
        missing::did_not_run("prove, which Perl brings, is not installed (scripts/install-test-deps)");
        return None;
    };
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn prometheus_metrics_have_few_labels_and_no_pid() {
    let sandbox = started(small());
    sandbox.signal(Service::Api, 0, Signal::STOP).expect("stop");
    let metrics = check(&sandbox, &["all", "-o", "prometheus"]).out;
    for line in [
        "openim_check_up{service=\"openim-api\"} 0",
        "openim_check_up{service=\"openim-push\"} 1",
        "openim_check_instances{service=\"openim-push\"} 2",
        "openim_check_instances_expected{service=\"openim-push\"} 2",
        "openim_check_dependency_up{dependency=\"etcd\"} 1",
        "openim_check_verdict{verdict=\"fail\"} 1",
        "openim_check_verdict{verdict=\"pass\"} 0",
        "# TYPE openim_check_last_run_timestamp_seconds gauge",
    ] {
        assert!(metrics.lines().any(|known| known == line), "{line} is missing in\n{metrics}");
    }
    let pid = sandbox.pid(Service::Api, 0).expect("it runs").to_string();
    assert!(!metrics.contains(&pid), "{metrics}");
}

#[test]
fn nagios_gets_one_line_with_performance_data_and_its_own_exit_codes() {
    let mut sandbox = started(small());
    let healthy = check(&sandbox, &["--profile", "nagios"]);
    assert_eq!(healthy.code, Some(0));
    assert!(healthy.out.starts_with("OPENIM OK - 14 instances of 12 services"), "{}", healthy.out);
    let (_, performance) = healthy.out.lines().next().and_then(|line| line.split_once('|')).expect("a bar");
    assert!(performance.starts_with(" instances=14;14:;14:;0;14 failing=0;0;0;0 time=0."), "{performance}");
    assert_eq!(performance.matches(" etcd=0.").count(), 1, "a label stands once: {performance}");
    sandbox.kill(Service::Push, 1).expect("kill");
    let broken = check(&sandbox, &["-o", "nagios", "--grace", "1ms"]);
    assert_eq!(broken.code, Some(2));
    assert!(broken.out.starts_with("OPENIM CRITICAL - push 1 is not running"), "{}", broken.out);
    assert!(broken.out.lines().skip(1).all(|line| !line.contains('|')), "{}", broken.out);
    let lost = check(&sandbox, &["--profile", "nagios", "--config", "/nowhere"]);
    assert_eq!((lost.code, lost.err.as_str()), (Some(3), ""));
    assert!(lost.out.starts_with("OPENIM UNKNOWN - no configuration in /nowhere"), "{}", lost.out);
    assert_eq!(
        check(&sandbox, &["--profile", "nagios", "--help"]).code,
        Some(3),
        "as the guidelines want it"
    );
}

#[test]
fn docker_gets_ten_lines_of_many_faults_and_the_first_names_them() {
    let mut sandbox = started(small());
    for service in [Service::RpcAuth, Service::RpcUser, Service::RpcMsg, Service::RpcGroup, Service::RpcThird]
    {
        sandbox.kill(service, 0).expect("kill");
    }
    let printed = check(&sandbox, &["--profile", "docker", "--grace", "1ms"]);
    assert_eq!(printed.code, Some(1));
    assert_eq!(printed.out.lines().count(), 10, "{}", printed.out);
    let first = printed.out.lines().next().expect("a line");
    assert_eq!(first, "FAIL  rpc-auth is not running; also rpc-group, rpc-msg, rpc-third, rpc-user");
    assert!(printed.out.ends_with(" more lines: run openim-check there\n"), "{}", printed.out);
    assert!(printed.out.len() < 3500, "{} bytes", printed.out.len());
}

#[test]
fn a_liveness_probe_asks_no_dependency_and_a_readiness_probe_does() {
    let mut sandbox = started(small());
    sandbox.stop_etcd();
    let live = check(&sandbox, &["--profile", "k8s-live"]);
    assert_eq!(live.code, Some(0), "a restart mends no etcd: {}", live.out);
    assert_eq!(check(&sandbox, &["--profile", "k8s-ready"]).code, Some(1));
    assert_eq!(check(&sandbox, &["--profile", "k8s-live", "--config", "/nowhere"]).code, Some(0));
    sandbox.kill(Service::Api, 0).expect("kill");
    assert_eq!(check(&sandbox, &["--profile", "k8s-live", "--grace", "1ms"]).code, Some(1));
    assert_eq!(check(&sandbox, &["--profile", "k8s-live", "--grace", "1h"]).code, Some(0), "it is coming up");
}

#[test]
fn a_unit_of_systemd_is_silent_when_well_and_gives_each_line_a_priority_when_not() {
    let mut sandbox = started(small());
    assert_eq!(check(&sandbox, &["--profile", "systemd"]).out, "");
    sandbox.kill(Service::MsgTransfer, 1).expect("kill");
    let printed = check(&sandbox, &["--profile", "systemd", "--grace", "1ms"]);
    assert!(printed.out.starts_with("<3>FAIL  msgtransfer 1 is not running"), "{}", printed.out);
    let last = printed.out.lines().last().expect("a line");
    assert!(last.starts_with("<6>  ok     13 other instances"), "{}", printed.out);
    assert!(printed.out.lines().all(|line| line.starts_with("<3>") || line.starts_with("<6>")));
}

#[test]
fn cron_mails_news_and_nothing_else() {
    let mut sandbox = started(small());
    let state = sandbox.root().join("by-cron.json").display().to_string();
    let run = |sandbox: &Sandbox, more: &[&str]| {
        check(sandbox, &[&["--profile", "cron", "--state", &state, "--grace", "1ms"], more].concat()).out
    };
    assert_eq!(run(&sandbox, &[]), "", "all is well, and was never said to be otherwise");
    sandbox.kill(Service::MsgTransfer, 1).expect("kill");
    let first = run(&sandbox, &[]);
    assert!(first.starts_with("FAIL  msgtransfer 1 is not running"), "{first}");
    assert_eq!(run(&sandbox, &[]), "", "an unchanged failure was told");
    assert_eq!(run(&sandbox, &["--repeat-every", "1h"]), "", "and not an hour ago");
    assert!(run(&sandbox, &["--repeat-every", "1ms"]).starts_with("FAIL  msgtransfer 1"));
    sandbox.kill(Service::Api, 0).expect("kill");
    assert!(run(&sandbox, &[]).contains("api"), "a second failure is news");
    sandbox.start(Service::MsgTransfer, 1).expect("start");
    sandbox.start(Service::Api, 0).expect("start");
    sandbox.wait_ready(PATIENCE).expect("the sandbox comes up");
    report_until(&sandbox, &["all"], "pass");
    assert!(run(&sandbox, &[]).starts_with("OK  14 instances"), "that all is well again is news");
    assert_eq!(run(&sandbox, &[]), "");
}

#[test]
fn the_same_state_gives_the_same_report_but_for_what_was_measured() {
    let sandbox = started(small());
    let masked = |mut report: Value| {
        mask(&mut report);
        report.to_string()
    };
    let first = masked(report_until(&sandbox, &["all"], "pass"));
    let second = masked(report_until(&sandbox, &["all"], "pass"));
    assert_eq!(first, second);
}

/// Takes out times, and the sentences that hold them.
fn mask(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for name in ["duration_ms", "uptime_s", "started_at", "message", "summary"] {
                members.remove(name);
            }
            members.values_mut().for_each(mask);
        }
        Value::Array(items) => items.iter_mut().for_each(mask),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn list_refuses_a_format_that_is_for_verdicts() {
    let sandbox = started(small());
    let printed = check(&sandbox, &["list", "-o", "tap"]);
    assert_eq!(printed.code, Some(64));
    assert_eq!(printed.err, "openim-check: `list` prints text or json, not tap\n");
}

/// MongoDB's nodes stand in SRV records, which nobody reads here: that is neither well nor broken.
#[test]
fn a_server_that_nobody_asked_is_not_called_well() {
    let mut sandbox = started(small());
    let config = sandbox.root().join("config/mongodb.yml");
    let text = std::fs::read_to_string(&config).expect("the sandbox has written it");
    let with_srv = text.replace("uri:\n", "uri: mongodb+srv://cluster0.example.invalid/openim_v3\n");
    assert_ne!(with_srv, text);
    std::fs::write(&config, with_srv).expect("the sandbox's own file");

    let healthy = check(&sandbox, &["all"]).out;
    assert!(healthy.contains(", 1 dependency (") && healthy.contains("not asked: mongodb"), "{healthy}");
    let report = report_until(&sandbox, &["all"], "pass");
    fits_the_schema(&report);
    let servers = report["dependencies"].as_array().expect("dependencies");
    let mongodb = servers.iter().find(|server| server["name"] == "mongodb").expect("it is configured");
    assert_eq!(mongodb["verdict"], "skipped");
    let metrics = check(&sandbox, &["-o", "prometheus"]).out;
    assert!(!metrics.contains("dependency_up{dependency=\"mongodb\"}"), "{metrics}");

    sandbox.kill(Service::RpcUser, 0).expect("kill");
    report_until(&sandbox, &["all", "--grace", "1ms"], "fail");
    let broken = check(&sandbox, &["all", "--grace", "1ms"]).out;
    let well = broken.lines().find(|line| line.starts_with("  ok ")).expect("some are well");
    assert!(!well.contains("mongodb") && broken.contains("not asked: mongodb"), "{broken}");
}

//! Why there is nothing to see: each of the seven reasons made on a real journald, named with what to do about it, and
//! said without being asked where a question finds nothing.

use std::time::Duration;

use serde_json::Value;

use crate::machine::Machine;
use crate::wait;

const LIMIT: Duration = Duration::from_secs(15);

#[test]
fn a_host_where_openim_never_ran_is_the_wrong_one() {
    let machine = machine();
    expect_only(
        &machine,
        "wrong-host",
        "no process of OpenIM runs on openim-test, and its journal knows no unit of it",
        "ask on the host where it runs, or name its journal with -D DIR",
    );
}

#[test]
fn services_that_write_to_their_files_alone_are_named_with_the_line_that_has_them_do_so() {
    let machine = machine();
    start_api(&machine, "true");
    configure_log(&machine, "isStdout: false");
    expect_only(
        &machine,
        "not-to-stdout",
        "/opt/openim/config/log.yml:2 has isStdout: false, so it writes to /opt/openim/_output/logs",
        "try --source files, or set IMENV_LOG_ISSTDOUT=true and restart",
    );
}

#[test]
fn a_level_at_which_healthy_services_are_silent_is_named() {
    let machine = machine();
    start_api(&machine, "true");
    configure_log(&machine, "remainLogLevel: 3");
    expect_only(
        &machine,
        "level-too-low",
        "/opt/openim/config/log.yml:2 has remainLogLevel: 3, at which a healthy service is silent",
        "set IMENV_LOG_REMAINLOGLEVEL=6 and restart",
    );
}

#[test]
fn lines_that_journald_dropped_are_counted() {
    let machine = machine();
    // What was too much is told with the first line of the next interval. How much that is, free space has a say in.
    let limited = "-p LogRateLimitIntervalSec=1s -p LogRateLimitBurst=20";
    let script = "seq 1000; until test -e /run/told; do echo and on; sleep 0.2; done";
    machine
        .run(&format!("systemd-run --quiet --unit=openim-api {limited} bash -c '{script}'"))
        .expect_success();
    let told = wait::poll(LIMIT, || {
        let told = machine.run("journalctl --quiet -o cat -t systemd-journald -g '^Suppressed' | wc -l");
        (told.expect_success().trim() != "0").then_some(())
    });
    assert!(told.is_some(), "journald dropped nothing\n{}", machine.run("journalctl").stdout);
    machine.run("touch /run/told; systemctl stop openim-api; journalctl --sync").expect_success();
    let dropped = machine.run("journalctl --quiet -o cat -t systemd-journald -g '^Suppressed'");
    let dropped = dropped.expect_success();
    let counts = dropped.lines().map(|line| line.split(' ').nth(1).and_then(|count| count.parse().ok()));
    let dropped: u64 = counts.map(|count| count.unwrap_or(0_u64)).sum();
    assert!(dropped > 0 && dropped < 1000, "{dropped}");
    let gaps = machine
        .run("openim-logs gaps -o json | jq '[.gaps[] | select(.kind == \"dropped\") | .count] | add'");
    assert_eq!(gaps.expect_success(), format!("{dropped}\n"));
    expect_only(
        &machine,
        "rate-limit",
        &format!("journald dropped {dropped} lines of openim-api.service: more than its rate limit"),
        "set LogRateLimitIntervalSec=0 in the unit, or RateLimitBurst= in journald.conf",
    );
    let of_another = machine.run("openim-logs rpc-group -L fatal").stderr;
    assert!(of_another.starts_with("openim-logs: nothing from rpc-group "), "{of_another}");
    assert!(!of_another.contains("dropped"), "{of_another}");
}

#[test]
fn a_journal_that_one_may_not_read_is_named_also_where_one_has_a_journal_of_ones_own() {
    let machine = machine();
    start_api(&machine, "true");
    let nobody = "setpriv --reuid 1000 --regid 1000 --clear-groups";
    let asked = || machine.run(&format!("{nobody} openim-logs doctor")).expect_success();
    let path = "ls -d /var/log/journal/*/system.journal";
    let path = machine.run(path).expect_success();
    let expected =
        format!("you may not read {}\n  run as root or join the group systemd-journal\n", path.trim());
    assert_eq!(asked(), expected);

    machine.run(&format!("{nobody} logger -t own of their own; journalctl --sync")).expect_success();
    assert!(machine.run("test -e /var/log/journal/*/user-1000.journal").success());
    assert_eq!(asked(), expected);
    let lines = machine.run(&format!("{nobody} openim-logs"));
    assert!(
        lines.success() && lines.stderr.contains(&format!("you may not read {}:", path.trim())),
        "{lines}"
    );
}

#[test]
fn a_unit_that_discards_its_output_is_named_with_the_file_that_says_so() {
    let machine = machine();
    machine.install_unit("openim-api.service", "[Service]\nExecStart=echo unheard\nStandardOutput=null\n");
    machine.run("systemctl start openim-api; journalctl --sync").expect_success();
    expect_only(
        &machine,
        "output-discarded",
        "/etc/systemd/system/openim-api.service has StandardOutput=null",
        "remove the line, then systemctl daemon-reload and restart",
    );
    // What a drop-in says wins.
    let drop_in = "openim-api.service.d/heard.conf";
    machine.install_unit(drop_in, "[Service]\nStandardOutput=journal\n");
    assert_eq!(reasons(&machine), Value::Array(Vec::new()));
}

#[test]
fn a_journal_that_does_not_outlive_a_boot_is_named() {
    let machine = machine();
    machine.write_file("/etc/systemd/journald.conf.d/kept.conf", "[Journal]\nStorage=volatile\n", 0o644);
    machine.run("rm -r /var/log/journal && systemctl restart systemd-journald").expect_success();
    start_api(&machine, "true");
    expect_only(
        &machine,
        "volatile-journal",
        "the journal is kept in /run/log/journal only: each boot begins with nothing",
        "mkdir /var/log/journal, then systemctl restart systemd-journald",
    );
}

#[test]
fn where_nothing_keeps_lines_away_the_filter_is_all_there_is_to_say() {
    let machine = machine();
    start_api(&machine, "echo heard");
    assert_eq!(reasons(&machine), Value::Array(Vec::new()));
    let asked = machine.run("openim-logs api -g unheard");
    assert_eq!(
        (asked.stderr.as_str(), asked.code()),
        ("openim-logs: nothing from api in the journal that the filter admits\n", Some(1))
    );
    assert_eq!(machine.run("openim-logs api -g unheard -q").stderr, "");
}

fn machine() -> Machine {
    let machine = Machine::boot();
    machine.install(env!("CARGO_BIN_EXE_openim-logs"), "/usr/local/bin/openim-logs");
    machine
}

/// Has the journal know a unit of OpenIM.
#[track_caller]
fn start_api(machine: &Machine, script: &str) {
    let start = format!("systemd-run --quiet --wait --unit=openim-api sh -c '{script}'; journalctl --sync");
    machine.run(&start).expect_success();
}

#[track_caller]
fn configure_log(machine: &Machine, setting: &str) {
    machine.write_file("/opt/openim/start-config.yml", "serviceBinaries:\n", 0o644);
    let text = format!("storageLocation: ../../../../logs/\n{setting}\n");
    machine.write_file("/opt/openim/config/log.yml", text, 0o644);
}

#[track_caller]
fn reasons(machine: &Machine) -> Value {
    let answer = machine.run("openim-logs doctor -o json").expect_success();
    serde_json::from_str::<Value>(&answer).expect("JSON")["reasons"].take()
}

/// The one reason: to programs, to people, and to whoever has asked for something that is not there.
#[track_caller]
fn expect_only(machine: &Machine, id: &str, sentence: &str, fix: &str) {
    let expected = serde_json::json!([{ "id": id, "message": sentence, "fix": fix }]);
    assert_eq!(reasons(machine), expected);
    let said = machine.run("openim-logs doctor").expect_success();
    assert_eq!(said, format!("{sentence}\n  {fix}\n"));
    let asked = machine.run("openim-logs api -L fatal");
    let remark = format!(";\n{sentence}:\n{fix}\n");
    assert!(asked.stdout.is_empty() && asked.code() == Some(1), "{asked}");
    assert!(asked.stderr.starts_with("openim-logs: nothing from api "), "{asked}");
    assert!(asked.stderr.ends_with(&remark), "{asked}");
}

//! deploy/openim-check.service and .timer, installed as they say, under a real systemd.

use std::path::PathBuf;

use openim_ops::openim::service::Service;

use crate::command::Output;
use crate::deployment::Deployment;
use crate::machine::Machine;

const UNIT: &str = "openim-check.service";

/// What the unit has printed since the last time, without systemd's own lines.
const LAST_REPORT: &str = "journalctl --sync; journalctl --quiet --output=cat --unit=openim-check.service \
    --cursor-file=/root/seen _TRANSPORT=stdout";

#[test]
fn the_units_are_in_order_and_the_timer_is_scheduled() {
    let machine = Machine::boot();
    install(&machine);
    // The machine has no pages of the manual, nor a reader of them.
    let verify = machine.run(&format!("systemd-analyze verify --man=no {UNIT} openim-check.timer"));
    assert!(verify.success() && verify.stdout.is_empty() && verify.stderr.is_empty(), "{verify}");

    machine.run("systemctl enable --quiet --now openim-check.timer").expect_success();
    let timers = machine.run("systemctl list-timers --no-legend").expect_success();
    let line = timers.lines().find(|line| line.contains("openim-check.timer"));
    let line = line.unwrap_or_else(|| panic!("the timer is not scheduled\n{timers}"));
    assert!(line.contains(UNIT), "{line}");
    let show = |property| {
        let show = format!("systemctl show --property={property} --value openim-check.timer");
        machine.run(&show).expect_success().trim().to_owned()
    };
    assert_eq!(show("Persistent"), "yes");
    let seconds_left =
        format!("echo $(($(date --date='{}' +%s) - $(date +%s)))", show("NextElapseUSecRealtime"));
    let seconds: i64 = machine.run(&seconds_left).expect_success().trim().parse().expect("seconds");
    assert!((0..=305).contains(&seconds), "due in {seconds} s");
}

#[test]
fn two_reports_show_the_verdict_what_changed_restarts_and_uptime() {
    let machine = Machine::boot();
    let deployment = Deployment::in_machine(&machine);
    install(&machine);

    let first = report(&machine);
    assert!(first.0.success(), "{}\n{}", first.0, first.1);
    assert!(first.1.starts_with("OK  12 instances of 12 services, 1 dependency"), "{}", first.1);
    assert!(first.1.contains("\nThis is the first report.\n"), "{}", first.1);

    deployment.restart(Service::RpcUser);
    deployment.wait_until_ready();
    let second = report(&machine);
    assert!(second.0.success(), "{}\n{}", second.0, second.1);
    assert!(second.1.starts_with("OK  12 instances of 12 services"), "{}", second.1);
    assert!(second.1.contains("\nSince "), "{}", second.1);
    assert!(second.1.contains("  openim-rpc-user#0 was restarted\n"), "{}", second.1);
    for service in Service::ALL {
        let restarts = if service == Service::RpcUser { "1" } else { "0" };
        let row = row(&second.1, service.short());
        assert_eq!(row[1..4], ["1", "of", "1"], "{}", second.1);
        assert!(row.len() > 5 && row.last() == Some(&restarts), "{row:?}\n{}", second.1);
    }

    let state =
        "stat --format='%U %a' /var/lib/openim-check; jq -r .schema /var/lib/openim-check/last-report.json";
    assert_eq!(machine.run(state).expect_success(), "root 750\nopenim-check-state/1\n");
}

#[test]
fn a_broken_service_fails_the_unit_and_starts_what_on_failure_names() {
    let machine = Machine::boot();
    let deployment = Deployment::in_machine(&machine);
    install(&machine);
    machine.install_unit("alarm.service", "[Service]\nType=oneshot\nExecStart=touch /run/alarm\n");
    machine.write_file(
        &format!("/etc/systemd/system/{UNIT}.d/override.conf"),
        "[Unit]\nOnFailure=alarm.service\n",
        0o644,
    );
    machine.run("systemctl daemon-reload").expect_success();
    assert!(report(&machine).0.success());
    assert!(!machine.run("test -e /run/alarm").success());

    let pid = deployment.pid(Service::MsgGateway);
    deployment.signal(Service::MsgGateway, "STOP");
    let (start, text) = report(&machine);
    assert!(!start.success(), "{start}");
    let status = "systemctl show --property=Result --property=ExecMainStatus openim-check.service";
    assert_eq!(machine.run(status).expect_success(), "Result=exit-code\nExecMainStatus=1\n");
    let verdict = text.lines().next().unwrap_or_default();
    assert!(verdict.starts_with("FAIL  msggateway") && verdict.contains(" is stopped by SIGSTOP"), "{text}");
    assert!(text.contains(&format!("kill -CONT {pid}")), "{text}");
    assert!(text.contains("  the verdict was OK, and is FAIL now\n"), "{text}");
    crate::wait::until("OnFailure= to act", std::time::Duration::from_secs(10), || {
        machine.run("test -e /run/alarm").success()
    });
}

/// As the comment in the file says.
#[track_caller]
fn install(machine: &Machine) {
    let deploy = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("deploy");
    machine.install(env!("CARGO_BIN_EXE_openim-check"), "/usr/local/bin/openim-check");
    for name in [UNIT, "openim-check.timer"] {
        machine.install(deploy.join(name), &format!("/etc/systemd/system/{name}"));
    }
    machine.run("systemctl daemon-reload").expect_success();
}

/// Runs the unit; what `systemctl` said, and what the journal has of it.
#[track_caller]
fn report(machine: &Machine) -> (Output, String) {
    let start = machine.run(&format!("systemctl start {UNIT}"));
    (start, machine.run(LAST_REPORT).expect_success())
}

/// A service's row in the table at the end.
#[track_caller]
fn row<'t>(report: &'t str, service: &str) -> Vec<&'t str> {
    let mut rows = report.lines().skip_while(|line| !line.starts_with("service "));
    let row = rows.find(|line| line.split_whitespace().next() == Some(service));
    row.unwrap_or_else(|| panic!("no row for {service}\n{report}")).split_whitespace().collect()
}

//! Under a real systemd: plain units, a template, the services of main, and a systemd that is frozen.

use std::process::Command;

use openim_ops::openim::service::Service;

use super::{HEALTHY, LIMIT, Row, break_it};
use crate::deployment::Deployment;
use crate::machine::Machine;
use crate::wait;

#[test]
fn plain_units_running_killed_stopped_crash_looping_given_up_and_masked() {
    let machine = Machine::boot();
    let deployment = Deployment::in_machine(&machine);
    HEALTHY.check(&machine, "all");
    HEALTHY.check(&machine, "all --via systemd");

    deployment.signal(Service::RpcUser, "KILL");
    let row = |situation, says, does| Row { situation, exit: 1, says, does };
    row("killed", "FAIL  rpc-user was killed by SIGKILL", "systemctl start openim-rpc-user")
        .check(&machine, "all");
    row("killed, nobody asked", "FAIL  rpc-user is not running", "openim-rpc-user -i 0 -c")
        .check(&machine, "all --via process");

    deployment.restart(Service::RpcUser);
    deployment.wait_until_ready();
    machine.run("systemctl stop openim-rpc-user").expect_success();
    row(
        "stopped on purpose",
        "FAIL  rpc-user was stopped on purpose, through systemd",
        "do systemctl start openim-rpc-user",
    )
    .check(&machine, "all");

    drop_in(&machine, Service::RpcUser, "Restart=always\nRestartSec=1", "StartLimitIntervalSec=0");
    break_it(&machine, "rpc-user#0", "crash-loop=100");
    machine.run("systemctl start openim-rpc-user").expect_success();
    row(
        "crash-looping",
        "FAIL  rpc-user restarts again and again (",
        "see why with `openim-logs rpc-user -n 20`",
    )
    .check(&machine, "all");

    drop_in(&machine, Service::RpcUser, "Restart=always\nRestartSec=100ms", "StartLimitBurst=3");
    machine.run("systemctl restart openim-rpc-user").expect_success();
    row(
        "crashed too often",
        "FAIL  rpc-user crashed too often: systemd gave up after ",
        "systemctl reset-failed openim-rpc-user; systemctl start openim-rpc-user",
    )
    .check(&machine, "all");

    // What a start ends with stands in the journal alone.
    let reason = "check bucket exists error: password=openIM123 | -> third.Start() /b.go:2";
    let script = format!(
        "#!/bin/sh\necho 'Error: {reason}' >&2\necho 'openim-rpc-user exit -1: {reason}' >&2\nexit 255\n"
    );
    machine.write_file("/usr/local/bin/ends", script, 0o755);
    drop_in(&machine, Service::RpcUser, "ExecStart=\nExecStart=/usr/local/bin/ends\nRestart=no", "");
    let until_failed =
        "for i in $(seq 100); do systemctl is-failed --quiet openim-rpc-user && break; sleep 0.1; done";
    machine
        .run(&format!("systemctl reset-failed; systemctl restart openim-rpc-user; {until_failed}"))
        .expect_success();
    row(
        "ends at its start, with a word in the journal",
        "FAIL  rpc-user crashed (exit status 255)",
        "rpc-user: check bucket exists error: password=***",
    )
    .check(&machine, "all");

    machine
        .run("rm /etc/systemd/system/openim-rpc-user.service && systemctl mask --quiet openim-rpc-user")
        .expect_success();
    row("masked", "FAIL  rpc-user cannot be started: its unit is masked", "systemctl unmask openim-rpc-user")
        .check(&machine, "all");
}

#[test]
fn units_of_any_type_may_be_checks_of_ones_own() {
    let machine = Machine::boot();
    let _deployment = Deployment::in_machine(&machine);
    let own = |name: &str, unit: &str| {
        let check = format!("[[check]]\nname = \"{name}\"\nkind = \"unit\"\nunit = \"{unit}\"\n");
        let file = format!("/etc/openim-ops/checks.d/{name}.toml");
        machine
            .run(&format!("mkdir -p /etc/openim-ops/checks.d; printf '{check}' > {file}"))
            .expect_success();
    };
    own("root", "-.mount");
    own("bus", "dbus.socket");
    own("api-unit", "openim-api");
    Row { situation: "own checks of units", exit: 0, says: "OK  3 own checks", does: "" }
        .check(&machine, "own");
    let row = |situation, says| Row { situation, exit: 1, says, does: "" };
    own("front", "nginx");
    row("a unit that is not there", "FAIL  front is not-found").check(&machine, "own");
    own("front", "openim-api");
    machine.run("systemctl kill --signal=KILL openim-api").expect_success();
    row("a unit that failed", "FAIL  api-unit is failed (signal); also front").check(&machine, "own");
}

#[test]
fn a_clean_stop_of_main_is_no_crash_although_systemd_calls_it_failed() {
    let machine = Machine::boot();
    let deployment = Deployment::of_main_in_machine(&machine);
    machine.run("systemctl stop openim-rpc-user").expect_success();
    let failed = machine.run("systemctl show -P Result -P ExecMainStatus openim-rpc-user").expect_success();
    assert_eq!(failed, "exit-code\n255\n");
    let stopped = Row {
        situation: "main, stopped on purpose",
        exit: 1,
        says: "FAIL  rpc-user was stopped on purpose, through systemd",
        does: "do systemctl start openim-rpc-user",
    };
    stopped.check(&machine, "all");

    deployment.restart(Service::RpcUser);
    deployment.wait_until_ready();
    break_it(&machine, "rpc-user#0", "exit=255");
    let crashed = Row {
        situation: "main, crashed with the same status",
        says: "FAIL  rpc-user crashed (exit status 255)",
        does: "then systemctl start openim-rpc-user",
        ..stopped
    };
    crashed.check(&machine, "all");
}

#[test]
fn instances_of_a_template_are_as_many_as_there_are_units() {
    let machine = Machine::boot();
    let deployment = Deployment::in_machine(&machine);
    deployment.make_template(Service::Push, 3);
    Row { says: "OK  14 instances of 12 services", ..HEALTHY }.check(&machine, "all");

    machine.run("systemctl kill --signal=KILL openim-push@2").expect_success();
    let killed = Row {
        situation: "template, killed",
        exit: 1,
        says: "FAIL  push 2 was killed by SIGKILL: 2 of 3 instances run",
        does: "then systemctl start openim-push@2",
    };
    killed.check(&machine, "all");
    machine.run("systemctl stop openim-push@1 && systemctl start openim-push@2").expect_success();
    Row {
        situation: "template, stopped on purpose",
        says: "FAIL  push 1 was stopped on purpose, through systemd: 2 of 3 instances run",
        does: "do systemctl start openim-push@1",
        ..killed
    }
    .check(&machine, "all");
}

#[test]
fn nothing_started_yet_is_one_cause_with_the_target_that_starts_it() {
    let mut machine = Machine::boot();
    let _deployment = Deployment::in_machine(&machine);
    machine.reboot();
    machine.add_private_address("10.77.0.2/24");
    machine.run("systemctl start etcd-of-openim").expect_success();
    let nothing = Row {
        situation: "nothing started since boot",
        exit: 1,
        says: "FAIL  OpenIM is not running: 0 of 12 processes",
        does: "do start it: ",
    };
    nothing.check(&machine, "all");
}

#[test]
fn a_systemd_that_is_frozen_is_unknown_and_the_other_checks_decide() {
    let machine = Machine::boot();
    let deployment = Deployment::in_machine(&machine);
    let pid = deployment.pid(Service::RpcUser);
    deployment.signal(Service::RpcUser, "KILL");
    wait::until("the process to end", LIMIT, || !machine.run(&format!("test -e /proc/{pid}")).success());
    let thawed = Frozen::new(machine.leader());
    let frozen = Row {
        situation: "systemd frozen",
        exit: 1,
        says: "FAIL  rpc-user is not running",
        does: "openim-rpc-user -i 0",
    };
    frozen.check(&machine, "all");
    Row {
        situation: "systemd frozen, and asked for",
        exit: 75,
        says: "UNKNOWN  systemd gives no answer within 2s",
        does: "--via process",
    }
    .check(&machine, "api --via systemd");
    drop(thawed);
}

/// A process that is stopped until this is dropped; a machine whose systemd is frozen could not be ended.
struct Frozen(u32);

impl Frozen {
    fn new(pid: u32) -> Self {
        signal(pid, "STOP");
        Self(pid)
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        signal(self.0, "CONT");
    }
}

fn signal(pid: u32, name: &str) {
    let status = Command::new("kill").arg(format!("-{name}")).arg(pid.to_string()).status();
    assert!(status.expect("kill is there").success(), "cannot send SIG{name} to {pid}");
}

#[track_caller]
fn drop_in(machine: &Machine, service: Service, of_service: &str, of_unit: &str) {
    let text = format!("[Unit]\n{of_unit}\n[Service]\n{of_service}\n");
    let name = crate::deployment::unit(service);
    machine.write_file(&format!("/etc/systemd/system/{name}.d/restart.conf"), text, 0o644);
    machine.run("systemctl daemon-reload").expect_success();
}

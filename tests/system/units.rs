//! OpenIM under a real systemd: healthy, a service killed, a service stopped, and mended.

use std::time::Duration;

use openim_ops::openim::service::Service;

use crate::command::Output;
use crate::deployment::Deployment;
use crate::machine::Machine;
use crate::wait;

const LIMIT: Duration = Duration::from_secs(10);

#[test]
fn twelve_units_are_healthy_and_each_is_named() {
    let machine = Machine::boot();
    let _deployment = Deployment::in_machine(&machine);
    let report = machine.run("openim-check all").expect_success();
    assert!(first_line(&report).starts_with("OK  12 instances of 12 services, 1 dependency"), "{report}");
    for service in Service::ALL {
        let line = format!("  {} ", service.short());
        assert!(report.lines().any(|seen| seen.starts_with(&line)), "no line for {service}\n{report}");
    }

    let names = "openim-check all --format json | jq -c '[.verdict, (.services | length), \
                 ([.services[].instances[] | select(.verdict == \"pass\")] | length)]'";
    assert_eq!(machine.run(names).expect_success(), "[\"pass\",12,12]\n");
}

#[test]
fn a_killed_service_is_named_until_it_is_started_again() {
    let machine = Machine::boot();
    let deployment = Deployment::in_machine(&machine);
    deployment.signal(Service::RpcUser, "KILL");
    wait::until("systemd to see the service dead", LIMIT, || {
        machine.run("systemctl is-failed openim-rpc-user.service").success()
    });

    let output = machine.run("openim-check all --grace 1ms");
    assert_eq!(output.code(), Some(1), "{output}");
    assert!(first_line(&output.stdout).starts_with("FAIL  rpc-user was killed by SIGKILL"), "{output}");
    assert!(output.stdout.contains("ok     11 other instances, etcd"), "{output}");

    deployment.restart(Service::RpcUser);
    deployment.wait_until_ready();
}

#[test]
fn a_stopped_service_is_named_before_the_deadline_until_it_goes_on() {
    let machine = Machine::boot();
    let deployment = Deployment::in_machine(&machine);
    let pid = deployment.pid(Service::Api);
    deployment.signal(Service::Api, "STOP");
    wait::until("the process to stop", LIMIT, || {
        machine.run(&format!("grep -q '^State:.T' /proc/{pid}/status")).success()
    });

    let output = machine.run("openim-check all --deadline 3s");
    assert_eq!(output.code(), Some(1), "{output}");
    let verdict = first_line(&output.stdout);
    assert!(verdict.starts_with("FAIL  api") && verdict.contains(" is stopped by SIGSTOP"), "{output}");
    assert!(output.stdout.contains(&format!("kill -CONT {pid}")), "{output}");
    assert_within(&output, Duration::from_secs(3));
    // systemd itself sees nothing wrong.
    assert_eq!(machine.run("systemctl is-active openim-api.service").stdout, "active\n");

    deployment.signal(Service::Api, "CONT");
    deployment.wait_until_ready();
}

/// The deadline and a tenth of a second, and what it takes to enter the machine.
#[track_caller]
fn assert_within(output: &Output, deadline: Duration) {
    assert!(output.took < deadline + Duration::from_millis(600), "too late\n{output}");
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

//! Chains and groups of units: A requires B, which requires C; a mount that fails under a service; and a target that
//! is restarted, with units that are part of it and one that is not.

use openim_ops::openim::service::Service;

use super::{HEALTHY, Row, unfold};
use crate::deployment::{Deployment, unit};
use crate::machine::Machine;

/// The chain of the test: the API requires rpc-user, which requires rpc-auth.
const CHAIN: [Service; 3] = [Service::Api, Service::RpcUser, Service::RpcAuth];

#[test]
fn the_first_broken_link_of_a_chain_is_the_cause() {
    let machine = Machine::boot();
    let deployment = Deployment::in_machine(&machine);
    for pair in CHAIN.windows(2) {
        requires(&machine, pair[0], &unit(pair[1]));
    }
    HEALTHY.check(&machine, "all --via systemd");
    let row = |situation, says, does| Row { situation, exit: 1, says, does };

    machine.run("systemctl stop openim-rpc-auth").expect_success();
    let stopped = row(
        "C of A -> B -> C stopped",
        "FAIL  rpc-auth was stopped on purpose, through systemd: api, rpc-user need it",
        "do systemctl start openim-rpc-auth; then systemctl start openim-api openim-rpc-user",
    );
    stopped.check(&machine, "all");
    explains(
        &machine,
        "openim-api#0/unit",
        "got openim-api.service down, as it requires openim-rpc-user.service, which requires \
         openim-rpc-auth.service, which was stopped on purpose",
    );
    machine.run("systemctl start openim-api").expect_success();
    deployment.wait_until_ready();

    machine.run("systemctl stop openim-rpc-auth").expect_success();
    drop_in(&machine, Service::RpcAuth, "[Service]\nExecStartPre=/bin/false\n");
    assert!(!machine.run("systemctl start openim-api").success(), "its chain is broken");
    row(
        "C of A -> B -> C failed",
        "FAIL  rpc-auth crashed (its ExecStartPre: exit status 1): api, rpc-user need it",
        "systemctl start openim-rpc-auth; then systemctl start openim-api openim-rpc-user",
    )
    .check(&machine, "all");
    explains(
        &machine,
        "openim-api#0/unit",
        "which requires openim-rpc-auth.service, which failed (its ExecStartPre: exit status 1)",
    );

    machine
        .run("rm -r /etc/systemd/system/openim-rpc-auth.service* && systemctl mask --quiet openim-rpc-auth")
        .expect_success();
    assert!(!machine.run("systemctl start openim-api").success(), "its chain is broken");
    row(
        "C of A -> B -> C masked",
        "FAIL  rpc-auth cannot be started: its unit is masked: api, rpc-user need it",
        "systemctl unmask openim-rpc-auth",
    )
    .check(&machine, "all");
    explains(
        &machine,
        "openim-rpc-user#0/unit",
        "it requires openim-rpc-auth.service, which cannot be started",
    );
}

#[test]
fn a_server_that_units_require_is_one_cause_with_them() {
    let machine = Machine::boot();
    let _deployment = Deployment::in_machine(&machine);
    requires(&machine, Service::RpcUser, "etcd-of-openim.service");
    machine.run("systemctl stop etcd-of-openim").expect_success();
    let stopped = Row {
        situation: "etcd, which a unit requires, stopped",
        exit: 1,
        says: "FAIL  etcd 127.0.0.1:12379 refuses connections",
        does: "do systemctl start etcd-of-openim; then systemctl start openim-rpc-user",
    };
    stopped.check(&machine, "all");
    let causes = machine.run("openim-check all -o json | jq '.causes | length'").stdout;
    assert_eq!(causes.trim(), "1");
}

#[test]
fn a_mount_that_failed_is_the_cause_of_the_services_that_require_it() {
    let machine = Machine::boot();
    let _deployment = Deployment::in_machine(&machine);
    let mount = "[Mount]\nWhat=nothing\nWhere=/srv/openim\nType=nosuchfs\n";
    machine.install_unit("srv-openim.mount", mount);
    for service in CHAIN {
        requires(&machine, service, "srv-openim.mount");
    }
    machine.run("systemctl stop openim-api openim-rpc-user openim-rpc-auth").expect_success();
    assert!(!machine.run("systemctl start openim-api openim-rpc-user openim-rpc-auth").success());
    let failed = Row {
        situation: "a mount under three services failed",
        exit: 1,
        says: "FAIL  srv-openim.mount failed: api, rpc-auth, rpc-user need it",
        does: "see why with `systemctl status srv-openim.mount`, then systemctl restart srv-openim.mount; then \
               systemctl start openim-api openim-rpc-auth openim-rpc-user",
    };
    failed.check(&machine, "all");
    explains(&machine, "openim-api#0/unit", "as it requires srv-openim.mount, which failed");
}

#[test]
fn a_target_that_is_restarted_restarts_only_what_is_part_of_it() {
    let machine = Machine::boot();
    let deployment = Deployment::in_machine(&machine);
    let is_part = "openim.target starts it, and `systemctl restart openim.target` restarts it";
    let is_none = "leaves it running as it is: it is not PartOf=openim.target";

    deployment.signal(Service::RpcAuth, "STOP");
    machine.run("systemctl restart openim.target").expect_success();
    Row { situation: "group.target restarted, with PartOf", ..HEALTHY }.check(&machine, "all");
    explains(&machine, "openim-rpc-auth#0/unit", is_part);

    machine
        .run("sed -i /PartOf/d /etc/systemd/system/openim-rpc-auth.service && systemctl daemon-reload")
        .expect_success();
    deployment.signal(Service::RpcAuth, "STOP");
    machine.run("systemctl restart openim.target").expect_success();
    let row = Row {
        situation: "group.target restarted, without PartOf",
        exit: 1,
        says: "FAIL  rpc-auth (pid ",
        does: "is stopped by SIGSTOP",
    };
    row.check(&machine, "all");
    explains(&machine, "openim-rpc-auth#0/unit", is_none);
    explains(&machine, "openim-rpc-user#0/unit", is_part);
}

#[track_caller]
fn explains(machine: &Machine, id: &str, words: &str) {
    let text = unfold(&machine.run(&format!("openim-check explain {id}")).stdout);
    assert!(text.contains(&unfold(words)), "wanted {words:?} in:\n{text}");
}

#[track_caller]
fn requires(machine: &Machine, service: Service, required: &str) {
    drop_in(machine, service, &format!("[Unit]\nRequires={required}\nAfter={required}\n"));
}

#[track_caller]
fn drop_in(machine: &Machine, service: Service, text: &str) {
    machine.write_file(&format!("/etc/systemd/system/{}.d/chain.conf", unit(service)), text, 0o644);
    machine.run("systemctl daemon-reload").expect_success();
}

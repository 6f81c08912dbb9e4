//! A configuration that breaks a start is named before it (`openim-check config`) and after it (`openim-check all`):
//! each start error that a real deployment showed, made on the sandbox.

#![allow(clippy::expect_used, reason = "a test that cannot go on should say so by dying")]

#[path = "check/mod.rs"]
mod check;

use std::fs;

use check::{check, small, started, wait_until};
use openim_ops::openim::service::Service;
use openim_sandbox::{Builder, Sandbox};

/// One change of the configuration, and what is said of it.
struct Row {
    file: &'static str,
    from: &'static str,
    to: &'static str,
    /// The service that does not start with it.
    service: Service,
    says: &'static str,
}

const ROWS: [Row; 5] = [
    Row {
        file: "discovery.yml",
        from: "enable: etcd",
        to: "enable: kubernetes",
        service: Service::RpcUser,
        says: "FAIL  config discovery.yml:1: enable is kubernetes, which this release calls k8s",
    },
    Row {
        file: "discovery.yml",
        from: "enable: etcd",
        to: "enable: zookeeper",
        service: Service::RpcUser,
        says: "FAIL  config discovery.yml:1: enable is \"zookeeper\", which this release does not know",
    },
    Row {
        file: "openim-crontask.yml",
        from: "retainChatRecords: 365",
        to: "retainChatRecords: 0",
        service: Service::Crontask,
        says: "FAIL  config openim-crontask.yml:2: retainChatRecords is 0, and less than 1 is refused",
    },
    Row {
        file: "log.yml",
        from: "remainLogLevel: 6",
        to: "remainLogLevel: abc",
        service: Service::RpcAuth,
        says: "FAIL  config log.yml:8: remainLogLevel is \"abc\", and wants a whole number",
    },
    Row {
        file: "openim-msgtransfer.yml",
        from: "ports: [ 12020, ",
        to: "ports: [ 12020 ] # ",
        service: Service::MsgTransfer,
        says: "FAIL  config openim-msgtransfer.yml:5: prometheus.ports has 1 for 2 instances: index out of range",
    },
];

fn change(sandbox: &Sandbox, row: &Row) {
    let path = sandbox.root().join("config").join(row.file);
    let text = fs::read_to_string(&path).expect("the sandbox has written it");
    let changed = text.replace(row.from, row.to);
    assert_ne!(changed, text, "{} has {:?}", row.file, row.from);
    fs::write(&path, changed).expect("the sandbox's own file");
}

fn written(builder: Builder) -> Sandbox {
    builder.write().expect("write the sandbox")
}

#[test]
fn a_configuration_that_is_well_has_only_the_shipped_secrets_against_it() {
    let sandbox = written(small());
    let checked = check(&sandbox, &["config"]);
    checked.expect(0, "WARN  config share.yml:1: secret is the one that OpenIM ships");
    assert!(!checked.text.contains("openIM123"), "a secret is told:\n{}", checked.text);
    check(&sandbox, &["config/files"]).expect(0, "OK  1 rule of the configuration");
}

#[test]
fn each_mistake_is_named_before_the_start() {
    for row in &ROWS {
        let sandbox = written(small());
        change(&sandbox, row);
        check(&sandbox, &["config"]).expect(1, row.says);
    }
}

#[test]
fn a_file_that_is_missing_or_no_yaml_is_named_before_the_start() {
    let sandbox = written(small());
    fs::remove_file(sandbox.root().join("config/webhooks.yml")).expect("it was there");
    check(&sandbox, &["config"]).expect(1, "FAIL  config webhooks.yml: is missing");
    let sandbox = written(small());
    fs::write(sandbox.root().join("config/openim-api.yml"), "api:\n  ports: [ 10002\nx: y\n")
        .expect("its file");
    check(&sandbox, &["config"]).expect(1, "FAIL  config openim-api.yml:");
}

#[test]
fn each_mistake_is_the_cause_where_it_has_ended_a_service() {
    for row in &ROWS {
        let mut sandbox = written(small());
        change(&sandbox, row);
        // The list of ports is too short for the second one.
        let index = u32::from(row.service == Service::MsgTransfer);
        sandbox.start(row.service, index).expect("start it");
        wait_until("it has ended", || sandbox.stderr(row.service, index).contains("exit -1"));
        let checked = check(&sandbox, &["all", "--skip", "registry"]);
        checked.mentions(row.says.trim_start_matches("FAIL  "));
        checked.mentions("waits ");
        checked.mentions(row.service.short());
    }
}

/// What the service itself wrote stands under the cause, once and without its stack.
#[test]
fn the_last_error_of_a_service_is_quoted_once() {
    let mut sandbox = started(small());
    sandbox.kill(Service::RpcUser, 0).expect("kill");
    let path = sandbox.log_file();
    let mut text = fs::read_to_string(&path).expect("the services write it");
    text.push_str(concat!(
        "2026-11-23 19:53:04.401\t\x1b[31mERROR\x1b[0m\t\x1b[31m[PID:100]      \x1b[0m\t\x1b[31mopenim-rpc-user          \x1b[0m\t",
        "[v3.8.3-patch.16]             \t[user/user.go:85]                                 \tcannot go on                                      \t",
        "{\"error\": \"Error: 500 password=canary-7f3a is wrong | -> user.Start() /openim-server/internal/rpc/user/user.go:85\"}\n"
    ));
    fs::write(&path, text).expect("append a line");
    let checked = check(&sandbox, &["rpc-user"]);
    checked.mentions("said rpc-user at 2026-11-23 19:53:04.401: cannot go on: 500 password=***");
    assert!(!checked.text.contains("canary-7f3a") && !checked.text.contains("user.go"), "{}", checked.text);
    assert_eq!(checked.text.matches("cannot go on").count(), 1, "{}", checked.text);
}

//! What people reported to OpenIM, each made anew on the sandbox: what they saw, and what `openim-check` says of it.
//! `make reported` prints the table.
//!
//! Source: issues of open-im-server, and of openim-docker and chat where a number has their name before it. Left out:
//! what only the log shows (2983, 3209, docker 52, 213 and 228: `openim-logs`), what the kernel's out-of-memory killer
//! does (2176, 3502: the suite of the managers), and wishes for a command like this one (768, 1861).

use std::fs;

use openim_ops::openim::service::Service;
use openim_sandbox::{Addresses, Builder, Dependency, Etcd, Fault, Generation, Sandbox};

use crate::check::{Checked, PATIENCE, outgrow_grace, small, started, until, wait_until};
use crate::kafka::{make_topics, single as kafka};
use crate::mongod::{Mongod, User};
use crate::refusing::refusing_address;
use crate::wire::Wire;

/// One report, or several of the same.
struct Report {
    issues: &'static str,
    /// What people saw.
    saw: &'static str,
    /// Makes it and looks, until the first line begins as it should.
    look: fn(&str) -> Checked,
    /// How the first line begins.
    line: &'static str,
    /// What is said further down: why, or what to do.
    says: &'static str,
}

const REPORTS: [Report; 15] = [
    Report {
        issues: "2529 2702 2834 2898 3138 3323",
        saw: "every call gives 14, mage check is green",
        look: |line| {
            let mut sandbox = started(small().version("v3.8.3-patch.15"));
            outgrow_grace(&sandbox, Service::RpcAuth);
            sandbox.break_with(Service::RpcAuth, 0, Fault::Unregistered).unwrap();
            first(&sandbox, &["all"], line)
        },
        line: "FAIL  rpc-auth runs but is not registered in etcd: every login fails",
        says: "restart",
    },
    Report {
        issues: "3616",
        saw: "Kafka died: consume err, later zero addresses",
        look: |line| {
            let server = kafka();
            make_topics(&server.address());
            let sandbox =
                started(small().addresses(Addresses { kafka: server.address(), ..Addresses::none() }));
            drop(server);
            first(&sandbox, &["all"], line)
        },
        line: "FAIL  kafka 127.0.0.1:",
        says: "refuses connections: msgtransfer, push, rpc-msg need it",
    },
    Report {
        issues: "3510",
        saw: "a stopped service is still in etcd",
        look: |line| {
            let mut sandbox = started(small());
            sandbox.break_with(Service::Push, 0, Fault::Ghost(1)).unwrap();
            first(&sandbox, &["all"], line)
        },
        line: "WARN  push 127.0.0.1:1 is a leftover in etcd (no such process), gone in ",
        says: "",
    },
    Report {
        issues: "3666",
        saw: "kubernetes: unsupported discovery type",
        look: |line| {
            let sandbox = small().write().unwrap();
            edit(&sandbox, "discovery.yml", "enable: etcd", "enable: kubernetes");
            first(&sandbox, &["config"], line)
        },
        line: "FAIL  config discovery.yml:1: enable is kubernetes, which this release calls k8s",
        says: "write k8s",
    },
    Report {
        issues: "1332 2573",
        saw: "\"Expected 4 … found 3\", no reason",
        look: |line| {
            let mut sandbox = started(small());
            sandbox.break_with(Service::MsgTransfer, 1, Fault::Panic).unwrap();
            sandbox.wait(Service::MsgTransfer, 1, PATIENCE).unwrap();
            first(&sandbox, SETTLED, line)
        },
        line: "FAIL  msgtransfer 1 is not running: 1 of 2 instances run",
        says: "see why with `openim-logs msgtransfer -n 20`",
    },
    Report {
        issues: "1545 1568",
        saw: "a check right after the start fails, and floods the log",
        look: |line| {
            let waiting = small().fault(Service::RpcUser, 0, Fault::Without(Dependency::Etcd));
            let sandbox = waiting.start().unwrap();
            first(&sandbox, &["all", "--grace", "5min"], line)
        },
        line: "STARTING  13 of 14 instances ready",
        says: "not yet rpc-user",
    },
    Report {
        issues: "2038",
        saw: "unhealthy, the reason shows only by hand",
        look: |line| {
            let sandbox = small().write().unwrap();
            fs::remove_file(sandbox.root().join("config/webhooks.yml")).unwrap();
            first(&sandbox, &["config"], line)
        },
        line: "FAIL  config webhooks.yml: is missing",
        says: "config/webhooks.yml",
    },
    Report {
        issues: "docker 73",
        saw: "\"openim-server is unhealthy\", logs empty",
        look: |line| {
            let minio = refusing_address();
            let mut sandbox = small()
                .addresses(Addresses { minio, ..Addresses::none() })
                .fault(Service::RpcThird, 0, Fault::Without(Dependency::Minio))
                .start()
                .unwrap();
            sandbox.wait(Service::RpcThird, 0, PATIENCE).unwrap();
            first(&sandbox, &["all", "--profile", "docker"], line)
        },
        line: "FAIL  minio 127.0.0.1:",
        says: "refuses connections: 1 instance that needs it has exited",
    },
    Report {
        issues: "docker 250, chat 547",
        saw: "chat unhealthy, 180 tries",
        look: |line| {
            let openim = refusing_address();
            let chat = Sandbox::builder().loopback().generation(Generation::Chat);
            let sandbox =
                chat.addresses(Addresses { openim, ..Addresses::none() }).only(&[]).start().unwrap();
            first(&sandbox, &["all"], line)
        },
        line: "FAIL  openim 127.0.0.1:",
        says: "refuses connections: 4 instances that need it have exited",
    },
    Report {
        issues: "docker 180",
        saw: "403 Tunnel or SSL Forbidden",
        look: |line| {
            let proxied = small().etcd(Etcd::At("192.0.2.1:2379".to_owned())).only(&[Service::RpcUser]);
            let sandbox = proxied.env("HTTPS_PROXY", "http://proxy.invalid:3128").start().unwrap();
            first(&sandbox, &["config/proxy"], line)
        },
        line: "FAIL  config $HTTPS_PROXY: is set, so gRPC to 192.0.2.1 goes through the proxy",
        says: "add 192.0.2.1 to NO_PROXY",
    },
    Report {
        issues: "2518 2689",
        saw: "etcd is not deployed",
        look: |line| first(&etcd_at("127.0.0.1:1".to_owned()), &["all"], line),
        line: "FAIL  etcd 127.0.0.1:1 refuses connections: all 14 instances wait, logging nothing",
        says: "start etcd",
    },
    Report {
        issues: "2580 2999, docker 195",
        saw: "EOF: a server is still starting",
        look: |line| {
            let redis = Addresses { redis: Wire::Close.listen(), ..Addresses::none() };
            first(&started(small().addresses(redis)), &["all"], line)
        },
        line: "FAIL  redis 127.0.0.1:",
        says: "closes the connection without an answer: 10 services need it",
    },
    Report {
        issues: "2323 2726, docker 273",
        saw: "MongoDB on an old volume; password printed",
        look: |line| {
            let user = User { name: "openIM", password: "of-the-old-volume", source: "openim_v3" };
            let mongodb = Mongod { user: Some(user), ..Mongod::default() }.listen();
            first(&started(small().addresses(Addresses { mongodb, ..Addresses::none() })), &["all"], line)
        },
        line: "FAIL  mongodb 127.0.0.1:",
        says: "is reachable but refuses the login of user openIM (authSource openim_v3)",
    },
    Report {
        issues: "2543",
        saw: "a Go panic ends a service",
        look: |line| {
            let mut sandbox = started(small());
            sandbox.break_with(Service::RpcGroup, 0, Fault::Panic).unwrap();
            sandbox.wait(Service::RpcGroup, 0, PATIENCE).unwrap();
            first(&sandbox, SETTLED, line)
        },
        line: "FAIL  rpc-group is not running",
        says: "see why with `openim-logs rpc-group -n 20`",
    },
    Report {
        issues: "2471",
        saw: "mage start run twice",
        look: |line| {
            let mut sandbox = started(small());
            sandbox.start(Service::Push, 1).unwrap();
            first(&sandbox, &["all"], line)
        },
        line: "FAIL  push 1 runs twice",
        says: "pid",
    },
];

/// What is missing is broken at once, however young the deployment is.
const SETTLED: &[&str] = &["all", "--grace", "1ms"];

fn etcd_at(address: String) -> Sandbox {
    let unready: Builder = small().etcd(Etcd::At(address));
    let sandbox = unready.start().unwrap();
    wait_until("rpc-user has its socket", || !sandbox.sockets(Service::RpcUser, 0).is_empty());
    sandbox
}

fn edit(sandbox: &Sandbox, file: &str, from: &str, to: &str) {
    let path = sandbox.root().join("config").join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} has no {from:?}");
    fs::write(&path, text.replace(from, to)).unwrap();
}

fn first(sandbox: &Sandbox, arguments: &[&str], line: &str) -> Checked {
    until(sandbox, arguments, |checked| checked.first_line().starts_with(line))
}

#[test]
#[allow(clippy::print_stdout, reason = "the table is what `make reported` prints")]
fn what_people_reported_is_named_with_its_reason() {
    for report in &REPORTS {
        let checked = (report.look)(report.line);
        println!("| {} | {} | {} |", report.issues, report.saw, checked.first_line());
        assert!(checked.first_line().starts_with(report.line), "{}:\n{}", report.issues, checked.text);
        checked.mentions(report.says);
        assert!(!checked.text.contains("openIM123"), "{}: a secret is told", report.issues);
    }
}

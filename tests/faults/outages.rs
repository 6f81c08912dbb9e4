//! The silent outages, as far as services go: each made in the sandbox, and what the usual checks say beside ours.
//!
//! Lost in flight, Redis, MongoDB and Kafka change nothing at the services: only a question to them shows it, and
//! `tests/dependencies/outages.rs` takes the real ones away.

use std::time::Instant;

use openim_ops::openim::service::Service;
use openim_sandbox::{Builder, Etcd, Fault, Sandbox};
use rustix::process::Signal;

use crate::check::usual::Usual;
use crate::check::{PATIENCE, check, outgrow_grace, small, started, wait_until};
use crate::everything;
use crate::rows::{Held, without_files, without_mongodb};

/// An outage, and what the first line has to name.
struct Outage {
    name: &'static str,
    /// Makes it, with what has to live until it has been looked at.
    start: fn() -> (Sandbox, Held),
    line: &'static str,
    /// Whether it takes as long as a process is young.
    slow: bool,
}

const OUTAGES: [Outage; 6] = [
    Outage {
        name: "etcd missing at start",
        start: || (unready(small().etcd(Etcd::At("127.0.0.1:1".to_owned()))), Held::new()),
        line: "FAIL  etcd 127.0.0.1:1 refuses connections: all 14 instances wait, logging nothing",
        slow: false,
    },
    Outage {
        name: "MongoDB missing at start",
        start: || {
            let sandbox = unready(without_mongodb());
            outgrow_grace(&sandbox, Service::RpcUser);
            (sandbox, Held::new())
        },
        line: "FAIL  8 instances wait for mongodb: ports open, nothing behind them",
        slow: true,
    },
    Outage {
        name: "registration lost (patch.15)",
        start: || {
            let mut sandbox = started(small().version("v3.8.3-patch.15"));
            outgrow_grace(&sandbox, Service::RpcAuth);
            broken(&mut sandbox, Service::RpcAuth, Fault::Unregistered);
            (sandbox, Held::new())
        },
        line: "FAIL  rpc-auth runs but is not registered in etcd: every login fails",
        slow: true,
    },
    Outage {
        name: "etcd lost in flight",
        start: || {
            let mut sandbox = started(small());
            sandbox.stop_etcd();
            (sandbox, Held::new())
        },
        line: "FAIL  etcd 127.0.0.1:",
        slow: false,
    },
    Outage {
        name: "API stopped by SIGSTOP",
        start: || {
            let sandbox = started(small());
            sandbox.signal(Service::Api, 0, Signal::STOP).expect("stop");
            (sandbox, Held::new())
        },
        line: "FAIL  api (pid ",
        slow: false,
    },
    Outage {
        name: "API out of file descriptors",
        start: || {
            let mut sandbox = started(small());
            let held = without_files(&mut sandbox);
            (sandbox, held)
        },
        line: "FAIL  api (pid ",
        slow: false,
    },
];

fn unready(builder: Builder) -> Sandbox {
    let sandbox = builder.start().expect("start the sandbox");
    let needed = [Service::RpcAuth, Service::RpcUser];
    wait_until("the services run", || needed.iter().all(|service| !sandbox.sockets(*service, 0).is_empty()));
    sandbox
}

fn broken(sandbox: &mut Sandbox, service: Service, fault: Fault) {
    sandbox.break_with(service, 0, fault).expect("break");
}

#[test]
fn each_silent_outage_is_named_in_the_first_line_while_the_usual_checks_stay_green() {
    let outages = || OUTAGES.iter().filter(|outage| everything() || !outage.slow);
    println!("{}", Usual::head());
    for outage in outages() {
        let (sandbox, _held) = (outage.start)();
        let line = first_line(&sandbox, outage.line);
        let usual = Usual::look(&sandbox);
        println!("{}", usual.row(outage.name, &line));
        assert!(line.starts_with(outage.line), "{}: {line}", outage.name);
        assert_eq!(usual.processes, "14 of 14", "a process count sees nothing of it");
    }
}

/// Looks until the outage shows, as it takes a moment to come.
fn first_line(sandbox: &Sandbox, wanted: &str) -> String {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let checked = check(sandbox, &["all"]);
        if checked.first_line().starts_with(wanted) || Instant::now() > deadline {
            return checked.first_line().to_owned();
        }
    }
}

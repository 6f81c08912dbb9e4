//! The silent outages, as far as services go: each made in the sandbox, and what the usual checks say beside ours.
//!
//! Lost in flight, Redis, MongoDB and Kafka change nothing at the services: only a question to them shows it.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use openim_ops::openim::service::Service;
use openim_sandbox::{Builder, Etcd, Fault, Sandbox};
use rustix::process::Signal;

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
        line: "FAIL  8 instances wait for mongodb localhost:37017: ports open, nothing behind them",
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
    println!(
        "{:<30} {:<16} {:<22} {:<22} {:<26} openim-check",
        "outage", "processes", "TCP", "/metrics", "API probe"
    );
    for outage in outages() {
        let (sandbox, _held) = (outage.start)();
        let line = first_line(&sandbox, outage.line);
        let (processes, tcp) = (count_processes(&sandbox), connect_to_all(&sandbox));
        let metrics = ask(metrics_of(&sandbox), "GET /metrics HTTP/1.0\r\n\r\n", "200 OK");
        let probe = probe(&sandbox);
        println!("{:<30} {processes:<16} {tcp:<22} {metrics:<22} {probe:<26} {line}", outage.name);
        assert!(line.starts_with(outage.line), "{}: {line}", outage.name);
        assert_eq!(processes, "14 of 14", "a process count sees nothing of it");
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

/// As `mage check` counts: live processes of exactly these programs.
fn count_processes(sandbox: &Sandbox) -> String {
    let pids = sandbox.pids();
    let alive = pids.iter().filter(|(instance, pid)| {
        let exe = std::fs::read_link(format!("/proc/{pid}/exe"));
        exe.is_ok_and(|exe| exe == sandbox.program_of(instance.service))
    });
    format!("{} of {}", alive.count(), pids.len())
}

fn connect_to_all(sandbox: &Sandbox) -> String {
    let pids = sandbox.pids();
    let sockets = pids.iter().flat_map(|(instance, _)| sandbox.sockets(instance.service, instance.index));
    let outcomes: Vec<bool> = sockets.map(|socket| connect(socket).is_some()).collect();
    let connected = outcomes.iter().filter(|connected| **connected).count();
    format!("{connected} of {} connect", outcomes.len())
}

fn connect(address: SocketAddr) -> Option<TcpStream> {
    TcpStream::connect_timeout(&address, Duration::from_millis(500)).ok()
}

/// The port of the API that is not its own.
fn metrics_of(sandbox: &Sandbox) -> Option<SocketAddr> {
    sandbox.sockets(Service::Api, 0).into_iter().find(|socket| socket.port() != sandbox.api_port())
}

fn probe(sandbox: &Sandbox) -> String {
    let body = r#"{"secret":"wrong","userID":"x"}"#;
    let request = format!(
        "POST /auth/get_admin_token HTTP/1.0\r\noperationID: outages\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    ask(Some(SocketAddr::from(([127, 0, 0, 1], sandbox.api_port()))), &request, "1002")
}

/// Sends a request and says whether the answer has the words that a check looks for.
fn ask(address: Option<SocketAddr>, request: &str, wanted: &str) -> String {
    let Some(mut stream) = address.and_then(connect) else { return "refused".to_owned() };
    stream.set_read_timeout(Some(Duration::from_secs(1))).expect("an option of every socket");
    let mut answer = String::new();
    let _ = stream.write_all(request.as_bytes());
    let _ = stream.read_to_string(&mut answer);
    if answer.contains(wanted) {
        format!("{wanted}, \"well\"")
    } else if answer.is_empty() {
        "no answer".to_owned()
    } else {
        answer.lines().last().unwrap_or_default().chars().take(24).collect()
    }
}

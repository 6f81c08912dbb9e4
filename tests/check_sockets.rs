//! What `openim-check` sees of a service's sockets: queues, families, owners, network namespaces.

#![allow(clippy::expect_used, reason = "a test that cannot go on should say so by dying")]

mod check;
#[path = "support/missing.rs"]
mod missing;

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;

use check::{Checked, check, small, started, until, until_not_ok, wait_until};
use openim_ops::openim::service::Service;
use openim_sandbox::Fault;
use rustix::fd::OwnedFd;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with, sockopt};

#[test]
fn an_accept_queue_that_is_full_fails_at_once_and_one_that_just_is_warns() {
    let mut sandbox = started(small());
    sandbox.break_with(Service::Api, 0, Fault::Backlog(2)).expect("break");
    // An HTTP request of the checker would itself stand in the queue.
    let port = ["api", "--only", "port", "--only", "process"];
    until(&sandbox, &port, |checked| checked.code == Some(0)).expect(0, "OK");
    let connect =
        || TcpStream::connect(("127.0.0.1", sandbox.api_port())).expect("the kernel accepts one more");
    let pid = sandbox.pid(Service::Api, 0).expect("it runs");
    let mut clients = vec![connect(), connect()];
    let line = format!("WARN  api (pid {pid}) is not accepting: 2 connections wait, and one more fits");
    until(&sandbox, &port, |checked| checked.first_line().starts_with("WARN")).expect(0, &line);
    clients.push(connect());
    let impatient = ["api", "--probe-timeout", "1min", "--deadline", "2min"];
    let line = format!("FAIL  api (pid {pid}) accepts no connection any more: 3 wait in a queue for 2");
    until(&sandbox, &impatient, |checked| checked.code == Some(1)).expect(1, &line);
    drop(clients);
}

#[test]
fn a_service_without_a_file_left_is_named_with_those_who_wait_for_it() {
    let mut sandbox = started(small());
    sandbox.break_with(Service::Api, 0, Fault::Files(24)).expect("break");
    let connect = || TcpStream::connect(("127.0.0.1", sandbox.api_port())).expect("the kernel accepts");
    let pid = sandbox.pid(Service::Api, 0).expect("it runs");
    wait_until("the limit is there", || {
        let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).unwrap_or_default();
        limits.lines().any(|line| line.starts_with("Max open files            24 "))
    });
    let clients: Vec<_> = (0..40).map(|_| connect()).collect();
    let checked = until(&sandbox, &["all"], |checked| checked.first_line().contains("connections wait"));
    checked.expect(1, &format!("FAIL  api (pid {pid}) has 2"));
    checked.mentions("of 24 file descriptors open; ");
    checked.mentions(&format!("prlimit --pid {pid} --nofile="));
    drop(clients);
}

#[test]
fn a_socket_for_ipv6_alone_is_told_from_one_for_both() {
    let mut sandbox = started(small());
    sandbox.break_with(Service::Api, 0, Fault::V6Only).expect("break");
    let port = sandbox.api_port();
    let checked = until(&sandbox, &["api"], |checked| checked.text.contains("IPv6"));
    checked.expect(1, &format!("FAIL  api listens on [::]:{port} for IPv6 only: no IPv4 client gets in"));
}

#[test]
fn a_stranger_that_shares_the_port_is_named() {
    let mut sandbox = started(small());
    sandbox.break_with(Service::Api, 0, Fault::ReusePort).expect("break");
    let address = SocketAddr::from(([127, 0, 0, 1], sandbox.api_port()));
    until(&sandbox, &["api"], |checked| checked.code == Some(0)).expect(0, "OK");
    let stranger = inet_socket();
    sockopt::set_socket_reuseport(&stranger, true).expect("an option of every socket");
    rustix::net::bind(&stranger, &address).expect("the api lets others in");
    rustix::net::listen(&stranger, 16).expect("it is bound");
    let stranger = TcpListener::from(stranger);
    let me = std::process::id();
    let checked = until_not_ok(&sandbox, &["api"]);
    checked.expect(1, &format!("FAIL  api shares :{} with ", address.port()));
    assert!(checked.first_line().contains(&format!("(pid {me}), which gets a part")), "{}", checked.text);
    drop(stranger);
}

#[test]
fn a_stranger_on_another_address_is_not_in_the_way() {
    let sandbox = started(small());
    let _stranger = TcpListener::bind(("127.0.0.2", sandbox.api_port())).expect("another address");
    check(&sandbox, &["api"]).expect(0, "OK  1 instance");
}

/// The sandbox lives in a network namespace of its own, and is looked at from outside.
#[test]
fn sockets_are_those_of_the_network_namespace_of_the_process() {
    if !rustix::process::geteuid().is_root() {
        return missing::did_not_run("only root can make a network namespace");
    }
    let sandbox =
        small().only(&[Service::Api]).etcd(openim_sandbox::Etcd::None).write().expect("write the tree");
    let program = sandbox.program_of(Service::Api);
    let config = sandbox.root().join("config");
    let script = "ip link set lo up 2>/dev/null; exec \"$0\" -i 0 -c \"$1\"";
    let mut child = Command::new("unshare")
        .args(["--net", "sh", "-c", script])
        .arg(program)
        .arg(config)
        .env("IMENV_DISCOVERY_ENABLE", "none")
        .env("IMENV_OPENIM_API_PROMETHEUS_AUTOSETPORTS", "false")
        .spawn()
        .expect("unshare is part of every Linux");
    let port = ["api", "--only", "port"];
    let checked = until(&sandbox, &port, |checked: &Checked| checked.code == Some(0));
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    checked.expect(0, "OK  1 instance");
}

/// Closed in the services that other tests start meanwhile.
fn inet_socket() -> OwnedFd {
    socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None).expect("a socket")
}

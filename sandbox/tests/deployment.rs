//! A whole deployment: its processes, its sockets, its end; and two of them side by side.

#![allow(clippy::expect_used, reason = "a test that cannot go on should say where")]

mod common;

use std::time::Duration;

use common::{exchange, grpc, http, ready, sandbox, state, until};
use openim_ops::openim::service::Service;
use openim_sandbox::{Fault, Generation, Sandbox};

fn counts(sandbox: &Sandbox) -> (usize, usize) {
    let pids: Vec<_> = sandbox.pids().into_iter().map(|(_, pid)| pid.cast_signed()).collect();
    (pids.len(), openim_sandbox::listening(&pids).iter().map(Vec::len).sum())
}

#[test]
fn both_generations_run_side_by_side() {
    let release = ready(sandbox());
    let main = ready(sandbox().generation(Generation::Main));
    assert_eq!(counts(&release), (26, 43));
    assert_eq!(counts(&main), (29, 47));
    assert_eq!(release.etcd_client().range("openim/push/").expect("etcd").len(), 8);
    assert_eq!(main.etcd_client().range("openim/push-rpc-service/").expect("etcd").len(), 8);
}

#[test]
fn a_process_has_the_name_arguments_and_directory_of_the_field() {
    let sandbox = ready(sandbox().only(&[Service::RpcConversation]));
    let pid = sandbox.pid(Service::RpcConversation, 0).expect("a pid");
    let program = sandbox.program_of(Service::RpcConversation);
    let link = |name: &str| std::fs::read_link(format!("/proc/{pid}/{name}")).expect("a link");
    assert_eq!(link("exe"), program);
    assert_eq!(Some(link("cwd").as_path()), program.parent());
    assert!(program.ends_with("openim-rpc-conversation"));
    let words = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).expect("a command line");
    let config = sandbox.root().join("config");
    assert_eq!(words, format!("{}\0-i\x000\0-c\0{}/\0", program.display(), config.display()));
}

#[test]
fn nothing_is_left_when_a_sandbox_goes() {
    let mut sandbox = ready(sandbox().only(&[Service::Api, Service::RpcAuth]));
    sandbox.break_with(Service::RpcAuth, 0, Fault::Stop).expect("broken");
    let (pids, root) = (sandbox.pids(), sandbox.root().to_owned());
    drop(sandbox);
    assert!(pids.iter().all(|(_, pid)| state(*pid) == '-'), "{pids:?}");
    assert!(!root.exists());
}

#[test]
fn the_same_index_may_run_twice() {
    let mut sandbox = ready(sandbox().only(&[Service::Push]).instances(Service::Push, 1));
    sandbox.start(Service::Push, 0).expect("a second one");
    sandbox.wait_ready(Duration::from_secs(5)).expect("both work");
    assert_eq!(sandbox.etcd_client().range("openim/push/").expect("etcd").len(), 2);
}

#[test]
fn grpc_says_who_it_is_and_what_it_lacks() {
    let sandbox = ready(sandbox().only(&[Service::RpcUser]));
    let keys = sandbox.etcd_client().range("openim/user/").expect("etcd");
    let port = keys[0].key.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).expect("a port");
    let answer = |path: &str, operation| grpc(port, path, operation);
    let status = |code: &str, text: &str| (code.to_owned(), text.to_owned());
    assert_eq!(
        answer("/openim.user.user/nope", None),
        status("12", "unknown method nope for service openim.user.user")
    );
    assert_eq!(
        answer("/grpc.health.v1.Health/Check", None),
        status("12", "unknown service grpc.health.v1.Health")
    );
    assert_eq!(answer("/openim.user.user/getDesignateUsers", None), status("3", "operationID error"));
    assert_eq!(answer("/openim.user.user/getDesignateUsers", Some("op")).0, "0");
    let settings =
        exchange(([127, 0, 0, 1], port), b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", Duration::from_secs(2));
    assert_eq!(settings.expect("connects"), [0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 5, 0, 0, 64, 0]);
}

#[test]
fn etcd_may_come_after_the_services() {
    let mut sandbox = sandbox().only(&[Service::Api, Service::RpcAuth]).start().expect("starts");
    sandbox.wait_ready(Duration::from_secs(5)).expect("ready");
    sandbox.stop_etcd();
    for service in [Service::Api, Service::RpcAuth] {
        sandbox.restart(service, 0).expect("starts again");
    }
    until("auth's gRPC port", Duration::from_secs(5), || sandbox.sockets(Service::RpcAuth, 0).len() == 1);
    assert!(sandbox.sockets(Service::Api, 0).is_empty());
    sandbox.start_etcd().expect("etcd");
    sandbox.wait_ready(Duration::from_secs(5)).expect("they come up by themselves");
    let answer = http(sandbox.api_port(), "GET / HTTP/1.1\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 404 Not Found\r\n"), "{answer}");
}

//! Resources: no file descriptors left, and a process stopped by SIGSTOP; what a client sees of either.

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use openim_ops::openim::service::Service;
use openim_sandbox::{Fault, Sandbox};
use rustix::process::Signal;

use crate::common::{exchange, exchange_patiently, ready, sandbox};
use crate::recordings::Recordings;
use crate::table::Table;

const REQUEST: &[u8] = b"OPTIONS / HTTP/1.1\r\nHost: x\r\n\r\n";
const SILENCE: Duration = Duration::from_millis(500);

pub(crate) fn compare(recordings: &Recordings) -> Table {
    let mut table = Table::default();
    let seen = recordings.text("patch16-resources.txt");
    let mut sandbox = ready(sandbox().only(&[Service::Api, Service::RpcAuth]));
    let address = SocketAddr::from(([127, 0, 0, 1], sandbox.api_port()));

    let situation = "API out of files";
    sandbox.break_with(Service::Api, 0, Fault::Files(24)).expect("broken");
    std::thread::sleep(Duration::from_millis(300));
    let open: Vec<_> = (0..40).map(|_| TcpStream::connect(address)).collect();
    let connects = open.iter().all(Result::is_ok);
    let told = |yes: bool| if yes { "connect ok, answer: timed out" } else { "no" };
    let silent = ask(address).is_empty();
    let seen_connect = seen.contains("41st connect ok, answer: timed out");
    table.add(situation, "one more connection", told(seen_connect), told(connects && silent));
    std::thread::sleep(Duration::from_millis(1200));
    let complaint = |text: &str| {
        let line = text.lines().find(|line| line.contains("http: Accept error")).unwrap_or_default();
        line.split_once("http: ").map_or("", |(_, text)| text).to_owned()
    };
    let shown = complaint(&sandbox.stderr(Service::Api, 0));
    let shown = shown.replace(&format!(":{}:", sandbox.api_port()), ":10002:");
    table.add(situation, "what it prints", complaint(&seen), shown);
    drop(open);

    stopped(&seen, &mut sandbox, address, &mut table);
    table
}

fn stopped(seen: &str, sandbox: &mut Sandbox, address: SocketAddr, table: &mut Table) {
    sandbox.mend(Service::Api, 0).expect("mended");
    std::thread::sleep(Duration::from_millis(1500));
    let answers = |answers: bool| if answers { "answers" } else { "connects, 0 bytes" };
    let before = exchange_patiently(address, REQUEST, Duration::from_secs(5), SILENCE).expect("a connection");
    table.add("API stopped", "before", answers(true), answers(!before.is_empty()));
    sandbox.signal(Service::Api, 0, Signal::STOP).expect("stopped");
    let seen = seen.contains("frozen api: SIGSTOP") && seen.contains("with 0 bytes received");
    table.add("API stopped", "a request", answers(!seen), answers(!ask(address).is_empty()));
}

fn ask(address: SocketAddr) -> Vec<u8> {
    exchange(address, REQUEST, SILENCE).expect("a connection")
}

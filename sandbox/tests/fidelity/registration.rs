//! Registration: kill, stop and continue, an etcd that goes away. Most of it is waiting for leases of 30 s.

use std::time::{Duration, Instant};

use openim_ops::openim::service::Service;
use openim_sandbox::Sandbox;
use rustix::process::Signal;

use crate::common::{exchange, exchange_patiently, ready, sandbox, wrong_secret};
use crate::recordings::Recordings;
use crate::table::Table;

const LEASE: Duration = Duration::from_secs(33);
const SOON: Duration = Duration::from_secs(3);

pub(crate) fn compare(recordings: &Recordings) -> Table {
    let mut table = Table::default();
    let seen = recordings.text("patch16-etcd.txt");
    let seen_old = recordings.text("patch15-etcd.txt");
    let services = [Service::Api, Service::RpcAuth, Service::RpcUser];
    let mut new = ready(sandbox().only(&services));
    let mut old = ready(sandbox().only(&services).version("v3.8.3-patch.15"));
    old.signal(Service::RpcAuth, 0, Signal::STOP).expect("stopped");
    killed_and_stopped(&seen, &mut new, &mut table);
    stopped_for_ever(&seen_old, &mut old, &mut table);
    etcd_away(&seen, &mut new, &mut table);
    table
}

/// The first piece of JSON in a text.
fn answer_in(text: &str) -> &str {
    let start = text.find('{').unwrap_or(text.len());
    let end = text[start..].find('}').map_or(text.len(), |end| start + end + 1);
    &text[start..end]
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let rest = text.split_once(from).unwrap_or_else(|| panic!("no {from:?}")).1;
    rest.split_once(to).map_or(rest, |(found, _)| found)
}

fn registered(sandbox: &Sandbox, name: &str) -> bool {
    sandbox.etcd_client().range(&format!("openim/{name}/")).is_ok_and(|keys| !keys.is_empty())
}

fn waits(longest: Duration, holds: impl Fn() -> bool) -> bool {
    let end = Instant::now() + longest;
    while Instant::now() < end {
        if holds() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    false
}

const fn yes(holds: bool) -> &'static str {
    if holds { "yes" } else { "no" }
}

fn killed_and_stopped(seen: &str, sandbox: &mut Sandbox, table: &mut Table) {
    let situation = "registration, patch.16";
    sandbox.kill(Service::RpcUser, 0).expect("killed");
    sandbox.signal(Service::RpcAuth, 0, Signal::STOP).expect("stopped");
    let lingers = yes(registered(sandbox, "user"));
    table.add(situation, "kill -9: the key lingers", "yes", lingers);
    let gone = waits(LEASE, || !registered(sandbox, "user"));
    table.add(
        situation,
        "kill -9: gone within a lease",
        yes(seen.contains("key gone after 23 s")),
        yes(gone),
    );
    let gone = waits(LEASE, || !registered(sandbox, "auth"));
    table.add(
        situation,
        "SIGSTOP: gone within a lease",
        yes(seen.contains("key gone after 28 s")),
        yes(gone),
    );
    let deep = answer_in(between(seen, "key gone after 28 s", "\n"));
    table.add(situation, "SIGSTOP: the API's answer", deep, wrong_secret(sandbox.api_port()));

    sandbox.signal(Service::RpcAuth, 0, Signal::CONT).expect("continued");
    let back = waits(SOON, || registered(sandbox, "auth"));
    table.add(
        situation,
        "SIGCONT: back in a second or two",
        yes(seen.contains("key back in 1 s")),
        yes(back),
    );
    let deep = answer_in(between(seen, "key back in 1 s", "\n"));
    table.add(situation, "SIGCONT: the API's answer", deep, wrong_secret(sandbox.api_port()));
    let log = std::fs::read_to_string(sandbox.log_file()).expect("a log file");
    for message in ["etcd keepalive lost, re-registering endpoint", "failed to revoke stale lease"] {
        let fields = |text: &str| {
            let line = text.lines().find(|line| line.contains(message)).unwrap_or_default();
            let error = line.rsplit_once("\"error\": ").map_or("", |(_, error)| error);
            format!("{} {error}", if line.contains("WARN") { "WARN" } else { "" })
        };
        table.add(situation, format!("SIGCONT: {message}"), fields(seen), fields(&log));
    }
}

fn stopped_for_ever(seen: &str, sandbox: &mut Sandbox, table: &mut Table) {
    let situation = "registration, patch.15";
    let gone = waits(LEASE, || !registered(sandbox, "auth"));
    sandbox.signal(Service::RpcAuth, 0, Signal::CONT).expect("continued");
    std::thread::sleep(SOON);
    table.add(situation, "SIGSTOP: gone within a lease", "yes", yes(gone));
    let lost = yes(seen.contains("+60 s auth: []"));
    table.add(situation, "SIGCONT: never back", lost, yes(!registered(sandbox, "auth")));
    let deep = answer_in(between(seen, "+60 s auth: []", "\n"));
    table.add(situation, "SIGCONT: the API's answer", deep, wrong_secret(sandbox.api_port()));
    let sockets = seen.matches("users:((\"openim-rpc-auth\"").count().to_string();
    table.add(
        situation,
        "SIGCONT: its sockets",
        sockets,
        sandbox.sockets(Service::RpcAuth, 0).len().to_string(),
    );
    sandbox.restart(Service::Api, 0).expect("restarted");
    waits(SOON, || sandbox.sockets(Service::Api, 0).len() == 2);
    let deep = answer_in(between(seen, "api restarted\n", "\n"));
    table.add(situation, "API restarted: its answer", deep, wrong_secret(sandbox.api_port()));
}

fn etcd_away(seen: &str, sandbox: &mut Sandbox, table: &mut Table) {
    let situation = "etcd lost in flight";
    let rows = between(seen, "B3-etcd-stopped-40s", "B4-etcd");
    sandbox.stop_etcd();
    let deep = answer_in(between(rows, "deep 2 s:", "\n"));
    table.add(situation, "the API's answer", deep, wrong_secret(sandbox.api_port()));
    let request = b"GET /prometheus_discovery/api HTTP/1.1\r\nHost: x\r\n\r\n";
    let answer =
        exchange(([127, 0, 0, 1], sandbox.api_port()), request, Duration::from_secs(2)).expect("connects");
    let seen_answer = between(rows, " disc: ", " t=").trim();
    table.add(situation, "/prometheus_discovery", seen_answer, String::from_utf8_lossy(&answer));

    let situation = "etcd's data wiped";
    let rows = between(seen, "B4-etcd-data-wiped", "\n\n");
    sandbox.start_etcd().expect("an empty etcd");
    let back = waits(Duration::from_secs(37), || registered(sandbox, "auth"));
    table.add(situation, "registered within 37 s", yes(rows.contains("+37 s keys 16")), yes(back));
    let address = ([127, 0, 0, 1], sandbox.api_port());
    let answer = exchange_patiently(address, request, SOON, Duration::from_millis(500)).expect("connects");
    let body = String::from_utf8_lossy(&answer);
    let body = body.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let seen_body =
        rows.rsplit_once(" disc: ").and_then(|(_, last)| last.split_once(" t=")).expect("a body").0;
    table.add(situation, "/prometheus_discovery", seen_body, body);
}

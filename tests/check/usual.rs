//! What the usual checks say of a deployment: a count of processes, connections, pages of metrics, a probe of the API.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use openim_ops::openim::service::Service;
use openim_sandbox::Sandbox;

/// The four of them, in the order of the table's columns.
pub(crate) struct Usual {
    pub(crate) processes: String,
    pub(crate) tcp: String,
    pub(crate) metrics: String,
    pub(crate) probe: String,
}

impl Usual {
    pub(crate) fn look(sandbox: &Sandbox) -> Self {
        Self {
            processes: count_processes(sandbox),
            tcp: connect_to_all(sandbox),
            metrics: ask(metrics_of(sandbox), "GET /metrics HTTP/1.0\r\n\r\n", "200 OK"),
            probe: probe(sandbox),
        }
    }

    /// The columns' heads.
    pub(crate) fn head() -> String {
        Self {
            processes: "processes".to_owned(),
            tcp: "TCP".to_owned(),
            metrics: "/metrics".to_owned(),
            probe: "API probe".to_owned(),
        }
        .row("outage", "openim-check")
    }

    /// A line of the table.
    pub(crate) fn row(&self, outage: &str, line: &str) -> String {
        let Self { processes, tcp, metrics, probe } = self;
        format!("{outage:<30} {processes:<16} {tcp:<22} {metrics:<22} {probe:<26} {line}")
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

//! A healthy start: processes, sockets with their addresses, registry keys with their leases.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use openim_ops::openim::service::Service;
use openim_sandbox::{Generation, Sandbox};
use serde_json::Value;

use crate::common::{ready, sandbox};
use crate::recordings::{Recordings, mask_address};
use crate::table::Table;

/// By instance or service: its sockets in a comparable form.
type Sockets = BTreeMap<String, Vec<String>>;

pub(crate) fn compare(recordings: &Recordings) -> Table {
    let mut table = Table::default();
    release(recordings, &mut table);
    main(recordings, &mut table);
    table
}

fn release(recordings: &Recordings, table: &mut Table) {
    let state: Value = serde_json::from_str(&recordings.text("patch16-state.json")).expect("JSON");
    let sandbox = ready(sandbox());
    let situation = "healthy, release";
    processes(&state, &sandbox, table);
    let (seen, shown) = (seen_sockets(&state), sockets_by_instance(&sandbox));
    for (instance, sockets) in &seen {
        let own = shown.get(instance).map(|sockets| sockets.join(" "));
        table.add(situation, format!("{instance} sockets"), sockets.join(" "), own.unwrap_or_default());
    }
    let count = |sockets: &Sockets| sockets.values().map(Vec::len).sum::<usize>().to_string();
    table.add(situation, "sockets in all", count(&seen), count(&shown));
    keys(&state, &sandbox, table);
}

fn processes(state: &Value, sandbox: &Sandbox, table: &mut Table) {
    let root = sandbox.root().to_str().expect("UTF-8");
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for process in state["processes"].as_array().expect("processes") {
        let argv: Vec<_> =
            process["argv"].as_array().expect("argv").iter().filter_map(Value::as_str).collect();
        let text = |key: &str| process[key].as_str().expect(key).to_owned();
        let line = format!("{} {} {} {}", text("comm"), text("exe"), argv.join(" "), text("cwd"));
        seen.insert(name_of(&argv), line.replace("/openim-server", "ROOT"));
    }
    for (instance, pid) in sandbox.pids() {
        let read = |name: &str| std::fs::read_to_string(format!("/proc/{pid}/{name}")).unwrap_or_default();
        let link = |name: &str| std::fs::read_link(format!("/proc/{pid}/{name}")).unwrap_or_default();
        let argv = read("cmdline").trim_end_matches('\0').replace('\0', " ");
        let all =
            format!("{} {} {argv} {}", read("comm").trim(), link("exe").display(), link("cwd").display());
        let shown = all.replace(root, "ROOT").replace("/arm64", "/amd64");
        let instance = instance.file_name();
        let seen = seen.remove(&instance).unwrap_or_default();
        table.add("healthy, release", format!("{instance} process"), seen, shown);
    }
    table.add("healthy, release", "processes missing", "", seen.into_keys().collect::<String>());
}

/// `openim-push#3`, from its arguments.
fn name_of(argv: &[&str]) -> String {
    let name = argv[0].rsplit('/').next().expect("a name");
    format!("{name}#{}", argv[2])
}

/// The recorded sockets by instance, from lines of `ss`.
fn seen_sockets(state: &Value) -> Sockets {
    let names: BTreeMap<_, _> = state["processes"]
        .as_array()
        .expect("processes")
        .iter()
        .map(|process| {
            let argv: Vec<_> =
                process["argv"].as_array().expect("argv").iter().filter_map(Value::as_str).collect();
            (process["pid"].as_i64().expect("a pid"), name_of(&argv))
        })
        .collect();
    let mut sockets = Sockets::new();
    for line in state["listen"].as_array().expect("sockets").iter().filter_map(Value::as_str) {
        let local = line.split_whitespace().nth(3).expect("an address");
        let pid = line.split_once("pid=").and_then(|(_, rest)| rest.split(',').next()).expect("a pid");
        let name = &names[&pid.parse().expect("a number")];
        sockets.entry(name.clone()).or_default().push(place(local));
    }
    for list in sockets.values_mut() {
        list.sort();
    }
    sockets
}

/// `*:10002` stays, `*:40017` is `*:auto`, `10.77.0.2:40017` is `register-ip:auto`.
fn place(local: &str) -> String {
    let (address, port) = local.rsplit_once(':').expect("a port");
    let address = if address == "*" { "*" } else { "register-ip" };
    let port = if port == "10001" || port == "10002" { port } else { "auto" };
    format!("{address}:{port}")
}

/// A socket of the sandbox in the same form.
pub(crate) fn own_place(sandbox: &Sandbox, socket: SocketAddr) -> String {
    let address = if socket.ip() == IpAddr::from([0_u16; 8]) { "*" } else { "register-ip" };
    let port = match socket.port() {
        port if port == sandbox.ws_port() => "10001",
        port if port == sandbox.api_port() => "10002",
        _ => "auto",
    };
    format!("{address}:{port}")
}

fn sockets_by_instance(sandbox: &Sandbox) -> Sockets {
    let mut sockets = Sockets::new();
    for (instance, _) in sandbox.pids() {
        let of_it = sandbox.sockets(instance.service, instance.index);
        let mut places: Vec<_> = of_it.into_iter().map(|socket| own_place(sandbox, socket)).collect();
        places.sort();
        if !places.is_empty() {
            sockets.insert(instance.file_name(), places);
        }
    }
    sockets
}

fn keys(state: &Value, sandbox: &Sandbox, table: &mut Table) {
    let mut seen: Vec<_> = state["etcd"]
        .as_array()
        .expect("keys")
        .iter()
        .map(|key| {
            let text = |name: &str| key[name].as_str().expect("a text").to_owned();
            let lease = text("lease");
            let ttl = lease.split_once("TTL(").and_then(|(_, rest)| rest.split_once("s)")).expect("a TTL").0;
            mask_address(&format!("{} = {} lease {ttl} s", text("key"), text("value")))
        })
        .collect();
    let etcd = sandbox.etcd_client();
    let mut shown: Vec<_> = etcd
        .range("openim/")
        .expect("etcd")
        .into_iter()
        .map(|pair| {
            let lease = etcd.time_to_live(pair.lease).expect("a lease");
            mask_address(&format!("{} = {} lease {} s", pair.key, pair.value, lease.granted))
        })
        .collect();
    seen.sort();
    shown.sort();
    table.add("healthy, release", "registry keys in all", seen.len().to_string(), shown.len().to_string());
    for (seen, shown) in seen.into_iter().zip(shown) {
        let row = seen.split(' ').next().unwrap_or_default().to_owned();
        table.add("healthy, release", row, seen, shown);
    }
}

fn main(recordings: &Recordings, table: &mut Table) {
    let sandbox = ready(sandbox().generation(Generation::Main));
    let mut seen = Sockets::new();
    for line in recordings.text("main-sockets.txt").lines() {
        let mut words = line.split_whitespace();
        let (local, comm) = (words.next().expect("an address"), words.next().expect("a name"));
        seen.entry(comm.to_owned()).or_default().push(place(local));
    }
    let mut shown = Sockets::new();
    for (instance, _) in sandbox.pids() {
        let comm: String = instance.service.binary().chars().take(15).collect();
        let places = sandbox.sockets(instance.service, instance.index);
        shown.entry(comm).or_default().extend(places.into_iter().map(|socket| own_place(&sandbox, socket)));
    }
    for sockets in seen.values_mut().chain(shown.values_mut()) {
        sockets.sort();
    }
    assert_eq!(seen.len(), Service::ALL.len(), "the recording names every service");
    for (comm, sockets) in &seen {
        let own = shown.get(comm).map(|sockets| sockets.join(" ")).unwrap_or_default();
        table.add("healthy, main", format!("{comm} sockets"), sockets.join(" "), own);
    }
}

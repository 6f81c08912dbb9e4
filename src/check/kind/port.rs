//! The listening sockets: there, on the right address, in the right hands.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::words::{Addresses, Count, Owner, Waiting, be, does_not, s};
use super::{About, Depth, Effect, Found, Look, Nature, Place, Planned, Sentences};
use crate::check::facts::{Board, Facts};
use crate::check::plan::{Bind, InstancePlan, ListenPlan, Plan};
use crate::check::report::Kind;
use crate::host::process::State;
use crate::host::socket::{Holder, Listener, Queue, SocketTable, read_holder, read_sockets};
use crate::openim::layout::Purpose;

// What it plans.

/// The sockets that the configuration gives each instance.
pub(super) fn plan(plan: &Plan, instance: &InstancePlan) -> Vec<Planned> {
    let described: Vec<String> = instance.listens.iter().map(describe_planned).collect();
    let expects = match described.as_slice() {
        [] => format!("listens on nothing ({})", plan.layout.title),
        some => some.join(", "),
    };
    vec![Planned {
        id: instance.check_id("port"),
        kind: Kind::Port,
        service: Some(instance.service),
        expects,
        from: instance.listen_sources(),
    }]
}

fn describe_planned(listen: &ListenPlan) -> String {
    let port =
        listen.port.map_or_else(|| "a port of the kernel's choice".to_owned(), |port| format!(":{port}"));
    let purpose = listen.purpose.name();
    match listen.bind {
        Bind::One(address) => format!("{purpose} on {port} of {address}"),
        Bind::All | Bind::Unsaid => format!("{purpose} on {port}"),
    }
}

// What it asks: the kernel, before any server is asked.

/// Reads the sockets of all processes of the plan, and who holds the ports that are in wrong hands.
pub(in crate::check) fn look(plan: &Plan, board: &Board) {
    let pids: Vec<u32> =
        plan.instances.iter().flat_map(|instance| &instance.processes).map(|p| p.pid).collect();
    let Ok(sockets) = read_sockets(&pids) else { return };
    let holders = foreign_holders(plan, &sockets);
    board.put(|facts| {
        facts.sockets = Some(sockets);
        facts.holders = holders;
    });
}

/// Who listens where an instance should, and is not its process. Where the instance itself may be hidden from
/// us, so may its sockets be: then nobody is called a stranger.
fn foreign_holders(plan: &Plan, sockets: &SocketTable) -> BTreeMap<u16, (Listener, Holder)> {
    let visible = plan.instances.iter().filter(|instance| plan.hidden_process(instance.service).is_none());
    let fixed = visible.flat_map(|instance| {
        instance.listens.iter().filter_map(move |listen| Some((instance, listen, listen.port?)))
    });
    let mut holders = BTreeMap::new();
    for (instance, listen, port) in fixed {
        let ours = instance.processes.iter().filter_map(|process| sockets.of(process.pid)).flatten();
        let own: Vec<&Listener> = ours.filter(|listener| listener.address.port() == port).collect();
        let foreign = sockets
            .all
            .iter()
            .find(|listener| listener.address.port() == port && is_in_the_way(listen.bind, &own, listener));
        if let Some(listener) = foreign {
            holders.insert(port, (*listener, read_holder(listener.inode)));
        }
    }
    holders
}

/// The fixed ports that somebody else has, and who: for the look at a configuration.
pub(super) fn taken(facts: &Facts) -> BTreeMap<u16, String> {
    let strangers = facts.holders.iter().filter(|(_, (_, holder))| is_stranger(holder));
    strangers.map(|(port, (_, holder))| (*port, Owner(owner(holder).as_ref()).to_string())).collect()
}

/// Beside a socket of the instance only one on the same address is: the two share it by `SO_REUSEPORT`, and
/// the kernel gives each connection to one of them. One port number on two addresses is no conflict.
fn is_in_the_way(wanted: Bind, own: &[&Listener], listener: &Listener) -> bool {
    if own.is_empty() {
        return match wanted {
            Bind::One(address) => listener.is_wildcard() || listener.address.ip() == address,
            Bind::All | Bind::Unsaid => true,
        };
    }
    let twin = |ours: &&Listener| ours.address == listener.address && ours.namespace == listener.namespace;
    !own.iter().any(|ours| ours.inode == listener.inode) && own.iter().any(twin)
}

// How it judges.

/// The sockets of the one process against those that it should have.
pub(super) fn judge(look: &Look, instance: &InstancePlan) -> Vec<Found> {
    vec![Found {
        place: Place::Instance(instance.service, instance.index),
        name: "port",
        target: "its listening sockets".to_owned(),
        expected: describe_expected(instance),
        finding: find(look, instance),
        took: look.facts.host_took,
    }]
}

fn describe_expected(instance: &InstancePlan) -> String {
    let described = instance.listens.iter().map(|listen| match listen.port {
        Some(port) => format!("{} :{port}", listen.purpose.name()),
        None => listen.purpose.name().to_owned(),
    });
    let described: Vec<String> = described.collect();
    if described.is_empty() { "nothing".to_owned() } else { described.join(", ") }
}

fn find(look: &Look, instance: &InstancePlan) -> super::Finding {
    if look.newcomer(instance).is_some() {
        return super::Finding::NotLookedAt { why: "its process has just started" };
    }
    if let Some(foreign) = foreign_owner(look, instance) {
        return super::Finding::Port(foreign);
    }
    if instance.listens.is_empty() {
        return super::Finding::Port(Finding::ListensOnNothing);
    }
    let process = match instance.processes.as_slice() {
        [process] if process.state != State::Zombie => process,
        [] | [_] => return super::Finding::NotLookedAt { why: "there is no process" },
        _ => return super::Finding::NotLookedAt { why: "it runs more than once" },
    };
    match (&look.facts.sockets, look.listeners(process)) {
        (None, _) => super::Finding::CutOff,
        (Some(_), None) => super::Finding::Port(Finding::SocketsUnreadable),
        (Some(_), Some(listeners)) => {
            let queue = judge_queues(process.pid, listeners);
            super::Finding::Port(queue.unwrap_or_else(|| judge_listeners(&instance.listens, listeners)))
        }
    }
}

fn foreign_owner(look: &Look, instance: &InstancePlan) -> Option<Finding> {
    let mut ports = instance.listens.iter().filter_map(|listen| listen.port);
    let (port, (listener, holder)) = ports.find_map(|port| Some((port, look.facts.holders.get(&port)?)))?;
    let owner = is_stranger(holder).then(|| owner(holder))?;
    let mut own = instance.processes.iter().filter_map(|process| look.listeners(process)).flatten();
    let shared = own.any(|ours| ours.address == listener.address);
    Some(if shared { Finding::Shared { port, owner } } else { Finding::ForeignOwner { port, owner } })
}

/// Whether it holds a port for itself.
const fn is_stranger(holder: &Holder) -> bool {
    match holder {
        Holder::Process { .. } | Holder::Hidden => true,
        Holder::Deputy => false,
    }
}

/// The process that has a port, where it may be seen.
fn owner(holder: &Holder) -> Option<(u32, String)> {
    match holder {
        Holder::Process { pid, name } => Some((*pid, name.clone())),
        Holder::Hidden | Holder::Deputy => None,
    }
}

/// A full queue says more than any address: the kernel lets nobody in any more.
fn judge_queues(pid: u32, listeners: &[Listener]) -> Option<Finding> {
    let fullest = listeners.iter().max_by_key(|listener| listener.queue())?;
    let (address, waiting, limit) = (fullest.address, fullest.waiting, fullest.limit?);
    match fullest.queue() {
        Queue::Full => Some(Finding::QueueFull { pid, address, waiting, limit }),
        Queue::Filling => Some(Finding::QueueFilling { pid, address, waiting, limit }),
        Queue::Open => None,
    }
}

/// Fixed ports are matched by number; of those that the kernel chose only the count and the kind of address
/// can be compared.
fn judge_listeners(listens: &[ListenPlan], listeners: &[Listener]) -> Finding {
    if listeners.is_empty() {
        return Finding::NoSocket { wanted: listens.len() };
    }
    let (fixed, automatic): (Vec<_>, Vec<_>) = listens.iter().partition(|listen| listen.port.is_some());
    for listen in &fixed {
        let Some(port) = listen.port else { continue };
        let Some(listener) = listeners.iter().find(|listener| listener.address.port() == port) else {
            return Finding::PortMissing { purpose: listen.purpose, port };
        };
        if listener.v6_only && listen.bind != Bind::Unsaid {
            return Finding::V6Only { got: listener.address };
        }
        if !is_bound_as_wanted(listen.bind, listener) {
            return wrong_address(listen, listener);
        }
    }
    let free: Vec<&Listener> = listeners
        .iter()
        .filter(|listener| !fixed.iter().any(|listen| listen.port == Some(listener.address.port())))
        .collect();
    if free.len() < automatic.len() {
        return Finding::TooFewSockets { got: listeners.len(), wanted: listens.len() };
    }
    let misplaced =
        |listen: &&&ListenPlan| !free.iter().any(|listener| is_bound_as_wanted(listen.bind, listener));
    match automatic.iter().find(misplaced).zip(free.first()) {
        Some((listen, listener)) => wrong_address(listen, listener),
        None => Finding::Listening { addresses: listeners.iter().map(|listener| listener.address).collect() },
    }
}

fn is_bound_as_wanted(bind: Bind, listener: &Listener) -> bool {
    match bind {
        Bind::All => listener.is_wildcard(),
        // A socket on all addresses serves the one that was asked for.
        Bind::One(address) => listener.is_wildcard() || listener.address.ip() == address,
        Bind::Unsaid => true,
    }
}

fn wrong_address(listen: &ListenPlan, listener: &Listener) -> Finding {
    Finding::WrongAddress { got: listener.address, wanted: listen.bind, from: listen.from.clone() }
}

// Its sentences.

/// What can be found at the sockets of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::check) enum Finding {
    Listening { addresses: Vec<SocketAddr> },
    ListensOnNothing,
    NoSocket { wanted: usize },
    PortMissing { purpose: Purpose, port: u16 },
    TooFewSockets { got: usize, wanted: usize },
    ForeignOwner { port: u16, owner: Option<(u32, String)> },
    Shared { port: u16, owner: Option<(u32, String)> },
    WrongAddress { got: SocketAddr, wanted: Bind, from: String },
    V6Only { got: SocketAddr },
    QueueFull { pid: u32, address: SocketAddr, waiting: u32, limit: u32 },
    QueueFilling { pid: u32, address: SocketAddr, waiting: u32, limit: u32 },
    SocketsUnreadable,
}

impl Sentences for Finding {
    fn nature(&self) -> Nature {
        let waiting =
            |symptom| Nature::fail(symptom, Depth::Socket).may_be_early().without_etcd(Effect::Blocked);
        match self {
            Self::Listening { .. } => Nature::pass("listening"),
            Self::ListensOnNothing => Nature::pass("listens-on-nothing"),
            Self::NoSocket { .. } => waiting("no-socket"),
            Self::PortMissing { .. } => waiting("port-missing"),
            Self::TooFewSockets { .. } => waiting("too-few-sockets"),
            Self::ForeignOwner { .. } => Nature::fail("foreign-owner", Depth::Usurper),
            Self::Shared { .. } => Nature::fail("shared-port", Depth::Usurper),
            Self::WrongAddress { .. } => Nature::fail("wrong-address", Depth::Socket),
            Self::V6Only { .. } => Nature::fail("v6-only", Depth::Socket),
            Self::QueueFull { .. } => Nature::fail("queue-full", Depth::Socket),
            Self::QueueFilling { .. } => Nature::warn("queue-filling"),
            Self::SocketsUnreadable => Nature::unknown("sockets-unreadable", Depth::Socket),
        }
    }

    fn predicate(&self, several: bool) -> String {
        let (s, not) = (s(several), does_not(several));
        match self {
            Self::Listening { addresses } => format!("listen{s} on {}", Addresses(addresses)),
            Self::ListensOnNothing => format!("listen{s} on nothing, as it should"),
            Self::NoSocket { .. } => format!("run{s} but {not} listen"),
            Self::PortMissing { port, .. } => format!("run{s} but {not} listen on :{port}"),
            Self::TooFewSockets { got, wanted } => format!("listen{s} on {got} of {wanted} ports"),
            Self::ForeignOwner { port, owner } => {
                format!("cannot have :{port}: it belongs to {}", Owner(owner.as_ref()))
            }
            Self::Shared { port, owner } => {
                let owner = Owner(owner.as_ref());
                format!("share{s} :{port} with {owner}, which gets a part of the connections")
            }
            Self::V6Only { got } => format!("listen{s} on {got} for IPv6 only: no IPv4 client gets in"),
            Self::QueueFull { waiting, limit, .. } => {
                format!("accept{s} no connection any more: {waiting} wait in a queue for {limit}")
            }
            Self::QueueFilling { waiting, .. } => {
                format!("{} not accepting: {}, and one more fits", be(several), Waiting(*waiting))
            }
            Self::WrongAddress { got, wanted: Bind::One(wanted), .. } => {
                format!("listen{s} on {got}, not on {wanted}")
            }
            Self::WrongAddress { got, .. } => format!("listen{s} on {got} only, not on all addresses"),
            Self::SocketsUnreadable => {
                format!("{} not open to us: its sockets cannot be read", be(several))
            }
        }
    }

    fn got(&self) -> String {
        match self {
            Self::Listening { addresses } => Addresses(addresses).to_string(),
            Self::ListensOnNothing => "nothing".to_owned(),
            Self::NoSocket { .. } => "no listening socket".to_owned(),
            Self::PortMissing { port, .. } => format!("nothing on :{port}"),
            Self::TooFewSockets { got, .. } => Count::of(*got, "socket", "sockets").to_string(),
            Self::ForeignOwner { port, owner } | Self::Shared { port, owner } => {
                format!(":{port} of {}", Owner(owner.as_ref()))
            }
            Self::WrongAddress { got, .. } | Self::V6Only { got } => got.to_string(),
            Self::QueueFull { address, waiting, limit, .. }
            | Self::QueueFilling { address, waiting, limit, .. } => {
                format!("{address} with {waiting} waiting, limit {limit}")
            }
            Self::SocketsUnreadable => "permission denied".to_owned(),
        }
    }

    fn pid(&self) -> Option<u32> {
        match self {
            Self::QueueFull { pid, .. } | Self::QueueFilling { pid, .. } => Some(*pid),
            Self::Listening { .. }
            | Self::ListensOnNothing
            | Self::NoSocket { .. }
            | Self::PortMissing { .. }
            | Self::TooFewSockets { .. }
            | Self::ForeignOwner { .. }
            | Self::Shared { .. }
            | Self::WrongAddress { .. }
            | Self::V6Only { .. }
            | Self::SocketsUnreadable => None,
        }
    }

    fn hint(&self, about: &About) -> Option<String> {
        let service = about.service?;
        match self {
            Self::Shared { owner, .. } => {
                Some(format!("end {}: one port, one program", Owner(owner.as_ref())))
            }
            Self::V6Only { got } => {
                Some(format!("let {got} take IPv4 too (sysctl net.ipv6.bindv6only=0), and restart it"))
            }
            Self::QueueFull { .. } | Self::QueueFilling { .. } => Some(format!(
                "see what holds it with `openim-logs {service} -n 20`; restart it if it stays so"
            )),
            Self::ForeignOwner { port, owner } => {
                let listens = &about.instance?.listens;
                let from = &listens.iter().find(|listen| listen.port == Some(*port))?.from;
                let who = owner
                    .as_ref()
                    .map_or_else(|| "the other program".to_owned(), |owner| Owner(Some(owner)).to_string());
                Some(format!("end {who}, or change the port in {from}; then start {}", service.binary()))
            }
            Self::WrongAddress { from, .. } => {
                Some(format!("restart it with the address that {from} asks for"))
            }
            Self::NoSocket { .. } | Self::PortMissing { .. } | Self::TooFewSockets { .. } => {
                Some(format!("see what it waits for with `openim-logs {service} -n 20`"))
            }
            Self::SocketsUnreadable => Some("run as root, or as the user that runs OpenIM".to_owned()),
            Self::Listening { .. } | Self::ListensOnNothing => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listener(address: &str) -> Listener {
        let address = address.parse().expect("an address");
        Listener { address, waiting: 0, limit: Some(4096), v6_only: false, inode: 0, namespace: 0 }
    }

    fn wants(purpose: Purpose, port: Option<u16>, bind: Bind) -> ListenPlan {
        ListenPlan { purpose, port, bind, from: "config/openim-api.yml:3".to_owned() }
    }

    fn api() -> [ListenPlan; 2] {
        [wants(Purpose::Http, Some(10002), Bind::All), wants(Purpose::Metrics, None, Bind::Unsaid)]
    }

    #[test]
    fn the_sockets_of_a_healthy_api_pass() {
        let found = judge_listeners(&api(), &[listener("[::]:10002"), listener("10.77.0.2:37767")]);
        assert!(matches!(found, Finding::Listening { .. }), "{found:?}");
    }

    #[test]
    fn a_process_without_any_socket_is_told_from_one_that_lacks_a_port() {
        assert_eq!(judge_listeners(&api(), &[]), Finding::NoSocket { wanted: 2 });
        let metrics_only = judge_listeners(&api(), &[listener("10.77.0.2:37767")]);
        assert_eq!(metrics_only, Finding::PortMissing { purpose: Purpose::Http, port: 10002 });
        let http_only = judge_listeners(&api(), &[listener("[::]:10002")]);
        assert_eq!(http_only, Finding::TooFewSockets { got: 1, wanted: 2 });
    }

    #[test]
    fn loopback_only_is_not_all_addresses() {
        let found = judge_listeners(&api(), &[listener("127.0.0.1:10002"), listener("10.77.0.2:37767")]);
        let sentence = found.predicate(false);
        assert_eq!(sentence, "listens on 127.0.0.1:10002 only, not on all addresses");
    }

    #[test]
    fn an_automatic_port_on_the_wrong_address_is_found() {
        let rpc = [wants(Purpose::Grpc, None, Bind::All), wants(Purpose::Metrics, None, Bind::All)];
        let well = judge_listeners(&rpc, &[listener("[::]:40017"), listener("[::]:40018")]);
        assert!(matches!(well, Finding::Listening { .. }), "{well:?}");
        let ill = judge_listeners(&rpc, &[listener("127.0.0.1:40017"), listener("127.0.0.1:40018")]);
        assert!(matches!(ill, Finding::WrongAddress { .. }), "{ill:?}");
    }

    #[test]
    fn a_foreign_owner_is_named() {
        let foreign = Finding::ForeignOwner { port: 10002, owner: Some((990, "python3".to_owned())) };
        assert_eq!(foreign.predicate(false), "cannot have :10002: it belongs to python3 (pid 990)");
    }

    #[test]
    fn one_port_on_two_addresses_is_no_conflict_and_on_one_address_it_is() {
        let ours = Listener { inode: 1, ..listener("10.77.0.2:40017") };
        let in_the_way =
            |text: &str, inode| is_in_the_way(Bind::Unsaid, &[&ours], &Listener { inode, ..listener(text) });
        assert!(!in_the_way("127.0.0.1:40017", 2));
        assert!(in_the_way("10.77.0.2:40017", 2));
        assert!(!in_the_way("10.77.0.2:40017", 1), "our own socket");
        let elsewhere = Bind::One("10.77.0.2".parse().expect("an address"));
        assert!(!is_in_the_way(elsewhere, &[], &listener("127.0.0.1:10002")));
        assert!(is_in_the_way(elsewhere, &[], &listener("[::]:10002")));
    }

    #[test]
    fn an_ipv6_socket_that_leaves_ipv4_alone_is_found() {
        let v6 = Listener { v6_only: true, ..listener("[::]:10002") };
        let found = judge_listeners(&api(), &[v6, listener("10.77.0.2:37767")]);
        let sentence = found.predicate(false);
        assert_eq!(sentence, "listens on [::]:10002 for IPv6 only: no IPv4 client gets in");
    }

    #[test]
    fn a_full_queue_fails_and_one_that_is_just_full_warns() {
        let judge =
            |waiting| judge_queues(512, &[Listener { waiting, limit: Some(5), ..listener("[::]:10002") }]);
        let full = judge(6).map(|finding| finding.predicate(false));
        assert_eq!(full.as_deref(), Some("accepts no connection any more: 6 wait in a queue for 5"));
        assert_eq!(judge(5).map(|finding| finding.nature().symptom), Some("queue-filling"));
        assert_eq!(judge(4), None);
    }

    #[test]
    fn several_subjects_have_a_verb_of_their_own() {
        assert_eq!(Finding::NoSocket { wanted: 2 }.predicate(true), "run but do not listen");
    }
}

//! The keys in etcd against the listening sockets: each instance has its key, and each key its socket.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use super::grpc;
use super::words::{be, join, s};
use super::{About, Depth, Effect, Found, Look, Nature, Place, Planned, Sentences, Sign};
use crate::check::facts::{Asked, Board};
use crate::check::kind::dependency;
use crate::check::plan::{InstancePlan, ListenPlan, Plan};
use crate::check::report::Kind;
use crate::host::process::Process;
use crate::host::socket::{Listener, SocketTable};
use crate::openim::dependency::{Dependency, Need};
use crate::openim::layout::Purpose;
use crate::openim::registry::{Registration, TARGETS};
use crate::openim::service::Service;
use crate::openim::tools::registers_again;
use crate::probe::Failure;
use crate::probe::etcd::{Snapshot, Unreachable, probe_leases, probe_registry};

// What it plans.

/// A key for each instance of a service that registers.
pub(super) fn plan(plan: &Plan, instance: &InstancePlan) -> Vec<Planned> {
    let Some(name) = instance.register_name else { return Vec::new() };
    let (expects, from) = match &plan.registry {
        Some(registry) => (
            format!("a key {}/{name}/IP:PORT whose port it listens on", registry.root),
            registry.origin.clone(),
        ),
        None => (format!("nothing: {}", plan.no_registry.unwrap_or_default()), "discovery.yml".to_owned()),
    };
    let (id, service) = (instance.check_id("registry"), Some(instance.service));
    vec![Planned { id, kind: Kind::Registry, service, expects, from }]
}

// What it asks.

/// Reads all keys once, for the join and for etcd's own check.
pub(in crate::check) async fn ask(plan: &Plan, board: &Board) {
    let Some(registry) = plan.registry.as_ref().filter(|_| is_wanted(plan)) else { return };
    board.put(|facts| facts.registry = Asked::Waiting);
    let mut answer = probe_registry(registry, plan.probe_timeout).await;
    if let Ok(snapshot) = &mut answer {
        let sockets = board.snapshot().sockets.unwrap_or_default();
        let mut ghosts = ghosts(plan, &sockets, snapshot);
        // Only of leftovers does anyone ask how long they stay.
        let endpoint = snapshot.endpoint.clone();
        probe_leases(&endpoint, registry, &mut ghosts, plan.probe_timeout).await;
        for ghost in ghosts {
            let same = |r: &&mut Registration| r.address == ghost.address && r.name == ghost.name;
            if let Some(registration) = snapshot.registrations.iter_mut().find(same) {
                registration.seconds_left = ghost.seconds_left;
            }
        }
    }
    board.put(|facts| facts.registry = Asked::Done(answer));
}

fn is_wanted(plan: &Plan) -> bool {
    let of_instance = |i: &InstancePlan| plan.wants(Some(i.service), Kind::Registry, &i.check_id("registry"));
    plan.wants(None, Kind::Dependency, &dependency::keys_check()) || plan.instances.iter().any(of_instance)
}

// How it judges.

/// The key of an instance: one of its service's that leads to a socket of it, else one with the port of such a socket
/// and an address that is not its own.
pub(super) fn registration_of<'s>(
    instance: &InstancePlan,
    listeners: &[Listener],
    snapshot: &'s Snapshot,
) -> Option<&'s Registration> {
    let of_service = || {
        snapshot
            .registrations
            .iter()
            .filter(|registration| Some(registration.name.as_str()) == instance.register_name)
    };
    let has_port = |address: SocketAddr| listeners.iter().any(|found| found.address.port() == address.port());
    of_service()
        .find(|registration| is_served(listeners, registration.address))
        .or_else(|| of_service().find(|registration| has_port(registration.address)))
}

fn is_served(listeners: &[Listener], address: SocketAddr) -> bool {
    listeners.iter().any(|listener| listener.serves(address))
}

/// The keys of a service behind which no process of it listens. Those of other machines are not ours to judge.
fn ghosts(plan: &Plan, sockets: &SocketTable, snapshot: &Snapshot) -> Vec<Registration> {
    let is_ghost = |registration: &&Registration| {
        let mut instances =
            plan.instances.iter().filter(|i| i.register_name == Some(registration.name.as_str())).peekable();
        // Keys of services that are not looked at, or whose processes we cannot see, are nobody's here.
        sockets.is_local(registration.address.ip())
            && instances.peek().is_some_and(|instance| plan.hidden_process(instance.service).is_none())
            && !instances
                .flat_map(|i| &i.processes)
                .filter_map(|p| sockets.of(p.pid))
                .flatten()
                .any(|listener| listener.serves(registration.address))
    };
    snapshot.registrations.iter().filter(is_ghost).cloned().collect()
}

/// The key of one instance.
pub(super) fn judge(look: &Look, instance: &InstancePlan) -> Vec<Found> {
    let Some(name) = instance.register_name else { return Vec::new() };
    let (finding, took) = match look.plan.no_registry {
        Some(why) => (super::Finding::NotLookedAt { why }, Duration::ZERO),
        None => find(look, instance),
    };
    vec![Found {
        place: Place::Instance(instance.service, instance.index),
        name: "registry",
        target: look.plan.registry.as_ref().map_or_else(String::new, |r| format!("{}/{name}/", r.root)),
        expected: "a key for a port it listens on".to_owned(),
        finding,
        took,
    }]
}

fn find(look: &Look, instance: &InstancePlan) -> (super::Finding, Duration) {
    match &look.facts.registry {
        Asked::No => (super::Finding::NotLookedAt { why: "etcd was not asked" }, Duration::ZERO),
        Asked::Waiting => (super::Finding::CutOff, look.elapsed),
        Asked::Done(Err(Unreachable { endpoint, failure, took })) => {
            let away = Finding::Away { endpoint: endpoint.clone(), failure: failure.clone() };
            (super::Finding::Registry(away), *took)
        }
        Asked::Done(Ok(snapshot)) => (find_key(look, instance, snapshot), snapshot.took),
    }
}

fn find_key(look: &Look, instance: &InstancePlan, snapshot: &Snapshot) -> super::Finding {
    let Some(process) = instance.sole_process() else {
        return super::Finding::NotLookedAt { why: "it has no one process" };
    };
    let Some(listeners) = look.listeners(process) else {
        return super::Finding::Port(super::port::Finding::SocketsUnreadable);
    };
    let ports = || listeners.iter().map(|listener| listener.address.port()).collect();
    super::Finding::Registry(match registration_of(instance, listeners, snapshot) {
        Some(registration) if is_elsewhere(look, instance, registration.address) => {
            Finding::WrongIp { address: registration.address }
        }
        Some(registration) if is_served(listeners, registration.address) => {
            Finding::Registered { address: registration.address }
        }
        _ if listeners.is_empty() => return super::Finding::NotLookedAt { why: "it does not listen" },
        // A key with its port, but of a machine that answers: somebody else's.
        _ => match other_root(look, instance) {
            Some((own, wanted)) => Finding::OtherRoot { own, wanted },
            None if grpc::is_silent(look, instance) && waits_for_mongodb(instance.service) => {
                Finding::Waiting { ports: ports() }
            }
            None => Finding::Unregistered {
                ports: ports(),
                tools: tools_of(look, process),
                answers: grpc::answers(look, instance),
            },
        },
    })
}

/// What a service shows that waits for MongoDB.
pub(in crate::check) const WAITING_FOR_MONGODB: &str = "waiting-for-mongodb";

/// Whether a service waits for MongoDB at its start, its ports open and nothing behind them.
pub(in crate::check) fn waits_for_mongodb(service: Service) -> bool {
    Dependency::MongoDb.need_of(service) == Need::GivesUp
}

/// Whether a key leads to another machine, and nobody answers there. Behind a forwarded port it may well do.
fn is_elsewhere(look: &Look, instance: &InstancePlan, address: SocketAddr) -> bool {
    let local = look.facts.sockets.as_ref().is_none_or(|sockets| sockets.is_local(address.ip()));
    !local && grpc::fails_at(look, instance, address)
}

/// The root under which an instance registers, where it is not that of the others.
fn other_root(look: &Look, instance: &InstancePlan) -> Option<(String, String)> {
    let (own, wanted) = (instance.register_root.as_ref()?, &look.plan.registry.as_ref()?.root);
    (own != wanted).then(|| (own.clone(), wanted.clone()))
}

/// The release of the library that registers it, from its program.
fn tools_of(look: &Look, process: &Process) -> Option<String> {
    look.facts.tools.get(&process.pid).cloned()
}

/// Keys without a process, one finding for each service that has any.
pub(super) fn judge_whole(look: &Look) -> Vec<Found> {
    let (Some(sockets), Asked::Done(Ok(snapshot))) = (&look.facts.sockets, &look.facts.registry) else {
        return Vec::new();
    };
    let ghosts = ghosts(look.plan, sockets, snapshot);
    let leftovers =
        look.plan.layout.services().filter_map(|service| leftovers(look, snapshot, &ghosts, service));
    leftovers.chain(no_targets(look, snapshot)).collect()
}

/// Services announce their metrics at their start, and never again.
fn no_targets(look: &Look, snapshot: &Snapshot) -> Option<Found> {
    let announces = |listen: &ListenPlan| listen.purpose == Purpose::Metrics && listen.port.is_none();
    let settled =
        |i: &InstancePlan| i.sole_process().is_some_and(|process| process.uptime >= look.plan.grace);
    let instances = || look.plan.instances.iter().filter(|i| i.listens.iter().any(announces));
    let root = &look.plan.registry.as_ref()?.root;
    let lost = snapshot.targets == 0
        && !snapshot.registrations.is_empty()
        && instances().next().is_some()
        && instances().all(settled);
    lost.then(|| Found {
        place: Place::Dependency(Dependency::Etcd),
        name: "targets",
        target: format!("{root}/{TARGETS}"),
        expected: "a key for each page of metrics".to_owned(),
        finding: super::Finding::Registry(Finding::NoTargets { root: root.clone() }),
        took: snapshot.took,
    })
}

fn leftovers(look: &Look, snapshot: &Snapshot, ghosts: &[Registration], service: Service) -> Option<Found> {
    let name = look.plan.layout.register_name(service)?;
    if look.facts.newcomers.iter().any(|process| process.program == service.binary()) {
        // It is what they have just registered, or will replace.
        return None;
    }
    let of_service = ghosts.iter().filter(|ghost| ghost.name == name);
    let keys: Vec<_> = of_service.map(|ghost| (ghost.address, ghost.seconds_left)).collect();
    (!keys.is_empty()).then(|| Found {
        place: Place::Service(service),
        name: "registry",
        target: format!("{}/{name}/", look.plan.registry.as_ref().map_or("", |r| &r.root)),
        expected: "no key without a process".to_owned(),
        finding: super::Finding::Registry(Finding::Leftovers { keys }),
        took: snapshot.took,
    })
}

// Its sentences.

/// What can be found in the registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::check) enum Finding {
    Registered {
        address: SocketAddr,
    },
    WrongIp {
        address: SocketAddr,
    },
    OtherRoot {
        own: String,
        wanted: String,
    },
    Waiting {
        ports: Vec<u16>,
    },
    NoTargets {
        root: String,
    },
    /// `answers`: over gRPC, so that it waits for nothing.
    Unregistered {
        ports: Vec<u16>,
        tools: Option<String>,
        answers: bool,
    },
    Leftovers {
        keys: Vec<(SocketAddr, Option<i64>)>,
    },
    Away {
        endpoint: String,
        failure: Failure,
    },
}

impl Sentences for Finding {
    fn nature(&self) -> Nature {
        match self {
            Self::Registered { .. } => Nature::pass("registered"),
            Self::Unregistered { answers, .. } => Nature::fail("unregistered", Depth::Registry)
                .may_be_early()
                .sign(if *answers { Sign::None } else { Sign::Waiting }),
            Self::WrongIp { .. } => Nature::fail("wrong-ip", Depth::Registry),
            Self::OtherRoot { .. } => Nature::fail("other-root", Depth::Registry),
            Self::Waiting { .. } => {
                Nature::fail(WAITING_FOR_MONGODB, Depth::Registry).may_be_early().sign(Sign::Waiting)
            }
            Self::NoTargets { .. } => Nature::warn("no-targets"),
            Self::Leftovers { .. } => Nature::warn("leftovers"),
            Self::Away { .. } => {
                Nature::unknown("registry-away", Depth::Registry).without_etcd(Effect::Affected)
            }
        }
    }

    fn predicate(&self, several: bool) -> String {
        let (be, s) = (be(several), s(several));
        match self {
            Self::Registered { address } => format!("{be} registered :{}", address.port()),
            Self::Unregistered { .. } => format!("run{s} but {be} not registered in etcd"),
            Self::WrongIp { address } => {
                format!("{be} registered as {address}: not an address of this machine, and nobody answers")
            }
            Self::OtherRoot { own, wanted } => {
                format!("register{s} under {own}/ in etcd, and the others look under {wanted}/")
            }
            Self::Waiting { .. } => {
                format!("listen{s}, and nothing answers behind it: it waits for MongoDB")
            }
            Self::NoTargets { root } => {
                format!("has no key {root}/{TARGETS}: Prometheus sees no service until a restart")
            }
            Self::Leftovers { keys } => match keys.as_slice() {
                [(address, left)] => {
                    format!("{address} is a leftover in etcd (no such process){}", GoneIn(*left))
                }
                several => format!("has {} leftovers in etcd (no such processes)", several.len()),
            },
            Self::Away { .. } => "cannot be looked up in etcd".to_owned(),
        }
    }

    fn got(&self) -> String {
        match self {
            Self::Registered { address } => address.to_string(),
            Self::Unregistered { ports, .. } => format!("no key for :{}", join(ports, " :")),
            Self::WrongIp { address } => address.to_string(),
            Self::OtherRoot { own, .. } => format!("{own}/"),
            Self::Waiting { ports } => format!("no key for :{}, and gRPC is silent", join(ports, " :")),
            Self::NoTargets { .. } => "none".to_owned(),
            Self::Leftovers { keys } => keys.iter().map(describe_leftover).collect::<Vec<_>>().join("; "),
            Self::Away { endpoint, failure } => format!("{endpoint} {failure}"),
        }
    }

    fn hint(&self, about: &About) -> Option<String> {
        match self {
            Self::Unregistered { tools, .. } => Some(lost_lease_hint(about.service?, tools.as_deref())),
            Self::WrongIp { .. } => Some(format!(
                "set rpc.registerIP in {} to an address that clients reach, and restart it",
                about.service?.config_file()
            )),
            Self::OtherRoot { .. } => Some(format!(
                "give {} the etcd.rootDirectory of the others, and restart it",
                about.service?.binary()
            )),
            Self::Waiting { .. } => Some(mongodb_hint()),
            Self::NoTargets { .. } => Some("restart the services one by one when it suits".to_owned()),
            Self::Leftovers { keys } => {
                let last = keys.iter().filter_map(|(_, left)| *left).max()?;
                Some(format!("nothing: etcd drops it in {last} s; until then some calls go nowhere"))
            }
            Self::Registered { .. } | Self::Away { .. } => None,
        }
    }

    fn consequence(&self, about: &About) -> Option<String> {
        match (self, about.service?) {
            (Self::Unregistered { .. }, Service::RpcAuth) => Some("every login fails".to_owned()),
            (Self::Unregistered { .. }, _) => Some("every call to it fails".to_owned()),
            (Self::WrongIp { .. } | Self::OtherRoot { .. }, _) => Some("every call to it fails".to_owned()),
            (
                Self::Registered { .. }
                | Self::Waiting { .. }
                | Self::NoTargets { .. }
                | Self::Leftovers { .. }
                | Self::Away { .. },
                _,
            ) => None,
        }
    }
}

/// What becomes of those that wait for MongoDB: they give up after ten tries of 30 s.
pub(in crate::check) const WITHOUT_MONGODB: &str =
    "they come up by themselves, or give up (exit 255) about 5 minutes after their start";

/// What helps while MongoDB is away.
pub(in crate::check) fn mongodb_hint() -> String {
    format!("start MongoDB, or correct mongodb.yml; {WITHOUT_MONGODB}")
}

/// Whether it will register again by itself depends on the library that it was built with.
fn lost_lease_hint(service: Service, tools: Option<&str>) -> String {
    let service = service.binary();
    match tools.and_then(|tools| Some((tools, registers_again(tools)?))) {
        Some((tools, false)) => format!(
            "restart {service}; this version (tools {tools}) never registers again by itself \
             (fixed in v3.8.3-patch.16)"
        ),
        Some((tools, true)) => format!(
            "this version (tools {tools}) registers again by itself: restart {service} if it stays so for 30 s"
        ),
        None => {
            format!("restart {service}; releases before v3.8.3-patch.16 never register again by themselves")
        }
    }
}

fn describe_leftover((address, left): &(SocketAddr, Option<i64>)) -> String {
    format!("{address}{}", GoneIn(*left))
}

/// ", gone in 19 s", where it is known.
struct GoneIn(Option<i64>);

impl fmt::Display for GoneIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |seconds| write!(f, ", gone in {seconds} s"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_subject_and_several_have_their_own_verb() {
        let lost = Finding::Unregistered { ports: vec![46651], tools: None, answers: true };
        assert_eq!(lost.predicate(false), "runs but is not registered in etcd");
        assert_eq!(lost.predicate(true), "run but are not registered in etcd");
    }

    #[test]
    fn what_to_do_about_a_lost_lease_depends_on_the_library() {
        let hint = |tools| lost_lease_hint(Service::RpcAuth, tools);
        assert!(hint(Some("v0.0.50-alpha.106")).contains("never registers again by itself (fixed in"));
        assert!(hint(Some("v0.0.50-alpha.113")).contains("registers again by itself: restart"));
        assert!(hint(None).contains("releases before v3.8.3-patch.16"));
    }

    #[test]
    fn a_leftover_says_where_and_how_long() {
        let key = ("10.77.0.2:43091".parse().expect("an address"), Some(19));
        let one = Finding::Leftovers { keys: vec![key] }.predicate(false);
        assert_eq!(one, "10.77.0.2:43091 is a leftover in etcd (no such process), gone in 19 s");
    }
}

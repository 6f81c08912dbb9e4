//! The keys in etcd against the listening sockets: each instance has its key, and each key its socket.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::Client;

use super::words::{Count, be, join, s};
use super::{About, Depth, Effect, Found, Look, Nature, Place, Planned, Sentences, Sign};
use crate::check::facts::{Asked, Board};
use crate::check::kind::dependency;
use crate::check::plan::{InstancePlan, Plan};
use crate::check::report::Kind;
use crate::host::socket::{Listener, SocketTable};
use crate::openim::registry::Registration;
use crate::openim::service::Service;
use crate::probe::Failure;
use crate::probe::etcd::{Snapshot, Unreachable, probe_leases, probe_registry};

// What it plans.

/// A key for each instance of a service that registers.
pub(super) fn plan(plan: &Plan, instance: &InstancePlan) -> Vec<Planned> {
    let (Some(name), Some(registry)) = (instance.register_name, &plan.registry) else { return Vec::new() };
    vec![Planned {
        id: instance.check_id("registry"),
        kind: Kind::Registry,
        service: Some(instance.service),
        expects: format!("a key {}/{name}/IP:PORT whose port it listens on", registry.root),
        from: registry.origin.clone(),
    }]
}

// What it asks.

/// Reads all keys once, for the join and for etcd's own check.
pub(in crate::check) async fn ask(plan: &Plan, board: &Board, client: &Client) {
    let Some(registry) = plan.registry.as_ref().filter(|_| is_wanted(plan)) else { return };
    board.put(|facts| facts.registry = Asked::Waiting);
    let mut answer = probe_registry(client, registry, plan.probe_timeout).await;
    if let Ok(snapshot) = &mut answer {
        let sockets = board.snapshot().sockets.unwrap_or_default();
        let endpoint = snapshot.endpoint.clone();
        let mut ghosts = ghosts(plan, &sockets, snapshot);
        // Only of leftovers does anyone ask how long they stay.
        probe_leases(client, &endpoint, registry.login.as_ref(), &mut ghosts, plan.probe_timeout).await;
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

/// The key of an instance: one of its service's whose port it listens on.
pub(super) fn registration_of<'s>(
    instance: &InstancePlan,
    listeners: &[Listener],
    snapshot: &'s Snapshot,
) -> Option<&'s Registration> {
    snapshot.registrations.iter().find(|registration| {
        Some(registration.name.as_str()) == instance.register_name
            && listeners.iter().any(|listener| listener.serves(registration.address))
    })
}

/// The keys of a service behind which no process of it listens.
fn ghosts(plan: &Plan, sockets: &SocketTable, snapshot: &Snapshot) -> Vec<Registration> {
    let is_ghost = |registration: &&Registration| {
        let mut instances =
            plan.instances.iter().filter(|i| i.register_name == Some(registration.name.as_str())).peekable();
        // Keys of services that are not looked at, or whose processes we cannot see, are nobody's here.
        instances.peek().is_some_and(|instance| plan.hidden_process(instance.service).is_none())
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
    let (Some(name), Some(registry)) = (instance.register_name, &look.plan.registry) else {
        return Vec::new();
    };
    let (finding, took) = find(look, instance);
    vec![Found {
        place: Place::Instance(instance.service, instance.index),
        name: "registry",
        target: format!("{}/{name}/", registry.root),
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
    match registration_of(instance, listeners, snapshot) {
        Some(registration) => super::Finding::Registry(Finding::Registered { address: registration.address }),
        None if listeners.is_empty() => super::Finding::NotLookedAt { why: "it does not listen" },
        None => super::Finding::Registry(Finding::Unregistered {
            ports: listeners.iter().map(|listener| listener.address.port()).collect(),
        }),
    }
}

/// Keys without a process, one finding for each service that has any.
pub(super) fn judge_whole(look: &Look) -> Vec<Found> {
    let (Some(sockets), Asked::Done(Ok(snapshot))) = (&look.facts.sockets, &look.facts.registry) else {
        return Vec::new();
    };
    let ghosts = ghosts(look.plan, sockets, snapshot);
    Service::ALL.into_iter().filter_map(|service| leftovers(look, snapshot, &ghosts, service)).collect()
}

fn leftovers(look: &Look, snapshot: &Snapshot, ghosts: &[Registration], service: Service) -> Option<Found> {
    let name = look.plan.layout.register_name(service)?;
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
    Registered { address: SocketAddr },
    Unregistered { ports: Vec<u16> },
    Leftovers { keys: Vec<(SocketAddr, Option<i64>)> },
    Away { endpoint: String, failure: Failure },
}

impl Sentences for Finding {
    fn nature(&self) -> Nature {
        match self {
            Self::Registered { .. } => Nature::pass("registered"),
            Self::Unregistered { .. } => {
                Nature::fail("unregistered", Depth::Registry).may_be_early().sign(Sign::Waiting)
            }
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
            Self::Leftovers { keys } => {
                format!("left {} in etcd without a process", Count::of(keys.len(), "key", "keys"))
            }
            Self::Away { .. } => "cannot be looked up in etcd".to_owned(),
        }
    }

    fn got(&self) -> String {
        match self {
            Self::Registered { address } => address.to_string(),
            Self::Unregistered { ports } => format!("no key for :{}", join(ports, " :")),
            Self::Leftovers { keys } => keys.iter().map(describe_leftover).collect::<Vec<_>>().join("; "),
            Self::Away { endpoint, failure } => format!("{endpoint} {failure}"),
        }
    }

    fn hint(&self, about: &About) -> Option<String> {
        match self {
            Self::Unregistered { .. } => Some(format!(
                "restart {}; releases before v3.8.3-patch.16 never register again by themselves",
                about.service?.binary()
            )),
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
            (Self::Registered { .. } | Self::Leftovers { .. } | Self::Away { .. }, _) => None,
        }
    }
}

fn describe_leftover((address, left): &(SocketAddr, Option<i64>)) -> String {
    match left {
        Some(seconds) => format!("{address}, gone in {seconds} s"),
        None => address.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_subject_and_several_have_their_own_verb() {
        let lost = Finding::Unregistered { ports: vec![46651] };
        assert_eq!(lost.predicate(false), "runs but is not registered in etcd");
        assert_eq!(lost.predicate(true), "run but are not registered in etcd");
    }
}

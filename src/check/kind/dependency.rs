//! The servers that OpenIM stands on: etcd.

use std::time::Duration;

use super::words::{Count, s};
use super::{Depth, Found, Look, Nature, Place, Planned, Sentences};
use crate::check::facts::Asked;
use crate::check::plan::Plan;
use crate::check::report::Kind;
use crate::probe::etcd::{Snapshot, Unreachable};
use crate::probe::{Failure, Millis};

/// The id of the one check of etcd.
pub(in crate::check) const ETCD_CHECK: &str = "etcd/keys";

// What it plans.

/// One answer of etcd, where services are found through it.
pub(super) fn plan(plan: &Plan) -> Vec<Planned> {
    let planned = plan.registry.as_ref().map(|registry| Planned {
        id: ETCD_CHECK.to_owned(),
        kind: Kind::Dependency,
        service: None,
        expects: format!("{} answers", registry.addresses.join(" or ")),
        from: registry.origin.clone(),
    });
    planned.into_iter().collect()
}

// What it asks: nothing of its own. The registry's question shows whether etcd answers.

// How it judges.

/// Whether etcd answered.
pub(super) fn judge(look: &Look) -> Vec<Found> {
    let Some(registry) = &look.plan.registry else { return Vec::new() };
    let found = find(look).map(|(finding, took)| Found {
        place: Place::Dependency("etcd"),
        name: "keys",
        target: registry.addresses.join(" "),
        expected: "an answer to a range request".to_owned(),
        finding,
        took,
    });
    found.into_iter().collect()
}

fn find(look: &Look) -> Option<(super::Finding, Duration)> {
    match &look.facts.registry {
        Asked::No => None,
        Asked::Waiting => Some((super::Finding::CutOff, look.elapsed)),
        Asked::Done(Ok(Snapshot { registrations, endpoint, took })) => {
            let (endpoint, keys) = (endpoint.clone(), registrations.len());
            let ready = Finding::EtcdReady { endpoint, keys, after: *took };
            Some((super::Finding::Dependency(ready), *took))
        }
        Asked::Done(Err(Unreachable { endpoint, failure, took })) => {
            let away = Finding::EtcdAway { endpoint: endpoint.clone(), failure: failure.clone() };
            Some((super::Finding::Dependency(away), *took))
        }
    }
}

// Its sentences.

/// What can be found at a dependency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::check) enum Finding {
    EtcdReady { endpoint: String, keys: usize, after: Duration },
    EtcdAway { endpoint: String, failure: Failure },
}

impl Sentences for Finding {
    fn nature(&self) -> Nature {
        match self {
            Self::EtcdReady { .. } => Nature::pass("etcd-ready"),
            Self::EtcdAway { .. } => Nature::fail("etcd-away", Depth::Other),
        }
    }

    fn predicate(&self, several: bool) -> String {
        match self {
            Self::EtcdReady { after, .. } => format!("answer{} in {}", s(several), Millis(*after)),
            Self::EtcdAway { endpoint, failure } => format!("{endpoint} {failure}"),
        }
    }

    fn got(&self) -> String {
        match self {
            Self::EtcdReady { keys, endpoint, .. } => {
                format!("{endpoint}: {} registered", Count::of(*keys, "instance", "instances"))
            }
            Self::EtcdAway { endpoint, failure } => format!("{endpoint} {failure}"),
        }
    }
}

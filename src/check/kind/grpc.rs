//! gRPC: is there the service that should be, and does it answer? One call that leaves no trace.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::process::can_answer;
use super::registry::registration_of;
use super::words::{s, several_or};
use super::{About, Depth, Effect, Found, Look, Nature, Place, Planned, Sentences};
use crate::check::facts::{Asked, Board, Facts};
use crate::check::plan::{InstancePlan, Plan};
use crate::check::report::Kind;
use crate::host::socket::{Listener, Queue, SocketTable};
use crate::openim::layout::Purpose;
use crate::openim::service::Service;
use crate::probe::grpc::{Answer, Identity, probe_identity};
use crate::probe::{Failure, Millis};

/// So many servers are asked at once.
const AT_ONCE: usize = 32;

/// What a server is asked for whose own name is not known: no service of OpenIM has it, and its refusal shows that
/// there is one.
const ANY_SERVER: &str = "grpc.health.v1.Health";

// What it plans.

/// One call to each instance that serves gRPC.
pub(super) fn plan(instance: &InstancePlan) -> Vec<Planned> {
    let planned = grpc_name(instance).map(|name| Planned {
        id: instance.check_id("grpc"),
        kind: Kind::Grpc,
        service: Some(instance.service),
        expects: if name == ANY_SERVER {
            format!("a call of {name}, which it does not have, is refused")
        } else {
            format!("an unknown method of {name} is refused by {name}")
        },
        from: instance.listen_sources(),
    });
    planned.into_iter().collect()
}

/// Whom a call goes to, where there is a port for it.
pub(in crate::check) fn grpc_name(instance: &InstancePlan) -> Option<&'static str> {
    let listens = instance.listens.iter().any(|listen| listen.purpose == Purpose::Grpc);
    listens.then(|| instance.grpc_name.unwrap_or(ANY_SERVER))
}

// What it asks.

/// What one call came to.
#[derive(Clone, Debug)]
pub(in crate::check) struct GrpcFact {
    /// The server.
    pub(in crate::check) address: SocketAddr,
    /// Its answer.
    pub(in crate::check) outcome: Result<Answer, Failure>,
    /// How long it took to get there.
    pub(in crate::check) took: Duration,
}

/// One instance's question.
struct Question {
    place: (Service, u32),
    name: &'static str,
    /// Where gRPC may be spoken: one address where that is known, else each socket of the process.
    addresses: Vec<SocketAddr>,
}

/// Asks every instance whose sockets and state have not said enough.
pub(in crate::check) async fn ask(plan: &Plan, board: &Board) {
    let facts = board.snapshot();
    let mut waiting = questions(plan, &facts).into_iter();
    let mut asked = JoinSet::new();
    let timeout = plan.probe_timeout;
    loop {
        while asked.len() < AT_ONCE
            && let Some(question) = waiting.next()
        {
            board.put(|facts| drop(facts.grpc.insert(question.place, Asked::Waiting)));
            asked.spawn(answer(question, timeout));
        }
        let Some(answered) = asked.join_next().await else { return };
        if let Ok((place, Some(fact))) = answered {
            board.put(|facts| drop(facts.grpc.insert(place, Asked::Done(fact))));
        }
    }
}

fn questions(plan: &Plan, facts: &Facts) -> Vec<Question> {
    let Some(sockets) = &facts.sockets else { return Vec::new() };
    let wanted = |i: &&InstancePlan| plan.wants(Some(i.service), Kind::Grpc, &i.check_id("grpc"));
    plan.instances.iter().filter(wanted).filter_map(|i| question(facts, sockets, i)).collect()
}

fn question(facts: &Facts, sockets: &SocketTable, instance: &InstancePlan) -> Option<Question> {
    let name = grpc_name(instance)?;
    let process = instance.sole_process().filter(|process| can_answer(facts, process))?;
    let listeners = sockets.of(process.pid).filter(|found| instance.has_its_sockets(found))?;
    let addresses = candidates(facts, instance, listeners);
    (!addresses.is_empty()).then_some(Question { place: instance.place(), name, addresses })
}

/// The address that clients use, where the registry knows it; else the fixed port; else any that may be it.
fn candidates(facts: &Facts, instance: &InstancePlan, listeners: &[Listener]) -> Vec<SocketAddr> {
    if let Asked::Done(Ok(snapshot)) = &facts.registry
        && let Some(registration) = registration_of(instance, listeners, snapshot)
    {
        return vec![registration.address];
    }
    let fixed: BTreeMap<u16, Purpose> =
        instance.listens.iter().filter_map(|listen| Some((listen.port?, listen.purpose))).collect();
    let may_be = |listener: &&Listener| match fixed.get(&listener.address.port()) {
        Some(purpose) => *purpose == Purpose::Grpc,
        None => !fixed.values().any(|purpose| *purpose == Purpose::Grpc),
    };
    let open = listeners.iter().filter(may_be).filter(|listener| listener.queue() != Queue::Full);
    open.map(Listener::reachable_at).collect()
}

/// Of several sockets the one that speaks HTTP/2 counts, or is silent; the others are for metrics.
async fn answer(question: Question, timeout: Duration) -> ((Service, u32), Option<GrpcFact>) {
    let Question { place, name, addresses } = question;
    let mut asked = JoinSet::new();
    for address in addresses {
        asked.spawn(async move {
            let started = Instant::now();
            let outcome = probe_identity(address, name, timeout).await;
            GrpcFact { address, outcome, took: started.elapsed() }
        });
    }
    let mut best: Option<GrpcFact> = None;
    while let Some(fact) = asked.join_next().await {
        let Ok(fact) = fact else { continue };
        if best.as_ref().is_none_or(|best| weight(&fact.outcome) > weight(&best.outcome)) {
            best = Some(fact);
        }
        if best.as_ref().is_some_and(|best| best.outcome.is_ok()) {
            break;
        }
    }
    (place, best)
}

fn weight(outcome: &Result<Answer, Failure>) -> u8 {
    match outcome {
        Ok(Answer { identity: Identity::Right, .. }) => 3,
        Ok(_) => 2,
        Err(Failure::NoAnswer(_)) => 1,
        Err(_) => 0,
    }
}

// How it judges.

/// The answer to the call.
pub(super) fn judge(look: &Look, instance: &InstancePlan) -> Vec<Found> {
    let Some(name) = grpc_name(instance) else { return Vec::new() };
    let (target, finding, took) = find(look, instance);
    vec![Found {
        place: Place::Instance(instance.service, instance.index),
        name: "grpc",
        target,
        expected: if name == ANY_SERVER {
            "an answer over gRPC".to_owned()
        } else {
            format!("an answer of {name}")
        },
        finding,
        took,
    }]
}

fn find(look: &Look, instance: &InstancePlan) -> (String, super::Finding, Duration) {
    match look.facts.grpc.get(&instance.place()) {
        Some(Asked::Done(fact)) => {
            (fact.address.to_string(), super::Finding::Grpc(judge_answer(instance, fact)), fact.took)
        }
        Some(Asked::Waiting) => (String::new(), super::Finding::CutOff, look.elapsed),
        Some(Asked::No) | None => {
            let why = "its process or its sockets have said enough";
            (String::new(), super::Finding::NotLookedAt { why }, Duration::ZERO)
        }
    }
}

fn judge_answer(instance: &InstancePlan, fact: &GrpcFact) -> Finding {
    let name = grpc_name(instance).unwrap_or(ANY_SERVER);
    let address = fact.address;
    match &fact.outcome {
        Ok(Answer { took, .. }) if name == ANY_SERVER => Finding::AnswersSomehow { after: *took },
        Ok(Answer { identity: Identity::Right, took }) => Finding::Answers { name, after: *took },
        Ok(Answer { identity: Identity::Other, .. }) => Finding::AnotherService { address, name },
        Ok(Answer { identity: Identity::Refused { status, message }, .. }) => {
            Finding::Refused { status: *status, message: message.clone() }
        }
        Err(Failure::NoAnswer(after)) => Finding::Silent { address, after: *after },
        Err(failure) => Finding::Failed { address, failure: failure.clone() },
    }
}

/// Whether an instance takes connections and says nothing: bound, and nothing behind it.
pub(super) fn is_silent(look: &Look, instance: &InstancePlan) -> bool {
    let fact = look.facts.grpc.get(&instance.place());
    matches!(fact, Some(Asked::Done(GrpcFact { outcome: Err(Failure::NoAnswer(_)), .. })))
}

/// Whether an instance is known to answer.
pub(super) fn answers(look: &Look, instance: &InstancePlan) -> bool {
    let fact = look.facts.grpc.get(&instance.place());
    matches!(fact, Some(Asked::Done(GrpcFact { outcome: Ok(_), .. })))
}

/// Whether clients that connect to this address do not reach the service.
pub(super) fn fails_at(look: &Look, instance: &InstancePlan, wanted: SocketAddr) -> bool {
    let fact = look.facts.grpc.get(&instance.place());
    matches!(fact, Some(Asked::Done(GrpcFact { address, outcome: Err(_), .. })) if *address == wanted)
}

// Its sentences.

/// What can be found at a gRPC port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::check) enum Finding {
    Answers { name: &'static str, after: Duration },
    AnswersSomehow { after: Duration },
    AnotherService { address: SocketAddr, name: &'static str },
    Refused { status: u32, message: String },
    Silent { address: SocketAddr, after: Duration },
    Failed { address: SocketAddr, failure: Failure },
}

impl Sentences for Finding {
    fn nature(&self) -> Nature {
        let failed = |symptom| Nature::fail(symptom, Depth::Answer).without_etcd(Effect::Blocked);
        match self {
            Self::Answers { .. } | Self::AnswersSomehow { .. } => Nature::pass("grpc-answers"),
            Self::AnotherService { .. } => Nature::fail("another-service", Depth::Answer),
            Self::Refused { .. } => Nature::warn("grpc-refused"),
            Self::Silent { .. } => failed("grpc-silent").may_be_early(),
            Self::Failed { .. } => failed("grpc-failed").may_be_early(),
        }
    }

    fn predicate(&self, several: bool) -> String {
        let s = s(several);
        match self {
            Self::Answers { name, after } => format!("answer{s} as {name} in {}", Millis(*after)),
            Self::AnswersSomehow { after } => format!("answer{s} gRPC in {}", Millis(*after)),
            Self::AnotherService { address, name } => {
                format!(
                    "{} at {address}: another gRPC service answers, not {name}",
                    several_or(several, "are not", "is not")
                )
            }
            Self::Refused { status, message } => format!("refuse{s} gRPC calls: {status} {message}"),
            Self::Silent { after, .. } => {
                format!("accept{s} connections but gRPC gives no answer within {}", Millis(*after))
            }
            Self::Failed { address, failure } => format!(
                "{} gRPC at {address}: it {failure}",
                several_or(several, "do not serve", "does not serve")
            ),
        }
    }

    fn got(&self) -> String {
        match self {
            Self::Answers { name, .. } => format!("{name}'s own refusal"),
            Self::AnswersSomehow { .. } => "a refusal of the call".to_owned(),
            Self::AnotherService { address, .. } => format!("{address} does not know that service"),
            Self::Refused { status, message } => format!("{status} {message}"),
            Self::Silent { address, .. } => format!("{address} accepts and says nothing"),
            Self::Failed { address, failure } => format!("{address} {failure}"),
        }
    }

    fn hint(&self, about: &About) -> Option<String> {
        match self {
            Self::Answers { .. } | Self::AnswersSomehow { .. } => None,
            Self::AnotherService { .. } => Some(format!("restart {}", about.service?.binary())),
            Self::Refused { .. } | Self::Silent { .. } | Self::Failed { .. } => Some(format!(
                "see what it waits for with `openim-logs {} -n 20`; restart it if it stays so",
                about.service?
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_socket_weighs_more_than_one_that_speaks_another_protocol() {
        let silent = Err(Failure::NoAnswer(Duration::from_secs(2)));
        assert!(weight(&silent) > weight(&Err(Failure::Refused)));
        let right = Ok(Answer { identity: Identity::Right, took: Duration::ZERO });
        assert!(weight(&right) > weight(&silent));
    }
}

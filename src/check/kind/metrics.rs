//! Metrics: does the port answer, and do the counters of failures stand at zero?
//!
//! Only the services that count failures are asked unless `--only metrics` asks all: a page costs the service more
//! than any other question here.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use reqwest::Client;

use super::process::can_answer;
use super::registry::registration_of;
use super::words::{Count, s};
use super::{About, Depth, Effect, Found, Look, Nature, Place, Planned, Sentences};
use crate::check::facts::{Asked, Board, Facts};
use crate::check::plan::{InstancePlan, Plan};
use crate::check::report::Kind;
use crate::host::socket::{Listener, Queue, SocketTable};
use crate::openim::layout::Purpose;
use crate::openim::service::Service;
use crate::probe::http::{Answer, Ask, Request, probe_http};
use crate::probe::metrics::parse_metrics;
use crate::probe::{Failure, Millis};

/// What each counter counts, in the words of a sentence: "could not store 3 messages in Redis".
/// Source: open-im-server v3.8.3-patch.16, pkg/common/prommetrics.
const COUNTERS: [(&str, Failed); 7] = [
    ("msg_insert_redis_failed_total", Failed::Redis),
    ("msg_insert_mongo_failed_total", Failed::MongoDb),
    ("seq_set_failed_total", Failed::Sequence),
    ("single_chat_msg_process_failed_total", Failed::Process),
    ("group_chat_msg_process_failed_total", Failed::Process),
    ("msg_offline_push_failed_total", Failed::OfflinePush),
    ("msg_long_time_push_total", Failed::SlowPush),
];

// What it plans.

/// One page of each instance that has a metrics port and was asked for.
pub(super) fn plan(plan: &Plan, instance: &InstancePlan) -> Vec<Planned> {
    let planned = is_asked(plan, instance).then(|| Planned {
        id: instance.check_id("metrics"),
        kind: Kind::Metrics,
        service: Some(instance.service),
        expects: "GET /metrics answers, and no counter of failures has moved".to_owned(),
        from: instance.listen_sources(),
    });
    planned.into_iter().collect()
}

fn is_asked(plan: &Plan, instance: &InstancePlan) -> bool {
    let has_port = instance.listens.iter().any(|listen| listen.purpose == Purpose::Metrics);
    let counts = matches!(instance.service, Service::MsgTransfer | Service::Push | Service::RpcMsg);
    has_port && (counts || plan.is_only(Kind::Metrics))
}

// What it asks.

/// What one page came to.
#[derive(Clone, Debug)]
pub(in crate::check) struct MetricsFact {
    /// The server.
    pub(in crate::check) address: SocketAddr,
    /// Its answer.
    pub(in crate::check) outcome: Result<Answer, Failure>,
    /// How long it took to get there.
    pub(in crate::check) took: Duration,
}

/// Asks each port in turn that is known to be one for metrics.
pub(in crate::check) async fn ask(plan: &Plan, board: &Board, client: &Client) {
    let facts = board.snapshot();
    let targets = targets(plan, &facts);
    for (place, _) in &targets {
        board.put(|facts| drop(facts.metrics.insert(*place, Asked::Waiting)));
    }
    let mut asked = tokio::task::JoinSet::new();
    for (place, address) in targets {
        let (client, timeout) = (client.clone(), plan.probe_timeout);
        asked.spawn(async move {
            let started = Instant::now();
            let request = Request { url: format!("http://{address}/metrics"), ask: Ask::Metrics };
            let outcome = probe_http(&client, &request, timeout).await;
            (place, MetricsFact { address, outcome, took: started.elapsed() })
        });
    }
    while let Some(answered) = asked.join_next().await {
        if let Ok((place, fact)) = answered {
            board.put(|facts| drop(facts.metrics.insert(place, Asked::Done(fact))));
        }
    }
}

fn targets(plan: &Plan, facts: &Facts) -> Vec<((Service, u32), SocketAddr)> {
    let Some(sockets) = &facts.sockets else { return Vec::new() };
    let wanted = |i: &&InstancePlan| {
        is_asked(plan, i) && plan.wants(Some(i.service), Kind::Metrics, &i.check_id("metrics"))
    };
    let asked = plan.instances.iter().filter(wanted);
    asked.filter_map(|i| Some((i.place(), metrics_address(facts, sockets, i)?))).collect()
}

/// The fixed port, or the one socket that is left when those for others are taken away.
fn metrics_address(facts: &Facts, sockets: &SocketTable, instance: &InstancePlan) -> Option<SocketAddr> {
    let process = instance.sole_process().filter(|process| can_answer(facts, process))?;
    let listeners = sockets.of(process.pid).filter(|found| instance.has_its_sockets(found))?;
    let fixed = |purpose: Option<Purpose>| {
        let of_purpose = instance.listens.iter().filter(move |l| purpose.is_none_or(|p| l.purpose == p));
        of_purpose.filter_map(|listen| listen.port)
    };
    if let Some(port) = fixed(Some(Purpose::Metrics)).next() {
        let listener = listeners.iter().find(|listener| listener.address.port() == port)?;
        return (listener.queue() != Queue::Full).then(|| listener.reachable_at());
    }
    let registered = match &facts.registry {
        Asked::Done(Ok(snapshot)) => registration_of(instance, listeners, snapshot).map(|r| r.address),
        Asked::Done(Err(_)) | Asked::Waiting | Asked::No => None,
    };
    let is_free = |listener: &&Listener| {
        !fixed(None).any(|port| port == listener.address.port())
            && registered.is_none_or(|address| !listener.serves(address))
    };
    let mut free = listeners.iter().filter(is_free);
    let one = free.next().filter(|listener| listener.queue() != Queue::Full)?;
    free.next().is_none().then(|| one.reachable_at())
}

// How it judges.

/// The page of one instance.
pub(super) fn judge(look: &Look, instance: &InstancePlan) -> Vec<Found> {
    if !is_asked(look.plan, instance) {
        return Vec::new();
    }
    let (target, finding, took) = find(look, instance);
    vec![Found {
        place: Place::Instance(instance.service, instance.index),
        name: "metrics",
        target,
        expected: "200, and no failure counted".to_owned(),
        finding,
        took,
    }]
}

fn find(look: &Look, instance: &InstancePlan) -> (String, super::Finding, Duration) {
    match look.facts.metrics.get(&instance.place()) {
        Some(Asked::Done(fact)) => {
            let url = format!("http://{}/metrics", fact.address);
            (url, super::Finding::Metrics(judge_page(fact)), fact.took)
        }
        Some(Asked::Waiting) => (String::new(), super::Finding::CutOff, look.elapsed),
        Some(Asked::No) | None => {
            let why = "which of its sockets is the one for metrics is not known";
            (String::new(), super::Finding::NotLookedAt { why }, Duration::ZERO)
        }
    }
}

fn judge_page(fact: &MetricsFact) -> Finding {
    let answer = match &fact.outcome {
        Err(failure) => return Finding::Failed { address: fact.address, failure: failure.clone() },
        Ok(answer) if answer.status != 200 => {
            let failure = Failure::Status(answer.status);
            return Finding::Failed { address: fact.address, failure };
        }
        Ok(answer) => answer,
    };
    let Some(sums) = parse_metrics(&String::from_utf8_lossy(&answer.body)) else {
        return Finding::Failed { address: fact.address, failure: Failure::WrongProtocol("metrics") };
    };
    let moved = COUNTERS.into_iter().filter_map(|(name, what)| {
        let count = sums.get(name).copied().filter(|count| *count >= 1.0)?;
        Some((what, whole(count)))
    });
    let failed: Vec<(Failed, u32)> = moved.collect();
    if failed.is_empty() { Finding::Answers { after: answer.took } } else { Finding::Counted { failed } }
}

/// Counters are whole numbers that travel as floating point.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped first")]
fn whole(count: f64) -> u32 {
    count.clamp(0.0, f64::from(u32::MAX)) as u32
}

// Its sentences.

/// What a counter of failures counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::check) enum Failed {
    Redis,
    MongoDb,
    Sequence,
    Process,
    OfflinePush,
    SlowPush,
}

impl Failed {
    fn describe(self, count: u32) -> String {
        let messages = Count(count, "message", "messages");
        match self {
            Self::Redis => format!("could not store {messages} in Redis"),
            Self::MongoDb => format!("could not store {messages} in MongoDB"),
            Self::Sequence => format!("could not number {messages}"),
            Self::Process => format!("could not accept {messages}"),
            Self::OfflinePush => format!("could not push {messages} to devices that are offline"),
            Self::SlowPush => format!("took over 10 s to push {messages}"),
        }
    }
}

/// What can be found on a page of metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::check) enum Finding {
    Answers { after: Duration },
    Counted { failed: Vec<(Failed, u32)> },
    Failed { address: SocketAddr, failure: Failure },
}

impl Sentences for Finding {
    fn nature(&self) -> Nature {
        match self {
            Self::Answers { .. } => Nature::pass("metrics-answer"),
            Self::Counted { .. } => Nature::warn("failures-counted"),
            Self::Failed { .. } => {
                Nature::fail("metrics-failed", Depth::WholeWay).without_etcd(Effect::Blocked).may_be_early()
            }
        }
    }

    fn predicate(&self, several: bool) -> String {
        match self {
            Self::Answers { after } => {
                format!("answer{} for metrics in {}", s(several), Millis(*after))
            }
            Self::Counted { .. } => format!("{} since its start", self.got()),
            Self::Failed { address, failure } => {
                format!("give{} no metrics: {address} {failure}", s(several))
            }
        }
    }

    fn got(&self) -> String {
        match self {
            Self::Answers { .. } => "200".to_owned(),
            Self::Counted { failed } => {
                let described = failed.iter().map(|(what, count)| what.describe(*count));
                described.collect::<Vec<_>>().join(", ")
            }
            Self::Failed { address, failure } => format!("{address} {failure}"),
        }
    }

    fn hint(&self, about: &About) -> Option<String> {
        match self {
            Self::Answers { .. } => None,
            Self::Counted { .. } => Some(format!(
                "see when and why with `openim-logs {} -L error`; a restart begins the count anew",
                about.service?
            )),
            Self::Failed { .. } => {
                Some(format!("see what it says with `openim-logs {} -n 20`", about.service?))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_that_has_moved_is_worded_with_its_number() {
        let counted = Finding::Counted { failed: vec![(Failed::Redis, 1), (Failed::MongoDb, 3)] };
        assert_eq!(
            counted.predicate(false),
            "could not store 1 message in Redis, could not store 3 messages in MongoDB since its start"
        );
    }
}

//! One file for each kind of check, all of one shape: what it plans, what it asks, how it judges plan and facts
//! into a finding, and that finding's sentences. No other file words a finding.
//!
//! A new kind is one file here, one variant of [`Kind`] and one of [`Finding`]; the matches without `_` in this
//! file name every other place.

pub(super) mod config;
pub(super) mod consumers;
pub(super) mod dependency;
pub(super) mod grpc;
pub(super) mod host;
pub(super) mod http;
pub(super) mod metrics;
pub(super) mod port;
pub(super) mod process;
pub(super) mod registry;
pub(super) mod room;
pub(super) mod unit;
pub(super) mod words;

use std::time::Duration;

use super::facts::Facts;
use super::own;
use super::plan::{InstancePlan, Plan};
use super::report::{Kind, Verdict};
use crate::host::process::{Process, State};
use crate::host::socket::Listener;
use crate::openim::dependency::{Dependency, Need};
use crate::openim::service::Service;

impl Kind {
    /// The checks of one instance: id, what is expected, and where that comes from.
    pub(super) fn plan_instance(self, plan: &Plan, instance: &InstancePlan) -> Vec<Planned> {
        match self {
            Self::Tcp | Self::Tls | Self::Websocket => Vec::new(),
            Self::Process => process::plan(instance),
            Self::Port => port::plan(plan, instance),
            Self::Http => http::plan(instance),
            Self::Grpc => grpc::plan(instance),
            Self::Metrics => metrics::plan(plan, instance),
            Self::Registry => registry::plan(plan, instance),
            Self::Unit => unit::plan(plan, instance),
            Self::Dependency | Self::Config | Self::Host => Vec::new(),
        }
    }

    /// The checks of what no instance owns.
    pub(super) fn plan_whole(self, plan: &Plan) -> Vec<Planned> {
        match self {
            Self::Dependency => [dependency::plan(plan), consumers::plan(plan)].concat(),
            Self::Config => config::plan(plan),
            Self::Host => host::plan(plan),
            Self::Process
            | Self::Port
            | Self::Tcp
            | Self::Tls
            | Self::Http
            | Self::Grpc
            | Self::Websocket
            | Self::Metrics
            | Self::Registry
            | Self::Unit => Vec::new(),
        }
    }

    /// What is found at one instance.
    pub(super) fn judge_instance(self, look: &Look, instance: &InstancePlan) -> Vec<Found> {
        match self {
            Self::Tcp | Self::Tls | Self::Websocket => Vec::new(),
            Self::Process => process::judge(look, instance),
            Self::Port => port::judge(look, instance),
            Self::Http => http::judge(look, instance),
            Self::Grpc => grpc::judge(look, instance),
            Self::Metrics => metrics::judge(look, instance),
            Self::Registry => registry::judge(look, instance),
            Self::Unit => unit::judge(look, instance),
            Self::Dependency | Self::Config | Self::Host => Vec::new(),
        }
    }

    /// What is found at a service as a whole, and at what no instance owns.
    pub(super) fn judge_whole(self, look: &Look) -> Vec<Found> {
        match self {
            Self::Registry => registry::judge_whole(look),
            Self::Dependency => dependency::judge(look).into_iter().chain(consumers::judge(look)).collect(),
            Self::Config => config::judge(look),
            Self::Host => host::judge(look),
            Self::Process
            | Self::Port
            | Self::Tcp
            | Self::Tls
            | Self::Http
            | Self::Grpc
            | Self::Websocket
            | Self::Metrics
            | Self::Unit => Vec::new(),
        }
    }
}

/// One check of the plan, for `list`.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    /// Stable: `openim-rpc-user#0/port`.
    pub(super) id: String,
    /// What it looks at.
    pub(super) kind: Kind,
    /// Whose it is; `None` for a dependency's.
    pub(super) service: Option<Service>,
    /// What should be.
    pub(super) expects: String,
    /// The file and line, or the fact, that says so.
    pub(super) from: String,
}

/// Whose a check is, and so where it stands in the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// One instance of a service.
    Instance(Service, u32),
    /// A service as a whole.
    Service(Service),
    /// A server that OpenIM stands on.
    Dependency(Dependency),
    /// The user's own check of this number.
    Own(usize),
    /// The configuration as a whole.
    Config,
    /// The machine.
    Host,
}

impl Place {
    /// The service, where it is one's.
    pub(super) const fn service(self) -> Option<Service> {
        match self {
            Self::Instance(service, _) | Self::Service(service) => Some(service),
            Self::Dependency(_) | Self::Own(_) | Self::Config | Self::Host => None,
        }
    }

    /// The index of the instance, where it is one's.
    pub(super) const fn index(self) -> Option<u32> {
        match self {
            Self::Instance(_, index) => Some(index),
            Self::Service(_) | Self::Dependency(_) | Self::Own(_) | Self::Config | Self::Host => None,
        }
    }
}

/// One thing that was found, before it is known whether anyone asked for it.
#[derive(Debug)]
pub(super) struct Found {
    /// Whose it is.
    pub(super) place: Place,
    /// The part of the check's id behind the slash: `port`.
    pub(super) name: &'static str,
    /// What was asked or looked at.
    pub(super) target: String,
    /// What should be.
    pub(super) expected: String,
    /// What was found.
    pub(super) finding: Finding,
    /// How long looking took.
    pub(super) took: Duration,
}

/// Plan and facts, side by side, and what they tell together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look<'a> {
    /// What should be.
    pub(super) plan: &'a Plan,
    /// What was seen.
    pub(super) facts: &'a Facts,
    /// How long the run has taken: what is not known by then was cut off.
    pub(super) elapsed: Duration,
}

impl<'a> Look<'a> {
    /// The listening sockets of a process; `None` where they could not be looked at.
    pub(super) fn listeners(&self, process: &Process) -> Option<&'a [Listener]> {
        self.facts.sockets.as_ref()?.of(process.pid)
    }

    /// The process that has come to an instance without one since the plan was made.
    pub(super) fn newcomer(&self, instance: &InstancePlan) -> Option<&'a Process> {
        let mut newcomers = self.facts.newcomers.iter().filter(|_| instance.processes.is_empty());
        newcomers.find(|process| instance.may_be(process, self.plan.layout))
    }

    /// Whether an instance of a service has no process that could run.
    pub(super) fn is_down(&self, service: Service) -> bool {
        let mut own = self.plan.instances.iter().filter(|instance| instance.service == service);
        own.any(|instance| instance.sole_process().is_none())
    }

    /// How many connections wait for a process to accept them.
    pub(super) fn waiting(&self, process: &Process) -> u32 {
        self.listeners(process).map_or(0, |listeners| listeners.iter().map(|listener| listener.waiting).sum())
    }

    /// The state of a process, `None` where it has ended since the plan was made. Of two looks the second counts:
    /// a process may be in state D for a moment, and well.
    pub(super) fn state(&self, process: &Process) -> Option<State> {
        match &self.facts.second_look {
            Some(states) => states.get(&process.pid).copied().flatten(),
            None => Some(process.state),
        }
    }
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    /// Of the process.
    Process(process::Finding),
    /// Of the listening sockets.
    Port(port::Finding),
    /// Of the API's answers.
    Http(http::Finding),
    /// Of the answer to a gRPC call.
    Grpc(grpc::Finding),
    /// Of a page of metrics.
    Metrics(metrics::Finding),
    /// Of its manager's words.
    Unit(unit::Finding),
    /// Of the keys in etcd.
    Registry(registry::Finding),
    /// Of a server that OpenIM stands on.
    Dependency(dependency::Finding),
    /// Of a check of the user's.
    Own(own::Finding),
    /// Of the configuration.
    Config(config::Finding),
    /// Of the machine.
    Host(host::Finding),
    /// Of who takes messages from Kafka.
    Consumers(consumers::Finding),
    /// Of any of them: nobody looked.
    NotLookedAt {
        /// The reason.
        why: &'static str,
    },
    /// Of any of them: the check had to end first.
    CutOff,
}

impl Finding {
    /// The one place that takes a finding apart by its kind.
    fn sentences(&self) -> &dyn Sentences {
        match self {
            Self::Process(finding) => finding,
            Self::Port(finding) => finding,
            Self::Http(finding) => finding,
            Self::Grpc(finding) => finding,
            Self::Metrics(finding) => finding,
            Self::Registry(finding) => finding,
            Self::Unit(finding) => finding,
            Self::Dependency(finding) => finding,
            Self::Own(finding) => finding,
            Self::Config(finding) => finding,
            Self::Host(finding) => finding,
            Self::Consumers(finding) => finding,
            Self::NotLookedAt { why } => why,
            Self::CutOff => &CutOff,
        }
    }

    /// What a manager said, where it is of one.
    pub(super) fn unit(&self) -> Option<&unit::Finding> {
        match self {
            Self::Unit(finding) => Some(finding),
            Self::Process(_)
            | Self::Port(_)
            | Self::Http(_)
            | Self::Grpc(_)
            | Self::Metrics(_)
            | Self::Registry(_)
            | Self::Dependency(_)
            | Self::Own(_)
            | Self::Config(_)
            | Self::Host(_)
            | Self::Consumers(_)
            | Self::NotLookedAt { .. }
            | Self::CutOff => None,
        }
    }

    /// What it comes to, for a process past its first seconds.
    pub(super) fn verdict(&self) -> Verdict {
        self.nature().verdict
    }
}

impl Sentences for Finding {
    fn nature(&self) -> Nature {
        self.sentences().nature()
    }

    fn predicate(&self, several: bool) -> String {
        self.sentences().predicate(several)
    }

    fn got(&self) -> String {
        self.sentences().got()
    }

    fn pid(&self) -> Option<u32> {
        self.sentences().pid()
    }

    fn hint(&self, about: &About) -> Option<String> {
        self.sentences().hint(about)
    }

    fn consequence(&self, about: &About) -> Option<String> {
        self.sentences().consequence(about)
    }
}

/// What every kind says of its findings.
pub(super) trait Sentences {
    /// How it is weighed, without its particulars.
    fn nature(&self) -> Nature;

    /// The predicate of a sentence about one subject or several: "api" + "is stopped by SIGSTOP".
    fn predicate(&self, several: bool) -> String;

    /// What is there, for the report's `got`.
    fn got(&self) -> String;

    /// The process, where a sentence about one subject should name it.
    fn pid(&self) -> Option<u32> {
        None
    }

    /// What the person reading it would do next.
    fn hint(&self, _about: &About) -> Option<String> {
        None
    }

    /// What follows from it for those who use the service; only what was seen to follow.
    fn consequence(&self, _about: &About) -> Option<String> {
        None
    }
}

/// Whom a sentence is about, for what to do and what follows.
#[derive(Clone, Copy, Debug)]
pub(super) struct About<'a> {
    /// What should be.
    pub(super) plan: &'a Plan,
    /// The service, where it is one's.
    pub(super) service: Option<Service>,
    /// The instance, where it is one's.
    pub(super) instance: Option<&'a InstancePlan>,
}

/// How a finding is weighed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Nature {
    /// Its name: instances of a service that show the same share one cause.
    pub(super) symptom: &'static str,
    /// What it comes to, for a process past its first seconds.
    pub(super) verdict: Verdict,
    /// How near to the cause it lies.
    pub(super) depth: Depth,
    /// Whether a process that has just started may show it and be well: it has not come to that yet.
    pub(super) may_be_early: bool,
    /// What it is while etcd is away.
    pub(super) without_etcd: Effect,
    /// What it shows of a service that lacks another server at its start.
    pub(super) sign: Sign,
}

impl Nature {
    const fn new(symptom: &'static str, verdict: Verdict, depth: Depth) -> Self {
        Self { symptom, verdict, depth, may_be_early: false, without_etcd: Effect::None, sign: Sign::None }
    }

    pub(super) const fn pass(symptom: &'static str) -> Self {
        Self::new(symptom, Verdict::Pass, Depth::Other)
    }

    pub(super) const fn warn(symptom: &'static str) -> Self {
        Self::new(symptom, Verdict::Warn, Depth::Other)
    }

    const fn starting(symptom: &'static str) -> Self {
        Self::new(symptom, Verdict::Starting, Depth::Other)
    }

    pub(super) const fn unknown(symptom: &'static str, depth: Depth) -> Self {
        Self::new(symptom, Verdict::Unknown, depth)
    }

    pub(super) const fn fail(symptom: &'static str, depth: Depth) -> Self {
        Self::new(symptom, Verdict::Fail, depth)
    }

    const fn may_be_early(self) -> Self {
        Self { may_be_early: true, ..self }
    }

    /// What does not serve without etcd looks the same while it waits for another server.
    const fn without_etcd(self, effect: Effect) -> Self {
        let sign = if matches!(effect, Effect::Blocked) { Sign::Waiting } else { self.sign };
        Self { without_etcd: effect, sign, ..self }
    }

    const fn sign(self, sign: Sign) -> Self {
        Self { sign, ..self }
    }
}

/// How near to the cause a finding lies: what explains the others comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Depth {
    /// Somebody else holds what the instance needs.
    Usurper,
    /// What its manager knows: why there is no process.
    Manager,
    /// The process.
    Process,
    /// Its sockets.
    Socket,
    /// Its place in the registry.
    Registry,
    /// Its answers.
    Answer,
    /// What stands behind its answers.
    WholeWay,
    /// Nothing follows from it.
    Other,
}

/// What a finding is while a server that OpenIM stands on is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// It has nothing to do with it.
    None,
    /// The instance serves, but worse.
    Affected,
    /// The instance does not serve because of it.
    Blocked,
}

/// What a finding shows of a service that lacks a server at its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// It has nothing to do with it.
    None,
    /// It has ended.
    Gone,
    /// It runs and does not serve.
    Waiting,
}

impl Sign {
    /// Whether a service with this need would show it.
    pub(super) const fn fits(self, need: Need) -> bool {
        match self {
            Self::None => false,
            Self::Gone => matches!(need, Need::Exits | Need::GivesUp),
            Self::Waiting => matches!(need, Need::Waits | Need::GivesUp),
        }
    }
}

/// Why nobody looked.
impl Sentences for &'static str {
    fn nature(&self) -> Nature {
        Nature::new("not-looked-at", Verdict::Skipped, Depth::Other)
    }

    fn predicate(&self, several: bool) -> String {
        format!("{} not looked at: {self}", words::be(several))
    }

    fn got(&self) -> String {
        (*self).to_owned()
    }
}

struct CutOff;

impl Sentences for CutOff {
    fn nature(&self) -> Nature {
        Nature::fail("cut-off", Depth::Other)
    }

    fn predicate(&self, several: bool) -> String {
        format!("{} not known: the check had to end first", words::be(several))
    }

    fn got(&self) -> String {
        "no answer by then".to_owned()
    }
}

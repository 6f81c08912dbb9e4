//! Plan and facts → findings, and findings → checks of the report. Looks at nothing, asks nobody.

use std::time::Duration;

use super::facts::{Asked, Facts, HttpFact, ghosts, registration_of};
use super::finding::Finding;
use super::plan::{Bind, ETCD_CHECK, InstancePlan, ListenPlan, Plan};
use super::report::{Check, DependencyReport, InstanceReport, Kind, ServiceReport, Verdict, worst};
use crate::host::process::{Process, State};
use crate::host::socket::Listener;
use crate::openim::answer::{ApiAnswer, NO_PERMISSION, UNAVAILABLE};
use crate::openim::service::Service;
use crate::probe::etcd::{Snapshot, Unreachable};

/// A real deployment of 26 services needs 2.6 s on two cores until all sockets and keys are there; younger
/// processes than this are starting, not broken.
const GRACE: Duration = Duration::from_secs(10);

/// A finding with its place in the report.
#[derive(Clone, Debug)]
pub(super) struct Judged {
    /// Whose it is; `None` for a dependency's.
    pub(super) service: Option<Service>,
    /// The instance; `None` for a service's as a whole.
    pub(super) index: Option<u32>,
    /// What was found.
    pub(super) finding: Finding,
    /// The check of the report.
    pub(super) check: Check,
}

/// Everything that was found.
#[derive(Debug)]
pub(super) struct Judgement {
    /// All findings, in the order of the plan.
    pub(super) judged: Vec<Judged>,
    /// The services of the report.
    pub(super) services: Vec<ServiceReport>,
    /// The dependencies of the report.
    pub(super) dependencies: Vec<DependencyReport>,
}

/// Judges each instance, each service and each dependency.
/// `elapsed` is how long the run has taken: what is not known by then was cut off.
pub(super) fn judge(plan: &Plan, facts: &Facts, elapsed: Duration) -> Judgement {
    let judge = Judge { plan, facts, elapsed };
    let mut judged = Vec::new();
    let mut services: Vec<ServiceReport> = Vec::new();
    for instance in &plan.instances {
        let found = judge.instance(instance);
        let report = instance_report(instance, &found);
        judged.extend(found);
        match services.last_mut().filter(|service| service.name == instance.service.binary()) {
            Some(service) => service.instances.push(report),
            None => services.push(ServiceReport {
                name: instance.service.binary(),
                verdict: Verdict::Pass,
                expected_instances: instance.expected,
                instances: vec![report],
                checks: Vec::new(),
            }),
        }
    }
    for found in judge.leftovers() {
        let name = found.service.map(Service::binary);
        if let Some(service) = services.iter_mut().find(|service| Some(service.name) == name) {
            service.checks.push(found.check.clone());
        }
        judged.push(found);
    }
    for service in &mut services {
        let checks =
            service.checks.iter().chain(service.instances.iter().flat_map(|instance| &instance.checks));
        service.verdict = worst(checks);
    }
    services.retain(|service| {
        service.instances.iter().any(|i| !i.checks.is_empty()) || !service.checks.is_empty()
    });
    let etcd = judge.etcd();
    let dependencies = etcd.iter().map(|found| DependencyReport {
        name: "etcd",
        verdict: found.check.verdict,
        checks: vec![found.check.clone()],
    });
    let dependencies = dependencies.collect();
    judged.extend(etcd);
    Judgement { judged, services, dependencies }
}

fn instance_report(instance: &InstancePlan, found: &[Judged]) -> InstanceReport {
    let process = instance.processes.first();
    let checks: Vec<Check> = found.iter().map(|judged| judged.check.clone()).collect();
    InstanceReport {
        index: instance.index,
        pid: process.map(|process| process.pid),
        uptime: process.map(|process| process.uptime),
        started_ticks: process.map(|process| process.started_ticks),
        verdict: worst(&checks),
        checks,
    }
}

struct Judge<'a> {
    plan: &'a Plan,
    facts: &'a Facts,
    elapsed: Duration,
}

impl Judge<'_> {
    fn instance(&self, instance: &InstancePlan) -> Vec<Judged> {
        let mut found = Vec::new();
        let mut add = |name: &str, kind, target: String, expected: String, finding: Finding, took| {
            let id = instance.check_id(name);
            if self.plan.wants(Some(instance.service), kind, &id) {
                let verdict = verdict_at_age(instance, &finding);
                let message = format!("{} {}", subject(instance), finding.predicate(false));
                let check = Check {
                    id,
                    kind,
                    verdict,
                    target,
                    expected,
                    got: finding.got(),
                    message,
                    duration: took,
                };
                found.push(Judged {
                    service: Some(instance.service),
                    index: Some(instance.index),
                    finding,
                    check,
                });
            }
        };
        let host_took = self.facts.host_took;
        let one = "one live process".to_owned();
        add(
            "process",
            Kind::Process,
            instance.command(&self.plan.root),
            one,
            self.process(instance),
            host_took,
        );
        let listens = describe_listens(instance);
        add("port", Kind::Port, "its listening sockets".to_owned(), listens, self.port(instance), host_took);
        if instance.http_port().is_some() {
            let (target, finding, took) = self.http(instance);
            add("http", Kind::Http, target, "200 to OPTIONS".to_owned(), finding, took);
            if let Some((target, finding, took)) = self.deep(instance) {
                let expected = "errCode 1002 to a wrong secret: API, registry and auth work".to_owned();
                add("deep", Kind::Http, target, expected, finding, took);
            }
        }
        if let (Some(name), Some(registry)) = (instance.register_name, &self.plan.registry) {
            let (finding, took) = self.registry(instance);
            let target = format!("{}/{name}/", registry.root);
            add(
                "registry",
                Kind::Registry,
                target,
                "a key for a port it listens on".to_owned(),
                finding,
                took,
            );
        }
        found
    }

    fn process(&self, instance: &InstancePlan) -> Finding {
        match instance.processes.as_slice() {
            [] => self.missing(instance),
            [process] => match process.state {
                State::Stopped => Finding::Stopped { pid: process.pid, waiting: self.waiting(process) },
                State::Traced => Finding::Traced { pid: process.pid },
                State::Zombie => Finding::Zombie { pid: process.pid },
                State::DiskSleep => Finding::DiskSleep { pid: process.pid },
                State::Alive if instance.is_surplus() => Finding::Surplus { pid: process.pid },
                State::Alive if process.replaced => Finding::Replaced { pid: process.pid },
                State::Alive => Finding::Running { pid: process.pid, uptime: process.uptime },
            },
            several => Finding::Doubled { pids: several.iter().map(|process| process.pid).collect() },
        }
    }

    fn missing(&self, instance: &InstancePlan) -> Finding {
        if let Some(hidden) = self.plan.hidden_process(instance.service) {
            return Finding::Hidden { pid: hidden.pid, uid: hidden.uid };
        }
        let siblings = self.plan.instances.iter().filter(|other| other.service == instance.service);
        let running = siblings.filter(|other| other.sole_process().is_some()).count();
        Finding::NotRunning { running: u32::try_from(running).unwrap_or(u32::MAX) }
    }

    fn waiting(&self, process: &Process) -> u32 {
        self.listeners(process).map_or(0, |listeners| listeners.iter().map(|listener| listener.waiting).sum())
    }

    fn listeners(&self, process: &Process) -> Option<&[Listener]> {
        self.facts.sockets.as_ref()?.of(process.pid)
    }

    fn port(&self, instance: &InstancePlan) -> Finding {
        if let Some(foreign) = self.foreign_owner(instance) {
            return foreign;
        }
        if instance.listens.is_empty() {
            return Finding::ListensOnNothing;
        }
        let process = match instance.processes.as_slice() {
            [process] if process.state != State::Zombie => process,
            [] | [_] => return Finding::NotLookedAt { why: "there is no process" },
            _ => return Finding::NotLookedAt { why: "it runs more than once" },
        };
        match (&self.facts.sockets, self.listeners(process)) {
            (None, _) => Finding::CutOff,
            (Some(_), None) => Finding::SocketsUnreadable,
            (Some(_), Some(listeners)) => judge_listeners(&instance.listens, listeners),
        }
    }

    fn foreign_owner(&self, instance: &InstancePlan) -> Option<Finding> {
        let mut ports = instance.listens.iter().filter_map(|listen| listen.port);
        let (port, (_, holder)) = ports.find_map(|port| Some((port, self.facts.holders.get(&port)?)))?;
        Some(Finding::ForeignOwner { port, owner: holder.process.clone() })
    }

    fn http(&self, instance: &InstancePlan) -> (String, Finding, Duration) {
        let nothing = |why| (String::new(), Finding::NotLookedAt { why }, Duration::ZERO);
        match self.facts.http.get(&instance.index) {
            Some(Asked::Done(fact)) => (fact.url.clone(), judge_options(fact), fact.took),
            Some(Asked::Waiting) => (String::new(), Finding::CutOff, self.elapsed),
            Some(Asked::No) | None if self.plan.http_is_loud() => {
                nothing("each request writes three log lines in main; --only http or --deep asks")
            }
            Some(Asked::No) | None => nothing("its process or its port is not there"),
        }
    }

    /// Only the first instance of the API is asked for the whole way.
    fn deep(&self, instance: &InstancePlan) -> Option<(String, Finding, Duration)> {
        match &self.facts.deep {
            Asked::Done(fact) if instance.index == 0 => Some((fact.url.clone(), judge_deep(fact), fact.took)),
            Asked::Waiting if instance.index == 0 => Some((String::new(), Finding::CutOff, self.elapsed)),
            Asked::Done(_) | Asked::Waiting | Asked::No => None,
        }
    }

    fn registry(&self, instance: &InstancePlan) -> (Finding, Duration) {
        match &self.facts.registry {
            Asked::No => (Finding::NotLookedAt { why: "etcd was not asked" }, Duration::ZERO),
            Asked::Waiting => (Finding::CutOff, self.elapsed),
            Asked::Done(Err(Unreachable { endpoint, failure, took })) => {
                (Finding::RegistryAway { endpoint: endpoint.clone(), failure: failure.clone() }, *took)
            }
            Asked::Done(Ok(snapshot)) => (self.registration(instance, snapshot), snapshot.took),
        }
    }

    fn registration(&self, instance: &InstancePlan, snapshot: &Snapshot) -> Finding {
        let Some(process) = instance.sole_process() else {
            return Finding::NotLookedAt { why: "it has no one process" };
        };
        let Some(listeners) = self.listeners(process) else { return Finding::SocketsUnreadable };
        match registration_of(instance, listeners, snapshot) {
            Some(registration) => Finding::Registered { address: registration.address },
            None if listeners.is_empty() => Finding::NotLookedAt { why: "it does not listen" },
            None => Finding::Unregistered { ports: listeners.iter().map(|l| l.address.port()).collect() },
        }
    }

    /// Keys without a process, one finding for each service that has any.
    fn leftovers(&self) -> Vec<Judged> {
        let (Some(sockets), Asked::Done(Ok(snapshot))) = (&self.facts.sockets, &self.facts.registry) else {
            return Vec::new();
        };
        let ghosts = ghosts(self.plan, sockets, snapshot);
        let mut found = Vec::new();
        for service in Service::ALL {
            let Some(name) = self.plan.layout.register_name(service) else { continue };
            let keys: Vec<_> = ghosts
                .iter()
                .filter(|ghost| ghost.name == name)
                .map(|g| (g.address, g.seconds_left))
                .collect();
            let id = format!("{}/registry", service.binary());
            if keys.is_empty() || !self.plan.wants(Some(service), Kind::Registry, &id) {
                continue;
            }
            let finding = Finding::Leftovers { keys };
            let check = Check {
                id,
                kind: Kind::Registry,
                verdict: finding.verdict(),
                target: format!("{}/{name}/", self.plan.registry.as_ref().map_or("", |r| &r.root)),
                expected: "no key without a process".to_owned(),
                got: finding.got(),
                message: format!("{service} {}", finding.predicate(false)),
                duration: snapshot.took,
            };
            found.push(Judged { service: Some(service), index: None, finding, check });
        }
        found
    }

    fn etcd(&self) -> Option<Judged> {
        let registry = self.plan.registry.as_ref()?;
        let (finding, took) = match &self.facts.registry {
            Asked::No => return None,
            Asked::Waiting => (Finding::CutOff, self.elapsed),
            Asked::Done(Ok(Snapshot { registrations, endpoint, took })) => {
                let keys = registrations.len();
                (Finding::EtcdReady { endpoint: endpoint.clone(), keys, after: *took }, *took)
            }
            Asked::Done(Err(Unreachable { endpoint, failure, took })) => {
                (Finding::EtcdAway { endpoint: endpoint.clone(), failure: failure.clone() }, *took)
            }
        };
        if !self.plan.wants(None, Kind::Dependency, ETCD_CHECK) {
            return None;
        }
        let check = Check {
            id: ETCD_CHECK.to_owned(),
            kind: Kind::Dependency,
            verdict: finding.verdict(),
            target: registry.addresses.join(" "),
            expected: "an answer to a range request".to_owned(),
            got: finding.got(),
            message: format!("etcd {}", finding.predicate(false)),
            duration: took,
        };
        Some(Judged { service: None, index: None, finding, check })
    }
}

fn verdict_at_age(instance: &InstancePlan, finding: &Finding) -> Verdict {
    let young = instance.sole_process().is_some_and(|process| process.uptime < GRACE);
    if young && finding.may_be_early() { Verdict::Starting } else { finding.verdict() }
}

/// "msgtransfer 3", or "api" where there is only one.
pub(super) fn subject(instance: &InstancePlan) -> String {
    if instance.expected <= 1 && instance.index == 0 {
        instance.service.to_string()
    } else {
        format!("{} {}", instance.service, instance.index)
    }
}

fn describe_listens(instance: &InstancePlan) -> String {
    let described = instance.listens.iter().map(|listen| match listen.port {
        Some(port) => format!("{} :{port}", listen.purpose.name()),
        None => listen.purpose.name().to_owned(),
    });
    let described: Vec<String> = described.collect();
    if described.is_empty() { "nothing".to_owned() } else { described.join(", ") }
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

fn judge_options(fact: &HttpFact) -> Finding {
    match &fact.outcome {
        Err(failure) => Finding::HttpFailed(failure.clone()),
        Ok(answer) => match ApiAnswer::parse(&answer.body) {
            Some(ApiAnswer { code, message, detail }) if code != 0 => {
                Finding::ErrorCode { code, text: join_words(&message, &detail) }
            }
            _ if answer.status == 200 => Finding::Answers { after: answer.took },
            _ => Finding::UnexpectedStatus(answer.status),
        },
    }
}

/// No answer means the same as 14: an API that has never known auth waits for it.
fn judge_deep(fact: &HttpFact) -> Finding {
    let answer = match &fact.outcome {
        Err(failure) => return Finding::AuthNotReached { text: failure.to_string() },
        Ok(answer) => answer,
    };
    match ApiAnswer::parse(&answer.body) {
        Some(ApiAnswer { code: NO_PERMISSION, .. }) => Finding::WholeWay { after: answer.took },
        Some(ApiAnswer { code: UNAVAILABLE, message, detail }) => {
            Finding::AuthNotReached { text: format!("{UNAVAILABLE} {}", join_words(&message, &detail)) }
        }
        Some(ApiAnswer { code, message, detail }) => {
            Finding::ErrorCode { code, text: join_words(&message, &detail) }
        }
        None => Finding::UnexpectedStatus(answer.status),
    }
}

fn join_words(message: &str, detail: &str) -> String {
    if detail.is_empty() { message.to_owned() } else { format!("{message} {detail}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openim::layout::Purpose;

    fn listener(address: &str) -> Listener {
        Listener { address: address.parse().expect("an address"), waiting: 0, inode: 0 }
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
    fn an_error_code_in_a_200_is_a_failure_and_auths_refusal_is_none() {
        let fact = |body: &str| HttpFact {
            url: String::new(),
            outcome: Ok(crate::probe::http::Answer {
                status: 200,
                body: body.as_bytes().to_vec(),
                took: Duration::from_millis(2),
            }),
            took: Duration::from_millis(2),
        };
        let broken = judge_options(&fact(r#"{"errCode":500,"errMsg":"ServerInternalError","errDlt":"x"}"#));
        assert_eq!(broken.predicate(false), "answers with errCode 500 ServerInternalError x");
        assert_eq!(judge_options(&fact("\"Options Request!\"")).verdict(), Verdict::Pass);
        let refused =
            judge_deep(&fact(r#"{"errCode":1002,"errMsg":"NoPermissionError","errDlt":"secret invalid"}"#));
        assert_eq!(refused.verdict(), Verdict::Pass);
        let lost = judge_deep(&fact(r#"{"errCode":14,"errMsg":"no children to pick from","errDlt":""}"#));
        assert_eq!(lost.predicate(false), "cannot reach auth: 14 no children to pick from");
    }
}

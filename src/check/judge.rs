//! Plan and facts → findings, and findings → checks of the report. Looks at nothing, asks nobody.

use std::time::Duration;

use clap::ValueEnum;

use super::facts::Facts;
use super::kind::{Finding, Found, Look, Place, Sentences, config, host};
use super::own::{self, OwnCheck};
use super::plan::{InstancePlan, Plan};
use super::report::{Check, InstanceReport, Kind, OwnReport, PartReport, ServiceReport, Verdict, worst};
use crate::openim::service::Service;

/// A finding with its place in the report.
#[derive(Clone, Debug)]
pub(super) struct Judged {
    /// Whose it is.
    pub(super) place: Place,
    /// What was found.
    pub(super) finding: Finding,
    /// The check of the report.
    pub(super) check: Check,
}

impl Judged {
    /// Whose it is, where it is a service's.
    pub(super) const fn service(&self) -> Option<Service> {
        self.place.service()
    }
}

/// Everything that was found.
#[derive(Debug, Default)]
pub(super) struct Judgement {
    /// All findings, in the order of the plan.
    pub(super) judged: Vec<Judged>,
    /// The services of the report.
    pub(super) services: Vec<ServiceReport>,
    /// The dependencies of the report.
    pub(super) dependencies: Vec<PartReport>,
    /// The configuration, where it was looked at.
    pub(super) config: Vec<PartReport>,
    /// The machine, where it was looked at.
    pub(super) host: Vec<PartReport>,
    /// The user's own checks of the report.
    pub(super) own: Vec<OwnReport>,
}

/// Judges each instance, each service and each dependency.
/// `elapsed` is how long the run has taken: what is not known by then was cut off.
pub(super) fn judge(plan: &Plan, facts: &Facts, elapsed: Duration) -> Judgement {
    let look = Look { plan, facts, elapsed };
    let mut judgement = Judgement::default();
    for instance in &plan.instances {
        let found = Kind::value_variants()
            .iter()
            .flat_map(|kind| kind.judge_instance(&look, instance).into_iter().map(|found| (*kind, found)));
        let judged: Vec<Judged> =
            found.filter_map(|(kind, found)| weigh(plan, kind, Some(instance), found)).collect();
        judgement.add_instance(instance, judged);
    }
    for kind in Kind::value_variants() {
        for found in kind.judge_whole(&look) {
            judgement.judged.extend(weigh(plan, *kind, None, found));
        }
    }
    for found in own::judge(&look) {
        let kind = match found.place {
            Place::Own(number) => plan.own_check(number).map(OwnCheck::kind),
            Place::Instance(..) | Place::Service(_) | Place::Dependency(_) | Place::Config | Place::Host => {
                None
            }
        };
        judgement.judged.extend(kind.and_then(|kind| weigh(plan, kind, None, found)));
    }
    judgement.complete();
    judgement
}

/// Puts a finding into the words of the report, if anyone asked for it.
fn weigh(plan: &Plan, kind: Kind, instance: Option<&InstancePlan>, found: Found) -> Option<Judged> {
    let Found { place, name, target, expected, finding, took } = found;
    let id = format!("{}/{name}", owner_id(plan, place));
    if !plan.wants(place.service(), kind, &id) {
        return None;
    }
    let check = Check {
        id,
        kind,
        verdict: instance
            .map_or_else(|| finding.verdict(), |instance| verdict_at_age(plan, instance, &finding)),
        target,
        expected,
        got: finding.got(),
        message: sentence(&subject(plan, place, instance), &finding),
        duration: took,
    };
    Some(Judged { place, finding, check })
}

/// The part of a check's id before the slash.
fn owner_id(plan: &Plan, place: Place) -> String {
    match place {
        Place::Instance(service, index) => format!("{}#{index}", service.binary()),
        Place::Service(service) => service.binary().to_owned(),
        Place::Dependency(dependency) => dependency.name().to_owned(),
        Place::Own(number) => plan.own_check(number).map_or_else(String::new, |check| check.name.clone()),
        Place::Config => config::NAME.to_owned(),
        Place::Host => host::NAME.to_owned(),
    }
}

/// What is not there yet is starting while its process is young, or the whole deployment where it has none.
fn verdict_at_age(plan: &Plan, instance: &InstancePlan, finding: &Finding) -> Verdict {
    let young = match instance.sole_process() {
        Some(process) => process.uptime < plan.grace,
        None => plan.is_coming_up(),
    };
    if young && finding.nature().may_be_early { Verdict::Starting } else { finding.verdict() }
}

/// "api (pid 512) is stopped by SIGSTOP"
pub(super) fn sentence(subject: &str, finding: &Finding) -> String {
    let pid = finding.pid().map_or_else(String::new, |pid| format!(" (pid {pid})"));
    format!("{subject}{pid} {}", finding.predicate(false))
}

/// "msgtransfer 3", or "api" where there is only one.
pub(super) fn subject(plan: &Plan, place: Place, instance: Option<&InstancePlan>) -> String {
    match place {
        Place::Instance(service, 0) if instance.is_some_and(|instance| instance.expected <= 1) => {
            service.to_string()
        }
        Place::Instance(service, index) => format!("{service} {index}"),
        Place::Service(service) => service.to_string(),
        Place::Dependency(_) | Place::Own(_) | Place::Config | Place::Host => owner_id(plan, place),
    }
}

impl Judgement {
    fn add_instance(&mut self, instance: &InstancePlan, judged: Vec<Judged>) {
        let report = instance_report(instance, &judged);
        self.judged.extend(judged);
        match self.services.last_mut().filter(|service| service.name == instance.service.binary()) {
            Some(service) => service.instances.push(report),
            None => self.services.push(ServiceReport {
                name: instance.service.binary(),
                verdict: Verdict::Pass,
                expected_instances: instance.expected,
                instances: vec![report],
                checks: Vec::new(),
            }),
        }
    }

    /// Puts what no instance owns in its place, and sums up.
    fn complete(&mut self) {
        for judged in &self.judged {
            let check = &judged.check;
            match judged.place {
                Place::Instance(..) => {}
                Place::Service(service) => put_service_check(&mut self.services, service, check),
                Place::Dependency(dependency) => {
                    put_part_check(&mut self.dependencies, dependency.name(), check);
                }
                Place::Own(_) => put_own_check(&mut self.own, check),
                Place::Config => put_part_check(&mut self.config, config::NAME, check),
                Place::Host => put_part_check(&mut self.host, host::NAME, check),
            }
        }
        self.services.retain(|service| {
            service.instances.iter().any(|i| !i.checks.is_empty()) || !service.checks.is_empty()
        });
        for service in &mut self.services {
            let of_instances = service.instances.iter().flat_map(|instance| &instance.checks);
            service.verdict = worst(service.checks.iter().chain(of_instances));
        }
        for part in self.dependencies.iter_mut().chain(&mut self.config).chain(&mut self.host) {
            part.verdict = worst(&part.checks);
        }
        for own in &mut self.own {
            own.verdict = worst(&own.checks);
        }
    }
}

fn put_service_check(services: &mut [ServiceReport], service: Service, check: &Check) {
    if let Some(report) = services.iter_mut().find(|report| report.name == service.binary()) {
        report.checks.push(check.clone());
    }
}

fn put_part_check(parts: &mut Vec<PartReport>, name: &'static str, check: &Check) {
    if let Some(report) = parts.iter_mut().find(|report| report.name == name) {
        report.checks.push(check.clone());
    } else {
        let checks = vec![check.clone()];
        parts.push(PartReport { name, verdict: check.verdict, checks });
    }
}

fn put_own_check(own: &mut Vec<OwnReport>, check: &Check) {
    let name = check.id.split('/').next().unwrap_or(&check.id);
    if let Some(report) = own.iter_mut().find(|report| report.name == name) {
        report.checks.push(check.clone());
    } else {
        own.push(OwnReport { name: name.to_owned(), verdict: check.verdict, checks: vec![check.clone()] });
    }
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

//! Findings that follow from others: each is shown at its cause, and is none of its own.

use super::{instance_id, lone_cause};
use crate::check::judge::Judged;
use crate::check::kind::{Depth, Finding, Sentences, Sign, config, http};
use crate::check::plan::Plan;
use crate::check::report::{Cause, Verdict};
use crate::openim::rules::Gravity;
use crate::openim::service::Service;

/// That the API does not reach auth follows from an auth that is no better off.
pub(super) fn is_explained_by_auth(found: &Judged, judged: &[Judged]) -> bool {
    is_auth_not_reached(&found.finding)
        && judged.iter().any(|other| {
            other.service() == Some(Service::RpcAuth) && other.check.verdict >= found.check.verdict
        })
}

/// Where auth is the cause, the API's answer to the wrong secret shows what a client gets.
pub(super) fn show_what_clients_see(causes: &mut [Cause], judged: &[Judged]) {
    let Some(seen) = judged.iter().find(|found| is_auth_not_reached(&found.finding)) else { return };
    let of_auth = |cause: &&mut Cause| cause.id.starts_with(Service::RpcAuth.binary());
    if let Some(cause) = causes.iter_mut().find(of_auth) {
        cause.checks.push(seen.check.id.clone());
    }
}

fn is_auth_not_reached(finding: &Finding) -> bool {
    matches!(finding, Finding::Http(http::Finding::AuthNotReached { .. }))
}

/// That a service has ended follows from a configuration with which it cannot start; not where another service reads
/// the same and runs with it.
pub(super) fn is_explained_by_config(plan: &Plan, found: &Judged, judged: &[Judged]) -> bool {
    let Some(service) = found.service() else { return false };
    let names_it = |finding: &config::Finding| {
        let mut mistakes = finding.mistakes().iter();
        mistakes.any(|mistake| {
            mistake.gravity == Gravity::Breaks
                && mistake.services.contains(&service)
                && !mistake.services.iter().any(|other| *other != service && has_come_up(plan, *other))
        })
    };
    found.finding.nature().sign == Sign::Gone
        && judged.iter().any(|other| matches!(&other.finding, Finding::Config(finding) if names_it(finding)))
}

/// Whether an instance of a service is past its first seconds: one that is started again and again never is.
fn has_come_up(plan: &Plan, service: Service) -> bool {
    let mut own = plan.instances.iter().filter(|instance| instance.service == service);
    own.any(|instance| instance.sole_process().is_some_and(|process| process.uptime >= plan.grace))
}

/// A mistake in the configuration, with the instances that it has ended.
pub(super) fn config_cause(plan: &Plan, found: &Judged, judged: &[Judged]) -> Option<Cause> {
    let Finding::Config(finding) = &found.finding else { return None };
    if finding.mistakes().is_empty() {
        return None;
    }
    let ended = judged.iter().filter(|other| {
        let own = |service| finding.mistakes().iter().any(|mistake| mistake.services.contains(&service));
        other.service().is_some_and(own) && is_explained_by_config(plan, other, judged)
    });
    let mut blocks: Vec<String> = ended.filter_map(instance_id).collect();
    // Its process and its unit tell the same.
    blocks.dedup();
    Some(Cause { blocks, ..lone_cause(plan, found) })
}

/// That a service takes too few messages from Kafka follows from processes of it that are stopped or gone.
pub(super) fn is_explained_by_processes(found: &Judged, judged: &[Judged]) -> bool {
    matches!(found.finding, Finding::Consumers(_))
        && judged.iter().any(|other| {
            other.service() == found.service()
                && other.check.verdict == Verdict::Fail
                && other.finding.nature().depth == Depth::Process
        })
}

/// Where processes are the cause, Kafka's view of them shows what comes of it.
pub(super) fn show_what_is_not_taken(causes: &mut [Cause], judged: &[Judged]) {
    for found in judged.iter().filter(|found| is_explained_by_processes(found, judged)) {
        let (Finding::Consumers(seen), Some(service)) = (&found.finding, found.service()) else { continue };
        let of_service = |cause: &&mut Cause| {
            cause.verdict == Verdict::Fail && cause.id.split('#').next() == Some(service.binary())
        };
        if let Some(cause) =
            causes.iter_mut().find(of_service).filter(|_| found.check.verdict == Verdict::Fail)
        {
            cause.message = format!("{}: {}", cause.message, seen.addition());
            cause.checks.push(found.check.id.clone());
        }
    }
}

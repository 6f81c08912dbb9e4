//! The sentence of the first line: it alone must be enough in `docker inspect`, a mail's subject, a pager.

use crate::check::kind::words::{Count, Uptime};
use crate::check::report::{Cause, InstanceReport, Report, Verdict};
use crate::probe::Millis;

/// So many services that are not ready yet are named; more than these are a start of the whole.
const NAMED_STARTING: usize = 3;

/// So many causes are named beside the first.
const NAMED_CAUSES: usize = 6;

/// The sentence behind the state word.
pub(in crate::check) fn summary(report: &Report) -> String {
    let alarming: Vec<&Cause> =
        report.causes.iter().filter(|cause| cause.verdict == report.verdict).collect();
    match (report.verdict, alarming.as_slice()) {
        (Verdict::Starting, _) => starting(report),
        (_, []) => healthy(report),
        (_, [one]) => one.message.clone(),
        (_, [first, others @ ..]) => format!("{}{}", first.message, also(first, others)),
    }
}

/// "; also api, push 3 and 4 more": each but the first once.
fn also(first: &Cause, others: &[&Cause]) -> String {
    let mut subjects: Vec<&str> = Vec::new();
    for subject in others.iter().map(|cause| cause.subject.as_str()) {
        if subject != first.subject && !subjects.contains(&subject) {
            subjects.push(subject);
        }
    }
    let named = subjects.iter().take(NAMED_CAUSES).copied().collect::<Vec<_>>().join(", ");
    match subjects.len().saturating_sub(NAMED_CAUSES) {
        _ if subjects.is_empty() => String::new(),
        0 => format!("; also {named}"),
        more => format!("; also {named} and {more} more"),
    }
}

fn healthy(report: &Report) -> String {
    let instances = report.services.iter().map(|service| service.instances.len()).sum();
    let rules: usize = report.config.iter().map(|part| part.checks.len()).sum();
    let (dependencies, own) = (report.dependencies_by_asked().0.len(), report.checks.len());
    let mut parts = Vec::new();
    if instances > 0 || dependencies + own + rules + report.host.len() == 0 {
        let services = Count::of(report.services.len(), "service", "services");
        parts.push(format!("{} of {services}", Count::of(instances, "instance", "instances")));
    }
    if dependencies > 0 {
        parts.push(Count::of(dependencies, "dependency", "dependencies").to_string());
    }
    if own > 0 {
        parts.push(Count::of(own, "own check", "own checks").to_string());
    }
    if rules > 0 {
        parts.push(format!("{} of the configuration", Count::of(rules, "rule", "rules")));
    }
    if instances == 0 && !report.host.is_empty() {
        parts.push("the machine".to_owned());
    }
    format!("{} ({}, {})", parts.join(", "), report.layout, Millis(report.duration))
}

fn starting(report: &Report) -> String {
    let instances: Vec<&InstanceReport> =
        report.services.iter().flat_map(|service| &service.instances).collect();
    let ready = instances.iter().filter(|instance| instance.verdict <= Verdict::Warn).count();
    let youngest = instances.iter().filter(|i| i.verdict == Verdict::Starting).filter_map(|i| i.uptime).min();
    let after = youngest.map_or_else(String::new, |uptime| format!(" after {}", Uptime(uptime)));
    let waiting = report.causes.iter().filter(|cause| cause.verdict == Verdict::Starting);
    let names: Vec<&str> = waiting.map(|cause| cause.subject.as_str()).collect();
    let not_yet = if (1..=NAMED_STARTING).contains(&names.len()) {
        format!("; not yet {}", names.join(", "))
    } else {
        String::new()
    };
    format!("{ready} of {} instances ready{after}{not_yet}", instances.len())
}

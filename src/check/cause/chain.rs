//! Units that cannot run without another unit: that one is the cause, whether it is a service of OpenIM or, as a disk
//! that could not be mounted, nothing that we look at otherwise.

use super::{Groups, NAMED_SERVICES, instance_id, instance_of, need_it};
use crate::check::judge::Judged;
use crate::check::kind::unit::unit_state;
use crate::check::kind::{About, Place, Sentences};
use crate::check::plan::Plan;
use crate::check::report::{Cause, Verdict};
use crate::host::manager::{Link, Manager};
use crate::openim::dependency::Dependency;
use crate::openim::service::Service;

/// Those that wait for another unit, and the others.
pub(super) fn split_off(groups: Groups<'_>) -> (Vec<&Judged>, Groups<'_>) {
    let (waiting, others): (Groups, Groups) =
        groups.into_iter().partition(|group| link_of(group[0]).is_some());
    (waiting.into_iter().flatten().collect(), others)
}

fn link_of(found: &Judged) -> Option<&Link> {
    found.finding.unit()?.waits_for()
}

/// The units that keep others from running, each with those that wait for it.
fn by_unit<'j>(waiting: &[&'j Judged]) -> Vec<(&'j Link, Vec<&'j Judged>)> {
    let mut units: Vec<(&Link, Vec<&Judged>)> = Vec::new();
    for &found in waiting {
        let Some(link) = link_of(found) else { continue };
        match units.iter_mut().find(|(known, _)| known.name == link.name) {
            Some((_, waiting)) => waiting.push(found),
            None => units.push((link, vec![found])),
        }
    }
    units
}

/// The finding of a unit that is a service of OpenIM itself.
fn own_finding<'j>(judged: &'j [Judged], link: &Link) -> Option<&'j Judged> {
    judged.iter().find(|found| found.finding.unit().is_some_and(|unit| unit.name() == Some(&link.name)))
}

/// The server that OpenIM stands on and that a unit runs by its name, where that was seen to be broken.
fn broken_server(judged: &[Judged], link: &Link) -> Option<Dependency> {
    let is_broken = |dependency: &Dependency| {
        let of_it = |found: &&Judged| found.place == Place::Dependency(*dependency);
        judged.iter().filter(of_it).any(|found| found.check.verdict == Verdict::Fail)
    };
    // mongod.service runs mongodb.
    let runs = |dependency: &Dependency| link.name.contains(dependency.name().trim_end_matches("db"));
    Dependency::ALL.into_iter().find(|dependency| runs(dependency) && is_broken(dependency))
}

/// One cause for each unit that nothing else that was looked at stands for.
pub(super) fn causes(plan: &Plan, waiting: &[&Judged], judged: &[Judged]) -> Vec<Cause> {
    let is_unknown =
        |link: &Link| own_finding(judged, link).is_none() && broken_server(judged, link).is_none();
    let foreign = by_unit(waiting).into_iter().filter(|(link, _)| is_unknown(link));
    foreign.map(|(link, waiting)| cause(plan, link, &waiting)).collect()
}

fn cause(plan: &Plan, link: &Link, waiting: &[&Judged]) -> Cause {
    let first = waiting[0];
    Cause {
        id: first.check.id.clone(),
        verdict: Verdict::Fail,
        subject: link.name.clone(),
        message: format!("{} {}: {}", link.name, unit_state(&link.condition), need(waiting)),
        said: None,
        hint: mend(plan, first).map(|mend| format!("{mend}; then {}", start(plan, waiting))),
        checks: waiting.iter().map(|found| found.check.id.clone()).collect(),
        blocks: waiting.iter().filter_map(|found| instance_id(found)).collect(),
        affects: Vec::new(),
    }
}

/// Adds those that wait for a service of OpenIM, or for a server that is broken, to the cause that names it.
pub(super) fn join_known(plan: &Plan, causes: &mut [Cause], waiting: &[&Judged], judged: &[Judged]) {
    for (link, waiting) in by_unit(waiting) {
        if let Some(own) = own_finding(judged, link) {
            let id = instance_id(own).unwrap_or_default();
            let names_it =
                |cause: &&mut Cause| cause.checks.contains(&own.check.id) || cause.blocks.contains(&id);
            if let Some(cause) = causes.iter_mut().find(names_it) {
                cause.message = format!("{}: {}", cause.message, need(&waiting));
                add(plan, cause, cause.hint.clone(), &waiting);
            }
        } else if let Some(server) = broken_server(judged, link)
            && let Some(cause) = causes.iter_mut().find(|cause| cause.subject == server.name())
        {
            // The unit's command says more than that the server is to be started.
            add(plan, cause, mend(plan, waiting[0]), &waiting);
        }
    }
}

fn add(plan: &Plan, cause: &mut Cause, hint: Option<String>, waiting: &[&Judged]) {
    cause.hint = hint.map(|hint| format!("{hint}; then {}", start(plan, waiting)));
    cause.checks.extend(waiting.iter().map(|found| found.check.id.clone()));
    cause.blocks.extend(waiting.iter().filter_map(|found| instance_id(found)));
    cause.affects.retain(|id| !cause.blocks.contains(id));
}

/// What brings the unit back.
fn mend(plan: &Plan, waiting: &Judged) -> Option<String> {
    waiting.finding.hint(&About { plan, service: waiting.service(), instance: instance_of(plan, waiting) })
}

fn need(waiting: &[&Judged]) -> String {
    let mut services: Vec<Service> = waiting.iter().filter_map(|found| found.service()).collect();
    services.dedup();
    need_it(&services)
}

/// What starts those that wait, for nobody does when the unit is back.
fn start(plan: &Plan, waiting: &[&Judged]) -> String {
    let charges = || waiting.iter().filter_map(|found| instance_of(plan, found)?.charge.as_ref());
    let group = charges().find_map(|charge| charge.group.as_ref()).filter(|_| waiting.len() > NAMED_SERVICES);
    if let Some(group) = group {
        return Manager::Systemd.start_command(&group.name);
    }
    let names: Vec<&str> = charges().map(|charge| Manager::short_name(&charge.name)).collect();
    Manager::Systemd.start_command(&names.join(" "))
}

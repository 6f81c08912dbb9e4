//! Findings → what is broken, what it blocks, and what to do.
//!
//! One broken thing is one cause: instances of a service that show the same share one, and what follows from
//! a broken server (the graph is [`Dependency::need_of`]) is listed under that server, not beside it.

mod chain;
mod consequence;
mod server;
mod together;

use std::cmp::Reverse;
use std::collections::HashSet;

use crate::check::judge::{Judged, sentence, subject};
use crate::check::kind::words::join;
use crate::check::kind::{About, Effect, Finding, Place, Sentences, process, unit};
use crate::check::plan::{InstancePlan, Plan};
use crate::check::report::{Cause, Verdict};
use crate::openim::dependency::Dependency;
use crate::openim::service::Service;

/// The causes, the most important first: by severity, then by how many services they leave no instance of, then by how
/// many instances they reach.
pub(super) fn find_causes(plan: &Plan, judged: &[Judged]) -> Vec<Cause> {
    let broken = server::broken_dependencies(judged);
    let mut causes: Vec<Cause> =
        broken.iter().map(|server| server::dependency_cause(plan, server, judged)).collect();
    causes.extend(judged.iter().filter_map(|found| consequence::config_cause(plan, found, judged)));
    causes.extend(
        judged
            .iter()
            .filter(|found| is_doubtful_server(found) || is_bad_own(found))
            .filter(|found| !server::is_told_under_one(found, &broken))
            .map(|found| lone_cause(plan, found)),
    );
    let explained = |found: &Judged| {
        consequence::is_explained_by_auth(found, judged)
            || consequence::is_explained_by_processes(found, judged)
            || consequence::is_explained_by_config(plan, found, judged)
            || broken.iter().any(|server| server.effect_on(found) != Effect::None)
    };
    let (hidden, groups): (Vec<_>, Vec<_>) = group_by_symptom(judged, &explained)
        .into_iter()
        .partition(|group| matches!(group[0].finding, Finding::Process(process::Finding::Hidden { .. })));
    causes.extend(together::hidden_cause(plan, &hidden));
    let (waiting, groups) = chain::split_off(groups);
    causes.extend(chain::causes(plan, &waiting, judged));
    let (silent, groups): (Vec<_>, Vec<_>) = groups
        .into_iter()
        .partition(|group| matches!(group[0].finding, Finding::Unit(unit::Finding::Silent { .. })));
    causes.extend(together::silent_cause(plan, &silent));
    let etcd_is_away = broken.iter().any(|server| server.dependency == Dependency::Etcd);
    let (for_mongodb, groups) = server::split_off_mongodb(groups, etcd_is_away);
    causes.extend(server::mongodb_cause(plan, &for_mongodb));
    // Keys that are left over in etcd do not make it less than all.
    let (failing, others): (Groups, Groups) =
        groups.into_iter().partition(|group| group[0].check.verdict == Verdict::Fail);
    if together::nothing_runs(plan, &failing) {
        causes.push(together::nothing_runs_cause(plan, &failing));
    } else {
        causes.extend(failing.iter().map(|group| group_cause(plan, group)));
    }
    causes.extend(others.iter().map(|group| group_cause(plan, group)));
    chain::join_known(plan, &mut causes, &waiting, judged);
    consequence::show_what_clients_see(&mut causes, judged);
    consequence::show_what_is_not_taken(&mut causes, judged);
    causes.sort_by_cached_key(|cause| rank(plan, cause));
    causes
}

/// A server whose loss many services feel comes before one instance that is dead, and so does the only instance of a
/// service before one of several; of two that reach as far, the server, for what is dead may be so because of it.
fn rank(plan: &Plan, cause: &Cause) -> impl Ord + use<> {
    let is_server = Dependency::from_word(&cause.subject).is_some();
    let reached: HashSet<&str> = cause.blocks.iter().chain(&cause.affects).map(String::as_str).collect();
    let whole = Reverse(whole_services(plan, &reached));
    (Reverse(cause.verdict), whole, Reverse(reached.len()), Reverse(is_server), Reverse(cause.blocks.len()))
}

/// How many services have all of their instances among these.
fn whole_services(plan: &Plan, reached: &HashSet<&str>) -> usize {
    let is_left = |instance: &&InstancePlan| !reached.contains(id_of(instance).as_str());
    let services: HashSet<Service> = plan.instances.iter().map(|instance| instance.service).collect();
    let left: HashSet<Service> =
        plan.instances.iter().filter(is_left).map(|instance| instance.service).collect();
    services.len() - left.len()
}

/// A server, or the machine, that works but should be looked at, or that could not be.
fn is_doubtful_server(found: &Judged) -> bool {
    matches!(found.place, Place::Dependency(_) | Place::Host)
        && matches!(found.check.verdict, Verdict::Warn | Verdict::Unknown | Verdict::Starting)
}

/// A check of the user's that is not as wanted: it stands for itself.
fn is_bad_own(found: &Judged) -> bool {
    matches!(found.place, Place::Own(_)) && found.check.verdict >= Verdict::Warn
}

fn lone_cause(plan: &Plan, found: &Judged) -> Cause {
    let about = About { plan, service: None, instance: None };
    Cause {
        id: found.check.id.clone(),
        verdict: found.check.verdict,
        subject: subject(plan, found.place, None),
        message: found.check.message.clone(),
        said: None,
        hint: found.finding.hint(&about),
        checks: vec![found.check.id.clone()],
        blocks: Vec::new(),
        affects: Vec::new(),
    }
}

/// The worst finding of each instance, with others of its service that show the same.
fn group_by_symptom<'j>(judged: &'j [Judged], explained: &dyn Fn(&Judged) -> bool) -> Vec<Vec<&'j Judged>> {
    let mut groups: Vec<Vec<&Judged>> = Vec::new();
    let mut seen: Vec<Place> = Vec::new();
    let mut bad: Vec<&Judged> = judged
        .iter()
        .filter(|f| f.check.verdict >= Verdict::Warn && f.service().is_some() && !explained(f))
        .collect();
    // A cause lies deeper than its symptoms: an owner of the port before the process that could not have it.
    bad.sort_by_key(|found| {
        let depth = found.finding.nature().depth;
        (found.service(), found.place.index(), depth, std::cmp::Reverse(found.check.verdict))
    });
    for found in bad {
        if seen.contains(&found.place) {
            continue;
        }
        seen.push(found.place);
        let same = |group: &&mut Vec<&Judged>| {
            let first = group[0];
            first.service() == found.service()
                && first.check.verdict == found.check.verdict
                && first.finding.nature().symptom == found.finding.nature().symptom
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(found),
            None => groups.push(vec![found]),
        }
    }
    groups
}

type Groups<'j> = Vec<Vec<&'j Judged>>;

fn group_cause(plan: &Plan, group: &[&Judged]) -> Cause {
    let first = group[0];
    let about = About { plan, service: first.service(), instance: instance_of(plan, first) };
    let subject = subject_of_group(plan, group);
    let sentence = match group {
        [one] => sentence(&subject, &one.finding),
        _ => format!("{subject} {}", first.finding.predicate(true)),
    };
    let message = [Some(sentence), first.finding.consequence(&about)];
    let ids = || group.iter().filter_map(|found| instance_id(found)).collect();
    let fails = first.check.verdict == Verdict::Fail;
    Cause {
        id: first.check.id.clone(),
        verdict: first.check.verdict,
        subject,
        message: message.into_iter().flatten().collect::<Vec<_>>().join(": "),
        said: None,
        hint: first.finding.hint(&about),
        checks: group.iter().map(|found| found.check.id.clone()).collect(),
        blocks: if fails { ids() } else { Vec::new() },
        affects: if fails { Vec::new() } else { ids() },
    }
}

/// "msgtransfer 1 4 5", "api", "rpc-user".
fn subject_of_group(plan: &Plan, group: &[&Judged]) -> String {
    let first = group[0];
    if let [one] = group {
        return subject(plan, one.place, instance_of(plan, one));
    }
    let indexes = group.iter().filter_map(|found| found.place.index()).map(|index| index.to_string());
    let name = first.service().map_or("", Service::short);
    format!("{name} {}", indexes.collect::<Vec<_>>().join(" "))
}

/// So many services are named one by one.
const NAMED_SERVICES: usize = 3;

/// "api, rpc-user need it", "7 services need it"
fn need_it(services: &[Service]) -> String {
    match services {
        [one] => format!("{one} needs it"),
        few if few.len() <= NAMED_SERVICES => format!("{} need it", join(few, ", ")),
        many => format!("{} services need it", many.len()),
    }
}

fn instance_of<'p>(plan: &'p Plan, found: &Judged) -> Option<&'p InstancePlan> {
    let Place::Instance(service, index) = found.place else { return None };
    plan.instances.iter().find(|instance| instance.service == service && instance.index == index)
}

fn instance_id(found: &Judged) -> Option<String> {
    Some(id(found.service()?, found.place.index()?))
}

fn id_of(instance: &InstancePlan) -> String {
    id(instance.service, instance.index)
}

/// As a report names an instance: `openim-push#2`.
fn id(service: Service, index: u32) -> String {
    format!("{}#{index}", service.binary())
}

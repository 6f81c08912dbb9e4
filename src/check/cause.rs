//! Findings → what is broken, what it blocks, and what to do.
//!
//! One broken thing is one cause: instances of a service that show the same share one, and what follows from
//! an unreachable etcd is listed under etcd, not beside it.

use super::judge::{Judged, sentence, subject};
use super::kind::{About, Effect, Finding, Place, Sentences, dependency, http, process};
use super::plan::{InstancePlan, Plan};
use super::report::{Cause, Verdict};
use crate::openim::service::Service;

/// The causes, the most important first: by severity, then by how much they block.
pub(super) fn find_causes(plan: &Plan, judged: &[Judged]) -> Vec<Cause> {
    let etcd = judged.iter().find(|found| is_etcd_away(&found.finding));
    let mut causes: Vec<Cause> = etcd.map(|found| etcd_cause(found, judged)).into_iter().collect();
    let auth_is_bad =
        judged.iter().any(|f| f.service() == Some(Service::RpcAuth) && f.check.verdict == Verdict::Fail);
    let explained = |found: &Judged| {
        let symptom_of_auth = is_auth_not_reached(&found.finding) && auth_is_bad;
        symptom_of_auth || (etcd.is_some() && found.finding.nature().without_etcd != Effect::None)
    };
    let (hidden, groups): (Vec<_>, Vec<_>) = group_by_symptom(judged, &explained)
        .into_iter()
        .partition(|group| matches!(group[0].finding, Finding::Process(process::Finding::Hidden { .. })));
    if let Some(cause) = hidden_cause(plan, &hidden) {
        causes.push(cause);
    }
    if nothing_runs(plan, &groups) {
        causes.push(nothing_runs_cause(plan, &groups));
    } else {
        causes.extend(groups.iter().map(|group| group_cause(plan, group)));
    }
    show_what_clients_see(&mut causes, judged);
    causes.sort_by_key(|cause| (std::cmp::Reverse(cause.verdict), std::cmp::Reverse(cause.blocks.len())));
    causes
}

fn is_etcd_away(finding: &Finding) -> bool {
    matches!(finding, Finding::Dependency(dependency::Finding::EtcdAway { .. }))
}

fn is_auth_not_reached(finding: &Finding) -> bool {
    matches!(finding, Finding::Http(http::Finding::AuthNotReached { .. }))
}

/// Where auth is the cause, the API's answer to the wrong secret shows what a client gets.
fn show_what_clients_see(causes: &mut [Cause], judged: &[Judged]) {
    let Some(seen) = judged.iter().find(|found| is_auth_not_reached(&found.finding)) else { return };
    let of_auth = |cause: &&mut Cause| cause.id.starts_with(Service::RpcAuth.binary());
    if let Some(cause) = causes.iter_mut().find(of_auth) {
        cause.checks.push(seen.check.id.clone());
    }
}

fn etcd_cause(etcd: &Judged, judged: &[Judged]) -> Cause {
    let mut blocks: Vec<String> = Vec::new();
    let mut affects: Vec<String> = Vec::new();
    for found in judged {
        let Some(id) = instance_id(found) else { continue };
        let list = match found.finding.nature().without_etcd {
            Effect::None => continue,
            Effect::Affected => &mut affects,
            Effect::Blocked => &mut blocks,
        };
        if !list.contains(&id) {
            list.push(id);
        }
    }
    affects.retain(|id| !blocks.contains(id));
    let effect = match (blocks.len(), affects.len()) {
        (0, _) => "what runs goes on with what it knew, and nothing can register".to_owned(),
        (1, _) => "1 instance waits for it".to_owned(),
        (many, _) => format!("{many} instances wait for it"),
    };
    Cause {
        id: etcd.check.id.clone(),
        verdict: etcd.check.verdict,
        subject: "etcd".to_owned(),
        message: format!("{}: {effect}", etcd.check.message),
        hint: Some(
            "start etcd, or correct etcd.address in discovery.yml; the services come up by themselves"
                .to_owned(),
        ),
        checks: vec![etcd.check.id.clone()],
        blocks,
        affects,
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

/// All that may not be looked at is one cause, whichever services it is.
fn hidden_cause(plan: &Plan, groups: &[Vec<&Judged>]) -> Option<Cause> {
    let hidden: Vec<&Judged> = groups.iter().flatten().copied().collect();
    let first = hidden.first()?;
    let mut owners: Vec<u32> = plan.hidden.iter().map(|hidden| hidden.uid).collect();
    owners.sort_unstable();
    owners.dedup();
    let owners: Vec<String> = owners.iter().map(ToString::to_string).collect();
    let count = match hidden.len() {
        1 => "1 instance".to_owned(),
        many => format!("{many} instances"),
    };
    Some(Cause {
        id: first.check.id.clone(),
        verdict: first.check.verdict,
        subject: "hidden processes".to_owned(),
        message: format!(
            "processes of uid {} are hidden from uid {}: {count} cannot be looked at",
            owners.join(" "),
            plan.uid
        ),
        hint: Some("run as root, as the user that runs OpenIM, or in its container".to_owned()),
        checks: hidden.iter().map(|found| found.check.id.clone()).collect(),
        blocks: Vec::new(),
        affects: hidden.iter().filter_map(|found| instance_id(found)).collect(),
    })
}

/// Whether several services were looked at, and none has a process: then that is the one thing to say.
fn nothing_runs(plan: &Plan, groups: &[Vec<&Judged>]) -> bool {
    let absent = |group: &Vec<&Judged>| {
        use process::Finding::{NotRunning, Zombie};
        matches!(group[0].finding, Finding::Process(NotRunning { running: 0 } | Zombie { .. }))
    };
    groups.len() > 1 && groups.iter().all(absent) && plan.instances.iter().all(|i| i.sole_process().is_none())
}

fn nothing_runs_cause(plan: &Plan, groups: &[Vec<&Judged>]) -> Cause {
    let absent = || groups.iter().flatten();
    Cause {
        id: groups[0][0].check.id.clone(),
        verdict: Verdict::Fail,
        subject: "OpenIM".to_owned(),
        message: format!("OpenIM is not running: 0 of {} processes", plan.instances.len()),
        hint: Some(format!("start it: `mage start` in {}, or its systemd units", plan.root.display())),
        checks: absent().map(|found| found.check.id.clone()).collect(),
        blocks: absent().filter_map(|found| instance_id(found)).collect(),
        affects: Vec::new(),
    }
}

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
        return subject(one.place, instance_of(plan, one));
    }
    let indexes = group.iter().filter_map(|found| found.place.index()).map(|index| index.to_string());
    let name = first.service().map_or("", Service::short);
    format!("{name} {}", indexes.collect::<Vec<_>>().join(" "))
}

fn instance_of<'p>(plan: &'p Plan, found: &Judged) -> Option<&'p InstancePlan> {
    let Place::Instance(service, index) = found.place else { return None };
    plan.instances.iter().find(|instance| instance.service == service && instance.index == index)
}

fn instance_id(found: &Judged) -> Option<String> {
    Some(format!("{}#{}", found.service()?.binary(), found.place.index()?))
}

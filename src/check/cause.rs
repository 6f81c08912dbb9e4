//! Findings → what is broken, what it blocks, and what to do.
//!
//! One broken thing is one cause: instances of a service that show the same share one, and what follows from
//! an unreachable etcd is listed under etcd, not beside it.

use super::finding::Finding;
use super::judge::{Judged, subject};
use super::plan::Plan;
use super::report::{Cause, Verdict};
use crate::openim::service::Service;

/// The causes, the most important first: by severity, then by how much they block.
pub(super) fn find_causes(plan: &Plan, judged: &[Judged]) -> Vec<Cause> {
    let etcd = judged.iter().find(|found| matches!(found.finding, Finding::EtcdAway { .. }));
    let mut causes: Vec<Cause> = etcd.map(|found| etcd_cause(found, judged)).into_iter().collect();
    let auth_is_bad =
        judged.iter().any(|f| f.service == Some(Service::RpcAuth) && f.check.verdict == Verdict::Fail);
    let explained = |found: &Judged| {
        let symptom_of_auth = matches!(found.finding, Finding::AuthNotReached { .. }) && auth_is_bad;
        symptom_of_auth || (etcd.is_some() && follows_from_etcd(&found.finding))
    };
    let (hidden, groups): (Vec<_>, Vec<_>) = group_by_symptom(judged, &explained)
        .into_iter()
        .partition(|group| matches!(group[0].finding, Finding::Hidden { .. }));
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

/// Where auth is the cause, the API's answer to the wrong secret shows what a client gets.
fn show_what_clients_see(causes: &mut [Cause], judged: &[Judged]) {
    let Some(seen) = judged.iter().find(|found| matches!(found.finding, Finding::AuthNotReached { .. }))
    else {
        return;
    };
    let of_auth = |cause: &&mut Cause| cause.id.starts_with(Service::RpcAuth.binary());
    if let Some(cause) = causes.iter_mut().find(of_auth) {
        cause.checks.push(seen.check.id.clone());
    }
}

/// What an instance shows while etcd is away: one that has just started waits without its sockets.
fn follows_from_etcd(finding: &Finding) -> bool {
    matches!(
        finding,
        Finding::NoSocket { .. }
            | Finding::PortMissing { .. }
            | Finding::TooFewSockets { .. }
            | Finding::RegistryAway { .. }
            | Finding::HttpFailed(_)
            | Finding::AuthNotReached { .. }
    )
}

fn etcd_cause(etcd: &Judged, judged: &[Judged]) -> Cause {
    let mut blocks: Vec<String> = Vec::new();
    let mut affects: Vec<String> = Vec::new();
    for found in judged.iter().filter(|found| follows_from_etcd(&found.finding)) {
        let Some(id) = instance_id(found) else { continue };
        let list =
            if matches!(found.finding, Finding::RegistryAway { .. }) { &mut affects } else { &mut blocks };
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
    let mut seen: Vec<(Option<Service>, Option<u32>)> = Vec::new();
    let mut bad: Vec<&Judged> = judged
        .iter()
        .filter(|f| f.check.verdict >= Verdict::Warn && f.service.is_some() && !explained(f))
        .collect();
    // A cause lies deeper than its symptoms: an owner of the port before the process that could not have it.
    bad.sort_by_key(|found| {
        (found.service, found.index, rank(&found.finding), std::cmp::Reverse(found.check.verdict))
    });
    for found in bad {
        if seen.contains(&(found.service, found.index)) {
            continue;
        }
        seen.push((found.service, found.index));
        let same = |group: &&mut Vec<&Judged>| {
            let first = group[0];
            first.service == found.service
                && first.check.verdict == found.check.verdict
                && std::mem::discriminant(&first.finding) == std::mem::discriminant(&found.finding)
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
        matches!(group[0].finding, Finding::NotRunning { running: 0 } | Finding::Zombie { .. })
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

/// What explains the others comes first.
fn rank(finding: &Finding) -> u8 {
    match finding {
        Finding::ForeignOwner { .. } => 0,
        Finding::Stopped { .. }
        | Finding::Traced { .. }
        | Finding::Zombie { .. }
        | Finding::NotRunning { .. }
        | Finding::Doubled { .. }
        | Finding::Hidden { .. } => 1,
        Finding::NoSocket { .. }
        | Finding::PortMissing { .. }
        | Finding::TooFewSockets { .. }
        | Finding::WrongAddress { .. }
        | Finding::SocketsUnreadable => 2,
        Finding::Unregistered { .. } | Finding::RegistryAway { .. } => 3,
        Finding::HttpFailed(_) | Finding::UnexpectedStatus(_) | Finding::ErrorCode { .. } => 4,
        Finding::AuthNotReached { .. } => 5,
        Finding::Running { .. }
        | Finding::DiskSleep { .. }
        | Finding::Surplus { .. }
        | Finding::Replaced { .. }
        | Finding::Listening { .. }
        | Finding::ListensOnNothing
        | Finding::Answers { .. }
        | Finding::WholeWay { .. }
        | Finding::Registered { .. }
        | Finding::Leftovers { .. }
        | Finding::EtcdReady { .. }
        | Finding::EtcdAway { .. }
        | Finding::NotLookedAt { .. }
        | Finding::CutOff => 6,
    }
}

fn group_cause(plan: &Plan, group: &[&Judged]) -> Cause {
    let first = group[0];
    let consequence = first.service.and_then(|service| first.finding.consequence(service));
    let subject = subject_of_group(plan, group);
    let sentence = format!("{subject} {}", first.finding.predicate(group.len() > 1));
    let message = [Some(sentence), consequence.map(str::to_owned), tally(plan, first)];
    let ids = || group.iter().filter_map(|found| instance_id(found)).collect();
    let fails = first.check.verdict == Verdict::Fail;
    Cause {
        id: first.check.id.clone(),
        verdict: first.check.verdict,
        subject,
        message: message.into_iter().flatten().collect::<Vec<_>>().join(": "),
        hint: hint(plan, group),
        checks: group.iter().map(|found| found.check.id.clone()).collect(),
        blocks: if fails { ids() } else { Vec::new() },
        affects: if fails { Vec::new() } else { ids() },
    }
}

/// "msgtransfer 1 4 5", "api", "rpc-user".
fn subject_of_group(plan: &Plan, group: &[&Judged]) -> String {
    let first = group[0];
    let instance = |found: &Judged| {
        plan.instances.iter().find(|i| Some(i.service) == found.service && Some(i.index) == found.index)
    };
    match (group, first.service) {
        ([one], Some(service)) => instance(one).map_or_else(|| service.to_string(), subject),
        (_, service) => {
            let indexes: Vec<String> =
                group.iter().filter_map(|found| found.index).map(|index| index.to_string()).collect();
            let name = service.map_or_else(String::new, |service| service.to_string());
            format!("{name} {}", indexes.join(" "))
        }
    }
}

/// "7 of 8 instances run", where that is the point.
fn tally(plan: &Plan, found: &Judged) -> Option<String> {
    let Finding::NotRunning { running } = found.finding else { return None };
    let expected = plan.instances.iter().find(|i| Some(i.service) == found.service)?.expected;
    (expected > 1).then(|| format!("{running} of {expected} instances run"))
}

fn instance_id(found: &Judged) -> Option<String> {
    Some(format!("{}#{}", found.service?.binary(), found.index?))
}

/// What the person reading it would do next.
fn hint(plan: &Plan, group: &[&Judged]) -> Option<String> {
    let first = group[0];
    let service = first.service?;
    let instance = plan.instances.iter().find(|i| i.service == service && Some(i.index) == first.index);
    match &first.finding {
        Finding::NotRunning { .. } => {
            let command = instance.map(|instance| instance.command(&plan.root))?;
            Some(format!("see why with `openim-logs {service} -n 20`, then start it: {command}"))
        }
        Finding::Stopped { pid, .. } => Some(format!("let it go on: kill -CONT {pid}")),
        Finding::Traced { pid } => Some(format!("end the debugger that holds pid {pid}")),
        Finding::Zombie { .. } => {
            let command = instance.map(|instance| instance.command(&plan.root))?;
            Some(format!(
                "start it again: {command}; in a container without an init (`init: true`) the dead stay"
            ))
        }
        Finding::Doubled { pids } => {
            let index = first.index?;
            let pids: Vec<String> = pids.iter().map(ToString::to_string).collect();
            Some(format!(
                "pids {} share index {index}: end all but one, or start them with an -i of their own",
                pids.join(" ")
            ))
        }
        Finding::ForeignOwner { port, owner } => {
            let from = instance?.listens.iter().find(|listen| listen.port == Some(*port))?.from.clone();
            let who = owner
                .as_ref()
                .map_or_else(|| "the other program".to_owned(), |(pid, name)| format!("{name} (pid {pid})"));
            Some(format!("end {who}, or change the port in {from}; then start {}", service.binary()))
        }
        Finding::WrongAddress { from, .. } => {
            Some(format!("restart it with the address that {from} asks for"))
        }
        Finding::HttpFailed(_) | Finding::UnexpectedStatus(_) | Finding::ErrorCode { .. } => {
            Some(format!("see what it says with `openim-logs {service} -n 20`; restart it if it stays so"))
        }
        Finding::Unregistered { .. } => Some(format!(
            "restart {}; releases before v3.8.3-patch.16 never register again by themselves",
            service.binary()
        )),
        Finding::NoSocket { .. } | Finding::PortMissing { .. } | Finding::TooFewSockets { .. } => {
            Some(format!("see what it waits for with `openim-logs {service} -n 20`"))
        }
        Finding::Replaced { .. } => Some("restart it to run the new program".to_owned()),
        Finding::Surplus { pid } => Some(format!("end pid {pid}, or raise the number in start-config.yml")),
        Finding::Hidden { .. } | Finding::SocketsUnreadable => {
            Some("run as root, or as the user that runs OpenIM".to_owned())
        }
        Finding::Leftovers { keys } => leftover_hint(keys),
        Finding::AuthNotReached { .. } => Some("look at rpc-auth and its key in etcd".to_owned()),
        Finding::DiskSleep { .. }
        | Finding::RegistryAway { .. }
        | Finding::Running { .. }
        | Finding::Listening { .. }
        | Finding::ListensOnNothing
        | Finding::Answers { .. }
        | Finding::WholeWay { .. }
        | Finding::Registered { .. }
        | Finding::EtcdReady { .. }
        | Finding::EtcdAway { .. }
        | Finding::NotLookedAt { .. }
        | Finding::CutOff => None,
    }
}

fn leftover_hint(keys: &[(std::net::SocketAddr, Option<i64>)]) -> Option<String> {
    let last = keys.iter().filter_map(|(_, left)| *left).max()?;
    Some(format!("nothing: etcd drops it in {last} s; until then some calls go nowhere"))
}

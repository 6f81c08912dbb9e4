//! Findings → what is broken, what it blocks, and what to do.
//!
//! One broken thing is one cause: instances of a service that show the same share one, and what follows from
//! a broken server (the graph is [`Dependency::need_of`]) is listed under that server, not beside it.

mod chain;

use std::cmp::Reverse;

use crate::check::judge::{Judged, sentence, subject};
use crate::check::kind::registry::{MONGODB_HINT, WAITING_FOR_MONGODB, waits_for_mongodb};
use crate::check::kind::words::join;
use crate::check::kind::{
    About, Depth, Effect, Finding, Place, Sentences, Sign, config, dependency, http, process, unit,
};
use crate::check::plan::{InstancePlan, Plan};
use crate::check::report::{Cause, Verdict};
use crate::openim::dependency::{Dependency, Need};
use crate::openim::rules::Gravity;
use crate::openim::service::Service;

/// The causes, the most important first: by severity, then by how much they block.
pub(super) fn find_causes(plan: &Plan, judged: &[Judged]) -> Vec<Cause> {
    let broken = broken_dependencies(judged);
    let mut causes: Vec<Cause> = broken.iter().map(|server| dependency_cause(plan, server, judged)).collect();
    causes.extend(judged.iter().filter_map(|found| config_cause(plan, found, judged)));
    causes.extend(
        judged
            .iter()
            .filter(|found| is_doubtful_server(found) || is_bad_own(found))
            .map(|found| lone_cause(plan, found)),
    );
    let explained = |found: &Judged| {
        is_explained_by_auth(found, judged)
            || is_explained_by_processes(found, judged)
            || is_explained_by_config(found, judged)
            || broken.iter().any(|server| server.effect_on(found) != Effect::None)
    };
    let (hidden, groups): (Vec<_>, Vec<_>) = group_by_symptom(judged, &explained)
        .into_iter()
        .partition(|group| matches!(group[0].finding, Finding::Process(process::Finding::Hidden { .. })));
    causes.extend(hidden_cause(plan, &hidden));
    let (waiting, groups) = chain::split_off(groups);
    causes.extend(chain::causes(plan, &waiting, judged));
    let (silent, groups): (Vec<_>, Vec<_>) = groups
        .into_iter()
        .partition(|group| matches!(group[0].finding, Finding::Unit(unit::Finding::Silent { .. })));
    causes.extend(silent_cause(plan, &silent));
    let etcd_is_away = broken.iter().any(|server| server.dependency == Dependency::Etcd);
    let (for_mongodb, groups) = split_off_mongodb(groups, etcd_is_away);
    causes.extend(mongodb_cause(plan, &for_mongodb));
    // Keys that are left over in etcd do not make it less than all.
    let (failing, others): (Groups, Groups) =
        groups.into_iter().partition(|group| group[0].check.verdict == Verdict::Fail);
    if nothing_runs(plan, &failing) {
        causes.push(nothing_runs_cause(plan, &failing));
    } else {
        causes.extend(failing.iter().map(|group| group_cause(plan, group)));
    }
    causes.extend(others.iter().map(|group| group_cause(plan, group)));
    chain::join_known(plan, &mut causes, &waiting, judged);
    show_what_clients_see(&mut causes, judged);
    show_what_is_not_taken(&mut causes, judged);
    causes.sort_by_key(|cause| {
        (Reverse(cause.verdict), Reverse(cause.blocks.len()), Reverse(cause.affects.len()))
    });
    causes
}

/// A server that OpenIM stands on and that it cannot work with.
struct Broken<'j> {
    dependency: Dependency,
    /// Its failing checks, the one that says most first.
    failing: Vec<&'j Judged>,
}

impl Broken<'_> {
    /// What a finding at a service is while this server is broken.
    fn effect_on(&self, found: &Judged) -> Effect {
        let nature = found.finding.nature();
        match (self.dependency, found.service()) {
            (_, None) => Effect::None,
            (Dependency::Etcd, Some(_)) => nature.without_etcd,
            (dependency, Some(service)) if nature.sign.fits(dependency.need_of(service)) => Effect::Blocked,
            (_, Some(_)) => Effect::None,
        }
    }
}

/// Each server with a failing check. One that answers and says what is wrong says more than one that is silent.
fn broken_dependencies(judged: &[Judged]) -> Vec<Broken<'_>> {
    let of = |dependency| {
        let mut failing: Vec<&Judged> = judged
            .iter()
            .filter(|found| {
                found.place == Place::Dependency(dependency) && found.check.verdict == Verdict::Fail
            })
            .collect();
        failing.sort_by_key(|found| {
            !matches!(found.finding, Finding::Dependency(dependency::Finding::Troubled { .. }))
        });
        (!failing.is_empty()).then_some(Broken { dependency, failing })
    };
    Dependency::ALL.into_iter().filter_map(of).collect()
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

/// That the API does not reach auth follows from an auth that is no better off.
fn is_explained_by_auth(found: &Judged, judged: &[Judged]) -> bool {
    is_auth_not_reached(&found.finding)
        && judged.iter().any(|other| {
            other.service() == Some(Service::RpcAuth) && other.check.verdict >= found.check.verdict
        })
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

/// That a service has ended follows from a configuration with which it cannot start.
fn is_explained_by_config(found: &Judged, judged: &[Judged]) -> bool {
    let Some(service) = found.service() else { return false };
    let names_it = |finding: &config::Finding| {
        let mut mistakes = finding.mistakes().iter();
        mistakes.any(|mistake| mistake.gravity == Gravity::Breaks && mistake.services.contains(&service))
    };
    found.finding.nature().sign == Sign::Gone
        && judged.iter().any(|other| matches!(&other.finding, Finding::Config(finding) if names_it(finding)))
}

/// A mistake in the configuration, with the instances that it has ended.
fn config_cause(plan: &Plan, found: &Judged, judged: &[Judged]) -> Option<Cause> {
    let Finding::Config(finding) = &found.finding else { return None };
    if finding.mistakes().is_empty() {
        return None;
    }
    let ended = judged.iter().filter(|other| {
        let own = |service| finding.mistakes().iter().any(|mistake| mistake.services.contains(&service));
        other.service().is_some_and(own) && is_explained_by_config(other, judged)
    });
    Some(Cause { blocks: ended.filter_map(instance_id).collect(), ..lone_cause(plan, found) })
}

/// That a service takes too few messages from Kafka follows from processes of it that are stopped or gone.
fn is_explained_by_processes(found: &Judged, judged: &[Judged]) -> bool {
    matches!(found.finding, Finding::Consumers(_))
        && judged.iter().any(|other| {
            other.service() == found.service()
                && other.check.verdict == Verdict::Fail
                && other.finding.nature().depth == Depth::Process
        })
}

/// Where processes are the cause, Kafka's view of them shows what comes of it.
fn show_what_is_not_taken(causes: &mut [Cause], judged: &[Judged]) {
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

fn dependency_cause(plan: &Plan, server: &Broken<'_>, judged: &[Judged]) -> Cause {
    let first = server.failing[0];
    let of_effect = |wanted| {
        let mut ids: Vec<String> =
            judged.iter().filter(|found| server.effect_on(found) == wanted).filter_map(instance_id).collect();
        ids.dedup();
        ids
    };
    let mut blocks = of_effect(Effect::Blocked);
    let all_wait = server.dependency == Dependency::Etcd && blocks.len() > 1 && !some_are_well(judged);
    if all_wait {
        // The release line's cron task waits too, though it has no socket to show it.
        blocks = running(plan).map(id_of).collect();
    }
    let mut affects = of_effect(Effect::Affected);
    if server.dependency != Dependency::Etcd {
        affects.extend(running_users(plan, server.dependency));
    }
    affects.retain(|id| !blocks.contains(id));
    let about = About { plan, service: None, instance: None };
    let hint = first.finding.hint(&about);
    Cause {
        id: first.check.id.clone(),
        verdict: first.check.verdict,
        subject: server.dependency.to_string(),
        message: match effect(plan, server.dependency, blocks.len()) {
            Some(_) if all_wait => {
                format!("{}: all {} instances wait, logging nothing", first.check.message, blocks.len())
            }
            Some(effect) => format!("{}: {effect}", first.check.message),
            None => first.check.message.clone(),
        },
        said: None,
        hint: hint.map(|hint| with_what_follows(hint, server.dependency, &blocks)),
        checks: server.failing.iter().map(|found| found.check.id.clone()).collect(),
        blocks,
        affects,
    }
}

/// The instances that run and need a server.
fn running_users(plan: &Plan, dependency: Dependency) -> impl Iterator<Item = String> {
    running(plan).filter(move |instance| dependency.need_of(instance.service) != Need::None).map(id_of)
}

fn running(plan: &Plan) -> impl Iterator<Item = &InstancePlan> {
    plan.instances.iter().filter(|instance| instance.sole_process().is_some())
}

fn id_of(instance: &InstancePlan) -> String {
    format!("{}#{}", instance.service.binary(), instance.index)
}

/// Whether any instance shows that it has come up.
fn some_are_well(judged: &[Judged]) -> bool {
    let well = ["listening", "grpc-answers"];
    judged.iter().any(|found| well.contains(&found.finding.nature().symptom))
}

/// So many services are named one by one.
const NAMED_SERVICES: usize = 3;

/// What a broken server does to OpenIM. What was not seen but follows from the graph is worded as a need.
fn effect(plan: &Plan, dependency: Dependency, blocked: usize) -> Option<String> {
    let needs_it: Vec<Service> = plan
        .layout
        .services()
        .filter(|service| dependency.need_of(*service) != Need::None)
        .filter(|service| plan.instances.iter().any(|instance| instance.service == *service))
        .collect();
    let exits = needs_it.iter().any(|service| dependency.need_of(*service) == Need::Exits);
    Some(match (blocked, needs_it.as_slice()) {
        (0, []) => return None,
        (0, _) if dependency == Dependency::Etcd => "nothing can register".to_owned(),
        (0, many) if exits && many.len() > NAMED_SERVICES => format!("{} (none has exited)", need_it(many)),
        (0, services) => need_it(services),
        (1, _) if exits => "1 instance that needs it has exited".to_owned(),
        (many, _) if exits => format!("{many} instances that need it have exited"),
        (1, _) => "1 instance waits for it".to_owned(),
        (many, _) => format!("{many} instances wait for it"),
    })
}

/// "api, rpc-user need it", "7 services need it"
fn need_it(services: &[Service]) -> String {
    match services {
        [one] => format!("{one} needs it"),
        few if few.len() <= NAMED_SERVICES => format!("{} need it", join(few, ", ")),
        many => format!("{} services need it", many.len()),
    }
}

/// Who waits comes up by itself; who has exited does not, unless somebody starts it.
fn with_what_follows(hint: String, dependency: Dependency, blocks: &[String]) -> String {
    let mut needs = blocks
        .iter()
        .filter_map(|id| Some(dependency.need_of(Service::known_by_program(id.split('#').next()?)?)));
    match needs.next() {
        None if dependency == Dependency::Etcd => {
            format!("{hint}; meanwhile what runs goes on with what it knew")
        }
        None => hint,
        Some(Need::Exits) => format!("{hint}; then start the services that have exited, if nothing does"),
        Some(Need::Waits | Need::None) => format!("{hint}; the services come up by themselves"),
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
        message: format!("processes of uid {} are hidden from uid {} ({count})", owners.join(" "), plan.uid),
        said: None,
        hint: Some("run as root, as the user that runs OpenIM, or in its container".to_owned()),
        checks: hidden.iter().map(|found| found.check.id.clone()).collect(),
        blocks: Vec::new(),
        affects: hidden.iter().filter_map(|found| instance_id(found)).collect(),
    })
}

/// A manager that does not answer is one cause, whichever services it has.
fn silent_cause(plan: &Plan, groups: &[Vec<&Judged>]) -> Option<Cause> {
    let unknown: Vec<&Judged> = groups.iter().flatten().copied().collect();
    let (first, silent) = (unknown.first()?, plan.silent.as_ref()?);
    let about = About { plan, service: first.service(), instance: None };
    Some(Cause {
        id: first.check.id.clone(),
        verdict: first.check.verdict,
        subject: silent.manager.to_string(),
        message: format!("{} {}", silent.manager, silent.why),
        said: None,
        hint: first.finding.hint(&about),
        checks: unknown.iter().map(|found| found.check.id.clone()).collect(),
        blocks: Vec::new(),
        affects: Vec::new(),
    })
}

type Groups<'j> = Vec<Vec<&'j Judged>>;

/// Those that wait for MongoDB: some that need it have open ports and nothing behind them, or lack a socket, and
/// of those that do not need it none does. MongoDB itself was not asked, or answers us.
fn split_off_mongodb(groups: Groups, etcd_is_away: bool) -> (Groups, Groups) {
    const LACKING: [&str; 3] = [WAITING_FOR_MONGODB, "no-socket", "too-few-sockets"];
    let symptom = |group: &[&Judged]| group[0].finding.nature().symptom;
    let needs_it = |group: &[&Judged]| group[0].service().is_some_and(waits_for_mongodb);
    let lacks = |group: &[&Judged]| LACKING.contains(&symptom(group));
    let others_lack = groups.iter().any(|group| lacks(group) && !needs_it(group));
    let silent = groups.iter().any(|group| symptom(group) == WAITING_FOR_MONGODB);
    let lacking = groups.iter().filter(|group| lacks(group) && needs_it(group)).count();
    if etcd_is_away || others_lack || (!silent && lacking < 2) {
        return (Vec::new(), groups);
    }
    groups.into_iter().partition(|group| lacks(group) && needs_it(group))
}

/// What waits for MongoDB is one cause.
fn mongodb_cause(plan: &Plan, groups: &[Vec<&Judged>]) -> Option<Cause> {
    let all: Vec<&Judged> = groups.iter().flatten().copied().collect();
    let first = all.first()?;
    let count = match all.len() {
        1 => "1 instance waits".to_owned(),
        many => format!("{many} instances wait"),
    };
    let mut servers = plan.dependencies.iter().filter(|server| server.dependency() == Dependency::MongoDb);
    let address =
        servers.next().map_or_else(String::new, |server| format!(" {}", server.addresses().join(" ")));
    Some(Cause {
        id: first.check.id.clone(),
        verdict: all.iter().map(|found| found.check.verdict).max()?,
        subject: Dependency::MongoDb.to_string(),
        message: format!("{count} for mongodb{address}: ports open, nothing behind them"),
        said: None,
        hint: Some(MONGODB_HINT.to_owned()),
        checks: vec![first.check.id.clone()],
        blocks: all.iter().filter_map(|found| instance_id(found)).collect(),
        affects: Vec::new(),
    })
}

/// Whether several services were looked at, and none has a process: then that is the one thing to say.
fn nothing_runs(plan: &Plan, groups: &[Vec<&Judged>]) -> bool {
    let absent = |group: &Vec<&Judged>| {
        use process::Finding::{NotRunning, Zombie};
        matches!(group[0].finding, Finding::Process(NotRunning | Zombie { .. }))
            || group[0].finding.unit().is_some_and(unit::Finding::is_absence)
    };
    let nobody_is_there = || plan.instances.iter().all(|instance| instance.sole_process().is_none());
    let all_together =
        || groups.iter().flatten().count() == plan.instances.len() && reason_of_all(groups).is_some();
    groups.len() > 1 && (groups.iter().all(absent) && nobody_is_there() || all_together())
}

/// What keeps all of it from running, if it is one unit or container.
fn reason_of_all<'j>(groups: &[Vec<&'j Judged>]) -> Option<&'j unit::Finding> {
    let mut findings = groups.iter().flatten().map(|found| found.finding.unit());
    let first = findings.next()??;
    findings.all(|finding| finding.is_some_and(|finding| finding.has_same_reason(first))).then_some(first)
}

fn nothing_runs_cause(plan: &Plan, groups: &[Vec<&Judged>]) -> Cause {
    let absent = || groups.iter().flatten();
    let first = groups[0][0];
    let (why, hint) = match reason_of_all(groups) {
        Some(reason) => {
            let about = About { plan, service: first.service(), instance: instance_of(plan, first) };
            let name = reason.name().unwrap_or_default();
            (format!("{name} {}", reason.predicate(false)), reason.hint(&about))
        }
        None => (format!("0 of {} processes", plan.instances.len()), Some(plan.start_hint())),
    };
    Cause {
        id: first.check.id.clone(),
        verdict: Verdict::Fail,
        subject: "OpenIM".to_owned(),
        message: format!("OpenIM is not running: {why}"),
        said: None,
        hint,
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

fn instance_of<'p>(plan: &'p Plan, found: &Judged) -> Option<&'p InstancePlan> {
    let Place::Instance(service, index) = found.place else { return None };
    plan.instances.iter().find(|instance| instance.service == service && instance.index == index)
}

fn instance_id(found: &Judged) -> Option<String> {
    Some(format!("{}#{}", found.service()?.binary(), found.place.index()?))
}

//! A server that OpenIM stands on and that is broken, with what waits for it, has ended without it, or will miss it.

use super::{Groups, NAMED_SERVICES, id_of, instance_id, need_it};
use crate::check::judge::Judged;
use crate::check::kind::registry::{WAITING_FOR_MONGODB, WITHOUT_MONGODB, mongodb_hint, waits_for_mongodb};
use crate::check::kind::room::Shortage;
use crate::check::kind::words::{have, s};
use crate::check::kind::{About, Effect, Finding, Place, Sentences, Sign, dependency, host};
use crate::check::plan::{InstancePlan, Plan};
use crate::check::report::{Cause, Verdict};
use crate::openim::dependency::{Dependency, Need};
use crate::openim::service::Service;

/// A server that OpenIM stands on and that it cannot work with.
pub(super) struct Broken<'j> {
    pub(super) dependency: Dependency,
    /// The services that look for it there, where not all do.
    only: Option<&'j [Service]>,
    /// Its failing checks, the one that says most first.
    failing: Vec<&'j Judged>,
}

impl Broken<'_> {
    /// What a finding at a service is while this server is broken.
    pub(super) fn effect_on(&self, found: &Judged) -> Effect {
        let nature = found.finding.nature();
        match (self.dependency, found.service()) {
            (_, None) => Effect::None,
            (_, Some(service)) if !self.is_looked_for_by(service) => Effect::None,
            // Who looks at another etcd registers there, or nowhere.
            (Dependency::Etcd, Some(_))
                if self.only.is_some() && matches!(found.finding, Finding::Registry(_)) =>
            {
                Effect::Blocked
            }
            (Dependency::Etcd, Some(_)) => nature.without_etcd,
            (dependency, Some(service)) if nature.sign.fits(dependency.need_of(service)) => Effect::Blocked,
            (_, Some(_)) => Effect::None,
        }
    }

    /// Whether it is the one that does not run, and lacks this.
    fn lacks(&self, shortage: &Shortage) -> bool {
        self.only.is_none() && shortage.of_dead() == Some(self.dependency)
    }

    fn is_looked_for_by(&self, service: Service) -> bool {
        self.only.is_none_or(|services| services.contains(&service))
    }

    fn is_needed_by(&self, service: Service) -> bool {
        self.is_looked_for_by(service) && self.dependency.need_of(service) != Need::None
    }
}

/// Each server with a failing check. One that answers and says what is wrong says more than one that is silent.
pub(super) fn broken_dependencies(judged: &[Judged]) -> Vec<Broken<'_>> {
    let of = |dependency| {
        let mut failing: Vec<&Judged> = judged
            .iter()
            .filter(|found| {
                found.place == Place::Dependency(dependency)
                    && found.check.verdict == Verdict::Fail
                    && only_for(found).is_none()
            })
            .collect();
        failing.sort_by_key(|found| {
            !matches!(found.finding, Finding::Dependency(dependency::Finding::Troubled { .. }))
        });
        (!failing.is_empty()).then_some(Broken { dependency, only: None, failing })
    };
    let everywhere = Dependency::ALL.into_iter().filter_map(of);
    everywhere.chain(judged.iter().filter_map(broken_elsewhere)).collect()
}

/// A server that is broken where only some services look.
fn broken_elsewhere(found: &Judged) -> Option<Broken<'_>> {
    let Place::Dependency(dependency) = found.place else { return None };
    let only = only_for(found).filter(|_| found.check.verdict == Verdict::Fail)?;
    Some(Broken { dependency, only: Some(only), failing: vec![found] })
}

/// The services that look where this finding was made, where the others look elsewhere.
fn only_for(found: &Judged) -> Option<&[Service]> {
    let Finding::Dependency(dependency::Finding::Apart { apart, .. }) = &found.finding else { return None };
    Some(&apart.services)
}

pub(super) fn dependency_cause(plan: &Plan, server: &Broken<'_>, judged: &[Judged]) -> Cause {
    let first = server.failing[0];
    let of_effect = |wanted| distinct(judged.iter().filter(|found| server.effect_on(found) == wanted));
    let mut blocks = of_effect(Effect::Blocked);
    let is_exited = |found: &&Judged| {
        server.effect_on(found) == Effect::Blocked && found.finding.nature().sign == Sign::Gone
    };
    let exited = distinct(judged.iter().filter(is_exited)).len();
    let all_wait = server.dependency == Dependency::Etcd
        && server.only.is_none()
        && blocks.len() > 1
        && !some_are_well(judged);
    if all_wait {
        // The release line's cron task waits too, though it has no socket to show it.
        blocks = running(plan).map(id_of).collect();
    }
    let mut affects = of_effect(Effect::Affected);
    if server.dependency != Dependency::Etcd {
        affects.extend(running_users(plan, server));
    }
    affects.retain(|id| !blocks.contains(id));
    let blocked = Blocked { waiting: blocks.len().saturating_sub(exited), exited };
    let what_it_does = match effect(plan, server, blocked) {
        Some(_) if all_wait => Some(format!("all {} instances wait, logging nothing", blocks.len())),
        known => known,
    };
    let lacks = lack_of_room(server, judged);
    let evidence = server.failing.iter().copied().chain(lacks.map(|(found, _)| found));
    Cause {
        id: first.check.id.clone(),
        verdict: first.check.verdict,
        subject: server.dependency.to_string(),
        message: [Some(first.check.message.clone()), what_it_does]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(": "),
        said: None,
        hint: hint(plan, server, blocked, lacks.map(|(_, shortage)| shortage)),
        checks: evidence.map(|found| found.check.id.clone()).collect(),
        blocks,
        affects,
    }
}

/// What to do about the server, first of all for its room, and what comes of it.
fn hint(plan: &Plan, server: &Broken<'_>, blocked: Blocked, lacks: Option<&Shortage>) -> Option<String> {
    let about = About { plan, service: None, instance: None };
    let hint = server.failing[0].finding.hint(&about)?;
    let hint = match lacks {
        Some(shortage) => format!("{}; then {hint}", shortage.remedy()),
        None => hint,
    };
    Some(match server.only {
        None => with_what_follows(hint, server.dependency, blocked),
        Some(_) => hint,
    })
}

/// That there is no room where a server keeps its data, which does not run.
fn lack_of_room<'j>(server: &Broken<'_>, judged: &'j [Judged]) -> Option<(&'j Judged, &'j Shortage)> {
    let mut lacks = judged.iter().filter_map(|found| Some((found, shortage_of_dead(found)?)));
    lacks.find(|(_, shortage)| server.lacks(shortage))
}

/// Whether a lack of room is told under the server that is broken.
pub(super) fn is_told_under_one(found: &Judged, broken: &[Broken<'_>]) -> bool {
    shortage_of_dead(found).is_some_and(|shortage| broken.iter().any(|server| server.lacks(shortage)))
}

fn shortage_of_dead(found: &Judged) -> Option<&Shortage> {
    let Finding::Host(host::Finding::NoRoom(shortage)) = &found.finding else { return None };
    shortage.of_dead().map(|_| shortage)
}

/// How many instances do not serve for want of a server, by what they do without it.
#[derive(Clone, Copy)]
struct Blocked {
    waiting: usize,
    exited: usize,
}

/// The instances of these findings, each once: its process and its unit tell the same.
fn distinct<'j>(found: impl Iterator<Item = &'j Judged>) -> Vec<String> {
    let mut ids: Vec<String> = found.filter_map(instance_id).collect();
    ids.dedup();
    ids
}

/// The instances that run and need a server.
fn running_users(plan: &Plan, server: &Broken<'_>) -> impl Iterator<Item = String> {
    running(plan).filter(|instance| server.is_needed_by(instance.service)).map(id_of)
}

fn running(plan: &Plan) -> impl Iterator<Item = &InstancePlan> {
    plan.instances.iter().filter(|instance| instance.sole_process().is_some())
}

/// Whether any instance shows that it has come up.
fn some_are_well(judged: &[Judged]) -> bool {
    let well = ["listening", "grpc-answers"];
    judged.iter().any(|found| well.contains(&found.finding.nature().symptom))
}

/// What a broken server does to OpenIM. What was not seen but follows from the graph is worded as a need.
fn effect(plan: &Plan, server: &Broken<'_>, blocked: Blocked) -> Option<String> {
    let dependency = server.dependency;
    let needs_it: Vec<Service> = plan
        .layout
        .services()
        .filter(|service| server.is_needed_by(*service))
        .filter(|service| plan.instances.iter().any(|instance| instance.service == *service))
        .collect();
    let exits = needs_it.iter().any(|service| dependency.need_of(*service) == Need::Exits);
    Some(match (blocked.waiting, blocked.exited) {
        (0, 0) => match needs_it.as_slice() {
            [] => return None,
            _ if dependency == Dependency::Etcd && server.only.is_none() => "nothing can register".to_owned(),
            many if exits && many.len() > NAMED_SERVICES => format!("{} (none has exited)", need_it(many)),
            services => need_it(services),
        },
        (0, 1) => "1 instance that needs it has exited".to_owned(),
        (0, many) => format!("{many} instances that need it have exited"),
        (1, 0) => "1 instance waits for it".to_owned(),
        (many, 0) => format!("{many} instances wait for it"),
        (waiting, exited) => format!(
            "{} instances need it: {exited} {} exited, {waiting} wait{}",
            waiting + exited,
            have(exited > 1),
            s(waiting > 1)
        ),
    })
}

/// Who waits comes up by itself; who has exited does not, unless somebody starts it.
fn with_what_follows(hint: String, dependency: Dependency, blocked: Blocked) -> String {
    match (blocked.waiting, blocked.exited) {
        (0, 0) if dependency == Dependency::Etcd => {
            format!("{hint}; meanwhile what runs goes on with what it knew")
        }
        (0, 0) => hint,
        (_, 1..) => format!("{hint}; then start the services that have exited, if nothing does"),
        (_, 0) if dependency == Dependency::MongoDb => format!("{hint}; {WITHOUT_MONGODB}"),
        (_, 0) => format!("{hint}; the services come up by themselves"),
    }
}

/// Those that wait for MongoDB: some that need it have open ports and nothing behind them, or lack a socket, and
/// of those that do not need it none does. MongoDB itself was not asked, or answers us.
pub(super) fn split_off_mongodb(groups: Groups, etcd_is_away: bool) -> (Groups, Groups) {
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
pub(super) fn mongodb_cause(plan: &Plan, groups: &[Vec<&Judged>]) -> Option<Cause> {
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
        hint: Some(mongodb_hint()),
        checks: vec![first.check.id.clone()],
        blocks: all.iter().filter_map(|found| instance_id(found)).collect(),
        affects: Vec::new(),
    })
}

//! Whether messages flow: Kafka's own view of who takes them, against the processes that should.
//!
//! Each process of msgtransfer is one member of two groups, each of push of two others. A process that hangs keeps its
//! ports and its place in the registry, but Kafka drops it from its groups after ten seconds.

use std::cmp::Reverse;
use std::time::Duration;

use super::words::{Count, join, s};
use super::{About, Depth, Effect, Found, Look, Nature, Place, Planned, Sentences};
use crate::check::facts::Asked;
use crate::check::plan::{InstancePlan, Plan};
use crate::check::report::Kind;
use crate::openim::dependency::{Dependency, Kafka, Settings};
use crate::openim::service::Service;
use crate::probe::dependency::{Backlog, Examined, Group, GroupState};

/// The last part of the check's id.
const NAME: &str = "consumes";

/// A consumer joins within seconds, but after a kill its group waits for the dead member as long as a session lasts.
const JOIN_GRACE: Duration = Duration::from_secs(20);

// What it plans.

/// One check for each service that takes messages from Kafka.
pub(super) fn plan(plan: &Plan) -> Vec<Planned> {
    let Some(kafka) = kafka(plan) else { return Vec::new() };
    let planned = consumers(plan, kafka).map(|service| Planned {
        id: format!("{}/{NAME}", service.binary()),
        kind: Kind::Dependency,
        service: Some(service),
        expects: format!("{} at Kafka {}", expects(kafka, service), kafka.addresses.join(" ")),
        from: kafka.origin.clone(),
    });
    planned.collect()
}

/// Whether Kafka has to be asked for it.
pub(super) fn is_wanted(plan: &Plan) -> bool {
    self::plan(plan).iter().any(|check| plan.wants(check.service, check.kind, &check.id))
}

fn kafka(plan: &Plan) -> Option<&Kafka> {
    plan.dependencies.iter().find_map(|settings| match settings {
        Settings::Kafka(kafka) => Some(kafka),
        Settings::Etcd(_)
        | Settings::Redis(_)
        | Settings::MongoDb(_)
        | Settings::Minio(_)
        | Settings::ZooKeeper(_)
        | Settings::OpenIm(_) => None,
    })
}

/// The services of the plan that take messages, in the order of a message's way.
fn consumers<'p>(plan: &'p Plan, kafka: &'p Kafka) -> impl Iterator<Item = Service> + 'p {
    let mut services: Vec<Service> = kafka.topics.iter().map(|topic| topic.consumer).collect();
    services.dedup();
    services.into_iter().filter(|service| instances(plan, *service).next().is_some())
}

fn instances(plan: &Plan, service: Service) -> impl Iterator<Item = &InstancePlan> {
    plan.instances.iter().filter(move |instance| instance.service == service)
}

/// "a member of groups redis and mongo for each process"
fn expects(kafka: &Kafka, service: Service) -> String {
    let own = kafka.topics.iter().filter(|topic| topic.consumer == service && !topic.group.is_empty());
    let groups: Vec<&str> = own.map(|topic| topic.group.as_str()).collect();
    format!("a member of group{} {} for each process", s(groups.len() == 1), join(&groups, " and "))
}

// How it judges.

/// Each consuming service, as far as Kafka has told of its groups.
pub(super) fn judge(look: &Look) -> Vec<Found> {
    let Some(kafka) = kafka(look.plan) else { return Vec::new() };
    let Some(Asked::Done(Ok(Examined { outcome: Ok(answer), took }))) =
        look.facts.dependencies.get(&Dependency::Kafka)
    else {
        // Kafka's own checks say why.
        return Vec::new();
    };
    let found = consumers(look.plan, kafka).map(|service| Found {
        place: Place::Service(service),
        name: NAME,
        target: kafka.addresses.join(" "),
        expected: expects(kafka, service),
        finding: super::Finding::Consumers(judge_service(look.plan, service, &answer.groups)),
        took: *took,
    });
    found.collect()
}

/// The worst of its groups.
fn judge_service(plan: &Plan, service: Service, groups: &[Group]) -> Finding {
    let processes: Vec<Duration> =
        instances(plan, service).filter_map(|instance| Some(instance.sole_process()?.uptime)).collect();
    let own = || groups.iter().filter(|group| group.topic.consumer == service);
    let found = own().map(|group| judge_group(group, &processes));
    let all_well = || Finding::Well {
        members: own().map(|group| group.members).min().unwrap_or(0),
        waiting: own().map(|group| group.backlog.waiting).sum(),
    };
    // Of equals the first: what is stuck at the beginning of a message's way never comes to its end.
    found.flatten().min_by_key(|finding| Reverse(finding.nature().verdict)).unwrap_or_else(all_well)
}

/// `None` where it is well.
fn judge_group(group: &Group, processes: &[Duration]) -> Option<Finding> {
    let name = group.topic.group.clone();
    let (members, count) = (group.members, processes.len());
    let young = processes.iter().filter(|uptime| **uptime < JOIN_GRACE).count();
    // Who has just started may not be a member yet, and excuses nobody but itself.
    let may_be_joining = young > 0 && members >= count - young;
    match &group.state {
        GroupState::Hidden(why) => Some(Finding::Hidden { group: name, why: why.clone() }),
        GroupState::Rebalancing if young > 0 => Some(Finding::Joining { group: name, members }),
        GroupState::Rebalancing => Some(Finding::Rebalancing { group: name }),
        GroupState::Settled if members < count && may_be_joining => {
            Some(Finding::Joining { group: name, members })
        }
        GroupState::Settled if members == 0 && (count > 0 || group.backlog.waiting > 0) => {
            Some(Finding::Nobody { group: name, waiting: group.backlog.waiting, grows: grows(group) })
        }
        GroupState::Settled if members < count => {
            Some(Finding::TooFew { group: name, members, processes: count })
        }
        GroupState::Settled if falls_behind(group) => {
            Some(Finding::Behind { group: name, waiting: group.backlog.waiting })
        }
        GroupState::Settled => None,
    }
}

fn grows(group: &Group) -> bool {
    group.later.is_some_and(|later| later.waiting > group.backlog.waiting)
}

/// Whether more waits than comes in ten seconds (thirty looks), and ever more of it. Members commit once a second, so
/// what came within that always seems to wait.
fn falls_behind(group: &Group) -> bool {
    const LOOKS: u64 = 30;
    let Some(Backlog { waiting, end }) = group.later else { return false };
    let came = end.saturating_sub(group.backlog.end);
    grows(group) && waiting > came.saturating_mul(LOOKS)
}

// Its sentences.

/// What can be found of a service that takes messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::check) enum Finding {
    /// Every process is a member of every group.
    Well { members: usize, waiting: u64 },
    /// It has just started and is not a member yet.
    Joining { group: String, members: usize },
    /// The group is dividing its work anew, and nobody takes a message meanwhile.
    Rebalancing { group: String },
    /// The group is there and nobody is in it.
    Nobody { group: String, waiting: u64, grows: bool },
    /// Some processes are no members.
    TooFew { group: String, members: usize, processes: usize },
    /// All are there, and more comes than they take.
    Behind { group: String, waiting: u64 },
    /// Kafka does not tell.
    Hidden { group: String, why: String },
}

impl Finding {
    /// What it adds to a sentence that says already what is wrong with the processes.
    pub(in crate::check) fn addition(&self) -> String {
        match self {
            Self::Nobody { .. } => self.got(),
            Self::TooFew { group, members, .. } => {
                format!("group {group} has {}", Count::of(*members, "member", "members"))
            }
            Self::Well { .. }
            | Self::Joining { .. }
            | Self::Rebalancing { .. }
            | Self::Behind { .. }
            | Self::Hidden { .. } => self.got(),
        }
    }
}

impl Sentences for Finding {
    fn nature(&self) -> Nature {
        match self {
            Self::Well { .. } => Nature::pass("consumes"),
            Self::Joining { .. } => Nature::starting("joins"),
            Self::Rebalancing { .. } => Nature::warn("rebalances"),
            // A service that waits for another server has not come to joining its groups.
            Self::Nobody { .. } => {
                Nature::fail("consumes-nothing", Depth::Answer).without_etcd(Effect::Blocked)
            }
            Self::TooFew { .. } => {
                Nature::fail("too-few-members", Depth::Answer).without_etcd(Effect::Blocked)
            }
            Self::Behind { .. } => Nature::warn("falls-behind"),
            Self::Hidden { .. } => Nature::unknown("groups-hidden", Depth::Other),
        }
    }

    fn predicate(&self, several: bool) -> String {
        let s = s(several);
        match self {
            Self::Well { .. } => format!("take{s} messages"),
            Self::Joining { group, members } => {
                let members = Count::of(*members, "member", "members");
                format!("{} joining group {group} ({members} so far)", super::words::be(several))
            }
            Self::Rebalancing { group } => {
                format!("take{s} no messages at the moment: group {group} divides its partitions anew")
            }
            Self::Nobody { .. } => format!("take{s} no messages: {}", self.got()),
            Self::TooFew { group, members, processes } => {
                let missing = processes - members;
                let members = Count::of(*members, "member", "members");
                format!("run{s} but {missing} of {processes} take no messages: group {group} has {members}")
            }
            Self::Behind { group, waiting } => {
                format!("take{s} fewer messages than come: {waiting} wait in group {group}, and ever more")
            }
            Self::Hidden { group, why } => format!("cannot be looked for in group {group}: {why}"),
        }
    }

    fn got(&self) -> String {
        match self {
            Self::Well { members, waiting } => format!("{members} in each, {waiting} messages wait"),
            Self::Joining { group, members } => format!("{members} in group {group}, which is being joined"),
            Self::Rebalancing { group } => format!("group {group} is rebalancing"),
            Self::Nobody { group, waiting: 0, .. } => format!("group {group} has no member"),
            Self::Nobody { group, waiting, grows } => {
                let growing = if *grows { ", growing" } else { "" };
                format!("group {group} has no member, {waiting} wait{growing}")
            }
            Self::TooFew { group, members, processes } => {
                format!("{members} in group {group} for {processes} processes")
            }
            Self::Behind { group, waiting } => format!("{waiting} messages wait in group {group}, growing"),
            Self::Hidden { group, why } => format!("no word of group {group}: {why}"),
        }
    }

    fn hint(&self, about: &About) -> Option<String> {
        let name = about.service.map_or("openim-msgtransfer", Service::binary);
        match self {
            Self::Well { .. } | Self::Joining { .. } => None,
            Self::Rebalancing { .. } => {
                Some(format!("look again in 15 s; if it goes on, see which {name} restarts"))
            }
            Self::Nobody { .. } | Self::TooFew { .. } => {
                Some(format!("see the last errors of {name}, and restart those that take nothing"))
            }
            Self::Behind { .. } => Some(format!("see what slows {name} (MongoDB, Redis), or run more of it")),
            Self::Hidden { .. } => Some("allow OpenIM's user Describe on its groups".to_owned()),
        }
    }

    fn consequence(&self, about: &About) -> Option<String> {
        match (self, about.service) {
            (Self::Nobody { .. }, Some(Service::MsgTransfer)) => {
                Some("messages are accepted but not delivered".to_owned())
            }
            (Self::Nobody { .. }, Some(Service::Push)) => {
                Some("messages are stored but not pushed".to_owned())
            }
            (
                Self::Nobody { .. }
                | Self::Well { .. }
                | Self::Joining { .. }
                | Self::Rebalancing { .. }
                | Self::TooFew { .. }
                | Self::Behind { .. }
                | Self::Hidden { .. },
                _,
            ) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openim::dependency::Topic;

    const OLD: Duration = Duration::from_mins(1);

    fn group(members: usize, waiting: u64) -> Group {
        let topic =
            Topic { name: "toRedis".to_owned(), group: "redis".to_owned(), consumer: Service::MsgTransfer };
        Group { members, backlog: Backlog { waiting, end: 5000 }, ..Group::empty(&topic) }
    }

    fn predicate(group: &Group, processes: usize) -> Option<String> {
        Some(judge_group(group, &vec![OLD; processes])?.predicate(false))
    }

    #[test]
    fn members_are_compared_with_processes() {
        assert_eq!(predicate(&group(8, 3), 8), None);
        // Another machine's processes are members, too.
        assert_eq!(predicate(&group(16, 3), 8), None);
        assert_eq!(predicate(&group(0, 0), 0), None);
        assert_eq!(
            predicate(&group(5, 0), 8).as_deref(),
            Some("runs but 3 of 8 take no messages: group redis has 5 members")
        );
        assert_eq!(
            predicate(&group(0, 47), 8).as_deref(),
            Some("takes no messages: group redis has no member, 47 wait")
        );
    }

    #[test]
    fn who_has_just_started_is_joining() {
        let found = judge_group(&group(1, 0), &[OLD, Duration::from_secs(1)]);
        assert_eq!(found, Some(Finding::Joining { group: "redis".to_owned(), members: 1 }));
    }

    #[test]
    fn one_that_has_just_started_does_not_excuse_those_that_hang() {
        let processes: Vec<Duration> = [vec![OLD; 7], vec![Duration::from_secs(1)]].concat();
        let joining = judge_group(&group(7, 0), &processes);
        assert_eq!(joining, Some(Finding::Joining { group: "redis".to_owned(), members: 7 }));
        let hanging = judge_group(&group(1, 0), &processes).map(|finding| finding.predicate(false));
        let wanted = "runs but 7 of 8 take no messages: group redis has 1 member";
        assert_eq!(hanging.as_deref(), Some(wanted));
        let nobody = judge_group(&group(0, 5), &processes).map(|finding| finding.predicate(false));
        assert_eq!(nobody.as_deref(), Some("takes no messages: group redis has no member, 5 wait"));
    }

    #[test]
    fn a_lag_that_commits_explain_is_none_and_one_that_they_do_not_is() {
        let later = |waiting, end| Some(Backlog { waiting, end });
        let busy = Group { later: later(5500, 6500), ..group(8, 5000) };
        assert_eq!(predicate(&busy, 8), None);
        let slow = Group { later: later(90_100, 5200), ..group(8, 90_000) };
        assert!(predicate(&slow, 8).unwrap().contains("90000 wait in group redis, and ever more"));
    }
}

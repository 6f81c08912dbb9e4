//! What the manager of a service says of it: why there is no process, and what happens next.

use std::fmt;

use super::words::{Count, Times, be, have, s};
use super::{About, Depth, Found, Look, Nature, Place, Planned, Sentences, Sign};
use crate::check::managers::Silent;
use crate::check::plan::{InstancePlan, Plan};
use crate::check::report::Kind;
use crate::host::manager::{Charge, Condition, End, Link, Manager, Silence, Unusable};

// What it plans.

/// One check for each instance that a manager has, or should have told of.
pub(super) fn plan(plan: &Plan, instance: &InstancePlan) -> Vec<Planned> {
    let check = |from: String| Planned {
        id: instance.check_id("unit"),
        kind: Kind::Unit,
        service: Some(instance.service),
        expects: "its manager has it running".to_owned(),
        from,
    };
    match (&instance.charge, &plan.silent) {
        (Some(charge), _) => vec![check(format!("{} of {}", charge.name, charge.manager))],
        (None, Some(silent)) => vec![check(format!("{}, which {}", silent.manager, silent.why))],
        (None, None) => Vec::new(),
    }
}

// What it asks: nothing. The managers are asked for the plan (`managers`).

// How it judges.

/// What its manager says of an instance.
pub(super) fn judge(look: &Look, instance: &InstancePlan) -> Vec<Found> {
    let (target, finding) = match (&instance.charge, &look.plan.silent) {
        (Some(charge), _) if look.newcomer(instance).is_some() => {
            (charge.name.clone(), super::Finding::NotLookedAt { why: "it has just started" })
        }
        (Some(charge), _) => (charge.name.clone(), super::Finding::Unit(find(look, instance, charge))),
        (None, Some(silent)) => (silent.manager.to_string(), find_silent(silent)),
        (None, None) => return Vec::new(),
    };
    vec![Found {
        place: Place::Instance(instance.service, instance.index),
        name: "unit",
        target,
        expected: "running".to_owned(),
        finding,
        took: look.plan.managers_took,
    }]
}

/// Only who was asked for by name is missed; else the other checks decide.
fn find_silent(silent: &Silent) -> super::Finding {
    let Silent { manager, why, was_wanted } = silent.clone();
    if was_wanted {
        super::Finding::Unit(Finding::Silent { manager, why })
    } else {
        super::Finding::NotLookedAt { why: "its manager gives no answer" }
    }
}

/// A process that restarts this often within its first seconds does not come up.
const LOOP: u32 = 3;

fn find(look: &Look, instance: &InstancePlan, charge: &Charge) -> Finding {
    let is_young = instance.sole_process().is_some_and(|process| process.uptime < look.plan.grace);
    let told = Told {
        manager: charge.manager,
        name: charge.name.clone(),
        at_boot: charge.at_boot,
        start: charge.start_command(),
    };
    if let Some(process) = instance.sole_process().filter(|_| charge.is_down()) {
        return Finding::Outside { told, pid: process.pid };
    }
    if let Some(link) = &charge.waits_for {
        return Finding::Waits { told, link: link.clone() };
    }
    match charge.condition.clone() {
        Condition::Running { restarts } if is_young && restarts.is_some_and(|count| count >= LOOP) => {
            Finding::Restarting { told, restarts, end: End::Unknown }
        }
        Condition::Running { .. } if charge.is_stale => Finding::Stale { told },
        Condition::Running { .. } if charge.is_unhealthy => Finding::Unhealthy { told },
        Condition::Running { restarts } => Finding::Running { told, restarts },
        Condition::Paused => Finding::Paused { told },
        Condition::ComingUp => Finding::ComingUp { told },
        Condition::GoingDown => Finding::GoingDown { told },
        Condition::Restarting { restarts, end } => Finding::Restarting { told, restarts, end },
        Condition::Stopped => Finding::Stopped { told },
        Condition::NeverStarted => Finding::NeverStarted { told },
        Condition::Idle => Finding::Idle { told },
        Condition::Ended => Finding::Ended { told },
        Condition::Crashed(end) => Finding::Crashed { told, end },
        Condition::GaveUp { restarts, end } => Finding::GaveUp { told, restarts, end },
        Condition::Unusable(why) => Finding::Unusable { told, why },
    }
}

// Its sentences.

/// Who says it, and of what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::check) struct Told {
    manager: Manager,
    name: String,
    at_boot: Option<bool>,
    /// The command that brings it up.
    start: String,
}

/// What a manager can say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::check) enum Finding {
    Running { told: Told, restarts: Option<u32> },
    Stale { told: Told },
    Unhealthy { told: Told },
    Paused { told: Told },
    Outside { told: Told, pid: u32 },
    ComingUp { told: Told },
    GoingDown { told: Told },
    Restarting { told: Told, restarts: Option<u32>, end: End },
    Stopped { told: Told },
    NeverStarted { told: Told },
    Idle { told: Told },
    Ended { told: Told },
    Crashed { told: Told, end: End },
    GaveUp { told: Told, restarts: Option<u32>, end: End },
    Unusable { told: Told, why: Unusable },
    Waits { told: Told, link: Link },
    Silent { manager: Manager, why: Silence },
}

impl Finding {
    /// Whether it says that there is no process.
    pub(in crate::check) const fn is_absence(&self) -> bool {
        match self {
            Self::Restarting { .. }
            | Self::Stopped { .. }
            | Self::NeverStarted { .. }
            | Self::Idle { .. }
            | Self::Ended { .. }
            | Self::Crashed { .. }
            | Self::GaveUp { .. }
            | Self::Unusable { .. }
            | Self::Waits { .. } => true,
            Self::Running { .. }
            | Self::Stale { .. }
            | Self::Unhealthy { .. }
            | Self::Paused { .. }
            | Self::Outside { .. }
            | Self::ComingUp { .. }
            | Self::GoingDown { .. }
            | Self::Silent { .. } => false,
        }
    }

    /// Whether what keeps an instance from running keeps the other one as well: one unit or container is both.
    pub(in crate::check) fn has_same_reason(&self, other: &Self) -> bool {
        (self.is_absence() || matches!(self, Self::Paused { .. })) && self == other
    }

    /// The name of what its manager runs.
    pub(in crate::check) fn name(&self) -> Option<&str> {
        self.told().map(|told| told.name.as_str())
    }

    /// The unit that has to be mended first.
    pub(in crate::check) const fn waits_for(&self) -> Option<&Link> {
        match self {
            Self::Waits { link, .. } => Some(link),
            Self::Running { .. }
            | Self::Stale { .. }
            | Self::Unhealthy { .. }
            | Self::Paused { .. }
            | Self::Outside { .. }
            | Self::ComingUp { .. }
            | Self::GoingDown { .. }
            | Self::Restarting { .. }
            | Self::Stopped { .. }
            | Self::NeverStarted { .. }
            | Self::Idle { .. }
            | Self::Ended { .. }
            | Self::Crashed { .. }
            | Self::GaveUp { .. }
            | Self::Unusable { .. }
            | Self::Silent { .. } => None,
        }
    }

    const fn told(&self) -> Option<&Told> {
        match self {
            Self::Running { told, .. }
            | Self::Stale { told }
            | Self::Unhealthy { told }
            | Self::Paused { told }
            | Self::Outside { told, .. }
            | Self::ComingUp { told }
            | Self::GoingDown { told }
            | Self::Restarting { told, .. }
            | Self::Stopped { told }
            | Self::NeverStarted { told }
            | Self::Idle { told }
            | Self::Ended { told }
            | Self::Crashed { told, .. }
            | Self::GaveUp { told, .. }
            | Self::Unusable { told, .. }
            | Self::Waits { told, .. } => Some(told),
            Self::Silent { .. } => None,
        }
    }
}

impl Sentences for Finding {
    fn nature(&self) -> Nature {
        let absent = |symptom| Nature::fail(symptom, Depth::Manager);
        match self {
            Self::Running { .. } => Nature::pass("kept"),
            Self::Stale { .. } => Nature::warn("unit-stale"),
            Self::Unhealthy { .. } => Nature::warn("unit-unhealthy"),
            Self::Paused { .. } => absent("unit-paused"),
            Self::Outside { .. } => Nature::warn("outside-its-unit"),
            Self::ComingUp { .. } => Nature::starting("unit-coming-up"),
            Self::GoingDown { .. } => absent("unit-going-down"),
            Self::Restarting { .. } => absent("restarting").sign(Sign::Gone),
            Self::Stopped { .. } => absent("stopped-on-purpose"),
            Self::NeverStarted { .. } => absent("never-started"),
            Self::Idle { .. } => absent("unit-idle"),
            Self::Ended { .. } => absent("ended-by-itself"),
            Self::Crashed { .. } => absent("crashed").sign(Sign::Gone),
            Self::GaveUp { .. } => absent("given-up").sign(Sign::Gone),
            Self::Unusable { .. } => absent("unit-unusable"),
            Self::Waits { .. } => absent("waits-for-a-unit"),
            Self::Silent { .. } => Nature::unknown("manager-silent", Depth::Other),
        }
    }

    fn predicate(&self, several: bool) -> String {
        let (was, have) = (if several { "were" } else { "was" }, have(several));
        match self {
            Self::Running { told, restarts: None | Some(0) } => {
                format!("{} kept running by {}", be(several), told.manager)
            }
            Self::Running { told, restarts: Some(restarts) } => {
                format!("{} kept running by {}, restarted {}", be(several), told.manager, Times(*restarts))
            }
            Self::Stale { told } => {
                format!("run{} by an older unit file than is on disk ({})", s(several), told.name)
            }
            Self::Unhealthy { told } => {
                format!(
                    "{} unhealthy for {}, whose own check of {} fails",
                    be(several),
                    told.manager,
                    told.name
                )
            }
            Self::Paused { told } => format!("{} paused by {}", be(several), told.manager),
            Self::Outside { told, .. } => format!("run{}, but not by {}", s(several), told.name),
            Self::ComingUp { told } => format!("{} being started by {}", be(several), told.manager),
            Self::GoingDown { told } => format!("{} being stopped by {}", be(several), told.manager),
            Self::Restarting { restarts: Some(0), end, .. } => {
                format!("crashed{} and {} about to be restarted", in_brackets(end), be(several))
            }
            Self::Restarting { restarts, end, .. } => {
                let count = restarts.map_or_else(String::new, |count| format!(" ({} so far)", Times(count)));
                format!("restart{} again and again{count}{}", s(several), behind_colon(end))
            }
            Self::Stopped { told } => format!("{was} stopped on purpose, through {}", told.manager),
            Self::NeverStarted { told } if told.at_boot == Some(false) => {
                format!("{have} never been started: {} is not enabled", told.name)
            }
            Self::NeverStarted { told } => format!("{have} never been started by {}", told.manager),
            Self::Idle { told } => format!("{was} stopped or never started: {} is inactive", told.name),
            Self::Ended { .. } => "ended by itself, without an error".to_owned(),
            Self::Crashed { end: end @ (End::Signal(_) | End::SomeSignal), .. } => {
                format!("{was} killed by {end}")
            }
            Self::Crashed { end, .. } => format!("crashed{}", in_brackets(end)),
            Self::GaveUp { told, restarts, end } => {
                let count = restarts.map_or_else(String::new, |count| format!(" after {count} restarts"));
                format!("crashed too often: {} gave up{count}{}", told.manager, in_brackets(end))
            }
            Self::Unusable { why, .. } => format!("cannot be started: {why}"),
            Self::Waits { link, .. } => {
                format!("cannot run without {}, which {}", link.name, unit_state(&link.condition))
            }
            Self::Silent { manager, why } => {
                format!("{} not known by its unit: {manager} {why}", be(several))
            }
        }
    }

    fn got(&self) -> String {
        let state = match self {
            Self::Running { restarts, .. } => format!("running{}", Restarts(*restarts)),
            Self::Stale { .. } => "running, daemon-reload needed".to_owned(),
            Self::Unhealthy { .. } => "running, unhealthy".to_owned(),
            Self::Paused { .. } => "paused".to_owned(),
            Self::Outside { pid, .. } => format!("inactive, and pid {pid} runs without it"),
            Self::ComingUp { .. } => "starting".to_owned(),
            Self::GoingDown { .. } => "stopping".to_owned(),
            Self::Restarting { restarts, end, .. } => {
                format!("waiting to restart{}, {end}", Restarts(*restarts))
            }
            Self::Stopped { .. } => "stopped".to_owned(),
            Self::NeverStarted { .. } => "never started".to_owned(),
            Self::Idle { .. } => "inactive".to_owned(),
            Self::Ended { .. } => "ended".to_owned(),
            Self::Crashed { end, .. } => format!("failed, {end}"),
            Self::GaveUp { restarts, end, .. } => format!("failed{}, {end}", Restarts(*restarts)),
            Self::Unusable { why, .. } => why.to_string(),
            Self::Waits { link, .. } => format!("down, as it requires {}", chain(link)),
            Self::Silent { why, .. } => return why.to_string(),
        };
        self.told().map_or_else(|| state.clone(), |told| format!("{} {state}", told.name))
    }

    fn hint(&self, about: &About) -> Option<String> {
        let service = about.service?;
        let why = format!("see why with `openim-logs {service} -n 20`");
        let start = self.told().map(|told| told.start.clone()).unwrap_or_default();
        match self {
            Self::Running { .. } | Self::ComingUp { .. } | Self::GoingDown { .. } => None,
            Self::Unhealthy { told } => Some(format!("see {}", told.manager.show_unit_command(&told.name))),
            Self::Paused { told } => Some(format!("docker unpause {}", told.name)),
            Self::Stale { .. } => Some("systemctl daemon-reload, then restart it".to_owned()),
            Self::Outside { told, pid } => Some(format!(
                "end pid {pid}, then {start}: {} does not see to what it has not started",
                told.manager
            )),
            Self::Restarting { .. } => Some(why),
            Self::Crashed { .. } => Some(format!("{why}, then {start}")),
            Self::Stopped { .. } | Self::Idle { .. } => Some(start),
            Self::NeverStarted { told } if told.at_boot == Some(false) => {
                Some(told.manager.enable_command(&told.name))
            }
            Self::NeverStarted { .. } | Self::Ended { .. } => Some(format!("{why}; {start}")),
            Self::GaveUp { told, .. } => {
                Some(format!("{why}, then {}", told.manager.revive_command(&told.name)))
            }
            Self::Unusable { told, why: Unusable::Masked } => Some(told.manager.unmask_command(&told.name)),
            Self::Unusable { told, .. } => {
                Some(format!("see {}", told.manager.show_unit_command(&told.name)))
            }
            Self::Waits { link, .. } => Some(mend_unit(link)),
            Self::Silent { manager: Manager::Systemd, why: Silence::Denied } => {
                Some("run as root, or with --via process".to_owned())
            }
            Self::Silent { .. } => {
                Some("leave it out with --via process: the other checks decide then".to_owned())
            }
        }
    }

    fn consequence(&self, about: &About) -> Option<String> {
        if self.is_absence() { super::process::how_many_run(about) } else { None }
    }
}

/// "openim-rpc-user.service, which requires srv-data.mount, which failed"
fn chain(link: &Link) -> String {
    let Link { name, through, condition } = link;
    let units: Vec<&str> = through.iter().chain([name]).map(String::as_str).collect();
    format!("{}, which {}", units.join(", which requires "), unit_state(condition))
}

/// How a unit is that is no service of OpenIM: "failed (exit status 1)".
pub(in crate::check) fn unit_state(condition: &Condition) -> String {
    match condition {
        Condition::Running { .. } | Condition::ComingUp | Condition::Paused => "is not ready".to_owned(),
        Condition::GoingDown => "is being stopped".to_owned(),
        Condition::Restarting { end, .. } => format!("restarts again and again{}", behind_colon(end)),
        Condition::Stopped => "was stopped on purpose".to_owned(),
        Condition::NeverStarted | Condition::Idle => "is not started".to_owned(),
        Condition::Ended => "ended by itself, without an error".to_owned(),
        Condition::Crashed(end) => format!("failed{}", in_brackets(end)),
        Condition::GaveUp { end, .. } => format!("failed too often{}", in_brackets(end)),
        Condition::Unusable(why) => format!("cannot be started: {why}"),
    }
}

/// What brings back a unit that others require.
fn mend_unit(link: &Link) -> String {
    let (manager, name) = (Manager::Systemd, &link.name);
    match &link.condition {
        Condition::Unusable(Unusable::Masked) => manager.unmask_command(name),
        Condition::Unusable(_) => format!("see systemctl status {name}"),
        Condition::Crashed(_) | Condition::Restarting { .. } => {
            format!("see why with `systemctl status {name}`, then {}", manager.restart_command(name))
        }
        Condition::GaveUp { .. } => {
            format!("see why with `systemctl status {name}`, then {}", manager.revive_command(name))
        }
        Condition::Running { .. }
        | Condition::ComingUp
        | Condition::Paused
        | Condition::GoingDown
        | Condition::Stopped
        | Condition::NeverStarted
        | Condition::Idle
        | Condition::Ended => manager.start_command(name),
    }
}

/// " (exit status 255)", where anything is known.
fn in_brackets(end: &End) -> String {
    if *end == End::Unknown { String::new() } else { format!(" ({end})") }
}

/// ": exit status 255", where anything is known.
fn behind_colon(end: &End) -> String {
    if *end == End::Unknown { String::new() } else { format!(": {end}") }
}

/// ", 4 restarts so far", where somebody counts them.
struct Restarts(Option<u32>);

impl fmt::Display for Restarts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(count) => write!(f, ", {} so far", Count(count, "restart", "restarts")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told() -> Told {
        Told {
            manager: Manager::Systemd,
            name: "openim-push@3.service".to_owned(),
            at_boot: Some(false),
            start: String::new(),
        }
    }

    #[test]
    fn the_four_reasons_for_no_process_have_four_sentences_and_symptoms() {
        let restarting = Finding::Restarting { told: told(), restarts: Some(4), end: End::Status(255) };
        let four = [
            Finding::Stopped { told: told() },
            Finding::Crashed { told: told(), end: End::Signal(9) },
            restarting,
            Finding::NeverStarted { told: told() },
        ];
        assert_eq!(
            four.each_ref().map(|finding| finding.predicate(false)),
            [
                "was stopped on purpose, through systemd",
                "was killed by SIGKILL",
                "restarts again and again (4 times so far): exit status 255",
                "has never been started: openim-push@3.service is not enabled",
            ]
        );
        let symptoms: std::collections::BTreeSet<_> = four.iter().map(|f| f.nature().symptom).collect();
        assert_eq!(symptoms.len(), 4);
    }

    #[test]
    fn who_was_stopped_on_purpose_is_no_victim_of_a_server_that_is_away() {
        assert_eq!(Finding::Stopped { told: told() }.nature().sign, Sign::None);
        assert_eq!(Finding::Crashed { told: told(), end: End::Status(255) }.nature().sign, Sign::Gone);
    }
}

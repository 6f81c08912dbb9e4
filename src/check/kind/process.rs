//! The process: there, once, alive, and of the program that is on disk.

use std::time::Duration;

use super::words::{Count, Uptime, be, join, s};
use super::{About, Depth, Found, Look, Nature, Place, Planned, Sentences};
use crate::check::plan::InstancePlan;
use crate::check::report::Kind;
use crate::host::process::{Process, State};

// What it plans.

/// One live process for each instance.
pub(super) fn plan(instance: &InstancePlan) -> Vec<Planned> {
    vec![Planned {
        id: instance.check_id("process"),
        kind: Kind::Process,
        service: Some(instance.service),
        expects: format!("one live process, {} instances in all", instance.expected),
        from: instance.expected_from.clone(),
    }]
}

// What it asks: nobody. The processes are read for the plan.

// How it judges.

/// The state of the one process, or why there is no one process.
pub(super) fn judge(look: &Look, instance: &InstancePlan) -> Vec<Found> {
    vec![Found {
        place: Place::Instance(instance.service, instance.index),
        name: "process",
        target: instance.command(&look.plan.root),
        expected: "one live process".to_owned(),
        finding: super::Finding::Process(find(look, instance)),
        took: look.facts.host_took,
    }]
}

fn find(look: &Look, instance: &InstancePlan) -> Finding {
    match instance.processes.as_slice() {
        [] => missing(look, instance),
        [process] => match process.state {
            State::Stopped => Finding::Stopped { pid: process.pid, waiting: waiting(look, process) },
            State::Traced => Finding::Traced { pid: process.pid },
            State::Zombie => Finding::Zombie { pid: process.pid },
            State::DiskSleep => Finding::DiskSleep { pid: process.pid },
            State::Alive if instance.is_surplus() => Finding::Surplus { pid: process.pid },
            State::Alive if process.replaced => Finding::Replaced { pid: process.pid },
            State::Alive => Finding::Running { pid: process.pid, uptime: process.uptime },
        },
        several => Finding::Doubled { pids: several.iter().map(|process| process.pid).collect() },
    }
}

fn missing(look: &Look, instance: &InstancePlan) -> Finding {
    if let Some(hidden) = look.plan.hidden_process(instance.service) {
        return Finding::Hidden { pid: hidden.pid, uid: hidden.uid };
    }
    let siblings = look.plan.instances.iter().filter(|other| other.service == instance.service);
    let running = siblings.filter(|other| other.sole_process().is_some()).count();
    Finding::NotRunning { running: u32::try_from(running).unwrap_or(u32::MAX) }
}

fn waiting(look: &Look, process: &Process) -> u32 {
    look.listeners(process).map_or(0, |listeners| listeners.iter().map(|listener| listener.waiting).sum())
}

// Its sentences.

/// What can be found at a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::check) enum Finding {
    Running { pid: u32, uptime: Duration },
    NotRunning { running: u32 },
    Hidden { pid: u32, uid: u32 },
    Stopped { pid: u32, waiting: u32 },
    Traced { pid: u32 },
    Zombie { pid: u32 },
    DiskSleep { pid: u32 },
    Doubled { pids: Vec<u32> },
    Surplus { pid: u32 },
    Replaced { pid: u32 },
}

impl Sentences for Finding {
    fn nature(&self) -> Nature {
        match self {
            Self::Running { .. } => Nature::pass("running"),
            Self::NotRunning { .. } => Nature::fail("not-running", Depth::Process),
            Self::Hidden { .. } => Nature::unknown("hidden", Depth::Process),
            Self::Stopped { .. } => Nature::fail("stopped", Depth::Process),
            Self::Traced { .. } => Nature::fail("traced", Depth::Process),
            Self::Zombie { .. } => Nature::fail("zombie", Depth::Process),
            Self::DiskSleep { .. } => Nature::warn("disk-sleep"),
            Self::Doubled { .. } => Nature::fail("doubled", Depth::Process),
            Self::Surplus { .. } => Nature::warn("surplus"),
            Self::Replaced { .. } => Nature::warn("replaced"),
        }
    }

    fn predicate(&self, several: bool) -> String {
        let (be, s) = (be(several), s(several));
        match self {
            Self::Running { uptime, .. } => format!("{be} running, up {}", Uptime(*uptime)),
            Self::NotRunning { .. } => format!("{be} not running"),
            Self::Hidden { uid, .. } => {
                let process = if several { "processes" } else { "a process" };
                format!("{be} hidden from us: {process} of uid {uid}")
            }
            Self::Stopped { waiting: 0, .. } => format!("{be} stopped by SIGSTOP"),
            Self::Stopped { waiting, .. } => {
                let wait = Count(*waiting, "connection waits", "connections wait");
                format!("{be} stopped by SIGSTOP; {wait} in its queue")
            }
            Self::Traced { .. } => format!("{be} held by a debugger"),
            Self::Zombie { .. } => format!("{be} dead, and the parent has not collected it (zombie)"),
            Self::DiskSleep { .. } => format!("{be} waiting for a disk or file server (state D)"),
            Self::Doubled { pids } if pids.len() == 2 => format!("run{s} twice"),
            Self::Doubled { pids } => format!("run{s} {} times", pids.len()),
            Self::Surplus { .. } => format!("run{s} beyond the number of start-config.yml"),
            Self::Replaced { .. } => format!("run{s} a program that has been replaced on disk since"),
        }
    }

    fn got(&self) -> String {
        match self {
            Self::Running { pid, .. } | Self::Surplus { pid } => format!("pid {pid}"),
            Self::NotRunning { .. } => "no process".to_owned(),
            Self::Hidden { pid, uid } => format!("pid {pid} of uid {uid}, which we may not look into"),
            Self::Stopped { pid, .. } => format!("pid {pid} in state T"),
            Self::Traced { pid } => format!("pid {pid} in state t"),
            Self::Zombie { pid } => format!("pid {pid} in state Z"),
            Self::DiskSleep { pid } => format!("pid {pid} in state D"),
            Self::Doubled { pids } => format!("pids {}", join(pids, " ")),
            Self::Replaced { pid } => format!("pid {pid} runs a deleted file"),
        }
    }

    fn hint(&self, about: &About) -> Option<String> {
        let service = about.service?;
        let command = || Some(about.instance?.command(&about.plan.root));
        match self {
            Self::NotRunning { .. } => {
                Some(format!("see why with `openim-logs {service} -n 20`, then start it: {}", command()?))
            }
            Self::Stopped { pid, .. } => Some(format!("let it go on: kill -CONT {pid}")),
            Self::Traced { pid } => Some(format!("end the debugger that holds pid {pid}")),
            Self::Zombie { .. } => Some(format!(
                "start it again: {}; in a container without an init (`init: true`) the dead stay",
                command()?
            )),
            Self::Doubled { pids } => Some(format!(
                "pids {} share index {}: end all but one, or start them with an -i of their own",
                join(pids, " "),
                about.instance?.index
            )),
            Self::Replaced { .. } => Some("restart it to run the new program".to_owned()),
            Self::Surplus { pid } => Some(format!("end pid {pid}, or raise the number in start-config.yml")),
            Self::Hidden { .. } => Some("run as root, or as the user that runs OpenIM".to_owned()),
            Self::DiskSleep { .. } | Self::Running { .. } => None,
        }
    }

    fn consequence(&self, about: &About) -> Option<String> {
        let Self::NotRunning { running } = self else { return None };
        let expected = about.plan.instances.iter().find(|i| Some(i.service) == about.service)?.expected;
        (expected > 1).then(|| format!("{running} of {expected} instances run"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_subject_and_several_have_their_own_verb() {
        let stopped = Finding::Stopped { pid: 512, waiting: 3 };
        assert_eq!(stopped.predicate(false), "is stopped by SIGSTOP; 3 connections wait in its queue");
        assert_eq!(stopped.predicate(true), "are stopped by SIGSTOP; 3 connections wait in its queue");
    }
}

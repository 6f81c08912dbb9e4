//! The process: there, once, alive, of the program that is on disk, and with files left to open.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::Duration;

use super::words::{Uptime, Waiting, be, have, join, s};
use super::{About, Depth, Found, Look, Nature, Place, Planned, Sentences, Sign};
use crate::check::facts::{Board, Facts};
use crate::check::plan::{InstancePlan, Plan};
use crate::check::report::Kind;
use crate::host::go_build::read_module_version;
use crate::host::manager::Manager;
use crate::host::process::{Parent, Process, State, read_processes, read_state};
use crate::openim::tools;

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

// What it asks: the kernel. The processes are read for the plan, and once more when everything else is known.

/// Reads from the programs which library they were built with; each file once.
pub(in crate::check) fn look_into_programs(plan: &Plan, board: &Board) {
    let mut known: BTreeMap<(u64, u64), Option<String>> = BTreeMap::new();
    let mut found = BTreeMap::new();
    for process in plan.instances.iter().flat_map(|instance| &instance.processes) {
        let program = PathBuf::from(format!("/proc/{}/exe", process.pid));
        let Ok(meta) = fs::metadata(&program) else { continue };
        let version = known
            .entry((meta.dev(), meta.ino()))
            .or_insert_with(|| read_module_version(&program, tools::MODULE))
            .clone();
        found.extend(version.map(|version| (process.pid, version)));
    }
    board.put(|facts| facts.tools = found);
}

/// Looks at every process again: what was in state D may have gone on, what was there may have ended, and what was
/// missing may have come.
pub(in crate::check) fn look_again(plan: &Plan, board: &Board) {
    let processes = plan.instances.iter().flat_map(|instance| &instance.processes);
    let states = processes.map(|process| (process.pid, read_state(process.pid, process.started_ticks)));
    let states = states.collect();
    let newcomers = read_newcomers(plan);
    board.put(|facts| {
        facts.second_look = Some(states);
        facts.newcomers = newcomers;
    });
}

/// The processes that have come to instances without one since the plan was made.
fn read_newcomers(plan: &Plan) -> Vec<Process> {
    let lacking: Vec<&InstancePlan> =
        plan.instances.iter().filter(|instance| instance.processes.is_empty()).collect();
    if lacking.is_empty() {
        return Vec::new();
    }
    let programs: Vec<&str> = lacking.iter().map(|instance| instance.service.binary()).collect();
    let now = read_processes(&plan.root, &programs).unwrap_or_default();
    let fits = |process: &Process| lacking.iter().any(|instance| instance.may_be(process, plan.layout));
    now.processes.into_iter().filter(|process| process.state != State::Zombie && fits(process)).collect()
}

// How it judges.

/// The state of the one process, or why there is no one process.
pub(super) fn judge(look: &Look, instance: &InstancePlan) -> Vec<Found> {
    vec![Found {
        place: Place::Instance(instance.service, instance.index),
        name: "process",
        target: look.plan.command(instance),
        expected: "one live process".to_owned(),
        finding: super::Finding::Process(find(look, instance)),
        took: look.facts.host_took,
    }]
}

fn find(look: &Look, instance: &InstancePlan) -> Finding {
    match instance.processes.as_slice() {
        [] => missing(look, instance),
        [process] => find_one(look, instance, process),
        several => Finding::Doubled { pids: several.iter().map(|process| process.pid).collect() },
    }
}

fn find_one(look: &Look, instance: &InstancePlan, process: &Process) -> Finding {
    let pid = process.pid;
    match look.state(process) {
        // Of a corpse only the name can be seen: collected meanwhile, it may well have been another deployment's.
        None if process.state == State::Zombie => missing(look, instance),
        None => Finding::Ended { pid },
        Some(State::Stopped) => Finding::Stopped { pid, waiting: look.waiting(process) },
        Some(State::Traced) => Finding::Traced { pid },
        Some(State::Zombie) => Finding::Zombie { pid, parent: process.parent },
        Some(State::DiskSleep) => Finding::DiskSleep { pid },
        Some(State::Alive) => find_alive(look, instance, process),
    }
}

/// What matters most of a process that can run.
fn find_alive(look: &Look, instance: &InstancePlan, process: &Process) -> Finding {
    let pid = process.pid;
    match open_files(look.facts, process) {
        Some((open, limit)) if open >= limit => {
            return Finding::FilesFull { pid, open, limit, waiting: look.waiting(process) };
        }
        Some((open, limit)) if open * 10 >= limit * 9 => return Finding::FilesScarce { pid, open, limit },
        Some(_) | None => {}
    }
    if instance.is_surplus {
        Finding::Surplus { pid, unknown_to: instance.unknown_to }
    } else if process.replaced {
        Finding::Replaced { pid }
    } else if process.origin.dies_with_terminal() {
        Finding::OnTerminal { pid, terminal: process.origin.terminal.clone().unwrap_or_default() }
    } else {
        Finding::Running { pid, uptime: process.uptime }
    }
}

/// Whether asking a process can tell more than is known: a stopped one, or one without a file left, gives no
/// answer.
pub(super) fn can_answer(facts: &Facts, process: &Process) -> bool {
    process.state == State::Alive && open_files(facts, process).is_none_or(|(open, limit)| open < limit)
}

/// How many files a process has open, and how many it may have.
fn open_files(facts: &Facts, process: &Process) -> Option<(u64, u64)> {
    let open = facts.sockets.as_ref()?.open_files.get(&process.pid)?;
    Some((u64::from(*open), process.file_limit?))
}

fn missing(look: &Look, instance: &InstancePlan) -> Finding {
    if let Some(hidden) = look.plan.hidden_process(instance.service) {
        return Finding::Hidden { pid: hidden.pid, uid: hidden.uid };
    }
    look.newcomer(instance).map_or(Finding::NotRunning, |process| Finding::Began { pid: process.pid })
}

// Its sentences.

/// What can be found at a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::check) enum Finding {
    Running { pid: u32, uptime: Duration },
    NotRunning,
    Began { pid: u32 },
    Hidden { pid: u32, uid: u32 },
    Stopped { pid: u32, waiting: u32 },
    Traced { pid: u32 },
    Zombie { pid: u32, parent: Parent },
    DiskSleep { pid: u32 },
    Doubled { pids: Vec<u32> },
    Surplus { pid: u32, unknown_to: Option<Manager> },
    Replaced { pid: u32 },
    Ended { pid: u32 },
    FilesFull { pid: u32, open: u64, limit: u64, waiting: u32 },
    FilesScarce { pid: u32, open: u64, limit: u64 },
    OnTerminal { pid: u32, terminal: String },
}

impl Sentences for Finding {
    fn nature(&self) -> Nature {
        match self {
            Self::Running { .. } => Nature::pass("running"),
            Self::NotRunning => Nature::fail("not-running", Depth::Process).may_be_early().sign(Sign::Gone),
            Self::Began { .. } => Nature::starting("began"),
            Self::Hidden { .. } => Nature::unknown("hidden", Depth::Process),
            Self::Stopped { .. } => Nature::fail("stopped", Depth::Process),
            Self::Traced { .. } => Nature::fail("traced", Depth::Process),
            Self::Zombie { .. } => Nature::fail("zombie", Depth::Process).sign(Sign::Gone),
            Self::DiskSleep { .. } => Nature::warn("disk-sleep"),
            Self::Doubled { .. } => Nature::fail("doubled", Depth::Process),
            Self::Surplus { .. } => Nature::warn("surplus"),
            Self::Replaced { .. } => Nature::warn("replaced"),
            Self::Ended { .. } => Nature::fail("ended", Depth::Process).sign(Sign::Gone),
            Self::FilesFull { .. } => Nature::fail("files-full", Depth::Process),
            Self::FilesScarce { .. } => Nature::warn("files-scarce"),
            Self::OnTerminal { .. } => Nature::warn("on-terminal"),
        }
    }

    fn predicate(&self, several: bool) -> String {
        let (be, s) = (be(several), s(several));
        match self {
            Self::Running { uptime, .. } => format!("{be} running, up {}", Uptime(*uptime)),
            Self::NotRunning => format!("{be} not running"),
            Self::Hidden { uid, .. } => {
                let process = if several { "processes" } else { "a process" };
                format!("{be} hidden from us: {process} of uid {uid}")
            }
            Self::Stopped { waiting: 0, .. } => format!("{be} stopped by SIGSTOP"),
            Self::Stopped { waiting, .. } => {
                format!("{be} stopped by SIGSTOP; {} in its queue", Waiting(*waiting))
            }
            Self::Traced { .. } => format!("{be} held by a debugger"),
            Self::Zombie { .. } => format!("{be} dead (zombie)"),
            Self::DiskSleep { .. } => format!("{be} waiting for a disk or file server (state D)"),
            Self::Doubled { pids } if pids.len() == 2 => format!("run{s} twice"),
            Self::Doubled { pids } => format!("run{s} {} times", pids.len()),
            Self::Surplus { unknown_to: Some(manager), .. } => {
                format!("run{s} without a {} of {manager}", manager.noun())
            }
            Self::Surplus { unknown_to: None, .. } => {
                format!("run{s} beyond the number of start-config.yml")
            }
            Self::Replaced { .. } => format!("run{s} a program that has been replaced on disk since"),
            Self::Ended { .. } => "ended while it was looked at".to_owned(),
            Self::Began { .. } => "started while it was looked at".to_owned(),
            Self::FilesFull { open, limit, waiting: 0, .. } => {
                format!("{} {open} of {limit} file descriptors open", have(several))
            }
            Self::FilesFull { open, limit, waiting, .. } => {
                format!("{} {open} of {limit} file descriptors open; {}", have(several), Waiting(*waiting))
            }
            Self::FilesScarce { open, limit, .. } => {
                format!("{} {open} of {limit} file descriptors open", have(several))
            }
            Self::OnTerminal { terminal, .. } => {
                format!("will end when the terminal {terminal} closes: started by hand, without nohup")
            }
        }
    }

    fn got(&self) -> String {
        match self {
            Self::Running { pid, .. } | Self::Surplus { pid, .. } => format!("pid {pid}"),
            Self::NotRunning => "no process".to_owned(),
            Self::Began { pid } => format!("no process, and then pid {pid}"),
            Self::Hidden { pid, uid } => format!("pid {pid} of uid {uid}, which we may not look into"),
            Self::Stopped { pid, .. } => format!("pid {pid} in state T"),
            Self::Traced { pid } => format!("pid {pid} in state t"),
            Self::Zombie { pid, .. } => format!("pid {pid} in state Z"),
            Self::DiskSleep { pid } => format!("pid {pid} in state D"),
            Self::Doubled { pids } => format!("pids {}", join(pids, " ")),
            Self::Replaced { pid } => format!("pid {pid} runs a deleted file"),
            Self::Ended { pid } => format!("pid {pid}, which is gone"),
            Self::FilesFull { pid, open, limit, .. } | Self::FilesScarce { pid, open, limit } => {
                format!("pid {pid} with {open} of {limit} files open")
            }
            Self::OnTerminal { pid, terminal } => {
                format!("pid {pid} on {terminal}, and its SIGHUP is not ignored")
            }
        }
    }

    fn pid(&self) -> Option<u32> {
        match self {
            Self::Stopped { pid, .. }
            | Self::Traced { pid }
            | Self::DiskSleep { pid }
            | Self::Ended { pid }
            | Self::Began { pid }
            | Self::FilesFull { pid, .. }
            | Self::FilesScarce { pid, .. }
            | Self::OnTerminal { pid, .. } => Some(*pid),
            Self::Running { .. }
            | Self::NotRunning
            | Self::Hidden { .. }
            | Self::Zombie { .. }
            | Self::Doubled { .. }
            | Self::Surplus { .. }
            | Self::Replaced { .. } => None,
        }
    }

    fn hint(&self, about: &About) -> Option<String> {
        let service = about.service?;
        let command = || Some(about.plan.start_command(about.instance?));
        match self {
            Self::NotRunning => {
                Some(format!("see why with `openim-logs {service} -n 20`, then start it: {}", command()?))
            }
            Self::Stopped { pid, .. } => Some(format!("let it go on: kill -CONT {pid}")),
            Self::Traced { pid } => Some(format!("end the debugger that holds pid {pid}")),
            Self::Zombie { parent: Parent::Init, .. } => Some(format!(
                "start it again: {}; pid 1 does not collect the dead: give the container an init \
                 (`init: true`)",
                command()?
            )),
            Self::Zombie { parent: Parent::Other(parent), .. } => Some(format!(
                "start it again: {}; its parent, pid {parent}, has not collected it",
                command()?
            )),
            Self::Doubled { pids } => Some(format!(
                "pids {} share index {}: end all but one, or start them with an -i of their own",
                join(pids, " "),
                about.instance?.index
            )),
            Self::Replaced { .. } => Some("restart it to run the new program".to_owned()),
            Self::Surplus { pid, unknown_to: Some(manager) } => {
                Some(format!("end pid {pid}, or give it a {}", manager.noun()))
            }
            Self::Surplus { pid, unknown_to: None } => {
                Some(format!("end pid {pid}, or raise the number in start-config.yml"))
            }
            Self::Hidden { .. } => Some("run as root, or as the user that runs OpenIM".to_owned()),
            Self::Ended { .. } => {
                Some(format!("see why with `openim-logs {service} -n 20`; check again to see what followed"))
            }
            Self::FilesFull { pid, limit, .. } | Self::FilesScarce { pid, limit, .. } => Some(format!(
                "raise its limit: prlimit --pid {pid} --nofile={}; for good: LimitNOFILE= or ulimit -n",
                (limit * 2).max(10_000)
            )),
            Self::OnTerminal { .. } => {
                Some("start it under systemd, a container or `nohup`, then close the terminal".to_owned())
            }
            Self::Began { .. } | Self::DiskSleep { .. } | Self::Running { .. } => None,
        }
    }

    fn consequence(&self, about: &About) -> Option<String> {
        if matches!(self, Self::NotRunning) { how_many_run(about) } else { None }
    }
}

/// "3 of 8 instances run", where there should be several.
pub(super) fn how_many_run(about: &About) -> Option<String> {
    let siblings = || about.plan.instances.iter().filter(|i| Some(i.service) == about.service);
    let expected = siblings().next()?.expected;
    let running = siblings().filter(|instance| instance.sole_process().is_some()).count();
    (expected > 1).then(|| format!("{running} of {expected} instances run"))
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

    #[test]
    fn a_process_without_a_file_left_says_how_many_wait_for_it() {
        let full = Finding::FilesFull { pid: 10832, open: 24, limit: 24, waiting: 35 };
        assert_eq!(full.predicate(false), "has 24 of 24 file descriptors open; 35 connections wait");
    }
}

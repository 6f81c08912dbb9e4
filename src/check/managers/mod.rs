//! Which managers are asked, and when.
//!
//! They are asked for the plan, since under a manager its programs are what should run; and only where it matters,
//! since a healthy deployment has nothing to explain.

mod place;

use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::{Duration, Instant};

use clap::ValueEnum;

use super::args::Options;
use super::report::Kind;
use super::target::Target;
use crate::host::docker::read_containers;
use crate::host::manager::{Charge, Manager, Silence};
use crate::host::origin;
use crate::host::process::{Process, ProcessTable, State};
use crate::host::supervisor::read_programs;
use crate::openim::config::Environment;
use crate::openim::deployment::Deployment;
use crate::openim::service::Service;

/// What the units and containers of OpenIM have in their names.
const WORD: &str = "openim";

/// Whom to ask for the reasons why a service does not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Via {
    /// The managers that are there, where a process is missing or has just started
    Auto,
    /// Nobody: processes only
    Process,
    /// systemd; its units are what should run
    Systemd,
    /// supervisord; its programs are what should run
    Supervisor,
    /// docker; its containers are what should run
    Docker,
}

impl Via {
    /// Who is asked, whoever knows an instance best first; nobody in particular is missed under `auto`.
    const fn managers(self) -> &'static [Manager] {
        match self {
            Self::Auto => &[Manager::Supervisor, Manager::Systemd, Manager::Docker],
            Self::Process => &[],
            Self::Systemd => &[Manager::Systemd],
            Self::Supervisor => &[Manager::Supervisor],
            Self::Docker => &[Manager::Docker],
        }
    }
}

/// What the managers said.
#[derive(Debug, Default)]
pub(super) struct Managed {
    charges: BTreeMap<(Service, u32), Charge>,
    /// The instances that should run, where a manager decides that.
    decided: Option<Decided>,
    /// Who should have answered and did not.
    pub(super) silent: Option<Silent>,
    /// How long asking took.
    pub(super) took: Duration,
}

/// What should run.
#[derive(Debug)]
struct Decided {
    by: Manager,
    instances: BTreeSet<(Service, u32)>,
}

/// A manager that did not answer.
#[derive(Clone, Debug)]
pub(super) struct Silent {
    /// Which.
    pub(super) manager: Manager,
    /// Why.
    pub(super) why: Silence,
    /// Whether it was to be asked, come what may.
    pub(super) was_wanted: bool,
}

impl Silent {
    /// Who was named and has nothing to tell.
    fn of_named(via: Via) -> Option<Self> {
        match (via, via.managers()) {
            (Via::Systemd | Via::Supervisor | Via::Docker, [manager]) => {
                Some(Self { manager: *manager, why: Silence::KnowsNothing, was_wanted: true })
            }
            _ => None,
        }
    }
}

impl Managed {
    /// What a manager says of an instance.
    pub(super) fn take(&mut self, service: Service, index: u32) -> Option<Charge> {
        self.charges.remove(&(service, index))
    }

    /// The instances of a service that should run, where a manager decides that.
    pub(super) fn expected(&self, service: Service) -> Option<BTreeSet<u32>> {
        let of_service = self.decided.as_ref()?.instances.range((service, 0)..=(service, u32::MAX));
        Some(of_service.map(|(_, index)| *index).collect())
    }

    /// The manager that decides what should run.
    pub(super) fn decider(&self) -> Option<Manager> {
        self.decided.as_ref().map(|decided| decided.by)
    }
}

/// Asks whom the command line names, or whom there is reason to ask.
pub(super) fn ask(
    targets: &[Target],
    options: &Options,
    deployment: &Deployment,
    table: &ProcessTable,
    environment: &Environment,
) -> Managed {
    let processes = &table.processes;
    let is_worth_it = options.via != Via::Auto
        || !options.skipped().contains(&Kind::Unit)
            && (is_named(targets, options) || needs_explaining(options, deployment, processes));
    if !is_worth_it {
        return Managed::default();
    }
    let asked_at = Instant::now();
    let timeout = timeout(options);
    let inquiry = Inquiry { processes, docker_host: environment.get("DOCKER_HOST"), timeout };
    let mut silent = None;
    let mut charges = Vec::new();
    for (manager, answer) in inquiry.ask_all(options.via.managers()) {
        match answer {
            Ok(told) => charges.extend(told),
            Err(why) if options.via != Via::Auto => silent = Some(Silent { manager, why, was_wanted: true }),
            Err(why) if !inquiry.is_missed(manager, &why) => {}
            Err(why) => silent = Some(Silent { manager, why, was_wanted: false }),
        }
    }
    let placed = place::place(charges, deployment, processes);
    let decided = placed.decides(options.via != Via::Auto, processes);
    let silent = silent.or_else(|| (placed.charges.is_empty()).then(|| Silent::of_named(options.via))?);
    Managed { charges: placed.charges, decided, silent, took: asked_at.elapsed() }
}

/// A manager that says nothing must leave time for the other checks.
fn timeout(options: &Options) -> Duration {
    options.probe_timeout().min(options.deadline() * 2 / 5)
}

/// Whether the command line asks for what managers say.
fn is_named(targets: &[Target], options: &Options) -> bool {
    options.only.contains(&Kind::Unit)
        || targets.iter().any(|target| matches!(target, Target::Check(id) if id.ends_with("/unit")))
}

/// Whether the number of processes is not the one that is expected, or one of them is halted, or so young that it
/// may have been restarted.
fn needs_explaining(options: &Options, deployment: &Deployment, processes: &[Process]) -> bool {
    let grace = options.grace();
    let alive = |service: Service| {
        processes.iter().filter(|p| p.program == service.binary() && p.state != State::Zombie).count()
    };
    processes.iter().any(|process| process.uptime < grace || process.state != State::Alive)
        || deployment
            .layout
            .services()
            .any(|service| u32::try_from(alive(service)) != Ok(deployment.expected_instances(service).0))
}

type Answer = Result<Vec<Charge>, Silence>;

/// What every manager is asked.
struct Inquiry<'a> {
    processes: &'a [Process],
    docker_host: Option<&'a str>,
    timeout: Duration,
}

impl Inquiry<'_> {
    /// All at once, so that two that are silent take no longer than one.
    fn ask_all(&self, managers: &[Manager]) -> Vec<(Manager, Answer)> {
        thread::scope(|scope| {
            let ask = |manager: Manager| {
                let name = manager.to_string();
                (manager, thread::Builder::new().name(name).spawn_scoped(scope, move || self.ask(manager)))
            };
            let asked: Vec<_> = managers.iter().copied().map(ask).collect();
            let garbled = |text: &str| Err(Silence::Garbled(text.to_owned()));
            let answer = |thread: std::io::Result<thread::ScopedJoinHandle<'_, Answer>>| match thread {
                Ok(thread) => {
                    thread.join().unwrap_or_else(|_| garbled("asking it failed; please report this"))
                }
                Err(error) => garbled(&error.to_string()),
            };
            asked.into_iter().map(|(manager, thread)| (manager, answer(thread))).collect()
        })
    }

    fn ask(&self, manager: Manager) -> Answer {
        match manager {
            Manager::Systemd => self.read_units(),
            Manager::Supervisor => read_programs(self.timeout),
            Manager::Docker => {
                let containers = self.processes.iter().filter_map(container_of).map(str::to_owned).collect();
                read_containers(self.docker_host, WORD, &containers, self.timeout)
            }
        }
    }

    #[cfg(feature = "systemd-units")]
    fn read_units(&self) -> Answer {
        let units = self.processes.iter().filter_map(unit_of).map(str::to_owned).collect();
        crate::host::systemd::read_units(WORD, &units, self.timeout)
    }

    #[cfg(not(feature = "systemd-units"))]
    #[expect(clippy::unused_self, reason = "with systemd it needs the processes")]
    fn read_units(&self) -> Answer {
        Err(Silence::NotBuiltIn)
    }

    /// Whether a manager that nobody named should have told of this deployment. Most containers have none, and on
    /// many machines a docker runs other things.
    fn is_missed(&self, manager: Manager, why: &Silence) -> bool {
        match why {
            Silence::Absent | Silence::NotBuiltIn | Silence::KnowsNothing => false,
            Silence::Denied | Silence::NoAnswer(_) | Silence::Garbled(_) => match manager {
                Manager::Systemd | Manager::Supervisor => true,
                Manager::Docker => self.processes.iter().any(|process| container_of(process).is_some()),
            },
        }
    }
}

/// The unit whose control group a process is in.
fn unit_of(process: &Process) -> Option<&str> {
    match process.origin.manager.as_ref()? {
        origin::Manager::Unit(name) => Some(name),
        origin::Manager::Container(_) => None,
    }
}

/// The first digits of the container that a process is in.
fn container_of(process: &Process) -> Option<&str> {
    match process.origin.manager.as_ref()? {
        origin::Manager::Container(id) => Some(id),
        origin::Manager::Unit(_) => None,
    }
}

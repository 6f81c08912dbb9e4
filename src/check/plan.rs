//! What will be looked at, and from which line of which file each expectation comes.
//!
//! The configuration is that of the processes: each one's `-c` and environment win over the checker's own. Where none
//! runs, those of the unit that would start it do.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ValueEnum;

use super::args::Options;
use super::kind::Planned;
use super::managers::{Managed, Silent};
use super::own::{self, OwnCheck};
use super::report::Kind;
use super::start::{Start, Teller, alive};
use super::target::Target;
use crate::host::manager::{Charge, Manager};
use crate::host::process::{Hidden, Parent, Process, ProcessTable, State};
use crate::host::socket::Listener;
use crate::openim::config::{ConfigError, ConfigFile, Environment, Setting};
use crate::openim::dependency::{Dependency, Need, Settings};
use crate::openim::deployment::Deployment;
use crate::openim::layout::{DiscoveredBy, Layout, ListenRule, Purpose};
use crate::openim::registry::{DISCOVERY, Discovery, Registry};
use crate::openim::rules::Line;
use crate::openim::service::Service;

/// Everything that is decided before anything is asked.
#[derive(Debug)]
pub(super) struct Plan {
    /// OpenIM's directory.
    pub(super) root: PathBuf,
    /// The configuration directory of whatever has no process that names its own.
    pub(super) config_dir: PathBuf,
    /// Where its programs lie.
    program_dir: PathBuf,
    /// Its generation.
    pub(super) layout: &'static Layout,
    /// What the generation was told from.
    pub(super) layout_from: String,
    /// Every instance that should be there, and every one that is there without need.
    pub(super) instances: Vec<InstancePlan>,
    /// Where services register; `None` where they are not found through etcd.
    pub(super) registry: Option<Registry>,
    /// Why there is no registry to look into.
    pub(super) no_registry: Option<&'static str>,
    /// The servers that OpenIM stands on, as its processes are told of them.
    pub(super) dependencies: Vec<Settings>,
    /// Those of them that some services are told to find elsewhere.
    pub(super) apart: Vec<Apart>,
    /// The user's own checks.
    own: Vec<OwnCheck>,
    /// Processes that may be OpenIM's and cannot be looked at.
    pub(super) hidden: Vec<Hidden>,
    /// The manager that should have told of the services and did not.
    pub(super) silent: Option<Silent>,
    /// How long asking the managers took.
    pub(super) managers_took: Duration,
    /// The user that looks.
    pub(super) uid: u32,
    /// How long one question may take.
    pub(super) probe_timeout: Duration,
    /// How long a deployment may take to come up.
    pub(super) grace: Duration,
    /// Whether the whole way to auth is asked even when nothing is wrong.
    pub(super) deep: bool,
    selection: Selection,
}

/// One instance of a service.
#[derive(Debug)]
pub(super) struct InstancePlan {
    /// Its service.
    pub(super) service: Service,
    /// Its index.
    pub(super) index: u32,
    /// How many instances of the service there should be.
    pub(super) expected: u32,
    /// The line that says so.
    pub(super) expected_from: String,
    /// The processes that run as this instance: one, if all is well.
    pub(super) processes: Vec<Process>,
    /// Whether it should not be there at all.
    pub(super) is_surplus: bool,
    /// The manager that lacks a unit of it, if that is why.
    pub(super) unknown_to: Option<Manager>,
    /// What its manager says of it, where one was asked and knows it.
    pub(super) charge: Option<Charge>,
    /// What it listens on.
    pub(super) listens: Vec<ListenPlan>,
    /// Its service's name in etcd, if it registers.
    pub(super) register_name: Option<&'static str>,
    /// The name of its gRPC service, where it is known.
    pub(super) grpc_name: Option<&'static str>,
    /// The first part of its key, where it registers.
    pub(super) register_root: Option<String>,
    /// What its unit would tell a process, where none runs.
    pub(super) start: Option<Start>,
    /// The configuration directory of its process, or of the next one.
    pub(super) config_dir: PathBuf,
    /// The variables of its process, of the next one, or of this one.
    pub(super) environment: Environment,
}

/// A server that some services are told to find elsewhere than the first of them is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Apart {
    /// Where the others look.
    pub(super) usual: Vec<String>,
    /// The services that look elsewhere.
    pub(super) services: Vec<Service>,
    /// What the first of these is told.
    pub(super) told: Settings,
}

/// One socket that should be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ListenPlan {
    /// What is spoken there.
    pub(super) purpose: Purpose,
    /// The port; `None` where the kernel chooses it.
    pub(super) port: Option<u16>,
    /// The address it should be bound to.
    pub(super) bind: Bind,
    /// The lines that say so.
    pub(super) from: String,
}

/// The address of a socket, as the configuration wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bind {
    /// All addresses. Go makes one socket of both families of it, which shows as `*`.
    All,
    /// One address.
    One(IpAddr),
    /// Nobody says: there is nothing to compare with.
    Unsaid,
}

/// Which checks were asked for.
#[derive(Debug)]
struct Selection {
    targets: Vec<Target>,
    only: Vec<Kind>,
    skip: Vec<Kind>,
}

/// Why nothing can be planned.
#[derive(Debug, thiserror::Error)]
pub(super) enum PlanError {
    /// A file of the configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// An index of a process is no number.
    #[error("pid {pid} ({program}) was started with {flag} {value}, which is no number")]
    Index {
        /// The process.
        pid: u32,
        /// Its program.
        program: String,
        /// The flag.
        flag: String,
        /// What stands behind it.
        value: String,
    },
    /// The targets and kinds exclude each other.
    #[error("no check fits what was asked for; `openim-check list` shows all of them")]
    NothingSelected,
}

impl InstancePlan {
    /// The id of one of its checks: `openim-push#3/port`.
    pub(super) fn check_id(&self, name: &str) -> String {
        format!("{}#{}/{name}", self.service.binary(), self.index)
    }

    /// Whether a process is this instance, by its program and the index that it was told, if any.
    pub(super) fn may_be(&self, process: &Process, layout: &Layout) -> bool {
        process.program == self.service.binary()
            && index_of(process, layout).is_ok_and(|told| told.is_none_or(|index| index == self.index))
    }

    /// Its service and index.
    pub(super) const fn place(&self) -> (Service, u32) {
        (self.service, self.index)
    }

    /// Its process, if it has exactly one that can run.
    pub(super) fn sole_process(&self) -> Option<&Process> {
        match self.processes.as_slice() {
            [process] if process.state != State::Zombie => Some(process),
            _ => None,
        }
    }

    /// The HTTP port of the API.
    pub(super) fn http_port(&self) -> Option<u16> {
        self.listens.iter().find(|listen| listen.purpose == Purpose::Http)?.port
    }

    /// Whether a process has as many sockets as it should. One that lacks some waits for something, and has nothing
    /// to say yet.
    pub(super) const fn has_its_sockets(&self, listeners: &[Listener]) -> bool {
        listeners.len() >= self.listens.len()
    }

    /// The lines that say what it listens on.
    pub(super) fn listen_sources(&self) -> String {
        let mut sources: Vec<&str> = self.listens.iter().map(|listen| listen.from.as_str()).collect();
        sources.dedup();
        if sources.is_empty() { "the layout".to_owned() } else { sources.join(", ") }
    }
}

impl Plan {
    /// Joins the deployment's files with the processes that run.
    ///
    /// # Errors
    /// A file of the configuration cannot be used, or nothing is left to look at.
    pub(super) fn new(
        targets: &[Target],
        options: &Options,
        deployment: Deployment,
        table: ProcessTable,
        mut managed: Managed,
        own: Vec<OwnCheck>,
        environment: &Environment,
    ) -> Result<Self, PlanError> {
        let mut configs = Configs {
            layout: deployment.layout,
            own_dir: deployment.config_dir.clone(),
            own: environment,
            none: &Environment::default(),
            files: BTreeMap::new(),
        };
        let selection =
            Selection { targets: targets.to_vec(), only: options.only.clone(), skip: options.skipped() };
        let program_dir = find_programs(&deployment.root, &table.processes);
        let only_config = selection.is_only_config();
        let mut by_instance = sort_by_instance(&deployment, &managed, table.processes)?;
        let mut instances = Vec::new();
        for service in deployment.layout.services().filter(|service| selection.wants_any_of(Some(*service))) {
            let expected = expect(&deployment, &managed, service);
            for (index, processes) in take_instances(&mut by_instance, service, &expected.indexes) {
                let is_surplus = !expected.indexes.contains(&index);
                let charge = managed.take(service, index);
                let start = Start::read(service, &processes, charge.as_ref());
                let teller = Teller::of(&processes, start.as_ref());
                let listens = configs.listens(service, index, teller);
                let register_root = configs.register_root(alive(&processes));
                instances.push(InstancePlan {
                    service,
                    index,
                    expected: u32::try_from(expected.indexes.len()).unwrap_or(u32::MAX),
                    expected_from: expected.from.clone(),
                    is_surplus,
                    unknown_to: managed.decider().filter(|_| is_surplus),
                    charge,
                    listens: tolerate(only_config || configs.explains(teller), listens)?,
                    register_name: deployment.layout.register_name(service),
                    grpc_name: deployment.layout.grpc_name(service),
                    register_root: tolerate(only_config, register_root)?,
                    config_dir: configs.dir_of(teller),
                    environment: configs.environment_of(teller).clone(),
                    start,
                    processes,
                });
            }
        }
        // Of the services that nobody asked about, what they were told still counts.
        let others = by_instance;
        let teller = first_teller(instances.iter()).or_else(|| first_of_others(&others, |_| true));
        let discovery = configs.discovery(teller).map(Some);
        let discovery = tolerate(only_config || configs.explains(teller), discovery)?;
        let (registry, no_registry) = match discovery.unwrap_or(Discovery::Other) {
            Discovery::Etcd(registry) => (Some(registry), None),
            other @ (Discovery::Kubernetes | Discovery::ZooKeeper | Discovery::Memory | Discovery::Other) => {
                (None, other.why_not())
            }
        };
        let dependencies = tolerate(only_config, configs.dependencies(&instances, &others))?;
        let apart = dependencies.iter().filter_map(|asked| configs.apart(asked, &instances)).collect();
        let plan = Self {
            apart,
            root: deployment.root,
            config_dir: deployment.config_dir,
            program_dir,
            layout: deployment.layout,
            layout_from: deployment.layout_from,
            instances,
            registry,
            no_registry,
            dependencies,
            own,
            hidden: table.hidden,
            silent: managed.silent,
            managers_took: managed.took,
            uid: rustix::process::getuid().as_raw(),
            probe_timeout: options.probe_timeout(),
            grace: options.grace(),
            deep: options.deep,
            selection,
        };
        if plan.is_empty() { Err(PlanError::NothingSelected) } else { Ok(plan) }
    }

    /// How an instance is started: by its manager, else by hand.
    pub(super) fn start_command(&self, instance: &InstancePlan) -> String {
        match &instance.charge {
            Some(charge) => charge.start_command(),
            None => self.command(instance),
        }
    }

    /// How an instance is started by hand.
    pub(super) fn command(&self, instance: &InstancePlan) -> String {
        let mut words = vec![self.program_dir.join(instance.service.binary()).display().to_string()];
        if let Some(flag) = self.layout.index_flags().first().filter(|_| self.is_numbered(instance)) {
            words.push(format!("{flag} {}", instance.index));
        }
        words.push(format!("-c {}", self.root.join("config").display()));
        let flags = self.layout.listens(instance.service).iter().filter_map(|rule| {
            let listen = instance.listens.iter().find(|listen| listen.purpose == rule.purpose)?;
            Some(format!("{} {}", rule.flag.as_ref()?, listen.port?))
        });
        words.extend(flags);
        words.join(" ")
    }

    fn is_numbered(&self, instance: &InstancePlan) -> bool {
        !self.layout.unnumbered || instance.expected > 1
    }

    /// How the whole is started, for who finds nothing of it running.
    pub(super) fn start_hint(&self) -> String {
        let charges = || self.instances.iter().filter_map(|instance| instance.charge.as_ref());
        if let Some(group) = charges().find_map(|charge| charge.group.as_ref()) {
            return format!("start it: {}", Manager::Systemd.start_command(&group.name));
        }
        match charges().next() {
            Some(Charge { manager: Manager::Supervisor, .. }) => {
                "start it: supervisorctl start all".to_owned()
            }
            Some(charge) if charges().all(|other| other.name == charge.name) => {
                format!("start it: {}", charge.start_command())
            }
            Some(Charge { manager: Manager::Systemd | Manager::Docker, .. }) | None => {
                let (start, root) = (&self.layout.start, self.root.display());
                format!("start it: `{start}` in {root}, or its units or containers")
            }
        }
    }

    /// A process that may be an instance of this service, and that we may not look into.
    pub(super) fn hidden_process(&self, service: Service) -> Option<&Hidden> {
        self.hidden.iter().find(|hidden| hidden.may_be(service.binary()))
    }

    /// Whether some process runs, and each began a moment ago: the others may be about to.
    pub(super) fn is_coming_up(&self) -> bool {
        let uptimes = self.instances.iter().filter_map(|i| Some(i.sole_process()?.uptime));
        uptimes.max().is_some_and(|oldest| oldest < self.grace)
    }

    /// Whether a check was asked for.
    pub(super) fn wants(&self, service: Option<Service>, kind: Kind, id: &str) -> bool {
        self.selection.wants(service, kind, id)
    }

    /// Whether the configuration was asked for by name.
    pub(super) fn asks_for_config(&self) -> bool {
        self.is_only(Kind::Config)
            || self.selection.targets.contains(&Target::Config)
            || self
                .selection
                .targets
                .iter()
                .any(|target| matches!(target, Target::Check(id) if id.starts_with("config/")))
    }

    /// Whether checks of this kind were asked for by name.
    pub(super) fn is_only(&self, kind: Kind) -> bool {
        self.selection.only.contains(&kind)
    }

    /// Whether the API is asked over HTTP although each request writes lines into its log.
    pub(super) fn http_is_loud(&self) -> bool {
        !self.layout.quiet_http && !self.deep && !self.is_only(Kind::Http)
    }

    /// The user's own checks that were asked for, each with its number.
    pub(super) fn own_checks(&self) -> impl Iterator<Item = (usize, &OwnCheck)> {
        self.own.iter().enumerate().filter(|(_, check)| self.wants(None, check.kind(), &check.id()))
    }

    /// One of the user's own checks by its number.
    pub(super) fn own_check(&self, number: usize) -> Option<&OwnCheck> {
        self.own.get(number)
    }

    /// Every check, in the order of the report.
    pub(super) fn checks(&self) -> Vec<Planned> {
        let kinds = Kind::value_variants();
        let of_instances = self
            .instances
            .iter()
            .flat_map(|instance| kinds.iter().flat_map(move |kind| kind.plan_instance(self, instance)));
        let whole = kinds.iter().flat_map(|kind| kind.plan_whole(self));
        let of_openim = of_instances.chain(whole);
        let wanted = of_openim.filter(|check| self.wants(check.service, check.kind, &check.id));
        wanted.chain(own::planned(self)).collect()
    }

    fn is_empty(&self) -> bool {
        self.checks().is_empty()
    }
}

impl Selection {
    /// Whether nothing but the configuration was asked for: what is wrong with it is then the answer, and no error.
    fn is_only_config(&self) -> bool {
        self.only == [Kind::Config]
            || (!self.targets.is_empty() && self.targets.iter().all(|target| *target == Target::Config))
    }

    fn wants(&self, service: Option<Service>, kind: Kind, id: &str) -> bool {
        let kind_wanted = self.only.is_empty() || self.only.contains(&kind);
        let targeted =
            self.targets.is_empty() || self.targets.iter().any(|target| target.includes(service, id));
        kind_wanted && !self.skip.contains(&kind) && targeted
    }

    /// Whether some check of a service may be wanted, so that it is worth planning.
    fn wants_any_of(&self, service: Option<Service>) -> bool {
        self.targets.is_empty()
            || self.targets.iter().any(|target| match (target, service) {
                (Target::Config | Target::Host, _) => true,
                // What is said of files and machine is said of the services that use them.
                (Target::Check(id), _) if id.starts_with("config/") || id.starts_with("host/") => true,
                (Target::Check(id), Some(service)) => {
                    id.strip_prefix(service.binary()).is_some_and(|rest| rest.starts_with(['#', '/']))
                }
                _ => target.includes(service, ""),
            })
    }
}

/// Where the programs that run lie, else where OpenIM's build puts them.
fn find_programs(root: &Path, processes: &[Process]) -> PathBuf {
    let running = processes.iter().find_map(|process| process.directory.clone());
    running.unwrap_or_else(|| root.join("_output/bin/platforms/linux").join(go_architecture()))
}

/// This machine, as Go calls it.
const fn go_architecture() -> &'static str {
    if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" }
}

/// A file that cannot be used ends the run, unless it is what the run is about.
fn tolerate<T: Default>(tolerant: bool, read: Result<T, ConfigError>) -> Result<T, ConfigError> {
    if tolerant { Ok(read.unwrap_or_default()) } else { read }
}

type ByInstance = BTreeMap<(Service, u32), Vec<Process>>;

/// The instances of a service that should be there.
struct Expected {
    indexes: BTreeSet<u32>,
    /// What says so.
    from: String,
}

/// The units where a manager decides, else `start-config.yml`.
fn expect(deployment: &Deployment, managed: &Managed, service: Service) -> Expected {
    if let (Some(indexes), Some(decider)) = (managed.expected(service), managed.decider()) {
        return Expected { indexes, from: format!("the {}s of {decider} that exist", decider.noun()) };
    }
    let (count, from) = deployment.expected_instances(service);
    Expected { indexes: (0..count).collect(), from }
}

/// A process without an index is instance 0. A zombie of ours, whose arguments are gone, takes the first free place,
/// and so does every process of a generation that tells them none.
fn sort_by_instance(
    deployment: &Deployment,
    managed: &Managed,
    processes: Vec<Process>,
) -> Result<ByInstance, PlanError> {
    let mut by_instance = ByInstance::new();
    let (zombies, alive): (Vec<_>, Vec<_>) =
        processes.into_iter().partition(|process| process.argv.is_empty());
    let zombies: Vec<Process> = zombies.into_iter().filter(|zombie| is_kin(zombie, &alive)).collect();
    for process in alive {
        let Some(service) = Service::known_by_program(&process.program) else { continue };
        let index = match index_of(&process, deployment.layout)? {
            Some(index) => index,
            None if deployment.layout.unnumbered => {
                let expected = expect(deployment, managed, service).indexes;
                expected.into_iter().find(|index| !by_instance.contains_key(&(service, *index))).unwrap_or(0)
            }
            None => 0,
        };
        by_instance.entry((service, index)).or_default().push(process);
    }
    for process in zombies {
        let Some(service) = Service::known_by_program(&process.program) else { continue };
        let expected = expect(deployment, managed, service).indexes;
        // A corpse beside a full set of live instances is its parent's carelessness, not ours to report.
        if let Some(index) = expected.into_iter().find(|index| !by_instance.contains_key(&(service, *index)))
        {
            by_instance.insert((service, index), vec![process]);
        }
    }
    Ok(by_instance)
}

/// Whether a zombie, of which only the name can be seen, is one of ours: it has the parent or the control group of
/// one that is alive. Where none is alive nothing speaks against it.
fn is_kin(zombie: &Process, alive: &[Process]) -> bool {
    let group = |process: &Process| process.origin.cgroup.clone().filter(|path| path != "/");
    let of_group = group(zombie);
    let is_sibling = |process: &Process| {
        process.parent == zombie.parent || (of_group.is_some() && group(process) == of_group)
    };
    // Which init it is cannot be told from the parents of the others.
    zombie.parent == Parent::Init || alive.is_empty() || alive.iter().any(is_sibling)
}

/// The instances that should be there, each with its processes, and behind them those that are there without need.
fn take_instances(
    by_instance: &mut ByInstance,
    service: Service,
    expected: &BTreeSet<u32>,
) -> Vec<(u32, Vec<Process>)> {
    let there = by_instance.range((service, 0)..=(service, u32::MAX)).map(|((_, index), _)| *index);
    let surplus = there.filter(|index| !expected.contains(index));
    let indexes: Vec<u32> = expected.iter().copied().chain(surplus).collect();
    indexes
        .into_iter()
        .map(|index| (index, by_instance.remove(&(service, index)).unwrap_or_default()))
        .collect()
}

fn index_of(process: &Process, layout: &Layout) -> Result<Option<u32>, PlanError> {
    let given = layout.index_flags().iter().find_map(|flag| Some((flag, process.flag(flag, flag)?)));
    let Some((flag, value)) = given else { return Ok(None) };
    value.parse().map(Some).map_err(|_| PlanError::Index {
        pid: process.pid,
        program: process.program.clone(),
        flag: flag.clone(),
        value: value.to_owned(),
    })
}

/// What an instance is told by: its directory, and variables of OpenIM's. Where they are the same, so is what it reads.
fn told_by(instance: &InstancePlan) -> (&Path, [Vec<(&str, &str)>; 2]) {
    let variables =
        ["IMENV_", "CHATENV_"].map(|prefix| instance.environment.beginning_with(prefix).collect());
    (&instance.config_dir, variables)
}

/// The process of the first instance that has one, else the unit of the first that has one.
fn first_teller<'p>(instances: impl Iterator<Item = &'p InstancePlan> + Clone) -> Option<Teller<'p>> {
    let mut processes = instances.clone().filter_map(|instance| Teller::of(&instance.processes, None));
    let mut units = instances.filter_map(|instance| Teller::of(&[], instance.start.as_ref()));
    processes.next().or_else(|| units.next())
}

/// The first process of the services that are meant.
fn first_of_others(others: &ByInstance, is_meant: impl Fn(Service) -> bool) -> Option<Teller<'_>> {
    let mut meant = others.iter().filter(|((service, _), _)| is_meant(*service));
    meant.find_map(|(_, processes)| Teller::of(processes, None))
}

/// The configuration files, each read once per directory.
struct Configs<'a> {
    layout: &'static Layout,
    own_dir: PathBuf,
    own: &'a Environment,
    /// That of a process which looks at no variable.
    none: &'a Environment,
    files: BTreeMap<PathBuf, ConfigFile>,
}

impl<'a> Configs<'a> {
    /// The variables that decide for a process.
    fn environment_of<'p>(&self, teller: Option<Teller<'p>>) -> &'p Environment
    where
        'a: 'p,
    {
        match (self.layout.discovery, teller) {
            (DiscoveredBy::Memory, _) => self.none,
            (DiscoveredBy::File | DiscoveredBy::Zookeeper, Some(teller)) => teller.environment(),
            (DiscoveredBy::File | DiscoveredBy::Zookeeper, None) => self.own,
        }
    }

    /// Whether a mistake in what is told is found as the reason why nothing runs, so that it need not end the run.
    fn explains(&self, teller: Option<Teller>) -> bool {
        teller.is_some_and(Teller::is_unit) && Line::of(self.layout.name).is_some()
    }

    fn file(&mut self, dir: &Path, name: &str) -> Result<&ConfigFile, ConfigError> {
        match self.files.entry(dir.join(name)) {
            std::collections::btree_map::Entry::Occupied(known) => Ok(known.into_mut()),
            std::collections::btree_map::Entry::Vacant(place) => {
                Ok(place.insert(ConfigFile::read(dir, name)?))
            }
        }
    }

    /// The directory that a process was told, else the checker's. One that is not there is a reason not to start.
    fn dir_of(&self, teller: Option<Teller>) -> PathBuf {
        let told = teller.and_then(|teller| {
            let dir = Path::new(teller.flag("-c", "--config_folder_path")?);
            // Most are told where it lies whatever their own directory is.
            if dir.is_absolute() { Some(dir.to_owned()) } else { Some(teller.directory()?.join(dir)) }
        });
        let is_missing = |dir: &PathBuf| dir.try_exists().is_ok_and(|exists| !exists);
        let can_be = |dir: &PathBuf| dir.is_dir() || (self.explains(teller) && is_missing(dir));
        told.filter(can_be).unwrap_or_else(|| self.own_dir.clone())
    }

    /// Under which root a process registers.
    fn register_root(&mut self, process: Option<&Process>) -> Result<Option<String>, ConfigError> {
        match process.map(|process| self.discovery(Some(Teller::Process(process)))).transpose()? {
            Some(Discovery::Etcd(registry)) => Ok(Some(registry.root)),
            Some(Discovery::Kubernetes | Discovery::ZooKeeper | Discovery::Memory | Discovery::Other)
            | None => Ok(None),
        }
    }

    fn discovery(&mut self, teller: Option<Teller>) -> Result<Discovery, ConfigError> {
        let dir = self.dir_of(teller);
        let environment = self.environment_of(teller);
        match (self.layout.discovery, self.file(&dir, DISCOVERY)) {
            (DiscoveredBy::Memory, _) => Ok(Discovery::Memory),
            (DiscoveredBy::Zookeeper, Err(error)) if error.is_absent() => Ok(Discovery::ZooKeeper),
            (DiscoveredBy::File | DiscoveredBy::Zookeeper, file) => Registry::read(file?, environment),
        }
    }

    /// Each server as the first process that needs it is told of it, or the first unit; as the checker is where none
    /// is known.
    fn dependencies(
        &self,
        instances: &[InstancePlan],
        others: &ByInstance,
    ) -> Result<Vec<Settings>, ConfigError> {
        let read = |dependency: Dependency| {
            let needs = |service: Service| dependency.need_of(service) != Need::None;
            let teller = first_teller(instances.iter().filter(|instance| needs(instance.service)))
                .or_else(|| first_of_others(others, needs));
            let settings = Settings::read(dependency, &self.dir_of(teller), self.environment_of(teller));
            tolerate(self.explains(teller), settings)
        };
        let used = |dependency: &Dependency| match self.layout.discovery {
            DiscoveredBy::Memory => !matches!(dependency, Dependency::Etcd | Dependency::ZooKeeper),
            DiscoveredBy::File | DiscoveredBy::Zookeeper => true,
        };
        Dependency::ALL
            .into_iter()
            .filter(used)
            .filter_map(|dependency| read(dependency).transpose())
            .collect()
    }

    /// The services that are told of another place of a server than the one that is asked.
    fn apart(&self, asked: &Settings, instances: &[InstancePlan]) -> Option<Apart> {
        let dependency = asked.dependency();
        let set = |settings: &Settings| settings.addresses().iter().cloned().collect::<BTreeSet<String>>();
        let mut read: BTreeMap<_, Option<Settings>> = BTreeMap::new();
        let users = instances.iter().filter(|instance| dependency.need_of(instance.service) != Need::None);
        let elsewhere = users.filter_map(|instance| {
            let teller = Some(Teller::of(&instance.processes, instance.start.as_ref())?);
            let told = read.entry(told_by(instance)).or_insert_with(|| {
                Settings::read(dependency, &self.dir_of(teller), self.environment_of(teller)).ok().flatten()
            });
            let told = told.clone().filter(|told| set(told) != set(asked))?;
            Some((instance.service, told))
        });
        let apart: Vec<(Service, Settings)> = elsewhere.collect();
        let (_, first) = apart.first()?;
        let mut services: Vec<Service> = apart.iter().map(|(service, _)| *service).collect();
        services.dedup();
        Some(Apart { usual: asked.addresses().to_vec(), services, told: first.clone() })
    }

    fn listens(
        &mut self,
        service: Service,
        index: u32,
        teller: Option<Teller>,
    ) -> Result<Vec<ListenPlan>, ConfigError> {
        let (layout, dir) = (self.layout, self.dir_of(teller));
        let environment = self.environment_of(teller);
        let mut planned = Vec::new();
        for rule in layout.listens(service) {
            let file = self.file(&dir, &layout.file_of(service, rule))?;
            planned.extend(plan_listen(rule, file, index, teller, environment)?);
        }
        Ok(planned)
    }
}

/// What a rule comes to for one instance; `None` where it is switched off.
fn plan_listen(
    rule: &ListenRule,
    file: &ConfigFile,
    index: u32,
    teller: Option<Teller>,
    environment: &Environment,
) -> Result<Option<ListenPlan>, ConfigError> {
    let on = |key: &Option<String>, default| match key {
        None => Ok(default),
        Some(key) => Ok(file.boolean(key, environment)?.map_or(default, |on| on.value)),
    };
    if !on(&rule.enable, true)? {
        return Ok(None);
    }
    let whole_file = file.path().display().to_string();
    let (port, from) = match (port_by_flag(rule, teller), &rule.ports) {
        (Some(told), _) => told,
        (None, Some(key)) if !on(&rule.auto, false)? => {
            let Setting { value, origin } = file.ports(key, environment)?;
            (value.get(index as usize).copied(), origin.to_string())
        }
        (None, Some(_) | None) => {
            (None, rule.auto.as_ref().map_or(whole_file.clone(), |key| format!("{key} in {whole_file}")))
        }
    };
    if rule.optional && port.is_none() {
        return Ok(None);
    }
    let bind = match rule.bind.as_str() {
        "unsaid" => Bind::Unsaid,
        key => file.text(key, environment)?.map_or(Bind::All, |text| parse_bind(&text.value)),
    };
    Ok(Some(ListenPlan { purpose: rule.purpose, port, bind, from }))
}

/// The port that a process is told when it is started: `--port 10110`.
fn port_by_flag(rule: &ListenRule, teller: Option<Teller>) -> Option<(Option<u16>, String)> {
    let (flag, teller) = (rule.flag.as_ref()?, teller?);
    let port = teller.flag(flag, flag)?.parse().ok()?;
    Some((Some(port), format!("{flag} of {teller}")))
}

/// An empty address and 0.0.0.0 mean all; a host name is resolved by the service, and is not ours to judge.
fn parse_bind(text: &str) -> Bind {
    match text.parse::<IpAddr>() {
        Ok(address) if !address.is_unspecified() => Bind::One(address),
        Ok(_) => Bind::All,
        Err(_) if text.is_empty() => Bind::All,
        Err(_) => Bind::Unsaid,
    }
}

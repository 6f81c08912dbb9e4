//! What a deployment shall be like, before it is one.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use openim_ops::openim::service::Service;

use crate::control::{Control, Settings};
use crate::fault::Fault;
use crate::free_port::free_port;
use crate::generation::{Generation, Version};
use crate::instance::Instance;
use crate::sandbox::{Sandbox, SandboxError};
use crate::tree::{self, Addresses, Layout, Ports};

/// Where the registry is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Etcd {
    /// A stand-in of the sandbox's own.
    #[default]
    StandIn,
    /// An etcd that is running, or not, at this address.
    At(String),
    /// Nowhere: services neither wait for it nor register.
    None,
}

/// Where the services' standard output and error go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Output {
    /// To files, one pair an instance; see [`Sandbox::stdout`].
    #[default]
    Files,
    /// To this process' own.
    Inherit,
    /// Nowhere.
    Null,
}

/// A deployment to be.
#[derive(Clone, Debug)]
pub struct Builder {
    pub(crate) root: Option<PathBuf>,
    pub(crate) program: Option<PathBuf>,
    pub(crate) etcd: Etcd,
    pub(crate) output: Output,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) faults: Vec<(Instance, Fault)>,
    pub(crate) only: Option<Vec<Service>>,
    pub(crate) detached: bool,
    settings: Settings,
    layout: Layout,
    base_port: Option<u16>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            root: None,
            program: None,
            etcd: Etcd::default(),
            output: Output::default(),
            environment: Vec::new(),
            faults: Vec::new(),
            only: None,
            detached: false,
            settings: Settings { register_ip: Some("127.0.0.1".to_owned()), ..Settings::default() },
            layout: Layout {
                generation: Generation::Release,
                instances: BTreeMap::new(),
                api_port: 10002,
                ws_port: 10001,
                register_ip: "127.0.0.1".to_owned(),
                listen_ip: "0.0.0.0".to_owned(),
                addresses: Addresses::none(),
                log_level: 6,
                log_stdout: false,
                log_json: false,
                auto_ports: true,
                ports: Ports::default(),
            },
            base_port: None,
        }
    }
}

impl Builder {
    /// Puts the tree here and leaves it there; else it is in a temporary directory that is removed.
    #[must_use]
    pub fn root(mut self, root: impl Into<PathBuf>) -> Self {
        self.root = Some(root.into());
        self
    }

    /// Uses this `openim-sandbox`; else the one beside the running program is found.
    #[must_use]
    pub fn program(mut self, program: impl Into<PathBuf>) -> Self {
        self.program = Some(program.into());
        self
    }

    /// Stands in for this generation.
    #[must_use]
    pub fn generation(mut self, generation: Generation) -> Self {
        self.settings.generation = generation;
        self.layout.generation = generation;
        self.layout.auto_ports = !generation.has_fixed_ports();
        self.settings.registry = generation.uses_etcd();
        self
    }

    /// Says it is this release, and behaves so where releases differ.
    #[must_use]
    pub fn version(mut self, version: &str) -> Self {
        self.settings.version = Some(Version::new(version));
        self
    }

    /// Draws texts and identifiers from here.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.settings.seed = seed;
        self
    }

    /// Runs so many of a service.
    #[must_use]
    pub fn instances(mut self, service: Service, count: u32) -> Self {
        self.layout.instances.insert(service, count);
        self
    }

    /// Starts these services alone; start-config.yml still names all.
    #[must_use]
    pub fn only(mut self, services: &[Service]) -> Self {
        self.only = Some(services.to_vec());
        self
    }

    /// Has the registry here.
    #[must_use]
    pub fn etcd(mut self, etcd: Etcd) -> Self {
        self.etcd = etcd;
        self
    }

    /// Takes client ports from here up: WebSocket at N+1, API at N+2, the stand-in of etcd at N+3.
    /// Without it the ports are free ones, chosen by chance.
    #[must_use]
    pub fn base_port(mut self, base: u16) -> Self {
        self.base_port = Some(base);
        self
    }

    /// Listens on loopback alone; else on every address, as OpenIM does.
    #[must_use]
    pub fn loopback(mut self) -> Self {
        "127.0.0.1".clone_into(&mut self.layout.listen_ip);
        self.settings.obey_listen_ip = true;
        self
    }

    /// Registers under this address; `None` is the first private address of the host, as OpenIM chooses.
    #[must_use]
    pub fn register_ip(mut self, address: Option<IpAddr>) -> Self {
        let text = address.map(|address| address.to_string());
        self.layout.register_ip = text.clone().unwrap_or_default();
        self.settings.register_ip = text;
        self
    }

    /// Chooses ports by the kernel (OpenIM's default) or by the lists in the configuration.
    #[must_use]
    pub fn auto_ports(mut self, auto: bool) -> Self {
        self.layout.auto_ports = auto;
        self
    }

    /// Names these dependencies in the configuration.
    #[must_use]
    pub fn addresses(mut self, addresses: Addresses) -> Self {
        self.layout.addresses = addresses;
        self
    }

    /// Sets remainLogLevel, isStdout and isJson.
    #[must_use]
    pub fn log(mut self, level: u8, stdout: bool, json: bool) -> Self {
        (self.layout.log_level, self.layout.log_stdout, self.layout.log_json) = (level, stdout, json);
        self
    }

    /// Sends standard output and error there.
    #[must_use]
    pub fn output(mut self, output: Output) -> Self {
        self.output = output;
        self
    }

    /// Sets a variable for every service. Of this process' own variables they see PATH, HOME and TZ alone.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Starts an instance with a fault.
    #[must_use]
    pub fn fault(mut self, service: Service, index: u32, fault: Fault) -> Self {
        self.faults.push((Instance::new(service, index), fault));
        self
    }

    /// Lets the services outlive this process.
    #[must_use]
    pub fn detached(mut self) -> Self {
        self.detached = true;
        self
    }

    /// Writes the tree and starts nothing: for service managers, which start the services themselves.
    pub fn write(mut self) -> Result<Sandbox, SandboxError> {
        let program = self.program.clone().map_or_else(find_program, Ok)?;
        let (root, temporary) = self.settle_root()?;
        self.settle_ports();
        let at = |source| SandboxError::Io { path: root.clone(), source };
        tree::write(&root, &self.layout, &program).map_err(at)?;
        let control = Control::of_root(&root);
        control.create(&self.settings).map_err(at)?;
        for (instance, _) in &self.faults {
            let of_it: Vec<_> = self
                .faults
                .iter()
                .filter(|(other, _)| other == instance)
                .map(|(_, fault)| fault.clone())
                .collect();
            control.set_faults(*instance, &of_it).map_err(at)?;
        }
        Ok(Sandbox::written(self, root, temporary, control, program))
    }

    /// Writes the tree and starts the services; does not wait for them.
    pub fn start(self) -> Result<Sandbox, SandboxError> {
        let mut sandbox = self.write()?;
        sandbox.start_all()?;
        Ok(sandbox)
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    fn settle_root(&self) -> Result<(PathBuf, bool), SandboxError> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let (root, temporary) = self.root.clone().map_or_else(
            || {
                let number = COUNT.fetch_add(1, Ordering::Relaxed);
                let name = format!("openim-sandbox-{}-{number}", std::process::id());
                (std::env::temp_dir().join(name), true)
            },
            |root| (root, false),
        );
        std::fs::create_dir_all(&root).map_err(|source| SandboxError::Io { path: root.clone(), source })?;
        let absolute = root.canonicalize().map_err(|source| SandboxError::Io { path: root, source })?;
        Ok((absolute, temporary))
    }

    fn settle_ports(&mut self) {
        let base = self.base_port;
        let choose = |offset: u16| base.map_or_else(free_port, |base| base + offset);
        (self.layout.ws_port, self.layout.api_port) = (choose(1), choose(2));
        match &self.etcd {
            Etcd::StandIn => self.layout.addresses.etcd = format!("127.0.0.1:{}", choose(3)),
            Etcd::At(address) => self.layout.addresses.etcd.clone_from(address),
            Etcd::None => self.settings.registry = false,
        }
        if base.is_none() && self.layout.generation.has_fixed_ports() {
            for service in self.layout.generation.services() {
                let count = self.layout.count(service);
                self.layout.ports.draw(service, count);
            }
        }
    }
}

/// The program beside the running one: in the same directory, or one above (tests run in `deps/`).
fn find_program() -> Result<PathBuf, SandboxError> {
    if let Some(program) = std::env::var_os("OPENIM_SANDBOX_PROGRAM") {
        return Ok(program.into());
    }
    let running = std::env::current_exe().unwrap_or_default();
    let found =
        running.ancestors().skip(1).take(2).map(|dir| dir.join("openim-sandbox")).find(|path| path.is_file());
    found.ok_or_else(|| SandboxError::NoProgram(running.parent().map(Path::to_owned).unwrap_or_default()))
}

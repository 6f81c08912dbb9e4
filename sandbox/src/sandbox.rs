//! A running deployment: what its processes are, and what can be done to them.

use std::fs::{self, File};
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use openim_ops::openim::service::Service;
use rustix::process::{Pid, Signal};

use crate::builder::{Builder, Etcd, Output};
use crate::control::{Control, replace};
use crate::etcd::Client;
use crate::fault::Fault;
use crate::generation::Generation;
use crate::instance::Instance;
use crate::service::{KEEPER, Order, Said};
use crate::sockets::listening;
use crate::spawn::spawn;
use crate::tree;

const POLL: Duration = Duration::from_millis(20);

/// Why a sandbox cannot do what it is asked.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// A file or program.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The program that stands in for the services is not built.
    #[error("no openim-sandbox in {path} nor above it: cargo build -p openim-sandbox", path = .0.display())]
    NoProgram(PathBuf),
    /// No such instance is running.
    #[error("{0} is not running")]
    NotRunning(Instance),
    /// The deadline passed.
    #[error("not ready in time: {}", .0.join("; "))]
    NotReady(Vec<String>),
}

/// A process that this sandbox started.
#[derive(Debug)]
struct Running {
    instance: Instance,
    child: Child,
}

/// Lines that a service shall write.
#[derive(Clone, Debug)]
pub struct Lines {
    /// How many.
    pub count: u64,
    /// How many a second; 0 for as fast as can be.
    pub rate: u32,
    /// How many of each level, relative to each other: in the order of [`Level::ALL`](crate::Level::ALL).
    pub weights: [u32; 4],
    /// One operation id for all; each line has its own otherwise.
    pub operation: Option<String>,
    /// Where the texts start from.
    pub seed: u64,
}

impl Default for Lines {
    fn default() -> Self {
        Self { count: 100, rate: 0, weights: [25, 60, 13, 2], operation: None, seed: 1 }
    }
}

/// A deployment of stand-ins. Its processes end with it.
#[derive(Debug)]
pub struct Sandbox {
    plan: Builder,
    root: PathBuf,
    temporary: bool,
    control: Control,
    program: PathBuf,
    running: Vec<Running>,
    etcd: Option<Child>,
}

impl Sandbox {
    /// A deployment to be described.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) fn written(
        plan: Builder,
        root: PathBuf,
        temporary: bool,
        control: Control,
        program: PathBuf,
    ) -> Self {
        Self { plan, root, temporary, control, program, running: Vec::new(), etcd: None }
    }

    /// Starts etcd's stand-in, if there is to be one, and every instance that start-config.yml names.
    pub(crate) fn start_all(&mut self) -> Result<(), SandboxError> {
        if self.plan.etcd == Etcd::StandIn && self.generation().uses_etcd() {
            self.start_etcd()?;
        }
        let wanted = |service: &Service| self.plan.only.as_ref().is_none_or(|only| only.contains(service));
        let services: Vec<_> = self.generation().services().into_iter().filter(wanted).collect();
        for service in services {
            for index in 0..self.plan.layout().count(service) {
                self.start(service, index)?;
            }
        }
        Ok(())
    }

    /// The root: where start-config.yml is.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The code base that is stood in for.
    #[must_use]
    pub fn generation(&self) -> Generation {
        self.plan.settings().generation
    }

    /// Where the API answers: `http://127.0.0.1:10002`.
    #[must_use]
    pub fn api_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.plan.layout().api_port)
    }

    /// The API's port.
    #[must_use]
    pub fn api_port(&self) -> u16 {
        self.plan.layout().api_port
    }

    /// The port that clients connect to by WebSocket.
    #[must_use]
    pub fn ws_port(&self) -> u16 {
        self.plan.layout().ws_port
    }

    /// Where etcd is, as discovery.yml says.
    #[must_use]
    pub fn etcd_endpoint(&self) -> &str {
        &self.plan.layout().addresses.etcd
    }

    /// A client of that etcd.
    #[must_use]
    pub fn etcd_client(&self) -> Client {
        Client::new(vec![self.etcd_endpoint().to_owned()])
    }

    /// Today's log file, which all services share.
    #[must_use]
    pub fn log_file(&self) -> PathBuf {
        let day = chrono::Local::now().format("%Y-%m-%d");
        tree::logs(&self.root).join(format!("openim-service-log.{day}"))
    }

    /// The program of a service.
    #[must_use]
    pub fn program_of(&self, service: Service) -> PathBuf {
        tree::programs(&self.root).join(service.binary())
    }

    /// The process id of an instance; `None` where this sandbox did not start it or has seen it end.
    #[must_use]
    pub fn pid(&self, service: Service, index: u32) -> Option<u32> {
        let instance = Instance::new(service, index);
        self.running.iter().find(|running| running.instance == instance).map(|running| running.child.id())
    }

    /// Every process that was started and not yet seen to end.
    #[must_use]
    pub fn pids(&self) -> Vec<(Instance, u32)> {
        self.running.iter().map(|running| (running.instance, running.child.id())).collect()
    }

    /// The listening sockets of an instance.
    #[must_use]
    pub fn sockets(&self, service: Service, index: u32) -> Vec<SocketAddr> {
        let pids: Vec<_> = self.pid(service, index).into_iter().map(u32::cast_signed).collect();
        listening(&pids).into_iter().flatten().collect()
    }

    /// What an instance has written to standard output since the sandbox began.
    #[must_use]
    pub fn stdout(&self, service: Service, index: u32) -> String {
        self.output_of(Instance::new(service, index), "out")
    }

    /// What an instance has written to standard error since the sandbox began.
    #[must_use]
    pub fn stderr(&self, service: Service, index: u32) -> String {
        self.output_of(Instance::new(service, index), "err")
    }

    fn output_of(&self, instance: Instance, kind: &str) -> String {
        let bytes = fs::read(self.output_path(instance, kind)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn output_path(&self, instance: Instance, kind: &str) -> PathBuf {
        self.control.file(&format!("output/{}.{kind}", instance.file_name()))
    }

    /// Starts an instance. The same index may be started twice.
    pub fn start(&mut self, service: Service, index: u32) -> Result<u32, SandboxError> {
        let instance = Instance::new(service, index);
        let child = self.launch(instance)?;
        let pid = child.id();
        self.running.push(Running { instance, child });
        Ok(pid)
    }

    fn launch(&self, instance: Instance) -> Result<Child, SandboxError> {
        let program = self.program_of(instance.service);
        let config = format!("{}/", self.root.join("config").display());
        let mut command = self.command(&program);
        command.args(tree::arguments(self.plan.layout(), instance, &config));
        command.current_dir(tree::programs(&self.root));
        command.stdout(self.open_output(instance, "out")?).stderr(self.open_output(instance, "err")?);
        spawn(command).map_err(|source| SandboxError::Io { path: program, source })
    }

    /// A program with the environment that all have; it makes a session of its own as soon as it runs.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().stdin(Stdio::null());
        let inherited = ["PATH", "HOME", "TZ"].map(|name| (name, std::env::var_os(name)));
        command.envs(inherited.into_iter().filter_map(|(name, value)| Some((name, value?))));
        command.envs(self.plan.environment.iter().map(|(name, value)| (name, value)));
        if !self.plan.detached {
            command.env(KEEPER, std::process::id().to_string());
        }
        command
    }

    fn open_output(&self, instance: Instance, kind: &str) -> Result<Stdio, SandboxError> {
        match self.plan.output {
            Output::Inherit => Ok(Stdio::inherit()),
            Output::Null => Ok(Stdio::null()),
            Output::Files => {
                let path = self.output_path(instance, kind);
                let opened = fs::create_dir_all(self.control.file("output"))
                    .and_then(|()| File::options().create(true).append(true).open(&path));
                opened.map(Stdio::from).map_err(|source| SandboxError::Io { path, source })
            }
        }
    }

    /// Starts etcd's stand-in again, empty: after [`Sandbox::stop_etcd`].
    pub fn start_etcd(&mut self) -> Result<(), SandboxError> {
        let endpoint = self.etcd_endpoint().to_owned();
        let mut command = self.command(&self.program);
        command.args(["etcd", "--listen", &endpoint]).stdout(Stdio::null()).stderr(Stdio::null());
        let child =
            spawn(command).map_err(|source| SandboxError::Io { path: self.program.clone(), source })?;
        let path = self.control.file("etcd.pid");
        replace(&path, format!("{}\n", child.id()).as_bytes())
            .map_err(|source| SandboxError::Io { path, source })?;
        self.etcd = Some(child);
        let end = Instant::now() + Duration::from_secs(5);
        while TcpStream::connect(&endpoint).is_err() {
            if Instant::now() > end {
                return Err(SandboxError::NotReady(vec![format!("etcd at {endpoint} refuses connections")]));
            }
            thread::sleep(POLL);
        }
        Ok(())
    }

    /// Kills etcd's stand-in; what it knew is lost.
    pub fn stop_etcd(&mut self) {
        if let Some(mut etcd) = self.etcd.take() {
            let _ = etcd.kill();
            let _ = etcd.wait();
        }
    }

    /// Sends a signal to an instance.
    pub fn signal(&self, service: Service, index: u32, signal: Signal) -> Result<(), SandboxError> {
        let instance = Instance::new(service, index);
        let pid = self.pid(service, index).ok_or(SandboxError::NotRunning(instance))?;
        let pid = Pid::from_raw(pid.cast_signed()).ok_or(SandboxError::NotRunning(instance))?;
        rustix::process::kill_process(pid, signal)
            .map_err(|error| SandboxError::Io { path: self.program_of(service), source: error.into() })
    }

    /// Waits for the end of an instance. Until then, or until it is started anew, a dead one is a zombie.
    pub fn wait(
        &mut self,
        service: Service,
        index: u32,
        longest: Duration,
    ) -> Result<ExitStatus, SandboxError> {
        let instance = Instance::new(service, index);
        let position = self.running.iter().position(|running| running.instance == instance);
        let position = position.ok_or(SandboxError::NotRunning(instance))?;
        let end = Instant::now() + longest;
        loop {
            if let Some(status) = ended(&mut self.running[position].child) {
                self.running.remove(position);
                return Ok(status);
            }
            if Instant::now() > end {
                return Err(SandboxError::NotReady(vec![format!("{instance} has not ended")]));
            }
            thread::sleep(POLL);
        }
    }

    /// Kills an instance by SIGKILL and sees it end.
    pub fn kill(&mut self, service: Service, index: u32) -> Result<(), SandboxError> {
        self.signal(service, index, Signal::KILL)?;
        self.wait(service, index, Duration::from_secs(5)).map(drop)
    }

    /// Asks an instance to end by SIGTERM and waits for it.
    pub fn terminate(&mut self, service: Service, index: u32) -> Result<ExitStatus, SandboxError> {
        self.signal(service, index, Signal::TERM)?;
        self.wait(service, index, Duration::from_secs(5))
    }

    /// Ends an instance, if it has not ended itself, and starts it again.
    pub fn restart(&mut self, service: Service, index: u32) -> Result<u32, SandboxError> {
        if self.pid(service, index).is_some() && self.terminate(service, index).is_err() {
            self.kill(service, index)?;
        }
        self.start(service, index)
    }

    /// Gives an instance one more fault. Those that act at start restart it.
    pub fn break_with(&mut self, service: Service, index: u32, fault: Fault) -> Result<(), SandboxError> {
        let instance = Instance::new(service, index);
        let mut faults = self.control.faults(instance);
        let restart = fault.acts_at_start() && self.pid(service, index).is_some();
        faults.push(fault);
        self.set_faults(instance, &faults)?;
        if restart { self.restart(service, index).map(drop) } else { self.tell(instance) }
    }

    /// Takes every fault from an instance: continues it if it was stopped, starts it if it has ended.
    pub fn mend(&mut self, service: Service, index: u32) -> Result<(), SandboxError> {
        let instance = Instance::new(service, index);
        let restart = self.control.faults(instance).iter().any(Fault::acts_at_start);
        self.set_faults(instance, &[])?;
        self.reap();
        if self.pid(service, index).is_none() || restart {
            return self.restart(service, index).map(drop);
        }
        self.mend_in_place(service, index)
    }

    /// Takes every fault from a running instance without restarting it: what it waited for has come.
    pub fn mend_in_place(&self, service: Service, index: u32) -> Result<(), SandboxError> {
        let instance = Instance::new(service, index);
        self.set_faults(instance, &[])?;
        self.signal(service, index, Signal::CONT)?;
        self.tell(instance)
    }

    fn set_faults(&self, instance: Instance, faults: &[Fault]) -> Result<(), SandboxError> {
        let path = self.control.path("faults", instance);
        self.control.set_faults(instance, faults).map_err(|source| SandboxError::Io { path, source })
    }

    /// Has an instance look at its faults, as soon as it can hear.
    fn tell(&self, instance: Instance) -> Result<(), SandboxError> {
        let pid = self.pid(instance.service, instance.index).map(u32::cast_signed);
        let end = Instant::now() + Duration::from_secs(2);
        while self.control.pid(instance) != pid && Instant::now() < end {
            thread::sleep(POLL);
        }
        self.signal(instance.service, instance.index, Signal::USR1)
    }

    /// Sees which processes have ended by themselves.
    pub(crate) fn reap(&mut self) {
        self.running.retain_mut(|running| ended(&mut running.child).is_none());
    }

    /// Has a running instance write log lines; says how many of each level it wrote.
    pub fn say(&self, service: Service, index: u32, lines: &Lines) -> Result<Said, SandboxError> {
        let instance = Instance::new(service, index);
        let pid = self.pid(service, index).ok_or(SandboxError::NotRunning(instance))?;
        say(&self.control, instance, pid.cast_signed(), lines)
    }

    /// Waits until every instance without a fault has its sockets and, where it registers, its key.
    pub fn wait_ready(&self, longest: Duration) -> Result<(), SandboxError> {
        let end = Instant::now() + longest;
        loop {
            let missing = self.missing();
            if missing.is_empty() {
                return Ok(());
            }
            if Instant::now() > end {
                return Err(SandboxError::NotReady(missing));
            }
            thread::sleep(POLL);
        }
    }

    /// What is still missing, a sentence each.
    fn missing(&self) -> Vec<String> {
        let healthy = |running: &&Running| self.control.faults(running.instance).is_empty();
        let instances: Vec<_> = self.running.iter().filter(healthy).collect();
        let pids: Vec<_> = instances.iter().map(|running| running.child.id().cast_signed()).collect();
        let found = listening(&pids);
        let mut missing = Vec::new();
        for (running, sockets) in instances.iter().zip(&found) {
            let wanted = self.generation().sockets(running.instance.service);
            if sockets.len() < wanted {
                missing.push(format!("{} has {} of {wanted} sockets", running.instance, sockets.len()));
            }
        }
        if missing.is_empty() && self.plan.settings().registry {
            self.missing_keys(&instances, &found, &mut missing);
        }
        missing
    }

    fn missing_keys(&self, instances: &[&Running], found: &[Vec<SocketAddr>], missing: &mut Vec<String>) {
        let keys = match self.etcd_client().range("openim/") {
            Ok(keys) => keys,
            Err(error) => return missing.push(format!("etcd: {error}")),
        };
        for (running, sockets) in instances.iter().zip(found) {
            let Some(name) = self.generation().register_name(running.instance.service) else { continue };
            let prefix = format!("openim/{name}/");
            let registered = keys.iter().filter_map(|pair| pair.key.strip_prefix(&prefix)?.rsplit_once(':'));
            let mut ports = registered.filter_map(|(_, port)| port.parse::<u16>().ok());
            if !ports.any(|port| sockets.iter().any(|socket| socket.port() == port)) {
                missing.push(format!("{} is not registered", running.instance));
            }
        }
    }

    /// Lets the processes live on, and the tree; only for a sandbox that was built to be detached.
    pub fn leave(mut self) {
        self.running.clear();
        self.etcd = None;
        self.temporary = false;
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        for running in &mut self.running {
            let _ = running.child.kill();
        }
        for running in &mut self.running {
            let _ = running.child.wait();
        }
        self.stop_etcd();
        if self.temporary {
            let _ = fs::remove_dir_all(&self.root);
        }
    }
}

fn ended(child: &mut Child) -> Option<ExitStatus> {
    // A child that somebody else has waited for has ended too.
    child.try_wait().unwrap_or_else(|_| Some(ExitStatus::from_raw(0)))
}

/// Gives an order for lines and waits for the account.
pub(crate) fn say(
    control: &Control,
    instance: Instance,
    pid: i32,
    lines: &Lines,
) -> Result<Said, SandboxError> {
    let order = Order {
        lines: lines.count,
        rate: lines.rate,
        weights: lines.weights,
        operation: lines.operation.clone(),
        seed: lines.seed,
    };
    let (ask, answer) = (control.path("say", instance), control.path("said", instance));
    let _ = fs::remove_file(&answer);
    let text = serde_json::to_vec(&order).unwrap_or_default();
    replace(&ask, &text).map_err(|source| SandboxError::Io { path: ask, source })?;
    let target = Pid::from_raw(pid).ok_or(SandboxError::NotRunning(instance))?;
    rustix::process::kill_process(target, Signal::USR1).map_err(|_| SandboxError::NotRunning(instance))?;
    let expected = Duration::from_secs(lines.count.checked_div(u64::from(lines.rate)).unwrap_or(0) + 60);
    let end = Instant::now() + expected;
    while Instant::now() < end {
        if let Some(said) = fs::read(&answer).ok().and_then(|text| serde_json::from_slice(&text).ok()) {
            return Ok(said);
        }
        thread::sleep(POLL);
    }
    Err(SandboxError::NotReady(vec![format!("{instance} has not written its lines")]))
}

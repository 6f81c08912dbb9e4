//! The program: under a service's name it is that service, under its own it has verbs.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use clap::{Args, Parser, Subcommand};
use openim_ops::openim::service::Service;
use rustix::process::{Pid, Signal};

use crate::builder::{Builder, Etcd, Output};
use crate::control::Control;
use crate::etcd;
use crate::fault::Fault;
use crate::generation::Generation;
use crate::instance::Instance;
use crate::log::Level;
use crate::log::sink::complain;
use crate::sandbox::{Lines, Sandbox, say};
use crate::service::{self, STILLBORN};
use crate::tree::Addresses;

/// How long `up` waits for sockets and registrations.
const READY_LIMIT: Duration = Duration::from_secs(20);

/// A stand-in OpenIM deployment.
#[derive(Debug, Parser)]
#[command(name = "openim-sandbox", version)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Write a deployment's tree and start its services
    Up(Up),
    /// Write a deployment's tree and start nothing
    Tree(Up),
    /// End every process that was started below a root
    Down {
        /// The root of the deployment
        #[arg(long)]
        root: PathBuf,
    },
    /// Give an instance a fault
    Break {
        /// The root of the deployment
        #[arg(long)]
        root: PathBuf,
        /// Which one: rpc-auth#0
        instance: Instance,
        /// What is wrong: no-answer, slow=500, without=mongodb
        fault: Fault,
    },
    /// Take every fault from an instance
    Mend {
        /// The root of the deployment
        #[arg(long)]
        root: PathBuf,
        /// Which one: rpc-auth#0
        instance: Instance,
    },
    /// Have an instance write log lines; prints how many of each level it wrote
    Say(Say),
    /// Stand in for etcd's JSON gateway
    Etcd {
        /// Address and port to listen on
        #[arg(long)]
        listen: String,
    },
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "switches of a command line")]
struct Up {
    /// The root of the deployment
    #[arg(long)]
    root: PathBuf,
    /// The generation: release, main, standalone, v3.8.1, v3.7, v3.5, chat, chat-main
    #[arg(long, default_value = "release")]
    generation: Generation,
    /// The release, where it is not the usual one
    #[arg(long)]
    release: Option<String>,
    /// The registry: standin, an address, or none
    #[arg(long, default_value = "standin", value_name = "standin|ADDR|none")]
    etcd: String,
    /// A Kafka, whose groups msgtransfer and push join
    #[arg(long, value_name = "ADDR")]
    kafka: Option<String>,
    /// How many of a service, where it is not the usual number
    #[arg(long, value_delimiter = ',', value_name = "SERVICE=N", value_parser = parse_count)]
    instances: Vec<(Service, u32)>,
    /// Where texts and identifiers start from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// WebSocket at N+1, API at N+2, etcd's stand-in at N+3
    #[arg(long, default_value_t = 10000)]
    base_port: u16,
    /// Listen on loopback alone
    #[arg(long)]
    loopback: bool,
    /// Register under the host's private address, as OpenIM does
    #[arg(long)]
    private_ip: bool,
    /// remainLogLevel
    #[arg(long, default_value_t = 6)]
    log_level: u8,
    /// isStdout
    #[arg(long)]
    log_stdout: bool,
    /// isJson
    #[arg(long)]
    log_json: bool,
    /// Stay, and take the services along at the end: the one command of a container
    #[arg(long)]
    foreground: bool,
}

#[derive(Debug, Args)]
struct Say {
    /// The root of the deployment
    #[arg(long)]
    root: PathBuf,
    /// Which one: api#0
    instance: Instance,
    /// How many lines
    #[arg(long, default_value_t = 100)]
    lines: u64,
    /// Lines a second; 0 for as fast as can be
    #[arg(long, default_value_t = 0)]
    rate: u32,
    /// How many of each level, relative to each other
    #[arg(long, value_delimiter = ',', value_name = "LEVEL=N", value_parser = parse_weight, default_value = "debug=25,info=60,warn=13,error=2")]
    mix: Vec<(Level, u32)>,
    /// One operation id for all lines
    #[arg(long)]
    op: Option<String>,
    /// Where the texts start from
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn parse_count(text: &str) -> Result<(Service, u32), String> {
    let (name, count) = text.split_once('=').ok_or("SERVICE=N")?;
    let service = Service::known_by_word(name).ok_or_else(|| format!("unknown service {name:?}"))?;
    Ok((service, count.parse().map_err(|_| format!("{count:?} is no number"))?))
}

fn parse_weight(text: &str) -> Result<(Level, u32), String> {
    let (level, weight) = text.split_once('=').ok_or("LEVEL=N")?;
    Ok((level.parse()?, weight.parse().map_err(|_| format!("{weight:?} is no number"))?))
}

/// Runs the program under whatever name it was started.
#[must_use]
pub fn main() -> ExitCode {
    let mut arguments = std::env::args_os();
    if let Some(service) = service_of(arguments.next()) {
        if std::env::var_os(STILLBORN).is_some() {
            // Long enough to be seen as its parent's twin before it is a zombie.
            thread::sleep(Duration::from_millis(200));
            return ExitCode::SUCCESS;
        }
        return service::run(service, arguments);
    }
    match Cli::parse().verb.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("openim-sandbox: {error}\n"));
            ExitCode::FAILURE
        }
    }
}

/// The service that the program is named after.
fn service_of(name: Option<OsString>) -> Option<Service> {
    let name = PathBuf::from(name?);
    Service::known_by_program(name.file_name()?.to_str()?)
}

type Failure = Box<dyn std::error::Error>;

impl Verb {
    fn run(self) -> Result<(), Failure> {
        match self {
            Self::Up(up) if up.foreground => up.stay(),
            Self::Up(up) => {
                let sandbox = up.builder().detached().start()?;
                sandbox.wait_ready(READY_LIMIT).inspect_err(|_| drop(down(&up.root)))?;
                print(&format!("api {}\netcd {}\n", sandbox.api_url(), sandbox.etcd_endpoint()))?;
                sandbox.leave();
                Ok(())
            }
            Self::Tree(up) => Ok(up.builder().write().map(Sandbox::leave)?),
            Self::Down { root } => Ok(down(&root)?),
            Self::Break { root, instance, fault } => break_instance(&root, instance, fault),
            Self::Mend { root, instance } => mend_instance(&root, instance),
            Self::Say(order) => order.run(),
            Self::Etcd { listen } => serve_etcd(&listen),
        }
    }
}

impl Up {
    /// Runs the services until a signal ends this process, and with it them.
    fn stay(&self) -> Result<(), Failure> {
        let mut sandbox = self.builder().output(Output::Inherit).start()?;
        sandbox.wait_ready(READY_LIMIT)?;
        loop {
            // A service that has died is to be gone, not a zombie.
            sandbox.reap();
            thread::sleep(Duration::from_millis(50));
        }
    }

    fn builder(&self) -> Builder {
        let etcd = match self.etcd.as_str() {
            "standin" => Etcd::StandIn,
            "none" => Etcd::None,
            address => Etcd::At(address.to_owned()),
        };
        let mut builder = Sandbox::builder()
            .root(&self.root)
            .generation(self.generation)
            .etcd(etcd)
            .seed(self.seed)
            .base_port(self.base_port)
            .log(self.log_level, self.log_stdout, self.log_json);
        if let Ok(program) = std::env::current_exe() {
            builder = builder.program(program);
        }
        if let Some(release) = &self.release {
            builder = builder.version(release);
        }
        if let Some(kafka) = &self.kafka {
            builder = builder.addresses(Addresses { kafka: kafka.clone(), ..Addresses::none() });
        }
        if self.loopback {
            builder = builder.loopback();
        }
        if self.private_ip {
            builder = builder.register_ip(None);
        }
        self.instances.iter().fold(builder, |builder, (service, count)| builder.instances(*service, *count))
    }
}

impl Say {
    fn run(self) -> Result<(), Failure> {
        let control = Control::of_root(&self.root);
        let pid = control.pid(self.instance).ok_or("the instance has never been started")?;
        let weights = Level::ALL
            .map(|level| self.mix.iter().find(|(of, _)| *of == level).map_or(0, |(_, weight)| *weight));
        let lines =
            Lines { count: self.lines, rate: self.rate, weights, operation: self.op, seed: self.seed };
        let said = say(&control, self.instance, pid, &lines)?;
        print(&format!("{}\n", serde_json::to_string(&said.levels)?))
    }
}

fn print(text: &str) -> Result<(), Failure> {
    Ok(io::stdout().lock().write_all(text.as_bytes())?)
}

fn serve_etcd(listen: &str) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        service::leave_terminal();
        service::die_with_keeper();
        etcd::serve(tokio::net::TcpListener::bind(listen).await?).await;
        Ok(())
    })
}

fn break_instance(root: &Path, instance: Instance, fault: Fault) -> Result<(), Failure> {
    let control = Control::of_root(root);
    let mut faults = control.faults(instance);
    faults.push(fault);
    control.set_faults(instance, &faults)?;
    tell(root, &control, instance);
    Ok(())
}

fn mend_instance(root: &Path, instance: Instance) -> Result<(), Failure> {
    let control = Control::of_root(root);
    control.set_faults(instance, &[])?;
    tell(root, &control, instance);
    Ok(())
}

/// Has a running instance look at its faults; one that is not running sees them when it starts.
fn tell(root: &Path, control: &Control, instance: Instance) {
    let Ok(root) = root.canonicalize() else { return };
    let running = control.pid(instance).filter(|pid| runs_below(*pid, &root));
    if let Some(pid) = running.and_then(Pid::from_raw) {
        let _ = rustix::process::kill_process(pid, Signal::CONT);
        let _ = rustix::process::kill_process(pid, Signal::USR1);
    }
}

/// Ends the processes whose program lies below the root, and the stand-in of etcd that was started for it.
fn down(root: &Path) -> io::Result<()> {
    let root = root.canonicalize()?;
    let control = Control::of_root(&root);
    let mut pids: Vec<_> =
        control.pids().into_iter().map(|(_, pid)| pid).filter(|pid| runs_below(*pid, &root)).collect();
    let etcd = std::fs::read_to_string(control.file("etcd.pid")).ok().and_then(|pid| pid.trim().parse().ok());
    pids.extend(etcd.filter(|pid| is_stand_in(*pid)));
    send(&pids, Signal::TERM);
    send(&pids, Signal::CONT);
    let end = Instant::now() + Duration::from_secs(3);
    while pids.iter().any(|pid| alive(*pid)) && Instant::now() < end {
        thread::sleep(Duration::from_millis(10));
    }
    pids.retain(|pid| alive(*pid));
    send(&pids, Signal::KILL);
    Ok(())
}

fn runs_below(pid: i32, root: &Path) -> bool {
    std::fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|exe| exe.starts_with(root))
}

fn is_stand_in(pid: i32) -> bool {
    let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let mut words = line.split(|byte| *byte == 0);
    words.next().is_some_and(|name| name.ends_with(b"openim-sandbox")) && words.next() == Some(b"etcd")
}

fn alive(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

fn send(pids: &[i32], signal: Signal) {
    for pid in pids.iter().filter_map(|pid| Pid::from_raw(*pid)) {
        let _ = rustix::process::kill_process(pid, signal);
    }
}

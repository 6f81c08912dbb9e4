//! The life of a service: it starts, works, obeys signals and faults, and ends.

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use openim_ops::openim::service::Service;
use rustix::process::{Pid, Resource, Rlimit, Signal};
use tokio::signal::unix::{self, SignalKind, signal};

use super::context::Context;
use super::{StartError, registry, say, start};
use crate::fault::{FatalSignal, Fault};
use crate::generation::CodeBase;
use crate::log::dump;
use crate::log::sink::complain;

/// Names the process with whose death a service dies too.
pub(crate) const KEEPER: &str = "OPENIM_SANDBOX_KEEPER";
/// Lets a service keep the terminal that it was started on, as a real one does.
const KEEP_TERMINAL: &str = "OPENIM_SANDBOX_KEEP_TERMINAL";
/// Tells a service to end at once: the dead child of a fault.
pub(crate) const STILLBORN: &str = "OPENIM_SANDBOX_STILLBORN";

/// Starts the service and waits for its end; gives the exit status.
pub(super) async fn until_the_end(context: &Arc<Context>) -> Result<u8, StartError> {
    leave_terminal();
    die_with_keeper();
    let signals = Signals::listen().map_err(|error| StartError(error.to_string()))?;
    // Whoever finds the process id may send a signal, so it is written behind the handlers. Without a control
    // directory the service runs, and cannot be told anything.
    let _ = context.control.set_pid(context.instance, std::process::id());
    tokio::select! {
        end = obey_signals(context, signals) => end,
        end = obey_faults(context) => end,
        end = work(context) => end,
    }
}

async fn work(context: &Arc<Context>) -> Result<u8, StartError> {
    start::start(context).await?;
    std::future::pending().await
}

/// A service of the sandbox does not belong to the terminal of whoever runs the tests. One that a terminal was
/// given for its own (`setsid --ctty`) leads its session already, and keeps it.
pub(crate) fn leave_terminal() {
    if std::env::var_os(KEEP_TERMINAL).is_none() {
        let _ = rustix::process::setsid();
    }
}

/// A test that panics, or is killed, leaves no service behind.
pub(crate) fn die_with_keeper() {
    let Some(keeper) = std::env::var(KEEPER).ok().and_then(|pid| pid.parse().ok()) else { return };
    let _ = rustix::process::set_parent_process_death_signal(Some(Signal::KILL));
    if rustix::process::getppid().map(Pid::as_raw_pid) != Some(keeper) {
        let _ = rustix::process::kill_process(rustix::process::getpid(), Signal::KILL);
    }
}

/// The signals that every service hears.
struct Signals {
    quit: unix::Signal,
    abort: unix::Signal,
    told: unix::Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            quit: unix::signal(SignalKind::quit())?,
            abort: unix::signal(SignalKind::from_raw(Signal::ABORT.as_raw()))?,
            told: unix::signal(SignalKind::user_defined1())?,
        })
    }
}

async fn obey_signals(context: &Arc<Context>, mut signals: Signals) -> Result<u8, StartError> {
    let asked_to_end = asked_to_end(context);
    tokio::pin!(asked_to_end);
    loop {
        tokio::select! {
            end = &mut asked_to_end => return end,
            _ = signals.quit.recv() => return Ok(die(context, FatalSignal::Quit)),
            _ = signals.abort.recv() => return Ok(die(context, FatalSignal::Abrt)),
            _ = signals.told.recv() => {
                context.reload_faults();
                say::take_orders(context);
            }
        }
    }
}

/// The release line leaves quietly, its cron task dies of the signal; main calls every end an error.
async fn asked_to_end(context: &Arc<Context>) -> Result<u8, StartError> {
    let failed = |error: std::io::Error| StartError(error.to_string());
    let service = context.service();
    match context.code_base {
        CodeBase::Release if service == Service::Crontask => std::future::pending().await,
        CodeBase::Release => {
            let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
            terminate.recv().await;
            context.end(Duration::from_millis(400)).await;
            if matches!(service, Service::Api | Service::MsgTransfer) {
                complain(&format!("Warning {} receive process terminal SIGTERM exit 0\n", service.binary()));
            }
            Ok(0)
        }
        CodeBase::Main => {
            let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
            let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
            let name = tokio::select! {
                _ = terminate.recv() => "terminated",
                _ = interrupt.recv() => "interrupt",
            };
            context.end(Duration::from_millis(400)).await;
            let context = if service == Service::Api { "recv ctx " } else { "" };
            Err(StartError(format!("{context}signal {name}")))
        }
    }
}

fn die(context: &Context, signal: FatalSignal) -> u8 {
    complain(&dump::fatal(signal, context.service(), &mut context.random()));
    2
}

/// What a fault has set going and its mending must undo.
#[derive(Default)]
struct Undo {
    child: Option<Child>,
    files: Option<Rlimit>,
}

async fn obey_faults(context: &Arc<Context>) -> Result<u8, StartError> {
    let mut faults = context.watch_faults();
    let (mut known, mut undo) = (Vec::new(), Undo::default());
    loop {
        let now = faults.borrow_and_update().clone();
        for fault in now.iter().filter(|fault| !known.contains(*fault)) {
            if let Some(end) = begin(context, fault, &mut undo).await {
                return end;
            }
        }
        mend(&now, &mut undo);
        known = now;
        if faults.changed().await.is_err() {
            return std::future::pending().await;
        }
    }
}

/// Sets a fault going; gives the end of the service where it is one.
async fn begin(context: &Arc<Context>, fault: &Fault, undo: &mut Undo) -> Option<Result<u8, StartError>> {
    match fault {
        Fault::Exit(status) => return Some(Ok(*status)),
        Fault::CrashLoop(time) => {
            tokio::time::sleep(*time).await;
            return Some(Err(start::no_redis(&context.config.redis)));
        }
        Fault::Panic => {
            complain(&dump::panic(context.service().binary(), &mut context.random()));
            return Some(Ok(2));
        }
        Fault::Fatal(signal) => return Some(Ok(die(context, *signal))),
        Fault::Stop => {
            let _ = rustix::process::kill_process(rustix::process::getpid(), Signal::STOP);
        }
        Fault::ZombieChild => undo.child = stillborn_child(),
        Fault::Ghost(port) => registry::keep_ghost(context, *port),
        Fault::LogStorm(rate) => drop(tokio::spawn(say::storm(Arc::clone(context), *rate))),
        Fault::Files(limit) => undo.files = limit_files(*limit),
        Fault::WrongAddress(_)
        | Fault::NoAnswer
        | Fault::Close
        | Fault::Garbage
        | Fault::Drip
        | Fault::V6Only
        | Fault::ReusePort
        | Fault::Backlog(_)
        | Fault::Status(_)
        | Fault::Impostor
        | Fault::FailedInserts(_)
        | Fault::Unregistered
        | Fault::ErrCode(_)
        | Fault::Slow(_)
        | Fault::Without(_) => {}
    }
    None
}

fn mend(now: &[Fault], undo: &mut Undo) {
    if !now.contains(&Fault::ZombieChild)
        && let Some(mut child) = undo.child.take()
    {
        let _ = child.wait();
    }
    if !now.iter().any(|fault| matches!(fault, Fault::Files(_)))
        && let Some(limit) = undo.files.take()
    {
        let _ = rustix::process::setrlimit(Resource::Nofile, limit);
    }
}

/// A child of the same name and arguments that ends at once and is never waited for.
fn stillborn_child() -> Option<Child> {
    let program = std::env::current_exe().ok()?;
    let mut command = Command::new(program);
    command.args(std::env::args_os().skip(1)).env(STILLBORN, "1").stdin(Stdio::null());
    command.spawn().ok()
}

fn limit_files(limit: u64) -> Option<Rlimit> {
    let old = rustix::process::getrlimit(Resource::Nofile);
    let new = Rlimit { current: Some(limit), maximum: old.maximum };
    rustix::process::setrlimit(Resource::Nofile, new).ok()?;
    Some(old)
}

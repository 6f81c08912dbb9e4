//! Each check's question: to the kernel before any server is asked, to a server beside all others.

use std::path::Path;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::{OwnCheck, Spec};
use crate::check::facts::{Asked, Board};
use crate::check::plan::Plan;
use crate::host::manager::Silence;
use crate::host::process::{Process, State, read_processes};
use crate::probe::Failure;
use crate::probe::grpc::{Identity, probe_identity};
use crate::probe::tcp::{probe_tcp, resolve};
use crate::probe::tls::{Handshake, TlsFailure, probe_tls};
use crate::probe::web::{Answer, fetch};

/// So many servers are asked at once.
const AT_ONCE: usize = 32;

/// A service that no server has: whoever refuses it speaks gRPC.
const ANY_SERVICE: &str = "grpc.health.v1.Health";

/// What one question came to.
#[derive(Clone, Debug)]
pub(in crate::check) struct Fact {
    pub(super) outcome: Outcome,
    pub(super) took: Duration,
}

/// An answer, by kind.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    /// The processes of a program, by pid; `None` where `/proc` cannot be read.
    Processes(Option<Vec<(u32, State)>>),
    Tcp(Result<Duration, Failure>),
    Tls(Result<Handshake, TlsFailure>),
    Http(Result<Answer, TlsFailure>),
    Grpc(Result<Identity, Failure>),
    Unit(Result<Unit, Silence>),
}

/// What systemd says of a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) is_active: bool,
    /// "failed (exit-code)"
    pub(super) state: String,
}

/// Reads what the kernel knows.
pub(in crate::check) fn look(plan: &Plan, board: &Board) {
    for (index, check) in plan.own_checks() {
        let Spec::Process { program, .. } = &check.spec else { continue };
        let started = Instant::now();
        let outcome = Outcome::Processes(processes(program));
        board.put(|facts| {
            let fact = Fact { outcome, took: started.elapsed() };
            facts.own.insert(index, Asked::Done(fact));
        });
    }
}

/// The live processes of a program: by its path, or by its name wherever it lies.
fn processes(program: &Path) -> Option<Vec<(u32, State)>> {
    let name = program.file_name()?.to_str()?;
    let directory = program.parent().filter(|parent| !parent.as_os_str().is_empty());
    let directory = directory.map(|parent| parent.canonicalize().unwrap_or_else(|_| parent.to_owned()));
    let table = read_processes(Path::new("/"), &[name]).ok()?;
    let is_of_it = |process: &&Process| match (&directory, &process.directory) {
        (Some(wanted), Some(found)) => wanted == found,
        // A zombie's program cannot be seen.
        (Some(_), None) => false,
        (None, _) => true,
    };
    Some(table.processes.iter().filter(is_of_it).map(|process| (process.pid, process.state)).collect())
}

/// Asks every server.
pub(in crate::check) async fn ask(plan: &Plan, board: &Board) {
    let mut waiting = plan.own_checks().filter(|(_, check)| !matches!(check.spec, Spec::Process { .. }));
    let mut asked = JoinSet::new();
    loop {
        while asked.len() < AT_ONCE
            && let Some((index, check)) = waiting.next()
        {
            board.put(|facts| drop(facts.own.insert(index, Asked::Waiting)));
            let (check, timeout) = (check.clone(), check.timeout.unwrap_or(plan.probe_timeout));
            asked.spawn(async move {
                let started = Instant::now();
                let outcome = answer(&check, timeout).await;
                (index, Fact { outcome, took: started.elapsed() })
            });
        }
        let Some(answered) = asked.join_next().await else { return };
        if let Ok((index, fact)) = answered {
            board.put(|facts| drop(facts.own.insert(index, Asked::Done(fact))));
        }
    }
}

async fn answer(check: &OwnCheck, timeout: Duration) -> Outcome {
    match &check.spec {
        Spec::Process { .. } => Outcome::Processes(None),
        Spec::Tcp { address } => Outcome::Tcp(probe_tcp(address, timeout).await),
        Spec::Tls { address, name, trust, .. } => {
            Outcome::Tls(probe_tls(address, name, trust, timeout).await)
        }
        Spec::Http { request, .. } | Spec::Websocket { request, .. } => {
            Outcome::Http(fetch(request, timeout).await)
        }
        Spec::Grpc { address, service } => {
            Outcome::Grpc(grpc(address, service.as_deref().unwrap_or(ANY_SERVICE), timeout).await)
        }
        Spec::Unit { unit } => {
            let asked = tokio::time::timeout(timeout, read_unit(unit)).await;
            Outcome::Unit(asked.unwrap_or(Err(Silence::NoAnswer(timeout))))
        }
    }
}

#[cfg(feature = "systemd-units")]
async fn read_unit(name: &str) -> Result<Unit, Silence> {
    let unit = crate::host::systemd::read_state(name).await?;
    Ok(Unit { is_active: unit.is_active(), state: unit.to_string() })
}

#[cfg(not(feature = "systemd-units"))]
#[expect(clippy::unused_async, reason = "with systemd there is something to wait for")]
async fn read_unit(_: &str) -> Result<Unit, Silence> {
    Err(Silence::NotBuiltIn)
}

/// Asks the first of a host's addresses that speaks gRPC.
async fn grpc(address: &str, service: &str, timeout: Duration) -> Result<Identity, Failure> {
    let asked = async {
        let mut last = Failure::NotResolved;
        for address in resolve(address).await? {
            match probe_identity(address, service, timeout).await {
                Ok(answer) => return Ok(answer.identity),
                Err(failure) => last = failure,
            }
        }
        Err(last)
    };
    tokio::time::timeout(timeout, asked).await.unwrap_or(Err(Failure::NoAnswer(timeout)))
}

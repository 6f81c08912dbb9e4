//! Looking: each kind's own file says what it asks; here is where the answers lie, and in which order they come.
//!
//! Each fact is put on the [`Board`] when it is there, so that a run that is cut off still has the rest.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use reqwest::Client;
use tokio::signal::unix::{SignalKind, signal};

use super::kind::config::{self, ConfigFact};
use super::kind::grpc::GrpcFact;
use super::kind::host::{self, HostFact};
use super::kind::http::HttpFact;
use super::kind::metrics::MetricsFact;
use super::kind::{dependency, grpc, http, metrics, port, process, registry};
use super::own;
use super::plan::Plan;
use super::said::Quotations;
use crate::host::process::{Process, State};
use crate::host::socket::{Holder, Listener, SocketTable};
use crate::openim::dependency::Dependency;
use crate::openim::service::Service;
use crate::probe::dependency::{Examined, NotAsked};
use crate::probe::etcd::{Snapshot, Unreachable};
use crate::probe::http::client;

/// A fact that has to be asked for.
#[derive(Clone, Debug, Default)]
pub(super) enum Asked<T> {
    /// There is no reason to ask.
    #[default]
    No,
    /// Asked, and no answer yet.
    Waiting,
    /// The answer.
    Done(T),
}

/// What came of asking each server.
pub(super) type Answers = BTreeMap<Dependency, Asked<Result<Examined, NotAsked>>>;

/// Everything that was seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    /// The sockets of the processes; `None` where they cannot be read, or not yet.
    pub(super) sockets: Option<SocketTable>,
    /// The processes when all else was known, by pid: their state, or that they have ended.
    pub(super) second_look: Option<BTreeMap<u32, Option<State>>>,
    /// The processes that have come by then to instances that had none.
    pub(super) newcomers: Vec<Process>,
    /// The release of `openimsdk/tools` in each process, where its program tells.
    pub(super) tools: BTreeMap<u32, String>,
    /// How long reading processes and sockets took.
    pub(super) host_took: Duration,
    /// Who holds a fixed port that its service does not hold.
    pub(super) holders: BTreeMap<u16, (Listener, Holder)>,
    /// The registry.
    pub(super) registry: Asked<Result<Snapshot, Unreachable>>,
    /// The other servers.
    pub(super) dependencies: Answers,
    /// The servers where only some services look for them.
    pub(super) elsewhere: Answers,
    /// The mistakes of the configuration, where they were looked for.
    pub(super) config: Option<ConfigFact>,
    /// The answers to `OPTIONS`, by service and instance.
    pub(super) http: BTreeMap<(Service, u32), Asked<HttpFact>>,
    /// The answers to gRPC calls, by service and instance.
    pub(super) grpc: BTreeMap<(Service, u32), Asked<GrpcFact>>,
    /// The pages of metrics, by service and instance.
    pub(super) metrics: BTreeMap<(Service, u32), Asked<MetricsFact>>,
    /// The machine.
    pub(super) host: Option<HostFact>,
    /// What the services said last, where something is wrong.
    pub(super) quotations: Quotations,
    /// The API's answer to the wrong secret.
    pub(super) deep: Asked<HttpFact>,
    /// What came of the user's own checks, by number.
    pub(super) own: BTreeMap<usize, Asked<own::Fact>>,
}

/// Where facts are put as they come.
#[derive(Clone, Debug, Default)]
pub(super) struct Board(Arc<Mutex<Facts>>);

impl Board {
    /// What is there now.
    pub(super) fn snapshot(&self) -> Facts {
        self.lock().clone()
    }

    /// Puts a fact where it belongs.
    pub(super) fn put(&self, change: impl FnOnce(&mut Facts)) {
        change(&mut self.lock());
    }

    fn lock(&self) -> MutexGuard<'_, Facts> {
        // A panic while a fact is put leaves the others as they were.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why nothing could be looked at.
#[derive(Debug, thiserror::Error)]
pub(super) enum FactsError {
    /// No thread or timer for the probes.
    #[error("start the probes: {0}")]
    Runtime(#[source] io::Error),
    /// The HTTP client cannot be made.
    #[error("start the HTTP client: {0}")]
    Client(#[source] reqwest::Error),
}

/// What SIGTERM comes to while servers are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OnSigterm {
    /// The report is made of what is there: whoever limits the time of one look, as `timeout` does, wants to see it.
    Report,
    /// The end, as for any program.
    End,
}

/// Looks at everything that the plan wants, and puts it on the board.
///
/// # Errors
/// The system refuses what probes need (threads, descriptors).
pub(super) fn gather(
    plan: &Plan,
    board: &Board,
    started: Instant,
    on_sigterm: OnSigterm,
) -> Result<(), FactsError> {
    port::look(plan, board);
    process::look_into_programs(plan, board);
    own::look(plan, board);
    config::look(plan, board);
    host::look(plan, board);
    board.put(|facts| facts.host_took = started.elapsed());
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(FactsError::Runtime)?;
    let client = client(plan.probe_timeout).map_err(FactsError::Client)?;
    runtime.block_on(async {
        tokio::select! {
            () = ask_everything(plan, board, &client) => {}
            () = asked_to_end(on_sigterm) => {}
        }
    });
    process::look_again(plan, board);
    // A resolver thread may still hang; nobody waits for it.
    runtime.shutdown_background();
    Ok(())
}

/// Returns when the report is wanted at once.
async fn asked_to_end(on_sigterm: OnSigterm) {
    let watched = match on_sigterm {
        OnSigterm::Report => signal(SignalKind::terminate()).ok(),
        OnSigterm::End => None,
    };
    match watched {
        Some(mut sigterm) => drop(sigterm.recv().await),
        None => std::future::pending().await,
    }
}

/// How long gRPC and metrics wait for the registry, which knows best which port is which.
const REGISTRY_FIRST: Duration = Duration::from_millis(300);

/// All servers at once; the whole way last, for the registry may make it necessary.
async fn ask_everything(plan: &Plan, board: &Board, client: &Client) {
    let sockets = board.snapshot().sockets.unwrap_or_default();
    let (done, told) = tokio::sync::oneshot::channel();
    let registry = async {
        registry::ask(plan, board).await;
        // Nobody may be waiting any more.
        let _ = done.send(());
    };
    let after_it = async {
        let _ = tokio::time::timeout(REGISTRY_FIRST, told).await;
        tokio::join!(grpc::ask(plan, board), metrics::ask(plan, board, client));
    };
    tokio::join!(
        registry,
        after_it,
        dependency::ask(plan, board),
        own::ask(plan, board),
        http::ask(plan, board, client, &sockets)
    );
    http::ask_deep(plan, board, client, &sockets).await;
}

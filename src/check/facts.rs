//! Looking: sockets, registry and HTTP, as far as the plan wants them.
//!
//! Each fact is put on the [`Board`] when it is there, so that a run that is cut off still has the rest.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use reqwest::Client;

use super::plan::{ETCD_CHECK, InstancePlan, Plan};
use super::report::Kind;
use crate::host::process::State;
use crate::host::socket::{Holder, Listener, SocketTable, read_holder, read_sockets};
use crate::openim::registry::Registration;
use crate::openim::service::Service;
use crate::probe::Failure;
use crate::probe::etcd::{Snapshot, Unreachable, probe_leases, probe_registry};
use crate::probe::http::{self, Answer, Ask, Request, probe_http};

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

/// What one request to the API came to.
#[derive(Clone, Debug)]
pub(super) struct HttpFact {
    /// The request's address.
    pub(super) url: String,
    /// Its answer.
    pub(super) outcome: Result<Answer, Failure>,
    /// How long it took to get there.
    pub(super) took: Duration,
}

/// Everything that was seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    /// The sockets of the processes; `None` where they cannot be read, or not yet.
    pub(super) sockets: Option<SocketTable>,
    /// How long reading processes and sockets took.
    pub(super) host_took: Duration,
    /// Who holds a fixed port that its service does not hold.
    pub(super) holders: BTreeMap<u16, (Listener, Holder)>,
    /// The registry.
    pub(super) registry: Asked<Result<Snapshot, Unreachable>>,
    /// The API's answer to `OPTIONS`, by instance.
    pub(super) http: BTreeMap<u32, Asked<HttpFact>>,
    /// The API's answer to the wrong secret.
    pub(super) deep: Asked<HttpFact>,
}

/// Where facts are put as they come.
#[derive(Clone, Debug, Default)]
pub(super) struct Board(Arc<Mutex<Facts>>);

impl Board {
    /// What is there now.
    pub(super) fn snapshot(&self) -> Facts {
        self.lock().clone()
    }

    fn put(&self, change: impl FnOnce(&mut Facts)) {
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

/// Looks at everything that the plan wants, and puts it on the board.
///
/// # Errors
/// The system refuses what probes need (threads, descriptors).
pub(super) fn gather(plan: &Plan, board: &Board, started: Instant) -> Result<(), FactsError> {
    look_at_sockets(plan, board);
    board.put(|facts| facts.host_took = started.elapsed());
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(FactsError::Runtime)?;
    let client = http::client(plan.probe_timeout).map_err(FactsError::Client)?;
    runtime.block_on(ask_everything(plan, board, &client));
    // A resolver thread may still hang; nobody waits for it.
    runtime.shutdown_background();
    Ok(())
}

fn look_at_sockets(plan: &Plan, board: &Board) {
    let pids: Vec<u32> =
        plan.instances.iter().flat_map(|instance| &instance.processes).map(|p| p.pid).collect();
    let Ok(sockets) = read_sockets(&pids) else { return };
    let holders = foreign_holders(plan, &sockets);
    board.put(|facts| {
        facts.sockets = Some(sockets);
        facts.holders = holders;
    });
}

/// Who listens on a fixed port whose instance does not. Where the instance itself may be hidden from us, so may
/// its sockets be: then nobody is called a stranger.
fn foreign_holders(plan: &Plan, sockets: &SocketTable) -> BTreeMap<u16, (Listener, Holder)> {
    let visible = plan.instances.iter().filter(|instance| plan.hidden_process(instance.service).is_none());
    let fixed = visible.flat_map(|instance| {
        instance.listens.iter().filter_map(move |listen| Some((instance, listen.port?)))
    });
    let mut holders = BTreeMap::new();
    for (instance, port) in fixed {
        let ours = instance.processes.iter().filter_map(|process| sockets.of(process.pid)).flatten();
        if ours.into_iter().any(|listener| listener.address.port() == port) {
            continue;
        }
        if let Some(listener) = sockets.all.iter().find(|listener| listener.address.port() == port) {
            holders.insert(port, (*listener, read_holder(listener.inode)));
        }
    }
    holders
}

async fn ask_everything(plan: &Plan, board: &Board, client: &Client) {
    let sockets = board.snapshot().sockets.unwrap_or_default();
    let registry = ask_registry(plan, board, client);
    let http = async {
        for (instance, url) in api_urls(plan, &sockets) {
            let request = Request { url, ask: Ask::Options };
            board.put(|facts| drop(facts.http.insert(instance.index, Asked::Waiting)));
            let fact = ask_http(plan, client, request).await;
            board.put(|facts| drop(facts.http.insert(instance.index, Asked::Done(fact))));
        }
    };
    tokio::join!(registry, http);
    if plan.deep || some_rpc_is_lost(plan, &board.snapshot()) {
        ask_deep(plan, board, client, &sockets).await;
    }
}

async fn ask_registry(plan: &Plan, board: &Board, client: &Client) {
    let wanted = plan.wants(None, Kind::Dependency, ETCD_CHECK)
        || plan
            .instances
            .iter()
            .any(|i| plan.wants(Some(i.service), Kind::Registry, &i.check_id("registry")));
    let Some(registry) = plan.registry.as_ref().filter(|_| wanted) else { return };
    board.put(|facts| facts.registry = Asked::Waiting);
    let mut answer = probe_registry(client, registry, plan.probe_timeout).await;
    if let Ok(snapshot) = &mut answer {
        let sockets = board.snapshot().sockets.unwrap_or_default();
        let endpoint = snapshot.endpoint.clone();
        let mut ghosts = ghosts(plan, &sockets, snapshot);
        // Only of leftovers does anyone ask how long they stay.
        probe_leases(client, &endpoint, &mut ghosts, plan.probe_timeout).await;
        for ghost in ghosts {
            let same = |r: &&mut Registration| r.address == ghost.address && r.name == ghost.name;
            if let Some(registration) = snapshot.registrations.iter_mut().find(same) {
                registration.seconds_left = ghost.seconds_left;
            }
        }
    }
    board.put(|facts| facts.registry = Asked::Done(answer));
}

/// The keys of a service behind which no process of it listens.
pub(super) fn ghosts(plan: &Plan, sockets: &SocketTable, snapshot: &Snapshot) -> Vec<Registration> {
    let is_ghost = |registration: &&Registration| {
        let mut instances =
            plan.instances.iter().filter(|i| i.register_name == Some(registration.name.as_str())).peekable();
        // Keys of services that are not looked at, or whose processes we cannot see, are nobody's here.
        instances.peek().is_some_and(|instance| plan.hidden_process(instance.service).is_none())
            && !instances
                .flat_map(|i| &i.processes)
                .filter_map(|p| sockets.of(p.pid))
                .flatten()
                .any(|listener| listener.serves(registration.address))
    };
    snapshot.registrations.iter().filter(is_ghost).cloned().collect()
}

/// The address at which each instance of the API that can answer is asked.
fn api_urls<'p>(plan: &'p Plan, sockets: &SocketTable) -> Vec<(&'p InstancePlan, String)> {
    let mut urls = Vec::new();
    for instance in &plan.instances {
        if plan.http_is_loud() || !plan.wants(Some(instance.service), Kind::Http, &instance.check_id("http"))
        {
            continue;
        }
        if let Some(address) = api_address(instance, sockets) {
            urls.push((instance, format!("http://{address}/")));
        }
    }
    urls
}

/// A stopped process and a foreign owner of the port are not asked: their sockets have said enough.
pub(super) fn api_address(instance: &InstancePlan, sockets: &SocketTable) -> Option<SocketAddr> {
    let port = instance.http_port()?;
    let process = instance.sole_process().filter(|process| process.state == State::Alive)?;
    let listeners = sockets.of(process.pid)?;
    let listener = listeners.iter().find(|listener| listener.address.port() == port)?;
    Some(listener.reachable_at())
}

/// Whether a service that others call has a process and no key.
fn some_rpc_is_lost(plan: &Plan, facts: &Facts) -> bool {
    let (Some(sockets), Asked::Done(Ok(snapshot))) = (&facts.sockets, &facts.registry) else { return false };
    plan.instances.iter().any(|instance| {
        instance.service == Service::RpcAuth
            && instance.sole_process().is_some_and(|process| {
                sockets.of(process.pid).is_some_and(|listeners| {
                    !listeners.is_empty() && registration_of(instance, listeners, snapshot).is_none()
                })
            })
    })
}

/// The key of an instance: one of its service's whose port it listens on.
pub(super) fn registration_of<'s>(
    instance: &InstancePlan,
    listeners: &[Listener],
    snapshot: &'s Snapshot,
) -> Option<&'s Registration> {
    snapshot.registrations.iter().find(|registration| {
        Some(registration.name.as_str()) == instance.register_name
            && listeners.iter().any(|listener| listener.serves(registration.address))
    })
}

async fn ask_deep(plan: &Plan, board: &Board, client: &Client, sockets: &SocketTable) {
    let Some(address) = plan.instances.iter().find_map(|instance| api_address(instance, sockets)) else {
        return;
    };
    board.put(|facts| facts.deep = Asked::Waiting);
    let request = Request { url: format!("http://{address}/auth/get_admin_token"), ask: Ask::WrongSecret };
    let fact = ask_http(plan, client, request).await;
    board.put(|facts| facts.deep = Asked::Done(fact));
}

async fn ask_http(plan: &Plan, client: &Client, request: Request) -> HttpFact {
    let started = Instant::now();
    let outcome = probe_http(client, &request, plan.probe_timeout).await;
    HttpFact { url: request.url, outcome, took: started.elapsed() }
}

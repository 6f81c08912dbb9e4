//! One look at the deployment: find it, plan, look, judge; and the deadline over all of it.
//!
//! The work is done by a thread of its own that nobody joins. A resolver, a read of a process in state D, or a
//! full pipe behind standard output cannot be interrupted; when the deadline comes, what is there is reported
//! and the process ends.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::args::Options;
use super::cause::find_causes;
use super::facts::{Board, FactsError, OnSigterm, gather};
use super::history::HistoryError;
use super::judge::judge;
use super::managers;
use super::own::{self, OwnError, read_own};
use super::plan::{Plan, PlanError};
use super::render::{self, NoSuchForm};
use super::report::{Report, worst};
use super::said;
use super::target::Target;
use crate::exit::Exit;
use crate::host::origin::Manager;
use crate::host::process::read_processes;
use crate::openim::config::Environment;
use crate::openim::deployment::{Deployment, DeploymentError, find_root};
use crate::openim::service::Service;
use crate::time::Timestamp;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub(super) enum CheckError {
    #[error(transparent)]
    Deployment(#[from] DeploymentError),
    #[error("OpenIM is in none of the usual directories, but {program} runs (pid {pid}){place}", program = program.display())]
    Elsewhere { program: PathBuf, pid: u32, place: String },
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(transparent)]
    Own(#[from] OwnError),
    #[error(transparent)]
    Facts(#[from] FactsError),
    #[error(transparent)]
    History(#[from] HistoryError),
    #[error(transparent)]
    Form(#[from] NoSuchForm),
    #[error("read /proc: {0}")]
    Processes(#[source] io::Error),
    #[error(
        "this process may open {limit} files only (RLIMIT_NOFILE), and needs {ENOUGH_FILES}: raise it, as `ulimit -n` does"
    )]
    FileLimit { limit: u64 },
    #[error("start a thread: {0}")]
    Thread(#[source] io::Error),
    #[error("nothing could be read before the deadline of {0:?}: /proc or the configuration does not answer")]
    Deadline(Duration),
    #[error("the check itself failed; please report this")]
    Died,
}

impl CheckError {
    /// The exit code of a run that ends so.
    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::Deployment(_) | Self::Elsewhere { .. } | Self::Own(_) => Exit::Config,
            Self::Plan(PlanError::Config(_) | PlanError::Index { .. }) => Exit::Config,
            Self::Plan(PlanError::NothingSelected) | Self::Form(_) => Exit::Usage,
            Self::FileLimit { .. } => Exit::CannotTell,
            Self::Facts(_) | Self::Processes(_) | Self::Thread(_) | Self::History(_) => Exit::CannotTell,
            Self::Deadline(_) => Exit::Unhealthy,
            Self::Died => Exit::Internal,
        }
    }
}

/// Finds the deployment and plans; asks no server.
pub(super) fn make_plan(targets: &[Target], options: &Options) -> Result<Plan, CheckError> {
    let own = read_own(&options.checks, Path::new(own::DIRECTORY))?;
    let programs = Service::KNOWN.map(Service::binary);
    let root = match find_root(options.root.as_deref()) {
        Err(DeploymentError::NotFound) => return Err(find_elsewhere(&programs)),
        root => root?,
    };
    let table = read_processes(&root, &programs).map_err(CheckError::Processes)?;
    let runs = |program: &str| table.processes.iter().any(|process| process.program == program);
    let deployment = Deployment::open(root, options.config.as_deref(), options.layout, &runs)?;
    let environment = Environment::of_this_process();
    let managed = managers::ask(targets, options, &deployment, &table, &environment);
    Ok(Plan::new(targets, options, deployment, table, managed, own, &environment)?)
}

/// Where no directory was named and none is found: whether processes show that OpenIM is somewhere else.
fn find_elsewhere(programs: &[&str]) -> CheckError {
    let running = read_processes(Path::new("/"), programs).map(|table| table.processes).unwrap_or_default();
    let placed = running.into_iter().find_map(|process| Some((process.directory.clone()?, process)));
    let Some((directory, process)) = placed else { return DeploymentError::NotFound.into() };
    let place = match process.origin.manager {
        Some(Manager::Container(id)) => {
            format!(" in container {id}: check it there, as with `docker exec {id} openim-check`")
        }
        Some(Manager::Unit(_)) | None => ": name its directory, the one with config/, with --root".to_owned(),
    };
    CheckError::Elsewhere { program: directory.join(process.program), pid: process.pid, place }
}

/// A socket for each server that is asked at once, the files of `/proc`, and what a resolver opens.
const ENOUGH_FILES: u64 = 64;

/// With too few files a server that is well would look as if it were not: better to look at nothing. A soft limit
/// is ours to raise.
fn make_room_for_files() -> Result<(), CheckError> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let Some(limit) = current.filter(|limit| *limit < ENOUGH_FILES) else { return Ok(()) };
    let raised = maximum.map_or(ENOUGH_FILES, |maximum| maximum.min(ENOUGH_FILES));
    let enough = raised >= ENOUGH_FILES
        && setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum }).is_ok();
    if enough { Ok(()) } else { Err(CheckError::FileLimit { limit }) }
}

/// Looks and judges; at the deadline with what is there by then.
pub(super) fn examine(
    targets: &[Target],
    options: &Options,
    started: Instant,
    on_sigterm: OnSigterm,
) -> Result<Report, CheckError> {
    let started_at = Timestamp::read_clock();
    make_room_for_files()?;
    let board = Board::default();
    let plan: Arc<OnceLock<Plan>> = Arc::default();
    let (done, outcome) = mpsc::channel();
    let worker = Worker {
        targets: targets.to_vec(),
        options: options.clone(),
        board: board.clone(),
        plan: Arc::clone(&plan),
        on_sigterm,
    };
    thread::Builder::new()
        .name("check".to_owned())
        .spawn(move || done.send(worker.work(started)))
        .map_err(CheckError::Thread)?;
    match outcome.recv_timeout((started + options.deadline()).saturating_duration_since(Instant::now())) {
        Ok(outcome) => outcome?,
        Err(RecvTimeoutError::Timeout) => {}
        Err(RecvTimeoutError::Disconnected) => return Err(CheckError::Died),
    }
    let plan = plan.get().ok_or(CheckError::Deadline(options.deadline()))?;
    Ok(make_report(plan, &board, started_at, started))
}

struct Worker {
    targets: Vec<Target>,
    options: Options,
    board: Board,
    plan: Arc<OnceLock<Plan>>,
    on_sigterm: OnSigterm,
}

impl Worker {
    fn work(self, started: Instant) -> Result<(), CheckError> {
        let made = make_plan(&self.targets, &self.options)?;
        let plan = self.plan.get_or_init(|| made);
        gather(plan, &self.board, started, self.on_sigterm)?;
        let causes = find_causes(plan, &judge(plan, &self.board.snapshot(), started.elapsed()).judged);
        said::look(plan, &self.board, &causes);
        Ok(())
    }
}

fn make_report(plan: &Plan, board: &Board, started_at: Timestamp, started: Instant) -> Report {
    let facts = board.snapshot();
    let judgement = judge(plan, &facts, started.elapsed());
    let mut causes = find_causes(plan, &judgement.judged);
    said::quote(&mut causes, &facts.quotations);
    let verdict = worst(judgement.judged.iter().map(|judged| &judged.check));
    let mut report = Report {
        schema: "openim-check/1",
        verdict,
        started_at: started_at.utc().to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
        duration: started.elapsed(),
        layout: plan.layout.title.clone(),
        root: plan.root.display().to_string(),
        summary: String::new(),
        causes,
        services: judgement.services,
        dependencies: judgement.dependencies,
        config: judgement.config,
        host: judgement.host,
        checks: judgement.own,
    };
    report.summary = render::summary(&report);
    report
}

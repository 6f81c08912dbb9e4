//! The one way through: find the deployment, plan, look, judge, render; and the deadline over all of it.
//!
//! The work is done by a thread of its own that nobody joins. A resolver, a read of a process in state D, or a
//! full pipe behind standard output cannot be interrupted; when the deadline comes, what is there is rendered
//! and the process ends.

use std::ffi::OsString;
use std::io::{self, Write};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;

use super::args::{Args, Options, Verb};
use super::cause::find_causes;
use super::facts::{Board, FactsError, gather};
use super::history::{self, HistoryError};
use super::judge::judge;
use super::plan::{Plan, PlanError};
use super::render;
use super::report::{Report, Verdict, worst};
use super::target::Target;
use crate::exit::Exit;
use crate::host::process::read_processes;
use crate::openim::config::Environment;
use crate::openim::deployment::{Deployment, DeploymentError};
use crate::openim::service::Service;
use crate::time::Timestamp;
use crate::usage;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub(super) enum CheckError {
    #[error(transparent)]
    Deployment(#[from] DeploymentError),
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(transparent)]
    Facts(#[from] FactsError),
    #[error(transparent)]
    History(#[from] HistoryError),
    #[error("read /proc: {0}")]
    Processes(#[source] io::Error),
    #[error("start a thread: {0}")]
    Thread(#[source] io::Error),
    #[error("nothing could be read before the deadline of {0:?}: /proc or the configuration does not answer")]
    Deadline(Duration),
    #[error("the check itself failed; please report this")]
    Died,
}

impl CheckError {
    fn exit(&self) -> Exit {
        match self {
            Self::Deployment(_) => Exit::Config,
            Self::Plan(PlanError::Config(_) | PlanError::Index { .. }) => Exit::Config,
            Self::Plan(PlanError::NothingSelected) => Exit::Usage,
            Self::Facts(_) | Self::Processes(_) | Self::Thread(_) | Self::History(_) => Exit::CannotTell,
            Self::Deadline(_) => Exit::Unhealthy,
            Self::Died => Exit::Internal,
        }
    }
}

/// Runs the whole command and says how the process should end; `arguments` begin with the program's name.
pub fn main<I, T>(arguments: I) -> Exit
where
    I: IntoIterator<Item = T>,
    T: Into<OsString> + Clone,
{
    match Args::try_parse_from(arguments) {
        Ok(args) => run(args),
        Err(error) => usage::report(&error),
    }
}

fn run(args: Args) -> Exit {
    let Args { verb, targets, options } = args;
    let started = Instant::now();
    let outcome = match verb {
        Some(Verb::Completions { shell }) => {
            return print(&render::completions(shell), started + options.deadline, Exit::Ok);
        }
        Some(Verb::List { targets: more }) => list(&[targets, more].concat(), &options),
        Some(Verb::Report { targets: more }) => examine(&[targets, more].concat(), &options, started)
            .and_then(|report| {
                let path = history::state_file(options.state.as_deref())?;
                let changes = history::compare_and_keep(&path, &report)?;
                Ok((render::changes(&report, &changes, &options), exit_of(&report, options.strict)))
            }),
        None => examine(&targets, &options, started)
            .map(|report| (render::report(&report, &options), exit_of(&report, options.strict))),
    };
    match outcome {
        Ok((text, exit)) => print(&text, started + options.deadline, exit),
        Err(error) => {
            complain(&error);
            error.exit()
        }
    }
}

fn list(targets: &[Target], options: &Options) -> Result<(String, Exit), CheckError> {
    let plan = make_plan(targets, options)?;
    Ok((render::list(&plan, options), Exit::Ok))
}

fn make_plan(targets: &[Target], options: &Options) -> Result<Plan, CheckError> {
    let deployment = Deployment::open(options.root.as_deref(), options.config.as_deref(), options.layout)?;
    let programs: Vec<&str> = Service::ALL.iter().map(|service| service.binary()).collect();
    let table = read_processes(&deployment.root, &programs).map_err(CheckError::Processes)?;
    let environment = Environment::of_this_process();
    Ok(Plan::new(targets, options, deployment, table, &environment)?)
}

/// Looks and judges; at the deadline with what is there by then.
fn examine(targets: &[Target], options: &Options, started: Instant) -> Result<Report, CheckError> {
    let started_at = Timestamp::read_clock();
    let board = Board::default();
    let plan: Arc<OnceLock<Plan>> = Arc::default();
    let (done, outcome) = mpsc::channel();
    let worker = Worker {
        targets: targets.to_vec(),
        options: options.clone(),
        board: board.clone(),
        plan: Arc::clone(&plan),
    };
    thread::Builder::new()
        .name("check".to_owned())
        .spawn(move || done.send(worker.work(started)))
        .map_err(CheckError::Thread)?;
    match outcome.recv_timeout((started + options.deadline).saturating_duration_since(Instant::now())) {
        Ok(outcome) => outcome?,
        Err(RecvTimeoutError::Timeout) => {}
        Err(RecvTimeoutError::Disconnected) => return Err(CheckError::Died),
    }
    let plan = plan.get().ok_or(CheckError::Deadline(options.deadline))?;
    Ok(make_report(plan, &board, started_at, started))
}

struct Worker {
    targets: Vec<Target>,
    options: Options,
    board: Board,
    plan: Arc<OnceLock<Plan>>,
}

impl Worker {
    fn work(self, started: Instant) -> Result<(), CheckError> {
        let made = make_plan(&self.targets, &self.options)?;
        gather(self.plan.get_or_init(|| made), &self.board, started)?;
        Ok(())
    }
}

fn make_report(plan: &Plan, board: &Board, started_at: Timestamp, started: Instant) -> Report {
    let judgement = judge(plan, &board.snapshot(), started.elapsed());
    let causes = find_causes(plan, &judgement.judged);
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
    };
    report.summary = render::summary(&report);
    report
}

fn exit_of(report: &Report, strict: bool) -> Exit {
    match report.verdict {
        Verdict::Pass | Verdict::Skipped => Exit::Ok,
        Verdict::Warn if strict => Exit::Unhealthy,
        Verdict::Warn => Exit::Ok,
        Verdict::Fail | Verdict::Starting => Exit::Unhealthy,
        Verdict::Unknown => Exit::CannotTell,
    }
}

/// Writes to standard output, but waits for a reader no longer than the deadline allows.
/// A reader that has gone away has seen enough.
fn print(text: &str, deadline: Instant, exit: Exit) -> Exit {
    /// A pipe that is full at the deadline is given this long to take the report.
    const LAST_CHANCE: Duration = Duration::from_millis(50);
    let (done, written) = mpsc::channel();
    let bytes = text.as_bytes().to_vec();
    let writer = thread::Builder::new().spawn(move || {
        let mut out = anstream::AutoStream::new(io::stdout(), anstream::ColorChoice::AlwaysAnsi);
        let outcome = out.write_all(&bytes).and_then(|()| out.flush());
        // The receiver may have gone: then nobody wants to know.
        drop(done.send(outcome));
    });
    if writer.is_ok() {
        let left = deadline.saturating_duration_since(Instant::now()).max(LAST_CHANCE);
        // Whatever happened to the text, the verdict is in the exit code.
        drop(written.recv_timeout(left));
    }
    exit
}

fn complain(error: &CheckError) {
    // Standard error may be closed; the exit code still tells.
    drop(writeln!(io::stderr(), "openim-check: {error}"));
}

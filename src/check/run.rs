//! The one way from arguments to the exit code, through whichever verb was typed.

use std::ffi::OsString;
use std::io::{self, Write};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;

use super::args::{Args, Options, Verb};
use super::examine::{CheckError, examine, make_plan};
use super::facts::OnSigterm;
use super::history;
use super::profile::Silence;
use super::render;
use super::report::Report;
use super::target::Target;
use super::{wait, watch};
use crate::exit::{Exit, PluginState};
use crate::usage;

/// Runs the whole command and says how the process should end; `arguments` begin with the program's name.
pub fn main<I, T>(arguments: I) -> Exit
where
    I: IntoIterator<Item = T>,
    T: Into<OsString> + Clone,
{
    let arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
    match Args::try_parse_from(&arguments) {
        Ok(args) => run(args),
        // A plugin of Nagios says UNKNOWN to whatever is no result, help included.
        Err(error) if names_nagios(&arguments) => {
            let _ = usage::report(&error);
            Exit::Plugin(PluginState::Unknown)
        }
        Err(error) => usage::report(&error),
    }
}

/// Whether the format of Nagios was meant, on a command line that cannot be read.
fn names_nagios(arguments: &[OsString]) -> bool {
    let words = arguments.iter().filter_map(|argument| argument.to_str());
    words
        .into_iter()
        .any(|word| ["nagios", "--profile=nagios", "--format=nagios", "-onagios"].contains(&word))
}

fn run(args: Args) -> Exit {
    let Args { verb, targets, options } = args;
    let started = Instant::now();
    let outcome = match verb {
        Some(Verb::Completions { shell }) => Ok((render::completions(shell), Exit::Ok)),
        Some(Verb::List { targets: more }) => list(&[targets, more].concat(), &options),
        Some(Verb::Report { targets: more }) => report(&[targets, more].concat(), &options, started),
        Some(Verb::Explain { id }) => explain(&id, &options, started),
        Some(Verb::Wait { targets: more }) => {
            return wait(&[targets, more].concat(), &options, started);
        }
        Some(Verb::Watch { targets: more, interval, count }) => {
            watch::watch(&[targets, more].concat(), &options, watch::Rounds { interval, count })
        }
        None => check(&targets, &options, started),
    };
    let deadline = started + options.deadline();
    match outcome {
        Ok((text, exit)) => print(&text, deadline, exit),
        Err(error) => complain(&error, &options, deadline),
    }
}

fn check(targets: &[Target], options: &Options, started: Instant) -> Result<(String, Exit), CheckError> {
    let report = examine(targets, options, started, OnSigterm::Report)?;
    let exit = options.exit_of(report.verdict);
    let text = if is_told(&report, options)? { String::new() } else { render::report(&report, options) };
    Ok((text, exit))
}

/// Whether the reader knows it already.
fn is_told(report: &Report, options: &Options) -> Result<bool, CheckError> {
    if options.silence() != Silence::WhenTold {
        return Ok(false);
    }
    match history::place(options.state.as_deref()) {
        Some(path) => Ok(!history::is_news(&path, report, options.repeat_every)?),
        None => Ok(report.is_well()),
    }
}

fn list(targets: &[Target], options: &Options) -> Result<(String, Exit), CheckError> {
    let plan = make_plan(targets, options)?;
    Ok((render::list(&plan, options)?, Exit::Ok))
}

fn explain(id: &Target, options: &Options, started: Instant) -> Result<(String, Exit), CheckError> {
    let targets = [id.clone()];
    let plan = make_plan(&targets, options)?;
    let report = examine(&targets, options, started, OnSigterm::End)?;
    Ok((render::explain(&plan, &report, options)?, options.exit_of(report.verdict)))
}

/// Waits, then tells what it came to.
fn wait(targets: &[Target], options: &Options, started: Instant) -> Exit {
    let deadline = started + options.deadline.unwrap_or(wait::DEADLINE);
    match wait::wait(targets, options, deadline) {
        Ok(report) => print(&render::waited(&report, options), deadline, options.exit_of(report.verdict)),
        Err(error) => complain(&error, options, deadline),
    }
}

fn report(targets: &[Target], options: &Options, started: Instant) -> Result<(String, Exit), CheckError> {
    let report = examine(targets, options, started, OnSigterm::End)?;
    let path = history::state_file(options.state.as_deref())?;
    let changes = history::compare_and_keep(&path, &report)?;
    Ok((render::changes(&report, &changes, options)?, options.exit_of(report.verdict)))
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

/// Says why there is no report, where the reader looks for it.
fn complain(error: &CheckError, options: &Options, deadline: Instant) -> Exit {
    let exit = options.exit_without_report(error.exit());
    if let Some(text) = render::complaint(&error.to_string(), options) {
        return print(&text, deadline, exit);
    }
    // Standard error may be closed; the exit code still tells.
    drop(writeln!(io::stderr(), "openim-check: {error}"));
    exit
}

//! Look after look until all is well, within one deadline: for scripts, `ExecStartPost=` and containers that need
//! OpenIM.

use std::thread;
use std::time::{Duration, Instant};

use super::args::Options;
use super::examine::{CheckError, examine};
use super::facts::OnSigterm;
use super::render;
use super::report::Report;
use super::target::Target;
use crate::exit::Exit;
use crate::spinner::Spinner;

/// How long is waited where nobody says; a deployment of 26 services is up in 3 s, its database perhaps later.
pub(super) const DEADLINE: Duration = Duration::from_mins(1);

/// The pause after the first look; each one after it is half as long again.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// One look of a wait takes no longer than a check by itself.
const LONGEST_LOOK: Duration = Duration::from_secs(5);

/// The first report that is well, or the last one before the deadline. Until then a terminal shows on standard error
/// what is waited for.
///
/// # Errors
/// There is nothing to look at: waiting mends no wrong configuration.
pub(super) fn wait(targets: &[Target], options: &Options, deadline: Instant) -> Result<Report, CheckError> {
    let spinner = Spinner::start(options.quiet);
    let mut pause = FIRST_PAUSE;
    loop {
        let begun = Instant::now();
        let left = deadline.saturating_duration_since(begun);
        let look = Options { deadline: Some(left.min(LONGEST_LOOK)), ..options.clone() };
        let outcome = examine(targets, &look, begun, OnSigterm::End);
        let ends = match &outcome {
            Ok(report) => options.exit_of(report.verdict) == Exit::Ok,
            // A machine that is busy starting things may be too slow for one look.
            Err(CheckError::Deadline(_)) => false,
            Err(_) => true,
        };
        let left = deadline.saturating_duration_since(Instant::now());
        if ends || left <= pause {
            return outcome;
        }
        spinner.show(state(&outcome, left));
        thread::sleep(pause);
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    }
}

/// What is waited for, and for how long still.
fn state(outcome: &Result<Report, CheckError>, left: Duration) -> String {
    let state = match outcome {
        Ok(report) => render::summary(report),
        Err(error) => error.to_string(),
    };
    format!("{state} ({} s left)", left.as_secs())
}

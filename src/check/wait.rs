//! Look after look until all is well, within one deadline: for scripts, `ExecStartPost=` and containers that need
//! OpenIM.

use std::thread;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::args::Options;
use super::examine::{CheckError, examine};
use super::facts::OnSigterm;
use super::render;
use super::report::Report;
use super::target::Target;
use crate::exit::Exit;

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
    let progress = Progress::start(options);
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
        progress.show(&outcome, left);
        thread::sleep(pause);
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    }
}

/// One line on a terminal: `⠙ redis at 10.0.0.5:6379: connection refused (41 s left)`.
struct Progress(ProgressBar);

impl Progress {
    fn start(options: &Options) -> Self {
        let bar = if options.quiet { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
        let style = ProgressStyle::with_template("{spinner} {wide_msg}");
        Self(style.map_or_else(|_| ProgressBar::hidden(), |style| bar.with_style(style)))
    }

    fn show(&self, outcome: &Result<Report, CheckError>, left: Duration) {
        let state = match outcome {
            Ok(report) => render::summary(report),
            Err(error) => error.to_string(),
        };
        self.0.set_message(format!("{state} ({} s left)", left.as_secs()));
        self.0.tick();
    }
}

/// The line is gone before the verdict is written.
impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

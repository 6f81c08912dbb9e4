//! Look after look until all is well, within one deadline: for scripts, `ExecStartPost=` and containers that need
//! OpenIM.

use std::thread;
use std::time::{Duration, Instant};

use super::args::Options;
use super::examine::{CheckError, examine};
use super::facts::OnSigterm;
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

/// The first report that is well, or the last one before the deadline.
///
/// # Errors
/// There is nothing to look at: waiting mends no wrong configuration.
pub(super) fn wait(targets: &[Target], options: &Options, deadline: Instant) -> Result<Report, CheckError> {
    let mut pause = FIRST_PAUSE;
    loop {
        let begun = Instant::now();
        let left = deadline.saturating_duration_since(begun);
        let look = Options { deadline: Some(left.min(LONGEST_LOOK)), ..options.clone() };
        let report = examine(targets, &look, begun, OnSigterm::End)?;
        let well = options.exit_of(report.verdict) == Exit::Ok;
        if well || deadline.saturating_duration_since(Instant::now()) <= pause {
            return Ok(report);
        }
        thread::sleep(pause);
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    }
}

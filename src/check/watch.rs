//! Look after look, and a line for whatever changes.

use std::io::{self, Write};
use std::thread;
use std::time::{Duration, Instant};

use super::args::Options;
use super::examine::{CheckError, examine};
use super::facts::OnSigterm;
use super::history::Memory;
use super::render;
use super::target::Target;
use crate::exit::Exit;

/// How often is looked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rounds {
    /// The time from one look to the next.
    pub(super) interval: Duration,
    /// How many looks; `None` for ever.
    pub(super) count: Option<u64>,
}

/// Prints what changes from look to look. Ends with the exit code of the last look, after so many of them or when
/// nobody reads any more.
///
/// # Errors
/// There is nothing to look at, or the format is none of a watch.
pub(super) fn watch(
    targets: &[Target],
    options: &Options,
    rounds: Rounds,
) -> Result<(String, Exit), CheckError> {
    let mut memory = Memory::default();
    let mut round = 0;
    loop {
        round += 1;
        let begun = Instant::now();
        let report = examine(targets, options, begun, OnSigterm::End)?;
        let text = render::watched(&report, &memory.look(&report), options)?;
        let exit = options.exit_of(report.verdict);
        if !show(&text) || rounds.count.is_some_and(|count| round >= count) {
            return Ok((String::new(), exit));
        }
        thread::sleep(rounds.interval.saturating_sub(begun.elapsed()));
    }
}

/// Whether there is still a reader.
fn show(text: &str) -> bool {
    let mut out = anstream::AutoStream::new(io::stdout(), anstream::ColorChoice::AlwaysAnsi);
    text.is_empty() || out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_ok()
}

//! The report as text or JSON, the plan as a list: values in, text out. Nothing here looks at the host.

mod json;
mod list;
mod text;

pub(super) use list::list;
pub(super) use text::summary;

use clap::CommandFactory;
use clap_complete::Shell;

use super::args::{Args, Format, Options};
use super::history::Changes;
use super::report::{Report, Verdict};

/// The result in the format asked for; nothing when all is well and `--quiet` was given.
pub(super) fn report(report: &Report, options: &Options) -> String {
    if options.quiet && matches!(report.verdict, Verdict::Pass | Verdict::Skipped) {
        return String::new();
    }
    match options.format {
        Format::Text => text::report(report, &text::Style::choose(options.color)),
        Format::Json => json::report(report),
    }
}

/// The result and what changed since the last one.
pub(super) fn changes(report: &Report, changes: &Changes, options: &Options) -> String {
    match options.format {
        Format::Text => text::changes(report, changes, &text::Style::choose(options.color)),
        Format::Json => json::changes(report, changes),
    }
}

/// The completions of a shell.
pub(super) fn completions(shell: Shell) -> String {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "openim-check", &mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

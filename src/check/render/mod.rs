//! The report in each format, the plan as a list: values in, text out. Nothing here looks at the host.

mod changes;
mod explain;
mod json;
mod junit;
mod list;
mod nagios;
mod prometheus;
mod screen;
mod summary;
mod tap;
mod text;
mod watch;

pub(super) use explain::explain;
pub(super) use list::list;
pub(super) use summary::summary;
pub(super) use watch::watched;

use clap::CommandFactory;
use clap_complete::Shell;

use super::args::{Args, Format, Options};
use super::history::Changes;
use super::profile::Silence;
use super::report::Report;
use crate::exit::Exit;
use screen::Style;

/// Why a result cannot be printed as it was asked for.
#[derive(Debug, thiserror::Error)]
#[error("`{verb}` prints text or json, not {format}")]
pub(super) struct NoSuchForm {
    verb: &'static str,
    format: &'static str,
}

/// The result in the format asked for; nothing when all is well and the reader wants silence then.
pub(super) fn report(report: &Report, options: &Options) -> String {
    if report.is_well() && options.silence() == Silence::WhenWell {
        return String::new();
    }
    match options.format() {
        Format::Text => text::report(report, &Style::choose(options.color)).shaped(options.shape()),
        Format::Json => json::report(report),
        Format::Junit => junit::report(report, options.strict),
        Format::Tap => tap::report(report, options.strict),
        Format::Nagios => nagios::report(report, options),
        Format::Prometheus => prometheus::report(report),
    }
}

/// What a wait came to: a line where all is well, for the next thing may begin; else all that kept it.
pub(super) fn waited(report: &Report, options: &Options) -> String {
    let is_over = options.exit_of(report.verdict) == Exit::Ok;
    match options.format() {
        Format::Text if is_over && options.silence() != Silence::WhenWell => {
            text::headline(report, &Style::choose(options.color)).shaped(options.shape())
        }
        Format::Text | Format::Json | Format::Junit | Format::Tap | Format::Nagios | Format::Prometheus => {
            self::report(report, options)
        }
    }
}

/// The result and what changed since the last one.
pub(super) fn changes(report: &Report, changes: &Changes, options: &Options) -> Result<String, NoSuchForm> {
    match TextOrJson::of(options, "report")? {
        TextOrJson::Text => {
            let style = Style::choose(options.color);
            Ok(changes::changes(report, changes, &style).shaped(options.shape()))
        }
        TextOrJson::Json => Ok(json::changes(report, changes)),
    }
}

/// What a reader gets where there is no report; `None` where standard error is the place for it.
pub(super) fn complaint(message: &str, options: &Options) -> Option<String> {
    (options.format() == Format::Nagios).then(|| nagios::complaint(message))
}

/// The completions of a shell.
pub(super) fn completions(shell: Shell) -> String {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "openim-check", &mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The formats of what is no list of checks with verdicts.
enum TextOrJson {
    Text,
    Json,
}

impl TextOrJson {
    fn of(options: &Options, verb: &'static str) -> Result<Self, NoSuchForm> {
        let no = |format| Err(NoSuchForm { verb, format });
        match options.format() {
            Format::Text => Ok(Self::Text),
            Format::Json => Ok(Self::Json),
            Format::Junit => no("junit"),
            Format::Tap => no("tap"),
            Format::Nagios => no("nagios"),
            Format::Prometheus => no("prometheus"),
        }
    }
}

/// A text as a scalar of YAML, where JSON's strings are scalars too.
fn yaml_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

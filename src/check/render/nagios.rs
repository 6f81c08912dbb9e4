//! A plugin's output for Nagios, Icinga and Sensu: one line with performance data, then the details.

use std::fmt::Write as _;

use super::screen::Style;
use super::text;
use crate::check::args::{ColorWhen, Options};
use crate::check::report::{Report, Verdict};
use crate::exit::PluginState;

/// "OPENIM CRITICAL - rpc-auth runs but is not registered in etcd | instances=25;26: …"
pub(super) fn report(report: &Report, options: &Options) -> String {
    let state = options.plugin_state(report.verdict);
    let mut out = format!("{} |{}\n", first_line(state, &report.summary), performance(report));
    let plain = Style::choose(ColorWhen::Never);
    for line in text::report(report, &plain).details() {
        let _ = writeln!(out, "{}", without_bars(line));
    }
    out
}

/// What is said where there is no report.
pub(super) fn complaint(message: &str) -> String {
    format!("{}\n", first_line(PluginState::Unknown, message))
}

fn first_line(state: PluginState, message: &str) -> String {
    format!("OPENIM {} - {}", state.word(), without_bars(message).replace('\n', " "))
}

/// A bar divides a plugin's text from its performance data, on every line.
fn without_bars(text: &str) -> String {
    text.replace('|', "/")
}

/// `label=value[unit];warn;crit;min;max`; a range `26:` alerts below 26.
fn performance(report: &Report) -> String {
    let instances = || report.services.iter().flat_map(|service| &service.instances);
    let well = instances().filter(|instance| instance.verdict <= Verdict::Warn).count();
    let all = instances().count();
    let failing = report.checks().filter(|check| check.verdict == Verdict::Fail).count();
    let mut out = format!(
        " instances={well};{all}:;{all}:;0;{all} failing={failing};0;0;0 time={}s",
        seconds(report.duration)
    );
    for dependency in &report.dependencies {
        let well = dependency.checks.iter().filter(|check| check.verdict == Verdict::Pass);
        // A label may stand once; of several members the slowest counts.
        if let Some(slowest) = well.map(|check| check.duration).max() {
            let _ = write!(out, " {}={}s", dependency.name, seconds(slowest));
        }
    }
    out
}

fn seconds(duration: std::time::Duration) -> String {
    format!("{:.6}", duration.as_secs_f64())
}

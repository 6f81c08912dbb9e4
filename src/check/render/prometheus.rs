//! Metrics as text, for the textfile collector and for `/metrics` of `serve`. Few series: no pid, no
//! instance, no message.

use std::fmt::Write as _;

use crate::check::report::{Check, Report, ServiceReport, Verdict};

/// Every metric of a report.
pub(super) fn report(report: &Report) -> String {
    let mut out = String::new();
    let services = || report.services.iter();
    write_up(&mut out, report);
    write_metric(
        &mut out,
        "openim_check_instances",
        "How many instances of a service are well; warnings are allowed.",
        services().map(|service| (label("service", service.name), count(well(service)))),
    );
    write_metric(
        &mut out,
        "openim_check_instances_expected",
        "How many instances of a service there should be.",
        services().map(|service| (label("service", service.name), f64::from(service.expected_instances))),
    );
    write_metric(
        &mut out,
        "openim_check_dependency_seconds",
        "How long a server that OpenIM stands on took to answer.",
        report.dependencies.iter().filter_map(|dependency| {
            let check = dependency.checks.iter().find(|check| check.verdict == Verdict::Pass)?;
            Some((label("dependency", dependency.name), check.duration.as_secs_f64()))
        }),
    );
    write_checks(&mut out, report);
    write_run(&mut out, report);
    out
}

/// What could not be looked at has no series: neither 0 nor 1 would be true.
fn write_up(out: &mut String, report: &Report) {
    let up = |verdict: Verdict| match verdict {
        Verdict::Pass | Verdict::Warn => Some(1.0),
        Verdict::Fail | Verdict::Starting => Some(0.0),
        Verdict::Unknown | Verdict::Skipped => None,
    };
    let services = report.services.iter().filter_map(|s| Some((label("service", s.name), up(s.verdict)?)));
    write_metric(out, "openim_check_up", "Whether a service is well (1) or not (0).", services);
    let dependencies =
        report.dependencies.iter().filter_map(|d| Some((label("dependency", d.name), up(d.verdict)?)));
    write_metric(
        out,
        "openim_check_dependency_up",
        "Whether a server that OpenIM stands on is well (1) or not (0).",
        dependencies,
    );
    let own = report.checks.iter().filter_map(|own| Some((label("check", &own.name), up(own.verdict)?)));
    write_metric(
        out,
        "openim_check_own_up",
        "Whether the user's own checks of a name are well (1) or not (0).",
        own,
    );
}

fn write_checks(out: &mut String, report: &Report) {
    let of = |verdict| report.checks().filter(move |check: &&Check| check.verdict == verdict).count();
    let series =
        Verdict::ALL.into_iter().map(|verdict| (label("verdict", verdict.word()), count(of(verdict))));
    write_metric(out, "openim_check_checks", "How many checks came to a verdict.", series);
}

fn write_run(out: &mut String, report: &Report) {
    let series = Verdict::ALL
        .into_iter()
        .map(|verdict| (label("verdict", verdict.word()), if verdict == report.verdict { 1.0 } else { 0.0 }));
    write_metric(out, "openim_check_verdict", "The verdict of the whole: 1 for the one it is.", series);
    let duration = [(String::new(), report.duration.as_secs_f64())];
    write_metric(out, "openim_check_duration_seconds", "How long the run took.", duration);
    let began = chrono::DateTime::parse_from_rfc3339(&report.started_at).ok();
    let last = began.map(|began| (String::new(), began.timestamp_millis() as f64 / 1e3));
    write_metric(
        out,
        "openim_check_last_run_timestamp_seconds",
        "When the run began. A file that is no longer written stays as it was: alert on this one's age.",
        last,
    );
}

fn write_metric(out: &mut String, name: &str, help: &str, series: impl IntoIterator<Item = (String, f64)>) {
    let mut series = series.into_iter().peekable();
    if series.peek().is_none() {
        return;
    }
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} gauge");
    for (labels, value) in series {
        let _ = writeln!(out, "{name}{labels} {value}");
    }
}

/// Names of services, checks and verdicts hold nothing that needs an escape.
fn label(key: &str, value: &str) -> String {
    format!("{{{key}=\"{value}\"}}")
}

fn well(service: &ServiceReport) -> usize {
    service.instances.iter().filter(|instance| instance.verdict <= Verdict::Warn).count()
}

fn count(number: usize) -> f64 {
    number as f64
}

//! Text for a person at a terminal of 80 columns, in a mail, in `docker inspect`: the verdict first, failing
//! before passing.

use std::fmt::Write as _;
use std::io::IsTerminal;

use anstyle::{AnsiColor, Style as Ansi};

use crate::check::args::ColorWhen;
use crate::check::history::Changes;
use crate::check::kind::words::Uptime;
use crate::check::report::{Cause, Check, InstanceReport, Kind, Report, ServiceReport, Verdict};
use crate::probe::Millis;

/// Lines of ours are no longer than this.
const WIDTH: usize = 80;

/// So many services that are not ready yet are named; more than these are a start of the whole.
const NAMED_STARTING: usize = 3;

/// So many services are shown for one cause: rpc-auth, and the API that cannot reach it.
const SHOWN_SERVICES: usize = 2;

/// The text of a cause, of a hint and of a list stands behind its word at this column.
const INDENT: usize = 9;

/// Whether the state word is coloured.
pub(super) struct Style {
    colour: bool,
}

impl Style {
    /// `auto` is: on a terminal, and `NO_COLOR` is not set.
    pub(super) fn choose(when: ColorWhen) -> Self {
        let colour = match when {
            ColorWhen::Always => true,
            ColorWhen::Never => false,
            ColorWhen::Auto => {
                std::io::stdout().is_terminal()
                    && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            }
        };
        Self { colour }
    }

    fn word(&self, verdict: Verdict) -> String {
        let word = verdict.headline();
        let colour = match verdict {
            Verdict::Pass | Verdict::Skipped => AnsiColor::Green,
            Verdict::Warn | Verdict::Starting | Verdict::Unknown => AnsiColor::Yellow,
            Verdict::Fail => AnsiColor::Red,
        };
        let style = if self.colour { Ansi::new().bold().fg_color(Some(colour.into())) } else { Ansi::new() };
        format!("{style}{word}{style:#}")
    }
}

/// The sentence behind the state word.
pub(in crate::check) fn summary(report: &Report) -> String {
    let alarming: Vec<&Cause> =
        report.causes.iter().filter(|cause| cause.verdict == report.verdict).collect();
    match (report.verdict, alarming.as_slice()) {
        (Verdict::Starting, _) => starting(report),
        (_, []) => healthy(report),
        (_, [one]) => one.message.clone(),
        (_, [first, others @ ..]) => {
            let names: Vec<&str> = others.iter().map(|cause| cause.subject.as_str()).collect();
            format!("{}; also {}", first.message, names.join(", "))
        }
    }
}

fn healthy(report: &Report) -> String {
    let instances: usize = report.services.iter().map(|service| service.instances.len()).sum();
    let services = report.services.len();
    let dependencies = match report.dependencies.len() {
        0 => String::new(),
        1 => ", 1 dependency".to_owned(),
        many => format!(", {many} dependencies"),
    };
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    format!(
        "{instances} instance{} of {services} service{}{dependencies} ({}, {})",
        plural(instances),
        plural(services),
        report.layout,
        Millis(report.duration)
    )
}

fn starting(report: &Report) -> String {
    let instances: Vec<&InstanceReport> =
        report.services.iter().flat_map(|service| &service.instances).collect();
    let ready = instances.iter().filter(|instance| instance.verdict <= Verdict::Warn).count();
    let youngest = instances.iter().filter(|i| i.verdict == Verdict::Starting).filter_map(|i| i.uptime).min();
    let after = youngest.map_or_else(String::new, |uptime| format!(" after {}", Uptime(uptime)));
    let waiting = report.causes.iter().filter(|cause| cause.verdict == Verdict::Starting);
    let names: Vec<&str> = waiting.map(|cause| cause.subject.as_str()).collect();
    let not_yet = if (1..=NAMED_STARTING).contains(&names.len()) {
        format!("; not yet {}", names.join(", "))
    } else {
        String::new()
    };
    format!("{ready} of {} instances ready{after}{not_yet}", instances.len())
}

/// The whole report.
pub(super) fn report(report: &Report, style: &Style) -> String {
    let mut out = format!("{}  {}\n", style.word(report.verdict), report.summary);
    if report.causes.is_empty() {
        for service in &report.services {
            out.push_str(&service_line(service));
        }
        out.push_str(&dependency_line(report));
    } else {
        for cause in &report.causes {
            write_cause(&mut out, report, cause);
        }
        write_passing(&mut out, report);
    }
    out
}

fn write_cause(out: &mut String, report: &Report, cause: &Cause) {
    if report.causes.len() > 1 {
        put(out, &cause.verdict.headline().to_lowercase(), &cause.message);
    }
    let checks: Vec<&Check> =
        cause.checks.iter().filter_map(|id| report.checks().find(|check| check.id == *id)).collect();
    write_evidence(out, &checks);
    if !cause.blocks.is_empty() && !cause.checks.iter().any(|id| id.starts_with("openim-")) {
        put(out, "waits", &short_names(&cause.blocks));
    }
    if let Some(hint) = &cause.hint {
        put(out, "do", hint);
    }
}

/// The first check of a service stands for its others, and where many services show the same, for theirs.
fn write_evidence(out: &mut String, checks: &[&Check]) {
    let mut shown: Vec<&Check> = Vec::new();
    for check in checks {
        if !shown.iter().any(|known| service_of(known) == service_of(check)) {
            shown.push(check);
        }
    }
    if shown.len() > SHOWN_SERVICES {
        shown.truncate(1);
    }
    for check in &shown {
        put(out, "cause", &evidence(check));
    }
    let rest = checks.len() - shown.len();
    if rest > 0 {
        put(out, "", &format!("and {rest} more of the same"));
    }
}

/// The program whose check it is.
fn service_of(check: &Check) -> &str {
    check.id.split(['#', '/']).next().unwrap_or(&check.id)
}

/// "openim-api#0/http: expected 200 to OPTIONS, got nothing within 2 s (2 s)"
fn evidence(check: &Check) -> String {
    let Check { id, expected, got, duration, .. } = check;
    format!("{id}: expected {expected}, got {got} ({})", Millis(*duration))
}

fn write_passing(out: &mut String, report: &Report) {
    let instances = report.services.iter().flat_map(|service| &service.instances);
    let passing = instances.filter(|instance| instance.verdict <= Verdict::Warn).count();
    let mut parts = Vec::new();
    if passing > 0 {
        parts.push(format!("{passing} other instance{}", if passing == 1 { "" } else { "s" }));
    }
    let well = report.dependencies.iter().filter(|dependency| dependency.verdict == Verdict::Pass);
    parts.extend(well.map(|dependency| dependency.name.to_owned()));
    if !parts.is_empty() {
        put(out, "ok", &parts.join(", "));
    }
}

/// "  api           pid 512     up 2 h    :10002   answers in 1 ms"
fn service_line(service: &ServiceReport) -> String {
    let name = service.name.strip_prefix("openim-").unwrap_or(service.name);
    let youngest = service.instances.iter().filter_map(|instance| instance.uptime).min();
    let up = youngest.map_or_else(String::new, |uptime| format!("up {}", Uptime(uptime)));
    let (who, what) = match service.instances.as_slice() {
        [one] => (one.pid.map_or_else(String::new, |pid| format!("pid {pid}")), describe_one(one)),
        several => {
            let running = several.iter().filter(|instance| instance.pid.is_some()).count();
            (format!("{running} of {}", service.expected_instances), describe_several(several))
        }
    };
    format!("  {name:<17} {who:<10}  {up:<9}  {what}").trim_end().to_owned() + "\n"
}

fn describe_one(instance: &InstanceReport) -> String {
    let find =
        |kind| instance.checks.iter().find(move |check| check.kind == kind && check.verdict == Verdict::Pass);
    let predicate =
        |check: &Check| check.message.split_once(' ').map_or_else(String::new, |(_, rest)| rest.to_owned());
    let http = find(Kind::Http).map(predicate);
    let registered = find(Kind::Registry).map(|check| format!("registered :{}", port_of(&check.got)));
    let listens = find(Kind::Port).map(|check| match check.got.as_str() {
        "nothing" => "listens on nothing (as it should)".to_owned(),
        addresses => match fixed_port(check) {
            Some(port) => port.to_owned(),
            None if registered.is_some() => String::new(),
            None => format!("listens on {addresses}"),
        },
    });
    let parts = [listens.filter(|text| registered.is_none() || !text.is_empty()), registered, http];
    parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("  ")
}

/// The port that clients know, where the check names one: ":10002".
fn fixed_port(check: &Check) -> Option<&str> {
    check.expected.split([' ', ',']).find(|word| word.starts_with(':'))
}

fn describe_several(instances: &[InstanceReport]) -> String {
    let passing = |kind| {
        let checks = instances.iter().flat_map(|instance| &instance.checks);
        checks.filter(|check| check.kind == kind && check.verdict == Verdict::Pass).count()
    };
    match (passing(Kind::Registry), passing(Kind::Port)) {
        (0, 0) => String::new(),
        (0, ports) => format!("{ports} listen"),
        (registered, _) => format!("{registered} registered"),
    }
}

fn port_of(address: &str) -> &str {
    address.rsplit(':').next().unwrap_or(address)
}

fn dependency_line(report: &Report) -> String {
    let parts: Vec<String> = report
        .dependencies
        .iter()
        .flat_map(|dependency| dependency.checks.iter().map(move |check| (dependency.name, check.duration)))
        .map(|(name, took)| format!("{name} {}", Millis(took)))
        .collect();
    if parts.is_empty() { String::new() } else { format!("  {}\n", parts.join("   ")) }
}

/// The verdict now, what changed, restarts and uptime of each service.
pub(super) fn changes(report: &Report, changes: &Changes, style: &Style) -> String {
    let mut out = self::report(report, style);
    match &changes.last {
        None => out.push_str("\nThis is the first report.\n"),
        Some(last) if changes.sentences.is_empty() => {
            let _ = writeln!(out, "\nNothing changed since {last}.");
        }
        Some(last) => {
            let _ = writeln!(out, "\nSince {last}:");
            for sentence in &changes.sentences {
                let _ = writeln!(out, "  {sentence}");
            }
        }
    }
    let since = changes.since.as_ref().map_or_else(String::new, |since| format!(" since {since}"));
    let _ = writeln!(out, "\n{:<17} {:>9}  {:>8}  restarts{since}", "service", "instances", "up");
    for service in &report.services {
        out.push_str(&uptime_line(service, changes));
    }
    out
}

fn uptime_line(service: &ServiceReport, changes: &Changes) -> String {
    let name = service.name.strip_prefix("openim-").unwrap_or(service.name);
    let running = service.instances.iter().filter(|instance| instance.pid.is_some()).count();
    let youngest = service.instances.iter().filter_map(|instance| instance.uptime).min();
    let up = youngest.map_or_else(|| "-".to_owned(), |uptime| Uptime(uptime).to_string());
    let ids = service.instances.iter().map(|instance| format!("{}#{}", service.name, instance.index));
    let restarts: u64 = ids.filter_map(|id| changes.restarts.get(&id)).sum();
    let instances = format!("{running} of {}", service.expected_instances);
    format!("{name:<17} {instances:>9}  {up:>8}  {restarts}\n")
}

/// "push 0 1 2 3" for ids of instances.
fn short_names(ids: &[String]) -> String {
    let mut names: Vec<(String, Vec<&str>)> = Vec::new();
    for id in ids {
        let (program, index) = id.split_once('#').unwrap_or((id, ""));
        let name = program.strip_prefix("openim-").unwrap_or(program);
        match names.iter_mut().find(|(known, _)| known == name) {
            Some((_, indexes)) => indexes.push(index),
            None => names.push((name.to_owned(), vec![index])),
        }
    }
    let described = names.iter().map(|(name, indexes)| match indexes.as_slice() {
        ["0"] => name.clone(),
        several => format!("{name} {}", several.join(" ")),
    });
    described.collect::<Vec<_>>().join(", ")
}

/// A word and its text, folded at [`WIDTH`] under the text's column.
fn put(out: &mut String, word: &str, text: &str) {
    // A long word (starting, unknown) moves its own line's text, and still stands apart from it.
    let mut line = format!("  {word:<width$} ", width = INDENT - 3);
    let mut empty = true;
    for part in text.split(' ') {
        if !empty && line.chars().count() + 1 + part.chars().count() > WIDTH {
            out.push_str(line.trim_end());
            out.push('\n');
            line = " ".repeat(INDENT);
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(part);
        empty = false;
    }
    out.push_str(line.trim_end());
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_stands_apart_from_its_word_and_folds_under_its_own_column() {
        let mut out = String::new();
        put(&mut out, "do", "start it");
        put(&mut out, "starting", "api has no socket");
        put(&mut out, "", &format!("{} end", "x".repeat(WIDTH - INDENT)));
        let long = "x".repeat(WIDTH - INDENT);
        let wanted =
            format!("  do     start it\n  starting api has no socket\n         {long}\n         end\n");
        assert_eq!(out, wanted);
    }
}

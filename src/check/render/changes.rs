//! The verdict now, what changed since the last report, restarts and uptime of each service.

use super::screen::{Screen, Style};
use super::text::{self, short_name};
use crate::check::history::Changes;
use crate::check::kind::words::Uptime;
use crate::check::report::{Report, ServiceReport};

/// The report, and below it what changed.
pub(super) fn changes(report: &Report, changes: &Changes, style: &Style) -> Screen {
    let mut screen = text::report(report, style);
    let mut say = |text: String| screen.line(report.verdict, text);
    say(String::new());
    match &changes.last {
        None => say("This is the first report.".to_owned()),
        Some(last) if changes.sentences.is_empty() => say(format!("Nothing changed since {last}.")),
        Some(last) => {
            say(format!("Since {last}:"));
            changes.sentences.iter().for_each(|sentence| say(format!("  {sentence}")));
        }
    }
    say(String::new());
    let since = changes.since.as_ref().map_or_else(String::new, |since| format!(" since {since}"));
    say(format!("{:<17} {:>9}  {:>8}  restarts{since}", "service", "instances", "up"));
    report.services.iter().for_each(|service| say(uptime_line(service, changes)));
    screen
}

fn uptime_line(service: &ServiceReport, changes: &Changes) -> String {
    let name = short_name(service.name);
    let running = service.instances.iter().filter(|instance| instance.pid.is_some()).count();
    let youngest = service.instances.iter().filter_map(|instance| instance.uptime).min();
    let up = youngest.map_or_else(|| "-".to_owned(), |uptime| Uptime(uptime).to_string());
    let ids = service.instances.iter().map(|instance| format!("{}#{}", service.name, instance.index));
    let restarts: u64 = ids.filter_map(|id| changes.restarts.get(&id)).sum();
    let instances = format!("{running} of {}", service.expected_instances);
    format!("{name:<17} {instances:>9}  {up:>8}  {restarts}")
}

//! Text for a person at a terminal of 80 columns, in a mail, in `docker inspect`: the verdict first, failing
//! before passing.

use super::screen::{Screen, Style};
use crate::check::kind::words::{Count, Uptime};
use crate::check::report::{
    Cause, Check, InstanceReport, Kind, OwnReport, PartReport, Report, ServiceReport, Verdict,
};
use crate::probe::Millis;

/// So many services are shown for one cause: rpc-auth, and the API that cannot reach it.
const SHOWN_SERVICES: usize = 2;

/// Where more services than this are broken, those that are well are named, and not only counted.
const COUNTED_BESIDE: usize = 2;

/// The verdict with what fails.
pub(super) fn headline(report: &Report, style: &Style) -> Screen {
    let mut screen = Screen::default();
    screen.line(report.verdict, format!("{}  {}", style.word(report.verdict), report.summary));
    screen
}

/// The whole report.
pub(super) fn report(report: &Report, style: &Style) -> Screen {
    let mut screen = headline(report, style);
    if report.causes.is_empty() {
        for service in &report.services {
            screen.line(service.verdict, service_line(service));
        }
        if !report.dependencies.is_empty() {
            screen.line(Verdict::Pass, dependency_line(report));
        }
        if !report.checks.is_empty() {
            screen.put(Verdict::Pass, "own", &own_line(report));
        }
    } else {
        for cause in &report.causes {
            put_cause(&mut screen, report, cause);
        }
        put_passing(&mut screen, report);
    }
    screen
}

fn put_cause(screen: &mut Screen, report: &Report, cause: &Cause) {
    let weight = cause.verdict;
    if report.causes.len() > 1 {
        screen.put(weight, &cause.verdict.headline().to_lowercase(), &cause.message);
    }
    put_evidence(screen, report, cause);
    let of_services = cause.checks.iter().any(|id| id.starts_with("openim-"));
    if !cause.blocks.is_empty() && (!of_services || cause.blocks.len() > cause.checks.len()) {
        screen.put(weight, "waits", &short_names(&cause.blocks));
    }
    if let Some(said) = &cause.said {
        screen.put(weight, "said", said);
    }
    if let Some(hint) = &cause.hint {
        screen.put(weight, "do", hint);
    }
}

/// The first check of a service stands for its others, and where many services show the same, for theirs.
fn put_evidence(screen: &mut Screen, report: &Report, cause: &Cause) {
    let checks: Vec<&Check> =
        cause.checks.iter().filter_map(|id| report.checks().find(|check| check.id == *id)).collect();
    let mut shown: Vec<&Check> = Vec::new();
    for check in &checks {
        if !shown.iter().any(|known| service_of(known) == service_of(check)) {
            shown.push(check);
        }
    }
    if shown.len() > SHOWN_SERVICES {
        shown.truncate(1);
    }
    for (i, check) in shown.iter().enumerate() {
        screen.put(cause.verdict, if i == 0 { "cause" } else { "" }, &evidence(report, check));
    }
    let rest = checks.len() - shown.len();
    if rest > 0 {
        screen.put(cause.verdict, "", &format!("and {rest} more of the same"));
    }
}

/// The program whose check it is.
fn service_of(check: &Check) -> &str {
    check.id.split(['#', '/']).next().unwrap_or(&check.id)
}

/// "openim-api#0/http (pid 512, up 2 h): expected 200 to OPTIONS, got no answer within 2 s (2 s)"
fn evidence(report: &Report, check: &Check) -> String {
    let Check { id, expected, got, duration, .. } = check;
    let who = instance_of(report, check).and_then(who).map_or_else(String::new, |who| format!(" ({who})"));
    format!("{id}{who}: expected {expected}, got {got} ({})", Millis(*duration))
}

fn instance_of<'r>(report: &'r Report, check: &Check) -> Option<&'r InstanceReport> {
    let mut instances = report.services.iter().flat_map(|service| &service.instances);
    instances.find(|instance| instance.checks.iter().any(|own| own.id == check.id))
}

/// "pid 512, up 2 h"
fn who(instance: &InstanceReport) -> Option<String> {
    Some(format!("pid {}, up {}", instance.pid?, Uptime(instance.uptime?)))
}

/// What is well: by name where much is broken, else by number. What waits for something broken is not.
fn put_passing(screen: &mut Screen, report: &Report) {
    let waits = |id: &String| report.causes.iter().any(|cause| cause.blocks.contains(id));
    let count_well = |service: &ServiceReport| {
        let well = service.instances.iter().filter(|instance| instance.verdict <= Verdict::Warn);
        well.filter(|instance| !waits(&format!("{}#{}", service.name, instance.index))).count()
    };
    let (whole, broken): (Vec<_>, Vec<_>) =
        report.services.iter().partition(|service| count_well(service) == service.instances.len());
    let mut parts = Vec::new();
    if broken.len() > COUNTED_BESIDE && !whole.is_empty() {
        parts.push(whole.iter().map(|service| short_name(service.name)).collect::<Vec<_>>().join(" "));
    } else {
        let passing: usize = report.services.iter().map(count_well).sum();
        if passing > 0 {
            parts.push(Count::of(passing, "other instance", "other instances").to_string());
        }
    }
    let dependencies = report.dependencies.iter().filter(|dependency| dependency.verdict == Verdict::Pass);
    parts.extend(dependencies.map(|dependency| dependency.name.to_owned()));
    parts.extend(report.checks.iter().filter(|own| own.verdict == Verdict::Pass).map(|own| own.name.clone()));
    if !parts.is_empty() {
        screen.put(Verdict::Pass, "ok", &parts.join(", "));
    }
    if let Some(text) = not_asked(&report.dependencies_by_asked().1) {
        screen.put(Verdict::Pass, "", &text);
    }
}

/// "  api           pid 512     up 2 h    :10002   answers in 1 ms"
fn service_line(service: &ServiceReport) -> String {
    let youngest = service.instances.iter().filter_map(|instance| instance.uptime).min();
    let up = youngest.map_or_else(String::new, |uptime| format!("up {}", Uptime(uptime)));
    let (who, what) = match service.instances.as_slice() {
        [one] => (one.pid.map_or_else(String::new, |pid| format!("pid {pid}")), describe_one(one)),
        several => {
            let running = several.iter().filter(|instance| instance.pid.is_some()).count();
            (format!("{running} of {}", service.expected_instances), describe_several(several))
        }
    };
    format!("  {:<17} {who:<10}  {up:<9}  {what}", short_name(service.name)).trim_end().to_owned()
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

/// "  etcd 2 ms   redis 1 ms": each by its slowest answer.
fn dependency_line(report: &Report) -> String {
    let slowest = |dependency: &PartReport| dependency.checks.iter().map(|check| check.duration).max();
    let (asked, unasked) = report.dependencies_by_asked();
    let mut parts: Vec<String> = asked
        .into_iter()
        .filter_map(|dependency| Some(format!("{} {}", dependency.name, Millis(slowest(dependency)?))))
        .collect();
    parts.extend(not_asked(&unasked));
    format!("  {}", parts.join("   "))
}

/// "web-front 12 ms   nginx 0.3 ms": each by its slowest answer.
fn own_line(report: &Report) -> String {
    let slowest = |own: &OwnReport| own.checks.iter().map(|check| check.duration).max();
    let parts =
        report.checks.iter().filter_map(|own| Some(format!("{} {}", own.name, Millis(slowest(own)?))));
    parts.collect::<Vec<_>>().join("   ")
}

/// What this report says nothing about, so that nobody takes silence for health.
fn not_asked(unasked: &[&PartReport]) -> Option<String> {
    let names: Vec<&str> = unasked.iter().map(|dependency| dependency.name).collect();
    (!names.is_empty()).then(|| format!("not asked: {}", names.join(" ")))
}

/// The name people use: `rpc-user` for `openim-rpc-user`.
pub(super) fn short_name(program: &str) -> &str {
    program.strip_prefix("openim-").unwrap_or(program)
}

/// "api, push 0-3 5" for ids of instances.
fn short_names(ids: &[String]) -> String {
    let mut names: Vec<(&str, Vec<u32>)> = Vec::new();
    for id in ids {
        let (program, index) = id.split_once('#').unwrap_or((id, "0"));
        let (name, index) = (short_name(program), index.parse().unwrap_or(0));
        match names.iter_mut().find(|(known, _)| *known == name) {
            Some((_, indexes)) => indexes.push(index),
            None => names.push((name, vec![index])),
        }
    }
    let described = names.iter().map(|(name, indexes)| match indexes.as_slice() {
        [0] => (*name).to_owned(),
        several => format!("{name} {}", ranges(several)),
    });
    described.collect::<Vec<_>>().join(", ")
}

/// "0-3 5" for 0, 1, 2, 3, 5
fn ranges(numbers: &[u32]) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for &number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if number == *last + 1 => *last = number,
            Some(_) | None => ranges.push((number, number)),
        }
    }
    let described = ranges.iter().map(|(first, last)| match last - first {
        0 => first.to_string(),
        _ => format!("{first}-{last}"),
    });
    described.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_are_named_as_people_name_them() {
        let ids = ["openim-api#0", "openim-push#0", "openim-push#1", "openim-push#2", "openim-push#5"];
        assert_eq!(short_names(&ids.map(str::to_owned)), "api, push 0-2 5");
    }
}

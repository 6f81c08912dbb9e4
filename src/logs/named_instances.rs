//! Instances that were named and of which nothing is found: one that the journal, systemd or the processes know and
//! that was silent is another matter than a number that nobody has.
//!
//! Where no instance of a service is known at all (its lines are in files only, or in a container's), a number may be
//! right, and what is said is that nothing there tells one instance from another.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::named_units::STARTED;
use super::plan::{Plan, SourcePlan};
use super::record::service_of_unit;
use super::source::journal::known_instances;
use crate::host::unit_file;
use crate::openim::service::Service;

/// The instance of a service.
type Instance = (Service, u32);

/// What is to be said of instances that were named and not found.
#[derive(Default)]
pub(super) struct Explained {
    /// A sentence for each that does not exist.
    pub(super) strangers: Vec<String>,
    /// Why instances cannot be told apart.
    pub(super) untold: Vec<String>,
}

/// What is to be said of the instances that were named.
pub(super) fn explain(plan: &Plan) -> Explained {
    let named: Vec<Instance> =
        plan.criteria.selection.0.iter().filter_map(|&(service, number)| Some((service, number?))).collect();
    if named.is_empty() {
        return Explained::default();
    }
    let known = known(plan);
    let untold = plan.sources.iter().filter_map(|source| untold(source, &named, &known)).collect();
    let strangers = named.into_iter().filter_map(|one| explain_one(one, &known)).collect();
    Explained { strangers, untold }
}

/// Why a source does not tell instances apart.
fn untold(source: &SourcePlan, named: &[Instance], known: &BTreeSet<Instance>) -> Option<String> {
    match source {
        // Of a process that has ended nobody knows which instance it was.
        SourcePlan::Files(_) => {
            Some("files name processes, not instances: only of those that run is the number known".to_owned())
        }
        SourcePlan::Stdin => Some("lines of standard input name processes, not instances".to_owned()),
        SourcePlan::Journal(_) => {
            let is_known = |service: Service| known.iter().any(|one| one.0 == service);
            let (service, _) = named.iter().find(|(service, _)| !is_known(*service))?;
            Some(format!("no unit and no command line in the journal has a number of {service}"))
        }
        SourcePlan::Output(_) => None,
    }
}

fn explain_one((service, number): Instance, known: &BTreeSet<Instance>) -> Option<String> {
    let numbers: Vec<u32> = known.iter().filter(|one| one.0 == service).map(|one| one.1).collect();
    if numbers.is_empty() || numbers.contains(&number) {
        return None;
    }
    let names = ranges(&numbers).into_iter().map(|range| match range {
        (first, last) if first == last => format!("{service}#{first}"),
        (first, last) => format!("{service}#{first} to {service}#{last}"),
    });
    let names = names.collect::<Vec<_>>().join(", ");
    Some(format!(
        "there is no instance {service}#{number}, neither running nor in the logs;\nthere is {names}"
    ))
}

/// Numbers in order as ranges without gaps.
fn ranges(numbers: &[u32]) -> Vec<(u32, u32)> {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for &number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            Some(_) | None => ranges.push((number, number)),
        }
    }
    ranges
}

fn known(plan: &Plan) -> BTreeSet<Instance> {
    let mut known: BTreeSet<Instance> =
        plan.numbers.0.iter().map(|number| (number.service, number.instance)).collect();
    if let Some(journal) = plan.journal() {
        // Of a journal that cannot be read whoever reads it tells.
        known.extend(known_instances(journal).unwrap_or_default());
        if journal.place.is_of_journald() {
            known.extend(of_systemd(&unit_file::DIRECTORIES.map(Path::new), Path::new(STARTED)));
        }
    }
    known
}

/// The instances that systemd starts by itself or has started.
fn of_systemd(directories: &[&Path], started: &Path) -> Vec<Instance> {
    let mut names = names_in(started);
    for directory in directories {
        let inside = names_in(directory);
        let wants = |name: &&String| [".wants", ".requires"].iter().any(|end| name.ends_with(end));
        let wanting = inside.iter().filter(wants);
        names.extend(wanting.flat_map(|name| names_in(&directory.join(name))));
        names.extend(inside);
    }
    names
        .iter()
        .filter_map(|name| instance_of_unit(name.strip_prefix("invocation:").unwrap_or(name)))
        .collect()
}

fn names_in(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

fn instance_of_unit(unit: &str) -> Option<Instance> {
    let (service, number) = service_of_unit(unit)?;
    Some((service, number?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_nobody_has_is_told_with_those_that_somebody_has() {
        let known: BTreeSet<_> = [0, 1, 2, 5].map(|number| (Service::Push, number)).into_iter().collect();
        let said = explain_one((Service::Push, 9), &known).unwrap_or_default();
        assert_eq!(
            said,
            "there is no instance push#9, neither running nor in the logs;\nthere is push#0 to push#2, push#5"
        );
        assert_eq!(explain_one((Service::Push, 5), &known), None);
        assert_eq!(explain_one((Service::MsgTransfer, 5), &known), None, "nothing is known of it");
    }

    #[test]
    fn systemd_knows_what_it_has_started_and_what_is_wanted() {
        let directory = tempfile::tempdir().unwrap();
        let wants = directory.path().join("system/openim.target.wants");
        let started = directory.path().join("units");
        fs::create_dir_all(&wants).unwrap();
        fs::create_dir(&started).unwrap();
        for path in [
            wants.join("openim-push@3.service"),
            directory.path().join("system/openim-push@.service"),
            started.join("invocation:openim-msgtransfer@7.service"),
            started.join("invocation:openim-api.service"),
        ] {
            fs::write(path, "").unwrap();
        }
        let mut found = of_systemd(&[&directory.path().join("system")], &started);
        found.sort_unstable();
        assert_eq!(found, [(Service::MsgTransfer, 7), (Service::Push, 3)]);
    }
}

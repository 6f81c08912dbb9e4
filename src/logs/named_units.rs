//! Units that were named and of which nothing is found: one that systemd knows and that never logged is another matter
//! than a name that does not exist.
//!
//! systemd is not asked: its files say which units there are, and `/run/systemd/units` which it has started.

use std::fs;
use std::path::{Path, PathBuf};

use super::plan::{JournalPlan, Plan};
use super::source::journal::known_units;
use crate::host::unit_file;
use crate::journal::unit::full_name;
use crate::usage::nearest;

/// Where units are that no file of the administrator or a package made.
const MADE_AT_RUN_TIME: [&str; 4] = [
    "/run/systemd/transient",
    "/run/systemd/generator",
    "/run/systemd/generator.early",
    "/run/systemd/generator.late",
];
/// For each unit that systemd has started a link `invocation:NAME`. Source: systemd 252, `unit_export_invocation_id`.
pub(super) const STARTED: &str = "/run/systemd/units";

/// What is to be said of each unit that was named and that the journal does not know.
pub(super) fn explain(plan: &Plan) -> Vec<String> {
    let Some(journal) = plan.journal().filter(|journal| !journal.units.system.is_empty()) else {
        return Vec::new();
    };
    let named = journal.units.system.iter().filter_map(|name| full_name(name));
    let in_journal = known_units(journal).unwrap_or_default();
    let unknown = named.filter(|name| !in_journal.contains(name));
    unknown.map(|name| explain_one(&name, journal, &in_journal)).collect()
}

fn explain_one(name: &str, journal: &JournalPlan, in_journal: &[String]) -> String {
    let directories: Vec<&Path> =
        unit_file::DIRECTORIES.into_iter().chain(MADE_AT_RUN_TIME).map(Path::new).collect();
    if !journal.place.is_of_journald() {
        return format!("that journal has no unit {name}{}", suggestion(name, in_journal.iter().cloned()));
    }
    if let Some(file) = find(name, &directories, Path::new(STARTED)) {
        return format!(
            "{name} is a unit of systemd ({}) of which the journal has nothing:\n\
             systemctl status {name} says whether it was ever started",
            file.display()
        );
    }
    let of_files = directories.iter().flat_map(|directory| services_in(directory));
    let near = suggestion(name, in_journal.iter().cloned().chain(of_files));
    format!("neither systemd nor the journal knows a unit {name}{near}")
}

/// The file of a unit, or of the template that it is made of; where it was started, what says so.
fn find(name: &str, directories: &[&Path], started: &Path) -> Option<PathBuf> {
    let in_any = |name: &str| {
        let mut files = directories.iter().map(|directory| directory.join(name));
        files.find(|file| file.symlink_metadata().is_ok())
    };
    let template = || {
        let (prefix, rest) = name.split_once('@')?;
        Some(format!("{prefix}@.{}", rest.rsplit_once('.')?.1))
    };
    let link = started.join(format!("invocation:{name}"));
    in_any(name).or_else(|| in_any(&template()?)).or_else(|| link.symlink_metadata().is_ok().then_some(link))
}

/// The services of a directory.
fn services_in(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(|name| name.ends_with(".service")).collect()
}

/// The known unit whose name is nearest, if that is near.
fn suggestion(name: &str, known: impl Iterator<Item = String>) -> String {
    let known: Vec<String> = known.collect();
    let names: Vec<&str> = known.iter().map(|unit| bare(unit)).collect();
    nearest(bare(name), &names)
        .and_then(|near| known.iter().find(|unit| bare(unit) == near))
        .map_or(String::new(), |unit| format!(";\nthere is {unit}"))
}

/// The part of a name in which services of OpenIM differ.
fn bare(unit: &str) -> &str {
    let name = unit.strip_suffix(".service").unwrap_or(unit);
    name.strip_prefix("openim-").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_known_by_its_file_its_template_or_because_it_was_started() {
        let directory = tempfile::tempdir().unwrap();
        let units = directory.path().join("system");
        fs::create_dir(&units).unwrap();
        fs::write(units.join("openim-api.service"), "").unwrap();
        fs::write(units.join("openim-push@.service"), "").unwrap();
        std::os::unix::fs::symlink("0123", directory.path().join("invocation:run-7.service")).unwrap();
        let find = |name| find(name, &[&units], directory.path());
        assert_eq!(find("openim-api.service"), Some(units.join("openim-api.service")));
        assert_eq!(find("openim-push@3.service"), Some(units.join("openim-push@.service")));
        assert_eq!(find("run-7.service"), Some(directory.path().join("invocation:run-7.service")));
        assert_eq!(find("openim-apu.service"), None);
        assert_eq!(find("openim-apu@1.service"), None);
    }

    #[test]
    fn a_name_that_is_nearly_one_that_is_known_is_told_so() {
        let near = |name| {
            suggestion(name, ["openim-rpc-user.service", "etcd.service"].map(str::to_owned).into_iter())
        };
        assert_eq!(near("openim-rpc-usr.service"), ";\nthere is openim-rpc-user.service");
        assert_eq!(near("zookeeper.service"), "");
    }
}

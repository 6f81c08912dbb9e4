//! Which instances of which services a manager's program is.
//!
//! Mostly one: by the program that it starts, else by its name or its process. A unit or container that starts
//! everything (`mage start`, OpenIM's image) is all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{Decided, container_of, unit_of};
use crate::host::manager::Charge;
use crate::host::process::{Process, flag};
use crate::openim::deployment::Deployment;
use crate::openim::layout::Layout;
use crate::openim::service::Service;

type Key = (Service, u32);

/// The programs of the managers by the instances that they are.
#[derive(Debug, Default)]
pub(super) struct Placed {
    /// Each instance's.
    pub(super) charges: BTreeMap<Key, Charge>,
    /// The instances that have a program of their own.
    own: BTreeSet<Key>,
}

impl Placed {
    /// What should run, where managers decide that: where they run something, or nothing runs at all. Beside a
    /// deployment that was started by hand their units are leftovers.
    pub(super) fn decides(&self, wanted: bool, processes: &[Process]) -> Option<Decided> {
        let mut of_own = self.own.iter().filter_map(|key| self.charges.get(key));
        let first = of_own.clone().next()?;
        let runs_something = |charge: &Charge| processes.iter().any(|process| runs(charge, process));
        let decides = wanted || processes.is_empty() || of_own.any(runs_something);
        decides.then(|| Decided { by: first.manager, instances: self.own.clone() })
    }
}

/// Finds the place of each; the first one that claims an instance has it, and who has all has what is left.
pub(super) fn place(charges: Vec<Charge>, deployment: &Deployment, processes: &[Process]) -> Placed {
    let mut placed = Placed::default();
    let mut of_all = Vec::new();
    for charge in charges {
        match (Finder { root: &deployment.root, layout: deployment.layout, processes }).find(&charge) {
            Place::One((service, index)) => {
                // A generation that tells its processes no index has several that are told none.
                let is_free =
                    |index: &u32| !deployment.layout.unnumbered || !placed.own.contains(&(service, *index));
                let last = index.saturating_add(u32::try_from(placed.own.len()).unwrap_or(u32::MAX));
                let key = (service, (index..=last).find(is_free).unwrap_or(index));
                placed.own.insert(key);
                placed.charges.entry(key).or_insert(charge);
            }
            Place::All => of_all.push(charge),
            Place::Nothing => {}
        }
    }
    for charge in of_all {
        for key in expected(deployment) {
            placed.charges.entry(key).or_insert_with(|| charge.clone());
        }
    }
    placed
}

fn expected(deployment: &Deployment) -> impl Iterator<Item = Key> {
    let indexes = |service: Service| 0..deployment.expected_instances(service).0;
    deployment.layout.services().flat_map(move |service| indexes(service).map(move |index| (service, index)))
}

/// What a program is to the deployment.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    One(Key),
    All,
    Nothing,
}

/// What a program is compared with.
struct Finder<'a> {
    root: &'a Path,
    layout: &'a Layout,
    processes: &'a [Process],
}

impl Finder<'_> {
    fn find(&self, charge: &Charge) -> Place {
        match program_of(charge) {
            Some((service, program)) if is_below(program, self.root) => {
                self.index(&charge.command).map_or(Place::Nothing, |index| Place::One((service, index)))
            }
            // A service of OpenIM in another directory is another deployment's.
            Some(_) => Place::Nothing,
            None => by_name(&charge.name).map_or_else(|| self.by_processes(charge), Place::One),
        }
    }

    /// The processes that a manager started under whatever name; where it has none, the directory tells.
    fn by_processes(&self, charge: &Charge) -> Place {
        let of_it: Vec<&Process> = self.processes.iter().filter(|process| runs(charge, process)).collect();
        match of_it.as_slice() {
            _ if is_no_service(charge) => Place::Nothing,
            [] if charge.directory.as_deref() == Some(self.root) => Place::All,
            [] => Place::Nothing,
            [process] => self.key_of(process).map_or(Place::Nothing, Place::One),
            _ => Place::All,
        }
    }

    fn key_of(&self, process: &Process) -> Option<Key> {
        Some((Service::known_by_program(&process.program)?, self.index(&process.argv)?))
    }

    /// The index that a command is told, 0 where it is told none; `None` where it is no number.
    fn index(&self, command: &[String]) -> Option<u32> {
        let told = self.layout.index_flags().iter().find_map(|name| flag(command, name, name));
        told.map_or(Some(0), |index| index.parse().ok())
    }
}

/// The service that a unit starts without a shell or another program between.
fn program_of(charge: &Charge) -> Option<(Service, &Path)> {
    let program = Path::new(charge.command.first()?);
    Some((Service::known_by_program(program.file_name()?.to_str()?)?, program))
}

fn is_below(program: &Path, root: &Path) -> bool {
    program.canonicalize().map_or_else(|_| program.starts_with(root), |program| program.starts_with(root))
}

/// `openim-api.service`, `openim-push@3.service`, `openim-push:openim-push_3`.
fn by_name(name: &str) -> Option<Key> {
    let name = unescape(name.strip_suffix(".service").unwrap_or(name));
    let name = name.rsplit(':').next().unwrap_or(&name);
    match name.split_once(['@', '_']) {
        Some((service, index)) => Some((Service::from_binary(service)?, index.parse().ok()?)),
        None => Some((Service::from_binary(name)?, 0)),
    }
}

/// Whether a manager started this process, or what started it in turn.
fn runs(charge: &Charge, process: &Process) -> bool {
    let in_its_container =
        || charge.container.as_ref().zip(container_of(process)).is_some_and(|(c, p)| c.starts_with(p));
    charge.pid == Some(process.pid) || unit_of(process) == Some(&charge.name) || in_its_container()
}

/// What looks at a deployment from its directory is no part of it, nor is another manager; that one may be a script.
fn is_no_service(charge: &Charge) -> bool {
    const OTHERS: [&str; 5] = ["openim-check", "openim-logs", "supervisord", "dockerd", "containerd"];
    let mut names = charge.command.iter().take(2).filter_map(|word| Path::new(word).file_name()?.to_str());
    names.any(|name| OTHERS.contains(&name))
}

/// `openim\x2dapi` is `openim-api`: systemd writes so what has a meaning of its own in a unit's name.
fn unescape(name: &str) -> String {
    name.replace("\\x2d", "-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openim::layout::LayoutName;

    const ROOT: &str = "/opt/openim";

    fn charge(name: &str, command: &[&str]) -> Charge {
        Charge::idle(name, command, ROOT)
    }

    fn find(charge: &Charge) -> Place {
        let layout = Layout::of(LayoutName::V3_8_3);
        Finder { root: Path::new(ROOT), layout, processes: &[] }.find(charge)
    }

    #[test]
    fn a_unit_names_its_service_and_index_also_from_a_template() {
        assert_eq!(by_name("openim-api.service"), Some((Service::Api, 0)));
        assert_eq!(by_name("openim-push@3.service"), Some((Service::Push, 3)));
        assert_eq!(by_name("openim\\x2dpush@3.service"), Some((Service::Push, 3)));
        assert_eq!(by_name("im:openim-push_3"), Some((Service::Push, 3)));
        assert_eq!(by_name("openim-rpc-user"), Some((Service::RpcUser, 0)));
        assert_eq!(by_name("openim-check.service"), None);
        assert_eq!(by_name("openim.service"), None);
    }

    #[test]
    fn a_unit_of_another_deployment_is_none_of_ours() {
        let of = |program| find(&charge("im-push-3.service", &[program, "-i", "3"]));
        assert_eq!(of("/opt/openim/openim-push"), Place::One((Service::Push, 3)));
        assert_eq!(of("/srv/other/openim-push"), Place::Nothing);
    }

    #[test]
    fn what_starts_everything_from_the_root_is_all_of_it_and_this_program_is_not() {
        assert_eq!(find(&charge("openim.service", &["/usr/bin/mage", "start"])), Place::All);
        assert_eq!(find(&charge("openim-check.service", &["/usr/bin/openim-check", "all"])), Place::Nothing);
        let supervisord = ["/usr/bin/python3", "/usr/bin/supervisord", "-n"];
        assert_eq!(find(&charge("supervisor.service", &supervisord)), Place::Nothing);
        let elsewhere = Charge { directory: Some("/srv/openim".into()), ..charge("openim", &["mage"]) };
        assert_eq!(find(&elsewhere), Place::Nothing);
    }
}

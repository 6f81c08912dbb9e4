//! What a service is told at its start: by its process, or, where none runs, by the unit that would start it.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::host::manager::{Charge, Manager};
use crate::host::process::{Process, State, flag, read_directory};
use crate::openim::config::Environment;
use crate::openim::service::Service;

/// What the unit of an instance without a process tells the next one.
#[derive(Debug)]
pub(super) struct Start {
    unit: String,
    /// From the service's own program on; empty where a script starts it.
    argv: Vec<String>,
    directory: Option<PathBuf>,
    environment: Environment,
}

impl Start {
    /// What a unit tells; `None` where a process can tell itself, or no unit is known.
    pub(super) fn read(service: Service, processes: &[Process], charge: Option<&Charge>) -> Option<Self> {
        let charge =
            charge.filter(|charge| charge.manager == Manager::Systemd && alive(processes).is_none())?;
        let is_program =
            |word: &String| Path::new(word).file_name().is_some_and(|name| name == service.binary());
        // What starts it may have flags of the same letters.
        let own = charge.command.iter().skip_while(|word| !is_program(word));
        let environment = charge.variables.as_ref()?.read();
        let argv = own.map(|word| expand(word, &environment).unwrap_or_else(|| word.clone())).collect();
        Some(Self { unit: charge.name.clone(), argv, directory: charge.directory.clone(), environment })
    }
}

/// A process that could tell; of a zombie nothing is left.
pub(super) fn alive(processes: &[Process]) -> Option<&Process> {
    processes.iter().find(|process| process.state != State::Zombie)
}

/// Who knows what an instance is told.
#[derive(Clone, Copy, Debug)]
pub(super) enum Teller<'a> {
    /// The process.
    Process(&'a Process),
    /// The unit of the one that does not run.
    Unit(&'a Start),
}

impl<'a> Teller<'a> {
    /// Who knows it of one instance.
    pub(super) fn of(processes: &'a [Process], start: Option<&'a Start>) -> Option<Self> {
        alive(processes).map(Self::Process).or_else(|| start.map(Self::Unit))
    }

    /// Whether nothing that it tells has been seen to work.
    pub(super) const fn is_unit(self) -> bool {
        matches!(self, Self::Unit(_))
    }

    /// The value of a flag of one letter; `None` where it holds a variable that is not known.
    pub(super) fn flag(self, short: &str, long: &str) -> Option<&'a str> {
        match self {
            Self::Process(process) => process.flag(short, long),
            Self::Unit(start) => flag(&start.argv, short, long).filter(|value| !value.contains('$')),
        }
    }

    /// Its variables.
    pub(super) const fn environment(self) -> &'a Environment {
        match self {
            Self::Process(process) => &process.environment,
            Self::Unit(start) => &start.environment,
        }
    }

    /// The directory that it works in.
    pub(super) fn directory(self) -> Option<PathBuf> {
        match self {
            Self::Process(process) => read_directory(process.pid).ok(),
            Self::Unit(start) => start.directory.clone(),
        }
    }
}

impl fmt::Display for Teller<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Process(process) => write!(f, "pid {}", process.pid),
            Self::Unit(start) => f.write_str(&start.unit),
        }
    }
}

/// A word of a command as systemd passes it: `${NAME}` is the variable's value, and so is a word `$NAME`. `None` where
/// one is not set, or is set where it cannot be read.
///
/// Source: `systemd.service(5)`, command lines.
fn expand(word: &str, environment: &Environment) -> Option<String> {
    let is_name = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if let Some(name) = word.strip_prefix('$').filter(|name| is_name(name)) {
        return environment.get(name).map(str::to_owned);
    }
    let mut expanded = String::new();
    let mut rest = word;
    while let Some((before, behind)) = rest.split_once("${") {
        let (name, after) = behind.split_once('}')?;
        expanded.push_str(before);
        expanded.push_str(environment.get(name)?);
        rest = after;
    }
    expanded.push_str(rest);
    Some(expanded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::variables::Sources;

    fn charge(command: &[&str]) -> Charge {
        let mut told = Environment::default();
        told.set("DIR", "/etc/openim", "openim-api.service");
        let variables = Some(Sources { told, ..Sources::default() });
        Charge { variables, ..Charge::idle("openim-api.service", command, "/opt/openim") }
    }

    #[test]
    fn the_flags_are_those_of_the_program_and_not_of_what_starts_it() {
        for (command, told) in [
            (["/opt/openim-api", "-c", "config"].as_slice(), Some("config")),
            (&["/usr/bin/ionice", "-c", "2", "/opt/openim-api", "-c", "config"], Some("config")),
            (&["/usr/bin/ionice", "-c", "2", "/opt/openim-api"], None),
            (&["/bin/sh", "-c", "exec /opt/openim-api -c config"], None),
            (&["/opt/openim-api", "-c", "${DIR}/config"], Some("/etc/openim/config")),
            (&["/opt/openim-api", "-c", "$DIR"], Some("/etc/openim")),
            (&["/opt/openim-api", "-c$DIR"], None),
            (&["/opt/openim-api", "-c", "${GONE}/config"], None),
            (&["/opt/openim-api", "-c", "${DIR"], None),
            (&[], None),
        ] {
            let start = Start::read(Service::Api, &[], Some(&charge(command))).unwrap();
            assert_eq!(Teller::Unit(&start).flag("-c", "--config"), told, "{command:?}");
        }
    }

    #[test]
    fn a_manager_that_tells_no_variables_tells_nothing() {
        let silent = Charge { variables: None, ..charge(&["/opt/openim-api"]) };
        assert!(Start::read(Service::Api, &[], Some(&silent)).is_none());
        let other = Charge { manager: Manager::Docker, ..charge(&["/opt/openim-api"]) };
        assert!(Start::read(Service::Api, &[], Some(&other)).is_none());
    }
}

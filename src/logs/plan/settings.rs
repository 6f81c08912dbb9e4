//! How OpenIM is told to log: `log.yml`, and what the services that run make of it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::Surroundings;
use super::processes::{instance_of, start_of};
use crate::host::process::Process;
use crate::logs::LogsError;
use crate::logs::args::ScopeArgs;
use crate::logs::numbers::{Number, Numbers};
use crate::openim::config::{ConfigError, ConfigFile, Environment, Setting};
use crate::openim::deployment::START_CONFIG;
use crate::openim::log_files::{BINARY_DIRECTORY, log_directory};
use crate::openim::service::Service;
use crate::time::Timestamp;

/// log.yml's own default.
const STORAGE_LOCATION: &str = "../../../../logs/";
/// How OpenIM is told to log.
#[derive(Clone, Debug)]
pub(in crate::logs) struct LogSettings {
    /// The services that run from OpenIM's directory.
    pub(super) processes: Vec<Process>,
    pub(in crate::logs) directory: PathBuf,
    pub(in crate::logs) location: Location,
    /// What the services do that run; else what log.yml says, if it does.
    pub(in crate::logs) to_stdout: Option<Setting<bool>>,
    /// How much is logged, 0 (nearly nothing) to 6 (SQL too); `None` where log.yml does not say.
    pub(in crate::logs) level: Option<Setting<u8>>,
}

/// What names the log directory.
#[derive(Clone, Debug)]
pub(in crate::logs) enum Location {
    Configured(Setting<String>),
    /// log.yml is there and does not say.
    Default(PathBuf),
}

impl LogSettings {
    /// The processes that were started with the number of an instance.
    pub(super) fn numbers(&self, now: Timestamp) -> Numbers {
        let number = |process: &Process| {
            let (service, instance) = (Service::from_binary(&process.program)?, instance_of(process)?);
            Some(Number { pid: process.pid, service, instance, started: start_of(process, now) })
        };
        Numbers(self.processes.iter().filter_map(number).collect())
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Configured(setting) => {
                write!(f, "({} has storageLocation: {})", setting.origin, setting.value)
            }
            Self::Default(path) => write!(f, "({} names no storageLocation)", path.display()),
        }
    }
}

/// Reads log.yml, as far as it says where lines go.
pub(super) fn read_settings(args: &ScopeArgs, around: &Surroundings) -> Result<LogSettings, LogsError> {
    let (root, config) = find_root(args, around)?;
    let file = ConfigFile::read(&config, "log.yml").map_err(|error| match error {
        ConfigError::Read { ref source, .. } if source.kind() == io::ErrorKind::NotFound => {
            LogsError::NoRoot(config.display().to_string())
        }
        error @ (ConfigError::Read { .. } | ConfigError::Yaml { .. } | ConfigError::Type { .. }) => {
            error.into()
        }
    })?;
    let storage = file.text("storageLocation", &around.environment)?;
    let processes = (around.running_services)(&root);
    let to_stdout = resolve_to_stdout(&file, &processes, &around.environment)?;
    let relative = storage.as_ref().map_or(STORAGE_LOCATION, |setting| setting.value.as_str());
    let level = file.number("remainLogLevel", &around.environment)?;
    // The processes resolve it from their own directory.
    let directory = log_directory(&root.join(BINARY_DIRECTORY), relative);
    let location = match storage {
        Some(setting) => Location::Configured(setting),
        None => Location::Default(file.path().to_owned()),
    };
    Ok(LogSettings { processes, directory, location, to_stdout, level })
}

/// A service that runs has an environment of its own, which may say something else than the file. One that is silent
/// tells more than those that are not.
fn resolve_to_stdout(
    file: &ConfigFile,
    processes: &[Process],
    environment: &Environment,
) -> Result<Option<Setting<bool>>, ConfigError> {
    const KEY: &str = "isStdout";
    let mut told = None;
    for process in processes {
        let setting = file.boolean(KEY, &process.environment)?;
        let is_silent = setting.as_ref().is_some_and(|setting| !setting.value);
        if told.is_none() || is_silent {
            told = setting;
        }
    }
    if told.is_some() { Ok(told) } else { file.boolean(KEY, environment) }
}

/// Where a service that runs was started from: people keep OpenIM where they like.
fn root_of_running(services: &[Process]) -> Option<PathBuf> {
    services.iter().find_map(|process| root_of_programs(process.directory.as_deref()?))
}

fn root_of_programs(directory: &Path) -> Option<PathBuf> {
    let depth = Path::new(BINARY_DIRECTORY).components().count();
    let root = directory.ancestors().nth(depth)?;
    root.join("config/log.yml").is_file().then(|| root.to_owned())
}

/// OpenIM's directory and that of its configuration.
fn find_root(args: &ScopeArgs, around: &Surroundings) -> Result<(PathBuf, PathBuf), LogsError> {
    let from = |name: &str| around.environment.get(name).map(PathBuf::from);
    let config = args.config.clone().or_else(|| from("CONFIG_PATH"));
    let here = || around.directory.join(START_CONFIG).exists().then(|| around.directory.clone());
    let usual = || around.usual_roots.iter().find(|root| root.is_dir()).cloned();
    let running = || root_of_running(&(around.running_services)(Path::new("/")));
    let of_config = || config.as_ref()?.parent().map(Path::to_owned);
    let root = match (&args.root, &args.config) {
        (Some(root), _) => Some(root.clone()),
        // The configuration that was named decides before anything that was not.
        (None, Some(_)) => of_config(),
        (None, None) => from("OPENIM_ROOT").or_else(here).or_else(of_config).or_else(usual).or_else(running),
    };
    let Some(root) = root else {
        let usual: Vec<_> = around.usual_roots.iter().map(|root| root.display().to_string()).collect();
        return Err(LogsError::NoRoot(format!("{}, {}", around.directory.display(), usual.join(", "))));
    };
    let root = around.directory.join(root);
    let config = match config {
        Some(config) if args.config.is_some() || args.root.is_none() => around.directory.join(config),
        _ => root.join("config"),
    };
    Ok((root, config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_of_a_program_that_runs_tells_the_deployment_if_there_is_one() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let programs = root.path().join("_output/bin/platforms/linux/arm64");
        assert_eq!(root_of_programs(&programs), None);
        std::fs::create_dir(root.path().join("config")).expect("create the directory");
        std::fs::write(root.path().join("config/log.yml"), "").expect("write log.yml");
        assert_eq!(root_of_programs(&programs).as_deref(), Some(root.path()));
        assert_eq!(root_of_programs(Path::new("/usr/bin")), None);
    }
}

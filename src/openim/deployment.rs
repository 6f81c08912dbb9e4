//! One deployment on disk: its root directory, its generation, and how many instances it starts.

use std::path::{Path, PathBuf};

use super::config::{ConfigError, ConfigFile, Origin, Setting};
use super::layout::{Layout, LayoutName};
use super::service::Service;

/// The file that says how many instances `mage start` starts.
pub const START_CONFIG: &str = "start-config.yml";

/// Where deployments lie when nobody says otherwise: the images' places, the unit files', the old images'.
pub const USUAL_ROOTS: [&str; 4] = ["/openim-server", "/openim-chat", "/opt/openim", "/openim/openim-server"];

/// What makes the current directory a deployment: mage's file, or the one file of v3.0 to v3.6.
const OWN_FILES: [&str; 2] = [START_CONFIG, "config/config.yaml"];

/// A slip of the finger in a count must not become a report of a million missing processes.
const MAX_INSTANCES: u32 = 1_000;

/// Where configurations lie apart from a root, as OpenIM's own unit files have it.
const ETC_CONFIG: &str = "/etc/openim/config";

/// A deployment as its files describe it.
#[derive(Debug)]
pub struct Deployment {
    /// Its directory, with symbolic links resolved.
    pub root: PathBuf,
    /// The configuration directory of the checker; a process's own `-c` wins over it.
    pub config_dir: PathBuf,
    /// Its generation.
    pub layout: &'static Layout,
    /// What the generation was told from.
    pub layout_from: String,
    counts: Option<Counts>,
}

#[derive(Debug)]
struct Counts {
    path: PathBuf,
    binaries: Vec<(String, Setting<u32>)>,
}

/// Why there is no deployment to look at.
#[derive(Debug, thiserror::Error)]
pub enum DeploymentError {
    /// No directory was given and none of the usual ones is there.
    #[error("no OpenIM found: the current directory has no {START_CONFIG}, and there is no {}; name its directory with --root", USUAL_ROOTS.join(", "))]
    NotFound,
    /// The directory that was named is not there.
    #[error("open the OpenIM directory {path}: {source}", path = path.display())]
    Root {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// There is no configuration directory.
    #[error("no configuration in {path}: name it with --config", path = path.display())]
    NoConfig {
        /// The directory that was looked into.
        path: PathBuf,
    },
    /// The files fit no generation that is known.
    #[error("{path} fits no known generation of OpenIM (looked for {}): name one with --layout", Layout::looked_for(), path = path.display())]
    UnknownLayout {
        /// The configuration directory.
        path: PathBuf,
    },
    /// A file that says how much runs, or of which generation, cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// start-config.yml asks for more processes than any machine runs.
    #[error("{origin}: {count} instances of {name}: the most that can be meant is {MAX_INSTANCES}")]
    TooMany {
        /// The line.
        origin: Origin,
        /// The program.
        name: String,
        /// The number there.
        count: u32,
    },
    /// start-config.yml starts a program that is no service of OpenIM.
    #[error("{origin}: {name} is no service of OpenIM")]
    UnknownService {
        /// The line.
        origin: Origin,
        /// The name there.
        name: String,
    },
}

impl Deployment {
    /// Reads the deployment in a directory; `runs` says of a program whether it runs from there.
    ///
    /// # Errors
    /// Its files cannot be used; the error names the file and the line.
    pub fn open(
        root: PathBuf,
        config_dir: Option<&Path>,
        layout: Option<LayoutName>,
        runs: &dyn Fn(&str) -> bool,
    ) -> Result<Self, DeploymentError> {
        let config_dir = find_config(&root, config_dir)?;
        let (layout, layout_from) = find_layout(&root, &config_dir, layout, runs)?;
        let counts = read_counts(&root)?;
        Ok(Self { root, config_dir, layout, layout_from, counts })
    }

    /// How many instances of a service there should be, and which line says so.
    /// Without start-config.yml (units written by hand) it is one, unless the generation is known to start more.
    #[must_use]
    pub fn expected_instances(&self, service: Service) -> (u32, String) {
        let of_layout = self.layout.instances(service).map(|count| (count, self.layout.title.clone()));
        let Some(counts) = &self.counts else {
            return of_layout.unwrap_or_else(|| (1, format!("one, as there is no {START_CONFIG}")));
        };
        match counts.binaries.iter().find(|(name, _)| name == service.binary()) {
            Some((_, count)) => (count.value, count.origin.to_string()),
            None => of_layout.unwrap_or_else(|| (0, counts.path.display().to_string())),
        }
    }
}

/// The directory of a deployment, with symbolic links resolved, as `/proc/PID/exe` has them resolved.
///
/// # Errors
/// The directory that was named cannot be opened, or none was named and none is found.
pub fn find_root(given: Option<&Path>) -> Result<PathBuf, DeploymentError> {
    let candidate = match given {
        Some(path) => path.to_owned(),
        None if OWN_FILES.iter().any(|file| Path::new(file).exists()) => PathBuf::from("."),
        None => USUAL_ROOTS
            .iter()
            .map(PathBuf::from)
            .find(|path| path.is_dir())
            .ok_or(DeploymentError::NotFound)?,
    };
    candidate.canonicalize().map_err(|source| DeploymentError::Root { path: candidate, source })
}

/// The configuration directory of a deployment.
///
/// # Errors
/// There is none where it should be.
pub fn find_config(root: &Path, given: Option<&Path>) -> Result<PathBuf, DeploymentError> {
    let inside = root.join("config");
    let candidate = match given {
        Some(path) => path.to_owned(),
        None if !inside.is_dir() && Path::new(ETC_CONFIG).is_dir() => PathBuf::from(ETC_CONFIG),
        None => inside,
    };
    match candidate.canonicalize() {
        Ok(path) if path.is_dir() => Ok(path),
        Ok(path) => Err(DeploymentError::NoConfig { path }),
        Err(_) => Err(DeploymentError::NoConfig { path: candidate }),
    }
}

fn find_layout(
    root: &Path,
    config_dir: &Path,
    given: Option<LayoutName>,
    runs: &dyn Fn(&str) -> bool,
) -> Result<(&'static Layout, String), DeploymentError> {
    if let Some(name) = given {
        return Ok((Layout::of(name), "--layout".to_owned()));
    }
    Layout::detect(root, config_dir, runs)?
        .ok_or_else(|| DeploymentError::UnknownLayout { path: config_dir.to_owned() })
}

fn read_counts(root: &Path) -> Result<Option<Counts>, DeploymentError> {
    let path = root.join(START_CONFIG);
    if !path.exists() {
        return Ok(None);
    }
    let binaries = ConfigFile::read(root, START_CONFIG)?.counts("serviceBinaries")?;
    for (name, count) in &binaries {
        if Service::known_by_program(name).is_none() {
            return Err(DeploymentError::UnknownService { origin: count.origin.clone(), name: name.clone() });
        }
        if count.value > MAX_INSTANCES {
            let (origin, name) = (count.origin.clone(), name.clone());
            return Err(DeploymentError::TooMany { origin, name, count: count.value });
        }
    }
    Ok(Some(Counts { path, binaries }))
}

//! The control directory `ROOT/.sandbox/`: what a running stand-in is told, and what it tells.
//!
//! | path | content |
//! | --- | --- |
//! | `settings.json` | [`Settings`], read at start |
//! | `faults/openim-push#3` | the faults of an instance, one a line; read at start and at each SIGUSR1 |
//! | `run/openim-push#3` | the process id of the instance that was started last |
//! | `say/openim-push#3` | log lines to write, taken up at SIGUSR1, answered in `said/openim-push#3` |

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::generation::{Generation, Version};
use crate::instance::Instance;

/// What all services of a root have in common and no configuration file of OpenIM says.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The code base.
    pub generation: Generation,
    /// The release, where it is not the generation's usual one.
    pub version: Option<Version>,
    /// Where texts and identifiers start from.
    pub seed: u64,
    /// Whether services register at all, and wait for etcd.
    pub registry: bool,
    /// The address of services that have no `rpc.registerIP`, in place of the host's private one.
    pub register_ip: Option<String>,
    /// Whether listeners that ignore listenIP in OpenIM obey it here, so that all stays on loopback.
    pub obey_listen_ip: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            generation: Generation::Release,
            version: None,
            seed: 1,
            registry: true,
            register_ip: None,
            obey_listen_ip: false,
        }
    }
}

impl Settings {
    /// The release that the services say they are.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version.clone().unwrap_or_else(|| Version::new(self.generation.version()))
    }
}

/// The control directory of a root.
#[derive(Clone, Debug)]
pub(crate) struct Control {
    dir: PathBuf,
}

impl Control {
    pub(crate) fn of_root(root: &Path) -> Self {
        Self { dir: root.join(".sandbox") }
    }

    /// The control directory beside a configuration directory.
    pub(crate) fn of_config(config: &Path) -> Self {
        Self::of_root(&config.join(".."))
    }

    pub(crate) fn create(&self, settings: &Settings) -> io::Result<()> {
        for part in ["faults", "run", "say", "said"] {
            fs::create_dir_all(self.dir.join(part))?;
        }
        fs::write(self.dir.join("settings.json"), serde_json::to_vec_pretty(settings)?)
    }

    /// The settings; the usual ones where nobody wrote any.
    pub(crate) fn settings(&self) -> Settings {
        let text = fs::read(self.dir.join("settings.json")).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    pub(crate) fn faults(&self, instance: Instance) -> Vec<Fault> {
        let text = fs::read_to_string(self.path("faults", instance)).unwrap_or_default();
        text.lines().filter_map(|line| line.parse().ok()).collect()
    }

    pub(crate) fn set_faults(&self, instance: Instance, faults: &[Fault]) -> io::Result<()> {
        let lines: Vec<_> = faults.iter().map(ToString::to_string).collect();
        replace(&self.path("faults", instance), lines.join("\n").as_bytes())
    }

    pub(crate) fn pid(&self, instance: Instance) -> Option<i32> {
        fs::read_to_string(self.path("run", instance)).ok()?.trim().parse().ok()
    }

    pub(crate) fn set_pid(&self, instance: Instance, pid: u32) -> io::Result<()> {
        replace(&self.path("run", instance), format!("{pid}\n").as_bytes())
    }

    /// Every instance that has ever been started here, with its last process id.
    pub(crate) fn pids(&self) -> Vec<(Instance, i32)> {
        let Ok(entries) = fs::read_dir(self.dir.join("run")) else { return Vec::new() };
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        names
            .filter_map(|name| {
                let instance = name.parse().ok()?;
                Some((instance, self.pid(instance)?))
            })
            .collect()
    }

    pub(crate) fn path(&self, part: &str, instance: Instance) -> PathBuf {
        self.dir.join(part).join(instance.file_name())
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }
}

/// Writes a file so that a reader sees the old or the new content, never a part.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let fresh = path.with_extension("new");
    fs::write(&fresh, content)?;
    fs::rename(&fresh, path)
}

//! The directory tree of a deployment: programs, configuration, logs.

mod chat;
mod config;
pub(crate) mod old;
mod ports;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::generation::Generation;
use crate::instance::Instance;

pub use config::Addresses;
pub(crate) use config::{Layout, files};
pub(crate) use ports::{Ports, Socket};

/// The architecture as Go names it.
const fn architecture() -> &'static str {
    if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" }
}

/// Where a root keeps the programs of its services.
pub(crate) fn programs(root: &Path) -> PathBuf {
    root.join("_output/bin/platforms/linux").join(architecture())
}

/// Where a root keeps its log files.
pub(crate) fn logs(root: &Path) -> PathBuf {
    root.join("_output/logs")
}

/// Writes a deployment's tree, over what is there: configuration, log directory, and `program` under every
/// service's name.
pub(crate) fn write(root: &Path, layout: &Layout, program: &Path) -> io::Result<()> {
    fs::create_dir_all(root.join("config"))?;
    fs::create_dir_all(logs(root))?;
    fs::create_dir_all(programs(root))?;
    for (path, text) in files(layout) {
        fs::write(root.join(path), text)?;
    }
    let mut services = layout.generation.services().into_iter();
    services.try_for_each(|service| link(program, &programs(root).join(service.binary())))
}

/// What an instance is started with.
pub(crate) fn arguments(layout: &Layout, instance: Instance, config: &str) -> Vec<String> {
    let of_config = ["-c", config].map(str::to_owned).to_vec();
    match layout.generation {
        Generation::Standalone => of_config,
        Generation::V3_5 => [of_config, old::flags(layout, instance)].concat(),
        Generation::Release
        | Generation::Main
        | Generation::V3_8_1
        | Generation::V3_7
        | Generation::Chat
        | Generation::ChatMain => [vec!["-i".to_owned(), instance.index.to_string()], of_config].concat(),
    }
}

/// A hard link, so that `/proc/PID/exe` has the service's name; a copy where the file system differs.
fn link(program: &Path, name: &Path) -> io::Result<()> {
    match fs::remove_file(name) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    fs::hard_link(program, name).or_else(|_| fs::copy(program, name).map(drop))
}

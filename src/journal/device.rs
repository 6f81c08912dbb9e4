//! A device as the kernel names it in its messages: `_KERNEL_DEVICE=b8:1`, and the devices that it is part of. Each boot
//! numbers the devices anew, so only messages of the one that runs are known to be of it.

use std::fs::Metadata;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use super::{Id128, Match};

const FIELD: &str = "_KERNEL_DEVICE";

pub(super) fn matches(status: &Metadata, running: Option<Id128>) -> Vec<Match> {
    let (letter, class) = if status.file_type().is_block_device() { ('b', "block") } else { ('c', "char") };
    let (major, minor) = (rustix::fs::major(status.rdev()), rustix::fs::minor(status.rdev()));
    let node = Path::new("/sys/dev").join(class).join(format!("{major}:{minor}"));
    let node = node.canonicalize().unwrap_or_default();
    let devices = node.ancestors().filter(|path| path.join("uevent").is_file());
    let above = devices.filter_map(name_below_bus).map(|name| Match::new(FIELD, name));
    let own = Match::new(FIELD, format!("{letter}{major}:{minor}"));
    let boot = running.map(|boot| Match::new("_BOOT_ID", boot.to_string()));
    [own].into_iter().chain(above).chain(boot).collect()
}

/// `+pci:0000:00:1f.2`: the bus, and the device's name on it.
fn name_below_bus(device: &Path) -> Option<String> {
    let subsystem: PathBuf = std::fs::read_link(device.join("subsystem")).ok()?;
    let (bus, name) = (subsystem.file_name()?.to_str()?, device.file_name()?.to_str()?);
    Some(format!("+{bus}:{name}"))
}

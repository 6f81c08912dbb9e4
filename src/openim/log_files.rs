//! Where OpenIM's logger writes: the directory that `log.yml` names, and the names of the files in it.
//!
//! ```text
//! _output/logs/openim-service-log.2026-11-23
//! ```
//!
//! Source: openimsdk/tools `log/zap.go`; the names since v3.7 of 2024, and the older ones beside them.

use std::path::{Component, Path, PathBuf};

/// The programs' directory under the root, from which `storageLocation` counts; its names do not matter, only how
/// many there are.
pub const BINARY_DIRECTORY: &str = "_output/bin/platforms/linux/amd64";

/// What the names of log files begin with, before the date.
pub const FAMILIES: [&str; 6] = [
    "openim-service-log.",
    "openim-server.",
    "openim-all.",
    "openim-crontask.",
    "OpenIM.log.all.",
    "OpenIM.CronTask.log.all.",
];

/// `storageLocation` as a process in this directory resolves it.
#[must_use]
pub fn log_directory(from: &Path, location: &str) -> PathBuf {
    normalise(&from.join(location))
}

/// The newest file that OpenIM's logger has written in a directory.
#[must_use]
pub fn newest_log(directory: &Path) -> Option<PathBuf> {
    newest_file(directory, |name| FAMILIES.iter().any(|family| name.starts_with(family)))
}

/// The file of a directory that was written last, of those whose name is wanted.
#[must_use]
pub fn newest_file(directory: &Path, is_wanted: impl Fn(&str) -> bool) -> Option<PathBuf> {
    let files = std::fs::read_dir(directory).ok()?.flatten();
    let wanted = files.filter(|file| is_wanted(&file.file_name().to_string_lossy()));
    wanted.map(|file| file.path()).max_by_key(|path| path.metadata().and_then(|meta| meta.modified()).ok())
}

/// Takes `.` and `..` out of a path by its names alone; the directories need not exist.
fn normalise(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => normal.push(component),
        }
    }
    normal
}

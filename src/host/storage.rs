//! Local file systems that take little more, and where a process writes.
//!
//! ```text
//! /proc/PID/mountinfo  36 35 98:0 / /var/lib/etcd rw,noatime master:1 - ext4 /dev/sdb1 rw
//! /proc/PID/fd         l-wx------ 7 -> /var/lib/etcd/member/wal/0.tmp
//! ```

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::PathBuf;

use procfs::process::{FDPermissions, FDTarget, Process};

use super::condition::{Room, read_room};

/// Those that a machine has itself: one of another machine may not answer, and whoever asks it waits.
const LOCAL: [&str; 8] = ["ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "tmpfs", "overlay"];

/// The room of each local file system.
#[must_use]
pub fn read_local_rooms() -> Vec<Room> {
    let mounts = Process::myself().and_then(|own| own.mountinfo());
    let local = mounts.into_iter().flatten().filter(|mount| LOCAL.contains(&mount.fs_type.as_str()));
    local.filter_map(|mount| read_room(&mount.mount_point).ok()).collect()
}

/// The directories in which a process has files open for writing, as the process names them.
///
/// # Errors
/// The process may not be looked into, or is gone.
pub fn read_written(pid: u32) -> io::Result<BTreeSet<PathBuf>> {
    let process = Process::new(i32::try_from(pid).map_err(io::Error::other)?).map_err(io::Error::other)?;
    let open = process.fd().map_err(io::Error::other)?.flatten();
    let written = open.filter(|file| file.mode().contains(FDPermissions::WRITE)).filter_map(|file| {
        let FDTarget::Path(path) = file.target else { return None };
        let is_file = fs::metadata(format!("/proc/{pid}/fd/{}", file.fd)).is_ok_and(|meta| meta.is_file());
        path.parent().filter(|_| is_file).map(PathBuf::from)
    });
    Ok(written.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

    #[test]
    fn only_what_is_open_for_writing_is_written() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("data");
        let is_written = || read_written(std::process::id()).unwrap().contains(directory.path());
        let writing = File::create(&path).unwrap();
        assert!(is_written());
        drop(writing);
        let _reading = File::open(&path).unwrap();
        assert!(!is_written());
        assert!(read_written(0).is_err());
    }

    #[test]
    fn this_machine_has_a_local_file_system() {
        assert!(!read_local_rooms().is_empty());
    }
}

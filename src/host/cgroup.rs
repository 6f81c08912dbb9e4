//! What a control group tells of the memory of its processes: how many of them the kernel has killed for want of it.
//!
//! ```text
//! memory.events       oom_kill 2    unified hierarchy
//! memory.oom_control  oom_kill 2    version 1
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use super::origin::{Manager, Origin, group_of};
use super::proc_file;

/// Where control groups are mounted. Source: file-hierarchy(7).
const MOUNT: &str = "/sys/fs/cgroup";

/// How many processes of its unit or container the kernel has killed since that began; `None` where a process has
/// neither, or nothing tells.
#[must_use]
pub fn read_kills(pid: u32, origin: &Origin) -> Option<u64> {
    let group = proc_file::read_text(format!("/proc/{pid}/cgroup")).ok()?;
    let place = match origin.manager.as_ref()? {
        Manager::Unit(_) => Place::of(&group)?,
        // What looks may see another part of the tree; a container sees its own group at the top.
        Manager::Container(_) => Place::of(&group)?.at_top_for(pid),
    };
    parse_kills(&fs::read_to_string(place.file()).ok()?)
}

/// The group that counts the memory of a process.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    directory: PathBuf,
    /// The file that counts.
    file: &'static str,
}

impl Place {
    /// `7:memory:/system.slice/openim.service`, or `0::/system.slice/openim.service` where nothing has a hierarchy
    /// of its own.
    fn of(group: &str) -> Option<Self> {
        let below = |mount: &Path, path: &str| mount.join(path.trim_start_matches('/'));
        if let Some(path) = group_of(group, "memory") {
            let mount = Path::new(MOUNT).join("memory");
            return Some(Self { directory: below(&mount, path), file: "memory.oom_control" });
        }
        Some(Self { directory: below(Path::new(MOUNT), group_of(group, "")?), file: "memory.events" })
    }

    /// The same group as the process itself sees it, which is the top of what its container has mounted.
    fn at_top_for(self, pid: u32) -> Self {
        let top = if self.file == "memory.events" { MOUNT.to_owned() } else { format!("{MOUNT}/memory") };
        Self { directory: PathBuf::from(format!("/proc/{pid}/root{top}")), ..self }
    }

    fn file(&self) -> PathBuf {
        self.directory.join(self.file)
    }
}

/// `oom_kill 2`, among other counts.
fn parse_kills(text: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix("oom_kill "))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_group_is_that_of_memory_or_the_only_one() {
        let file = |group: &str| Place::of(group).map(|place| place.file().display().to_string());
        let unified = file("0::/system.slice/openim.service\n");
        assert_eq!(unified.as_deref(), Some("/sys/fs/cgroup/system.slice/openim.service/memory.events"));
        let hybrid = file("9:cpu,cpuacct:/a\n7:memory:/docker/4f\n0::/b\n");
        assert_eq!(hybrid.as_deref(), Some("/sys/fs/cgroup/memory/docker/4f/memory.oom_control"));
        assert_eq!(file(""), None);
    }

    #[test]
    fn a_container_has_its_own_group_at_the_top() {
        let top =
            |group: &str| Place::of(group).map(|place| place.at_top_for(7).file().display().to_string());
        assert_eq!(top("0::/../4f").as_deref(), Some("/proc/7/root/sys/fs/cgroup/memory.events"));
        let memory = "/proc/7/root/sys/fs/cgroup/memory/memory.oom_control";
        assert_eq!(top("7:memory:/docker/4f").as_deref(), Some(memory));
    }

    #[test]
    fn both_versions_count_in_the_same_words() {
        assert_eq!(parse_kills("low 0\nhigh 0\nmax 12\noom 2\noom_kill 2\noom_group_kill 0\n"), Some(2));
        assert_eq!(parse_kills("oom_kill_disable 0\nunder_oom 0\noom_kill 3\n"), Some(3));
        assert_eq!(parse_kills("oom_kill_disable 0\nunder_oom 0\n"), None);
    }
}

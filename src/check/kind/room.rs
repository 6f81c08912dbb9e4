//! Room on disk where the services write their logs, and where the servers that OpenIM stands on keep their data.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use crate::check::plan::Plan;
use crate::check::said::{log_directory, read_log_settings};
use crate::host::condition::{Room, read_room};
use crate::host::process::read_directory;
use crate::host::socket::{Holder, SocketTable, read_holder, read_sockets};
use crate::host::storage::{read_local_rooms, read_written};
use crate::openim::dependency::{Dependency, Settings};

/// A directory that is written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    path: PathBuf,
    by: Writer,
    room: Room,
}

/// Who writes there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writer {
    /// OpenIM's services, their logs.
    Services,
    /// A server of this machine, its data.
    Server(Dependency),
    /// One that should run here and does not, its data, where such a server usually keeps them.
    Dead(Dependency),
}

impl Writer {
    /// A log file grows by 16 MB within seconds at level 6; MongoDB's journal is made in files of 100 MB.
    const fn enough(self) -> u64 {
        match self {
            Self::Services => 16 << 20,
            Self::Server(_) | Self::Dead(_) => 100 << 20,
        }
    }
}

// What is asked: the kernel.

/// The directories of the logs.
pub(super) fn look_at_logs(plan: &Plan) -> Vec<Written> {
    let found = log_directories(plan).into_iter().filter_map(|(path, pid)| {
        let room = read_room_of(pid, &path)?;
        Some(Written { path, by: Writer::Services, room })
    });
    found.collect()
}

/// The directories that a service logs to, each once, with a process that does. Most services read the same log.yml, so
/// that each file is read once.
fn log_directories(plan: &Plan) -> BTreeMap<PathBuf, Option<u32>> {
    let mut files = BTreeMap::new();
    let mut directories: BTreeMap<PathBuf, Option<u32>> = BTreeMap::new();
    for instance in plan.instances.iter().filter(|instance| instance.index == 0) {
        let file = files.entry(&instance.config_dir).or_insert_with(|| read_log_settings(instance));
        let directory = file.as_ref().and_then(|file| log_directory(plan, instance, file));
        if let Some(directory) = directory {
            let known = directories.entry(directory).or_default();
            *known = known.or_else(|| instance.sole_process().map(|process| process.pid));
        }
    }
    directories
}

/// The directories in which the servers on this machine write. Who holds a port costs a look at every process, so that
/// it is asked only where some local file system takes little more.
pub(super) fn look_at_data(plan: &Plan) -> Vec<Written> {
    let is_tight =
        |room: &Room| plan.dependencies.iter().any(|settings| lack_of(*room, of(settings)).is_some());
    if !read_local_rooms().iter().any(is_tight) {
        return Vec::new();
    }
    let Ok(sockets) = read_sockets(&[]) else { return Vec::new() };
    plan.dependencies.iter().flat_map(|settings| look_at_server(plan, settings, &sockets)).collect()
}

const fn of(settings: &Settings) -> Writer {
    Writer::Server(settings.dependency())
}

fn look_at_server(plan: &Plan, settings: &Settings, sockets: &SocketTable) -> Vec<Written> {
    let addresses = settings.addresses().iter().filter_map(|address| local_address(address));
    let local: Vec<SocketAddr> = addresses.filter(|address| sockets.is_local(address.ip())).collect();
    let listener = |address| sockets.all.iter().find(|listener| listener.serves(address));
    let listeners: Vec<_> = local.iter().filter_map(|address| listener(*address)).collect();
    if listeners.is_empty() && !local.is_empty() {
        return look_at_dead(&plan.root, settings.dependency());
    }
    let listeners = listeners.into_iter();
    let pids = listeners.filter_map(|listener| match read_holder(listener.inode) {
        Holder::Process { pid, .. } => Some(pid),
        Holder::Deputy | Holder::Hidden => None,
    });
    let written = pids.flat_map(|pid| {
        let paths = data_directories(settings.dependency(), pid).into_iter();
        paths.filter_map(move |path| Some((read_room_of(Some(pid), &path)?, path)))
    });
    written.map(|(room, path)| Written { path, by: of(settings), room }).collect()
}

/// What has died may have done so for want of room.
fn look_at_dead(root: &Path, dependency: Dependency) -> Vec<Written> {
    let by = Writer::Dead(dependency);
    let there = usual_directories(root, dependency).into_iter().filter(|path| path.is_dir());
    there.filter_map(|path| Some(Written { room: read_room_of(None, &path)?, path, by })).collect()
}

/// Where Debian's packages and those of the makers keep the data, and OpenIM's compose file.
fn usual_directories(root: &Path, dependency: Dependency) -> Vec<PathBuf> {
    let (installed, composed): (&[&str], &str) = match dependency {
        Dependency::Etcd => (&["/var/lib/etcd"], "etcd"),
        Dependency::Redis => (&["/var/lib/redis"], "redis"),
        Dependency::MongoDb => (&["/var/lib/mongodb", "/var/lib/mongo"], "mongodb"),
        Dependency::Kafka => (&["/var/lib/kafka"], "kafka"),
        Dependency::Minio => (&["/var/lib/minio"], "mnt"),
        Dependency::ZooKeeper => (&["/var/lib/zookeeper"], "zookeeper"),
        Dependency::OpenIm => return Vec::new(),
    };
    let composed = root.join("components").join(composed);
    installed.iter().map(PathBuf::from).chain([composed]).collect()
}

/// An address as the configuration writes it. A name would have to be resolved, which can take its time.
fn local_address(text: &str) -> Option<SocketAddr> {
    let port = |text: &str| Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), text.parse().ok()?));
    text.parse().ok().or_else(|| port(text.strip_prefix("localhost:")?))
}

/// Redis opens its file only to write it, and works in its directory; the others keep theirs open.
fn data_directories(dependency: Dependency, pid: u32) -> BTreeSet<PathBuf> {
    let mut directories = read_written(pid).unwrap_or_default();
    if dependency == Dependency::Redis {
        directories.extend(read_directory(pid));
    }
    directories
}

/// The room of a directory as its process sees it, else as the first one does: what runs this may see it mounted
/// otherwise, as `ProtectSystem=` of a unit has it. Where neither may be looked at, nothing is said of that.
fn read_room_of(pid: Option<u32>, path: &Path) -> Option<Room> {
    let below_root = path.strip_prefix("/").unwrap_or(path);
    let seen = [pid, Some(1)].into_iter().flatten().find_map(|pid| {
        read_room(&Path::new("/proc").join(pid.to_string()).join("root").join(below_root)).ok()
    });
    seen.or_else(|| Some(Room { read_only: false, ..read_room(path).ok()? }))
}

// How it is judged.

/// What a directory lacks, and who writes there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::check) struct Shortage {
    path: PathBuf,
    by: Writer,
    lack: Lack,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lack {
    Bytes { free: u64 },
    Files,
    Writing,
}

/// The first that lacks something.
pub(super) fn judge(written: &[Written]) -> Option<Shortage> {
    written.iter().find_map(|Written { path, by, room }| {
        Some(Shortage { path: path.clone(), by: *by, lack: lack_of(*room, *by)? })
    })
}

fn lack_of(room: Room, by: Writer) -> Option<Lack> {
    if room.read_only {
        Some(Lack::Writing)
    } else if room.files == Some(0) {
        Some(Lack::Files)
    } else {
        (room.free < by.enough()).then_some(Lack::Bytes { free: room.free })
    }
}

// Its sentences.

impl Shortage {
    /// The server that does not run and lacks it.
    pub(in crate::check) const fn of_dead(&self) -> Option<Dependency> {
        match self.by {
            Writer::Dead(dependency) => Some(dependency),
            Writer::Services | Writer::Server(_) => None,
        }
    }

    /// "make room in /var/lib/redis"
    pub(in crate::check) fn remedy(&self) -> String {
        let path = self.path.display();
        match self.lack {
            Lack::Bytes { .. } | Lack::Files => format!("make room in {path}"),
            Lack::Writing => format!("mount {path} for writing"),
        }
    }

    pub(super) const fn reason(&self) -> &'static str {
        match self.lack {
            Lack::Bytes { .. } | Lack::Files => "no-room",
            Lack::Writing => "read-only",
        }
    }

    pub(super) fn predicate(&self) -> String {
        let path = self.path.display();
        let lack = match self.lack {
            Lack::Bytes { free } => format!("has {} MB left in {path}", free >> 20),
            Lack::Files => format!("can make no more files in {path}"),
            Lack::Writing => format!("has {path} mounted read-only"),
        };
        match (self.by, self.lack) {
            (Writer::Services, Lack::Writing) => format!("{lack}: no log is written"),
            (Writer::Services, Lack::Bytes { .. } | Lack::Files) => {
                format!("{lack}: logs stop there without a word")
            }
            (Writer::Server(server), _) => format!("{lack}, where {} writes", server.title()),
            (Writer::Dead(server), _) => {
                format!("{lack}, where {}, which does not run, usually keeps its data", server.title())
            }
        }
    }

    pub(super) fn got(&self) -> String {
        let path = self.path.display();
        match self.lack {
            Lack::Bytes { free } => format!("{} MB in {path}", free >> 20),
            Lack::Files => format!("no inode in {path}"),
            Lack::Writing => format!("{path} is read-only"),
        }
    }

    pub(super) const fn hint(&self) -> &'static str {
        match (self.lack, self.by) {
            (Lack::Writing, _) => "mount it for writing; the kernel's log says why it is not",
            (Lack::Bytes { .. } | Lack::Files, Writer::Services) => {
                "remove old logs (remainRotationCount in log.yml keeps fewer), or make room"
            }
            (Lack::Bytes { .. } | Lack::Files, Writer::Server(_)) => "make room there before it stops",
            (Lack::Bytes { .. } | Lack::Files, Writer::Dead(_)) => "make room there, then start it",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(by: Writer, room: Room) -> Option<String> {
        Some(judge(&[Written { path: "/data".into(), by, room }])?.predicate())
    }

    const WELL: Room = Room { free: 1 << 30, files: Some(1000), read_only: false };

    #[test]
    fn a_directory_without_room_is_named_with_what_comes_of_it() {
        let said = |room| said(Writer::Services, room);
        assert_eq!(said(WELL), None);
        assert_eq!(said(Room { files: None, ..WELL }), None);
        let full = said(Room { free: 3 << 20, ..WELL });
        assert_eq!(full.as_deref(), Some("has 3 MB left in /data: logs stop there without a word"));
        let no_inode = said(Room { files: Some(0), ..WELL });
        let none = "can make no more files in /data: logs stop there without a word";
        assert_eq!(no_inode.as_deref(), Some(none));
        let read_only = said(Room { read_only: true, ..WELL });
        assert_eq!(read_only.as_deref(), Some("has /data mounted read-only: no log is written"));
    }

    #[test]
    fn a_server_wants_more_room_than_a_log_and_is_named() {
        let room = Room { free: 50 << 20, ..WELL };
        assert_eq!(said(Writer::Services, room), None);
        let full = said(Writer::Server(Dependency::MongoDb), room);
        assert_eq!(full.as_deref(), Some("has 50 MB left in /data, where MongoDB writes"));
        let read_only = said(Writer::Server(Dependency::Etcd), Room { read_only: true, ..WELL });
        assert_eq!(read_only.as_deref(), Some("has /data mounted read-only, where etcd writes"));
    }

    #[test]
    fn only_addresses_that_need_no_resolving_are_looked_for() {
        let at = |text| local_address(text).map(|address| address.to_string());
        assert_eq!(at("localhost:16379").as_deref(), Some("127.0.0.1:16379"));
        assert_eq!(at("10.0.0.1:16379").as_deref(), Some("10.0.0.1:16379"));
        assert_eq!(at("[::1]:16379").as_deref(), Some("[::1]:16379"));
        assert_eq!(at("redis:6379"), None);
    }
}

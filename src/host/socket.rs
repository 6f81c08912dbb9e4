//! Listening TCP sockets and who owns them, from `/proc/PID/net/tcp{,6}` and `/proc/PID/fd`.
//!
//! The table is read through a process of the deployment, so it is that of *its* network namespace.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

use procfs::net::TcpState;
use procfs::process::Process;

/// A listening socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listener {
    /// Where it listens; `[::]` also takes IPv4 unless told otherwise.
    pub address: SocketAddr,
    /// Connections that wait to be accepted.
    pub waiting: u32,
    /// The socket's inode, by which descriptors name it.
    pub inode: u64,
}

impl Listener {
    /// Whether it listens on all addresses.
    #[must_use]
    pub const fn is_wildcard(&self) -> bool {
        self.address.ip().is_unspecified()
    }

    /// Whether a client that connects to `address` reaches it.
    #[must_use]
    pub fn serves(&self, address: SocketAddr) -> bool {
        self.address.port() == address.port() && (self.is_wildcard() || self.address.ip() == address.ip())
    }

    /// An address on this machine at which it can be reached.
    #[must_use]
    pub const fn reachable_at(&self) -> SocketAddr {
        if self.is_wildcard() {
            // A v6 wildcard socket of Go takes both families, and a host without IPv6 has only 127.0.0.1.
            SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), self.address.port())
        } else {
            self.address
        }
    }
}

/// The listening sockets of some processes, and all others of the same network namespaces.
#[derive(Clone, Debug, Default)]
pub struct SocketTable {
    /// By pid; a process that may not be looked into is absent.
    pub by_pid: BTreeMap<u32, Vec<Listener>>,
    /// Every listening socket seen.
    pub all: Vec<Listener>,
}

/// Who holds a socket that none of the wanted processes holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its process, where it may be seen.
    pub process: Option<(u32, String)>,
}

impl SocketTable {
    /// The listeners of a process; `None` where they could not be looked at.
    #[must_use]
    pub fn of(&self, pid: u32) -> Option<&[Listener]> {
        self.by_pid.get(&pid).map(Vec::as_slice)
    }
}

/// Reads the listening sockets of the given processes.
///
/// A process whose descriptors may not be read is left out of [`SocketTable::by_pid`].
///
/// # Errors
/// No socket table can be read at all.
pub fn read_sockets(pids: &[u32]) -> io::Result<SocketTable> {
    let mut table = SocketTable::default();
    let mut namespaces: HashMap<Option<std::path::PathBuf>, HashMap<u64, Listener>> = HashMap::new();
    for &pid in pids {
        let namespace = fs::read_link(format!("/proc/{pid}/ns/net")).ok();
        if !namespaces.contains_key(&namespace) {
            let Ok(listeners) = read_listeners(pid) else { continue };
            table.all.extend(listeners.values());
            namespaces.insert(namespace.clone(), listeners);
        }
        if let (Some(listeners), Ok(inodes)) = (namespaces.get(&namespace), read_socket_inodes(pid)) {
            let mut own: Vec<Listener> =
                inodes.iter().filter_map(|inode| listeners.get(inode)).copied().collect();
            own.sort();
            table.by_pid.insert(pid, own);
        }
    }
    if pids.is_empty() {
        table.all.extend(read_listeners(std::process::id())?.values());
    }
    table.all.sort();
    Ok(table)
}

fn read_listeners(pid: u32) -> io::Result<HashMap<u64, Listener>> {
    let process = Process::new(i32::try_from(pid).map_err(io::Error::other)?).map_err(io::Error::other)?;
    // A kernel without IPv6 has no table for it.
    let v6 = process.tcp6().unwrap_or_default();
    let entries = process.tcp().map_err(io::Error::other)?.into_iter().chain(v6);
    let listening = entries.filter(|entry| entry.state == TcpState::Listen);
    Ok(listening
        .map(|entry| Listener { address: entry.local_address, waiting: entry.rx_queue, inode: entry.inode })
        .map(|listener| (listener.inode, listener))
        .collect())
}

fn read_socket_inodes(pid: u32) -> io::Result<HashSet<u64>> {
    let mut inodes = HashSet::new();
    for entry in fs::read_dir(format!("/proc/{pid}/fd"))?.flatten() {
        inodes.extend(fs::read_link(entry.path()).ok().as_deref().and_then(parse_socket_link));
    }
    Ok(inodes)
}

/// `socket:[224138]`
fn parse_socket_link(link: &Path) -> Option<u64> {
    link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

/// Looks for the process that holds a socket, in all processes. Costly, so only asked when a port is in
/// wrong hands.
#[must_use]
pub fn read_holder(inode: u64) -> Holder {
    let pids = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()));
    let process = pids
        .filter(|&pid| read_socket_inodes(pid).is_ok_and(|inodes| inodes.contains(&inode)))
        .find_map(|pid| super::process::read_name(pid).map(|name| (pid, name)));
    Holder { process }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_of_this_process_is_found_with_its_owner() {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = socket.local_addr().expect("it is bound");
        let me = std::process::id();
        let table = read_sockets(&[me]).expect("/proc is there");
        let mine = table.of(me).expect("our own descriptors are readable");
        let found = mine.iter().find(|listener| listener.address == address).expect("it listens");
        assert_eq!(read_holder(found.inode).process.map(|(pid, _)| pid), Some(me));
    }

    #[test]
    fn a_wildcard_listener_serves_every_address_and_another_only_its_own() {
        let at = |text: &str| Listener { address: text.parse().expect("an address"), waiting: 0, inode: 0 };
        let client = "10.77.0.2:40017".parse().expect("an address");
        assert!(at("[::]:40017").serves(client));
        assert!(at("10.77.0.2:40017").serves(client));
        assert!(!at("10.77.0.3:40017").serves(client));
        assert!(!at("[::]:40018").serves(client));
    }

    #[test]
    fn only_links_to_sockets_are_sockets() {
        assert_eq!(parse_socket_link(Path::new("socket:[224138]")), Some(224_138));
        assert_eq!(parse_socket_link(Path::new("pipe:[224138]")), None);
    }
}

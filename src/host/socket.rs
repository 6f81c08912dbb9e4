//! Listening TCP sockets and who owns them, from the kernel's `sock_diag` and `/proc/PID/fd`.
//!
//! The table is that of the network namespace of the *process*: a thread of its own enters the namespace to ask.
//! Where that is not allowed, `/proc/PID/net/tcp{,6}` tells the same without the limit of the accept queue.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::{self, File};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::thread;

use procfs::net::TcpState;
use procfs::process::Process;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::address::read_addresses;
use super::sock_diag;

/// A listening socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listener {
    /// Where it listens; `[::]` also takes IPv4 unless it is [`Self::v6_only`].
    pub address: SocketAddr,
    /// Connections that wait to be accepted.
    pub waiting: u32,
    /// How many may wait; `None` where the kernel did not tell. It lets one more in than this.
    pub limit: Option<u32>,
    /// Whether an IPv6 socket leaves IPv4 alone.
    pub v6_only: bool,
    /// The socket's inode, by which descriptors name it.
    pub inode: u64,
    /// The network namespace that it is in.
    pub namespace: u64,
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
        let family = !self.v6_only || address.is_ipv6();
        let place = self.is_wildcard() || self.address.ip() == address.ip();
        self.address.port() == address.port() && family && place
    }

    /// How the accept queue stands.
    #[must_use]
    pub fn queue(&self) -> Queue {
        match self.limit {
            Some(limit) if self.waiting > limit => Queue::Full,
            Some(limit) if limit > 0 && self.waiting == limit => Queue::Filling,
            Some(_) | None => Queue::Open,
        }
    }

    /// An address on this machine at which it can be reached.
    #[must_use]
    pub const fn reachable_at(&self) -> SocketAddr {
        if self.is_wildcard() && self.v6_only {
            SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), self.address.port())
        } else if self.is_wildcard() {
            // A v6 wildcard socket of Go takes both families, and a host without IPv6 has only 127.0.0.1.
            SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), self.address.port())
        } else {
            self.address
        }
    }
}

/// How full an accept queue is, in the order of severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Queue {
    /// There is room.
    Open,
    /// One more fits.
    Filling,
    /// Nobody gets in any more.
    Full,
}

/// The listening sockets of some processes, and all others of the same network namespaces.
#[derive(Clone, Debug, Default)]
pub struct SocketTable {
    /// By pid; a process that may not be looked into is absent.
    pub by_pid: BTreeMap<u32, Vec<Listener>>,
    /// Every listening socket seen.
    pub all: Vec<Listener>,
    /// How many files each process has open; one that may not be looked into is absent.
    pub open_files: BTreeMap<u32, u32>,
    /// The addresses of the machine in all network namespaces that were looked at.
    pub addresses: Vec<IpAddr>,
}

/// Who holds a socket that none of the wanted processes holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A process that may be seen.
    Process {
        /// Its id.
        pid: u32,
        /// Its name.
        name: String,
    },
    /// One that holds it on behalf of another: systemd for a socket unit, docker-proxy for a published port.
    Deputy,
    /// Nobody that we may look into.
    Hidden,
}

impl SocketTable {
    /// The listeners of a process; `None` where they could not be looked at.
    #[must_use]
    pub fn of(&self, pid: u32) -> Option<&[Listener]> {
        self.by_pid.get(&pid).map(Vec::as_slice)
    }

    /// Whether an address is one of this machine.
    #[must_use]
    pub fn is_local(&self, address: IpAddr) -> bool {
        address.is_loopback() || self.addresses.contains(&address)
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
    let own_namespace = read_namespace(std::process::id());
    let mut namespaces: HashMap<u64, HashMap<u64, Listener>> = HashMap::new();
    for &pid in pids {
        let namespace = read_namespace(pid).or(own_namespace).unwrap_or(0);
        let listeners = match namespaces.entry(namespace) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let Ok(listeners) = read_listeners(pid, namespace, own_namespace) else { continue };
                table.all.extend(listeners.values());
                table.addresses.extend(read_addresses(pid));
                place.insert(listeners)
            }
        };
        if let Ok(files) = read_open_files(pid) {
            let mut own: Vec<Listener> =
                files.sockets.iter().filter_map(|inode| listeners.get(inode)).copied().collect();
            own.sort();
            table.by_pid.insert(pid, own);
            table.open_files.insert(pid, files.count);
        }
    }
    if pids.is_empty() {
        let namespace = own_namespace.unwrap_or(0);
        table.all.extend(read_listeners(std::process::id(), namespace, own_namespace)?.values());
        table.addresses = read_addresses(std::process::id());
    }
    table.all.sort();
    Ok(table)
}

/// The number of a process's network namespace.
fn read_namespace(pid: u32) -> Option<u64> {
    fs::metadata(format!("/proc/{pid}/ns/net")).ok().map(|meta| meta.ino())
}

fn read_listeners(pid: u32, namespace: u64, own: Option<u64>) -> io::Result<HashMap<u64, Listener>> {
    let described = if own == Some(namespace) { sock_diag::read_listening() } else { read_inside(pid) };
    let listeners = match described {
        Ok(described) => described.iter().map(|socket| listener_of(socket, namespace)).collect(),
        Err(_) => read_from_proc(pid, namespace)?,
    };
    Ok(listeners.into_iter().map(|listener: Listener| (listener.inode, listener)).collect())
}

/// Asks from within the network namespace of a process; this thread's own stays as it is.
fn read_inside(pid: u32) -> io::Result<Vec<sock_diag::Described>> {
    let namespace = File::open(format!("/proc/{pid}/ns/net"))?;
    let visitor = thread::Builder::new().spawn(move || {
        move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))?;
        sock_diag::read_listening()
    })?;
    visitor.join().map_err(|_| io::Error::other("the thread that asked has died"))?
}

fn listener_of(socket: &sock_diag::Described, namespace: u64) -> Listener {
    Listener {
        address: socket.address,
        waiting: socket.waiting,
        limit: Some(socket.limit),
        v6_only: socket.v6_only,
        inode: socket.inode,
        namespace,
    }
}

fn read_from_proc(pid: u32, namespace: u64) -> io::Result<Vec<Listener>> {
    let process = Process::new(i32::try_from(pid).map_err(io::Error::other)?).map_err(io::Error::other)?;
    // A kernel without IPv6 has no table for it.
    let v6 = process.tcp6().unwrap_or_default();
    let entries = process.tcp().map_err(io::Error::other)?.into_iter().chain(v6);
    let listening = entries.filter(|entry| entry.state == TcpState::Listen);
    Ok(listening
        .map(|entry| Listener {
            address: entry.local_address,
            waiting: entry.rx_queue,
            limit: None,
            v6_only: false,
            inode: entry.inode,
            namespace,
        })
        .collect())
}

/// What a process has open.
struct OpenFiles {
    count: u32,
    sockets: HashSet<u64>,
}

fn read_open_files(pid: u32) -> io::Result<OpenFiles> {
    let mut files = OpenFiles { count: 0, sockets: HashSet::new() };
    for entry in fs::read_dir(format!("/proc/{pid}/fd"))?.flatten() {
        files.count += 1;
        files.sockets.extend(fs::read_link(entry.path()).ok().as_deref().and_then(parse_socket_link));
    }
    Ok(files)
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
    pids.filter(|&pid| read_open_files(pid).is_ok_and(|files| files.sockets.contains(&inode)))
        .find_map(|pid| super::process::read_name(pid).map(|name| holder_of(pid, name)))
        .unwrap_or(Holder::Hidden)
}

/// Programs that listen for somebody else.
const DEPUTIES: [&str; 4] = ["systemd", "docker-proxy", "rootlessport", "rootlesskit"];

fn holder_of(pid: u32, name: String) -> Holder {
    if DEPUTIES.contains(&name.as_str()) { Holder::Deputy } else { Holder::Process { pid, name } }
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
        assert!(matches!(read_holder(found.inode), Holder::Process { pid, .. } if pid == me));
        assert!(table.open_files[&me] > 2, "the standard streams and this socket");
    }

    #[test]
    fn the_kernel_and_proc_tell_the_same_of_a_socket() {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = socket.local_addr().expect("it is bound");
        let diag = sock_diag::read_listening().expect("the kernel answers");
        let diag: Vec<Listener> = diag.iter().map(|socket| listener_of(socket, 7)).collect();
        let proc = read_from_proc(std::process::id(), 7).expect("/proc is there");
        let mine = |all: &[Listener]| *all.iter().find(|listener| listener.address == address).expect("ours");
        assert_eq!(Listener { limit: None, ..mine(&diag) }, mine(&proc));
    }

    fn at(text: &str) -> Listener {
        let address = text.parse().expect("an address");
        Listener { address, waiting: 0, limit: None, v6_only: false, inode: 0, namespace: 0 }
    }

    #[test]
    fn a_queue_is_full_when_one_more_waits_than_its_limit() {
        let queue = |waiting, limit| Listener { waiting, limit, ..at("[::]:10002") }.queue();
        assert_eq!(queue(4, Some(5)), Queue::Open);
        assert_eq!(queue(5, Some(5)), Queue::Filling);
        assert_eq!(queue(6, Some(5)), Queue::Full);
        assert_eq!(queue(6, None), Queue::Open, "what is not told is not judged");
    }

    #[test]
    fn a_socket_held_for_somebody_else_has_no_foreign_owner() {
        assert_eq!(holder_of(1, "systemd".to_owned()), Holder::Deputy);
        assert_eq!(holder_of(99, "docker-proxy".to_owned()), Holder::Deputy);
        let python = holder_of(990, "python3".to_owned());
        assert_eq!(python, Holder::Process { pid: 990, name: "python3".to_owned() });
    }

    #[test]
    fn a_wildcard_listener_serves_every_address_and_another_only_its_own() {
        let client = "10.77.0.2:40017".parse().expect("an address");
        assert!(at("[::]:40017").serves(client));
        assert!(at("10.77.0.2:40017").serves(client));
        assert!(!at("10.77.0.3:40017").serves(client));
        assert!(!at("[::]:40018").serves(client));
        assert!(!Listener { v6_only: true, ..at("[::]:40017") }.serves(client));
    }

    #[test]
    fn only_links_to_sockets_are_sockets() {
        assert_eq!(parse_socket_link(Path::new("socket:[224138]")), Some(224_138));
        assert_eq!(parse_socket_link(Path::new("pipe:[224138]")), None);
    }
}

//! Conditions of this machine that stop a service, or silence it: memory, room on disk, ports, and which interface an
//! address belongs to.
//!
//! ```text
//! /proc/meminfo       MemAvailable:   23291520 kB
//! /proc/net/sockstat  TCP: inuse 52 orphan 0 tw 11 alloc 60 mem 4
//! /proc/net/route     docker0  000011AC  00000000  0001  0  0  0  0000FFFF …
//! ```

use std::io;
use std::net::Ipv4Addr;
use std::path::Path;

use rustix::fs::{StatVfsMountFlags, statvfs};

use super::proc_file;

/// The memory that programs could still have, in bytes; `None` where the kernel does not tell.
#[must_use]
pub fn read_memory() -> Option<u64> {
    parse_memory(&proc_file::read_text("/proc/meminfo").ok()?)
}

fn parse_memory(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// What a file system still takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Bytes for a user that is not root.
    pub free: u64,
    /// Files that can still be made; `None` where the file system has no limit.
    pub files: Option<u64>,
    /// Whether it is mounted for reading alone.
    pub read_only: bool,
}

/// The room where a directory lies.
///
/// # Errors
/// The directory is not there, or may not be looked at.
pub fn read_room(path: &Path) -> io::Result<Room> {
    let found = statvfs(path)?;
    Ok(Room {
        free: found.f_bavail.saturating_mul(found.f_frsize),
        files: (found.f_files > 0).then_some(found.f_favail),
        read_only: found.f_flag.contains(StatVfsMountFlags::RDONLY),
    })
}

/// How many ports the kernel gives out, and how many TCP sockets there are that may hold one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ports {
    /// The size of the range.
    pub range: u32,
    /// Sockets in use and those that wait for their time to pass.
    pub used: u32,
}

/// The ports of this network namespace.
#[must_use]
pub fn read_ports() -> Option<Ports> {
    let range = proc_file::read_text("/proc/sys/net/ipv4/ip_local_port_range").ok()?;
    let used = proc_file::read_text("/proc/net/sockstat").ok()?;
    Some(Ports { range: parse_range(&range)?, used: parse_used(&used)? })
}

fn parse_range(text: &str) -> Option<u32> {
    let mut ends = text.split_whitespace().map_while(|word| word.parse::<u32>().ok());
    let (first, last) = (ends.next()?, ends.next()?);
    Some(last.checked_sub(first)? + 1)
}

fn parse_used(text: &str) -> Option<u32> {
    let line = text.lines().find_map(|line| line.strip_prefix("TCP:"))?;
    let words: Vec<&str> = line.split_whitespace().collect();
    let count = |name: &str| {
        words.iter().position(|word| *word == name).and_then(|at| words.get(at + 1)?.parse::<u32>().ok())
    };
    Some(count("inuse")? + count("tw")?)
}

/// The interface whose network an address is of.
#[must_use]
pub fn read_interface(address: Ipv4Addr) -> Option<String> {
    parse_interface(&proc_file::read_text("/proc/net/route").ok()?, address)
}

/// The longest network wins; the default route is of no one.
fn parse_interface(routes: &str, address: Ipv4Addr) -> Option<String> {
    let fits = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        // The kernel writes the bytes in the machine's order.
        let number =
            |at: usize| Some(u32::from_ne_bytes(u32::from_str_radix(words.get(at)?, 16).ok()?.to_ne_bytes()));
        let (network, mask) = (number(1)?, number(7)?);
        let own = u32::from_ne_bytes(address.octets());
        (mask != 0 && own & mask == network).then(|| (mask.count_ones(), words[0].to_owned()))
    };
    routes.lines().skip(1).filter_map(fits).max().map(|(_, interface)| interface)
}

/// Whether an interface is one of containers, virtual machines or a VPN, behind which no other machine looks.
#[must_use]
pub fn is_inward(interface: &str) -> bool {
    const INWARD: [&str; 10] =
        ["docker", "br-", "virbr", "veth", "lxcbr", "tun", "tap", "wg", "zt", "tailscale"];
    INWARD.iter().any(|name| interface.starts_with(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_ports_and_ranges_are_read() {
        assert_eq!(parse_memory("MemTotal: 9 kB\nMemAvailable:    1024 kB\n"), Some(1_048_576));
        assert_eq!(parse_range("32768\t60999\n"), Some(28_232));
        assert_eq!(parse_used("sockets: used 9\nTCP: inuse 52 orphan 0 tw 11 alloc 60 mem 4\n"), Some(63));
    }

    #[test]
    fn an_address_is_of_the_interface_with_the_longest_network() {
        let routes = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n\
            eth0\t00000000\t0100000A\t0003\t0\t0\t0\t00000000\n\
            eth0\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\n\
            docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\n";
        assert_eq!(parse_interface(routes, Ipv4Addr::new(172, 17, 0, 1)).as_deref(), Some("docker0"));
        assert_eq!(parse_interface(routes, Ipv4Addr::new(10, 9, 8, 7)).as_deref(), Some("eth0"));
        assert_eq!(parse_interface(routes, Ipv4Addr::new(192, 168, 0, 1)), None);
        assert!(is_inward("docker0") && is_inward("wg0") && !is_inward("eth0"));
    }

    #[test]
    fn this_machine_has_memory_and_room() {
        assert!(read_memory().is_some_and(|memory| memory > 0));
        assert!(!read_room(Path::new("/proc")).is_ok_and(|room| room.read_only));
        assert!(read_room(Path::new("/no/such/directory")).is_err());
    }
}

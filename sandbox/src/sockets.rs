//! The listening TCP sockets of a process, from `/proc`.

use std::collections::BTreeMap;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Every listening socket of this network namespace by its inode.
fn table() -> BTreeMap<u64, SocketAddr> {
    let read = |name: &str| fs::read_to_string(format!("/proc/net/{name}")).unwrap_or_default();
    let (four, six) = (read("tcp"), read("tcp6"));
    four.lines().chain(six.lines()).filter_map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<(u64, SocketAddr)> {
    let mut words = line.split_ascii_whitespace();
    let local = words.nth(1)?;
    let state = words.nth(1)?;
    let inode = words.nth(5)?.parse().ok()?;
    let (address, port) = local.split_once(':')?;
    let address = parse_address(address)?;
    (state == "0A").then_some((inode, SocketAddr::new(address, u16::from_str_radix(port, 16).ok()?)))
}

/// An address as the kernel prints it: words of 32 bits in host order.
fn parse_address(hex: &str) -> Option<IpAddr> {
    let word = |n: usize| u32::from_str_radix(hex.get(n * 8..n * 8 + 8)?, 16).ok().map(u32::to_ne_bytes);
    if hex.len() == 8 {
        return word(0).map(|bytes| Ipv4Addr::from(bytes).into());
    }
    let mut bytes = [0; 16];
    for n in 0..4 {
        bytes[n * 4..n * 4 + 4].copy_from_slice(&word(n)?);
    }
    Some(Ipv6Addr::from(bytes).into())
}

/// Where these processes listen, in the order of the processes.
#[must_use]
pub fn listening(pids: &[i32]) -> Vec<Vec<SocketAddr>> {
    let table = table();
    pids.iter().map(|pid| of_process(*pid, &table)).collect()
}

fn of_process(pid: i32, table: &BTreeMap<u64, SocketAddr>) -> Vec<SocketAddr> {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/fd")) else { return Vec::new() };
    let inodes = entries.filter_map(|entry| {
        let link = fs::read_link(entry.ok()?.path()).ok()?;
        link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse::<u64>().ok()
    });
    let mut sockets: Vec<_> = inodes.filter_map(|inode| table.get(&inode).copied()).collect();
    sockets.sort();
    sockets
}

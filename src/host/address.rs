//! The addresses of this machine, as a network namespace has them.
//!
//! `/proc/PID/net/fib_trie`: a line `|-- 10.77.0.2`, below it `/32 host LOCAL`; `/proc/PID/net/if_inet6`: 32
//! hexadecimal digits, then index, prefix length, scope, flags and the interface.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::proc_file;

/// Reads the addresses of the network namespace that a process is in; none where that is not allowed.
#[must_use]
pub fn read_addresses(pid: u32) -> Vec<IpAddr> {
    let read = |name: &str| proc_file::read_text(format!("/proc/{pid}/net/{name}")).unwrap_or_default();
    let mut addresses = parse_fib_trie(&read("fib_trie"));
    addresses.extend(parse_if_inet6(&read("if_inet6")));
    addresses
}

fn parse_fib_trie(text: &str) -> Vec<IpAddr> {
    let mut found = Vec::new();
    let mut last = None;
    for line in text.lines().map(str::trim) {
        if let Some(address) = line.strip_prefix("|-- ") {
            last = address.parse::<Ipv4Addr>().ok();
        } else if line.starts_with("/32 host LOCAL") {
            found.extend(last.map(IpAddr::from).filter(|address| !found.contains(address)));
        }
    }
    found
}

fn parse_if_inet6(text: &str) -> Vec<IpAddr> {
    let words = text.lines().filter_map(|line| line.split_ascii_whitespace().next());
    words.filter_map(|word| Some(Ipv6Addr::from(u128::from_str_radix(word, 16).ok()?).into())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_local_addresses_are_ours() {
        let trie = "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\n\
                    Local:\n     |-- 10.77.0.0\n        /24 link UNICAST\n     |-- 10.77.0.2\n        /32 host LOCAL\n\
                    \x20    |-- 10.77.0.255\n        /32 link BROADCAST\n     |-- 10.77.0.2\n        /32 host LOCAL\n";
        assert_eq!(parse_fib_trie(trie), [IpAddr::from([10, 77, 0, 2])]);
        let inet6 = "00000000000000000000000000000001 01 80 10 80       lo\n";
        assert_eq!(parse_if_inet6(inet6), [IpAddr::from(Ipv6Addr::LOCALHOST)]);
    }

    #[test]
    fn loopback_is_one_of_them() {
        let own = read_addresses(std::process::id());
        assert!(own.contains(&IpAddr::from([127, 0, 0, 1])), "{own:?}");
    }
}

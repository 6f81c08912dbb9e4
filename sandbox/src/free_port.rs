//! Ports for servers that are started in a moment.

use std::net::TcpListener;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Below those that the kernel gives out by itself: no connection takes one before the server is there.
const FIRST: u32 = 20_000;
const COUNT: u32 = 12_000;

/// A port that nobody listens on, and that this process has not been given before.
///
/// Where all are taken it is one of those: the server says so when it cannot listen.
#[must_use]
pub fn free_port() -> u16 {
    let port = (1..COUNT).map(|_| next()).find(|port| is_free(*port));
    port.unwrap_or_else(next)
}

/// Each in turn, from another one in each process.
fn next() -> u16 {
    static BEGIN: LazyLock<u32> = LazyLock::new(|| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        now.map_or(0, |time| time.subsec_nanos()) ^ std::process::id().wrapping_mul(2_654_435_761)
    });
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    let place = BEGIN.wrapping_add(GIVEN.fetch_add(1, Ordering::Relaxed)) % COUNT;
    u16::try_from(FIRST + place).unwrap_or(u16::MAX)
}

fn is_free(port: u16) -> bool {
    ["127.0.0.1", "0.0.0.0"].iter().all(|address| TcpListener::bind((*address, port)).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_port_is_given_twice_nor_one_that_is_taken() {
        let mut given: Vec<u16> = (0..100).map(|_| free_port()).collect();
        let taken = TcpListener::bind(("127.0.0.1", next_after(&given))).unwrap();
        given.push(taken.local_addr().unwrap().port());
        given.extend((0..100).map(|_| free_port()));
        let distinct: std::collections::BTreeSet<_> = given.iter().collect();
        assert_eq!(distinct.len(), given.len(), "{given:?}");
    }

    /// The free one that would come next.
    fn next_after(given: &[u16]) -> u16 {
        let last = u32::from(given[given.len() - 1]);
        let following = (1..COUNT).map(|step| FIRST + (last - FIRST + step) % COUNT);
        let mut following = following.filter_map(|port| u16::try_from(port).ok());
        following.find(|port| is_free(*port)).unwrap()
    }
}

//! Where nobody listens, for certain.

#![allow(clippy::expect_used, reason = "a test that cannot go on should say so by dying")]

use std::net::{Ipv4Addr, SocketAddrV4};

use rustix::net::{AddressFamily, SocketType, bind, getsockname, socket};

/// An address that refuses connections, for as long as the test runs: its port is taken, and nobody listens. One that
/// is only free may be given to a service meanwhile.
pub(crate) fn refusing_address() -> String {
    let taken = socket(AddressFamily::INET, SocketType::STREAM, None).expect("a socket");
    bind(&taken, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let address = SocketAddrV4::try_from(getsockname(&taken).expect("it is bound")).expect("an address");
    std::mem::forget(taken);
    address.to_string()
}

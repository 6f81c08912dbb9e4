//! Listening sockets, bound as Go binds them.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::{TcpListener, TcpSocket};

use super::context::Context;
use super::{StartError, stacks};
use crate::fault::Fault;

/// Where a listener is bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bind {
    /// Every address of both families, on one IPv6 socket; `ss` shows `*`.
    Everywhere,
    /// One address.
    At(IpAddr),
}

impl Bind {
    /// What Go makes of a configured address: blank and 0.0.0.0 are everywhere.
    pub(super) fn configured(address: &str) -> Self {
        match address.parse::<IpAddr>() {
            Ok(address) if !address.is_unspecified() => Self::At(address),
            Ok(_) | Err(_) => Self::Everywhere,
        }
    }
}

/// Binds a port; 0 lets the kernel choose.
pub(super) fn bind(context: &Context, place: Bind, port: u16) -> io::Result<TcpListener> {
    let wrong =
        context.fault(|fault| if let Fault::WrongAddress(address) = fault { Some(*address) } else { None });
    match wrong.map_or(place, Bind::At) {
        _ if context.has(&Fault::V6Only) => {
            listen(context, SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), port))
        }
        Bind::At(address) => listen(context, SocketAddr::new(address, port)),
        Bind::Everywhere => match listen(context, SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), port)) {
            Err(error) if error.kind() != io::ErrorKind::AddrInUse => {
                listen(context, SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), port))
            }
            result => result,
        },
    }
}

fn listen(context: &Context, address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv6() { TcpSocket::new_v6() } else { TcpSocket::new_v4() }?;
    socket.set_reuseaddr(true)?;
    socket.set_reuseport(context.has(&Fault::ReusePort))?;
    if context.has(&Fault::V6Only) {
        rustix::net::sockopt::set_ipv6_v6only(&socket, true)?;
    }
    socket.bind(address)?;
    socket.listen(context.backlog().unwrap_or(4096))
}

/// The port of a listener.
pub(super) fn port(listener: &TcpListener) -> u16 {
    listener.local_addr().map_or(0, |address| address.port())
}

/// Element `index` of a ports list, or OpenIM's refusal.
pub(super) fn element(ports: &[u16], index: u32) -> Result<u16, StartError> {
    let found = usize::try_from(index).ok().and_then(|index| ports.get(index));
    found.copied().ok_or_else(|| {
        let list: Vec<_> = ports.iter().map(ToString::to_string).collect();
        let list = list.join(" ");
        StartError(format!(
            "Error: index out of range, index={index}, array=[{list}] | -> {}",
            stacks::PORT_BY_INDEX
        ))
    })
}

/// The address that a service registers under and, in the release line, binds some metrics ports to:
/// the configured one, else the first private IPv4 of this host, else loopback.
pub(super) fn register_ip(context: &Context) -> IpAddr {
    let configured = context.config.register_ip.as_ref().or(context.settings.register_ip.as_ref());
    configured
        .and_then(|text| text.parse().ok())
        .or_else(private_address)
        .unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
}

/// The first private IPv4 address of this host, from the kernel's table of local addresses.
fn private_address() -> Option<IpAddr> {
    let table = std::fs::read_to_string("/proc/net/fib_trie").ok()?;
    let mut last = None;
    for line in table.lines() {
        if let Some(address) = line.trim().strip_prefix("|-- ") {
            last = address.parse::<Ipv4Addr>().ok();
        } else if line.contains("/32 host LOCAL")
            && let Some(address) = last.filter(Ipv4Addr::is_private)
        {
            return Some(address.into());
        }
    }
    None
}

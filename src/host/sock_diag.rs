//! Listening TCP sockets as the kernel's `sock_diag` tells them over netlink: one question for each family.
//!
//! It says what `/proc/net/tcp` does not: how long the accept queue may grow, and whether an IPv6 socket takes
//! IPv4 too. The tables are those of the network namespace of the thread that asks.
//! Source: `linux/sock_diag.h`, `linux/inet_diag.h`.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use rustix::fd::OwnedFd;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink, sockopt};

const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const IPPROTO_TCP: u8 = 6;
const TCP_LISTEN: u32 = 10;

/// The type of the question and of each answer.
const SOCK_DIAG_BY_FAMILY: u16 = 20;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
/// `NLM_F_REQUEST | NLM_F_DUMP`
const DUMP: u16 = 0x301;
/// The attribute that says whether an IPv6 socket leaves IPv4 alone.
const INET_DIAG_SKV6ONLY: u16 = 11;

const HEADER: usize = 16;
/// `struct inet_diag_msg`, behind which attributes follow.
const MESSAGE: usize = 72;

/// A listening socket as the kernel describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Described {
    pub(super) address: SocketAddr,
    pub(super) waiting: u32,
    pub(super) limit: u32,
    pub(super) v6_only: bool,
    pub(super) inode: u64,
}

/// Reads the listening TCP sockets of both families.
///
/// # Errors
/// The kernel has no `sock_diag`, or does not let us ask.
pub(super) fn read_listening() -> io::Result<Vec<Described>> {
    let socket = rustix::net::socket_with(
        AddressFamily::NETLINK,
        SocketType::RAW,
        SocketFlags::CLOEXEC,
        Some(netlink::SOCK_DIAG),
    )?;
    // The kernel answers at once; a mistake of ours must not make us wait for ever.
    sockopt::set_socket_timeout(&socket, sockopt::Timeout::Recv, Some(Duration::from_secs(1)))?;
    let mut found = Vec::new();
    ask(&socket, AF_INET, &mut found)?;
    // A kernel without IPv6 refuses the question, and has no such socket.
    let _ = ask(&socket, AF_INET6, &mut found);
    Ok(found)
}

fn ask(socket: &OwnedFd, family: u8, found: &mut Vec<Described>) -> io::Result<()> {
    rustix::net::send(socket, &question(family), SendFlags::empty())?;
    let mut buffer = vec![0; 32 * 1024];
    loop {
        let (length, _) = rustix::net::recv(socket, &mut buffer[..], RecvFlags::empty())?;
        if parse(&buffer[..length], found)? == More::No {
            return Ok(());
        }
    }
}

/// `struct nlmsghdr` and `struct inet_diag_req_v2`.
fn question(family: u8) -> Vec<u8> {
    const LENGTH: u32 = 72;
    let mut bytes = Vec::with_capacity(LENGTH as usize);
    bytes.extend(LENGTH.to_ne_bytes());
    bytes.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    bytes.extend(DUMP.to_ne_bytes());
    bytes.extend([0; 8]);
    bytes.extend([family, IPPROTO_TCP, 0, 0]);
    bytes.extend((1_u32 << TCP_LISTEN).to_ne_bytes());
    bytes.resize(LENGTH as usize, 0);
    bytes
}

/// Whether the kernel has more to say.
#[derive(PartialEq, Eq)]
enum More {
    Yes,
    No,
}

fn parse(mut bytes: &[u8], found: &mut Vec<Described>) -> io::Result<More> {
    while let (Some(length), Some(kind)) = (u32_at(bytes, 0), u16_at(bytes, 4)) {
        let length = length as usize;
        let Some(message) = bytes.get(HEADER..length) else { return Err(malformed()) };
        match kind {
            NLMSG_DONE => return Ok(More::No),
            NLMSG_ERROR => {
                let code = u32_at(message, 0).map_or(0, u32::cast_signed);
                return Err(io::Error::from_raw_os_error(code.saturating_neg()));
            }
            _ => found.extend(parse_socket(message)),
        }
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    Ok(More::Yes)
}

fn malformed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "netlink message shorter than it says")
}

/// `struct inet_diag_msg`: family, state, timer, retransmissions; ports and addresses in network order;
/// expiry, receive queue, send queue, user, inode. Of a listening socket the queues are the accept queue and
/// its limit.
fn parse_socket(message: &[u8]) -> Option<Described> {
    let port = u16::from_be_bytes(message.get(4..6)?.try_into().ok()?);
    let ip = match *message.first()? {
        AF_INET => IpAddr::from(Ipv4Addr::from(<[u8; 4]>::try_from(message.get(8..12)?).ok()?)),
        AF_INET6 => IpAddr::from(Ipv6Addr::from(<[u8; 16]>::try_from(message.get(8..24)?).ok()?)),
        _ => return None,
    };
    Some(Described {
        address: SocketAddr::new(ip, port),
        waiting: u32_at(message, 56)?,
        limit: u32_at(message, 60)?,
        v6_only: attribute(message.get(MESSAGE..)?, INET_DIAG_SKV6ONLY).is_some_and(|value| value != [0]),
        inode: u64::from(u32_at(message, 68)?),
    })
}

/// `struct nlattr`: length with its own four bytes, type, value; each on four bytes.
fn attribute(mut bytes: &[u8], wanted: u16) -> Option<&[u8]> {
    loop {
        let (length, kind) = (usize::from(u16_at(bytes, 0)?), u16_at(bytes, 2)?);
        let value = bytes.get(4..length)?;
        if kind == wanted {
            return Some(value);
        }
        bytes = bytes.get(length.next_multiple_of(4)..)?;
    }
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    fn found(address: SocketAddr) -> Described {
        let all = read_listening().expect("the kernel answers");
        *all.iter().find(|socket| socket.address == address).expect("our socket is among them")
    }

    #[test]
    fn the_kernel_tells_address_queue_and_limit_of_a_socket() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        assert_eq!(found(address).waiting, 0);
        let clients = [TcpStream::connect(address), TcpStream::connect(address)];
        assert!(clients.iter().all(Result::is_ok));
        assert_eq!(found(address).waiting, 2);
        assert!(found(address).limit >= 128, "{:?}", found(address));
    }

    #[test]
    fn an_ipv6_socket_says_whether_it_takes_ipv4_too() {
        let Ok(socket) = rustix::net::socket(AddressFamily::INET6, SocketType::STREAM, None) else { return };
        sockopt::set_ipv6_v6only(&socket, true).expect("an option of every IPv6 socket");
        let any = SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), 0);
        rustix::net::bind(&socket, &any).expect("a free port");
        rustix::net::listen(&socket, 1).expect("it is bound");
        let listener = TcpListener::from(socket);
        assert!(found(listener.local_addr().expect("it is bound")).v6_only);
    }

    #[test]
    fn no_bytes_at_all_make_the_reader_fall() {
        for length in 0..200 {
            for fill in [0_u8, 4, 20, 255] {
                let _ = parse(&vec![fill; length], &mut Vec::new());
            }
        }
    }
}

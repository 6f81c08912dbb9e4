//! A TCP connection to a host by its name: made, and given to whoever asked for it.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::net::{TcpStream, lookup_host};

use super::{Failure, failure_of_io};

/// How long it takes until a server takes a connection; the connection is closed at once.
///
/// # Errors
/// Nobody takes it in time; the failure says in which way.
pub async fn probe_tcp(address: &str, timeout: Duration) -> Result<Duration, Failure> {
    let started = Instant::now();
    let connected = tokio::time::timeout(timeout, connect(address, failure)).await;
    connected.unwrap_or(Err(Failure::NoAnswer(timeout)))?;
    Ok(started.elapsed())
}

/// Connects to the first of a host's addresses that takes it; `failure` has words for why none does.
pub(super) async fn connect(
    address: &str,
    failure: impl Fn(&io::Error) -> Failure,
) -> Result<TcpStream, Failure> {
    let mut last = Failure::NotResolved;
    for address in resolve(address).await? {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = failure(&error),
        }
    }
    Err(last)
}

/// The addresses of `host:port`; one that is one already needs no resolver and no thread.
///
/// # Errors
/// The host's name has none, or it is no `host:port` at all.
pub async fn resolve(address: &str) -> Result<Vec<SocketAddr>, Failure> {
    if let Ok(address) = address.parse() {
        return Ok(vec![address]);
    }
    match lookup_host(address).await {
        Ok(addresses) => Ok(addresses.collect()),
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Err(Failure::NoAddress),
        Err(_) => Err(Failure::NotResolved),
    }
}

/// What went wrong, in the words of the system where there is none of ours.
pub(super) fn failure(error: &io::Error) -> Failure {
    failure_of_io(error).unwrap_or_else(|| Failure::Other(error.kind().to_string()))
}

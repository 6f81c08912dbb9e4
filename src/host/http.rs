//! One question to a manager on this machine, in HTTP/1.0, on a unix socket or a TCP port, and within a time.
//!
//! In HTTP/1.0 the answer ends with the connection: neither chunks nor a length have to be understood.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};

use super::manager::Silence;

/// A thousand programs need a tenth of it.
const LONGEST_ANSWER: usize = 16 << 20;

/// Where a manager listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Address {
    /// A socket in the file system.
    Unix(PathBuf),
    /// `host:port`
    Tcp(String),
}

/// A manager, and how long it may take for all questions together.
#[derive(Debug)]
pub(super) struct Server {
    /// Where it listens.
    pub(super) address: Address,
    /// When its time is over.
    pub(super) deadline: Instant,
}

/// What is asked.
#[derive(Debug)]
pub(super) struct Question<'a> {
    /// `GET /info`
    pub(super) what: &'a str,
    /// Whole lines, each with its end.
    pub(super) headers: &'a str,
    /// What is sent along.
    pub(super) body: &'a str,
}

impl Server {
    /// Asks, and gives the body of an answer whose status is 200.
    pub(super) fn ask(&self, question: &Question) -> io::Result<String> {
        let Question { what, headers, body } = question;
        let length = body.len();
        let mut stream = self.connect()?;
        stream.limit(self.time_left()?)?;
        let head =
            format!("{what} HTTP/1.0\r\nHost: localhost\r\n{headers}Content-Length: {length}\r\n\r\n{body}");
        stream.write_all(head.as_bytes())?;
        let mut answer = Vec::new();
        let mut chunk = [0; 16 << 10];
        loop {
            // Who answers a byte at a time has no more time than others.
            stream.limit(self.time_left()?)?;
            let read = stream.read(&mut chunk)?;
            answer.extend_from_slice(chunk.get(..read).unwrap_or_default());
            if read == 0 || answer.len() > LONGEST_ANSWER {
                return parse(&answer);
            }
        }
    }

    fn connect(&self) -> io::Result<Box<dyn Stream>> {
        match &self.address {
            Address::Unix(path) => Ok(Box::new(connect_unix(path, self.time_left()?)?)),
            Address::Tcp(host) => {
                let address = host.to_socket_addrs()?.next().ok_or(io::ErrorKind::NotFound)?;
                Ok(Box::new(TcpStream::connect_timeout(&address, self.time_left()?)?))
            }
        }
    }

    fn time_left(&self) -> io::Result<Duration> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
    }
}

/// A connection waits for room in the queue of one who is frozen, and the standard library sets no limit to that.
fn connect_unix(path: &Path, left: Duration) -> io::Result<UnixStream> {
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    set_socket_timeout(&socket, Timeout::Send, Some(left))?;
    connect(&socket, &SocketAddrUnix::new(path)?)?;
    Ok(UnixStream::from(socket))
}

trait Stream: Read + Write {
    /// Lets no read or write take longer than this.
    fn limit(&self, left: Duration) -> io::Result<()>;
}

impl Stream for UnixStream {
    fn limit(&self, left: Duration) -> io::Result<()> {
        self.set_read_timeout(Some(left)).and_then(|()| self.set_write_timeout(Some(left)))
    }
}

impl Stream for TcpStream {
    fn limit(&self, left: Duration) -> io::Result<()> {
        self.set_read_timeout(Some(left)).and_then(|()| self.set_write_timeout(Some(left)))
    }
}

fn parse(answer: &[u8]) -> io::Result<String> {
    let text = String::from_utf8_lossy(answer);
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(|| io::Error::other("no answer in HTTP"))?;
    match head.split(' ').nth(1).map(|status| status.get(..3).unwrap_or(status)) {
        Some("200") => Ok(body.to_owned()),
        Some("401" | "403") => Err(io::ErrorKind::PermissionDenied.into()),
        Some("404") => Err(io::ErrorKind::NotFound.into()),
        status => Err(io::Error::other(format!("HTTP status {}", status.unwrap_or("missing")))),
    }
}

/// What it means of a manager that a question failed.
pub(super) fn silence(error: &io::Error, timeout: Duration) -> Silence {
    use io::ErrorKind::{ConnectionRefused, NotFound, PermissionDenied, TimedOut, WouldBlock};
    let kind = error.kind();
    if kind == PermissionDenied {
        Silence::Denied
    } else if matches!(kind, NotFound | ConnectionRefused) {
        Silence::Absent
    } else if matches!(kind, TimedOut | WouldBlock) {
        Silence::NoAnswer(timeout)
    } else {
        Silence::Garbled(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_that_is_refused_is_told_from_other_errors() {
        let kind = |text: &str| parse(text.as_bytes()).map_err(|error| error.kind());
        assert_eq!(kind("HTTP/1.0 401 Unauthorized\r\n\r\n"), Err(io::ErrorKind::PermissionDenied));
        assert_eq!(kind("HTTP/1.0 200 OK\r\n\r\nx"), Ok("x".to_owned()));
        assert!(kind("SSH-2.0").is_err());
    }

    #[test]
    fn who_accepts_and_says_nothing_and_who_does_not_even_accept_take_no_more_than_their_time() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("sock");
        let never_accepts = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)
            .expect("a socket");
        let place = SocketAddrUnix::new(&path).expect("a short path");
        rustix::net::bind(&never_accepts, &place).expect("it can be bound");
        rustix::net::listen(&never_accepts, 1).expect("it listens");
        let timeout = Duration::from_millis(50);
        let ask = || {
            let server = Server { address: Address::Unix(path.clone()), deadline: Instant::now() + timeout };
            let error = server.ask(&Question { what: "GET /", headers: "", body: "" });
            silence(&error.expect_err("nobody answers"), timeout)
        };
        assert_eq!(ask(), Silence::NoAnswer(timeout));
        // Fills its queue, so that the next one cannot even connect.
        let mut waiting = Vec::new();
        while let Ok(stream) = connect_unix(&path, timeout) {
            waiting.push(stream);
        }
        assert_eq!(ask(), Silence::NoAnswer(timeout));
    }
}

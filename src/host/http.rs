//! One question to a manager on this machine, on a unix socket or a TCP port.

use std::error::Error as _;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::{Client, ClientBuilder, Method, RequestBuilder, StatusCode, redirect};

use super::manager::Silence;

/// A thousand programs need a tenth of it.
const LONGEST_ANSWER: usize = 16 << 20;

/// The kernel does not let a program wait for room in the queue of a unix socket; so it is asked for again.
const QUEUE_IS_FULL: Duration = Duration::from_millis(20);

/// Where a manager listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Address {
    /// A socket in the file system.
    Unix(PathBuf),
    /// `host:port`
    Tcp(String),
}

/// What is asked.
#[derive(Debug, Default)]
pub(super) struct Question<'a> {
    /// `GET` or `POST`.
    pub(super) method: Method,
    /// `/info`
    pub(super) path: &'a str,
    /// Who asks, with a password.
    pub(super) login: Option<(&'a str, &'a str)>,
    /// What is sent along, in XML.
    pub(super) xml: Option<String>,
}

/// A manager.
#[derive(Debug)]
pub(super) struct Server {
    client: Client,
    /// `http://HOST`
    base: String,
}

/// A client of nobody's proxy, that follows nobody elsewhere, with a connection of its own for each question.
pub(crate) fn plain_client() -> ClientBuilder {
    Client::builder().no_proxy().redirect(redirect::Policy::none()).pool_max_idle_per_host(0)
}

impl Server {
    /// Connects to nothing yet.
    pub(super) fn new(address: Address) -> Result<Self, Silence> {
        let (builder, host) = match address {
            Address::Unix(path) => (plain_client().unix_socket(path), "localhost".to_owned()),
            Address::Tcp(host) => (plain_client(), host),
        };
        let client = builder.build().map_err(|error| Silence::Garbled(error.to_string()))?;
        Ok(Self { client, base: format!("http://{host}") })
    }

    fn request(&self, question: &Question) -> RequestBuilder {
        let Question { method, path, login, xml } = question;
        let mut request = self.client.request(method.clone(), format!("{}{path}", self.base));
        if let Some((user, password)) = login {
            request = request.basic_auth(user, Some(password));
        }
        match xml {
            Some(xml) => request.header("Content-Type", "text/xml").body(xml.clone()),
            None => request,
        }
    }

    /// Asks, and gives the body of an answer whose status is 200; nothing where the status is 404.
    pub(super) async fn ask(&self, question: &Question<'_>) -> Result<Option<String>, Silence> {
        let mut response = loop {
            match self.request(question).send().await {
                Err(error) if kind_of(&error) == Some(io::ErrorKind::WouldBlock) => {
                    tokio::time::sleep(QUEUE_IS_FULL).await;
                }
                answer => break answer.map_err(|error| silence(&error))?,
            }
        };
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(None),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => return Err(Silence::Denied),
            status => return Err(Silence::Garbled(format!("HTTP status {}", status.as_u16()))),
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| silence(&error))? {
            body.extend_from_slice(&chunk);
            if body.len() > LONGEST_ANSWER {
                return Err(Silence::Garbled(format!("more than {} MB", LONGEST_ANSWER >> 20)));
            }
        }
        Ok(Some(String::from_utf8_lossy(&body).into_owned()))
    }
}

/// What the system said.
fn kind_of(error: &reqwest::Error) -> Option<io::ErrorKind> {
    let mut causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.find_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind)
}

/// What it means of a manager that a question failed. The client's own text names the address, and is not shown.
fn silence(error: &reqwest::Error) -> Silence {
    use io::ErrorKind::{ConnectionRefused, NotFound, PermissionDenied};
    match kind_of(error) {
        Some(PermissionDenied) => Silence::Denied,
        Some(NotFound | ConnectionRefused) => Silence::Absent,
        Some(kind) => Silence::Garbled(kind.to_string()),
        None => Silence::Garbled("it gives no answer in HTTP".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::unix::net::UnixListener;

    use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, socket_with};

    use super::*;
    use crate::host::manager::within;

    const LONG: Duration = Duration::from_secs(10);

    fn ask(address: Address, timeout: Duration) -> Result<Option<String>, Silence> {
        within(timeout, async { Server::new(address)?.ask(&Question::default()).await })
    }

    /// What is made of an answer.
    fn said(answer: &'static str) -> Result<Option<String>, Silence> {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("sock");
        let listener = UnixListener::bind(&path).expect("it can be bound");
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("somebody asks");
            assert_ne!(stream.read(&mut [0; 1024]).expect("it asks"), 0, "it asks something");
            stream.write_all(answer.as_bytes()).expect("it listens");
        });
        let said = ask(Address::Unix(path), LONG);
        server.join().expect("it ends");
        said
    }

    #[test]
    fn a_login_that_is_refused_is_told_from_other_answers() {
        assert_eq!(said("HTTP/1.0 401 Unauthorized\r\n\r\n"), Err(Silence::Denied));
        assert_eq!(said("HTTP/1.0 404 Not Found\r\n\r\n"), Ok(None));
        assert_eq!(said("HTTP/1.0 200 OK\r\n\r\nx"), Ok(Some("x".to_owned())));
        assert_eq!(said("HTTP/1.0 500 Oh\r\n\r\n"), Err(Silence::Garbled("HTTP status 500".to_owned())));
        assert!(matches!(said("SSH-2.0-OpenSSH_9.2\r\n"), Err(Silence::Garbled(_))));
    }

    #[test]
    fn a_socket_that_is_not_there_is_a_manager_that_does_not_run() {
        assert_eq!(ask(Address::Unix("/nonexistent/sock".into()), LONG), Err(Silence::Absent));
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
        let ask = || ask(Address::Unix(path.clone()), timeout);
        assert_eq!(ask(), Err(Silence::NoAnswer(timeout)));
        // Fills its queue, so that the next one cannot even connect.
        let fill = || {
            let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
            let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None).expect("a socket");
            rustix::net::connect(&socket, &place).map(|()| socket)
        };
        let waiting: Vec<_> = std::iter::from_fn(|| fill().ok()).collect();
        assert!(!waiting.is_empty());
        assert_eq!(ask(), Err(Silence::NoAnswer(timeout)));
    }
}

//! One HTTP/1.1 request of the user's own: any method, headers and body, with or without TLS, on a connection of its
//! own. Total time-out, capped body, no redirects, no proxy.

use std::fmt;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use super::tls::{self, TlsFailure, Trust};
use super::{Failure, tcp};

/// Bodies are read up to here, unless somebody says otherwise.
const BODY_CAP: usize = 256 * 1024;

/// The key of the example in RFC 6455, and what a server has to make of it.
const WEBSOCKET_KEY: (&str, &str) = ("dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");

/// How a server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// HTTP.
    Http,
    /// HTTP in TLS.
    Https,
    /// WebSocket.
    Ws,
    /// WebSocket in TLS.
    Wss,
}

/// An address without a user and a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    /// How the server is spoken to.
    pub scheme: Scheme,
    /// Its host, without brackets.
    host: String,
    port: u16,
    /// The path, and the query behind it.
    path: String,
}

impl Url {
    /// Reads an address; `None` where it is none, or holds a user.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        let (scheme, usual) = match uri.scheme_str()? {
            "http" => (Scheme::Http, 80),
            "https" => (Scheme::Https, 443),
            "ws" => (Scheme::Ws, 80),
            "wss" => (Scheme::Wss, 443),
            _ => return None,
        };
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'))?;
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let port = authority.port_u16().unwrap_or(usual);
        (!host.is_empty()).then_some(Self { scheme, host, port, path })
    }

    /// `host:port`, as a request names it and a resolver takes it.
    fn authority(&self) -> String {
        let Self { host, port, .. } = self;
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }
}

/// Without the query, which may hold a token.
impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, usual) = match self.scheme {
            Scheme::Http => ("http", 80),
            Scheme::Https => ("https", 443),
            Scheme::Ws => ("ws", 80),
            Scheme::Wss => ("wss", 443),
        };
        let port = format!(":{}", self.port);
        let authority = self.authority();
        let shown =
            if self.port == usual { authority.strip_suffix(&port).unwrap_or(&authority) } else { &authority };
        write!(f, "{scheme}://{shown}{}", self.path.split('?').next().unwrap_or_default())
    }
}

/// What to ask.
#[derive(Clone, Debug)]
pub struct Request {
    /// Where.
    pub url: Url,
    /// How.
    pub method: Method,
    /// The headers that are sent beside our own.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body.
    pub body: Bytes,
    /// Whose signature is good, for TLS.
    pub trust: Trust,
}

/// An answer, whatever its status.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// The body, capped.
    pub body: Vec<u8>,
    /// From the first packet to the last byte.
    pub took: Duration,
}

impl Answer {
    /// Whether the server has agreed to speak WebSocket.
    #[must_use]
    pub fn is_websocket(&self) -> bool {
        let accepted = self.headers.get(header::SEC_WEBSOCKET_ACCEPT);
        self.status == 101 && accepted.is_some_and(|value| value == WEBSOCKET_KEY.1)
    }
}

/// Asks once.
///
/// # Errors
/// There was no answer; the failure says in which way.
pub async fn fetch(request: &Request, timeout: Duration) -> Result<Answer, TlsFailure> {
    fetch_up_to(BODY_CAP, request, timeout).await
}

/// The same with a body of so many bytes.
pub(super) async fn fetch_up_to(
    cap: usize,
    request: &Request,
    timeout: Duration,
) -> Result<Answer, TlsFailure> {
    let started = Instant::now();
    let exchanged = tokio::time::timeout(timeout, open_and_exchange(cap, request, started));
    exchanged.await.unwrap_or(Err(TlsFailure::Connection(Failure::NoAnswer(timeout))))
}

async fn open_and_exchange(cap: usize, request: &Request, started: Instant) -> Result<Answer, TlsFailure> {
    let (url, address) = (&request.url, request.url.authority());
    match url.scheme {
        Scheme::Http | Scheme::Ws => {
            let stream = tcp::connect(&address, tcp::failure).await.map_err(TlsFailure::Connection)?;
            exchange(cap, request, stream, started).await.map_err(TlsFailure::Connection)
        }
        Scheme::Https | Scheme::Wss => {
            let stream = tls::connect(&address, &url.host, &request.trust).await?;
            exchange(cap, request, stream, started).await.map_err(TlsFailure::Connection)
        }
    }
}

async fn exchange<S>(cap: usize, request: &Request, stream: S, started: Instant) -> Result<Answer, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| failure_of(&error))?;
    let message = message(request).map_err(|error| Failure::Other(error.to_string()))?;
    let answer = async {
        let response = sender.send_request(message).await.map_err(|error| failure_of(&error))?;
        let (head, body) = response.into_parts();
        let body = read(cap, body).await?;
        Ok(Answer { status: head.status.as_u16(), headers: head.headers, body, took: started.elapsed() })
    };
    tokio::pin!(answer);
    let connection = connection.with_upgrades();
    tokio::pin!(connection);
    tokio::select! {
        biased;
        answer = &mut answer => answer,
        // Once the connection has nothing more to do, what it has read is still to be taken.
        _ = &mut connection => answer.await,
    }
}

fn message(request: &Request) -> Result<http::Request<Full<Bytes>>, http::Error> {
    let mut builder = http::Request::builder()
        .method(request.method.clone())
        .uri(&request.url.path)
        .header(header::HOST, request.url.authority())
        .header(header::USER_AGENT, concat!("openim-check/", env!("CARGO_PKG_VERSION")));
    builder = match request.url.scheme {
        Scheme::Http | Scheme::Https => builder.header(header::CONNECTION, "close"),
        Scheme::Ws | Scheme::Wss => builder
            .header(header::CONNECTION, "Upgrade")
            .header(header::UPGRADE, "websocket")
            .header(header::SEC_WEBSOCKET_VERSION, "13")
            .header(header::SEC_WEBSOCKET_KEY, WEBSOCKET_KEY.0),
    };
    let mut message = builder.body(Full::new(request.body.clone()))?;
    for (name, value) in &request.headers {
        message.headers_mut().insert(name.clone(), value.clone());
    }
    Ok(message)
}

async fn read(cap: usize, mut body: hyper::body::Incoming) -> Result<Vec<u8>, Failure> {
    let mut read = Vec::new();
    while read.len() < cap
        && let Some(frame) = body.frame().await
    {
        let frame = frame.map_err(|error| failure_of(&error))?;
        read.extend_from_slice(&frame.into_data().unwrap_or_default());
    }
    read.truncate(cap);
    Ok(read)
}

/// Who greets before it is asked speaks another protocol; for that hyper has a text only, which it may wrap.
fn speaks_otherwise(error: &hyper::Error) -> bool {
    let says_so = |error: &dyn std::error::Error| error.to_string().contains("unexpected message");
    error.is_parse() || says_so(error) || std::error::Error::source(error).is_some_and(says_so)
}

fn failure_of(error: &hyper::Error) -> Failure {
    if speaks_otherwise(error) {
        return Failure::WrongProtocol("HTTP");
    }
    if error.is_incomplete_message() || error.is_canceled() {
        return Failure::ClosedEarly;
    }
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<std::io::Error>() {
            return tcp::failure(error);
        }
        cause = error.source();
    }
    Failure::ClosedEarly
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_shown_as_they_are_written_but_for_the_query() {
        for (text, shown) in [
            ("http://h/", "http://h/"),
            ("https://h:443/a?token=canary", "https://h/a"),
            ("http://[::1]:8080", "http://[::1]:8080/"),
            ("wss://h:8443/ws", "wss://h:8443/ws"),
        ] {
            assert_eq!(Url::parse(text).map(|url| url.to_string()), Some(shown.to_owned()), "{text}");
        }
        for text in ["h:80", "ftp://h/", "http://u:p@h/", "http://", "/a"] {
            assert_eq!(Url::parse(text), None, "{text}");
        }
    }
}

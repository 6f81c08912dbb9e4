//! One connection to a server that does not speak HTTP, over TCP or TLS: made, used and closed within one probe.
//!
//! Every way in which it can fail has its own [`Failure`], so that no probe has to guess from a text.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::tls::{Terms, failure_after_handshake};
use super::{Failure, failure_of_io, tcp};

/// No answer to a question of ours is longer.
const ANSWER_CAP: usize = 4 * 1024 * 1024;

/// A connection and what has come over it and is not read yet. Dropping it closes it.
pub(super) struct Connection {
    stream: Stream,
    received: Vec<u8>,
    protocol: &'static str,
}

impl Connection {
    /// Connects to `host:port`, with TLS where there are terms for it; `protocol` is what is to be spoken there.
    pub(super) async fn open(
        address: &str,
        protocol: &'static str,
        terms: Option<&Terms>,
    ) -> Result<Self, Failure> {
        let stream = tcp::connect(address, failure).await?;
        // Questions are small; waiting for more of them would only cost time.
        stream.set_nodelay(true).map_err(|error| failure(&error))?;
        let stream = match terms {
            None => Stream::Plain(stream),
            Some(terms) => Stream::Tls(Box::new(terms.shake_hands(stream, host_of(address)).await?)),
        };
        Ok(Self { stream, received: Vec::new(), protocol })
    }

    /// Sends a question.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.stream.write(bytes).await.map_err(|error| failure(&error))
    }

    /// Reads until `parse` finds a whole answer at the beginning of what came, and gives it.
    /// `parse` gives `Ok(None)` where more is needed, else the answer and its length.
    #[cfg(any(feature = "kafka", feature = "mongodb", feature = "redis"))]
    pub(super) async fn receive<T>(
        &mut self,
        parse: impl Fn(&[u8]) -> Result<Option<(T, usize)>, Failure>,
    ) -> Result<T, Failure> {
        loop {
            if let Some((answer, length)) = parse(&self.received)? {
                self.received.drain(..length);
                return Ok(answer);
            }
            self.fill().await?;
        }
    }

    /// Reads until the server closes.
    pub(super) async fn receive_all(mut self) -> Result<Vec<u8>, Failure> {
        loop {
            match self.fill().await {
                Ok(()) => {}
                Err(Failure::ClosedEarly) if !self.received.is_empty() => return Ok(self.received),
                Err(failure) => return Err(failure),
            }
        }
    }

    async fn fill(&mut self) -> Result<(), Failure> {
        if self.received.len() > ANSWER_CAP {
            return Err(Failure::WrongProtocol(self.protocol));
        }
        match self.stream.read(&mut self.received).await {
            Ok(0) => Err(Failure::ClosedEarly),
            Ok(_) if self.stream.is_plain() && is_tls_alert(&self.received) => Err(Failure::WantsTls),
            Ok(_) => Ok(()),
            Err(error) => Err(failure(&error)),
        }
    }
}

/// What bytes go over.
enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    const fn is_plain(&self) -> bool {
        matches!(self, Self::Plain(_))
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.write_all(bytes).await,
            Self::Tls(stream) => {
                stream.write_all(bytes).await?;
                stream.flush().await
            }
        }
    }

    async fn read(&mut self, into: &mut Vec<u8>) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read_buf(into).await,
            Self::Tls(stream) => stream.read_buf(into).await,
        }
    }
}

/// `::1` of `[::1]:9094`, as a certificate names it.
fn host_of(address: &str) -> &str {
    address.rsplit_once(':').map_or(address, |(host, _)| host.trim_matches(['[', ']']))
}

/// A server that speaks TLS answers plain text with an alert record: type 21, version 3.x.
fn is_tls_alert(received: &[u8]) -> bool {
    matches!(received, [0x15, 0x03, 0x00..=0x04, ..])
}

fn failure(error: &io::Error) -> Failure {
    let known = failure_of_io(error).or_else(|| failure_after_handshake(error));
    known.unwrap_or_else(|| Failure::Other(format!("cannot be asked: {error}")))
}

//! Asking a server: one file for each kind of probe, each with a total time-out and no side effects.

#[cfg(feature = "mongodb")]
mod bson;
mod connection;
pub mod dependency;
pub mod etcd;
pub mod grpc;
pub mod http;
#[cfg(feature = "kafka")]
pub mod kafka;
pub mod metrics;
#[cfg(feature = "minio")]
pub mod minio;
#[cfg(feature = "mongodb")]
pub mod mongodb;
mod openim_api;
#[cfg(feature = "redis")]
pub mod redis;
#[cfg(feature = "mongodb")]
mod scram;
mod several;
pub mod tcp;
pub mod tls;
pub mod web;
pub mod zookeeper;

use std::error::Error;
use std::fmt;
#[cfg(any(feature = "minio", feature = "mongodb"))]
use std::fmt::Write as _;
use std::io;
use std::time::Duration;

use chrono::DateTime;

use self::tls::Distrust;
use crate::openim::dependency::Secret;
use crate::time::Timestamp;

/// Why a server gave no answer that could be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The host's name has no address.
    NotResolved,
    /// Nobody listens there.
    Refused,
    /// The network knows no way there.
    NoRoute,
    /// No answer within the probe's time-out.
    NoAnswer(Duration),
    /// The connection was closed before the answer was complete.
    ClosedEarly,
    /// What came back is not the protocol that was asked for.
    WrongProtocol(&'static str),
    /// It speaks TLS, and the configuration does not.
    WantsTls,
    /// It does not speak TLS, and the configuration does.
    NoTls,
    /// It closes where the configuration has TLS begin.
    NoHandshake,
    /// It speaks TLS, and shows a certificate that is not good.
    Distrusted(Distrust),
    /// It speaks TLS, and wants to see a certificate of OpenIM's.
    WantsCertificate,
    /// What the configuration names is no `host:port`.
    NoAddress,
    /// It is there, and does not let OpenIM's user in.
    AuthRefused {
        /// The user, and where it is known; empty where no login is configured.
        user: String,
        /// The server's own words.
        text: String,
    },
    /// An answer of another kind than wanted.
    Status(u16),
    /// Anything else, in the words of the system.
    Other(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotResolved => f.write_str("host name does not resolve"),
            Self::Refused => f.write_str("refuses connections"),
            Self::NoRoute => f.write_str("cannot be reached: no route"),
            Self::NoAnswer(after) => write!(f, "gives no answer within {}", Millis(*after)),
            Self::ClosedEarly => f.write_str("closes the connection without an answer"),
            Self::WrongProtocol(protocol) => write!(f, "does not speak {protocol}"),
            Self::WantsTls => f.write_str("speaks TLS only, and the configuration does not"),
            Self::NoTls => f.write_str("does not speak TLS, and the configuration does"),
            Self::NoHandshake => {
                f.write_str("closes the connection at the TLS handshake, as who speaks none does")
            }
            Self::Distrusted(distrust) => distrust.fmt(f),
            Self::WantsCertificate => {
                f.write_str("speaks TLS, and takes only who shows a certificate that it trusts")
            }
            Self::NoAddress => f.write_str("is no address (host:port)"),
            Self::AuthRefused { user, text } if user.is_empty() => {
                write!(f, "is reachable but refuses OpenIM's login: {}", text.trim_end_matches('.'))
            }
            Self::AuthRefused { user, text } => {
                write!(f, "is reachable but refuses the login of {user}: {}", text.trim_end_matches('.'))
            }
            Self::Status(code) => write!(f, "answers with HTTP status {code}"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

impl Failure {
    /// The same without what a login has told the server.
    fn without(self, secret: &Secret) -> Self {
        match self {
            Self::AuthRefused { user, text } => Self::AuthRefused { user, text: secret.mask(&text) },
            Self::Other(text) => Self::Other(secret.mask(&text)),
            Self::NotResolved
            | Self::Refused
            | Self::NoRoute
            | Self::NoAnswer(_)
            | Self::ClosedEarly
            | Self::WrongProtocol(_)
            | Self::WantsTls
            | Self::NoTls
            | Self::NoHandshake
            | Self::Distrusted(_)
            | Self::WantsCertificate
            | Self::NoAddress
            | Self::Status(_) => self,
        }
    }

    /// What came instead of an answer, for a sentence in which it is got: "no answer within 2 s".
    #[must_use]
    pub fn as_got(&self) -> String {
        match self {
            Self::NotResolved => "a host name that does not resolve".to_owned(),
            Self::Refused => "a refused connection".to_owned(),
            Self::NoRoute => "no route".to_owned(),
            Self::NoAnswer(after) => format!("no answer within {}", Millis(*after)),
            Self::ClosedEarly => "a connection closed without an answer".to_owned(),
            Self::WrongProtocol(protocol) => format!("something else than {protocol}"),
            Self::WantsTls => "TLS, which the configuration does not use".to_owned(),
            Self::NoTls => "no TLS, which the configuration uses".to_owned(),
            Self::NoHandshake => "a connection closed at the TLS handshake".to_owned(),
            Self::Distrusted(distrust) => distrust.as_got(),
            Self::WantsCertificate => "a refusal without a certificate that it trusts".to_owned(),
            Self::NoAddress => "no address (host:port)".to_owned(),
            Self::AuthRefused { text, .. } => format!("a refused login: {text}"),
            Self::Status(code) => format!("HTTP status {code}"),
            Self::Other(text) => text.clone(),
        }
    }
}

/// A duration for people: `2 s`, `350 ms`, `0.4 ms`.
#[derive(Clone, Copy, Debug)]
pub struct Millis(pub Duration);

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_secs_f64() * 1000.0;
        if millis >= 1000.0 && self.0.subsec_millis() == 0 {
            write!(f, "{} s", self.0.as_secs())
        } else if millis >= 1000.0 {
            write!(f, "{:.1} s", self.0.as_secs_f64())
        } else if millis >= 1.0 {
            write!(f, "{millis:.0} ms")
        } else {
            write!(f, "{millis:.1} ms")
        }
    }
}

/// Bytes as their digits: `0aff`.
#[cfg(any(feature = "minio", feature = "mongodb"))]
fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// How many seconds a server's clock is before ours, by the `Date` that Go's server writes into each answer.
fn seconds_ahead(date: Option<&str>) -> Option<i64> {
    let told = DateTime::parse_from_rfc2822(date?).ok()?;
    Some(told.timestamp() - Timestamp::read_clock().utc().timestamp())
}

/// Finds the cause in the chain of errors of the HTTP client.
fn failure_of(error: &reqwest::Error, timeout: Duration) -> Failure {
    if error.is_timeout() {
        return Failure::NoAnswer(timeout);
    }
    let mut source: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(cause) = source {
        if let Some(failure) = cause.downcast_ref::<io::Error>().and_then(failure_of_io) {
            return failure;
        }
        let text = cause.to_string();
        if text.contains("dns error") || text.contains("failed to lookup address") {
            return Failure::NotResolved;
        }
        if text.contains("before message completed") {
            return Failure::ClosedEarly;
        }
        // Who speaks before it is asked greets in another protocol.
        if text.contains("invalid HTTP") || text.contains("unexpected message") {
            return Failure::WrongProtocol("HTTP");
        }
        source = cause.source();
    }
    // The client's own text names the URL, which may hold credentials.
    Failure::Other("cannot be asked".to_owned())
}

fn failure_of_io(error: &io::Error) -> Option<Failure> {
    use io::ErrorKind as Io;
    let kind = error.kind();
    if kind == Io::ConnectionRefused {
        Some(Failure::Refused)
    } else if [Io::ConnectionReset, Io::BrokenPipe, Io::UnexpectedEof].contains(&kind) {
        Some(Failure::ClosedEarly)
    } else if [Io::HostUnreachable, Io::NetworkUnreachable].contains(&kind) {
        Some(Failure::NoRoute)
    } else {
        None
    }
}

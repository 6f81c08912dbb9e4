//! A TLS handshake, and what the certificate says: for whom, by whom, until when.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use x509_cert::der::Decode;

use super::{Failure, tcp};

/// Whose signature is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Those that this machine trusts.
    System,
    /// Those in a file in PEM form.
    File(PathBuf),
}

/// Why there is no connection that can be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsFailure {
    /// There is none.
    Connection(Failure),
    /// What answers does not speak TLS, or no version of it that is safe.
    NoTls,
    /// The certificate is not good.
    Certificate(Distrust),
    /// Those whose signature would be good cannot be read.
    NoAuthorities(String),
}

/// What is wrong with a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Distrust {
    /// It has ended.
    Expired,
    /// It has not begun.
    NotYetValid,
    /// It is for another name.
    WrongName(String),
    /// Nobody who is trusted has signed it.
    UnknownIssuer,
    /// Anything else.
    Other(String),
}

impl fmt::Display for TlsFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connection(failure) => failure.fmt(f),
            Self::NoTls => f.write_str("does not speak TLS"),
            Self::Certificate(distrust) => distrust.fmt(f),
            Self::NoAuthorities(text) => write!(f, "cannot be judged: {text}"),
        }
    }
}

impl TlsFailure {
    /// What came instead of an answer, for a sentence in which it is got.
    #[must_use]
    pub fn as_got(&self) -> String {
        match self {
            Self::Connection(failure) => failure.as_got(),
            Self::NoTls => "no TLS".to_owned(),
            Self::Certificate(distrust) => distrust.to_string().replacen("has ", "", 1),
            Self::NoAuthorities(text) => text.clone(),
        }
    }
}

impl fmt::Display for Distrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expired => f.write_str("has a certificate that has ended"),
            Self::NotYetValid => f.write_str("has a certificate that is not valid yet"),
            Self::WrongName(name) => write!(f, "has a certificate that is not for {name}"),
            Self::UnknownIssuer => f.write_str("has a certificate of an authority that is not trusted"),
            Self::Other(text) => write!(f, "has a certificate that is not good: {text}"),
        }
    }
}

/// A handshake that was good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handshake {
    /// How long the certificate is still good.
    pub left: Duration,
    /// From the first packet to the end of the handshake.
    pub took: Duration,
}

/// Connects, shakes hands, and closes.
///
/// # Errors
/// There is no connection that can be trusted.
pub async fn probe_tls(
    address: &str,
    name: &str,
    trust: &Trust,
    timeout: Duration,
) -> Result<Handshake, TlsFailure> {
    let started = Instant::now();
    let connected = tokio::time::timeout(timeout, connect(address, name, trust));
    let stream = connected.await.unwrap_or(Err(TlsFailure::Connection(Failure::NoAnswer(timeout))))?;
    let certificates = stream.get_ref().1.peer_certificates().unwrap_or_default();
    let left = certificates.first().and_then(|first| left(first, SystemTime::now()));
    let left = left.ok_or_else(|| TlsFailure::Certificate(Distrust::Other("it has no end".to_owned())))?;
    Ok(Handshake { left, took: started.elapsed() })
}

/// Connects to `host:port` and makes sure that it is `name`.
///
/// # Errors
/// There is no connection that can be trusted.
pub(super) async fn connect(
    address: &str,
    name: &str,
    trust: &Trust,
) -> Result<TlsStream<TcpStream>, TlsFailure> {
    let config = config(trust)?;
    let server = ServerName::try_from(name.to_owned())
        .map_err(|_| TlsFailure::Certificate(Distrust::WrongName(name.to_owned())))?;
    let stream = tcp::connect(address, tcp::failure).await.map_err(TlsFailure::Connection)?;
    let connector = TlsConnector::from(Arc::new(config));
    connector.connect(server, stream).await.map_err(|error| failure_of(&error, name))
}

fn config(trust: &Trust) -> Result<ClientConfig, TlsFailure> {
    let roots = roots(trust).map_err(TlsFailure::NoAuthorities)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| TlsFailure::NoAuthorities(error.to_string()))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

fn roots(trust: &Trust) -> Result<RootCertStore, String> {
    let certificates = match trust {
        Trust::System => rustls_native_certs::load_native_certs().certs,
        Trust::File(path) => {
            let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
            read.map_err(|error| format!("{}: {error}", path.display()))?
        }
    };
    let mut roots = RootCertStore::empty();
    let (good, _) = roots.add_parsable_certificates(certificates);
    match (good, trust) {
        (0, Trust::System) => Err("this machine trusts nobody (no CA certificates)".to_owned()),
        (0, Trust::File(path)) => Err(format!("{}: no certificate in it", path.display())),
        _ => Ok(roots),
    }
}

fn failure_of(error: &std::io::Error, name: &str) -> TlsFailure {
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
    match cause {
        Some(rustls::Error::InvalidCertificate(error)) => TlsFailure::Certificate(distrust(error, name)),
        Some(_) => TlsFailure::NoTls,
        None => TlsFailure::Connection(tcp::failure(error)),
    }
}

fn distrust(error: &CertificateError, name: &str) -> Distrust {
    use CertificateError as Is;
    if matches!(error, Is::Expired | Is::ExpiredContext { .. }) {
        Distrust::Expired
    } else if matches!(error, Is::NotValidYet | Is::NotValidYetContext { .. }) {
        Distrust::NotYetValid
    } else if matches!(error, Is::NotValidForName | Is::NotValidForNameContext { .. }) {
        Distrust::WrongName(name.to_owned())
    } else if matches!(error, Is::UnknownIssuer | Is::BadSignature) {
        Distrust::UnknownIssuer
    } else if format!("{error:?}").contains("CaUsedAsEndEntity") {
        // webpki's own word, which rustls passes on: a certificate that may sign others, used by a server.
        Distrust::Other("it is an authority's own (CA:TRUE), which no server may use".to_owned())
    } else {
        Distrust::Other(error.to_string())
    }
}

/// How long a certificate is still good.
fn left(certificate: &CertificateDer<'_>, now: SystemTime) -> Option<Duration> {
    let certificate = x509_cert::Certificate::from_der(certificate).ok()?;
    let end = certificate.tbs_certificate.validity.not_after.to_unix_duration();
    let now = now.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(end.saturating_sub(now))
}

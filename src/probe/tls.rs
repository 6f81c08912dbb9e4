//! A TLS handshake, and what the certificate says: for whom, by whom, until when.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use x509_cert::der::Decode;

use super::{Failure, tcp};
use crate::openim::dependency::Identity;
#[cfg(any(feature = "kafka", feature = "mongodb"))]
use crate::openim::dependency::Tls;

/// Whose signature is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Those that this machine trusts.
    System,
    /// Those in a file in PEM form.
    File(PathBuf),
    /// Anyone's: the configuration says not to look.
    Anyone,
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
            Self::Certificate(distrust) => distrust.as_got(),
            Self::NoAuthorities(text) => text.clone(),
        }
    }
}

impl Distrust {
    /// For a sentence in which it is got: "a certificate that has ended".
    #[must_use]
    pub fn as_got(&self) -> String {
        self.to_string().replacen("has ", "", 1)
    }
}

impl From<TlsFailure> for Failure {
    fn from(failure: TlsFailure) -> Self {
        match failure {
            TlsFailure::Connection(failure) => failure,
            TlsFailure::NoTls => Self::NoTls,
            TlsFailure::Certificate(distrust) => Self::Distrusted(distrust),
            TlsFailure::NoAuthorities(text) => Self::Other(format!("cannot be judged: {text}")),
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
    let terms = Terms::of(trust, None).map_err(TlsFailure::NoAuthorities)?;
    let stream = tcp::connect(address, tcp::failure).await.map_err(TlsFailure::Connection)?;
    terms.shake_hands(stream, name).await
}

/// What a handshake with one server begins with: made once for all connections to it.
#[derive(Clone)]
pub(super) struct Terms(Arc<ClientConfig>);

impl Terms {
    /// As the configuration of OpenIM wants it.
    ///
    /// # Errors
    /// A file that it names cannot be used.
    #[cfg(any(feature = "kafka", feature = "mongodb"))]
    pub(super) fn new(tls: &Tls) -> Result<Self, Failure> {
        let trust = match &tls.authority {
            _ if tls.skip_verify => Trust::Anyone,
            Some(path) => Trust::File(path.into()),
            None => Trust::System,
        };
        Self::of(&trust, tls.identity.as_ref())
            .map_err(|text| Failure::Other(format!("cannot be asked: {text}")))
    }

    fn of(trust: &Trust, identity: Option<&Identity>) -> Result<Self, String> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?;
        let builder = match roots(trust)? {
            Some(roots) => builder.with_root_certificates(roots),
            None => builder.dangerous().with_custom_certificate_verifier(Arc::new(AnyCertificate(provider))),
        };
        let config = match identity {
            None => builder.with_no_client_auth(),
            Some(identity) => {
                let (chain, key) = read_identity(identity)?;
                builder.with_client_auth_cert(chain, key).map_err(|error| error.to_string())?
            }
        };
        Ok(Self(Arc::new(config)))
    }

    /// Makes sure that it is `name` who listens.
    pub(super) async fn shake_hands(
        &self,
        stream: TcpStream,
        name: &str,
    ) -> Result<TlsStream<TcpStream>, TlsFailure> {
        let server = ServerName::try_from(name.to_owned())
            .map_err(|_| TlsFailure::Certificate(Distrust::WrongName(name.to_owned())))?;
        let connector = TlsConnector::from(Arc::clone(&self.0));
        match connector.connect(server, stream).await.map_err(|error| failure_of(&error, name)) {
            Err(TlsFailure::Connection(Failure::ClosedEarly)) => {
                Err(TlsFailure::Connection(Failure::NoHandshake))
            }
            outcome => outcome,
        }
    }
}

fn read_identity(
    identity: &Identity,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), String> {
    let Identity { certificate, key } = identity;
    let chain = read_certificates(Path::new(certificate))?;
    let key = PrivateKeyDer::from_pem_file(key)
        .map_err(|error| format!("{key}: {error} (a key with a password is not read here)"))?;
    Ok((chain, key))
}

/// Takes every certificate, as `insecureSkipVerify` wants it; whoever shows it must still have its key.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// Those whose signature is good; `None` where everybody's is.
fn roots(trust: &Trust) -> Result<Option<RootCertStore>, String> {
    let (certificates, nobody) = match trust {
        Trust::Anyone => return Ok(None),
        Trust::System => {
            let trusted = rustls_native_certs::load_native_certs().certs;
            (trusted, "this machine trusts nobody (no CA certificates)".to_owned())
        }
        Trust::File(path) => (read_certificates(path)?, format!("{}: no certificate in it", path.display())),
    };
    let mut roots = RootCertStore::empty();
    let (good, _) = roots.add_parsable_certificates(certificates);
    if good == 0 { Err(nobody) } else { Ok(Some(roots)) }
}

fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    read.map_err(|error| format!("{}: {error}", path.display()))
}

/// What a server says of our certificate after the handshake, with which TLS 1.3 does not wait for its word.
pub(super) fn failure_after_handshake(error: &std::io::Error) -> Option<Failure> {
    use rustls::AlertDescription as Alert;
    let refused = |alert| {
        matches!(
            alert,
            Alert::CertificateRequired | Alert::HandshakeFailure | Alert::BadCertificate | Alert::UnknownCA
        )
    };
    let error = rustls_error(error)?;
    let is_refusal = matches!(error, rustls::Error::AlertReceived(alert) if refused(*alert));
    Some(if is_refusal { Failure::WantsCertificate } else { Failure::ClosedEarly })
}

fn rustls_error(error: &std::io::Error) -> Option<&rustls::Error> {
    error.get_ref().and_then(|cause| cause.downcast_ref())
}

fn failure_of(error: &std::io::Error, name: &str) -> TlsFailure {
    match rustls_error(error) {
        Some(rustls::Error::InvalidCertificate(error)) => TlsFailure::Certificate(distrust(error, name)),
        Some(rustls::Error::AlertReceived(_)) => {
            failure_after_handshake(error).map_or(TlsFailure::NoTls, TlsFailure::Connection)
        }
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

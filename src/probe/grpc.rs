//! Who speaks gRPC there: a call of a method that no service has, on the name of one that should be there.
//!
//! The right server answers 12 `unknown method X for service openim.user.user`, any other 12 `unknown service
//! openim.user.user`; neither writes a log line (seen on v3.8.3-patch.16 and main). Plain HTTP/2 (h2c).

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use h2::client::SendRequest;
use http::{HeaderMap, Request};
use tokio::net::TcpStream;

use super::{Failure, failure_of_io};

/// A method that OpenIM will hardly ever have.
const METHOD: &str = "OpenimCheck";

const PROTOCOL: &str = "HTTP/2";

/// gRPC's `Unimplemented`.
const UNIMPLEMENTED: u32 = 12;

/// Who answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// The service that was asked for.
    Right,
    /// Another gRPC server.
    Other,
    /// A gRPC server that did not get as far as the name.
    Refused {
        /// The status that it gave.
        status: u32,
        /// Its message.
        message: String,
    },
}

/// An answer and the time it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Who it is.
    pub identity: Identity,
    /// From the first packet to the status.
    pub took: Duration,
}

/// Asks one server, on one connection, for no longer than `timeout`.
///
/// # Errors
/// No gRPC answer; the failure says in which way.
pub async fn probe_identity(
    address: SocketAddr,
    service: &str,
    timeout: Duration,
) -> Result<Answer, Failure> {
    let started = Instant::now();
    let identity = tokio::time::timeout(timeout, ask(address, service))
        .await
        .unwrap_or(Err(Failure::NoAnswer(timeout)))?;
    Ok(Answer { identity, took: started.elapsed() })
}

async fn ask(address: SocketAddr, service: &str) -> Result<Identity, Failure> {
    let stream = TcpStream::connect(address).await.map_err(|error| failure_of_connect(&error))?;
    let (sender, connection) = h2::client::handshake(stream).await.map_err(|error| failure_of(&error))?;
    tokio::pin!(connection);
    let call = call(sender, address, service);
    tokio::pin!(call);
    tokio::select! {
        biased;
        answer = &mut call => answer,
        // The connection ends before the answer only when something is wrong with it.
        end = &mut connection => Err(end.map_or_else(|error| failure_of(&error), |()| Failure::ClosedEarly)),
    }
}

async fn call(sender: SendRequest<Bytes>, address: SocketAddr, service: &str) -> Result<Identity, Failure> {
    let request = Request::post(format!("http://{address}/{service}/{METHOD}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(())
        .map_err(|error| Failure::Other(error.to_string()))?;
    let mut sender = sender.ready().await.map_err(|error| failure_of(&error))?;
    let (response, _) = sender.send_request(request, true).map_err(|error| failure_of(&error))?;
    let response = response.await.map_err(|error| failure_of(&error))?;
    if let Some(identity) = parse_status(response.headers(), service) {
        return Ok(identity);
    }
    let mut body = response.into_body();
    while let Some(part) = body.data().await {
        let part = part.map_err(|error| failure_of(&error))?;
        let _ = body.flow_control().release_capacity(part.len());
    }
    let trailers = body.trailers().await.map_err(|error| failure_of(&error))?;
    trailers.and_then(|trailers| parse_status(&trailers, service)).ok_or(Failure::WrongProtocol("gRPC"))
}

/// `grpc-status: 12`, `grpc-message: unknown method OpenimCheck for service openim.user.user`
fn parse_status(headers: &HeaderMap, service: &str) -> Option<Identity> {
    let status = headers.get("grpc-status")?.to_str().ok()?.parse().ok()?;
    let message = headers.get("grpc-message").and_then(|value| value.to_str().ok()).unwrap_or_default();
    Some(match status {
        UNIMPLEMENTED if message == format!("unknown service {service}") => Identity::Other,
        UNIMPLEMENTED => Identity::Right,
        status => Identity::Refused { status, message: message.to_owned() },
    })
}

fn failure_of_connect(error: &std::io::Error) -> Failure {
    failure_of_io(error).unwrap_or_else(|| Failure::Other(error.kind().to_string()))
}

/// What is no HTTP/2 breaks the rules of its frames, or is closed for ours.
fn failure_of(error: &h2::Error) -> Failure {
    match error.get_io() {
        Some(error) => failure_of_connect(error),
        None => Failure::WrongProtocol(PROTOCOL),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(code: &'static str, message: &'static str) -> Option<Identity> {
        let mut headers = HeaderMap::new();
        headers.insert("grpc-status", http::HeaderValue::from_static(code));
        headers.insert("grpc-message", http::HeaderValue::from_static(message));
        parse_status(&headers, "openim.user.user")
    }

    #[test]
    fn the_right_service_is_told_from_another_by_what_it_does_not_know() {
        let right = "unknown method OpenimCheck for service openim.user.user";
        assert_eq!(status("12", right), Some(Identity::Right));
        assert_eq!(status("12", "unknown service openim.user.user"), Some(Identity::Other));
        let refused = Identity::Refused { status: 14, message: "busy".to_owned() };
        assert_eq!(status("14", "busy"), Some(refused));
        assert_eq!(parse_status(&HeaderMap::new(), "openim.user.user"), None);
    }
}

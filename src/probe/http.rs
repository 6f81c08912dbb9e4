//! One HTTP/1.1 request: total time-out, capped body, no redirects, no proxy, a connection of its own.

use std::time::{Duration, Instant};

use reqwest::{Client, Method, RequestBuilder};

use super::{Failure, failure_of};
use crate::host::http::plain_client;
use crate::openim::last_error::OWN_OPERATION;

/// Bodies are read up to here; OpenIM's answers to our questions are far shorter.
const BODY_CAP: usize = 64 * 1024;

/// What to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The whole address.
    pub url: String,
    /// What is asked.
    pub ask: Ask,
}

/// The requests that leave no trace where that is possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// `OPTIONS`: answered by the API itself, without an RPC and, in the release line, without a log line.
    Options,
    /// `GET` of a page of metrics.
    Metrics,
    /// A token with a wrong secret: goes through API, registry and auth, and is refused by auth.
    WrongSecret,
    /// What a wrong token is worth: the same way, in releases that have no other question without a credential.
    WrongToken,
}

/// An answer, whatever its status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body, capped.
    pub body: Vec<u8>,
    /// From the first packet to the last byte.
    pub took: Duration,
}

/// The one client of a run.
///
/// # Errors
/// The system refuses what a client needs.
pub fn client(timeout: Duration) -> Result<Client, reqwest::Error> {
    plain_client().timeout(timeout).user_agent(concat!("openim-check/", env!("CARGO_PKG_VERSION"))).build()
}

/// Asks, and waits no longer than the client's time-out.
///
/// # Errors
/// There was no answer; the failure says in which way.
pub async fn probe_http(client: &Client, request: &Request, timeout: Duration) -> Result<Answer, Failure> {
    let started = Instant::now();
    let builder = match request.ask {
        Ask::Options => client.request(Method::OPTIONS, &request.url),
        Ask::Metrics => client.get(&request.url),
        Ask::WrongSecret => post(
            client,
            request,
            r#"{"secret":"openim-check asks with a wrong secret","userID":"openim-check"}"#,
        ),
        Ask::WrongToken => post(client, request, r#"{"token":"openim-check asks with a wrong token"}"#),
    };
    let mut response = builder.send().await.map_err(|error| failure_of(&error, timeout))?;
    let mut body = Vec::new();
    while body.len() < BODY_CAP
        && let Some(chunk) = response.chunk().await.map_err(|error| failure_of(&error, timeout))?
    {
        body.extend_from_slice(&chunk);
    }
    body.truncate(BODY_CAP);
    Ok(Answer { status: response.status().as_u16(), body, took: started.elapsed() })
}

fn post(client: &Client, request: &Request, body: &'static str) -> RequestBuilder {
    client
        .post(&request.url)
        .header("operationID", OWN_OPERATION)
        .header("Content-Type", "application/json")
        .body(body)
}

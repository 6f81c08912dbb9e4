//! OpenIM's API, on which chat stands: `OPTIONS`, which it answers itself, without a call of a service and, in the
//! release line, without a line in its log. What chat itself asks makes a token, which is not ours to do.

use std::time::Duration;

use bytes::Bytes;
use http::Method;

use super::Failure;
use super::tls::Trust;
use super::web::{Request, Url, fetch};
use crate::openim::dependency::OpenIm;

/// What every release answers.
const ANSWER: &str = "Options Request!";

/// Asks whether it is there, and OpenIM's.
pub(super) async fn probe_openim_api(openim: &OpenIm, timeout: Duration) -> Result<(), Failure> {
    let scheme = if openim.is_https { "https" } else { "http" };
    let url = Url::parse(&format!("{scheme}://{}/", openim.address)).ok_or(Failure::NoAddress)?;
    let request = Request {
        url,
        method: Method::OPTIONS,
        headers: Vec::new(),
        body: Bytes::new(),
        trust: Trust::System,
    };
    let answer = Box::pin(fetch(&request, timeout)).await?;
    match (answer.status, String::from_utf8_lossy(&answer.body).contains(ANSWER)) {
        (200, true) => Ok(()),
        (200, false) => Err(Failure::WrongProtocol("as OpenIM's API does")),
        (status, _) => Err(Failure::Status(status)),
    }
}

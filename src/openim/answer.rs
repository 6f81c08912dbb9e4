//! What an answer of the API means: business errors are HTTP 200 with an `errCode`.
//!
//! `{"errCode":1002,"errMsg":"NoPermissionError","errDlt":"secret invalid"}`

use std::ops::RangeInclusive;

use serde::Deserialize;

/// gRPC's `Unavailable`, as the API passes it on when a service cannot be found.
pub const UNAVAILABLE: i64 = 14;

/// "secret invalid": the answer to the wrong secret, and so the proof that API, etcd and auth work together.
pub const NO_PERMISSION: i64 = 1002;

/// The answers to a wrong token, which auth alone can give.
pub const TOKEN_REFUSED: RangeInclusive<i64> = 1501..=1507;

/// The body of every answer of the API but a 404.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ApiAnswer {
    /// 0 for success.
    #[serde(rename = "errCode")]
    pub code: i64,
    /// The name of the error.
    #[serde(rename = "errMsg", default)]
    pub message: String,
    /// What is behind it.
    #[serde(rename = "errDlt", default)]
    pub detail: String,
}

impl ApiAnswer {
    /// Reads a body; `None` where it is not of this form.
    #[must_use]
    pub fn parse(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }
}

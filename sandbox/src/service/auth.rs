//! What rpc-auth does: tokens for those who know the secret, and a look into tokens.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use chrono::Utc;
use serde_json::Value;

use super::context::Context;
use crate::generation::CodeBase;

/// Ninety days, in seconds.
pub(super) const EXPIRES: u64 = 7_776_000;
const HEADER: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";

/// A refusal: OpenIM's error code and its detail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: u32,
    pub(super) detail: String,
}

impl Refusal {
    pub(super) fn new(code: u32, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }

    /// The name of the code, as `errMsg` gives it; gRPC's own small numbers have none.
    pub(super) fn name(&self) -> Option<&'static str> {
        Some(match self.code {
            500 => "ServerInternalError",
            1001 => "ArgsError",
            1002 => "NoPermissionError",
            1004 => "RecordNotFoundError",
            1503 => "TokenMalformedError",
            _ => return None,
        })
    }

    /// `1002 NoPermissionError secret invalid`, as it stands in the log.
    pub(super) fn text(&self) -> String {
        match self.name() {
            Some(name) => format!("{} {name} {}", self.code, self.detail),
            None => format!("{} {}", self.code, self.detail),
        }
    }
}

/// A token of the administrator's.
pub(super) fn admin_token(context: &Context, secret: &str, user: &str) -> Result<String, Refusal> {
    if secret != context.config.secret {
        return Err(Refusal::new(1002, "secret invalid"));
    }
    let now = Utc::now().timestamp();
    let expires = now + 7_776_000;
    let claims = format!(r#"{{"UserID":"{user}","PlatformID":10,"exp":{expires},"iat":{}}}"#, now - 5);
    let signature = BASE64.encode(context.random().bytes(32));
    Ok(format!("{HEADER}.{}.{signature}", BASE64.encode(claims)))
}

/// Whose token it is.
pub(super) fn parse_token(context: &Context, token: &str) -> Result<String, Refusal> {
    let detail = match context.code_base {
        CodeBase::Release => format!("1503 TokenMalformedError jwt parse error, token={token}"),
        CodeBase::Main => String::new(),
    };
    user_of(token).ok_or(Refusal::new(1503, detail))
}

fn user_of(token: &str) -> Option<String> {
    let claims = token.strip_prefix(HEADER)?.strip_prefix('.')?.split('.').next()?;
    let claims: Value = serde_json::from_slice(&BASE64.decode(claims).ok()?).ok()?;
    claims["UserID"].as_str().map(str::to_owned)
}

//! The lines that frame a call: one where it begins, one where it ends, on the caller's side and on the callee's.
//!
//! ```text
//! rpc client request            {"operationID": "send11-59", "method": "/openim.auth.Auth/parseToken", ...}
//! rpc server request            {"operationID": "send11-59", "method": "/openim.auth.Auth/parseToken", ...}
//! rpc server response success   ...
//! rpc client response success   ...
//! ```
//!
//! The release line does not say how long a call took, so both lines have to be brought together; main's second line
//! has `cost`. Source: openimsdk/tools `mw/rpc_client_interceptor.go`, `mw/rpc_server_interceptor.go`, open-im-server
//! `internal/api/logger.go`; lines of v3.3 to main.

use std::borrow::Cow;

use super::duration::parse_duration;
use super::zap::ZapLine;

/// On whose side a line was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The service that asks.
    Client,
    /// The service that is asked.
    Server,
    /// The API, asked over HTTP.
    Http,
}

/// Which end of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It begins.
    Request,
    /// It has ended well.
    Done,
    /// It has ended with an error.
    Failed,
}

/// What a line says about a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call<'a> {
    /// On whose side.
    pub side: Side,
    /// Which end.
    pub phase: Phase,
    /// `/openim.auth.Auth/parseToken`, or the path of an HTTP request.
    pub method: Cow<'a, str>,
    /// How long it took in microseconds, where the line says so.
    pub cost: Option<u64>,
}

/// The beginnings of the messages; of two that fit, the longer comes first.
const MESSAGES: [(&str, Side, Phase); 21] = [
    ("rpc client response success", Side::Client, Phase::Done),
    ("rpc client response", Side::Client, Phase::Failed),
    ("rpc client request", Side::Client, Phase::Request),
    ("rpc client req", Side::Client, Phase::Request),
    ("rpc client resp", Side::Client, Phase::Done),
    ("rpc server response success", Side::Server, Phase::Done),
    ("rpc server response", Side::Server, Phase::Failed),
    ("rpc server request", Side::Server, Phase::Request),
    ("rpc server panic", Side::Server, Phase::Failed),
    ("rpc server req", Side::Server, Phase::Request),
    ("rpc server resp", Side::Server, Phase::Done),
    ("rpc resp error", Side::Client, Phase::Failed),
    ("RPC Client Response Success", Side::Client, Phase::Done),
    ("RPC Client Response", Side::Client, Phase::Failed),
    ("RPC Client Request", Side::Client, Phase::Request),
    ("RPC Server Response Success", Side::Server, Phase::Done),
    ("RPC Server Response", Side::Server, Phase::Failed),
    ("RPC Server Request", Side::Server, Phase::Request),
    ("http request received", Side::Http, Phase::Request),
    ("http request processed", Side::Http, Phase::Done),
    ("http request failed", Side::Http, Phase::Failed),
];

/// Reads what a record says about a call, if it is one of those that frame one.
#[must_use]
pub fn parse_call<'a>(zap: &ZapLine<'a>) -> Option<Call<'a>> {
    // Nearly every other message is dismissed by its first letter.
    if !matches!(zap.message.first(), Some(b'r' | b'R' | b'h')) {
        return None;
    }
    let known = |(text, _, _): &&(&str, Side, Phase)| zap.message.starts_with(text.as_bytes());
    let &(_, side, phase) = MESSAGES.iter().find(known)?;
    let method = ["method", "funcName"].iter().find_map(|key| zap.fields.get(key));
    let path = if side == Side::Http { zap.fields.get("requestURI") } else { method };
    let cost = zap.fields.get("cost").and_then(|cost| parse_cost(&cost.text()));
    Some(Call { side, phase, method: path?.text(), cost })
}

/// A span with its unit, or seconds as a number.
fn parse_cost(text: &str) -> Option<u64> {
    let micros = parse_duration(text).or_else(|| text.parse().ok().map(|seconds: f64| seconds * 1e6))?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
    (micros >= 0.0).then_some(micros as u64)
}

/// A method as people say it: `auth.Auth/parseToken`.
#[must_use]
pub fn short_method(method: &str) -> &str {
    let method = method.strip_prefix('/').unwrap_or(method);
    method.strip_prefix("openim.").unwrap_or(method)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openim::zap;

    fn call(message: &str, keys: &str) -> Option<(Side, Phase, String, Option<u64>)> {
        let line = format!(
            r#"{{"level":"INFO","time":"2026-07-02 08:54:11.507","logger":"openim-api","caller":"a/b.go:1","msg":"{message}","PID":1,"version":"v"{keys}}}"#
        );
        let call = parse_call(&zap::parse(line.as_bytes())?)?;
        Some((call.side, call.phase, call.method.into_owned(), call.cost))
    }

    #[test]
    fn the_lines_of_every_generation_are_known() {
        let method = r#","method":"/openim.user.user/x""#;
        let call = |message| call(message, method).map(|call| (call.0, call.1));
        assert_eq!(call("rpc client request"), Some((Side::Client, Phase::Request)));
        assert_eq!(call("rpc server response success"), Some((Side::Server, Phase::Done)));
        assert_eq!(call("rpc server response failed"), Some((Side::Server, Phase::Failed)));
        assert_eq!(call("rpc server response error"), Some((Side::Server, Phase::Failed)));
        assert_eq!(call("rpc server req"), Some((Side::Server, Phase::Request)));
        assert_eq!(call("rpc server resp"), Some((Side::Server, Phase::Done)));
        assert_eq!(call("RPC Client Response Error - userToken"), Some((Side::Client, Phase::Failed)));
        assert_eq!(call("rpc server panic"), Some((Side::Server, Phase::Failed)));
        assert_eq!(call("registerClient"), None);
    }

    #[test]
    fn main_says_how_long_it_took() {
        let http = r#","method":"POST","requestURI":"/user/get_users","cost":"3.214ms""#;
        let expected = (Side::Http, Phase::Done, "/user/get_users".to_owned(), Some(3214));
        assert_eq!(call("http request processed", http), Some(expected));
        let seconds = r#","funcName":"f","cost":0.25"#;
        assert_eq!(call("rpc server response error", seconds).and_then(|call| call.3), Some(250_000));
        assert_eq!(call("rpc server request", ""), None, "no method, no call");
    }

    #[test]
    fn methods_are_shown_without_what_all_have() {
        assert_eq!(short_method("/openim.auth.Auth/parseToken"), "auth.Auth/parseToken");
        assert_eq!(short_method("/user/get_users"), "user/get_users");
    }
}

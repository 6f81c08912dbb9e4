//! The gateway's WebSocket port, as far as a client without a valid token sees it: one JSON answer, one WARN.

use std::sync::Arc;

use serde_json::json;
use tokio::net::TcpListener;

use super::accept::accept;
use super::context::Context;
use crate::http::{self, Request, Response};
use crate::log::Level;

const ARGS: &str = r#"{"errCode":1602,"errMsg":"args err, need token, sendID, platformID","errDlt":"platformID is not int"}"#;
const BAD_TOKEN: &str = r#"{"errCode":500,"errMsg":"ServerInternalError","errDlt":"invalid syntax"}"#;

/// Answers on the port that clients connect to.
pub(super) fn serve(context: &Arc<Context>, listener: TcpListener) {
    let owner = Arc::clone(context);
    tokio::spawn(accept(Arc::clone(context), listener, move |stream| {
        let context = Arc::clone(&owner);
        let peer = stream.peer_addr().map_or_else(|_| String::new(), |peer| peer.to_string());
        http::serve(stream, move |request| answer(Arc::clone(&context), peer.clone(), request))
    }));
}

async fn answer(context: Arc<Context>, peer: String, request: Request) -> Option<Response> {
    context.dawdle().await;
    let has = |key: &str| request.query.split('&').any(|pair| pair.starts_with(key));
    let complete = has("sendID=") && has("platformID=") && has("token=");
    let (body, error) = if complete {
        (BAD_TOKEN, "Error: strconv.ParseInt: parsing \"bad\": invalid syntax")
    } else {
        (
            ARGS,
            "Error: 1602 args err, need token, sendID, platformID platformID is not int | -> msggateway.(*UserConnContext).parseByQuery() /openim-server/internal/msggateway/context.go:123",
        )
    };
    let connection = context.random().hex(32);
    context.log(
        Level::Warn,
        "msggateway/http_error.go:23",
        "ws connection error",
        vec![("remoteAddr", json!(peer)), ("connID", json!(connection)), ("error", json!(error))],
    );
    Some(Response::new(200, "application/json; charset=utf-8", body))
}

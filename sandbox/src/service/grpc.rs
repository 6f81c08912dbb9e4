//! gRPC over plain HTTP/2, as far as OpenIM's services show it: who they are, what they refuse, and rpc-auth's
//! two methods that the API needs.

use std::sync::Arc;

use bytes::Bytes;
use h2::server::SendResponse;
use http::{HeaderMap, HeaderValue, Request, Response};
use openim_ops::openim::service::Service;
use serde_json::json;
use tokio::io::BufReader;
use tokio::net::{TcpListener, TcpStream};

use super::accept::accept;
use super::auth::{self, Refusal};
use super::context::Context;
use super::stacks;
use crate::fault::Fault;
use crate::generation::CodeBase;
use crate::log::{Fields, Level};

const UNIMPLEMENTED: u32 = 12;
const INVALID_ARGUMENT: u32 = 3;

/// Answers gRPC on this listener.
pub(super) fn serve(context: &Arc<Context>, listener: TcpListener) {
    let owner = Arc::clone(context);
    tokio::spawn(accept(Arc::clone(context), listener, move |stream| connection(Arc::clone(&owner), stream)));
}

/// One connection. The buffer takes in what is no HTTP/2, so that the connection ends without a reset.
async fn connection(context: Arc<Context>, stream: TcpStream) {
    let mut builder = h2::server::Builder::new();
    builder.max_frame_size(16384);
    let Ok(mut connection) = builder.handshake::<_, Bytes>(BufReader::new(stream)).await else { return };
    while let Some(Ok((request, respond))) = connection.accept().await {
        tokio::spawn(call(Arc::clone(&context), request, respond));
    }
}

async fn call(context: Arc<Context>, request: Request<h2::RecvStream>, respond: SendResponse<Bytes>) {
    context.dawdle().await;
    let (head, mut body) = request.into_parts();
    let mut message = Vec::new();
    while let Some(Ok(part)) = body.data().await {
        let _ = body.flow_control().release_capacity(part.len());
        message.extend_from_slice(&part);
    }
    let operation = head.headers.get("operationid").and_then(|id| id.to_str().ok());
    let result = answer(&context, head.uri.path(), operation, message.get(5..).unwrap_or_default());
    let _ = send(respond, result);
}

fn answer(
    context: &Context,
    path: &str,
    operation: Option<&str>,
    message: &[u8],
) -> Result<Vec<u8>, Refusal> {
    let (service, method) = path.trim_start_matches('/').split_once('/').unwrap_or((path, ""));
    if context.service().grpc_name() != Some(service) || context.has(&Fault::Impostor) {
        return Err(Refusal::new(UNIMPLEMENTED, format!("unknown service {service}")));
    }
    if !methods(context.service()).contains(&method) {
        return Err(Refusal::new(UNIMPLEMENTED, format!("unknown method {method} for service {service}")));
    }
    let Some(operation) = operation else { return Err(Refusal::new(INVALID_ARGUMENT, "operationID error")) };
    let result = match context.forced_code() {
        Some(code) => Err(Refusal::new(code, "")),
        None => perform(context, context.service(), method, message),
    };
    write_lines(context, path, operation, message, &result);
    result.map(|answer| answer.wire)
}

/// What a method gives: on the wire, and as a log line shows it.
struct Answer {
    wire: Vec<u8>,
    text: String,
}

fn perform(context: &Context, service: Service, method: &str, message: &[u8]) -> Result<Answer, Refusal> {
    match (service, method) {
        (Service::RpcAuth, "getAdminToken") => {
            let token = auth::admin_token(context, &field(message, 1), &field(message, 2))?;
            let text = format!("token:\"{token}\" expireTimeSeconds:{}", auth::EXPIRES);
            Ok(Answer { wire: text_field(2, &token), text })
        }
        (Service::RpcAuth, "parseToken") => {
            let user = auth::parse_token(context, &field(message, 1))?;
            Ok(Answer { wire: text_field(1, &user), text: format!("userID:\"{user}\" platformID:10") })
        }
        _ => Ok(Answer { wire: Vec::new(), text: String::new() }),
    }
}

/// Calls a method of a service that lives in the same process.
pub(super) fn call_within(
    context: &Context,
    service: Service,
    method: &str,
    message: &[u8],
) -> Result<Vec<u8>, Refusal> {
    perform(context, service, method, message).map(|answer| answer.wire)
}

fn write_lines(
    context: &Context,
    method: &str,
    operation: &str,
    message: &[u8],
    result: &Result<Answer, Refusal>,
) {
    let request = request_text(method, message);
    let call: Fields = vec![("operationID", json!(operation)), ("method", json!(method))];
    let with = |more: Fields| call.iter().cloned().chain(more).collect::<Fields>();
    let main = context.code_base == CodeBase::Main;
    context.log(
        Level::Info,
        "mw/rpc_server_interceptor.go:36",
        "rpc server request",
        with(vec![("req", json!(request))]),
    );
    let cost = if main { vec![("cost", json!("412.508µs"))] } else { Vec::new() };
    match result {
        Ok(answer) => context.log(
            Level::Info,
            "mw/rpc_server_interceptor.go:44",
            "rpc server response success",
            with([cost, vec![("req", json!(request)), ("resp", json!(answer.text))]].concat()),
        ),
        Err(refusal) => {
            let error = format!("Error: {} | -> {}", refusal.text(), stacks::SERVER);
            let (level, message) = match refusal.code {
                _ if main => (Level::Error, "rpc server response error"),
                500 => (Level::Error, "rpc server response failed"),
                _ => (Level::Warn, "rpc server response failed"),
            };
            let more = [cost, vec![("req", json!(request)), ("error", json!(error))]].concat();
            context.log(level, "mw/rpc_server_interceptor.go:85", message, with(more));
        }
    }
}

/// A request as protobuf's text form shows it.
pub(super) fn request_text(method: &str, message: &[u8]) -> String {
    let names: &[&str] = match method.rsplit('/').next() {
        Some("getAdminToken") => &["secret", "userID"],
        Some("parseToken") => &["token"],
        _ => &[],
    };
    let fields = (1..).zip(names).map(|(number, name)| (name, field(message, number)));
    let texts: Vec<_> = fields
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}:{value:?}"))
        .collect();
    texts.join(" ")
}

fn send(mut respond: SendResponse<Bytes>, result: Result<Vec<u8>, Refusal>) -> Result<(), h2::Error> {
    let mut head = Response::new(());
    head.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
    match result {
        Err(refusal) => {
            status(head.headers_mut(), refusal.code, &refusal.detail);
            respond.send_response(head, true).map(drop)
        }
        Ok(wire) => {
            let mut stream = respond.send_response(head, false)?;
            stream.send_data(frame(&wire), false)?;
            let mut trailers = HeaderMap::new();
            status(&mut trailers, 0, "");
            stream.send_trailers(trailers)
        }
    }
}

fn status(headers: &mut HeaderMap, code: u32, message: &str) {
    headers.insert("grpc-status", HeaderValue::from(code));
    if let Ok(value) = HeaderValue::from_str(&percent_encode(message)) {
        headers.insert("grpc-message", value);
    }
}

/// gRPC sends messages in printable ASCII, the rest as %XX.
fn percent_encode(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b' '..=b'~' if byte != b'%' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

/// A message with gRPC's prefix: not compressed, this long.
pub(super) fn frame(message: &[u8]) -> Bytes {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes();
    [&[0], &length[..], message].concat().into()
}

/// A text as a protobuf field.
pub(super) fn text_field(number: u8, text: &str) -> Vec<u8> {
    let mut bytes = vec![number << 3 | 2];
    let mut length = text.len();
    while length >= 0x80 {
        bytes.push(u8::try_from(length & 0x7f).unwrap_or(0) | 0x80);
        length >>= 7;
    }
    bytes.push(u8::try_from(length).unwrap_or(0));
    bytes.extend_from_slice(text.as_bytes());
    bytes
}

/// The text in a protobuf field; empty where it is absent or the message is broken.
pub(super) fn field(message: &[u8], number: u8) -> String {
    let mut rest = message;
    while let [tag, after @ ..] = rest {
        let Some((length, after)) = varint(after) else { break };
        let Some(text) = after.get(..length) else { break };
        if *tag == number << 3 | 2 {
            return String::from_utf8_lossy(text).into_owned();
        }
        rest = after.get(length..).unwrap_or_default();
    }
    String::new()
}

fn varint(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0_usize;
    for (n, byte) in bytes.iter().enumerate().take(5) {
        value |= usize::from(byte & 0x7f) << (7 * n);
        if byte & 0x80 == 0 {
            return Some((value, bytes.get(n + 1..)?));
        }
    }
    None
}

/// Some methods of each service; any other name is unknown to it.
const fn methods(service: Service) -> &'static [&'static str] {
    match service {
        Service::RpcAuth => {
            &["getAdminToken", "getUserToken", "forceLogout", "parseToken", "invalidateToken", "kickTokens"]
        }
        Service::RpcConversation => {
            &["GetConversation", "GetAllConversations", "SetConversations", "GetConversationIDs"]
        }
        Service::RpcFriend => &["applyToAddFriend", "getFriendIDs", "isFriend", "isBlack", "importFriends"],
        Service::RpcGroup => &["createGroup", "getGroupsInfo", "GetGroupInfoCache", "getGroupMemberUserIDs"],
        Service::RpcMsg => {
            &["SendMsg", "GetMaxSeq", "PullMessageBySeqs", "SearchMessage", "SetSendMsgStatus"]
        }
        Service::RpcThird => &[
            "PartLimit",
            "InitiateMultipartUpload",
            "AccessURL",
            "FcmUpdateToken",
            "SetAppBadge",
            "UploadLogs",
        ],
        Service::RpcUser => &[
            "getDesignateUsers",
            "userRegister",
            "getAllOnlineUsers",
            "getGlobalRecvMessageOpt",
            "setUserOnlineStatus",
        ],
        Service::Push => &["PushMsg", "DelUserPushToken"],
        Service::MsgGateway => {
            &["OnlinePushMsg", "GetUsersOnlineStatus", "KickUserOffline", "MultiTerminalLoginCheck"]
        }
        Service::Api
        | Service::Crontask
        | Service::MsgTransfer
        | Service::Server
        | Service::ChatApi
        | Service::AdminApi
        | Service::ChatRpc
        | Service::AdminRpc
        | Service::BotApi
        | Service::BotRpc => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_back_as_they_were_put() {
        let long = "x".repeat(300);
        let message = [text_field(1, "wrong"), text_field(2, &long)].concat();
        assert_eq!((field(&message, 1), field(&message, 2)), ("wrong".to_owned(), long));
        assert_eq!(field(&message, 3), "");
        assert_eq!(field(&[0x0a, 0xff], 1), "");
    }
}

//! openim-api: HTTP with JSON in front of the RPC services. Business errors are HTTP 200.

use std::sync::Arc;
use std::time::Duration;

use openim_ops::openim::service::Service;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::accept::accept;
use super::auth::{self, Refusal};
use super::call::Resolver;
use super::context::Context;
use super::{grpc, stacks};
use crate::generation::CodeBase;
use crate::http::{self, Request, Response};
use crate::log::{Fields, Level};

const CORS: [(&str, &str); 6] = [
    ("Access-Control-Allow-Credentials", "false"),
    ("Access-Control-Allow-Headers", "*"),
    ("Access-Control-Allow-Methods", "*"),
    ("Access-Control-Allow-Origin", "*"),
    (
        "Access-Control-Expose-Headers",
        "Content-Length, Access-Control-Allow-Origin, Access-Control-Allow-Headers,Cache-Control,Content-Language,Content-Type,Expires,Last-Modified,Pragma,FooBar",
    ),
    ("Access-Control-Max-Age", "172800"),
];

const NO_OPERATION: &str = r#"{"errCode":1001,"errMsg":"ArgsError","errDlt":"header must have operationID"}"#;
const NO_TOKEN: &str = r#"{"errCode":1001,"errMsg":"ArgsError","errDlt":"header must have token"}"#;

/// Answers on the API's port.
pub(super) fn serve(context: &Arc<Context>, listener: TcpListener) {
    let resolver = Arc::new(Resolver::default());
    tokio::spawn(Arc::clone(&resolver).watch(Arc::clone(context)));
    let owner = Arc::clone(context);
    tokio::spawn(accept(Arc::clone(context), listener, move |stream| {
        let (context, resolver) = (Arc::clone(&owner), Arc::clone(&resolver));
        let peer = stream.peer_addr().map_or_else(|_| String::new(), |peer| peer.to_string());
        http::serve(stream, move |request| {
            answer(Arc::clone(&context), Arc::clone(&resolver), peer.clone(), request)
        })
    }));
}

async fn answer(
    context: Arc<Context>,
    resolver: Arc<Resolver>,
    peer: String,
    request: Request,
) -> Option<Response> {
    let id = context.random().uuid();
    let main = context.code_base == CodeBase::Main;
    if main {
        write_received(&context, &request, &id, &peer);
    }
    context.dawdle().await;
    let (status, content_type, body) = route(&context, &resolver, &request).await;
    if main {
        write_processed(&context, &request, &id, status, &body);
    }
    let mut answer = Response::new(context.forced_status().unwrap_or(status), content_type, body);
    if (300..400).contains(&answer.status) {
        answer.headers.push(("Location", "http://127.0.0.2:1/elsewhere".to_owned()));
    }
    answer.headers.splice(0..0, CORS.map(|(name, value)| (name, value.to_owned())));
    if main {
        answer.headers.push(("X-Http-Id", id));
    }
    Some(answer)
}

type Plain = (u16, &'static str, String);

fn not_found() -> Plain {
    (404, "text/plain", "404 page not found".to_owned())
}

fn json_body(body: impl Into<String>) -> Plain {
    (200, "application/json", body.into())
}

async fn route(context: &Arc<Context>, resolver: &Resolver, request: &Request) -> Plain {
    match request.method.as_str() {
        "OPTIONS" => json_body("\"Options Request!\""),
        "POST" => post(context, resolver, request).await,
        "GET" => match request.path.strip_prefix("/prometheus_discovery/") {
            Some(name) => discovery(context, name).await,
            None => not_found(),
        },
        _ => not_found(),
    }
}

/// The Prometheus targets of a service; while etcd is away the question hangs.
async fn discovery(context: &Arc<Context>, name: &str) -> Plain {
    let Some(service) = Service::ALL.into_iter().find(|service| service.prometheus_name() == Some(name))
    else {
        return not_found();
    };
    let registered = context.generation.register_name(service);
    let own_name = registered.unwrap_or(if service == Service::Api { "api" } else { "message-transfer" });
    let prefix = format!("openim/prometheus_discovery/{own_name}/");
    loop {
        let (client, prefix) = (context.etcd.clone(), prefix.clone());
        if let Ok(Ok(found)) = tokio::task::spawn_blocking(move || client.range(&prefix)).await {
            return json_body(targets(found.into_iter().map(|pair| pair.value)));
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

fn targets(values: impl Iterator<Item = String>) -> String {
    let targets: Vec<_> = values
        .filter_map(|value| serde_json::from_str::<Value>(&value).ok()?["target"].as_str().map(str::to_owned))
        .collect();
    if targets.is_empty() {
        return "[]".to_owned();
    }
    json!([{"targets": targets, "labels": {"namespace": "default"}}]).to_string()
}

async fn post(context: &Arc<Context>, resolver: &Resolver, request: &Request) -> Plain {
    if let Some(code) = context.forced_code() {
        return json_body(refused(&Refusal::new(code, "")));
    }
    let Some(operation) = request.header("operationID") else { return json_body(NO_OPERATION) };
    let call = Call { context, resolver, operation };
    match request.path.as_str() {
        "/auth/get_admin_token" => json_body(call.get_admin_token(&request.body).await),
        "/auth/parse_token" => json_body(call.parse_token(&request.body).await),
        path => match request.header("token") {
            None => json_body(NO_TOKEN),
            Some(token) => call.with_token(path, token).await,
        },
    }
}

/// A request on its way to a service.
struct Call<'a> {
    context: &'a Arc<Context>,
    resolver: &'a Resolver,
    operation: &'a str,
}

impl Call<'_> {
    async fn get_admin_token(&self, body: &[u8]) -> String {
        let body = match parse(body) {
            Ok(body) => body,
            Err(error) => return bad_json(self.context.code_base, &error),
        };
        let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
        let fields = [(1, text("secret")), (2, text("userID"))];
        let message: Vec<u8> = fields
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .flat_map(|(n, value)| grpc::text_field(*n, value))
            .collect();
        match self.auth("getAdminToken", &message).await {
            Ok(wire) => format!(
                r#"{{"errCode":0,"errMsg":"","errDlt":"","data":{{"token":"{}","expireTimeSeconds":{}}}}}"#,
                grpc::field(&wire, 2),
                auth::EXPIRES
            ),
            Err(refusal) => refused(&refusal),
        }
    }

    async fn parse_token(&self, body: &[u8]) -> String {
        let body = match parse(body) {
            Ok(body) => body,
            Err(error) => return bad_json(self.context.code_base, &error),
        };
        let message = grpc::text_field(1, body["token"].as_str().unwrap_or_default());
        match self.auth("parseToken", &message).await {
            Ok(wire) => format!(
                r#"{{"errCode":0,"errMsg":"","errDlt":"","data":{{"userID":"{}","platformID":10,"expireTimeSeconds":{}}}}}"#,
                grpc::field(&wire, 1),
                auth::EXPIRES
            ),
            Err(refusal) => refused(&refusal),
        }
    }

    /// Everything else: the token first, then the route.
    async fn with_token(&self, path: &str, token: &str) -> Plain {
        if let Err(refusal) = self.auth("parseToken", &grpc::text_field(1, token)).await {
            return json_body(refused(&refusal));
        }
        let Some((service, method)) = target_of(path) else { return not_found() };
        match self.ask(service, method, &[]).await {
            Ok(_) => json_body(r#"{"errCode":0,"errMsg":"","errDlt":""}"#),
            Err(refusal) => json_body(refused(&refusal)),
        }
    }

    async fn auth(&self, method: &str, message: &[u8]) -> Result<Vec<u8>, Refusal> {
        self.ask(Service::RpcAuth, method, message).await
    }

    async fn ask(&self, service: Service, method: &str, message: &[u8]) -> Result<Vec<u8>, Refusal> {
        self.write_request(service, method, message);
        let result = self.resolver.call(self.context, service, method, self.operation, message).await;
        self.write_result(service, method, message, &result);
        result
    }

    fn call_fields(&self, service: Service, method: &str) -> Fields {
        let method = format!("/{}/{method}", service.grpc_name().unwrap_or_default());
        vec![("operationID", json!(self.operation)), ("method", json!(method))]
    }

    fn write_request(&self, service: Service, method: &str, message: &[u8]) {
        let name = self.context.generation.register_name(service).unwrap_or_default();
        let mut fields = self.call_fields(service, method);
        fields.push(("target", json!(format!("etcd:///{}/{name}", self.context.config.etcd_root))));
        fields.push(("req", json!(request_text(method, message))));
        self.context.log(Level::Info, "mw/rpc_client_interceptor.go:35", "rpc client request", fields);
    }

    fn write_result(
        &self,
        service: Service,
        method: &str,
        message: &[u8],
        result: &Result<Vec<u8>, Refusal>,
    ) {
        let main = self.context.code_base == CodeBase::Main;
        let mut fields = self.call_fields(service, method);
        if main {
            fields.push(("cost", json!("1.214ms")));
        }
        let (level, caller, text) = match result {
            Ok(wire) => {
                fields.push(("resp", json!(response_text(method, wire))));
                (Level::Info, "mw/rpc_client_interceptor.go:38", "rpc client response success")
            }
            Err(refusal) => {
                let unavailable = refusal.code == 14;
                let chain = if unavailable { stacks::CLIENT_UNAVAILABLE } else { stacks::CLIENT };
                fields.push(("req", json!(request_text(method, message))));
                fields.push((
                    "error",
                    json!(format!("Error: {} | -> {chain} -> {}", refusal.text(), stacks::ROUTER)),
                ));
                let caller = if unavailable {
                    "mw/rpc_client_interceptor.go:64"
                } else {
                    "mw/rpc_client_interceptor.go:59"
                };
                let level = if main || refusal.code == 500 { Level::Error } else { Level::Warn };
                (level, caller, if main { "rpc client response error" } else { "rpc client response failed" })
            }
        };
        self.context.log(level, caller, text, fields);
    }
}

/// The client's text form has two spaces between fields.
fn request_text(method: &str, message: &[u8]) -> String {
    grpc::request_text(method, message).replace("\" ", "\"  ")
}

fn response_text(method: &str, wire: &[u8]) -> String {
    match method {
        "getAdminToken" => format!("token:\"{}\"  expireTimeSeconds:{}", grpc::field(wire, 2), auth::EXPIRES),
        "parseToken" => format!("userID:\"{}\"  platformID:10", grpc::field(wire, 1)),
        _ => String::new(),
    }
}

/// Which service a path goes to, and by which method.
fn target_of(path: &str) -> Option<(Service, &'static str)> {
    match path.trim_start_matches('/').split('/').next()? {
        "user" => Some((Service::RpcUser, "getDesignateUsers")),
        "friend" => Some((Service::RpcFriend, "getFriendIDs")),
        "group" => Some((Service::RpcGroup, "getGroupsInfo")),
        "msg" => Some((Service::RpcMsg, "SendMsg")),
        "conversation" => Some((Service::RpcConversation, "GetAllConversations")),
        "third" | "object" => Some((Service::RpcThird, "PartLimit")),
        _ => None,
    }
}

fn refused(refusal: &Refusal) -> String {
    let (message, detail) = match refusal.name() {
        Some(name) => (name, refusal.detail.as_str()),
        None => (refusal.detail.as_str(), ""),
    };
    format!(r#"{{"errCode":{},"errMsg":{},"errDlt":{}}}"#, refusal.code, json!(message), json!(detail))
}

/// The body as JSON, or Go's complaint.
fn parse(body: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(body).map_err(|_| match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(first) if !first.is_ascii_digit() && !b"{[\"tfn-".contains(first) => {
            format!("invalid character '{}' looking for beginning of value", char::from(*first))
        }
        Some(_) => "unexpected end of JSON input".to_owned(),
        None => "EOF".to_owned(),
    })
}

/// The error with its whole call chain, as the API really sends it.
fn bad_json(code_base: CodeBase, error: &str) -> String {
    let parse_token = match code_base {
        CodeBase::Release => stacks::PARSE_TOKEN,
        CodeBase::Main => stacks::PARSE_TOKEN_MAIN,
    };
    let message =
        format!("Error: Error: {error} | -> {} -> {parse_token} -> {}", stacks::BAD_JSON, stacks::ROUTER);
    // Go's encoder escapes what HTML could take for a tag.
    let escaped = Value::from(message).to_string().replace('>', "\\u003e").replace('<', "\\u003c");
    format!(r#"{{"errCode":1001,"errMsg":{escaped},"errDlt":""}}"#)
}

/// main: one DEBUG and one INFO before a request is worked on.
fn write_received(context: &Context, request: &Request, id: &str, peer: &str) {
    let mut fields: Fields = vec![("httpID", json!(id))];
    if let Some(operation) = request.header("operationID") {
        fields.insert(0, ("operationID", json!(operation)));
        fields.push(("operationID", json!(operation)));
    }
    let mut received = fields.clone();
    received.extend([
        ("httpProto", json!("HTTP/1.1")),
        ("remoteAddr", json!(peer)),
        ("forwardedFor", json!("")),
        ("contentEncoding", json!("")),
        ("contentType", json!(request.header("Content-Type").unwrap_or_default())),
        ("contentLength", json!(request.body.len())),
        ("method", json!(request.method)),
        ("host", json!(request.header("Host").unwrap_or_default())),
        ("requestURI", json!(request.path)),
    ]);
    context.log(Level::Debug, "api/logger.go:31", "http request received", received);
    fields.push(("reqBody", json!(String::from_utf8_lossy(&request.body))));
    context.log(Level::Info, "api/logger.go:43", "http request body", fields);
}

/// main: one INFO behind it.
fn write_processed(context: &Context, request: &Request, id: &str, status: u16, body: &str) {
    let mut fields: Fields = vec![("httpID", json!(id))];
    if let Some(operation) = request.header("operationID") {
        fields.insert(0, ("operationID", json!(operation)));
        fields.push(("operationID", json!(operation)));
    }
    fields.extend([
        ("method", json!(request.method)),
        ("requestURI", json!(request.path)),
        ("status", json!(status)),
        ("cost", json!("3.214ms")),
        ("reqBody", json!(String::from_utf8_lossy(&request.body))),
        ("respBody", json!(body)),
    ]);
    context.log(Level::Info, "api/logger.go:54", "http request processed", fields);
}

//! The stand-in: etcd's JSON gateway over [`Store`], as etcd 3.4 answers.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;

use super::store::{Entry, Store};
use crate::http::{self, Request, Response};

const VERSION: &str = r#"{"etcdserver":"3.4.23","etcdcluster":"3.4.0"}"#;
const LEASE_GONE: &str = "etcdserver: requested lease not found";

/// Answers on this listener for ever, from empty.
pub async fn serve(listener: TcpListener) {
    let store = Arc::new(Mutex::new(Store::default()));
    while let Ok((stream, _)) = listener.accept().await {
        let store = Arc::clone(&store);
        tokio::spawn(http::serve(stream, move |request| {
            let answer = answer(&mut store.lock().unwrap_or_else(PoisonError::into_inner), &request);
            std::future::ready(Some(answer))
        }));
    }
}

fn answer(store: &mut Store, request: &Request) -> Response {
    store.expire(Instant::now());
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/health") => Response::new(200, "text/plain; charset=utf-8", r#"{"health":"true"}"#),
        ("GET", "/version") => Response::new(200, "application/json", VERSION),
        ("POST", path) if path.starts_with("/v3/") => gateway(store, path, &request.body),
        _ => Response::go_not_found(),
    }
}

fn gateway(store: &mut Store, path: &str, body: &[u8]) -> Response {
    let request: Value = match serde_json::from_slice(body) {
        Ok(request) => request,
        Err(error) => return failure(400, 3, &error.to_string()),
    };
    let result = match path {
        "/v3/kv/range" => Ok(range(store, &request)),
        "/v3/kv/put" => put(store, &request),
        "/v3/kv/deleterange" => Ok(delete(store, &request)),
        "/v3/lease/grant" => Ok(grant(store, &request)),
        "/v3/lease/keepalive" => Ok(keep_alive(store, &request)),
        "/v3/lease/revoke" | "/v3/kv/lease/revoke" => revoke(store, &request),
        "/v3/lease/timetolive" | "/v3/kv/lease/timetolive" => Ok(time_to_live(store, &request)),
        "/v3/maintenance/status" => Ok(status(store)),
        "/v3/maintenance/alarm" => Ok(json!({})),
        "/v3/cluster/member/list" => Ok(members(store)),
        _ => return failure(404, 5, "Not Found"),
    };
    match result {
        Ok(answer) => Response::new(200, "application/json", answer.to_string()),
        Err(message) => failure(404, 5, message),
    }
}

fn failure(status: u16, code: u8, message: &str) -> Response {
    let body = json!({"error": message, "message": message, "code": code});
    Response::new(status, "application/json", body.to_string())
}

fn range(store: &Store, request: &Value) -> Value {
    let found = store.range(&bytes(request, "key"), &bytes(request, "range_end"));
    let count = found.len();
    let limit = match number(request, "limit") {
        0 => usize::MAX,
        limit => usize::try_from(limit).unwrap_or(usize::MAX),
    };
    let keys_only = request["keys_only"].as_bool().unwrap_or(false);
    let kvs: Vec<_> = found.iter().take(limit).map(|(key, entry)| pair(key, entry, keys_only)).collect();
    let mut answer = Map::new();
    answer.insert("header".to_owned(), header(store));
    if !kvs.is_empty() && !request["count_only"].as_bool().unwrap_or(false) {
        answer.insert("kvs".to_owned(), kvs.into());
    }
    if count > limit {
        answer.insert("more".to_owned(), true.into());
    }
    if count > 0 {
        answer.insert("count".to_owned(), count.to_string().into());
    }
    answer.into()
}

/// A key in an answer; the gateway leaves out what is empty.
fn pair(key: &[u8], entry: &Entry, keys_only: bool) -> Value {
    let mut pair = Map::new();
    let mut set = |name: &str, value: String| drop(pair.insert(name.to_owned(), value.into()));
    set("key", BASE64.encode(key));
    set("create_revision", entry.created.to_string());
    set("mod_revision", entry.modified.to_string());
    set("version", entry.version.to_string());
    if !entry.value.is_empty() && !keys_only {
        set("value", BASE64.encode(&entry.value));
    }
    if entry.lease != 0 {
        set("lease", entry.lease.to_string());
    }
    pair.into()
}

fn put(store: &mut Store, request: &Value) -> Result<Value, &'static str> {
    let lease = number(request, "lease");
    store.put(bytes(request, "key"), bytes(request, "value"), lease).ok_or(LEASE_GONE)?;
    Ok(json!({"header": header(store)}))
}

fn delete(store: &mut Store, request: &Value) -> Value {
    match store.delete(&bytes(request, "key"), &bytes(request, "range_end")) {
        0 => json!({"header": header(store)}),
        deleted => json!({"header": header(store), "deleted": deleted.to_string()}),
    }
}

fn grant(store: &mut Store, request: &Value) -> Value {
    let seconds = u64::try_from(number(request, "TTL")).unwrap_or(0).max(2);
    let id = store.grant(seconds, Instant::now());
    json!({"header": header(store), "ID": id.to_string(), "TTL": seconds.to_string()})
}

fn keep_alive(store: &mut Store, request: &Value) -> Value {
    let id = number(request, "ID");
    match store.keep_alive(id, Instant::now()) {
        Some(seconds) => {
            json!({"result": {"header": header(store), "ID": id.to_string(), "TTL": seconds.to_string()}})
        }
        None => json!({"result": {"header": header(store), "ID": id.to_string()}}),
    }
}

fn revoke(store: &mut Store, request: &Value) -> Result<Value, &'static str> {
    store.revoke(number(request, "ID")).ok_or(LEASE_GONE)?;
    Ok(json!({"header": header(store)}))
}

fn time_to_live(store: &Store, request: &Value) -> Value {
    let id = number(request, "ID");
    let Some(lease) = store.lease(id, Instant::now()) else {
        return json!({"header": header(store), "ID": id.to_string(), "TTL": "-1"});
    };
    let mut answer = json!({
        "header": header(store),
        "ID": id.to_string(),
        "TTL": lease.left.to_string(),
        "grantedTTL": lease.granted.to_string(),
    });
    if request["keys"].as_bool().unwrap_or(false) && !lease.keys.is_empty() {
        answer["keys"] = lease.keys.iter().map(|key| BASE64.encode(key)).collect();
    }
    answer
}

/// One member, its own leader.
fn status(store: &Store) -> Value {
    let header = header(store);
    let leader = header["member_id"].clone();
    json!({"header": header, "version": "3.4.23", "dbSize": "20480", "leader": leader, "raftTerm": "2"})
}

fn members(store: &Store) -> Value {
    let header = header(store);
    let id = header["member_id"].clone();
    json!({"header": header, "members": [{"ID": id, "name": "default"}]})
}

fn header(store: &Store) -> Value {
    json!({
        "cluster_id": "14841639068965178418",
        "member_id": "10276657743932975437",
        "revision": store.revision.to_string(),
        "raft_term": "2",
    })
}

fn bytes(request: &Value, key: &str) -> Vec<u8> {
    request[key].as_str().and_then(|text| BASE64.decode(text).ok()).unwrap_or_default()
}

/// A number, which the gateway takes as a text or as a number.
fn number(request: &Value, key: &str) -> i64 {
    let value = &request[key];
    value.as_str().and_then(|text| text.parse().ok()).or_else(|| value.as_i64()).unwrap_or(0)
}

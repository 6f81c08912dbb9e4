//! The stand-in of etcd's gateway answers as etcd 3.4 does; and the sandbox works with either.

#![allow(clippy::expect_used, reason = "a test that cannot go on should say where")]

mod common;
#[path = "../../tests/support/missing.rs"]
mod missing;

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use common::{exchange, http, ready, sandbox, until, wrong_secret};
use openim_ops::openim::service::Service;
use openim_sandbox::{Etcd, Sandbox, free_port};
use serde_json::{Value, json};

/// A program that ends with the test.
struct Ended(Child, PathBuf);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
        let _ = std::fs::remove_dir_all(&self.1);
    }
}

/// A real etcd, or `None` where none is installed.
fn real_etcd() -> Option<(Ended, u16)> {
    let port = free_port();
    let dir = std::env::temp_dir().join(format!("openim-sandbox-etcd-{port}"));
    let url = format!("http://127.0.0.1:{port}");
    let peer = format!("http://127.0.0.1:{}", free_port());
    let mut command = Command::new("etcd");
    command.args(["--listen-client-urls", &url, "--advertise-client-urls", &url]);
    command.args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", &peer]);
    command.args(["--initial-cluster", &format!("default={peer}")]).arg("--data-dir").arg(&dir);
    let Ok(child) = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn() else {
        assert!(
            std::env::var_os("CI").is_none(),
            "etcd is not installed (scripts/install-test-deps): scripts/install-test-deps"
        );
        return None;
    };
    let etcd = Ended(child, dir);
    // It listens before it is ready, and may close what comes too early.
    until("etcd is healthy", Duration::from_secs(20), || {
        let request = b"GET /health HTTP/1.0\r\n\r\n";
        let answer = exchange(([127, 0, 0, 1], port), request, Duration::from_secs(2));
        answer.is_ok_and(|answer| String::from_utf8_lossy(&answer).contains("\"true\""))
    });
    Some((etcd, port))
}

fn post(port: u16, path: &str, body: &Value) -> (String, Value) {
    let body = body.to_string();
    let answer = http(port, &format!("POST {path} HTTP/1.0\r\nContent-Length: {}\r\n\r\n{body}", body.len()));
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).expect("a status").to_owned();
    (status, serde_json::from_str(body.trim()).expect(body))
}

/// Puts a placeholder for what differs from run to run.
fn mask(value: &mut Value) {
    let varying = [
        "cluster_id",
        "member_id",
        "revision",
        "raft_term",
        "ID",
        "create_revision",
        "mod_revision",
        "lease",
    ];
    match value {
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                if varying.contains(&key.as_str()) { *value = json!("*") } else { mask(value) }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mask),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Everything that the sandbox and the checker ask of etcd, and what came back.
fn conversation(port: u16) -> Vec<String> {
    let mut said = Vec::new();
    let mut ask = |path: &str, body: &Value| {
        let (status, answer) = post(port, path, body);
        let mut masked = answer.clone();
        mask(&mut masked);
        said.push(format!("{path} {body} -> {status} {masked}"));
        answer
    };
    let (key, end) = ("b3BlbmltL2E=", "b3BlbmltL2I=");
    let lease = ask("/v3/lease/grant", &json!({"TTL": "30"}))["ID"].clone();
    let with_lease = |path: &str, mut body: Value, name: &str| {
        body[name] = lease.clone();
        let (status, mut answer) = post(port, path, &body);
        mask(&mut answer);
        body[name] = json!("*");
        format!("{path} {body} -> {status} {answer}")
    };
    let leased = vec![
        with_lease("/v3/kv/put", json!({"key": key, "value": "MQ=="}), "lease"),
        with_lease("/v3/lease/keepalive", json!({}), "ID"),
        with_lease("/v3/lease/timetolive", json!({"keys": true}), "ID"),
    ];
    ask("/v3/kv/range", &json!({"key": key}));
    ask("/v3/kv/range", &json!({"key": key, "range_end": end, "keys_only": true}));
    ask("/v3/kv/range", &json!({"key": key, "range_end": end, "count_only": true}));
    let gone = with_lease("/v3/lease/revoke", json!({}), "ID");
    let twice = with_lease("/v3/lease/revoke", json!({}), "ID");
    let late = with_lease("/v3/lease/keepalive", json!({}), "ID");
    let left = with_lease("/v3/lease/timetolive", json!({}), "ID");
    ask("/v3/kv/range", &json!({"key": key}));
    ask("/v3/kv/put", &json!({"key": key, "value": "MQ==", "lease": "77"}));
    ask("/v3/kv/put", &json!({"key": key}));
    ask("/v3/kv/put", &json!({"key": end}));
    ask("/v3/kv/range", &json!({"key": key, "range_end": "AA==", "limit": "1"}));
    ask("/v3/kv/deleterange", &json!({"key": key, "range_end": "AA=="}));
    ask("/v3/kv/deleterange", &json!({"key": key}));
    said.into_iter().chain(leased).chain([gone, twice, late, left]).collect()
}

#[test]
fn the_stand_in_answers_as_etcd_does() {
    let Some((_etcd, real)) = real_etcd() else {
        return missing::did_not_run("etcd is not installed (scripts/install-test-deps)");
    };
    let standing_in = ready(sandbox().only(&[]));
    let port =
        standing_in.etcd_endpoint().rsplit_once(':').and_then(|(_, port)| port.parse().ok()).expect("a port");
    for (of_real, of_stand_in) in conversation(real).iter().zip(conversation(port)) {
        assert_eq!(*of_real, of_stand_in);
    }
    for path in ["/health", "/version"] {
        let body = |port| {
            let answer = http(port, &format!("GET {path} HTTP/1.1\r\n\r\n"));
            answer.split_once("\r\n\r\n").map(|(_, body)| body.trim().to_owned())
        };
        assert_eq!(body(real), body(port));
    }
}

#[test]
fn the_sandbox_works_with_a_real_etcd() {
    let Some((_etcd, port)) = real_etcd() else {
        return missing::did_not_run("etcd is not installed (scripts/install-test-deps)");
    };
    let mut sandbox: Sandbox =
        ready(sandbox().only(&[Service::Api, Service::RpcAuth]).etcd(Etcd::At(format!("127.0.0.1:{port}"))));
    let etcd = sandbox.etcd_client();
    assert!(wrong_secret(sandbox.api_port()).contains("secret invalid"));
    let key = etcd.range("openim/auth/").expect("etcd").remove(0);
    let lease = etcd.time_to_live(key.lease).expect("a lease");
    assert_eq!(lease.granted, 30);
    assert_eq!(etcd.keep_alive(key.lease).expect("kept alive"), 30);

    etcd.revoke(key.lease).expect("revoked");
    assert!(wrong_secret(sandbox.api_port()).contains("no children to pick from"));
    until("auth registers again", Duration::from_secs(15), || {
        etcd.range("openim/auth/").is_ok_and(|keys| keys.len() == 1)
    });
    sandbox.terminate(Service::RpcAuth, 0).expect("it ends");
    assert!(etcd.range("openim/auth/").expect("etcd").is_empty(), "who leaves takes its key along");
}

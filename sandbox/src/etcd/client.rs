//! A blocking client of the JSON gateway: one request, one connection.

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

/// Why etcd gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum EtcdError {
    /// No endpoint can be talked to.
    #[error("{endpoint}: {source}")]
    Unreachable {
        /// The last endpoint tried.
        endpoint: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// etcd answered with an error.
    #[error("{0}")]
    Refused(String),
    /// The answer is not what the gateway sends.
    #[error("unreadable answer: {0}")]
    Unreadable(String),
}

/// A key in the registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyValue {
    /// The key.
    pub key: String,
    /// The value.
    pub value: String,
    /// The lease it hangs on; 0 for none.
    pub lease: i64,
}

/// What is left of a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Seconds it was granted for.
    pub granted: i64,
    /// Seconds it has left; -1 when it is gone.
    pub left: i64,
}

/// A client for one or more endpoints, tried in turn.
#[derive(Clone, Debug)]
pub struct Client {
    endpoints: Vec<String>,
    timeout: Duration,
}

impl Client {
    /// A client of these endpoints (`127.0.0.1:2379`).
    #[must_use]
    pub fn new(endpoints: Vec<String>) -> Self {
        Self { endpoints, timeout: Duration::from_secs(3) }
    }

    /// Every key that begins with this text.
    pub fn range(&self, prefix: &str) -> Result<Vec<KeyValue>, EtcdError> {
        let request = json!({"key": encode(prefix), "range_end": encode_bytes(&end_of(prefix.as_bytes()))});
        let answer = self.post("/v3/kv/range", &request)?;
        let Some(found) = answer["kvs"].as_array() else { return Ok(Vec::new()) };
        found.iter().map(key_value).collect()
    }

    /// Sets a key, on a lease unless that is 0.
    pub fn put(&self, key: &str, value: &str, lease: i64) -> Result<(), EtcdError> {
        let request = json!({"key": encode(key), "value": encode(value), "lease": lease.to_string()});
        self.post("/v3/kv/put", &request).map(drop)
    }

    /// Removes a key.
    pub fn delete(&self, key: &str) -> Result<(), EtcdError> {
        self.post("/v3/kv/deleterange", &json!({"key": encode(key)})).map(drop)
    }

    /// A new lease of this many seconds.
    pub fn grant(&self, seconds: i64) -> Result<i64, EtcdError> {
        let answer = self.post("/v3/lease/grant", &json!({"TTL": seconds.to_string()}))?;
        number(&answer["ID"])
    }

    /// Keeps a lease alive; says how many seconds it now has, 0 when it is gone.
    pub fn keep_alive(&self, lease: i64) -> Result<i64, EtcdError> {
        let answer = self.post("/v3/lease/keepalive", &json!({"ID": lease.to_string()}))?;
        Ok(number(&answer["result"]["TTL"]).unwrap_or(0))
    }

    /// Ends a lease and the keys on it.
    pub fn revoke(&self, lease: i64) -> Result<(), EtcdError> {
        self.post("/v3/lease/revoke", &json!({"ID": lease.to_string()})).map(drop)
    }

    /// What is left of a lease.
    pub fn time_to_live(&self, lease: i64) -> Result<Lease, EtcdError> {
        let answer = self.post("/v3/lease/timetolive", &json!({"ID": lease.to_string()}))?;
        Ok(Lease {
            granted: number(&answer["grantedTTL"]).unwrap_or(0),
            left: number(&answer["TTL"]).unwrap_or(0),
        })
    }

    /// Whether an endpoint answers at all.
    #[must_use]
    pub fn answers(&self) -> bool {
        self.post("/v3/kv/range", &json!({"key": encode("\0")})).is_ok()
    }

    fn post(&self, path: &str, request: &Value) -> Result<Value, EtcdError> {
        let mut last = EtcdError::Unreadable("no endpoint".to_owned());
        for endpoint in &self.endpoints {
            match self.post_to(endpoint, path, request) {
                Ok(answer) => return Ok(answer),
                Err(error @ EtcdError::Refused(_)) => return Err(error),
                Err(error @ (EtcdError::Unreachable { .. } | EtcdError::Unreadable(_))) => last = error,
            }
        }
        Err(last)
    }

    fn post_to(&self, endpoint: &str, path: &str, request: &Value) -> Result<Value, EtcdError> {
        let body = request.to_string();
        let text = self
            .exchange(endpoint, path, &body)
            .map_err(|source| EtcdError::Unreachable { endpoint: endpoint.to_owned(), source })?;
        let (head, body) = text.split_once("\r\n\r\n").ok_or_else(|| EtcdError::Unreadable(text.clone()))?;
        let answer: Value =
            serde_json::from_str(body.trim()).map_err(|error| EtcdError::Unreadable(error.to_string()))?;
        if head.split(' ').nth(1) == Some("200") && answer.get("error").is_none() {
            return Ok(answer);
        }
        let message = answer["error"].as_str().or_else(|| answer["message"].as_str()).unwrap_or(body);
        Err(EtcdError::Refused(message.to_owned()))
    }

    /// Asks in HTTP/1.0, so that the answer is never chunked and ends with the connection.
    fn exchange(&self, endpoint: &str, path: &str, body: &str) -> std::io::Result<String> {
        let mut stream = self.connect(endpoint)?;
        stream.set_read_timeout(Some(self.timeout))?;
        stream.set_write_timeout(Some(self.timeout))?;
        let head = format!(
            "POST {path} HTTP/1.0\r\nHost: {endpoint}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(format!("{head}{body}").as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }

    fn connect(&self, endpoint: &str) -> std::io::Result<TcpStream> {
        let bare = endpoint.trim_start_matches("http://");
        let mut last = std::io::Error::from(std::io::ErrorKind::NotFound);
        for address in bare.to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, self.timeout) {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

fn key_value(found: &Value) -> Result<KeyValue, EtcdError> {
    Ok(KeyValue {
        key: decode(&found["key"])?,
        value: decode(&found["value"])?,
        lease: number(&found["lease"]).unwrap_or(0),
    })
}

fn encode(text: &str) -> String {
    BASE64.encode(text)
}

fn encode_bytes(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

fn decode(value: &Value) -> Result<String, EtcdError> {
    let Some(text) = value.as_str() else { return Ok(String::new()) };
    let bytes = BASE64.decode(text).map_err(|error| EtcdError::Unreadable(error.to_string()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn number(value: &Value) -> Result<i64, EtcdError> {
    let parsed = value.as_str().and_then(|text| text.parse().ok()).or_else(|| value.as_i64());
    parsed.ok_or_else(|| EtcdError::Unreadable(value.to_string()))
}

/// The first key behind all that begin with a prefix.
fn end_of(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < 0xff {
            end.push(last + 1);
            return end;
        }
    }
    vec![0]
}

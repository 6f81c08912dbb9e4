//! The registry, read through etcd's JSON gateway: no client library, no writes.
//!
//! `POST /v3/kv/range {"key":"b3BlbmltLw==","range_end":"b3BlbmltMA=="}`

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Client;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Failure, failure_of};
use crate::openim::registry::{Registration, Registry};

/// What etcd said of the deployment's keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The services that are registered, in the order of their keys.
    pub registrations: Vec<Registration>,
    /// The endpoint that answered.
    pub endpoint: String,
    /// From the first packet to the last byte of the answer.
    pub took: Duration,
}

/// No endpoint answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreachable {
    /// The endpoint asked last.
    pub endpoint: String,
    /// What happened there.
    pub failure: Failure,
    /// How long the attempts took together.
    pub took: Duration,
}

#[derive(Deserialize)]
struct Range {
    #[serde(default)]
    kvs: Vec<KeyValue>,
}

#[derive(Deserialize)]
struct KeyValue {
    key: String,
    /// int64 travels as text in protobuf's JSON.
    #[serde(default)]
    lease: Option<String>,
}

#[derive(Deserialize)]
struct TimeToLive {
    #[serde(rename = "TTL")]
    ttl: Option<String>,
}

/// Reads all registrations from the first endpoint that answers.
///
/// # Errors
/// None answers.
pub async fn probe_registry(
    client: &Client,
    registry: &Registry,
    timeout: Duration,
) -> Result<Snapshot, Unreachable> {
    let started = Instant::now();
    let mut last = Unreachable {
        endpoint: "etcd".to_owned(),
        failure: Failure::Other("has no address in the configuration".to_owned()),
        took: Duration::ZERO,
    };
    for endpoint in &registry.addresses {
        match read_keys(client, endpoint, &registry.root, timeout).await {
            Ok(registrations) => {
                let endpoint = endpoint.clone();
                return Ok(Snapshot { registrations, endpoint, took: started.elapsed() });
            }
            Err(failure) => {
                last = Unreachable { endpoint: endpoint.clone(), failure, took: started.elapsed() };
            }
        }
    }
    Err(last)
}

/// Asks how long the leases of some registrations have to go. What is not answered stays unknown.
pub async fn probe_leases(
    client: &Client,
    endpoint: &str,
    registrations: &mut [Registration],
    timeout: Duration,
) {
    for registration in registrations {
        let body = json!({ "ID": registration.lease.to_string() });
        let answer: Result<TimeToLive, _> =
            post(client, endpoint, "/v3/lease/timetolive", &body, timeout).await;
        registration.seconds_left = answer.ok().and_then(|answer| answer.ttl?.parse().ok());
    }
}

async fn read_keys(
    client: &Client,
    endpoint: &str,
    root: &str,
    timeout: Duration,
) -> Result<Vec<Registration>, Failure> {
    // '0' follows '/' in ASCII: the range is all keys that begin with "ROOT/".
    let body = json!({
        "key": STANDARD.encode(format!("{root}/")),
        "range_end": STANDARD.encode(format!("{root}0")),
        "keys_only": true,
    });
    let range: Range = post(client, endpoint, "/v3/kv/range", &body, timeout).await?;
    Ok(range.kvs.iter().filter_map(|kv| parse_key(root, kv)).collect())
}

fn parse_key(root: &str, kv: &KeyValue) -> Option<Registration> {
    let key = String::from_utf8(STANDARD.decode(&kv.key).ok()?).ok()?;
    let lease = kv.lease.as_deref().and_then(|lease| lease.parse().ok()).unwrap_or(0);
    Registration::parse(root, &key, lease)
}

async fn post<T: DeserializeOwned>(
    client: &Client,
    endpoint: &str,
    path: &str,
    body: &Value,
    timeout: Duration,
) -> Result<T, Failure> {
    let request = client.post(format!("http://{endpoint}{path}")).body(body.to_string());
    let response = request.send().await.map_err(|error| failure_of(&error, timeout))?;
    if !response.status().is_success() {
        return Err(Failure::Status(response.status().as_u16()));
    }
    let bytes = response.bytes().await.map_err(|error| failure_of(&error, timeout))?;
    serde_json::from_slice(&bytes).map_err(|_| Failure::WrongProtocol)
}

//! etcd, read through its JSON gateway: the registry, and the members themselves. No client library, no writes.
//!
//! ```text
//! POST /v3/auth/authenticate {"name":"openim","password":"…"}      → {"token":"…"}
//! POST /v3/kv/range {"key":"b3BlbmltLw==","range_end":"b3BlbmltMA=="}
//! POST /v3/maintenance/status {}                                   → {"leader":"10276657743932975437",…}
//! POST /v3/maintenance/alarm {"action":"GET","alarm":"NONE"}       → {"alarms":[{"alarm":"NOSPACE"}]}
//! ```

use std::fmt;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::DateTime;
use reqwest::{Client, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::dependency::{self, Describe, Severity};
use super::{Failure, failure_of};
use crate::openim::dependency::Login;
use crate::openim::endpoint::host_and_port;
use crate::openim::registry::{Registration, Registry, TARGETS};
use crate::time::Timestamp;

const PROTOCOL: &str = "etcd";

/// Ten thousand instances have fewer bytes of keys.
const ANSWER_CAP: usize = 4 * 1024 * 1024;

/// What etcd said of the deployment's keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The services that are registered, in the order of their keys.
    pub registrations: Vec<Registration>,
    /// How many targets of Prometheus are announced.
    pub targets: usize,
    /// The endpoint that answered.
    pub endpoint: String,
    /// How many seconds its clock is before ours, where it tells the time.
    pub ahead: Option<i64>,
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

/// What stands under the root.
struct Keys {
    registrations: Vec<Registration>,
    targets: usize,
    ahead: Option<i64>,
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
        match read_keys(client, endpoint, registry, timeout).await {
            Ok(Keys { registrations, targets, ahead }) => {
                let (endpoint, took) = (endpoint.clone(), started.elapsed());
                return Ok(Snapshot { registrations, targets, endpoint, ahead, took });
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
    login: Option<&Login>,
    registrations: &mut [Registration],
    timeout: Duration,
) {
    let Ok(session) = Session::open(client, endpoint, login, timeout).await else { return };
    for registration in registrations {
        let body = json!({ "ID": registration.lease.to_string() });
        let answer: Result<TimeToLive, _> = session.post("/v3/lease/timetolive", &body).await;
        registration.seconds_left = answer.ok().and_then(|answer| answer.ttl?.parse().ok());
    }
}

async fn read_keys(
    client: &Client,
    endpoint: &str,
    registry: &Registry,
    timeout: Duration,
) -> Result<Keys, Failure> {
    let session = Session::open(client, endpoint, registry.login.as_ref(), timeout).await?;
    session.read_keys(&registry.root).await
}

/// A conversation with one endpoint, logged in where the configuration has a user.
struct Session<'c> {
    client: &'c Client,
    endpoint: String,
    timeout: Duration,
    token: Option<String>,
}

impl<'c> Session<'c> {
    async fn open(
        client: &'c Client,
        endpoint: &str,
        login: Option<&Login>,
        timeout: Duration,
    ) -> Result<Self, Failure> {
        let mut session = Self { client, endpoint: endpoint.to_owned(), timeout, token: None };
        if let Some(login) = login {
            session.token = session.log_in(login).await?;
        }
        Ok(session)
    }

    /// `None` where etcd knows no users: then it lets everybody in.
    async fn log_in(&self, login: &Login) -> Result<Option<String>, Failure> {
        let body = json!({ "name": login.user, "password": login.password.expose() });
        match self.post::<Token>("/v3/auth/authenticate", &body).await {
            Ok(Token { token }) => Ok(Some(token)),
            Err(Failure::AuthRefused { text, .. }) if text.contains("not enabled") => Ok(None),
            Err(Failure::AuthRefused { text, .. }) => {
                Err(Failure::AuthRefused { user: format!("user {}", login.user), text })
            }
            Err(failure) => Err(failure),
        }
    }

    async fn read_keys(&self, root: &str) -> Result<Keys, Failure> {
        // '0' follows '/' in ASCII: the range is all keys that begin with "ROOT/".
        let body = json!({
            "key": STANDARD.encode(format!("{root}/")),
            "range_end": STANDARD.encode(format!("{root}0")),
            "keys_only": true,
        });
        let (range, ahead): (Range, _) = self.post_dated("/v3/kv/range", &body).await?;
        let keys: Vec<(String, i64)> = range.kvs.iter().filter_map(decode).collect();
        let targets = format!("{root}/{TARGETS}");
        Ok(Keys {
            registrations: keys
                .iter()
                .filter_map(|(key, lease)| Registration::parse(root, key, *lease))
                .collect(),
            targets: keys.iter().filter(|(key, _)| key.starts_with(&targets)).count(),
            ahead,
        })
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, Failure> {
        Ok(self.post_dated(path, body).await?.0)
    }

    /// The answer, and how many seconds the endpoint's clock is before ours.
    async fn post_dated<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &Value,
    ) -> Result<(T, Option<i64>), Failure> {
        let url = format!("http://{}{path}", self.endpoint);
        let mut request = self.client.post(url).timeout(self.timeout).body(body.to_string());
        if let Some(token) = &self.token {
            request = request.header("Authorization", token);
        }
        let response = request.send().await.map_err(|error| failure_of(&error, self.timeout))?;
        let (status, ahead) = (response.status(), seconds_ahead(&response));
        let bytes = self.read_body(response).await?;
        if status.is_success() {
            let answer = serde_json::from_slice(&bytes).map_err(|_| Failure::WrongProtocol(PROTOCOL))?;
            return Ok((answer, ahead));
        }
        Err(refusal(status.as_u16(), &bytes))
    }

    async fn read_body(&self, mut response: Response) -> Result<Vec<u8>, Failure> {
        let mut body = Vec::new();
        while let Some(part) = response.chunk().await.map_err(|error| failure_of(&error, self.timeout))? {
            if body.len() + part.len() > ANSWER_CAP {
                return Err(Failure::WrongProtocol(PROTOCOL));
            }
            body.extend_from_slice(&part);
        }
        Ok(body)
    }
}

/// By the `Date` that Go's server writes into each answer, in whole seconds.
fn seconds_ahead(response: &Response) -> Option<i64> {
    let date = response.headers().get("date")?.to_str().ok()?;
    let told = DateTime::parse_from_rfc2822(date).ok()?;
    Some(told.timestamp() - Timestamp::read_clock().utc().timestamp())
}

/// etcd says in its own words why it refuses: `{"error":"etcdserver: user name is empty","code":3,…}`
fn refusal(status: u16, body: &[u8]) -> Failure {
    let Ok(Refusal { error }) = serde_json::from_slice(body) else { return Failure::Status(status) };
    let text = error.strip_prefix("etcdserver: ").unwrap_or(&error).to_owned();
    let of_login = ["authentic", "user name", "permission denied", "invalid auth token", "password"];
    if of_login.iter().any(|words| text.contains(words)) {
        Failure::AuthRefused { user: String::new(), text }
    } else {
        Failure::Other(format!("answers with an error: {text}"))
    }
}

/// A key and its lease.
fn decode(kv: &KeyValue) -> Option<(String, i64)> {
    let key = String::from_utf8(STANDARD.decode(&kv.key).ok()?).ok()?;
    Some((key, kv.lease.as_deref().and_then(|lease| lease.parse().ok()).unwrap_or(0)))
}

// The members.

/// What is wrong with an etcd that answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Too few members to agree on anything.
    NoQuorum {
        /// So many answer.
        answering: usize,
        /// So many there are.
        of: usize,
    },
    /// Some members do not answer; the others suffice.
    MembersAway {
        /// Each with its failure.
        members: Vec<String>,
        /// So many there are.
        of: usize,
    },
    /// Its database has reached its quota.
    NoSpace,
    /// Members differ in their data.
    Corrupt,
}

#[derive(Deserialize)]
struct Token {
    token: String,
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
}

#[derive(Deserialize)]
struct Status {
    /// uint64 travels as text in protobuf's JSON; absent while there is none.
    #[serde(default)]
    leader: Option<String>,
}

#[derive(Default, Deserialize)]
struct Members {
    #[serde(default)]
    members: Vec<Member>,
}

#[derive(Deserialize)]
struct Member {
    #[serde(default, rename = "clientURLs")]
    client_urls: Vec<String>,
}

#[derive(Default, Deserialize)]
struct Alarms {
    #[serde(default)]
    alarms: Vec<Alarm>,
}

#[derive(Deserialize)]
struct Alarm {
    #[serde(default)]
    alarm: String,
}

/// Asks every member, those of the configuration and those that they name, how it is.
pub(super) async fn probe_members(
    client: &Client,
    registry: &Registry,
    timeout: Duration,
) -> Result<Vec<dependency::Trouble>, Failure> {
    let share = timeout / 4;
    let first = first_session(client, registry, share).await?;
    let endpoints = all_endpoints(registry, &first).await;
    let (mut away, mut has_leader, mut last) = (Vec::new(), false, None);
    for endpoint in &endpoints {
        let session = Session { client, endpoint: endpoint.clone(), timeout: share, token: None };
        match session.post::<Status>("/v3/maintenance/status", &json!({})).await {
            Ok(status) => has_leader |= status.leader.is_some_and(|leader| leader != "0"),
            Err(failure) => {
                away.push(format!("{endpoint} {failure}"));
                last = Some(failure);
            }
        }
    }
    // One did answer a moment ago: that is slow, and says nothing of a leader.
    if let Some(failure) = last.filter(|_| away.len() == endpoints.len()) {
        return Err(failure);
    }
    let mut troubles = judge_members(endpoints.len(), away, has_leader);
    troubles.extend(judge_alarms(&first).await);
    Ok(troubles.into_iter().map(dependency::Trouble::Etcd).collect())
}

async fn first_session<'c>(
    client: &'c Client,
    registry: &Registry,
    timeout: Duration,
) -> Result<Session<'c>, Failure> {
    let mut last = Failure::NoAddress;
    for endpoint in &registry.addresses {
        let session = Session { client, endpoint: endpoint.clone(), timeout, token: None };
        match session.post::<Status>("/v3/maintenance/status", &json!({})).await {
            Ok(_) => {
                return Session::open(client, endpoint, registry.login.as_ref(), timeout)
                    .await
                    .or(Ok(session));
            }
            Err(failure) => last = failure,
        }
    }
    Err(last)
}

/// Members may be known by other names inside than outside: one that the configuration names is asked by that
/// name, and more are asked only where the configuration names fewer than there are.
async fn all_endpoints(registry: &Registry, session: &Session<'_>) -> Vec<String> {
    let listed: Members = session.post("/v3/cluster/member/list", &json!({})).await.unwrap_or_default();
    let mut endpoints = registry.addresses.clone();
    if listed.members.len() > endpoints.len() {
        let urls = listed.members.iter().filter_map(|member| member.client_urls.first());
        endpoints = urls.map(|url| host_and_port(url).to_owned()).collect();
    }
    endpoints
}

fn judge_members(of: usize, away: Vec<String>, has_leader: bool) -> Vec<Trouble> {
    if !has_leader {
        return vec![Trouble::NoQuorum { answering: of - away.len(), of }];
    }
    if away.is_empty() { Vec::new() } else { vec![Trouble::MembersAway { members: away, of }] }
}

async fn judge_alarms(session: &Session<'_>) -> Option<Trouble> {
    let question = json!({ "action": "GET", "alarm": "NONE" });
    let Alarms { alarms } = session.post("/v3/maintenance/alarm", &question).await.unwrap_or_default();
    alarms.iter().find_map(|alarm| match alarm.alarm.as_str() {
        "NOSPACE" => Some(Trouble::NoSpace),
        "CORRUPT" => Some(Trouble::Corrupt),
        _ => None,
    })
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoQuorum { answering, of } => {
                write!(f, "has no leader: {answering} of {of} members answer, {} are needed", of / 2 + 1)
            }
            Self::MembersAway { members, of } => {
                write!(f, "serves, but {} of {of} members is away: {}", members.len(), members.join(", "))
            }
            Self::NoSpace => {
                f.write_str("has reached its quota (alarm NOSPACE): it refuses writes, so leases end")
            }
            Self::Corrupt => f.write_str("has members that differ in their data (alarm CORRUPT)"),
        }
    }
}

impl Describe for Trouble {
    fn aspect(&self) -> &'static str {
        match self {
            Self::NoQuorum { .. } | Self::MembersAway { .. } | Self::NoSpace | Self::Corrupt => "members",
        }
    }

    fn severity(&self) -> Severity {
        match self {
            Self::MembersAway { .. } => Severity::Warns,
            Self::NoQuorum { .. } | Self::NoSpace | Self::Corrupt => Severity::Fails,
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::NoQuorum { .. } => "start the other members".to_owned(),
            Self::MembersAway { .. } => "start it; one more may stop all of etcd".to_owned(),
            Self::NoSpace => {
                "compact and defragment it, then `etcdctl alarm disarm`; a larger --quota-backend-bytes lasts longer"
                    .to_owned()
            }
            Self::Corrupt => "replace the member whose data differs; see etcd's log".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_login_is_no_other_error() {
        let body = br#"{"error":"etcdserver: user name is empty","code":3,"message":"x"}"#;
        let refused = Failure::AuthRefused { user: String::new(), text: "user name is empty".to_owned() };
        assert_eq!(refusal(400, body), refused);
        assert_eq!(refusal(404, b"404 page not found"), Failure::Status(404));
    }

    #[test]
    fn one_member_of_three_is_a_warning_and_two_are_the_end() {
        let away = |count| vec!["a:1 refuses connections".to_owned(); count];
        let one = judge_members(3, away(1), true);
        assert_eq!(one[0].severity(), Severity::Warns);
        let two = judge_members(3, away(2), false);
        assert_eq!(two, [Trouble::NoQuorum { answering: 1, of: 3 }]);
    }
}

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
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::dependency::{self, Describe, Severity};
use super::several::{Parted, ask_any, ask_each, part};
use super::tls::Trust;
use super::web::{Request, Url, fetch_up_to};
use super::{Failure, seconds_ahead};
use crate::openim::dependency::Login;
use crate::openim::endpoint::host_and_port;
use crate::openim::registry::{Registration, Registry, TARGETS};

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

/// Reads all registrations from the first endpoint that answers; all are asked at once.
///
/// # Errors
/// None answers: what came of the first.
pub async fn probe_registry(registry: &Registry, timeout: Duration) -> Result<Snapshot, Unreachable> {
    let started = Instant::now();
    let Some(first) = registry.addresses.first() else {
        let failure = Failure::Other("has no address in the configuration".to_owned());
        return Err(Unreachable { endpoint: "etcd".to_owned(), failure, took: Duration::ZERO });
    };
    let read = |endpoint| read_keys(endpoint, registry.clone(), timeout);
    let answer = ask_any(&registry.addresses, timeout, read).await;
    let took = started.elapsed();
    match answer {
        Ok((endpoint, Keys { registrations, targets, ahead })) => {
            Ok(Snapshot { registrations, targets, endpoint, ahead, took })
        }
        Err(failure) => Err(Unreachable {
            endpoint: first.clone(),
            failure: match &registry.login {
                Some(login) => failure.without(&login.password),
                None => failure,
            },
            took,
        }),
    }
}

/// Asks how long the leases of some registrations have to go. What is not answered stays unknown.
pub async fn probe_leases(
    endpoint: &str,
    registry: &Registry,
    registrations: &mut [Registration],
    timeout: Duration,
) {
    let Ok(session) = Session::open(endpoint.to_owned(), registry, timeout).await else { return };
    for registration in registrations {
        let body = json!({ "ID": registration.lease.to_string() });
        let answer: Result<TimeToLive, _> = session.post("/v3/lease/timetolive", &body).await;
        registration.seconds_left = answer.ok().and_then(|answer| answer.ttl?.parse().ok());
    }
}

async fn read_keys(
    endpoint: String,
    registry: Registry,
    timeout: Duration,
) -> Result<(String, Keys), Failure> {
    let session = Session::open(endpoint, &registry, timeout).await?;
    let keys = session.read_keys(&registry.root).await?;
    Ok((session.endpoint, keys))
}

/// A conversation with one endpoint, logged in where the configuration has a user.
struct Session {
    scheme: &'static str,
    endpoint: String,
    timeout: Duration,
    token: Option<String>,
}

impl Session {
    async fn open(endpoint: String, registry: &Registry, timeout: Duration) -> Result<Self, Failure> {
        let mut session = Self::anonymous(endpoint, registry, timeout);
        if let Some(login) = &registry.login {
            session.token = session.log_in(login).await?;
        }
        Ok(session)
    }

    /// For what etcd tells everybody.
    const fn anonymous(endpoint: String, registry: &Registry, timeout: Duration) -> Self {
        let scheme = if registry.is_https { "https" } else { "http" };
        Self { scheme, endpoint, timeout, token: None }
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
        let request = self.request(path, body).ok_or(Failure::NoAddress)?;
        let answer = Box::pin(fetch_up_to(ANSWER_CAP, &request, self.timeout)).await?;
        if !(200..300).contains(&answer.status) {
            return Err(refusal(answer.status, &answer.body));
        }
        let ahead = seconds_ahead(answer.headers.get(header::DATE).and_then(|date| date.to_str().ok()));
        let told = serde_json::from_slice(&answer.body).map_err(|_| Failure::WrongProtocol(PROTOCOL))?;
        Ok((told, ahead))
    }

    /// OpenIM's configuration has no key for an authority: it trusts whom the machine trusts.
    fn request(&self, path: &str, body: &Value) -> Option<Request> {
        let url = Url::parse(&format!("{}://{}{path}", self.scheme, self.endpoint))?;
        let token = self.token.as_ref().and_then(|token| HeaderValue::from_str(token).ok());
        let headers: Vec<(HeaderName, HeaderValue)> =
            token.into_iter().map(|token| (header::AUTHORIZATION, token)).collect();
        let body = Bytes::from(body.to_string());
        Some(Request { url, method: Method::POST, headers, body, trust: Trust::System })
    }
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
    /// It does not answer a question about itself.
    Untold {
        /// What was asked for: "alarms".
        what: &'static str,
        /// What came instead.
        failure: Failure,
    },
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
    registry: &Registry,
    timeout: Duration,
) -> Result<Vec<dependency::Trouble>, Failure> {
    // Three questions follow each other, each to all of whom it is asked at once.
    let share = timeout / 4;
    let open = |endpoint| open_member(endpoint, registry.clone(), share);
    let first = ask_any(&registry.addresses, share * 2, open).await?;
    let (listed, alarms) = tokio::join!(list_members(&first), list_alarms(&first));
    let endpoints = all_endpoints(registry, listed.as_ref().unwrap_or(&Members::default()));
    let ask = |endpoint| ask_status(endpoint, registry.clone(), share);
    // One did answer a moment ago: where none does now, that is slow, and says nothing of a leader.
    let Parted { answered, away } = part(&endpoints, ask_each(&endpoints, share, ask).await)?;
    let has_leader = answered.iter().any(|(_, status)| status.has_leader());
    let mut troubles = judge_members(endpoints.len(), away, has_leader);
    if has_leader {
        troubles.extend(judge_alarms(alarms));
        troubles.extend(listed.err().map(|failure| Trouble::Untold { what: "members", failure }));
    }
    Ok(troubles.iter().map(dependency::Trouble::of).collect())
}

/// Who may not log in may ask how a member is all the same.
async fn open_member(endpoint: String, registry: Registry, timeout: Duration) -> Result<Session, Failure> {
    ask_status(endpoint.clone(), registry.clone(), timeout).await?;
    let logged_in = Session::open(endpoint.clone(), &registry, timeout).await;
    Ok(logged_in.unwrap_or_else(|_| Session::anonymous(endpoint, &registry, timeout)))
}

async fn ask_status(endpoint: String, registry: Registry, timeout: Duration) -> Result<Status, Failure> {
    let session = Session::anonymous(endpoint, &registry, timeout);
    session.post("/v3/maintenance/status", &json!({})).await
}

async fn list_members(session: &Session) -> Result<Members, Failure> {
    session.post("/v3/cluster/member/list", &json!({})).await
}

async fn list_alarms(session: &Session) -> Result<Alarms, Failure> {
    session.post("/v3/maintenance/alarm", &json!({ "action": "GET", "alarm": "NONE" })).await
}

impl Status {
    fn has_leader(&self) -> bool {
        self.leader.as_ref().is_some_and(|leader| leader != "0")
    }
}

/// Members may be known by other names inside than outside: one that the configuration names is asked by that
/// name, and more are asked only where the configuration names fewer than there are.
fn all_endpoints(registry: &Registry, listed: &Members) -> Vec<String> {
    if listed.members.len() <= registry.addresses.len() {
        return registry.addresses.clone();
    }
    let urls = listed.members.iter().filter_map(|member| member.client_urls.first());
    urls.map(|url| host_and_port(url).to_owned()).collect()
}

fn judge_members(of: usize, away: Vec<String>, has_leader: bool) -> Vec<Trouble> {
    if !has_leader {
        return vec![Trouble::NoQuorum { answering: of - away.len(), of }];
    }
    if away.is_empty() { Vec::new() } else { vec![Trouble::MembersAway { members: away, of }] }
}

fn judge_alarms(answer: Result<Alarms, Failure>) -> Option<Trouble> {
    let alarms = match answer {
        Ok(Alarms { alarms }) => alarms,
        Err(failure) => return Some(Trouble::Untold { what: "alarms", failure }),
    };
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
                let be = if members.len() == 1 { "is" } else { "are" };
                write!(f, "serves, but {} of {of} members {be} away: {}", members.len(), members.join(", "))
            }
            Self::NoSpace => {
                f.write_str("has reached its quota (alarm NOSPACE): it refuses writes, so leases end")
            }
            Self::Untold { what, failure } => write!(f, "serves, but asked for its {what} it {failure}"),
            Self::Corrupt => f.write_str("has members that differ in their data (alarm CORRUPT)"),
        }
    }
}

impl Describe for Trouble {
    fn aspect(&self) -> &'static str {
        match self {
            Self::NoQuorum { .. }
            | Self::MembersAway { .. }
            | Self::NoSpace
            | Self::Corrupt
            | Self::Untold { .. } => "members",
        }
    }

    fn severity(&self) -> Severity {
        match self {
            Self::MembersAway { .. } => Severity::Warns,
            Self::Untold { .. } => Severity::Unclear,
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
            Self::Untold { .. } => {
                "look into etcd's log; a user of etcd may need the role root to be told".to_owned()
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

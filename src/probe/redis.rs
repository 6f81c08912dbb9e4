//! Redis, as OpenIM connects: the login of redis.yml, then `PING` and `INFO`; a cluster's own view of itself;
//! the master that the sentinels name.
//!
//! ```text
//! AUTH default …  → +OK      -WRONGPASS invalid username-password pair or user is disabled.
//! PING            → +PONG    -LOADING Redis is loading the dataset in memory
//! INFO            → role:slave, maxmemory:1048576, …
//! MULTI, SET … XX → +QUEUED  -NOREPLICAS Not enough good replicas to write.
//! DISCARD
//! ```
//!
//! Nothing is ever written: what a write would come to is told by the server when it queues one, and no `EXEC` follows.
//! The protocol comes from the crate `redis`; the connection is ours, so that each failure is told from the others.
//! Left out: Redis over TLS, which OpenIM's configuration cannot ask for (a server that wants it is named as such).

use std::fmt;
use std::time::Duration;

use redis::{Cmd, Value, cmd, parse_redis_value};

use super::connection::Connection;
use super::dependency::{self, Describe, Severity};
use super::several::{Parted, ask_each, part};
use super::{Failure, connection};
use crate::openim::dependency::{Login, Redis, RedisMode};

const PROTOCOL: &str = "Redis";

/// What is wrong with a Redis that answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It reads its data from disk.
    Loading,
    /// It is a replica that has lost its master.
    MasterDown,
    /// It cannot write its data to disk and refuses to work.
    CannotSave,
    /// The user may not do what OpenIM does.
    NoPermission(String),
    /// It answers `PING` with another error.
    Refuses(String),
    /// It has no database of the configured number.
    NoDatabase {
        /// The number.
        number: u32,
        /// The server's own words.
        text: String,
    },
    /// It does not let the user see `INFO`.
    TellsNothing(String),
    /// The user may not write.
    MayNotWrite(String),
    /// Too few of its replicas follow, and it has been told not to write without them.
    NoReplicas,
    /// It takes no writes for want of memory, whatever it may evict.
    OutOfMemory,
    /// It is a replica that takes no writes.
    ReadOnly,
    /// It has used the memory it may use, and evicts nothing.
    MemoryFull {
        /// In bytes.
        used: u64,
        /// In bytes.
        limit: u64,
    },
    /// It is nearly there.
    MemoryShort {
        /// In percent.
        used: u64,
    },
    /// It is part of a cluster, and the configuration says that it is not.
    IsCluster,
    /// It is no cluster, and the configuration says that it is one.
    NoCluster,
    /// The cluster does not work as a whole.
    ClusterDown {
        /// So many of its slots have nobody to serve them.
        slots_missing: u64,
        /// Whether it serves the others all the same (`cluster-require-full-coverage no`).
        rest_serves: bool,
    },
    /// One node of a cluster has a trouble of its own.
    AtNode {
        /// The node.
        address: String,
        /// Its trouble.
        trouble: Box<Trouble>,
    },
    /// Some of the configured nodes do not answer.
    NodesAway {
        /// Each with its failure.
        nodes: Vec<String>,
        /// How many there are.
        of: usize,
    },
    /// No sentinel knows the master.
    NoMaster(String),
    /// Some sentinels say otherwise than the others.
    SentinelsApart(Vec<String>),
}

// What it asks.

/// Asks Redis.
pub(super) async fn probe_redis(
    redis: &Redis,
    timeout: Duration,
) -> Result<Vec<dependency::Trouble>, Failure> {
    let troubles = match &redis.mode {
        RedisMode::Standalone => {
            let address = redis.addresses.first().ok_or(Failure::NoAddress)?;
            probe_single(address, redis).await?
        }
        RedisMode::Cluster => probe_cluster(redis, timeout).await?,
        RedisMode::Sentinel { master, sentinels } => {
            probe_sentinels(redis, master, sentinels, timeout).await?
        }
    };
    Ok(troubles.iter().map(dependency::Trouble::of).collect())
}

async fn probe_single(address: &str, redis: &Redis) -> Result<Vec<Trouble>, Failure> {
    let mut session = Session::open(address, redis.login.as_ref()).await?;
    if let Some(trouble) = session.ping().await? {
        return Ok(vec![trouble]);
    }
    if let Some(trouble) = session.select(redis.database).await? {
        return Ok(vec![trouble]);
    }
    session.examine(false).await
}

/// Every node is asked, at once: one that sees the whole cluster is enough, and each may have a trouble of its own.
async fn probe_cluster(redis: &Redis, timeout: Duration) -> Result<Vec<Trouble>, Failure> {
    let ask = |address| ask_node(address, redis.login.clone());
    let answers = ask_each(&redis.addresses, before(timeout), ask).await;
    Ok(judge_cluster(part(&redis.addresses, answers)?, redis.addresses.len()))
}

/// Leaves time to answer for those that were asked at once, before the whole probe has to end.
fn before(timeout: Duration) -> Duration {
    timeout / 10 * 9
}

/// What one node of a cluster says.
#[derive(Debug, Default)]
struct Node {
    /// What is wrong with itself.
    troubles: Vec<Trouble>,
    /// How it sees the whole, where it has come to that.
    view: Option<View>,
}

/// How a node sees its cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum View {
    Serves,
    Down { slots_missing: u64, rest_serves: bool },
    NoCluster,
}

async fn ask_node(address: String, login: Option<Login>) -> Result<Node, Failure> {
    let mut session = Session::open(&address, login.as_ref()).await?;
    if let Some(trouble) = session.ping().await? {
        return Ok(Node { troubles: vec![trouble], view: None });
    }
    let mut question = cmd("CLUSTER");
    question.arg("INFO");
    let view = match session.ask(&question).await? {
        Reply::Value(value) => parse_view(&text_of(&value)),
        Reply::Error { code, text } if code == NOPERM => {
            return Ok(Node { troubles: vec![Trouble::NoPermission(text)], view: None });
        }
        Reply::Error { .. } => return Ok(Node { view: Some(View::NoCluster), ..Node::default() }),
    };
    Ok(Node { troubles: session.examine(true).await?, view: Some(view) })
}

/// Every sentinel is asked, at once; the master is whom most of them name.
async fn probe_sentinels(
    redis: &Redis,
    name: &str,
    sentinels: &[String],
    timeout: Duration,
) -> Result<Vec<Trouble>, Failure> {
    let ask = |sentinel| ask_sentinel(sentinel, name.to_owned());
    // One that hangs must leave time to ask the master.
    let Parted { answered, away } = part(sentinels, ask_each(sentinels, timeout / 2, ask).await)?;
    let Some(address) = named_by_most(&answered) else {
        return Ok(vec![Trouble::NoMaster(name.to_owned())]);
    };
    let mut troubles = probe_single(&address, redis).await?;
    let others: Vec<String> = answered
        .iter()
        .filter(|(_, named)| named.as_ref() != Some(&address))
        .map(|(sentinel, named)| format!("{sentinel} names {}", named.as_deref().unwrap_or("none")))
        .collect();
    if !others.is_empty() {
        troubles.push(Trouble::SentinelsApart(others));
    }
    if !away.is_empty() {
        troubles.push(Trouble::NodesAway { nodes: away, of: sentinels.len() });
    }
    Ok(troubles)
}

/// Of equals the first.
fn named_by_most(answered: &[(String, Option<String>)]) -> Option<String> {
    let named = || answered.iter().filter_map(|(_, named)| named.as_ref());
    let count = |address: &String| named().filter(|other| *other == address).count();
    named().rev().max_by_key(|address| count(address)).cloned()
}

/// The address of the master, `None` where the sentinel knows none of this name.
async fn ask_sentinel(sentinel: String, master: String) -> Result<Option<String>, Failure> {
    let mut session = Session::open(&sentinel, None).await?;
    let mut question = cmd("SENTINEL");
    question.arg("get-master-addr-by-name").arg(master);
    match session.ask(&question).await? {
        Reply::Value(Value::Array(parts)) => {
            let parts: Vec<String> = parts.iter().map(text_of).collect();
            Ok((!parts.is_empty()).then(|| parts.join(":")))
        }
        Reply::Value(_) => Ok(None),
        Reply::Error { text, .. } => Err(Failure::Other(format!("says {text}"))),
    }
}

/// The word with which Redis says "you may not".
const NOPERM: &str = "NOPERM";

/// A key of a kind that OpenIM writes, so that a user who may write those alone may write this; nobody has it.
const NOBODYS_KEY: &str = "UID_PID_TOKEN_STATUS:openim-check";

struct Session(Connection);

enum Reply {
    Value(Value),
    Error { code: String, text: String },
}

impl Session {
    async fn open(address: &str, login: Option<&Login>) -> Result<Self, Failure> {
        let mut session = Self(connection::Connection::open(address, PROTOCOL, None).await?);
        if let Some(login) = login {
            session.log_in(login).await?;
        }
        Ok(session)
    }

    async fn log_in(&mut self, login: &Login) -> Result<(), Failure> {
        let (user, password) = (login.user.as_str(), login.password.expose());
        let named = if user.is_empty() { "default" } else { user };
        let mut question = cmd("AUTH");
        if !user.is_empty() {
            question.arg(user);
        }
        let mut reply = self.ask(question.arg(password)).await?;
        if matches!(&reply, Reply::Error { text, .. } if text.contains("unknown command")) {
            // AUTH has another name there. OpenIM's client logs in as it greets, and so gets in.
            reply = self.ask(cmd("HELLO").arg(2).arg("AUTH").arg(named).arg(password)).await?;
        }
        match reply {
            // A server without a password lets OpenIM in whatever it says: its client greets with HELLO.
            Reply::Error { text, .. } if !text.contains("without any password") => {
                Err(Failure::AuthRefused { user: format!("user {named}"), text })
            }
            Reply::Error { .. } | Reply::Value(_) => Ok(()),
        }
    }

    async fn ping(&mut self) -> Result<Option<Trouble>, Failure> {
        let Reply::Error { code, text } = self.ask(&cmd("PING")).await? else { return Ok(None) };
        Ok(Some(match code.as_str() {
            "NOAUTH" => return Err(Failure::AuthRefused { user: String::new(), text }),
            "LOADING" => Trouble::Loading,
            "MASTERDOWN" => Trouble::MasterDown,
            "MISCONF" => Trouble::CannotSave,
            NOPERM => Trouble::NoPermission(text),
            _ => Trouble::Refuses(text),
        }))
    }

    /// Goes where OpenIM's keys are; every server has the first database.
    async fn select(&mut self, number: u32) -> Result<Option<Trouble>, Failure> {
        if number == 0 {
            return Ok(None);
        }
        Ok(match self.ask(cmd("SELECT").arg(number)).await? {
            Reply::Value(_) => None,
            Reply::Error { code, text } if code == NOPERM => Some(Trouble::NoPermission(text)),
            Reply::Error { text, .. } if text.contains("cluster mode") => Some(Trouble::IsCluster),
            Reply::Error { text, .. } => Some(Trouble::NoDatabase { number, text }),
        })
    }

    /// What it tells of itself, and, unless that is bad already, what a write would come to.
    async fn examine(&mut self, of_cluster: bool) -> Result<Vec<Trouble>, Failure> {
        let mut troubles = match self.ask(&cmd("INFO")).await? {
            Reply::Value(value) => judge_info(&text_of(&value), of_cluster),
            Reply::Error { text, .. } => vec![Trouble::TellsNothing(text)],
        };
        if troubles.iter().all(|trouble| trouble.severity() < Severity::Fails) {
            troubles.extend(self.try_to_write().await?);
        }
        Ok(troubles)
    }

    /// A transaction's command is judged when it is queued. It would change nothing even where a server carried it
    /// out at once: with `XX` it writes only over what is there.
    async fn try_to_write(&mut self) -> Result<Option<Trouble>, Failure> {
        if !matches!(self.ask(&cmd("MULTI")).await?, Reply::Value(Value::Okay)) {
            return Ok(None);
        }
        let queued = self.ask(cmd("SET").arg(NOBODYS_KEY).arg("").arg("XX")).await?;
        self.ask(&cmd("DISCARD")).await?;
        Ok(match queued {
            Reply::Value(_) => None,
            Reply::Error { code, text } => judge_refused_write(&code, text),
        })
    }

    async fn ask(&mut self, question: &Cmd) -> Result<Reply, Failure> {
        self.0.send(&question.get_packed_command()).await?;
        let value = self.0.receive(parse_reply).await?;
        let Value::ServerError(error) = value else { return Ok(Reply::Value(value)) };
        let code = error.code().to_owned();
        let details = error.details().map(without_echo);
        let text = details.map_or_else(|| code.clone(), |details| format!("{code} {details}"));
        Ok(Reply::Error { code, text })
    }
}

// How it reads the answer.

/// One question is answered by one reply, so all that came belongs to it.
fn parse_reply(received: &[u8]) -> Result<Option<(Value, usize)>, Failure> {
    match received.first() {
        None => return Ok(None),
        Some(b'+' | b'-' | b':' | b'$' | b'*' | b'_' | b'%' | b'=' | b'#' | b',') => {}
        Some(_) => return Err(Failure::WrongProtocol(PROTOCOL)),
    }
    match parse_redis_value(received) {
        Ok(value) => Ok(Some((value, received.len()))),
        // The parser reports an answer that is not all there as the end of its input.
        Err(error) if error.is_io_error() => Ok(None),
        Err(_) => Err(Failure::WrongProtocol(PROTOCOL)),
    }
}

/// What we ask for comes as a text; anything else is none.
fn text_of(value: &Value) -> String {
    if let Value::BulkString(bytes) = value {
        String::from_utf8_lossy(bytes).into_owned()
    } else if let Value::SimpleString(text) | Value::VerbatimString { text, .. } = value {
        text.clone()
    } else {
        String::new()
    }
}

/// `unknown command 'AUTH', with args beginning with: 'default' 'pass`: who does not know a question repeats as much of
/// it as fits, and so perhaps a part of the password.
fn without_echo(text: &str) -> &str {
    text.split_once(", with args beginning with").map_or(text, |(text, _)| text)
}

/// A cluster divides its keys into so many.
const SLOTS: u64 = 16_384;

fn parse_view(cluster_info: &str) -> View {
    let without = |slots: &str| SLOTS.saturating_sub(number(cluster_info, slots));
    if field(cluster_info, "cluster_state") != Some("ok") {
        return View::Down { slots_missing: without("cluster_slots_ok"), rest_serves: false };
    }
    // Those of a node that is only suspected are served as soon as it answers.
    match without("cluster_slots_assigned") + number(cluster_info, "cluster_slots_fail") {
        0 => View::Serves,
        slots_missing => View::Down { slots_missing, rest_serves: true },
    }
}

/// The value of `name:value` in the lines of `INFO`.
fn field<'t>(info: &'t str, name: &str) -> Option<&'t str> {
    info.lines().filter_map(|line| line.split_once(':')).find(|(key, _)| *key == name).map(|(_, value)| value)
}

fn number(info: &str, name: &str) -> u64 {
    field(info, name).and_then(|value| value.trim().parse().ok()).unwrap_or(0)
}

// How it judges.

/// From here on memory is short, in percent.
const MEMORY_SHORT: u64 = 95;

fn judge_info(info: &str, of_cluster: bool) -> Vec<Trouble> {
    let is_replica = field(info, "role") == Some("slave");
    let mut troubles = Vec::new();
    if !of_cluster && number(info, "cluster_enabled") == 1 {
        troubles.push(Trouble::IsCluster);
    }
    if !of_cluster && is_replica && number(info, "slave_read_only") == 1 {
        troubles.push(Trouble::ReadOnly);
    }
    // A cluster's replica has what its master has, whatever its own limit.
    troubles.extend(judge_memory(info).filter(|_| !(of_cluster && is_replica)));
    troubles
}

/// `None` where it says nothing of this server's writes: `MOVED`, as the key is another node's, or what we do not know.
fn judge_refused_write(code: &str, text: String) -> Option<Trouble> {
    match code {
        NOPERM => Some(Trouble::MayNotWrite(text)),
        "NOREPLICAS" => Some(Trouble::NoReplicas),
        "READONLY" => Some(Trouble::ReadOnly),
        "OOM" => Some(Trouble::OutOfMemory),
        "MISCONF" => Some(Trouble::CannotSave),
        _ => None,
    }
}

fn judge_cluster(Parted { answered, mut away }: Parted<Node>, of: usize) -> Vec<Trouble> {
    if let Some(trouble) = judge_whole(&answered) {
        return vec![trouble];
    }
    let mut troubles = Vec::new();
    for (address, node) in answered {
        if let Some(trouble) = node.view.and_then(View::trouble) {
            away.push(format!("{address} {trouble}"));
        }
        for trouble in node.troubles {
            if trouble.leaves_it_to_others() {
                away.push(format!("{address} {trouble}"));
            } else {
                troubles.push(Trouble::AtNode { address: address.clone(), trouble: Box::new(trouble) });
            }
        }
    }
    if !away.is_empty() {
        troubles.push(Trouble::NodesAway { nodes: away, of });
    }
    troubles
}

/// What is wrong with the cluster as a whole: nothing, where one node sees that it serves.
fn judge_whole(nodes: &[(String, Node)]) -> Option<Trouble> {
    let views = || nodes.iter().filter_map(|(_, node)| node.view);
    if views().any(|view| view == View::Serves) {
        return None;
    }
    let down = views().filter(|view| matches!(view, View::Down { .. }));
    // Of those who serve a part, or else of all, the one that misses least.
    let best = down.min_by_key(|view| match *view {
        View::Down { slots_missing, rest_serves } => (!rest_serves, slots_missing),
        View::Serves | View::NoCluster => (true, SLOTS),
    });
    if let Some(best) = best {
        return best.trouble();
    }
    let first = || nodes.iter().find_map(|(_, node)| node.troubles.first().cloned());
    views().next().map_or_else(first, View::trouble)
}

impl View {
    fn trouble(self) -> Option<Trouble> {
        match self {
            Self::Serves => None,
            Self::Down { slots_missing, rest_serves } => {
                Some(Trouble::ClusterDown { slots_missing, rest_serves })
            }
            Self::NoCluster => Some(Trouble::NoCluster),
        }
    }
}

impl Trouble {
    /// Whether a node of a cluster with this is only one node less.
    const fn leaves_it_to_others(&self) -> bool {
        match self {
            Self::Loading | Self::MasterDown | Self::Refuses(_) => true,
            Self::CannotSave
            | Self::NoPermission(_)
            | Self::NoDatabase { .. }
            | Self::TellsNothing(_)
            | Self::MayNotWrite(_)
            | Self::NoReplicas
            | Self::OutOfMemory
            | Self::ReadOnly
            | Self::MemoryFull { .. }
            | Self::MemoryShort { .. }
            | Self::IsCluster
            | Self::NoCluster
            | Self::ClusterDown { .. }
            | Self::AtNode { .. }
            | Self::NodesAway { .. }
            | Self::NoMaster(_)
            | Self::SentinelsApart(_) => false,
        }
    }
}

fn judge_memory(info: &str) -> Option<Trouble> {
    let (used, limit) = (number(info, "used_memory"), number(info, "maxmemory"));
    if limit == 0 || field(info, "maxmemory_policy") != Some("noeviction") {
        return None;
    }
    let percent = used.saturating_mul(100) / limit;
    if used >= limit {
        Some(Trouble::MemoryFull { used, limit })
    } else if percent >= MEMORY_SHORT {
        Some(Trouble::MemoryShort { used: percent })
    } else {
        None
    }
}

// Its sentences.

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loading => f.write_str("is loading its data from disk and answers nothing else"),
            Self::MasterDown => {
                f.write_str("is a replica that has lost its master, and serves no stale data")
            }
            Self::CannotSave => f.write_str("cannot save its data to disk, so it refuses writes"),
            Self::NoPermission(text) => write!(f, "lets OpenIM's user in but forbids what it does: {text}"),
            Self::Refuses(text) => write!(f, "answers PING with an error: {text}"),
            Self::NoDatabase { number, text } => {
                write!(f, "has no database {number} for OpenIM: {text}")
            }
            Self::TellsNothing(text) => {
                write!(f, "answers, but does not tell OpenIM's user how it is: {text}")
            }
            Self::MayNotWrite(text) => {
                write!(f, "lets OpenIM's user in but does not let it write: {text}")
            }
            Self::NoReplicas => {
                f.write_str("has fewer replicas in reach than min-replicas-to-write wants: it refuses writes")
            }
            Self::OutOfMemory => f.write_str("has used its memory and finds nothing to evict: writes fail"),
            Self::ReadOnly => f.write_str("is a read-only replica: OpenIM's writes fail"),
            Self::MemoryFull { used, limit } => write!(
                f,
                "has used its memory ({} of {} MiB) and evicts nothing: writes fail",
                used / (1 << 20),
                limit / (1 << 20)
            ),
            Self::MemoryShort { used } => write!(f, "has used {used} % of its memory and evicts nothing"),
            Self::IsCluster => f.write_str("is a cluster, and the configuration says that it is not"),
            Self::NoCluster => f.write_str("is no cluster, and the configuration says that it is one"),
            Self::ClusterDown { slots_missing: 0, .. } => f.write_str("is a cluster that does not serve"),
            Self::ClusterDown { slots_missing, rest_serves: true } => {
                write!(
                    f,
                    "is a cluster that does not serve {slots_missing} of {SLOTS} slots: their keys are out of reach"
                )
            }
            Self::ClusterDown { slots_missing, rest_serves: false } => {
                write!(f, "is a cluster that does not serve: {slots_missing} of {SLOTS} slots have no node")
            }
            Self::AtNode { address, trouble } => {
                write!(f, "is a cluster whose node {address} {trouble}")
            }
            Self::NodesAway { nodes, of } => {
                write!(f, "serves, but {} of {of} nodes do not answer: {}", nodes.len(), nodes.join(", "))
            }
            Self::NoMaster(name) => write!(f, "has no master named {name:?} that its sentinels know"),
            Self::SentinelsApart(others) => {
                write!(f, "serves, but not all sentinels say so: {}", others.join(", "))
            }
        }
    }
}

impl Describe for Trouble {
    fn aspect(&self) -> &'static str {
        match self {
            Self::Loading
            | Self::MasterDown
            | Self::CannotSave
            | Self::NoPermission(_)
            | Self::Refuses(_)
            | Self::NoDatabase { .. }
            | Self::IsCluster
            | Self::NoCluster
            | Self::ClusterDown { .. }
            | Self::NodesAway { .. }
            | Self::NoMaster(_)
            | Self::SentinelsApart(_) => "ping",
            Self::TellsNothing(_)
            | Self::MayNotWrite(_)
            | Self::NoReplicas
            | Self::OutOfMemory
            | Self::ReadOnly
            | Self::MemoryFull { .. }
            | Self::MemoryShort { .. } => "writes",
            Self::AtNode { trouble, .. } => trouble.aspect(),
        }
    }

    fn severity(&self) -> Severity {
        match self {
            Self::MemoryShort { .. } | Self::NodesAway { .. } | Self::SentinelsApart(_) => Severity::Warns,
            Self::TellsNothing(_) => Severity::Unclear,
            Self::AtNode { trouble, .. } => trouble.severity(),
            Self::Loading
            | Self::MasterDown
            | Self::CannotSave
            | Self::NoPermission(_)
            | Self::Refuses(_)
            | Self::NoDatabase { .. }
            | Self::MayNotWrite(_)
            | Self::NoReplicas
            | Self::OutOfMemory
            | Self::IsCluster
            | Self::NoCluster
            | Self::ClusterDown { .. }
            | Self::NoMaster(_)
            | Self::ReadOnly
            | Self::MemoryFull { .. } => Severity::Fails,
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::Loading => {
                "wait until Redis has loaded its data; restart the services that have exited".into()
            }
            Self::MasterDown => "start the master, or make this replica one (REPLICAOF NO ONE)".into(),
            Self::CannotSave => "make room where Redis keeps its data, and look into its log".into(),
            Self::NoPermission(_) => {
                "allow OpenIM's user all commands and keys (ACL SETUSER … ~* &* +@all)".into()
            }
            Self::Refuses(_) => "look into the log of Redis".into(),
            Self::NoDatabase { .. } => "correct db in redis.yml, or raise `databases` of Redis".into(),
            Self::TellsNothing(_) => "allow OpenIM's user INFO (ACL SETUSER … +info)".into(),
            Self::MayNotWrite(_) => {
                "allow OpenIM's user to write all its keys (ACL SETUSER … ~* +@write)".into()
            }
            Self::NoReplicas => "start the replicas of Redis, or lower min-replicas-to-write".into(),
            Self::ReadOnly => {
                "name the master in redis.yml, or make this replica one (REPLICAOF NO ONE)".into()
            }
            Self::OutOfMemory | Self::MemoryFull { .. } | Self::MemoryShort { .. } => {
                "raise maxmemory of Redis, or give it a maxmemory-policy that evicts".into()
            }
            Self::IsCluster => "set clusterMode: true in redis.yml (redisMode: cluster in main)".into(),
            Self::NoCluster => "set clusterMode: false in redis.yml (redisMode: standalone in main)".into(),
            Self::ClusterDown { .. } => {
                "start the missing nodes; `redis-cli --cluster check` names them".into()
            }
            Self::AtNode { trouble, .. } => trouble.hint(),
            Self::NodesAway { .. } => "start them; a second failure may stop all of Redis".into(),
            Self::NoMaster(_) => "correct sentinelMode.masterName in redis.yml".into(),
            Self::SentinelsApart(_) => {
                "have them watch the same master (SENTINEL MASTERS says whom each one does)".into()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_is_not_all_there_asks_for_more_and_garbage_is_no_redis() {
        assert!(matches!(parse_reply(b"+PON"), Ok(None)));
        assert!(matches!(parse_reply(b"$100\r\nabc"), Ok(None)));
        assert!(matches!(parse_reply(b"+PONG\r\n"), Ok(Some((_, 7)))));
        let garbage = parse_reply(b"SSH-2.0-OpenSSH_9.2\r\n");
        assert_eq!(garbage.err(), Some(Failure::WrongProtocol(PROTOCOL)));
    }

    #[test]
    fn memory_is_full_only_where_nothing_is_evicted() {
        let info = |policy| format!("used_memory:100\r\nmaxmemory:100\r\nmaxmemory_policy:{policy}\r\n");
        assert_eq!(judge_info(&info("noeviction"), false), [Trouble::MemoryFull { used: 100, limit: 100 }]);
        assert_eq!(judge_info(&info("allkeys-lru"), false), []);
    }

    #[test]
    fn a_replica_that_takes_no_writes_is_no_use() {
        assert_eq!(judge_info("role:slave\r\nslave_read_only:1\r\n", false), [Trouble::ReadOnly]);
        assert_eq!(judge_info("role:master\r\n", false), []);
    }

    #[test]
    fn what_a_server_repeats_of_a_question_is_left_out() {
        let told = "unknown command 'AUTH', with args beginning with: 'default' 'canary";
        assert_eq!(without_echo(told), "unknown command 'AUTH'");
        assert_eq!(without_echo("Can't save in background"), "Can't save in background");
    }

    /// A cluster of three nodes as they describe it; what is not among the answers is away.
    fn of_three(nodes: Vec<Node>) -> Vec<Trouble> {
        let answered: Vec<_> =
            nodes.into_iter().enumerate().map(|(index, node)| (format!("n{index}:1"), node)).collect();
        let away = (answered.len()..3).map(|index| format!("n{index}:1 gives no answer")).collect();
        judge_cluster(Parted { answered, away }, 3)
    }

    fn sees(view: View) -> Node {
        Node { view: Some(view), ..Node::default() }
    }

    #[test]
    fn one_node_less_is_a_warning_whichever_it_is_and_whatever_keeps_it() {
        let loading = || Node { troubles: vec![Trouble::Loading], view: None };
        for nodes in [
            vec![sees(View::Serves), sees(View::Serves)],
            vec![loading(), sees(View::Serves), sees(View::Serves)],
            vec![
                sees(View::Serves),
                sees(View::Serves),
                sees(View::Down { slots_missing: SLOTS, rest_serves: false }),
            ],
            vec![sees(View::NoCluster), sees(View::Serves), sees(View::Serves)],
        ] {
            let troubles = of_three(nodes);
            assert_eq!(troubles.len(), 1, "{troubles:?}");
            assert!(matches!(&troubles[0], Trouble::NodesAway { nodes, of: 3 } if nodes.len() == 1));
        }
        assert_eq!(of_three(vec![loading(), loading(), loading()]), [Trouble::Loading]);
    }

    #[test]
    fn the_trouble_of_a_later_node_is_told_with_its_name() {
        let full = Trouble::MemoryFull { used: 2 << 20, limit: 2 << 20 };
        let last = Node { troubles: vec![full], ..sees(View::Serves) };
        let troubles = of_three(vec![sees(View::Serves), sees(View::Serves), last]);
        assert_eq!(troubles.len(), 1);
        assert_eq!((troubles[0].severity(), troubles[0].aspect()), (Severity::Fails, "writes"));
        let sentence = troubles[0].to_string();
        assert!(sentence.starts_with("is a cluster whose node n2:1 has used its memory"), "{sentence}");
    }

    #[test]
    fn the_master_is_whom_most_sentinels_name() {
        let answers = |named: &[Option<&str>]| -> Vec<(String, Option<String>)> {
            named.iter().map(|named| ("s:1".to_owned(), named.map(str::to_owned))).collect()
        };
        let most = |named: &[Option<&str>]| named_by_most(&answers(named));
        assert_eq!(most(&[None, Some("a:1")]).as_deref(), Some("a:1"));
        assert_eq!(most(&[Some("a:1"), Some("b:1"), Some("b:1")]).as_deref(), Some("b:1"));
        assert_eq!(most(&[Some("a:1"), Some("b:1")]).as_deref(), Some("a:1"));
        assert_eq!(most(&[None, None]), None);
    }
}

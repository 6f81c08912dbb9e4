//! Redis, as OpenIM connects: the login of redis.yml, then `PING` and `INFO`; a cluster's own view of itself;
//! the master that the sentinels name.
//!
//! ```text
//! AUTH default …  → +OK      -WRONGPASS invalid username-password pair or user is disabled.
//! PING            → +PONG    -LOADING Redis is loading the dataset in memory
//! INFO            → role:slave, maxmemory:1048576, …
//! ```
//!
//! The protocol comes from the crate `redis`; the connection is ours, so that each failure is told from the others.
//! Left out: Redis over TLS, which OpenIM's configuration cannot ask for (a server that wants it is named as such).

use std::fmt;

use redis::{Cmd, Value, cmd, parse_redis_value};

use super::connection::Connection;
use super::dependency::{self, Describe, Severity};
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
}

// What it asks.

/// Asks Redis.
pub(super) async fn probe_redis(redis: &Redis) -> Result<Vec<dependency::Trouble>, Failure> {
    let troubles = match &redis.mode {
        RedisMode::Standalone => {
            let address = redis.addresses.first().ok_or(Failure::NoAddress)?;
            probe_single(address, redis.login.as_ref()).await?
        }
        RedisMode::Cluster => probe_cluster(redis).await?,
        RedisMode::Sentinel { master, sentinels } => probe_sentinels(redis, master, sentinels).await?,
    };
    Ok(troubles.into_iter().map(dependency::Trouble::Redis).collect())
}

async fn probe_single(address: &str, login: Option<&Login>) -> Result<Vec<Trouble>, Failure> {
    let mut session = Session::open(address, login).await?;
    if let Some(trouble) = session.ping().await? {
        return Ok(vec![trouble]);
    }
    let info = session.info().await?;
    Ok(judge_info(&info, false))
}

/// Every node is asked; one that sees the whole cluster is enough.
async fn probe_cluster(redis: &Redis) -> Result<Vec<Trouble>, Failure> {
    let (mut seen, mut away, mut last) = (None, Vec::new(), Failure::NoAddress);
    for address in &redis.addresses {
        match probe_cluster_node(address, redis.login.as_ref()).await {
            Ok(troubles) => seen = seen.or(Some(troubles)),
            Err(failure) => {
                away.push(format!("{address} {failure}"));
                last = failure;
            }
        }
    }
    let mut troubles = seen.ok_or(last)?;
    if !away.is_empty() && troubles.is_empty() {
        troubles.push(Trouble::NodesAway { nodes: away, of: redis.addresses.len() });
    }
    Ok(troubles)
}

async fn probe_cluster_node(address: &str, login: Option<&Login>) -> Result<Vec<Trouble>, Failure> {
    let mut session = Session::open(address, login).await?;
    if let Some(trouble) = session.ping().await? {
        return Ok(vec![trouble]);
    }
    let mut question = cmd("CLUSTER");
    question.arg("INFO");
    match session.ask(&question).await? {
        Reply::Error { .. } => Ok(vec![Trouble::NoCluster]),
        Reply::Value(value) => {
            let state = text_of(&value);
            let mut troubles = judge_info(&session.info().await?, true);
            if field(&state, "cluster_state") != Some("ok") {
                let served = number(&state, "cluster_slots_ok");
                troubles.insert(0, Trouble::ClusterDown { slots_missing: 16_384_u64.saturating_sub(served) });
            }
            Ok(troubles)
        }
    }
}

async fn probe_sentinels(redis: &Redis, name: &str, sentinels: &[String]) -> Result<Vec<Trouble>, Failure> {
    let (mut master, mut away, mut last) = (None, Vec::new(), Failure::NoAddress);
    for sentinel in sentinels {
        match ask_sentinel(sentinel, name).await {
            Ok(answer) => master = master.or(Some(answer)),
            Err(failure) => {
                away.push(format!("sentinel {sentinel} {failure}"));
                last = failure;
            }
        }
    }
    let Some(address) = master.ok_or(last)? else { return Ok(vec![Trouble::NoMaster(name.to_owned())]) };
    let mut troubles = probe_single(&address, redis.login.as_ref()).await?;
    if !away.is_empty() && troubles.is_empty() {
        troubles.push(Trouble::NodesAway { nodes: away, of: sentinels.len() });
    }
    Ok(troubles)
}

/// The address of the master, `None` where the sentinel knows none of this name.
async fn ask_sentinel(sentinel: &str, master: &str) -> Result<Option<String>, Failure> {
    let mut session = Session::open(sentinel, None).await?;
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
        let mut question = cmd("AUTH");
        if !login.user.is_empty() {
            question.arg(&login.user);
        }
        question.arg(login.password.expose());
        match self.ask(&question).await? {
            // A server without a password lets OpenIM in whatever it says: its client greets with HELLO.
            Reply::Error { text, .. } if !text.contains("without any password") => {
                let user = if login.user.is_empty() { "default" } else { &login.user };
                Err(Failure::AuthRefused { user: format!("user {user}"), text })
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
            "NOPERM" => Trouble::NoPermission(text),
            _ => Trouble::Refuses(text),
        }))
    }

    /// Empty where the user may not ask.
    async fn info(&mut self) -> Result<String, Failure> {
        Ok(match self.ask(&cmd("INFO")).await? {
            Reply::Value(value) => text_of(&value),
            Reply::Error { .. } => String::new(),
        })
    }

    async fn ask(&mut self, question: &Cmd) -> Result<Reply, Failure> {
        self.0.send(&question.get_packed_command()).await?;
        let value = self.0.receive(parse_reply).await?;
        let Value::ServerError(error) = value else { return Ok(Reply::Value(value)) };
        let code = error.code().to_owned();
        let text = error.details().map_or_else(|| code.clone(), |details| format!("{code} {details}"));
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
    let mut troubles = Vec::new();
    if !of_cluster && number(info, "cluster_enabled") == 1 {
        troubles.push(Trouble::IsCluster);
    }
    if !of_cluster && field(info, "role") == Some("slave") && number(info, "slave_read_only") == 1 {
        troubles.push(Trouble::ReadOnly);
    }
    troubles.extend(judge_memory(info));
    troubles
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
            Self::ClusterDown { slots_missing: 0 } => f.write_str("is a cluster that does not serve"),
            Self::ClusterDown { slots_missing } => {
                write!(f, "is a cluster that does not serve: {slots_missing} of 16384 slots have no node")
            }
            Self::NodesAway { nodes, of } => {
                write!(f, "serves, but {} of {of} nodes do not answer: {}", nodes.len(), nodes.join(", "))
            }
            Self::NoMaster(name) => write!(f, "has no master named {name:?} that its sentinels know"),
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
            | Self::IsCluster
            | Self::NoCluster
            | Self::ClusterDown { .. }
            | Self::NodesAway { .. }
            | Self::NoMaster(_) => "ping",
            Self::ReadOnly | Self::MemoryFull { .. } | Self::MemoryShort { .. } => "writes",
        }
    }

    fn severity(&self) -> Severity {
        match self {
            Self::MemoryShort { .. } | Self::NodesAway { .. } => Severity::Warns,
            Self::Loading
            | Self::MasterDown
            | Self::CannotSave
            | Self::NoPermission(_)
            | Self::Refuses(_)
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
            Self::ReadOnly => {
                "name the master in redis.yml, or make this replica one (REPLICAOF NO ONE)".into()
            }
            Self::MemoryFull { .. } | Self::MemoryShort { .. } => {
                "raise maxmemory of Redis, or give it a maxmemory-policy that evicts".into()
            }
            Self::IsCluster => "set clusterMode: true in redis.yml (redisMode: cluster in main)".into(),
            Self::NoCluster => "set clusterMode: false in redis.yml (redisMode: standalone in main)".into(),
            Self::ClusterDown { .. } => {
                "start the missing nodes; `redis-cli --cluster check` names them".into()
            }
            Self::NodesAway { .. } => "start them; a second failure may stop all of Redis".into(),
            Self::NoMaster(_) => "correct sentinelMode.masterName in redis.yml".into(),
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
}

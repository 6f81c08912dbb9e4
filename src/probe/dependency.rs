//! Asking the servers that OpenIM stands on: as OpenIM itself would connect, reading only, within one time-out.

use std::fmt;
use std::time::{Duration, Instant};

use reqwest::Client;

use super::Failure;
use super::etcd;
#[cfg(feature = "redis")]
use super::redis;
use crate::openim::dependency::{Dependency, Settings};

/// What came of asking one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examined {
    /// What is wrong with it, or why it could not be asked.
    pub outcome: Result<Vec<Trouble>, Failure>,
    /// From the first packet to the last answer.
    pub took: Duration,
}

/// What is wrong with a server that answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Of etcd's members.
    Etcd(etcd::Trouble),
    /// Of Redis.
    #[cfg(feature = "redis")]
    Redis(redis::Trouble),
}

/// How bad it is for OpenIM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It works, and should be looked at.
    Warns,
    /// It cannot be told from here.
    Unclear,
    /// OpenIM cannot work with it.
    Fails,
}

/// One side of a server that is looked at by itself: the last part of a check's id, and what should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aspect {
    /// `ping`
    pub name: &'static str,
    /// "PONG to PING, logged in as OpenIM does"
    pub expects: &'static str,
}

/// What each probe's own `Trouble` says of itself.
pub(super) trait Describe: fmt::Display {
    /// The aspect's name.
    fn aspect(&self) -> &'static str;
    /// How bad it is.
    fn severity(&self) -> Severity;
    /// What to do about it.
    fn hint(&self) -> String;
}

impl Trouble {
    /// The one place that takes it apart by its server.
    fn described(&self) -> &dyn Describe {
        match self {
            Self::Etcd(trouble) => trouble,
            #[cfg(feature = "redis")]
            Self::Redis(trouble) => trouble,
        }
    }

    /// The aspect that it belongs to.
    #[must_use]
    pub fn aspect(&self) -> &'static str {
        self.described().aspect()
    }

    /// How bad it is.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.described().severity()
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        self.described().hint()
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.described().fmt(f)
    }
}

/// The sides of a server that are looked at; the first one also shows whether it can be asked at all.
#[must_use]
pub const fn aspects(dependency: Dependency) -> &'static [Aspect] {
    match dependency {
        Dependency::Etcd => &[Aspect { name: "members", expects: "all members healthy, no alarm" }],
        Dependency::Redis => &[
            Aspect { name: "ping", expects: "PONG to PING, logged in as OpenIM does" },
            Aspect { name: "writes", expects: "a master that takes writes" },
        ],
        Dependency::MongoDb => &[Aspect { name: "ping", expects: "a primary that lets OpenIM's user in" }],
        Dependency::Kafka => &[
            Aspect { name: "brokers", expects: "a broker that names its cluster and a controller" },
            Aspect { name: "topics", expects: "OpenIM's topics, each partition with a leader" },
            Aspect { name: "groups", expects: "as many members as processes, and no growing lag" },
        ],
        Dependency::Minio => &[
            Aspect { name: "live", expects: "alive, with write quorum" },
            Aspect { name: "bucket", expects: "OpenIM's bucket, with OpenIM's key" },
        ],
        Dependency::ZooKeeper => &[Aspect { name: "srvr", expects: "a server that serves" }],
    }
}

/// Asks a server, no longer than `timeout` in all. `None` where this program was built without its client.
pub async fn probe_dependency(client: &Client, settings: &Settings, timeout: Duration) -> Option<Examined> {
    let started = Instant::now();
    let outcome = match settings {
        Settings::Etcd(registry) => within(timeout, etcd::probe_members(client, registry, timeout)).await,
        #[cfg(feature = "redis")]
        Settings::Redis(redis) => within(timeout, redis::probe_redis(redis)).await,
        #[cfg(not(feature = "redis"))]
        Settings::Redis(_) => return None,
        Settings::MongoDb(_) | Settings::Kafka(_) | Settings::Minio(_) | Settings::ZooKeeper(_) => {
            return None;
        }
    };
    Some(Examined { outcome, took: started.elapsed() })
}

/// Keeps a probe within its time.
async fn within<T>(timeout: Duration, probe: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::time::timeout(timeout, probe).await.unwrap_or(Err(Failure::NoAnswer(timeout)))
}

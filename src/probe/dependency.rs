//! Asking the servers that OpenIM stands on: as OpenIM itself would connect, reading only, within one time-out.

use std::fmt;
use std::time::{Duration, Instant};

use super::Failure;
use super::etcd;
#[cfg(feature = "kafka")]
use super::kafka;
#[cfg(feature = "minio")]
use super::minio;
#[cfg(feature = "mongodb")]
use super::mongodb;
use super::openim_api;
#[cfg(feature = "redis")]
use super::redis;
use super::zookeeper;
use crate::openim::dependency::{Dependency, Login, Settings, Topic};

/// What came of asking one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examined {
    /// What it said, or why it could not be asked.
    pub outcome: Result<Answer, Failure>,
    /// From the first packet to the last answer.
    pub took: Duration,
}

/// Why a server is not asked at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAsked(pub &'static str);

/// What a server said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// What is wrong with it.
    pub troubles: Vec<Trouble>,
    /// Kafka's consumer groups, to be compared with the processes; empty for every other server.
    pub groups: Vec<Group>,
}

impl From<Vec<Trouble>> for Answer {
    fn from(troubles: Vec<Trouble>) -> Self {
        Self { troubles, groups: Vec::new() }
    }
}

/// What Kafka knows of one consumer group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its topic and its consumers.
    pub topic: Topic,
    /// How it stands.
    pub state: GroupState,
    /// How many consumers are in it.
    pub members: usize,
    /// What waits for it.
    pub backlog: Backlog,
    /// The same a moment later, where that was worth a second look.
    pub later: Option<Backlog>,
}

impl Group {
    /// One that nobody has ever joined.
    #[must_use]
    pub fn empty(topic: &Topic) -> Self {
        let backlog = Backlog::default();
        Self { topic: topic.clone(), state: GroupState::Settled, members: 0, backlog, later: None }
    }
}

/// How far a group is behind its topic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// The messages that it has not taken.
    pub waiting: u64,
    /// All that were ever sent, taken or not.
    pub end: u64,
}

/// How a consumer group stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupState {
    /// Each member knows its partitions; or there is no member.
    Settled,
    /// The members are dividing the partitions anew.
    Rebalancing,
    /// It cannot be looked at, for this reason.
    Hidden(String),
}

/// What is wrong with a server that answers, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// The aspect that it belongs to.
    pub aspect: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is said of the server: "is loading its data from disk".
    pub sentence: String,
    /// What to do about it.
    pub hint: String,
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
    /// What a probe has found, in its words.
    pub(super) fn of(found: &impl Describe) -> Self {
        Self {
            aspect: found.aspect(),
            severity: found.severity(),
            sentence: found.to_string(),
            hint: found.hint(),
        }
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
        ],
        Dependency::Minio => &[
            Aspect { name: "live", expects: "alive, with write quorum" },
            Aspect { name: "bucket", expects: "OpenIM's bucket, with OpenIM's key" },
        ],
        Dependency::ZooKeeper => &[Aspect { name: "srvr", expects: "a server that serves" }],
        Dependency::OpenIm => &[Aspect { name: "answers", expects: "the API's answer to OPTIONS" }],
    }
}

/// This program was built without the server's cargo feature.
#[cfg(not(all(feature = "kafka", feature = "minio", feature = "mongodb", feature = "redis")))]
const NO_CLIENT: NotAsked = NotAsked("this openim-check was built without the client of this server");

/// Asks a server, no longer than `timeout` in all.
///
/// # Errors
/// It cannot be asked by this program.
pub async fn probe_dependency(settings: &Settings, timeout: Duration) -> Result<Examined, NotAsked> {
    let started = Instant::now();
    let outcome = match settings {
        Settings::Etcd(registry) => {
            within(timeout, etcd::probe_members(registry, timeout)).await.map(Answer::from)
        }
        #[cfg(feature = "redis")]
        Settings::Redis(redis) => within(timeout, redis::probe_redis(redis, timeout)).await.map(Answer::from),
        #[cfg(feature = "mongodb")]
        Settings::MongoDb(mongodb) if mongodb.srv => {
            return Err(NotAsked("its nodes stand in SRV records (mongodb+srv://), which are not read here"));
        }
        #[cfg(feature = "mongodb")]
        Settings::MongoDb(mongodb) => {
            within(timeout, mongodb::probe_mongodb(mongodb, timeout)).await.map(Answer::from)
        }
        #[cfg(feature = "kafka")]
        Settings::Kafka(kafka) => within(timeout, kafka::probe_kafka(kafka, timeout)).await,
        #[cfg(feature = "minio")]
        Settings::Minio(minio) => within(timeout, minio::probe_minio(minio, timeout)).await.map(Answer::from),
        Settings::ZooKeeper(zookeeper) => {
            within(timeout, zookeeper::probe_zookeeper(zookeeper, timeout)).await.map(Answer::from)
        }
        Settings::OpenIm(openim) => {
            within(timeout, openim_api::probe_openim_api(openim, timeout)).await.map(|()| Answer::default())
        }
        #[cfg(not(feature = "redis"))]
        Settings::Redis(_) => return Err(NO_CLIENT),
        #[cfg(not(feature = "mongodb"))]
        Settings::MongoDb(_) => return Err(NO_CLIENT),
        #[cfg(not(feature = "kafka"))]
        Settings::Kafka(_) => return Err(NO_CLIENT),
        #[cfg(not(feature = "minio"))]
        Settings::Minio(_) => return Err(NO_CLIENT),
    };
    Ok(Examined { outcome: without_secrets(outcome, settings.login()), took: started.elapsed() })
}

/// Some servers repeat the question that they refuse, and with it the password: here every word of theirs passes.
fn without_secrets(outcome: Result<Answer, Failure>, login: Option<&Login>) -> Result<Answer, Failure> {
    let Some(Login { password, .. }) = login else { return outcome };
    let mut answer = outcome.map_err(|failure| failure.without(password))?;
    for trouble in &mut answer.troubles {
        trouble.sentence = password.mask(&trouble.sentence);
    }
    for group in &mut answer.groups {
        if let GroupState::Hidden(why) = &mut group.state {
            *why = password.mask(why);
        }
    }
    Ok(answer)
}

/// Keeps a probe within its time.
async fn within<T>(timeout: Duration, probe: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::time::timeout(timeout, probe).await.unwrap_or(Err(Failure::NoAnswer(timeout)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openim::dependency::Secret;

    #[test]
    fn what_a_server_repeats_of_the_login_is_masked_wherever_it_stands() {
        let login = Login { user: "openIM".to_owned(), password: Secret::new("canary".to_owned()) };
        let masked = |outcome| without_secrets(outcome, Some(&login));
        let refused =
            |text: &str| Failure::AuthRefused { user: "user openIM".to_owned(), text: text.to_owned() };
        assert_eq!(masked(Err(refused("no 'canary' here"))), Err(refused("no '***' here")));
        assert_eq!(masked(Err(Failure::Other("canary".to_owned()))), Err(Failure::Other("***".to_owned())));
        let trouble = |sentence: &str| Trouble {
            aspect: "ping",
            severity: Severity::Fails,
            sentence: sentence.to_owned(),
            hint: String::new(),
        };
        let answer = |sentence| Ok(Answer::from(vec![trouble(sentence)]));
        assert_eq!(masked(answer("says canary")), answer("says ***"));
    }
}

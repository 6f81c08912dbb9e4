//! Kafka: the login of kafka.yml, the brokers as they advertise themselves, the controller, OpenIM's topics with
//! their leaders, and its consumer groups with members and what waits for them.
//!
//! ```text
//! ApiVersions, SaslHandshake + SaslAuthenticate (PLAIN, as OpenIM logs in)
//! Metadata        → brokers, controller, partitions with leaders
//! DescribeGroups  → redis Stable, 8 members
//! OffsetFetch and ListOffsets → what is committed, and the ends: their difference waits
//! ```
//!
//! The messages come from `kafka-protocol`, the connection is ours. The versions asked are those of Kafka 2.1, which
//! every later broker knows.

mod shape;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use bytes::{Buf as _, Bytes, BytesMut};
use kafka_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::metadata_response::MetadataResponseTopic;
use kafka_protocol::messages::offset_fetch_request::OffsetFetchRequestTopic;
use kafka_protocol::messages::{
    ApiVersionsRequest, DescribeGroupsRequest, FindCoordinatorRequest, GroupId, ListOffsetsRequest,
    MetadataRequest, MetadataResponse, OffsetFetchRequest, RequestHeader, ResponseHeader,
    SaslAuthenticateRequest, SaslHandshakeRequest, TopicName,
};
use kafka_protocol::protocol::{Decodable as _, Encodable as _, HeaderVersion as _, StrBytes};

use self::shape::{Question, is_whole};
use super::Failure;
use super::connection::Connection;
use super::dependency::{self, Answer, Backlog, Describe, Group, GroupState, Severity};
use super::several::{ask_any, ask_each};
use super::tls::Terms;
use crate::openim::dependency::{Kafka, Login, Topic};

const PROTOCOL: &str = "Kafka";

/// What is wrong with a Kafka that answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It sends its clients to addresses at which nobody answers, each with its failure.
    Misadvertised(Vec<String>),
    /// Brokers are away to which OpenIM's messages have to go.
    LeadersAway {
        /// Each with its failure.
        brokers: Vec<String>,
        /// What they lead: "toRedis (4 of 8 partitions)".
        topics: Vec<String>,
    },
    /// Some brokers are away, and OpenIM needs none of them at the moment.
    BrokersAway {
        /// Each with its failure.
        brokers: Vec<String>,
        /// How many there are.
        of: usize,
    },
    /// The brokers have not agreed on one that decides.
    NoController,
    /// OpenIM's topics are not there.
    NoTopics(Vec<String>),
    /// Partitions that nobody takes messages for.
    NoLeaders(Vec<String>),
    /// The user may not see what OpenIM needs.
    Forbidden(String),
    /// It answers for topics with another error, each in words.
    TopicErrors(Vec<String>),
}

// What it asks.

/// Asks Kafka.
pub(super) async fn probe_kafka(kafka: &Kafka, timeout: Duration) -> Result<Answer, Failure> {
    let way = Way { login: kafka.login.clone(), terms: kafka.tls.as_ref().map(Terms::new).transpose()? };
    let open = |address: String| open_session(address, way.clone());
    let mut session = ask_any(&kafka.addresses, timeout, open).await?;
    let metadata = session.ask(&metadata_request(kafka)).await?;
    let (mut brokers, away) = Brokers::open(kafka, &way, &metadata, timeout / 2).await;
    let troubles = away.into_iter().chain(judge_metadata(kafka, &metadata));
    let groups = brokers.groups(kafka, &metadata).await;
    let troubles = troubles.map(|trouble| dependency::Trouble::of(&trouble)).collect();
    Ok(Answer { troubles, groups })
}

fn metadata_request(kafka: &Kafka) -> MetadataRequest {
    let names = kafka.topics.iter().map(|topic| topic.name.as_str()).chain([OFFSETS]);
    let topics = names.map(|name| MetadataRequestTopic::default().with_name(Some(topic_name(name))));
    MetadataRequest::default()
        .with_topics(Some(topics.collect()))
        // To ask for a topic must not create it.
        .with_allow_auto_topic_creation(false)
}

/// Where Kafka keeps what its groups have committed.
const OFFSETS: &str = "__consumer_offsets";

/// Before the first consumer there is no such topic, and to ask for a group's coordinator would create it.
fn knows_groups(metadata: &MetadataResponse) -> bool {
    metadata.topics.iter().any(|topic| topic.error_code == 0 && name_of(topic.name.as_ref()) == OFFSETS)
}

fn topic_name(name: &str) -> TopicName {
    TopicName(StrBytes::from_string(name.to_owned()))
}

fn name_of(name: Option<&TopicName>) -> &str {
    name.map_or("", |name| name.0.as_str())
}

fn group_id(name: &str) -> GroupId {
    GroupId(StrBytes::from_string(name.to_owned()))
}

/// One connection to each broker, by its number.
struct Brokers(BTreeMap<i32, Session>);

impl Brokers {
    /// Connects to each where it says that it is: there OpenIM will go, too. And to those of the configuration that
    /// nobody names any more, for a broker that is away is soon forgotten by the others.
    async fn open(
        kafka: &Kafka,
        way: &Way,
        metadata: &MetadataResponse,
        limit: Duration,
    ) -> (Self, Option<Trouble>) {
        let brokers = &metadata.brokers;
        let named = |host: &StrBytes, port: i32| format!("{}:{port}", host.as_str());
        let mut addresses: Vec<String> =
            brokers.iter().map(|broker| named(&broker.host, broker.port)).collect();
        let others: Vec<String> =
            kafka.addresses.iter().filter(|address| !addresses.contains(address)).cloned().collect();
        addresses.extend(others);
        let opened = ask_each(&addresses, limit, |address| open_session(address, way.clone())).await;
        let (mut sessions, mut away, mut lost) = (BTreeMap::new(), Vec::new(), BTreeSet::new());
        for (place, (address, session)) in addresses.iter().zip(opened).enumerate() {
            let named = brokers.get(place).map(|broker| broker.node_id.0);
            match session {
                Ok(session) => drop(named.and_then(|broker| sessions.insert(broker, session))),
                Err(failure) => {
                    away.push(format!("{address} {failure}"));
                    lost.extend(named);
                }
            }
        }
        let topics = led_by(kafka, metadata, |leader| lost.contains(&leader));
        let trouble = if away.is_empty() {
            None
        } else if sessions.is_empty() {
            Some(Trouble::Misadvertised(away))
        } else if topics.is_empty() {
            Some(Trouble::BrokersAway { brokers: away, of: addresses.len() })
        } else {
            Some(Trouble::LeadersAway { brokers: away, topics })
        };
        (Self(sessions), trouble)
    }

    /// Each group of the configuration, as far as it can be asked for.
    async fn groups(&mut self, kafka: &Kafka, metadata: &MetadataResponse) -> Vec<Group> {
        /// Between two looks at what waits.
        const SECOND_LOOK: Duration = Duration::from_millis(300);
        let leaders = leaders(metadata);
        let mut groups = Vec::new();
        for topic in kafka.topics.iter().filter(|topic| !topic.group.is_empty()) {
            let looked = if knows_groups(metadata) {
                self.group(topic, &leaders).await
            } else {
                Ok(Group::empty(topic))
            };
            let hidden =
                |why: Unseen| Group { state: GroupState::Hidden(why.to_string()), ..Group::empty(topic) };
            groups.push(looked.unwrap_or_else(hidden));
        }
        if groups.iter().any(is_worth_a_second_look) {
            tokio::time::sleep(SECOND_LOOK).await;
            for group in groups.iter_mut().filter(|group| is_worth_a_second_look(group)) {
                group.later = self.look_again(&group.topic, &leaders).await.ok();
            }
        }
        groups
    }

    async fn group(&mut self, topic: &Topic, leaders: &Leaders) -> Result<Group, Unseen> {
        let coordinator = self.coordinator(&topic.group).await?;
        let question = DescribeGroupsRequest::default().with_groups(vec![group_id(&topic.group)]);
        let answer = self.session(coordinator)?.ask(&question).await?;
        let Some(described) = answer.groups.into_iter().next() else { return Ok(Group::empty(topic)) };
        if described.error_code != 0 {
            return Err(Unseen::Error(described.error_code));
        }
        let backlog = self.backlog(coordinator, topic, leaders).await?;
        let state = match described.group_state.as_str() {
            "PreparingRebalance" | "CompletingRebalance" => GroupState::Rebalancing,
            _ => GroupState::Settled,
        };
        let members = described.members.len();
        Ok(Group { topic: topic.clone(), state, members, backlog, later: None })
    }

    async fn look_again(&mut self, topic: &Topic, leaders: &Leaders) -> Result<Backlog, Unseen> {
        let coordinator = self.coordinator(&topic.group).await?;
        self.backlog(coordinator, topic, leaders).await
    }

    /// The number of the broker that keeps this group.
    async fn coordinator(&mut self, group: &str) -> Result<i32, Unseen> {
        let any = self.0.values_mut().next().ok_or(Unseen::BrokerAway)?;
        let key = StrBytes::from_string(group.to_owned());
        let answer = any.ask(&FindCoordinatorRequest::default().with_key(key)).await?;
        if answer.error_code == 0 { Ok(answer.node_id.0) } else { Err(Unseen::Error(answer.error_code)) }
    }

    fn session(&mut self, broker: i32) -> Result<&mut Session, Unseen> {
        self.0.get_mut(&broker).ok_or(Unseen::BrokerAway)
    }

    /// The ends of the topic less what the group has committed. A group that has never committed begins at the end,
    /// so nothing waits for it.
    async fn backlog(
        &mut self,
        coordinator: i32,
        topic: &Topic,
        leaders: &Leaders,
    ) -> Result<Backlog, Unseen> {
        let Some(led) = leaders.get(&topic.name) else { return Ok(Backlog::default()) };
        let committed = self.committed(coordinator, topic, led).await?;
        let ends = self.ends(topic, led).await?;
        let waits = |(partition, end): (&i32, &u64)| Some(end.saturating_sub(*committed.get(partition)?));
        Ok(Backlog { waiting: ends.iter().filter_map(waits).sum(), end: ends.values().sum() })
    }

    /// How far the group has come in each partition.
    async fn committed(
        &mut self,
        broker: i32,
        topic: &Topic,
        led: &Led,
    ) -> Result<BTreeMap<i32, u64>, Unseen> {
        let wanted = OffsetFetchRequestTopic::default()
            .with_name(topic_name(&topic.name))
            .with_partition_indexes(led.keys().copied().collect());
        let question = OffsetFetchRequest::default()
            .with_group_id(group_id(&topic.group))
            .with_topics(Some(vec![wanted]));
        let answer = self.session(broker)?.ask(&question).await?;
        let found = answer.topics.iter().flat_map(|topic| &topic.partitions);
        // One that was never committed has the offset -1.
        let known = found.filter_map(|found| Some((found.partition_index, offset(found.committed_offset)?)));
        Ok(known.collect())
    }

    /// The end of each partition, as its leader knows it.
    async fn ends(&mut self, topic: &Topic, led: &Led) -> Result<BTreeMap<i32, u64>, Unseen> {
        let mut ends = BTreeMap::new();
        for (broker, session) in &mut self.0 {
            let own = led.iter().filter(|(_, leader)| *leader == broker).map(|(partition, _)| *partition);
            let partitions: Vec<ListOffsetsPartition> = own.map(end_of).collect();
            if partitions.is_empty() {
                continue;
            }
            let wanted =
                ListOffsetsTopic::default().with_name(topic_name(&topic.name)).with_partitions(partitions);
            let question =
                ListOffsetsRequest::default().with_replica_id((-1).into()).with_topics(vec![wanted]);
            let answer = session.ask(&question).await?;
            let found = answer.topics.iter().flat_map(|topic| &topic.partitions);
            ends.extend(found.filter_map(|found| Some((found.partition_index, offset(found.offset)?))));
        }
        Ok(ends)
    }
}

fn end_of(partition: i32) -> ListOffsetsPartition {
    /// The word of `ListOffsets` for the end of a partition.
    const LATEST: i64 = -1;
    ListOffsetsPartition::default().with_partition_index(partition).with_timestamp(LATEST)
}

/// Kafka's word for none is -1.
fn offset(offset: i64) -> Option<u64> {
    u64::try_from(offset).ok()
}

/// Consumers commit once a second, so that under load something always waits: only much, or what nobody takes, is
/// worth more time.
fn is_worth_a_second_look(group: &Group) -> bool {
    const MUCH: u64 = 1000;
    group.backlog.waiting >= MUCH || (group.backlog.waiting > 0 && group.members == 0)
}

/// Why a group cannot be looked at, though Kafka answers.
#[derive(Debug, thiserror::Error)]
enum Unseen {
    /// The broker that keeps it, or a leader of its topic.
    #[error("the broker that keeps it is away")]
    BrokerAway,
    /// It answers with an error.
    #[error("{}", words_of(*.0))]
    Error(i16),
    /// It does not answer any more.
    #[error("its broker {0}")]
    Failed(Failure),
}

impl From<Failure> for Unseen {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Source: Kafka's protocol guide, "Error Codes".
fn words_of(error: i16) -> String {
    match error {
        14 => "its coordinator is loading what it knows".to_owned(),
        15 => "it has no coordinator".to_owned(),
        16 => "its coordinator has moved".to_owned(),
        30 => "the user may not describe it".to_owned(),
        other => format!("Kafka answers with error {other}"),
    }
}

/// The leader of each partition that has one.
type Led = BTreeMap<i32, i32>;

/// The same by topic.
type Leaders = BTreeMap<String, Led>;

fn leaders(metadata: &MetadataResponse) -> Leaders {
    let topics = metadata.topics.iter().map(|topic| {
        let led = topic.partitions.iter().map(|partition| (partition.partition_index, partition.leader_id.0));
        (name_of(topic.name.as_ref()).to_owned(), led.filter(|(_, leader)| *leader >= 0).collect())
    });
    topics.collect()
}

/// How each broker is spoken to.
#[derive(Clone)]
struct Way {
    login: Option<Login>,
    terms: Option<Terms>,
}

/// A connection to one broker, logged in.
struct Session {
    connection: Connection,
    correlation: i32,
}

async fn open_session(address: String, way: Way) -> Result<Session, Failure> {
    let Way { login, terms } = way;
    let connection = Connection::open(&address, PROTOCOL, terms.as_ref()).await?;
    let mut session = Session { connection, correlation: 0 };
    session.ask(&ApiVersionsRequest::default()).await?;
    match login {
        Some(login) => session.log_in(&login).await?,
        None => session.see_whether_let_in().await?,
    }
    Ok(session)
}

impl Session {
    /// A broker that wants a login answers `ApiVersions` and closes at the next question.
    async fn see_whether_let_in(&mut self) -> Result<(), Failure> {
        let nothing = MetadataRequest::default().with_topics(Some(Vec::new()));
        match self.ask(&nothing).await {
            Err(Failure::ClosedEarly) => Err(Failure::AuthRefused {
                user: String::new(),
                text: "it closes the connection, as a broker that wants SASL does".to_owned(),
            }),
            Err(failure) => Err(failure),
            Ok(_) => Ok(()),
        }
    }

    async fn log_in(&mut self, login: &Login) -> Result<(), Failure> {
        let refused = |text: String| Failure::AuthRefused { user: format!("user {}", login.user), text };
        let plain = StrBytes::from_static_str("PLAIN");
        let offered = self.ask(&SaslHandshakeRequest::default().with_mechanism(plain)).await?;
        if offered.error_code == ILLEGAL_SASL_STATE {
            return Err(refused(
                "this listener knows no users: leave username and password empty".to_owned(),
            ));
        }
        if offered.error_code != 0 {
            let mechanisms: Vec<&str> = offered.mechanisms.iter().map(StrBytes::as_str).collect();
            return Err(refused(format!("it offers {}, and OpenIM speaks PLAIN", mechanisms.join(", "))));
        }
        let token = format!("\0{}\0{}", login.user, login.password.expose());
        let question = SaslAuthenticateRequest::default().with_auth_bytes(Bytes::from(token));
        let answer = self.ask(&question).await?;
        if answer.error_code == 0 {
            return Ok(());
        }
        let words = answer.error_message.map(|words| words.as_str().to_owned());
        Err(refused(words.unwrap_or_else(|| format!("error {}", answer.error_code))))
    }

    async fn ask<Q: Question>(&mut self, question: &Q) -> Result<Q::Response, Failure> {
        const WRONG: Failure = Failure::WrongProtocol(PROTOCOL);
        self.correlation += 1;
        self.connection.send(&pack(question, self.correlation).ok_or(WRONG)?).await?;
        let mut answer = Bytes::from(self.connection.receive(parse_frame).await?);
        let header_version = Q::Response::header_version(Q::VERSION);
        let header = ResponseHeader::decode(&mut answer, header_version).map_err(|_| WRONG)?;
        if header.correlation_id != self.correlation || !is_whole(&answer, Q::ANSWER) {
            return Err(WRONG);
        }
        Q::Response::decode(&mut answer, Q::VERSION).map_err(|_| WRONG)
    }
}

/// `SaslHandshake` on a listener without users.
const ILLEGAL_SASL_STATE: i16 = 34;

fn pack<Q: Question>(question: &Q, correlation: i32) -> Option<Vec<u8>> {
    let header = RequestHeader::default()
        .with_request_api_key(Q::KEY)
        .with_request_api_version(Q::VERSION)
        .with_correlation_id(correlation)
        .with_client_id(Some(StrBytes::from_static_str("openim-check")));
    let mut body = BytesMut::new();
    header.encode(&mut body, Q::header_version(Q::VERSION)).ok()?;
    question.encode(&mut body, Q::VERSION).ok()?;
    let length = i32::try_from(body.len()).ok()?;
    Some([length.to_be_bytes().as_slice(), &body].concat())
}

// How it reads the answer.

/// No answer to our questions is longer: another protocol's first bytes make a length far above it.
const FRAME_CAP: usize = 1024 * 1024;

/// A length of four bytes, then so many.
fn parse_frame(received: &[u8]) -> Result<Option<(Vec<u8>, usize)>, Failure> {
    let Some((mut prefix, rest)) = received.split_at_checked(4) else { return Ok(None) };
    let length = usize::try_from(prefix.get_i32()).unwrap_or(usize::MAX);
    if length > FRAME_CAP {
        return Err(Failure::WrongProtocol(PROTOCOL));
    }
    Ok(rest.get(..length).map(|frame| (frame.to_vec(), length + 4)))
}

// How it judges.

/// Kafka's numbers for what can be wrong with a topic.
const UNKNOWN_TOPIC: i16 = 3;
const TOPIC_FORBIDDEN: i16 = 29;

fn judge_metadata(kafka: &Kafka, metadata: &MetadataResponse) -> Vec<Trouble> {
    let (mut unknown, mut forbidden, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for topic in &kafka.topics {
        match found(metadata, topic).map_or(0, |found| found.error_code) {
            0 => {}
            UNKNOWN_TOPIC => unknown.push(topic.name.clone()),
            TOPIC_FORBIDDEN => forbidden.push(topic.name.clone()),
            error => others.push(format!("{} ({})", topic.name, words_of_topic(error))),
        }
    }
    let leaderless = led_by(kafka, metadata, |leader| leader < 0);
    let troubles = [
        (metadata.controller_id.0 < 0).then_some(Trouble::NoController),
        (!unknown.is_empty()).then_some(Trouble::NoTopics(unknown)),
        (!forbidden.is_empty()).then(|| Trouble::Forbidden(forbidden.join(", "))),
        (!leaderless.is_empty()).then_some(Trouble::NoLeaders(leaderless)),
        (!others.is_empty()).then_some(Trouble::TopicErrors(others)),
    ];
    troubles.into_iter().flatten().collect()
}

fn found<'m>(metadata: &'m MetadataResponse, topic: &Topic) -> Option<&'m MetadataResponseTopic> {
    metadata.topics.iter().find(|found| name_of(found.name.as_ref()) == topic.name)
}

/// Source: Kafka's protocol guide, "Error Codes".
fn words_of_topic(error: i16) -> String {
    match error {
        5 => "no leader is elected yet".to_owned(),
        17 => "no name that a topic may have".to_owned(),
        other => format!("error {other}"),
    }
}

/// OpenIM's topics that have partitions with such a leader: "toRedis (2 of 8 partitions)".
fn led_by(kafka: &Kafka, metadata: &MetadataResponse, is_such: impl Fn(i32) -> bool) -> Vec<String> {
    let of = |topic: &Topic| {
        let found = found(metadata, topic)?;
        let count = found.partitions.iter().filter(|partition| is_such(partition.leader_id.0)).count();
        (count > 0).then(|| format!("{} ({count} of {} partitions)", topic.name, found.partitions.len()))
    };
    kafka.topics.iter().filter_map(of).collect()
}

// Its sentences.

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Misadvertised(brokers) => {
                write!(f, "answers, but sends its clients to {}", brokers.join(", "))
            }
            Self::LeadersAway { brokers, topics } => {
                write!(f, "sends its clients for {} to {}", topics.join(", "), brokers.join(", "))
            }
            Self::BrokersAway { brokers, of } => {
                write!(
                    f,
                    "serves, but {} of {of} brokers do not answer: {}",
                    brokers.len(),
                    brokers.join(", ")
                )
            }
            Self::NoController => f.write_str("has no controller: its brokers have not agreed on one"),
            Self::NoTopics(topics) => write!(f, "has no topic {}", topics.join(", ")),
            Self::NoLeaders(topics) => write!(f, "has no leader for {}", topics.join(", ")),
            Self::Forbidden(topics) => write!(f, "lets OpenIM's user in but hides {topics} from it"),
            Self::TopicErrors(topics) => write!(f, "has an error for topic {}", topics.join(", ")),
        }
    }
}

impl Describe for Trouble {
    fn aspect(&self) -> &'static str {
        match self {
            Self::Misadvertised(_)
            | Self::LeadersAway { .. }
            | Self::BrokersAway { .. }
            | Self::NoController => "brokers",
            Self::NoTopics(_) | Self::NoLeaders(_) | Self::Forbidden(_) | Self::TopicErrors(_) => "topics",
        }
    }

    fn severity(&self) -> Severity {
        match self {
            // Kafka makes a topic when the first message comes, unless that is switched off.
            Self::NoTopics(_) | Self::BrokersAway { .. } => Severity::Warns,
            Self::Misadvertised(_)
            | Self::LeadersAway { .. }
            | Self::NoController
            | Self::NoLeaders(_)
            | Self::Forbidden(_)
            | Self::TopicErrors(_) => Severity::Fails,
        }
    }

    fn hint(&self) -> String {
        let text = match self {
            Self::Misadvertised(_) => {
                "correct advertised.listeners of the broker: OpenIM must reach what it names"
            }
            Self::LeadersAway { .. } => {
                "start these brokers, or correct their advertised.listeners: OpenIM must reach each leader"
            }
            Self::BrokersAway { .. } => "start them, or correct their advertised.listeners",
            Self::NoController => "start the other controllers (or ZooKeeper, in old clusters)",
            Self::NoTopics(_) => "create them, or let the broker do it (auto.create.topics.enable)",
            Self::NoLeaders(_) => "start the brokers that hold them",
            Self::Forbidden(_) => "allow OpenIM's user Describe, Read and Write on its topics",
            Self::TopicErrors(_) => "correct the names in kafka.yml, and look into the broker's log",
        };
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_whole_or_asks_for_more_and_another_protocol_is_no_frame() {
        assert_eq!(parse_frame(&[0, 0, 0]), Ok(None));
        assert_eq!(parse_frame(&[0, 0, 0, 2, 7]), Ok(None));
        assert_eq!(parse_frame(&[0, 0, 0, 2, 7, 8, 9]), Ok(Some((vec![7, 8], 6))));
        assert_eq!(parse_frame(b"SSH-2.0"), Err(Failure::WrongProtocol(PROTOCOL)));
        assert_eq!(parse_frame(b"HTTP/1.1 400"), Err(Failure::WrongProtocol(PROTOCOL)));
    }
}

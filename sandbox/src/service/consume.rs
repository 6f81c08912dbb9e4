//! Taking messages from Kafka, as far as Kafka sees it: a member of each group of the service, with sarama's session
//! of ten seconds, that commits once a second whatever has come. What it takes it forgets.
//!
//! One broker is enough of a cluster for it: what another one leads is left.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut as _, Bytes, BytesMut};
use kafka_protocol::messages::join_group_request::JoinGroupRequestProtocol;
use kafka_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::offset_commit_request::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use kafka_protocol::messages::sync_group_request::SyncGroupRequestAssignment;
use kafka_protocol::messages::{
    ApiVersionsRequest, FindCoordinatorRequest, GroupId, HeartbeatRequest, JoinGroupRequest,
    JoinGroupResponse, ListOffsetsRequest, MetadataRequest, OffsetCommitRequest, RequestHeader,
    ResponseHeader, SyncGroupRequest, TopicName,
};
use kafka_protocol::protocol::{Decodable as _, Encodable as _, HeaderVersion as _, Request, StrBytes};
use openim_ops::openim::dependency::Topic;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::context::{Context, Manner};

/// Between two heartbeats, and two commits.
const BEAT: Duration = Duration::from_secs(1);

/// sarama's default.
const SESSION_MS: i32 = 10_000;

/// Joins every group of this service, where the configuration names a Kafka, and stays in it.
pub(super) fn join_groups(context: &Arc<Context>) {
    let Some(address) = context.config.kafka.split(' ').next().filter(|address| !address.is_empty()) else {
        return;
    };
    let own = context.config.topics.iter().filter(|topic| topic.consumer == context.service());
    for topic in own {
        let (context, topic, address) = (Arc::clone(context), topic.clone(), address.to_owned());
        tokio::spawn(async move {
            loop {
                // Whatever ended the membership, sarama begins anew.
                let _ = be_member(&context, &topic, &address).await;
                tokio::time::sleep(BEAT).await;
            }
        });
    }
}

/// From joining until the group throws it out or the broker goes.
async fn be_member(context: &Context, topic: &Topic, address: &str) -> io::Result<()> {
    let mut broker = Broker::connect(address).await?;
    let key = StrBytes::from_string(topic.group.clone());
    let found = broker.ask(&FindCoordinatorRequest::default().with_key(key), 2).await?;
    if found.error_code != 0 {
        return Err(io::ErrorKind::NotFound.into());
    }
    let coordinator = Broker::connect(&format!("{}:{}", found.host.as_str(), found.port)).await?;
    let mut member = Member { topic, broker: coordinator, id: StrBytes::default(), generation: 0 };
    loop {
        let partitions = member.join().await?;
        while member.beat().await? {
            member.commit(&partitions).await?;
            tokio::time::sleep(BEAT).await;
            // One that hangs does not think of Kafka either.
            while context.manner() == Manner::Silence {
                tokio::time::sleep(BEAT).await;
            }
        }
    }
}

struct Member<'t> {
    topic: &'t Topic,
    broker: Broker,
    id: StrBytes,
    generation: i32,
}

impl Member<'_> {
    /// Joins and gives the partitions that are its own.
    async fn join(&mut self) -> io::Result<Vec<i32>> {
        let protocol =
            JoinGroupRequestProtocol::default().with_name(StrBytes::from_static_str("range")).with_metadata(
                // Version 0 of a subscription: one topic, no data of the user.
                packed_names(&[&self.topic.name], &[0xff; 4]),
            );
        let question = JoinGroupRequest::default()
            .with_group_id(self.group())
            .with_session_timeout_ms(SESSION_MS)
            .with_rebalance_timeout_ms(SESSION_MS)
            .with_member_id(self.id.clone())
            .with_protocol_type(StrBytes::from_static_str("consumer"))
            .with_protocols(vec![protocol]);
        let joined = self.broker.ask(&question, 2).await?;
        if joined.error_code != 0 {
            self.id = StrBytes::default();
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        (self.id, self.generation) = (joined.member_id.clone(), joined.generation_id);
        let assignments =
            if joined.leader == joined.member_id { self.divide(&joined).await? } else { Vec::new() };
        let question = SyncGroupRequest::default()
            .with_group_id(self.group())
            .with_generation_id(self.generation)
            .with_member_id(self.id.clone())
            .with_assignments(assignments);
        let synced = self.broker.ask(&question, 1).await?;
        Ok(if synced.error_code == 0 { unpacked_partitions(&synced.assignment) } else { Vec::new() })
    }

    /// The leader's work: each partition to one member, in turn.
    async fn divide(&mut self, joined: &JoinGroupResponse) -> io::Result<Vec<SyncGroupRequestAssignment>> {
        let name = TopicName(StrBytes::from_string(self.topic.name.clone()));
        let wanted = MetadataRequestTopic::default().with_name(Some(name));
        let question =
            MetadataRequest::default().with_topics(Some(vec![wanted])).with_allow_auto_topic_creation(true);
        let metadata = self.broker.ask(&question, 7).await?;
        let partitions: Vec<i32> = metadata
            .topics
            .iter()
            .flat_map(|topic| &topic.partitions)
            .map(|partition| partition.partition_index)
            .collect();
        let count = joined.members.len();
        let assignments = joined.members.iter().enumerate().map(|(place, member)| {
            let own = partitions.iter().copied().skip(place).step_by(count);
            SyncGroupRequestAssignment::default()
                .with_member_id(member.member_id.clone())
                .with_assignment(packed_assignment(&self.topic.name, own))
        });
        Ok(assignments.collect())
    }

    /// Whether the group stays as it is.
    async fn beat(&mut self) -> io::Result<bool> {
        const REBALANCE_IN_PROGRESS: i16 = 27;
        let question = HeartbeatRequest::default()
            .with_group_id(self.group())
            .with_generation_id(self.generation)
            .with_member_id(self.id.clone());
        match self.broker.ask(&question, 1).await?.error_code {
            0 => Ok(true),
            REBALANCE_IN_PROGRESS => Ok(false),
            _ => {
                self.id = StrBytes::default();
                Ok(false)
            }
        }
    }

    /// Commits the end of each own partition that has ever had a message.
    async fn commit(&mut self, partitions: &[i32]) -> io::Result<()> {
        const LATEST: i64 = -1;
        let name = TopicName(StrBytes::from_string(self.topic.name.clone()));
        let wanted = partitions.iter().map(|partition| {
            ListOffsetsPartition::default().with_partition_index(*partition).with_timestamp(LATEST)
        });
        let wanted = ListOffsetsTopic::default().with_name(name.clone()).with_partitions(wanted.collect());
        let question = ListOffsetsRequest::default().with_replica_id((-1).into()).with_topics(vec![wanted]);
        let ends = self.broker.ask(&question, 1).await?;
        let ends = ends.topics.iter().flat_map(|topic| &topic.partitions).filter(|end| end.offset > 0);
        let commits: Vec<_> = ends
            .map(|end| {
                OffsetCommitRequestPartition::default()
                    .with_partition_index(end.partition_index)
                    .with_committed_offset(end.offset)
            })
            .collect();
        if commits.is_empty() {
            return Ok(());
        }
        let question = OffsetCommitRequest::default()
            .with_group_id(self.group())
            .with_generation_id_or_member_epoch(self.generation)
            .with_member_id(self.id.clone())
            .with_topics(vec![OffsetCommitRequestTopic::default().with_name(name).with_partitions(commits)]);
        self.broker.ask(&question, 2).await.map(drop)
    }

    fn group(&self) -> GroupId {
        GroupId(StrBytes::from_string(self.topic.group.clone()))
    }
}

/// Version 0 of the consumers' own protocol: names, and what follows them.
fn packed_names(names: &[&str], rest: &[u8]) -> Bytes {
    let mut packed = BytesMut::new();
    packed.put_i16(0);
    packed.put_i32(i32::try_from(names.len()).unwrap_or(i32::MAX));
    for name in names {
        packed.put_i16(i16::try_from(name.len()).unwrap_or(i16::MAX));
        packed.put_slice(name.as_bytes());
    }
    packed.put_slice(rest);
    packed.freeze()
}

/// One topic, its partitions, no data of the user.
fn packed_assignment(topic: &str, partitions: impl Iterator<Item = i32>) -> Bytes {
    let partitions: Vec<i32> = partitions.collect();
    let mut rest = BytesMut::new();
    rest.put_i32(i32::try_from(partitions.len()).unwrap_or(i32::MAX));
    for partition in partitions {
        rest.put_i32(partition);
    }
    rest.put_i32(-1);
    packed_names(&[topic], &rest)
}

/// The partitions of an assignment that [`packed_assignment`] made.
fn unpacked_partitions(assignment: &[u8]) -> Vec<i32> {
    let number = |at: usize| Some(i32::from_be_bytes(assignment.get(at..at + 4)?.try_into().ok()?));
    let name_length = assignment.get(6..8).map_or(0, |two| usize::from(u16::from_be_bytes([two[0], two[1]])));
    let at = 8 + name_length;
    let count = number(at).and_then(|count| usize::try_from(count).ok()).unwrap_or(0);
    (1..=count).map_while(|place| number(at + 4 * place)).collect()
}

/// A connection to one broker.
struct Broker {
    stream: TcpStream,
    correlation: i32,
}

impl Broker {
    async fn connect(address: &str) -> io::Result<Self> {
        let mut broker = Self { stream: TcpStream::connect(address).await?, correlation: 0 };
        broker.ask(&ApiVersionsRequest::default(), 0).await?;
        Ok(broker)
    }

    async fn ask<R: Request>(&mut self, question: &R, version: i16) -> io::Result<R::Response> {
        let wrong = |_| io::Error::from(io::ErrorKind::InvalidData);
        self.correlation += 1;
        let header = RequestHeader::default()
            .with_request_api_key(R::KEY)
            .with_request_api_version(version)
            .with_correlation_id(self.correlation)
            .with_client_id(Some(StrBytes::from_static_str("sarama")));
        let mut body = BytesMut::new();
        header.encode(&mut body, R::header_version(version)).map_err(wrong)?;
        question.encode(&mut body, version).map_err(wrong)?;
        self.stream.write_i32(i32::try_from(body.len()).unwrap_or(i32::MAX)).await?;
        self.stream.write_all(&body).await?;
        let length = self.stream.read_i32().await?;
        let mut answer = vec![0; usize::try_from(length).unwrap_or(0)];
        self.stream.read_exact(&mut answer).await?;
        let mut answer = Bytes::from(answer);
        ResponseHeader::decode(&mut answer, R::Response::header_version(version)).map_err(wrong)?;
        R::Response::decode(&mut answer, version).map_err(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assignment_is_read_as_it_was_written() {
        assert_eq!(unpacked_partitions(&packed_assignment("toRedis", [0, 3, 6].into_iter())), [0, 3, 6]);
        assert_eq!(unpacked_partitions(&[]), [0; 0]);
    }
}

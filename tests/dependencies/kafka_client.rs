//! As much of a Kafka client as the tests take to make topics and send messages.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use kafka_protocol::indexmap::IndexMap;
use kafka_protocol::messages::create_topics_request::CreatableTopic;
use kafka_protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use kafka_protocol::messages::{
    CreateTopicsRequest, MetadataRequest, ProduceRequest, RequestHeader, ResponseHeader, TopicName,
};
use kafka_protocol::protocol::{Decodable as _, Encodable as _, HeaderVersion as _, Request, StrBytes};
use kafka_protocol::records::{
    Compression, NO_PARTITION_LEADER_EPOCH, NO_PRODUCER_EPOCH, NO_PRODUCER_ID, NO_SEQUENCE, Record,
    RecordBatchEncoder, RecordEncodeOptions, TimestampType,
};

pub(crate) struct Client {
    stream: TcpStream,
    correlation: i32,
}

impl Client {
    pub(crate) fn connect(address: &str) -> Option<Self> {
        let stream = TcpStream::connect(address).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
        Some(Self { stream, correlation: 0 })
    }

    /// Makes topics of eight partitions, where they are not there yet.
    pub(crate) fn make_topics(&mut self, names: &[&str]) -> Option<()> {
        let topic = |name: &&str| {
            CreatableTopic::default()
                .with_name(topic_name(name))
                .with_num_partitions(8)
                .with_replication_factor(1)
        };
        let question = CreateTopicsRequest::default()
            .with_topics(names.iter().map(topic).collect())
            .with_timeout_ms(5000);
        self.ask(&question, 2).map(drop)
    }

    /// How many brokers the cluster has.
    pub(crate) fn brokers(&mut self) -> Option<usize> {
        Some(self.ask(&MetadataRequest::default(), 7)?.brokers.len())
    }

    /// Sends so many messages to the first partition of a topic.
    pub(crate) fn send(&mut self, topic: &str, count: u32) -> Option<()> {
        let records: Vec<Record> = (0..count).map(|place| record(i32::try_from(place).unwrap())).collect();
        let mut packed = BytesMut::new();
        let options = RecordEncodeOptions { version: 2, compression: Compression::None };
        RecordBatchEncoder::encode(&mut packed, records.iter(), &options).ok()?;
        let data = PartitionProduceData::default().with_index(0).with_records(Some(packed.freeze()));
        let data = TopicProduceData::default().with_name(topic_name(topic)).with_partition_data(vec![data]);
        let question =
            ProduceRequest::default().with_acks(1).with_timeout_ms(5000).with_topic_data(vec![data]);
        let answer = self.ask(&question, 3)?;
        answer.responses[0].partition_responses.iter().all(|part| part.error_code == 0).then_some(())
    }

    fn ask<R: Request>(&mut self, question: &R, version: i16) -> Option<R::Response> {
        self.correlation += 1;
        let header = RequestHeader::default()
            .with_request_api_key(R::KEY)
            .with_request_api_version(version)
            .with_correlation_id(self.correlation);
        let mut body = BytesMut::new();
        header.encode(&mut body, R::header_version(version)).ok()?;
        question.encode(&mut body, version).ok()?;
        self.stream.write_all(&i32::try_from(body.len()).ok()?.to_be_bytes()).ok()?;
        self.stream.write_all(&body).ok()?;
        let mut length = [0; 4];
        self.stream.read_exact(&mut length).ok()?;
        let mut answer = vec![0; usize::try_from(i32::from_be_bytes(length)).ok()?];
        self.stream.read_exact(&mut answer).ok()?;
        let mut answer = Bytes::from(answer);
        ResponseHeader::decode(&mut answer, R::Response::header_version(version)).ok()?;
        R::Response::decode(&mut answer, version).ok()
    }
}

fn topic_name(name: &str) -> TopicName {
    TopicName(StrBytes::from_string(name.to_owned()))
}

fn record(place: i32) -> Record {
    Record {
        transactional: false,
        control: false,
        partition_leader_epoch: NO_PARTITION_LEADER_EPOCH,
        producer_id: NO_PRODUCER_ID,
        producer_epoch: NO_PRODUCER_EPOCH,
        timestamp_type: TimestampType::Creation,
        offset: i64::from(place),
        sequence: NO_SEQUENCE + place,
        timestamp: 0,
        key: None,
        value: Some(Bytes::from_static(b"a message")),
        headers: IndexMap::default(),
        delete_horizon: false,
    }
}

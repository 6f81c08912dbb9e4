//! What the answers to our questions look like, so that one is checked before it is decoded.
//!
//! `kafka-protocol` makes room for as many elements as an array says that it has: four bytes of a server that lies, or
//! of another protocol, would have us reserve gigabytes. Here each element that is promised has to be there.
//!
//! Source: Kafka's protocol guide, the schemas of these versions.

use bytes::Buf as _;
use kafka_protocol::messages::{
    ApiVersionsRequest, DescribeGroupsRequest, FindCoordinatorRequest, ListOffsetsRequest, MetadataRequest,
    OffsetFetchRequest, SaslAuthenticateRequest, SaslHandshakeRequest,
};
use kafka_protocol::protocol::Request;

use Shape::{Array, Blob, Fixed, Text};

/// One part of an answer.
pub(super) enum Shape {
    /// So many bytes.
    Fixed(usize),
    /// A length of two bytes, then so many; -1 for none.
    Text,
    /// A length of four bytes, then so many; -1 for none.
    Blob,
    /// A number of four bytes, then so many of these; -1 for none.
    Array(&'static [Shape]),
}

/// A question that we ask: in which version, and what its answer looks like behind the header.
pub(super) trait Question: Request {
    /// That of Kafka 2.1 or before.
    const VERSION: i16;
    /// The parts of the answer.
    const ANSWER: &'static [Shape];
}

impl Question for ApiVersionsRequest {
    const VERSION: i16 = 0;
    const ANSWER: &'static [Shape] = &[Fixed(2), Array(&[Fixed(6)])];
}

impl Question for SaslHandshakeRequest {
    const VERSION: i16 = 1;
    const ANSWER: &'static [Shape] = &[Fixed(2), Array(&[Text])];
}

impl Question for SaslAuthenticateRequest {
    const VERSION: i16 = 0;
    const ANSWER: &'static [Shape] = &[Fixed(2), Text, Blob];
}

impl Question for MetadataRequest {
    const VERSION: i16 = 7;
    const ANSWER: &'static [Shape] = &[
        Fixed(4),
        // Brokers: number, host, port, rack.
        Array(&[Fixed(4), Text, Fixed(4), Text]),
        // The cluster and its controller.
        Text,
        Fixed(4),
        // Topics: error, name, whether it is Kafka's own.
        Array(&[
            Fixed(2),
            Text,
            Fixed(1),
            // Partitions: error, number, leader and its epoch; replicas, those in step, those away.
            Array(&[Fixed(14), Array(&[Fixed(4)]), Array(&[Fixed(4)]), Array(&[Fixed(4)])]),
        ]),
    ];
}

impl Question for FindCoordinatorRequest {
    const VERSION: i16 = 2;
    const ANSWER: &'static [Shape] = &[Fixed(6), Text, Fixed(4), Text, Fixed(4)];
}

impl Question for DescribeGroupsRequest {
    const VERSION: i16 = 2;
    const ANSWER: &'static [Shape] = &[
        Fixed(4),
        // Groups: error, id, state, type, protocol.
        Array(&[
            Fixed(2),
            Text,
            Text,
            Text,
            Text,
            // Members: id, client, host, what they want, what they have.
            Array(&[Text, Text, Text, Blob, Blob]),
        ]),
    ];
}

impl Question for OffsetFetchRequest {
    const VERSION: i16 = 4;
    const ANSWER: &'static [Shape] =
        // Topics: name; partitions: number, offset, metadata, error.
        &[Fixed(4), Array(&[Text, Array(&[Fixed(12), Text, Fixed(2)])]), Fixed(2)];
}

impl Question for ListOffsetsRequest {
    const VERSION: i16 = 4;
    // Topics: name; partitions: number, error, time, offset, epoch.
    const ANSWER: &'static [Shape] = &[Fixed(4), Array(&[Text, Array(&[Fixed(26)])])];
}

/// Whether all that is promised is there.
pub(super) fn is_whole(mut answer: &[u8], shape: &[Shape]) -> bool {
    skip_all(&mut answer, shape).is_some()
}

fn skip_all(rest: &mut &[u8], shape: &[Shape]) -> Option<()> {
    shape.iter().try_for_each(|part| skip(rest, part))
}

fn skip(rest: &mut &[u8], part: &Shape) -> Option<()> {
    match part {
        Fixed(length) => take(rest, *length),
        Text => {
            let length = rest.try_get_i16().ok()?;
            take(rest, usize::try_from(length).unwrap_or(0))
        }
        Blob => {
            let length = rest.try_get_i32().ok()?;
            take(rest, usize::try_from(length).unwrap_or(0))
        }
        Array(element) => {
            let count = rest.try_get_i32().ok()?;
            (0..count).try_for_each(|_| skip_all(rest, element))
        }
    }
}

fn take(rest: &mut &[u8], length: usize) -> Option<()> {
    *rest = rest.get(length..)?;
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::BytesMut;
    use kafka_protocol::messages::describe_groups_response::{DescribedGroup, DescribedGroupMember};
    use kafka_protocol::messages::metadata_response::{
        MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
    };
    use kafka_protocol::messages::{DescribeGroupsResponse, MetadataResponse};
    use kafka_protocol::protocol::{Encodable, StrBytes};

    fn packed(answer: &impl Encodable, version: i16) -> BytesMut {
        let mut bytes = BytesMut::new();
        answer.encode(&mut bytes, version).unwrap();
        bytes
    }

    fn metadata() -> BytesMut {
        let broker = MetadataResponseBroker::default().with_host(StrBytes::from_static_str("kafka"));
        let partition = MetadataResponsePartition::default().with_replica_nodes(vec![1.into(), 2.into()]);
        let topic = MetadataResponseTopic::default()
            .with_name(Some(StrBytes::from_static_str("toRedis").into()))
            .with_partitions(vec![partition.clone(), partition]);
        let answer = MetadataResponse::default().with_brokers(vec![broker]).with_topics(vec![topic]);
        packed(&answer, MetadataRequest::VERSION)
    }

    #[test]
    fn an_answer_is_whole_and_each_shorter_one_is_not() {
        let answer = metadata();
        assert!(is_whole(&answer, MetadataRequest::ANSWER));
        for length in 0..answer.len() {
            assert!(!is_whole(&answer[..length], MetadataRequest::ANSWER), "{length} of {}", answer.len());
        }
        let member = DescribedGroupMember::default().with_member_assignment(vec![7; 40].into());
        let group = DescribedGroup::default().with_members(vec![member.clone(), member]);
        let answer = DescribeGroupsResponse::default().with_groups(vec![group]);
        let answer = packed(&answer, DescribeGroupsRequest::VERSION);
        assert!(is_whole(&answer, DescribeGroupsRequest::ANSWER));
        assert!(!is_whole(&answer[..answer.len() - 1], DescribeGroupsRequest::ANSWER));
    }

    #[test]
    fn an_array_that_promises_more_than_there_is_ends_with_the_answer() {
        let mut lie = metadata();
        // The number of brokers stands behind four bytes of throttle time.
        lie[4..8].copy_from_slice(&i32::MAX.to_be_bytes());
        assert!(!is_whole(&lie, MetadataRequest::ANSWER));
        let many = [0, 0, 0x7f, 0xff, 0xff, 0xff];
        assert!(!is_whole(&many, ApiVersionsRequest::ANSWER));
    }
}

//! A stock of records as a busy deployment writes them, drawn by a seeded generator.

use serde_json::json;

use super::record::{Fields, Level, Record};
use crate::random::Random;

/// How records are drawn: the share of each level, and the request they belong to.
#[derive(Clone, Debug)]
pub(crate) struct Mix {
    /// Weights of DEBUG, INFO, WARN, ERROR.
    pub(crate) weights: [u32; 4],
    /// One operation id for all, else each record draws its own.
    pub(crate) operation: Option<String>,
}

impl Default for Mix {
    fn default() -> Self {
        Self { weights: [25, 60, 13, 2], operation: None }
    }
}

/// Draws the next record.
pub(crate) fn draw(mix: &Mix, random: &mut Random) -> Record {
    let level = draw_level(mix.weights, random);
    let operation = mix.operation.clone().unwrap_or_else(|| format!("op-{}", random.hex(12)));
    let user = format!("u{:02}", random.below(40));
    let mut fields: Fields = vec![
        (
            "platform",
            json!(["Android", "IOS", "Web", "Admin"][usize::try_from(random.below(4)).unwrap_or(0)]),
        ),
        ("operationID", json!(operation)),
        ("opUserID", json!(user)),
    ];
    let (caller, message, more) = body(level, &user, random);
    fields.extend(more);
    Record::new(level, caller, message, fields)
}

fn draw_level(weights: [u32; 4], random: &mut Random) -> Level {
    let total: u32 = weights.iter().sum();
    let mut rest = random.below(u64::from(total.max(1)));
    for (level, weight) in Level::ALL.into_iter().zip(weights) {
        if rest < u64::from(weight) {
            return level;
        }
        rest -= u64::from(weight);
    }
    Level::Info
}

fn body(level: Level, user: &str, random: &mut Random) -> (&'static str, &'static str, Fields) {
    let peer = format!("u{:02}", random.below(40));
    let conversation = format!("si_{user}_{peer}");
    match (level, random.below(3)) {
        (Level::Debug, 0) => (
            "rpccache/user.go:84",
            "UserLocalCache getUserGlobalMsgRecvOpt req",
            vec![("userID", json!(user))],
        ),
        (Level::Debug, 1) => (
            "msgtransfer/online_history_msg_handler.go:410",
            "online new session msg come",
            vec![
                ("highWaterMarkOffset", json!(random.below(9000))),
                ("topic", json!("toRedis")),
                ("partition", json!(random.below(8))),
            ],
        ),
        (Level::Debug, _) => (
            "api/msg.go:158",
            "getSendMsgReq",
            vec![("req", json!({"content": format!("hello {}", random.below(1000))}))],
        ),
        (Level::Info, 0) => (
            "mw/rpc_client_interceptor.go:35",
            "rpc client request",
            vec![
                ("method", json!("/openim.user.user/getDesignateUsers")),
                ("target", json!("etcd:///openim/user")),
                ("req", json!(format!("userIDs:\"{user}\"  userIDs:\"{peer}\""))),
            ],
        ),
        (Level::Info, 1) => (
            "mw/rpc_server_interceptor.go:36",
            "rpc server request",
            vec![
                ("method", json!("/openim.conversation.conversation/GetConversation")),
                ("req", json!(format!("conversationID:\"{conversation}\" ownerUserID:\"{user}\""))),
            ],
        ),
        (Level::Info, _) => (
            "mw/rpc_server_interceptor.go:44",
            "rpc server response success",
            vec![
                ("method", json!("/openim.user.user/getDesignateUsers")),
                ("req", json!(format!("userIDs:\"{user}\""))),
                ("resp", json!(format!("usersInfo:{{userID:\"{user}\" nickname:\"Name {user}\"}}"))),
            ],
        ),
        (Level::Warn, 0) => (
            "mw/rpc_server_interceptor.go:85",
            "rpc server response failed",
            vec![
                ("method", json!("/openim.conversation.conversation/GetConversation")),
                ("req", json!(format!("conversationID:\"{conversation}\" ownerUserID:\"{user}\""))),
                (
                    "error",
                    json!(
                        "Error: 1004 RecordNotFoundError conversation not found | -> mw.RpcServerInterceptor() /go/pkg/mod/github.com/openimsdk/tools@v0.0.50-alpha.113/mw/rpc_server_interceptor.go:40"
                    ),
                ),
            ],
        ),
        (Level::Warn, _) => (
            "kafka/consumer_group.go:61",
            "consume err",
            vec![
                ("topic", json!(["toMongo"])),
                ("groupID", json!("mongo")),
                (
                    "error",
                    json!(
                        "kafka: client has run out of available brokers to talk to: dial tcp 127.0.0.1:19094: connect: connection refused"
                    ),
                ),
            ],
        ),
        (Level::Error, _) => (
            "mw/rpc_server_interceptor.go:33",
            "rpc server panic",
            vec![
                ("method", json!("/openim.msg.msg/SearchMessage")),
                ("req", json!(format!("sendID:\"{user}\""))),
                (
                    "error",
                    json!(
                        "Error: 500 panic error runtime error: makeslice: cap out of range | -> mgo.(*MsgMgo).SearchMessage() /openim-server/pkg/common/storage/database/mgo/msg.go:362"
                    ),
                ),
            ],
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same_records() {
        let draw_ten = |seed| {
            let mut random = Random::new(seed);
            (0..10).map(|_| format!("{:?}", draw(&Mix::default(), &mut random))).collect::<Vec<_>>()
        };
        assert_eq!(draw_ten(7), draw_ten(7));
        assert_ne!(draw_ten(7), draw_ten(8));
    }
}

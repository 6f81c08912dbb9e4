//! The fixed ports: those of each generation's own tables, or free ones in their place.

use std::collections::BTreeMap;

use openim_ops::openim::service::{Role, Service};

use crate::free_port::free_port;
use crate::generation::Generation;

/// What a port is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Socket {
    /// HTTP for clients of chat.
    Client,
    /// gRPC.
    Rpc,
    /// Metrics.
    Metrics,
}

/// Ports that stand in for those of the tables, so that deployments may run side by side.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ports(BTreeMap<(Service, Socket), Vec<u16>>);

impl Ports {
    /// Draws the ports of a service's instances.
    pub(crate) fn draw(&mut self, service: Service, count: u32) {
        for socket in [Socket::Client, Socket::Rpc, Socket::Metrics] {
            self.0.insert((service, socket), (0..count).map(|_| free_port()).collect());
        }
    }

    /// The list in a configuration file.
    pub(crate) fn list(&self, generation: Generation, service: Service, socket: Socket) -> Vec<u16> {
        let drawn = self.0.get(&(service, socket)).cloned();
        drawn.unwrap_or_else(|| numbers(generation, service, socket))
    }
}

/// A table of a generation: the first number of each service.
type Table = &'static [(Service, u16)];

const CHAT_CLIENT: Table = &[(Service::ChatApi, 10008), (Service::AdminApi, 10009), (Service::BotApi, 10010)];

const CHAT_RPC: Table = &[(Service::AdminRpc, 30200), (Service::ChatRpc, 30300), (Service::BotRpc, 30400)];

/// v3.8.1 and later.
const RPC: Table = &[
    (Service::MsgGateway, 10140),
    (Service::Push, 10170),
    (Service::RpcAuth, 10200),
    (Service::RpcConversation, 10220),
    (Service::RpcFriend, 10240),
    (Service::RpcGroup, 10260),
    (Service::RpcMsg, 10280),
    (Service::RpcThird, 10300),
    (Service::RpcUser, 10320),
];

/// v3.8.1 and later.
const METRICS: Table = &[
    (Service::Api, 12002),
    (Service::MsgTransfer, 12020),
    (Service::MsgGateway, 12140),
    (Service::Push, 12170),
    (Service::RpcAuth, 12200),
    (Service::RpcConversation, 12220),
    (Service::RpcFriend, 12240),
    (Service::RpcGroup, 12260),
    (Service::RpcMsg, 12280),
    (Service::RpcThird, 12300),
    (Service::RpcUser, 12320),
];

/// v3.0 to v3.8.0.
const OLD_RPC: Table = &[
    (Service::RpcUser, 10110),
    (Service::RpcFriend, 10120),
    (Service::RpcMsg, 10130),
    (Service::MsgGateway, 10140),
    (Service::RpcGroup, 10150),
    (Service::RpcAuth, 10160),
    (Service::Push, 10170),
    (Service::RpcConversation, 10180),
    (Service::RpcThird, 10190),
];

/// v3.0 to v3.6.
const OLD_METRICS: Table = &[
    (Service::Api, 20100),
    (Service::RpcUser, 20110),
    (Service::RpcFriend, 20120),
    (Service::RpcMsg, 20130),
    (Service::MsgGateway, 20140),
    (Service::RpcGroup, 20150),
    (Service::RpcAuth, 20160),
    (Service::Push, 20170),
    (Service::RpcConversation, 20230),
    (Service::RpcThird, 21301),
    (Service::MsgTransfer, 21400),
];

/// v3.7 and v3.8.0.
const V3_7_METRICS: Table = &[
    (Service::RpcUser, 20100),
    (Service::RpcThird, 20101),
    (Service::RpcMsg, 20102),
    (Service::RpcGroup, 20103),
    (Service::RpcFriend, 20104),
    (Service::RpcConversation, 20105),
    (Service::RpcAuth, 20106),
    (Service::Push, 20107),
    (Service::MsgTransfer, 20108),
    (Service::MsgGateway, 20112),
    (Service::Api, 20113),
];

/// A generation's own numbers, as many as its file lists.
fn numbers(generation: Generation, service: Service, socket: Socket) -> Vec<u16> {
    let table = match (generation, socket) {
        (Generation::Chat | Generation::ChatMain, Socket::Rpc) => CHAT_RPC,
        (_, Socket::Client) => CHAT_CLIENT,
        (Generation::V3_5 | Generation::V3_7, Socket::Rpc) => OLD_RPC,
        (Generation::V3_5, Socket::Metrics) => OLD_METRICS,
        (Generation::V3_7, Socket::Metrics) => V3_7_METRICS,
        (_, Socket::Rpc) => RPC,
        (_, Socket::Metrics) => METRICS,
    };
    let first = table.iter().find(|(known, _)| *known == service).map_or(0, |(_, first)| *first);
    (first..first + listed(generation, service)).collect()
}

/// How many numbers a generation's file lists for a service.
const fn listed(generation: Generation, service: Service) -> u16 {
    let several = matches!(service.role(), Role::WebSocketGateway | Role::Consumer | Role::ConsumerAndRpc);
    match generation {
        Generation::Release | Generation::V3_8_1 => {
            if several {
                16
            } else {
                1
            }
        }
        Generation::V3_5 | Generation::V3_7 => {
            if matches!(service, Service::MsgTransfer) {
                4
            } else {
                1
            }
        }
        Generation::Main | Generation::Standalone | Generation::Chat | Generation::ChatMain => 1,
    }
}

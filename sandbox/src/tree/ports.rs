//! The fixed ports: those of each generation's own tables, or free ones in their place.

use std::collections::BTreeMap;

use openim_ops::openim::service::{Role, Service};

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
    pub(crate) fn draw(&mut self, service: Service, count: u32, next: &mut dyn FnMut() -> u16) {
        for socket in [Socket::Client, Socket::Rpc, Socket::Metrics] {
            self.0.insert((service, socket), (0..count).map(|_| next()).collect());
        }
    }

    /// The list in a configuration file.
    pub(crate) fn list(&self, generation: Generation, service: Service, socket: Socket) -> Vec<u16> {
        let drawn = self.0.get(&(service, socket)).cloned();
        drawn.unwrap_or_else(|| table(generation, service, socket))
    }
}

/// A generation's own numbers, as many as its file lists.
fn table(generation: Generation, service: Service, socket: Socket) -> Vec<u16> {
    let first = match (generation, socket) {
        (_, Socket::Client) => client_port(service),
        (Generation::V3_5 | Generation::V3_7, Socket::Rpc) => old_rpc_port(service),
        (Generation::V3_5, Socket::Metrics) => old_metrics_port(service),
        (Generation::V3_7, Socket::Metrics) => v3_7_metrics_port(service),
        (Generation::Chat | Generation::ChatMain, Socket::Rpc) => chat_rpc_port(service),
        (_, Socket::Rpc) => rpc_port(service),
        (_, Socket::Metrics) => metrics_port(service),
    };
    let several = matches!(service.role(), Role::WebSocketGateway | Role::Consumer | Role::ConsumerAndRpc);
    let count = match generation {
        Generation::Release | Generation::V3_8_1 if several => 16,
        Generation::V3_5 | Generation::V3_7 if service == Service::MsgTransfer => 4,
        _ => 1,
    };
    (first..first + count).collect()
}

fn client_port(service: Service) -> u16 {
    match service {
        Service::ChatApi => 10008,
        Service::AdminApi => 10009,
        Service::BotApi => 10010,
        _ => 0,
    }
}

fn chat_rpc_port(service: Service) -> u16 {
    match service {
        Service::AdminRpc => 30200,
        Service::ChatRpc => 30300,
        Service::BotRpc => 30400,
        _ => 0,
    }
}

fn rpc_port(service: Service) -> u16 {
    match service {
        Service::MsgGateway => 10140,
        Service::Push => 10170,
        Service::RpcAuth => 10200,
        Service::RpcConversation => 10220,
        Service::RpcFriend => 10240,
        Service::RpcGroup => 10260,
        Service::RpcMsg => 10280,
        Service::RpcThird => 10300,
        Service::RpcUser => 10320,
        _ => 0,
    }
}

fn metrics_port(service: Service) -> u16 {
    match service {
        Service::Api => 12002,
        Service::MsgTransfer => 12020,
        _ => rpc_port(service) + 2000,
    }
}

/// v3.0 to v3.8.0.
fn old_rpc_port(service: Service) -> u16 {
    match service {
        Service::RpcUser => 10110,
        Service::RpcFriend => 10120,
        Service::RpcMsg => 10130,
        Service::MsgGateway => 10140,
        Service::RpcGroup => 10150,
        Service::RpcAuth => 10160,
        Service::Push => 10170,
        Service::RpcConversation => 10180,
        Service::RpcThird => 10190,
        _ => 0,
    }
}

/// v3.0 to v3.6.
fn old_metrics_port(service: Service) -> u16 {
    match service {
        Service::Api => 20100,
        Service::MsgTransfer => 21400,
        Service::RpcConversation => 20230,
        Service::RpcThird => 21301,
        _ => old_rpc_port(service) + 10_000,
    }
}

/// v3.7 and v3.8.0.
fn v3_7_metrics_port(service: Service) -> u16 {
    match service {
        Service::RpcUser => 20100,
        Service::RpcThird => 20101,
        Service::RpcMsg => 20102,
        Service::RpcGroup => 20103,
        Service::RpcFriend => 20104,
        Service::RpcConversation => 20105,
        Service::RpcAuth => 20106,
        Service::Push => 20107,
        Service::MsgTransfer => 20108,
        Service::MsgGateway => 20112,
        Service::Api => 20113,
        _ => 0,
    }
}

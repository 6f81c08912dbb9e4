//! v3.0 to v3.6: one `config/config.yaml`, and the ports as flags, as its scripts hand them over.

use std::fmt::Write as _;

use openim_ops::openim::service::{Role, Service};

use super::{Layout, Socket};
use crate::instance::Instance;

/// The keys of a service's ports.
pub(crate) struct Keys {
    pub(crate) client: &'static str,
    pub(crate) rpc: String,
    pub(crate) metrics: String,
}

/// Where config.yaml has the ports of a service.
pub(crate) fn keys(service: Service) -> Keys {
    let (rpc, metrics) = names(service);
    Keys {
        client: if service == Service::Api { "api.openImApiPort" } else { "longConnSvr.openImWsPort" },
        rpc: format!("rpcPort.openIm{rpc}Port"),
        metrics: format!("prometheus.{metrics}PrometheusPort"),
    }
}

/// What its keys call a service, for gRPC and for metrics.
fn names(service: Service) -> (&'static str, &'static str) {
    match service {
        Service::Api => ("Api", "api"),
        Service::MsgGateway => ("MessageGateway", "messageGateway"),
        Service::MsgTransfer => ("MessageTransfer", "messageTransfer"),
        Service::Push => ("Push", "push"),
        Service::RpcAuth => ("Auth", "auth"),
        Service::RpcConversation => ("Conversation", "conversation"),
        Service::RpcFriend => ("Friend", "friend"),
        Service::RpcGroup => ("Group", "group"),
        Service::RpcMsg => ("Message", "message"),
        Service::RpcThird => ("Third", "third"),
        Service::RpcUser => ("User", "user"),
        Service::Crontask
        | Service::Server
        | Service::ChatApi
        | Service::AdminApi
        | Service::ChatRpc
        | Service::AdminRpc
        | Service::BotApi
        | Service::BotRpc => ("", ""),
    }
}

/// `-n 3 --port 10110 --prometheus_port 20110`, as far as an instance has them.
pub(crate) fn flags(layout: &Layout, instance: Instance) -> Vec<String> {
    let Instance { service, index } = instance;
    let port = |socket| {
        let list = layout.ports.list(layout.generation, service, socket);
        list.get(index as usize).map(ToString::to_string).unwrap_or_default()
    };
    let metrics = || ("--prometheus_port", port(Socket::Metrics));
    let flags = match service.role() {
        Role::HttpGateway => vec![("--port", layout.api_port.to_string()), metrics()],
        Role::WebSocketGateway => {
            vec![("--port", port(Socket::Rpc)), ("--ws_port", layout.ws_port.to_string()), metrics()]
        }
        Role::Consumer => vec![("-n", index.to_string()), metrics()],
        Role::ConsumerAndRpc | Role::Rpc => vec![("--port", port(Socket::Rpc)), metrics()],
        Role::Cron | Role::Whole => Vec::new(),
    };
    flags.into_iter().flat_map(|(flag, value)| [flag.to_owned(), value]).collect()
}

/// The one file.
pub(super) fn config_yaml(layout: &Layout) -> String {
    let mut text = format!(
        "envs:\n  discovery: zookeeper\n\nzookeeper:\n  schema: openim\n  address: [ ]\n  username: ''\n  password: ''\n\n\
         mongo:\n  uri: ''\n  address: [ {} ]\n  database: openim_v3\n  username: openIM\n  password: openIM123\n\n\
         redis:\n  address: [ {} ]\n  username: ''\n  password: openIM123\n\n\
         kafka:\n  username: ''\n  password: ''\n  addr: [ {} ]\n\n\
         rpc:\n  registerIP: {}\n  listenIP: {}\n\n\
         api:\n  openImApiPort: [ {} ]\n  listenIP: {}\n\n\
         longConnSvr:\n  openImWsPort: [ {} ]\n  websocketMaxConnNum: 100000\n\n\
         log:\n  storageLocation: ../../../../logs/\n  rotationTime: 24\n  remainRotationCount: 2\n  remainLogLevel: {}\n  isStdout: {}\n  isJson: {}\n  withStack: false\n\n\
         secret: openIM123\nchatRecordsClearTime: 0 2 * * 3\nretainChatRecords: 365\n\n",
        layout.addresses.mongodb,
        layout.addresses.redis,
        layout.addresses.kafka,
        layout.register_ip,
        layout.listen_ip,
        layout.api_port,
        layout.listen_ip,
        layout.ws_port,
        layout.log_level,
        layout.log_stdout,
        layout.log_json,
    );
    text += "rpcPort:\n";
    let with_rpc = |service: &Service| {
        matches!(service.role(), Role::WebSocketGateway | Role::ConsumerAndRpc | Role::Rpc)
    };
    for service in Service::ALL.into_iter().filter(with_rpc) {
        put(&mut text, &format!("openIm{}Port", names(service).0), layout, service, Socket::Rpc);
    }
    text += "\nprometheus:\n  enable: true\n";
    for service in Service::ALL.into_iter().filter(|service| service.role() != Role::Cron) {
        put(&mut text, &format!("{}PrometheusPort", names(service).1), layout, service, Socket::Metrics);
    }
    text
}

fn put(text: &mut String, key: &str, layout: &Layout, service: Service, socket: Socket) {
    let list = layout.ports.list(layout.generation, service, socket);
    let list: Vec<String> = list.iter().map(ToString::to_string).collect();
    let _ = writeln!(text, "  {key}: [ {} ]", list.join(", "));
}

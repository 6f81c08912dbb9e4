//! Which files a service reads, by line.
//!
//! Source: of v3.8.3-patch.16 and main of 2026-03 what the rules as a whole stand on; of chat its config/, and of its
//! main pkg/common/cmd as well. Of v3.7 to v3.8.2, and of chat's gateways in v1.8, a file stands here only where it is
//! sure that the service reads it: one that is left out is not looked at, one too many would be called missing.

use std::path::Path;

use super::{Line, Reader};
use crate::openim::dependency::{Dependency, Need};
use crate::openim::service::Service;

/// How services find each other.
pub(super) const DISCOVERY: &str = "discovery.yml";

/// The same in v3.7.0.
pub(super) const ZOOKEEPER: &str = "zookeeper.yml";

const LOG: &str = "log.yml";
const SHARE: &str = "share.yml";
const KAFKA: &str = Dependency::Kafka.config_file();
const MONGODB: &str = Dependency::MongoDb.config_file();
const REDIS: &str = Dependency::Redis.config_file();

/// The names of all that a service reads.
pub(super) fn files(line: Line, reader: &Reader) -> Vec<String> {
    let service = reader.service;
    let shared = match line {
        Line::Release | Line::Main => of_server(service),
        Line::V3_8_1 | Line::V3_7 => of_old_server(service).to_vec(),
        Line::Chat => of_chat(service).to_vec(),
        Line::ChatMain => of_chat_main(service).to_vec(),
    };
    let discovery = discovery(line, reader.dir).filter(|_| finds_others(line, service));
    let shared = discovery.into_iter().chain(shared).map(str::to_owned);
    shared.chain([service.config_file()]).collect()
}

/// The file by which services find each other; `None` where either may be meant, and neither is there.
pub(super) fn discovery(line: Line, dir: &Path) -> Option<&'static str> {
    let is_there = |name: &&str| dir.join(name).exists();
    match line {
        Line::Release | Line::Main | Line::V3_8_1 | Line::ChatMain => Some(DISCOVERY),
        // v3.8.0 has the one, v3.7.0 the other.
        Line::V3_7 => [DISCOVERY, ZOOKEEPER].into_iter().find(is_there),
        // What stood beside v3.7.0 is told from v1.8 by nothing else.
        Line::Chat => Some([DISCOVERY, ZOOKEEPER].into_iter().find(is_there).unwrap_or(DISCOVERY)),
    }
}

/// Whether a service is known to read that file.
pub(super) const fn finds_others(line: Line, service: Service) -> bool {
    !(matches!(line, Line::V3_8_1 | Line::V3_7) && matches!(service, Service::Crontask))
}

/// The servers whose file is read by those that need them.
const SERVERS: [Dependency; 4] =
    [Dependency::Redis, Dependency::MongoDb, Dependency::Kafka, Dependency::Minio];

fn of_server(service: Service) -> Vec<&'static str> {
    let needed = SERVERS.into_iter().filter(|server| server.need_of(service) != Need::None);
    let shared = [LOG, SHARE].into_iter().chain(needed.map(Dependency::config_file));
    shared.chain(further_files(service).iter().copied()).collect()
}

/// The others that a service of open-im-server reads.
const fn further_files(service: Service) -> &'static [&'static str] {
    match service {
        Service::Api
        | Service::Crontask
        | Service::RpcAuth
        | Service::Server
        | Service::ChatApi
        | Service::AdminApi
        | Service::ChatRpc
        | Service::AdminRpc
        | Service::BotApi
        | Service::BotRpc => &[],
        Service::MsgGateway | Service::MsgTransfer => &["webhooks.yml"],
        Service::RpcConversation | Service::RpcThird => &["local-cache.yml", "notification.yml"],
        Service::Push | Service::RpcFriend | Service::RpcGroup | Service::RpcMsg | Service::RpcUser => {
            &["local-cache.yml", "notification.yml", "webhooks.yml"]
        }
    }
}

const fn of_old_server(service: Service) -> &'static [&'static str] {
    match service {
        Service::MsgTransfer => &[LOG, SHARE, KAFKA, MONGODB, REDIS],
        Service::Push => &[LOG, SHARE, KAFKA],
        Service::Crontask => &[LOG],
        Service::Api
        | Service::MsgGateway
        | Service::RpcAuth
        | Service::RpcConversation
        | Service::RpcFriend
        | Service::RpcGroup
        | Service::RpcMsg
        | Service::RpcThird
        | Service::RpcUser => &[LOG, SHARE],
        Service::Server
        | Service::ChatApi
        | Service::AdminApi
        | Service::ChatRpc
        | Service::AdminRpc
        | Service::BotApi
        | Service::BotRpc => &[],
    }
}

const fn of_chat(service: Service) -> &'static [&'static str] {
    match service {
        Service::ChatApi | Service::AdminApi | Service::BotApi => &[LOG, SHARE],
        Service::ChatRpc | Service::AdminRpc | Service::BotRpc => &[LOG, SHARE, MONGODB, REDIS],
        Service::Api
        | Service::Crontask
        | Service::MsgGateway
        | Service::MsgTransfer
        | Service::Push
        | Service::RpcAuth
        | Service::RpcConversation
        | Service::RpcFriend
        | Service::RpcGroup
        | Service::RpcMsg
        | Service::RpcThird
        | Service::RpcUser
        | Service::Server => &[],
    }
}

/// The administrators' gateway shows and changes what the others read.
const fn of_chat_main(service: Service) -> &'static [&'static str] {
    match service {
        Service::ChatApi | Service::BotApi => &[LOG, SHARE, REDIS],
        Service::AdminApi => {
            &[LOG, SHARE, MONGODB, REDIS, "chat-api-chat.yml", "chat-rpc-admin.yml", "chat-rpc-chat.yml"]
        }
        Service::ChatRpc
        | Service::AdminRpc
        | Service::BotRpc
        | Service::Api
        | Service::Crontask
        | Service::MsgGateway
        | Service::MsgTransfer
        | Service::Push
        | Service::RpcAuth
        | Service::RpcConversation
        | Service::RpcFriend
        | Service::RpcGroup
        | Service::RpcMsg
        | Service::RpcThird
        | Service::RpcUser
        | Service::Server => of_chat(service),
    }
}

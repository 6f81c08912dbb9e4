//! The servers that OpenIM stands on, each declared once: its names, its configuration, who needs it and how.
//!
//! Source: seen on v3.8.3-patch.16 and main of 2026-03, each server away at start and lost in flight.

mod settings;

use std::fmt;

use super::service::{Role, Service};

pub use settings::{
    Identity, Kafka, Login, Minio, MongoDb, OpenIm, Redis, RedisMode, Secret, Settings, Tls, Topic,
    ZooKeeper, unescaped_mark,
};

/// A server that OpenIM stands on, in the order of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dependency {
    /// Service discovery.
    Etcd,
    /// Tokens, who is online, sequence numbers, caches.
    Redis,
    /// Everything that lasts.
    MongoDb,
    /// Messages on their way.
    Kafka,
    /// Files that clients send.
    Minio,
    /// Service discovery before etcd.
    ZooKeeper,
    /// The API of open-im-server, on which chat stands.
    OpenIm,
}

/// What a service is without a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It never asks it.
    None,
    /// It starts without it and waits, serving nothing until it is there.
    Waits,
    /// It starts without it and waits, and ends with status 255 after some minutes in vain.
    GivesUp,
    /// It ends with status 255 at its start.
    Exits,
}

impl Dependency {
    /// Every server.
    pub const ALL: [Self; 7] =
        [Self::Etcd, Self::Redis, Self::MongoDb, Self::Kafka, Self::Minio, Self::ZooKeeper, Self::OpenIm];

    /// Its word on the command line and in ids.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Etcd => "etcd",
            Self::Redis => "redis",
            Self::MongoDb => "mongodb",
            Self::Kafka => "kafka",
            Self::Minio => "minio",
            Self::ZooKeeper => "zookeeper",
            Self::OpenIm => "openim",
        }
    }

    /// Its name as its makers write it.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Etcd => "etcd",
            Self::Redis => "Redis",
            Self::MongoDb => "MongoDB",
            Self::Kafka => "Kafka",
            Self::Minio => "MinIO",
            Self::ZooKeeper => "ZooKeeper",
            Self::OpenIm => "OpenIM's API",
        }
    }

    /// The file in the configuration directory that says where it is.
    #[must_use]
    pub const fn config_file(self) -> &'static str {
        match self {
            Self::Etcd | Self::ZooKeeper => "discovery.yml",
            Self::Redis => "redis.yml",
            Self::MongoDb => "mongodb.yml",
            Self::Kafka => "kafka.yml",
            Self::Minio => "minio.yml",
            Self::OpenIm => "share.yml",
        }
    }

    /// The one whose word this is.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dependency| dependency.name() == word)
    }

    /// What a service is without it. What chat's and the one-process build are without it was not seen: it follows
    /// from the library that connects, which is the same.
    #[must_use]
    pub const fn need_of(self, service: Service) -> Need {
        match self {
            Self::Etcd | Self::ZooKeeper => match service.role() {
                // Its parts find each other in memory.
                Role::Whole => Need::None,
                Role::HttpGateway
                | Role::WebSocketGateway
                | Role::Consumer
                | Role::ConsumerAndRpc
                | Role::Rpc
                | Role::Cron => Need::Waits,
            },
            Self::Redis => match service.role() {
                Role::HttpGateway | Role::Cron => Need::None,
                Role::WebSocketGateway | Role::Consumer | Role::ConsumerAndRpc | Role::Rpc | Role::Whole => {
                    Need::Exits
                }
            },
            Self::MongoDb => match service {
                Service::MsgTransfer
                | Service::RpcConversation
                | Service::RpcFriend
                | Service::RpcGroup
                | Service::RpcMsg
                | Service::RpcThird
                | Service::RpcUser
                | Service::Server
                | Service::ChatRpc
                | Service::AdminRpc
                | Service::BotRpc => Need::GivesUp,
                Service::Api
                | Service::Crontask
                | Service::MsgGateway
                | Service::Push
                | Service::RpcAuth
                | Service::ChatApi
                | Service::AdminApi
                | Service::BotApi => Need::None,
            },
            Self::Kafka => match service {
                Service::MsgTransfer | Service::Push | Service::RpcMsg => Need::Exits,
                Service::Api
                | Service::Crontask
                | Service::MsgGateway
                | Service::RpcAuth
                | Service::RpcConversation
                | Service::RpcFriend
                | Service::RpcGroup
                | Service::RpcThird
                | Service::RpcUser
                | Service::Server
                | Service::ChatApi
                | Service::AdminApi
                | Service::ChatRpc
                | Service::AdminRpc
                | Service::BotApi
                | Service::BotRpc => Need::None,
            },
            Self::Minio => match service {
                Service::RpcThird | Service::Server => Need::Exits,
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
                | Service::RpcUser
                | Service::ChatApi
                | Service::AdminApi
                | Service::ChatRpc
                | Service::AdminRpc
                | Service::BotApi
                | Service::BotRpc => Need::None,
            },
            // Its own check lets nothing of chat start before the API gives it a token.
            Self::OpenIm => match service {
                Service::ChatApi
                | Service::AdminApi
                | Service::ChatRpc
                | Service::AdminRpc
                | Service::BotApi
                | Service::BotRpc => Need::Exits,
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
                | Service::Server => Need::None,
            },
        }
    }
}

impl fmt::Display for Dependency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(dependency: Dependency, need: Need) -> usize {
        Service::ALL.into_iter().filter(|service| dependency.need_of(*service) == need).count()
    }

    #[test]
    fn the_graph_is_as_the_real_deployment_showed_it() {
        assert_eq!(count(Dependency::Etcd, Need::Waits), 12);
        assert_eq!(count(Dependency::Redis, Need::Exits), 10);
        assert_eq!(count(Dependency::MongoDb, Need::GivesUp), 7);
        assert_eq!(count(Dependency::Kafka, Need::Exits), 3);
        assert_eq!(count(Dependency::Minio, Need::Exits), 1);
    }
}

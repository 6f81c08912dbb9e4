//! The services of open-im-server and of chat, each declared once.
//!
//! Source: open-im-server v3.8.3-patch.16 and main of 2026-03, chat v1.8.4-patch.5 and main (`start-config.yml`,
//! `config/`).

use std::fmt;

/// A service, in the order of its repository's `start-config.yml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// HTTP/JSON gateway to the RPC services.
    Api,
    /// Cron jobs: old messages, expired objects.
    Crontask,
    /// WebSocket connections of the clients.
    MsgGateway,
    /// Kafka to Redis, MongoDB and the push topic.
    MsgTransfer,
    /// Kafka to the clients, online and offline.
    Push,
    /// Tokens.
    RpcAuth,
    /// Conversations.
    RpcConversation,
    /// Friends and black lists.
    RpcFriend,
    /// Groups.
    RpcGroup,
    /// Messages.
    RpcMsg,
    /// Object storage and logs of clients.
    RpcThird,
    /// Users and who is online.
    RpcUser,
    /// All of open-im-server in one process, a build of main.
    Server,
    /// HTTP/JSON for the users of chat.
    ChatApi,
    /// HTTP/JSON for the administrators of chat.
    AdminApi,
    /// Accounts of chat.
    ChatRpc,
    /// Administrators and settings of chat.
    AdminRpc,
    /// HTTP/JSON for bots; in main of chat only.
    BotApi,
    /// Bots; in main of chat only.
    BotRpc,
}

/// What a service does for others, and so what it listens on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Answers HTTP on the port that clients use.
    HttpGateway,
    /// Answers WebSocket on the port that clients use, and gRPC.
    WebSocketGateway,
    /// Consumes Kafka; listens for metrics only.
    Consumer,
    /// Consumes Kafka and answers gRPC.
    ConsumerAndRpc,
    /// Answers gRPC.
    Rpc,
    /// Works by the clock; listens on nothing in the release line.
    Cron,
    /// All of it in one process: answers HTTP and WebSocket, and itself.
    Whole,
}

/// A named set of services, as a target on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// All services of open-im-server.
    All,
    /// The seven `openim-rpc-*`.
    Rpc,
    /// What a message passes on its way: gateway, transfer, push.
    Message,
    /// The services of chat.
    Chat,
}

/// The facts of one service.
#[derive(Debug)]
struct Facts {
    binary: &'static str,
    /// The file in the configuration directory that is its own, without `.yml`.
    config: &'static str,
    role: Role,
    /// Its name in etcd in the release line and its key in share.yml `rpcRegisterName`.
    register: Option<&'static str>,
    /// Its name in etcd in main, from discovery.yml `rpcService`.
    register_main: Option<&'static str>,
    /// The full name of its gRPC service.
    grpc: Option<&'static str>,
    /// Its name in the API's `/prometheus_discovery/NAME`.
    prometheus: Option<&'static str>,
}

impl Service {
    /// Every service that is known, those of chat and the one-process build included.
    pub const KNOWN: [Self; 19] = [
        Self::Api,
        Self::Crontask,
        Self::MsgGateway,
        Self::MsgTransfer,
        Self::Push,
        Self::RpcAuth,
        Self::RpcConversation,
        Self::RpcFriend,
        Self::RpcGroup,
        Self::RpcMsg,
        Self::RpcThird,
        Self::RpcUser,
        Self::Server,
        Self::ChatApi,
        Self::AdminApi,
        Self::ChatRpc,
        Self::AdminRpc,
        Self::BotApi,
        Self::BotRpc,
    ];

    /// Every service of open-im-server that is a process of its own, in a fixed order: the first of those.
    pub const ALL: [Self; 12] = {
        let mut all = [Self::Api; 12];
        all.copy_from_slice(Self::KNOWN.split_at(12).0);
        all
    };

    #[expect(clippy::too_many_lines, reason = "a table: one row for each service")]
    const fn facts(self) -> Facts {
        match self {
            Self::Api => Facts {
                binary: "openim-api",
                config: "openim-api",
                role: Role::HttpGateway,
                register: None,
                register_main: None,
                grpc: None,
                prometheus: Some("api"),
            },
            Self::Crontask => Facts {
                binary: "openim-crontask",
                config: "openim-crontask",
                role: Role::Cron,
                register: None,
                register_main: None,
                grpc: None,
                prometheus: None,
            },
            Self::MsgGateway => Facts {
                binary: "openim-msggateway",
                config: "openim-msggateway",
                role: Role::WebSocketGateway,
                register: Some("messageGateway"),
                register_main: Some("messagegateway-rpc-service"),
                grpc: Some("openim.msggateway.msgGateway"),
                prometheus: Some("msg_gateway"),
            },
            Self::MsgTransfer => Facts {
                binary: "openim-msgtransfer",
                config: "openim-msgtransfer",
                role: Role::Consumer,
                register: None,
                register_main: None,
                grpc: None,
                prometheus: Some("msg_transfer"),
            },
            Self::Push => Facts {
                binary: "openim-push",
                config: "openim-push",
                role: Role::ConsumerAndRpc,
                register: Some("push"),
                register_main: Some("push-rpc-service"),
                grpc: Some("openim.push.PushMsgService"),
                prometheus: Some("push"),
            },
            Self::RpcAuth => Facts {
                binary: "openim-rpc-auth",
                config: "openim-rpc-auth",
                role: Role::Rpc,
                register: Some("auth"),
                register_main: Some("auth-rpc-service"),
                grpc: Some("openim.auth.Auth"),
                prometheus: Some("auth"),
            },
            Self::RpcConversation => Facts {
                binary: "openim-rpc-conversation",
                config: "openim-rpc-conversation",
                role: Role::Rpc,
                register: Some("conversation"),
                register_main: Some("conversation-rpc-service"),
                grpc: Some("openim.conversation.conversation"),
                prometheus: Some("conversation"),
            },
            Self::RpcFriend => Facts {
                binary: "openim-rpc-friend",
                config: "openim-rpc-friend",
                role: Role::Rpc,
                register: Some("friend"),
                register_main: Some("friend-rpc-service"),
                grpc: Some("openim.relation.friend"),
                prometheus: Some("friend"),
            },
            Self::RpcGroup => Facts {
                binary: "openim-rpc-group",
                config: "openim-rpc-group",
                role: Role::Rpc,
                register: Some("group"),
                register_main: Some("group-rpc-service"),
                grpc: Some("openim.group.group"),
                prometheus: Some("group"),
            },
            Self::RpcMsg => Facts {
                binary: "openim-rpc-msg",
                config: "openim-rpc-msg",
                role: Role::Rpc,
                register: Some("msg"),
                register_main: Some("msg-rpc-service"),
                grpc: Some("openim.msg.msg"),
                prometheus: Some("msg"),
            },
            Self::RpcThird => Facts {
                binary: "openim-rpc-third",
                config: "openim-rpc-third",
                role: Role::Rpc,
                register: Some("third"),
                register_main: Some("third-rpc-service"),
                grpc: Some("openim.third.third"),
                prometheus: Some("third"),
            },
            Self::RpcUser => Facts {
                binary: "openim-rpc-user",
                config: "openim-rpc-user",
                role: Role::Rpc,
                register: Some("user"),
                register_main: Some("user-rpc-service"),
                grpc: Some("openim.user.user"),
                prometheus: Some("user"),
            },
            Self::Server => Facts {
                binary: "openim-server",
                config: "openim-api",
                role: Role::Whole,
                register: None,
                register_main: None,
                grpc: None,
                prometheus: None,
            },
            Self::ChatApi => chat_api("chat-api", "chat-api-chat"),
            Self::AdminApi => chat_api("admin-api", "chat-api-admin"),
            Self::BotApi => chat_api("bot-api", "chat-api-bot"),
            Self::ChatRpc => chat_rpc("chat-rpc", "chat-rpc-chat", "chat-rpc-service"),
            Self::AdminRpc => chat_rpc("admin-rpc", "chat-rpc-admin", "admin-rpc-service"),
            Self::BotRpc => chat_rpc("bot-rpc", "chat-rpc-bot", "bot-rpc-service"),
        }
    }

    /// The name of its program, of its systemd unit and of its log module: `openim-rpc-user`.
    #[must_use]
    pub const fn binary(self) -> &'static str {
        self.facts().binary
    }

    /// The name people use: `rpc-user`, `api`.
    #[must_use]
    pub fn short(self) -> &'static str {
        let binary = self.binary();
        binary.strip_prefix("openim-").unwrap_or(binary)
    }

    /// The file in the configuration directory that is its own: `openim-rpc-user.yml`.
    #[must_use]
    pub fn config_file(self) -> String {
        format!("{}.yml", self.facts().config)
    }

    /// Whether a deployment usually has several instances of it, so that even the first has a number.
    #[must_use]
    pub const fn runs_several(self) -> bool {
        match self.role() {
            Role::Consumer | Role::ConsumerAndRpc => true,
            Role::HttpGateway | Role::WebSocketGateway | Role::Rpc | Role::Cron | Role::Whole => false,
        }
    }

    /// Whether it is a service of chat, not of open-im-server.
    #[must_use]
    pub const fn is_of_chat(self) -> bool {
        match self {
            Self::ChatApi | Self::AdminApi | Self::ChatRpc | Self::AdminRpc | Self::BotApi | Self::BotRpc => {
                true
            }
            Self::Api
            | Self::Crontask
            | Self::MsgGateway
            | Self::MsgTransfer
            | Self::Push
            | Self::RpcAuth
            | Self::RpcConversation
            | Self::RpcFriend
            | Self::RpcGroup
            | Self::RpcMsg
            | Self::RpcThird
            | Self::RpcUser
            | Self::Server => false,
        }
    }

    /// What it does for others.
    #[must_use]
    pub const fn role(self) -> Role {
        self.facts().role
    }

    /// Its name in etcd in the release line (`user`), if it registers.
    #[must_use]
    pub const fn register_name(self) -> Option<&'static str> {
        self.facts().register
    }

    /// Its name in etcd in main (`user-rpc-service`), if it registers.
    #[must_use]
    pub const fn register_name_main(self) -> Option<&'static str> {
        self.facts().register_main
    }

    /// The full name of its gRPC service (`openim.user.user`), if it has one.
    #[must_use]
    pub const fn grpc_name(self) -> Option<&'static str> {
        self.facts().grpc
    }

    /// Its name in the API's `/prometheus_discovery/NAME`, if it is there.
    #[must_use]
    pub const fn prometheus_name(self) -> Option<&'static str> {
        self.facts().prometheus
    }

    /// The service of [`Service::ALL`] whose program, unit or log module has this name: `openim-rpc-user`.
    #[must_use]
    pub fn from_binary(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.binary() == name)
    }

    /// The service of [`Service::ALL`] that people mean by this word: `openim-rpc-user`, `rpc-user` or `user`.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.is_meant_by(word))
    }

    /// The service of [`Service::KNOWN`] whose program has this name. A unit of the name `openim-server` may well be
    /// all of the twelve, so this is for programs alone.
    #[must_use]
    pub fn known_by_program(name: &str) -> Option<Self> {
        Self::KNOWN.into_iter().find(|service| service.binary() == name)
    }

    /// The service of [`Service::KNOWN`] that people mean by this word.
    #[must_use]
    pub fn known_by_word(word: &str) -> Option<Self> {
        Self::KNOWN.into_iter().find(|service| service.is_meant_by(word))
    }

    fn is_meant_by(self, word: &str) -> bool {
        let short = self.short();
        word == self.binary() || word == short || short.strip_prefix("rpc-") == Some(word)
    }
}

/// A gateway of chat: no metrics, no key in etcd.
const fn chat_api(binary: &'static str, config: &'static str) -> Facts {
    Facts {
        binary,
        config,
        role: Role::HttpGateway,
        register: None,
        register_main: None,
        grpc: None,
        prometheus: None,
    }
}

/// A gRPC service of chat, which has one name in etcd in every release.
const fn chat_rpc(binary: &'static str, config: &'static str, register: &'static str) -> Facts {
    Facts {
        binary,
        config,
        role: Role::Rpc,
        register: Some(register),
        register_main: Some(register),
        grpc: None,
        prometheus: None,
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.short())
    }
}

impl Group {
    /// Every group of open-im-server.
    pub const ALL: [Self; 3] = [Self::All, Self::Rpc, Self::Message];

    /// Every group.
    pub const KNOWN: [Self; 4] = [Self::All, Self::Rpc, Self::Message, Self::Chat];

    /// Its word on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Rpc => "rpc",
            Self::Message => "message",
            Self::Chat => "chat",
        }
    }

    /// The services in it, in the order of [`Service::KNOWN`].
    pub fn services(self) -> impl Iterator<Item = Service> {
        Service::KNOWN.into_iter().filter(move |service| match self {
            Self::All => Service::ALL.contains(service),
            Self::Rpc => service.role() == Role::Rpc && !service.is_of_chat(),
            Self::Message => {
                matches!(service.role(), Role::WebSocketGateway | Role::Consumer | Role::ConsumerAndRpc)
            }
            Self::Chat => service.is_of_chat(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_people_use_finds_its_service() {
        assert_eq!(Service::from_word("api"), Some(Service::Api));
        assert_eq!(Service::from_word("openim-rpc-user"), Some(Service::RpcUser));
        assert_eq!(Service::from_word("rpc-user"), Some(Service::RpcUser));
        assert_eq!(Service::from_word("user"), Some(Service::RpcUser));
        assert_eq!(Service::from_word("rpc"), None);
    }

    #[test]
    fn no_two_services_share_a_word() {
        for service in Service::KNOWN {
            assert_eq!(Service::known_by_word(service.short()), Some(service));
            assert_eq!(Service::known_by_program(service.binary()), Some(service));
        }
    }

    #[test]
    fn the_rpc_group_is_the_seven_rpc_services() {
        assert_eq!(Group::Rpc.services().count(), 7);
        assert_eq!(Group::All.services().count(), 12);
        assert_eq!(Group::Chat.services().count(), 6);
    }
}

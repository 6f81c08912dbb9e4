//! The lines that a service writes while it starts.

use openim_ops::openim::service::{Role, Service};
use serde_json::json;

use super::context::Context;
use crate::generation::CodeBase;
use crate::log::{Level, Record};

impl Context {
    fn start_up(&self, caller: &'static str, message: &str, fields: crate::log::Fields) {
        self.logger.write(&Record::start_up(caller, message, fields));
    }

    /// What msggateway, msgtransfer and crontask say before anything else in the release line.
    pub(super) fn say_initializing(&self) {
        let config = &self.config;
        match (self.service().role(), self.code_base) {
            (Role::WebSocketGateway, CodeBase::Release) => self.start_up(
                "msggateway/init.go:38",
                "MSG-GATEWAY server is initializing",
                vec![
                    ("autoSetPorts", json!(config.auto_ports)),
                    ("rpcPorts", json!(config.rpc_ports)),
                    ("wsPort", json!(config.client_ports)),
                    ("prometheusPorts", json!(config.metrics_ports)),
                ],
            ),
            (Role::WebSocketGateway, CodeBase::Main) => self.start_up(
                "msggateway/init.go:41",
                "MSG-GATEWAY server is initializing",
                vec![
                    ("runtimeEnv", json!("source")),
                    ("rpcPorts", json!(config.rpc_ports)),
                    ("wsPort", json!(config.client_ports)),
                    ("prometheusPorts", json!(config.metrics_ports)),
                ],
            ),
            (Role::Consumer, CodeBase::Release) => self.start_up(
                "msgtransfer/init.go:74",
                "MSG-TRANSFER server is initializing",
                vec![("prometheusPorts", json!(config.metrics_ports)), ("index", json!(self.instance.index))],
            ),
            (Role::Consumer, CodeBase::Main) => self.start_up(
                "msgtransfer/init.go:64",
                "MSG-TRANSFER server is initializing",
                vec![
                    ("runTimeEnv", json!("source")),
                    ("prometheusPorts", json!(config.metrics_ports)),
                    ("index", json!(self.instance.index)),
                ],
            ),
            (Role::Cron, _) => self.start_up(
                "tools/cron_task.go:43",
                "CRON-TASK server is initializing",
                vec![
                    ("chatRecordsClearTime", json!(config.cron)),
                    ("msgDestructTime", json!(config.retain_records)),
                ],
            ),
            (Role::HttpGateway | Role::ConsumerAndRpc | Role::Rpc | Role::Whole, _) => {}
        }
    }

    pub(super) fn say_api(&self, port: u16, metrics: u16) {
        let address = format!("{}:{port}", self.config.listen_ip);
        match self.code_base {
            CodeBase::Release => self.start_up(
                "api/init.go:132",
                "API server is initializing",
                vec![
                    ("address", json!(address)),
                    ("apiPort", json!(port)),
                    ("prometheusPort", json!(metrics)),
                ],
            ),
            CodeBase::Main => self.start_up(
                "api/init.go:72",
                "api server is init",
                vec![("runtimeEnv", json!("source")), ("address", json!(address)), ("apiPort", json!(port))],
            ),
        }
    }

    /// Release line: the ports of an RPC service, before it has proved itself.
    pub(super) fn say_rpc(&self, name: &str, port: u16, metrics: u16) {
        self.start_up(
            "startrpc/start.go:213",
            "RPC server is initializing",
            vec![
                ("rpcRegisterName", json!(name)),
                ("rpcPort", json!(port)),
                ("prometheusPort", json!(metrics)),
            ],
        );
    }

    /// main: the metrics port, at DEBUG.
    pub(super) fn say_prometheus(&self, name: &str, port: u16) {
        self.log(
            Level::Debug,
            "startrpc/start.go:185",
            "prometheus start",
            vec![("addr", json!(format!("[::]:{port}"))), ("rpcRegisterName", json!(name))],
        );
    }

    /// main: the registered port, at DEBUG.
    pub(super) fn say_register(&self, name: &str, ip: &str, port: u16) {
        self.log(
            Level::Debug,
            "startrpc/start.go:237",
            "rpc start register",
            vec![("rpcRegisterName", json!(name)), ("registerIP", json!(ip)), ("rpcPort", json!(port))],
        );
    }

    /// Where a line comes from: in the release line, or in main.
    const fn either(&self, release: &'static str, main: &'static str) -> &'static str {
        match self.code_base {
            CodeBase::Release => release,
            CodeBase::Main => main,
        }
    }

    /// What a service says once it works.
    pub(super) fn say_working(&self) {
        let cache = |topic: &str| {
            vec![
                ("Topic", json!(format!("DELETE_CACHE_{topic}"))),
                ("SlotNum", json!(100)),
                ("SlotSize", json!(2000)),
                ("enable", json!(true)),
            ]
        };
        let operation = format!("{}", self.random().next() >> 2);
        let with_operation = vec![("operationID", json!(operation))];
        match self.service() {
            Service::RpcUser => {
                self.log(Level::Debug, "redis/user.go:47", "user local cache init", cache("USER"));
            }
            Service::RpcGroup => {
                self.log(Level::Debug, "redis/group.go:62", "group local cache init", cache("GROUP"));
            }
            Service::RpcFriend => {
                self.log(Level::Debug, "redis/friend.go:50", "friend local cache init", cache("FRIEND"));
                self.log(Level::Debug, "redis/black.go:43", "black local cache init", cache("FRIEND"));
            }
            Service::RpcConversation => self.log(
                Level::Debug,
                "redis/conversation.go:41",
                "conversation local cache init",
                cache("CONVERSATION"),
            ),
            Service::Push => {
                let caller = self.either("push/push_handler.go:141", "push/push.go:130");
                self.log(
                    Level::Debug,
                    "rpccache/online.go:40",
                    "fullUserCache is true",
                    with_operation.clone(),
                );
                self.log(Level::Info, caller, "begin consume messages", with_operation);
            }
            Service::MsgGateway => {
                let caller = self.either("rpccache/online.go:144", "rpccache/online.go:156");
                self.log(
                    Level::Debug,
                    "rpccache/online.go:48",
                    "fullUserCache is false",
                    with_operation.clone(),
                );
                self.log(Level::Info, caller, "begin doSubscribe", with_operation);
            }
            Service::MsgTransfer => self.log(
                Level::Debug,
                "msgtransfer/online_history_msg_handler.go:410",
                "online new session msg come",
                vec![
                    ("highWaterMarkOffset", json!(0)),
                    ("topic", json!("toRedis")),
                    ("partition", json!(self.instance.index)),
                ],
            ),
            Service::Crontask if self.code_base == CodeBase::Main => self.log(
                Level::Debug,
                "cron/cron_task.go:90",
                "cron task server is running",
                vec![("opUserID", json!("imAdmin"))],
            ),
            Service::Crontask => self.log(
                Level::Debug,
                "tools/cron_task.go:87",
                "start cron task",
                vec![("opUserID", json!("imAdmin")), ("CronExecuteTime", json!(self.config.cron))],
            ),
            Service::Api
            | Service::RpcAuth
            | Service::RpcMsg
            | Service::RpcThird
            | Service::Server
            | Service::ChatApi
            | Service::AdminApi
            | Service::ChatRpc
            | Service::AdminRpc
            | Service::BotApi
            | Service::BotRpc => {}
        }
    }
}

//! The text of every configuration file, in OpenIM's form.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use openim_ops::openim::service::{Role, Service};

use super::{Ports, Socket, chat, old};
use crate::generation::{CodeBase, Generation};

/// Where the dependencies are, as the configuration files say.
#[derive(Clone, Debug)]
pub struct Addresses {
    /// `discovery.yml`, `etcd.address`.
    pub etcd: String,
    /// `redis.yml`.
    pub redis: String,
    /// `mongodb.yml`.
    pub mongodb: String,
    /// `kafka.yml`.
    pub kafka: String,
    /// `minio.yml`, host and port.
    pub minio: String,
    /// `share.yml` of chat, host and port of OpenIM's API.
    pub openim: String,
}

impl Addresses {
    /// Nothing but a registry: there is no server that the sandbox could be without.
    #[must_use]
    pub fn none() -> Self {
        let blank = String::new;
        let (redis, mongodb, kafka, minio, openim) = (blank(), blank(), blank(), blank(), blank());
        Self { redis, mongodb, kafka, minio, openim, ..Self::default() }
    }
}

impl Default for Addresses {
    fn default() -> Self {
        Self {
            etcd: "localhost:12379".to_owned(),
            redis: "localhost:16379".to_owned(),
            mongodb: "localhost:37017".to_owned(),
            kafka: "localhost:19094".to_owned(),
            minio: "localhost:10005".to_owned(),
            openim: "localhost:10002".to_owned(),
        }
    }
}

/// What the configuration of a deployment depends on.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) generation: Generation,
    pub(crate) instances: BTreeMap<Service, u32>,
    pub(crate) api_port: u16,
    pub(crate) ws_port: u16,
    /// Blank: the services look for a private address themselves.
    pub(crate) register_ip: String,
    pub(crate) listen_ip: String,
    pub(crate) addresses: Addresses,
    pub(crate) log_level: u8,
    pub(crate) log_stdout: bool,
    pub(crate) log_json: bool,
    pub(crate) auto_ports: bool,
    pub(crate) ports: Ports,
}

impl Layout {
    /// How many processes a service has.
    pub(crate) fn count(&self, service: Service) -> u32 {
        self.instances.get(&service).copied().unwrap_or_else(|| self.generation.instances(service))
    }
}

/// Every file with its path below the root.
pub(crate) fn files(layout: &Layout) -> Vec<(String, String)> {
    match layout.generation {
        Generation::V3_5 => vec![("config/config.yaml".to_owned(), old::config_yaml(layout))],
        Generation::Chat | Generation::ChatMain => chat_files(layout),
        Generation::Standalone => server_files(layout),
        Generation::Release | Generation::Main | Generation::V3_8_1 | Generation::V3_7 => {
            let mut files = server_files(layout);
            files.push(("start-config.yml".to_owned(), start_config(layout)));
            files
        }
    }
}

fn server_files(layout: &Layout) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut config = |name: &str, text: String| files.push((format!("config/{name}.yml"), text));
    if layout.generation == Generation::V3_7 {
        config("zookeeper", zookeeper());
    } else {
        config("discovery", discovery(layout));
    }
    config("kafka", kafka(layout));
    config("local-cache", local_cache());
    config("log", log(layout));
    config("minio", minio(layout));
    config("mongodb", mongodb(layout));
    config("notification", notification());
    config("redis", redis(layout));
    config("share", share(layout));
    config("webhooks", webhooks());
    for service in Service::ALL {
        config(service.binary(), own_file(layout, service));
    }
    files
}

fn chat_files(layout: &Layout) -> Vec<(String, String)> {
    let mut files = vec![("start-config.yml".to_owned(), start_config(layout))];
    let mut config = |name: &str, text: String| files.push((format!("config/{name}"), text));
    config("discovery.yml", discovery(layout));
    config("log.yml", log(layout));
    config("mongodb.yml", mongodb(layout));
    config("redis.yml", redis(layout));
    config("share.yml", chat::share(layout));
    for service in layout.generation.services() {
        config(&service.config_file(), chat::own_file(layout, service));
    }
    files
}

fn start_config(layout: &Layout) -> String {
    let mut text = "serviceBinaries:\n".to_owned();
    for service in layout.generation.services() {
        let _ = writeln!(text, "  {}: {}", service.binary(), layout.count(service));
    }
    text + "toolBinaries:\n  - check-free-memory\n  - check-component\n  - seq\nmaxFileDescriptors: 10000\n"
}

/// v3.7 has a file for `ZooKeeper` alone; there is no stand-in for it.
fn zookeeper() -> String {
    "schema: openim\naddress: [ ]\nusername: ''\npassword: ''\n".to_owned()
}

fn discovery(layout: &Layout) -> String {
    let mut text = format!(
        "enable: etcd\netcd:\n  rootDirectory: openim\n  address: [ {} ]\n  username: ''\n  password: ''\n",
        layout.addresses.etcd
    );
    if layout.generation.code_base() == CodeBase::Main {
        text += "\nkubernetes:\n  namespace: default\n\nrpcService:\n";
        for (key, service) in RPC_NAMES {
            let name = service.register_name_main().unwrap_or_default();
            let _ = writeln!(text, "  {key}: {name}");
        }
    }
    text
}

/// The keys of `rpcRegisterName` (release line) and `rpcService` (main).
const RPC_NAMES: [(&str, Service); 9] = [
    ("user", Service::RpcUser),
    ("friend", Service::RpcFriend),
    ("msg", Service::RpcMsg),
    ("push", Service::Push),
    ("messageGateway", Service::MsgGateway),
    ("group", Service::RpcGroup),
    ("auth", Service::RpcAuth),
    ("conversation", Service::RpcConversation),
    ("third", Service::RpcThird),
];

fn kafka(layout: &Layout) -> String {
    format!(
        "# Username for authentication\nusername: ''\n# Password for authentication\npassword: ''\n\
         # Producer acknowledgment settings\nproducerAck:\n# Compression type to use (e.g., none, gzip, snappy)\ncompressType: none\n\
         # List of Kafka broker addresses\naddress: [ {} ]\n\
         toRedisTopic: toRedis\ntoMongoTopic: toMongo\ntoPushTopic: toPush\ntoOfflinePushTopic: toOfflinePush\n\
         toRedisGroupID: redis\ntoMongoGroupID: mongo\ntoPushGroupID: push\ntoOfflinePushGroupID: offlinePush\n\
         tls:\n  enableTLS: false\n  caCrt:\n  clientCrt:\n  clientKey:\n  clientKeyPwd:\n  insecureSkipVerify: false\n",
        layout.addresses.kafka
    )
}

fn local_cache() -> String {
    let mut text = String::new();
    for name in ["user", "group", "friend", "conversation"] {
        let topic = name.to_uppercase();
        let _ = writeln!(
            text,
            "{name}:\n  topic: DELETE_CACHE_{topic}\n  slotNum: 100\n  slotSize: 2000\n  successExpire: 300\n  failedExpire: 5\n"
        );
    }
    text
}

fn log(layout: &Layout) -> String {
    format!(
        "# Log storage path, default is acceptable, change to a full path if modification is needed\n\
         storageLocation: ../../../../logs/\n# Log rotation period (in hours)\nrotationTime: 24\n\
         # Number of log files to retain\nremainRotationCount: 2\n# Log level settings: 3 for production environment, 6 for more verbose logging\n\
         remainLogLevel: {}\n# Whether to output to standard output\nisStdout: {}\n# Whether to log in JSON format\nisJson: {}\n\
         # output simplify log when KeyAndValues's value len is bigger than 50 in rpc method log\nisSimplify: true\n",
        layout.log_level, layout.log_stdout, layout.log_json
    )
}

fn minio(layout: &Layout) -> String {
    let address = &layout.addresses.minio;
    let url = if address.is_empty() { String::new() } else { format!("http://{address}") };
    format!(
        "bucket: openim\naccessKeyID: root\nsecretAccessKey: openIM123\nsessionToken:\n\
         internalAddress: {address}\nexternalAddress: {url}\npublicRead: false\n"
    )
}

fn mongodb(layout: &Layout) -> String {
    format!(
        "# URI for database connection, leave empty if using address and credential settings directly\nuri:\n\
         # List of MongoDB server addresses\naddress: [ {} ]\n# Name of the database\ndatabase: openim_v3\n\
         # Username for database authentication\nusername: openIM\n# Password for database authentication\npassword: openIM123\n\
         # Authentication source for database authentication\nauthSource: openim_v3\n\
         # Maximum number of connections in the connection pool\nmaxPoolSize: 100\n# Maximum number of retry attempts for a failed database connection\nmaxRetry: 10\n",
        layout.addresses.mongodb
    )
}

fn notification() -> String {
    let mut text = String::new();
    for name in ["groupCreated", "groupInfoSet", "friendApplicationAdded", "conversationChanged"] {
        let _ = writeln!(
            text,
            "{name}:\n  isSendMsg: true\n  reliabilityLevel: 1\n  unreadCount: false\n  offlinePush:\n    enable: false\n    title: {name} title\n    desc: {name} desc\n    ext: {name} ext\n"
        );
    }
    text
}

fn redis(layout: &Layout) -> String {
    format!(
        "address: [ {} ]\nusername:\npassword: openIM123\nclusterMode: false\ndb: 0\nmaxRetry: 10\npoolSize: 100\n",
        layout.addresses.redis
    )
}

fn share(layout: &Layout) -> String {
    let mut text = "secret: openIM123\n\n".to_owned();
    match layout.generation.code_base() {
        CodeBase::Release => {
            text += "rpcRegisterName:\n";
            for (key, _) in RPC_NAMES {
                let _ = writeln!(text, "  {key}: {key}");
            }
            text += "\nimAdminUserID: [ imAdmin ]\n";
        }
        CodeBase::Main => text += "imAdminUser:\n  userIDs: [ imAdmin ]\n  nicknames: [ superAdmin ]\n",
    }
    text + "\n# 1: For Android, iOS, Windows, Mac, and web platforms, only one instance can be online at a time\nmultiLogin:\n  policy: 1\n  maxNumOneEnd: 30\n"
}

fn webhooks() -> String {
    let mut text = "url: http://127.0.0.1:10006/callbackExample\n".to_owned();
    for name in ["beforeSendSingleMsg", "afterSendSingleMsg", "beforeSendGroupMsg", "afterUserOnline"] {
        let _ = writeln!(text, "{name}:\n  enable: false\n  timeout: 5\n  failedContinue: true");
    }
    text
}

/// The file of one service.
fn own_file(layout: &Layout, service: Service) -> String {
    match service.role() {
        Role::HttpGateway => api(layout),
        Role::WebSocketGateway => format!(
            "{}\n{}\nlistenIP: {}\n\nlongConnSvr:\n  ports: [ {} ]\n  websocketMaxConnNum: 100000\n  websocketMaxMsgLen: 4096\n  websocketTimeout: 10\n",
            rpc(layout, service),
            prometheus(layout, service, false),
            layout.listen_ip,
            layout.ws_port
        ),
        Role::Consumer => prometheus(layout, service, true),
        Role::ConsumerAndRpc => format!(
            "{}\n{}\nmaxConcurrentWorkers: 3\nenable: \nfullUserCache: true\n\ngeTui:\n  pushUrl: https://restapi.getui.com/v2/$appId\n  masterSecret:\n  appKey:\n",
            rpc(layout, service),
            prometheus(layout, service, false)
        ),
        Role::Rpc => rpc_service(layout, service),
        Role::Whole => String::new(),
        Role::Cron => "cronExecuteTime: 0 2 * * *\nretainChatRecords: 365\nfileExpireTime: 180\ndeleteObjectType: [\"msg-picture\",\"msg-file\", \"msg-voice\",\"msg-video\",\"msg-video-snapshot\",\"sdklog\"]\n".to_owned(),
    }
}

fn api(layout: &Layout) -> String {
    format!(
        "api:\n  # Listening IP; 0.0.0.0 means both internal and external IPs are listened to, if blank, the internal network IP is automatically obtained by default\n  \
         listenIP: {}\n  # Listening ports; if multiple are configured, multiple instances will be launched, must be consistent with the number of prometheus.ports\n  \
         ports: [ {} ]\n  # API compression level; 0: default compression, 1: best compression, 2: best speed, -1: no compression\n  compressionLevel: 0\n\n{}  \
         # This address can be accessed via a browser\n  grafanaURL:\n",
        layout.listen_ip,
        layout.api_port,
        prometheus(layout, Service::Api, true)
    )
}

fn rpc_service(layout: &Layout, service: Service) -> String {
    let mut text = format!("{}\n{}", rpc(layout, service), prometheus(layout, service, false));
    match service {
        Service::RpcAuth => text += "\ntokenPolicy:\n  # Token validity period, in days\n  expire: 90\n",
        Service::RpcMsg => {
            text += "\n# Does sending messages require friend verification\nfriendVerify: false\n";
        }
        Service::RpcFriend | Service::RpcGroup => text += "\nenableHistoryForNewMembers: true\n",
        Service::RpcThird => {
            text += "\nobject:\n  # Use MinIO as object storage, or set to \"cos\", \"oss\", \"kodo\", \"aws\"\n  enable: minio\n";
        }
        Service::Api
        | Service::Crontask
        | Service::MsgGateway
        | Service::MsgTransfer
        | Service::Push
        | Service::RpcConversation
        | Service::RpcUser
        | Service::Server
        | Service::ChatApi
        | Service::AdminApi
        | Service::ChatRpc
        | Service::AdminRpc
        | Service::BotApi
        | Service::BotRpc => {}
    }
    text
}

fn rpc(layout: &Layout, service: Service) -> String {
    let auto = auto_set_ports(layout, "  # autoSetPorts indicates whether to automatically set the ports\n");
    format!(
        "rpc:\n  # The IP address where this RPC service registers itself; if left blank, it defaults to the internal network IP\n  \
         registerIP: {}\n  # IP address that the RPC service listens on; setting to 0.0.0.0 listens on both internal and external IPs. If left blank, it automatically uses the internal network IP\n  \
         listenIP: {}\n{auto}  # List of ports that the RPC service listens on\n  ports: {}\n",
        layout.register_ip,
        layout.listen_ip,
        ports(layout, service, Socket::Rpc)
    )
}

fn prometheus(layout: &Layout, service: Service, own_auto: bool) -> String {
    let enable = layout.generation.code_base() == CodeBase::Release || service != Service::Push;
    let auto = if own_auto { auto_set_ports(layout, "") } else { String::new() };
    format!(
        "prometheus:\n  # Whether to enable prometheus\n  enable: {enable}\n{auto}  ports: {}\n",
        ports(layout, service, Socket::Metrics)
    )
}

/// The key that v3.8.3 brought.
fn auto_set_ports(layout: &Layout, comment: &str) -> String {
    if layout.generation.has_fixed_ports() {
        return String::new();
    }
    format!("{comment}  autoSetPorts: {}\n", layout.auto_ports)
}

/// The ports lists of the release line; main ships them blank.
fn ports(layout: &Layout, service: Service, socket: Socket) -> String {
    if layout.generation.code_base() == CodeBase::Main {
        return String::new();
    }
    let list = layout.ports.list(layout.generation, service, socket);
    let list: Vec<_> = list.iter().map(ToString::to_string).collect();
    format!("[ {} ]", list.join(", "))
}

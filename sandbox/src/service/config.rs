//! The configuration of one service, with the errors that OpenIM gives for a bad one.

use std::path::{Path, PathBuf};

use openim_ops::openim::config::{ConfigError, ConfigFile, Environment};
use openim_ops::openim::dependency::{Dependency, Settings, Topic};
use openim_ops::openim::service::{Role, Service};

use super::args::Args;
use super::{StartError, stacks};
use crate::generation::Generation;
use crate::log::sink::LogConfig;
use crate::tree::old;

/// What a service takes from `config/`.
#[derive(Debug)]
pub(super) struct Config {
    pub(super) log: LogConfig,
    pub(super) discovery: String,
    pub(super) etcd: Vec<String>,
    pub(super) etcd_root: String,
    pub(super) secret: String,
    pub(super) register_ip: Option<String>,
    pub(super) listen_ip: String,
    pub(super) auto_ports: bool,
    pub(super) rpc_ports: Vec<u16>,
    pub(super) metrics: bool,
    pub(super) metrics_ports: Vec<u16>,
    /// The ports for clients: api.ports or longConnSvr.ports.
    pub(super) client_ports: Vec<u16>,
    /// The ports for WebSocket, of the one process that has both.
    pub(super) ws_ports: Vec<u16>,
    pub(super) cron: String,
    pub(super) retain_records: i64,
    pub(super) redis: String,
    pub(super) kafka: String,
    /// Kafka's topics with their groups, where a Kafka is configured.
    pub(super) topics: Vec<Topic>,
    pub(super) minio: String,
}

impl Config {
    /// Reads the files of a generation.
    pub(super) fn load(
        service: Service,
        args: &Args,
        generation: Generation,
        env: &Environment,
    ) -> Result<Self, StartError> {
        let dir = args.config.as_path();
        match generation {
            Generation::Release | Generation::Main | Generation::V3_8_1 => {
                Self::load_server(service, dir, env)
            }
            // Variables are not looked at.
            Generation::Standalone => Self::load_server(service, dir, &Environment::default()),
            Generation::V3_7 => Self::load_with(service, dir, "zookeeper.yml", env),
            Generation::V3_5 => Self::load_old(service, args, env),
            Generation::Chat | Generation::ChatMain => Self::load_chat(service, dir, env),
        }
    }

    fn load_server(service: Service, dir: &Path, env: &Environment) -> Result<Self, StartError> {
        Self::load_with(service, dir, "discovery.yml", env)
    }

    fn load_with(
        service: Service,
        dir: &Path,
        discovery: &str,
        env: &Environment,
    ) -> Result<Self, StartError> {
        let open = |name: &str| Source::open(dir, name, env);
        let (discovery, share, log) = (open(discovery)?, open("share.yml")?, open("log.yml")?);
        let own = open(&service.config_file())?;
        let auto_key = match service.role() {
            Role::HttpGateway | Role::Consumer | Role::Whole => "prometheus.autoSetPorts",
            Role::WebSocketGateway | Role::ConsumerAndRpc | Role::Rpc | Role::Cron => "rpc.autoSetPorts",
        };
        let gateway = matches!(service.role(), Role::HttpGateway | Role::Whole);
        let client_key = if gateway { "api.ports" } else { "longConnSvr.ports" };
        let listen_key = if gateway { "api.listenIP" } else { "rpc.listenIP" };
        let ws_ports = match service.role() {
            Role::Whole => open(&Service::MsgGateway.config_file())?.ports("longConnSvr.ports")?,
            Role::HttpGateway
            | Role::WebSocketGateway
            | Role::Consumer
            | Role::ConsumerAndRpc
            | Role::Rpc
            | Role::Cron => Vec::new(),
        };
        Ok(Self {
            log: log_config(&log, "")?,
            discovery: discovery.text("enable")?.unwrap_or_default(),
            etcd: discovery.texts("etcd.address")?,
            etcd_root: discovery.text("etcd.rootDirectory")?.unwrap_or_default(),
            secret: share.text("secret")?.unwrap_or_default(),
            register_ip: own.text("rpc.registerIP")?,
            listen_ip: own.text(listen_key)?.unwrap_or_default(),
            auto_ports: own.boolean(auto_key)?,
            rpc_ports: own.ports("rpc.ports")?,
            metrics: own.boolean("prometheus.enable")?,
            metrics_ports: own.ports("prometheus.ports")?,
            client_ports: own.ports(client_key)?,
            ws_ports,
            cron: own.text("cronExecuteTime")?.unwrap_or_default(),
            retain_records: own.number("retainChatRecords")?.unwrap_or(0),
            redis: address(dir, "redis.yml", env)?,
            kafka: address(dir, "kafka.yml", env)?,
            topics: topics(dir, env)?,
            minio: open("minio.yml")?.text("internalAddress")?.unwrap_or_default(),
        })
    }

    /// v3.0 to v3.6: one file for all; what the flags say wins.
    fn load_old(service: Service, args: &Args, env: &Environment) -> Result<Self, StartError> {
        let file = Source::open(&args.config, "config.yaml", env)?;
        let keys = old::keys(service);
        let ports = |key: &str, flag: Option<u16>| match flag {
            Some(port) => Ok(vec![port; args.index as usize + 1]),
            None => file.ports(key),
        };
        let client_flag = if service == Service::Api { args.port } else { args.ws_port };
        Ok(Self {
            log: log_config(&file, "log.")?,
            discovery: "zookeeper".to_owned(),
            etcd: Vec::new(),
            etcd_root: String::new(),
            secret: file.text("secret")?.unwrap_or_default(),
            register_ip: file.text("rpc.registerIP")?,
            listen_ip: file
                .text(if service == Service::Api { "api.listenIP" } else { "rpc.listenIP" })?
                .unwrap_or_default(),
            auto_ports: false,
            rpc_ports: ports(&keys.rpc, args.port)?,
            metrics: file.boolean("prometheus.enable")?,
            metrics_ports: ports(&keys.metrics, args.metrics_port)?,
            client_ports: ports(keys.client, client_flag)?,
            ws_ports: Vec::new(),
            cron: file.text("chatRecordsClearTime")?.unwrap_or_default(),
            retain_records: file.number("retainChatRecords")?.unwrap_or(0),
            redis: file.texts("redis.address")?.join(" "),
            kafka: file.texts("kafka.addr")?.join(" "),
            topics: Vec::new(),
            minio: String::new(),
        })
    }

    /// chat: neither Kafka nor `MinIO`, no metrics, no cron task.
    fn load_chat(service: Service, dir: &Path, env: &Environment) -> Result<Self, StartError> {
        let open = |name: &str| Source::open(dir, name, env);
        let (discovery, own) = (open("discovery.yml")?, open(&service.config_file())?);
        let is_gateway = service.role() == Role::HttpGateway;
        let listen_key = if is_gateway { "api.listenIP" } else { "rpc.listenIP" };
        if !is_gateway {
            address(dir, "mongodb.yml", env)?;
        }
        Ok(Self {
            log: log_config(&open("log.yml")?, "")?,
            discovery: discovery.text("enable")?.unwrap_or_default(),
            etcd: discovery.texts("etcd.address")?,
            etcd_root: discovery.text("etcd.rootDirectory")?.unwrap_or_default(),
            secret: open("share.yml")?.text("openIM.secret")?.unwrap_or_default(),
            register_ip: own.text("rpc.registerIP")?,
            listen_ip: own.text(listen_key)?.unwrap_or_default(),
            auto_ports: false,
            rpc_ports: own.ports("rpc.ports")?,
            metrics: false,
            metrics_ports: Vec::new(),
            client_ports: own.ports("api.ports")?,
            ws_ports: Vec::new(),
            cron: String::new(),
            retain_records: 0,
            redis: address(dir, "redis.yml", env)?,
            kafka: String::new(),
            topics: Vec::new(),
            minio: String::new(),
        })
    }
}

fn address(dir: &Path, name: &str, env: &Environment) -> Result<String, StartError> {
    Source::open(dir, name, env)?.texts("address").map(|addresses| addresses.join(" "))
}

fn topics(dir: &Path, env: &Environment) -> Result<Vec<Topic>, StartError> {
    let read = Settings::read(Dependency::Kafka, dir, env);
    match read.map_err(|error| undecodable(&dir.join("kafka.yml"), &error))? {
        Some(Settings::Kafka(kafka)) => Ok(kafka.topics),
        Some(_) | None => Ok(Vec::new()),
    }
}

/// The log's settings, whose keys begin so.
fn log_config(log: &Source<'_>, prefix: &str) -> Result<LogConfig, StartError> {
    let key = |name: &str| format!("{prefix}{name}");
    let location = log.text(&key("storageLocation"))?.unwrap_or_default();
    Ok(LogConfig {
        directory: Some(PathBuf::from(location)).filter(|path| !path.as_os_str().is_empty()),
        remain_level: log.number(&key("remainLogLevel"))?.unwrap_or(6),
        stdout: log.boolean(&key("isStdout"))?,
        json: log.boolean(&key("isJson"))?,
    })
}

/// A file and the environment over it.
struct Source<'e> {
    file: ConfigFile,
    env: &'e Environment,
}

impl<'e> Source<'e> {
    fn open(dir: &Path, name: &str, env: &'e Environment) -> Result<Self, StartError> {
        let file = ConfigFile::read(dir, name).map_err(|error| unreadable(&dir.join(name), &error))?;
        Ok(Self { file, env })
    }

    fn text(&self, key: &str) -> Result<Option<String>, StartError> {
        self.typed(self.file.text(key, self.env)).map(|found| found.map(|setting| setting.value))
    }

    fn texts(&self, key: &str) -> Result<Vec<String>, StartError> {
        self.typed(self.file.texts(key, self.env)).map(|setting| setting.value)
    }

    fn boolean(&self, key: &str) -> Result<bool, StartError> {
        self.typed(self.file.boolean(key, self.env)).map(|found| found.is_some_and(|setting| setting.value))
    }

    fn number(&self, key: &str) -> Result<Option<i64>, StartError> {
        self.typed(self.file.number(key, self.env)).map(|found| found.map(|setting| setting.value))
    }

    fn ports(&self, key: &str) -> Result<Vec<u16>, StartError> {
        self.typed(self.file.ports(key, self.env)).map(|setting| setting.value)
    }

    fn typed<T>(&self, result: Result<T, ConfigError>) -> Result<T, StartError> {
        result.map_err(|error| undecodable(self.file.path(), &error))
    }
}

fn unreadable(path: &Path, error: &ConfigError) -> StartError {
    let cause = match error {
        ConfigError::Read { .. } => format!("open {}: no such file or directory", path.display()),
        ConfigError::Yaml { line, .. } => {
            format!("While parsing config: yaml: line {line}: did not find expected key")
        }
        ConfigError::Type { .. } => error.to_string(),
    };
    StartError(format!(
        "Error: {cause} failed to read config file, {} | -> {}",
        place(path),
        stacks::READ_CONFIG
    ))
}

fn undecodable(path: &Path, error: &ConfigError) -> StartError {
    let cause = match error {
        ConfigError::Type { key, wanted, got, .. } => {
            let element = if wanted.starts_with("ports") { "[0]" } else { "" };
            format!("cannot parse '{key}{element}' as int: strconv.ParseInt: parsing {got}: invalid syntax")
        }
        ConfigError::Read { .. } | ConfigError::Yaml { .. } => error.to_string(),
    };
    StartError(format!(
        "Error: 1 error(s) decoding:\n\n* {cause} failed to unmarshal config, {} | -> {}",
        place(path),
        stacks::DECODE_CONFIG
    ))
}

fn place(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    format!("path={}, envPrefix=IMENV_{}", path.display(), stem.to_uppercase().replace('-', "_"))
}

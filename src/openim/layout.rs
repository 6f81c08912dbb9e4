//! What each generation of OpenIM runs and listens on, as data: `checks/*.toml`, built into the program.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::LazyLock;

use serde::{Deserialize, Deserializer, de};

use super::config::{ConfigError, ConfigFile, Environment};
use super::release::read_release;
use super::service::Service;

/// What one generation runs, from `checks/NAME.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// Its name on the command line: `v3.8.3`.
    #[serde(rename = "layout")]
    pub name: LayoutName,
    /// What people call it.
    pub title: String,
    /// What tells it: each line is enough, and of a line every sign has to be there.
    detect: Vec<Vec<Sign>>,
    /// How its services find each other.
    #[serde(default)]
    pub discovery: DiscoveredBy,
    /// Which of a service's two names in etcd it uses.
    pub register_names: RegisterNames,
    /// Whether the names of its gRPC services are known.
    #[serde(default = "yes")]
    grpc_names: bool,
    /// Whether a request to the API leaves no line in its log.
    pub quiet_http: bool,
    /// What is presented, and wrong, to see that auth refuses it.
    #[serde(default)]
    pub deep: Credential,
    /// The flags behind which a process is told its index; none where there is but one of each.
    #[serde(default = "index_flags")]
    index_flags: Vec<String>,
    /// Whether several processes of a service may all have been told no index.
    #[serde(default)]
    pub unnumbered: bool,
    /// The one file that holds all keys, where services have none of their own.
    config: Option<String>,
    /// How the whole is started, from its directory.
    #[serde(default = "mage_start")]
    pub start: String,
    #[serde(rename = "service")]
    services: Vec<ServiceLayout>,
}

fn yes() -> bool {
    true
}

fn index_flags() -> Vec<String> {
    ["-i", "--index"].map(str::to_owned).to_vec()
}

fn mage_start() -> String {
    "mage start".to_owned()
}

/// The generations that are known, in the order in which they are looked for: those with a sign of their own
/// before those that are told by what they lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, clap::ValueEnum)]
pub enum LayoutName {
    /// chat's branch main.
    #[serde(rename = "chat-main")]
    #[value(name = "chat-main")]
    ChatMain,
    /// chat's release line, v1.8.
    #[serde(rename = "chat")]
    #[value(name = "chat")]
    Chat,
    /// The branch main of 2026 in one process.
    #[serde(rename = "standalone")]
    #[value(name = "standalone")]
    Standalone,
    /// The branch main of 2026.
    #[serde(rename = "main")]
    Main,
    /// v3.7 and v3.8.0.
    #[serde(rename = "v3.7")]
    #[value(name = "v3.7")]
    V3_7,
    /// v3.8.1 and v3.8.2.
    #[serde(rename = "v3.8.1")]
    #[value(name = "v3.8.1")]
    V3_8_1,
    /// The release line, v3.8.3 and later.
    #[serde(rename = "v3.8.3")]
    #[value(name = "v3.8.3")]
    V3_8_3,
    /// v3.0 to v3.6, with one file of configuration.
    #[serde(rename = "v3.5")]
    #[value(name = "v3.5")]
    V3_5,
}

impl LayoutName {
    /// All of them, in the order in which they are looked for.
    pub const ALL: [Self; 8] = [
        Self::ChatMain,
        Self::Chat,
        Self::Standalone,
        Self::Main,
        Self::V3_7,
        Self::V3_8_1,
        Self::V3_8_3,
        Self::V3_5,
    ];
}

/// One sign of a generation; what it does not name does not matter.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Sign {
    /// The file in the configuration directory.
    file: Option<String>,
    /// The dotted key that is in the file.
    key: Option<String>,
    /// The dotted key that is not in the file.
    lacks: Option<String>,
    /// One of the ports that stand at the key.
    holds: Option<u16>,
    /// The program that runs, or lies in the root itself.
    program: Option<String>,
    /// How the version in its log begins.
    version: Option<String>,
}

impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        parts.extend(self.key.as_ref().map(|key| match self.holds {
            Some(port) => format!("{key} with {port}"),
            None => key.clone(),
        }));
        parts.extend(self.lacks.as_ref().map(|key| format!("no {key}")));
        parts.extend(self.program.as_ref().map(|program| format!("the program {program}")));
        parts.extend(self.version.as_ref().map(|version| format!("version {version} in its log")));
        f.write_str(&parts.join(", "))?;
        self.file.as_ref().map_or(Ok(()), |file| write!(f, " in {file}"))
    }
}

/// What auth is asked to refuse, through the API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Credential {
    /// A secret, for a token of the administrator.
    #[default]
    Secret,
    /// A token: what it is worth.
    Token,
}

/// How services find each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DiscoveredBy {
    /// As discovery.yml says.
    #[default]
    File,
    /// Through `ZooKeeper`, unless there is a discovery.yml.
    Zookeeper,
    /// In memory, whatever discovery.yml says.
    Memory,
}

/// Which names services have in etcd.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RegisterNames {
    /// `user`, from share.yml `rpcRegisterName`.
    Release,
    /// `user-rpc-service`, from discovery.yml `rpcService`.
    Main,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ServiceLayout {
    #[serde(rename = "name", deserialize_with = "service")]
    service: Service,
    /// How many there are where no start-config.yml names it.
    instances: Option<u32>,
    listen: Vec<ListenRule>,
}

fn service<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Service, D::Error> {
    let name = String::deserialize(deserializer)?;
    Service::known_by_program(&name)
        .ok_or_else(|| de::Error::custom(format!("{name} is no service of OpenIM")))
}

/// One socket that a service listens on, by the keys that decide it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListenRule {
    /// What is spoken there.
    pub purpose: Purpose,
    /// The file that the keys are in, where it is not the service's own.
    pub file: Option<String>,
    /// The key of the list of ports; instance N uses element N.
    pub ports: Option<String>,
    /// The flag of the process that names the port, and wins over the list.
    pub flag: Option<String>,
    /// The key that, when true, lets the kernel choose the port.
    pub auto: Option<String>,
    /// The key that, when false, means there is no such socket.
    pub enable: Option<String>,
    /// Whether there is no such socket where neither list nor flag names a port.
    #[serde(default)]
    pub optional: bool,
    /// The key that holds the address, or `unsaid`.
    pub bind: String,
}

/// What is spoken on a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// HTTP/JSON for clients.
    Http,
    /// WebSocket for clients.
    Websocket,
    /// gRPC for the other services.
    Grpc,
    /// Prometheus metrics.
    Metrics,
}

impl Purpose {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Websocket => "websocket",
            Self::Grpc => "grpc",
            Self::Metrics => "metrics",
        }
    }
}

impl Layout {
    /// The data of a generation.
    #[must_use]
    pub fn of(name: LayoutName) -> &'static Self {
        match name {
            LayoutName::ChatMain => &CHAT_MAIN,
            LayoutName::Chat => &CHAT,
            LayoutName::Standalone => &STANDALONE,
            LayoutName::Main => &MAIN,
            LayoutName::V3_7 => &V3_7,
            LayoutName::V3_8_1 => &V3_8_1,
            LayoutName::V3_8_3 => &V3_8_3,
            LayoutName::V3_5 => &V3_5,
        }
    }

    /// The generation whose signs are there, and the signs.
    ///
    /// # Errors
    /// No generation is told, and a file that would have told one cannot be read.
    pub fn detect(
        root: &Path,
        config_dir: &Path,
        runs: &dyn Fn(&str) -> bool,
    ) -> Result<Option<(&'static Self, String)>, ConfigError> {
        let mut scene = Scene { root, config_dir, runs, files: BTreeMap::new(), broken: None };
        if let Some((layout, signs)) = Self::find_signs(|sign| scene.shows(sign)) {
            return Ok(Some((layout, scene.describe(signs))));
        }
        if scene.lacks_share() {
            let found = Self::find_signs(|sign| sign.file.as_deref() == Some(SHARE) || scene.shows(sign));
            return Ok(found.map(|(layout, _)| (layout, scene.describe_without_share())));
        }
        scene.broken.map_or(Ok(None), Err)
    }

    /// The first generation of which all signs of a line are there.
    fn find_signs(mut is_there: impl FnMut(&Sign) -> bool) -> Option<(&'static Self, &'static [Sign])> {
        LayoutName::ALL.map(Self::of).into_iter().find_map(|layout| {
            let signs = layout.detect.iter().find(|signs| signs.iter().all(&mut is_there))?;
            Some((layout, signs.as_slice()))
        })
    }

    /// What was looked for, for who has none of it.
    #[must_use]
    pub fn looked_for() -> String {
        let firsts =
            LayoutName::ALL.map(|name| Self::of(name).detect.first().and_then(|signs| signs.first()));
        let mut texts: Vec<String> = firsts.iter().flatten().map(ToString::to_string).collect();
        texts.dedup();
        texts.join(", ")
    }

    /// The services of this generation, in the order of a report.
    pub fn services(&self) -> impl Iterator<Item = Service> {
        self.services.iter().map(|candidate| candidate.service)
    }

    /// How many instances of a service there are, where the generation itself says so.
    #[must_use]
    pub fn instances(&self, service: Service) -> Option<u32> {
        self.find(service)?.instances
    }

    /// What a service listens on; nothing for one that this generation does not have.
    #[must_use]
    pub fn listens(&self, service: Service) -> &[ListenRule] {
        self.find(service).map_or(&[], |candidate| &candidate.listen)
    }

    /// The file in the configuration directory that holds the keys of a rule.
    #[must_use]
    pub fn file_of(&self, service: Service, rule: &ListenRule) -> String {
        rule.file.clone().or_else(|| self.config.clone()).unwrap_or_else(|| service.config_file())
    }

    /// The flags behind which a process is told its index.
    #[must_use]
    pub fn index_flags(&self) -> &[String] {
        &self.index_flags
    }

    /// The name under which a service registers in etcd, if it does.
    #[must_use]
    pub fn register_name(&self, service: Service) -> Option<&'static str> {
        match (self.discovery, self.register_names) {
            (DiscoveredBy::Memory, _) => None,
            (DiscoveredBy::File | DiscoveredBy::Zookeeper, RegisterNames::Release) => service.register_name(),
            (DiscoveredBy::File | DiscoveredBy::Zookeeper, RegisterNames::Main) => {
                service.register_name_main()
            }
        }
    }

    /// The name of a service's gRPC service, where it is known.
    #[must_use]
    pub fn grpc_name(&self, service: Service) -> Option<&'static str> {
        service.grpc_name().filter(|_| self.grpc_names)
    }

    fn find(&self, service: Service) -> Option<&ServiceLayout> {
        self.services.iter().find(|candidate| candidate.service == service)
    }
}

/// The file that names the services for each other.
const SHARE: &str = "share.yml";

/// What signs are looked for in.
struct Scene<'a> {
    root: &'a Path,
    config_dir: &'a Path,
    runs: &'a dyn Fn(&str) -> bool,
    /// Each file is read once; `None` for one that is not there, or that is broken.
    files: BTreeMap<String, Option<ConfigFile>>,
    /// The first file that is broken.
    broken: Option<ConfigError>,
}

impl Scene<'_> {
    fn shows(&mut self, sign: &Sign) -> bool {
        let version =
            |wanted: &String| read_release(self.root).is_some_and(|found| found.starts_with(wanted));
        let program = |name: &String| (self.runs)(name) || self.root.join(name).is_file();
        sign.program.as_ref().is_none_or(program)
            && sign.version.as_ref().is_none_or(version)
            && sign.file.as_ref().is_none_or(|file| self.file(file).is_some_and(|file| agrees(sign, file)))
    }

    fn file(&mut self, name: &str) -> Option<&ConfigFile> {
        if !self.files.contains_key(name) {
            let file = match ConfigFile::read(self.config_dir, name) {
                Ok(file) => Some(file),
                Err(error) if error.is_absent() => None,
                Err(error) => {
                    self.broken.get_or_insert(error);
                    None
                }
            };
            self.files.insert(name.to_owned(), file);
        }
        self.files.get(name)?.as_ref()
    }

    /// Whether the file by which most generations are told is all that is missing. None of their services starts
    /// without it, and that is to be said of them.
    fn lacks_share(&mut self) -> bool {
        self.broken.is_none() && self.file(SHARE).is_none() && self.file("openim-api.yml").is_some()
    }

    /// "openim-api.yml in /openim-server/config, where share.yml is missing"
    fn describe_without_share(&self) -> String {
        format!("openim-api.yml in {}, where {SHARE} is missing", self.config_dir.display())
    }

    /// "rpcRegisterName.user in /openim-server/config/share.yml"
    fn describe(&self, signs: &[Sign]) -> String {
        let text = |sign: &Sign| match &sign.file {
            Some(file) => sign.to_string().replace(file, &self.config_dir.join(file).display().to_string()),
            None => sign.to_string(),
        };
        signs.iter().map(text).collect::<Vec<_>>().join(", ")
    }
}

fn agrees(sign: &Sign, file: &ConfigFile) -> bool {
    let holds = |port: u16| {
        let key = sign.key.as_deref().unwrap_or_default();
        file.ports(key, &Environment::default()).is_ok_and(|ports| ports.value.contains(&port))
    };
    sign.key.as_ref().is_none_or(|key| file.has(key))
        && sign.lacks.as_ref().is_none_or(|key| !file.has(key))
        && sign.holds.is_none_or(holds)
}

static CHAT_MAIN: LazyLock<Layout> = LazyLock::new(|| built_in(include_str!("../../checks/chat-main.toml")));
static CHAT: LazyLock<Layout> = LazyLock::new(|| built_in(include_str!("../../checks/chat.toml")));
static STANDALONE: LazyLock<Layout> =
    LazyLock::new(|| built_in(include_str!("../../checks/standalone.toml")));
static MAIN: LazyLock<Layout> = LazyLock::new(|| built_in(include_str!("../../checks/main.toml")));
static V3_8_3: LazyLock<Layout> = LazyLock::new(|| built_in(include_str!("../../checks/v3.8.3.toml")));
static V3_8_1: LazyLock<Layout> = LazyLock::new(|| built_in(include_str!("../../checks/v3.8.1.toml")));
static V3_7: LazyLock<Layout> = LazyLock::new(|| built_in(include_str!("../../checks/v3.7.toml")));
static V3_5: LazyLock<Layout> = LazyLock::new(|| built_in(include_str!("../../checks/v3.5.toml")));

#[expect(clippy::expect_used, reason = "the text is part of the program, and a test parses each of them")]
fn built_in(text: &str) -> Layout {
    toml::from_str(text).expect("a built-in layout is well-formed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_layout_parses_and_names_its_services_in_order() {
        for name in LayoutName::ALL {
            let layout = Layout::of(name);
            assert_eq!(layout.name, name);
            let known: Vec<Service> = match name {
                LayoutName::ChatMain => Service::KNOWN.into_iter().filter(|s| s.is_of_chat()).collect(),
                LayoutName::Chat => Service::KNOWN[13..17].to_vec(),
                LayoutName::Standalone => vec![Service::Server],
                LayoutName::Main
                | LayoutName::V3_8_3
                | LayoutName::V3_8_1
                | LayoutName::V3_7
                | LayoutName::V3_5 => Service::ALL.to_vec(),
            };
            assert_eq!(layout.services().collect::<Vec<_>>(), known, "{}", layout.title);
        }
    }

    #[test]
    fn the_crontask_listens_on_nothing_in_the_release_line_and_for_metrics_in_main() {
        assert_eq!(Layout::of(LayoutName::V3_8_3).listens(Service::Crontask).len(), 0);
        assert_eq!(Layout::of(LayoutName::Main).listens(Service::Crontask).len(), 1);
    }

    /// A configuration directory with these files in a root of its own, and what it is taken for.
    fn detected(files: &[(&str, &str)], runs: &str) -> Option<(LayoutName, String)> {
        let root = tempfile::tempdir().expect("a temporary directory");
        for (name, text) in files {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("make a directory");
            std::fs::write(path, text).expect("write a fixture");
        }
        let found = Layout::detect(root.path(), &root.path().join("config"), &|program| program == runs);
        found
            .expect("its files can be read")
            .map(|(layout, from)| (layout.name, from.replace(&root.path().display().to_string(), "")))
    }

    #[test]
    fn each_generation_is_told_by_its_own_files() {
        let names = ("config/share.yml", "rpcRegisterName:\n  user: user\n");
        let fixed = ("config/openim-rpc-user.yml", "rpc:\n  ports: [ 10320 ]\n");
        let main = ("config/discovery.yml", "rpcService:\n  user: user-rpc-service\n");
        let chat = ("config/chat-rpc-chat.yml", "rpc:\n  ports: [ 30300 ]\n");
        let bot = ("config/chat-rpc-bot.yml", "rpc:\n  ports: [ 30400 ]\n");
        for (files, wanted) in [
            (
                vec![names, ("config/openim-rpc-user.yml", "rpc:\n  autoSetPorts: true\n  ports:\n")],
                LayoutName::V3_8_3,
            ),
            (vec![names], LayoutName::V3_8_3),
            (vec![names, fixed], LayoutName::V3_8_1),
            (vec![names, ("config/openim-rpc-user.yml", "rpc:\n  ports: [ 10110 ]\n")], LayoutName::V3_7),
            (
                vec![names, fixed, ("config/zookeeper.yml", "schema: openim\naddress: [ a:1 ]\n")],
                LayoutName::V3_7,
            ),
            (vec![("config/config.yaml", "rpcPort:\n  openImUserPort: [ 10110 ]\n")], LayoutName::V3_5),
            (vec![main], LayoutName::Main),
            (vec![chat], LayoutName::Chat),
            (vec![chat, bot], LayoutName::ChatMain),
        ] {
            assert_eq!(detected(&files, "").map(|(name, _)| name), Some(wanted), "{files:?}");
        }
        assert_eq!(detected(&[("config/share.yml", "secret: x\n")], ""), None);
    }

    #[test]
    fn where_share_yml_alone_is_missing_the_others_tell() {
        let api = ("config/openim-api.yml", "api:\n  ports: [ 10002 ]\n");
        let fixed = ("config/openim-rpc-user.yml", "rpc:\n  ports: [ 10320 ]\n");
        let found = detected(&[api], "").expect("it is told");
        assert_eq!(
            found,
            (LayoutName::V3_8_3, "openim-api.yml in /config, where share.yml is missing".to_owned())
        );
        assert_eq!(detected(&[api, fixed], "").map(|(name, _)| name), Some(LayoutName::V3_8_1));
        assert_eq!(detected(&[api, ("config/share.yml", "secret: x\n")], ""), None);
    }

    #[test]
    fn one_process_is_told_from_many_by_its_program() {
        let main = ("config/discovery.yml", "rpcService:\n  user: user-rpc-service\n");
        let found = detected(&[main], "openim-server").expect("it is told");
        assert_eq!(found.0, LayoutName::Standalone);
        assert_eq!(found.1, "the program openim-server, rpcService.user in /config/discovery.yml");
        assert_eq!(
            detected(&[main, ("openim-server", "")], "").map(|(name, _)| name),
            Some(LayoutName::Standalone)
        );
        assert_eq!(detected(&[main], "openim-api").map(|(name, _)| name), Some(LayoutName::Main));
    }

    #[test]
    fn where_ports_were_changed_the_log_tells_the_release() {
        let files = [
            ("config/share.yml", "rpcRegisterName:\n  user: user\n"),
            ("config/openim-rpc-user.yml", "rpc:\n  ports: [ 4711 ]\n"),
            (
                "_output/logs/openim-service-log.2024-08-18",
                "2024-08-18 09:07:19.768\tINFO\t[PID:3693]     \topenim-api               \t[version:3.8.0]  \t[a/b.go:50]\tx\t{}\n",
            ),
        ];
        let found = detected(&files, "").expect("it is told");
        assert_eq!(found.0, LayoutName::V3_7);
        assert!(found.1.contains("version 3.8.0 in its log"), "{}", found.1);
    }
}

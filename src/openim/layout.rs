//! What each generation of OpenIM runs and listens on, as data: `checks/*.toml`, built into the program.

use std::path::Path;
use std::sync::LazyLock;

use serde::Deserialize;

use super::config::ConfigFile;
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
    /// The key that only this generation's files have.
    pub detect: Detect,
    /// Which of a service's two names in etcd it uses.
    pub register_names: RegisterNames,
    /// Whether a request to the API leaves no line in its log.
    pub quiet_http: bool,
    #[serde(rename = "service")]
    services: Vec<ServiceLayout>,
}

/// The generations that are known, newest release line first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, clap::ValueEnum)]
pub enum LayoutName {
    /// The release line, v3.8.3 and later.
    #[serde(rename = "v3.8.3")]
    #[value(name = "v3.8.3")]
    V3_8_3,
    /// The branch main of 2026.
    #[serde(rename = "main")]
    Main,
}

/// A key whose presence tells the generation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detect {
    /// The file in the configuration directory.
    pub file: String,
    /// The dotted key.
    pub key: String,
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
    name: String,
    listen: Vec<ListenRule>,
}

/// One socket that a service listens on, by the keys that decide it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListenRule {
    /// What is spoken there.
    pub purpose: Purpose,
    /// The key of the list of ports; instance N uses element N.
    pub ports: Option<String>,
    /// The key that, when true, lets the kernel choose the port.
    pub auto: Option<String>,
    /// The key that, when false, means there is no such socket.
    pub enable: Option<String>,
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
            LayoutName::V3_8_3 => &V3_8_3,
            LayoutName::Main => &MAIN,
        }
    }

    /// The generation whose key is in the configuration directory.
    /// A file that cannot be read decides nothing here; the plan reports it.
    #[must_use]
    pub fn detect(config_dir: &Path) -> Option<&'static Self> {
        [LayoutName::V3_8_3, LayoutName::Main].into_iter().map(Self::of).find(|layout| {
            ConfigFile::read(config_dir, &layout.detect.file).is_ok_and(|file| file.has(&layout.detect.key))
        })
    }

    /// What a service listens on; nothing for one that this generation does not have.
    #[must_use]
    pub fn listens(&self, service: Service) -> &[ListenRule] {
        self.services
            .iter()
            .find(|candidate| candidate.name == service.binary())
            .map_or(&[], |candidate| &candidate.listen)
    }

    /// The name under which a service registers in etcd, if it does.
    #[must_use]
    pub const fn register_name(&self, service: Service) -> Option<&'static str> {
        match self.register_names {
            RegisterNames::Release => service.register_name(),
            RegisterNames::Main => service.register_name_main(),
        }
    }
}

static V3_8_3: LazyLock<Layout> = LazyLock::new(|| built_in(include_str!("../../checks/v3.8.3.toml")));
static MAIN: LazyLock<Layout> = LazyLock::new(|| built_in(include_str!("../../checks/main.toml")));

#[expect(clippy::expect_used, reason = "the text is part of the program, and a test parses each of them")]
fn built_in(text: &str) -> Layout {
    toml::from_str(text).expect("a built-in layout is well-formed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_layout_parses_and_knows_every_service() {
        for name in [LayoutName::V3_8_3, LayoutName::Main] {
            let layout = Layout::of(name);
            assert_eq!(layout.name, name);
            let named: Vec<&str> = layout.services.iter().map(|service| service.name.as_str()).collect();
            let known: Vec<&str> = Service::ALL.iter().map(|service| service.binary()).collect();
            assert_eq!(named, known, "{}", layout.title);
        }
    }

    #[test]
    fn the_crontask_listens_on_nothing_in_the_release_line_and_for_metrics_in_main() {
        assert_eq!(Layout::of(LayoutName::V3_8_3).listens(Service::Crontask).len(), 0);
        assert_eq!(Layout::of(LayoutName::Main).listens(Service::Crontask).len(), 1);
    }
}

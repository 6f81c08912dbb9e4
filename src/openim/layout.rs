//! What each generation of OpenIM runs and listens on, as data: `checks/*.toml`, built into the program.

use std::fmt;
use std::path::Path;
use std::sync::LazyLock;

use serde::Deserialize;

use super::config::{ConfigError, ConfigFile};
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

impl LayoutName {
    /// All of them, in the order in which they are looked for.
    pub const ALL: [Self; 2] = [Self::V3_8_3, Self::Main];
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

impl fmt::Display for Detect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.key, self.file)
    }
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
    ///
    /// # Errors
    /// No generation is told, and a file that would have told one cannot be read.
    pub fn detect(config_dir: &Path) -> Result<Option<&'static Self>, ConfigError> {
        let mut unreadable = None;
        for layout in LayoutName::ALL.map(Self::of) {
            match ConfigFile::read(config_dir, &layout.detect.file) {
                Ok(file) if file.has(&layout.detect.key) => return Ok(Some(layout)),
                Ok(_) => {}
                Err(error) if error.is_absent() => {}
                Err(error) => unreadable = unreadable.or(Some(error)),
            }
        }
        unreadable.map_or(Ok(None), Err)
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
        for name in LayoutName::ALL {
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

//! Which OpenIM is stood in for: the release line or main, and which release of it.

use std::fmt;
use std::str::FromStr;

use openim_ops::openim::service::Service;
use serde::{Deserialize, Serialize};

/// A code base of open-im-server; the two differ in sockets, registry names, signals and log lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Generation {
    /// v3.8.x, what Docker users run.
    #[default]
    Release,
    /// The development branch.
    Main,
}

impl Generation {
    /// What its log lines say in the version column.
    #[must_use]
    pub const fn version(self) -> &'static str {
        match self {
            Self::Release => "v3.8.3-patch.16",
            Self::Main => "main",
        }
    }

    /// How many processes of a service its start-config.yml asks for.
    #[must_use]
    pub const fn instances(self, service: Service) -> u32 {
        match (service, self) {
            (Service::MsgTransfer | Service::Push, _) => 8,
            (Service::Crontask, Self::Main) => 4,
            (
                Service::Api
                | Service::Crontask
                | Service::MsgGateway
                | Service::RpcAuth
                | Service::RpcConversation
                | Service::RpcFriend
                | Service::RpcGroup
                | Service::RpcMsg
                | Service::RpcThird
                | Service::RpcUser,
                _,
            ) => 1,
        }
    }

    /// A service's name in the registry.
    #[must_use]
    pub const fn register_name(self, service: Service) -> Option<&'static str> {
        match self {
            Self::Release => service.register_name(),
            Self::Main => service.register_name_main(),
        }
    }
}

impl FromStr for Generation {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "release" => Ok(Self::Release),
            "main" => Ok(Self::Main),
            other => Err(format!("unknown generation {other:?}: release or main")),
        }
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Release => "release",
            Self::Main => "main",
        })
    }
}

/// A release's name, and what follows from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version(String);

impl Version {
    /// The version of this name: `v3.8.3-patch.15`.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }

    /// Whether a lost lease is final: so up to v3.8.3-patch.15.
    #[must_use]
    pub fn never_registers_again(&self) -> bool {
        self.patch().is_some_and(|patch| patch < 16)
    }

    /// Whether the embedded name ends in a line feed, so that every console record spans two lines:
    /// v3.8.3 to v3.8.3-patch.5.
    #[must_use]
    pub fn splits_records(&self) -> bool {
        self.0.starts_with("v3.8.3") && self.patch().is_some_and(|patch| patch < 6)
    }

    /// What a client is told when a service that it knew has no address left.
    #[must_use]
    pub fn no_address(&self) -> &'static str {
        if self.patch().is_some_and(|patch| patch < 15) {
            "last resolver error: produced zero addresses"
        } else {
            "no children to pick from"
        }
    }

    /// The patch number of a v3.8 release; 0 where it names none. `None` for main.
    fn patch(&self) -> Option<u32> {
        let rest = self.0.strip_prefix("v3.8.")?;
        match rest.split_once("-patch.") {
            Some((_, patch)) => patch.parse().ok(),
            None => Some(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_from_a_release() {
        let fifteen = Version::new("v3.8.3-patch.15");
        assert!(fifteen.never_registers_again() && !fifteen.splits_records());
        assert!(Version::new("v3.8.3").splits_records());
        assert!(!Version::new("v3.8.3-patch.16").never_registers_again());
        assert!(!Version::new("main").never_registers_again());
    }

    #[test]
    fn the_release_line_has_26_processes_and_main_29() {
        let count =
            |generation: Generation| Service::ALL.map(|s| generation.instances(s)).iter().sum::<u32>();
        assert_eq!((count(Generation::Release), count(Generation::Main)), (26, 29));
    }
}

//! Which OpenIM is stood in for, and which release of it.

use std::fmt;
use std::str::FromStr;

use openim_ops::openim::service::{Group, Role, Service};
use serde::{Deserialize, Serialize};

/// A generation of OpenIM: which services there are, in which files their settings stand, and what they listen on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Generation {
    /// v3.8.3 and later, what Docker users run.
    #[default]
    Release,
    /// The development branch.
    Main,
    /// The development branch in one process.
    Standalone,
    /// v3.8.1 and v3.8.2: fixed ports.
    V3_8_1,
    /// v3.7: fixed ports, and `ZooKeeper`, for which there is no stand-in.
    V3_7,
    /// v3.0 to v3.6: one file of configuration, ports as flags, `ZooKeeper`.
    V3_5,
    /// chat v1.8.
    Chat,
    /// chat's development branch.
    ChatMain,
}

/// How the services behave: the code bases differ in sockets, registry names, signals and log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CodeBase {
    /// The release line, and what came before it.
    Release,
    /// The development branch of 2026.
    Main,
}

impl Generation {
    /// Every one, with the word for it on the command line.
    pub const ALL: [(Self, &str); 8] = [
        (Self::Release, "release"),
        (Self::Main, "main"),
        (Self::Standalone, "standalone"),
        (Self::V3_8_1, "v3.8.1"),
        (Self::V3_7, "v3.7"),
        (Self::V3_5, "v3.5"),
        (Self::Chat, "chat"),
        (Self::ChatMain, "chat-main"),
    ];

    /// What its log lines say in the version column.
    #[must_use]
    pub const fn version(self) -> &'static str {
        match self {
            Self::Release => "v3.8.3-patch.16",
            Self::Main | Self::Standalone => "main",
            Self::V3_8_1 => "version:3.8.2",
            Self::V3_7 => "version:3.7.0",
            Self::V3_5 => "v3.5.1",
            // So in every release of chat.
            Self::Chat | Self::ChatMain => "v1.8.0",
        }
    }

    pub(crate) const fn code_base(self) -> CodeBase {
        match self {
            Self::Main | Self::Standalone => CodeBase::Main,
            Self::Release | Self::V3_8_1 | Self::V3_7 | Self::V3_5 | Self::Chat | Self::ChatMain => {
                CodeBase::Release
            }
        }
    }

    /// The services that are processes.
    #[must_use]
    pub fn services(self) -> Vec<Service> {
        match self {
            Self::Release | Self::Main | Self::V3_8_1 | Self::V3_7 | Self::V3_5 => Service::ALL.to_vec(),
            Self::Standalone => vec![Service::Server],
            Self::Chat => vec![Service::ChatApi, Service::AdminApi, Service::ChatRpc, Service::AdminRpc],
            Self::ChatMain => Group::Chat.services().collect(),
        }
    }

    /// How many processes of a service it starts.
    #[must_use]
    pub const fn instances(self, service: Service) -> u32 {
        match (service, self) {
            (Service::MsgTransfer | Service::Push, Self::Release | Self::Main | Self::V3_8_1) => 8,
            (Service::MsgTransfer, Self::V3_5) | (Service::Crontask, Self::Main) => 4,
            _ => 1,
        }
    }

    /// A service's name in the registry.
    #[must_use]
    pub const fn register_name(self, service: Service) -> Option<&'static str> {
        match self {
            Self::Release | Self::V3_8_1 | Self::Chat => service.register_name(),
            Self::Main | Self::ChatMain => service.register_name_main(),
            Self::Standalone | Self::V3_7 | Self::V3_5 => None,
        }
    }

    /// Whether its services look for each other in etcd.
    #[must_use]
    pub const fn uses_etcd(self) -> bool {
        match self {
            Self::Release | Self::Main | Self::V3_8_1 | Self::Chat | Self::ChatMain => true,
            Self::Standalone | Self::V3_7 | Self::V3_5 => false,
        }
    }

    /// Whether its ports are fixed by its configuration, all of them.
    #[must_use]
    pub const fn has_fixed_ports(self) -> bool {
        match self {
            Self::V3_8_1 | Self::V3_7 | Self::V3_5 | Self::Chat | Self::ChatMain => true,
            Self::Release | Self::Main | Self::Standalone => false,
        }
    }

    /// On how many sockets a healthy instance listens.
    pub(crate) const fn sockets(self, service: Service) -> usize {
        let metrics = if matches!(self, Self::Chat | Self::ChatMain) { 0 } else { 1 };
        match service.role() {
            Role::HttpGateway | Role::ConsumerAndRpc | Role::Rpc => 1 + metrics,
            Role::WebSocketGateway => 2 + metrics,
            Role::Consumer => metrics,
            Role::Cron => matches!(self, Self::Main) as usize,
            Role::Whole => 3,
        }
    }
}

impl FromStr for Generation {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|(_, known)| *known == word);
        found.map(|(generation, _)| generation).ok_or_else(|| {
            let known = Self::ALL.map(|(_, known)| known).join(", ");
            format!("unknown generation {word:?}: one of {known}")
        })
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = Self::ALL.into_iter().find(|(known, _)| known == self);
        f.pad(found.map_or("", |(_, word)| word))
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

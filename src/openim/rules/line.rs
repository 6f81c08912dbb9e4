//! The lines of OpenIM whose starts are known, and which rules are known for each.

use super::Rule;
use crate::openim::layout::LayoutName;

/// A line of open-im-server or chat whose starts are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// v3.8.3 and later.
    Release,
    /// The branch main.
    Main,
    /// v3.8.1 and v3.8.2.
    V3_8_1,
    /// v3.7.0 and v3.8.0.
    V3_7,
    /// chat's release line.
    Chat,
    /// chat's branch main.
    ChatMain,
}

impl Line {
    /// Every line.
    pub(super) const ALL: [Self; 6] =
        [Self::Release, Self::Main, Self::V3_8_1, Self::V3_7, Self::Chat, Self::ChatMain];

    /// The line of a generation; `None` for one whose rules are not known.
    #[must_use]
    pub const fn of(layout: LayoutName) -> Option<Self> {
        match layout {
            LayoutName::V3_8_3 => Some(Self::Release),
            LayoutName::Main => Some(Self::Main),
            LayoutName::V3_8_1 => Some(Self::V3_8_1),
            LayoutName::V3_7 => Some(Self::V3_7),
            LayoutName::Chat => Some(Self::Chat),
            LayoutName::ChatMain => Some(Self::ChatMain),
            LayoutName::Standalone | LayoutName::V3_5 => None,
        }
    }

    /// The rules that are known for it.
    pub fn rules(self) -> impl Iterator<Item = Rule> {
        Rule::ALL.into_iter().filter(move |rule| self.judges(*rule))
    }

    /// Whether a rule is known for it; one that is not says nothing, not even that all is well.
    #[must_use]
    pub const fn judges(self, rule: Rule) -> bool {
        match rule {
            // The others take more than etcd, and of what they take not all is known.
            Rule::Discovery => matches!(self, Self::Release | Self::Main | Self::ChatMain),
            // Of v3.7.0 it is not known whether it reads it.
            Rule::ConfigPath => !matches!(self, Self::V3_7),
            // Their images have mage on the path.
            Rule::Healthcheck => !matches!(self, Self::V3_8_1 | Self::V3_7),
            // They are those of open-im-server.
            Rule::Manifests => !self.is_of_chat(),
            Rule::Files
            | Rule::Values
            | Rule::Ports
            | Rule::Overrides
            | Rule::Proxy
            | Rule::Units
            | Rule::Stdout
            | Rule::Secrets => true,
        }
    }

    /// What every variable over its files begins with; some of the files have none.
    pub(super) const fn prefix(self) -> &'static str {
        if self.is_of_chat() { "CHATENV_" } else { "IMENV_" }
    }

    /// Whether its services can leave their ports to the kernel.
    pub(super) const fn has_auto_ports(self) -> bool {
        matches!(self, Self::Release | Self::Main)
    }

    /// Whether it is a line of chat, not of open-im-server.
    pub(super) const fn is_of_chat(self) -> bool {
        matches!(self, Self::Chat | Self::ChatMain)
    }
}

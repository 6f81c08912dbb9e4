//! What of OpenIM a container runs, told from its name and that of its image.
//!
//! | who named it | the name |
//! | --- | --- |
//! | OpenIM's compose file | `openim-server`: all services in one |
//! | compose, with the project and a number | `im-openim-api-1`, `im_openim-api_1` |
//! | swarm | `im_openim-api.1.x9f0c2` |
//! | kubernetes | `k8s_openim-api_openim-api-7d4b9c6f5-abcde_im_...` |
//! | whoever built the image | `openim/openim-api:v3.8.3`, `ghcr.io/openimsdk/openim-rpc-user@sha256:...` |

use super::service::Service;

/// The container of all services of open-im-server, by the name that OpenIM gives it.
pub const SERVER: &str = Service::Server.binary();
/// The same of chat.
pub const CHAT: &str = "openim-chat";
/// What all of their names have in them.
const COMMON: &str = "openim-";

/// What a container runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// One service.
    One(Service),
    /// Several of open-im-server; only their lines tell which.
    Server,
    /// Several of chat.
    Chat,
}

impl Content {
    /// What a container of this name runs; `None` for one that is not OpenIM's.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::find(name, bears)
    }

    /// What a container of this image runs.
    #[must_use]
    pub fn of_image(image: &str) -> Option<Self> {
        let name = image.rsplit('/').next()?.split([':', '@']).next()?;
        Self::find(name, |name, binary| name == binary)
    }

    fn find(name: &str, is_of: fn(&str, &str) -> bool) -> Option<Self> {
        // Nearly every other container is dismissed by this.
        if !name.contains(COMMON) {
            return None;
        }
        let service = Service::ALL.into_iter().find(|service| is_of(name, service.binary()));
        let mut several = [(SERVER, Self::Server), (CHAT, Self::Chat)].into_iter();
        let of_several = || several.find(|(word, _)| name.contains(word)).map(|(_, content)| content);
        service.map(Self::One).or_else(of_several)
    }

    /// The service, where it is one.
    #[must_use]
    pub const fn service(self) -> Option<Service> {
        match self {
            Self::One(service) => Some(service),
            Self::Server | Self::Chat => None,
        }
    }
}

/// Whether a program's name stands in a container's as a word, with nothing behind it but what tells copies apart.
fn bears(name: &str, binary: &str) -> bool {
    name.match_indices(binary).any(|(at, _)| {
        let (before, rest) = (&name[..at], &name[at + binary.len()..]);
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        (before.is_empty() || before.ends_with(['-', '_', '.', '/']))
            && (rest.is_empty()
                || rest.starts_with(['_', '.'])
                || rest.strip_prefix('-').is_some_and(is_number))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_told_from_the_name_however_it_was_made() {
        for name in [
            "openim-api",
            "im-openim-api-1",
            "im_openim-api_1",
            "im_openim-api.1.x9f0c2",
            "k8s_openim-api_openim-api-7d4b9c6f5-abcde_im_0b1c_0",
        ] {
            assert_eq!(Content::of_name(name), Some(Content::One(Service::Api)), "{name}");
        }
        assert_eq!(Content::of_name("openim-rpc-user-2"), Some(Content::One(Service::RpcUser)));
        assert_eq!(Content::of_name("im-openim-server-1"), Some(Content::Server));
        assert_eq!(Content::of_name("openim-chat"), Some(Content::Chat));
        for other in ["openim-api-proxy", "openim-web-front", "notopenim-api", "etcd", "openim-check", ""] {
            assert_eq!(Content::of_name(other), None, "{other}");
        }
    }

    #[test]
    fn a_service_is_told_from_the_last_part_of_the_image() {
        for image in ["openim/openim-push:v3.8.3", "openim-push", "r.io:5000/x/openim-push@sha256:0a1b"] {
            assert_eq!(Content::of_image(image), Some(Content::One(Service::Push)), "{image}");
        }
        assert_eq!(Content::of_image("openim/openim-server:v3.8.3-patch.16"), Some(Content::Server));
        assert_eq!(Content::of_image("openim-push/tools:1"), None);
        assert_eq!(Content::of_image("redis:7"), None);
    }
}

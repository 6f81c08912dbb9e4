//! Which services and checks a word on the command line means.

use std::ffi::OsStr;
use std::fmt;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, Command, Error, ValueEnum};

use super::kind::config::NAME as CONFIG;
use super::kind::host::NAME as HOST;
use super::report::Kind;
use crate::openim::dependency::Dependency;
use crate::openim::service::{Group, Service};
use crate::usage::unknown_word;

/// One TARGET.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// A named set of services.
    Group(Group),
    /// One service.
    Service(Service),
    /// All that OpenIM stands on.
    Dependencies,
    /// One server that OpenIM stands on.
    Dependency(Dependency),
    /// The user's own checks.
    Own,
    /// The files and variables that services start with.
    Config,
    /// The machine.
    Host,
    /// `openim-rpc-*`: a pattern over the programs' and the short names.
    Glob(String),
    /// `openim-rpc-user#0/port`: one check.
    Check(String),
}

/// The word for [`Target::Dependencies`].
const DEPS: &str = "deps";

/// The word for [`Target::Own`].
const OWN: &str = "own";

impl Target {
    /// Whether this target includes a check of a service (`None`: of a dependency).
    #[must_use]
    pub(super) fn includes(&self, service: Option<Service>, id: &str) -> bool {
        match (self, service) {
            (Self::Check(wanted), _) => wanted == id,
            (Self::Group(Group::All), _) => true,
            (Self::Dependencies, None) => is_of_dependency(id),
            (Self::Config, None) => is_of(CONFIG, id),
            (Self::Host, None) => is_of(HOST, id),
            (Self::Own, None) => {
                !id.is_empty() && !is_of_dependency(id) && !is_of(CONFIG, id) && !is_of(HOST, id)
            }
            (Self::Group(group), Some(service)) => group.services().any(|member| member == service),
            (Self::Service(wanted), Some(service)) => *wanted == service,
            (Self::Glob(glob), Some(service)) => {
                glob_matches(glob, service.binary()) || glob_matches(glob, service.short())
            }
            (Self::Dependency(wanted), None) => {
                id.split_once('/').is_some_and(|(name, _)| name == wanted.name()) || id == wanted.name()
            }
            (Self::Dependencies | Self::Dependency(_) | Self::Config | Self::Host | Self::Own, Some(_))
            | (Self::Group(_) | Self::Service(_) | Self::Glob(_), None) => false,
        }
    }

    fn parse(word: &str) -> Option<Self> {
        if word == DEPS {
            return Some(Self::Dependencies);
        }
        if word == CONFIG {
            return Some(Self::Config);
        }
        if word == HOST {
            return Some(Self::Host);
        }
        if word == OWN {
            return Some(Self::Own);
        }
        if let Some(group) = Group::KNOWN.into_iter().find(|group| group.name() == word) {
            return Some(Self::Group(group));
        }
        if let Some(service) = Service::known_by_word(word) {
            return Some(Self::Service(service));
        }
        if let Some(dependency) = Dependency::from_word(word) {
            return Some(Self::Dependency(dependency));
        }
        if word.contains(['*', '?']) {
            return Some(Self::Glob(word.to_owned()));
        }
        let (service, kind) = word.split_once('/')?;
        let name = service.split_once('#').map_or(service, |(name, _)| name);
        let known = Service::known_by_program(name).is_some()
            || Dependency::from_word(name).is_some()
            || [CONFIG, HOST].contains(&name);
        // Only the plan knows the names of the user's own checks.
        let is_own =
            !service.starts_with("openim-") && Kind::from_str(kind, false).is_ok_and(Kind::may_be_own);
        (known || is_own).then(|| Self::Check(word.to_owned()))
    }
}

fn is_of_dependency(id: &str) -> bool {
    Dependency::from_word(id.split('/').next().unwrap_or(id)).is_some()
}

/// Whether a check's id belongs to a part of this name.
fn is_of(part: &str, id: &str) -> bool {
    id == part || id.strip_prefix(part).is_some_and(|rest| rest.starts_with('/'))
}

/// Shell patterns with `*` and `?`, over names without slashes.
fn glob_matches(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut p, mut n, mut star) = (0, 0, None);
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(&byte) if byte == b'?' || byte == name[n] => {
                p += 1;
                n += 1;
            }
            _ => {
                let Some((at, matched)) = star else { return false };
                star = Some((at, matched + 1));
                p = at + 1;
                n = matched + 1;
            }
        }
    }
    pattern[p..].iter().all(|&byte| byte == b'*')
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group(group) => f.write_str(group.name()),
            Self::Service(service) => f.write_str(service.short()),
            Self::Dependencies => f.write_str(DEPS),
            Self::Own => f.write_str(OWN),
            Self::Config => f.write_str(CONFIG),
            Self::Host => f.write_str(HOST),
            Self::Dependency(dependency) => f.write_str(dependency.name()),
            Self::Glob(text) | Self::Check(text) => f.write_str(text),
        }
    }
}

/// Reads a TARGET, completes its names, and names the nearest one for a word that is none.
#[derive(Clone, Copy, Debug)]
pub(super) struct TargetParser;

impl TypedValueParser for TargetParser {
    type Value = Target;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<Target, Error> {
        let word = value.to_string_lossy();
        Target::parse(&word).ok_or_else(|| unknown_word(command, arg, &word, &names()))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(names().into_iter().map(PossibleValue::new)))
    }
}

fn names() -> Vec<&'static str> {
    let groups = Group::KNOWN.into_iter().map(Group::name);
    let services = Service::KNOWN.into_iter().map(Service::short);
    groups
        .chain([DEPS, CONFIG, HOST, OWN])
        .chain(services)
        .chain(Dependency::ALL.into_iter().map(Dependency::name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_mean_groups_services_globs_and_checks() {
        assert_eq!(Target::parse("all"), Some(Target::Group(Group::All)));
        assert_eq!(Target::parse("user"), Some(Target::Service(Service::RpcUser)));
        assert_eq!(Target::parse("openim-rpc-*"), Some(Target::Glob("openim-rpc-*".to_owned())));
        let check = Target::parse("openim-push#3/port");
        assert_eq!(check, Some(Target::Check("openim-push#3/port".to_owned())));
        assert_eq!(Target::parse("apii"), None);
        assert_eq!(Target::parse("foo/port"), None);
    }

    #[test]
    fn globs_match_whole_names() {
        assert!(glob_matches("openim-rpc-*", "openim-rpc-user"));
        assert!(glob_matches("*user", "openim-rpc-user"));
        assert!(glob_matches("rpc-?ser", "rpc-user"));
        assert!(!glob_matches("rpc", "rpc-user"));
        assert!(!glob_matches("*push", "push-2"));
    }

    #[test]
    fn a_target_includes_its_checks_only() {
        let user = Some(Service::RpcUser);
        assert!(Target::Group(Group::Rpc).includes(user, "openim-rpc-user#0/port"));
        assert!(!Target::Group(Group::Rpc).includes(None, "etcd/keys"));
        assert!(Target::Dependencies.includes(None, "etcd/keys"));
        assert!(!Target::Dependencies.includes(None, "web-front/http"));
        assert!(Target::Own.includes(None, "web-front/http"));
        assert!(!Target::Own.includes(None, "etcd/keys"));
        assert!(Target::Check("etcd/keys".to_owned()).includes(None, "etcd/keys"));
        assert!(!Target::Service(Service::Api).includes(user, "openim-rpc-user#0/port"));
    }
}

//! The keys under which services register in etcd.
//!
//! `openim/user/172.18.0.9:44303` → `{"Op":0,"Addr":"172.18.0.9:44303","Metadata":null}`, on a lease of 30 s.
//! Source: openimsdk/tools v0.0.50-alpha.113, discovery/etcd.

use std::net::SocketAddr;

use super::config::{ConfigError, ConfigFile, Environment};
use super::dependency::{Login, Secret};
use super::endpoint::host_and_port;

/// The file in the configuration directory that says how services find each other.
pub const DISCOVERY: &str = "discovery.yml";

/// How long etcd keeps a key after its process is gone, in seconds.
pub const LEASE_SECONDS: u64 = 30;

/// Under this name, below the root, stand the targets of Prometheus.
pub const TARGETS: &str = "prometheus_discovery/";

/// Where services register, from discovery.yml.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registry {
    /// The addresses of etcd, `host:port`.
    pub addresses: Vec<String>,
    /// Whether they are spoken to in TLS: an address with `https://` says so for all.
    pub is_https: bool,
    /// The first part of every key.
    pub root: String,
    /// The login, if a user is configured.
    pub login: Option<Login>,
    /// The file and line, or the variable, that names the addresses.
    pub origin: String,
}

/// How services find each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Discovery {
    /// Through keys in etcd.
    Etcd(Registry),
    /// Through the API server of kubernetes.
    Kubernetes,
    /// Through `ZooKeeper`, up to v3.8.1.
    ZooKeeper,
    /// In the memory of the one process.
    Memory,
    /// In a way that we do not know.
    Other,
}

impl Discovery {
    /// The registry, where it is etcd.
    #[must_use]
    pub fn registry(self) -> Option<Registry> {
        match self {
            Self::Etcd(registry) => Some(registry),
            Self::Kubernetes | Self::ZooKeeper | Self::Memory | Self::Other => None,
        }
    }

    /// Why no key of a service can be looked for.
    #[must_use]
    pub const fn why_not(&self) -> Option<&'static str> {
        match self {
            Self::Etcd(_) => None,
            Self::Kubernetes => Some("services find each other through kubernetes, not etcd"),
            Self::ZooKeeper => Some("services find each other through ZooKeeper, not etcd"),
            Self::Memory => Some("services find each other in memory, not through etcd"),
            Self::Other => Some("services are not found through etcd"),
        }
    }
}

impl Registry {
    /// Reads discovery.yml.
    ///
    /// # Errors
    /// A key is of the wrong type.
    pub fn read(discovery: &ConfigFile, env: &Environment) -> Result<Discovery, ConfigError> {
        let enabled = discovery.text("enable", env)?.map_or_else(String::new, |kind| kind.value);
        match enabled.as_str() {
            "etcd" => {}
            "k8s" | "kubernetes" => return Ok(Discovery::Kubernetes),
            "zookeeper" => return Ok(Discovery::ZooKeeper),
            _ => return Ok(Discovery::Other),
        }
        let addresses = discovery.texts("etcd.address", env)?;
        let root =
            discovery.text("etcd.rootDirectory", env)?.map_or_else(|| "openim".to_owned(), |s| s.value);
        let user = discovery.text("etcd.username", env)?.map_or_else(String::new, |user| user.value);
        let password = discovery.text("etcd.password", env)?.map_or_else(String::new, |text| text.value);
        let login = (!user.is_empty()).then(|| Login { user, password: Secret::new(password) });
        let origin = addresses.origin.to_string();
        let is_https = addresses.value.iter().any(|text| text.trim().starts_with("https://"));
        let addresses = addresses.value.iter().map(|text| host_and_port(text).to_owned()).collect();
        Ok(Discovery::Etcd(Self { addresses, is_https, root, login, origin }))
    }
}

/// One key: an instance of a service that others can find.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// The service's name in etcd.
    pub name: String,
    /// Where it says that it listens.
    pub address: SocketAddr,
    /// The lease that keeps it alive; 0 for none.
    pub lease: i64,
    /// How long the lease has to go, in seconds, where it was asked.
    pub seconds_left: Option<i64>,
}

impl Registration {
    /// Reads a key, `None` for keys that are not a service's (Prometheus targets, the configuration centre).
    #[must_use]
    pub fn parse(root: &str, key: &str, lease: i64) -> Option<Self> {
        let (name, address) = key.strip_prefix(root)?.strip_prefix('/')?.split_once('/')?;
        let address = address.parse().ok()?;
        Some(Self { name: name.to_owned(), address, lease, seconds_left: None })
    }

    /// The key as etcdctl shows it.
    #[must_use]
    pub fn key(&self, root: &str) -> String {
        format!("{root}/{}/{}", self.name, self.address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_etcd_has_its_reason() {
        let read = |text: &str| {
            let file = ConfigFile::parse(std::path::Path::new("discovery.yml"), text).expect("it parses");
            Registry::read(&file, &Environment::default()).expect("it is well-typed")
        };
        assert_eq!(read("enable: k8s\n"), Discovery::Kubernetes);
        assert_eq!(read("enable: zookeeper\n"), Discovery::ZooKeeper);
        assert_eq!(read("enable: \"\"\n"), Discovery::Other);
        let text =
            "enable: etcd\netcd:\n  address: [localhost:12379]\n  username: root\n  password: canary\n";
        let Discovery::Etcd(registry) = read(text) else { panic!("it is etcd") };
        assert!(registry.login.is_some() && !format!("{registry:?}").contains("canary"));
    }

    #[test]
    fn a_service_key_is_read_and_others_are_not() {
        let user = Registration::parse("openim", "openim/user/10.77.0.2:34429", 7);
        assert_eq!(user.map(|r| (r.name, r.address.port(), r.lease)), Some(("user".to_owned(), 34429, 7)));
        assert_eq!(Registration::parse("openim", "openim/prometheus_discovery/api/0", 7), None);
        assert_eq!(Registration::parse("openim", "other/user/10.77.0.2:34429", 7), None);
        assert_eq!(Registration::parse("openim", "openimuser/10.77.0.2:34429", 7), None);
    }
}

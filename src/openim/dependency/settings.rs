//! What the configuration says of each server: addresses, users, TLS, and the line that says so.
//!
//! ```yaml
//! address: [ localhost:16379 ]
//! username:
//! password: openIM123
//! ```
//!
//! Left out: what only tunes a client (pool sizes, retries), for it decides nothing about health.

use std::fmt;
use std::path::Path;

use super::Dependency;
use crate::openim::config::{ConfigError, ConfigFile, Environment, Setting};
use crate::openim::endpoint::host_and_port;
use crate::openim::redact::MASK;
use crate::openim::registry::Registry;

/// A text that no output may show.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a text into custody.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text, for the server that is to have it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Somebody else's text, in which it may stand, without it.
    #[must_use]
    pub fn mask(&self, text: &str) -> String {
        if self.0.is_empty() {
            return text.to_owned();
        }
        text.replace(&self.0, &String::from_utf8_lossy(MASK))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

/// A user and its password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The user; empty where the server has but one.
    pub user: String,
    /// Its password.
    pub password: Secret,
}

/// What is known of one server before it is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settings {
    /// etcd, through which services find each other.
    Etcd(Registry),
    /// Redis.
    Redis(Redis),
    /// MongoDB.
    MongoDb(MongoDb),
    /// Kafka.
    Kafka(Kafka),
    /// `MinIO`.
    Minio(Minio),
    /// `ZooKeeper`.
    ZooKeeper(ZooKeeper),
    /// The API that chat calls.
    OpenIm(OpenIm),
}

/// redis.yml.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redis {
    /// The nodes, `host:port`.
    pub addresses: Vec<String>,
    /// How they stand to each other.
    pub mode: RedisMode,
    /// The login, if a password is configured.
    pub login: Option<Login>,
    /// The number of the database; a cluster has but one.
    pub database: u32,
    /// The line of the addresses.
    pub origin: String,
}

/// How the nodes of Redis stand to each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedisMode {
    /// One node; the others of the list are ignored, as OpenIM ignores them.
    Standalone,
    /// Each holds a part of the keys.
    Cluster,
    /// The sentinels say which one is the master.
    Sentinel {
        /// The name under which they know it.
        master: String,
        /// Their addresses.
        sentinels: Vec<String>,
    },
}

/// mongodb.yml.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MongoDb {
    /// The nodes, `host:port`.
    pub addresses: Vec<String>,
    /// The login, if a user is configured.
    pub login: Option<Login>,
    /// OpenIM's database.
    pub database: String,
    /// The database that knows the user.
    pub auth_source: String,
    /// The replica set, where the URI names one.
    pub replica_set: Option<String>,
    /// Whether the URI keeps the driver at the one address, whatever set the server there is of.
    pub direct: bool,
    /// TLS, if the URI asks for it.
    pub tls: Option<Tls>,
    /// Whether the address is the name of SRV records, which name the nodes.
    pub srv: bool,
    /// The line of the addresses.
    pub origin: String,
}

/// kafka.yml.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kafka {
    /// The brokers, `host:port`.
    pub addresses: Vec<String>,
    /// The login (SASL PLAIN), if a user is configured.
    pub login: Option<Login>,
    /// TLS, if it is on.
    pub tls: Option<Tls>,
    /// The four topics, in the order of a message's way.
    pub topics: Vec<Topic>,
    /// The line of the addresses.
    pub origin: String,
}

/// One topic and who reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// Its name.
    pub name: String,
    /// The consumer group.
    pub group: String,
    /// The service whose processes are the group's members.
    pub consumer: crate::openim::service::Service,
}

/// TLS as the configuration has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// Whether any certificate will do.
    pub skip_verify: bool,
    /// The file of the authority's certificate; those that the machine trusts where there is none.
    pub authority: Option<String>,
    /// What OpenIM shows of itself.
    pub identity: Option<Identity>,
}

/// A certificate of OpenIM's own, by its files in PEM form, which may be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The certificate.
    pub certificate: String,
    /// Its key.
    pub key: String,
}

/// minio.yml.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Minio {
    /// TLS, if its address begins with `https://`.
    pub tls: Option<Tls>,
    /// `host:port`.
    pub address: String,
    /// The bucket.
    pub bucket: String,
    /// The access key and its secret.
    pub login: Login,
    /// The line of the address.
    pub origin: String,
}

/// discovery.yml with `enable: zookeeper`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZooKeeper {
    /// The servers, `host:port`.
    pub addresses: Vec<String>,
    /// The line of the addresses.
    pub origin: String,
}

/// `openIM.apiURL` of chat's share.yml.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenIm {
    /// Whether it is spoken to in TLS.
    pub is_https: bool,
    /// `host:port`.
    pub address: String,
    /// The line of the address.
    pub origin: String,
}

impl Settings {
    /// Reads what the configuration says of a server; `None` where it does not use it or names no address.
    ///
    /// # Errors
    /// The file is no YAML, or a value is of the wrong type. A file that is not there is no error here.
    pub fn read(dependency: Dependency, dir: &Path, env: &Environment) -> Result<Option<Self>, ConfigError> {
        let Some(file) = find_file(dependency, dir)? else { return Ok(None) };
        let settings = match dependency {
            Dependency::Etcd => Registry::read(&file, env)?.registry().map(Self::Etcd),
            Dependency::Redis => Some(Self::Redis(Redis::read(&file, env)?)),
            Dependency::MongoDb => Some(Self::MongoDb(MongoDb::read(&file, env)?)),
            Dependency::Kafka => Some(Self::Kafka(Kafka::read(&file, env)?)),
            Dependency::Minio if stores_in_minio(dir, env)? => Minio::read(&file, env)?.map(Self::Minio),
            Dependency::Minio => None,
            Dependency::ZooKeeper => ZooKeeper::read(&file, env)?.map(Self::ZooKeeper),
            Dependency::OpenIm => OpenIm::read(&file, env)?.map(Self::OpenIm),
        };
        Ok(settings.filter(|settings| !settings.addresses().is_empty()))
    }

    /// Whose they are.
    #[must_use]
    pub const fn dependency(&self) -> Dependency {
        match self {
            Self::Etcd(_) => Dependency::Etcd,
            Self::Redis(_) => Dependency::Redis,
            Self::MongoDb(_) => Dependency::MongoDb,
            Self::Kafka(_) => Dependency::Kafka,
            Self::Minio(_) => Dependency::Minio,
            Self::ZooKeeper(_) => Dependency::ZooKeeper,
            Self::OpenIm(_) => Dependency::OpenIm,
        }
    }

    /// The login, where one is configured.
    #[must_use]
    pub const fn login(&self) -> Option<&Login> {
        match self {
            Self::Etcd(registry) => registry.login.as_ref(),
            Self::Redis(redis) => redis.login.as_ref(),
            Self::MongoDb(mongodb) => mongodb.login.as_ref(),
            Self::Kafka(kafka) => kafka.login.as_ref(),
            Self::Minio(minio) => Some(&minio.login),
            Self::ZooKeeper(_) | Self::OpenIm(_) => None,
        }
    }

    /// Where it should be.
    #[must_use]
    pub fn addresses(&self) -> &[String] {
        match self {
            Self::Etcd(registry) => &registry.addresses,
            Self::Redis(redis) => &redis.addresses,
            Self::MongoDb(mongodb) => &mongodb.addresses,
            Self::Kafka(kafka) => &kafka.addresses,
            Self::Minio(minio) => std::slice::from_ref(&minio.address),
            Self::ZooKeeper(zookeeper) => &zookeeper.addresses,
            Self::OpenIm(openim) => std::slice::from_ref(&openim.address),
        }
    }

    /// The line that says so.
    #[must_use]
    pub fn origin(&self) -> &str {
        match self {
            Self::Etcd(registry) => &registry.origin,
            Self::Redis(redis) => &redis.origin,
            Self::MongoDb(mongodb) => &mongodb.origin,
            Self::Kafka(kafka) => &kafka.origin,
            Self::Minio(minio) => &minio.origin,
            Self::ZooKeeper(zookeeper) => &zookeeper.origin,
            Self::OpenIm(openim) => &openim.origin,
        }
    }
}

/// v3.7's own file for `ZooKeeper`.
const ZOOKEEPER: &str = "zookeeper.yml";

/// The one file of v3.0 to v3.6.
const ONE_FOR_ALL: &str = "config.yaml";

/// The file of a server, or its part of the one file that has all; `None` where there is none.
fn find_file(dependency: Dependency, dir: &Path) -> Result<Option<ConfigFile>, ConfigError> {
    let name = match dependency {
        Dependency::ZooKeeper if dir.join(ZOOKEEPER).exists() => ZOOKEEPER,
        Dependency::Etcd
        | Dependency::Redis
        | Dependency::MongoDb
        | Dependency::Kafka
        | Dependency::Minio
        | Dependency::ZooKeeper
        | Dependency::OpenIm => dependency.config_file(),
    };
    if dir.join(name).exists() {
        return ConfigFile::read(dir, name).map(Some);
    }
    let section = match dependency {
        Dependency::Redis => "redis",
        Dependency::MongoDb => "mongo",
        Dependency::Kafka => "kafka",
        Dependency::ZooKeeper => "zookeeper",
        // etcd came later, and what MinIO was told stands under other keys.
        Dependency::Etcd | Dependency::Minio | Dependency::OpenIm => return Ok(None),
    };
    match ConfigFile::read(dir, ONE_FOR_ALL) {
        Ok(file) => Ok(file.section(section)),
        Err(error) if error.is_absent() => Ok(None),
        Err(error) => Err(error),
    }
}

impl Redis {
    fn read(file: &ConfigFile, env: &Environment) -> Result<Self, ConfigError> {
        let (addresses, origin) = addresses(file, "address", env)?;
        let (mode, login) = (redis_mode(file, env)?, login(file, ["username", "password"], env)?);
        let database = file.number("db", env)?.map_or(0, |db| db.value);
        Ok(Self { addresses, mode, login, database, origin })
    }
}

/// The release line has `clusterMode: true`, main has `redisMode: cluster`.
fn redis_mode(file: &ConfigFile, env: &Environment) -> Result<RedisMode, ConfigError> {
    let named = text(file, "redisMode", env)?;
    let cluster = file.boolean("clusterMode", env)?.is_some_and(|cluster| cluster.value);
    Ok(match named.as_str() {
        "sentinel" => RedisMode::Sentinel {
            master: text(file, "sentinelMode.masterName", env)?,
            sentinels: addresses(file, "sentinelMode.sentinelsAddrs", env)?.0,
        },
        "cluster" => RedisMode::Cluster,
        _ if cluster => RedisMode::Cluster,
        _ => RedisMode::Standalone,
    })
}

impl MongoDb {
    /// A URI wins over the single keys, as it does for OpenIM.
    fn read(file: &ConfigFile, env: &Environment) -> Result<Self, ConfigError> {
        let database = text(file, "database", env)?;
        if let Some(uri) = file.text("uri", env)?.filter(|uri| !uri.value.is_empty()) {
            return Ok(Self { database, ..Self::parse_uri(&uri.value, uri.origin.to_string()) });
        }
        let (addresses, origin) = addresses(file, "address", env)?;
        let login = login(file, ["username", "password"], env)?.filter(|login| !login.user.is_empty());
        let source = text(file, "authSource", env)?;
        let auth_source = if source.is_empty() { database.clone() } else { source };
        Ok(Self {
            addresses,
            login,
            database,
            auth_source,
            replica_set: None,
            direct: false,
            tls: None,
            srv: false,
            origin,
        })
    }

    /// `mongodb://user:password@host:port,host:port/database?authSource=admin&replicaSet=rs0&tls=true`
    fn parse_uri(uri: &str, origin: String) -> Self {
        let UriParts { srv, credentials, hosts, database, options } = UriParts::of(uri);
        let option = |wanted: &str| {
            let pairs = options.split('&').filter_map(|pair| pair.split_once('='));
            pairs.filter(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value).next()
        };
        let login = credentials.map(|credentials| {
            let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
            Login { user: percent_decoded(user), password: Secret::new(percent_decoded(password)) }
        });
        let direct = option("directConnection").is_some_and(|direct| direct == "true")
            || option("connect").is_some_and(|connect| connect == "direct");
        let default_source = if database.is_empty() { "admin" } else { database };
        Self {
            addresses: hosts.split(',').map(with_mongodb_port).collect(),
            login,
            database: database.to_owned(),
            auth_source: option("authSource").unwrap_or(default_source).to_owned(),
            replica_set: option("replicaSet").map(str::to_owned),
            direct,
            tls: tls_of_uri(&option, srv),
            srv,
            origin,
        }
    }
}

/// The parts of a URI of MongoDB, as they stand.
struct UriParts<'u> {
    srv: bool,
    /// `user:password`
    credentials: Option<&'u str>,
    /// `host:port,host:port`
    hosts: &'u str,
    database: &'u str,
    /// `authSource=admin&tls=true`
    options: &'u str,
}

impl<'u> UriParts<'u> {
    /// A password may hold any mark unescaped: the last `@` ends it, so that no piece of it is taken for an address.
    fn of(uri: &'u str) -> Self {
        let (scheme, rest) = uri.split_once("://").unwrap_or(("mongodb", uri));
        let (credentials, rest) = match rest.rsplit_once('@') {
            Some((credentials, rest)) => (Some(credentials), rest),
            None => (None, rest),
        };
        let (rest, options) = rest.split_once('?').unwrap_or((rest, ""));
        let (hosts, database) = rest.split_once('/').unwrap_or((rest, ""));
        Self { srv: scheme == "mongodb+srv", credentials, hosts, database, options }
    }
}

/// The mark that OpenIM's driver does not take unescaped in the user or the password of a URI; `None` where it takes
/// all of them. Source: mongo-go-driver, x/mongo/driver/connstring.
#[must_use]
pub fn unescaped_mark(uri: &str) -> Option<char> {
    let credentials = UriParts::of(uri).credentials?;
    let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
    let is_escape = |at: usize| {
        let digits = credentials.as_bytes().get(at + 1..at + 3);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    let refused = |part: &str| part.chars().find(|mark| matches!(mark, '@' | '/' | ':'));
    let bare_percent = || credentials.match_indices('%').any(|(at, _)| !is_escape(at)).then_some('%');
    refused(user).or_else(|| refused(password)).or_else(bare_percent)
}

/// As the official driver for Go takes it, which OpenIM uses. Source: its manual, "Connection Options".
fn tls_of_uri<'u>(option: &impl Fn(&str) -> Option<&'u str>, srv: bool) -> Option<Tls> {
    let is_on = |names: &[&str]| names.iter().find_map(|name| option(name)).map(|value| value == "true");
    let file = |names: &[&str]| names.iter().find_map(|name| option(name)).map(percent_decoded);
    // Whoever is found by SRV records speaks TLS unless told otherwise.
    if !is_on(&["tls", "ssl"]).unwrap_or(srv) {
        return None;
    }
    let both = file(&["tlsCertificateKeyFile", "sslClientCertificateKeyFile"]);
    Some(Tls {
        skip_verify: is_on(&["tlsInsecure", "sslInsecure"]).unwrap_or(false),
        authority: file(&["tlsCAFile", "sslCertificateAuthorityFile"]),
        identity: both.map(|file| Identity { certificate: file.clone(), key: file }),
    })
}

fn with_mongodb_port(host: &str) -> String {
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    if has_port { host.to_owned() } else { format!("{host}:27017") }
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let decoded = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        if let Some(byte) = decoded.filter(|_| first == b'%') {
            bytes.push(byte);
            rest = &after[2..];
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

impl Kafka {
    fn read(file: &ConfigFile, env: &Environment) -> Result<Self, ConfigError> {
        use crate::openim::service::Service::{MsgTransfer, Push};
        // v3.0 to v3.6 have another word for it, and other topics, which are not looked at.
        let key = if file.has("addr") { "addr" } else { "address" };
        let (addresses, origin) = addresses(file, key, env)?;
        let topic = |topic: &str, group: &str, consumer| -> Result<Topic, ConfigError> {
            Ok(Topic { name: text(file, topic, env)?, group: text(file, group, env)?, consumer })
        };
        let topics = vec![
            topic("toRedisTopic", "toRedisGroupID", MsgTransfer)?,
            topic("toMongoTopic", "toMongoGroupID", MsgTransfer)?,
            topic("toPushTopic", "toPushGroupID", Push)?,
            topic("toOfflinePushTopic", "toOfflinePushGroupID", Push)?,
        ];
        let tls_is_on = file.boolean("tls.enableTLS", env)?.is_some_and(|on| on.value);
        let path = |key| Ok::<_, ConfigError>(Some(text(file, key, env)?).filter(|path| !path.is_empty()));
        let own = path("tls.clientCrt")?.zip(path("tls.clientKey")?);
        let tls = Tls {
            skip_verify: file.boolean("tls.insecureSkipVerify", env)?.is_some_and(|skip| skip.value),
            authority: path("tls.caCrt")?,
            identity: own.map(|(certificate, key)| Identity { certificate, key }),
        };
        Ok(Self {
            addresses,
            login: login(file, ["username", "password"], env)?.filter(|login| !login.user.is_empty()),
            tls: tls_is_on.then_some(tls),
            topics: topics.into_iter().filter(|topic| !topic.name.is_empty()).collect(),
            origin,
        })
    }
}

impl Minio {
    fn read(file: &ConfigFile, env: &Environment) -> Result<Option<Self>, ConfigError> {
        let Some(Setting { value, origin }) = file.text("internalAddress", env)? else { return Ok(None) };
        let address = host_and_port(&value).to_owned();
        if address.is_empty() {
            return Ok(None);
        }
        let login = login(file, ["accessKeyID", "secretAccessKey"], env)?;
        Ok(Some(Self {
            tls: value.trim().starts_with("https://").then(Tls::default),
            address,
            bucket: text(file, "bucket", env)?,
            login: login.unwrap_or(Login { user: String::new(), password: Secret::new(String::new()) }),
            origin: origin.to_string(),
        }))
    }
}

/// rpc-third stores files elsewhere (cos, oss, kodo, aws) where its own file says so.
fn stores_in_minio(dir: &Path, env: &Environment) -> Result<bool, ConfigError> {
    const FILE: &str = "openim-rpc-third.yml";
    if !dir.join(FILE).exists() {
        return Ok(true);
    }
    let store = text(&ConfigFile::read(dir, FILE)?, "object.enable", env)?;
    Ok(store.is_empty() || store == "minio")
}

impl ZooKeeper {
    fn read(file: &ConfigFile, env: &Environment) -> Result<Option<Self>, ConfigError> {
        // A file or a part of one that is its own has no word of whether it is used.
        let key = match text(file, "enable", env)?.as_str() {
            "zookeeper" => "zookeeper.address",
            "" if !file.has("enable") => "address",
            _ => return Ok(None),
        };
        let (addresses, origin) = addresses(file, key, env)?;
        Ok(Some(Self { addresses, origin }))
    }
}

impl OpenIm {
    fn read(file: &ConfigFile, env: &Environment) -> Result<Option<Self>, ConfigError> {
        let Some(Setting { value, origin }) = file.text("openIM.apiURL", env)? else { return Ok(None) };
        let (is_https, address) = (value.trim().starts_with("https://"), host_and_port(&value).to_owned());
        Ok((!address.is_empty()).then(|| Self { is_https, address, origin: origin.to_string() }))
    }
}

fn addresses(file: &ConfigFile, key: &str, env: &Environment) -> Result<(Vec<String>, String), ConfigError> {
    let Setting { value, origin } = file.texts(key, env)?;
    let addresses = value.iter().map(|text| host_and_port(text).to_owned());
    Ok((addresses.filter(|address| !address.is_empty()).collect(), origin.to_string()))
}

fn text(file: &ConfigFile, key: &str, env: &Environment) -> Result<String, ConfigError> {
    Ok(file.text(key, env)?.map(|setting| setting.value).unwrap_or_default())
}

fn login(file: &ConfigFile, keys: [&str; 2], env: &Environment) -> Result<Option<Login>, ConfigError> {
    let [user, password] = keys;
    let (user, password) = (text(file, user, env)?, text(file, password, env)?);
    let empty = user.is_empty() && password.is_empty();
    Ok((!empty).then_some(Login { user, password: Secret::new(password) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> ConfigFile {
        ConfigFile::parse(Path::new(name), text).unwrap()
    }

    #[test]
    fn the_environment_wins_and_is_named_as_the_origin() {
        let yml = file("/o/config/redis.yml", "address: [ localhost:16379 ]\npassword: openIM123\n");
        let env = [("IMENV_REDIS_ADDRESS".to_owned(), "a:1,b:2".to_owned())].into_iter().collect();
        let redis = Redis::read(&yml, &env).unwrap();
        assert_eq!(redis.addresses, ["a:1", "b:2"]);
        assert_eq!(redis.origin, "$IMENV_REDIS_ADDRESS");
        assert_eq!(Redis::read(&yml, &Environment::default()).unwrap().origin, "/o/config/redis.yml:1");
    }

    #[test]
    fn old_generations_name_their_servers_in_one_file_or_in_one_of_its_own() {
        let dir = tempfile::tempdir().unwrap();
        let read = |dependency| Settings::read(dependency, dir.path(), &Environment::default()).unwrap();
        let text = "zookeeper:\n  address: [ z:1 ]\nmongo:\n  address: [ m:1 ]\n  username: u\n  password: canary\n\
                    redis:\n  address: [ r:1 ]\nkafka:\n  addr: [ k:1 ]\n";
        std::fs::write(dir.path().join("config.yaml"), text).unwrap();
        let addresses = |dependency| read(dependency).map(|settings| settings.addresses().to_vec());
        assert_eq!(addresses(Dependency::Redis), Some(vec!["r:1".to_owned()]));
        assert_eq!(addresses(Dependency::MongoDb), Some(vec!["m:1".to_owned()]));
        assert_eq!(addresses(Dependency::Kafka), Some(vec!["k:1".to_owned()]));
        assert_eq!(addresses(Dependency::ZooKeeper), Some(vec!["z:1".to_owned()]));
        assert_eq!(addresses(Dependency::Etcd), None);
        let origin = read(Dependency::MongoDb).map(|settings| settings.origin().to_owned());
        assert_eq!(origin, Some(format!("{}/config.yaml:4", dir.path().display())));
        std::fs::write(dir.path().join("zookeeper.yml"), "schema: openim\naddress: [ own:1 ]\n").unwrap();
        assert_eq!(addresses(Dependency::ZooKeeper), Some(vec!["own:1".to_owned()]));
    }

    #[test]
    fn the_three_modes_of_redis_are_told_apart() {
        let mode = |text| redis_mode(&file("/redis.yml", text), &Environment::default()).unwrap();
        assert_eq!(mode("clusterMode: false\n"), RedisMode::Standalone);
        assert_eq!(mode("clusterMode: true\n"), RedisMode::Cluster);
        assert_eq!(mode("redisMode: cluster\n"), RedisMode::Cluster);
        let sentinel =
            mode("redisMode: sentinel\nsentinelMode:\n  masterName: m\n  sentinelsAddrs: [ a:1 ]\n");
        assert_eq!(
            sentinel,
            RedisMode::Sentinel { master: "m".to_owned(), sentinels: vec!["a:1".to_owned()] }
        );
    }

    #[test]
    fn a_mongodb_uri_is_taken_apart_and_its_password_shows_nowhere() {
        let uri = "mongodb://openIM:p%40ss@a:1,b/openim_v3?authSource=admin&replicaSet=rs0&tls=true&tlsCAFile=%2Fca.pem";
        let mongodb = MongoDb::parse_uri(uri, String::new());
        assert_eq!(mongodb.addresses, ["a:1", "b:27017"]);
        let tls = Tls { authority: Some("/ca.pem".to_owned()), ..Tls::default() };
        assert_eq!((mongodb.auth_source.as_str(), mongodb.tls.as_ref()), ("admin", Some(&tls)));
        assert_eq!(mongodb.replica_set.as_deref(), Some("rs0"));
        assert_eq!(mongodb.login.as_ref().map(|login| login.password.expose()), Some("p@ss"));
        assert!(!format!("{mongodb:?}").contains("p@ss"));
    }

    #[test]
    fn no_piece_of_an_unescaped_password_is_taken_for_an_address() {
        for (password, mark) in [
            ("pa?ss", None),
            ("p@ss", Some('@')),
            ("pa/ss", Some('/')),
            ("p@s/s?a", Some('@')),
            ("p:s", Some(':')),
        ] {
            let uri = format!("mongodb://openIM:{password}@mongo:27017/openim_v3?authSource=admin");
            let mongodb = MongoDb::parse_uri(&uri, String::new());
            assert_eq!(mongodb.addresses, ["mongo:27017"], "{password}");
            assert_eq!(mongodb.login.as_ref().map(|login| login.password.expose()), Some(password));
            assert_eq!(mongodb.auth_source, "admin");
            assert_eq!(unescaped_mark(&uri), mark, "{password}");
        }
        assert_eq!(unescaped_mark("mongodb://u:50%@h/x"), Some('%'));
        assert_eq!(unescaped_mark("mongodb://u:p%40s@h/x"), None);
        assert_eq!(unescaped_mark("mongodb://h:27017/x"), None);
    }
}

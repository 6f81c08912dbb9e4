//! Values that their reader does not take: numbers that are none, a retention of nothing, a password that is not
//! escaped.

use super::{Gravity, Line, Mistake, Reader, Rule, Scene};
use crate::openim::config::{ConfigError, ConfigFile, Environment};
use crate::openim::dependency::unescaped_mark;
use crate::openim::service::{Role, Service};

type Read = fn(&ConfigFile, &str, &Environment) -> Result<(), ConfigError>;

fn number(file: &ConfigFile, key: &str, env: &Environment) -> Result<(), ConfigError> {
    file.number::<i64>(key, env).map(drop)
}

fn boolean(file: &ConfigFile, key: &str, env: &Environment) -> Result<(), ConfigError> {
    file.boolean(key, env).map(drop)
}

fn ports(file: &ConfigFile, key: &str, env: &Environment) -> Result<(), ConfigError> {
    file.ports(key, env).map(drop)
}

fn texts(file: &ConfigFile, key: &str, env: &Environment) -> Result<(), ConfigError> {
    file.texts(key, env).map(drop)
}

/// The keys of the shared files whose type decides a start.
const TYPED: [(&str, &str, Read); 14] = [
    ("log.yml", "remainLogLevel", number),
    ("log.yml", "rotationTime", number),
    ("log.yml", "remainRotationCount", number),
    ("log.yml", "isStdout", boolean),
    ("log.yml", "isJson", boolean),
    ("log.yml", "isSimplify", boolean),
    ("redis.yml", "address", texts),
    ("redis.yml", "clusterMode", boolean),
    ("redis.yml", "db", number),
    ("mongodb.yml", "address", texts),
    ("mongodb.yml", "maxPoolSize", number),
    ("mongodb.yml", "maxRetry", number),
    ("kafka.yml", "address", texts),
    ("kafka.yml", "tls.enableTLS", boolean),
];

/// The keys of a service's own file; one that it does not have is no mistake.
const OWN: [(&str, Read); 8] = [
    ("api.ports", ports),
    ("longConnSvr.ports", ports),
    ("longConnSvr.websocketMaxConnNum", number),
    ("rpc.ports", ports),
    ("rpc.autoSetPorts", boolean),
    ("prometheus.ports", ports),
    ("prometheus.enable", boolean),
    ("prometheus.autoSetPorts", boolean),
];

pub(super) fn find(scene: &Scene, reader: &Reader) -> Vec<Mistake> {
    let names = reader.file_names();
    let read_by_it = TYPED.iter().filter(|(name, ..)| names.iter().any(|own| own == name));
    let shared = read_by_it.filter_map(|(name, key, read)| read(&reader.file(name)?, key, reader.env).err());
    let own = OWN.iter().filter_map(|(key, read)| read(&reader.own_file()?, key, reader.env).err());
    let typed = shared.chain(own).filter_map(|error| judge(reader, error));
    typed.chain(retention(scene, reader)).chain(unescaped(reader)).collect()
}

/// Of a URI only the mark is told that its driver stumbles over.
fn unescaped(reader: &Reader) -> Option<Mistake> {
    const FILE: &str = "mongodb.yml";
    if !reader.file_names().iter().any(|name| name == FILE) {
        return None;
    }
    let uri = reader.file(FILE)?.text("uri", reader.env).ok()??;
    let mark = unescaped_mark(&uri.value)?;
    let what = format!(
        "uri has a {mark:?} in its user or password that is not escaped: MongoDB's driver refuses it"
    );
    let fix = format!("write it as %{:02X}", u32::from(mark));
    Some(reader.breaks(Rule::Values, uri.origin, what, &fix))
}

fn judge(reader: &Reader, error: ConfigError) -> Option<Mistake> {
    let ConfigError::Type { origin, key, wanted, got } = error else { return None };
    let what = format!("{key} is {got}, and wants {wanted}");
    Some(reader.breaks(Rule::Values, origin, what, "correct the value"))
}

/// The release line ends at once, main starts and never cleans up.
fn retention(scene: &Scene, reader: &Reader) -> Option<Mistake> {
    const KEY: &str = "retainChatRecords";
    if reader.service.role() != Role::Cron || reader.service != Service::Crontask {
        return None;
    }
    let kept = reader.own_file()?.number::<i64>(KEY, reader.env).ok()??;
    if kept.value >= 1 {
        return None;
    }
    let (gravity, follows) = match scene.line {
        Line::Release => (Gravity::Breaks, "and less than 1 is refused (msg destruct time)"),
        Line::Main => (Gravity::Misleads, "so nothing is ever cleaned up"),
    };
    let what = format!("{KEY} is {}, {follows}", kept.value);
    let mistake = reader.breaks(Rule::Values, kept.origin, what, "set the days to keep, 1 or more");
    Some(Mistake { gravity, ..mistake })
}

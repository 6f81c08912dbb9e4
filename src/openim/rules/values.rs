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

/// The lines of which it is known that they read a key.
type Known = &'static [Line];

const ALL: Known = &Line::ALL;
/// What came with v3.8.1 at the latest.
const SINCE_V3_8_1: Known = &[Line::Release, Line::Main, Line::V3_8_1, Line::Chat, Line::ChatMain];
const NEW: Known = &[Line::Release, Line::Main, Line::ChatMain];
const NEW_AND_CHAT: Known = &[Line::Release, Line::Main, Line::Chat, Line::ChatMain];
const NEW_SERVERS: Known = &[Line::Release, Line::Main];
const SERVERS: Known = &[Line::Release, Line::Main, Line::V3_8_1, Line::V3_7];

/// The keys of the shared files whose type decides a start.
const TYPED: [(&str, &str, Read, Known); 14] = [
    ("log.yml", "remainLogLevel", number, ALL),
    ("log.yml", "rotationTime", number, ALL),
    ("log.yml", "remainRotationCount", number, ALL),
    ("log.yml", "isStdout", boolean, ALL),
    ("log.yml", "isJson", boolean, ALL),
    ("log.yml", "isSimplify", boolean, SINCE_V3_8_1),
    ("redis.yml", "address", texts, ALL),
    ("redis.yml", "clusterMode", boolean, NEW),
    ("redis.yml", "db", number, NEW),
    ("mongodb.yml", "address", texts, ALL),
    ("mongodb.yml", "maxPoolSize", number, NEW_AND_CHAT),
    ("mongodb.yml", "maxRetry", number, NEW_AND_CHAT),
    ("kafka.yml", "address", texts, SERVERS),
    ("kafka.yml", "tls.enableTLS", boolean, NEW_SERVERS),
];

/// The keys of a service's own file; one that it does not have is no mistake.
const OWN: [(&str, Read, Known); 8] = [
    ("api.ports", ports, ALL),
    ("longConnSvr.ports", ports, SERVERS),
    ("longConnSvr.websocketMaxConnNum", number, NEW_SERVERS),
    ("rpc.ports", ports, ALL),
    ("rpc.autoSetPorts", boolean, NEW_SERVERS),
    ("prometheus.ports", ports, SERVERS),
    ("prometheus.enable", boolean, SERVERS),
    ("prometheus.autoSetPorts", boolean, NEW_SERVERS),
];

pub(super) fn find(scene: &Scene, reader: &Reader) -> Vec<Mistake> {
    let names = scene.files_of(reader);
    let is_read =
        |name: &str, known: Known| known.contains(&scene.line) && names.iter().any(|own| own == name);
    let read_by_it = TYPED.iter().filter(|(name, _, _, known)| is_read(name, known));
    let shared =
        read_by_it.filter_map(|(name, key, read, _)| read(&reader.file(name)?, key, reader.env).err());
    let of_line = OWN.iter().filter(|(_, _, known)| known.contains(&scene.line));
    let own = of_line.filter_map(|(key, read, _)| read(&reader.own_file()?, key, reader.env).err());
    let typed = shared.chain(own).filter_map(|error| judge(reader, error));
    typed.chain(retention(scene, reader)).chain(unescaped(scene, reader)).collect()
}

/// Of a URI only the mark is told that its driver stumbles over.
fn unescaped(scene: &Scene, reader: &Reader) -> Option<Mistake> {
    const FILE: &str = "mongodb.yml";
    if !scene.reads(reader, FILE) {
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

/// The release line ends at once, main starts and never cleans up; of v3.7 it is not known.
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
        Line::Release | Line::V3_8_1 => (Gravity::Breaks, "and less than 1 is refused (msg destruct time)"),
        Line::Main => (Gravity::Misleads, "so nothing is ever cleaned up"),
        Line::V3_7 | Line::Chat | Line::ChatMain => return None,
    };
    let what = format!("{KEY} is {}, {follows}", kept.value);
    let mistake = reader.breaks(Rule::Values, kept.origin, what, "set the days to keep, 1 or more");
    Some(Mistake { gravity, ..mistake })
}

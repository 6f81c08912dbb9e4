//! What lies around the files: kubernetes, a unit's journal, a compose file, and what was never changed.

use std::fs;
use std::path::Path;

use super::discovery::runs_in_kubernetes;
use super::{Gravity, Line, Mistake, Reader, Rule, Scene};
use crate::openim::config::{Origin, Unread};

/// What one reader's surroundings get wrong.
pub(super) fn find(scene: &Scene, reader: &Reader) -> Vec<Mistake> {
    stdout(reader).into_iter().chain(secrets(scene, reader)).chain(unread(reader)).collect()
}

/// What is wrong for the deployment as a whole.
pub(super) fn find_whole(scene: &Scene) -> Vec<Mistake> {
    healthcheck(scene.root).into_iter().chain(config_path(scene)).collect()
}

/// A unit's journal holds what its standard output says.
fn stdout(reader: &Reader) -> Option<Mistake> {
    const KEY: &str = "isStdout";
    if !reader.is_unit {
        return None;
    }
    let file = reader.file("log.yml")?;
    let said = file.boolean(KEY, reader.env).ok()??;
    (!said.value).then(|| {
        let what = format!("{KEY} is false, so the unit's journal stays nearly empty");
        let fix = format!("set it to true, or {}=true in the unit", file.variable(KEY));
        reader.misleads(Rule::Stdout, said.origin, what, &fix)
    })
}

/// What OpenIM ships: whoever has read its documentation knows it.
const SHIPPED: &str = "openIM123";

fn secrets(scene: &Scene, reader: &Reader) -> Vec<Mistake> {
    const KEYS: [(&str, &str); 6] = [
        ("share.yml", "secret"),
        // chat's, with which it asks open-im-server.
        ("share.yml", "openIM.secret"),
        ("redis.yml", "password"),
        ("mongodb.yml", "password"),
        ("mongodb.yml", "uri"),
        ("minio.yml", "secretAccessKey"),
    ];
    let names = scene.files_of(reader);
    let read_by_it = KEYS.iter().filter(|(name, _)| names.iter().any(|own| own == name));
    let found = read_by_it.filter_map(|(name, key)| {
        let setting = reader.file(name)?.text(key, reader.env).ok()??;
        let holds = if setting.value == SHIPPED {
            "is the one"
        } else if password_in(&setting.value) == Some(SHIPPED) {
            "has the password"
        } else {
            return None;
        };
        let what = format!("{key} {holds} that OpenIM ships, which everybody knows");
        let fix = "set one of your own here and at the server";
        Some(reader.misleads(Rule::Secrets, setting.origin, what, fix))
    });
    found.collect()
}

/// `mongodb://user:password@host`
fn password_in(uri: &str) -> Option<&str> {
    let (login, _) = uri.split_once("://")?.1.rsplit_once('@')?;
    Some(login.split_once(':')?.1)
}

/// main and chat read `$CONFIG_PATH` where kubernetes runs them, whatever `-c` says.
fn config_path(scene: &Scene) -> Option<Mistake> {
    let reads_it = match scene.line {
        Line::Release | Line::V3_8_1 | Line::V3_7 => false,
        Line::Main | Line::Chat | Line::ChatMain => runs_in_kubernetes(),
    };
    let reader = scene.readers.iter().find(|reader| reads_it && reader.env.get("CONFIG_PATH").is_none())?;
    let what = "is not set, and in kubernetes the configuration is read from there".to_owned();
    Some(reader.breaks(
        Rule::ConfigPath,
        reader.env.origin("CONFIG_PATH"),
        what,
        "set it to the mounted directory: /config",
    ))
}

/// The files of variables of the unit that would start it.
fn unread(reader: &Reader) -> Vec<Mistake> {
    let judge = |file: &Unread| {
        let place = Origin::Whole(file.path.clone());
        if file.is_missing {
            let what =
                "is missing, and a unit whose EnvironmentFile= it is does not start without it".to_owned();
            let fix = "write it, or EnvironmentFile=-PATH in the unit where it may be missing";
            return reader.breaks(Rule::Units, place, what, fix);
        }
        let what = format!("cannot be read ({}), so what a unit's variables are is not known", file.why);
        let unknown = reader.breaks(Rule::Units, place, what, "look as root, or correct EnvironmentFile=");
        Mistake { gravity: Gravity::Unclear, ..unknown }
    };
    reader.env.unread().iter().map(judge).collect()
}

/// A compose file beside the deployment whose health check is `mage check`: it counts processes, and images since
/// 2026-06 have no `mage` on their path, so that it ends with 127.
fn healthcheck(root: &Path) -> Option<Mistake> {
    const NAMES: [&str; 4] = ["docker-compose.yml", "docker-compose.yaml", "compose.yml", "compose.yaml"];
    NAMES.iter().map(|name| root.join(name)).find_map(|path| {
        let text = fs::read_to_string(&path).ok()?;
        let line = line_of_mage(&text)?;
        Some(Mistake {
            rule: Rule::Healthcheck,
            gravity: Gravity::Misleads,
            place: Origin::line(&path, line),
            what: "the health check is `mage check`, which newer images do not have on their path (127)"
                .to_owned(),
            fix: "test: [\"CMD\", \"openim-check\", \"--profile\", \"docker\"]".to_owned(),
            services: Vec::new(),
        })
    })
}

/// The line of a health check that is `mage check`, as one text, as a list in brackets, or as one of a line each.
fn line_of_mage(compose: &str) -> Option<usize> {
    let lines: Vec<&str> = compose.lines().collect();
    let is_item = |line: &&&str| line.trim_start().starts_with('-') || line.trim().is_empty();
    (0..lines.len())
        .find(|&at| {
            let Some(test) = lines[at].trim_start().strip_prefix("test:") else { return false };
            let items = lines[at + 1..].iter().take_while(is_item).copied();
            let said = [test].into_iter().chain(items).collect::<Vec<_>>().join(" ");
            let words: Vec<&str> = said
                .split([' ', ',', '"', '\'', '[', ']'])
                .filter(|word| !matches!(*word, "" | "-"))
                .collect();
            words.windows(2).any(|pair| pair == ["mage", "check"])
        })
        .map(|at| at + 1)
}

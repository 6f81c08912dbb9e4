//! What lies around the files: kubernetes, unit files, a compose file, and what was never changed.

use std::fs;
use std::path::{Path, PathBuf};

use super::discovery::runs_in_kubernetes;
use super::{Gravity, Line, Mistake, Reader, Rule, Scene};
use crate::openim::service::Service;

/// What one reader's surroundings get wrong.
pub(super) fn find(reader: &Reader) -> Vec<Mistake> {
    stdout(reader).into_iter().chain(secrets(reader)).collect()
}

/// What is wrong for the deployment as a whole.
pub(super) fn find_whole(scene: &Scene) -> Vec<Mistake> {
    let units = unit_files().into_iter().filter_map(|path| judge_unit(&path));
    units.chain(healthcheck(scene.root)).chain(config_path(scene)).collect()
}

/// A unit's journal holds what its standard output says.
fn stdout(reader: &Reader) -> Option<Mistake> {
    if !reader.is_unit {
        return None;
    }
    let said = reader.file("log.yml")?.boolean("isStdout", reader.env).ok()??;
    (!said.value).then(|| {
        let what = "isStdout is false, so the unit's journal stays nearly empty".to_owned();
        let fix = "set it to true, or IMENV_LOG_ISSTDOUT=true in the unit";
        reader.misleads(Rule::Stdout, said.origin.to_string(), what, fix)
    })
}

/// What OpenIM ships: whoever has read its documentation knows it.
const SHIPPED: &str = "openIM123";

fn secrets(reader: &Reader) -> Vec<Mistake> {
    const KEYS: [(&str, &str); 4] = [
        ("share.yml", "secret"),
        ("redis.yml", "password"),
        ("mongodb.yml", "password"),
        ("minio.yml", "secretAccessKey"),
    ];
    let names = reader.file_names();
    let read_by_it = KEYS.iter().filter(|(name, _)| names.iter().any(|own| own == name));
    let found = read_by_it.filter_map(|(name, key)| {
        let setting = reader.file(name)?.text(key, reader.env).ok()??;
        let what = format!("{key} is the one that OpenIM ships, which everybody knows");
        let fix = "set one of your own here and at the server";
        (setting.value == SHIPPED)
            .then(|| reader.misleads(Rule::Secrets, setting.origin.to_string(), what, fix))
    });
    found.collect()
}

/// main reads `$CONFIG_PATH` where kubernetes runs it, whatever `-c` says.
fn config_path(scene: &Scene) -> Option<Mistake> {
    let reads_it = match scene.line {
        Line::Release => false,
        Line::Main => runs_in_kubernetes(),
    };
    let reader = scene.readers.iter().find(|reader| reads_it && reader.env.get("CONFIG_PATH").is_none())?;
    let what = "is not set, and in kubernetes the configuration is read from there".to_owned();
    Some(reader.breaks(
        Rule::ConfigPath,
        "$CONFIG_PATH".to_owned(),
        what,
        "set it to the mounted directory: /config",
    ))
}

/// Where an administrator's units lie, and a package's.
const UNIT_DIRS: [&str; 2] = ["/etc/systemd/system", "/usr/lib/systemd/system"];

fn unit_files() -> Vec<PathBuf> {
    let files = UNIT_DIRS.iter().filter_map(|dir| fs::read_dir(dir).ok()).flatten().flatten();
    let mut paths: Vec<PathBuf> =
        files.map(|entry| entry.path()).filter(|path| service_of(path).is_some()).collect();
    paths.sort();
    paths
}

/// `openim-push@.service` is of push.
fn service_of(path: &Path) -> Option<Service> {
    let name = path.file_name()?.to_str()?.strip_suffix(".service")?;
    Service::from_binary(name.split('@').next()?)
}

/// The flags of every program since v3.7.
const FLAGS: [&str; 4] = ["-i", "--index", "-c", "--config_folder_path"];

fn judge_unit(path: &Path) -> Option<Mistake> {
    let service = service_of(path)?;
    let text = fs::read_to_string(path).ok()?;
    let (line, unknown) = find_unknown_flag(&text)?;
    Some(Mistake {
        rule: Rule::Units,
        gravity: Gravity::Breaks,
        place: format!("{}:{line}", path.display()),
        what: format!("ExecStart has {unknown}, which {} does not know: unknown flag", service.binary()),
        fix: "write -c CONFIG_DIR and -i INDEX; systemctl daemon-reload".to_owned(),
        services: vec![service],
    })
}

/// The line and the flag that no program has.
fn find_unknown_flag(unit: &str) -> Option<(usize, String)> {
    let mut starts = unit
        .lines()
        .enumerate()
        .filter_map(|(place, line)| Some((place + 1, line.strip_prefix("ExecStart=")?)));
    starts.find_map(|(place, command)| {
        let mut words = command.split_whitespace().skip(1);
        let flag = |word: &str| word.split('=').next().unwrap_or(word).to_owned();
        let unknown = words.find(|word| word.starts_with('-') && !FLAGS.contains(&flag(word).as_str()))?;
        Some((place, flag(unknown)))
    })
}

/// A compose file beside the deployment whose health check is `mage check`: it counts processes, and images since
/// 2026-06 have no `mage` on their path, so that it ends with 127.
fn healthcheck(root: &Path) -> Option<Mistake> {
    const NAMES: [&str; 4] = ["docker-compose.yml", "docker-compose.yaml", "compose.yml", "compose.yaml"];
    NAMES.iter().map(|name| root.join(name)).find_map(|path| {
        let text = fs::read_to_string(&path).ok()?;
        let line = text.lines().position(|line| line.contains("test:") && line.contains("mage check"))? + 1;
        Some(Mistake {
            rule: Rule::Healthcheck,
            gravity: Gravity::Misleads,
            place: format!("{}:{line}", path.display()),
            what: "the health check is `mage check`, which newer images do not have on their path (127)"
                .to_owned(),
            fix: "test: [\"CMD\", \"openim-check\", \"--profile\", \"docker\"]".to_owned(),
            services: Vec::new(),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_of_the_units_of_v3_3_is_found_with_its_line() {
        let unit = "[Service]\nExecStart=/opt/openim/bin/openim-api --config=/etc/openim/openim-api.yaml\n";
        assert_eq!(find_unknown_flag(unit), Some((2, "--config".to_owned())));
        let good = "[Service]\nExecStart=/opt/openim/openim-push -i %i -c /etc/openim/config\n";
        assert_eq!(find_unknown_flag(good), None);
    }

    #[test]
    fn a_template_unit_is_of_its_service() {
        assert_eq!(service_of(Path::new("/etc/systemd/system/openim-push@.service")), Some(Service::Push));
        assert_eq!(service_of(Path::new("/etc/systemd/system/openim.target")), None);
    }
}

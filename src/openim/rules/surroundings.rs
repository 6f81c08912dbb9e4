//! What lies around the files: kubernetes, unit files, a compose file, and what was never changed.

use std::fs;
use std::path::{Path, PathBuf};

use super::discovery::runs_in_kubernetes;
use super::{Gravity, Line, Mistake, Reader, Rule, Scene};
use crate::host::process::split_flag;
use crate::host::unit_file::{self, Value};
use crate::openim::config::{Origin, Unread};
use crate::openim::layout::Layout;
use crate::openim::service::Service;

/// What one reader's surroundings get wrong.
pub(super) fn find(scene: &Scene, reader: &Reader) -> Vec<Mistake> {
    stdout(reader).into_iter().chain(secrets(scene, reader)).chain(unread(reader)).collect()
}

/// What is wrong for the deployment as a whole.
pub(super) fn find_whole(scene: &Scene) -> Vec<Mistake> {
    units(scene).into_iter().chain(healthcheck(scene.root)).chain(config_path(scene)).collect()
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

/// What the units of the deployment's programs get wrong.
fn units(scene: &Scene) -> Vec<Mistake> {
    let units = unit_file::files_of_services(&unit_file::DIRECTORIES.map(Path::new), |unit| {
        service_of(scene.layout, unit).is_some()
    });
    units.iter().filter_map(|(unit, files)| judge_unit(service_of(scene.layout, unit)?, files)).collect()
}

/// `openim-push@` is of push, where there is one.
fn service_of(layout: &Layout, unit: &str) -> Option<Service> {
    let program = unit.split('@').next()?;
    layout.services().find(|service| service.binary() == program)
}

/// The flags of every program since v3.7, of chat's too, each of which has a value.
const FLAGS: [&str; 4] = ["-i", "--index", "-c", "--config_folder_path"];

/// What ends a command, in a unit or in the shell that a unit starts; behind `--` stands no flag.
const ENDS: [&str; 5] = ["--", "|", "||", "&", "&&"];

fn judge_unit(service: Service, files: &[PathBuf]) -> Option<Mistake> {
    let commands = unit_file::values(files, "ExecStart");
    let (file, line, unknown) = commands.iter().find_map(|command| {
        let (line, unknown) = find_unknown_flag(command, service.binary())?;
        Some((&command.file, line, unknown))
    })?;
    Some(Mistake {
        rule: Rule::Units,
        gravity: Gravity::Breaks,
        place: Origin::line(file, line),
        what: format!("ExecStart has {unknown}, which {} does not know: unknown flag", service.binary()),
        fix: "write -c CONFIG_DIR and -i INDEX; systemctl daemon-reload".to_owned(),
        services: vec![service],
    })
}

/// The line and the flag that the program does not have. What stands before its name is of systemd, or of a program
/// that starts it; what stands behind a flag is its value, whatever it looks like.
fn find_unknown_flag<'u>(command: &'u Value, program: &str) -> Option<(usize, &'u str)> {
    let behind: Vec<_> = command.words().skip_while(|(_, word)| !is_program(word, program)).skip(1).collect();
    let ends = |(_, word): &(usize, &str)| ENDS.contains(word) || word.ends_with(';');
    let mut own = behind.split_inclusive(ends).next().unwrap_or_default().iter();
    while let Some(&(line, word)) = own.next() {
        let (flag, value) = split_flag(word.trim_matches(QUOTES));
        if FLAGS.contains(&flag) {
            if value.is_none() {
                own.next();
            }
        } else if flag.starts_with('-') && !matches!(flag, "-" | "--") {
            return Some((line, flag));
        }
    }
    None
}

const QUOTES: [char; 2] = ['"', '\''];

/// Whether a word of a unit is the path of a program, with what systemd has before it.
fn is_program(word: &str, program: &str) -> bool {
    let path = word.trim_start_matches(['-', '@', ':', '+', '!']).trim_matches(QUOTES);
    path.rsplit('/').next() == Some(program)
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
            place: Origin::line(&path, line),
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
    use crate::openim::layout::LayoutName;

    /// What is unknown in a unit of that text.
    fn unknown(program: &str, text: &str) -> Option<String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(&file, text).unwrap();
        let commands = unit_file::values(&[file.path().to_owned()], "ExecStart");
        let found = commands.iter().find_map(|command| find_unknown_flag(command, program));
        found.map(|(line, flag)| format!("{line}: {flag}"))
    }

    #[test]
    fn the_flag_of_the_units_of_v3_3_is_found_with_its_line() {
        let unit = "[Service]\nExecStart=/opt/openim/bin/openim-api --config=/etc/openim/openim-api.yaml\n";
        assert_eq!(unknown("openim-api", unit).as_deref(), Some("2: --config"));
        let folded = "[Service]\nExecStart=-/opt/openim-api \\\n  -c /etc/openim \\\n  --port 10002\n";
        assert_eq!(unknown("openim-api", folded).as_deref(), Some("4: --port"));
        let quoted = "ExecStart=/usr/bin/nice -n 5 /opt/openim-api -c /etc \"-x3\"\n";
        assert_eq!(unknown("openim-api", quoted).as_deref(), Some("1: -x"));
    }

    #[test]
    fn flags_in_every_form_and_those_of_who_starts_the_program_are_no_mistake() {
        for command in [
            "/opt/openim/openim-push -i %i -c /etc/openim/config",
            "!!/usr/bin/nice -n 5 /opt/openim/openim-push -i%i -c=/etc/openim",
            "@/opt/openim/openim-push push --index=3 --config_folder_path /etc/openim",
            "/usr/bin/flock --nonblock /run/lock \"/opt/openim/openim-push\" -c /etc ; /bin/true --now",
            "/opt/start-push.sh --verbose",
            "/opt/openim/openim-push -i -1 \"-c\" --odd -i=2 -- --verbose",
            "sh -c '/opt/openim/openim-push -c /etc; tee --append /log'",
            "sh -c '/opt/openim/openim-push -c /etc 2>&1 | tee --append /log'",
        ] {
            assert_eq!(
                unknown("openim-push", &format!("[Service]\nExecStart={command}\n")),
                None,
                "{command}"
            );
        }
        assert_eq!(
            unknown(
                "openim-push",
                "ExecStart=/openim-push --config x\nExecStart=\nExecStart=/openim-push -i 0"
            ),
            None
        );
    }

    #[test]
    fn a_template_unit_is_of_its_service() {
        let (server, chat) = (Layout::of(LayoutName::V3_8_3), Layout::of(LayoutName::Chat));
        assert_eq!(service_of(server, "openim-push@"), Some(Service::Push));
        assert_eq!(service_of(server, "openim"), None);
        assert_eq!(service_of(chat, "chat-rpc"), Some(Service::ChatRpc));
        assert_eq!((service_of(server, "chat-rpc"), service_of(chat, "openim-push@")), (None, None));
    }
}

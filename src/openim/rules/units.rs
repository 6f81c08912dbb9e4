//! The units of the programs: with which flags they start them, and where.

use std::path::{Path, PathBuf};

use super::{Gravity, Line, Mistake, Rule, Scene};
use crate::host::process::split_flag;
use crate::host::unit_file::{self, Value};
use crate::openim::config::Origin;
use crate::openim::layout::Layout;
use crate::openim::service::Service;

/// What the units of the deployment's programs get wrong.
pub(super) fn find(scene: &Scene) -> Vec<Mistake> {
    let units = unit_file::files_of_services(&unit_file::DIRECTORIES.map(Path::new), |unit| {
        service_of(scene.layout, unit).is_some()
    });
    units
        .iter()
        .filter_map(|(unit, files)| judge_unit(scene.line, service_of(scene.layout, unit)?, files))
        .collect()
}

/// `openim-push@` is of push, where there is one.
fn service_of(layout: &Layout, unit: &str) -> Option<Service> {
    let program = unit.split('@').next()?;
    layout.services().find(|service| service.binary() == program)
}

/// The flags of every program since v3.7, of chat's too, each of which has a value.
const FLAGS: [&str; 4] = ["-i", "--index", "-c", "--config_folder_path"];

/// Those of them that name the configuration.
const DIRECTORY_FLAGS: [&str; 2] = ["-c", "--config_folder_path"];

/// What ends a command, in a unit or in the shell that a unit starts; behind `--` stands no flag.
const ENDS: [&str; 5] = ["--", "|", "||", "&", "&&"];

fn judge_unit(line: Line, service: Service, files: &[PathBuf]) -> Option<Mistake> {
    let commands = unit_file::values(files, "ExecStart");
    commands.iter().find_map(|command| {
        let flags = flags_of(command, service.binary())?;
        let (line, what, fix) =
            unknown_flag(service, &flags).or_else(|| no_directory(line, service, &flags, files))?;
        Some(Mistake {
            rule: Rule::Units,
            gravity: Gravity::Breaks,
            place: Origin::line(&command.file, line),
            what: format!("ExecStart has {what}"),
            fix: format!("write {fix}; systemctl daemon-reload"),
            services: vec![service],
        })
    })
}

/// The program of a command with its flags, each with its line.
struct Flags<'u> {
    program: usize,
    flags: Vec<(usize, &'u str)>,
}

/// What a command tells the program. What stands before its name is of systemd, or of a program that starts it; what
/// stands behind a flag is its value, whatever it looks like.
fn flags_of<'u>(command: &'u Value, program: &str) -> Option<Flags<'u>> {
    let mut words = command.words().skip_while(|(_, word)| !is_program(word, program));
    let (program, _) = words.next()?;
    let behind: Vec<_> = words.collect();
    let ends = |(_, word): &(usize, &str)| ENDS.contains(word) || word.ends_with(';');
    let mut own = behind.split_inclusive(ends).next().unwrap_or_default().iter();
    let mut flags = Vec::new();
    while let Some(&(line, word)) = own.next() {
        let (flag, value) = split_flag(word.trim_matches(QUOTES));
        if FLAGS.contains(&flag) && value.is_none() {
            own.next();
        }
        if flag.starts_with('-') && !matches!(flag, "-" | "--") {
            flags.push((line, flag));
        }
    }
    Some(Flags { program, flags })
}

/// Line, what is wrong, and what to write.
type Wrong = (usize, String, &'static str);

fn unknown_flag(service: Service, flags: &Flags) -> Option<Wrong> {
    let (line, unknown) = flags.flags.iter().find(|(_, flag)| !FLAGS.contains(flag))?;
    let what = format!("{unknown}, which {} does not know: unknown flag", service.binary());
    Some((*line, what, "-c CONFIG_DIR and -i INDEX"))
}

/// Without `-c` the release line reads the files of the directory that it works in.
fn no_directory(line: Line, service: Service, flags: &Flags, files: &[PathBuf]) -> Option<Wrong> {
    match line {
        Line::Release => {}
        Line::Main | Line::V3_8_1 | Line::V3_7 | Line::Chat | Line::ChatMain => return None,
    }
    let (directory, own) = (working_directory(files)?, service.config_file());
    let is_told = flags.flags.iter().any(|(_, flag)| DIRECTORY_FLAGS.contains(flag));
    (!is_told && !directory.join(&own).exists()).then(|| {
        let what = format!(
            "no -c, and where {} then looks, {}, there is no {own}",
            service.binary(),
            directory.display()
        );
        (flags.program, what, "-c CONFIG_DIR")
    })
}

/// Where a unit's program works; `None` where only systemd knows.
fn working_directory(files: &[PathBuf]) -> Option<PathBuf> {
    let said = unit_file::values(files, "WorkingDirectory");
    let Some(value) = said.last() else { return Some(PathBuf::from("/")) };
    let words: Vec<&str> = value.words().map(|(_, word)| word).collect();
    let path = words.join(" ");
    let path = path.strip_prefix('-').unwrap_or(&path);
    (path.starts_with('/') && !path.contains('%')).then(|| PathBuf::from(path))
}

const QUOTES: [char; 2] = ['"', '\''];

/// Whether a word of a unit is the path of a program, with what systemd has before it.
fn is_program(word: &str, program: &str) -> bool {
    let path = word.trim_start_matches(['-', '@', ':', '+', '!']).trim_matches(QUOTES);
    path.rsplit('/').next() == Some(program)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::openim::layout::LayoutName;

    /// What is unknown in a unit of that text.
    fn unknown(program: &str, text: &str) -> Option<String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(&file, text).unwrap();
        let service = Service::known_by_program(program).unwrap();
        let mistake = judge_unit(Line::Release, service, &[file.path().to_owned()])?;
        let (place, what) = (mistake.place.to_string(), mistake.what);
        let flag = what.strip_prefix("ExecStart has ")?.split_once(", which")?.0.to_owned();
        Some(format!("{}: {flag}", place.rsplit(':').next()?))
    }

    #[test]
    fn a_unit_without_a_directory_is_wrong_unless_it_works_there() {
        let dir = tempfile::tempdir().unwrap();
        let unit = dir.path().join("openim-push.service");
        let judged = |line: Line, command: &str| {
            let text = format!("[Service]\nWorkingDirectory={}\nExecStart={command}\n", dir.path().display());
            fs::write(&unit, text).unwrap();
            judge_unit(line, Service::Push, std::slice::from_ref(&unit))
                .map(|mistake| (mistake.place.to_string(), mistake.what))
        };
        let without = judged(Line::Release, "/opt/openim/openim-push -i 0").unwrap();
        assert_eq!(without.0, format!("{}:3", unit.display()));
        let looks = dir.path().display();
        assert_eq!(
            without.1,
            format!(
                "ExecStart has no -c, and where openim-push then looks, {looks}, there is no openim-push.yml"
            )
        );
        assert_eq!(judged(Line::Release, "/opt/openim/openim-push -c /etc/openim"), None);
        assert_eq!(judged(Line::Main, "/opt/openim/openim-push -i 0"), None, "nothing is known of it");
        assert_eq!(judged(Line::Release, "/opt/start-push.sh"), None);
        fs::write(dir.path().join("openim-push.yml"), "rpc:\n").unwrap();
        assert_eq!(judged(Line::Release, "/opt/openim/openim-push -i 0"), None);
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

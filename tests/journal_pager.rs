//! The story: somebody reads in less, has it follow with F and stops that with Ctrl-C: less is not to lose its reader.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod support;

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};

use rustix::fd::OwnedFd;
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use support::{openim_logs_std, wait_until};

/// With it less is what is taken, whoever runs the test, and a pager that is named.
const SECURE: (&str, &str) = ("SYSTEMD_PAGERSECURE", "1");

/// Stands in for less: begins, and reads nothing until it is told to go on.
const LESS: &str = "#!/bin/sh\ntrap '' INT\n: >started\nuntil test -e quit; do sleep 0.01; done\ncat >read\n";

#[test]
fn ctrl_c_in_a_pager_that_stays_leaves_us_running_until_the_pager_ends() {
    let ended = interrupted("FRSXM");
    assert_eq!((ended.code(), ended.signal()), (Some(0), None), "{ended}");
}

#[test]
fn ctrl_c_in_a_pager_that_quits_ends_us_too() {
    let ended = interrupted("FRSXMK");
    assert_eq!(ended.signal(), Some(Signal::INT.as_raw()), "{ended}");
}

/// How it ended whose pager, told these options, had a Ctrl-C.
fn interrupted(options: &str) -> ExitStatus {
    let directory = tempfile::tempdir().unwrap();
    let place = |name: &str| directory.path().join(name);
    fs::create_dir(place("journal")).unwrap();
    fs::write(place("less"), LESS).unwrap();
    fs::set_permissions(place("less"), Permissions::from_mode(0o755)).unwrap();

    let (_terminal, line) = open_terminal();
    let mut command = openim_logs_std();
    command.args(["journal", "-D"]).arg(place("journal")).current_dir(directory.path()).stdout(line);
    let path = format!("{}:/usr/bin:/bin", directory.path().display());
    command.env("PATH", path).env("SYSTEMD_LESS", options).env(SECURE.0, SECURE.1);
    let mut reading = command.spawn().unwrap();

    wait_until("the pager begins", || place("started").exists().then_some(()));
    kill_process(Pid::from_child(&reading), Signal::INT).unwrap();
    fs::write(place("quit"), "").unwrap();
    let ended = wait_for(&mut reading);
    wait_until("the pager ends", || place("read").exists().then_some(()));
    ended
}

/// A terminal, and the end of it that programs write to.
fn open_terminal() -> (OwnedFd, File) {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).and_then(|()| unlockpt(&terminal)).unwrap();
    let line = File::options().write(true).open(ptsname(&terminal, Vec::new()).unwrap().to_str().unwrap());
    (terminal, line.unwrap())
}

/// A pager that notes what it is told and what it is shown.
const NOTES: &str = "#!/bin/sh\nprintf '%s' \"$LESS\" >told\ncat >shown\n";

/// On a terminal OpenIM's face has a pager as journalctl has one: what it was told, and what it was shown.
fn paged(words: &[&str], pager: (&str, &str)) -> Option<(String, String)> {
    let directory = tempfile::tempdir().unwrap();
    let place = |name: &str| directory.path().join(name);
    for program in ["less", "mine"] {
        fs::write(place(program), NOTES).unwrap();
        fs::set_permissions(place(program), Permissions::from_mode(0o755)).unwrap();
    }
    let deployment = support::Deployment::new();
    let lines: Vec<String> = (0..3)
        .map(|n| support::zap("2025-03-04 10:00:00.000", "WARN", "openim-api", &format!("line {n}"), ""))
        .collect();
    deployment.write("2025-03-04", &lines);
    let (_terminal, line) = open_terminal();
    let path = format!("{}:/usr/bin:/bin", directory.path().display());
    let mut command = openim_logs_std();
    command.args(words).args(["--source", "files", "--root"]).arg(deployment.root());
    command.current_dir(directory.path()).env("PATH", path).stdout(line);
    command.env(SECURE.0, SECURE.1).env(pager.0, pager.1);
    let status = wait_for(&mut command.spawn().unwrap());
    assert_eq!(status.code(), Some(0), "{words:?}");
    let read = |name: &str| fs::read_to_string(place(name));
    Some((read("told").ok()?, read("shown").unwrap()))
}

#[test]
fn lines_and_answers_of_openims_face_are_paged_on_a_terminal() {
    let (told, shown) = paged(&[], ("TERM", "dumb")).unwrap();
    assert_eq!(told, "FRSXMK");
    assert!(shown.contains("WARN  api           line 0") && shown.contains("line 2"), "{shown}");
    let (told, shown) = paged(&["-e"], ("TERM", "dumb")).unwrap();
    assert_eq!(told, "FRSXMK +G");
    assert!(shown.contains("line 2"), "{shown}");
    let (told, shown) = paged(&["top"], ("SYSTEMD_LESS", "FR")).unwrap();
    assert_eq!(told, "FR");
    assert!(shown.contains("line #"), "{shown}");
    let (_, shown) = paged(&["-n", "1"], ("SYSTEMD_PAGER", "mine")).unwrap();
    assert!(shown.contains("line 2") && !shown.contains("line 1"), "{shown}");
}

#[test]
fn no_pager_is_begun_where_none_is_wanted_or_nothing_is_shown() {
    for words in [&["--no-pager"][..], &["--count"], &["-q", "push"], &["top", "-o", "json"]] {
        assert_eq!(paged(words, ("TERM", "dumb")), None, "{words:?}");
    }
    assert_eq!(paged(&[], ("PAGER", "cat")), None);
}

/// A pager that notes its words and what less is told in the environment.
const CONFESSES: &str =
    "#!/bin/sh\n{ echo \"${0##*/}:$*\"; env | grep ^LESS | sort; } >confessed\ncat >shown\n";

/// Directories with such pagers: all of them, and all but those that heed `LESSSECURE`.
fn confessing(directory: &Path) -> [PathBuf; 2] {
    let all = ["pager", "less", "more", "mine"];
    [("all", &all[..]), ("insecure", &["more", "mine"])].map(|(name, programs)| {
        let place = directory.join(name);
        fs::create_dir(&place).unwrap();
        for program in programs {
            fs::write(place.join(program), CONFESSES).unwrap();
            fs::set_permissions(place.join(program), Permissions::from_mode(0o755)).unwrap();
        }
        // What the script itself needs.
        for tool in ["sh", "env", "grep", "sort", "cat"] {
            std::os::unix::fs::symlink(Path::new("/bin").join(tool), place.join(tool)).unwrap();
        }
        place
    })
}

/// What the pager of a journal was told and shown, if one was begun.
fn confessed(mut command: Command, programs: &Path, variables: &[(&str, &str)]) -> Option<(String, String)> {
    let directory = tempfile::tempdir().unwrap();
    let (_terminal, line) = open_terminal();
    let journal = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/one-entry.journal");
    command
        .arg("--file")
        .arg(journal)
        .env_clear()
        .env("TZ", "UTC")
        .env("TERM", "xterm")
        .env("PATH", programs);
    command.envs(variables.iter().copied()).current_dir(directory.path());
    command.stderr(line.try_clone().unwrap()).stdout(line);
    let status = wait_for(&mut command.spawn().unwrap());
    assert_eq!(status.code(), Some(0), "{variables:?}");
    let read = |name: &str| fs::read_to_string(directory.path().join(name)).ok();
    Some((read("confessed")?, read("shown")?))
}

/// Pagers run commands, which under sudo are root's: journalctl takes less only and keeps it from doing so, but for whom
/// it is a setting of their own.
#[test]
fn the_pager_is_as_secure_as_journalctls() {
    let directory = tempfile::tempdir().unwrap();
    let [all, insecure] = confessing(directory.path());
    let ours = |programs: &Path, variables: &[(&str, &str)]| {
        let mut command = openim_logs_std();
        command.arg("journal");
        confessed(command, programs, variables)
    };
    let told = |programs, variables: &[(&str, &str)]| ours(programs, variables).map(|(told, _)| told);
    assert_eq!(
        told(&all, &[("SYSTEMD_PAGERSECURE", "1"), ("LESSSECURE", "0"), ("LC_ALL", "C")]).unwrap(),
        "less:\nLESS=FRSXMK\nLESSSECURE=1\n"
    );
    let is_installed = Command::new("journalctl").arg("--version").output();
    let is_252 = is_installed.is_ok_and(|output| output.stdout.starts_with(b"systemd 252"));
    let off = ("SYSTEMD_PAGERSECURE", "0");
    let cases: [&[(&str, &str)]; 20] = [
        &[],
        &[("SUDO_UID", "1000"), ("PAGER", "sh -c id")],
        &[("SYSTEMD_PAGER", "mine")],
        &[("PAGER", "mine")],
        &[("PAGER", "cat")],
        &[("SYSTEMD_PAGER", ""), ("PAGER", "mine")],
        &[SECURE],
        &[SECURE, ("PAGER", "mine")],
        &[SECURE, ("PAGER", "less -x")],
        &[("SYSTEMD_PAGERSECURE", "false"), ("LESSSECURE", "1")],
        &[off, ("PAGER", "mine 'a b' \\c; $HOME")],
        &[off, ("PAGER", "  mine\t-a  ")],
        &[off, ("PAGER", " cat ")],
        &[off, ("SYSTEMD_PAGER", "/no/such"), ("PAGER", "mine")],
        &[off, ("SYSTEMD_PAGER", "none of these")],
        &[("LANG", "C")],
        &[("LANG", "C"), ("LESSCHARSET", "kept")],
        &[("LC_ALL", "POSIX"), ("LANG", "C.UTF-8"), ("SYSTEMD_LESSCHARSET", "latin1")],
        &[("LANG", "C.UTF-8"), ("SYSTEMD_LESSCHARSET", "")],
        &[("SYSTEMD_LESS", "")],
    ];
    for (programs, variables) in cases.iter().flat_map(|case| [(&all, *case), (&insecure, *case)]) {
        let found = ours(programs, variables);
        if is_252 {
            let theirs = confessed(Command::new("/usr/bin/journalctl"), programs, variables);
            assert_eq!(found, theirs, "{variables:?} in {}", programs.display());
        }
    }
}

fn wait_for(child: &mut Child) -> ExitStatus {
    wait_until("it ends", || child.try_wait().unwrap())
}

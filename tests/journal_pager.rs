//! The story: somebody reads in less, has it follow with F and stops that with Ctrl-C: less is not to lose its reader.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod support;

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ExitStatus};

use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use support::{openim_logs_std, wait_until};

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

    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
    let terminal = openpt(flags).unwrap();
    grantpt(&terminal).and_then(|()| unlockpt(&terminal)).unwrap();
    let line = File::options().write(true).open(ptsname(&terminal, Vec::new()).unwrap().to_str().unwrap());
    let mut command = openim_logs_std();
    command.args(["journal", "-D"]).arg(place("journal")).current_dir(directory.path()).stdout(line.unwrap());
    let path = format!("{}:/usr/bin:/bin", directory.path().display());
    let mut reading = command.env("PATH", path).env("SYSTEMD_LESS", options).spawn().unwrap();

    wait_until("the pager begins", || place("started").exists().then_some(()));
    kill_process(Pid::from_child(&reading), Signal::INT).unwrap();
    fs::write(place("quit"), "").unwrap();
    let ended = wait_for(&mut reading);
    wait_until("the pager ends", || place("read").exists().then_some(()));
    ended
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
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).and_then(|()| unlockpt(&terminal)).unwrap();
    let line = File::options().write(true).open(ptsname(&terminal, Vec::new()).unwrap().to_str().unwrap());
    let path = format!("{}:/usr/bin:/bin", directory.path().display());
    let mut command = openim_logs_std();
    command.args(words).args(["--source", "files", "--root"]).arg(deployment.root());
    command.current_dir(directory.path()).env("PATH", path).env(pager.0, pager.1).stdout(line.unwrap());
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

fn wait_for(child: &mut Child) -> ExitStatus {
    wait_until("it ends", || child.try_wait().unwrap())
}

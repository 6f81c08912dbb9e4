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

fn wait_for(child: &mut Child) -> ExitStatus {
    wait_until("it ends", || child.try_wait().unwrap())
}

//! `openim-check` where little is left to it: few files, no home, no standard streams.

mod check;

use std::process::{Command, Stdio};

use check::{small, started};
use openim_sandbox::Sandbox;

fn through(sandbox: &Sandbox, program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).arg(env!("CARGO_BIN_EXE_openim-check")).arg("--root").arg(sandbox.root());
    command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").stdin(Stdio::null());
    command
}

#[test]
fn a_limit_of_16_files_is_named_and_is_no_verdict_about_the_deployment() {
    let sandbox = started(small());
    let output = through(&sandbox, "prlimit", &["--nofile=16:16"]).output().expect("prlimit is there");
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(75), "{text}");
    assert!(text.contains("may open 16 files only (RLIMIT_NOFILE)"), "{text}");
}

#[test]
fn a_soft_limit_is_raised_to_the_hard_one() {
    let sandbox = started(small());
    let output = through(&sandbox, "prlimit", &["--nofile=16:4096"]).output().expect("prlimit is there");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn closed_standard_streams_and_no_home_change_no_verdict() {
    let sandbox = started(small());
    let script = "exec \"$@\" <&- >&- 2>&-";
    let status = through(&sandbox, "sh", &["-c", script, "sh"]).status().expect("sh is there");
    assert_eq!(status.code(), Some(0));
}

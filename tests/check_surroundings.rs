//! `openim-check` where little is left to it: few files, no home, no standard streams, no room, no time.

#![expect(clippy::expect_used, reason = "a test that cannot go on should say so by dying")]

mod check;
#[path = "support/missing.rs"]
mod missing;

use std::fs;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use check::{small, started, wait_until};
use openim_ops::openim::service::Service;
use openim_sandbox::{Fault, Sandbox};
use rustix::process::{Pid, Signal, kill_process};

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

#[test]
fn a_full_disk_and_a_reader_that_is_gone_change_no_exit_code() {
    let sandbox = started(small());
    let full =
        through(&sandbox, "sh", &["-c", "exec \"$@\" >/dev/full", "sh"]).status().expect("sh is there");
    assert_eq!(full.code(), Some(0));
    let mut gone = through(&sandbox, "env", &[]).stdout(Stdio::piped()).spawn().expect("env is there");
    drop(gone.stdout.take());
    assert_eq!(gone.wait().expect("it ends").code(), Some(0));
}

#[test]
fn a_directory_that_was_removed_is_no_obstacle() {
    let sandbox = started(small());
    let script = "cd \"$(mktemp -d)\" && rmdir \"$PWD\" && exec \"$@\"";
    let output = through(&sandbox, "sh", &["-c", script, "sh"]).output().expect("sh is there");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What only root can arrange; under CI root is there.
fn is_root() -> bool {
    if rustix::process::geteuid().is_root() {
        return true;
    }
    missing::did_not_run("only root can make everything read-only, or a processor slow");
    false
}

#[test]
fn nothing_is_written_where_everything_is_read_only() {
    if !is_root() {
        return;
    }
    let sandbox = started(small());
    let script = "mount -o remount,bind,ro / && ! touch /tmp/openim-check-touched 2>/dev/null && exec \"$@\"";
    let arguments = ["--mount", "sh", "-c", script, "sh"];
    let output = through(&sandbox, "unshare", &arguments).output().expect("unshare is there");
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.starts_with("OK  14 instances of 12 services"), "{text}");
}

/// A twentieth of one processor: slower, and not another verdict.
#[test]
fn with_a_twentieth_of_a_processor_nothing_that_is_well_is_called_broken() {
    if !is_root() {
        return;
    }
    let sandbox = started(small());
    let group = Group::throttled();
    let script = "echo $$ > \"$0\" && exec taskset --cpu-list 0 \"$@\"";
    let procs = group.0.join("cgroup.procs");
    let arguments = ["-c", script, procs.to_str().expect("a path of ours")];
    let output = through(&sandbox, "sh", &arguments).arg("--deadline=30s").output().expect("sh is there");
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.starts_with("OK  14 instances of 12 services"), "{text}");
}

/// A control group of the test's own, removed with it.
struct Group(PathBuf);

impl Group {
    /// 5 ms of every 100 ms.
    fn throttled() -> Self {
        let name = format!("openim-check-test-{}", std::process::id());
        let write = |path: PathBuf, text: &str| fs::write(&path, text).expect("a file of a control group");
        let version_1 = Path::new("/sys/fs/cgroup/cpu");
        if version_1.is_dir() {
            let group = Self(version_1.join(name));
            fs::create_dir(&group.0).expect("a control group");
            write(group.0.join("cpu.cfs_quota_us"), "5000");
            return group;
        }
        let top = Path::new("/sys/fs/cgroup");
        write(top.join("cgroup.subtree_control"), "+cpu");
        let group = Self(top.join(name));
        fs::create_dir(&group.0).expect("a control group");
        write(group.0.join("cpu.max"), "5000 100000");
        group
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}

#[test]
fn sigterm_in_the_middle_gives_a_report_of_what_is_known() {
    let mut sandbox = started(small());
    sandbox.break_with(Service::Api, 0, Fault::NoAnswer).expect("break");
    let mut command = through(&sandbox, "env", &[]);
    command.args(["--probe-timeout", "25s", "--deadline", "30s"]).stdout(Stdio::piped());
    let begun = Instant::now();
    let child = command.spawn().expect("env is there");
    let pid = Pid::from_child(&child);
    let status = format!("/proc/{}/status", child.id());
    // Bit 14 of what it catches is SIGTERM: from then on it asks.
    let catches = |text: &str| {
        let mask = text.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
            .is_some_and(|mask| mask >> 14 & 1 == 1)
    };
    wait_until("it asks", || catches(&fs::read_to_string(&status).unwrap_or_default()));
    kill_process(pid, Signal::TERM).expect("it runs");
    let output = child.wait_with_output().expect("it ends");
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(begun.elapsed() < Duration::from_secs(25), "it did not wait for the API");
    assert!(text.contains("api is not known: the check had to end first"), "{text}");
}

#[test]
fn a_docker_that_accepts_and_says_nothing_is_unknown_within_its_time() {
    let sandbox = started(small());
    let directory = tempfile::tempdir().expect("a directory");
    let socket = directory.path().join("docker.sock");
    let _silent = UnixListener::bind(&socket).expect("a socket");
    let mut command = through(&sandbox, "env", &[]);
    command.env("DOCKER_HOST", format!("unix://{}", socket.display()));
    let output = command.args(["--via=docker", "--probe-timeout=300ms"]).output().expect("env is there");
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(75), "{text}");
    assert!(text.starts_with("UNKNOWN  docker gives no answer within 300ms"), "{text}");
}

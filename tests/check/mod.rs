//! What the tests of `openim-check` share: a small deployment of the sandbox, the command, and its first line.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::expect_used, reason = "a test that cannot go on should say so by dying")]

pub(crate) mod usual;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use openim_ops::openim::service::Service;
use openim_sandbox::{Builder, Sandbox};
use serde_json::Value;

/// No wait of these tests is longer; a test that comes here fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A small deployment on loopback.
pub(crate) fn small() -> Builder {
    Sandbox::builder().loopback().instances(Service::Push, 2).instances(Service::MsgTransfer, 2)
}

pub(crate) fn started(builder: Builder) -> Sandbox {
    let sandbox = builder.start().expect("start the sandbox");
    sandbox.wait_ready(PATIENCE).expect("the sandbox comes up");
    sandbox
}

pub(crate) struct Checked {
    pub(crate) code: Option<i32>,
    pub(crate) text: String,
}

impl Checked {
    pub(crate) fn first_line(&self) -> &str {
        self.text.lines().next().unwrap_or_default()
    }

    #[track_caller]
    pub(crate) fn expect(&self, code: i32, first_line: &str) {
        assert!(self.first_line().starts_with(first_line), "wanted {first_line:?}, got:\n{}", self.text);
        assert_eq!(self.code, Some(code), "{}", self.text);
    }

    #[track_caller]
    pub(crate) fn mentions(&self, words: &str) {
        let flat = self.text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(words), "wanted {words:?} in:\n{}", self.text);
    }
}

pub(crate) fn check(sandbox: &Sandbox, arguments: &[&str]) -> Checked {
    check_at(sandbox.root(), arguments)
}

pub(crate) fn check_at(root: &Path, arguments: &[&str]) -> Checked {
    let output = Command::new(env!("CARGO_BIN_EXE_openim-check"))
        .arg("--root")
        .arg(root)
        .args(arguments)
        .env_clear()
        .output()
        .expect("start openim-check");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    Checked { code: output.status.code(), text: String::from_utf8(output.stdout).expect("output is text") }
}

/// Checks until the result is as wanted; a fault takes a moment to show. At the end of patience, what there is.
pub(crate) fn until(sandbox: &Sandbox, arguments: &[&str], wanted: impl Fn(&Checked) -> bool) -> Checked {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let checked = check(sandbox, arguments);
        if wanted(&checked) || Instant::now() > deadline {
            return checked;
        }
    }
}

pub(crate) fn until_not_ok(sandbox: &Sandbox, arguments: &[&str]) -> Checked {
    until(sandbox, arguments, |checked| checked.code != Some(0))
}

pub(crate) fn until_warned(sandbox: &Sandbox) -> Checked {
    until(sandbox, &["all"], |checked| checked.first_line().starts_with("WARN"))
}

pub(crate) fn report(sandbox: &Sandbox, arguments: &[&str]) -> Value {
    let checked = check(sandbox, &[&["-o", "json"], arguments].concat());
    serde_json::from_str(&checked.text).expect("the report is JSON")
}

/// Waits until a process is older than the grace that processes have at their start.
pub(crate) fn outgrow_grace(sandbox: &Sandbox, service: Service) {
    let deadline = Instant::now() + PATIENCE;
    let name = service.short();
    loop {
        let report = report(sandbox, &[name, "--only", "process"]);
        let uptime = report["services"][0]["instances"][0]["uptime_s"].as_u64();
        if uptime.is_some_and(|seconds| seconds > 10) {
            return;
        }
        assert!(Instant::now() < deadline, "{name} does not grow older: {uptime:?}");
        std::thread::park_timeout(Duration::from_millis(200));
    }
}

/// Polls until something is so.
#[track_caller]
pub(crate) fn wait_until(what: &str, so: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !so() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

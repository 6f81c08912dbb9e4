//! `explain`, `wait` and `watch` on a stand-in deployment.
#![expect(clippy::expect_used, reason = "a test that cannot go on should say so by dying")]

mod check;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;

use check::{PATIENCE, started};
use openim_ops::openim::service::Service;
use openim_sandbox::{Builder, Sandbox};
use rustix::process::Signal;
use serde_json::Value;

fn small() -> Builder {
    Sandbox::builder().loopback().instances(Service::Push, 1).instances(Service::MsgTransfer, 1)
}

fn command(sandbox: &Sandbox, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_openim-check"));
    command.arg("--root").arg(sandbox.root()).args(arguments).env_clear();
    command
}

fn run(sandbox: &Sandbox, arguments: &[&str]) -> (Option<i32>, String) {
    let output = command(sandbox, arguments).output().expect("start openim-check");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    (output.status.code(), String::from_utf8(output.stdout).expect("output is text"))
}

#[test]
fn a_deployment_in_a_directory_that_nobody_named_is_told_by_its_processes() {
    let sandbox = started(small());
    let elsewhere = tempfile::tempdir().expect("a directory");
    let mut command = Command::new(env!("CARGO_BIN_EXE_openim-check"));
    let output = command.current_dir(&elsewhere).env_clear().output().expect("start openim-check");
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(78), b"".as_slice()));
    let text = String::from_utf8(output.stderr).expect("a message is text");
    assert!(text.contains(" runs (pid ") && text.contains(": name its directory"), "{text}");
    drop(sandbox);
}

#[test]
fn explain_says_what_is_compared_where_it_comes_from_and_how_to_do_it_by_hand() {
    let sandbox = started(small());
    let (code, text) = run(&sandbox, &["explain", "openim-rpc-user#0/registry"]);
    assert_eq!(code, Some(0), "{text}");
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let etcd = sandbox.etcd_endpoint().trim_start_matches("http://");
    for words in [
        "OK openim-rpc-user#0/registry",
        "wants a key openim/user/IP:PORT whose port it listens on",
        "config/discovery.yml:",
        "told from rpcRegisterName.user in",
        "asks openim/user/",
        &format!("run etcdctl --endpoints={etcd} get openim/user/ --prefix"),
    ] {
        assert!(flat.contains(words), "{words:?} is missing in\n{text}");
    }
}

#[test]
fn explain_in_json_has_the_check_as_the_report_has_it() {
    let sandbox = started(small());
    let (_, text) = run(&sandbox, &["explain", "openim-api#0/process", "-o", "json"]);
    let explained: Value = serde_json::from_str(&text).expect("it is JSON");
    assert_eq!(explained["checks"][0]["check"]["verdict"], "pass");
    let pid = sandbox.pid(Service::Api, 0).expect("it runs");
    assert_eq!(
        explained["checks"][0]["by_hand"][0],
        format!("cat /proc/{pid}/status; readlink /proc/{pid}/exe")
    );
}

#[test]
fn wait_ends_as_soon_as_all_is_well() {
    let sandbox = small().start().expect("start the sandbox");
    let (code, text) = run(&sandbox, &["wait", "--for", "rpc", "--for", "api", "--deadline", "30s"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.starts_with("OK  8 instances of 8 services"), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
}

#[test]
fn wait_ends_at_its_deadline_and_says_what_it_waited_for() {
    let mut sandbox = started(small());
    sandbox.kill(Service::RpcUser, 0).expect("kill");
    let begun = Instant::now();
    let (code, text) = run(&sandbox, &["wait", "--for", "user", "--deadline", "1500ms", "--grace", "1ms"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.starts_with("FAIL  rpc-user is not running"), "{text}");
    assert!(begun.elapsed() < PATIENCE, "it did end");
}

#[test]
fn watch_says_what_changes_and_is_silent_else() {
    let sandbox = started(small());
    let mut watch = command(&sandbox, &["watch", "--interval", "50ms", "--only", "process"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("start openim-check");
    let mut lines = BufReader::new(watch.stdout.take().expect("it is piped")).lines().map_while(Result::ok);
    let first = lines.next().expect("the first look is told");
    assert!(first.contains(" OK  12 instances"), "{first}");
    // Stopped, it looks the same to a look that has begun and to the next; an end may fall into a look.
    let pid = sandbox.pid(Service::RpcUser, 0).expect("it runs");
    sandbox.signal(Service::RpcUser, 0, Signal::STOP).expect("stop");
    let second = lines.next().expect("a change is told");
    assert!(second.contains(&format!(" FAIL  rpc-user (pid {pid}) is stopped by SIGSTOP")), "{second}");
    let third = lines.next().expect("and the instance");
    assert!(third.ends_with("  openim-rpc-user#0 was OK, and is FAIL now"), "{third}");
    drop(lines);
    sandbox.signal(Service::RpcUser, 0, Signal::CONT).expect("let it go on");
    let status = watch.wait().expect("it ends when nobody reads any more");
    assert_eq!(status.code(), Some(0));
}

#[test]
fn watch_ends_after_so_many_looks_with_the_last_ones_exit_code() {
    let mut sandbox = started(small());
    sandbox.kill(Service::Api, 0).expect("kill");
    let (code, text) = run(&sandbox, &["watch", "--interval", "1ms", "--count", "5"]);
    assert_eq!(code, Some(1));
    assert_eq!(text.lines().count(), 1, "an unchanged state is said once:\n{text}");
    let (_, json) = run(&sandbox, &["watch", "--count", "1", "-o", "json", "--grace", "1ms"]);
    assert_eq!(json.lines().count(), 1);
    assert_eq!(serde_json::from_str::<Value>(&json).expect("it is JSON")["verdict"], "fail");
}

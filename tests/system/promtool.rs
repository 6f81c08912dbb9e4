//! Prometheus' own tool reads the metrics that `openim-check -o prometheus` prints, healthy and broken, and has nothing
//! to say about them.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use openim_ops::openim::service::Service;
use openim_sandbox::Sandbox;

/// Fourteen processes on a machine that builds something else as well.
const READY_LIMIT: Duration = Duration::from_secs(30);

#[test]
fn promtool_finds_nothing_to_say_about_the_metrics() {
    let mut sandbox = Sandbox::builder()
        .loopback()
        .instances(Service::Push, 2)
        .instances(Service::MsgTransfer, 2)
        .start()
        .expect("start the sandbox");
    sandbox.wait_ready(READY_LIMIT).expect("the sandbox comes up");
    let own = sandbox.root().join("own.toml");
    let check = "[[check]]\nname = \"front.a-1\"\nkind = \"tcp\"\naddress = \"127.0.0.1:1\"\n";
    std::fs::write(&own, check).expect("write a fixture");
    let own = own.to_str().expect("a path of text").to_owned();
    for more in [[].as_slice(), &["--checks", &own]] {
        accepted(&metrics(&sandbox, more));
    }
    sandbox.kill(Service::RpcUser, 0).expect("kill");
    sandbox.stop_etcd();
    accepted(&metrics(&sandbox, &[]));
}

fn metrics(sandbox: &Sandbox, more: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_openim-check"))
        .arg("--root")
        .arg(sandbox.root())
        .args(["-o", "prometheus"])
        .args(more)
        .output()
        .expect("start openim-check");
    String::from_utf8(output.stdout).expect("metrics are text")
}

#[track_caller]
fn accepted(metrics: &str) {
    assert!(metrics.contains("openim_check_verdict"), "{metrics}");
    let mut tool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool is in Debian's prometheus, which scripts/install-test-deps installs");
    tool.stdin.take().expect("it is piped").write_all(metrics.as_bytes()).expect("promtool reads");
    let output = tool.wait_with_output().expect("promtool ends");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success() && said.is_empty(), "promtool: {said}\n{metrics}");
}

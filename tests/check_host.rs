//! Conditions of the machine, each made in namespaces of the test's own: little memory, a full directory of
//! logs, no port left, kubernetes without `CONFIG_PATH`.

#![allow(clippy::expect_used, reason = "a test that cannot go on should say so by dying")]

#[path = "check/mod.rs"]
mod check;

use std::path::Path;
use std::process::Command;

use check::small;
use openim_ops::openim::service::Service;
use openim_sandbox::{Generation, Sandbox};

/// Runs a script as root of its own user, mount and network namespaces. `$CHECK` is `openim-check` with the root of the
/// deployment, `$1` the directory of its logs, `$2` a directory for what the script makes, `$3` the program of the
/// stand-ins.
#[track_caller]
fn within(sandbox: &Sandbox, script: &str) -> String {
    let scratch = tempfile::tempdir().expect("a temporary directory");
    let logs = sandbox.log_file().parent().map(Path::to_owned).expect("a directory");
    std::fs::create_dir_all(&logs).expect("its directory");
    let check = format!("{} --root {}", env!("CARGO_BIN_EXE_openim-check"), sandbox.root().display());
    let script = format!("set -u\nmount --make-rprivate /\n{script}");
    let output = Command::new("unshare")
        .args(["--map-root-user", "--mount", "--net", "bash", "-c", &script, "bash"])
        .args([logs.as_path(), scratch.path(), &sandbox.program_of(Service::Api)])
        .env("CHECK", check)
        .output()
        .expect("unshare is there");
    let said = String::from_utf8(output.stdout).expect("output is text");
    assert!(output.stderr.is_empty(), "{}\n{said}", String::from_utf8_lossy(&output.stderr));
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn says(said: &str, sentence: &str) {
    assert!(said.contains(sentence), "wanted {sentence:?} in:\n{said}");
}

/// OpenIM's own check lets nothing start with less than 1 GB.
#[test]
fn little_memory_is_named_where_something_is_down() {
    let said = within(
        &small().write().expect("write the sandbox"),
        "sed 's/^MemAvailable:.*/MemAvailable: 500000 kB/' /proc/meminfo >$2/meminfo
        $CHECK host/memory
        mount --bind $2/meminfo /proc/meminfo
        $CHECK host/memory",
    );
    assert!(said.starts_with("OK the machine"), "{said}");
    says(&said, "WARN host has 488 MB of memory left, and OpenIM starts nothing below 1024");
}

#[test]
fn a_directory_of_logs_that_is_full_is_named() {
    let said = within(
        &small().write().expect("write the sandbox"),
        "mount -t tmpfs -o size=1m tmpfs $1
        $CHECK host/disk",
    );
    says(&said, "MB left in ");
    says(&said, "logs stop there without a word");
}

/// Twenty ports; a listener and ten connections have both their ends here.
#[test]
fn a_range_of_ports_that_is_used_up_is_named() {
    let said = within(
        &small().write().expect("write the sandbox"),
        "ip link set lo up
        echo 40000 40019 >/proc/sys/net/ipv4/ip_local_port_range
        $CHECK host/ports
        cp $3 $2/openim-sandbox
        $2/openim-sandbox etcd --listen 127.0.0.1:2000 & listener=$!
        trap 'kill $listener' EXIT
        for _ in {1..100}; do (exec 3<>/dev/tcp/127.0.0.1/2000) 2>/dev/null && break; sleep 0.1; done
        for _ in {1..10}; do exec {client}<>/dev/tcp/127.0.0.1/2000; done
        $CHECK host/ports",
    );
    assert!(said.starts_with("OK the machine"), "{said}");
    says(&said, "TCP sockets for 20 ports: new connections and services find none");
}

#[test]
fn kubernetes_without_config_path_is_named_before_the_start() {
    let deployment = small().generation(Generation::Main).write().expect("write the sandbox");
    let said = within(
        &deployment,
        "mount -t tmpfs tmpfs /run
        $CHECK config/config-path
        mkdir -p /run/secrets/kubernetes.io/serviceaccount
        $CHECK config/config-path
        CONFIG_PATH=${CHECK##* }/config $CHECK config/config-path",
    );
    says(
        &said,
        "FAIL config $CONFIG_PATH: is not set, and in kubernetes the configuration is read from there",
    );
    assert!(said.starts_with("OK 1 rule"), "{said}");
    assert_eq!(said.matches("OK 1 rule").count(), 2, "{said}");
}

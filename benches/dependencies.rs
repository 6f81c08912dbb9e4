//! `openim-check` with everything healthy and each server that OpenIM stands on asked as OpenIM connects: with a login
//! to Redis, MongoDB (SCRAM), Kafka (SASL) and MinIO (a signature). And the profile that asks none of them. `make bench`
//! runs it where the servers are installed.
#![allow(
    dead_code,
    unused_imports,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "the servers are those of the tests, of which this needs a part; a benchmark prints, and dies of what it cannot do"
)]

#[path = "../tests/dependencies/java.rs"]
mod java;
#[path = "../tests/dependencies/kafka.rs"]
mod kafka;
#[path = "../tests/dependencies/kafka_client.rs"]
mod kafka_client;
#[path = "../tests/dependencies/minio.rs"]
mod minio;
#[path = "../tests/dependencies/mongod.rs"]
mod mongod;
#[path = "../tests/dependencies/redis.rs"]
mod redis;
#[path = "../tests/support/refusing.rs"]
mod refusing;
#[path = "../tests/dependencies/server.rs"]
mod server;
#[path = "../tests/dependencies/site.rs"]
mod site;
mod table;
#[path = "../tests/dependencies/wire.rs"]
mod wire;

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use mongod::{Mongod, User};
use openim_sandbox::{Addresses, Sandbox};
use table::Candidate;

const CHECK: &str = env!("CARGO_BIN_EXE_openim-check");

fn main() {
    let redis = redis::with_password();
    let kafka_port = openim_sandbox::free_port();
    let kafka = kafka::with_users(kafka_port);
    kafka::make_topics(&kafka.address());
    let user = User { name: "openIM", password: "openIM123", source: "openim_v3" };
    let addresses = Addresses {
        redis: redis.address(),
        mongodb: Mongod { user: Some(user), ..Mongod::default() }.listen(),
        kafka: kafka.address(),
        minio: minio::well(),
        ..Addresses::none()
    };
    let sandbox = Sandbox::builder().loopback().addresses(addresses).start().expect("start the sandbox");
    sandbox.wait_ready(Duration::from_secs(30)).expect("the sandbox comes up");
    // The stand-ins of msgtransfer and push have joined their groups without a login.
    log_into_kafka(sandbox.root(), &kafka.address(), &format!("127.0.0.1:{kafka_port}"));
    wait_until_well(sandbox.root());

    let root = sandbox.root().to_str().expect("a path of text");
    let all =
        Candidate::new("`openim-check all`, 5 dependencies with logins", CHECK, &["all", "--root", root]);
    let live = ["all", "--profile", "k8s-live", "--root", root];
    let live = Candidate::new("`openim-check all --profile k8s-live`", CHECK, &live);
    // The kernel's own count is of the largest child so far, which is Kafka's.
    println!("\nPeak memory of {}: {} KB.\n", all.name(), table::watched_memory(&all));
    for candidate in [all, live] {
        println!("{}", table::measured_alone(&candidate));
    }
}

fn log_into_kafka(root: &Path, open: &str, locked: &str) {
    let path = root.join("config/kafka.yml");
    let text = std::fs::read_to_string(&path).expect("the sandbox has written it");
    let with_login = text
        .replace(open, locked)
        .replace("username: ''", "username: openim")
        .replace("password: ''", &format!("password: {}", site::SECRET));
    assert!(
        with_login.contains(locked) && with_login.contains("openim\n"),
        "kafka.yml has nothing to fill in"
    );
    std::fs::write(path, with_login).expect("the sandbox's own file");
}

/// What is measured is a deployment in which everything is well, messages included.
fn wait_until_well(root: &Path) {
    let wait = Command::new(CHECK).args(["wait", "--root"]).arg(root).output().expect("start openim-check");
    assert!(wait.status.success(), "{}", String::from_utf8_lossy(&wait.stdout));
}

/// As the tests have it.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

//! What `openim-check` says of each server that OpenIM stands on, well and in each condition that can be made:
//! real servers where there is a package of them, wire-level stand-ins where there is none.
//!
//! It needs `scripts/install-test-deps`, and in `OPENIM_TEST_JARS` the directory that `scripts/install-test-servers`
//! prints. `make dependencies` prints the table of all conditions.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "a test that cannot go on should say where"
)]

#[path = "../check/mod.rs"]
mod check;
mod consumers;
mod etcd;
mod java;
mod kafka;
mod kafka_client;
mod minio;
mod mongod;
mod mongodb;
mod outages;
mod redis;
#[path = "../support/refusing.rs"]
mod refusing;
mod reported;
mod server;
mod site;
mod start_errors;
mod tls;
mod wire;
mod zookeeper;

use std::fmt::Write as _;

/// Bytes as their digits.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

//! What `openim-check` says of each server that OpenIM stands on, well and in each condition that can be made:
//! real servers where there is a package of them, wire-level stand-ins where there is none.
//!
//! It needs `scripts/install-test-deps`. `make dependencies` prints the table of all conditions.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "a test that cannot go on should say where"
)]

mod etcd;
mod redis;
mod server;
mod site;
mod wire;

//! The system suite: what needs a real systemd, a real journald or a real dockerd.
//!
//! It needs root, `scripts/install-test-deps` and `scripts/system-root`; where one is missing its
//! tests fail and name it, and none is skipped.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../support/command.rs"]
mod command;
#[path = "../support/deployment.rs"]
mod deployment;
#[path = "../support/dockerd.rs"]
mod dockerd;
#[path = "../support/keeper.rs"]
mod keeper;
#[path = "../support/machine.rs"]
mod machine;
#[path = "../support/random.rs"]
mod random;
#[path = "../support/removed.rs"]
mod removed;
#[path = "../support/wait.rs"]
mod wait;

mod clock;
mod completion;
mod compose_healthcheck;
mod docker;
mod doctor;
mod harness;
mod journald;
mod logs_follow;
mod managers;
#[path = "../support/missing.rs"]
mod missing;
mod named_units;
mod promtool;
mod questions;
mod report_cron;
mod report_timer;
mod start_errors;
mod suspended;
mod unit_variables;
mod units;

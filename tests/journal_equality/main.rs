//! `openim-logs journal` beside `journalctl`: the same question, the same bytes, with every engine of the build.
//!
//! Journals come from systemd's own writer: every layout and compression, several boots, overlapping files, clock
//! steps, binary and repeated fields; and from recordings of a real deployment. Questions are the forms that people
//! use, and generated ones that cross all options. JSON is compared as objects, as journalctl's order of names is
//! another one in every run.
//!
//! `OPENIM_EQUALITY_CASES` sets how many questions are generated, `OPENIM_EQUALITY_SEED` which ones;
//! `OPENIM_EQUALITY_CASE` runs a single one and shows what differs.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says what it did"
)]
#![allow(dead_code, reason = "the helpers are shared with other tests")]

#[path = "../support/journals.rs"]
mod journals;
#[path = "../support/program.rs"]
mod program;
#[path = "../support/random.rs"]
mod random;

mod answer;
mod clock;
mod corpus;
mod deviations;
mod forms;
mod generated;
#[path = "../support/missing.rs"]
mod missing;
mod newer;
mod options;
mod patterns;
mod question;
mod several;

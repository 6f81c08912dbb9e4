//! Tests that did not run. cargo hides what a test prints that passes, so they say it to `scripts/test` as well.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::expect_used, clippy::print_stderr, reason = "a test that did not run should say so")]

use std::io::Write as _;
use std::path::PathBuf;

/// A test, or a part of one, has not what it needs of the machine: a sentence without a stop. Under CI it must be there.
#[track_caller]
pub(crate) fn did_not_run(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "under CI nothing may be left out: {why}");
    note(why);
}

/// The directory of recordings. They are data of somebody's deployment and no part of this project, so that they may be
/// missing under CI too.
pub(crate) fn recordings() -> Option<PathBuf> {
    named_by("OPENIM_RECORDINGS", "names no directory of recordings")
}

/// What a variable names that need not be there under CI either.
pub(crate) fn named_by(variable: &str, why_not: &str) -> Option<PathBuf> {
    let path = std::env::var_os(variable).map(PathBuf::from);
    if path.is_none() {
        note(&format!("{variable} {why_not}"));
    }
    path
}

fn note(why: &str) {
    eprintln!("did not run: {why}");
    if let Some(path) = std::env::var_os("OPENIM_DID_NOT_RUN") {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
        // One write, for other tests write to it too.
        file.and_then(|mut file| file.write_all(format!("{why}\n").as_bytes())).expect("take note of it");
    }
}

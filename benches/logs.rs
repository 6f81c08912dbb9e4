//! `openim-logs` beside what people use today: `make bench`.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and dies of what it cannot do"
)]

mod table;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use openim_ops::openim::service::Service;
use openim_sandbox::{Lines, Sandbox};
use table::{Candidate, Row};

/// Lines in the log file that is searched.
const LINES: u64 = 200_000;

fn main() {
    let sandbox = Sandbox::builder().loopback().start().expect("start the sandbox");
    sandbox.wait_ready(Duration::from_secs(30)).expect("the sandbox comes up");
    let log = write_log(&sandbox);
    table::print(&rows(sandbox.root(), &log));
}

fn rows(root: &Path, log: &Path) -> [Row; 2] {
    let (root, log) = (root.to_str().expect("a path of text"), log.to_str().expect("a path of text"));
    let ours = |name, arguments: &[&str]| {
        let common = ["--source", "files", "-o", "cat", "--root", root];
        Candidate::new(name, env!("CARGO_BIN_EXE_openim-logs"), &[arguments, &common].concat())
    };
    [
        Row {
            job: "errors in 200,000 lines of a log file",
            ours: ours("`openim-logs -L error`", &["-L", "error"]),
            theirs: Candidate::new("`grep ERROR`", "grep", &["ERROR", log]),
        },
        Row {
            job: "one request in 200,000 lines of a log file",
            ours: ours("`openim-logs --op bench-op`", &["--op", "bench-op"]),
            theirs: Candidate::new("`grep -F bench-op`", "grep", &["-F", "bench-op", log]),
        },
    ]
}

/// Has a service write one line after another until the file is long enough.
fn write_log(sandbox: &Sandbox) -> PathBuf {
    let lines = |count, operation| Lines { count, operation, ..Lines::default() };
    sandbox.say(Service::RpcGroup, 0, &lines(2_000, None)).expect("write lines");
    sandbox.say(Service::RpcGroup, 0, &lines(5, Some("bench-op".to_owned()))).expect("write lines");
    let path = sandbox.log_file();
    let some = fs::read(&path).expect("read the log file");
    let per_round = u64::try_from(memchr::memchr_iter(b'\n', &some).count()).expect("few lines");
    let mut file = fs::OpenOptions::new().append(true).open(&path).expect("open the log file");
    for _ in 1..LINES / per_round {
        file.write_all(&some).expect("write the log file");
    }
    path
}

//! `openim-logs` beside what people use today: `make bench`.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and dies of what it cannot do"
)]

mod journal;
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
/// Entries in the journal that is read.
const ENTRIES: u64 = 1_000_000;

fn main() {
    let sandbox = Sandbox::builder().loopback().start().expect("start the sandbox");
    sandbox.wait_ready(Duration::from_secs(30)).expect("the sandbox comes up");
    let log = write_log(&sandbox);
    table::print(&rows(sandbox.root(), &log));
    drop(sandbox);
    read_journal();
}

/// `openim-logs journal` beside journalctl, on the same files.
fn read_journal() {
    let entries =
        std::env::var("OPENIM_BENCH_ENTRIES").ok().and_then(|count| count.parse().ok()).unwrap_or(ENTRIES);
    let (Some(directory), Some(journalctl)) = (journal::prepare(entries), table::find_program("journalctl"))
    else {
        println!("\nleft out: the journal, for journalctl or systemd-journal-remote is not installed");
        return;
    };
    let place = directory.to_str().expect("a path of text");
    println!("\nA journal of {entries} entries in {}; the output goes to /dev/null.\n", sizes(&directory));
    let everything = journal_row("all, `-o json`", &["-o", "json"], place, &journalctl);
    let memory = table::watched_memory(&everything.ours);
    table::print(&journal_rows(place, &journalctl));
    println!("\nMost memory that `openim-logs journal -o json` took: {} MB.", memory / 1024);
}

fn sizes(directory: &Path) -> String {
    let files = fs::read_dir(directory).expect("list the directory");
    let lengths: Vec<u64> =
        files.map(|file| file.and_then(|file| file.metadata()).expect("look at a file").len()).collect();
    format!("{} files, {} MB", lengths.len(), lengths.iter().sum::<u64>() >> 20)
}

fn journal_row(job: &'static str, question: &[&str], place: &str, journalctl: &Path) -> Row {
    let common = ["-D", place, "--no-pager", "-q"];
    let ours = [&["journal"], &common[..], question].concat();
    Row {
        job,
        ours: Candidate::new("`openim-logs journal`", env!("CARGO_BIN_EXE_openim-logs"), &ours).unread(),
        theirs: Candidate::new("`journalctl`", journalctl, &[&common[..], question].concat()).unread(),
    }
}

fn journal_rows(place: &str, journalctl: &Path) -> Vec<Row> {
    let row = |job, question: &[&str]| journal_row(job, question, place, journalctl);
    let by_grep = format!("journalctl -q -D '{place}' -o cat | grep ERROR");
    vec![
        row("all, `-o cat`", &["-o", "cat"]),
        row("all, `-o short`", &["-o", "short"]),
        row("all, `-o json`", &["-o", "json"]),
        row("`-g 'rpc server response error' -o cat`", &["-g", "rpc server response error", "-o", "cat"]),
        Row {
            job: "the true level",
            ours: Candidate::new(
                "`openim-logs -L error -o cat`",
                env!("CARGO_BIN_EXE_openim-logs"),
                &["-D", place, "-L", "error", "-o", "cat"],
            ),
            theirs: Candidate::new("`journalctl -o cat \\| grep ERROR`", "sh", &["-c", &by_grep]),
        },
        row("`-u openim-api -o cat`", &["-u", "openim-api", "-o", "cat"]),
        row("`-u openim-api -n 20`", &["-u", "openim-api", "-n", "20"]),
    ]
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

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

/// Without a word every table, else those whose name contains it: `cargo bench --bench logs -- "many files"`.
fn main() {
    let word = std::env::args().skip(1).find(|word| !word.starts_with('-')).unwrap_or_default();
    if "log file".contains(&word) {
        read_log();
    }
    let Some(journalctl) = table::find_program("journalctl") else {
        println!("\nleft out: the journal, for journalctl is not installed");
        return;
    };
    for set in journals().into_iter().filter(|set| set.name.contains(&word)) {
        read_journal(&set, &journalctl);
    }
}

/// `openim-logs` beside grep, on a log file.
fn read_log() {
    let sandbox = Sandbox::builder().loopback().start().expect("start the sandbox");
    sandbox.wait_ready(Duration::from_secs(30)).expect("the sandbox comes up");
    let log = write_log(&sandbox);
    table::print(&rows(sandbox.root(), &log));
}

/// A journal, and what is asked of it.
struct Journal {
    name: &'static str,
    set: journal::Set,
    jobs: &'static [Job],
}

fn journals() -> [Journal; 4] {
    let set = |entries, packed, file| journal::Set { entries, packed, file };
    [
        Journal { name: "packed messages", set: set(ENTRIES, true, 128), jobs: &Job::ALL },
        Journal { name: "plain messages", set: set(ENTRIES, false, 128), jobs: &Job::ALL },
        Journal { name: "one file", set: set(150_000, true, 128), jobs: &[Job::Cat, Job::Unit, Job::Last] },
        Journal { name: "many files", set: set(ENTRIES, true, 8), jobs: &[Job::Cat, Job::Unit, Job::Last] },
    ]
}

/// `openim-logs journal` beside journalctl, on the same files.
fn read_journal(journal: &Journal, journalctl: &Path) {
    let Some(directory) = journal::prepare(journal.set) else {
        println!("\nleft out: the journal, for systemd-journal-remote is not installed");
        return;
    };
    let place = directory.to_str().expect("a path of text");
    let Journal { name, set, jobs } = journal;
    println!("\n{name}: {} entries in {}; the output goes to /dev/null.\n", set.entries, sizes(&directory));
    let rows: Vec<Row> = jobs.iter().map(|job| job.row(place, journalctl)).collect();
    table::print(&rows);
    println!();
    for row in &rows {
        println!("Most memory for {}: {} MB.", row.job, table::watched_memory(&row.ours) / 1024);
    }
}

fn sizes(directory: &Path) -> String {
    let files = fs::read_dir(directory).expect("list the directory");
    let lengths: Vec<u64> =
        files.map(|file| file.and_then(|file| file.metadata()).expect("look at a file").len()).collect();
    format!("{} files, {} MB", lengths.len(), lengths.iter().sum::<u64>() >> 20)
}

/// A question to a journal.
#[derive(Clone, Copy)]
enum Job {
    Cat,
    Short,
    Json,
    Grep,
    Level,
    Unit,
    Last,
}

impl Job {
    const ALL: [Self; 7] =
        [Self::Cat, Self::Short, Self::Json, Self::Grep, Self::Level, Self::Unit, Self::Last];

    fn row(self, place: &str, journalctl: &Path) -> Row {
        let row = |job, question: &[&str]| journal_row(job, question, place, journalctl);
        match self {
            Self::Cat => row("all, `-o cat`", &["-o", "cat"]),
            Self::Short => row("all, `-o short`", &["-o", "short"]),
            Self::Json => row("all, `-o json`", &["-o", "json"]),
            Self::Grep => row(
                "`-g 'rpc server response error' -o cat`",
                &["-g", "rpc server response error", "-o", "cat"],
            ),
            Self::Level => level_row(place),
            Self::Unit => row("`-u openim-api -o cat`", &["-u", "openim-api", "-o", "cat"]),
            Self::Last => row("`-u openim-api -n 20`", &["-u", "openim-api", "-n", "20"]),
        }
    }
}

/// What journalctl cannot do, beside what people do instead.
fn level_row(place: &str) -> Row {
    let by_grep = format!("journalctl -q -D '{place}' -o cat | grep ERROR");
    Row {
        job: "the true level",
        ours: Candidate::new(
            "`openim-logs -L error -o cat`",
            env!("CARGO_BIN_EXE_openim-logs"),
            &["-D", place, "-L", "error", "-o", "cat"],
        ),
        theirs: Candidate::new("`journalctl -o cat \\| grep ERROR`", "sh", &["-c", &by_grep]),
    }
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

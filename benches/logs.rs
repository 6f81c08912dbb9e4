//! `openim-logs` beside what people use today: `make bench`.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and dies of what it cannot do"
)]

mod follow;
mod journal;
mod questions;
mod table;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use journal::floor::Floor;
use journal::newer::Root;
use journal::{Content, Set, Values};
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
    if "follow".contains(&word) {
        follow::run();
    }
    let Some(journalctl) = table::find_program("journalctl") else {
        println!("\nleft out: the journal, for journalctl is not installed");
        return;
    };
    for journal in journals().into_iter().filter(|journal| journal.name.contains(&word)) {
        read_journal(&journal, &journalctl);
    }
}

/// `openim-logs` beside grep, on a log file.
fn read_log() {
    let sandbox = Sandbox::builder().loopback().start().expect("start the sandbox");
    sandbox.wait_ready(Duration::from_secs(30)).expect("the sandbox comes up");
    let log = write_log(&sandbox);
    table::print(&rows(sandbox.root(), &log));
}

/// A journal, and what is asked of it; without a job it is what only OpenIM's face answers.
struct Journal {
    name: String,
    set: Set,
    jobs: &'static [Job],
    /// Read by these versions of journalctl too.
    newer: Vec<Root>,
}

fn journals() -> Vec<Journal> {
    use Content::{MadeUp, Recorded};
    let set = |entries, content, values, file| Set { entries, content, values, file };
    let journal = |name: &str, set, jobs| Journal { name: name.to_owned(), set, jobs, newer: Vec::new() };
    let some: &[Job] = &[Job::Cat, Job::Unit, Job::Last];
    // The writer's smallest files hold some six thousand entries.
    let for_300_files = 1_850_000;
    let roots = Root::all();
    let packed = journal("packed messages", set(ENTRIES, MadeUp, Values::Zstd, 128), &Job::ALL);
    let mut journals = vec![
        Journal { newer: roots.clone(), ..packed },
        journal("recorded messages", set(ENTRIES, Recorded, Values::Zstd, 128), &Job::ALL),
        journal("questions", set(ENTRIES, MadeUp, Values::Zstd, 128), &[]),
        journal("plain messages", set(ENTRIES, MadeUp, Values::Plain, 128), &Job::ALL),
        journal("one file", set(150_000, MadeUp, Values::Zstd, 128), some),
        journal("ten files", set(ENTRIES, MadeUp, Values::Zstd, 80), some),
        journal("many files", set(for_300_files, MadeUp, Values::Zstd, 8), some),
    ];
    if let Some(root) = roots.first() {
        journals.extend(["XZ", "LZ4"].map(|kind| {
            let values = Values::By(root.clone(), kind);
            journal(&format!("one file by {kind}"), set(150_000, MadeUp, values, 128), some)
        }));
    }
    journals
}

/// `openim-logs journal` beside journalctl, on the same files.
fn read_journal(journal: &Journal, journalctl: &Path) {
    let Journal { name, set, jobs, newer } = journal;
    let directory = match set.prepare() {
        Ok(directory) => directory,
        Err(reason) => return println!("\nleft out: {name}, for {reason}"),
    };
    println!("\n{name}: {} entries in {}; the output goes to /dev/null.\n", set.entries, sizes(&directory));
    let place = directory.to_str().expect("a path of text");
    let mut rows: Vec<Row> = jobs.iter().map(|job| job.row(place, journalctl)).collect();
    rows.extend(newer.iter().flat_map(|root| newer_rows(root, &directory)));
    if jobs.is_empty() {
        rows.extend(questions::rows(place));
    }
    table::print(&rows);
    println!();
    for row in &rows {
        println!("Most memory for {}: {} MB.", row.job, table::watched_memory(&row.ours) / 1024);
    }
    print_floor(&directory);
}

/// What of the time no reader can save.
fn print_floor(directory: &Path) {
    let Floor { stored, copying, values, unpacked, unpacking } = journal::floor::measure(directory);
    println!("On all cores and nothing else:");
    println!("copying {} MB from the kernel's cache, {};", stored >> 20, table::millis(copying));
    println!("unpacking {values} values of zstd, {} MB, {}.", unpacked >> 20, table::millis(unpacking));
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
    /// Nothing at all: what a process costs.
    Start,
}

impl Job {
    const ALL: [Self; 8] =
        [Self::Cat, Self::Short, Self::Json, Self::Grep, Self::Level, Self::Unit, Self::Last, Self::Start];

    const fn name(self) -> &'static str {
        match self {
            Self::Cat => "all, `-o cat`",
            Self::Short => "all, `-o short`",
            Self::Json => "all, `-o json`",
            Self::Grep => "`-g 'rpc server response [ef]' -o cat`",
            Self::Level => "the true level",
            Self::Unit => "`-u openim-api -o cat`",
            Self::Last => "`-u openim-api -n 20`",
            Self::Start => "start to end of `--version`",
        }
    }

    const fn question(self) -> &'static [&'static str] {
        match self {
            Self::Cat => &["-o", "cat"],
            Self::Short => &["-o", "short"],
            Self::Json => &["-o", "json"],
            Self::Grep => &["-g", "rpc server response [ef]", "-o", "cat"],
            Self::Level => &["-L", "error", "-o", "cat"],
            Self::Unit => &["-u", "openim-api", "-o", "cat"],
            Self::Last => &["-u", "openim-api", "-n", "20"],
            Self::Start => &["--version"],
        }
    }

    fn row(self, place: &str, journalctl: &Path) -> Row {
        Row { job: self.name(), ours: self.ours(place), theirs: self.theirs(place, journalctl) }
    }

    fn ours(self, place: &str) -> Candidate {
        let program = env!("CARGO_BIN_EXE_openim-logs");
        match self {
            Self::Level => {
                let words = [&["-D", place], self.question()].concat();
                Candidate::new("`openim-logs -L error -o cat`", program, &words)
            }
            Self::Cat | Self::Short | Self::Json | Self::Grep | Self::Unit | Self::Last | Self::Start => {
                let words = [&["journal", "-D", place, "--no-pager", "-q"], self.question()].concat();
                Candidate::new("`openim-logs journal`", program, &words).unread()
            }
        }
    }

    /// For what journalctl cannot do, what people do instead.
    fn theirs(self, place: &str, journalctl: &Path) -> Candidate {
        match self {
            Self::Level => {
                let by_grep = format!("journalctl -q -D '{place}' -o cat | grep ERROR");
                Candidate::new("`journalctl -o cat \\| grep ERROR`", "sh", &["-c", &by_grep])
            }
            Self::Cat | Self::Short | Self::Json | Self::Grep | Self::Unit | Self::Last | Self::Start => {
                let words = [&["-D", place, "--no-pager", "-q"], self.question()].concat();
                Candidate::new("`journalctl`", journalctl, &words).unread()
            }
        }
    }
}

/// The same beside a newer journalctl, whose time includes some milliseconds for a mount and a shell.
fn newer_rows(root: &Root, directory: &Path) -> Vec<Row> {
    let name = format!("`journalctl` {}", root.version());
    let place = directory.to_str().expect("a path of text");
    let row = |job: Job| {
        let common = ["journalctl", "-D", Root::PLACE, "--no-pager", "-q"];
        let words = root.words(directory, &[&common, job.question()].concat());
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let theirs = Candidate::new(&name, words[0], &words[1..]).unread();
        Row { job: job.name(), ours: job.ours(place), theirs }
    };
    [Job::Cat, Job::Short, Job::Grep].into_iter().map(row).collect()
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

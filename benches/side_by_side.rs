//! Whole commands beside what people use today, in turn, in one run: `make bench`. Prints a table in Markdown.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and dies of what it cannot do"
)]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use openim_ops::openim::service::Service;
use openim_sandbox::{Generation, Lines, Sandbox};

/// How often each command of a row runs, after one run that is not counted.
const RUNS: usize = 5;

/// Lines in the log file that is searched.
const LINES: u64 = 200_000;

/// A command line, and what the table calls it.
struct Candidate {
    name: &'static str,
    program: PathBuf,
    arguments: Vec<String>,
}

/// One job, done by us and by what is used today.
struct Row {
    job: &'static str,
    ours: Candidate,
    theirs: Candidate,
}

/// The medians of one candidate.
struct Measured {
    wall: Duration,
    cpu: Duration,
}

fn main() {
    let sandbox =
        Sandbox::builder().loopback().generation(Generation::Main).start().expect("start the sandbox");
    sandbox.wait_ready(Duration::from_secs(30)).expect("the sandbox comes up");
    let log = write_log(&sandbox);
    let rows = rows(sandbox.root(), &log);
    let memory = peak_memory(&rows[0].ours);
    println!("{}", machine());
    println!("| job | today | time | openim-ops | time | CPU | times as fast |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for row in rows {
        let (ours, theirs) = measure(&row);
        println!(
            "| {} | {} | {} | {} | {} | {} | {:.1} |",
            row.job,
            row.theirs.name,
            millis(theirs.wall),
            row.ours.name,
            millis(ours.wall),
            millis(ours.cpu),
            theirs.wall.as_secs_f64() / ours.wall.as_secs_f64()
        );
    }
    println!("\nPeak memory of `openim-check all`: {memory} KB.");
}

fn rows(root: &Path, log: &Path) -> Vec<Row> {
    let text = |path: &Path| path.to_str().expect("a path of text").to_owned();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/process-count.sh");
    let check = |name, arguments: &[&str]| Candidate {
        name,
        program: env!("CARGO_BIN_EXE_openim-check").into(),
        arguments: with_root(arguments, root),
    };
    let logs = |name, arguments: &[&str]| Candidate {
        name,
        program: env!("CARGO_BIN_EXE_openim-logs").into(),
        arguments: with_root(&[arguments, &["--source", "files", "-o", "cat"]].concat(), root),
    };
    let other = |name, program: &str, arguments: &[&str]| Candidate {
        name,
        program: program.into(),
        arguments: arguments.iter().map(ToString::to_string).collect(),
    };
    vec![
        Row {
            job: "is it healthy? 12 services, 29 processes, registry joined",
            ours: check("`openim-check all`", &["all"]),
            theirs: other("process count and `ss`, in sh", "/bin/sh", &[&text(&script), &text(root)]),
        },
        Row {
            job: "start to end of `--version`",
            ours: check("`openim-check --version`", &["--version"]),
            theirs: other("`ss --version`", "ss", &["--version"]),
        },
        Row {
            job: "errors in 200,000 lines of a log file",
            ours: logs("`openim-logs -L error`", &["-L", "error"]),
            theirs: other("`grep ERROR`", "grep", &["ERROR", &text(log)]),
        },
        Row {
            job: "one request in 200,000 lines of a log file",
            ours: logs("`openim-logs --op bench-op`", &["--op", "bench-op"]),
            theirs: other("`grep -F bench-op`", "grep", &["-F", "bench-op", &text(log)]),
        },
    ]
}

fn with_root(arguments: &[&str], root: &Path) -> Vec<String> {
    let root = root.to_str().expect("a path of text");
    arguments.iter().copied().chain(["--root", root]).map(str::to_owned).collect()
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

/// Runs both in turn, so that a machine that changes its speed changes it for both.
fn measure(row: &Row) -> (Measured, Measured) {
    let mut ours = Vec::new();
    let mut theirs = Vec::new();
    for run in 0..=RUNS {
        let pair = (time(&row.ours), time(&row.theirs));
        // The first run of each warms the caches.
        if run > 0 {
            ours.push(pair.0);
            theirs.push(pair.1);
        }
    }
    (medians(&ours), medians(&theirs))
}

fn time(candidate: &Candidate) -> (Duration, Duration) {
    let cpu_before = children_cpu();
    let started = Instant::now();
    let mut command = Command::new(&candidate.program);
    let child = command.args(&candidate.arguments).stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    let mut child = child.expect("start the command");
    // Read to the end: grep stops at its first match where nobody reads.
    let mut output = child.stdout.take().expect("it is piped");
    std::io::copy(&mut output, &mut std::io::sink()).expect("read the output");
    let status = child.wait().expect("it ends");
    let wall = started.elapsed();
    assert!(status.success(), "{} ended with {status}", candidate.name);
    (wall, children_cpu().saturating_sub(cpu_before))
}

fn children_cpu() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the kernel counts");
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Duration::from_micros(u64::try_from(micros).expect("time does not run backwards"))
}

fn medians(runs: &[(Duration, Duration)]) -> Measured {
    let median = |mut values: Vec<Duration>| {
        values.sort();
        values[values.len() / 2]
    };
    Measured {
        wall: median(runs.iter().map(|run| run.0).collect()),
        cpu: median(runs.iter().map(|run| run.1).collect()),
    }
}

/// In KB. The kernel keeps the largest of all children that have ended, so this one has to be the first.
fn peak_memory(check: &Candidate) -> i64 {
    time(check);
    getrusage(UsageWho::RUSAGE_CHILDREN).expect("the kernel counts").max_rss()
}

fn machine() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("?", |(_, m)| m);
    let cores = cpu.lines().filter(|line| line.starts_with("processor")).count();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{cores} cores of {model}, Linux {}; medians of {RUNS} runs.\n", kernel.trim())
}

fn millis(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1000.0)
}

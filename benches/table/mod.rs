//! Whole commands beside what people use today, in turn, in one run, as a table in Markdown.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

/// How often each command of a row runs. The first run warms the caches, which the median does not mind.
const RUNS: usize = 5;

/// A command line, and what the table calls it.
pub(crate) struct Candidate {
    name: String,
    program: PathBuf,
    arguments: Vec<String>,
    /// Nobody reads the output, so that only what makes it is timed.
    is_unread: bool,
}

impl Candidate {
    pub(crate) fn new(name: &str, program: impl AsRef<Path>, arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(ToString::to_string).collect();
        Self { name: name.to_owned(), program: program.as_ref().to_owned(), arguments, is_unread: false }
    }

    #[allow(dead_code, reason = "most tables name it themselves")]
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The same with its output thrown away.
    #[allow(dead_code, reason = "not every table has commands that print by the gigabyte")]
    pub(crate) fn unread(self) -> Self {
        Self { is_unread: true, ..self }
    }
}

/// One job, done by us and by what is used today.
pub(crate) struct Row {
    pub(crate) job: &'static str,
    pub(crate) ours: Candidate,
    pub(crate) theirs: Candidate,
}

/// The medians of one candidate.
struct Measured {
    wall: Duration,
    cpu: Duration,
}

/// Measures and prints.
#[allow(dead_code, reason = "a candidate may stand alone")]
pub(crate) fn print(rows: &[Row]) {
    println!("{}; medians of {RUNS} runs.\n", machine());
    println!("| job | today | time | openim-ops | time | CPU | times as fast |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for row in rows {
        let (ours, theirs) = measure(row);
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
}

/// One candidate that has nothing to be compared with: "NAME: 34.0 ms wall, 29.4 ms CPU".
#[allow(dead_code, reason = "most tables compare")]
pub(crate) fn measured_alone(candidate: &Candidate) -> String {
    // The first run warms the caches.
    let runs: Vec<_> = (0..=RUNS).map(|_| time(candidate)).skip(1).collect();
    let Measured { wall, cpu } = medians(&runs);
    format!("{}: {} wall, {} CPU", candidate.name, millis(wall), millis(cpu))
}

/// Runs both in turn, so that a machine that changes its speed changes it for both.
fn measure(row: &Row) -> (Measured, Measured) {
    let mut ours = Vec::new();
    let mut theirs = Vec::new();
    for _ in 0..RUNS {
        ours.push(time(&row.ours));
        theirs.push(time(&row.theirs));
    }
    (medians(&ours), medians(&theirs))
}

fn time(candidate: &Candidate) -> (Duration, Duration) {
    let cpu_before = children_cpu();
    let started = Instant::now();
    let mut command = Command::new(&candidate.program);
    let stdout = if candidate.is_unread { Stdio::null() } else { Stdio::piped() };
    let child = command.args(&candidate.arguments).stdin(Stdio::null()).stdout(stdout).spawn();
    let mut child = child.expect("start the command");
    // Read to the end: grep stops at its first match where nobody reads.
    if let Some(mut output) = child.stdout.take() {
        std::io::copy(&mut output, &mut std::io::sink()).expect("read the output");
    }
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
#[allow(dead_code, reason = "not every table has a line on memory")]
pub(crate) fn peak_memory(first: &Candidate) -> i64 {
    time(first);
    getrusage(UsageWho::RUSAGE_CHILDREN).expect("the kernel counts").max_rss()
}

/// In KB, looked at every few milliseconds while it runs.
#[allow(dead_code, reason = "not every table has a line on memory")]
pub(crate) fn watched_memory(candidate: &Candidate) -> u64 {
    let mut command = Command::new(&candidate.program);
    let child = command.args(&candidate.arguments).stdin(Stdio::null()).stdout(Stdio::null()).spawn();
    let mut child = child.expect("start the command");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().expect("it is our child").is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        peak = peak.max(number.unwrap_or(0));
        std::thread::sleep(Duration::from_millis(5));
    }
    peak
}

/// Where a program of the PATH lies, or of the places where Debian puts administrators' programs and plugins.
#[allow(dead_code, reason = "not every table has rows that need what may be missing")]
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places =
        std::env::split_paths(&path).chain(["/usr/sbin", "/usr/lib/nagios/plugins"].map(PathBuf::from));
    places.map(|place| place.join(name)).find(|program| program.is_file())
}

#[allow(dead_code, reason = "most tables begin with it by themselves")]
pub(crate) fn machine() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("?", |(_, m)| m);
    let cores = cpu.lines().filter(|line| line.starts_with("processor")).count();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{cores} cores of {model}, Linux {}", kernel.trim())
}

pub(crate) fn millis(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1000.0)
}

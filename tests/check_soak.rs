//! A watch that looks for a long time grows in nothing: neither memory nor descriptors nor threads nor children.
//!
//! `make soak` (`OPENIM_SOAK=all`) makes 100,000 looks, or as many as fit ten minutes, and prints what it saw as a table.

#![expect(clippy::expect_used, reason = "a test that cannot go on should say so by dying")]
#![expect(clippy::print_stdout, reason = "the table is what `make soak` is for")]

mod check;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use check::{small, started};
use openim_ops::openim::service::Service;
use openim_sandbox::Sandbox;

/// So many looks are wanted.
const LOOKS: u64 = 100_000;

/// As many as fit this time are made.
const LONGEST: Duration = Duration::from_mins(10);

/// The short form.
const FEW: u64 = 200;

/// Growth of less than this is none: pages that the allocator touches late.
const NOISE_KB: u64 = 2_048;

/// What a process has.
#[derive(Clone, Copy, Debug, Default)]
struct Size {
    resident_kb: u64,
    files: usize,
    threads: u64,
    children: usize,
}

impl Size {
    /// `None` once the process has ended.
    fn of(pid: u32) -> Option<Self> {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let number = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key))?;
            line.split_ascii_whitespace().next()?.parse().ok()
        };
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        Some(Self {
            resident_kb: number("VmRSS:")?,
            files: fs::read_dir(format!("/proc/{pid}/fd")).ok()?.count(),
            threads: number("Threads:")?,
            children: children.split_ascii_whitespace().count(),
        })
    }

    /// The most of each.
    fn most(sizes: &[Self]) -> Self {
        Self {
            resident_kb: sizes.iter().map(|size| size.resident_kb).max().unwrap_or_default(),
            files: sizes.iter().map(|size| size.files).max().unwrap_or_default(),
            threads: sizes.iter().map(|size| size.threads).max().unwrap_or_default(),
            children: sizes.iter().map(|size| size.children).max().unwrap_or_default(),
        }
    }
}

fn watch(sandbox: &Sandbox, looks: u64) -> Child {
    Command::new(env!("CARGO_BIN_EXE_openim-check"))
        .arg("--root")
        .arg(sandbox.root())
        .args(["watch", "--interval", "1ms", "--count", &looks.to_string()])
        .env_clear()
        .stdout(Stdio::null())
        .spawn()
        .expect("start openim-check")
}

/// What the watch has over time, until it ends or the time is up; then it is ended.
fn sizes(mut watch: Child, longest: Duration) -> Vec<Size> {
    let begun = Instant::now();
    let mut sizes = Vec::new();
    while watch.try_wait().expect("its own child").is_none() && begun.elapsed() < longest {
        sizes.extend(Size::of(watch.id()).filter(|size| size.resident_kb > 0));
        std::thread::park_timeout(Duration::from_millis(20));
    }
    // It may have ended meanwhile.
    let _ = watch.kill();
    watch.wait().expect("its own child");
    sizes
}

/// How many looks the API has seen: each asks it once.
fn looks_seen(sandbox: &Sandbox) -> u64 {
    let port = sandbox.api_port();
    let mut sockets = sandbox.sockets(Service::Api, 0).into_iter();
    let metrics = sockets.find(|socket| socket.port() != port).expect("the API has a metrics port");
    let mut stream = TcpStream::connect(metrics).expect("it listens");
    stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").expect("it reads");
    let mut page = String::new();
    stream.read_to_string(&mut page).expect("it answers");
    let line = page.lines().find(|line| line.starts_with("http_count{")).expect("it counts requests");
    line.rsplit(' ').next().and_then(|count| count.parse().ok()).expect("a number")
}

#[test]
fn a_watch_grows_in_nothing() {
    let sandbox = started(small());
    let all = std::env::var("OPENIM_SOAK").is_ok_and(|value| value == "all");
    let begun = Instant::now();
    let sizes = sizes(watch(&sandbox, if all { LOOKS } else { FEW }), LONGEST);
    let (took, looks) = (begun.elapsed(), looks_seen(&sandbox));
    assert!(looks >= FEW, "{looks} looks only");
    // What a process needs at all it has after a quarter of its looks.
    let (_, settled) = sizes.split_at(sizes.len() / 4);
    let (early, late) = settled.split_at(settled.len() / 2);
    assert!(!early.is_empty() && !late.is_empty(), "too few samples: {}", sizes.len());
    let (early, late) = (Size::most(early), Size::most(late));
    if all {
        print_table(looks, took, early, late);
    }
    assert!(late.resident_kb <= early.resident_kb + NOISE_KB, "memory grows: {early:?} {late:?}");
    assert!(late.files <= early.files + 4, "descriptors grow: {early:?} {late:?}");
    assert!(late.threads <= early.threads + 2, "threads grow: {early:?} {late:?}");
    assert_eq!(late.children, 0, "a watch has no children");
}

fn print_table(looks: u64, took: Duration, early: Size, late: Size) {
    let growth = late.resident_kb.saturating_sub(early.resident_kb);
    println!("| {looks} looks in {:.0} s | early | late |", took.as_secs_f64());
    println!("| --- | --- | --- |");
    println!("| memory, at most | {} kB | {} kB |", early.resident_kb, late.resident_kb);
    println!("| file descriptors, at most | {} | {} |", early.files, late.files);
    println!("| threads, at most | {} | {} |", early.threads, late.threads);
    println!("| children | {} | {} |", early.children, late.children);
    // From the middle of the first part to the middle of the second lie three eighths of all looks.
    let extrapolated = growth * LOOKS * 8 / (looks * 3).max(1);
    println!(
        "{growth} kB more; at that rate {extrapolated} kB for {LOOKS} looks, less than {NOISE_KB} kB being noise"
    );
}

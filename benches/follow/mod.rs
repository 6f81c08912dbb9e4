//! How long after a line was handed over does a follower print it? One line at a time, at random moments, to followers
//! that run side by side and see the same lines.

mod writer;

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use super::journal::random::Random;
use writer::Writer;

const LINES: u64 = 300;
const SEED: u64 = 20_261_127;
/// Between two lines, in milliseconds.
const PAUSE: std::ops::Range<u64> = 5..400;
/// A line that does not come in that time does not come.
const LIMIT: Duration = Duration::from_secs(5);

/// A command that follows, and when each of its lines came.
struct Follower {
    name: &'static str,
    child: Child,
    lines: Receiver<(String, Instant)>,
}

impl Follower {
    fn start(name: &'static str, mut command: Command) -> Self {
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("start a follower");
        let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            while stdout.read_line(&mut line).is_ok_and(|length| length > 0) {
                let seen = Instant::now();
                if sender.send((std::mem::take(&mut line), seen)).is_err() {
                    return;
                }
            }
        });
        Self { name, child, lines }
    }

    /// When that line came.
    fn seen(&self, wanted: &str) -> Option<Instant> {
        let deadline = Instant::now() + LIMIT;
        while let Ok((line, seen)) =
            self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now()))
        {
            if line.trim_end() == wanted {
                return Some(seen);
            }
        }
        None
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Measures and prints.
pub(crate) fn run() {
    let mut writer = match Writer::start() {
        Ok(writer) => writer,
        Err(reason) => return println!("\nleft out: following, for {reason}"),
    };
    let commands = [("openim-logs journal", env!("CARGO_BIN_EXE_openim-logs")), ("journalctl", "journalctl")];
    let followers = commands.map(|(name, program)| Follower::start(name, writer.follow(program)));
    wait_until_they_follow(&mut writer, &followers);

    let mut random = Random::new(SEED);
    let mut delays: HashMap<&str, Vec<Duration>> = HashMap::new();
    for number in 0..LINES {
        let pause = PAUSE.start + random.next() % (PAUSE.end - PAUSE.start);
        std::thread::sleep(Duration::from_millis(pause));
        let line = format!("line {number}");
        let handed_over = Instant::now();
        writer.write(&line);
        for follower in &followers {
            let seen = follower.seen(&line).expect("every line comes");
            delays.entry(follower.name).or_default().push(seen.duration_since(handed_over));
        }
    }
    println!("\nfollow: {LINES} lines, {} to {} ms apart, to {}.\n", PAUSE.start, PAUSE.end, writer.name());
    println!("{}.\n", super::table::machine());
    println!("| line written to line shown, `-f -o cat` | p50 | p99 | most |\n| --- | --- | --- | --- |");
    for (name, _) in commands {
        let mut of_name = delays.remove(name).unwrap_or_default();
        of_name.sort();
        let [half, most, last] =
            [50, 99, 100].map(|percent| super::table::millis(percentile(&of_name, percent)));
        println!("| `{name}` | {half} | {most} | {last} |");
    }
}

/// A line that is written before they listen is not shown.
fn wait_until_they_follow(writer: &mut Writer, followers: &[Follower; 2]) {
    let deadline = Instant::now() + 2 * LIMIT;
    let mut waiting: Vec<_> = followers.iter().collect();
    while !waiting.is_empty() {
        assert!(Instant::now() < deadline, "{} shows nothing", waiting[0].name);
        writer.write("do you follow?");
        waiting.retain(|follower| follower.lines.recv_timeout(LIMIT / 10).is_err());
    }
}

/// Of sorted values the one that so many of a hundred do not exceed.
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let count = (sorted.len() * percent).div_ceil(100);
    sorted[count.saturating_sub(1)]
}

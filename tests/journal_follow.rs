//! `openim-logs journal -f` where following is made hard: no notices of the kernel, a clock that is put back. The lines
//! come from a live writer, systemd's own, that is told each of them while its file is followed.

#![allow(clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "a test fails by panicking")]
#![allow(dead_code, reason = "the helpers are shared with other tests")]

#[path = "support/command.rs"]
mod command;
#[path = "support/journals.rs"]
mod journals;
#[path = "support/missing.rs"]
mod missing;
#[path = "support/wait.rs"]
mod wait;

use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use command::Stream;
use journals::{REMOTE, entry};

const BOOT: &str = "8dc4df31cf7c4c1c8a6b10fc7b9b44b0";
/// 2023-11-14 22:13:20 UTC, in seconds.
const BEGIN: u64 = 1_700_000_000;
const SECOND: u64 = 1_000_000;
const HOUR: u64 = 3600;
const LIMIT: Duration = Duration::from_secs(10);

/// Writes to a journal whatever it is told, for as long as it lives.
struct Writer(Child);

impl Writer {
    fn start(directory: &Path, file: &str) -> Self {
        let path = directory.join(file);
        let words = [Path::new("-o"), &path, Path::new("-")];
        let null = Stdio::null;
        let child =
            Command::new(REMOTE).args(words).stdin(Stdio::piped()).stderr(null()).stdout(null()).spawn();
        Self(child.expect("systemd-journal-remote starts"))
    }

    /// A line that is nothing but its number, at a second of the clock on the wall; the clock of the boot has the
    /// number for its second.
    fn write(&mut self, number: u64, second: u64) {
        let fields =
            [("MESSAGE", number.to_string().into_bytes()), ("SYSLOG_IDENTIFIER", b"counter".to_vec())];
        let text = entry(second * SECOND, number * SECOND, BOOT, &fields);
        let stdin = self.0.stdin.as_mut().expect("it is piped");
        stdin.write_all(&text).and_then(|()| stdin.flush()).expect("the writer lives");
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// The place in a file is written while nothing comes; here something always comes.
#[test]
fn a_follower_of_lines_without_a_pause_keeps_its_place_all_the_same() {
    if !journals::can_be_made() {
        return;
    }
    for face in [&[][..], &["journal"]] {
        let directory = tempfile::tempdir().expect("a directory");
        let (journals, kept) = (directory.path().join("journals"), directory.path().join("cursor"));
        std::fs::create_dir(&journals).expect("make a directory");
        let mut writer = Writer::start(&journals, "1.journal");
        writer.write(1, BEGIN);
        wait_for_an_entry(&journals.join("1.journal"));
        let program = [env!("CARGO_BIN_EXE_openim-logs")];
        let place = ["-D", &journals.display().to_string(), "--cursor-file", &kept.display().to_string()];
        let words = ["-f", "--no-tail", "-o", "cat", "-q", "-t", "counter"];
        let words = [&program[..], face, &words, &place.each_ref().map(|word| &**word)].concat();
        let mut follower = start(&words.into_iter().map(str::to_owned).collect::<Vec<_>>());
        follower.wait_for_line(LIMIT, |line| line == "1");
        // What was there before the first pause is in the file.
        wait::until("a place", LIMIT, || kept.exists());
        let before = std::fs::read(&kept).expect("read the place");
        let (mut number, deadline) = (1, Instant::now() + LIMIT);
        while std::fs::read(&kept).is_ok_and(|place| place == before) {
            assert!(Instant::now() < deadline, "waited {LIMIT:?} in vain for a place behind the first");
            number += 1;
            writer.write(number, BEGIN + number);
        }
    }
}

/// Following may never end, so nothing is kept until then.
#[test]
fn what_is_to_be_said_of_a_new_file_is_said_while_others_are_followed() {
    if !journals::can_be_made() {
        return;
    }
    for face in [&[][..], &["journal"]] {
        let directory = tempfile::tempdir().expect("a directory");
        let mut writer = Writer::start(directory.path(), "1.journal");
        writer.write(1, BEGIN);
        wait_for_an_entry(&directory.path().join("1.journal"));
        let program = ["sh", "-c", "exec \"$@\" 2>&1", "sh", env!("CARGO_BIN_EXE_openim-logs")];
        let words = ["-f", "--no-tail", "-o", "cat", "-t", "counter", "-D"];
        let place = [directory.path().to_str().expect("a name in UTF-8")];
        let words = [&program[..], face, &words, &place].concat();
        let mut follower = start(&words.into_iter().map(str::to_owned).collect::<Vec<_>>());
        follower.wait_for_line(LIMIT, |line| line == "1");
        std::fs::write(directory.path().join("bad.journal"), [7; 100]).expect("write no journal");
        follower.wait_for_line(LIMIT, |line| {
            line.contains("bad.journal") && line.trim_end_matches('.').ends_with("ignoring file")
        });
    }
}

/// The words that follow a directory.
fn follow(directory: &Path) -> Vec<String> {
    let program = env!("CARGO_BIN_EXE_openim-logs");
    let directory = directory.display().to_string();
    [program, "journal", "-f", "--no-tail", "-o", "cat", "-D", &directory].map(str::to_owned).to_vec()
}

fn start(words: &[String]) -> Stream {
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]);
    Stream::start(command, &words.join(" "))
}

/// Waits until the head of a file says that it has some.
fn wait_for_an_entry(file: &Path) {
    wait::until("an entry", LIMIT, || {
        std::fs::read(file).is_ok_and(|bytes| bytes.get(152).is_some_and(|&count| count > 0))
    });
}

fn numbers(text: &str) -> Vec<u64> {
    text.lines().map(|line| line.parse().expect("nothing but numbers was written")).collect()
}

/// Whether the kernel gives out namespaces of users, which have limits of their own; under CI it must.
fn has_namespaces() -> bool {
    let tried = Command::new("unshare").args(["--user", "--map-root-user", "true"]).output();
    let has = tried.is_ok_and(|output| output.status.success());
    if !has {
        missing::did_not_run("unshare --user does not work here");
    }
    has
}

/// The limit is that of a namespace of the follower's own, so nobody else notices.
#[test]
fn a_follower_that_the_kernel_gives_no_notices_looks_by_itself_and_says_so() {
    if !journals::can_be_made() || !has_namespaces() {
        return;
    }
    for (limit, error) in [("max_inotify_instances", "os error 24"), ("max_inotify_watches", "os error 28")] {
        let directory = tempfile::tempdir().expect("a directory");
        let mut first = Writer::start(directory.path(), "1.journal");
        first.write(1, BEGIN);
        let script = format!("echo 0 >/proc/sys/user/{limit} && exec \"$@\"");
        let without = ["unshare", "--user", "--map-root-user", "sh", "-c", &script, "sh"].map(str::to_owned);
        wait_for_an_entry(&directory.path().join("1.journal"));
        let mut follower = start(&[without.to_vec(), follow(directory.path())].concat());
        follower.wait_for_line(LIMIT, |line| line == "1");

        first.write(2, BEGIN + 1);
        follower.wait_for_line(LIMIT, |line| line == "2");
        let mut second = Writer::start(directory.path(), "2.journal");
        second.write(3, BEGIN + 2);
        follower.wait_for_line(LIMIT, |line| line == "3");
        let ended = follower.stop("INT", LIMIT);
        assert_eq!(numbers(&ended.stdout), [1, 2, 3]);
        let said = "The kernel gives no notice of new journal files (";
        assert_eq!(ended.stderr.matches(said).count(), 1, "{}", ended.stderr);
        assert!(
            ended.stderr.contains(error) && ended.stderr.contains("looking every 100 ms"),
            "{}",
            ended.stderr
        );
    }
}

/// Forward, far back, on, and back again; then in another file, as journald begins one when its clock is put back.
#[test]
fn a_clock_that_is_put_back_while_it_is_followed_costs_no_line_and_shows_none_twice() {
    if !journals::can_be_made() {
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let mut writer = Writer::start(directory.path(), "1.journal");
    writer.write(1, BEGIN);
    wait_for_an_entry(&directory.path().join("1.journal"));
    let with = |words: &str| {
        let more = words.split_whitespace().map(str::to_owned).collect();
        start(&[follow(directory.path()), more].concat())
    };
    let mut followers = ["", "-t counter", "_BOOT_ID=8dc4df31cf7c4c1c8a6b10fc7b9b44b0", "-S @1"].map(with);
    let mut all_wait_for = |number: u64| {
        for follower in &mut followers {
            follower.wait_for_line(LIMIT, |line| line.parse() == Ok(number));
        }
    };
    all_wait_for(1);
    let clocks = [BEGIN + HOUR, BEGIN - 24 * HOUR, BEGIN + 48 * HOUR, BEGIN, BEGIN - HOUR, 1_000_000];
    let mut number = 1;
    for (file, begin) in (2..).zip(clocks) {
        // Some come at once, some are shown before the next is written.
        for second in 0..20 {
            number += 1;
            writer.write(number, begin + second);
            if second % 7 == 0 {
                all_wait_for(number);
            }
        }
        if file % 2 == 0 {
            all_wait_for(number);
            writer = Writer::start(directory.path(), &format!("{file}.journal"));
        }
    }
    all_wait_for(number);
    for follower in followers {
        let ended = follower.stop("INT", LIMIT);
        assert_eq!(numbers(&ended.stdout), (1..=number).collect::<Vec<_>>(), "{}", ended.command);
        assert_eq!(ended.stderr, "", "{}", ended.command);
    }
}

//! A follower that sleeps while a real journald writes, rotates and vacuums.

use std::time::Duration;

use crate::deployment::static_binary;
use crate::machine::Machine;

const LIMIT: Duration = Duration::from_secs(20);
const FOLLOW: &str = "openim-logs journal -f --no-tail -o cat -t counter";

/// Has numbers written, and waits until the journal has them.
fn write(machine: &Machine, numbers: std::ops::RangeInclusive<u64>) {
    let (first, last) = (numbers.start(), numbers.end());
    machine.run(&format!("seq {first} {last} | systemd-cat -t counter; journalctl --sync")).expect_success();
}

fn rotate(machine: &Machine) {
    machine.run("journalctl --rotate").expect_success();
}

fn numbers(text: &str) -> Vec<u64> {
    text.lines().filter_map(|line| line.parse().ok()).collect()
}

/// How many entries were told to be missing, of files that were open and of files that never were.
fn told(stderr: &str) -> u64 {
    let words = stderr.lines().filter(|line| line.contains("removed")).flat_map(str::split_whitespace);
    words.filter_map(|word| word.parse::<u64>().ok()).sum()
}

#[test]
fn a_follower_that_was_suspended_shows_what_is_left_in_order_and_tells_what_is_not() {
    let machine = Machine::boot();
    machine.install(static_binary("openim-logs"), "/usr/local/bin/openim-logs");
    let conf = "[Journal]\nRateLimitBurst=0\nRateLimitIntervalSec=0\n";
    machine.write_file("/etc/systemd/journald.conf.d/live.conf", conf, 0o644);
    machine.run("systemctl restart systemd-journald").expect_success();
    write(&machine, 1..=10);
    let mut awake = machine.spawn(FOLLOW);
    let mut sleeper = machine.spawn(FOLLOW);
    for follower in [&mut awake, &mut sleeper] {
        follower.wait_for_line(LIMIT, |line| line == "10");
    }

    // Everything is still there when it wakes up.
    sleeper.signal("STOP");
    for round in 1..=4 {
        write(&machine, round * 10 + 1..=round * 10 + 10);
        rotate(&machine);
    }
    sleeper.signal("CONT");
    sleeper.wait_for_line(LIMIT, |line| line == "50");

    // The rest of the file that it was in, and whole files that it never saw, are gone.
    sleeper.signal("STOP");
    for round in 5..=9 {
        write(&machine, round * 10 + 1..=round * 10 + 10);
        awake.wait_for_line(LIMIT, |line| line.parse() == Ok(round * 10 + 10));
        rotate(&machine);
    }
    machine.run("journalctl --vacuum-files=2").expect_success();
    write(&machine, 101..=110);
    sleeper.signal("CONT");
    sleeper.wait_for_line(LIMIT, |line| line == "110");
    write(&machine, 111..=120);
    for follower in [&mut awake, &mut sleeper] {
        follower.wait_for_line(LIMIT, |line| line == "120");
    }

    let left = numbers(&machine.run("journalctl -o cat -t counter").expect_success());
    assert!(left[0] > 60 && left.len() > 20, "whole files are gone, others are there: {left:?}");
    let awake = awake.stop("INT", LIMIT);
    assert_eq!((numbers(&awake.stdout), awake.stderr.as_str()), ((1..=120).collect(), ""));
    let ended = sleeper.stop("INT", LIMIT);
    let expected: Vec<u64> = (1..=50).chain(left.iter().copied()).collect();
    assert_eq!(numbers(&ended.stdout), expected, "{}", ended.stderr);
    // Lines of journald are among them.
    let missing = 120 - expected.len() as u64;
    assert!(
        (missing..missing + 40).contains(&told(&ended.stderr)),
        "{missing} are missing\n{}",
        ended.stderr
    );
}

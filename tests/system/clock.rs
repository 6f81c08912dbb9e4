//! A journald whose clock can be put: the time on the wall that it reads comes from a small library of the test's own,
//! as the machine's clock is that of the host.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::deployment::static_binary;
use crate::machine::Machine;

const LIMIT: Duration = Duration::from_secs(20);
const LIBRARY: &str = "/usr/local/lib/clock.so";
const HOUR: i64 = 3600;

/// Gives journald the clock, which is right until it is put; also after a reboot.
pub(crate) fn install(machine: &Machine) {
    let directory = tempfile::tempdir().expect("a directory");
    let library = directory.path().join("clock.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/system/clock.c");
    let words = [Path::new("-shared"), Path::new("-fPIC"), Path::new("-o"), &library, &source];
    let built = Command::new("cc").args(words).status().expect("there is a compiler of C, as Rust needs one");
    assert!(built.success(), "clock.c does not compile");
    machine.install(&library, LIBRARY);
    let unit = format!("[Service]\nEnvironment=LD_PRELOAD={LIBRARY}\n");
    machine.write_file("/etc/systemd/system/systemd-journald.service.d/clock.conf", unit, 0o644);
    machine.run("systemctl daemon-reload && systemctl restart systemd-journald").expect_success();
}

/// Puts it so many seconds before or behind the right time.
pub(crate) fn put(machine: &Machine, seconds: i64) {
    machine.write_file("/run/clock-step", seconds.to_string(), 0o644);
}

#[test]
fn a_clock_that_is_put_back_under_journald_costs_a_follower_no_line_and_shows_none_twice() {
    let machine = Machine::boot();
    machine.install(static_binary("openim-logs"), "/usr/local/bin/openim-logs");
    install(&machine);
    let follow = |words| machine.spawn(&format!("openim-logs journal -f --no-tail -o cat {words}"));
    let mut followers = ["-t counter", "", "-S '-3 days' -t counter"].map(follow);
    let mut number = 0;
    for hours in [0, 1, -2, 30, 29, -40, 0] {
        put(&machine, hours * HOUR);
        let (first, last) = (number + 1, number + 10);
        machine
            .run(&format!("seq {first} {last} | systemd-cat -t counter; journalctl --sync"))
            .expect_success();
        number = last;
        for follower in &mut followers {
            follower.wait_for_line(LIMIT, |line| line.parse() == Ok(last));
        }
    }
    let files = machine.run("ls /var/log/journal/*/ | grep -c system@").expect_success();
    let files: u32 = files.trim().parse().expect("a number");
    assert!(files >= 3, "journald begins a file when time goes back, and there are {files}");
    for follower in followers {
        let ended = follower.stop("INT", LIMIT);
        let seen: Vec<i64> = ended.stdout.lines().filter_map(|line| line.parse().ok()).collect();
        assert_eq!((seen, ended.stderr.as_str()), ((1..=number).collect(), ""), "{}", ended.command);
    }
}

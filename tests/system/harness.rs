//! The harness itself: a machine is a real systemd, and leaves nothing behind.

use std::path::Path;
use std::time::Duration;

use crate::machine::Machine;
use crate::wait;

const LIMIT: Duration = Duration::from_secs(10);

const SLEEPER: &str = "[Service]\nExecStart=sh -c 'echo up; exec sleep infinity'\n";

#[test]
fn a_machine_keeps_a_journal_of_its_own() {
    let machine = Machine::boot();
    assert_eq!(machine.run("systemctl is-active systemd-journald").expect_success(), "active\n");

    machine.run("echo written by systemd-cat | systemd-cat -t first -p warning").expect_success();
    machine.run("logger -t second written by logger; journalctl --sync").expect_success();

    let read = machine.run("journalctl -o cat -t first -t second").expect_success();
    assert_eq!(read, "written by systemd-cat\nwritten by logger\n");
    assert!(machine.run("ls /var/log/journal/*/system.journal").success());
}

#[test]
fn a_unit_that_is_killed_is_seen_to_fail() {
    let machine = Machine::boot();
    machine.install_unit("sleeper.service", SLEEPER);
    machine.run("systemctl start sleeper").expect_success();
    assert_eq!(machine.run("systemctl is-active sleeper").stdout, "active\n");
    let said = "journalctl --sync; journalctl -o cat _SYSTEMD_UNIT=sleeper.service";
    assert_eq!(machine.run(said).expect_success(), "up\n");

    machine.run("systemctl kill --signal=KILL sleeper").expect_success();
    wait::until("the killed unit to fail", LIMIT, || {
        machine.run("systemctl is-active sleeper").stdout == "failed\n"
    });
    let unit = machine.run("systemctl show sleeper -p Result -p ExecMainStatus").expect_success();
    assert_eq!(unit, "Result=signal\nExecMainStatus=9\n");
}

#[test]
fn a_followed_journal_shows_a_line_written_later_and_ends_on_ctrl_c() {
    let machine = Machine::boot();
    let mut follow = machine.spawn("journalctl -f -n 0 -o cat -t later");
    // Without this the line could come before journalctl listens, and then it is not shown.
    let mut earlier = 0;
    wait::until("journalctl to follow", LIMIT, || {
        earlier += 1;
        machine.run(&format!("logger -t later try {earlier}; journalctl --sync")).expect_success();
        !follow.lines().is_empty()
    });
    machine.run("logger -t later the line itself").expect_success();
    let line = follow.wait_for_line(LIMIT, |line| line.starts_with("the line"));
    assert_eq!(line, "the line itself");
    let ended = follow.stop("INT", LIMIT);
    assert!(ended.stdout.ends_with("the line itself\n"), "{ended}");
}

#[test]
fn files_come_into_the_machine_with_their_mode_and_their_bytes() {
    let machine = Machine::boot();
    let bytes: Vec<u8> = (0..=255).collect();
    machine.write_file("/srv/new/every byte", &bytes, 0o640);
    let seen = machine.run("stat -c '%a %s' '/srv/new/every byte'").expect_success();
    assert_eq!(seen, "640 256\n");

    machine.install("/bin/true", "/usr/local/bin/ended-well");
    assert!(machine.run("ended-well").success());
    assert_eq!(machine.run("no-such-command").code(), Some(127));
}

#[test]
fn a_tree_comes_into_the_machine_with_its_hard_links() {
    let machine = Machine::boot();
    let tree = tempfile::tempdir().expect("a temporary directory");
    let (api, user) = (tree.path().join("openim-api"), tree.path().join("openim-rpc-user"));
    std::fs::copy("/bin/true", &api).expect("a copy of true");
    std::fs::hard_link(&api, &user).expect("a second name for it");

    machine.install_tree(tree.path(), "/opt/openim/bin");
    let seen = machine.run("cd /opt/openim/bin && stat -c '%h %a' * && ./openim-rpc-user");
    assert_eq!(seen.expect_success(), "2 755\n2 755\n");
}

#[test]
fn a_private_address_is_on_an_interface_that_is_up() {
    let machine = Machine::boot();
    machine.add_private_address("10.77.0.2/24");
    let address = machine.run("ip -j address show dev openim0").expect_success();
    assert!(address.contains("10.77.0.2"), "{address}");
    let flags = machine.run("ip -j link show dev openim0 | jq -c '.[0].flags'").expect_success();
    assert!(flags.contains("\"UP\""), "{flags}");
}

#[test]
fn a_reboot_keeps_the_files_and_adds_a_boot_to_the_journal() {
    let mut machine = Machine::boot();
    machine.write_file("/srv/kept", "kept", 0o644);
    let before = machine.read_file("/proc/sys/kernel/random/boot_id");
    machine.reboot();
    assert_ne!(machine.read_file("/proc/sys/kernel/random/boot_id"), before);
    assert_eq!(machine.read_file("/srv/kept"), "kept");
    let boots = machine.run("journalctl --quiet --list-boots | wc -l").expect_success();
    assert_eq!(boots.trim(), "2");
}

#[test]
fn machines_side_by_side_do_not_see_each_other_and_leave_nothing() {
    let (first, second) = (Machine::boot(), Machine::boot());
    first.write_file("/srv/mine", "1", 0o644);
    assert!(!second.run("test -e /srv/mine").success());
    let identity = |machine: &Machine| machine.read_file("/etc/machine-id");
    assert_ne!(identity(&first), identity(&second));

    let leaders = [first.leader(), second.leader()];
    drop((first, second));
    for leader in leaders {
        assert!(!Path::new(&format!("/proc/{leader}")).exists(), "process {leader} is left");
    }
    let mounts = std::fs::read_to_string("/proc/mounts").expect("/proc is mounted");
    let own = format!("openim-machine-{}", std::process::id());
    assert!(!mounts.contains(&own), "{mounts}");
}

//! deploy/crontab under the real cron, which mails what the report prints.

use std::path::PathBuf;
use std::time::Duration;

use crate::deployment::Deployment;
use crate::machine::Machine;
use crate::wait;

/// cron looks once a minute.
const NEXT_MINUTE: Duration = Duration::from_secs(75);

/// cron hands its mails to this program; here they end in a file.
const SENDMAIL: &str = "#!/bin/sh\ncat >/root/mail.new && mv /root/mail.new /root/mail\n";

#[test]
fn cron_mails_the_report() {
    let machine = Machine::boot();
    let _deployment = Deployment::in_machine(&machine);
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("deploy/crontab");
    let crontab = std::fs::read_to_string(&file).expect("deploy/crontab is there");
    // The first run is not the one that is looked at: what changed since is.
    let command = crontab.lines().find_map(|line| line.split_once(" root /")).expect("a line of root's").1;
    machine
        .run(&format!("install -d -m 750 /var/lib/openim-check; env -i OPENIM_ROOT=/opt/openim /{command}"))
        .expect_success();

    assert!(crontab.contains("\n0 7 * * * root "), "another time than this test puts another in place of");
    machine.write_file("/usr/sbin/sendmail", SENDMAIL, 0o755);
    machine.write_file(
        "/etc/cron.d/openim-check",
        crontab.replace("\n0 7 * * * root ", "\n* * * * * root "),
        0o644,
    );
    machine.run("systemctl is-active cron.service").expect_success();

    wait::until("cron's mail", NEXT_MINUTE, || machine.run("test -e /root/mail").success());
    let mail = machine.read_file("/root/mail");
    let (head, body) = mail.split_once("\n\n").expect("a head and a body");
    assert!(head.contains("\nTo: root"), "{mail}");
    assert!(body.starts_with("OK  12 instances of 12 services, 1 dependency"), "{mail}");
    assert!(body.contains("\nNothing changed since "), "{mail}");
    assert!(body.lines().any(|line| line.starts_with("rpc-user ") && line.ends_with(" 0")), "{mail}");
}

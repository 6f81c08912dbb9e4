//! openim-logs on the journal of a real systemd: following, and agreeing with journalctl.

use std::collections::BTreeSet;
use std::time::Duration;

use openim_ops::openim::service::Service;

use crate::deployment::{Deployment, unit};
use crate::machine::Machine;

const LIMIT: Duration = Duration::from_secs(15);

#[test]
fn a_followed_service_shows_a_line_written_later_with_its_level() {
    let machine = Machine::boot();
    let deployment = Deployment::in_machine(&machine);
    let command = "openim-logs api -f --since \"20 min ago\"";
    let mut plain = machine.spawn(command);
    let mut aligned = machine.spawn(&format!("{command} -o openim"));
    for follow in [&mut plain, &mut aligned] {
        // What was there before comes first.
        follow.wait_for_line(LIMIT, |line| line.contains("API server is initializing"));
    }

    let answer = deployment.post("/auth/get_admin_token", "written-later").expect_success();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");

    // As journalctl prints it: the level and the request are in the line.
    let line = plain.wait_for_line(LIMIT, |line| line.contains("written-later"));
    assert!(line.contains("openim-api[") && line.contains("INFO") && !line.contains('\u{1b}'), "{line}");
    // OpenIM's own view: time, level, service, message; the request below.
    let line = aligned.wait_for_line(LIMIT, |line| line.contains("getAdminToken"));
    assert!(line[12..].starts_with(" INFO  api"), "{line}");
    aligned.wait_for_line(LIMIT, |line| line.trim_start().starts_with("op=written-later "));

    for follow in [plain, aligned] {
        let ended = follow.stop("INT", LIMIT);
        assert!(!ended.stdout.contains("rpc-user"), "only the API was asked for\n{ended}");
    }
}

#[test]
fn a_trace_that_follows_waits_for_the_request_and_shows_it_when_it_is_over() {
    let machine = Machine::boot();
    let deployment = Deployment::in_machine(&machine);
    deployment.post("/auth/get_admin_token", "before").expect_success();
    // Another service never falls silent.
    machine.run("openim-sandbox break --root /opt/openim push#0 log-storm=300").expect_success();
    let mut waiting = machine.spawn("openim-logs trace awaited -f");
    // A request that is over already is shown at once; by then the first has long been listening.
    let known = machine.run("openim-logs trace before -f").expect_success();
    assert!(known.starts_with("before   ") && known.contains("auth.Auth/getAdminToken"), "{known}");
    assert!(waiting.lines().is_empty(), "shown before it was made: {:?}", waiting.lines());

    let answer = deployment.post("/auth/get_admin_token", "awaited").expect_success();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    let headline = waiting.wait_for_line(LIMIT, |_| true);
    assert!(headline.starts_with("awaited   ") && headline.contains(" 2 services, "), "{headline}");
    let call = waiting.wait_for_line(LIMIT, |line| line.contains("auth.Auth/getAdminToken"));
    assert!(call.contains(" api "), "{call}");
    assert!(waiting.stop("INT", LIMIT).stderr.is_empty());
}

#[test]
fn journalctl_agrees_on_which_entries_there_are() {
    let machine = Machine::boot();
    let deployment = Deployment::in_machine(&machine);
    deployment.post("/auth/get_admin_token", "agreed").expect_success();
    // A report about OpenIM is not OpenIM's.
    machine.run("systemd-run --quiet --wait --unit=openim-check openim-check all").expect_success();
    deployment.signal(Service::RpcUser, "KILL");
    // The target is down before its services are: only those that are named are waited for.
    machine.run("systemctl stop openim.target 'openim-*.service'; journalctl --sync").expect_success();

    for service in [Service::Api, Service::RpcUser, Service::MsgTransfer] {
        let ours = cursors(&machine, &format!("openim-logs -o json {service}"));
        let theirs = cursors(&machine, &format!("journalctl -o json --all -u {}", unit(service)));
        assert!(theirs.len() >= 4, "systemd's lines and the service's own\n{theirs:#?}");
        assert_eq!(ours, theirs, "of {service}");
    }
    let units = Service::ALL.map(|service| format!(" -u {}", unit(service))).concat();
    let ours = cursors(&machine, "openim-logs -o json");
    let theirs = cursors(&machine, &format!("journalctl -o json --all{units}"));
    assert_eq!(ours, theirs);

    let text = machine.run("openim-logs -o json api | jq -r .MESSAGE").expect_success();
    let line = text.lines().find(|line| line.contains("agreed"));
    let line = line.unwrap_or_else(|| panic!("the request is missing\n{text}"));
    assert!(line.contains("\tINFO\t") && line.contains("getAdminToken"), "{line}");
}

#[test]
fn errors_are_found_by_their_true_level_where_journalctl_finds_none() {
    let machine = Machine::boot();
    let _deployment = Deployment::in_machine(&machine);
    let mut written = 0;
    for (service, seed) in [(Service::Api, 1), (Service::RpcGroup, 2), (Service::MsgTransfer, 3)] {
        let mix = "debug=20,info=50,warn=20,error=10";
        let say = format!(
            "openim-sandbox say --root /opt/openim {service}#0 --lines 300 --mix {mix} --seed {seed} | jq .ERROR"
        );
        let errors = machine.run(&say).expect_success();
        written += errors.trim().parse::<usize>().expect("the sandbox counts what it writes");
    }
    assert!(written >= 30, "{written}");
    machine.run("journalctl --sync").expect_success();

    let theirs = machine.run("journalctl --quiet -p err --grep ERROR -o cat");
    assert_eq!(theirs.stdout, "", "{theirs}");
    let ours = machine.run("openim-logs -L error -o json | wc -l").expect_success();
    assert_eq!(ours.trim().parse(), Ok(written));
    let levels = "openim-logs -L error -o openim-json | jq -r .level | sort -u";
    assert_eq!(machine.run(levels).expect_success(), "ERROR\n");
}

/// The entries, each once; printed twice is a failure.
#[track_caller]
fn cursors(machine: &Machine, command: &str) -> BTreeSet<String> {
    let printed = machine.run(&format!("{command} | jq -r .__CURSOR")).expect_success();
    let cursors: BTreeSet<String> = printed.lines().map(str::to_owned).collect();
    assert_eq!(cursors.len(), printed.lines().count(), "`{command}` printed an entry twice");
    cursors
}

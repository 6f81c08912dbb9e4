//! What `openim-check all` says of a deployment that is well, and of each way it can be broken: on real
//! processes, sockets and a registry (the sandbox).

mod check;
#[path = "support/missing.rs"]
mod missing;
#[path = "support/program.rs"]
mod program;

use std::net::{IpAddr, TcpListener};
use std::process::Command;
use std::time::{Duration, Instant};

use check::{
    Checked, PATIENCE, check, check_at, outgrow_grace, report, small, started, until, until_not_ok,
    until_warned,
};
use openim_ops::openim::service::Service;
use openim_sandbox::{Etcd, Fault, Generation, Sandbox};
use rustix::process::Signal;
use serde_json::Value;

#[test]
fn the_release_line_healthy() {
    let sandbox = started(Sandbox::builder().loopback());
    let checked = check(&sandbox, &["all"]);
    checked.expect(0, "OK  26 instances of 12 services, 1 dependency (v3.8.3 or later, ");
    checked.mentions("8 of 8");
    checked.mentions("listens on nothing (as it should)");
    checked.mentions("8 registered");
    assert!(checked.text.lines().all(|line| line.chars().count() <= 80), "{}", checked.text);
}

#[test]
fn main_healthy_with_its_29_processes() {
    let sandbox = started(Sandbox::builder().loopback().generation(Generation::Main));
    let checked = check(&sandbox, &["all"]);
    checked.expect(0, "OK  29 instances of 12 services, 1 dependency (main of 2026, ");
    check(&sandbox, &["api", "--only", "http"]).mentions("answers in");
}

#[test]
fn the_json_report_keeps_its_contract() {
    let sandbox = started(small());
    let report = report(&sandbox, &["all"]);
    assert_eq!(report["schema"], "openim-check/1");
    assert_eq!(report["verdict"], "pass");
    assert_eq!(report["causes"], Value::Array(Vec::new()));
    assert_eq!(report["root"].as_str(), sandbox.root().to_str());
    let services = report["services"].as_array().expect("services");
    assert_eq!(services.len(), 12);
    let push = services.iter().find(|service| service["name"] == "openim-push").expect("push");
    assert_eq!(push["expected_instances"], 2);
    assert_eq!(push["instances"][1]["pid"].as_u64(), sandbox.pid(Service::Push, 1).map(u64::from));
    let checks = push["instances"][1]["checks"].as_array().expect("checks");
    let ids: Vec<_> = checks.iter().filter_map(|check| check["id"].as_str()).collect();
    let names = ["process", "port", "grpc", "metrics", "registry"];
    assert_eq!(ids, names.map(|name| format!("openim-push#1/{name}")));
    assert_eq!(report["dependencies"][0]["checks"][0]["id"], "etcd/keys");
}

#[test]
fn one_of_eight_msgtransfer_killed() {
    let mut sandbox = started(Sandbox::builder().loopback().instances(Service::Push, 1));
    sandbox.kill(Service::MsgTransfer, 3).expect("kill");
    let checked = check(&sandbox, &["all", "--grace", "1ms"]);
    checked.expect(1, "FAIL  msgtransfer 3 is not running: 7 of 8 instances run");
    let program = sandbox.program_of(Service::MsgTransfer);
    checked.mentions(&format!("then start it: {} -i 3 -c ", program.display()));
    checked.mentions("openim-msgtransfer#3/process: expected one live process, got no process");
}

#[test]
fn what_is_missing_while_the_deployment_comes_up_is_starting() {
    let mut sandbox = started(small());
    sandbox.kill(Service::MsgTransfer, 1).expect("kill");
    let young = check(&sandbox, &["all", "--grace", "1h"]);
    young.expect(1, "STARTING  13 of 14 instances ready; not yet msgtransfer 1");
    check(&sandbox, &["all", "--grace", "1ms"]).expect(1, "FAIL  msgtransfer 1 is not running");
    sandbox.start(Service::MsgTransfer, 1).expect("start");
    sandbox.wait_ready(PATIENCE).expect("it comes up");
    until(&sandbox, &["all"], |checked| checked.code == Some(0)).expect(0, "OK  14 instances");
}

#[test]
fn what_starts_while_it_is_looked_at_is_not_called_missing() {
    let mut sandbox = started(small());
    // A look takes as long as a probe may.
    sandbox.break_with(Service::Api, 0, Fault::NoAnswer).expect("break");
    let deadline = Instant::now() + PATIENCE;
    loop {
        sandbox.kill(Service::RpcGroup, 0).expect("kill");
        let root = sandbox.root().to_owned();
        let look =
            std::thread::spawn(move || check_at(&root, &["all", "--probe-timeout", "2s", "--grace", "1ms"]));
        std::thread::park_timeout(Duration::from_millis(500));
        sandbox.start(Service::RpcGroup, 0).expect("start");
        let checked = look.join().expect("it does not panic");
        assert!(!checked.text.contains("rpc-group is not running"), "{}", checked.text);
        if checked.text.contains("started while it was looked at") {
            assert!(!checked.text.contains("leftover"), "{}", checked.text);
            return;
        }
        // The machine was so busy that the look began after the start.
        assert!(Instant::now() < deadline, "{}", checked.text);
    }
}

#[test]
fn the_api_stopped_by_sigstop_is_not_waited_for() {
    let sandbox = started(small());
    sandbox.signal(Service::Api, 0, Signal::STOP).expect("stop");
    let pid = sandbox.pid(Service::Api, 0).expect("it runs");
    let checked = check(&sandbox, &["all", "--probe-timeout", "1min", "--deadline", "2min"]);
    checked.expect(1, &format!("FAIL  api (pid {pid}) is stopped by SIGSTOP"));
    checked.mentions(&format!("kill -CONT {pid}"));
}

#[test]
fn connections_wait_in_the_queue_of_a_stopped_api() {
    let sandbox = started(small());
    sandbox.signal(Service::Api, 0, Signal::STOP).expect("stop");
    let connect =
        || std::net::TcpStream::connect(("127.0.0.1", sandbox.api_port())).expect("the kernel accepts");
    let waiting = [connect(), connect(), connect()];
    let pid = sandbox.pid(Service::Api, 0).expect("it runs");
    let line = format!("FAIL  api (pid {pid}) is stopped by SIGSTOP; 3 connections wait in its queue");
    check(&sandbox, &["api"]).expect(1, &line);
    drop(waiting);
}

#[test]
fn a_foreign_program_on_the_port_of_the_api() {
    let mut sandbox = started(small());
    sandbox.terminate(Service::Api, 0).expect("end the api");
    let port = sandbox.api_port();
    let foreign = TcpListener::bind(("127.0.0.1", port)).expect("the port is free now");
    let checked = check(&sandbox, &["all"]);
    let me = std::process::id();
    checked.expect(1, &format!("FAIL  api cannot have :{port}: it belongs to "));
    assert!(checked.first_line().contains(&format!("(pid {me})")), "{}", checked.text);
    checked.mentions("config/openim-api.yml:");
    drop(foreign);
}

#[test]
fn push_twice_with_the_same_index() {
    let mut sandbox = started(small());
    let first = sandbox.pid(Service::Push, 1).expect("it runs");
    let second = sandbox.start(Service::Push, 1).expect("start it again");
    let checked = check(&sandbox, &["all"]);
    checked.expect(1, "FAIL  push 1 runs twice");
    checked.mentions(&format!("pids {} {} share index 1", first.min(second), first.max(second)));
}

#[test]
fn an_instance_beyond_the_number_is_a_warning() {
    let mut sandbox = started(small());
    // The ports lists of OpenIM have 16 places, so this index is one that really starts.
    sandbox.start(Service::Push, 9).expect("start one more");
    let checked = until_warned(&sandbox);
    checked.expect(0, "WARN  push 9 runs beyond the number of start-config.yml");
}

#[test]
fn an_api_that_accepts_and_never_answers() {
    let mut sandbox = started(small());
    sandbox.break_with(Service::Api, 0, Fault::NoAnswer).expect("break");
    let checked = check(&sandbox, &["all", "--probe-timeout", "300ms"]);
    checked.expect(1, "FAIL  api accepts connections but gives no answer within 300 ms");
}

#[test]
fn the_deadline_ends_a_run_whatever_the_other_side_does_and_names_what_was_cut_off() {
    let mut sandbox = started(small());
    sandbox.break_with(Service::Api, 0, Fault::NoAnswer).expect("break");
    let checked = check(&sandbox, &["all", "--probe-timeout", "1min", "--deadline", "500ms"]);
    checked.expect(1, "FAIL  api is not known: the check had to end first");
    checked.mentions("openim-api#0/http (pid ");
    checked.mentions("expected 200 to OPTIONS, got no answer by then");
    checked.mentions("13 other instances, etcd");
}

#[test]
fn an_api_that_closes_every_connection() {
    let mut sandbox = started(small());
    sandbox.break_with(Service::Api, 0, Fault::Close).expect("break");
    outgrow_grace(&sandbox, Service::Api);
    check(&sandbox, &["all"]).expect(1, "FAIL  api closes the connection without an answer");
}

#[test]
fn an_errcode_in_a_200_is_no_health() {
    let mut sandbox = started(small());
    sandbox.break_with(Service::Api, 0, Fault::ErrCode(500)).expect("break");
    until_not_ok(&sandbox, &["all", "--deep"]).expect(1, "FAIL  api answers with errCode 500");
}

#[test]
fn a_service_on_the_wrong_address() {
    let mut sandbox = started(small());
    let elsewhere = IpAddr::from([127, 0, 0, 2]);
    sandbox.break_with(Service::Api, 0, Fault::WrongAddress(elsewhere)).expect("break");
    let port = sandbox.api_port();
    let checked =
        until(&sandbox, &["api", "--only", "port"], |checked| checked.first_line().contains("127.0.0.2"));
    checked.expect(1, &format!("FAIL  api listens on 127.0.0.2:{port}, not on 127.0.0.1"));
}

#[test]
fn a_lost_registration_is_named_with_what_clients_see() {
    let mut sandbox = started(small());
    outgrow_grace(&sandbox, Service::RpcAuth);
    sandbox.break_with(Service::RpcAuth, 0, Fault::Unregistered).expect("break");
    let checked = until_not_ok(&sandbox, &["all"]);
    checked.expect(1, "FAIL  rpc-auth runs but is not registered in etcd: every login fails");
    checked.mentions("restart openim-rpc-auth");
    checked.mentions("openim-api#0/deep (pid ");
    checked.mentions("expected errCode 1002");
    // For a process that is called young it is the same, and told as often.
    let report = report(&sandbox, &["all", "--grace", "1h"]);
    assert_eq!(report["causes"].as_array().map(Vec::len), Some(1), "{:#}", report["causes"]);
    assert_eq!(report["causes"][0]["verdict"], "starting");
}

#[test]
fn a_key_for_another_port_is_no_registration() {
    let mut sandbox = started(small());
    outgrow_grace(&sandbox, Service::RpcUser);
    sandbox.break_with(Service::RpcUser, 0, Fault::Ghost(1)).expect("break");
    sandbox.break_with(Service::RpcUser, 0, Fault::Unregistered).expect("break");
    let checked = until(&sandbox, &["all"], |checked| {
        checked.first_line().starts_with("FAIL") && checked.text.contains("leftover")
    });
    checked.expect(1, "FAIL  rpc-user runs but is not registered in etcd: every call to it fails");
    checked.mentions("127.0.0.1:1, gone in ");
}

#[test]
fn a_key_without_a_process_is_a_warning_with_its_remaining_time() {
    let mut sandbox = started(small());
    sandbox.break_with(Service::Push, 0, Fault::Ghost(1)).expect("break");
    let checked = until_warned(&sandbox);
    checked.expect(0, "WARN  push 127.0.0.1:1 is a leftover in etcd (no such process), gone in ");
    assert_eq!(check(&sandbox, &["all", "--strict"]).code, Some(1));
}

#[test]
fn a_zombie_is_not_running() {
    let sandbox = started(small());
    sandbox.signal(Service::RpcUser, 0, Signal::KILL).expect("kill");
    let checked = until_not_ok(&sandbox, &["rpc-user"]);
    checked.expect(1, "FAIL  rpc-user is dead (zombie)");
    checked.mentions("has not collected it");
}

#[test]
fn a_dead_child_beside_a_live_service_is_no_fault_of_the_service() {
    let mut sandbox = started(small());
    sandbox.break_with(Service::RpcUser, 0, Fault::ZombieChild).expect("break");
    let deadline = Instant::now() + Duration::from_secs(2);
    while Instant::now() < deadline {
        check(&sandbox, &["rpc-user"]).expect(0, "OK  1 instance of 1 service");
    }
}

#[test]
fn etcd_lost_in_flight_is_one_cause_and_affects_all_that_register() {
    let mut sandbox = started(small());
    sandbox.stop_etcd();
    let checked = check(&sandbox, &["all"]);
    let endpoint = sandbox.etcd_endpoint().to_owned();
    checked.expect(1, &format!("FAIL  etcd {endpoint} refuses connections: nothing can register"));
    let report = report(&sandbox, &["all"]);
    assert_eq!(report["causes"].as_array().map(Vec::len), Some(1), "{report:#}");
    assert_eq!(report["causes"][0]["affects"].as_array().map(Vec::len), Some(10), "{report:#}");
}

#[test]
fn etcd_missing_at_start_is_one_cause_and_blocks_all() {
    let sandbox = small().etcd(Etcd::At("127.0.0.1:1".to_owned())).start().expect("start the sandbox");
    let checked = until(&sandbox, &["all"], |checked| checked.first_line().contains("etcd"));
    checked.expect(1, "FAIL  etcd 127.0.0.1:1 refuses connections: ");
    checked.mentions("all 14 instances wait, logging nothing");
    checked.mentions("start etcd");
}

#[test]
fn processes_that_may_not_be_looked_at_are_unknown_and_never_missing_or_strangers() {
    if !rustix::process::geteuid().is_root() {
        return missing::did_not_run("only root can become somebody else");
    }
    let sandbox = started(small());
    let program = sandbox.root().join("openim-check");
    program::put(env!("CARGO_BIN_EXE_openim-check"), &program);
    let mut command = Command::new(program);
    std::os::unix::process::CommandExt::uid(&mut command, 65_534);
    let output =
        command.arg("--root").arg(sandbox.root()).current_dir("/").output().expect("start openim-check");
    let text = String::from_utf8(output.stdout).expect("output is text");
    let checked = Checked { code: output.status.code(), text };
    checked.expect(75, "UNKNOWN  processes of uid 0 are hidden from uid 65534 (14 instances)");
    checked.mentions("run as root");
    assert!(
        !checked.text.contains("belongs to") && !checked.text.contains("without a process"),
        "{}",
        checked.text
    );
}

#[test]
fn a_process_of_another_deployment_is_not_counted() {
    let mut sandbox = started(small());
    let _other = started(small());
    sandbox.kill(Service::RpcGroup, 0).expect("kill");
    check(&sandbox, &["all", "--grace", "1ms"]).expect(1, "FAIL  rpc-group is not running");
}

#[test]
fn several_faults_are_several_causes_and_the_first_line_names_them_all() {
    let mut sandbox = started(small());
    sandbox.kill(Service::MsgTransfer, 0).expect("kill");
    sandbox.kill(Service::MsgTransfer, 1).expect("kill");
    sandbox.signal(Service::Api, 0, Signal::STOP).expect("stop");
    let checked = check(&sandbox, &["all", "--grace", "1ms"]);
    checked.expect(1, "FAIL  msgtransfer 0 1 are not running: 0 of 2 instances run; also api");
}

#[test]
fn a_service_without_any_instance_is_told_before_one_that_has_others() {
    let mut sandbox = started(small());
    sandbox.kill(Service::MsgTransfer, 0).expect("kill");
    sandbox.kill(Service::RpcGroup, 0).expect("kill");
    let checked = check(&sandbox, &["all", "--grace", "1ms"]);
    checked.expect(1, "FAIL  rpc-group is not running");
    assert!(checked.text.lines().next().is_some_and(|line| line.ends_with("; also msgtransfer 0")));
}

#[test]
fn the_process_decides_its_configuration_and_not_the_checker() {
    let sandbox = started(small());
    // The checker's own ideas are wrong; those of the processes count.
    let misled = |words: &[&str], variable: &str, value: &str| {
        let mut check = Command::new(env!("CARGO_BIN_EXE_openim-check"));
        check.arg("--root").arg(sandbox.root()).args(words).env(variable, value);
        let output = check.output().expect("start openim-check");
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    };
    misled(&["api", "--only", "port"], "IMENV_OPENIM_API_API_PORTS", "1");
    // So it is with a server that is asked alone.
    misled(&["etcd"], "IMENV_DISCOVERY_ETCD_ADDRESS", "127.0.0.1:1");
}

#[test]
fn the_report_says_what_changed_and_counts_restarts() {
    let mut sandbox = started(small());
    let state = sandbox.root().join("state.json");
    let state = state.to_str().expect("a path of text");
    let first = check(&sandbox, &["report", "--state", state]);
    first.expect(0, "OK  ");
    first.mentions("This is the first report.");
    sandbox.restart(Service::RpcUser, 0).expect("restart");
    sandbox.wait_ready(PATIENCE).expect("it comes up");
    sandbox.kill(Service::Push, 1).expect("kill");
    let second = check(&sandbox, &["report", "--state", state, "--grace", "1ms"]);
    second.expect(1, "FAIL  push 1 is not running");
    second.mentions("the verdict was OK, and is FAIL now");
    second.mentions("openim-push#1 was OK, and is FAIL now");
    second.mentions("openim-rpc-user#0 was restarted");
    let row = second.text.lines().find(|line| line.starts_with("rpc-user ")).expect("a row of rpc-user");
    assert!(row.ends_with("  1"), "{row}");
}

#[test]
fn a_pipe_that_nobody_empties_does_not_hold_the_run() {
    let sandbox = started(small());
    let (reader, mut writer) = std::io::pipe().expect("a pipe");
    // The usual size of a pipe, which fills it up.
    std::io::Write::write_all(&mut writer, &vec![b'x'; 65_536]).expect("fill the pipe");
    let mut child = Command::new(env!("CARGO_BIN_EXE_openim-check"))
        .arg("--root")
        .arg(sandbox.root())
        .args(["all", "--deadline", "1s"])
        .stdout(writer)
        .spawn()
        .expect("start openim-check");
    let deadline = Instant::now() + PATIENCE;
    let status = loop {
        if let Some(status) = child.try_wait().expect("look at the child") {
            break status;
        }
        assert!(Instant::now() < deadline, "it hangs on the pipe");
        std::thread::park_timeout(Duration::from_millis(20));
    };
    assert_eq!(status.code(), Some(0));
    drop(reader);
}

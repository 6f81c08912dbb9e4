//! etcd: a real one, alone, of three members, with users, at its quota.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::Command;
use std::thread;

use openim_sandbox::free_port;

use crate::refusing::refusing_address;
use crate::server::{Server, wait_until};
use crate::site::{SECRET, Said, Site};
use crate::wire::Wire;

fn etcd(options: &[&str]) -> Server {
    etcd_on(free_port(), options)
}

/// A new etcd on this port, which knows nothing.
pub(crate) fn etcd_on(port: u16, options: &[&str]) -> Server {
    Server::start_on("etcd", port, |command, dir, port| {
        let (client, peer) =
            (format!("http://127.0.0.1:{port}"), format!("http://127.0.0.1:{}", free_port()));
        command.arg("--data-dir").arg(dir).args(["--log-level", "error"]);
        command.args(["--listen-client-urls", &client, "--advertise-client-urls", &client]);
        command.args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", &peer]);
        command.args(["--initial-cluster", &format!("default={peer}")]).args(options);
    })
}

fn cluster() -> Vec<Server> {
    let ports: Vec<(u16, u16)> = (0..3).map(|_| (free_port(), free_port())).collect();
    let all: Vec<String> =
        ports.iter().enumerate().map(|(i, (_, peer))| format!("m{i}=http://127.0.0.1:{peer}")).collect();
    let members = ports.iter().enumerate().map(|(i, (client, peer))| {
        Server::launch_on("etcd", *client, |command, dir, port| {
            let (client, peer) = (format!("http://127.0.0.1:{port}"), format!("http://127.0.0.1:{peer}"));
            command.args(["--name", &format!("m{i}"), "--log-level", "error"]).arg("--data-dir").arg(dir);
            command.args(["--listen-client-urls", &client, "--advertise-client-urls", &client]);
            command.args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", &peer]);
            command.args(["--initial-cluster", &all.join(",")]);
        })
    });
    members.collect()
}

fn ask(addresses: &str, keys: &str) -> Said {
    let text = format!("enable: etcd\netcd:\n  rootDirectory: openim\n  address: [ {addresses} ]\n{keys}");
    Site::new().file("discovery.yml", &text).check(&["etcd", "--probe-timeout", "2s"])
}

fn ctl(server: &Server, words: &[&str]) {
    let output = Command::new("etcdctl")
        .env("ETCDCTL_API", "3")
        .args(["--endpoints", &server.address()])
        .args(words)
        .output()
        .unwrap();
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// An etcd on a machine whose clock stands in another year.
#[test]
fn a_clock_far_from_etcds_is_named() {
    let etcd = Wire::Says(
        "HTTP/1.1 200 OK\r\nDate: Tue, 02 Jan 2024 10:00:00 GMT\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
    );
    let text = format!("enable: etcd\netcd:\n  rootDirectory: openim\n  address: [ {} ]\n", etcd.listen());
    let said = Site::new().file("discovery.yml", &text).check(&["host/clock", "etcd/keys"]);
    said.row("etcd, a clock of another year", 0, "before etcd's: tokens and log lines of the two do not fit");
}

#[test]
fn one_etcd_and_each_way_not_to_answer() {
    let server = etcd(&[]);
    wait_until("etcd is ready", || (ask(&server.address(), "").code == Some(0)).then_some(()));
    ask(&server.address(), "").row("etcd", 0, "OK");
    ask(&refusing_address(), "").row("etcd, nobody listens", 1, "refuses connections");
    ask("etcd.invalid:2379", "").row("etcd, unknown host", 1, "host name does not resolve");
    ask(&Wire::Close.listen(), "").row("etcd, closed at once", 1, "closes the connection without an answer");
    ask(&Wire::Silent.listen(), "").row("etcd, silence", 1, "gives no answer within 2 s");
    server.signal("STOP");
    ask(&server.address(), "").row("etcd, SIGSTOP", 1, "gives no answer within 2 s");
}

#[test]
fn users_are_let_in_or_not() {
    let server = etcd(&[]);
    wait_until("etcd is ready", || (ask(&server.address(), "").code == Some(0)).then_some(()));
    ctl(&server, &["user", "add", &format!("root:{SECRET}")]);
    ctl(&server, &["user", "grant-role", "root", "root"]);
    ctl(&server, &["auth", "enable"]);
    let login = |user: &str, password: &str| format!("  username: {user}\n  password: {password}\n");
    ask(&server.address(), &login("root", SECRET)).row("etcd with users", 0, "OK");
    ctl(&server, &["--user", &format!("root:{SECRET}"), "user", "add", &format!("openim:{SECRET}")]);
    ctl(&server, &["--user", &format!("root:{SECRET}"), "role", "add", "openim"]);
    ctl(
        &server,
        &[
            "--user",
            &format!("root:{SECRET}"),
            "role",
            "grant-permission",
            "openim",
            "--prefix=true",
            "readwrite",
            "openim/",
        ],
    );
    ctl(&server, &["--user", &format!("root:{SECRET}"), "user", "grant-role", "openim", "openim"]);
    ask(&server.address(), &login("openim", SECRET)).row(
        "etcd with users, one of them OpenIM's own",
        0,
        "OK",
    );
    ask(&server.address(), "").row(
        "etcd with users, no login",
        1,
        "refuses OpenIM's login: user name is empty",
    );
    ask(&server.address(), &login("root", "wrong")).row(
        "etcd, wrong password",
        1,
        "refuses the login of user root",
    );
}

#[test]
fn one_member_of_three_may_be_away_and_two_may_not() {
    let mut members = cluster();
    let all = members.iter().map(Server::address).collect::<Vec<_>>().join(", ");
    let first = members[0].address();
    wait_until("the three are one", || ask(&all, "").first_line().starts_with("OK").then_some(()));
    ask(&all, "").row("etcd of three members", 0, "OK");
    drop(members.pop());
    wait_until("a leader is there", || (ask(&all, "").code == Some(0)).then_some(()));
    ask(&all, "").row("etcd, one of three members down", 0, "WARN  etcd");
    ask(&first, "").row(
        "etcd, a member down that the configuration does not name",
        0,
        "1 of 3 members is away",
    );
    drop(members.pop());
    let lost = || ask(&all, "").first_line().contains("has no leader").then_some(());
    wait_until("the last one notices", lost);
    ask(&all, "").row(
        "etcd, two of three members down",
        1,
        "has no leader: 1 of 3 members answer, 2 are needed",
    );
}

/// One that hangs takes no time from the others: all are asked at once.
#[test]
fn members_that_hang_are_told_within_the_one_time_out() {
    let server = etcd(&[]);
    wait_until("etcd is ready", || (ask(&server.address(), "").code == Some(0)).then_some(()));
    let hanging: Vec<String> = (0..4).map(|_| Wire::Silent.listen()).collect();
    let all = format!("{}, {}", hanging.join(", "), server.address());
    ask(&all, "").row("etcd, four of five addresses silent", 0, "serves, but 4 of 5 members are away");
}

/// A stand-in that tells its keys and refuses some questions about itself.
fn reluctant(refused: &'static [&'static str]) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut asked = [0; 1024];
            let length = (&stream).read(&mut asked).unwrap_or(0);
            let asked = String::from_utf8_lossy(&asked[..length]).into_owned();
            let (status, body) = if refused.iter().any(|path| asked.contains(path)) {
                ("500 x", r#"{"error":"etcdserver: request timed out","code":14}"#)
            } else {
                ("200 OK", r#"{"leader":"7"}"#)
            };
            let head =
                format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = (&stream).write_all((head + body).as_bytes());
        }
    });
    address
}

#[test]
fn what_etcd_does_not_tell_is_not_taken_for_good() {
    ask(&reluctant(&["/maintenance/alarm"]), "").row(
        "etcd, its alarms not told",
        75,
        "serves, but asked for its alarms it answers with an error: request timed out",
    );
    ask(&reluctant(&["/maintenance/status"]), "").row(
        "etcd, its members not told",
        75,
        "lets its keys be read, and asked for its members it answers with an error: request timed out",
    );
    ask(&reluctant(&[]), "").row("etcd, a stand-in that tells all", 0, "OK");
}

#[test]
fn a_full_database_is_no_healthy_etcd() {
    let server = etcd(&["--quota-backend-bytes", "100000"]);
    wait_until("etcd is ready", || (ask(&server.address(), "").code == Some(0)).then_some(()));
    let value = "x".repeat(60_000);
    let refused = || {
        let put = Command::new("etcdctl")
            .env("ETCDCTL_API", "3")
            .args(["--endpoints", &server.address(), "put", "key", &value])
            .output()
            .unwrap();
        String::from_utf8_lossy(&put.stderr).contains("space exceeded").then_some(())
    };
    wait_until("the quota is reached", refused);
    ask(&server.address(), "").row("etcd, quota reached", 1, "has reached its quota (alarm NOSPACE)");
}

//! `ZooKeeper`: a real one, alone, in an ensemble that it has lost, and an old one that may not tell.

use std::fmt::Write as _;

use openim_sandbox::free_port;

use crate::java::java;
use crate::refusing::refusing_address;
use crate::server::{Server, wait_until};
use crate::site::{Said, Site};
use crate::wire::Wire;

/// With these lines in its configuration.
fn zookeeper(main: &str, keys: &str) -> Server {
    Server::start("java", |command, dir, port| {
        let (data, mut text) = (dir.join("data"), keys.to_owned());
        std::fs::create_dir(&data).unwrap();
        std::fs::write(data.join("myid"), "1").unwrap();
        let _ = write!(
            text,
            "\ntickTime=200\ninitLimit=5\nsyncLimit=2\nadmin.enableServer=false\ndataDir={}\nclientPort={port}\n\
             clientPortAddress=127.0.0.1\n",
            data.display()
        );
        std::fs::write(dir.join("zoo.cfg"), text).unwrap();
        java(command, main);
        command.arg("zoo.cfg");
    })
}

fn alone() -> Server {
    zookeeper("org.apache.zookeeper.server.ZooKeeperServerMain", "")
}

fn ask(addresses: &str) -> Said {
    let text = format!("enable: zookeeper\nzookeeper:\n  schema: openim\n  address: [ {addresses} ]\n");
    Site::new().file("discovery.yml", &text).check(&["zookeeper", "--probe-timeout", "2s"])
}

#[test]
fn one_zookeeper_and_each_way_not_to_answer() {
    let server = alone();
    wait_until("ZooKeeper serves", || (ask(&server.address()).code == Some(0)).then_some(()));
    ask(&server.address()).row("zookeeper", 0, "OK");
    let nobody = refusing_address();
    ask(&nobody).row("zookeeper, nobody listens", 1, "refuses connections");
    ask(&format!("{}, {nobody}", server.address())).row(
        "zookeeper, one of two away",
        0,
        "serves, but 1 of 2 servers do not: ",
    );
    ask("zookeeper.invalid:2181").row("zookeeper, unknown host", 1, "host name does not resolve");
    ask(&Wire::Close.listen()).row("zookeeper, closed at once", 1, "closes the connection without an answer");
    ask(&Wire::Silent.listen()).row("zookeeper, silence", 1, "gives no answer within 2 s");
    ask(&Wire::Says("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n").listen()).row(
        "zookeeper, an SSH server",
        1,
        "does not speak ZooKeeper",
    );
    server.signal("STOP");
    ask(&server.address()).row("zookeeper, SIGSTOP", 1, "gives no answer within 2 s");
}

/// 3.4 leaves out what its whitelist does not name; later servers always answer `srvr`.
#[test]
fn one_that_may_not_say_how_it_is_cannot_be_judged() {
    let old = Wire::Says("srvr is not executed because it is not in the whitelist.\n").listen();
    ask(&old).row("zookeeper, srvr not allowed", 75, "does not say how it is");
}

#[test]
fn one_that_has_lost_its_ensemble_serves_nobody() {
    let mut ensemble = String::new();
    for id in 1..=3 {
        let _ = writeln!(ensemble, "server.{id}=127.0.0.1:{}:{}", free_port(), free_port());
    }
    let server = zookeeper("org.apache.zookeeper.server.quorum.QuorumPeerMain", &ensemble);
    ask(&server.address()).row("zookeeper, two of three away", 1, "is up but serves nobody");
}

/// Two of three serve on: that is enough, and one more lost is the end of it.
#[test]
fn one_of_three_that_has_lost_the_others_is_a_warning() {
    let [first, second] = [(); 2].map(|()| Wire::Says("Zookeeper version: 3.6.4\nMode: follower\n").listen());
    let lost = Wire::Says("This ZooKeeper instance is not currently serving requests\n").listen();
    let sentence = format!("serves, but 1 of 3 servers do not: {lost} has lost its ensemble");
    ask(&format!("{first}, {second}, {lost}")).row("zookeeper, one of three lost", 0, &sentence);
    let said = ask(&format!("{first}, {lost}, {}", refusing_address()));
    said.row("zookeeper, one of three serves", 0, "serves, but 2 of 3 servers do not: ");
    assert!(said.text.starts_with("WARN  "), "{}", said.text);
}

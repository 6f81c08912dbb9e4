//! Kafka: a real one, alone and of two brokers, with users, with TLS, wrongly advertised, and with nobody at home.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use openim_sandbox::free_port;

use crate::java::java;
use crate::kafka_client::Client;
use crate::refusing::refusing_address;
use crate::server::{Server, wait_until};
use crate::site::{SECRET, Said, Site};
use crate::wire::Wire;

const TOPICS: &str = "toRedisTopic: toRedis\ntoMongoTopic: toMongo\ntoPushTopic: toPush\n\
    toOfflinePushTopic: toOfflinePush\ntoRedisGroupID: redis\ntoMongoGroupID: mongo\ntoPushGroupID: push\n\
    toOfflinePushGroupID: offlinePush\n";

pub(crate) const NAMES: [&str; 4] = ["toRedis", "toMongo", "toPush", "toOfflinePush"];

pub(crate) fn ask(addresses: &str, keys: &str) -> Said {
    let text = format!("address: [ {addresses} ]\n{TOPICS}{keys}");
    Site::new().file("kafka.yml", &text).check(&["kafka", "--probe-timeout", "2s"])
}

/// What of Kafka's own configuration differs from one test to the other.
#[derive(Default)]
struct Node<'t> {
    /// Listeners beside the plain one: name, security protocol, port, advertised port, further keys.
    listeners: &'t [(&'t str, &'t str, u16, u16)],
    more: String,
}

/// A broker that is its own controller, with the ports of its listeners.
pub(crate) fn single() -> Server {
    start(&Node::default())
}

/// The same with listeners of its own beside the plain one: name, security protocol, port, advertised port.
pub(crate) fn with_listeners(listeners: &[(&str, &str, u16, u16)], more: String) -> Server {
    start(&Node { listeners, more })
}

/// The same with a second listener, where the user openim logs in.
#[allow(dead_code, reason = "the benchmark starts it")]
pub(crate) fn with_users(port: u16) -> Server {
    with_listeners(&[("PLAIN", "SASL_PLAINTEXT", port, port)], users_of_plain())
}

fn users_of_plain() -> String {
    format!(
        "listener.name.plain.sasl.enabled.mechanisms=PLAIN\n\
         listener.name.plain.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
         user_openim=\"{SECRET}\";\n"
    )
}

fn start(node: &Node) -> Server {
    let controller = free_port();
    Server::start("java", |command, dir, port| {
        let mut text = format!(
            "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@127.0.0.1:{controller}\n"
        );
        let mut listeners = format!("PLAINTEXT://127.0.0.1:{port}");
        let mut advertised = listeners.clone();
        let mut protocols = "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT".to_owned();
        for (name, protocol, port, told) in node.listeners {
            let _ = write!(listeners, ",{name}://127.0.0.1:{port}");
            let _ = write!(advertised, ",{name}://127.0.0.1:{told}");
            let _ = write!(protocols, ",{name}:{protocol}");
        }
        let _ = write!(
            text,
            "listeners={listeners},CONTROLLER://127.0.0.1:{controller}\nadvertised.listeners={advertised}\n\
             controller.listener.names=CONTROLLER\nlistener.security.protocol.map={protocols}\n{}",
            node.more
        );
        configure(command, dir, &text);
    })
}

/// Writes the configuration, formats the data directory, and gives the command that starts the broker.
fn configure(command: &mut Command, dir: &Path, text: &str) {
    let common = "num.partitions=8\noffsets.topic.num.partitions=1\noffsets.topic.replication.factor=1\n\
        transaction.state.log.replication.factor=1\ntransaction.state.log.min.isr=1\n\
        group.initial.rebalance.delay.ms=0\n";
    let text = format!("{text}{common}log.dirs={}\n", dir.join("data").display());
    std::fs::write(dir.join("server.properties"), text).unwrap();
    let mut format = Command::new("java");
    java(&mut format, "kafka.tools.StorageTool");
    format.current_dir(dir).args(["format", "-t", "openim-ops-test-kafkaA", "-c", "server.properties"]);
    let output = format.stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    java(command, "kafka.Kafka");
    command.arg("server.properties");
}

/// Waits until the broker has made OpenIM's topics and every partition has a leader.
pub(crate) fn make_topics(address: &str) {
    wait_until("the topics are there", || {
        Client::connect(address)?.make_topics(&NAMES)?;
        ask(address, "").first_line().starts_with("OK").then_some(())
    });
}

#[test]
fn one_kafka_and_each_way_not_to_answer() {
    let server = single();
    wait_until("Kafka serves", || ask(&server.address(), "").first_line().starts_with("WARN").then_some(()));
    ask(&server.address(), "").row(
        "kafka without topics",
        0,
        "has no topic toRedis, toMongo, toPush, toOfflinePush",
    );
    make_topics(&server.address());
    ask(&server.address(), "").row("kafka", 0, "OK");
    let text =
        format!("address: [ {} ]\n{}", server.address(), TOPICS.replace(": toRedis\n", ": to/Redis\n"));
    Site::new().file("kafka.yml", &text).check(&["kafka", "--probe-timeout", "2s"]).row(
        "kafka, a topic's name that is none",
        1,
        "has an error for topic to/Redis (no name that a topic may have)",
    );
    let nobody = refusing_address();
    ask(&nobody, "").row("kafka, nobody listens", 1, "refuses connections");
    let two = format!("{nobody}, {}", server.address());
    ask(&two, "").row("kafka, one of two addresses dead", 0, "serves, but 1 of 2 brokers do not answer");
    ask("kafka.invalid:9092", "").row("kafka, unknown host", 1, "host name does not resolve");
    ask(&Wire::Close.listen(), "").row("kafka, closed at once", 1, "closes the connection without an answer");
    ask(&Wire::Silent.listen(), "").row("kafka, silence", 1, "gives no answer within 2 s");
    ask(&Wire::Ssh.listen(), "").row("kafka, an SSH server", 1, "does not speak Kafka");
    ask(&Wire::Tls.listen(), "").row("kafka, a TLS server", 1, "speaks TLS only");
    server.signal("STOP");
    ask(&server.address(), "").row("kafka, SIGSTOP", 1, "gives no answer within 2 s");
}

/// As many elements as an array's four bytes can say would be 200 GB.
#[test]
fn a_server_that_promises_far_too_much_costs_no_memory() {
    // An answer to the first question: length, number of the question, no error, and so many versions.
    let liar = Wire::Says("\0\0\0\x0a\0\0\0\x01\0\0\x7f\x7f\x7f\x7f").listen();
    let site = Site::new().file("kafka.yml", &format!("address: [ {liar} ]\n{TOPICS}"));
    let gigabyte = "ulimit -v 1000000; exec \"$0\" \"$@\"";
    let output = Command::new("sh")
        .args(["-c", gigabyte, env!("CARGO_BIN_EXE_openim-check"), "kafka", "--root"])
        .arg(site.path())
        .output()
        .unwrap();
    let said = Said { code: output.status.code(), text: String::from_utf8(output.stdout).unwrap() };
    said.row("kafka, a server that lies about a length", 1, "does not speak Kafka");
}

#[test]
fn users_are_let_in_or_not_and_clients_sent_astray_or_not() {
    let (plain, scram, astray) = (free_port(), free_port(), free_port());
    let login = "org.apache.kafka.common.security";
    let more = users_of_plain()
        + &format!(
            "listener.name.scram.sasl.enabled.mechanisms=SCRAM-SHA-256\n\
         listener.name.scram.scram-sha-256.sasl.jaas.config={login}.scram.ScramLoginModule required;\n"
        );
    let listeners = [
        ("PLAIN", "SASL_PLAINTEXT", plain, plain),
        ("SCRAM", "SASL_PLAINTEXT", scram, scram),
        ("ASTRAY", "PLAINTEXT", astray, 1),
    ];
    let server = with_listeners(&listeners, more);
    make_topics(&server.address());
    let at = |port: u16| format!("127.0.0.1:{port}");
    let user = |password: &str| format!("username: openim\npassword: {password}\n");
    ask(&at(plain), &user(SECRET)).row("kafka with users", 0, "OK");
    ask(&at(plain), &user("wrong")).row(
        "kafka, wrong password",
        1,
        "is reachable but refuses the login of user openim",
    );
    ask(&at(plain), "").row("kafka with users, no login", 1, "as a broker that wants SASL does");
    ask(&at(scram), &user(SECRET)).row(
        "kafka, SCRAM alone",
        1,
        "it offers SCRAM-SHA-256, and OpenIM speaks PLAIN",
    );
    ask(&server.address(), &user(SECRET)).row(
        "kafka without users, a login",
        1,
        "this listener knows no users",
    );
    ask(&at(astray), "").row(
        "kafka, wrong advertised.listeners",
        1,
        "answers, but sends its clients to 127.0.0.1:1 refuses connections",
    );
}

/// A controller and two brokers, each partition on one of them.
#[test]
fn a_broker_that_is_gone_leaves_partitions_without_a_leader() {
    let controller = free_port();
    let voters = format!(
        "controller.quorum.voters=1@127.0.0.1:{controller}\ncontroller.listener.names=CONTROLLER\n\
         listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT\n"
    );
    let keeper = Server::launch_on("java", controller, |command, dir, port| {
        let own =
            format!("process.roles=controller\nnode.id=1\nlisteners=CONTROLLER://127.0.0.1:{port}\n{voters}");
        configure(command, dir, &own);
    });
    let broker = |id: u8| {
        Server::start("java", |command, dir, port| {
            let own = format!(
                "process.roles=broker\nnode.id={id}\nlisteners=PLAINTEXT://127.0.0.1:{port}\n\
                 broker.session.timeout.ms=6000\n{voters}"
            );
            configure(command, dir, &own);
        })
    };
    let (first, second) = (broker(2), broker(3));
    let both = format!("{}, {}", first.address(), second.address());
    wait_until("both are known", || (Client::connect(&first.address())?.brokers()? == 2).then_some(()));
    make_topics(&first.address());
    ask(&both, "").row("kafka of two brokers", 0, "OK");
    // Until the controller notices, the others still send their clients to it.
    second.signal("STOP");
    ask(&both, "").row(
        "kafka, one of two brokers silent",
        1,
        "sends its clients for toRedis (4 of 8 partitions)",
    );
    drop(second);
    let lost = || ask(&both, "").first_line().contains("has no leader").then_some(());
    wait_until("the controller notices", lost);
    ask(&both, "").row("kafka, one of two brokers gone", 1, "has no leader for toRedis (4 of 8 partitions)");
    drop(keeper);
}

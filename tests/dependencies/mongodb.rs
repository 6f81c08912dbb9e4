//! MongoDB: one that runs in a Java machine and speaks the whole protocol but knows no users; for users, replica sets
//! and their faults a stand-in that is true to the wire.

use std::path::Path;

use crate::java::java;
use crate::mongod::{Mongod, Rights, User};
use crate::refusing::refusing_address;
use crate::server::{Server, wait_until};
use crate::site::{SECRET, Said, Site};
use crate::wire::Wire;

/// One that knows no users.
pub(crate) fn single() -> Server {
    Server::start("java", |command, _, port| {
        java(command, concat!(env!("CARGO_MANIFEST_DIR"), "/tests/dependencies/java/Mongo.java"));
        command.arg(port.to_string());
    })
}

/// The same in TLS, with this certificate and its key.
pub(crate) fn with_tls(certificate: &Path, key: &Path) -> Server {
    Server::start("java", |command, _, port| {
        java(command, concat!(env!("CARGO_MANIFEST_DIR"), "/tests/dependencies/java/Mongo.java"));
        command.arg(port.to_string()).arg(certificate).arg(key);
    })
}

fn ask(addresses: &str, keys: &str) -> Said {
    let text = format!("uri:\naddress: [ {addresses} ]\ndatabase: openim_v3\n{keys}");
    Site::new().file("mongodb.yml", &text).check(&["mongodb", "--probe-timeout", "2s"])
}

pub(crate) fn by_uri(uri: &str) -> Said {
    let text = format!("uri: {uri}\naddress: [ ]\ndatabase: openim_v3\n");
    Site::new().file("mongodb.yml", &text).check(&["mongodb", "--probe-timeout", "2s"])
}

fn login(user: &str, password: &str) -> String {
    format!("username: {user}\npassword: {password}\nauthSource: openim_v3\n")
}

#[test]
fn one_mongodb_and_each_way_not_to_answer() {
    let server = single();
    wait_until("MongoDB serves", || (ask(&server.address(), "").code == Some(0)).then_some(()));
    ask(&server.address(), "").row("mongodb", 0, "OK");
    let nobody = refusing_address();
    ask(&nobody, "").row("mongodb, nobody listens", 1, "refuses connections");
    // The driver has dropped the one by the time that it gives up the other.
    ask(&format!("{}, {nobody}", server.address()), "").row(
        "mongodb of no set beside an address where nobody listens",
        1,
        "is of no replica set, and OpenIM's driver leaves such a server where the configuration names 2 addresses",
    );
    ask("mongo.invalid:27017", "").row("mongodb, unknown host", 1, "host name does not resolve");
    ask(&Wire::Close.listen(), "").row(
        "mongodb, closed at once",
        1,
        "closes the connection without an answer",
    );
    ask(&Wire::Silent.listen(), "").row("mongodb, silence", 1, "gives no answer within 2 s");
    ask(&Wire::Ssh.listen(), "").row("mongodb, an SSH server", 1, "does not speak MongoDB");
    ask(&Wire::Tls.listen(), "").row("mongodb, a TLS server", 1, "speaks TLS only");
    server.signal("STOP");
    ask(&server.address(), "").row("mongodb, SIGSTOP", 1, "gives no answer within 2 s");
}

#[test]
fn users_are_let_in_or_not() {
    let user = || User { name: "openIM", password: SECRET, source: "openim_v3" };
    let modern = Mongod { user: Some(user()), ..Mongod::default() }.listen();
    ask(&modern, &login("openIM", SECRET)).row("mongodb with users", 0, "OK");
    by_uri(&format!("mongodb://openIM:{SECRET}@{modern}/openim_v3")).row(
        "mongodb with users, by URI",
        0,
        "OK",
    );
    ask(&modern, &login("openIM", "wrong")).row(
        "mongodb, wrong password",
        1,
        "is reachable but refuses the login of user openIM (authSource openim_v3): Authentication failed",
    );
    ask(&modern, &login("nobody", SECRET)).row(
        "mongodb, unknown user",
        1,
        "refuses the login of user nobody",
    );
    ask(&modern, "").row(
        "mongodb with users, no login",
        1,
        "refuses OpenIM's login: command listCollections requires",
    );
    let elsewhere = Mongod { user: Some(User { source: "admin", ..user() }), ..Mongod::default() }.listen();
    ask(&elsewhere, &login("openIM", SECRET)).row(
        "mongodb, user of another authSource",
        1,
        "user openIM (authSource openim_v3)",
    );
    let old = Mongod { user: Some(user()), mechanism: "SCRAM-SHA-1", ..Mongod::default() }.listen();
    ask(&old, &login("openIM", SECRET)).row("mongodb, SCRAM-SHA-1 alone", 0, "OK");
    let poor = Mongod { user: Some(user()), rights: Rights::Nothing, ..Mongod::default() }.listen();
    ask(&poor, &login("openIM", SECRET)).row(
        "mongodb, user without rights",
        1,
        "lets OpenIM's user in but forbids what it does: not authorized on openim_v3",
    );
    let reader = Mongod { user: Some(user()), rights: Rights::Read, ..Mongod::default() };
    ask(&reader.clone().listen(), &login("openIM", SECRET)).row(
        "mongodb, user that may only read",
        1,
        "lets OpenIM's user in, which may not insert, update, remove, createIndex in openim_v3",
    );
    ask(&Mongod { rights: Rights::Unasked, ..reader }.listen(), &login("openIM", SECRET)).row(
        "mongodb, user that may only read where nobody is asked for rights",
        0,
        "OK",
    );
}

/// Of a URI only what stands behind the last `@` is an address: a piece of the password is neither asked nor told.
#[test]
fn an_unescaped_password_is_told_nowhere() {
    const PASSWORD: &str = "pa?canary-7f3a";
    let user = User { name: "openIM", password: PASSWORD, source: "openim_v3" };
    let server = Mongod { user: Some(user), ..Mongod::default() }.listen();
    by_uri(&format!("mongodb://openIM:{PASSWORD}@{server}/openim_v3")).row(
        "mongodb, a question mark in the URI's password",
        0,
        "OK",
    );
    let nobody = refusing_address();
    by_uri(&format!("mongodb://openIM:p@ss/{SECRET}@{nobody}/openim_v3")).row(
        "mongodb, an unescaped password, nobody listens",
        1,
        &format!("mongodb {nobody} refuses connections"),
    );
}

/// `rs.initiate()` in a container names the member after it, and nobody else knows that name.
#[test]
fn the_primary_is_asked_by_the_name_that_the_set_gives_it() {
    let named = |name: &str| Mongod { set: Some("rs0"), primary: Some(name.to_owned()), ..Mongod::default() };
    let container = named("4f1c0ffee.invalid:27017").listen();
    ask(&container, "").row(
        "mongodb, a primary by a name that does not resolve",
        1,
        "answers, but its primary 4f1c0ffee.invalid:27017 host name does not resolve",
    );
    by_uri(&format!("mongodb://{container}/openim_v3?directConnection=true")).row(
        "mongodb, the same, directConnection=true",
        0,
        "OK",
    );
    let secondary =
        Mongod { set: Some("rs0"), is_primary: false, primary: Some(container), ..Mongod::default() };
    by_uri(&format!("mongodb://{}/openim_v3?directConnection=true", secondary.listen())).row(
        "mongodb, a secondary, directConnection=true",
        1,
        "takes no writes, and directConnection=true keeps OpenIM from its primary",
    );
}

#[test]
fn a_question_about_the_database_is_answered_or_not() {
    let refuses = |code, words| Mongod { refuses: Some((code, words)), ..Mongod::default() }.listen();
    ask(&refuses(73, "Invalid namespace specified 'open.im'"), "").row(
        "mongodb, listCollections refused",
        1,
        "answers a question about OpenIM's database with an error: Invalid namespace specified",
    );
    ask(&refuses(115, "Command listCollections not supported"), "").row(
        "mongodb, listCollections not supported",
        75,
        "does not know a question about OpenIM's database",
    );
}

#[test]
fn a_replica_set_is_as_good_as_its_primary() {
    let set = |primary: Option<String>| Mongod {
        primary,
        set: Some("rs0"),
        is_primary: false,
        ..Mongod::default()
    };
    let primary = Mongod { set: Some("rs0"), ..Mongod::default() }.listen();
    let secondary = set(Some(primary.clone())).listen();
    ask(&secondary, "").row("mongodb, a secondary that names its primary", 0, "OK");
    by_uri(&format!("mongodb://{primary},{secondary}/openim_v3?replicaSet=rs0")).row(
        "mongodb, replica set",
        0,
        "OK",
    );
    by_uri(&format!("mongodb://{primary}/openim_v3?replicaSet=other")).row(
        "mongodb, another replica set",
        1,
        "is of replica set \"rs0\", and the configuration says \"other\"",
    );
    by_uri(&format!("mongodb://{primary},{}/openim_v3", refusing_address())).row(
        "mongodb, one of two members away",
        0,
        "serves, but 1 of 2 nodes cannot be used",
    );
    let alone = Mongod::default().listen();
    ask(&format!("{alone}, {}", Mongod::default().listen()), "").row(
        "mongodb, two that are no set",
        1,
        "is of no replica set, and OpenIM's driver leaves such a server",
    );
    ask(&format!("{primary}, {alone}"), "").row(
        "mongodb, a set's primary and one of no set",
        0,
        "serves, but 1 of 2 nodes cannot be used",
    );
    let router = || Mongod { is_router: true, ..Mongod::default() }.listen();
    ask(&format!("{}, {}", router(), router()), "").row("mongodb, two routers of one cluster", 0, "OK");
    by_uri(&format!("mongodb://{alone}/openim_v3?replicaSet=rs0")).row(
        "mongodb, no replica set",
        1,
        "is of no replica set, and the configuration says \"rs0\"",
    );
    by_uri(&format!("mongodb://{primary},{alone}/openim_v3?replicaSet=rs0")).row(
        "mongodb, one of two nodes of no replica set",
        0,
        "serves, but 1 of 2 nodes cannot be used",
    );
    ask(&set(None).listen(), "").row("mongodb, no primary", 1, "is a replica set without a primary");
    let nobody = refusing_address();
    ask(&set(Some(nobody)).listen(), "").row(
        "mongodb, primary away",
        1,
        "answers, but its primary 127.0.0.1:",
    );
    ask(&Mongod { wire: 5, ..Mongod::default() }.listen(), "").row(
        "mongodb, older than 3.6",
        75,
        "is older than 3.6 (wire version 5)",
    );
}

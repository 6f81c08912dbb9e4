//! Redis: a real redis-server, plain, with users, with TLS, as replica, as cluster and behind sentinels.

use std::fmt::Write as _;
use std::process::{Command, Stdio};

use openim_sandbox::free_port;

use crate::refusing::refusing_address;
use crate::server::{Server, wait_until};
use crate::site::{SECRET, Said, Site};
use crate::wire::Wire;

fn redis(options: &[&str]) -> Server {
    Server::start("redis-server", |command, _, port| {
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""]).args(options);
    })
}

/// One that wants the password that OpenIM ships.
pub(crate) fn with_password() -> Server {
    redis(&["--requirepass", "openIM123"])
}

/// One that wants another.
pub(crate) fn locked() -> Server {
    redis(&["--requirepass", SECRET])
}

/// `redis.yml` with these addresses and keys.
fn site(address: &str, keys: &str) -> Site {
    Site::new().file("redis.yml", &format!("address: [ {address} ]\n{keys}"))
}

fn ask(address: &str, keys: &str) -> Said {
    site(address, keys).check(&["redis", "--probe-timeout", "800ms"])
}

fn cli(server: &Server, words: &[&str]) -> String {
    let output =
        Command::new("redis-cli").args(["-p", &server.port.to_string()]).args(words).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn password() -> String {
    format!("password: {SECRET}\n")
}

#[test]
fn a_redis_that_is_well_passes_with_and_without_a_login() {
    let plain = redis(&[]);
    ask(&plain.address(), "").row("redis without a password", 0, "OK");
    ask(&plain.address(), &password()).row("redis without a password, one configured", 0, "OK");
    let locked = locked();
    ask(&locked.address(), &password()).row("redis with a password", 0, "OK");
}

/// As a container's start waits for the servers: silent until then, and a line when they are there.
#[test]
fn wait_for_deps_ends_with_a_line_when_the_last_of_them_serves() {
    let port = free_port();
    let site = site(&format!("127.0.0.1:{port}"), "");
    let root = site.path().to_str().unwrap();
    let waiting = Command::new(env!("CARGO_BIN_EXE_openim-check"))
        .args(["wait", "--for", "deps", "--deadline", "1min", "--root", root])
        .env_clear()
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    site.check(&["deps"]).row("redis, not started yet", 1, "refuses connections");
    let _server = Server::start_on("redis-server", port, |command, _, port| {
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""]);
    });
    let output = waiting.wait_with_output().unwrap();
    let (said, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(said.starts_with("OK  1 dependency") && said.lines().count() == 1, "{said}{error}");
    assert_eq!((output.status.code(), error.as_ref()), (Some(0), ""));
}

/// In a mount namespace of its own: a small file system, Redis on it, and what is said while it is small and while it
/// is read-only.
const SMALL_DISK: &str = r#"
    set -eu
    mount -t tmpfs -o size=8m tmpfs "$1"
    redis-server --port "$2" --bind 127.0.0.1 --save "" --dir "$1" >/dev/null &
    redis=$!
    trap 'kill $redis' EXIT
    for _ in $(seq 100); do redis-cli -p "$2" ping >/dev/null 2>&1 && break; sleep 0.1; done
    "$3" --root "$4" host || true
    mount -o remount,ro "$1"
    "$3" --root "$4" host || true
"#;

#[test]
fn a_server_on_a_small_or_read_only_disk_is_told_before_it_fails() {
    let data = tempfile::tempdir().unwrap();
    let address = format!("127.0.0.1:{}", free_port());
    let (_, port) = address.split_once(':').unwrap();
    let site = site(&address, "");
    let output = Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c", SMALL_DISK, "sh"])
        .arg(data.path())
        .args([port, env!("CARGO_BIN_EXE_openim-check")])
        .arg(site.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let path = data.path().display();
    for says in [
        format!("MB left in {path}, where Redis writes"),
        format!("has {path} mounted read-only, where Redis writes"),
    ] {
        assert!(words.contains(&says), "wanted {says:?}\n{said}\n{output:?}");
    }
}

/// Nothing runs there, and there is no room where Debian's Redis keeps its data.
const FULL_DISK: &str = r#"
    set -eu
    mount -t tmpfs -o size=1m tmpfs /var/lib
    mkdir /var/lib/redis
    "$1" --root "$2" redis host || true
"#;

#[test]
fn a_disk_that_is_full_is_told_under_the_server_that_died_of_it() {
    let nobody = refusing_address();
    let site = site(&nobody, "");
    let output = Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c", FULL_DISK, "sh", env!("CARGO_BIN_EXE_openim-check")])
        .arg(site.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.starts_with(&format!("FAIL  redis {nobody} refuses connections\n")), "{said}\n{output:?}");
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    for says in ["got 1 MB in /var/lib/redis", "do make room in /var/lib/redis; then start Redis"] {
        assert!(words.contains(says), "wanted {says:?}\n{said}");
    }
}

#[test]
fn a_login_that_is_refused_is_told_from_a_server_that_is_away() {
    let locked = redis(&["--requirepass", "another"]);
    ask(&locked.address(), &password()).row(
        "redis, wrong password",
        1,
        "is reachable but refuses the login of user default: WRONGPASS",
    );
    ask(&locked.address(), "").row("redis, no password configured", 1, "refuses OpenIM's login: NOAUTH");
    let users = redis(&[]);
    cli(&users, &["ACL", "SETUSER", "openim", "on", &format!(">{SECRET}"), "~*", "&*", "+@all"]);
    cli(&users, &["ACL", "SETUSER", "reader", "on", &format!(">{SECRET}"), "~*", "-@all"]);
    let user = |name: &str| format!("username: {name}\n{}", password());
    ask(&users.address(), &user("openim")).row("redis, ACL user", 0, "OK");
    ask(&users.address(), &user("nobody")).row(
        "redis, unknown ACL user",
        1,
        "refuses the login of user nobody",
    );
    ask(&users.address(), &user("reader")).row(
        "redis, ACL user without rights",
        1,
        "forbids what it does: NOPERM",
    );
}

/// Who does not know a question repeats it, and with it the password.
#[test]
fn a_server_that_repeats_the_password_does_not_tell_it_through_us() {
    let hidden = |names: &[&str]| {
        let options = ["--requirepass", SECRET].iter().chain(names).copied().collect::<Vec<_>>();
        redis(&options)
    };
    let renamed = hidden(&["--rename-command", "AUTH", "other"]);
    ask(&renamed.address(), &password()).row("redis, AUTH renamed: OpenIM gets in by HELLO", 0, "OK");
    let both = hidden(&["--rename-command", "AUTH", "other", "--rename-command", "HELLO", "another"]);
    ask(&both.address(), &password()).row(
        "redis, AUTH and HELLO renamed",
        1,
        "refuses the login of user default: ERR unknown command",
    );
    let echo = Wire::Says("-WRONGPASS not canary-7f3a, surely\r\n").listen();
    ask(&echo, &password()).row("redis, a server that repeats the password", 1, "WRONGPASS not ***, surely");
}

#[test]
fn a_redis_that_refuses_writes_is_not_well() {
    let lonely = redis(&["--min-replicas-to-write", "1"]);
    ask(&lonely.address(), "").row(
        "redis, min-replicas-to-write and no replica",
        1,
        "has fewer replicas in reach than min-replicas-to-write wants: it refuses writes",
    );
    let users = redis(&[]);
    let user = |name: &str, rights: &[&str]| {
        cli(&users, &[&["ACL", "SETUSER", name, "on", &format!(">{SECRET}")], rights].concat());
        format!("username: {name}\n{}", password())
    };
    let reader = user("reader", &["~*", "&*", "+@all", "-@write"]);
    ask(&users.address(), &reader).row(
        "redis, ACL user that may only read",
        1,
        "lets OpenIM's user in but does not let it write: NOPERM",
    );
    let elsewhere = user("elsewhere", &["~other:*", "&*", "+@all"]);
    ask(&users.address(), &elsewhere).row(
        "redis, ACL user of other keys",
        1,
        "does not let it write: NOPERM",
    );
    let blind = user("blind", &["~*", "&*", "+@all", "-info"]);
    ask(&users.address(), &blind).row(
        "redis, ACL user without INFO",
        75,
        "does not tell OpenIM's user how it is: NOPERM",
    );
    cli(&users, &["CONFIG", "SET", "maxmemory", "500kb"]);
    ask(&users.address(), &blind).row(
        "redis, memory used up, ACL user without INFO",
        1,
        "has used its memory and finds nothing to evict",
    );
    assert_eq!(cli(&users, &["DBSIZE"]).trim(), "0", "nothing is ever written");
}

#[test]
fn a_database_that_is_not_there_is_named() {
    let few = redis(&["--databases", "4"]);
    ask(&few.address(), "db: 3\n").row("redis, the last database", 0, "OK");
    ask(&few.address(), "db: 4\n").row(
        "redis, no such database",
        1,
        "has no database 4 for OpenIM: ERR DB index is out of range",
    );
}

#[test]
fn each_way_not_to_answer_has_its_own_words() {
    let refused = refusing_address();
    ask(&refused, "").row("redis, nobody listens", 1, "refuses connections");
    ask("no-such-host.invalid:6379", "").row("redis, unknown host", 1, "host name does not resolve");
    ask("nonsense", "").row("redis, no port in the address", 1, "is no address (host:port)");
    ask(&Wire::Close.listen(), "").row("redis, closed at once", 1, "closes the connection without an answer");
    ask(&Wire::Silent.listen(), "").row("redis, silence", 1, "gives no answer within 800 ms");
    ask(&Wire::Ssh.listen(), "").row("redis, an SSH server", 1, "does not speak Redis");
    ask(&Wire::Tls.listen(), "").row("redis, a TLS server", 1, "speaks TLS only");
    let stopped = redis(&[]);
    stopped.signal("STOP");
    ask(&stopped.address(), "").row("redis, SIGSTOP", 1, "gives no answer within 800 ms");
}

#[test]
fn a_real_redis_that_speaks_tls_only_is_named_as_such() {
    let server = Server::start("sh", |command, _, port| {
        let make = "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -days 2 -keyout key.pem -out cert.pem \
                    2>/dev/null && exec redis-server --port 0 --tls-port \"$0\" --tls-cert-file cert.pem \
                    --tls-key-file key.pem --tls-auth-clients no --tls-ca-cert-file cert.pem --save ''";
        command.args(["-c", make, &port.to_string()]);
    });
    let said = ask(&server.address(), "");
    // OpenSSL may close before its alert is read.
    let words = ["speaks TLS only", "closes the connection without an answer"];
    let found = words.iter().find(|words| said.first_line().contains(**words));
    said.row("redis, real TLS port", 1, found.unwrap_or(&words[0]));
}

#[test]
fn a_redis_that_is_up_but_not_ready_says_why() {
    let master = redis(&[]);
    let replica = redis(&["--replicaof", "127.0.0.1", &master.port.to_string()]);
    let linked = || cli(&replica, &["INFO", "replication"]).contains("master_link_status:up").then_some(());
    wait_until("the replica follows", linked);
    ask(&replica.address(), "").row("redis, replica", 1, "is a read-only replica");
    let orphan =
        redis(&["--replicaof", "127.0.0.1", &free_port().to_string(), "--replica-serve-stale-data", "no"]);
    ask(&orphan.address(), "").row("redis, replica without master", 1, "has lost its master");
    let full = redis(&["--maxmemory", "500kb", "--maxmemory-policy", "noeviction"]);
    ask(&full.address(), "").row("redis, memory used up", 1, "evicts nothing: writes fail");
    let evicting =
        ["--maxmemory", "3mb", "--maxmemory-policy", "allkeys-lru", "--enable-debug-command", "yes"];
    let evicting = redis(&evicting);
    cli(&evicting, &["DEBUG", "POPULATE", "30000", "key", "100"]);
    ask(&evicting.address(), "").row("redis, memory used up, evicting", 0, "OK");
    let tiny = redis(&["--maxmemory", "500kb", "--maxmemory-policy", "allkeys-lru"]);
    assert!(cli(&tiny, &["SET", "a", "1"]).contains("OOM"), "a write fails there");
    ask(&tiny.address(), "").row(
        "redis, memory used up, no key to evict",
        1,
        "finds nothing to evict: writes fail",
    );
}

#[test]
fn a_redis_that_loads_its_data_is_not_ready_yet() {
    let first = redis(&["--enable-debug-command", "yes"]);
    cli(&first, &["DEBUG", "POPULATE", "300000"]);
    cli(&first, &["SAVE"]);
    let dump = first.dir().join("dump.rdb");
    // The server waits after every batch of keys, so that it is still loading when it is asked.
    let loading = Server::start("redis-server", |command, dir, port| {
        std::fs::copy(&dump, dir.join("dump.rdb")).unwrap();
        command
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--key-load-delay", "50"])
            .args(["--loading-process-events-interval-bytes", "1024"]);
    });
    ask(&loading.address(), "").row("redis, loading", 1, "is loading its data from disk");
}

#[test]
fn a_redis_that_cannot_save_refuses_writes() {
    let server = redis(&["--stop-writes-on-bgsave-error", "yes"]);
    cli(&server, &["CONFIG", "SET", "save", "1 1"]);
    cli(&server, &["CONFIG", "SET", "dbfilename", "dump.rdb"]);
    std::fs::create_dir(server.dir().join("dump.rdb")).unwrap();
    cli(&server, &["SET", "a", "1"]);
    let failed = || {
        cli(&server, &["BGSAVE"]);
        cli(&server, &["INFO", "persistence"]).contains("rdb_last_bgsave_status:err").then_some(())
    };
    wait_until("saving fails", failed);
    ask(&server.address(), "").row("redis, disk refuses its dump", 1, "cannot save its data to disk");
}

/// Three nodes that know each other; nobody has any slot unless `slots` says so.
fn cluster(slots: bool) -> Vec<Server> {
    let nodes: Vec<Server> = (0..3)
        .map(|_| {
            redis(&[
                "--cluster-enabled",
                "yes",
                "--cluster-node-timeout",
                "5000",
                "--cluster-port",
                &free_port().to_string(),
            ])
        })
        .collect();
    if slots {
        let addresses: Vec<String> = nodes.iter().map(Server::address).collect();
        let status = Command::new("redis-cli")
            .args(["--cluster", "create", "--cluster-yes"])
            .args(&addresses)
            .output()
            .unwrap();
        assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stdout));
        wait_until("the cluster is one", || {
            nodes
                .iter()
                .all(|node| cli(node, &["CLUSTER", "INFO"]).contains("cluster_state:ok"))
                .then_some(())
        });
    }
    nodes
}

#[test]
fn a_cluster_is_judged_as_a_whole() {
    let mut nodes = cluster(true);
    let all = nodes.iter().map(Server::address).collect::<Vec<_>>().join(", ");
    let on = "clusterMode: true\n";
    ask(&all, on).row("redis cluster", 0, "OK");
    ask(&all, "clusterMode: false\n").row(
        "redis cluster, clusterMode: false",
        1,
        "is a cluster, and the configuration",
    );
    nodes[0].signal("STOP");
    let still = || cli(&nodes[1], &["CLUSTER", "INFO"]).contains("cluster_state:ok").then_some(());
    wait_until("the others serve on for now", still);
    ask(&all, on).row("redis cluster, its first node silent", 0, "1 of 3 nodes do not answer");
    nodes[0].signal("CONT");
    let whole = || nodes.iter().all(|node| cli(node, &["CLUSTER", "INFO"]).contains("cluster_state:ok"));
    wait_until("the cluster is one again", || whole().then_some(()));
    cli(&nodes[2], &["CONFIG", "SET", "maxmemory", "500kb"]);
    ask(&all, on).row("redis cluster, its last node's memory used up", 1, "has used its memory");
    cli(&nodes[2], &["CONFIG", "SET", "maxmemory", "0"]);
    let gone = nodes.pop().unwrap();
    drop(gone);
    let down = || cli(&nodes[0], &["CLUSTER", "INFO"]).contains("cluster_state:fail").then_some(());
    wait_until("the others see it", down);
    ask(&all, on).row("redis cluster, one of three masters gone", 1, "is a cluster that does not serve");
    for node in &nodes {
        cli(node, &["CONFIG", "SET", "cluster-require-full-coverage", "no"]);
    }
    let serves = || nodes.iter().all(|node| cli(node, &["CLUSTER", "INFO"]).contains("cluster_state:ok"));
    wait_until("the others serve their slots", || serves().then_some(()));
    ask(&all, on).row(
        "redis cluster, a third of its slots not served",
        1,
        "of 16384 slots: their keys are out of reach",
    );
    let empty = cluster(false);
    let first = empty[0].address();
    ask(&first, on).row("redis cluster without slots", 1, "16384 of 16384 slots have no node");
    let single = redis(&[]);
    ask(&single.address(), on).row("one redis, clusterMode: true", 1, "is no cluster, and the configuration");
    let some = format!("{}, {}", single.address(), refusing_address());
    ask(&some, "").row("redis, second address dead, not used", 0, "OK");
}

#[test]
fn the_sentinels_name_the_master() {
    let master = redis(&["--requirepass", SECRET]);
    let sentinel = Server::start("redis-server", |command, dir, port| {
        let mut text = format!("port {port}\nbind 127.0.0.1\n");
        let _ = writeln!(text, "sentinel monitor openim 127.0.0.1 {} 1", master.port);
        let _ = writeln!(text, "sentinel auth-pass openim {SECRET}");
        std::fs::write(dir.join("sentinel.conf"), text).unwrap();
        command.args(["sentinel.conf", "--sentinel"]);
    });
    let keys = |name: &str, sentinels: &str| {
        format!(
            "{}redisMode: sentinel\nsentinelMode:\n  masterName: {name}\n  sentinelsAddrs: [ {sentinels} ]\n",
            password()
        )
    };
    let own = sentinel.address();
    ask(&own, &keys("openim", &own)).row("redis behind a sentinel", 0, "OK");
    ask(&own, &keys("other", &own)).row("sentinel, unknown master", 1, "has no master named \"other\"");
    let two = format!("{own}, {}", refusing_address());
    ask(&own, &keys("openim", &two)).row("one of two sentinels away", 0, "1 of 2 nodes do not answer");
    let stranger = Server::start("redis-server", |command, dir, port| {
        std::fs::write(dir.join("sentinel.conf"), format!("port {port}\nbind 127.0.0.1\n")).unwrap();
        command.args(["sentinel.conf", "--sentinel"]);
    });
    let apart = format!("{}, {own}", stranger.address());
    ask(&own, &keys("openim", &apart)).row(
        "the first sentinel knows no master",
        0,
        &format!("serves, but not all sentinels say so: {} names none", stranger.address()),
    );
    drop(master);
    ask(&own, &keys("openim", &own)).row("sentinel, master gone", 1, "refuses connections");
}

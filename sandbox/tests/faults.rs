//! Every fault as it looks from outside: to a client, to `/proc`, to the registry, in the log.

#![allow(clippy::expect_used, reason = "a test that cannot go on should say where")]

mod common;

use std::net::IpAddr;
use std::time::{Duration, Instant};

use common::{children, exchange, http, ready, sandbox, state, until, wrong_secret};
use openim_ops::openim::service::Service;
use openim_sandbox::{Dependency, FatalSignal, Fault, Level, Lines, Sandbox};

const SOON: Duration = Duration::from_secs(5);
const WELL: &str = r#"{"errCode":1002,"errMsg":"NoPermissionError","errDlt":"secret invalid"}"#;

/// The services that a login passes, and no others: quick to start.
fn login() -> Sandbox {
    ready(sandbox().only(&[Service::Api, Service::RpcAuth, Service::RpcUser]))
}

fn keys(sandbox: &Sandbox, name: &str) -> Vec<String> {
    let found = sandbox.etcd_client().range(&format!("openim/{name}/")).expect("etcd answers");
    found.into_iter().map(|pair| pair.key).collect()
}

#[test]
fn a_lost_registration_shows_as_14_while_process_and_ports_live() {
    let mut sandbox = login();
    assert_eq!(wrong_secret(sandbox.api_port()), WELL);
    sandbox.break_with(Service::RpcAuth, 0, Fault::Unregistered).expect("broken");
    until("no key of auth", SOON, || keys(&sandbox, "auth").is_empty());
    assert_eq!(
        wrong_secret(sandbox.api_port()),
        r#"{"errCode":14,"errMsg":"no children to pick from","errDlt":""}"#
    );
    assert_eq!(sandbox.sockets(Service::RpcAuth, 0).len(), 2);

    sandbox.restart(Service::Api, 0).expect("the API starts again");
    until("the API listens", SOON, || sandbox.sockets(Service::Api, 0).len() == 2);
    assert_eq!(wrong_secret(sandbox.api_port()), "", "an API that never knew auth waits for ever");

    sandbox.mend(Service::RpcAuth, 0).expect("mended");
    until("auth is back", SOON, || wrong_secret(sandbox.api_port()) == WELL);
}

#[test]
fn an_old_release_never_registers_again() {
    let new = ready(sandbox().only(&[Service::RpcAuth]));
    let old = sandbox().only(&[Service::RpcAuth]).version("v3.8.3-patch.15");
    let (mut new, mut old) = (new, ready(old));
    for sandbox in [&mut new, &mut old] {
        sandbox.stop_etcd();
        sandbox.start_etcd().expect("an empty etcd");
    }
    until("patch.16 registers again", Duration::from_secs(15), || keys(&new, "auth").len() == 1);
    let log = std::fs::read_to_string(new.log_file()).expect("a log file");
    assert!(log.contains("etcd keepalive lost, re-registering endpoint"), "{log}");
    assert!(log.contains(r#""error": "etcdserver: requested lease not found"}"#), "{log}");
    std::thread::sleep(Duration::from_secs(1));
    assert!(keys(&old, "auth").is_empty());
}

#[test]
fn silent_closed_and_slow_ports() {
    let mut sandbox = login();
    let request = b"OPTIONS / HTTP/1.1\r\nHost: x\r\n\r\n";
    let address = ([127, 0, 0, 1], sandbox.api_port());
    let asked = |silence| exchange(address, request, Duration::from_millis(silence)).expect("connects");

    sandbox.break_with(Service::Api, 0, Fault::NoAnswer).expect("broken");
    until("silence", SOON, || asked(200).is_empty());
    sandbox.mend(Service::Api, 0).expect("mended");
    until("an answer", SOON, || !asked(200).is_empty());

    sandbox.break_with(Service::Api, 0, Fault::Close).expect("broken");
    until("closed at once", SOON, || {
        let start = Instant::now();
        asked(2000).is_empty() && start.elapsed() < Duration::from_secs(1)
    });
    sandbox.mend(Service::Api, 0).expect("mended");

    sandbox.break_with(Service::Api, 0, Fault::Slow(Duration::from_millis(700))).expect("broken");
    until("slow", SOON, || asked(300).is_empty());
    assert!(asked(2000).starts_with(b"HTTP/1.1 200 OK"));
}

#[test]
fn a_forced_code_comes_back_with_http_200() {
    let mut sandbox = login();
    sandbox.break_with(Service::Api, 0, Fault::ErrCode(500)).expect("broken");
    until("500", SOON, || {
        wrong_secret(sandbox.api_port()) == r#"{"errCode":500,"errMsg":"ServerInternalError","errDlt":""}"#
    });
}

#[test]
fn stopped_zombie_and_out_of_files() {
    let mut sandbox = login();
    let pid = sandbox.pid(Service::RpcUser, 0).expect("a pid");
    sandbox.break_with(Service::RpcUser, 0, Fault::Stop).expect("broken");
    until("stopped", SOON, || state(pid) == 'T');
    sandbox.mend(Service::RpcUser, 0).expect("mended");
    until("going on", SOON, || state(pid) == 'S');

    sandbox.break_with(Service::RpcUser, 0, Fault::ZombieChild).expect("broken");
    until("a zombie", SOON, || children(pid).iter().any(|child| state(*child) == 'Z'));
    sandbox.mend(Service::RpcUser, 0).expect("mended");
    until("no zombie", SOON, || children(pid).is_empty());

    sandbox.break_with(Service::Api, 0, Fault::Files(20)).expect("broken");
    std::thread::sleep(Duration::from_millis(200));
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], sandbox.api_port()));
    let open: Vec<_> = (0..30).map(|_| std::net::TcpStream::connect(address)).collect();
    until("the complaint", SOON, || {
        sandbox.stderr(Service::Api, 0).contains("accept4: too many open files; retrying in 1s")
    });
    drop(open);
}

#[test]
fn ends_have_the_status_and_text_of_openim() {
    let mut sandbox = login();
    let mut end = |fault: Fault| {
        sandbox.break_with(Service::RpcUser, 0, fault).expect("broken");
        let status = sandbox.wait(Service::RpcUser, 0, SOON).expect("it ends").code();
        let text = sandbox.stderr(Service::RpcUser, 0);
        sandbox.mend(Service::RpcUser, 0).expect("it starts again");
        (status, text)
    };
    assert_eq!(end(Fault::Exit(3)).0, Some(3));
    let (status, text) = end(Fault::CrashLoop(Duration::from_millis(50)));
    assert_eq!(status, Some(255));
    assert!(text.contains("openim-rpc-user exit -1: Error: dial tcp 127.0.0.1:16379"), "{text}");
    let (status, text) = end(Fault::Panic);
    assert_eq!(status, Some(2));
    assert!(text.contains("panic: runtime error: ") && text.contains(" [running]:"), "{text}");
    let (status, text) = end(Fault::Fatal(FatalSignal::Segv));
    assert_eq!(status, Some(2));
    let lines = text.lines().skip_while(|line| !line.starts_with("SIGSEGV: ")).count();
    assert!((1000..2500).contains(&lines), "{lines} lines");
}

#[test]
fn a_wrong_address_and_a_ghost_are_seen_by_the_join_alone() {
    let mut sandbox = login();
    let wrong = IpAddr::from([127, 0, 0, 2]);
    sandbox.break_with(Service::RpcUser, 0, Fault::WrongAddress(wrong)).expect("broken");
    until("bound elsewhere", SOON, || sandbox.sockets(Service::RpcUser, 0).len() == 2);
    assert!(sandbox.sockets(Service::RpcUser, 0).iter().all(|socket| socket.ip() == wrong));

    sandbox.break_with(Service::RpcAuth, 0, Fault::Ghost(1)).expect("broken");
    until("two keys", SOON, || keys(&sandbox, "auth").len() == 2);
    assert!(keys(&sandbox, "auth").contains(&"openim/auth/127.0.0.1:1".to_owned()));
    assert_eq!(wrong_secret(sandbox.api_port()), WELL, "a ghost beside a live one harms nobody");
    sandbox.mend(Service::RpcAuth, 0).expect("mended");
    until("one key", SOON, || keys(&sandbox, "auth").len() == 1);
}

#[test]
fn without_mongodb_the_ports_are_open_and_grpc_is_silent() {
    let without = Fault::Without(Dependency::MongoDb);
    let mut sandbox =
        ready(sandbox().only(&[Service::Api, Service::RpcUser]).fault(Service::RpcUser, 0, without));
    until("two sockets", SOON, || sandbox.sockets(Service::RpcUser, 0).len() == 2);
    let said = sandbox.stdout(Service::RpcUser, 0);
    let port = |key: &str| -> u16 {
        let rest = said.split_once(key).expect(key).1;
        rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().expect("a port")
    };
    let silence = Duration::from_millis(300);
    assert!(exchange(([127, 0, 0, 1], port("\"rpcPort\": ")), b"", silence).expect("connects").is_empty());
    let metrics = http(port("\"prometheusPort\": "), "GET /metrics HTTP/1.1\r\n\r\n");
    assert!(
        metrics.starts_with("HTTP/1.1 200 OK") && metrics.contains("process_start_time_seconds"),
        "{metrics}"
    );
    assert!(keys(&sandbox, "user").is_empty());

    sandbox.mend(Service::RpcUser, 0).expect("mended");
    until("registered", SOON, || keys(&sandbox, "user").len() == 1);
}

#[test]
fn lines_on_demand_are_counted_by_level() {
    let sandbox = ready(sandbox().only(&[Service::RpcAuth]).log(3, false, false));
    let lines = Lines { count: 500, operation: Some("op-1".to_owned()), ..Lines::default() };
    let said = sandbox.say(Service::RpcAuth, 0, &lines).expect("said");
    let again = sandbox.say(Service::RpcAuth, 0, &lines).expect("said");
    assert_eq!(said, again, "the same seed says the same");
    assert_eq!((said.of(Level::Debug), said.of(Level::Info)), (0, 0), "level 3 keeps WARN and ERROR");
    let log = std::fs::read_to_string(sandbox.log_file()).expect("a log file");
    let written = |level: &str| log.lines().filter(|line| line.contains(level)).count() as u64;
    assert_eq!(written("\x1b[31mERROR\x1b[0m"), 2 * said.of(Level::Error));
    assert_eq!(written("\x1b[33mWARN\x1b[0m"), 2 * said.of(Level::Warn));
    assert_eq!(log.lines().count(), log.matches("\"operationID\": \"op-1\"").count());
}

#[test]
fn a_storm_keeps_its_rate() {
    let mut sandbox = ready(sandbox().only(&[Service::RpcAuth]));
    sandbox.break_with(Service::RpcAuth, 0, Fault::LogStorm(500)).expect("broken");
    std::thread::sleep(Duration::from_secs(1));
    sandbox.mend(Service::RpcAuth, 0).expect("mended");
    let lines = std::fs::read_to_string(sandbox.log_file()).expect("a log file").lines().count();
    assert!((300..800).contains(&lines), "{lines} lines in a second");
}

//! The user's own checks: each kind against a real server, well and broken, and every mistake in their file.

#![expect(clippy::expect_used, reason = "a test that cannot go on should say so by dying")]

mod check;
#[path = "support/missing.rs"]
mod missing;
#[path = "support/refusing.rs"]
mod refusing;

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Output};
use std::thread;

use check::{Checked, small, started};
use openim_ops::openim::service::Service;
use openim_sandbox::{Sandbox, free_port};
use refusing::refusing_address;
use serde_json::Value;
use tempfile::TempDir;

/// One small deployment and a directory for files beside it.
struct Site {
    sandbox: Sandbox,
    files: TempDir,
}

impl Site {
    fn new() -> Self {
        let sandbox = started(small().only(&[Service::Api, Service::MsgGateway, Service::RpcUser]));
        Self { sandbox, files: tempfile::tempdir().expect("a temporary directory") }
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.files.path().join(name);
        std::fs::write(&path, text).expect("write a fixture");
        path
    }

    fn run(&self, text: &str, arguments: &[&str]) -> Output {
        let path = self.write("site.toml", text);
        Command::new(env!("CARGO_BIN_EXE_openim-check"))
            .arg("--root")
            .arg(self.sandbox.root())
            .arg("--checks")
            .arg(path)
            .args(arguments)
            .env_clear()
            .output()
            .expect("start openim-check")
    }

    /// What the user's own checks come to.
    fn own(&self, text: &str) -> Checked {
        let output = self.run(text, &["own"]);
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        Checked { code: output.status.code(), text: String::from_utf8(output.stdout).expect("text") }
    }
}

/// Answers every connection with these bytes, after what was asked has come, and then waits for the client to go:
/// whoever closes over unread bytes takes its answer back.
fn server(answer: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a socket");
    let address = listener.local_addr().expect("it is bound");
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(stream) = stream else { return };
            // A client that goes away early is none of this server's business.
            thread::spawn(move || drop(serve(stream, answer)));
        }
    });
    address
}

fn serve(mut stream: TcpStream, answer: &str) -> std::io::Result<()> {
    let mut asked = [0; 4096];
    if stream.read(&mut asked)? == 0 {
        return Ok(());
    }
    stream.write_all(answer.as_bytes())?;
    stream.shutdown(Shutdown::Write)?;
    while stream.read(&mut asked)? > 0 {}
    Ok(())
}

const ANSWER: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 44\r\nX-Node: a1\r\n\r\n\
                      {\"errCode\":0,\"data\":{\"total\":7,\"name\":\"im\"}}";

#[test]
fn http_compares_status_header_body_and_json() {
    let site = Site::new();
    let address = server(ANSWER);
    let check = |wanted: &str| {
        format!(
            "[[check]]\nname = \"front\"\nkind = \"http\"\nurl = \"http://{address}/a?token=canary\"\n{wanted}"
        )
    };
    let well = "status = [200, 204]\nheader = { x-node = \"^a\" }\nmatches = '\"im\"'\n\
                json = [{ pointer = \"/errCode\", equals = 0 }, { pointer = \"/data/total\", at_least = 5, at_most = 9 }]\n";
    let checked = site.own(&check(well));
    checked.expect(0, "OK  1 own check (");
    assert!(!checked.text.contains("canary"), "{}", checked.text);
    for (wanted, sentence) in [
        ("status = 204", "front answers with HTTP status 200, not 204"),
        ("header = { x-node = \"^b\" }", "front has x-node a1, not ^b"),
        ("header = { x-other = \"\" }", "front has no header x-other"),
        ("matches = \"OpenIM\"", "front has a body without OpenIM"),
        ("json = [{ pointer = \"/data/total\", at_most = 5 }]", "front has /data/total 7, not at most 5"),
        ("json = [{ pointer = \"/errCode\", equals = 1 }]", "front has /errCode 0, not 1"),
        ("json = [{ pointer = \"/data/none\" }]", "front has no /data/none"),
    ] {
        site.own(&check(wanted)).expect(1, &format!("FAIL  {sentence}"));
    }
    let warned = site.own(&check("status = 204\nseverity = \"warn\"\nhint = \"look at the front\""));
    warned.expect(0, "WARN  front answers with HTTP status 200, not 204");
    warned.mentions("do look at the front");
    site.own(&check("within = \"1ms\"\nmatches = \"\"\ntimeout = \"5s\"")).mentions("front");
}

#[test]
fn each_kind_says_what_is_wrong_in_a_sentence() {
    let site = Site::new();
    let (silent, away) = (TcpListener::bind("127.0.0.1:0").expect("a socket"), refusing_address());
    let silent_port = silent.local_addr().expect("it is bound").port();
    let ws = site.sandbox.ws_port();
    let plain = server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").port();
    let user = site.sandbox.sockets(Service::RpcUser, 0);
    let registered = site.sandbox.etcd_client().range("openim/user/").expect("etcd answers");
    let grpc = registered[0].key.rsplit('/').next().expect("an address").to_owned();
    assert!(user.iter().any(|socket| grpc.ends_with(&format!(":{}", socket.port()))));
    let program = site.sandbox.program_of(Service::RpcUser);
    let one = |body: &str| format!("[[check]]\nname = \"it\"\n{body}\n");
    for (body, sentence) in [
        (format!("kind = \"tcp\"\naddress = \"127.0.0.1:{silent_port}\""), None),
        (format!("kind = \"tcp\"\naddress = \"{away}\""), Some(format!("it {away} refuses connections"))),
        (format!("kind = \"process\"\nprogram = \"{}\"", program.display()), None),
        ("kind = \"process\"\nprogram = \"openim-nobody\"".to_owned(), Some("it does not run".to_owned())),
        (
            format!("kind = \"process\"\nprogram = \"{}\"\nat_least = 2", program.display()),
            Some("it has 1 process, fewer than 2".to_owned()),
        ),
        (format!("kind = \"grpc\"\naddress = \"{grpc}\"\nservice = \"openim.user.user\""), None),
        (
            format!("kind = \"grpc\"\naddress = \"{grpc}\"\nservice = \"openim.auth.Auth\""),
            Some("it is another gRPC service, not openim.auth.Auth".to_owned()),
        ),
        (
            format!("kind = \"grpc\"\naddress = \"127.0.0.1:{plain}\""),
            Some(format!("it 127.0.0.1:{plain} does not speak HTTP/2")),
        ),
        (format!("kind = \"websocket\"\nurl = \"ws://127.0.0.1:{ws}/\"\nstatus = 200"), None),
        (
            format!("kind = \"websocket\"\nurl = \"ws://127.0.0.1:{plain}/\""),
            Some("it answers with HTTP status 200, not 101".to_owned()),
        ),
        (
            format!("kind = \"tls\"\naddress = \"127.0.0.1:{plain}\"\nca = \"/nonexistent.pem\""),
            Some(format!("it 127.0.0.1:{plain} cannot be judged: /nonexistent.pem")),
        ),
        (
            format!("kind = \"http\"\nurl = \"http://127.0.0.1:{silent_port}/\"\ntimeout = \"100ms\""),
            Some(format!("it http://127.0.0.1:{silent_port}/ gives no answer within 100 ms")),
        ),
    ] {
        let checked = site.own(&one(&body));
        match sentence {
            Some(sentence) => checked.expect(1, &format!("FAIL  {sentence}")),
            None => checked.expect(0, "OK  "),
        }
    }
}

#[test]
fn a_websocket_that_is_one_is_well() {
    let site = Site::new();
    let agreed = server(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
    );
    let check = |address: SocketAddr| {
        format!("[[check]]\nname = \"ws\"\nkind = \"websocket\"\nurl = \"ws://{address}/\"\n")
    };
    site.own(&check(agreed)).expect(0, "OK  ");
    let pretended =
        server("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    site.own(&check(pretended)).expect(1, "FAIL  ws agrees to WebSocket with a wrong Sec-WebSocket-Accept");
}

/// `openssl` makes an authority and a certificate, and serves with it.
struct TlsServer {
    child: std::process::Child,
    port: u16,
}

impl TlsServer {
    fn start(site: &Site, days: &str) -> Option<Self> {
        let at = |name: &str| site.files.path().join(name);
        let made = Command::new("openssl")
            .args([
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-days",
                days,
            ])
            .args([
                "-subj",
                "/CN=im.test",
                "-addext",
                "subjectAltName=DNS:im.test",
                "-addext",
                "basicConstraints=critical,CA:FALSE",
            ])
            .arg("-keyout")
            .arg(at("key.pem"))
            .arg("-out")
            .arg(at("cert.pem"))
            .output()
            .ok()?;
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let port = free_port();
        let child = Command::new("openssl")
            .args(["s_server", "-quiet", "-www", "-accept", &format!("127.0.0.1:{port}")])
            .arg("-key")
            .arg(at("key.pem"))
            .arg("-cert")
            .arg(at("cert.pem"))
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .ok()?;
        let server = Self { child, port };
        check::wait_until("openssl listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        Some(server)
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        let _ = self.child.kill().and_then(|()| self.child.wait());
    }
}

#[test]
fn a_certificate_has_a_name_an_authority_and_an_end() {
    let site = Site::new();
    let Some(server) = TlsServer::start(&site, "30") else {
        return missing::did_not_run("openssl is not installed (scripts/install-test-deps)");
    };
    let authority = site.files.path().join("cert.pem");
    let check = |more: &str| {
        let port = server.port;
        format!("[[check]]\nname = \"tls\"\nkind = \"tls\"\naddress = \"127.0.0.1:{port}\"\n{more}\n")
    };
    let trusted = |more: &str| check(&format!("ca = \"{}\"\n{more}", authority.display()));
    site.own(&trusted("server_name = \"im.test\"")).expect(0, "OK  ");
    site.own(&trusted("server_name = \"im.test\"\ndays_left = 60"))
        .expect(0, "WARN  tls has a certificate that ends in 29 days");
    site.own(&trusted("server_name = \"other.test\"")).expect(
        1,
        &format!("FAIL  tls 127.0.0.1:{} has a certificate that is not for other.test", server.port),
    );
    let other = TlsServer::start(&site, "30").expect("it started a moment ago");
    let stranger = check(&format!("server_name = \"im.test\"\nca = \"{}\"", authority.display()));
    site.own(&stranger)
        .expect(1, &format!("FAIL  tls 127.0.0.1:{} has a certificate of an authority", server.port));
    let https = format!(
        "[[check]]\nname = \"web\"\nkind = \"http\"\nurl = \"https://127.0.0.1:{}/\"\nca = \"{}\"\n",
        other.port,
        authority.display()
    );
    site.own(&https).expect(1, "FAIL  web https://127.0.0.1:");
}

#[test]
fn every_mistake_is_told_with_its_file_and_line_and_nothing_is_asked() {
    let site = Site::new();
    let text = "[[check]]\nname = \"front\"\nkind = \"htpp\"\n\n[[check]]\nname = \"b\"\nkind = \"tcp\"\naddress = \"x\"\ntimout = \"1s\"\n";
    let output = site.run(text, &["all"]);
    assert_eq!(output.status.code(), Some(78));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    let told = String::from_utf8_lossy(&output.stderr);
    let path = site.files.path().join("site.toml");
    for (line, what) in [
        (3, "kind wants process, tcp, tls, http, grpc, websocket or unit, not htpp"),
        (8, "address wants host:port"),
        (9, "a check of kind tcp has no key timout, meant timeout?"),
    ] {
        assert!(told.contains(&format!("{}:{line}: {what}", path.display())), "{told}");
    }
}

#[test]
fn a_directory_means_its_files_and_list_says_where_each_check_stands() {
    let site = Site::new();
    let one =
        |name: &str| format!("\n[[check]]\nname = \"{name}\"\nkind = \"tcp\"\naddress = \"127.0.0.1:1\"\n");
    site.write("20-b.toml", &one("second"));
    site.write("10-a.toml", &one("first"));
    site.write("notes.txt", "no checks");
    let list = Command::new(env!("CARGO_BIN_EXE_openim-check"))
        .arg("--root")
        .arg(site.sandbox.root())
        .arg("--checks")
        .arg(site.files.path())
        .args(["list", "own"])
        .output()
        .expect("start openim-check");
    let text = String::from_utf8_lossy(&list.stdout);
    let (first, second) = (text.find("first/tcp").expect("first"), text.find("second/tcp").expect("second"));
    assert!(first < second && text.contains("10-a.toml:2"), "{text}");
}

#[test]
fn own_checks_are_in_every_format_and_in_the_whole() {
    let site = Site::new();
    let text = format!(
        "[[check]]\nname = \"sidecar\"\nkind = \"tcp\"\naddress = \"{}\"\nhint = \"start it\"\n",
        refusing_address()
    );
    let told = |arguments: &[&str]| String::from_utf8(site.run(&text, arguments).stdout).expect("text");
    let report: Value = serde_json::from_str(&told(&["-o", "json", "api"])).expect("JSON");
    assert!(report.get("checks").is_none(), "{report:#}");
    let report: Value = serde_json::from_str(&told(&["-o", "json", "all"])).expect("JSON");
    assert_eq!(report["checks"][0]["name"], "sidecar");
    assert_eq!(report["checks"][0]["checks"][0]["id"], "sidecar/tcp");
    let schema =
        serde_json::from_str(include_str!("../checks/openim-check-1.schema.json")).expect("a schema");
    assert!(jsonschema::is_valid(&schema, &report), "{report:#}");
    assert!(told(&["-o", "junit", "own"]).contains("testsuite name=\"sidecar\""));
    assert!(told(&["-o", "tap", "own"]).contains("not ok 1 - sidecar/tcp"));
    assert!(told(&["-o", "nagios", "own"]).starts_with("OPENIM CRITICAL - sidecar 127.0.0.1:"));
    assert!(told(&["-o", "prometheus", "own"]).contains("openim_check_own_up{check=\"sidecar\"} 0"));
    assert!(told(&["explain", "sidecar/tcp"]).contains("nc -vz 127.0.0.1 "));
}

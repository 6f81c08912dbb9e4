//! What every test of the sandbox needs: a deployment, and a plain client.

#![allow(
    dead_code,
    clippy::expect_used,
    reason = "each test binary uses its own part, and says where it cannot go on"
)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use openim_sandbox::{Addresses, Builder, Sandbox};

/// A deployment built on the program under test.
pub(crate) fn sandbox() -> Builder {
    // Errors name the server that is missing, so the configuration has to name them all, as OpenIM's does.
    Sandbox::builder().program(env!("CARGO_BIN_EXE_openim-sandbox")).addresses(Addresses::default())
}

/// Starts it and waits until it is well.
pub(crate) fn ready(builder: Builder) -> Sandbox {
    let sandbox = builder.start().expect("the sandbox starts");
    sandbox.wait_ready(Duration::from_secs(20)).expect("the sandbox gets ready");
    sandbox
}

/// What comes back for these bytes, until the other side closes or nothing comes for so long.
pub(crate) fn exchange(
    address: impl Into<SocketAddr>,
    request: &[u8],
    silence: Duration,
) -> std::io::Result<Vec<u8>> {
    exchange_patiently(address, request, silence, silence)
}

/// As [`exchange`], but the first byte may take longer: where an answer is expected, a busy machine is no failure.
pub(crate) fn exchange_patiently(
    address: impl Into<SocketAddr>,
    request: &[u8],
    first: Duration,
    silence: Duration,
) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address.into())?;
    stream.set_read_timeout(Some(first))?;
    stream.write_all(request)?;
    let mut answer = Vec::new();
    let mut part = [0; 4096];
    loop {
        match stream.read(&mut part) {
            Ok(0) | Err(_) => return Ok(answer),
            Ok(read) => answer.extend_from_slice(&part[..read]),
        }
        if stream.set_read_timeout(Some(silence)).is_err() {
            return Ok(answer);
        }
    }
}

/// The answer to an HTTP request on a local port, read to its end.
pub(crate) fn http(port: u16, request: &str) -> String {
    let request = request.replacen("\r\n", "\r\nHost: 127.0.0.1\r\nConnection: close\r\n", 1);
    let answer = exchange(([127, 0, 0, 1], port), request.as_bytes(), Duration::from_secs(2));
    String::from_utf8(answer.expect("the port takes a connection")).expect("the answer is text")
}

/// The body of the probe that a client without a password can make.
pub(crate) fn wrong_secret(port: u16) -> String {
    let body = r#"{"secret":"wrong","userID":"imAdmin"}"#;
    let request = format!(
        "POST /auth/get_admin_token HTTP/1.1\r\noperationID: probe\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = http(port, &request);
    answer.split_once("\r\n\r\n").map_or(String::new(), |(_, body)| body.to_owned())
}

/// Polls until something holds.
pub(crate) fn until(what: &str, longest: Duration, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + longest;
    while !holds() {
        assert!(Instant::now() < end, "never: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The state letter of a process, as `/proc` gives it.
pub(crate) fn state(pid: u32) -> char {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next()).unwrap_or('-')
}

/// The processes whose parent this one is.
pub(crate) fn children(pid: u32) -> Vec<u32> {
    let listed = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    listed.split_whitespace().filter_map(|child| child.parse().ok()).collect()
}

/// A gRPC call: status and message of its end.
pub(crate) fn grpc(port: u16, path: &str, operation: Option<&str>) -> (String, String) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.expect("gRPC port");
        let (client, connection) = h2::client::handshake(stream).await.expect("HTTP/2");
        tokio::spawn(connection);
        let mut request = http::Request::post(format!("http://127.0.0.1{path}"));
        if let Some(operation) = operation {
            request = request.header("operationid", operation);
        }
        let request = request.header("content-type", "application/grpc").body(()).expect("a request");
        let mut client = client.ready().await.expect("ready");
        let (answer, mut body) = client.send_request(request, false).expect("sent");
        body.send_data(bytes::Bytes::from_static(&[0; 5]), true).expect("sent");
        let (head, mut body) = answer.await.expect("an answer").into_parts();
        while let Some(part) = body.data().await {
            part.expect("data");
        }
        let headers = body.trailers().await.expect("trailers").unwrap_or(head.headers);
        let text =
            |name: &str| headers.get(name).map_or("", |value| value.to_str().unwrap_or("?")).to_owned();
        (text("grpc-status"), text("grpc-message"))
    })
}

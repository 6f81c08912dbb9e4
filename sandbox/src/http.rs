//! HTTP/1.1 as Go's net/http serves it: enough for small requests and answers, byte for byte.

use std::fmt::Write as _;
use std::future::Future;
use std::time::Duration;

use chrono::Utc;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

const HEADER_LIMIT: usize = 64 * 1024;
const BODY_LIMIT: usize = 16 * 1024 * 1024;
/// Go buffers this much of an answer before it gives up on counting it and sends it in chunks.
const GO_BUFFER: usize = 2048;

/// A request.
#[derive(Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path without query.
    pub(crate) path: String,
    pub(crate) query: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    http10: bool,
}

impl Request {
    /// The value of a header, whatever its case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    fn closes(&self) -> bool {
        let connection = self.header("Connection").unwrap_or_default().to_ascii_lowercase();
        if self.http10 { !connection.contains("keep-alive") } else { connection.contains("close") }
    }
}

/// An answer; its headers are sent in the order given.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: vec![("Content-Type", content_type.to_owned())], body: body.into() }
    }

    /// What Go's own multiplexer says to an unknown path.
    pub(crate) fn go_not_found() -> Self {
        let mut answer = Self::new(404, "text/plain; charset=utf-8", "404 page not found\n");
        answer.headers.push(("X-Content-Type-Options", "nosniff".to_owned()));
        answer
    }

    fn encode(&self, head: bool, http10: bool, close: bool) -> Vec<u8> {
        let chunked = self.body.len() > GO_BUFFER && !head && !http10;
        let mut text = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        for (name, value) in &self.headers {
            let _ = write!(text, "{name}: {value}\r\n");
        }
        let _ = write!(text, "Date: {}\r\n", Utc::now().format("%a, %d %b %Y %H:%M:%S GMT"));
        if !chunked {
            let _ = write!(text, "Content-Length: {}\r\n", self.body.len());
        }
        if close {
            text += "Connection: close\r\n";
        }
        if chunked {
            text += "Transfer-Encoding: chunked\r\n";
        }
        text += "\r\n";
        let mut bytes = text.into_bytes();
        match (head, chunked) {
            (true, _) => {}
            (false, false) => bytes.extend(&self.body),
            (false, true) => {
                bytes.extend(format!("{:x}\r\n", self.body.len()).into_bytes());
                bytes.extend(&self.body);
                bytes.extend(b"\r\n0\r\n\r\n");
            }
        }
        bytes
    }
}

const fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        404 => "Not Found",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Unknown",
    }
}

/// Answers the requests of one connection until it is closed. A handler that gives `None` never answers.
pub(crate) async fn serve<H, F>(stream: TcpStream, handler: H)
where
    H: Fn(Request) -> F,
    F: Future<Output = Option<Response>>,
{
    let mut stream = BufReader::new(stream);
    loop {
        let request = match read_request(&mut stream).await {
            Ok(Some(request)) => request,
            Ok(None) => return,
            Err(()) => {
                let refusal = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request";
                let _ = stream.write_all(refusal).await;
                return;
            }
        };
        let (head, http10, close) = (request.method == "HEAD", request.http10, request.closes());
        let answer = tokio::select! {
            answer = handler(request) => answer,
            () = gone(stream.get_ref()) => return,
        };
        let Some(answer) = answer else {
            gone(stream.get_ref()).await;
            return;
        };
        if stream.write_all(&answer.encode(head, http10, close)).await.is_err() || close {
            return;
        }
    }
}

/// Waits until the other side has closed the connection.
pub(crate) async fn gone(stream: &TcpStream) {
    let mut byte = [0; 1];
    while let Ok(1..) = stream.peek(&mut byte).await {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The next request; `None` at the end of the connection, `Err` where it is no HTTP.
async fn read_request(stream: &mut BufReader<TcpStream>) -> Result<Option<Request>, ()> {
    let Some(head) = read_head(stream).await? else { return Ok(None) };
    let mut request = parse_head(&head).ok_or(())?;
    request.body = read_body(stream, &request).await?;
    Ok(Some(request))
}

async fn read_head(stream: &mut BufReader<TcpStream>) -> Result<Option<String>, ()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && !head.ends_with(b"\n\n") {
        let read = stream.read_until(b'\n', &mut head).await.map_err(drop)?;
        if read == 0 || head.len() > HEADER_LIMIT {
            return if head.is_empty() { Ok(None) } else { Err(()) };
        }
        let garbage = head.starts_with(b"PRI ") || !head.is_ascii();
        if garbage {
            return Err(());
        }
    }
    String::from_utf8(head).map(Some).map_err(drop)
}

fn parse_head(head: &str) -> Option<Request> {
    let mut lines = head.lines();
    let mut words = lines.next()?.split(' ');
    let (method, target, version) = (words.next()?, words.next()?, words.next()?);
    if !version.starts_with("HTTP/1.") {
        return None;
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()));
    Some(Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: headers.collect(),
        body: Vec::new(),
        http10: version == "HTTP/1.0",
    })
}

async fn read_body(stream: &mut BufReader<TcpStream>, request: &Request) -> Result<Vec<u8>, ()> {
    if request.header("Transfer-Encoding").is_some_and(|coding| coding.contains("chunked")) {
        return read_chunks(stream).await;
    }
    let length: usize = request.header("Content-Length").map_or(Ok(0), str::parse).map_err(drop)?;
    if length > BODY_LIMIT {
        return Err(());
    }
    if length > 0 && request.header("Expect").is_some() {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await.map_err(drop)?;
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.map_err(drop)?;
    Ok(body)
}

async fn read_chunks(stream: &mut BufReader<TcpStream>) -> Result<Vec<u8>, ()> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.map_err(drop)?;
        let size = usize::from_str_radix(line.trim(), 16).map_err(drop)?;
        if body.len() + size > BODY_LIMIT {
            return Err(());
        }
        let mut chunk = vec![0; size + 2];
        stream.read_exact(&mut chunk).await.map_err(drop)?;
        body.extend(&chunk[..size]);
        if size == 0 {
            return Ok(body);
        }
    }
}

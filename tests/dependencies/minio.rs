//! MinIO: a stand-in with its health routes and its bucket, which lets in who signs as AWS wants it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::hex;
use crate::refusing::refusing_address;
use crate::site::{SECRET, Said, Site};
use crate::wire::Wire;

/// What the stand-in is like.
#[derive(Clone, Copy)]
struct Minio {
    live: u16,
    cluster: u16,
    bucket: &'static str,
    secret: &'static str,
    /// Whether its clock stands in another year.
    is_late: bool,
}

impl Default for Minio {
    fn default() -> Self {
        Self { live: 200, cluster: 200, bucket: "openim", secret: SECRET, is_late: false }
    }
}

impl Minio {
    /// Listens for as long as the tests run; gives the address.
    fn listen(self) -> String {
        let running = self.start();
        let address = running.address.clone();
        // Its thread ends with the tests.
        std::mem::forget(running);
        address
    }

    fn start(self) -> Running {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let is_over = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&is_over);
        let thread = thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if told.load(Ordering::SeqCst) {
                    return;
                }
                thread::spawn(move || self.serve(&stream));
            }
        });
        Running { address, is_over, thread: Some(thread) }
    }

    fn serve(self, stream: &TcpStream) {
        let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
        while let Some(first) = lines.next() {
            let headers: Vec<(String, String)> = lines
                .by_ref()
                .take_while(|line| !line.is_empty())
                .filter_map(|line| {
                    line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()))
                })
                .collect();
            let (status, extra) = self.answer(&first, &headers);
            let answer = format!("HTTP/1.1 {status} x\r\n{extra}Content-Length: 0\r\n\r\n");
            let mut out = stream;
            if out.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    }

    fn answer(self, first: &str, headers: &[(String, String)]) -> (u16, &'static str) {
        let mut words = first.split(' ');
        match (words.next().unwrap(), words.next().unwrap()) {
            ("GET", "/minio/health/live") => (self.live, ""),
            ("GET", "/minio/health/cluster") => (self.cluster, ""),
            ("HEAD", _) if self.is_late => (
                403,
                "x-minio-error-code: RequestTimeTooSkewed\r\nx-minio-error-desc: \"The difference between the \
                 request time and the server's time is too large.\"\r\nDate: Tue, 02 Jan 2024 10:00:00 GMT\r\n",
            ),
            ("HEAD", path) if !is_signed(path, headers, self.secret) => (
                403,
                "x-minio-error-code: SignatureDoesNotMatch\r\nx-minio-error-desc: \"The request signature we \
                 calculated does not match the signature you provided. Check your key and signing method.\"\r\n",
            ),
            ("HEAD", path) if path.trim_start_matches('/') == self.bucket => (200, ""),
            _ => (404, ""),
        }
    }
}

/// A stand-in that listens until this is dropped.
pub(crate) struct Running {
    pub(crate) address: String,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        // One more connection, so that it looks.
        drop(TcpStream::connect(&self.address));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// One that is well, with the secret that OpenIM ships, until this is dropped.
pub(crate) fn running() -> Running {
    Minio { secret: "openIM123", ..Minio::default() }.start()
}

/// One that is well, with the secret that OpenIM ships, for as long as the tests run; gives the address.
pub(crate) fn well() -> String {
    Minio { secret: "openIM123", ..Minio::default() }.listen()
}

/// Signs the request anew and compares.
/// The address of one that wants another key than the one that OpenIM ships.
pub(crate) fn locked() -> String {
    Minio::default().listen()
}

fn is_signed(path: &str, headers: &[(String, String)], secret: &str) -> bool {
    let header = |name: &str| headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value);
    let authorization = header("authorization");
    let part = |name: &str| authorization.split(&[' ', ','][..]).find_map(|part| part.strip_prefix(name));
    let (Some(credential), Some(names), Some(signature)) =
        (part("Credential="), part("SignedHeaders="), part("Signature="))
    else {
        return false;
    };
    let Some((user, scope)) = credential.split_once('/') else { return false };
    let signed: Vec<String> = names.split(';').map(|name| format!("{name}:{}\n", header(name))).collect();
    let signed = signed.concat();
    let body = header("x-amz-content-sha256");
    let canonical = format!("HEAD\n{path}\n\n{signed}\n{names}\n{body}");
    let to_sign =
        format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{}", header("x-amz-date"), hex(&Sha256::digest(canonical)));
    let key = scope.split('/').fold(format!("AWS4{secret}").into_bytes(), |key, part| keyed(&key, part));
    user == "root" && signature == hex(&keyed(&key, &to_sign))
}

fn keyed(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn ask(address: &str, secret: &str) -> Said {
    let text =
        format!("bucket: openim\naccessKeyID: root\nsecretAccessKey: {secret}\ninternalAddress: {address}\n");
    Site::new().file("minio.yml", &text).check(&["minio", "--probe-timeout", "2s"])
}

#[test]
fn a_minio_that_is_well_has_the_bucket_and_takes_the_key() {
    ask(&Minio::default().listen(), SECRET).row("minio", 0, "OK");
    ask(&Minio::default().listen(), "wrong").row(
        "minio, wrong key",
        1,
        "is reachable but refuses OpenIM's key: The request signature we calculated does not match",
    );
    ask(&Minio { bucket: "other", ..Minio::default() }.listen(), SECRET).row(
        "minio without the bucket",
        0,
        "serves, but has no bucket \"openim\"",
    );
}

#[test]
fn a_clock_that_spoils_every_signature_is_named_and_not_the_key() {
    ask(&Minio { is_late: true, ..Minio::default() }.listen(), SECRET).row(
        "minio, a clock of another year",
        1,
        " s behind this machine's: it takes no request",
    );
}

#[test]
fn a_minio_that_is_up_but_not_ready_says_so() {
    ask(&Minio { live: 503, ..Minio::default() }.listen(), SECRET).row(
        "minio, starting",
        1,
        "is up but not ready (HTTP 503)",
    );
    ask(&Minio { cluster: 503, ..Minio::default() }.listen(), SECRET).row(
        "minio without write quorum",
        0,
        "too few of its drives are there to write",
    );
    ask(&Minio { live: 404, ..Minio::default() }.listen(), SECRET).row(
        "minio, another web server",
        1,
        "does not speak MinIO",
    );
}

#[test]
fn each_way_not_to_answer_has_its_own_words() {
    let refused = refusing_address();
    ask(&refused, SECRET).row("minio, nobody listens", 1, "refuses connections");
    ask("minio.invalid:9000", SECRET).row("minio, unknown host", 1, "host name does not resolve");
    ask(&Wire::Close.listen(), SECRET).row(
        "minio, closed at once",
        1,
        "closes the connection without an answer",
    );
    ask(&Wire::Silent.listen(), SECRET).row("minio, silence", 1, "gives no answer within 2 s");
    ask(&Wire::Ssh.listen(), SECRET).row("minio, an SSH server", 1, "does not speak");
}

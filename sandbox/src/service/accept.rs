//! Accepting connections, in the manner that the faults of the moment ask for.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use chrono::Local;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};

use super::context::{Context, Manner};
use crate::log::sink::complain;

/// Hands every connection to `handler`, for ever.
pub(super) async fn accept<H, F>(context: Arc<Context>, listener: TcpListener, handler: H)
where
    H: Fn(TcpStream) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let mut unanswered = Vec::new();
    if context.manner() == Manner::Never {
        // The listener stays open, and its queue fills.
        let _kept = listener;
        return std::future::pending().await;
    }
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Go sets this on every connection.
                let _ = stream.set_nodelay(true);
                match context.manner() {
                    Manner::Answer => drop(tokio::spawn(handler(stream))),
                    Manner::Silence | Manner::Never => unanswered.push(stream),
                    Manner::Garbage => drop(tokio::spawn(garbage(stream))),
                    Manner::Drip => drop(tokio::spawn(drip(stream))),
                    Manner::Close => drop(stream),
                }
            }
            Err(error) => {
                complain(&accept_error(&listener, &error));
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

/// What somebody else's server would say.
async fn garbage(mut stream: TcpStream) {
    let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n").await;
    let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
}

/// A body that would take a quarter of an hour.
async fn drip(mut stream: TcpStream) {
    if stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n").await.is_err() {
        return;
    }
    for _ in 0..1000 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        if stream.write_all(b"x").await.is_err() {
            return;
        }
    }
}

/// What net/http prints when it runs out of file descriptors.
fn accept_error(listener: &TcpListener, error: &std::io::Error) -> String {
    let address = listener.local_addr().map_or_else(|_| "?".to_owned(), |address| address.to_string());
    let cause =
        if error.raw_os_error() == Some(24) { "too many open files".to_owned() } else { error.to_string() };
    let time = Local::now().format("%Y/%m/%d %H:%M:%S");
    format!("{time} http: Accept error: accept tcp {address}: accept4: {cause}; retrying in 1s\n")
}

//! Accepting connections, in the manner that the faults of the moment ask for.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use chrono::Local;
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
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Go sets this on every connection.
                let _ = stream.set_nodelay(true);
                match context.manner() {
                    Manner::Answer => drop(tokio::spawn(handler(stream))),
                    Manner::Silence => unanswered.push(stream),
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

/// What net/http prints when it runs out of file descriptors.
fn accept_error(listener: &TcpListener, error: &std::io::Error) -> String {
    let address = listener.local_addr().map_or_else(|_| "?".to_owned(), |address| address.to_string());
    let cause =
        if error.raw_os_error() == Some(24) { "too many open files".to_owned() } else { error.to_string() };
    let time = Local::now().format("%Y/%m/%d %H:%M:%S");
    format!("{time} http: Accept error: accept tcp {address}: accept4: {cause}; retrying in 1s\n")
}

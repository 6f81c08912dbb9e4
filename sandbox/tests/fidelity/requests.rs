//! Requests to the ports of clients, answers byte for byte; Date, X-Http-Id and tokens masked.

use std::time::Duration;

use openim_sandbox::{Generation, Sandbox};

use crate::common::{exchange_patiently, ready, sandbox};
use crate::recordings::{Recordings, mask_address};
use crate::table::Table;

/// Every request of these is answered, sooner or later.
const PATIENCE: Duration = Duration::from_secs(10);
/// A connection that is kept alive says nothing more than the answer.
const SILENCE: Duration = Duration::from_millis(300);

pub(crate) fn compare(recordings: &Recordings) -> Table {
    let mut table = Table::default();
    for (file, situation, generation) in [
        ("patch16-http.txt", "HTTP, release", Generation::Release),
        ("main-http.txt", "HTTP, main", Generation::Main),
    ] {
        let sandbox = ready(sandbox().generation(generation));
        for recorded in recordings.text(file).split("### ").skip(1) {
            let (call, answer) = recorded.split_once('\n').expect("an answer");
            let seen = answer.split_once("\n--- rc 0").expect("an end").0;
            let shown = ask(&sandbox, call);
            let (seen, shown) = (mask(&seen.replace('\r', "")), mask(&shown));
            table.add(situation, call, seen.clone(), as_recorded(&seen, shown));
        }
    }
    table
}

/// The recording keeps the first kilobyte of a body.
fn as_recorded(seen: &str, shown: String) -> String {
    let cut = seen.len() > 1000 && shown.len() > seen.len();
    if cut { shown.chars().take(seen.chars().count()).collect() } else { shown }
}

/// Does what curl did for `-X POST -H operationID: t1 -d {...} http://127.0.0.1:10002/path`.
fn ask(sandbox: &Sandbox, call: &str) -> String {
    let (options, url) = call.rsplit_once("http://127.0.0.1:").expect("a URL");
    let (port, path) = url.split_once('/').expect("a path");
    let port = if port == "10001" { sandbox.ws_port() } else { sandbox.api_port() };
    let (mut method, mut headers, mut body) = ("GET", vec!["Host: 127.0.0.1".to_owned()], "");
    for option in format!(" {options}").split(" -").skip(1) {
        let option: &'static str = Box::leak(option.trim_end().to_owned().into_boxed_str());
        match option.split_once(' ') {
            None => method = "HEAD",
            Some(("X", value)) => method = value,
            Some(("H", value)) => headers.push(value.to_owned()),
            Some(("d", value)) => body = value,
            Some((other, _)) => panic!("curl -{other}"),
        }
    }
    if !body.is_empty() {
        headers.push(format!("Content-Length: {}", body.len()));
    }
    let request = format!("{method} /{path} HTTP/1.1\r\n{}\r\n\r\n{body}", headers.join("\r\n"));
    let address = ([127, 0, 0, 1], port);
    let answer = exchange_patiently(address, request.as_bytes(), PATIENCE, SILENCE);
    let answer = String::from_utf8(answer.expect("a connection")).expect("text").replace('\r', "");
    let Some((head, body)) = answer.split_once("\n\n") else { return answer };
    if head.contains("Transfer-Encoding: chunked") {
        // One chunk: its size in the first line, an empty one behind it.
        let body = body.split_once('\n').map_or("", |(_, rest)| rest).trim_end_matches("\n0\n\n");
        return format!("{head}\n\n{body}");
    }
    answer.clone()
}

fn mask(answer: &str) -> String {
    let lines = answer.trim_end().lines().map(|line| match line.split_once(": ") {
        Some((name @ ("Date" | "X-Http-Id"), _)) => format!("{name}: *"),
        _ => line.to_owned(),
    });
    let text = mask_address(&lines.collect::<Vec<_>>().join("\n"));
    match text.split_once(r#""token":""#) {
        Some((before, rest)) => {
            let after = rest.split_once('"').map_or("", |(_, after)| after);
            format!(r#"{before}"token":"<token>"{after}"#)
        }
        None => text,
    }
}

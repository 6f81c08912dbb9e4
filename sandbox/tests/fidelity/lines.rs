//! Log lines: columns with their paddings and colours, keys in their order, console and JSON.

use std::fmt::Write as _;

use openim_sandbox::Sandbox;

use crate::common::{http, ready, sandbox, wrong_secret};
use crate::recordings::Recordings;
use crate::table::Table;

/// Module, caller and message of lines that the sandbox writes too.
const KNOWN: [(&str, &str, &str); 18] = [
    ("openim-crontask", "tools/cron_task.go:43", "CRON-TASK server is initializing"),
    ("openim-crontask", "tools/cron_task.go:87", "start cron task"),
    ("openim-msgtransfer", "msgtransfer/init.go:74", "MSG-TRANSFER server is initializing"),
    ("openim-msggateway", "msggateway/init.go:38", "MSG-GATEWAY server is initializing"),
    ("openim-msggateway", "rpccache/online.go:144", "begin doSubscribe"),
    ("openim-api", "api/init.go:132", "API server is initializing"),
    ("openim-push", "startrpc/start.go:213", "RPC server is initializing"),
    ("openim-rpc-conversation", "startrpc/start.go:213", "RPC server is initializing"),
    ("openim-rpc-auth", "startrpc/start.go:213", "RPC server is initializing"),
    ("openim-rpc-user", "redis/user.go:47", "user local cache init"),
    ("openim-rpc-group", "redis/group.go:62", "group local cache init"),
    ("openim-rpc-friend", "redis/black.go:43", "black local cache init"),
    ("openim-api", "mw/rpc_client_interceptor.go:35", "rpc client request"),
    ("openim-api", "mw/rpc_client_interceptor.go:38", "rpc client response success"),
    ("openim-api", "mw/rpc_client_interceptor.go:59", "rpc client response failed"),
    ("openim-rpc-auth", "mw/rpc_server_interceptor.go:36", "rpc server request"),
    ("openim-rpc-auth", "mw/rpc_server_interceptor.go:44", "rpc server response success"),
    ("openim-rpc-auth", "mw/rpc_server_interceptor.go:85", "rpc server response failed"),
];

pub(crate) fn compare(recordings: &Recordings) -> Table {
    let mut table = Table::default();
    for (name, situation, json) in [
        ("patch16-units-console.export.zst", "line, console", false),
        ("patch16-units-json.export.zst", "line, JSON", true),
    ] {
        let recorded = recordings.unpacked(name);
        let written = written(json);
        for (module, caller, message) in KNOWN {
            let find = |text: &str| {
                let found = text
                    .lines()
                    .filter_map(|line| record(line, json))
                    .find(|line| is(line, module, caller, message));
                found.map(shape)
            };
            // Not every recording has every line.
            let Some(seen) = find(&recorded) else { continue };
            table.add(situation, format!("{module}: {message}"), seen, find(&written).unwrap_or_default());
        }
    }
    table
}

/// Everything that a deployment writes to standard output in its first seconds and for three requests.
fn written(json: bool) -> String {
    let mut sandbox = ready(sandbox().log(6, true, json));
    wrong_secret(sandbox.api_port());
    let body = r#"{"secret":"openIM123","userID":"imAdmin"}"#;
    let head = format!("operationID: op\r\nContent-Length: {}", body.len());
    http(sandbox.api_port(), &format!("POST /auth/get_admin_token HTTP/1.1\r\n{head}\r\n\r\n{body}"));
    all_output(&mut sandbox)
}

fn all_output(sandbox: &mut Sandbox) -> String {
    let texts =
        sandbox.pids().into_iter().map(|(instance, _)| sandbox.stdout(instance.service, instance.index));
    texts.collect()
}

/// The record in a line of the journal's export form: text behind a length, or a plain field.
fn record(line: &str, json: bool) -> Option<&str> {
    let line = line.strip_prefix("MESSAGE=").unwrap_or(line);
    let start = if json { line.find("{\"level\":")? } else { line.find("202")? };
    // A length of eight bytes stands before a text with control characters.
    (start <= 24).then(|| &line[start..])
}

fn is(line: &str, module: &str, caller: &str, message: &str) -> bool {
    let admin = !line.contains("\"method\"") || line.contains("/openim.auth.Auth/getAdminToken");
    let plain = !line.contains("\"error\": \"Error: 500") && !line.contains("\"error\":\"Error: 500");
    line.contains(module) && line.contains(caller) && line.contains(message) && admin && plain
}

/// A record with everything masked that differs from run to run: digits, and values by their kind.
fn shape(line: &str) -> String {
    if let Some((columns, fields)) = line.split_once("\t{") {
        let columns: Vec<_> = columns.split('\t').map(column).collect();
        return format!("{}\t{{{}", columns.join("\t"), keys(fields));
    }
    let (head, fields) = line.split_once(",\"version\":").unwrap_or((line, ""));
    format!("{},{}", column(head), keys(&format!("\"version\":{fields}")))
}

/// Process ids and times have as many digits as they please; the column keeps its width.
fn column(text: &str) -> String {
    let width = text.chars().count();
    let masked: String = text.chars().filter(|c| !c.is_ascii_digit()).collect();
    let pid = text.contains("PID");
    let masked = if pid { masked.trim_end().replace(' ', "") } else { masked };
    if text.starts_with('{') { masked } else { format!("{masked}({width})") }
}

/// The keys in their order, with what stands between key and value and what kind of value it is.
fn keys(fields: &str) -> String {
    let mut shape = String::new();
    let mut rest = fields;
    while let Some((_, after)) = rest.split_once('"') {
        let Some((key, after)) = after.split_once('"') else { break };
        let gap = if after.starts_with(": ") { ": " } else { ":" };
        let value = after.trim_start_matches([':', ' ']);
        let (kind, after) = skip(value);
        let _ = write!(shape, "{key}{gap}{kind}");
        let comma = if after.starts_with(", ") {
            ", "
        } else if after.starts_with(',') {
            ","
        } else {
            ""
        };
        shape += comma;
        rest = after;
    }
    shape
}

/// The kind of a JSON value, and the text behind it.
fn skip(value: &str) -> (&'static str, &str) {
    match value.chars().next() {
        Some('"') => {
            let mut escaped = false;
            let end = value.char_indices().skip(1).find(|(_, c)| {
                let end = *c == '"' && !escaped;
                escaped = *c == '\\' && !escaped;
                end
            });
            ("text", end.map_or("", |(end, _)| &value[end + 1..]))
        }
        Some('[') => {
            let spaced = value.contains("[]")
                || !value.split(']').next().unwrap_or("").contains(',')
                || value.split(']').next().unwrap_or("").contains(", ");
            (if spaced { "list" } else { "tight list" }, value.split_once(']').map_or("", |(_, after)| after))
        }
        _ => ("number", &value[value.find([',', '}']).unwrap_or(value.len())..]),
    }
}

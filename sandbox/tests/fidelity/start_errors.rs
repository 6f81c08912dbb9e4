//! Wrong starts: exit status and text.

use std::fs;
use std::io::Read;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use openim_ops::openim::service::Service;
use openim_sandbox::Sandbox;

use crate::common::{ready, sandbox};
use crate::recordings::Recordings;
use crate::table::Table;

/// A wrong start: its heading in the recording, and how it is made.
struct Start {
    heading: &'static str,
    service: Service,
    /// Words after the program; `CONFIG` stands for the configuration directory.
    words: &'static [&'static str],
    /// What is done to a copy of the configuration: file, text, its replacement; a missing text appends, a missing
    /// replacement removes the file.
    change: Option<(&'static str, Option<&'static str>, Option<&'static str>)>,
    variable: Option<(&'static str, &'static str)>,
}

const USUAL: &[&str] = &["-i", "0", "-c", "CONFIG"];

const fn start(heading: &'static str, service: Service, words: &'static [&'static str]) -> Start {
    Start { heading, service, words, change: None, variable: None }
}

const STARTS: [Start; 14] = [
    start("port 10002 taken (api running)", Service::Api, USUAL),
    start("ws port 10001 taken", Service::MsgGateway, USUAL),
    start("index 9 with 1 port (api)", Service::Api, &["-i", "9", "-c", "CONFIG"]),
    start("no -c", Service::RpcUser, &["-i", "0"]),
    start("-c missing dir", Service::RpcUser, &["-i", "0", "-c", "/nonexistent"]),
    start("flag unknown", Service::RpcUser, &["--config=/etc/openim/openim-rpc-user.yaml"]),
    Start {
        change: Some(("openim-api.yml", Some("api:\n"), Some("api:\n  x: 'a' b\n"))),
        ..start("broken YAML openim-api.yml", Service::Api, USUAL)
    },
    Start { change: Some(("share.yml", None, None)), ..start("share.yml missing", Service::RpcUser, USUAL) },
    Start {
        change: Some(("discovery.yml", Some("enable: etcd"), Some("enable: kubernetes"))),
        ..start("discovery kubernetes", Service::RpcUser, USUAL)
    },
    Start {
        change: Some(("discovery.yml", Some("enable: etcd"), Some("enable: zookeeper"))),
        ..start("discovery zookeeper", Service::RpcUser, USUAL)
    },
    Start {
        change: Some(("openim-crontask.yml", Some("retainChatRecords: 365"), Some("retainChatRecords: 0"))),
        ..start("retainChatRecords 0", Service::Crontask, USUAL)
    },
    start("msgtransfer index 20 beyond ports", Service::MsgTransfer, &["-i", "20", "-c", "CONFIG"]),
    Start {
        variable: Some(("IMENV_OPENIM_API_API_PORTS", "[10003]")),
        ..start("IMENV list with brackets", Service::Api, USUAL)
    },
    Start {
        variable: Some(("IMENV_LOG_REMAINLOGLEVEL", "abc")),
        ..start("IMENV redis address ok, log level x", Service::RpcAuth, USUAL)
    },
];

pub(crate) fn compare(recordings: &Recordings) -> Table {
    let sandbox = ready(sandbox().only(&[Service::Api]));
    let _taken = TcpListener::bind(("0.0.0.0", sandbox.ws_port())).expect("the port of WebSocket");
    let recorded = recordings.text("patch16-bad-config.txt");
    let mut table = Table::default();
    for start in &STARTS {
        let (_, rest) = recorded.split_once(&format!("== {}\n", start.heading)).expect(start.heading);
        let seen = rest.split("\n== ").next().unwrap_or_default();
        let status = seen.lines().next().and_then(|line| line.strip_prefix("exit ")).expect("a status");
        let (own_status, own_text) = run(&sandbox, start);
        let fixed_ports = |text: &str| {
            let api = format!(":{}", sandbox.api_port());
            let plain = format!("[{}]", sandbox.api_port());
            let text = text.replace(&api, ":10002").replace(&plain, "[10002]");
            text.replace(&format!(":{}", sandbox.ws_port()), ":10001")
        };
        table.add("wrong start", format!("{}: status", start.heading), status, own_status);
        let text = essence(&fixed_ports(&own_text), start.service);
        table.add("wrong start", format!("{}: text", start.heading), essence(seen, start.service), text);
    }
    table
}

/// The text behind `exit -1: `, with its first frame; paths and what Go's maps order by chance are masked.
fn essence(text: &str, service: Service) -> String {
    let marker = format!("{} exit -1: ", service.binary());
    let text = text.split_once(&marker).map_or("(nothing)", |(_, text)| text);
    let (cause, frames) = text.trim_end().split_once(" | -> ").unwrap_or((text.trim_end(), ""));
    let frame = frames.split(" -> ").next().unwrap_or_default();
    let words = cause.split(' ').map(|word| {
        let word = word.trim_end_matches(',');
        match word.split_once('=') {
            Some(("path", path)) => format!("path={}", masked_path(path)),
            Some(("envPrefix", _)) => "envPrefix=*".to_owned(),
            _ => masked_path(word),
        }
    });
    format!("{} | -> {frame}", words.collect::<Vec<_>>().join(" "))
}

fn masked_path(word: &str) -> String {
    let path = std::path::Path::new(word.trim_end_matches(':'));
    if path.extension().is_some_and(|end| end == "yml") { "FILE".to_owned() } else { word.to_owned() }
}

/// Runs a wrong start to its end, for a few seconds at most.
fn run(sandbox: &Sandbox, start: &Start) -> (String, String) {
    let config = changed_config(sandbox, start);
    let mut command = Command::new(sandbox.program_of(start.service));
    let words = start.words.iter().map(|word| word.replace("CONFIG", &format!("{}/", config.display())));
    command.args(words).current_dir("/").stdout(Stdio::null()).stderr(Stdio::piped());
    if let Some((name, value)) = start.variable {
        command.env(name, value);
    }
    let mut child = command.spawn().expect("it starts");
    let end = Instant::now() + Duration::from_secs(5);
    let status = loop {
        match child.try_wait().expect("waited") {
            Some(status) => break status.code().map_or("killed".to_owned(), |code| code.to_string()),
            None if Instant::now() > end => break "124".to_owned(),
            None => std::thread::sleep(Duration::from_millis(10)),
        }
    };
    let _ = child.kill();
    let mut text = String::new();
    if let Some(mut stderr) = child.stderr.take() {
        let _ = stderr.read_to_string(&mut text);
    }
    let _ = child.wait();
    (status, text)
}

/// A copy of the configuration beside the real one, changed as the start asks.
fn changed_config(sandbox: &Sandbox, start: &Start) -> PathBuf {
    let usual = sandbox.root().join("config");
    let Some((file, old, new)) = start.change else { return usual };
    let copy = sandbox.root().join(start.heading.replace(' ', "-"));
    copy_dir(&usual, &copy);
    let path = copy.join(file);
    match (old, new) {
        (_, None) => fs::remove_file(path).expect("removed"),
        (old, Some(new)) => {
            let text = fs::read_to_string(&path).expect("a file");
            let text = old.map_or_else(|| format!("{text}{new}"), |old| text.replace(old, new));
            fs::write(path, text).expect("written");
        }
    }
    copy
}

fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory");
    for entry in fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        fs::copy(entry.path(), to.join(entry.file_name())).expect("copied");
    }
}

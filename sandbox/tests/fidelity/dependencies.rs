//! A dependency missing at start: who lives, who ended how, who listens, who is registered; and after its return.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use openim_ops::openim::service::Service;
use openim_sandbox::{Builder, Dependency, Etcd, Fault, Generation, Sandbox, free_port};

use crate::common::sandbox;
use crate::recordings::Recordings;
use crate::table::Table;

pub(crate) fn compare(recordings: &Recordings) -> Table {
    let mut table = Table::default();
    let release = recordings.text("patch16-dependency-missing-at-start.txt");
    let main = recordings.text("main-dependency-missing-at-start.txt");
    for (generation, text) in [(Generation::Release, &release), (Generation::Main, &main)] {
        for dependency in Dependency::ALL {
            let name =
                if dependency == Dependency::MongoDb { "mongo".to_owned() } else { dependency.to_string() };
            let heading = format!("== {name} down at start");
            let Some((_, rest)) = text.split_once(&heading) else { continue };
            let seen = rest.split("\n== ").next().unwrap_or_default();
            one(&format!("no {dependency}, {generation}"), seen, generation, dependency, &mut table);
        }
    }
    table
}

/// What is known of a service: `active/0 listen=2`, and of one that failed its last words.
type Rows = BTreeMap<String, String>;

fn one(situation: &str, seen: &str, generation: Generation, dependency: Dependency, table: &mut Table) {
    let mut seen_rows = recorded(seen);
    let mut sandbox = without(generation, dependency).start().expect("it starts");
    let mut shown = Rows::new();
    // What ends does so within two seconds; what waits is looked at after them.
    let end = Instant::now() + Duration::from_secs(6);
    while Instant::now() < end {
        shown = rows(&mut sandbox);
        if seen_rows.iter().all(|(row, seen)| as_recorded(seen, shown[row].clone()) == *seen) {
            break;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    for (row, seen) in std::mem::take(&mut seen_rows) {
        let shown = shown.remove(&row).unwrap_or_default();
        table.add(situation, &row, seen.clone(), as_recorded(&seen, shown));
    }
    if dependency == Dependency::MongoDb {
        comes_back(situation, &mut sandbox, table);
    }
}

/// The dependency returns: everybody is registered, without a restart of theirs.
fn comes_back(situation: &str, sandbox: &mut Sandbox, table: &mut Table) {
    for (instance, _) in sandbox.pids() {
        sandbox.mend_in_place(instance.service, instance.index).expect("mended");
    }
    let ready = sandbox
        .wait_ready(Duration::from_secs(15))
        .map_or_else(|error| error.to_string(), |()| "ready".to_owned());
    table.add(situation, "after its return", "ready", ready);
}

fn without(generation: Generation, dependency: Dependency) -> Builder {
    let builder = sandbox().generation(generation);
    if dependency == Dependency::Etcd {
        return builder.etcd(Etcd::At(format!("127.0.0.1:{}", free_port())));
    }
    let instances = Service::ALL
        .into_iter()
        .flat_map(|service| (0..generation.instances(service)).map(move |index| (service, index)));
    instances
        .fold(builder, |builder, (service, index)| builder.fault(service, index, Fault::Without(dependency)))
}

fn recorded(seen: &str) -> Rows {
    let mut rows = Rows::new();
    for line in seen.lines() {
        let line = line.trim_start();
        if let Some(keys) = line.strip_prefix("keys:") {
            rows.insert("keys".to_owned(), keys.split_whitespace().collect::<Vec<_>>().join(" "));
        } else if line.starts_with("openim-") {
            let words: Vec<_> = line.split_whitespace().collect();
            let name = words[0].split('@').next().unwrap_or_default().to_owned();
            let last = line.split_once(" exit -1: ").map_or("", |(_, text)| text);
            // A unit between two starts has failed too.
            let state = words[1].replace("activating/", "failed/");
            rows.insert(name, format!("{state} {} {}", words[2], essence(last)).trim_end().to_owned());
        }
    }
    rows
}

/// The text of an error without frames, as far as the recording keeps it.
fn essence(text: &str) -> String {
    let text = text.split(" | -> ").next().unwrap_or_default().trim_end_matches(['|', '\n']);
    text.split(", conf=").next().unwrap_or_default().split(", groupID=").next().unwrap_or_default().to_owned()
}

fn rows(sandbox: &mut Sandbox) -> Rows {
    let mut rows = Rows::new();
    for service in Service::ALL {
        let listen = sandbox.sockets(service, 0).len();
        let (status, text) = match sandbox.wait(service, 0, Duration::ZERO) {
            Ok(status) => (status.code().unwrap_or(-1), last_words(sandbox, service)),
            Err(_) if sandbox.pid(service, 0).is_some() => (0, String::new()),
            Err(_) => (255, last_words(sandbox, service)),
        };
        let state = if status == 0 { "active" } else { "failed" };
        let row = format!("{state}/{status} listen={listen} {text}");
        rows.insert(service.binary().to_owned(), row.trim_end().to_owned());
    }
    rows.insert("keys".to_owned(), keys(sandbox));
    rows
}

fn last_words(sandbox: &Sandbox, service: Service) -> String {
    let text = sandbox.stderr(service, 0);
    essence(text.split_once(" exit -1: ").map_or("", |(_, text)| text))
}

/// The recording cuts last words short.
fn as_recorded(seen: &str, shown: String) -> String {
    let ended = seen.starts_with("failed");
    if ended { shown.chars().take(seen.chars().count()).collect() } else { shown }
}

/// `1 auth 8 push`, as `uniq -c` counts.
fn keys(sandbox: &Sandbox) -> String {
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for pair in sandbox.etcd_client().range("openim/").unwrap_or_default() {
        let name = pair.key.split('/').nth(1).unwrap_or_default().to_owned();
        if name != "prometheus_discovery" {
            *counts.entry(name).or_default() += 1;
        }
    }
    let texts: Vec<_> = counts.into_iter().map(|(name, count)| format!("{count} {name}")).collect();
    texts.join(" ")
}

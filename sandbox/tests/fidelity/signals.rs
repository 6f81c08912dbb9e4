//! Signals: how each service ends, and what it says.

use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, Instant};

use openim_sandbox::{Generation, Instance, Sandbox};
use rustix::process::Signal;

use crate::common::{ready, sandbox};
use crate::recordings::Recordings;
use crate::table::Table;

pub(crate) fn compare(recordings: &Recordings) -> Table {
    let mut table = Table::default();
    for (file, situation, generation) in [
        ("patch16-signals.txt", "signal, release", Generation::Release),
        ("main-signals.txt", "signal, main", Generation::Main),
    ] {
        let mut sandbox = ready(sandbox().generation(generation));
        for line in recordings.text(file).lines().filter(|line| line.contains("ExecMainCode=")) {
            let words: Vec<_> = line.split_whitespace().collect();
            let (name, instance) = (words[0], instance(words[1]));
            let value = |key: &str| words.iter().find_map(|word| word.strip_prefix(key)).expect("a value");
            let last = line.split_once("LAST: ").map_or("", |(_, last)| last);
            let texts = if generation == Generation::Main { last.trim_end_matches('|') } else { "" };
            let seen = format!("{} {} {texts}", value("ExecMainCode="), value("ExecMainStatus="));
            let shown = end(&mut sandbox, name, instance, generation);
            table.add(situation, format!("{name} {instance}"), seen.trim(), shown.trim());
        }
    }
    table
}

fn instance(unit: &str) -> Instance {
    unit.replace('@', "#").parse().expect("an instance")
}

/// Sends the signal and says how it ended: 1 and the exit status, or 2 and the signal, as systemd does.
fn end(sandbox: &mut Sandbox, name: &str, instance: Instance, generation: Generation) -> String {
    let signal = match name {
        "TERM" => Signal::TERM,
        "INT" => Signal::INT,
        "HUP" => Signal::HUP,
        "KILL" => Signal::KILL,
        other => panic!("signal {other}"),
    };
    let (service, index) = (instance.service, instance.index);
    let before = sandbox.stderr(service, index).len();
    let start = Instant::now();
    sandbox.signal(service, index, signal).expect("sent");
    let status = sandbox.wait(service, index, Duration::from_secs(5)).expect("it ends");
    let late = if start.elapsed() > Duration::from_secs(1) { " late" } else { "" };
    let texts = sandbox.stderr(service, index).split_off(before);
    let texts =
        if generation == Generation::Main { texts.trim_end().replace('\n', "|") } else { String::new() };
    sandbox.start(service, index).expect("started again");
    sandbox.wait_ready(Duration::from_secs(10)).expect("ready again");
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("1 {code} {texts}{late}"),
        (None, Some(signal)) => format!("2 {signal} {texts}{late}"),
        (None, None) => "neither".to_owned(),
    }
}

//! Ten faults at once, drawn by a seed: whatever comes together, nothing broken is called well, nothing well is
//! called broken, and the verdict is there by the deadline.

use std::collections::BTreeSet;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use openim_ops::openim::service::Service;
use openim_sandbox::{Fault, Sandbox};
use rustix::process::Signal;
use serde_json::Value;

use crate::check::{check, small, started, wait_until};
use crate::everything;

const FAULTS: usize = 10;
const DEADLINE: Duration = Duration::from_secs(3);

/// Xorshift: the same seed draws the same faults on every machine.
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(bound).expect("small")).expect("small")
    }
}

/// What can be done to any instance, and shows at once.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Kill,
    Stop,
    Zombie,
    Silent,
    Garbage,
}

const KINDS: [Kind; 5] = [Kind::Kill, Kind::Stop, Kind::Zombie, Kind::Silent, Kind::Garbage];

#[test]
fn ten_faults_at_once_are_all_found_and_nothing_else_is() {
    let rounds = if everything() { 200 } else { 3 };
    let mut late = Vec::new();
    for round in 1..=rounds {
        let took = play(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(round), round);
        if took > DEADLINE + Duration::from_millis(100) {
            late.push((round, took));
        }
    }
    println!("{rounds} rounds of {FAULTS} faults; later than deadline + 100 ms: {late:?}");
}

/// One round; gives how long the check took.
fn play(seed: u64, round: u64) -> Duration {
    let mut draw = Draw(seed);
    let mut sandbox = started(small());
    let instances: Vec<(Service, u32)> =
        sandbox.pids().iter().map(|(instance, _)| (instance.service, instance.index)).collect();
    let mut broken = BTreeSet::new();
    let mut done = Vec::new();
    while broken.len() < FAULTS {
        let place = instances[draw.below(instances.len())];
        let kind = KINDS[draw.below(KINDS.len())];
        // The cron task has no port that could be silent, and msgtransfer's is not asked for gRPC.
        let deaf = matches!(kind, Kind::Silent | Kind::Garbage);
        if (deaf && place.0 == Service::Crontask) || !broken.insert(place) {
            continue;
        }
        inflict(&mut sandbox, place, kind);
        done.push((place, kind));
    }
    let begin = Instant::now();
    let text = check(&sandbox, &["all", "-o", "json", "--deadline", "3s", "--probe-timeout", "1s"]).text;
    let took = begin.elapsed();
    let report: Value = serde_json::from_str(&text).expect("the report is JSON");
    let (found, well) = sort(&report);
    let wrong: Vec<_> = broken.difference(&found).collect();
    assert!(wrong.is_empty(), "round {round}: called well: {wrong:?} of {done:?}\n{report:#}");
    let wrong: Vec<_> = broken.intersection(&well).chain(found.difference(&broken)).collect();
    assert!(wrong.is_empty(), "round {round}: called broken: {wrong:?}, {done:?}\n{report:#}");
    took
}

fn inflict(sandbox: &mut Sandbox, (service, index): (Service, u32), kind: Kind) {
    let pid = sandbox.pid(service, index).expect("it runs");
    match kind {
        Kind::Kill => sandbox.kill(service, index).expect("kill"),
        Kind::Stop => sandbox.signal(service, index, Signal::STOP).expect("stop"),
        Kind::Zombie => sandbox.signal(service, index, Signal::KILL).expect("kill"),
        Kind::Silent => sandbox.break_with(service, index, Fault::NoAnswer).expect("break"),
        Kind::Garbage => sandbox.break_with(service, index, Fault::Garbage).expect("break"),
    }
    // Each shows a moment after it was done.
    let in_state = |letter| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with(letter))
    };
    wait_until("the fault has come", || match kind {
        Kind::Kill => true,
        Kind::Stop => in_state('T'),
        Kind::Zombie => in_state('Z'),
        Kind::Silent | Kind::Garbage => is_deaf(sandbox.sockets(service, index)[0]),
    });
}

/// Whether a server says nothing to a request, or what no request asked for.
fn is_deaf(address: SocketAddr) -> bool {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_millis(200))).expect("an option of every socket");
    let _ = stream.write_all(b"GET / HTTP/1.0\r\n\r\n");
    let mut answer = [0; 4];
    match stream.read(&mut answer) {
        Ok(length) => answer[..length].starts_with(b"SSH-"),
        Err(error) => matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
    }
}

/// Instances of one kind.
type Places = BTreeSet<(Service, u32)>;

/// Instances that are called broken or not ready, and those that are called well.
fn sort(report: &Value) -> (Places, Places) {
    let (mut bad, mut well) = (BTreeSet::new(), BTreeSet::new());
    for service in report["services"].as_array().into_iter().flatten() {
        let name = service["name"].as_str().and_then(Service::from_binary).expect("a service");
        for instance in service["instances"].as_array().into_iter().flatten() {
            let index =
                instance["index"].as_u64().and_then(|index| u32::try_from(index).ok()).expect("an index");
            let is_well = matches!(instance["verdict"].as_str(), Some("pass" | "skipped"));
            if is_well {
                well.insert((name, index))
            } else {
                bad.insert((name, index))
            };
        }
    }
    (bad, well)
}

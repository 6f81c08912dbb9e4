//! Whether messages flow: msgtransfer of the sandbox, which is in Kafka's groups as the real one is, stopped in part
//! and as a whole, while messages are sent to a real Kafka.

use std::sync::atomic::{AtomicBool, Ordering};

use openim_ops::openim::service::Service;
use openim_sandbox::{Addresses, Fault, Sandbox};
use rustix::process::Signal;

use crate::kafka::{NAMES, single};
use crate::kafka_client::Client;
use crate::server::wait_until;
use crate::site::{Said, check_root};

fn deployment(kafka: &str) -> Sandbox {
    let addresses = Addresses { kafka: kafka.to_owned(), ..Addresses::none() };
    Sandbox::builder()
        .instances(Service::MsgTransfer, 8)
        .instances(Service::Push, 2)
        .only(&[Service::MsgTransfer, Service::Push])
        .addresses(addresses)
        .loopback()
        .start()
        .unwrap()
}

fn look(sandbox: &Sandbox, arguments: &[&str]) -> Said {
    check_root(sandbox.root(), &[&["msgtransfer", "push"], arguments].concat())
}

/// Looks until the first line has the words: Kafka forgets a member after ten seconds.
#[track_caller]
fn until(sandbox: &Sandbox, arguments: &[&str], words: &str) -> Said {
    wait_until(words, || Some(look(sandbox, arguments)).filter(|said| said.first_line().contains(words)))
}

#[test]
fn who_takes_no_messages_is_named_within_one_look() {
    let kafka = single();
    wait_until("the topics are there", || Client::connect(&kafka.address())?.make_topics(&NAMES));
    let mut sandbox = deployment(&kafka.address());
    until(&sandbox, &[], "OK").row("msgtransfer and push in their groups", 0, "OK");
    let mut client = Client::connect(&kafka.address()).unwrap();
    client.send("toRedis", 3).unwrap();

    // Three hang: their processes are as they were.
    for index in [2, 4, 6] {
        sandbox.break_with(Service::MsgTransfer, index, Fault::NoAnswer).unwrap();
    }
    let hang = "msgtransfer runs but 3 of 8 take no messages: group redis has 5 members";
    until(&sandbox, &["--only", "dependency"], hang).row("three of eight msgtransfer hang", 1, hang);
    for index in [2, 4, 6] {
        sandbox.mend_in_place(Service::MsgTransfer, index).unwrap();
    }
    until(&sandbox, &[], "OK");

    // As the recording has it: three of eight, then all.
    for index in 0..3 {
        sandbox.signal(Service::MsgTransfer, index, Signal::STOP).unwrap();
    }
    client.send("toRedis", 3).unwrap();
    let some = "msgtransfer 0 1 2 are stopped by SIGSTOP: group redis has 5 members";
    until(&sandbox, &[], some).row("three of eight msgtransfer stopped", 1, some);

    for index in 3..8 {
        sandbox.signal(Service::MsgTransfer, index, Signal::STOP).unwrap();
    }
    let all = "msgtransfer 0 1 2 3 4 5 6 7 are stopped by SIGSTOP: group redis has no member";
    let said = until(&sandbox, &[], all);
    // Those that were sent before may not have been taken by then.
    let left = waiting(said.first_line());
    said.row("all msgtransfer stopped", 1, all);
    client.send("toRedis", 47).unwrap();
    let waiting = format!("no member, {} wait", left + 47);
    look(&sandbox, &[]).row("all msgtransfer stopped, messages sent", 1, &waiting);
    let growing = while_messages_come(&kafka.address(), || until(&sandbox, &[], "wait, growing"));
    growing.row(
        "all msgtransfer stopped, messages come",
        1,
        "are stopped by SIGSTOP: group redis has no member",
    );

    for index in 0..8 {
        sandbox.signal(Service::MsgTransfer, index, Signal::CONT).unwrap();
    }
    until(&sandbox, &[], "OK").row("msgtransfer continued", 0, "OK");
}

/// How many messages wait, as a line has it; none where it says nothing of them.
fn waiting(line: &str) -> u64 {
    let before = line.strip_suffix(" wait").unwrap_or("0");
    before.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Sends without pause until the look is done.
fn while_messages_come<T>(address: &str, look: impl FnOnce() -> T) -> T {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut client = Client::connect(address).unwrap();
            while !done.load(Ordering::Relaxed) {
                client.send("toRedis", 5).unwrap();
            }
        });
        let seen = look();
        done.store(true, Ordering::Relaxed);
        seen
    })
}

//! How true the sandbox is: it is put into situations that a real deployment was in, and compared row by row with
//! what was recorded there. The directory of recordings is named by `OPENIM_RECORDINGS`; without it nothing is
//! compared, and the test says so.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on should say where")]

#[path = "../common/mod.rs"]
mod common;
mod dependencies;
mod healthy;
mod lines;
#[path = "../../../tests/support/missing.rs"]
mod missing;
mod recordings;
mod registration;
mod requests;
mod resources;
mod signals;
mod start_errors;
mod table;

use recordings::Recordings;
use table::Table;

type Situation = fn(&Recordings) -> Table;

#[test]
fn the_sandbox_does_what_the_real_one_did() {
    let Some(recordings) = Recordings::open() else { return };
    let situations: [Situation; 8] = [
        healthy::compare,
        requests::compare,
        signals::compare,
        start_errors::compare,
        dependencies::compare,
        registration::compare,
        resources::compare,
        lines::compare,
    ];
    // Each has deployments of its own, and most of their time is waiting.
    let table = std::thread::scope(|scope| {
        let recordings = &recordings;
        let running = situations.map(|situation| scope.spawn(move || situation(recordings)));
        running.into_iter().map(|thread| thread.join().expect("a situation")).collect::<Vec<_>>()
    });
    let table = Table::join(table);
    println!("{table}");
    assert_eq!(table.failures(), 0, "rows that differ; see the table");
}

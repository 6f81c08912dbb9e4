//! The fault matrix: every fault of a service, done to the sandbox, and what `openim-check` says of it.
//!
//! `cargo test` runs the rows that show at once and a few random rounds; `make faults` runs all of them, with 200
//! rounds, and prints the table (`OPENIM_FAULTS=all`).

#![allow(clippy::print_stdout, reason = "the table is what `make faults` is for")]
#![allow(clippy::expect_used, reason = "a test that cannot go on should say so by dying")]

#[path = "../check/mod.rs"]
mod check;
mod outages;
mod random;
mod rows;

use std::sync::Mutex;
use std::time::{Duration, Instant};

use check::{Checked, PATIENCE, check, started};
use rows::Row;

/// So many rows run at once: each waits most of its time.
const AT_ONCE: usize = 3;

/// What a row came to.
struct Outcome {
    name: &'static str,
    looks: u32,
    took: Duration,
    checked: Checked,
    right: bool,
}

/// Whether all rows and rounds were asked for.
fn everything() -> bool {
    std::env::var_os("OPENIM_FAULTS").is_some_and(|value| value == "all")
}

#[test]
fn every_fault_has_its_verdict_and_its_sentence() {
    let rows: Vec<Row> = rows::all().into_iter().filter(|row| everything() || !row.slow).collect();
    let waiting = Mutex::new(rows.iter());
    let outcomes = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let Some(row) = waiting.lock().expect("no row panics with it").next() else { return };
                    let outcome = run(row);
                    outcomes.lock().expect("no row panics with it").push(outcome);
                }
            });
        }
    });
    let outcomes = outcomes.into_inner().expect("no row panics with it");
    print_table(&rows, &outcomes);
    let wrong: Vec<String> = outcomes
        .iter()
        .filter(|outcome| !outcome.right)
        .map(|outcome| format!("{}: {}", outcome.name, outcome.checked.text))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(outcomes.len(), rows.len(), "a row did not come to its end");
}

/// Breaks a sandbox and looks until the verdict is there; a fault takes a moment to show.
fn run(row: &Row) -> Outcome {
    let mut sandbox = started_as(row);
    let held = (row.inject)(&mut sandbox);
    let deadline = Instant::now() + PATIENCE;
    let mut looks = 0;
    loop {
        looks += 1;
        let begin = Instant::now();
        let checked = check(&sandbox, row.arguments);
        let took = begin.elapsed();
        let right = is_right(row, &checked);
        if right || Instant::now() > deadline {
            drop(held);
            return Outcome { name: row.name, looks, took, checked, right };
        }
    }
}

/// One that lacks something from the start never becomes ready.
fn started_as(row: &Row) -> openim_sandbox::Sandbox {
    let builder = (row.builder)();
    if row.name.contains("at the start") {
        return builder.start().expect("start the sandbox");
    }
    started(builder)
}

fn is_right(row: &Row, checked: &Checked) -> bool {
    let flat = checked.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let has_all = flat.contains(row.says) && flat.ends_with(row.ends);
    checked.code == Some(row.code) && checked.first_line().starts_with(row.line) && has_all
}

fn print_table(rows: &[Row], outcomes: &[Outcome]) {
    println!("{:<48} {:>4} {:>5} {:>8}  first line", "fault", "exit", "looks", "time");
    for row in rows {
        let Some(outcome) = outcomes.iter().find(|outcome| outcome.name == row.name) else { continue };
        let mark = if outcome.right { ' ' } else { '!' };
        let code = outcome.checked.code.map_or_else(|| "?".to_owned(), |code| code.to_string());
        let (looks, took) = (outcome.looks, outcome.took.as_millis());
        println!(
            "{mark}{:<47} {code:>4} {looks:>5} {took:>5} ms  {}",
            row.name,
            outcome.checked.first_line()
        );
    }
}

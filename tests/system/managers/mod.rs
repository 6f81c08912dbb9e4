//! The same deployment by hand, under a real systemd, a real supervisord and a real dockerd: running, one service
//! killed, stopped on purpose, crash-looping, and what else there is to say of it; each with the sentence that a
//! person reads, printed as a table.

#![allow(clippy::print_stdout, reason = "the table is what the sentences are compared in")]

mod by_hand;
mod chain;
mod docker;
mod silent;
mod supervisord;
mod systemd;

use std::time::Duration;

use crate::command::Output;
use crate::deployment::ROOT;
use crate::machine::Machine;
use crate::wait;

/// The key of a process that was killed stays in etcd for half of it.
const LIMIT: Duration = Duration::from_mins(1);

/// What a check in one situation has to say.
struct Row<'a> {
    situation: &'a str,
    exit: i32,
    /// The first line begins so; what follows is a number or a time.
    says: &'a str,
    /// Somewhere in the text: what to do.
    does: &'a str,
}

impl Row<'_> {
    /// Looks until the situation has come about, then holds what is said against the row.
    #[track_caller]
    fn check(&self, machine: &Machine, options: &str) {
        self.check_by(|| machine.run(&format!("openim-check {options}")));
    }

    /// The same, for a check that is run in another way.
    #[track_caller]
    fn check_by(&self, look: impl Fn() -> Output) {
        let mut last = None;
        let seen = wait::poll(LIMIT, || {
            let output = look();
            let fits = self.fits(&output);
            last = Some(output);
            fits.then_some(())
        });
        let last = last.expect("it was looked at");
        println!("| {:<34} | {} | {}", self.situation, last.code().unwrap_or(-1), first_line(&last));
        assert!(seen.is_some(), "{}: wanted exit {}, {}\n{last}", self.situation, self.exit, self.says);
    }

    fn fits(&self, output: &Output) -> bool {
        let text = unfold(&output.stdout);
        output.code() == Some(self.exit)
            && first_line(output).starts_with(self.says)
            && text.contains(self.does)
    }
}

fn first_line(output: &Output) -> &str {
    output.stdout.lines().next().unwrap_or_default()
}

/// Without the line breaks at 80 columns.
fn unfold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

const HEALTHY: Row = Row { situation: "running", exit: 0, says: "OK  12 instances of 12 services", does: "" };

/// Gives an instance of the sandbox a fault.
#[track_caller]
fn break_it(machine: &Machine, instance: &str, fault: &str) {
    machine.run(&format!("openim-sandbox break --root {ROOT} {instance} {fault}")).expect_success();
}

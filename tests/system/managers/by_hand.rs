//! By hand: in the background of a terminal, with nohup, in the foreground; and after the terminal has closed.

use std::fmt::Write as _;

use openim_ops::openim::service::Service;

use super::{HEALTHY, Row};
use crate::command::Stream;
use crate::deployment::Deployment;
use crate::machine::Machine;

#[test]
fn by_hand_in_the_background_of_a_terminal_with_nohup_and_in_the_foreground() {
    let machine = Machine::boot();
    let _deployment = Deployment::unmanaged(&machine);
    let row = |situation, exit, says, does| Row { situation, exit, says, does };

    let terminal = Terminal::open(&machine, &start_all(""));
    row("with &, in a terminal", 0, "WARN  api (pid ", "will end when the terminal").check(&machine, "all");
    terminal.close();
    row("with &, its terminal closed", 1, "FAIL  OpenIM is not running: 0 of 12 processes", "do start it")
        .check(&machine, "all");

    let terminal = Terminal::open(&machine, &start_all("nohup "));
    Row { situation: "with nohup, in a terminal", ..HEALTHY }.check(&machine, "all");
    terminal.close();
    Row { situation: "with nohup, its terminal closed", ..HEALTHY }.check(&machine, "all");

    let not_running = |situation| Row {
        situation,
        exit: 1,
        says: "FAIL  rpc-user is not running",
        does: "openim-rpc-user -i 0",
    };
    machine.run("pkill -KILL -f /openim-rpc-user").expect_success();
    not_running("with nohup, killed").check(&machine, "all");
    let command =
        format!("cd {}; exec {}", Deployment::programs(), Deployment::command(Service::RpcUser, "0"));
    let terminal = Terminal::open(&machine, &command);
    row("in the foreground", 0, "WARN  rpc-user (pid ", "will end when the terminal").check(&machine, "all");
    machine.run("pkill -INT -f /openim-rpc-user").expect_success();
    not_running("in the foreground, Ctrl-C").check(&machine, "all");
    drop(terminal);
}

/// A script that starts every service in the background and stays, as an operator's shell does.
fn start_all(with: &str) -> String {
    let mut script = format!("cd {}\n", Deployment::programs());
    for service in Service::ALL {
        let _ = writeln!(script, "{with}{} >/dev/null 2>&1 &", Deployment::command(service, "0"));
    }
    script + "wait\n"
}

/// A terminal that runs a script, until it is closed.
struct Terminal<'m> {
    machine: &'m Machine,
    _keeper: Stream,
}

impl Terminal<'_> {
    #[track_caller]
    fn open<'m>(machine: &'m Machine, script: &str) -> Terminal<'m> {
        let script = format!("export OPENIM_SANDBOX_KEEP_TERMINAL=yes\n{script}");
        machine.write_file("/root/start", script, 0o755);
        let keeper = machine.spawn("exec script --quiet --command 'sh /root/start' /dev/null");
        Terminal { machine, _keeper: keeper }
    }

    /// As a window that is closed: the kernel hangs up whoever is on it.
    #[track_caller]
    fn close(self) {
        self.machine.run("pkill -KILL -x script").expect_success();
    }
}

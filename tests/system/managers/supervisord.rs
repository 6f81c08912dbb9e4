//! Under a real supervisord, with a group of two processes.

use std::fmt::Write as _;

use openim_ops::openim::service::Service;

use super::{HEALTHY, Row, break_it};
use crate::deployment::Deployment;
use crate::machine::Machine;

#[test]
fn programs_of_supervisord_running_killed_stopped_crash_looping_given_up_and_never_started() {
    let machine = Machine::boot();
    let deployment = Deployment::unmanaged(&machine);
    configure_supervisord(&machine, "");
    machine.run("systemctl start supervisor").expect_success();
    deployment.wait_until_ready();
    Row { says: "OK  13 instances of 12 services", ..HEALTHY }.check(&machine, "all");
    Row { says: "OK  13 instances of 12 services", ..HEALTHY }.check(&machine, "all --via supervisor");

    let row = |situation, says, does| Row { situation, exit: 1, says, does };
    machine.run("kill -KILL $(supervisorctl pid openim-rpc-user)").expect_success();
    row(
        "supervisord, killed",
        "FAIL  rpc-user was killed by a signal",
        "then supervisorctl start openim-rpc-user",
    )
    .check(&machine, "all");
    machine.run("supervisorctl start openim-rpc-user").expect_success();
    deployment.wait_until_ready();
    machine.run("supervisorctl stop openim-push:openim-push_1").expect_success();
    row(
        "supervisord, stopped on purpose",
        "FAIL  push 1 was stopped on purpose, through supervisord: 1 of 2 instances run",
        "do supervisorctl start openim-push:openim-push_1",
    )
    .check(&machine, "all");

    machine.run("supervisorctl start openim-push:openim-push_1").expect_success();
    break_it(&machine, "rpc-user#0", "crash-loop=100");
    reread(&machine, "startretries=1000\nautorestart=true");
    row(
        "supervisord, crash-looping",
        "FAIL  rpc-user restarts again and again",
        "see why with `openim-logs rpc-user -n 20`",
    )
    .check(&machine, "all");
    reread(&machine, "startretries=1\nautorestart=true");
    row(
        "supervisord, crashed too often",
        "FAIL  rpc-user crashed too often: supervisord gave up",
        "then supervisorctl start openim-rpc-user",
    )
    .check(&machine, "all");
    reread(&machine, "autostart=false");
    row(
        "supervisord, never started",
        "FAIL  rpc-user has never been started: openim-rpc-user is not enabled",
        "do supervisorctl start openim-rpc-user",
    )
    .check(&machine, "all");

    machine.run("kill -STOP $(cat /run/supervisord.pid)").expect_success();
    row("supervisord frozen", "FAIL  rpc-user is not running", "openim-rpc-user -i 0").check(&machine, "all");
    machine.run("kill -CONT $(cat /run/supervisord.pid)").expect_success();
}

/// One program for each service, and two of push; `of_user` for what is special about rpc-user.
#[track_caller]
fn configure_supervisord(machine: &Machine, of_user: &str) {
    let mut text = String::new();
    for service in Service::ALL {
        let name = service.binary();
        let (index, more) = if service == Service::Push {
            (
                "%(process_num)d",
                "numprocs=2\nprocess_name=%(program_name)s_%(process_num)d\nautorestart=false",
            )
        } else if service == Service::RpcUser && !of_user.is_empty() {
            ("0", of_user)
        } else {
            ("0", "autorestart=false")
        };
        let (directory, command) = (Deployment::programs(), Deployment::command(service, index));
        let _ = write!(
            text,
            "[program:{name}]\ncommand={command}\ndirectory={directory}\nuser=openim\n{more}\n\n"
        );
    }
    machine.write_file("/etc/supervisor/conf.d/openim.conf", text, 0o644);
}

/// Has supervisord take another definition of rpc-user.
#[track_caller]
fn reread(machine: &Machine, of_user: &str) {
    configure_supervisord(machine, of_user);
    machine.run("supervisorctl update").expect_success();
}

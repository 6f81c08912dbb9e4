//! The outages that systemd does not see: each made under a unit for every service, with the answer of
//! `systemctl is-active` beside ours.

use openim_ops::openim::dependency::{Dependency, Need};
use openim_ops::openim::service::Service;

use super::{HEALTHY, Row, break_it};
use crate::command::Stream;
use crate::deployment::{Deployment, ROOT, unit};
use crate::machine::Machine;

const ETCD: &str = "etcd-of-openim";

#[test]
fn systemd_calls_every_unit_active_in_each_silent_outage() {
    let machine = Machine::boot();
    let deployment = Deployment::in_machine(&machine);
    outage(&machine, "none", HEALTHY.says);

    deployment.signal(Service::Api, "STOP");
    outage(&machine, "API stopped by SIGSTOP", "FAIL  api (pid ");
    deployment.signal(Service::Api, "CONT");
    deployment.wait_until_ready();

    break_it(&machine, "api#0", "files=24");
    let clients = connect(&machine, 40);
    outage(&machine, "API out of file descriptors", "FAIL  api (pid ");
    drop(clients);
    mend(&machine, &deployment, &[Service::Api]);

    break_it(&machine, "rpc-auth#0", "unregistered");
    let unregistered = "FAIL  rpc-auth runs but is not registered in etcd: every login fails";
    outage(&machine, "registration lost", unregistered);
    mend(&machine, &deployment, &[Service::RpcAuth]);

    let etcd_refuses = "FAIL  etcd 127.0.0.1:12379 refuses connections";
    machine.run(&format!("systemctl stop {ETCD}")).expect_success();
    outage(&machine, "etcd lost in flight", etcd_refuses);
    machine.run(&format!("systemctl restart {}", units(&Service::ALL))).expect_success();
    outage(&machine, "etcd missing at start", etcd_refuses);
    machine.run(&format!("systemctl start {ETCD}")).expect_success();
    mend(&machine, &deployment, &Service::ALL);

    let waiting: Vec<Service> = Service::ALL
        .into_iter()
        .filter(|service| Dependency::MongoDb.need_of(*service) == Need::GivesUp)
        .collect();
    for service in &waiting {
        break_it(&machine, &format!("{service}#0"), "without=mongodb");
    }
    machine.run(&format!("systemctl restart {}", units(&waiting))).expect_success();
    outage(&machine, "MongoDB missing at start", "FAIL  7 instances wait for mongodb");
}

/// What both say of it.
#[track_caller]
fn outage(machine: &Machine, situation: &str, says: &str) {
    let exit = i32::from(says.starts_with("FAIL"));
    Row { situation, exit, says, does: "" }.check(machine, "all");
    let asked = machine.run(&format!("systemctl is-active {}", units(&Service::ALL)));
    let active = asked.stdout.lines().filter(|state| *state == "active").count();
    println!("| {situation:<34} |   | systemctl is-active: {active} of {} active", Service::ALL.len());
    assert!(asked.success(), "{asked}");
}

/// Connections to the API that ask nothing, until they are dropped.
#[track_caller]
fn connect(machine: &Machine, count: u32) -> Stream {
    let connect = "for _ in $(seq COUNT); do exec {one}<>/dev/tcp/127.0.0.1/10002; done; exec sleep infinity";
    machine.spawn(&connect.replace("COUNT", &count.to_string()))
}

/// Takes the faults away and starts anew, as some leave traces in a process.
#[track_caller]
fn mend(machine: &Machine, deployment: &Deployment, services: &[Service]) {
    for service in services {
        machine.run(&format!("openim-sandbox mend --root {ROOT} {service}#0")).expect_success();
    }
    machine.run(&format!("systemctl restart {}", units(services))).expect_success();
    deployment.wait_until_ready();
}

fn units(services: &[Service]) -> String {
    services.iter().map(|service| unit(*service)).collect::<Vec<_>>().join(" ")
}

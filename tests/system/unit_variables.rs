//! The variables of units: where a service does not run, its unit and the files that it names tell what the next
//! process would be told.

use std::collections::BTreeMap;
use std::time::Duration;

use openim_ops::host::environment_file::parse;
use openim_ops::openim::service::Service;

use crate::command::Output;
use crate::deployment::{Deployment, ROOT, unit};
use crate::machine::Machine;
use crate::random::Random;
use crate::wait;

const LIMIT: Duration = Duration::from_secs(10);

const FILE: &str = "/etc/openim/openim.env";

/// What no output may contain.
const CANARY: &str = "canary-7f3a";

#[test]
fn the_variables_of_units_decide_while_nothing_runs() {
    let machine = Machine::boot();
    let deployment = Deployment::in_machine(&machine);
    write_file(
        &machine,
        &format!("# Redis\nIMENV_REDIS_PASSWORD='{CANARY}'\nIMENV_LOG_REMAINLOGLEVEL=ab\\\nc\n"),
    );
    drop_in(&machine, Service::RpcUser, &format!("EnvironmentFile={FILE}"));
    drop_in(
        &machine,
        Service::Api,
        &format!("Environment=\"IMENV_OPENIM_API_API_PORTS=[10003]\" IMENV_SHARE_SECRET={CANARY}"),
    );
    end_at_start(&machine, &[Service::RpcUser, Service::Api]);

    let output = machine.run("openim-check all");
    assert_eq!(output.code(), Some(1), "{output}");
    for says in [
        "/etc/openim/openim.env:3 $IMENV_LOG_REMAINLOGLEVEL: remainLogLevel is \"abc\", and wants a whole number",
        "waits api, rpc-user ",
        "do /etc/openim/openim.env:3 $IMENV_LOG_REMAINLOGLEVEL, openim-api.service $IMENV_OPENIM_API_API_PORTS: \
         correct the value",
        "config openim-api.service $IMENV_OPENIM_API_API_PORTS: has brackets",
        "do openim-api.service $IMENV_OPENIM_API_API_PORTS: write it without brackets",
    ] {
        mentions(&output, says);
    }
    keeps_silent(&machine);

    write_file(&machine, &format!("IMENV_SHARE_SECRET={CANARY}\n"));
    drop_in(&machine, Service::Api, &format!("Environment=IMENV_SHARE_SECRET={CANARY}"));
    machine.run("systemctl restart openim.target").expect_success();
    for service in [Service::RpcUser, Service::Api] {
        deployment.restart(service);
    }
    deployment.wait_until_ready();
    machine.run("systemctl stop openim-rpc-user openim-api").expect_success();
    let output = machine.run("openim-check all");
    mentions(&output, "rpc-user was stopped on purpose, through systemd");
    mentions(&output, "api was stopped on purpose, through systemd");
    assert!(!output.stdout.contains("config"), "a false alarm\n{output}");
}

#[test]
fn ports_addresses_and_the_directory_are_those_of_the_unit_while_nothing_runs() {
    let machine = Machine::boot();
    let deployment = Deployment::in_machine(&machine);
    write_file(
        &machine,
        "IMENV_OPENIM_RPC_USER_RPC_AUTOSETPORTS=false\nIMENV_OPENIM_RPC_USER_RPC_PORTS=10399\n",
    );
    drop_in(&machine, Service::RpcUser, &format!("EnvironmentFile=-{FILE}"));
    machine.run("systemctl stop openim-rpc-user").expect_success();
    let port = machine.run("openim-check list openim-rpc-user");
    mentions(&port, "10399");
    mentions(&port, &format!("{FILE}:2 $IMENV_OPENIM_RPC_USER_RPC_PORTS"));

    machine.run("systemctl set-environment IMENV_DISCOVERY_ETCD_ADDRESS=127.0.0.1:1").expect_success();
    // A process that still runs would be asked first.
    machine.run("systemctl stop openim.target 'openim-*.service'").expect_success();
    let server = machine.run("openim-check list");
    mentions(&server, "127.0.0.1:1");
    mentions(&server, "systemctl show-environment $IMENV_DISCOVERY_ETCD_ADDRESS");
    machine.run("systemctl unset-environment IMENV_DISCOVERY_ETCD_ADDRESS").expect_success();
    machine.run("systemctl start openim.target").expect_success();
    deployment.wait_until_ready();

    let program = format!("{}/{}", Deployment::programs(), Service::RpcUser.binary());
    drop_in(
        &machine,
        Service::RpcUser,
        &format!(
            "Environment=OPENIM=/etc/gone\nExecStart=\nExecStart=/usr/bin/nice -n 5 {program} -c ${{OPENIM}}/config"
        ),
    );
    end_at_start(&machine, &[Service::RpcUser]);
    let output = machine.run("openim-check all");
    assert_eq!(output.code(), Some(1), "{output}");
    mentions(&output, "config /etc/gone/config: there is no such directory");
}

#[test]
fn a_file_of_variables_that_is_missing_or_cannot_be_read_is_told_and_not_guessed() {
    let machine = Machine::boot();
    let _deployment = Deployment::in_machine(&machine);
    drop_in(&machine, Service::RpcUser, &format!("EnvironmentFile={FILE}"));
    end_at_start(&machine, &[Service::RpcUser]);
    let output = machine.run("openim-check all");
    assert_eq!(output.code(), Some(1), "{output}");
    mentions(
        &output,
        "config openim.env: is missing, and a unit whose EnvironmentFile= it is does not start",
    );
    mentions(&output, &format!("do {FILE}: write it, or EnvironmentFile=-PATH"));

    write_file(&machine, "IMENV_LOG_REMAINLOGLEVEL=abc\n");
    end_at_start(&machine, &[Service::RpcUser]);
    let output = machine.run("runuser -u openim -- openim-check all");
    mentions(&output, "config openim.env: cannot be read (Permission denied");
    mentions(&output, &format!("do {FILE}: look as root"));
    let in_full = machine.run("runuser -u openim -- openim-check config/units");
    assert_eq!(in_full.code(), Some(75), "{in_full}");
}

/// Generated files, each given to a real unit: what its process sees is what we read.
#[test]
fn files_of_variables_are_read_as_systemd_reads_them() {
    const FILES: usize = 150;
    let machine = Machine::boot();
    let tree = tempfile::tempdir().expect("a temporary directory");
    let mut random = Random::new(5);
    let texts: Vec<String> = (0..FILES).map(|_| generated(&mut random)).collect();
    for (number, text) in texts.iter().enumerate() {
        std::fs::write(tree.path().join(number.to_string()), text).expect("a file");
    }
    machine.install_tree(tree.path(), "/srv/generated");
    let script = format!(
        "for n in $(seq 0 {}); do systemd-run --quiet --pipe --wait --property=EnvironmentFile=/srv/generated/$n \
         env -0 | tr '\\0' '\\1'; printf '\\2'; done",
        FILES - 1
    );
    let seen = machine.run_within(Duration::from_mins(2), &script).expect_success();
    for (text, seen) in texts.iter().zip(seen.split('\u{2}')) {
        let of_process = seen.split('\u{1}').filter_map(|variable| variable.split_once('='));
        let of_process: BTreeMap<&str, &str> = of_process.filter(|(name, _)| NAMES.contains(name)).collect();
        let ours = parse(text);
        let ours = ours.iter().map(|variable| (variable.name.as_str(), variable.value.as_str()));
        let ours: BTreeMap<&str, &str> = ours.filter(|(name, _)| NAMES.contains(name)).collect();
        assert_eq!(ours, of_process, "{text:?}");
    }
}

const NAMES: [&str; 3] = ["AA", "BB", "CC"];

/// Lines of assignments, and then all that can be in their way.
fn generated(random: &mut Random) -> String {
    const PIECES: [&str; 22] = [
        "\n", "\n", "\r\n", "'", "\"", "\\", "\\\n", "\\\r\n", " ", "\t", "#", ";", "=", "$", "`", "x",
        "y z", "ä", "AA=", "BB =", "\nCC=", "export ",
    ];
    let mut text = String::new();
    for _ in 0..=random.below(4) {
        text.push_str(random.one_of(&NAMES));
        text.push('=');
        for _ in 0..random.below(9) {
            text.push_str(random.one_of(&PIECES));
        }
        if !random.once_in(4) {
            text.push('\n');
        }
    }
    text
}

/// Root's own, as a file with passwords is.
#[track_caller]
fn write_file(machine: &Machine, text: &str) {
    machine.write_file(FILE, text, 0o600);
}

#[track_caller]
fn drop_in(machine: &Machine, service: Service, text: &str) {
    machine.install_unit(&format!("{}.d/variables.conf", unit(service)), &format!("[Service]\n{text}\n"));
}

/// Starts services that are to end at once.
#[track_caller]
fn end_at_start(machine: &Machine, services: &[Service]) {
    let units: Vec<String> = services.iter().map(|service| unit(*service)).collect();
    for name in &units {
        // Whether systemd calls a start that ends at once a success depends on when it looks.
        machine.run(&format!("systemctl restart {name}"));
    }
    wait::until("the units to fail", LIMIT, || {
        units.iter().all(|name| machine.run(&format!("systemctl is-failed --quiet {name}")).success())
    });
}

/// The text somewhere, without the line breaks at 80 columns.
#[track_caller]
fn mentions(output: &Output, text: &str) {
    let shown = output.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.contains(text), "wanted {text:?}\n{output}");
}

#[track_caller]
fn keeps_silent(machine: &Machine) {
    for words in
        ["all", "all --deep", "config", "list", "explain openim-api#0/unit", "report --state /tmp/state"]
    {
        for format in ["text", "json"] {
            let output = machine.run(&format!("openim-check {words} --root {ROOT} -o {format}"));
            let said = format!("{}{}", output.stdout, output.stderr);
            assert!(!said.is_empty() && !said.contains(CANARY), "a secret is told\n{output}");
        }
    }
}

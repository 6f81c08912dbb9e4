//! Each start error that a real deployment showed, made anew under systemd: what is said of it before the start, and
//! what after it. `make reported` prints the table; where a directory of recordings is named, it has every start of it.
//!
//! Left out here: a password of Redis and a key of `MinIO` that are wrong, which only those servers know (the suite of
//! the dependencies), and the tools beside the services, whose starts were none that failed.

use std::fs;
use std::time::Duration;

use openim_ops::openim::service::Service;

use crate::command::Output;
use crate::deployment::{Deployment, ROOT, unit};
use crate::machine::Machine;
use crate::wait;

const LIMIT: Duration = Duration::from_secs(10);

/// A wrong start, by its heading in the recording.
struct Start {
    heading: &'static str,
    service: Service,
    /// What the unit tells the program beside `-i 0 -c COPY`, or instead of it.
    flags: &'static str,
    /// A line of the unit's section `[Service]`.
    setting: &'static str,
    /// What is done in the copy of the configuration that the unit names.
    change: &'static str,
    /// The port that another program has.
    squatted: Option<u16>,
    /// Whether the program goes on, waiting.
    waits: bool,
    /// What the first line of `openim-check config` holds before the start, and how it ends.
    before: &'static str,
    before_code: i32,
    /// What the first line of `openim-check all` holds after it.
    after: &'static str,
    /// What the service itself wrote, as it is quoted.
    said: &'static str,
}

const COPY: &str = "/srv/config-copy";

const USUAL: &str = "-i 0 -c /srv/config-copy/";

const fn start(heading: &'static str, service: Service, before: &'static str, after: &'static str) -> Start {
    Start {
        heading,
        service,
        flags: USUAL,
        setting: "",
        change: "",
        squatted: None,
        waits: false,
        before,
        before_code: 1,
        after,
        said: "",
    }
}

/// A mistake that is named by its file and line, or by its variable, before the start and after it.
const fn named(heading: &'static str, service: Service, says: &'static str) -> Start {
    start(heading, service, says, says)
}

/// Somebody else on a port; systemd runs it.
const SQUATTER: &str = "systemd-run --quiet --unit=squatter openim-sandbox etcd --listen 0.0.0.0";

const STARTS: [Start; 15] = [
    Start {
        squatted: Some(10002),
        said: "api: listen tcp 0.0.0.0:10002: bind: address already in use",
        ..start(
            "port 10002 taken (api running)",
            Service::Api,
            "config openim-api.yml:5: api.ports has 10002, on which openim-sandbox (pid ",
            "api cannot have :10002: it belongs to openim-sandbox (pid ",
        )
    },
    Start {
        squatted: Some(10001),
        said: "msggateway: listen tcp :10001: bind: address already in use",
        ..start(
            "ws port 10001 taken",
            Service::MsgGateway,
            "config openim-msggateway.yml:19: longConnSvr.ports has 10001, on which openim-sandbox (pid ",
            "msggateway cannot have :10001: it belongs to openim-sandbox (pid ",
        )
    },
    Start {
        flags: "-i 9 -c /srv/config-copy/",
        said: "api#9: index out of range, index=9, array=[10002]",
        ..named(
            "index 9 with 1 port (api)",
            Service::Api,
            "openim-api.yml:5: api.ports has 1, none for instance 9",
        )
    },
    Start {
        flags: "-i 0",
        said: "rpc-user: open discovery.yml: no such file or directory",
        ..named(
            "no -c",
            Service::RpcUser,
            "wrong.conf:3: ExecStart has no -c, and where openim-rpc-user then looks, /opt/openim/_output/bin/",
        )
    },
    Start {
        flags: "-i 0 -c /nonexistent",
        said: "rpc-user: open /nonexistent/discovery.yml: no such file or directory",
        ..named("-c missing dir", Service::RpcUser, "/nonexistent: there is no such directory")
    },
    Start {
        flags: "--config=/etc/openim/openim-rpc-user.yaml",
        said: "rpc-user: unknown flag: --config",
        ..named(
            "flag unknown",
            Service::RpcUser,
            "wrong.conf:3: ExecStart has --config, which openim-rpc-user does not know: unknown flag",
        )
    },
    Start {
        change: r#"sed -i "s/^api:/api:\n  x: 'a' b/" openim-api.yml"#,
        said: "api: While parsing config: yaml: line 2: did not find expected key",
        ..named("broken YAML openim-api.yml", Service::Api, "openim-api.yml:2: is no YAML: ")
    },
    Start {
        change: "rm share.yml",
        said: "rpc-user: open /srv/config-copy/share.yml: no such file or directory",
        ..named("share.yml missing", Service::RpcUser, "share.yml: is missing")
    },
    Start {
        change: "sed -i 's/enable: etcd/enable: kubernetes/' discovery.yml",
        said: "rpc-user: only etcd support autoSetPorts, rpcRegisterName=user",
        ..named(
            "discovery kubernetes",
            Service::RpcUser,
            "discovery.yml:1: enable is kubernetes, which this release calls k8s",
        )
    },
    Start {
        change: "sed -i 's/enable: etcd/enable: zookeeper/' discovery.yml",
        said: "rpc-user: only etcd support autoSetPorts, rpcRegisterName=user",
        ..named(
            "discovery zookeeper",
            Service::RpcUser,
            "discovery.yml:1: enable is \"zookeeper\", which this release does not know",
        )
    },
    Start {
        change: "sed -i 's/retainChatRecords: 365/retainChatRecords: 0/' openim-crontask.yml",
        said: "crontask: msg destruct time must be greater than 1",
        ..named(
            "retainChatRecords 0",
            Service::Crontask,
            "openim-crontask.yml:2: retainChatRecords is 0, and less than 1 is refused",
        )
    },
    Start {
        flags: "-i 20 -c /srv/config-copy/",
        said: "msgtransfer#20: index out of range, index=20, array=[12020 ",
        ..named(
            "msgtransfer index 20 beyond ports",
            Service::MsgTransfer,
            "openim-msgtransfer.yml:5: prometheus.ports has 16, none for instance 20",
        )
    },
    Start {
        change: "sed -i 's/127.0.0.1:12379/127.0.0.1:1/' discovery.yml",
        waits: true,
        before_code: 0,
        ..start(
            "etcd address wrong (25 s)",
            Service::RpcUser,
            "config discovery.yml:4: etcd.address is 127.0.0.1:1, and most services look at 127.0.0.1:12379",
            "etcd 127.0.0.1:1, where only rpc-user looks for it, refuses connections: 1 instance waits for it",
        )
    },
    Start {
        setting: "Environment=IMENV_OPENIM_API_API_PORTS=[10003]",
        said: "api: 1 error(s) decoding: cannot parse 'api.ports[0]' as int",
        ..named(
            "IMENV list with brackets",
            Service::Api,
            "openim-api.service $IMENV_OPENIM_API_API_PORTS: api.ports is \"[10003]\", and wants ports, separated by commas",
        )
    },
    Start {
        setting: "Environment=IMENV_LOG_REMAINLOGLEVEL=abc",
        said: "rpc-auth: 1 error(s) decoding: cannot parse 'remainLogLevel' as int",
        ..named(
            "IMENV redis address ok, log level x",
            Service::RpcAuth,
            "openim-rpc-auth.service $IMENV_LOG_REMAINLOGLEVEL: remainLogLevel is \"abc\", and wants a whole number",
        )
    },
];

/// Starts of the recording that are made elsewhere, or that nothing is wrong with.
const ELSEWHERE: [&str; 5] =
    ["redis wrong password", "minio wrong key", "check-component", "check-free-memory", "seq"];

#[test]
#[allow(clippy::print_stdout, reason = "the table is what `make reported` prints")]
fn each_start_error_is_named_before_the_start_and_after_it() {
    let machine = Machine::boot();
    let deployment = Deployment::in_machine(&machine);
    for start in &STARTS {
        prepare(&machine, start);
        let before = machine.run("openim-check config");
        begin(&machine, start);
        let after = machine.run("openim-check all --grace 1ms");
        println!("| {} | {} | {} |", start.heading, first_line(&before.stdout), first_line(&after.stdout));
        assert!(first_line(&before.stdout).contains(start.before), "{}, before:\n{before}", start.heading);
        assert!(first_line(&after.stdout).contains(start.after), "{}, after:\n{after}", start.heading);
        assert_eq!(
            [&before, &after].map(Output::code),
            [Some(start.before_code), Some(1)],
            "{}",
            start.heading
        );
        let flat = after.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(start.said), "wanted {:?}, {}:\n{after}", start.said, start.heading);
        restore(&machine, start);
        deployment.wait_until_ready();
    }
}

#[track_caller]
fn prepare(machine: &Machine, start: &Start) {
    let unit = unit(start.service);
    machine.run(&format!("systemctl stop {unit} && cp -a {ROOT}/config {COPY}")).expect_success();
    if let Some(port) = start.squatted {
        machine.run(&format!("{SQUATTER}:{port}")).expect_success();
    }
    machine.run(&format!("cd {COPY}\n{}", start.change)).expect_success();
    let program = format!("{}/{}", Deployment::programs(), start.service.binary());
    let text = format!("[Service]\nExecStart=\nExecStart={program} {}\n{}\n", start.flags, start.setting);
    machine.write_file(&format!("/etc/systemd/system/{unit}.d/wrong.conf"), &text, 0o644);
    machine.run("systemctl daemon-reload").expect_success();
}

/// Starts it and waits until it has failed; a service that waits for etcd never does.
#[track_caller]
fn begin(machine: &Machine, start: &Start) {
    let unit = unit(start.service);
    machine.run(&format!("systemctl start {unit}")).expect_success();
    wait::until("the unit to fail, or to wait", LIMIT, || {
        machine.run(&format!("systemctl is-failed {unit}")).success() || start.waits
    });
    // What it wrote is quoted as soon as journald has it.
    machine.run("journalctl --sync").expect_success();
}

#[track_caller]
fn restore(machine: &Machine, start: &Start) {
    let unit = unit(start.service);
    let restore = format!(
        "rm -r /etc/systemd/system/{unit}.d {COPY}; systemctl stop squatter {unit}; systemctl daemon-reload; \
         systemctl reset-failed; systemctl start {unit}"
    );
    machine.run(&restore);
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

#[test]
fn every_start_of_the_recording_has_its_row() {
    let Some(directory) = crate::missing::recordings() else { return };
    let path = directory.join("patch16-bad-config.txt");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let recorded: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("== ")).collect();
    let known: Vec<&str> = STARTS.iter().map(|start| start.heading).chain(ELSEWHERE).collect();
    assert_eq!(recorded.len(), known.len(), "{recorded:?}");
    for heading in recorded {
        assert!(known.contains(&heading), "no row for {heading:?}");
    }
}

//! Every generation of OpenIM, healthy and with one fault: told from its own files, flags and programs.

mod check;

use std::process::{Command, Stdio};

use check::{check, outgrow_grace, report, started, until_not_ok};
use openim_ops::openim::service::Service;
use openim_sandbox::{Addresses, Builder, Fault, Generation, Sandbox, free_port};
use rustix::process::Signal;

fn of(generation: Generation) -> Builder {
    Sandbox::builder().loopback().generation(generation)
}

/// What `list` says of the generation and of what it was told from, in one line however it is folded.
fn layout_line(sandbox: &Sandbox) -> String {
    let listed = check(sandbox, &["list"]);
    let unfolded = listed.text.replace("\n    ", " ");
    unfolded.lines().find(|line| line.starts_with("layout ")).unwrap_or_default().to_owned()
}

#[test]
fn v3_5_with_one_file_and_ports_as_flags() {
    let mut sandbox = started(of(Generation::V3_5));
    check(&sandbox, &["all"]).expect(0, "OK  15 instances of 12 services (v3.0 to v3.6, ");
    assert_eq!(
        layout_line(&sandbox),
        "layout v3.0 to v3.6 (told from rpcPort.openImUserPort in config/config.yaml)"
    );
    let user = check(&sandbox, &["explain", "openim-rpc-user#0/port"]);
    user.mentions(&format!("--port of pid {}", sandbox.pid(Service::RpcUser, 0).expect("a pid")));
    check(&sandbox, &["explain", "openim-rpc-user#0/registry"]).mentions("through ZooKeeper, not etcd");
    check(&sandbox, &["explain", "openim-rpc-user#0/grpc"]).mentions("answers gRPC in");
    sandbox.kill(Service::MsgTransfer, 2).expect("kill");
    let broken = check(&sandbox, &["all", "--grace", "1ms"]);
    broken.expect(1, "FAIL  msgtransfer 2 is not running: 3 of 4 instances run");
    broken.mentions("openim-msgtransfer -n 2 -c ");
}

#[test]
fn four_msgtransfer_without_an_index_are_four_instances_before_v3_5() {
    let sandbox = started(of(Generation::V3_5).only(&[Service::Api]));
    let config = sandbox.root().join("config");
    let start = || {
        let mut command = Command::new(sandbox.program_of(Service::MsgTransfer));
        command.arg("-c").arg(&config).arg("--prometheus_port").arg(free_port().to_string());
        let program = sandbox.program_of(Service::MsgTransfer);
        command
            .current_dir(program.parent().expect("a directory"))
            .stdout(Stdio::null())
            .spawn()
            .expect("start a service")
    };
    let mut four = [start(), start(), start(), start()];
    let checked = check::until(&sandbox, &["msgtransfer"], |checked| checked.code == Some(0));
    for service in &mut four {
        service.kill().and_then(|()| service.wait()).expect("end a service");
    }
    checked.expect(0, "OK  4 instances of 1 service (v3.0 to v3.6, ");
}

#[test]
fn v3_7_with_fixed_ports_and_zookeeper() {
    let sandbox = started(of(Generation::V3_7));
    check(&sandbox, &["all"]).expect(0, "OK  12 instances of 12 services (v3.7 or v3.8.0, ");
    assert_eq!(
        layout_line(&sandbox),
        "layout v3.7 or v3.8.0 (told from address in config/zookeeper.yml, rpc.ports, no rpc.autoSetPorts in config/openim-rpc-user.yml)"
    );
    check(&sandbox, &["explain", "openim-push#0/registry"]).mentions("through ZooKeeper, not etcd");
    sandbox.signal(Service::RpcGroup, 0, Signal::STOP).expect("stop");
    check::until(&sandbox, &["all"], |checked| checked.code == Some(1)).expect(1, "FAIL  rpc-group (pid ");
}

#[test]
fn v3_8_1_with_fixed_ports_and_etcd() {
    let mut sandbox = started(of(Generation::V3_8_1));
    check(&sandbox, &["all"]).expect(0, "OK  26 instances of 12 services, 1 dependency (v3.8.1 or v3.8.2, ");
    assert!(layout_line(&sandbox).contains("no rpc.autoSetPorts"), "{}", layout_line(&sandbox));
    check(&sandbox, &["list"]).mentions("release 3.8.2 (told from the newest file in _output/logs/)");
    sandbox.break_with(Service::RpcAuth, 0, Fault::Unregistered).expect("break");
    outgrow_grace(&sandbox, Service::RpcAuth);
    until_not_ok(&sandbox, &["all"])
        .expect(1, "FAIL  rpc-auth runs but is not registered in etcd: every login fails");
}

#[test]
fn main_in_one_process() {
    let mut sandbox = started(of(Generation::Standalone));
    check(&sandbox, &["all"]).expect(0, "OK  1 instance of 1 service (main of 2026 in one process, ");
    assert_eq!(
        layout_line(&sandbox),
        "layout main of 2026 in one process (told from the program openim-server, rpcService.user in config/discovery.yml)"
    );
    check(&sandbox, &["all", "--deep"])
        .expect(0, "OK  1 instance of 1 service (main of 2026 in one process, ");
    let ids = report(&sandbox, &["all", "--deep"]).to_string();
    assert!(ids.contains("openim-server#0/deep") && !ids.contains("/registry"), "{ids}");
    sandbox.break_with(Service::Server, 0, Fault::NoAnswer).expect("break");
    check(&sandbox, &["all", "--only", "http"])
        .expect(1, "FAIL  server accepts connections but gives no answer");
}

#[test]
fn chat_and_its_main_with_bots() {
    for (generation, count, title) in
        [(Generation::Chat, 4, "chat v1.8"), (Generation::ChatMain, 6, "chat main of 2026")]
    {
        let mut sandbox = started(of(generation));
        let healthy = format!("OK  {count} instances of {count} services");
        check(&sandbox, &["all"]).expect(0, &format!("{healthy}, 1 dependency ({title}, "));
        check(&sandbox, &["chat"]).expect(0, &format!("{healthy} ({title}, "));
        check(&sandbox, &["explain", "admin-api#0/http"]).mentions("answers in");
        check(&sandbox, &["explain", "chat-rpc#0/registry"]).mentions("openim/chat-rpc-service/");
        sandbox.kill(Service::ChatRpc, 0).expect("kill");
        check(&sandbox, &["all", "--grace", "1ms"]).expect(1, "FAIL  chat-rpc is not running");
    }
}

#[test]
fn chat_stands_on_the_api() {
    let openim = started(Sandbox::builder().loopback().only(&[Service::Api]));
    let at = |address: String| Addresses { openim: address, ..Addresses::none() };
    let api = format!("127.0.0.1:{}", openim.api_port());
    let mut chat = started(of(Generation::Chat).addresses(at(api.clone())));
    check(&chat, &["all"]).expect(0, "OK  4 instances of 4 services, 2 dependencies (chat v1.8, ");
    drop(openim);
    let lost = check(&chat, &["all"]);
    lost.expect(1, &format!("FAIL  openim {api} refuses connections: 4 services need it (none has exited)"));
    lost.mentions("start OpenIM's API, or correct its address at ");
    for service in [Service::ChatApi, Service::AdminApi, Service::ChatRpc, Service::AdminRpc] {
        chat.kill(service, 0).expect("kill");
    }
    check(&chat, &["all", "--grace", "1ms"])
        .expect(1, &format!("FAIL  openim {api} refuses connections: 4 instances that need it have exited"));
}

#[test]
fn the_generation_may_be_named() {
    let sandbox = started(of(Generation::V3_8_1).only(&[Service::RpcUser]));
    let listed = check(&sandbox, &["list", "user", "--layout", "v3.8.3"]);
    listed.mentions("layout v3.8.3 or later (told from --layout)");
}

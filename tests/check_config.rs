//! A configuration that breaks a start is named before it (`openim-check config`) and after it (`openim-check all`):
//! each start error that a real deployment showed, made on the sandbox.

#![allow(clippy::expect_used, reason = "a test that cannot go on should say so by dying")]

#[path = "check/mod.rs"]
mod check;

use std::fs;
use std::process::{Command, Output};

use check::{check, report, small, started, wait_until};
use openim_ops::openim::service::Service;
use openim_sandbox::{Addresses, Builder, Generation, Sandbox};

/// One change of the configuration, and what is said of it.
struct Row {
    generation: Generation,
    file: &'static str,
    from: &'static str,
    to: &'static str,
    /// The service that does not start with it.
    service: Service,
    says: &'static str,
}

const ROWS: [Row; 10] = [
    Row {
        generation: Generation::Release,
        file: "discovery.yml",
        from: "enable: etcd",
        to: "enable: kubernetes",
        service: Service::RpcUser,
        says: "FAIL  config discovery.yml:1: enable is kubernetes, which this release calls k8s",
    },
    Row {
        generation: Generation::Release,
        file: "discovery.yml",
        from: "enable: etcd",
        to: "enable: zookeeper",
        service: Service::RpcUser,
        says: "FAIL  config discovery.yml:1: enable is \"zookeeper\", which this release does not know",
    },
    Row {
        generation: Generation::Release,
        file: "openim-crontask.yml",
        from: "retainChatRecords: 365",
        to: "retainChatRecords: 0",
        service: Service::Crontask,
        says: "FAIL  config openim-crontask.yml:2: retainChatRecords is 0, and less than 1 is refused",
    },
    Row {
        generation: Generation::Release,
        file: "log.yml",
        from: "remainLogLevel: 6",
        to: "remainLogLevel: abc",
        service: Service::RpcAuth,
        says: "FAIL  config log.yml:8: remainLogLevel is \"abc\", and wants a whole number",
    },
    Row {
        generation: Generation::Release,
        file: "openim-msgtransfer.yml",
        from: "ports: [ 12020, ",
        to: "ports: [ 12020 ] # ",
        service: Service::MsgTransfer,
        says: "FAIL  config openim-msgtransfer.yml:5: prometheus.ports has 1 for 2 instances: index out of range",
    },
    Row {
        generation: Generation::V3_8_1,
        file: "openim-crontask.yml",
        from: "retainChatRecords: 365",
        to: "retainChatRecords: 0",
        service: Service::Crontask,
        says: "FAIL  config openim-crontask.yml:2: retainChatRecords is 0, and less than 1 is refused",
    },
    Row {
        generation: Generation::V3_7,
        file: "log.yml",
        from: "remainLogLevel: 6",
        to: "remainLogLevel: abc",
        service: Service::RpcUser,
        says: "FAIL  config log.yml:8: remainLogLevel is \"abc\", and wants a whole number",
    },
    Row {
        generation: Generation::Chat,
        file: "log.yml",
        from: "isStdout: false",
        to: "isStdout: maybe",
        service: Service::ChatRpc,
        says: "FAIL  config log.yml:10: isStdout is \"maybe\", and wants true or false",
    },
    Row {
        generation: Generation::Chat,
        file: "chat-api-admin.yml",
        from: "ports: [ ",
        to: "ports: [ ] # ",
        service: Service::AdminApi,
        says: "FAIL  config chat-api-admin.yml:3: api.ports has 0 for 1 instances: index out of range",
    },
    Row {
        generation: Generation::ChatMain,
        file: "chat-rpc-bot.yml",
        from: "ports: [ ",
        to: "ports: [ ] # ",
        service: Service::BotRpc,
        says: "FAIL  config chat-rpc-bot.yml:4: rpc.ports has 0 for 1 instances: index out of range",
    },
];

fn change(sandbox: &Sandbox, row: &Row) {
    let path = sandbox.root().join("config").join(row.file);
    let text = fs::read_to_string(&path).expect("the sandbox has written it");
    let changed = text.replace(row.from, row.to);
    assert_ne!(changed, text, "{} has {:?}", row.file, row.from);
    fs::write(&path, changed).expect("the sandbox's own file");
}

fn of(generation: Generation) -> Builder {
    small().generation(generation)
}

fn written(builder: Builder) -> Sandbox {
    builder.write().expect("write the sandbox")
}

#[test]
fn a_configuration_that_is_well_has_only_the_shipped_secrets_against_it() {
    let sandbox = written(small());
    let checked = check(&sandbox, &["config"]);
    checked.expect(0, "WARN  config share.yml:1: secret is the one that OpenIM ships");
    assert!(!checked.text.contains("openIM123"), "a secret is told:\n{}", checked.text);
    check(&sandbox, &["config/files"]).expect(0, "OK  1 rule of the configuration");
}

#[test]
fn so_it_is_in_every_generation_whose_rules_are_known() {
    let rules = [
        (Generation::Main, 12),
        (Generation::V3_8_1, 10),
        (Generation::V3_7, 9),
        (Generation::Chat, 10),
        (Generation::ChatMain, 11),
    ];
    for (generation, count) in rules {
        let sandbox = written(of(generation));
        let checked = check(&sandbox, &["config"]);
        checked.expect(0, "WARN  config share.yml:");
        checked.mentions("secret is the one that OpenIM ships");
        assert!(!checked.text.contains("openIM123"), "a secret is told:\n{}", checked.text);
        let listed = check(&sandbox, &["list"]);
        assert_eq!(listed.text.lines().filter(|line| line.starts_with("config/")).count(), count);
        let judged = report(&sandbox, &["config"]);
        let checks = judged["config"][0]["checks"].as_array().expect("the checks of the configuration");
        assert_eq!(checks.len(), count, "{generation}: {checks:?}");
        let mut against = checks.iter().filter(|check| check["verdict"] != "pass");
        assert_eq!(against.next().map(|check| &check["id"]), Some(&"config/secrets".into()));
        assert_eq!(against.next(), None, "{generation}");
    }
    for (generation, name) in [(Generation::Standalone, "standalone"), (Generation::V3_5, "v3.5")] {
        let listed = check(&written(of(generation)), &["list", "--layout", name]);
        let is_of_config = |line: &str| line.starts_with("config/");
        assert!(!listed.text.lines().any(is_of_config), "nothing is known of it:\n{}", listed.text);
    }
}

/// Before the start: file, line, key and what to do.
#[test]
fn what_chat_does_not_start_with_is_named_with_its_fix() {
    let sandbox = written(of(Generation::Chat).addresses(Addresses::default()));
    let path = sandbox.root().join("config/share.yml");
    let text = fs::read_to_string(&path).expect("the sandbox has written it");
    fs::write(&path, text.replace("apiURL: http://", "apiURL: ")).expect("its file");
    let checked = check(&sandbox, &["config"]);
    checked.expect(1, "FAIL  config share.yml:2: openIM.apiURL does not begin with http:// or https://");
    checked.mentions("config/share.yml:2: write http://HOST:PORT, with the port of openim-api");
    let sandbox = written(of(Generation::ChatMain));
    fs::remove_file(sandbox.root().join("config/chat-api-bot.yml")).expect("it was there");
    check(&sandbox, &["config"]).expect(1, "FAIL  config chat-api-bot.yml: is missing");
    let sandbox = written(of(Generation::Chat));
    let brackets = [("CHATENV_CHAT_API_CHAT_API_PORTS", "[10008]")];
    let output = run(&sandbox, &["config"], &brackets);
    let said = String::from_utf8(output.stdout).expect("output is text");
    assert!(said.starts_with("FAIL  config $CHATENV_CHAT_API_CHAT_API_PORTS: "), "{said}");
}

#[test]
fn each_mistake_is_named_before_the_start() {
    for row in &ROWS {
        let sandbox = written(of(row.generation));
        change(&sandbox, row);
        check(&sandbox, &["config"]).expect(1, row.says);
    }
}

#[test]
fn a_file_that_is_missing_or_no_yaml_is_named_before_the_start() {
    let sandbox = written(small());
    fs::remove_file(sandbox.root().join("config/webhooks.yml")).expect("it was there");
    check(&sandbox, &["config"]).expect(1, "FAIL  config webhooks.yml: is missing");
    let sandbox = written(small());
    fs::write(sandbox.root().join("config/openim-api.yml"), "api:\n  ports: [ 10002\nx: y\n")
        .expect("its file");
    check(&sandbox, &["config"]).expect(1, "FAIL  config openim-api.yml:");
}

#[test]
fn each_mistake_is_the_cause_where_it_has_ended_a_service() {
    for row in &ROWS {
        let mut sandbox = written(of(row.generation));
        change(&sandbox, row);
        // The list of ports is too short for the second one.
        let index = u32::from(row.service == Service::MsgTransfer);
        sandbox.start(row.service, index).expect("start it");
        wait_until("it has ended", || sandbox.stderr(row.service, index).contains("exit -1"));
        let checked = check(&sandbox, &["all", "--skip", "registry"]);
        checked.mentions(row.says.trim_start_matches("FAIL  "));
        checked.mentions("waits ");
        checked.mentions(row.service.short());
    }
}

/// Most generations are told by share.yml; the other files tell enough to say that it is missing.
#[test]
fn a_share_yml_that_is_missing_is_named_before_the_start_and_after_it() {
    let says = "FAIL  config share.yml: is missing";
    for generation in [Generation::Release, Generation::V3_8_1, Generation::V3_7] {
        let sandbox = written(of(generation));
        fs::remove_file(sandbox.root().join("config/share.yml")).expect("it was there");
        check(&sandbox, &["config"]).expect(1, says);
        check(&sandbox, &["all"]).mentions(says.trim_start_matches("FAIL  "));
    }
}

/// Without this one nothing can be planned: the run ends, and says which file it is.
#[test]
fn a_file_without_which_nothing_can_be_planned_is_named_by_the_error() {
    let mut sandbox = written(small());
    let path = sandbox.root().join("config/openim-api.yml");
    fs::write(path, "api:\n  x: 'a' b\n").expect("its file");
    sandbox.start(Service::Api, 0).expect("start it");
    wait_until("it has ended", || sandbox.stderr(Service::Api, 0).contains("exit -1"));
    let output = run(&sandbox, &["all"], &[]);
    let error = String::from_utf8(output.stderr).expect("errors are text");
    assert!(error.contains("config/openim-api.yml:2: invalid trailing content"), "{error}");
    assert_eq!(output.status.code(), Some(78), "{error}");
    let of_docker = run(&sandbox, &["all", "--profile", "docker"], &[]);
    assert_eq!(of_docker.status.code(), Some(1), "Docker knows 0 and 1");
}

fn run(sandbox: &Sandbox, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_openim-check"))
        .args(arguments)
        .arg("--root")
        .arg(sandbox.root())
        .env_clear()
        .envs(variables.iter().copied())
        .output()
        .expect("start openim-check")
}

/// `IMENV_OPENIM_API_API_PORTS=[10003]`: lists have no brackets in a variable.
#[test]
fn a_variable_that_its_reader_does_not_take_is_named_before_the_start() {
    let says = "config $IMENV_OPENIM_API_API_PORTS: ";
    let sandbox = written(small());
    let output = run(&sandbox, &["config"], &[("IMENV_OPENIM_API_API_PORTS", "[10003]")]);
    let before = String::from_utf8(output.stdout).expect("output is text");
    assert!(before.starts_with(&format!("FAIL  {says}")), "{before}");
}

/// OpenIM's own manifests have 12220 in the Service of conversation and 12200 in its configuration.
#[test]
fn a_service_of_kubernetes_that_forwards_to_another_port_is_named() {
    let sandbox = written(small());
    let manifests = sandbox.root().join("deployments/deploy");
    fs::create_dir_all(&manifests).expect("a directory");
    let config_map = "kind: ConfigMap\ndata:\n  openim-rpc-conversation.yml: |\n    rpc:\n      autoSetPorts: false\n      \
        ports: [ 10220 ]\n    prometheus:\n      enable: true\n      ports: [ 12200 ]\n";
    fs::write(manifests.join("openim-config.yml"), config_map).expect("a file");
    let service = |port: u16| {
        format!(
            "kind: Service\nmetadata:\n  name: conversation-rpc-service\nspec:\n  ports:\n    - targetPort: 10220\n    \
             - targetPort: {port}\n"
        )
    };
    let path = manifests.join("openim-rpc-conversation-service.yml");
    fs::write(&path, service(12220)).expect("a file");
    let checked = check(&sandbox, &["config/manifests"]);
    checked.expect(
        0,
        "WARN  config openim-rpc-conversation-service.yml:7: the Service conversation-rpc-service forwards",
    );
    checked
        .mentions("forwards to 12220, and openim-rpc-conversation listens on 10220 12200 by the ConfigMap");
    fs::write(&path, service(12200)).expect("a file");
    check(&sandbox, &["config/manifests"]).expect(0, "OK");
}

/// What the service itself wrote stands under the cause, once and without its stack; not what another instance of it
/// writes, nor what is left of an earlier run.
#[test]
fn the_last_error_of_a_service_is_quoted_once() {
    let mut sandbox = started(small());
    let dead = sandbox.pid(Service::Push, 0).expect("it runs");
    let other = sandbox.pid(Service::Push, 1).expect("it runs");
    sandbox.kill(Service::Push, 0).expect("kill");
    let path = sandbox.log_file();
    let log = fs::read_to_string(&path).expect("the services write it");
    let now = log.lines().last().expect("a line").get(..23).expect("its time").to_owned();
    let append = |lines: &[String]| fs::write(&path, format!("{log}{}", lines.concat()));
    let old = "2020-11-23 19:53:04.401";
    append(&[of_push(old, dead, "an earlier run"), of_push(&now, other, "of a neighbour")]).expect("append");
    let checked = check(&sandbox, &["push", "--grace", "1ms"]);
    checked.expect(1, "FAIL  push 0 is not running");
    assert!(!checked.text.contains("said push"), "{}", checked.text);
    append(&[of_push(&now, dead, "cannot go on"), of_push(&now, other, "of a neighbour")]).expect("append");
    let checked = check(&sandbox, &["push", "--grace", "1ms"]);
    checked.mentions(&format!("said push at {now}: cannot go on: 500 password=***"));
    assert!(!checked.text.contains("canary-7f3a") && !checked.text.contains("push.go"), "{}", checked.text);
    assert_eq!(checked.text.matches("cannot go on").count(), 1, "{}", checked.text);
}

/// An error as the logger writes it.
fn of_push(time: &str, pid: u32, message: &str) -> String {
    format!(
        "{time}\t\x1b[31mERROR\x1b[0m\t\x1b[31m{:<15}\x1b[0m\t\x1b[31m{:<25}\x1b[0m\t{:<30}\t{:<50}\t{message:<50}\t\
        {{\"error\": \"Error: 500 password=canary-7f3a is wrong | -> push.Start() /openim-server/internal/push/push.go:85\"}}\n",
        format!("[PID:{pid}]"),
        "openim-push",
        "[v3.8.3-patch.16]",
        "[push/push.go:85]"
    )
}

//! Wrong words, broken files and missing directories get an error that names the place and what to do.

#![expect(clippy::expect_used, reason = "a test that cannot go on should say so by dying")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A root with the files of three services, none of which runs.
fn root() -> TempDir {
    let root = TempDir::new().expect("a temporary directory");
    let write = |name: &str, text: &str| fs::write(root.path().join(name), text).expect("write a fixture");
    fs::create_dir(root.path().join("config")).expect("make config/");
    write("start-config.yml", "serviceBinaries:\n  openim-api: 1\n  openim-rpc-user: 1\n");
    write("config/share.yml", "rpcRegisterName:\n  user: user\n");
    // What else a start reads, and nothing of it is the subject here.
    for name in ["log", "redis", "mongodb", "local-cache", "notification", "webhooks"] {
        write(&format!("config/{name}.yml"), "\n");
    }
    write(
        "config/discovery.yml",
        "enable: etcd\netcd:\n  rootDirectory: openim\n  address: [ 127.0.0.1:1 ]\n",
    );
    write(
        "config/openim-api.yml",
        "api:\n  listenIP: 0.0.0.0\n  ports: [ 10002 ]\nprometheus:\n  enable: false\n",
    );
    write("config/openim-rpc-user.yml", "rpc:\n  autoSetPorts: true\nprometheus:\n  enable: false\n");
    root
}

fn openim_check(dir: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_openim-check"));
    command.args(arguments).current_dir(dir).env_clear();
    command
}

fn run(dir: &Path, arguments: &[&str]) -> Output {
    openim_check(dir, arguments).output().expect("start openim-check")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_broken_yaml_names_file_and_line_and_exits_78() {
    let root = root();
    let path = root.path().join("config/openim-api.yml");
    fs::write(&path, "api:\n  ports: [ 10002\nprometheus: x\n").expect("write a fixture");
    let output = run(root.path(), &[]);
    assert_eq!(output.status.code(), Some(78), "{}", stderr(&output));
    let file = fs::canonicalize(&path).expect("it is there");
    assert!(stderr(&output).contains(&format!("{}:", file.display())), "{}", stderr(&output));
    let line = stderr(&output).split(':').nth(2).and_then(|line| line.parse::<u32>().ok());
    assert!(matches!(line, Some(2..=3)), "{}", stderr(&output));
    assert_eq!(stdout(&output), "");
}

#[test]
fn a_broken_yaml_that_would_tell_the_generation_names_file_and_line_too() {
    let root = root();
    let path = root.path().join("config/share.yml");
    let whole = fs::read_to_string(&path).expect("a fixture");
    let broken_line = whole.lines().count() + 1;
    fs::write(&path, format!("{whole}imAdmin: [ a\nsecret: x\n")).expect("write a fixture");
    let output = run(root.path(), &[]);
    assert_eq!(output.status.code(), Some(78), "{}", stderr(&output));
    let said = stderr(&output);
    let line = said.split("config/share.yml:").nth(1).and_then(|rest| rest.split(':').next()?.parse().ok());
    assert!(line.is_some_and(|line: usize| (broken_line..=broken_line + 1).contains(&line)), "{said}");
}

#[test]
fn files_of_no_generation_say_which_keys_were_looked_for() {
    let root = root();
    fs::write(root.path().join("config/share.yml"), "secret: x\n").expect("write a fixture");
    let output = run(root.path(), &[]);
    assert_eq!(output.status.code(), Some(78), "{}", stderr(&output));
    assert!(stderr(&output).contains("rpcRegisterName.user in share.yml"), "{}", stderr(&output));
    assert!(stderr(&output).contains("--layout"), "{}", stderr(&output));
}

#[test]
fn a_value_of_the_wrong_type_names_file_line_and_key() {
    let root = root();
    fs::write(root.path().join("config/openim-api.yml"), "api:\n  ports: [ ten ]\n")
        .expect("write a fixture");
    let output = run(root.path(), &["api"]);
    assert_eq!(output.status.code(), Some(78));
    assert!(
        stderr(&output).contains("config/openim-api.yml:2: api.ports wants ports"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_missing_file_is_named() {
    let root = root();
    fs::remove_file(root.path().join("config/openim-rpc-user.yml")).expect("remove a fixture");
    let output = run(root.path(), &[]);
    assert_eq!(output.status.code(), Some(78));
    assert!(stderr(&output).contains("config/openim-rpc-user.yml: No such file"), "{}", stderr(&output));
}

#[test]
fn a_program_that_is_no_service_is_named_with_its_line() {
    let root = root();
    fs::write(root.path().join("start-config.yml"), "serviceBinaries:\n  openim-apo: 1\n")
        .expect("write a fixture");
    let output = run(root.path(), &[]);
    assert_eq!(output.status.code(), Some(78));
    assert!(stderr(&output).contains("start-config.yml:2: openim-apo is no service"), "{}", stderr(&output));
}

#[test]
fn a_count_that_cannot_be_meant_is_refused_with_its_line() {
    let root = root();
    fs::write(root.path().join("start-config.yml"), "serviceBinaries:\n  openim-push: 80000000\n")
        .expect("write a fixture");
    let output = run(root.path(), &[]);
    assert_eq!(output.status.code(), Some(78));
    assert!(
        stderr(&output).contains("start-config.yml:2: 80000000 instances of openim-push"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn an_unknown_service_exits_64_and_names_the_nearest() {
    let root = root();
    let output = run(root.path(), &["rpc-usr"]);
    assert_eq!(output.status.code(), Some(64));
    assert!(stderr(&output).contains("'rpc-user'"), "{}", stderr(&output));
}

#[test]
fn no_deployment_at_all_says_where_it_looked_and_what_to_do() {
    let empty = TempDir::new().expect("a temporary directory");
    let output = run(empty.path(), &["--root", "/nonexistent/openim"]);
    assert_eq!(output.status.code(), Some(78));
    assert!(stderr(&output).contains("/nonexistent/openim"), "{}", stderr(&output));
}

#[test]
fn targets_and_kinds_that_exclude_each_other_are_wrong_usage() {
    let root = root();
    let output = run(root.path(), &["rpc-user", "--only", "http"]);
    assert_eq!(output.status.code(), Some(64));
    assert!(stderr(&output).contains("openim-check list"), "{}", stderr(&output));
}

#[test]
fn a_wrong_time_says_what_is_accepted() {
    let root = root();
    let output = run(root.path(), &["--deadline", "soon"]);
    assert_eq!(output.status.code(), Some(64));
    assert!(stderr(&output).contains("5s, 500ms"), "{}", stderr(&output));
}

#[test]
fn a_deployment_that_is_not_started_is_one_sentence() {
    let root = root();
    let output = run(root.path(), &["--skip", "dependency"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stdout(&output).starts_with("FAIL  OpenIM is not running: 0 of 2 processes\n"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn a_reader_that_goes_away_or_a_closed_output_changes_nothing() {
    let root = root();
    let mut child =
        openim_check(root.path(), &["list"]).stdout(Stdio::piped()).spawn().expect("start openim-check");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    let closed = Command::new("sh")
        .args(["-c", r#"exec "$0" "$@" >&- 2>&-"#, env!("CARGO_BIN_EXE_openim-check"), "list"])
        .current_dir(root.path())
        .status();
    assert_eq!(closed.expect("start a shell").code(), Some(0));
}

#[test]
fn the_list_names_the_line_that_each_check_comes_from() {
    let root = root();
    let output = run(root.path(), &["list"]);
    assert_eq!(output.status.code(), Some(0));
    let text = stdout(&output);
    assert!(
        text.contains("openim-api#0/port\n    http on :10002\n    from config/openim-api.yml:3\n"),
        "{text}"
    );
    assert!(text.contains("openim-rpc-user#0/process\n"), "{text}");
    assert!(text.contains("from start-config.yml:3\n"), "{text}");
    assert!(text.contains("told from rpcRegisterName.user in "), "{text}");
}

#[test]
fn a_variable_shows_up_as_the_source_of_what_it_overrides() {
    let root = root();
    let output = openim_check(root.path(), &["list", "api"])
        .env("IMENV_OPENIM_API_API_PORTS", "10099")
        .output()
        .expect("run");
    let text = stdout(&output);
    assert!(text.contains("http on :10099\n    from $IMENV_OPENIM_API_API_PORTS\n"), "{text}");
}

#[test]
fn secrets_of_the_configuration_appear_nowhere() {
    let root = root();
    let discovery = "enable: etcd\netcd:\n  rootDirectory: openim\n  address: [ 127.0.0.1:1 ]\n  username: root\n  password: canary-7261\n";
    fs::write(root.path().join("config/discovery.yml"), discovery).expect("write a fixture");
    for arguments in [&["all"][..], &["list"], &["-o", "json"], &["list", "-o", "json"]] {
        let output = run(root.path(), arguments);
        assert!(!stdout(&output).contains("canary") && !stderr(&output).contains("canary"), "{arguments:?}");
    }
}

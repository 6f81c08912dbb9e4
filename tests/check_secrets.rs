//! No password of the configuration, of a variable or of an address is in anything that `openim-check` prints, on
//! a deployment that is well, broken, and broken in its configuration.
#![expect(clippy::expect_used, reason = "a test that cannot go on should say so by dying")]

mod check;

use std::fs;
use std::path::Path;
use std::process::Command;

use check::started;
use openim_ops::openim::service::Service;
use openim_sandbox::{Fault, Sandbox};

/// What no output may contain.
const CANARY: &str = "canary-7f3a";

/// The secrets that the sandbox writes as OpenIM ships them.
const SHIPPED: &str = "openIM123";

/// Every word that `-o` takes, as its own error message names them, so that a new format is tested by itself.
fn formats() -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_openim-check"))
        .args(["-o", "no-such-format"])
        .output()
        .expect("start openim-check");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let list = text.split_once("[possible values: ").expect("the formats are named").1;
    let list = list.split_once(']').expect("the list ends").0;
    list.split(", ").map(str::to_owned).collect()
}

/// Puts the canary in the place of each secret, and one into the address of each server.
fn plant(config: &Path) -> usize {
    let mut planted = 0;
    for entry in fs::read_dir(config).expect("the configuration is there") {
        let path = entry.expect("an entry").path();
        let text = fs::read_to_string(&path).expect("a text");
        let marked = text
            .replace(SHIPPED, CANARY)
            .replace("username: ''\n", "username: someone\n")
            .replace("password: ''\n", &format!("password: {CANARY}\n"))
            .replace("uri:\n", &format!("uri: mongodb://someone:{CANARY}@127.0.0.1:1/openim_v3\n"));
        planted += marked.matches(CANARY).count();
        fs::write(&path, marked).expect("the sandbox's own file");
    }
    planted
}

fn said_by(sandbox: &Sandbox, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_openim-check"))
        .args(arguments)
        .arg("--root")
        .arg(sandbox.root())
        .env_clear()
        .env("IMENV_REDIS_PASSWORD", CANARY)
        .env("IMENV_SHARE_SECRET", CANARY)
        .output()
        .expect("start openim-check");
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

#[track_caller]
fn keeps_silent(sandbox: &Sandbox) {
    let state = sandbox.root().join("state.json");
    let state = state.to_str().expect("a path of text");
    for format in formats() {
        for words in [
            ["-o", &format, "all", "--deep"].as_slice(),
            &["-o", &format, "list"],
            &["-o", &format, "report", "--state", state],
            &["-o", &format, "all", "--probe-timeout", "1ms"],
        ] {
            let said = said_by(sandbox, words);
            assert!(!said.is_empty(), "{words:?} says nothing");
            assert!(!said.contains(CANARY), "{words:?} tells a secret:\n{said}");
        }
    }
}

#[test]
fn no_format_tells_a_secret_whatever_is_broken() {
    let mut sandbox = started(Sandbox::builder().loopback());
    assert!(plant(&sandbox.root().join("config")) >= 4, "the sandbox's files hold secrets");
    keeps_silent(&sandbox);

    sandbox.break_with(Service::RpcAuth, 0, Fault::Unregistered).expect("break");
    sandbox.kill(Service::Push, 2).expect("kill");
    sandbox.stop_etcd();
    keeps_silent(&sandbox);

    put_credentials_into_the_address(&sandbox.root().join("config/discovery.yml"));
    keeps_silent(&sandbox);
}

/// A check of the user's own that holds a secret wherever one may be, and whose server is not there.
fn own_checks(address: &str) -> String {
    format!(
        "[[check]]\nname = \"front\"\nkind = \"http\"\nurl = \"http://{address}/a?token={CANARY}\"\n\
         method = \"POST\"\nheaders = {{ Authorization = \"Bearer {CANARY}\" }}\nbody = \"{CANARY}\"\n\
         status = 299\n"
    )
}

#[test]
fn own_checks_keep_what_they_send_to_themselves() {
    let sandbox = started(Sandbox::builder().loopback().only(&[Service::Api]));
    let path = sandbox.root().join("own.toml");
    let file = path.to_str().expect("a path of text");
    for address in [format!("127.0.0.1:{}", sandbox.api_port()), "127.0.0.1:1".to_owned()] {
        fs::write(&path, own_checks(&address)).expect("write a fixture");
        for format in formats() {
            for words in [["own"].as_slice(), &["list"], &["explain", "front/http"]] {
                let said = said_by(&sandbox, &[&["--checks", file, "-o", &format], words].concat());
                assert!(!said.is_empty() && !said.contains(CANARY), "{words:?} tells a secret:\n{said}");
            }
        }
    }
    for mistake in [
        format!("url = \"http://someone:{CANARY}@127.0.0.1/\""),
        format!("url = \"http://127.0.0.1/\"\nheaders = {{ Authorization = [\"{CANARY}\"] }}"),
        format!("url = \"http://127.0.0.1/\"\nbody = [ \"{CANARY}\" "),
    ] {
        fs::write(&path, format!("[[check]]\nname = \"front\"\nkind = \"http\"\n{mistake}\n"))
            .expect("write");
        let said = said_by(&sandbox, &["--checks", file, "own"]);
        assert!(said.contains("own.toml:") && !said.contains(CANARY), "{said}");
    }
}

/// Nobody should, and somebody does.
fn put_credentials_into_the_address(discovery: &Path) {
    let text = fs::read_to_string(discovery).expect("the sandbox has written it");
    let address = text.lines().find(|line| line.trim_start().starts_with("address:")).expect("an address");
    let with_credentials = format!("  address: [ 'http://someone:{CANARY}@127.0.0.1:1' ]");
    fs::write(discovery, text.replace(address, &with_credentials)).expect("the sandbox's own file");
}

#[test]
fn a_secret_beside_a_mistake_in_a_file_is_not_quoted() {
    let sandbox = Sandbox::builder().loopback().start().expect("start the sandbox");
    let path = sandbox.root().join("config/discovery.yml");
    let text = fs::read_to_string(&path).expect("the sandbox has written it");
    fs::write(&path, format!("{text}\npassword: [ {CANARY}\n")).expect("the sandbox's own file");
    let said = said_by(&sandbox, &["all"]);
    assert!(said.contains("discovery.yml:"), "{said}");
    assert!(!said.contains(CANARY), "{said}");
}

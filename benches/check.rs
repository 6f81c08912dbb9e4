//! `openim-check` beside what people use today: `make bench`. Of these, a row whose tool is not installed is left
//! out, and named.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and dies of what it cannot do"
)]

mod table;

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use openim_ops::openim::service::Service;
use openim_sandbox::{Generation, Sandbox};
use table::{Candidate, Row, find_program};

const CHECK: &str = env!("CARGO_BIN_EXE_openim-check");

/// The job of most rows.
const HEALTHY: &str = "is it healthy? 12 services, 29 processes";

fn main() {
    let sandbox =
        Sandbox::builder().loopback().generation(Generation::Main).start().expect("start the sandbox");
    sandbox.wait_ready(Duration::from_secs(30)).expect("the sandbox comes up");
    let scratch = tempfile::tempdir().expect("a temporary directory");
    let memory = table::peak_memory(&ours(&sandbox));
    let mut rows = Vec::new();
    for (tool, row) in [
        ("Go", mage_check(&sandbox, scratch.path())),
        ("ss", process_count(&sandbox)),
        ("monit", monit(&sandbox, scratch.path())),
        ("monitoring-plugins", monitoring_plugins(&sandbox)),
    ] {
        match row {
            Some(row) => rows.push(row),
            None => println!("not measured: {tool} is not installed"),
        }
    }
    rows.push(start_up());
    table::print(&rows);
    println!("\nPeak memory of `openim-check all`: {memory} KB.");
}

fn ours(sandbox: &Sandbox) -> Candidate {
    Candidate::new("`openim-check all`", CHECK, &["all", "--root", text(sandbox.root())])
}

/// What `mage check` does, built from its description; without the second that the real one sleeps.
fn mage_check(sandbox: &Sandbox, scratch: &Path) -> Option<Row> {
    let go = find_program("go")?;
    let program = scratch.join("mage-check");
    let built = Command::new(go)
        .args(["build", "-o", text(&program), "."])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/mage-check"))
        .status()
        .expect("start go");
    assert!(built.success(), "benches/mage-check does not build");
    let theirs =
        Candidate::new("what `mage check` does, without its sleep of 1 s", program, &[text(sandbox.root())]);
    Some(Row { job: HEALTHY, ours: ours(sandbox), theirs })
}

fn process_count(sandbox: &Sandbox) -> Option<Row> {
    find_program("ss")?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/process-count.sh");
    let theirs =
        Candidate::new("process count and `ss`, in sh", "sh", &[text(&script), text(sandbox.root())]);
    Some(Row { job: HEALTHY, ours: ours(sandbox), theirs })
}

/// One round of all checks, in the foreground.
fn monit(sandbox: &Sandbox, scratch: &Path) -> Option<Row> {
    let program = find_program("monit")?;
    let control = scratch.join("monitrc");
    fs::write(&control, monit_control(sandbox, scratch)).expect("write monit's control file");
    // monit reads no other.
    fs::set_permissions(&control, fs::Permissions::from_mode(0o600)).expect("it is ours");
    // It ends with 1 also where its own words say that each test succeeded.
    let script = format!("{} -c {} validate; true", text(&program), text(&control));
    let theirs = Candidate::new("`monit validate`: processes, two ports", "sh", &["-c", &script]);
    Some(Row { job: HEALTHY, ours: ours(sandbox), theirs })
}

fn monit_control(sandbox: &Sandbox, scratch: &Path) -> String {
    let mut control = String::new();
    for (option, file) in [("statefile", "monit.state"), ("idfile", "monit.id"), ("pidfile", "monit.pid")] {
        writeln!(control, "set {option} {}", scratch.join(file).display()).expect("a string takes it");
    }
    for (instance, _) in sandbox.pids() {
        let (name, index) = (instance.service.binary(), instance.index);
        writeln!(control, "check process {name}-{index} matching \"/{name} -i {index} \"")
            .expect("a string takes it");
    }
    for (name, port) in ports(sandbox) {
        let test = format!("if failed port {port} for 1 cycles then alert");
        writeln!(control, "check host {name} with address 127.0.0.1\n  {test}").expect("a string takes it");
    }
    control
}

/// A plugin for each service and each port, one after the other, as Nagios's agent runs them.
fn monitoring_plugins(sandbox: &Sandbox) -> Option<Row> {
    let plugins = find_program("check_procs")?.parent().map(PathBuf::from)?;
    let mut commands = Vec::new();
    for service in Service::ALL {
        let count = sandbox.pids().iter().filter(|(instance, _)| instance.service == service).count();
        let name = service.binary();
        commands.push(format!(
            "{}/check_procs -c {count}:{count} --ereg-argument-array='/{name} -i'",
            plugins.display()
        ));
    }
    for (_, port) in ports(sandbox) {
        commands.push(format!("{}/check_tcp -H 127.0.0.1 -p {port}", plugins.display()));
    }
    let script = commands.join(" && ");
    let theirs = Candidate::new("`check_procs`, `check_tcp`: 14 plugins", "sh", &["-c", &script]);
    Some(Row { job: HEALTHY, ours: ours(sandbox), theirs })
}

fn start_up() -> Row {
    Row {
        job: "start to end of `--version`",
        ours: Candidate::new("`openim-check --version`", CHECK, &["--version"]),
        theirs: Candidate::new("`systemctl --version`", "systemctl", &["--version"]),
    }
}

/// The ports that clients know.
fn ports(sandbox: &Sandbox) -> [(&'static str, u16); 2] {
    [("api", sandbox.api_port()), ("websocket", sandbox.ws_port())]
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of text")
}

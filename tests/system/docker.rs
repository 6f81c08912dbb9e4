//! The docker half of the harness: an image from scratch whose health check turns bad.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::dockerd::Dockerd;
use crate::wait;

const LIMIT: Duration = Duration::from_secs(30);

/// Waits for ever, or, called with an argument, says whether /broken is there.
const PROGRAM: &str = r#"
fn main() {
    if std::env::args().nth(1).is_none() {
        loop { std::thread::park() }
    }
    if std::path::Path::new("/broken").exists() {
        println!("FAIL it is broken");
        std::process::exit(1);
    }
    println!("OK it is well");
}
"#;

const DOCKERFILE: &str = r#"FROM scratch
COPY program /program
HEALTHCHECK --interval=1s --timeout=5s --retries=1 CMD ["/program", "check"]
ENTRYPOINT ["/program"]
"#;

const COMPOSE: &str = r#"version: "2.4"
services:
  program:
    image: program
    init: true
    ports: ["18080:80"]
"#;

#[test]
fn a_health_check_that_turns_bad_says_why_in_docker_inspect() {
    let dockerd = Dockerd::start();
    let context = context(&dockerd);
    dockerd.build("program", &context);
    dockerd.docker(&["run", "--detach", "--name", "subject", "program"]).expect_success();

    let becomes = |wanted: &str| {
        wait::until(wanted, LIMIT, || dockerd.health("subject") == wanted);
    };
    becomes("healthy");
    assert_eq!(dockerd.health_output("subject"), "OK it is well\n");

    let broken = context.join("Dockerfile");
    dockerd.docker(&["cp", &broken.display().to_string(), "subject:/broken"]).expect_success();
    becomes("unhealthy");
    assert_eq!(dockerd.health_output("subject"), "FAIL it is broken\n");
}

#[test]
fn compose_starts_a_service_with_a_network_and_a_published_port() {
    let dockerd = Dockerd::start();
    let context = context(&dockerd);
    dockerd.build("program", &context);
    dockerd.compose(&context, &["up", "--detach"]).expect_success();
    let check = dockerd.compose(&context, &["exec", "-T", "program", "/program", "check"]);
    assert_eq!(check.expect_success(), "OK it is well\n");
    let ports = dockerd.compose(&context, &["port", "program", "80"]).expect_success();
    assert_eq!(ports.trim(), "0.0.0.0:18080");
}

/// A build context with a static program.
fn context(dockerd: &Dockerd) -> PathBuf {
    let directory = dockerd.scratch("context");
    let write = |name: &str, text: &str| {
        fs::write(directory.join(name), text).expect("the context takes a file");
    };
    write("Dockerfile", DOCKERFILE);
    write("docker-compose.yml", COMPOSE);
    write("program.rs", PROGRAM);
    compile(&directory);
    directory
}

fn compile(directory: &Path) {
    let output = Command::new("rustc")
        .args(["-C", "target-feature=+crt-static", "-o", "program", "program.rs"])
        .current_dir(directory)
        .output()
        .expect("rustc runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

//! deploy/compose.yml and deploy/Dockerfile as a user puts them on top of his own compose file, under a real
//! dockerd. OpenIM's image is one from scratch, with the sandbox in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use openim_ops::openim::service::Service;

use crate::deployment::static_binary;
use crate::dockerd::Dockerd;
use crate::wait;

const LIMIT: Duration = Duration::from_mins(1);

/// What docker keeps of a health check's output, with room for what docker adds itself.
const MOST_BYTES: usize = 3_500;

const OPENIM_IMAGE: &str = r#"FROM scratch
COPY openim-sandbox /usr/local/bin/openim-sandbox
ENTRYPOINT ["openim-sandbox", "up", "--root", "/openim-server", "--etcd", "standin", "--foreground"]
"#;

/// What matters of the file that OpenIM's users have.
const USERS_COMPOSE: &str = r#"version: '3'
services:
  openim-server:
    image: "${OPENIM_IMAGE}"
    container_name: openim-server
    init: true
    ports: ["10001:10001", "10002:10002"]
    healthcheck:
      test: ["CMD", "sh", "-c", "mage check"]
      interval: 5s
      timeout: 60s
      retries: 10
    restart: always
"#;

#[test]
fn compose_says_healthy_and_docker_inspect_says_why_not() {
    let container = Container::up();
    container.becomes("healthy", |said| said.starts_with("OK  26 instances of 12 services, 1 dependency"));

    // The process is there and its port is open: nothing but the registry shows this one.
    container.sandbox(&["break", "rpc-auth", "unregistered"]);
    let lost = container.becomes("unhealthy", |said| {
        // Before a service is ten seconds old it may still be starting.
        said.starts_with("FAIL  rpc-auth ")
    });
    let verdict = lost.lines().next().unwrap_or_default();
    assert!(verdict.contains("not registered in etcd"), "{lost}");
    assert!(lost.len() < MOST_BYTES, "{} bytes\n{lost}", lost.len());

    container.sandbox(&["mend", "rpc-auth"]);
    container.becomes("healthy", |said| said.starts_with("OK  "));

    container.sandbox(&["break", "msgtransfer#3", "exit=1"]);
    container.becomes("unhealthy", |said| {
        said.starts_with("FAIL  msgtransfer 3 is not running: 7 of 8 instances run\n")
    });
}

#[test]
fn the_longest_report_fits_into_what_docker_keeps() {
    let container = Container::up();
    container.becomes("healthy", |_| true);
    // As many different causes as can be: each service has another one than its neighbour.
    let faults = ["stop", "unregistered", "exit=1", "no-answer"];
    for (service, fault) in Service::ALL.into_iter().zip(faults.into_iter().cycle()) {
        container.sandbox(&["break", service.short(), fault]);
    }
    let said = container.becomes("unhealthy", |said| said.starts_with("FAIL  "));
    assert!(said.len() < MOST_BYTES, "{} bytes\n{said}", said.len());
}

/// OpenIM's container as a user has it who followed compose.yml.
struct Container {
    dockerd: Dockerd,
    project: PathBuf,
}

impl Container {
    fn up() -> Container {
        let dockerd = Dockerd::start();
        build_openim_image(&dockerd);
        let project = project(&dockerd);
        let container = Container { dockerd, project };
        container.compose(&["up", "--build", "--detach"]);
        container
    }

    #[track_caller]
    fn compose(&self, args: &[&str]) {
        let files = ["-f", "docker-compose.yaml", "-f", "compose.yml"];
        self.dockerd.compose(&self.project, &[&files, args].concat()).expect_success();
    }

    /// A verb of the sandbox inside the container.
    #[track_caller]
    fn sandbox(&self, words: &[&str]) {
        let (verb, rest) = words.split_first().expect("a verb");
        let sandbox = ["exec", "-T", "openim-server", "openim-sandbox", verb, "--root", "/openim-server"];
        self.compose(&[&sandbox, rest].concat());
    }

    /// Waits until docker has come to this health, and for the words of a check; gives the words.
    #[track_caller]
    fn becomes(&self, wanted: &str, says: impl Fn(&str) -> bool) -> String {
        let mut last = (String::new(), String::new());
        let became = wait::poll(LIMIT, || {
            last = (self.dockerd.health("openim-server"), self.dockerd.health_output("openim-server"));
            (last.0 == wanted && says(&last.1)).then_some(())
        });
        let (health, said) = last;
        assert!(became.is_some(), "not {wanted} with the right words after {LIMIT:?}, but {health}:\n{said}");
        said
    }
}

fn build_openim_image(dockerd: &Dockerd) {
    let context = dockerd.scratch("openim");
    copy(&static_binary("openim-sandbox"), &context);
    write(&context, "Dockerfile", OPENIM_IMAGE);
    dockerd.build("openim-server:sandbox", &context);
}

/// A user's directory with what the comment in compose.yml asks for.
fn project(dockerd: &Dockerd) -> PathBuf {
    let project = dockerd.scratch("project");
    write(&project, "docker-compose.yaml", USERS_COMPOSE);
    write(&project, ".env", "OPENIM_IMAGE=openim-server:sandbox\n");
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy");
    copy(&deploy.join("Dockerfile"), &project);
    copy(&static_binary("openim-check"), &project);
    let text = fs::read_to_string(deploy.join("compose.yml")).expect("deploy/compose.yml is there");
    // A test does not wait for what is right for an operator.
    let quick = text.replace("interval: 30s", "interval: 1s");
    assert_ne!(quick, text, "the interval is written otherwise");
    write(&project, "compose.yml", &quick);
    project
}

fn copy(file: &Path, directory: &Path) {
    let name = file.file_name().expect("a file has a name");
    fs::copy(file, directory.join(name))
        .unwrap_or_else(|error| panic!("cannot copy {}: {error}", file.display()));
}

fn write(directory: &Path, name: &str, text: &str) {
    fs::write(directory.join(name), text).expect("the directory takes a file");
}

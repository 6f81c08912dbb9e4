//! Under a real dockerd: all services in one container, as OpenIM's image has it, and one service per container.
//! It is looked at from one more container, which shares the host's processes and has docker's socket.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use super::{HEALTHY, Row};
use crate::command::Output;
use crate::deployment::static_binary;
use crate::dockerd::Dockerd;

/// Where OpenIM lies, on a volume that all containers share.
const ROOT: &str = "/srv/openim";

const DOCKERFILE: &str = "FROM scratch\n\
    COPY openim-sandbox openim-check /usr/local/bin/\n\
    WORKDIR /srv/openim\n\
    ENTRYPOINT [\"openim-sandbox\"]\n";

#[test]
fn one_container_of_all_services_running_killed_stopped_crash_looping_and_paused() {
    let host = Host::new();
    host.start("etcd", &[], "etcd --listen 127.0.0.1:12379");
    let up = format!("up --root {ROOT} --foreground --etcd 127.0.0.1:12379");
    host.start("openim-server", &["--init", "--memory=512m"], &up);
    Row { says: "OK  26 instances of 12 services", ..HEALTHY }.check_by(|| host.check("all --via docker"));

    let without_a_root = ["run", "--rm", "--pid=host", "--entrypoint=openim-check", "openim"];
    let lost = host.dockerd.docker(&without_a_root);
    assert_eq!(lost.code(), Some(78), "{lost}");
    let id = host.dockerd.docker(&["inspect", "--format={{.Id}}", "openim-server"]).expect_success();
    assert!(lost.stderr.contains(&format!("docker exec {} openim-check", &id[..12])), "{lost}");

    host.use_up_the_memory_of("openim-server");
    Row {
        situation: "container of all, memory used up",
        exit: 0,
        says: "WARN  host has killed a process in container ",
        does: "raise its limit",
    }
    .check_by(|| host.check("all --skip unit"));

    host.break_in("openim-server", "rpc-user#0", "exit=2");
    let row = |situation, says, does| Row { situation, exit: 1, says, does };
    row("container of all, killed", "FAIL  rpc-user is not running", "docker restart openim-server")
        .check_by(|| host.check("all"));

    host.sandbox(&["mend", "--root", ROOT, "rpc-user#0"]);
    host.docker(&["restart", "openim-server"]);
    Row { says: "OK  26 instances of 12 services", ..HEALTHY }.check_by(|| host.check("all"));
    host.docker(&["pause", "openim-server"]);
    row(
        "container of all, paused",
        "FAIL  OpenIM is not running: openim-server is paused by docker",
        "docker unpause",
    )
    .check_by(|| host.check("all --via docker"));
    host.docker(&["unpause", "openim-server"]);

    host.docker(&["stop", "openim-server"]);
    row(
        "container of all, stopped on purpose",
        "FAIL  OpenIM is not running: openim-server was stopped on purpose, through docker",
        "do docker start openim-server",
    )
    .check_by(|| host.check("all"));

    host.docker(&["rm", "openim-server"]);
    host.start("openim-server", &["--restart=always"], &format!("{up} --base-port none"));
    row(
        "container of all, crash-looping",
        "FAIL  OpenIM is not running: openim-server restarts again and again (",
        "see why with `openim-logs",
    )
    .check_by(|| host.check("all"));
}

#[test]
fn a_container_for_each_service_killed_stopped_crash_looping_given_up_and_never_started() {
    let host = Host::new();
    host.sandbox(&["tree", "--root", ROOT, "--loopback", "--etcd", "127.0.0.1:12379"]);
    host.start("etcd", &[], "etcd --listen 127.0.0.1:12379");
    for service in ["openim-api", "openim-rpc-auth"] {
        host.start_service(service, &[]);
    }
    host.start_service("openim-rpc-user", &[]);
    let healthy = Row { says: "OK  3 instances of 3 services", ..HEALTHY };
    healthy.check_by(|| host.check("all --via docker --skip dependency"));

    let row = |situation, says, does| Row { situation, exit: 1, says, does };
    let check = || host.check("all --skip dependency");
    host.break_in("openim-rpc-user", "rpc-user#0", "exit=2");
    row("container, crashed", "FAIL  rpc-user crashed (exit status 2)", "then docker start openim-rpc-user")
        .check_by(check);

    host.sandbox(&["mend", "--root", ROOT, "rpc-user#0"]);
    host.docker(&["start", "openim-rpc-user"]);
    healthy.check_by(check);
    host.docker(&["stop", "openim-rpc-user"]);
    row(
        "container, stopped on purpose",
        "FAIL  rpc-user was stopped on purpose, through docker",
        "do docker start openim-rpc-user",
    )
    .check_by(check);

    host.sandbox(&["break", "--root", ROOT, "rpc-user#0", "crash-loop=100"]);
    host.docker(&["rm", "openim-rpc-user"]);
    host.start_service("openim-rpc-user", &["--restart=always"]);
    row(
        "container, crash-looping",
        "FAIL  rpc-user restarts again and again (",
        "see why with `openim-logs rpc-user -n 20`",
    )
    .check_by(check);

    host.docker(&["rm", "--force", "openim-rpc-user"]);
    host.start_service("openim-rpc-user", &["--restart=on-failure:2"]);
    row(
        "container, crashed too often",
        "FAIL  rpc-user crashed too often: docker gave up after 2 restarts (exit status 255)",
        "then docker start openim-rpc-user",
    )
    .check_by(check);

    host.docker(&["rm", "openim-rpc-user"]);
    host.run_service("create", "openim-rpc-user", &[]);
    row(
        "container, never started",
        "FAIL  rpc-user has never been started by docker",
        "docker start openim-rpc-user",
    )
    .check_by(check);
}

/// A machine with docker, an image of everything, and a volume for OpenIM.
struct Host {
    dockerd: Dockerd,
}

impl Host {
    #[track_caller]
    fn new() -> Host {
        let dockerd = Dockerd::start();
        let context = dockerd.scratch("context");
        for name in ["openim-sandbox", "openim-check"] {
            fs::copy(static_binary(name), context.join(name)).expect("the context takes a file");
        }
        fs::write(context.join("Dockerfile"), DOCKERFILE).expect("the context takes a file");
        dockerd.build("openim", &context);
        Host { dockerd }
    }

    #[track_caller]
    fn docker(&self, args: &[&str]) {
        self.dockerd.docker(args).expect_success();
    }

    /// Starts a container that has the volume and the host's network.
    #[track_caller]
    fn start(&self, name: &str, options: &[&str], command: &str) {
        let volume = format!("openim:{ROOT}");
        let run = ["run", "--detach", "--name", name, "--network=host", "--volume", &volume];
        let words: Vec<&str> = command.split(' ').collect();
        self.docker(&[&run, options, &["openim"], &words].concat());
    }

    #[track_caller]
    fn start_service(&self, name: &str, options: &[&str]) {
        self.run_service("run", name, &[options, &["--detach"]].concat());
    }

    /// `docker run` or `docker create` of a container whose one process is the service.
    #[track_caller]
    fn run_service(&self, verb: &str, name: &str, options: &[&str]) {
        let (volume, config) = (format!("openim:{ROOT}"), format!("{ROOT}/config/"));
        let program = format!("{}/{name}", program_directory());
        let run = [verb, "--name", name, "--network=host", "--volume", &volume, "--entrypoint", &program];
        self.docker(&[&run, options, &["openim", "-i", "0", "-c", &config]].concat());
    }

    /// A verb of the sandbox, in a container of its own.
    #[track_caller]
    fn sandbox(&self, words: &[&str]) {
        let volume = format!("openim:{ROOT}");
        self.docker(&[&["run", "--rm", "--network=host", "--volume", &volume, "openim"], words].concat());
    }

    /// Gives an instance that runs in a container a fault, which may be the container's end and that of the command.
    #[track_caller]
    fn break_in(&self, container: &str, instance: &str, fault: &str) {
        let verb = ["openim-sandbox", "break", "--root", ROOT, instance, fault];
        self.dockerd.docker(&[&["exec", container], verb.as_slice()].concat());
    }

    /// Has a program in the container's group take all of its memory; being the largest, it is what the kernel kills.
    #[track_caller]
    fn use_up_the_memory_of(&self, container: &str) {
        let id = self.dockerd.docker(&["inspect", "--format={{.Id}}", container]).expect_success();
        // Docker's pids are those of its own namespace; any process of the container is in the group.
        let processes = fs::read_dir("/proc").expect("it is there").filter_map(Result::ok);
        let group = processes
            .filter_map(|process| fs::read_to_string(process.path().join("cgroup")).ok())
            .find(|group| group.contains(id.trim()))
            .expect("it runs");
        let path =
            |line: &str| Some(line.split_once(":memory:").or_else(|| line.split_once("0::"))?.1.to_owned());
        let (mount, path) = match group.lines().find(|line| line.contains(":memory:")) {
            Some(line) => ("/sys/fs/cgroup/memory", path(line)),
            None => ("/sys/fs/cgroup", group.lines().find_map(path)),
        };
        let procs = format!("{mount}{}/cgroup.procs", path.expect("a container has a group"));
        let greedy = format!("echo $$ > {procs} && exec tail /dev/zero");
        let status = Command::new("sh").args(["-c", &greedy]).status().expect("sh is there");
        assert_eq!(status.signal(), Some(9), "the kernel kills it");
    }

    /// What an operator's container sees.
    #[track_caller]
    fn check(&self, options: &str) -> Output {
        let (volume, socket) = (format!("openim:{ROOT}:ro"), self.dockerd.socket());
        let socket = format!("{}:/var/run/docker.sock", socket.display());
        let run = ["run", "--rm", "--network=host", "--pid=host", "--volume", &volume, "--volume", &socket];
        let check = ["--entrypoint=openim-check", "openim", "--root", ROOT];
        let options: Vec<&str> = options.split(' ').collect();
        self.dockerd.docker(&[run.as_slice(), &check, &options].concat())
    }
}

fn program_directory() -> String {
    let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    format!("{ROOT}/_output/bin/platforms/linux/{architecture}")
}

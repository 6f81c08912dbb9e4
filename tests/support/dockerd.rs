//! A real dockerd with nothing in it, started for one test.
//!
//! It has its own files, its own containerd and its own network namespace, so that containers,
//! networks and published ports of one test cannot meet those of another or of the host. What is
//! published is therefore reached from containers only, not from the test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::command::{self, Output};
use super::keeper::{self, Keeper};
use super::wait;

const SCRIPT: &str = include_str!("dockerd.sh");
const START_LIMIT: Duration = Duration::from_mins(1);
const RUN_LIMIT: Duration = Duration::from_mins(2);

pub(crate) struct Dockerd {
    keeper: Keeper,
}

impl Dockerd {
    #[track_caller]
    pub(crate) fn start() -> Dockerd {
        keeper::require_root();
        for program in ["dockerd", "docker", "docker-compose", "ip"] {
            require(program);
        }
        let keeper = Keeper::start("dockerd", "--net", SCRIPT, &[], write_configuration);
        let dockerd = Dockerd { keeper };
        dockerd.wait_until_up();
        dockerd
    }

    /// A new directory for a build context or a compose file, gone with the dockerd.
    #[track_caller]
    pub(crate) fn scratch(&self, name: &str) -> PathBuf {
        let directory = self.keeper.dir().join(name);
        fs::create_dir(&directory)
            .unwrap_or_else(|error| panic!("cannot make {}: {error}", directory.display()));
        directory
    }

    /// Where it listens.
    pub(crate) fn socket(&self) -> PathBuf {
        self.keeper.dir().join("docker.sock")
    }

    /// Runs `docker ARGS` against it.
    #[track_caller]
    pub(crate) fn docker(&self, args: &[&str]) -> Output {
        self.run("docker", args, Path::new("/"))
    }

    /// Runs `docker-compose ARGS` in the directory of the compose file.
    #[track_caller]
    pub(crate) fn compose(&self, directory: &Path, args: &[&str]) -> Output {
        self.run("docker-compose", args, directory)
    }

    /// Builds an image from the Dockerfile in a directory.
    #[track_caller]
    pub(crate) fn build(&self, tag: &str, directory: &Path) {
        self.run("docker", &["build", "--quiet", "--tag", tag, "."], directory).expect_success();
    }

    /// A container's health as docker knows it: "starting", "healthy", "unhealthy".
    #[track_caller]
    pub(crate) fn health(&self, container: &str) -> String {
        let format = "--format={{.State.Health.Status}}";
        self.docker(&["inspect", format, container]).expect_success().trim().to_string()
    }

    /// What the last health check printed, as `docker inspect` shows it.
    #[track_caller]
    pub(crate) fn health_output(&self, container: &str) -> String {
        let format = "--format={{range .State.Health.Log}}{{.Output}}\u{1}{{end}}";
        let outputs = self.docker(&["inspect", format, container]).expect_success();
        let last = outputs.trim_end().trim_end_matches('\u{1}').rsplit('\u{1}').next();
        last.unwrap_or_default().to_string()
    }

    #[track_caller]
    fn run(&self, program: &str, args: &[&str], directory: &Path) -> Output {
        let name = format!("{program} {}", args.join(" "));
        command::run(self.client(program, args, directory), &name, b"", RUN_LIMIT)
    }

    fn client(&self, program: &str, args: &[&str], directory: &Path) -> Command {
        let dir = self.keeper.dir();
        let mut command = Command::new(program);
        command
            .args(args)
            .current_dir(directory)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("LANG", "C.UTF-8")
            .env("HOME", dir)
            .env("DOCKER_HOST", format!("unix://{}/docker.sock", dir.display()))
            // The builder inside dockerd 20.10: buildx is not everywhere.
            .env("DOCKER_BUILDKIT", "0");
        command
    }

    #[track_caller]
    fn wait_until_up(&self) {
        let up = wait::poll(START_LIMIT, || {
            assert!(!self.keeper.ended(), "dockerd did not start\n{}", self.keeper.last_words("dockerd.log"));
            self.docker(&["version"]).success().then_some(())
        });
        if up.is_none() {
            let words = self.keeper.last_words("dockerd.log");
            panic!("dockerd did not answer after {START_LIMIT:?}\n{words}");
        }
    }
}

/// An empty configuration, since dockerd would read the host's otherwise.
fn write_configuration(dir: &Path) {
    fs::write(dir.join("daemon.json"), "{}\n").expect("the temporary directory takes a file");
}

#[track_caller]
fn require(program: &str) {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|directory| directory.join(program).is_file());
    assert!(found, "{program} is missing: run scripts/install-test-deps");
}

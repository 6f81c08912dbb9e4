//! What the tests of `openim-logs` share: a deployment's log directory and lines as OpenIM's logger writes them.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on should say where")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use assert_cmd::Command;

/// A line of the console form of v3.8.3-patch.16: level, service, message, JSON of the keys.
pub(crate) fn zap(time: &str, level: &str, service: &str, message: &str, keys: &str) -> String {
    let colour = match level {
        "DEBUG" => 37,
        "INFO" => 34,
        "WARN" => 33,
        _ => 31,
    };
    let keys = if keys.is_empty() { String::new() } else { format!("\t{keys}") };
    format!(
        "{time}\t\x1b[{colour}m{level}\x1b[0m\t\x1b[{colour}m{:<15}\x1b[0m\t\x1b[{colour}m{service:<25}\x1b[0m\t{:<30}\t{:<50}\t{message:<50}{keys}\n",
        "[PID:512]", "[v3.8.3-patch.16]", "[api/router.go:42]"
    )
}

/// The same in two lines, as v3.8.3 to v3.8.3-patch.5 write it.
pub(crate) fn split_zap(time: &str, level: &str, service: &str, message: &str, keys: &str) -> String {
    zap(time, level, service, message, keys)
        .replace("[v3.8.3-patch.16]             ", "[v3.8.3\n]                     ")
}

/// A deployment with nothing but `config/log.yml` and its log directory.
pub(crate) struct Deployment {
    root: tempfile::TempDir,
}

impl Deployment {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("config")).unwrap();
        std::fs::create_dir_all(root.path().join("_output/logs")).unwrap();
        let log = "storageLocation: ../../../../logs/\nrotationTime: 24\nisStdout: false\n";
        std::fs::write(root.path().join("config/log.yml"), log).unwrap();
        Self { root }
    }

    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    pub(crate) fn log(&self, stamp: &str) -> PathBuf {
        self.root().join(format!("_output/logs/openim-service-log.{stamp}"))
    }

    pub(crate) fn write(&self, stamp: &str, lines: &[String]) {
        std::fs::write(self.log(stamp), lines.concat()).unwrap();
    }

    pub(crate) fn append(&self, stamp: &str, text: &str) {
        use std::io::Write as _;
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(self.log(stamp)).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    /// `openim-logs --source files` on it.
    pub(crate) fn logs(&self) -> Command {
        let mut command = openim_logs();
        command.args(["--source", "files", "--root"]).arg(self.root());
        command
    }
}

/// The command in an environment of which nothing is inherited.
pub(crate) fn openim_logs() -> Command {
    Command::from_std(openim_logs_std())
}

pub(crate) fn openim_logs_std() -> std::process::Command {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_openim-logs"));
    command.env_clear().env("TZ", "UTC").current_dir("/");
    command
}

/// Standard output, standard error and exit code.
pub(crate) fn run(command: &mut Command) -> (String, String, i32) {
    let output = command.output().unwrap();
    (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
        output.status.code().unwrap(),
    )
}

/// Polls until something is there.
#[track_caller]
pub(crate) fn wait_until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begin.elapsed() < Duration::from_secs(10), "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A program that runs until the test is over; its output lines arrive as they are written.
pub(crate) struct Running {
    child: std::process::Child,
    lines: std::sync::mpsc::Receiver<String>,
}

impl Running {
    pub(crate) fn start(mut command: std::process::Command) -> Self {
        use std::io::BufRead as _;
        let mut child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let (sender, lines) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            for line in std::io::BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, lines }
    }

    /// Starts a program whose standard output nobody reads.
    pub(crate) fn unread(mut command: std::process::Command) -> Self {
        let mut child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        Self { child, lines: std::sync::mpsc::channel().1 }
    }

    pub(crate) fn stdin(&mut self) -> std::process::ChildStdin {
        self.child.stdin.take().unwrap()
    }

    #[track_caller]
    pub(crate) fn line(&self) -> String {
        self.lines.recv_timeout(Duration::from_secs(10)).unwrap()
    }

    /// Whether nothing arrives for a while, long enough for a follower to look again several times.
    pub(crate) fn stays_silent(&self) -> bool {
        self.lines.recv_timeout(Duration::from_millis(150)).is_err()
    }

    #[track_caller]
    pub(crate) fn exit_code(&mut self) -> i32 {
        wait_until("the program ends", || self.child.try_wait().unwrap()).code().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A recording, unpacked.
pub(crate) fn unpack(path: &Path) -> Vec<u8> {
    zstd::decode_all(std::fs::File::open(path).unwrap()).unwrap()
}

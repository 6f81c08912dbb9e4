//! A real server as a child process in a directory of its own, on a free port; ended when dropped. What it printed
//! last is shown with the test that fails while it runs.

use std::fs::File;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use openim_sandbox::free_port;

/// No server of these tests takes longer to come up, on a machine that builds something else as well.
const PATIENCE: Duration = Duration::from_mins(1);

/// The file below a server's directory that has what it printed.
const OUTPUT: &str = "output";

pub(crate) struct Server {
    child: Child,
    dir: tempfile::TempDir,
    pub(crate) port: u16,
}

impl Server {
    /// Starts a program that `command` makes of its directory and port, and waits until the port is open.
    pub(crate) fn start(program: &str, command: impl Fn(&mut Command, &Path, u16)) -> Self {
        Self::start_on(program, free_port(), command)
    }

    /// The same on this port.
    pub(crate) fn start_on(program: &str, port: u16, command: impl Fn(&mut Command, &Path, u16)) -> Self {
        let mut server = Self::launch_on(program, port, command);
        wait_until("the port is open", || {
            assert_eq!(server.child.try_wait().unwrap(), None, "{program} has ended before it listened");
            TcpStream::connect(("127.0.0.1", port)).ok()
        });
        server
    }

    /// Starts a program on this port, which it may never open.
    pub(crate) fn launch_on(program: &str, port: u16, command: impl Fn(&mut Command, &Path, u16)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut prepared = Command::new(program);
        prepared.current_dir(dir.path());
        command(&mut prepared, dir.path(), port);
        let output = File::create(dir.path().join(OUTPUT)).unwrap();
        prepared.stdout(output.try_clone().unwrap()).stderr(output);
        let child = prepared.stdin(Stdio::null()).spawn();
        let child = child.unwrap_or_else(|error| panic!("{program}: {error}; run scripts/install-test-deps"));
        Self { child, dir, port }
    }

    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Shows how it was, for the reader of a failed test.
    #[allow(clippy::print_stderr, reason = "a failed test is shown with it")]
    fn tell(&self, ended: Option<ExitStatus>) {
        let state = ended.map_or_else(|| "runs".to_owned(), |status| format!("has ended ({status})"));
        let printed = std::fs::read(self.dir.path().join(OUTPUT)).unwrap_or_default();
        let printed = String::from_utf8_lossy(&printed);
        let last: Vec<&str> = printed.lines().rev().take(20).collect();
        eprintln!("the server on port {} {state}; its last lines:", self.port);
        last.iter().rev().for_each(|line| eprintln!("  {line}"));
    }

    /// Sends a signal (`STOP`, `CONT`) to the process.
    pub(crate) fn signal(&self, signal: &str) {
        let status = Command::new("kill").args(["-s", signal, &self.child.id().to_string()]).status();
        assert!(status.unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let ended = self.child.try_wait();
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            self.tell(ended.ok().flatten());
        }
    }
}

/// Polls until something is there.
#[track_caller]
pub(crate) fn wait_until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begin.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

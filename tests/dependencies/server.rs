//! A real server as a child process in a directory of its own, on a free port; ended when dropped.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// No server of these tests takes longer to come up, on a machine that builds something else as well.
const PATIENCE: Duration = Duration::from_mins(1);

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
        let server = Self::launch_on(program, port, command);
        wait_until("the port is open", || TcpStream::connect(("127.0.0.1", server.port)).ok());
        server
    }

    /// Starts a program on this port, which it may never open.
    pub(crate) fn launch_on(program: &str, port: u16, command: impl Fn(&mut Command, &Path, u16)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut prepared = Command::new(program);
        prepared.current_dir(dir.path());
        command(&mut prepared, dir.path(), port);
        let child = prepared.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let child = child.unwrap_or_else(|error| panic!("{program}: {error}; run scripts/install-test-deps"));
        Self { child, dir, port }
    }

    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Sends a signal (`STOP`, `CONT`) to the process.
    pub(crate) fn signal(&self, signal: &str) {
        let status = Command::new("kill").args(["-s", signal, &self.child.id().to_string()]).status();
        assert!(status.unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that nobody listens on at the moment.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
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

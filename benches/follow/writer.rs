//! What writes to the journal that is followed: a real journald where one can be booted, else systemd-journal-remote.

#[allow(dead_code, clippy::panic, reason = "the helpers are shared with tests")]
#[path = "../../tests/support/command.rs"]
mod command;
#[allow(dead_code, clippy::panic, reason = "the helpers are shared with tests")]
#[path = "../../tests/support/keeper.rs"]
mod keeper;
#[allow(dead_code, clippy::panic, reason = "the helpers are shared with tests")]
#[path = "../../tests/support/machine.rs"]
mod machine;
#[allow(dead_code, clippy::panic, reason = "the helpers are shared with tests")]
#[path = "../../tests/support/wait.rs"]
mod wait;

use std::io::Write as _;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::super::journal::{BOOT, WRITER};
use machine::Machine;

const OURS: &str = "/usr/local/bin/openim-logs";
const LIMIT: Duration = Duration::from_secs(5);
/// Where a file's head counts its entries.
const ENTRIES: usize = 152;
const IDENTIFIER: &str = "follow";

pub(crate) enum Writer {
    Journald { machine: Machine, socket: UnixDatagram },
    Remote { directory: tempfile::TempDir, child: Child },
}

impl Writer {
    pub(crate) fn start() -> Result<Self, String> {
        if can_boot() {
            return Ok(Self::journald());
        }
        let missing = |error| format!("{WRITER} does not start ({error}), and no machine can be booted");
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("live.journal");
        let words = [Path::new("-o"), &file, Path::new("-")];
        let child = Command::new(WRITER).args(words).stdin(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut writer = Self::Remote { directory, child: child.map_err(missing)? };
        // Who follows a directory follows the last boot in it.
        writer.write("a first line");
        let has_it =
            || std::fs::read(&file).is_ok_and(|bytes| bytes.get(ENTRIES).is_some_and(|&count| count > 0));
        wait::until("the first line", LIMIT, has_it);
        Ok(writer)
    }

    /// The socket is that of the machine, seen from outside.
    fn journald() -> Self {
        let machine = Machine::boot();
        machine.install(env!("CARGO_BIN_EXE_openim-logs"), OURS);
        let path = format!("/proc/{}/root/run/systemd/journal/socket", machine.leader());
        let socket = UnixDatagram::unbound().and_then(|socket| socket.connect(path).map(|()| socket));
        Self::Journald { machine, socket: socket.expect("journald listens") }
    }

    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Journald { .. } => "a real journald",
            Self::Remote { .. } => "systemd-journal-remote",
        }
    }

    /// The command that follows it.
    pub(crate) fn follow(&self, program: &str) -> Command {
        let is_ours = program == env!("CARGO_BIN_EXE_openim-logs");
        let face = if is_ours { &["journal"][..] } else { &[] };
        let words = ["-f", "-n", "0", "-o", "cat", "-t", IDENTIFIER];
        match self {
            Self::Journald { machine, .. } => {
                let mut command = Command::new("nsenter");
                command.args(["--target", &machine.leader().to_string(), "--all"]);
                command.arg(if is_ours { OURS } else { program }).args(face).args(words);
                command
            }
            Self::Remote { directory, .. } => {
                let mut command = Command::new(program);
                command.args(face).args(words).arg("-D").arg(directory.path());
                command
            }
        }
    }

    /// Hands a line over.
    pub(crate) fn write(&mut self, line: &str) {
        let fields = format!("MESSAGE={line}\nSYSLOG_IDENTIFIER={IDENTIFIER}\nPRIORITY=6\n");
        match self {
            Self::Journald { socket, .. } => {
                socket.send(fields.as_bytes()).expect("journald listens");
            }
            Self::Remote { child, .. } => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970").as_micros();
                let stdin = child.stdin.as_mut().expect("it is piped");
                write!(
                    stdin,
                    "__REALTIME_TIMESTAMP={now}\n__MONOTONIC_TIMESTAMP={now}\n_BOOT_ID={BOOT}\n{fields}\n"
                )
                .and_then(|()| stdin.flush())
                .expect("the writer lives");
            }
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if let Self::Remote { child, .. } = self {
            drop(child.stdin.take());
            let _ = child.wait();
        }
    }
}

/// Whether the system suite's machine is there, and may be booted.
fn can_boot() -> bool {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/system-root");
    let has_root = Command::new(script).arg("--path").output().is_ok_and(|output| output.status.success());
    has_root && rustix::process::getuid().is_root() && Path::new("/usr/bin/systemd-nspawn").exists()
}

//! A real Debian with systemd and journald as process 1, booted for one test.
//!
//! ```ignore
//! let machine = Machine::boot();
//! machine.install(env!("CARGO_BIN_EXE_openim-check"), "/usr/local/bin/openim-check");
//! let output = machine.run("openim-check all");
//! ```
//!
//! It starts from the root that `scripts/system-root` made and never changes it: each machine
//! writes into a layer of its own, with its own journal, processes and network (loopback only).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::command::{self, Output, Stream};
use super::keeper::{self, Keeper};
use super::wait;

const SCRIPT: &str = include_str!("machine.sh");
const BOOT_LIMIT: Duration = Duration::from_mins(1);
const RUN_LIMIT: Duration = Duration::from_secs(30);

/// All that a command inside sees of the environment, so that the developer's cannot leak in.
const ENVIRONMENT: [(&str, &str); 5] = [
    ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
    ("HOME", "/root"),
    ("TERM", "dumb"),
    ("LANG", "C.UTF-8"),
    ("SYSTEMD_PAGER", ""),
];

pub(crate) struct Machine {
    keeper: Keeper,
    leader: u32,
}

impl Machine {
    /// Boots and waits until systemd has started everything.
    #[track_caller]
    pub(crate) fn boot() -> Machine {
        keeper::require_root();
        let root = cached_root();
        let keeper = Keeper::start("machine", "", SCRIPT, &[&root], |_| {});
        let leader = wait_for_leader(&keeper, None);
        let machine = Machine { keeper, leader };
        machine.wait_until_booted();
        machine
    }

    /// Boots again: the same files, a new boot ID, other processes.
    #[track_caller]
    pub(crate) fn reboot(&mut self) {
        let old = self.leader;
        // The command's own end is not awaited: the machine takes it along.
        let _rebooting = self.spawn("systemctl reboot");
        self.leader = wait_for_leader(&self.keeper, Some(old));
        self.wait_until_booted();
    }

    /// Runs a shell command as root inside, to its end; panics when it takes over 30 s.
    ///
    /// It belongs to no unit; use `systemd-run --pipe --wait` where that matters.
    #[track_caller]
    pub(crate) fn run(&self, script: &str) -> Output {
        self.run_within(RUN_LIMIT, script)
    }

    #[track_caller]
    pub(crate) fn run_within(&self, limit: Duration, script: &str) -> Output {
        command::run(self.shell(script), script, b"", limit)
    }

    /// Runs a shell command with `input` as its standard input.
    #[track_caller]
    pub(crate) fn run_with_input(&self, script: &str, input: &[u8]) -> Output {
        command::run(self.shell(script), script, input, RUN_LIMIT)
    }

    /// Starts a shell command whose lines can be waited for, as `journalctl -f`.
    #[track_caller]
    pub(crate) fn spawn(&self, script: &str) -> Stream {
        Stream::start(self.shell(script), script)
    }

    /// Writes a file with its directories; `mode` as in chmod, 0o755.
    #[track_caller]
    pub(crate) fn write_file(&self, path: &str, bytes: impl AsRef<[u8]>, mode: u32) {
        // Written from inside: an absolute symlink would lead outside otherwise. Renamed at the
        // end, since a program that is running cannot be written to.
        let script = format!(
            "mkdir -p \"$(dirname '{path}')\" && cat >'{path}.new' && chmod {mode:o} '{path}.new' && mv '{path}.new' '{path}'"
        );
        self.run_with_input(&script, bytes.as_ref()).expect_success();
    }

    #[track_caller]
    pub(crate) fn read_file(&self, path: &str) -> String {
        self.run(&format!("cat '{path}'")).expect_success()
    }

    /// Copies a file of the host into the machine, with its permissions.
    #[track_caller]
    pub(crate) fn install(&self, host: impl AsRef<Path>, guest: &str) {
        use std::os::unix::fs::PermissionsExt;
        let host = host.as_ref();
        let read = || Ok::<_, std::io::Error>((fs::read(host)?, fs::metadata(host)?));
        let (bytes, metadata) =
            read().unwrap_or_else(|error| panic!("cannot read {}: {error}", host.display()));
        self.write_file(guest, bytes, metadata.permissions().mode() & 0o7777);
    }

    /// Copies a directory of the host into the machine; hard links stay hard links.
    #[track_caller]
    pub(crate) fn install_tree(&self, host: impl AsRef<Path>, guest: &str) {
        let host = host.as_ref();
        let archive = Command::new("tar").arg("-C").arg(host).args(["-cf", "-", "."]).output();
        let archive = archive.expect("tar is there");
        assert!(archive.status.success(), "{}", String::from_utf8_lossy(&archive.stderr));
        let script = format!("mkdir -p '{guest}' && tar -C '{guest}' --no-same-owner -xf -");
        self.run_with_input(&script, &archive.stdout).expect_success();
    }

    /// Writes a unit file and has systemd read it; `name` with its suffix.
    #[track_caller]
    pub(crate) fn install_unit(&self, name: &str, text: &str) {
        self.write_file(&format!("/etc/systemd/system/{name}"), text, 0o644);
        self.run("systemctl daemon-reload").expect_success();
    }

    /// Gives the machine a private address, as `OpenIM` registers the first one it finds.
    #[track_caller]
    pub(crate) fn add_private_address(&self, address: &str) {
        // Where the kernel has no dummy device, a bridge without ports does the same.
        let script = format!(
            "{{ ip link add openim0 type dummy || ip link add openim0 type bridge; }} 2>/dev/null
             ip address add {address} dev openim0 && ip link set openim0 up && ip link set lo up"
        );
        self.run(&script).expect_success();
    }

    /// The host's number of the machine's process 1, for reading its /proc from outside.
    pub(crate) fn leader(&self) -> u32 {
        self.leader
    }

    fn shell(&self, script: &str) -> Command {
        let mut command = Command::new("nsenter");
        command
            .args(["--target", &self.leader.to_string(), "--all"])
            // A shell that runs tests in the background has them ignore Ctrl-C, nohup the end of a terminal.
            .args(["env", "--default-signal=INT,QUIT,HUP"])
            // Unlike dash, bash becomes a simple command, which then gets the signals itself.
            .args(["bash", "-c", script])
            .current_dir("/")
            .env_clear()
            .envs(ENVIRONMENT);
        command
    }

    #[track_caller]
    fn wait_until_booted(&self) {
        let booted = wait::poll(BOOT_LIMIT, || {
            let state = self.run("systemctl is-system-running 2>/dev/null").stdout;
            // "degraded" is up as well, with a unit that failed: the test may be about that.
            matches!(state.trim(), "running" | "degraded").then_some(())
        });
        assert!(booted.is_some(), "not up after {BOOT_LIMIT:?}\n{}", self.keeper.last_words("console.log"));
    }
}

/// Where `scripts/system-root` keeps its work; the script alone knows.
#[track_caller]
fn cached_root() -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/system-root");
    let output = Command::new(&script)
        .arg("--path")
        .output()
        .unwrap_or_else(|error| panic!("cannot run {}: {error}", script.display()));
    let root = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    assert!(
        output.status.success() && root.is_dir(),
        "there is no root to boot at {}: run scripts/install-test-deps, then scripts/system-root",
        root.display()
    );
    assert!(
        Path::new("/usr/bin/systemd-nspawn").exists(),
        "systemd-nspawn is missing: run scripts/install-test-deps"
    );
    root
}

/// The machine's systemd puts itself into `init.scope`, where the host can read its number.
#[track_caller]
fn wait_for_leader(keeper: &Keeper, old: Option<u32>) -> u32 {
    let found = wait::poll(BOOT_LIMIT, || {
        assert!(!keeper.ended(), "it did not boot\n{}", keeper.last_words("console.log"));
        ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"].iter().find_map(|hierarchy| {
            let group = format!("{hierarchy}/{}/payload/init.scope/cgroup.procs", keeper.name());
            let first = fs::read_to_string(group).ok()?.lines().next()?.parse().ok()?;
            (Some(first) != old).then_some(first)
        })
    });
    found.unwrap_or_else(|| panic!("it did not boot\n{}", keeper.last_words("console.log")))
}

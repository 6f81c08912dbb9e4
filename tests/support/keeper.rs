//! Owns a private world (a machine, a dockerd) and sees that nothing of it outlives the test.
//!
//! The work is done by `keeper.sh`, which lives until its standard input closes: by dropping the
//! [`Keeper`], or by the kernel when the test process dies in whatever way.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

const KEEPER: &str = include_str!("keeper.sh");

pub(crate) struct Keeper {
    child: Child,
    name: String,
    dir: PathBuf,
}

impl Keeper {
    /// Runs `script` in new mount and PID namespaces and in those of `namespaces` (options of
    /// unshare), with NAME as `$0`, a fresh directory as `$1`, and then `args`. `prepare` fills the
    /// directory first.
    #[track_caller]
    pub(crate) fn start(
        kind: &str,
        namespaces: &str,
        script: &str,
        args: &[&Path],
        prepare: impl FnOnce(&Path),
    ) -> Keeper {
        let name = unique_name(kind);
        let dir = std::env::temp_dir().join(&name);
        fs::create_dir(&dir).unwrap_or_else(|error| panic!("cannot make {}: {error}", dir.display()));
        prepare(&dir);
        let child = Command::new("bash")
            .args(["-c", KEEPER, "keeper", &name])
            .arg(&dir)
            .args([namespaces, script])
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C in the terminal reaches the test, and the keeper has to outlive it.
            .process_group(0)
            .spawn()
            .expect("bash starts the keeper");
        Keeper { child, name, dir }
    }

    /// The name of its control groups.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// What it writes, gone when the keeper is dropped.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Whether the world has ended by itself.
    pub(crate) fn ended(&self) -> bool {
        self.dir.join("ended").exists()
    }

    /// The end of a log in its directory and of the keeper's own, for the message of a panic.
    pub(crate) fn last_words(&self, log: &str) -> String {
        let mut words = String::new();
        for log in [log, "keeper.log"] {
            let bytes = fs::read(self.dir.join(log)).unwrap_or_default();
            let text = String::from_utf8_lossy(&bytes);
            let lines: Vec<&str> = text.lines().collect();
            let last = &lines[lines.len().saturating_sub(30)..];
            words.extend(["--- the end of ", log, "\n", &last.join("\n"), "\n"]);
        }
        words
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // Ends as soon as the kernel has torn the namespaces down, some hundredths of a second.
        let _ = self.child.wait();
    }
}

/// Names are unique on the host, since tests of several processes run side by side.
fn unique_name(kind: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("openim-{kind}-{}-{count}", std::process::id())
}

/// Asked first, since without root the next complaint would lead astray.
#[track_caller]
pub(crate) fn require_root() {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let effective = status.lines().find_map(|line| line.strip_prefix("Uid:")?.split_whitespace().nth(1));
    assert_eq!(effective, Some("0"), "the system suite makes namespaces and mounts, so it needs root");
}

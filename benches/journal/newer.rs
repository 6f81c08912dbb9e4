//! Root file systems with a newer systemd: `OPENIM_NEWER_ROOTS` names them, divided by colons, as the equality tests
//! take them.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A root file system.
#[derive(Clone, Debug)]
pub(crate) struct Root(PathBuf);

impl Root {
    /// Where a directory of ours is in the root.
    pub(crate) const PLACE: &str = "/mnt";

    /// All that are named.
    pub(crate) fn all() -> Vec<Self> {
        let roots = std::env::var_os("OPENIM_NEWER_ROOTS").unwrap_or_default();
        std::env::split_paths(&roots).filter(|root| root.is_dir()).map(Self).collect()
    }

    /// `257`
    pub(crate) fn version(&self) -> String {
        let output = Command::new("chroot").arg(&self.0).args(["journalctl", "--version"]).output();
        let output = output.expect("chroot starts").stdout;
        let text = String::from_utf8_lossy(&output);
        text.split_whitespace().nth(1).unwrap_or("of an unknown version").to_owned()
    }

    /// The words that run a program of the root, which sees `directory` as [`Root::PLACE`].
    pub(crate) fn words(&self, directory: &Path, program: &[&str]) -> Vec<String> {
        // Without /proc a newer systemd cannot open what it has found.
        let script =
            r#"mount --bind "$1" "$0$2" && mount -t proc proc "$0/proc" && shift 2 && exec chroot "$0" "$@""#;
        let before = ["unshare", "--mount", "sh", "-c", script].map(str::to_owned);
        let places = [self.0.display().to_string(), directory.display().to_string(), Self::PLACE.to_owned()];
        before.into_iter().chain(places).chain(program.iter().map(ToString::to_string)).collect()
    }

    /// The root's writer, which packs as it is told, and the file as it sees it.
    pub(super) fn limited_writer(&self, file: u64, directory: &Path, kind: &str) -> (Command, PathBuf) {
        let limited = format!(r#"trap "" XFSZ; ulimit -f {}; exec "$@""#, file * 2048);
        let words = self.words(directory, &["sh", "-c", &limited, "sh", super::WRITER]);
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).env("SYSTEMD_JOURNAL_COMPRESS", kind);
        (command, Path::new(Self::PLACE).join("system.journal"))
    }
}

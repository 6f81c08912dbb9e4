//! The configuration of a deployment of which nothing runs: enough for `openim-check deps`.

use std::path::Path;
use std::process::Command;

/// A directory with `config/`, removed when dropped.
pub(crate) struct Site {
    root: tempfile::TempDir,
}

/// What the command printed, and its exit code.
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) text: String,
}

impl Site {
    /// A deployment of the release line whose configuration names no server yet.
    pub(crate) fn new() -> Self {
        let site = Self { root: tempfile::tempdir().unwrap() };
        std::fs::create_dir(site.root.path().join("config")).unwrap();
        let services = "serviceBinaries:\n  openim-api: 0\n";
        std::fs::write(site.root.path().join("start-config.yml"), services).unwrap();
        site.file("share.yml", "secret: openIM123\nrpcRegisterName:\n  user: user\n")
            .file("discovery.yml", "enable: none\n")
    }

    /// Writes a file of the configuration.
    pub(crate) fn file(self, name: &str, text: &str) -> Self {
        std::fs::write(self.root.path().join("config").join(name), text).unwrap();
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.root.path()
    }

    /// `openim-check TARGET` on it.
    pub(crate) fn check(&self, arguments: &[&str]) -> Said {
        check_root(self.path(), arguments)
    }

    /// The same with variables.
    pub(crate) fn check_with(&self, arguments: &[&str], variables: &[(&str, String)]) -> Said {
        check(self.path(), arguments, variables)
    }
}

/// `openim-check TARGET` on the deployment below this directory.
pub(crate) fn check_root(root: &Path, arguments: &[&str]) -> Said {
    check(root, arguments, &[])
}

fn check(root: &Path, arguments: &[&str], variables: &[(&str, String)]) -> Said {
    let output = Command::new(env!("CARGO_BIN_EXE_openim-check"))
        .arg("--root")
        .arg(root)
        .args(arguments)
        .env_clear()
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .output()
        .unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    Said { code: output.status.code(), text: String::from_utf8(output.stdout).unwrap() }
}

impl Said {
    pub(crate) fn first_line(&self) -> &str {
        self.text.lines().next().unwrap_or_default()
    }

    /// The verdict and sentence of one condition: asserted, and printed as a row of the table.
    #[track_caller]
    #[allow(clippy::print_stdout, reason = "the table is what `make dependencies` prints")]
    pub(crate) fn row(&self, condition: &str, code: i32, sentence: &str) {
        println!("| {condition} | {} |", self.first_line());
        assert!(self.first_line().contains(sentence), "wanted {sentence:?}, got:\n{}", self.text);
        assert_eq!(self.code, Some(code), "{}", self.text);
        assert!(!self.text.contains(SECRET), "a secret is told:\n{}", self.text);
    }
}

/// The password of every login in these tests; no output may hold it.
pub(crate) const SECRET: &str = "canary-7f3a";

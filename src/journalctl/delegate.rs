//! What journalctl itself does: everything that changes the journal, seals it, or is about catalogs, containers and
//! images.

use std::ffi::OsString;
use std::process::Command;

use super::JournalctlError;
use super::args::Args;
use crate::exit::Exit;

const JOURNALCTL: &str = "journalctl";
const ENGINE: &str = "--engine";

/// A call of journalctl.
#[derive(Debug)]
pub(super) struct Delegated {
    what: &'static str,
    words: Vec<OsString>,
}

impl Delegated {
    /// The same words for journalctl, where one of them is its own business.
    pub(super) fn of(args: &Args, words: &[OsString]) -> Option<Self> {
        let what = reason(args)?;
        Some(Self { what, words: without_engine(words.iter().skip(1)) })
    }

    /// Says so, and has journalctl do it.
    pub(super) fn run(&self, quiet: bool, remark: impl FnOnce(&str)) -> Result<Exit, JournalctlError> {
        if !quiet {
            remark(&format!("{} is done by journalctl", self.what));
        }
        let status = Command::new(JOURNALCTL).args(&self.words).status();
        let status = status.map_err(|source| JournalctlError::Delegate { what: self.what, source })?;
        Ok(if status.success() { Exit::Ok } else { Exit::Unhealthy })
    }
}

/// The option is ours, with its value in the same word or in the next.
fn without_engine<'a>(mut words: impl Iterator<Item = &'a OsString>) -> Vec<OsString> {
    let mut left = Vec::new();
    while let Some(word) = words.next() {
        if word == ENGINE {
            words.next();
        } else if !word.to_string_lossy().starts_with("--engine=") {
            left.push(word.clone());
        }
    }
    left
}

fn reason(args: &Args) -> Option<&'static str> {
    let left = &args.left;
    [
        (left.vacuum_size.is_some(), "--vacuum-size"),
        (left.vacuum_files.is_some(), "--vacuum-files"),
        (left.vacuum_time.is_some(), "--vacuum-time"),
        (left.rotate, "--rotate"),
        (left.sync, "--sync"),
        (left.flush, "--flush"),
        (left.relinquish_var, "--relinquish-var"),
        (left.smart_relinquish_var, "--smart-relinquish-var"),
        (left.verify, "--verify"),
        (left.verify_key.is_some(), "--verify-key"),
        (left.setup_keys, "--setup-keys"),
        (left.list_catalog, "--list-catalog"),
        (left.dump_catalog, "--dump-catalog"),
        (left.update_catalog, "--update-catalog"),
        (left.new_id128, "--new-id128"),
        (args.machine.is_some(), "--machine"),
        (args.image.is_some(), "--image"),
    ]
    .into_iter()
    .find_map(|(wanted, name)| wanted.then_some(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn journalctl_is_not_told_of_engines() {
        let words = ["--engine", "native", "--sync", "--engine=libsystemd", "-q"].map(OsString::from);
        assert_eq!(without_engine(words.iter()), ["--sync", "-q"]);
    }
}

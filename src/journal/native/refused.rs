//! Files that are no journals, at least not yet: journald makes a file empty and writes its head a moment later.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long a file may take to become a journal while its directory is followed.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Debug, Default)]
pub(super) struct Refused(HashMap<PathBuf, Refusal>);

#[derive(Debug)]
struct Refusal {
    first: Instant,
    is_told: bool,
}

impl Refused {
    /// Takes note of a file that cannot be read, and whether that is to be told: once, and not at once where the file
    /// may still become one that can.
    pub(super) fn note(&mut self, path: &Path, is_followed: bool) -> bool {
        let refusal = || Refusal { first: Instant::now(), is_told: false };
        let refusal = self.0.entry(path.to_owned()).or_insert_with(refusal);
        let may_become_one = is_followed && refusal.first.elapsed() < PATIENCE;
        let is_due = !refusal.is_told && !may_become_one;
        refusal.is_told |= is_due;
        is_due
    }

    /// It can be read now.
    pub(super) fn forget(&mut self, path: &Path) {
        self.0.remove(path);
    }

    /// Whether one of them is so new that it should be looked at again soon.
    pub(super) fn has_new(&self) -> bool {
        self.0.values().any(|refusal| !refusal.is_told && refusal.first.elapsed() < PATIENCE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_told_once_and_of_a_new_file_not_at_once() {
        let (old, new) = (Path::new("old.journal"), Path::new("new.journal"));
        let mut refused = Refused::default();
        assert!(refused.note(old, false) && !refused.has_new());
        assert!(!refused.note(old, true));
        assert!(!refused.note(new, true) && refused.has_new());
        let refusal = refused.0.get_mut(new).unwrap();
        refusal.first = refusal.first.checked_sub(PATIENCE).unwrap();
        assert!(!refused.has_new());
        assert!(refused.note(new, true));
        refused.forget(old);
        assert!(refused.note(old, false), "it was well in between");
    }
}

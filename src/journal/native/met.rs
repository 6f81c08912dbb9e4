//! What is told once, in the order in which it is met first.

use std::collections::HashMap;

#[derive(Debug, Default)]
pub(super) struct Met(HashMap<Vec<u8>, usize>);

impl Met {
    /// Takes one that may have been met before.
    pub(super) fn take(&mut self, one: &[u8]) {
        if !self.0.contains_key(one) {
            self.0.insert(one.to_vec(), self.0.len());
        }
    }

    pub(super) fn into_vec(self) -> Vec<Vec<u8>> {
        let mut met: Vec<(Vec<u8>, usize)> = self.0.into_iter().collect();
        met.sort_unstable_by_key(|&(_, number)| number);
        met.into_iter().map(|(one, _)| one).collect()
    }
}

//! What was removed before it was read.
//!
//! journald numbers the entries of all its files in one sequence. Who follows has seen every number up to the highest
//! that there was; where the next one that there is does not come right behind it, files with those between have
//! come and gone unseen, as they do while a reader is suspended or is slower than what is written.

use std::collections::HashMap;
use std::rc::Rc;

use super::file::JournalFile;
use crate::journal::entry::Id128;

/// Of each sequence, the number up to which all is accounted for.
#[derive(Debug)]
pub(super) struct Account(HashMap<Id128, u64>);

impl Account {
    /// From what there is on; gaps in that are of long ago.
    pub(super) fn begin(files: &[Rc<JournalFile>]) -> Self {
        let mut account = Self(HashMap::new());
        account.missing(files);
        account
    }

    /// How many numbers there are in no file any more, since this was asked last.
    pub(super) fn missing(&mut self, files: &[Rc<JournalFile>]) -> u64 {
        let mut ranges: Vec<_> = files.iter().filter_map(|file| file.numbers()).collect();
        ranges.sort_unstable();
        ranges.into_iter().map(|(sequence, first, last)| self.pass(sequence, first, last)).sum()
    }

    /// Takes the numbers of a file in, and returns how many lie between them and those before. One sequence's files
    /// come in the order of their first numbers.
    fn pass(&mut self, sequence: Id128, first: u64, last: u64) -> u64 {
        let known = self.0.entry(sequence).or_insert(first.saturating_sub(1));
        let missing = first.saturating_sub(known.saturating_add(1));
        *known = last.max(*known);
        missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_no_file_has_are_counted_once_and_a_sequence_begins_where_its_first_file_does() {
        let (one, other) = (Id128([1; 16]), Id128([2; 16]));
        let mut account = Account(HashMap::new());
        assert_eq!(account.pass(one, 50, 99), 0);
        // A user's journal inside the range of the system's.
        assert_eq!(account.pass(one, 60, 70), 0);
        assert_eq!(account.pass(one, 100, 120), 0);
        assert_eq!(account.pass(one, 151, 160), 30);
        assert_eq!(account.pass(one, 151, 170), 0);
        assert_eq!(account.pass(other, 7, 7), 0);
    }
}

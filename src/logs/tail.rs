//! How much of the end of a source is wanted: the last records that are found, with what surrounds them.

use std::collections::HashMap;

use super::plan::Around;
use super::record::Record;

/// Says something of a record.
pub(super) type Judge<'j> = &'j dyn Fn(&Record<'_>) -> bool;

/// The last `count` records that are found, and so many around each of the same service.
#[derive(Clone, Copy)]
pub(super) struct Tail<'j> {
    pub(super) count: u64,
    pub(super) around: Around,
    pub(super) is_in_scope: Judge<'j>,
    /// Of a record in scope.
    pub(super) is_found: Judge<'j>,
}

impl<'j> Tail<'j> {
    /// Whether a record is one of those that are found.
    pub(super) fn finds(&self, record: &Record<'_>) -> bool {
        (self.is_in_scope)(record) && (self.is_found)(record)
    }

    /// From the newest record on.
    pub(super) fn walk(self) -> Walk<'j> {
        Walk { tail: self, found: 0, owed: HashMap::new() }
    }
}

/// A way back from the end, until there is enough.
pub(super) struct Walk<'j> {
    tail: Tail<'j>,
    found: u64,
    /// How many records of a service are still wanted before one that was found.
    owed: HashMap<String, usize>,
}

impl Walk<'_> {
    pub(super) fn is_over(&self) -> bool {
        self.found >= self.tail.count && self.owed.is_empty()
    }

    /// Whether reading has to begin with this record, or before it.
    pub(super) fn wants(&mut self, record: &Record<'_>) -> bool {
        if !(self.tail.is_in_scope)(record) {
            return false;
        }
        if self.found < self.tail.count && (self.tail.is_found)(record) {
            self.found += 1;
            if self.tail.around.before > 0 {
                self.owed.insert(record.instance_name().into_owned(), self.tail.around.before);
            }
            return true;
        }
        !self.owed.is_empty() && self.pay(&record.instance_name())
    }

    fn pay(&mut self, service: &str) -> bool {
        let Some(owed) = self.owed.get_mut(service) else { return false };
        *owed -= 1;
        if *owed == 0 {
            self.owed.remove(service);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::record::Context;
    use crate::openim::service::Service;

    /// Each word is a record, the newest first: its service, and `!` where it is found. Gives those that are wanted,
    /// up to where the walk is over.
    fn wanted(count: u64, before: usize, words: &str) -> String {
        let is_found = |record: &Record<'_>| record.raw.ends_with(b"!");
        let mut walk =
            Tail { count, around: Around { before, after: 0 }, is_in_scope: &|_| true, is_found: &is_found }
                .walk();
        let mut wanted = Vec::new();
        for word in words.split(' ') {
            if walk.is_over() {
                break;
            }
            let service = if word.starts_with('a') { Service::Api } else { Service::Push };
            let context = Context { service: Some(service), ..Context::default() };
            if walk.wants(&Record::new(word.as_bytes(), context)) {
                wanted.push(word);
            }
        }
        wanted.join(" ")
    }

    #[test]
    fn the_walk_ends_with_the_last_that_is_found() {
        assert_eq!(wanted(2, 0, "p1 a2! a3 p4! a5!"), "a2! p4!");
        assert_eq!(wanted(0, 3, "a1!"), "");
    }

    #[test]
    fn the_walk_goes_on_to_what_was_before_in_the_same_service() {
        assert_eq!(wanted(1, 2, "a1! p2 a3 p4 a5 a6"), "a1! a3 a5");
        assert_eq!(wanted(2, 1, "a1! p2! a3! p4 a5"), "a1! p2! a3! p4");
        assert_eq!(wanted(2, 2, "a1! a2! a3 a4 a5"), "a1! a2! a3 a4");
    }
}

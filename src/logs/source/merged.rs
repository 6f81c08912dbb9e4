//! Several sources as one stream, by time: what the logger wrote to its files, and what systemd said in between.
//!
//! The first record of each source waits until it is the next of all. A source that follows and has nothing new is
//! waited for no longer than a moment, so that a record of it may come a moment late, and then stands where it came.
//!
//! With `isStdout: true` the logger writes each record twice, to its file and to standard output: it is shown once.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::{Duration, Instant};

use super::{Place, Source, Step};
use crate::logs::LogsError;
use crate::logs::record::Record;
use crate::logs::tail::Tail;
use crate::logs::whole::Held;

/// How far the times of a record's two copies can be apart, in microseconds: journald has that of its arrival.
const APART: u64 = 10_000_000;
/// How long a source with nothing new is left alone while another has records.
const MOMENT: Duration = Duration::from_millis(25);

/// Lends the records of several sources in the order of their times.
pub(super) struct Merged<'s> {
    branches: Vec<Branch<'s>>,
    backward: bool,
    /// The record that was given last.
    given: Option<Held>,
    twice: Twice,
    /// When those that follow and have nothing new had been asked last.
    looked: Instant,
}

struct Branch<'s> {
    source: Box<dyn Source + 's>,
    head: Head,
}

/// What a source has next.
#[expect(clippy::large_enum_variant, reason = "there is one for each source, and most hold a record")]
enum Head {
    /// It has not been asked.
    Unknown,
    Record(Held),
    /// It had nothing new when it was asked last.
    Idle,
    End,
}

impl<'s> Merged<'s> {
    pub(super) fn new(sources: Vec<Box<dyn Source + 's>>, backward: bool) -> Self {
        let branches = sources.into_iter().map(|source| Branch { source, head: Head::Unknown }).collect();
        Self { branches, backward, given: None, twice: Twice::default(), looked: Instant::now() }
    }

    /// Sees to it that all sources have been asked what comes next.
    fn ask_all(&mut self) -> Result<(), LogsError> {
        for branch in self.branches.iter_mut().filter(|branch| matches!(branch.head, Head::Unknown)) {
            branch.ask()?;
        }
        let has_records = self.branches.iter().any(|branch| matches!(branch.head, Head::Record(_)));
        if !has_records || self.looked.elapsed() > MOMENT {
            for branch in self.branches.iter_mut().filter(|branch| matches!(branch.head, Head::Idle)) {
                branch.ask()?;
            }
            // To ask all of them may have taken longer than a moment.
            self.looked = Instant::now();
        }
        Ok(())
    }

    /// Takes the record that is the next of all, and says which source it is of. Of equals the first source's.
    fn take_next(&mut self) -> Option<(usize, Held)> {
        let place = |time: u64| if self.backward { u64::MAX - time } else { time };
        let places = self.branches.iter().enumerate().filter_map(|(source, branch)| match &branch.head {
            Head::Record(held) => Some((place(held.time().micros()), source)),
            Head::Unknown | Head::Idle | Head::End => None,
        });
        let (_, source) = places.min()?;
        match std::mem::replace(&mut self.branches[source].head, Head::Unknown) {
            Head::Record(held) => Some((source, held)),
            Head::Unknown | Head::Idle | Head::End => None,
        }
    }
}

/// Records that were given and may come a second time, from another source.
#[derive(Default)]
struct Twice {
    /// Of each text the sources that gave it, and when, as long as its copy may come.
    given: HashMap<u64, VecDeque<(usize, u64)>>,
    /// The texts in the order of their coming, with the time.
    order: VecDeque<(u64, u64)>,
}

impl Twice {
    /// Whether another source has given this record. Each record has one copy at most: a text that one source has twice
    /// was written twice.
    fn is_second(&mut self, source: usize, record: &Record<'_>) -> bool {
        if record.zap().is_none() {
            return false;
        }
        let (text, time) = (digest(record.raw), record.time.micros());
        self.forget(time);
        let given = self.given.entry(text).or_default();
        if let Some(at) = given.iter().position(|(other, _)| *other != source) {
            given.remove(at);
            return true;
        }
        given.push_back((source, time));
        self.order.push_back((text, time));
        false
    }

    /// Forgets what is too far from a time to have its copy there.
    fn forget(&mut self, time: u64) {
        while let Some((text, _)) = self.order.pop_front_if(|(_, given)| given.abs_diff(time) > APART) {
            if let Some(given) = self.given.get_mut(&text) {
                given.retain(|(_, given)| given.abs_diff(time) <= APART);
                if given.is_empty() {
                    self.given.remove(&text);
                }
            }
        }
    }
}

fn digest(text: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

impl Branch<'_> {
    /// Asks the source what comes next.
    fn ask(&mut self) -> Result<(), LogsError> {
        self.head = match self.source.next()? {
            Step::Record(record) => Head::Record(Held::of(&record, Place::Nowhere)),
            Step::Idle => Head::Idle,
            Step::End => Head::End,
        };
        Ok(())
    }
}

impl Source for Merged<'_> {
    fn next(&mut self) -> Result<Step<'_>, LogsError> {
        loop {
            let asked = Instant::now();
            self.ask_all()?;
            match self.take_next() {
                Some((source, held)) if self.twice.is_second(source, &held.lend()) => {}
                Some((_, held)) => return Ok(Step::Record(self.given.insert(held).lend())),
                None if self.branches.iter().all(|branch| matches!(branch.head, Head::End)) => {
                    return Ok(Step::End);
                }
                None => {
                    std::thread::sleep(MOMENT.saturating_sub(asked.elapsed()));
                    return Ok(Step::Idle);
                }
            }
        }
    }

    /// Each source goes to its own last records: the last of all are among them.
    fn seek_tail(&mut self, tail: Tail<'_>) -> Result<(), LogsError> {
        self.branches.iter_mut().try_for_each(|branch| branch.source.seek_tail(tail))
    }

    fn take_remarks(&mut self) -> Vec<String> {
        self.branches.iter_mut().flat_map(|branch| branch.source.take_remarks()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::plan::Around;
    use crate::logs::record::Context;
    use crate::time::Timestamp;

    /// Gives a record for each number, which is its time; 0 means that there is nothing new.
    struct Numbers(VecDeque<u64>);

    impl Source for Numbers {
        fn next(&mut self) -> Result<Step<'_>, LogsError> {
            Ok(match self.0.pop_front() {
                Some(0) => Step::Idle,
                Some(time) => {
                    let time = Timestamp::from_micros(time);
                    Step::Record(Record::new(b"", Context { time, ..Context::default() }))
                }
                None => Step::End,
            })
        }

        fn seek_tail(&mut self, tail: Tail<'_>) -> Result<(), LogsError> {
            let surplus = self.0.len().saturating_sub(usize::try_from(tail.count).unwrap());
            self.0.drain(..surplus);
            Ok(())
        }

        fn take_remarks(&mut self) -> Vec<String> {
            Vec::new()
        }
    }

    fn merged(sources: &[&[u64]], backward: bool) -> Merged<'static> {
        let boxed =
            |numbers: &&[u64]| Box::new(Numbers(numbers.iter().copied().collect())) as Box<dyn Source>;
        Merged::new(sources.iter().map(boxed).collect(), backward)
    }

    fn times(mut merged: Merged<'_>) -> Vec<u64> {
        let mut times = Vec::new();
        loop {
            match merged.next().unwrap() {
                Step::Record(record) => times.push(record.time.micros()),
                Step::Idle => {}
                Step::End => return times,
            }
        }
    }

    #[test]
    fn records_come_in_the_order_of_their_times_in_either_direction() {
        assert_eq!(times(merged(&[&[1, 4, 5], &[2, 3, 6]], false)), [1, 2, 3, 4, 5, 6]);
        assert_eq!(times(merged(&[&[5, 4, 1], &[6, 3, 2]], true)), [6, 5, 4, 3, 2, 1]);
        assert_eq!(times(merged(&[&[], &[2]], false)), [2]);
    }

    #[test]
    fn a_source_with_nothing_new_does_not_hold_the_others() {
        assert_eq!(times(merged(&[&[0, 0, 9], &[2, 3]], false)), [2, 3, 9]);
    }

    #[test]
    fn the_last_of_all_are_among_the_last_of_each() {
        let mut both = merged(&[&[1, 2, 3], &[4, 5, 6]], false);
        both.seek_tail(Tail {
            count: 2,
            around: Around::default(),
            is_in_scope: &|_| true,
            is_found: &|_| true,
        })
        .unwrap();
        assert_eq!(times(both), [2, 3, 5, 6]);
    }

    #[test]
    fn a_record_of_two_sources_is_given_once_and_one_that_was_written_twice_is_given_twice() {
        let text = b"2026-11-23 19:55:00.135\tINFO\t[PID:9833]     \topenim-api               \t[v3.8.3]             \t[a.go:43]\tx\t{}";
        let record = |micros| {
            let time = Timestamp::from_micros(micros);
            Record::new(text, Context { time, ..Context::default() })
        };
        let mut twice = Twice::default();
        let seen: Vec<bool> = [(0, 1), (0, 2), (1, 3), (1, 4), (1, 5), (0, 6 + APART), (1, 7 + APART)]
            .into_iter()
            .map(|(source, micros)| twice.is_second(source, &record(micros)))
            .collect();
        assert_eq!(seen, [false, false, true, true, false, false, true]);
        assert_eq!(twice.given.values().map(VecDeque::len).sum::<usize>(), 0);
    }
}

//! Several sources as one stream, by time: what the logger wrote to its files, and what systemd said in between.
//!
//! The first record of each source waits until it is the next of all. A source that follows and has nothing new is
//! waited for no longer than a moment, so that a record of it may come a moment late, and then stands where it came.
//!
//! With `isStdout: true` the logger writes each record twice, to its file and to standard output: it is shown once, as
//! the journal has it, for journald noted the instance and the microsecond. That copy comes later, as a rule: before a
//! record of a file is given, the journal is read on until its copy could not come any more.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::{Duration, Instant, SystemTime};

use super::{Place, Source, Step};
use crate::logs::LogsError;
use crate::logs::record::Record;
use crate::logs::tail::Tail;
use crate::logs::whole::Held;
use crate::time::Timestamp;

/// How far the times of a record's two copies can be apart, in microseconds: journald has that of its arrival.
const APART: u64 = 10_000_000;
/// How long a source with nothing new is left alone while another has records.
const MOMENT: Duration = Duration::from_millis(25);
/// How long after a record was written, in microseconds, its copy in a journal that is followed is waited for.
const PATIENCE: u64 = 100_000;
/// So many records are read on for a copy at most.
const MOST_AHEAD: usize = 20_000;

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
    state: State,
    /// What has been read and not given.
    ahead: VecDeque<Next>,
    /// How many of these are of the journal and may have a copy elsewhere, of each text.
    copies: HashMap<u64, usize>,
    /// It has given entries of the journal.
    is_journal: bool,
}

/// What a source said when it was asked last.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// It may have more.
    Open,
    /// It had nothing new.
    Idle,
    End,
}

/// A record that is read and not given.
struct Next {
    held: Held,
    /// The digest of its text, if the logger wrote it: then it may have a copy, unless that has come already.
    text: Option<u64>,
    is_of_journal: bool,
}

/// What is known of the copy of a record in the journal.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Copy {
    /// It is there, and counts from now on as the one that is given.
    Claimed,
    /// It may come, for it was written just now.
    Awaited,
    None,
}

impl<'s> Merged<'s> {
    pub(super) fn new(sources: Vec<Box<dyn Source + 's>>, backward: bool) -> Self {
        let branches = sources.into_iter().map(Branch::new).collect();
        Self { branches, backward, given: None, twice: Twice::default(), looked: Instant::now() }
    }

    /// Sees to it that all sources have been asked what comes next.
    fn ask_all(&mut self) -> Result<(), LogsError> {
        let lacks = |branch: &&mut Branch<'_>| branch.ahead.is_empty() && branch.state == State::Open;
        for branch in self.branches.iter_mut().filter(lacks) {
            branch.ask()?;
        }
        let has_records = self.branches.iter().any(|branch| !branch.ahead.is_empty());
        if !has_records || self.looked.elapsed() > MOMENT {
            for branch in self.branches.iter_mut().filter(|branch| branch.state == State::Idle) {
                branch.ask()?;
            }
            // To ask all of them may have taken longer than a moment.
            self.looked = Instant::now();
        }
        Ok(())
    }

    /// Takes the record that is the next of all, and says which source it is of. Of equals the first source's.
    fn take_next(&mut self) -> Option<(usize, Next)> {
        let ranks = self.branches.iter().enumerate().filter_map(|(source, branch)| {
            Some((rank(branch.ahead.front()?.held.time(), self.backward), source))
        });
        let (_, source) = ranks.min()?;
        Some((source, self.branches.get_mut(source)?.take()?))
    }

    /// Looks for the copy of a file's record in the journal.
    fn claim_copy(&mut self, next: &Next) -> Result<Copy, LogsError> {
        let (Some(text), false) = (next.text, next.is_of_journal) else { return Ok(Copy::None) };
        let mut copy = Copy::None;
        for branch in self.branches.iter_mut().filter(|branch| branch.is_journal) {
            match branch.claim_copy(text, next.held.time(), self.backward)? {
                Copy::Claimed => return Ok(Copy::Claimed),
                Copy::Awaited => copy = Copy::Awaited,
                Copy::None => {}
            }
        }
        Ok(copy)
    }
}

/// Where a time stands on the way through the sources.
const fn rank(time: Timestamp, backward: bool) -> u64 {
    if backward { u64::MAX - time.micros() } else { time.micros() }
}

/// Whether a record was written just now.
fn is_fresh(time: Timestamp) -> bool {
    let now = Timestamp::of(SystemTime::now()).unwrap_or_default();
    now.micros().checked_sub(time.micros()).is_some_and(|age| age < PATIENCE)
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
    fn is_second(&mut self, source: usize, next: &Next) -> bool {
        let Some(text) = next.text else { return false };
        self.forget(next.held.time().micros());
        let Some(given) = self.given.get_mut(&text) else { return false };
        let other = given.iter().position(|(other, _)| *other != source);
        other.is_some_and(|at| given.remove(at).is_some())
    }

    /// Notes that a source has given this record.
    fn note(&mut self, source: usize, next: &Next) {
        let Some(text) = next.text else { return };
        let time = next.held.time().micros();
        self.given.entry(text).or_default().push_back((source, time));
        self.order.push_back((text, time));
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

impl Next {
    fn of(record: &Record<'_>) -> Self {
        Self {
            held: Held::of(record, Place::Nowhere),
            text: record.zap().map(|_| digest(record.raw)),
            is_of_journal: record.entry.is_some(),
        }
    }
}

impl<'s> Branch<'s> {
    fn new(source: Box<dyn Source + 's>) -> Self {
        let (ahead, copies) = (VecDeque::new(), HashMap::new());
        Self { source, state: State::Open, ahead, copies, is_journal: false }
    }

    /// Asks the source what comes next.
    fn ask(&mut self) -> Result<(), LogsError> {
        let next = match self.source.next()? {
            Step::Record(record) => Next::of(&record),
            Step::Idle => {
                self.state = State::Idle;
                return Ok(());
            }
            Step::End => {
                self.state = State::End;
                return Ok(());
            }
        };
        self.state = State::Open;
        self.is_journal |= next.is_of_journal;
        if let Some(text) = next.text.filter(|_| next.is_of_journal) {
            *self.copies.entry(text).or_default() += 1;
        }
        self.ahead.push_back(next);
        Ok(())
    }

    /// Takes the first record.
    fn take(&mut self) -> Option<Next> {
        let next = self.ahead.pop_front()?;
        if let Some(text) = next.text.filter(|_| next.is_of_journal) {
            self.forget(text);
        }
        Some(next)
    }

    /// Reads on until there is the copy of a record, or none can come any more.
    fn claim_copy(&mut self, text: u64, time: Timestamp, backward: bool) -> Result<Copy, LogsError> {
        let last = rank(time, backward).saturating_add(APART);
        while !self.claim(text, time) {
            let is_past = self.ahead.back().is_some_and(|next| rank(next.held.time(), backward) > last);
            if is_past || self.ahead.len() >= MOST_AHEAD {
                return Ok(Copy::None);
            }
            match self.state {
                State::Open => self.ask()?,
                State::Idle if is_fresh(time) => return Ok(Copy::Awaited),
                State::Idle | State::End => return Ok(Copy::None),
            }
        }
        Ok(Copy::Claimed)
    }

    /// Claims the copy of a record, if it has been read: it has no other one.
    fn claim(&mut self, text: u64, time: Timestamp) -> bool {
        if !self.copies.contains_key(&text) {
            return false;
        }
        let is_copy = |next: &&mut Next| {
            next.text == Some(text) && next.held.time().micros().abs_diff(time.micros()) <= APART
        };
        let Some(copy) = self.ahead.iter_mut().find(is_copy) else { return false };
        copy.text = None;
        self.forget(text);
        true
    }

    fn forget(&mut self, text: u64) {
        if let Some(count) = self.copies.get_mut(&text) {
            *count -= 1;
            if *count == 0 {
                self.copies.remove(&text);
            }
        }
    }
}

impl Source for Merged<'_> {
    fn next(&mut self) -> Result<Step<'_>, LogsError> {
        loop {
            let asked = Instant::now();
            self.ask_all()?;
            let Some((source, next)) = self.take_next() else {
                if self.branches.iter().all(|branch| branch.state == State::End) {
                    return Ok(Step::End);
                }
                std::thread::sleep(MOMENT.saturating_sub(asked.elapsed()));
                return Ok(Step::Idle);
            };
            if self.twice.is_second(source, &next) {
                continue;
            }
            match self.claim_copy(&next)? {
                Copy::Claimed => {}
                Copy::Awaited => {
                    if let Some(branch) = self.branches.get_mut(source) {
                        branch.ahead.push_front(next);
                    }
                    std::thread::sleep(MOMENT.saturating_sub(asked.elapsed()));
                }
                Copy::None => {
                    self.twice.note(source, &next);
                    return Ok(Step::Record(self.given.insert(next.held).lend()));
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
    use crate::journal::OwnedEntry;
    use crate::logs::plan::Around;
    use crate::logs::record::Context;

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

    const TEXT: &[u8] = b"2026-11-23 19:55:00.135\tINFO\t[PID:9833]     \topenim-push               \t[v3.8.3]             \t[a.go:43]\tx\t{}";

    #[test]
    fn a_record_of_two_sources_is_given_once_and_one_that_was_written_twice_is_given_twice() {
        let mut twice = Twice::default();
        let mut is_second = |source, micros| {
            let context = Context { time: Timestamp::from_micros(micros), ..Context::default() };
            let next = Next::of(&Record::new(TEXT, context));
            let is_second = twice.is_second(source, &next);
            if !is_second {
                twice.note(source, &next);
            }
            is_second
        };
        let seen = [(0, 1), (0, 2), (1, 3), (1, 4), (1, 5), (0, 6 + APART), (1, 7 + APART)]
            .map(|(source, micros)| is_second(source, micros));
        assert_eq!(seen, [false, false, true, true, false, false, true]);
        twice.forget(8 + 3 * APART);
        assert!(twice.given.is_empty() && twice.order.is_empty());
    }

    /// Gives one record of the logger at each of these times, as entries of the journal or as lines of a file.
    struct Copies {
        times: VecDeque<u64>,
        entry: Option<OwnedEntry>,
        is_journal: bool,
    }

    impl Source for Copies {
        fn next(&mut self) -> Result<Step<'_>, LogsError> {
            let Some(micros) = self.times.pop_front() else { return Ok(Step::End) };
            let time = Timestamp::from_micros(micros);
            if !self.is_journal {
                return Ok(Step::Record(Record::new(TEXT, Context { time, ..Context::default() })));
            }
            let unit = &b"openim-push@3.service"[..];
            let entry = OwnedEntry::of(time, &[("_SYSTEMD_UNIT", unit), ("MESSAGE", TEXT)]);
            Ok(Step::Record(Record::of_entry(self.entry.insert(entry).lend())))
        }

        fn seek_tail(&mut self, _: Tail<'_>) -> Result<(), LogsError> {
            Ok(())
        }

        fn take_remarks(&mut self) -> Vec<String> {
            Vec::new()
        }
    }

    /// Time and instance of each record that is given of a file and a journal, the oldest first.
    fn given(file: &[u64], journal: &[u64], backward: bool) -> Vec<(u64, Option<u32>)> {
        let copies = |times: &[u64], is_journal| {
            let mut times = times.to_vec();
            if backward {
                times.reverse();
            }
            Box::new(Copies { times: times.into(), entry: None, is_journal }) as Box<dyn Source>
        };
        let mut merged = Merged::new(vec![copies(file, false), copies(journal, true)], backward);
        let mut given = Vec::new();
        while let Step::Record(record) = merged.next().unwrap() {
            given.push((record.time.micros(), record.instance));
        }
        if backward {
            given.reverse();
        }
        given
    }

    #[test]
    fn of_two_copies_that_of_the_journal_is_given_in_either_direction() {
        let far = 5 + 2 * APART;
        for backward in [false, true] {
            assert_eq!(given(&[10, 11], &[20, 21], backward), [(20, Some(3)), (21, Some(3))]);
            assert_eq!(given(&[5], &[far], backward), [(5, None), (far, Some(3))], "too late for a copy");
            // As where the clock was put back in between.
            assert_eq!(given(&[30], &[20], backward), [(20, Some(3))]);
            assert_eq!(given(&[10, 11, 12], &[20], backward).len(), 3, "each has one copy at most");
        }
    }
}

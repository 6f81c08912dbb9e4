//! Files that grow while they are followed, at the moments at which a follower could miss it. Growth is made by
//! counting: a whole journal stands there, and says of itself that it has fewer entries.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]
#![allow(dead_code, reason = "the helpers are shared with other tests")]

#[path = "support/journals.rs"]
mod journals;
#[path = "support/missing.rs"]
mod missing;

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use journals::{ENTRY, LAYOUTS, Layout, entry};
use openim_ops::journal::{Clause, Engine, Match, Place, Query, Reader, Step, open};

const BOOT: &str = "8dc4df31cf7c4c1c8a6b10fc7b9b44b0";
/// 2023-11-14 22:13:20 UTC, in microseconds.
const BEGIN: u64 = 1_700_000_000_000_000;
/// Where a file says how many entries it has.
const COUNT_OF_FILE: u64 = 152;
/// Where the object begins that was written last.
const LAST_OBJECT: u64 = 136;
/// And a value, before its bytes.
const COUNT_OF_VALUE: u64 = 8;
const ROUNDS: u32 = 300;
const LATER: Duration = Duration::from_micros(5);
const LIMIT: Duration = Duration::from_secs(10);
/// Nothing is packed, and counts are eight bytes before the value.
const REGULAR: Layout = Layout { name: "regular", compact: "0", keyed: "0", compress: "0" };

fn journal(file: &Path, numbers: std::ops::Range<u64>, layout: Layout) -> PathBuf {
    let line = |number: u64| {
        let fields =
            [("MESSAGE", number.to_string().into_bytes()), ("SYSLOG_IDENTIFIER", b"counter".to_vec())];
        entry(BEGIN + number, number, BOOT, &fields)
    };
    journals::make(file, &numbers.flat_map(line).collect::<Vec<u8>>(), layout);
    file.to_owned()
}

/// Where the count of a value is.
fn count_of_value(bytes: &[u8], value: &str) -> u64 {
    let place = bytes.windows(value.len()).position(|part| part == value.as_bytes());
    place.expect("the value is there") as u64 - COUNT_OF_VALUE
}

fn count(file: &File, place: u64, count: u64) {
    file.write_all_at(&count.to_le_bytes(), place).expect("count");
}

fn writable(path: &Path) -> File {
    OpenOptions::new().read(true).write(true).open(path).expect("open a journal to write")
}

/// Follows what is in a directory.
struct Follower(Box<dyn Reader>);

impl Follower {
    fn begin(directory: &Path, query: &Query) -> Self {
        let place = Place::directory(directory);
        let mut reader = open(Some(Engine::Native), &place).expect("open the directory").reader;
        reader.restart(&Query { follow: true, ..query.clone() }).expect("begin to follow");
        Self(reader)
    }

    /// The numbers that come, up to that one, or until the time is over.
    fn numbers_up_to(&mut self, last: u64) -> Vec<u64> {
        let (mut numbers, started) = (Vec::new(), Instant::now());
        while numbers.last() != Some(&last) && started.elapsed() < LIMIT {
            if let Step::Entry(entry) = self.0.next().expect("the journal is read") {
                let text = entry.text("MESSAGE").expect("a message");
                numbers.push(text.parse().expect("a number"));
            }
        }
        numbers
    }
}

#[test]
fn what_is_added_to_a_file_while_it_is_found_comes_and_comes_before_the_next_file() {
    if !journals::can_be_made() {
        return;
    }
    let made = tempfile::tempdir().expect("a directory");
    let path = |name: &str| made.path().join(name);
    let files = [(1, 1..2), (2, 2..12), (3, 12..13)]
        .map(|(name, numbers)| journal(&path(&format!("{name}.journal")), numbers, LAYOUTS[0]));
    let growing = writable(&files[1]);
    for round in 0..ROUNDS {
        count(&growing, COUNT_OF_FILE, 1);
        let directory = tempfile::tempdir().expect("a directory");
        let link = |number: usize, name: &str| {
            let place = directory.path().join(format!("{name}.journal"));
            std::fs::hard_link(&files[number - 1], place).expect("link");
        };
        // The first under many names: so a look takes long enough to be met.
        (0..100).for_each(|name| link(1, &format!("1-{name}")));
        let mut follower = Follower::begin(directory.path(), &Query::everything());
        assert_eq!(follower.numbers_up_to(1), [1]);
        let numbers = std::thread::scope(|scope| {
            scope.spawn(|| {
                link(2, "2");
                // In each round a little later, so that some round meets the follower between two of its looks.
                let found = Instant::now();
                while found.elapsed() < LATER * round {}
                count(&growing, COUNT_OF_FILE, 10);
                link(3, "3");
            });
            follower.numbers_up_to(12)
        });
        assert_eq!(numbers, (2..=12).collect::<Vec<_>>(), "round {round}");
    }
}

#[test]
fn an_entry_that_is_counted_before_the_lists_of_its_values_have_it_comes_all_the_same() {
    if !journals::can_be_made() {
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let path = journal(&directory.path().join("1.journal"), 1..4, REGULAR);
    let bytes = std::fs::read(&path).expect("read the journal");
    let file = writable(&path);
    let (of_file, of_value) = (COUNT_OF_FILE, count_of_value(&bytes, "SYSLOG_IDENTIFIER=counter"));
    count(&file, of_file, 2);
    count(&file, of_value, 2);

    let clauses = vec![Clause::all(vec![Match::new("SYSLOG_IDENTIFIER", "counter")])];
    let mut follower = Follower::begin(directory.path(), &Query { clauses, ..Query::everything() });
    assert_eq!(follower.numbers_up_to(2), [1, 2]);
    count(&file, of_file, 3);
    for _ in 0..10 {
        assert!(matches!(follower.0.next().expect("the journal is read"), Step::Idle));
    }
    count(&file, of_value, 3);
    assert_eq!(follower.numbers_up_to(3), [3]);
}

#[test]
fn of_alternatives_whose_lists_were_read_at_two_moments_nothing_is_passed_over() {
    if !journals::can_be_made() {
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("1.journal");
    let line = |(number, who): (u64, &str)| {
        let fields = [("MESSAGE", number.to_string().into_bytes()), ("SYSLOG_IDENTIFIER", who.into())];
        entry(BEGIN + number, number, BOOT, &fields)
    };
    let lines = [(1, "odd"), (2, "even"), (3, "odd"), (4, "even")];
    journals::make(&path, &lines.into_iter().flat_map(line).collect::<Vec<u8>>(), REGULAR);
    let bytes = std::fs::read(&path).expect("read the journal");
    let entries: Vec<_> =
        journals::objects(&bytes).into_iter().filter(|object| object.kind == ENTRY).collect();
    let of_value = |who: &str| count_of_value(&bytes, &format!("SYSLOG_IDENTIFIER={who}"));
    let file = writable(&path);
    let writes = |last: usize| {
        count(&file, LAST_OBJECT, entries[last - 1].offset as u64);
        count(&file, COUNT_OF_FILE, last as u64);
    };
    writes(2);
    count(&file, of_value("odd"), 1);
    count(&file, of_value("even"), 1);

    let clauses = vec![Clause::all(vec![
        Match::new("SYSLOG_IDENTIFIER", "odd"),
        Match::new("SYSLOG_IDENTIFIER", "even"),
    ])];
    let mut follower = Follower::begin(directory.path(), &Query { clauses, ..Query::everything() });
    assert_eq!(follower.numbers_up_to(2), [1, 2]);
    // The list of the odd ones was read before the third was written, that of the even ones after the fourth.
    writes(3);
    count(&file, of_value("even"), 2);
    for _ in 0..10 {
        assert!(matches!(follower.0.next().expect("the journal is read"), Step::Idle));
    }
    count(&file, of_value("odd"), 2);
    writes(4);
    assert_eq!(follower.numbers_up_to(4), [3, 4]);
}

#[test]
fn a_file_that_came_between_opening_and_waiting_is_found_at_once_and_read_in_order() {
    if !journals::can_be_made() {
        return;
    }
    let made = tempfile::tempdir().expect("a directory");
    let path = |name: &str| made.path().join(name);
    let first = journal(&path("1.journal"), 1..2, LAYOUTS[0]);
    let later = journal(&path("2.journal"), 2..3, LAYOUTS[0]);
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::hard_link(first, directory.path().join("1.journal")).expect("link");
    let mut follower = Follower::begin(directory.path(), &Query::everything());
    std::fs::hard_link(later, directory.path().join("2.journal")).expect("link");
    assert_eq!(follower.numbers_up_to(1), [1]);
    // Nothing tells of it any more: it came before anybody listened.
    let steps = std::iter::repeat_with(|| matches!(follower.0.next(), Ok(Step::Entry(_)))).take(5);
    assert!(steps.into_iter().any(|found| found), "it is not found by the first look");
}

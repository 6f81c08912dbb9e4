//! Files that grow while they are followed, at the moments at which a follower could miss it. Growth is made by
//! counting: a whole journal stands there, and says of itself that it has fewer entries.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]
#![allow(dead_code, reason = "the helpers are shared with other tests")]

#[path = "support/journals.rs"]
mod journals;

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use journals::{LAYOUTS, Layout, entry};
use openim_ops::journal::{Clause, Engine, Match, Place, Query, Reader, Step, open};

const BOOT: &str = "8dc4df31cf7c4c1c8a6b10fc7b9b44b0";
/// 2023-11-14 22:13:20 UTC, in microseconds.
const BEGIN: u64 = 1_700_000_000_000_000;
/// Where a file says how many entries it has.
const COUNT_OF_FILE: u64 = 152;
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
    let value = b"SYSLOG_IDENTIFIER=counter";
    let value = bytes.windows(value.len()).position(|part| part == value).expect("the value is there") as u64;
    let file = writable(&path);
    let (of_file, of_value) = (COUNT_OF_FILE, value - COUNT_OF_VALUE);
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

//! Damaged journals: every single byte changed, and every length cut, of small journals of both layouts. Nothing
//! panics, nothing hangs, memory stays what it was, and what systemd's own library still reads is read.
//!
//! By default a few thousand places are tried; with `OPENIM_DAMAGE=all` every one (`make damage`).

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it did"
)]
#![allow(dead_code, reason = "the helpers are shared with other tests")]

#[path = "support/journals.rs"]
mod journals;
#[path = "support/missing.rs"]
mod missing;
#[path = "support/random.rs"]
mod random;
#[path = "support/removed.rs"]
mod removed;

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use journals::{DATA, ENTRY, LAYOUTS, Layout, entry, number_at, objects};
use openim_ops::journal::{
    Clause, Engine, JournalError, Match, Order, Place, Query, Reader, Start, Step, open,
};
use openim_ops::time::Timestamp;

const BOOT: &str = "8dc4df31cf7c4c1c8a6b10fc7b9b44b0";
/// 2023-11-14 22:13:20 UTC, in microseconds.
const BEGIN: u64 = 1_700_000_000_000_000;
const ENTRIES: u64 = 40;
/// No journal of this size takes as long, however it is damaged.
const LIMIT: Duration = Duration::from_secs(2);
/// In KB. A broken length must not be believed before it is checked.
const MEMORY: u64 = 256 * 1024;
/// By default every so many-th place is tried.
const STEP: usize = 61;

fn journal(directory: &Path, layout: Layout) -> PathBuf {
    let file = directory.join(format!("{}.journal", layout.name));
    let export: Vec<u8> = (0..ENTRIES).flat_map(one_entry).collect();
    journals::make(&file, &export, layout);
    file
}

fn one_entry(number: u64) -> Vec<u8> {
    let long = if number.is_multiple_of(4) { "long enough to be packed, ".repeat(40) } else { String::new() };
    let fields = [
        ("MESSAGE", format!("message {number} {long}").into_bytes()),
        ("_SYSTEMD_UNIT", format!("openim-{}.service", number % 3).into_bytes()),
        ("PRIORITY", (number % 8).to_string().into_bytes()),
    ];
    entry(BEGIN + number * 1_000_000, 1_000 + number * 1_000_000, BOOT, &fields)
}

/// Everything that is asked of a journal, each question to its end.
fn questions() -> Vec<Query> {
    let all = Query::everything();
    let unit =
        Clause::all(vec![Match::new("_SYSTEMD_UNIT", "openim-1.service"), Match::new("PRIORITY", "4")]);
    let at = |seconds: u64| Some(Timestamp::from_micros(BEGIN + seconds * 1_000_000));
    vec![
        Query { order: Order::NewestFirst, ..all.clone() },
        Query { clauses: vec![unit], ..all.clone() },
        Query { since: at(10), until: at(30), ..all.clone() },
        Query { start: Start::Tail(7), ..all.clone() },
        all,
    ]
}

/// Which of them asks for times, for the last entries, for all.
const TIMED: usize = 2;
const TAIL: usize = 3;
const ALL: usize = 4;

fn read(reader: &mut dyn Reader, query: &Query) -> Result<Answer, JournalError> {
    reader.restart(query)?;
    let mut found = Vec::new();
    while let Step::Entry(entry) = reader.next()? {
        let stamp = entry.stamp();
        let (number, time) = (stamp.seqnum, stamp.realtime.micros());
        found.push(Found { number, fields: entry.fields().count(), time });
    }
    Ok(found)
}

/// The entries that answer a question.
type Answer = Vec<Found>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Found {
    number: u64,
    /// How many could be read.
    fields: usize,
    /// In microseconds.
    time: u64,
}

/// Asks everything; nothing where the file is refused.
fn ask(path: &Path) -> Vec<Answer> {
    let Ok(opened) = open(Some(Engine::Native), &Place::Files(vec![path.to_owned()])) else {
        return vec![Answer::new(); questions().len()];
    };
    let mut reader = opened.reader;
    let _ = (reader.unique("_SYSTEMD_UNIT"), reader.field_names());
    let in_parts = numbers_in_parts(reader.as_ref(), &Query::everything());
    let answers = answers(reader.as_mut());
    if let Some(in_parts) = in_parts {
        let is_there = |found: &Found| in_parts.contains(&found.number);
        assert!(answers[ALL].iter().all(is_there), "in parts {in_parts:?}, else {:?}", answers[ALL]);
    }
    answers
}

/// The numbers of the entries that are found where the journal is read in parts.
fn numbers_in_parts(reader: &dyn Reader, query: &Query) -> Option<Vec<u64>> {
    let parts = reader.parts(query)?;
    let (mut part_reader, mut numbers) = (parts.reader(), Vec::new());
    for part in 0..parts.count() {
        part_reader.begin(part);
        while let Some(entry) = part_reader.lend_next() {
            numbers.push(entry.stamp().seqnum);
        }
    }
    Some(numbers)
}

fn answers(reader: &mut dyn Reader) -> Vec<Answer> {
    questions().iter().map(|query| read(reader, query).unwrap_or_default()).collect()
}

/// systemd's library, in a process of its own: some damage makes it abort.
struct Oracle {
    path: PathBuf,
    /// What the journal answered before it was damaged.
    whole: Vec<Answer>,
    process: Option<(Child, BufReader<ChildStdout>)>,
    aborts: usize,
}

/// Names the journal that the other process is asked about.
const JOURNAL: &str = "OPENIM_DAMAGED_JOURNAL";
const ANSWER: &str = "answer:";

impl Oracle {
    fn of(path: &Path, whole: Vec<Answer>) -> Self {
        Self { path: path.to_owned(), whole, process: None, aborts: 0 }
    }

    /// What it reads of the file as it is now; nothing where it refuses the file, or the build is without it.
    fn ask(&mut self) -> Vec<Answer> {
        if !Engine::BUILT_IN.contains(&Engine::Libsystemd) {
            return Vec::new();
        }
        let (mut child, mut output) = self.process.take().unwrap_or_else(|| self.start());
        let asked = child.stdin.as_mut().expect("it is piped").write_all(b"\n");
        let mut line = String::new();
        while asked.is_ok() && !line.starts_with(ANSWER) {
            line.clear();
            if output.read_line(&mut line).expect("read from the other process") == 0 {
                break;
            }
        }
        if let Some(answer) = line.strip_prefix(ANSWER) {
            self.process = Some((child, output));
            return answer.split(';').map(parse_answer).collect();
        }
        child.wait().expect("it ended");
        self.aborts += 1;
        Vec::new()
    }

    fn start(&self) -> (Child, BufReader<ChildStdout>) {
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "what_systemd_reads", "--ignored", "--nocapture"])
            .env(JOURNAL, &self.path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("start it once more");
        let output = BufReader::new(child.stdout.take().expect("it is piped"));
        (child, output)
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        if let Some((mut child, _)) = self.process.take() {
            drop(child.stdin.take());
            let _ = child.wait();
        }
        eprintln!("{}: systemd's library aborted {} times", self.path.display(), self.aborts);
    }
}

/// `1/7/1700000000000000`: the first entry, with seven fields.
fn parse_answer(text: &str) -> Answer {
    let parse = |word: &str| {
        let (number, rest) = word.split_once('/')?;
        let (fields, time) = rest.split_once('/')?;
        Some(Found { number: number.parse().ok()?, fields: fields.parse().ok()?, time: time.parse().ok()? })
    };
    text.split_whitespace().filter_map(parse).collect()
}

fn show_answer(answer: &Answer) -> String {
    let words = answer.iter().map(|Found { number, fields, time }| format!("{number}/{fields}/{time}"));
    words.collect::<Vec<_>>().join(" ")
}

/// The other process: an answer for every line.
#[test]
#[ignore = "run by the other tests here, in a process of its own"]
fn what_systemd_reads() {
    let Some(path) = std::env::var_os(JOURNAL).map(PathBuf::from) else { return };
    for _ in std::io::stdin().lines() {
        let opened = open(Some(Engine::Libsystemd), &Place::Files(vec![path.clone()]));
        let answers = opened.map_or_else(|_| Vec::new(), |mut opened| answers(opened.reader.as_mut()));
        let shown: Vec<_> = answers.iter().map(show_answer).collect();
        println!("\n{ANSWER}{}", shown.join(";"));
    }
}

/// Of what systemd reads we need not have so many fields of an entry.
#[track_caller]
fn examine(path: &Path, oracle: &mut Oracle, what: &str, spared: usize) {
    let started = Instant::now();
    let ours = ask(path);
    assert!(started.elapsed() < LIMIT, "{what}: {:?}", started.elapsed());
    let all = &ours[ALL];
    let theirs = oracle.ask();
    for (question, (theirs, ours)) in theirs.iter().zip(&ours).enumerate() {
        let whole = &oracle.whole[question];
        let compared = match question {
            // Where systemd reads fewer, its last ones are others.
            TAIL => false,
            // A bisection meets a wrong time by chance.
            TIMED => oracle.whole[ALL].iter().all(|entry| has_its_time(entry, all)),
            _ => true,
        };
        // What only its damage makes an answer is none.
        let is_answer = |found: &&Found| compared && whole.iter().any(|whole| whole.number == found.number);
        for Found { number, fields, .. } in theirs.iter().filter(is_answer) {
            let same = ours.iter().find(|ours| ours.number == *number);
            assert!(
                same.is_some_and(|ours| ours.fields + spared >= *fields),
                "{what}: to question {question} systemd reads entry {number} with {fields} fields, we {same:?}"
            );
        }
    }
    let last: Vec<_> = all.iter().rev().take(ours[TAIL].len()).rev().copied().collect();
    assert_eq!(ours[TAIL], last, "{what}: the last ones are those of all that we read");
}

/// Whether an entry, as far as it can be read, has the time that it had.
fn has_its_time(entry: &Found, all: &Answer) -> bool {
    all.iter().find(|found| found.number == entry.number).is_none_or(|found| found.time == entry.time)
}

/// Whether a byte is the one of a long message, packed with zstd, that says how its one sequence is packed. Its two
/// lowest bits are reserved: libzstd 1.5.5 and later, as ours is, take a value with them for damaged, and Debian 12's
/// 1.5.4 does not look.
fn has_reserved_bits(bytes: &[u8], at: usize) -> bool {
    const SEQUENCE: [u8; 4] = [0xdf, 0xd5, 0x2c, 0x03];
    bytes.get(at.saturating_sub(1)..=at) == Some(&[1, 0]) && bytes.get(at + 2..at + 6) == Some(&SEQUENCE)
}

/// Places that are not in the middle of empty space.
fn places(bytes: &[u8]) -> Vec<usize> {
    const NEAR: usize = 16;
    let is_used =
        |at: usize| bytes[at.saturating_sub(NEAR)..bytes.len().min(at + NEAR)].iter().any(|&byte| byte != 0);
    let step = if is_complete() { 1 } else { STEP };
    (0..bytes.len()).filter(|&at| is_used(at)).step_by(step).collect()
}

fn is_complete() -> bool {
    std::env::var_os("OPENIM_DAMAGE").is_some_and(|value| value == "all")
}

/// The most memory that this process ever took, in KB.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("the kernel tells");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a line on memory");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

fn for_each_layout(test: impl Fn(&Path, &mut Oracle, &[u8], &File)) {
    if !journals::can_be_made() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    for layout in [LAYOUTS[0], LAYOUTS[2], LAYOUTS[1]] {
        let path = journal(directory.path(), layout);
        let bytes = std::fs::read(&path).expect("read the journal");
        let file = OpenOptions::new().write(true).open(&path).expect("open the journal");
        let whole = ask(&path);
        assert_eq!(whole[ALL].len() as u64, ENTRIES, "the journal is whole before it is damaged");
        test(&path, &mut Oracle::of(&path, whole), &bytes, &file);
    }
    assert!(peak_memory() < MEMORY, "{} KB", peak_memory());
}

#[test]
fn a_byte_that_is_wrong_costs_no_more_than_systemd_loses_by_it() {
    for_each_layout(|path, oracle, bytes, file| {
        let places = places(bytes);
        eprintln!("{}: {} of {} bytes changed", path.display(), places.len(), bytes.len());
        for at in places {
            for change in [0xff, 0x01] {
                file.write_all_at(&[bytes[at] ^ change], at as u64).expect("change a byte");
                let spared = usize::from(change == 0x01 && has_reserved_bits(bytes, at));
                examine(path, oracle, &format!("{} byte {at} ^ {change:#x}", path.display()), spared);
            }
            file.write_all_at(&[bytes[at]], at as u64).expect("change it back");
        }
    });
}

#[test]
fn a_journal_that_is_cut_off_anywhere_is_read_as_far_as_it_goes() {
    for_each_layout(|path, oracle, bytes, file| {
        let mut lengths = places(bytes);
        lengths.reverse();
        for length in lengths {
            file.set_len(length as u64).expect("cut the journal");
            examine(path, oracle, &format!("{} cut to {length}", path.display()), 0);
        }
    });
}

#[test]
fn what_is_missing_is_told() {
    for_each_layout(|path, _, bytes, file| {
        let remarks = || {
            let place = Place::Files(vec![path.to_owned()]);
            open(Some(Engine::Native), &place).expect("it is opened").reader.take_remarks().concat()
        };
        assert_eq!(remarks(), "");
        let (first_array, no_array) = (&bytes[176..184], [0; 8]);
        file.write_all_at(&no_array, 176).expect("lose the list");
        assert!(remarks().contains(&format!("has lost the list of its {ENTRIES} entries")), "{}", remarks());
        file.write_all_at(first_array, 176).expect("give it back");
        file.set_len(100_000).expect("cut the journal");
        assert!(remarks().contains("is cut off after 100000 of 8388608 bytes"), "{}", remarks());
    });
}

#[test]
fn a_hole_in_the_place_of_any_page_is_passed_over() {
    for_each_layout(|path, oracle, bytes, file| {
        let used = bytes.iter().rposition(|&byte| byte != 0).unwrap_or(0);
        for page in 0..=used / 4096 {
            let (from, to) = (page * 4096, bytes.len().min((page + 1) * 4096));
            if bytes[from..to].iter().all(|&byte| byte == 0) {
                continue;
            }
            file.write_all_at(&vec![0; to - from], from as u64).expect("make a hole");
            examine(path, oracle, &format!("{} without page {page}", path.display()), 0);
            file.write_all_at(&bytes[from..to], from as u64).expect("fill it again");
        }
    });
}

/// Where the items of a value's list are in a file, the first one being in the value itself.
fn items_of(bytes: &[u8], value: &[u8], layout: Layout) -> Vec<usize> {
    let (head, width) = if layout.compact == "1" { (72, 4) } else { (64, 8) };
    let number = |at: usize, width: usize| {
        let mut number = [0; 8];
        number[..width].copy_from_slice(&bytes[at..at + width]);
        usize::try_from(u64::from_le_bytes(number)).expect("a small number")
    };
    let data = bytes.windows(value.len()).position(|part| part == value).expect("the value is there") - head;
    let (mut items, mut array, count) = (vec![data + 40], number(data + 48, 8), number(data + 56, 8));
    while array > 0 {
        let length = number(array + 8, 8) - 24;
        items.extend((array + 24..array + 24 + length).step_by(width));
        array = number(array + 16, 8);
    }
    items.truncate(count);
    items
}

#[test]
fn a_wrong_item_in_the_list_of_a_value_hides_no_entry_but_its_own() {
    const MANY: u64 = 3_000;
    if !journals::can_be_made() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    for layout in [LAYOUTS[0], LAYOUTS[2]] {
        let path = directory.path().join(format!("{}.journal", layout.name));
        journals::make(&path, &(0..MANY).flat_map(one_entry).collect::<Vec<u8>>(), layout);
        let bytes = std::fs::read(&path).expect("read the journal");
        let file = OpenOptions::new().write(true).open(&path).expect("open the journal");
        let items = items_of(&bytes, b"_SYSTEMD_UNIT=openim-1.service", layout);
        assert_eq!(items.len() as u64, MANY / 3, "{}", layout.name);
        let clause = Clause::all(vec![Match::new("_SYSTEMD_UNIT", "openim-1.service")]);
        let forward = Query { clauses: vec![clause], ..Query::everything() };
        let questions = [Query { order: Order::NewestFirst, ..forward.clone() }, forward];
        let numbers = |query: &Query| -> Vec<u64> {
            let opened = open(Some(Engine::Native), &Place::Files(vec![path.clone()]));
            let found = read(opened.expect("open the journal").reader.as_mut(), query).expect("it is read");
            found.iter().map(|found| found.number).collect()
        };
        let whole = questions.each_ref().map(numbers);
        // At the ends of the list, of its arrays, and of the blocks that are read at once.
        for at in [0, 1, 2, 3, 4, 5, 12, 13, 14, 255, 256, 300, 508, 509, 700, 764, 765, 766, 998, 999] {
            let width = if at == 0 || layout.compact == "0" { 8 } else { 4 };
            let place = items[at];
            for wrong in [0, 8, bytes.len() as u64 - 8, u64::from(u32::MAX) - 7, 0x1234_5678, 3] {
                file.write_all_at(&wrong.to_le_bytes()[..width], place as u64).expect("change an item");
                for (query, whole) in questions.iter().zip(&whole) {
                    let is_own = |number: u64| number == 2 + 3 * at as u64;
                    let expected: Vec<u64> =
                        whole.iter().copied().filter(|&number| !is_own(number)).collect();
                    assert_eq!(numbers(query), expected, "{} item {at} is {wrong:#x}", layout.name);
                }
            }
            file.write_all_at(&bytes[place..place + width], place as u64).expect("change it back");
        }
    }
}

/// A journal whose list of all entries leads nowhere behind its first array.
fn journal_with_a_cut_list(directory: &Path, entries: u64) -> PathBuf {
    let path = directory.join("cut.journal");
    let mut random = random::Random::new(1);
    // Nothing that zstd could make much shorter.
    let line = |number: u64| {
        let message: Vec<String> = (0..125).map(|_| format!("{:016x}", random.next())).collect();
        let message = message.concat();
        let fields = [("MESSAGE", message.into_bytes()), ("SYSLOG_IDENTIFIER", b"counter".to_vec())];
        entry(BEGIN + number, number, BOOT, &fields)
    };
    journals::make(&path, &(0..entries).flat_map(line).collect::<Vec<u8>>(), LAYOUTS[0]);
    let bytes = std::fs::read(&path).expect("read the journal");
    let next = number_at(&bytes, 176) as u64 + 16;
    let file = OpenOptions::new().write(true).open(&path).expect("open the journal");
    file.write_all_at(&3_u64.to_le_bytes(), next).expect("cut the list");
    path
}

#[test]
fn where_the_list_of_all_entries_is_cut_several_threads_do_not_lose_what_one_finds() {
    const MANY: u64 = 32_000;
    if !journals::can_be_made() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = journal_with_a_cut_list(directory.path(), MANY);
    let clauses = vec![Clause::all(vec![Match::new("SYSLOG_IDENTIFIER", "counter")])];
    let query = Query { clauses, ..Query::everything() };
    let mut reader = open(Some(Engine::Native), &Place::Files(vec![path])).expect("it is opened").reader;
    assert_eq!(read(reader.as_mut(), &query).expect("it is read").len() as u64, MANY);
    let in_parts = numbers_in_parts(reader.as_ref(), &query);
    assert!(in_parts.is_none_or(|numbers| numbers.len() as u64 == MANY));
}

#[test]
fn a_list_that_claims_more_items_than_the_file_has_room_for_is_read_at_once() {
    const SIZE: u64 = 64 << 20;
    if !journals::can_be_made() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = journal(directory.path(), LAYOUTS[0]);
    let bytes = std::fs::read(&path).expect("read the journal");
    let file = OpenOptions::new().write(true).open(&path).expect("open the journal");
    let mut array = number_at(&bytes, 176);
    while number_at(&bytes, array + 16) > 0 {
        array = number_at(&bytes, array + 16);
    }
    file.set_len(SIZE).expect("make it longer");
    file.write_all_at(&(SIZE - array as u64).to_le_bytes(), array as u64 + 8).expect("make the array longer");
    file.write_all_at(&u64::MAX.to_le_bytes(), 152).expect("claim entries");
    let started = Instant::now();
    let answers = ask(&path);
    assert!(started.elapsed() < LIMIT, "{:?}", started.elapsed());
    // What stands behind the array may be taken for an item.
    let is_there = |number: u64| answers[ALL].iter().any(|found| found.number == number);
    assert!((1..=ENTRIES).all(is_there), "{:?}", answers[ALL]);
}

/// Names a journal whose fields are all read, and what then says how much memory that took.
const FIELDS: &str = "OPENIM_JOURNAL_OF_FIELDS";
const TOOK: &str = "took:";

/// The other process.
#[test]
#[ignore = "run by the test below, in a process of its own"]
fn memory_that_an_entry_takes() {
    let Some(path) = std::env::var_os(FIELDS).map(PathBuf::from) else { return };
    let mut reader = open(Some(Engine::Native), &Place::Files(vec![path])).expect("it is opened").reader;
    read(reader.as_mut(), &Query::everything()).expect("it is read");
    println!("\n{TOOK}{}", peak_memory());
}

#[test]
fn an_entry_that_names_one_packed_value_again_and_again_takes_no_more_memory_than_others_may() {
    /// One value and what else there is, in KB.
    const MOST: u64 = (256 + 128) * 1024;
    if !journals::can_be_made() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("bomb.journal");
    let small = |number: usize| (format!("FIELD_{number}"), number.to_string().into_bytes());
    let fields: Vec<_> = (0..60).map(small).chain([("MESSAGE".to_owned(), vec![b'x'; 20 << 20])]).collect();
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    journals::make(&path, &entry(BEGIN, 1, BOOT, &fields), LAYOUTS[0]);
    let bytes = std::fs::read(&path).expect("read the journal");
    let objects = objects(&bytes);
    let packed =
        objects.iter().find(|object| object.kind == DATA && object.flags != 0).expect("a packed value");
    let one = objects.iter().find(|object| object.kind == ENTRY).expect("an entry").offset;
    let (items, end) = (one + 64, one + number_at(&bytes, one + 8));
    let file = OpenOptions::new().write(true).open(&path).expect("open the journal");
    let offset = u32::try_from(packed.offset).expect("a small file").to_le_bytes();
    (items..end).step_by(4).for_each(|item| file.write_all_at(&offset, item as u64).expect("change an item"));
    let output = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "memory_that_an_entry_takes", "--ignored", "--nocapture"])
        .env(FIELDS, &path)
        .output()
        .expect("start it once more");
    let text = String::from_utf8_lossy(&output.stdout);
    let took = text.lines().find_map(|line| line.strip_prefix(TOOK)).expect("an answer");
    assert!(took.parse::<u64>().expect("a number") < MOST, "{took} KB");
}

/// Two files of one sequence, of which the first is complete, as rotation leaves them.
fn rotated(directory: &Path, entries: u64) -> [PathBuf; 2] {
    let paths = [0, 1].map(|file: u64| {
        let path = directory.join(format!("{file}.journal"));
        let numbers = file * entries..(file + 1) * entries;
        journals::make(&path, &numbers.flat_map(one_entry).collect::<Vec<u8>>(), LAYOUTS[0]);
        path
    });
    let [first, mut second] = paths.each_ref().map(|path| std::fs::read(path).expect("read a journal"));
    // The name of the sequence, the last number and the first, and that of each entry.
    second[72..88].copy_from_slice(&first[72..88]);
    let entries_of_second = objects(&second).into_iter().filter(|object| object.kind == ENTRY);
    let numbers = entries_of_second.map(|entry| entry.offset + 16).chain([160, 168]).collect::<Vec<_>>();
    for place in numbers {
        let number = number_at(&second, place) as u64 + entries;
        second[place..place + 8].copy_from_slice(&number.to_le_bytes());
    }
    std::fs::write(&paths[1], second).expect("write a journal");
    let file = OpenOptions::new().write(true).open(&paths[0]).expect("open a journal");
    file.write_all_at(&[2], 16).expect("say that it is complete");
    paths
}

#[test]
fn what_is_lost_with_a_file_that_is_emptied_is_told_with_a_number_and_the_next_file_is_read() {
    const MANY: u64 = 3_000;
    if !journals::can_be_made() {
        return;
    }
    let priorities = (0..8).map(|number| Match::new("PRIORITY", number.to_string())).collect();
    let some = Query { clauses: vec![Clause::all(priorities)], ..Query::everything() };
    for (query, is_exact) in [(Query::everything(), true), (some, false)] {
        for order in [Order::OldestFirst, Order::NewestFirst] {
            // Before reading begins, at once, and in the middle.
            for after in [None, Some(1), Some(700)] {
                let directory = tempfile::tempdir().expect("a temporary directory");
                let files = rotated(directory.path(), MANY);
                let emptied = &files[usize::from(order == Order::NewestFirst)];
                let mut reader = open(Some(Engine::Native), &Place::directory(directory.path()))
                    .expect("it is opened")
                    .reader;
                let empty = || File::create(emptied).expect("empty it");
                if after.is_none() {
                    empty();
                }
                reader.restart(&Query { order, ..query.clone() }).expect("it is read");
                let mut seen = 0;
                while let Step::Entry(_) = reader.next().expect("it is read") {
                    seen += 1;
                    if Some(seen) == after {
                        empty();
                    }
                }
                let told = removed::told(&reader.take_remarks().join("\n"));
                let what = format!("{order:?} after {after:?}: {seen} seen, {told} told");
                assert!(seen >= MANY && (seen < 2 * MANY || told == 0), "{what}");
                assert!(seen + told == 2 * MANY || (!is_exact && seen + told > 2 * MANY), "{what}");
            }
        }
    }
}

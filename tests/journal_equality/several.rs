//! Files of several sequences, of which no number says what comes first: copies of entries, boots that overlap, clocks
//! that were put back; and cursors that lead into them.

use std::collections::BTreeSet;
use std::path::Path;

use openim_ops::journal::Engine;

use super::answer::{can_be_compared, differences, ours, theirs};
use super::corpus::{BEGIN, BOOTS};
use super::journals::{self, LAYOUTS, entry};
use super::question::Question;

const SECOND: u64 = 1_000_000;

/// An entry with a message; times are microseconds from the beginning.
fn one(at: i64, monotonic: u64, boot: &str, text: &str) -> Vec<u8> {
    entry(BEGIN.saturating_add_signed(at), monotonic, boot, &[("MESSAGE", text.as_bytes().to_vec())])
}

/// Makes a file of each list of entries.
fn make(directory: &Path, files: &[Vec<Vec<u8>>]) {
    for (number, entries) in files.iter().enumerate() {
        journals::make(&directory.join(format!("{number}.journal")), &entries.concat(), LAYOUTS[0]);
    }
}

/// The questions of a directory.
fn asked(directory: &Path, words: &str) -> Question {
    let place = directory.display().to_string();
    let words: Vec<_> = words.split_whitespace().map(ToOwned::to_owned).collect();
    Question::new(["-q".to_owned(), "-D".to_owned(), place].into_iter().chain(words))
}

#[track_caller]
fn assert_same(directory: &Path, words: &str) {
    let differences = differences(&asked(directory, words));
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// What is shown with `-o cat`, in any order.
fn shown(directory: &Path, words: &str) -> Vec<String> {
    let text = ours(&asked(directory, &format!("-o cat {words}")), Engine::Native).text();
    let mut lines: Vec<_> = text.lines().map(ToOwned::to_owned).collect();
    lines.sort_unstable();
    lines
}

/// The cursors of all entries, of journalctl.
fn cursors(directory: &Path) -> Vec<String> {
    let text = theirs(&asked(directory, "-o export --output-fields=NONE")).text();
    text.lines().filter_map(|line| line.strip_prefix("__CURSOR=")).map(ToOwned::to_owned).collect()
}

/// Three boots, a second between two entries; before the second one the clock was put back by two hours.
fn put_back() -> Vec<Vec<u8>> {
    let mut at = 0;
    let mut entries = Vec::new();
    for (boot, count) in BOOTS.into_iter().zip([20, 30, 10]) {
        if boot == BOOTS[1] {
            at -= 7200 * SECOND.cast_signed();
        }
        for number in 1..=count {
            at += SECOND.cast_signed();
            entries.push(one(at, number * SECOND, boot, &format!("{boot} {number}")));
        }
        at += 60 * SECOND.cast_signed();
    }
    entries
}

/// Two files that follow each other, and a third that has every third entry of both once more.
fn make_repeated(directory: &Path) {
    let all = put_back();
    let again = all.iter().skip(10).step_by(3).cloned().collect();
    make(directory, &[all[..25].to_vec(), all[25..].to_vec(), again]);
}

#[test]
fn an_entry_is_shown_once_where_its_copy_comes_up_after_a_clock_that_was_put_back() {
    if !can_be_compared() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    make_repeated(directory.path());
    let every: BTreeSet<_> = shown(directory.path(), "").into_iter().collect();
    assert_eq!(every.len(), put_back().len());
    for words in ["", "-r", "-n 1000", "--no-tail", "-m", "-S @1"] {
        let once: Vec<_> = every.iter().cloned().collect();
        assert_eq!(shown(directory.path(), words), once, "{words}");
    }
    for count in 0..=60 {
        assert_eq!(shown(directory.path(), &format!("-n {count}")).len(), count, "of the last {count}");
        assert_eq!(
            shown(directory.path(), &format!("-r -n {count}")).len(),
            count,
            "the first {count} of -r"
        );
    }
}

#[test]
fn entries_of_one_moment_are_shown_once_in_whatever_order_their_copies_are() {
    if !can_be_compared() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let of = |boot: usize, count| (0..count).map(move |n| one(0, 5, BOOTS[boot], &format!("{boot} {n}")));
    let all: Vec<_> = of(0, 10).chain(of(1, 5)).collect();
    let reversed = all.iter().rev().cloned().collect();
    make(directory.path(), &[all.clone(), reversed, all[3..8].to_vec()]);
    for words in ["", "-r"] {
        let lines = shown(directory.path(), words);
        let distinct: BTreeSet<_> = lines.iter().collect();
        assert_eq!((lines.len(), distinct.len()), (all.len(), all.len()), "{words}: {lines:?}");
    }
}

#[test]
fn no_entry_that_journalctl_shows_from_a_cursor_on_is_lost_in_another_file() {
    if !can_be_compared() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    make_repeated(directory.path());
    for cursor in cursors(directory.path()).iter().step_by(4) {
        for words in ["-c", "-r -c"] {
            let words = format!("{words} {cursor}");
            let there: BTreeSet<_> = shown(directory.path(), &words).into_iter().collect();
            let text = theirs(&asked(directory.path(), &format!("-o cat {words}"))).text();
            let lost: Vec<_> = text.lines().filter(|&line| !there.contains(line)).collect();
            assert!(lost.is_empty(), "{words}: {lost:?}");
        }
    }
}

/// A cursor by its parts, without those of some letters and with the sequence of another journal.
fn parts_of(cursor: &str) -> [String; 3] {
    let parts: Vec<_> = cursor.split(';').collect();
    let [_, number, boot, monotonic, time, hash] = parts[..] else {
        unreachable!("a whole cursor: {cursor}")
    };
    [
        format!("{boot};{monotonic}"),
        format!("{boot};{monotonic};{time};{hash}"),
        format!("s={};{number};{boot};{monotonic};{time};{hash}", BOOTS[0]),
    ]
}

#[test]
fn a_cursor_of_another_sequence_leads_to_its_entry_where_boots_alternate() {
    if !can_be_compared() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let alternating = |n: u64| {
        let boot = BOOTS[usize::try_from(n % 3).unwrap_or_default()];
        one((n * SECOND).cast_signed(), 1000 + n, boot, &format!("entry {n}"))
    };
    make(directory.path(), &[(0..12).map(alternating).collect()]);
    for cursor in cursors(directory.path()) {
        for cursor in parts_of(&cursor) {
            for words in ["-c", "-r -c", "-r -n1 -c"] {
                assert_same(directory.path(), &format!("-o cat {words} {cursor}"));
            }
        }
        let [_, _, foreign] = parts_of(&cursor);
        let [before, own] = ["-r --after-cursor", "-r -c"].map(|words| {
            let text =
                ours(&asked(directory.path(), &format!("-o cat {words} {foreign}")), Engine::Native).text();
            text.lines().next().map(ToOwned::to_owned)
        });
        assert_ne!(own, None);
        assert_eq!(before, own, "the entry with a foreign number is another one");
    }
    // A cursor that leads nowhere in a file leaves all of it, from both ends.
    for words in ["-c", "-r -c"] {
        let nowhere = "11111111111111111111111111111111";
        assert_same(directory.path(), &format!("-o cat {words} s={nowhere};i=5"));
        assert_same(directory.path(), &format!("-o cat {words} b={nowhere};m=5"));
    }
}

/// Two boots, the first of which goes on after the second; the clock goes back an hour, on a day and back two.
fn steps() -> Vec<Vec<u8>> {
    const HOUR: i64 = 3600 * SECOND.cast_signed();
    let (mut at, mut clocks) = (0, [0, 0]);
    let mut entries = Vec::new();
    for n in 0..60_u64 {
        at += SECOND.cast_signed()
            + match n {
                15 => -HOUR,
                30 => 24 * HOUR,
                40 => -48 * HOUR,
                _ => 0,
            };
        let boot = usize::from((35..50).contains(&n));
        clocks[boot] += SECOND;
        entries.push(one(at, clocks[boot], BOOTS[boot], &format!("step {n}")));
    }
    entries
}

#[test]
fn a_time_in_a_cursor_leads_where_a_clock_that_was_put_back_lets_a_bisection_lead() {
    if !can_be_compared() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    make(directory.path(), &[steps()]);
    for cursor in cursors(directory.path()) {
        let time = cursor.split(';').find(|part| part.starts_with("t=")).expect("a time");
        for words in ["-c", "-r -c", "-r -n1 -c"] {
            assert_same(directory.path(), &format!("-o cat {words} {time}"));
        }
    }
}

/// The boots that are listed, and that each is the one that its number means and that its neighbour is one step off.
fn boots(directory: &Path) -> Vec<String> {
    let listed = ours(&asked(directory, "--list-boots"), Engine::Native).text();
    let row = |line: &str| {
        let mut words = line.split_whitespace().map(ToOwned::to_owned);
        words.next().zip(words.next())
    };
    let rows: Vec<_> = listed.lines().filter_map(row).filter(|(_, id)| id.len() == 32).collect();
    let boot_of = |wanted: &str| {
        let first = asked(directory, &format!("-o export -n1 -b {wanted}"));
        let text = ours(&first, Engine::Native).text();
        text.lines().find_map(|line| line.strip_prefix("_BOOT_ID=")).map(ToOwned::to_owned)
    };
    for (place, (number, id)) in (1..).zip(&rows) {
        assert_eq!(boot_of(number).as_ref(), Some(id), "-b {number} of\n{listed}");
        assert_eq!(boot_of(&place.to_string()).as_ref(), Some(id), "-b {place} of\n{listed}");
    }
    for pair in rows.windows(2) {
        let [(_, one), (_, next)] = pair else { continue };
        assert_eq!(boot_of(&format!("{one}+1")).as_ref(), Some(next), "{one}+1 of\n{listed}");
        assert_eq!(boot_of(&format!("{next}-1")).as_ref(), Some(one), "{next}-1 of\n{listed}");
    }
    rows.into_iter().map(|(_, id)| id).collect()
}

#[test]
fn boots_that_alternate_in_two_files_are_all_listed_and_numbered_alike() {
    if !can_be_compared() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let all = steps();
    let half = |from| all.iter().skip(from).step_by(2).cloned().collect();
    make(directory.path(), &[half(0), half(1)]);
    assert_same(directory.path(), "--list-boots");
    assert_eq!(boots(directory.path()), BOOTS[..2]);
}

/// Boots of one machine in one file each half, an entry every so many microseconds.
fn machine(name: char, begin: i64, step: u64, lengths: [u64; 3], put_back: i64) -> [Vec<Vec<u8>>; 2] {
    let mut at = begin;
    let mut entries = Vec::new();
    for (number, length) in (0..).zip(lengths) {
        let boot = format!("{name}{number}").repeat(16);
        at -= if number == 2 { put_back } else { 0 };
        for n in 1..=length {
            at += step.cast_signed();
            entries.push(one(at, n * step, &boot, &format!("{name}{number} {n}")));
        }
        at += 9 * SECOND.cast_signed();
    }
    let second = entries.split_off(entries.len() / 3);
    [entries, second]
}

#[test]
fn boots_of_two_machines_that_overlap_are_listed_as_journalctl_lists_them() {
    if !can_be_compared() {
        return;
    }
    for (put_back, step) in [(0, 1_100_003), (19 * SECOND.cast_signed(), 1_300_007), (0, 2_300_011)] {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let a = machine('a', 0, 1_000_001, [20, 14, 13], put_back);
        let b = machine('b', 5 * SECOND.cast_signed() + 77, step, [18, 22, 7], 0);
        make(directory.path(), &[a, b].concat());
        assert_same(directory.path(), "--list-boots");
        assert!(boots(directory.path()).len() > 3);
    }
}

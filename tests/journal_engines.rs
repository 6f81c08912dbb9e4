//! Our engine beside systemd's own library, on journals of every form: the same entries, in the same order, with the
//! same fields.

#![cfg(feature = "libsystemd")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on should say where")]

#[path = "support/missing.rs"]
mod missing;
mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use missing::recordings;
use openim_ops::journal::{
    Clause, Cursor, Engine, Id128, Match, Order, Place, Query, Reader, Start, Step, open,
};
use openim_ops::time::Timestamp;
use support::unpack;

const REMOTE: &str = "/lib/systemd/systemd-journal-remote";

/// 2023-11-14 22:13:20 UTC, in microseconds.
const BEGIN: u64 = 1_700_000_000_000_000;

/// How systemd is told to write a journal: variable and value.
type Form = &'static [(&'static str, &'static str)];

const FORMS: &[Form] = &[
    &[],
    &[("SYSTEMD_JOURNAL_COMPACT", "0")],
    &[("SYSTEMD_JOURNAL_KEYED_HASH", "0"), ("SYSTEMD_JOURNAL_COMPACT", "0")],
    &[("SYSTEMD_JOURNAL_COMPRESS", "LZ4")],
    &[("SYSTEMD_JOURNAL_COMPRESS", "XZ"), ("SYSTEMD_JOURNAL_COMPACT", "0")],
    &[("SYSTEMD_JOURNAL_COMPRESS", "ZSTD")],
    &[("SYSTEMD_JOURNAL_COMPRESS", "NONE")],
];

/// Makes a journal of text in the export format; a note where the tool for it is missing.
fn journal(directory: &Path, name: &str, form: Form, export: &[u8]) -> Option<PathBuf> {
    if !Path::new(REMOTE).exists() {
        missing::did_not_run(&format!("{REMOTE} is not installed (scripts/install-test-deps)"));
        return None;
    }
    let (file, text) = (directory.join(format!("{name}.journal")), directory.join("export"));
    std::fs::write(&text, export).unwrap();
    let output = Command::new(REMOTE).arg("-o").arg(&file).arg(&text).envs(form.iter().copied()).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(file)
}

fn boot(number: u8) -> Id128 {
    Id128([number; 16])
}

/// One entry in the export format.
fn entry(boot: Id128, micros: u64, fields: &[(&str, &[u8])]) -> Vec<u8> {
    let mut text =
        format!("__REALTIME_TIMESTAMP={}\n__MONOTONIC_TIMESTAMP={micros}\n_BOOT_ID={boot}\n", BEGIN + micros)
            .into_bytes();
    for (name, value) in fields {
        text.extend(format!("{name}\n").bytes());
        text.extend((value.len() as u64).to_le_bytes());
        text.extend(*value);
        text.push(b'\n');
    }
    text.push(b'\n');
    text
}

/// Entries of two boots with everything that a journal may hold: shared and repeated fields, long and binary and
/// empty values, none at all.
fn export(count: u64, offset: u64) -> Vec<u8> {
    let long = b"the request failed and was tried again; ".repeat(40);
    let all = (0..count).map(|number| {
        let message = match number % 7 {
            0 => [format!("{number} ").as_bytes(), &long].concat(),
            1 => [number.to_string().as_bytes(), b"\xff\0\n\x1b[31m"].concat(),
            2 => Vec::new(),
            3 => b"again".to_vec(),
            _ => format!("message {number}").into_bytes(),
        };
        let unit = format!("openim-{}.service", number % 5);
        let priority = (number % 8).to_string();
        let mut fields: Vec<(&str, &[u8])> = vec![
            ("_SYSTEMD_UNIT", unit.as_bytes()),
            ("PRIORITY", priority.as_bytes()),
            ("MESSAGE", &message),
        ];
        if number % 3 == 0 {
            fields.extend([("TAG", &b"one"[..]), ("TAG", b"two"), ("CONTEXT", &long)]);
        }
        let micros = offset + number * 1000;
        entry(boot(u8::from(micros > 120_000) + 1), micros, &fields)
    });
    all.collect::<Vec<_>>().concat()
}

/// Everything of every entry of a query.
fn read(reader: &mut dyn Reader, query: &Query) -> Vec<String> {
    reader.restart(query).unwrap();
    let mut entries = Vec::new();
    while let Step::Entry(entry) = reader.next().unwrap() {
        let fields = entry
            .fields()
            .map(|field| format!("{}={}", field.name.escape_ascii(), field.value.escape_ascii()));
        let fields: Vec<_> = fields.collect();
        entries.push(format!("{} {}", entry.cursor(), fields.join(" ")));
    }
    entries
}

#[track_caller]
fn compare(place: &Place, queries: &[Query]) {
    let mut ours = open(Some(Engine::Native), place).unwrap().reader;
    let mut theirs = open(Some(Engine::Libsystemd), place).unwrap().reader;
    for query in queries {
        let (ours, theirs) = (read(ours.as_mut(), query), read(theirs.as_mut(), query));
        let differ = ours.iter().zip(&theirs).position(|(a, b)| a != b);
        if let Some(index) = differ {
            panic!("{query:?}: entry {index}\nours:   {}\ntheirs: {}", ours[index], theirs[index]);
        }
        assert_eq!(ours.len(), theirs.len(), "{query:?}");
    }
}

fn newest_first(query: &Query) -> Query {
    Query { order: Order::NewestFirst, ..query.clone() }
}

/// Selections, bounds and starts, each alone and together, in both directions.
fn queries(count: u64, cursors: &[Cursor]) -> Vec<Query> {
    let all = Query::everything();
    let unit = |number: u8| Match::new("_SYSTEMD_UNIT", format!("openim-{number}.service"));
    let priority = |number: u8| Match::new("PRIORITY", number.to_string());
    let selections = [
        (vec![], vec![]),
        (vec![Clause::all(vec![unit(1)])], vec![]),
        (vec![Clause::all(vec![unit(1), unit(2), priority(3), priority(6)])], vec![]),
        (vec![Clause::any(vec![vec![unit(1), priority(3)], vec![Match::new("TAG", "two")]])], vec![]),
        (vec![Clause::all(vec![unit(9)])], vec![]),
        (vec![Clause::all(vec![unit(1)]), Clause::all(vec![priority(1), priority(6)])], vec![boot(2)]),
        (vec![], vec![boot(1)]),
        (vec![Clause::all(vec![Match::new("MESSAGE", "again")])], vec![boot(1), boot(2)]),
    ];
    let at = |number: u64| Some(Timestamp::from_micros(BEGIN + number * 1000));
    let bounds =
        [(None, None), (at(count / 3), None), (None, at(count / 2)), (at(count / 4), at(count / 4 * 3))];
    let mut queries = Vec::new();
    for (clauses, boots) in selections {
        for (since, until) in bounds {
            let query = Query { clauses: clauses.clone(), boots: boots.clone(), since, until, ..all.clone() };
            queries.push(newest_first(&query));
            queries.extend([1, 7, count * 2].map(|n| Query { start: Start::Tail(n), ..query.clone() }));
            queries.push(query);
        }
        let query = Query { clauses, boots, ..all.clone() };
        for &cursor in cursors {
            let at = Query { start: Start::At(cursor), ..query.clone() };
            let after = Query { start: Start::After(cursor), ..query.clone() };
            queries.extend([newest_first(&at), newest_first(&after), at, after]);
        }
    }
    queries
}

fn cursors(place: &Place) -> Vec<Cursor> {
    let mut reader = open(Some(Engine::Native), place).unwrap().reader;
    reader.restart(&Query::everything()).unwrap();
    let mut cursors = Vec::new();
    while let Step::Entry(entry) = reader.next().unwrap() {
        cursors.push(entry.cursor());
    }
    let places = [0, 1, cursors.len() / 3, cursors.len() - 1];
    places.iter().map(|&index| cursors[index]).collect()
}

#[test]
fn every_form_of_file_is_read_as_systemd_reads_it() {
    let directory = tempfile::tempdir().unwrap();
    for (number, form) in FORMS.iter().enumerate() {
        let Some(file) = journal(directory.path(), &number.to_string(), form, &export(300, 0)) else {
            return;
        };
        let place = Place::Files(vec![file]);
        compare(&place, &queries(300, &cursors(&place)));
    }
}

#[test]
fn files_that_overlap_are_read_in_systemds_order_and_an_entry_in_two_of_them_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let Some(one) = journal(path, "one", FORMS[0], &export(200, 0)) else { return };
    journal(path, "two", FORMS[1], &export(200, 77_500)).unwrap();
    journal(path, "three", FORMS[3], &export(100, 500_000)).unwrap();
    std::fs::copy(one, path.join("copy.journal")).unwrap();
    let place = Place::directory(path);
    compare(&place, &queries(200, &cursors(&place)));
}

#[test]
fn the_values_of_a_field_are_each_told_once_in_one_order() {
    let directory = tempfile::tempdir().unwrap();
    let Some(_) = journal(directory.path(), "one", FORMS[0], &export(100, 0)) else { return };
    journal(directory.path(), "two", FORMS[2], &export(100, 1)).unwrap();
    let place = Place::directory(directory.path());
    let unique = |engine| {
        let mut reader = open(Some(engine), &place).unwrap().reader;
        ["_SYSTEMD_UNIT", "TAG", "CONTEXT", "MESSAGE", "NONE"].map(|field| reader.unique(field).unwrap())
    };
    assert_eq!(unique(Engine::Native), unique(Engine::Libsystemd));
}

#[test]
fn a_value_that_entries_share_has_one_key_and_a_key_one_value() {
    let directory = tempfile::tempdir().unwrap();
    let Some(file) = journal(directory.path(), "one", FORMS[0], &export(100, 0)) else { return };
    let mut reader = open(Some(Engine::Native), &Place::Files(vec![file])).unwrap().reader;
    reader.restart(&Query::everything()).unwrap();
    let mut keys = std::collections::HashMap::new();
    while let Step::Entry(entry) = reader.next().unwrap() {
        for field in entry.fields() {
            let value = (field.name.to_vec(), field.value.to_vec());
            if let Some(key) = field.key {
                assert_eq!(keys.entry(key).or_insert_with(|| value.clone()), &value);
            }
            assert!(field.name != b"_SYSTEMD_UNIT" || field.key.is_some());
        }
    }
    assert!(keys.len() > 5);
}

#[test]
fn recordings_of_a_real_deployment_are_read_as_systemd_reads_them() {
    let Some(recordings) = recordings() else { return };
    let directory = tempfile::tempdir().unwrap();
    for name in ["patch16-units-console", "patch16-one-unit", "patch16-units-json", "docker-journald"] {
        let export = unpack(&recordings.join(format!("{name}.export.zst")));
        let Some(file) = journal(directory.path(), name, FORMS[0], &export) else { return };
        let place = Place::Files(vec![file]);
        let api = Clause::all(vec![Match::new("_SYSTEMD_UNIT", "openim-api.service")]);
        let all = Query::everything();
        let api = Query { clauses: vec![api], ..all.clone() };
        compare(&place, &[newest_first(&all), newest_first(&api), all, api]);
    }
    let place = Place::directory(directory.path());
    compare(&place, &[Query::everything(), newest_first(&Query::everything())]);
}

//! The journals that questions are asked of.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::journals::{self, LAYOUTS, Place, entry};
use super::random::Random;

/// 2023-11-14 22:13:20 UTC.
pub(crate) const BEGIN: u64 = 1_700_000_000_000_000;
/// Of all entries, clock steps included.
pub(crate) const SECONDS: u64 = 400;
pub(crate) const BOOTS: [&str; 3] = [
    "8dc4df31cf7c4c1c8a6b10fc7b9b44b0",
    "9dc4df31cf7c4c1c8a6b10fc7b9b44b1",
    "adc4df31cf7c4c1c8a6b10fc7b9b44b2",
];
/// Entries of one made-up journal.
const ENTRIES: u64 = 240;

/// Where there are journals, and cursors of some of their entries.
pub(crate) struct Corpus {
    _directory: tempfile::TempDir,
    pub(crate) places: Vec<(Place, Vec<String>)>,
    /// The root of a host, with some of its cursors; none where this host has no name of its own.
    pub(crate) host: Option<(PathBuf, Vec<String>)>,
}

impl Corpus {
    /// Makes them all.
    pub(crate) fn make() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let mut places = Vec::new();
        for (seed, layout) in LAYOUTS.into_iter().enumerate() {
            let file = directory.path().join(format!("{}.journal", layout.name));
            journals::make(&file, &entries(seed as u64, 0, ENTRIES).concat(), layout);
            places.push(Place::file(&file));
        }
        let overlapping = directory.path().join("overlapping");
        fs::create_dir(&overlapping).expect("make a directory");
        overlap(&overlapping);
        places.push(Place::directory(&overlapping));
        places.extend(recorded(directory.path()));
        let places = places.into_iter().map(|place| (place.clone(), cursors(&place))).collect();
        let host = host(directory.path());
        Self { _directory: directory, places, host }
    }
}

/// Journals of this machine and of others, of users and of namespaces, on disk and in memory.
fn host(directory: &Path) -> Option<(PathBuf, Vec<String>)> {
    let machine = fs::read_to_string("/etc/machine-id").ok()?.trim().to_owned();
    let root = directory.join("host");
    let disk = "var/log/journal";
    let files = [
        format!("{disk}/{machine}/system.journal"),
        format!("{disk}/{machine}/system@old.journal"),
        format!("{disk}/{machine}/user-0.journal"),
        format!("{disk}/{machine}/user-1000.journal"),
        format!("{disk}/{machine}.im/system.journal"),
        format!("{disk}/{machine}.im/user-0.journal"),
        format!("{disk}/{machine}.other/system.journal"),
        format!("{disk}/{}/system.journal", BOOTS[0]),
        format!("{disk}/remote/remote-else.journal"),
        format!("run/log/journal/{machine}/system.journal"),
    ];
    let all = entries(5, 0, ENTRIES);
    let share = all.len() / files.len();
    for (file, part) in files.iter().zip(all.chunks(share)) {
        let path = root.join(file);
        fs::create_dir_all(path.parent()?).expect("make a directory");
        journals::make(&path, &part.concat(), LAYOUTS[0]);
    }
    let cursors = cursors(&Place { options: vec![format!("--root={}", root.display())] });
    Some((root, cursors))
}

/// One after the other with some of each in its neighbour's time; one of them is in two files.
fn overlap(directory: &Path) {
    let all = entries(7, 0, 3 * ENTRIES);
    let parts: [Vec<u8>; 3] = std::array::from_fn(|part| {
        let is_in = |at: usize| at % 3 == part || (part == 2 && at == 0);
        let chosen = all.iter().enumerate().filter(|&(at, _)| is_in(at));
        chosen.flat_map(|(_, entry)| entry.clone()).collect()
    });
    for (part, layout) in parts.iter().zip(LAYOUTS) {
        journals::make(&directory.join(format!("{}.journal", layout.name)), part, layout);
    }
}

fn recorded(directory: &Path) -> Vec<Place> {
    let Some(recordings) = crate::missing::recordings() else { return Vec::new() };
    let files = ["patch16-units-console.export.zst", "docker-journald.export.zst"];
    let make = |name| journals::of_recording(directory, &recordings.join(name), LAYOUTS[0]);
    files.into_iter().map(|name| Place::file(&make(name))).collect()
}

/// Cursors of every tenth entry.
fn cursors(place: &Place) -> Vec<String> {
    let export = Command::new("journalctl")
        .args(&place.options)
        .args(["-o", "export", "-n", "all", "--output-fields=_PID"])
        .output();
    let export = export.expect("journalctl runs").stdout;
    let text = String::from_utf8_lossy(&export);
    text.lines().filter_map(|line| line.strip_prefix("__CURSOR=")).step_by(10).map(str::to_owned).collect()
}

/// Entries of three boots, with a clock that is put back once.
pub(crate) fn entries(seed: u64, from: u64, count: u64) -> Vec<Vec<u8>> {
    let mut random = Random::new(seed);
    (from..from + count)
        .map(|number| {
            let boot = usize::try_from(number * 3 / count).unwrap_or_default();
            let micros = number * SECONDS * 1_000_000 / count;
            let step_back = if number % 100 > 90 { 3_000_000 } else { 0 };
            let monotonic = 1_000 + micros - boot as u64 * SECONDS * 1_000_000 / 3;
            entry(
                BEGIN + micros - step_back.min(micros),
                monotonic,
                BOOTS[boot],
                &fields(&mut random, number),
            )
        })
        .collect()
}

fn fields(random: &mut Random, number: u64) -> Vec<(&'static str, Vec<u8>)> {
    let mut fields: Vec<(&'static str, Vec<u8>)> = Vec::new();
    let mut add = |name, value: &[u8]| fields.push((name, value.to_vec()));
    if !random.once_in(20) {
        add("_HOSTNAME", random.one_of(&["openimbox", "b", "ein-h\u{f6}st"]).as_bytes());
    }
    for _ in 0..=usize::from(random.once_in(15)) {
        if !random.once_in(15) {
            add("MESSAGE", &message(random, number));
        }
    }
    add("PRIORITY", random.one_of(&["0", "3", "4", "5", "6", "6", "6", "7", "9", ""]).as_bytes());
    if random.once_in(3) {
        add("SYSLOG_FACILITY", random.one_of(&["0", "1", "3", "4", "10"]).as_bytes());
    }
    if !random.once_in(5) {
        add(
            "SYSLOG_IDENTIFIER",
            random.one_of(&["openim-api", "kernel", "sh", "a\u{1}b", "日本"]).as_bytes(),
        );
    }
    add("_COMM", random.one_of(&["openim-api", "systemd", "sh"]).as_bytes());
    if !random.once_in(4) {
        add("_PID", random.one_of(&["1", "512", "99999"]).as_bytes());
    }
    if random.once_in(4) {
        add("SYSLOG_PID", b"77");
    }
    add("_UID", random.one_of(&["0", "0", "1000"]).as_bytes());
    add("_TRANSPORT", random.one_of(&["stdout", "journal", "kernel", "syslog", "audit"]).as_bytes());
    units(random, &mut add);
    if random.once_in(3) {
        let micros = BEGIN + number * 1_000_000 - 7;
        let wrong: &[u8] = random.one_of(&[&b""[..], b"0", b"x", b"99999999999999999999"]);
        let right = micros.to_string().into_bytes();
        add("_SOURCE_REALTIME_TIMESTAMP", if random.once_in(6) { wrong } else { &right });
        add("_SOURCE_MONOTONIC_TIMESTAMP", (number * 1_000).to_string().as_bytes());
    }
    if random.once_in(6) {
        add(
            "DATA",
            random.one_of(&[&b"\x00\xff"[..], b"two\nlines", b"", b"tab\tquote\"\\", b"\xed\xa0\x80"]),
        );
        add("DATA", b"second");
    }
    if random.once_in(30) {
        add("LONG", "y".repeat(4085 + random.below(12)).as_bytes());
    }
    fields
}

fn units(random: &mut Random, add: &mut impl FnMut(&'static str, &[u8])) {
    let unit = random.one_of(&["openim-api.service", "openim-push@3.service", "init.scope", "system.slice"]);
    match random.below(8) {
        0 => {
            add("UNIT", unit.as_bytes());
            add("_SYSTEMD_UNIT", b"init.scope");
        }
        1 => add("OBJECT_SYSTEMD_UNIT", unit.as_bytes()),
        2 => {
            add("COREDUMP_UNIT", unit.as_bytes());
            add("MESSAGE_ID", b"fc2e22bc6ee647b6b90729ab34a250b1");
        }
        3 => {
            add("_SYSTEMD_USER_UNIT", b"session.service");
            add("_SYSTEMD_UNIT", b"user@1000.service");
        }
        4 => add("USER_UNIT", b"session.service"),
        5 => add("_SYSTEMD_SLICE", b"system.slice"),
        _ => add("_SYSTEMD_UNIT", unit.as_bytes()),
    }
}

fn message(random: &mut Random, number: u64) -> Vec<u8> {
    let plain = format!("message {number} of the rest");
    let colour = format!(
        "2023-11-14\t\x1b[31mERROR\x1b[0m\t\x1b[31m[PID:512]     \x1b[0m\trpc server response error {number}"
    );
    match random.below(16) {
        0 => colour.into_bytes(),
        1 => format!("two\nlines {number}\n").into_bytes(),
        2 => format!("{plain}\r\nand\ttabs\r").into_bytes(),
        3 => b"bad \xff\xfe bytes".to_vec(),
        4 => Vec::new(),
        5 => b"nul\0in it".to_vec(),
        6 => format!("日本語のメッセージ {number}").into_bytes(),
        7 => format!("{plain} {}", "long ".repeat(150 + random.below(100))).into_bytes(),
        8 if random.once_in(4) => "x".repeat(48 * 1024).into_bytes(),
        9 => scramble(random),
        10 => format!("\x1b]0;title\x07{plain}").into_bytes(),
        _ => plain.into_bytes(),
    }
}

/// Anything out of the pieces that are treated in some way of their own.
fn scramble(random: &mut Random) -> Vec<u8> {
    let pieces: [&[u8]; 14] = [
        b"a",
        b"\t",
        b"\r",
        b"\n",
        b"\x1b",
        b"[",
        b"]",
        b"31",
        b";",
        b"m",
        b"\x07",
        b"\x1b[m",
        "é".as_bytes(),
        b" end",
    ];
    (0..random.below(12)).flat_map(|_| random.one_of(&pieces).iter().copied()).collect()
}

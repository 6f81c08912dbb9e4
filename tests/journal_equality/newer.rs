//! Journals that newer versions of systemd wrote, read by those versions and by us.
//!
//! `OPENIM_NEWER_ROOTS` names root file systems, divided by colons, with systemd and systemd-journal-remote of other
//! versions, as `debootstrap --variant=minbase --include=systemd,systemd-journal-remote trixie DIR` makes them. What
//! they are known to print otherwise is not asked: times in `short-monotonic`, sizes of what cannot be printed, zones
//! in `short-iso` (`+00:00`), the numbers of entries in `export` and `json`, what belongs to a unit.

use std::path::Path;
use std::process::Command;

use super::answer::{ask, ours};
use super::corpus::{BEGIN, BOOTS, entries};
use super::journals::{self, LAYOUTS, Layout, REMOTE, can_be_made, entry};
use super::question::Question;
use openim_ops::journal::Engine;

const QUESTIONS: [&str; 24] = [
    "-o cat",
    "-o cat -r",
    "-o cat -a -n 30",
    "-o short -p err",
    "-o short-precise -k",
    "-o short-full -t openim-api",
    "-o short-unix _PID=512",
    "-o cat _PID=512 PRIORITY=3 + _UID=1000",
    "-o cat -g message",
    "-o cat -g ERROR -n 5",
    "-o cat -b -1",
    "-o cat -S 2023-11-14 -U @1700000200",
    "-o with-unit -n 10",
    "-o export",
    "--list-boots",
    "--list-boots -r",
    "-o cat -n +0",
    "-o cat -n +1",
    "-o cat -n +7 -p err",
    "-o cat -n +5 -b -1",
    "-o cat -n +3 -g message",
    "-o cat -n +1000",
    "-n +5 -r",
    "-o cat -n +5 -S 2023-11-14 --no-tail",
];

const API: &str = "openim-api.service";

/// Of runs of units, which 252 does not know.
const QUESTIONS_ON_RUNS: [&str; 24] = [
    "--list-invocations -u openim-api",
    "--list-invocations -u openim-api -r",
    "--list-invocations -u openim-api -n 1",
    "--list-invocations -u openim-api -n +2 -r",
    "--list-invocations -u openim-api -q",
    "--list-invocations -u openim-api -o json",
    "--list-invocations -u openim-push",
    "--list-invocations --user-unit session",
    "--list-invocations -u nothing",
    "--list-invocations -u openim-api -b",
    "--list-invocations -u openim-api -b -1",
    "--list-invocations -u openim-api -S 2030-01-01 -p err",
    "--list-invocations",
    "-I -u openim-api -o cat",
    "-I --user-unit session -o cat",
    "--invocation=-1 -u openim-api -o cat",
    "--invocation=+1 -u openim-api -o cat",
    "--invocation=0 -u openim-api -b -1 -o cat",
    "--invocation=1 -u openim-api -b -o cat",
    "--invocation=77 -u openim-api",
    "--invocation=x -u openim-api",
    "-I",
    "--invocation=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa -o cat",
    "--invocation=77777777777777777777777777777777 -o cat",
];

#[test]
fn journals_of_newer_versions_are_read_as_those_read_them() {
    let roots = crate::missing::named_by("OPENIM_NEWER_ROOTS", "names no root with a newer systemd");
    let Some(roots) = roots else { return };
    let roots: Vec<_> = std::env::split_paths(&roots).collect();
    let differences: Vec<String> = roots.iter().flat_map(|root| differences(root)).collect();
    assert!(differences.is_empty(), "{} differ\n\n{}", differences.len(), differences.join("\n\n"));
}

/// What each version refuses.
#[test]
fn runs_of_several_units_are_listed_unit_by_unit() {
    if !can_be_made() {
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("runs.journal");
    journals::make(&file, &runs(), LAYOUTS[0]);
    let list = |words: &str| {
        let file = file.display().to_string();
        let words = ["--file", &file, "-q", "--list-invocations"].into_iter().chain(words.split_whitespace());
        let text = ours(&Question::new(words), Engine::Native).text();
        text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>()
    };
    let units = ["openim-api.service", "openim-push.service"];
    let of_unit =
        |unit: &str| list(&format!("-u {unit}")).into_iter().map(|line| format!("{line} {unit}")).collect();
    let one_by_one: Vec<Vec<String>> = units.iter().map(|unit| of_unit(unit)).collect();
    assert_eq!(list("-u openim-api -u openim-push"), one_by_one.concat());
    assert!(one_by_one.iter().all(|runs| !runs.is_empty()));
}

fn differences(root: &Path) -> Vec<String> {
    let directory = tempfile::tempdir_in(root.join("tmp")).expect("a directory below the root");
    let export = directory.path().join("export");
    // Titles of windows are cut out by other rules now.
    let all = entries(11, 0, 240).into_iter().filter(|entry| memchr::memmem::find(entry, b"\x1b]").is_none());
    std::fs::write(&export, all.flatten().collect::<Vec<u8>>()).expect("write the export");
    let mut found = Vec::new();
    for layout in LAYOUTS {
        let file = directory.path().join(format!("{}.journal", layout.name));
        make(root, &file, &export, layout);
        found.extend(QUESTIONS.iter().filter_map(|words| difference(root, &file, words)));
    }
    let file = directory.path().join("runs.journal");
    std::fs::write(&export, runs()).expect("write the export");
    make(root, &file, &export, LAYOUTS[0]);
    found.extend(QUESTIONS_ON_RUNS.iter().filter_map(|words| difference(root, &file, words)));
    found
}

/// What the two answer, where that is not the same.
fn difference(root: &Path, file: &Path, words: &str) -> Option<String> {
    let file = file.display().to_string();
    let question = Question::new(["--file", &file].into_iter().chain(words.split_whitespace()));
    let theirs = ask(inside(root, "journalctl"), &question.below(root)).without_lines("__SEQNUM");
    let difference = theirs.difference(&ours(&question, Engine::Native), question.compared(Engine::Native));
    difference.map(|text| format!("{}\n{text}", question.line()))
}

/// So many of the entries of runs are of the first boot.
const BEFORE_THE_BOOT: u64 = 11;

/// Entries of units that were started several times, and what systemd and others wrote about them.
fn runs() -> Vec<u8> {
    let run = |letter: &str| letter.repeat(32);
    let own = |unit: &'static str, letter| {
        vec![
            ("_SYSTEMD_UNIT", unit.to_owned()),
            ("_SYSTEMD_INVOCATION_ID", run(letter)),
            ("_PID", "5".to_owned()),
        ]
    };
    let about = |unit: &'static str, letter| {
        let own = [
            ("_PID", "1"),
            ("_SYSTEMD_UNIT", "init.scope"),
            ("_SYSTEMD_CGROUP", "/init.scope"),
            ("UNIT", unit),
        ];
        let own = own.map(|(name, value)| (name, value.to_owned()));
        own.into_iter().chain([("INVOCATION_ID", run(letter))]).collect()
    };
    let of_object = vec![("OBJECT_SYSTEMD_UNIT", API.to_owned()), ("OBJECT_SYSTEMD_INVOCATION_ID", run("c"))];
    let of_manager = vec![
        ("_SYSTEMD_UNIT", "user@0.service".to_owned()),
        ("_SYSTEMD_INVOCATION_ID", run("9")),
        ("USER_UNIT", "session.service".to_owned()),
        ("USER_INVOCATION_ID", run("f")),
    ];
    let of_user =
        vec![("_SYSTEMD_USER_UNIT", "session.service".to_owned()), ("_SYSTEMD_INVOCATION_ID", run("f"))];
    let entries = [
        about(API, "a"),
        own(API, "a"),
        own(API, "a"),
        about(API, "a"),
        own("openim-push.service", "b"),
        about(API, "c"),
        own(API, "c"),
        of_object,
        own("openim-push.service", "b"),
        // It is still there while the next run has begun, and nothing of the one between is behind it.
        about(API, "d"),
        own(API, "c"),
        // Here another boot begins.
        about(API, "e"),
        of_manager,
        of_user,
    ];
    let with_rest = |(number, fields): (u64, Vec<(&'static str, String)>)| {
        let mut fields: Vec<_> = fields.into_iter().map(|(name, value)| (name, value.into_bytes())).collect();
        fields.extend([("MESSAGE", format!("message {number}").into_bytes()), ("_UID", b"0".to_vec())]);
        let boot = BOOTS[usize::from(number > BEFORE_THE_BOOT)];
        entry(BEGIN + number * 1_000_000, number * 1_000_000, boot, &fields)
    };
    (1..).zip(entries).flat_map(with_rest).collect()
}

fn make(root: &Path, file: &Path, export: &Path, layout: Layout) {
    let outside = |path: &Path| Path::new("/").join(path.strip_prefix(root).expect("it is below the root"));
    let status = inside(root, REMOTE)
        .env("SYSTEMD_JOURNAL_COMPACT", layout.compact)
        .env("SYSTEMD_JOURNAL_KEYED_HASH", layout.keyed)
        .env("SYSTEMD_JOURNAL_COMPRESS", layout.compress)
        .arg("-o")
        .args([outside(file), outside(export)])
        .output()
        .expect("it starts");
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stderr));
}

/// A program of another root, which sees its own processes only.
fn inside(root: &Path, program: &str) -> Command {
    let mut command = Command::new("unshare");
    let script = "mount -t proc proc \"$0/proc\" && exec chroot \"$0\" \"$@\"";
    command.args(["--mount", "--pid", "--fork", "sh", "-c", script]).arg(root).arg(program);
    command
}

//! Journals that newer versions of systemd wrote, read by those versions and by us.
//!
//! `OPENIM_NEWER_ROOTS` names root file systems, divided by colons, with systemd and systemd-journal-remote of other
//! versions, as `debootstrap --variant=minbase --include=systemd,systemd-journal-remote trixie DIR` makes them. What
//! they are known to print otherwise is not asked: times in `short-monotonic`, sizes of what cannot be printed, zones
//! in `short-iso` (`+00:00`), the numbers of entries in `export` and `json`, what belongs to a unit.

use std::path::Path;
use std::process::Command;

use super::answer::{ask, ours};
use super::corpus::entries;
use super::journals::{LAYOUTS, Layout, REMOTE};
use super::question::Question;
use openim_ops::journal::Engine;

const QUESTIONS: [&str; 16] = [
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
];

#[test]
fn journals_of_newer_versions_are_read_as_those_read_them() {
    let Some(roots) = std::env::var_os("OPENIM_NEWER_ROOTS") else {
        eprintln!("did not run: OPENIM_NEWER_ROOTS names no root with a newer systemd");
        return;
    };
    let roots: Vec<_> = std::env::split_paths(&roots).collect();
    let differences: Vec<String> = roots.iter().flat_map(|root| differences(root)).collect();
    assert!(differences.is_empty(), "{} differ\n\n{}", differences.len(), differences.join("\n\n"));
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
        for words in QUESTIONS {
            let question = Question::new(
                ["--file", &file.display().to_string()].into_iter().chain(words.split_whitespace()),
            );
            let theirs = ask(inside(root, "journalctl"), &question.below(root)).without_lines("__SEQNUM");
            let difference = theirs.difference(&ours(&question, Engine::Native), question.compared());
            found.extend(difference.map(|text| format!("{}\n{text}", question.line())));
        }
    }
    found
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

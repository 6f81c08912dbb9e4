//! `docs/openim-logs.md` says what can be asked of the logs, each with the command that does it. It is made of the rows
//! here (`make docs`), and each command is run: on a journal in which what it has to show is there, once.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should say where")]

#[path = "../support/journals.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod journals;
mod made;
mod rows;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rows::{Answer, ROWS, Row};

#[test]
fn every_command_of_the_table_shows_what_the_table_says() {
    if !journals::can_be_made() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    made::journal(directory.path());
    let mut wrong = Vec::new();
    for row in ROWS {
        if let Answer::Shows { text, .. } = row.answer {
            let output = asked(row.command, directory.path());
            if !output.contains(text) || row.hides.is_some_and(|text| output.contains(text)) {
                wrong.push(format!("{}\n$ {}\n{output}", row.question, row.command));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_shown_elsewhere_is_shown_there() {
    for row in ROWS {
        if let Answer::ShownIn(file) = row.answer {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(!text.is_empty(), "{}: there is no {file}", row.question);
            let options = row.command.split(' ').filter(|word| word.starts_with('-'));
            for option in options.filter_map(|option| option.split('=').next()) {
                assert!(text.contains(option), "{}: no {option} in {file}", row.question);
            }
        }
    }
}

#[test]
fn the_document_is_made_of_the_rows() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openim-logs.md");
    let text = document();
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), text, "stale, run `make docs`");
}

/// What a command of the table prints of the journal that was made; one that follows is ended with its first line.
fn asked(command: &str, journal: &Path) -> String {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_openim-logs"));
    let path = format!("{}:/usr/bin:/bin", program.parent().unwrap().display());
    let follows = command.ends_with(" -f");
    let cut = if follows { " | head -n 1" } else { "" };
    let line = format!("{command} -D '{}'{cut}", journal.display());
    let output = Command::new("sh")
        .args(["-c", &line])
        .env_clear()
        .env("PATH", path)
        .env("TZ", "UTC")
        .current_dir("/")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn document() -> String {
    let mut text = "\
# What openim-logs answers

Made by `make docs` from `tests/logs_features/rows.rs`, whose tests run each command on a journal. `openim-logs journal`
is journalctl's face: its letters, meanings and bytes. The rest is OpenIM's, which knows services, levels and requests.

| question | openim-logs | command |
| --- | --- | --- |
"
    .to_owned();
    for row in ROWS {
        let _ = writeln!(text, "| {} | {} | {} |", row.question, cell(row), command(row));
    }
    text.push_str("\nLeft out:\n\n");
    for row in ROWS {
        if let Answer::LeftOut(reason) = row.answer {
            let _ = writeln!(text, "- {}: {reason}", row.question);
        }
    }
    text
}

fn cell(row: &Row) -> String {
    match row.answer {
        Answer::Shows { but: "", .. } | Answer::ShownIn(_) => "yes".to_owned(),
        Answer::Shows { but, .. } => format!("yes; {but}"),
        Answer::LeftOut(_) => "no".to_owned(),
    }
}

fn command(row: &Row) -> String {
    let pipes = row.command.replace('|', "\\|");
    match row.answer {
        Answer::Shows { .. } => format!("`{pipes}`"),
        Answer::ShownIn(file) => format!("`{pipes}` ([run here](../{file}))"),
        Answer::LeftOut(_) => String::new(),
    }
}

//! `docs/openim-logs.md` says what can be asked of the logs, each with the command that does it. It is made of the rows
//! here (`make docs`), and each command is run: on a journal in which what it has to show is there, once.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should say where")]

#[path = "../support/journals.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod journals;
mod made;
#[path = "../support/missing.rs"]
mod missing;
#[path = "../support/program.rs"]
mod program;
mod rows;
mod scenes;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use made::Made;
use rows::{Answer, ROWS, Row};

#[test]
fn every_command_of_the_table_shows_what_the_table_says() {
    if !journals::can_be_made() {
        return;
    }
    let made = Made::new();
    let mut wrong = Vec::new();
    for row in ROWS {
        if let Answer::Shows { text, .. } = row.answer {
            let output = asked(row.command, &made);
            if !output.contains(text) || row.hides.is_some_and(|text| output.contains(text)) {
                wrong.push(format!("{}\n$ {}\n{output}", row.question, row.command));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_command_that_needs_more_than_itself_is_run_with_it() {
    if !journals::can_be_made() {
        return;
    }
    let made = Made::new();
    let acts = |row: &Row| if let Answer::Acts(scene) = row.answer { scene(&made).err() } else { None };
    let wrong: Vec<String> = ROWS
        .iter()
        .filter_map(|row| Some(format!("{}\n$ {}\n{}", row.question, row.command, acts(row)?)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_built_elsewhere_is_built_in_every_run() {
    let read = |file: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        std::fs::read_to_string(&path).unwrap_or_default()
    };
    for row in ROWS {
        if let Answer::BuiltBy(file) = row.answer {
            assert!(read(file).contains("--bins"), "{}: {file} builds no commands", row.question);
            let target = row.command.strip_prefix("make ").unwrap_or_default();
            assert!(read("Makefile").contains(&format!("\n{target}:")), "{}: no such target", row.question);
            let runs = read(".ci/run") + &read("Makefile");
            assert!(runs.contains(file), "{}: nobody runs {file}", row.question);
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

/// What a command of the table prints of what was made; one that follows is ended with its first line.
fn asked(command: &str, made: &Made) -> String {
    let places = [("ROOT", made.root()), ("SYSTEM", made.system()), ("FILE", made.lines())];
    let mut named = false;
    // A place is a word, or stands behind an option's `=`.
    let words = command.split(' ').map(|word| {
        let (option, value) = word.split_once('=').map_or(("", word), |(option, value)| (option, value));
        let place = places.iter().find(|(name, _)| *name == value);
        named |= place.is_some();
        match place {
            Some((_, path)) if option.is_empty() => format!("'{}'", path.display()),
            Some((_, path)) => format!("{option}='{}'", path.display()),
            None => word.to_owned(),
        }
    });
    let mut line = words.collect::<Vec<_>>().join(" ");
    if !named {
        let _ = write!(line, " -D '{}'", made.journal().display());
    }
    if command.ends_with(" -f") {
        line.push_str(" | head -n 1");
    }
    let output = shell(&line).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// A line for the shell, with our commands in its path.
fn shell(line: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", line]).env_clear().env("PATH", search_path()).env("TZ", "UTC");
    command.current_dir("/").stdin(Stdio::null());
    command
}

fn search_path() -> String {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_openim-logs"));
    format!("{}:/usr/bin:/bin", program.parent().unwrap().display())
}

fn document() -> String {
    let mut text = "\
# What openim-logs answers

Made by `make docs` from `tests/logs_features/rows.rs`, whose tests run each command and look at what it prints: on a
journal, or on `ROOT`, OpenIM's directory, `SYSTEM`, another system's root, and `FILE`, a file of lines. `openim-logs journal`
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
        Answer::Shows { but: "", .. } | Answer::Acts(_) | Answer::BuiltBy(_) => "yes".to_owned(),
        Answer::Shows { but, .. } => format!("yes; {but}"),
        Answer::LeftOut(_) => "no".to_owned(),
    }
}

fn command(row: &Row) -> String {
    let pipes = row.command.replace('|', "\\|");
    match row.answer {
        Answer::Shows { .. } | Answer::Acts(_) => format!("`{pipes}`"),
        Answer::BuiltBy(file) => format!("`{pipes}` ([built here](../{file}))"),
        Answer::LeftOut(_) => String::new(),
    }
}

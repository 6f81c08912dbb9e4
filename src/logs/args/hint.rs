//! What is journalctl's and not of this face: the usage error names the command line of the other face that has it.
//!
//! ```text
//! error: unexpected argument '--list-boots' found
//!
//!   tip: as journalctl has it: openim-logs journal --list-boots -u openim-api
//! ```

use std::ffi::OsString;
use std::fmt;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory as _};

use super::order::{JOURNAL, find_verb, takes_the_next};
use super::words::{Selector, parse_lines, parse_selector};
use crate::journal::boot::BootWanted;
use crate::journal::output::Format;
use crate::journalctl::args::Args as Journalctl;
use crate::openim::service::Service;

/// The same error; where journalctl has what was refused, with a tip.
pub(super) fn with_hint(mut error: clap::Error, words: &[OsString], ours: &Command) -> clap::Error {
    if let Some(line) = journals_line(&error, words, ours) {
        // What is spelled nearly so is not what is meant.
        error.remove(ContextKind::SuggestedArg);
        error.remove(ContextKind::SuggestedValue);
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![line.to_string().into()]));
    }
    error
}

/// The words for the other face, if what was refused is journalctl's; and those that it does not have.
fn journals_line(error: &clap::Error, words: &[OsString], ours: &Command) -> Option<Line> {
    // A verb's answer is no matter of journalctl's.
    if find_verb(words, ours).is_some() {
        return None;
    }
    let theirs = Journalctl::command();
    let refused = text_of(error, ContextKind::InvalidArg)?;
    if error.kind() != ErrorKind::UnknownArgument || !is_option_of(&theirs, refused) {
        return None;
    }
    let words = words.iter().skip(1).map(|word| word.to_str()).collect::<Option<Vec<_>>>()?;
    let line = divide(&words, ours, &theirs)?;
    let program = std::iter::once(JOURNAL.to_owned());
    let is_read = Journalctl::read(program.chain(line.words.iter().cloned()).map(OsString::from)).is_ok();
    Some(if is_read { line } else { Line { words: vec![refused.to_owned()], without: Vec::new() } })
}

/// A command line of the other face.
#[derive(Default)]
struct Line {
    words: Vec<String>,
    /// What it does not have.
    without: Vec<String>,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written = |words: &[String]| words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
        if self.without.is_empty() {
            write!(f, "as journalctl has it: openim-logs {JOURNAL} {}", written(&self.words))
        } else {
            let (without, words) = (written(&self.without), written(&self.words));
            write!(f, "as journalctl has it, who knows no {without}: openim-logs {JOURNAL} {words}")
        }
    }
}

fn text_of(error: &clap::Error, kind: ContextKind) -> Option<&str> {
    if let Some(ContextValue::String(text)) = error.get(kind) { Some(text) } else { None }
}

fn is_option_of(command: &Command, option: &str) -> bool {
    command.get_arguments().any(|arg| match option.strip_prefix("--") {
        Some(name) => arg.get_long_and_visible_aliases().is_some_and(|names| names.contains(&name)),
        None => arg.get_short().is_some_and(|letter| option.strip_prefix('-') == Some(&letter.to_string())),
    })
}

/// The words with units instead of services, as journalctl knows no others, and without what is ours alone; it does not
/// read standard input.
fn divide(words: &[&str], ours: &Command, theirs: &Command) -> Option<Line> {
    let mut line = Line::default();
    let mut words = words.iter().peekable();
    while let Some(&word) = words.next() {
        if word.starts_with('-') && word.len() > 1 {
            let name = word.split('=').next().unwrap_or(word);
            let is_theirs =
                word.starts_with("--") && is_option_of(theirs, name) || has_letters_of(theirs, word);
            let takes = if is_theirs { takes_the_next(word, theirs) } else { takes_the_next(word, ours) };
            let value = if takes { words.next() } else { words.next_if(|next| may_follow(word, next)) };
            // What is a format or a directory there is another one here.
            let means_the_same = match (name, value) {
                ("-o" | "--output", Some(form)) => Format::from_name(form).is_some(),
                ("--root", _) => false,
                (_, _) => true,
            };
            let part = if is_theirs && means_the_same { &mut line.words } else { &mut line.without };
            part.push(word.to_owned());
            part.extend(value.map(|&value| value.to_owned()));
            continue;
        }
        let mut units = |units: Vec<String>| {
            line.words.extend(units.into_iter().flat_map(|unit| ["-u".to_owned(), unit]));
        };
        match parse_selector(word) {
            Some(Selector::Stdin) => return None,
            Some(Selector::Service(service, instance)) => units(vec![unit_of(service, instance)]),
            Some(Selector::Group(group)) => {
                units(group.services().map(|service| unit_of(service, None)).collect());
            }
            Some(Selector::Term(_)) | None => line.words.push(word.to_owned()),
        }
    }
    Some(line)
}

/// Whether a word is the value of an option that may stand without one.
fn may_follow(option: &str, word: &str) -> bool {
    match option {
        "-b" | "--boot" | "--this-boot" => BootWanted::parse(word).is_some(),
        "-n" | "--lines" => parse_lines(word).is_ok(),
        _ => false,
    }
}

/// Whether the first letter of a word is an option: behind one that takes a value, the rest is that value.
fn has_letters_of(command: &Command, word: &str) -> bool {
    word.chars().nth(1).is_some_and(|letter| is_option_of(command, &format!("-{letter}")))
}

fn unit_of(service: Service, instance: Option<u32>) -> String {
    let name = service.binary();
    match instance {
        Some(number) if service.runs_several() => format!("{name}@{number}"),
        None if service.runs_several() => format!("{name}*"),
        Some(_) | None => name.to_owned(),
    }
}

/// A word as the shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_=+:,./@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use crate::logs::args::Args;

    fn tip(line: &str) -> Option<String> {
        let error = Args::read(line.split('|').map(Into::into)).unwrap_err().to_string();
        let tip = error.lines().find_map(|line| line.trim().strip_prefix("tip: as journalctl has it"))?;
        Some(tip.to_owned())
    }

    #[test]
    fn what_journalctl_has_is_named_with_the_same_words() {
        for (typed, meant) in [
            ("x|--header", "openim-logs journal --header"),
            ("x|-b|-1|-p|err|--list-boots", "openim-logs journal -b -1 -p err --list-boots"),
            ("x|-N|push", "openim-logs journal -N -u 'openim-push*'"),
            ("x|push#3|-N", "openim-logs journal -u openim-push@3 -N"),
            ("x|--facility|kern|-D|/j|-N", "openim-logs journal --facility kern -D /j -N"),
            ("x|-N", "openim-logs journal -N"),
            ("x|-F|_PID|api", "openim-logs journal -F _PID -u openim-api"),
            ("x|-o|short-iso|-g|it's|-N", r"openim-logs journal -o short-iso -g 'it'\''s' -N"),
            ("x|-N|--user-unit|x|_PID=1|+|/bin/sh", "openim-logs journal -N --user-unit x _PID=1 + /bin/sh"),
        ] {
            assert_eq!(tip(typed).as_deref(), Some(format!(": {meant}").as_str()), "{typed}");
        }
    }

    #[test]
    fn what_is_ours_alone_is_left_out_and_said_and_the_rest_stays() {
        for (typed, meant) in [
            (
                "x|-L|error|--file|/j|--list-boots",
                ", who knows no -L error: openim-logs journal --file /j --list-boots",
            ),
            (
                "x|-Lerror|-S|today|-N|-o|openim",
                ", who knows no -Lerror -o openim: openim-logs journal -S today -N",
            ),
            (
                "x|--level=error|-N|--root|/o",
                ", who knows no --level=error --root /o: openim-logs journal -N",
            ),
        ] {
            assert_eq!(tip(typed).as_deref(), Some(meant), "{typed}");
        }
    }

    #[test]
    fn what_nobody_has_and_what_a_verb_is_asked_gets_no_such_tip() {
        for line in ["x|--nothing", "x|-o|xml", "x|-n|many", "x|usr", "x|stats|-N", "x|-|-N"] {
            assert_eq!(tip(line), None, "{line}");
        }
    }
}

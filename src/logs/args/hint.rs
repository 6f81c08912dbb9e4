//! What is journalctl's and not of this face: the usage error names the command line of the other face that has it.
//!
//! ```text
//! error: unexpected argument '-b' found
//!
//!   tip: as journalctl has it: openim-logs journal -b -u openim-api
//! ```

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory as _};

use super::order::{JOURNAL, find_verb, takes_the_next};
use super::words::{Selector, parse_selector};
use crate::journal::output::Format;
use crate::journalctl::args::Args as Journalctl;
use crate::openim::service::Service;

/// The same error; where journalctl has what was refused, with a tip.
pub(super) fn with_hint(mut error: clap::Error, words: &[OsString], ours: &Command) -> clap::Error {
    if let Some(line) = journals_line(&error, words, ours) {
        // What is spelled nearly so is not what is meant.
        error.remove(ContextKind::SuggestedArg);
        error.remove(ContextKind::SuggestedValue);
        let tip = format!("as journalctl has it: openim-logs {JOURNAL} {line}");
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error
}

/// The words for the other face, if what was refused is journalctl's.
fn journals_line(error: &clap::Error, words: &[OsString], ours: &Command) -> Option<String> {
    // A verb's answer is no matter of journalctl's.
    if find_verb(words, ours).is_some() {
        return None;
    }
    let theirs = Journalctl::command();
    let refused = refused_words(error, &theirs)?;
    let words = words.iter().skip(1).map(|word| word.to_str()).collect::<Option<Vec<_>>>()?;
    let all = with_units(&words, &theirs)?;
    let program = std::iter::once(JOURNAL.to_owned());
    let reads_all = Journalctl::read(program.chain(all.iter().cloned()).map(OsString::from)).is_ok();
    let words = if reads_all { all } else { refused };
    Some(words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "))
}

/// What was refused, where journalctl has it: an option, a format, or the first so many lines.
fn refused_words(error: &clap::Error, theirs: &Command) -> Option<Vec<String>> {
    let option = text_of(error, ContextKind::InvalidArg)?;
    if error.kind() == ErrorKind::UnknownArgument {
        return is_option_of(theirs, option).then(|| vec![option.to_owned()]);
    }
    let value = text_of(error, ContextKind::InvalidValue)?;
    let short = if option.starts_with("--output ") && Format::from_name(value).is_some() {
        "-o"
    } else if option.starts_with("--lines ") && is_count_from_the_first(value) {
        "-n"
    } else {
        return None;
    };
    Some(vec![short.to_owned(), value.to_owned()])
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

/// `+20`: the first twenty.
fn is_count_from_the_first(value: &str) -> bool {
    value.strip_prefix('+').is_some_and(|count| count.parse::<u64>().is_ok())
}

/// The words with units instead of services, as journalctl knows no others; it does not read standard input.
fn with_units(words: &[&str], theirs: &Command) -> Option<Vec<String>> {
    let mut written = Vec::new();
    let mut words = words.iter();
    while let Some(&word) = words.next() {
        if takes_the_next(word, theirs) {
            written.push(word.to_owned());
            written.extend(words.next().map(|&value| value.to_owned()));
            continue;
        }
        let mut units = |units: Vec<String>| {
            written.extend(units.into_iter().flat_map(|unit| ["-u".to_owned(), unit]));
        };
        match parse_selector(word) {
            Some(Selector::Stdin) => return None,
            Some(Selector::Service(service, instance)) => units(vec![unit_of(service, instance)]),
            Some(Selector::Group(group)) => {
                units(group.services().map(|service| unit_of(service, None)).collect());
            }
            Some(Selector::Match { .. }) | None => written.push(word.to_owned()),
        }
    }
    Some(written)
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
        let tip = error.lines().find_map(|line| line.trim().strip_prefix("tip: as journalctl has it: "))?;
        Some(tip.to_owned())
    }

    #[test]
    fn what_journalctl_has_is_named_with_the_same_words() {
        for (typed, meant) in [
            ("x|-b", "openim-logs journal -b"),
            ("x|-b|-1|-p|err", "openim-logs journal -b -1 -p err"),
            ("x|-k|-f", "openim-logs journal -k -f"),
            ("x|-t|openim-api|-n|5", "openim-logs journal -t openim-api -n 5"),
            ("x|-T|cron|api", "openim-logs journal -T cron -u openim-api"),
            ("x|-e|push", "openim-logs journal -e -u 'openim-push*'"),
            ("x|push#3|-m", "openim-logs journal -u openim-push@3 -m"),
            ("x|--cursor|s=1;i=2", "openim-logs journal --cursor 's=1;i=2'"),
            ("x|--after-cursor=s=1", "openim-logs journal --after-cursor=s=1"),
            ("x|--cursor-file|/tmp/c", "openim-logs journal --cursor-file /tmp/c"),
            ("x|--show-cursor", "openim-logs journal --show-cursor"),
            ("x|-n|+5", "openim-logs journal -n +5"),
            ("x|-o|short-iso|-g|it's", r"openim-logs journal -o short-iso -g 'it'\''s'"),
            ("x|-o|verbose|_PID=1", "openim-logs journal -o verbose _PID=1"),
        ] {
            assert_eq!(tip(typed).as_deref(), Some(meant), "{typed}");
        }
    }

    #[test]
    fn beside_what_is_ours_alone_only_the_refused_words_are_named() {
        assert_eq!(tip("x|-L|error|-b").as_deref(), Some("openim-logs journal -b"));
        assert_eq!(tip("x|-L|error|-o|export").as_deref(), Some("openim-logs journal -o export"));
    }

    #[test]
    fn what_nobody_has_and_what_a_verb_is_asked_gets_no_such_tip() {
        for line in ["x|--nothing", "x|-o|xml", "x|-n|many", "x|usr", "x|stats|-b", "x|-|-b"] {
            assert_eq!(tip(line), None, "{line}");
        }
    }
}

//! The verb may stand behind options and services (`-q panics`, `api errors`): it is put in front, where clap reads it.

use std::ffi::OsString;

use clap::{Arg, Command};

/// The verb that is a face of its own: what stands before it is not for it.
pub(super) const JOURNAL: &str = "journal";

/// The same words with the verb first, if there is one. What an option takes is no verb (`-g top`).
pub(super) fn verb_first(words: Vec<OsString>, command: &Command) -> Vec<OsString> {
    let Some(at) = find_verb(&words, command) else { return words };
    let mut words = words;
    if let Some(slice) = words.get_mut(1..=at) {
        slice.rotate_right(1);
    }
    words
}

/// Where the verb stands, if there is one.
pub(super) fn find_verb(words: &[OsString], command: &Command) -> Option<usize> {
    let is_verb =
        |word: &str| word != JOURNAL && command.get_subcommands().any(|known| known.get_name() == word);
    let mut rest = words.iter().enumerate().skip(1);
    while let Some((at, word)) = rest.next() {
        let word = word.to_str()?;
        if word == "--" {
            return None;
        }
        if takes_the_next(word, command) {
            rest.next();
        } else if is_verb(word) {
            return Some(at);
        }
    }
    None
}

/// Whether a word is an option, or ends with one, whose value is the word behind it.
pub(super) fn takes_the_next(word: &str, command: &Command) -> bool {
    let takes = |arg: &Arg| arg.get_action().takes_values() && !arg.is_require_equals_set();
    if let Some(name) = word.strip_prefix("--") {
        return command.get_arguments().any(|arg| arg.get_long() == Some(name) && takes(arg));
    }
    let Some(letters) = word.strip_prefix('-') else { return false };
    // Behind a letter that takes a value, the rest of the word is that value.
    let mut letters = letters.chars();
    let taking = letters
        .find(|&letter| command.get_arguments().any(|arg| arg.get_short() == Some(letter) && takes(arg)));
    taking.is_some() && letters.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::args::command;

    fn ordered(line: &str) -> String {
        let words = verb_first(line.split(' ').map(Into::into).collect(), &command());
        words.iter().map(|word| word.to_str().unwrap()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_verb_behind_options_and_services_comes_first() {
        for (typed, meant) in [
            ("x -q panics", "x panics -q"),
            ("x --since today errors -n 5", "x errors --since today -n 5"),
            ("x --since=today api errors", "x errors --since=today api"),
            ("x -qL warn top", "x top -qL warn"),
            ("x -Lwarn -q trace op-1", "x trace -Lwarn -q op-1"),
        ] {
            assert_eq!(ordered(typed), meant);
        }
    }

    #[test]
    fn what_an_option_takes_and_what_follows_two_dashes_is_no_verb() {
        for line in [
            "x -g top",
            "x -qg top api",
            "x --grep top",
            "x -- top",
            "x api",
            "x top -g stats",
            "x -q journal",
        ] {
            assert_eq!(ordered(line), line);
        }
    }
}

//! The verb may stand behind options and services (`-q panics`, `api errors`): it is put in front, where clap reads it,
//! and with it the word that it needs (`api trace op-1`).

use std::ffi::OsString;

use clap::{Arg, Command};

/// The verb that is a face of its own: what stands before it is not for it.
pub(super) const JOURNAL: &str = "journal";

/// The same words with the verb first, if there is one. What an option takes is no verb (`-g top`).
pub(super) fn verb_first(words: Vec<OsString>, command: &Command) -> Vec<OsString> {
    let Some(at) = find_verb(&words, command) else { return words };
    let needs_object = needs_object(&words, at, command);
    let object = plain_words(&words, at + 1, command).next().map(|(at, _)| at).filter(|_| needs_object);
    // The word may be behind two dashes, and who asks for help does not know it yet.
    let names_it_not = |word: &OsString| word == "--" || word == "-h" || word == "--help";
    if needs_object && object.is_none() && !words.iter().any(names_it_not) {
        // So that no service before the verb is taken for it.
        return vec![words[0].clone(), words[at].clone()];
    }
    let mut words = words;
    let mut move_to = |to: usize, from: usize| {
        if let Some(slice) = words.get_mut(to..=from) {
            slice.rotate_right(1);
        }
    };
    move_to(1, at);
    if let Some(object) = object {
        move_to(2, object);
    }
    words
}

/// Whether the verb needs a word before any service: the first behind it that is no option's.
fn needs_object(words: &[OsString], verb: usize, command: &Command) -> bool {
    let is_needed = |verb: &Command| verb.get_positionals().next().is_some_and(Arg::is_required_set);
    words.get(verb).and_then(|verb| command.find_subcommand(verb)).is_some_and(is_needed)
}

/// Where the verb stands, if there is one.
pub(super) fn find_verb(words: &[OsString], command: &Command) -> Option<usize> {
    let is_verb =
        |word: &str| word != JOURNAL && command.get_subcommands().any(|known| known.get_name() == word);
    plain_words(words, 1, command).find(|(_, word)| is_verb(word)).map(|(at, _)| at)
}

/// The words from there on, as far as they can be read, that are neither an option nor the value of one.
fn plain_words<'w>(
    words: &'w [OsString],
    from: usize,
    command: &'w Command,
) -> impl Iterator<Item = (usize, &'w str)> {
    let mut rest = words.iter().enumerate().skip(from);
    std::iter::from_fn(move || {
        loop {
            let (at, word) = rest.next()?;
            let word = word.to_str().filter(|word| *word != "--")?;
            if takes_the_next(word, command) {
                rest.next();
            } else if !word.starts_with('-') {
                return Some((at, word));
            }
        }
    })
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
            ("x -Lwarn -q trace op-1", "x trace op-1 -Lwarn -q"),
            ("x api trace op-1", "x trace op-1 api"),
            ("x - trace -o json op-1 push", "x trace op-1 - -o json push"),
            ("x api trace", "x trace"),
            ("x api trace -- -1", "x trace api -- -1"),
            ("x trace --help", "x trace --help"),
            ("x -h trace", "x trace -h"),
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

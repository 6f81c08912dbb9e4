//! What a wrong command line gets: a message that names the nearest right word, and the exit code for it.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command};

use crate::exit::Exit;

/// Prints what the argument parser has to say. Help and version are errors to it, but are none.
#[must_use]
pub fn report(error: &clap::Error) -> Exit {
    let exit = if error.use_stderr() { Exit::Usage } else { Exit::Ok };
    // Where nobody reads help, nobody needs a failure for it; wrong usage is told by the exit code anyway.
    drop(error.print());
    exit
}

/// The message for a word that is none of those wanted, with the nearest of them.
pub fn unknown_word(command: &Command, arg: Option<&Arg>, value: &str, words: &[&str]) -> clap::Error {
    let mut error = clap::Error::new(ErrorKind::InvalidValue).with_cmd(command);
    if let Some(arg) = arg {
        error.insert(ContextKind::InvalidArg, ContextValue::String(arg.to_string()));
    }
    error.insert(ContextKind::InvalidValue, ContextValue::String(value.to_owned()));
    error.insert(
        ContextKind::ValidValue,
        ContextValue::Strings(words.iter().map(ToString::to_string).collect()),
    );
    if let Some(nearest) = nearest(value, words) {
        error.insert(ContextKind::SuggestedValue, ContextValue::String(nearest.to_owned()));
    }
    error
}

/// The word that takes the fewest edits, if these are few for its length. A word's last part counts as the word:
/// `usr` is near `rpc-user`.
pub(crate) fn nearest<'w>(text: &str, words: &[&'w str]) -> Option<&'w str> {
    let text = text.split('#').next().unwrap_or(text);
    let text = text.strip_prefix("openim-").unwrap_or(text);
    words
        .iter()
        .map(|word| {
            let part = word.strip_prefix("rpc-").unwrap_or(word);
            (edits(text, word).min(edits(text, part)), *word)
        })
        .min()
        .filter(|(edits, word)| *edits <= 1 + word.len() / 4)
        .map(|(_, word)| word)
}

/// How many letters must be put in, left out, changed, or exchanged with their neighbour.
fn edits(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before = vec![0; b.len() + 1];
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut next = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let change = row[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            next[j] = change.min(row[j] + 1).min(next[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                next[j] = next[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut row, next);
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openim::service::Service;

    #[test]
    fn the_nearest_name_is_found_and_nonsense_finds_none() {
        let names: Vec<&str> = Service::ALL.into_iter().map(Service::short).collect();
        assert_eq!(nearest("apii", &names), Some("api"));
        assert_eq!(nearest("msgtranfer", &names), Some("msgtransfer"));
        assert_eq!(nearest("usr", &names), Some("rpc-user"));
        assert_eq!(nearest("openim-rpc-usr", &names), Some("rpc-user"));
        assert_eq!(nearest("kubernetes", &names), None);
    }

    #[test]
    fn edits_are_counted_as_people_make_them() {
        assert_eq!(edits("", "api"), 3);
        assert_eq!(edits("aip", "api"), 1);
        assert_eq!(edits("push", "push"), 0);
        assert_eq!(edits("kitten", "sitting"), 3);
    }
}

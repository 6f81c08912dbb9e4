//! Words as getopt reads them, written out so that the argument parser reads the same: bundled letters, names that are
//! cut short, values that stand in the same or in the next word, whatever these begin with, and values that may be left
//! out.
//!
//! ```text
//! -fn 20 -u api --sin=-1h     →     -f --lines=20 --unit=api --since=-1h
//! ```

use std::ffi::OsString;
use std::iter::Peekable;

use clap::{Arg, Command};

/// Whether a word is the value of an option that may stand without one.
pub(super) type Belongs = fn(option: &str, word: &str) -> bool;

/// Writes the words out. The first is the program's name.
pub(super) fn write_out(
    command: &Command,
    words: impl Iterator<Item = OsString>,
    belongs: Belongs,
) -> Vec<OsString> {
    let mut words = words.peekable();
    let mut written: Vec<OsString> = words.next().into_iter().collect();
    while let Some(word) = words.next() {
        match word.to_str() {
            Some("--") => {
                written.push(word);
                written.extend(words);
                break;
            }
            Some(text) if text.starts_with("--") => {
                let named = long(command, text, &mut words, belongs);
                written.push(named.unwrap_or(word));
            }
            Some(text) if text.starts_with('-') && text.len() > 1 => {
                letters(command, &text[1..], &mut words, belongs, &mut written);
            }
            Some(_) | None => written.push(word),
        }
    }
    written
}

/// What stands behind an option.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Value {
    None,
    Optional,
    Required,
}

fn value_of(arg: &Arg) -> Value {
    let takes = arg.get_action().takes_values();
    let may_be_absent = arg.get_num_args().is_some_and(|count| count.min_values() == 0);
    match (takes, may_be_absent) {
        (false, _) => Value::None,
        (true, true) => Value::Optional,
        (true, false) => Value::Required,
    }
}

/// `None` where no option is called so.
fn long(
    command: &Command,
    text: &str,
    words: &mut Peekable<impl Iterator<Item = OsString>>,
    belongs: Belongs,
) -> Option<OsString> {
    let typed = text.strip_prefix("--")?;
    let (name, value) = match typed.split_once('=') {
        Some((name, value)) => (name, Some(OsString::from(value))),
        None => (typed, None),
    };
    let (name, arg) = find_long(command, name)?;
    Some(join(&name, value.or_else(|| next_value(arg, &name, words, belongs))))
}

/// The option of that name, or the only one whose name begins so.
fn find_long<'c>(command: &'c Command, name: &str) -> Option<(String, &'c Arg)> {
    let named = |arg: &'c Arg| {
        let names = arg.get_long().into_iter().chain(arg.get_all_aliases().unwrap_or_default());
        names.map(move |long| (long.to_owned(), arg))
    };
    let all = || command.get_arguments().flat_map(named);
    if let Some(exact) = all().find(|(long, _)| long == name) {
        return Some(exact);
    }
    let mut beginning = all().filter(|(long, _)| long.starts_with(name));
    beginning.next().filter(|_| beginning.next().is_none())
}

fn letters(
    command: &Command,
    letters: &str,
    words: &mut Peekable<impl Iterator<Item = OsString>>,
    belongs: Belongs,
    written: &mut Vec<OsString>,
) {
    for (at, letter) in letters.char_indices() {
        let rest = &letters[at + letter.len_utf8()..];
        let arg = command.get_arguments().find(|arg| is_letter_of(arg, letter));
        match arg.map(|arg| (arg, value_of(arg), arg.get_long())) {
            Some((arg, Value::Optional | Value::Required, Some(long))) => {
                let value =
                    if rest.is_empty() { next_value(arg, long, words, belongs) } else { Some(rest.into()) };
                written.push(join(long, value));
                return;
            }
            Some(_) | None => written.push(format!("-{letter}").into()),
        }
    }
}

fn is_letter_of(arg: &Arg, letter: char) -> bool {
    arg.get_short() == Some(letter)
        || arg.get_all_short_aliases().is_some_and(|letters| letters.contains(&letter))
}

fn next_value(
    arg: &Arg,
    name: &str,
    words: &mut Peekable<impl Iterator<Item = OsString>>,
    belongs: Belongs,
) -> Option<OsString> {
    match value_of(arg) {
        Value::None => None,
        Value::Required => words.next(),
        Value::Optional => words.next_if(|word| word.to_str().is_some_and(|word| belongs(name, word))),
    }
}

fn join(long: &str, value: Option<OsString>) -> OsString {
    let mut word = OsString::from(format!("--{long}"));
    if let Some(value) = value {
        word.push("=");
        word.push(value);
    }
    word
}

#[cfg(test)]
mod tests {
    use clap::ArgAction;

    use super::*;

    fn written(line: &str) -> String {
        let option = |long: &'static str, letter| Arg::new(long).long(long).short(letter);
        let command = Command::new("x")
            .arg(option("follow", 'f').action(ArgAction::SetTrue))
            .arg(option("unit", 'u').alias("unite"))
            .arg(option("since", 'S'))
            .arg(option("lines", 'n').num_args(0..=1).require_equals(true));
        let is_number: Belongs = |_, word| word.parse::<u64>().is_ok();
        let words = std::iter::once("x").chain(line.split_whitespace()).map(OsString::from);
        let words = write_out(&command, words, is_number);
        words[1..].join(" ".as_ref()).into_string().unwrap()
    }

    #[test]
    fn bundled_letters_and_values_in_the_same_or_the_next_word() {
        assert_eq!(written("-fn 20 -u api -S -1h"), "-f --lines=20 --unit=api --since=-1h");
        assert_eq!(written("-fuapi -n20"), "-f --unit=api --lines=20");
        assert_eq!(written("--since -1h --unit=x"), "--since=-1h --unit=x");
    }

    #[test]
    fn a_value_that_may_be_left_out_is_taken_only_where_it_is_one() {
        assert_eq!(written("-n -f"), "--lines -f");
        assert_eq!(written("-n A=1"), "--lines A=1");
        assert_eq!(written("--lines 5 A=1"), "--lines=5 A=1");
        assert_eq!(written("-n"), "--lines");
    }

    #[test]
    fn the_beginning_of_one_name_is_enough() {
        assert_eq!(written("--sin x --foll --li 3"), "--since=x --follow --lines=3");
        assert_eq!(written("--unit x --uni x"), "--unit=x --uni x");
        assert_eq!(written("--sin=x=y --uni=x --li= --foll=x"), "--since=x=y --uni=x --lines= --follow=x");
    }

    #[test]
    fn what_is_no_option_is_left_as_it_is() {
        assert_eq!(written("-fz --nope A=1 - -- -f"), "-f -z --nope A=1 - -- -f");
    }
}

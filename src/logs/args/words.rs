//! What the words of the command line can be: services, formats, levels, counts.

use std::ffi::OsStr;
use std::fmt;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, Command, ValueEnum};

use crate::journal::Engine;
use crate::openim::level::Level;
use crate::openim::service::{Group, Service};
use crate::time::parse_span;
use crate::usage::unknown_word;

/// One word of the first list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// Standard input.
    Stdin,
    /// A service, or one instance of it.
    Service(Service, Option<u32>),
    /// Several services.
    Group(Group),
    /// A field of the journal.
    Match {
        /// Its name.
        field: String,
        /// Its whole value.
        value: String,
    },
}

/// How lines are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// Time, level, service, message, and the keys that matter
    Openim,
    /// As syslog has it, and journalctl
    Short,
    /// The stored text alone, colours and secrets included
    Cat,
    /// The journal's fields, one object a line
    Json,
    /// Time, service, level, request, message and keys, one object a line
    OpenimJson,
}

/// How an answer that is no line is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For people, in eighty columns
    Text,
    /// One object, for programs
    Json,
}

/// Where lines come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum SourceName {
    /// systemd's journal
    Journal,
    /// OpenIM's log directory
    Files,
    /// What running services have as standard output, where it is a file (nohup, supervisord)
    Stdout,
    /// Standard input
    #[value(name = "-")]
    Stdin,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// How many lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lines {
    /// All of them.
    All,
    /// The last so many.
    Last(u64),
}

/// A range of priorities of syslog, the gravest (0) first; both ends are in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Priorities {
    /// The gravest.
    pub from: u8,
    /// The least grave.
    pub to: u8,
}

/// A range of levels; both ends are in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Levels {
    /// The least grave.
    pub from: Level,
    /// The gravest.
    pub to: Level,
}

impl ValueEnum for Engine {
    fn value_variants<'a>() -> &'a [Self] {
        Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()))
    }
}

pub(super) fn parse_lines(text: &str) -> Result<Lines, String> {
    match text {
        "all" => Ok(Lines::All),
        // Rust reads `+5` as 5; to journalctl it is the first five.
        _ if text.starts_with('+') => Err("a number, or all".to_owned()),
        _ => text.parse().map(Lines::Last).map_err(|_| "a number, or all".to_owned()),
    }
}

/// `500ms`, `1.5s`, `2m`: in microseconds.
pub(super) fn parse_duration(text: &str) -> Result<u64, String> {
    parse_span(text).ok_or_else(|| "a time such as 500ms or 2s".to_owned())
}

pub(super) fn parse_priorities(text: &str) -> Result<Priorities, String> {
    let parse = |text: &str| {
        parse_priority(text).ok_or_else(|| {
            format!("{text:?} is no priority: emerg alert crit err warning notice info debug, or 0 to 7")
        })
    };
    let (from, to) = match text.split_once("..") {
        Some((from, to)) => (parse(from)?, parse(to)?),
        None => (0, parse(text)?),
    };
    Ok(Priorities { from: from.min(to), to: from.max(to) })
}

fn parse_priority(text: &str) -> Option<u8> {
    const NAMES: [&str; 8] = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];
    match text.parse() {
        Ok(number) => (number < 8).then_some(number),
        Err(_) => match NAMES.iter().position(|name| *name == text) {
            Some(position) => u8::try_from(position).ok(),
            None => Level::from_name(text.as_bytes()).map(Level::syslog_priority),
        },
    }
}

pub(super) fn parse_levels(text: &str) -> Option<Levels> {
    let parse = |text: &str| {
        let number = text.parse().ok().filter(|number| *number < 8).map(Level::from_syslog_priority);
        number.or_else(|| Level::from_name(text.as_bytes()))
    };
    let (from, to) = match text.split_once("..") {
        Some((from, to)) => (parse(from)?, parse(to)?),
        None => (parse(text)?, Level::Fatal),
    };
    Some(Levels { from: from.min(to), to: from.max(to) })
}

/// The levels as they are typed, in the order of [`Level::ALL`].
pub(super) const LEVELS: [&str; 6] = ["debug", "info", "warn", "error", "panic", "fatal"];

/// Reads a level or a range of them; offers the single ones for completion.
#[derive(Clone)]
pub(super) struct LevelsParser;

impl TypedValueParser for LevelsParser {
    type Value = Levels;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<Levels, clap::Error> {
        let text = value.to_string_lossy();
        parse_levels(&text).ok_or_else(|| unknown_word(command, arg, &text, &LEVELS))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(LEVELS.into_iter().map(PossibleValue::new)))
    }
}

/// Reads a [`Selector`]; offers services and groups for completion.
#[derive(Clone)]
pub(super) struct SelectorParser;

impl TypedValueParser for SelectorParser {
    type Value = Selector;

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Selector, clap::Error> {
        let text = value.to_string_lossy();
        parse_selector(&text).ok_or_else(|| unknown_word(command, arg, &text, &selector_words()))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(selector_words().into_iter().map(PossibleValue::new)))
    }
}

fn selector_words() -> Vec<&'static str> {
    Service::ALL.into_iter().map(Service::short).chain(Group::ALL.into_iter().map(Group::name)).collect()
}

pub(super) fn parse_selector(text: &str) -> Option<Selector> {
    if text == "-" {
        return Some(Selector::Stdin);
    }
    if let Some((field, value)) = text.split_once('=') {
        let names_a_field = !field.is_empty()
            && field.len() <= 64
            && field.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
        return names_a_field.then(|| Selector::Match { field: field.to_owned(), value: value.to_owned() });
    }
    let (name, instance) = match text.split_once('#') {
        Some((name, number)) => (name, Some(number.parse().ok()?)),
        None => (text, None),
    };
    // A unit's name is meant as well.
    let name = name.strip_suffix(".service").unwrap_or(name);
    let group = Group::ALL.into_iter().find(|group| group.name() == name && instance.is_none());
    group
        .map(Selector::Group)
        .or_else(|| Service::from_word(name).map(|service| Selector::Service(service, instance)))
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdin => f.write_str("-"),
            Self::Service(service, None) => write!(f, "{service}"),
            Self::Service(service, Some(instance)) => write!(f, "{service}#{instance}"),
            Self::Group(group) => f.write_str(group.name()),
            Self::Match { field, value } => write!(f, "{field}={value}"),
        }
    }
}

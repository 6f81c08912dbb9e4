//! What the words of the command line can be: services, formats, levels, counts.

use std::ffi::OsStr;
use std::fmt;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, Command, ValueEnum};

use crate::journal::Engine;
use crate::journal::boot::BootWanted;
use crate::journal::invocation::RunWanted;
use crate::journal::output::Format;
use crate::journal::priority::{self, PRIORITIES};
use crate::journal::{facility, terms};
use crate::openim::duration::missing_unit;
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
    /// What entries of the journal are asked, in journalctl's words: a field with its value, the path of a program or
    /// device, or a plus between such.
    Term(String),
}

/// How lines are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Time, level, service, message, and the keys that matter.
    Openim,
    /// Time, service, level, request, message and keys, one object a line.
    OpenimJson,
    /// As journalctl has it.
    Journal(Format),
}

impl Output {
    /// All of them, in the order in which they are offered.
    const ALL: [Self; 18] = {
        let mut all = [Self::Openim; 18];
        all[1] = Self::OpenimJson;
        let mut at = 0;
        while at < Format::ALL.len() {
            all[2 + at] = Self::Journal(Format::ALL[at]);
            at += 1;
        }
        all
    };

    const fn name(self) -> &'static str {
        match self {
            Self::Openim => "openim",
            Self::OpenimJson => "openim-json",
            Self::Journal(format) => format.name(),
        }
    }

    const fn help(self) -> &'static str {
        use Format as F;
        match self {
            Self::Openim => "Time, level, service, message, and the keys that matter",
            Self::OpenimJson => "Time, service, level, request, message and keys, one object a line",
            Self::Journal(format) => match format {
                F::Short => "As syslog has it, and journalctl",
                F::ShortFull => "The same with the day of the week, the year and the zone",
                F::ShortIso => "The same with times of ISO 8601",
                F::ShortIsoPrecise => "The same with times of ISO 8601 and microseconds",
                F::ShortPrecise => "The same with microseconds",
                F::ShortMonotonic => "The same with the time since the boot",
                F::ShortDelta => "The same with the time since the entry before",
                F::ShortUnix => "The same with seconds since 1970",
                F::Verbose => "All fields of the journal's entry, each in a line",
                F::Export => "The stored fields as journald exports them, colours and secrets included",
                F::Json => "The journal's fields, one object a line",
                F::JsonPretty => "The same object over several lines",
                F::JsonSse => "The same object as a server-sent event",
                F::JsonSeq => "The same object in a JSON text sequence",
                F::Cat => "The stored text alone, colours and secrets included",
                F::WithUnit => "As short-full, with the unit instead of the identifier",
            },
        }
    }

    /// Whether it shows what journald stored, byte for byte.
    #[must_use]
    pub const fn keeps_bytes(self) -> bool {
        matches!(self, Self::Journal(Format::Cat | Format::Export))
    }

    /// Whether only records are printed, without remarks between them: another program reads it.
    #[must_use]
    pub const fn is_for_programs(self) -> bool {
        match self {
            Self::Openim => false,
            Self::OpenimJson => true,
            Self::Journal(format) => format.is_for_programs(),
        }
    }

    /// Whether only an entry of the journal has what it shows.
    #[must_use]
    pub const fn needs_entries(self) -> bool {
        matches!(self, Self::Journal(Format::Export | Format::Verbose))
    }
}

impl ValueEnum for Output {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()).help(self.help()))
    }
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
    /// The first so many.
    First(u64),
}

/// A range of priorities of syslog, the gravest (0) first; both ends are in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Priorities {
    /// The gravest.
    pub from: u8,
    /// The least grave.
    pub to: u8,
}

/// A facility of syslog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Facility {
    /// All that there are shall be listed.
    Help,
    /// That one.
    Number(u8),
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
    let number = |text: &str| text.parse().map_err(|_| "a number, +N for the first ones, or all".to_owned());
    match text.strip_prefix('+') {
        _ if text == "all" => Ok(Lines::All),
        Some(count) if count.starts_with('+') => number("").map(Lines::First),
        Some(count) => number(count).map(Lines::First),
        None => number(text).map(Lines::Last),
    }
}

/// Rows of an answer, the first so many of which are meant anyway.
pub(super) fn parse_rows(text: &str) -> Result<Lines, String> {
    match parse_lines(text) {
        Ok(rows @ (Lines::All | Lines::Last(_))) => Ok(rows),
        Ok(Lines::First(_)) | Err(_) => Err("a number, or all".to_owned()),
    }
}

/// How many lines stand around another.
pub(super) fn parse_count(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| "a number of lines, such as 3".to_owned())
}

/// Reads which boot is meant.
#[derive(Clone)]
pub(super) struct BootParser;

impl TypedValueParser for BootParser {
    type Value = BootWanted;

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        value: &OsStr,
    ) -> Result<BootWanted, clap::Error> {
        let text = value.to_string_lossy();
        BootWanted::parse(&text).ok_or_else(|| unknown_word(command, arg, &text, &["0", "-1", "1", "all"]))
    }
}

/// `ID`, `0`, `-1`, `1`.
pub(super) fn parse_run(text: &str) -> Result<RunWanted, String> {
    let what =
        "the id of a run, or its number: 0 for the last one, -1 for the one before it, 1 for the first";
    RunWanted::parse(text).ok_or_else(|| what.to_owned())
}

/// `500ms`, `1.5s`, `2m`: in microseconds.
pub(super) fn parse_duration(text: &str) -> Result<u64, String> {
    if let Some(advice) = missing_unit(text) {
        return Err(advice);
    }
    parse_span(text).ok_or_else(|| "a time such as 500ms or 2s".to_owned())
}

/// `1004`, `14`.
pub(super) fn parse_code(text: &str) -> Result<u32, String> {
    text.parse()
        .map_err(|_| "a number: OpenIM's errCode, such as 1004, or that of gRPC, such as 14".to_owned())
}

pub(super) fn parse_priorities(text: &str) -> Result<Priorities, String> {
    let parse = |text: &str| {
        parse_priority(text)
            .ok_or_else(|| format!("{text:?} is no priority: {}, or 0 to 7", PRIORITIES.join(" ")))
    };
    let (from, to) = match text.split_once("..") {
        Some((from, to)) => (parse(from)?, parse(to)?),
        None => (0, parse(text)?),
    };
    Ok(Priorities { from: from.min(to), to: from.max(to) })
}

fn parse_priority(text: &str) -> Option<u8> {
    match text.parse() {
        Ok(number) => (number < 8).then_some(number),
        Err(_) => priority::number_of(text)
            .or_else(|| Level::from_name(text.as_bytes()).map(Level::syslog_priority)),
    }
}

/// `kern`, `3`, `help`.
pub(super) fn parse_facility(text: &str) -> Result<Facility, String> {
    if text == facility::HELP {
        return Ok(Facility::Help);
    }
    facility::parse(text).map(Facility::Number).ok_or_else(|| {
        format!(
            "a facility of syslog: kern, user, daemon, local0 ..., or its number; {} lists them",
            facility::HELP
        )
    })
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
    let is_term = |text| text == terms::OR || terms::is_path(text) || terms::is_match(text);
    if is_term(text) {
        return Some(Selector::Term(text.to_owned()));
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
            Self::Term(word) => f.write_str(word),
        }
    }
}

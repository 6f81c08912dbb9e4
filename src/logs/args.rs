//! What can be typed. What it means is the business of the plan.

use std::ffi::OsStr;
use std::fmt;
use std::path::PathBuf;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, Command, Parser, ValueEnum};

use crate::journal::Engine;
use crate::openim::level::Level;
use crate::openim::service::{Group, Service};
use crate::usage::unknown_word;

/// What do the logs of OpenIM say?
#[derive(Clone, Debug, Parser)]
#[command(
    name = "openim-logs",
    version,
    after_help = "Times: \"20 min ago\", 20m, yesterday, \"2012-10-30 18:17\", 2012-10-30T18:17:16Z.\n\
                  Levels are those that stand in OpenIM's lines, as journald gives each of them the\n\
                  same priority. For lines of others the priority counts."
)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own on the command line")]
pub struct Args {
    /// Services, groups of them, FIELD=VALUE of the journal, or - for standard input. SERVICE#N is one instance
    #[arg(value_name = "SERVICE|FIELD=VALUE", value_parser = SelectorParser)]
    pub selectors: Vec<Selector>,

    /// Go on with what is written from now on
    #[arg(short, long)]
    pub follow: bool,

    /// Only the last N lines, or all [with -f: 10]
    #[arg(short = 'n', long, value_name = "N", value_parser = parse_lines)]
    pub lines: Option<Lines>,

    /// Only what was written then or later
    #[arg(short = 'S', long, value_name = "TIME", allow_hyphen_values = true)]
    pub since: Option<String>,

    /// Only what was written then or earlier
    #[arg(short = 'U', long, value_name = "TIME", allow_hyphen_values = true)]
    pub until: Option<String>,

    /// Only that priority and graver, or a range A..B: err, warning, 0 to 7
    #[arg(short, long, value_name = "PRIORITY", value_parser = parse_priorities)]
    pub priority: Option<Priorities>,

    /// Only that level and graver, or a range A..B
    #[arg(short = 'L', long, value_name = "LEVEL", value_parser = LevelsParser)]
    pub level: Option<Levels>,

    /// Only lines whose text, without colours, matches; in small letters only, case does not count
    #[arg(short, long, value_name = "REGEX", allow_hyphen_values = true)]
    pub grep: Option<String>,

    /// Whether case counts for --grep
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true",
          value_parser = clap::builder::BoolishValueParser::new())]
    pub case_sensitive: Option<bool>,

    /// Only lines of that request: its operationID
    #[arg(long, value_name = "ID")]
    pub op: Option<String>,

    /// How lines are shown [on a terminal: openim, else short]
    #[arg(short, long, value_name = "FORMAT")]
    pub output: Option<Output>,

    /// The newest first
    #[arg(short, long, conflicts_with = "follow")]
    pub reverse: bool,

    /// No remarks on standard error
    #[arg(short, long)]
    pub quiet: bool,

    /// Taken for journalctl's sake; there is no pager
    #[arg(long)]
    pub no_pager: bool,

    /// Show times in UTC
    #[arg(long)]
    pub utc: bool,

    /// This unit of systemd instead of all of OpenIM
    #[arg(short, long, value_name = "UNIT")]
    pub unit: Vec<String>,

    /// Where the lines come from; - is standard input [where the journal can be read: journal]
    #[arg(long, value_name = "SOURCE")]
    pub source: Option<SourceName>,

    /// What reads the journal; libsystemd is in builds that have it
    #[arg(long, value_name = "ENGINE")]
    pub engine: Option<Engine>,

    /// The directory of the deployment.
    #[arg(
        long,
        value_name = "DIR",
        help = "OpenIM's directory, the one with start-config.yml \
        [OPENIM_ROOT, the current one, /openim-server, /opt/openim]"
    )]
    pub root: Option<PathBuf>,

    /// The directory of its configuration.
    #[arg(
        long,
        value_name = "DIR",
        help = "The directory with log.yml [CONFIG_PATH, config/ in OpenIM's directory]"
    )]
    pub config: Option<PathBuf>,

    /// Read the journal's files in that directory
    #[arg(short = 'D', long, value_name = "DIR")]
    pub directory: Option<PathBuf>,

    /// Read that file of a journal; may be repeated
    #[arg(long, value_name = "FILE", conflicts_with = "directory")]
    pub file: Vec<PathBuf>,

    /// Show passwords, secrets and tokens
    #[arg(long)]
    pub no_redact: bool,

    /// Colours
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
}

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

/// Where lines come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SourceName {
    /// systemd's journal
    Journal,
    /// OpenIM's log directory
    Files,
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

impl Args {
    /// Reads a command line. `-n` may stand without a number, as journalctl lets it.
    ///
    /// # Errors
    /// The command line is wrong, or asks for the help or the version.
    pub fn read(words: impl Iterator<Item = std::ffi::OsString>) -> Result<Self, clap::Error> {
        Self::try_parse_from(fill_in_lines(words))
    }
}

/// journalctl's `-n` takes the next word only where that is a number: elsewhere ten is meant.
fn fill_in_lines(words: impl Iterator<Item = std::ffi::OsString>) -> Vec<std::ffi::OsString> {
    let mut words = words.peekable();
    let mut filled = Vec::new();
    while let Some(word) = words.next() {
        let bare = word == "-n" || word == "--lines";
        filled.push(word);
        if bare && words.peek().and_then(|next| next.to_str()).is_none_or(|next| parse_lines(next).is_err()) {
            filled.push("10".into());
        }
    }
    filled
}

fn parse_lines(text: &str) -> Result<Lines, String> {
    match text {
        "all" => Ok(Lines::All),
        _ => text.parse().map(Lines::Last).map_err(|_| "a number, or all".to_owned()),
    }
}

fn parse_priorities(text: &str) -> Result<Priorities, String> {
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

fn parse_levels(text: &str) -> Option<Levels> {
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
const LEVELS: [&str; 6] = ["debug", "info", "warn", "error", "panic", "fatal"];

/// Reads a level or a range of them; offers the single ones for completion.
#[derive(Clone)]
struct LevelsParser;

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
struct SelectorParser;

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

fn parse_selector(text: &str) -> Option<Selector> {
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

#[cfg(test)]
mod tests {
    use clap::error::ErrorKind;

    use super::*;

    fn read(line: &str) -> Result<Args, clap::Error> {
        Args::read(line.split_whitespace().map(Into::into))
    }

    #[test]
    fn the_definition_holds_together() {
        use clap::CommandFactory as _;
        Args::command().debug_assert();
    }

    #[test]
    fn services_groups_fields_and_standard_input_are_told_apart() {
        let args = read("openim-logs api user msgtransfer#3 rpc openim-push.service _PID=512 -").unwrap();
        let words: Vec<_> = args.selectors.iter().map(ToString::to_string).collect();
        assert_eq!(words, ["api", "rpc-user", "msgtransfer#3", "rpc", "push", "_PID=512", "-"]);
    }

    #[test]
    fn an_unknown_service_names_the_nearest() {
        for (typed, meant) in
            [("usr", "rpc-user"), ("msgtransfr#3", "msgtransfer"), ("apu", "api"), ("openim-pish", "push")]
        {
            let error = read(&format!("openim-logs {typed}")).unwrap_err();
            let text = error.to_string();
            assert!(text.contains(&format!("'{meant}'")), "{typed}: {text}");
            assert_eq!(error.kind(), ErrorKind::InvalidValue);
        }
        assert!(!read("openim-logs zookeeper").unwrap_err().to_string().contains("similar"));
    }

    #[test]
    fn lines_may_stand_without_a_number() {
        assert_eq!(read("openim-logs -n api").unwrap().lines, Some(Lines::Last(10)));
        assert_eq!(read("openim-logs -n 5 api").unwrap().lines, Some(Lines::Last(5)));
        assert_eq!(read("openim-logs -fn5").unwrap().lines, Some(Lines::Last(5)));
        assert_eq!(read("openim-logs --lines=all").unwrap().lines, Some(Lines::All));
        assert_eq!(read("openim-logs -n").unwrap().lines, Some(Lines::Last(10)));
    }

    #[test]
    fn levels_and_priorities_are_single_or_ranges_in_either_order() {
        let error_up = Levels { from: Level::Error, to: Level::Fatal };
        assert_eq!(parse_levels("error"), Some(error_up));
        assert_eq!(parse_levels("ERR"), Some(error_up));
        assert_eq!(parse_levels("3"), Some(error_up));
        assert_eq!(parse_levels("error..info"), Some(Levels { from: Level::Info, to: Level::Error }));
        assert_eq!(parse_levels("loud"), None);
        assert_eq!(parse_levels("9"), None);
        assert_eq!(parse_priorities("err"), Ok(Priorities { from: 0, to: 3 }));
        assert_eq!(parse_priorities("warn"), Ok(Priorities { from: 0, to: 4 }));
        assert_eq!(parse_priorities("6..4"), Ok(Priorities { from: 4, to: 6 }));
        assert!(parse_priorities("8").is_err() && parse_priorities("..").is_err());
    }

    #[test]
    fn every_level_can_be_typed_by_the_word_that_is_offered() {
        for (word, level) in LEVELS.into_iter().zip(Level::ALL) {
            assert_eq!(parse_levels(word).map(|levels| levels.from), Some(level));
        }
    }

    #[test]
    fn case_sensitivity_takes_its_value_only_behind_an_equals_sign() {
        assert_eq!(read("openim-logs --case-sensitive api").unwrap().case_sensitive, Some(true));
        assert_eq!(read("openim-logs --case-sensitive=no api").unwrap().case_sensitive, Some(false));
    }
}

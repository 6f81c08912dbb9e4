//! What can be typed. What it means is the business of the plan.

mod compare;
mod hint;
mod order;
mod words;

use std::path::PathBuf;

use clap::{Command, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

pub use compare::{Comparison, Operator};
use words::{
    BootParser, LevelsParser, SelectorParser, parse_code, parse_count, parse_duration, parse_facility,
    parse_lines, parse_priorities, parse_rows, parse_run,
};
pub use words::{Color, Facility, Levels, Lines, Output, Priorities, ReportFormat, Selector, SourceName};

use crate::journal::Engine;
use crate::journal::boot::BootWanted;
use crate::journal::invocation::RunWanted;

/// What do the logs of OpenIM say?
#[derive(Clone, Debug, Parser)]
#[command(
    name = "openim-logs",
    version,
    args_override_self = true,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    after_help = "Times: \"20 min ago\", 20m, yesterday, \"2012-10-30 18:17\", 2012-10-30T18:17:16Z.\n\
                  Levels are those that stand in OpenIM's lines, as journald gives each of them the\n\
                  same priority. For lines of others the priority counts.\n\
                  What else journalctl has (--list-boots, -F, --header ...) `openim-logs journal` has."
)]
pub struct Args {
    /// What is asked besides the lines themselves.
    #[command(subcommand)]
    pub verb: Option<Verb>,

    /// Without a verb: the lines.
    #[command(flatten)]
    pub show: ShowArgs,
}

/// A question whose answer is not the lines themselves.
#[derive(Clone, Debug, Subcommand)]
pub enum Verb {
    /// One request through all services: what was called, how long it took, where it failed
    Trace(TraceArgs),
    /// How many lines of which level each service wrote, and when
    Stats(StatsArgs),
    /// Which messages come most: numbers and ids masked, grouped and counted
    Top(TopArgs),
    /// The same for errors only
    Errors(TopArgs),
    /// Crashes and recovered panics, each once
    Panics(ReportArgs),
    /// The slowest calls
    Slow(TopArgs),
    /// What the journal has lost: dropped lines, missing entries, files that were rotated away
    Gaps(ReportArgs),
    /// Why do I see nothing?
    Doctor(ReportArgs),
}

/// The lines themselves.
#[derive(Clone, Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own on the command line")]
pub struct ShowArgs {
    /// Which lines.
    #[command(flatten)]
    pub scope: ScopeArgs,

    /// Go on with what is written from now on
    #[arg(short, long)]
    pub follow: bool,

    /// Only the last N lines, +N for the first ones, or all [with -f: 10]
    #[arg(short = 'n', long, value_name = "N", value_parser = parse_lines)]
    pub lines: Option<Lines>,

    /// With -f, all lines that there are first, and not ten
    #[arg(long)]
    pub no_tail: bool,

    /// The newest first
    #[arg(short, long)]
    pub reverse: bool,

    /// Begin with the end in the pager: the last thousand lines, unless -n says how many
    #[arg(short = 'e', long)]
    pub pager_end: bool,

    /// From the entry of the journal with that cursor on
    #[arg(short, long, value_name = "CURSOR")]
    pub cursor: Option<String>,

    /// From behind the entry of the journal with that cursor on
    #[arg(long, value_name = "CURSOR")]
    pub after_cursor: Option<String>,

    /// From behind the entry whose cursor is in the file on, and write the last one there
    #[arg(long, value_name = "FILE")]
    pub cursor_file: Option<PathBuf>,

    /// The cursor of the last entry at the end
    #[arg(long)]
    pub show_cursor: bool,

    /// Only how many there are
    #[arg(long, conflicts_with_all = ["follow", "reverse", "lines"])]
    pub count: bool,

    /// The runs of each service's units instead of lines: when each began and ended, and its id
    #[arg(long, conflicts_with_all = ["follow", "count"])]
    pub list_invocations: bool,

    /// Also N lines of the same service after each that is found
    #[arg(short = 'A', long, value_name = "N", value_parser = parse_count)]
    pub after: Option<usize>,

    /// Also N lines of the same service before each that is found
    #[arg(short = 'B', long, value_name = "N", value_parser = parse_count)]
    pub before: Option<usize>,

    /// Also N lines of the same service around each that is found
    #[arg(short = 'C', long, value_name = "N", value_parser = parse_count)]
    pub context: Option<usize>,

    /// How lines are shown [on a terminal: openim, else short]
    #[arg(short, long, value_name = "FORMAT")]
    pub output: Option<Output>,

    /// Only these fields of an entry, with commas between, in the forms that have fields
    #[arg(long, value_name = "LIST")]
    pub output_fields: Vec<String>,

    /// Lines cut to the width of the terminal, in short and its kin
    #[arg(long, overrides_with = "full")]
    pub no_full: bool,

    /// Lines in full, as is usual
    #[arg(short = 'l', long, overrides_with = "no_full")]
    pub full: bool,

    /// Only the first line of each message, in short and its kin
    #[arg(long)]
    pub truncate_newline: bool,

    /// A line of your own: {time} {service} {level} {msg} {op} {kv.KEY} ..., {level:5} padded
    #[arg(long, value_name = "TEXT", conflicts_with = "output")]
    pub template: Option<String>,

    /// Fields whole and as they are, also long and unprintable ones, and whole dumps
    #[arg(short, long)]
    pub all: bool,

    /// No host names in the forms that have them
    #[arg(short = 'W', long)]
    pub no_hostname: bool,

    /// Explanations of messages; left out, and said so
    #[arg(short = 'x', long)]
    pub catalog: bool,

    /// Show whole dumps and long values
    #[arg(long)]
    pub unfold: bool,
}

/// `trace`.
#[derive(Clone, Debug, clap::Args)]
pub struct TraceArgs {
    /// The request's operationID
    #[arg(value_name = "OPERATION_ID")]
    pub operation: String,

    /// Which lines.
    #[command(flatten)]
    pub scope: ScopeArgs,

    /// Wait for the request, and show it when six seconds have passed without a line of it
    #[arg(short, long)]
    pub follow: bool,

    /// How the answer is shown
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: ReportFormat,
}

/// `stats`.
#[derive(Clone, Debug, clap::Args)]
pub struct StatsArgs {
    /// Which lines.
    #[command(flatten)]
    pub scope: ScopeArgs,

    /// Count by that instead of services: level, version, msg, caller, or a key of the lines
    #[arg(long, value_name = "KEY")]
    pub by: Option<String>,

    /// How the answer is shown
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: ReportFormat,
}

/// `top`, `errors` and `slow`.
#[derive(Clone, Debug, clap::Args)]
pub struct TopArgs {
    /// Which lines.
    #[command(flatten)]
    pub scope: ScopeArgs,

    /// That many rows instead of 10, or all
    #[arg(short = 'n', long, value_name = "N", default_value = "10", value_parser = parse_rows)]
    pub lines: Lines,

    /// How the answer is shown
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: ReportFormat,
}

/// `panics`, `gaps` and `doctor`.
#[derive(Clone, Debug, clap::Args)]
pub struct ReportArgs {
    /// Which lines.
    #[command(flatten)]
    pub scope: ScopeArgs,

    /// How the answer is shown
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: ReportFormat,
}

/// Which lines, and where they come from: the same for every question.
#[derive(Clone, Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own on the command line")]
pub struct ScopeArgs {
    /// Services, groups of them, FIELD=VALUE of the journal, the path of a program or device, or - for standard
    /// input. SERVICE#N is one instance, + between fields means or
    #[arg(value_name = "SERVICE|FIELD=VALUE|PATH", value_parser = SelectorParser)]
    pub selectors: Vec<Selector>,

    /// Only what was written then or later
    #[arg(short = 'S', long, value_name = "TIME", allow_hyphen_values = true)]
    pub since: Option<String>,

    /// Only what was written then or earlier
    #[arg(short = 'U', long, value_name = "TIME", allow_hyphen_values = true)]
    pub until: Option<String>,

    /// Only this boot, or that one: ID, ID±N, 0, -1, 1, all
    #[arg(short, long, value_name = "ID", num_args = 0..=1, require_equals = true, default_missing_value = "0",
          visible_alias = "this-boot", value_parser = BootParser)]
    pub boot: Option<BootWanted>,

    /// The kernel's messages of this boot, instead of OpenIM's lines
    #[arg(short = 'k', long)]
    pub dmesg: bool,

    /// Only since each service was last started, as far as it runs here
    #[arg(short = 'I', long)]
    pub this_run: bool,

    /// Only that run of each unit, as systemd counts them: ID, 0 for the last, -1 for the one before it, 1 for the first
    #[arg(long, value_name = "ID", allow_hyphen_values = true, value_parser = parse_run,
          conflicts_with = "this_run")]
    pub invocation: Option<RunWanted>,

    /// Only that priority and graver, or a range A..B: err, warning, 0 to 7
    #[arg(short, long, value_name = "PRIORITY", value_parser = parse_priorities)]
    pub priority: Option<Priorities>,

    /// Only that level and graver, or a range A..B
    #[arg(short = 'L', long, value_name = "LEVEL", value_parser = LevelsParser)]
    pub level: Option<Levels>,

    /// Only lines whose text, without colours, matches; in small letters only, case does not count
    #[arg(short, long, value_name = "REGEX", allow_hyphen_values = true)]
    pub grep: Option<String>,

    /// Whether case counts for --grep and --msg
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true",
          value_parser = clap::builder::BoolishValueParser::new())]
    pub case_sensitive: Option<bool>,

    /// Only lines whose message matches: the text between place and keys
    #[arg(long, value_name = "REGEX", allow_hyphen_values = true)]
    pub msg: Option<String>,

    /// Only lines of that request: its operationID
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub op: Vec<String>,

    /// Only lines on behalf of that user: opUserID
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub op_user: Vec<String>,

    /// Only lines of that WebSocket connection: connID
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub conn: Vec<String>,

    /// Only lines of clients on that platform, in any case: Android, web
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub platform: Vec<String>,

    /// Only lines written there: 'mw/*', '*.go:66'
    #[arg(long, value_name = "GLOB", value_delimiter = ',')]
    pub caller: Vec<String>,

    /// Only lines of that version: 'v3.8.3-patch.*'
    #[arg(long, value_name = "GLOB", value_delimiter = ',')]
    pub app_version: Vec<String>,

    /// Only lines with that errCode or gRPC code
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = parse_code)]
    pub code: Vec<u32>,

    /// Only calls that took as long, or longer: 500ms, 2s
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub slow: Option<u64>,

    /// Only lines with such a key: 'status>=400', 'req.userID=a,b', 'error~refused'
    #[arg(
        id = "where",
        long,
        value_name = "KEY=VALUE",
        value_parser = compare::parse,
        help = "Only lines with such a key: = != ~ !~ < <= > >= on text, numbers, durations, levels \
                and versions; \
                a.b goes into values, ids=7 into lists; a comma means or; repeated means and"
    )]
    pub comparisons: Vec<Comparison>,

    /// That identifier of syslog instead of all of OpenIM; may be repeated
    #[arg(short = 't', long, value_name = "STRING")]
    pub identifier: Vec<String>,

    /// All but that identifier of syslog; may be repeated
    #[arg(short = 'T', long, value_name = "STRING")]
    pub exclude_identifier: Vec<String>,

    /// This unit of systemd instead of all of OpenIM
    #[arg(short, long, value_name = "UNIT")]
    pub unit: Vec<String>,

    /// The same of a unit of this user
    #[arg(long, value_name = "UNIT")]
    pub user_unit: Vec<String>,

    /// Only these facilities of syslog: kern, daemon, 3; help lists them
    #[arg(long, value_name = "FACILITY", value_delimiter = ',', value_parser = parse_facility)]
    pub facility: Vec<Facility>,

    /// Where the lines come from.
    #[arg(
        long,
        value_name = "SOURCE",
        value_delimiter = ',',
        help = "Where the lines come from; several are one stream, by time; - is standard input \
                [the journal; with isStdout: false in log.yml, OpenIM's log directory too]"
    )]
    pub source: Vec<SourceName>,

    /// What reads the journal; libsystemd is in builds that have it
    #[arg(long, value_name = "ENGINE")]
    pub engine: Option<Engine>,

    /// The directory of the deployment.
    #[arg(
        long,
        value_name = "DIR",
        help = "OpenIM's directory, the one with start-config.yml \
        [OPENIM_ROOT, the current one, /openim-server, /openim-chat, /opt/openim]"
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

    /// Read that file of a journal; may be repeated, and be a pattern
    #[arg(short = 'i', long, value_name = "FILE", conflicts_with = "directory")]
    pub file: Vec<PathBuf>,

    /// Read the journals of other machines as well
    #[arg(short, long)]
    pub merge: bool,

    /// Read a namespace of the journal: NAME, +NAME to add it to the usual one, or * for all
    #[arg(long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,

    /// Read the system's journal alone
    #[arg(long)]
    pub system: bool,

    /// Read this user's journal alone; units are the user's then
    #[arg(long)]
    pub user: bool,

    /// The zone of the times in OpenIM's lines, which name none: Asia/Shanghai, or CST-8 as TZ has it [that of this host]
    #[arg(long, value_name = "ZONE")]
    pub tz: Option<String>,

    /// Show times in UTC
    #[arg(long)]
    pub utc: bool,

    /// Show passwords, secrets and tokens
    #[arg(long)]
    pub no_redact: bool,

    /// No remarks on standard error
    #[arg(short, long)]
    pub quiet: bool,

    /// No pager on a terminal
    #[arg(long)]
    pub no_pager: bool,

    /// Colours
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
}

/// The whole command, with its verbs, for help, man pages and completions.
#[must_use]
pub fn command() -> Command {
    let journal = crate::journalctl::args::Args::command();
    Args::command().subcommand(journal).disable_help_subcommand(true)
}

impl Verb {
    const fn scope(&self) -> &ScopeArgs {
        match self {
            Self::Trace(args) => &args.scope,
            Self::Stats(args) => &args.scope,
            Self::Top(args) | Self::Errors(args) | Self::Slow(args) => &args.scope,
            Self::Panics(args) | Self::Gaps(args) | Self::Doctor(args) => &args.scope,
        }
    }
}

impl Args {
    /// Which lines are asked for.
    #[must_use]
    pub fn scope(&self) -> &ScopeArgs {
        self.verb.as_ref().map_or(&self.show.scope, Verb::scope)
    }

    /// Reads a command line. `-n` may stand without a number and `-b` without a boot, as journalctl lets them, and the
    /// verb anywhere. What is journalctl's alone is refused with the command line that has it.
    ///
    /// # Errors
    /// The command line is wrong, or asks for the help or the version.
    pub fn read(words: impl Iterator<Item = std::ffi::OsString>) -> Result<Self, clap::Error> {
        let (command, typed): (_, Vec<_>) = (command(), words.collect());
        let words = order::verb_first(fill_in(typed.iter().cloned()), &command);
        let matches = command.clone().try_get_matches_from(words);
        Self::from_arg_matches(&matches.map_err(|error| hint::with_hint(error, &typed, &command))?)
    }
}

/// journalctl's `-n` and `-b` take the next word only where that is a number or a boot: elsewhere ten lines are meant,
/// and this boot.
fn fill_in(words: impl Iterator<Item = std::ffi::OsString>) -> Vec<std::ffi::OsString> {
    let mut words = words.peekable();
    let mut filled: Vec<std::ffi::OsString> = Vec::new();
    while let Some(word) = words.next() {
        let text = word.to_str().unwrap_or_default();
        if text == "--" {
            filled.push(word);
            filled.extend(words);
            break;
        }
        let next = words.peek().and_then(|next| next.to_str());
        match text {
            "-n" | "--lines" => {
                let is_number = next.is_some_and(|next| parse_lines(next).is_ok());
                filled.push(word);
                filled.extend((!is_number).then(|| "10".into()));
            }
            "-b" | "--boot" | "--this-boot" => {
                let boot = words.next_if(|next| next.to_str().is_some_and(is_boot));
                let boot = boot.and_then(|boot| boot.into_string().ok()).unwrap_or_else(|| "0".to_owned());
                filled.push(format!("--boot={boot}").into());
            }
            _ => match text.strip_prefix("-b").filter(|boot| is_boot(boot)) {
                Some(boot) => filled.push(format!("--boot={boot}").into()),
                None => filled.push(word),
            },
        }
    }
    filled
}

fn is_boot(text: &str) -> bool {
    BootWanted::parse(text).is_some()
}

#[cfg(test)]
mod tests {
    use clap::error::ErrorKind;

    use super::words::{LEVELS, parse_levels};
    use super::*;
    use crate::openim::level::Level;

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
        let args =
            read("openim-logs api user msgtransfer#3 rpc openim-push.service _PID=512 + /bin/sh -").unwrap();
        let words: Vec<_> = args.show.scope.selectors.iter().map(ToString::to_string).collect();
        assert_eq!(
            words,
            ["api", "rpc-user", "msgtransfer#3", "rpc", "push", "_PID=512", "+", "/bin/sh", "-"]
        );
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
    fn of_an_option_that_is_repeated_the_last_counts_as_with_journalctl() {
        let show =
            read("openim-logs -L warn -o short -q -S today -n 5 -b -L error -o json -q -S -1h -n 7 -b -1");
        let show = show.unwrap().show;
        assert_eq!(show.scope.level, parse_levels("error"));
        assert_eq!(show.output.map(|output| format!("{output:?}")).as_deref(), Some("Journal(Json)"));
        assert_eq!(show.scope.since.as_deref(), Some("-1h"));
        assert_eq!(show.lines, Some(Lines::Last(7)));
        assert_eq!(show.scope.boot, Some(BootWanted::Nth(-1)));
        assert!(show.scope.quiet);
        // For the verbs, too, wherever they stand.
        let Some(Verb::Errors(args)) = read("openim-logs -o text api errors -n 3 -o json -n 4").unwrap().verb
        else {
            unreachable!("a verb was typed")
        };
        assert_eq!((args.lines, args.output), (Lines::Last(4), ReportFormat::Json));
    }

    #[test]
    fn what_may_be_repeated_adds_up() {
        let line =
            "openim-logs --op a --op b,c --where x=1 --where y=2 -t s -t t -u p -u q --code 1 --code 2";
        let scope = read(line).unwrap().show.scope;
        assert_eq!(scope.op, ["a", "b", "c"]);
        assert_eq!(scope.comparisons.len(), 2);
        assert_eq!(
            (scope.identifier, scope.unit),
            (vec!["s".into(), "t".into()], vec!["p".into(), "q".into()])
        );
        assert_eq!(scope.code, [1, 2]);
    }

    #[test]
    fn lines_may_stand_without_a_number() {
        assert_eq!(read("openim-logs -n api").unwrap().show.lines, Some(Lines::Last(10)));
        assert_eq!(read("openim-logs -n 5 api").unwrap().show.lines, Some(Lines::Last(5)));
        assert_eq!(read("openim-logs -fn5").unwrap().show.lines, Some(Lines::Last(5)));
        assert_eq!(read("openim-logs --lines=all").unwrap().show.lines, Some(Lines::All));
        assert_eq!(read("openim-logs -n").unwrap().show.lines, Some(Lines::Last(10)));
    }

    #[test]
    fn the_first_lines_and_a_boot_are_taken_as_journalctl_takes_them() {
        assert_eq!(read("openim-logs -n +5 api").unwrap().show.lines, Some(Lines::First(5)));
        assert!(read("openim-logs top -n +5").is_err(), "rows have no other end");
        for (line, boot) in [
            ("openim-logs -b", Some(BootWanted::Nth(0))),
            ("openim-logs -b api", Some(BootWanted::Nth(0))),
            ("openim-logs -b -1 api", Some(BootWanted::Nth(-1))),
            ("openim-logs -b-1", Some(BootWanted::Nth(-1))),
            ("openim-logs --boot=all", Some(BootWanted::All)),
            ("openim-logs --this-boot -k", Some(BootWanted::Nth(0))),
            ("openim-logs top -b 1", Some(BootWanted::Nth(1))),
            ("openim-logs -g b", None),
        ] {
            let args = read(line).unwrap_or_else(|error| panic!("{line}: {error}"));
            assert_eq!(args.scope().boot, boot, "{line}");
        }
        assert!(read("openim-logs --boot=yesterday").is_err());
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
        assert_eq!(read("openim-logs --case-sensitive api").unwrap().show.scope.case_sensitive, Some(true));
        assert_eq!(
            read("openim-logs --case-sensitive=no api").unwrap().show.scope.case_sensitive,
            Some(false)
        );
    }
}

//! What was typed, and nothing of what it means.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use super::managers::Via;
use super::profile::Profile;
use super::report::Kind;
use super::target::{Target, TargetParser};
use crate::openim::layout::LayoutName;

/// Is this OpenIM deployment healthy, and if not, what is the cause?
#[derive(Debug, Parser)]
#[command(
    name = "openim-check",
    version,
    after_help = "Exit: 0 healthy, 1 unhealthy or starting, 64 usage, 70 bug, 75 cannot tell, 78 bad configuration."
)]
pub struct Args {
    #[command(subcommand)]
    pub(super) verb: Option<Verb>,

    /// What to check: `all`, a service, a group, a glob (`openim-rpc-*`) or the id of a check
    #[arg(value_name = "TARGET", value_parser = TargetParser)]
    pub(super) targets: Vec<Target>,

    #[command(flatten)]
    pub(super) options: Options,
}

/// Options that every verb takes.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Options {
    /// OpenIM's directory [default: the current one if it has start-config.yml, else /openim-server, /openim-chat, /opt/openim]
    #[arg(long, value_name = "DIR", env = "OPENIM_ROOT", hide_env_values = true, global = true, value_hint = clap::ValueHint::DirPath)]
    pub(super) root: Option<PathBuf>,

    /// OpenIM's configuration directory [default: ROOT/config]; a process's own -c wins over it
    #[arg(long, value_name = "DIR", env = "CONFIG_PATH", hide_env_values = true, global = true, value_hint = clap::ValueHint::DirPath)]
    pub(super) config: Option<PathBuf>,

    /// The generation of OpenIM [default: told from its files and programs]
    #[arg(long, value_name = "NAME", global = true)]
    pub(super) layout: Option<LayoutName>,

    /// More checks: a file, or a directory of files; may be repeated, beside those in /etc/openim-ops/checks.d
    #[arg(long, value_name = "PATH", global = true, value_hint = clap::ValueHint::AnyPath)]
    pub(super) checks: Vec<PathBuf>,

    /// Who is asked why a service does not run
    #[arg(long, value_name = "MANAGER", default_value = "auto", global = true)]
    pub(super) via: Via,

    /// Only checks of this kind; may be repeated
    #[arg(long, value_name = "KIND", global = true)]
    pub(super) only: Vec<Kind>,

    /// No checks of this kind; may be repeated
    #[arg(long, value_name = "KIND", global = true)]
    pub(super) skip: Vec<Kind>,

    /// Who reads the result: defaults, length and exit code are theirs
    #[arg(long, value_name = "NAME", default_value = "human", global = true)]
    pub(super) profile: Profile,

    /// How to print the result [default: text; nagios in its profile]
    #[arg(short = 'o', long, value_name = "FORMAT", global = true)]
    pub(super) format: Option<Format>,

    /// How long the whole run may take; what is not finished then is named [default: 5s; 800ms for kubernetes]
    #[arg(long, value_name = "TIME", value_parser = parse_duration, global = true)]
    pub(super) deadline: Option<Duration>,

    /// How long one question to one server may take [default: 2s; 500ms for kubernetes]
    #[arg(long, value_name = "TIME", value_parser = parse_duration, global = true)]
    pub(super) probe_timeout: Option<Duration>,

    /// How long a deployment may take to come up; what is missing until then is starting, not broken [default: 10s]
    #[arg(long, value_name = "TIME", value_parser = parse_duration, global = true)]
    pub(super) grace: Option<Duration>,

    /// Take warnings for failures
    #[arg(long, global = true)]
    pub(super) strict: bool,

    /// Ask for a token with a wrong secret: the whole way through API, registry and auth, without a credential
    #[arg(long, global = true)]
    pub(super) deep: bool,

    /// The file in which `report` and the profile cron remember the last report [default: last-report.json in systemd's state directory]
    #[arg(long, value_name = "FILE", global = true, value_hint = clap::ValueHint::FilePath)]
    pub(super) state: Option<PathBuf>,

    /// How long an unchanged failure stays unsaid in the profile cron [default: for ever]
    #[arg(long, value_name = "TIME", value_parser = parse_duration, global = true)]
    pub(super) repeat_every: Option<Duration>,

    /// Print nothing when all is well
    #[arg(short, long, global = true)]
    pub(super) quiet: bool,

    /// When to colour the state word
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true)]
    pub(super) color: ColorWhen,
}

/// What to do instead of checking.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Show each check and the file or fact it comes from, without asking any server
    List {
        /// Which checks to show
        #[arg(value_name = "TARGET", value_parser = TargetParser)]
        targets: Vec<Target>,
    },
    /// The verdict, what changed since the last report, restarts and uptime
    Report {
        /// What to report on
        #[arg(value_name = "TARGET", value_parser = TargetParser)]
        targets: Vec<Target>,
    },
    /// One check: what it compares, where each side comes from, what it found, how to do it by hand
    Explain {
        /// Its id, as `list` shows it: `openim-rpc-user#0/registry`
        #[arg(value_name = "ID", value_parser = TargetParser)]
        id: Target,
    },
    /// Look again until all is well, or until the deadline [default: 1min]
    Wait {
        /// What to wait for
        #[arg(long = "for", value_name = "TARGET", value_parser = TargetParser)]
        targets: Vec<Target>,
    },
    /// Look again and again, and say what changes
    Watch {
        /// What to watch
        #[arg(value_name = "TARGET", value_parser = TargetParser)]
        targets: Vec<Target>,
        /// The time from one look to the next
        #[arg(long, value_name = "TIME", default_value = "5s", value_parser = parse_duration)]
        interval: Duration,
        /// End after so many looks, with the exit code of the last
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
        count: Option<u64>,
    },
    /// Print the completions of a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// The formats of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people: the verdict first, failing before passing
    Text,
    /// One document, schema "openim-check/1"
    Json,
    /// `JUnit`'s XML: a suite for each service, a case for each check
    Junit,
    /// Test Anything Protocol, version 13
    Tap,
    /// One line with performance data, then details; exit 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN
    Nagios,
    /// Metrics as text, for the textfile collector
    Prometheus,
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorWhen {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// A time span in journalctl's words: `5s`, `500ms`, `1min 30s`; at least a millisecond.
fn parse_duration(text: &str) -> Result<Duration, &'static str> {
    match crate::time::parse_span(text) {
        Some(micros) if micros >= 1_000 => Ok(Duration::from_micros(micros)),
        Some(_) | None => Err("wants a time such as 5s, 500ms or 1min"),
    }
}

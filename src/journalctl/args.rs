//! What can be typed: the options of journalctl 252 that read logs, and those of newer ones that come cheap. What
//! they mean is the business of the plan.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, CommandFactory as _, FromArgMatches as _, Parser, ValueHint};

use super::words;
use crate::journal::Engine;

/// The number of the boot that runs.
const THIS_BOOT: &str = "0";

/// What asks for something else than entries. Of several the last one counts.
const COMMANDS: [&str; 21] = [
    "fields",
    "field",
    "list_boots",
    "list_invocations",
    "disk_usage",
    "header",
    "vacuum_size",
    "vacuum_files",
    "vacuum_time",
    "verify",
    "verify_key",
    "sync",
    "relinquish_var",
    "smart_relinquish_var",
    "flush",
    "rotate",
    "list_catalog",
    "dump_catalog",
    "update_catalog",
    "setup_keys",
    "new_id128",
];

/// The whole journal, exactly as journalctl reads it
#[derive(Clone, Debug, Parser)]
#[command(
    name = "journal",
    version,
    args_override_self = true,
    after_help = "Every option has the letter, the name and the meaning that it has for journalctl.\n\
                  What changes the journal is left to journalctl itself."
)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own on the command line")]
pub struct Args {
    /// FIELD=VALUE, the path of a program or device, or + for "or"
    #[arg(value_name = "MATCH")]
    pub matches: Vec<OsString>,

    /// The system's journal
    #[arg(long, help_heading = "Source")]
    pub system: bool,
    /// The journal of this user
    #[arg(long, help_heading = "Source")]
    pub user: bool,
    /// A container of this host; done by journalctl
    #[arg(short = 'M', long, value_name = "CONTAINER", help_heading = "Source")]
    pub machine: Option<String>,
    /// All journals there are, also those of other machines
    #[arg(short, long, help_heading = "Source")]
    pub merge: bool,
    /// The journal's files in that directory
    #[arg(short = 'D', long, value_name = "DIR", value_parser = path(), value_hint = ValueHint::AnyPath,
          help_heading = "Source")]
    pub directory: Option<PathBuf>,
    /// That file of a journal; may be repeated, and be a pattern
    #[arg(short = 'i', long, value_name = "FILE", value_parser = path(), value_hint = ValueHint::AnyPath,
          help_heading = "Source")]
    pub file: Vec<PathBuf>,
    /// The journal of the system below that directory
    #[arg(long, value_name = "DIR", value_parser = path(), value_hint = ValueHint::AnyPath,
          help_heading = "Source")]
    pub root: Option<PathBuf>,
    /// The journal in the image of a file system; done by journalctl
    #[arg(long, value_name = "IMAGE", value_parser = path(), value_hint = ValueHint::AnyPath,
          help_heading = "Source")]
    pub image: Option<PathBuf>,
    /// A namespace of the journal: NAME, +NAME to add it to the usual one, or * for all
    #[arg(long, value_name = "NAMESPACE", help_heading = "Source")]
    pub namespace: Option<String>,
    /// What reads the journal; libsystemd is in builds that have it
    #[arg(long, value_name = "ENGINE", help_heading = "Source")]
    pub engine: Option<Engine>,

    /// Only entries of then or later
    #[arg(short = 'S', long, value_name = "TIME", help_heading = "Filters")]
    pub since: Option<String>,
    /// Only entries of then or earlier
    #[arg(short = 'U', long, value_name = "TIME", help_heading = "Filters")]
    pub until: Option<String>,
    /// From the entry with that cursor on
    #[arg(short, long, value_name = "CURSOR", help_heading = "Filters")]
    pub cursor: Option<String>,
    /// From behind the entry with that cursor on
    #[arg(long, value_name = "CURSOR", help_heading = "Filters")]
    pub after_cursor: Option<String>,
    /// From behind the entry whose cursor is in the file on, and write the last one there
    #[arg(long, value_name = "FILE", value_parser = path(), value_hint = ValueHint::AnyPath,
          help_heading = "Filters")]
    pub cursor_file: Option<PathBuf>,
    /// This boot, or that one: ID, ID±N, 0, -1, 1, all
    #[arg(short, long, value_name = "ID", num_args = 0..=1, require_equals = true, default_missing_value = THIS_BOOT,
          overrides_with = "this_boot", help_heading = "Filters")]
    pub boot: Option<String>,
    /// This boot
    #[arg(long, help_heading = "Filters")]
    pub this_boot: bool,
    /// What the unit said, and what was said about it; a pattern is of units in the journal
    #[arg(short, long, value_name = "UNIT", help_heading = "Filters")]
    pub unit: Vec<String>,
    /// The same of a unit of this user
    #[arg(long, value_name = "UNIT", help_heading = "Filters")]
    pub user_unit: Vec<String>,
    /// That run of each unit: ID, 0 for the last, -1 for the one before it, 1 for the first
    #[arg(long, value_name = "ID", allow_hyphen_values = true, help_heading = "Filters")]
    pub invocation: Option<String>,
    /// The last run of each unit
    #[arg(short = 'I', help_heading = "Filters")]
    pub last_invocation: bool,
    /// Only that identifier of syslog
    #[arg(short = 't', long, value_name = "STRING", help_heading = "Filters")]
    pub identifier: Vec<String>,
    /// All but that identifier of syslog
    #[arg(short = 'T', long, value_name = "STRING", help_heading = "Filters")]
    pub exclude_identifier: Vec<String>,
    /// That priority and graver ones, or FROM..TO
    #[arg(short, long, value_name = "RANGE", help_heading = "Filters")]
    pub priority: Option<String>,
    /// Only these facilities of syslog; help lists them
    #[arg(long, value_name = "FACILITY", help_heading = "Filters")]
    pub facility: Vec<String>,
    /// Only entries whose stored message matches; without capitals in it, case does not count
    #[arg(short, long, value_name = "REGEX", help_heading = "Filters")]
    pub grep: Option<String>,
    /// Whether case counts for --grep
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "yes",
          help_heading = "Filters")]
    pub case_sensitive: Option<String>,
    /// Only the kernel's, of this boot
    #[arg(short = 'k', long, help_heading = "Filters")]
    pub dmesg: bool,

    /// The format; help lists them
    #[arg(short, long, value_name = "FORMAT", help_heading = "Output")]
    pub output: Option<String>,
    /// Only these fields, with commas between
    #[arg(long, value_name = "LIST", help_heading = "Output")]
    pub output_fields: Vec<String>,
    /// The last N entries, +N for the first ones, or all
    #[arg(short = 'n', long, value_name = "N", num_args = 0..=1, require_equals = true,
          default_missing_value = "10", help_heading = "Output")]
    pub lines: Option<String>,
    /// The newest first
    #[arg(short, long, help_heading = "Output")]
    pub reverse: bool,
    /// The cursor of the last entry at the end
    #[arg(long, help_heading = "Output")]
    pub show_cursor: bool,
    /// Times in UTC
    #[arg(long, help_heading = "Output")]
    pub utc: bool,
    /// Explanations of messages; left out, and said so
    #[arg(short = 'x', long, help_heading = "Output")]
    pub catalog: bool,
    /// No host names
    #[arg(short = 'W', long, help_heading = "Output")]
    pub no_hostname: bool,
    /// Only the first line of each message
    #[arg(long, help_heading = "Output")]
    pub truncate_newline: bool,
    /// Lines cut to the width of the terminal
    #[arg(long, overrides_with = "full", help_heading = "Output")]
    pub no_full: bool,
    /// Lines in full, as is usual
    #[arg(short = 'l', long, help_heading = "Output")]
    pub full: bool,
    /// Fields as they are, also long and unprintable ones
    #[arg(short, long, help_heading = "Output")]
    pub all: bool,
    /// Go on with what is written from now on
    #[arg(short, long, help_heading = "Output")]
    pub follow: bool,
    /// All entries, also with --follow
    #[arg(long, help_heading = "Output")]
    pub no_tail: bool,
    /// No remarks
    #[arg(short, long, help_heading = "Output")]
    pub quiet: bool,
    /// No pager
    #[arg(long, help_heading = "Output")]
    pub no_pager: bool,
    /// The end of this boot's entries in the pager
    #[arg(short = 'e', long, help_heading = "Output")]
    pub pager_end: bool,

    /// The names of all fields
    #[arg(short = 'N', long, help_heading = "Commands")]
    pub fields: bool,
    /// The values of a field
    #[arg(short = 'F', long, value_name = "FIELD", help_heading = "Commands")]
    pub field: Option<String>,
    /// The boots in the journal
    #[arg(long, help_heading = "Commands")]
    pub list_boots: bool,
    /// The runs of a unit (--unit) in the journal
    #[arg(long, help_heading = "Commands")]
    pub list_invocations: bool,
    /// What the journal's files take up
    #[arg(long, help_heading = "Commands")]
    pub disk_usage: bool,
    /// What stands at the beginning of the journal's files
    #[arg(long, help_heading = "Commands")]
    pub header: bool,

    /// What is left to journalctl.
    #[command(flatten)]
    pub left: Left,
}

/// What is left to journalctl, as it changes something or is about sealing and catalogs.
#[derive(Clone, Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own on the command line")]
#[command(next_help_heading = "Left to journalctl")]
pub struct Left {
    /// Remove files until the rest takes up no more
    #[arg(long, value_name = "BYTES")]
    pub vacuum_size: Option<String>,
    /// Remove files until no more are left
    #[arg(long, value_name = "N")]
    pub vacuum_files: Option<String>,
    /// Remove older files
    #[arg(long, value_name = "TIME")]
    pub vacuum_time: Option<String>,
    /// Check the files
    #[arg(long)]
    pub verify: bool,
    /// Have journald write everything out
    #[arg(long)]
    pub sync: bool,
    /// Have journald leave the disk
    #[arg(long)]
    pub relinquish_var: bool,
    /// The same, unless it is the root's
    #[arg(long)]
    pub smart_relinquish_var: bool,
    /// Have journald move to the disk
    #[arg(long)]
    pub flush: bool,
    /// Have journald begin new files
    #[arg(long)]
    pub rotate: bool,
    /// All messages that have an explanation
    #[arg(long)]
    pub list_catalog: bool,
    /// All explanations
    #[arg(long)]
    pub dump_catalog: bool,
    /// Read the explanations anew
    #[arg(long)]
    pub update_catalog: bool,
    /// Make keys for sealing
    #[arg(long)]
    pub setup_keys: bool,
    /// A new random id
    #[arg(long)]
    pub new_id128: bool,
    /// How often the key for sealing changes
    #[arg(long, value_name = "TIME")]
    pub interval: Option<String>,
    /// The key for --verify
    #[arg(long, value_name = "KEY")]
    pub verify_key: Option<String>,
    /// Make keys even if there are some
    #[arg(long)]
    pub force: bool,
}

impl Args {
    /// Reads a command line, the way getopt does.
    ///
    /// # Errors
    /// The command line is wrong, or asks for the help or the version.
    pub fn read(words: impl Iterator<Item = OsString>) -> Result<Self, clap::Error> {
        let mut command = Self::command().bin_name("openim-logs journal").mut_args(of_several_the_last);
        command.build();
        let words = words::write_out(&command, words, belongs);
        let matches = command.try_get_matches_from_mut(words)?;
        let args = Self::from_arg_matches(&matches)?;
        // The root that is this host's own is none, as is no path at all.
        let named = |path: Option<PathBuf>| path.filter(|path| !path.as_os_str().is_empty());
        let root = named(args.root).filter(|root| root != Path::new("/"));
        let args = Self { root, image: named(args.image), ..args };
        Ok(if names_this_boot_again(&matches) { Self { boot: None, ..args } } else { args })
    }

    /// The boot that is named; `this-boot` is another word for `0`.
    pub(super) fn boot(&self) -> Option<&str> {
        self.boot.as_deref().or_else(|| self.this_boot.then_some(THIS_BOOT))
    }
}

fn of_several_the_last(arg: Arg) -> Arg {
    let id = arg.get_id().clone();
    if !COMMANDS.contains(&id.as_str()) {
        return arg;
    }
    arg.overrides_with_all(COMMANDS.into_iter().filter(|other| id != *other))
}

/// Behind `-b all`, `-e` and `-k` are of this boot again, as they are without it.
fn names_this_boot_again(matches: &ArgMatches) -> bool {
    let is_typed = |name: &&str| matches.value_source(name) == Some(ValueSource::CommandLine);
    let place = |name: &str| Some(name).filter(is_typed).and_then(|name| matches.index_of(name));
    let is_all = matches.get_one::<String>("boot").is_some_and(|boot| boot == "all");
    is_all && ["dmesg", "pager_end"].into_iter().filter_map(place).max() > place("boot")
}

/// A path, which may be empty.
fn path() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().map(PathBuf::from)
}

/// Whether a word is meant as the value of an option that can stand without one.
fn belongs(option: &str, word: &str) -> bool {
    match option {
        "lines" => word == "all" || super::plan::parse_count(word.trim_start_matches('+')).is_some(),
        "boot" => crate::journal::boot::BootWanted::parse(word).is_some(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Args {
        let words = std::iter::once("journal").chain(line.split_whitespace()).map(OsString::from);
        Args::read(words).unwrap_or_else(|error| panic!("{line}: {error}"))
    }

    #[test]
    fn the_definition_holds_together() {
        Args::command().debug_assert();
    }

    #[test]
    fn a_number_behind_lines_and_a_boot_behind_boot_belong_to_them() {
        let args = read("-n 20 -b -1 -fn A=1");
        assert_eq!((args.lines.as_deref(), args.boot.as_deref()), (Some("10"), Some("-1")));
        assert_eq!(args.matches, ["A=1"]);
        let args = read("-b -n all MESSAGE=x -b all");
        assert_eq!((args.lines.as_deref(), args.boot.as_deref()), (Some("all"), Some("all")));
        assert_eq!(read("-b").boot.as_deref(), Some("0"));
    }

    #[test]
    fn the_last_word_on_the_boot_counts() {
        assert_eq!(read("-k -b all").boot.as_deref(), Some("all"));
        assert_eq!(read("-b all -k").boot.as_deref(), None);
        assert_eq!(read("-e -b all").boot.as_deref(), Some("all"));
        assert_eq!(read("-b all -e").boot.as_deref(), None);
        assert_eq!(read("-b -1 -k").boot.as_deref(), Some("-1"));
        assert_eq!(read("-b -1 --this-boot").boot(), Some("0"));
        assert_eq!(read("--this-boot -b all").boot(), Some("all"));
    }
}

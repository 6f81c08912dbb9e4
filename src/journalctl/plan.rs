//! What the command line means here and now. Nothing below this reads environment, clock or
//! terminal; only the pager is looked for in `PATH` when it is started.

use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use super::JournalctlError;
use super::args::Args;
use super::delegate::Delegated;
use super::pattern;
use crate::boolean;
use crate::host::session;
use crate::journal::boot::{self, BootWanted};
use crate::journal::invocation::RunWanted;
use crate::journal::output::{Format, Options, Palette, field_list};
use crate::journal::priority::{self, PRIORITIES};
use crate::journal::span::Extent;
use crate::journal::unit::UnitNames;
use crate::journal::{Engine, Host, Namespace, Owner, Place, cursor_file, facility, field_name, integer};
use crate::locale;
use crate::pager::{BEFORE_THE_END, Pager};
use crate::terminal::COLUMNS;
use crate::time::{Timestamp, Zone, parse_time};

/// How many entries `-f` begins with, unless it is said.
const BEFORE_FOLLOWING: u64 = 10;

/// What is to be done.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) action: Action,
    pub(super) engine: Option<Engine>,
    pub(super) place: Place,
    pub(super) quiet: bool,
    pub(super) output: Options,
    pub(super) pager: Option<Pager>,
}

#[derive(Debug)]
pub(super) enum Action {
    Show(Box<Show>),
    ListBoots {
        newest_first: bool,
    },
    /// The runs of the one unit of the selection.
    ListRuns {
        selection: Box<Selection>,
        limit: Option<Extent>,
        newest_first: bool,
    },
    FieldNames,
    /// Of all entries; the selection must only be possible.
    FieldValues {
        selection: Box<Selection>,
        name: String,
        limit: usize,
    },
    DiskUsage,
    Header,
    ListFormats,
    ListFacilities,
    /// Something that only journalctl does.
    Delegate(Delegated),
}

/// Which entries, and how they are gone through.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own on the command line")]
pub(super) struct Show {
    pub(super) selection: Selection,
    pub(super) since: Option<Timestamp>,
    pub(super) until: Option<Timestamp>,
    pub(super) cursor: Option<CursorWanted>,
    pub(super) cursor_file: Option<PathBuf>,
    pub(super) pattern: Option<regex::bytes::Regex>,
    /// At most so many, counted from where reading begins.
    pub(super) lines: Option<Extent>,
    pub(super) newest_first: bool,
    pub(super) follow: bool,
    pub(super) prints_cursor: bool,
    /// Say where one boot ends and the next begins.
    pub(super) divide_boots: bool,
    /// Say that there is nothing.
    pub(super) remark_nothing: bool,
    /// Explanations were asked for, which are left out.
    pub(super) wants_catalog: bool,
}

/// A cursor as it was typed, or as it stands in a file.
#[derive(Clone, Debug)]
pub(super) enum CursorWanted {
    At(String),
    After(String),
}

/// What an entry must be; every part that is there.
#[derive(Debug, Default)]
pub(super) struct Selection {
    pub(super) units: UnitNames,
    /// The run of the units, where one is asked for.
    pub(super) run: Option<RunWanted>,
    pub(super) identifiers: Vec<String>,
    pub(super) excluded_identifiers: Vec<Vec<u8>>,
    pub(super) priorities: Vec<u8>,
    pub(super) facilities: Vec<u8>,
    pub(super) kernel: bool,
    pub(super) boot: Option<BootWanted>,
    pub(super) running_boot: Option<crate::journal::Id128>,
    /// Whether this host's own journal is read.
    pub(super) is_of_host: bool,
    /// Fields, paths and `+`.
    pub(super) words: Vec<OsString>,
}

/// What the plan depends on besides the command line.
#[derive(Debug)]
pub(super) struct Surroundings {
    pub(super) now: Timestamp,
    pub(super) zone: Zone,
    pub(super) uid: u32,
    /// Whether the rights are those of whom the login session belongs to.
    pub(super) owns_session: bool,
    pub(super) running_boot: Option<crate::journal::Id128>,
    pub(super) on_terminal: bool,
    pub(super) columns: usize,
    pub(super) variable: fn(&str) -> Option<String>,
}

impl Surroundings {
    pub(super) fn read() -> Self {
        let variable = |name: &str| std::env::var(name).ok();
        let stdout = std::io::stdout();
        let terminal = rustix::termios::tcgetwinsize(&stdout).ok().map(|size| usize::from(size.ws_col));
        let set = variable("COLUMNS").and_then(|columns| columns.parse().ok());
        Self {
            now: Timestamp::read_clock(),
            zone: Zone::read_host(variable("TZ").as_deref()),
            uid: rustix::process::getuid().as_raw(),
            owns_session: session::is_own(),
            running_boot: boot::running(),
            on_terminal: stdout.is_terminal(),
            columns: set.or(terminal).filter(|&columns| columns > 0).unwrap_or(COLUMNS.into()),
            variable,
        }
    }

    /// `SYSTEMD_COLORS`, else, as where that says something else, `NO_COLOR`, else whether a terminal can show them.
    fn colour(&self) -> Option<Palette> {
        let wanted = (self.variable)("SYSTEMD_COLORS").unwrap_or_default();
        match (wanted.as_str(), boolean::parse(&wanted)) {
            ("16", _) => Some(Palette::Small),
            ("256", _) | (_, Some(true)) => Some(Palette::Large),
            (_, Some(false)) => None,
            (_, None) => self.shows_colours().then_some(Palette::Large),
        }
    }

    fn shows_colours(&self) -> bool {
        self.on_terminal
            && (self.variable)("NO_COLOR").is_none()
            && (self.variable)("TERM").is_some_and(|term| term != "dumb")
    }
}

impl Plan {
    pub(super) fn resolve(
        args: &Args,
        words: &[OsString],
        around: &Surroundings,
    ) -> Result<Self, JournalctlError> {
        let format = match args.output.as_deref() {
            None => Some(Format::Short),
            Some("help") => None,
            Some(name) => {
                Some(Format::from_name(name).ok_or_else(|| JournalctlError::Format(name.to_owned()))?)
            }
        };
        let quiet = args.quiet || format.is_some_and(Format::is_for_programs);
        let action = resolve_action(args, words, quiet, format, around)?;
        let output = resolve_output(args, format.unwrap_or(Format::Short), &action, around);
        let pager = (around.on_terminal && !args.no_pager && !args.follow && action.is_long())
            .then(|| Pager::resolve(around.variable, around.owns_session, args.pager_end))
            .flatten();
        Ok(Self { action, engine: engine(args), place: place(args), quiet, output, pager })
    }

    /// Whether entries are asked for fields of names that none can have. In `cat` nothing else is shown of them, and
    /// journalctl fails at the first one; elsewhere such a field is only never there.
    pub(super) fn asks_the_impossible(&self) -> bool {
        let mut fields = self.output.fields.iter().flatten();
        self.output.format == Format::Cat && fields.any(|name| !field_name::can_be_asked_for(name))
    }
}

impl Action {
    /// Whether it prints more than a line or two.
    const fn is_long(&self) -> bool {
        match self {
            Self::Show(_) | Self::ListBoots { .. } | Self::ListRuns { .. } => true,
            Self::FieldNames | Self::FieldValues { .. } | Self::Header => true,
            Self::DiskUsage | Self::ListFormats | Self::ListFacilities | Self::Delegate(_) => false,
        }
    }

    /// Whether its times are in the zone that is asked for. Those of boots and files journalctl has in the local one.
    const fn has_zone(&self) -> bool {
        match self {
            Self::ListBoots { .. } | Self::Header => false,
            Self::Show(_) | Self::ListRuns { .. } | Self::FieldNames | Self::FieldValues { .. } => true,
            Self::DiskUsage | Self::ListFormats | Self::ListFacilities | Self::Delegate(_) => true,
        }
    }
}

fn engine(args: &Args) -> Option<Engine> {
    args.engine.or_else(|| Engine::BUILT_IN.first().copied())
}

const fn owner(args: &Args) -> Owner {
    Owner::asked_for(args.system, args.user)
}

fn place(args: &Args) -> Place {
    let owner = owner(args);
    if let Some(path) = args.directory.clone() {
        return Place::Directory { path, owner };
    }
    if !args.file.is_empty() {
        return Place::Files(args.file.clone());
    }
    // Below another root journalctl knows of no namespaces.
    let name = args.namespace.as_deref().filter(|_| args.root.is_none());
    Place::Host(Host {
        root: args.root.clone(),
        all_machines: args.merge,
        namespace: name.map_or_else(Namespace::default, Namespace::parse),
        owner,
    })
}

fn resolve_output(args: &Args, format: Format, action: &Action, around: &Surroundings) -> Options {
    Options {
        format,
        zone: if args.utc && action.has_zone() { Zone::Utc } else { around.zone },
        all: args.all,
        cut_to: (args.no_full && !args.all).then_some(around.columns),
        utf8: locale::has_utf8(around.variable),
        hostname: !args.no_hostname,
        colour: around.colour(),
        first_line_only: args.truncate_newline,
        fields: field_list(&args.output_fields),
    }
}

fn resolve_action(
    args: &Args,
    words: &[OsString],
    quiet: bool,
    format: Option<Format>,
    around: &Surroundings,
) -> Result<Action, JournalctlError> {
    if format.is_none() {
        return Ok(Action::ListFormats);
    }
    if wants_facilities(args) {
        return Ok(Action::ListFacilities);
    }
    let show = resolve_show(args, quiet, around)?;
    if let Some(delegated) = Delegated::of(args, words) {
        return Ok(Action::Delegate(delegated));
    }
    if let (Some(word), true) = (args.matches.first(), lists(args)) {
        return Err(JournalctlError::Extraneous(word.to_string_lossy().into_owned()));
    }
    if args.list_boots {
        return Ok(Action::ListBoots { newest_first: args.reverse });
    }
    if args.list_invocations {
        return list_runs(show);
    }
    if args.fields {
        return Ok(Action::FieldNames);
    }
    if let Some(field) = &args.field {
        // Values are listed once, so it does not matter that entries are followed.
        let limit = show.lines.and_then(|lines| usize::try_from(lines.count()).ok()).unwrap_or(usize::MAX);
        let (selection, name) = (Box::new(show.selection), field.clone());
        return Ok(Action::FieldValues { selection, name, limit });
    }
    if args.header {
        return Ok(Action::Header);
    }
    if args.disk_usage {
        return Ok(Action::DiskUsage);
    }
    Ok(Action::Show(Box::new(show)))
}

/// Whether something else is asked for than entries.
const fn lists(args: &Args) -> bool {
    let of_entries = args.list_boots || args.list_invocations || args.fields || args.field.is_some();
    of_entries || args.header || args.disk_usage
}

fn list_runs(show: Show) -> Result<Action, JournalctlError> {
    let Show { selection, lines, newest_first, .. } = show;
    if selection.units.is_empty() {
        return Err(JournalctlError::Conflict(
            "Using --list-invocations requires a unit. Please specify a unit name with -u/--unit=/--user-unit=.",
        ));
    }
    Ok(Action::ListRuns { selection: Box::new(selection), limit: lines, newest_first })
}

/// What cannot be asked for at once, in the order in which journalctl finds it.
fn reject_conflicts(
    args: &Args,
    bounds: Option<(Timestamp, Timestamp)>,
    lines: Option<Extent>,
) -> Result<(), JournalctlError> {
    let places = [
        args.directory.is_some(),
        !args.file.is_empty(),
        args.machine.is_some(),
        args.root.is_some(),
        args.image.is_some(),
    ];
    // A file with a cursor is none of them: it may not be there yet.
    let starts = [args.since.is_some(), args.cursor.is_some(), args.after_cursor.is_some()];
    let count = |given: &[bool]| given.iter().filter(|&&given| given).count();
    let found = if count(&places) > 1 {
        "Please specify at most one of -D/--directory=, --file=, -M/--machine=, --root=, --image=."
    } else if bounds.is_some_and(|(since, until)| since > until) {
        "--since= must be before --until=."
    } else if count(&starts) > 1 {
        "Please specify only one of --since=, --cursor=, and --after-cursor=."
    } else if args.follow && args.reverse {
        "Please specify either --reverse= or --follow=, not both."
    } else if matches!(lines, Some(Extent::First(_))) && goes_backwards(args) {
        "--lines=+N is unsupported when --reverse or --follow is specified."
    } else if args.merge && (args.list_boots || wants_one_boot(args)) {
        "Using --boot or --list-boots with --merge is not supported."
    } else {
        return Ok(());
    };
    Err(JournalctlError::Conflict(found))
}

/// Whether there is no first entry to count from. A list is made first and turned round then.
const fn goes_backwards(args: &Args) -> bool {
    args.follow || (args.reverse && !args.list_invocations)
}

/// Whether the options name one boot, or mean the one that runs.
fn wants_one_boot(args: &Args) -> bool {
    args.boot().map_or(args.pager_end || args.dmesg, |boot| boot != "all")
}

fn resolve_show(args: &Args, quiet: bool, around: &Surroundings) -> Result<Show, JournalctlError> {
    let case_counts = case_counts(args)?;
    let lines = resolve_lines(args)?;
    let time = |text: &Option<String>| text.as_deref().map(|text| resolve_time(text, around)).transpose();
    let (since, until) = (time(&args.since)?, time(&args.until)?);
    let selection = resolve_selection(args, around)?;
    reject_conflicts(args, since.zip(until), lines)?;
    let pattern = args.grep.as_deref().map(|text| pattern::compile(text, case_counts)).transpose()?;
    // A pattern finds the last entries quickest from the end.
    let backwards = pattern.is_some() && matches!(lines, Some(Extent::Last(_))) && !args.follow;
    let newest_first = args.reverse || backwards;
    let cursor = resolve_cursor(args)?;
    Ok(Show {
        selection,
        // Whoever goes on from a cursor begins there, whatever the time.
        since: since.filter(|_| cursor.is_none() || newest_first),
        until,
        cursor,
        cursor_file: args.cursor_file.clone(),
        pattern,
        lines,
        newest_first,
        follow: args.follow,
        prints_cursor: args.show_cursor,
        divide_boots: !args.merge && !quiet,
        remark_nothing: !quiet && !args.follow,
        wants_catalog: args.catalog && !args.quiet,
    })
}

fn resolve_time(text: &str, around: &Surroundings) -> Result<Timestamp, JournalctlError> {
    parse_time(text, around.now, around.zone).map_err(|_| JournalctlError::Time(text.to_owned()))
}

fn resolve_lines(args: &Args) -> Result<Option<Extent>, JournalctlError> {
    let Some(text) = args.lines.as_deref() else {
        return Ok(if args.pager_end {
            Some(Extent::Last(BEFORE_THE_END))
        } else if args.follow && !args.no_tail && args.since.is_none() {
            Some(Extent::Last(BEFORE_FOLLOWING))
        } else {
            None
        });
    };
    let number = |text: &str| parse_count(text).ok_or_else(|| JournalctlError::Lines(text.to_owned()));
    match text.strip_prefix('+') {
        _ if text == "all" => Ok(None),
        _ if args.no_tail => Ok(None),
        Some(text) => number(text).map(|count| Some(Extent::First(count))),
        None => number(text).map(|count| Some(Extent::Last(count))),
    }
}

/// A number of lines.
pub(super) fn parse_count(text: &str) -> Option<u64> {
    integer::parse(text).and_then(|number| u64::try_from(number).ok())
}

/// What stands in the file, if it is there, goes before what was typed.
fn resolve_cursor(args: &Args) -> Result<Option<CursorWanted>, JournalctlError> {
    let stored = args.cursor_file.as_deref().map(read_cursor_file).transpose()?.flatten();
    let at = args.cursor.clone().map(CursorWanted::At);
    let after = args.after_cursor.clone().map(CursorWanted::After);
    Ok(stored.map(CursorWanted::After).or(at).or(after))
}

fn read_cursor_file(path: &Path) -> Result<Option<String>, JournalctlError> {
    cursor_file::read(path).map_err(|source| JournalctlError::CursorFile { path: path.to_owned(), source })
}

/// `None` where the pattern decides.
fn case_counts(args: &Args) -> Result<Option<bool>, JournalctlError> {
    let Some(text) = args.case_sensitive.as_deref() else { return Ok(None) };
    boolean::parse(text).map(Some).ok_or_else(|| JournalctlError::Case(text.to_owned()))
}

fn resolve_selection(args: &Args, around: &Surroundings) -> Result<Selection, JournalctlError> {
    let boot = args.boot();
    let boot = boot.map(|text| BootWanted::parse(text).ok_or_else(|| JournalctlError::Boot(text.to_owned())));
    // Following, the end, and the kernel's messages are of this boot, unless it is said.
    let follows_one = args.follow && !args.merge;
    let implied = follows_one || args.pager_end || args.dmesg;
    Ok(Selection {
        units: UnitNames::asked_for(&args.unit, &args.user_unit, owner(args), around.uid),
        run: resolve_run(args)?,
        identifiers: args.identifier.clone(),
        excluded_identifiers: args.exclude_identifier.iter().map(|name| name.clone().into_bytes()).collect(),
        priorities: args.priority.as_deref().map(priorities).transpose()?.unwrap_or_default(),
        facilities: facilities(args)?,
        kernel: args.dmesg,
        boot: match boot.transpose()? {
            None if implied => Some(BootWanted::Nth(0)),
            // journalctl 252 follows no more than one boot (systemd#36102).
            Some(BootWanted::All) if follows_one => Some(BootWanted::Nth(0)),
            boot => boot,
        },
        running_boot: around.running_boot,
        is_of_host: args.directory.is_none() && args.file.is_empty() && args.root.is_none(),
        words: args.matches.clone(),
    })
}

/// A number counts the runs of a unit, so there must be one.
fn resolve_run(args: &Args) -> Result<Option<RunWanted>, JournalctlError> {
    let text = args.invocation.as_deref().or_else(|| args.last_invocation.then_some("0"));
    let Some(text) = text else { return Ok(None) };
    let run = RunWanted::parse(text).ok_or_else(|| JournalctlError::Run(text.to_owned()))?;
    if matches!(run, RunWanted::Nth(_)) && args.unit.is_empty() && args.user_unit.is_empty() {
        return Err(JournalctlError::Conflict(
            "Using -I/--invocation= with an offset requires a unit. Please specify a unit name with -u/--unit=/--user-unit=.",
        ));
    }
    Ok(Some(run))
}

/// `err`: that and graver ones. `err..debug`: in either order, both ends are in it.
fn priorities(text: &str) -> Result<Vec<u8>, JournalctlError> {
    let level = |name: &str| {
        let by_number = || integer::parse(name).and_then(|number| u8::try_from(number).ok());
        let number = priority::number_of(name).or_else(by_number);
        number.filter(|&number| usize::from(number) < PRIORITIES.len())
    };
    let (from, to) = match text.split_once("..") {
        Some((from, to)) => {
            let bad = || JournalctlError::Levels(text.to_owned());
            (level(from).ok_or_else(bad)?, level(to).ok_or_else(bad)?)
        }
        None => (0, level(text).ok_or_else(|| JournalctlError::Level(text.to_owned()))?),
    };
    let wanted: Vec<u8> = (from.min(to)..=from.max(to)).collect();
    // Where every one of them will do, so will an entry without any.
    Ok(if wanted.len() == PRIORITIES.len() { Vec::new() } else { wanted })
}

fn facilities(args: &Args) -> Result<Vec<u8>, JournalctlError> {
    let facility =
        |name: &str| facility::parse(name).ok_or_else(|| JournalctlError::Facility(name.to_owned()));
    facility_names(args).map(facility).collect()
}

/// Whether the list of facilities is asked for, before a name that is none.
fn wants_facilities(args: &Args) -> bool {
    facility_names(args).find(|name| facility::parse(name).is_none()) == Some(facility::HELP)
}

fn facility_names(args: &Args) -> impl Iterator<Item = &str> {
    args.facility.iter().flat_map(|list| list.split(',')).filter(|name| !name.is_empty())
}

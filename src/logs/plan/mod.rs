//! What the command line means here and now. Nothing below this reads environment, clock or configuration.

mod processes;
mod runs;
mod settings;
mod sources;

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

pub(super) use settings::LogSettings;
use sources::resolve_sources;
pub(super) use sources::{FilesPlan, JournalPlan, OutputPlan, SourcePlan};

use super::LogsError;
use super::args::{
    Args, Color, Facility, Levels, Lines, Output, ReportFormat, ScopeArgs, Selector, ShowArgs, Verb,
};
use super::filter::{Criteria, Filter, Name, Operation, PLATFORM, Selection, compile_glob, compile_pattern};
use super::numbers::Numbers;
use super::render::Template;
use crate::host::process::Process;
use crate::journal::boot::{self, BootWanted};
use crate::journal::output::{Format, Options, Palette, field_list};
use crate::journal::unit::{UnitNames, full_name};
use crate::journal::{Clause, Cursor, Id128, Order, Owner, Start, cursor_file, terms};
use crate::locale;
use crate::openim::config::Environment;
use crate::openim::deployment::USUAL_ROOTS;
use crate::openim::level::Level;
use crate::openim::service::Service;
use crate::pager::Pager;
use crate::time::{Timestamp, Zone, parse_time};

/// The width of text where there is no terminal to ask.
const COLUMNS: u16 = 80;
/// How many lines `-e` shows, unless it is said.
const BEFORE_THE_END: u64 = 1000;

/// What is to be done.
#[derive(Debug)]
pub(super) struct Plan {
    /// At least one; several are one stream, by time.
    pub(super) sources: Vec<SourcePlan>,
    pub(super) criteria: Criteria,
    pub(super) extent: Extent,
    pub(super) context: Around,
    pub(super) task: Task,
    pub(super) order: Order,
    pub(super) follow: bool,
    pub(super) look: Look,
    /// Where the last entry is noted.
    pub(super) place: PlacePlan,
    pub(super) pager: Option<Pager>,
    /// No remarks on standard error.
    pub(super) quiet: bool,
    /// Standard output is a terminal.
    pub(super) on_terminal: bool,
    /// That files are read that nobody named, which is said unless quiet.
    pub(super) reads_too: Option<String>,
    /// What else was decided for the person, and is said likewise.
    pub(super) remark: Option<String>,
    /// The words of the command line that set the scope, for messages.
    pub(super) scope: String,
    /// Which instances the processes are that run.
    pub(super) numbers: Numbers,
    /// How OpenIM is told to log, where that is known.
    pub(super) settings: Option<LogSettings>,
    /// The zone of times that lines carry without one.
    pub(super) input_zone: Zone,
    pub(super) now: Timestamp,
}

/// How records are shown.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub(super) struct Look {
    pub(super) form: Form,
    /// Show all of what is long.
    pub(super) unfold: bool,
    /// Show fields as they are.
    pub(super) all: bool,
    pub(super) hostname: bool,
    /// Cut lines to that many columns, in the family of `short`.
    pub(super) cut_to: Option<usize>,
    /// Whether the terminal has more letters than those of ASCII.
    pub(super) utf8: bool,
    /// Show the first line of each message only, in the family of `short`.
    pub(super) first_line_only: bool,
    /// Show only these fields of an entry.
    pub(super) fields: Option<Vec<Vec<u8>>>,
    pub(super) zone: Zone,
    /// Today, in that zone.
    pub(super) today: chrono::NaiveDate,
    pub(super) colour: bool,
    pub(super) columns: usize,
    /// Mask secrets.
    pub(super) redact: bool,
    /// The name of this host, for lines that do not carry one.
    pub(super) host: String,
    pub(super) quiet: bool,
}

impl Look {
    /// The same for one of journalctl's forms.
    pub(super) fn options(&self, format: Format) -> Options {
        Options {
            format,
            zone: self.zone,
            all: self.all,
            cut_to: self.cut_to,
            utf8: self.utf8,
            hostname: self.hostname,
            colour: self.colour.then_some(Palette::Large),
            first_line_only: self.first_line_only,
            fields: self.fields.clone(),
        }
    }
}

/// Where the place of the last entry is noted, for who goes on from there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PlacePlan {
    /// It is shown behind the records.
    pub(super) is_shown: bool,
    pub(super) file: Option<PathBuf>,
}

impl PlacePlan {
    pub(super) const fn is_wanted(&self) -> bool {
        self.is_shown || self.file.is_some()
    }
}

/// What is done with the records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Task {
    /// They are shown.
    Show,
    /// They are counted.
    Count,
    /// The runs of their units are listed.
    ListRuns,
    /// They answer a question.
    Answer(Question, ReportFormat),
    /// It is found out why there are none.
    Examine(ReportFormat),
}

/// A question whose answer is not the lines themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Question {
    Trace { operation: String, follow: bool },
    Stats { by: Option<Name> },
    Top { limit: Extent },
    Panics,
    Slow { limit: Extent },
    Gaps,
}

impl Question {
    /// Whether records that the filter refuses bear on the answer: as the return of a service that had ended, or as
    /// what is written long after a request was over that somebody waits for.
    const fn heeds_others(&self) -> bool {
        match self {
            Self::Trace { follow, .. } => *follow,
            Self::Stats { .. } | Self::Top { .. } => false,
            Self::Panics | Self::Slow { .. } | Self::Gaps => true,
        }
    }
}

/// The form of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Known(Output),
    /// The person's own.
    Own(Template),
}

impl Form {
    /// Whether it shows what was stored, byte for byte.
    pub(super) const fn keeps_bytes(&self) -> bool {
        match self {
            Self::Known(output) => output.keeps_bytes(),
            Self::Own(_) => false,
        }
    }

    /// Whether it has nothing but records: another program reads it.
    pub(super) const fn is_for_programs(&self) -> bool {
        match self {
            Self::Known(output) => output.is_for_programs(),
            Self::Own(_) => false,
        }
    }
}

/// How many records of the same service are shown around each that is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Around {
    pub(super) before: usize,
    pub(super) after: usize,
}

/// How many records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    All,
    /// Of rows, the best of them.
    Last(u64),
    First(u64),
}

impl Extent {
    /// Whether nothing is wanted.
    pub(super) const fn is_nothing(self) -> bool {
        matches!(self, Self::Last(0) | Self::First(0))
    }
}

/// What the plan depends on besides the command line.
#[derive(Debug)]
pub(super) struct Surroundings {
    pub(super) environment: Environment,
    pub(super) directory: PathBuf,
    pub(super) usual_roots: Vec<PathBuf>,
    pub(super) now: Timestamp,
    pub(super) zone: Zone,
    pub(super) host: String,
    pub(super) on_terminal: bool,
    pub(super) columns: u16,
    pub(super) running_boot: Option<Id128>,
    /// Whose units are those of the user.
    pub(super) uid: u32,
    /// The services that run from programs below a directory.
    pub(super) running_services: fn(&Path) -> Vec<Process>,
}

impl Surroundings {
    /// Reads environment, clock, host name and terminal.
    pub(super) fn read() -> Self {
        let environment = Environment::of_this_process();
        let stdout = io::stdout();
        let columns = rustix::termios::tcgetwinsize(&stdout).ok().map(|size| size.ws_col).filter(|&c| c > 0);
        let set = environment.get("COLUMNS").and_then(|columns| columns.parse().ok()).filter(|&c| c > 0);
        Self {
            directory: std::env::current_dir().unwrap_or_default(),
            usual_roots: USUAL_ROOTS.iter().map(PathBuf::from).collect(),
            now: Timestamp::read_clock(),
            zone: Zone::read_host(std::env::var("TZ").ok().as_deref()),
            host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
            on_terminal: stdout.is_terminal(),
            columns: set.or(columns).unwrap_or(COLUMNS),
            running_boot: boot::running(),
            uid: rustix::process::getuid().as_raw(),
            running_services: processes::running_services,
            environment,
        }
    }
}

impl Plan {
    /// Works out what a command line means.
    pub(super) fn resolve(args: &Args, around: &Surroundings) -> Result<Self, LogsError> {
        let Some(verb) = &args.verb else { return Self::of_lines(&args.show, around) };
        let (scope, task) = resolve_verb(verb);
        let mut plan = Self::of_scope(scope, around)?;
        if let Task::Answer(Question::Trace { operation, follow }, _) = &task {
            if !scope.op.is_empty() {
                return Err(usage("--op stands instead of trace's OPERATION_ID: name only one of them"));
            }
            plan.criteria.filter.operations = vec![Operation::new(operation)];
            plan.follow = *follow && !plan.reads_only_stdin();
        }
        if matches!(verb, Verb::Gaps(_)) {
            plan.look_for_gaps()?;
        }
        let is_errors = matches!(verb, Verb::Errors(_));
        if is_errors && plan.criteria.filter.levels.is_none() {
            plan.criteria.filter.levels = Some(Levels { from: Level::Error, to: Level::Fatal });
        }
        plan.task = task;
        plan.pager = resolve_pager(&plan, scope, false, around);
        Ok(plan)
    }

    /// The lines themselves.
    fn of_lines(show: &ShowArgs, around: &Surroundings) -> Result<Self, LogsError> {
        reject_conflicts(show)?;
        let mut plan = Self::of_scope(&show.scope, around)?;
        if plan.reads_stdin() && show.reverse {
            return Err(usage(
                "--reverse begins at the end, which standard input shows only when it is over",
            ));
        }
        plan.context = Around {
            before: show.before.or(show.context).unwrap_or(0),
            after: show.after.or(show.context).unwrap_or(0),
        };
        plan.follow = show.follow && !plan.reads_only_stdin();
        let begins_late = plan.follow && plan.criteria.since.is_none() && !plan.reads_stdin();
        plan.extent = resolve_extent(show.lines, begins_late && !show.no_tail);
        if show.pager_end && show.lines.is_none() && !plan.follow {
            plan.extent = Extent::Last(BEFORE_THE_END);
        }
        plan.look.unfold = show.unfold || show.all;
        plan.look.all = show.all;
        plan.look.hostname = !show.no_hostname;
        plan.look.cut_to = (show.no_full && !show.all).then_some(plan.look.columns);
        plan.look.first_line_only = show.truncate_newline;
        plan.look.fields = field_list(&show.output_fields);
        if let Some(output) = show.output {
            plan.look.form = Form::Known(output);
            if output.needs_entries() {
                plan.read_only_the_journal("-o export and -o verbose show")?;
            }
        }
        plan.begin_at_cursor(show)?;
        if show.catalog {
            plan.add_remark("explanations (-x) are left out: the catalog is systemd's own text");
        }
        if let Some(template) = &show.template {
            plan.look.form = Form::Own(Template::parse(template)?);
        }
        if show.reverse {
            plan.order = Order::NewestFirst;
            if plan.looks_around() {
                return Err(usage("--reverse cannot look ahead: leave out -A, -B, -C, --slow and cost"));
            }
        }
        if show.count {
            plan.task = Task::Count;
        }
        if show.list_invocations {
            plan.read_only_the_journal("Runs of units are told by")?;
            plan.list_whole_runs(show)?;
        }
        plan.pager = resolve_pager(&plan, &show.scope, show.pager_end, around);
        Ok(plan)
    }

    /// Where a cursor says, if one was given; what stands in the file, if it is there, goes before what was typed.
    fn begin_at_cursor(&mut self, show: &ShowArgs) -> Result<(), LogsError> {
        self.place = PlacePlan { is_shown: show.show_cursor, file: show.cursor_file.clone() };
        let stored = show.cursor_file.as_deref().map(read_cursor).transpose()?.flatten();
        let (text, is_behind) = match (stored, &show.after_cursor, &show.cursor) {
            (Some(stored), _, _) => (stored, true),
            (None, Some(after), _) => (after.clone(), true),
            (None, None, Some(at)) => (at.clone(), false),
            (None, None, None) if self.place.is_wanted() => {
                return self.read_only_the_journal("Cursors are of");
            }
            (None, None, None) => return Ok(()),
        };
        self.read_only_the_journal("Cursors are of")?;
        let cursor = Cursor::parse(&text);
        let cursor = cursor.ok_or_else(|| usage("Failed to seek to cursor: Invalid argument"))?;
        for source in &mut self.sources {
            if let SourcePlan::Journal(journal) = source {
                journal.start = if is_behind { Start::After(cursor) } else { Start::At(cursor) };
            }
        }
        // Whoever goes on from a cursor begins there, and lines are counted from it.
        if !show.reverse {
            self.criteria.since = None;
        }
        if let (Extent::Last(count), false) = (self.extent, self.follow) {
            self.extent = Extent::First(count);
        } else if self.follow {
            self.extent = Extent::All;
        }
        Ok(())
    }

    /// Leaves out sources that were not asked for and whose lines are no entries.
    fn read_only_the_journal(&mut self, why: &str) -> Result<(), LogsError> {
        self.sources.retain(|source| matches!(source, SourcePlan::Journal(_)));
        self.reads_too = None;
        if self.sources.is_empty() {
            return Err(LogsError::Usage(format!("{why} entries of the journal: --source journal")));
        }
        Ok(())
    }

    /// Has the runs listed. Each has its first entry and its last, whatever is in them, and they are those of units.
    fn list_whole_runs(&mut self, show: &ShowArgs) -> Result<(), LogsError> {
        let scope = &show.scope;
        let by_time = scope.since.is_some() || scope.until.is_some() || scope.this_run;
        let by_cursor = show.cursor.is_some() || show.after_cursor.is_some() || self.place.is_wanted();
        let by_line = !self.criteria.filter.is_empty() || !scope.exclude_identifier.is_empty();
        let others = |journal: &JournalPlan| !journal.clauses.is_empty() || !journal.facilities.is_empty();
        let by_field = scope.invocation.is_some() || self.journal().is_some_and(others);
        if by_time || by_cursor || by_line || by_field {
            return Err(usage(
                "--list-invocations lists whole runs of units: name services, -u or -b,\n\
                 and leave out times, cursors, filters and other fields",
            ));
        }
        self.task = Task::ListRuns;
        Ok(())
    }

    /// What is lost has no level and no text that a filter could look at, and only the journal counts its entries.
    fn look_for_gaps(&mut self) -> Result<(), LogsError> {
        if !self.criteria.filter.is_empty() {
            return Err(usage(
                "gaps tells of what is lost, which has no text to filter: leave out -L, -p, -g, --op and the like",
            ));
        }
        self.read_only_the_journal("Gaps are told only by")
    }

    fn add_remark(&mut self, text: &str) {
        let remark = self.remark.take().map(|remark| format!("{remark}\nopenim-logs: "));
        self.remark = Some(remark.unwrap_or_default() + text);
    }

    /// All records of a scope, the oldest first, in the usual form.
    fn of_scope(scope: &ScopeArgs, around: &Surroundings) -> Result<Self, LogsError> {
        let wanted = Wanted::of(scope, around)?;
        let (sources, reads_too, settings) = resolve_sources(scope, &wanted, around)?;
        let since = resolve_time("since", scope.since.as_deref(), around)?;
        let until = resolve_time("until", scope.until.as_deref(), around)?;
        if since.zip(until).is_some_and(|(since, until)| since > until) {
            return Err(LogsError::Bounds);
        }
        let filter = resolve_filter(scope)?;
        let mut plan = Self {
            sources,
            criteria: Criteria {
                selection: Selection(wanted.services),
                since,
                until,
                runs: None,
                excluded_identifiers: scope.exclude_identifier.clone(),
                filter,
            },
            extent: Extent::All,
            context: Around::default(),
            task: Task::Show,
            order: Order::OldestFirst,
            follow: false,
            look: resolve_look(scope, around),
            place: PlacePlan::default(),
            pager: None,
            quiet: scope.quiet,
            on_terminal: around.on_terminal,
            reads_too,
            remark: None,
            scope: wanted.words,
            numbers: settings.as_ref().map(|settings| settings.numbers(around.now)).unwrap_or_default(),
            settings,
            input_zone: resolve_zone(scope, around)?,
            now: around.now,
        };
        if scope.this_run {
            runs::begin_with_this_run(&mut plan, around)?;
        }
        Ok(plan)
    }

    /// The journal, if it is read.
    pub(super) fn journal(&self) -> Option<&JournalPlan> {
        self.sources.iter().find_map(|source| match source {
            SourcePlan::Journal(journal) => Some(journal),
            SourcePlan::Files(_) | SourcePlan::Output(_) | SourcePlan::Stdin => None,
        })
    }

    /// Whether standard input is read, whose end nobody knows.
    pub(super) fn reads_stdin(&self) -> bool {
        self.sources.iter().any(|source| matches!(source, SourcePlan::Stdin))
    }

    fn reads_only_stdin(&self) -> bool {
        self.sources.iter().all(|source| matches!(source, SourcePlan::Stdin))
    }

    /// Whether a record can be judged or shown only with others that came before it.
    pub(super) fn looks_around(&self) -> bool {
        self.context != Around::default() || self.needs_durations()
    }

    /// Whether records that are not found bear on nothing that is shown. Of several sources each may have the record
    /// that another has.
    pub(super) fn shows_only_what_is_found(&self) -> bool {
        let heeds_others = match &self.task {
            Task::Show | Task::Count | Task::ListRuns => false,
            Task::Answer(question, _) => question.heeds_others(),
            Task::Examine(_) => true,
        };
        !heeds_others && !self.looks_around() && self.sources.len() == 1
    }

    /// Whether somebody asks how long calls took.
    pub(super) fn needs_durations(&self) -> bool {
        let shown = match &self.look.form {
            Form::Known(_) => false,
            Form::Own(template) => template.needs_durations(),
        };
        let asked = matches!(self.task, Task::Answer(Question::Slow { .. }, _));
        shown || asked || self.criteria.filter.needs_durations()
    }
}

/// The scope of a verb and what is done.
fn resolve_verb(verb: &Verb) -> (&ScopeArgs, Task) {
    let extent = |lines| resolve_extent(Some(lines), false);
    match verb {
        Verb::Trace(args) => {
            let question = Question::Trace { operation: args.operation.clone(), follow: args.follow };
            (&args.scope, Task::Answer(question, args.output))
        }
        Verb::Stats(args) => {
            let by = args.by.as_deref().map(Name::parse);
            (&args.scope, Task::Answer(Question::Stats { by }, args.output))
        }
        Verb::Top(args) | Verb::Errors(args) => {
            (&args.scope, Task::Answer(Question::Top { limit: extent(args.lines) }, args.output))
        }
        Verb::Slow(args) => {
            (&args.scope, Task::Answer(Question::Slow { limit: extent(args.lines) }, args.output))
        }
        Verb::Panics(args) => (&args.scope, Task::Answer(Question::Panics, args.output)),
        Verb::Gaps(args) => (&args.scope, Task::Answer(Question::Gaps, args.output)),
        Verb::Doctor(args) => (&args.scope, Task::Examine(args.output)),
    }
}

/// A follower shows ten lines first, unless it is told where to begin.
fn resolve_extent(lines: Option<Lines>, from_now: bool) -> Extent {
    match lines {
        Some(Lines::Last(count)) => Extent::Last(count),
        Some(Lines::First(count)) => Extent::First(count),
        None if from_now => Extent::Last(10),
        Some(Lines::All) | None => Extent::All,
    }
}

/// What cannot be asked for at once, in the words of journalctl.
fn reject_conflicts(show: &ShowArgs) -> Result<(), LogsError> {
    let starts = [show.scope.since.is_some(), show.cursor.is_some(), show.after_cursor.is_some()];
    if starts.into_iter().filter(|&given| given).count() > 1 {
        Err(usage("Please specify only one of --since=, --cursor=, and --after-cursor=."))
    } else if show.follow && show.reverse {
        Err(usage("Please specify either --reverse= or --follow=, not both."))
    } else if matches!(show.lines, Some(Lines::First(_))) && goes_backwards(show) {
        Err(usage("--lines=+N is unsupported when --reverse or --follow is specified."))
    } else {
        Ok(())
    }
}

/// Whether there is no first line to count from. A list is made first and turned round then.
const fn goes_backwards(show: &ShowArgs) -> bool {
    show.follow || (show.reverse && !show.list_invocations)
}

fn resolve_filter(scope: &ScopeArgs) -> Result<Filter, LogsError> {
    let pattern = |option, text: &Option<String>| {
        text.as_deref().map(|text| compile_pattern(option, text, scope.case_sensitive)).transpose()
    };
    let globs = |option, texts: &[String]| -> Result<Vec<_>, LogsError> {
        texts.iter().map(|text| compile_glob(option, text)).collect()
    };
    let mut filter = Filter {
        priorities: scope.priority,
        levels: scope.level,
        pattern: pattern("grep", &scope.grep)?,
        message: pattern("msg", &scope.msg)?,
        operations: scope.op.iter().map(|id| Operation::new(id)).collect(),
        callers: globs("caller", &scope.caller)?,
        versions: globs("app-version", &scope.app_version)?,
        codes: scope.code.clone(),
        slow: scope.slow,
        keys: Vec::new(),
    };
    filter.require("opUserID", &scope.op_user);
    filter.require("connID", &scope.conn);
    filter.require(PLATFORM, &scope.platform);
    scope.comparisons.iter().cloned().try_for_each(|comparison| filter.compare(comparison))?;
    Ok(filter)
}

/// The zone of the times in OpenIM's lines.
fn resolve_zone(scope: &ScopeArgs, around: &Surroundings) -> Result<Zone, LogsError> {
    match &scope.tz {
        Some(name) => Zone::parse(name).ok_or_else(|| LogsError::Zone(name.clone())),
        None => Ok(around.zone),
    }
}

/// The scope that the command line names.
struct Wanted {
    services: Vec<(Service, Option<u32>)>,
    units: UnitNames,
    /// What else was named instead of OpenIM, each by itself.
    clauses: Vec<Clause>,
    facilities: Vec<u8>,
    stdin: bool,
    words: String,
}

impl Wanted {
    fn of(args: &ScopeArgs, around: &Surroundings) -> Result<Self, LogsError> {
        let owner = Owner::asked_for(args.system, args.user);
        let mut wanted = Self {
            services: Vec::new(),
            units: UnitNames::asked_for(&args.unit, &args.user_unit, owner, around.uid),
            clauses: Vec::new(),
            facilities: facilities_of(args),
            stdin: false,
            words: words_of(args),
        };
        let mut terms = Vec::new();
        for selector in &args.selectors {
            match selector {
                Selector::Stdin => wanted.stdin = true,
                Selector::Service(service, instance) => wanted.services.push((*service, *instance)),
                Selector::Group(group) => {
                    wanted.services.extend(group.services().map(|service| (service, None)));
                }
                Selector::Term(word) => terms.push(word),
            }
        }
        wanted.clauses.extend(Clause::one_of("SYSLOG_IDENTIFIER", &args.identifier));
        wanted.clauses.extend(args.dmesg.then(Clause::of_kernel));
        wanted.clauses.extend(terms::clause(&terms, around.running_boot)?);
        if !wanted.units.is_empty() && !wanted.services.is_empty() {
            return Err(usage("--unit stands instead of a SERVICE: name only one of them"));
        }
        let wants_one_boot = args.boot.map_or(args.dmesg, |boot| boot != BootWanted::All);
        if args.merge && wants_one_boot {
            return Err(usage("Using --boot or --list-boots with --merge is not supported."));
        }
        Ok(wanted)
    }
}

/// The scope in the words of the command line.
fn words_of(args: &ScopeArgs) -> String {
    let selectors = args.selectors.iter().filter(|selector| **selector != Selector::Stdin);
    let full_name = |unit: &String| full_name(unit).unwrap_or_else(|| unit.clone());
    let words: Vec<_> = selectors
        .map(ToString::to_string)
        .chain(args.identifier.iter().cloned())
        .chain(args.dmesg.then(|| "the kernel".to_owned()))
        .chain(args.unit.iter().chain(&args.user_unit).map(full_name))
        .collect();
    let scope = if words.is_empty() { "OpenIM".to_owned() } else { words.join(" ") };
    if args.facility.is_empty() { scope } else { format!("{scope}, of that facility,") }
}

fn facilities_of(args: &ScopeArgs) -> Vec<u8> {
    let number = |facility: &Facility| match facility {
        Facility::Number(number) => Some(*number),
        Facility::Help => None,
    };
    args.facility.iter().filter_map(number).collect()
}

fn usage(text: &str) -> LogsError {
    LogsError::Usage(text.to_owned())
}

fn resolve_time(
    option: &'static str,
    text: Option<&str>,
    around: &Surroundings,
) -> Result<Option<Timestamp>, LogsError> {
    text.map(|text| parse_time(text, around.now, around.zone))
        .transpose()
        .map_err(|source| LogsError::Time { option, source })
}

/// A pager where lines or an answer go to a terminal, and to nobody who waits for the next.
fn resolve_pager(plan: &Plan, scope: &ScopeArgs, to_the_end: bool, around: &Surroundings) -> Option<Pager> {
    let is_long = match &plan.task {
        Task::Show | Task::ListRuns | Task::Answer(_, ReportFormat::Text) => true,
        Task::Count | Task::Answer(_, ReportFormat::Json) | Task::Examine(_) => false,
    };
    let waits = plan.follow || plan.reads_stdin();
    let is_wanted = around.on_terminal && !scope.no_pager && is_long && !waits;
    let variable = |name: &str| around.environment.get(name).map(str::to_owned);
    is_wanted.then(|| Pager::resolve(variable, to_the_end)).flatten()
}

fn read_cursor(path: &Path) -> Result<Option<String>, LogsError> {
    cursor_file::read(path).map_err(|source| LogsError::File { path: path.to_owned(), source })
}

fn resolve_look(scope: &ScopeArgs, around: &Surroundings) -> Look {
    let zone = if scope.utc { Zone::Utc } else { around.zone };
    let auto = around.on_terminal
        && around.environment.get("NO_COLOR").is_none()
        && around.environment.get("TERM") != Some("dumb");
    Look {
        form: Form::Known(if around.on_terminal { Output::Openim } else { Output::Journal(Format::Short) }),
        unfold: false,
        all: false,
        hostname: true,
        cut_to: None,
        utf8: locale::has_utf8(|name| around.environment.get(name).map(str::to_owned)),
        first_line_only: false,
        fields: None,
        zone,
        today: zone.civil(around.now).0.date(),
        colour: match scope.color {
            Color::Auto => auto,
            Color::Always => true,
            Color::Never => false,
        },
        columns: usize::from(around.columns),
        redact: !scope.no_redact,
        host: around.host.clone(),
        quiet: scope.quiet,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Host, Namespace, Place};

    fn around(directory: &Path) -> Surroundings {
        Surroundings {
            environment: Environment::default(),
            directory: directory.to_owned(),
            usual_roots: Vec::new(),
            now: Timestamp::from_micros(1_795_472_898_000_000),
            zone: Zone::Utc,
            host: "box".to_owned(),
            on_terminal: false,
            columns: 80,
            running_boot: None,
            uid: 1000,
            running_services: |_| Vec::new(),
        }
    }

    fn deployment(log_yml: &str) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("config")).unwrap();
        std::fs::write(root.path().join("config/log.yml"), log_yml).unwrap();
        std::fs::write(root.path().join("start-config.yml"), "serviceBinaries:\n").unwrap();
        root
    }

    fn resolve(line: &str, around: &Surroundings) -> Result<Plan, LogsError> {
        Plan::resolve(&Args::read(line.split_whitespace().map(Into::into)).unwrap(), around)
    }

    #[test]
    fn the_log_directory_is_relative_to_the_binaries_and_needs_none_of_them() {
        let root = deployment("isStdout: false\nstorageLocation: ../../../../logs/\n");
        let plan = resolve("openim-logs --source files", &around(root.path())).unwrap();
        let [SourcePlan::Files(files)] = plan.sources.as_slice() else {
            unreachable!("files were asked for")
        };
        assert_eq!(files.directory, root.path().join("_output/logs"));
        assert!(files.named_by().contains("log.yml:2 has storageLocation"));
        let settings = plan.settings.unwrap();
        assert_eq!(settings.to_stdout.map(|setting| setting.value), Some(false));
    }

    #[test]
    fn a_variable_moves_the_log_directory() {
        let root = deployment("storageLocation: ../../../../logs/\n");
        let mut around = around(Path::new("/"));
        let variables = [
            ("IMENV_LOG_STORAGELOCATION", "/var/log/openim"),
            ("OPENIM_ROOT", root.path().to_str().unwrap()),
        ];
        around.environment =
            variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect();
        let plan = resolve("openim-logs --source files", &around).unwrap();
        assert_eq!(plan.settings.unwrap().directory, Path::new("/var/log/openim"));
    }

    #[test]
    fn a_named_configuration_wins_over_the_directory_that_one_is_in() {
        let (here, there) = (deployment("storageLocation: /here\n"), deployment("storageLocation: /there\n"));
        let line = format!("openim-logs --source files --config {}", there.path().join("config").display());
        let plan = resolve(&line, &around(here.path())).unwrap();
        assert_eq!(plan.settings.unwrap().directory, Path::new("/there"));
    }

    #[test]
    fn without_log_yml_the_message_says_how_to_name_it() {
        let empty = tempfile::tempdir().unwrap();
        let error = resolve("openim-logs --source files", &around(empty.path())).unwrap_err();
        assert!(error.to_string().contains("--root DIR"), "{error}");
        assert_eq!(error.exit().code(), 75);
    }

    #[test]
    fn a_broken_log_yml_is_a_matter_of_configuration() {
        let root = deployment("isStdout: [\n");
        let error = resolve("openim-logs --source files", &around(root.path())).unwrap_err();
        assert_eq!(error.exit().code(), 78, "{error}");
    }

    #[test]
    fn follow_shows_ten_lines_first_unless_told_otherwise() {
        let root = deployment("");
        let extent = |line| resolve(line, &around(root.path())).unwrap().extent;
        assert_eq!(extent("openim-logs --source files -f"), Extent::Last(10));
        assert_eq!(extent("openim-logs --source files -f -n 3"), Extent::Last(3));
        assert_eq!(extent("openim-logs --source files -f -n all"), Extent::All);
        assert_eq!(extent("openim-logs --source files -f -S today"), Extent::All);
        assert_eq!(extent("openim-logs --source files"), Extent::All);
        assert_eq!(extent("openim-logs - -f"), Extent::All);
    }

    #[test]
    fn bounds_in_the_wrong_order_are_refused_as_journalctl_refuses_them() {
        let error = resolve("openim-logs - -S today -U yesterday", &around(Path::new("/"))).unwrap_err();
        assert_eq!(error.to_string(), "--since= must be before --until=.");
        assert_eq!(error.exit().code(), 64);
    }

    #[test]
    fn what_does_not_go_together_is_refused() {
        for line in [
            "openim-logs - -r",
            "openim-logs - _PID=1",
            "openim-logs --source files -u openim-api",
            "openim-logs api -u openim-push",
            "openim-logs trace op-1 --op op-2 -",
        ] {
            assert_eq!(resolve(line, &around(Path::new("/"))).unwrap_err().exit().code(), 64, "{line}");
        }
    }

    #[test]
    fn a_terminal_gets_the_aligned_form_and_a_pipe_the_short_one() {
        let mut around = around(Path::new("/"));
        assert_eq!(
            resolve("openim-logs -", &around).unwrap().look.form,
            Form::Known(Output::Journal(Format::Short))
        );
        around.on_terminal = true;
        let look = resolve("openim-logs -", &around).unwrap().look;
        assert_eq!((look.form, look.colour), (Form::Known(Output::Openim), true));
    }

    #[test]
    fn a_terminal_gets_a_pager_unless_somebody_waits_or_wants_none() {
        let mut around = around(Path::new("/"));
        let has = |line: &str, around: &Surroundings| resolve(line, around).unwrap().pager.is_some();
        assert!(!has("openim-logs -D /x", &around), "a pipe");
        around.on_terminal = true;
        assert!(has("openim-logs -D /x", &around) && has("openim-logs top -D /x", &around));
        for line in
            ["-D /x --no-pager", "-D /x -f", "-", "-D /x --count", "stats -D /x -o json", "doctor -D /x"]
        {
            assert!(!has(&format!("openim-logs {line}"), &around), "{line}");
        }
        around.environment = [("PAGER".to_owned(), "cat".to_owned())].into_iter().collect();
        assert!(!has("openim-logs -D /x", &around));
    }

    #[test]
    fn a_cursor_is_of_the_journal_and_lines_are_counted_from_it() {
        let around = around(Path::new("/"));
        let plan = resolve("openim-logs -D /x -c t=5 -n 3", &around).unwrap();
        assert_eq!(plan.extent, Extent::First(3));
        assert!(matches!(plan.journal().map(|journal| &journal.start), Some(Start::At(_))));
        let plan = resolve("openim-logs -D /x --after-cursor t=5", &around).unwrap();
        assert!(matches!(plan.journal().map(|journal| &journal.start), Some(Start::After(_))));
        for line in [
            "- --show-cursor",
            "-D /x -c nonsense",
            "- -o export",
            "-D /x -n +3 -r",
            "-D /x -n +3 -f",
            "- -b",
            "- -k",
            "--source files -t x",
            "--source files --user-unit x",
            "- --facility kern",
            "- -m",
            "--source files --namespace x",
            "- --user",
            "- --invocation 0",
            "- --list-invocations",
            "gaps -",
            "gaps -D /x -L warn",
            "gaps -D /x --op op-1",
            "-m -b",
            "-m -k",
            "A=1 +",
            "api + A=1",
            "/nowhere/x",
        ] {
            let error = resolve(&format!("openim-logs {line}"), &around).map(|_| line).unwrap_err();
            assert_eq!(error.exit().code(), 64, "{line}: {error}");
        }
    }

    #[test]
    fn of_files_that_are_not_read_after_all_nothing_is_said() {
        let mut plan = resolve("openim-logs -D /x", &around(Path::new("/"))).unwrap();
        plan.reads_too = Some("reading files too".to_owned());
        plan.read_only_the_journal("Cursors are of").unwrap();
        assert_eq!(plan.reads_too, None);
    }

    #[test]
    fn the_kernel_is_that_of_this_boot_unless_a_boot_is_named() {
        let around = around(Path::new("/"));
        let boot = |line| resolve(line, &around).unwrap().journal().and_then(|journal| journal.boot);
        assert_eq!(boot("openim-logs -D /x -k"), Some(BootWanted::Nth(0)));
        assert_eq!(boot("openim-logs -D /x -k -b -1"), Some(BootWanted::Nth(-1)));
        assert_eq!(boot("openim-logs -D /x -b"), Some(BootWanted::Nth(0)));
        assert_eq!(boot("openim-logs -D /x"), None);
    }

    #[test]
    fn the_place_is_that_of_the_machines_the_namespace_and_the_owner_that_are_named() {
        let around = around(Path::new("/"));
        let journal = |line| match resolve(line, &around).unwrap().sources.pop() {
            Some(SourcePlan::Journal(journal)) => journal,
            other => unreachable!("{line}: {other:?}"),
        };
        let place = |line| journal(line).place;
        let host = |host| Place::Host(host);
        assert_eq!(place("openim-logs -m"), host(Host { all_machines: true, ..Host::default() }));
        assert_eq!(place("openim-logs -m -k -b all"), place("openim-logs -m"));
        let namespace = Namespace::DefaultAnd("im".to_owned());
        assert_eq!(place("openim-logs --namespace=+im"), host(Host { namespace, ..Host::default() }));
        let owner = Owner::CurrentUser;
        assert_eq!(place("openim-logs --user"), host(Host { owner, ..Host::default() }));
        assert_eq!(
            place("openim-logs --system -D /x"),
            Place::Directory { path: "/x".into(), owner: Owner::System }
        );
        let units = journal("openim-logs --user -u api --user-unit push").units;
        assert_eq!(
            (units.system.len(), units.user, units.uid),
            (0, vec!["api".to_owned(), "push".to_owned()], 1000)
        );
        assert_eq!(journal("openim-logs --facility=kern,daemon --facility 16").facilities, [0, 3, 16]);
    }

    #[test]
    fn filters_and_groups_arrive_in_the_criteria() {
        let plan = resolve("openim-logs - rpc -L warn", &around(Path::new("/"))).unwrap();
        assert_eq!(plan.criteria.selection.0.len(), 7);
        assert_eq!(plan.criteria.filter.levels.map(|levels| levels.from), Some(Level::Warn));
        assert_eq!(plan.scope, "rpc");
    }
}

//! From the command line to the plan.

use std::path::Path;

use super::look::{Form, resolve_look};
use super::scope::{Wanted, resolve_filter, resolve_time, resolve_zone};
use super::sources::resolve_sources;
use super::{
    Around, Extent, JournalPlan, PlacePlan, Plan, Question, SourcePlan, Surroundings, Task, runs, usage,
};
use crate::journal::output::field_list;
use crate::journal::{Cursor, Order, Start, cursor_file};
use crate::logs::LogsError;
use crate::logs::args::{Args, Levels, Lines, ReportFormat, ScopeArgs, ShowArgs, Verb};
use crate::logs::filter::{Criteria, Name, Operation, Selection};
use crate::logs::render::Template;
use crate::openim::level::Level;
use crate::pager::{BEFORE_THE_END, Pager};

impl Plan {
    /// Works out what a command line means.
    pub(in crate::logs) fn resolve(args: &Args, around: &Surroundings) -> Result<Self, LogsError> {
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
    pub(super) fn read_only_the_journal(&mut self, why: &str) -> Result<(), LogsError> {
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

    pub(super) fn add_remark(&mut self, text: &str) {
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

/// A pager where lines or an answer go to a terminal, and to nobody who waits for the next.
fn resolve_pager(plan: &Plan, scope: &ScopeArgs, to_the_end: bool, around: &Surroundings) -> Option<Pager> {
    let is_long = match &plan.task {
        Task::Show | Task::ListRuns | Task::Answer(_, ReportFormat::Text) => true,
        Task::Count | Task::Answer(_, ReportFormat::Json) | Task::Examine(_) => false,
    };
    let waits = plan.follow || plan.reads_stdin();
    let is_wanted = around.on_terminal && !scope.no_pager && is_long && !waits;
    let variable = |name: &str| around.environment.get(name).map(str::to_owned);
    is_wanted.then(|| Pager::resolve(variable, around.owns_session, to_the_end)).flatten()
}

fn read_cursor(path: &Path) -> Result<Option<String>, LogsError> {
    cursor_file::read(path).map_err(|source| LogsError::File { path: path.to_owned(), source })
}

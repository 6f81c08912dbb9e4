//! Where records are read from: what the command line names, else where OpenIM's lines are as far as can be told.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::processes::{instance_of, start_of};
use super::scope::Wanted;
use super::settings::{LogSettings, read_settings};
use super::{Surroundings, usage};
use crate::host::output::{NamedFile, read_named_files, read_output_files};
use crate::host::process::Process;
use crate::journal::boot::BootWanted;
use crate::journal::invocation::RunWanted;
use crate::journal::unit::UnitNames;
use crate::journal::{
    Clause, Engine, Host, Id128, JournalError, Namespace, Owner, Place, Start, file_patterns,
};
use crate::logs::LogsError;
use crate::logs::args::{ScopeArgs, SourceName};
use crate::logs::record::Context;
use crate::logs::source::files::has_log_files;
use crate::logs::source::journal::{has_lines_of_logger, is_there};
use crate::openim::config::Setting;
use crate::openim::service::Service;
use crate::time::Timestamp;

/// Where records come from.
#[derive(Debug)]
pub(in crate::logs) enum SourcePlan {
    Journal(JournalPlan),
    Files(FilesPlan),
    /// A file that holds the standard output of services.
    Output(OutputPlan),
    Stdin,
}

/// Which part of which journal.
#[derive(Debug)]
pub(in crate::logs) struct JournalPlan {
    pub(in crate::logs) engine: Option<Engine>,
    pub(in crate::logs) place: Place,
    /// Units instead of OpenIM's services.
    pub(in crate::logs) units: UnitNames,
    /// What else every entry must be, instead of being about OpenIM.
    pub(in crate::logs) clauses: Vec<Clause>,
    /// One of these facilities, whatever else is asked for.
    pub(in crate::logs) facilities: Vec<u8>,
    pub(in crate::logs) boot: Option<BootWanted>,
    /// The run of each unit, where one is asked for.
    pub(in crate::logs) run: Option<RunWanted>,
    /// The boot that runs, where this host's own journal is read.
    pub(in crate::logs) running_boot: Option<Id128>,
    /// Where reading begins.
    pub(in crate::logs) start: Start,
}

impl JournalPlan {
    /// Whether something is named that stands instead of OpenIM.
    pub(in crate::logs) const fn names_others(&self) -> bool {
        !self.units.is_empty() || !self.clauses.is_empty()
    }

    /// All entries of this host's journal.
    pub(in crate::logs) fn of_host(engine: Option<Engine>) -> Self {
        Self {
            engine,
            place: Place::host(),
            units: UnitNames::default(),
            clauses: Vec::new(),
            facilities: Vec::new(),
            boot: None,
            run: None,
            running_boot: None,
            start: Start::Edge,
        }
    }
}

/// Which log directory.
#[derive(Debug)]
pub(in crate::logs) struct FilesPlan {
    pub(in crate::logs) directory: PathBuf,
    settings: LogSettings,
}

/// A file that running services write, or whoever started them.
#[derive(Clone, Debug)]
pub(in crate::logs) struct OutputPlan {
    pub(in crate::logs) path: PathBuf,
    /// What is known of lines before the first record: the process, unless several write the file.
    pub(in crate::logs) context: Context,
}

impl FilesPlan {
    /// The end of a message about the directory: what made it this one.
    pub(in crate::logs) fn named_by(&self) -> String {
        format!("\n{}", self.settings.location)
    }
}

type Resolved = (Vec<SourcePlan>, Option<String>, Option<LogSettings>);

pub(super) fn resolve_sources(
    args: &ScopeArgs,
    wanted: &Wanted,
    around: &Surroundings,
) -> Result<Resolved, LogsError> {
    let engine = args.engine.or_else(|| Engine::BUILT_IN.first().copied());
    // What is wrong with log.yml matters only where it decides.
    let settings = read_settings(args, around);
    let asked = named_sources(args, wanted)?;
    let is_usual = asked.is_empty();
    let (names, remark) =
        if is_usual { usual_sources(settings.as_ref().ok(), engine) } else { (asked, None) };
    let needs_settings = names.iter().any(|name| matches!(name, SourceName::Files | SourceName::Stdout));
    // A journal that was brought here tells nothing of the deployment that happens to be here.
    let is_brought = names_a_journal(args) && args.root.is_none() && args.config.is_none();
    let settings = if needs_settings { Some(settings?) } else { settings.ok().filter(|_| !is_brought) };
    let mut sources = Vec::new();
    for name in names {
        match (name, &settings) {
            (SourceName::Stdin, _) => sources.push(SourcePlan::Stdin),
            (SourceName::Journal, _) => sources.push(SourcePlan::Journal(JournalPlan {
                engine,
                place: resolve_place(args)?,
                units: wanted.units.clone(),
                clauses: wanted.clauses.clone(),
                facilities: wanted.facilities.clone(),
                // The kernel's messages are of this boot, unless it is said.
                boot: args.boot.or_else(|| args.dmesg.then_some(BootWanted::Nth(0))),
                run: args.invocation,
                running_boot: around.running_boot.filter(|_| !names_a_journal(args)),
                start: Start::Edge,
            })),
            (SourceName::Files, Some(settings)) => sources.push(SourcePlan::Files(FilesPlan {
                directory: settings.directory.clone(),
                settings: settings.clone(),
            })),
            (SourceName::Stdout, Some(settings)) => {
                sources.extend(find_outputs(settings, around.now).into_iter().map(SourcePlan::Output));
            }
            (SourceName::Files | SourceName::Stdout, None) => {}
        }
    }
    if is_usual && sources.len() > 1 && !is_there(engine) {
        sources.retain(|source| !matches!(source, SourcePlan::Journal(_)));
    }
    if sources.is_empty() {
        return Err(LogsError::NoOutputs);
    }
    Ok((sources, remark, settings))
}

/// The sources that the command line names.
fn named_sources(args: &ScopeArgs, wanted: &Wanted) -> Result<Vec<SourceName>, LogsError> {
    let mut names = args.source.clone();
    names.extend(wanted.stdin.then_some(SourceName::Stdin));
    names.sort_unstable();
    names.dedup();
    let selects_in_it = selects_in_a_journal(args, wanted);
    let lacks_it = names_a_journal(args) && !names.contains(&SourceName::Journal);
    if names.is_empty() {
        return Ok(if names_a_journal(args) || selects_in_it { vec![SourceName::Journal] } else { names });
    }
    if lacks_it || (selects_in_it && names != [SourceName::Journal]) {
        return Err(usage(
            "FIELD=VALUE, PATH, -u, --user-unit, -t, -k, -b, --invocation, --facility, -m, --namespace,\n\
             --system, --user, --directory and --file need the journal: --source journal",
        ));
    }
    Ok(names)
}

/// Whether something is asked that only entries of a journal can answer.
const fn selects_in_a_journal(args: &ScopeArgs, wanted: &Wanted) -> bool {
    let by_entries = !wanted.clauses.is_empty() || !wanted.units.is_empty() || !wanted.facilities.is_empty();
    let by_files = args.merge || args.namespace.is_some() || args.system || args.user;
    by_entries || by_files || args.boot.is_some() || args.invocation.is_some()
}

const fn names_a_journal(args: &ScopeArgs) -> bool {
    args.directory.is_some() || !args.file.is_empty()
}

/// Where OpenIM's lines are, as far as can be told, and what is said of that.
fn usual_sources(
    settings: Option<&LogSettings>,
    engine: Option<Engine>,
) -> (Vec<SourceName>, Option<String>) {
    let Some(settings) = settings else { return (vec![SourceName::Journal], None) };
    let usual = vec![SourceName::Journal, SourceName::Stdout];
    let silent = settings.to_stdout.as_ref().filter(|to| !to.value && has_log_files(&settings.directory));
    // Where nothing runs, a unit may have had a variable that said otherwise.
    let silent = silent.filter(|_| !settings.processes.is_empty() || !has_lines_of_logger(engine));
    let Some(Setting { origin, .. }) = silent else { return (usual, None) };
    let directory = settings.directory.display();
    let remark =
        format!("{origin} has isStdout: false;\nreading {directory} too (--source journal to insist)");
    ([usual, vec![SourceName::Files]].concat(), Some(remark))
}

/// The files that running services have as their standard output, and those that processes which do not run any more
/// have left beside them.
fn find_outputs(settings: &LogSettings, now: Timestamp) -> Vec<OutputPlan> {
    let mut outputs: Vec<OutputPlan> = Vec::new();
    for process in &settings.processes {
        for path in read_output_files(process) {
            match outputs.iter_mut().find(|output| output.path == path) {
                // Only the lines themselves tell whose they are.
                Some(shared) => shared.context = Context { time: shared.context.time, ..Context::default() },
                None => outputs.push(OutputPlan { path, context: context_of_process(process, now) }),
            }
        }
    }
    let left = find_left(&outputs);
    outputs.extend(left);
    outputs
}

/// Of a service that runs, too: one of its instances may be gone.
fn find_left(outputs: &[OutputPlan]) -> Vec<OutputPlan> {
    let directories: BTreeSet<&Path> = outputs.iter().filter_map(|output| output.path.parent()).collect();
    let named = read_named_files(&directories, &Service::ALL.map(Service::binary)).into_iter();
    named.filter(|file| outputs.iter().all(|output| output.path != file.path)).map(plan_of_left).collect()
}

fn plan_of_left(file: NamedFile) -> OutputPlan {
    let time = Timestamp::of(file.modified).unwrap_or_default();
    let service = Service::from_binary(file.program);
    OutputPlan { path: file.path, context: Context { time, service, ..Context::default() } }
}

fn context_of_process(process: &Process, now: Timestamp) -> Context {
    Context {
        time: start_of(process, now),
        service: Service::from_binary(&process.program),
        instance: instance_of(process),
        pid: Some(process.pid),
        priority: None,
    }
}

fn resolve_place(args: &ScopeArgs) -> Result<Place, LogsError> {
    let owner = Owner::asked_for(args.system, args.user);
    if let Some(path) = args.directory.clone() {
        return Ok(Place::Directory { path, owner });
    }
    if !args.file.is_empty() {
        return resolve_files(&args.file);
    }
    let namespace = args.namespace.as_deref().map_or_else(Namespace::default, Namespace::parse);
    Ok(Place::Host(Host { root: None, all_machines: args.merge, namespace, owner }))
}

/// The files, which may be named by patterns.
fn resolve_files(patterns: &[PathBuf]) -> Result<Place, LogsError> {
    let files = file_patterns::expand(patterns);
    if files.is_empty() {
        let places: Vec<_> = patterns.iter().map(|pattern| pattern.display().to_string()).collect();
        return Err(JournalError::Missing { places: places.join(" or "), hint: "" }.into());
    }
    Ok(Place::Files(files))
}

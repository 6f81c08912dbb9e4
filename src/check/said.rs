//! What the services themselves said last: an error in the journal or in OpenIM's log file, or what a start ended with,
//! quoted once under the cause.
//!
//! It is read when something is wrong, after everything has been asked, and within the deadline like all else.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use super::facts::Board;
use super::plan::{InstancePlan, Plan};
use super::report::{Cause, Verdict};
use super::start::Teller;
use crate::host::manager::{Charge, Manager};
use crate::host::output::read_error_file;
use crate::journal::{self, Clause, Engine, Match, Order, Place, Query, Step};
use crate::openim::config::ConfigFile;
use crate::openim::dependency::Dependency;
use crate::openim::last_error::{Backwards, LastError, Writer, read_last_error};
use crate::openim::log_files::{self, BINARY_DIRECTORY, newest_log};
use crate::time::{Timestamp, Zone};

/// So many lines of a run are looked at, the newest first.
const MOST_LINES: usize = 5000;

/// So many instances of one cause are looked for, until one has said something.
const ASKED: usize = 4;

/// Quotations by the id of the instance: `openim-push#3`.
pub(super) type Quotations = BTreeMap<String, LastError>;

/// Reads the last error of the instances that failing causes name.
pub(super) fn look(plan: &Plan, board: &Board, causes: &[Cause]) {
    let failing = causes.iter().filter(|cause| cause.verdict == Verdict::Fail);
    let quotations = failing.filter_map(|cause| {
        let lacks = Dependency::from_word(&cause.subject);
        let mut named = instances_of(cause).take(ASKED).filter_map(|id| Some((id, find(plan, id)?)));
        named.find_map(|(id, instance)| Some((id.to_owned(), read(plan, instance, lacks)?)))
    });
    let quotations: Quotations = quotations.collect();
    board.put(|facts| facts.quotations = quotations);
}

/// Puts each quotation under the first cause that names its instance.
pub(super) fn quote(causes: &mut [Cause], quotations: &Quotations) {
    let mut told: Vec<&str> = Vec::new();
    for cause in causes.iter_mut().filter(|cause| cause.verdict == Verdict::Fail) {
        let quotation = instances_of(cause).find_map(|id| quotations.get_key_value(id));
        let Some((id, said)) = quotation.filter(|(id, _)| !told.contains(&id.as_str())) else { continue };
        told.push(id);
        cause.said = Some(sentence(id, said));
    }
}

/// "rpc-third at 2026-11-23 19:53:05.201: check bucket exists error"
fn sentence(id: &str, said: &LastError) -> String {
    let name = id.strip_prefix("openim-").unwrap_or(id);
    let name = name.strip_suffix("#0").unwrap_or(name);
    match &said.time {
        Some(time) => format!("{name} at {time}: {}", said.text),
        None => format!("{name}: {}", said.text),
    }
}

/// The instances that a cause names, those that do not serve first.
fn instances_of(cause: &Cause) -> impl Iterator<Item = &str> {
    let own = cause.checks.iter().filter_map(|id| id.split_once('/')).map(|(owner, _)| owner);
    let own = own.filter(|owner| owner.contains('#'));
    own.chain(cause.blocks.iter().chain(&cause.affects).map(String::as_str))
}

fn find<'p>(plan: &'p Plan, id: &str) -> Option<&'p InstancePlan> {
    plan.instances.iter().find(|instance| instance.check_id("").trim_end_matches('/') == id)
}

fn read(plan: &Plan, instance: &InstancePlan, lacks: Option<Dependency>) -> Option<LastError> {
    let pid = instance.sole_process().map(|process| process.pid);
    let others = others(plan, instance);
    let writer = Writer { service: instance.service, pid, others: &others, since: None, lacks };
    // The lines of its last run are in the journal; a file has those of all runs.
    if let Some(said) = instance.charge.as_ref().and_then(|charge| read_journal(charge, writer)) {
        return Some(said);
    }
    let settings = read_log_settings(instance);
    let directory = settings.and_then(|settings| log_directory(plan, instance, &settings));
    let log = directory.and_then(|directory| newest_log(&directory));
    let files: Vec<PathBuf> = log.into_iter().chain(output_files(plan, pid)).collect();
    let since = start_of_run(plan, instance);
    read_last_error(&files, Writer { since: since.as_deref(), ..writer })
}

/// The processes of the other instances of a service.
fn others(plan: &Plan, instance: &InstancePlan) -> Vec<u32> {
    let is_other = |other: &&InstancePlan| other.service == instance.service && other.index != instance.index;
    let others = plan.instances.iter().filter(is_other);
    others.flat_map(|other| &other.processes).map(|process| process.pid).collect()
}

/// The services of a deployment are started one after the other, and the kernel's clock of starts is not the logger's.
const STARTED_TOGETHER: Duration = Duration::from_secs(10);

/// When the run began that is looked at, as the log writes it: an instance's own start, else that of the oldest process
/// of the deployment. Where nothing runs no start is known.
fn start_of_run(plan: &Plan, instance: &InstancePlan) -> Option<String> {
    let running = || plan.instances.iter().filter_map(InstancePlan::sole_process);
    let oldest = || running().map(|process| process.uptime).max();
    let uptime = instance.sole_process().map(|process| process.uptime).or_else(oldest)?;
    let begin = SystemTime::now().checked_sub(uptime + STARTED_TOGETHER)?;
    let zone = Zone::of_go_program(instance.environment.get("TZ"));
    Some(zone.civil(Timestamp::of(begin)?).0.format("%Y-%m-%d %H:%M:%S%.3f").to_string())
}

/// The last error in the journal of a unit's last run.
///
/// Of a program that ends at once journald knows the unit, from the stream, and no more the run: systemd may have
/// forgotten it by the time that the line is read. So a line without a run is of the last one, until one of another run
/// comes; where each begins and ends systemd itself writes down.
fn read_journal(charge: &Charge, writer: Writer) -> Option<LastError> {
    let run = match (charge.manager, &charge.invocation) {
        (Manager::Systemd, Some(id)) => id.as_bytes(),
        (Manager::Systemd, None) | (Manager::Supervisor | Manager::Docker, _) => return None,
    };
    // Who may not read the journal has the files.
    let mut reader = journal::open(Engine::BUILT_IN.first().copied(), &Place::host()).ok()?.reader;
    let of_unit = vec![Match::new("_SYSTEMD_UNIT", &charge.name)];
    let of_manager = vec![Match::new("_PID", "1"), Match::new("UNIT", &charge.name)];
    let clauses = vec![Clause::any(vec![of_unit, of_manager])];
    reader.restart(&Query { clauses, order: Order::NewestFirst, ..Query::everything() }).ok()?;
    let mut lines = Backwards::new(writer);
    for _ in 0..MOST_LINES {
        let Step::Entry(entry) = reader.next().ok()? else { return None };
        // systemd's own entries name the run that they tell of.
        let of = entry.field("INVOCATION_ID").or_else(|| entry.field("_SYSTEMD_INVOCATION_ID"));
        if of.is_some_and(|of| of != run) {
            return None;
        }
        let said = lines.error_in(entry.field("MESSAGE").unwrap_or_default());
        if said.is_some() {
            return said;
        }
    }
    None
}

/// How an instance is told to log.
pub(super) fn read_log_settings(instance: &InstancePlan) -> Option<ConfigFile> {
    ConfigFile::read(&instance.config_dir, "log.yml").ok()
}

/// Where an instance writes its log: `storageLocation` counts from the directory that its process works in.
pub(super) fn log_directory(plan: &Plan, instance: &InstancePlan, settings: &ConfigFile) -> Option<PathBuf> {
    let location = settings.text("storageLocation", &instance.environment).ok()??.value;
    let own = Teller::of(&instance.processes, instance.start.as_ref()).and_then(Teller::directory);
    Some(log_files::log_directory(&own.unwrap_or_else(|| plan.root.join(BINARY_DIRECTORY)), &location))
}

/// Where standard error goes when it is a file: that of the process, else of its neighbours, else nohup's.
fn output_files(plan: &Plan, pid: Option<u32>) -> Vec<PathBuf> {
    let neighbours = plan.instances.iter().filter_map(InstancePlan::sole_process).map(|process| process.pid);
    let pids = pid.into_iter().chain(neighbours);
    let nohup = Some(plan.root.join("nohup.out")).filter(|path| path.is_file());
    let mut files: Vec<PathBuf> = pids.filter_map(read_error_file).chain(nohup).collect();
    files.sort();
    files.dedup();
    files
}

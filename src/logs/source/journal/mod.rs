//! Records from the systemd journal: which entries can be about OpenIM at all, in the journal's own matches.
//!
//! How OpenIM was started decides how its lines can be found:
//!
//! | way | what names the service |
//! | --- | --- |
//! | a unit each, or one of a template | `_SYSTEMD_UNIT=openim-push@3.service`; systemd's own words have `UNIT=` |
//! | `mage start` in one unit | `_COMM=openim-rpc-conv` (15 characters); the identifier is `sh` |
//! | `systemd-cat -t openim-api` | `SYSLOG_IDENTIFIER=openim-api` |
//! | Docker's journald driver | `CONTAINER_NAME=openim-server` for all, and only the line tells; or a container each, by its name or its `IMAGE_NAME` |
//!
//! The matches take all of these; what is too much by that, the selection of services sorts out.
//! Source: systemd 252, `add_matches_for_unit`, for what belongs to a unit.

mod runs;

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::PathBuf;

pub(in crate::logs) use runs::list as list_runs;

use super::ahead::Ahead;
use super::{Advance, Beside, Lines, Stream, Way};
use crate::journal::boot::{self, BootWanted};
use crate::journal::unit::CORE_DUMP;
use crate::journal::{
    self, Clause, Engine, Entry, Group, Id128, JournalError, Match, Opened, Order, Place, Query, Reader,
    Stamp, Start, facility,
};
use crate::logs::LogsError;
use crate::logs::dropped::Dropped;
use crate::logs::filter::{Criteria, may_be_of};
use crate::logs::plan::{Extent, JournalPlan, Plan};
use crate::logs::record::{Record, comm_of, instance_of_process, service_of_unit};
use crate::openim::container::{Content, SERVER};
use crate::openim::service::Service;
use crate::time::Timestamp;

/// The process that says what becomes of units, each line a message of its own.
const SYSTEMD: &[u8] = b"1";
/// journald's message about lines that were too many.
const DROPPED: &str = "a596d6fe7bfa4994828e72309e95d61e";
/// The unit as which containers log, where their entries do not name it.
const DOCKER: &str = "docker.service";

/// Reads the journal.
pub(in crate::logs) struct JournalLines {
    reader: Box<dyn Reader>,
    /// The query as it was opened.
    opened: Query,
    /// Where several threads read it.
    ahead: Option<Ahead>,
    /// That a file may not be read, until it is told.
    hidden: Option<String>,
}

impl JournalLines {
    /// Where there are criteria, records that they do not admit may be left out, and so may those that were counted.
    pub(in crate::logs) fn open(
        plan: &JournalPlan,
        whole: &Plan,
        criteria: Option<&Criteria>,
        beside: &Beside,
    ) -> Result<Self, LogsError> {
        let Opened { mut reader, hidden } = journal::open(plan.engine, &plan.place)?;
        let clauses = resolve_clauses(plan, &whole.criteria.selection.0, reader.as_mut())?;
        let boots = find_boot(plan, reader.as_mut())?.into_iter().collect();
        let opened = Query {
            clauses,
            boots,
            since: whole.criteria.since,
            until: whole.criteria.until,
            start: plan.start.clone(),
            order: whole.order,
            follow: whole.follow,
        };
        // The newest are found quicker from the end than by reading everything at once.
        let is_all = whole.extent == Extent::All && plan.start == Start::Edge && !whole.place.is_wanted();
        let criteria = criteria.filter(|criteria| {
            let leaves_out = !criteria.filter.is_empty() || beside.counter.is_some();
            leaves_out && is_all && journal::threads() > 1
        });
        let parts = criteria.and_then(|criteria| Some((reader.parts(&opened)?, criteria)));
        let ahead = parts
            .and_then(|(parts, criteria)| Ahead::start(parts, whole.order, criteria.clone(), beside.clone()));
        if ahead.is_none() {
            reader.restart(&opened)?;
        }
        Ok(Self { reader, opened, ahead, hidden: hidden.map(told_of) })
    }

    fn entry(&self) -> Entry<'_> {
        self.ahead.as_ref().map_or_else(|| self.reader.entry(), |ahead| ahead.line().entry())
    }
}

/// The boot that is meant, if one is.
fn find_boot(plan: &JournalPlan, reader: &mut dyn Reader) -> Result<Option<Id128>, LogsError> {
    let Some(wanted) = plan.boot.filter(|wanted| *wanted != BootWanted::All) else { return Ok(None) };
    let found = boot::find(reader, wanted, plan.running_boot)?;
    found.map(Some).ok_or_else(|| LogsError::NoBoot(wanted.to_string()))
}

/// What is said of such a file.
pub(in crate::logs) fn told_of(hidden: PathBuf) -> String {
    JournalError::Permission { path: hidden }.to_string()
}

/// A file that is there but may not be read, so that entries of others are missing, or all.
pub(in crate::logs) fn hidden_file(plan: &JournalPlan) -> Option<PathBuf> {
    match journal::open(plan.engine, &plan.place) {
        Ok(opened) => opened.hidden,
        Err(JournalError::Permission { path }) => Some(path),
        // Of what is wrong otherwise whoever reads it tells.
        Err(
            JournalError::NoEngine
            | JournalError::Missing { .. }
            | JournalError::Open { .. }
            | JournalError::Refused { .. }
            | JournalError::Read { .. }
            | JournalError::Unsupported { .. },
        ) => None,
    }
}

/// That the boot which is meant is there, if one is. Of a journal that cannot be opened whoever reads it tells.
pub(in crate::logs) fn check_boot(plan: &JournalPlan) -> Result<(), LogsError> {
    let Ok(mut opened) = journal::open(plan.engine, &plan.place) else { return Ok(()) };
    find_boot(plan, opened.reader.as_mut()).map(drop)
}

/// Shows the stamp of every entry of the journal, whoever wrote it, in the time that was asked for, and says whether it
/// is of the boot that was asked for: in one sequence there may be several boots.
pub(in crate::logs) fn survey(
    plan: &JournalPlan,
    whole: &Plan,
    take: &mut dyn FnMut(&Stamp, bool),
) -> Result<(), LogsError> {
    let mut reader = journal::open(plan.engine, &plan.place)?.reader;
    let boot = find_boot(plan, reader.as_mut())?;
    let (since, until) = (whole.criteria.since, whole.criteria.until);
    reader.restart(&Query { since, until, ..Query::everything() })?;
    while let journal::Step::Entry(entry) = reader.next()? {
        let stamp = entry.stamp();
        take(stamp, boot.is_none_or(|boot| boot == stamp.boot));
    }
    Ok(())
}

/// Whether the journal has anything from before that time.
pub(in crate::logs) fn reaches_back(plan: &JournalPlan, time: Timestamp) -> Result<bool, LogsError> {
    let mut reader = journal::open(plan.engine, &plan.place)?.reader;
    reader.restart(&Query { until: Some(time), ..Query::everything() })?;
    Ok(matches!(reader.next()?, journal::Step::Entry(_)))
}

/// What the journal knows besides the lines that were asked for.
#[derive(Debug, Default)]
pub(in crate::logs) struct Overview {
    /// The units of OpenIM.
    pub(in crate::logs) units: Vec<String>,
    /// The unit as which the containers log that were asked for. Its name is docker's and not OpenIM's, so that what is
    /// said of it is not found with what is said of OpenIM.
    pub(in crate::logs) of_containers: Option<String>,
    /// What journald did not take of any unit, in the boot and the time that were asked for.
    pub(in crate::logs) dropped: Vec<Dropped>,
}

impl Overview {
    pub(in crate::logs) fn read(plan: &JournalPlan, whole: &Plan) -> Result<Self, LogsError> {
        let mut reader = journal::open(plan.engine, &plan.place)?.reader;
        let known = Known::read(reader.as_mut())?;
        let of_containers = unit_of_containers(plan, whole, &known, reader.as_mut())?;
        let dropped = dropped(plan, whole, reader.as_mut())?;
        Ok(Self { units: known.units, of_containers, dropped })
    }
}

/// All units that the journal names.
pub(in crate::logs) fn known_units(plan: &JournalPlan) -> Result<Vec<String>, LogsError> {
    let mut reader = journal::open(plan.engine, &plan.place)?.reader;
    unique(reader.as_mut(), &UNIT_FIELDS)
}

/// The instances of services that the journal names: by their units, or by the command lines of their processes.
pub(in crate::logs) fn known_instances(plan: &JournalPlan) -> Result<Vec<(Service, u32)>, LogsError> {
    let mut reader = journal::open(plan.engine, &plan.place)?.reader;
    let units = unique(reader.as_mut(), &UNIT_FIELDS)?.into_iter();
    let of_units =
        units.filter_map(|unit| service_of_unit(&unit)).filter_map(|(of, number)| Some((of, number?)));
    let commands = unique(reader.as_mut(), &["_CMDLINE"])?.into_iter();
    Ok(of_units.chain(commands.filter_map(|command| instance_of_process(&command))).collect())
}

fn unit_of_containers(
    plan: &JournalPlan,
    whole: &Plan,
    known: &Known,
    reader: &mut dyn Reader,
) -> Result<Option<String>, LogsError> {
    if plan.names_others() {
        return Ok(None);
    }
    let groups = known.groups_of_containers(&whole.criteria.selection.0);
    if groups.is_empty() {
        return Ok(None);
    }
    let clauses = vec![Clause::any(groups)];
    reader.restart(&Query { clauses, order: Order::NewestFirst, ..Query::everything() })?;
    let journal::Step::Entry(entry) = reader.next()? else { return Ok(None) };
    let unit = entry.text("_SYSTEMD_UNIT").unwrap_or(DOCKER);
    Ok((!is_openims(unit)).then(|| unit.to_owned()))
}

fn dropped(plan: &JournalPlan, whole: &Plan, reader: &mut dyn Reader) -> Result<Vec<Dropped>, LogsError> {
    let boots = find_boot(plan, reader)?.into_iter().collect();
    let (since, until) = (whole.criteria.since, whole.criteria.until);
    let clauses = vec![Clause::all(vec![Match::new("MESSAGE_ID", DROPPED)])];
    reader.restart(&Query { clauses, boots, since, until, ..Query::everything() })?;
    let mut dropped = Vec::new();
    while let journal::Step::Entry(entry) = reader.next()? {
        dropped.extend(entry.text("MESSAGE").and_then(|text| Dropped::parse(entry.realtime(), text)));
    }
    Ok(dropped)
}

/// Whether this host has a journal that can be read.
pub(in crate::logs) fn is_there(engine: Option<Engine>) -> bool {
    journal::open(engine, &Place::host()).is_ok()
}

/// Whether OpenIM's logger has lately written to this host's journal, besides what it always says when it starts.
pub(in crate::logs) fn has_lines_of_logger(engine: Option<Engine>) -> bool {
    const MOST: usize = 500;
    let plan = JournalPlan::of_host(engine);
    let look = || -> Result<bool, LogsError> {
        let mut reader = journal::open(plan.engine, &plan.place)?.reader;
        let clauses = resolve_clauses(&plan, &[], reader.as_mut())?;
        reader.restart(&Query { clauses, order: Order::NewestFirst, ..Query::everything() })?;
        for _ in 0..MOST {
            let journal::Step::Entry(entry) = reader.next()? else { return Ok(false) };
            let record = Record::of_entry(entry);
            if record.zap().is_some() && !record.begins() {
                return Ok(true);
            }
        }
        Ok(false)
    };
    // What cannot be read has none to show.
    look().unwrap_or(false)
}

/// The fields that say which line goes on in which other.
const STREAM: [&[u8]; 7] = [
    b"CONTAINER_ID_FULL",
    b"_STREAM_ID",
    b"_PID",
    b"CONTAINER_PARTIAL_ID",
    b"_LINE_BREAK",
    b"CONTAINER_PARTIAL_LAST",
    b"CONTAINER_PARTIAL_MESSAGE",
];

/// What a process writes to its standard output is one stream, and so is a container. Under `mage start` several
/// processes share a stream, so that the process counts too. What Docker has cut is put together by its id.
pub(super) fn stream_of(entry: Entry<'_>) -> Stream {
    let [container, output, process, partial, line_break, is_last, is_partial] = entry.fields_of(&STREAM);
    let stream = container.or(output);
    let process = process.filter(|pid| *pid != SYSTEMD);
    let id = stream.or(process).map(|_| {
        let mut hasher = DefaultHasher::new();
        (stream, process, partial).hash(&mut hasher);
        hasher.finish()
    });
    // journald or Docker may have cut it.
    let is_piece = is_last.map_or(is_partial == Some(b"true"), |is_last| is_last == b"false");
    Stream { id, goes_on: line_break == Some(b"line-max") || is_piece }
}

impl Lines for JournalLines {
    fn advance(&mut self) -> Result<Advance, LogsError> {
        if let Some(ahead) = &mut self.ahead {
            return Ok(ahead.advance());
        }
        Ok(match self.reader.next()? {
            journal::Step::Entry(_) => Advance::Line,
            journal::Step::Idle => Advance::Idle,
            journal::Step::End => Advance::End,
        })
    }

    fn raw(&self) -> &[u8] {
        self.entry().field("MESSAGE").unwrap_or_default()
    }

    fn record(&mut self) -> Record<'_> {
        Record::of_entry(self.entry())
    }

    fn stream(&self) -> Stream {
        self.ahead.as_ref().map_or_else(|| stream_of(self.reader.entry()), |ahead| ahead.line().stream())
    }

    fn place(&self) -> super::Place {
        super::Place::Entry(self.entry().cursor())
    }

    fn take_remarks(&mut self) -> Vec<String> {
        let mut remarks: Vec<String> = self.hidden.take().into_iter().collect();
        remarks.extend(self.reader.take_remarks());
        remarks.extend(self.ahead.iter_mut().flat_map(Ahead::take_remarks));
        remarks
    }

    fn turn(&mut self, way: Way) -> Result<bool, LogsError> {
        self.ahead = None;
        let opened = self.opened.clone();
        let query = match way {
            Way::Backward => Query { order: Order::NewestFirst, follow: false, ..opened },
            Way::At(super::Place::Entry(cursor)) => Query { start: Start::At(cursor), ..opened },
            Way::After(super::Place::Entry(cursor)) => Query { start: Start::After(cursor), ..opened },
            Way::Forward | Way::At(_) | Way::After(_) => opened,
        };
        self.reader.restart(&query)?;
        Ok(true)
    }
}

/// The matches for what the plan wants, with the units that the journal knows.
fn resolve_clauses(
    plan: &JournalPlan,
    selection: &[(Service, Option<u32>)],
    reader: &mut dyn Reader,
) -> Result<Vec<Clause>, LogsError> {
    let scope = match plan.run {
        Some(run) => Some(runs::resolve(plan, selection, run, reader)?),
        None => resolve_scope(plan, selection, reader)?,
    };
    let facilities = Clause::one_of(facility::FIELD, &plan.facilities);
    Ok(scope.into_iter().chain(plan.clauses.iter().cloned()).chain(facilities).collect())
}

fn no_unit(plan: &JournalPlan) -> LogsError {
    let names: Vec<&str> = plan.units.iter().map(String::as_str).collect();
    LogsError::NoUnit(names.join(", "))
}

/// What is about the units that were named, else about the services.
fn resolve_scope(
    plan: &JournalPlan,
    selection: &[(Service, Option<u32>)],
    reader: &mut dyn Reader,
) -> Result<Option<Clause>, LogsError> {
    let mut groups = plan.units.groups(reader)?;
    if groups.is_empty() && !plan.units.is_empty() {
        return Err(no_unit(plan));
    }
    let everything = selection.is_empty();
    if !everything || !plan.names_others() {
        let known = Known::read(reader)?;
        let services: Vec<_> = if everything {
            Service::ALL.into_iter().map(|service| (service, None)).collect()
        } else {
            selection.to_vec()
        };
        groups.extend(groups_of_services(&services, everything, &known));
    }
    groups.retain(|group| !group.is_empty());
    Ok((!groups.is_empty()).then(|| Clause::any(groups)))
}

/// Where units are named. One that never wrote a line may still be one that systemd wrote about.
const UNIT_FIELDS: [&str; 2] = ["_SYSTEMD_UNIT", "UNIT"];

/// The values of these fields, each once.
fn unique(reader: &mut dyn Reader, fields: &[&str]) -> Result<Vec<String>, LogsError> {
    let mut found = Vec::new();
    for field in fields {
        found.extend(reader.unique(field)?.into_iter().filter_map(|value| String::from_utf8(value).ok()));
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// What the journal knows of OpenIM's units and containers.
#[derive(Debug, Default)]
struct Known {
    units: Vec<String>,
    containers: Vec<(String, Content)>,
    images: Vec<(String, Content)>,
}

impl Known {
    fn read(reader: &mut dyn Reader) -> Result<Self, LogsError> {
        let mut units = unique(reader, &UNIT_FIELDS)?;
        units.retain(|unit| is_openims(unit));
        let mut contents = |field, content_of: fn(&str) -> Option<Content>| -> Result<Vec<_>, LogsError> {
            let names = unique(reader, &[field])?.into_iter();
            Ok(names.filter_map(|name| content_of(&name).map(|content| (name, content))).collect())
        };
        Ok(Self {
            units,
            containers: contents("CONTAINER_NAME", Content::of_name)?,
            images: contents("IMAGE_NAME", Content::of_image)?,
        })
    }

    /// The groups for the containers in which these services run, alone or among others; none means everything.
    fn groups_of_containers(&self, services: &[(Service, Option<u32>)]) -> Vec<Group> {
        let is_wanted = |content: Content| match content {
            Content::One(one) => services.is_empty() || services.iter().any(|(service, _)| *service == one),
            Content::Server => true,
            Content::Chat => services.is_empty(),
        };
        let group = |field: &str, known: &[(String, Content)]| -> Group {
            let names = known.iter().filter(|(_, content)| is_wanted(*content));
            names.map(|(name, _)| Match::new(field, name)).collect()
        };
        let mut groups = vec![group("CONTAINER_NAME", &self.containers), group("IMAGE_NAME", &self.images)];
        groups.retain(|group| !group.is_empty());
        groups
    }
}

/// Whether a unit is OpenIM's, by its name. The reports of `openim-check.service` are about OpenIM, not of it.
pub(in crate::logs) fn is_openims(unit: &str) -> bool {
    unit.starts_with("openim") && unit.ends_with(".service") && !unit.starts_with("openim-check")
}

/// Whether a unit is of one of these services; with `everything` each is, also one of no known service.
fn is_of(unit: &str, services: &[(Service, Option<u32>)], everything: bool) -> bool {
    everything || service_of_unit(unit).is_some_and(|of_unit| may_be_of(services, of_unit))
}

/// The groups for these services; with `everything` also for units and containers of OpenIM of no known service.
fn groups_of_services(services: &[(Service, Option<u32>)], everything: bool, known: &Known) -> Vec<Group> {
    let is_wanted = |unit: &&String| is_of(unit, services, everything);
    let mut units: Vec<String> = known.units.iter().filter(is_wanted).cloned().collect();
    // Named even where the journal does not know them yet: follow may see them begin.
    for (service, _) in services {
        let plain = format!("{}.service", service.binary());
        if !units.contains(&plain) {
            units.push(plain);
        }
    }
    let mut groups = groups_of_units(&units);
    let matches = |field: &str, name: fn(Service) -> &'static str| -> Vec<Match> {
        services.iter().map(|&(service, _)| Match::new(field, name(service))).collect()
    };
    groups.push(matches("SYSLOG_IDENTIFIER", Service::binary));
    groups.push(matches("_COMM", comm_of));
    groups.extend(known.groups_of_containers(if everything { &[] } else { services }));
    groups.push(matches("CONTAINER_NAME", Service::binary));
    groups.push(vec![Match::new("CONTAINER_NAME", SERVER)]);
    groups
}

/// What units wrote, what systemd and others wrote about them, and their crashes.
fn groups_of_units(units: &[String]) -> Vec<Group> {
    let group = |field: &str, also: Option<(&str, &str)>| -> Group {
        let matches = units.iter().map(|unit| Match::new(field, unit));
        matches.chain(also.map(|(field, value)| Match::new(field, value))).collect()
    };
    vec![
        group("_SYSTEMD_UNIT", None),
        group("UNIT", Some(("_PID", "1"))),
        group("OBJECT_SYSTEMD_UNIT", Some(("_UID", "0"))),
        group("COREDUMP_UNIT", Some(("MESSAGE_ID", CORE_DUMP))),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values<'g>(groups: &'g [Group], field: &str) -> Vec<&'g str> {
        let matches = groups.iter().flatten().filter(|one| one.field == field);
        matches.filter_map(|one| std::str::from_utf8(&one.value).ok()).collect()
    }

    fn known() -> Known {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let contents = |names: &[&str], of: fn(&str) -> Option<Content>| {
            names.iter().filter_map(|name| Some(((*name).to_owned(), of(name)?))).collect()
        };
        Known {
            units: names(&["openim-push@0.service", "openim-push@1.service", "openim-server.service"]),
            containers: contents(
                &["im-openim-server-1", "openim-chat", "im-openim-push-1", "im-openim-api-1"],
                Content::of_name,
            ),
            images: contents(&["openim/openim-push:v3.8.3", "openim/openim-api:v3.8.3"], Content::of_image),
        }
    }

    #[test]
    fn a_service_means_its_units_its_program_its_containers_and_the_shared_one() {
        let groups = groups_of_services(&[(Service::Push, None)], false, &known());
        assert_eq!(
            values(&groups, "_SYSTEMD_UNIT"),
            ["openim-push@0.service", "openim-push@1.service", "openim-push.service"]
        );
        assert_eq!(values(&groups, "_COMM"), ["openim-push"]);
        assert_eq!(
            values(&groups, "CONTAINER_NAME"),
            ["im-openim-server-1", "im-openim-push-1", "openim-push", "openim-server"]
        );
        assert_eq!(values(&groups, "IMAGE_NAME"), ["openim/openim-push:v3.8.3"]);
    }

    #[test]
    fn an_instance_means_its_own_unit_of_the_template() {
        let groups = groups_of_services(&[(Service::Push, Some(1))], false, &known());
        assert_eq!(values(&groups, "UNIT"), ["openim-push@1.service", "openim-push.service"]);
    }

    #[test]
    fn everything_means_units_of_no_known_service_and_chat_too() {
        let all: Vec<_> = Service::ALL.into_iter().map(|service| (service, None)).collect();
        let groups = groups_of_services(&all, true, &known());
        assert!(values(&groups, "_SYSTEMD_UNIT").contains(&"openim-server.service"));
        assert!(values(&groups, "CONTAINER_NAME").contains(&"openim-chat"));
        assert!(values(&groups, "_COMM").contains(&"openim-rpc-conv"));
    }

    #[test]
    fn the_units_of_this_package_are_not_openims() {
        assert!(is_openims("openim-push@3.service") && is_openims("openim.service"));
        assert!(!is_openims("openim-check.service") && !is_openims("openim-check@deep.service"));
        assert!(!is_openims("openim.target") && !is_openims("etcd.service"));
    }

    #[test]
    fn what_systemd_says_about_a_unit_is_asked_of_process_one_only() {
        let groups = groups_of_units(&["openim-api.service".to_owned()]);
        let group = groups.iter().find(|group| group.iter().any(|one| one.field == "UNIT"));
        assert_eq!(group.map(|group| group.contains(&Match::new("_PID", "1"))), Some(true));
    }
}

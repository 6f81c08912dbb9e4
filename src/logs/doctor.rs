//! `doctor`: why is there nothing to see? Also said by itself where a question finds nothing.
//!
//! Seven things keep OpenIM's lines from whoever asks; each is looked at where it would be, and named with what to do. So
//! is what cannot be looked at.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::LogsError;
use super::args::ReportFormat;
use super::dropped::Dropped;
use super::filter::Selection;
use super::plan::{JournalPlan, Plan};
use super::record::service_of_unit;
use super::render::fold::grouped;
use super::source::journal::{Overview, check_boot, hidden_file, is_openims};
use super::unseen::{self, Unseen};
use crate::host::process::read_processes;
use crate::host::unit_file;
use crate::journal::unit::stands_for;
use crate::openim::service::Service;

/// Up to this level no line of a healthy service is written. Source: openimsdk/tools `log/zap.go`.
const SILENT_LEVEL: u8 = 3;
/// Where journald keeps what is to outlive a boot, and what is not.
const PERSISTENT: &str = "/var/log/journal";
const VOLATILE: &str = "/run/log/journal";

/// Something that keeps lines away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// `isStdout: false`: standard output has only the start-up lines.
    NotToStdout { origin: String, directory: PathBuf },
    /// `remainLogLevel: 3`: a healthy service is silent.
    LevelTooLow { origin: String, level: u8 },
    /// journald's rate limit.
    Dropped { unit: String, count: u64 },
    /// It cannot be seen: somebody else's journal may not be read, a source is not there, or nobody has that name.
    Unseen(Unseen),
    /// `StandardOutput=null`.
    Discarded { file: PathBuf, setting: String },
    /// OpenIM is not here.
    WrongHost { host: String, has_journal: bool },
    /// The journal does not outlive a boot.
    Volatile,
}

impl Reason {
    /// Its name for programs.
    const fn id(&self) -> &'static str {
        match self {
            Self::NotToStdout { .. } => "not-to-stdout",
            Self::LevelTooLow { .. } => "level-too-low",
            Self::Dropped { .. } => "rate-limit",
            Self::Unseen(unseen) => unseen.id,
            Self::Discarded { .. } => "output-discarded",
            Self::WrongHost { .. } => "wrong-host",
            Self::Volatile => "volatile-journal",
        }
    }

    fn sentence(&self) -> String {
        match self {
            Self::NotToStdout { origin, directory } => {
                format!("{origin} has isStdout: false, so it writes to {}", directory.display())
            }
            Self::LevelTooLow { origin, level } => {
                format!("{origin} has remainLogLevel: {level}, at which a healthy service is silent")
            }
            Self::Dropped { unit, count } => {
                format!("journald dropped {} lines of {unit}: more than its rate limit", grouped(*count))
            }
            Self::Unseen(unseen) => unseen.message.clone(),
            Self::Discarded { file, setting } => format!("{} has {setting}", file.display()),
            Self::WrongHost { host, has_journal: true } => {
                format!("no process of OpenIM runs on {host}, and its journal knows no unit of it")
            }
            Self::WrongHost { host, has_journal: false } => format!("no process of OpenIM runs on {host}"),
            Self::Volatile => {
                format!("the journal is kept in {VOLATILE} only: each boot begins with nothing")
            }
        }
    }

    /// What to do about it.
    fn fix(&self) -> &str {
        match self {
            Self::NotToStdout { .. } => "try --source files, or set IMENV_LOG_ISSTDOUT=true and restart",
            Self::LevelTooLow { .. } => "set IMENV_LOG_REMAINLOGLEVEL=6 and restart",
            Self::Dropped { .. } => {
                "set LogRateLimitIntervalSec=0 in the unit, or RateLimitBurst= in journald.conf"
            }
            Self::Unseen(unseen) => &unseen.fix,
            Self::Discarded { .. } => "remove the line, then systemctl daemon-reload and restart",
            Self::WrongHost { .. } => "ask on the host where it runs, or name its journal with -D DIR",
            Self::Volatile => "mkdir /var/log/journal, then systemctl restart systemd-journald",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:\n{}", self.sentence(), self.fix())
    }
}

/// Looks at what keeps lines from a source that can be read, as far as it can be looked at. What cannot be seen at all
/// whoever reads the source tells.
pub(super) fn examine(plan: &Plan) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let Some(journal) = plan.journal() else {
        reasons.extend(level_too_low(plan));
        return reasons;
    };
    reasons.extend(not_to_stdout(plan));
    reasons.extend(level_too_low(plan));
    let overview = Overview::read(journal, plan);
    let has_journal = overview.is_ok();
    let Overview { units, of_containers, dropped } = overview.unwrap_or_default();
    reasons.extend(add_up(dropped, |unit| {
        Some(unit) == of_containers.as_deref() || is_asked_for(unit, journal, &plan.criteria.selection)
    }));
    if journal.place.is_of_journald() {
        reasons.extend(discarding_units(&unit_file::DIRECTORIES.map(Path::new)));
        // Who may not look concludes nothing from what is not seen.
        if units.is_empty() && !openim_runs() && hidden_file(journal).is_none() {
            reasons.push(Reason::WrongHost { host: plan.look.host.clone(), has_journal });
        }
        if !has_files(Path::new(PERSISTENT)) && has_files(Path::new(VOLATILE)) {
            reasons.push(Reason::Volatile);
        }
    }
    reasons
}

/// Looks, and writes what was found.
pub(super) fn report(plan: &Plan, format: ReportFormat, out: &mut dyn Write) -> Result<(), LogsError> {
    plan.journal().map_or(Ok(()), check_boot)?;
    let mut reasons: Vec<Reason> = unseen::find(plan).into_iter().map(Reason::Unseen).collect();
    reasons.extend(examine(plan));
    write(plan, &reasons, format, out).map_err(LogsError::Output)
}

fn write(plan: &Plan, reasons: &[Reason], format: ReportFormat, out: &mut dyn Write) -> io::Result<()> {
    match format {
        ReportFormat::Text => {
            for reason in reasons {
                let text = format!("{}\n{}", reason.sentence(), reason.fix());
                writeln!(out, "{}", text.replace('\n', "\n  "))?;
            }
            if reasons.is_empty() {
                writeln!(out, "nothing is known to keep the lines of {} away", plan.scope)?;
            }
        }
        ReportFormat::Json => {
            let reasons = reasons.iter().map(
                |reason| json!({ "id": reason.id(), "message": reason.sentence(), "fix": reason.fix() }),
            );
            writeln!(out, "{}", json!({ "reasons": reasons.collect::<Vec<_>>() }))?;
        }
    }
    out.flush()
}

fn not_to_stdout(plan: &Plan) -> Option<Reason> {
    let settings = plan.settings.as_ref()?;
    let setting = settings.to_stdout.as_ref().filter(|setting| !setting.value)?;
    let (origin, directory) = (setting.origin.to_string(), settings.directory.clone());
    Some(Reason::NotToStdout { origin, directory })
}

fn level_too_low(plan: &Plan) -> Option<Reason> {
    let setting = plan.settings.as_ref()?.level.as_ref().filter(|level| level.value <= SILENT_LEVEL)?;
    Some(Reason::LevelTooLow { origin: setting.origin.to_string(), level: setting.value })
}

/// Whether lines of a unit are among those that were asked for. In one of OpenIM that has the name of no service all of
/// them may run.
fn is_asked_for(unit: &str, journal: &JournalPlan, selection: &Selection) -> bool {
    if journal.units.iter().any(|name| stands_for(name, unit)) {
        return true;
    }
    let asks_for_services = journal.units.is_empty() || *selection != Selection::default();
    asks_for_services
        && is_openims(unit)
        && service_of_unit(unit).is_none_or(|instance| selection.may_admit(instance))
}

/// What journald did not take: a reason for each unit that was asked for.
fn add_up(dropped: Vec<Dropped>, is_asked_for: impl Fn(&str) -> bool) -> Vec<Reason> {
    let mut units: BTreeMap<String, u64> = BTreeMap::new();
    for Dropped { unit, count, .. } in dropped {
        if is_asked_for(&unit) {
            *units.entry(unit).or_default() += count;
        }
    }
    units.into_iter().map(|(unit, count)| Reason::Dropped { unit, count }).collect()
}

/// Units of OpenIM that send standard output nowhere, each with the file that has it do so: of several settings the
/// last one counts.
fn discarding_units(directories: &[&Path]) -> Vec<Reason> {
    let units = unit_file::files_of_services(directories, |unit| unit.starts_with("openim"));
    let discarding = |files: &Vec<PathBuf>| {
        let last = unit_file::values(files, "StandardOutput").pop()?;
        let is_null = last.words().map(|(_, word)| word).eq(["null"]);
        is_null.then(|| Reason::Discarded { file: last.file, setting: "StandardOutput=null".to_owned() })
    };
    units.values().filter_map(discarding).collect()
}

/// Whether any service of OpenIM runs here, wherever it is installed.
fn openim_runs() -> bool {
    let programs: Vec<&str> = Service::ALL.into_iter().map(Service::binary).collect();
    // Where processes cannot be seen, nothing is concluded.
    read_processes(Path::new("/"), &programs)
        .map_or(true, |table| !table.processes.is_empty() || !table.hidden.is_empty())
}

/// Whether journald has files there, in the directory of some machine.
fn has_files(directory: &Path) -> bool {
    let entries = |directory: &Path| fs::read_dir(directory).into_iter().flatten().flatten();
    entries(directory).any(|machine| entries(&machine.path()).next().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    #[test]
    fn a_unit_that_discards_its_output_is_named_with_its_file() {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = directory.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("weak/openim-api.service", "[Service]\nStandardOutput=null\n");
        write("strong/openim-api.service", "[Service]\nStandardOutput=null\nStandardOutput=journal\n");
        write("weak/openim-push@.service", "[Service]\nStandardOutput=journal\n");
        write("weak/openim-push@.service.d/20-quiet.conf", "[Service]\n  StandardOutput=null\n");
        write("strong/openim-push@.service.d/10-loud.conf", "[Service]\nStandardOutput=journal\n");
        write("weak/openim-rpc-user.service", "[Service]\nStandardOutput=null\n");
        write("strong/openim-rpc-user.service.d/loud.conf", "[Service]\nStandardOutput=journal\n");
        write("strong/other.service", "[Service]\nStandardOutput=null\n");
        let [strong, weak] = ["strong", "weak"].map(|name| directory.path().join(name));
        let reasons = discarding_units(&[&strong, &weak]);
        let file = weak.join("openim-push@.service.d/20-quiet.conf");
        assert_eq!(reasons, [Reason::Discarded { file, setting: "StandardOutput=null".to_owned() }]);
    }

    #[test]
    fn dropped_lines_are_added_up_for_each_unit_that_was_asked_for() {
        let words = [
            ("openim-api.service", 10),
            ("cron.service", 7),
            ("openim-api.service", 5),
            ("openim-push@3.service", 2),
            ("openim-server.service", 3),
        ];
        let sums = |units: &[&str], services: &[(Service, Option<u32>)]| {
            let mut journal = JournalPlan::of_host(None);
            journal.units.system = units.iter().map(|&unit| unit.to_owned()).collect();
            let selection = Selection(services.to_vec());
            let dropped = words.map(|(unit, count)| Dropped {
                time: Timestamp::default(),
                unit: unit.to_owned(),
                count,
            });
            add_up(dropped.to_vec(), |unit| is_asked_for(unit, &journal, &selection))
        };
        let reason = |unit: &str, count| Reason::Dropped { unit: format!("{unit}.service"), count };
        let [api, push] = [reason("openim-api", 15), reason("openim-push@3", 2)];
        let shared = reason("openim-server", 3);
        assert_eq!(sums(&[], &[]), [api.clone(), push.clone(), shared.clone()]);
        assert_eq!(sums(&[], &[(Service::Api, None)]), [api, shared.clone()]);
        assert_eq!(sums(&[], &[(Service::Push, Some(3))]), [push.clone(), shared.clone()]);
        assert_eq!(sums(&[], &[(Service::Push, Some(4))]), [shared]);
        assert_eq!(sums(&["cron", "openim-p*"], &[]), [reason("cron", 7), push]);
    }
}

//! What of a question cannot be seen where it would look: sources that cannot be read, and names that nobody has. Each
//! in the words of the question itself, with what to do.

use std::io;

use super::plan::Plan;
use super::source::journal::{hidden_file, told_of};
use super::{LogsError, named_instances, named_units, source};
use crate::journal::JournalError;

/// For files of somebody else.
const BECOME: &str = "run as root or as the user that OpenIM runs as";
const ELSEWHERE: &str = "name OpenIM's directory with --root DIR, or the one of log.yml with --config DIR";
const ANOTHER_JOURNAL: &str =
    "name another journal with -D DIR or --file FILE, or none for that of this host";
const LIST_RUNS: &str = "openim-logs --list-invocations lists those that there are";
const LIST_UNITS: &str = "openim-logs journal -F _SYSTEMD_UNIT lists those that there are";
const NO_NUMBER: &str = "ask for the service without a number";

/// Something that cannot be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unseen {
    /// Its name for programs.
    pub(super) id: &'static str,
    pub(super) message: String,
    pub(super) fix: String,
}

impl Unseen {
    /// Of a text whose lines after the first say what to do; without any the fix says it.
    fn of_text(id: &'static str, text: &str, fix: &str) -> Self {
        let (message, fix) = text.split_once('\n').unwrap_or((text, fix));
        let message = message.trim_end_matches([':', ';', ',']).to_owned();
        Self { id, message, fix: fix.to_owned() }
    }

    fn of_error(error: &LogsError) -> Self {
        let id = "unreadable";
        let text = error.to_string();
        match fix_of(error) {
            Some(fix) => Self { id, message: text, fix: fix.to_owned() },
            None => Self::of_text(id, &text, ANOTHER_JOURNAL),
        }
    }
}

/// What to do about an error that does not say it itself.
fn fix_of(error: &LogsError) -> Option<&'static str> {
    if let LogsError::Directory { source, .. }
    | LogsError::File { source, .. }
    | LogsError::Journal(JournalError::Open { source, .. }) = error
        && source.kind() == io::ErrorKind::PermissionDenied
    {
        return Some(BECOME);
    }
    if let LogsError::Directory { .. } | LogsError::File { .. } | LogsError::NoFiles { .. } = error {
        return Some(ELSEWHERE);
    }
    if let LogsError::NoRun(_) | LogsError::NoRuns(_) = error {
        return Some(LIST_RUNS);
    }
    matches!(error, LogsError::NoUnit(_)).then_some(LIST_UNITS)
}

/// The sources that cannot be read, or a file of which; and where all can be, the names that nobody has.
pub(super) fn find(plan: &Plan) -> Vec<Unseen> {
    let unreadable = plan
        .sources
        .iter()
        .filter_map(|source| source::check(source, plan).err())
        // It is told of a file that is hidden among others, too.
        .filter(|error| !matches!(error, LogsError::Journal(JournalError::Permission { .. })))
        .map(|error| Unseen::of_error(&error));
    let hidden = plan.journal().and_then(hidden_file).map(told_of);
    let hidden = hidden.map(|text| Unseen::of_text("no-permission", &text, ""));
    let unseen: Vec<Unseen> = unreadable.into_iter().chain(hidden).collect();
    // Who may not look concludes nothing from what is not seen.
    if unseen.is_empty() { unknown_names(plan) } else { unseen }
}

fn unknown_names(plan: &Plan) -> Vec<Unseen> {
    let instances = named_instances::explain(plan);
    let units = named_units::explain(plan).into_iter().map(|text| (text, LIST_UNITS));
    let strangers = instances.strangers.into_iter().chain(instances.untold).map(|text| (text, NO_NUMBER));
    units.chain(strangers).map(|(text, fix)| Unseen::of_text("unknown-name", &text, fix)).collect()
}

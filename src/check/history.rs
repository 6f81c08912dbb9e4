//! What the last report said, and what changed: the only file that openim-check writes.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::report::{Report, Verdict};

/// The file in `$STATE_DIRECTORY`, which systemd makes for a unit with `StateDirectory=`.
const FILE: &str = "last-report.json";

const SCHEMA: &str = "openim-check-state/1";

/// The last report, as far as the next one needs it.
#[derive(Debug, Serialize, Deserialize)]
struct State {
    schema: String,
    /// When the first report of this file was made, RFC 3339.
    since: String,
    /// When the last one was made, RFC 3339.
    taken_at: String,
    verdict: String,
    /// By instance: `openim-push#3`.
    instances: BTreeMap<String, InstanceState>,
    /// What was told last to a reader who wants only news.
    #[serde(default)]
    told: Option<Told>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Told {
    /// When, RFC 3339.
    at: String,
    /// Each cause with its verdict; none when all was well.
    causes: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct InstanceState {
    verdict: String,
    pid: Option<u32>,
    started_ticks: Option<u64>,
    /// How often another process stood in its place since the first report.
    restarts: u64,
}

/// What is new since the last report.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    /// When the last report was made; `None` for the first.
    pub(super) last: Option<String>,
    /// Since when restarts are counted.
    pub(super) since: Option<String>,
    /// One sentence for each change.
    pub(super) sentences: Vec<String>,
    /// Restarts by instance, since the first report.
    pub(super) restarts: BTreeMap<String, u64>,
}

/// The last report of a watch, in memory.
#[derive(Debug, Default)]
pub(super) struct Memory {
    last: Option<State>,
    causes: Vec<String>,
}

/// What a watch tells of one look.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Look {
    /// Whether the first line is another one than last time.
    pub(super) other_verdict: bool,
    /// What changed, one sentence each.
    pub(super) sentences: Vec<String>,
}

impl Memory {
    /// Compares with the last look, and remembers this one.
    pub(super) fn look(&mut self, report: &Report) -> Look {
        let now = state_of(report, self.last.as_ref());
        let causes = told_causes(report);
        let sentences = compare_instances(self.last.as_ref(), &now);
        let same_verdict = self.last.as_ref().is_some_and(|last| last.verdict == now.verdict);
        let other_verdict = !same_verdict || self.causes != causes;
        *self = Self { last: Some(now), causes };
        Look { other_verdict, sentences }
    }
}

/// Why the last report cannot be read or this one not kept.
#[derive(Debug, thiserror::Error)]
pub(super) enum HistoryError {
    #[error("`report` keeps the last report: name a file with --state, or let systemd set STATE_DIRECTORY")]
    NoPlace,
    #[error("read the last report {path}: {source}", path = path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("the last report {path} is damaged ({source}); remove it to begin anew", path = path.display())]
    Damaged { path: PathBuf, source: serde_json::Error },
    #[error("keep this report in {path}: {source}", path = path.display())]
    Write { path: PathBuf, source: io::Error },
}

/// Where the last report lies.
///
/// # Errors
/// Nobody said where.
pub(super) fn state_file(given: Option<&Path>) -> Result<PathBuf, HistoryError> {
    place(given).ok_or(HistoryError::NoPlace)
}

/// Where the last report lies, if anyone said so.
pub(super) fn place(given: Option<&Path>) -> Option<PathBuf> {
    if let Some(path) = given {
        return Some(path.to_owned());
    }
    // systemd separates several directories by colons; the first is ours.
    let directories = env::var_os("STATE_DIRECTORY")?;
    Some(env::split_paths(&directories).next()?.join(FILE))
}

/// Whether a reader who was told the last news has anything to learn: something broke, something is well again,
/// or it has been broken for `repeat_every`. Keeps this report.
///
/// # Errors
/// The file cannot be read, is damaged, or cannot be replaced.
pub(super) fn is_news(
    path: &Path,
    report: &Report,
    repeat_every: Option<Duration>,
) -> Result<bool, HistoryError> {
    let last = read(path)?;
    let mut now = state_of(report, last.as_ref());
    let causes = told_causes(report);
    let news = match &now.told {
        None => !causes.is_empty(),
        Some(told) if told.causes != causes => true,
        Some(told) => !causes.is_empty() && repeat_every.is_some_and(|every| told.is_older(report, every)),
    };
    if news {
        now.told = Some(Told { at: report.started_at.clone(), causes });
    }
    write(path, &now)?;
    Ok(news)
}

fn told_causes(report: &Report) -> Vec<String> {
    report.causes.iter().map(|cause| format!("{} {}", word(cause.verdict), cause.id)).collect()
}

impl Told {
    /// A time that cannot be read is long past.
    fn is_older(&self, report: &Report, than: Duration) -> bool {
        let time = |text: &str| chrono::DateTime::parse_from_rfc3339(text).ok();
        let age = time(&report.started_at).zip(time(&self.at)).map(|(now, then)| now - then);
        age.and_then(|age| age.to_std().ok()).is_none_or(|age| age >= than)
    }
}

/// Compares with the last report and puts this one in its place.
///
/// # Errors
/// The file cannot be read, is damaged, or cannot be replaced.
pub(super) fn compare_and_keep(path: &Path, report: &Report) -> Result<Changes, HistoryError> {
    let last = read(path)?;
    let now = state_of(report, last.as_ref());
    let changes = compare(last.as_ref(), &now);
    write(path, &now)?;
    Ok(changes)
}

fn read(path: &Path) -> Result<Option<State>, HistoryError> {
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|source| HistoryError::Damaged { path: path.to_owned(), source }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(HistoryError::Read { path: path.to_owned(), source }),
    }
}

/// Writes beside the file and renames, so that a reader or a crash never meets half a report.
fn write(path: &Path, state: &State) -> Result<(), HistoryError> {
    let failed = |source| HistoryError::Write { path: path.to_owned(), source };
    let beside = path.with_extension("new");
    let mut file = fs::File::create(&beside).map_err(failed)?;
    let text = serde_json::to_vec_pretty(state).map_err(|error| failed(error.into()))?;
    file.write_all(&text).and_then(|()| file.sync_all()).map_err(failed)?;
    fs::rename(&beside, path).map_err(failed)
}

fn state_of(report: &Report, last: Option<&State>) -> State {
    let mut instances = BTreeMap::new();
    for service in &report.services {
        for instance in &service.instances {
            let id = format!("{}#{}", service.name, instance.index);
            let before = last.and_then(|last| last.instances.get(&id));
            let other_process = before.is_some_and(|before| {
                instance.started_ticks.is_some()
                    && (before.started_ticks, before.pid) != (instance.started_ticks, instance.pid)
            });
            let restarts = before.map_or(0, |before| before.restarts) + u64::from(other_process);
            let verdict = word(instance.verdict);
            // A process that is gone leaves its mark, so that its successor counts as a restart.
            let (pid, started_ticks) = match before {
                Some(before) if instance.pid.is_none() => (before.pid, before.started_ticks),
                _ => (instance.pid, instance.started_ticks),
            };
            instances.insert(id, InstanceState { verdict, pid, started_ticks, restarts });
        }
    }
    State {
        schema: SCHEMA.to_owned(),
        since: last.map_or_else(|| report.started_at.clone(), |last| last.since.clone()),
        taken_at: report.started_at.clone(),
        verdict: word(report.verdict),
        instances,
        told: last.and_then(|last| last.told.clone()),
    }
}

fn compare(last: Option<&State>, now: &State) -> Changes {
    let restarts = now.instances.iter().map(|(id, instance)| (id.clone(), instance.restarts)).collect();
    let instances = compare_instances(last, now);
    let Some(last) = last else { return Changes { restarts, ..Changes::default() } };
    let mut sentences = Vec::new();
    if last.verdict != now.verdict {
        sentences.push(format!("the verdict was {}, and is {} now", last.verdict, now.verdict));
    }
    sentences.extend(instances);
    Changes { last: Some(last.taken_at.clone()), since: Some(now.since.clone()), sentences, restarts }
}

/// One sentence for each instance that is not what it was; none for the first look.
fn compare_instances(last: Option<&State>, now: &State) -> Vec<String> {
    let Some(last) = last else { return Vec::new() };
    let mut sentences = Vec::new();
    for (id, instance) in &now.instances {
        match last.instances.get(id) {
            None => sentences.push(format!("{id} is new")),
            Some(before) if before.verdict != instance.verdict => {
                sentences.push(format!("{id} was {}, and is {} now", before.verdict, instance.verdict));
            }
            Some(before) if before.restarts < instance.restarts => {
                sentences.push(format!("{id} was restarted"));
            }
            Some(_) => {}
        }
    }
    let gone = last.instances.keys().filter(|id| !now.instances.contains_key(*id));
    sentences.extend(gone.map(|id| format!("{id} is no longer expected")));
    sentences
}

fn word(verdict: Verdict) -> String {
    verdict.headline().to_owned()
}

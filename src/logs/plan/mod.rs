//! What the command line means here and now. Nothing below this reads environment, clock or configuration.
//!
//! [`Plan`] is what is to be done; `resolve` works it out from the command line and the [`Surroundings`], with the
//! part of the services that is meant from `scope`, where they are read from `sources`, and how they are shown `look`.

mod look;
mod processes;
mod resolve;
mod runs;
mod scope;
mod settings;
mod sources;
mod surroundings;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

pub(super) use look::{Form, Look};
pub(super) use settings::LogSettings;
pub(super) use sources::{FilesPlan, JournalPlan, OutputPlan, SourcePlan};
pub(super) use surroundings::Surroundings;

use super::LogsError;
use super::args::ReportFormat;
use super::filter::{Criteria, Name};
use super::numbers::Numbers;
use crate::journal::Order;
use crate::pager::Pager;
use crate::time::{Timestamp, Zone};

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

impl Plan {
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
    /// How many rows there may be.
    pub(super) fn rows(self) -> usize {
        match self {
            Self::All => usize::MAX,
            Self::Last(count) | Self::First(count) => usize::try_from(count).unwrap_or(usize::MAX),
        }
    }

    /// Whether nothing is wanted.
    pub(super) const fn is_nothing(self) -> bool {
        matches!(self, Self::Last(0) | Self::First(0))
    }
}

fn usage(text: &str) -> LogsError {
    LogsError::Usage(text.to_owned())
}

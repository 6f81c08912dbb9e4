//! The exit codes: a promise to scripts, Docker, kubernetes, systemd and cron.
//!
//! 2 is used by the format nagios alone (Docker reserves it); 124 to 127 and 128 + N belong to shells and signals.

use std::panic::{UnwindSafe, catch_unwind};
use std::process::ExitCode;

/// How a run of either command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Healthy, or everything asked for was done.
    Ok,
    /// Unhealthy, still starting, or a filter found nothing.
    Unhealthy,
    /// The command line was wrong (`EX_USAGE`).
    Usage,
    /// A bug in this program (`EX_SOFTWARE`).
    Internal,
    /// What was asked could not be looked at (`EX_TEMPFAIL`).
    CannotTell,
    /// The deployment's or the user's configuration is wrong (`EX_CONFIG`).
    Config,
    /// What a plugin of Nagios says.
    Plugin(PluginState),
}

/// The states of a plugin of Nagios.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PluginState {
    /// As it should be.
    Ok,
    /// Should be looked at.
    Warning,
    /// Broken.
    Critical,
    /// Cannot tell.
    Unknown,
}

impl PluginState {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Unknown => "UNKNOWN",
        }
    }
}

impl Exit {
    /// How a command ends; what panics in it has been told by then, and is a bug.
    pub fn of(command: impl FnOnce() -> Self + UnwindSafe) -> Self {
        catch_unwind(command).unwrap_or(Self::Internal)
    }

    /// The number the process ends with.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Unhealthy => 1,
            Self::Usage => 64,
            Self::Internal => 70,
            Self::CannotTell => 75,
            Self::Config => 78,
            Self::Plugin(PluginState::Ok) => 0,
            Self::Plugin(PluginState::Warning) => 1,
            Self::Plugin(PluginState::Critical) => 2,
            Self::Plugin(PluginState::Unknown) => 3,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

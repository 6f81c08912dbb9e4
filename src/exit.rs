//! The exit codes: a promise to scripts, Docker, kubernetes, systemd and cron.
//!
//! 2 is never used (Docker reserves it); 124 to 127 and 128 + N belong to shells and signals.

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
}

impl Exit {
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
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

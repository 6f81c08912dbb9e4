//! What a plan depends on besides the command line.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use super::processes;
use crate::host::process::Process;
use crate::host::session;
use crate::journal::Id128;
use crate::journal::boot;
use crate::openim::config::Environment;
use crate::openim::deployment::USUAL_ROOTS;
use crate::terminal::COLUMNS;
use crate::time::{Timestamp, Zone};

/// What the plan depends on besides the command line.
#[derive(Debug)]
pub(in crate::logs) struct Surroundings {
    pub(in crate::logs) environment: Environment,
    pub(in crate::logs) directory: PathBuf,
    pub(in crate::logs) usual_roots: Vec<PathBuf>,
    pub(in crate::logs) now: Timestamp,
    pub(in crate::logs) zone: Zone,
    pub(in crate::logs) host: String,
    pub(in crate::logs) on_terminal: bool,
    pub(in crate::logs) columns: u16,
    pub(in crate::logs) running_boot: Option<Id128>,
    /// Whose units are those of the user.
    pub(in crate::logs) uid: u32,
    /// Whether the rights are those of whom the login session belongs to.
    pub(in crate::logs) owns_session: bool,
    /// The services that run from programs below a directory.
    pub(in crate::logs) running_services: fn(&Path) -> Vec<Process>,
}

impl Surroundings {
    /// Reads environment, clock, host name and terminal.
    pub(in crate::logs) fn read() -> Self {
        let environment = Environment::of_this_process();
        let stdout = io::stdout();
        let columns = rustix::termios::tcgetwinsize(&stdout).ok().map(|size| size.ws_col).filter(|&c| c > 0);
        let set = environment.get("COLUMNS").and_then(|columns| columns.parse().ok()).filter(|&c| c > 0);
        Self {
            directory: std::env::current_dir().unwrap_or_default(),
            usual_roots: USUAL_ROOTS.iter().map(PathBuf::from).collect(),
            now: Timestamp::read_clock(),
            zone: Zone::read_host(std::env::var("TZ").ok().as_deref()),
            host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
            on_terminal: stdout.is_terminal(),
            columns: set.or(columns).unwrap_or(COLUMNS),
            running_boot: boot::running(),
            uid: rustix::process::getuid().as_raw(),
            owns_session: session::is_own(),
            running_services: processes::running_services,
            environment,
        }
    }
}

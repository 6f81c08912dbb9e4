//! What the managers of services say of the programs in their care, in one form for all of them.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::variables::Sources;

/// Who keeps services running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manager {
    /// systemd, by its units.
    Systemd,
    /// supervisord, by its programs.
    Supervisor,
    /// docker, by its containers.
    Docker,
}

impl Manager {
    /// What it calls one of those in its care.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Systemd => "unit",
            Self::Supervisor => "program",
            Self::Docker => "container",
        }
    }

    /// `openim-api` for `openim-api.service`: systemctl completes it.
    #[must_use]
    pub fn short_name(unit: &str) -> &str {
        unit.strip_suffix(".service").unwrap_or(unit)
    }

    /// The command that starts what bears this name.
    #[must_use]
    pub fn start_command(self, name: &str) -> String {
        match self {
            Self::Systemd => format!("systemctl start {}", Self::short_name(name)),
            Self::Supervisor => format!("supervisorctl start {name}"),
            Self::Docker => format!("docker start {name}"),
        }
    }

    /// The command that starts anew what bears this name and runs.
    #[must_use]
    pub fn restart_command(self, name: &str) -> String {
        match self {
            Self::Systemd => format!("systemctl restart {}", Self::short_name(name)),
            Self::Supervisor => format!("supervisorctl restart {name}"),
            Self::Docker => format!("docker restart {name}"),
        }
    }

    /// The command that starts what nobody has started yet, and has it started at the next boot as well.
    #[must_use]
    pub fn enable_command(self, name: &str) -> String {
        match self {
            Self::Systemd => format!("systemctl enable --now {}", Self::short_name(name)),
            Self::Supervisor | Self::Docker => self.start_command(name),
        }
    }

    /// The command that starts what somebody has forbidden to start.
    #[must_use]
    pub fn unmask_command(self, name: &str) -> String {
        match self {
            Self::Systemd => format!("systemctl unmask {0}; systemctl start {0}", Self::short_name(name)),
            Self::Supervisor | Self::Docker => self.start_command(name),
        }
    }

    /// The command that starts what the manager has given up.
    #[must_use]
    pub fn revive_command(self, name: &str) -> String {
        match self {
            Self::Systemd => {
                format!("systemctl reset-failed {0}; systemctl start {0}", Self::short_name(name))
            }
            Self::Supervisor | Self::Docker => self.start_command(name),
        }
    }

    /// The command that shows how it is defined.
    #[must_use]
    pub fn show_unit_command(self, name: &str) -> String {
        match self {
            Self::Systemd => format!("systemctl cat {}", Self::short_name(name)),
            Self::Supervisor => format!("supervisorctl status {name}"),
            Self::Docker => format!("docker inspect {name}"),
        }
    }

    /// The commands that show the same as we saw.
    #[must_use]
    pub fn show_command(self, charge: &Charge) -> String {
        match (self, &charge.invocation) {
            (Self::Systemd, Some(id)) => {
                format!("systemctl status {}; journalctl _SYSTEMD_INVOCATION_ID={id}", charge.name)
            }
            (Self::Systemd, None) => format!("systemctl status {}", charge.name),
            (Self::Supervisor | Self::Docker, _) => self.show_unit_command(&charge.name),
        }
    }
}

impl Charge {
    /// Whether it is there to be run, and does not.
    #[must_use]
    pub const fn is_down(&self) -> bool {
        match self.condition {
            Condition::Running { .. } | Condition::Paused | Condition::ComingUp | Condition::GoingDown => {
                false
            }
            Condition::Restarting { .. }
            | Condition::Stopped
            | Condition::NeverStarted
            | Condition::Idle
            | Condition::Ended
            | Condition::Crashed(_)
            | Condition::GaveUp { .. }
            | Condition::Unusable(_) => true,
        }
    }

    /// The command after which it runs, in whichever state it is.
    #[must_use]
    pub fn start_command(&self) -> String {
        if self.is_down() {
            self.manager.start_command(&self.name)
        } else {
            self.manager.restart_command(&self.name)
        }
    }
}

impl fmt::Display for Manager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Systemd => "systemd",
            Self::Supervisor => "supervisord",
            Self::Docker => "docker",
        })
    }
}

/// One program in a manager's care.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// Whose it is.
    pub manager: Manager,
    /// Its name there: `openim-push@3.service`, `openim:openim-push_3`.
    pub name: String,
    /// What is started, the program first; empty where the manager does not tell.
    pub command: Vec<String>,
    /// Where it is started, where the manager tells.
    pub directory: Option<PathBuf>,
    /// Its variables, where the manager tells.
    pub variables: Option<Sources>,
    /// The id of its container.
    pub container: Option<String>,
    /// Its process, while it has one.
    pub pid: Option<u32>,
    /// How it is.
    pub condition: Condition,
    /// Whether its definition has changed since the manager read it.
    pub is_stale: bool,
    /// Whether the manager's own check of it fails.
    pub is_unhealthy: bool,
    /// Whether it is started when the machine boots; `None` where the manager does not tell.
    pub at_boot: Option<bool>,
    /// systemd's id of the last run, by which the journal knows its lines.
    pub invocation: Option<String>,
    /// The unit that keeps it from running, at the end of a chain of what it requires.
    pub waits_for: Option<Link>,
    /// The target that starts it together with others.
    pub group: Option<Group>,
}

#[cfg(test)]
impl Charge {
    /// A unit that does not run, of which nothing but its command is told.
    pub(crate) fn idle(name: &str, command: &[&str], directory: &str) -> Self {
        Self {
            manager: Manager::Systemd,
            name: name.to_owned(),
            command: command.iter().map(ToString::to_string).collect(),
            directory: Some(directory.into()),
            variables: None,
            container: None,
            pid: None,
            condition: Condition::Idle,
            is_stale: false,
            is_unhealthy: false,
            at_boot: None,
            invocation: None,
            waits_for: None,
            group: None,
        }
    }
}

/// A unit that is down, and that another one cannot run without.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its name: `srv-data.mount`.
    pub name: String,
    /// The units between the two, from the one that waits on.
    pub through: Vec<String>,
    /// How it is.
    pub condition: Condition,
}

/// A target that starts several units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name: `openim.target`.
    pub name: String,
    /// Whether restarting the target restarts the unit as well.
    pub restarts_it: bool,
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, restarts_it } = self;
        if *restarts_it {
            write!(f, "{name} starts it, and `systemctl restart {name}` restarts it")
        } else {
            write!(
                f,
                "{name} starts it, but `systemctl restart {name}` leaves it running as it is: it is not PartOf={name}"
            )
        }
    }
}

/// How a program is, as its manager sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// It has a process; the manager has started it anew so many times since somebody asked for it.
    Running {
        /// How often, where the manager counts.
        restarts: Option<u32>,
    },
    /// Somebody had it halted, and it has a process that cannot run.
    Paused,
    /// It is being started.
    ComingUp,
    /// It is being stopped.
    GoingDown,
    /// It ended, and is about to be started anew.
    Restarting {
        /// How often that has happened, where the manager counts.
        restarts: Option<u32>,
        /// How it ended the last time.
        end: End,
    },
    /// Somebody had it stopped.
    Stopped,
    /// It has not been started since the manager began.
    NeverStarted,
    /// Stopped or never started: the manager does not remember.
    Idle,
    /// It ended by itself, and well; nobody asked for that.
    Ended,
    /// It ended badly, and stays so.
    Crashed(End),
    /// It ended badly too often, and the manager does not try any more.
    GaveUp {
        /// How often it tried, where it counts.
        restarts: Option<u32>,
        /// How it ended the last time.
        end: End,
    },
    /// The manager cannot start it.
    Unusable(Unusable),
}

/// Why a manager cannot start what it knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// Somebody has forbidden to start it.
    Masked,
    /// Its definition is wrong.
    BadFile,
    /// It has none: only others name it.
    NoUnit,
    /// It stands for a device that is not there.
    NoDevice,
    /// Its manager does not know how it is.
    Unclear,
    /// It is being taken away.
    BeingRemoved,
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Masked => "its unit is masked",
            Self::BadFile => "its unit file cannot be used",
            Self::NoUnit => "there is no such unit",
            Self::NoDevice => "there is no such device",
            Self::Unclear => "supervisord does not know its state",
            Self::BeingRemoved => "docker is removing its container",
        })
    }
}

/// How a process ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// With this exit status.
    Status(i32),
    /// By a signal.
    Signal(i32),
    /// By a signal that the manager does not remember.
    SomeSignal,
    /// It could not even begin; in the manager's words.
    NotStarted(String),
    /// The kernel took its memory.
    OutOfMemory,
    /// The manager's patience ended first.
    TimedOut,
    /// Nobody knows.
    Unknown,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "exit status {status}"),
            Self::Signal(number) => match signal_name(*number) {
                Some(name) => f.write_str(name),
                None => write!(f, "signal {number}"),
            },
            Self::SomeSignal => f.write_str("a signal"),
            Self::NotStarted(text) => f.write_str(text),
            Self::OutOfMemory => f.write_str("out of memory"),
            Self::TimedOut => f.write_str("time-out"),
            Self::Unknown => f.write_str("no status known"),
        }
    }
}

/// The signals that end services, by the numbers that all of Linux shares.
fn signal_name(number: i32) -> Option<&'static str> {
    Some(match number {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        6 => "SIGABRT",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        15 => "SIGTERM",
        _ => return None,
    })
}

/// Hears what a manager says, for so long. What still hangs then, such as a resolver, is left to itself.
pub(super) fn within<T>(
    timeout: Duration,
    asked: impl Future<Output = Result<T, Silence>>,
) -> Result<T, Silence> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Silence::Garbled(error.to_string()))?;
    // A timer needs the runtime that it is made on.
    let told = runtime.block_on(async { tokio::time::timeout(timeout, asked).await });
    runtime.shutdown_background();
    told.map_err(|_| Silence::NoAnswer(timeout))?
}

/// Why a manager says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Silence {
    /// It does not run here.
    Absent,
    /// It does not talk to this user.
    Denied,
    /// It does not answer: frozen, or far too busy.
    NoAnswer(Duration),
    /// This program was built without a way to ask it.
    NotBuiltIn,
    /// It answers, and has nothing of OpenIM.
    KnowsNothing,
    /// What it says cannot be understood; in the words of its protocol.
    Garbled(String),
}

impl fmt::Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("does not run here"),
            Self::Denied => f.write_str("does not let this user ask"),
            Self::NoAnswer(after) => write!(f, "gives no answer within {after:?}"),
            Self::NotBuiltIn => f.write_str("cannot be asked: this program was built without that"),
            Self::KnowsNothing => f.write_str("has nothing of this deployment"),
            Self::Garbled(text) => write!(f, "cannot be understood: {text}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_name_a_unit_as_people_type_it() {
        let start = Manager::Systemd.start_command("openim-push@3.service");
        assert_eq!(start, "systemctl start openim-push@3");
        assert_eq!(Manager::Supervisor.start_command("im:push_3"), "supervisorctl start im:push_3");
    }

    #[test]
    fn an_end_is_named_by_what_caused_it() {
        let ends = [End::Status(255), End::Signal(9), End::Signal(64), End::OutOfMemory];
        let named: Vec<String> = ends.iter().map(ToString::to_string).collect();
        assert_eq!(named, ["exit status 255", "SIGKILL", "signal 64", "out of memory"]);
    }
}

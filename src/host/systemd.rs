//! What systemd says of its units, over D-Bus: no child process, one connection, all questions at once.
//!
//! `org.freedesktop.systemd1` as of systemd 230; nothing that is asked here needs a privilege.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::task::JoinSet;
use zbus::Connection;
use zbus::connection::Builder;
use zbus::{OwnedObjectPath, OwnedVariant};

use super::manager::{Charge, Condition, End, Manager, Silence};

const BUS_NAME: &str = "org.freedesktop.systemd1";
const MANAGER_PATH: &str = "/org/freedesktop/systemd1";
const MANAGER: &str = "org.freedesktop.systemd1.Manager";
const UNIT: &str = "org.freedesktop.systemd1.Unit";
const SERVICE: &str = "org.freedesktop.systemd1.Service";

/// systemd's own way to tell that it is process 1. Source: `sd_booted`(3).
const BOOTED: &str = "/run/systemd/system";
/// Where systemd answers root without a bus.
const PRIVATE: &str = "/run/systemd/private";

/// The service units whose name contains `word`, those that such targets want, and those of `names`.
///
/// # Errors
/// systemd does not run here, or says nothing within the time.
pub fn read_units(word: &str, names: &BTreeSet<String>, timeout: Duration) -> Result<Vec<Charge>, Silence> {
    if !Path::new(BOOTED).is_dir() {
        return Err(Silence::Absent);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Silence::Garbled(error.to_string()))?;
    let outcome = runtime.block_on(async {
        let asked = async { ask(&connect().await?, word, names).await };
        tokio::time::timeout(timeout, asked).await
    });
    runtime.shutdown_background();
    outcome.map_err(|_| Silence::NoAnswer(timeout))?.map_err(silence)
}

#[expect(clippy::needless_pass_by_value, reason = "it maps an error")]
fn silence(error: zbus::Error) -> Silence {
    if is_denied(&error) { Silence::Denied } else { Silence::Garbled(error.to_string()) }
}

/// By the socket, or by the bus and its policy.
fn is_denied(error: &zbus::Error) -> bool {
    use zbus::Error::{Connection, FDO, InputOutput};
    matches!(error, InputOutput(cause) | Connection(cause, _) if cause.kind() == io::ErrorKind::PermissionDenied)
        || matches!(error, FDO(answer) if matches!(**answer, zbus::fdo::Error::AccessDenied(_)))
}

/// The bus, and where there is none (a small Debian has no dbus-daemon) the socket that is root's.
async fn connect() -> zbus::Result<Connection> {
    let by_bus = Builder::system().build().await;
    match by_bus {
        Err(_) if rustix::process::getuid().is_root() && Path::new(PRIVATE).exists() => {
            Builder::address(format!("unix:path={PRIVATE}").as_str()).p2p().build().await
        }
        answer => answer,
    }
}

async fn ask(bus: &Connection, word: &str, names: &BTreeSet<String>) -> zbus::Result<Vec<Charge>> {
    let mut units = find_units(bus, word).await?;
    units.extend(names.iter().cloned());
    let (targets, mut services) = split_by_type(units);
    for target in read_all(bus, targets).await? {
        services.extend(target.pulls_in().into_iter().filter(|name| is_service(name)));
    }
    let read = read_all(bus, services).await?;
    Ok(read.into_iter().filter_map(Properties::into_charge).collect())
}

/// The names of all units and unit files that contain the word. A unit that nobody refers to is a file only.
async fn find_units(bus: &Connection, word: &str) -> zbus::Result<BTreeSet<String>> {
    type Listed =
        (String, String, String, String, String, String, OwnedObjectPath, u32, String, OwnedObjectPath);
    let no_states: [&str; 0] = [];
    let wanted = (no_states.as_slice(), vec![format!("*{word}*")]);
    let loaded = call(bus, MANAGER_PATH, MANAGER, "ListUnitsByPatterns", &wanted).await?;
    let files = call(bus, MANAGER_PATH, MANAGER, "ListUnitFilesByPatterns", &wanted).await?;
    let loaded: Vec<Listed> = loaded.body().deserialize()?;
    let files: Vec<(String, String)> = files.body().deserialize()?;
    let of_files = files.iter().filter_map(|(path, _)| Path::new(path).file_name()?.to_str());
    Ok(loaded.iter().map(|unit| unit.0.as_str()).chain(of_files).map(str::to_owned).collect())
}

/// Targets and services; sockets, mounts, devices, automounts, swaps, timers and the rest run no service, and a
/// template is none before it has an instance.
fn split_by_type(units: BTreeSet<String>) -> (BTreeSet<String>, BTreeSet<String>) {
    let wanted = units.into_iter().filter(|name| name.ends_with(".target") || is_service(name));
    wanted.partition(|name| name.ends_with(".target"))
}

fn is_service(name: &str) -> bool {
    name.ends_with(".service") && !name.ends_with("@.service")
}

/// All at once: each answer is on its way while the next question is written.
async fn read_all(bus: &Connection, names: BTreeSet<String>) -> zbus::Result<Vec<Properties>> {
    let mut tasks = JoinSet::new();
    for name in names {
        let bus = bus.clone();
        tasks.spawn(async move { Properties::read(&bus, name).await });
    }
    let mut all = Vec::new();
    while let Some(read) = tasks.join_next().await {
        all.push(read.map_err(|error| zbus::Error::Failure(error.to_string()))??);
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(all)
}

async fn call<B>(
    bus: &Connection,
    path: &str,
    interface: &str,
    method: &str,
    body: &B,
) -> zbus::Result<zbus::Message>
where
    B: serde::Serialize + zbus::DynamicType,
{
    bus.call_method(Some(BUS_NAME), path, Some(interface), method, body).await
}

/// The properties of one unit, as D-Bus gives them.
#[derive(Debug)]
struct Properties {
    name: String,
    values: HashMap<String, OwnedVariant>,
}

/// Path, arguments, whether a failure is ignored, and of the last run: begin and end in both clocks, pid, code and
/// status. Source: org.freedesktop.systemd1(5), `ExecStart`.
type ExecCommand = (String, Vec<String>, bool, u64, u64, u64, u64, u32, i32, i32);

impl Properties {
    async fn read(bus: &Connection, name: String) -> zbus::Result<Self> {
        let loaded = call(bus, MANAGER_PATH, MANAGER, "LoadUnit", &name).await?;
        let path: OwnedObjectPath = loaded.body().deserialize()?;
        let mut values = Self::read_interface(bus, path.as_str(), UNIT).await?;
        if is_service(&name) {
            values.extend(Self::read_interface(bus, path.as_str(), SERVICE).await?);
        }
        Ok(Self { name, values })
    }

    async fn read_interface(
        bus: &Connection,
        path: &str,
        interface: &str,
    ) -> zbus::Result<HashMap<String, OwnedVariant>> {
        let answer = call(bus, path, "org.freedesktop.DBus.Properties", "GetAll", &interface).await?;
        answer.body().deserialize()
    }

    /// What a target starts.
    fn pulls_in(&self) -> Vec<String> {
        ["Requires", "Wants"].iter().flat_map(|property| self.get::<Vec<String>>(property)).collect()
    }

    /// A property; its type's default where an older systemd does not have it.
    fn get<T: TryFrom<OwnedVariant> + Default>(&self, property: &str) -> T {
        let value = self.values.get(property).and_then(|value| value.try_clone().ok());
        value.and_then(|value| T::try_from(value).ok()).unwrap_or_default()
    }

    fn text(&self, property: &str) -> String {
        self.get(property)
    }

    /// Nothing for a name that some other unit refers to and that has no unit.
    fn into_charge(self) -> Option<Charge> {
        let pid = Some(self.get::<u32>("MainPID")).filter(|pid| *pid != 0);
        if self.text("LoadState") == "not-found" && pid.is_none() {
            return None;
        }
        let at_boot = match self.text("UnitFileState").as_str() {
            "enabled" | "enabled-runtime" => Some(true),
            "disabled" | "masked" | "masked-runtime" => Some(false),
            _ => None,
        };
        Some(Charge {
            manager: Manager::Systemd,
            command: self.command(),
            directory: self.directory(),
            container: None,
            pid,
            condition: self.condition(),
            is_stale: self.get("NeedDaemonReload"),
            is_unhealthy: false,
            at_boot,
            invocation: self.invocation(),
            target: self.wanted_by().into_iter().find(|name| name.ends_with(".target")),
            name: self.name,
        })
    }

    fn command(&self) -> Vec<String> {
        self.get::<Vec<OwnedVariant>>("ExecStart")
            .into_iter()
            .next()
            .and_then(|value| ExecCommand::try_from(value).ok())
            .map(|command| command.1)
            .unwrap_or_default()
    }

    /// `!/path` may be missing, and `~` is somebody's home.
    fn directory(&self) -> Option<PathBuf> {
        let text = self.text("WorkingDirectory");
        let path = Path::new(text.trim_start_matches('!'));
        path.is_absolute().then(|| path.to_owned())
    }

    fn invocation(&self) -> Option<String> {
        use std::fmt::Write as _;
        let bytes: Vec<u8> = self.get("InvocationID");
        let mut text = String::new();
        for byte in &bytes {
            let _ = write!(text, "{byte:02x}");
        }
        bytes.iter().any(|byte| *byte != 0).then_some(text)
    }

    fn wanted_by(&self) -> Vec<String> {
        ["RequiredBy", "WantedBy"].iter().flat_map(|property| self.get::<Vec<String>>(property)).collect()
    }

    fn condition(&self) -> Condition {
        match self.text("LoadState").as_str() {
            "masked" => return Condition::Unusable("its unit is masked"),
            "bad-setting" | "error" => return Condition::Unusable("its unit file cannot be used"),
            _ => {}
        }
        let restarts = self.get("NRestarts");
        match (self.text("ActiveState").as_str(), self.text("SubState").as_str()) {
            ("active", "exited") => Condition::Ended,
            ("activating", sub) if sub.starts_with("auto-restart") => {
                Condition::Restarting { restarts: Some(restarts), end: self.end() }
            }
            ("activating", _) => Condition::ComingUp,
            ("deactivating", _) => Condition::GoingDown,
            ("failed", _) => self.condition_of_failed(restarts),
            ("inactive", _) => self.condition_of_inactive(),
            _ => Condition::Running { restarts: Some(restarts) },
        }
    }

    /// systemd keeps `exit-code` as the result where it gave up after too many tries; the tries tell.
    fn condition_of_failed(&self, restarts: u32) -> Condition {
        if self.was_asked_to_stop() {
            Condition::Stopped
        } else if restarts > 0 || self.text("Result") == "start-limit-hit" {
            Condition::GaveUp { restarts: Some(restarts), end: self.end() }
        } else {
            Condition::Crashed(self.end())
        }
    }

    /// systemd forgets what a unit did that has ended well and that no other unit refers to.
    fn condition_of_inactive(&self) -> Condition {
        if self.get::<u64>("ExecMainStartTimestampMonotonic") == 0 {
            let remembers = !self.wanted_by().is_empty();
            return if remembers { Condition::NeverStarted } else { Condition::Idle };
        }
        // A unit that crashes is failed; one that does so and is inactive was stopped between two tries.
        if self.was_asked_to_stop() || self.text("Result") != "success" {
            Condition::Stopped
        } else {
            Condition::Ended
        }
    }

    /// Who is asked to stop leaves the state active before the process ends; who crashes, after it. Nothing else
    /// tells a clean stop of main, which has status 255, from a crash with the same.
    fn was_asked_to_stop(&self) -> bool {
        let left: u64 = self.get("ActiveExitTimestampMonotonic");
        let ended: u64 = self.get("ExecMainExitTimestampMonotonic");
        left != 0 && left < ended
    }

    fn end(&self) -> End {
        match self.text("Result").as_str() {
            "oom-kill" => return End::OutOfMemory,
            "timeout" | "watchdog" => return End::TimedOut,
            _ => {}
        }
        let status = self.get("ExecMainStatus");
        // CLD_EXITED, CLD_KILLED, CLD_DUMPED of sigaction(2).
        match self.get::<i32>("ExecMainCode") {
            1 => End::Status(status),
            2 | 3 => End::Signal(status),
            _ => End::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zbus::Variant;

    fn unit<const N: usize>(values: [(&str, Variant<'static>); N]) -> Properties {
        let owned =
            |value: Variant<'static>| OwnedVariant::try_from(value).expect("a value without descriptors");
        let values = values.into_iter().map(|(name, value)| (name.to_owned(), owned(value))).collect();
        Properties { name: "openim-api.service".to_owned(), values }
    }

    fn failed(left: u64, ended: u64, restarts: u32) -> Condition {
        let unit = unit([
            ("LoadState", "loaded".into()),
            ("ActiveState", "failed".into()),
            ("SubState", "failed".into()),
            ("Result", "exit-code".into()),
            ("ExecMainCode", 1_i32.into()),
            ("ExecMainStatus", 255_i32.into()),
            ("NRestarts", restarts.into()),
            ("ActiveExitTimestampMonotonic", left.into()),
            ("ExecMainExitTimestampMonotonic", ended.into()),
        ]);
        unit.condition()
    }

    #[test]
    fn a_clean_stop_with_status_255_is_told_from_a_crash_with_the_same() {
        assert_eq!(failed(1_000, 2_000, 0), Condition::Stopped);
        assert_eq!(failed(2_001, 2_000, 0), Condition::Crashed(End::Status(255)));
    }

    #[test]
    fn who_failed_after_restarts_was_given_up() {
        assert_eq!(failed(2_001, 2_000, 5), Condition::GaveUp { restarts: Some(5), end: End::Status(255) });
    }

    #[test]
    fn who_waits_for_a_restart_restarts() {
        let unit = unit([
            ("ActiveState", "activating".into()),
            ("SubState", "auto-restart".into()),
            ("NRestarts", 4_u32.into()),
            ("ExecMainCode", 2_i32.into()),
            ("ExecMainStatus", 9_i32.into()),
        ]);
        assert_eq!(unit.condition(), Condition::Restarting { restarts: Some(4), end: End::Signal(9) });
    }

    #[test]
    fn never_started_is_said_only_where_systemd_would_remember() {
        let inactive = |wanted_by: Vec<String>| {
            unit([("ActiveState", "inactive".into()), ("WantedBy", Variant::from(wanted_by))]).condition()
        };
        assert_eq!(inactive(vec!["openim.target".to_owned()]), Condition::NeverStarted);
        assert_eq!(inactive(Vec::new()), Condition::Idle);
    }

    #[test]
    fn units_of_other_types_and_templates_are_no_services() {
        let names = [
            "openim.target",
            "openim-api.service",
            "openim-push@.service",
            "openim-push@3.service",
            "openim.socket",
            "openim.timer",
            "srv-openim.mount",
            "openim.swap",
            "openim.automount",
            "dev-openim.device",
        ];
        let (targets, services) = split_by_type(names.map(str::to_owned).into());
        assert_eq!(Vec::from_iter(targets), ["openim.target"]);
        assert_eq!(Vec::from_iter(services), ["openim-api.service", "openim-push@3.service"]);
    }

    #[test]
    fn a_name_without_a_unit_is_nothing() {
        assert!(unit([("LoadState", "not-found".into())]).into_charge().is_none());
    }
}

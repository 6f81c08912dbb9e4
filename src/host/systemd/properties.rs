//! One unit as D-Bus gives it, and what its properties tell of it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use zbus::{Connection, OwnedObjectPath, OwnedVariant};

use super::{MANAGER, MANAGER_PATH, call};
use crate::host::manager::{Charge, Condition, End, Group, Link, Manager, Unusable};
use crate::openim::config::Environment;

const UNIT: &str = "org.freedesktop.systemd1.Unit";

/// The properties of one unit, as D-Bus gives them.
#[derive(Debug)]
pub(super) struct Properties {
    pub(super) name: String,
    values: HashMap<String, OwnedVariant>,
}

/// Path, arguments, whether a failure is ignored, and of the last run: begin and end in both clocks, pid, code and
/// status. Source: org.freedesktop.systemd1(5), `ExecStart`.
type ExecCommand = (String, Vec<String>, bool, u64, u64, u64, u64, u32, i32, i32);

/// The units with which one is stopped and restarted. Source: systemd.unit(5), the verbs that each of them passes on.
const LED_BY: [&str; 4] = ["PartOf", "Requires", "BindsTo", "Requisite"];

/// The targets that systemd itself makes every unit require. Source: systemd.service(5), default dependencies.
const IN_EVERY_UNIT: [&str; 2] = ["sysinit.target", "basic.target"];

/// The interface with what is told of units of this type only, where that says how they ended.
fn interface_of(name: &str) -> Option<&'static str> {
    match Path::new(name).extension()?.to_str()? {
        "service" => Some("org.freedesktop.systemd1.Service"),
        "mount" => Some("org.freedesktop.systemd1.Mount"),
        _ => None,
    }
}

impl Properties {
    pub(super) async fn read(bus: &Connection, name: String) -> zbus::Result<Self> {
        let loaded = call(bus, MANAGER_PATH, MANAGER, "LoadUnit", &name).await?;
        let path: OwnedObjectPath = loaded.body().deserialize()?;
        let mut values = Self::read_interface(bus, path.as_str(), UNIT).await?;
        if let Some(interface) = interface_of(&name) {
            values.extend(Self::read_interface(bus, path.as_str(), interface).await?);
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
    pub(super) fn pulls_in(&self) -> Vec<String> {
        self.names(&["Requires", "Wants"])
    }

    /// The units of several properties that name some.
    pub(super) fn names(&self, properties: &[&str]) -> Vec<String> {
        properties.iter().flat_map(|property| self.get::<Vec<String>>(property)).collect()
    }

    /// A property; its type's default where an older systemd does not have it.
    pub(super) fn get<T: TryFrom<OwnedVariant> + Default>(&self, property: &str) -> T {
        let value = self.values.get(property).and_then(|value| value.try_clone().ok());
        value.and_then(|value| T::try_from(value).ok()).unwrap_or_default()
    }

    pub(super) fn text(&self, property: &str) -> String {
        self.get(property)
    }

    /// Nothing for a name that some other unit refers to and that has no unit.
    pub(super) fn into_charge(self, waits_for: Option<Link>, common: &Environment) -> Option<Charge> {
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
            variables: Some(self.variables(common)),
            container: None,
            pid,
            condition: self.condition(),
            is_stale: self.get("NeedDaemonReload"),
            is_unhealthy: false,
            at_boot,
            invocation: self.invocation(),
            waits_for,
            group: self.group(),
            name: self.name,
        })
    }

    /// With the program's path, whatever name it is given (`@`).
    fn command(&self) -> Vec<String> {
        let Some(command) = self.commands("ExecStart").into_iter().next() else { return Vec::new() };
        std::iter::once(command.0).chain(command.1.into_iter().skip(1)).collect()
    }

    fn commands(&self, property: &str) -> Vec<ExecCommand> {
        let listed = self.get::<Vec<OwnedVariant>>(property).into_iter();
        listed.filter_map(|value| ExecCommand::try_from(value).ok()).collect()
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
        self.names(&["RequiredBy", "WantedBy"])
    }

    /// The target that starts it together with others, rather its own than the one that everything is started by.
    fn group(&self) -> Option<Group> {
        let led_by = self.names(&LED_BY);
        let targets = led_by.iter().cloned().chain(self.wanted_by());
        let name = targets
            .filter(|name| name.ends_with(".target") && !IN_EVERY_UNIT.contains(&name.as_str()))
            .min_by_key(|name| name == "multi-user.target")?;
        Some(Group { restarts_it: led_by.contains(&name), name })
    }

    pub(super) fn condition(&self) -> Condition {
        match self.text("LoadState").as_str() {
            "masked" => return Condition::Unusable(Unusable::Masked),
            "bad-setting" | "error" => return Condition::Unusable(Unusable::BadFile),
            "not-found" if !self.is_active() => return Condition::Unusable(Unusable::NoUnit),
            _ if self.name.ends_with(".device") && !self.is_active() => {
                return Condition::Unusable(Unusable::NoDevice);
            }
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

    fn is_active(&self) -> bool {
        self.text("ActiveState") == "active"
    }

    /// Whether who requires it cannot run now. A task that has ended well has done what was required of it.
    pub(super) fn is_missing(&self) -> bool {
        let has_run = self.get::<u64>("ExecMainStartTimestampMonotonic") != 0;
        match (self.text("ActiveState").as_str(), self.text("SubState").as_str()) {
            ("failed", _) => true,
            ("activating", sub) => sub.starts_with("auto-restart"),
            ("inactive", _) => {
                !(self.text("Type") == "oneshot" && has_run && self.text("Result") == "success")
            }
            _ => false,
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
        let end = end_of_process(self.get("ExecMainCode"), self.get("ExecMainStatus"));
        if end == End::Unknown { self.end_before_start() } else { end }
    }

    /// Of what has to succeed before the program itself is started.
    fn end_before_start(&self) -> End {
        let before = self.commands("ExecStartPre").into_iter();
        let failed = before.filter(|command| !command.2).map(|command| end_of_process(command.8, command.9));
        let mut failed = failed.filter(|end| !matches!(end, End::Unknown | End::Status(0)));
        failed.next().map_or(End::Unknown, |end| End::NotStarted(format!("its ExecStartPre: {end}")))
    }
}

/// `CLD_EXITED`, `CLD_KILLED`, `CLD_DUMPED` of sigaction(2), and what belongs to it.
const fn end_of_process(code: i32, status: i32) -> End {
    match code {
        1 => End::Status(status),
        2 | 3 => End::Signal(status),
        _ => End::Unknown,
    }
}

/// A unit with these properties.
#[cfg(test)]
pub(super) fn unit_of<const N: usize>(name: &str, values: [(&str, zbus::Variant<'static>); N]) -> Properties {
    let owned = |value| OwnedVariant::try_from(value).expect("a value without descriptors");
    let values = values.into_iter().map(|(name, value)| (name.to_owned(), owned(value))).collect();
    Properties { name: name.to_owned(), values }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zbus::Variant;

    fn unit<const N: usize>(values: [(&str, Variant<'static>); N]) -> Properties {
        unit_of("openim-api.service", values)
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
    fn a_name_without_a_unit_is_nothing() {
        assert!(
            unit([("LoadState", "not-found".into())]).into_charge(None, &Environment::default()).is_none()
        );
    }

    #[test]
    fn a_target_restarts_who_is_part_of_it_and_not_who_it_merely_wants() {
        let names = |names: &[&str]| Variant::from(names.iter().map(ToString::to_string).collect::<Vec<_>>());
        let wanted = names(&["multi-user.target", "openim.target"]);
        let group =
            |part_of: Variant<'static>| unit([("WantedBy", wanted.clone()), ("PartOf", part_of)]).group();
        let of = |restarts_it| Some(Group { name: "openim.target".to_owned(), restarts_it });
        assert_eq!(group(names(&["openim.target"])), of(true));
        assert_eq!(group(names(&[])), of(false));
        assert_eq!(unit([("Requires", names(&["sysinit.target"]))]).group(), None);
    }
}

//! How one unit is, of whatever type: service, socket, mount, timer, target.

use std::fmt;
use std::path::Path;

use super::properties::Properties;
use super::{BOOTED, connect, silence};
use crate::host::manager::Silence;

/// A unit as `systemctl status` has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitState {
    /// `loaded`, `not-found`, `masked`, `bad-setting`, `error`
    pub load: String,
    /// `active`, `inactive`, `failed`, `activating`, `deactivating`, `reloading`
    pub active: String,
    /// What its type makes of that: `running`, `mounted`, `waiting`, `listening`, `dead`
    pub sub: String,
    /// Why it is no longer active: `exit-code`, `timeout`, `dependency`; `success` else.
    pub result: String,
}

impl UnitState {
    /// Whether it does what it is for.
    #[must_use]
    pub fn is_active(&self) -> bool {
        matches!(self.active.as_str(), "active" | "reloading" | "refreshing")
    }
}

impl fmt::Display for UnitState {
    /// "not-found", "active (running)", "failed (exit-code)"
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { load, active, sub, result } = self;
        match (load.as_str(), active.as_str()) {
            ("loaded", "failed") if result != "success" => write!(f, "{active} ({result})"),
            ("loaded", _) => write!(f, "{active} ({sub})"),
            _ => f.write_str(load),
        }
    }
}

/// Asks systemd for a unit.
///
/// # Errors
/// systemd does not run here, or does not let this user ask. It sets no limit to its time.
pub async fn read_state(name: &str) -> Result<UnitState, Silence> {
    if !Path::new(BOOTED).is_dir() {
        return Err(Silence::Absent);
    }
    let read = async { Properties::read(&connect().await?, name.to_owned()).await };
    let unit = read.await.map_err(silence)?;
    Ok(UnitState {
        load: unit.text("LoadState"),
        active: unit.text("ActiveState"),
        sub: unit.text("SubState"),
        result: unit.text("Result"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(load: &str, active: &str, sub: &str, result: &str) -> UnitState {
        let [load, active, sub, result] = [load, active, sub, result].map(str::to_owned);
        UnitState { load, active, sub, result }
    }

    #[test]
    fn a_state_is_told_as_systemctl_tells_it() {
        let told = [
            state("loaded", "active", "mounted", "success"),
            state("loaded", "failed", "failed", "exit-code"),
            state("not-found", "inactive", "dead", ""),
        ];
        assert_eq!(told.each_ref().map(UnitState::is_active), [true, false, false]);
        let told = told.map(|state| state.to_string());
        assert_eq!(told, ["active (mounted)", "failed (exit-code)", "not-found"]);
    }
}

//! What systemd says of its units, over D-Bus: no child process, one connection, all questions at once.
//!
//! `org.freedesktop.systemd1` as of systemd 230; nothing that is asked here needs a privilege.

mod chain;
mod properties;
mod state;
mod variables;

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::task::JoinSet;
use zbus::Connection;
use zbus::OwnedObjectPath;
use zbus::connection::Builder;

use self::chain::Requirements;
use self::properties::Properties;
pub use self::state::{UnitState, read_state};
use super::manager::{Charge, Silence, within};

const BUS_NAME: &str = "org.freedesktop.systemd1";
const MANAGER_PATH: &str = "/org/freedesktop/systemd1";
const MANAGER: &str = "org.freedesktop.systemd1.Manager";

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
    within(timeout, async { ask(&connect().await.map_err(silence)?, word, names).await.map_err(silence) })
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
    let requirements = Requirements::read(bus, &read).await?;
    let common = variables::read_common(bus).await;
    let charge = |unit: Properties| {
        let waits_for = requirements.first_broken(&unit);
        unit.into_charge(waits_for, &common)
    };
    Ok(read.into_iter().filter_map(charge).collect())
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

#[cfg(test)]
mod tests {
    use super::*;

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
}

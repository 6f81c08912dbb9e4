//! Where a unit takes its variables from.

use zbus::{Connection, OwnedVariant};

use super::properties::Properties;
use super::{MANAGER, MANAGER_PATH, call};
use crate::host::environment_file::EnvironmentFile;
use crate::host::variables::Sources;
use crate::openim::config::Environment;

/// What shows the variables that every unit has: of `DefaultEnvironment=` and of `systemctl set-environment`.
const OF_ALL: &str = "systemctl show-environment";

/// The variables that systemd gives to every unit; none where it does not tell.
pub(super) async fn read_common(bus: &Connection) -> Environment {
    let mut environment = Environment::default();
    set_all(&mut environment, &ask_common(bus).await.unwrap_or_default(), OF_ALL);
    environment
}

async fn ask_common(bus: &Connection) -> zbus::Result<Vec<String>> {
    let property = (MANAGER, "Environment");
    let answer = call(bus, MANAGER_PATH, "org.freedesktop.DBus.Properties", "Get", &property).await?;
    answer.body().deserialize::<OwnedVariant>()?.try_into()
}

/// `NAME=value`, of which later ones win.
fn set_all(environment: &mut Environment, assignments: &[String], place: &str) {
    for (name, value) in assignments.iter().filter_map(|assignment| assignment.split_once('=')) {
        environment.set(name, value, place);
    }
}

/// The path, and whether the unit starts without it. Source: org.freedesktop.systemd1(5), `EnvironmentFiles`.
type Named = (String, bool);

impl Properties {
    /// Where it takes its variables from, beside those of every unit.
    pub(super) fn variables(&self, common: &Environment) -> Sources {
        let mut told = common.clone();
        set_all(&mut told, &self.names(&["Environment"]), &self.name);
        let named = self.get::<Vec<OwnedVariant>>("EnvironmentFiles").into_iter();
        let files = named.filter_map(|file| {
            let (path, is_optional) = Named::try_from(file).ok()?;
            Some(EnvironmentFile { path: path.into(), is_optional })
        });
        Sources { told, files: files.collect(), unset: self.names(&["UnsetEnvironment"]) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::systemd::properties::unit_of;
    use zbus::Variant;

    #[test]
    fn a_unit_tells_its_variables_its_files_and_what_it_takes_back() {
        let list = |texts: &[&str]| Variant::from(texts.iter().map(ToString::to_string).collect::<Vec<_>>());
        let files = vec![("/etc/openim.env".to_owned(), false), ("/etc/own.env".to_owned(), true)];
        let unit = unit_of(
            "openim-api.service",
            [
                ("Environment", list(&["A=unit", "A=last=1", "odd"])),
                ("EnvironmentFiles", Variant::from(files)),
                ("UnsetEnvironment", list(&["B"])),
            ],
        );
        let mut common = Environment::default();
        set_all(&mut common, &["A=all".to_owned(), "B=all".to_owned()], OF_ALL);
        let Sources { told, files, unset } = unit.variables(&common);
        assert_eq!((told.get("A"), told.get("B")), (Some("last=1"), Some("all")));
        assert_eq!(told.origin("A").to_string(), "openim-api.service $A");
        assert_eq!(told.origin("B").to_string(), "systemctl show-environment $B");
        let files: Vec<_> = files.iter().map(|file| (file.path.to_str(), file.is_optional)).collect();
        assert_eq!(files, [(Some("/etc/openim.env"), false), (Some("/etc/own.env"), true)]);
        assert_eq!(unset, ["B"]);
    }
}

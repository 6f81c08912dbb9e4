//! What a unit that is down waits for: the first broken link in the chain of what it requires.
//!
//! In `A -> B -> C`, where each requires the next, systemd starts neither A nor B while C fails, and stops both with
//! C. Of that it remembers nothing at A, which is inactive as if somebody had stopped it; what it requires tells.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use zbus::Connection;

use super::properties::Properties;
use super::read_all;
use crate::host::manager::{Condition, Link};

/// What keeps a unit from running while it is down. `Wants`, and the orders `After` and `Before`, do not.
/// Source: systemd.unit(5).
const REQUIRES: [&str; 3] = ["Requires", "BindsTo", "Requisite"];

/// The units that are down and that others require.
pub(super) struct Requirements(BTreeMap<String, Properties>);

impl Requirements {
    /// Reads what these units require, and what that requires, as far as each is down.
    pub(super) async fn read(bus: &Connection, units: &[Properties]) -> zbus::Result<Self> {
        let mut down = BTreeMap::new();
        let mut seen = BTreeSet::new();
        let mut next = required_by(units.iter().filter(|unit| unit.is_missing()));
        while !next.is_empty() {
            seen.extend(next.iter().cloned());
            let read = read_all(bus, next).await?;
            let missing: Vec<Properties> = read.into_iter().filter(Properties::is_missing).collect();
            next = required_by(missing.iter()).into_iter().filter(|name| !seen.contains(name)).collect();
            down.extend(missing.into_iter().map(|unit| (unit.name.clone(), unit)));
        }
        Ok(Self(down))
    }

    /// The unit that has to be mended for this one to run; of several the one that has failed, and the nearest.
    pub(super) fn first_broken(&self, unit: &Properties) -> Option<Link> {
        if !unit.is_missing() {
            return None;
        }
        let chains = self.chains(unit, &[]);
        let worst = chains.into_iter().min_by_key(|link| {
            (Reverse(is_broken(&link.condition)), link.through.len(), link.name.clone())
        })?;
        // Who starts the one starts the other as well.
        let was_never_started = |condition| matches!(condition, Condition::NeverStarted | Condition::Idle);
        let nobody_began = was_never_started(worst.condition.clone()) && was_never_started(unit.condition());
        (!nobody_began).then_some(worst)
    }

    /// The ends of all chains that begin at a unit.
    fn chains(&self, unit: &Properties, through: &[String]) -> Vec<Link> {
        let is_new = |next: &&Properties| next.name != unit.name && !through.contains(&next.name);
        let missing = unit.names(&REQUIRES).into_iter().filter_map(|name| self.0.get(&name));
        let follow = |next: &Properties| {
            let passed = [through, std::slice::from_ref(&next.name)].concat();
            let deeper = self.chains(next, &passed);
            let end =
                Link { name: next.name.clone(), through: through.to_vec(), condition: next.condition() };
            if deeper.is_empty() { vec![end] } else { deeper }
        };
        missing.filter(is_new).flat_map(follow).collect()
    }
}

fn required_by<'p>(units: impl Iterator<Item = &'p Properties>) -> BTreeSet<String> {
    units.flat_map(|unit| unit.names(&REQUIRES)).collect()
}

/// Whether starting it is not enough.
const fn is_broken(condition: &Condition) -> bool {
    match condition {
        Condition::Crashed(_)
        | Condition::GaveUp { .. }
        | Condition::Restarting { .. }
        | Condition::Unusable(_) => true,
        Condition::Running { .. }
        | Condition::Paused
        | Condition::ComingUp
        | Condition::GoingDown
        | Condition::Stopped
        | Condition::NeverStarted
        | Condition::Idle
        | Condition::Ended => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::manager::End;
    use crate::host::systemd::properties::unit_of;

    fn down(name: &str, state: &str, requires: &[&str]) -> Properties {
        let requires: Vec<String> = requires.iter().map(ToString::to_string).collect();
        unit_of(
            name,
            [
                ("LoadState", "loaded".into()),
                ("ActiveState", state.to_owned().into()),
                ("ActiveExitTimestampMonotonic", 1_u64.into()),
                ("ExecMainStartTimestampMonotonic", 1_u64.into()),
                ("ExecMainExitTimestampMonotonic", (if state == "failed" { 1_u64 } else { 2 }).into()),
                ("ExecMainCode", 1_i32.into()),
                ("ExecMainStatus", 3_i32.into()),
                ("Requires", requires.into()),
            ],
        )
    }

    fn requirements(units: Vec<Properties>) -> Requirements {
        Requirements(units.into_iter().map(|unit| (unit.name.clone(), unit)).collect())
    }

    #[test]
    fn the_end_of_the_chain_is_the_cause_and_what_lies_between_is_named() {
        let a = down("a.service", "inactive", &["b.service", "sysinit.target"]);
        let chain = requirements(vec![
            down("b.service", "inactive", &["c.service"]),
            down("c.service", "failed", &[]),
        ]);
        let link = Link {
            name: "c.service".to_owned(),
            through: vec!["b.service".to_owned()],
            condition: Condition::Crashed(End::Status(3)),
        };
        assert_eq!(chain.first_broken(&a), Some(link));
    }

    #[test]
    fn of_several_the_one_that_has_failed_is_the_cause() {
        let a = down("a.service", "inactive", &["b.service", "d.service"]);
        let chain = requirements(vec![
            down("b.service", "inactive", &[]),
            down("d.service", "inactive", &["e.service"]),
            down("e.service", "failed", &[]),
        ]);
        assert_eq!(chain.first_broken(&a).map(|link| link.name), Some("e.service".to_owned()));
    }

    #[test]
    fn units_that_require_each_other_are_no_endless_chain() {
        let a = down("a.service", "inactive", &["b.service"]);
        let chain = requirements(vec![
            down("a.service", "inactive", &["b.service"]),
            down("b.service", "inactive", &["a.service"]),
        ]);
        assert!(chain.first_broken(&a).is_some());
    }
}

//! What is one thing to say of many instances: none runs, none may be looked at, their manager is silent.

use super::{instance_id, instance_of};
use crate::check::judge::Judged;
use crate::check::kind::{About, Finding, Sentences, process, unit};
use crate::check::plan::Plan;
use crate::check::report::{Cause, Verdict};

/// All that may not be looked at is one cause, whichever services it is.
pub(super) fn hidden_cause(plan: &Plan, groups: &[Vec<&Judged>]) -> Option<Cause> {
    let hidden: Vec<&Judged> = groups.iter().flatten().copied().collect();
    let first = hidden.first()?;
    let mut owners: Vec<u32> = plan.hidden.iter().map(|hidden| hidden.uid).collect();
    owners.sort_unstable();
    owners.dedup();
    let owners: Vec<String> = owners.iter().map(ToString::to_string).collect();
    let count = match hidden.len() {
        1 => "1 instance".to_owned(),
        many => format!("{many} instances"),
    };
    Some(Cause {
        id: first.check.id.clone(),
        verdict: first.check.verdict,
        subject: "hidden processes".to_owned(),
        message: format!("processes of uid {} are hidden from uid {} ({count})", owners.join(" "), plan.uid),
        said: None,
        hint: Some("run as root, as the user that runs OpenIM, or in its container".to_owned()),
        checks: hidden.iter().map(|found| found.check.id.clone()).collect(),
        blocks: Vec::new(),
        affects: hidden.iter().filter_map(|found| instance_id(found)).collect(),
    })
}

/// A manager that does not answer is one cause, whichever services it has.
pub(super) fn silent_cause(plan: &Plan, groups: &[Vec<&Judged>]) -> Option<Cause> {
    let unknown: Vec<&Judged> = groups.iter().flatten().copied().collect();
    let (first, silent) = (unknown.first()?, plan.silent.as_ref()?);
    let about = About { plan, service: first.service(), instance: None };
    Some(Cause {
        id: first.check.id.clone(),
        verdict: first.check.verdict,
        subject: silent.manager.to_string(),
        message: format!("{} {}", silent.manager, silent.why),
        said: None,
        hint: first.finding.hint(&about),
        checks: unknown.iter().map(|found| found.check.id.clone()).collect(),
        blocks: Vec::new(),
        affects: Vec::new(),
    })
}

/// Whether several services were looked at, and none has a process: then that is the one thing to say.
pub(super) fn nothing_runs(plan: &Plan, groups: &[Vec<&Judged>]) -> bool {
    let absent = |group: &Vec<&Judged>| {
        use process::Finding::{NotRunning, Zombie};
        matches!(group[0].finding, Finding::Process(NotRunning | Zombie { .. }))
            || group[0].finding.unit().is_some_and(unit::Finding::is_absence)
    };
    let nobody_is_there = || plan.instances.iter().all(|instance| instance.sole_process().is_none());
    let all_together =
        || groups.iter().flatten().count() == plan.instances.len() && reason_of_all(groups).is_some();
    groups.len() > 1 && (groups.iter().all(absent) && nobody_is_there() || all_together())
}

pub(super) fn nothing_runs_cause(plan: &Plan, groups: &[Vec<&Judged>]) -> Cause {
    let absent = || groups.iter().flatten();
    let first = groups[0][0];
    let (why, hint) = match reason_of_all(groups) {
        Some(reason) => {
            let about = About { plan, service: first.service(), instance: instance_of(plan, first) };
            let name = reason.name().unwrap_or_default();
            (format!("{name} {}", reason.predicate(false)), reason.hint(&about))
        }
        None => (format!("0 of {} processes", plan.instances.len()), Some(plan.start_hint())),
    };
    Cause {
        id: first.check.id.clone(),
        verdict: Verdict::Fail,
        subject: "OpenIM".to_owned(),
        message: format!("OpenIM is not running: {why}"),
        said: None,
        hint,
        checks: absent().map(|found| found.check.id.clone()).collect(),
        blocks: absent().filter_map(|found| instance_id(found)).collect(),
        affects: Vec::new(),
    }
}

/// What keeps all of it from running, if it is one unit or container.
fn reason_of_all<'j>(groups: &[Vec<&'j Judged>]) -> Option<&'j unit::Finding> {
    let mut findings = groups.iter().flatten().map(|found| found.finding.unit());
    let first = findings.next()??;
    findings.all(|finding| finding.is_some_and(|finding| finding.has_same_reason(first))).then_some(first)
}

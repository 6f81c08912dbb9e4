//! Since when the services of this host run, for `-I`.

use std::path::Path;

use super::processes::{instance_of, start_of};
use super::{Plan, SourcePlan, Surroundings, usage};
use crate::host::process::Process;
use crate::logs::LogsError;
use crate::logs::filter::{Run, Runs};
use crate::openim::service::Service;
use crate::time::Timestamp;

/// Has the plan begin where each service was started last.
pub(super) fn begin_with_this_run(plan: &mut Plan, around: &Surroundings) -> Result<(), LogsError> {
    if !plan.sources.iter().all(is_of_this_host) {
        return Err(usage(
            "--this-run asks the processes of this host: leave out --directory, --file and -, or name a time with --since",
        ));
    }
    let runs = read_runs(around);
    let selected = plan.criteria.selection.0.iter().map(|&(service, _)| service);
    let mut services: Vec<Service> = selected.collect();
    if services.is_empty() {
        services.extend(Service::ALL);
    }
    plan.criteria.since = plan.criteria.since.max(runs.begin(&services));
    services.retain(|service| runs.0.iter().all(|run| run.service != *service));
    if !services.is_empty() {
        let names: Vec<_> = services.iter().map(ToString::to_string).collect();
        let text = format!("no process of {} to be seen here:\nall that it wrote is shown", names.join(", "));
        plan.add_remark(&text);
    }
    plan.criteria.runs = Some(runs);
    Ok(())
}

fn is_of_this_host(source: &SourcePlan) -> bool {
    match source {
        SourcePlan::Journal(journal) => journal.place.is_of_journald(),
        SourcePlan::Files(_) | SourcePlan::Output(_) => true,
        SourcePlan::Stdin => false,
    }
}

fn read_runs(around: &Surroundings) -> Runs {
    // Their age is that of this moment.
    let now = Timestamp::read_clock();
    let services = (around.running_services)(Path::new("/"));
    Runs(services.iter().filter_map(|process| run_of(process, now)).collect())
}

fn run_of(process: &Process, now: Timestamp) -> Option<Run> {
    Some(Run {
        service: Service::from_binary(&process.program)?,
        instance: instance_of(process),
        since: start_of(process, now),
    })
}

//! What the processes of services tell of their lines.

use std::path::Path;

use crate::host::process::{Process, read_processes};
use crate::openim::service::Service;
use crate::time::Timestamp;

/// The services that run from programs below a directory; none where processes cannot be seen.
pub(super) fn running_services(root: &Path) -> Vec<Process> {
    let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let programs: Vec<&str> = Service::ALL.into_iter().map(Service::binary).collect();
    read_processes(&root, &programs).map(|table| table.processes).unwrap_or_default()
}

/// When a process was started; its age is that of now.
pub(super) fn start_of(process: &Process, now: Timestamp) -> Timestamp {
    let age = u64::try_from(process.uptime.as_micros()).unwrap_or_default();
    Timestamp::from_micros(now.micros().saturating_sub(age))
}

/// The number that a service was started with.
pub(super) fn instance_of(process: &Process) -> Option<u32> {
    process.flag("-i", "--index").and_then(|index| index.parse().ok())
}

//! What the processes of services tell of their lines.

use crate::host::process::Process;
use crate::time::Timestamp;

/// When a process was started; its age is that of now.
pub(super) fn start_of(process: &Process, now: Timestamp) -> Timestamp {
    let age = u64::try_from(process.uptime.as_micros()).unwrap_or_default();
    Timestamp::from_micros(now.micros().saturating_sub(age))
}

/// The number that a service was started with.
pub(super) fn instance_of(process: &Process) -> Option<u32> {
    process.flag("-i", "--index").and_then(|index| index.parse().ok())
}

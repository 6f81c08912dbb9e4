//! Waiting for something to become so, with a limit, in place of sleeping.

use std::thread;
use std::time::{Duration, Instant};

const STEP: Duration = Duration::from_millis(50);

/// Asks `probe` every 50 ms until it answers; `None` when the limit passes first.
pub(crate) fn poll<T>(limit: Duration, mut probe: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(answer) = probe() {
            return Some(answer);
        }
        let left = deadline.checked_duration_since(Instant::now())?;
        thread::sleep(left.min(STEP));
    }
}

/// Like [`poll`], for a test that cannot go on without the answer.
#[track_caller]
pub(crate) fn until_some<T>(what: &str, limit: Duration, probe: impl FnMut() -> Option<T>) -> T {
    poll(limit, probe).unwrap_or_else(|| panic!("waited {limit:?} in vain for {what}"))
}

/// Waits until `probe` is true.
#[track_caller]
pub(crate) fn until(what: &str, limit: Duration, mut probe: impl FnMut() -> bool) {
    until_some(what, limit, || probe().then_some(()));
}

//! Which instance of its service a process is. Lines of a file name the process alone; of one that runs its arguments
//! tell the rest.

use super::record::Record;
use crate::openim::service::Service;
use crate::time::Timestamp;

/// The clocks of the kernel and of the logger may differ by that much, in microseconds.
const TOLERANCE: u64 = 1_000_000;

/// The processes that run.
#[derive(Clone, Debug, Default)]
pub(super) struct Numbers(pub(super) Vec<Number>);

/// A process that was started as an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number {
    pub(super) pid: u32,
    pub(super) service: Service,
    pub(super) instance: u32,
    pub(super) started: Timestamp,
}

impl Numbers {
    /// The number of the instance that wrote a record; of an earlier process with the same id it is not known.
    pub(super) fn of(&self, record: &Record<'_>) -> Option<u32> {
        let (pid, service) = (record.pid?, record.service?);
        let wrote = |number: &&Number| {
            number.pid == pid
                && number.service == service
                && record.time.micros() + TOLERANCE >= number.started.micros()
        };
        self.0.iter().find(wrote).map(|number| number.instance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::record::Context;

    #[test]
    fn only_the_process_that_runs_has_a_number_and_only_since_it_started() {
        let started = Timestamp::from_micros(100_000_000);
        let numbers = Numbers(vec![Number { pid: 7, service: Service::Push, instance: 3, started }]);
        let of = |pid, service, micros| {
            let time = Timestamp::from_micros(micros);
            let context = Context { time, service: Some(service), pid: Some(pid), ..Context::default() };
            numbers.of(&Record::new(b"text", context))
        };
        assert_eq!(of(7, Service::Push, 100_000_000), Some(3));
        assert_eq!(of(7, Service::Push, 1_000_000), None);
        assert_eq!(of(8, Service::Push, 100_000_000), None);
        assert_eq!(of(7, Service::MsgTransfer, 100_000_000), None);
    }
}

//! When each service was started last: what `-I` shows nothing before.

use crate::logs::record::Record;
use crate::openim::service::Service;
use crate::time::Timestamp;

/// A process of a service that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::logs) struct Run {
    pub(in crate::logs) service: Service,
    /// Its number, where its command line tells.
    pub(in crate::logs) instance: Option<u32>,
    pub(in crate::logs) since: Timestamp,
}

/// The processes that run. A service without any has no last start that could be known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::logs) struct Runs(pub(in crate::logs) Vec<Run>);

impl Runs {
    /// Whether a record was written since its service was started last. Where neither line nor unit tells which
    /// instance it is of, the first of them counts; for what is of no service, the first of all.
    pub(super) fn admits(&self, record: &Record<'_>) -> bool {
        let differ = |one: Option<u32>, other: Option<u32>| one.zip(other).is_some_and(|(a, b)| a != b);
        let own = self.0.iter().filter(|run| {
            record.service.is_none_or(|service| service == run.service)
                && !differ(record.instance, run.instance)
        });
        own.map(|run| run.since).min().is_none_or(|since| record.time >= since)
    }

    /// When the first of these services was started; `None` where one of them does not run.
    pub(in crate::logs) fn begin(&self, services: &[Service]) -> Option<Timestamp> {
        let of = |service| self.0.iter().filter(move |run| run.service == service).map(|run| run.since).min();
        services.iter().map(|&service| of(service)).collect::<Option<Vec<_>>>()?.into_iter().min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::record::Context;

    fn runs() -> Runs {
        let run = |service, instance, second: u64| Run {
            service,
            instance,
            since: Timestamp::from_micros(second * 1_000_000),
        };
        Runs(vec![
            run(Service::Push, Some(0), 10),
            run(Service::Push, Some(1), 20),
            run(Service::Api, None, 30),
        ])
    }

    fn admits(service: Option<Service>, instance: Option<u32>, second: u64) -> bool {
        let time = Timestamp::from_micros(second * 1_000_000);
        runs().admits(&Record::new(b"text", Context { time, service, instance, ..Context::default() }))
    }

    #[test]
    fn a_line_is_of_the_run_that_began_before_it() {
        assert!(admits(Some(Service::Push), Some(1), 20) && !admits(Some(Service::Push), Some(1), 19));
        assert!(admits(Some(Service::Api), Some(0), 30) && !admits(Some(Service::Api), Some(0), 29));
    }

    #[test]
    fn where_the_instance_is_not_known_the_first_start_counts() {
        assert!(admits(Some(Service::Push), None, 10) && !admits(Some(Service::Push), None, 9));
        assert!(admits(None, None, 10) && !admits(None, None, 9));
    }

    #[test]
    fn of_a_service_that_does_not_run_every_line_is_shown() {
        assert!(admits(Some(Service::RpcUser), None, 0));
        assert_eq!(runs().begin(&[Service::Api, Service::RpcUser]), None);
        assert_eq!(runs().begin(&[Service::Api, Service::Push]), Some(Timestamp::from_micros(10_000_000)));
    }
}

//! How long calls took, also where the lines do not say: the line that ends a call is brought together with the one
//! that began it, by process, side, method and request. Without the id of a request nothing is brought together: calls
//! of a method would be told apart by nothing, and one that never ended would make all that come after it seem long.
//!
//! That needs every line from the beginning of what is asked, with `-n` and `-f`, too: going back from the end, a call
//! that ended may have begun anywhere before. How far is what is sought; of one whose beginning is not there any more it
//! would be all of it; and of equal calls at once, which of two ends belongs to a beginning is told only by those before.
//! `--since` says from where.
//!
//! Source: the release line has no `cost` in its RPC lines (open-im-server v3.8.3 to v3.8.3-patch.16).

use std::collections::{HashMap, VecDeque};

use super::record::{Record, parse_zap_time};
use crate::openim::call::{Call, Phase, Side, parse_call};
use crate::openim::zap::RawValue;
use crate::time::{Timestamp, Zone};

/// So many calls may be open at once; of more, all are forgotten. What never ends would be kept for ever otherwise.
const MOST_OPEN: usize = 100_000;

/// The calls that have begun and not ended.
#[derive(Debug, Default)]
pub(super) struct Durations {
    /// When equal ones began, the first of them first.
    open: HashMap<Begun, VecDeque<Timestamp>>,
    /// So many calls they are.
    count: usize,
}

/// What both lines of a call have in common.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Begun {
    pid: Option<u32>,
    side: Side,
    method: String,
    operation: String,
}

impl Durations {
    /// Takes note of a record, and says how long the call took that ends with it, in microseconds.
    pub(super) fn observe(&mut self, record: &Record<'_>) -> Option<u64> {
        let zap = record.zap()?;
        let call = parse_call(zap)?;
        if call.cost.is_some() {
            return call.cost;
        }
        let operation = zap.operation_id().map(RawValue::text).filter(|id| !id.is_empty())?.into_owned();
        let Call { side, phase, method, .. } = call;
        let key = Begun { pid: record.pid, side, method: method.into_owned(), operation };
        // Both stamps are of one process, so that their zone does not matter.
        let written = parse_zap_time(zap.time, Zone::Utc)?;
        match phase {
            Phase::Request => {
                self.begin(key, written);
                None
            }
            Phase::Done | Phase::Failed => written.micros().checked_sub(self.end(&key)?.micros()),
        }
    }

    fn begin(&mut self, key: Begun, time: Timestamp) {
        if self.count >= MOST_OPEN {
            *self = Self::default();
        }
        self.open.entry(key).or_default().push_back(time);
        self.count += 1;
    }

    /// When the call began that ends.
    fn end(&mut self, key: &Begun) -> Option<Timestamp> {
        let times = self.open.get_mut(key)?;
        let begin = times.pop_front()?;
        if times.is_empty() {
            self.open.remove(key);
        }
        self.count -= 1;
        Some(begin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::record::Context;

    fn line(time: &str, pid: u32, message: &str, operation: &str) -> String {
        format!(
            r#"{{"level":"INFO","time":"2026-07-02 08:54:{time}","logger":"openim-api","caller":"a/b.go:1","msg":"{message}","PID":{pid},"version":"v","operationID":"{operation}","method":"/m"}}"#
        )
    }

    #[test]
    fn a_call_lasts_from_its_request_to_its_response_in_the_same_process() {
        let mut durations = Durations::default();
        let mut observe = |time, pid, message, operation| {
            let line = line(time, pid, message, operation);
            durations.observe(&Record::new(line.as_bytes(), Context::default()))
        };
        assert_eq!(observe("10.000", 1, "rpc client request", "a"), None);
        assert_eq!(observe("10.001", 2, "rpc server request", "a"), None);
        assert_eq!(observe("10.002", 1, "rpc client request", "b"), None);
        assert_eq!(observe("10.501", 2, "rpc server response failed", "a"), Some(500_000));
        assert_eq!(observe("10.503", 1, "rpc client response success", "a"), Some(503_000));
        assert_eq!(observe("11.002", 1, "rpc client response success", "b"), Some(1_000_000));
        assert_eq!(observe("12.000", 1, "rpc client response success", "b"), None, "it has ended already");
        assert_eq!(observe("12.000", 9, "rpc server response success", "a"), None, "it never began");
    }

    #[test]
    fn equal_calls_at_once_end_in_the_order_in_which_they_began() {
        let mut durations = Durations::default();
        let mut observe = |time, message| {
            let line = line(time, 1, message, "a");
            durations.observe(&Record::new(line.as_bytes(), Context::default()))
        };
        observe("10.000", "rpc client request");
        observe("10.100", "rpc client request");
        assert_eq!(observe("10.150", "rpc client response success"), Some(150_000));
        assert_eq!(observe("10.300", "rpc client response success"), Some(200_000));
    }

    #[test]
    fn a_call_without_the_id_of_its_request_ends_no_other() {
        let mut durations = Durations::default();
        let mut observe = |time, message| {
            let line = line(time, 1, message, "");
            durations.observe(&Record::new(line.as_bytes(), Context::default()))
        };
        observe("00.000", "rpc client request");
        observe("50.000", "rpc client request");
        assert_eq!(observe("50.010", "rpc client response success"), None);
    }

    #[test]
    fn calls_that_never_end_are_forgotten_when_they_are_too_many_also_where_they_are_equal() {
        let mut durations = Durations::default();
        let begun =
            || Begun { pid: None, side: Side::Client, method: "/m".to_owned(), operation: "a".to_owned() };
        for micros in 0..MOST_OPEN as u64 {
            durations.begin(begun(), Timestamp::from_micros(micros));
        }
        assert_eq!(durations.end(&begun()), Some(Timestamp::from_micros(0)));
        for micros in [7, 8] {
            durations.begin(begun(), Timestamp::from_micros(micros));
        }
        assert_eq!(durations.end(&begun()), Some(Timestamp::from_micros(8)), "all before it are forgotten");
        assert_eq!(durations.end(&begun()), None);
    }
}

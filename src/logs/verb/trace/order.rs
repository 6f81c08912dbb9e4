//! The order of the records of a request. Each process's own clock and order count; where processes wrote within the
//! same millisecond, a call is asked before it is taken and answered before its answer is heard.

use std::collections::{HashMap, HashSet, VecDeque};

use super::Seen;
use crate::openim::call::{Phase, Side};

/// More records of one millisecond stay as they were read.
const MOST_TIED: usize = 1000;

/// The records in the order of their own times.
pub(super) fn ordered(records: &[Seen]) -> Vec<&Seen> {
    let mut records: Vec<&Seen> = records.iter().collect();
    records.sort_by_key(|seen| seen.time);
    records.chunk_by(|one, next| one.time == next.time).flat_map(untied).collect()
}

/// Of each step the first record that waits for no other and stands behind none of its own process.
fn untied<'s>(tied: &[&'s Seen]) -> Vec<&'s Seen> {
    if tied.len() < 2 || tied.len() > MOST_TIED {
        return tied.to_vec();
    }
    let mut left: VecDeque<&Seen> = tied.iter().copied().collect();
    let mut causes = count_causes(tied);
    let mut order = Vec::with_capacity(tied.len());
    while let Some(seen) = take_next(&mut left, &causes) {
        if let Some(count) = cause_in(seen).and_then(|cause| causes.get_mut(&cause)) {
            *count -= 1;
        }
        order.push(seen);
    }
    order
}

fn take_next<'s>(left: &mut VecDeque<&'s Seen>, causes: &HashMap<Cause<'s>, u32>) -> Option<&'s Seen> {
    let mut waiting = HashSet::new();
    let is_free = |seen: &&Seen| {
        let waits = cause_of(seen).is_some_and(|cause| causes.get(&cause).is_some_and(|count| *count > 0));
        let is_next = !waiting.contains(&seen.pid);
        if waits || !is_next {
            waiting.insert(seen.pid);
        }
        is_next && !waits
    };
    // Where each waits for another, as no clock would have it, they stay as they were read.
    let at = left.iter().position(is_free).unwrap_or(0);
    left.remove(at)
}

/// The line that comes before another one of the same call: the caller's request, the callee's response.
type Cause<'s> = (bool, &'s str);

fn count_causes<'s>(tied: &[&'s Seen]) -> HashMap<Cause<'s>, u32> {
    let mut causes = HashMap::new();
    for cause in tied.iter().filter_map(|seen| cause_in(seen)) {
        *causes.entry(cause).or_default() += 1;
    }
    causes
}

/// What this line lets happen.
fn cause_in(seen: &Seen) -> Option<Cause<'_>> {
    match seen.call.as_ref()? {
        (Side::Client, Phase::Request, method) => Some((true, method)),
        (Side::Server, Phase::Done | Phase::Failed, method) => Some((false, method)),
        (Side::Client, Phase::Done | Phase::Failed, _) | (Side::Server, Phase::Request, _) => None,
        (Side::Http, _, _) => None,
    }
}

/// What this line waits for, if that is still to come.
fn cause_of(seen: &Seen) -> Option<Cause<'_>> {
    match seen.call.as_ref()? {
        (Side::Server, Phase::Request, method) => Some((true, method)),
        (Side::Client, Phase::Done | Phase::Failed, method) => Some((false, method)),
        (Side::Server, Phase::Done | Phase::Failed, _) | (Side::Client, Phase::Request, _) => None,
        (Side::Http, _, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openim::level::Level;
    use crate::time::Timestamp;

    const DONE: Phase = Phase::Done;
    const REQUEST: Phase = Phase::Request;

    fn seen(pid: u32, side: Side, phase: Phase, method: &str) -> Seen {
        Seen {
            time: Timestamp::default(),
            service: String::new(),
            kind: None,
            pid: Some(pid),
            level: Level::Info,
            message: String::new(),
            error: String::new(),
            call: Some((side, phase, method.to_owned())),
        }
    }

    fn order(records: &[Seen]) -> Vec<usize> {
        let place = |one: &Seen| records.iter().position(|seen| std::ptr::eq(seen, one)).unwrap();
        ordered(records).into_iter().map(place).collect()
    }

    #[test]
    fn within_a_millisecond_a_call_is_asked_taken_answered_and_heard() {
        let records = [
            seen(2, Side::Server, REQUEST, "a"),
            seen(1, Side::Client, REQUEST, "a"),
            seen(1, Side::Client, DONE, "a"),
            seen(2, Side::Server, Phase::Failed, "a"),
        ];
        assert_eq!(order(&records), [1, 0, 3, 2]);
    }

    #[test]
    fn what_a_process_wrote_stays_in_its_order_also_in_calls_within_calls() {
        let records = [
            seen(3, Side::Server, REQUEST, "b"),
            seen(3, Side::Server, DONE, "b"),
            seen(2, Side::Server, REQUEST, "a"),
            seen(2, Side::Client, REQUEST, "b"),
            seen(2, Side::Client, DONE, "b"),
            seen(2, Side::Server, DONE, "a"),
            seen(1, Side::Client, REQUEST, "a"),
            seen(1, Side::Client, DONE, "a"),
        ];
        assert_eq!(order(&records), [6, 2, 3, 0, 1, 4, 5, 7]);
    }

    #[test]
    fn what_cannot_be_is_left_as_it_was_read() {
        let records = [
            seen(1, Side::Server, REQUEST, "a"),
            seen(1, Side::Client, REQUEST, "a"),
            seen(2, Side::Client, DONE, "b"),
        ];
        assert_eq!(order(&records), [2, 0, 1]);
    }
}

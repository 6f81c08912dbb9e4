//! `slow`: the slowest calls, and how long each method takes.
//!
//! ```text
//! 19:55:24  rpc-user      user.user/getDesignateUsers     2.19 s  send11-40
//! ```
//!
//! A call is counted once, where it was answered. Where nobody answered it, or that service's lines are not among those
//! that were asked for, it is counted where it was made; also where the caller waited much longer than the answer took:
//! what has frozen says nothing of how long it was waited for.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io::{self, Write};

use serde_json::{Value, json};

use super::costs::Costs;
use super::{Answer, BELOW, LEAST_ROOM, SHOWS_ALL, clock, stamp};
use crate::logs::plan::{Extent, Look};
use crate::logs::record::Record;
use crate::logs::render::fold::{cut, grouped, width};
use crate::openim::call::{Phase, Side, parse_call, short_method};
use crate::openim::duration::show_duration;
use crate::openim::text::clean;
use crate::openim::zap::RawValue;
use crate::time::{Timestamp, Zone};

/// Of each method so many calls are kept, however many are to be shown.
const MOST_CALLS: usize = 10_000;
/// After so many more calls of which one side was seen, the other side is waited for no longer.
const MOST_UNPAIRED: usize = 10_000;
/// A caller waited much longer than the answer took if that is twice the time; of a short answer so much at least, of
/// a long one no more than that, in microseconds.
const LEAST_WAIT: u64 = 10_000;
const MOST_WAIT: u64 = 1_000_000;

pub(super) struct Slow {
    limit: usize,
    methods: Methods,
    unpaired: Unpaired,
}

type Methods = BTreeMap<String, Method>;

#[derive(Clone, Debug)]
struct SlowCall {
    side: Side,
    cost: u64,
    time: Timestamp,
    service: String,
    method: String,
    operation: String,
    failed: bool,
}

impl SlowCall {
    /// The one call that both sides tell of.
    fn of_both(one: Self, other: Self) -> Self {
        let (served, waited) = if one.side == Side::Server { (one, other) } else { (other, one) };
        let failed = served.failed || waited.failed;
        let longer = waited.cost.saturating_sub(served.cost);
        let call = if longer >= served.cost.clamp(LEAST_WAIT, MOST_WAIT) { waited } else { served };
        Self { failed, ..call }
    }

    /// The slowest first, always in the same order.
    fn rank(&self) -> impl Ord + '_ {
        (Reverse(self.cost), self.time, &self.service, &self.method, &self.operation)
    }
}

/// The calls of which one side was seen, by operation and method. Of equal ones at once, those of one side wait until
/// they have found each other.
type Sides = HashMap<(String, String), VecDeque<SlowCall>>;

/// Calls whose other side may still come.
#[derive(Debug, Default)]
struct Unpaired {
    recent: Sides,
    /// So many calls are recent.
    count: usize,
    /// Those before them.
    older: Sides,
}

impl Unpaired {
    /// The other side of a call, if that was seen.
    fn take_other(&mut self, call: &SlowCall) -> Option<SlowCall> {
        let key = (call.operation.clone(), call.method.clone());
        if let Some(other) = take_other_of(&mut self.older, &key, call.side) {
            return Some(other);
        }
        let other = take_other_of(&mut self.recent, &key, call.side)?;
        self.count -= 1;
        Some(other)
    }

    /// Keeps one side of a call; returns those for which it was waited long enough.
    fn keep(&mut self, call: SlowCall) -> Sides {
        let given_up = if self.count < MOST_UNPAIRED {
            Sides::new()
        } else {
            self.count = 0;
            std::mem::replace(&mut self.older, std::mem::take(&mut self.recent))
        };
        self.count += 1;
        self.recent.entry((call.operation.clone(), call.method.clone())).or_default().push_back(call);
        given_up
    }

    fn calls(&self) -> impl Iterator<Item = &SlowCall> {
        self.older.values().chain(self.recent.values()).flatten()
    }
}

fn take_other_of(sides: &mut Sides, key: &(String, String), side: Side) -> Option<SlowCall> {
    let waiting = sides.get_mut(key)?;
    let other = waiting.pop_front_if(|other| other.side != side)?;
    if waiting.is_empty() {
        sides.remove(key);
    }
    Some(other)
}

#[derive(Clone, Debug, Default)]
struct Method {
    failed: u64,
    costs: Costs,
    /// The slowest first, as many as may be shown.
    slowest: Vec<SlowCall>,
}

impl Method {
    fn keep(&mut self, call: SlowCall, limit: usize) {
        self.failed += u64::from(call.failed);
        self.costs.add(call.cost);
        let at = self.slowest.partition_point(|kept| kept.rank() <= call.rank());
        if at < limit {
            self.slowest.insert(at, call);
            self.slowest.truncate(limit);
        }
    }

    fn longest(&self) -> u64 {
        self.slowest.first().map_or(0, |call| call.cost)
    }

    /// The duration that this share of the calls does not exceed.
    fn percentile(&self, percent: u64) -> u64 {
        // What stands for several of its like may be a little longer than any call was.
        self.costs.percentile(percent).min(self.longest())
    }
}

impl Slow {
    pub(super) fn new(limit: Extent) -> Self {
        Self { limit: limit.rows().min(MOST_CALLS), methods: Methods::new(), unpaired: Unpaired::default() }
    }

    fn count(&mut self, call: SlowCall) {
        self.methods.entry(call.method.clone()).or_default().keep(call, self.limit);
    }

    /// All calls, those too whose other side has not come.
    fn methods(&self) -> Methods {
        let mut methods = self.methods.clone();
        for call in self.unpaired.calls() {
            methods.entry(call.method.clone()).or_default().keep(call.clone(), self.limit);
        }
        methods
    }

    fn shown_calls<'m>(&self, methods: &'m Methods) -> Vec<&'m SlowCall> {
        let mut calls: Vec<_> = methods.values().flat_map(|method| &method.slowest).collect();
        calls.sort_by(|one, other| one.rank().cmp(&other.rank()));
        calls.truncate(self.limit);
        calls
    }

    /// The methods, that with the slowest call first.
    fn shown_methods<'m>(&self, methods: &'m Methods) -> Vec<(&'m str, &'m Method)> {
        let mut methods: Vec<_> = methods.iter().map(|(name, method)| (name.as_str(), method)).collect();
        methods.sort_by_key(|(name, method)| (Reverse(method.longest()), *name));
        methods.truncate(self.limit);
        methods
    }

    /// What is not among those that are shown.
    fn left_out(&self, methods: &Methods) -> LeftOut {
        let calls: u64 = methods.values().map(|method| method.costs.count()).sum();
        LeftOut {
            calls: calls - self.shown_calls(methods).len() as u64,
            methods: methods.len().saturating_sub(self.limit) as u64,
            hint: match (self.limit, calls) {
                (MOST_CALLS, _) => "too many to keep",
                (_, all) if all > MOST_CALLS as u64 => "-n all shows more",
                (_, _) => SHOWS_ALL,
            },
        }
    }
}

/// How many rows are left out.
struct LeftOut {
    calls: u64,
    methods: u64,
    /// How they can be seen.
    hint: &'static str,
}

impl LeftOut {
    fn text(&self) -> Option<String> {
        let calls = format!("{:>8}  further calls", grouped(self.calls));
        let methods = grouped(self.methods);
        match (self.calls, self.methods) {
            (0, _) => None,
            (_, 0) => Some(format!("{calls} ({})", self.hint)),
            (_, _) => Some(format!("{calls}, {methods} further methods ({})", self.hint)),
        }
    }
}

impl Answer for Slow {
    fn take(&mut self, record: &Record<'_>, found: bool) {
        let (Some(cost), true) = (record.cost, found) else { return };
        let Some(zap) = record.zap() else { return };
        let Some(call) = parse_call(zap) else { return };
        let name = clean(short_method(&call.method));
        let slow = SlowCall {
            side: call.side,
            cost,
            time: record.time,
            service: record.instance_name().into_owned(),
            method: name,
            operation: zap.operation_id().map(RawValue::text).map(|id| clean(&id)).unwrap_or_default(),
            failed: call.phase == Phase::Failed,
        };
        if slow.side == Side::Http {
            return self.count(slow);
        }
        match self.unpaired.take_other(&slow) {
            Some(other) => self.count(SlowCall::of_both(slow, other)),
            None => self.unpaired.keep(slow).into_values().flatten().for_each(|call| self.count(call)),
        }
    }

    fn is_empty(&self) -> bool {
        self.methods.is_empty() && self.unpaired.calls().next().is_none()
    }

    fn text(&self, look: &Look, out: &mut dyn Write) -> io::Result<()> {
        let methods = self.methods();
        self.shown_calls(&methods).into_iter().try_for_each(|call| write_call(call, look, out))?;
        let columns = ["calls", "failed", "half", "95 %", "slowest"].map(str::to_owned);
        writeln!(out)?;
        write_method(&columns, "method", look, out)?;
        for (name, method) in self.shown_methods(&methods) {
            let columns = [
                grouped(method.costs.count()),
                grouped(method.failed),
                show_duration(method.percentile(50)),
                show_duration(method.percentile(95)),
                show_duration(method.longest()),
            ];
            write_method(&columns, name, look, out)?;
        }
        self.left_out(&methods).text().map_or(Ok(()), |text| writeln!(out, "{}", cut(&text, look.columns)))
    }

    fn json(&self, zone: Zone) -> Value {
        let methods = self.methods();
        let left_out = self.left_out(&methods);
        let calls = self.shown_calls(&methods);
        let calls = calls.iter().map(|call| {
            json!({
                "time": stamp(call.time, zone),
                "service": call.service,
                "method": call.method,
                "duration_us": call.cost,
                "operationID": call.operation,
                "failed": call.failed,
            })
        });
        let methods = self.shown_methods(&methods);
        let methods = methods.iter().map(|(name, method)| {
            json!({
                "method": name,
                "calls": method.costs.count(),
                "failed": method.failed,
                "p50_us": method.percentile(50),
                "p95_us": method.percentile(95),
                "max_us": method.longest(),
            })
        });
        json!({
            "calls": calls.collect::<Vec<_>>(),
            "methods": methods.collect::<Vec<_>>(),
            "others": { "calls": left_out.calls, "methods": left_out.methods },
        })
    }
}

/// One call.
fn write_call(call: &SlowCall, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    const METHOD: usize = 30;
    let head = format!("{}  {:13} ", clock(call.time, look), call.service);
    let tail = format!("{:>8}  {}", show_duration(call.cost), if call.failed { "failed  " } else { "" });
    if look.columns < width(&head) + METHOD + 1 + width(&tail) {
        writeln!(out, "{}", cut(format!("{head}{tail}").trim_end(), look.columns))?;
        writeln!(out, "{:BELOW$}{}", "", cut(&call.method, look.columns.saturating_sub(BELOW)))?;
        return write_operation(&call.operation, out);
    }
    let method = cut(&call.method, METHOD);
    let line = format!("{head}{method}{:pad$} {tail}", "", pad = METHOD - width(&method));
    // An id is what is asked for next, and half of one finds nothing: it has a line of its own before it is cut.
    if width(&line) + width(&call.operation) <= look.columns {
        return writeln!(out, "{}", format!("{line}{}", call.operation).trim_end());
    }
    writeln!(out, "{}", line.trim_end())?;
    write_operation(&call.operation, out)
}

fn write_operation(operation: &str, out: &mut dyn Write) -> io::Result<()> {
    if operation.is_empty() { Ok(()) } else { writeln!(out, "{:BELOW$}{operation}", "") }
}

/// One method, or what stands above all of them.
fn write_method(columns: &[String; 5], name: &str, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    let [calls, failed, half, most, slowest] = columns;
    let numbers = format!("{calls:>8} {failed:>7} {half:>8} {most:>8} {slowest:>8}");
    if look.columns >= width(&numbers) + LEAST_ROOM {
        return writeln!(out, "{}", cut(&format!("{numbers}  {name}"), look.columns));
    }
    let numbers = format!("{calls:>5} {failed:>6} {half:>8} {most:>8} {slowest:>8}");
    writeln!(out, "{}", cut(name, look.columns))?;
    writeln!(out, "{}", cut(&numbers, look.columns))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::record::Context;

    /// The end of a call: who tells, on which side and how, of which operation, and how many milliseconds it took.
    type End = (&'static str, &'static str, &'static str, u64);

    fn take(slow: &mut Slow, &(service, message, operation, millis): &End) {
        let line = format!(
            r#"{{"level":"INFO","time":"2026-07-02 08:54:10.000","logger":"openim-{service}","caller":"a/b.go:1","msg":"{message}","PID":1,"version":"v","operationID":"{operation}","method":"/openim.auth.Auth/parseToken"}}"#
        );
        let record = Record::new(line.as_bytes(), Context::default());
        slow.take(&Record { cost: Some(millis * 1000), ..record }, true);
    }

    /// The calls that are shown, the slowest first, and how many were counted and how many of them failed.
    fn calls(ends: &[End]) -> (Vec<String>, (u64, u64)) {
        let mut slow = Slow::new(Extent::All);
        for end in ends {
            take(&mut slow, end);
        }
        let methods = slow.methods();
        let shown = |call: &&SlowCall| format!("{} {} {}", call.service, call.operation, call.cost / 1000);
        let counted = methods.values().map(|method| (method.costs.count(), method.failed)).next();
        (slow.shown_calls(&methods).iter().map(shown).collect(), counted.unwrap_or_default())
    }

    const DONE: &str = "rpc client response success";
    const FAILED: &str = "rpc client response failed";
    const ANSWERED: &str = "rpc server response success";

    #[test]
    fn a_call_that_nobody_answered_is_there_although_others_of_its_method_were() {
        let ends =
            [("rpc-auth", ANSWERED, "op-1", 2), ("api", DONE, "op-1", 4), ("api", FAILED, "op-2", 20_000)];
        let shown = ["api op-2 20000", "rpc-auth op-1 2"].map(str::to_owned).to_vec();
        assert_eq!(calls(&ends), (shown, (2, 1)));
    }

    #[test]
    fn an_answer_hides_how_long_its_caller_waited_unless_that_was_much_longer() {
        for (answer, wait, shown) in [
            (2, 4, "rpc-auth op 2"),
            (2, 11, "rpc-auth op 2"),
            (2, 12, "api op 12"),
            (100, 199, "rpc-auth op 100"),
            (100, 200, "api op 200"),
            (9000, 9999, "rpc-auth op 9000"),
            (9000, 10_000, "api op 10000"),
            (30_000, 20_000, "rpc-auth op 30000"),
        ] {
            let (answer, wait) = (("rpc-auth", ANSWERED, "op", answer), ("api", DONE, "op", wait));
            for ends in [[answer, wait], [wait, answer]] {
                assert_eq!(calls(&ends), (vec![shown.to_owned()], (1, 0)), "{ends:?}");
            }
        }
    }

    #[test]
    fn what_failed_for_its_caller_failed_also_where_it_was_answered_in_the_end() {
        let ends = [("api", FAILED, "op", 20_000), ("rpc-auth", ANSWERED, "op", 25_000)];
        assert_eq!(calls(&ends), (vec!["rpc-auth op 25000".to_owned()], (1, 1)));
    }

    #[test]
    fn equal_calls_at_once_are_as_many_as_were_answered() {
        let both = |millis| [("rpc-msg", ANSWERED, "", millis), ("api", DONE, "", millis + 1)];
        let ends = [both(1), both(2), both(3)];
        let (answers, waits) = (ends.map(|[answer, _]| answer), ends.map(|[_, wait]| wait));
        let (shown, counted) = calls(&[answers, waits].concat());
        assert_eq!((shown.len(), counted), (3, (3, 0)));
    }

    #[test]
    fn one_side_of_many_calls_takes_bounded_room_and_all_are_counted() {
        let mut slow = Slow::new(Extent::Last(1));
        let many = 5 * MOST_UNPAIRED;
        for number in 0..many {
            take(&mut slow, &("api", FAILED, "", number as u64));
        }
        assert!(slow.unpaired.calls().count() <= 2 * MOST_UNPAIRED);
        let methods = slow.methods();
        let counts: Vec<_> = methods.values().map(|method| method.costs.count()).collect();
        assert_eq!(counts, [many as u64]);
        assert_eq!(slow.shown_calls(&methods).len(), 1);
    }
}

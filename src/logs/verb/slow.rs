//! `slow`: the slowest calls, and how long each method takes.
//!
//! ```text
//! 19:55:24  rpc-user      user.user/getDesignateUsers     2.19 s  send11-40
//! ```
//!
//! A call is counted where it was answered; where that service's lines are not among those that were asked for, where
//! it was made.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::costs::Costs;
use super::{Answer, BELOW, LEAST_ROOM, clock, stamp};
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

pub(super) struct Slow {
    limit: usize,
    methods: BTreeMap<(String, Side), Method>,
}

#[derive(Clone, Debug)]
struct SlowCall {
    cost: u64,
    time: Timestamp,
    service: String,
    method: String,
    operation: String,
    failed: bool,
}

#[derive(Debug, Default)]
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
        let at = self.slowest.partition_point(|kept| kept.cost >= call.cost);
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
        let limit = match limit {
            Extent::All => usize::MAX,
            Extent::Last(count) | Extent::First(count) => usize::try_from(count).unwrap_or(usize::MAX),
        };
        Self { limit: limit.min(MOST_CALLS), methods: BTreeMap::new() }
    }

    /// Whether a call is to be shown from this side.
    fn is_shown(&self, method: &str, side: Side) -> bool {
        side != Side::Client || !self.methods.contains_key(&(method.to_owned(), Side::Server))
    }

    fn shown_calls(&self) -> Vec<&SlowCall> {
        let shown = self.methods.iter().filter(|((method, side), _)| self.is_shown(method, *side));
        let mut calls: Vec<_> = shown.flat_map(|(_, method)| &method.slowest).collect();
        calls.sort_by_key(|call| (std::cmp::Reverse(call.cost), call.time));
        calls.truncate(self.limit);
        calls
    }

    /// The methods, that with the slowest call first.
    fn shown_methods(&self) -> Vec<(&str, &Method)> {
        let mut methods: Vec<_> = self
            .methods
            .iter()
            .filter(|((method, side), _)| self.is_shown(method, *side))
            .map(|((name, _), method)| (name.as_str(), method))
            .collect();
        methods.sort_by_key(|(name, method)| (std::cmp::Reverse(method.longest()), *name));
        methods.truncate(self.limit);
        methods
    }
}

impl Answer for Slow {
    fn take(&mut self, record: &Record<'_>, found: bool) {
        let (Some(cost), true) = (record.cost, found) else { return };
        let Some(zap) = record.zap() else { return };
        let Some(call) = parse_call(zap) else { return };
        let name = clean(short_method(&call.method));
        let slow = SlowCall {
            cost,
            time: record.time,
            service: record.instance_name().into_owned(),
            method: name.clone(),
            operation: zap.operation_id().map(RawValue::text).map(|id| clean(&id)).unwrap_or_default(),
            failed: call.phase == Phase::Failed,
        };
        self.methods.entry((name, call.side)).or_default().keep(slow, self.limit);
    }

    fn is_empty(&self) -> bool {
        self.methods.is_empty()
    }

    fn text(&self, look: &Look, out: &mut dyn Write) -> io::Result<()> {
        self.shown_calls().into_iter().try_for_each(|call| write_call(call, look, out))?;
        let columns = ["calls", "failed", "half", "95 %", "slowest"].map(str::to_owned);
        writeln!(out)?;
        write_method(&columns, "method", look, out)?;
        for (name, method) in self.shown_methods() {
            let columns = [
                grouped(method.costs.count()),
                grouped(method.failed),
                show_duration(method.percentile(50)),
                show_duration(method.percentile(95)),
                show_duration(method.longest()),
            ];
            write_method(&columns, name, look, out)?;
        }
        Ok(())
    }

    fn json(&self, zone: Zone) -> Value {
        let calls = self.shown_calls();
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
        let methods = self.shown_methods();
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
        json!({ "calls": calls.collect::<Vec<_>>(), "methods": methods.collect::<Vec<_>>() })
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

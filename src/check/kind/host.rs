//! The machine: memory, whom the kernel killed for it, room where OpenIM writes, ports, and the interface that
//! services register under.
//!
//! None of them breaks what runs; each explains why something does not start, or says nothing any more.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use super::config::read_lan;
use super::room::{self, Shortage, Written};
use super::{About, Found, Look, Nature, Place, Planned, Sentences};
use crate::check::facts::{Asked, Board};
use crate::check::plan::{InstancePlan, Plan};
use crate::check::report::Kind;
use crate::host::cgroup::read_kills;
use crate::host::condition::{Ports, is_inward, read_interface, read_memory, read_ports};
use crate::host::process::Process;

/// The part of the ids before the slash, and the word on the command line.
pub(in crate::check) const NAME: &str = "host";

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Memory,
    Kills,
    Disk,
    Data,
    Ports,
    Address,
    Clock,
}

impl Side {
    const ALL: [Self; 7] =
        [Self::Memory, Self::Kills, Self::Disk, Self::Data, Self::Ports, Self::Address, Self::Clock];

    const fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Kills => "kills",
            Self::Disk => "disk",
            Self::Data => "data",
            Self::Ports => "ports",
            Self::Address => "address",
            Self::Clock => "clock",
        }
    }

    const fn expects(self) -> &'static str {
        match self {
            Self::Memory => "1 GB of memory for what is not running yet",
            Self::Kills => "no process killed for want of memory",
            Self::Disk => "room in the directory of the logs",
            Self::Data => "room where the servers on this machine write",
            Self::Ports => "ports that the kernel can still give out",
            Self::Address => "services registered under an address that others reach",
            Self::Clock => "the same time as etcd",
        }
    }

    const fn from(self) -> &'static str {
        match self {
            Self::Memory => "/proc/meminfo",
            Self::Kills => "oom_kill of the control group",
            Self::Disk => "statvfs of storageLocation in log.yml",
            Self::Data => "statvfs where the servers have files open",
            Self::Ports => "/proc/net/sockstat, ip_local_port_range",
            Self::Address => "/proc/net/route, the keys in etcd",
            Self::Clock => "the date of etcd's answer",
        }
    }
}

// What it plans.

/// One check for each side.
pub(super) fn plan(_: &Plan) -> Vec<Planned> {
    let planned = Side::ALL.into_iter().map(|side| Planned {
        id: format!("{NAME}/{}", side.name()),
        kind: Kind::Host,
        service: None,
        expects: side.expects().to_owned(),
        from: side.from().to_owned(),
    });
    planned.collect()
}

// What it asks: the kernel.

/// What the kernel told, and how long it took.
#[derive(Clone, Debug, Default)]
pub(in crate::check) struct HostFact {
    memory: Option<u64>,
    /// What several services share, a unit or a container, with the number of processes that were killed there.
    kills: Vec<(String, u64)>,
    logs: Vec<Written>,
    data: Vec<Written>,
    ports: Option<Ports>,
    took: Duration,
}

/// Looks at all sides, where one of them is wanted.
pub(in crate::check) fn look(plan: &Plan, board: &Board) {
    if !self::plan(plan).iter().any(|check| plan.wants(None, check.kind, &check.id)) {
        return;
    }
    let begin = Instant::now();
    let (memory, kills, ports) = (read_memory(), kills(plan), read_ports());
    let (logs, data) = (room::look_at_logs(plan), room::look_at_data(plan));
    board.put(|facts| {
        facts.host = Some(HostFact { memory, kills, logs, data, ports, took: begin.elapsed() });
    });
}

/// Only where several share a group: one of a service's own ends with it, and takes its count along.
fn kills(plan: &Plan) -> Vec<(String, u64)> {
    let mut groups: BTreeMap<&str, Vec<&Process>> = BTreeMap::new();
    for process in plan.instances.iter().filter_map(InstancePlan::sole_process) {
        groups.entry(process.origin.cgroup.as_deref().unwrap_or_default()).or_default().push(process);
    }
    let shared = groups.into_values().filter_map(|group| match group.as_slice() {
        [first, _, ..] => Some((first.origin.describe()?, read_kills(first.pid, &first.origin)?)),
        _ => None,
    });
    shared.collect()
}

// How it judges.

/// OpenIM's own check-free-memory lets nothing start with less.
const ENOUGH_MEMORY: u64 = 1 << 30;

/// Each side.
pub(super) fn judge(look: &Look) -> Vec<Found> {
    let Some(fact) = &look.facts.host else { return Vec::new() };
    let judged = Side::ALL.into_iter().map(|side| Found {
        place: Place::Host,
        name: side.name(),
        target: side.from().to_owned(),
        expected: side.expects().to_owned(),
        finding: super::Finding::Host(judge_side(look, fact, side).unwrap_or(Finding::Well(side.expects()))),
        took: fact.took,
    });
    judged.collect()
}

/// `None` where it is well.
fn judge_side(look: &Look, fact: &HostFact, side: Side) -> Option<Finding> {
    match side {
        // What runs has its memory; what does not may lack it.
        Side::Memory => {
            let some_are_down = look.plan.instances.iter().any(|instance| instance.sole_process().is_none());
            let free = fact.memory.filter(|free| some_are_down && *free < ENOUGH_MEMORY)?;
            Some(Finding::LittleMemory { free })
        }
        Side::Kills => {
            let (place, count) = fact.kills.iter().find(|(_, count)| *count > 0)?;
            Some(Finding::Killed { place: place.clone(), count: *count })
        }
        Side::Disk => room::judge(&fact.logs).map(Finding::NoRoom),
        Side::Data => room::judge(&fact.data).map(Finding::NoRoom),
        Side::Ports => {
            let Ports { range, used } = fact.ports?;
            (used >= range / 20 * 19).then_some(Finding::FewPorts { used, range })
        }
        Side::Address => registered_inward(look),
        Side::Clock => {
            let Asked::Done(Ok(snapshot)) = &look.facts.registry else { return None };
            snapshot.ahead.and_then(judge_clock)
        }
    }
}

/// etcd tells whole seconds, and its answer may be as old as a probe may take.
const SAME_TIME: u64 = 10;

fn judge_clock(ahead: i64) -> Option<Finding> {
    (ahead.unsigned_abs() > SAME_TIME).then_some(Finding::OtherTime { ahead })
}

/// A registration under the address of a bridge or a VPN, where the machine has another address to offer.
fn registered_inward(look: &Look) -> Option<Finding> {
    let Asked::Done(Ok(snapshot)) = &look.facts.registry else { return None };
    let addresses =
        snapshot.registrations.iter().filter_map(|registration| match registration.address.ip() {
            IpAddr::V4(address) => Some(address),
            IpAddr::V6(_) => None,
        });
    let mut addresses: Vec<Ipv4Addr> = addresses.collect();
    addresses.sort_unstable();
    addresses.dedup();
    find_inward(&addresses, &read_lan(look.plan), read_interface)
}

/// One that is inward, where another is to be had that is not.
fn find_inward(
    registered: &[Ipv4Addr],
    lan: &[Ipv4Addr],
    interface_of: impl Fn(Ipv4Addr) -> Option<String>,
) -> Option<Finding> {
    let reaches_out = |address: &Ipv4Addr| interface_of(*address).is_some_and(|name| !is_inward(&name));
    if !lan.iter().any(reaches_out) {
        return None;
    }
    registered.iter().find_map(|address| {
        let interface = interface_of(*address).filter(|name| is_inward(name))?;
        Some(Finding::Inward { address: *address, interface })
    })
}

// Its sentences.

/// What can be found of the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::check) enum Finding {
    Well(&'static str),
    LittleMemory { free: u64 },
    Killed { place: String, count: u64 },
    NoRoom(Shortage),
    FewPorts { used: u32, range: u32 },
    Inward { address: Ipv4Addr, interface: String },
    OtherTime { ahead: i64 },
}

impl Sentences for Finding {
    fn nature(&self) -> Nature {
        match self {
            Self::Well(_) => Nature::pass("host-well"),
            Self::LittleMemory { .. } => Nature::warn("little-memory"),
            Self::Killed { .. } => Nature::warn("killed-for-memory"),
            Self::NoRoom(shortage) => Nature::warn(shortage.reason()),
            Self::FewPorts { .. } => Nature::warn("few-ports"),
            Self::Inward { .. } => Nature::warn("registered-inward"),
            Self::OtherTime { .. } => Nature::warn("other-time"),
        }
    }

    fn predicate(&self, _several: bool) -> String {
        match self {
            Self::Well(what) => format!("has {what}"),
            Self::LittleMemory { free } => {
                format!("has {} MB of memory left, and OpenIM starts nothing below 1024", free >> 20)
            }
            Self::Killed { place, count: 1 } => format!("has killed a process in {place} for want of memory"),
            Self::Killed { place, count } => {
                format!("has killed {count} processes in {place} for want of memory")
            }
            Self::NoRoom(shortage) => shortage.predicate(),
            Self::FewPorts { used, range } => {
                format!("has {used} TCP sockets for {range} ports: new connections and services find none")
            }
            Self::OtherTime { ahead } => {
                let direction = if *ahead > 0 { "behind" } else { "before" };
                format!(
                    "has a clock {} s {direction} etcd's: tokens and log lines of the two do not fit together",
                    ahead.unsigned_abs()
                )
            }
            Self::Inward { address, interface } => {
                format!(
                    "has services registered as {address}, which is of {interface}: other machines cannot call them"
                )
            }
        }
    }

    fn got(&self) -> String {
        match self {
            Self::Well(what) => (*what).to_owned(),
            Self::LittleMemory { free } => format!("{} MB", free >> 20),
            Self::Killed { place, count } => format!("{count} in {place}"),
            Self::NoRoom(shortage) => shortage.got(),
            Self::FewPorts { used, range } => format!("{used} sockets, {range} ports"),
            Self::Inward { address, interface } => format!("{address} of {interface}"),
            Self::OtherTime { ahead } => format!("etcd {ahead:+} s"),
        }
    }

    fn hint(&self, _about: &About) -> Option<String> {
        let text = match self {
            Self::Well(_) => return None,
            Self::LittleMemory { .. } => "stop what is not needed, or add memory",
            Self::Killed { .. } => {
                "raise its limit (MemoryMax= of a unit, --memory of a container); dmesg says who was killed"
            }
            Self::NoRoom(shortage) => shortage.hint(),
            Self::FewPorts { .. } => "see who opens them (ss -s), or widen net.ipv4.ip_local_port_range",
            Self::OtherTime { .. } => "set both by NTP; `timedatectl` says whether this one is",
            Self::Inward { .. } => {
                "set rpc.registerIP in openim-rpc-*.yml, push and msggateway to the LAN address"
            }
        };
        Some(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inward_address_is_told_where_there_is_a_better_one() {
        let [bridge, vpn, lan] = [[172, 17, 0, 1], [10, 8, 0, 2], [192, 168, 1, 5]].map(Ipv4Addr::from);
        let interface_of = |address: Ipv4Addr| {
            let known = [(bridge, "docker0"), (vpn, "wg0"), (lan, "eth0")];
            known.iter().find(|(own, _)| *own == address).map(|(_, name)| (*name).to_owned())
        };
        let find = |registered: &[Ipv4Addr], own: &[Ipv4Addr]| find_inward(registered, own, interface_of);
        let inward = Finding::Inward { address: bridge, interface: "docker0".to_owned() };
        assert_eq!(find(&[lan, bridge], &[bridge, lan]), Some(inward));
        assert_eq!(find(&[bridge], &[bridge]), None, "it is all that the machine has");
        assert_eq!(find(&[bridge], &[bridge, vpn]), None, "the other is no better");
        assert_eq!(find(&[lan], &[bridge, lan]), None);
    }

    #[test]
    fn a_clock_is_compared_with_etcds_to_the_seconds_that_a_probe_may_take() {
        assert_eq!(judge_clock(10), None);
        assert_eq!(judge_clock(-10), None);
        let said = |ahead| judge_clock(ahead).map(|finding| finding.predicate(false));
        let behind = "has a clock 7200 s behind etcd's: tokens and log lines of the two do not fit together";
        assert_eq!(said(7200).as_deref(), Some(behind));
        assert!(said(-7200).is_some_and(|text| text.contains("7200 s before etcd's")));
    }
}

//! Everything a check can find, with its verdict and its sentence. No other file words a finding.
//!
//! A sentence is a predicate: "api" + "is stopped by SIGSTOP"; several subjects say "are".

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use super::plan::Bind;
use super::report::Verdict;
use crate::openim::layout::Purpose;
use crate::openim::service::Service;
use crate::probe::{Failure, Millis};

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    // The process.
    Running { pid: u32, uptime: Duration },
    NotRunning { running: u32 },
    Hidden { pid: u32, uid: u32 },
    Stopped { pid: u32, waiting: u32 },
    Traced { pid: u32 },
    Zombie { pid: u32 },
    DiskSleep { pid: u32 },
    Doubled { pids: Vec<u32> },
    Surplus { pid: u32 },
    Replaced { pid: u32 },

    // The listening sockets.
    Listening { addresses: Vec<SocketAddr> },
    ListensOnNothing,
    NoSocket { wanted: usize },
    PortMissing { purpose: Purpose, port: u16 },
    TooFewSockets { got: usize, wanted: usize },
    ForeignOwner { port: u16, owner: Option<(u32, String)> },
    WrongAddress { got: SocketAddr, wanted: Bind, from: String },
    SocketsUnreadable,

    // The API.
    Answers { after: Duration },
    HttpFailed(Failure),
    UnexpectedStatus(u16),
    ErrorCode { code: i64, text: String },
    WholeWay { after: Duration },
    AuthNotReached { text: String },

    // The registry.
    Registered { address: SocketAddr },
    Unregistered { ports: Vec<u16> },
    Leftovers { keys: Vec<(SocketAddr, Option<i64>)> },
    RegistryAway { endpoint: String, failure: Failure },
    EtcdReady { endpoint: String, keys: usize, after: Duration },
    EtcdAway { endpoint: String, failure: Failure },

    // Any of them.
    NotLookedAt { why: &'static str },
    CutOff,
}

impl Finding {
    /// What it comes to, for a process past its first seconds.
    pub(super) fn verdict(&self) -> Verdict {
        match self {
            Self::Running { .. }
            | Self::Listening { .. }
            | Self::ListensOnNothing
            | Self::Answers { .. }
            | Self::WholeWay { .. }
            | Self::Registered { .. }
            | Self::EtcdReady { .. } => Verdict::Pass,
            Self::DiskSleep { .. }
            | Self::Surplus { .. }
            | Self::Replaced { .. }
            | Self::Leftovers { .. } => Verdict::Warn,
            Self::Hidden { .. } | Self::SocketsUnreadable | Self::RegistryAway { .. } => Verdict::Unknown,
            Self::NotLookedAt { .. } => Verdict::Skipped,
            Self::NotRunning { .. }
            | Self::Stopped { .. }
            | Self::Traced { .. }
            | Self::Zombie { .. }
            | Self::Doubled { .. }
            | Self::NoSocket { .. }
            | Self::PortMissing { .. }
            | Self::TooFewSockets { .. }
            | Self::ForeignOwner { .. }
            | Self::WrongAddress { .. }
            | Self::HttpFailed(_)
            | Self::UnexpectedStatus(_)
            | Self::ErrorCode { .. }
            | Self::AuthNotReached { .. }
            | Self::Unregistered { .. }
            | Self::EtcdAway { .. }
            | Self::CutOff => Verdict::Fail,
        }
    }

    /// Whether a process that has just started may show it and be well: it has not come to that yet.
    pub(super) fn may_be_early(&self) -> bool {
        matches!(
            self,
            Self::NoSocket { .. }
                | Self::PortMissing { .. }
                | Self::TooFewSockets { .. }
                | Self::Unregistered { .. }
                | Self::HttpFailed(Failure::Refused | Failure::ClosedEarly)
                | Self::AuthNotReached { .. }
        )
    }

    /// The predicate of a sentence about one subject or several.
    pub(super) fn predicate(&self, several: bool) -> String {
        let be = if several { "are" } else { "is" };
        let s = if several { "" } else { "s" };
        let not = if several { "do not" } else { "does not" };
        match self {
            Self::Running { uptime, .. } => format!("{be} running, up {}", Uptime(*uptime)),
            Self::NotRunning { .. } => format!("{be} not running"),
            Self::Hidden { uid, .. } => format!(
                "{be} hidden from us: {} of uid {uid}",
                if several { "processes" } else { "a process" }
            ),
            Self::Stopped { waiting: 0, .. } => format!("{be} stopped by SIGSTOP"),
            Self::Stopped { waiting, .. } => {
                format!(
                    "{be} stopped by SIGSTOP; {} in its queue",
                    Count(*waiting, "connection waits", "connections wait")
                )
            }
            Self::Traced { .. } => format!("{be} held by a debugger"),
            Self::Zombie { .. } => format!("{be} dead, and the parent has not collected it (zombie)"),
            Self::DiskSleep { .. } => format!("{be} waiting for a disk or file server (state D)"),
            Self::Doubled { pids } => format!(
                "run{s} {}",
                if pids.len() == 2 { "twice".to_owned() } else { format!("{} times", pids.len()) }
            ),
            Self::Surplus { .. } => format!("run{s} beyond the number of start-config.yml"),
            Self::Replaced { .. } => format!("run{s} a program that has been replaced on disk since"),
            Self::Listening { addresses } => format!("listen{s} on {}", Addresses(addresses)),
            Self::ListensOnNothing => format!("listen{s} on nothing, as it should"),
            Self::NoSocket { .. } => format!("run{s} but {not} listen"),
            Self::PortMissing { port, .. } => format!("run{s} but {not} listen on :{port}"),
            Self::TooFewSockets { got, wanted } => format!("listen{s} on {got} of {wanted} ports"),
            Self::ForeignOwner { port, owner } => {
                format!("cannot have :{port}: it belongs to {}", Owner(owner.as_ref()))
            }
            Self::WrongAddress { got, wanted: Bind::One(wanted), .. } => {
                format!("listen{s} on {got}, not on {wanted}")
            }
            Self::WrongAddress { got, .. } => format!("listen{s} on {got} only, not on all addresses"),
            Self::SocketsUnreadable => format!("{be} not open to us: its sockets cannot be read"),
            Self::Answers { after } => format!("answer{s} in {}", Millis(*after)),
            Self::HttpFailed(failure @ Failure::NoAnswer(_)) => {
                format!("accept{s} connections but {failure}")
            }
            Self::HttpFailed(failure) => failure.to_string(),
            Self::UnexpectedStatus(status) => format!("answer{s} with HTTP status {status}"),
            Self::ErrorCode { code, text } => format!("answer{s} with errCode {code} {text}"),
            Self::WholeWay { after } => {
                format!("reach{} auth in {}", if several { "" } else { "es" }, Millis(*after))
            }
            Self::AuthNotReached { text } => format!("cannot reach auth: {text}"),
            Self::Registered { address } => format!("{be} registered :{}", address.port()),
            Self::Unregistered { .. } => format!("run{s} but {be} not registered in etcd"),
            Self::Leftovers { keys } => {
                format!("left {} in etcd without a process", Count(len(keys), "key", "keys"))
            }
            Self::RegistryAway { .. } => "cannot be looked up in etcd".to_owned(),
            Self::EtcdReady { after, .. } => format!("answer{s} in {}", Millis(*after)),
            Self::EtcdAway { endpoint, failure } => format!("{endpoint} {failure}"),
            Self::NotLookedAt { why } => format!("{be} not looked at: {why}"),
            Self::CutOff => format!("{be} not known: the deadline came first"),
        }
    }

    /// What is there, for the report's `got`.
    pub(super) fn got(&self) -> String {
        match self {
            Self::Running { pid, .. } => format!("pid {pid}"),
            Self::NotRunning { .. } => "no process".to_owned(),
            Self::Hidden { pid, uid } => format!("pid {pid} of uid {uid}, which we may not look into"),
            Self::Stopped { pid, .. } => format!("pid {pid} in state T"),
            Self::Traced { pid } => format!("pid {pid} in state t"),
            Self::Zombie { pid } => format!("pid {pid} in state Z"),
            Self::DiskSleep { pid } => format!("pid {pid} in state D"),
            Self::Doubled { pids } => format!("pids {}", join(pids)),
            Self::Surplus { pid } => format!("pid {pid}"),
            Self::Replaced { pid } => format!("pid {pid} runs a deleted file"),
            Self::Listening { addresses } => Addresses(addresses).to_string(),
            Self::ListensOnNothing => "nothing".to_owned(),
            Self::NoSocket { .. } => "no listening socket".to_owned(),
            Self::PortMissing { port, .. } => format!("nothing on :{port}"),
            Self::TooFewSockets { got, .. } => {
                Count(u32::try_from(*got).unwrap_or(u32::MAX), "socket", "sockets").to_string()
            }
            Self::ForeignOwner { port, owner } => format!(":{port} of {}", Owner(owner.as_ref())),
            Self::WrongAddress { got, .. } => got.to_string(),
            Self::SocketsUnreadable => "permission denied".to_owned(),
            Self::Answers { .. } => "200".to_owned(),
            Self::HttpFailed(failure) => failure.to_string(),
            Self::UnexpectedStatus(status) => status.to_string(),
            Self::ErrorCode { code, text } => format!("errCode {code} {text}"),
            Self::WholeWay { .. } => "errCode 1002, auth's own refusal".to_owned(),
            Self::AuthNotReached { text } => text.clone(),
            Self::Registered { address } => address.to_string(),
            Self::Unregistered { ports } => format!("no key for :{}", join_with(ports, " :")),
            Self::Leftovers { keys } => {
                let described: Vec<String> = keys
                    .iter()
                    .map(|(address, left)| match left {
                        Some(seconds) => format!("{address}, gone in {seconds} s"),
                        None => address.to_string(),
                    })
                    .collect();
                described.join("; ")
            }
            Self::RegistryAway { endpoint, failure } | Self::EtcdAway { endpoint, failure } => {
                format!("{endpoint} {failure}")
            }
            Self::EtcdReady { keys, endpoint, .. } => format!(
                "{endpoint}: {} registered",
                Count(u32::try_from(*keys).unwrap_or(u32::MAX), "instance", "instances")
            ),
            Self::NotLookedAt { why } => (*why).to_owned(),
            Self::CutOff => "no answer by the deadline".to_owned(),
        }
    }

    /// What follows from it for those who use the service; only what was seen to follow.
    pub(super) fn consequence(&self, service: Service) -> Option<&'static str> {
        match (self, service) {
            (Self::Unregistered { .. }, Service::RpcAuth) => Some("every login fails"),
            (Self::Unregistered { .. }, _) => Some("every call to it fails"),
            _ => None,
        }
    }
}

/// "1 key", "3 keys".
struct Count(u32, &'static str, &'static str);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(count, one, many) = self;
        write!(f, "{count} {}", if *count == 1 { one } else { many })
    }
}

/// ":10002 :37767" where all addresses are meant, "10.77.0.2:37767" else.
struct Addresses<'a>(&'a [SocketAddr]);

impl fmt::Display for Addresses<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, address) in self.0.iter().enumerate() {
            let space = if i == 0 { "" } else { " " };
            if address.ip().is_unspecified() {
                write!(f, "{space}:{}", address.port())?;
            } else {
                write!(f, "{space}{address}")?;
            }
        }
        Ok(())
    }
}

struct Owner<'a>(Option<&'a (u32, String)>);

impl fmt::Display for Owner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some((pid, name)) => write!(f, "{name} (pid {pid})"),
            None => f.write_str("a process that we may not look into"),
        }
    }
}

/// "4 s", "12 min", "2 h", "3 d": one unit is enough to judge by.
pub(super) struct Uptime(pub(super) Duration);

impl fmt::Display for Uptime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        match seconds {
            0..120 => write!(f, "{seconds} s"),
            120..7_200 => write!(f, "{} min", seconds / 60),
            7_200..172_800 => write!(f, "{} h", seconds / 3_600),
            _ => write!(f, "{} d", seconds / 86_400),
        }
    }
}

fn len<T>(items: &[T]) -> u32 {
    u32::try_from(items.len()).unwrap_or(u32::MAX)
}

fn join<T: ToString>(items: &[T]) -> String {
    join_with(items, " ")
}

fn join_with<T: ToString>(items: &[T], separator: &str) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_subject_and_several_have_their_own_verb() {
        let stopped = Finding::Stopped { pid: 512, waiting: 3 };
        assert_eq!(stopped.predicate(false), "is stopped by SIGSTOP; 3 connections wait in its queue");
        let lost = Finding::Unregistered { ports: vec![46651] };
        assert_eq!(lost.predicate(false), "runs but is not registered in etcd");
        assert_eq!(lost.predicate(true), "run but are not registered in etcd");
        assert_eq!(Finding::NoSocket { wanted: 2 }.predicate(true), "run but do not listen");
    }

    #[test]
    fn a_foreign_owner_is_named() {
        let foreign = Finding::ForeignOwner { port: 10002, owner: Some((990, "python3".to_owned())) };
        assert_eq!(foreign.predicate(false), "cannot have :10002: it belongs to python3 (pid 990)");
    }

    #[test]
    fn uptimes_have_one_unit() {
        let text = |seconds| Uptime(Duration::from_secs(seconds)).to_string();
        assert_eq!(
            [text(4), text(119), text(120), text(7_200), text(259_200)],
            ["4 s", "119 s", "2 min", "2 h", "3 d"]
        );
    }
}

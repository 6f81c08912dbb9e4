//! What can be wrong with an instance, one switch each.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

/// Something that OpenIM cannot do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dependency {
    /// Service discovery. Services wait for it, silently.
    Etcd,
    /// Storage. Services bind their ports and wait for it.
    MongoDb,
    /// Cache. Services exit without it.
    Redis,
    /// Message queue. Services exit without it.
    Kafka,
    /// Object storage. rpc-third exits without it.
    Minio,
}

/// A signal that makes Go print every goroutine and exit with status 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FatalSignal {
    /// A wild pointer.
    Segv,
    /// `abort(3)`.
    Abrt,
    /// Ctrl-backslash.
    Quit,
}

/// A fault of one instance. As a word: `exit=2`, `slow=500`, `without=mongodb`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Ends with this status, once.
    Exit(u8),
    /// Ends with status 255 this long after each start.
    CrashLoop(Duration),
    /// Stops itself by SIGSTOP.
    Stop,
    /// Keeps a dead child of its own name that it never reaps.
    ZombieChild,
    /// Binds all its ports on this address instead of the configured one.
    WrongAddress(IpAddr),
    /// Accepts connections and answers nothing.
    NoAnswer,
    /// Accepts connections and closes them.
    Close,
    /// Accepts connections and speaks as an SSH server does.
    Garbage,
    /// Accepts connections and answers one byte a second.
    Drip,
    /// Binds its sockets for IPv6 alone.
    V6Only,
    /// Binds its sockets so that others may bind the same address.
    ReusePort,
    /// Never accepts; so many connections may wait.
    Backlog(u32),
    /// Answers every HTTP request with this status; 3xx point elsewhere.
    Status(u16),
    /// Answers gRPC as another service.
    Impostor,
    /// Has failed so often to store a message.
    FailedInserts(u32),
    /// Loses its registration and does not notice.
    Unregistered,
    /// Leaves a second registration under this port, behind which nobody listens.
    Ghost(u16),
    /// Answers every request with this errCode.
    ErrCode(u32),
    /// Writes this many log lines a second.
    LogStorm(u32),
    /// Answers after this time.
    Slow(Duration),
    /// Starts as if a dependency were missing.
    Without(Dependency),
    /// May open no more than this many files.
    Files(u64),
    /// Panics as Go does: text, goroutine, exit status 2.
    Panic,
    /// Dies of a signal as Go does: every goroutine, exit status 2.
    Fatal(FatalSignal),
}

impl Fault {
    /// Every fault once, with a sample value: what help and tests go through.
    #[must_use]
    pub fn samples() -> Vec<Self> {
        vec![
            Self::Exit(1),
            Self::CrashLoop(Duration::from_secs(1)),
            Self::Stop,
            Self::ZombieChild,
            Self::WrongAddress(IpAddr::from([127, 0, 0, 2])),
            Self::NoAnswer,
            Self::Close,
            Self::Garbage,
            Self::Drip,
            Self::V6Only,
            Self::ReusePort,
            Self::Backlog(2),
            Self::Status(503),
            Self::Impostor,
            Self::FailedInserts(3),
            Self::Unregistered,
            Self::Ghost(1),
            Self::ErrCode(500),
            Self::LogStorm(1000),
            Self::Slow(Duration::from_secs(3)),
            Self::Without(Dependency::MongoDb),
            Self::Files(24),
            Self::Panic,
            Self::Fatal(FatalSignal::Segv),
        ]
    }

    /// Whether it shows only from the next start on.
    #[must_use]
    pub const fn acts_at_start(&self) -> bool {
        matches!(
            self,
            Self::CrashLoop(_)
                | Self::WrongAddress(_)
                | Self::V6Only
                | Self::ReusePort
                | Self::Backlog(_)
                | Self::Without(_)
        )
    }

    /// The word of its switch.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Exit(_) => "exit",
            Self::CrashLoop(_) => "crash-loop",
            Self::Stop => "stop",
            Self::ZombieChild => "zombie-child",
            Self::WrongAddress(_) => "wrong-address",
            Self::NoAnswer => "no-answer",
            Self::Close => "close",
            Self::Garbage => "garbage",
            Self::Drip => "drip",
            Self::V6Only => "v6-only",
            Self::ReusePort => "reuse-port",
            Self::Backlog(_) => "backlog",
            Self::Status(_) => "status",
            Self::Impostor => "impostor",
            Self::FailedInserts(_) => "failed-inserts",
            Self::Unregistered => "unregistered",
            Self::Ghost(_) => "ghost",
            Self::ErrCode(_) => "errcode",
            Self::LogStorm(_) => "log-storm",
            Self::Slow(_) => "slow",
            Self::Without(_) => "without",
            Self::Files(_) => "files",
            Self::Panic => "panic",
            Self::Fatal(_) => "fatal",
        }
    }

    fn value(&self) -> Option<String> {
        match self {
            Self::Exit(status) => Some(status.to_string()),
            Self::CrashLoop(time) | Self::Slow(time) => Some(time.as_millis().to_string()),
            Self::WrongAddress(address) => Some(address.to_string()),
            Self::Ghost(port) => Some(port.to_string()),
            Self::Backlog(count) | Self::FailedInserts(count) => Some(count.to_string()),
            Self::Status(code) => Some(code.to_string()),
            Self::ErrCode(code) => Some(code.to_string()),
            Self::LogStorm(rate) => Some(rate.to_string()),
            Self::Without(dependency) => Some(dependency.to_string()),
            Self::Files(limit) => Some(limit.to_string()),
            Self::Fatal(signal) => Some(signal.to_string()),
            Self::Stop
            | Self::ZombieChild
            | Self::NoAnswer
            | Self::Close
            | Self::Garbage
            | Self::Drip
            | Self::V6Only
            | Self::ReusePort
            | Self::Impostor
            | Self::Unregistered
            | Self::Panic => None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value() {
            Some(value) => write!(f, "{}={value}", self.name()),
            None => f.write_str(self.name()),
        }
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        let fault = match name {
            "exit" => Self::Exit(number(value, 255)?),
            "crash-loop" => Self::CrashLoop(Duration::from_millis(number(value, 300)?)),
            "stop" => Self::Stop,
            "zombie-child" => Self::ZombieChild,
            "wrong-address" if value.is_empty() => Self::WrongAddress(IpAddr::from([127, 0, 0, 2])),
            "wrong-address" => {
                Self::WrongAddress(value.parse().map_err(|_| format!("{value:?} is no address"))?)
            }
            "no-answer" => Self::NoAnswer,
            "close" => Self::Close,
            "garbage" => Self::Garbage,
            "drip" => Self::Drip,
            "v6-only" => Self::V6Only,
            "reuse-port" => Self::ReusePort,
            "backlog" => Self::Backlog(number(value, 2)?),
            "status" => Self::Status(number(value, 503)?),
            "impostor" => Self::Impostor,
            "failed-inserts" => Self::FailedInserts(number(value, 3)?),
            "unregistered" => Self::Unregistered,
            "ghost" => Self::Ghost(number(value, 1)?),
            "errcode" => Self::ErrCode(number(value, 500)?),
            "log-storm" => Self::LogStorm(number(value, 1000)?),
            "slow" => Self::Slow(Duration::from_millis(number(value, 3000)?)),
            "without" => Self::Without(value.parse()?),
            "waiting-for-etcd" => Self::Without(Dependency::Etcd),
            "waiting-for-mongodb" => Self::Without(Dependency::MongoDb),
            "files" => Self::Files(number(value, 24)?),
            "panic" => Self::Panic,
            "fatal" if value.is_empty() => Self::Fatal(FatalSignal::Segv),
            "fatal" => Self::Fatal(value.parse()?),
            other => return Err(format!("unknown fault {other:?}; known: {}", known_faults())),
        };
        Ok(fault)
    }
}

fn number<N: FromStr>(value: &str, default: N) -> Result<N, String> {
    if value.is_empty() {
        return Ok(default);
    }
    value.parse().map_err(|_| format!("{value:?} is no fitting number"))
}

fn known_faults() -> String {
    let words: Vec<_> = Fault::samples().iter().map(ToString::to_string).collect();
    words.join(", ")
}

impl Dependency {
    /// Every dependency.
    pub const ALL: [Self; 5] = [Self::Etcd, Self::MongoDb, Self::Redis, Self::Kafka, Self::Minio];
}

impl fmt::Display for Dependency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Etcd => "etcd",
            Self::MongoDb => "mongodb",
            Self::Redis => "redis",
            Self::Kafka => "kafka",
            Self::Minio => "minio",
        })
    }
}

impl FromStr for Dependency {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|dependency| dependency.to_string() == word);
        found.ok_or_else(|| format!("unknown dependency {word:?}"))
    }
}

impl fmt::Display for FatalSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Segv => "SEGV",
            Self::Abrt => "ABRT",
            Self::Quit => "QUIT",
        })
    }
}

impl FromStr for FatalSignal {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let known = [Self::Segv, Self::Abrt, Self::Quit];
        let found = known.into_iter().find(|signal| signal.to_string() == word);
        found.ok_or_else(|| format!("unknown signal {word:?}: SEGV, ABRT or QUIT"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_reads_back_what_it_writes() {
        for fault in Fault::samples() {
            assert_eq!(fault.to_string().parse(), Ok(fault));
        }
    }
}

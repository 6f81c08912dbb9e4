//! The result as data: what every format prints. JSON schema "openim-check/1".

use std::time::Duration;

use clap::ValueEnum;
use serde::{Serialize, Serializer};

/// What a check looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// The process: there, once, alive
    Process,
    /// The listening sockets: there, the right address, the right owner
    Port,
    /// A TCP connection
    Tcp,
    /// A TLS handshake: for the right name, signed, and not about to end
    Tls,
    /// An HTTP request to the API, or to a server of your own
    Http,
    /// A gRPC call: the right service, and it answers
    Grpc,
    /// A connection that becomes a WebSocket
    Websocket,
    /// A page of metrics, and the failures counted there
    Metrics,
    /// The keys in etcd against the listening sockets
    Registry,
    /// What its manager says of it: running, crashed, stopped on purpose, never started
    Unit,
    /// A server that OpenIM stands on
    Dependency,
    /// The files and variables that services start with
    Config,
    /// The machine: memory, room on disk, ports, addresses
    Host,
}

impl Kind {
    /// Whether the user's own checks may be of it.
    pub(super) const fn may_be_own(self) -> bool {
        match self {
            Self::Process
            | Self::Tcp
            | Self::Tls
            | Self::Http
            | Self::Grpc
            | Self::Websocket
            | Self::Unit => true,
            Self::Port | Self::Metrics | Self::Registry | Self::Dependency | Self::Config | Self::Host => {
                false
            }
        }
    }

    /// Its word in ids, on the command line and in files.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Port => "port",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Http => "http",
            Self::Grpc => "grpc",
            Self::Websocket => "websocket",
            Self::Metrics => "metrics",
            Self::Registry => "registry",
            Self::Unit => "unit",
            Self::Dependency => "dependency",
            Self::Config => "config",
            Self::Host => "host",
        }
    }
}

/// What a check came to. The order is that of severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    /// As it should be.
    Pass,
    /// Not asked, with the reason.
    Skipped,
    /// Works, but should be looked at.
    Warn,
    /// Could not be looked at.
    Unknown,
    /// Not there yet, and too young to be called broken.
    Starting,
    /// Broken.
    Fail,
}

impl Verdict {
    /// Every verdict, from the best to the worst.
    pub(super) const ALL: [Self; 6] =
        [Self::Pass, Self::Skipped, Self::Warn, Self::Unknown, Self::Starting, Self::Fail];

    /// The word of the formats that machines read.
    #[must_use]
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Skipped => "skipped",
            Self::Warn => "warn",
            Self::Unknown => "unknown",
            Self::Starting => "starting",
            Self::Fail => "fail",
        }
    }

    /// The word of the first line.
    #[must_use]
    pub(super) const fn headline(self) -> &'static str {
        match self {
            Self::Pass | Self::Skipped => "OK",
            Self::Warn => "WARN",
            Self::Unknown => "UNKNOWN",
            Self::Starting => "STARTING",
            Self::Fail => "FAIL",
        }
    }
}

/// The whole result.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Report {
    /// The name and version of this form.
    pub(super) schema: &'static str,
    /// The worst of all.
    pub(super) verdict: Verdict,
    /// When the run began, RFC 3339.
    pub(super) started_at: String,
    /// How long it took.
    #[serde(rename = "duration_ms", serialize_with = "millis")]
    pub(super) duration: Duration,
    /// The generation of OpenIM.
    pub(super) layout: String,
    /// Its directory.
    pub(super) root: String,
    /// The sentence of the first line.
    pub(super) summary: String,
    /// What is broken, the most important first.
    pub(super) causes: Vec<Cause>,
    /// Each service that was looked at.
    pub(super) services: Vec<ServiceReport>,
    /// What the services stand on.
    pub(super) dependencies: Vec<PartReport>,
    /// What is configured, where it was looked at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) config: Vec<PartReport>,
    /// The machine, where it was looked at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) host: Vec<PartReport>,
    /// The user's own checks; in the report only where there are any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) checks: Vec<OwnReport>,
}

/// One thing that is broken.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Cause {
    /// Stable: that of its first check.
    pub(super) id: String,
    /// How bad it is.
    pub(super) verdict: Verdict,
    /// What the sentence is about: "msgtransfer 3".
    #[serde(skip)]
    pub(super) subject: String,
    /// One sentence.
    pub(super) message: String,
    /// What a service that it concerns said last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) said: Option<String>,
    /// What to do, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hint: Option<String>,
    /// The checks that show it.
    pub(super) checks: Vec<String>,
    /// Instances that do not serve because of it.
    pub(super) blocks: Vec<String>,
    /// Instances that serve, but worse.
    pub(super) affects: Vec<String>,
}

/// One service.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ServiceReport {
    /// The name of its program.
    pub(super) name: &'static str,
    /// The worst of its checks.
    pub(super) verdict: Verdict,
    /// How many instances there should be.
    pub(super) expected_instances: u32,
    /// Each instance.
    pub(super) instances: Vec<InstanceReport>,
    /// Checks of the service as a whole.
    pub(super) checks: Vec<Check>,
}

/// One instance of a service.
#[derive(Clone, Debug, Serialize)]
pub(super) struct InstanceReport {
    /// Its index, the `-i` of its process.
    pub(super) index: u32,
    /// Its process.
    pub(super) pid: Option<u32>,
    /// How long it has been running.
    #[serde(rename = "uptime_s", serialize_with = "seconds")]
    pub(super) uptime: Option<Duration>,
    /// When its process started, in clock ticks since boot.
    #[serde(skip)]
    pub(super) started_ticks: Option<u64>,
    /// The worst of its checks.
    pub(super) verdict: Verdict,
    /// Its checks.
    pub(super) checks: Vec<Check>,
}

/// A server that OpenIM stands on, or another part of a deployment that is no service.
#[derive(Clone, Debug, Serialize)]
pub(super) struct PartReport {
    /// Its name.
    pub(super) name: &'static str,
    /// The worst of its checks.
    pub(super) verdict: Verdict,
    /// Its checks.
    pub(super) checks: Vec<Check>,
}

/// The user's own checks of one name.
#[derive(Clone, Debug, Serialize)]
pub(super) struct OwnReport {
    /// The name.
    pub(super) name: String,
    /// The worst of its checks.
    pub(super) verdict: Verdict,
    /// Its checks.
    pub(super) checks: Vec<Check>,
}

/// One check.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Check {
    /// Stable: `openim-rpc-user#0/port`.
    pub(super) id: String,
    /// What it looks at.
    pub(super) kind: Kind,
    /// What it came to.
    pub(super) verdict: Verdict,
    /// What was asked or looked at.
    pub(super) target: String,
    /// What should be.
    pub(super) expected: String,
    /// What is.
    pub(super) got: String,
    /// One sentence.
    pub(super) message: String,
    /// How long looking took.
    #[serde(rename = "duration_ms", serialize_with = "millis")]
    pub(super) duration: Duration,
}

impl Report {
    /// Whether there is nothing to tell.
    pub(super) fn is_well(&self) -> bool {
        matches!(self.verdict, Verdict::Pass | Verdict::Skipped)
    }

    /// The servers that were asked, and those that nobody asked.
    pub(super) fn dependencies_by_asked(&self) -> (Vec<&PartReport>, Vec<&PartReport>) {
        self.dependencies.iter().partition(|dependency| dependency.verdict != Verdict::Skipped)
    }

    /// Everything that is no service.
    pub(super) fn parts(&self) -> impl Iterator<Item = &PartReport> {
        self.dependencies.iter().chain(&self.config).chain(&self.host)
    }

    /// Every check of every part.
    pub(super) fn checks(&self) -> impl Iterator<Item = &Check> {
        let services = self.services.iter().flat_map(|service| {
            service.checks.iter().chain(service.instances.iter().flat_map(|instance| &instance.checks))
        });
        services
            .chain(self.parts().flat_map(|part| &part.checks))
            .chain(self.checks.iter().flat_map(|own| &own.checks))
    }
}

/// The worst verdict. A skipped check does not count beside one that was looked at; where nothing was, nothing
/// has passed either.
#[must_use]
pub(super) fn worst<'a>(checks: impl IntoIterator<Item = &'a Check>) -> Verdict {
    let worse = |one, other| match (one, other) {
        (Verdict::Skipped, looked_at) | (looked_at, Verdict::Skipped) => looked_at,
        (one, other) => one.max(other),
    };
    checks.into_iter().map(|check| check.verdict).reduce(worse).unwrap_or(Verdict::Pass)
}

fn millis<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((duration.as_secs_f64() * 1e6).round() / 1e3)
}

#[expect(clippy::ref_option, reason = "serde gives a reference to the field")]
fn seconds<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    match duration {
        Some(duration) => serializer.serialize_u64(duration.as_secs()),
        None => serializer.serialize_none(),
    }
}

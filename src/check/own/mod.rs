//! The user's own checks, from `--checks PATH` and `/etc/openim-ops/checks.d/*.toml`.
//!
//! ```toml
//! [[check]]
//! name = "web-front"
//! kind = "http"
//! url = "http://127.0.0.1:11001/"
//! status = 200
//! matches = "OpenIM"
//! within = "300ms"
//! ```
//!
//! | file | duty |
//! | --- | --- |
//! | `file` | text → checks, or every mistake in it with its line |
//! | `ask` | each check's question to the kernel or to a server |
//! | `judge` | question and answer → a finding and its sentences |
//!
//! Nothing is run and nothing is written: there is no check that is a command.

mod ask;
mod file;
mod judge;
mod keys;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use regex::Regex;

pub(in crate::check) use ask::{Fact, ask, look};
pub(in crate::check) use file::{OwnError, read_own};
pub(in crate::check) use judge::{Finding, judge, planned};

use super::report::Kind;
use crate::probe::tls::Trust;
use crate::probe::web::Request;

/// Where the checks of a machine lie.
pub(in crate::check) const DIRECTORY: &str = "/etc/openim-ops/checks.d";

/// One check of the user's.
#[derive(Clone, Debug)]
pub(in crate::check) struct OwnCheck {
    /// Its name, the part of its id before the slash.
    pub(in crate::check) name: String,
    /// What is asked, and what is wanted.
    spec: Spec,
    /// An answer that takes longer is a warning.
    within: Option<Duration>,
    /// How long the question may take, where it is not as long as any other.
    timeout: Option<Duration>,
    /// What it comes to where it is not as wanted.
    severity: Severity,
    /// What the person reading it would do next.
    hint: Option<String>,
    /// The file and line.
    origin: String,
}

/// What it comes to where a check is not as wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::check) enum Severity {
    Fail,
    Warn,
}

/// What is asked, and what is wanted.
#[derive(Clone, Debug)]
enum Spec {
    /// So many processes of a program, alive.
    Process { program: PathBuf, at_least: u32, at_most: Option<u32> },
    /// A connection.
    Tcp { address: String },
    /// A handshake, and a certificate that is good for so many days more.
    Tls { address: String, name: String, trust: Trust, days: i64 },
    /// An answer over HTTP.
    Http { request: Request, expect: Box<Expect> },
    /// An answer over gRPC, of this service where one is named.
    Grpc { address: String, service: Option<String> },
    /// A connection that becomes a WebSocket, or another status.
    Websocket { request: Request, status: u16 },
    /// A unit of systemd.
    Unit { unit: String },
}

/// What an answer over HTTP should be.
#[derive(Clone, Debug)]
struct Expect {
    status: Vec<u16>,
    headers: Vec<(String, Regex)>,
    body: Option<Regex>,
    json: Vec<JsonExpect>,
}

/// What should stand at a place in a JSON body.
#[derive(Clone, Debug)]
struct JsonExpect {
    pointer: String,
    wants: JsonWants,
}

/// How a value of a JSON body is compared.
#[derive(Clone, Debug)]
enum JsonWants {
    Presence,
    Equal(serde_json::Value),
    AtLeast(f64),
    AtMost(f64),
    Match(Regex),
}

impl Spec {
    const fn kind(&self) -> Kind {
        match self {
            Self::Process { .. } => Kind::Process,
            Self::Tcp { .. } => Kind::Tcp,
            Self::Tls { .. } => Kind::Tls,
            Self::Http { .. } => Kind::Http,
            Self::Grpc { .. } => Kind::Grpc,
            Self::Websocket { .. } => Kind::Websocket,
            Self::Unit { .. } => Kind::Unit,
        }
    }

    /// What is asked or looked at. A query may hold a token, so it is left out.
    fn target(&self) -> String {
        match self {
            Self::Process { program, .. } => program.display().to_string(),
            Self::Tcp { address } | Self::Tls { address, .. } | Self::Grpc { address, .. } => address.clone(),
            Self::Http { request, .. } | Self::Websocket { request, .. } => request.url.to_string(),
            Self::Unit { unit } => unit.clone(),
        }
    }
}

impl OwnCheck {
    /// What it looks at.
    pub(in crate::check) const fn kind(&self) -> Kind {
        self.spec.kind()
    }

    /// `web-front/http`
    pub(in crate::check) fn id(&self) -> String {
        format!("{}/{}", self.name, self.kind().word())
    }

    /// A command that shows the same without this program.
    pub(in crate::check) fn by_hand(&self) -> Option<String> {
        match &self.spec {
            Spec::Process { program, .. } => Some(format!("pgrep -af {}", program.display())),
            Spec::Tcp { address } => Some(format!("nc -vz {}", address.replace(':', " "))),
            Spec::Tls { address, name, .. } => {
                Some(format!("openssl s_client -connect {address} -servername {name}"))
            }
            Spec::Http { request, .. } => Some(format!("curl -i -m 2 -X {} {}", request.method, request.url)),
            Spec::Grpc { address, .. } => Some(format!("grpcurl -plaintext {address} list")),
            Spec::Websocket { .. } => None,
            Spec::Unit { unit } => Some(format!("systemctl status {unit}")),
        }
    }
}

impl fmt::Display for JsonExpect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.pointer)?;
        match &self.wants {
            JsonWants::Presence => f.write_str("there"),
            JsonWants::Equal(value) => write!(f, "equal to {value}"),
            JsonWants::AtLeast(number) => write!(f, "at least {number}"),
            JsonWants::AtMost(number) => write!(f, "at most {number}"),
            JsonWants::Match(regex) => write!(f, "matching {regex}"),
        }
    }
}

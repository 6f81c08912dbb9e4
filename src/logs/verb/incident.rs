//! What of a record is more than a message: the end of a process, a panic, a registration that is lost, a server that
//! is away. Of each a few lines tell, here and there; `top` tells it once, before the messages.

use crate::logs::end::{End, is_recovered, last_words};
use crate::logs::record::Record;
use crate::openim::call::{parse_call, short_method};
use crate::openim::dump::Dump;
use crate::openim::error::first_sentence;
use crate::openim::level::Level;
use crate::openim::line::{Kind as LineKind, Line};
use crate::openim::mask::mask;
use crate::openim::service::Service;
use crate::openim::text::clean;

/// What has happened, the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    /// The Go runtime printed its stacks and ended the process.
    Crashed,
    /// A signal ended it that leaves no word.
    Killed,
    /// It ended with an error of its own.
    Exited,
    /// It ended with a status that says so, or with its memory saved; it may have said more itself.
    Ended,
    /// A request failed, the process lived on.
    Panicked,
    /// A service is not to be found in the registry.
    Unregistered,
    /// A server does not take connections.
    Away,
}

/// Something that has happened. Equal ones are counted together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Incident {
    pub(super) kind: Kind,
    /// Whose process; empty where those of several are counted together.
    program: String,
    /// What is counted together; empty where the kind says it all.
    what: String,
}

impl Incident {
    /// What a record tells of, if it does. The sentence is that of this record alone.
    pub(super) fn of(record: &Record<'_>) -> Option<(Self, String)> {
        match &record.line {
            Line::Zap(_) if record.level < Level::Warn => None,
            Line::Zap(_) => Self::of_the_logger(record),
            Line::Other(kind) => Self::of_other(record, *kind),
        }
    }

    const fn new(kind: Kind, what: String) -> Self {
        Self { kind, program: String::new(), what }
    }

    /// A panic that was recovered; what differs only in its numbers is the same reason.
    fn of_panic(reason: &str) -> Self {
        Self::new(Kind::Panicked, mask(without_kind(reason)))
    }

    /// What became of the process that a record is of, or about.
    fn of_process(kind: Kind, what: String, record: &Record<'_>) -> Self {
        Self { kind, program: record.program().into_owned(), what }
    }

    fn of_the_logger(record: &Record<'_>) -> Option<(Self, String)> {
        let error = record.error().unwrap_or_default();
        let said = || clean(&first_sentence(&error));
        if is_recovered(record) {
            let said = said();
            return Some((Self::of_panic(&said), said));
        }
        if record.message().starts_with("etcd keepalive lost") {
            return Some((Self::new(Kind::Unregistered, record.program().into_owned()), said()));
        }
        if error.contains("produced zero addresses") || error.contains("no children to pick from") {
            let called = parse_call(record.zap()?).map(|call| callee(&call.method));
            let called = called.unwrap_or_else(|| "a service".to_owned());
            return Some((Self::new(Kind::Unregistered, called), said()));
        }
        let address = refused_address(&error)?;
        Some((Self::new(Kind::Away, format!("no connection to {address}")), said()))
    }

    fn of_other(record: &Record<'_>, kind: LineKind) -> Option<(Self, String)> {
        let of_process = |kind, what| Self::of_process(kind, what, record);
        match kind {
            LineKind::GoPanic | LineKind::GoSignal => {
                let reason = Dump::parse(record.raw).map(|dump| clean(&dump.reason()));
                let reason = reason.unwrap_or_else(|| clean(&record.message()));
                Some((of_process(Kind::Crashed, reason.clone()), reason))
            }
            LineKind::ExitLine => {
                let reason = last_words(record);
                Some((of_process(Kind::Exited, reason.clone()), reason))
            }
            LineKind::HttpPanicServing | LineKind::GinRecovery => {
                let reason = Dump::parse(record.raw).map(|dump| clean(&dump.reason())).unwrap_or_default();
                Some((Self::of_panic(&reason), reason))
            }
            LineKind::GoRedis => {
                Some((Self::new(Kind::Away, "redis: connections lost".to_owned()), clean(&record.message())))
            }
            LineKind::Other => {
                let (kind, said) = match End::parse(&record.message())? {
                    End::Killed(signal) => (Kind::Killed, format!("killed by SIG{signal}")),
                    End::Dumped(signal) => (Kind::Ended, format!("killed by SIG{signal}, core dumped")),
                    End::Exited(status) => (Kind::Ended, format!("exit {status}")),
                };
                Some((of_process(kind, said.clone()), said))
            }
            LineKind::StartError
            | LineKind::Goroutine
            | LineKind::Frame
            | LineKind::HttpAcceptError
            | LineKind::NetHttp
            | LineKind::Terminated
            | LineKind::Mage
            | LineKind::CheckTool
            | LineKind::EtcdClientJson(_)
            | LineKind::Cgroup
            | LineKind::Blank => None,
        }
    }

    /// What is said of it; `last` is the sentence of the last record.
    pub(super) fn text(&self, last: &str) -> String {
        match self.kind {
            Kind::Crashed | Kind::Killed | Kind::Ended => last.to_owned(),
            Kind::Exited => format!("exit: {last}"),
            Kind::Panicked => format!("recovered panic: {}", without_kind(last)),
            Kind::Unregistered => format!("{} lost its registration", self.what),
            Kind::Away => self.what.clone(),
        }
    }

    pub(super) fn is_panic(&self) -> bool {
        self.kind == Kind::Panicked
    }

    /// The program whose process told of its end itself.
    pub(super) fn teller(&self) -> Option<&str> {
        matches!(self.kind, Kind::Crashed | Kind::Exited).then_some(&self.program)
    }

    /// The program, where it is systemd's word about an end of which the process may have told itself.
    pub(super) fn told_by_systemd(&self) -> Option<&str> {
        (self.kind == Kind::Ended).then_some(&self.program)
    }

    /// Whether its records say nothing more than that, so that they need not be shown as messages, too.
    pub(super) const fn is_all(&self) -> bool {
        !matches!(self.kind, Kind::Away)
    }
}

/// The reason of a panic, without what the runtime puts before those of its own.
fn without_kind(reason: &str) -> &str {
    reason.trim_start_matches("runtime error: ")
}

/// `/openim.auth.Auth/parseToken` is asked of rpc-auth.
fn callee(method: &str) -> String {
    let short = short_method(method);
    let package = short.split('.').next().unwrap_or_default();
    let word = if package == "relation" { "friend" } else { package };
    Service::from_word(&word.to_ascii_lowercase())
        .map_or_else(|| package.to_owned(), |service| service.to_string())
}

/// `127.0.0.1:19094` of `dial tcp 127.0.0.1:19094: connect: connection refused`.
fn refused_address(error: &str) -> Option<&str> {
    let (before, _) = error.split_once(": connect: connection refused")?;
    let (_, address) = before.rsplit_once("dial tcp ")?;
    (!address.contains(' ')).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::record::Context;

    fn told(raw: &str) -> Option<(Kind, String)> {
        let context = Context { service: Some(Service::RpcUser), ..Context::default() };
        let (incident, sentence) = Incident::of(&Record::new(raw.as_bytes(), context))?;
        Some((incident.kind, incident.text(&sentence)))
    }

    fn line(level: &str, message: &str, more: &str) -> String {
        format!(
            r#"{{"level":"{level}","time":"2026-07-02 08:54:10.000","logger":"openim-api","caller":"a/b.go:1","msg":"{message}","PID":1,"version":"v"{more}}}"#
        )
    }

    #[test]
    fn what_has_happened_is_told_from_the_line() {
        let call = r#","method":"/openim.relation.friend/isFriend","error":"Error: 14 last resolver error: produced zero addresses | -> x.go:1""#;
        let refused =
            r#","error":"kafka: no brokers: dial tcp 127.0.0.1:19094: connect: connection refused""#;
        let panic = r#","error":"Error: 500 panic error runtime error: index out of range | -> x.go:1""#;
        for (raw, kind, text) in [
            (
                line("WARN", "rpc client response failed", call),
                Kind::Unregistered,
                "rpc-friend lost its registration",
            ),
            (
                line("WARN", "etcd keepalive lost, re-registering endpoint", ""),
                Kind::Unregistered,
                "api lost its registration",
            ),
            (line("WARN", "consume err", refused), Kind::Away, "no connection to 127.0.0.1:19094"),
            (line("ERROR", "rpc server panic", panic), Kind::Panicked, "recovered panic: index out of range"),
            ("panic: boom\n\ngoroutine 1 [running]:".to_owned(), Kind::Crashed, "boom"),
            (
                "openim-rpc-user exit -1: Error: WRONGPASS | -> x.go:1".to_owned(),
                Kind::Exited,
                "exit: WRONGPASS",
            ),
            (
                "openim-push@3.service: Main process exited, code=killed, status=9/KILL".to_owned(),
                Kind::Killed,
                "killed by SIGKILL",
            ),
            (
                "openim-push@3.service: Main process exited, code=dumped, status=6/ABRT".to_owned(),
                Kind::Ended,
                "killed by SIGABRT, core dumped",
            ),
            (
                "openim-push@3.service: Main process exited, code=exited, status=1/FAILURE".to_owned(),
                Kind::Ended,
                "exit 1",
            ),
            (
                "redis: 2026/11/23 19:55:21 pubsub.go:168: redis: discarding bad PubSub connection: EOF"
                    .to_owned(),
                Kind::Away,
                "redis: connections lost",
            ),
        ] {
            assert_eq!(told(&raw), Some((kind, text.to_owned())), "{raw}");
        }
    }

    #[test]
    fn what_is_usual_is_no_incident() {
        let debug = line("DEBUG", "rpc server panic", "");
        let other = line("ERROR", "rpc client response failed", r#","error":"1004 RecordNotFoundError""#);
        let stopped = "openim-push@3.service: Main process exited, code=killed, status=15/TERM";
        for raw in [debug.as_str(), &other, stopped, "any text", "Error: x"] {
            assert_eq!(told(raw), None, "{raw}");
        }
    }
}

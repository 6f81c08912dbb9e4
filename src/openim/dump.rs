//! What the Go runtime prints when it ends a process, and net/http or gin when they end a request.
//!
//! ```text
//! SIGSEGV: segmentation violation
//! PC=0x495c21 m=0 sigcode=0 addr=0x1
//! goroutine 0 gp=0x4591b80 m=0 mp=0x4593de0 [idle]:
//! runtime.futex(0x4593f38, 0x80, 0x0, 0x0, 0x0, 0x0)
//! ⇥/usr/local/go/src/runtime/sys_linux_amd64.s:569 +0x21 fp=0x7ffea413e000 sp=0x7ffea413dff8 pc=0x495c21
//! ...
//! gs     0x0
//! ```
//!
//! In the journal each of these lines is an entry; here they are one text. A panic has `panic: ` in its first line and
//! the stack of the goroutine that panicked first.
//!
//! Source: the Go runtime (`runtime/panic.go`, `runtime/traceback.go`, `runtime/signal_unix.go`), open-im-server
//! `pkg/common/cmd/`, recordings of v3.8.3-patch.16.

use memchr::{memchr, memmem};

use super::error::place_in_openim;
use super::line::{Kind, Line, classify};
use super::service::Service;

/// So many frames of OpenIM's own code are enough to see where it was.
const MOST_PLACES: usize = 5;

/// The file in `pkg/common/cmd/` from which each service is started.
const STARTERS: [(&str, Service); 15] = [
    ("api", Service::Api),
    ("cron_task", Service::Crontask),
    ("cron", Service::Crontask),
    ("msg_gateway", Service::MsgGateway),
    ("msggateway", Service::MsgGateway),
    ("msg_transfer", Service::MsgTransfer),
    ("msgtransfer", Service::MsgTransfer),
    ("push", Service::Push),
    ("auth", Service::RpcAuth),
    ("conversation", Service::RpcConversation),
    ("friend", Service::RpcFriend),
    ("group", Service::RpcGroup),
    ("msg", Service::RpcMsg),
    ("third", Service::RpcThird),
    ("user", Service::RpcUser),
];

/// The directory in `internal/` with the code of each service.
const DIRECTORIES: [(&str, Service); 13] = [
    ("api/", Service::Api),
    ("msggateway/", Service::MsgGateway),
    ("msgtransfer/", Service::MsgTransfer),
    ("push/", Service::Push),
    ("rpc/auth/", Service::RpcAuth),
    ("rpc/conversation/", Service::RpcConversation),
    ("rpc/friend/", Service::RpcFriend),
    ("rpc/relation/", Service::RpcFriend),
    ("rpc/group/", Service::RpcGroup),
    ("rpc/msg/", Service::RpcMsg),
    ("rpc/third/", Service::RpcThird),
    ("rpc/user/", Service::RpcUser),
    ("tools/cron/", Service::Crontask),
];

/// The name of that file for a service, as the release line has it.
#[must_use]
pub fn starter_of(service: Service) -> Option<&'static str> {
    STARTERS.iter().find(|(_, of)| *of == service).map(|(name, _)| *name)
}

/// A dump, read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dump<'a> {
    /// What its first line is.
    pub kind: Kind,
    text: &'a [u8],
}

impl<'a> Dump<'a> {
    /// Reads a text of more than one line that begins as a dump does.
    #[must_use]
    pub fn parse(text: &'a [u8]) -> Option<Self> {
        memchr(b'\n', text)?;
        let Line::Other(kind) = classify(text) else { return None };
        let is_dump = kind.is_dump() || matches!(kind, Kind::HttpPanicServing | Kind::GinRecovery);
        is_dump.then_some(Self { kind, text })
    }

    /// Whether the process has ended with it.
    #[must_use]
    pub const fn is_fatal(&self) -> bool {
        matches!(self.kind, Kind::GoPanic | Kind::GoSignal)
    }

    /// Its first line.
    #[must_use]
    pub fn headline(&self) -> &'a [u8] {
        self.lines().next().unwrap_or_default()
    }

    /// What went wrong, without what stands before it in its line: `runtime error: index out of range`.
    #[must_use]
    pub fn reason(&self) -> String {
        let text = String::from_utf8_lossy(self.headline()).into_owned();
        if self.kind == Kind::GinRecovery {
            return self.gin_reason().unwrap_or(text);
        }
        let reason = if self.kind == Kind::GoPanic {
            text.strip_prefix("panic: ").or_else(|| text.strip_prefix("fatal error: "))
        } else if self.kind == Kind::HttpPanicServing {
            // `2025/03/10 07:55:53 http: panic serving 172.19.0.1:51396: runtime error: ...`
            text.splitn(3, ": ").nth(2)
        } else {
            None
        };
        reason.unwrap_or(&text).trim_end_matches(" [recovered]").to_owned()
    }

    /// gin prints the request first, and the reason before the frames.
    fn gin_reason(&self) -> Option<String> {
        let lines: Vec<_> = self.lines().collect();
        let stack = lines.iter().skip(1).position(|line| is_frame(line))?;
        lines.get(stack).map(|line| String::from_utf8_lossy(line).trim().to_owned())
    }

    /// How many lines it has.
    #[must_use]
    pub fn line_count(&self) -> usize {
        self.lines().count()
    }

    /// The places in OpenIM's own code on the stack that the dump is about: the first one.
    #[must_use]
    pub fn own_places(&self) -> Vec<String> {
        let mut places: Vec<String> = Vec::new();
        let mut stacks = 0;
        for line in self.lines() {
            stacks += usize::from(matches!(classify(line), Line::Other(Kind::Goroutine)));
            // Of a signal from outside the first stack is the one that happened to run: it says nothing.
            if stacks > 1 || self.kind == Kind::GoSignal || places.len() == MOST_PLACES {
                break;
            }
            let text = String::from_utf8_lossy(line);
            let place = text.split_whitespace().next().and_then(place_in_openim);
            if let Some(place) = place.filter(|place| !places.iter().any(|known| known == place)) {
                places.push(place.to_owned());
            }
        }
        places
    }

    /// The service that it is of, as far as its frames tell: where the process began, or what it was doing.
    #[must_use]
    pub fn service(&self) -> Option<Service> {
        self.starter().or_else(|| {
            let places = self.own_places();
            let service_of = |place: &String| {
                let file = place.strip_prefix("internal/")?;
                DIRECTORIES.iter().find(|(known, _)| file.starts_with(known)).map(|&(_, service)| service)
            };
            places.iter().find_map(service_of)
        })
    }

    fn starter(&self) -> Option<Service> {
        let starter = b"/pkg/common/cmd/";
        memmem::find_iter(self.text, starter).find_map(|at| {
            let file = self.text.get(at + starter.len()..)?;
            let name = file.get(..memmem::find(file, b".go:")?)?;
            STARTERS.iter().find(|(known, _)| known.as_bytes() == name).map(|&(_, service)| service)
        })
    }

    fn lines(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.text.split(|&byte| byte == b'\n')
    }
}

fn is_frame(line: &[u8]) -> bool {
    matches!(classify(line), Line::Other(Kind::Frame | Kind::Goroutine))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PANIC: &[u8] = b"panic: runtime error: index out of range [0] with length 0\n\ngoroutine 7 [running]:\nruntime.gopanic({0x1, 0x2})\n\t/usr/local/go/src/runtime/panic.go:1 +0x1\ngithub.com/openimsdk/open-im-server/v3/internal/push.(*P).Do(0x1)\n\t/openim-server/internal/push/push.go:78 +0x27\ngoroutine 1 [select]:\nx.Y()\n\t/openim-server/pkg/common/cmd/push.go:61 +0x168";

    #[test]
    fn without_the_frame_that_began_it_what_a_process_was_doing_tells_its_service() {
        let end = memmem::find(PANIC, b"goroutine 1 [select]").unwrap();
        let handler = Dump::parse(&PANIC[..end]).unwrap();
        assert_eq!(handler.service(), Some(Service::Push));
        let group = String::from_utf8_lossy(handler.text)
            .replace("internal/push/push.go", "internal/rpc/group/group.go");
        assert_eq!(Dump::parse(group.as_bytes()).unwrap().service(), Some(Service::RpcGroup));
        let tools =
            String::from_utf8_lossy(handler.text).replace("internal/push/push.go", "pkg/tools/log.go");
        assert_eq!(Dump::parse(tools.as_bytes()).unwrap().service(), None);
    }

    #[test]
    fn a_panic_says_why_and_where() {
        let dump = Dump::parse(PANIC).unwrap();
        assert!(dump.is_fatal());
        assert_eq!(dump.reason(), "runtime error: index out of range [0] with length 0");
        assert_eq!(dump.own_places(), ["internal/push/push.go:78"]);
        assert_eq!(dump.service(), Some(Service::Push));
        assert_eq!(dump.line_count(), 10);
    }

    #[test]
    fn a_signal_says_which_and_no_place() {
        let text =
            PANIC.strip_prefix(b"panic: runtime error: index out of range [0] with length 0\n").unwrap();
        let text = [b"SIGSEGV: segmentation violation\nPC=0x1 m=0 sigcode=0", text].concat();
        let dump = Dump::parse(&text).unwrap();
        assert_eq!((dump.kind, dump.reason().as_str()), (Kind::GoSignal, "SIGSEGV: segmentation violation"));
        assert_eq!(dump.own_places(), [""; 0]);
    }

    #[test]
    fn a_panic_in_a_request_is_not_fatal() {
        let text = b"2025/03/10 07:55:53 http: panic serving 172.19.0.1:51396: runtime error: x: y\ngoroutine 5 [running]:\nnet/http.(*conn).serve.func1()\n\t/usr/local/go/src/net/http/server.go:1\n\t/openim-server/internal/api/msg.go:5 +0x1";
        let dump = Dump::parse(text).unwrap();
        assert!(!dump.is_fatal());
        assert_eq!(dump.reason(), "runtime error: x: y");
        assert_eq!(dump.own_places(), ["internal/api/msg.go:5"]);
    }

    #[test]
    fn gins_reason_stands_before_the_frames() {
        let text = b"2026/07/02 08:00:00 [Recovery] 2026/07/02 - 08:00:00 panic recovered:\nPOST /x HTTP/1.1\nHost: a\n\nruntime error: index out of range\n/usr/local/go/src/runtime/panic.go:221 (0x45f2a5)\n\tgoPanicIndex: panic(x)";
        assert_eq!(Dump::parse(text).unwrap().reason(), "runtime error: index out of range");
    }

    #[test]
    fn one_line_is_no_dump_and_a_record_of_the_logger_neither() {
        assert_eq!(Dump::parse(b"panic: oh"), None);
        assert_eq!(Dump::parse(b"Error: x\ny"), None);
    }
}

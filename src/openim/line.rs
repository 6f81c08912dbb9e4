//! What a line of an OpenIM process is: a record of its logger, or which kind of other text.
//!
//! Besides the logger, standard output and standard error carry start errors, dumps of the Go
//! runtime, lines of the libraries and, under `mage start`, those of mage and the check tools:
//!
//! ```text
//! Error: Error: dial tcp 127.0.0.1:16379: connect: connection refused Redis Ping failed
//! openim-rpc-user exit -1: Error: dial tcp 127.0.0.1:16379: connect: connection refused
//! redis: 2026/11/23 19:55:21 pubsub.go:168: redis: discarding bad PubSub connection: EOF
//! ```
//!
//! A kind is told from one line alone, by how it begins. What the lines of one dump or one request
//! have to do with each other is left to who reads them in order.
//!
//! Source: the Go runtime (`runtime/panic.go`, `runtime/traceback.go`, `runtime/sigtab_linux_generic.go`),
//! `net/http/server.go`, gin `recovery.go`, go-redis `internal/log.go`, openimsdk/gomake, and
//! recordings of v3.8.3-patch.16 and main.

use memchr::{memchr, memmem, memrchr};

use super::level::Level;
use super::text::skip_colour;
use super::zap::{self, ZapLine};

/// One line, judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// A record of OpenIM's logger.
    Zap(ZapLine<'a>),
    /// Any other text.
    Other(Kind),
}

impl Line<'_> {
    /// The level that the line says or means; `None` where it means none.
    #[must_use]
    pub fn level(&self) -> Option<Level> {
        match self {
            Self::Zap(record) => Some(record.level),
            Self::Other(kind) => kind.level(),
        }
    }
}

/// What a line is that OpenIM's logger did not write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `Error: Error: dial tcp ...`: why a service did not start.
    StartError,
    /// `openim-api exit -1: Error: ...`: the same once more, with the service's name.
    ExitLine,
    /// `Warning openim-api receive process terminal SIGTERM exit 0`: an orderly stop.
    Terminated,
    /// `panic: runtime error: ...`, `fatal error: ...`: the process ends here, with status 2.
    GoPanic,
    /// `SIGSEGV: segmentation violation`: a signal ends the process, with status 2.
    GoSignal,
    /// `goroutine 522741 [running]:`: a stack begins.
    Goroutine,
    /// A line of a stack: function, place in the code, register.
    Frame,
    /// `... http: panic serving 172.19.0.1:51396: ...`: the process lives on, a request did not.
    HttpPanicServing,
    /// `... [Recovery] ... panic recovered:`: as before, written by gin.
    GinRecovery,
    /// `redis: 2026/11/23 19:55:21 pubsub.go:168: ...`: go-redis lost a connection and makes a new one.
    GoRedis,
    /// `2026/11/23 20:00:59 http: Accept error: ...`: no connection is taken, for want of descriptors.
    HttpAcceptError,
    /// Any other line of net/http's server (`http: TLS handshake error ...`).
    NetHttp,
    /// `[2026-07-02 08:37:22 UTC] ...`, `Starting /...`: mage.
    Mage,
    /// A line of check-component, check-free-memory or seq, which mage runs before the services.
    CheckTool,
    /// `{"level":"warn","ts":...,"logger":"etcd-client",...}`, with the level that it says.
    EtcdClientJson(Level),
    /// `Cgroup CPU monitoring not available: ...`: the first line of each process of main.
    Cgroup,
    /// Nothing but white space.
    Blank,
    /// None of these.
    Other,
}

impl Kind {
    /// The level that such a line means. Text that is only part of something graver (the frames of
    /// a dump) and text that says neither good nor bad has none.
    #[must_use]
    pub const fn level(self) -> Option<Level> {
        match self {
            Self::GoPanic | Self::GoSignal => Some(Level::Fatal),
            // Clients are refused while it lasts.
            Self::StartError
            | Self::ExitLine
            | Self::HttpPanicServing
            | Self::GinRecovery
            | Self::HttpAcceptError => Some(Level::Error),
            // go-redis connects again by itself, net/http complains of one client.
            Self::GoRedis | Self::NetHttp => Some(Level::Warn),
            // It calls itself a warning, but every stop that was asked for writes it.
            Self::Terminated => Some(Level::Info),
            Self::EtcdClientJson(level) => Some(level),
            Self::Goroutine
            | Self::Frame
            | Self::Mage
            | Self::CheckTool
            | Self::Cgroup
            | Self::Blank
            | Self::Other => None,
        }
    }

    /// Whether the line is part of what the Go runtime prints when it ends a process or a request.
    #[must_use]
    pub const fn is_dump(self) -> bool {
        matches!(self, Self::GoPanic | Self::GoSignal | Self::Goroutine | Self::Frame)
    }
}

/// Says what a line is; a line end may be there. Of several lines that are no record, the first decides.
#[must_use]
pub fn classify(line: &[u8]) -> Line<'_> {
    zap::parse(line).map_or_else(|| Line::Other(kind_of(line)), Line::Zap)
}

/// The level of [`classify`]'s line, without taking a record apart.
#[must_use]
pub fn level_of(line: &[u8]) -> Option<Level> {
    zap::record_level(line).or_else(|| kind_of(line).level())
}

/// The kind of a line that is no record of the logger.
fn kind_of(line: &[u8]) -> Kind {
    let line = skip_colour(line);
    let line = memchr(b'\n', line).map_or(line, |end| &line[..end]).trim_ascii_end();
    let Some(&first) = line.first() else { return Kind::Blank };
    let kind = match first {
        b'\t' => indented(line),
        b'[' => bracketed(line),
        b'{' => etcd_client(line),
        b'0'..=b'9' => stamped(line),
        _ => worded(line),
    };
    kind.or_else(|| is_frame(line).then_some(Kind::Frame)).unwrap_or(Kind::Other)
}

/// Lines that begin with a word.
fn worded(line: &[u8]) -> Option<Kind> {
    let begins = |start: &str| line.starts_with(start.as_bytes());
    if begins("Error: ") {
        Some(Kind::StartError)
    } else if begins("panic: ") || begins("fatal error: ") {
        Some(Kind::GoPanic)
    } else if is_signal(line) {
        Some(Kind::GoSignal)
    } else if begins("goroutine ") && line.ends_with(b"]:") {
        Some(Kind::Goroutine)
    } else if let Some(rest) = line.strip_prefix(b"redis: ") {
        has_go_stamp(rest).then_some(Kind::GoRedis)
    } else if begins("Starting /") {
        Some(Kind::Mage)
    } else if begins("Cgroup CPU monitoring not available") {
        Some(Kind::Cgroup)
    } else if begins("Warning ") && contains(line, " receive process terminal ") {
        Some(Kind::Terminated)
    } else if is_check_tool(line) {
        Some(Kind::CheckTool)
    } else {
        is_exit_line(line).then_some(Kind::ExitLine)
    }
}

fn is_exit_line(line: &[u8]) -> bool {
    exit_name(line).is_some()
}

/// Who has ended: `NAME exit -1: ...`.
#[must_use]
pub fn exit_name(line: &[u8]) -> Option<&str> {
    let (name, rest) = line.split_at_checked(memchr(b' ', line)?)?;
    let is_one = rest.starts_with(b" exit -1: ") && name.iter().all(|&byte| is_name_byte(byte));
    std::str::from_utf8(name).ok().filter(|_| is_one)
}

/// Of which unit systemd tells: `NAME.service: ...`, `Started NAME.service - ...`.
#[must_use]
pub fn unit_named(line: &[u8]) -> Option<&str> {
    const DONE: [&[u8]; 10] = [
        b"Starting ",
        b"Started ",
        b"Stopping ",
        b"Stopped ",
        b"Reloading ",
        b"Reloaded ",
        b"Finished ",
        b"Failed to start ",
        b"Failed to stop ",
        b"Failed to reload ",
    ];
    let done = || DONE.iter().find_map(|done| unit_before(line.strip_prefix(*done)?, &[b" - ", b"."]));
    unit_before(line, &[b": "]).or_else(done).and_then(|name| std::str::from_utf8(name).ok())
}

/// The unit with which a text begins, with one of these behind it.
fn unit_before<'a>(text: &'a [u8], behind: &[&[u8]]) -> Option<&'a [u8]> {
    const UNIT: &[u8] = b".service";
    let end = memmem::find(text, UNIT)? + UNIT.len();
    let (name, rest) = text.split_at_checked(end)?;
    let ends = behind.iter().any(|behind| rest.starts_with(behind));
    let is_one = ends && name.iter().all(|&byte| is_name_byte(byte) || b"@:\\".contains(&byte));
    is_one.then_some(name)
}

const fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

/// The signals that make the Go runtime print its stacks and exit.
fn is_signal(line: &[u8]) -> bool {
    const SIGNALS: [&[u8]; 10] = [
        b"SIGSEGV: segmentation violation",
        b"SIGQUIT: quit",
        b"SIGABRT: abort",
        b"SIGBUS: bus error",
        b"SIGFPE: floating-point exception",
        b"SIGILL: illegal instruction",
        b"SIGTRAP: trace trap",
        b"SIGSYS: bad system call",
        b"SIGSTKFLT: stack fault",
        b"SIGNONE: no trap",
    ];
    SIGNALS.contains(&line)
}

/// What the tools print that `mage start` runs first.
fn is_check_tool(line: &[u8]) -> bool {
    const BEGINNINGS: [&[u8]; 5] = [
        b"check-component ",
        b"check-free-memory ",
        b"All components checks passed",
        b"System available memory is ",
        b"seq task success",
    ];
    const COMPONENTS: [&[u8]; 6] = [b"Etcd", b"Kafka", b"MinIO", b"Mongo", b"Redis", b"Zookeeper"];
    BEGINNINGS.iter().any(|start| line.starts_with(start))
        || COMPONENTS.iter().any(|name| {
            line.strip_prefix(*name).is_some_and(|rest| {
                rest.starts_with(b" check succeeded") || rest.starts_with(b" check failed")
            })
        })
}

/// Lines that begin with `[`.
fn bracketed(line: &[u8]) -> Option<Kind> {
    let inner = line.get(1..)?;
    if has_shape(inner, b"dddd-dd-dd dd:dd:dd ") {
        Some(Kind::Mage)
    } else if inner.starts_with(b"seq] ") {
        Some(Kind::CheckTool)
    } else {
        // `[signal SIGSEGV: ...]` follows a panic, `[originating from goroutine 1]:` a signal.
        (inner.starts_with(b"signal SIG") || inner.starts_with(b"originating from goroutine"))
            .then_some(Kind::Frame)
    }
}

/// Lines that begin with the stamp of Go's log package.
fn stamped(line: &[u8]) -> Option<Kind> {
    if !has_go_stamp(line) {
        return None;
    }
    let text = line.get(20..)?;
    if text.starts_with(b"http: panic serving ") {
        Some(Kind::HttpPanicServing)
    } else if text.starts_with(b"http: Accept error: ") {
        Some(Kind::HttpAcceptError)
    } else if text.starts_with(b"http: ") || text.starts_with(b"http2: ") {
        Some(Kind::NetHttp)
    } else {
        text.starts_with(b"[Recovery] ").then_some(Kind::GinRecovery)
    }
}

/// Lines that begin with a TAB: places in the code, the second panic of two.
fn indented(line: &[u8]) -> Option<Kind> {
    let inner = line.get(1..)?;
    inner.starts_with(b"panic: ").then_some(Kind::GoPanic)
}

/// A line of the etcd client, which is zap too, with other keys and lower-case levels.
fn etcd_client(line: &[u8]) -> Option<Kind> {
    let rest = line.strip_prefix(br#"{"level":""#)?;
    let (level, rest) = rest.split_at_checked(memchr(b'"', rest)?)?;
    let is_etcd = rest.starts_with(br#"","ts":"#) && contains(rest, r#""logger":"etcd-client""#);
    Level::from_name(level).filter(|_| is_etcd).map(Kind::EtcdClientJson)
}

/// A line of a stack, as the Go runtime, `debug.Stack` or gin print it.
fn is_frame(line: &[u8]) -> bool {
    is_place(line) || is_call(line) || is_register(line) || is_about_a_stack(line)
}

/// `⇥/usr/local/go/src/io/io.go:335 +0x91`, or gin's `/usr/.../panic.go:221 (0x45f2a5)`.
fn is_place(line: &[u8]) -> bool {
    let has_place = [".go:", ".s:", "<autogenerated>:"].iter().any(|suffix| {
        memmem::find(line, suffix.as_bytes())
            .and_then(|at| line.get(at + suffix.len()))
            .is_some_and(u8::is_ascii_digit)
    });
    has_place && (line.starts_with(b"\t") || (line.ends_with(b")") && contains(line, " (0x")))
}

/// `internal/poll.(*FD).Read(0xc0003a0000, {0xc0001a6000?, 0x8000?, 0x7f?})`.
fn is_call(line: &[u8]) -> bool {
    let Some(inner) = line.strip_suffix(b")") else { return false };
    let Some(open) = memrchr(b'(', inner) else { return false };
    let (name, arguments) = inner.split_at(open);
    let is_argument = |byte: &u8| byte.is_ascii_hexdigit() || b"x{}?,._ ".contains(byte);
    let is_name = |byte: &u8| !byte.is_ascii_whitespace() && !byte.is_ascii_control();
    (name == b"panic" || memchr(b'.', name).is_some())
        && name.iter().all(is_name)
        && arguments.iter().skip(1).all(is_argument)
}

/// `rip    0x4a3c21`, which a signal prints at the end.
fn is_register(line: &[u8]) -> bool {
    let Some(space) = memchr(b' ', line) else { return false };
    let (name, rest) = line.split_at(space);
    let Some(digits) = rest.trim_ascii_start().strip_prefix(b"0x") else { return false };
    (2..=6).contains(&name.len())
        && name.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        && !digits.is_empty()
        && digits.iter().all(u8::is_ascii_hexdigit)
}

/// The other lines between the frames.
fn is_about_a_stack(line: &[u8]) -> bool {
    const BEGINNINGS: [&[u8]; 7] = [
        b"created by ",
        b"PC=0x",
        b"runtime stack:",
        b"runtime: ",
        b"runtime: goroutine ",
        b"...additional frames elided...",
        b"unexpected fault address 0x",
    ];
    BEGINNINGS.iter().any(|start| line.starts_with(start))
        || (line.starts_with(b"...") && line.ends_with(b" frames elided..."))
}

/// The stamp of Go's log package and the space behind it: `2026/11/23 20:00:59 `.
fn has_go_stamp(line: &[u8]) -> bool {
    has_shape(line, b"dddd/dd/dd dd:dd:dd ")
}

/// Whether text begins with this shape, in which `d` stands for a digit.
fn has_shape(text: &[u8], shape: &[u8]) -> bool {
    text.len() >= shape.len()
        && text.iter().zip(shape).all(
            |(byte, shape)| {
                if *shape == b'd' { byte.is_ascii_digit() } else { byte == shape }
            },
        )
}

fn contains(text: &[u8], part: &str) -> bool {
    memmem::find(text, part.as_bytes()).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One real line of each kind.
    const LINES: [(&str, Kind); 47] = [
        (
            "Error: Error: dial tcp 127.0.0.1:16379: connect: connection refused Redis Ping failed",
            Kind::StartError,
        ),
        ("Error: unknown flag: --config", Kind::StartError),
        (
            "openim-rpc-third exit -1: check bucket exists error: Get \"http://localhost:10005/openim/?location=\"",
            Kind::ExitLine,
        ),
        ("Warning openim-msgtransfer receive process terminal SIGTERM exit 0", Kind::Terminated),
        ("panic: runtime error: invalid memory address or nil pointer dereference", Kind::GoPanic),
        ("panic: runtime error: index out of range [0] with length 0 [recovered]", Kind::GoPanic),
        ("\tpanic: again", Kind::GoPanic),
        ("fatal error: concurrent map writes", Kind::GoPanic),
        ("SIGSEGV: segmentation violation", Kind::GoSignal),
        ("SIGQUIT: quit", Kind::GoSignal),
        ("[signal SIGSEGV: segmentation violation code=0x1 addr=0x168 pc=0x11733b7]", Kind::Frame),
        ("goroutine 522741 [running]:", Kind::Goroutine),
        ("goroutine 12 gp=0xc000103c00 m=nil [select, 2 minutes]:", Kind::Goroutine),
        ("PC=0x483ac1 m=0 sigcode=0 addr=0x3e800002600", Kind::Frame),
        ("runtime.goexit({})", Kind::Frame),
        ("main.main()", Kind::Frame),
        ("panic({0x1a2b3c, 0xc000123456})", Kind::Frame),
        ("io.ReadFull(...)", Kind::Frame),
        ("go.etcd.io/etcd/client/v3.(*Client).Close(0x0)", Kind::Frame),
        (
            "github.com/openimsdk/open-im-server/v3/pkg/common/cmd.NewRootCmd.func1(0x224c2db2c600?, {0x2988121?, 0x4?, 0x2988125?})",
            Kind::Frame,
        ),
        ("github.com/IBM/sarama.withRecover(0xc000a1?)", Kind::Frame),
        (
            "created by github.com/openimsdk/tools/mq/memamq.(*MemoryQueue).initialize in goroutine 1",
            Kind::Frame,
        ),
        (
            "\t/go/pkg/mod/google.golang.org/grpc@v1.71.0/internal/transport/http2_server.go:320 +0x10c5",
            Kind::Frame,
        ),
        (
            "\t/usr/local/go/src/runtime/asm_amd64.s:1700 +0x1 fp=0xc0008c5fe8 sp=0xc0008c5fe0 pc=0x483ac1",
            Kind::Frame,
        ),
        ("\t/usr/local/go/src/io/io.go:335", Kind::Frame),
        ("/usr/local/go/src/runtime/panic.go:221 (0x45f2a5)", Kind::Frame),
        ("rax    0xca", Kind::Frame),
        ("rflags 0x286", Kind::Frame),
        ("r10    0x0", Kind::Frame),
        (
            "2025/03/10 07:55:53 http: panic serving 172.19.0.1:51396: runtime error: index out of range",
            Kind::HttpPanicServing,
        ),
        ("\x1b[31m2026/07/02 08:00:00 [Recovery] 2026/07/02 - 08:00:00 panic recovered:", Kind::GinRecovery),
        ("2026/07/02 08:00:00 [Recovery] 2026/07/02 - 08:00:00 panic recovered:", Kind::GinRecovery),
        (
            "redis: 2026/11/23 19:55:21 pubsub.go:168: redis: discarding bad PubSub connection: EOF",
            Kind::GoRedis,
        ),
        (
            "2026/11/23 20:00:59 http: Accept error: accept tcp [::]:10002: accept4: too many open files; retrying in 1s",
            Kind::HttpAcceptError,
        ),
        ("2026/11/23 20:00:59 http: TLS handshake error from 10.0.0.1:4711: EOF", Kind::NetHttp),
        ("[2026-07-02 08:37:22 UTC] \x1b[0;32mAll services are running normally.\x1b[0m", Kind::Mage),
        (
            "Starting /openim-server/_output/bin/platforms/linux/amd64/openim-push -i 3 -c /openim-server/config/",
            Kind::Mage,
        ),
        ("check-component Index: 0, Config Path: /openim-server/config/", Kind::CheckTool),
        ("Mongo check succeeded.", Kind::CheckTool),
        ("[seq] seq data has been converted", Kind::CheckTool),
        ("System available memory is sufficient: 3.91GB", Kind::CheckTool),
        (
            r#"{"level":"warn","ts":"2026-07-02T08:37:22.123Z","logger":"etcd-client","caller":"v3@v3.5.13/retry_interceptor.go:63","msg":"retrying of unary invoker failed","target":"etcd-endpoints://0xc0001/localhost:12379","attempt":0}"#,
            Kind::EtcdClientJson(Level::Warn),
        ),
        (
            "Cgroup CPU monitoring not available: cgroup v2 is not supported, falling back to psutil",
            Kind::Cgroup,
        ),
        ("", Kind::Blank),
        ("Started openim-api.service - OpenIM openim-api 0.", Kind::Other),
        ("openim-api.service: Main process exited, code=exited, status=2/INVALIDARGUMENT", Kind::Other),
        (r#"{"level":"warn","ts":1,"msg":"another program"}"#, Kind::Other),
    ];

    #[test]
    fn each_kind_is_told_from_its_line() {
        for (line, kind) in LINES {
            assert_eq!(classify(line.as_bytes()), Line::Other(kind), "{line}");
            let ended = format!("{line}\n");
            assert_eq!(classify(ended.as_bytes()), Line::Other(kind), "{line} with a line end");
        }
    }

    #[test]
    fn systemd_names_the_unit_that_it_tells_of() {
        for (line, unit) in [
            (
                "openim-msgtransfer@3.service: Main process exited, code=killed, status=9/KILL",
                "openim-msgtransfer@3.service",
            ),
            ("Started openim-push@5.service - OpenIM openim-push 5.", "openim-push@5.service"),
            ("Stopping openim-api.service - OpenIM openim-api 0...", "openim-api.service"),
            ("Stopped openim-rpc-user.service - OpenIM openim-rpc-user 0.", "openim-rpc-user.service"),
            ("Failed to start openim-api.service - OpenIM openim-api 0.", "openim-api.service"),
            ("Stopping dep-redis.service...", "dep-redis.service"),
        ] {
            assert_eq!(unit_named(line.as_bytes()), Some(unit), "{line}");
        }
        for line in [
            "",
            "openim-api.service",
            "openim-api.services: x",
            "we restart openim-api.service: x",
            "Started the job of openim-api.service - x",
            "Stopped target openim.target - OpenIM.",
            "\x01openim-api.service: x",
        ] {
            assert_eq!(unit_named(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn crashes_are_fatal_and_lost_requests_are_errors() {
        let level = |line: &str| classify(line.as_bytes()).level();
        assert_eq!(level("panic: boom"), Some(Level::Fatal));
        assert_eq!(level("SIGSEGV: segmentation violation"), Some(Level::Fatal));
        assert_eq!(level("2025/03/10 07:55:53 http: panic serving 172.19.0.1:51396: x"), Some(Level::Error));
        assert_eq!(level("openim-api exit -1: x"), Some(Level::Error));
        assert_eq!(level("redis: 2026/11/23 19:55:21 pubsub.go:168: x"), Some(Level::Warn));
        assert_eq!(level("goroutine 1 [running]:"), None);
    }

    #[test]
    fn prose_is_not_taken_for_a_stack() {
        for line in [
            "see config.yml (default)",
            "value 0x10 is odd",
            "the file main.go:12 was changed",
            "SIGSEGV: segmentation violation, they said",
            "redis: 5 connections",
            "a service exit -1: of prose",
        ] {
            assert_eq!(classify(line.as_bytes()), Line::Other(Kind::Other), "{line}");
        }
    }
}

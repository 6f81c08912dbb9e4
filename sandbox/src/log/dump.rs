//! What a Go process prints when it dies: a panic with its goroutine, or every goroutine and the registers.

use std::fmt::Write as _;

use openim_ops::openim::dump::starter_of;
use openim_ops::openim::service::Service;

use crate::fault::FatalSignal;
use crate::random::Random;

/// Frames as they stand in a dump: function and file with line.
const FRAMES: [(&str, &str); 12] = [
    (
        "runtime.gopark(0x20404c60fa30?, 0x2?, 0xbf?, 0xa6?, 0x20404c60f76c?)",
        "/usr/local/go/src/runtime/proc.go:462",
    ),
    (
        "runtime.selectgo(0x20404c60fa30, 0x20404c60f768, 0x1?, 0x0, 0x2b28d08?, 0x1)",
        "/usr/local/go/src/runtime/select.go:351",
    ),
    ("runtime.chanrecv(0x20404c0162a0, 0x20404bf1bf10, 0x1)", "/usr/local/go/src/runtime/chan.go:667"),
    ("internal/poll.runtime_pollWait(0x7f2d6c0f5a00, 0x72)", "/usr/local/go/src/runtime/netpoll.go:351"),
    ("internal/poll.(*FD).Accept(0x20404c7a2000)", "/usr/local/go/src/internal/poll/fd_unix.go:613"),
    (
        "net.(*netFD).Read(0x20404c7a2100, {0x20404c8a2000?, 0x1000?, 0x1000?})",
        "/usr/local/go/src/net/fd_posix.go:68",
    ),
    (
        "google.golang.org/grpc/internal/transport.(*http2Server).keepalive(0x20404c5fa1a0)",
        "/go/pkg/mod/google.golang.org/grpc@v1.71.0/internal/transport/http2_server.go:1189",
    ),
    (
        "google.golang.org/grpc/internal/transport.(*controlBuffer).get(0x20404c6d0180, 0x1)",
        "/go/pkg/mod/google.golang.org/grpc@v1.71.0/internal/transport/controlbuf.go:424",
    ),
    (
        "google.golang.org/grpc.(*Server).serveStreams(0x20404c5c6000, {0x2b28d40, 0x20404c542690})",
        "/go/pkg/mod/google.golang.org/grpc@v1.71.0/server.go:1036",
    ),
    (
        "go.etcd.io/etcd/client/v3.(*lessor).recvKeepAliveLoop(0x20404c2c6f00)",
        "/go/pkg/mod/go.etcd.io/etcd/client/v3@v3.5.13/lease.go:465",
    ),
    (
        "github.com/redis/go-redis/v9.(*PubSub).Receive(0x20404c5a0e00, {0x2b28d08?, 0x45a3c20?})",
        "/go/pkg/mod/github.com/redis/go-redis/v9@v9.4.0/pubsub.go:394",
    ),
    ("runtime.goexit({})", "/usr/local/go/src/runtime/asm_amd64.s:1693"),
];

const STATES: [&str; 6] =
    ["select", "IO wait", "chan receive", "GC worker (idle)", "sync.Cond.Wait", "select, 3 minutes"];

const REGISTERS: [&str; 21] = [
    "rax", "rbx", "rcx", "rdx", "rdi", "rsi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
    "r15", "rip", "rflags", "cs", "fs", "gs",
];

/// The text that a fatal signal leaves: its name, goroutines, registers last; about 1,500 lines.
pub(crate) fn fatal(signal: FatalSignal, service: Service, random: &mut Random) -> String {
    let (name, code) = match signal {
        FatalSignal::Segv => ("SIGSEGV: segmentation violation", "addr=0x1"),
        FatalSignal::Abrt => ("SIGABRT: abort", "addr=0x0"),
        FatalSignal::Quit => ("SIGQUIT: quit", "addr=0x0"),
    };
    let mut text = format!("{name}\nPC=0x495c21 m=0 sigcode=0 {code}\n\n");
    goroutine(&mut text, 0, random);
    first_goroutine(&mut text, service);
    for number in 2..120 {
        goroutine(&mut text, number, random);
    }
    for register in REGISTERS {
        let _ = writeln!(text, "{register:<6} {:#x}", random.next() >> random.below(60));
    }
    text
}

/// The goroutine of `main`, which waits for a signal; its frames name the service.
fn first_goroutine(text: &mut String, service: Service) {
    let starter = starter_of(service).unwrap_or(service.short());
    let binary = service.binary();
    let _ = write!(
        text,
        "goroutine 1 gp=0x20404beae1e0 m=nil [select]:\n\
         runtime.gopark(0x20404c60fa30?, 0x2?, 0xbf?, 0xa6?, 0x20404c60f76c?)\n\
         \t/usr/local/go/src/runtime/proc.go:462 +0xce fp=0x20404c60f5e0 sp=0x20404c60f5c0 pc=0x48c0ae\n\
         github.com/openimsdk/open-im-server/v3/pkg/common/cmd.(*RpcCmd).runE(0x0?)\n\
         \t/openim-server/pkg/common/cmd/{starter}.go:60 +0x112 fp=0x20404c60fc70 sp=0x20404c60fb78 pc=0x21986f2\n\
         github.com/openimsdk/open-im-server/v3/pkg/common/cmd.(*RootCmd).Execute(...)\n\
         \t/openim-server/pkg/common/cmd/root.go:174\n\
         main.main()\n\
         \t/openim-server/cmd/{binary}/main.go:23 +0x1d fp=0x20404c60ff48 sp=0x20404c60ff28 pc=0x219933d\n\n"
    );
}

fn goroutine(text: &mut String, number: u32, random: &mut Random) {
    let state = random.pick(&STATES).copied().unwrap_or("select");
    let pointer = 0x2040_4bea_0000 + random.below(0xff_ffff);
    let _ = writeln!(text, "goroutine {number} gp={pointer:#x} m=nil [{state}]:");
    for _ in 0..5 {
        let (function, file) = random.pick(&FRAMES).copied().unwrap_or(FRAMES[0]);
        let (offset, frame) = (random.below(0x2000), 0x2040_4c60_0000 + random.below(0xff_ffff));
        let _ = writeln!(
            text,
            "{function}\n\t{file} +{offset:#x} fp={frame:#x} sp={:#x} pc=0x469c65",
            frame - 0xd0
        );
    }
    let parent = random.below(150);
    let _ = writeln!(
        text,
        "created by google.golang.org/grpc/internal/transport.NewHTTP2Client in goroutine {parent}\n\t/go/pkg/mod/google.golang.org/grpc@v1.71.0/internal/transport/http2_client.go:470 +0x235b\n"
    );
}

/// The text of a panic that nobody recovered.
pub(crate) fn panic(service: &str, random: &mut Random) -> String {
    let number = random.below(900_000);
    format!(
        "panic: runtime error: invalid memory address or nil pointer dereference\n\
         [signal SIGSEGV: segmentation violation code=0x1 addr=0x168 pc=0x11733b7]\n\n\
         goroutine {number} [running]:\n\
         github.com/openimsdk/open-im-server/v3/pkg/common/startrpc.Start[...].func9()\n\
         \t/openim-server/pkg/common/startrpc/start.go:256 +0x1c5\n\
         created by main.main in goroutine 1\n\
         \t/openim-server/cmd/{service}/main.go:23 +0x1d\n"
    )
}

//! Every way in which a service can be broken, how it is done to the sandbox, and what is to be said of it.

use std::any::Any;
use std::fs::{self, File};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use openim_ops::openim::dependency::{Dependency as Stands, Need};
use openim_ops::openim::service::Service;
use openim_sandbox::{Builder, Dependency, Etcd, Fault, Sandbox};
use rustix::fd::OwnedFd;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with, sockopt};
use rustix::process::Signal;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::check::{outgrow_grace, small, wait_until};

/// What has to live until the verdict is there: sockets, processes.
pub(crate) type Held = Vec<Box<dyn Any>>;

/// One fault.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) builder: fn() -> Builder,
    pub(crate) inject: fn(&mut Sandbox) -> Held,
    pub(crate) arguments: &'static [&'static str],
    pub(crate) code: i32,
    /// What the first line begins with.
    pub(crate) line: &'static str,
    /// What is said somewhere.
    pub(crate) says: &'static str,
    /// What nothing follows.
    pub(crate) ends: &'static str,
    /// Whether it takes as long as a process is young.
    pub(crate) slow: bool,
}

impl Row {
    const fn new(name: &'static str, inject: fn(&mut Sandbox) -> Held) -> Self {
        Self {
            name,
            builder: small,
            inject,
            arguments: &["all"],
            code: 1,
            line: "FAIL",
            says: "",
            ends: "",
            slow: false,
        }
    }

    const fn on(self, arguments: &'static [&'static str]) -> Self {
        Self { arguments, ..self }
    }

    const fn is(self, code: i32, line: &'static str) -> Self {
        Self { code, line, ..self }
    }

    const fn says(self, says: &'static str) -> Self {
        Self { says, ..self }
    }

    const fn ends(self, ends: &'static str) -> Self {
        Self { ends, ..self }
    }

    const fn slow(self) -> Self {
        Self { slow: true, ..self }
    }

    const fn of(self, builder: fn() -> Builder) -> Self {
        Self { builder, ..self }
    }
}

/// What is missing is broken at once, however young the deployment is.
const SETTLED: &[&str] = &["all", "--grace", "1ms"];

/// A process of the test that ends with the row.
struct Stranger(Child);

impl Drop for Stranger {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn stranger(command: &mut Command) -> Held {
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("the program is there");
    vec![Box::new(Stranger(child))]
}

fn with(sandbox: &mut Sandbox, service: Service, fault: Fault) -> Held {
    sandbox.break_with(service, 0, fault).expect("break");
    Held::new()
}

/// A fault at the start of a process shows for what it is only when the process is no longer young.
fn settled(sandbox: &mut Sandbox, service: Service, fault: Fault) -> Held {
    let held = with(sandbox, service, fault);
    outgrow_grace(sandbox, service);
    held
}

fn connect(sandbox: &Sandbox) -> TcpStream {
    TcpStream::connect(("127.0.0.1", sandbox.api_port())).expect("the kernel accepts")
}

fn clients(sandbox: &Sandbox, count: usize) -> Held {
    (0..count).map(|_| Box::new(connect(sandbox)) as Box<dyn Any>).collect()
}

/// More clients than the API may have files; the rest waits in its queue.
pub(crate) fn without_files(sandbox: &mut Sandbox) -> Held {
    let held = with(sandbox, Service::Api, Fault::Files(24));
    wait_for_limit(sandbox, 24);
    held.into_iter().chain(clients(sandbox, 40)).collect()
}

/// An instance started by hand: with an environment of its own, or on a terminal.
fn by_hand(sandbox: &Sandbox, service: Service, command: &mut Command) -> Held {
    let config = format!("{}/", sandbox.root().join("config").display());
    stranger(command.arg(sandbox.program_of(service)).args(["-i", "0", "-c", &config]))
}

pub(crate) fn all() -> Vec<Row> {
    [processes(), sockets(), protocols(), registry()].into_iter().flatten().collect()
}

fn processes() -> Vec<Row> {
    vec![
        Row::new("nothing is broken", |_| Held::new()).is(0, "OK  14 instances of 12 services"),
        Row::new("a name of more than 15 characters", |_| Held::new())
            .on(&["openim-rpc-conversation"])
            .is(0, "OK  1 instance of 1 service"),
        Row::new("process missing", |sandbox| {
            sandbox.kill(Service::RpcGroup, 0).expect("kill");
            Held::new()
        })
        .on(SETTLED)
        .is(1, "FAIL  rpc-group is not running"),
        Row::new("one of two missing", |sandbox| {
            sandbox.kill(Service::MsgTransfer, 1).expect("kill");
            Held::new()
        })
        .on(SETTLED)
        .is(1, "FAIL  msgtransfer 1 is not running: 1 of 2 instances run"),
        Row::new("one too many", |sandbox| {
            sandbox.start(Service::Push, 9).expect("start one more");
            Held::new()
        })
        .is(0, "WARN  push 9 runs beyond the number of start-config.yml"),
        Row::new("the same index twice", |sandbox| {
            sandbox.start(Service::Push, 1).expect("start it again");
            Held::new()
        })
        .is(1, "FAIL  push 1 runs twice"),
        Row::new("only a program of that name elsewhere", |sandbox| {
            sandbox.kill(Service::RpcGroup, 0).expect("kill");
            let elsewhere = sandbox.root().with_extension("elsewhere");
            fs::create_dir_all(&elsewhere).expect("a directory");
            // Not a copy: while another row forks, a file that was just written may be too busy to run.
            let link = elsewhere.join("openim-rpc-group");
            fs::hard_link(sandbox.program_of(Service::RpcGroup), &link).expect("link the program");
            let config = sandbox.root().join("config");
            let held = stranger(Command::new(&link).args(["-i", "0", "-c"]).arg(config));
            fs::remove_dir_all(&elsewhere).expect("remove the link");
            held
        })
        .on(&["rpc-group", "--grace", "1ms"])
        .is(1, "FAIL  rpc-group is not running"),
        Row::new("only a tail that has the name in its arguments", |sandbox| {
            sandbox.kill(Service::RpcGroup, 0).expect("kill");
            stranger(Command::new("tail").arg("-f").arg(sandbox.program_of(Service::RpcGroup)))
        })
        .on(&["rpc-group", "--grace", "1ms"])
        .is(1, "FAIL  rpc-group is not running"),
        Row::new("zombie", |sandbox| {
            sandbox.signal(Service::RpcUser, 0, Signal::KILL).expect("kill");
            Held::new()
        })
        .on(&["rpc-user"])
        .is(1, "FAIL  rpc-user is dead (zombie)"),
        Row::new("SIGSTOP", |sandbox| {
            sandbox.signal(Service::Api, 0, Signal::STOP).expect("stop");
            clients(sandbox, 3)
        })
        .says("is stopped by SIGSTOP; 3 connections wait in its queue"),
        Row::new("binary replaced on disk", |sandbox| {
            let program = sandbox.program_of(Service::RpcThird);
            let fresh = program.with_extension("new");
            fs::copy(&program, &fresh).and_then(|_| fs::rename(&fresh, &program)).expect("replace it");
            Held::new()
        })
        .on(&["rpc-third"])
        .is(0, "WARN  rpc-third runs a program that has been replaced on disk since"),
        Row::new("no file descriptor left", without_files).says("of 24 file descriptors open; "),
        Row::new("nine tenths of the file descriptors", |sandbox| {
            let pid = sandbox.pid(Service::Api, 0).expect("it runs");
            let open = fs::read_dir(format!("/proc/{pid}/fd")).expect("it is ours").count();
            let limit = u64::try_from(open).expect("few") + 1;
            let held = with(sandbox, Service::Api, Fault::Files(limit));
            wait_for_limit(sandbox, limit);
            held
        })
        .on(&["api", "--only", "process"])
        .is(0, "WARN  api (pid ")
        .says("file descriptors open"),
        Row::new("on a terminal, without nohup", |sandbox| on_terminal(sandbox, &[]))
            .on(&["rpc-user"])
            .is(0, "WARN  rpc-user (pid ")
            .says("will end when the terminal pts/"),
        Row::new("on a terminal, with nohup", |sandbox| on_terminal(sandbox, &["nohup"]))
            .on(&["rpc-user"])
            .is(0, "OK"),
    ]
}

/// Starts rpc-user again as a person at a terminal would.
fn on_terminal(sandbox: &mut Sandbox, through: &[&str]) -> Held {
    sandbox.terminate(Service::RpcUser, 0).expect("end it");
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
    let terminal = openpt(flags).expect("a terminal");
    grantpt(&terminal).and_then(|()| unlockpt(&terminal)).expect("it is ours");
    let name = ptsname(&terminal, Vec::new()).expect("it has a name").into_string().expect("it is text");
    let other_end = File::options().read(true).write(true).open(name).expect("its other end");
    let mut command = Command::new("setsid");
    command.arg("--ctty").args(through);
    let config = format!("{}/", sandbox.root().join("config").display());
    command.arg(sandbox.program_of(Service::RpcUser)).args(["-i", "0", "-c", &config]);
    let child = command.stdin(other_end).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    vec![Box::new(Stranger(child.expect("setsid is part of every Debian"))), Box::new(terminal)]
}

fn wait_for_limit(sandbox: &Sandbox, limit: u64) {
    let pid = sandbox.pid(Service::Api, 0).expect("it runs");
    let line = format!("Max open files            {limit} ");
    wait_until("the limit is there", || {
        let limits = fs::read_to_string(format!("/proc/{pid}/limits")).unwrap_or_default();
        limits.lines().any(|found| found.starts_with(&line))
    });
}

fn sockets() -> Vec<Row> {
    vec![
        Row::new("port in the hands of another program", |sandbox| {
            sandbox.terminate(Service::Api, 0).expect("end the api");
            let taken = TcpListener::bind(("127.0.0.1", sandbox.api_port())).expect("the port is free now");
            vec![Box::new(taken)]
        })
        .is(1, "FAIL  api cannot have :")
        .says("it belongs to "),
        Row::new("port shared with another program", |sandbox| {
            sandbox.break_with(Service::Api, 0, Fault::ReusePort).expect("break");
            wait_until("the api listens", || TcpStream::connect(("127.0.0.1", sandbox.api_port())).is_ok());
            let twin = inet_socket();
            sockopt::set_socket_reuseport(&twin, true).expect("an option of every socket");
            let address = SocketAddr::from(([127, 0, 0, 1], sandbox.api_port()));
            rustix::net::bind(&twin, &address).expect("the api lets others in");
            rustix::net::listen(&twin, 16).expect("it is bound");
            vec![Box::new(twin)]
        })
        .on(&["api"])
        .is(1, "FAIL  api shares :"),
        Row::new("the same port on another address", |sandbox| {
            let other = TcpListener::bind(("127.0.0.2", sandbox.api_port())).expect("another address");
            vec![Box::new(other)]
        })
        .on(&["api"])
        .is(0, "OK"),
        Row::new("bound to another address", |sandbox| {
            with(sandbox, Service::Api, Fault::WrongAddress(IpAddr::from([127, 0, 0, 2])))
        })
        .on(&["api", "--only", "port"])
        .is(1, "FAIL  api listens on 127.0.0.2:"),
        Row::new("IPv6 only", |sandbox| with(sandbox, Service::Api, Fault::V6Only))
            .on(&["api"])
            .says("for IPv6 only: no IPv4 client gets in"),
        Row::new("accept queue full", |sandbox| {
            with(sandbox, Service::Api, Fault::Backlog(2));
            wait_until("the api listens", || sandbox.sockets(Service::Api, 0).len() == 2);
            clients(sandbox, 3)
        })
        .on(&["api"])
        .says("accepts no connection any more: 3 wait in a queue for 2"),
        Row::new("accept queue just full", |sandbox| {
            with(sandbox, Service::Api, Fault::Backlog(2));
            wait_until("the api listens", || sandbox.sockets(Service::Api, 0).len() == 2);
            clients(sandbox, 2)
        })
        .on(&["api", "--only", "port"])
        .is(0, "WARN  api (pid ")
        .says("2 connections wait, and one more fits"),
        Row::new("not there yet", |sandbox| {
            with(sandbox, Service::RpcUser, Fault::Without(Dependency::Etcd))
        })
        .on(&["rpc-user"])
        .is(1, "STARTING  0 of 1 instances ready"),
    ]
}

fn protocols() -> Vec<Row> {
    vec![
        Row::new("HTTP: accepts and never answers", |sandbox| with(sandbox, Service::Api, Fault::NoAnswer))
            .on(&["all", "--probe-timeout", "300ms"])
            .is(1, "FAIL  api accepts connections but gives no answer within 300 ms"),
        Row::new("HTTP: one byte a second", |sandbox| with(sandbox, Service::Api, Fault::Drip))
            .on(&["all", "--probe-timeout", "1500ms"])
            .is(1, "FAIL  api accepts connections but gives no answer within 1.5 s"),
        Row::new("HTTP: closes every connection", |sandbox| settled(sandbox, Service::Api, Fault::Close))
            .is(1, "FAIL  api closes the connection without an answer")
            .slow(),
        Row::new("HTTP: the banner of an SSH server", |sandbox| with(sandbox, Service::Api, Fault::Garbage))
            .on(&["api"])
            .is(1, "FAIL  api does not speak HTTP"),
        Row::new("HTTP: 503", |sandbox| with(sandbox, Service::Api, Fault::Status(503)))
            .on(&["api"])
            .is(1, "FAIL  api answers with HTTP status 503"),
        Row::new("HTTP: a redirect to another host", |sandbox| {
            with(sandbox, Service::Api, Fault::Status(302))
        })
        .on(&["api"])
        .is(1, "FAIL  api answers with HTTP status 302"),
        Row::new("HTTP: 200 with an errCode", |sandbox| with(sandbox, Service::Api, Fault::ErrCode(500)))
            .on(&["all", "--deep"])
            .is(1, "FAIL  api answers with errCode 500"),
        Row::new("gRPC: accepts and never answers", |sandbox| {
            settled(sandbox, Service::RpcAuth, Fault::NoAnswer)
        })
        .on(&["rpc-auth", "--probe-timeout", "300ms"])
        .is(1, "FAIL  rpc-auth accepts connections but gRPC gives no answer within 300 ms")
        .slow(),
        Row::new("gRPC: another service answers", |sandbox| {
            with(sandbox, Service::RpcFriend, Fault::Impostor)
        })
        .says("another gRPC service answers, not openim.relation.friend"),
        Row::new("gRPC: the banner of an SSH server", |sandbox| {
            settled(sandbox, Service::RpcMsg, Fault::Garbage)
        })
        .on(&["rpc-msg", "--only", "grpc"])
        .is(1, "FAIL  rpc-msg does not serve gRPC at ")
        .says("does not speak HTTP/2")
        .slow(),
        Row::new("metrics: messages could not be stored", |sandbox| {
            with(sandbox, Service::MsgTransfer, Fault::FailedInserts(3))
        })
        .is(0, "WARN  msgtransfer 0 could not store 3 messages in Redis, could not store 3"),
        Row::new("MongoDB missing at the start, young", mongodb_missing)
            .of(without_mongodb)
            .is(1, "STARTING  "),
        Row::new("MongoDB missing at the start, settled", |sandbox| {
            outgrow_grace(sandbox, Service::RpcUser);
            Held::new()
        })
        .of(without_mongodb)
        .is(1, "FAIL  8 instances wait for mongodb: ports open, nothing behind them")
        .says("start MongoDB")
        .slow(),
    ]
}

fn mongodb_missing(_: &mut Sandbox) -> Held {
    Held::new()
}

pub(crate) fn without_mongodb() -> Builder {
    let needing =
        Service::ALL.into_iter().filter(|service| Stands::MongoDb.need_of(*service) == Need::GivesUp);
    let instances = needing.flat_map(|service| {
        let count = if service == Service::MsgTransfer { 2 } else { 1 };
        (0..count).map(move |index| (service, index))
    });
    instances.fold(small(), |builder, (service, index)| {
        builder.fault(service, index, Fault::Without(Dependency::MongoDb))
    })
}

fn registry() -> Vec<Row> {
    vec![
        Row::new("registration lost", |sandbox| {
            outgrow_grace(sandbox, Service::RpcAuth);
            with(sandbox, Service::RpcAuth, Fault::Unregistered)
        })
        .is(1, "FAIL  rpc-auth runs but is not registered in etcd: every login fails")
        .says("expected errCode 1002 to a wrong secret: API, registry and auth work, got 14 no children")
        .slow(),
        Row::new("a leftover key", |sandbox| with(sandbox, Service::Push, Fault::Ghost(1)))
            .is(0, "WARN  push 127.0.0.1:1 is a leftover in etcd (no such process), gone in "),
        Row::new("registered under an address of no one", |sandbox| {
            outgrow_grace(sandbox, Service::RpcUser);
            Held::new()
        })
        .of(|| small().env("IMENV_OPENIM_RPC_USER_RPC_REGISTERIP", "192.0.2.1"))
        .is(1, "FAIL  rpc-user is registered as 192.0.2.1:")
        .says("not an address of this machine, and nobody answers: every call to it fails")
        .slow(),
        Row::new("registered under another root", |sandbox| {
            sandbox.terminate(Service::RpcUser, 0).expect("end it");
            let held = by_hand(
                sandbox,
                Service::RpcUser,
                Command::new("env").arg("IMENV_DISCOVERY_ETCD_ROOTDIRECTORY=elsewhere"),
            );
            outgrow_grace(sandbox, Service::RpcUser);
            held
        })
        .is(1, "FAIL  rpc-user registers under elsewhere/ in etcd, and the others look under openim/")
        .slow(),
        Row::new("etcd lost in flight", |sandbox| {
            sandbox.stop_etcd();
            Held::new()
        })
        .is(1, "FAIL  etcd 127.0.0.1:")
        .says("refuses connections: nothing can register"),
        Row::new("etcd missing at the start", |_| Held::new())
            .of(|| small().etcd(Etcd::At("127.0.0.1:1".to_owned())))
            .is(1, "FAIL  etcd 127.0.0.1:1 refuses connections: all 14 instances wait, logging nothing")
            // The cron task waits unseen: nothing is called well.
            .ends("the services come up by themselves"),
        Row::new("etcd has lost the targets of Prometheus", |sandbox| {
            outgrow_grace(sandbox, Service::RpcUser);
            sandbox.stop_etcd();
            sandbox.start_etcd().expect("it starts again, empty");
            Held::new()
        })
        .is(0, "WARN  etcd has no key openim/prometheus_discovery/: Prometheus sees no service until")
        .slow(),
    ]
}

/// Closed in the services that other tests start meanwhile.
fn inet_socket() -> OwnedFd {
    socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None).expect("a socket")
}

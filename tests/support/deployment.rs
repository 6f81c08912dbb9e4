//! OpenIM in a machine, as an operator installs it: twelve units of systemd, one process each, and an etcd.
//!
//! ```ignore
//! let machine = Machine::boot();
//! let deployment = Deployment::in_machine(&machine);
//! machine.run("openim-check all");
//! ```
//!
//! The services are the sandbox under their names; the etcd is a real one. Both commands of this
//! package lie in /usr/local/bin, the deployment in /opt/openim, its address is 10.77.0.2.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use openim_ops::openim::service::Service;

use super::command::Output;
use super::machine::Machine;
use super::wait;

/// Twelve processes at once on a machine that builds something else as well.
const READY_LIMIT: Duration = Duration::from_secs(30);

pub(crate) const ROOT: &str = "/opt/openim";

/// The address that OpenIM's own configuration names.
const ETCD: &str = "127.0.0.1:12379";

const ETCD_UNIT: &str = "etcd-of-openim.service";

pub(crate) struct Deployment<'m> {
    machine: &'m Machine,
}

impl Deployment<'_> {
    /// Installs everything and waits until `openim-check all` is content.
    #[track_caller]
    pub(crate) fn in_machine(machine: &Machine) -> Deployment<'_> {
        Deployment::of_generation(machine, "release")
    }

    /// The same with the services of the development branch.
    #[track_caller]
    pub(crate) fn of_main_in_machine(machine: &Machine) -> Deployment<'_> {
        Deployment::of_generation(machine, "main")
    }

    #[track_caller]
    fn of_generation<'m>(machine: &'m Machine, generation: &str) -> Deployment<'m> {
        let deployment = Deployment::unstarted(machine, generation);
        deployment.install_units();
        machine.run("systemctl start openim.target").expect_success();
        deployment.wait_until_ready();
        deployment
    }

    /// All but what starts the services: the tree, the commands, the user, and an etcd that runs.
    #[track_caller]
    pub(crate) fn unmanaged(machine: &Machine) -> Deployment<'_> {
        let deployment = Deployment::unstarted(machine, "release");
        deployment.write_unit(ETCD_UNIT, &etcd_unit());
        machine.run(&format!("systemctl daemon-reload && systemctl start {ETCD_UNIT}")).expect_success();
        deployment
    }

    /// How a service is started by hand.
    pub(crate) fn command(service: Service, index: &str) -> String {
        format!("{}/{} -i {index} -c {ROOT}/config/", Deployment::programs(), service.binary())
    }

    /// Where the programs lie, which is where OpenIM starts them.
    pub(crate) fn programs() -> String {
        format!("{ROOT}/_output/bin/platforms/linux/{}", go_architecture())
    }

    #[track_caller]
    fn unstarted<'m>(machine: &'m Machine, generation: &str) -> Deployment<'m> {
        machine.add_private_address("10.77.0.2/24");
        install_commands(machine);
        let counts: Vec<String> = Service::ALL.iter().map(|service| format!("{service}=1")).collect();
        let counts = counts.join(",");
        let make_tree = format!(
            "openim-sandbox tree --root {ROOT} --generation {generation} --etcd {ETCD} --private-ip --instances {counts}"
        );
        machine.run(&make_tree).expect_success();
        // Its own user: what looks at it then has to look at another user's processes.
        machine.run(&format!("useradd --system openim && chown -R openim {ROOT}")).expect_success();
        Deployment { machine }
    }

    /// Waits until `openim-check all` is content, for a deployment that was started or mended.
    #[track_caller]
    pub(crate) fn wait_until_ready(&self) {
        let mut last = None;
        let ready = wait::poll(READY_LIMIT, || {
            let output = self.machine.run("openim-check all");
            let healthy = output.success();
            last = Some(output);
            healthy.then_some(())
        });
        assert!(ready.is_some(), "not healthy after {READY_LIMIT:?}\n{}", last.expect("it was asked"));
    }

    /// The number of a service's process.
    #[track_caller]
    pub(crate) fn pid(&self, service: Service) -> u32 {
        let show = format!("systemctl show --property=MainPID --value {}", unit(service));
        self.machine.run(&show).expect_success().trim().parse().expect("systemd gives a number")
    }

    /// Sends a signal to a service through systemd, as an operator would.
    #[track_caller]
    pub(crate) fn signal(&self, service: Service, signal: &str) {
        let kill = format!("systemctl kill --signal={signal} {}", unit(service));
        self.machine.run(&kill).expect_success();
    }

    /// Starts a service anew.
    #[track_caller]
    pub(crate) fn restart(&self, service: Service) {
        self.machine.run(&format!("systemctl restart {}", unit(service))).expect_success();
    }

    /// Asks the API for something, with that operation ID, and gives its whole answer.
    #[track_caller]
    pub(crate) fn post(&self, path: &str, operation: &str) -> Output {
        post(self.machine, path, operation)
    }

    /// Puts so many instances of a template in the place of a service's one unit, and starts them.
    #[track_caller]
    pub(crate) fn make_template(&self, service: Service, instances: u32) {
        let name = service.binary();
        self.machine
            .run(&format!("systemctl stop {name} && rm /etc/systemd/system/{name}.service"))
            .expect_success();
        self.write_unit(&format!("{name}@.service"), &service_unit(service).replace(" -i 0 ", " -i %i "));
        let names: Vec<String> = (0..instances).map(|index| format!("{name}@{index}.service")).collect();
        let names = names.join(" ");
        self.write_unit("openim.target.d/template.conf", &format!("[Unit]\nWants={names}\n"));
        self.machine.run(&format!("systemctl daemon-reload && systemctl start {names}")).expect_success();
        self.wait_until_ready();
    }

    fn install_units(&self) {
        for service in Service::ALL {
            self.write_unit(&unit(service), &service_unit(service));
        }
        self.write_unit(ETCD_UNIT, &etcd_unit());
        self.write_unit("openim.target", &target_unit());
        self.machine.run("systemctl daemon-reload").expect_success();
    }

    fn write_unit(&self, name: &str, text: &str) {
        self.machine.write_file(&format!("/etc/systemd/system/{name}"), text, 0o644);
    }
}

/// Puts both commands and the stand-in where they can be typed.
#[track_caller]
pub(crate) fn install_commands(machine: &Machine) {
    machine.install(env!("CARGO_BIN_EXE_openim-check"), "/usr/local/bin/openim-check");
    machine.install(env!("CARGO_BIN_EXE_openim-logs"), "/usr/local/bin/openim-logs");
    machine.install(static_binary("openim-sandbox"), "/usr/local/bin/openim-sandbox");
}

/// Asks the API of a machine for something, with that operation ID, and gives its whole answer.
#[track_caller]
pub(crate) fn post(machine: &Machine, path: &str, operation: &str) -> Output {
    let body = "{}";
    let length = body.len();
    // Nothing in a small Debian speaks HTTP, but bash can connect.
    machine.run(&format!(
        "exec 3<>/dev/tcp/127.0.0.1/10002 && printf 'POST {path} HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\n\
         operationID: {operation}\\r\\nContent-Type: application/json\\r\\nContent-Length: {length}\\r\\n\
         Connection: close\\r\\n\\r\\n{body}' >&3 && cat <&3"
    ))
}

/// The name of a service's unit.
pub(crate) fn unit(service: Service) -> String {
    format!("{}.service", service.binary())
}

/// A file of the directory that `scripts/build-static` made.
#[track_caller]
pub(crate) fn static_binary(name: &str) -> PathBuf {
    let directory = std::env::var_os("OPENIM_STATIC_BIN").unwrap_or_else(|| {
        panic!("OPENIM_STATIC_BIN names no directory: set it to the one that scripts/build-static prints")
    });
    let path = PathBuf::from(directory).join(name);
    assert!(path.is_file(), "there is no {}: run scripts/build-static", path.display());
    path
}

fn service_unit(service: Service) -> String {
    let (programs, command) = (Deployment::programs(), Deployment::command(service, "0"));
    format!(
        "[Unit]\nDescription=OpenIM {service}\nPartOf=openim.target\nAfter=etcd-of-openim.service\n\n\
         [Service]\nUser=openim\nWorkingDirectory={programs}\nEnvironment=IMENV_LOG_ISSTDOUT=true\n\
         ExecStart={command}\n\
         # What a test kills is to stay dead.\nRestart=no\n"
    )
}

fn etcd_unit() -> String {
    let peers = "127.0.0.1:12380";
    format!(
        "[Unit]\nDescription=The etcd of OpenIM\n\n[Service]\nType=notify\nStateDirectory=etcd-of-openim\n\
         ExecStart=/usr/bin/etcd --data-dir=/var/lib/etcd-of-openim --log-level=error \
         --listen-client-urls=http://{ETCD} --advertise-client-urls=http://{ETCD} --listen-peer-urls=http://{peers}\n"
    )
}

fn target_unit() -> String {
    let mut text = "[Unit]\nDescription=OpenIM\nWants=etcd-of-openim.service\n".to_owned();
    for service in Service::ALL {
        let _ = writeln!(text, "Wants={}", unit(service));
    }
    text
}

/// The architecture as Go names it, which is how OpenIM names its directories.
fn go_architecture() -> &'static str {
    if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" }
}

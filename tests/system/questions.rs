//! The same ten questions however OpenIM runs: a unit for each service, one unit for all, its log files
//! alone, supervisord.
//!
//! The stand-in says how many lines of each level it wrote, and each way has to give that answer.

use std::collections::BTreeMap;
use std::time::Duration;

use openim_ops::openim::service::Service;
use serde_json::{Value, json};

use crate::deployment::{self, Deployment};
use crate::machine::Machine;
use crate::wait;

const LIMIT: Duration = Duration::from_secs(30);

#[test]
fn a_unit_for_each_service_answers_every_question() {
    let machine = Machine::boot();
    let _deployment = Deployment::in_machine(&machine);
    Asked::of_journald(&machine, "systemctl restart openim-rpc-msg").all();
}

#[test]
fn one_unit_for_all_services_answers_every_question() {
    let machine = Machine::boot();
    start_in_one_unit(&machine, "--log-stdout", "");
    Asked::of_journald(&machine, &restart_by_hand("")).all();
}

/// As it comes, with `isStdout: false`; the crash text goes to the file of nohup.
#[test]
fn log_files_alone_answer_every_question() {
    let machine = Machine::boot();
    let nohup = "-p StandardOutput=append:/var/log/nohup.out -p StandardError=append:/var/log/nohup.out";
    start_in_one_unit(&machine, "", nohup);
    Asked::of_files(&machine, &restart_by_hand(nohup)).all();
}

/// supervisord gives each service a pipe, and has the files that it writes what comes out of it to.
#[test]
fn the_files_of_supervisord_answer_every_question() {
    let machine = Machine::boot();
    let deployment = Deployment::unmanaged(&machine);
    machine.run("mkdir /var/log/openim").expect_success();
    machine.write_file("/etc/supervisor/conf.d/openim.conf", supervised(), 0o644);
    machine.run("systemctl start supervisor").expect_success();
    deployment.wait_until_ready();
    Asked::of_files(&machine, "supervisorctl restart openim-rpc-msg").all();
}

/// A program for each service, its standard output in a file of its own.
fn supervised() -> String {
    let program = |service: Service| {
        let (name, directory) = (service.binary(), Deployment::programs());
        let command = Deployment::command(service, "0");
        format!(
            "[program:{name}]\ncommand={command}\ndirectory={directory}\nuser=openim\nautorestart=false\n\
             environment=IMENV_LOG_ISSTDOUT=\"true\"\nredirect_stderr=true\n\
             stdout_logfile=/var/log/openim/{name}.log\n\n"
        )
    };
    Service::ALL.map(program).concat()
}

/// Ends a service and starts it again, as somebody does for whom no unit does it.
fn restart_by_hand(properties: &str) -> String {
    let (directory, command) = (Deployment::programs(), Deployment::command(Service::RpcMsg, "0"));
    format!(
        "pkill -KILL -x openim-rpc-msg; systemd-run --quiet --unit=openim-rpc-msg-again {properties} \
         -p WorkingDirectory={directory} {command}"
    )
}

/// All services in one unit, as a unit for `mage start` has them.
fn start_in_one_unit(machine: &Machine, switches: &str, properties: &str) {
    deployment::install_commands(machine);
    let counts = Service::ALL.map(|service| format!("{service}=1")).join(",");
    let up = format!(
        "systemd-run --quiet --unit=openim-server {properties} \
         openim-sandbox up --root {root} --foreground --loopback --instances {counts} {switches}",
        root = deployment::ROOT
    );
    machine.run(&up).expect_success();
    machine.run("openim-check wait --deadline 25s").expect_success();
}

/// A machine, and what its stand-in has said it wrote: by service and level.
struct Asked<'m> {
    machine: &'m Machine,
    /// What restarts rpc-msg.
    restart: String,
    /// Whether journald stands between the services and whoever reads.
    has_journald: bool,
    written: BTreeMap<(Service, String), u64>,
}

impl<'m> Asked<'m> {
    fn of_journald(machine: &'m Machine, restart: &str) -> Self {
        Self { machine, restart: restart.to_owned(), has_journald: true, written: BTreeMap::new() }
    }

    fn of_files(machine: &'m Machine, restart: &str) -> Self {
        Self { has_journald: false, ..Self::of_journald(machine, restart) }
    }

    /// Puts every question.
    fn all(mut self) {
        let spoken = [
            (Service::Api, 300, "op-one"),
            (Service::RpcUser, 200, "op-one"),
            (Service::Push, 400, "op-two"),
        ];
        for (service, lines, operation) in spoken {
            self.say(service, lines, operation);
        }
        self.errors_of_the_last_twenty_minutes();
        self.one_request_across_services();
        self.slow_calls();
        self.top_errors();
        self.who_floods();
        self.level_of_each_service();
        self.since_a_moment();
        self.since_the_last_restart();
        self.two_services_followed_in_order();
        self.panics();
        self.what_was_lost();
    }

    fn errors_of_the_last_twenty_minutes(&self) {
        let counted = self.ask("openim-logs -q -L error..error --since '20 min ago' --count");
        assert_eq!(counted.trim().parse(), Ok(self.written_at("ERROR")));
    }

    fn one_request_across_services(&self) {
        let trace = self.ask_json("openim-logs trace op-one");
        assert_eq!(trace["records"], self.written_by(Service::Api) + self.written_by(Service::RpcUser));
        assert_eq!(trace["services"].as_array().map(Vec::len), Some(2), "{trace}");
        assert!(
            ["api", "rpc-user"].iter().all(|name| trace["services"].to_string().contains(name)),
            "{trace}"
        );
    }

    fn slow_calls(&self) {
        let root = deployment::ROOT;
        self.ask(&format!("openim-sandbox break --root {root} rpc-auth#0 slow=700"));
        deployment::post(self.machine, "/auth/get_admin_token", "op-slow").expect_success();
        self.ask(&format!("openim-sandbox mend --root {root} rpc-auth#0"));
        self.wait_for(
            "openim-logs -q --slow 500ms --op op-slow --template '{service} {kv.method}'",
            |calls| !calls.is_empty() && calls.lines().all(|call| call.contains("getAdminToken")),
        );
        let none = self.machine.run("openim-logs -q --slow 5s --count");
        assert_eq!(none.stdout, "0\n");
    }

    fn top_errors(&self) {
        let top = self.ask_json("openim-logs errors -n all");
        let counts = rows(&top, "messages").iter().filter(|row| row["level"] == "ERROR");
        assert_eq!(
            counts.filter_map(|row| row["count"].as_u64()).sum::<u64>(),
            self.written_at("ERROR"),
            "{top}"
        );
    }

    fn who_floods(&self) {
        let stats = self.ask_json("openim-logs stats --since '20 min ago' --op op-one,op-two");
        let loudest = rows(&stats, "rows").iter().max_by_key(|row| row["count"].as_u64());
        assert_eq!(loudest.map(|row| &row["name"]), Some(&json!("push")), "{stats}");
    }

    fn level_of_each_service(&self) {
        let stats = self.ask_json("openim-logs stats --op op-one,op-two");
        for row in rows(&stats, "rows") {
            let service = row["name"].as_str().and_then(Service::from_word).expect("a service");
            let levels = row["levels"].as_object().expect("levels").iter();
            for (level, count) in levels.filter(|(_, count)| **count != json!(0)) {
                assert_eq!(Some(self.of(service, level)), count.as_u64(), "{service} {level}");
            }
        }
        assert_eq!(stats["count"], self.written.values().sum::<u64>());
    }

    fn since_a_moment(&mut self) {
        let moment = self.ask("sleep 0.02; date +@%s.%N");
        let before = self.written.values().sum::<u64>();
        self.say(Service::RpcMsg, 50, "op-late");
        let after = self.written.values().sum::<u64>();
        let count = format!("openim-logs -q --since {} --op op-late,op-one,op-two --count", moment.trim());
        assert_eq!(self.ask(&count).trim().parse(), Ok(after - before));
    }

    /// The lines of the run before are in none of the answers, those of the other services in all.
    fn since_the_last_restart(&mut self) {
        self.say(Service::RpcMsg, 30, "op-run");
        self.ask(&self.restart);
        self.ask("openim-check wait --deadline 25s");
        let before = self.written_by(Service::RpcMsg);
        self.say(Service::RpcMsg, 20, "op-run");
        self.say(Service::Api, 10, "op-run");
        let of_this_run = self.written_by(Service::RpcMsg) - before;
        let count = |words: &str| -> u64 {
            let counted = self.ask(&format!("openim-logs -q {words} --op op-run --count"));
            counted.trim().parse().expect("a number")
        };
        assert_eq!(count("-I rpc-msg"), of_this_run);
        assert_eq!(count("-I"), of_this_run + 10);
        assert_eq!(count("rpc-msg"), of_this_run + 30);
    }

    fn two_services_followed_in_order(&mut self) {
        let follow = "openim-logs -q api rpc-user -f -n all --op op-followed --template '{service}'";
        let mut following = self.machine.spawn(follow);
        let mut expected = Vec::new();
        for service in [Service::Api, Service::RpcUser, Service::Api] {
            let before = self.written_by(service);
            self.say(service, 5, "op-followed");
            let lines = self.written_by(service) - before;
            expected.extend((0..lines).map(|_| service.short()));
        }
        let seen: Vec<String> = expected.iter().map(|_| following.wait_for_line(LIMIT, |_| true)).collect();
        assert_eq!(seen, expected);
        following.stop("INT", LIMIT);
    }

    /// Nothing, until journald is told to take few lines: then what it kept and what it dropped are all that were
    /// written. No file drops any.
    fn what_was_lost(&mut self) {
        assert_eq!(self.ask_json("openim-logs gaps"), json!({ "gaps": [] }));
        if self.has_journald {
            let few = "[Journal]\nRateLimitIntervalSec=1s\nRateLimitBurst=20\n";
            self.machine.write_file("/etc/systemd/journald.conf.d/few.conf", few, 0o644);
            self.ask("systemctl restart systemd-journald");
        }
        self.say(Service::Push, 3000, "op-lost");
        let mut dropped = 0;
        let told = wait::poll(LIMIT, || {
            // What was too much is told with the first line of the next interval.
            self.say(Service::Push, 1, "op-lost");
            let gaps = self.ask_json("openim-logs gaps");
            dropped = rows(&gaps, "gaps").iter().filter_map(|row| row["count"].as_u64()).sum();
            (self.written_by(Service::Push) == self.read_of(Service::Push) + dropped).then_some(())
        });
        assert!(
            told.is_some(),
            "{dropped} dropped, {} read of {:?}",
            self.read_of(Service::Push),
            self.written
        );
        assert_eq!(dropped > 0, self.has_journald, "{dropped}");
    }

    /// How many lines of those that it was told to write can be read.
    fn read_of(&self, service: Service) -> u64 {
        let counted = self.ask(&format!("openim-logs -q {service} --op op-two,op-lost --count"));
        counted.trim().parse().expect("a number")
    }

    /// Each ERROR of the stand-in tells of a panic that was recovered; then one of four instances dies.
    fn panics(&self) {
        let panics = self.ask_json("openim-logs panics");
        let times = rows(&panics, "panics").iter().filter_map(|row| row["times"].as_u64());
        assert_eq!(times.sum::<u64>(), self.written_at("ERROR"), "{panics}");
        self.ask("pkill -QUIT -n -x openim-msgtrans");
        self.wait_for("openim-logs panics -q -o json", |text| {
            let panics: Value = serde_json::from_str(text).unwrap_or_default();
            let mut fatal = rows(&panics, "panics").iter().filter(|row| row["how"] != "recovered");
            fatal.next().is_some_and(|row| {
                row["service"].as_str().is_some_and(|name| name.starts_with("msgtransfer"))
                    && row.to_string().contains("SIGQUIT")
            }) && fatal.next().is_none()
        });
    }

    /// Has a service write lines, and notes what it says it wrote.
    fn say(&mut self, service: Service, lines: u64, operation: &str) {
        let mix = "debug=20,info=50,warn=20,error=10";
        let root = deployment::ROOT;
        let said = self.ask(&format!(
            "openim-sandbox say --root {root} {service}#0 --lines {lines} --mix {mix} --op {operation}; journalctl --sync"
        ));
        let levels: BTreeMap<String, u64> = serde_json::from_str(&said).expect("the sandbox counts");
        for (level, count) in levels {
            *self.written.entry((service, level)).or_default() += count;
        }
    }

    fn of(&self, service: Service, level: &str) -> u64 {
        self.written.get(&(service, level.to_owned())).copied().unwrap_or_default()
    }

    fn written_by(&self, service: Service) -> u64 {
        self.written.iter().filter(|((of, _), _)| *of == service).map(|(_, count)| count).sum()
    }

    fn written_at(&self, level: &str) -> u64 {
        self.written.iter().filter(|((_, at), _)| at == level).map(|(_, count)| count).sum()
    }

    #[track_caller]
    fn ask(&self, command: &str) -> String {
        self.machine.run(command).expect_success()
    }

    #[track_caller]
    fn ask_json(&self, command: &str) -> Value {
        let answer = self.ask(&format!("{command} -q -o json"));
        if answer.is_empty() { Value::Null } else { serde_json::from_str(&answer).expect("JSON") }
    }

    /// Asks until the answer is right: what was written last may be on its way.
    #[track_caller]
    fn wait_for(&self, command: &str, is_right: impl Fn(&str) -> bool) {
        let mut last = String::new();
        let right = wait::poll(LIMIT, || {
            last = self.machine.run(command).stdout;
            is_right(&last).then_some(())
        });
        assert!(right.is_some(), "{command}: {last}");
    }
}

fn rows<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

//! The silent outages of the servers that OpenIM stands on, each made with a real server under a whole deployment of
//! the sandbox: lost in flight, where every usual check stays green, and missing at the start.

use std::time::Instant;

use openim_ops::openim::dependency::{Dependency as Stands, Need};
use openim_ops::openim::service::Service;
use openim_sandbox::{Addresses, Dependency, Etcd, Fault, Sandbox, free_port};
use serde_json::Value;

use crate::check::usual::Usual;
use crate::check::{PATIENCE, check, outgrow_grace, report, small, started, wait_until};
use crate::etcd::etcd_on;
use crate::kafka::{make_topics, single as kafka};
use crate::minio::{Running, running as minio};
use crate::mongodb::single as mongodb;
use crate::redis::with_password as redis;
use crate::refusing::refusing_address;
use crate::server::Server;

/// The servers of one deployment.
struct Servers {
    redis: Option<Server>,
    mongodb: Option<Server>,
    kafka: Option<Server>,
    minio: Option<Running>,
}

impl Servers {
    fn start() -> Self {
        let servers = Self {
            redis: Some(redis()),
            mongodb: Some(mongodb()),
            kafka: Some(kafka()),
            minio: Some(minio()),
        };
        make_topics(&servers.addresses().kafka);
        servers
    }

    fn addresses(&self) -> Addresses {
        let at = |server: &Option<Server>| server.as_ref().map_or_else(String::new, Server::address);
        Addresses {
            redis: at(&self.redis),
            mongodb: at(&self.mongodb),
            kafka: at(&self.kafka),
            minio: self.minio.as_ref().map_or_else(String::new, |minio| minio.address.clone()),
            ..Addresses::none()
        }
    }
}

/// The MongoDB of these tests knows no users.
fn without_mongodb_login(sandbox: &Sandbox) {
    let path = sandbox.root().join("config/mongodb.yml");
    let text = std::fs::read_to_string(&path).unwrap();
    let open =
        text.replace("username: openIM\n", "username:\n").replace("password: openIM123\n", "password:\n");
    std::fs::write(&path, open).unwrap();
}

/// Looks until the first line begins so, and prints it beside what the usual checks say.
#[track_caller]
#[allow(clippy::print_stdout, reason = "the table is what `make outages` prints")]
fn row(sandbox: &Sandbox, outage: &str, line: &str) -> Usual {
    let deadline = Instant::now() + 2 * PATIENCE;
    let last = loop {
        let checked = check(sandbox, &["all"]);
        if checked.first_line().starts_with(line) || Instant::now() > deadline {
            break checked;
        }
    };
    let usual = Usual::look(sandbox);
    println!("{}", usual.row(outage, last.first_line()));
    assert!(last.first_line().starts_with(line), "{outage}: wanted {line:?}, got:\n{}", last.text);
    usual
}

#[test]
#[allow(clippy::print_stdout, reason = "the table is what `make outages` prints")]
fn each_server_lost_in_flight_is_named_while_the_usual_checks_stay_green() {
    let mut servers = Servers::start();
    let sandbox = small().addresses(servers.addresses()).start().unwrap();
    without_mongodb_login(&sandbox);
    println!("{}", Usual::head());
    row(&sandbox, "none", "OK  14 instances of 12 services, 5 dependencies");

    let address = servers.addresses().minio;
    drop(servers.minio.take());
    let line = format!("FAIL  minio {address} refuses connections: rpc-third needs it");
    let usual = row(&sandbox, "MinIO lost in flight", &line);
    assert_eq!(usual.processes, "14 of 14", "a process count sees nothing of it");
    assert_eq!(usual.probe, "1002, \"well\"", "the API's probe sees nothing of it");

    let lose = |server: Option<Server>, outage: &str, line: &str| {
        let address = server.as_ref().unwrap().address();
        drop(server);
        let usual = row(&sandbox, outage, &line.replace("AT", &address));
        assert_eq!(usual.processes, "14 of 14", "a process count sees nothing of it");
        assert_eq!(usual.probe, "1002, \"well\"", "the API's probe sees nothing of it");
    };
    lose(
        servers.mongodb.take(),
        "MongoDB lost in flight, too",
        "FAIL  mongodb AT refuses connections: 7 services need it",
    );
    lose(servers.kafka.take(), "Kafka lost in flight, too", "FAIL  mongodb ");
    lose(
        servers.redis.take(),
        "Redis lost in flight, too",
        "FAIL  redis AT refuses connections: 10 services need it (none has exited)",
    );
}

#[test]
fn kafka_lost_in_flight_is_named_with_the_three_that_need_it() {
    let kafka = kafka();
    make_topics(&kafka.address());
    let addresses = Addresses { kafka: kafka.address(), ..Addresses::none() };
    let sandbox = small().addresses(addresses).start().unwrap();
    row(&sandbox, "none", "OK  14 instances of 12 services, 2 dependencies");
    let line =
        format!("FAIL  kafka {} refuses connections: msgtransfer, push, rpc-msg need it", kafka.address());
    drop(kafka);
    row(&sandbox, "Kafka lost in flight", &line);
}

#[test]
fn etcd_lost_in_flight_is_one_cause_and_back_without_its_leases_it_is_each_registration() {
    let port = free_port();
    let registry = etcd_on(port, &[]);
    let old = small().version("v3.8.3-patch.15").etcd(Etcd::At(registry.address()));
    let sandbox = old.start().unwrap();
    sandbox.wait_ready(PATIENCE).unwrap();
    outgrow_grace(&sandbox, Service::RpcThird);
    row(&sandbox, "none", "OK  14 instances of 12 services, 1 dependency");

    let line = format!("FAIL  etcd {} refuses connections: nothing can register", registry.address());
    drop(registry);
    row(&sandbox, "etcd lost in flight", &line);
    let causes = causes(&sandbox);
    assert_eq!(causes.len(), 1, "{causes:#?}");
    assert_eq!(causes[0]["blocks"].as_array().unwrap().len(), 0, "all serve on: {causes:#?}");
    assert!(causes[0]["affects"].as_array().unwrap().len() >= 10, "{causes:#?}");

    let _registry = etcd_on(port, &[]);
    row(&sandbox, "etcd back, its leases lost", "FAIL  push 0 1 run but are not registered in etcd: ");
    let causes = self::causes(&sandbox);
    let ids: Vec<&str> = causes.iter().map(|cause| cause["id"].as_str().unwrap()).collect();
    let registering = Service::ALL
        .into_iter()
        .filter(|service| !matches!(service, Service::Api | Service::MsgTransfer | Service::Crontask));
    let wanted: Vec<String> = registering.map(|service| format!("{}#0/registry", service.binary())).collect();
    assert!(wanted.iter().all(|id| ids.contains(&id.as_str())), "{ids:?}");
    assert_eq!(ids.len(), wanted.len(), "{ids:?}");
}

/// A lease that is lost while MongoDB is away is no matter of MongoDB's: who waits for it does not answer.
#[test]
fn a_lost_lease_is_a_cause_of_its_own_beside_a_mongodb_that_is_away() {
    let mongodb = refusing_address();
    let addresses = Addresses { mongodb, ..Addresses::none() };
    let mut sandbox = started(small().version("v3.8.3-patch.15").addresses(addresses));
    outgrow_grace(&sandbox, Service::RpcUser);
    sandbox.break_with(Service::RpcUser, 0, Fault::Unregistered).unwrap();
    let ids = || -> Vec<String> {
        causes(&sandbox).iter().map(|cause| cause["id"].as_str().unwrap().to_owned()).collect()
    };
    let is_told = || ids().contains(&"openim-rpc-user#0/registry".to_owned());
    wait_until("the lost registration is a cause", is_told);
    assert!(ids().contains(&"mongodb/ping".to_owned()), "{:?}", ids());
}

/// A mistake that services run with is not what has ended one of them.
#[test]
fn a_mistake_that_running_services_share_does_not_hide_why_one_has_ended() {
    let mut sandbox = started(small());
    for service in [Service::RpcUser, Service::RpcGroup] {
        outgrow_grace(&sandbox, service);
    }
    let path = sandbox.root().join("config/log.yml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("remainLogLevel: 6", "remainLogLevel: abc")).unwrap();
    sandbox.break_with(Service::RpcGroup, 0, Fault::Panic).unwrap();
    sandbox.wait(Service::RpcGroup, 0, PATIENCE).unwrap();
    let causes = causes(&sandbox);
    let of = |id: &str| causes.iter().find(|cause| cause["id"].as_str().unwrap() == id);
    let config = of("config/values").unwrap_or_else(|| panic!("the mistake is told: {causes:#?}"));
    assert_eq!(config["blocks"].as_array().unwrap().len(), 0, "{causes:#?}");
    assert!(of("openim-rpc-group#0/process").is_some(), "{causes:#?}");
}

fn causes(sandbox: &Sandbox) -> Vec<Value> {
    report(sandbox, &["all"])["causes"].as_array().unwrap().clone()
}

/// A deployment in which a server has never been there: each service as the real one is without it.
fn without(dependency: Dependency, stands: Stands) -> (Sandbox, String) {
    let nobody = refusing_address();
    let mut addresses = Addresses::none();
    match stands {
        Stands::Redis => addresses.redis.clone_from(&nobody),
        Stands::MongoDb => addresses.mongodb.clone_from(&nobody),
        Stands::Kafka => addresses.kafka.clone_from(&nobody),
        Stands::Minio => addresses.minio.clone_from(&nobody),
        Stands::Etcd | Stands::ZooKeeper | Stands::OpenIm => panic!("these have rows of their own"),
    }
    let needing = Service::ALL.into_iter().filter(|service| stands.need_of(*service) != Need::None);
    let instances: Vec<(Service, u32)> = needing
        .flat_map(|service| {
            let count = if matches!(service, Service::MsgTransfer | Service::Push) { 2 } else { 1 };
            (0..count).map(move |index| (service, index))
        })
        .collect();
    let builder = instances.iter().fold(small().addresses(addresses), |builder, (service, index)| {
        builder.fault(*service, *index, Fault::Without(dependency))
    });
    let mut sandbox = builder.start().unwrap();
    // The dead are collected: of a corpse only the name can be seen, and other tests have services of that name.
    for (service, index) in
        instances.into_iter().filter(|(service, _)| stands.need_of(*service) == Need::Exits)
    {
        sandbox.wait(service, index, PATIENCE).unwrap();
    }
    (sandbox, nobody)
}

#[test]
fn each_server_missing_at_the_start_is_one_cause_with_those_that_wait_or_have_exited() {
    let rows = [
        (Dependency::MongoDb, Stands::MongoDb, "mongodb", "8 instances wait for it"),
        (Dependency::Redis, Stands::Redis, "redis", "12 instances that need it have exited"),
        (Dependency::Kafka, Stands::Kafka, "kafka", "5 instances that need it have exited"),
        (Dependency::Minio, Stands::Minio, "minio", "1 instance that needs it has exited"),
    ];
    for (dependency, stands, name, follows) in rows {
        let (sandbox, nobody) = without(dependency, stands);
        let line = format!("FAIL  {name} {nobody} refuses connections: {follows}");
        row(&sandbox, &format!("{} missing at start", stands.title()), &line);
        let hint = causes(&sandbox)[0]["hint"].as_str().unwrap().to_owned();
        let gives_up = hint.ends_with(
            "; they come up by themselves, or give up (exit 255) about 5 minutes after their start",
        );
        assert_eq!(gives_up, stands == Stands::MongoDb, "{hint}");
    }
}

/// MongoDB lets its services wait for some minutes, and then they end.
#[test]
fn services_that_have_given_up_waiting_for_mongodb_are_blocked_by_it() {
    let needing =
        Service::ALL.into_iter().filter(|service| Stands::MongoDb.need_of(*service) == Need::GivesUp);
    let needing: Vec<Service> = needing.collect();
    let (mut sandbox, nobody) = without(Dependency::MongoDb, Stands::MongoDb);
    sandbox.kill(Service::RpcUser, 0).unwrap();
    let hint = || causes(&sandbox)[0]["hint"].as_str().unwrap().to_owned();
    let follows = "8 instances need it: 1 has exited, 7 wait";
    row(&sandbox, "one has given up", &format!("FAIL  mongodb {nobody} refuses connections: {follows}"));
    assert!(hint().ends_with("; then start the services that have exited, if nothing does"), "{}", hint());
    for (service, index) in needing.iter().map(|service| (*service, 0)).chain([(Service::MsgTransfer, 1)]) {
        // One of them is dead already.
        drop(sandbox.kill(service, index));
    }
    let follows = "8 instances that need it have exited";
    row(&sandbox, "all have given up", &format!("FAIL  mongodb {nobody} refuses connections: {follows}"));
    let causes = causes(&sandbox);
    assert_eq!(causes.len(), 1, "{causes:#?}");
    assert_eq!(causes[0]["blocks"].as_array().unwrap().len(), 8, "{causes:#?}");
}

/// One dead instance of two matters less than a server that seven services need.
#[test]
fn a_server_that_many_need_stands_before_one_instance_that_is_dead() {
    let nobody = refusing_address();
    let addresses = Addresses { mongodb: nobody.clone(), ..Addresses::none() };
    let mut sandbox = started(small().addresses(addresses));
    sandbox.kill(Service::Push, 1).unwrap();
    let line = format!("FAIL  mongodb {nobody} refuses connections: 7 services need it; also push 1");
    row(&sandbox, "MongoDB lost in flight, one push dead", &line);
}

/// Each place is asked: what is broken where only one service looks is broken for that one.
#[test]
fn a_service_that_is_told_of_another_server_than_the_others_is_named() {
    let [nobody, other] = [refusing_address(), refusing_address()];
    let addresses = Addresses { redis: nobody.clone(), ..Addresses::none() };
    let mut sandbox = started(small().addresses(addresses));
    assert!(!causes(&sandbox).iter().any(|cause| cause["id"] == "redis/place"), "all are told the same");
    sandbox.terminate(Service::RpcUser, 0).unwrap();
    let mut by_hand = std::process::Command::new(sandbox.program_of(Service::RpcUser))
        .args(["-i", "0", "-c", &format!("{}/", sandbox.root().join("config").display())])
        .env("IMENV_REDIS_ADDRESS", &other)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let sentence =
        format!("redis {other}, where only rpc-user looks for it, refuses connections: rpc-user needs it");
    let seen = || check(&sandbox, &["all"]).text.split_whitespace().collect::<Vec<_>>().join(" ");
    wait_until("rpc-user has started", || seen().contains(&sentence));
    let told = causes(&sandbox);
    by_hand.kill().unwrap();
    by_hand.wait().unwrap();
    let cause = told.iter().find(|cause| cause["id"] == "redis/place").unwrap();
    assert_eq!((&cause["verdict"], &cause["affects"][0]), (&"fail".into(), &"openim-rpc-user#0".into()));
    assert!(cause["hint"].as_str().unwrap().contains("$IMENV_REDIS_ADDRESS"), "{cause:#?}");
}

//! Each rule on the configuration that the sandbox's release line would have, with one line changed.

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::openim::config::Unread;
use crate::openim::layout::LayoutName;

/// A directory with the files that the rules read.
struct Tree {
    dir: tempfile::TempDir,
    env: Environment,
    instances: u32,
    lan: Vec<Ipv4Addr>,
    is_unit: bool,
}

impl Tree {
    fn new() -> Self {
        let tree = Self {
            dir: tempfile::tempdir().unwrap(),
            env: Environment::default(),
            instances: 1,
            lan: Vec::new(),
            is_unit: false,
        };
        for name in
            ["kafka.yml", "local-cache.yml", "minio.yml", "mongodb.yml", "notification.yml", "webhooks.yml"]
        {
            tree.write(name, "address: [ 127.0.0.1:1 ]\n");
        }
        tree.write("discovery.yml", "enable: etcd\netcd:\n  address: [ etcd:2379 ]\n");
        tree.write("redis.yml", "address: [ 127.0.0.1:16379 ]\npassword: own\n");
        tree.write("share.yml", "secret: own\n");
        tree.write("log.yml", "remainLogLevel: 6\nisStdout: false\n");
        tree.write("openim-api.yml", "api:\n  ports: [ 10002 ]\nprometheus:\n  enable: true\n  autoSetPorts: true\n  ports: [ 12002 ]\n");
        tree.write(
            "openim-rpc-user.yml",
            "rpc:\n  autoSetPorts: true\n  ports: [ 10320 ]\nprometheus:\n  enable: false\n",
        );
        tree.write(
            "openim-msgtransfer.yml",
            "prometheus:\n  enable: true\n  autoSetPorts: true\n  ports: [ 12020, 12021 ]\n",
        );
        tree.write("openim-crontask.yml", "retainChatRecords: 365\n");
        tree
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.dir.path().join(name), text).unwrap();
    }

    fn with(self, name: &str, text: &str) -> Self {
        self.write(name, text);
        self
    }

    fn env(self, name: &str, value: &str) -> Self {
        let env = [(name.to_owned(), value.to_owned())].into_iter().collect();
        Self { env, ..self }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn reader(&self, service: Service) -> Reader<'_> {
        Reader {
            service,
            instances: self.instances,
            dir: self.dir.path(),
            env: &self.env,
            lan: &self.lan,
            is_unit: self.is_unit,
        }
    }

    fn scene(&self, layout: LayoutName) -> Scene<'_> {
        let line = Line::of(layout).unwrap();
        Scene { root: self.dir.path(), layout: Layout::of(layout), line, readers: &[] }
    }

    fn mistakes_of_any_rule(&self, service: Service, layout: LayoutName) -> Vec<Mistake> {
        find_mistakes(&Scene { readers: &[self.reader(service)], ..self.scene(layout) })
    }

    fn mistakes(&self, service: Service, layout: LayoutName) -> Vec<Mistake> {
        let found = self.mistakes_of_any_rule(service, layout).into_iter();
        // The machine that runs the tests may have units of its own.
        found.filter(|mistake| mistake.rule != Rule::Units).collect()
    }

    /// The one mistake of the release line.
    #[track_caller]
    fn only(&self, service: Service) -> Mistake {
        let mut mistakes = self.mistakes(service, LayoutName::V3_8_3);
        assert_eq!(mistakes.len(), 1, "{mistakes:#?}");
        mistakes.remove(0)
    }
}

#[track_caller]
fn says(mistake: &Mistake, rule: Rule, gravity: Gravity, place: &str, what: &str) {
    assert_eq!((mistake.rule, mistake.gravity), (rule, gravity), "{mistake:?}");
    assert!(mistake.place.to_string().ends_with(place), "wanted {place} in {mistake:?}");
    assert!(mistake.what.contains(what), "wanted {what} in {mistake:?}");
}

#[test]
fn a_configuration_that_is_well_has_no_mistake() {
    for service in [Service::Api, Service::RpcUser, Service::MsgTransfer, Service::Crontask] {
        assert_eq!(Tree::new().mistakes(service, LayoutName::V3_8_3), []);
    }
}

#[test]
fn a_file_that_is_missing_or_no_yaml_is_named_with_its_line() {
    let tree = Tree::new();
    fs::remove_file(tree.path("share.yml")).unwrap();
    says(&tree.only(Service::RpcUser), Rule::Files, Gravity::Breaks, "/share.yml", "is missing");
    let tree = Tree::new().with("openim-api.yml", "api:\n  ports: [ 10002\nprometheus: x: y\n");
    let mistake = tree.only(Service::Api);
    assert_eq!(mistake.rule, Rule::Files);
    assert!(mistake.place.to_string().contains("/openim-api.yml:"), "{mistake:?}");
}

#[test]
fn a_value_of_the_wrong_type_is_named_with_its_variable() {
    let tree = Tree::new().env("IMENV_LOG_REMAINLOGLEVEL", "abc");
    says(
        &tree.only(Service::RpcUser),
        Rule::Values,
        Gravity::Breaks,
        "$IMENV_LOG_REMAINLOGLEVEL",
        "remainLogLevel is \"abc\", and wants a whole number",
    );
}

#[test]
fn a_password_that_the_driver_does_not_take_is_named_by_its_key_alone() {
    let uri = |password: &str| format!("uri: mongodb://openIM:{password}@mongo:27017/openim_v3\n");
    let tree = Tree::new().with("mongodb.yml", &uri("can@ary"));
    let mistake = tree.only(Service::RpcUser);
    says(&mistake, Rule::Values, Gravity::Breaks, "mongodb.yml:1", "uri has a '@' in its user or password");
    assert_eq!(mistake.fix, "write it as %40");
    assert!(!format!("{mistake:?}").contains("ary"), "a secret is told: {mistake:?}");
    let escaped = Tree::new().with("mongodb.yml", &uri("can%40ary"));
    assert_eq!(escaped.mistakes(Service::RpcUser, LayoutName::V3_8_3), []);
}

#[test]
fn a_retention_of_nothing_stops_the_release_line_and_idles_main() {
    let tree = Tree::new().with("openim-crontask.yml", "retainChatRecords: 0\n");
    says(
        &tree.only(Service::Crontask),
        Rule::Values,
        Gravity::Breaks,
        "openim-crontask.yml:1",
        "less than 1",
    );
    let of_main = tree.mistakes(Service::Crontask, LayoutName::Main);
    says(&of_main[0], Rule::Values, Gravity::Misleads, "openim-crontask.yml:1", "nothing is ever cleaned up");
}

#[test]
fn a_discovery_that_the_release_does_not_know_is_named() {
    let kubernetes = Tree::new().with("discovery.yml", "enable: kubernetes\n");
    says(&kubernetes.only(Service::Api), Rule::Discovery, Gravity::Breaks, "discovery.yml:1", "calls k8s");
    let zookeeper = Tree::new().with("discovery.yml", "enable: zookeeper\n");
    says(&zookeeper.only(Service::Api), Rule::Discovery, Gravity::Breaks, "discovery.yml:1", "does not know");
    let k8s = Tree::new().with("discovery.yml", "enable: k8s\n");
    says(
        &k8s.only(Service::RpcUser),
        Rule::Discovery,
        Gravity::Breaks,
        "openim-rpc-user.yml:2",
        "only etcd supports",
    );
    says(
        &k8s.only(Service::Api),
        Rule::Discovery,
        Gravity::Breaks,
        "openim-api.yml:5",
        "prometheus.autoSetPorts is true, and discovery is k8s",
    );
    says(
        &k8s.only(Service::MsgTransfer),
        Rule::Discovery,
        Gravity::Breaks,
        "openim-msgtransfer.yml:3",
        "prometheus.autoSetPorts is true",
    );
}

#[test]
fn a_list_that_is_too_short_for_the_instances_is_named() {
    let two = Tree { instances: 2, ..Tree::new() };
    says(
        &two.only(Service::Api),
        Rule::Ports,
        Gravity::Breaks,
        "openim-api.yml:2",
        "api.ports has 1 for 2 instances",
    );
    // The kernel chooses the ports of rpc-user, so that its list is not read.
    assert_eq!(two.mistakes(Service::RpcUser, LayoutName::V3_8_3), []);
    let many = Tree { instances: 21, ..Tree::new() };
    says(&many.only(Service::MsgTransfer), Rule::Ports, Gravity::Breaks, "msgtransfer.yml:4", "index=2");
}

#[test]
fn variables_with_brackets_or_without_a_key_are_named() {
    let brackets = Tree::new().env("IMENV_REDIS_ADDRESS", "[redis:6379]");
    says(
        &brackets.only(Service::RpcUser),
        Rule::Overrides,
        Gravity::Breaks,
        "$IMENV_REDIS_ADDRESS",
        "has brackets",
    );
    let nothing = Tree::new().env("IMENV_REDIS_DB", "3");
    says(
        &nothing.only(Service::RpcUser),
        Rule::Overrides,
        Gravity::Misleads,
        "$IMENV_REDIS_DB",
        "overrides nothing",
    );
    let of_another = Tree::new().env("IMENV_OPENIM_API_API_PORTS", "10003");
    assert_eq!(of_another.mistakes(Service::RpcUser, LayoutName::V3_8_3), []);
}

#[test]
fn a_file_of_variables_that_is_missing_breaks_a_start_and_one_that_cannot_be_read_is_unclear() {
    for (is_missing, gravity, what) in [
        (true, Gravity::Breaks, "is missing, and a unit whose EnvironmentFile= it is does not start"),
        (false, Gravity::Unclear, "cannot be read (EACCES), so what a unit's variables are is not known"),
    ] {
        let mut tree = Tree::new();
        let path = PathBuf::from("/etc/openim.env");
        tree.env.add_unread(Unread { path, is_missing, why: "EACCES".to_owned() });
        let found = tree.mistakes_of_any_rule(Service::RpcUser, LayoutName::V3_8_3);
        let own: Vec<&Mistake> = found.iter().filter(|mistake| mistake.what.contains("unit")).collect();
        assert_eq!(own.len(), 1, "{found:?}");
        says(own[0], Rule::Units, gravity, "/etc/openim.env", what);
    }
}

#[test]
fn a_variable_that_is_set_in_two_places_is_a_mistake_in_each_of_all_that_read_it() {
    let tree = Tree::new();
    let set_in = |place: &str| {
        let mut env = Environment::default();
        env.set("IMENV_LOG_REMAINLOGLEVEL", "maybe", place);
        env
    };
    let (one, other) = (set_in("/etc/openim.env:1"), set_in("openim-api.service"));
    let mut readers = [tree.reader(Service::RpcUser), tree.reader(Service::Api)];
    (readers[0].env, readers[1].env) = (&one, &other);
    let scene = Scene { readers: &readers, ..tree.scene(LayoutName::V3_8_3) };
    let mut found = find_mistakes(&scene);
    found.retain(|mistake| mistake.rule == Rule::Values);
    let places: Vec<String> = found.iter().map(|mistake| mistake.place.to_string()).collect();
    assert_eq!(
        places,
        ["/etc/openim.env:1 $IMENV_LOG_REMAINLOGLEVEL", "openim-api.service $IMENV_LOG_REMAINLOGLEVEL"]
    );
    for mistake in found {
        assert!([Service::RpcUser, Service::Api].iter().all(|service| mistake.services.contains(service)));
    }
}

/// A tree with these variables.
fn with_variables<const N: usize>(variables: [(&str, &str); N]) -> Tree {
    let env = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect();
    Tree { env, ..Tree::new() }
}

const PROXIED: (&str, &str) = ("HTTPS_PROXY", "http://proxy:3128");

#[test]
fn a_proxy_is_named_unless_etcd_is_spared() {
    let proxied = with_variables([PROXIED]).only(Service::RpcUser);
    says(&proxied, Rule::Proxy, Gravity::Breaks, "$HTTPS_PROXY", "gRPC to etcd goes through");
    for well in [
        with_variables([PROXIED, ("NO_PROXY", "localhost,etcd")]),
        with_variables([PROXIED, ("no_proxy", "etcd:2379")]),
        // gRPC asks for the proxy of https alone.
        with_variables([("HTTP_PROXY", "http://proxy:3128")]),
    ] {
        assert_eq!(well.mistakes(Service::RpcUser, LayoutName::V3_8_3), []);
    }
}

#[test]
fn a_proxy_between_the_services_is_named_though_etcd_is_local() {
    let discovery = "enable: etcd\netcd:\n  address: [ localhost:2379 ]\n";
    let local = |tree: Tree| {
        Tree { lan: vec![[10, 77, 0, 2].into(), [172, 17, 0, 1].into()], ..tree }
            .with("discovery.yml", discovery)
    };
    let proxied = local(with_variables([PROXIED]));
    let mistake = proxied.only(Service::RpcUser);
    says(&mistake, Rule::Proxy, Gravity::Breaks, "$HTTPS_PROXY", "gRPC to 10.77.0.2 goes through");
    let spared = local(with_variables([PROXIED, ("NO_PROXY", "10.0.0.0/8")]));
    assert_eq!(spared.mistakes(Service::RpcUser, LayoutName::V3_8_3), []);
    let loopback =
        proxied.with("openim-rpc-user.yml", "rpc:\n  registerIP: 127.0.0.1\n  autoSetPorts: true\n");
    assert_eq!(loopback.mistakes(Service::RpcUser, LayoutName::V3_8_3), []);
}

#[test]
fn a_silent_unit_and_a_shipped_secret_mislead() {
    let unit = Tree { is_unit: true, ..Tree::new() };
    says(
        &unit.only(Service::RpcUser),
        Rule::Stdout,
        Gravity::Misleads,
        "log.yml:2",
        "journal stays nearly empty",
    );
    let shipped = Tree::new().with("share.yml", "secret: openIM123\n");
    let mistake = shipped.only(Service::RpcUser);
    says(&mistake, Rule::Secrets, Gravity::Misleads, "share.yml:1", "the one that OpenIM ships");
    assert!(!format!("{mistake:?}").contains("openIM123"), "a secret is told: {mistake:?}");
}

#[test]
fn a_health_check_by_mage_is_named() {
    let tree = Tree::new().with(
        "docker-compose.yml",
        "services:\n  a:\n    healthcheck:\n      test: [\"CMD\", \"sh\", \"-c\", \"mage check\"]\n",
    );
    says(&tree.only(Service::Api), Rule::Healthcheck, Gravity::Misleads, "docker-compose.yml:4", "127");
}

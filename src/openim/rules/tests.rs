//! Each rule on the configuration that the sandbox's lines would have, with one line changed.

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

/// No port is taken.
static NOBODY: BTreeMap<u16, String> = BTreeMap::new();

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

    /// The files of v3.8.1 and v3.8.2, or those of v3.8.0: ports of their own choice.
    fn old() -> Self {
        let tree = Self::new();
        tree.write(
            "openim-api.yml",
            "api:\n  ports: [ 10002 ]\nprometheus:\n  enable: true\n  ports: [ 12002 ]\n",
        );
        tree.write("openim-msgtransfer.yml", "prometheus:\n  enable: true\n  ports: [ 12020 ]\n");
        tree.write("openim-rpc-user.yml", "rpc:\n  ports: [ 10320 ]\nprometheus:\n  enable: false\n");
        // What these services do not read for sure is not missed.
        for name in ["local-cache.yml", "minio.yml", "notification.yml", "webhooks.yml"] {
            fs::remove_file(tree.path(name)).unwrap();
        }
        tree
    }

    /// The files of v3.7.0.
    fn v3_7_0() -> Self {
        let tree = Self::old().with("zookeeper.yml", "schema: openim\naddress: [ 127.0.0.1:12181 ]\n");
        fs::remove_file(tree.path("discovery.yml")).unwrap();
        tree
    }

    /// The files of chat, those of its bots too.
    fn chat() -> Self {
        let tree = Self { dir: tempfile::tempdir().unwrap(), ..Self::new() };
        tree.write("discovery.yml", "enable: etcd\netcd:\n  address: [ etcd:2379 ]\n");
        tree.write("log.yml", "remainLogLevel: 6\nisStdout: false\n");
        tree.write("mongodb.yml", "uri:\naddress: [ 127.0.0.1:37017 ]\npassword: own\n");
        tree.write("redis.yml", "address: [ 127.0.0.1:16379 ]\npassword: own\n");
        tree.write("share.yml", "openIM:\n  apiURL: http://127.0.0.1:10002\n  secret: own\n");
        for (name, port) in [("chat", 10008), ("admin", 10009), ("bot", 10010)] {
            tree.write(&format!("chat-api-{name}.yml"), &format!("api:\n  ports: [ {port} ]\n"));
        }
        for (name, port) in [("chat", 30300), ("admin", 30200), ("bot", 30400)] {
            tree.write(&format!("chat-rpc-{name}.yml"), &format!("rpc:\n  ports: [ {port} ]\ntimeout: 20\n"));
        }
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
            last_index: self.instances - 1,
            dir: self.dir.path(),
            env: &self.env,
            lan: &self.lan,
            is_unit: self.is_unit,
        }
    }

    fn scene(&self, layout: LayoutName) -> Scene<'_> {
        let line = Line::of(layout).unwrap();
        Scene { root: self.dir.path(), layout: Layout::of(layout), line, readers: &[], taken: &NOBODY }
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
        self.only_of(service, LayoutName::V3_8_3)
    }

    #[track_caller]
    fn only_of(&self, service: Service, layout: LayoutName) -> Mistake {
        let mut mistakes = self.mistakes(service, layout);
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
fn a_service_that_looks_at_another_etcd_than_most_is_named() {
    let (tree, other) = (Tree::new(), Tree::new());
    other.write("discovery.yml", "enable: etcd\netcd:\n  address: [ etcd:2379 ]\n");
    let services = [Service::RpcUser, Service::Api, Service::Crontask];
    let [user, api, cron] = services.map(|service| tree.reader(service));
    let apart = |user| {
        let readers = [user, api, cron];
        let found = find_mistakes(&Scene { readers: &readers, ..tree.scene(LayoutName::V3_8_3) });
        found.into_iter().filter(|mistake| mistake.rule == Rule::Discovery).collect::<Vec<_>>()
    };
    assert_eq!(apart(user), []);
    assert_eq!(apart(Reader { dir: other.dir.path(), ..user }), []);
    other.write("discovery.yml", "enable: etcd\netcd:\n  address: [ 10.0.0.1:2379 ]\n");
    let found = apart(Reader { dir: other.dir.path(), ..user });
    let what = "etcd.address is 10.0.0.1:2379, and most services look at etcd:2379";
    says(&found[0], Rule::Discovery, Gravity::Misleads, "discovery.yml:3", what);
    assert_eq!((found.len(), found[0].services.as_slice()), (1, [Service::RpcUser].as_slice()));
}

/// Units have indexes of any kind: `openim-api@9`.
#[test]
fn a_list_that_does_not_reach_the_highest_index_is_named() {
    let tree = Tree::new();
    let mistakes_with = |last_index| {
        let readers = [Reader { last_index, ..tree.reader(Service::Api) }];
        find_mistakes(&Scene { readers: &readers, ..tree.scene(LayoutName::V3_8_3) })
    };
    let mistakes = mistakes_with(9);
    let what = "api.ports has 1, none for instance 9: index out of range, index=9";
    says(&mistakes[0], Rule::Ports, Gravity::Breaks, "openim-api.yml:2", what);
    assert!(mistakes_with(0).iter().all(|mistake| mistake.rule == Rule::Units));
}

#[test]
fn a_port_on_which_somebody_else_listens_is_named() {
    let tree = Tree::new();
    let readers = [tree.reader(Service::Api)];
    let of = |port| {
        let taken = BTreeMap::from([(port, "nginx (pid 7)".to_owned())]);
        let scene = Scene { readers: &readers, taken: &taken, ..tree.scene(LayoutName::V3_8_3) };
        find_mistakes(&scene).into_iter().find(|mistake| mistake.rule == Rule::Ports)
    };
    let what = "api.ports has 10002, on which nginx (pid 7) listens";
    says(&of(10002).unwrap(), Rule::Ports, Gravity::Breaks, "openim-api.yml:2", what);
    assert_eq!(of(12002), None, "the kernel chooses that of the metrics");
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
fn a_shipped_password_is_found_in_a_uri_and_nothing_but_a_password() {
    let of_uri = |uri: &str| Tree::new().with("mongodb.yml", &format!("uri: {uri}\n"));
    let mistake = of_uri("mongodb://openIM:openIM123@127.0.0.1:37017/openim_v3").only(Service::RpcUser);
    says(
        &mistake,
        Rule::Secrets,
        Gravity::Misleads,
        "mongodb.yml:1",
        "uri has the password that OpenIM ships",
    );
    assert!(!format!("{mistake:?}").contains("openIM123"), "a secret is told: {mistake:?}");
    for uri in ["mongodb://openIM123@127.0.0.1", "mongodb://127.0.0.1/openIM123", "mongodb://a:b@openIM123:1"]
    {
        assert_eq!(of_uri(uri).mistakes(Service::RpcUser, LayoutName::V3_8_3), [], "{uri}");
    }
}

#[test]
fn a_health_check_by_mage_is_named_in_each_form_of_a_list() {
    let with = |test: &str| {
        let compose = format!("services:\n  a:\n    healthcheck:\n      {test}\n      interval: 5s\n");
        Tree::new().with("docker-compose.yml", &compose)
    };
    for test in [
        "test: [\"CMD\", \"sh\", \"-c\", \"mage check\"]",
        "test: [CMD, mage, check]",
        "test: mage check || exit 1",
        "test:\n        - CMD\n        - mage\n        - 'check'",
        "test:\n      - CMD-SHELL\n      - \"mage check\"",
    ] {
        let (place, why) = ("docker-compose.yml:4", "127");
        says(&with(test).only(Service::Api), Rule::Healthcheck, Gravity::Misleads, place, why);
    }
    for test in
        ["test: [CMD, openim-check]", "test: [CMD, mage, build]", "test:\n        - CMD\n      x: mage check"]
    {
        assert_eq!(with(test).mistakes(Service::Api, LayoutName::V3_8_3), [], "{test}");
    }
}

/// `MinIO`'s client takes the proxy of its own scheme.
#[test]
fn a_proxy_before_minio_is_named() {
    let tree = |address: &str, variable| {
        with_variables([variable])
            .with("minio.yml", &format!("internalAddress: {address}\n"))
            .with("openim-rpc-third.yml", "rpc:\n  autoSetPorts: true\n")
    };
    let proxied = ("HTTP_PROXY", "http://proxy:3128");
    let said = tree("minio:9000", proxied).only(Service::RpcThird);
    says(
        &said,
        Rule::Proxy,
        Gravity::Misleads,
        "$HTTP_PROXY",
        "so MinIO at minio is asked through the proxy",
    );
    for well in [tree("127.0.0.1:9000", proxied), tree("https://minio:9000", proxied)] {
        assert_eq!(well.mistakes(Service::RpcThird, LayoutName::V3_8_3), []);
    }
    assert_eq!(tree("minio:9000", proxied).mistakes(Service::RpcUser, LayoutName::V3_8_3), []);
}

/// The lines of chat, and those of open-im-server before v3.8.3.
const CHATS: [LayoutName; 2] = [LayoutName::Chat, LayoutName::ChatMain];
const OLD: [LayoutName; 2] = [LayoutName::V3_8_1, LayoutName::V3_7];

#[test]
fn the_line_of_a_generation_is_known_but_for_one_process_and_one_file() {
    let unknown: Vec<LayoutName> =
        LayoutName::ALL.into_iter().filter(|layout| Line::of(*layout).is_none()).collect();
    assert_eq!(unknown, [LayoutName::Standalone, LayoutName::V3_5]);
}

#[test]
fn a_rule_that_is_not_known_for_a_line_does_not_speak_for_it() {
    let unknown = |line: Line| Rule::ALL.into_iter().filter(|rule| !line.judges(*rule)).collect::<Vec<_>>();
    assert_eq!(unknown(Line::Release), []);
    assert_eq!(unknown(Line::Main), []);
    assert_eq!(unknown(Line::V3_8_1), [Rule::Discovery, Rule::Healthcheck]);
    assert_eq!(unknown(Line::V3_7), [Rule::Discovery, Rule::ConfigPath, Rule::Healthcheck]);
    assert_eq!(unknown(Line::Chat), [Rule::Discovery, Rule::Manifests]);
    assert_eq!(unknown(Line::ChatMain), [Rule::Manifests]);
}

#[test]
fn the_configuration_of_each_line_has_no_mistake_where_it_is_well() {
    for service in [Service::Api, Service::RpcUser, Service::MsgTransfer, Service::Crontask] {
        assert_eq!(Tree::old().mistakes(service, LayoutName::V3_8_1), [], "{service}");
        // v3.8.0 has discovery.yml already.
        assert_eq!(Tree::old().mistakes(service, LayoutName::V3_7), [], "{service}");
        assert_eq!(Tree::v3_7_0().mistakes(service, LayoutName::V3_7), [], "{service}");
    }
    for layout in CHATS {
        for service in Layout::of(layout).services() {
            assert_eq!(Tree::chat().mistakes(service, layout), [], "{service}");
        }
    }
}

#[test]
fn a_file_of_an_old_line_is_missed_by_those_that_read_it_for_sure() {
    let without = |tree: Tree, name: &str| {
        fs::remove_file(tree.path(name)).unwrap();
        tree
    };
    for layout in OLD {
        let no_log = without(Tree::old(), "log.yml");
        says(
            &no_log.only_of(Service::RpcUser, layout),
            Rule::Files,
            Gravity::Breaks,
            "/log.yml",
            "is missing",
        );
        let no_redis = without(Tree::old(), "redis.yml");
        says(
            &no_redis.only_of(Service::MsgTransfer, layout),
            Rule::Files,
            Gravity::Breaks,
            "/redis.yml",
            "is missing",
        );
        assert_eq!(no_redis.mistakes(Service::RpcUser, layout), []);
    }
    let no_discovery = without(Tree::old(), "discovery.yml");
    let missed = no_discovery.only_of(Service::RpcUser, LayoutName::V3_8_1);
    says(&missed, Rule::Files, Gravity::Breaks, "/discovery.yml", "is missing");
    let either = no_discovery.only_of(Service::RpcUser, LayoutName::V3_7);
    says(&either, Rule::Files, Gravity::Breaks, "/zookeeper.yml", "is missing, and so is discovery.yml");
    assert_eq!(no_discovery.mistakes(Service::Crontask, LayoutName::V3_7), []);
    let broken = Tree::v3_7_0().with("zookeeper.yml", "schema: [ a\naddress: x: y\n");
    assert_eq!(broken.only_of(Service::RpcUser, LayoutName::V3_7).rule, Rule::Files);
}

#[test]
fn a_file_of_chat_is_missed_by_those_that_read_it() {
    let missed_by = |name: &str, layout: LayoutName| {
        let tree = Tree::chat();
        fs::remove_file(tree.path(name)).unwrap();
        let misses = |service: &Service| {
            let found = tree.mistakes(*service, layout);
            found.iter().any(|mistake| mistake.what == "is missing" && mistake.rule == Rule::Files)
        };
        Layout::of(layout).services().filter(misses).collect::<Vec<_>>()
    };
    for name in ["discovery.yml", "log.yml", "share.yml"] {
        for layout in CHATS {
            let all: Vec<Service> = Layout::of(layout).services().collect();
            assert_eq!(missed_by(name, layout), all, "{name}");
        }
    }
    let (api, admin_api) = (Service::ChatApi, Service::AdminApi);
    let (rpc, admin_rpc) = (Service::ChatRpc, Service::AdminRpc);
    let (bot_api, bot_rpc) = (Service::BotApi, Service::BotRpc);
    assert_eq!(missed_by("redis.yml", LayoutName::Chat), [rpc, admin_rpc]);
    assert_eq!(missed_by("mongodb.yml", LayoutName::Chat), [rpc, admin_rpc]);
    assert_eq!(
        missed_by("redis.yml", LayoutName::ChatMain),
        [api, admin_api, rpc, admin_rpc, bot_api, bot_rpc]
    );
    assert_eq!(missed_by("mongodb.yml", LayoutName::ChatMain), [admin_api, rpc, admin_rpc, bot_rpc]);
    assert_eq!(missed_by("chat-api-bot.yml", LayoutName::ChatMain), [bot_api]);
    assert_eq!(missed_by("chat-rpc-admin.yml", LayoutName::Chat), [admin_rpc]);
    // Before v1.8 that was the file, and nothing else tells it from v1.8.
    let older = Tree::chat().with("zookeeper.yml", "schema: openim\n");
    fs::remove_file(older.path("discovery.yml")).unwrap();
    assert_eq!(older.mistakes(rpc, LayoutName::Chat), []);
}

#[test]
fn a_value_of_the_wrong_type_is_named_where_the_line_is_known_to_read_it() {
    for layout in OLD {
        let level = Tree::old().env("IMENV_LOG_REMAINLOGLEVEL", "abc");
        let mistake = level.only_of(Service::RpcUser, layout);
        says(&mistake, Rule::Values, Gravity::Breaks, "$IMENV_LOG_REMAINLOGLEVEL", "wants a whole number");
        let ports = Tree::old().with(
            "openim-rpc-user.yml",
            "rpc:\n  ports: [ x ]\n  autoSetPorts: maybe\nprometheus:\n  enable: false\n",
        );
        let mistake = ports.only_of(Service::RpcUser, layout);
        says(&mistake, Rule::Values, Gravity::Breaks, "openim-rpc-user.yml:2", "rpc.ports is \"x\"");
    }
    for layout in CHATS {
        let level = Tree::chat().env("CHATENV_LOG_REMAINLOGLEVEL", "abc");
        let mistake = level.only_of(Service::ChatApi, layout);
        says(&mistake, Rule::Values, Gravity::Breaks, "$CHATENV_LOG_REMAINLOGLEVEL", "wants a whole number");
        let ports =
            Tree::chat().with("chat-rpc-chat.yml", "rpc:\n  ports: [ x ]\nprometheus:\n  enable: maybe\n");
        let mistake = ports.only_of(Service::ChatRpc, layout);
        says(&mistake, Rule::Values, Gravity::Breaks, "chat-rpc-chat.yml:2", "rpc.ports is \"x\"");
        let uri = Tree::chat().with("mongodb.yml", "uri: mongodb://a:can@ary@mongo/openim_v3\n");
        let mistake = uri.only_of(Service::AdminRpc, layout);
        says(&mistake, Rule::Values, Gravity::Breaks, "mongodb.yml:1", "uri has a '@'");
    }
    let db = Tree::chat().with("redis.yml", "address: [ a:1 ]\ndb: x\n");
    let mistake = db.only_of(Service::BotApi, LayoutName::ChatMain);
    says(&mistake, Rule::Values, Gravity::Breaks, "redis.yml:2", "db is \"x\"");
    assert_eq!(db.mistakes(Service::ChatRpc, LayoutName::Chat), []);
}

#[test]
fn a_retention_of_nothing_stops_v3_8_1_and_of_v3_7_it_is_not_known() {
    let tree = Tree::old().with("openim-crontask.yml", "retainChatRecords: 0\n");
    let mistake = tree.only_of(Service::Crontask, LayoutName::V3_8_1);
    says(&mistake, Rule::Values, Gravity::Breaks, "openim-crontask.yml:1", "less than 1 is refused");
    assert_eq!(tree.mistakes(Service::Crontask, LayoutName::V3_7), []);
}

#[test]
fn the_address_of_openims_api_is_a_url_and_is_not_told() {
    for layout in CHATS {
        let of =
            |url: &str| Tree::chat().with("share.yml", &format!("openIM:\n  apiURL: {url}\n  secret: own\n"));
        let bare = of("canary@openim:10002");
        for service in Layout::of(layout).services() {
            let mistake = bare.only_of(service, layout);
            says(
                &mistake,
                Rule::Values,
                Gravity::Breaks,
                "share.yml:2",
                "openIM.apiURL does not begin with http://",
            );
            assert!(!format!("{mistake:?}").contains("canary"), "a secret is told: {mistake:?}");
        }
        for well in ["http://openim:10002", "HTTPS://openim", ""] {
            assert_eq!(of(well).mistakes(Service::ChatApi, layout), [], "{well:?}");
        }
        let by_variable = Tree::chat().env("CHATENV_SHARE_OPENIM_APIURL", "openim:10002");
        let mistake = by_variable.only_of(Service::ChatRpc, layout);
        says(
            &mistake,
            Rule::Values,
            Gravity::Breaks,
            "$CHATENV_SHARE_OPENIM_APIURL",
            "does not begin with http://",
        );
    }
    let server = Tree::new().with("share.yml", "secret: own\nopenIM:\n  apiURL: openim:10002\n");
    assert_eq!(server.mistakes(Service::RpcUser, LayoutName::V3_8_3), []);
}

#[test]
fn a_discovery_is_judged_where_it_is_known_which_ones_a_line_takes() {
    for enable in ["zookeeper", "kubernetes", "k8s"] {
        let text = format!("enable: {enable}\n");
        let chat = Tree::chat().with("discovery.yml", &text);
        let mistake = chat.only_of(Service::BotRpc, LayoutName::ChatMain);
        says(
            &mistake,
            Rule::Discovery,
            Gravity::Breaks,
            "discovery.yml:1",
            "which this release does not know",
        );
        assert_eq!(mistake.fix, "write etcd");
        assert_eq!(chat.mistakes(Service::ChatRpc, LayoutName::Chat), []);
        let old = Tree::old().with("discovery.yml", &text);
        for layout in OLD {
            assert_eq!(old.mistakes(Service::RpcUser, layout), []);
        }
    }
}

#[test]
fn a_list_that_is_too_short_is_named_without_ports_of_the_kernels_choice_where_there_are_none() {
    let two = |tree: Tree| Tree { instances: 2, ..tree };
    for layout in OLD {
        let mistake = two(Tree::old()).only_of(Service::RpcUser, layout);
        says(
            &mistake,
            Rule::Ports,
            Gravity::Breaks,
            "openim-rpc-user.yml:2",
            "rpc.ports has 1 for 2 instances",
        );
        assert_eq!(mistake.fix, "add ports, or start fewer instances");
        let mistake = two(Tree::old()).only_of(Service::MsgTransfer, layout);
        says(&mistake, Rule::Ports, Gravity::Breaks, "openim-msgtransfer.yml:3", "prometheus.ports has 1");
    }
    for layout in CHATS {
        let mistake = two(Tree::chat()).only_of(Service::ChatApi, layout);
        says(
            &mistake,
            Rule::Ports,
            Gravity::Breaks,
            "chat-api-chat.yml:2",
            "api.ports has 1 for 2 instances",
        );
        let mistake = two(Tree::chat()).only_of(Service::AdminRpc, layout);
        says(
            &mistake,
            Rule::Ports,
            Gravity::Breaks,
            "chat-rpc-admin.yml:2",
            "rpc.ports has 1 for 2 instances",
        );
        assert_eq!(mistake.fix, "add ports, or start fewer instances");
    }
}

#[test]
fn variables_have_the_prefix_of_their_repository_and_those_of_the_bots_none() {
    for layout in CHATS {
        let brackets = Tree::chat().env("CHATENV_REDIS_ADDRESS", "[redis:6379]");
        let mistake = brackets.only_of(Service::ChatRpc, layout);
        says(&mistake, Rule::Overrides, Gravity::Breaks, "$CHATENV_REDIS_ADDRESS", "has brackets");
        let nothing = Tree::chat().env("CHATENV_SHARE_OPENIM_URL", "http://openim");
        let mistake = nothing.only_of(Service::AdminApi, layout);
        says(&mistake, Rule::Overrides, Gravity::Misleads, "$CHATENV_SHARE_OPENIM_URL", "overrides nothing");
        // It is of open-im-server, whose container may share a file of variables with chat's.
        let of_server = Tree::chat().env("IMENV_SHARE_OPENIM_URL", "http://openim");
        assert_eq!(of_server.mistakes(Service::AdminApi, layout), []);
    }
    let bare = Tree::chat().env("RPC_PORTS", "[30401]");
    let found = bare.mistakes(Service::BotRpc, LayoutName::ChatMain);
    assert!(found.iter().any(|mistake| mistake.rule == Rule::Overrides), "{found:?}");
    assert_eq!(bare.mistakes(Service::ChatRpc, LayoutName::ChatMain), []);
    for layout in OLD {
        let nothing = Tree::old().env("IMENV_LOG_LEVEL", "3");
        let mistake = nothing.only_of(Service::RpcUser, layout);
        says(&mistake, Rule::Overrides, Gravity::Misleads, "$IMENV_LOG_LEVEL", "overrides nothing");
    }
}

#[test]
fn a_proxy_is_named_in_each_line_that_has_etcd() {
    let proxied = |tree: Tree| Tree { env: with_variables([PROXIED]).env, ..tree };
    for (tree, service, layout) in [
        (Tree::old(), Service::RpcUser, LayoutName::V3_8_1),
        (Tree::old(), Service::RpcUser, LayoutName::V3_7),
        (Tree::chat(), Service::ChatRpc, LayoutName::Chat),
        (Tree::chat(), Service::BotApi, LayoutName::ChatMain),
    ] {
        let mistake = proxied(tree).only_of(service, layout);
        says(&mistake, Rule::Proxy, Gravity::Breaks, "$HTTPS_PROXY", "gRPC to etcd goes through");
    }
    let lan = vec![[10, 77, 0, 2].into()];
    let zookeeper = Tree { lan, ..proxied(Tree::v3_7_0()) };
    assert_eq!(zookeeper.mistakes(Service::RpcUser, LayoutName::V3_7), []);
}

#[test]
fn a_silent_unit_names_the_variable_of_its_repository() {
    let unit = |tree: Tree| Tree { is_unit: true, ..tree };
    for (tree, service, layout, variable) in [
        (Tree::old(), Service::RpcUser, LayoutName::V3_8_1, "IMENV_LOG_ISSTDOUT"),
        (Tree::v3_7_0(), Service::RpcUser, LayoutName::V3_7, "IMENV_LOG_ISSTDOUT"),
        (Tree::chat(), Service::ChatRpc, LayoutName::Chat, "CHATENV_LOG_ISSTDOUT"),
        (Tree::chat(), Service::BotRpc, LayoutName::ChatMain, "CHATENV_LOG_ISSTDOUT"),
    ] {
        let mistake = unit(tree).only_of(service, layout);
        says(&mistake, Rule::Stdout, Gravity::Misleads, "log.yml:2", "journal stays nearly empty");
        assert_eq!(mistake.fix, format!("set it to true, or {variable}=true in the unit"));
    }
}

#[test]
fn the_secrets_that_each_line_ships_are_named_by_their_keys() {
    for layout in CHATS {
        let shipped = Tree::chat().with("share.yml", "openIM:\n  secret: openIM123\n");
        let mistake = shipped.only_of(Service::ChatApi, layout);
        says(
            &mistake,
            Rule::Secrets,
            Gravity::Misleads,
            "share.yml:2",
            "openIM.secret is the one that OpenIM ships",
        );
        assert!(!format!("{mistake:?}").contains("openIM123"), "a secret is told: {mistake:?}");
        let of_mongodb = Tree::chat().with("mongodb.yml", "password: openIM123\n");
        let mistake = of_mongodb.only_of(Service::AdminRpc, layout);
        says(&mistake, Rule::Secrets, Gravity::Misleads, "mongodb.yml:1", "password is the one");
    }
    for layout in OLD {
        let shipped = Tree::old().with("share.yml", "secret: openIM123\n");
        says(
            &shipped.only_of(Service::RpcUser, layout),
            Rule::Secrets,
            Gravity::Misleads,
            "share.yml:1",
            "secret is the one",
        );
    }
}

#[test]
fn a_health_check_by_mage_is_named_where_images_may_lack_it() {
    let compose =
        "services:\n  a:\n    healthcheck:\n      test: [\"CMD\", \"sh\", \"-c\", \"mage check\"]\n";
    for layout in CHATS {
        let tree = Tree::chat().with("docker-compose.yml", compose);
        let mistake = tree.only_of(Service::ChatApi, layout);
        says(&mistake, Rule::Healthcheck, Gravity::Misleads, "docker-compose.yml:4", "127");
    }
    for layout in OLD {
        assert_eq!(Tree::old().with("docker-compose.yml", compose).mistakes(Service::Api, layout), []);
    }
}

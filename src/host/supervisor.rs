//! What supervisord says of its programs, over XML-RPC on its unix socket or its HTTP port.
//!
//! `supervisor.getAllProcessInfo` tells the states (3.0 and later), `supervisor.getAllConfigInfo` the commands
//! (4.0 and later). Source: <http://supervisord.org/api.html>, <http://supervisord.org/subprocess.html>.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::Method;
use roxmltree::{Document, Node};

use super::http::{Address, Question, Server};
use super::manager::{Charge, Condition, End, Manager, Silence, Unusable, within};

/// Where supervisorctl looks for the address, in its order; the current directory is the user's, and is left out.
const CONFIGS: [&str; 2] = ["/etc/supervisord.conf", "/etc/supervisor/supervisord.conf"];
/// Debian's place, and supervisord's own.
const SOCKETS: [&str; 3] =
    ["/run/supervisor.sock", "/var/run/supervisor/supervisor.sock", "/tmp/supervisor.sock"];

/// Where supervisord listens, and what it wants to hear first.
#[derive(Clone, PartialEq, Eq)]
struct Place {
    address: Address,
    /// User and password; printed nowhere.
    login: Option<(String, String)>,
}

/// Every program of the supervisord that this machine has configured.
///
/// # Errors
/// None runs here, or it says nothing within the time.
pub fn read_programs(timeout: Duration) -> Result<Vec<Charge>, Silence> {
    let Place { address, login } = find_place().ok_or(Silence::Absent)?;
    let server = Server::new(address)?;
    let login = login.as_ref().map(|(user, password)| (user.as_str(), password.as_str()));
    within(timeout, async {
        let states = parse_structs(&call(&server, login, "supervisor.getAllProcessInfo").await?)?;
        // Supervisor 3 does not know this question; names have to do there.
        let commands = parse_structs(&call(&server, login, "supervisor.getAllConfigInfo").await?);
        Ok(join(&states, &commands.unwrap_or_default()))
    })
}

fn find_place() -> Option<Place> {
    let configured = CONFIGS.iter().find_map(|path| parse_config(&fs::read_to_string(path).ok()?));
    let usual = || SOCKETS.iter().map(Path::new).find(|path| path.exists());
    configured.or_else(|| Some(Place { address: Address::Unix(usual()?.to_owned()), login: None }))
}

/// The section of supervisorctl, which says how to reach supervisord.
fn parse_config(text: &str) -> Option<Place> {
    let lines = text.lines().map(str::trim).skip_while(|line| *line != "[supervisorctl]").skip(1);
    let section: BTreeMap<&str, &str> = lines
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key.trim(), value.split(" ;").next().unwrap_or(value).trim()))
        .collect();
    let url = section.get("serverurl")?;
    let address = match url.strip_prefix("unix://") {
        Some(path) => Address::Unix(PathBuf::from(path)),
        None => Address::Tcp(url.strip_prefix("http://")?.trim_end_matches('/').to_owned()),
    };
    let login = section.get("username").zip(section.get("password"));
    Some(Place { address, login: login.map(|(user, password)| ((*user).to_owned(), (*password).to_owned())) })
}

async fn call(server: &Server, login: Option<(&str, &str)>, method: &str) -> Result<String, Silence> {
    let xml = format!("<?xml version=\"1.0\"?><methodCall><methodName>{method}</methodName></methodCall>");
    let question = Question { method: Method::POST, path: "/RPC2", login, xml: Some(xml) };
    server.ask(&question).await?.ok_or_else(|| Silence::Garbled("it has no XML-RPC at /RPC2".to_owned()))
}

// What it answers.

type Fields = BTreeMap<String, String>;

/// An array of structs, the form of both answers; values are kept as text.
fn parse_structs(xml: &str) -> Result<Vec<Fields>, Silence> {
    let garbled = |text: String| Silence::Garbled(text);
    let document = Document::parse(xml).map_err(|error| garbled(error.to_string()))?;
    if document.descendants().any(|node| node.has_tag_name("fault")) {
        return Err(garbled("it answers with a fault".to_owned()));
    }
    Ok(document.descendants().filter(|node| node.has_tag_name("struct")).map(parse_struct).collect())
}

fn parse_struct(node: Node) -> Fields {
    let members = node.children().filter(|child| child.has_tag_name("member"));
    members.filter_map(|member| Some((text_of(member, "name")?, text_of(member, "value")?))).collect()
}

fn text_of(member: Node, tag: &str) -> Option<String> {
    let node = member.children().find(|child| child.has_tag_name(tag))?;
    Some(node.descendants().filter_map(|inner| inner.is_text().then(|| inner.text()).flatten()).collect())
}

fn join(states: &[Fields], commands: &[Fields]) -> Vec<Charge> {
    let key = |fields: &Fields| (fields.get("group").cloned(), fields.get("name").cloned());
    let configured: BTreeMap<_, _> = commands.iter().map(|fields| (key(fields), fields)).collect();
    states.iter().filter_map(|state| charge(state, configured.get(&key(state)).copied())).collect()
}

fn charge(state: &Fields, configured: Option<&Fields>) -> Option<Charge> {
    let (group, name) = (state.get("group")?, state.get("name")?);
    let of_config = |key| configured.and_then(|fields| fields.get(key));
    Some(Charge {
        manager: Manager::Supervisor,
        // A program outside any group is a group of its own name.
        name: if group == name { name.clone() } else { format!("{group}:{name}") },
        command: of_config("command").map(|text| split_command(text)).unwrap_or_default(),
        variables: None,
        directory: of_config("directory").filter(|text| !text.is_empty()).map(PathBuf::from),
        pid: number(state, "pid").and_then(|pid| u32::try_from(pid).ok()).filter(|pid| *pid != 0),
        condition: condition(state),
        container: None,
        is_stale: false,
        is_unhealthy: false,
        at_boot: of_config("autostart").map(|text| text == "1"),
        invocation: None,
        waits_for: None,
        group: None,
    })
}

/// Words between blanks, in quotes or not; supervisord has no shell between.
fn split_command(text: &str) -> Vec<String> {
    text.split_ascii_whitespace().map(|word| word.trim_matches(['"', '\'']).to_owned()).collect()
}

fn number(fields: &Fields, key: &str) -> Option<i64> {
    fields.get(key)?.trim().parse().ok()
}

/// The numbers of <http://supervisord.org/subprocess.html#process-states>.
fn condition(state: &Fields) -> Condition {
    let status = number(state, "exitstatus").unwrap_or_default();
    match number(state, "state") {
        Some(0) if number(state, "start") == Some(0) => Condition::NeverStarted,
        Some(0) => Condition::Stopped,
        Some(10) => Condition::ComingUp,
        Some(20) => Condition::Running { restarts: None },
        Some(30) => Condition::Restarting { restarts: None, end: end(state) },
        Some(40) => Condition::GoingDown,
        Some(100) if status == 0 => Condition::Ended,
        Some(100) => Condition::Crashed(end(state)),
        Some(200) => Condition::GaveUp { restarts: None, end: end(state) },
        _ => Condition::Unusable(Unusable::Unclear),
    }
}

/// What supervisord says of a program that ended before it counted as started, and so has no status.
const TOO_QUICKLY: &str = "Exited too quickly";

/// supervisord keeps the status of who has run for a while, and -1 for any signal; of others what went wrong.
fn end(state: &Fields) -> End {
    let trouble = state.get("spawnerr").map_or("", |text| text.trim());
    match number(state, "exitstatus").and_then(|status| i32::try_from(status).ok()) {
        Some(-1) => End::SomeSignal,
        Some(0) | None if trouble.is_empty() || trouble.starts_with(TOO_QUICKLY) => End::Unknown,
        Some(0) | None => End::NotStarted(trouble.to_owned()),
        Some(status) => End::Status(status),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEBIAN: &str = "[unix_http_server]\nfile=/var/run/supervisor.sock ; (the path)\n\n[supervisorctl]\n\
        serverurl=unix:///var/run/supervisor.sock ; use a unix:// URL\nusername = im\npassword = pw ; x\n[include]\n";

    #[test]
    fn the_address_is_the_one_that_supervisorctl_uses() {
        let place = parse_config(DEBIAN).expect("it names one");
        assert_eq!(place.address, Address::Unix("/var/run/supervisor.sock".into()));
        assert_eq!(place.login, Some(("im".to_owned(), "pw".to_owned())));
        let http = parse_config("[supervisorctl]\nserverurl=http://127.0.0.1:9001/\n").expect("it names one");
        assert_eq!(http.address, Address::Tcp("127.0.0.1:9001".to_owned()));
        assert!(parse_config("[supervisord]\n").is_none());
    }

    fn answer(fields: &[(&str, &str)]) -> String {
        let member = |(name, value): &(&str, &str)| {
            format!("<member><name>{name}</name><value>{value}</value></member>")
        };
        let members = fields.iter().map(member).collect::<Vec<_>>().concat();
        format!(
            "<?xml version='1.0'?><methodResponse><params><param><value><array><data><value><struct>{members}\
             </struct></value></data></array></value></param></params></methodResponse>"
        )
    }

    fn charge_of(state: &[(&str, &str)]) -> Charge {
        let states = parse_structs(&answer(state)).expect("an answer");
        let commands = parse_structs(&answer(&[
            ("group", "<string>openim-push</string>"),
            ("name", "<string>openim-push_3</string>"),
            ("command", "<string>/opt/openim/openim-push -i 3 -c /opt/openim/config</string>"),
            ("autostart", "<boolean>1</boolean>"),
        ]));
        join(&states, &commands.expect("an answer")).pop().expect("one program")
    }

    #[test]
    fn a_program_of_a_group_is_read_with_its_command() {
        let charge = charge_of(&[
            ("group", "<string>openim-push</string>"),
            ("name", "<string>openim-push_3</string>"),
            ("state", "<int>20</int>"),
            ("pid", "<int>77</int>"),
        ]);
        assert_eq!(charge.name, "openim-push:openim-push_3");
        assert_eq!(charge.command, ["/opt/openim/openim-push", "-i", "3", "-c", "/opt/openim/config"]);
        assert_eq!((charge.pid, charge.at_boot), (Some(77), Some(true)));
    }

    #[test]
    fn each_state_has_its_condition() {
        let condition = |state: &str, start: &str, status: &str| {
            let fields = [("state", state), ("start", start), ("exitstatus", status)];
            condition(&fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into())
        };
        assert_eq!(condition("0", "0", "0"), Condition::NeverStarted);
        assert_eq!(condition("0", "1764000000", "0"), Condition::Stopped);
        assert_eq!(condition("30", "1", "0"), Condition::Restarting { restarts: None, end: End::Unknown });
        assert_eq!(condition("200", "1", "0"), Condition::GaveUp { restarts: None, end: End::Unknown });
        assert_eq!(condition("100", "1", "255"), Condition::Crashed(End::Status(255)));
        assert_eq!(condition("100", "1", "0"), Condition::Ended);
        assert_eq!(condition("100", "1", "-1"), Condition::Crashed(End::SomeSignal));
    }

    #[test]
    fn a_program_that_cannot_be_started_says_so_in_the_words_of_supervisord() {
        let end = |trouble: &str| {
            end(&[("exitstatus", "0"), ("spawnerr", trouble)]
                .map(|(k, v)| (k.to_owned(), v.to_owned()))
                .into())
        };
        assert_eq!(end("Exited too quickly (process log may have details)"), End::Unknown);
        let missing = "can't find command '/opt/openim/openim-api'";
        assert_eq!(end(missing), End::NotStarted(missing.to_owned()));
    }

    #[test]
    fn a_fault_and_garbage_are_no_answer() {
        assert!(parse_structs("<methodResponse><fault><value/></fault></methodResponse>").is_err());
        assert!(parse_structs("HTTP").is_err());
        let bomb = "<!DOCTYPE x [<!ENTITY a 'aaaa'>]><x>&a;</x>";
        assert!(parse_structs(bomb).is_err(), "no answer of supervisord defines entities");
    }
}

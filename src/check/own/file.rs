//! Text → checks. Every mistake is told at once, each with its file and line.

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};
use regex::Regex;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{Keys, Mistake, fraction, number, text};
use super::{Expect, JsonExpect, JsonWants, OwnCheck, Severity, Spec};
use crate::openim::dependency::Dependency;
use crate::openim::service::{Group, Service};
use crate::probe::tls::Trust;
use crate::probe::web::{Request, Scheme, Url};

/// The kinds that a check of the user's may have.
const KINDS: &str = "process, tcp, tls, http, grpc, websocket or unit";

/// Names that mean something else in an id or on the command line.
const TAKEN: [&str; 5] = ["deps", "own", "config", "host", "all"];

/// A certificate that ends sooner is to be renewed.
const DAYS: i64 = 14;

/// Why the checks cannot be used.
#[derive(Debug)]
pub(in crate::check) struct OwnError {
    /// Each `FILE:LINE: what is wrong`.
    mistakes: Vec<String>,
}

impl std::error::Error for OwnError {}

impl fmt::Display for OwnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.mistakes.join("\n"))
    }
}

/// Reads every file that is named, and those of the machine's own directory if it has one. A directory that is named
/// means the `*.toml` in it.
pub(in crate::check) fn read_own(named: &[PathBuf], directory: &Path) -> Result<Vec<OwnCheck>, OwnError> {
    let (mut checks, mut mistakes) = (Vec::new(), Vec::new());
    let of_machine = directory.is_dir().then(|| directory.to_owned());
    for path in named.iter().chain(&of_machine) {
        match files(path) {
            Ok(files) => {
                for file in &files {
                    read_file(file, &mut checks, &mut mistakes);
                }
            }
            Err(error) => mistakes.push(format!("{}: {error}", path.display())),
        }
    }
    if mistakes.is_empty() { Ok(checks) } else { Err(OwnError { mistakes }) }
}

/// The file, or the files of a directory in the order of their names.
fn files(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = path.read_dir()?.collect::<io::Result<Vec<_>>>()?;
    let mut files: Vec<PathBuf> = entries.iter().map(std::fs::DirEntry::path).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    Ok(files)
}

fn read_file(path: &Path, checks: &mut Vec<OwnCheck>, mistakes: &mut Vec<String>) {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => return mistakes.push(format!("{}: {error}", path.display())),
    };
    let line = |at: usize| memchr::memchr_iter(b'\n', &text.as_bytes()[..at.min(text.len())]).count() + 1;
    let place = |at: usize| format!("{}:{}", path.display(), line(at));
    let (mut found, known) = parse(&text, &place, checks);
    checks.extend(known);
    found.sort();
    mistakes.extend(found.iter().map(|mistake| format!("{}: {}", place(mistake.at), mistake.text)));
}

/// The checks of a text, and the mistakes in it.
fn parse(text: &str, place: &dyn Fn(usize) -> String, before: &[OwnCheck]) -> (Vec<Mistake>, Vec<OwnCheck>) {
    let (document, errors) = DeTable::parse_recoverable(text);
    let at = |error: &toml::de::Error| error.span().map_or(0, |span| span.start);
    let broken = errors.iter().map(|error| Mistake { at: at(error), text: error.message().to_owned() });
    let mut mistakes: Vec<Mistake> = broken.collect();
    if !mistakes.is_empty() {
        return (mistakes, Vec::new());
    }
    let mut keys = Keys::new(document.get_ref(), 0, "a file of checks");
    let mut checks = Vec::new();
    let mut ids: BTreeSet<String> = before.iter().map(OwnCheck::id).collect();
    for element in keys.elements("check") {
        let start = element.span().start;
        let Some(table) = element.get_ref().as_table() else {
            mistakes.push(Mistake { at: start, text: "check wants a table: [[check]]".to_owned() });
            continue;
        };
        let (check, found) = read_check(table, start, place(start));
        mistakes.extend(found);
        let Some(check) = check else { continue };
        if !ids.insert(check.id()) {
            mistakes.push(Mistake { at: start, text: format!("there is a check {} already", check.id()) });
        }
        checks.push(check);
    }
    mistakes.extend(keys.finish());
    (mistakes, checks)
}

fn read_check<'t>(table: &'t DeTable<'t>, at: usize, origin: String) -> (Option<OwnCheck>, Vec<Mistake>) {
    let mut keys = Keys::new(table, at, "a check");
    let name = keys.need("name", "letters, digits, dots, dashes", is_name);
    if let Some(name) = name.as_deref().filter(|name| is_taken(name)) {
        keys.complain("name", format!("{name} is a name of OpenIM's: choose another"));
    }
    let spec = read_spec(&mut keys);
    let within = keys.take("within", "a time such as 300ms", duration);
    let timeout = keys.take("timeout", "a time such as 2s", duration);
    let severity = keys.take("severity", "fail or warn", |value| match value.as_str()? {
        "fail" => Some(Severity::Fail),
        "warn" => Some(Severity::Warn),
        _ => None,
    });
    let hint = keys.take("hint", "a text", text);
    let check = name.zip(spec).map(|(name, spec)| OwnCheck {
        name,
        spec,
        within,
        timeout,
        severity: severity.unwrap_or(Severity::Fail),
        hint,
        origin,
    });
    (check, keys.finish())
}

fn read_spec(keys: &mut Keys<'_>) -> Option<Spec> {
    let kind = keys.need_text("kind", KINDS)?;
    keys.describe(format!("a check of kind {kind}"));
    match kind.as_str() {
        "process" => process(keys),
        "tcp" => Some(Spec::Tcp { address: keys.need("address", "host:port", address)? }),
        "tls" => tls(keys),
        "http" => http(keys),
        "grpc" => {
            let service = keys.take("service", "the full name of a gRPC service", text);
            Some(Spec::Grpc { address: keys.need("address", "host:port", address)?, service })
        }
        "websocket" => websocket(keys),
        "unit" => Some(Spec::Unit { unit: keys.need("unit", "the name of a unit of systemd", unit)? }),
        _ => {
            keys.complain("kind", format!("kind wants {KINDS}, not {kind}"));
            None
        }
    }
}

fn process(keys: &mut Keys<'_>) -> Option<Spec> {
    let at_least = keys.take("at_least", "a number", number).unwrap_or(1);
    let at_most: Option<u32> = keys.take("at_most", "a number", number);
    if at_most.is_some_and(|most| most < at_least) {
        keys.complain("at_most", "at_most is less than at_least, which is 1 where nobody says".to_owned());
    }
    let program = keys.need_text("program", "the path of a program, or its name")?;
    Some(Spec::Process { program: program.into(), at_least, at_most })
}

fn tls(keys: &mut Keys<'_>) -> Option<Spec> {
    let trust = trust(keys);
    let days = keys.take("days_left", "a number of days", number).unwrap_or(DAYS);
    let name = keys.take("server_name", "the name that the certificate should be for", text);
    let address = keys.need("address", "host:port", address)?;
    let host = address.rsplit_once(':').map_or("", |(host, _)| host).trim_matches(['[', ']']).to_owned();
    Some(Spec::Tls { address, name: name.unwrap_or(host), trust, days })
}

fn trust(keys: &mut Keys<'_>) -> Trust {
    let authority = keys.take("ca", "the path of a file in PEM form", text);
    authority.map_or(Trust::System, |path| Trust::File(path.into()))
}

fn http(keys: &mut Keys<'_>) -> Option<Spec> {
    let method = keys.take("method", "a method such as GET", |value| value.as_str()?.parse().ok());
    let body = keys.take("body", "a text", |value| value.as_str().map(str::to_owned));
    let headers = headers(keys);
    let expect = Expect {
        status: statuses(keys),
        headers: wanted_headers(keys),
        body: keys.take("matches", "a regular expression", regex),
        json: wanted_json(keys),
    };
    let trust = trust(keys);
    let url = keys.need("url", "http://… or https://…, without a password", |value| {
        Url::parse(value.as_str()?).filter(|url| matches!(url.scheme, Scheme::Http | Scheme::Https))
    })?;
    let request = Request {
        url,
        method: method.unwrap_or(Method::GET),
        headers,
        body: Bytes::from(body.unwrap_or_default()),
        trust,
    };
    Some(Spec::Http { request, expect: Box::new(expect) })
}

fn websocket(keys: &mut Keys<'_>) -> Option<Spec> {
    let status = keys.take("status", "a status of HTTP", status).unwrap_or(101);
    let (headers, trust) = (headers(keys), trust(keys));
    let url = keys.need("url", "ws://… or wss://…, without a password", |value| {
        Url::parse(value.as_str()?).filter(|url| matches!(url.scheme, Scheme::Ws | Scheme::Wss))
    })?;
    let request = Request { url, method: Method::GET, headers, body: Bytes::new(), trust };
    Some(Spec::Websocket { request, status })
}

fn statuses(keys: &mut Keys<'_>) -> Vec<u16> {
    let found: Vec<Option<u16>> =
        keys.elements("status").iter().map(|value| status(value.get_ref())).collect();
    if found.contains(&None) {
        keys.complain("status", "status wants one or several of 100 to 599".to_owned());
    }
    if found.is_empty() { vec![200] } else { found.into_iter().flatten().collect() }
}

/// The headers to send. What they hold is nobody's to read, so it stands in no mistake.
fn headers(keys: &mut Keys<'_>) -> Vec<(HeaderName, HeaderValue)> {
    let table = keys.take("headers", "a table of names and texts", |value| {
        value.as_table()?.iter().map(|(name, value)| header(name.get_ref(), value.get_ref())).collect()
    });
    table.unwrap_or_default()
}

fn header(name: &str, value: &DeValue<'_>) -> Option<(HeaderName, HeaderValue)> {
    let mut sent = HeaderValue::from_str(value.as_str()?).ok()?;
    sent.set_sensitive(true);
    Some((name.parse().ok()?, sent))
}

fn wanted_headers(keys: &mut Keys<'_>) -> Vec<(String, Regex)> {
    let table = keys.take("header", "a table of names and regular expressions", |value| {
        let pairs = value.as_table()?.iter();
        pairs.map(|(name, value)| Some((name.get_ref().to_lowercase(), regex(value.get_ref())?))).collect()
    });
    table.unwrap_or_default()
}

fn wanted_json(keys: &mut Keys<'_>) -> Vec<JsonExpect> {
    let mut wanted = Vec::new();
    for element in keys.elements("json") {
        let (expects, mistakes) = json_expects(element);
        wanted.extend(expects);
        keys.add(mistakes);
    }
    wanted
}

/// `{ pointer = "/data/total", at_least = 1 }`: each comparison is one expectation.
fn json_expects<'t>(element: &'t Spanned<DeValue<'t>>) -> (Vec<JsonExpect>, Vec<Mistake>) {
    let at = element.span().start;
    let Some(table) = element.get_ref().as_table() else {
        let text = "json wants tables: { pointer = \"/errCode\", equals = 0 }".to_owned();
        return (Vec::new(), vec![Mistake { at, text }]);
    };
    let mut keys = Keys::new(table, at, "a comparison of json");
    let is_pointer = |value: &DeValue<'_>| text(value).filter(|text| text.starts_with('/'));
    let pointer = keys.need("pointer", "a JSON pointer such as /errCode", is_pointer);
    let mut wants = Vec::new();
    wants.extend(keys.take("equals", "a text, a number or true or false", scalar).map(JsonWants::Equal));
    wants.extend(keys.take("at_least", "a number", fraction).map(JsonWants::AtLeast));
    wants.extend(keys.take("at_most", "a number", fraction).map(JsonWants::AtMost));
    wants.extend(keys.take("matches", "a regular expression", regex).map(JsonWants::Match));
    if wants.is_empty() {
        wants.push(JsonWants::Presence);
    }
    let expects = pointer.map(|pointer| {
        wants.into_iter().map(|wants| JsonExpect { pointer: pointer.clone(), wants }).collect()
    });
    (expects.unwrap_or_default(), keys.finish())
}

fn is_name(value: &DeValue<'_>) -> Option<String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    text(value).filter(|name| name.chars().all(fits))
}

/// Whether a name is one that targets and ids know already.
fn is_taken(name: &str) -> bool {
    TAKEN.contains(&name)
        || Service::known_by_word(name).is_some()
        || Dependency::from_word(name).is_some()
        || Group::KNOWN.into_iter().any(|group| group.name() == name)
}

fn duration(value: &DeValue<'_>) -> Option<Duration> {
    let micros = crate::time::parse_span(value.as_str()?)?;
    (micros >= 1_000).then(|| Duration::from_micros(micros))
}

fn status(value: &DeValue<'_>) -> Option<u16> {
    number(value).filter(|status| (100..600).contains(status))
}

fn regex(value: &DeValue<'_>) -> Option<Regex> {
    Regex::new(value.as_str()?).ok()
}

/// `host:port`, `[::1]:443`
fn address(value: &DeValue<'_>) -> Option<String> {
    let text = text(value)?;
    let (host, port) = text.rsplit_once(':')?;
    let is_one = !host.is_empty() && (!host.contains(':') || host.starts_with('['));
    let port: u16 = port.parse().ok()?;
    (is_one && port != 0).then_some(text)
}

/// A name without a suffix is a service's, as systemctl takes it.
fn unit(value: &DeValue<'_>) -> Option<String> {
    let name = text(value).filter(|name| !name.contains(['/', ' ']))?;
    Some(if name.contains('.') { name } else { format!("{name}.service") })
}

fn scalar(value: &DeValue<'_>) -> Option<serde_json::Value> {
    if let Some(number) = number::<i64>(value) {
        return Some(number.into());
    }
    let fraction = value.as_float().and_then(|_| fraction(value)).map(serde_json::Value::from);
    let truth = value.as_bool().map(serde_json::Value::from);
    truth.or(fraction).or_else(|| value.as_str().map(serde_json::Value::from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::report::Kind;

    fn parsed(text: &str) -> Result<Vec<OwnCheck>, Vec<String>> {
        let line = |at: usize| text[..at].matches('\n').count() + 1;
        let (mistakes, checks) = parse(text, &|at| format!("f:{}", line(at)), &[]);
        let told: Vec<String> = mistakes.iter().map(|m| format!("{}: {}", line(m.at), m.text)).collect();
        if told.is_empty() { Ok(checks) } else { Err(told) }
    }

    #[test]
    fn each_kind_is_read() {
        let text = r#"
[[check]]
name = "front"
kind = "http"
url = "https://im.example.org/healthz?token=canary"
headers = { Authorization = "canary" }
status = [200, 204]
header = { content-type = "^text/" }
matches = "OpenIM"
json = [{ pointer = "/errCode", equals = 0 }, { pointer = "/total", at_least = 1, at_most = 9.5 }]
within = "300ms"
timeout = "1s"
severity = "warn"
hint = "restart nginx"
[[check]]
name = "front"
kind = "tls"
address = "im.example.org:443"
[[check]]
name = "sidecar"
kind = "process"
program = "/usr/sbin/nginx"
[[check]]
name = "port"
kind = "tcp"
address = "[::1]:25"
[[check]]
name = "user"
kind = "grpc"
address = "localhost:10110"
"#;
        let Err(told) = parsed(text) else { panic!("user is a name of OpenIM's") };
        assert_eq!(told, ["28: user is a name of OpenIM's: choose another"]);
        let checks = parsed(&text.replace("\"user\"", "\"users\"")).expect("the rest is right");
        let kinds: Vec<Kind> = checks.iter().map(OwnCheck::kind).collect();
        assert_eq!(kinds, [Kind::Http, Kind::Tls, Kind::Process, Kind::Tcp, Kind::Grpc]);
        assert_eq!(checks[0].id(), "front/http");
        assert_eq!(checks[0].spec.target(), "https://im.example.org/healthz");
        assert!(!format!("{checks:?}").contains("Authorization: canary"));
        let Spec::Tls { name, days, .. } = &checks[1].spec else { panic!("it is tls") };
        assert_eq!((name.as_str(), *days), ("im.example.org", DAYS));
    }

    #[test]
    fn every_mistake_is_told_with_its_line() {
        let text = "[[check]]\nname = \"a b\"\nkind = \"http\"\nurl = \"ftp://x\"\nstatsu = 200\nmatches = \"(\"\n\
                    [[check]]\nname = \"x\"\nkind = \"ping\"\n[[check]]\nname = \"y\"\nkind = \"tcp\"\n\
                    [[check]]\nname = \"z\"\nkind = \"tcp\"\naddress = \"host\"\ntimeout = 5\n[chekc]\n";
        assert_eq!(
            parsed(text).expect_err("it is full of mistakes").into_iter().collect::<BTreeSet<_>>(),
            [
                "2: name wants letters, digits, dots, dashes",
                "4: url wants http://… or https://…, without a password",
                "5: a check of kind http has no key statsu, meant status?",
                "6: matches wants a regular expression",
                "9: kind wants process, tcp, tls, http, grpc, websocket or unit, not ping",
                "10: a check of kind tcp needs address: host:port",
                "16: address wants host:port",
                "17: timeout wants a time such as 2s",
                "18: a file of checks has no key chekc, meant check?",
            ]
            .map(str::to_owned)
            .into()
        );
    }

    #[test]
    fn one_id_is_one_check_and_broken_toml_has_its_line() {
        let twice = "[[check]]\nname = \"a\"\nkind = \"tcp\"\naddress = \"h:1\"\n".repeat(2);
        assert_eq!(parsed(&twice).expect_err("twice"), ["5: there is a check a/tcp already"]);
        let broken = parsed("[[check]]\nname = \n").expect_err("broken");
        assert!(broken[0].starts_with("2: "), "{broken:?}");
    }

    #[test]
    fn passwords_in_addresses_are_refused() {
        let text = "[[check]]\nname = \"a\"\nkind = \"http\"\nurl = \"http://u:canary@h/\"\n";
        let told = parsed(text).expect_err("it holds a password");
        assert!(!told.concat().contains("canary"), "{told:?}");
    }
}

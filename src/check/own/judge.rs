//! Question and answer → a finding and its sentences.

use std::fmt;
use std::time::Duration;

use regex::Regex;
use serde_json::Value;

use super::ask::{Outcome, Unit};
use super::{Expect, Fact, JsonExpect, JsonWants, OwnCheck, Severity, Spec};
use crate::check::facts::Asked;
use crate::check::kind::words::{Count, be, join, s};
use crate::check::kind::{About, Depth, Found, Look, Nature, Place, Planned, Sentences};
use crate::check::plan::Plan;
use crate::host::manager::Silence;
use crate::host::process::State;
use crate::probe::grpc::Identity;
use crate::probe::tls::{Handshake, TlsFailure};
use crate::probe::web::Answer;
use crate::probe::{Failure, Millis};

/// Longer texts of an answer are cut in a sentence.
const SHOWN: usize = 60;

const DAY: u64 = 86_400;

// What it plans.

/// Every check of the user's.
pub(in crate::check) fn planned(plan: &Plan) -> impl Iterator<Item = Planned> {
    plan.own_checks().map(|(_, check)| Planned {
        id: check.id(),
        kind: check.kind(),
        service: None,
        expects: check.wants(),
        from: check.origin.clone(),
    })
}

impl OwnCheck {
    /// What should be.
    fn wants(&self) -> String {
        match &self.spec {
            Spec::Process { at_least, at_most: None, .. } => {
                format!("at least {}", Count(*at_least, "process", "processes"))
            }
            Spec::Process { at_least, at_most: Some(most), .. } if at_least == most => {
                Count(*most, "process", "processes").to_string()
            }
            Spec::Process { at_least, at_most: Some(most), .. } => format!("{at_least} to {most} processes"),
            Spec::Tcp { .. } => "a connection".to_owned(),
            Spec::Tls { name, days, .. } => {
                format!("a certificate for {name}, good for {days} days")
            }
            Spec::Http { expect, .. } => expect.to_string(),
            Spec::Grpc { service: Some(service), .. } => format!("an answer of {service}"),
            Spec::Grpc { service: None, .. } => "an answer over gRPC".to_owned(),
            Spec::Websocket { status, .. } => status.to_string(),
            Spec::Unit { .. } => "active".to_owned(),
        }
    }
}

impl fmt::Display for Expect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&join(&self.status, " or "))?;
        for (name, regex) in &self.headers {
            write!(f, ", {name} matching {regex}")?;
        }
        if let Some(regex) = &self.body {
            write!(f, ", a body matching {regex}")?;
        }
        self.json.iter().try_for_each(|json| write!(f, ", {json}"))
    }
}

// How it judges.

/// What came of each check.
pub(in crate::check) fn judge(look: &Look) -> Vec<Found> {
    look.plan.own_checks().filter_map(|(index, check)| found(look, index, check)).collect()
}

fn found(look: &Look, index: usize, check: &OwnCheck) -> Option<Found> {
    let (finding, took) = match look.facts.own.get(&index)? {
        Asked::No => return None,
        Asked::Waiting => (crate::check::kind::Finding::CutOff, look.elapsed),
        Asked::Done(fact) => (check.judge(fact), fact.took),
    };
    Some(Found {
        place: Place::Own(index),
        name: check.kind().word(),
        target: check.spec.target(),
        expected: check.wants(),
        finding,
        took,
    })
}

impl OwnCheck {
    fn judge(&self, fact: &Fact) -> crate::check::kind::Finding {
        let what = match self.find(&fact.outcome) {
            Ok(got) if self.within.is_some_and(|within| fact.took > within) => {
                let within = self.within.unwrap_or_default();
                What::Slow { got, after: fact.took, within }
            }
            Ok(got) => What::Well { got, after: fact.took },
            Err(Wrong::Silent(why)) => What::Silent(why),
            Err(Wrong::Unreadable) => What::Unreadable,
            Err(Wrong::Away { text, got }) => What::Away { target: self.spec.target(), text, got },
            Err(Wrong::Differs(differences)) => What::Differs(differences),
            Err(Wrong::Soon(days)) => What::EndsSoon { days },
        };
        let (severity, hint) = (self.severity, self.hint.clone());
        crate::check::kind::Finding::Own(Finding { what, severity, hint })
    }

    fn find(&self, outcome: &Outcome) -> Result<String, Wrong> {
        match (outcome, &self.spec) {
            (Outcome::Processes(found), Spec::Process { at_least, at_most, .. }) => {
                find_processes(found.as_ref().ok_or(Wrong::Unreadable)?, *at_least, *at_most)
            }
            (Outcome::Tcp(connected), _) => match connected {
                Ok(_) => Ok("a connection".to_owned()),
                Err(failure) => Err(away(failure)),
            },
            (Outcome::Tls(handshake), Spec::Tls { days, .. }) => find_certificate(handshake, *days),
            (Outcome::Http(answer), Spec::Websocket { status, .. }) => find_websocket(answer, *status),
            (Outcome::Http(answer), Spec::Http { expect, .. }) => {
                let answer = answer.as_ref().map_err(away_securely)?;
                expect.compare(answer).map(|()| answer.status.to_string())
            }
            (Outcome::Grpc(identity), Spec::Grpc { service, .. }) => {
                find_service(identity, service.as_deref())
            }
            (Outcome::Unit(unit), _) => find_unit(unit),
            // A question has the answer of its own kind.
            (Outcome::Processes(_) | Outcome::Tls(_) | Outcome::Http(_) | Outcome::Grpc(_), _) => {
                Err(Wrong::Unreadable)
            }
        }
    }
}

/// Why a check is not as wanted.
#[derive(Debug)]
enum Wrong {
    Silent(Silence),
    Unreadable,
    Away { text: String, got: String },
    Differs(Vec<Difference>),
    Soon(u64),
}

/// One thing that is not as wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Difference {
    /// The predicate of a sentence: "has /errCode 14, not 0".
    says: String,
    /// What is there: "/errCode 14".
    got: String,
}

impl Difference {
    fn new(says: impl Into<String>, got: impl Into<String>) -> Self {
        Self { says: says.into(), got: got.into() }
    }

    /// Of something that is there, and should be otherwise.
    fn instead(verb: &str, got: impl Into<String>, wanted: impl fmt::Display) -> Self {
        let got = got.into();
        Self { says: format!("{verb} {got}, {wanted}"), got }
    }

    fn alone(self) -> Wrong {
        Wrong::Differs(vec![self])
    }
}

fn away(failure: &Failure) -> Wrong {
    Wrong::Away { text: failure.to_string(), got: failure.as_got() }
}

fn away_securely(failure: &TlsFailure) -> Wrong {
    Wrong::Away { text: failure.to_string(), got: failure.as_got() }
}

fn find_processes(found: &[(u32, State)], at_least: u32, at_most: Option<u32>) -> Result<String, Wrong> {
    let in_state = |wanted: &[State]| -> Vec<u32> {
        found.iter().filter(|(_, state)| wanted.contains(state)).map(|(pid, _)| *pid).collect()
    };
    let alive = in_state(&[State::Alive, State::DiskSleep]);
    let stuck = join(&in_state(&[State::Stopped, State::Traced]), " ");
    let count = u32::try_from(alive.len()).unwrap_or(u32::MAX);
    let running = Count(count, "process", "processes").to_string();
    if count < at_least {
        return Err(if !stuck.is_empty() {
            Difference::new(format!("is stopped: pid {stuck}"), format!("pid {stuck} in state T"))
        } else if count > 0 {
            Difference::instead("has", running, format_args!("fewer than {at_least}"))
        } else if found.is_empty() {
            Difference::new("does not run", "no process")
        } else {
            Difference::new("is dead (zombie)", "a zombie")
        }
        .alone());
    }
    match at_most.filter(|most| count > *most) {
        Some(most) => {
            let running = format!("{running} (pids {})", join(&alive, " "));
            Err(Difference::instead("has", running, format_args!("more than {most}")).alone())
        }
        None => Ok(running),
    }
}

fn find_certificate(handshake: &Result<Handshake, TlsFailure>, wanted: i64) -> Result<String, Wrong> {
    let days = handshake.as_ref().map_err(away_securely)?.left.as_secs() / DAY;
    if i64::try_from(days).is_ok_and(|days| days < wanted) {
        return Err(Wrong::Soon(days));
    }
    Ok(format!("a certificate for {} more", days_of(days)))
}

fn find_websocket(answer: &Result<Answer, TlsFailure>, wanted: u16) -> Result<String, Wrong> {
    let answer = answer.as_ref().map_err(away_securely)?;
    match answer.status {
        101 if wanted == 101 && !answer.is_websocket() => {
            let says = "agrees to WebSocket with a wrong Sec-WebSocket-Accept";
            Err(Difference::new(says, "a wrong Sec-WebSocket-Accept").alone())
        }
        status if status == wanted => Ok(status.to_string()),
        status => Err(status_difference(status, wanted).alone()),
    }
}

fn find_service(identity: &Result<Identity, Failure>, service: Option<&str>) -> Result<String, Wrong> {
    match (identity.as_ref().map_err(away)?, service) {
        (_, None) => Ok("an answer over gRPC".to_owned()),
        (Identity::Right, Some(service)) => Ok(format!("{service}'s own refusal")),
        (Identity::Other, Some(service)) => {
            Err(Difference::instead("is", "another gRPC service", format_args!("not {service}")).alone())
        }
        (Identity::Refused { status, message }, Some(_)) => {
            let got = format!("{status} {message}");
            Err(Difference::new(format!("refuses gRPC calls: {got}"), got).alone())
        }
    }
}

fn find_unit(unit: &Result<Unit, Silence>) -> Result<String, Wrong> {
    let Unit { is_active, state } = unit.as_ref().map_err(|why| Wrong::Silent(why.clone()))?;
    if *is_active { Ok(state.clone()) } else { Err(Difference::new(format!("is {state}"), state).alone()) }
}

impl Expect {
    /// Compares an answer with all that is wanted of it.
    fn compare(&self, answer: &Answer) -> Result<(), Wrong> {
        let mut differences = Vec::new();
        if !self.status.contains(&answer.status) {
            differences.push(status_difference(answer.status, join(&self.status, " or ")));
        }
        differences
            .extend(self.headers.iter().filter_map(|(name, regex)| header_difference(answer, name, regex)));
        let body = String::from_utf8_lossy(&answer.body);
        if let Some(regex) = self.body.as_ref().filter(|regex| !regex.is_match(&body)) {
            differences.push(Difference::new(
                format!("has a body without {regex}"),
                format!("a body without {regex}"),
            ));
        }
        differences.extend(self.json_differences(&answer.body));
        if differences.is_empty() { Ok(()) } else { Err(Wrong::Differs(differences)) }
    }

    fn json_differences(&self, body: &[u8]) -> Vec<Difference> {
        if self.json.is_empty() {
            return Vec::new();
        }
        match serde_json::from_slice::<Value>(body) {
            Ok(document) => self.json.iter().filter_map(|wanted| wanted.difference(&document)).collect(),
            Err(_) => vec![Difference::new("has a body that is no JSON", "a body that is no JSON")],
        }
    }
}

fn status_difference(status: u16, wanted: impl fmt::Display) -> Difference {
    Difference::instead("answers with", format!("HTTP status {status}"), format_args!("not {wanted}"))
}

fn header_difference(answer: &Answer, name: &str, regex: &Regex) -> Option<Difference> {
    match answer.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes())) {
        None => Some(Difference::new(format!("has no header {name}"), format!("no header {name}"))),
        Some(value) if !regex.is_match(&value) => {
            let got = format!("{name} {}", cut(&value));
            Some(Difference::instead("has", got, format_args!("not {regex}")))
        }
        Some(_) => None,
    }
}

impl JsonExpect {
    fn difference(&self, document: &Value) -> Option<Difference> {
        let pointer = &self.pointer;
        let Some(found) = document.pointer(pointer) else {
            return Some(Difference::new(format!("has no {pointer}"), format!("no {pointer}")));
        };
        let shown = found.as_str().map_or_else(|| found.to_string(), str::to_owned);
        let number = found.as_f64();
        let (is_so, wanted) = match &self.wants {
            JsonWants::Presence => return None,
            JsonWants::Equal(value) => (same(found, value), value.to_string()),
            JsonWants::AtLeast(least) => (number.is_some_and(|n| n >= *least), format!("at least {least}")),
            JsonWants::AtMost(most) => (number.is_some_and(|n| n <= *most), format!("at most {most}")),
            JsonWants::Match(regex) => (regex.is_match(&shown), regex.to_string()),
        };
        let got = format!("{pointer} {}", cut(&shown));
        (!is_so).then(|| Difference::instead("has", got, format_args!("not {wanted}")))
    }
}

/// JSON has one kind of number: 1 and 1.0 are the same.
fn same(found: &Value, wanted: &Value) -> bool {
    found == wanted
        || found.as_f64().zip(wanted.as_f64()).is_some_and(|(found, wanted)| (found - wanted).abs() == 0.0)
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn days_of(days: u64) -> String {
    if days == 1 { "1 day".to_owned() } else { format!("{days} days") }
}

// Its sentences.

/// What came of a check of the user's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::check) struct Finding {
    what: What,
    severity: Severity,
    hint: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    Well { got: String, after: Duration },
    Slow { got: String, after: Duration, within: Duration },
    Unreadable,
    Silent(Silence),
    Away { target: String, text: String, got: String },
    Differs(Vec<Difference>),
    EndsSoon { days: u64 },
}

impl Sentences for Finding {
    fn nature(&self) -> Nature {
        let wrong = |symptom| match self.severity {
            Severity::Fail => Nature::fail(symptom, Depth::Other),
            Severity::Warn => Nature::warn(symptom),
        };
        match &self.what {
            What::Well { .. } => Nature::pass("own-well"),
            What::Slow { .. } => Nature::warn("own-slow"),
            What::EndsSoon { .. } => Nature::warn("own-ends-soon"),
            What::Unreadable => Nature::unknown("own-unreadable", Depth::Other),
            What::Silent(_) => Nature::unknown("own-silent", Depth::Other),
            What::Away { .. } => wrong("own-away"),
            What::Differs(_) => wrong("own-differs"),
        }
    }

    fn predicate(&self, several: bool) -> String {
        match &self.what {
            What::Well { after, .. } => format!("{} well after {}", be(several), Millis(*after)),
            What::Slow { after, within, .. } => {
                format!("answer{} after {} only, not within {}", s(several), Millis(*after), Millis(*within))
            }
            What::Unreadable => "cannot be looked at: /proc does not let us".to_owned(),
            What::Silent(why) => format!("{} not known: systemd {why}", be(several)),
            What::Away { target, text, .. } => format!("{target} {text}"),
            What::Differs(differences) => list(differences.iter().map(|one| one.says.as_str())),
            What::EndsSoon { days: 0 } => "has a certificate that ends within a day".to_owned(),
            What::EndsSoon { days } => format!("has a certificate that ends in {}", days_of(*days)),
        }
    }

    fn got(&self) -> String {
        match &self.what {
            What::Well { got, .. } | What::Slow { got, .. } => got.clone(),
            What::Unreadable => "nothing".to_owned(),
            What::Silent(why) => why.to_string(),
            What::Away { got, .. } => got.clone(),
            What::Differs(differences) => list(differences.iter().map(|one| one.got.as_str())),
            What::EndsSoon { days } => format!("a certificate for {} more", days_of(*days)),
        }
    }

    fn hint(&self, _about: &About) -> Option<String> {
        self.hint.clone()
    }
}

fn list<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    parts.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    fn expect(json: Vec<JsonExpect>) -> Expect {
        Expect { status: vec![200], headers: Vec::new(), body: None, json }
    }

    fn answer(body: &str) -> Answer {
        let (headers, body) = (HeaderMap::new(), body.as_bytes().to_vec());
        Answer { status: 200, headers, body, took: Duration::ZERO }
    }

    fn difference(wants: JsonWants, body: &str) -> Option<String> {
        let expect = expect(vec![JsonExpect { pointer: "/a".to_owned(), wants }]);
        said(expect.compare(&answer(body)).map(|()| String::new())).filter(|text| !text.is_empty())
    }

    /// The text of what is well, or of what differs.
    fn said(found: Result<String, Wrong>) -> Option<String> {
        match found {
            Ok(text) => Some(text),
            Err(Wrong::Differs(differences)) => {
                Some(list(differences.iter().map(|difference| difference.says.as_str())))
            }
            Err(Wrong::Silent(_) | Wrong::Unreadable | Wrong::Away { .. } | Wrong::Soon(_)) => None,
        }
    }

    #[test]
    fn values_of_json_are_compared_by_their_own_kind() {
        let equal = |value: Value| JsonWants::Equal(value);
        assert_eq!(difference(equal(1.into()), "{\"a\":1.0}"), None);
        assert_eq!(difference(equal("1".into()), "{\"a\":1}"), Some("has /a 1, not \"1\"".to_owned()));
        assert_eq!(
            difference(JsonWants::AtLeast(2.0), "{\"a\":1}"),
            Some("has /a 1, not at least 2".to_owned())
        );
        assert_eq!(
            difference(JsonWants::AtMost(2.0), "{\"a\":\"x\"}"),
            Some("has /a x, not at most 2".to_owned())
        );
        assert_eq!(difference(JsonWants::Presence, "{}"), Some("has no /a".to_owned()));
        assert_eq!(difference(JsonWants::Presence, "no"), Some("has a body that is no JSON".to_owned()));
    }

    #[test]
    fn a_stopped_process_does_not_count_as_one_that_runs() {
        let told = |found: &[(u32, State)], least, most| {
            said(find_processes(found, least, most)).unwrap_or_default()
        };
        assert_eq!(told(&[], 1, None), "does not run");
        assert_eq!(told(&[(1, State::Zombie)], 1, None), "is dead (zombie)");
        assert_eq!(told(&[(1, State::Stopped)], 1, None), "is stopped: pid 1");
        assert_eq!(told(&[(1, State::Alive)], 2, None), "has 1 process, fewer than 2");
        assert_eq!(
            told(&[(1, State::Alive), (2, State::Alive)], 1, Some(1)),
            "has 2 processes (pids 1 2), more than 1"
        );
        assert_eq!(told(&[(1, State::Alive)], 1, Some(1)), "1 process");
    }
}

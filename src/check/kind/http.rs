//! The API over HTTP: `OPTIONS`, which touches no other service, and the whole way to auth with a wrong secret.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use reqwest::Client;

use super::process::can_answer;
use super::registry::registration_of;
use super::words::s;
use super::{About, Depth, Effect, Found, Look, Nature, Place, Planned, Sentences};
use crate::check::facts::{Asked, Board, Facts};
use crate::check::plan::{InstancePlan, Plan};
use crate::check::report::Kind;
use crate::host::socket::{Queue, SocketTable};
use crate::openim::answer::{ApiAnswer, NO_PERMISSION, TOKEN_REFUSED, UNAVAILABLE};
use crate::openim::layout::Credential;
use crate::openim::service::Service;
use crate::probe::http::{Answer, Ask, Request, probe_http};
use crate::probe::{Failure, Millis};

// What it plans.

/// One request to each instance that has an HTTP port.
pub(super) fn plan(instance: &InstancePlan) -> Vec<Planned> {
    let planned = instance.http_port().map(|port| Planned {
        id: instance.check_id("http"),
        kind: Kind::Http,
        service: Some(instance.service),
        expects: format!("OPTIONS http://…:{port}/ answers 200"),
        from: instance.listen_sources(),
    });
    planned.into_iter().collect()
}

// What it asks.

/// What one request to the API came to.
#[derive(Clone, Debug)]
pub(in crate::check) struct HttpFact {
    /// The request's address.
    pub(in crate::check) url: String,
    /// Its answer.
    pub(in crate::check) outcome: Result<Answer, Failure>,
    /// How long it took to get there.
    pub(in crate::check) took: Duration,
}

/// Asks each instance of the API that can answer.
pub(in crate::check) async fn ask(plan: &Plan, board: &Board, client: &Client, sockets: &SocketTable) {
    for (instance, url) in api_urls(plan, &board.snapshot(), sockets) {
        let request = Request { url, ask: Ask::Options };
        board.put(|facts| drop(facts.http.insert(instance.place(), Asked::Waiting)));
        let fact = ask_http(plan, client, request).await;
        board.put(|facts| drop(facts.http.insert(instance.place(), Asked::Done(fact))));
    }
}

/// Asks the whole way where that was wished, or where the registry shows that it is cut.
pub(in crate::check) async fn ask_deep(plan: &Plan, board: &Board, client: &Client, sockets: &SocketTable) {
    let facts = board.snapshot();
    if !plan.deep && !auth_is_lost(plan, &facts) {
        return;
    }
    let mut askable = plan.instances.iter().filter(|instance| leads_to_auth(instance.service));
    let address = askable.find_map(|instance| api_address(&facts, instance, sockets));
    let Some(address) = address else { return };
    board.put(|facts| facts.deep = Asked::Waiting);
    let (path, ask) = match plan.layout.deep {
        Credential::Secret => ("get_admin_token", Ask::WrongSecret),
        Credential::Token => ("parse_token", Ask::WrongToken),
    };
    let request = Request { url: format!("http://{address}/auth/{path}"), ask };
    let fact = ask_http(plan, client, request).await;
    board.put(|facts| facts.deep = Asked::Done(fact));
}

/// Whether it hands out tokens: the gateway of open-im-server, and not those of chat.
fn leads_to_auth(service: Service) -> bool {
    matches!(service, Service::Api | Service::Server)
}

async fn ask_http(plan: &Plan, client: &Client, request: Request) -> HttpFact {
    let started = Instant::now();
    let outcome = probe_http(client, &request, plan.probe_timeout).await;
    HttpFact { url: request.url, outcome, took: started.elapsed() }
}

/// The address at which each instance of the API that can answer is asked.
fn api_urls<'p>(plan: &'p Plan, facts: &Facts, sockets: &SocketTable) -> Vec<(&'p InstancePlan, String)> {
    let mut urls = Vec::new();
    for instance in &plan.instances {
        if plan.http_is_loud() || !plan.wants(Some(instance.service), Kind::Http, &instance.check_id("http"))
        {
            continue;
        }
        if let Some(address) = api_address(facts, instance, sockets) {
            urls.push((instance, format!("http://{address}/")));
        }
    }
    urls
}

/// A stopped process, a full accept queue and a foreign owner of the port are not asked: they have said enough.
fn api_address(facts: &Facts, instance: &InstancePlan, sockets: &SocketTable) -> Option<SocketAddr> {
    let port = instance.http_port()?;
    let process = instance.sole_process().filter(|process| can_answer(facts, process))?;
    let listeners = sockets.of(process.pid)?;
    let listener = listeners.iter().find(|listener| listener.address.port() == port)?;
    (listener.queue() != Queue::Full).then(|| listener.reachable_at())
}

/// Whether auth, which every login needs, has a process and no key.
fn auth_is_lost(plan: &Plan, facts: &Facts) -> bool {
    let (Some(sockets), Asked::Done(Ok(snapshot))) = (&facts.sockets, &facts.registry) else { return false };
    plan.instances.iter().any(|instance| {
        instance.service == Service::RpcAuth
            && instance.sole_process().is_some_and(|process| {
                sockets.of(process.pid).is_some_and(|listeners| {
                    !listeners.is_empty() && registration_of(instance, listeners, snapshot).is_none()
                })
            })
    })
}

// How it judges.

/// The answer to `OPTIONS`, and for the first instance that of the whole way.
pub(super) fn judge(look: &Look, instance: &InstancePlan) -> Vec<Found> {
    if instance.http_port().is_none() {
        return Vec::new();
    }
    let place = Place::Instance(instance.service, instance.index);
    let (target, finding, took) = find(look, instance);
    let expected = "200 to OPTIONS".to_owned();
    let mut found = vec![Found { place, name: "http", target, expected, finding, took }];
    found.extend(find_deep(look, instance).map(|(target, finding, took)| {
        Found {
            place,
            name: "deep",
            target,
            expected: match look.plan.layout.deep {
                Credential::Secret => "errCode 1002 to a wrong secret: API, registry and auth work",
                Credential::Token => "errCode 1501 to 1507 to a wrong token: API, registry and auth work",
            }
            .to_owned(),
            finding,
            took,
        }
    }));
    found
}

fn find(look: &Look, instance: &InstancePlan) -> (String, super::Finding, Duration) {
    let nothing = |why| (String::new(), super::Finding::NotLookedAt { why }, Duration::ZERO);
    match look.facts.http.get(&instance.place()) {
        Some(Asked::Done(fact)) => (fact.url.clone(), super::Finding::Http(judge_options(fact)), fact.took),
        Some(Asked::Waiting) => (String::new(), super::Finding::CutOff, look.elapsed),
        Some(Asked::No) | None if look.plan.http_is_loud() => {
            nothing("each request writes three log lines in main; --only http or --deep asks")
        }
        Some(Asked::No) | None => nothing("its process or its port is not there"),
    }
}

/// Only the first instance of the API is asked for the whole way.
fn find_deep(look: &Look, instance: &InstancePlan) -> Option<(String, super::Finding, Duration)> {
    let is_asked = leads_to_auth(instance.service) && instance.index == 0;
    match &look.facts.deep {
        Asked::Done(fact) if is_asked => {
            Some((fact.url.clone(), super::Finding::Http(judge_deep(fact)), fact.took))
        }
        Asked::Waiting if is_asked => Some((String::new(), super::Finding::CutOff, look.elapsed)),
        Asked::Done(_) | Asked::Waiting | Asked::No => None,
    }
}

fn judge_options(fact: &HttpFact) -> Finding {
    match &fact.outcome {
        Err(failure) => Finding::Failed(failure.clone()),
        Ok(answer) => match ApiAnswer::parse(&answer.body) {
            Some(ApiAnswer { code, message, detail }) if code != 0 => {
                Finding::ErrorCode { code, text: join_words(&message, &detail) }
            }
            _ if answer.status == 200 => Finding::Answers { after: answer.took },
            _ => Finding::UnexpectedStatus(answer.status),
        },
    }
}

/// No answer means the same as 14: an API that has never known auth waits for it.
fn judge_deep(fact: &HttpFact) -> Finding {
    let answer = match &fact.outcome {
        Err(failure) => return Finding::AuthNotReached { text: failure.as_got() },
        Ok(answer) => answer,
    };
    match ApiAnswer::parse(&answer.body) {
        Some(ApiAnswer { code, .. }) if code == NO_PERMISSION || TOKEN_REFUSED.contains(&code) => {
            Finding::WholeWay { code, after: answer.took }
        }
        Some(ApiAnswer { code: UNAVAILABLE, message, detail }) => {
            Finding::AuthNotReached { text: format!("{UNAVAILABLE} {}", join_words(&message, &detail)) }
        }
        Some(ApiAnswer { code, message, detail }) => {
            Finding::ErrorCode { code, text: join_words(&message, &detail) }
        }
        None => Finding::UnexpectedStatus(answer.status),
    }
}

fn join_words(message: &str, detail: &str) -> String {
    if detail.is_empty() { message.to_owned() } else { format!("{message} {detail}") }
}

// Its sentences.

/// What can be found in the answers of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::check) enum Finding {
    Answers { after: Duration },
    Failed(Failure),
    UnexpectedStatus(u16),
    ErrorCode { code: i64, text: String },
    WholeWay { code: i64, after: Duration },
    AuthNotReached { text: String },
}

impl Sentences for Finding {
    fn nature(&self) -> Nature {
        let failed = |symptom| Nature::fail(symptom, Depth::Answer);
        match self {
            Self::Answers { .. } => Nature::pass("answers"),
            Self::WholeWay { .. } => Nature::pass("whole-way"),
            Self::Failed(Failure::Refused | Failure::ClosedEarly) => {
                failed("http-failed").without_etcd(Effect::Blocked).may_be_early()
            }
            Self::Failed(_) => failed("http-failed").without_etcd(Effect::Blocked),
            Self::UnexpectedStatus(_) => failed("unexpected-status"),
            Self::ErrorCode { .. } => failed("error-code"),
            Self::AuthNotReached { .. } => {
                Nature::fail("auth-not-reached", Depth::WholeWay).may_be_early().without_etcd(Effect::Blocked)
            }
        }
    }

    fn predicate(&self, several: bool) -> String {
        let s = s(several);
        match self {
            Self::Answers { after } => format!("answer{s} in {}", Millis(*after)),
            Self::Failed(failure @ Failure::NoAnswer(_)) => {
                format!("accept{s} connections but {failure}")
            }
            Self::Failed(failure) => failure.to_string(),
            Self::UnexpectedStatus(status) => format!("answer{s} with HTTP status {status}"),
            Self::ErrorCode { code, text } => format!("answer{s} with errCode {code} {text}"),
            Self::WholeWay { after, .. } => {
                format!("reach{} auth in {}", if several { "" } else { "es" }, Millis(*after))
            }
            Self::AuthNotReached { text } => format!("cannot reach auth: {text}"),
        }
    }

    fn got(&self) -> String {
        match self {
            Self::Answers { .. } => "200".to_owned(),
            Self::Failed(failure) => failure.as_got(),
            Self::UnexpectedStatus(status) => status.to_string(),
            Self::ErrorCode { code, text } => format!("errCode {code} {text}"),
            Self::WholeWay { code, .. } => format!("errCode {code}, auth's own refusal"),
            Self::AuthNotReached { text } => text.clone(),
        }
    }

    fn hint(&self, about: &About) -> Option<String> {
        match self {
            Self::Failed(_) | Self::UnexpectedStatus(_) | Self::ErrorCode { .. } => Some(format!(
                "see what it says with `openim-logs {} -n 20`; restart it if it stays so",
                about.service?
            )),
            Self::AuthNotReached { .. } => Some("look at rpc-auth and its key in etcd".to_owned()),
            Self::Answers { .. } | Self::WholeWay { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::report::Verdict;

    #[test]
    fn what_was_got_is_a_noun() {
        let silent = Finding::Failed(Failure::NoAnswer(Duration::from_secs(2)));
        assert_eq!(silent.got(), "no answer within 2 s");
        assert_eq!(silent.predicate(false), "accepts connections but gives no answer within 2 s");
    }

    #[test]
    fn an_error_code_in_a_200_is_a_failure_and_auths_refusal_is_none() {
        let fact = |body: &str| HttpFact {
            url: String::new(),
            outcome: Ok(Answer {
                status: 200,
                body: body.as_bytes().to_vec(),
                took: Duration::from_millis(2),
            }),
            took: Duration::from_millis(2),
        };
        let broken = judge_options(&fact(r#"{"errCode":500,"errMsg":"ServerInternalError","errDlt":"x"}"#));
        assert_eq!(broken.predicate(false), "answers with errCode 500 ServerInternalError x");
        assert_eq!(judge_options(&fact("\"Options Request!\"")).nature().verdict, Verdict::Pass);
        let refused =
            judge_deep(&fact(r#"{"errCode":1002,"errMsg":"NoPermissionError","errDlt":"secret invalid"}"#));
        assert_eq!(refused.nature().verdict, Verdict::Pass);
        let lost = judge_deep(&fact(r#"{"errCode":14,"errMsg":"no children to pick from","errDlt":""}"#));
        assert_eq!(lost.predicate(false), "cannot reach auth: 14 no children to pick from");
    }
}

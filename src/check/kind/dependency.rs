//! The servers that OpenIM stands on: each asked as OpenIM itself connects, and each judged side by side.

use std::time::Duration;

use super::words::{Count, be, join, s};
use super::{About, Depth, Found, Look, Nature, Place, Planned, Sentences, consumers};
use crate::check::facts::{Answers, Asked, Board, Facts};
use crate::check::plan::{Apart, Plan};
use crate::check::report::Kind;
use crate::openim::dependency::{Dependency, Settings};
use crate::probe::dependency::{
    Answer, Aspect, Examined, NotAsked, Severity, Trouble, aspects, probe_dependency,
};
use crate::probe::etcd::{Snapshot, Unreachable};
use crate::probe::{Failure, Millis};

/// The registry's own question to etcd: whether it can be read.
const KEYS: Aspect = Aspect { name: "keys", expects: "an answer to a range request" };

/// Whether services agree where a server is: told only where they do not, and then it is asked in both places.
const PLACE: Aspect = Aspect { name: "place", expects: "the same address for all services" };

/// The id of the check that the registry's question to etcd decides.
pub(super) fn keys_check() -> String {
    format!("{}/{}", Dependency::Etcd, KEYS.name)
}

fn place_check(dependency: Dependency) -> String {
    format!("{dependency}/{}", PLACE.name)
}

// What it plans.

/// One answer of etcd where services are found through it, and one check for each side of each server.
pub(super) fn plan(plan: &Plan) -> Vec<Planned> {
    let keys = plan.registry.as_ref().map(|registry| Planned {
        id: keys_check(),
        kind: Kind::Dependency,
        service: None,
        expects: format!("{} answers", registry.addresses.join(" or ")),
        from: registry.origin.clone(),
    });
    let others = plan.dependencies.iter().flat_map(|settings| {
        aspects(settings.dependency()).iter().map(|aspect| Planned {
            id: format!("{}/{}", settings.dependency(), aspect.name),
            kind: Kind::Dependency,
            service: None,
            expects: format!("{} at {}", aspect.expects, settings.addresses().join(" ")),
            from: settings.origin().to_owned(),
        })
    });
    let apart = plan.apart.iter().map(|apart| Planned {
        id: place_check(apart.told.dependency()),
        kind: Kind::Dependency,
        service: None,
        expects: PLACE.expects.to_owned(),
        from: apart.told.origin().to_owned(),
    });
    keys.into_iter().chain(others).chain(apart).collect()
}

// What it asks.

/// Asks every server at once. The registry's question to etcd is asked elsewhere.
pub(in crate::check) async fn ask(plan: &Plan, board: &Board) {
    let ask = |dependency| ask_one(plan, board, dependency);
    tokio::join!(
        ask(Dependency::Etcd),
        ask(Dependency::Redis),
        ask(Dependency::MongoDb),
        ask(Dependency::Kafka),
        ask(Dependency::Minio),
        ask(Dependency::ZooKeeper),
        ask(Dependency::OpenIm)
    );
}

async fn ask_one(plan: &Plan, board: &Board, dependency: Dependency) {
    let mut configured = plan.dependencies.iter().filter(|settings| settings.dependency() == dependency);
    let usual = configured.next().filter(|settings| is_wanted(plan, settings));
    let mut apart = plan.apart.iter().map(|apart| &apart.told).filter(|told| told.dependency() == dependency);
    let elsewhere = apart.next().filter(|_| plan.wants(None, Kind::Dependency, &place_check(dependency)));
    tokio::join!(
        ask_there(plan, board, usual, |facts| &mut facts.dependencies),
        ask_there(plan, board, elsewhere, |facts| &mut facts.elsewhere)
    );
}

/// Asks a server in one place, and keeps what it says among these facts.
async fn ask_there(
    plan: &Plan,
    board: &Board,
    settings: Option<&Settings>,
    kept: fn(&mut Facts) -> &mut Answers,
) {
    let Some(settings) = settings else { return };
    let dependency = settings.dependency();
    board.put(|facts| drop(kept(facts).insert(dependency, Asked::Waiting)));
    let examined = probe_dependency(settings, plan.probe_timeout).await;
    board.put(|facts| drop(kept(facts).insert(dependency, Asked::Done(examined))));
}

fn is_wanted(plan: &Plan, settings: &Settings) -> bool {
    let dependency = settings.dependency();
    let is_wanted =
        |aspect: &Aspect| plan.wants(None, Kind::Dependency, &format!("{dependency}/{}", aspect.name));
    aspects(dependency).iter().any(is_wanted)
        || (dependency == Dependency::Kafka && consumers::is_wanted(plan))
}

// How it judges.

/// Whether etcd's keys could be read, and each side of each server.
pub(super) fn judge(look: &Look) -> Vec<Found> {
    let sides = look.plan.dependencies.iter().flat_map(|settings| judge_server(look, settings));
    let apart = look.plan.apart.iter().map(|apart| judge_apart(look, apart));
    judge_keys(look).into_iter().chain(sides).chain(apart).collect()
}

/// A server that is broken where only some services look is broken for these.
fn judge_apart(look: &Look, apart: &Apart) -> Found {
    let dependency = apart.told.dependency();
    let (outcome, took) = match look.facts.elsewhere.get(&dependency) {
        None | Some(Asked::No | Asked::Waiting | Asked::Done(Err(NotAsked(_)))) => {
            (Elsewhere::NotAsked, Duration::ZERO)
        }
        Some(Asked::Done(Ok(Examined { outcome, took }))) => (Elsewhere::of(outcome), *took),
    };
    let finding = super::Finding::Dependency(Finding::Apart { apart: Box::new(apart.clone()), outcome });
    found(dependency, PLACE, apart.told.addresses(), finding, took)
}

fn judge_keys(look: &Look) -> Option<Found> {
    let registry = look.plan.registry.as_ref()?;
    let (finding, took) = match &look.facts.registry {
        Asked::No => return None,
        Asked::Waiting => (super::Finding::CutOff, look.elapsed),
        Asked::Done(Ok(Snapshot { registrations, endpoint, took, .. })) => {
            let keys = Count::of(registrations.len(), "instance", "instances");
            (ready(endpoint, format!("{endpoint}: {keys} registered"), *took), *took)
        }
        Asked::Done(Err(Unreachable { endpoint, failure, took })) => {
            (away(Dependency::Etcd, endpoint, &registry.origin, failure), *took)
        }
    };
    Some(found(Dependency::Etcd, KEYS, &registry.addresses, finding, took))
}

fn judge_server(look: &Look, settings: &Settings) -> Vec<Found> {
    let dependency = settings.dependency();
    let of_aspect =
        |aspect: &Aspect, finding, took| found(dependency, *aspect, settings.addresses(), finding, took);
    let sides = aspects(dependency);
    let first = sides.iter().take(1);
    match look.facts.dependencies.get(&dependency) {
        None | Some(Asked::No) => Vec::new(),
        Some(Asked::Waiting) => {
            first.map(|aspect| of_aspect(aspect, super::Finding::CutOff, look.elapsed)).collect()
        }
        Some(Asked::Done(Err(NotAsked(why)))) => first
            .map(|aspect| of_aspect(aspect, super::Finding::NotLookedAt { why }, Duration::ZERO))
            .collect(),
        Some(Asked::Done(Ok(Examined { outcome: Err(failure), took }))) => {
            let Some(finding) = judge_failure(look, settings, failure) else { return Vec::new() };
            first.map(|aspect| of_aspect(aspect, finding.clone(), *took)).collect()
        }
        Some(Asked::Done(Ok(Examined { outcome: Ok(answer), took }))) => sides
            .iter()
            .map(|aspect| of_aspect(aspect, judge_side(settings, aspect, &answer.troubles, *took), *took))
            .collect(),
    }
}

/// Of etcd the registry's question tells, too, whether it is there; `None` where it has said enough.
fn judge_failure(look: &Look, settings: &Settings, failure: &Failure) -> Option<super::Finding> {
    let (dependency, endpoint) = (settings.dependency(), settings.addresses().join(" "));
    match &look.facts.registry {
        Asked::Done(Err(_)) if dependency == Dependency::Etcd => None,
        Asked::Done(Ok(_)) if dependency == Dependency::Etcd => {
            let failure = failure.clone();
            Some(super::Finding::Dependency(Finding::HalfAnswering { endpoint, failure }))
        }
        Asked::Done(_) | Asked::Waiting | Asked::No => {
            Some(away(dependency, &endpoint, settings.origin(), failure))
        }
    }
}

/// The worst trouble of one side.
fn judge_side(settings: &Settings, aspect: &Aspect, troubles: &[Trouble], took: Duration) -> super::Finding {
    let endpoint = settings.addresses().join(" ");
    let worst = troubles
        .iter()
        .filter(|trouble| trouble.aspect == aspect.name)
        .max_by_key(|trouble| trouble.severity);
    match worst {
        None => ready(&endpoint, aspect.expects.to_owned(), took),
        Some(trouble) => super::Finding::Dependency(Finding::Troubled { endpoint, trouble: trouble.clone() }),
    }
}

fn ready(endpoint: &str, got: String, after: Duration) -> super::Finding {
    super::Finding::Dependency(Finding::Ready { endpoint: endpoint.to_owned(), got, after })
}

fn away(dependency: Dependency, endpoint: &str, origin: &str, failure: &Failure) -> super::Finding {
    let (endpoint, origin, failure) = (endpoint.to_owned(), origin.to_owned(), failure.clone());
    super::Finding::Dependency(Finding::Away { dependency, endpoint, origin, failure })
}

fn found(
    dependency: Dependency,
    aspect: Aspect,
    addresses: &[String],
    finding: super::Finding,
    took: Duration,
) -> Found {
    Found {
        place: Place::Dependency(dependency),
        name: aspect.name,
        target: addresses.join(" "),
        expected: aspect.expects.to_owned(),
        finding,
        took,
    }
}

// Its sentences.

/// What can be found at a dependency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::check) enum Finding {
    Ready {
        endpoint: String,
        got: String,
        after: Duration,
    },
    Away {
        dependency: Dependency,
        endpoint: String,
        origin: String,
        failure: Failure,
    },
    /// etcd tells its keys, and not how its members are.
    HalfAnswering {
        endpoint: String,
        failure: Failure,
    },
    Troubled {
        endpoint: String,
        trouble: Trouble,
    },
    /// Some services look elsewhere.
    Apart {
        apart: Box<Apart>,
        outcome: Elsewhere,
    },
}

/// How a server is where only some services look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::check) enum Elsewhere {
    NotAsked,
    Well,
    /// "refuses connections"
    Broken {
        how: String,
    },
}

impl Elsewhere {
    fn of(outcome: &Result<Answer, Failure>) -> Self {
        match outcome {
            Err(failure) => Self::Broken { how: failure.to_string() },
            Ok(answer) => {
                let mut troubles =
                    answer.troubles.iter().filter(|trouble| trouble.severity == Severity::Fails);
                troubles.next().map_or(Self::Well, |trouble| Self::Broken { how: trouble.sentence.clone() })
            }
        }
    }
}

impl Sentences for Finding {
    fn nature(&self) -> Nature {
        match self {
            Self::Ready { .. } => Nature::pass("dependency-ready"),
            Self::Away { .. } => Nature::fail("dependency-away", Depth::Other),
            Self::HalfAnswering { .. } => Nature::unknown("dependency-unclear", Depth::Other),
            Self::Apart { outcome: Elsewhere::Broken { .. }, .. } => {
                Nature::fail("dependency-apart", Depth::Other)
            }
            Self::Apart { .. } => Nature::warn("dependency-apart"),
            Self::Troubled { trouble, .. } => match trouble.severity {
                Severity::Warns => Nature::warn("dependency-troubled"),
                Severity::Unclear => Nature::unknown("dependency-unclear", Depth::Other),
                Severity::Fails => Nature::fail("dependency-fails", Depth::Other),
            },
        }
    }

    fn predicate(&self, several: bool) -> String {
        match self {
            Self::Ready { after, .. } => format!("answer{} in {}", s(several), Millis(*after)),
            Self::Away { endpoint, failure, .. } => format!("{endpoint} {failure}"),
            Self::HalfAnswering { endpoint, failure } => {
                format!("{endpoint} lets its keys be read, and asked for its members it {failure}")
            }
            Self::Troubled { endpoint, trouble } => format!("{endpoint} {}", trouble.sentence),
            Self::Apart { apart, outcome } => apart_words(apart, outcome, several),
        }
    }

    fn got(&self) -> String {
        match self {
            Self::Ready { got, .. } => got.clone(),
            Self::Away { endpoint, failure, origin, .. } => {
                format!("{} at {endpoint}; {origin}", failure.as_got())
            }
            Self::HalfAnswering { endpoint, failure } => {
                format!("{} at {endpoint}, asked for its members", failure.as_got())
            }
            Self::Troubled { endpoint, trouble } => format!("{endpoint} {}", trouble.sentence),
            Self::Apart { apart, .. } => {
                let (address, origin) = (apart.told.addresses().join(" "), apart.told.origin());
                format!("{address} for {}; {origin}", join(&apart.services, ", "))
            }
        }
    }

    fn hint(&self, _about: &About) -> Option<String> {
        match self {
            Self::Ready { .. } => None,
            Self::Away { dependency, origin, failure, .. } => Some(what_to_do(*dependency, origin, failure)),
            Self::HalfAnswering { .. } => Some("look again; if it stays so, look into etcd's log".to_owned()),
            Self::Troubled { trouble, .. } => Some(trouble.hint.clone()),
            Self::Apart { apart, outcome } => {
                let (title, origin) = (apart.told.dependency().title(), apart.told.origin());
                Some(match outcome {
                    Elsewhere::Broken { .. } => format!(
                        "correct {origin} and restart {}, or start {title} there, too",
                        join(&apart.services, ", ")
                    ),
                    Elsewhere::NotAsked | Elsewhere::Well => {
                        format!("give all services the same address, unless it is meant so: {origin}")
                    }
                })
            }
        }
    }
}

fn apart_words(apart: &Apart, outcome: &Elsewhere, several: bool) -> String {
    let (address, services) = (apart.told.addresses().join(" "), join(&apart.services, ", "));
    let asked = match outcome {
        Elsewhere::Broken { how } => {
            let look = s(apart.services.len() > 1);
            return format!("{address}, where only {services} look{look} for it, {how}");
        }
        Elsewhere::NotAsked => ": only there was it asked",
        Elsewhere::Well => "",
    };
    let (be, usual) = (be(several), apart.usual.join(" "));
    format!("{be} looked for at {address} by {services}, and at {usual} by the others{asked}")
}

fn what_to_do(dependency: Dependency, origin: &str, failure: &Failure) -> String {
    let title = dependency.title();
    match failure {
        Failure::AuthRefused { .. } => {
            format!("correct user and password beside {origin}; an old volume keeps its old password")
        }
        Failure::NotResolved | Failure::NoAddress => {
            format!("correct the address at {origin}, or the resolver")
        }
        Failure::WrongProtocol(_) | Failure::Status(_) => {
            format!("something else listens there: correct the address at {origin}")
        }
        Failure::WantsTls => format!("switch TLS on beside {origin}, or off at {title}"),
        Failure::NoTls | Failure::NoHandshake => format!("switch TLS off beside {origin}, or on at {title}"),
        Failure::Distrusted(_) => {
            format!("renew the certificate of {title}, or correct name and authority beside {origin}")
        }
        Failure::WantsCertificate => {
            format!("name OpenIM's certificate and key beside {origin}, signed by whom {title} trusts")
        }
        Failure::Refused
        | Failure::NoRoute
        | Failure::NoAnswer(_)
        | Failure::ClosedEarly
        | Failure::Other(_) => {
            format!("start {title}, or correct its address at {origin}")
        }
    }
}

//! MongoDB: greeting, login (SCRAM), and whether there is a primary that lets OpenIM's user work.
//!
//! ```text
//! {hello: 1, saslSupportedMechs: "openim_v3.openIM"} → {isWritablePrimary: true, setName: "rs0", …}
//! {saslStart: 1, mechanism: "SCRAM-SHA-256", payload: …}
//! {listCollections: 1, nameOnly: true}               → {ok: 1}, or 13 Unauthorized
//! {connectionStatus: 1, showPrivileges: true}        → what the user may do
//! ```
//!
//! Of its own and not the official driver, which folds refused, closed and timed out into one "server selection
//! timeout" and watches the topology in the background: what it costs beside this stands in Cargo.toml.
//! Left out: X.509 and LDAP logins, which OpenIM has no keys for.

mod rights;

use std::fmt;
use std::time::Duration;

use md5::{Digest, Md5};

use super::bson::Bson;
use super::connection::Connection;
use super::dependency::{self, Describe, Severity};
use super::scram::{Mechanism, Scram};
use super::several::{Parted, ask_each, part};
use super::tls::Terms;
use super::{Failure, hex};
use crate::openim::dependency::{Login, MongoDb};

const PROTOCOL: &str = "MongoDB";

/// What is wrong with a MongoDB that answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The replica set has nobody who takes writes.
    NoPrimary,
    /// Its members are of another set than the configuration says.
    OtherSet {
        /// As the configuration has it.
        wanted: String,
        /// As the server says.
        got: String,
    },
    /// The configuration names a set, and they are of none.
    NoSet(String),
    /// The configuration names so many addresses, and this one is of no set.
    Lone(usize),
    /// The one that the driver is to stay at takes no writes.
    DirectToSecondary,
    /// It answers the simplest question about the database with an error.
    Refuses(String),
    /// The same, as a server does that does not know all of MongoDB's questions.
    Unsupported(String),
    /// The user may log in and do nothing with the database.
    Forbidden(String),
    /// The user may look into this database, and not do these things there.
    MayNot {
        /// The database.
        database: String,
        /// MongoDB's names of what is forbidden.
        actions: Vec<&'static str>,
    },
    /// The primary is where nobody can reach it from here.
    PrimaryAway(String),
    /// Some of the configured nodes do not answer, or the driver leaves them.
    NodesAway {
        /// Each with its failure.
        nodes: Vec<String>,
        /// How many there are.
        of: usize,
    },
    /// A server from before 3.6, which speaks otherwise.
    TooOld(i64),
}

/// `OP_MSG` came with this wire version (MongoDB 3.6).
const OLDEST_WIRE: i64 = 6;

/// The server's number for "you may not".
const UNAUTHORIZED: i64 = 13;

/// The server's number for a command that it does not know.
const COMMAND_NOT_FOUND: i64 = 59;

/// How servers that stand in for MongoDB say that they do not know a command or a part of it: `CommandNotFound`,
/// `CommandNotSupported`, `NotImplemented`, `FeatureNotSupported`, an unknown field.
const NOT_KNOWN: [i64; 5] = [COMMAND_NOT_FOUND, 115, 238, 303, 40_415];

// What it asks.

/// Asks MongoDB.
pub(super) async fn probe_mongodb(
    mongodb: &MongoDb,
    timeout: Duration,
) -> Result<Vec<dependency::Trouble>, Failure> {
    // One that hangs must leave time to ask the others, and the primary where the set says that it is.
    let half = timeout / 2;
    let limit = if mongodb.addresses.len() > 1 { half } else { timeout };
    let terms = mongodb.tls.as_ref().map(Terms::new).transpose()?;
    let way = Way { terms, mongodb: mongodb.clone(), to_primary: half };
    let opened = ask_each(&mongodb.addresses, limit, |address| open_session(address, way.clone())).await;
    let Parted { answered, mut away } = part(&mongodb.addresses, opened)?;
    let mut troubles = match usable(mongodb, answered, &mut away) {
        Ok(greeted) => examine(&way, greeted).await?,
        Err(trouble) => vec![trouble],
    };
    if troubles.is_empty() && !away.is_empty() {
        troubles.push(Trouble::NodesAway { nodes: away, of: mongodb.addresses.len() });
    }
    Ok(troubles.iter().map(dependency::Trouble::of).collect())
}

/// How each node is spoken to.
#[derive(Clone)]
struct Way {
    mongodb: MongoDb,
    terms: Option<Terms>,
    /// How long it may take to reach the primary where the set says that it is.
    to_primary: Duration,
}

/// Those that the driver would keep; the others are as good as away. Where it keeps none, what is wrong with the first.
fn usable(
    mongodb: &MongoDb,
    answered: Vec<(String, Session)>,
    away: &mut Vec<String>,
) -> Result<Vec<(String, Session)>, Trouble> {
    let (mut kept, mut first) = (Vec::new(), None);
    for (address, session) in answered {
        match session.greeting.unusable(mongodb) {
            None => kept.push((address, session)),
            Some(trouble) => {
                away.push(format!("{address} {trouble}"));
                first = first.or(Some(trouble));
            }
        }
    }
    match first.filter(|_| kept.is_empty()) {
        None => Ok(kept),
        Some(trouble) => Err(trouble),
    }
}

async fn examine(way: &Way, greeted: Vec<(String, Session)>) -> Result<Vec<Trouble>, Failure> {
    let mongodb = &way.mongodb;
    let mut primary = match find_primary(way, greeted).await {
        Ok(primary) => primary,
        Err(trouble) => return Ok(vec![trouble]),
    };
    if let Some(login) = &mongodb.login {
        primary.log_in(login, &mongodb.auth_source).await?;
    }
    if let Some(trouble) = primary.list_collections(mongodb).await? {
        return Ok(vec![trouble]);
    }
    Ok(forbidden(way, &mut primary).await?.into_iter().collect())
}

/// What OpenIM does and its user may not. A server that lets everybody in asks nobody for rights.
async fn forbidden(way: &Way, primary: &mut Session) -> Result<Option<Trouble>, Failure> {
    let mongodb = &way.mongodb;
    if mongodb.login.is_none() {
        return Ok(None);
    }
    let actions =
        rights::missing(&primary.ask(&rights::question(&mongodb.database)).await?, &mongodb.database);
    if actions.is_empty() {
        return Ok(None);
    }
    let mut nobody = open_session(primary.address.clone(), way.clone()).await?;
    let is_open_to_all = nobody.ask(&collections_question(mongodb)).await?.get("errmsg").is_none();
    Ok((!is_open_to_all).then(|| Trouble::MayNot { database: mongodb.database.clone(), actions }))
}

/// The one that takes writes. OpenIM's driver leaves the configuration's addresses as soon as it has learned the set's
/// own, and goes there; told to connect directly it stays.
async fn find_primary(way: &Way, greeted: Vec<(String, Session)>) -> Result<Session, Trouble> {
    let Some(address) = named_primary(&greeted).filter(|_| !way.mongodb.direct) else {
        let none = if way.mongodb.direct { Trouble::DirectToSecondary } else { Trouble::NoPrimary };
        let mut sessions = greeted.into_iter().map(|(_, session)| session);
        return sessions.find(|session| session.greeting.is_primary).ok_or(none);
    };
    let known = greeted.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(&address));
    let session = if let Some((_, session)) = known {
        Ok(session)
    } else {
        let opened = tokio::time::timeout(way.to_primary, open_session(address.clone(), way.clone()));
        opened.await.unwrap_or(Err(Failure::NoAnswer(way.to_primary)))
    };
    match session {
        Ok(session) if session.greeting.is_primary => Ok(session),
        Ok(_) => Err(Trouble::NoPrimary),
        Err(failure) => Err(Trouble::PrimaryAway(format!("{address} {failure}"))),
    }
}

/// The set's own name for its primary: as the primary says, else as the others do. A server of no set has none.
fn named_primary(greeted: &[(String, Session)]) -> Option<String> {
    let mut greetings = greeted.iter().map(|(_, session)| &session.greeting);
    match greetings.clone().find(|greeting| greeting.is_primary) {
        Some(primary) => primary.primary.clone(),
        None => greetings.find_map(|greeting| greeting.primary.clone()),
    }
}

/// What a server says of itself before anything else.
#[derive(Default)]
struct Greeting {
    is_primary: bool,
    /// A mongos, before a cluster of shards: of no set itself, and there may be several.
    is_router: bool,
    primary: Option<String>,
    set: Option<String>,
    wire: i64,
    mechanisms: Vec<String>,
}

struct Session {
    address: String,
    connection: Connection,
    request: i32,
    greeting: Greeting,
}

async fn open_session(address: String, way: Way) -> Result<Session, Failure> {
    let Way { mongodb, terms, .. } = way;
    let connection = Connection::open(&address, PROTOCOL, terms.as_ref()).await?;
    let mut session = Session { address, connection, request: 0, greeting: Greeting::default() };
    let mut answer = session.ask(&greeting_question("hello", &mongodb)).await?;
    if code_of(&answer) == COMMAND_NOT_FOUND {
        answer = session.ask(&greeting_question("isMaster", &mongodb)).await?;
    }
    session.greeting = Greeting::parse(&answer).ok_or(Failure::WrongProtocol(PROTOCOL))?;
    Ok(session)
}

impl Session {
    async fn log_in(&mut self, login: &Login, source: &str) -> Result<(), Failure> {
        let refused = |text: &str| Failure::AuthRefused {
            user: format!("user {} (authSource {source})", login.user),
            text: text.to_owned(),
        };
        let (mechanism, password) = credentials(login, &self.greeting.mechanisms);
        let scram = Scram::new(mechanism, &login.user, &password)
            .map_err(|error| Failure::Other(format!("cannot be asked: {error}")))?;
        let answer = self.ask(&sasl_start(mechanism, &scram, source)).await?;
        let server_first = payload(&answer).ok_or_else(|| refused(words_of(&answer)))?;
        let proof = scram.prove(&server_first).ok_or(Failure::WrongProtocol(PROTOCOL))?;
        let conversation = answer.get("conversationId").cloned().unwrap_or(Bson::Int(1));
        let answer = self.ask(&sasl_continue(conversation, proof.message, source)).await?;
        let signature = payload(&answer).ok_or_else(|| refused(words_of(&answer)))?;
        if signature == format!("v={}", proof.signature) {
            Ok(())
        } else {
            Err(refused("the server does not know the password itself"))
        }
    }

    /// What OpenIM does first with its database, without the writing.
    async fn list_collections(&mut self, mongodb: &MongoDb) -> Result<Option<Trouble>, Failure> {
        let answer = self.ask(&collections_question(mongodb)).await?;
        if answer.get("errmsg").is_none() {
            return Ok(None);
        }
        let text = words_of(&answer).to_owned();
        match (code_of(&answer), &mongodb.login) {
            (UNAUTHORIZED, Some(_)) => Ok(Some(Trouble::Forbidden(text))),
            (UNAUTHORIZED, None) => Err(Failure::AuthRefused { user: String::new(), text }),
            (code, _) if NOT_KNOWN.contains(&code) => Ok(Some(Trouble::Unsupported(text))),
            _ => Ok(Some(Trouble::Refuses(text))),
        }
    }

    async fn ask(&mut self, question: &Bson) -> Result<Bson, Failure> {
        self.request += 1;
        self.connection.send(&pack_message(self.request, question)).await?;
        self.connection.receive(parse_message).await
    }
}

fn collections_question(mongodb: &MongoDb) -> Bson {
    Bson::document([
        ("listCollections", Bson::Int(1)),
        ("nameOnly", Bson::Bool(true)),
        ("authorizedCollections", Bson::Bool(false)),
        ("$db", Bson::text(&mongodb.database)),
    ])
}

fn sasl_start(mechanism: Mechanism, scram: &Scram, source: &str) -> Bson {
    Bson::document([
        ("saslStart", Bson::Int(1)),
        ("mechanism", Bson::text(mechanism.name())),
        ("payload", Bson::Binary(scram.first_message().into_bytes())),
        ("options", Bson::document([("skipEmptyExchange", Bson::Bool(true))])),
        ("$db", Bson::text(source)),
    ])
}

fn sasl_continue(conversation: Bson, message: String, source: &str) -> Bson {
    Bson::document([
        ("saslContinue", Bson::Int(1)),
        ("conversationId", conversation),
        ("payload", Bson::Binary(message.into_bytes())),
        ("$db", Bson::text(source)),
    ])
}

fn greeting_question(command: &str, mongodb: &MongoDb) -> Bson {
    let mut members = vec![(command.to_owned(), Bson::Int(1)), ("$db".to_owned(), Bson::text("admin"))];
    if let Some(login) = &mongodb.login {
        let user = format!("{}.{}", mongodb.auth_source, login.user);
        members.push(("saslSupportedMechs".to_owned(), Bson::Text(user)));
    }
    Bson::Document(members)
}

/// SHA-256 where the server offers it, as every driver does. With SHA-1 the password is a hash of user and password.
fn credentials(login: &Login, mechanisms: &[String]) -> (Mechanism, String) {
    let only_sha1 = !mechanisms.is_empty() && !mechanisms.iter().any(|name| name == Mechanism::Sha256.name());
    if only_sha1 {
        let digest = Md5::digest(format!("{}:mongo:{}", login.user, login.password.expose()));
        (Mechanism::Sha1, hex(&digest))
    } else {
        (Mechanism::Sha256, login.password.expose().to_owned())
    }
}

// How it reads the answer.

/// The operation of every command since MongoDB 3.6.
const OP_MSG: u32 = 2013;

/// Length, id, answer to, operation; flags, a section of kind 0, a document. All little-endian.
const HEADER: usize = 16;
const BEFORE_DOCUMENT: usize = HEADER + 4 + 1;

/// No answer to our questions is longer.
const MESSAGE_CAP: usize = 4 * 1024 * 1024;

fn pack_message(id: i32, question: &Bson) -> Vec<u8> {
    let document = question.pack();
    let length = u32::try_from(BEFORE_DOCUMENT + document.len()).unwrap_or(u32::MAX);
    let mut message = Vec::with_capacity(BEFORE_DOCUMENT + document.len());
    message.extend(length.to_le_bytes());
    message.extend(id.to_le_bytes());
    message.extend([0; 4]);
    message.extend(OP_MSG.to_le_bytes());
    message.extend([0; 5]);
    message.extend(document);
    message
}

fn parse_message(received: &[u8]) -> Result<Option<(Bson, usize)>, Failure> {
    let word = |at: usize| Some(u32::from_le_bytes(received.get(at..at + 4)?.try_into().ok()?));
    let (Some(length), Some(operation)) = (word(0), word(12)) else { return Ok(None) };
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if operation != OP_MSG || !(BEFORE_DOCUMENT..=MESSAGE_CAP).contains(&length) {
        return Err(Failure::WrongProtocol(PROTOCOL));
    }
    let Some(message) = received.get(..length) else { return Ok(None) };
    let document = Bson::parse(&message[BEFORE_DOCUMENT..]).ok_or(Failure::WrongProtocol(PROTOCOL))?;
    Ok(Some((document, length)))
}

impl Greeting {
    fn parse(answer: &Bson) -> Option<Self> {
        let text = |name: &str| answer.get(name).and_then(Bson::as_text).map(str::to_owned);
        let is = |name: &str| answer.get(name).is_some_and(Bson::as_bool);
        let mechanisms = match answer.get("saslSupportedMechs") {
            Some(Bson::Array(names)) => names.iter().filter_map(Bson::as_text).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        Some(Self {
            is_primary: is("isWritablePrimary") || is("ismaster"),
            is_router: answer.get("msg").and_then(Bson::as_text) == Some("isdbgrid"),
            primary: text("primary"),
            set: text("setName"),
            wire: answer.get("maxWireVersion")?.as_int()?,
            mechanisms,
        })
    }

    /// Why OpenIM's driver would have nothing to do with this server.
    fn unusable(&self, mongodb: &MongoDb) -> Option<Trouble> {
        if self.wire < OLDEST_WIRE {
            return Some(Trouble::TooOld(self.wire));
        }
        match (&mongodb.replica_set, &self.set) {
            (Some(wanted), Some(got)) if got == wanted => None,
            (Some(wanted), Some(got)) => Some(Trouble::OtherSet { wanted: wanted.clone(), got: got.clone() }),
            (Some(wanted), None) => Some(Trouble::NoSet(wanted.clone())),
            (None, None) if mongodb.addresses.len() > 1 && !self.is_router => {
                Some(Trouble::Lone(mongodb.addresses.len()))
            }
            (None, _) => None,
        }
    }
}

fn payload(answer: &Bson) -> Option<String> {
    let Some(Bson::Binary(bytes)) = answer.get("payload") else { return None };
    String::from_utf8(bytes.clone()).ok()
}

fn code_of(answer: &Bson) -> i64 {
    answer.get("code").and_then(Bson::as_int).unwrap_or(0)
}

fn words_of(answer: &Bson) -> &str {
    answer.get("errmsg").and_then(Bson::as_text).unwrap_or("no reason given")
}

// Its sentences.

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPrimary => f.write_str("is a replica set without a primary: nothing can be written"),
            Self::OtherSet { wanted, got } => {
                write!(f, "is of replica set {got:?}, and the configuration says {wanted:?}")
            }
            Self::NoSet(wanted) => {
                write!(f, "is of no replica set, and the configuration says {wanted:?}")
            }
            // github.com/mongodb/mongo-go-driver, x/mongo/driver/topology/fsm.go: `updateUnknownWithStandalone`.
            Self::Lone(of) => write!(
                f,
                "is of no replica set, and OpenIM's driver leaves such a server where the configuration names {of} \
                 addresses"
            ),
            Self::DirectToSecondary => {
                f.write_str("takes no writes, and directConnection=true keeps OpenIM from its primary")
            }
            Self::Refuses(text) => {
                write!(f, "answers a question about OpenIM's database with an error: {text}")
            }
            Self::Unsupported(text) => write!(f, "does not know a question about OpenIM's database: {text}"),
            Self::Forbidden(text) => write!(f, "lets OpenIM's user in but forbids what it does: {text}"),
            Self::MayNot { database, actions } => {
                write!(f, "lets OpenIM's user in, which may not {} in {database}", actions.join(", "))
            }
            Self::PrimaryAway(primary) => write!(f, "answers, but its primary {primary}"),
            Self::NodesAway { nodes, of } => {
                write!(f, "serves, but {} of {of} nodes cannot be used: {}", nodes.len(), nodes.join(", "))
            }
            Self::TooOld(wire) => write!(f, "is older than 3.6 (wire version {wire}) and cannot be asked"),
        }
    }
}

impl Describe for Trouble {
    fn aspect(&self) -> &'static str {
        match self {
            Self::NoPrimary
            | Self::OtherSet { .. }
            | Self::NoSet(_)
            | Self::Lone(_)
            | Self::DirectToSecondary
            | Self::Refuses(_)
            | Self::Unsupported(_)
            | Self::Forbidden(_)
            | Self::MayNot { .. }
            | Self::PrimaryAway(_)
            | Self::NodesAway { .. }
            | Self::TooOld(_) => "ping",
        }
    }

    fn severity(&self) -> Severity {
        match self {
            Self::NoPrimary
            | Self::OtherSet { .. }
            | Self::NoSet(_)
            | Self::Lone(_)
            | Self::DirectToSecondary
            | Self::Refuses(_)
            | Self::Forbidden(_)
            | Self::MayNot { .. }
            | Self::PrimaryAway(_) => Severity::Fails,
            Self::NodesAway { .. } => Severity::Warns,
            Self::TooOld(_) | Self::Unsupported(_) => Severity::Unclear,
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::NoPrimary => {
                "start the other members; `rs.status()` names them (`rs.initiate()` on a new set)".to_owned()
            }
            Self::OtherSet { .. } => "correct replicaSet in the uri of mongodb.yml".to_owned(),
            Self::NoSet(_) => {
                "start mongod with --replSet and initiate it, or take replicaSet out of the uri of mongodb.yml"
                    .to_owned()
            }
            Self::Lone(_) => {
                "name one address in mongodb.yml, or make them a replica set with `rs.initiate()`".to_owned()
            }
            Self::DirectToSecondary => {
                "take directConnection out of the uri of mongodb.yml, or name the primary there".to_owned()
            }
            Self::Refuses(_) => "look into the log of MongoDB".to_owned(),
            Self::Unsupported(_) => {
                "see whether this server can stand in for MongoDB: OpenIM wants 4.4 or later".to_owned()
            }
            Self::Forbidden(_) | Self::MayNot { .. } => "give the user the role readWrite on OpenIM's database".to_owned(),
            Self::PrimaryAway(_) => {
                "correct the member's host in `rs.conf()`: OpenIM goes where the set says".to_owned()
            }
            Self::NodesAway { .. } => "start them; a second failure may stop all of MongoDB".to_owned(),
            Self::TooOld(_) => "OpenIM wants MongoDB 4.4 or later".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_whole_or_asks_for_more_and_another_protocol_is_none() {
        let message = pack_message(7, &Bson::document([("ok", Bson::Int(1))]));
        assert_eq!(parse_message(&message[..20]), Ok(None));
        let parsed = parse_message(&message).unwrap().unwrap();
        assert_eq!((parsed.0.get("ok"), parsed.1), (Some(&Bson::Int(1)), message.len()));
        let other = parse_message(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n");
        assert_eq!(other, Err(Failure::WrongProtocol(PROTOCOL)));
    }
}

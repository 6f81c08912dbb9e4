//! A stand-in for MongoDB that is true to the wire: `OP_MSG`, greeting, SCRAM, replica sets, rights. BSON comes from the
//! makers of MongoDB, so that both ends of the tests cannot share a mistake.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bson::{Bson, Document, doc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::{Digest as _, Md5};
use pbkdf2::pbkdf2_hmac;
use sha1::Sha1;
use sha2::Sha256;

use crate::hex;

/// The one user that it knows.
#[derive(Clone)]
pub(crate) struct User {
    pub(crate) name: &'static str,
    pub(crate) password: &'static str,
    /// The database that it belongs to.
    pub(crate) source: &'static str,
}

/// What its user may do with its database.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rights {
    /// All that OpenIM does.
    Write,
    Read,
    Nothing,
    /// To read, as the server lists it; but it was started without `--auth`, and asks nobody.
    Unasked,
}

/// What it is like.
#[derive(Clone)]
pub(crate) struct Mongod {
    pub(crate) user: Option<User>,
    pub(crate) mechanism: &'static str,
    pub(crate) rights: Rights,
    pub(crate) is_primary: bool,
    /// Whether it is a mongos, before a cluster of shards.
    pub(crate) is_router: bool,
    /// Where the primary is, if it knows.
    pub(crate) primary: Option<String>,
    pub(crate) set: Option<&'static str>,
    pub(crate) wire: i32,
    /// How it refuses a question about its collections, if it does: code and words.
    pub(crate) refuses: Option<(i32, &'static str)>,
}

impl Default for Mongod {
    fn default() -> Self {
        Self {
            user: None,
            mechanism: "SCRAM-SHA-256",
            rights: Rights::Write,
            is_primary: true,
            is_router: false,
            primary: None,
            set: None,
            wire: 21,
            refuses: None,
        }
    }
}

impl Mongod {
    /// Listens for as long as the tests run; gives the address.
    pub(crate) fn listen(self) -> String {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let session = Session {
                    mongod: self.clone(),
                    first: String::new(),
                    server_first: String::new(),
                    is_in: false,
                };
                thread::spawn(move || session.serve(stream));
            }
        });
        address
    }
}

struct Session {
    mongod: Mongod,
    /// The bare first messages of both sides of a login.
    first: String,
    server_first: String,
    is_in: bool,
}

impl Session {
    fn serve(mut self, mut stream: TcpStream) {
        while let Some((id, question)) = read_message(&mut stream) {
            let answer = self.answer(&question);
            let mut body = vec![0, 0, 0, 0, 0];
            body.extend(answer.to_vec().unwrap());
            let length = i32::try_from(body.len() + 16).unwrap();
            let header = [length, 1, id, 2013].map(i32::to_le_bytes).concat();
            if stream.write_all(&[header, body].concat()).is_err() {
                return;
            }
        }
    }

    fn answer(&mut self, question: &Document) -> Document {
        match question.keys().next().map(String::as_str) {
            Some("hello") if self.mongod.wire < 9 => refusal(59, "no such command: 'hello'"),
            Some("hello" | "isMaster") => self.greet(),
            Some("saslStart") => self.start_login(question),
            Some("saslContinue") => self.end_login(question),
            Some("connectionStatus") => self.status(),
            Some("listCollections") if self.is_shut_out() => {
                refusal(13, "command listCollections requires authentication")
            }
            Some("listCollections") if self.mongod.rights == Rights::Nothing => {
                refusal(13, "not authorized on openim_v3 to execute command { listCollections: 1 }")
            }
            Some("listCollections") if self.mongod.refuses.is_some() => {
                let (code, words) = self.mongod.refuses.unwrap();
                refusal(code, words)
            }
            Some("listCollections") => {
                doc! { "cursor": { "id": 0_i64, "ns": "x", "firstBatch": [] }, "ok": 1.0 }
            }
            _ => refusal(59, "no such command"),
        }
    }

    fn greet(&self) -> Document {
        let mut answer = doc! {
            "isWritablePrimary": self.mongod.is_primary,
            "ismaster": self.mongod.is_primary,
            "maxWireVersion": self.mongod.wire,
            "localTime": bson::DateTime::now(),
            "saslSupportedMechs": [self.mongod.mechanism],
            "ok": 1.0,
        };
        if self.mongod.is_router {
            answer.insert("msg", "isdbgrid");
        }
        if let Some(set) = self.mongod.set {
            answer.insert("setName", set);
        }
        if let Some(primary) = &self.mongod.primary {
            answer.insert("primary", primary.as_str());
        }
        answer
    }

    /// Who is in, and with which rights.
    fn status(&self) -> Document {
        let resource = doc! { "db": "openim_v3", "collection": "" };
        let actions = match self.mongod.rights {
            Rights::Write => vec!["find", "insert", "update", "remove", "createIndex"],
            Rights::Read | Rights::Unasked => vec!["find", "listCollections"],
            Rights::Nothing => Vec::new(),
        };
        let privileges =
            if self.is_in { vec![doc! { "resource": resource, "actions": actions }] } else { Vec::new() };
        doc! { "authInfo": { "authenticatedUserPrivileges": privileges }, "ok": 1.0 }
    }

    fn is_shut_out(&self) -> bool {
        self.mongod.user.is_some() && !self.is_in && self.mongod.rights != Rights::Unasked
    }

    fn start_login(&mut self, question: &Document) -> Document {
        let first = payload(question);
        let Some(user) = &self.mongod.user else { return refusal(18, "Authentication failed.") };
        let known = first.starts_with(&format!("n,,n={},r=", user.name))
            && question.get_str("$db").is_ok_and(|source| source == user.source)
            && question.get_str("mechanism").is_ok_and(|name| name == self.mongod.mechanism);
        if !known {
            return refusal(18, "Authentication failed.");
        }
        first["n,,".len()..].clone_into(&mut self.first);
        let nonce = first.rsplit_once("r=").unwrap().1;
        self.server_first = format!("r={nonce}server,s={},i=4096", STANDARD.encode("0123456789abcdef"));
        said(&self.server_first, false)
    }

    fn end_login(&mut self, question: &Document) -> Document {
        let message = payload(question);
        let (unproved, proof) = message.rsplit_once(",p=").unwrap();
        let signed = format!("{},{},{unproved}", self.first, self.server_first);
        let keys = Keys::of(&self.mongod);
        let signature = keys.keyed(&keys.hash(&keys.client), signed.as_bytes());
        let wanted: Vec<u8> = keys.client.iter().zip(&signature).map(|(key, sign)| key ^ sign).collect();
        if STANDARD.decode(proof).unwrap() != wanted {
            return refusal(18, "Authentication failed.");
        }
        self.is_in = true;
        said(&format!("v={}", STANDARD.encode(keys.keyed(&keys.server, signed.as_bytes()))), true)
    }
}

/// What the server keeps of a password.
struct Keys {
    sha1: bool,
    client: Vec<u8>,
    server: Vec<u8>,
}

impl Keys {
    fn of(mongod: &Mongod) -> Self {
        let user = mongod.user.as_ref().unwrap();
        let sha1 = mongod.mechanism == "SCRAM-SHA-1";
        let mut keys = Self { sha1, client: Vec::new(), server: Vec::new() };
        let mut salted = vec![0; if sha1 { 20 } else { 32 }];
        let salt = b"0123456789abcdef";
        if sha1 {
            let digest = Md5::digest(format!("{}:mongo:{}", user.name, user.password));
            pbkdf2_hmac::<Sha1>(hex(&digest).as_bytes(), salt, 4096, &mut salted);
        } else {
            pbkdf2_hmac::<Sha256>(user.password.as_bytes(), salt, 4096, &mut salted);
        }
        keys.client = keys.keyed(&salted, b"Client Key");
        keys.server = keys.keyed(&salted, b"Server Key");
        keys
    }

    fn keyed(&self, key: &[u8], text: &[u8]) -> Vec<u8> {
        if self.sha1 {
            let mut mac = Hmac::<Sha1>::new_from_slice(key).unwrap();
            mac.update(text);
            mac.finalize().into_bytes().to_vec()
        } else {
            let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
            mac.update(text);
            mac.finalize().into_bytes().to_vec()
        }
    }

    fn hash(&self, bytes: &[u8]) -> Vec<u8> {
        if self.sha1 { Sha1::digest(bytes).to_vec() } else { Sha256::digest(bytes).to_vec() }
    }
}

fn said(payload: &str, done: bool) -> Document {
    let bytes = payload.as_bytes().to_vec();
    let payload = bson::Binary { subtype: bson::spec::BinarySubtype::Generic, bytes };
    doc! { "conversationId": 1, "done": done, "payload": Bson::Binary(payload), "ok": 1.0 }
}

fn refusal(code: i32, words: &str) -> Document {
    doc! { "ok": 0.0, "errmsg": words, "code": code }
}

fn payload(question: &Document) -> String {
    String::from_utf8(question.get_binary_generic("payload").unwrap().clone()).unwrap()
}

/// The id and the document of an `OP_MSG`.
fn read_message(stream: &mut TcpStream) -> Option<(i32, Document)> {
    let mut header = [0; 16];
    stream.read_exact(&mut header).ok()?;
    let word = |at: usize| i32::from_le_bytes(header[at..at + 4].try_into().unwrap());
    let mut body = vec![0; usize::try_from(word(0)).ok()? - header.len()];
    stream.read_exact(&mut body).ok()?;
    assert_eq!(word(12), 2013, "OP_MSG");
    Some((word(4), Document::from_reader(&body[5..]).ok()?))
}

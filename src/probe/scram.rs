//! The client's side of SCRAM (RFC 5802, 7677): a login that never sends the password.
//!
//! ```text
//! → n,,n=openIM,r=NONCE
//! ← r=NONCE…,s=SALT,i=15000
//! → c=biws,r=NONCE…,p=PROOF
//! ← v=SIGNATURE
//! ```

use std::fs::File;
use std::io::{self, Read};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use pbkdf2::pbkdf2_hmac;
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// The two hashes that MongoDB knows users by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mechanism {
    Sha1,
    Sha256,
}

/// A server may ask for this many rounds at most, lest it keeps us busy past the deadline.
const ROUNDS_CAP: u32 = 200_000;

impl Mechanism {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SCRAM-SHA-1",
            Self::Sha256 => "SCRAM-SHA-256",
        }
    }

    fn salted(self, password: &[u8], salt: &[u8], rounds: u32) -> Vec<u8> {
        match self {
            Self::Sha1 => {
                let mut key = [0; 20];
                pbkdf2_hmac::<Sha1>(password, salt, rounds, &mut key);
                key.to_vec()
            }
            Self::Sha256 => {
                let mut key = [0; 32];
                pbkdf2_hmac::<Sha256>(password, salt, rounds, &mut key);
                key.to_vec()
            }
        }
    }

    fn hash(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => Sha1::digest(bytes).to_vec(),
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
        }
    }

    fn keyed_hash(self, key: &[u8], text: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => Hmac::<Sha1>::new_from_slice(key).map(|mac| finish(mac, text)).unwrap_or_default(),
            Self::Sha256 => {
                Hmac::<Sha256>::new_from_slice(key).map(|mac| finish(mac, text)).unwrap_or_default()
            }
        }
    }
}

fn finish<M: Mac>(mut mac: M, text: &[u8]) -> Vec<u8> {
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

/// A login that has begun.
pub(super) struct Scram {
    mechanism: Mechanism,
    password: Vec<u8>,
    first: String,
}

/// What ends a login, and the signature by which the server proves that it knows the password, too.
pub(super) struct Proof {
    pub(super) message: String,
    pub(super) signature: String,
}

impl Scram {
    /// `password` is what the mechanism takes for one: MongoDB's SHA-1 takes a hash of it.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub(super) fn new(mechanism: Mechanism, user: &str, password: &str) -> io::Result<Self> {
        let mut random = [0; 18];
        File::open("/dev/urandom")?.read_exact(&mut random)?;
        Ok(Self::with_nonce(mechanism, user, password, &STANDARD.encode(random)))
    }

    fn with_nonce(mechanism: Mechanism, user: &str, password: &str, nonce: &str) -> Self {
        let user = user.replace('=', "=3D").replace(',', "=2C");
        Self { mechanism, password: password.as_bytes().to_vec(), first: format!("n={user},r={nonce}") }
    }

    pub(super) fn first_message(&self) -> String {
        format!("n,,{}", self.first)
    }

    /// The answer to the server's first message; `None` where that is none.
    pub(super) fn prove(&self, server_first: &str) -> Option<Proof> {
        let part = |name: &str| server_first.split(',').find_map(|part| part.strip_prefix(name));
        let (nonce, salt, rounds) = (part("r=")?, part("s=")?, part("i=")?);
        let rounds: u32 = rounds.parse().ok().filter(|rounds| *rounds <= ROUNDS_CAP)?;
        let salted = self.mechanism.salted(&self.password, &STANDARD.decode(salt).ok()?, rounds);
        let unproved = format!("c=biws,r={nonce}");
        let signed = format!("{},{server_first},{unproved}", self.first);
        let client_key = self.mechanism.keyed_hash(&salted, b"Client Key");
        let signature = self.mechanism.keyed_hash(&self.mechanism.hash(&client_key), signed.as_bytes());
        let proof: Vec<u8> = client_key.iter().zip(&signature).map(|(key, sign)| key ^ sign).collect();
        let server_key = self.mechanism.keyed_hash(&salted, b"Server Key");
        Some(Proof {
            message: format!("{unproved},p={}", STANDARD.encode(proof)),
            signature: STANDARD.encode(self.mechanism.keyed_hash(&server_key, signed.as_bytes())),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_7677_comes_out() {
        let scram = Scram::with_nonce(Mechanism::Sha256, "user", "pencil", "rOprNGfwEbeRWgbNEkqO");
        assert_eq!(scram.first_message(), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        let proof = scram
            .prove("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")
            .unwrap();
        let wanted = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
        assert_eq!(proof.message, wanted);
        assert_eq!(proof.signature, "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    }

    #[test]
    fn the_example_of_rfc_5802_comes_out() {
        let scram = Scram::with_nonce(Mechanism::Sha1, "user", "pencil", "fyko+d2lbbFgONRv9qkxdawL");
        let proof =
            scram.prove("r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096").unwrap();
        assert!(proof.message.ends_with("p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="), "{}", proof.message);
        assert!(scram.prove("r=x,s=QSXCR+Q6sek8bf92,i=4000000000").is_none());
    }
}

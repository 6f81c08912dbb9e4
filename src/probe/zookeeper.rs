//! `ZooKeeper`, which old generations find their services through: `srvr`, the one four-letter word that is on by
//! default (`ruok` is not).
//!
//! ```text
//! srvr → Zookeeper version: 3.6.4…
//!        Mode: standalone
//!        This ZooKeeper instance is not currently serving requests
//! ```

use std::fmt;
use std::time::Duration;

use super::Failure;
use super::connection::Connection;
use super::dependency::{self, Describe, Severity};
use super::several::{Parted, ask_each, part};
use crate::openim::dependency::ZooKeeper;

const PROTOCOL: &str = "ZooKeeper";

/// What is wrong with a `ZooKeeper` that answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It has lost the others of its ensemble.
    NotServing,
    /// Its `4lw.commands.whitelist` leaves `srvr` out.
    NotAllowed,
    /// Some servers do not answer, or serve nobody; the others suffice.
    ServersAway {
        /// Each with its failure.
        servers: Vec<String>,
        /// How many there are.
        of: usize,
    },
}

// What it asks.

/// Asks each server of the configuration.
pub(super) async fn probe_zookeeper(
    zookeeper: &ZooKeeper,
    timeout: Duration,
) -> Result<Vec<dependency::Trouble>, Failure> {
    let limit = if zookeeper.addresses.len() > 1 { timeout / 2 } else { timeout };
    let answers = ask_each(&zookeeper.addresses, limit, probe_server).await;
    let Parted { answered, away } = part(&zookeeper.addresses, answers)?;
    let trouble = judge(&answered, away, zookeeper.addresses.len());
    Ok(trouble.iter().map(dependency::Trouble::of).collect())
}

async fn probe_server(address: String) -> Result<Option<Trouble>, Failure> {
    let mut connection = Connection::open(&address, PROTOCOL, None).await?;
    connection.send(b"srvr").await?;
    parse_srvr(&connection.receive_all().await?)
}

// How it reads the answer.

fn parse_srvr(answer: &[u8]) -> Result<Option<Trouble>, Failure> {
    let text = String::from_utf8_lossy(answer);
    if text.contains("not currently serving requests") {
        Ok(Some(Trouble::NotServing))
    } else if text.contains("is not executed because it is not in the whitelist") {
        Ok(Some(Trouble::NotAllowed))
    } else if text.contains("Mode:") {
        Ok(None)
    } else {
        Err(Failure::WrongProtocol(PROTOCOL))
    }
}

// How it judges.

/// One that serves is enough; else the first says what is wrong. The others that do not are told.
fn judge(answered: &[(String, Option<Trouble>)], away: Vec<String>, of: usize) -> Option<Trouble> {
    let is_lost = |seen: &Option<Trouble>| *seen == Some(Trouble::NotServing);
    let lost = || answered.iter().filter(|(_, seen)| is_lost(seen));
    if lost().count() == answered.len() {
        return Some(Trouble::NotServing);
    }
    let lost: Vec<String> = lost().map(|(address, _)| format!("{address} has lost its ensemble")).collect();
    let servers = [away, lost].concat();
    match answered.iter().find(|(_, seen)| *seen == Some(Trouble::NotAllowed)) {
        Some((_, unclear)) => unclear.clone(),
        None if servers.is_empty() => None,
        None => Some(Trouble::ServersAway { servers, of }),
    }
}

// Its sentences.

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotServing => f.write_str("is up but serves nobody: it has lost its ensemble"),
            Self::NotAllowed => {
                f.write_str("answers, but does not say how it is: srvr is not on its whitelist")
            }
            Self::ServersAway { servers, of } => {
                write!(f, "serves, but {} of {of} servers do not: {}", servers.len(), servers.join(", "))
            }
        }
    }
}

impl Describe for Trouble {
    fn aspect(&self) -> &'static str {
        match self {
            Self::NotServing | Self::NotAllowed | Self::ServersAway { .. } => "srvr",
        }
    }

    fn severity(&self) -> Severity {
        match self {
            Self::NotServing => Severity::Fails,
            Self::NotAllowed => Severity::Unclear,
            Self::ServersAway { .. } => Severity::Warns,
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::NotServing => "start the other servers of its ensemble".to_owned(),
            Self::NotAllowed => "add srvr to 4lw.commands.whitelist in zoo.cfg".to_owned(),
            Self::ServersAway { .. } => "start them; one more may stop all of ZooKeeper".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answers_of_a_real_server_are_told_apart() {
        let well =
            b"Zookeeper version: 3.6.4\nLatency min/avg/max: 0/0.0/0\nMode: standalone\nNode count: 5\n";
        assert_eq!(parse_srvr(well), Ok(None));
        let lost = b"This ZooKeeper instance is not currently serving requests\n";
        assert_eq!(parse_srvr(lost), Ok(Some(Trouble::NotServing)));
        assert_eq!(parse_srvr(b"HTTP/1.1 400\r\n"), Err(Failure::WrongProtocol(PROTOCOL)));
    }
}

//! What docker says of its containers, over its unix socket.
//!
//! `GET /containers/json` lists them, `GET /containers/ID/json` tells of one, `GET /events` who had it stopped.
//! Source: <https://docs.docker.com/reference/api/engine/version/v1.41/>.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::http::{Address, Question, Server};
use super::manager::{Charge, Condition, End, Manager, Silence, Unusable, within};
use crate::time::Timestamp;

/// Where dockerd listens if nobody says otherwise.
const SOCKET: &str = "/var/run/docker.sock";

/// The containers whose name, image or command contains `word`, and those whose ids begin like one of `ids`.
///
/// `host` is the value of `DOCKER_HOST`.
///
/// # Errors
/// No dockerd runs here, or it says nothing within the time.
pub fn read_containers(
    host: Option<&str>,
    word: &str,
    ids: &BTreeSet<String>,
    timeout: Duration,
) -> Result<Vec<Charge>, Silence> {
    let server = Server::new(address(host)?)?;
    within(timeout, read(&server, word, ids))
}

fn address(host: Option<&str>) -> Result<Address, Silence> {
    match host.filter(|host| !host.is_empty()) {
        None => Ok(Address::Unix(PathBuf::from(SOCKET))),
        Some(host) => match host.strip_prefix("unix://") {
            Some(path) => Ok(Address::Unix(PathBuf::from(path))),
            None => Err(Silence::Garbled("DOCKER_HOST names no unix socket".to_owned())),
        },
    }
}

async fn read(server: &Server, word: &str, ids: &BTreeSet<String>) -> Result<Vec<Charge>, Silence> {
    let listed: Vec<Listed> = get(server, "/containers/json?all=true").await?.unwrap_or_default();
    let mut containers = Vec::new();
    for listed in listed.iter().filter(|listed| listed.concerns(word, ids)) {
        // One that was removed meanwhile is none.
        containers.extend(get::<Container>(server, &format!("/containers/{}/json", listed.id)).await?);
    }
    // Only of one that has ended there is anything to ask: who ended it.
    let has_ended = containers.iter().any(|container| container.state.status == "exited");
    let events = if has_ended { read_events(server).await? } else { Vec::new() };
    Ok(containers.into_iter().map(|container| container.into_charge(&events)).collect())
}

async fn get<T: DeserializeOwned>(server: &Server, path: &str) -> Result<Option<T>, Silence> {
    let told = server.ask(&Question { path, ..Question::default() }).await?;
    told.map(|told| serde_json::from_str(&told).map_err(|error| garbled(&error))).transpose()
}

fn garbled(error: &serde_json::Error) -> Silence {
    Silence::Garbled(error.to_string())
}

/// The latest things that happened to containers; docker keeps some hundred of them.
async fn read_events(server: &Server) -> Result<Vec<Event>, Silence> {
    let now = Timestamp::read_clock().utc();
    let (seconds, nanoseconds) = (now.timestamp(), now.timestamp_subsec_nanos());
    // {"event":["start","kill","die"],"type":["container"]}
    let filters = "%7B%22event%22%3A%5B%22start%22%2C%22kill%22%2C%22die%22%5D%2C\
                   %22type%22%3A%5B%22container%22%5D%7D";
    // Without an end it would go on telling for ever.
    let path = format!("/events?since=1&until={seconds}.{nanoseconds:09}&filters={filters}");
    let told = server.ask(&Question { path: &path, ..Question::default() }).await?.unwrap_or_default();
    serde_json::Deserializer::from_str(&told)
        .into_iter()
        .map(|event| event.map_err(|error| garbled(&error)))
        .collect()
}

// What it answers.

/// A container as the list has it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    id: String,
    names: Vec<String>,
    image: String,
    command: String,
}

impl Listed {
    fn concerns(&self, word: &str, ids: &BTreeSet<String>) -> bool {
        self.names.iter().chain([&self.image, &self.command]).any(|text| text.contains(word))
            || ids.iter().any(|id| self.id.starts_with(id))
    }
}

/// A container as it tells of itself.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Container {
    id: String,
    name: String,
    path: String,
    args: Vec<String>,
    restart_count: u32,
    state: State,
    config: Config,
    host_config: HostConfig,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct State {
    status: String,
    #[serde(rename = "OOMKilled")]
    oom_killed: bool,
    pid: u32,
    exit_code: i32,
    error: String,
    health: Option<Health>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Health {
    status: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Config {
    working_dir: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HostConfig {
    restart_policy: RestartPolicy,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RestartPolicy {
    name: String,
    maximum_retry_count: u32,
}

/// Something that happened to a container.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Event {
    action: String,
    actor: Actor,
}

#[derive(Debug, Deserialize)]
struct Actor {
    #[serde(rename = "ID")]
    id: String,
}

impl Container {
    fn into_charge(self, events: &[Event]) -> Charge {
        let condition = self.condition(events);
        let is_unhealthy = self.state.health.as_ref().is_some_and(|health| health.status == "unhealthy");
        Charge {
            manager: Manager::Docker,
            name: self.name.trim_start_matches('/').to_owned(),
            command: [self.path].into_iter().chain(self.args).collect(),
            directory: Some(PathBuf::from(self.config.working_dir)),
            variables: None,
            pid: Some(self.state.pid).filter(|pid| *pid != 0),
            container: Some(self.id),
            condition,
            is_stale: false,
            is_unhealthy,
            at_boot: None,
            invocation: None,
            waits_for: None,
            group: None,
        }
    }

    fn condition(&self, events: &[Event]) -> Condition {
        match self.state.status.as_str() {
            "running" => Condition::Running { restarts: Some(self.restart_count) },
            "paused" => Condition::Paused,
            "restarting" => Condition::Restarting { restarts: Some(self.restart_count), end: self.end() },
            "created" if self.state.error.is_empty() => Condition::NeverStarted,
            "created" => Condition::Crashed(self.end()),
            "exited" => self.condition_of_exited(events),
            _ => Condition::Unusable(Unusable::BeingRemoved),
        }
    }

    fn condition_of_exited(&self, events: &[Event]) -> Condition {
        let last = self.last_end(events);
        if last == LastEnd::Asked || self.would_have_been_restarted() {
            Condition::Stopped
        } else if self.host_config.restart_policy.name == "on-failure" && self.has_failed() {
            Condition::GaveUp { restarts: Some(self.restart_count), end: self.end() }
        } else if self.has_failed() {
            Condition::Crashed(self.end())
        } else if last == LastEnd::ByItself {
            Condition::Ended
        } else {
            // A clean end, and nobody remembers whether it was asked for.
            Condition::Idle
        }
    }

    /// Whether docker leaves alone only who was stopped by its command.
    fn would_have_been_restarted(&self) -> bool {
        let RestartPolicy { name, maximum_retry_count } = &self.host_config.restart_policy;
        match name.as_str() {
            "always" | "unless-stopped" => self.state.error.is_empty(),
            "on-failure" => {
                self.has_failed() && (*maximum_retry_count == 0 || self.restart_count < *maximum_retry_count)
            }
            _ => false,
        }
    }

    fn has_failed(&self) -> bool {
        self.state.exit_code != 0 || self.state.oom_killed || !self.state.error.is_empty()
    }

    /// Every stop through docker is a `kill` before the `die`.
    fn last_end(&self, events: &[Event]) -> LastEnd {
        let mut last = LastEnd::Forgotten;
        let mut was_asked = false;
        for event in events.iter().filter(|event| event.actor.id == self.id) {
            match event.action.as_str() {
                "kill" => was_asked = true,
                "die" => last = if was_asked { LastEnd::Asked } else { LastEnd::ByItself },
                _ => was_asked = false,
            }
        }
        last
    }

    fn end(&self) -> End {
        let State { oom_killed, exit_code, error, .. } = &self.state;
        if *oom_killed {
            End::OutOfMemory
        } else if !error.is_empty() {
            End::NotStarted(error.clone())
        } else if (129..=192).contains(exit_code) {
            End::Signal(exit_code - 128)
        } else {
            End::Status(*exit_code)
        }
    }
}

/// What docker remembers of how a container ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LastEnd {
    /// Somebody had docker stop or kill it.
    Asked,
    /// Nobody had.
    ByItself,
    /// Nothing.
    Forgotten,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn container(policy: &str, retries: u32, state: &serde_json::Value) -> Container {
        let mut whole = json!({
            "Id": "4f5a", "Name": "/openim-rpc-user", "Path": "/openim-server/openim-rpc-user",
            "Args": ["-i", "0"], "RestartCount": 3,
            "State": {
                "Status": "exited", "OOMKilled": false, "Pid": 0, "ExitCode": 0, "Error": "", "Dead": false,
            },
            "Config": { "WorkingDir": "/openim-server", "Image": "openim" },
            "HostConfig": { "RestartPolicy": { "Name": policy, "MaximumRetryCount": retries } },
        });
        for (key, value) in state.as_object().expect("fields") {
            whole["State"][key] = value.clone();
        }
        serde_json::from_value(whole).expect("a container")
    }

    fn events(actions: &[&str]) -> Vec<Event> {
        let event = |action: &&str| json!({ "Action": action, "Actor": { "ID": "4f5a" } });
        actions.iter().map(|action| serde_json::from_value(event(action)).expect("an event")).collect()
    }

    fn exited(policy: &str, retries: u32, status: i32, actions: &[&str]) -> Condition {
        container(policy, retries, &json!({ "ExitCode": status })).condition(&events(actions))
    }

    #[test]
    fn a_stop_through_docker_is_told_from_an_end_with_the_same_status() {
        assert_eq!(exited("no", 0, 0, &["start", "kill", "die"]), Condition::Stopped);
        assert_eq!(exited("no", 0, 0, &["start", "die"]), Condition::Ended);
        assert_eq!(exited("no", 0, 0, &["kill", "die", "start", "die"]), Condition::Ended);
        assert_eq!(exited("no", 0, 255, &["kill", "die"]), Condition::Stopped);
        assert_eq!(exited("no", 0, 255, &["die"]), Condition::Crashed(End::Status(255)));
        assert_eq!(exited("no", 0, 137, &[]), Condition::Crashed(End::Signal(9)));
        assert_eq!(exited("no", 0, 0, &[]), Condition::Idle, "docker has forgotten who ended it");
    }

    #[test]
    fn who_would_have_been_restarted_was_stopped_and_who_was_often_enough_was_given_up() {
        assert_eq!(exited("always", 0, 137, &[]), Condition::Stopped);
        assert_eq!(exited("unless-stopped", 0, 0, &[]), Condition::Stopped);
        assert_eq!(exited("on-failure", 0, 255, &[]), Condition::Stopped);
        let given_up = Condition::GaveUp { restarts: Some(3), end: End::Status(255) };
        assert_eq!(exited("on-failure", 3, 255, &["die"]), given_up);
    }

    #[test]
    fn each_state_has_its_condition() {
        let condition = |state: serde_json::Value| container("no", 0, &state).condition(&[]);
        assert_eq!(condition(json!({ "Status": "running" })), Condition::Running { restarts: Some(3) });
        assert_eq!(condition(json!({ "Status": "paused" })), Condition::Paused);
        assert_eq!(condition(json!({ "Status": "created" })), Condition::NeverStarted);
        let restarting = condition(json!({ "Status": "restarting", "ExitCode": 255 }));
        assert_eq!(restarting, Condition::Restarting { restarts: Some(3), end: End::Status(255) });
        let no_memory = condition(json!({ "OOMKilled": true, "ExitCode": 137 }));
        assert_eq!(no_memory, Condition::Crashed(End::OutOfMemory));
        let trouble = "exec: \"/nothing\": no such file or directory";
        let cannot = condition(json!({ "Status": "created", "Error": trouble, "ExitCode": 127 }));
        assert_eq!(cannot, Condition::Crashed(End::NotStarted(trouble.to_owned())));
    }

    #[test]
    fn a_container_is_read_with_its_command_health_and_place() {
        let health = json!({ "Status": "running", "Pid": 77, "Health": { "Status": "unhealthy" } });
        let charge = container("always", 0, &health).into_charge(&[]);
        assert_eq!(charge.name, "openim-rpc-user");
        assert_eq!(charge.command, ["/openim-server/openim-rpc-user", "-i", "0"]);
        assert_eq!((charge.pid, charge.is_unhealthy), (Some(77), true));
    }

    #[test]
    fn only_a_unix_socket_can_be_asked() {
        assert_eq!(address(Some("unix:///run/d.sock")), Ok(Address::Unix("/run/d.sock".into())));
        assert_eq!(address(None), Ok(Address::Unix(SOCKET.into())));
        assert!(address(Some("tcp://10.0.0.1:2375")).is_err());
    }
}

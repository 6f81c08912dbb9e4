//! Kubernetes manifests beside a deployment: a Service that forwards to a port on which its pods do not listen.
//!
//! ```yaml
//! kind: Service
//! metadata:
//!   name: conversation-rpc-service
//! spec:
//!   ports:
//!     - port: 12220
//!       targetPort: 12220      # and openim-rpc-conversation.yml in the ConfigMap says 12200
//! ```
//!
//! Source: deployments/deploy of open-im-server, whose own manifests are wrong for conversation and msggateway.
//! Read line by line, for each mistake needs its line. Left out: ports by name, and what Helm would make of a template.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Gravity, Mistake, Rule, Scene};
use crate::openim::config::{ConfigFile, Environment, Origin};
use crate::openim::service::Service;

/// Where they lie below OpenIM's directory.
const DIRECTORY: &str = "deployments/deploy";

/// Each Service against the ports of the `ConfigMap`.
pub(super) fn find(scene: &Scene) -> Vec<Mistake> {
    let texts: Vec<(PathBuf, String)> = manifest_files(&scene.root.join(DIRECTORY))
        .into_iter()
        .filter_map(|path| Some((path.clone(), fs::read_to_string(path).ok()?)))
        .collect();
    let listens = |service: Service| texts.iter().find_map(|(_, text)| ports_of(scene, text, service));
    let forwards = texts.iter().flat_map(|(path, text)| forwards(text).into_iter().map(move |of| (path, of)));
    let wrong = forwards.filter_map(|(path, forward)| {
        let ports = listens(forward.service)?;
        (!ports.contains(&forward.port)).then(|| mistake(path, &forward, &ports))
    });
    wrong.collect()
}

fn manifest_files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let is_yaml = |path: &PathBuf| path.extension().is_some_and(|suffix| suffix == "yml" || suffix == "yaml");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_yaml).collect();
    paths.sort();
    paths
}

/// One port of a Service.
#[derive(Debug, PartialEq, Eq)]
struct Forward {
    service: Service,
    name: String,
    port: u16,
    line: usize,
}

fn mistake(path: &Path, forward: &Forward, ports: &[u16]) -> Mistake {
    let Forward { service, name, port, line } = forward;
    let listed: Vec<String> = ports.iter().map(ToString::to_string).collect();
    Mistake {
        rule: Rule::Manifests,
        gravity: Gravity::Misleads,
        place: Origin::line(path, *line),
        what: format!(
            "the Service {name} forwards to {port}, and {} listens on {} by the ConfigMap",
            service.binary(),
            listed.join(" ")
        ),
        fix: format!("make both the same: there or in {} of the ConfigMap", service.config_file()),
        services: vec![*service],
    }
}

/// The numbered ports to which the Services of a file forward.
fn forwards(text: &str) -> Vec<Forward> {
    let mut found = Vec::new();
    let mut lines: Vec<(usize, &str)> = Vec::new();
    for (place, line) in text.lines().enumerate().chain([(0, "---")]) {
        if line.starts_with("---") {
            found.extend(forwards_of_document(&lines));
            lines.clear();
        } else {
            lines.push((place + 1, line));
        }
    }
    found
}

fn forwards_of_document(lines: &[(usize, &str)]) -> Vec<Forward> {
    let value = |line: &str, key: &str| {
        let entry = line.trim_start().trim_start_matches("- ");
        Some(entry.strip_prefix(key)?.trim().trim_matches(['"', '\'']).to_owned())
    };
    let name = lines.iter().find_map(|(_, line)| line.strip_prefix("  name:").map(str::trim));
    let is_service = lines.iter().any(|(_, line)| line.trim_end() == "kind: Service");
    let Some((name, service)) = name.filter(|_| is_service).and_then(|name| Some((name, service_of(name)?)))
    else {
        return Vec::new();
    };
    let forward = |(line, text): &(usize, &str)| {
        let port = value(text, "targetPort:")?.parse().ok()?;
        Some(Forward { service, name: name.to_owned(), port, line: *line })
    };
    lines.iter().filter_map(forward).collect()
}

/// `conversation-rpc-service` is of rpc-conversation. Source: the manifests' names.
fn service_of(name: &str) -> Option<Service> {
    match name.strip_suffix("-rpc-service") {
        Some("messagegateway") => Some(Service::MsgGateway),
        Some("push") => Some(Service::Push),
        Some(short) => Service::from_binary(&format!("openim-rpc-{short}")),
        None => Service::from_binary(name.strip_suffix("-service")?),
    }
}

/// The ports of a service in the `ConfigMap` of a file; `None` where there is none, or the kernel chooses them.
fn ports_of(scene: &Scene, text: &str, service: Service) -> Option<Vec<u16>> {
    let (name, none) = (service.config_file(), Environment::default());
    let file = ConfigFile::parse(Path::new(&name), &block_of(text, &name)?).ok()?;
    let mut ports = Vec::new();
    for rule in scene.layout.listens(service) {
        let automatic = rule.auto.as_ref().and_then(|key| file.boolean(key, &none).ok().flatten());
        if automatic.is_some_and(|on| on.value) {
            return None;
        }
        ports.extend(file.ports(rule.ports.as_ref()?, &none).ok()?.value);
    }
    (!ports.is_empty()).then_some(ports)
}

/// The text behind `NAME: |`, without its indentation.
fn block_of(text: &str, name: &str) -> Option<String> {
    let mut lines = text.lines().skip_while(|line| line.trim() != format!("{name}: |"));
    let head = lines.next()?;
    let depth = |line: &str| line.len() - line.trim_start().len();
    let inner = lines.take_while(|line| line.trim().is_empty() || depth(line) > depth(head));
    let inner: Vec<&str> = inner.collect();
    let indent = inner.iter().filter(|line| !line.trim().is_empty()).map(|line| depth(line)).min()?;
    Some(inner.iter().map(|line| line.get(indent..).unwrap_or("").to_owned() + "\n").collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_the_manifests_are_of_services() {
        assert_eq!(service_of("conversation-rpc-service"), Some(Service::RpcConversation));
        assert_eq!(service_of("messagegateway-rpc-service"), Some(Service::MsgGateway));
        assert_eq!(service_of("openim-api-service"), Some(Service::Api));
        assert_eq!(service_of("mongo-service"), None);
    }

    #[test]
    fn a_service_forwards_to_the_ports_of_its_document_alone() {
        let text = "apiVersion: v1\nkind: Deployment\nmetadata:\n  name: user-rpc-service\n      targetPort: 1\n---\n\
                    apiVersion: v1\nkind: Service\nmetadata:\n  name: user-rpc-service\nspec:\n  ports:\n    \
                    - name: http-10320\n      port: 1\n      targetPort: 10320\n    - targetPort: 12320\n";
        let found = forwards(text);
        let ports: Vec<(u16, usize)> = found.iter().map(|forward| (forward.port, forward.line)).collect();
        assert_eq!(ports, [(10320, 15), (12320, 16)]);
    }

    #[test]
    fn a_block_of_a_config_map_is_a_file() {
        let text = "data:\n  a.yml: |\n    rpc:\n      ports: [ 1 ]\n\n    x: y\n  b.yml: |\n    z: 1\n";
        assert_eq!(block_of(text, "a.yml").as_deref(), Some("rpc:\n  ports: [ 1 ]\n\nx: y\n"));
        assert_eq!(block_of(text, "c.yml"), None);
    }
}

//! How services find each other: a kind that the release knows, one that goes with ports of the kernel's choice, and the
//! same for all.

use std::collections::BTreeMap;

use super::reads::DISCOVERY;
use super::{Line, Mistake, Reader, Rule, Scene};
use crate::openim::config::Setting;
use crate::openim::service::Role;

pub(super) fn find(scene: &Scene, reader: &Reader) -> Vec<Mistake> {
    judge(scene, reader).into_iter().collect()
}

fn judge(scene: &Scene, reader: &Reader) -> Option<Mistake> {
    let enable = reader.file(DISCOVERY)?.text("enable", reader.env).ok()??;
    let (kind, place) = (enable.value.as_str(), enable.origin);
    match (scene.line, kind) {
        (_, "etcd") => None,
        // Which others they take was not seen: up to v3.8.1, and in chat beside it, ZooKeeper was one.
        (Line::V3_8_1 | Line::V3_7 | Line::Chat, _) => None,
        (Line::Release, "k8s") => auto_ports(reader, kind),
        (Line::Release, "kubernetes") => {
            let what = "enable is kubernetes, which this release calls k8s: unsupported discovery type";
            Some(reader.breaks(
                Rule::Discovery,
                place,
                what.to_owned(),
                "write k8s, or etcd outside of kubernetes",
            ))
        }
        // main looks at where it runs, not at this key.
        (Line::Main, "kubernetes" | "k8s") if runs_in_kubernetes() => None,
        // Nor does chat's, whatever it says.
        (Line::ChatMain, _) if runs_in_kubernetes() => None,
        (Line::Release | Line::Main | Line::ChatMain, other) => {
            let what = format!("enable is {other:?}, which this release does not know");
            Some(reader.breaks(Rule::Discovery, place, what, "write etcd"))
        }
    }
}

/// Services that look at another etcd than most do not find the others, unless it is one cluster.
pub(super) fn find_apart(scene: &Scene) -> Vec<Mistake> {
    let told: Vec<(&Reader, Setting<Vec<String>>)> = scene.readers.iter().filter_map(etcd_of).collect();
    let mut counts: BTreeMap<&[String], usize> = BTreeMap::new();
    for (_, address) in &told {
        *counts.entry(&address.value).or_default() += 1;
    }
    let Some((usual, _)) = counts.iter().max_by_key(|(_, count)| **count) else { return Vec::new() };
    let apart = told.iter().filter(|(_, address)| address.value != *usual).map(|(reader, address)| {
        let what = format!(
            "etcd.address is {}, and most services look at {}: they do not find each other",
            address.value.join(","),
            usual.join(",")
        );
        reader.misleads(
            Rule::Discovery,
            address.origin.clone(),
            what,
            "write the same address for all services",
        )
    });
    apart.collect()
}

/// Where a service looks for etcd, in the order of the names.
fn etcd_of<'r>(reader: &'r Reader<'r>) -> Option<(&'r Reader<'r>, Setting<Vec<String>>)> {
    let file = reader.file(DISCOVERY)?;
    let uses_it = file.text("enable", reader.env).ok()??.value == "etcd";
    let mut address = file.texts("etcd.address", reader.env).ok().filter(|_| uses_it)?;
    address.value.sort();
    Some((reader, address))
}

/// Ports of the kernel's choice are found through etcd alone: those for gRPC, and, of a service that has none, those
/// for its metrics.
fn auto_ports(reader: &Reader, kind: &str) -> Option<Mistake> {
    let (key, list) = match reader.service.role() {
        Role::Rpc | Role::ConsumerAndRpc | Role::WebSocketGateway => ("rpc.autoSetPorts", "rpc.ports"),
        Role::HttpGateway | Role::Consumer => ("prometheus.autoSetPorts", "prometheus.ports"),
        Role::Cron | Role::Whole => return None,
    };
    let auto = reader.own_file()?.boolean(key, reader.env).ok()??;
    auto.value.then(|| {
        let what = format!("{key} is true, and discovery is {kind}: only etcd supports autoSetPorts");
        let fix = format!("set it to false and fill {list}, or use etcd");
        reader.breaks(Rule::Discovery, auto.origin, what, &fix)
    })
}

pub(super) fn runs_in_kubernetes() -> bool {
    std::path::Path::new("/var/run/secrets/kubernetes.io/serviceaccount").exists()
}

//! Lists of ports: instance N takes element N, so each list has to reach as far as the instances do; and nobody else may
//! have what they take.

use super::{Line, Mistake, Reader, Rule, Scene};
use crate::openim::config::{ConfigFile, Setting};
use crate::openim::layout::ListenRule;
use crate::openim::service::Role;

pub(super) fn find(scene: &Scene, reader: &Reader) -> Vec<Mistake> {
    let Some(file) = reader.own_file() else { return Vec::new() };
    let rules = scene.layout.listens(reader.service).iter();
    rules.flat_map(|rule| judge(scene, reader, &file, rule)).collect()
}

fn judge(scene: &Scene, reader: &Reader, file: &ConfigFile, rule: &ListenRule) -> Vec<Mistake> {
    let Some(list) =
        rule.ports.as_ref().and_then(|key| file.ports(key, reader.env).ok().map(|ports| (key, ports)))
    else {
        return Vec::new();
    };
    let (key, ports) = list;
    let short = is_read(scene, reader, file, rule).then(|| too_short(scene, reader, key, &ports)).flatten();
    let taken = is_listened_on(reader, file, rule).then(|| taken(scene, reader, key, &ports)).flatten();
    short.into_iter().chain(taken).collect()
}

fn too_short(scene: &Scene, reader: &Reader, key: &str, ports: &Setting<Vec<u16>>) -> Option<Mistake> {
    let (count, last) = (ports.value.len(), reader.last_index);
    (count <= last as usize).then(|| {
        let lacks = if reader.instances == last + 1 {
            format!("{count} for {} instances: index out of range, index={count}", reader.instances)
        } else {
            format!("{count}, none for instance {last}: index out of range, index={last}")
        };
        let fix = if scene.line.has_auto_ports() {
            "add ports, start fewer instances, or let the kernel choose (autoSetPorts: true, with etcd)"
        } else {
            "add ports, or start fewer instances"
        };
        reader.breaks(Rule::Ports, ports.origin.clone(), format!("{key} has {lacks}"), fix)
    })
}

/// The first port of an instance that somebody else has.
fn taken(scene: &Scene, reader: &Reader, key: &str, ports: &Setting<Vec<u16>>) -> Option<Mistake> {
    let mut of_instances = ports.value.iter().take(reader.last_index as usize + 1);
    let (port, holder) = of_instances.find_map(|port| Some((port, scene.taken.get(port)?)))?;
    let what = format!("{key} has {port}, on which {holder} listens: address already in use");
    let fix = format!("end {holder}, or write another port");
    Some(reader.breaks(Rule::Ports, ports.origin.clone(), what, &fix))
}

/// Whether the list is read at all. The release line's msgtransfer takes an element even where it then asks the kernel.
fn is_read(scene: &Scene, reader: &Reader, file: &ConfigFile, rule: &ListenRule) -> bool {
    let always = match scene.line {
        Line::Release => reader.service.role() == Role::Consumer,
        Line::Main | Line::V3_8_1 | Line::V3_7 | Line::Chat | Line::ChatMain => false,
    };
    is_on(reader, file, rule.enable.as_ref(), true)
        && (always || !is_on(reader, file, rule.auto.as_ref(), false))
}

/// Whether the service then listens on what it took.
fn is_listened_on(reader: &Reader, file: &ConfigFile, rule: &ListenRule) -> bool {
    is_on(reader, file, rule.enable.as_ref(), true) && !is_on(reader, file, rule.auto.as_ref(), false)
}

fn is_on(reader: &Reader, file: &ConfigFile, key: Option<&String>, default: bool) -> bool {
    let value = key.and_then(|key| file.boolean(key, reader.env).ok().flatten());
    value.map_or(default, |setting| setting.value)
}

//! Lists of ports: instance N takes element N, so each list has to be as long as there are instances.

use super::{Line, Mistake, Reader, Rule, Scene};
use crate::openim::config::ConfigFile;
use crate::openim::layout::ListenRule;
use crate::openim::service::Role;

pub(super) fn find(scene: &Scene, reader: &Reader) -> Vec<Mistake> {
    let Some(file) = reader.own_file() else { return Vec::new() };
    let rules = scene.layout.listens(reader.service).iter();
    rules.filter_map(|rule| judge(scene, reader, &file, rule)).collect()
}

fn judge(scene: &Scene, reader: &Reader, file: &ConfigFile, rule: &ListenRule) -> Option<Mistake> {
    let key = rule.ports.as_ref()?;
    if !is_read(scene, reader, file, rule) {
        return None;
    }
    let ports = file.ports(key, reader.env).ok()?;
    let (count, wanted) = (ports.value.len(), usize::try_from(reader.instances).ok()?);
    (count < wanted).then(|| {
        let what = format!("{key} has {count} for {wanted} instances: index out of range, index={count}");
        let fix = if scene.line.has_auto_ports() {
            "add ports, start fewer instances, or let the kernel choose (autoSetPorts: true, with etcd)"
        } else {
            "add ports, or start fewer instances"
        };
        reader.breaks(Rule::Ports, ports.origin, what, fix)
    })
}

/// Whether the list is read at all. The release line's msgtransfer takes an element even where it then asks the kernel.
fn is_read(scene: &Scene, reader: &Reader, file: &ConfigFile, rule: &ListenRule) -> bool {
    let is = |key: &Option<String>, default| {
        let value = key.as_ref().and_then(|key| file.boolean(key, reader.env).ok().flatten());
        value.map_or(default, |setting| setting.value)
    };
    let always = match scene.line {
        Line::Release => reader.service.role() == Role::Consumer,
        Line::Main | Line::V3_8_1 | Line::V3_7 | Line::Chat | Line::ChatMain => false,
    };
    is(&rule.enable, true) && (always || !is(&rule.auto, false))
}

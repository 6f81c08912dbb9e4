//! One check in full: what it compares, from which file or fact each side comes, what it found, how to do it by hand.

use serde_json::json;

use super::screen::{Screen, Style};
use super::{NoSuchForm, TextOrJson};
use crate::check::args::Options;
use crate::check::kind::{Planned, grpc};
use crate::check::plan::{InstancePlan, Plan};
use crate::check::profile::Shape;
use crate::check::report::{Check, Kind, Report};
use crate::openim::release::read_release;
use crate::probe::Millis;

/// Every check of the plan with what the report says of it.
pub(in crate::check) fn explain(
    plan: &Plan,
    report: &Report,
    options: &Options,
) -> Result<String, NoSuchForm> {
    let form = TextOrJson::of(options, "explain")?;
    let checks = plan.checks();
    let release = read_release(&plan.root);
    let found = |planned: &Planned| report.checks().find(|check| check.id == planned.id).cloned();
    match form {
        TextOrJson::Text => {
            let style = Style::choose(options.color);
            Ok(checks
                .iter()
                .map(|planned| text(plan, planned, found(planned).as_ref(), release.as_deref(), &style))
                .collect())
        }
        TextOrJson::Json => {
            let explained: Vec<_> = checks
                .iter()
                .map(|planned| {
                    json!({
                        "id": planned.id,
                        "expects": planned.expects,
                        "from": planned.from,
                        "layout": plan.layout.title,
                        "layout_from": plan.layout_from,
                        "release": release,
                        "check": found(planned),
                        "group": group(plan, planned),
                        "by_hand": by_hand(plan, planned),
                    })
                })
                .collect();
            Ok(format!("{:#}\n", json!({ "schema": "openim-check-explain/1", "checks": explained })))
        }
    }
}

fn text(
    plan: &Plan,
    planned: &Planned,
    found: Option<&Check>,
    release: Option<&str>,
    style: &Style,
) -> String {
    let mut screen = Screen::default();
    let verdict = found.map_or(crate::check::report::Verdict::Skipped, |check| check.verdict);
    let message = found.map_or("nothing was found", |check| check.message.as_str());
    screen.line(verdict, format!("{}  {}", style.word(verdict), planned.id));
    let mut put = |word: &str, text: &str| screen.put(verdict, word, text);
    put("says", message);
    put("wants", &planned.expects);
    put("from", &planned.from);
    let release = release.map_or_else(String::new, |release| format!("; its log says {release}"));
    put("layout", &format!("{}, told from {}{release}", plan.layout.title, plan.layout_from));
    if let Some(check) = found {
        put("asks", &check.target);
        put("got", &format!("{} ({})", check.got, Millis(check.duration)));
    }
    if let Some(group) = group(plan, planned) {
        put("group", &group);
    }
    for command in by_hand(plan, planned) {
        put("run", &command);
    }
    screen.shaped(Shape::Whole)
}

fn instance_of<'p>(plan: &'p Plan, planned: &Planned) -> Option<&'p InstancePlan> {
    plan.instances.iter().find(|instance| planned.id.starts_with(&instance.check_id("")))
}

/// What the target of a unit does to it, of which the unit alone says nothing.
fn group(plan: &Plan, planned: &Planned) -> Option<String> {
    let is_of_unit = planned.kind == Kind::Unit;
    let charge = instance_of(plan, planned).filter(|_| is_of_unit)?.charge.as_ref()?;
    charge.group.as_ref().map(ToString::to_string)
}

/// Commands that show the same without this program.
fn by_hand(plan: &Plan, planned: &Planned) -> Vec<String> {
    let instance = instance_of(plan, planned);
    let pid = instance.and_then(InstancePlan::sole_process).map(|process| process.pid);
    let etcd = || plan.registry.as_ref().map(|registry| registry.addresses.join(","));
    let own = plan.own_checks().find(|(_, check)| check.id() == planned.id);
    if let Some((_, check)) = own {
        return check.by_hand().into_iter().collect();
    }
    let command = match planned.kind {
        Kind::Tcp | Kind::Tls | Kind::Websocket => None,
        Kind::Process => match (pid, instance) {
            (Some(pid), _) => Some(format!("cat /proc/{pid}/status; readlink /proc/{pid}/exe")),
            (None, Some(instance)) => Some(plan.command(instance)),
            (None, None) => None,
        },
        Kind::Port => pid.map(|pid| format!("ss -ltnp | grep pid={pid},")),
        Kind::Http => {
            let port = instance.and_then(InstancePlan::http_port);
            port.map(|port| format!("curl -i -m 2 -X OPTIONS http://127.0.0.1:{port}/"))
        }
        Kind::Grpc => instance.and_then(grpc::grpc_name).map(|name| {
            format!("grpcurl -plaintext ADDRESS {name}/OpenimCheck, with the address of its key in etcd")
        }),
        Kind::Metrics => {
            Some("curl -m 2 http://ADDRESS/metrics, with one of its listening sockets".to_owned())
        }
        Kind::Registry => etcd().zip(instance.and_then(|i| i.register_name)).map(|(etcd, name)| {
            let root = plan.registry.as_ref().map_or("openim", |registry| registry.root.as_str());
            format!("etcdctl --endpoints={etcd} get {root}/{name}/ --prefix")
        }),
        Kind::Config => None,
        Kind::Host => Some("free -m; df -h; df -i; ss -s; ip route".to_owned()),
        Kind::Unit => instance
            .and_then(|instance| instance.charge.as_ref())
            .map(|charge| charge.manager.show_command(charge)),
        Kind::Dependency => etcd().map(|etcd| format!("etcdctl --endpoints={etcd} endpoint health")),
    };
    command.into_iter().collect()
}

//! The plan: each check and the file or fact it comes from.

use std::fmt::Write as _;

use serde_json::json;

use super::{NoSuchForm, TextOrJson};
use crate::check::args::Options;
use crate::check::kind::Planned;
use crate::check::kind::words::Count;
use crate::check::plan::Plan;
use crate::openim::release::{LOGS, read_release};

/// Every check of the plan, in the order of the report.
pub(in crate::check) fn list(plan: &Plan, options: &Options) -> Result<String, NoSuchForm> {
    let checks = plan.checks();
    match TextOrJson::of(options, "list")? {
        TextOrJson::Text => Ok(text(plan, &checks)),
        TextOrJson::Json => Ok(json(plan, &checks)),
    }
}

fn text(plan: &Plan, checks: &[Planned]) -> String {
    let below_root = |text: &str| text.replace(&format!("{}/", plan.root.display()), "");
    let mut out = format!(
        "{} of {}\nlayout {} (told from {})\n",
        Count::of(checks.len(), "check", "checks"),
        plan.root.display(),
        plan.layout.title,
        below_root(&plan.layout_from)
    );
    if let Some(release) = read_release(&plan.root) {
        let _ = writeln!(out, "release {release} (told from the newest file in {LOGS}/)");
    }
    for check in checks {
        let _ = writeln!(out, "{}\n    {}\n    from {}", check.id, check.expects, below_root(&check.from));
    }
    out
}

fn json(plan: &Plan, checks: &[Planned]) -> String {
    let checks: Vec<_> = checks
        .iter()
        .map(|check| json!({ "id": check.id, "kind": check.kind, "expects": check.expects, "from": check.from }))
        .collect();
    let document = json!({
        "schema": "openim-check-list/1",
        "root": plan.root,
        "layout": plan.layout.title,
        "layout_from": plan.layout_from,
        "release": read_release(&plan.root),
        "checks": checks,
    });
    format!("{document:#}\n")
}

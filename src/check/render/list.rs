//! The plan: each check and the file or fact it comes from.

use serde_json::json;

use super::screen::fold;
use super::{NoSuchForm, TextOrJson};
use crate::check::args::Options;
use crate::check::kind::Planned;
use crate::check::kind::words::Count;
use crate::check::plan::Plan;
use crate::openim::release::{LOGS, read_release};

/// What is said of a check stands under its id.
const INDENT: usize = 4;

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
    let count = Count::of(checks.len(), "check", "checks");
    let mut lines = vec![format!("{count} of {}", plan.root.display())];
    let mut put = |head: &str, text: &str| lines.extend(fold(head.to_owned(), INDENT, text));
    put("layout ", &format!("{} (told from {})", plan.layout.title, below_root(&plan.layout_from)));
    if let Some(release) = read_release(&plan.root) {
        put("release ", &format!("{release} (told from the newest file in {LOGS}/)"));
    }
    for check in checks {
        put("", &check.id);
        put("    ", &check.expects);
        put("    from ", &below_root(&check.from));
    }
    lines.join("\n") + "\n"
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

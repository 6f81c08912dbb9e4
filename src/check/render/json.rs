//! JSON, schema "openim-check/1".

use serde_json::{Value, json};

use crate::check::history::Changes;
use crate::check::report::Report;

/// The report as one document.
pub(super) fn report(report: &Report) -> String {
    pretty(&to_value(report))
}

/// The report with a member `changes`.
pub(super) fn changes(report: &Report, changes: &Changes) -> String {
    let mut document = to_value(report);
    if let Value::Object(members) = &mut document {
        members.insert(
            "changes".to_owned(),
            json!({
                "last_report_at": changes.last,
                "restarts_since": changes.since,
                "messages": changes.sentences,
                "restarts": changes.restarts,
            }),
        );
    }
    pretty(&document)
}

/// The report as a value.
pub(super) fn to_value(report: &Report) -> Value {
    // Only maps with keys that are no text can fail, and the report has none.
    serde_json::to_value(report).unwrap_or(Value::Null)
}

fn pretty(document: &Value) -> String {
    format!("{document:#}\n")
}

//! What a watch says of one look: nothing, where nothing changed.

use std::fmt::Write as _;

use super::screen::Style;
use super::{NoSuchForm, TextOrJson};
use crate::check::args::Options;
use crate::check::history::Look;
use crate::check::report::Report;

/// The clock's part of a report's time: "04:35:02".
const CLOCK: std::ops::Range<usize> = 11..19;

/// The first line where it is another one, and a line for each instance that changed; in JSON the whole report in
/// one line.
pub(in crate::check) fn watched(
    report: &Report,
    look: &Look,
    options: &Options,
) -> Result<String, NoSuchForm> {
    let form = TextOrJson::of(options, "watch")?;
    if !look.other_verdict && look.sentences.is_empty() {
        return Ok(String::new());
    }
    match form {
        TextOrJson::Text => Ok(text(report, look, &Style::choose(options.color))),
        TextOrJson::Json => Ok(format!("{}\n", super::json::to_value(report))),
    }
}

fn text(report: &Report, look: &Look, style: &Style) -> String {
    let clock = report.started_at.get(CLOCK).unwrap_or_default();
    let mut out = String::new();
    if look.other_verdict {
        let _ = writeln!(out, "{clock} {}  {}", style.word(report.verdict), report.summary);
    }
    for sentence in &look.sentences {
        let _ = writeln!(out, "{clock}   {sentence}");
    }
    out
}

//! Test Anything Protocol, version 13: one line for each check, and for what is not well a block of YAML.

use std::fmt::Write as _;

use super::yaml_text;
use crate::check::report::{Check, Report, Verdict};

/// The whole report. What is well with a warning is `ok` with a block, unless warnings are failures.
pub(super) fn report(report: &Report, strict: bool) -> String {
    let checks: Vec<&Check> = report.checks().collect();
    let mut out = format!("TAP version 13\n1..{}\n# {}\n", checks.len(), one_line(&report.summary));
    for (i, check) in checks.iter().enumerate() {
        write_check(&mut out, i + 1, check, strict);
    }
    out
}

fn write_check(out: &mut String, number: usize, check: &Check, strict: bool) {
    let id = escape(&check.id);
    let (result, block) = match check.verdict {
        Verdict::Pass => ("ok", false),
        Verdict::Skipped => {
            let _ = writeln!(out, "ok {number} - {id} # SKIP {}", one_line(&check.got));
            return;
        }
        Verdict::Warn if strict => ("not ok", true),
        Verdict::Warn => ("ok", true),
        Verdict::Unknown | Verdict::Starting | Verdict::Fail => ("not ok", true),
    };
    let _ = writeln!(out, "{result} {number} - {id}");
    if block {
        write_block(out, check);
    }
}

fn write_block(out: &mut String, check: &Check) {
    let Check { message, target, expected, got, verdict, duration, .. } = check;
    out.push_str("  ---\n");
    let severity = verdict.word();
    let texts = [
        ("message", message.as_str()),
        ("severity", severity),
        ("target", target),
        ("expected", expected),
        ("got", got),
    ];
    for (key, text) in texts {
        let _ = writeln!(out, "  {key}: {}", yaml_text(text));
    }
    let _ = writeln!(out, "  duration_ms: {:.3}\n  ...", duration.as_secs_f64() * 1e3);
}

/// A hash begins a directive.
fn escape(id: &str) -> String {
    one_line(id).replace('\\', "\\\\").replace('#', "\\#")
}

fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

//! `JUnit`'s XML: a suite for each service and other part, a case for each check.

use std::fmt::Write as _;
use std::time::Duration;

use crate::check::report::{Check, Report, Verdict};

/// The whole report. Warnings are failures only where they count as such.
pub(super) fn report(report: &Report, strict: bool) -> String {
    let checks: Vec<&Check> = report.checks().collect();
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let _ = writeln!(out, "<testsuites name=\"openim-check\" {}>", counts(&checks, strict, report.duration));
    for service in &report.services {
        let own = service.checks.iter().chain(service.instances.iter().flat_map(|instance| &instance.checks));
        write_suite(&mut out, report, service.name, &own.collect::<Vec<_>>(), strict);
    }
    for part in report.parts() {
        write_suite(&mut out, report, part.name, &part.checks.iter().collect::<Vec<_>>(), strict);
    }
    for own in &report.checks {
        write_suite(&mut out, report, &own.name, &own.checks.iter().collect::<Vec<_>>(), strict);
    }
    out.push_str("</testsuites>\n");
    out
}

fn write_suite(out: &mut String, report: &Report, name: &str, checks: &[&Check], strict: bool) {
    let took = checks.iter().map(|check| check.duration).sum();
    let _ = writeln!(
        out,
        "  <testsuite name=\"{}\" timestamp=\"{}\" {}>",
        escape(name),
        escape(&report.started_at),
        counts(checks, strict, took)
    );
    for check in checks {
        write_case(out, check, strict);
    }
    out.push_str("  </testsuite>\n");
}

fn counts(checks: &[&Check], strict: bool, took: Duration) -> String {
    let of =
        |wanted: Outcome| checks.iter().filter(|check| Outcome::of(check.verdict, strict) == wanted).count();
    format!(
        "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{}\"",
        checks.len(),
        of(Outcome::Failure),
        of(Outcome::Error),
        of(Outcome::Skipped),
        seconds(took)
    )
}

/// What a case can come to in this form.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Passed,
    Warned,
    Skipped,
    /// Could not be looked at.
    Error,
    Failure,
}

impl Outcome {
    const fn of(verdict: Verdict, strict: bool) -> Self {
        match verdict {
            Verdict::Pass => Self::Passed,
            Verdict::Warn if strict => Self::Failure,
            Verdict::Warn => Self::Warned,
            Verdict::Skipped => Self::Skipped,
            Verdict::Unknown => Self::Error,
            Verdict::Starting | Verdict::Fail => Self::Failure,
        }
    }
}

fn write_case(out: &mut String, check: &Check, strict: bool) {
    let (class, name) = check.id.rsplit_once('/').unwrap_or((&check.id, &check.id));
    let _ = write!(
        out,
        "    <testcase classname=\"{}\" name=\"{}\" time=\"{}\"",
        escape(class),
        escape(name),
        seconds(check.duration)
    );
    let message = escape(&check.message);
    let details = escape(&details(check));
    let kind = check.verdict.word();
    let _ = match Outcome::of(check.verdict, strict) {
        Outcome::Passed => writeln!(out, "/>"),
        Outcome::Warned => {
            writeln!(out, "><system-out>warning: {message}\n{details}</system-out></testcase>")
        }
        Outcome::Skipped => writeln!(out, "><skipped message=\"{}\"/></testcase>", escape(&check.got)),
        Outcome::Error => {
            writeln!(out, "><error message=\"{message}\" type=\"{kind}\">{details}</error></testcase>")
        }
        Outcome::Failure => {
            writeln!(out, "><failure message=\"{message}\" type=\"{kind}\">{details}</failure></testcase>")
        }
    };
}

fn details(check: &Check) -> String {
    let Check { target, expected, got, .. } = check;
    format!("target: {target}\nexpected: {expected}\ngot: {got}")
}

fn seconds(duration: Duration) -> String {
    format!("{:.6}", duration.as_secs_f64())
}

/// What XML cannot hold even escaped (control characters that a server sent) becomes a question mark.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push('\t'),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('?'),
            plain => out.push(plain),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_server_sent_stays_xml() {
        let hostile = "a<b>&\"c\"\u{1b}[31m\u{0}\n\u{ffff}ü";
        let document = format!("<x y=\"{}\">{}</x>", escape(hostile), escape(hostile));
        let parsed = roxmltree::Document::parse(&document).expect("it is XML");
        let read = "a<b>&\"c\"?[31m?\n?ü";
        assert_eq!(parsed.root_element().attribute("y"), Some(read));
        assert_eq!(parsed.root_element().text(), Some(read));
    }
}

//! What only OpenIM's face answers, beside the quickest way of somebody skilled: our own `-o cat`, which is quicker than
//! journalctl's, and the usual tools behind it.

use std::process::Command;

use super::table::{Candidate, Row};

const PROGRAM: &str = env!("CARGO_BIN_EXE_openim-logs");

/// Questions to the journal in a directory.
pub(crate) fn rows(place: &str) -> Vec<Row> {
    let operation = operation_in(place);
    let grep = format!("grep -F {operation}");
    let sorted = format!("{grep} | sort");
    vec![
        Row {
            job: "errors by the true level",
            ours: ours("`openim-logs -L error -o cat`", &["-L", "error", "-o", "cat"], place),
            theirs: piped("`openim-logs journal -o cat \\| grep ERROR`", "grep ERROR", place),
        },
        Row {
            job: "the lines of one request",
            ours: ours("`openim-logs --op ID -o cat`", &["--op", &operation, "-o", "cat"], place),
            theirs: piped("`openim-logs journal -o cat \\| grep -F ID`", &grep, place),
        },
        Row {
            job: "one request through all services",
            ours: ours("`openim-logs trace ID`", &["trace", &operation], place),
            theirs: piped("`openim-logs journal -o cat \\| grep -F ID \\| sort`", &sorted, place),
        },
        Row {
            job: "lines of each service and level",
            ours: ours("`openim-logs stats`", &["stats"], place),
            theirs: piped("`openim-logs journal -o cat \\| awk`", STATS, place),
        },
        Row {
            job: "the ten most frequent messages",
            ours: ours("`openim-logs top`", &["top"], place),
            theirs: piped("`openim-logs journal -o cat \\| awk \\| sort \\| head`", TOP, place),
        },
    ]
}

/// Service and level are the fourth and the second column.
const STATS: &str = r#"awk -F'\t' '{ n[$4 " " $2]++ } END { for (key in n) print n[key], key }'"#;
/// The message is the seventh; numbers in it do not count.
const TOP: &str = r#"awk -F'\t' '{ gsub(/[0-9]+/, "N", $7); n[$2 " " $7]++ } END { for (key in n) print n[key], key }' | sort -rn | head"#;

fn ours(name: &'static str, question: &[&str], place: &str) -> Candidate {
    Candidate::new(name, PROGRAM, &[question, &["-q", "-D", place]].concat())
}

fn piped(name: &'static str, pipe: &str, place: &str) -> Candidate {
    let line = format!("export LC_ALL=C; '{PROGRAM}' journal -q -D '{place}' -o cat | {pipe}");
    Candidate::new(name, "sh", &["-c", &line])
}

/// A request that the journal has: that of the last line which has one.
fn operation_in(place: &str) -> String {
    let template = ["--template", "{op}", "--where", "operationID~.", "-n", "1", "-q", "-D", place];
    let output = Command::new(PROGRAM).args(template).output().expect("ask for a request");
    let operation = String::from_utf8(output.stdout).expect("text").trim().to_owned();
    assert!(!operation.is_empty(), "no request in {place}");
    operation
}

//! What may come by standard input and is no log that could be read: told by how it begins, and refused with what to
//! do instead.
//!
//! Of journalctl's forms `cat` alone has OpenIM's lines as they were written. `short` and its kin have eight blanks for
//! each TAB, so that nobody can tell the columns of a line any more; syslog's files have `#011`.

use crate::logs::LogsError;

/// How other formats begin, what they are, and what to do instead.
const BEGINNINGS: [(&[u8], &str, &str); 6] = [
    (b"__CURSOR=", "journalctl's export format", AS_TEXT),
    (b"LPKSHHRH", "a journal file", "openim-logs --file FILE reads it"),
    (b"\x28\xb5\x2f\xfd", "packed with zstd", "zstd -dc FILE | openim-logs -"),
    (b"\x1f\x8b", "packed with gzip", "gzip -dc FILE | openim-logs -"),
    (b"\xfd7zXZ", "packed with XZ", "xz -dc FILE | openim-logs -"),
    (b"\x04\x22\x4d\x18", "packed with LZ4", "lz4 -dc FILE | openim-logs -"),
];
const JSON: (&str, &str) = ("journalctl's JSON", AS_TEXT);
const SHORT: (&str, &str) = ("journalctl's short format or one of its kin", AS_TEXT);
const AS_TEXT: &str =
    "openim-logs reads the journal itself; from elsewhere: journalctl -o cat | openim-logs -";
/// What `json-sse` and `json-seq` put before an object.
const BEFORE_JSON: [&[u8]; 2] = [b"data: ", b"\x1e"];
/// In each object of journalctl's JSON, and in no line of OpenIM's.
const JOURNAL_TIME: &[u8] = b"\"__REALTIME_TIMESTAMP\"";

/// Refuses what is no log by its first line.
pub(super) fn refuse(line: &[u8]) -> Result<(), LogsError> {
    let known = BEGINNINGS.iter().find(|(start, ..)| line.starts_with(start));
    let object = BEFORE_JSON.iter().find_map(|before| line.strip_prefix(*before)).unwrap_or(line);
    let is_json = object.starts_with(b"{") && memchr::memmem::find(object, JOURNAL_TIME).is_some();
    let is_json = is_json || is_pretty_field(line);
    let found = match known {
        Some(&(_, what, instead)) => Some((what, instead)),
        None if is_json => Some(JSON),
        None => is_short(line).then_some(SHORT),
    };
    found.map_or(Ok(()), |(what, instead)| Err(LogsError::Foreign { what, instead }))
}

/// Whether it takes the next line to tell the form: this is what journalctl says before its entries, in whatever form
/// these are (`-- Boot 1f0a... --`), or the brace alone that its `json-pretty` begins with.
pub(super) fn tells_no_form(line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
    line == b"{" || (line.starts_with(b"-- ") && line.ends_with(b" --"))
}

/// Whether this is a field of `json-pretty`: a tab before it, and a blank on both sides of the colon.
fn is_pretty_field(line: &[u8]) -> bool {
    line.starts_with(b"\t\"") && memchr::memmem::find(line, b"\" : ").is_some()
}

/// Whether a line begins with a time as `short` or one of its kin has it, and then with host and program:
///
/// ```text
/// Nov 23 19:55:00 box openim-api[512]:
/// Mon 2026-11-23 19:55:00 UTC box openim-api[512]:
/// 2026-11-23T19:55:00+0000 box openim-api[512]:
/// 1795463700.291123 box openim-api[512]:
/// [   12.345678] box openim-api[512]:
/// ```
fn is_short(line: &[u8]) -> bool {
    let text = String::from_utf8_lossy(line);
    let since_boot = text.strip_prefix('[').and_then(|text| text.split_once("] "));
    let since_boot = since_boot.filter(|(time, _)| time.split_whitespace().next().is_some_and(is_number));
    let text = since_boot.map_or(&*text, |(_, rest)| rest);
    let words: Vec<&str> = text.split_whitespace().take(6).collect();
    let rest = match words.as_slice() {
        rest if since_boot.is_some() => rest,
        // The names of months are those of the language.
        [_, day, clock, rest @ ..] if is_number(day) && is_clock(clock) => rest,
        [_, date, clock, _zone, rest @ ..] if is_date(date) && is_clock(clock) => rest,
        [time, rest @ ..] if is_number(time) || is_date_and_clock(time) => rest,
        _ => return false,
    };
    // `-W` leaves the host out; `verbose` has its cursor there.
    rest.first().is_some_and(|word| word.starts_with("[s="))
        || rest.iter().take(2).any(|word| is_program(word))
}

/// `23`, `1795463700.291123`
fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// `19:55:00`, `19:55:00.291123`, `19:55:00+0000`
fn is_clock(text: &str) -> bool {
    has_shape(text, b"00:00:00")
}

/// `2026-11-23`
fn is_date(text: &str) -> bool {
    text.len() == 10 && has_shape(text, b"0000-00-00")
}

/// `2026-11-23T19:55:00+0000`
fn is_date_and_clock(text: &str) -> bool {
    text.split_once('T').is_some_and(|(date, clock)| is_date(date) && is_clock(clock))
}

/// Whether a text begins with digits where the shape has some, and is the same elsewhere.
fn has_shape(text: &str, shape: &[u8]) -> bool {
    let fits =
        |(byte, wanted): (u8, &u8)| if *wanted == b'0' { byte.is_ascii_digit() } else { byte == *wanted };
    text.len() >= shape.len() && text.bytes().zip(shape).all(fits)
}

/// `openim-api[512]:`, and of the kernel no process is known.
fn is_program(word: &str) -> bool {
    let name_and_process = word.strip_suffix("]:").and_then(|word| word.rsplit_once('['));
    word == "kernel:"
        || name_and_process.is_some_and(|(name, process)| !name.is_empty() && is_number(process))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_journalctl_for_people_is_known() {
        for line in [
            "Nov 23 19:55:00 box openim-api[512]: 2026-11-23 19:55:00.291        INFO",
            "Nov 03 19:55:00.291123 box systemd[1]: Starting openim-api.service...",
            "11月 23 19:55:00 box openim-api[512]: x",
            "Nov 23 19:55:00 openim-api[512]: x",
            "Nov 23 19:55:00 box kernel: Linux version",
            "Mon 2026-11-23 19:55:00 UTC box openim-api[512]: x",
            "Mon 2026-11-23 19:55:00 CST box openim-api.service[512]: x",
            "Mon 2026-11-23 19:55:00.291123 UTC [s=5f;i=1;b=1f;m=1;t=1;x=1]",
            "2026-11-23T19:55:00+0000 box openim-api[512]: x",
            "2026-11-23T19:55:00.291123+08:00 box openim-api[512]: x",
            "1795463700.291123 box openim-api[512]: x",
            "[   12.345678] box openim-api[512]: x",
            "[12345.678901 <    0.000123 >] box openim-api[512]: x",
        ] {
            assert!(is_short(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn no_line_of_a_log_is_taken_for_one() {
        for line in [
            "2026-11-23 19:55:00.291\tINFO\t[PID:512]\topenim-api\tx[1]: y",
            "2026-11-23T19:55:00.291123456Z 2026-11-23 19:55:00.291\tINFO\t[PID:512]",
            "2026-11-23T19:55:00Z panic: runtime error: index out of range",
            "[GIN] 2026/11/23 - 19:55:00 | 200 | 1ms",
            "[pod/openim-api/api] Nov 23 19:55:00 box openim-api[512]: x",
            "[PID:512] x",
            "2026/11/23 19:55:00 x.go:12: listening",
            "1:M 23 Nov 2026 19:55:00.291 * Ready",
            "goroutine 1 [running]:",
            "{\"level\":\"info\"}",
            "23 19:55:00",
            "",
        ] {
            assert!(!is_short(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn what_journalctl_says_before_its_entries_is_known() {
        assert!(tells_no_form(b"-- Journal begins at Mon 2026-11-23 19:55:00 UTC. --\n"));
        assert!(!tells_no_form(b"-- a line") && !tells_no_form(b"2026-11-23 --\n"));
    }

    #[test]
    fn a_pretty_object_is_known_by_its_first_field() {
        assert!(tells_no_form(b"{\n") && !tells_no_form(b"{}\n"));
        assert!(refuse(b"\t\"__CURSOR\" : \"s=5f;i=1\",\n").is_err());
        assert!(refuse(b"\t\"errCode\": 0,\n").is_ok());
    }
}

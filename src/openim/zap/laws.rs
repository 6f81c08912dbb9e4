//! Laws of the parser, over random records written the way OpenIM's logger writes them.

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::openim::text::strip_colour;

/// The generations that differ in form.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Generation {
    /// v3.0 to v3.6: no version, no padding.
    Plain,
    /// v3.7 to v3.8.1: the version column is 17 wide.
    Narrow,
    /// v3.8.2 and later.
    Wide,
    /// v3.8.3 to v3.8.3-patch.5: a LF in the version.
    TwoLines,
    /// `isJson: true`.
    Json,
}

#[derive(Clone, Debug)]
struct Record {
    generation: Generation,
    time: String,
    level: Level,
    pid: u32,
    module: String,
    version: String,
    caller: String,
    message: String,
    pad_message: bool,
    fields: Vec<(String, Value)>,
}

impl Record {
    /// The line as the logger writes it.
    fn written(&self) -> String {
        if self.generation == Generation::Json { self.written_as_json() } else { self.written_in_columns() }
    }

    fn written_in_columns(&self) -> String {
        let Self { time, level, pid, module, version, caller, .. } = self;
        let colour = match level {
            Level::Debug => 37,
            Level::Info => 34,
            Level::Warn => 33,
            Level::Error | Level::Panic | Level::Fatal => 31,
        };
        let coloured = |text: String| format!("\x1b[{colour}m{text}\x1b[0m");
        let mut columns = vec![time.clone(), coloured(level.to_string())];
        let (pid, caller) = (format!("[PID:{pid}]"), format!("[{caller}]"));
        if self.generation == Generation::Plain {
            columns.extend([coloured(pid), coloured(module.clone()), caller, self.message.clone()]);
        } else {
            columns.extend([coloured(format!("{pid:<15}")), coloured(format!("{module:<25}"))]);
            columns.push(match self.generation {
                Generation::Narrow => format!("{:<17}", format!("[version:{version}]")),
                Generation::TwoLines => format!("{:<30}", format!("[{version}\n]")),
                Generation::Plain | Generation::Wide | Generation::Json => {
                    format!("{:<30}", format!("[{version}]"))
                }
            });
            columns.extend([format!("{caller:<50}"), self.padded_message()]);
        }
        if !self.fields.is_empty() {
            columns.push(format!("{{{}}}", self.pairs(": ").join(", ")));
        }
        columns.join("\t")
    }

    fn written_as_json(&self) -> String {
        let Self { time, level, pid, module, version, caller, .. } = self;
        let message = Value::from(self.padded_message());
        let head = format!(
            r#""level":"{level}","time":"{time}","logger":"{module}","caller":"{caller}","msg":{message},"PID":{pid},"version":"{version}""#
        );
        format!("{{{}}}", [vec![head], self.pairs(":")].concat().join(","))
    }

    fn padded_message(&self) -> String {
        if self.pad_message { format!("{:<50}", self.message) } else { self.message.clone() }
    }

    fn pairs(&self, colon: &str) -> Vec<String> {
        self.fields
            .iter()
            .map(|(key, value)| format!("{}{colon}{value}", Value::from(key.as_str())))
            .collect()
    }

    /// Asserts that the parser reads this record from a line.
    fn assert_read_from(&self, line: &[u8]) -> Result<(), TestCaseError> {
        let Some(read) = parse(line) else {
            return Err(TestCaseError::fail("no record"));
        };
        prop_assert_eq!(read.time, self.time.as_bytes());
        prop_assert_eq!((read.level, read.pid), (self.level, Some(self.pid)));
        prop_assert_eq!(read.module, self.module.as_bytes());
        let version = (self.generation != Generation::Plain).then_some(self.version.as_bytes());
        prop_assert_eq!(read.version, version);
        prop_assert_eq!(read.caller, Some(self.caller.as_bytes()));
        prop_assert_eq!(read.message_text(), self.message.as_str());
        prop_assert!(!read.cut);
        let written: Vec<_> = self
            .fields
            .iter()
            .map(|(key, value)| {
                (key.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            })
            .collect();
        let fields: Vec<_> = read
            .fields
            .iter()
            .map(|(key, value)| (key.text().into_owned(), value.text().into_owned()))
            .collect();
        prop_assert_eq!(fields, written);
        Ok(())
    }
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e9..1e9).prop_map(Value::from),
        "(?s).{0,12}".prop_map(Value::from),
        r#"[\\"{}\[\],: \t]{0,8}"#.prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((".{0,4}", inner), 0..4)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

fn record() -> impl Strategy<Value = Record> {
    use Generation::{Json, Narrow, Plain, TwoLines, Wide};
    let place = (
        prop::sample::select(&[Plain, Narrow, Wide, TwoLines, Json][..]),
        "20[0-9]{2}-[0-1][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9]\\.[0-9]{3}",
        prop::sample::select(&Level::ALL[..]),
        1u32..4_194_304,
        "[a-zA-Z][a-zA-Z0-9_-]{0,24}",
        "[0-9]\\.[0-9]\\.[0-9]",
        "[a-z_]{1,14}/[a-z_0-9]{1,14}\\.go:[0-9]{1,4}",
    );
    let text = ("[^{\\x00-\\x08\\x0a-\\x1f]{1,60}", any::<bool>());
    let fields = prop::collection::vec((prop_oneof!["[a-zA-Z_]{1,9}", ".{0,5}"], value()), 0..6);
    (place, text, fields).prop_filter_map(
        "a message of spaces",
        |((generation, time, level, pid, module, version, caller), (message, pad_message), fields)| {
            let message = message.trim_end_matches([' ', '\t']).to_owned();
            (!message.is_empty()).then_some(Record {
                generation,
                time,
                level,
                pid,
                module,
                version,
                caller,
                message,
                pad_message,
                fields,
            })
        },
    )
}

/// Bytes that look like a record for as long as possible.
fn nearly_a_record() -> impl Strategy<Value = Vec<u8>> {
    (
        record(),
        prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        any::<prop::sample::Index>(),
    )
        .prop_map(|(record, changes, end)| {
            let mut line = record.written().into_bytes();
            for (place, byte) in changes {
                let at = place.index(line.len());
                line[at] = byte;
            }
            line.truncate(end.index(line.len() + 1));
            line
        })
}

fn read_everything(line: &[u8]) {
    let _ = (is_split_head(line), is_split_tail(line));
    assert_eq!(record_level(line), parse(line).map(|record| record.level));
    if let Some(record) = parse(line) {
        assert_eq!(peek_level(line), Some(record.level));
        let _ = (record.message_text(), record.fields.raw(), record.error());
        for (key, value) in record.fields {
            let _ = (key.text(), value.text());
        }
    }
}

proptest! {
    #[test]
    fn what_was_written_is_read(record in record()) {
        record.assert_read_from(record.written().as_bytes())?;
    }

    #[test]
    fn what_was_written_is_read_without_its_colours_too(record in record()) {
        record.assert_read_from(&strip_colour(record.written().as_bytes()))?;
    }

    #[test]
    fn the_two_lines_of_one_record_are_known_and_no_others(record in record()) {
        let written = record.written();
        match written.split_once('\n') {
            Some((head, tail)) => {
                prop_assert!(is_split_head(head.as_bytes()) && is_split_tail(tail.as_bytes()));
                prop_assert!(parse(head.as_bytes()).is_some_and(|head| head.cut && head.level == record.level));
                prop_assert_eq!(parse(tail.as_bytes()), None);
            }
            None => prop_assert!(!is_split_head(written.as_bytes()) && !is_split_tail(written.as_bytes())),
        }
    }

    #[test]
    fn a_record_that_was_cut_gives_the_fields_before_the_cut(record in record(), end in any::<prop::sample::Index>()) {
        let written = record.written();
        if let (Some(whole), Some(cut)) = (parse(written.as_bytes()), parse(&written.as_bytes()[..end.index(written.len())])) {
            prop_assert_eq!(cut.level, whole.level);
            let fields: Vec<_> = whole.fields.iter().collect();
            let read: Vec<_> = cut.fields.iter().collect();
            prop_assert!(fields.starts_with(&read));
        }
    }

    #[test]
    fn no_bytes_make_the_parser_panic(line in prop::collection::vec(any::<u8>(), 0..200)) {
        read_everything(&line);
    }

    #[test]
    fn no_broken_record_makes_the_parser_panic(line in nearly_a_record()) {
        read_everything(&line);
        let _ = crate::openim::line::classify(&line);
    }
}

//! One object a line with every field of the journal's entry, as journalctl's `json`, except for MESSAGE.
//!
//! ```text
//! {"__CURSOR":"s=...","__REALTIME_TIMESTAMP":"1795463705865000","MESSAGE":"2026-11-23 19:55:05.865\tERROR...",...}
//! ```
//!
//! MESSAGE is text whenever it is UTF-8, without colours and whatever its length. Other values are as journalctl
//! has them: what is not printable is an array of numbers, 4096 bytes and more are null, and a field that occurs
//! several times is an array. `json-pretty`, `json-sse` and `json-seq` lay the same object out otherwise. Source: systemd
//! 252, `output_json`.

use std::io::{self, Write};

use serde::Serialize as _;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};
use serde_json::{Map, Value};

use super::Render;
use crate::journal::output::is_shown;
use crate::journal::output::json::{Layout, TOO_LONG};
use crate::journal::{Entry, Field};
use crate::logs::plan::Look;
use crate::logs::record::Record;
use crate::openim::redact::redact;

pub(super) struct Json<'l> {
    look: &'l Look,
    layout: Layout,
}

impl<'l> Json<'l> {
    pub(super) const fn new(look: &'l Look, layout: Layout) -> Self {
        Self { look, layout }
    }

    fn shows(&self, name: &[u8]) -> bool {
        is_shown(self.look.fields.as_deref(), name)
    }

    /// A value of an entry's field that is no message.
    fn plain(&self, name: &[u8], value: &[u8]) -> Value {
        if name.len() + 1 + value.len() >= TOO_LONG && !self.look.all {
            return Value::Null;
        }
        match std::str::from_utf8(value) {
            Ok(text) if !text.chars().any(|c| c.is_control() && c != '\t' && c != '\n') => text.into(),
            _ => numbers(value),
        }
    }

    fn of_entry(&self, record: &Record<'_>, entry: Entry<'_>) -> Map<String, Value> {
        let mut values: Vec<(String, Vec<Value>)> = vec![
            ("__CURSOR".to_owned(), vec![entry.cursor().to_string().into()]),
            ("__REALTIME_TIMESTAMP".to_owned(), vec![entry.realtime().micros().to_string().into()]),
            ("__MONOTONIC_TIMESTAMP".to_owned(), vec![entry.monotonic_micros().to_string().into()]),
            ("_BOOT_ID".to_owned(), vec![entry.boot().to_string().into()]),
        ];
        let mut first_message = true;
        for Field { name, value, .. } in entry.fields() {
            let value = match name {
                b"_BOOT_ID" => continue,
                _ if !self.shows(name) => continue,
                b"MESSAGE" if std::mem::take(&mut first_message) => message(&record.text()),
                _ if self.look.redact => self.plain(name, &redact(value)),
                _ => self.plain(name, value),
            };
            let name = String::from_utf8_lossy(name);
            match values.iter_mut().find(|(there, _)| *there == name) {
                Some((_, values)) => values.push(value),
                None => values.push((name.into_owned(), vec![value])),
            }
        }
        let one = |mut values: Vec<Value>| match values.len() {
            1 => values.remove(0),
            _ => Value::Array(values),
        };
        values.into_iter().map(|(name, values)| (name, one(values))).collect()
    }

    fn of_line(&self, record: &Record<'_>) -> Map<String, Value> {
        let fields = record.fields_of_line(&self.look.host).into_iter();
        let fields = fields.map(|(name, value)| (name.to_owned(), value.into()));
        let time = ("__REALTIME_TIMESTAMP".to_owned(), record.time.micros().to_string().into());
        let text = ("MESSAGE".to_owned(), message(&record.text()));
        let fields = fields.chain([text]).filter(|(name, _)| self.shows(name.as_bytes()));
        [time].into_iter().chain(fields).collect()
    }
}

impl Render for Json<'_> {
    fn render(&self, record: &Record<'_>, out: &mut dyn Write) -> io::Result<()> {
        let object = match record.entry {
            Some(entry) => self.of_entry(record, entry),
            None => self.of_line(record),
        };
        let (before, behind) = self.layout.around();
        out.write_all(before)?;
        if self.layout == Layout::Pretty {
            object.serialize(&mut Serializer::with_formatter(&mut *out, Pretty::default()))?;
        } else {
            serde_json::to_writer(&mut *out, &object)?;
        }
        out.write_all(behind)
    }
}

/// As journalctl indents: with a TAB, and blanks on both sides of the colon.
struct Pretty(PrettyFormatter<'static>);

impl Default for Pretty {
    fn default() -> Self {
        Self(PrettyFormatter::with_indent(b"\t"))
    }
}

impl Formatter for Pretty {
    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_array(out)
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array(out)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(out, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array_value(out)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object(out)
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object(out)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b" : ")
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object_value(out)
    }
}

fn message(text: &[u8]) -> Value {
    std::str::from_utf8(text).map_or_else(|_| numbers(text), Value::from)
}

fn numbers(bytes: &[u8]) -> Value {
    bytes.iter().copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::OwnedEntry;
    use crate::logs::render::tests::{look, shown};
    use crate::time::Timestamp;

    fn parse(fields: &[(&str, &[u8])]) -> Value {
        let entry = OwnedEntry::of(Timestamp::from_micros(7), fields);
        let look = look();
        serde_json::from_str(&shown(&Json::new(&look, Layout::Line), &look, &Record::of_entry(entry.lend())))
            .unwrap()
    }

    #[test]
    fn a_long_message_with_colours_is_text() {
        let text = format!("\x1b[31mERROR\x1b[0m {}", "x".repeat(5000));
        let value = parse(&[("MESSAGE", text.as_bytes())]);
        assert_eq!(value["MESSAGE"].as_str().map(str::len), Some(5006));
        assert_eq!(value["__REALTIME_TIMESTAMP"], "7");
    }

    #[test]
    fn the_other_layouts_are_those_of_journalctl() {
        let entry = OwnedEntry::of(Timestamp::from_micros(7), &[("A", b"1"), ("MESSAGE", b"m")]);
        let look = look();
        let of = |layout| {
            let text = shown(&Json::new(&look, layout), &look, &Record::of_entry(entry.lend()));
            let object = text.trim_start_matches("data: ").trim_start_matches('\x1e');
            let value: Value = serde_json::from_str(object).unwrap();
            assert_eq!((&value["A"], &value["MESSAGE"]), (&"1".into(), &"m".into()));
            text
        };
        let pretty = of(Layout::Pretty);
        assert!(pretty.starts_with("{\n\t\"") && pretty.contains("\n\t\"A\" : \"1\""), "{pretty}");
        assert!(pretty.ends_with("\n}\n"), "{pretty}");
        let event = of(Layout::Event);
        assert!(event.starts_with("data: {") && event.ends_with("}\n\n"), "{event}");
        assert!(of(Layout::Sequence).starts_with("\x1e{"));
    }

    #[test]
    fn all_fields_are_shown_whole_where_that_is_asked_for() {
        let long = "y".repeat(5000);
        let entry = OwnedEntry::of(Timestamp::from_micros(7), &[("LONG", long.as_bytes())]);
        let look = Look { all: true, ..look() };
        let text = shown(&Json::new(&look, Layout::Line), &look, &Record::of_entry(entry.lend()));
        assert!(text.contains(&long));
    }

    #[test]
    fn other_fields_are_as_journalctl_has_them() {
        let long = "y".repeat(4096);
        let value = parse(&[
            ("A", b"1"),
            ("B", b"\xff\x01"),
            ("A", b"2"),
            ("A", b"\xff"),
            ("LONG", long.as_bytes()),
            ("MESSAGE", b"\xff"),
            ("SECRET", b"token=abc"),
        ]);
        assert_eq!(value["A"], serde_json::json!(["1", "2", [255]]));
        assert_eq!(value["B"], serde_json::json!([255, 1]));
        assert_eq!(value["LONG"], Value::Null);
        assert_eq!(value["MESSAGE"], serde_json::json!([255]));
        assert_eq!(value["SECRET"], "token=***");
    }
}

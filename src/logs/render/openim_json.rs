//! One parsed record a line, for programs.
//!
//! ```text
//! {"time":"2026-11-23T19:55:32.865123Z","service":"rpc-group","instance":null,"level":"ERROR",
//!  "operationID":"bad-53","opUserID":"imAdmin","caller":"mw/rpc_server_interceptor.go:33",
//!  "version":"v3.8.3-patch.16","msg":"rpc server panic","fields":{"method":"...","error":"Error: 500 ..."}}
//! ```
//!
//! The keys are always these and always there; what a line does not tell is null. The values in `fields` are as
//! the logger wrote them, numbers digit for digit; a key that was written several times is an array of its values.
//! Where it was asked for how long calls took, a line that does not say it has it in `cost` all the same.
//! A line that OpenIM's logger did not write has its text in `msg`.

use std::borrow::Cow;
use std::io::{self, Write};

use chrono::{FixedOffset, SecondsFormat};
use serde::de::IgnoredAny;

use super::{Render, computed_cost};
use crate::logs::column::Column;
use crate::logs::plan::Look;
use crate::logs::record::Record;
use crate::openim::zap::{RawValue, ZapLine};
use crate::time::{Timestamp, Zone};

pub(super) struct OpenimJson<'l> {
    look: &'l Look,
}

impl<'l> OpenimJson<'l> {
    pub(super) const fn new(look: &'l Look) -> Self {
        Self { look }
    }
}

impl Render for OpenimJson<'_> {
    fn render(&self, record: &Record<'_>, out: &mut dyn Write) -> io::Result<()> {
        let zap = record.zap();
        let text = |value: Option<&[u8]>| value.map(|value| String::from_utf8_lossy(value).into_owned());
        let value = |value: Option<RawValue<'_>>| value.map(|value| value.text().into_owned());
        let plain = record.text();
        let message = zap.map_or_else(|| String::from_utf8_lossy(&plain), ZapLine::message_text);
        write!(out, "{{\"time\":\"{}\"", rfc3339(record.time, self.look.zone))?;
        member(out, "service", Column::Service.of(record).as_deref())?;
        match record.instance {
            Some(instance) => write!(out, ",\"instance\":{instance}")?,
            None => out.write_all(b",\"instance\":null")?,
        }
        member(out, "level", Some(record.level.name()))?;
        member(out, "operationID", value(zap.and_then(ZapLine::operation_id)).as_deref())?;
        member(out, "opUserID", value(zap.and_then(ZapLine::op_user_id)).as_deref())?;
        member(out, "caller", text(zap.and_then(|zap| zap.caller)).as_deref())?;
        member(out, "version", text(zap.and_then(|zap| zap.version)).as_deref())?;
        member(out, "msg", Some(&message))?;
        out.write_all(b",\"fields\":{")?;
        let fields = zap.map(fields_of).unwrap_or_default();
        for (index, (key, values)) in fields.iter().enumerate() {
            if index > 0 {
                out.write_all(b",")?;
            }
            serde_json::to_writer(&mut *out, key)?;
            out.write_all(b":")?;
            write_values(out, values)?;
        }
        if let Some(cost) = computed_cost(record) {
            let comma = if fields.is_empty() { "" } else { "," };
            write!(out, "{comma}\"{}\":\"{cost}\"", Column::Cost.name())?;
        }
        out.write_all(b"}}\n")
    }
}

fn member(out: &mut dyn Write, name: &str, value: Option<&str>) -> io::Result<()> {
    write!(out, ",\"{name}\":")?;
    serde_json::to_writer(out, &value).map_err(Into::into)
}

/// The keys in the order of their first values, without the two that have members of their own.
fn fields_of<'a>(zap: &ZapLine<'a>) -> Vec<(Cow<'a, str>, Vec<RawValue<'a>>)> {
    let mut fields: Vec<(Cow<'a, str>, Vec<RawValue<'a>>)> = Vec::new();
    for (key, value) in zap.fields {
        if &key == "operationID" && zap.operation_id() == Some(value)
            || &key == "opUserID" && zap.op_user_id() == Some(value)
        {
            continue;
        }
        let key = key.text();
        match fields.iter_mut().find(|(there, _)| *there == key) {
            Some((_, values)) => values.push(value),
            None => fields.push((key, vec![value])),
        }
    }
    fields
}

fn write_values(out: &mut dyn Write, values: &[RawValue<'_>]) -> io::Result<()> {
    let [value] = values else {
        out.write_all(b"[")?;
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                out.write_all(b",")?;
            }
            write_value(out, *value)?;
        }
        return out.write_all(b"]");
    };
    write_value(out, *value)
}

/// As it was written where that is JSON, else as text.
fn write_value(out: &mut dyn Write, value: RawValue<'_>) -> io::Result<()> {
    if serde_json::from_slice::<IgnoredAny>(value.raw()).is_ok() && std::str::from_utf8(value.raw()).is_ok() {
        return out.write_all(value.raw());
    }
    serde_json::to_writer(out, &value.text()).map_err(Into::into)
}

/// `2026-11-23T19:55:32.865123+08:00`
pub(in crate::logs) fn rfc3339(time: Timestamp, zone: Zone) -> String {
    let offset =
        FixedOffset::east_opt(zone.civil(time).1).unwrap_or_else(|| chrono::Offset::fix(&chrono::Utc));
    time.utc().with_timezone(&offset).to_rfc3339_opts(SecondsFormat::Micros, true)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::logs::record::Context;
    use crate::logs::render::tests::{look, shown};

    fn parse(raw: &[u8]) -> Value {
        let look = look();
        let record = Record::new(raw, Context { time: Timestamp::from_micros(1), ..Context::default() });
        serde_json::from_str(&shown(&OpenimJson::new(&look), &look, &record)).unwrap()
    }

    #[test]
    fn keys_are_nested_and_a_repeated_one_is_an_array() {
        let value = parse(
            br#"{"level":"WARN","time":"2026-07-02 08:53:00.020","logger":"openim-push","caller":"kafka/consumer_group.go:61","msg":"consume \"err\"      ","PID":165,"version":"v3.8.3","operationID":"op","topic":["a"],"n":12345678901234567890123,"operationID":"op","k":1,"k":{"x":null}}"#,
        );
        assert_eq!(value["time"], "1970-01-01T00:00:00.000001Z");
        assert_eq!(value["service"], "push");
        assert_eq!(value["level"], "WARN");
        assert_eq!(value["operationID"], "op");
        assert_eq!(value["opUserID"], Value::Null);
        assert_eq!(value["msg"], "consume \"err\"");
        assert_eq!(value["fields"]["topic"], json!(["a"]));
        assert_eq!(value["fields"]["k"], json!([1, {"x": null}]));
        assert!(value["fields"].get("operationID").is_none());
    }

    #[test]
    fn a_number_keeps_its_digits() {
        let look = look();
        let record = Record::new(
            br#"{"level":"WARN","time":"2026-07-02 08:53:00.020","logger":"openim-push","caller":"a.go:1","msg":"m","PID":1,"version":"v","n":12345678901234567890123}"#,
            Context::default(),
        );
        let text = shown(&OpenimJson::new(&look), &look, &record);
        assert!(text.contains("\"n\":12345678901234567890123}"), "{text}");
    }

    #[test]
    fn other_text_stands_in_the_message() {
        let value = parse(b"\x1b[31mpanic: oh\xff\x1b[0m");
        assert_eq!(value["msg"], "panic: oh\u{fffd}");
        assert_eq!((&value["level"], &value["fields"]), (&json!("FATAL"), &json!({})));
    }
}

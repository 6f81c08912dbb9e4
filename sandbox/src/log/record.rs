//! One record of zap, on the console (coloured, eight columns) or as JSON.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use chrono::{DateTime, Local};
use serde_json::Value;

/// The level of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// remainLogLevel 5 and 6.
    Debug,
    /// remainLogLevel 4.
    Info,
    /// remainLogLevel 3.
    Warn,
    /// remainLogLevel 2.
    Error,
}

impl Level {
    /// Every level, lowest first.
    pub const ALL: [Self; 4] = [Self::Debug, Self::Info, Self::Warn, Self::Error];

    const fn colour(self) -> u8 {
        match self {
            Self::Debug => 37,
            Self::Info => 34,
            Self::Warn => 33,
            Self::Error => 31,
        }
    }

    /// The lowest level that `remainLogLevel: N` lets through; `None` where not even errors pass.
    pub(crate) const fn lowest(remain: i64) -> Option<Self> {
        match remain {
            5.. => Some(Self::Debug),
            4 => Some(Self::Info),
            3 => Some(Self::Warn),
            2 => Some(Self::Error),
            _ => None,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
        })
    }
}

impl FromStr for Level {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|level| level.to_string().eq_ignore_ascii_case(word));
        found.ok_or_else(|| format!("unknown level {word:?}: debug, info, warn or error"))
    }
}

/// Keys and values in the order they were given; a key may occur twice.
pub(crate) type Fields = Vec<(&'static str, Value)>;

/// What is written, without who writes it.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) level: Level,
    /// `dir/file.go:line`.
    pub(crate) caller: &'static str,
    pub(crate) message: String,
    pub(crate) fields: Fields,
    /// Start-up lines are printed without padding, on standard output only.
    pub(crate) start_up: bool,
}

impl Record {
    pub(crate) fn new(level: Level, caller: &'static str, message: &str, fields: Fields) -> Self {
        Self { level, caller, message: message.to_owned(), fields, start_up: false }
    }

    pub(crate) fn start_up(caller: &'static str, message: &str, fields: Fields) -> Self {
        Self { start_up: true, ..Self::new(Level::Info, caller, message, fields) }
    }
}

/// Who writes.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    pub(crate) pid: u32,
    /// The process name.
    pub(crate) module: &'static str,
    /// With the line feed that some releases have in it.
    pub(crate) version: String,
}

const TIME: &str = "%Y-%m-%d %H:%M:%S%.3f";

/// The record in the console form, ended by a line feed.
pub(crate) fn console(record: &Record, writer: &Writer, time: DateTime<Local>) -> String {
    let mut line = String::with_capacity(256);
    let colour = record.level.colour();
    let pid = format!("[PID:{}]", writer.pid);
    let message_width = if record.start_up { 0 } else { 50 };
    let _ = write!(
        line,
        "{time}\t\x1b[{colour}m{level}\x1b[0m\t\x1b[{colour}m{pid:<15}\x1b[0m\t\x1b[{colour}m{module:<25.25}\x1b[0m\t{version:<30.30}\t{caller:<50.50}\t{message:<message_width$}",
        time = time.format(TIME),
        level = record.level,
        module = writer.module,
        version = format!("[{}]", writer.version),
        caller = format!("[{}]", record.caller),
        message = record.message,
    );
    if !record.fields.is_empty() {
        line.push('\t');
        spaced_object(&mut line, &record.fields);
    }
    line.push('\n');
    line
}

/// The record as one line of JSON.
pub(crate) fn json(record: &Record, writer: &Writer, time: DateTime<Local>) -> String {
    let message_width = if record.start_up { 0 } else { 50 };
    let mut line = String::with_capacity(256);
    let _ = write!(
        line,
        r#"{{"level":"{}","time":"{}","logger":"{}","caller":"{}","msg":{},"PID":{},"version":{}"#,
        record.level,
        time.format(TIME),
        writer.module,
        record.caller,
        Value::from(format!("{:<message_width$}", record.message)),
        writer.pid,
        Value::from(writer.version.clone()),
    );
    for (key, value) in &record.fields {
        let _ = write!(line, ",{}:{value}", Value::from(*key));
    }
    line.push_str("}\n");
    line
}

fn spaced_object(line: &mut String, fields: &Fields) {
    line.push('{');
    for (n, (key, value)) in fields.iter().enumerate() {
        let comma = if n == 0 { "" } else { ", " };
        let _ = write!(line, "{comma}{}: ", Value::from(*key));
        spaced_value(line, value);
    }
    line.push('}');
}

/// zap spaces what it encodes itself, lists among it; what it hands to Go's own encoder comes back without spaces.
fn spaced_value(line: &mut String, value: &Value) {
    let Value::Array(items) = value else {
        let _ = write!(line, "{value}");
        return;
    };
    line.push('[');
    for (n, item) in items.iter().enumerate() {
        let _ = write!(line, "{}{item}", if n == 0 { "" } else { ", " });
    }
    line.push(']');
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use serde_json::json;

    use super::*;

    fn writer() -> Writer {
        Writer { pid: 1554, module: "openim-rpc-user", version: "v3.8.3-patch.16".into() }
    }

    fn time() -> DateTime<Local> {
        Local.with_ymd_and_hms(2026, 7, 2, 8, 37, 22).unwrap()
    }

    #[test]
    fn a_start_up_line_has_no_padding_behind_its_message() {
        let record = Record::start_up(
            "startrpc/start.go:213",
            "RPC server is initializing",
            vec![("rpcRegisterName", json!("user")), ("ports", json!([1, 2]))],
        );
        assert_eq!(
            console(&record, &writer(), time()),
            "2026-07-02 08:37:22.000\t\x1b[34mINFO\x1b[0m\t\x1b[34m[PID:1554]     \x1b[0m\t\x1b[34mopenim-rpc-user          \x1b[0m\t[v3.8.3-patch.16]             \t[startrpc/start.go:213]                           \tRPC server is initializing\t{\"rpcRegisterName\": \"user\", \"ports\": [1, 2]}\n"
        );
    }

    #[test]
    fn json_pads_the_message_and_keeps_duplicate_keys() {
        let fields = vec![("a", json!("x")), ("a", json!(1))];
        let record = Record::new(Level::Warn, "a/b.go:1", "consume err", fields);
        let line = json(&record, &writer(), time());
        assert!(line.contains(&format!("\"msg\":\"{:<50}\"", "consume err")), "{line}");
        assert!(line.ends_with("\"version\":\"v3.8.3-patch.16\",\"a\":\"x\",\"a\":1}\n"), "{line}");
    }

    #[test]
    fn a_version_that_ends_in_a_line_feed_splits_the_record() {
        let writer = Writer { version: "v3.8.3\n".into(), ..writer() };
        let line = console(&Record::new(Level::Info, "a/b.go:1", "m", Vec::new()), &writer, time());
        assert!(line.contains("\t[v3.8.3\n]                     \t[a/b.go:1]"), "{line}");
    }
}

//! A line of the person's own: `--template '{time} {service:13} {level:5} {msg} {kv.cost}'`.
//!
//! Between braces stands a column (`time`, `date`, `service`, `instance`, `pid`, `level`, `msg`, `op`, `user`,
//! `caller`, `version`, `error`, `code`, `cost`, `raw`) or `kv.` and a key; behind a colon the width that it is padded to.
//! `{{` and `}}` are braces. What a line does not have is a `-`.

use std::borrow::Cow;
use std::io::{self, Write};

use super::Render;
use super::dump::Folded;
use super::fold::width;
use crate::logs::LogsError;
use crate::logs::column::Column;
use crate::logs::filter::Name;
use crate::logs::plan::Look;
use crate::logs::record::Record;
use crate::openim::error::first_sentence;
use crate::openim::text::clean;

/// A template that has been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::logs) struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Hole { filling: Filling, width: usize },
}

/// What fills a hole.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Filling {
    Date,
    Time,
    /// With the number of the instance.
    Service,
    Error,
    Raw,
    Named(Name),
}

impl Template {
    /// Reads a template.
    pub(in crate::logs) fn parse(text: &str) -> Result<Self, LogsError> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, brace) = rest.split_at(at);
            plain.push_str(before);
            let sign = &brace[..1];
            if let Some(after) = brace[1..].strip_prefix(sign) {
                plain.push_str(sign);
                rest = after;
                continue;
            }
            let hole = brace.strip_prefix('{').and_then(|inner| inner.split_once('}'));
            let Some((inner, after)) = hole else {
                return Err(LogsError::Template(format!("a single brace in {text:?}; write it twice")));
            };
            if !plain.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut plain)));
            }
            parts.push(parse_hole(inner)?);
            rest = after;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Self(parts))
    }

    /// Whether it shows how long calls took.
    pub(in crate::logs) fn needs_durations(&self) -> bool {
        let cost = Filling::Named(Name::Column(Column::Cost));
        self.0.iter().any(|part| matches!(part, Part::Hole { filling, .. } if *filling == cost))
    }
}

fn parse_hole(inner: &str) -> Result<Part, LogsError> {
    let (name, width) = match inner.rsplit_once(':') {
        Some((name, width)) => match width.parse() {
            Ok(width) => (name, width),
            Err(_) => return Err(LogsError::Template(format!("{width:?} is no width, in {{{inner}}}"))),
        },
        None => (inner, 0),
    };
    let filling = match name {
        "date" => Filling::Date,
        "time" => Filling::Time,
        "service" => Filling::Service,
        "error" => Filling::Error,
        "raw" => Filling::Raw,
        _ => Name::parse_strictly(name).map(Filling::Named).ok_or_else(|| {
            let others = Column::ALL.into_iter().filter(|column| *column != Column::Service);
            let known = others.map(Column::name).collect::<Vec<_>>().join(" ");
            LogsError::Template(format!(
                "{{{name}}} is unknown: date time service error raw {known}, or kv.KEY"
            ))
        })?,
    };
    Ok(Part::Hole { filling, width })
}

pub(super) struct Own<'l> {
    look: &'l Look,
    template: &'l Template,
}

impl<'l> Own<'l> {
    pub(super) const fn new(look: &'l Look, template: &'l Template) -> Self {
        Self { look, template }
    }

    fn fill<'r>(&self, filling: &Filling, record: &'r Record<'_>) -> Option<Cow<'r, str>> {
        let civil = || self.look.zone.civil(record.time).0;
        match filling {
            Filling::Date => Some(civil().format("%Y-%m-%d").to_string().into()),
            Filling::Time => Some(civil().format("%H:%M:%S%.3f").to_string().into()),
            Filling::Service => Some(record.instance_name()).filter(|name| !name.is_empty()),
            Filling::Error => record.error().map(|error| first_sentence(&error).into_owned().into()),
            Filling::Raw => Some(String::from_utf8_lossy(&record.text()).into_owned().into()),
            Filling::Named(name @ Name::Column(Column::Msg)) => {
                let dump = Folded::of(record, self.look).map(|dump| dump.to_string().into());
                dump.or_else(|| name.values_of(record).pop())
            }
            Filling::Named(name @ Name::Column(_)) => name.values_of(record).into_iter().next(),
            Filling::Named(name @ Name::Key(_)) => {
                let values = name.values_of(record);
                (!values.is_empty()).then(|| values.join(",").into())
            }
        }
    }
}

impl Render for Own<'_> {
    fn render(&self, record: &Record<'_>, out: &mut dyn Write) -> io::Result<()> {
        for part in &self.template.0 {
            match part {
                Part::Text(text) => out.write_all(text.as_bytes())?,
                Part::Hole { filling, width: wanted } => {
                    let value = self.fill(filling, record).unwrap_or_else(|| "-".into());
                    let value = clean(&value);
                    let pad = wanted.saturating_sub(width(&value));
                    write!(out, "{value}{:pad$}", "")?;
                }
            }
        }
        out.write_all(b"\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::record::Context;
    use crate::logs::render::tests::{look, shown};

    const LINE: &[u8] = br#"{"level":"WARN","time":"2026-07-02 08:53:00.020","logger":"openim-push","caller":"kafka/consumer_group.go:61","msg":"consume err","PID":165,"version":"v3.8.3","operationID":"op","topic":["a"],"error":"Error: 500 x | -> y.go:1"}"#;

    fn show(text: &str) -> String {
        let look = look();
        let template = Template::parse(text).unwrap();
        shown(&Own::new(&look, &template), &look, &Record::new(LINE, Context::default()))
    }

    #[test]
    fn holes_are_filled_and_padded() {
        assert_eq!(show("{time} {service:6}|{level:5}|{msg}"), "00:00:00.000 push  |WARN |consume err\n");
        assert_eq!(show("{op} {user} {kv.topic} {kv.none}"), "op - [\"a\"] -\n");
        assert_eq!(show("{{{level}}} {error} {code} {pid}"), "{WARN} 500 x 500 165\n");
        assert_eq!(show("plain"), "plain\n");
    }

    #[test]
    fn a_column_is_not_the_key_of_that_name() {
        let line = br#"{"level":"WARN","time":"2026-07-02 08:53:00.020","logger":"openim-push","caller":"a.go:61","msg":"m","PID":165,"version":"v3.8.3","msg":"own","version":0,"cost":"3.2ms"}"#;
        let (look, template) = (
            look(),
            Template::parse("{msg} {kv.msg} {version} {kv.version} {kv.pid} {cost} {kv.cost}").unwrap(),
        );
        assert!(template.needs_durations());
        let shown = shown(&Own::new(&look, &template), &look, &Record::new(line, Context::default()));
        assert_eq!(shown, "m own v3.8.3 0 - 3.2ms 3.2ms\n");
    }

    #[test]
    fn of_a_dump_the_message_is_what_happened_and_where_and_raw_is_all_of_it() {
        let dump = b"panic: boom\n\ngoroutine 7 [running]:\nmain.f()\n\t/openim-server/internal/push/push.go:78 +0x27";
        let show = |text: &str, unfold| {
            let (look, template) = (Look { unfold, ..look() }, Template::parse(text).unwrap());
            shown(&Own::new(&look, &template), &look, &Record::new(dump, Context::default()))
        };
        let folded = "panic: boom\nat internal/push/push.go:78\n4 lines of goroutines folded (--unfold)\n";
        assert_eq!(show("{msg}", false), folded);
        assert!(show("{msg}", true).contains("goroutine 7") && show("{raw}", false).contains("goroutine 7"));
    }

    #[test]
    fn what_is_no_template_says_why() {
        let error = |text| Template::parse(text).unwrap_err().to_string();
        assert!(error("{levle}").contains("{levle} is unknown"));
        assert!(error("{level").contains("write it twice"));
        assert!(error("a}").contains("write it twice"));
        assert!(error("{level:x}").contains("no width"));
    }
}

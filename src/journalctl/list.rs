//! What is listed rather than shown: boots, values of a field, words of an option, and what files take up.

use std::io::{self, Write};
use std::path::PathBuf;

use crate::journal::output::{Form, Format, JsonPart, Options, Stamps, json_part, push_head, size};
use crate::journal::{Id128, Stamp, disk_usage_of};

/// What has an id, a first entry and a last one: a boot, or a run of a unit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) id: Id128,
    pub(super) first: Stamp,
    pub(super) last: Stamp,
}

/// What spans are of.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Boots,
    Runs,
}

impl Kind {
    const fn heads(self) -> [&'static str; 4] {
        let id = match self {
            Self::Boots => "BOOT ID",
            Self::Runs => "INVOCATION ID",
        };
        ["IDX", id, "FIRST ENTRY", "LAST ENTRY"]
    }

    const fn id(self) -> &'static str {
        match self {
            Self::Boots => "boot_id",
            Self::Runs => "invocation_id",
        }
    }
}

/// Boots or runs in a table, or in JSON where that is asked for.
pub(super) fn spans(
    kind: Kind,
    spans: &[(i64, Span)],
    options: &Options,
    quiet: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    match options.format {
        Format::Json => {
            let layout = Layout { open: "", item: "", member: "", colon: ":" };
            spans_json(kind, spans, options.colour, layout, out)
        }
        Format::JsonPretty => {
            let layout = Layout { open: "\n\t", item: "\n\t\t", member: "\n\t", colon: " : " };
            spans_json(kind, spans, options.colour, layout, out)
        }
        Format::Short
        | Format::ShortFull
        | Format::ShortIso
        | Format::ShortIsoPrecise
        | Format::ShortPrecise
        | Format::ShortMonotonic
        | Format::ShortDelta
        | Format::ShortUnix
        | Format::Verbose
        | Format::Export
        | Format::JsonSse
        | Format::JsonSeq
        | Format::Cat
        | Format::WithUnit => spans_table(kind, spans, options, quiet, out),
    }
}

fn spans_table(
    kind: Kind,
    spans: &[(i64, Span)],
    options: &Options,
    quiet: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut stamps = Stamps::new(Form::Full, options.zone);
    let head = (!quiet).then(|| kind.heads().map(str::to_owned));
    let mut time = |stamp: &Stamp| stamps.show(stamp.realtime);
    let rows = spans
        .iter()
        .map(|(number, span)| [number.to_string(), span.id.to_string(), time(&span.first), time(&span.last)]);
    let rows: Vec<_> = rows.collect();
    let width = |column: usize| head.iter().chain(&rows).map(|row| row[column].len()).max().unwrap_or(0);
    let (first, second, third, fourth) = (width(0), width(1), width(2), width(3));
    if let Some([number, id, begin, end]) = &head {
        let mut line = Vec::new();
        // Under colours the line below the last head goes on to the end of the table.
        let fourth = if options.colour { fourth } else { 0 };
        for cell in [
            format!("{number:>first$}"),
            format!(" {id:second$}"),
            format!(" {begin:third$}"),
            format!(" {end:fourth$}"),
        ] {
            push_head(&mut line, &cell, options.colour);
        }
        line.push(b'\n');
        out.write_all(&line)?;
    }
    for [number, id, begin, end] in &rows {
        writeln!(out, "{number:>first$} {id:second$} {begin:third$} {end}")?;
    }
    Ok(())
}

/// What stands between the parts of a list in JSON.
#[derive(Clone, Copy)]
struct Layout {
    open: &'static str,
    item: &'static str,
    member: &'static str,
    colon: &'static str,
}

fn spans_json(
    kind: Kind,
    spans: &[(i64, Span)],
    colour: bool,
    layout: Layout,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Layout { open, item, member, colon } = layout;
    let objects: Vec<String> = spans
        .iter()
        .map(|(number, span)| {
            let (first, last) = (span.first.realtime.micros(), span.last.realtime.micros());
            let pair = |name: &str, value: JsonPart<'_>| {
                format!("{}{colon}{}", json_part(JsonPart::Text(name), colour), json_part(value, colour))
            };
            let members = [
                pair("index", JsonPart::Number(&number.to_string())),
                pair(kind.id(), JsonPart::Text(&span.id.to_string())),
                pair("first_entry", JsonPart::Number(&first.to_string())),
                pair("last_entry", JsonPart::Number(&last.to_string())),
            ];
            format!("{open}{{{item}{}{member}}}", members.join(&format!(",{item}")))
        })
        .collect();
    let end = if objects.is_empty() { "" } else { member.trim_end_matches('\t') };
    writeln!(out, "[{}{end}]", objects.join(","))
}

/// One a line.
pub(super) fn words<'w>(words: impl IntoIterator<Item = &'w str>, out: &mut dyn Write) -> io::Result<()> {
    words.into_iter().try_for_each(|word| writeln!(out, "{word}"))
}

/// One a line, each up to its first NUL.
pub(super) fn values(values: &[Vec<u8>], limit: usize, out: &mut dyn Write) -> io::Result<()> {
    for value in values.iter().take(limit) {
        out.write_all(value.split(|&byte| byte == 0).next().unwrap_or_default())?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// What the files take up, as far as they can be looked at.
pub(super) fn disk_usage(files: &[PathBuf], out: &mut dyn Write) -> io::Result<()> {
    let bytes = files.iter().filter_map(|path| path.metadata().ok()).map(|file| disk_usage_of(&file)).sum();
    writeln!(out, "Archived and active journals take up {} in the file system.", size(bytes))
}

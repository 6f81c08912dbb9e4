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

/// A span in a list.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) number: i64,
    pub(super) span: Span,
    /// Whose run it is, where runs of several units are listed.
    pub(super) unit: Option<String>,
}

/// What spans are of.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Boots,
    Runs,
}

impl Kind {
    const fn head(self) -> &'static str {
        match self {
            Self::Boots => "BOOT ID",
            Self::Runs => "INVOCATION ID",
        }
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
    rows: &[Row],
    options: &Options,
    quiet: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let in_one_line = Layout { open: "", item: "", member: "", colon: ":" };
    match options.format {
        Format::Json => spans_json(kind, rows, options.colour, in_one_line, out),
        Format::JsonSse => {
            out.write_all(b"data: ")?;
            spans_json(kind, rows, options.colour, in_one_line, out)?;
            out.write_all(b"\n")
        }
        Format::JsonSeq => {
            out.write_all(b"\x1e")?;
            spans_json(kind, rows, options.colour, in_one_line, out)
        }
        Format::JsonPretty => {
            let layout = Layout { open: "\n\t", item: "\n\t\t", member: "\n\t", colon: " : " };
            spans_json(kind, rows, options.colour, layout, out)
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
        | Format::Cat
        | Format::WithUnit => spans_table(kind, rows, options, quiet, out),
    }
}

fn spans_table(
    kind: Kind,
    rows: &[Row],
    options: &Options,
    quiet: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut stamps = Stamps::new(Form::Full, options.zone);
    let unit_head = rows.iter().any(|row| row.unit.is_some()).then_some("UNIT");
    let heads = ["IDX", kind.head(), "FIRST ENTRY", "LAST ENTRY"].into_iter().chain(unit_head);
    let heads: Vec<String> = heads.map(str::to_owned).collect();
    let mut cells = |row: &Row| -> Vec<String> {
        let Row { number, span, unit } = row;
        let mut time = |stamp: &Stamp| stamps.show(stamp.realtime);
        let usual = [number.to_string(), span.id.to_string(), time(&span.first), time(&span.last)];
        usual.into_iter().chain(unit.clone()).collect()
    };
    let rows: Vec<_> = rows.iter().map(&mut cells).collect();
    let shown_heads = (!quiet).then_some(&heads);
    let width = |column: usize| shown_heads.into_iter().chain(&rows).map(|row| row[column].len()).max();
    let widths: Vec<usize> = (0..heads.len()).map(|column| width(column).unwrap_or(0)).collect();
    if let Some(heads) = shown_heads {
        let mut line = Vec::new();
        for cell in padded(heads, &widths, options.colour) {
            push_head(&mut line, &cell, options.colour);
        }
        line.push(b'\n');
        out.write_all(&line)?;
    }
    rows.iter().try_for_each(|row| writeln!(out, "{}", padded(row, &widths, false).concat()))
}

/// The cells of a line, numbers to the right. Only the line below the heads, under colours, goes on to the end of the
/// table.
fn padded(cells: &[String], widths: &[usize], to_the_end: bool) -> Vec<String> {
    let last = cells.len() - 1;
    let cell = |(column, cell): (usize, &String)| match (column, widths[column]) {
        (0, width) => format!("{cell:>width$}"),
        (column, width) if column < last || to_the_end => format!(" {cell:width$}"),
        _ => format!(" {cell}"),
    };
    cells.iter().enumerate().map(cell).collect()
}

/// What stands between the parts of a list in JSON.
#[derive(Clone, Copy)]
struct Layout {
    open: &'static str,
    item: &'static str,
    member: &'static str,
    colon: &'static str,
}

fn spans_json(kind: Kind, rows: &[Row], colour: bool, layout: Layout, out: &mut dyn Write) -> io::Result<()> {
    let Layout { open, item, member, colon } = layout;
    let objects: Vec<String> = rows
        .iter()
        .map(|Row { number, span, unit }| {
            let (first, last) = (span.first.realtime.micros(), span.last.realtime.micros());
            let pair = |name: &str, value: JsonPart<'_>| {
                format!("{}{colon}{}", json_part(JsonPart::Text(name), colour), json_part(value, colour))
            };
            let mut members = vec![
                pair("index", JsonPart::Number(&number.to_string())),
                pair(kind.id(), JsonPart::Text(&span.id.to_string())),
                pair("first_entry", JsonPart::Number(&first.to_string())),
                pair("last_entry", JsonPart::Number(&last.to_string())),
            ];
            members.extend(unit.as_deref().map(|unit| pair("unit", JsonPart::Text(unit))));
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

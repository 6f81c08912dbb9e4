//! Boots, and runs of units, as a table or in JSON.
//!
//! ```text
//! IDX INVOCATION ID                    FIRST ENTRY                 LAST ENTRY
//!  -1 5b0d1a7e9c3f4d2880aa31c6f4e29b17 Tue 2023-11-14 22:13:20 UTC Tue 2023-11-14 22:13:26 UTC
//! ```

use std::io::{self, Write};

use super::{Form, Format, JsonPart, Options, Stamps, json_part, push_head};
use crate::journal::Stamp;
use crate::journal::span::Row;

/// What spans are of.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
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
pub(crate) fn write_spans(
    kind: Kind,
    rows: &[Row],
    options: &Options,
    quiet: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let in_one_line = Layout { open: "", item: "", member: "", colon: ":" };
    match options.format {
        Format::Json => spans_json(kind, rows, options.colour.is_some(), in_one_line, out),
        Format::JsonSse => {
            out.write_all(b"data: ")?;
            spans_json(kind, rows, options.colour.is_some(), in_one_line, out)?;
            out.write_all(b"\n")
        }
        Format::JsonSeq => {
            out.write_all(b"\x1e")?;
            spans_json(kind, rows, options.colour.is_some(), in_one_line, out)
        }
        Format::JsonPretty => {
            let layout = Layout { open: "\n\t", item: "\n\t\t", member: "\n\t", colon: " : " };
            spans_json(kind, rows, options.colour.is_some(), layout, out)
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
    let heads = ["IDX", kind.head(), "FIRST ENTRY", "LAST ENTRY"].into_iter().map(str::to_owned);
    let labels = rows.first().into_iter().flat_map(|row| &row.labels);
    let heads: Vec<String> = heads.chain(labels.map(|(name, _)| name.to_uppercase())).collect();
    let mut cells = |row: &Row| -> Vec<String> {
        let Row { number, span, labels } = row;
        let mut time = |stamp: &Stamp| stamps.show(stamp.realtime);
        let usual = [number.to_string(), span.id.to_string(), time(&span.first), time(&span.last)];
        usual.into_iter().chain(labels.iter().map(|(_, label)| label.clone())).collect()
    };
    let rows: Vec<_> = rows.iter().map(&mut cells).collect();
    let shown_heads = (!quiet).then_some(&heads);
    let width = |column: usize| shown_heads.into_iter().chain(&rows).map(|row| row[column].len()).max();
    let widths: Vec<usize> = (0..heads.len()).map(|column| width(column).unwrap_or(0)).collect();
    if let Some(heads) = shown_heads {
        let mut line = Vec::new();
        for cell in padded(heads, &widths, options.colour.is_some()) {
            push_head(&mut line, &cell, options.colour.is_some());
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
        .map(|Row { number, span, labels }| {
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
            members.extend(labels.iter().map(|(name, label)| pair(name, JsonPart::Text(label))));
            format!("{open}{{{item}{}{member}}}", members.join(&format!(",{item}")))
        })
        .collect();
    let end = if objects.is_empty() { "" } else { member.trim_end_matches('\t') };
    writeln!(out, "[{}{end}]", objects.join(","))
}

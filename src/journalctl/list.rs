//! What is listed rather than shown: boots, values of a field, words of an option, and what files take up.

use std::io::{self, Write};
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use super::boot::Boot;
use crate::journal::Stamp;
use crate::journal::output::{Form, Format, JsonPart, Options, Stamps, json_part, push_head};

/// A column of the table of boots.
const BOOT_HEADS: [&str; 4] = ["IDX", "BOOT ID", "FIRST ENTRY", "LAST ENTRY"];

/// The boots in a table, or in JSON where that is asked for.
pub(super) fn boots(
    boots: &[(i64, Boot)],
    options: &Options,
    quiet: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    match options.format {
        Format::Json => {
            boots_json(boots, options.colour, Layout { open: "", item: "", member: "", colon: ":" }, out)
        }
        Format::JsonPretty => {
            let layout = Layout { open: "\n\t", item: "\n\t\t", member: "\n\t", colon: " : " };
            boots_json(boots, options.colour, layout, out)
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
        | Format::WithUnit => boots_table(boots, options, quiet, out),
    }
}

fn boots_table(boots: &[(i64, Boot)], options: &Options, quiet: bool, out: &mut dyn Write) -> io::Result<()> {
    let mut stamps = Stamps::new(Form::Full, options.zone);
    let mut time = |stamp: &Stamp| {
        let mut text = Vec::new();
        stamps.push(&mut text, stamp.realtime);
        String::from_utf8_lossy(&text).into_owned()
    };
    let head = (!quiet).then(|| BOOT_HEADS.map(str::to_owned));
    let rows = boots
        .iter()
        .map(|(number, boot)| [number.to_string(), boot.id.to_string(), time(&boot.first), time(&boot.last)]);
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

fn boots_json(boots: &[(i64, Boot)], colour: bool, layout: Layout, out: &mut dyn Write) -> io::Result<()> {
    let Layout { open, item, member, colon } = layout;
    let objects: Vec<String> = boots
        .iter()
        .map(|(number, boot)| {
            let (first, last) = (boot.first.realtime.micros(), boot.last.realtime.micros());
            let pair = |name: &str, value: JsonPart<'_>| {
                format!("{}{colon}{}", json_part(JsonPart::Text(name), colour), json_part(value, colour))
            };
            let members = [
                pair("index", JsonPart::Number(&number.to_string())),
                pair("boot_id", JsonPart::Text(&boot.id.to_string())),
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
    const BLOCK: u64 = 512;
    let blocks: u64 = files.iter().filter_map(|path| path.metadata().ok()).map(|file| file.blocks()).sum();
    let mut size = Vec::new();
    crate::journal::output::push_size(&mut size, blocks * BLOCK);
    let size = String::from_utf8_lossy(&size);
    writeln!(out, "Archived and active journals take up {size} in the file system.")
}

//! What is listed rather than shown: boots, values of a field, words of an option, and what files take up.

use std::io::{self, Write};
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use super::boot::Boot;
use crate::journal::Stamp;
use crate::journal::output::{Form, Format, Options, Stamps};

/// A column of the table of boots.
const BOOT_HEADS: [&str; 4] = ["IDX", "BOOT ID", "FIRST ENTRY", "LAST ENTRY"];

/// The boots in a table, or in JSON where that is asked for; the newest has the number 0.
pub(super) fn boots(boots: &[Boot], options: &Options, quiet: bool, out: &mut dyn Write) -> io::Result<()> {
    match options.format {
        Format::Json => boots_json(boots, Layout { open: "", item: "", member: "", colon: ":" }, out),
        Format::JsonPretty => {
            boots_json(boots, Layout { open: "\n\t", item: "\n\t\t", member: "\n\t", colon: " : " }, out)
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

/// The boots and their numbers: 0 is the newest.
fn numbered(boots: &[Boot]) -> impl Iterator<Item = (i64, &Boot)> {
    let count = i64::try_from(boots.len()).unwrap_or(i64::MAX);
    (1 - count..).zip(boots)
}

fn boots_table(boots: &[Boot], options: &Options, quiet: bool, out: &mut dyn Write) -> io::Result<()> {
    let mut stamps = Stamps::new(Form::Full, options.zone);
    let mut time = |stamp: &Stamp| {
        let mut text = Vec::new();
        stamps.push(&mut text, stamp.realtime);
        String::from_utf8_lossy(&text).into_owned()
    };
    let head = (!quiet).then(|| BOOT_HEADS.map(str::to_owned));
    let rows = numbered(boots)
        .map(|(number, boot)| [number.to_string(), boot.id.to_string(), time(&boot.first), time(&boot.last)]);
    let rows: Vec<_> = head.into_iter().chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let (first, second, third) = (width(0), width(1), width(2));
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

fn boots_json(boots: &[Boot], layout: Layout, out: &mut dyn Write) -> io::Result<()> {
    let Layout { open, item, member, colon } = layout;
    let objects: Vec<String> = numbered(boots)
        .map(|(number, boot)| {
            let (first, last) = (boot.first.realtime.micros(), boot.last.realtime.micros());
            let members = [
                format!("\"index\"{colon}{number}"),
                format!("\"boot_id\"{colon}\"{}\"", boot.id),
                format!("\"first_entry\"{colon}{first}"),
                format!("\"last_entry\"{colon}{last}"),
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

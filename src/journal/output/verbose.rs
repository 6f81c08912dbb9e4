//! Time and cursor, then every field on a line of its own, with the lines of one value under each other.

use super::colour::{BOLD, OFF};
use super::fragment::Fragments;
use super::stamp::{Form, Stamps};
use super::text::{LineFeed, is_printable, lines, push_byte_count, until_nul};
use super::{Entry, Field, Options, push_cursor, shown_time};

/// Of a field's name and value; longer ones are named by their size where lines are cut.
const LONGEST_CUT: usize = 300;

#[derive(Debug)]
pub(super) struct Verbose {
    options: Options,
    stamps: Stamps,
    fragments: Fragments,
}

impl Verbose {
    pub(super) fn new(options: Options) -> Self {
        let stamps = Stamps::new(Form::FullPrecise, options.zone);
        Self { options, stamps, fragments: Fragments::default() }
    }

    pub(super) fn print(&mut self, entry: Entry<'_>, out: &mut Vec<u8>) {
        let source = entry.field("_SOURCE_REALTIME_TIMESTAMP");
        self.stamps.push(out, shown_time(entry, source));
        out.extend_from_slice(b" [");
        push_cursor(out, entry);
        out.extend_from_slice(b"]\n");
        let options = &self.options;
        for field in entry.fields() {
            self.fragments.push(out, field, |out, field| {
                if options.shows(field.name) {
                    push_field(options, out, field);
                }
            });
        }
    }
}

fn push_field(options: &Options, out: &mut Vec<u8>, field: Field<'_>) {
    let bold = options.colour.is_some() && field.name == b"MESSAGE";
    out.extend_from_slice(b"    ");
    if bold {
        out.extend_from_slice(BOLD);
    }
    out.extend_from_slice(field.name);
    out.push(b'=');
    if is_shown(options, field) {
        push_lines(out, field);
        if bold {
            out.extend_from_slice(OFF);
        }
    } else {
        out.push(b'[');
        push_byte_count(out, field.value.len() as u64);
        out.extend_from_slice(b" blob data]");
        if bold {
            out.extend_from_slice(OFF);
        }
        out.push(b'\n');
    }
}

fn is_shown(options: &Options, field: Field<'_>) -> bool {
    let is_short = options.cut_to.is_none() || field.name.len() + 1 + field.value.len() < LONGEST_CUT;
    options.all || (is_short && is_printable(field.value, LineFeed::Printable))
}

fn push_lines(out: &mut Vec<u8>, field: Field<'_>) {
    let indent = "    ".len() + field.name.len() + "=".len();
    for (number, line) in lines(field.value).enumerate() {
        if number > 0 {
            out.resize(out.len() + indent, b' ');
        }
        out.extend_from_slice(until_nul(line));
        out.push(b'\n');
    }
}

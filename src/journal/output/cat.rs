//! The stored message and a line feed; with `--output-fields`, these fields' values, each on its own line.

use std::ops::Range;

use super::colour::{Paint, Palette};
use super::{Entry, Options};

#[derive(Debug)]
pub(super) struct Cat {
    options: Options,
}

impl Cat {
    pub(super) const fn new(options: Options) -> Self {
        Self { options }
    }

    pub(super) fn print(&self, entry: Entry<'_>, matched: Option<Range<usize>>, out: &mut Vec<u8>) {
        let paint = self.options.colour.and_then(|palette| paint_of(palette, entry));
        match &self.options.fields {
            None => print_field(entry, b"MESSAGE", paint, matched, out),
            Some(fields) => {
                for name in fields {
                    print_field(entry, name, paint, matched.clone(), out);
                }
            }
        }
    }
}

/// The first value of the field.
fn print_field(
    entry: Entry<'_>,
    name: &[u8],
    paint: Option<Paint>,
    matched: Option<Range<usize>>,
    out: &mut Vec<u8>,
) {
    let Some(value) = entry.field(name) else { return };
    match paint {
        // The place of a match is painted also where nothing matched.
        Some(paint) if name == b"MESSAGE" => paint.push(out, value, matched.unwrap_or(0..0)),
        Some(paint) => paint.push_line(out, value, None),
        None => out.extend_from_slice(value),
    }
    out.push(b'\n');
}

fn paint_of(palette: Palette, entry: Entry<'_>) -> Option<Paint> {
    let priority = entry.field("PRIORITY");
    Paint::of(palette, super::short::priority(priority), false)
}

//! The stored bytes of each line, and nothing else; with `--output-fields`, these fields' values, each on its own line.
//!
//! ```text
//! 2026-11-23 19:55:00.291<TAB>␛[37mDEBUG␛[0m<TAB>...
//! ```

use std::io::{self, Write};

use super::Render;
use crate::logs::plan::Look;
use crate::logs::record::Record;

pub(super) struct Cat<'l> {
    look: &'l Look,
}

impl<'l> Cat<'l> {
    pub(super) const fn new(look: &'l Look) -> Self {
        Self { look }
    }

    /// The first value of a field; of a line of a file, what journald would have given it.
    fn field(&self, record: &Record<'_>, name: &[u8], out: &mut dyn Write) -> io::Result<()> {
        if name == b"MESSAGE" {
            return line(record.raw, out);
        }
        if let Some(entry) = record.entry {
            return entry.field(name).map_or(Ok(()), |value| line(value, out));
        }
        let fields = record.fields_of_line(&self.look.host);
        let found = fields.iter().find(|(known, _)| known.as_bytes() == name);
        found.map_or(Ok(()), |(_, value)| line(value.as_bytes(), out))
    }
}

impl Render for Cat<'_> {
    fn render(&self, record: &Record<'_>, out: &mut dyn Write) -> io::Result<()> {
        match &self.look.fields {
            None => line(record.raw, out),
            Some(names) => names.iter().try_for_each(|name| self.field(record, name, out)),
        }
    }
}

fn line(bytes: &[u8], out: &mut dyn Write) -> io::Result<()> {
    out.write_all(bytes)?;
    out.write_all(b"\n")
}

//! The stored bytes of each line, and nothing else.
//!
//! ```text
//! 2026-11-23 19:55:00.291<TAB>␛[37mDEBUG␛[0m<TAB>...
//! ```

use std::io::{self, Write};

use super::Render;
use crate::logs::record::Record;

pub(super) struct Cat;

impl Render for Cat {
    fn render(&self, record: &Record<'_>, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(record.raw)?;
        out.write_all(b"\n")
    }
}

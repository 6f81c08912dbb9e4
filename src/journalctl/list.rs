//! What is listed rather than shown: values of a field, words of an option, and what files take up.

use std::io::{self, Write};

use crate::journal::output::size;

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

/// What the files take up.
pub(super) fn disk_usage(bytes: u64, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "Archived and active journals take up {} in the file system.", size(bytes))
}

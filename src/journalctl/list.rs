//! What is listed rather than shown: values of a field, words of an option, and what files take up.

use std::io::{self, Write};
use std::path::PathBuf;

use crate::journal::disk_usage_of;
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

/// What the files take up, as far as they can be looked at.
pub(super) fn disk_usage(files: &[PathBuf], out: &mut dyn Write) -> io::Result<()> {
    let bytes = files.iter().filter_map(|path| path.metadata().ok()).map(|file| disk_usage_of(&file)).sum();
    writeln!(out, "Archived and active journals take up {} in the file system.", size(bytes))
}

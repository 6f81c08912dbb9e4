//! A file that holds the cursor of the last entry that somebody has seen.

use std::io;
use std::path::Path;

use super::Cursor;

/// The first line of the file. One that is not there will be made at the end.
pub(crate) fn read(path: &Path) -> io::Result<Option<String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => {
            Ok(text.lines().next().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whoever reads the file while it is written has the old or the new one.
pub(crate) fn write(path: &Path, cursor: Cursor) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let new = path.with_file_name(name);
    std::fs::write(&new, format!("{cursor}\n")).and_then(|()| std::fs::rename(&new, path))
}

//! A file that holds the cursor of the last entry that somebody has seen.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use super::Cursor;

/// How far behind the file may be while lines come without a pause. To write it for each of them would take longer than
/// to show them.
const BEHIND: Duration = Duration::from_secs(1);

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

/// What the file has of a place that moves on.
#[derive(Debug)]
pub(crate) struct Kept {
    cursor: Option<Cursor>,
    since: Instant,
}

impl Kept {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self { cursor: None, since: Instant::now() }
    }

    /// Writes the file where the place is another one.
    pub(crate) fn save(&mut self, path: &Path, cursor: Cursor) -> io::Result<()> {
        if self.cursor != Some(cursor) {
            write(path, cursor)?;
            *self = Self { cursor: Some(cursor), since: Instant::now() };
        }
        Ok(())
    }

    /// The same for a place that is followed by the next one at once: only where the file is too far behind.
    pub(crate) fn save_if_behind(&mut self, path: &Path, cursor: Cursor) -> io::Result<()> {
        if self.since.elapsed() < BEHIND { Ok(()) } else { self.save(path, cursor) }
    }
}

/// Whoever reads the file while it is written has the old or the new one.
fn write(path: &Path, cursor: Cursor) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let new = path.with_file_name(name);
    std::fs::write(&new, format!("{cursor}\n")).and_then(|()| std::fs::rename(&new, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_lines_the_file_is_written_where_it_is_too_far_behind() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("cursor");
        let [first, second] = ["t=1", "t=2"].map(|text| Cursor::parse(text).unwrap());
        let mut kept = Kept::new();
        kept.save_if_behind(&path, first).unwrap();
        assert_eq!(read(&path).unwrap(), None);
        kept.since = kept.since.checked_sub(BEHIND).unwrap();
        kept.save_if_behind(&path, first).unwrap();
        kept.save_if_behind(&path, second).unwrap();
        assert_eq!(read(&path).unwrap().as_deref(), Some("t=1"));
        kept.save(&path, second).unwrap();
        assert_eq!(read(&path).unwrap().as_deref(), Some("t=2"));
    }
}

//! A file that holds the cursor of the last entry that somebody has seen.

use std::io::Read as _;
use std::path::Path;
use std::time::{Duration, Instant};
use std::{fs, io};

use super::Cursor;

/// No cursor is as long; a file may be one that has no end.
const LONGEST: u64 = 4096;

/// How far behind the file may be while lines come without a pause. To write it for each of them would take longer than
/// to show them.
const BEHIND: Duration = Duration::from_secs(1);

/// The first line of the file, where it has any. One that is not there will be made at the end.
pub(crate) fn read(path: &Path) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    match fs::File::open(path).and_then(|file| file.take(LONGEST).read_to_end(&mut bytes)) {
        Ok(_) => {
            let text = String::from_utf8_lossy(&bytes);
            Ok(text.lines().next().map(str::to_owned))
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
    let mut name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let new = path.with_file_name(name);
    fs::write(&new, format!("{cursor}\n")).and_then(|()| fs::rename(&new, path)).inspect_err(|_| {
        // The error is why the cursor is not kept.
        let _ = fs::remove_file(&new);
    })
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

    #[test]
    fn nothing_is_left_behind_where_the_file_cannot_be_written() {
        let directory = tempfile::tempdir().unwrap();
        let cursor = Cursor::parse("t=1").unwrap();
        // A directory is no file that another could stand for.
        let taken = directory.path().join("taken");
        fs::create_dir(&taken).unwrap();
        assert!(Kept::new().save(&taken, cursor).is_err());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
        assert!(Kept::new().save(Path::new(""), cursor).is_err());
    }
}

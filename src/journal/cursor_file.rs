//! A file that holds the cursor of the last entry that somebody has seen.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fs, io};

use super::Cursor;

/// No cursor is as long; a file may be one that has no end.
const LONGEST: u64 = 4096;

/// How far behind the file may be while lines come without a pause. To write it for each of them would take longer than
/// to show them.
const BEHIND: Duration = Duration::from_secs(1);

/// So many names are tried for the file that takes another's place: one may be left of a process that was killed.
const MOST_NAMES: u32 = 1000;

/// The first line of the file, where it has any. One that is not there will be made at the end.
pub(crate) fn read(path: &Path) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    match File::open(path).and_then(|file| file.take(LONGEST).read_to_end(&mut bytes)) {
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
    let (mut file, new) = create_beside(path)?;
    writeln!(file, "{cursor}").and_then(|()| fs::rename(&new, path)).inspect_err(|_| {
        // The error is why the cursor is not kept.
        let _ = fs::remove_file(&new);
    })
}

/// Makes a file in the same directory that was not there before. What has its name already, whoever put it there, is
/// neither followed nor written to.
fn create_beside(path: &Path) -> io::Result<(File, PathBuf)> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let create = |number: u32| {
        let mut name = name.to_owned();
        name.push(format!(".{}-{number}.new", std::process::id()));
        let new = path.with_file_name(name);
        File::create_new(&new).map(|file| (file, new))
    };
    let is_taken =
        |made: &io::Result<_>| matches!(made, Err(error) if error.kind() == io::ErrorKind::AlreadyExists);
    let made = (0..MOST_NAMES).map(create).find(|made| !is_taken(made));
    made.unwrap_or_else(|| Err(io::ErrorKind::AlreadyExists.into()))
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

    #[test]
    fn what_has_the_name_of_the_new_file_already_is_neither_written_to_nor_in_the_way() {
        let directory = tempfile::tempdir().unwrap();
        let (path, other) = (directory.path().join("cursor"), directory.path().join("other"));
        fs::write(&other, "untouched").unwrap();
        let (file, first) = create_beside(&path).unwrap();
        drop(file);
        fs::remove_file(&first).unwrap();
        std::os::unix::fs::symlink(&other, &first).unwrap();
        write(&path, Cursor::parse("t=1").unwrap()).unwrap();
        assert_eq!(read(&path).unwrap().as_deref(), Some("t=1"));
        assert_eq!(fs::read_to_string(&other).unwrap(), "untouched");
        assert!(fs::symlink_metadata(&path).unwrap().is_file() && first.is_symlink());
    }
}

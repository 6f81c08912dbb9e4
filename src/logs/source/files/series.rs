//! Which files are one log, by their names.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::logs::record::Context;
use crate::openim::log_files::FAMILIES;
use crate::time::{Timestamp, Zone, parse_time};

/// A log in several files, one after the other.
#[derive(Clone, Debug)]
pub(super) enum Series {
    /// `openim-service-log.2026-11-22`, `openim-service-log.2026-11-23` in a directory. The zone is that of the names.
    Dated { directory: PathBuf, zone: Zone },
    /// `api.log.2`, `api.log.1`, `api.log`, as supervisord and logrotate have them, and what is known of their lines.
    Numbered { path: PathBuf, known: Context },
}

/// A file of a series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LogFile {
    /// `2026-11-23` or `2026-11-23_07`: sorts by time. Empty where the name tells none.
    stamp: String,
    pub(super) path: PathBuf,
    /// What lines before its first record take over.
    pub(super) first: Context,
    inode: u64,
    /// When something was written last.
    modified: Timestamp,
}

impl Series {
    /// Its files, the oldest first.
    pub(super) fn list(&self) -> io::Result<Vec<LogFile>> {
        match self {
            Self::Dated { directory, zone } => list_dated(directory, *zone),
            Self::Numbered { path, known } => list_numbered(path, *known),
        }
    }

    /// The files that have been begun after this one, which was the last.
    pub(super) fn after(&self, last: Option<&LogFile>) -> Vec<LogFile> {
        let files = self.list().unwrap_or_default();
        let Some(last) = last else { return files };
        match self {
            Self::Dated { .. } => files.into_iter().filter(|file| file.comes_after(last)).collect(),
            // The last one has a number now, if it is there at all.
            Self::Numbered { .. } => match files.iter().position(|file| file.inode == last.inode) {
                Some(at) => files.into_iter().skip(at + 1).collect(),
                None => files.into_iter().next_back().into_iter().collect(),
            },
        }
    }
}

impl LogFile {
    fn read(path: PathBuf, stamp: String, first: Context) -> Option<Self> {
        let meta = fs::metadata(&path).ok().filter(fs::Metadata::is_file)?;
        let modified = Timestamp::of(meta.modified().ok()?)?;
        Some(Self { stamp, path, first, inode: meta.ino(), modified })
    }

    /// Whether it is of a later day, or another file that has taken the place of this one. Whoever reads that holds it
    /// open, so that its inode is nobody else's.
    fn comes_after(&self, last: &Self) -> bool {
        self.stamp > last.stamp || self.path == last.path && self.inode != last.inode
    }

    /// When something was written to it last.
    pub(super) const fn modified(&self) -> Timestamp {
        self.modified
    }

    /// When it begins, where its name tells.
    pub(super) fn begin(&self) -> Option<Timestamp> {
        (!self.stamp.is_empty()).then_some(self.first.time)
    }

    /// Whether all of it was written before that time, where its name tells nothing of it.
    pub(super) fn ends_before(&self, time: Timestamp) -> bool {
        self.stamp.is_empty() && self.modified < time
    }
}

/// Whether OpenIM's logger has written files there, as far as that may be seen.
pub(in crate::logs) fn has_log_files(directory: &Path) -> bool {
    list_dated(directory, Zone::Utc).is_ok_and(|files| !files.is_empty())
}

fn list_dated(directory: &Path, zone: Zone) -> io::Result<Vec<LogFile>> {
    let mut files: Vec<LogFile> = fs::read_dir(directory)?
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let stamp = stamp_of(path.file_name()?.to_str()?)?.to_owned();
            let time = begin_of(&stamp, zone).unwrap_or_default();
            LogFile::read(path, stamp, Context { time, ..Context::default() })
        })
        .collect();
    files.sort_unstable_by(|a, b| (&a.stamp, &a.path).cmp(&(&b.stamp, &b.path)));
    Ok(files)
}

fn list_numbered(path: &Path, known: Context) -> io::Result<Vec<LogFile>> {
    /// Nobody keeps more.
    const MOST: u32 = 100;
    let numbered = |number: u32| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{number}"));
        LogFile::read(name.into(), String::new(), known)
    };
    let mut files: Vec<LogFile> = (1..=MOST).map_while(numbered).collect();
    files.reverse();
    // Whoever named it wants to know why it cannot be read.
    fs::metadata(path)?;
    files.extend(LogFile::read(path.to_owned(), String::new(), known));
    Ok(files)
}

/// The date and hour in the name of a log file.
fn stamp_of(name: &str) -> Option<&str> {
    let stamp = FAMILIES.iter().find_map(|family| name.strip_prefix(family))?;
    let shape = if stamp.len() > 10 { "dddd-dd-dd_dd" } else { "dddd-dd-dd" };
    let fits = stamp.len() == shape.len()
        && stamp.bytes().zip(shape.bytes()).all(|(byte, shape)| match shape {
            b'd' => byte.is_ascii_digit(),
            _ => byte == shape,
        });
    fits.then_some(stamp)
}

fn begin_of(stamp: &str, zone: Zone) -> Option<Timestamp> {
    let text = match stamp.split_once('_') {
        Some((day, hour)) => format!("{day} {hour}:00"),
        None => stamp.to_owned(),
    };
    parse_time(&text, Timestamp::default(), zone).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_log_files_are_known_and_others_are_not() {
        assert_eq!(stamp_of("openim-service-log.2026-11-23"), Some("2026-11-23"));
        assert_eq!(stamp_of("openim-service-log.2026-11-23_07"), Some("2026-11-23_07"));
        assert_eq!(stamp_of("OpenIM.log.all.2024-02-02"), Some("2024-02-02"));
        assert_eq!(stamp_of("openim-service-log.2026-11-23.gz"), None);
        assert_eq!(stamp_of("openim-service-log"), None);
        assert_eq!(stamp_of("openim_20261123.log"), None);
    }

    #[test]
    fn what_was_rotated_away_comes_first_and_the_new_file_is_found() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        for name in ["api.log.2", "api.log.1", "api.log", "api.log.old"] {
            fs::write(path(name), name).unwrap();
        }
        let series = Series::Numbered { path: path("api.log"), known: Context::default() };
        let names = |files: &[LogFile]| -> Vec<String> {
            files.iter().map(|file| file.path.file_name().unwrap().to_string_lossy().into_owned()).collect()
        };
        let files = series.list().unwrap();
        assert_eq!(names(&files), ["api.log.2", "api.log.1", "api.log"]);
        assert_eq!(series.after(files.last()), []);
        fs::rename(path("api.log.1"), path("api.log.3")).unwrap();
        fs::rename(path("api.log"), path("api.log.1")).unwrap();
        fs::write(path("api.log"), "new").unwrap();
        assert_eq!(names(&series.after(files.last())), ["api.log"]);
        fs::remove_file(path("api.log")).unwrap();
        assert_eq!(series.list().unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}

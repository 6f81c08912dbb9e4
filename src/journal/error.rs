//! Why the journal cannot be read.

use std::io;
use std::path::PathBuf;

/// Why the journal cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The build is without the engine that was asked for.
    #[error(
        "this build is without libsystemd: use --engine native,\n\
         or build it with: cargo build --release --features libsystemd"
    )]
    NoEngine,
    /// There are no files.
    #[error("no journal files in {places}{hint}")]
    Missing {
        /// Where was looked.
        places: String,
        /// What to do.
        hint: &'static str,
    },
    /// There are files, but none may be opened.
    #[error("you may not read {path}:\nrun as root or join the group systemd-journal", path = path.display())]
    Permission {
        /// One of them.
        path: PathBuf,
    },
    /// A file that was asked for cannot be opened.
    #[error("open {path}: {source}", path = path.display())]
    Open {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is none that can be read.
    #[error("{path} {reason}", path = path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The engine failed.
    #[error("read the journal: {doing}: {source}")]
    Read {
        /// What it was doing.
        doing: &'static str,
        /// What it said.
        source: io::Error,
    },
    /// The place is one that only another engine reads.
    #[error("the engine {engine} cannot read {what}: use --engine native")]
    Unsupported {
        /// Its name.
        engine: &'static str,
        /// What was asked for.
        what: &'static str,
    },
}

/// What the C library says about an error of the system, as far as one comes up here.
pub(crate) fn reason(error: &io::Error) -> &'static str {
    const EBADMSG: i32 = 74;
    let kinds = [
        (io::ErrorKind::NotFound, "No such file or directory"),
        (io::ErrorKind::PermissionDenied, "Permission denied"),
        (io::ErrorKind::NotADirectory, "Not a directory"),
        (io::ErrorKind::IsADirectory, "Is a directory"),
        (io::ErrorKind::InvalidInput, "Invalid argument"),
        (io::ErrorKind::StorageFull, "No space left on device"),
        (io::ErrorKind::ReadOnlyFilesystem, "Read-only file system"),
        // Neither a file nor a directory.
        (io::ErrorKind::Other, "File descriptor in bad state"),
    ];
    if error.raw_os_error() == Some(EBADMSG) {
        return "Bad message";
    }
    let known = kinds.into_iter().find(|&(kind, _)| kind == error.kind());
    known.map_or("Input/output error", |(_, text)| text)
}

//! Which release runs, from the version column of its own log.
//!
//! ```text
//! 2024-08-18 09:07:19.768 INFO [PID:3693] openim-api [version:3.8.0] [mw/x.go:50] text
//! ```
//!
//! A program's Go build information says only `(devel)`, so there is no other place. Up to v3.6 there is no such
//! column; where the level is 3 and all is well, there is no such line.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::log_files::newest_file;
use super::zap;

/// Where a deployment keeps its log files.
pub const LOGS: &str = "_output/logs";

/// So much of a file is looked through for a line with a version.
const ENOUGH: u64 = 64 * 1024;

/// The release that wrote the newest log file of a deployment: `v3.8.3-patch.16`, `3.8.0`, `main`.
#[must_use]
pub fn read_release(root: &Path) -> Option<String> {
    let newest = newest_file(&root.join(LOGS), |name| name.contains("-log."))?;
    let mut text = Vec::new();
    File::open(newest).ok()?.take(ENOUGH).read_to_end(&mut text).ok()?;
    text.split(|byte| *byte == b'\n').find_map(version_of)
}

fn version_of(line: &[u8]) -> Option<String> {
    let version = zap::parse(line)?.version?;
    let version = std::str::from_utf8(version).ok()?.trim();
    (!version.is_empty()).then(|| version.to_owned())
}

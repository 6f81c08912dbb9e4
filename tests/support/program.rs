//! Programs that a test puts somewhere and starts there.

use std::path::Path;
use std::process::Command;

/// Copies a program. Had this process the copy open to write, whatever another thread starts would have it, too, and who
/// starts the copy would be told that it is busy.
#[track_caller]
pub(crate) fn put(program: impl AsRef<Path>, place: &Path) {
    let copied = Command::new("cp").arg(program.as_ref()).arg(place).status();
    assert!(
        copied.is_ok_and(|status| status.success()),
        "copy {} to {}",
        program.as_ref().display(),
        place.display()
    );
}

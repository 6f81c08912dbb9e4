//! Files of `/proc`: most of them short, and none with a size that could be asked for.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// What most of them say fits in, and so is read at once.
const USUAL: usize = 4096;

/// All that a file says.
///
/// # Errors
/// It is not there, or may not be read.
pub(super) fn read(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(USUAL);
    // `fs::read` would ask for its size and place first, and then read in pieces of 32 bytes and more.
    File::open(path)?.take(u64::MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// All that a file says, as text.
///
/// # Errors
/// It is not there, may not be read, or is no text.
pub(super) fn read_text(path: impl AsRef<Path>) -> io::Result<String> {
    String::from_utf8(read(path)?).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_longer_than_usual_is_read_to_its_end() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let long = vec![b'x'; 5 * USUAL + 1];
        std::fs::write(&file, &long).expect("it is ours");
        assert_eq!(read(&file).expect("it is there"), long);
    }

    #[test]
    fn what_is_not_there_is_an_error() {
        assert_eq!(read("/proc/self/nothing").expect_err("no such file").kind(), io::ErrorKind::NotFound);
    }
}

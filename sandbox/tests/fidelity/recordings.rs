//! The directory of recordings.

use std::io::Read;
use std::path::PathBuf;

/// Where the recordings are.
#[derive(Debug)]
pub(crate) struct Recordings(PathBuf);

impl Recordings {
    /// The directory that `OPENIM_RECORDINGS` names; `None` where it names none.
    pub(crate) fn open() -> Option<Self> {
        let dir = crate::missing::recordings()?;
        assert!(dir.is_dir(), "OPENIM_RECORDINGS: {} is no directory", dir.display());
        Some(Self(dir))
    }

    pub(crate) fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// A compressed file, as text where it is text.
    pub(crate) fn unpacked(&self, name: &str) -> String {
        let file = std::fs::File::open(self.0.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut bytes = Vec::new();
        let read = zstd::Decoder::new(file).and_then(|mut decoder| decoder.read_to_end(&mut bytes));
        read.unwrap_or_else(|error| panic!("{name}: {error}"));
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// Puts a placeholder for a host or port that differs from run to run: `10.77.0.2:4711` becomes `IP:PORT`.
pub(crate) fn mask_address(text: &str) -> String {
    let text = text.replace("127.0.0.1", "IP").replace("10.77.0.2", "IP");
    let mut masked = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once("IP:") {
        masked += before;
        masked += "IP:PORT";
        rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    masked + rest
}

//! Journals to be read, made by systemd's own writer.

pub(crate) mod floor;
mod made_up;
pub(crate) mod newer;
mod recorded;

#[allow(dead_code, reason = "the helpers are shared with tests")]
#[path = "../../tests/support/export.rs"]
mod export;
#[allow(dead_code, reason = "the helpers are shared with tests")]
#[path = "../../tests/support/random.rs"]
pub(crate) mod random;

use std::fs;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use newer::Root;
use random::Random;
use recorded::Recorded;

/// In the Debian package systemd-journal-remote.
pub(crate) const WRITER: &str = "/lib/systemd/systemd-journal-remote";
/// 2023-11-14 22:13:20 UTC, in microseconds.
const BEGIN: u64 = 1_700_000_000_000_000;
/// From one entry to the next.
const STEP: u64 = 700;
pub(crate) const BOOT: &str = "8dc4df31cf7c4c1c8a6b10fc7b9b44b0";

/// A journal to be made.
#[derive(Clone)]
pub(crate) struct Set {
    pub(crate) entries: u64,
    pub(crate) content: Content,
    pub(crate) values: Values,
    /// The longest file, in MB. The writer itself takes 128 at most, and 8 at least.
    pub(crate) file: u64,
}

/// What the entries are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Content {
    /// Half of the messages are long.
    MadeUp,
    /// Of a real deployment, again and again at other times: `OPENIM_RECORDINGS` names where they are.
    Recorded,
}

/// How values of more than 512 bytes are stored.
#[derive(Clone, Debug)]
pub(crate) enum Values {
    Plain,
    /// As Debian 12 packs them.
    Zstd,
    /// As only newer versions do when they are told to: XZ, LZ4.
    By(Root, &'static str),
}

impl Set {
    fn name(&self) -> String {
        let values = match &self.values {
            Values::Plain => "plain",
            Values::Zstd => "zstd",
            Values::By(_, name) => name,
        };
        format!("journal-{}-{:?}-{values}-{}", self.entries, self.content, self.file)
    }

    /// The directory with the journal, made if it is not there yet.
    ///
    /// # Errors
    /// What it cannot be made without.
    pub(crate) fn prepare(&self) -> Result<PathBuf, String> {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(self.name());
        if directory.is_dir() {
            return Ok(directory);
        }
        let mut source = self.content.open()?;
        let unfinished = directory.with_extension("unfinished");
        let _ = fs::remove_dir_all(&unfinished);
        fs::create_dir_all(&unfinished).expect("make a directory");
        let mut writer = self.start_writer(&unfinished)?;
        let mut text = BufWriter::with_capacity(1 << 20, writer.stdin.take().expect("it is piped"));
        let mut entry = Vec::new();
        for number in 0..self.entries {
            entry.clear();
            source.push_entry(&mut entry, number);
            text.write_all(&entry).expect("write an entry");
        }
        drop(text);
        assert!(writer.wait().expect("it ends").success(), "systemd-journal-remote failed");
        fs::rename(&unfinished, &directory).expect("rename the directory");
        Ok(directory)
    }

    fn start_writer(&self, directory: &Path) -> Result<Child, String> {
        if !Path::new(WRITER).is_file() {
            return Err("systemd-journal-remote is not installed".to_owned());
        }
        let (mut command, file) = match &self.values {
            Values::Plain | Values::Zstd => (limited(self.file), directory.join("system.journal")),
            Values::By(root, kind) => root.limited_writer(self.file, directory, kind),
        };
        let is_packed = !matches!(self.values, Values::Plain);
        command.arg(if is_packed { "--compress=yes" } else { "--compress=no" }).arg("-o").arg(file).arg("-");
        let child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        Ok(child.expect("start systemd-journal-remote"))
    }
}

/// The writer where a file may not grow beyond so many MB, which makes it rotate.
fn limited(file: u64) -> Command {
    // The shell counts in blocks of 512 bytes.
    let limited = r#"trap "" XFSZ; ulimit -f "$1"; shift; exec "$@""#;
    let mut command = Command::new("sh");
    command.args(["-c", limited, "sh", &(file * 2048).to_string(), WRITER]);
    command
}

/// Where entries come from.
enum Source {
    MadeUp(Random),
    Recorded(Recorded),
}

impl Content {
    fn open(self) -> Result<Source, String> {
        match self {
            Self::MadeUp => Ok(Source::MadeUp(Random::new(1))),
            Self::Recorded => Recorded::open().map(Source::Recorded),
        }
    }
}

impl Source {
    fn push_entry(&mut self, out: &mut Vec<u8>, number: u64) {
        match self {
            Self::MadeUp(random) => made_up::push_entry(out, random, number),
            Self::Recorded(recorded) => recorded.push_entry(out, number),
        }
    }
}

/// The time that stands in a line: `2023-11-14 00:00:00.700`.
fn clock(number: u64) -> String {
    let millis = number * STEP / 1_000;
    let seconds = millis / 1_000;
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("2023-11-14 {hour:02}:{minute:02}:{second:02}.{:03}", millis % 1_000)
}

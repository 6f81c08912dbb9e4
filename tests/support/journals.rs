//! Journals made by systemd's own writer from text in the export format.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Writes journals; in the Debian package systemd-journal-remote.
pub(crate) const REMOTE: &str = "/lib/systemd/systemd-journal-remote";

/// How a file is laid out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    pub(crate) name: &'static str,
    pub(crate) compact: &'static str,
    pub(crate) keyed: &'static str,
    pub(crate) compress: &'static str,
}

/// Every layout, and every compression that can be asked for. Versions before 253 do not ask and pack with zstd.
pub(crate) const LAYOUTS: [Layout; 5] = [
    Layout { name: "compact-zstd", compact: "1", keyed: "1", compress: "ZSTD" },
    Layout { name: "regular-lz4", compact: "0", keyed: "1", compress: "LZ4" },
    Layout { name: "regular-old-hash-xz", compact: "0", keyed: "0", compress: "XZ" },
    Layout { name: "compact-plain", compact: "1", keyed: "1", compress: "0" },
    Layout { name: "regular-old-hash-zstd", compact: "0", keyed: "0", compress: "ZSTD" },
];

/// Makes a journal of text in the export format.
#[track_caller]
pub(crate) fn make(file: &Path, export: &[u8], layout: Layout) {
    let text = file.with_extension("export");
    std::fs::write(&text, export).expect("write the export");
    let output = Command::new(REMOTE)
        .env("SYSTEMD_JOURNAL_COMPACT", layout.compact)
        .env("SYSTEMD_JOURNAL_KEYED_HASH", layout.keyed)
        .env("SYSTEMD_JOURNAL_COMPRESS", layout.compress)
        .args([Path::new("-o"), file, &text])
        .output()
        .expect("systemd-journal-remote starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::remove_file(&text).expect("remove the export");
}

/// An object of a file: where it begins, and its kind and flags.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Object {
    pub(crate) offset: usize,
    pub(crate) kind: u8,
    pub(crate) flags: u8,
}

/// The kinds of values and of entries.
pub(crate) const DATA: u8 = 1;
pub(crate) const ENTRY: u8 = 3;

/// The objects of a file, in the order in which they were written.
pub(crate) fn objects(bytes: &[u8]) -> Vec<Object> {
    let mut objects = Vec::new();
    let mut offset = number_at(bytes, 88);
    while let Some(&[kind, flags]) = bytes.get(offset..offset + 2)
        && kind > 0
    {
        objects.push(Object { offset, kind, flags });
        offset += number_at(bytes, offset + 8).next_multiple_of(8);
    }
    objects
}

/// The number of eight bytes that stands there.
pub(crate) fn number_at(bytes: &[u8], at: usize) -> usize {
    let number = bytes[at..].first_chunk().map_or(0, |number| u64::from_le_bytes(*number));
    usize::try_from(number).expect("a place in a file")
}

/// Whether systemd's writer is there; under CI it must be.
pub(crate) fn can_be_made() -> bool {
    let installed = Path::new(REMOTE).exists();
    if !installed {
        crate::missing::did_not_run(&format!("{REMOTE} is not installed (scripts/install-test-deps)"));
    }
    installed
}

/// An entry in the export format.
pub(crate) fn entry(realtime: u64, monotonic: u64, boot: &str, fields: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut text =
        format!("__REALTIME_TIMESTAMP={realtime}\n__MONOTONIC_TIMESTAMP={monotonic}\n_BOOT_ID={boot}\n")
            .into_bytes();
    for (name, value) in fields {
        text.extend_from_slice(name.as_bytes());
        text.push(b'\n');
        text.extend_from_slice(&(value.len() as u64).to_le_bytes());
        text.extend_from_slice(value);
        text.push(b'\n');
    }
    text.push(b'\n');
    text
}

/// A place with journals, as options of journalctl.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) options: Vec<String>,
}

impl Place {
    pub(crate) fn file(path: &Path) -> Self {
        Self { options: vec!["--file".to_owned(), path.display().to_string()] }
    }

    pub(crate) fn directory(path: &Path) -> Self {
        Self { options: vec!["-D".to_owned(), path.display().to_string()] }
    }
}

/// The journal of a recording, in a directory of its own.
pub(crate) fn of_recording(directory: &Path, recording: &Path, layout: Layout) -> PathBuf {
    let export = zstd::decode_all(std::fs::File::open(recording).expect("open the recording"));
    let name = recording.file_name().and_then(|name| name.to_str()).expect("a name of text");
    let file = directory.join(name).with_extension("").with_extension("journal");
    make(&file, &export.expect("unpack the recording"), layout);
    file
}

//! What the targets for journals share: a place for a file's bytes, and a small file that is whole.

#![allow(clippy::missing_panics_doc, reason = "a fuzz target dies of what it cannot do")]

use std::io::Write as _;
use std::path::PathBuf;

use openim_ops::journal::{Engine, Place, Query, Reader, Step, open};

/// A file in memory that holds these bytes until the next ones.
pub struct Journal(PathBuf);

impl Journal {
    /// Writes the bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let path = PathBuf::from(format!("/dev/shm/openim-fuzz-{}.journal", std::process::id()));
        let mut file = std::fs::File::create(&path).expect("make a file");
        file.write_all(bytes).expect("write the file");
        Self(path)
    }

    /// Opens it as our own engine does.
    pub fn open(&self) -> Option<Box<dyn Reader>> {
        open(Some(Engine::Native), &Place::Files(vec![self.0.clone()])).ok().map(|opened| opened.reader)
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Reads a query to its end and returns how many entries and bytes that were.
pub fn read(reader: &mut dyn Reader, query: &Query) -> (usize, usize) {
    let (mut entries, mut bytes) = (0, 0);
    if reader.restart(query).is_err() {
        return (0, 0);
    }
    while let Ok(Step::Entry(entry)) = reader.next() {
        entries += 1;
        bytes += entry.fields().map(|field| field.name.len() + field.value.len()).sum::<usize>();
        let _ = (entry.field("MESSAGE"), entry.cursor().to_string());
    }
    (entries, bytes)
}

/// Bytes to put numbers into.
struct Image(Vec<u8>);

impl Image {
    fn put(&mut self, at: usize, bytes: &[u8]) {
        self.0.resize(self.0.len().max(at + bytes.len()), 0);
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn number(&mut self, at: usize, number: usize) {
        self.put(at, &(number as u64).to_le_bytes());
    }
}

/// A whole journal in the regular layout with one entry, which has one value, stored with these flags as these bytes.
pub fn journal_with_value(flags: u8, payload: &[u8]) -> Vec<u8> {
    const HEADER: usize = 272;
    const BUCKETS: usize = HEADER + 16;
    const ENTRY: usize = BUCKETS + 32;
    const ARRAY: usize = ENTRY + 80;
    const DATA: usize = ARRAY + 32;
    let mut image = Image(Vec::new());
    image.put(0, b"LPKSHHRH");
    // Every kind of packed value may occur.
    image.put(12, &0b1011_u32.to_le_bytes());
    image.put(16, &[2]);
    for (at, number) in [
        (88, HEADER),
        (104, BUCKETS),
        (112, 16),
        (120, BUCKETS + 16),
        (128, 16),
        (144, 4),
        (152, 1),
        (160, 1),
        (168, 1),
        (176, ARRAY),
        (184, 1_700_000_000_000_000),
        (192, 1_700_000_000_000_000),
        (BUCKETS, DATA),
        (BUCKETS + 8, DATA),
    ] {
        image.number(at, number);
    }
    image.put(ENTRY, &[3]);
    for (at, number) in [(8, 80), (16, 1), (24, 1_700_000_000_000_000), (32, 1), (64, DATA)] {
        image.number(ENTRY + at, number);
    }
    image.put(ARRAY, &[6]);
    for (at, number) in [(8, 32), (24, ENTRY)] {
        image.number(ARRAY + at, number);
    }
    image.put(DATA, &[1, flags]);
    for (at, number) in [(8, 64 + payload.len()), (40, ENTRY), (56, 1)] {
        image.number(DATA + at, number);
    }
    image.put(DATA + 64, payload);
    let length = image.0.len().next_multiple_of(8);
    image.0.resize(length, 0);
    image.0
}

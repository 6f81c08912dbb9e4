//! What no reader of these journals can be faster than: their files read, and their packed values unpacked.
//!
//! It walks from object to object and looks at nothing but lengths and flags, so it is no way to read a journal.

use std::fs;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Lengths and places in the head of a file and of an object; systemd.io, `JOURNAL_FILE_FORMAT`.
const INCOMPATIBLE: usize = 12;
const COMPACT: u64 = 1 << 4;
const HEADER_SIZE: usize = 88;
const TAIL_OBJECT: usize = 136;
const DATA: u8 = 1;
const PACKED_BY_ZSTD: u8 = 4;

/// What was unpacked, and how long all processors together took for it.
pub(crate) struct Floor {
    pub(crate) values: u64,
    pub(crate) bytes: u64,
    pub(crate) wall: Duration,
}

/// Reads and unpacks all files of a directory, with a thread for each processor.
pub(crate) fn measure(directory: &Path) -> Floor {
    let files = fs::read_dir(directory).expect("list the directory");
    let files: Vec<PathBuf> = files.map(|file| file.expect("list the directory").path()).collect();
    let (files, found) = (Mutex::new(files), Mutex::new((0, 0)));
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(|| unpack_files(&files, &found));
        }
    });
    let (values, bytes) = found.into_inner().expect("no thread panics");
    Floor { values, bytes, wall: started.elapsed() }
}

fn unpack_files(files: &Mutex<Vec<PathBuf>>, found: &Mutex<(u64, u64)>) {
    let mut zstd = zstd::bulk::Decompressor::new().expect("zstd has memory");
    let mut unpacked = Vec::with_capacity(1 << 20);
    let next = || files.lock().expect("no thread panics").pop();
    while let Some(path) = next() {
        let file = fs::read(path).expect("read the file");
        let (mut values, mut bytes) = (0, 0);
        for packed in packed_values(&file) {
            unpacked.clear();
            bytes += zstd.decompress_to_buffer(packed, &mut unpacked).expect("the value is whole") as u64;
            values += 1;
        }
        let mut found = found.lock().expect("no thread panics");
        *found = (found.0 + values, found.1 + bytes);
    }
}

/// The values of a file that zstd has packed.
fn packed_values(file: &[u8]) -> impl Iterator<Item = &[u8]> {
    let number = |at: usize| u64::from_le_bytes(file[at..at + 8].try_into().expect("eight bytes"));
    let place = move |at: usize| usize::try_from(number(at)).expect("it is in memory");
    let head = if number(INCOMPATIBLE) & COMPACT == 0 { 64 } else { 72 };
    let (mut at, last) = (place(HEADER_SIZE), place(TAIL_OBJECT));
    std::iter::from_fn(move || {
        (at <= last).then(|| {
            let (begin, length) = (at, place(at + 8));
            at += length.next_multiple_of(8);
            &file[begin..begin + length]
        })
    })
    .filter(|object| object[0] == DATA && object[1] == PACKED_BY_ZSTD)
    .map(move |object| &object[head..])
}

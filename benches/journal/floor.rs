//! What no reader of these journals can be faster than: the unpacking of their packed values, by zstd itself and with
//! nothing else in the time, not even the reading.
//!
//! It walks from object to object and looks at nothing but lengths and flags, so it is no way to read a journal.

use std::fs;
use std::num::NonZero;
use std::path::Path;
use std::time::{Duration, Instant};

/// Lengths and places in the head of a file and of an object; systemd.io, `JOURNAL_FILE_FORMAT`.
const INCOMPATIBLE: usize = 12;
const COMPACT: u64 = 1 << 4;
const HEADER_SIZE: usize = 88;
const TAIL_OBJECT: usize = 136;
const DATA: u8 = 1;
const PACKED_BY_ZSTD: u8 = 4;

/// What was unpacked, and how long all processors together took for it.
#[derive(Default)]
pub(crate) struct Floor {
    pub(crate) values: usize,
    pub(crate) bytes: usize,
    pub(crate) wall: Duration,
}

/// Unpacks all files of a directory, one after the other, the values of each divided among the processors.
pub(crate) fn measure(directory: &Path) -> Floor {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    let mut floor = Floor::default();
    for entry in fs::read_dir(directory).expect("list the directory") {
        let file = fs::read(entry.expect("list the directory").path()).expect("read the file");
        let values: Vec<&[u8]> = packed_values(&file).collect();
        let started = Instant::now();
        floor.bytes += std::thread::scope(|scope| {
            let parts = values.chunks(values.len().div_ceil(threads).max(1));
            let parts: Vec<_> = parts.map(|part| scope.spawn(|| unpack(part))).collect();
            parts.into_iter().map(|part| part.join().expect("no thread panics")).sum::<usize>()
        });
        floor.wall += started.elapsed();
        floor.values += values.len();
    }
    floor
}

/// How many bytes they are.
fn unpack(values: &[&[u8]]) -> usize {
    let mut zstd = zstd::bulk::Decompressor::new().expect("zstd has memory");
    let mut unpacked = Vec::with_capacity(1 << 20);
    let mut unpack = |packed: &&[u8]| {
        unpacked.clear();
        zstd.decompress_to_buffer(packed, &mut unpacked).expect("the value is whole")
    };
    values.iter().map(&mut unpack).sum()
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

//! What no reader of these journals can be faster than: the copying of their bytes from the kernel's cache, and the
//! unpacking of their packed values by zstd itself, each on all processors and with nothing else in the time.
//!
//! It walks from object to object and looks at nothing but lengths and flags, so it is no way to read a journal.

use std::fs;
use std::num::NonZero;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// Lengths and places in the head of a file and of an object; systemd.io, `JOURNAL_FILE_FORMAT`.
const INCOMPATIBLE: usize = 12;
const COMPACT: u64 = 1 << 4;
const HEADER_SIZE: usize = 88;
const TAIL_OBJECT: usize = 136;
const DATA: u8 = 1;
const PACKED_BY_ZSTD: u8 = 4;

/// So much is copied at once, which stays in a processor's cache.
const AT_ONCE: usize = 256 * 1024;

/// What was copied and unpacked, and how long all processors together took for each.
#[derive(Default)]
pub(crate) struct Floor {
    pub(crate) stored: usize,
    pub(crate) copying: Duration,
    pub(crate) values: usize,
    pub(crate) unpacked: usize,
    pub(crate) unpacking: Duration,
}

/// Copies and unpacks all files of a directory, one after the other, each divided among the processors.
pub(crate) fn measure(directory: &Path) -> Floor {
    let mut floor = Floor::default();
    for entry in fs::read_dir(directory).expect("list the directory") {
        let path = entry.expect("list the directory").path();
        let file = fs::read(&path).expect("read the file");
        let pieces: Vec<usize> = (0..file.len()).step_by(AT_ONCE).collect();
        let opened = fs::File::open(&path).expect("open the file");
        let (stored, copying) = divide(&pieces, |pieces| copy(&opened, pieces));
        let values: Vec<&[u8]> = packed_values(&file).collect();
        let (unpacked, unpacking) = divide(&values, unpack);
        floor.stored += stored;
        floor.copying += copying;
        floor.values += values.len();
        floor.unpacked += unpacked;
        floor.unpacking += unpacking;
    }
    floor
}

/// Has each processor work on a part, and tells what comes of all, and when the last was done.
fn divide<T: Sync>(all: &[T], work: impl Fn(&[T]) -> usize + Sync) -> (usize, Duration) {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    let started = Instant::now();
    let sum = std::thread::scope(|scope| {
        let parts = all.chunks(all.len().div_ceil(threads).max(1));
        let parts: Vec<_> = parts.map(|part| scope.spawn(|| work(part))).collect();
        parts.into_iter().map(|part| part.join().expect("no thread panics")).sum()
    });
    (sum, started.elapsed())
}

/// How many bytes the pieces are that begin there.
fn copy(file: &fs::File, pieces: &[usize]) -> usize {
    let mut buffer = vec![0; AT_ONCE];
    pieces.iter().map(|&piece| file.read_at(&mut buffer, piece as u64).expect("read the file")).sum()
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

//! The bytes of one file, read through a few windows that are copies of parts of it.
//!
//! journald writes to a journal while it is read, cuts it, and punches holes into it when it is vacuumed. A map of
//! such a file would change under a `&[u8]`, which Rust does not allow, and end the process with SIGBUS where the
//! file became shorter. So parts of it are copied with `pread(2)` and everything is checked and lent from the copy:
//! what is missing is a short read, what is written later is not seen until [`Bytes::forget`], and there is no
//! `unsafe`. The kernel copies from its page cache at the speed of memory, and faults of a map would cost as much.
//!
//! The windows follow the reading: one that is left at its end moves on and grows, up to a limit; what is looked up
//! anywhere else costs eight kilobytes.

use std::cell::RefCell;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

/// Enough for what is read in turns: entries with their newest values, entry arrays, hash tables, old values.
pub(super) const WINDOWS: usize = 6;
/// More does not make reading faster: the processor's cache has room for one window of each thread.
pub(super) const LARGEST: usize = 256 * 1024;
/// What a look-up somewhere in the file reads.
const SMALLEST: usize = 8 * 1024;
/// What stays of the old window when it moves on: an entry's newest values stand before the entry.
const OVERLAP: u64 = 8 * 1024;

/// A file, and copies of some of its parts.
#[derive(Debug)]
pub(super) struct Bytes {
    file: Arc<File>,
    windows: RefCell<Windows>,
}

#[derive(Debug)]
struct Windows {
    list: Vec<Window>,
    /// The one that was used last.
    recent: usize,
    clock: u64,
    largest: usize,
}

#[derive(Debug, Default)]
struct Window {
    start: u64,
    data: Vec<u8>,
    used: u64,
}

impl Window {
    fn end(&self) -> u64 {
        self.start + self.data.len() as u64
    }

    fn part(&self, offset: u64, length: usize) -> Option<&[u8]> {
        let from = usize::try_from(offset.checked_sub(self.start)?).ok()?;
        self.data.get(from..from.checked_add(length)?)
    }
}

impl Bytes {
    /// Windows over a file.
    pub(super) fn new(file: Arc<File>) -> Self {
        let windows = Windows { list: Vec::new(), recent: 0, clock: 0, largest: LARGEST };
        Self { file, windows: RefCell::new(windows) }
    }

    /// Lets windows grow to that many bytes.
    pub(super) fn limit(&self, largest: usize) {
        self.windows.borrow_mut().largest = largest.max(SMALLEST);
    }

    /// How long the file is now.
    pub(super) fn size(&self) -> u64 {
        self.file.metadata().map_or(0, |metadata| metadata.len())
    }

    /// Lends a part of the file to `read`; `None` where the file does not have all of it.
    pub(super) fn with<T>(&self, offset: u64, length: usize, read: impl FnOnce(&[u8]) -> T) -> Option<T> {
        let mut windows = self.windows.borrow_mut();
        let index = windows.find(&self.file, offset, length)?;
        windows.list[index].part(offset, length).map(read)
    }

    /// Reads a few bytes.
    pub(super) fn array<const N: usize>(&self, offset: u64) -> Option<[u8; N]> {
        self.with(offset, N, |bytes| bytes.try_into().ok())?
    }

    /// Reads a number.
    pub(super) fn u64(&self, offset: u64) -> Option<u64> {
        self.array(offset).map(u64::from_le_bytes)
    }

    /// Reads past the windows into a buffer of its own, as far as the file goes.
    pub(super) fn read(&self, offset: u64, length: usize, into: &mut Vec<u8>) {
        into.resize(length, 0);
        let read = read_at(&self.file, into, offset);
        into.truncate(read);
    }

    /// Reads past the windows, for what another process changes without telling.
    pub(super) fn fresh<const N: usize>(&self, offset: u64) -> Option<[u8; N]> {
        let mut bytes = [0; N];
        self.file.read_exact_at(&mut bytes, offset).ok().map(|()| bytes)
    }

    /// Gives up all copies: the file has changed.
    pub(super) fn forget(&self) {
        let mut windows = self.windows.borrow_mut();
        windows.list.iter_mut().for_each(|window| window.data.clear());
    }

    /// Gives the memory back: the file is read to its end.
    pub(super) fn release(&self) {
        self.windows.borrow_mut().list.clear();
    }
}

impl Windows {
    /// The window that has this part, read if there is none.
    fn find(&mut self, file: &File, offset: u64, length: usize) -> Option<usize> {
        // No file reaches that far, and the sums below are safe.
        if offset > u64::MAX / 4 {
            return None;
        }
        let has = |window: &Window| window.part(offset, length).is_some();
        if !self.list.get(self.recent).is_some_and(has) {
            self.recent = match self.list.iter().position(has) {
                Some(index) => index,
                None => self.load(file, offset, length)?,
            };
            self.clock += 1;
            let clock = self.clock;
            self.list[self.recent].used = clock;
        }
        Some(self.recent)
    }

    fn load(&mut self, file: &File, offset: u64, length: usize) -> Option<usize> {
        let (index, start, size) = self.place(offset, length);
        let window = &mut self.list[index];
        window.start = start;
        window.data.resize(size, 0);
        let read = read_at(file, &mut window.data, start);
        window.data.truncate(read);
        window.part(offset, length).map(|_| index)
    }

    /// Which window is given up for a part, and what it is to hold.
    fn place(&mut self, offset: u64, length: usize) -> (usize, u64, usize) {
        for (index, window) in self.list.iter().enumerate() {
            let reach = (window.data.len() as u64) * 2;
            let size = (window.data.len() * 2).clamp(SMALLEST, self.largest).max(length + SMALLEST);
            if reach > 0 && offset + length as u64 > window.end() && offset < window.end() + reach {
                return (index, offset.saturating_sub(OVERLAP.min(size as u64 / 4)), size);
            }
            if offset < window.start && offset + reach > window.start {
                // Reading goes backwards, so what comes next stands before this.
                let behind = offset + length as u64 + OVERLAP.min(size as u64 / 4);
                return (index, behind.saturating_sub(size as u64), size);
            }
        }
        (self.oldest(), offset & !4095, (length + 4096).max(SMALLEST))
    }

    /// The window that was not used for the longest time, or a new one.
    fn oldest(&mut self) -> usize {
        if self.list.len() < WINDOWS {
            self.list.push(Window::default());
            return self.list.len() - 1;
        }
        let oldest = self.list.iter().enumerate().min_by_key(|(_, window)| window.used);
        oldest.map_or(0, |(index, _)| index)
    }
}

/// Reads as much as there is.
fn read_at(file: &File, mut buffer: &mut [u8], mut offset: u64) -> usize {
    let wanted = buffer.len();
    while !buffer.is_empty() {
        match file.read_at(buffer, offset) {
            Ok(0) => break,
            Ok(count) => {
                offset += count as u64;
                buffer = &mut buffer[count..];
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    wanted - buffer.len()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    /// A file in which every eight bytes are their own offset.
    fn file(size: u64) -> (tempfile::NamedTempFile, Bytes) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let content: Vec<u8> = (0..size / 8).flat_map(|index| (index * 8).to_le_bytes()).collect();
        file.write_all(&content).unwrap();
        let bytes = Bytes::new(Arc::new(file.reopen().unwrap()));
        (file, bytes)
    }

    #[test]
    fn every_order_of_reading_gives_the_bytes_of_the_file() {
        let (_file, bytes) = file(1 << 20);
        let forward = (0..1_u64 << 17).map(|index| index * 8);
        let scattered = (0..1 << 17).map(|index: u64| (index * 7919 * 8) % (1 << 20));
        for offset in forward.clone().chain(forward.rev()).chain(scattered) {
            assert_eq!(bytes.u64(offset), Some(offset));
        }
    }

    #[test]
    fn what_is_beyond_the_end_is_not_there() {
        let (_file, bytes) = file(8000);
        assert_eq!(bytes.u64(7992), Some(7992));
        assert_eq!(bytes.u64(7993), None);
        assert_eq!(bytes.u64(u64::MAX - 3), None);
        assert_eq!(bytes.with(0, 8000, <[u8]>::len), Some(8000));
        assert_eq!(bytes.with(8, 8000, <[u8]>::len), None);
    }

    #[test]
    fn a_file_that_was_cut_is_read_as_far_as_it_goes_once_the_copies_are_forgotten() {
        let (file, bytes) = file(8000);
        assert_eq!(bytes.u64(4000), Some(4000));
        file.as_file().set_len(2000).unwrap();
        bytes.forget();
        assert_eq!((bytes.u64(1992), bytes.u64(4000)), (Some(1992), None));
    }
}

//! Standard output, whose reader may have seen enough: `openim-logs | head`. That is no failure.

use std::io;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// Whether it is a pipe or socket that nobody reads any more.
pub(crate) fn has_no_reader() -> bool {
    let stdout = io::stdout();
    let mut watched = [PollFd::new(&stdout, PollFlags::empty())];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut watched, Some(&now)).is_ok() && watched[0].revents().intersects(PollFlags::ERR | PollFlags::HUP)
}

/// What a write would fail with, said where nothing may come for hours and so nothing is written.
pub(crate) fn unread() -> io::Error {
    io::ErrorKind::BrokenPipe.into()
}

/// Whether a write failed because nobody reads any more.
pub(crate) fn is_unread(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe
}

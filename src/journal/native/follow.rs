//! Waiting for what journald writes next.
//!
//! journald writes through a map, of which the kernel tells nobody; it makes up for that with a notice every quarter
//! of a second at most. The number of entries in a file's head is right at once, so heads are read a hundred times a
//! second, which costs one system call for each file that is still written to. What the kernel does tell is when
//! files come, go and are renamed.

use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{self, CreateFlags, WatchFlags};

use crate::journal::place::{Place, directories};

/// How long heads are not looked at.
const PAUSE: Duration = Duration::from_millis(10);
/// How long directories are not looked at where nothing was heard; some file systems tell nothing.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// The same where the kernel gives no notice at all.
const LOOK_OFTEN: Duration = Duration::from_millis(100);

/// Watches the directories of a place.
#[derive(Debug)]
pub(super) struct Watch {
    directories: Vec<PathBuf>,
    notices: Option<OwnedFd>,
    remark: Option<String>,
    looked: Instant,
}

impl Watch {
    pub(super) fn begin(place: &Place) -> Self {
        let directories = watched(place);
        let mut watch = Self { directories, notices: None, remark: None, looked: Instant::now() };
        match watch.listen() {
            Ok(notices) => watch.notices = Some(notices),
            Err(error) => watch.go_without(error),
        }
        watch
    }

    /// Looks often from now on, for the kernel has no room for what is to be watched.
    fn go_without(&mut self, error: rustix::io::Errno) {
        let every = LOOK_OFTEN.as_millis();
        self.notices = None;
        self.remark = Some(format!(
            "the kernel gives no notice of new journal files ({error}); looking every {every} ms"
        ));
    }

    fn listen(&self) -> rustix::io::Result<OwnedFd> {
        let notices = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?;
        for directory in &self.directories {
            add(&notices, directory)?;
        }
        Ok(notices)
    }

    /// Waits a moment; whether there may be other files than before, or some of them `are_new`, of which the kernel
    /// tells nothing any more when they have become journals.
    pub(super) fn wait(&mut self, are_new: bool) -> bool {
        let (heard, pause) = if let Some(notices) = &self.notices {
            (wait_for(notices, PAUSE), LOOK_AGAIN)
        } else {
            std::thread::sleep(PAUSE);
            (false, LOOK_OFTEN)
        };
        let is_due = heard || are_new || self.looked.elapsed() >= pause;
        if is_due {
            self.looked = Instant::now();
            self.hear();
        }
        is_due
    }

    /// Whether the kernel has told of something just now.
    pub(super) fn has_heard(&mut self) -> bool {
        let has_heard = self.notices.as_ref().is_some_and(|notices| wait_for(notices, Duration::ZERO));
        if has_heard {
            self.hear();
        }
        has_heard
    }

    /// Takes the notices away, and watches directories that are new.
    fn hear(&mut self) {
        let Some(notices) = &self.notices else { return };
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut reader = inotify::Reader::new(notices, &mut buffer);
        // What exactly happened is not asked: the directories are read anew, also when notices were lost.
        while reader.next().is_ok() {}
        let mut new = self.directories.iter().flat_map(below);
        if let Some(error) = new.find_map(|directory| add(notices, &directory).err()) {
            self.go_without(error);
        }
    }

    /// What the person should know; told once.
    pub(super) const fn take_remark(&mut self) -> Option<String> {
        self.remark.take()
    }
}

fn add(notices: &OwnedFd, directory: &PathBuf) -> rustix::io::Result<()> {
    let flags = WatchFlags::CREATE | WatchFlags::MOVE | WatchFlags::DELETE | WatchFlags::ONLYDIR;
    match inotify::add_watch(notices, directory, flags) {
        // It may come later, and is looked for then.
        Ok(_) | Err(rustix::io::Errno::NOENT | rustix::io::Errno::ACCESS | rustix::io::Errno::NOTDIR) => {
            Ok(())
        }
        Err(error) => Err(error),
    }
}

fn wait_for(notices: &OwnedFd, pause: Duration) -> bool {
    let mut watched = [PollFd::new(notices, PollFlags::IN)];
    let pause = Timespec { tv_sec: 0, tv_nsec: i64::from(pause.subsec_nanos()) };
    poll(&mut watched, Some(&pause)).is_ok_and(|count| count > 0)
}

/// The directories of a place, with those of machines below them.
fn watched(place: &Place) -> Vec<PathBuf> {
    let roots = match place {
        Place::Host(_) | Place::Directory { .. } => directories(place),
        Place::Files(files) => files.iter().filter_map(|file| Some(file.parent()?.to_owned())).collect(),
    };
    let below: Vec<_> = match place {
        Place::Host(_) | Place::Directory { .. } => roots.iter().flat_map(below).collect(),
        Place::Files(_) => Vec::new(),
    };
    roots.into_iter().chain(below).collect()
}

fn below(directory: &PathBuf) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(directory) else { return Vec::new() };
    entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_dir()).collect()
}

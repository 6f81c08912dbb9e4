//! Where journal files are, and which of them may be read.
//!
//! ```text
//! /run/log/journal/<machine>/system.journal              until the disk is there
//! /var/log/journal/<machine>/system@<sequence>-<number>-<time>.journal
//! /var/log/journal/<machine>.<namespace>/user-1000.journal
//! /var/log/journal/remote/remote-<host>.journal          received from other machines
//! ```

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::entry::Id128;
use super::error::JournalError;

/// Where the journal's files are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Where journald keeps them.
    Host(Host),
    /// Those in a directory, and in those of machines below it, but not in those of namespaces: such a directory is
    /// named itself.
    Directory {
        /// The directory.
        path: PathBuf,
        /// Whose journals.
        owner: Owner,
    },
    /// These.
    Files(Vec<PathBuf>),
}

impl Place {
    /// The journal of this host: its own machine, no namespaces, every user.
    #[must_use]
    pub fn host() -> Self {
        Self::Host(Host::default())
    }

    /// A directory, every user.
    #[must_use]
    pub fn directory(path: impl Into<PathBuf>) -> Self {
        Self::Directory { path: path.into(), owner: Owner::default() }
    }

    /// Whether every file there is read, whosever it is.
    #[must_use]
    pub(super) const fn is_everyones(&self) -> bool {
        match self {
            Self::Host(Host { owner, .. }) | Self::Directory { owner, .. } => {
                matches!(owner, Owner::Everyone)
            }
            Self::Files(_) => false,
        }
    }

    /// Whether it is where journald of this host keeps its files, rather than some that were named.
    #[must_use]
    pub const fn is_of_journald(&self) -> bool {
        matches!(self, Self::Host(_))
    }
}

/// Which part of the files that journald keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Host {
    /// The root of another system. All machines are read there.
    pub root: Option<PathBuf>,
    /// Journals of other machines as well.
    pub all_machines: bool,
    /// Which of journald's instances.
    pub namespace: Namespace,
    /// Whose journals.
    pub owner: Owner,
}

/// Which of journald's instances.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Namespace {
    /// The one without a name.
    #[default]
    Default,
    /// One with a name.
    Named(String),
    /// The one without a name, and one with a name.
    DefaultAnd(String),
    /// All of them.
    All,
}

/// Whose journals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Owner {
    /// The system's and every user's that may be read.
    #[default]
    Everyone,
    /// The system's.
    System,
    /// Those of this user.
    CurrentUser,
    /// The system's and those of this user.
    SystemAndCurrentUser,
}

/// What was found at a place.
#[derive(Debug, Default)]
pub struct Found {
    /// Files that can be opened, in no order.
    pub files: Vec<PathBuf>,
    /// A file or directory that may not be read.
    pub hidden: Option<PathBuf>,
}

/// Finds the files of a place.
///
/// # Errors
/// There are none, none may be read, or one that was named cannot be opened.
pub(super) fn find(place: &Place) -> Result<Found, JournalError> {
    let found = look(place)?;
    if !found.files.is_empty() {
        return Ok(found);
    }
    if let Some(path) = found.hidden {
        return Err(JournalError::Permission { path });
    }
    let names: Vec<_> = directories(place).iter().map(|path| path.display().to_string()).collect();
    let hint = match place {
        Place::Host(_) => ":\nis journald running here? --source files reads OpenIM's log files",
        Place::Directory { .. } | Place::Files(_) => "",
    };
    Err(JournalError::Missing { places: names.join(" or "), hint })
}

/// The same where finding nothing is no failure: files may come later.
pub(super) fn look(place: &Place) -> Result<Found, JournalError> {
    let failed = |path: &PathBuf, source| JournalError::Open { path: path.clone(), source };
    let mut found = Found::default();
    match place {
        Place::Host(host) => {
            for directory in directories(place) {
                found.look_into_root(&directory, |name| host.admits_directory(name), host.owner);
            }
        }
        Place::Directory { path, owner } => {
            fs::read_dir(path).map_err(|source| failed(path, source))?;
            let admits = |name: &str| machine_of(name).is_some_and(|(_, namespace)| namespace.is_none());
            found.look_into_root(path, admits, *owner);
        }
        Place::Files(files) => {
            for path in files {
                open_file(path).map_err(|source| failed(path, source))?;
            }
            found.files.clone_from(files);
        }
    }
    Ok(found)
}

/// The directories in which files, and directories of machines, are looked for.
pub(super) fn directories(place: &Place) -> Vec<PathBuf> {
    match place {
        Place::Host(host) => host.directories(),
        Place::Directory { path, .. } => vec![path.clone()],
        Place::Files(_) => Vec::new(),
    }
}

impl Host {
    fn directories(&self) -> Vec<PathBuf> {
        let root = self.root.as_deref().unwrap_or(Path::new("/"));
        let everywhere = self.all_machines || self.root.is_some();
        let usual = ["run/log/journal", "var/log/journal"];
        let received = ["run/log/journal/remote", "var/log/journal/remote"];
        let received = if everywhere { &received[..] } else { &[] };
        usual.iter().chain(received).map(|path| root.join(path)).collect()
    }

    /// Whether a directory of that name holds files that are asked for.
    fn admits_directory(&self, name: &str) -> bool {
        let Some((machine, namespace)) = machine_of(name) else { return false };
        let is_ours =
            self.all_machines || self.root.is_some() || this_machine().is_none_or(|own| own == machine);
        is_ours && self.namespace.admits(namespace)
    }
}

impl Namespace {
    /// Reads `NAME`, `+NAME` and `*`; nothing is the one without a name.
    pub(crate) fn parse(name: &str) -> Self {
        match (name, name.strip_prefix('+')) {
            ("", _) => Self::Default,
            ("*", _) => Self::All,
            (_, Some(name)) => Self::DefaultAnd(name.to_owned()),
            (name, None) => Self::Named(name.to_owned()),
        }
    }

    fn admits(&self, name: Option<&str>) -> bool {
        match self {
            Self::Default => name.is_none(),
            Self::Named(wanted) => name == Some(wanted),
            Self::DefaultAnd(wanted) => name.is_none_or(|name| name == wanted),
            Self::All => true,
        }
    }
}

impl Owner {
    /// What `--system` and `--user` ask for.
    pub(crate) const fn asked_for(system: bool, user: bool) -> Self {
        match (system, user) {
            (true, false) => Self::System,
            (false, true) => Self::CurrentUser,
            (true, true) => Self::SystemAndCurrentUser,
            (false, false) => Self::Everyone,
        }
    }

    fn admits(self, file: &str) -> bool {
        match self {
            Self::Everyone => true,
            Self::System => is_of(file, "system"),
            Self::CurrentUser => is_of(file, &format!("user-{}", rustix::process::getuid().as_raw())),
            Self::SystemAndCurrentUser => Self::System.admits(file) || Self::CurrentUser.admits(file),
        }
    }
}

/// Whether it is the file that is written now, or one that was.
fn is_of(file: &str, owner: &str) -> bool {
    file.strip_prefix(owner).is_some_and(|rest| rest.starts_with(['.', '@']))
}

/// The machine and the namespace that a directory is named after.
fn machine_of(directory: &str) -> Option<(Id128, Option<&str>)> {
    let (machine, namespace) = match directory.split_once('.') {
        Some((machine, namespace)) => (machine, Some(namespace)),
        None => (directory, None),
    };
    Some((Id128::parse(machine)?, namespace))
}

/// `None` where it is not known, as in many containers.
fn this_machine() -> Option<Id128> {
    fs::read_to_string("/etc/machine-id").ok().and_then(|text| Id128::parse(text.trim()))
}

/// Opens a file that may be a journal. Anything but a regular file is refused, and a pipe is not waited for.
pub(super) fn open_file(path: &Path) -> io::Result<File> {
    let without_waiting = OFlags::NONBLOCK.bits().cast_signed();
    let file = File::options().read(true).custom_flags(without_waiting).open(path)?;
    let kind = file.metadata()?.file_type();
    if kind.is_file() {
        Ok(file)
    } else if kind.is_dir() {
        Err(io::ErrorKind::IsADirectory.into())
    } else {
        Err(io::Error::other("not a regular file"))
    }
}

/// Whether a file is a journal by its name. What is left of an unclean stop ends in `~`.
pub(super) fn is_journal(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "journal" || extension == "journal~")
}

impl Found {
    fn look_into_root(&mut self, directory: &Path, admits: impl Fn(&str) -> bool, owner: Owner) {
        for path in self.list(directory) {
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            if is_journal(&path) {
                self.take(path, owner);
            } else if admits(name) && path.is_dir() {
                let files = self.list(&path);
                files.into_iter().filter(|path| is_journal(path)).for_each(|path| self.take(path, owner));
            }
        }
    }

    fn list(&mut self, directory: &Path) -> Vec<PathBuf> {
        match fs::read_dir(directory) {
            Ok(entries) => entries.filter_map(|entry| Some(entry.ok()?.path())).collect(),
            Err(error) => {
                self.note(directory, &error);
                Vec::new()
            }
        }
    }

    fn take(&mut self, path: PathBuf, owner: Owner) {
        let name = path.file_name().and_then(|name| name.to_str());
        if !name.is_some_and(|name| owner.admits(name)) {
            return;
        }
        match open_file(&path) {
            Ok(_) => self.files.push(path),
            Err(error) => self.note(&path, &error),
        }
    }

    fn note(&mut self, path: &Path, error: &io::Error) {
        if error.kind() == io::ErrorKind::PermissionDenied {
            self.hidden.get_or_insert_with(|| path.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MACHINE: &str = "0123456789abcdef0123456789abcdef";

    fn names(found: &Found) -> Vec<&str> {
        let mut names: Vec<_> = found.files.iter().filter_map(|path| path.file_name()?.to_str()).collect();
        names.sort_unstable();
        names
    }

    fn fill(root: &Path, files: &[&str]) {
        for file in files {
            let path = root.join(file.replace("MACHINE", MACHINE));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
    }

    #[test]
    fn an_empty_directory_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let error = find(&Place::directory(directory.path())).unwrap_err();
        assert_eq!(error.to_string(), format!("no journal files in {}", directory.path().display()));
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = find(&Place::Files(vec!["/nowhere/x.journal".into()])).unwrap_err();
        assert_eq!(error.to_string(), "open /nowhere/x.journal: No such file or directory (os error 2)");
    }

    #[test]
    fn a_directory_is_read_with_those_of_machines_below_it_for_the_owner_that_is_asked_for() {
        let directory = tempfile::tempdir().unwrap();
        fill(
            directory.path(),
            &[
                "a.journal",
                "b.journal~",
                "c.txt",
                "MACHINE/d.journal",
                "MACHINE/system@1.journal",
                "MACHINE/systematic.journal",
                "MACHINE.n/e.journal",
                "other/f.journal",
            ],
        );
        let found = find(&Place::directory(directory.path())).unwrap();
        assert_eq!(
            names(&found),
            ["a.journal", "b.journal~", "d.journal", "system@1.journal", "systematic.journal"]
        );
        let path = directory.path().to_owned();
        let found = find(&Place::Directory { path, owner: Owner::SystemAndCurrentUser }).unwrap();
        assert_eq!(names(&found), ["system@1.journal"]);
    }

    #[test]
    fn a_root_gives_the_namespace_and_the_owner_that_are_asked_for() {
        let root = tempfile::tempdir().unwrap();
        fill(
            root.path(),
            &[
                "var/log/journal/MACHINE/system.journal",
                "var/log/journal/MACHINE/user-7.journal",
                "var/log/journal/MACHINE.im/system@1.journal",
                "run/log/journal/remote/remote-x.journal",
            ],
        );
        let find = |namespace, owner| {
            let root = Some(root.path().to_owned());
            find(&Place::Host(Host { root, namespace, owner, all_machines: false })).unwrap()
        };
        let everyone = find(Namespace::Default, Owner::Everyone);
        assert_eq!(names(&everyone), ["remote-x.journal", "system.journal", "user-7.journal"]);
        let system = find(Namespace::All, Owner::System);
        assert_eq!(names(&system), ["system.journal", "system@1.journal"]);
        let named = find(Namespace::Named("im".to_owned()), Owner::System);
        assert_eq!(names(&named), ["system@1.journal"]);
        let both = find(Namespace::DefaultAnd("im".to_owned()), Owner::System);
        assert_eq!(names(&both), ["system.journal", "system@1.journal"]);
    }
}

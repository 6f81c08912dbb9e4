//! Files that hold what a process writes to its standard output and error.
//!
//! `nohup ./openim-api > api.log &` gives the process the file itself. supervisord gives it a pipe, and has the files
//! open that it keeps what comes out of it in.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::process::{Parent, Process, read_name};

/// Keeps the output of the programs that it starts in files.
const SUPERVISOR: &str = "supervisord";
const STANDARD_OUTPUT: u32 = 1;
const STANDARD_ERROR: u32 = 2;

/// The files of a process, whoever writes them for it; none where its descriptors may not be read.
#[must_use]
pub fn read_output_files(process: &Process) -> BTreeSet<PathBuf> {
    let own: BTreeSet<PathBuf> = [STANDARD_OUTPUT, STANDARD_ERROR]
        .into_iter()
        .filter_map(|fd| read_file_of(process.pid, fd))
        .collect();
    if own.is_empty() { read_kept_by_supervisor(process) } else { own }
}

/// A file that nobody has open, and whose name is that of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftFile {
    /// Where it is.
    pub path: PathBuf,
    /// The program, of those that were asked for.
    pub program: &'static str,
    /// When it was written last.
    pub modified: SystemTime,
}

/// What programs that do not run any more have left in directories, as far as names tell: `openim-api.log`, and not
/// `openim-api.log.1`, which is the same one's past.
#[must_use]
pub fn read_left_files(directories: &BTreeSet<&Path>, programs: &[&'static str]) -> Vec<LeftFile> {
    let entries = directories.iter().flat_map(fs::read_dir).flatten().flatten();
    let mut left: Vec<LeftFile> = entries
        .filter_map(|entry| {
            let (path, metadata) = (entry.path(), entry.metadata().ok().filter(fs::Metadata::is_file)?);
            let is_past = path.extension().is_some_and(|end| end.to_string_lossy().parse::<u32>().is_ok());
            let program = programs.iter().find(|program| !is_past && names(&path, program))?;
            Some(LeftFile { program, modified: metadata.modified().ok()?, path })
        })
        .collect();
    left.sort_by(|a, b| a.path.cmp(&b.path));
    left
}

/// The file that a process has as its standard error.
#[must_use]
pub fn read_error_file(pid: u32) -> Option<PathBuf> {
    read_file_of(pid, STANDARD_ERROR)
}

fn read_file_of(pid: u32, descriptor: u32) -> Option<PathBuf> {
    read_regular_file(Path::new(&format!("/proc/{pid}/fd/{descriptor}")))
}

/// The files that a process's supervisor has open for it: those that bear the program's name, or else all but the
/// supervisor's own log.
fn read_kept_by_supervisor(process: &Process) -> BTreeSet<PathBuf> {
    let parent = match process.parent {
        Parent::Other(parent) if read_name(parent).as_deref() == Some(SUPERVISOR) => parent,
        Parent::Other(_) | Parent::Init => return BTreeSet::new(),
    };
    let program = process.program.as_str();
    let descriptors = fs::read_dir(format!("/proc/{parent}/fd")).into_iter().flatten().flatten();
    let files = descriptors.filter_map(|entry| read_regular_file(&entry.path()));
    let files: BTreeSet<PathBuf> = files.filter(|path| !names(path, SUPERVISOR)).collect();
    let of_program: BTreeSet<PathBuf> = files.iter().filter(|path| names(path, program)).cloned().collect();
    if of_program.is_empty() { files } else { of_program }
}

/// The file behind a descriptor, if it is one and still has its name.
fn read_regular_file(descriptor: &Path) -> Option<PathBuf> {
    let path = fs::read_link(descriptor).ok()?;
    let is_file = path.is_absolute() && fs::metadata(&path).is_ok_and(|meta| meta.is_file());
    is_file.then_some(path)
}

fn names(path: &Path, word: &str) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().contains(word))
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;
    use crate::host::process::read_processes;

    #[test]
    fn what_a_program_has_left_bears_its_name_and_no_number() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        for name in ["openim-api.log", "openim-api.log.1", "openim-push_1.log", "other.log"] {
            fs::write(directory.path().join(name), "").expect("write a file");
        }
        let left = read_left_files(&BTreeSet::from([directory.path()]), &["openim-api", "openim-push"]);
        let left: Vec<_> = left.iter().map(|file| (file.path.file_name(), file.program)).collect();
        let expected = [("openim-api.log", "openim-api"), ("openim-push_1.log", "openim-push")];
        assert_eq!(left, expected.map(|(name, program)| (Some(std::ffi::OsStr::new(name)), program)));
    }

    #[test]
    fn the_file_of_a_process_is_found_and_one_that_is_gone_is_not() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("nohup.out");
        let file = fs::File::create(&path).expect("create a file");
        let mut child = Command::new("sleep")
            .arg("60")
            .stdout(Stdio::from(file))
            .stderr(Stdio::null())
            .spawn()
            .expect("start sleep");
        let table = read_processes(Path::new("/"), &["sleep"]).expect("/proc is there");
        let process = table.processes.iter().find(|process| process.pid == child.id());
        let found = process.map(read_output_files);
        fs::remove_file(&path).expect("remove the file");
        let found_then = process.map(read_output_files);
        child.kill().and_then(|()| child.wait()).expect("end sleep");
        assert_eq!(found, Some(BTreeSet::from([path])));
        assert_eq!(found_then, Some(BTreeSet::new()));
    }
}

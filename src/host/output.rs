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

/// How the names of files end that output is kept in: not the program itself, nor what rotation numbered or packed.
const ENDINGS: [&str; 3] = ["log", "out", "err"];

/// A file for a program's output, as its name tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedFile {
    /// Where it is.
    pub path: PathBuf,
    /// The program, of those that were asked for.
    pub program: &'static str,
    /// When it was written last.
    pub modified: SystemTime,
}

/// The files in directories that bear a program's name, whoever writes them or did: `openim-api.log`, and not
/// `openim-api.log.1`, which is the same one's past.
#[must_use]
pub fn read_named_files(directories: &BTreeSet<&Path>, programs: &[&'static str]) -> Vec<NamedFile> {
    let entries = directories.iter().flat_map(fs::read_dir).flatten().flatten();
    let mut named: Vec<NamedFile> = entries
        .filter_map(|entry| {
            let path = entry.path();
            let program = programs.iter().find(|program| is_for_output(&path) && names(&path, program))?;
            let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
            Some(NamedFile { program, modified: metadata.modified().ok()?, path })
        })
        .collect();
    named.sort_by(|a, b| a.path.cmp(&b.path));
    named
}

fn is_for_output(path: &Path) -> bool {
    path.extension().is_some_and(|end| ENDINGS.iter().any(|known| end == *known))
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
    fn a_file_for_output_bears_the_name_of_its_program_and_neither_number_nor_packing() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let others =
            ["openim-api", "openim-api.log.1", "openim-api.log.2.gz", "openim-push.yml", "other.log"];
        for name in ["openim-api.log", "openim-push_1.err"].into_iter().chain(others) {
            fs::write(directory.path().join(name), "").expect("write a file");
        }
        let named = read_named_files(&BTreeSet::from([directory.path()]), &["openim-api", "openim-push"]);
        let named: Vec<_> = named.iter().map(|file| (file.path.file_name(), file.program)).collect();
        let expected = [("openim-api.log", "openim-api"), ("openim-push_1.err", "openim-push")];
        assert_eq!(named, expected.map(|(name, program)| (Some(std::ffi::OsStr::new(name)), program)));
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

//! Processes by the path of their program, from `/proc`.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use procfs::process::Stat;
use procfs::{Current, FromRead, Uptime};

use super::origin::{Origin, read_origin};
use super::proc_file;
use crate::openim::config::Environment;

/// The kernel cuts a process's name to this many bytes.
const COMM_LEN: usize = 15;

/// A process that runs one of the wanted programs.
#[derive(Clone, Debug)]
pub struct Process {
    /// Its id.
    pub pid: u32,
    /// The base name of its program.
    pub program: String,
    /// The directory that its program lies in; `None` for a zombie.
    pub directory: Option<PathBuf>,
    /// Whether the file it was started from has been replaced or removed.
    pub replaced: bool,
    /// Its arguments, the program's name first; empty for a zombie.
    pub argv: Vec<String>,
    /// Its environment; empty where it may not be read.
    pub environment: Environment,
    /// What the scheduler says of it.
    pub state: State,
    /// The process that started it, or took it over.
    pub parent: Parent,
    /// When it started, in clock ticks since boot; with the pid it names one process for ever.
    pub started_ticks: u64,
    /// How long it has been running.
    pub uptime: Duration,
    /// The memory it keeps in RAM, in bytes.
    pub resident: u64,
    /// How many files it may have open; `None` where that is not limited or cannot be read.
    pub file_limit: Option<u64>,
    /// What started it and would end it.
    pub origin: Origin,
}

/// Who has to collect a process once it has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parent {
    /// Pid 1 of the host or of its container: the last one who could.
    Init,
    /// Another process.
    Other(u32),
}

/// The state letter of `/proc/PID/stat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Running, sleeping or idle: as it should be.
    Alive,
    /// Waiting for a device or a file server; takes no signal (`D`).
    DiskSleep,
    /// Stopped by a signal (`T`).
    Stopped,
    /// Held by a debugger (`t`).
    Traced,
    /// Ended, and nobody has collected its status (`Z`, `X`).
    Zombie,
}

impl State {
    /// Reads the letter.
    #[must_use]
    pub const fn parse(letter: char) -> Self {
        match letter {
            'D' => Self::DiskSleep,
            'T' => Self::Stopped,
            't' => Self::Traced,
            'Z' | 'X' | 'x' => Self::Zombie,
            _ => Self::Alive,
        }
    }
}

impl Process {
    /// The value of a flag of one letter: `-i 3`, `-i=3`, `-i3`, `--index 3`, `--index=3`.
    #[must_use]
    pub fn flag(&self, short: &str, long: &str) -> Option<&str> {
        flag(&self.argv, short, long)
    }
}

/// The value of a flag of one letter in a command, whose first word is the program.
#[must_use]
pub fn flag<'a>(argv: &'a [String], short: &str, long: &str) -> Option<&'a str> {
    let mut arguments = argv.iter().skip(1);
    while let Some(argument) = arguments.next() {
        let (name, value) = split_flag(argument);
        if name == short || name == long {
            return value.or_else(|| arguments.next().map(String::as_str));
        }
    }
    None
}

/// The name of a flag, and the value that stands in the same word: behind a letter at once or behind `=`.
///
/// Source: github.com/spf13/pflag, `parseSingleShortArg`.
pub(crate) fn split_flag(word: &str) -> (&str, Option<&str>) {
    let letter = word.strip_prefix('-').and_then(|rest| rest.chars().next()).filter(|letter| *letter != '-');
    let Some(letter) = letter else {
        return word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
    };
    let (name, rest) = word.split_at('-'.len_utf8() + letter.len_utf8());
    (name, Some(rest.strip_prefix('=').unwrap_or(rest)).filter(|value| !value.is_empty()))
}

/// The processes that were looked for, and what could not be seen.
#[derive(Clone, Debug, Default)]
pub struct ProcessTable {
    /// By pid.
    pub processes: Vec<Process>,
    /// Processes that bear a wanted name, but whose program the system does not let us see.
    pub hidden: Vec<Hidden>,
}

/// A process that cannot be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hidden {
    /// Its id.
    pub pid: u32,
    /// Its name, cut to 15 bytes.
    pub comm: String,
    /// Whose it is.
    pub uid: u32,
}

impl Hidden {
    /// Whether it may be the given program: the kernel keeps only 15 bytes of a name.
    #[must_use]
    pub fn may_be(&self, program: &str) -> bool {
        self.comm == comm(program)
    }
}

/// Reads the processes whose program lies anywhere below `root` and bears one of the names.
///
/// # Errors
/// `/proc` cannot be read at all. A process that vanishes meanwhile is no error.
pub fn read_processes(root: &Path, programs: &[&str]) -> io::Result<ProcessTable> {
    let now = Uptime::current().map_err(io::Error::other)?.uptime_duration();
    let wanted: BTreeSet<&str> = programs.iter().copied().collect();
    let mut table = ProcessTable::default();
    for entry in fs::read_dir("/proc")? {
        let Ok(entry) = entry else { continue };
        if let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) {
            read_process(&mut table, pid, root, &wanted, now);
        }
    }
    table.processes.sort_by_key(|process| process.pid);
    drop_forks(&mut table.processes);
    Ok(table)
}

/// A program that starts another is there twice until the child has become that other one, and what dies before that
/// leaves a zombie of the parent's name. Neither is a second run of the program.
fn drop_forks(processes: &mut Vec<Process>) {
    let known: BTreeSet<(u32, String)> =
        processes.iter().map(|process| (process.pid, process.program.clone())).collect();
    processes.retain(|process| match process.parent {
        Parent::Other(parent) => !known.contains(&(parent, process.program.clone())),
        Parent::Init => true,
    });
}

fn read_process(table: &mut ProcessTable, pid: u32, root: &Path, wanted: &BTreeSet<&str>, now: Duration) {
    match fs::read_link(format!("/proc/{pid}/exe")) {
        Ok(exe) => {
            let (exe, replaced) = split_deleted(&exe);
            let name = exe.file_name().and_then(|name| name.to_str());
            if let Some(program) = name.filter(|name| wanted.contains(name))
                && exe.starts_with(root)
            {
                let directory = exe.parent().map(Path::to_owned);
                let details = read_details(pid, program, now);
                table.processes.extend(details.map(|process| Process { directory, replaced, ..process }));
            }
        }
        Err(error) => read_nameless(table, pid, wanted, now, &error),
    }
}

/// A process without a readable program: a zombie of ours, a stranger's, or a thread of the kernel.
fn read_nameless(
    table: &mut ProcessTable,
    pid: u32,
    wanted: &BTreeSet<&str>,
    now: Duration,
    error: &io::Error,
) {
    let Some(stat) = read_stat(pid) else { return };
    let Some(program) = wanted.iter().find(|program| comm(program) == stat.comm) else { return };
    if State::parse(stat.state) == State::Zombie {
        table.processes.extend(read_details(pid, program, now));
    } else if error.kind() == io::ErrorKind::PermissionDenied {
        let uid = fs::metadata(format!("/proc/{pid}")).map_or(u32::MAX, |meta| owner(&meta));
        table.hidden.push(Hidden { pid, comm: stat.comm, uid });
    }
}

fn read_details(pid: u32, program: &str, now: Duration) -> Option<Process> {
    let stat = read_stat(pid)?;
    let cmdline = proc_file::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let environ = proc_file::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    let started = Duration::from_millis(stat.starttime * 1000 / procfs::ticks_per_second());
    Some(Process {
        pid,
        program: program.to_owned(),
        directory: None,
        replaced: false,
        argv: parse_cmdline(&cmdline),
        environment: Environment::parse(&environ),
        state: State::parse(stat.state),
        parent: read_parent(&stat),
        started_ticks: stat.starttime,
        uptime: now.saturating_sub(started),
        resident: stat.rss * procfs::page_size(),
        file_limit: read_file_limit(pid),
        origin: read_origin(pid, stat.tty_nr),
    })
}

/// Only a zombie's parent is looked at: nobody asks of the others.
fn read_parent(stat: &Stat) -> Parent {
    let pid = stat.ppid.cast_unsigned();
    let is_init = || {
        let status = proc_file::read_text(format!("/proc/{pid}/status")).unwrap_or_default();
        pid == 1 || parse_is_init(&status)
    };
    if State::parse(stat.state) == State::Zombie && is_init() { Parent::Init } else { Parent::Other(pid) }
}

/// `NSpid:  4711  1`: the last number is the pid in the innermost namespace.
fn parse_is_init(status: &str) -> bool {
    let line = status.lines().find_map(|line| line.strip_prefix("NSpid:"));
    line.and_then(|line| line.split_ascii_whitespace().next_back()) == Some("1")
}

fn read_file_limit(pid: u32) -> Option<u64> {
    parse_file_limit(&proc_file::read_text(format!("/proc/{pid}/limits")).ok()?)
}

/// `Max open files            24                   524288               files`: the first number counts.
fn parse_file_limit(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

/// The state of a process, if it is still the one that started at `started_ticks`.
#[must_use]
pub fn read_state(pid: u32, started_ticks: u64) -> Option<State> {
    let stat = read_stat(pid).filter(|stat| stat.starttime == started_ticks)?;
    Some(State::parse(stat.state))
}

fn read_stat(pid: u32) -> Option<Stat> {
    Stat::from_read(proc_file::read(format!("/proc/{pid}/stat")).ok()?.as_slice()).ok()
}

/// The name of the process that has this id, for messages about strangers.
#[must_use]
pub fn read_name(pid: u32) -> Option<String> {
    read_stat(pid).map(|stat| stat.comm)
}

/// The directory that a process works in.
///
/// # Errors
/// The process may not be looked into, or is gone.
pub fn read_directory(pid: u32) -> io::Result<PathBuf> {
    fs::read_link(format!("/proc/{pid}/cwd"))
}

fn owner(meta: &fs::Metadata) -> u32 {
    use std::os::unix::fs::MetadataExt;
    meta.uid()
}

/// Splits the mark that the kernel puts behind the path of a file that is gone.
fn split_deleted(exe: &Path) -> (PathBuf, bool) {
    match exe.to_str().and_then(|text| text.strip_suffix(" (deleted)")) {
        Some(path) => (PathBuf::from(path), true),
        None => (exe.to_owned(), false),
    }
}

fn parse_cmdline(cmdline: &[u8]) -> Vec<String> {
    let mut arguments: Vec<String> =
        cmdline.split(|&byte| byte == 0).map(|part| String::from_utf8_lossy(part).into_owned()).collect();
    arguments.pop_if(|last| last.is_empty());
    arguments
}

fn comm(program: &str) -> &str {
    program.get(..COMM_LEN).unwrap_or(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(argv: &[&str]) -> Process {
        Process {
            pid: 1,
            program: String::new(),
            directory: None,
            replaced: false,
            argv: argv.iter().map(ToString::to_string).collect(),
            environment: Environment::default(),
            state: State::Alive,
            parent: Parent::Other(1),
            started_ticks: 0,
            uptime: Duration::ZERO,
            resident: 0,
            file_limit: None,
            origin: Origin::default(),
        }
    }

    #[test]
    fn flags_are_read_in_all_their_spellings() {
        for argv in [
            ["x", "-i", "3"].as_slice(),
            &["x", "-i=3"],
            &["x", "-i3"],
            &["x", "--index", "3"],
            &["x", "--index=3"],
        ] {
            assert_eq!(process(argv).flag("-i", "--index"), Some("3"), "{argv:?}");
        }
        assert_eq!(process(&["x", "--ports", "1"]).flag("-p", "--port"), None);
        assert_eq!(process(&["x", "", "-", "--", "-\u{e4}3"]).flag("-i", "--index"), None);
        assert_eq!(process(&["-i", "3"]).flag("-i", "--index"), None, "the name of the program is no flag");
        assert_eq!(process(&["x", "-i"]).flag("-i", "--index"), None);
    }

    #[test]
    fn a_child_that_has_not_become_another_program_yet_is_no_second_run() {
        let run = |pid, parent, program: &str| Process {
            pid,
            parent: Parent::Other(parent),
            program: program.to_owned(),
            ..process(&[program])
        };
        let mut processes = vec![run(7, 1, "api"), run(8, 7, "api"), run(9, 1, "api"), run(10, 9, "push")];
        drop_forks(&mut processes);
        let left: Vec<u32> = processes.iter().map(|process| process.pid).collect();
        assert_eq!(left, [7, 9, 10]);
    }

    #[test]
    fn the_first_process_of_a_container_is_an_init_as_the_hosts_is() {
        assert!(parse_is_init("Name:\tsh\nNSpid:\t4711\t1\nNSpgid:\t4711\t1\n"));
        assert!(parse_is_init("NSpid:\t1\n"));
        assert!(!parse_is_init("NSpid:\t4711\t11\n"));
        assert!(!parse_is_init(""));
    }

    #[test]
    fn a_replaced_program_is_told_from_its_path() {
        let (path, replaced) = split_deleted(Path::new("/o/openim-api (deleted)"));
        assert_eq!((path.as_path(), replaced), (Path::new("/o/openim-api"), true));
        assert!(!split_deleted(Path::new("/o/openim-api")).1);
    }

    #[test]
    fn a_name_over_15_bytes_is_compared_as_the_kernel_cuts_it() {
        let hidden = Hidden { pid: 1, comm: "openim-rpc-conv".to_owned(), uid: 0 };
        assert!(hidden.may_be("openim-rpc-conversation"));
        assert!(!hidden.may_be("openim-rpc-user"));
    }

    #[test]
    fn the_soft_limit_of_open_files_is_the_one_that_counts() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units     \n\
                      Max processes             63704                63704                processes \n\
                      Max open files            24                   524288               files     \n";
        assert_eq!(parse_file_limit(limits), Some(24));
        assert_eq!(parse_file_limit("Max open files            unlimited  unlimited  files"), None);
        assert_eq!(parse_file_limit(""), None);
    }

    #[test]
    fn a_pid_that_another_process_has_taken_over_has_no_state() {
        let me = std::process::id();
        let started = read_stat(me).expect("we run").starttime;
        assert!(read_state(me, started).is_some());
        assert_eq!(read_state(me, started + 1), None);
    }

    #[test]
    fn cmdline_ends_with_a_nul_that_is_no_argument() {
        assert_eq!(parse_cmdline(b"a\0-i\0\x30\0"), ["a", "-i", "0"]);
        assert_eq!(parse_cmdline(b""), [""; 0]);
    }
}

//! The pager, as systemd's programs start it.

use std::env;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use rustix::fs::{Access, access};
use tokio::runtime;
use tokio::signal::unix::{SignalKind, signal};

use crate::boolean;
use crate::locale;

/// How many entries `-e` shows, unless it is said.
pub(crate) const BEFORE_THE_END: u64 = 1000;
/// What less is told, unless `SYSTEMD_LESS` says something else.
const LESS: &str = "FRSXMK";
/// Pagers that are usual; Debian has the first one stand for whichever is chosen.
const USUAL: &[&str] = &["pager", "less", "more"];
/// Those of them that heed `LESSSECURE`, and then run no commands and open no files.
const SECURE: &[&str] = &["less"];

/// A pager that is to be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pager {
    /// Programs with their words. The first that is installed is taken.
    candidates: Vec<Vec<String>>,
    less: String,
    charset: Option<String>,
    /// Whoever reads may do nothing else by way of it.
    is_secure: bool,
}

impl Pager {
    /// `None` where no pager is wanted, which `SYSTEMD_PAGER`, else `PAGER`, tells. Another pager they can name only where
    /// `SYSTEMD_PAGERSECURE` is set: with the rights of somebody else (as under sudo) a pager is a way to use these.
    pub(crate) fn resolve(
        variable: impl Fn(&str) -> Option<String>,
        owns_session: bool,
        to_the_end: bool,
    ) -> Option<Self> {
        let named = variable("SYSTEMD_PAGER").or_else(|| variable("PAGER")).map(|command| split(&command));
        if named.as_ref().is_some_and(|words| words.is_empty() || *words == ["cat"]) {
            return None;
        }
        let asked = variable("SYSTEMD_PAGERSECURE").map(|text| boolean::parse(&text));
        let is_secure = asked.map_or(!owns_session, |asked| asked.unwrap_or(true));
        let named = named.filter(|_| asked.flatten().is_some());
        let usual = if is_secure { SECURE } else { USUAL };
        let less = variable("SYSTEMD_LESS").unwrap_or_else(|| LESS.to_owned());
        let utf8 = || locale::has_utf8(&variable).then(|| "utf-8".to_owned());
        Some(Self {
            candidates: named.into_iter().chain(usual.iter().map(|name| split(name))).collect(),
            less: if to_the_end { format!("{less} +G") } else { less },
            charset: variable("SYSTEMD_LESSCHARSET").or_else(utf8),
            is_secure,
        })
    }

    /// Starts it. `None` where none is installed: then the text goes to the terminal.
    pub(crate) fn start(&self) -> Option<Paged> {
        let mut installed = self.candidates.iter().filter_map(|words| words.split_first());
        let (program, words) = installed.find(|(program, _)| is_installed(program))?;
        // The pager has the usual handlers all the same.
        if self.outlives_interrupt(program) {
            ignore_interrupt();
        }
        let mut child = self.command(program, words).spawn().ok()?;
        let input = child.stdin.take()?;
        Some(Paged { child, input: Some(input) })
    }

    fn command(&self, program: &str, words: &[String]) -> Command {
        let mut command = Command::new(program);
        command.args(words).stdin(Stdio::piped()).env("LESS", &self.less).env_remove("LESSSECURE");
        command.envs(self.charset.iter().map(|charset| ("LESSCHARSET", charset)));
        command.envs(self.is_secure.then_some(("LESSSECURE", "1")));
        command
    }

    /// Whether Ctrl-C ends only what less waits for and not less itself: it does so when it is not told `K`.
    fn outlives_interrupt(&self, program: &str) -> bool {
        Path::new(program).file_name().is_some_and(|name| name == "less") && !self.less.contains('K')
    }
}

fn split(command: &str) -> Vec<String> {
    command.split_ascii_whitespace().map(str::to_owned).collect()
}

/// Whether there is such a program in `PATH`, or at this path.
fn is_installed(program: &str) -> bool {
    let can_run = |path: &Path| path.is_file() && access(path, Access::EXEC_OK).is_ok();
    if program.contains('/') {
        return can_run(Path::new(program));
    }
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|directory| can_run(&directory.join(program)))
}

/// A pager that runs. It has the terminal until it is left.
#[derive(Debug)]
pub(crate) struct Paged {
    child: Child,
    input: Option<ChildStdin>,
}

impl Write for Paged {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.input.as_mut().map_or(Ok(bytes.len()), |input| input.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.input.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for Paged {
    fn drop(&mut self) {
        drop(self.input.take());
        // What the pager ended with is its own business.
        let _ = self.child.wait();
    }
}

/// Standard output, or a pager that begins with the first text: where there is none, there is nothing to page through.
#[derive(Debug)]
pub(crate) enum Pages {
    /// No pager, or none that could be started.
    Direct(io::Stdout),
    /// Nothing has been written yet.
    Due(Pager),
    Running(Paged),
}

impl Pages {
    pub(crate) fn new(pager: Option<Pager>) -> Self {
        pager.map_or_else(|| Self::Direct(io::stdout()), Self::Due)
    }
}

impl Write for Pages {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Self::Due(pager) = self {
            *self = pager.start().map_or_else(|| Self::Direct(io::stdout()), Self::Running);
        }
        match self {
            Self::Running(paged) => paged.write(bytes),
            Self::Direct(stdout) => stdout.write(bytes),
            Self::Due(_) => Ok(0),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Direct(stdout) => stdout.flush(),
            Self::Running(paged) => paged.flush(),
            Self::Due(_) => Ok(()),
        }
    }
}

/// Ctrl-C reaches everything in the terminal's foreground, and we have to go on for as long as the pager does.
fn ignore_interrupt() {
    let Ok(runtime) = runtime::Builder::new_current_thread().enable_io().build() else { return };
    let _entered = runtime.enter();
    // The handler stays when its listener is gone, and does nothing then.
    let _ = signal(SignalKind::interrupt());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(variables: &[(&str, &str)], owns_session: bool) -> Option<Pager> {
        let find = |name: &str| variables.iter().find(|(known, _)| *known == name);
        let variable = |name: &str| find(name).map(|(_, value)| (*value).to_owned());
        Pager::resolve(variable, owns_session, false)
    }

    /// What is tried, and whether it is secure.
    fn tried(variables: &[(&str, &str)], owns_session: bool) -> (String, bool) {
        let pager = resolve(variables, owns_session).unwrap();
        let commands: Vec<_> = pager.candidates.iter().map(|words| words.join(" ")).collect();
        (commands.join(", "), pager.is_secure)
    }

    #[test]
    fn systemds_own_variable_wins_and_cat_or_nothing_is_no_pager() {
        let all = [("SYSTEMD_PAGERSECURE", "0"), ("PAGER", "more  -s"), ("SYSTEMD_PAGER", "most")];
        assert_eq!(tried(&all, false), ("most, pager, less, more".to_owned(), false));
        assert_eq!(tried(&all[..2], false), ("more -s, pager, less, more".to_owned(), false));
        for none in
            [&[("PAGER", "cat")][..], &[("PAGER", " cat ")], &[("SYSTEMD_PAGER", ""), ("PAGER", "more")]]
        {
            assert_eq!(resolve(none, true), None);
        }
    }

    #[test]
    fn with_the_rights_of_another_only_less_is_taken_and_told_to_be_secure() {
        let less = ("less".to_owned(), true);
        assert_eq!(tried(&[], false), less);
        assert_eq!(tried(&[("PAGER", "sh -c id")], false), less);
        assert_eq!(tried(&[("PAGER", "sh -c id"), ("SYSTEMD_PAGERSECURE", "nonsense")], true), less);
        assert_eq!(tried(&[("SYSTEMD_PAGERSECURE", "yes")], true), less);
        let asked = [("PAGER", "most"), ("SYSTEMD_PAGERSECURE", "1")];
        assert_eq!(tried(&asked, false), ("most, less".to_owned(), true));
        assert_eq!(tried(&[("PAGER", "most")], true), ("pager, less, more".to_owned(), false));
    }

    #[test]
    fn less_alone_outlives_ctrl_c_and_only_where_it_is_not_told_to_quit() {
        let outlives = |program, less| {
            let pager = resolve(&[("SYSTEMD_LESS", less)], true).unwrap();
            pager.outlives_interrupt(program)
        };
        assert!(outlives("less", "FRSXM") && outlives("/usr/bin/less", "FRSXM"));
        assert!(!outlives("less", "FRSXMK") && !outlives("more", "FRSXM"));
    }

    #[test]
    fn less_is_told_what_systemd_tells_it() {
        let pager = Pager::resolve(|_| None, true, true).unwrap();
        assert_eq!((pager.less.as_str(), pager.charset.as_deref()), ("FRSXMK +G", Some("utf-8")));
        let charset = |variables: &[_]| resolve(variables, true).unwrap().charset;
        assert_eq!(charset(&[("LANG", "C")]), None);
        assert_eq!(charset(&[("LANG", "C"), ("SYSTEMD_LESSCHARSET", "latin1")]).as_deref(), Some("latin1"));
    }
}

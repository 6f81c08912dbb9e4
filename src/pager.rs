//! The pager, as systemd's programs start it.

use std::io::{self, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use tokio::runtime;
use tokio::signal::unix::{SignalKind, signal};

/// What less is told, unless `SYSTEMD_LESS` says something else.
const LESS: &str = "FRSXMK";

/// A pager that is to be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pager {
    /// For the shell.
    command: String,
    less: String,
}

impl Pager {
    /// `SYSTEMD_PAGER`, else `PAGER`, else less. `None` where no pager is wanted.
    pub(crate) fn resolve(variable: impl Fn(&str) -> Option<String>, to_the_end: bool) -> Option<Self> {
        let named = variable("SYSTEMD_PAGER").or_else(|| variable("PAGER"));
        let command = named.unwrap_or_else(|| "less".to_owned());
        if matches!(command.as_str(), "" | "cat") {
            return None;
        }
        let less = variable("SYSTEMD_LESS").unwrap_or_else(|| LESS.to_owned());
        let less = if to_the_end { format!("{less} +G") } else { less };
        Some(Self { command, less })
    }

    /// Whether Ctrl-C ends only what less waits for and not less itself: it does so when it is not told `K`.
    fn outlives_interrupt(&self) -> bool {
        let program = self.command.split_whitespace().next().unwrap_or_default();
        Path::new(program).file_name().is_some_and(|name| name == "less") && !self.less.contains('K')
    }

    /// Starts it. `None` where there is no such program: then the text goes to the terminal.
    pub(crate) fn start(&self) -> Option<Paged> {
        let program = self.command.split_whitespace().next()?;
        let path = std::env::var_os("PATH").unwrap_or_default();
        let exists =
            program.contains('/') || std::env::split_paths(&path).any(|path| path.join(program).exists());
        let mut shell = Command::new("sh");
        shell.args(["-c", &self.command]).env("LESS", &self.less).env("LESSCHARSET", "utf-8");
        // What runs in the shell has the usual handlers all the same.
        if exists && self.outlives_interrupt() {
            ignore_interrupt();
        }
        let mut child = exists.then(|| shell.stdin(Stdio::piped()).spawn().ok()).flatten()?;
        let input = child.stdin.take()?;
        Some(Paged { child, input: Some(input) })
    }
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

    fn resolve(variables: &[(&str, &str)], to_the_end: bool) -> Option<Pager> {
        let find = |name: &str| variables.iter().find(|(known, _)| *known == name);
        Pager::resolve(|name| find(name).map(|(_, value)| (*value).to_owned()), to_the_end)
    }

    #[test]
    fn systemds_own_variable_wins_and_cat_or_nothing_is_no_pager() {
        let both = [("PAGER", "more"), ("SYSTEMD_PAGER", "most")];
        assert_eq!(resolve(&both, false).unwrap().command, "most");
        assert_eq!(resolve(&both[..1], false).unwrap().command, "more");
        assert_eq!(resolve(&[("PAGER", "cat")], false), None);
        assert_eq!(resolve(&[("SYSTEMD_PAGER", ""), ("PAGER", "more")], false), None);
    }

    #[test]
    fn less_alone_outlives_ctrl_c_and_only_where_it_is_not_told_to_quit() {
        let outlives = |pager, less| {
            resolve(&[("PAGER", pager), ("SYSTEMD_LESS", less)], false).unwrap().outlives_interrupt()
        };
        assert!(outlives("less", "FRSXM") && outlives("/usr/bin/less -S", "FRSXM"));
        assert!(!outlives("less", "FRSXMK") && !outlives("more", "FRSXM"));
    }

    #[test]
    fn less_is_told_what_systemd_tells_it() {
        let pager = resolve(&[], true).unwrap();
        assert_eq!((pager.command.as_str(), pager.less.as_str()), ("less", "FRSXMK +G"));
    }
}

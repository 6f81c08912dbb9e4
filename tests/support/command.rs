//! Commands run to their end within a limit, and commands watched line by line.

use std::fmt;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use super::wait;

/// How a command ended and what it printed.
pub(crate) struct Output {
    pub(crate) command: String,
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) took: Duration,
}

impl Output {
    pub(crate) fn success(&self) -> bool {
        self.status.success()
    }

    /// The exit code; `None` after a signal.
    pub(crate) fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// Standard output of a command that has to succeed.
    #[track_caller]
    pub(crate) fn expect_success(self) -> String {
        assert!(self.success(), "{self}");
        self.stdout
    }
}

/// The whole story, for the message of an assertion.
impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "`{}`: {} after {:?}", self.command, self.status, self.took)?;
        writeln!(f, "--- standard output\n{}", self.stdout.trim_end())?;
        write!(f, "--- standard error\n{}", self.stderr.trim_end())
    }
}

/// Runs a command with `input` as its standard input; panics when it takes longer than `limit`.
#[track_caller]
pub(crate) fn run(mut command: Command, name: &str, input: &[u8], limit: Duration) -> Output {
    let begin = Instant::now();
    let mut child = start(command.stdin(Stdio::piped()), name);
    feed(&mut child, input.to_vec());
    let stdout = collect(child.stdout.take());
    let stderr = collect(child.stderr.take());
    let Some(status) = wait_for_exit(&mut child, limit) else {
        kill_group(&mut child);
        let (out, err) = (received(&stdout, limit), received(&stderr, limit));
        panic!(
            "`{name}` had not ended after {limit:?}\n--- standard output\n{out}\n--- standard error\n{err}"
        );
    };
    // A daemon that the command left behind may hold the pipes: the limit counts for them too.
    let (stdout, stderr) = (received(&stdout, limit), received(&stderr, limit));
    Output { command: name.to_string(), status, stdout, stderr, took: begin.elapsed() }
}

/// A running command whose lines can be waited for; killed when dropped.
pub(crate) struct Stream {
    name: String,
    child: Child,
    lines: Receiver<String>,
    stderr: Receiver<Vec<u8>>,
    seen: Vec<String>,
}

impl Stream {
    #[track_caller]
    pub(crate) fn start(mut command: Command, name: &str) -> Stream {
        let mut child = start(command.stdin(Stdio::null()), name);
        let lines = read_lines(child.stdout.take());
        let stderr = collect(child.stderr.take());
        Stream { name: name.to_string(), child, lines, stderr, seen: Vec::new() }
    }

    /// The next line, without its newline, that `wanted` accepts; those before it are passed over.
    #[track_caller]
    pub(crate) fn wait_for_line(&mut self, limit: Duration, wanted: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + limit;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => {
                    self.seen.push(line.clone());
                    if wanted(&line) {
                        return line;
                    }
                }
                Err(RecvTimeoutError::Timeout) => self.give_up(&format!("within {limit:?}")),
                Err(RecvTimeoutError::Disconnected) => self.give_up("before it ended"),
            }
        }
    }

    /// All lines that have come so far.
    pub(crate) fn lines(&mut self) -> &[String] {
        self.seen.extend(self.lines.try_iter());
        &self.seen
    }

    /// Sends a signal ("INT", "TERM", "STOP") to the command itself.
    pub(crate) fn signal(&self, signal: &str) {
        send(signal, &self.target().to_string());
        // nsenter stops itself when its child is stopped.
        if signal == "CONT" {
            send(signal, &self.child.id().to_string());
        }
    }

    /// Ends the command with a signal, as an operator's Ctrl-C ("INT") would.
    #[track_caller]
    pub(crate) fn stop(mut self, signal: &str, limit: Duration) -> Output {
        let begin = Instant::now();
        self.signal(signal);
        let Some(status) = wait_for_exit(&mut self.child, limit) else {
            panic!("`{}` had not ended {limit:?} after SIG{signal}", self.name)
        };
        while let Ok(line) = self.lines.recv_timeout(limit) {
            self.seen.push(line);
        }
        let stdout = self.seen.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
        let stderr = received(&self.stderr, limit);
        Output { command: self.name.clone(), status, stdout, stderr, took: begin.elapsed() }
    }

    /// nsenter waits outside the machine for the command, which is then its only child.
    fn target(&self) -> u32 {
        let pid = self.child.id();
        let is_nsenter =
            std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim() == "nsenter");
        if !is_nsenter {
            return pid;
        }
        std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))
            .ok()
            .and_then(|children| children.split_whitespace().next()?.parse().ok())
            .unwrap_or(pid)
    }

    #[track_caller]
    fn give_up(&mut self, when: &str) -> ! {
        kill_group(&mut self.child);
        let stderr = received(&self.stderr, Duration::from_secs(1));
        let seen = self.seen.join("\n");
        panic!(
            "`{}` did not print the line {when}\n--- standard output\n{seen}\n--- standard error\n{stderr}",
            self.name
        )
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        kill_group(&mut self.child);
    }
}

/// In a process group of its own, so that it can be ended with all it has started.
#[track_caller]
fn start(command: &mut Command, name: &str) -> Child {
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .unwrap_or_else(|error| panic!("`{name}` could not be started: {error}"))
}

/// Writes from a thread, since a command may print before it has read everything.
fn feed(child: &mut Child, input: Vec<u8>) {
    let mut stdin = child.stdin.take().expect("standard input is piped");
    // A command that does not read its input is no failure of the test.
    thread::spawn(move || drop(stdin.write_all(&input)));
}

fn collect(pipe: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let mut pipe = pipe.expect("the output is piped");
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut chunk = [0; 8192];
        while let Ok(length @ 1..) = pipe.read(&mut chunk) {
            if sender.send(chunk[..length].to_vec()).is_err() {
                return;
            }
        }
    });
    receiver
}

/// What a pipe gave until it closed, or until the limit.
fn received(pipe: &Receiver<Vec<u8>>, limit: Duration) -> String {
    let deadline = Instant::now() + limit;
    let mut bytes = Vec::new();
    while let Ok(chunk) = pipe.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        bytes.extend(chunk);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn read_lines(pipe: Option<impl Read + Send + 'static>) -> Receiver<String> {
    let mut pipe = BufReader::new(pipe.expect("the output is piped"));
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut line = Vec::new();
        while let Ok(1..) = pipe.read_until(b'\n', &mut line) {
            let text = String::from_utf8_lossy(&line);
            if sender.send(text.trim_end_matches('\n').to_string()).is_err() {
                return;
            }
            line.clear();
        }
    });
    receiver
}

fn wait_for_exit(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let deadline = Instant::now() + limit;
    // Most commands end at once: ask often at first, so that a hundred of them stay quick.
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait().expect("a child can be waited for") {
            return Some(status);
        }
        if Instant::now() >= deadline {
            return None;
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// Kills the command and what it started, unless it has ended by itself.
fn kill_group(child: &mut Child) {
    if let Ok(None) = child.try_wait() {
        send("KILL", &format!("-{}", child.id()));
        wait::poll(Duration::from_secs(5), || child.try_wait().ok().flatten());
    }
}

/// Through the shell's own kill, as the standard library sends nothing but SIGKILL.
fn send(signal: &str, target: &str) {
    let script = "kill -s \"$0\" -- \"$1\"";
    let sent = Command::new("sh").args(["-c", script, signal, target]).stderr(Stdio::null()).status();
    assert!(sent.is_ok(), "sh is missing");
}

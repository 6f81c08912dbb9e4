//! What a command answers, and whether two answers are the same.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use openim_ops::journal::Engine;
use openim_ops::openim::text::strip_colour;
use serde_json::Value;

use super::question::{Compared, Question};

/// The version of systemd whose bytes are ours.
const VERSION: &str = "systemd 252";
/// No question takes as long.
const LIMIT: Duration = Duration::from_secs(20);

/// Standard output, standard error, exit code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    out: Vec<u8>,
    err: String,
    code: Option<i32>,
}

/// Asks journalctl.
pub(crate) fn theirs(question: &Question) -> Answer {
    ask(Command::new("journalctl"), question)
}

/// Asks us, with one engine.
pub(crate) fn ours(question: &Question, engine: Engine) -> Answer {
    let mut command = Command::new(env!("CARGO_BIN_EXE_openim-logs"));
    command.args(["journal", "--engine", engine.name()]);
    ask(command, question)
}

/// In namespaces of its own a command finds a directory's journals where this host keeps its own.
fn on_host(command: &Command, host: &Path) -> Command {
    let script = "mount -t tmpfs none /var/log && mkdir /var/log/journal && \
                  mount --bind \"$0/var/log/journal\" /var/log/journal && \
                  mount -t tmpfs none /run && mkdir -p /run/log/journal && \
                  mount --bind \"$0/run/log/journal\" /run/log/journal && exec \"$@\"";
    let mut outer = Command::new("unshare");
    outer.args(["--user", "--map-root-user", "--mount", "sh", "-c", script]);
    outer.arg(host).arg(command.get_program()).args(command.get_args());
    outer
}

pub(crate) fn ask(mut command: Command, question: &Question) -> Answer {
    if let Some(host) = &question.host {
        command = on_host(&command, host);
    }
    let child = command
        .env_clear()
        .envs([
            ("PATH", "/usr/sbin:/usr/bin:/bin"),
            ("TZ", question.zone),
            ("COLUMNS", question.columns),
            ("SYSTEMD_COLORS", question.colours),
            // Links to the documentation of a message come from its explanation, which we leave out.
            ("SYSTEMD_URLIFY", "0"),
        ])
        .envs(question.locale.iter().copied())
        .args(&question.words)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let id = child.id();
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || sender.send(child.wait_with_output()));
    let output = receiver.recv_timeout(LIMIT).unwrap_or_else(|_| {
        let _ = Command::new("kill").args(["-KILL", &id.to_string()]).status();
        panic!("no end after {LIMIT:?}: {}", question.line())
    });
    let output = output.expect("the command ends");
    Answer {
        out: output.stdout,
        // journalctl paints what goes wrong, which we leave plain.
        err: String::from_utf8_lossy(&strip_colour(&output.stderr)).into_owned(),
        code: output.status.code(),
    }
}

impl Answer {
    pub(crate) const fn code(&self) -> Option<i32> {
        self.code
    }

    /// The output.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.out).into_owned()
    }

    /// What was said on standard error.
    pub(crate) fn error(&self) -> &str {
        &self.err
    }

    /// Whether a text is in the output.
    pub(crate) fn contains(&self, text: &str) -> bool {
        memchr::memmem::find(&self.out, text.as_bytes()).is_some()
    }

    /// The same without the lines that begin so.
    pub(crate) fn without_lines(mut self, start: &str) -> Self {
        let lines = self.out.split_inclusive(|&byte| byte == b'\n');
        self.out = lines.filter(|line| !line.starts_with(start.as_bytes())).flatten().copied().collect();
        self
    }

    /// Where the two differ; `None` where they are the same.
    pub(crate) fn difference(&self, other: &Self, compared: Compared) -> Option<String> {
        if self.code != other.code || self.err != other.err {
            return Some(format!(
                "journalctl: exit {:?}, {:?}\nours:       exit {:?}, {:?}",
                self.code, self.err, other.code, other.err
            ));
        }
        match compared {
            Compared::Bytes => first_difference(&lines(&self.out), &lines(&other.out)),
            Compared::Lines => {
                let sorted = |out| {
                    let mut lines = lines(out);
                    lines.sort_unstable();
                    lines
                };
                first_difference(&sorted(&self.out), &sorted(&other.out))
            }
            Compared::Objects => {
                // What stands around the objects is compared as it is.
                let (theirs, ours) = (objects(&self.out), objects(&other.out));
                first_difference(&theirs, &ours).or_else(|| {
                    (self.out.len() != other.out.len()).then(|| "the same objects in other bytes".to_owned())
                })
            }
        }
    }
}

fn lines(out: &[u8]) -> Vec<String> {
    out.split_inclusive(|&byte| byte == b'\n').map(|line| line.escape_ascii().to_string()).collect()
}

/// The objects of any of the four forms of JSON, and the lines that are none.
fn objects(out: &[u8]) -> Vec<String> {
    // Colours stand inside the objects, which are none then; how many there are shows in the length.
    let out = strip_colour(out);
    let text = String::from_utf8_lossy(&out);
    let mut rest: &str = &text;
    let mut found = Vec::new();
    while let Some(start) = rest.find('{') {
        found.push(rest[..start].to_owned());
        let mut objects = serde_json::Deserializer::from_str(&rest[start..]).into_iter::<Value>();
        let object = objects.next().and_then(Result::ok);
        let end = start + objects.byte_offset();
        found.push(object.as_ref().map_or_else(|| "no JSON".to_owned(), sorted));
        rest = &rest[end.max(start + 1)..];
    }
    found.push(rest.to_owned());
    found
}

/// As text, with the names in alphabetical order.
fn sorted(object: &Value) -> String {
    let members = object.as_object().cloned().unwrap_or_default();
    let members: std::collections::BTreeMap<_, _> = members.into_iter().collect();
    format!("{members:?}")
}

fn first_difference(theirs: &[String], ours: &[String]) -> Option<String> {
    let at = (0..theirs.len().max(ours.len())).find(|&at| theirs.get(at) != ours.get(at))?;
    let show = |lines: &[String]| {
        let line = lines.get(at).map_or("(ends)", String::as_str);
        line.chars().take(400).collect::<String>()
    };
    Some(format!("line {}\njournalctl: {}\nours:       {}", at + 1, show(theirs), show(ours)))
}

/// Whether there is something to compare with; under CI there must be.
pub(crate) fn can_be_compared() -> bool {
    let version = Command::new("journalctl").arg("--version").output();
    let version =
        version.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let same = version.starts_with(VERSION) && !Engine::BUILT_IN.is_empty();
    if !same {
        let found = version.lines().next().unwrap_or("no journalctl");
        let engines = Engine::BUILT_IN.len();
        crate::missing::did_not_run(&format!("{found}, {engines} engines; compared is {VERSION}"));
    }
    same && super::journals::can_be_made()
}

/// Asks both and says what differs, for each engine.
pub(crate) fn differences(question: &Question) -> Vec<String> {
    let theirs = theirs(question);
    let differs = |engine: &Engine| {
        if *engine == Engine::Libsystemd && question.is_beyond_libsystemd() {
            return None;
        }
        let difference = theirs.difference(&ours(question, *engine), question.compared(*engine))?;
        Some(format!("{} [{}]\n{difference}", question.line(), engine.name()))
    };
    Engine::BUILT_IN.iter().filter_map(differs).collect()
}

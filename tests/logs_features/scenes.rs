//! Commands of the table that need something around them: a terminal, a process, a writer, another user.

use std::fs::{self, File, Permissions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use crate::journals::{LAYOUTS, REMOTE, make};
use crate::made::{Made, line_of_file, now, said};
use crate::{program, search_path, shell};

type Outcome = Result<(), String>;

/// Longer than anything here takes.
const LIMIT: Duration = Duration::from_secs(10);
/// journald tells of new entries four times a second.
const NOTIFIES: Duration = Duration::from_millis(250);

fn expect(holds: bool, what: impl FnOnce() -> String) -> Outcome {
    if holds { Ok(()) } else { Err(what()) }
}

/// What a line for the shell prints, on both outputs.
fn printed(line: &str) -> String {
    let output = shell(&format!("{{ {line}; }} 2>&1")).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A program that runs until the scene is over.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `openim-logs ... -f`, line by line.
struct Follower {
    _program: Running,
    lines: Receiver<String>,
}

impl Follower {
    fn start(line: &str) -> Self {
        let mut program = shell(&format!("exec {line}")).stdout(Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(program.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)).ok();
        });
        Self { _program: Running(program), lines }
    }

    fn line(&self) -> Result<String, String> {
        self.lines.recv_timeout(LIMIT).map_err(|_| "no line came".to_owned())
    }

    fn expect(&self, text: &str) -> Outcome {
        let line = self.line()?;
        expect(line.contains(text), || format!("instead of {text}: {line}"))
    }
}

/// In namespaces of its own the command finds a directory's journals where this machine keeps its own.
pub(crate) fn namespace(made: &Made) -> Outcome {
    let logs = made.path().join("log");
    let machine = fs::read_to_string("/etc/machine-id").unwrap_or_default();
    for (place, text) in
        [(machine.trim().to_owned(), "of the machine"), (format!("{}.web", machine.trim()), "of web")]
    {
        let directory = logs.join("journal").join(place);
        fs::create_dir_all(&directory).unwrap();
        make(&directory.join("system.journal"), &said(&[("_PID", "7"), ("MESSAGE", text)]), LAYOUTS[0]);
    }
    let inside =
        format!("mount --bind '{}' /var/log && openim-logs --namespace=web -o cat _PID=7", logs.display());
    let output = printed(&format!("unshare --user --map-root-user --mount sh -c \"{inside}\""));
    expect(output == "of web\n", || output)
}

/// What writes a journal while it is read.
struct Writer {
    _program: Running,
    input: ChildStdin,
}

impl Writer {
    fn open(file: &Path) -> Self {
        let mut command = Command::new(REMOTE);
        command.arg("-o").arg(file).arg("-").stdin(Stdio::piped()).stderr(Stdio::null());
        let mut program = command.spawn().unwrap();
        let input = program.stdin.take().unwrap();
        Self { _program: Running(program), input }
    }

    fn write(&mut self, unit: &str, message: &str) {
        let entry = said(&[("_SYSTEMD_UNIT", unit), ("PRIORITY", "6"), ("MESSAGE", message)]);
        self.input.write_all(&entry).unwrap();
        self.input.flush().unwrap();
    }
}

/// A fresh directory for a scene.
fn stage(made: &Made, name: &str) -> PathBuf {
    let path = made.path().join(name);
    fs::create_dir(&path).unwrap();
    path
}

const PUSH: &str = "openim-push@1.service";

pub(crate) fn cursor_file(made: &Made) -> Outcome {
    let place = made.path().join("cursor");
    let ask = || {
        let (place, journal) = (place.display(), made.journal());
        printed(&format!("openim-logs -q push --cursor-file={place} -n +1 -o cat -D '{}'", journal.display()))
    };
    let (first, second, third) = (ask(), ask(), ask());
    expect(first.contains("pushed 1") && second.contains("pushed 2") && third.is_empty(), || {
        format!("{first}{second}{third}")
    })
}

pub(crate) fn rotation(made: &Made) -> Outcome {
    let journal = stage(made, "rotated");
    let (active, archived) = (journal.join("system.journal"), journal.join("system@1.journal"));
    let of = |text: &str| said(&[("_SYSTEMD_UNIT", PUSH), ("MESSAGE", text)]);
    make(&active, &of("before"), LAYOUTS[0]);
    let follower = Follower::start(&format!("openim-logs push -f -n 1 -o cat -D '{}'", journal.display()));
    follower.expect("before")?;
    fs::rename(&active, &archived).unwrap();
    make(&active, &of("rotated"), LAYOUTS[0]);
    follower.expect("rotated")?;
    // What is vacuumed has been shown.
    fs::remove_file(&archived).unwrap();
    fs::rename(&active, journal.join("system@2.journal")).unwrap();
    make(&active, &of("vacuumed"), LAYOUTS[0]);
    follower.expect("vacuumed")
}

pub(crate) fn order(made: &Made) -> Outcome {
    let journal = stage(made, "several");
    let mut writers = ["a.journal", "b.journal"].map(|file| Writer::open(&journal.join(file)));
    let units = ["openim-api.service", "openim-rpc-user.service"];
    let place = journal.display().to_string();
    let write = |writers: &mut [Writer; 2], number: usize| {
        writers[number % 2].write(units[number % 2], &format!("number {number}"));
    };
    for number in 0..6 {
        write(&mut writers, number);
    }
    let begin = Instant::now();
    while printed(&format!("openim-logs -q --count -D '{place}'")) != "6\n" {
        expect(begin.elapsed() < LIMIT, || "what was written is not there".to_owned())?;
    }
    let follower = Follower::start(&format!("openim-logs api rpc-user -f -n all -o cat -D '{place}'"));
    for number in 0..6 {
        follower.expect(&format!("number {number}"))?;
    }
    for number in 6..10 {
        write(&mut writers, number);
        follower.expect(&format!("number {number}"))?;
    }
    Ok(())
}

pub(crate) fn promptness(made: &Made) -> Outcome {
    let journal = stage(made, "prompt");
    let mut writer = Writer::open(&journal.join("a.journal"));
    let place = journal.display().to_string();
    writer.write(PUSH, "begun");
    let begin = Instant::now();
    while printed(&format!("openim-logs -q --count -D '{place}'")) != "1\n" {
        expect(begin.elapsed() < LIMIT, || "what was written is not there".to_owned())?;
    }
    let follower = Follower::start(&format!("openim-logs push -f -n 1 -o cat -D '{place}'"));
    follower.expect("begun")?;
    let mut quickest = LIMIT;
    for number in 0..8 {
        let begin = Instant::now();
        writer.write(PUSH, &format!("number {number}"));
        follower.expect(&format!("number {number}"))?;
        quickest = quickest.min(begin.elapsed());
    }
    // The machine may be busy at any one of them.
    expect(quickest < NOTIFIES / 2, || format!("the quickest took {quickest:?}"))
}

/// A program under a service's name, which does nothing for a minute.
fn service(directory: &Path, name: &str, stdout: Stdio) -> Running {
    fs::create_dir_all(directory).unwrap();
    let program = directory.join(name);
    program::put("/bin/sleep", &program);
    Running(Command::new(program).arg("60").stdout(stdout).spawn().unwrap())
}

pub(crate) fn this_run(made: &Made) -> Outcome {
    let _service = service(&stage(made, "programs"), "openim-rpc-msg", Stdio::null());
    let root = made.root();
    let line = line_of_file("openim-rpc-msg", "of this run", now() + 1);
    let log = root.join("_output/logs/openim-service-log.2026-01-01");
    File::options().append(true).open(log).unwrap().write_all(line.as_bytes()).unwrap();
    let shown = printed(&format!("openim-logs -I rpc-msg --source files --root '{}' -o cat", root.display()));
    expect(shown.contains("of this run") && !shown.contains("an hour ago"), || shown)
}

pub(crate) fn output(made: &Made) -> Outcome {
    let root = made.root();
    let kept = root.join("nohup.out");
    fs::write(&kept, line_of_file("openim-push", "kept by nohup", now())).unwrap();
    let stdout = File::options().append(true).open(&kept).unwrap();
    let platform = format!(
        "_output/bin/platforms/linux/{}",
        if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" }
    );
    let _service = service(&root.join(platform), "openim-push", stdout.into());
    let shown = printed(&format!("openim-logs --source stdout --root '{}'", root.display()));
    expect(shown.contains("kept by nohup"), || shown)
}

pub(crate) fn pager(made: &Made) -> Outcome {
    let asked = format!("openim-logs -u openim-api -D '{}'", made.journal().display());
    let terminal = |line: &str| {
        printed(&format!(
            "TERM=dumb SYSTEMD_PAGERSECURE=0 SYSTEMD_PAGER='sed s/^/paged:/' script -qec \"{line}\" /dev/null"
        ))
    };
    let (paged, plain) = (terminal(&asked), terminal(&format!("{asked} --no-pager")));
    expect(paged.contains("paged:") && paged.contains("quota exceeded"), || paged.clone())?;
    expect(plain.contains("quota exceeded") && !plain.contains("paged:"), || plain.clone())?;
    let widest = |text: &str| text.lines().map(|line| line.trim_end().chars().count()).max().unwrap_or(0);
    expect(widest(&plain) <= 80, || format!("{} columns\n{plain}", widest(&plain)))
}

/// Somebody who is neither root nor in journald's groups asks.
pub(crate) fn permission(made: &Made) -> Outcome {
    let program = made.path().join("openim-logs");
    program::put(env!("CARGO_BIN_EXE_openim-logs"), &program);
    let mut hidden = Vec::new();
    for machine in fs::read_dir(made.system().join("var/log/journal")).unwrap().flatten() {
        hidden.push(machine.path().join("system.journal"));
    }
    let set = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    set(made.path(), 0o755);
    for file in &hidden {
        set(file, 0o000);
    }
    let is_root = rustix::process::getuid().is_root();
    let nobody = if is_root { "setpriv --reuid=65534 --regid=65534 --clear-groups " } else { "" };
    let said =
        printed(&format!("{nobody}'{}' journal --root='{}'", program.display(), made.system().display()));
    for file in &hidden {
        set(file, 0o600);
    }
    expect(said.contains("No journal files were opened due to insufficient permissions."), || said)
}

pub(crate) fn completion(_: &Made) -> Outcome {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions/openim-logs.bash");
    let offered = |typed: &str| {
        let words: Vec<&str> = typed.split(' ').collect();
        let (last, before) = (words[words.len() - 1], words[words.len() - 2]);
        let line = format!(
            "source '{}'; COMP_WORDS=({typed}); COMP_CWORD={}; _openim__logs openim-logs '{last}' '{before}'; echo \"${{COMPREPLY[@]}}\"",
            script.display(),
            words.len() - 1
        );
        let output = Command::new("bash").args(["-c", &line]).env("PATH", search_path()).output().unwrap();
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    for (typed, wanted) in [
        ("openim-logs msgg", "msgg"),
        ("openim-logs --show-c", "--show-cursor"),
        ("openim-logs -o short-i", "short-iso"),
    ] {
        let offer = offered(typed);
        let is_service = wanted == "msgg" && offer.contains("msggateway");
        expect(is_service || offer.contains(wanted), || format!("{typed}: {offer}"))?;
    }
    Ok(())
}

/// Every option that the help names stands in the page.
pub(crate) fn man_page(_: &Made) -> Outcome {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("man/openim-logs.1");
    let page = fs::read_to_string(page).unwrap().replace("\\-", "-");
    let help = printed("openim-logs --help");
    let options: Vec<&str> = help
        .lines()
        .map(str::trim_start)
        .filter(|line| line.starts_with('-'))
        .filter_map(|line| line.split([' ', ',', '=', '[']).find(|word| word.starts_with("--")))
        .collect();
    expect(options.len() > 40, || help.clone())?;
    let missing: Vec<_> = options.iter().filter(|option| !page.contains(*option)).collect();
    expect(missing.is_empty(), || format!("{missing:?}"))
}

//! The story: what a question finds does not depend on how many threads read the journal, wherever their parts divide
//! what belongs together.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/journals.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod journals;
#[path = "support/missing.rs"]
mod missing;
#[path = "support/program.rs"]
mod program;
#[path = "support/random.rs"]
mod random;
mod support;

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::fs::{File, Permissions};
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use random::Random;
use support::{openim_logs_std, split_zap, zap};

const BOOT: &str = "8dc4df31cf7c4c1c8a6b10fc7b9b44b0";
/// 2023-11-14 22:13:20 UTC, in microseconds.
const BEGIN: u64 = 1_700_000_000_000_000;
const TIME: &str = "2023-11-14 22:13:20.000";
/// As many lines as make several files.
const LINES: u64 = 60_000;
/// journald cuts a longer line.
const LINE_MAX: usize = 48 * 1024;
const SERVICES: [&str; 4] = ["openim-api", "openim-push", "openim-rpc-msg", "openim-msggateway"];

/// What may be left of a line that was cut.
const LAST_PIECES: [&str; 3] = [r#"{"level":"x"}}"#, r#"1234-ab"}"#, r#"{"a":1}}"#];

/// A process, and the lines that it is about to write; of each whether journald has cut it.
struct Process {
    service: &'static str,
    pid: String,
    next: VecDeque<(Vec<u8>, bool)>,
}

impl Process {
    /// Its next line. Each is unlike all others, so that the journal is as long as it looks.
    fn line(&mut self, random: &mut Random) -> (Vec<u8>, bool) {
        if self.next.is_empty() {
            self.next.extend(something(self.service, random));
        }
        self.next.pop_front().unwrap()
    }
}

/// What a service writes at once.
fn something(service: &str, random: &mut Random) -> Vec<(Vec<u8>, bool)> {
    let whole = |text: String| (text.trim_end_matches('\n').as_bytes().to_vec(), false);
    let level = random.one_of(&["DEBUG", "INFO", "WARN", "ERROR"]);
    let keys =
        format!("{{\"operationID\": \"op-{}\", \"noise\": \"{}\"}}", random.below(50), noise(random, 90));
    match random.below(200) {
        0..100 => vec![whole(zap(TIME, level, service, "a message", &keys))],
        100..150 => {
            let keys = format!(
                "{{\"level\":\"{level}\",\"time\":\"{TIME}\",\"logger\":\"{service}\",\"caller\":\"a/b.go:1\",\"msg\":\"m\",\"PID\":5,\"version\":\"v\",\"noise\":\"{}\"}}",
                noise(random, 90)
            );
            vec![whole(keys)]
        }
        150..165 => split_zap(TIME, level, service, "in two", &keys)
            .trim_end()
            .split('\n')
            .map(|line| whole(line.to_owned()))
            .collect(),
        165..180 => dump(random).into_iter().map(whole).collect(),
        180..182 => {
            let pieces = zap(TIME, level, service, &noise(random, 7_000), &keys);
            let mut pieces: Vec<_> =
                pieces.trim_end().as_bytes().chunks(LINE_MAX).map(|piece| (piece.to_vec(), true)).collect();
            pieces.last_mut().unwrap().1 = false;
            pieces
        }
        // A piece that journald cuts early, where LineMax is less, and a last one that looks like a line of its own.
        182..186 => {
            let [first, last] =
                [zap(TIME, level, service, "cut", &keys), random.one_of(&LAST_PIECES).to_owned()];
            vec![(first.trim_end().as_bytes().to_vec(), true), whole(last)]
        }
        186..190 => vec![whole(format!("Error: Error: dial tcp {}", noise(random, 20)))],
        _ => vec![whole(format!("something else {}", noise(random, 20)))],
    }
}

/// A dump of up to two hundred lines.
fn dump(random: &mut Random) -> Vec<String> {
    let mut lines = vec![
        random.one_of(&["panic: boom", "SIGQUIT: quit", "fatal error: all goroutines are asleep"]).to_owned(),
    ];
    for number in 0..random.below(25) {
        lines.extend([String::new(), format!("goroutine {number} [running]:")]);
        for _ in 0..random.below(4) {
            lines.push(format!("github.com/openimsdk/open-im-server/v3/x.F{}()", noise(random, 10)));
            lines.push(format!("\t/openim-server/x/{}.go:{} +0x1", noise(random, 10), random.below(900)));
        }
        if random.once_in(20) {
            lines.push(format!(
                r#"{{"level":"info","ts":1,"msg":"of another logger","noise":"{}"}}"#,
                noise(random, 4)
            ));
        }
    }
    lines
}

fn noise(random: &mut Random, words: usize) -> String {
    let mut text = String::new();
    for _ in 0..words {
        write!(text, "{:08x}", random.next() & 0xffff_ffff).unwrap();
    }
    text
}

/// A journal whose files, and so the threads' parts, mostly begin and end within something.
fn journal(directory: &Path) {
    let mut random = Random::new(20_261_127);
    let mut processes: Vec<_> = (0..)
        .zip(SERVICES)
        .map(|(number, service)| Process {
            service,
            pid: (1_000 + number).to_string(),
            next: VecDeque::new(),
        })
        .collect();
    let (mut micros, mut export) = (0, Vec::new());
    for _ in 0..LINES {
        // Now and then a silence after which nothing belongs to what was before.
        micros += if random.once_in(700) { 600_000 } else { 50 + random.next() % 1_000 };
        let process = random.below(processes.len());
        let process = &mut processes[process];
        let (message, is_cut) = process.line(&mut random);
        let mut fields = vec![
            ("MESSAGE", message),
            ("PRIORITY", b"6".to_vec()),
            ("_PID", process.pid.clone().into_bytes()),
            ("_SYSTEMD_UNIT", format!("{}.service", process.service).into_bytes()),
        ];
        if is_cut {
            fields.push(("_LINE_BREAK", b"line-max".to_vec()));
        }
        export.extend(journals::entry(BEGIN + micros, 5_000_000 + micros, BOOT, &fields));
    }
    let text = directory.join("export");
    std::fs::write(&text, export).unwrap();
    // A file may not grow beyond 8 MB (16,384 blocks), which makes the writer begin another.
    let limited = r#"trap "" XFSZ; ulimit -f 16384; exec "$@""#;
    let mut writer = Command::new("sh");
    writer.args(["-c", limited, "sh", journals::REMOTE, "--compress=no", "-o"]);
    let output = writer.arg(directory.join("system.journal")).arg(&text).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::remove_file(&text).unwrap();
}

/// What the command prints when it is started by another one, if that is named.
fn ask(directory: &Path, words: &str, starter: &str) -> Vec<u8> {
    let mut command = openim_logs_std();
    let mut starting = starter.split_whitespace();
    if let Some(first) = starting.next() {
        let program = command.get_program().to_owned();
        command = Command::new(first);
        command.args(starting).arg(program).env("TZ", "UTC");
    }
    let output = command.args(words.split(' ')).arg("-D").arg(directory).output().expect("the command runs");
    assert!(output.status.success(), "{words}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// A directory with a journal that is long enough for several parts; `None` where none can be made.
fn directory() -> Option<tempfile::TempDir> {
    let directory = journals::can_be_made().then(tempfile::tempdir)?.unwrap();
    journal(directory.path());
    let files = directory.path().read_dir().unwrap().count();
    assert!(files > 4, "too short for several parts: {files} files");
    Some(directory)
}

#[test]
fn several_threads_find_what_one_does_wherever_their_parts_end() {
    let Some(directory) = directory() else { return };
    for words in [
        "-L error -o cat",
        "-L error -o json -r",
        "-L fatal -o openim-json",
        "-L warn --count",
        "-p err -o short-full -r",
        "-g panic:|F0 -o cat",
        "push api -g boom -o json --unfold",
        "--msg two -o openim-json",
        "--msg cut -o openim-json -r",
        "-g another|boom -o cat",
        "--op op-7 -o export",
        "--where noise~0a0b -o cat -r",
        "stats -o json",
        "stats --by level -L warn -o json",
        "top -n all -o json",
        "errors -n all -o json",
        "panics -o json",
        "trace op-7 -o json",
    ] {
        let alone = ask(directory.path(), words, "taskset --cpu-list 0");
        let together = ask(directory.path(), words, "");
        assert!(alone.len() > 20 || words.contains("--count"), "{words}: finds nothing");
        assert!(alone == together, "{words}: {} bytes alone, {} together", alone.len(), together.len());
    }
}

/// A limit of one process lets no thread be started, two let one, and so on.
#[test]
fn where_the_system_grants_fewer_threads_these_find_the_same() {
    if !rustix::process::geteuid().is_root() {
        return missing::did_not_run("only root can become somebody else, whom the limit holds for");
    }
    let Some(directory) = directory() else { return };
    let place = tempfile::tempdir().unwrap();
    let program = place.path().join("openim-logs");
    program::put(env!("CARGO_BIN_EXE_openim-logs"), &program);
    for path in [place.path(), directory.path()] {
        std::fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
    }
    for words in ["journal -o json", "-L error -o cat", "stats -o json"] {
        let expected = ask(directory.path(), words, "");
        assert!(expected.len() > 20, "{words}: finds nothing");
        for most in 1..4 {
            let limited = format!("setpriv --reuid=54321 --clear-groups prlimit --nproc={most}");
            let mut command = Command::new("timeout");
            command.arg("60").args(limited.split(' ')).arg(&program).args(words.split(' ')).env("TZ", "UTC");
            let output = command.arg("-D").arg(directory.path()).output().expect("the command runs");
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{words} in {most}: {:?} {said}", output.status);
            assert!(output.stdout == expected, "{words} in {most}: {} bytes", output.stdout.len());
        }
    }
}

#[test]
fn a_file_that_goes_before_the_threads_come_to_it_is_told_once() {
    for words in ["journal -o export", "-g e -o export"] {
        let Some(directory) = directory() else { return };
        let mut command = openim_logs_std();
        command.args(words.split(' ')).arg("-D").arg(directory.path());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // It has begun, and stands still before the last file: nobody reads on.
        let mut stdout = child.stdout.take().unwrap();
        let mut first = [0; 1024];
        stdout.read_exact(&mut first).unwrap();
        File::options()
            .write(true)
            .open(directory.path().join("system.journal"))
            .unwrap()
            .set_len(0)
            .unwrap();
        std::io::copy(&mut stdout, &mut std::io::sink()).unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let told: Vec<&str> =
            said.lines().filter(|line| line.contains("of its entries are missing")).collect();
        let [line] = told.as_slice() else { panic!("{words}: {said}") };
        assert!(line.contains("system.journal was removed while it was read: up to "), "{line}");
        assert!(output.status.success(), "{words}: {said}");
    }
}

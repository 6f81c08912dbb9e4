//! One of everything that the table asks for: a journal of the last hours, one of another system, and a deployment with
//! a log directory.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use super::journals::{LAYOUTS, entry, make};

pub(crate) const BOOTS: [&str; 2] = ["1f0ab4a2c9d84f4c8bb1e3a5d7c60911", "8dc4df31cf7c4c1c8a6b10fc7b9b44b0"];
/// journald's message about lines that were too many.
const DROPPED: &str = "a596d6fe7bfa4994828e72309e95d61e";

/// Microseconds from one entry to the next; lines of one record come at once.
const STEP: u64 = 50_000;

/// The run of the API's unit, and that of the others.
pub(crate) const RUN: &str = "5b0d1a7e9c3f4d2880aa31c6f4e29b17";
const OTHER_RUN: &str = "d17c0be3a5f64e90b2487a6c91e3f05d";
const MACHINE: &str = "0c2f6a51b7e94d3fa1d8e06b5c7f9a23";
const OTHER_MACHINE: &str = "9e4d1b80c6a2475db3f7150e8a9c6d42";

/// Where all of it is.
pub(crate) struct Made {
    directory: tempfile::TempDir,
}

impl Made {
    pub(crate) fn new() -> Self {
        let made = Self { directory: tempfile::tempdir().unwrap() };
        std::fs::create_dir(made.journal()).unwrap();
        journal(&made.journal());
        made.other_system();
        made.deployment();
        made
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The directory of the journal.
    pub(crate) fn journal(&self) -> PathBuf {
        self.path().join("journal")
    }

    /// The root of another system, which has journals of two machines.
    pub(crate) fn system(&self) -> PathBuf {
        self.path().join("system")
    }

    /// OpenIM's directory, with its log files.
    pub(crate) fn root(&self) -> PathBuf {
        self.path().join("openim")
    }

    /// Lines of the logger in a file.
    pub(crate) fn lines(&self) -> PathBuf {
        self.path().join("lines.txt")
    }

    fn other_system(&self) {
        for (place, text) in [
            (MACHINE.to_owned(), "from the other system"),
            (OTHER_MACHINE.to_owned(), "from another machine"),
        ] {
            let directory = self.system().join("var/log/journal").join(place);
            std::fs::create_dir_all(&directory).unwrap();
            make(&directory.join("system.journal"), &said(&[("_PID", "7"), ("MESSAGE", text)]), LAYOUTS[0]);
        }
    }

    fn deployment(&self) {
        let root = self.root();
        std::fs::create_dir_all(root.join("config")).unwrap();
        std::fs::create_dir_all(root.join("_output/logs")).unwrap();
        std::fs::write(root.join("config/log.yml"), "isStdout: false\n").unwrap();
        let line = line_of_file("openim-rpc-msg", "an hour ago", now() - 3600);
        std::fs::write(root.join("_output/logs/openim-service-log.2026-01-01"), &line).unwrap();
        std::fs::write(self.lines(), line).unwrap();
    }
}

pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// An entry of this moment, and later than all before it whatever the clock does.
pub(crate) fn said(fields: &[(&str, &str)]) -> Vec<u8> {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let fields: Vec<_> = fields.iter().map(|&(name, value)| (name, value.as_bytes().to_vec())).collect();
    let now = u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros()).unwrap();
    let later = |last: u64| Some(now.max(last + 1));
    let last = LAST.fetch_update(Ordering::SeqCst, Ordering::SeqCst, later).unwrap();
    let micros = now.max(last + 1);
    entry(micros, micros % 1_000_000_000, BOOTS[1], &fields)
}

/// A line of the logger as it stands in its file, which has its times in UTC here.
pub(crate) fn line_of_file(service: &str, message: &str, second: u64) -> String {
    let time =
        chrono::DateTime::from_timestamp(second.cast_signed(), 0).unwrap().format("%Y-%m-%d %H:%M:%S.000");
    format!(
        "{time}\t\x1b[34mINFO\x1b[0m\t\x1b[34m[PID:77]       \x1b[0m\t\x1b[34m{service:25}\x1b[0m\t{:30}\t{:50}\t{message:50}\t{{}}\n",
        "[main]", "[a/b.go:1]"
    )
}

/// Entries from an hour ago on.
struct Journal {
    begin: u64,
    count: u64,
    text: Vec<u8>,
}

fn journal(directory: &Path) {
    let mut journal = Journal { begin: (now() - 3600) * 1_000_000, count: 0, text: Vec::new() };
    journal.system();
    journal.request();
    journal.troubles();
    let message = [("_PID", "900"), ("_COMM", "sshd"), ("PRIORITY", "6"), ("MESSAGE", "the newest")];
    journal.push(1, &message);
    make(&directory.join("system.journal"), &journal.text, LAYOUTS[0]);
}

impl Journal {
    fn push(&mut self, boot: usize, fields: &[(&str, &str)]) {
        let fields: Vec<_> = fields.iter().map(|&(name, value)| (name, value.as_bytes().to_vec())).collect();
        self.push_bytes(boot, fields);
    }

    fn push_bytes(&mut self, boot: usize, mut fields: Vec<(&str, Vec<u8>)>) {
        fields.push(("_HOSTNAME", b"openimbox".to_vec()));
        let monotonic = self.count * STEP;
        self.text.extend(entry(self.begin + monotonic, monotonic, BOOTS[boot], &fields));
        self.count += 1;
    }

    /// What a service writes to its standard output.
    fn say(&mut self, unit: &str, pid: &str, message: &str, line_break: &str) {
        let identifier = unit.split('@').next().unwrap_or(unit);
        let service = format!("{unit}.service");
        let mut fields = vec![
            ("_SYSTEMD_UNIT", service.as_str()),
            ("SYSLOG_IDENTIFIER", identifier),
            ("_TRANSPORT", "stdout"),
            ("_STREAM_ID", unit),
            ("_PID", pid),
            ("_UID", "0"),
            ("_SYSTEMD_INVOCATION_ID", if unit == "openim-api" { RUN } else { OTHER_RUN }),
            ("PRIORITY", "6"),
            ("MESSAGE", message),
        ];
        fields.extend((!line_break.is_empty()).then_some(("_LINE_BREAK", line_break)));
        self.push(1, &fields);
    }

    /// A line of the logger, in its console form.
    fn zap(&mut self, unit: &str, pid: &str, level: &str, message: &str, keys: &str) {
        let line = self.line(unit, pid, level, message, keys);
        self.say(unit, pid, &line, "");
    }

    fn line(&self, unit: &str, pid: &str, level: &str, message: &str, keys: &str) -> String {
        let module = unit.split('@').next().unwrap_or(unit);
        let at = chrono::DateTime::from_timestamp_micros((self.begin + self.count * STEP).cast_signed());
        let time = at.unwrap().format("%Y-%m-%d %H:%M:%S.000");
        let process = format!("[PID:{pid}]");
        format!(
            "{time}\t\x1b[31m{level}\x1b[0m\t\x1b[31m{process:15}\x1b[0m\t\x1b[31m{module:25}\x1b[0m\t{:30}\t{:50}\t{message:50}\t{{{keys}}}",
            "[main]", "[api/logger.go:54]"
        )
    }

    /// The kernel, systemd, a user, a disk, and something that is no text.
    fn system(&mut self) {
        let kernel = [
            ("_TRANSPORT", "kernel"),
            ("SYSLOG_IDENTIFIER", "kernel"),
            ("SYSLOG_FACILITY", "0"),
            ("PRIORITY", "5"),
            ("MESSAGE", "Linux version 6.1"),
        ];
        for boot in 0..BOOTS.len() {
            self.push(boot, &kernel);
        }
        let systemd = ("_SYSTEMD_UNIT", "init.scope");
        let started = ("MESSAGE", "Started openim-api.service - OpenIM api.");
        self.push(1, &[systemd, ("_PID", "1"), ("UNIT", "openim-api.service"), ("PRIORITY", "6"), started]);
        self.push(1, &[("_UID", "1000"), ("_PID", "600"), ("PRIORITY", "6"), ("MESSAGE", "a user's own")]);
        self.push(1, &[("_PID", "601"), ("PRIORITY", "3"), ("MESSAGE", "the disk is nearly full")]);
        self.push_bytes(1, vec![("_PID", b"77".to_vec()), ("MESSAGE", vec![1, 2, 3, 255])]);
        let line = self.line("openim-rpc-third", "9", "INFO", "from a container", "");
        let docker = [("_COMM", "dockerd"), ("CONTAINER_NAME", "openim-server"), ("MESSAGE", line.as_str())];
        self.push(1, &docker);
    }

    /// One request, and what else the services say.
    fn request(&mut self) {
        let operation = r#""operationID": "op-1""#;
        let call = |more: &str| format!(r#"{operation}, "method": "/openim.user.user/getUsers"{more}"#);
        self.zap("openim-api", "512", "INFO", "rpc client request", &call(r#", "userID": "42""#));
        self.zap("openim-rpc-user", "520", "INFO", "rpc server request", &call(""));
        self.zap(
            "openim-rpc-user",
            "520",
            "INFO",
            "rpc server response success",
            &call(r#", "cost": "3ms""#),
        );
        self.zap("openim-api", "512", "INFO", "rpc client response success", &call(r#", "cost": "4ms""#));
        let processed =
            r#""operationID": "op-2", "method": "POST", "requestURI": "/user/get", "cost": "700ms""#;
        self.zap("openim-api", "512", "INFO", "http request processed", processed);
        self.zap("openim-rpc-user", "520", "DEBUG", "user is online", r#""userID": "7""#);
        self.zap("openim-rpc-user", "520", "WARN", "cache is cold", r#""size": 0"#);
        self.zap("openim-push@1", "531", "INFO", "pushed 1", r#""len": 1"#);
        self.zap("openim-push@2", "532", "INFO", "pushed 2", r#""len": 2"#);
    }

    /// Errors, a line in two pieces, a panic, lines that were dropped.
    fn troubles(&mut self) {
        self.zap("openim-api", "512", "ERROR", "quota exceeded", r#""userID": "43""#);
        self.zap("openim-api", "512", "ERROR", "dial refused", r#""error": "connection refused""#);
        let cut = self.line("openim-api", "512", "INFO", "cut in two", r#""half": "and here""#);
        let (first, second) = cut.split_at(cut.find("and").unwrap());
        self.say("openim-api", "512", first, "line-max");
        self.say("openim-api", "512", second, "");
        for line in [
            "panic: runtime error: index out of range [3] with length 1",
            "goroutine 7 [running]:",
            "main.main()",
            "\t/openim/cmd/main.go:20 +0x1d",
        ] {
            self.say("openim-rpc-user", "520", line, "");
        }
        let dropped = "Suppressed 120 messages from openim-api.service";
        let fields = [
            ("MESSAGE_ID", DROPPED),
            ("N_DROPPED", "120"),
            ("_PID", "300"),
            ("_SYSTEMD_UNIT", "systemd-journald.service"),
            ("_UID", "0"),
            ("OBJECT_SYSTEMD_UNIT", "openim-api.service"),
            ("PRIORITY", "5"),
            ("MESSAGE", dropped),
        ];
        self.push(1, &fields);
    }
}

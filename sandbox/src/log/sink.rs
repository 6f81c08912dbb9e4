//! Where records go: the file that all services share, standard output, or both.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Mutex;

use chrono::{DateTime, Local};

use super::record::{self, Level, Record, Writer};

/// config/log.yml, as far as it decides what is written where.
#[derive(Clone, Debug)]
pub(crate) struct LogConfig {
    /// `storageLocation`; no file where it is blank.
    pub(crate) directory: Option<PathBuf>,
    /// `remainLogLevel`.
    pub(crate) remain_level: i64,
    /// `isStdout`.
    pub(crate) stdout: bool,
    /// `isJson`.
    pub(crate) json: bool,
}

/// The logger of one process.
#[derive(Debug)]
pub(crate) struct Logger {
    config: LogConfig,
    writer: Writer,
    /// The open file and the day it belongs to.
    file: Mutex<Option<(String, File)>>,
}

impl Logger {
    pub(crate) fn new(config: LogConfig, writer: Writer) -> Self {
        Self { config, writer, file: Mutex::new(None) }
    }

    /// Writes a record if its level passes; says whether it did.
    pub(crate) fn write(&self, record: &Record) -> bool {
        if Level::lowest(self.config.remain_level).is_none_or(|lowest| record.level < lowest) {
            return false;
        }
        let now = Local::now();
        let line = if self.config.json {
            record::json(record, &self.writer, now)
        } else {
            record::console(record, &self.writer, now)
        };
        if record.start_up || self.config.stdout {
            print(&line);
        }
        if !record.start_up {
            // A full or missing log directory stops the file and nothing else.
            let _ = self.append(&line, now);
        }
        true
    }

    fn append(&self, line: &str, now: DateTime<Local>) -> io::Result<()> {
        let Some(directory) = &self.config.directory else { return Ok(()) };
        let day = now.format("%Y-%m-%d").to_string();
        let mut open = self.file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if open.as_ref().is_none_or(|(of, _)| *of != day) {
            std::fs::create_dir_all(directory)?;
            let path = directory.join(format!("openim-service-log.{day}"));
            *open = Some((day, OpenOptions::new().create(true).append(true).open(path)?));
        }
        match open.as_mut() {
            Some((_, file)) => file.write_all(line.as_bytes()),
            None => Ok(()),
        }
    }
}

/// Prints a text on standard output; where that is closed, nobody is there to be told.
pub(crate) fn print(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Prints a text on standard error.
pub(crate) fn complain(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

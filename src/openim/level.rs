//! The levels of OpenIM's log lines, from `DEBUG` to `FATAL`.
//!
//! journald stores every line of OpenIM at priority 6, so the level that counts is the one
//! that stands in the text. OpenIM's logger itself writes `DEBUG`, `INFO`, `WARN` and `ERROR`
//! only; [`Level::Panic`] and [`Level::Fatal`] are what the text of a crash means.
//!
//! Source: openimsdk/tools `log/zap.go` (`logLevelMap`), open-im-server v3.8.3-patch.16.

use std::fmt;

/// How grave a line is; ordered, so that `level >= Level::Warn` reads as it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// What only a developer wants to know.
    Debug,
    /// The course of things.
    Info,
    /// Something went wrong and was coped with.
    Warn,
    /// A request or a task failed; recovered panics too.
    Error,
    /// A panic that was not recovered.
    Panic,
    /// The process is gone.
    Fatal,
}

impl Level {
    /// All levels, the least grave first.
    pub const ALL: [Self; 6] = [Self::Debug, Self::Info, Self::Warn, Self::Error, Self::Panic, Self::Fatal];

    /// The level's name as OpenIM writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
            Self::Panic => "PANIC",
            Self::Fatal => "FATAL",
        }
    }

    /// The level that a name means, whatever its case: zap's names and those that people and
    /// syslog use for the same (`warning`, `err`, `dpanic`, `notice`, `crit`, ...).
    #[must_use]
    pub fn from_name(name: &[u8]) -> Option<Self> {
        const NAMES: [(&[u8], Level); 15] = [
            (b"debug", Level::Debug),
            (b"info", Level::Info),
            (b"notice", Level::Info),
            (b"warn", Level::Warn),
            (b"warning", Level::Warn),
            (b"err", Level::Error),
            (b"error", Level::Error),
            (b"panic", Level::Panic),
            (b"dpanic", Level::Panic),
            (b"crit", Level::Fatal),
            (b"critical", Level::Fatal),
            (b"fatal", Level::Fatal),
            (b"alert", Level::Fatal),
            (b"emerg", Level::Fatal),
            (b"emergency", Level::Fatal),
        ];
        NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|&(_, level)| level)
    }

    /// The level that OpenIM's logger names so: its own capital spelling and no other.
    pub(crate) fn from_zap(name: &[u8]) -> Option<Self> {
        match name {
            b"DEBUG" => Some(Self::Debug),
            b"INFO" => Some(Self::Info),
            b"WARN" => Some(Self::Warn),
            b"ERROR" => Some(Self::Error),
            b"DPANIC" | b"PANIC" => Some(Self::Panic),
            b"FATAL" => Some(Self::Fatal),
            _ => None,
        }
    }

    /// The priority of syslog(3) that corresponds: 7 for debug down to 2 for a crash.
    #[must_use]
    pub const fn syslog_priority(self) -> u8 {
        match self {
            Self::Debug => 7,
            Self::Info => 6,
            Self::Warn => 4,
            Self::Error => 3,
            Self::Panic | Self::Fatal => 2,
        }
    }

    /// The level that a priority of syslog(3) corresponds to; numbers above 7 count as debug.
    #[must_use]
    pub const fn from_syslog_priority(priority: u8) -> Self {
        match priority {
            0..=2 => Self::Fatal,
            3 => Self::Error,
            4 => Self::Warn,
            5 | 6 => Self::Info,
            _ => Self::Debug,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_ordered_by_gravity() {
        assert!(Level::ALL.is_sorted());
        assert!(Level::Warn < Level::Error);
    }

    #[test]
    fn a_level_is_found_by_its_own_name_and_by_common_ones() {
        for level in Level::ALL {
            assert_eq!(Level::from_name(level.name().as_bytes()), Some(level));
            assert_eq!(Level::from_name(level.name().to_lowercase().as_bytes()), Some(level));
            assert_eq!(Level::from_zap(level.name().as_bytes()), Some(level));
        }
        assert_eq!(Level::from_name(b"Warning"), Some(Level::Warn));
        assert_eq!(Level::from_name(b"err"), Some(Level::Error));
        assert_eq!(Level::from_name(b"dpanic"), Some(Level::Panic));
        assert_eq!(Level::from_name(b""), None);
        assert_eq!(Level::from_name(b"verbose"), None);
        assert_eq!(Level::from_zap(b"warn"), None, "etcd's client writes it so, OpenIM does not");
    }

    #[test]
    fn priorities_are_those_of_syslog() {
        let priorities: Vec<u8> = Level::ALL.iter().map(|level| level.syslog_priority()).collect();
        assert_eq!(priorities, [7, 6, 4, 3, 2, 2]);
        for level in [Level::Debug, Level::Info, Level::Warn, Level::Error, Level::Fatal] {
            assert_eq!(Level::from_syslog_priority(level.syslog_priority()), level);
        }
    }

    #[test]
    fn the_name_can_be_padded() {
        assert_eq!(format!("{:<5}|", Level::Info), "INFO |");
    }
}

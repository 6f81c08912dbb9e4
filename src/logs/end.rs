//! How a process ended, by what systemd says and by what it said itself; and what did not end it.

use super::record::Record;
use crate::openim::error::first_sentence;
use crate::openim::level::Level;
use crate::openim::text::clean;

/// What systemd says when a process has ended, with the status behind it. Source: systemd 252, `service.c`.
const EXITED: &str = "Main process exited, code=";
/// What stands before the error of a process that gives up.
const EXIT: &str = "exit -1: ";

/// An end that nobody asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End<'t> {
    /// By a signal, named without `SIG`.
    Killed(&'t str),
    /// By a signal, and the memory was saved.
    Dumped(&'t str),
    /// With a status of its own.
    Exited(u8),
}

impl<'t> End<'t> {
    /// How grave it is; systemd calls it a notice or a warning.
    pub(super) const fn level(self) -> Level {
        match self {
            Self::Killed(_) | Self::Dumped(_) => Level::Fatal,
            Self::Exited(_) => Level::Error,
        }
    }

    /// Reads systemd's sentence. `None` where it is another, or the end was asked for.
    pub(super) fn parse(text: &'t str) -> Option<Self> {
        let (how, status) = text.split_once(EXITED)?.1.split_once(", status=")?;
        let (number, name) = status.split_once('/').unwrap_or((status, status));
        match how {
            "killed" => (name != "TERM").then_some(Self::Killed(name)),
            "dumped" => Some(Self::Dumped(name)),
            "exited" => number.parse().ok().filter(|number| *number != 0).map(Self::Exited),
            _ => None,
        }
    }
}

/// Why a process gave up, of a line in which it says so.
pub(super) fn last_words(record: &Record<'_>) -> String {
    let text = clean(&record.message());
    let reason = text.split_once(EXIT).map_or(text.as_str(), |(_, reason)| reason);
    clean(&first_sentence(reason)).trim_start_matches("Error: ").to_owned()
}

/// Whether the logger tells of a panic that only its request died of.
pub(super) fn is_recovered(record: &Record<'_>) -> bool {
    record.zap().is_some() && matches!(record.message().as_ref(), "rpc server panic" | "GinPanicErr panic")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_told_by_systemds_sentence() {
        for (text, end) in [
            ("killed, status=9/KILL", Some(End::Killed("KILL"))),
            ("killed, status=15/TERM", None),
            ("dumped, status=6/ABRT", Some(End::Dumped("ABRT"))),
            ("exited, status=2/INVALIDARGUMENT", Some(End::Exited(2))),
            ("exited, status=255/EXCEPTION", Some(End::Exited(255))),
            ("exited, status=0/SUCCESS", None),
        ] {
            let text = format!("openim-push@3.service: Main process exited, code={text}");
            assert_eq!(End::parse(&text), end, "{text}");
        }
        assert_eq!(End::parse("Main process exited"), None);
    }
}

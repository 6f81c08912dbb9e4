//! The small words that sentences share: verbs of one and of several, counts, addresses, owners, uptimes.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

/// "is", "are"
pub(in crate::check) const fn be(several: bool) -> &'static str {
    if several { "are" } else { "is" }
}

/// The ending of a verb: "runs", "run"
pub(in crate::check) const fn s(several: bool) -> &'static str {
    if several { "" } else { "s" }
}

/// "does not", "do not"
pub(super) const fn does_not(several: bool) -> &'static str {
    if several { "do not" } else { "does not" }
}

/// The one word or the other.
pub(in crate::check) const fn several_or(
    several: bool,
    many: &'static str,
    one: &'static str,
) -> &'static str {
    if several { many } else { one }
}

/// "has", "have"
pub(in crate::check) const fn have(several: bool) -> &'static str {
    if several { "have" } else { "has" }
}

/// "1 connection waits", "3 connections wait"
pub(super) struct Waiting(pub(super) u32);

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Count(self.0, "connection waits", "connections wait").fmt(f)
    }
}

/// "1 key", "3 keys".
pub(in crate::check) struct Count<'a>(
    pub(in crate::check) u32,
    pub(in crate::check) &'a str,
    pub(in crate::check) &'a str,
);

impl<'a> Count<'a> {
    /// How many there are of something.
    pub(in crate::check) fn of(count: usize, one: &'a str, many: &'a str) -> Self {
        Self(u32::try_from(count).unwrap_or(u32::MAX), one, many)
    }
}

impl fmt::Display for Count<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(count, one, many) = self;
        write!(f, "{count} {}", if *count == 1 { one } else { many })
    }
}

/// "once", "4 times"
pub(super) struct Times(pub(super) u32);

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("once"),
            2 => f.write_str("twice"),
            many => write!(f, "{many} times"),
        }
    }
}

/// ":10002 :37767" where all addresses are meant, "10.77.0.2:37767" else.
pub(super) struct Addresses<'a>(pub(super) &'a [SocketAddr]);

impl fmt::Display for Addresses<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, address) in self.0.iter().enumerate() {
            let space = if i == 0 { "" } else { " " };
            if address.ip().is_unspecified() {
                write!(f, "{space}:{}", address.port())?;
            } else {
                write!(f, "{space}{address}")?;
            }
        }
        Ok(())
    }
}

/// "python3 (pid 990)"
pub(super) struct Owner<'a>(pub(super) Option<&'a (u32, String)>);

impl fmt::Display for Owner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some((pid, name)) => write!(f, "{name} (pid {pid})"),
            None => f.write_str("a process that we may not look into"),
        }
    }
}

/// "4 s", "12 min", "2 h", "3 d": one unit is enough to judge by.
pub(in crate::check) struct Uptime(pub(in crate::check) Duration);

impl fmt::Display for Uptime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        match seconds {
            0..120 => write!(f, "{seconds} s"),
            120..7_200 => write!(f, "{} min", seconds / 60),
            7_200..172_800 => write!(f, "{} h", seconds / 3_600),
            _ => write!(f, "{} d", seconds / 86_400),
        }
    }
}

/// "512 513 514"
pub(in crate::check) fn join<T: ToString>(items: &[T], separator: &str) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uptimes_have_one_unit() {
        let text = |seconds| Uptime(Duration::from_secs(seconds)).to_string();
        assert_eq!(
            [text(4), text(119), text(120), text(7_200), text(259_200)],
            ["4 s", "119 s", "2 min", "2 h", "3 d"]
        );
    }
}

//! The priorities of syslog, by their names and numbers.

/// By their numbers, the gravest first.
pub(crate) const PRIORITIES: [&str; 8] =
    ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];

/// The number of a name.
pub(crate) fn number_of(name: &str) -> Option<u8> {
    let number = PRIORITIES.iter().position(|priority| *priority == name)?;
    u8::try_from(number).ok()
}

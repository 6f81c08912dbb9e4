//! The facilities of syslog, by their names and numbers.

use super::integer;

/// By their numbers; some have no name.
pub(crate) const FACILITIES: [&str; 24] = [
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
    "12", "13", "14", "15", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
];
/// What lists them where a facility is asked for.
pub(crate) const HELP: &str = "help";
/// The field that holds one.
pub(crate) const FIELD: &str = "SYSLOG_FACILITY";

/// Reads a name or a number.
pub(crate) fn parse(name: &str) -> Option<u8> {
    let by_name = FACILITIES.iter().position(|facility| *facility == name);
    let number = match by_name {
        Some(number) => u8::try_from(number).ok(),
        None => integer::parse(name).and_then(|number| u8::try_from(number).ok()),
    };
    number.filter(|&number| number < 128)
}

/// The list as it is shown, a line each.
pub(crate) fn listed() -> impl Iterator<Item = &'static str> {
    ["Available facilities:"].into_iter().chain(FACILITIES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_facility_has_a_name_or_a_number() {
        let read = ["kern", "local7", "3", "010", "127", "128", "-1", "", "kernel"].map(parse);
        assert_eq!(read, [Some(0), Some(23), Some(3), Some(8), Some(127), None, None, None, None]);
    }
}

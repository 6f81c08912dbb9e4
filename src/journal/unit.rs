//! Units: their full names, patterns of them, and which entries are about a unit.

use super::shell_pattern::fits;
use super::{Group, JournalError, Match, Owner, Reader};

/// systemd-coredump's message about a process that crashed.
pub(crate) const CORE_DUMP: &str = "fc2e22bc6ee647b6b90729ab34a250b1";
/// The fields in which units of the system are named.
const SYSTEM_FIELDS: [&str; 5] =
    ["_SYSTEMD_UNIT", "COREDUMP_UNIT", "UNIT", "OBJECT_SYSTEMD_UNIT", "_SYSTEMD_SLICE"];
/// The same for units of users.
const USER_FIELDS: [&str; 5] = [
    "_SYSTEMD_USER_UNIT",
    "USER_UNIT",
    "COREDUMP_USER_UNIT",
    "OBJECT_SYSTEMD_USER_UNIT",
    "_SYSTEMD_USER_SLICE",
];
const SUFFIXES: [&str; 11] = [
    ".service",
    ".socket",
    ".device",
    ".mount",
    ".automount",
    ".swap",
    ".target",
    ".path",
    ".timer",
    ".slice",
    ".scope",
];

/// Whose units are meant.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Manager {
    System,
    /// That of the user with this number.
    User(u32),
}

impl Manager {
    const fn fields(self) -> [&'static str; 5] {
        match self {
            Self::System => SYSTEM_FIELDS,
            Self::User(_) => USER_FIELDS,
        }
    }

    /// The ways in which an entry can be about a unit.
    pub(crate) fn groups(self, unit: &str) -> Vec<Group> {
        let is_slice = unit.strip_suffix(".slice").is_some();
        match self {
            Self::System => {
                let root = || Match::new("_UID", "0");
                let mut groups = vec![
                    vec![Match::new("_SYSTEMD_UNIT", unit)],
                    vec![Match::new("UNIT", unit), Match::new("_PID", "1")],
                    vec![Match::new("OBJECT_SYSTEMD_UNIT", unit), root()],
                    vec![Match::new("COREDUMP_UNIT", unit), Match::new("MESSAGE_ID", CORE_DUMP), root()],
                ];
                groups.extend(is_slice.then(|| vec![Match::new("_SYSTEMD_SLICE", unit)]));
                groups
            }
            Self::User(uid) => {
                let own = |field| vec![Match::new(field, unit), Match::new("_UID", uid.to_string())];
                let fields =
                    ["_SYSTEMD_USER_UNIT", "USER_UNIT", "COREDUMP_USER_UNIT", "OBJECT_SYSTEMD_USER_UNIT"];
                let mut groups: Vec<Group> = fields.into_iter().map(own).collect();
                groups.extend(is_slice.then(|| own("_SYSTEMD_USER_SLICE")));
                groups
            }
        }
    }
}

/// The units that were named, as they were typed: names and patterns.
#[derive(Clone, Debug, Default)]
pub(crate) struct UnitNames {
    /// Of the system.
    pub(crate) system: Vec<String>,
    /// Of the user with this number.
    pub(crate) user: Vec<String>,
    pub(crate) uid: u32,
}

impl UnitNames {
    /// What `--unit` and `--user-unit` ask for. A unit of nothing but the user's own journal is a unit of the user.
    pub(crate) fn asked_for(units: &[String], user_units: &[String], owner: Owner, uid: u32) -> Self {
        let (system, user) = if owner == Owner::CurrentUser {
            (&[][..], [units, user_units])
        } else {
            (units, [&[][..], user_units])
        };
        Self { system: system.to_vec(), user: user.concat(), uid }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.system.is_empty() && self.user.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &String> {
        self.system.iter().chain(&self.user)
    }

    /// The full names of these units, and of those in the journal that a pattern fits.
    pub(crate) fn resolve(&self, reader: &mut dyn Reader) -> Result<Vec<(Manager, String)>, JournalError> {
        let mut units = Vec::new();
        for (manager, names) in [(Manager::System, &self.system), (Manager::User(self.uid), &self.user)] {
            units.extend(resolve(reader, manager, names)?.into_iter().map(|unit| (manager, unit)));
        }
        Ok(units)
    }

    /// The ways in which an entry can be about one of them. There are none where only patterns were named, and none of
    /// them fits a unit in the journal.
    pub(crate) fn groups(&self, reader: &mut dyn Reader) -> Result<Vec<Group>, JournalError> {
        let units = self.resolve(reader)?;
        Ok(units.iter().flat_map(|(manager, unit)| manager.groups(unit)).collect())
    }
}

fn resolve(reader: &mut dyn Reader, manager: Manager, names: &[String]) -> Result<Vec<String>, JournalError> {
    let (mut units, mut patterns) = (Vec::new(), Vec::new());
    for name in names {
        match meaning(name) {
            Meaning::Unit(unit) => units.push(unit),
            Meaning::Pattern(pattern) => patterns.push(pattern),
        }
    }
    if !patterns.is_empty() {
        for field in manager.fields() {
            let known = reader.unique(field)?;
            let known = known.iter().filter_map(|unit| std::str::from_utf8(unit).ok());
            units.extend(known.filter(|unit| patterns.iter().any(|one| fits(one, unit))).map(str::to_owned));
        }
    }
    units.sort_unstable();
    units.dedup();
    Ok(units)
}

/// Whether a unit is one that a name or a pattern stands for.
pub(crate) fn stands_for(name: &str, unit: &str) -> bool {
    match meaning(name) {
        Meaning::Unit(own) => own == unit,
        Meaning::Pattern(pattern) => fits(&pattern, unit),
    }
}

/// The longest name of a unit, and of a file.
const LONGEST: usize = 255;

/// What a name that was typed stands for, as systemd reads it.
enum Meaning {
    Unit(String),
    /// All units that fit it.
    Pattern(String),
}

fn meaning(name: &str) -> Meaning {
    if is_unit(name) {
        return Meaning::Unit(name.to_owned());
    }
    if let Some(unit) = of_path(name) {
        return Meaning::Unit(unit);
    }
    let escaped = escape(name);
    if escaped.contains(['*', '?', '[']) {
        Meaning::Pattern(escaped)
    } else if is_unit(&escaped) {
        Meaning::Unit(escaped)
    } else {
        Meaning::Unit(escaped + ".service")
    }
}

/// `api` is `api.service`, `/mnt/x` is `mnt-x.mount`, `/dev/sda` is `dev-sda.device`. `None` for a pattern.
pub(crate) fn full_name(name: &str) -> Option<String> {
    match meaning(name) {
        Meaning::Unit(unit) => Some(unit),
        Meaning::Pattern(_) => None,
    }
}

/// How a name is written that no unit can have, and that is no path either.
pub(crate) fn escaped(name: &str) -> Option<String> {
    Some(escape(name)).filter(|escaped| escaped != name && of_path(name).is_none())
}

fn is_unit(name: &str) -> bool {
    let has_suffix = |suffix: &str| name.strip_suffix(suffix).is_some_and(|prefix| !prefix.is_empty());
    name.len() <= LONGEST
        && !name.starts_with('@')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":-_.\\@".contains(&byte))
        && SUFFIXES.into_iter().any(has_suffix)
}

/// The unit of the file system or device of that path. `None` where it is no path, or one that goes up.
fn of_path(name: &str) -> Option<String> {
    let parts = name.strip_prefix('/')?.split('/').filter(|part| !matches!(*part, "" | "."));
    let parts: Vec<&str> = parts.collect();
    if parts.iter().any(|part| *part == ".." || part.len() > LONGEST) {
        return None;
    }
    let suffix = if matches!(parts[..], ["dev" | "sys", _, ..]) { ".device" } else { ".mount" };
    let parts: Vec<String> = parts.into_iter().map(escape_part).collect();
    let unit = if parts.is_empty() { "-".to_owned() } else { parts.join("-") };
    // A dot may not be the first.
    Some(unit.strip_prefix('.').map_or_else(|| unit.clone(), |rest| format!("\\x2e{rest}")) + suffix)
}

/// Letters that neither names nor patterns of units can have, as systemd writes them.
fn escape(name: &str) -> String {
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || b":-_.\\@[]!*?".contains(&byte);
    escape_unless(name, valid, |byte| if byte == b'/' { Some('-') } else { None })
}

fn escape_part(part: &str) -> String {
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || b":_.".contains(&byte);
    escape_unless(part, valid, |_| None)
}

fn escape_unless(text: &str, valid: impl Fn(u8) -> bool, other: impl Fn(u8) -> Option<char>) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if valid(byte) {
            escaped.push(byte.into());
        } else if let Some(replaced) = other(byte) {
            escaped.push(replaced);
        } else {
            escaped.extend(format!("\\x{byte:02x}").chars());
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_gets_the_suffix_that_it_lacks() {
        for (name, full) in [
            ("api", "api.service"),
            ("openim-push@3", "openim-push@3.service"),
            ("a.socket", "a.socket"),
            ("/mnt/x-y", "mnt-x\\x2dy.mount"),
            ("/dev/sda", "dev-sda.device"),
            ("/", "-.mount"),
            ("/./.mnt//x/", "\\x2emnt-x.mount"),
            ("/sys/x", "sys-x.device"),
            ("/dev", "dev.mount"),
            ("/a/../b", "-a-..-b.service"),
            ("/a*", "a\\x2a.mount"),
            ("a b", "a\\x20b.service"),
            ("a b.socket", "a\\x20b.socket"),
            (".socket", ".socket.service"),
            ("@.socket", "@.socket.service"),
            ("a!.socket", "a!.socket.service"),
        ] {
            assert_eq!(full_name(name).as_deref(), Some(full));
        }
        assert_eq!(["a*", "[a]", "a ?"].map(full_name), [None, None, None]);
        let written = ["a b*", "é", "a/b", "/../a", "/a b", "a!", "a.service"].map(escaped);
        let texts = written.each_ref().map(Option::as_deref);
        let expected = [Some("a\\x20b*"), Some("\\xc3\\xa9"), Some("a-b"), Some("-..-a"), None, None, None];
        assert_eq!(texts, expected);
    }
}

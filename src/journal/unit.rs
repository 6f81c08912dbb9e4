//! Units: their full names, patterns of them, and which entries are about a unit.

use super::{Group, JournalError, Match, Owner, Reader};

/// The message by which a core dump is known.
const CORE_DUMP: &str = "fc2e22bc6ee647b6b90729ab34a250b1";
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
    let (patterns, names): (Vec<_>, Vec<_>) = names.iter().partition(|name| is_pattern(name));
    let mut units: Vec<String> = names.into_iter().map(|name| full_name(name)).collect();
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

/// Whether a name stands for all units that fit it.
pub(crate) fn is_pattern(name: &str) -> bool {
    name.contains(['*', '?', '['])
}

/// `api` is `api.service`, `/mnt/x` is `mnt-x.mount`, `/dev/sda` is `dev-sda.device`.
pub(crate) fn full_name(name: &str) -> String {
    if SUFFIXES.iter().any(|suffix| name.len() > suffix.len() && name.ends_with(suffix)) {
        return escape(name);
    }
    if let Some(path) = name.strip_prefix('/') {
        let suffix = if path.starts_with("dev/") { ".device" } else { ".mount" };
        let parts: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(escape_part).collect();
        let parts = if parts.is_empty() { "-".to_owned() } else { parts.join("-") };
        return parts + suffix;
    }
    escape(name) + ".service"
}

/// Letters that no unit's name can have, as systemd writes them.
fn escape(name: &str) -> String {
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || b":-_.\\@".contains(&byte);
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

/// Whether a name fits a pattern of the shell: `*`, `?`, `[a-z]`, `[!a]`. Nothing is escaped in it.
pub(crate) fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    fits_from(&pattern, &name)
}

/// Goes back to the last `*` only: what an earlier one took cannot help where this one finds no place.
fn fits_from(pattern: &[char], name: &[char]) -> bool {
    let (mut pattern, mut name) = (pattern, name);
    let mut last_star = None;
    loop {
        match (pattern.split_first(), name.split_first()) {
            (None, None) => return true,
            (Some(('*', rest)), _) => {
                last_star = Some((rest, name));
                pattern = rest;
                continue;
            }
            (Some(_), Some((&c, behind))) => {
                if let Some(rest) = one(pattern, c) {
                    (pattern, name) = (rest, behind);
                    continue;
                }
            }
            (None, Some(_)) | (Some(_), None) => {}
        }
        let Some((rest, [_, behind @ ..])) = last_star else { return false };
        last_star = Some((rest, behind));
        (pattern, name) = (rest, behind);
    }
}

/// What is left of a pattern behind one character that fits it.
fn one(pattern: &[char], c: char) -> Option<&[char]> {
    let (&first, rest) = pattern.split_first()?;
    match first {
        '?' => Some(rest),
        '[' => match set(rest) {
            Some((admits, behind)) => admits(c).then_some(behind),
            None => (c == '[').then_some(rest),
        },
        _ => (first == c).then_some(rest),
    }
}

/// The set behind a `[`, and what stands behind it. `None` where it does not end.
fn set(pattern: &[char]) -> Option<(impl Fn(char) -> bool + use<'_>, &[char])> {
    let negated = matches!(pattern.first(), Some('!' | '^'));
    let members = if negated { &pattern[1..] } else { pattern };
    // A bracket at the beginning is a member.
    let end = 1 + members.iter().skip(1).position(|&c| c == ']')?;
    let (members, rest) = (&members[..end], &members[end + 1..]);
    let admits = move |c: char| {
        let mut found = false;
        let mut at = 0;
        while at < members.len() {
            let is_range = members.get(at + 1) == Some(&'-') && at + 2 < members.len();
            let last = if is_range { members[at + 2] } else { members[at] };
            found |= (members[at]..=last).contains(&c);
            at += if is_range { 3 } else { 1 };
        }
        found != negated
    };
    Some((admits, rest))
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
            ("a b", "a\\x20b.service"),
        ] {
            assert_eq!(full_name(name), full);
        }
    }

    #[test]
    fn patterns_are_those_of_the_shell() {
        for (pattern, fitting) in
            [("openim-*", "openim-api.service"), ("a?[0-9]", "ab7"), ("[!a]*", "b"), ("*.s*e", "x.service")]
        {
            assert!(fits(pattern, fitting), "{pattern} {fitting}");
        }
        for (pattern, other) in
            [("openim-*", "xopenim-"), ("a?[0-9]", "abc"), ("[!a]*", "a"), ("[", "a"), ("", "a")]
        {
            assert!(!fits(pattern, other), "{pattern} {other}");
        }
        assert!(fits("[a", "[a") && fits("[]]", "]"));
        assert!(fits("*", "") && fits("a**", "a") && !fits("*a", "ab"));
    }

    #[test]
    fn many_stars_take_no_longer_than_the_name_is_long() {
        let name = "a".repeat(200);
        assert!(!fits(&format!("{}b", "a*".repeat(50)), &name));
        assert!(fits(&"a*".repeat(50), &name));
    }
}

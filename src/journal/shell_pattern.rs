//! Patterns of the shell, as `fnmatch` reads them: `*`, `?`, `[a-z]`, `[!a]`, `[[:digit:]]`.

/// Whether a name fits a pattern of the shell. Nothing is escaped in it.
pub(super) fn fits(pattern: &str, name: &str) -> bool {
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

/// What a set has.
enum Member {
    Between(char, char),
    Class(fn(char) -> bool),
    /// A class that there is not.
    Unknown,
}

/// The set behind a `[`, and what stands behind it. `None` where it does not end.
fn set(pattern: &[char]) -> Option<(impl Fn(char) -> bool + use<>, &[char])> {
    let (is_negated, mut rest) = match pattern {
        ['!' | '^', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let mut members = Vec::new();
    let behind = loop {
        match rest.split_first()? {
            // A bracket at the beginning is a member.
            (']', behind) if !members.is_empty() => break behind,
            _ => {
                let (member, behind) = member(rest)?;
                members.push(member);
                rest = behind;
            }
        }
    };
    Some((move |c| admits(&members, c).is_some_and(|found| found != is_negated), behind))
}

/// Whether one of the members is meant; `None` where a class comes first that there is not.
fn admits(members: &[Member], c: char) -> Option<bool> {
    for member in members {
        let is_it = match member {
            Member::Between(first, last) => (*first..=*last).contains(&c),
            Member::Class(admits) => admits(c),
            Member::Unknown => return None,
        };
        if is_it {
            return Some(true);
        }
    }
    Some(false)
}

fn member(pattern: &[char]) -> Option<(Member, &[char])> {
    if let Some((name, behind)) = class_name(pattern) {
        return Some((class(&name).map_or(Member::Unknown, Member::Class), behind));
    }
    let (first, behind) = letter(pattern)?;
    let (last, behind) = match behind {
        ['-', end @ ..] if !matches!(end, [] | [']', ..]) => letter(end)?,
        _ => (first, behind),
    };
    Some((Member::Between(first, last), behind))
}

/// One letter of a set, which may be written `[.a.]` and `[=a=]`.
fn letter(pattern: &[char]) -> Option<(char, &[char])> {
    match pattern {
        ['[', '.', c, '.', ']', behind @ ..] | ['[', '=', c, '=', ']', behind @ ..] => Some((*c, behind)),
        [] | ['[', '.', ..] => None,
        [c, behind @ ..] => Some((*c, behind)),
    }
}

/// The name in `[:digit:]`, and what stands behind it.
fn class_name(pattern: &[char]) -> Option<(String, &[char])> {
    let rest = pattern.strip_prefix(&['[', ':'])?;
    let (name, behind) = rest.split_at(rest.iter().take_while(|c| c.is_ascii_lowercase()).count());
    behind.strip_prefix(&[':', ']']).map(|behind| (name.iter().collect(), behind))
}

fn class(name: &str) -> Option<fn(char) -> bool> {
    Some(match name {
        "alnum" => char::is_alphanumeric,
        "alpha" => char::is_alphabetic,
        "blank" => |c| matches!(c, ' ' | '\t'),
        "cntrl" => char::is_control,
        "digit" => |c: char| c.is_ascii_digit(),
        "graph" => |c| !c.is_whitespace() && !c.is_control(),
        "lower" => char::is_lowercase,
        "print" => |c| c == ' ' || (!c.is_whitespace() && !c.is_control()),
        "punct" => |c| !c.is_whitespace() && !c.is_control() && !c.is_alphanumeric(),
        "space" => char::is_whitespace,
        "upper" => char::is_uppercase,
        "xdigit" => |c| c.is_ascii_hexdigit(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(fits("[[:alpha:]_]*", "_a") && fits("[![:digit:]]", "a") && fits("[a[:digit:]-]", "-"));
        assert!(!fits("[![:digit:]]", "7") && !fits("[[:alpha:]*", "ab") && !fits("[[:nope:]]", "n"));
        assert!(fits("[a[:nope:]]", "a") && !fits("[![:nope:]]", "a") && !fits("[[.a]", "a"));
        assert!(fits("[[:Alpha:]]", "A]") && fits("[[.a.]-[.c.]]", "b") && fits("[a-]", "-"));
        assert!(fits("*", "") && fits("a**", "a") && !fits("*a", "ab"));
    }

    #[test]
    fn many_stars_take_no_longer_than_the_name_is_long() {
        let name = "a".repeat(200);
        assert!(!fits(&format!("{}b", "a*".repeat(50)), &name));
        assert!(fits(&"a*".repeat(50), &name));
    }
}

//! What fields are called: capital letters, digits and underscores.

/// The longest name that journald takes.
pub(super) const LONGEST: usize = 64;

/// Whether journald stores fields of that name. What is called otherwise in a file is damaged.
pub(super) fn is_stored(name: &[u8]) -> bool {
    name.len() <= LONGEST && !name.first().is_some_and(u8::is_ascii_digit) && is_of_letters(name)
}

/// Whether fields of that name can be asked for. Two underscores begin what is no field, as the cursor. How long a name
/// is, and what it begins with else, is not looked at: such a field is in no journal.
pub(crate) fn can_be_asked_for(name: &[u8]) -> bool {
    is_of_letters(name) && !name.starts_with(b"__")
}

fn is_of_letters(name: &[u8]) -> bool {
    let is_inside = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_';
    !name.is_empty() && name.iter().all(is_inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_asked_for_is_more_than_what_is_stored() {
        let long = [b'A'; LONGEST + 1];
        for (name, stored, asked) in [
            (&b"MESSAGE"[..], true, true),
            (b"_PID", true, true),
            (b"A1", true, true),
            (b"__CURSOR", true, false),
            (b"1A", false, true),
            (&long, false, true),
            (&long[1..], true, true),
            (b"", false, false),
            (b"message", false, false),
            (b"Q\"Q", false, false),
            (b"\xc3\x84", false, false),
        ] {
            assert_eq!((is_stored(name), can_be_asked_for(name)), (stored, asked), "{}", name.escape_ascii());
        }
    }
}

//! What the terminal's letters are, as the C library is told.

/// Whether they are UTF-8; where no locale is set, everything can show that.
pub(crate) fn has_utf8(variable: impl Fn(&str) -> Option<String>) -> bool {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"].map(variable);
    let mut chosen = set.iter().flatten().filter(|locale| !locale.is_empty());
    chosen.next().map_or(set.iter().all(Option::is_none), |locale| names_utf8(locale))
}

/// `C` and `POSIX` have letters of one byte, and what comes behind a dot names them. A locale that names none is taken
/// for one that is not installed, where journalctl shows UTF-8, too.
fn names_utf8(locale: &str) -> bool {
    let charset = locale.split_once('.').map(|(_, behind)| behind.split('@').next().unwrap_or_default());
    let is_utf8 = |charset: &str| ["utf-8", "utf8"].iter().any(|name| charset.eq_ignore_ascii_case(name));
    !["C", "POSIX"].contains(&locale) && charset.is_none_or(is_utf8)
}

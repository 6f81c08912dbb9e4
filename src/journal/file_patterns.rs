//! The files that `--file` names, which may be patterns.

use std::collections::HashSet;
use std::path::{Component, Path, PathBuf};

use super::shell_pattern::fits;

/// The files that fit, each once, in the order in which they were asked for; a path without a pattern is itself.
pub(crate) fn expand(patterns: &[PathBuf]) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = patterns.iter().flat_map(|pattern| expand_one(pattern)).collect();
    let mut known = HashSet::new();
    files.retain(|path| known.insert(path.clone()));
    files
}

fn expand_one(pattern: &Path) -> Vec<PathBuf> {
    let alternatives = pattern.to_str().map(braces).unwrap_or_default();
    if alternatives.len() < 2 && alternatives.first().is_none_or(|one| Path::new(one) == pattern) {
        return expand_pattern(pattern);
    }
    let found = alternatives.iter().flat_map(|one| expand_pattern(Path::new(one)));
    found.filter(|path| path.exists()).collect()
}

/// `{a,b}.journal` is `a.journal` and `b.journal`; braces may stand in braces, and `{}` and one that is not closed are
/// themselves.
fn braces(pattern: &str) -> Vec<String> {
    let Some((open, close, parts)) = first_braces(pattern) else { return vec![pattern.to_owned()] };
    let (before, behind) = (&pattern[..open], &pattern[close + 1..]);
    parts.iter().flat_map(|part| braces(&format!("{before}{part}{behind}"))).collect()
}

/// The first braces: where they are, and what stands between their commas.
fn first_braces(pattern: &str) -> Option<(usize, usize, Vec<&str>)> {
    let open = pattern.match_indices('{').map(|(at, _)| at).find(|&at| !pattern[at..].starts_with("{}"))?;
    let (mut depth, mut begin, mut parts) = (0, open + 1, Vec::new());
    for (at, byte) in pattern.bytes().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            b',' if depth == 1 => {
                parts.push(&pattern[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
        if depth == 0 {
            parts.push(&pattern[begin..at]);
            return Some((open, at, parts));
        }
    }
    None
}

/// The files that fit one pattern, in the order of their directory, which journalctl leaves them in.
fn expand_pattern(pattern: &Path) -> Vec<PathBuf> {
    let parts = || pattern.components();
    let mut found = parts()
        .fold(vec![PathBuf::new()], |found, part| found.iter().flat_map(|path| step(path, part)).collect());
    // What stands behind a pattern need not be in everything that fits it.
    if parts().any(|part| as_pattern(part).is_some()) {
        found.retain(|path| path.symlink_metadata().is_ok());
    }
    found
}

/// A part of a path that may fit several names.
fn as_pattern(part: Component<'_>) -> Option<&str> {
    part.as_os_str().to_str().filter(|part| part.contains(['*', '?', '[']))
}

/// The paths that a further part of a pattern leads to.
fn step(path: &Path, part: Component<'_>) -> Vec<PathBuf> {
    let Some(pattern) = as_pattern(part) else { return vec![path.join(part)] };
    let directory = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name());
    // Only a dot fits the one that hides a file.
    let may_fit = |name: &str| pattern.starts_with('.') || !name.starts_with('.');
    names
        .filter(|name| name.to_str().is_some_and(|name| may_fit(name) && fits(pattern, name)))
        .map(|name| path.join(name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_the_files_that_fit_it() {
        let directory = tempfile::tempdir().unwrap();
        for name in ["a.journal", "b.journal", "c.txt"] {
            std::fs::write(directory.path().join(name), "").unwrap();
        }
        let found = expand(&[directory.path().join("*.journal"), directory.path().join("a.journal")]);
        let again = expand(&[directory.path().join("b.journal"), directory.path().join("*.journal")]);
        assert_eq!(again[0].file_name().unwrap(), "b.journal");
        assert_eq!(again.len(), 2);
        let mut names: Vec<_> = found.iter().filter_map(|path| path.file_name()).collect();
        names.sort_unstable();
        assert_eq!(names, ["a.journal", "b.journal"]);
        assert!(expand(&[directory.path().join("*.gz")]).is_empty());
        let names = |pattern: &str| expand(&[directory.path().join(pattern)]).len();
        assert_eq!(names("{a,b,x}.journal"), 2);
        assert_eq!(names("{a,{b,x}}.*"), 2);
        assert_eq!((names("{x,y}.journal"), names("{a}.journal")), (0, 1));
        assert_eq!(braces("{}{a,}"), ["{}a", "{}"]);
        assert_eq!(braces("a{b,c"), ["a{b,c"]);
        // What is no pattern is named in the error of opening it.
        assert_eq!(expand(&["/nowhere/x".into()]), [PathBuf::from("/nowhere/x")]);
    }
}

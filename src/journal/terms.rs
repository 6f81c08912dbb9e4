//! The words behind the options: fields, programs, devices, and `+` between alternatives.

use std::ffi::OsStr;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::Path;

use super::error::reason;
use super::{Clause, Id128, Match, device, field_name};

/// The kernel keeps so much of a program's name.
const COMM_LENGTH: usize = 15;

/// What stands between alternatives.
pub(crate) const OR: &str = "+";

/// Why words say nothing that entries can be asked. The words are journalctl's.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TermError {
    #[error("Failed to add match '{0}': Invalid argument")]
    Match(String),
    #[error("\"+\" can only be used between terms")]
    Plus,
    #[error("Couldn't canonicalize path: {0}")]
    Path(&'static str),
    #[error("File is neither a device node, nor regular file, nor executable: {0}")]
    NoProgram(String),
}

/// What stands between two `+`: matches of one field are alternatives, different fields must all match.
type Term = Vec<Match>;

/// The clause of these words, where there are any; a device is meant as the boot that runs numbers it.
pub(crate) fn clause<W: AsRef<OsStr>>(
    words: &[W],
    running: Option<Id128>,
) -> Result<Option<Clause>, TermError> {
    let terms = parse(words, running)?;
    Ok((!terms.is_empty()).then(|| Clause::any(terms)))
}

fn parse<W: AsRef<OsStr>>(words: &[W], running: Option<Id128>) -> Result<Vec<Term>, TermError> {
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let alternatives = words.split(|word| word.as_ref() == OR);
    let terms: Vec<Term> = alternatives.map(|words| term(words, running)).collect::<Result<_, _>>()?;
    if terms.iter().any(Vec::is_empty) {
        return Err(TermError::Plus);
    }
    Ok(terms)
}

fn term<W: AsRef<OsStr>>(words: &[W], running: Option<Id128>) -> Result<Term, TermError> {
    let mut term = Vec::new();
    for word in words.iter().map(AsRef::as_ref) {
        if is_path(word) {
            term.extend(of_path(word, running)?);
        } else {
            term.push(of_field(word)?);
        }
    }
    Ok(term)
}

/// Whether a word is a field with its value.
pub(crate) fn is_match(word: &str) -> bool {
    of_field(word.as_ref()).is_ok()
}

/// Whether a word is the path of a program or device.
pub(crate) fn is_path(word: impl AsRef<OsStr>) -> bool {
    word.as_ref().as_encoded_bytes().starts_with(b"/")
}

/// The value is any bytes.
fn of_field(word: &OsStr) -> Result<Match, TermError> {
    let bytes = word.as_encoded_bytes();
    let divided = memchr::memchr(b'=', bytes).map(|equals| (&bytes[..equals], &bytes[equals + 1..]));
    match divided {
        Some((name, value)) if field_name::can_be_asked_for(name) => {
            Ok(Match::new(&String::from_utf8_lossy(name), value))
        }
        Some(_) | None => Err(TermError::Match(word.to_string_lossy().into_owned())),
    }
}

/// A program by its file, a script by its name and its interpreter, a device by its number.
fn of_path(path: &OsStr, running: Option<Id128>) -> Result<Vec<Match>, TermError> {
    let failed = |error: std::io::Error| TermError::Path(reason(&error));
    let real = Path::new(path).canonicalize().map_err(failed)?;
    let status = real.metadata().map_err(failed)?;
    let kind = status.file_type();
    if kind.is_file() && status.permissions().mode() & 0o111 != 0 {
        return Ok(match interpreter(&real) {
            Some(interpreter) => of_script(&real, &interpreter),
            None => vec![Match::new("_EXE", real.as_os_str().as_encoded_bytes())],
        });
    }
    if kind.is_char_device() || kind.is_block_device() {
        return Ok(device::matches(&status, running));
    }
    Err(TermError::NoProgram(real.display().to_string()))
}

fn of_script(path: &Path, interpreter: &str) -> Vec<Match> {
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    let comm = Match::new("_COMM", &name[..name.len().min(COMM_LENGTH)]);
    let real = Path::new(interpreter).canonicalize();
    let exe = real.map(|real| Match::new("_EXE", real.as_os_str().as_encoded_bytes()));
    [comm].into_iter().chain(exe.ok()).collect()
}

/// What a `#!` at the beginning of a file names.
fn interpreter(path: &Path) -> Option<String> {
    use std::io::Read as _;
    let mut start = Vec::new();
    std::fs::File::open(path).ok()?.take(4096).read_to_end(&mut start).ok()?;
    let line = start.strip_prefix(b"#!")?.split(|&byte| byte == b'\n').next()?;
    std::str::from_utf8(line).ok()?.split_whitespace().next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Vec<Term>, String> {
        let words: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
        parse(&words, None).map_err(|error| error.to_string())
    }

    #[test]
    fn terms_are_divided_by_a_plus() {
        let terms = parsed("A=1 B= + _PID=2").unwrap();
        assert_eq!(terms, [vec![Match::new("A", "1"), Match::new("B", "")], vec![Match::new("_PID", "2")]]);
    }

    #[test]
    fn a_plus_without_something_on_both_sides_is_refused() {
        for line in ["+", "A=1 +", "+ A=1", "A=1 + + B=1"] {
            assert_eq!(parsed(line).unwrap_err(), "\"+\" can only be used between terms", "{line}");
        }
    }

    #[test]
    fn what_is_no_field_is_refused() {
        for line in ["message=x", "=x", "A", "__A=x", "Ä=1"] {
            assert_eq!(parsed(line).unwrap_err(), format!("Failed to add match '{line}': Invalid argument"));
        }
    }

    #[test]
    fn a_script_is_its_name_and_its_interpreter() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a-name-of-many-letters");
        std::fs::write(&path, "#!/bin/sh -e\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let matches = of_path(path.as_os_str(), None).unwrap();
        assert_eq!(matches[0], Match::new("_COMM", "a-name-of-many-"));
        assert_eq!(matches[1].field, "_EXE");
        assert!(
            of_path("/nowhere".as_ref(), None)
                .unwrap_err()
                .to_string()
                .ends_with("No such file or directory")
        );
    }
}

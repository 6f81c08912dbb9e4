//! Files of variables as `EnvironmentFile=` of a unit names them.
//!
//! ```text
//! # a comment
//! IMENV_REDIS_ADDRESS = 10.0.0.7:16379,10.0.0.8:16379
//! IMENV_LOG_STORAGELOCATION="/var/log/openim im" # quoted: the rest of the line belongs to it
//! IMENV_OPENIM_API_API_PORTS=10002,\
//! 10003
//! ```
//!
//! What is no assignment, or assigns to what is no name of a variable, is ignored, as systemd ignores it.
//!
//! Source: `systemd.exec(5)`; where it is silent, what systemd 252 was seen to do (the system suite compares the two on
//! generated files). Left out: patterns in the path.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::str::Chars;

/// A file that a unit names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvironmentFile {
    /// Where it is.
    pub path: PathBuf,
    /// Whether the unit starts without it (`EnvironmentFile=-/path`).
    pub is_optional: bool,
}

/// One variable of a file.
#[derive(Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The line on which its name stands, counted from 1.
    pub line: usize,
    /// Its name.
    pub name: String,
    /// What it is set to, which may be a secret.
    pub value: String,
}

/// No file of variables is as long as this.
const MOST_BYTES: u64 = 1 << 20;

/// What stands for a byte that is no text.
const NO_TEXT: char = '\u{fffd}';

impl EnvironmentFile {
    /// Reads its variables, later ones behind earlier ones of the same name.
    ///
    /// # Errors
    /// The file cannot be read, is no ordinary one, or has a variable that is no text.
    pub fn read(&self) -> io::Result<Vec<Assignment>> {
        let text = read_text(&self.path)?;
        let assignments = parse(&text);
        if assignments.iter().any(|assignment| assignment.value.contains(NO_TEXT)) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"));
        }
        Ok(assignments)
    }
}

/// What would never end, as a pipe, is not begun.
fn read_text(path: &Path) -> io::Result<String> {
    if path.as_os_str().as_encoded_bytes().iter().any(|byte| b"*?[".contains(byte)) {
        return Err(io::Error::new(io::ErrorKind::Unsupported, "it is a pattern"));
    }
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is longer than 1 MiB"));
    }
    if bytes.contains(&0) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it has a NUL byte"));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Parses the text of a file.
#[must_use]
pub fn parse(text: &str) -> Vec<Assignment> {
    let mut reader = Reader { rest: text.chars(), line: 1 };
    let mut assignments = Vec::new();
    while let Some(first) = reader.next() {
        match first {
            '#' | ';' => reader.skip_comment(),
            blank if is_blank(blank) => {}
            first => assignments.extend(reader.read_assignment(first)),
        }
    }
    assignments
}

const fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

const fn ends_line(c: char) -> bool {
    matches!(c, '\n' | '\r')
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

struct Reader<'t> {
    rest: Chars<'t>,
    line: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let c = self.rest.next()?;
        self.line += usize::from(c == '\n');
        Some(c)
    }

    /// A backslash at its end has a comment go on. systemd 254 and later end it there; whoever takes the next line for
    /// a comment says nothing of a variable that may not be set.
    fn skip_comment(&mut self) {
        while let Some(c) = self.next() {
            match c {
                '\\' => drop(self.next()),
                c if ends_line(c) => return,
                _ => {}
            }
        }
    }

    /// Nothing where the line has no `=`, or no name before it.
    fn read_assignment(&mut self, first: char) -> Option<Assignment> {
        let line = self.line;
        let mut name = String::from(first);
        loop {
            match self.next()? {
                '=' => break,
                c if ends_line(c) => return None,
                c => name.push(c),
            }
        }
        let value = self.read_value();
        let name = name.trim_end_matches(is_blank);
        is_name(name).then(|| Assignment { line, name: name.to_owned(), value })
    }

    /// Parts in quotes, with blanks around them that do not count, and then what stands in none.
    fn read_value(&mut self) -> String {
        let mut value = String::new();
        while let Some(c) = self.next() {
            match c {
                '\'' => self.read_single_quoted(&mut value),
                '"' => self.read_double_quoted(&mut value),
                c if ends_line(c) => break,
                c if is_blank(c) => {}
                c => {
                    self.read_unquoted(c, &mut value);
                    break;
                }
            }
        }
        value
    }

    /// To the end of the line: from here on quotes are as any other character.
    fn read_unquoted(&mut self, first: char, value: &mut String) {
        let mut next = Some(first);
        // Blanks at the end do not count, unless they were escaped or stand before what was.
        let mut length = value.len();
        while let Some(c) = next.filter(|c| !ends_line(*c)) {
            if c == '\\' {
                value.extend(self.next().filter(|escaped| !ends_line(*escaped)));
            } else {
                value.push(c);
            }
            if !is_blank(c) {
                length = value.len();
            }
            next = self.next();
        }
        value.truncate(length);
    }

    fn read_single_quoted(&mut self, value: &mut String) {
        while let Some(c) = self.next().filter(|c| *c != '\'') {
            value.push(c);
        }
    }

    /// A backslash stays, unless it stands before what has a meaning there or at the end of a line.
    fn read_double_quoted(&mut self, value: &mut String) {
        while let Some(c) = self.next().filter(|c| *c != '"') {
            if c != '\\' {
                value.push(c);
                continue;
            }
            match self.next() {
                Some('\n') | None => {}
                Some(escaped @ ('"' | '\\' | '`' | '$')) => value.push(escaped),
                Some(other) => value.extend(['\\', other]),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Vec<(usize, String)> {
        let shown = |Assignment { line, name, value }| (line, format!("{name}={value}"));
        parse(text).into_iter().map(shown).collect()
    }

    #[track_caller]
    fn values(text: &str, expected: &[&str]) {
        let values: Vec<String> = parse(text).into_iter().map(|assignment| assignment.value).collect();
        assert_eq!(values, expected, "{text:?}");
    }

    #[test]
    fn comments_blank_lines_and_what_is_no_assignment_are_ignored() {
        let text = "# A=0\n ; B=0\n\nnonsense\nexport C=0\n9D=0\n=0\n==0\n  E = 1  \nF=\nG";
        assert_eq!(parsed(text), [(9, "E=1".to_owned()), (10, "F=".to_owned())]);
        assert_eq!(parsed(""), []);
    }

    #[test]
    fn a_comment_goes_on_behind_a_backslash() {
        assert_eq!(parsed("# why \\\nA=1\nB=2"), [(3, "B=2".to_owned())]);
    }

    #[test]
    fn quotes_keep_blanks_and_end_where_the_first_plain_character_stands() {
        values(
            "A=\"a b \"\nB=' a \\'\nC=\"a\" 'b'\nD=\"a\" b # c \nE=a\"b\"",
            &["a b ", " a \\", "ab", "ab # c", "a\"b\""],
        );
        values("A=\"a\\$b\\\\c\\n\\\"\"", &["a$b\\c\\n\""]);
        values("A=\"one\ntwo\"\nB=1", &["one\ntwo", "1"]);
    }

    #[test]
    fn a_quote_without_an_end_takes_the_rest_of_the_file() {
        values("A=\"a\nB=1\n", &["a\nB=1\n"]);
        values("A='a\nB=1", &["a\nB=1"]);
        values("A=\"a\\", &["a"]);
    }

    #[test]
    fn a_backslash_joins_lines_and_keeps_what_it_stands_before() {
        assert_eq!(parsed("A=1,\\\n2\nB=\\ x\\ \\\n"), [(1, "A=1,2".to_owned()), (3, "B= x ".to_owned())]);
        values("A=a  \\\n  b  \nB=\"a\\\nb\"\nC=x\\", &["a    b", "ab", "x"]);
    }

    #[test]
    fn lines_may_end_as_windows_ends_them() {
        assert_eq!(
            parsed("A=1\r\nB=\"2\"\r\n\r\nC=3\r\n"),
            [(1, "A=1".to_owned()), (2, "B=2".to_owned()), (4, "C=3".to_owned())]
        );
        // A backslash takes but one of the two.
        values("A=1\\\r\n2\r\nB=3", &["1", "3"]);
    }

    #[test]
    fn a_file_says_why_it_cannot_be_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("openim.env");
        let read = |path: &Path| EnvironmentFile { path: path.to_owned(), is_optional: false }.read();
        let refused = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            read(&path).err().map(|error| error.to_string())
        };
        assert_eq!(refused(b"A=1\n#\xe4\n").as_deref(), None);
        assert_eq!(refused(b"A=\xe4\n").as_deref(), Some("it is not UTF-8"));
        assert_eq!(refused(b"A=1\0").as_deref(), Some("it has a NUL byte"));
        let long = |bytes: usize| [b"A=".as_slice(), &vec![b'x'; bytes - 2]].concat();
        assert_eq!(refused(&long(1 << 20)), None);
        assert_eq!(refused(&long((1 << 20) + 1)).as_deref(), Some("it is longer than 1 MiB"));
        assert_eq!(read(directory.path()).err().unwrap().to_string(), "it is no file");
        assert_eq!(read(Path::new("/dev/zero")).err().unwrap().to_string(), "it is no file");
        assert_eq!(read(Path::new("/etc/*.env")).err().unwrap().to_string(), "it is a pattern");
        assert_eq!(read(&directory.path().join("gone")).err().unwrap().kind(), io::ErrorKind::NotFound);
    }
}

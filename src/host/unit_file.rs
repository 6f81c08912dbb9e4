//! What the files of units say: a unit's own file and its drop-ins, as systemd reads them.
//!
//! Source: `systemd.unit(5)`, `systemd.syntax(7)`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Where units and their drop-ins are, the strongest first.
pub(crate) const DIRECTORIES: [&str; 5] = [
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];

/// The value of a key in one place of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Value {
    pub(crate) file: PathBuf,
    /// Its lines, joined by a backslash at their ends, each with its number.
    lines: Vec<(usize, String)>,
}

impl Value {
    /// Its words, each with the number of its line.
    pub(crate) fn words(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines.iter().flat_map(|(number, text)| text.split_whitespace().map(|word| (*number, word)))
    }
}

/// The files of each service that is wanted, by the name of its unit: its own first, then its drop-ins in their order.
/// Of files with one name the strongest directory's counts.
pub(crate) fn files_of_services(
    directories: &[&Path],
    is_wanted: impl Fn(&str) -> bool,
) -> BTreeMap<String, Vec<PathBuf>> {
    let mut units: BTreeMap<String, BTreeMap<PathBuf, PathBuf>> = BTreeMap::new();
    for path in directories.iter().rev().flat_map(|directory| entries(directory)) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (name, is_directory) =
            name.strip_suffix(".d").map_or((name.as_str(), false), |name| (name, true));
        let Some(unit) = name.strip_suffix(".service").filter(|unit| is_wanted(unit)) else { continue };
        let of_unit = units.entry(unit.to_owned()).or_default();
        if is_directory {
            let drop_ins =
                entries(&path).into_iter().filter(|file| file.extension().is_some_and(|end| end == "conf"));
            // They are read in the order of their names, whichever directory they are in.
            of_unit
                .extend(drop_ins.map(|file| (file.file_name().map(PathBuf::from).unwrap_or_default(), file)));
        } else {
            // The unit's own file comes before all its drop-ins.
            of_unit.insert(PathBuf::new(), path);
        }
    }
    units.into_iter().map(|(unit, files)| (unit, files.into_values().collect())).collect()
}

/// The values of a key in the files of a unit. An empty one takes back all before it. What cannot be read says nothing.
pub(crate) fn values(files: &[PathBuf], key: &str) -> Vec<Value> {
    let mut values = Vec::new();
    for file in files {
        let text = fs::read(file).unwrap_or_default();
        for lines in parse(&String::from_utf8_lossy(&text), key) {
            if lines.iter().all(|(_, text)| text.is_empty()) {
                values.clear();
            } else {
                values.push(Value { file: file.clone(), lines });
            }
        }
    }
    values
}

/// The lines of each value of a key in a file.
fn parse(text: &str, key: &str) -> Vec<Vec<(usize, String)>> {
    let mut values: Vec<Vec<(usize, String)>> = Vec::new();
    // Whether the line goes on, and is of the key.
    let mut goes_on = None;
    for (place, line) in text.lines().enumerate() {
        let line = line.trim();
        // A comment does not end a value.
        if line.starts_with(['#', ';']) {
            continue;
        }
        let (is_of_key, rest) = match goes_on {
            Some(is_of_key) => (is_of_key, line),
            None => line.split_once('=').map_or((false, line), |(name, value)| (name.trim() == key, value)),
        };
        let piece = rest.strip_suffix('\\');
        if is_of_key {
            if goes_on.is_none() {
                values.push(Vec::new());
            }
            if let Some(lines) = values.last_mut() {
                lines.push((place + 1, piece.unwrap_or(rest).trim().to_owned()));
            }
        }
        goes_on = piece.is_some().then_some(is_of_key);
    }
    values
}

/// What is in a directory; nothing where it cannot be read.
fn entries(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten();
    entries.filter_map(|entry| Some(entry.ok()?.path())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let lines = parse(text, "ExecStart");
        let values = lines.into_iter().map(|lines| Value { file: PathBuf::new(), lines });
        let numbered = |(line, word): (usize, &str)| format!("{line}:{word}");
        values.map(|value| value.words().map(numbered).collect::<Vec<_>>().join(" ")).collect()
    }

    #[test]
    fn a_value_goes_on_behind_a_backslash_and_over_comments() {
        assert_eq!(
            words("[Service]\r\n ExecStart = a \\\r\n# why\n  -b \\\n\tc\nUser=x\n"),
            ["2:a 4:-b 5:c"]
        );
        assert_eq!(words("Environment=A=1 \\\nExecStart=no\nExecStart=yes"), ["3:yes"]);
        assert_eq!(words("ExecStart=last \\"), ["1:last"]);
        assert_eq!(words("ExecStart\n=x\n\\\n"), [""; 0]);
    }

    #[test]
    fn drop_ins_come_in_the_order_of_their_names_and_an_empty_value_takes_back_what_was_before() {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = directory.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("weak/a.service", "ExecStart=weak");
        write("strong/a.service", "ExecStart=own");
        write("weak/a.service.d/20.conf", "ExecStart=\nExecStart=second");
        write("strong/a.service.d/30.conf", "ExecStart=third");
        write("weak/a.service.d/10.conf", "ExecStart=first");
        write("weak/b.service", "ExecStart=other");
        let [strong, weak] = ["strong", "weak"].map(|name| directory.path().join(name));
        let files = files_of_services(&[&strong, &weak], |unit| unit == "a");
        assert_eq!(files.keys().collect::<Vec<_>>(), ["a"]);
        let values = values(&files["a"], "ExecStart");
        let words: Vec<&str> = values.iter().flat_map(Value::words).map(|(_, word)| word).collect();
        assert_eq!(words, ["second", "third"]);
        assert_eq!(values[0].file, weak.join("a.service.d/20.conf"));
    }
}

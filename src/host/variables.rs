//! The variables with which a manager starts a program, put together from where it takes them.

use std::io;

use super::environment_file::EnvironmentFile;
use crate::openim::config::{Environment, Unread};

/// Where they come from, each over the one before.
///
/// Source: `systemd.exec(5)`, environment variables in spawned processes. Left out: `PassEnvironment=`, and what no unit
/// sets (`HOME`, `PATH`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// What the manager itself tells.
    pub told: Environment,
    /// Files that are read at the start.
    pub files: Vec<EnvironmentFile>,
    /// What is taken back at last: `NAME` or `NAME=value`.
    pub unset: Vec<String>,
}

impl Sources {
    /// Reads the files, and gives what a process would see that were started now.
    #[must_use]
    pub fn read(&self) -> Environment {
        let mut environment = self.told.clone();
        for file in &self.files {
            add(&mut environment, file);
        }
        for which in &self.unset {
            environment.unset(which);
        }
        environment
    }
}

fn add(environment: &mut Environment, file: &EnvironmentFile) {
    match file.read() {
        Ok(assignments) => {
            for variable in assignments {
                let place = format!("{}:{}", file.path.display(), variable.line);
                environment.set(&variable.name, &variable.value, &place);
            }
        }
        Err(error) => {
            let is_absent = error.kind() == io::ErrorKind::NotFound;
            if !(is_absent && file.is_optional) {
                let (path, why) = (file.path.clone(), error.to_string());
                environment.add_unread(Unread { path, is_missing: is_absent, why });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_last_one_wins_and_a_file_that_is_not_there_is_told_unless_it_need_not_be() {
        let directory = tempfile::tempdir().unwrap();
        let file =
            |name: &str, is_optional| EnvironmentFile { path: directory.path().join(name), is_optional };
        fs::write(directory.path().join("1"), "A=one\nB=one\n").unwrap();
        fs::write(directory.path().join("2"), "B=first\nB=two\nC=two\n").unwrap();
        let mut told = Environment::default();
        for name in ["A", "B", "C", "D"] {
            told.set(name, "unit", "openim-api.service");
        }
        let files = vec![file("1", false), file("gone", true), file("2", true), file("missing", false)];
        let environment = Sources { told, files, unset: vec!["C".to_owned(), "D=other".to_owned()] }.read();
        let values = ["A", "B", "C", "D"].map(|name| environment.get(name));
        assert_eq!(values, [Some("one"), Some("two"), None, Some("unit")]);
        assert!(environment.origin("B").to_string().ends_with("/2:2 $B"));
        assert_eq!(environment.origin("D").to_string(), "openim-api.service $D");
        let unread: Vec<_> = environment.unread().iter().map(|file| (&file.path, file.is_missing)).collect();
        assert_eq!(unread, [(&directory.path().join("missing"), true)]);
    }
}

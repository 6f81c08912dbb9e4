//! Every option in journalctl's help is one of ours.

use std::process::Command;

use openim_ops::journalctl::args::Args;

#[test]
fn every_spelling_in_journalctls_help_is_understood() {
    let Ok(help) = Command::new("journalctl").arg("--help").output() else {
        return crate::missing::did_not_run("journalctl is not installed");
    };
    let help = String::from_utf8(help.stdout).expect("help is text");
    let spellings: Vec<Vec<String>> = help.lines().flat_map(spellings).collect();
    assert!(spellings.len() > 80, "{spellings:?}");
    for words in spellings {
        let line = std::iter::once("journal".to_owned()).chain(words.clone()).map(Into::into);
        if let Err(error) = Args::read(line) {
            assert!(!error.use_stderr(), "{words:?}: {error}");
        }
    }
}

/// `  -S --since=DATE   …` is `-S1`, `-S 1`, `--since=1` and `--since 1`.
fn spellings(line: &str) -> Vec<Vec<String>> {
    if !line.starts_with("  ") || !line.trim_start().starts_with('-') {
        return Vec::new();
    }
    let words: Vec<&str> = line.split_whitespace().take_while(|word| word.starts_with('-')).collect();
    let value = words.iter().find_map(|word| word.split_once('='));
    let is_optional = value.is_some_and(|(name, _)| name.ends_with('['));
    let mut found = Vec::new();
    for word in words {
        let name = word.split(['=', '[']).next().unwrap_or_default().to_owned();
        if value.is_none() || is_optional {
            found.push(vec![name.clone()]);
        }
        if value.is_some() {
            let long = name.starts_with("--");
            found.push(vec![if long { format!("{name}=1") } else { format!("{name}1") }]);
        }
        if value.is_some() && !is_optional {
            found.push(vec![name, "1".to_owned()]);
        }
    }
    found
}

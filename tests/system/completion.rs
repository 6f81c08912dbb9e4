//! Completions as a person meets them: a real bash on a terminal, with bash-completion, and the Tab key.

use std::fmt::Write as _;

use crate::machine::Machine;

/// The keys of readline that the tests press.
const TAB: &str = "\t";
/// Puts all completions into the line.
const ALL_OF_THEM: &str = "\x1b*";
const TO_THE_BEGINNING: &str = "\x01";

/// `show` prints the line that stood behind it, so that a completed line is seen and not run.
const BASHRC: &str = "\
. /usr/share/bash-completion/bash_completion
bind 'set bell-style none'
show() { printf 'line: %s\\n' \"$*\"; }
";

/// Where bash-completion looks for what `make install` installs.
const INSTALLED: &str = "/usr/local/share/bash-completion/completions";

struct Terminal {
    machine: Machine,
}

impl Terminal {
    fn with_both_commands() -> Terminal {
        let machine = Machine::boot();
        machine.install(env!("CARGO_BIN_EXE_openim-check"), "/usr/local/bin/openim-check");
        machine.install(env!("CARGO_BIN_EXE_openim-logs"), "/usr/local/bin/openim-logs");
        for command in ["openim-check", "openim-logs"] {
            let file = format!("{}/completions/{command}.bash", env!("CARGO_MANIFEST_DIR"));
            machine.install(&file, &format!("{INSTALLED}/{command}"));
        }
        machine.write_file("/root/bashrc", BASHRC, 0o644);
        Terminal { machine }
    }

    /// What is in the line after the keys of each were pressed, all in one session.
    fn lines_after<const N: usize>(&self, keys: [(&str, &str); N]) -> [String; N] {
        let mut typed = String::new();
        for (text, key) in keys {
            let _ = writeln!(typed, "{text}{key}{TO_THE_BEGINNING}show ");
        }
        typed.push_str("exit\n");
        let session = "script --quiet --return --command 'bash --rcfile /root/bashrc -i' /dev/null";
        let output = self.machine.run_with_input(session, typed.as_bytes());
        // The terminal shows what is typed as well; what is printed begins its line.
        let shown = output.stdout.split(['\r', '\n']).filter_map(|line| line.strip_prefix("line: "));
        let lines: Vec<String> = shown.map(|line| line.trim_end().to_owned()).collect();
        lines.try_into().unwrap_or_else(|_| panic!("not one line for each\n{output}"))
    }
}

#[test]
fn tab_completes_services_formats_and_kinds_of_openim_check() {
    let terminal = Terminal::with_both_commands();
    let [service, group, formats, kinds, verb] = terminal.lines_after([
        ("openim-check rpc-u", TAB),
        ("openim-check dep", TAB),
        ("openim-check --format ", ALL_OF_THEM),
        ("openim-check --only ", ALL_OF_THEM),
        ("openim-check compl", TAB),
    ]);
    assert_eq!(service, "openim-check rpc-user");
    assert_eq!(group, "openim-check deps");
    offers(&formats, "openim-check --format ", &["text", "json"]);
    offers(&kinds, "openim-check --only ", &["process", "port", "http", "registry", "dependency"]);
    assert_eq!(verb, "openim-check completions");
}

#[test]
fn tab_completes_services_levels_and_formats_of_openim_logs() {
    let terminal = Terminal::with_both_commands();
    let [service, levels, formats, long] = terminal.lines_after([
        ("openim-logs msgg", TAB),
        ("openim-logs -L ", ALL_OF_THEM),
        ("openim-logs -o ", ALL_OF_THEM),
        ("openim-logs --output openim-", TAB),
    ]);
    assert_eq!(service, "openim-logs msggateway");
    offers(&levels, "openim-logs -L ", &["debug", "info", "warn", "error", "panic", "fatal"]);
    offers(&formats, "openim-logs -o ", &["openim", "short", "cat", "json", "openim-json"]);
    assert_eq!(long, "openim-logs --output openim-json");
}

/// The line has these words, perhaps among others, and no option: a value is wanted here.
#[track_caller]
fn offers(line: &str, typed: &str, wanted: &[&str]) {
    let words: Vec<&str> = line.strip_prefix(typed).unwrap_or_default().split(' ').collect();
    let missing: Vec<&&str> = wanted.iter().filter(|word| !words.contains(word)).collect();
    assert!(missing.is_empty(), "{missing:?} is missing in {line:?}");
    assert!(!words.iter().any(|word| word.starts_with('-')), "{line:?}");
}

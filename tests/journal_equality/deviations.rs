//! Where we do otherwise than journalctl 252, and that it indeed does what is told of it. What is asked here of cursors and
//! facilities 257 and 262 answer as we do: both were mistakes.

use super::answer::{can_be_compared, ours, theirs};
use super::corpus::Corpus;
use super::forms::of_a_device;
use super::question::Question;
use openim_ops::journal::Engine;

/// journalctl always steps over one entry for `--after-cursor`. Where the cursor's own entry is none of those asked
/// for, that is the first one behind it, which is lost (systemd#30288).
#[test]
fn the_entry_behind_a_cursor_whose_own_entry_is_not_asked_for_is_not_lost() {
    if !can_be_compared() {
        return;
    }
    let corpus = Corpus::make();
    let (place, cursors) = &corpus.places[0];
    let ask = |option: &str, cursor: &str| {
        let words = place.options.iter().map(String::as_str);
        Question::new(words.chain(["-o", "cat", option, cursor, "PRIORITY=3"]))
    };
    let mut lost = 0;
    for cursor in cursors {
        let at = theirs(&ask("-c", cursor));
        let after = theirs(&ask("--after-cursor", cursor));
        let shown = ours(&ask("--after-cursor", cursor), Engine::Native);
        let own = theirs(&Question::new(
            place.options.iter().map(String::as_str).chain(["-o", "export", "-c", cursor, "-n", "1"]),
        ));
        if own.contains("\nPRIORITY=3\n") {
            assert_eq!(shown, after, "{cursor}");
        } else {
            assert_eq!(shown, at, "what is at or behind it is behind it: {cursor}");
            lost += usize::from(shown != after);
        }
    }
    assert!(lost > 0, "journalctl loses none any more");
}

/// For journalctl a facility holds for the alternative before the first `+` only, unlike all other options.
#[test]
fn a_facility_holds_for_every_alternative() {
    if !can_be_compared() {
        return;
    }
    let corpus = Corpus::make();
    let (place, _) = &corpus.places[0];
    let ask = |words: &str| {
        let place = place.options.iter().map(String::as_str);
        Question::new(place.chain(["-o", "cat"]).chain(words.split_whitespace()).collect::<Vec<_>>())
    };
    let typed = ask("--facility kern _PID=1 + _UID=1000");
    let meant = ask("SYSLOG_FACILITY=0 _PID=1 + SYSLOG_FACILITY=0 _UID=1000");
    assert_eq!(ours(&typed, Engine::Native), theirs(&meant));
    assert_ne!(theirs(&typed), theirs(&meant), "journalctl makes this mistake no more");
}

/// For journalctl a `+` behind a device means what a space means: all must match.
#[test]
fn a_plus_behind_a_device_stands_between_alternatives() {
    if !can_be_compared() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = of_a_device(directory.path()).display().to_string();
    let ask = |words: &[&str]| Question::new(["--file", &file, "-o", "cat"].iter().chain(words).copied());
    let typed = ask(&["/dev/null", "+", "PRIORITY=6"]);
    for engine in Engine::BUILT_IN {
        assert_eq!(ours(&typed, *engine), theirs(&ask(&["PRIORITY=6", "+", "/dev/null"])));
    }
    assert_eq!(
        theirs(&typed),
        theirs(&ask(&["/dev/null", "PRIORITY=6"])),
        "journalctl makes this mistake no more"
    );
}

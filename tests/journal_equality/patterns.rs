//! What `--grep` finds, and what it refuses.

use std::path::{Path, PathBuf};

use super::answer::{Answer, can_be_compared, differences, ours, theirs};
use super::corpus::{BEGIN, BOOTS};
use super::journals::{self, LAYOUTS, entry};
use super::question::Question;
use openim_ops::journal::Engine;

/// Letters of one byte and of more, bytes that are no text, ends of lines of every form, tabs, signs of expressions.
const MESSAGES: &[&[u8]] = &[
    b"one",
    b"One TWO three",
    b"two\nlines",
    b"two\r\nlines",
    b"two\x0blines\x0cmore",
    b"two lines",
    b"two\n\nlines",
    b"ends\n",
    b"ends\r\n",
    b"\nbegins",
    b"tab\there",
    b"x",
    b"axb a.b a*b",
    b"dialtone phone",
    b"refused: dial tcp 10.0.0.1:27017",
    b"{\"level\":\"error\",\"n\":12}",
    b"a{2} aa a{,2}",
    b"[1] (2) <3> |4| ^5$ \\6 #7",
    b"--&&~~ a-b",
    b":alpha: ;",
    b"A101B \x08 \x01 \x1b[0m \x07",
    b"\x00nul",
    b"bad \xff\xfe bytes",
    b"\xe9 in Latin",
    b"\x85\xa0",
    b"cut \xe4\xb8",
    "\u{e9}x".as_bytes(),
    "\u{e9}".as_bytes(),
    "\u{c9}T\u{c9}".as_bytes(),
    "\u{4e2d}\u{6587}\u{6d88}\u{606f}".as_bytes(),
    "\u{4e2d}".as_bytes(),
    "\u{65e5}\u{672c}\u{8a9e} mixed".as_bytes(),
    "\u{e0} la carte\u{2026}".as_bytes(),
    "\u{1f600} smile".as_bytes(),
    "e\u{301}".as_bytes(),
    "non\u{a0}breaking".as_bytes(),
    b"aaab_9",
    b"  spaced  ",
];

/// Written otherwise than in the words of the crate, or meaning something else there.
const SAME: &[&str] = &[
    "one",
    "One",
    "error|refused",
    r"two\vlines",
    r"two\Vlines",
    r"two\hlines",
    r"two\Hlines",
    r"[\v]lines",
    r"[\h\V]x",
    "[[:<:]]one",
    "one[[:>:]]",
    "\u{e9}?x",
    "\u{e9}+",
    "\u{e9}",
    "\u{c9}",
    "(?i)\u{c9}",
    "(?i)t\u{c9}",
    "^\u{e9}$",
    "^..$",
    "^...$",
    "^.{6}$",
    "[\u{4e2d}\u{6587}]",
    "^[\u{4e2d}\u{6587}]$",
    "^[\u{4e2d}\u{6587}]+$",
    "[^\u{4e2d}]",
    "^[^\u{4e2d}]+$",
    "[\u{e9}-\u{fc}]",
    "[a-\u{e9}]x",
    "\u{4e2d}\u{6587}",
    "\u{4e2d}|\u{65e5}",
    r"\101",
    r"\12",
    r"\012",
    r"\0",
    r"\00",
    r"\08",
    r"\377",
    r"[\101\12]",
    r"[\8]",
    r"\o{101}",
    r"\x41",
    r"\x{41}",
    r"\x{0041}",
    r"\xff",
    r"\x",
    r"\xe9 in",
    r"\p{L}",
    r"\pL",
    r"^\p{Lu}",
    r"^\P{L}",
    r"^\p{^L}",
    r"^\PL+$",
    r"[\p{Nd}\p{P}]2",
    r"\p{L&}\p{Zs}\p{Any}",
    r"(?i)\p{Lu}ne",
    r"\H",
    r"\V+$",
    r"\cA",
    r"\c[",
    r"one\E",
    r"a\Q.*\Eb",
    r"\Qa.b",
    r"\Qa\E*b",
    r"[\Qa-\E]b",
    "(?|a|b)x",
    "(?|one|(two))",
    "(?^)one",
    "(?^i)ONE",
    "(?^:ONE)",
    "(?'n'one)",
    "(?<n>one)",
    "(?P<n>one)",
    "(?<n>o)(?<m>n)e",
    "(?J)(?<n>o)(?<n>n)e",
    "(?i)ONE",
    "(?i:ONE)",
    "(?i)O(?-i)ne",
    "(?-i)TWO",
    "(?x) o n e # remark",
    "(?x) a \\. b",
    "(?x)a *\nb",
    "(?xx)[o n]e",
    "(?s)two.lines",
    "(?s)two..lines",
    "(?m)^lines$",
    "(?m)^lines",
    "(?m)two$",
    "(?ms)^two.+^lines$",
    "(?U)a+b",
    "(?n)(one)",
    "a(?#remark)x",
    "two.lines",
    "ends$",
    r"ends\Z",
    r"ends\z",
    r"ends\n\z",
    r"\Aone\z",
    r"\Gone",
    "begins",
    "^begins",
    r"\nbegins",
    r"two\Rlines",
    r"two\R+lines",
    r"two\R?lines",
    r"ends\R",
    r"\N{3}",
    r"^\N+$",
    r"two\Clines",
    r"\e\[",
    r"\a",
    r"[\b]",
    r"\bone\b",
    r"\Bone",
    r"\<3\>",
    r"\_9",
    r"\-",
    r#"{"level""#,
    "a{2}",
    "a{2,}b",
    "a{,2}",
    r"a\{2}",
    "a{1,2}?b",
    "(a|b)*?_",
    "[]x]",
    "[^]x]",
    "[a-z&&[aeiou]]",
    "[--a]b",
    "[a-]b",
    "[a-b-c]b",
    "[[:alpha:][]1",
    "[[:^alpha:]]",
    "[[:upper:]]",
    "(?i)[[:upper:]]ne",
    "[[:space:]]",
    "[[:word:]]9",
    "[:alpha]",
    r"[\d-]",
    r"\\Q",
    "]",
    "}",
    "",
    "|",
    "()",
];

/// What journalctl refuses too, and what our reason names.
const REFUSED: &[(&str, &str)] = &[
    ("[[:foo:]]", "[:foo:]"),
    ("[:alpha:]", "[: :]"),
    ("[[.a.]]", "[. .]"),
    ("[[=a=]]", "[= =]"),
    ("[a[:<:]]", "[:<:]"),
    ("[a--b]", "range"),
    ("[z-a]", "range"),
    (r"[\d-z]", "range"),
    (r"[a-\d]", "range"),
    ("[a", "class"),
    (r"[\N]", r"\N"),
    (r"[\R]", r"\R"),
    (r"\u0041", r"\u"),
    (r"\u{41}", r"\u"),
    (r"\U", r"\U"),
    (r"\L", r"\L"),
    (r"\i", r"\i"),
    (r"\x{100}", r"\x{}"),
    (r"\x{", r"\x{}"),
    (r"\o{400}", r"\o{}"),
    (r"\400", "octal"),
    (r"\1", "back references"),
    (r"\8", "back references"),
    (r"\N{U+41}", r"\N{}"),
    (r"\N{name}", r"\N{}"),
    (r"\p{Letter}", r"\p{Letter}"),
    ("\\c\u{e9}", r"\c"),
    ("one\\", "\\"),
    ("(?u)\u{e9}", "(?u"),
    (r"(?-u)\xff", "(?u"),
    ("(?s-i-m)", "(?-"),
    ("(?Pa)", "(?P"),
    ("(?1)", "recursion"),
    ("(?(1)a)", "conditions"),
    ("(*foo)", "(*foo)"),
    ("(?<n>o)(?<n>n)", "same name"),
    ("(?<1>o)", "name"),
    ("(", "parenthesis"),
    (")", "parenthesis"),
    ("(?#", "remark"),
    ("*one", "quantifier"),
    ("a**", "quantifier"),
    ("^*a", "quantifier"),
    (r"\b+", "quantifier"),
    ("a{2}{3}", "quantifier"),
    ("a{3,2}", "quantifier"),
    ("a{65536}", "quantifier"),
];

/// What journalctl takes and we do not, and what our reason names.
const NOT_TAKEN: &[(&str, &str)] = &[
    ("one(?=x)", "looking ahead"),
    ("one(?!x)", "looking ahead"),
    ("(?<=o)ne", "behind"),
    ("(?<!o)ne", "behind"),
    ("(?>one)", "atomic"),
    (r"(o)\1", "back references"),
    ("(?<n>o)(?P=n)", "back references"),
    (r"(?<n>o)\k<n>", r"\k"),
    (r"(o)\g1", r"\g"),
    ("o(?R)?", "recursion"),
    ("(o)(?1)", "recursion"),
    ("(?:o(?0)?)", "recursion"),
    ("(o)(?(1)n)", "conditions"),
    ("a++", "possessive"),
    ("a{2}+", "possessive"),
    (r"(*UCP)\w", "(*UCP)"),
    ("(*UTF)\u{e9}", "(*UTF)"),
    ("(*CRLF)one", "(*CRLF)"),
    ("one(*ACCEPT)", "(*ACCEPT)"),
    (r"o\Kne", r"\K"),
    (r"\X", r"\X"),
    ("(?C1)one", "(?C)"),
    (r"\p{Han}", r"\p{Han}"),
    ("(?|(?<n>o))", "(?| )"),
    ("one[[:>:]]?", "quantifier"),
    ("(one){0}two", "{0}"),
    (r"ends$\n", "$"),
    (r"two\R\n", r"\R"),
    (r"\R{2}", r"\R"),
    (r".*\R", r"\R"),
    (r"\S+\h", r"\h"),
    ("(?m)^$", "^ of (?m)"),
    ("(?m)^", "^ of (?m)"),
];

/// The journal of all messages.
fn journal(directory: &Path) -> PathBuf {
    let entries = (0..).zip(MESSAGES).map(|(number, message)| {
        let fields = [("SYSLOG_IDENTIFIER", b"api".to_vec()), ("MESSAGE", message.to_vec())];
        entry(BEGIN + number * 1_000_000, number * 1_000_000, BOOTS[0], &fields)
    });
    let file = directory.join("x.journal");
    journals::make(&file, &entries.collect::<Vec<_>>().concat(), LAYOUTS[0]);
    file
}

fn search(file: &Path, pattern: &str) -> Question {
    Question::new(["--file", &file.display().to_string(), "-o", "cat", "-g", pattern])
}

#[test]
fn a_pattern_finds_what_it_finds_there() {
    if !can_be_compared() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = journal(directory.path());
    let differences: Vec<String> =
        SAME.iter().flat_map(|pattern| differences(&search(&file, pattern))).collect();
    assert!(differences.is_empty(), "{} differ\n\n{}", differences.len(), differences.join("\n\n"));
}

#[test]
fn what_is_refused_is_named() {
    if !can_be_compared() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = journal(directory.path());
    let lists = [(REFUSED, true), (NOT_TAKEN, false)];
    for (&(pattern, named), is_refused_there) in
        lists.into_iter().flat_map(|(list, refused)| list.iter().map(move |one| (one, refused)))
    {
        let question = search(&file, pattern);
        let there = theirs(&question);
        assert_eq!(there.error().contains("Bad pattern"), is_refused_there, "{pattern}: {there:?}");
        for engine in Engine::BUILT_IN {
            assert_names(pattern, named, &ours(&question, *engine));
        }
    }
}

fn assert_names(pattern: &str, named: &str, ours: &Answer) {
    let reason = ours.error().strip_prefix(&format!("Bad pattern \"{pattern}\": "));
    assert_eq!(ours.code(), Some(1), "{pattern}: {ours:?}");
    assert!(reason.is_some_and(|reason| reason.contains(named)), "{pattern}: {ours:?}");
    assert!(ours.text().is_empty(), "{pattern}: {ours:?}");
}

/// The end of a line that `$` stands before is no part of what was found.
#[test]
fn what_was_found_is_painted_as_there() {
    if !can_be_compared() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = journal(directory.path());
    for pattern in ["ends$", r"s\Z", "\u{4e2d}", "[\u{e9}]", r"two\Rl", r"\n", "s\n", "o", "."] {
        let mut question = search(&file, pattern);
        question.words.splice(2..4, ["-q".to_owned()]);
        question.colours = "1";
        let differences = differences(&question);
        assert!(differences.is_empty(), "{}", differences.join("\n"));
    }
}

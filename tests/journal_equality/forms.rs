//! The forms in which people ask, side by side.

use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use openim_ops::journal::Engine;

use super::answer::{Answer, ask, can_be_compared, differences, ours, theirs};
use super::corpus::{BEGIN, BOOTS, Corpus, entries};
use super::journals::{self, LAYOUTS, entry};
use super::program;
use super::question::Question;

/// What the usual articles on journalctl teach; times are those of the journal that is asked.
const FORMS: [&str; 138] = [
    "",
    "-k",
    "-b",
    "-b -0",
    "-b -1",
    "--list-boots",
    "--since=2023-11-14",
    "--since=2023-11-14_22:14:00",
    "--since 2023-11-14_22:14 --until 2023-11-14_22:15:30",
    "--since yesterday",
    "--since=20_min_ago",
    "--since=1_hour_ago",
    "--since 2023-11-14_22:14:00 --until 2023-11-14_22:15:30 -u openim-api",
    "--since today",
    "--since 09:00 --until 1_hour_ago",
    "-n",
    "-n 20",
    "-n20",
    "--lines=20",
    "-r",
    "-e",
    "-b -1 -n 5",
    "-k -b -1",
    "-k -n 3 --no-pager",
    "-b -p err -o json-pretty",
    "-re",
    "-er -n 5",
    "_PID=1",
    "_UID=33",
    "_UID=1000 _PID=512",
    "-u openim-api",
    "-u openim-api.service -u openim-push@3.service",
    "-u openim-api --since 2023-11-14",
    "-u openim-api -b",
    "-u openim-api --since today",
    "-u openim-api -u openim-push@3 --since yesterday",
    "-u openim-*",
    "-t openim-api",
    "-p err -b",
    "-p 0",
    "-p 3",
    "-p 7",
    "-p emerg",
    "-p alert",
    "-p crit",
    "-p warning -b",
    "-p notice",
    "-p info",
    "-p debug",
    "-p emerg..err",
    "-p err -p warning",
    "--no-pager",
    "-o json",
    "-o json-pretty",
    "-o verbose -n 3",
    "-o cat",
    "-o short-iso",
    "-b -u openim-api -o json-pretty",
    "--disk-usage",
    "-g error",
    "-g ERROR --case-sensitive=no -n 2",
    "/usr/bin/env",
    "/bin/sh",
    "-F _SYSTEMD_UNIT",
    "-N",
    "--utc --no-hostname -n 5",
    "--show-cursor -n 1",
    "-n 0 -g nowhere",
    "-n 0 -g nowhere -S @1700000399.999",
    "-n 0 -g nowhere --show-cursor",
    "-n 0 -g nowhere -U @1",
    "--no-tail -n 3",
    "-N -b 77",
    "-g message$",
    "-g [a-z&&[aeiou]]",
    r#"-g {"level""#,
    "-g message{",
    r"-g \Qmessage\E",
    "-g a{2}",
    r"-g message\Z",
    r"-g \<",
    "-g [^]]$",
    "-n 0x5 -o cat",
    "-n 0X1f -o cat",
    "-n 012 -o cat",
    "-n 0b11 -o cat",
    "-n 0o7 -o cat",
    "--list-boots -o json-sse",
    "--list-boots -o json-seq",
    "--list-boots -o json-sse -q",
    "1A=x",
    "-F 1A",
    "-F AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "--facility=",
    "--facility=,kern,,daemon,",
    "-b 0x0",
    "-b -0x1 -o cat",
    "-b 0b1 -o cat",
    "-b 02 -o cat",
    "-b +2 -o cat",
    "-b 8dc4df31cf7c4c1c8a6b10fc7b9b44b0+0x1 -o cat",
    "-n -0 -o cat",
    "--sinc=@1700000100",
    "--ident=openim-api",
    "--pri=3 -n 5",
    "--bo=1 -n 5",
    "--lin=3",
    "--output-f=MESSAGE -o cat",
    "--this-boot",
    "--this-b -n 3",
    "-b 1 --this-boot -n 3",
    "--this-boot -b 1 -n 3",
    "-N -F PRIORITY",
    "-F PRIORITY -N",
    "--list-boots -F PRIORITY",
    "-F PRIORITY --list-boots",
    "--header --disk-usage",
    "--disk-usage --header",
    "--sync -F PRIORITY",
    "-b 00000000000000000000000000000000 -o cat",
    "-b 00000000000000000000000000000000+1 -o cat",
    "-b 00000000000000000000000000000000-1 -o cat",
    "--facility=kern,help",
    "--facility=help,nonsense",
    "--facility=0x3 -n 3",
    "--facility=010 -n 3",
    "-p 0x3 -n 3",
    "-p +3..0b101 -n 3",
    "-o cat --output-fields=1A -n 3",
    "-o cat --output-fields=__CURSOR -n 0",
    "-o cat --output-fields=message -g nowhere",
    "-o short --output-fields=message -n 1",
    "-o json --output-fields=__CURSOR,A=B -n 1",
    "-f -F MESSAGE",
    "-f -F MESSAGE -n 12",
    "-f -F MESSAGE -n 0",
    "-f -F MESSAGE --no-tail",
    "-f -F MESSAGE --since=2023-11-14",
];

/// What is refused, in journalctl's words.
const REFUSED: [&str; 59] = [
    "-o nonsense",
    "-p nonsense",
    "-p err..nonsense",
    "--since nonsense",
    "--since 2020-01-02 --until 2020-01-01",
    "--since now -c x",
    "-c x --after-cursor y",
    "-c nonsense",
    "-r -f",
    "-b -m",
    "--list-boots -m",
    "-b 77",
    "-b -77",
    "-b 0123456789abcdef0123456789abcdef",
    "-g (",
    "-u nonsense*",
    "--facility=nonsense",
    "--case-sensitive=nonsense",
    "MESSAGE",
    "+ _PID=1",
    "/nowhere",
    "-F no-field",
    "-F PRIORITY _PID=1",
    "-N _PID=1",
    "--list-boots _PID=1",
    "--header _PID=1",
    "--disk-usage _PID=1",
    "-F PRIORITY -b -77",
    "-b 8dc4df31cf7c4c1c8a6b10fc7b9b44b01",
    "-g (?R)",
    "-g a**",
    "--lines=0x",
    "--lines=08",
    "--lines=2147483648",
    "__CURSOR=x",
    "__REALTIME_TIMESTAMP=1",
    "=x",
    "--user-unit=",
    "--unit= -b",
    "-F __CURSOR",
    "-b 010",
    "-b 08",
    "--boot=-0b1",
    "-b 2147483648",
    "-b 8dc4df31-cf7c-4c1c-8a6b-10fc7b9b44b0",
    "--boot=8dc4df31-cf7c-4c1c-8a6b-10fc7b9b44b0",
    "-c ab=1;t=1",
    "-c =1;t=1",
    "-o cat --output-fields=message",
    "-o cat --output-fields=__CURSOR -n 1 --show-cursor",
    "-o cat --output-fields=__REALTIME_TIMESTAMP -r",
    "-o cat --output-fields=A=B -g message",
    "--this-boot 1",
    "--facility=nonsense,help",
    "--facility=08",
    "-p 010",
    "--since @1700000005.",
    "--since -1000y",
    "--until +8000y",
];

#[test]
fn every_form_that_people_use_has_the_same_answer() {
    compare(&FORMS);
}

#[test]
fn what_journalctl_refuses_is_refused_in_its_words() {
    compare(&REFUSED.into_iter().filter(|form| !form.starts_with("-g")).collect::<Vec<_>>());
}

/// A zone is named, spelt as POSIX does (with the rule of daylight saving too), a file, or none.
const ZONES: [&str; 12] = [
    "Asia/Shanghai",
    ":Asia/Shanghai",
    "CST-8",
    "<+08>-8",
    "<-0330>3:30",
    "EST5EDT",
    "EST5EDT,M3.2.0,M11.1.0",
    "AEST-10AEDT,M10.1.0,M4.1.0/3",
    "IST-2IDT,M3.4.4/26,M10.5.0",
    "/usr/share/zoneinfo/Asia/Tokyo",
    "Foo/Bar",
    "",
];

#[test]
fn a_zone_is_read_from_every_spelling_that_libc_knows() {
    if !can_be_compared() {
        return;
    }
    let corpus = Corpus::make();
    let Some((place, _)) = corpus.places.first() else { unreachable!("the corpus has places") };
    for zone in ZONES {
        let local = |time: &[&'static str]| [&["-o", "short-full"], time].concat();
        // An offset behind a time is our own; where the zone is called so journalctl takes it, too.
        let offset = if zone == "<+08>-8" { local(&["-S", "2023-11-15 06:16 +08"]) } else { Vec::new() };
        for words in [
            offset,
            vec!["-o", "short-full", "-n", "3"],
            vec!["-o", "short-iso", "-n", "3"],
            vec!["-n", "3"],
            vec!["-n", "3", "--utc"],
            vec!["--list-boots"],
            vec!["--list-boots", "--utc"],
            vec!["--header"],
            vec!["--header", "--utc"],
            // One of them is in the midst of the journal in each zone.
            local(&["-S", "2023-11-14 22:16"]),
            local(&["-S", "2023-11-15 00:16"]),
            local(&["-S", "2023-11-15 03:46", "-U", "2023-11-15 06:16"]),
            local(&["-S", "2023-11-14 17:16", "-U", "2023-11-15 07:16"]),
            local(&["-S", "2023-11-14 18:46", "-U", "2023-11-15 09:16"]),
            local(&["-S", "2023-11-15 06:16 CST"]),
            local(&["-S", "2023-11-15 09:16 AEDT"]),
        ] {
            let words = place.options.iter().map(String::as_str).chain(words);
            assert_same(&Question { zone, ..Question::new(words) });
        }
    }
}

#[test]
fn the_head_of_every_file_is_shown_as_journalctl_shows_it() {
    if !can_be_compared() {
        return;
    }
    for (place, _) in Corpus::make().places.iter().filter(|(place, _)| place.options[0] == "--file") {
        for words in ["--header", "--header --utc"] {
            assert_same(&Question::new(
                place.options.iter().map(String::as_str).chain(words.split_whitespace()),
            ));
        }
    }
}

/// Where the three times of a file's ends stand in its head.
const ENDS: std::ops::Range<usize> = 184..208;

#[test]
fn the_ends_of_a_file_that_has_no_entry_are_shown_as_journalctl_shows_them() {
    if !can_be_compared() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("never-written.journal");
    journals::make(&path, b"", LAYOUTS[0]);
    let head = std::fs::read(&path).expect("read the file");
    // The first is that of the file itself; journalctl writes no time out on the last day of the year 9999.
    let last = 253_402_214_399_000_000;
    for time in [0, 1, 1_700_000_000_000_007, last, last + 1, 1 << 63, u64::MAX - 1, u64::MAX] {
        let mut bytes = head.clone();
        bytes[ENDS].copy_from_slice(&u64::to_le_bytes(time).repeat(3));
        std::fs::write(&path, bytes).expect("write the file");
        for zone in ["UTC", "Asia/Shanghai"] {
            let words = ["--file", path.to_str().expect("a plain path"), "--header"];
            assert_same(&Question { zone, ..Question::new(words) });
        }
    }
}

/// With the letters of UTF-8 and without; what is empty counts as set, and what is not installed has them.
const LOCALES: [&[(&str, &str)]; 11] = [
    &[("LC_ALL", "C")],
    &[("LC_ALL", "POSIX")],
    &[("LC_CTYPE", "C")],
    &[("LANG", "C")],
    &[("LANG", "C.UTF-8"), ("LC_ALL", "C")],
    &[("LANG", "C"), ("LC_ALL", "C.UTF-8")],
    &[("LANG", "C"), ("LC_CTYPE", "C.utf8"), ("LC_ALL", "")],
    &[("LANG", "")],
    &[("LANG", "zz_ZZ")],
    &[("LC_CTYPE", "zz_ZZ.UTF-8")],
    &[],
];

#[test]
fn where_the_locale_has_no_sign_for_it_dots_stand_for_what_is_cut() {
    if !can_be_compared() {
        return;
    }
    let corpus = Corpus::make();
    let Some((place, _)) = corpus.places.first() else { unreachable!("the corpus has places") };
    for locale in LOCALES {
        for columns in ["30", "40", "43", "60", "80"] {
            let words = place.options.iter().map(String::as_str).chain(["--no-full"]);
            assert_same(&Question { columns, locale, ..Question::new(words) });
        }
    }
}

/// Letters of every width: narrow ones of one byte and of several, wide ones, and an emoji, which is narrow there.
const WIDTHS: [&str; 8] = [
    "\u{4e2d}",
    "\u{4e2d}a",
    "\u{e9}\u{4e2d}",
    "a\u{4e2d}\u{1f600}\u{e9}",
    "\u{1f600}",
    "e\u{301}",
    "\u{1f300}\u{303f}\u{a960}\u{2329}",
    "\u{4e2d}\u{4e2d}\u{4e2d}\u{4e2d}abcdefgh",
];

#[test]
fn wide_letters_are_cut_where_journalctl_cuts_them() {
    if !can_be_compared() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("x.journal");
    let messages = WIDTHS.iter().flat_map(|text| {
        // One line of less than three hundred bytes, one of more, and the third of three.
        [text.repeat(12), text.repeat(100), format!("\u{e9}\n\n{}", text.repeat(30))]
    });
    let entries = (0..).zip(messages).map(|(number, message)| {
        let fields = [("SYSLOG_IDENTIFIER", b"api".to_vec()), ("MESSAGE", message.into_bytes())];
        entry(BEGIN + number * 1_000_000, number * 1_000_000, BOOTS[0], &fields)
    });
    journals::make(&file, &entries.collect::<Vec<_>>().concat(), LAYOUTS[0]);
    let words = ["--file", &file.display().to_string(), "--no-full", "--no-hostname"];
    for columns in ["23", "24", "25", "26", "27", "28", "29", "30", "31", "37", "40", "45", "59", "80", "111"]
    {
        assert_same(&Question { columns, ..Question::new(words) });
    }
}

#[test]
fn files_in_braces_are_those_that_are_there() {
    if !can_be_compared() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    for (number, name) in (0..).zip(["a", "b", "c", "{}"]) {
        let path = directory.path().join(format!("{name}.journal"));
        journals::make(&path, &entries(number, 0, 3).concat(), LAYOUTS[0]);
    }
    for pattern in ["{a,b}", "{a,x}", "{x,y}", "{c}", "{a", "{a,{b,c}}", "{}", "[{]*", "{?,x}", "{a,}", "a}"]
        .into_iter()
        .chain(["[[:alpha:]]", "[![:alpha:]]*", "[[:nope:]]", "[[:alpha:]", "[[.b.]-[.c.]]", "[[=a=]]"])
    {
        let files = directory.path().join(format!("{pattern}.journal")).display().to_string();
        assert_same(&Question::new(["--file", &files, "-o", "cat"]));
    }
}

/// Files of the same values in different orders: those of the file that is named first come first, of each the newest.
#[test]
fn values_are_listed_in_the_order_of_the_files_and_the_newest_first() {
    if !can_be_compared() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    // Those that fit a pattern are in the order of their directory.
    let files = [("b", 5), ("a", 7), ("c", 8), ("f", 6), ("d", 4), ("e", 3)].map(|(name, count)| {
        let entries = (0..20).flat_map(|number| {
            let fields = [("MESSAGE", vec![b'x']), ("PRIORITY", (number % count).to_string().into_bytes())];
            entry(BEGIN + number, 1 + number, BOOTS[0], &fields)
        });
        let path = directory.path().join(format!("{name}.journal"));
        journals::make(&path, &entries.collect::<Vec<_>>(), LAYOUTS[0]);
        path.display().to_string()
    });
    let all = directory.path().join("*.journal").display().to_string();
    let place = directory.path().display().to_string();
    for place in [
        vec!["-D", &place],
        vec!["--file", &all],
        vec!["--file", &files[0], "--file", &files[2], "--file", &files[1]],
        vec!["--file", &files[2], "--file", &all],
    ] {
        for words in [&["-F", "PRIORITY"][..], &["-F", "PRIORITY", "-n", "3"], &["-N"], &["--header"]] {
            assert_same(&Question::new(place.iter().chain(words).copied()));
        }
    }
}

/// The clock of whoever wrote a message is shown where its value can be a time, and else journald's.
#[test]
fn a_time_of_a_message_is_read_as_journalctl_reads_it() {
    if !can_be_compared() {
        return;
    }
    let limit = 1_u64 << 55;
    let mut values: Vec<String> = [1_700_000_000_000_001, limit - 1, limit, limit + 1, u64::MAX, 1 << 63]
        .iter()
        .map(u64::to_string)
        .collect();
    let spellings =
        "0 00 -0 +5 -5 5_0 x 017 08 0x100 0X1f 0x 0b11 0B1 0b 0o17 0O7 0o +0x10 +0b1 + 99999999999999999999";
    values.extend(spellings.split(' ').map(str::to_owned));
    let blanks = ["", " 5", "\t5", "\n5", "\r5", "\x0b5", "\x0c5", " 0b1", "5 ", "5\0", "5\0x"];
    values.extend(blanks.map(str::to_owned));
    let entries = values.iter().enumerate().flat_map(|(number, value)| {
        let time = |name| (name, value.clone().into_bytes());
        let fields = [
            ("MESSAGE", value.escape_default().to_string().into_bytes()),
            time("_SOURCE_REALTIME_TIMESTAMP"),
            time("_SOURCE_MONOTONIC_TIMESTAMP"),
        ];
        let later = number as u64 * 1000;
        entry(BEGIN + later, 1 + later, BOOTS[number % 2], &fields)
    });
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("times.journal");
    journals::make(&file, &entries.collect::<Vec<_>>(), LAYOUTS[0]);
    let file = file.display().to_string();
    for format in [
        "short",
        "short-full",
        "short-iso",
        "short-iso-precise",
        "short-precise",
        "short-unix",
        "short-monotonic",
        "short-delta",
        "with-unit",
        "verbose",
    ] {
        assert_same(&Question::new(["--file", &file, "-o", format]));
    }
}

/// journalctl stops there, and so loses all that comes behind it.
#[test]
fn a_field_with_a_name_that_none_can_have_is_left_out() {
    if !can_be_compared() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = |name: &str| directory.path().join(format!("{name}.journal"));
    let fields = [("MESSAGE", "hello"), ("QQUOTE", "v"), ("PRIORITY", "6")];
    let fields = fields.map(|(name, value)| (name, value.as_bytes().to_vec()));
    // The value is that of one entry only, and of two.
    for count in [1, 2] {
        let entries = (0..count).flat_map(|number| entry(BEGIN + number, 1 + number, BOOTS[0], &fields));
        let (whole, damaged) = (file("whole"), file("damaged"));
        let _ = std::fs::remove_file(&whole);
        journals::make(&whole, &entries.collect::<Vec<_>>(), LAYOUTS[0]);
        let bytes = std::fs::read(&whole).expect("read the file");
        for name in ["Q\"UOTE", "Q\nUOTE", "qquote", "1QUOTE", "=QUOTE"] {
            let mut bytes = bytes.clone();
            for at in memchr::memmem::find_iter(&bytes.clone(), "QQUOTE=v") {
                bytes[at..at + name.len()].copy_from_slice(name.as_bytes());
            }
            std::fs::write(&damaged, bytes).expect("write the file");
            for format in ["export", "verbose", "json"] {
                let damaged = Question::new(["--file", &damaged.display().to_string(), "-o", format]);
                assert_eq!(theirs(&damaged).code(), Some(1), "{}", damaged.line());
                let whole = Question::new([
                    "--file",
                    &whole.display().to_string(),
                    "-o",
                    format,
                    "--output-fields=_BOOT_ID,MESSAGE,PRIORITY",
                ]);
                for engine in Engine::BUILT_IN {
                    let difference =
                        theirs(&whole).difference(&ours(&damaged, *engine), damaged.compared(*engine));
                    assert_eq!(difference, None, "{name} {}", damaged.line());
                }
            }
        }
    }
}

#[test]
fn a_pattern_is_of_hidden_files_where_it_begins_with_a_dot() {
    if !can_be_compared() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    std::fs::create_dir(directory.path().join(".below")).expect("make a directory");
    for (number, name) in (0..).zip(["a", ".a", ".b", ".below/c"]) {
        let path = directory.path().join(format!("{name}.journal"));
        journals::make(&path, &entries(number, 0, 3).concat(), LAYOUTS[0]);
    }
    for pattern in ["*", ".*", "?a", "[.]a", "{.,}*", "*/c", ".*/c", ".[ab]"] {
        let files = directory.path().join(format!("{pattern}.journal")).display().to_string();
        assert_same(&Question::new(["--file", &files, "-o", "cat"]));
    }
    let place = directory.path().display().to_string();
    assert_same(&Question::new(["-D", &place, "-o", "cat"]));
}

/// Alone or beside a good one; what is said differs, for journalctl does not say which file it is. In a directory it is
/// left out.
#[test]
fn a_file_that_is_named_and_no_journal_is_an_error() {
    if !can_be_compared() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let [good, bad] = ["good", "bad"].map(|name| directory.path().join(format!("{name}.journal")));
    journals::make(&good, &entries(1, 0, 3).concat(), LAYOUTS[0]);
    let head = std::fs::read(&good).expect("read the file");
    let unknown_feature = [&head[..12], &u32::MAX.to_le_bytes(), &head[16..]].concat();
    let place = directory.path().display().to_string();
    let [good, bad] = [good, bad].map(|path| path.display().to_string());
    let contents = [
        (unknown_feature, "uses a feature that is not known here"),
        (vec![b'x'; head.len()], "is no journal file"),
        (head[..100].to_vec(), "is truncated"),
        (Vec::new(), "is truncated"),
    ];
    for (bytes, reason) in contents {
        std::fs::write(&bad, bytes).expect("write the file");
        for action in ["-ocat", "--header", "--disk-usage", "-N", "--list-boots"] {
            for files in [&[&bad][..], &[&good, &bad], &[&bad, &good]] {
                let files = files.iter().flat_map(|file| ["--file", file.as_str()]);
                let question = Question::new(files.chain([action]));
                assert_eq!(theirs(&question).code(), Some(1), "{}", question.line());
                let ours = ours(&question, Engine::Native);
                assert_eq!((ours.code(), ours.text().as_str()), (Some(1), ""), "{}", question.line());
                let said = format!("{bad} {reason}");
                assert!(ours.error().starts_with(&said), "{}: {}", question.line(), ours.error());
            }
            let question = Question::new(["-D", &place, action]);
            let (theirs, ours) = (theirs(&question), ours(&question, Engine::Native));
            assert_eq!((ours.code(), ours.text()), (theirs.code(), theirs.text()), "{}", question.line());
        }
    }
}

#[test]
fn a_place_without_a_journal_is_told_as_journalctl_tells_it() {
    if !can_be_compared() {
        return;
    }
    let empty = tempfile::tempdir().expect("a temporary directory");
    let directory = empty.path().display().to_string();
    for words in ["", "-b", "-g x", "-q", "--list-boots", "-o json", "-n 0", "--show-cursor"] {
        let words = ["-D", &directory].into_iter().chain(words.split_whitespace());
        assert_same(&Question::new(words));
    }
    assert_same(&Question::new(["-D", "/nowhere"]));
    assert_same(&Question::new(["--file", "/nowhere/x.journal"]));
}

#[test]
fn a_directory_is_divided_as_journalctl_divides_it() {
    if !can_be_compared() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let machine = BOOTS[0];
    for (number, file) in [
        "top.journal".to_owned(),
        format!("{machine}/system.journal"),
        format!("{machine}/system@old.journal"),
        format!("{machine}/user-0.journal"),
        format!("{machine}/user-7.journal"),
        format!("{machine}.openim/system.journal"),
    ]
    .iter()
    .enumerate()
    {
        let path = directory.path().join(file);
        std::fs::create_dir_all(path.parent().expect("it lies in a directory")).expect("make a directory");
        journals::make(&path, &entries(number as u64, 0, 3).concat(), LAYOUTS[0]);
    }
    // Nobody writes to it, so whoever waits for it waits for ever.
    let pipe = directory.path().join("pipe.journal");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo starts").success());
    let place = directory.path().display().to_string();
    for words in
        ["-o cat", "--system -o cat", "--user -o cat", "--user --system -o cat", "-F _PID", "--disk-usage"]
    {
        assert_same(&Question::new(["-D", &place].into_iter().chain(words.split_whitespace())));
    }
    for path in [pipe, directory.path().to_owned(), empty(directory.path())] {
        let path = path.display().to_string();
        for words in ["-o cat", "--header", "--disk-usage"] {
            let question = Question::new(["--file", &path].into_iter().chain(words.split_whitespace()));
            assert_eq!(
                ours(&question, Engine::Native).code(),
                theirs(&question).code(),
                "{}",
                question.line()
            );
        }
    }
}

fn empty(directory: &Path) -> PathBuf {
    let path = directory.join("empty.journal");
    std::fs::write(&path, "").expect("make a file");
    path
}

/// Each keeps a file of its own: what is asked again goes on where it ended, and the file has the same cursor.
#[test]
fn a_cursor_in_a_file_is_where_the_next_question_goes_on() {
    if !can_be_compared() {
        return;
    }
    let corpus = Corpus::make();
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = |who: &str| directory.path().join(who).display().to_string();
    let Some((place, _)) = corpus.places.first() else { unreachable!("the corpus has places") };
    for words in [["-n", "3"], ["-n", "all"], ["-n", "all"], ["--since", "2023-11-14"]] {
        let question = |who| {
            let keep = format!("--cursor-file={}", file(who));
            let words = words.iter().map(ToString::to_string);
            Question::new(place.options.iter().cloned().chain(words).chain([keep]))
        };
        let theirs = theirs(&question("theirs"));
        for engine in Engine::BUILT_IN {
            // Both engines go on from where journalctl went on.
            let own = file(engine.name());
            if std::path::Path::new(&file("before")).exists() {
                std::fs::copy(file("before"), &own).expect("copy the cursor");
            }
            assert_eq!(ours(&question(engine.name()), *engine), theirs, "{words:?}");
            let read = |path: &str| std::fs::read_to_string(path).ok();
            assert_eq!(read(&own), read(&file("theirs")), "{words:?}");
        }
        std::fs::copy(file("theirs"), file("before")).expect("copy the cursor");
    }
}

/// Where no line is wanted, reading ends at the cursor's own entry or at the one behind it.
#[test]
fn a_cursor_has_its_place_where_no_line_is_wanted() {
    if !can_be_compared() {
        return;
    }
    let corpus = Corpus::make();
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("cursor");
    let keep = format!("--cursor-file={}", file.display());
    let Some((place, cursors)) = corpus.places.get(5) else { unreachable!("the corpus has places") };
    let whole = |words: &[&str]| {
        let export =
            theirs(&Question::new(place.options.iter().map(String::as_str).chain(words.iter().copied())));
        export.text().lines().find_map(|line| line.strip_prefix("-- cursor: ").map(str::to_owned))
    };
    let last = whole(&["-n", "1", "--show-cursor"]).expect("a last entry");
    let first = whole(&["-n", "1", "-r", "--until=@1700000010", "--show-cursor"]).expect("an early entry");
    for cursor in [&last, &first, &cursors[3]] {
        for narrow in
            ["", "-r", "-g m", "-r -g nowhere", "MESSAGE=nowhere", "-S @1700000200 -r", "-U @1700000001"]
        {
            for place_of_end in ["-c", "--after-cursor"] {
                for more in [&["--show-cursor"][..], &["-q"], &["-q", "--show-cursor"]] {
                    let words = ["-n", "0", place_of_end, cursor].into_iter();
                    let words = words.chain(narrow.split_whitespace()).chain(more.iter().copied());
                    assert_same(&Question::new(place.options.iter().map(String::as_str).chain(words)));
                }
            }
            let kept = |ask: &dyn Fn(&Question) -> Answer| {
                std::fs::write(&file, format!("{cursor}\n")).expect("write the cursor");
                let words = ["-n", "0", "-q", &keep].into_iter().chain(narrow.split_whitespace());
                let answer = ask(&Question::new(place.options.iter().map(String::as_str).chain(words)));
                (answer, std::fs::read_to_string(&file).expect("read the cursor"))
            };
            for engine in Engine::BUILT_IN {
                assert_eq!(kept(&|question| ours(question, *engine)), kept(&theirs), "{cursor} {narrow}");
            }
        }
    }
}

#[test]
fn a_file_with_a_cursor_that_cannot_be_kept_is_told_as_journalctl_tells_it() {
    if !can_be_compared() {
        return;
    }
    let corpus = Corpus::make();
    let directory = tempfile::tempdir().expect("a temporary directory");
    let Some((place, _)) = corpus.places.first() else { unreachable!("the corpus has places") };
    let no_text = directory.path().join("no-text");
    std::fs::write(&no_text, b"\xff\n").expect("write a file");
    for file in [
        directory.path().to_owned(),
        directory.path().join("not-there/cursor"),
        no_text.join("cursor"),
        no_text,
        PathBuf::from("/proc/cursor"),
        PathBuf::new(),
    ] {
        let keep = format!("--cursor-file={}", file.display());
        assert_same(&Question::new(place.options.iter().cloned().chain([
            "-n".to_owned(),
            "1".to_owned(),
            keep,
        ])));
    }
}

#[test]
fn a_cursor_is_read_as_far_as_journalctl_reads_it() {
    if !can_be_compared() {
        return;
    }
    let corpus = Corpus::make();
    let Some((place, cursors)) = corpus.places.first() else { unreachable!("the corpus has places") };
    let cursor = &cursors[1];
    for changed in [
        format!("{cursor}junk"),
        format!("{cursor};"),
        format!(";{cursor}"),
        format!("{cursor};y=1"),
        format!("{cursor};yy=1"),
        format!(" {cursor}"),
        format!("{cursor} "),
        format!("\n{cursor}"),
        divided(cursor, "b="),
        divided(cursor, "s="),
        divided(cursor, "b=").replacen('-', "", 1),
        cursor.replace(";i=", ";i=0x"),
        cursor.replace(";i=", ";i=+"),
        cursor.replace(";t=", ";t= 0X"),
        cursor.replace(";x=", ";x=z"),
        "t=fffffffffffffffffff".to_owned(),
        "t=-1".to_owned(),
        "t=".to_owned(),
    ] {
        for option in ["-c", "--after-cursor"] {
            let words = [option, &changed, "-o", "cat", "-n", "3"].map(ToOwned::to_owned);
            assert_same(&Question::new(place.options.iter().cloned().chain(words)));
        }
    }
}

/// The cursor with dashes in the id behind the letter, as a UUID has them.
fn divided(cursor: &str, letter: &str) -> String {
    let at = cursor.find(letter).expect("the cursor has such an id") + letter.len();
    let mut divided = cursor.to_owned();
    for dash in [8, 13, 18, 23] {
        divided.insert(at + dash, '-');
    }
    divided
}

/// A message of the corpus is of such bytes.
#[test]
fn a_value_that_is_no_text_is_found() {
    if !can_be_compared() {
        return;
    }
    let corpus = Corpus::make();
    let Some((place, _)) = corpus.places.first() else { unreachable!("the corpus has places") };
    let question = Question::new(place.options.iter().map(String::as_str).chain(["-o", "cat"]));
    for word in [&b"MESSAGE=bad \xff\xfe bytes"[..], b"MESSAGE=\xff"] {
        let ask = |words: &[&str]| {
            let mut command = std::process::Command::new(words[0]);
            command.args(&words[1..]).arg(std::ffi::OsStr::from_bytes(word));
            ask(command, &question)
        };
        let theirs = ask(&["journalctl"]);
        for engine in Engine::BUILT_IN {
            let ours = [env!("CARGO_BIN_EXE_openim-logs"), "journal", "--engine", engine.name()];
            assert_eq!(ask(&ours), theirs, "{}", word.escape_ascii());
        }
    }
}

#[test]
fn the_first_line_of_a_file_with_a_cursor_goes_before_what_is_typed() {
    if !can_be_compared() {
        return;
    }
    let corpus = Corpus::make();
    let Some((place, cursors)) = corpus.places.first() else { unreachable!("the corpus has places") };
    let directory = tempfile::tempdir().expect("a temporary directory");
    let begun = format!("{}\nand a second line\n", cursors[1]);
    let blank = format!(" {}\n", cursors[1]);
    for written in [&begun, &blank, "", "\n", "\r\n", " \n", "\nand a second line\n"] {
        let answer = |who: &str, ask: &dyn Fn(&Question) -> Answer| {
            let file = directory.path().join(who);
            std::fs::write(&file, written).expect("write the cursor");
            let keep = format!("--cursor-file={}", file.display());
            let words = ["-o", "cat", "-n", "3", "-c", &cursors[0], &keep];
            let answer =
                ask(&Question::new(place.options.iter().cloned().chain(words.map(ToOwned::to_owned))));
            (answer, std::fs::read_to_string(file).expect("read the cursor"))
        };
        let ours = answer("ours", &|question| ours(question, Engine::Native));
        assert_eq!(ours, answer("theirs", &theirs), "{written:?}");
    }
}

#[test]
fn a_boot_that_ends_in_two_files_at_one_moment_hides_none() {
    if !can_be_compared() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let one = |boot: usize, second: u64, text: &str| {
        let fields = [("MESSAGE", text.as_bytes().to_vec())];
        entry(BEGIN + second * 1_000_000, second * 1_000_000, BOOTS[boot], &fields)
    };
    let files = [vec![one(0, 1, "a"), one(0, 5, "b"), one(1, 9, "c")], vec![one(0, 2, "d"), one(0, 5, "e")]];
    for (number, entries) in files.iter().enumerate() {
        journals::make(&directory.path().join(format!("{number}.journal")), &entries.concat(), LAYOUTS[0]);
    }
    let place = directory.path().display().to_string();
    for words in ["--list-boots", "-b -o cat", "-b -1 -o cat", "-b 2 -o cat"] {
        assert_same(&Question::new(["-D", &place].into_iter().chain(words.split_whitespace())));
    }
}

/// The boot that runs here.
fn running() -> String {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").expect("the kernel tells it");
    id.trim().replace('-', "")
}

/// What the kernel said of `/dev/null` in a boot before and in the one that runs, and what somebody else says in that.
pub(crate) fn of_a_device(directory: &Path) -> PathBuf {
    let running = running();
    let said = |boot: &str, number: u64, fields: &[(&str, &str)]| {
        let fields: Vec<_> = fields.iter().map(|&(name, value)| (name, value.as_bytes().to_vec())).collect();
        entry(BEGIN + number, 1 + number, boot, &fields)
    };
    let of_device = |message| [("MESSAGE", message), ("_KERNEL_DEVICE", "c1:3"), ("PRIORITY", "4")];
    let entries = [
        said(BOOTS[0], 0, &of_device("of the device before")),
        said(&running, 1, &of_device("of the device")),
        said(&running, 2, &[("MESSAGE", "of another"), ("PRIORITY", "6")]),
    ];
    let path = directory.join("device.journal");
    journals::make(&path, &entries.concat(), LAYOUTS[0]);
    path
}

#[test]
fn a_device_is_the_one_that_the_running_boot_numbers_so() {
    if !can_be_compared() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = of_a_device(directory.path()).display().to_string();
    let before = format!("_BOOT_ID={}", BOOTS[0]);
    for words in [
        &["/dev/null"][..],
        &["-b", "all", "/dev/null"],
        &["-m", "/dev/null"],
        &["-r", "-n", "5", "/dev/null"],
        &["-b", BOOTS[0], "/dev/null"],
        &["PRIORITY=4", "/dev/null"],
        &["PRIORITY=6", "/dev/null"],
        &[&before, "+", "/dev/null"],
        &["/dev/zero"],
    ] {
        assert_same(&Question::new(["--file", &file, "-o", "cat"].iter().chain(words).copied()));
    }
}

#[test]
fn what_may_not_be_read_is_told_as_journalctl_tells_it() {
    use std::os::unix::fs::PermissionsExt as _;
    if !can_be_compared() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let set = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("set who may read");
    };
    set(directory.path(), 0o755);
    let program = directory.path().join("openim-logs");
    program::put(env!("CARGO_BIN_EXE_openim-logs"), &program);
    let [some, none] = ["some", "none"].map(|name| directory.path().join(name));
    for (place, name, mode) in [(&some, "a", 0o644), (&some, "b", 0o000), (&none, "a", 0o000)] {
        let _ = std::fs::create_dir(place);
        set(place, 0o755);
        let path = place.join(format!("{name}.journal"));
        journals::make(&path, &entries(1, 0, 3).concat(), LAYOUTS[0]);
        set(&path, mode);
    }
    let is_root = rustix::process::getuid().is_root();
    let nobody = if is_root { "setpriv --reuid=65534 --regid=65534 --clear-groups " } else { "" };
    for place in [&some, &none] {
        for words in ["", "--disk-usage", "--header", "-N", "--list-boots", "-q --disk-usage", "-q --header"]
        {
            let place = ["-D".to_owned(), place.display().to_string()];
            let question =
                Question::new(place.into_iter().chain(words.split_whitespace().map(str::to_owned)));
            let ask = |program: &str| {
                let mut command = std::process::Command::new("sh");
                ask(
                    {
                        command.args(["-c", &format!("exec {nobody}{program} \"$@\""), "sh"]);
                        command
                    },
                    &question,
                )
            };
            assert_eq!(
                ask(&format!("{} journal", program.display())),
                ask("journalctl"),
                "{}",
                question.line()
            );
        }
    }
}

#[test]
fn a_value_of_an_option_that_has_none_is_refused() {
    if !can_be_compared() {
        return;
    }
    for words in
        ["--this-boot=1", "--this-b=1", "--rev=1", "--qui=", "--fields=MESSAGE", "--lis=1", "--out=cat"]
    {
        let question = Question::new(["-D", "/", words]);
        let code = (theirs(&question).code(), ours(&question, Engine::Native).code());
        assert_eq!(code, (Some(1), Some(1)), "{words}");
    }
}

#[test]
fn colours_are_those_that_are_asked_for_or_that_the_terminal_has() {
    if !can_be_compared() {
        return;
    }
    let corpus = Corpus::make();
    let Some((place, _)) = corpus.places.first() else { unreachable!("the corpus has places") };
    let question = |colours, words: &str| {
        let words = place.options.iter().map(String::as_str).chain(words.split_whitespace());
        Question { colours, ..Question::new(words) }
    };
    for colours in
        ["0", "1", "16", "256", "016", "auto", "auto-16", "auto-256", "24bit", "x", "", "TRUE", "Off"]
    {
        for words in ["", "-o cat", "-o verbose -n 3", "-o json-pretty -n 3", "--list-boots", "-g message"] {
            assert_same(&question(colours, words));
        }
        for variables in
            ["", "TERM=xterm", "TERM=", "TERM=dumb", "TERM=xterm NO_COLOR=", "TERM=linux COLORTERM=x"]
        {
            let question = question(colours, "--no-pager -o short");
            let ask = |program: &str| {
                let script = format!("export A=B {variables}; exec script -qec \"{program} $*\" /dev/null");
                let mut command = std::process::Command::new("sh");
                ask(
                    {
                        command.args(["-c", &script, "sh"]);
                        command
                    },
                    &question,
                )
            };
            let ours = ask(concat!(env!("CARGO_BIN_EXE_openim-logs"), " journal"));
            assert_eq!(ours, ask("journalctl"), "{variables} {}", question.line());
        }
    }
}

/// Which of several fields journalctl prints before it fails is another one in every run.
#[test]
fn a_field_that_none_can_have_fails_beside_others_too() {
    if !can_be_compared() {
        return;
    }
    let corpus = Corpus::make();
    let Some((place, _)) = corpus.places.first() else { unreachable!("the corpus has places") };
    for words in ["-n 1", "", "-r", "-b", "-S @1700000100"] {
        let words = place.options.iter().map(String::as_str).chain(words.split_whitespace());
        let question = Question::new(words.chain(["-o", "cat", "--output-fields=MESSAGE,message,PRIORITY"]));
        let (theirs, ours) = (theirs(&question), ours(&question, Engine::Native));
        assert_eq!((ours.code(), ours.error()), (theirs.code(), theirs.error()), "{}", question.line());
        assert_eq!(ours.code(), Some(1), "{}", question.line());
    }
}

const UNITS: [&str; 19] = [
    "a", "b", "z", "A", "0", "-", ".", "_", ":", "\\", "ab", "é", "a\\x20b", "a-b", "-a-..-b", "a!b", "]",
    "^", "a b",
];

/// How they may be named, and what is no name.
const NAMES_OF_UNITS: [&str; 53] = [
    "a",
    "a.service",
    "a b",
    "a/b",
    "é",
    "/a/../b",
    "/a",
    "//a/./",
    "/a*",
    "/.a",
    "/a/.b",
    "/dev/a",
    "/sys/a",
    "/dev",
    "a!b",
    "a!b.service",
    "]",
    "a b.service",
    "a b*",
    "é*",
    "/a b",
    "a=*",
    "@.service",
    ".service",
    "a.SERVICE",
    "*",
    "?.service",
    "[a-b].service",
    "[!a].service",
    "[^a].service",
    "[a^].service",
    "[]a].service",
    "[a-].service",
    "[[:alpha:]].service",
    "[![:alpha:]].service",
    "[[:digit:]_].service",
    "[[:upper:][:digit:]]*",
    "[[:punct:]].service",
    "[[:nope:]].service",
    "[a[:nope:]].service",
    "[![:nope:]].service",
    "[[:Alpha:]]*",
    "[[:alpha:]*",
    "[[:alpha:]-z].service",
    "[a-[:alpha:]].service",
    "[[.a.]].service",
    "[[.a.]-c].service",
    "[[.a].service",
    "[[a].service",
    "[z-a].service",
    "*[[:alpha:]]",
    "[[:alpha:]][[:alpha:]].service",
    "[[:",
];

/// Names that no unit can have are told, unless all that is not an entry is left out.
#[test]
fn units_are_named_as_journalctl_reads_them() {
    if !can_be_compared() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("units.journal");
    let of_unit = |(number, unit): (u64, String)| {
        let fields = [("MESSAGE", unit.clone().into_bytes()), ("_SYSTEMD_UNIT", unit.into_bytes())];
        entry(BEGIN + number, 1 + number, BOOTS[0], &fields)
    };
    let units = UNITS.into_iter().map(|unit| format!("{unit}.service"));
    let paths = [
        "a.mount",
        "a\\x2a.mount",
        "\\x2ea.mount",
        "a-.b.mount",
        "dev-a.device",
        "sys-a.device",
        "dev.mount",
    ];
    let entries = (0..).zip(units.chain(paths.map(str::to_owned))).flat_map(of_unit);
    journals::make(&file, &entries.collect::<Vec<_>>(), LAYOUTS[0]);
    let file = file.display().to_string();
    for unit in NAMES_OF_UNITS {
        for words in [&["-o", "cat"][..], &["-n", "1"], &["-q"]] {
            for option in ["-u", "--user-unit"] {
                assert_same(&Question::new(["--file", &file, option, unit].iter().chain(words).copied()));
            }
        }
    }
    for words in [
        "-u a/b -u a/b",
        "-u a/b -u é --user-unit c/d",
        "-u x --user-unit a/b -u c/d",
        "-u a/b -u x*",
        "-u a/b -u * -n 1",
        "-u a/b -b 77",
        "-u a/b -F MESSAGE",
        "-u a/b --list-boots",
        "-u a/b -N",
        "-u a/b nonsense",
        "-u a/b -c nonsense",
        "-u a/b -p nonsense",
        "-u a/b --unit=",
        "--unit= -u a/b",
        "-u a/b --user",
    ] {
        assert_same(&Question::new(["--file", &file].into_iter().chain(words.split_whitespace())));
    }
}

#[test]
fn a_place_that_has_no_name_is_what_it_is_for_journalctl() {
    if !can_be_compared() {
        return;
    }
    let corpus = Corpus::make();
    let Some((place, _)) = corpus.places.first() else { unreachable!("the corpus has places") };
    for words in [
        &["-D", ""][..],
        &["--directory="],
        &["--file", ""],
        &["--file=", "-D", "/"],
        &["-D", "", "--root=/"],
    ] {
        assert_same(&Question::new(words.iter().copied()));
    }
    for words in [
        &["--root", ""][..],
        &["--root=/"],
        &["--root", "//."],
        &["--root=/.."],
        &["--image="],
        &["--file="],
        &["-D", ""],
    ] {
        assert_same(&Question::new(place.options.iter().map(String::as_str).chain(words.iter().copied())));
    }
}

fn compare(forms: &[&str]) {
    if !can_be_compared() {
        return;
    }
    let corpus = Corpus::make();
    // A file, several files, and a real deployment's where there is one.
    let places = [corpus.places.first(), corpus.places.get(5), corpus.places.get(6)];
    for (place, _) in places.into_iter().flatten() {
        for form in forms {
            // An underscore in a time stands for the space in it.
            let words = form.split_whitespace().map(|word| {
                let is_time = word.contains("ago") || word.contains("2023");
                if is_time { word.replace('_', " ") } else { word.to_owned() }
            });
            assert_same(&Question::new(place.options.iter().cloned().chain(words)));
        }
    }
}

#[track_caller]
fn assert_same(question: &Question) {
    let differences = differences(question);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

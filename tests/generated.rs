//! `man/` and `completions/` are made from the definitions of the two commands, and are committed: this test
//! fails when they are stale. `make docs` writes them anew (it sets `UPDATE_GENERATED`). What is written by hand names
//! only files that are there.

#![expect(clippy::expect_used, reason = "a test that cannot go on should say so by dying")]

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Arg, Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::{Man, roff};

/// A file and what should be in it.
struct Generated {
    path: PathBuf,
    text: String,
}

/// What a page says beside the options.
struct Page {
    examples: &'static [(&'static str, &'static str)],
    exit_status: &'static [(&'static str, &'static str)],
    /// Sections of its own, behind the options.
    more: &'static [(&'static str, &'static [(&'static str, &'static str)])],
}

const CHECK: Page = Page {
    examples: &[
        ("openim-check", "Is the deployment in the current directory, or in /openim-server, healthy?"),
        ("openim-check rpc-user push", "Two services only."),
        ("openim-check list", "Every check, and the line of the file it comes from."),
        ("openim-check -o json | jq -r '.causes[].message'", "What is broken, for a script."),
        ("openim-check --profile docker", "The test of a health check: ten lines at most, exit 0 or 1."),
        ("openim-check --checks site.toml own", "Your own checks alone, from this file and the machine's."),
        ("openim-check --deep", "Also ask for a token with a wrong secret, the whole way to auth and back."),
        (
            "openim-check explain openim-rpc-user#0/registry",
            "What one check compares, and how to do it by hand.",
        ),
        ("openim-check wait --for rpc --deadline 2min", "Until the RPC services are well."),
        (
            "openim-check report --state /var/lib/openim-check/last-report.json",
            "The verdict, and what changed since the last report.",
        ),
    ],
    exit_status: &[
        ("0", "healthy; warnings are allowed, unless --strict is given"),
        ("1", "unhealthy, also when the deadline cut checks off, and while services are still starting"),
        ("64", "wrong usage"),
        ("70", "a bug in openim-check"),
        ("75", "cannot tell: what was asked could not be looked at"),
        ("78", "the deployment's configuration cannot be used"),
        ("0 to 3", "with the format nagios only: OK, WARNING, CRITICAL, UNKNOWN"),
    ],
    more: &[("YOUR OWN CHECKS", OWN), ("FILES", CHECK_FILES)],
};

/// The keys of the user's own checks.
const OWN: &[(&str, &str)] = &[
    (
        "[[check]]",
        "Files in TOML hold tables of this name. A check's id is NAME/KIND; the target own means all of them. \
         Mistakes are told all at once, each with file and line, and nothing is asked then (exit 78).",
    ),
    ("name", "letters, digits, dots, dashes, underscores; none of OpenIM's own names"),
    ("kind", "process, tcp, tls, http, grpc, websocket or unit"),
    ("within", "an answer that takes longer than this (\"300ms\") is a warning"),
    ("timeout", "how long the question may take, where it is not --probe-timeout"),
    ("severity", "fail (the default) or warn: what it comes to where it is not as wanted"),
    ("hint", "what to do then, for whoever reads it"),
    (
        "process: program, at_least, at_most",
        "the path of a program, or its name; how many run, alive (at least 1)",
    ),
    ("tcp: address", "host:port that takes a connection"),
    (
        "tls: address, server_name, ca, days_left",
        "a handshake whose certificate is for the name (the host of the address), signed by whom this machine \
         trusts or by the authorities of a file in PEM form, and good for so many days more (14; fewer is a warning)",
    ),
    (
        "http: url, method, headers, body, ca; status, header, matches, json",
        "a request, and what its answer should be: one of some statuses (200), headers and a body that match \
         regular expressions, and values of a JSON body: { pointer = \"/errCode\", equals = 0 }, or at_least, \
         at_most, matches, or none of them for a value that is there. No redirect is followed, no proxy used. \
         Neither headers, body nor the query of an address appear in any output.",
    ),
    ("grpc: address, service", "an answer over gRPC without TLS, of this service where one is named"),
    ("websocket: url, headers, ca, status", "a connection that becomes a WebSocket (101), or another status"),
    ("unit: unit", "a unit of systemd that is active"),
];

const CHECK_FILES: &[(&str, &str)] = &[
    ("/etc/openim-ops/checks.d/*.toml", "your own checks on this machine, read in the order of their names"),
    ("ROOT/start-config.yml", "how many instances of each service there should be"),
    ("ROOT/config/", "the configuration, unless a process was told another directory"),
];

const LOGS: Page = Page {
    examples: &[
        ("openim-logs api -f --since \"20 min ago\"", "What the API says, from twenty minutes ago on."),
        ("openim-logs -L error --since today", "Every error of today, of all services."),
        ("openim-logs trace 1739333260516", "One request through all services."),
        ("openim-logs errors --since today", "Which errors came most."),
        ("openim-logs --slow 500ms -o openim", "Calls that took long."),
        ("openim-logs -I rpc-msg -L warn", "Since that service was started last."),
        (
            "openim-logs --source files -n 50",
            "From OpenIM's own log directory, where the journal has nothing.",
        ),
        ("docker logs -f openim-server | openim-logs -", "From standard input."),
        ("openim-logs -o json api | jq -r .MESSAGE", "As journalctl's JSON, but MESSAGE is always text."),
    ],
    exit_status: &[
        ("0", "done"),
        (
            "1",
            "a filter (-g, --op, -L, --where, trace ...) found nothing, or an instance (push#9) does not exist; \
             standard error says why, if that is known",
        ),
        ("64", "wrong usage"),
        ("75", "the journal or the files cannot be read"),
        ("78", "the deployment's configuration cannot be used"),
    ],
    more: &[
        ("WHERE LINES COME FROM", SOURCES),
        ("COMPARISONS OF --where", COMPARISONS),
        ("OTHERWISE THAN JOURNALCTL", OTHERWISE),
    ],
};

/// Where an option or a form of journalctl means something else for OpenIM's lines.
const OTHERWISE: &[(&str, &str)] = &[
    ("no option", "OpenIM's services; -u, --user-unit, -t, -k, FIELD=VALUE and paths stand instead of them"),
    (
        "-p, --priority",
        "the level that stands in the line, as journald gives all lines of OpenIM the same priority",
    ),
    ("-g, --grep", "sees the text without colours, and whole where journald cut it"),
    (
        "-I",
        "since each service was started last, by the processes of this host; --invocation=0 goes by systemd's ids",
    ),
    ("--invocation, --list-invocations", "of several units at once: each service has runs of its own"),
    (
        "a dump of the Go runtime",
        "is one record. The form openim, the family of short and {msg} of a template show what happened, the places \
         in OpenIM's own code and how many lines are left out; --unfold and -a show it whole, as cat, export, verbose \
         and JSON do",
    ),
    ("JSON", "MESSAGE is text whenever it is UTF-8, whatever its length, without colours"),
    (
        "secrets",
        "tokens, secrets and passwords are masked, unless --no-redact is given; not in cat and export",
    ),
    ("--root", "OpenIM's directory, not the root of another system"),
    ("-x, --catalog", "explanations are left out: the catalog is systemd's own text"),
];

/// What a comparison compares, and as what.
const COMPARISONS: &[(&str, &str)] = &[
    (
        "KEY",
        "level, service, instance, pid, msg, caller, version, op, user, code, cost: what every line has. Any other \
         name is a key of the line; behind kv. each is (kv.msg), but for cost, which is always how long the call took. \
         A dot leads into an object, a list (ids.0 is the first element, users.userID that of every element), and JSON \
         that stands as text. Of op and operationID each of several ids that stand together counts, as for --op.",
    ),
    (
        "= !=",
        "one of the values with commas between, or none of them. Of a list each element counts. Numbers and times are \
         equal where they mean the same: 200 and 200.0, 2s and 2000ms.",
    ),
    ("~ !~", "matches a regular expression or not; in small letters only, case does not count"),
    (
        "< <= > >=",
        "what is typed decides as what is compared: a number, a time (500ms, \"2 min\"), for level and version one of \
         those; anything else is text, and so is the value then, byte by byte: 12 comes before abc, Web before web. \
         cost, level and version take no other text.",
    ),
];

const SOURCES: &[(&str, &str)] = &[
    ("journal", "this host's, or that of --directory or --file: units, containers and programs of OpenIM"),
    (
        "files",
        "OpenIM's log directory, from log.yml; read by itself where isStdout: false keeps lines from the journal",
    ),
    (
        "stdout",
        "what nohup or supervisord keep: files that running services have as their standard output, and those that \
         bear the names of services which have died, beside them",
    ),
    ("-", "standard input"),
];

const JOURNAL: Page = Page {
    examples: &[
        ("openim-logs journal -b -p err", "Errors of this boot, by PRIORITY."),
        ("openim-logs journal -u openim-api -f", "A unit, followed."),
        ("openim-logs journal /usr/bin/dockerd --since today -o json", "A program's entries of today."),
        ("openim-logs journal --list-boots", "The boots that the journal knows."),
    ],
    exit_status: &[
        ("0", "done, also where there was nothing to show"),
        ("1", "everything else: wrong usage, nothing found with -g, a journal that cannot be read"),
    ],
    more: &[("DEVIATIONS", DEVIATIONS)],
};

/// Where the face of journalctl 252 is another than its own.
const DEVIATIONS: &[(&str, &str)] = &[
    (
        "-x, --catalog",
        "explanations are left out, and so are the links to them: the catalog is systemd's own text",
    ),
    (
        "--verify, --machine, --image, and all that changes the journal",
        "done by journalctl itself, where it is installed: they are about writing and sealing, or about places \
         that have to be mounted first",
    ),
    (
        "-I, --invocation",
        "of 257 and later; of several units, and of units that fit a pattern, each has a run of its own, where 257 \
         takes one unit",
    ),
    (
        "--list-invocations",
        "as in 257; of several units, which it refuses, the table has a column for the unit",
    ),
    ("-T, -W, -i, -n +N, --truncate-newline", "of newer versions, and understood"),
    (
        "a damaged file",
        "is read as far as it goes, where journalctl leaves entries or the file out, and told",
    ),
    (
        "output that cannot be written",
        "is an error (exit 1), where journalctl says nothing and ends with 0; a reader that goes away is none (exit 0)",
    ),
    (
        "-g, --grep",
        "what only PCRE has (looking around, back references, atomic groups, possessive repetition, recursion) is \
         refused",
    ),
    (
        "-S, -U",
        "a bare span (1h) and the times of RFC 3339 (2023-11-14T22:14:30Z) are understood, too, and ids of boots \
         with dashes",
    ),
    ("--list-boots --utc", "in UTC, as it is asked"),
    ("wrong usage", "is told in other words"),
    ("--after-cursor beside a filter", "loses no entry, as in 257; 252 loses the first"),
    ("--facility beside +", "holds for every alternative, as in 257; 252 asks it of the first only"),
    ("JSON", "names stand in the order of the file; journalctl's order changes from run to run"),
];

#[test]
fn man_pages_and_completions_are_those_of_the_commands() {
    let files = generated();
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        for file in &files {
            fs::create_dir_all(file.path.parent().expect("a file lies in a directory"))
                .expect("make the directory");
            fs::write(&file.path, &file.text).expect("write the generated file");
        }
        return;
    }
    let stale: Vec<_> = files
        .iter()
        .filter(|file| fs::read_to_string(&file.path).ok().as_deref() != Some(&file.text))
        .map(|file| file.path.display().to_string())
        .collect();
    assert!(stale.is_empty(), "stale, run `make docs`: {}", stale.join(", "));
}

fn generated() -> Vec<Generated> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    let journal = openim_ops::journalctl::args::Args::command().name("openim-logs-journal");
    let text = man_page(&journal.bin_name("openim-logs journal"), &JOURNAL);
    files.push(Generated { path: root.join("man/openim-logs-journal.1"), text });
    for (command, page) in
        [(openim_ops::check::args::Args::command(), CHECK), (openim_ops::logs::args::command(), LOGS)]
    {
        let name = command.get_name().to_owned();
        files.push(Generated { path: root.join(format!("man/{name}.1")), text: man_page(&command, &page) });
        for (shell, file) in [
            (Shell::Bash, format!("{name}.bash")),
            (Shell::Zsh, format!("_{name}")),
            (Shell::Fish, format!("{name}.fish")),
        ] {
            let text = completions(shell, command.clone(), &name);
            files.push(Generated { path: root.join("completions").join(file), text });
        }
    }
    files
}

fn completions(shell: Shell, mut command: Command, name: &str) -> String {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut bytes);
    String::from_utf8(bytes).expect("completions are text")
}

fn man_page(command: &Command, page: &Page) -> String {
    let man = Man::new(command.clone()).date("").manual("OpenIM operations");
    let mut bytes = Vec::new();
    man.render_title(&mut bytes).expect("write to memory");
    man.render_name_section(&mut bytes).expect("write to memory");
    man.render_synopsis_section(&mut bytes).expect("write to memory");
    man.render_description_section(&mut bytes).expect("write to memory");
    section(&mut bytes, "EXAMPLES", page.examples);
    man.render_options_section(&mut bytes).expect("write to memory");
    if command.has_subcommands() {
        verbs(&mut bytes, command);
    }
    for (title, entries) in page.more {
        section(&mut bytes, title, entries);
    }
    section(&mut bytes, "EXIT STATUS", page.exit_status);
    man.render_version_section(&mut bytes).expect("write to memory");
    String::from_utf8(bytes).expect("a page is text")
}

/// The verbs, each with what it takes besides the options of the lines themselves.
fn verbs(bytes: &mut Vec<u8>, command: &Command) {
    let mut command = command.clone();
    command.build();
    let mut page = roff::Roff::new();
    page.control("SH", ["VERBS"]);
    for verb in command.get_subcommands().filter(|verb| verb.get_name() != "help") {
        let is_own = |arg: &&Arg| {
            let is_same =
                |shared: &Arg| shared.get_id() == arg.get_id() && shared.get_help() == arg.get_help();
            let is_shared = command.get_arguments().any(is_same);
            !is_shared && !arg.is_hide_set() && arg.get_id() != "help"
        };
        let (words, options): (Vec<_>, Vec<_>) =
            verb.get_arguments().filter(is_own).partition(|arg| arg.is_positional());
        let usage: Vec<String> =
            [verb.get_name().to_owned()].into_iter().chain(words.iter().map(ToString::to_string)).collect();
        term(&mut page, &usage.join(" "), &verb.get_about().unwrap_or_default().to_string());
        if has_own_page(verb) {
            page.text([roff::roman(format!("Its page is openim-logs-{}(1).", verb.get_name()))]);
            continue;
        }
        if options.is_empty() {
            continue;
        }
        page.control("RS", []);
        for option in options {
            let short = option.get_short().map(|letter| format!("-{letter}, ")).unwrap_or_default();
            term(&mut page, &format!("{short}{option}"), &option.get_help().unwrap_or_default().to_string());
        }
        page.control("RE", []);
    }
    page.to_writer(bytes).expect("write to memory");
}

/// The one that is a command of its own.
fn has_own_page(verb: &Command) -> bool {
    verb.get_name() == "journal"
}

fn term(page: &mut roff::Roff, term: &str, meaning: &str) {
    page.control("TP", []);
    page.text([roff::bold(term)]);
    page.text([roff::roman(meaning)]);
}

fn section(bytes: &mut Vec<u8>, title: &str, entries: &[(&str, &str)]) {
    let mut page = roff::Roff::new();
    page.control("SH", [title]);
    for (word, meaning) in entries {
        term(&mut page, word, meaning);
    }
    page.to_writer(bytes).expect("write to memory");
}

/// The words of a text that stand between backticks and are paths below a directory of this project.
fn paths(text: &str) -> impl Iterator<Item = &str> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let is_path = move |word: &&str| {
        let top = word.split_once('/').map(|(top, _)| top).filter(|top| !top.is_empty());
        top.is_some_and(|top| root.join(top).is_dir()) && !word.contains(' ')
    };
    text.lines().flat_map(|line| line.split('`').skip(1).step_by(2)).filter(is_path)
}

/// Whether there is such a file or directory; a name with `*` in it is one of several.
fn exists(path: &str) -> bool {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let (name, directory) = (path.file_name().and_then(|name| name.to_str()), path.parent());
    let Some((start, end)) = name.and_then(|name| name.split_once('*')) else { return path.exists() };
    let is_one = |name: &str| name.starts_with(start) && name.ends_with(end);
    let found = directory.and_then(|directory| fs::read_dir(directory).ok()).into_iter().flatten();
    found.flatten().any(|file| file.file_name().to_str().is_some_and(is_one))
}

#[test]
fn every_path_that_the_documents_name_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = fs::read_dir(root.join("docs")).expect("there are documents");
    let docs = docs.map(|file| file.expect("a file").path());
    let (mut named, mut missing) = (0, Vec::new());
    for document in docs.chain(["CONTRIBUTING.md", "README.md"].map(|name| root.join(name))) {
        let text = fs::read_to_string(&document).expect("a document is text");
        named += paths(&text).count();
        let missing_here = paths(&text).filter(|path| !exists(path));
        missing.extend(missing_here.map(|path| format!("{}: {path}", document.display())));
    }
    assert!(named > 50 && missing.is_empty(), "of {named}: {missing:#?}");
}

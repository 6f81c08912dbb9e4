//! The questions, and the command for each.

/// A row of the table.
pub(crate) struct Row {
    pub(crate) question: &'static str,
    pub(crate) command: &'static str,
    pub(crate) answer: Answer,
    /// What the command must not print.
    pub(crate) hides: Option<&'static str>,
}

#[derive(Clone, Copy)]
pub(crate) enum Answer {
    /// The command prints this, of the journal that was made. `but` is what is otherwise than one may expect.
    Shows { text: &'static str, but: &'static str },
    /// It needs a real systemd, or more than one command: this file runs it.
    ShownIn(&'static str),
    /// It is not there, for this reason.
    LeftOut(&'static str),
}

impl Row {
    const fn hides(self, text: &'static str) -> Self {
        Self { hides: Some(text), ..self }
    }

    const fn but(self, but: &'static str) -> Self {
        match self.answer {
            Answer::Shows { text, .. } => Self { answer: Answer::Shows { text, but }, ..self },
            Answer::ShownIn(_) | Answer::LeftOut(_) => self,
        }
    }
}

const fn row(question: &'static str, command: &'static str, text: &'static str) -> Row {
    Row { question, command, answer: Answer::Shows { text, but: "" }, hides: None }
}

const fn shown_in(question: &'static str, command: &'static str, file: &'static str) -> Row {
    Row { question, command, answer: Answer::ShownIn(file), hides: None }
}

const fn left_out(question: &'static str, reason: &'static str) -> Row {
    Row { question, command: "", answer: Answer::LeftOut(reason), hides: None }
}

#[rustfmt::skip]
pub(crate) const ROWS: &[Row] = &[
    // Which lines: units and services.
    row("a unit by its name", "openim-logs journal -u openim-api", "getUsers").hides("pushed"),
    row("units by a glob", "openim-logs -u 'openim-push@*'", "pushed 2").hides("getUsers"),
    shown_in("a unit that never logged, or one that does not exist", "openim-logs -u openim-idle", "tests/system/named_units.rs"),
    shown_in("containers by docker's driver, one for all or one each", "openim-logs api", "tests/logs_journal.rs"),
    row("several units at once", "openim-logs api push#2", "pushed 2").hides("pushed 1"),
    row("OpenIM's short names and groups", "openim-logs rpc", "user is online").hides("quota exceeded"),
    row("what systemd says about a unit, and its crashes", "openim-logs api", "Started openim-api.service"),
    row("units of users, and a user's lines", "openim-logs journal _UID=1000", "a user's own").hides("getUsers"),
    row("an identifier", "openim-logs journal -t kernel", "Linux version").hides("getUsers"),
    row("all but an identifier", "openim-logs journal -T openim-api", "Linux version").hides("quota exceeded"),
    // Levels, facilities, fields.
    row("a range of priorities", "openim-logs journal -p crit..warning", "disk is nearly full").hides("getUsers"),
    row("the level that stands in the line", "openim-logs -o openim-json -L error", r#""level":"ERROR""#),
    row("that level and graver", "openim-logs -L warn", "cache is cold").hides("getUsers"),
    row("a facility", "openim-logs journal --facility=kern", "Linux version").hides("getUsers"),
    row("fields with and, or, `+`", "openim-logs journal _PID=512 _TRANSPORT=stdout + _UID=1000", "a user's own").hides("pushed"),
    row("not", "openim-logs api -L error --where 'msg!~refused'", "quota exceeded").hides("dial refused"),
    row("keys inside the line", "openim-logs --where 'userID=42'", "getUsers"),
    row("comparisons, of numbers and of durations", "openim-logs --where 'cost>=200ms'", "700ms").hides("3ms"),
    row("comparisons, of levels and of versions", "openim-logs --where 'level>=warn'", "cache is cold").hides("getUsers"),
    row("a regular expression", "openim-logs -g 'refused|time ?out'", "dial refused").but("without look-around; of every line in linear time"),
    row("lines around a hit, of the same service", "openim-logs api -g refused -C 1", "quota exceeded").hides("user is online"),
    row("the hit, marked", "SYSTEMD_COLORS=1 openim-logs journal -g 'nearly full'", "\u{1b}[0;1;39mnearly full").but("on journalctl's face; OpenIM's colours the level alone"),
    // When.
    row("absolute and relative times", "openim-logs --since '3 days ago' --until '5 min ago'", "getUsers"),
    row("durations as Go, docker and kubectl write them", "openim-logs --since 72h", "getUsers"),
    shown_in("cursors: show one, go on behind one, keep one in a file", "openim-logs journal --cursor-file=FILE", "tests/journal_equality/forms.rs"),
    row("the last N, the newest first, the end", "openim-logs journal -r -n 1", "the newest").hides("getUsers"),
    row("follow, with what was there before", "openim-logs push#1 -n 1 -f", "pushed 1"),
    shown_in("follow across rotation and vacuum", "openim-logs journal -f", "tests/system/journald.rs"),
    shown_in("follow several sources in the order of time", "openim-logs api rpc-user -f", "tests/system/questions.rs"),
    shown_in("follow without journald's quarter of a second", "openim-logs push -f", "tests/logs_journal.rs"),
    shown_in("boots, and one of them", "openim-logs journal --list-boots", "tests/journal_equality/forms.rs"),
    shown_in("the runs of units, and one of them", "openim-logs journal --list-invocations", "tests/journal_equality/newer.rs"),
    shown_in("since the last start of each service", "openim-logs -I rpc-msg", "tests/system/questions.rs"),
    // How they are shown.
    row("`short` and its family, `with-unit`", "openim-logs journal -o short-delta", "<"),
    row("`json`, `json-pretty`, `json-sse`, `json-seq`", "openim-logs journal -o json-sse -n 1", "data: {"),
    row("`export`, `cat`, `verbose`", "openim-logs journal -o verbose -n 1", "    MESSAGE=the newest"),
    row("OpenIM's record as JSON", "openim-logs -o openim-json --op op-1", r#""operationID":"op-1""#),
    row("some fields alone", "openim-logs journal -o json --output-fields=MESSAGE -n 1", r#""MESSAGE":"the newest""#).hides("_HOSTNAME"),
    row("a line of your own", "openim-logs --template '{service}: {msg}, {kv.cost}' --slow 500ms", "api: http request processed, 700ms"),
    row("text in JSON, whatever its colours", "openim-logs -o json --op op-1", r#""MESSAGE":"20"#).hides("[50,48,50"),
    row("a colour for each level", "openim-logs -o openim --color always -L error", "\u{1b}[31mERROR"),
    left_out("a colour for each service", "the level is what the eye looks for; a second meaning of colour hides the first"),
    left_out("explanations of the catalog", "they are systemd's own text; `journalctl -x` has them"),
    left_out("a configuration file for the usual format", "a terminal gets `-o openim` and a pipe `-o short`; an alias does the rest"),
    shown_in("a pager, long lines folded", "openim-logs journal", "tests/journal_pager.rs"),
    row("binary fields", "openim-logs journal -o json _PID=77", "[1,2,3,255]"),
    // What follows from many lines.
    row("which fields and which values there are", "openim-logs journal -F _SYSTEMD_UNIT", "openim-push@2.service"),
    row("only how many", "openim-logs api -L error --count", "2"),
    row("how many over time, as a histogram", "openim-logs stats", "others"),
    row("groups, the most frequent, percentiles", "openim-logs stats --by level", "ERROR"),
    row("one request through all services, with durations", "openim-logs trace op-1", "op-1   4 records, 2 services"),
    row("the same message again and again, once", "openim-logs top -L error", "dial refused"),
    row("crashes and recovered panics, each once", "openim-logs panics", "index out of range"),
    row("a dump of many lines as one record", "openim-logs rpc-user -L panic --count", "1"),
    row("lines that journald cut, whole again", "openim-logs api --msg 'cut in two' -o openim-json", r#""half":"and here""#),
    row("the slowest calls, and those that failed", "openim-logs slow", "700 ms"),
    row("lines that were dropped, also docker's, and what was rotated away", "openim-logs gaps", "120"),
    shown_in("why there is nothing to see", "openim-logs doctor", "tests/system/doctor.rs"),
    // Where they come from.
    shown_in("a directory, files, another root", "openim-logs journal --root=DIR", "tests/system/journald.rs"),
    shown_in("journals of other machines", "openim-logs journal -m", "tests/journal_equality/generated.rs"),
    shown_in("namespaces", "openim-logs journal --namespace='*'", "tests/system/journald.rs"),
    left_out("containers of machined, images (`-M`, `--image`)", "`openim-logs journal` has journalctl do it, as they have to be mounted first"),
    row("OpenIM's own files, standard input, what nohup and supervisord keep", "openim-logs --source journal", "getUsers").but("`--source files,stdout`, `-`"),
    shown_in("how much room they take", "openim-logs journal --disk-usage", "tests/system/journald.rs"),
    left_out("vacuum, rotate, sync, seals", "`openim-logs journal` has journalctl do it: whoever reads does not write"),
    shown_in("a hint where one may not read", "openim-logs doctor", "tests/system/doctor.rs"),
    // Around it.
    shown_in("completion of services, options and their values", "openim-logs <TAB>", "tests/system/completion.rs"),
    left_out("completion of the units and fields that a journal has", "services are known without it; on a big journal it would make TAB slow"),
    shown_in("a man page", "man openim-logs", "tests/generated.rs"),
    row("answers for programs, of every question", "openim-logs top -o json", r#"{"messages":["#),
    left_out("a service to be asked over a socket", "each command ends in milliseconds and has `-o json`"),
    shown_in("one static program, where there is no libsystemd", "make static", "scripts/build-static"),
];

//! The questions, and the command for each.

use crate::made::Made;
use crate::scenes;

/// A row of the table. In its command `ROOT` is OpenIM's directory, `SYSTEM` the root of another system and `FILE` a file
/// with lines; where none of them stands, it is asked of the journal.
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
    /// The command needs something around it, or goes on: this runs it, and says what was wrong.
    Acts(fn(&Made) -> Result<(), String>),
    /// This file builds it.
    BuiltBy(&'static str),
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
            Answer::Acts(_) | Answer::BuiltBy(_) | Answer::LeftOut(_) => self,
        }
    }
}

const fn row(question: &'static str, command: &'static str, text: &'static str) -> Row {
    Row { question, command, answer: Answer::Shows { text, but: "" }, hides: None }
}

const fn acts(question: &'static str, command: &'static str, scene: fn(&Made) -> Result<(), String>) -> Row {
    Row { question, command, answer: Answer::Acts(scene), hides: None }
}

const fn built_by(question: &'static str, command: &'static str, file: &'static str) -> Row {
    Row { question, command, answer: Answer::BuiltBy(file), hides: None }
}

const fn left_out(question: &'static str, reason: &'static str) -> Row {
    Row { question, command: "", answer: Answer::LeftOut(reason), hides: None }
}

#[rustfmt::skip]
pub(crate) const ROWS: &[Row] = &[
    // Which lines: units and services.
    row("a unit by its name", "openim-logs journal -u openim-api", "getUsers").hides("pushed"),
    row("units by a glob", "openim-logs -u 'openim-push@*'", "pushed 2").hides("getUsers"),
    row("a unit that does not exist, told apart from one that is silent", "openim-logs -u openim-apu", "has no unit openim-apu.service;\nthere is openim-api.service"),
    row("an instance that does not exist", "openim-logs push#9", "there is push#1 to push#2"),
    row("containers by docker's driver, one for all or one each", "openim-logs third", "from a container").hides("getUsers"),
    row("several units at once", "openim-logs api push#2", "pushed 2").hides("pushed 1"),
    row("OpenIM's short names and groups", "openim-logs rpc", "user is online").hides("quota exceeded"),
    row("what systemd says about a unit, and its crashes", "openim-logs api", "Started openim-api.service"),
    row("units of users, and a user's lines", "openim-logs _UID=1000", "a user's own").hides("getUsers"),
    row("an identifier", "openim-logs -t kernel", "Linux version").hides("getUsers"),
    row("all but an identifier", "openim-logs -k -b all -T openim-api", "Linux version").hides("quota exceeded"),
    // Levels, facilities, fields.
    row("a range of priorities", "openim-logs journal -p crit..warning", "disk is nearly full").hides("getUsers"),
    row("the level that stands in the line", "openim-logs -o openim-json -L error", r#""level":"ERROR""#),
    row("that level and graver", "openim-logs -L warn", "cache is cold").hides("getUsers"),
    row("a facility", "openim-logs -t kernel --facility=kern", "Linux version").hides("getUsers"),
    row("fields with and, or, `+`", "openim-logs _PID=512 _TRANSPORT=stdout + _UID=1000", "a user's own").hides("pushed"),
    row("not", "openim-logs api -L error --where 'msg!~refused'", "quota exceeded").hides("dial refused"),
    row("keys inside the line", "openim-logs --where 'userID=42'", "getUsers"),
    row("comparisons, of numbers and of durations", "openim-logs --where 'cost>=200ms'", "700ms").hides("3ms"),
    row("comparisons, of levels and of versions", "openim-logs --where 'level>=warn'", "cache is cold").hides("getUsers"),
    row("a regular expression", "openim-logs -g 'refused|time ?out'", "dial refused").but("without look-around; of every line in linear time"),
    row("lines around a hit, of the same service", "openim-logs api -g refused -C 1", "quota exceeded").hides("user is online"),
    row("the hit, marked", "SYSTEMD_COLORS=1 openim-logs journal -g 'nearly full'", "\u{1b}[0;1;39mnearly full").but("on journalctl's face; OpenIM's colours level and service"),
    // When.
    row("absolute and relative times", "openim-logs --since '3 days ago' --until '5 min ago'", "getUsers"),
    row("durations as Go, docker and kubectl write them", "openim-logs --since 72h", "getUsers"),
    acts("cursors: show one, go on behind one, keep one in a file", "openim-logs --cursor-file=PLACE", scenes::cursor_file),
    row("the last N, the newest first, the end", "openim-logs _PID=900 -r -n 1", "the newest").hides("getUsers"),
    row("follow, with what was there before", "openim-logs push#1 -n 1 -f", "pushed 1"),
    acts("follow across rotation and vacuum", "openim-logs push -f", scenes::rotation),
    acts("follow several sources in the order of time", "openim-logs api rpc-user -f", scenes::order),
    acts("follow without journald's quarter of a second", "openim-logs push -f", scenes::promptness),
    row("which boots there are", "openim-logs journal --list-boots", "1f0ab4a2c9d84f4c8bb1e3a5d7c60911"),
    row("one boot alone", "openim-logs -k -b -1 --count", "1\n"),
    row("which runs of a unit there are", "openim-logs --list-invocations api push", crate::made::RUN),
    row("one run alone", "openim-logs api --invocation=0", "quota exceeded").hides("user is online"),
    acts("since the last start of each service", "openim-logs -I rpc-msg", scenes::this_run),
    // How they are shown.
    row("`short` and its family, `with-unit`", "openim-logs -o short-delta", "<"),
    row("`json`, `json-pretty`, `json-sse`, `json-seq`", "openim-logs -o json-sse -n 1", "data: {"),
    row("`export`, `cat`, `verbose`", "openim-logs _PID=900 -o verbose -n 1", "    MESSAGE=the newest"),
    row("OpenIM's record as JSON", "openim-logs -o openim-json --op op-1", r#""operationID":"op-1""#),
    row("some fields alone", "openim-logs _PID=900 -o json --output-fields=MESSAGE -n 1", r#""MESSAGE":"the newest""#).hides("_HOSTNAME"),
    row("a line of your own", "openim-logs --template '{service}: {msg}, {kv.cost}' --slow 500ms", "api: http request processed, 700ms"),
    row("text in JSON, whatever its colours", "openim-logs -o json --op op-1", r#""MESSAGE":"20"#).hides("[50,48,50"),
    row("a colour for each level", "openim-logs -o openim --color always -L error", "\u{1b}[31mERROR"),
    row("a colour for each service", "openim-logs -o openim --color always api -L error", "\u{1b}[32mapi\u{1b}[0m"),
    left_out("explanations of the catalog", "they are systemd's own text; `journalctl -x` has them"),
    left_out("a configuration file for the usual format", "a terminal gets `-o openim` and a pipe `-o short`; an alias does the rest, as the last of an option that is repeated counts"),
    acts("a pager, long lines folded", "openim-logs", scenes::pager),
    row("binary fields", "openim-logs journal -o json _PID=77", "[1,2,3,255]"),
    // What follows from many lines.
    row("which fields and which values there are", "openim-logs journal -F _SYSTEMD_UNIT", "openim-push@2.service"),
    row("only how many", "openim-logs api -L error --count", "2"),
    row("how many over time, as a histogram", "openim-logs stats", "others"),
    row("groups, the most frequent", "openim-logs stats --by level", "ERROR"),
    row("percentiles", "openim-logs slow -o json", r#""p95_us":700000"#).but("to one percent, of a method with more than 10,000 different durations"),
    row("one request through all services, with durations", "openim-logs trace op-1", "op-1   4 records, 2 services"),
    row("the same message again and again, once", "openim-logs top -L error", "dial refused"),
    row("what has happened, before all messages", "openim-logs top", "FATAL  rpc-user            runtime error: index ou"),
    row("crashes and recovered panics, each once", "openim-logs panics", "index out of range"),
    row("a dump of many lines as one record", "openim-logs rpc-user -L panic --count", "1"),
    row("lines that journald cut, whole again", "openim-logs api --msg 'cut in two' -o openim-json", r#""half":"and here""#),
    row("the slowest calls, and those that failed", "openim-logs slow", "700 ms"),
    row("lines that were dropped, also docker's, and what was rotated away", "openim-logs gaps", "120"),
    row("why there is nothing to see", "openim-logs doctor --root ROOT", "isStdout: false"),
    // Where they come from.
    row("a directory, files, another root", "openim-logs journal --root=SYSTEM", "from the other system"),
    row("journals of other machines", "openim-logs journal -m --root=SYSTEM", "from another machine"),
    acts("namespaces", "openim-logs --namespace=web", scenes::namespace),
    left_out("containers of machined, images (`-M`, `--image`)", "`openim-logs journal` has journalctl do it, as they have to be mounted first"),
    row("OpenIM's own files", "openim-logs --source files --root ROOT", "an hour ago"),
    row("standard input", "openim-logs - < FILE", "an hour ago"),
    acts("what nohup and supervisord keep", "openim-logs --source stdout", scenes::output),
    row("how much room they take", "openim-logs journal --disk-usage", "Archived and active journals take up "),
    left_out("vacuum, rotate, sync, seals", "`openim-logs journal` has journalctl do it: whoever reads does not write"),
    acts("a hint where one may not read", "openim-logs journal", scenes::permission),
    // Around it.
    acts("completion of services, options and their values", "openim-logs <TAB>", scenes::completion),
    left_out("completion of the units and fields that a journal has", "services are known without it; on a big journal it would make TAB slow"),
    acts("a man page", "man openim-logs", scenes::man_page),
    row("answers for programs, of every question", "openim-logs top -o json", r#""messages":["#),
    left_out("a service to be asked over a socket", "each command ends in milliseconds and has `-o json`"),
    built_by("one static program, where there is no libsystemd", "make static", "scripts/build-static"),
];

//! Which records are shown.

mod key;
mod operation;
mod runs;
mod wanted;

use regex::bytes::{Regex, RegexBuilder};

use self::key::Key;
pub(super) use self::key::Name;
pub(super) use self::operation::Operation;
pub(super) use self::runs::{Run, Runs};
pub(super) use self::wanted::PLATFORM;
use super::LogsError;
use super::args::{Comparison, Levels, Priorities};
use super::record::Record;
use crate::openim::line::level_of;
use crate::openim::service::Service;
use crate::time::Timestamp;

/// Which services: none named means all, and then also lines of which no service is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Selection(pub(super) Vec<(Service, Option<u32>)>);

impl Selection {
    /// Whether what a unit of that service and number wrote may be selected.
    pub(super) fn may_admit(&self, of_unit: (Service, Option<u32>)) -> bool {
        self.0.is_empty() || may_be_of(&self.0, of_unit)
    }

    fn admits(&self, record: &Record<'_>) -> bool {
        self.0.is_empty()
            || self.0.iter().any(|&(service, instance)| {
                record.service == Some(service) && (instance.is_none() || record.instance == instance)
            })
    }
}

/// Whether a unit's service and number may be one of these; without a number it may be any instance.
pub(super) fn may_be_of(
    services: &[(Service, Option<u32>)],
    (service, instance): (Service, Option<u32>),
) -> bool {
    services.iter().any(|&(wanted, number)| {
        wanted == service && (number.is_none() || instance.is_none() || number == instance)
    })
}

/// What the person filters by. Scope (which services, which time) is not part of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Filter {
    pub(super) priorities: Option<Priorities>,
    pub(super) levels: Option<Levels>,
    pub(super) pattern: Option<Regex>,
    pub(super) message: Option<Regex>,
    /// One of these.
    pub(super) operations: Vec<Operation>,
    pub(super) callers: Vec<Regex>,
    pub(super) versions: Vec<Regex>,
    pub(super) codes: Vec<u32>,
    /// In microseconds.
    pub(super) slow: Option<u64>,
    /// All of these.
    pub(super) keys: Vec<Key>,
}

/// All that decides whether a record is shown.
#[derive(Clone, Debug, Default)]
pub(super) struct Criteria {
    pub(super) selection: Selection,
    pub(super) since: Option<Timestamp>,
    pub(super) until: Option<Timestamp>,
    /// Only since each service was started last.
    pub(super) runs: Option<Runs>,
    /// None of these identifiers of syslog.
    pub(super) excluded_identifiers: Vec<String>,
    pub(super) filter: Filter,
}

impl Criteria {
    /// Whether it is what was asked for.
    pub(super) fn find(&self, record: &Record<'_>) -> bool {
        self.is_in_scope(record) && self.filter.admits(record)
    }

    /// Whether it is of the services and the time that were asked for.
    pub(super) fn is_in_scope(&self, record: &Record<'_>) -> bool {
        self.since.is_none_or(|since| record.time >= since)
            && self.until.is_none_or(|until| record.time <= until)
            && self.selection.admits(record)
            && self.runs.as_ref().is_none_or(|runs| runs.admits(record))
            && !self.excludes(record)
    }

    fn excludes(&self, record: &Record<'_>) -> bool {
        let excluded = &self.excluded_identifiers;
        !excluded.is_empty()
            && record.identifier().is_some_and(|name| excluded.iter().any(|one| *one == name))
    }
}

impl Filter {
    /// Whether there is nothing to filter by.
    pub(super) const fn is_empty(&self) -> bool {
        self.priorities.is_none()
            && self.levels.is_none()
            && self.pattern.is_none()
            && self.message.is_none()
            && self.operations.is_empty()
            && self.callers.is_empty()
            && self.versions.is_empty()
            && self.codes.is_empty()
            && self.slow.is_none()
            && self.keys.is_empty()
    }

    /// Whether it needs to know how long calls took.
    pub(super) fn needs_durations(&self) -> bool {
        self.slow.is_some() || self.keys.iter().any(Key::is_duration)
    }

    /// Adds what one key is compared with.
    pub(super) fn compare(&mut self, comparison: Comparison) -> Result<(), LogsError> {
        let key = Key::new(comparison).map_err(|reason| LogsError::Pattern { option: "where", reason })?;
        self.keys.push(key);
        Ok(())
    }

    /// Adds that a key has one of these values; none means that it does not matter.
    pub(super) fn require(&mut self, key: &str, values: &[String]) {
        if !values.is_empty() {
            self.keys.push(Key::one_of(key, values));
        }
    }

    /// Whether [`Filter::refuses`] refuses anything.
    pub(super) const fn judges_bytes(&self) -> bool {
        self.levels.is_some() || self.priorities.is_some() || !self.operations.is_empty()
    }

    /// Whether the stored bytes of a line already tell that it is not admitted, whatever is known around it.
    pub(super) fn refuses(&self, raw: &[u8]) -> bool {
        let operation = !any_or_none(&self.operations, |operation| operation.may_admit(raw));
        operation || self.refuses_level(raw)
    }

    fn refuses_level(&self, raw: &[u8]) -> bool {
        if self.levels.is_none() && self.priorities.is_none() {
            return false;
        }
        let Some(level) = level_of(raw) else { return false };
        let priority = level.syslog_priority();
        self.levels.is_some_and(|levels| !(levels.from..=levels.to).contains(&level))
            || self.priorities.is_some_and(|range| !(range.from..=range.to).contains(&priority))
    }

    pub(super) fn admits(&self, record: &Record<'_>) -> bool {
        self.levels.is_none_or(|levels| (levels.from..=levels.to).contains(&record.level))
            && self.priorities.is_none_or(|range| (range.from..=range.to).contains(&record.priority))
            && any_or_none(&self.operations, |operation| operation.admits(record))
            && self.pattern.as_ref().is_none_or(|pattern| pattern.is_match(&record.text()))
            && self.slow.is_none_or(|slow| record.cost.is_some_and(|cost| cost >= slow))
            && self.admits_columns(record)
            && self.keys.iter().all(|key| key.admits(record))
    }

    /// What can only be asked of a line of the logger.
    fn admits_columns(&self, record: &Record<'_>) -> bool {
        let zap = record.zap();
        let column = |patterns: &[Regex], value: Option<&[u8]>| {
            any_or_none(patterns, |pattern| value.is_some_and(|value| pattern.is_match(value)))
        };
        column(&self.callers, zap.and_then(|zap| zap.caller))
            && column(&self.versions, zap.and_then(|zap| zap.version))
            && any_or_none(&self.codes, |code| record.code() == Some(*code))
            && self.message.as_ref().is_none_or(|pattern| pattern.is_match(record.message().as_bytes()))
    }
}

fn any_or_none<T>(wanted: &[T], admits: impl FnMut(&T) -> bool) -> bool {
    wanted.is_empty() || wanted.iter().any(admits)
}

/// The expression of `option`. Where case sensitivity is not asked for, an expression without a capital letter
/// matches in any case.
pub(super) fn compile_pattern(
    option: &'static str,
    text: &str,
    case_sensitive: Option<bool>,
) -> Result<Regex, LogsError> {
    let sensitive = case_sensitive.unwrap_or_else(|| text.chars().any(char::is_uppercase));
    RegexBuilder::new(text).case_insensitive(!sensitive).build().map_err(|error| {
        let reason = error.to_string();
        let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        LogsError::Pattern { option, reason: format!("{text:?}: {reason}") }
    })
}

/// A glob as an expression: `*` stands for anything, `?` for one character, and the whole must fit.
pub(super) fn compile_glob(option: &'static str, glob: &str) -> Result<Regex, LogsError> {
    let pattern = regex::escape(glob).replace(r"\*", ".*").replace(r"\?", ".");
    compile_pattern(option, &format!("^(?:{pattern})$"), Some(true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::record::Context;
    use crate::openim::level::Level;

    const ERROR: &[u8] = b"2026-07-02 08:55:00.100\t\x1b[31mERROR\x1b[0m\t\x1b[31m[PID:1570]     \x1b[0m\t\x1b[31mopenim-rpc-msg           \x1b[0m\t[v3.8.3-patch.16]             \t[mw/rpc_server_interceptor.go:33]                 \trpc server panic                                  \t{\"operationID\": \"op-79\", \"method\": \"op-7\", \"operationID\": \"a b\"}";

    fn record() -> Record<'static> {
        Record::new(
            ERROR,
            Context { instance: Some(2), service: Some(Service::RpcMsg), ..Context::default() },
        )
    }

    fn grep(text: &str, sensitive: Option<bool>) -> bool {
        let filter =
            Filter { pattern: Some(compile_pattern("grep", text, sensitive).unwrap()), ..Filter::default() };
        filter.admits(&record())
    }

    #[test]
    fn grep_sees_the_text_without_colours() {
        assert!(grep(r"ERROR\s+\[PID:1570\]\s+openim-rpc-msg", None));
        assert!(!grep(r"\[31m", None));
    }

    #[test]
    fn small_letters_match_any_case_and_a_capital_one_makes_case_count() {
        assert!(grep("error", None));
        assert!(!grep("Error", None));
        assert!(!grep("error", Some(true)));
        assert!(grep("Error", Some(false)));
    }

    #[test]
    fn a_bad_expression_says_why() {
        let text = compile_pattern("grep", "a(b", None).unwrap_err().to_string();
        assert_eq!(text, "--grep: \"a(b\": unclosed group");
        assert!(compile_pattern("grep", "(?=x)", None).unwrap_err().to_string().contains("look-around"));
    }

    #[test]
    fn levels_and_priorities_are_those_of_the_line() {
        let with =
            |from, to| Filter { levels: Some(Levels { from, to }), ..Filter::default() }.admits(&record());
        assert!(with(Level::Error, Level::Fatal) && with(Level::Debug, Level::Error));
        assert!(!with(Level::Panic, Level::Fatal) && !with(Level::Debug, Level::Warn));
        let with = |from, to| {
            Filter { priorities: Some(Priorities { from, to }), ..Filter::default() }.admits(&record())
        };
        assert!(with(0, 3) && with(3, 7));
        assert!(!with(0, 2) && !with(4, 7));
    }

    #[test]
    fn what_the_bytes_of_a_line_rule_out_is_refused_and_nothing_else() {
        let of = |filter: Filter| filter.refuses(ERROR);
        let levels = |from, to| of(Filter { levels: Some(Levels { from, to }), ..Filter::default() });
        assert!(levels(Level::Panic, Level::Fatal) && !levels(Level::Error, Level::Fatal));
        let priorities =
            |from, to| of(Filter { priorities: Some(Priorities { from, to }), ..Filter::default() });
        assert!(priorities(0, 2) && !priorities(3, 7));
        let operation = |id| of(Filter { operations: vec![Operation::new(id)], ..Filter::default() });
        assert!(operation("op-78") && !operation("op-7") && !operation("a b"));
        // Whose level journald's priority decides may be anything.
        let fatal = Levels { from: Level::Fatal, to: Level::Fatal };
        assert!(!Filter { levels: Some(fatal), ..Filter::default() }.refuses(b"any other text"));
    }

    #[test]
    fn a_selection_takes_services_and_instances() {
        let admits = |list: &[(Service, Option<u32>)]| Selection(list.to_vec()).admits(&record());
        assert!(admits(&[]));
        assert!(admits(&[(Service::Api, None), (Service::RpcMsg, None)]));
        assert!(admits(&[(Service::RpcMsg, Some(2))]));
        assert!(!admits(&[(Service::RpcMsg, Some(3))]));
        assert!(!admits(&[(Service::Api, None)]));
    }

    #[test]
    fn a_glob_must_fit_the_whole_caller_or_version() {
        let admits = |callers: &str, versions: &str| {
            let globs = |text: &str| {
                text.split(',')
                    .filter(|text| !text.is_empty())
                    .map(|glob| compile_glob("x", glob).unwrap())
                    .collect()
            };
            Filter { callers: globs(callers), versions: globs(versions), ..Filter::default() }
                .admits(&record())
        };
        assert!(admits("mw/*", "") && admits("*.go:33", "v3.8.3*") && admits("x,mw/rpc_*", ""));
        assert!(!admits("rpc_*", "") && !admits("mw/", "") && !admits("mw/*", "v3.8.3"));
    }

    #[test]
    fn a_code_is_that_of_the_error_and_a_message_is_only_the_message() {
        let raw =
            String::from_utf8_lossy(ERROR).replace("\"method\"", "\"error\": \"Error: 500 x\", \"method\"");
        let record = Record::new(raw.as_bytes(), Context::default());
        let code = |code| Filter { codes: vec![code], ..Filter::default() }.admits(&record);
        assert!(code(500) && !code(0));
        let message = |text| {
            let message = Some(compile_pattern("msg", text, None).unwrap());
            Filter { message, ..Filter::default() }.admits(&record)
        };
        assert!(message("^rpc server panic$") && !message("op-79"));
    }
}

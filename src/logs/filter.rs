//! Which records are shown.

use memchr::memmem::Finder;
use regex::bytes::{Regex, RegexBuilder};

use super::LogsError;
use super::args::{Levels, Priorities};
use super::record::Record;
use crate::openim::service::Service;
use crate::time::Timestamp;

/// Which services: none named means all, and then also lines of which no service is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Selection(pub(super) Vec<(Service, Option<u32>)>);

impl Selection {
    fn admits(&self, record: &Record<'_>) -> bool {
        self.0.is_empty()
            || self.0.iter().any(|&(service, instance)| {
                record.service == Some(service) && (instance.is_none() || record.instance == instance)
            })
    }
}

/// What the person filters by. Scope (which services, which time) is not part of it.
#[derive(Debug, Default)]
pub(super) struct Filter {
    pub(super) priorities: Option<Priorities>,
    pub(super) levels: Option<Levels>,
    pub(super) pattern: Option<Regex>,
    pub(super) operation: Option<Operation>,
}

/// An operationID, and the search for its bytes that comes before the exact comparison.
#[derive(Debug)]
pub(super) struct Operation {
    id: String,
    finder: Finder<'static>,
}

impl Operation {
    pub(super) fn new(id: &str) -> Self {
        Self { id: id.to_owned(), finder: Finder::new(id).into_owned() }
    }

    fn admits(&self, record: &Record<'_>) -> bool {
        // An id with characters that JSON escapes is not in the bytes as it is typed.
        let plain = self.id.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\');
        if plain && self.finder.find(record.raw).is_none() {
            return false;
        }
        let keys = record.zap().into_iter().flat_map(|zap| zap.fields);
        keys.filter(|(key, _)| key == "operationID").any(|(_, value)| is_among(&value.text(), &self.id))
    }
}

/// All that decides whether a record is shown.
#[derive(Debug, Default)]
pub(super) struct Criteria {
    pub(super) selection: Selection,
    pub(super) since: Option<Timestamp>,
    pub(super) until: Option<Timestamp>,
    pub(super) filter: Filter,
}

impl Criteria {
    pub(super) fn admits(&self, record: &Record<'_>) -> bool {
        self.since.is_none_or(|since| record.time >= since)
            && self.until.is_none_or(|until| record.time <= until)
            && self.selection.admits(record)
            && self.filter.admits(record)
    }
}

impl Filter {
    /// Whether there is nothing to filter by.
    pub(super) const fn is_empty(&self) -> bool {
        self.priorities.is_none()
            && self.levels.is_none()
            && self.pattern.is_none()
            && self.operation.is_none()
    }

    fn admits(&self, record: &Record<'_>) -> bool {
        self.levels.is_none_or(|levels| (levels.from..=levels.to).contains(&record.level))
            && self.priorities.is_none_or(|range| (range.from..=range.to).contains(&record.priority))
            && self.operation.as_ref().is_none_or(|operation| operation.admits(record))
            && self.pattern.as_ref().is_none_or(|pattern| pattern.is_match(&record.text()))
    }
}

/// The expression of `-g`. Where case sensitivity is not asked for, an expression without a capital letter
/// matches in any case.
pub(super) fn compile_pattern(text: &str, case_sensitive: Option<bool>) -> Result<Regex, LogsError> {
    let sensitive = case_sensitive.unwrap_or_else(|| text.chars().any(char::is_uppercase));
    RegexBuilder::new(text).case_insensitive(!sensitive).build().map_err(|error| {
        let reason = error.to_string();
        let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        LogsError::Pattern(format!("{text:?}: {reason}"))
    })
}

/// msgtransfer handles messages in batches and joins their ids: `send11-9$send11-33`.
fn is_among(ids: &str, id: &str) -> bool {
    ids == id || ids.split('$').any(|part| part == id)
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
        let filter = Filter { pattern: Some(compile_pattern(text, sensitive).unwrap()), ..Filter::default() };
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
        let text = compile_pattern("a(b", None).unwrap_err().to_string();
        assert_eq!(text, "--grep: \"a(b\": unclosed group");
        assert!(compile_pattern("(?=x)", None).unwrap_err().to_string().contains("look-around"));
    }

    #[test]
    fn an_operation_is_found_in_the_joined_ids_of_a_batch() {
        assert!(is_among("send11-9$send11-33", "send11-33"));
        assert!(is_among("a$b", "a$b"));
        assert!(!is_among("send11-9$send11-33", "send11-3"));
    }

    #[test]
    fn an_operation_matches_as_a_whole_and_in_its_own_key_only() {
        let admits = |id| Operation::new(id).admits(&record());
        assert!(admits("op-79"));
        assert!(admits("a b"), "the second of two keys counts too");
        assert!(!admits("op-7"));
        assert!(!admits("79"));
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
    fn a_selection_takes_services_and_instances() {
        let admits = |list: &[(Service, Option<u32>)]| Selection(list.to_vec()).admits(&record());
        assert!(admits(&[]));
        assert!(admits(&[(Service::Api, None), (Service::RpcMsg, None)]));
        assert!(admits(&[(Service::RpcMsg, Some(2))]));
        assert!(!admits(&[(Service::RpcMsg, Some(3))]));
        assert!(!admits(&[(Service::Api, None)]));
    }
}

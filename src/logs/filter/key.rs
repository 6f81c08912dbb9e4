//! `--where` and its short forms: what the key of a record is compared with.
//!
//! A key is looked for among the record's own keys and values first, then among what every record has (`level`,
//! `service`, `msg`, ...). A dot leads into a value: into an object, or into JSON that stands there as text.

use std::borrow::Cow;
use std::cmp::Ordering;

use regex::bytes::Regex;
use serde_json::Value;

use super::wanted::{COST, Wanted};
use crate::logs::args::{Comparison, Operator};
use crate::logs::record::Record;

/// One comparison, ready to be made.
#[derive(Clone, Debug)]
pub(in crate::logs) struct Key {
    name: String,
    test: Test,
}

#[derive(Clone, Debug)]
enum Test {
    Is(Vec<Wanted>),
    IsNot(Vec<Wanted>),
    Matches(Regex),
    MatchesNot(Regex),
    /// The value's order relative to what is wanted is one of these.
    Order(Wanted, &'static [Ordering]),
}

impl Key {
    /// A comparison; what to write instead where it could never hold.
    pub(super) fn new(comparison: Comparison) -> Result<Self, String> {
        let Comparison { key: name, operator, values, pattern } = comparison;
        let all = || values.iter().map(|value| Wanted::new(&name, value)).collect();
        // A comma has no meaning where one value can only be more or less than another.
        let order = |orders| -> Result<Test, String> {
            Ok(Test::Order(Wanted::in_order(&name, &values.join(","))?, orders))
        };
        let test = match (operator, pattern) {
            (Operator::Is, _) => Test::Is(all()),
            (Operator::IsNot, _) => Test::IsNot(all()),
            (Operator::Matches, Some(pattern)) => Test::Matches(pattern),
            (Operator::MatchesNot, Some(pattern)) => Test::MatchesNot(pattern),
            // An expression that is missing matches nothing.
            (Operator::Matches, None) => Test::Is(Vec::new()),
            (Operator::MatchesNot, None) => Test::IsNot(Vec::new()),
            (Operator::Below, _) => order(&[Ordering::Less])?,
            (Operator::AtMost, _) => order(&[Ordering::Less, Ordering::Equal])?,
            (Operator::Above, _) => order(&[Ordering::Greater])?,
            (Operator::AtLeast, _) => order(&[Ordering::Greater, Ordering::Equal])?,
        };
        Ok(Self { name, test })
    }

    /// An id or a name, which is the text that it is.
    pub(super) fn one_of(name: &str, values: &[String]) -> Self {
        let wanted = values.iter().map(|value| Wanted::exactly(value)).collect();
        Self { name: name.to_owned(), test: Test::Is(wanted) }
    }

    pub(super) fn is_duration(&self) -> bool {
        self.name == COST
    }

    pub(super) fn admits(&self, record: &Record<'_>) -> bool {
        let values = values_of(record, &self.name);
        let any = |test: &dyn Fn(&str) -> bool| values.iter().any(|value| test(value));
        match &self.test {
            Test::Is(wanted) => any(&|value| wanted.iter().any(|wanted| wanted.equals(value))),
            Test::IsNot(wanted) => !any(&|value| wanted.iter().any(|wanted| wanted.equals(value))),
            Test::Matches(pattern) => any(&|value| pattern.is_match(value.as_bytes())),
            Test::MatchesNot(pattern) => !any(&|value| pattern.is_match(value.as_bytes())),
            Test::Order(wanted, orders) => {
                any(&|value| wanted.order(value).is_some_and(|order| orders.contains(&order)))
            }
        }
    }
}

/// The values of a key; several where the logger wrote it several times.
pub(in crate::logs) fn values_of<'r>(record: &'r Record<'_>, key: &str) -> Vec<Cow<'r, str>> {
    let own = own_values(record, key);
    if !own.is_empty() {
        return own;
    }
    if let Some(value) = record.column(key) {
        return vec![value];
    }
    let Some((first, rest)) = key.split_once('.') else { return Vec::new() };
    let inner = |text: &Cow<'_, str>| walk(&serde_json::from_str(text).ok()?, rest);
    own_values(record, first).iter().filter_map(inner).map(Cow::Owned).collect()
}

fn own_values<'r>(record: &'r Record<'_>, key: &str) -> Vec<Cow<'r, str>> {
    let fields = record.zap().into_iter().flat_map(|zap| zap.fields);
    fields.filter(|(found, _)| found == key).map(|(_, value)| value.text()).collect()
}

/// Goes down a path; JSON that stands as text is read on the way.
fn walk(value: &Value, path: &str) -> Option<String> {
    let (step, rest) = path.split_once('.').map_or((path, None), |(step, rest)| (step, Some(rest)));
    let found = match value {
        Value::Object(object) => object.get(path).filter(|_| rest.is_some()).or_else(|| object.get(step))?,
        Value::Array(array) => array.get(step.parse::<usize>().ok()?)?,
        Value::String(text) => return walk(&serde_json::from_str::<Value>(text).ok()?, path),
        Value::Null | Value::Bool(_) | Value::Number(_) => return None,
    };
    match (found, rest) {
        (found, Some(rest)) => walk(found, rest),
        (Value::String(text), None) => Some(text.clone()),
        (found, None) => Some(found.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::logs::args::Args;
    use crate::logs::record::Context;

    /// The keys of a real `http request processed` of main.
    const ACCESS: &[u8] = br#"{"level":"INFO","time":"2026-07-02 08:54:11.507","logger":"openim-api","caller":"api/logger.go:54","msg":"http request processed","PID":1556,"version":"main","platform":"Web","operationID":"op-77","opUserID":"imAdmin","operationID":"op-78","requestURI":"/user/get_users","status":200,"cost":"3.214ms","reqBody":"{\"userIDs\":[\"u1\",\"u2\"],\"page\":{\"n\":7}}","respBody":"{\"errCode\":0,\"data\":\"{\\\"x\\\":1}\"}","a.b":"dotted"}"#;

    fn admits(text: &str) -> bool {
        let args = Args::try_parse_from(["openim-logs", "--where", text]).unwrap();
        let record = Record::new(ACCESS, Context::default());
        args.show.scope.comparisons.into_iter().all(|one| Key::new(one).unwrap().admits(&record))
    }

    #[test]
    fn text_numbers_and_spans_are_compared_as_what_they_are() {
        for text in [
            "status=200",
            "status=200.0",
            "status>=200",
            "status<300",
            "cost>3ms",
            "cost<=3.214ms",
            "cost<1s",
            "cost=3214us",
            "requestURI~get_",
            "requestURI!~login",
            "platform=Android,Web",
            "platform!=Android",
            "nokey!=x",
            "level>=info",
            "level<warn",
            "level=info",
            "platform>Android",
        ] {
            assert!(admits(text), "{text}");
        }
        for text in [
            "status>200",
            "cost>1s",
            "version>v3",
            "level>info",
            "platform>Web",
            "platform>1",
            "platform!=Web,Android",
            "nokey=x",
            "nokey<1",
        ] {
            assert!(!admits(text), "{text}");
        }
    }

    #[test]
    fn a_short_form_means_the_text_that_was_typed() {
        let raw = br#"{"level":"INFO","time":"2026-07-02 08:54:11.507","logger":"openim-api","caller":"a/b.go:1","msg":"m","PID":1,"version":"v","opUserID":"1876041458067178497","connID":"7"}"#;
        let record = Record::new(raw, Context::default());
        let admits = |key: &str, value: &str| Key::one_of(key, &[value.to_owned()]).admits(&record);
        assert!(admits("opUserID", "1876041458067178497") && admits("connID", "7"));
        assert!(!admits("opUserID", "1876041458067178496") && !admits("connID", "007"));
    }

    #[test]
    fn dots_lead_into_values_and_into_json_that_stands_as_text() {
        for text in [
            "respBody.errCode=0",
            "reqBody.page.n>6",
            "reqBody.userIDs.1=u2",
            "respBody.data.x=1",
            "a.b=dotted",
        ] {
            assert!(admits(text), "{text}");
        }
        assert!(!admits("reqBody.page.m=7") && !admits("status.x=1") && !admits("reqBody.userIDs.9=u"));
    }

    #[test]
    fn every_value_of_a_repeated_key_counts_and_columns_are_keys_too() {
        assert!(admits("operationID=op-77") && admits("operationID=op-78"));
        assert!(!admits("operationID!=op-78"));
        assert!(
            admits("level=INFO") && admits("service=api") && admits("msg~request") && admits("version=main")
        );
        assert!(admits("pid=1556") && admits("caller~logger"));
    }
}

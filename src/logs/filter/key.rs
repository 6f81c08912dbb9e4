//! `--where` and its short forms: what the key of a record is compared with.
//!
//! The name of a column means what every record has (`level`, `service`, `msg`, ...), also where a line has a key of
//! that name; `kv.` before it means the key, and any other name does. A dot leads into a value: into an object, a list,
//! or JSON that stands there as text. A list is entered by a number, or at all of its elements at once; what is asked of
//! a list is asked of each of them, too.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use regex::bytes::Regex;
use serde_json::Value;

use super::operation::{OPERATION_ID, joined};
use super::wanted::Wanted;
use crate::logs::args::{Comparison, Operator};
use crate::logs::column::Column;
use crate::logs::record::Record;
use crate::openim::call::short_method;

/// What stands before the name of a key, as it has to in a template; where a column has that name, in any case.
const KEY_PREFIX: &str = "kv.";

/// What is asked of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::logs) enum Name {
    Column(Column),
    /// A key of its own, or a path into the value of one.
    Key(String),
}

impl Name {
    pub(in crate::logs) fn parse(text: &str) -> Self {
        let (key, is_key) = match text.strip_prefix(KEY_PREFIX).filter(|key| !key.is_empty()) {
            Some(key) => (key, true),
            None => (text, false),
        };
        match Column::of_name(key) {
            // How long a call took is one thing, whether the logger wrote it as a key (main) or it was worked out.
            Some(column) if !is_key || column == Column::Cost => Self::Column(column),
            Some(_) | None => Self::Key(key.to_owned()),
        }
    }

    /// Reads what a template shows, where only the prefix makes a key.
    pub(in crate::logs) fn parse_strictly(text: &str) -> Option<Self> {
        let name = Self::parse(text);
        (matches!(name, Self::Column(_)) || text.starts_with(KEY_PREFIX)).then_some(name)
    }

    /// Whether it is the id of a request, of which msgtransfer joins several.
    pub(super) fn is_operation(&self) -> bool {
        match self {
            Self::Column(column) => *column == Column::Op,
            Self::Key(key) => key == OPERATION_ID,
        }
    }

    /// The values that a record has; several where the logger wrote a key several times.
    pub(in crate::logs) fn values_of<'r>(&self, record: &'r Record<'_>) -> Vec<Cow<'r, str>> {
        let column = match self {
            Self::Key(key) => return values_of_key(record, key),
            Self::Column(Column::Op) => return own_values(record, OPERATION_ID),
            Self::Column(column) => *column,
        };
        let written = if column == Column::Cost { own_values(record, column.name()) } else { Vec::new() };
        if written.is_empty() { column.of(record).into_iter().collect() } else { written }
    }

    /// Whether it is a method, which `slow`, `trace` and `top` show in its short form.
    fn is_method(&self) -> bool {
        matches!(self, Self::Key(key) if key == "method")
    }

    /// The same with ids that stand together one by one.
    pub(in crate::logs) fn single_values_of<'r>(&self, record: &'r Record<'_>) -> Vec<Cow<'r, str>> {
        let values = self.values_of(record);
        if !self.is_operation() {
            return values;
        }
        let ids = values.iter().flat_map(|value| joined(value));
        ids.map(|id| Cow::Owned(id.to_owned())).collect()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Column(column) => f.write_str(column.name()),
            Self::Key(key) if Column::of_name(key).is_some() => write!(f, "{KEY_PREFIX}{key}"),
            Self::Key(key) => f.write_str(key),
        }
    }
}

/// One comparison, ready to be made.
#[derive(Clone, Debug)]
pub(in crate::logs) struct Key {
    name: Name,
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
        let Comparison { key, operator, values, pattern } = comparison;
        let name = Name::parse(&key);
        let all = || values.iter().map(|value| Wanted::new(&name, value)).collect::<Result<Vec<_>, _>>();
        // A comma has no meaning where one value can only be more or less than another.
        let order = |orders| -> Result<Test, String> {
            Ok(Test::Order(Wanted::in_order(&name, &values.join(","))?, orders))
        };
        let test = match (operator, pattern) {
            (Operator::Is, _) => Test::Is(all()?),
            (Operator::IsNot, _) => Test::IsNot(all()?),
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
    pub(super) fn one_of(key: &str, values: &[String]) -> Self {
        let name = Name::Key(key.to_owned());
        let wanted = values.iter().map(|value| Wanted::exactly(&name, value)).collect();
        Self { name, test: Test::Is(wanted) }
    }

    pub(super) fn is_duration(&self) -> bool {
        self.name == Name::Column(Column::Cost)
    }

    pub(super) fn admits(&self, record: &Record<'_>) -> bool {
        let values = self.name.values_of(record);
        let (is_operation, is_method) = (self.name.is_operation(), self.name.is_method());
        let any = |test: &dyn Fn(&str) -> bool| {
            values.iter().any(|value| {
                test(value)
                    || elements(value).iter().any(|element| test(element))
                    || (is_operation && joined(value).any(test))
                    || (is_method && test(short_method(value)))
            })
        };
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

/// The values of a key, or what a path leads to.
fn values_of_key<'r>(record: &'r Record<'_>, key: &str) -> Vec<Cow<'r, str>> {
    let own = own_values(record, key);
    if !own.is_empty() {
        return own;
    }
    let Some((first, rest)) = key.split_once('.') else { return Vec::new() };
    let mut found = Vec::new();
    for text in own_values(record, first) {
        if let Ok(value) = serde_json::from_str(&text) {
            walk(&value, rest, &mut found);
        }
    }
    found.into_iter().map(Cow::Owned).collect()
}

fn own_values<'r>(record: &'r Record<'_>, key: &str) -> Vec<Cow<'r, str>> {
    let fields = record.zap().into_iter().flat_map(|zap| zap.fields);
    fields.filter(|(found, _)| found == key).map(|(_, value)| value.text()).collect()
}

/// Goes down a path and collects what is there; JSON that stands as text is read on the way.
fn walk(value: &Value, path: &str, found: &mut Vec<String>) {
    let (step, rest) = path.split_once('.').map_or((path, None), |(step, rest)| (step, Some(rest)));
    let mut enter = |inner: &Value| match rest {
        Some(rest) => walk(inner, rest, found),
        None => found.push(text_of(inner)),
    };
    match value {
        // A key may have dots in it.
        Value::Object(object) => match (object.get(path), object.get(step)) {
            (Some(whole), _) => found.push(text_of(whole)),
            (None, Some(inner)) => enter(inner),
            (None, None) => {}
        },
        Value::Array(array) => match step.parse::<usize>() {
            Ok(number) => array.get(number).into_iter().for_each(enter),
            Err(_) => array.iter().for_each(|element| walk(element, path, found)),
        },
        Value::String(text) => {
            if let Ok(inner) = serde_json::from_str::<Value>(text) {
                walk(&inner, path, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What is in a value that is a list.
fn elements(value: &str) -> Vec<String> {
    if !value.starts_with('[') {
        return Vec::new();
    }
    let list = serde_json::from_str::<Vec<Value>>(value).unwrap_or_default();
    list.iter().map(text_of).collect()
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            value.to_string()
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::logs::args::Args;
    use crate::logs::record::Context;

    /// The keys of a real `http request processed` of main.
    const ACCESS: &[u8] = br#"{"level":"INFO","time":"2026-07-02 08:54:11.507","logger":"openim-api","caller":"api/logger.go:54","msg":"http request processed","PID":1556,"version":"main","platform":"Web","operationID":"op-77","opUserID":"imAdmin","operationID":"op-78","requestURI":"/user/get_users","status":200,"cost":"3.214ms","reqBody":"{\"userIDs\":[\"u1\",\"u2\"],\"page\":{\"n\":7}}","respBody":"{\"errCode\":0,\"data\":\"{\\\"x\\\":1}\"}","a.b":"dotted","ids":[42,"u7"],"users":[{"userID":"u1"},{"userID":"u2"}],"len":"12"}"#;

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
    fn a_method_is_what_was_written_and_what_the_verbs_show() {
        let line = br#"{"level":"INFO","time":"2026-07-02 08:54:11.507","logger":"openim-api","caller":"a/b.go:1","msg":"m","PID":1,"version":"v","method":"/openim.msg.msg/SendMsg"}"#;
        let record = Record::new(line, Context::default());
        for text in ["method=/openim.msg.msg/SendMsg", "method=msg.msg/SendMsg", "method~^msg"] {
            let args = Args::try_parse_from(["openim-logs", "--where", text]).unwrap();
            let comparison = args.show.scope.comparisons.into_iter().next().unwrap();
            assert!(Key::new(comparison).unwrap().admits(&record), "{text}");
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
    fn what_is_asked_of_a_list_is_asked_of_its_elements() {
        for text in [
            "ids=42",
            "ids=u7",
            "ids.0=42",
            "ids.1=u7",
            "ids>41",
            "ids~^u",
            "ids!=43",
            "reqBody.userIDs=u2",
            "users.userID=u2",
            "users.0.userID=u1",
        ] {
            assert!(admits(text), "{text}");
        }
        for text in ["ids=4", "ids.0=u7", "ids!=42", "ids!~^u", "users.userID=u3", "users.1.userID=u1"] {
            assert!(!admits(text), "{text}");
        }
    }

    #[test]
    fn a_key_may_be_written_as_in_a_template() {
        for text in ["kv.status=200", "kv.cost>3ms", "kv.reqBody.page.n=7", "kv.ids=42"] {
            assert!(admits(text), "{text}");
        }
        assert!(!admits("kv.cost>1s") && !admits("kv.nokey=1"));
        let args = Args::try_parse_from(["openim-logs", "--where", "kv.cost>=1s"]).unwrap();
        let [one] = args.show.scope.comparisons.as_slice() else { unreachable!("one was written") };
        assert!(Key::new(one.clone()).unwrap().is_duration());
    }

    #[test]
    fn the_name_of_a_column_is_never_a_key_of_the_line_and_behind_the_prefix_always() {
        let raw = br#"{"level":"INFO","time":"2026-07-02 08:54:11.507","logger":"openim-rpc-auth","caller":"a/b.go:1","msg":"m","PID":1,"version":"v3.8.3","service":"auth","msg":"own","version":0,"code":7,"operationID":"a-1$b-2","n":"1"}"#;
        let record = Record::new(raw, Context::default());
        let admits = |text: &str| {
            let args = Args::try_parse_from(["openim-logs", "--where", text]).unwrap();
            args.show.scope.comparisons.into_iter().all(|one| Key::new(one).unwrap().admits(&record))
        };
        for text in [
            "service=rpc-auth",
            "msg=m",
            "version=v3.8.3",
            "version>=3.8",
            "code!=7",
            "kv.service=auth",
            "kv.msg=own",
            "kv.version<5",
            "kv.code=7",
            "kv.level!=info",
            "n=1",
            "kv.n=1",
            "op=a-1",
            "op=b-2",
            "op=a-1$b-2",
            "operationID=b-2",
            "kv.operationID=b-2",
        ] {
            assert!(admits(text), "{text}");
        }
        for text in ["service=auth", "msg=own", "version<3.8", "code=7", "kv.level=info", "op!=b-2", "op=b"] {
            assert!(!admits(text), "{text}");
        }
        let counted = |name: &str| Name::parse(name).single_values_of(&record);
        assert_eq!(counted("op"), ["a-1", "b-2"]);
        assert_eq!(counted("service"), ["rpc-auth"]);
    }

    #[test]
    fn an_order_against_a_word_is_that_of_text_and_numbers_are_text_then_too() {
        for text in ["platform>=Web", "platform<X", "len<abc", "requestURI>/user"] {
            assert!(admits(text), "{text}");
        }
        assert!(!admits("len>=abc") && !admits("platform<Web") && !admits("nokey>=abc"));
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

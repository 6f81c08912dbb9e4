//! `--where`: a key, an operator and what the value is compared with.

use regex::bytes::{Regex, RegexBuilder};

/// How a value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `=`: one of these.
    Is,
    /// `!=`: none of these.
    IsNot,
    /// `~`: matches.
    Matches,
    /// `!~`: does not match.
    MatchesNot,
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
}

impl Operator {
    /// All of them; where one begins another, the longer comes first.
    const ALL: [(&'static str, Self); 8] = [
        ("!=", Self::IsNot),
        ("!~", Self::MatchesNot),
        ("<=", Self::AtMost),
        (">=", Self::AtLeast),
        ("=", Self::Is),
        ("~", Self::Matches),
        ("<", Self::Below),
        (">", Self::Above),
    ];
}

/// One comparison.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// A key of the record; dots lead into its value.
    pub key: String,
    /// How.
    pub operator: Operator,
    /// With what: several mean any of them.
    pub values: Vec<String>,
    /// The expression of `~` and `!~`.
    pub pattern: Option<Regex>,
}

/// Reads `cost>=200ms`, `status=400,500`, `error~refused`.
pub(super) fn parse(text: &str) -> Result<Comparison, String> {
    let end = text.find(['=', '!', '~', '<', '>']).unwrap_or(text.len());
    let (key, rest) = text.split_at(end);
    let found = Operator::ALL.iter().find_map(|(sign, operator)| Some((rest.strip_prefix(sign)?, *operator)));
    let Some((value, operator)) = found.filter(|_| !key.trim().is_empty()) else {
        return Err("KEY, then one of = != ~ !~ < <= > >=, then a value".to_owned());
    };
    let (key, value) = (key.trim().to_owned(), value.trim());
    let pattern = match operator {
        Operator::Matches | Operator::MatchesNot => Some(compile(value)?),
        Operator::Is
        | Operator::IsNot
        | Operator::Below
        | Operator::AtMost
        | Operator::Above
        | Operator::AtLeast => None,
    };
    let values = value.split(',').map(str::to_owned).collect();
    Ok(Comparison { key, operator, values, pattern })
}

/// As `-g`: an expression without a capital letter matches in any case.
fn compile(text: &str) -> Result<Regex, String> {
    let sensitive = text.chars().any(char::is_uppercase);
    RegexBuilder::new(text).case_insensitive(!sensitive).build().map_err(|error| {
        let reason = error.to_string();
        reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_operator_divides_key_and_value() {
        let read = |text| parse(text).map(|one| (one.key, one.operator, one.values));
        let owned = |values: &[&str]| values.iter().map(|&value| value.to_owned()).collect::<Vec<_>>();
        assert_eq!(read("cost>=200ms"), Ok(("cost".to_owned(), Operator::AtLeast, owned(&["200ms"]))));
        assert_eq!(read("a.b != x,y"), Ok(("a.b".to_owned(), Operator::IsNot, owned(&["x", "y"]))));
        assert_eq!(read("url=a=b"), Ok(("url".to_owned(), Operator::Is, owned(&["a=b"]))));
        assert_eq!(read("error~x=1").map(|found| found.1), Ok(Operator::Matches));
        assert_eq!(read("n<3").map(|found| found.1), Ok(Operator::Below));
    }

    #[test]
    fn what_is_no_comparison_says_what_one_is() {
        for text in ["cost", "=3", "", "a!b"] {
            assert!(parse(text).is_err_and(|reason| reason.contains("KEY")), "{text}");
        }
        assert!(parse("a~(").is_err_and(|reason| reason.contains("unclosed")));
    }
}

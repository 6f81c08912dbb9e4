//! The expression of `--grep`. journalctl's is one of PCRE2, on bytes: `é` is two of them, and no letter. It is read as
//! PCRE2 reads it ([`parse`]), and written again in the words of the crate ([`mod@write`]). What only PCRE can (looking
//! around, back references, possessive repetition) is refused by its name and not read as something else.

mod check;
mod class;
mod escape;
mod flags;
mod parse;
mod set;
mod tree;
mod write;

use std::borrow::Cow;

use regex::bytes::{Regex, RegexBuilder};

use super::JournalctlError;

/// What is wrong with an expression.
type Reason = Cow<'static, str>;

/// The crate counts what is repeated, its sequence and its alternatives too.
const DEPTH: u32 = 4 * parse::DEPTH;

/// Compiles an expression. Unless it is said, case counts where the expression has a capital letter.
pub(super) fn compile(text: &str, case_counts: Option<bool>) -> Result<Regex, JournalctlError> {
    let case_counts = case_counts.unwrap_or_else(|| text.bytes().any(|byte| byte.is_ascii_uppercase()));
    let bad = |reason| JournalctlError::Pattern { pattern: text.to_owned(), reason };
    let ours = translate(text, !case_counts).map_err(|reason| bad(reason.into_owned()))?;
    let built = RegexBuilder::new(&ours).unicode(false).nest_limit(DEPTH).build();
    built.map_err(|error| bad(reason(&error)))
}

/// The expression in the words of the crate.
fn translate(text: &str, caseless: bool) -> Result<String, Reason> {
    let read = parse::parse(text, caseless)?;
    check::check(&read)?;
    Ok(write::write(&read))
}

/// The last line of the parser's report says what is wrong; those before it show where.
fn reason(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(pattern: &str, case_counts: Option<bool>, text: &[u8]) -> bool {
        compile(pattern, case_counts).unwrap().is_match(text)
    }

    #[test]
    fn case_counts_where_a_capital_is_in_the_pattern_or_where_it_is_said() {
        assert!(finds("error", None, b"ERROR") && !finds("Error", None, b"ERROR"));
        assert!(!finds("error", Some(true), b"ERROR") && finds("Error", Some(false), b"ERROR"));
    }

    #[test]
    fn bytes_that_are_no_text_are_searched_too() {
        assert!(finds("a.b", None, b"a\xffb") && !finds("a.b", None, b"a\nb"));
    }

    #[test]
    fn what_pcre_writes_otherwise_means_here_what_it_means_there() {
        for (pattern, found, not_found) in [
            (r#"{"level""#, r#"a {"level" b"#, "level"),
            ("a{2}", "aa", "a{2}"),
            ("a{,2}", "a{,2}", "aa"),
            ("refused$", "refused\n", "refused\nx"),
            (r"refused\Z", "refused\n", "refused\nx"),
            ("[a-z&&[aeiou]]", "&]", "a"),
            ("[]x]", "]", "a"),
            ("[^]x]", "a", "]x"),
            ("[[:alpha:][]1", "[1", "!1"),
            (r"a\Q.*\Eb", "a.*b", "axxb"),
            (r"\<a\>", "<a>", "a"),
            ("a(?#remark)b", "ab", "a(?#remark)b"),
            (r"\e\[", "\x1b[0m", "e["),
            (r"a\Rb", "a\r\nb", "ab"),
            (r"a\$", "a$", "a"),
            ("a.+?b", "axb", "ab"),
            ("(?m)a$", "a\nb", "ab"),
        ] {
            assert!(finds(pattern, None, found.as_bytes()), "{pattern} in {found:?}");
            assert!(!finds(pattern, None, not_found.as_bytes()), "{pattern} not in {not_found:?}");
        }
    }

    #[test]
    fn what_only_pcre_can_is_refused() {
        for pattern in ["a*+a", "a{2}+", "(?>a)", "(?R)", "(?=a)", r"(a)\1", "*a", "a**"] {
            assert!(compile(pattern, None).is_err(), "{pattern}");
        }
    }

    #[test]
    fn what_would_mean_something_else_where_it_stands_is_refused() {
        for (refused, taken) in [
            (r"a$\n", "a$b"),
            (r"(a$|b)\s", "(a$|b)x"),
            ("(?m)^a?", "(?m)^a?b"),
            (r"(\R)*\n", r"\R*a"),
            (r"(\S*)x?\h", r"\S*x\h"),
            ("(^a){0}b", "(^a){1}b"),
        ] {
            assert!(compile(refused, None).is_err(), "{refused}");
            assert!(compile(taken, None).is_ok(), "{taken}");
        }
    }

    #[test]
    fn groups_lie_in_each_other_as_deep_as_there() {
        let nested = |depth: usize| format!("{}a*|b{}", "(".repeat(depth), ")+".repeat(depth));
        assert!(compile(&nested(20), None).is_ok());
        let error = compile(&nested(251), None).unwrap_err().to_string();
        assert!(error.ends_with(": parentheses are too deeply nested"), "{error}");
    }

    #[test]
    fn what_is_wrong_with_a_pattern_is_said() {
        let error = compile("(", None).unwrap_err().to_string();
        assert_eq!(error, "Bad pattern \"(\": missing closing parenthesis");
    }
}

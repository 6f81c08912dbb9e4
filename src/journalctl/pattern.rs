//! The expression of `--grep`. journalctl's is PCRE on bytes; ours is the same for what both can say. What only
//! PCRE can (looking around, back references) is refused and not read as something else.

use regex::bytes::{Regex, RegexBuilder};

use super::JournalctlError;

/// Compiles an expression. Unless it is said, case counts where the expression has a capital letter.
pub(super) fn compile(text: &str, case_counts: Option<bool>) -> Result<Regex, JournalctlError> {
    let case_counts = case_counts.unwrap_or_else(|| text.bytes().any(|byte| byte.is_ascii_uppercase()));
    RegexBuilder::new(text)
        .case_insensitive(!case_counts)
        // A dot is one byte, a word has ASCII letters.
        .unicode(false)
        .build()
        .map_err(|error| JournalctlError::Pattern { pattern: text.to_owned(), reason: reason(&error) })
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
    fn what_is_wrong_with_a_pattern_is_said() {
        let error = compile("(", None).unwrap_err().to_string();
        assert_eq!(error, "Bad pattern \"(\": unclosed group");
    }
}

//! The expression of `--grep`. journalctl's is PCRE on bytes; ours is the same for what both can say: where the two
//! write it otherwise, it is rewritten. What only PCRE can (looking around, back references, possessive repetition)
//! is refused and not read as something else.

use std::iter::Peekable;
use std::str::Chars;

use regex::bytes::{Regex, RegexBuilder};

use super::JournalctlError;

/// The end, or before the last line's end.
const END: &str = r"(?:\n?\z)";

/// Compiles an expression. Unless it is said, case counts where the expression has a capital letter.
pub(super) fn compile(text: &str, case_counts: Option<bool>) -> Result<Regex, JournalctlError> {
    let case_counts = case_counts.unwrap_or_else(|| text.bytes().any(|byte| byte.is_ascii_uppercase()));
    let bad = |reason| JournalctlError::Pattern { pattern: text.to_owned(), reason };
    let ours = Rewriter::rewrite(text).map_err(|reason| bad(reason.to_owned()))?;
    RegexBuilder::new(&ours)
        .case_insensitive(!case_counts)
        // A dot is one byte, a word has ASCII letters.
        .unicode(false)
        .build()
        .map_err(|error| bad(reason(&error)))
}

/// An expression of PCRE in the words of the crate, one part after the other.
struct Rewriter<'t> {
    rest: Peekable<Chars<'t>>,
    out: String,
    /// Whether `$` is the end of any line.
    multi_line: bool,
}

impl Rewriter<'_> {
    fn rewrite(text: &str) -> Result<String, &'static str> {
        let mut rewriter = Rewriter { rest: text.chars().peekable(), out: String::new(), multi_line: false };
        while let Some(c) = rewriter.rest.next() {
            match c {
                '\\' => rewriter.escaped(),
                '[' => rewriter.class(),
                '(' => rewriter.group()?,
                '*' | '+' | '?' => rewriter.repeated(&c.to_string())?,
                '{' => rewriter.brace()?,
                '$' if !rewriter.multi_line => rewriter.out.push_str(END),
                _ => rewriter.out.push(c),
            }
        }
        Ok(rewriter.out)
    }

    /// What is behind a backslash.
    fn escaped(&mut self) {
        match self.rest.next() {
            Some('e') => self.out.push_str(r"\x1b"),
            Some('h') => self.out.push_str(r"[\t \xa0]"),
            Some('N') => self.out.push_str(r"[^\n]"),
            Some('R') => self.out.push_str(r"(?:\r\n|[\n-\r\x85])"),
            Some('Z') => self.out.push_str(END),
            Some('Q') => self.quoted(),
            // Here they are letters, there the ends of a word.
            Some(c @ ('<' | '>')) => self.out.push(c),
            other => self.out.extend(std::iter::once('\\').chain(other)),
        }
    }

    /// `\Q…\E`: letters.
    fn quoted(&mut self) {
        let mut text = String::new();
        for c in self.rest.by_ref() {
            text.push(c);
            if text.ends_with(r"\E") {
                text.truncate(text.len() - 2);
                break;
            }
        }
        self.out.push_str(&regex::escape(&text));
    }

    /// `[…]`, where the crate knows sets in sets, their intersection and difference.
    fn class(&mut self) {
        self.out.push('[');
        self.out.extend(self.rest.next_if_eq(&'^'));
        if self.rest.next_if_eq(&']').is_some() {
            self.out.push_str(r"\]");
        }
        while let Some(c) = self.rest.next() {
            match c {
                ']' => return self.out.push(']'),
                '[' if self.rest.peek() == Some(&':') => self.named_class(),
                '[' | '&' | '~' => self.out.extend(['\\', c]),
                '-' if self.rest.peek() == Some(&'-') => self.out.push_str(r"\-"),
                '\\' => match self.rest.next() {
                    Some('e') => self.out.push_str(r"\x1b"),
                    Some('h') => self.out.push_str(r"\t \xa0"),
                    other => self.out.extend(std::iter::once('\\').chain(other)),
                },
                _ => self.out.push(c),
            }
        }
    }

    /// `[:alpha:]`, up to its end.
    fn named_class(&mut self) {
        self.out.push('[');
        for c in self.rest.by_ref() {
            self.out.push(c);
            if c == ']' {
                return;
            }
        }
    }

    /// What is behind an opening parenthesis, where it is no plain group.
    fn group(&mut self) -> Result<(), &'static str> {
        let ahead: String = self.rest.clone().take(2).collect();
        match ahead.as_str() {
            "?#" => self.rest.by_ref().take_while(|&c| c != ')').for_each(drop),
            "?R" => return Err("recursion is not supported"),
            "?>" => return Err("atomic groups are not supported"),
            _ => {
                self.out.push('(');
                self.out.extend(self.rest.next_if_eq(&'?'));
                let mut flags = self.rest.clone().take_while(char::is_ascii_lowercase);
                self.multi_line |= ahead.starts_with('?') && flags.any(|flag| flag == 'm');
            }
        }
        Ok(())
    }

    /// A brace that begins no repetition is a letter.
    fn brace(&mut self) -> Result<(), &'static str> {
        let inside: String = self.rest.clone().take_while(|&c| c != '}').collect();
        let is_closed = self.rest.clone().any(|c| c == '}');
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let is_repetition = is_closed
            && match inside.split_once(',') {
                Some((least, most)) => is_number(least) && (most.is_empty() || is_number(most)),
                None => is_number(&inside),
            };
        if !is_repetition {
            self.out.push_str(r"\{");
            return Ok(());
        }
        let length = inside.len() + 1;
        self.rest.by_ref().take(length).for_each(drop);
        self.repeated(&format!("{{{inside}}}"))
    }

    /// A repetition, which may be a lazy one.
    fn repeated(&mut self, how: &str) -> Result<(), &'static str> {
        self.out.push_str(how);
        if self.rest.next_if_eq(&'+').is_some() {
            return Err("possessive repetition is not supported");
        }
        self.out.extend(self.rest.next_if_eq(&'?'));
        match self.rest.peek() {
            Some('*' | '+' | '?') => Err("quantifier does not follow a repeatable item"),
            _ => Ok(()),
        }
    }
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
    fn what_is_wrong_with_a_pattern_is_said() {
        let error = compile("(", None).unwrap_err().to_string();
        assert_eq!(error, "Bad pattern \"(\": unclosed group");
    }
}

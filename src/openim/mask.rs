//! Text with what differs from line to line taken out, so that equal things look equal.
//!
//! ```text
//! dial tcp 10.0.0.7:16379: i/o timeout after 3.214ms (op 8b2f17f7792ecd1e)
//! dial tcp #: i/o timeout after # (op #)
//! ```

/// The text with a `#` for each word that holds a digit, and for each part of a word between `=`, `:`, `/` and the
/// like that does.
#[must_use]
pub fn mask(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    for word in text.split_inclusive(|c: char| !is_part_of_word(c)) {
        let end = word.trim_end_matches(|c| !is_part_of_word(c));
        let varies = end.contains(|c: char| c.is_ascii_digit()) && !is_name(end);
        let shown = if varies { "#" } else { end };
        // `10.0.0.7:16379` is one thing that varies.
        if varies && masked.ends_with("#:") {
            masked.pop();
        } else {
            masked.push_str(shown);
        }
        masked.push_str(&word[end.len()..]);
    }
    masked
}

fn is_part_of_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '@' | '$')
}

/// Names of code and of protocols have digits that never vary: `HTTP2`, `v3`, `FetchBatch2`.
fn is_name(word: &str) -> bool {
    let letters = word.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = word.len() - letters.len();
    (1..=2).contains(&digits) && letters.len() > 1 && letters.chars().all(|c| c.is_ascii_alphabetic())
        || digits == 1 && letters == "v"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_addresses_and_ids_vary_and_names_do_not() {
        for (text, masked) in [
            ("consume err", "consume err"),
            ("dial tcp 10.0.0.7:16379: refused", "dial tcp #: refused"),
            ("send11-59 failed after 3.214ms", "# failed after #"),
            ("op=8b2f17f7792ecd1e, n=4", "op=#, n=#"),
            ("FetchBatch2 failed on http2", "FetchBatch2 failed on http2"),
            ("user u00_11 [12]", "user # [#]"),
            ("", ""),
        ] {
            assert_eq!(mask(text), masked, "{text}");
        }
    }
}

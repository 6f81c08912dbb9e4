//! Secrets in log text, masked.
//!
//! OpenIM logs tokens and secrets in clear, as keys of a record, inside the text of requests and
//! inside bodies, each nesting with one more layer of escapes:
//!
//! ```text
//! {"token": "eyJhbGciOi...", "req": "secret:\"openIM123\"  userID:\"imAdmin\"", "reqBody": "{\"secret\":\"openIM123\"}"}
//! {"token": "***", "req": "secret:\"***\"  userID:\"imAdmin\"", "reqBody": "{\"secret\":\"***\"}"}
//! ```
//!
//! Masked are the values of keys that end in one of [`SECRET_KEYS`] (quoted, bare as in `?token=...`
//! or Go's `Token:...`, in brackets as in Go's header print), JSON web tokens wherever they stand,
//! and the password of `scheme://user:password@host`. All other bytes stay as they are, and
//! masking masked text changes nothing.
//!
//! Left alone: empty values, `null`, `true` and `false`, user names, and what people wrote to each
//! other. A word that follows such a key in prose (`token: expired`) is masked too: better one word
//! too much than a secret.

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr2, memmem, memrchr};

/// What stands in place of a secret.
pub const MASK: &[u8] = b"***";

/// The endings of keys whose values are secret, whatever their case and without `_` and `-`:
/// `adminToken`, `IMENV_SHARE_SECRET`, `access_key`.
pub const SECRET_KEYS: [&str; 15] = [
    "token",
    "tokens",
    "secret",
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "authorization",
    "credential",
    "credentials",
    "accesskey",
    "secretkey",
    "apikey",
    "privatekey",
    // Of an address that lets everybody fetch an object.
    "signature",
];

/// The text with every secret replaced by [`MASK`]; borrowed when there is none.
#[must_use]
pub fn redact(text: &[u8]) -> Cow<'_, [u8]> {
    let Cow::Owned(mut masked) = redact_once(text) else { return Cow::Borrowed(text) };
    // What a mask has replaced may have parted a user from a password, as the second address does
    // in `a://token=b://}:p@c`. Each round leaves fewer bytes that are no mask, so this ends.
    while let Cow::Owned(again) = redact_once(&masked) {
        masked = again;
    }
    Cow::Owned(masked)
}

fn redact_once(text: &[u8]) -> Cow<'_, [u8]> {
    let mut masked = Vec::new();
    // All before `done` is copied or masked; nothing before it is looked at again.
    let mut done = 0;
    while let Some(secret) = next_secret(text, done) {
        let Secret { place, quote } = secret;
        masked.extend_from_slice(text.get(done..place.start).unwrap_or_default());
        masked.extend_from_slice(quote);
        masked.extend_from_slice(MASK);
        masked.extend_from_slice(quote);
        done = place.end;
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    masked.extend_from_slice(text.get(done..).unwrap_or_default());
    Cow::Owned(masked)
}

/// A secret in a text.
struct Secret<'a> {
    place: Range<usize>,
    /// What to put around the mask so that JSON stays JSON where the value was a number.
    quote: &'a [u8],
}

impl Secret<'_> {
    const fn at(place: Range<usize>) -> Self {
        Self { place, quote: b"" }
    }
}

/// The first secret at or behind `from` that is not masked yet.
fn next_secret(text: &[u8], from: usize) -> Option<Secret<'_>> {
    let mut from = from;
    loop {
        let secret = next_place(text, from)?;
        if text.get(secret.place.clone()) != Some(MASK) {
            return Some(secret);
        }
        from = secret.place.end;
    }
}

/// The first place at or behind `from` where a secret stands or stood.
fn next_place(text: &[u8], from: usize) -> Option<Secret<'_>> {
    let mut web_token = find(text, from, b"eyJ");
    let mut at = from;
    loop {
        let separator = find_separator(text, at);
        let found = match (web_token, separator) {
            (Some(token), separator) if separator.is_none_or(|separator| token < separator) => {
                web_token = find(text, token + 3, b"eyJ");
                web_token_at(text, token).map(Secret::at)
            }
            (_, Some(separator)) => {
                at = separator + 1;
                value_behind(text, from, separator)
                    .or_else(|| password_in_uri(text, separator).map(Secret::at))
            }
            (_, None) => return None,
        };
        if let Some(secret) = found.filter(|secret| !secret.place.is_empty()) {
            return Some(secret);
        }
    }
}

fn find(text: &[u8], from: usize, word: &[u8]) -> Option<usize> {
    memmem::find(text.get(from..)?, word).map(|at| from + at)
}

fn find_separator(text: &[u8], from: usize) -> Option<usize> {
    memchr2(b':', b'=', text.get(from..)?).map(|at| from + at)
}

/// A JSON web token that begins at `start`: three runs of base64url with dots between, the third
/// of which the end of the line may have taken.
fn web_token_at(text: &[u8], start: usize) -> Option<Range<usize>> {
    let run = |from: usize| {
        let rest = text.get(from..)?;
        let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let length = rest.iter().position(|byte| !is_base64(byte)).unwrap_or(rest.len());
        (length > 0).then_some(from + length)
    };
    let next = |end: usize| if text.get(end) == Some(&b'.') { run(end + 1) } else { None };
    let head = run(start)?;
    let body = next(head)?;
    let signature = next(body);
    let is_token = signature.is_some() || text.get(head + 1..body)?.starts_with(b"eyJ");
    is_token.then(|| start..signature.unwrap_or(body))
}

/// The value behind a `:` or `=` that follows a secret's key.
fn value_behind(text: &[u8], from: usize, separator: usize) -> Option<Secret<'_>> {
    let before = text.get(from..separator)?;
    let key = before.trim_ascii_end();
    let unquoted = key.strip_suffix(b"\"").map_or(key, without_trailing_backslashes);
    if !is_secret_key(unquoted) {
        return None;
    }
    // `\"` and the like, exactly as it closes the key.
    let quote = key.get(unquoted.len()..)?;
    let start = separator + 1 + spaces(text.get(separator + 1..)?);
    let value = text.get(start..)?;
    let escapes = value.iter().take_while(|&&byte| byte == b'\\').count();
    match value.get(escapes) {
        Some(b'"') => {
            let inner = start + escapes + 1;
            Some(Secret::at(inner..quoted_end(text, inner, escapes)))
        }
        Some(b'[') if escapes == 0 => Some(Secret::at(start + 1..bracket_end(text, start + 1))),
        _ => {
            let place = start..bare_end(text, start);
            let keep = matches!(text.get(place.clone())?, b"null" | b"true" | b"false");
            (!keep).then_some(Secret { quote: if place.is_empty() { b"" } else { quote }, place })
        }
    }
}

fn spaces(text: &[u8]) -> usize {
    text.iter().take_while(|&&byte| byte == b' ').count()
}

fn without_trailing_backslashes(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|&byte| byte != b'\\').map_or(0, |last| last + 1);
    text.get(..end).unwrap_or_default()
}

/// Whether the text ends in a key whose value is secret.
fn is_secret_key(text: &[u8]) -> bool {
    // Nearly every separator is dismissed by the letter before it.
    text.last().is_some_and(|last| b"ntdyeslNTDYESL".contains(last))
        && SECRET_KEYS.iter().any(|key| ends_with_key(text, key.as_bytes()))
}

fn ends_with_key(text: &[u8], key: &[u8]) -> bool {
    let mut letters = text.iter().rev().filter(|byte| !matches!(byte, b'_' | b'-'));
    key.iter().rev().all(|expected| letters.next().is_some_and(|byte| byte.eq_ignore_ascii_case(expected)))
}

/// Where a string ends that was opened by a quote with so many backslashes before it.
///
/// In a string inside `n` others a quote that ends it, or one of those around it, has a run of
/// backslashes before it whose lowest `n + 1` bits are not all ones; `n` levels escape a quote
/// with 2^n - 1 backslashes. A line that was cut ends the string too.
fn quoted_end(text: &[u8], start: usize, escapes: usize) -> usize {
    let inside = 2 * escapes + 1;
    let mut backslashes = 0usize;
    for (offset, byte) in text.get(start..).unwrap_or_default().iter().enumerate() {
        match byte {
            b'\\' => backslashes += 1,
            b'"' if backslashes % (inside + 1) != inside => return start + offset - backslashes.min(escapes),
            _ => backslashes = 0,
        }
    }
    text.len()
}

/// Where the bracket closes; not inside quotes.
fn bracket_end(text: &[u8], start: usize) -> usize {
    let mut quoted = false;
    for (offset, byte) in text.get(start..).unwrap_or_default().iter().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b']' if !quoted => return start + offset,
            _ => {}
        }
    }
    text.len()
}

/// Where a value without quotes ends; the word that names a way of authorization belongs to it.
fn bare_end(text: &[u8], start: usize) -> usize {
    let end = word_end(text, start);
    let word = text.get(start..end).unwrap_or_default();
    let is_scheme =
        ["bearer", "basic", "digest"].iter().any(|name| word.eq_ignore_ascii_case(name.as_bytes()));
    if is_scheme && text.get(end) == Some(&b' ') { word_end(text, end + 1) } else { end }
}

fn word_end(text: &[u8], start: usize) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    let is_end = |byte: &u8| byte.is_ascii_control() || b" &,;\"'\\{}[])|<>`".contains(byte);
    start + rest.iter().position(is_end).unwrap_or(rest.len())
}

/// The password of a URI whose `:` before `//` stands at `colon`.
fn password_in_uri(text: &[u8], colon: usize) -> Option<Range<usize>> {
    let start = colon + 3;
    let rest = text.get(colon..)?.strip_prefix(b"://")?;
    let is_end = |byte: &u8| byte.is_ascii_control() || b" \"'<>`".contains(byte);
    let uri = rest.get(..rest.iter().position(is_end).unwrap_or(rest.len()))?;
    let authority = uri.get(..uri.iter().position(|byte| b"/?#".contains(byte)).unwrap_or(uri.len()))?;
    let at = memrchr(b'@', authority);
    let host = at.map_or(authority, |at| &authority[at + 1..]);
    let at = if is_torn(host) { memrchr(b'@', uri)? } else { at? };
    let user_info = uri.get(..at)?;
    let password = user_info.iter().position(|&byte| byte == b':')? + 1;
    Some(start + password..start + user_info.len())
}

/// Whether what looks like hosts is the beginning of a password that should have its `/`, `?` or `#` encoded: nothing,
/// or something behind a colon that is no port.
fn is_torn(hosts: &[u8]) -> bool {
    let is_port = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let is_name = |text: &[u8]| text.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte));
    let is_host = |host: &[u8]| match host.iter().position(|&byte| byte == b':') {
        Some(colon) => host.starts_with(b"[") || !is_name(&host[..colon]) || is_port(&host[colon + 1..]),
        None => is_name(host),
    };
    hosts.is_empty() || !hosts.split(|&byte| byte == b',').all(is_host)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WEB_TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJVc2VySUQiOiJ1MSJ9.c2lnbmF0dXJl";

    fn redacted(text: &str) -> String {
        String::from_utf8(redact(text.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn values_of_secret_keys_are_masked_in_every_nesting() {
        for (text, expected) in [
            (r#"{"token": "abc", "n": 1}"#, r#"{"token": "***", "n": 1}"#),
            (r#"{"accessKeySecret":"a\"b\\","n":1}"#, r#"{"accessKeySecret":"***","n":1}"#),
            (r#""req": "secret:\"openIM123\"  userID:\"x\"""#, r#""req": "secret:\"***\"  userID:\"x\"""#),
            (r#""reqBody":"{\"secret\":\"s\\\"t\",\"a\":1}""#, r#""reqBody":"{\"secret\":\"***\",\"a\":1}""#),
            (
                r#"{"a":"{\"b\":\"{\\\"token\\\":\\\"x\\\"}\"}"}"#,
                r#"{"a":"{\"b\":\"{\\\"token\\\":\\\"***\\\"}\"}"}"#,
            ),
            ("ArgsError, token=badtoken | -> pkg", "ArgsError, token=*** | -> pkg"),
            ("/ws?sendID=1&token=abc&platformID=2", "/ws?sendID=1&token=***&platformID=2"),
            (r"?token=abc\u0026x=1", r"?token=***\u0026x=1"),
            ("{Secret:openIM123 UserID:imAdmin}", "{Secret:*** UserID:imAdmin}"),
            ("Authorization: Bearer abc.def next", "Authorization: *** next"),
            ("map[Authorization:[Bearer abc] Host:[h]]", "map[Authorization:[***] Host:[h]]"),
            (r#"{"tokens":["a]","b"],"n":1}"#, r#"{"tokens":[***],"n":1}"#),
            (r#"{"token": 12345, "n": 1}"#, r#"{"token": "***", "n": 1}"#),
            (r#"{\"password\":12345}"#, r#"{\"password\":\"***\"}"#),
            ("IMENV_KAFKA_PASSWORD=abc IMENV_X=1", "IMENV_KAFKA_PASSWORD=*** IMENV_X=1"),
            ("secret_key: abc", "secret_key: ***"),
            (r#"{"token": "cut he"#, r#"{"token": "***"#),
            ("?X-Amz-Expires=3600&X-Amz-Signature=0f1e", "?X-Amz-Expires=3600&X-Amz-Signature=***"),
        ] {
            assert_eq!(redacted(text), expected);
        }
    }

    #[test]
    fn web_tokens_are_masked_wherever_they_stand() {
        assert_eq!(redacted(&format!("x {WEB_TOKEN} y")), "x *** y");
        assert_eq!(redacted(&format!("Token:\\\"{WEB_TOKEN}\\\"")), "Token:\\\"***\\\"");
        assert_eq!(redacted("cut eyJhbGciOi.eyJVc2Vy"), "cut ***");
        assert_eq!(redacted("eyJust.a word"), "eyJust.a word");
    }

    #[test]
    fn passwords_in_addresses_are_masked() {
        assert_eq!(redacted("mongodb://user:pa:ss@h1:1,h2:2/db?x=y"), "mongodb://user:***@h1:1,h2:2/db?x=y");
        assert_eq!(redacted("redis://:p@h \"amqp://a:b@c\""), "redis://:***@h \"amqp://a:***@c\"");
        assert_eq!(redacted("http://localhost:10005/a@b"), "http://localhost:10005/a@b");
        assert_eq!(redacted("http://[::1]/a@b http://h/a:b@c"), "http://[::1]/a@b http://h/a:b@c");
        assert_eq!(redacted("mongodb://u:pa?s/s#@w@h:1/db x@y"), "mongodb://u:***@h:1/db x@y");
        assert_eq!(redacted("a://token=b://}:p@c/"), "a://token=***}:***@c/");
    }

    #[test]
    fn text_without_secrets_is_borrowed() {
        for text in [
            r#"{"method": "/openim.auth.Auth/parseToken", "target": "etcd:///openim/auth", "n": 1}"#,
            r#"{"token": "", "secret": null}"#,
            r#"{"token": "***"}"#,
            "get token failed",
            "",
        ] {
            assert!(matches!(redact(text.as_bytes()), Cow::Borrowed(_)), "{text}");
        }
    }

    /// Text as JSON puts it into a string.
    fn escaped(text: &str) -> String {
        text.replace('\\', "\\\\").replace('"', "\\\"")
    }

    /// Places that a secret can be in.
    fn place(shape: usize, key: &str, secret: &str) -> String {
        let json = format!(r#"{{"a":1,"{key}":"{}","b":2}}"#, escaped(secret));
        match shape {
            0 => json,
            1 => format!(r#"{{"reqBody": "{}", "x": 1}}"#, escaped(&json)),
            2 => format!(r#"{{"resp":"{}"}}"#, escaped(&format!(r#"{{"in":"{}"}}"#, escaped(&json)))),
            3 => format!(
                r#"{{"req": "{}"}}"#,
                escaped(&format!("{key}:\"{}\"  userID:\"x\"", escaped(secret)))
            ),
            4 => format!(r#"{{"{key}": "{}", "error": "e"}}"#, escaped(secret)),
            _ => format!(r#"{{"req": "{}"#, escaped(&format!("{key}:\"{}", escaped(secret)))),
        }
    }

    proptest! {
        #[test]
        fn no_secret_leaks_from_a_quoted_value(
            shape in 0..6usize, key in prop::sample::select(&SECRET_KEYS[..]),
            before in r#"[a-z"\\:={}\[\] ]{0,8}"#, after in r#"[a-z"\\:={}\[\] ]{0,8}"#)
        {
            let text = place(shape, key, &format!("{before}C4N4RY{after}"));
            let masked = redacted(&text);
            prop_assert!(!masked.contains("C4N4RY"), "{} became {}", text, masked);
            prop_assert_eq!(masked, place(shape, key, "***"), "from {}", text);
        }

        #[test]
        fn no_secret_leaks_from_a_bare_value(
            key in prop::sample::select(&SECRET_KEYS[..]), value in "[a-zA-Z0-9:=./+@#%*-]{0,9}",
            before in ".{0,9}", after in "[ &,;|].{0,9}")
        {
            let masked = redacted(&format!("{before} {key}={value}C4N4RY{after}"));
            prop_assert!(!masked.contains("C4N4RY"));
            // With an @ before the / it could as well be the path of a host.
            for value in [value.replace('@', ""), value.replace(['/', '#'], "")] {
                let masked = redacted(&format!("{before} mongodb://u:x{value}C4N4RY@host/{after}"));
                prop_assert!(!masked.contains("C4N4RY"), "{}", masked);
            }
            let masked = redacted(&format!("{before} eyJhbGci.{}.C4N4RY{after}", value.replace(|c: char| !c.is_ascii_alphanumeric(), "x") + "x"));
            prop_assert!(!masked.contains("C4N4RY"));
        }

        #[test]
        fn masking_twice_changes_nothing(parts in prop::collection::vec(prop_oneof![
            prop::sample::select(&["token", "Secret", "password", "authorization", "eyJ", "://", ":", "=", "\"", "\\\"", "\\",
                "[", "]", "{", "}", "***", "Bearer ", " ", ".", "@", "/", ",", "null", "12", WEB_TOKEN, "_", "\t"][..]).prop_map(str::to_owned),
            ".{0,3}"], 0..30))
        {
            let text = parts.concat();
            let once = redact(text.as_bytes()).into_owned();
            let twice = redact(&once).into_owned();
            prop_assert_eq!(String::from_utf8_lossy(&twice), String::from_utf8_lossy(&once), "from {}", text);
        }
    }
}

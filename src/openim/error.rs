//! The errors of OpenIM as they stand in its log lines: a code, a sentence, and a stack behind it.
//!
//! ```text
//! Error: 500 panic error runtime error: index out of range [0] with length 0 | -> mw.X() /go/pkg/mod/...go:1 -> group.Get() /openim-server/internal/rpc/group/group.go:1900
//! Error: dial tcp 127.0.0.1:16379: connect: connection refused dial tcp ... FetchBatch2 failed
//! rpc error: code = Unavailable desc = last resolver error: produced zero addresses
//! ```
//!
//! Source: openimsdk/tools `errs`, grpc-go `status`; recordings of v3.8.3-patch.16.

use std::borrow::Cow;

/// What divides the sentence from the stack.
pub(crate) const STACK: &str = " | -> ";
/// What divides the frames of the stack.
const FRAME: &str = " -> ";

/// gRPC's codes in the order of their numbers, from 0 on.
const GRPC_CODES: [&str; 17] = [
    "OK",
    "Canceled",
    "Unknown",
    "InvalidArgument",
    "DeadlineExceeded",
    "NotFound",
    "AlreadyExists",
    "PermissionDenied",
    "ResourceExhausted",
    "FailedPrecondition",
    "Aborted",
    "OutOfRange",
    "Unimplemented",
    "Internal",
    "Unavailable",
    "DataLoss",
    "Unauthenticated",
];

/// The code that an error names: OpenIM's own (1004, 500), or gRPC's number (14).
#[must_use]
pub fn code_of(error: &str) -> Option<u32> {
    let text = error.strip_prefix("Error: ").or_else(|| error.strip_prefix("detail: ")).unwrap_or(error);
    if let Some(rest) = text.strip_prefix("rpc error: code = ") {
        let name = rest.split(' ').next()?;
        let position = GRPC_CODES.iter().position(|code| *code == name)?;
        return u32::try_from(position).ok();
    }
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (code, rest) = text.split_at(digits);
    if rest.is_empty() || rest.starts_with(' ') { code.parse().ok() } else { None }
}

/// The error without its stack and without the words that stand before every such text.
#[must_use]
pub fn first_sentence(error: &str) -> Cow<'_, str> {
    let error = error.split(STACK).next().unwrap_or(error).trim();
    let error = error.strip_prefix("Error: ").unwrap_or(error);
    let error = error.strip_prefix("500 panic error ").unwrap_or(error);
    // Wrapped once more, the text stands there twice behind one code.
    let code = error.find(|c: char| !c.is_ascii_digit() && c != ' ').unwrap_or(0);
    let (code, text) = error.split_at(code);
    match text.split_at_checked(text.len() / 2) {
        Some((first, second)) if second.strip_prefix(' ') == Some(first) => format!("{code}{first}").into(),
        _ => error.into(),
    }
}

/// The first place in OpenIM's own code that the error's stack names: `internal/rpc/group/group.go:1900`.
#[must_use]
pub fn own_place(error: &str) -> Option<&str> {
    let (_, stack) = error.split_once(STACK)?;
    stack.split(FRAME).filter_map(|frame| frame.rsplit(' ').next()).find_map(place_in_openim)
}

/// The part of a path that lies in OpenIM's own tree; `None` for Go's library and for modules.
#[must_use]
pub fn place_in_openim(place: &str) -> Option<&str> {
    let is_foreign = place.contains("/pkg/mod/") || place.contains("/go/src/");
    if is_foreign || !place.contains(".go:") {
        return None;
    }
    let roots = ["/internal/", "/pkg/", "/cmd/", "/tools/"];
    let at = roots.iter().filter_map(|root| place.find(root)).min()?;
    place.get(at + 1..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_openims_or_grpcs() {
        for (text, code) in [
            ("Error: 1602 args err, need token", Some(1602)),
            ("Error: 14 last resolver error: produced zero addresses", Some(14)),
            ("detail: 1004 RecordNotFoundError", Some(1004)),
            ("500 panic error runtime error", Some(500)),
            ("rpc error: code = Unavailable desc = x", Some(14)),
            ("rpc error: code = Strange desc = x", None),
            ("Error: dial tcp 127.0.0.1:1: refused", None),
            ("Error: 3rd attempt", None),
            ("", None),
        ] {
            assert_eq!(code_of(text), code, "{text}");
        }
    }

    #[test]
    fn an_error_that_says_it_twice_is_shown_once() {
        assert_eq!(
            first_sentence("Error: 500 dial tcp: refused dial tcp: refused | -> x"),
            "500 dial tcp: refused"
        );
        assert_eq!(first_sentence("1004 RecordNotFoundError none"), "1004 RecordNotFoundError none");
        assert_eq!(first_sentence("Error: éé é"), "éé é");
        assert_eq!(first_sentence(""), "");
    }

    #[test]
    fn the_place_is_the_first_in_openims_own_tree() {
        let error = "Error: 500 x | -> mw.X() /go/pkg/mod/github.com/a/pkg/b.go:1 -> group.Get() /openim-server/internal/rpc/group/group.go:1900 -> grpc.Y() /go/pkg/mod/c.go:2";
        assert_eq!(own_place(error), Some("internal/rpc/group/group.go:1900"));
        assert_eq!(own_place("Error: 500 x"), None);
        assert_eq!(place_in_openim("/usr/local/go/src/internal/poll/fd.go:3"), None);
    }
}

//! `--op`: the lines of one request.

use memchr::memmem::Finder;

use crate::logs::record::Record;

/// The key of the id of a request.
pub(super) const OPERATION_ID: &str = "operationID";

/// An operationID, and the search for its bytes that comes before the exact comparison.
#[derive(Clone, Debug)]
pub(in crate::logs) struct Operation {
    id: String,
    finder: Finder<'static>,
}

impl Operation {
    pub(in crate::logs) fn new(id: &str) -> Self {
        Self { id: id.to_owned(), finder: Finder::new(id).into_owned() }
    }

    /// Whether the id can be in these bytes.
    pub(super) fn may_admit(&self, raw: &[u8]) -> bool {
        // An id with characters that JSON escapes is not in the bytes as it is typed.
        let plain = self.id.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\');
        !plain || self.finder.find(raw).is_some()
    }

    pub(in crate::logs) fn admits(&self, record: &Record<'_>) -> bool {
        if !self.may_admit(record.raw) {
            return false;
        }
        let keys = record.zap().into_iter().flat_map(|zap| zap.fields);
        keys.filter(|(key, _)| key == OPERATION_ID).any(|(_, value)| is_among(&value.text(), &self.id))
    }
}

fn is_among(ids: &str, id: &str) -> bool {
    ids == id || joined(ids).any(|part| part == id)
}

/// msgtransfer handles messages in batches and joins their ids: `send11-9$send11-33`.
pub(super) fn joined(ids: &str) -> impl Iterator<Item = &str> {
    ids.split('$')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::record::Context;

    const ERROR: &[u8] = b"2026-07-02 08:55:00.100\t\x1b[31mERROR\x1b[0m\t\x1b[31m[PID:1570]     \x1b[0m\t\x1b[31mopenim-rpc-msg           \x1b[0m\t[v3.8.3-patch.16]             \t[mw/rpc_server_interceptor.go:33]                 \trpc server panic                                  \t{\"operationID\": \"op-79\", \"method\": \"op-7\", \"operationID\": \"a b\"}";

    #[test]
    fn an_operation_is_found_in_the_joined_ids_of_a_batch() {
        assert!(is_among("send11-9$send11-33", "send11-33"));
        assert!(is_among("a$b", "a$b"));
        assert!(!is_among("send11-9$send11-33", "send11-3"));
    }

    #[test]
    fn an_operation_matches_as_a_whole_and_in_its_own_key_only() {
        let admits = |id| Operation::new(id).admits(&Record::new(ERROR, Context::default()));
        assert!(admits("op-79"));
        assert!(admits("a b"), "the second of two keys counts too");
        assert!(!admits("op-7"));
        assert!(!admits("79"));
    }
}

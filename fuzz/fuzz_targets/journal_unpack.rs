//! Whatever bytes a packed value holds: it is unpacked or left out, and never longer than it may be.

#![no_main]

use libfuzzer_sys::fuzz_target;
use openim_ops::journal::Query;
use openim_ops_fuzz::{Journal, journal_with_value, read};

fuzz_target!(|bytes: &[u8]| {
    let Some((&codec, payload)) = bytes.split_first() else { return };
    let flags = [0, 1, 2, 4][usize::from(codec % 4)];
    let journal = Journal::of(&journal_with_value(flags, payload));
    let mut reader = journal.open().expect("the file around it is whole");
    let (entries, length) = read(reader.as_mut(), &Query::everything());
    assert_eq!(entries, 1);
    assert!(length <= 256 << 20);
    if flags == 0 && let Some(equals) = payload.iter().position(|&byte| byte == b'=') {
        // What is not called as fields are is left out.
        let expected = if is_name(&payload[..equals]) { payload.len() - 1 } else { 0 };
        assert_eq!(length, expected);
    }
});

fn is_name(name: &[u8]) -> bool {
    let is_inside = |byte: &u8| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_');
    matches!(name, [b'A'..=b'Z' | b'_', ..]) && name.len() <= 64 && name.iter().all(is_inside)
}

//! Whatever bytes a log holds: nothing panics, and the laws of the line readers hold.

#![no_main]

use libfuzzer_sys::fuzz_target;
use openim_ops::openim::line::{Line, classify};
use openim_ops::openim::redact::redact;
use openim_ops::openim::text::strip_colour;
use openim_ops::openim::zap::{is_split_head, is_split_tail, parse, peek_level};

fuzz_target!(|line: &[u8]| {
    if let Line::Zap(record) = classify(line) {
        assert_eq!(parse(line), Some(record));
        assert_eq!(peek_level(line), Some(record.level));
        assert!(!is_split_tail(line));
        let raw = record.fields.raw();
        let mut length = 0;
        for (key, value) in record.fields {
            length += key.raw().len() + value.raw().len();
            let _ = (key.text(), value.text());
        }
        assert!(length <= raw.len());
        let _ = (record.message_text(), record.operation_id());
    }
    let _ = is_split_head(line);

    let plain = strip_colour(line);
    assert!(!plain.contains(&0x1b));

    let masked = redact(line);
    assert_eq!(redact(&masked), masked);
});

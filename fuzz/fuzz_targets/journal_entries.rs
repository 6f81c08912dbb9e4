//! Whatever bytes a journal file holds: reading it forward, backward and in parts comes to an end.

#![no_main]

use libfuzzer_sys::fuzz_target;
use openim_ops::journal::{Order, Query};
use openim_ops_fuzz::{Journal, read};

fuzz_target!(|bytes: &[u8]| {
    let journal = Journal::of(bytes);
    let Some(mut reader) = journal.open() else { return };
    read(reader.as_mut(), &Query::everything());
    read(reader.as_mut(), &Query { order: Order::NewestFirst, ..Query::everything() });
    if let Some(parts) = reader.parts(&Query::everything()) {
        let mut part_reader = parts.reader();
        for part in 0..parts.count().min(100) {
            part_reader.begin(part);
            while part_reader.lend_next().is_some() {}
        }
    }
});

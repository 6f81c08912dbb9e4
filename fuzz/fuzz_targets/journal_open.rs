//! Whatever bytes a journal file holds: it is opened or refused, and its fields can be listed.

#![no_main]

use libfuzzer_sys::fuzz_target;
use openim_ops_fuzz::Journal;

fuzz_target!(|bytes: &[u8]| {
    let journal = Journal::of(bytes);
    let Some(mut reader) = journal.open() else { return };
    let _ = reader.unique("MESSAGE");
    let _ = reader.take_remarks();
});

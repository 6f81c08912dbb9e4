//! The journal of a real deployment, again and again, each time at another time and with other operation ids: what
//! is the same in all entries stays so, and no message comes twice.

use std::path::Path;

use super::export::{self, Entry};
use super::{BEGIN, BOOT, STEP, clock};

const RECORDING: &str = "patch16-units-console.export.zst";
const OPERATION: &[u8] = b"\"operationID\": \"";

pub(super) struct Recorded(Vec<Entry>);

impl Recorded {
    pub(super) fn open() -> Result<Self, String> {
        let directory = std::env::var_os("OPENIM_RECORDINGS");
        let directory = directory.ok_or("OPENIM_RECORDINGS names no directory of recordings")?;
        let entries = export::read_entries(&Path::new(&directory).join(RECORDING));
        entries.map(Self).map_err(|error| error.to_string())
    }

    pub(super) fn push_entry(&self, out: &mut Vec<u8>, number: u64) {
        let Some(entry) = self.0.get(place(number, self.0.len())) else { return };
        let micros = number * STEP;
        let text = format!(
            "__REALTIME_TIMESTAMP={}\n__MONOTONIC_TIMESTAMP={}\n_BOOT_ID={BOOT}\n",
            BEGIN + micros,
            5_000_000 + micros
        );
        out.extend_from_slice(text.as_bytes());
        let is_stamp = |name: &[u8]| name.starts_with(b"__") || name == b"_BOOT_ID";
        for (name, value) in entry.fields().filter(|(name, _)| !is_stamp(name)) {
            let value = if name == b"MESSAGE" { fresh(value, number) } else { value.to_vec() };
            out.extend_from_slice(name);
            out.push(b'\n');
            out.extend_from_slice(&(value.len() as u64).to_le_bytes());
            out.extend_from_slice(&value);
            out.push(b'\n');
        }
        out.push(b'\n');
    }
}

fn place(number: u64, length: usize) -> usize {
    usize::try_from(number % length.max(1) as u64).unwrap_or_default()
}

/// A line of zap with the time and the operation id of another call.
fn fresh(message: &[u8], number: u64) -> Vec<u8> {
    let mut message = message.to_vec();
    let stamp = clock(number);
    if let Some(begin) = message.first_chunk_mut::<23>().filter(|begin| begin.starts_with(b"20")) {
        begin.copy_from_slice(stamp.as_bytes());
    }
    if let Some(at) = memchr::memmem::find(&message, OPERATION) {
        let id = &mut message[at + OPERATION.len()..];
        let digits = number.to_string();
        id.iter_mut()
            .take_while(|byte| **byte != b'"')
            .zip(digits.bytes())
            .for_each(|(at, digit)| *at = digit);
    }
    message
}

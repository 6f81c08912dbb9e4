//! The journal export format: `NAME=value` a line where the value is text in one line, else the name, the length
//! in eight bytes, the value. An empty line ends an entry. What the entry is stamped with comes first.

use super::fragment::Fragments;
use super::text::{LineFeed, is_printable, push_id, push_number};
use super::{Entry, Field, Options, push_cursor};

#[derive(Debug)]
pub(super) struct Export {
    options: Options,
    fragments: Fragments,
}

impl Export {
    pub(super) fn new(options: Options) -> Self {
        Self { options, fragments: Fragments::default() }
    }

    pub(super) fn print(&mut self, entry: Entry<'_>, out: &mut Vec<u8>) {
        out.extend_from_slice(b"__CURSOR=");
        push_cursor(out, entry);
        out.extend_from_slice(b"\n__REALTIME_TIMESTAMP=");
        push_number(out, entry.realtime().micros());
        out.extend_from_slice(b"\n__MONOTONIC_TIMESTAMP=");
        push_number(out, entry.monotonic_micros());
        out.extend_from_slice(b"\n_BOOT_ID=");
        push_id(out, &entry.boot().0);
        out.push(b'\n');
        let options = &self.options;
        for field in entry.fields() {
            self.fragments.push(out, field, |out, field| {
                // The boot stands above already.
                if field.name != b"_BOOT_ID" && options.shows(field.name) {
                    push_field(out, field);
                }
            });
        }
        out.push(b'\n');
    }
}

fn push_field(out: &mut Vec<u8>, field: Field<'_>) {
    out.extend_from_slice(field.name);
    if is_printable(field.value, LineFeed::Unprintable) {
        out.push(b'=');
    } else {
        out.push(b'\n');
        out.extend_from_slice(&(field.value.len() as u64).to_le_bytes());
    }
    out.extend_from_slice(field.value);
    out.push(b'\n');
}
